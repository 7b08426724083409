/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing list of problems, and how each is printed.
 */
#include "engine/problems.h"

#include "engine/printable.h"
#include "lib/base/limits.h"
#include "lib/codec/utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Errors need no word: they are why the program says anything. */
static const char *const class_words[] = {
	[MM_PROBLEM_ERROR] = "",
	[MM_PROBLEM_ALARM] = "alarm: ",
	[MM_PROBLEM_REMARK] = "remark: ",
};

static void
clear_problem(struct mm_problem *problem)
{
	free(problem->where);
	free(problem->text);
	free(problem->mend);
}

void
mm_problems_clear(struct mm_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		clear_problem(&problems->items[i]);
	free(problems->items);
	memset(problems, 0, sizeof(*problems));
}

/* Room for one more item; it grows by halves of a power of two, so that the count alone tells when. */
static bool
make_room(struct mm_problems *problems)
{
	struct mm_problem *items;
	size_t count = problems->count;

	if ((count & (count - 1)) != 0)
		return true;
	items = reallocarray(problems->items, count == 0 ? 1 : count * 2, sizeof(*items));
	if (items == NULL)
		return false;
	problems->items = items;
	return true;
}

/* Take over problem, whose three texts were allocated; mend may be NULL. */
static void
keep(struct mm_problems *problems, struct mm_problem *problem, bool whole)
{
	if (!whole || problem->where == NULL || problem->text == NULL || !make_room(problems)) {
		clear_problem(problem);
		problems->incomplete = true;
		return;
	}
	problem->number = problems->count;
	problems->items[problems->count++] = *problem;
}

void
mm_problems_add(struct mm_problems *problems, enum mm_problem_class class, const char *where, int line,
    const char *mend, const char *format, ...)
{
	struct mm_problem problem = { .class = class, .where = strdup(where), .line = line };
	va_list arguments;

	problem.mend = mend == NULL ? NULL : strdup(mend);
	va_start(arguments, format);
	if (vasprintf(&problem.text, format, arguments) < 0)
		problem.text = NULL;
	va_end(arguments);
	keep(problems, &problem, mend == NULL || problem.mend != NULL);
}

bool
mm_problems_has_error(const struct mm_problems *problems)
{
	if (problems->incomplete)
		return true;
	for (size_t i = 0; i < problems->count; i++)
		if (problems->items[i].class == MM_PROBLEM_ERROR)
			return true;
	return false;
}

static int
compare_lines(const void *a, const void *b)
{
	const struct mm_problem *left = a, *right = b;

	if (left->line != right->line)
		return left->line < right->line ? -1 : 1;
	return left->number < right->number ? -1 : 1;
}

void
mm_problems_sort(struct mm_problems *problems)
{
	if (problems->count > 1)
		qsort(problems->items, problems->count, sizeof(problems->items[0]), compare_lines);
}

enum mm_problem_class
mm_problem_class_of(enum mm_note_class class)
{
	switch (class) {
	case MM_NOTE_ALARM:
		return MM_PROBLEM_ALARM;
	case MM_NOTE_REMARK:
		return MM_PROBLEM_REMARK;
	case MM_NOTE_REFUSED:
		break;
	}
	return MM_PROBLEM_ERROR;
}

void
mm_problems_note(void *ctx, const struct mm_note *note)
{
	struct mm_problems *problems = ctx;
	const char *where = note->where == NULL ? "trust" : note->where;
	enum mm_problem_class class = mm_problem_class_of(note->note_class);
	char kid[MM_ESCAPED_LEN(MM_KID_LEN_MAX)];
	size_t len;

	if (!mm_slice_present(note->kid)) {
		mm_problems_add(problems, class, where, 0, note->mend, "%s", note->text);
		return;
	}
	/* A kid holds any bytes, NUL too. */
	len = note->kid.len < MM_KID_LEN_MAX ? note->kid.len : MM_KID_LEN_MAX;
	len = mm_escape(mm_slice(note->kid.ptr, len), "\\", kid);
	mm_problems_add(problems, class, where, 0, note->mend, "key '%.*s': %s", (int)len, kid, note->text);
}

static void
print_escaped(const char *text, FILE *stream)
{
	size_t left = strlen(text);

	while (left > 0) {
		uint32_t code_point = 0;
		size_t len = mm_utf8_decode(text, left, &code_point);

		if (len > 0 && mm_printable(code_point)) {
			fwrite(text, 1, len, stream);
		} else {
			len = 1;
			fprintf(stream, "\\x%02x", (unsigned)(unsigned char)*text);
		}
		text += len;
		left -= len;
	}
}

static void
print_problem(const struct mm_problem *problem, FILE *stream)
{
	print_escaped(problem->where, stream);
	if (problem->line > 0)
		fprintf(stream, ":%d", problem->line);
	fprintf(stream, ": %s", class_words[problem->class]);
	print_escaped(problem->text, stream);
	fputc('\n', stream);
	if (problem->mend == NULL)
		return;
	fputs("    ", stream);
	print_escaped(problem->mend, stream);
	fputc('\n', stream);
}

void
mm_problems_print(const struct mm_problems *problems, FILE *stream, bool with_remarks)
{
	for (size_t i = 0; i < problems->count; i++)
		if (with_remarks || problems->items[i].class != MM_PROBLEM_REMARK)
			print_problem(&problems->items[i], stream);
	if (problems->incomplete)
		fputs("memory was short: more may be wrong than is told here\n", stream);
}
