/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a document is fetched next. Pure: time and chance are parameters, and the time is one that no clock that is set
 * can turn back.
 */
#ifndef MM_DAEMON_COURIER_SCHEDULE_H
#define MM_DAEMON_COURIER_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* After a failure: this long, doubled with each further one, at most as long as a refresh, and at most this long. */
#define COURIER_BACK_OFF_FIRST_MS 1000
#define COURIER_BACK_OFF_MAX_MS (5 * 60 * 1000)

/* A fetch that is asked for begins this long after the last one ended, so that nobody can make us hammer a server. */
#define COURIER_REST_MS 1000

struct courier_schedule {
	int64_t refresh_ms;
	int64_t next_ms;   /* when it is due */
	int64_t rested_ms; /* no asking makes it due earlier than this */
	uint32_t failures; /* in a row */
	bool in_flight;
};

/* Due at once. */
void courier_schedule_init(struct courier_schedule *schedule, int64_t refresh_s, int64_t now_ms);

bool courier_schedule_is_due(const struct courier_schedule *schedule, int64_t now_ms);

void courier_schedule_begin(struct courier_schedule *schedule);

/*
 * A fetch ended. chance is a random number, which spreads what would else come at one time: a refresh up to a tenth
 * earlier, a repetition up to a half earlier.
 */
void courier_schedule_end(struct courier_schedule *schedule, bool failed, int64_t now_ms, uint32_t chance);

/* Somebody wants it now. Where a fetch is in flight that is the answer; else it is due, once it has rested. */
void courier_schedule_ask(struct courier_schedule *schedule, int64_t now_ms);

#endif
