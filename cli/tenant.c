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
print_list(const struct mm_answer_object *answer)
{
	struct mm_json_value tenants = mm_answer_array(answer, "tenants"), element;
	struct mm_answer_object tenant;
	size_t position = 0;

	while (mm_json_next(tenants, &position, &element)) {
		if (!mm_answer_element(element, &tenant))
			continue;
		mm_terminal_put_padded(stdout, mm_answer_text(&tenant, "name"), 24);
		mm_terminal_put_padded(stdout, mm_answer_text(&tenant, "id"), 38);
		fputs(mm_answer_flag(&tenant, "disabled", false) ? "disabled\n" :
		      mm_answer_flag(&tenant, "configured", false) ? "configuration\n" : "added\n", stdout);
	}
}

/* ---- the command line ---- */

static bool
take_option(struct tenant_options *options, int option, const char *argument)
{
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
says_what(const struct tenant_options *options)
{
	return options->domains[0] != '\0' || options->admins[0] != '\0' || options->no_domains || options->no_admins ||
	    options->enable;
}

/* What does not belong to the verb is an error, not nothing. */
static int
check_options(const struct mm_realm_question *question, const struct tenant_options *options)
{
	bool adds = mm_realm_question_is(question, "add"), changes = mm_realm_question_is(question, "change");

	if (adds && options->id == NULL)
		return mm_command_usage_error(question->command, "which id? --id ID");
	if (!adds && options->id != NULL)
		return mm_command_usage_error(question->command, "a tenant's id is never changed");
	if (changes && !says_what(options))
		return mm_command_usage_error(question->command, "say what to change");
	if (!adds && !changes && says_what(options))
		return mm_command_usage_error(question->command, "'%s' changes nothing of that", question->verb);
	return MM_EXIT_DONE;
}

static int
parse(struct mm_realm_question *question, int argc, char **argv, struct tenant_options *options)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, MM_REALM_LETTERS, long_options, NULL)) != -1)
		if (!mm_realm_question_option(question, option, optarg) && !take_option(options, option, optarg))
			return mm_command_option_error(question->command, option, argv);
	option = check_options(question, options);
	return option != MM_EXIT_DONE ? option : mm_realm_question_end_options(question, argc, argv, "name");
}

static void
write_members(struct mm_json_writer *writer, const struct tenant_options *options)
{
	mm_json_add_str(writer, "id", options->id);
	if (options->no_domains || options->domains[0] != '\0')
		mm_json_add_str(writer, "domains", options->domains);
	if (options->no_admins || options->admins[0] != '\0')
		mm_json_add_str(writer, "admins", options->admins);
	if (options->enable)
		mm_json_add_bool(writer, "disabled", false);
}

int
mm_command_tenant(const struct mm_command *command, int argc, char **argv)
{
	static struct tenant_options options;
	struct mm_realm_question question;
	int status;

	if (!mm_realm_question_begin(&question, command, argc, argv))
		return MM_EXIT_USAGE;
	status = parse(&question, argc - 1, argv + 1, &options);
	if (status == MM_EXIT_DONE) {
		write_members(&question.writer, &options);
		return mm_realm_question_ask(&question,
		    mm_realm_question_is(&question, "list") ? print_list : print_tenant, NULL);
	}
	mm_buf_clear(&question.text);
	return status;
}
