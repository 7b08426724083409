/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The effects of a program, step by step: steps.c is loaded before the C library of a program under test, counts the
 * calls by which that does something to files or sends something to others, and at one of them kills it, or lets the
 * call fail. The program's sandbox stays what it is. The time of day, too, can be another one for it.
 *
 * Test and programs share one file, which STEPS_FILE names in the environment of each program.
 */
#ifndef TEST_STEPS_H
#define TEST_STEPS_H

#include <stdatomic.h>
#include <stdint.h>

#define STEPS_FILE "MM_TEST_STEPS"
#define STEPS_NAME_MAX 32

enum steps_how {
	STEPS_COUNT,       /* nothing happens */
	STEPS_KILL_BEFORE, /* SIGKILL, and the call is not made */
	STEPS_KILL_AFTER,  /* the call is made, then SIGKILL */
	/* These fail calls on files and folders alone, and count no others. */
	STEPS_EIO,
	STEPS_ENOSPC,
	STEPS_SHORT, /* half of what was to be written is; another call than a write fails with EIO */
	STEPS_HOW_COUNT
};

struct steps {
	int64_t clock_offset_s;      /* what every program's time of day is ahead of the real one */
	char victim[STEPS_NAME_MAX]; /* name of the program whose calls count, of whatever process; empty: none */
	_Atomic uint32_t how;        /* enum steps_how */
	_Atomic uint32_t first, last; /* the calls at which it happens, from 1 on; a kill happens at the first alone */
	_Atomic uint32_t calls;      /* how many there were */
	_Atomic uint32_t hits;       /* at how many of them it happened */
	char call[STEPS_NAME_MAX];   /* name of the call at which it happened last */
};

#endif
