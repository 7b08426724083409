/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line is written over itself with a carriage return, and wiped with blanks: that every terminal understands.
 */
#include "cli/progress.h"

#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "cli/when.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND_US INT64_C(1000000)
#define SHOWN_EVERY_US (SECOND_US / 10)

/* Before that, what is left is a guess. */
#define GUESS_US SECOND_US

/* The bar takes what the words leave, but no more; with less than the least there is none. */
#define BAR_MAX 32
#define BAR_LEAST 8

/* Where a terminal does not tell its width. */
#define COLUMNS_USUAL 80

static int64_t
now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

void
mm_progress_init(struct mm_progress *progress, FILE *stream)
{
	*progress = (struct mm_progress){ .stream = stream, .is_terminal = isatty(fileno(stream)) == 1 };
}

void
mm_progress_begin(struct mm_progress *progress, const char *phase, enum mm_progress_unit unit)
{
	progress->phase = phase;
	progress->unit = unit;
	progress->began_us = now_us();
	progress->told_us = 0;
}

/* ---- the line ---- */

/* "412 MB/s", "1.2 million events/s"; nothing where it cannot be told. */
static void
format_rate(enum mm_progress_unit unit, uint64_t done, int64_t elapsed_us, char out[MM_WHEN_MAX])
{
	uint64_t rate = elapsed_us <= 0 ? 0 : (uint64_t)((double)done * (double)SECOND_US / (double)elapsed_us);

	out[0] = '\0';
	if (unit == MM_PROGRESS_FILES || elapsed_us < SHOWN_EVERY_US)
		return;
	if (unit == MM_PROGRESS_EVENTS)
		(void)snprintf(out, MM_WHEN_MAX, "  %" PRIu64 " events/s", rate);
	else if (rate >= 10000000)
		(void)snprintf(out, MM_WHEN_MAX, "  %" PRIu64 " MB/s", rate / 1000000);
	else
		(void)snprintf(out, MM_WHEN_MAX, "  %" PRIu64 " kB/s", rate / 1000);
}

static void
format_left(uint64_t done, uint64_t all, int64_t elapsed_us, char out[2 * MM_WHEN_MAX])
{
	char duration[MM_WHEN_MAX];

	out[0] = '\0';
	if (done == 0 || done >= all || elapsed_us < GUESS_US)
		return;
	mm_when_format_duration((int64_t)((double)elapsed_us * (double)(all - done) / (double)done) / SECOND_US,
	    duration);
	(void)snprintf(out, 2 * MM_WHEN_MAX, "  %s left", duration);
}

static void
draw_bar(char *bar, size_t width, uint64_t done, uint64_t all)
{
	size_t full = (size_t)((double)(width - 2) * (double)done / (double)all);

	bar[0] = '[';
	memset(bar + 1, '#', full);
	memset(bar + 1 + full, '-', width - 2 - full);
	bar[width - 1] = ']';
	bar[width] = '\0';
}

size_t
mm_progress_line(const char *phase, enum mm_progress_unit unit, uint64_t done, uint64_t all, int64_t elapsed_us,
    size_t columns, char line[MM_PROGRESS_LINE_MAX])
{
	char rate[MM_WHEN_MAX], left[2 * MM_WHEN_MAX], bar[BAR_MAX + 1] = "";
	size_t words, width;

	if (all == 0)
		all = 1;
	if (done > all)
		done = all;
	format_rate(unit, done, elapsed_us, rate);
	format_left(done, all, elapsed_us, left);
	/* The phase, two blanks, the bar, two blanks, "100 %", rate and time; the last column stays free. */
	words = strlen(phase) + 4 + 5 + strlen(rate) + strlen(left) + 1;
	width = columns > words ? columns - words : 0;
	if (width > BAR_MAX)
		width = BAR_MAX;
	if (width >= BAR_LEAST)
		draw_bar(bar, width, done, all);
	(void)snprintf(line, MM_PROGRESS_LINE_MAX, "%s  %s%s%3u %%%s%s", phase, bar, bar[0] == '\0' ? "" : "  ",
	    (unsigned)((double)done * 100 / (double)all), rate, left);
	if (columns > 0 && columns <= strlen(line))
		line[columns - 1] = '\0';
	return strlen(line);
}

void
mm_progress_tell(void *ctx, uint64_t done, uint64_t all)
{
	struct mm_progress *progress = ctx;
	char line[MM_PROGRESS_LINE_MAX];
	int64_t now = progress->is_terminal ? now_us() : 0;
	size_t columns, len;

	if (!progress->is_terminal || now - progress->told_us < SHOWN_EVERY_US)
		return;
	columns = mm_terminal_columns(progress->stream);
	len = mm_progress_line(progress->phase, progress->unit, done, all, now - progress->began_us,
	    columns == 0 ? COLUMNS_USUAL : columns, line);
	mm_interrupt_line(fileno(progress->stream));
	fprintf(progress->stream, "\r%s%*s", line, progress->columns > len ? (int)(progress->columns - len) : 0, "");
	(void)fflush(progress->stream);
	progress->columns = len;
	progress->told_us = now;
}

void
mm_progress_end(struct mm_progress *progress)
{
	if (progress->columns > 0) {
		fprintf(progress->stream, "\r%*s\r", (int)progress->columns, "");
		(void)fflush(progress->stream);
	}
	mm_interrupt_line(-1);
	progress->columns = 0;
}
