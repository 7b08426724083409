/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark hunt: read exported logs, and tell which applications, tokens and sessions read which mailboxes, what is
 * proof, what is only a lead, and what the logs cannot tell. It needs no daemon and no configuration.
 */
#include "cli/hunt_folder.h"
#include "cli/hunt_options.h"
#include "cli/hunt_print.h"
#include "cli/hunt_subject.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "engine/detect/detect.h"
#include "engine/logs/reading.h"
#include "engine/story/report.h"

#include <mintmark/version.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hunt {
	struct mm_hunt_options options;
	struct mm_hunt_folder folder;
	struct mm_progress progress;
	struct mm_logs_reading *reading;
	size_t *sign_ins_ends; /* the number of inputs behind each --signins */
	struct mm_detect *detect;
	struct mm_story *story;
	uint32_t tenant;
	const char **arguments;
};

static int
fail(const char *what)
{
	fprintf(stderr, "mintmark hunt: %s: %s\n", what, strerror(errno));
	return MM_EXIT_USAGE;
}

/* ---- reading ---- */

static int
add_inputs(struct hunt *hunt)
{
	const struct mm_hunt_options *options = &hunt->options;

	for (size_t i = 0; i < options->inputs_count; i++)
		if (mm_logs_reading_add(hunt->reading, options->inputs[i]) != 0)
			return fail("the inputs");
	hunt->sign_ins_ends = calloc(options->sign_ins_count + 1, sizeof(*hunt->sign_ins_ends));
	if (hunt->sign_ins_ends == NULL)
		return fail("the inputs");
	hunt->sign_ins_ends[0] = mm_logs_reading_inputs(hunt->reading);
	for (size_t i = 0; i < options->sign_ins_count; i++) {
		if (mm_logs_reading_add(hunt->reading, options->sign_ins[i]) != 0)
			return fail("the inputs");
		hunt->sign_ins_ends[i + 1] = mm_logs_reading_inputs(hunt->reading);
	}
	return MM_EXIT_DONE;
}

/* Where a sign-in log was expected, and none is. */
static void
check_sign_ins(const struct hunt *hunt)
{
	for (size_t i = 0; i < hunt->options.sign_ins_count; i++) {
		if (mm_hunt_records_of(hunt->reading, MM_LOGS_SIGN_INS, hunt->sign_ins_ends[i],
		        hunt->sign_ins_ends[i + 1]) > 0)
			continue;
		fputs("mintmark hunt: --signins ", stderr);
		mm_terminal_put_str(stderr, hunt->options.sign_ins[i]);
		fputs(": no sign-in was found in it\n", stderr);
	}
}

static int
check_readable(const struct hunt *hunt)
{
	uint64_t records = 0;

	for (unsigned family = 0; family < MM_LOGS_FAMILIES; family++)
		records += mm_hunt_records_of(hunt->reading, (enum mm_logs_family)family, 0,
		    mm_logs_reading_inputs(hunt->reading));
	if (records > 0)
		return MM_EXIT_DONE;
	fputs("mintmark hunt: no record that is known was found\n", stderr);
	(void)mm_hunt_print_troubles(stderr, hunt->reading, 0);
	return MM_EXIT_USAGE;
}

/* Go on with what an earlier run left, and say so. */
static int
resume(struct hunt *hunt)
{
	const char *reason = NULL;
	int resumed = mm_logs_reading_resume(hunt->reading, &reason);

	if (resumed == -1 && errno == EBUSY) {
		fputs("mintmark hunt: another process works with this --out\n", stderr);
		return MM_EXIT_USAGE;
	}
	if (resumed == -1)
		return fail("--resume");
	if (resumed == 0) {
		fputs("mintmark hunt: reading begins at the beginning: ", stderr);
		mm_terminal_put_str(stderr, reason);
		fputc('\n', stderr);
	} else {
		fputs("mintmark hunt: reading goes on where it was ended\n", stderr);
	}
	return MM_EXIT_DONE;
}

/* What a later run can do where this one could not end. */
static int
fail_reading(const struct hunt *hunt)
{
	(void)fail("reading");
	if (hunt->folder.fd != -1)
		fputs("mintmark hunt: --resume goes on from here\n", stderr);
	return MM_EXIT_USAGE;
}

static int
read_logs(struct hunt *hunt)
{
	struct mm_logs_options options = {
		.threads = hunt->options.threads,
		.work_fd = hunt->folder.work_fd,
		.progress = mm_progress_tell,
		.ctx = &hunt->progress,
	};
	int status;

	hunt->reading = mm_logs_reading_new(&options);
	if (hunt->reading == NULL)
		return fail("reading");
	status = add_inputs(hunt);
	if (status == MM_EXIT_DONE && hunt->options.resume)
		status = resume(hunt);
	if (status != MM_EXIT_DONE)
		return status;
	mm_progress_begin(&hunt->progress, "reading", MM_PROGRESS_BYTES);
	status = mm_logs_reading_run(hunt->reading) == 0 ? MM_EXIT_DONE : MM_EXIT_USAGE;
	mm_progress_end(&hunt->progress);
	if (status != MM_EXIT_DONE)
		return fail_reading(hunt);
	check_sign_ins(hunt);
	return check_readable(hunt);
}

/* ---- judging ---- */

static int
detect(struct hunt *hunt)
{
	struct mm_detect_source source = {
		.store = mm_logs_reading_store(hunt->reading),
		.names = mm_logs_reading_names(hunt->reading),
		.since_us = hunt->options.since_us,
		.until_us = hunt->options.until_us,
		.tenant = hunt->tenant,
		.has_sign_ins = mm_hunt_records_of(hunt->reading, MM_LOGS_SIGN_INS, 0,
		    mm_logs_reading_inputs(hunt->reading)) > 0,
		.progress = mm_progress_tell,
		.ctx = &hunt->progress,
	};
	int status;

	source.hours = mm_logs_reading_hours(hunt->reading, &source.hours_count);
	hunt->detect = mm_detect_new(&source);
	if (hunt->detect == NULL)
		return fail("detecting");
	mm_progress_begin(&hunt->progress, "detecting", MM_PROGRESS_EVENTS);
	status = mm_detect_run(hunt->detect) == 0 ? MM_EXIT_DONE : MM_EXIT_USAGE;
	mm_progress_end(&hunt->progress);
	return status == MM_EXIT_DONE ? status : fail("detecting");
}

/* An input that changed meanwhile takes its messages away, not the rest. */
static int
count(struct hunt *hunt)
{
	struct mm_story_source source = {
		.reading = hunt->reading,
		.detect = hunt->detect,
		.pivot.given = hunt->options.pivot.given,
		.since_us = hunt->options.since_us,
		.until_us = hunt->options.until_us,
		.tenant = hunt->tenant,
		.progress = mm_progress_tell,
		.ctx = &hunt->progress,
	};
	int failure = 0;

	if (source.pivot.given && !mm_hunt_find_pivot(hunt->reading, &hunt->options.pivot, &source.pivot.subject))
		return fail("counting");
	hunt->story = mm_story_new(&source);
	if (hunt->story == NULL)
		return fail("counting");
	mm_progress_begin(&hunt->progress, "counting", MM_PROGRESS_EVENTS);
	if (mm_story_build(hunt->story) != 0)
		failure = errno;
	mm_progress_end(&hunt->progress);
	errno = failure;
	if (failure == ESTALE)
		fputs("mintmark hunt: a file changed while it was read: messages are missing\n", stderr);
	return failure == 0 || failure == ESTALE ? MM_EXIT_DONE : fail("counting");
}

/* ---- telling ---- */

static int
tell(struct hunt *hunt)
{
	struct mm_hunt_view view = { &hunt->options, hunt->reading, hunt->story };
	struct mm_report_question question = { .version = mm_version(), .arguments = hunt->arguments };
	int status = MM_EXIT_DONE;

	if (hunt->folder.fd != -1)
		status = mm_hunt_folder_write(&hunt->folder, hunt->story, &question, &hunt->progress);
	if (status != MM_EXIT_DONE)
		return status;
	if (!hunt->options.json)
		mm_hunt_print(&view);
	else if (mm_report_json(stdout, hunt->story, &question) != 0)
		return fail("standard output");
	return fflush(stdout) == 0 ? MM_EXIT_DONE : fail("standard output");
}

static int
verdict(const struct hunt *hunt)
{
	enum mm_finding_class class;

	return mm_story_class(hunt->story, &class) && class >= MM_FINDING_STRONG ? MM_EXIT_DENIED : MM_EXIT_DONE;
}

/* Step by step, as long as each is done. */
static int
run(struct hunt *hunt)
{
	int status = mm_hunt_folder_open(&hunt->folder, &hunt->options);

	if (status == MM_EXIT_DONE && (hunt->arguments = mm_hunt_options_arguments(&hunt->options)) == NULL)
		status = fail("the arguments");
	if (status == MM_EXIT_DONE)
		status = read_logs(hunt);
	if (status == MM_EXIT_DONE && hunt->options.tenant != NULL)
		status = mm_hunt_find_tenant(hunt->reading, hunt->options.tenant, &hunt->tenant);
	if (status == MM_EXIT_DONE)
		status = detect(hunt);
	if (status == MM_EXIT_DONE)
		status = count(hunt);
	if (status == MM_EXIT_DONE)
		status = tell(hunt);
	return status == MM_EXIT_DONE ? verdict(hunt) : status;
}

int
mm_command_hunt(const struct mm_command *command, int argc, char **argv)
{
	struct hunt hunt = { .folder = { .fd = -1, .work_fd = -1 } };
	int status = mm_hunt_options_parse(command, argc, argv, &hunt.options);

	mm_progress_init(&hunt.progress, stderr);
	mm_interrupt_catch();
	if (status == MM_EXIT_DONE)
		status = run(&hunt);
	mm_story_free(&hunt.story);
	mm_detect_free(&hunt.detect);
	if (hunt.reading != NULL && status != MM_EXIT_USAGE)
		mm_logs_reading_remove_work(hunt.reading);
	mm_logs_reading_free(&hunt.reading);
	mm_hunt_folder_close(&hunt.folder, status != MM_EXIT_USAGE);
	free(hunt.sign_ins_ends);
	free(hunt.arguments);
	mm_hunt_options_clear(&hunt.options);
	return status;
}
