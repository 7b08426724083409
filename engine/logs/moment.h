/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moments: points of time as logs write them.
 *
 *   2023-05-20T11:07:00, with a blank for the T, a fraction, "Z", "UTC", "+01:00" or "+0100"
 *   5/23/2023 1:38:39 PM, with a comma, a fraction, without seconds, of 24 hours
 *   /Date(1728344797000)/
 *   1728344797, 1728344797.25, 1728344797000: seconds, milliseconds or microseconds since 1970
 *   Nov 28 19:33:01
 */
#ifndef MM_ENGINE_LOGS_MOMENT_H
#define MM_ENGINE_LOGS_MOMENT_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* What was taken for granted or mended; bits. */
enum mm_moment_note {
	MM_MOMENT_NO_ZONE = 1 << 0,    /* none is named: taken as UTC */
	MM_MOMENT_ZONE = 1 << 1,       /* another than UTC: converted */
	MM_MOMENT_AMERICAN = 1 << 2,   /* month/day/year; day/month/year where the first is above 12 */
	MM_MOMENT_AMBIGUOUS = 1 << 3,  /* of these, neither above 12 and different: the other way is another day */
	MM_MOMENT_CALL = 1 << 4,       /* /Date(…)/ */
	MM_MOMENT_NO_YEAR = 1 << 5,    /* the year that brings it closest before the reference */
	MM_MOMENT_IMPOSSIBLE = 1 << 6, /* a second, minute, hour or day that there is not: the last one that there is */
};

/*
 * Read a moment that is all of text; reference_us gives the year where none stands. Returns false where it is none, or
 * lies outside of the years 1970 to 9999; *time_us and *notes are set only on success.
 */
MM_MUST_USE bool mm_moment_parse(struct mm_slice text, int64_t reference_us, int64_t *time_us, unsigned *notes);

/*
 * The same of a moment that a line begins with: *length becomes the bytes that belong to it. Only the first and the
 * last of the forms above.
 */
MM_MUST_USE bool mm_moment_begin(struct mm_slice line, int64_t reference_us, int64_t *time_us, unsigned *notes,
    size_t *length);

/* Room for a moment as text, with a NUL. */
#define MM_MOMENT_TEXT_MAX 64

/*
 * A moment as RFC 3339 has it, in UTC, NUL-terminated: "2023-05-20T11:07:00Z", with six digits behind the second where
 * it is none. Empty for MM_LOGS_NO_TIME and what lies outside of the years 1970 to 9999. Returns text.
 */
const char *mm_moment_text(int64_t time_us, char text[MM_MOMENT_TEXT_MAX]);

#endif
