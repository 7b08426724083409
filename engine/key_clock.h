/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time by which keys live: the wall clock, but where it jumps, the clock since boot goes on until the jump has
 * lasted. So nobody rotates a year's keys away because a clock was wrong for a moment.
 */
#ifndef MM_ENGINE_KEY_CLOCK_H
#define MM_ENGINE_KEY_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* A difference that is no jump: adjustments, leap seconds, a delay between two readings. */
#define MM_KEY_CLOCK_JUMP_S 60
/* A jump is believed after this time. */
#define MM_KEY_CLOCK_BELIEVE_S 3600

struct mm_key_clock {
	int64_t wall_s, boot_s; /* a pair of readings that is believed */
	int64_t jumped_boot_s;  /* when the wall clock began to differ; only while it does */
	bool jumped;
};

/* Begin with a pair of readings, which are believed: there is nothing else to go by. */
void mm_key_clock_init(struct mm_key_clock *clock, int64_t wall_s, int64_t boot_s);

/* The time of a later pair of readings. clock->jumped says whether it is not the wall clock's. */
int64_t mm_key_clock_read(struct mm_key_clock *clock, int64_t wall_s, int64_t boot_s);

#endif
