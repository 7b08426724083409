/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark user: the people who can sign in at a mint.
 */
#include "cli/password.h"
#include "cli/realm_question.h"
#include "cli/terminal.h"

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
	mm_realm_answer_changed(answer, "user", print_user);
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
	if (mm_realm_answer_each(answer, "users", print_row) == 0)
		puts("There are no users.");
}

/* ---- asking ---- */

static bool
take_option(void *taken, int option, const char *argument)
{
	struct user_options *options = taken;

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
says_what(const void *taken)
{
	const struct user_options *options = taken;

	return options->tenant != NULL || options->name != NULL || options->delegates[0] != '\0' ||
	    options->no_delegates || options->new_password || options->enable;
}

static int
check(const struct mm_realm_question *question, const void *taken)
{
	const struct user_options *options = taken;

	if (options->no_delegates && options->delegates[0] != '\0')
		return mm_command_usage_error(question->command, "--delegate and --no-delegates");
	return MM_EXIT_DONE;
}

static int
write_members(struct mm_realm_question *question, void *taken)
{
	const struct user_options *options = taken;
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

int
mm_command_user(const struct mm_command *command, int argc, char **argv)
{
	static const struct mm_realm_kind kind = {
		.member = "username",
		.options = long_options,
		.take_option = take_option,
		.check = check,
		.says_what = says_what,
		.write = write_members,
		.print_list = print_list,
		.print_one = print_one,
	};
	static struct user_options options;

	return mm_realm_question_run(command, &kind, argc, argv, &options);
}
