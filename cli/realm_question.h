/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions about a mint's users, clients and tenants: what they share on the command line, in asking and in printing.
 */
#ifndef MM_CLI_REALM_QUESTION_H
#define MM_CLI_REALM_QUESTION_H

#include "cli/answer.h"
#include "cli/control.h"
#include "engine/json_writer.h"

#include <getopt.h>

struct mm_realm_question {
	const struct mm_command *command;
	struct mm_control_target target;
	bool json;
	const char *verb; /* "list" */
	const char *realm;
	const char *whom;   /* NULL: none was named */
	const char *secret; /* that was made: shown this once, beside the answer; NULL: none */
	struct mm_buf text;
	struct mm_json_writer writer;
};

/* The options that every question has, for the array of getopt_long(). */
#define MM_REALM_OPTIONS                                                       \
	{ "config", required_argument, NULL, 'c' },                            \
	{ "socket", required_argument, NULL, 'S' },                            \
	{ "json", no_argument, NULL, 'J' }

/* Print an answer that is good. */
typedef void mm_realm_print(const struct mm_answer_object *answer);

/* What is asked about: users, clients or tenants. options is the command's own, which it was run with. */
struct mm_realm_kind {
	const char *member;           /* of a question: the name of whom it asks about */
	const struct option *options; /* those above, and its own */
	/* Take an option of its own. False: it is none, or its argument is too long. */
	bool (*take_option)(void *options, int option, const char *argument);
	/* Whether they are what fits the verb and one another. Returns MM_EXIT_DONE or MM_EXIT_USAGE. */
	int (*check)(const struct mm_realm_question *question, const void *options);
	/* Whether they say anything to add or to change. */
	bool (*says_what)(const void *options);
	/* Add the members that they are to the question. Returns MM_EXIT_DONE, or complains. */
	int (*write)(struct mm_realm_question *question, void *options);
	mm_realm_print *print_list, *print_one;
};

/*
 * Run 'mintmark user', 'client' or 'tenant': a verb (list, show, add, change or disable), options, the realm, and the
 * name of whom, which all but list need. Returns what to exit with.
 */
int mm_realm_question_run(const struct mm_command *command, const struct mm_realm_kind *kind, int argc, char **argv,
    void *options);

bool mm_realm_question_is(const struct mm_realm_question *question, const char *verb);

/* Add to a list with single spaces between its words. False where it is full. */
MM_MUST_USE bool mm_realm_question_add_word(char *list, size_t size, const char *word);

/* Have each object of an array of the answer printed. Returns how many there were. */
size_t mm_realm_answer_each(const struct mm_answer_object *answer, const char *member, mm_realm_print *print);
/* Print an array of texts of an answer behind a title; nothing where it is empty. */
void mm_realm_answer_list(const struct mm_answer_object *object, const char *title, const char *member);
/* Print a text behind a title; nothing where it is empty. */
void mm_realm_answer_text(const struct mm_answer_object *object, const char *title, const char *member);
/* Print the object that a member is, and then who changed it, the newest first. */
void mm_realm_answer_changed(const struct mm_answer_object *answer, const char *member, mm_realm_print *print);

#endif
