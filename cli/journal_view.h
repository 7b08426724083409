/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the gate's journal for 'decisions' and 'autopsies': from its files where the user may read them, else through
 * the control socket of a running mintmarkd.
 */
#ifndef MM_CLI_JOURNAL_VIEW_H
#define MM_CLI_JOURNAL_VIEW_H

#include "cli/control.h"
#include "engine/journal_filter.h"

#include <stdbool.h>
#include <stddef.h>

/* What is asked; the command fills it in. */
struct mm_journal_view {
	const struct mm_command *command;
	struct mm_control_target target;
	const char *dir;         /* the journal's folder; NULL: that of the configuration */
	bool by_control;         /* ask mintmarkd even where the files can be read */
	struct mm_journal_filter filter;
	bool follow, by_last;
	size_t last;
	bool json;
	/* Put a record for people; where json is set, it is put as JSON instead. */
	void (*put)(void *ctx, const struct mm_journal_record *record);
	void *ctx;

	bool damaged; /* it was told that the journal is */
};

/* What both commands have: a view without a filter. */
void mm_journal_view_init(struct mm_journal_view *view, const struct mm_command *command);

/* Options of both: their letters, and what to do with one. Returns MM_EXIT_DONE, or as mm_command_option_error(). */
enum {
	MM_VIEW_OPTION_DIR = 512, MM_VIEW_OPTION_CONTROL, MM_VIEW_OPTION_SOCKET, MM_VIEW_OPTION_SINCE,
	MM_VIEW_OPTION_UNTIL, MM_VIEW_OPTION_JSON,
};

#define MM_JOURNAL_VIEW_OPTIONS                                         \
	{ "config", required_argument, NULL, 'c' },                     \
	{ "dir", required_argument, NULL, MM_VIEW_OPTION_DIR },         \
	{ "control", no_argument, NULL, MM_VIEW_OPTION_CONTROL },       \
	{ "socket", required_argument, NULL, MM_VIEW_OPTION_SOCKET },   \
	{ "since", required_argument, NULL, MM_VIEW_OPTION_SINCE },     \
	{ "until", required_argument, NULL, MM_VIEW_OPTION_UNTIL },     \
	{ "json", no_argument, NULL, MM_VIEW_OPTION_JSON },             \
	{ "follow", no_argument, NULL, 'f' },                           \
	{ "lines", required_argument, NULL, 'n' }

int mm_journal_view_take_option(struct mm_journal_view *view, int option, char **argv);

/* What the options mean together; optind has passed them. */
int mm_journal_view_complete(struct mm_journal_view *view, int argc, char **argv);

/* Read, and put what passes. Returns what to exit with; what is wrong is told. */
int mm_journal_view_run(struct mm_journal_view *view);

/* ---- between the ways of reading ---- */

/* Put one record; false where that cannot be. */
MM_MUST_USE bool mm_journal_view_put(struct mm_journal_view *view, const struct mm_journal_record *record,
    const struct mm_journal_place *where);

void mm_journal_view_tell_damage(struct mm_journal_view *view, const struct mm_journal_place *where);

/* The same through the control socket. */
int mm_journal_view_ask(struct mm_journal_view *view);

#endif
