/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures as a table and as JSON, one object a line so that a shell script can count them.
 */
#include "test/bench/report.h"

#include <getopt.h>
#include <stdlib.h>

#define WHAT_WIDTH 50
#define UNIT_WIDTH 10

static const struct bound {
	const char *name; /* NULL: none */
	bool rising;      /* more is better */
	bool strict;      /* the limit itself is not enough */
} bounds[] = {
	[BENCH_REPORTED] = { NULL, true, false },
	[BENCH_AT_LEAST] = { "at least", true, false },
	[BENCH_AT_MOST] = { "at most", false, false },
	[BENCH_MORE_THAN] = { "more than", true, true },
};

void
bench_report_begin(struct bench_report *report, int *argc, char ***argv, unsigned rounds, const char *operands)
{
	static const struct option options[] = {
		{ "json", required_argument, NULL, 'j' },
		{ "rounds", required_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*report = (struct bench_report){ .rounds = rounds, .first = true, .all_reached = true };
	while ((option = getopt_long(*argc, *argv, "", options, NULL)) != -1) {
		if (option == 'j' && report->json == NULL && (report->json = fopen(optarg, "w")) != NULL)
			continue;
		if (option == 'r' && (report->rounds = (unsigned)strtoul(optarg, NULL, 10)) >= 1 &&
		    report->rounds <= BENCH_ROUNDS_MAX)
			continue;
		fprintf(stderr, "usage: %s [--json FILE] [--rounds 1..%d] %s\n", **argv, BENCH_ROUNDS_MAX, operands);
		exit(2);
	}
	setvbuf(stdout, NULL, _IOLBF, 0); /* each figure is shown when it is there, in a file too */
	*argc -= optind;
	*argv += optind;
	if (report->json != NULL)
		fputs("[", report->json);
}

void
bench_report_group(struct bench_report *report, const char *group)
{
	report->group = group;
	printf("%s\n", group);
}

/* Print text and fill up to the width; a character of several bytes takes one column. */
static void
print_padded(const char *text, int width)
{
	for (; *text != '\0'; text++) {
		putchar(*text);
		width -= (*text & 0xc0) != 0x80;
	}
	printf("%*s", width > 0 ? width : 0, "");
}

static double
short_by(const struct bench_figure *figure)
{
	const struct bound *bound = &bounds[figure->bound];
	double missing = bound->rising ? figure->limit - figure->value : figure->value - figure->limit;

	return missing > 0 ? missing : 0;
}

static bool
is_reached(const struct bench_figure *figure)
{
	return short_by(figure) == 0 && !(bounds[figure->bound].strict && figure->value == figure->limit);
}

static void
print_row(const struct bench_figure *figure, bool reached)
{
	const struct bound *bound = &bounds[figure->bound];

	fputs("  ", stdout);
	print_padded(figure->what, WHAT_WIDTH);
	printf("%11.3f ", figure->value);
	if (bound->name == NULL) {
		printf("%s\n", figure->unit);
		return;
	}
	print_padded(figure->unit, UNIT_WIDTH);
	printf(" must be %s %.4g: ", bound->name, figure->limit);
	if (reached)
		puts("reached");
	else
		printf("NOT REACHED, short by %.3f\n", short_by(figure));
}

static void
write_row(const struct bench_report *report, const struct bench_figure *figure, bool reached)
{
	fprintf(report->json, "%s\n{\"group\":\"%s\",\"what\":\"%s\",\"value\":%.4f,\"unit\":\"%s\"",
	    report->first ? "" : ",", report->group, figure->what, figure->value, figure->unit);
	if (figure->bound != BENCH_REPORTED)
		fprintf(report->json, ",\"must\":\"%s %.4g\",\"reached\":%s,\"short_by\":%.4f",
		    bounds[figure->bound].name, figure->limit, reached ? "true" : "false", short_by(figure));
	fputs("}", report->json);
}

void
bench_report_add(struct bench_report *report, const struct bench_figure *figure)
{
	bool reached = figure->bound == BENCH_REPORTED || is_reached(figure);

	print_row(figure, reached);
	report->all_reached = report->all_reached && reached;
	if (report->json == NULL)
		return;
	write_row(report, figure, reached);
	report->first = false;
}

int
bench_report_end(struct bench_report *report)
{
	if (report->json != NULL && (fputs("\n]", report->json) == EOF || fclose(report->json) != 0))
		return 2;
	return report->all_reached ? 0 : 1;
}
