/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A checkpoint: what is known of a reading behind a batch, but for the events, which lie in the store's runs.
 *
 * Each exchange_…() writes its part of it, or reads it, as doc/PROTOCOL.reading says. Whoever takes batches over
 * writes it, so names, ids, hours, store and the inputs up to that batch stand still; what the thread that fills is at
 * already is not in it.
 */
#include "engine/logs/checked_file.h"
#include "engine/logs/reading_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* "MMREAD", and the version of what follows. */
#define MAGIC UINT64_C(0x0001444145524d4d)

/* The longest header of a CSV, and more troubles than any input keeps. */
#define HEADER_MAX MM_LOGS_RECORD_MAX
#define TROUBLES_MAX ((uint64_t)MM_LOGS_TROUBLES * MM_LOGS_TROUBLES_KEPT)
#define TROUBLE_TEXT_MAX 64

/* Text that lies between batches: a record that is not whole, and the block behind it. */
#define CARRY_MAX ((uint64_t)MM_LOGS_RECORD_MAX + 2 * MM_LOGS_BLOCK)

struct exchange {
	struct mm_checked_file file;
	struct mm_logs_reading *reading;
	struct mm_logs_waypoint waypoint;
	int64_t now_us;
};

/* What was written is of another reading: say why, and go no further. */
static void
refuse(struct exchange *exchange, const char *what, const char *path)
{
	char *reason = exchange->reading->reason;

	if (exchange->file.failure != 0)
		return;
	(void)snprintf(reason, sizeof(exchange->reading->reason), "%s%s", what, path);
	mm_checked_fail(&exchange->file, ESTALE);
}

/* ---- what must be the same ---- */

static void
exchange_version(struct exchange *exchange)
{
	struct mm_checked_file *file = &exchange->file;

	if (!mm_checked_same(file, MAGIC) || !mm_checked_same_text(file, mm_slice_str(MM_VERSION_TEXT)) ||
	    !mm_checked_same(file, MM_LOGS_STEPS) || !mm_checked_same(file, MM_LOGS_TROUBLES) ||
	    !mm_checked_same(file, mm_logs_shapes_count) || !mm_checked_same(file, sizeof(struct mm_logs_event)))
		refuse(exchange, "another version of mintmark has read so far", "");
}

/* A clock that was not given is that of whoever began. */
static void
exchange_options(struct exchange *exchange)
{
	const struct mm_logs_reading *reading = exchange->reading;
	struct mm_checked_file *file = &exchange->file;
	bool same = mm_checked_same(file, reading->options.keep_other);

	same = same && mm_checked_same(file, reading->is_now_given);
	exchange->now_us = reading->options.now_us;
	mm_checked_i64(file, &exchange->now_us);
	if (!same || (reading->is_now_given && exchange->now_us != reading->options.now_us))
		refuse(exchange, "the options were others", "");
}

static bool
is_same_file(struct mm_checked_file *file, const struct mm_logs_identity *identity)
{
	return mm_checked_same(file, identity->device) && mm_checked_same(file, identity->number) &&
	    mm_checked_same(file, (uint64_t)identity->size) && mm_checked_same(file, (uint64_t)identity->modified_s) &&
	    mm_checked_same(file, (uint64_t)identity->modified_ns) &&
	    mm_checked_same(file, (uint64_t)identity->changed_s) &&
	    mm_checked_same(file, (uint64_t)identity->changed_ns);
}

static void
exchange_identities(struct exchange *exchange)
{
	const struct mm_logs_reading *reading = exchange->reading;

	if (!mm_checked_same(&exchange->file, reading->paths.count))
		refuse(exchange, "there are more or fewer inputs than there were", "");
	for (size_t i = 0; i < reading->paths.count && exchange->file.failure == 0; i++) {
		if (!mm_checked_same_text(&exchange->file, mm_slice_str(reading->paths.items[i])))
			refuse(exchange, "it was no input, or not in this place: ", reading->paths.items[i]);
		if (!is_same_file(&exchange->file, &reading->inputs[i].identity))
			refuse(exchange, "it is not the file any more that it was: ", reading->paths.items[i]);
	}
}

/*
 * Digests of ids are of one key; another processor may make others. The key is made of its seed only when that was
 * read: whoever takes batches apart uses it meanwhile.
 */
static void
exchange_key(struct exchange *exchange)
{
	struct mm_logs_reading *reading = exchange->reading;
	bool writing = exchange->file.writing;
	struct mm_keyed_digest probe;

	mm_checked_bytes(&exchange->file, reading->seed, sizeof(reading->seed));
	if ((!writing && !mm_logs_reading_make_key(reading)) ||
	    !mm_keyed_digest_make(&reading->key, mm_slice_str("a record's id"), &probe))
		mm_checked_fail(&exchange->file, EIO);
	else if (!mm_checked_same(&exchange->file, probe.half[0]) ||
	    !mm_checked_same(&exchange->file, probe.half[1]))
		refuse(exchange, "a processor of another kind has read so far", "");
}

/* ---- where it stands ---- */

static void
exchange_stand(struct mm_checked_file *file, struct mm_logs_stand *stand)
{
	mm_checked_bool(file, &stand->in_wrapper);
	mm_checked_u32(file, &stand->arrays);
	mm_checked_u32(file, &stand->resumed);
	mm_checked_bool(file, &stand->skipping);
	mm_checked_u32(file, &stand->depth);
	mm_checked_bool(file, &stand->in_string);
	mm_checked_bool(file, &stand->escaped);
}

static void
exchange_waypoint(struct exchange *exchange)
{
	struct mm_logs_waypoint *waypoint = &exchange->waypoint;
	struct mm_checked_file *file = &exchange->file;

	mm_checked_below(file, &waypoint->input, (uint32_t)exchange->reading->paths.count + 1);
	mm_checked_bool(file, &waypoint->within);
	mm_checked_u64(file, &waypoint->offset);
	mm_checked_u64(file, &waypoint->carry_len);
	exchange_stand(file, &waypoint->stand);
	if ((waypoint->within && waypoint->input == exchange->reading->paths.count) ||
	    waypoint->offset > INT64_MAX || waypoint->carry_len > CARRY_MAX)
		mm_checked_fail(file, EBADMSG);
	waypoint->usable = true;
}

/* ---- an input ---- */

static void
exchange_facts(struct mm_checked_file *file, struct mm_logs_input_facts *facts)
{
	uint32_t compression = facts->compression, encoding = facts->encoding, ended = facts->ended;
	uint32_t failure = (uint32_t)facts->failure;

	mm_checked_below(file, &compression, MM_LOGS_ZSTD + 1);
	mm_checked_below(file, &encoding, MM_LOGS_UTF16_BE + 1);
	mm_checked_below(file, &ended, MM_LOGS_STOPPED + 1);
	mm_checked_u32(file, &failure);
	facts->compression = compression;
	facts->encoding = encoding;
	facts->ended = ended;
	facts->failure = (int)failure;
	mm_checked_i64(file, &facts->file_size);
	mm_checked_i64(file, &facts->changed_us);
	mm_checked_u64(file, &facts->raw_size);
	mm_checked_u64(file, &facts->text_size);
	mm_checked_u64(file, &facts->odd_units);
	mm_checked_bytes(file, facts->digest, sizeof(facts->digest));
}

static void
exchange_tally(struct mm_checked_file *file, struct mm_logs_tally *tally)
{
	for (size_t i = 0; i < MM_LOGS_STEPS; i++)
		mm_checked_u64(file, &tally->steps[i]);
	for (size_t i = 0; i < MM_LOGS_TROUBLES; i++)
		mm_checked_u64(file, &tally->troubles[i]);
}

static void
exchange_report(struct mm_checked_file *file, struct mm_logs_input_state *state)
{
	struct mm_logs_input_report *report = &state->report;
	uint32_t forward = state->forward;

	mm_checked_u64(file, &report->records);
	mm_checked_u64(file, &report->events);
	mm_checked_u64(file, &report->duplicates);
	mm_checked_u64(file, &report->lines);
	mm_checked_i64(file, &report->first_us);
	mm_checked_i64(file, &report->last_us);
	mm_checked_i64(file, &state->last_us);
	mm_checked_u32(file, &forward);
	state->forward = forward;
	for (size_t i = 0; i < mm_logs_shapes_count; i++)
		mm_checked_u64(file, &state->shapes[i]);
	exchange_tally(file, &report->tally);
}

static void
exchange_trouble(struct mm_checked_file *file, struct mm_logs_trouble *trouble)
{
	uint32_t kind = trouble->kind, failure = (uint32_t)trouble->failure;

	mm_checked_below(file, &kind, MM_LOGS_TROUBLES);
	mm_checked_u32(file, &failure);
	trouble->kind = kind;
	trouble->failure = (int)failure;
	mm_checked_u64(file, &trouble->offset);
	mm_checked_u64(file, &trouble->line);
	mm_checked_u64(file, &trouble->record);
	mm_checked_text(file, &trouble->text, TROUBLE_TEXT_MAX);
}

/* Each takes 40 bytes and its text. */
static void
exchange_troubles(struct mm_checked_file *file, struct mm_logs_input_state *state, size_t input)
{
	uint64_t count = state->troubles_count;

	mm_checked_count(file, &count, TROUBLES_MAX, 40);
	if (!file->writing && count > 0) {
		state->troubles = calloc((size_t)count, sizeof(*state->troubles));
		if (state->troubles == NULL)
			mm_checked_fail(file, ENOMEM);
		state->troubles_room = (size_t)count;
	}
	for (size_t i = 0; i < count && file->failure == 0; i++) {
		exchange_trouble(file, &state->troubles[i]);
		state->troubles[i].input = (uint16_t)input;
		if (!file->writing)
			state->troubles_count = i + 1;
	}
}

/* ---- columns of a CSV ---- */

/* A member's number, from 0, which is none, on. */
static int16_t
exchange_member(struct mm_checked_file *file, const struct mm_logs_columns *columns, int16_t number)
{
	uint32_t member = (uint32_t)(number + 1);

	mm_checked_below(file, &member,
	    columns->known ? (uint32_t)mm_logs_shapes[columns->shape]->members_count + 1 : 1);
	return (int16_t)((int)member - 1);
}

/* What is written is only read: whoever takes rows apart uses these columns. */
static void
exchange_columns(struct mm_checked_file *file, struct mm_logs_columns *columns)
{
	uint32_t delimiter = (uint8_t)columns->delimiter, shape = (uint32_t)columns->shape;
	uint64_t count = columns->count, from = columns->from;
	bool known = columns->known;

	mm_checked_u64(file, &from);
	mm_checked_below(file, &delimiter, UINT8_MAX + 1);
	mm_checked_u64(file, &count);
	mm_checked_bool(file, &known);
	mm_checked_below(file, &shape, (uint32_t)mm_logs_shapes_count + !known);
	if (!file->writing) {
		columns->from = from;
		columns->delimiter = (char)delimiter;
		columns->count = (size_t)count;
		columns->known = known;
		columns->shape = shape;
	}
	for (size_t i = 0; i < columns->used; i++) {
		int16_t member = exchange_member(file, columns, columns->members[i]);

		if (!file->writing)
			columns->members[i] = member;
	}
	if (columns->used > columns->count || (known && mm_logs_shapes[shape]->read == NULL))
		mm_checked_fail(file, EBADMSG);
}

/* The columns at *place, or new ones there; NULL where it failed. */
static struct mm_logs_columns *
exchange_some_columns(struct mm_checked_file *file, struct mm_logs_columns **place)
{
	uint64_t used = file->writing ? (*place)->used : 0;

	mm_checked_count(file, &used, MM_LOGS_COLUMNS_MAX, 4);
	if (!file->writing && file->failure == 0) {
		*place = calloc(1, sizeof(**place) + (size_t)used * sizeof((*place)->members[0]));
		if (*place == NULL)
			mm_checked_fail(file, ENOMEM);
		else
			(*place)->used = (size_t)used;
	}
	if (file->failure != 0)
		return NULL;
	exchange_columns(file, *place);
	return *place;
}

/* The last header's first. Each takes 40 bytes at least. */
static void
exchange_headers(struct mm_checked_file *file, struct mm_logs_input_state *state)
{
	struct mm_logs_columns **place = &state->columns;
	uint64_t count = 0;

	for (const struct mm_logs_columns *columns = state->columns; columns != NULL; columns = columns->next)
		count++;
	mm_checked_count(file, &count, UINT32_MAX, 36);
	for (uint64_t i = 0; i < count; i++) {
		struct mm_logs_columns *columns = exchange_some_columns(file, place);

		if (columns == NULL)
			return;
		place = &columns->next;
	}
	if (!file->writing)
		state->latest = state->columns;
	if ((state->columns != NULL) != (state->layout.form == MM_LOGS_CSV))
		mm_checked_fail(file, EBADMSG);
}

static void
exchange_layout(struct mm_checked_file *file, struct mm_logs_input_state *state)
{
	struct mm_logs_layout *layout = &state->layout;
	uint32_t form = layout->form, delimiter = (uint8_t)layout->delimiter;

	mm_checked_below(file, &form, MM_LOGS_LINES + 1);
	mm_checked_bool(file, &layout->wrapped);
	mm_checked_below(file, &delimiter, UINT8_MAX + 1);
	mm_checked_text(file, &layout->header, HEADER_MAX);
	if (file->writing)
		return;
	layout->form = state->report.form = form;
	layout->delimiter = (char)delimiter;
	state->header = (char *)(uintptr_t)layout->header.ptr;
}

/* Of an input that is being read, facts are not known yet. */
static void
exchange_input(struct exchange *exchange, size_t number)
{
	struct mm_logs_input_state *state = &exchange->reading->inputs[number];

	exchange_layout(&exchange->file, state);
	exchange_headers(&exchange->file, state);
	exchange_report(&exchange->file, state);
	exchange_troubles(&exchange->file, state, number);
	if (number < exchange->waypoint.input)
		exchange_facts(&exchange->file, &state->report.facts);
}

/* ---- what all inputs have in common ---- */

static void
write_names(struct mm_checked_file *file, const struct mm_names *names)
{
	for (uint32_t name = 1; name <= mm_names_count(names); name++) {
		struct mm_slice text = mm_names_text(names, name);

		mm_checked_text(file, &text, MM_NAMES_TEXT_MAX);
	}
}

/* Added in their order they get the same numbers. */
static void
read_names(struct mm_checked_file *file, struct mm_names *names, uint64_t count)
{
	for (uint32_t name = 1; name <= count && file->failure == 0; name++) {
		struct mm_slice text;

		mm_checked_text(file, &text, MM_NAMES_TEXT_MAX);
		if (mm_names_add(names, text) != name)
			mm_checked_fail(file, EBADMSG);
		free((char *)(uintptr_t)text.ptr);
	}
}

static void
exchange_names(struct exchange *exchange)
{
	struct mm_names *names = exchange->reading->names;
	struct mm_checked_file *file = &exchange->file;
	uint64_t count = mm_names_count(names), refused = mm_names_refused(names), cut = mm_names_cut(names);

	mm_checked_u64(file, &refused);
	mm_checked_u64(file, &cut);
	mm_checked_count(file, &count, UINT32_MAX - 1, 8);
	if (file->writing) {
		write_names(file, names);
		return;
	}
	read_names(file, names, count);
	mm_names_set_counts(names, refused, cut);
}

static void
exchange_ids(struct exchange *exchange)
{
	struct mm_logs_ids *ids = exchange->reading->ids;
	struct mm_checked_file *file = &exchange->file;
	struct mm_logs_ids_walk walk = { 0 };
	uint64_t count = mm_logs_ids_count(ids), digest = 0;

	mm_checked_count(file, &count, UINT64_MAX, sizeof(digest));
	for (uint64_t i = 0; i < count && file->failure == 0; i++) {
		if (file->writing && !mm_logs_ids_next(ids, &walk, &digest))
			break;
		mm_checked_u64(file, &digest);
		if (file->writing)
			continue;
		switch (mm_logs_ids_add(ids, digest, digest & 3)) {
		case MM_LOGS_ID_NEW:
			break;
		case MM_LOGS_ID_SEEN:
		case MM_LOGS_ID_RAISED:
			mm_checked_fail(file, EBADMSG);
			break;
		case MM_LOGS_ID_FAILED:
			mm_checked_fail(file, ENOMEM);
			break;
		}
	}
}

static void
exchange_hour(struct exchange *exchange, struct mm_logs_hour *hour)
{
	struct mm_checked_file *file = &exchange->file;
	uint32_t family = hour->family;

	mm_checked_below(file, &hour->tenant, mm_names_count(exchange->reading->names) + 1);
	mm_checked_below(file, &family, MM_LOGS_FAMILIES);
	mm_checked_i64(file, &hour->hour);
	mm_checked_u64(file, &hour->records);
	hour->family = (uint8_t)family;
	if (!file->writing && file->failure == 0 && !mm_logs_hours_put(exchange->reading->hours, hour))
		mm_checked_fail(file, EBADMSG);
}

static void
exchange_hours(struct exchange *exchange)
{
	struct mm_checked_file *file = &exchange->file;
	struct mm_logs_hour *list = NULL;
	size_t listed = 0;
	uint64_t count;

	if (file->writing) {
		list = mm_logs_hours_list(exchange->reading->hours, &listed);
		if (list == NULL)
			mm_checked_fail(file, ENOMEM);
	}
	count = listed;
	mm_checked_count(file, &count, MM_LOGS_HOURS_MAX, 24);
	for (size_t i = 0; i < count && file->failure == 0; i++) {
		struct mm_logs_hour hour = file->writing ? list[i] : (struct mm_logs_hour){ 0 };

		exchange_hour(exchange, &hour);
	}
	free(list);
}

static bool
is_event(void *ctx, const struct mm_logs_event *event)
{
	const struct mm_logs_reading *reading = ctx;

	return event->place.input < reading->paths.count && event->place.shape < mm_logs_shapes_count &&
	    mm_logs_event_check(event, mm_names_count(reading->names));
}

/* Each takes 12 bytes. */
static void
exchange_runs(struct exchange *exchange)
{
	struct mm_logs_store *store = exchange->reading->store;
	struct mm_checked_file *file = &exchange->file;
	const struct mm_logs_run *written = NULL;
	struct mm_logs_run *runs;
	size_t settled = 0;
	uint64_t count;

	if (file->writing)
		written = mm_logs_store_runs(store, &settled);
	count = settled;
	mm_checked_count(file, &count, UINT32_MAX, 12);
	runs = calloc((size_t)count + 1, sizeof(*runs));
	if (runs == NULL)
		mm_checked_fail(file, ENOMEM);
	for (size_t i = 0; i < count && file->failure == 0; i++) {
		if (file->writing)
			runs[i] = written[i];
		mm_checked_u64(file, &runs[i].count);
		mm_checked_u32(file, &runs[i].check);
		if (runs[i].count == 0)
			mm_checked_fail(file, EBADMSG);
	}
	if (!file->writing && file->failure == 0 &&
	    mm_logs_store_restore(store, runs, (size_t)count, is_event, exchange->reading) != 0)
		mm_checked_fail(file, errno);
	free(runs);
}

/* ---- all of it ---- */

static void
exchange_all(struct exchange *exchange)
{
	exchange_version(exchange);
	exchange_options(exchange);
	exchange_identities(exchange);
	exchange_key(exchange);
	exchange_waypoint(exchange);
	for (size_t i = 0; i < exchange->waypoint.input + exchange->waypoint.within && exchange->file.failure == 0; i++)
		exchange_input(exchange, i);
	exchange_names(exchange);
	exchange_ids(exchange);
	exchange_hours(exchange);
	exchange_runs(exchange);
}

static int
write_checkpoint(struct mm_logs_reading *reading, const struct mm_logs_waypoint *waypoint, int fd)
{
	struct exchange exchange = { .reading = reading, .waypoint = *waypoint };

	mm_checked_file_begin(&exchange.file, fd, true);
	exchange_all(&exchange);
	return mm_checked_file_end(&exchange.file);
}

/* The events first: what the checkpoint tells of them must be there. */
static int
save(struct mm_logs_reading *reading, const struct mm_logs_waypoint *waypoint)
{
	int fd, failure;

	if (mm_logs_store_settle(reading->store) != 0)
		return errno;
	fd = mm_logs_work_make_checkpoint(&reading->work);
	if (fd < 0)
		return errno;
	failure = write_checkpoint(reading, waypoint, fd);
	(void)close(fd);
	if (failure == 0 && mm_logs_work_take_checkpoint(&reading->work) != 0)
		failure = errno;
	return failure;
}

int
mm_logs_checkpoint_when_due(struct mm_logs_reading *reading, const struct mm_logs_batch *batch)
{
	int failure;

	reading->unsaved += batch->len;
	if (reading->work.events_fd < 0 || !batch->behind.usable ||
	    reading->unsaved < reading->options.checkpoint_bytes)
		return 0;
	failure = save(reading, &batch->behind);
	reading->unsaved = 0;
	return failure;
}

int
mm_logs_checkpoint_load(struct mm_logs_reading *reading, int fd)
{
	struct exchange exchange = { .reading = reading };
	int failure;

	mm_checked_file_begin(&exchange.file, fd, false);
	exchange_all(&exchange);
	failure = mm_checked_file_end(&exchange.file);
	if (failure != 0)
		return failure;
	reading->options.now_us = exchange.now_us;
	reading->filling.from = exchange.waypoint;
	reading->filling.number = exchange.waypoint.input;
	for (size_t i = 0; i < exchange.waypoint.input; i++)
		reading->filling.done += reading->inputs[i].report.facts.raw_size;
	return 0;
}
