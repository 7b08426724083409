/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of requests that wait.
 */
#include "daemon/gate/wait.h"

#include <string.h>

void
gate_waits_init(struct gate_waits *waits)
{
	*waits = (struct gate_waits){ .first = NULL };
	pthread_mutex_init(&waits->lock, NULL);
}

void
gate_waits_clear(struct gate_waits *waits)
{
	pthread_mutex_destroy(&waits->lock);
}

void
gate_waits_note_progress(struct gate_waits *waits, struct gate_wait *wait)
{
	wait->progress = atomic_load(&waits->progress);
}

/* The first time takes a place; afterwards it has one until its request goes on for good. */
static bool
take_place(struct gate_waits *waits, struct gate_wait *wait, int64_t now_ms)
{
	if (wait->stage == GATE_WAIT_OVER || waits->closed || waits->count >= GATE_WAITS_MAX)
		return false;
	if (wait->stage == GATE_WAIT_NONE)
		wait->deadline_ms = now_ms + GATE_WAIT_STREAM_MS;
	wait->stage = GATE_WAIT_STREAM;
	waits->count++;
	return true;
}

bool
gate_waits_begin(struct gate_waits *waits, struct gate_wait *wait, const struct mm_ask_issued *question,
    int64_t now_ms, bool heard)
{
	pthread_mutex_lock(&waits->lock);
	wait->suspends = take_place(waits, wait, now_ms);
	pthread_mutex_unlock(&waits->lock);
	if (!wait->suspends) {
		wait->stage = GATE_WAIT_OVER;
		if (wait->answer == MM_LEDGER_NOT_ASKED && !heard)
			wait->answer = MM_LEDGER_SILENT;
		return false;
	}
	wait->has_question = question != NULL;
	if (question != NULL)
		wait->question = *question;
	return true;
}

static void
end(struct gate_waits *waits, struct gate_wait *wait, enum mm_ledger_answer answer)
{
	if (wait->stage == GATE_WAIT_ASKED)
		waits->asked--;
	wait->stage = GATE_WAIT_OVER;
	wait->answer = answer;
}

void
gate_waits_link(struct gate_waits *waits, struct gate_wait *wait, struct MHD_Connection *connection)
{
	wait->suspends = false;
	wait->connection = connection;
	pthread_mutex_lock(&waits->lock);
	wait->previous = NULL;
	wait->next = waits->first;
	if (waits->first != NULL)
		waits->first->previous = wait;
	waits->first = wait;
	wait->linked = true;
	waits->waited++;
	if (waits->closed)
		end(waits, wait, MM_LEDGER_NOT_ASKED);
	pthread_mutex_unlock(&waits->lock);
}

size_t
gate_waits_count(struct gate_waits *waits)
{
	size_t count;

	pthread_mutex_lock(&waits->lock);
	count = waits->count;
	pthread_mutex_unlock(&waits->lock);
	return count;
}

uint64_t
gate_waits_waited(struct gate_waits *waits)
{
	uint64_t waited;

	pthread_mutex_lock(&waits->lock);
	waited = waits->waited;
	pthread_mutex_unlock(&waits->lock);
	return waited;
}

/* ---- one thread alone ---- */

void
gate_waits_go_on(struct gate_waits *waits)
{
	atomic_fetch_add(&waits->progress, 1);
}

void
gate_waits_break(struct gate_waits *waits)
{
	pthread_mutex_lock(&waits->lock);
	for (struct gate_wait *wait = waits->first; wait != NULL; wait = wait->next)
		if (wait->stage == GATE_WAIT_ASKED) {
			waits->asked--;
			wait->stage = GATE_WAIT_STREAM; /* with the time of its question left */
		}
	pthread_mutex_unlock(&waits->lock);
}

void
gate_waits_close(struct gate_waits *waits)
{
	pthread_mutex_lock(&waits->lock);
	waits->closed = true;
	for (struct gate_wait *wait = waits->first; wait != NULL; wait = wait->next)
		end(waits, wait, MM_LEDGER_NOT_ASKED);
	pthread_mutex_unlock(&waits->lock);
}

void
gate_waits_answer(struct gate_waits *waits, uint64_t number, const uint8_t digest[MM_DIGEST_LEN],
    enum mm_ledger_answer answer)
{
	pthread_mutex_lock(&waits->lock);
	for (struct gate_wait *wait = waits->first; wait != NULL; wait = wait->next)
		if (wait->stage == GATE_WAIT_ASKED && wait->question.number == number &&
		    memcmp(wait->question.digest, digest, MM_DIGEST_LEN) == 0) {
			end(waits, wait, answer);
			break;
		}
	pthread_mutex_unlock(&waits->lock);
}

/* Make the question of one whose time is over; false where it cannot ask, and is over. */
static bool
make_question(struct gate_waits *waits, struct gate_wait *wait, int64_t now_ms, bool can_ask, bool heard)
{
	if (wait->stage == GATE_WAIT_ASKED || !wait->has_question || !can_ask || wait->asks >= GATE_ASKS_MAX) {
		end(waits, wait, MM_LEDGER_SILENT);
		return false;
	}
	if (waits->asked >= GATE_QUESTIONS_MAX) {
		end(waits, wait, heard ? MM_LEDGER_NOT_ASKED : MM_LEDGER_SILENT);
		return false;
	}
	wait->asks++;
	wait->stage = GATE_WAIT_ASKED;
	wait->deadline_ms = now_ms + GATE_WAIT_ANSWER_MS;
	wait->question.number = ++waits->number;
	waits->asked++;
	return true;
}

bool
gate_waits_ask(struct gate_waits *waits, int64_t now_ms, bool can_ask, bool heard, struct mm_ask_issued *question)
{
	bool asks = false;

	pthread_mutex_lock(&waits->lock);
	for (struct gate_wait *wait = waits->first; wait != NULL && !asks; wait = wait->next) {
		if (wait->stage == GATE_WAIT_OVER || now_ms < wait->deadline_ms)
			continue;
		asks = make_question(waits, wait, now_ms, can_ask, heard);
		if (asks)
			*question = wait->question;
	}
	pthread_mutex_unlock(&waits->lock);
	return asks;
}

static void
unlink_wait(struct gate_waits *waits, struct gate_wait *wait)
{
	if (wait->previous != NULL)
		wait->previous->next = wait->next;
	else
		waits->first = wait->next;
	if (wait->next != NULL)
		wait->next->previous = wait->previous;
	wait->linked = false;
	waits->count--;
}

/* Whether there is something new to decide it by. */
static bool
goes_on(const struct gate_waits *waits, const struct gate_wait *wait)
{
	return wait->stage == GATE_WAIT_OVER ||
	    (wait->stage == GATE_WAIT_STREAM && wait->progress != atomic_load(&waits->progress));
}

size_t
gate_waits_take(struct gate_waits *waits, struct MHD_Connection **connections, size_t max)
{
	struct gate_wait *wait, *next;
	size_t count = 0;

	pthread_mutex_lock(&waits->lock);
	for (wait = waits->first; wait != NULL && count < max; wait = next) {
		next = wait->next;
		if (!goes_on(waits, wait))
			continue;
		unlink_wait(waits, wait);
		connections[count++] = wait->connection;
	}
	pthread_mutex_unlock(&waits->lock);
	return count;
}

int64_t
gate_waits_deadline_ms(struct gate_waits *waits)
{
	int64_t deadline_ms = INT64_MAX;

	pthread_mutex_lock(&waits->lock);
	for (const struct gate_wait *wait = waits->first; wait != NULL; wait = wait->next) {
		if (goes_on(waits, wait))
			deadline_ms = 0;
		else if (wait->deadline_ms < deadline_ms)
			deadline_ms = wait->deadline_ms;
	}
	pthread_mutex_unlock(&waits->lock);
	return deadline_ms;
}
