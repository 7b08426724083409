/* SPDX-License-Identifier: Apache-2.0 */
/* Renewing the trust. */
#include "daemon/mintmarkd/mint_kept.h"
#include "daemon/mintmarkd/renewal.h"

#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/epoch.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/mintmarkd.h"
#include "daemon/mintmarkd/tell.h"
#include "engine/config_difference.h"

#include <inttypes.h>
#include <string.h>

/* The gate takes a new view in milliseconds; the largest snapshot in about a second. */
#define SETTLE_TIMEOUT_MS 10000

void
mm_renewal_init(struct mm_renewal *renewal)
{
	*renewal = (struct mm_renewal){
		.compile = MM_COMPILE_NONE,
		.documents = { .due_ms = MM_NEVER_MS },
		.settle_deadline_ms = MM_NEVER_MS,
	};
	mm_buf_init(&renewal->last.difference, MM_CONFIG_DIFFERENCE_MAX);
}

/* What a compilation was for is let go. */
static void
drop_attempt(struct mm_renewal *renewal)
{
	mm_compile_stop(&renewal->compile);
	mm_problems_clear(&renewal->problems);
	mm_key_lists_clear(&renewal->lists);
	mm_reading_free(&renewal->reading);
	mm_sources_close(&renewal->sources);
}

void
mm_renewal_clear(struct mm_renewal *renewal)
{
	drop_attempt(renewal);
	mm_problems_clear(&renewal->last.problems);
	mm_buf_clear(&renewal->last.difference);
}

/* ---- a reload's end ---- */

static void
answer_all(struct mm_mintmarkd *mintmarkd, const struct mm_questions *questions)
{
	for (size_t i = 0; i < questions->count; i++)
		mm_desk_answer_reload(mintmarkd, questions->numbers[i]);
}

static void
end_reload(struct mm_mintmarkd *mintmarkd)
{
	struct mm_renewal *renewal = &mintmarkd->renewal;

	renewal->reloading = false;
	renewal->settle_deadline_ms = MM_NEVER_MS;
	mm_tell_reloaded(mintmarkd);
	answer_all(mintmarkd, &renewal->asked);
	renewal->asked.count = 0;
}

/* Nothing changed, and last.problems say why. */
static void
fail_reload(struct mm_mintmarkd *mintmarkd)
{
	struct mm_reload_result *last = &mintmarkd->renewal.last;

	last->time_s = mm_clock_wall_s();
	last->done = false;
	mm_buf_clear(&last->difference);
	if (!mm_problems_has_error(&last->problems))
		mm_problems_add(&last->problems, MM_PROBLEM_ERROR, mintmarkd->config_path, 0, "look at mintmarkd's log",
		    "the trust could not be compiled or its epoch not be kept");
	mm_tell_problems(&last->problems, NULL);
	mm_log(LOG_ERR, "the configuration was read anew and cannot be used: the one before it stays in use");
	end_reload(mintmarkd);
}

void
mm_renewal_settled(struct mm_mintmarkd *mintmarkd)
{
	const struct mm_renewal *renewal = &mintmarkd->renewal;

	mm_mints_settled(mintmarkd);
	if (renewal->settle_deadline_ms != MM_NEVER_MS && mintmarkd->gate.settled_epoch >= renewal->settle_epoch)
		end_reload(mintmarkd);
	else if (!renewal->reloading)
		mm_tell_state(mintmarkd);
}

/* ---- taking what was compiled into use ---- */

/* What an operator should know of the change, in the log and for who asked. */
static void
tell_difference(struct mm_mintmarkd *mintmarkd)
{
	struct mm_buf *lines = &mintmarkd->renewal.last.difference;
	bool tls_changed = mm_gate_tls_changed(mintmarkd), changed;

	mm_buf_clear(lines);
	changed = mm_config_difference(mintmarkd->reading->config, mintmarkd->renewal.reading->config, lines);
	if (tls_changed && !changed)
		mm_buf_clear(lines);
	if (tls_changed)
		mm_buf_add_str(lines, "changed: the TLS files, from the next start of mintmarkd or its gate on\n");
	mm_tell_lines(lines);
}

static void
take_reading(struct mm_mintmarkd *mintmarkd)
{
	struct mm_renewal *renewal = &mintmarkd->renewal;
	struct mm_sources old = mintmarkd->sources;

	tell_difference(mintmarkd);
	if (mm_sources_take_newer(&renewal->sources, &old))
		mm_gathering_add(&renewal->documents, mm_clock_ms());
	mintmarkd->sources = renewal->sources;
	renewal->sources = (struct mm_sources){ .count = 0 };
	mm_sources_close(&old);
	if (mintmarkd->reading != mintmarkd->first)
		mm_reading_free(&mintmarkd->reading);
	mintmarkd->reading = renewal->reading;
	renewal->reading = NULL;
}

static void
take_trust(struct mm_mintmarkd *mintmarkd)
{
	struct mm_renewal *renewal = &mintmarkd->renewal;
	struct mm_trust_in_use old = mintmarkd->trust;

	mintmarkd->trust = (struct mm_trust_in_use){
		.snapshot_fd = mm_compile_take(&renewal->compile),
		.epoch = renewal->epoch,
		.compiled_s = mm_clock_wall_s(),
		.lists = renewal->lists,
		.problems = renewal->problems,
	};
	renewal->lists = (struct mm_key_lists){ NULL, 0 };
	renewal->problems = (struct mm_problems){ .count = 0 };
	mm_tell_problems(&mintmarkd->trust.problems, &old.problems);
	mm_trust_in_use_clear(&old);
	mm_log(LOG_NOTICE, "epoch %" PRIu64 " is compiled", mintmarkd->trust.epoch);
	mm_gate_send_view(mintmarkd);
	mm_mints_send_trust(mintmarkd);
	mm_followers_tell(&mintmarkd->followers, &mintmarkd->trust);
}

/* A reading and its trust are in use; its end is when the gate says so too. */
static void
settle_reload(struct mm_mintmarkd *mintmarkd)
{
	struct mm_renewal *renewal = &mintmarkd->renewal;

	renewal->last.time_s = mm_clock_wall_s();
	renewal->last.done = true;
	mm_problems_clear(&renewal->last.problems);
	mm_courier_update(mintmarkd);
	mm_mints_update(mintmarkd);
	renewal->settle_epoch = mintmarkd->trust.epoch;
	renewal->settle_deadline_ms = mm_clock_ms() + SETTLE_TIMEOUT_MS;
}

/* The order matters: no snapshot is used whose epoch could be given away again. */
static void
succeed(struct mm_mintmarkd *mintmarkd)
{
	bool is_reload = mintmarkd->renewal.reading != NULL;

	if (is_reload)
		take_reading(mintmarkd);
	take_trust(mintmarkd);
	mintmarkd->renewal.back_off = (struct mm_back_off){ 0 };
	mintmarkd->renewal.telling.bad = false;
	if (is_reload)
		settle_reload(mintmarkd);
}

/* New documents that could not be compiled are tried again: the cause may pass. */
static void
fail_documents(struct mm_mintmarkd *mintmarkd)
{
	struct mm_renewal *renewal = &mintmarkd->renewal;
	int64_t now_ms = mm_clock_ms();

	if (mm_telling_bad(&renewal->telling, now_ms)) {
		mm_tell_problems(&renewal->problems, NULL);
		mm_log(LOG_ALERT, "alarm: keys that were fetched cannot be taken into use: it is tried again");
	}
	mm_gathering_retry(&renewal->documents, now_ms, mm_back_off_next(&renewal->back_off));
}

static void
fail(struct mm_mintmarkd *mintmarkd)
{
	struct mm_renewal *renewal = &mintmarkd->renewal;
	bool is_reload = renewal->reading != NULL;

	if (is_reload) {
		mm_problems_clear(&renewal->last.problems);
		renewal->last.problems = renewal->problems;
		renewal->problems = (struct mm_problems){ .count = 0 };
	} else {
		fail_documents(mintmarkd);
	}
	drop_attempt(renewal);
	if (is_reload)
		fail_reload(mintmarkd);
}

static void
take_step(struct mm_mintmarkd *mintmarkd, enum mm_compile_step step)
{
	if (step == MM_COMPILE_GOES_ON)
		return;
	if (step == MM_COMPILE_DONE && mm_epoch_keep(mintmarkd->state.dir_fd, mintmarkd->renewal.epoch))
		succeed(mintmarkd);
	else
		fail(mintmarkd);
}

/* ---- beginning ---- */

static bool
begin_compile(struct mm_mintmarkd *mintmarkd, const struct mm_reading *reading, const struct mm_sources *sources)
{
	struct mm_renewal *renewal = &mintmarkd->renewal;
	const struct mm_compiler_input input = {
		.config = reading->config,
		.text = mm_slice(reading->text, reading->text_len),
		.sources = sources,
		.mints = &mintmarkd->mints,
		.lists = &renewal->lists,
		.libexec = mintmarkd->libexec,
		.user = &mintmarkd->user,
		.epoch = mintmarkd->trust.epoch + 1,
	};

	mm_sources_keep(&mintmarkd->sources, mintmarkd->state.keys_dir_fd);
	renewal->epoch = input.epoch;
	mm_key_lists_clear(&renewal->lists);
	if (!mm_key_lists_take(&renewal->lists, &mintmarkd->mints, reading->config))
		return false;
	mm_mints_keep(&mintmarkd->mints, &renewal->lists, mintmarkd->state.keys_dir_fd);
	return mm_compile_begin(&renewal->compile, &input, &renewal->problems);
}

/* Everything that a good configuration has, all of it tried, so that all problems are told at once. */
static bool
begin_reading(struct mm_mintmarkd *mintmarkd)
{
	struct mm_renewal *renewal = &mintmarkd->renewal;
	bool complete;

	renewal->reading = mm_reading_new(mintmarkd->config_path, &renewal->problems);
	if (renewal->reading == NULL)
		return false;
	/* The compiler reads the configuration again: what was only remarked would stand there twice. */
	mm_problems_clear(&renewal->problems);
	complete = mm_reading_complete(renewal->reading, &renewal->problems);
	if (!mm_sources_open(renewal->reading->config, &mintmarkd->sources, mintmarkd->state.keys_dir_fd,
	        &renewal->sources))
		return false;
	return complete && begin_compile(mintmarkd, renewal->reading, &renewal->sources);
}

static void
begin_reload(struct mm_mintmarkd *mintmarkd)
{
	struct mm_renewal *renewal = &mintmarkd->renewal;

	renewal->again = false;
	renewal->reloading = true;
	renewal->asked = renewal->asked_again;
	renewal->asked_again.count = 0;
	mm_tell_reloading();
	mm_log(LOG_INFO, "the configuration is read anew");
	if (begin_reading(mintmarkd))
		return;
	mm_problems_clear(&renewal->last.problems);
	renewal->last.problems = renewal->problems;
	renewal->problems = (struct mm_problems){ .count = 0 };
	drop_attempt(renewal);
	fail_reload(mintmarkd);
}

bool
mm_renewal_reload(struct mm_mintmarkd *mintmarkd, const uint64_t *question)
{
	struct mm_renewal *renewal = &mintmarkd->renewal;

	if (question != NULL && renewal->asked_again.count == MM_QUESTIONS_MAX)
		return false;
	if (question != NULL)
		renewal->asked_again.numbers[renewal->asked_again.count++] = *question;
	renewal->again = true;
	return true;
}

void
mm_renewal_document_came(struct mm_mintmarkd *mintmarkd)
{
	mm_gathering_add(&mintmarkd->renewal.documents, mm_clock_ms());
}

void
mm_renewal_forget_questions(struct mm_renewal *renewal)
{
	renewal->asked.count = renewal->asked_again.count = 0;
}

/* ---- the loop's calls ---- */

void
mm_renewal_serve(struct mm_mintmarkd *mintmarkd, short events)
{
	take_step(mintmarkd, mm_compile_serve(&mintmarkd->renewal.compile, events));
}

int64_t
mm_renewal_deadline_ms(const struct mm_renewal *renewal)
{
	int64_t deadline_ms = renewal->settle_deadline_ms;

	if (mm_compile_runs(&renewal->compile))
		return renewal->compile.deadline_ms < deadline_ms ? renewal->compile.deadline_ms : deadline_ms;
	if (renewal->again && !renewal->reloading)
		return 0;
	return renewal->documents.due_ms < deadline_ms ? renewal->documents.due_ms : deadline_ms;
}

/* The gate is slow, or just started again: what is in use is so all the same, and it begins with it. */
static void
give_up_settling(struct mm_mintmarkd *mintmarkd)
{
	struct mm_renewal *renewal = &mintmarkd->renewal;

	mm_log(LOG_WARNING, "the gate did not say yet that it decides by epoch %" PRIu64, renewal->settle_epoch);
	mm_problems_add(&renewal->last.problems, MM_PROBLEM_ALARM, "gate", 0, "ask 'mintmark status'",
	    "it did not say yet that it decides by epoch %" PRIu64, renewal->settle_epoch);
	end_reload(mintmarkd);
}

void
mm_renewal_check_time(struct mm_mintmarkd *mintmarkd)
{
	struct mm_renewal *renewal = &mintmarkd->renewal;
	int64_t now_ms = mm_clock_ms();

	if (mm_compile_runs(&renewal->compile))
		take_step(mintmarkd, mm_compile_check_time(&renewal->compile));
	if (now_ms >= renewal->settle_deadline_ms)
		give_up_settling(mintmarkd);
	if (mm_compile_runs(&renewal->compile))
		return;
	if (renewal->again && !renewal->reloading)
		begin_reload(mintmarkd);
	else if (mm_gathering_take(&renewal->documents, now_ms) &&
	    !begin_compile(mintmarkd, mintmarkd->reading, &mintmarkd->sources))
		fail(mintmarkd);
}
