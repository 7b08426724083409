/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The alarm of keys' age: it looks at the same record as the rule of their lives and asks none of its functions, so
 * that a mistake there does not silence it here.
 */
#ifndef MM_ENGINE_KEY_AGE_H
#define MM_ENGINE_KEY_AGE_H

#include "engine/key_life.h"

/* A bit each. */
enum mm_key_alarm {
	MM_KEY_ALARM_NONE_SIGNS = 1 << 0,    /* no key may sign: nothing is issued */
	MM_KEY_ALARM_OVER_AGE = 1 << 1,      /* the newest active key signs no more: it is too old */
	MM_KEY_ALARM_ROTATION_LATE = 1 << 2, /* it signs for longer than it should */
	MM_KEY_ALARM_HELD = 1 << 3,          /* rotation is held */
	MM_KEY_ALARM_NONE_PREPARED = 1 << 4,
	MM_KEY_ALARM_NOT_FORGOTTEN = 1 << 5, /* a private key that signs no more is not destroyed */
	MM_KEY_ALARM_TAINTED_SIGNS = 1 << 6, /* the active key is tainted, and no other can take its place */
	MM_KEY_ALARM_CLOCK = 1 << 7,         /* the clock stands before what is on record */
};

/* Whatever is wrong at a time, as bits of enum mm_key_alarm; 0: nothing. */
unsigned mm_key_age_check(const struct mm_key_life *life, int64_t now_s);

/* One alarm in words: "rotation of its keys is held"; realm's name goes before it. */
const char *mm_key_alarm_text(enum mm_key_alarm alarm);

#endif
