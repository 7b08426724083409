/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark tenant: see and change the customer organisations of a mint.
 */
#include "cli/realm_question.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>

struct tenant_options {
	const char *id;
	bool no_domains, no_admins, enable;
	char domains[4096], admins[1024];
};

static const struct option long_options[] = {
	MM_REALM_OPTIONS,
	{ "id", required_argument, NULL, 'i' },
	{ "domain", required_argument, NULL, 'd' },
	{ "no-domains", no_argument, NULL, 'D' },
	{ "admin", required_argument, NULL, 'a' },
	{ "no-admins", no_argument, NULL, 'A' },
	{ "enable", no_argument, NULL, 'e' },
	{ NULL, 0, NULL, 0 },
};

/* ---- printing ---- */

static void
print_tenant(const struct mm_answer_object *tenant)
{
	mm_realm_answer_text(tenant, "tenant", "name");
	mm_realm_answer_text(tenant, "realm", "realm");
	mm_realm_answer_text(tenant, "id", "id");
	mm_realm_answer_list(tenant, "domains", "domains");
	mm_realm_answer_list(tenant, "administrators", "admins");
	if (mm_answer_flag(tenant, "configured", false))
		puts("stands in        the configuration");
	if (mm_answer_flag(tenant, "disabled", false))
		puts("disabled         yes: nobody of it gets a token");
}

static void
print_row(const struct mm_answer_object *tenant)
{
	mm_terminal_put_padded(stdout, mm_answer_text(tenant, "name"), 24);
	mm_terminal_put_padded(stdout, mm_answer_text(tenant, "id"), 38);
	fputs(mm_answer_flag(tenant, "disabled", false) ? "disabled\n" :
	      mm_answer_flag(tenant, "configured", false) ? "configuration\n" : "added\n", stdout);
}

static void
print_list(const struct mm_answer_object *answer)
{
	(void)mm_realm_answer_each(answer, "tenants", print_row);
}

/* ---- the command line ---- */

static bool
take_option(void *taken, int option, const char *argument)
{
	struct tenant_options *options = taken;

	switch (option) {
	case 'i':
		options->id = argument;
		return true;
	case 'd':
		return mm_realm_question_add_word(options->domains, sizeof(options->domains), argument);
	case 'D':
		options->no_domains = true;
		return true;
	case 'a':
		return mm_realm_question_add_word(options->admins, sizeof(options->admins), argument);
	case 'A':
		options->no_admins = true;
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
	const struct tenant_options *options = taken;

	return options->domains[0] != '\0' || options->admins[0] != '\0' || options->no_domains || options->no_admins ||
	    options->enable;
}

static int
check(const struct mm_realm_question *question, const void *taken)
{
	const struct tenant_options *options = taken;
	bool adds = mm_realm_question_is(question, "add");

	if (adds && options->id == NULL)
		return mm_command_usage_error(question->command, "which id? --id ID");
	if (!adds && options->id != NULL)
		return mm_command_usage_error(question->command, "a tenant's id is never changed");
	return MM_EXIT_DONE;
}

static int
write_members(struct mm_realm_question *question, void *taken)
{
	const struct tenant_options *options = taken;
	struct mm_json_writer *writer = &question->writer;

	mm_json_add_str(writer, "id", options->id);
	if (options->no_domains || options->domains[0] != '\0')
		mm_json_add_str(writer, "domains", options->domains);
	if (options->no_admins || options->admins[0] != '\0')
		mm_json_add_str(writer, "admins", options->admins);
	if (options->enable)
		mm_json_add_bool(writer, "disabled", false);
	return MM_EXIT_DONE;
}

int
mm_command_tenant(const struct mm_command *command, int argc, char **argv)
{
	static const struct mm_realm_kind kind = {
		.member = "name",
		.options = long_options,
		.take_option = take_option,
		.check = check,
		.says_what = says_what,
		.write = write_members,
		.print_list = print_list,
		.print_one = print_tenant,
	};
	static struct tenant_options options;

	return mm_realm_question_run(command, &kind, argc, argv, &options);
}
