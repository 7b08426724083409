/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions about a mint's users and clients: what they share on the command line and in asking.
 */
#ifndef MM_CLI_REALM_QUESTION_H
#define MM_CLI_REALM_QUESTION_H

#include "cli/answer.h"
#include "cli/control.h"
#include "engine/json_writer.h"

#include <getopt.h>

/* Twice the longest question, so that what is too long is refused where it is understood. */
#define MM_REALM_QUESTION_MAX 65536

struct mm_realm_question {
	const struct mm_command *command;
	struct mm_control_target target;
	bool json;
	const char *verb;  /* "list" */
	const char *realm;
	const char *whom;  /* NULL: none was named */
	struct mm_buf text;
	struct mm_json_writer writer;
};

/* The options that every question has: for the array of getopt_long(), and their letters. */
#define MM_REALM_OPTIONS                                                       \
	{ "config", required_argument, NULL, 'c' },                            \
	{ "socket", required_argument, NULL, 'S' },                            \
	{ "json", no_argument, NULL, 'J' }
#define MM_REALM_LETTERS ":c:"

/* Whether help is asked for behind a verb: "user add --help". */
bool mm_realm_question_wants_help(int argc, char **argv);

/* Begin: argv[1] is one of list, show, add, change and disable. False, said on standard error, where it is not. */
MM_MUST_USE bool mm_realm_question_begin(struct mm_realm_question *question, const struct mm_command *command, int argc,
    char **argv);

/* Take an option of those above. False: it is another one. */
MM_MUST_USE bool mm_realm_question_option(struct mm_realm_question *question, int option, const char *argument);

bool mm_realm_question_is(const struct mm_realm_question *question, const char *verb);

/*
 * What stands beside the options: the realm, and the name of whom, which all but list need. Then the question is begun,
 * and members can be added to its writer. Returns MM_EXIT_DONE or MM_EXIT_USAGE.
 */
int mm_realm_question_end_options(struct mm_realm_question *question, int argc, char **argv, const char *member);

/* Add to a list with single spaces between its words. False where it is full. */
MM_MUST_USE bool mm_realm_question_add_word(char *list, size_t size, const char *word);

/*
 * Ask, and have print() called with the answer where it is good, unless it is for programs. secret, shown once, stands
 * beside the answer; NULL: none.
 */
int mm_realm_question_ask(struct mm_realm_question *question, void (*print)(const struct mm_answer_object *answer),
    const char *secret);

/* Print an array of texts of an answer behind a title; nothing where it is empty. */
void mm_realm_answer_list(const struct mm_answer_object *object, const char *title, const char *member);
/* Print a text behind a title; nothing where it is empty. */
void mm_realm_answer_text(const struct mm_answer_object *object, const char *title, const char *member);
/* Print who changed it, the newest first. */
void mm_realm_answer_changes(const struct mm_answer_object *answer);

#endif
