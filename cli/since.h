/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A point of time as people give it: "2026-11-23T08:30:00Z" (RFC 3339, any offset), "2026-11-23" (its midnight, UTC),
 * "today", "yesterday", "now", or how long ago: "90s", "15m", "2h", "3d", "1w".
 */
#ifndef MM_CLI_SINCE_H
#define MM_CLI_SINCE_H

#include <stdbool.h>
#include <stdint.h>

/* What may be written, for messages. */
#define MM_SINCE_FORMS "2026-11-23T08:30:00Z, 2026-11-23, today, yesterday, 15m, 2h, 3d"

/*
 * Read text, as seen at now_us. Returns whether it is one; *time_us (since 1970, UTC) is set only then.
 * Not checked here: whether it lies in the future.
 */
bool mm_since_parse(const char *text, int64_t now_us, int64_t *time_us);

#endif
