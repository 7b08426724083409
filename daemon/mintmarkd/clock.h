/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time that deadlines are counted in, and that of day.
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

/* Seconds since 1970, for what people and other machines read. */
static inline int64_t
mm_clock_wall_s(void)
{
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec;
}

#endif
