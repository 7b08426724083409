/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often something may happen. Time is a parameter: milliseconds of mm_clock_ms().
 */
#ifndef MM_DAEMON_MINTMARKD_PACE_H
#define MM_DAEMON_MINTMARKD_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* When nothing is to be done. */
#define MM_NEVER_MS INT64_MAX

/* ---- back-off: longer each time ---- */

/* What dies at once is not started faster than a machine can bear, and a cause that passes is outlived. */
#define MM_BACK_OFF_MIN_MS 100
#define MM_BACK_OFF_MAX_MS 30000

/* What lived this long did not die of its start. */
#define MM_BACK_OFF_STEADY_MS 60000

struct mm_back_off {
	int64_t wait_ms; /* 0: as at the beginning */
};

/* How long to wait now; the next time it is twice that. */
int64_t mm_back_off_next(struct mm_back_off *back_off);

/* It lived for this long: whether the next wait is the shortest again. */
void mm_back_off_lived(struct mm_back_off *back_off, int64_t lived_ms);

/* ---- cool-down: at most once in a time ---- */

struct mm_cool_down {
	bool used;
	int64_t last_ms;
};

/* Whether it may happen now; if so, it did. */
bool mm_cool_down_take(struct mm_cool_down *cool_down, int64_t now_ms, int64_t length_ms);

/* ---- gathering: several at once ---- */

/* Documents of several sources often change together; nobody waits for a quarter of a second. */
#define MM_GATHER_MS 250

struct mm_gathering {
	int64_t due_ms; /* MM_NEVER_MS: nothing was gathered */
};

/* Something came. What is due does not move, so that a stream of it puts nothing off. */
void mm_gathering_add(struct mm_gathering *gathering, int64_t now_ms);

/* What was gathered could not be dealt with: once more, but not before the wait is over. */
void mm_gathering_retry(struct mm_gathering *gathering, int64_t now_ms, int64_t wait_ms);

/* Whether what was gathered is to be dealt with now; if so, it was. */
bool mm_gathering_take(struct mm_gathering *gathering, int64_t now_ms);

/* ---- telling: the first, then now and then ---- */

/* A source that fails for days is told each hour; one that comes and goes, or says so, cannot fill the log. */
#define MM_TELL_AGAIN_MS (3600 * INT64_C(1000))
#define MM_TELL_LEAST_MS 10000

struct mm_telling {
	bool told_once, bad; /* bad: told, and its end is not */
	int64_t told_ms;
};

/* Whether to tell now that it goes badly, or well again. */
bool mm_telling_bad(struct mm_telling *telling, int64_t now_ms);
bool mm_telling_good(struct mm_telling *telling);

#endif
