/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The summary of 'mintmark hunt': what a person needs first, on one screen where the case is simple.
 */
#ifndef MM_CLI_HUNT_PRINT_H
#define MM_CLI_HUNT_PRINT_H

#include "cli/hunt_options.h"
#include "engine/story/story.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct mm_hunt_view {
	const struct mm_hunt_options *options;
	struct mm_logs_reading *reading;
	struct mm_story *story;
};

/* Print it on standard output. */
void mm_hunt_print(const struct mm_hunt_view *view);

/* What could not be read, a line a file and kind of trouble, to stream; returns how many files it is about. */
size_t mm_hunt_print_troubles(FILE *stream, const struct mm_logs_reading *reading, size_t indent);

/* Records of a family of logs in the inputs from first on, before end. */
uint64_t mm_hunt_records_of(const struct mm_logs_reading *reading, enum mm_logs_family family, size_t first,
    size_t end);

#endif
