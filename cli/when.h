/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times for people.
 */
#ifndef MM_CLI_WHEN_H
#define MM_CLI_WHEN_H

#include <stdint.h>

#define MM_WHEN_MAX 64

/* "2023-05-15 10:00:00 UTC"; the plain number where the calendar ends. */
void mm_when_format(int64_t time_s, char out[MM_WHEN_MAX]);

/* "771 days 3 h", "4 min 10 s", "12 s": the two largest units; the sign is not told. */
void mm_when_format_duration(int64_t duration_s, char out[MM_WHEN_MAX]);

/* "12 s ago", "in 4 min", "now". Both times lie between 0 and 2^53. */
void mm_when_format_relative(int64_t time_s, int64_t now_s, char out[MM_WHEN_MAX]);

#endif
