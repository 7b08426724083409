/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a reading, and what comes of it.
 */
#include "engine/logs/reading_state.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What the memory of MM_LOGS_MEMORY is for: names, events before they are written, and what is in work. */
#define NAMES_MAX (1024 * 1024)
#define NAMES_BYTES_MAX (48 * 1024 * 1024)
#define STORE_BYTES (32 * 1024 * 1024)

/* ---- making ---- */

bool
mm_logs_reading_make_key(struct mm_logs_reading *reading)
{
	if (mm_keyed_digest_key_init(&reading->key, reading->seed))
		return true;
	errno = EIO;
	return false;
}

static bool
draw_key(struct mm_logs_reading *reading)
{
	if (getrandom(reading->seed, sizeof(reading->seed), 0) == (ssize_t)sizeof(reading->seed))
		return mm_logs_reading_make_key(reading);
	errno = EIO;
	return false;
}

/* An event of a record that is there in full as well. */
static bool
is_replaced(void *ctx, const struct mm_logs_event *event)
{
	const struct mm_logs_reading *reading = ctx;
	unsigned rank = mm_logs_event_rank(event);
	uint64_t digest;

	return rank < 2 && mm_logs_guid_digest(&reading->key, event, &digest) &&
	    mm_logs_ids_rank(reading->ids, digest) > (int)rank;
}

static bool
make_parts(struct mm_logs_reading *reading)
{
	if (!draw_key(reading))
		return false;
	reading->names = mm_names_new(NAMES_MAX, NAMES_BYTES_MAX);
	reading->ids = mm_logs_ids_new();
	reading->hours = mm_logs_hours_new();
	reading->store = mm_logs_store_new(-1, STORE_BYTES);
	errno = ENOMEM;
	if (reading->names == NULL || reading->ids == NULL || reading->hours == NULL || reading->store == NULL)
		return false;
	mm_logs_store_pass_over(reading->store, is_replaced, reading);
	if (reading->work.events_fd >= 0)
		mm_logs_store_use(reading->store, reading->work.events_fd);
	return true;
}

static void
free_parts(struct mm_logs_reading *reading)
{
	mm_names_free(&reading->names);
	mm_logs_ids_free(&reading->ids);
	mm_logs_hours_free(&reading->hours);
	mm_logs_store_free(&reading->store);
}

static void
settle_options(struct mm_logs_options *options)
{
	struct timespec now;

	if (options->threads == 0) {
		long processors = sysconf(_SC_NPROCESSORS_ONLN);

		options->threads = processors < 1 ? 1 : (unsigned)processors;
	}
	if (options->threads > MM_LOGS_THREADS_MAX)
		options->threads = MM_LOGS_THREADS_MAX;
	if (options->checkpoint_bytes == 0)
		options->checkpoint_bytes = MM_LOGS_CHECKPOINT_BYTES;
	if (options->now_us == 0) {
		(void)clock_gettime(CLOCK_REALTIME, &now);
		options->now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	}
}

struct mm_logs_reading *
mm_logs_reading_new(const struct mm_logs_options *options)
{
	struct mm_logs_reading *reading = calloc(1, sizeof(*reading));
	int failure;

	if (reading == NULL)
		return NULL;
	reading->options = *options;
	reading->is_now_given = options->now_us != 0;
	settle_options(&reading->options);
	mm_logs_work_init(&reading->work);
	(void)pthread_mutex_init(&reading->lock, NULL);
	(void)pthread_cond_init(&reading->done, NULL);
	if (make_parts(reading))
		return reading;
	failure = errno;
	mm_logs_reading_free(&reading);
	errno = failure;
	return NULL;
}

static void
free_input(struct mm_logs_input_state *state)
{
	while (state->columns != NULL) {
		struct mm_logs_columns *columns = state->columns;

		state->columns = columns->next;
		free(columns);
	}
	for (size_t i = 0; i < state->troubles_count; i++)
		free((char *)(uintptr_t)state->troubles[i].text.ptr);
	free(state->troubles);
	free(state->header);
}

static void
free_inputs(struct mm_logs_reading *reading)
{
	for (size_t i = 0; reading->inputs != NULL && i < reading->paths.count; i++)
		free_input(&reading->inputs[i]);
	free(reading->inputs);
	reading->inputs = NULL;
}

void
mm_logs_reading_free(struct mm_logs_reading **reading)
{
	struct mm_logs_reading *gone = *reading;

	if (gone == NULL)
		return;
	free_inputs(gone);
	for (size_t i = 0; i < MM_LOGS_BATCHES_MAX; i++)
		mm_logs_batch_free(&gone->batches[i]);
	mm_logs_input_free(&gone->filling.input);
	free(gone->filling.carry);
	mm_logs_paths_clear(&gone->paths);
	free_parts(gone);
	mm_logs_work_end(&gone->work);
	free(gone->hours_list);
	free(gone->troubles);
	free(gone->map);
	(void)pthread_mutex_destroy(&gone->lock);
	(void)pthread_cond_destroy(&gone->done);
	free(gone);
	*reading = NULL;
}

int
mm_logs_reading_add(struct mm_logs_reading *reading, const char *path)
{
	size_t before = reading->paths.count;
	struct stat status;

	if (mm_logs_paths_add(&reading->paths, path, MM_LOGS_FOLDERS_DEEP_MAX, MM_LOGS_INPUTS_MAX) != 0)
		return -1;
	for (size_t i = before; i < reading->paths.count; i++)
		if (stat(reading->paths.items[i], &status) == 0 && S_ISREG(status.st_mode))
			reading->all_bytes += (uint64_t)status.st_size;
	return 0;
}

/* ---- beginning ---- */

static void
identify(const char *path, struct mm_logs_identity *identity)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return;
	*identity = (struct mm_logs_identity){
		.device = status.st_dev,
		.number = status.st_ino,
		.size = status.st_size,
		.modified_s = status.st_mtim.tv_sec,
		.modified_ns = status.st_mtim.tv_nsec,
		.changed_s = status.st_ctim.tv_sec,
		.changed_ns = status.st_ctim.tv_nsec,
	};
}

static bool
make_inputs(struct mm_logs_reading *reading)
{
	reading->inputs = calloc(reading->paths.count + 1, sizeof(*reading->inputs));
	if (reading->inputs == NULL)
		return false;
	for (size_t i = 0; i < reading->paths.count; i++) {
		struct mm_logs_input_state *state = &reading->inputs[i];

		identify(reading->paths.items[i], &state->identity);
		state->report.path = reading->paths.items[i];
		state->report.shapes = state->shapes;
		state->report.first_us = state->report.last_us = MM_LOGS_NO_TIME;
		state->last_us = MM_LOGS_NO_TIME;
	}
	return true;
}

int
mm_logs_reading_begin(struct mm_logs_reading *reading)
{
	if (reading->has_begun)
		return 0;
	if (!make_inputs(reading))
		return -1;
	if (reading->options.work_fd >= 0) {
		if (mm_logs_work_begin(&reading->work, reading->options.work_fd) != 0)
			return -1;
		mm_logs_store_use(reading->store, reading->work.events_fd);
	}
	reading->has_begun = true;
	return 0;
}

int
mm_logs_reading_restart(struct mm_logs_reading *reading)
{
	free_inputs(reading);
	free_parts(reading);
	memset(&reading->filling.from, 0, sizeof(reading->filling.from));
	return make_inputs(reading) && make_parts(reading) ? 0 : -1;
}

/* ---- what came of it ---- */

/* All kept troubles in one list, and the sums. */
static bool
conclude(struct mm_logs_reading *reading)
{
	size_t count = 0;

	for (size_t i = 0; i < reading->paths.count; i++) {
		count += reading->inputs[i].troubles_count;
		mm_logs_tally_add(&reading->tally, &reading->inputs[i].report.tally);
	}
	reading->troubles = reallocarray(NULL, count + 1, sizeof(*reading->troubles));
	reading->hours_list = mm_logs_hours_list(reading->hours, &reading->hours_count);
	if (reading->troubles == NULL || reading->hours_list == NULL)
		return false;
	for (size_t i = 0; i < reading->paths.count; i++)
		for (size_t j = 0; j < reading->inputs[i].troubles_count; j++)
			reading->troubles[reading->troubles_count++] = reading->inputs[i].troubles[j];
	reading->tally.steps[MM_LOGS_STEP_TEXT_CUT] += mm_names_cut(reading->names);
	reading->tally.troubles[MM_LOGS_TROUBLE_NAMES_FULL] += mm_names_refused(reading->names);
	return true;
}

int
mm_logs_reading_run(struct mm_logs_reading *reading)
{
	if (mm_logs_reading_begin(reading) != 0)
		return -1;
	if (reading->work.events_fd >= 0 && !reading->has_resumed && mm_logs_work_clear(&reading->work) != 0)
		return -1;
	mm_logs_reading_run_threads(reading);
	if (reading->failure == 0 && !conclude(reading))
		reading->failure = ENOMEM;
	errno = reading->failure;
	return errno == 0 ? 0 : -1;
}

void
mm_logs_reading_remove_work(struct mm_logs_reading *reading)
{
	mm_logs_work_remove(&reading->work);
}

struct mm_logs_store *
mm_logs_reading_store(struct mm_logs_reading *reading)
{
	return reading->store;
}

const struct mm_names *
mm_logs_reading_names(const struct mm_logs_reading *reading)
{
	return reading->names;
}

size_t
mm_logs_reading_inputs(const struct mm_logs_reading *reading)
{
	return reading->paths.count;
}

const struct mm_logs_input_report *
mm_logs_reading_input(const struct mm_logs_reading *reading, size_t number)
{
	return &reading->inputs[number].report;
}

const struct mm_logs_tally *
mm_logs_reading_tally(const struct mm_logs_reading *reading)
{
	return &reading->tally;
}

const struct mm_logs_trouble *
mm_logs_reading_troubles(const struct mm_logs_reading *reading, size_t *count)
{
	*count = reading->troubles_count;
	return reading->troubles;
}

const struct mm_logs_hour *
mm_logs_reading_hours(const struct mm_logs_reading *reading, size_t *count)
{
	*count = reading->hours_count;
	return reading->hours_list;
}
