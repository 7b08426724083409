/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark autopsies: tokens that were refused and that a key known here signed all the same: somebody holds it.
 */
#include "cli/command.h"
#include "cli/journal_view.h"
#include "cli/terminal.h"
#include "cli/when.h"
#include "lib/base/array.h"

#include <getopt.h>
#include <stdio.h>

enum { OPTION_ALL = 256 };

static const struct option options[] = {
	MM_JOURNAL_VIEW_OPTIONS,
	{ "all", no_argument, NULL, OPTION_ALL },
	{ NULL, 0, NULL, 0 },
};

/* What a finding has beside its key, in the order in which it is told. */
static const struct {
	enum mm_journal_field field;
	const char *before;
} facts[] = {
	{ MM_JF_SERVICE, "asked at " },
	{ MM_JF_SOURCE, "from " },
	{ MM_JF_CALLER, "by caller " },
	{ MM_JF_ISSUER, "claims issuer " },
	{ MM_JF_TENANT, "tenant " },
	{ MM_JF_TENANT_ID, "tenant id " },
	{ MM_JF_SUBJECT, "subject " },
	{ MM_JF_CLIENT, "client " },
	{ MM_JF_TOKEN_ID, "token " },
};

static void
put_field(const char *before, const struct mm_journal_record *record, enum mm_journal_field field)
{
	if (!mm_slice_present(record->fields[field]))
		return;
	fputs(before, stdout);
	mm_terminal_put(stdout, record->fields[field], SIZE_MAX);
}

static void
put_facts(const struct mm_journal_record *record)
{
	const char *between = "    ";

	for (size_t i = 0; i < MM_COUNT_OF(facts); i++) {
		if (!mm_slice_present(record->fields[facts[i].field]))
			continue;
		fputs(between, stdout);
		put_field(facts[i].before, record, facts[i].field);
		between = ", ";
	}
	fputc('\n', stdout);
}

static void
put(void *ctx, const struct mm_journal_record *record)
{
	bool proof = mm_slice_equal(record->fields[MM_JF_FINDING_CLASS], mm_slice_str(MM_FINDING_CLASS_PROOF));
	char when[MM_WHEN_MAX];

	(void)ctx;
	mm_when_format(record->time_us / 1000000, when);
	printf("%s  ", when);
	mm_terminal_begin(stdout, proof ? MM_STYLE_BAD : MM_STYLE_STRONG);
	mm_terminal_put(stdout, record->fields[MM_JF_FINDING_CLASS], SIZE_MAX);
	mm_terminal_end(stdout);
	put_field("  key ", record, MM_JF_KID);
	put_field(" of realm ", record, MM_JF_REALM);
	put_field(", thumbprint ", record, MM_JF_THUMBPRINT);
	fputs("\n    ", stdout);
	mm_terminal_put(stdout, record->text, SIZE_MAX);
	fputc('\n', stdout);
	put_facts(record);
}

int
mm_command_autopsies(const struct mm_command *command, int argc, char **argv)
{
	struct mm_journal_view view;
	int option, status = MM_EXIT_DONE;

	mm_journal_view_init(&view, command);
	view.filter.autopsies = true;
	view.put = put;
	optind = 1;
	opterr = 0;
	while (status == MM_EXIT_DONE && (option = getopt_long(argc, argv, ":c:fn:", options, NULL)) != -1) {
		if (option == OPTION_ALL)
			view.filter.leads = true;
		else
			status = mm_journal_view_take_option(&view, option, argv);
	}
	if (status == MM_EXIT_DONE)
		status = mm_journal_view_complete(&view, argc, argv);
	return status == MM_EXIT_DONE ? mm_journal_view_run(&view) : status;
}
