/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Problems found while reading what an operator wrote: collected all together, told in the form
 *   mintmark.conf:12: realm enterprise: 'max_lifetime' is 010, an octal number
 *       write 10
 */
#ifndef MM_ENGINE_PROBLEMS_H
#define MM_ENGINE_PROBLEMS_H

#include <mintmark/trust.h>

#include <stdbool.h>
#include <stdio.h>

enum mm_problem_class {
	MM_PROBLEM_ERROR,  /* nothing starts with it */
	MM_PROBLEM_ALARM,  /* a finding; it starts, and what is found is refused */
	MM_PROBLEM_REMARK,
};

struct mm_problem {
	enum mm_problem_class class;
	char *where; /* file, or the like */
	int line;    /* 0: none is known */
	char *text;
	char *mend;  /* may be NULL */
	size_t number; /* in the order in which they were found */
};

struct mm_problems {
	struct mm_problem *items;
	size_t count;
	bool incomplete; /* memory was short */
};

void mm_problems_clear(struct mm_problems *problems);
void mm_problems_add(struct mm_problems *problems, enum mm_problem_class class, const char *where, int line,
    const char *mend, const char *format, ...) __attribute__((format(printf, 6, 7)));
bool mm_problems_has_error(const struct mm_problems *problems); /* also where incomplete */

/* Bring them into the order of their lines; those of one line keep theirs. */
void mm_problems_sort(struct mm_problems *problems);

/* What a note of the trust compiler is here: a refusal is an error. */
enum mm_problem_class mm_problem_class_of(enum mm_note_class class);

/* An mm_note_reporter; ctx is the struct mm_problems. */
void mm_problems_note(void *ctx, const struct mm_note *note);

/* Write them to stream, one each, what is no UTF-8 or not printable escaped; remarks only where asked. */
void mm_problems_print(const struct mm_problems *problems, FILE *stream, bool with_remarks);

#endif
