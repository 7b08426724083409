/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark decisions: what the gate decided, from its journal; as it decides, with --follow.
 */
#include "cli/command.h"
#include "cli/decision_table.h"
#include "cli/journal_view.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static int
take_verdict(struct mm_journal_view *view, const char *text)
{
	view->filter.by_verdict = true;
	view->filter.allowed = strcmp(text, "allow") == 0;
	if (view->filter.allowed || strcmp(text, "deny") == 0)
		return MM_EXIT_DONE;
	return mm_command_usage_error(view->command, "'%s' is no verdict: write allow or deny", text);
}

static int
take_reason(struct mm_journal_view *view, const char *text)
{
	view->filter.by_reason = true;
	if (mm_reason_find(text, strlen(text), &view->filter.reason))
		return MM_EXIT_DONE;
	return mm_command_usage_error(view->command, "'%s' is no reason, such as KEY_REALM_MISMATCH", text);
}

enum { OPTION_VERDICT = 256, OPTION_REASON, OPTION_KID, OPTION_TENANT, OPTION_PROTOCOL };

static const struct option options[] = {
	MM_JOURNAL_VIEW_OPTIONS,
	{ "service", required_argument, NULL, 's' },
	{ "verdict", required_argument, NULL, OPTION_VERDICT },
	{ "reason", required_argument, NULL, OPTION_REASON },
	{ "kid", required_argument, NULL, OPTION_KID },
	{ "tenant", required_argument, NULL, OPTION_TENANT },
	{ "protocol", required_argument, NULL, OPTION_PROTOCOL },
	{ NULL, 0, NULL, 0 },
};

static int
take_option(struct mm_journal_view *view, int option, char **argv)
{
	switch (option) {
	case 's':
		view->filter.service = optarg;
		return MM_EXIT_DONE;
	case OPTION_VERDICT:
		return take_verdict(view, optarg);
	case OPTION_REASON:
		return take_reason(view, optarg);
	case OPTION_KID:
		view->filter.kid = optarg;
		return MM_EXIT_DONE;
	case OPTION_TENANT:
		view->filter.tenant = optarg;
		return MM_EXIT_DONE;
	case OPTION_PROTOCOL:
		view->filter.protocol = optarg;
		return MM_EXIT_DONE;
	default:
		return mm_journal_view_take_option(view, option, argv);
	}
}

static void
put(void *ctx, const struct mm_journal_record *record)
{
	mm_decision_table_put(ctx, record);
}

int
mm_command_decisions(const struct mm_command *command, int argc, char **argv)
{
	struct mm_decision_table table;
	struct mm_journal_view view;
	int option, status;

	mm_journal_view_init(&view, command);
	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:s:fn:", options, NULL)) != -1) {
		status = take_option(&view, option, argv);
		if (status != MM_EXIT_DONE)
			return status;
	}
	status = mm_journal_view_complete(&view, argc, argv);
	if (status != MM_EXIT_DONE)
		return status;
	mm_decision_table_init(&table, stdout, 0);
	view.put = put;
	view.ctx = &table;
	return mm_journal_view_run(&view);
}
