/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program of the bench found: a table for people on standard output, and the same as JSON.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#define BENCH_ROUNDS_MAX 101

enum bench_bound {
	BENCH_REPORTED, /* nothing is asked of it */
	BENCH_AT_LEAST,
	BENCH_AT_MOST,
	BENCH_MORE_THAN,
};

struct bench_figure {
	const char *what;
	double value;
	const char *unit; /* "" where it is a number of things */
	enum bench_bound bound;
	double limit; /* where a bound is set */
};

struct bench_report {
	FILE *json; /* NULL: none is wanted */
	unsigned rounds;
	bool first;
	bool all_reached;
	const char *group;
};

/*
 * Begin with a program's arguments: [--json FILE] [--rounds N] and operands, which *argc and *argv are moved to.
 * Shows the usage and exits with 2 where they are others; rounds is the default.
 */
void bench_report_begin(struct bench_report *report, int *argc, char ***argv, unsigned rounds, const char *operands);

/* What the next figures belong to: a heading of the table, a member of the JSON objects. It must outlive them. */
void bench_report_group(struct bench_report *report, const char *group);

void bench_report_add(struct bench_report *report, const struct bench_figure *figure);

/* What to exit with: 0, 1 where a bound was not reached, 2 where the JSON cannot be written. */
int bench_report_end(struct bench_report *report);

#endif
