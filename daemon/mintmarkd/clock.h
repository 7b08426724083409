/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time that deadlines are counted in.
 */
#ifndef MM_DAEMON_MINTMARKD_CLOCK_H
#define MM_DAEMON_MINTMARKD_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment; never set, never jumping. */
static inline int64_t
mm_clock_ms(void)
{
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
