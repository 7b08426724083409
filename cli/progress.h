/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Progress: one line on a terminal, with a bar, how fast it goes and how much time is left. Where standard error is no
 * terminal nothing is ever written.
 */
#ifndef MM_CLI_PROGRESS_H
#define MM_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What is counted. */
enum mm_progress_unit {
	MM_PROGRESS_BYTES,
	MM_PROGRESS_EVENTS,
	MM_PROGRESS_FILES, /* too few for a rate */
};

struct mm_progress {
	FILE *stream;
	bool is_terminal;
	const char *phase;
	enum mm_progress_unit unit;
	int64_t began_us, told_us; /* monotonic; told 0: nothing is shown of this phase */
	size_t columns;            /* that stand on the line */
};

void mm_progress_init(struct mm_progress *progress, FILE *stream);

/* A phase begins: "reading". Borrowed until it ends. */
void mm_progress_begin(struct mm_progress *progress, const char *phase, enum mm_progress_unit unit);

/* So much of it is done; shown ten times a second at most. ctx is a struct mm_progress. One thread at a time. */
void mm_progress_tell(void *ctx, uint64_t done, uint64_t all);

/* The phase is over: the line is empty again. */
void mm_progress_end(struct mm_progress *progress);

/* Room for a line of the widest terminal that is drawn for. */
#define MM_PROGRESS_LINE_MAX 256

/*
 * The line for a phase that has gone on for elapsed_us, in at most columns columns, NUL-terminated. Returns its length.
 */
size_t mm_progress_line(const char *phase, enum mm_progress_unit unit, uint64_t done, uint64_t all, int64_t elapsed_us,
    size_t columns, char line[MM_PROGRESS_LINE_MAX]);

#endif
