/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark user: the people who can sign in at a mint.
 */
#include "cli/password.h"
#include "cli/realm_question.h"
#include "cli/terminal.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct user_options {
	const char *tenant, *name;
	bool password_stdin, new_password, enable, no_delegates;
	char delegates[4096]; /* "": none were named */
};

static const struct option long_options[] = {
	MM_REALM_OPTIONS,
	{ "tenant", required_argument, NULL, 't' },
	{ "name", required_argument, NULL, 'n' },
	{ "delegate", required_argument, NULL, 'd' },
	{ "no-delegates", no_argument, NULL, 'D' },
	{ "password", no_argument, NULL, 'p' },
	{ "password-stdin", no_argument, NULL, 'P' },
	{ "enable", no_argument, NULL, 'e' },
	{ NULL, 0, NULL, 0 },
};

/* ---- printing ---- */

static void
print_user(const struct mm_answer_object *user)
{
	mm_realm_answer_text(user, "user", "username");
	mm_realm_answer_text(user, "name", "name");
	mm_realm_answer_text(user, "tenant", "tenant");
	mm_realm_answer_text(user, "subject", "subject");
	mm_realm_answer_list(user, "may open too", "delegates");
	if (mm_answer_flag(user, "disabled", false))
		puts("disabled          yes: he cannot sign in");
}

static void
print_one(const struct mm_answer_object *answer)
{
	static struct mm_answer_object user;

	if (!mm_answer_object(answer, "user", &user))
		return;
	print_user(&user);
	mm_realm_answer_changes(answer);
}

#define NAME_COLUMNS 36
#define TENANT_COLUMNS 16

static void
print_row(const struct mm_answer_object *user)
{
	mm_terminal_put_padded(stdout, mm_answer_text(user, "username"), NAME_COLUMNS);
	mm_terminal_put_padded(stdout, mm_answer_text(user, "tenant"), TENANT_COLUMNS);
	fputs(mm_answer_flag(user, "disabled", false) ? "disabled  " : "active    ", stdout);
	mm_terminal_put(stdout, mm_answer_text(user, "name"), SIZE_MAX);
	fputc('\n', stdout);
}

static void
print_list(const struct mm_answer_object *answer)
{
	static struct mm_answer_object user;
	struct mm_json_value list = mm_answer_array(answer, "users"), one;
	size_t position = 0, count = 0;

	for (; mm_json_next(list, &position, &one); count++)
		if (mm_answer_element(one, &user))
			print_row(&user);
	if (count == 0)
		puts("There are no users.");
}

/* ---- asking ---- */

static bool
take_option(struct user_options *options, int option, const char *argument)
{
	switch (option) {
	case 't':
		options->tenant = argument;
		return true;
	case 'n':
		options->name = argument;
		return true;
	case 'd':
		return mm_realm_question_add_word(options->delegates, sizeof(options->delegates), argument);
	case 'D':
		options->no_delegates = true;
		return true;
	case 'p':
		options->new_password = true;
		return true;
	case 'P':
		options->password_stdin = options->new_password = true;
		return true;
	case 'e':
		options->enable = true;
		return true;
	default:
		return false;
	}
}

static bool
says_what(const struct user_options *options)
{
	return options->tenant != NULL || options->name != NULL || options->delegates[0] != '\0' ||
	    options->no_delegates || options->new_password || options->enable;
}

/* What does not belong to the verb is an error, not nothing. */
static int
check_options(const struct mm_realm_question *question, const struct user_options *options)
{
	bool adds = mm_realm_question_is(question, "add"), changes = mm_realm_question_is(question, "change");

	if (changes && !says_what(options))
		return mm_command_usage_error(question->command, "say what to change");
	if (!adds && !changes && says_what(options))
		return mm_command_usage_error(question->command, "'%s' changes nothing of that", question->verb);
	if (options->no_delegates && options->delegates[0] != '\0')
		return mm_command_usage_error(question->command, "--delegate and --no-delegates");
	return MM_EXIT_DONE;
}

static int
write_members(struct mm_realm_question *question, const struct user_options *options)
{
	char hash[MM_PASSWORD_HASH_SIZE];
	struct mm_json_writer *writer = &question->writer;

	mm_json_add_str(writer, "tenant", options->tenant);
	mm_json_add_str(writer, "name", options->name);
	if (options->no_delegates || options->delegates[0] != '\0')
		mm_json_add_str(writer, "delegates", options->delegates);
	if (options->enable)
		mm_json_add_bool(writer, "disabled", false);
	if (!mm_realm_question_is(question, "add") && !options->new_password)
		return MM_EXIT_DONE;
	if (!mm_password_ask(question->command, options->password_stdin, hash))
		return MM_EXIT_DENIED;
	mm_json_add_str(writer, "hash", hash);
	return MM_EXIT_DONE;
}

static int
parse(struct mm_realm_question *question, int argc, char **argv, struct user_options *options)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, MM_REALM_LETTERS, long_options, NULL)) != -1)
		if (!mm_realm_question_option(question, option, optarg) && !take_option(options, option, optarg))
			return mm_command_option_error(question->command, option, argv);
	option = check_options(question, options);
	return option != MM_EXIT_DONE ? option : mm_realm_question_end_options(question, argc, argv, "username");
}

int
mm_command_user(const struct mm_command *command, int argc, char **argv)
{
	static struct user_options options;
	struct mm_realm_question question;
	int status;

	if (mm_realm_question_wants_help(argc, argv))
		return mm_command_print_help(command);
	if (!mm_realm_question_begin(&question, command, argc, argv))
		return MM_EXIT_USAGE;
	status = parse(&question, argc - 1, argv + 1, &options);
	if (status == MM_EXIT_DONE)
		status = write_members(&question, &options);
	if (status == MM_EXIT_DONE)
		return mm_realm_question_ask(&question,
		    mm_realm_question_is(&question, "list") ? print_list : print_one, NULL);
	mm_buf_clear(&question.text);
	return status;
}
