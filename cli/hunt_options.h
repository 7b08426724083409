/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What 'mintmark hunt' is asked for.
 */
#ifndef MM_CLI_HUNT_OPTIONS_H
#define MM_CLI_HUNT_OPTIONS_H

#include "cli/command.h"
#include "engine/detect/finding.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One thread of the story: --pivot app=…|session=…|token=…|ip=…|mailbox=…. */
struct mm_hunt_pivot {
	bool given;
	enum mm_subject_kind kind;
	const char *text;               /* behind the '=' */
	struct mm_logs_address address; /* of an address or a network */
};

struct mm_hunt_options {
	const char *const *inputs;   /* files and folders */
	size_t inputs_count;
	const char **sign_ins;       /* of --signins */
	size_t sign_ins_count;
	int64_t since_us, until_us;  /* INT64_MIN, INT64_MAX: not given */
	const char *tenant, *out;    /* NULL: not given */
	struct mm_hunt_pivot pivot;
	bool json, resume;
	unsigned threads;            /* 0: as many as there are processors */
};

/*
 * Read the command line; options borrow from it. Returns MM_EXIT_DONE, or MM_EXIT_USAGE when it has said what is wrong.
 * Clear them in either case.
 */
MM_MUST_USE int mm_hunt_options_parse(const struct mm_command *command, int argc, char **argv,
    struct mm_hunt_options *options);
void mm_hunt_options_clear(struct mm_hunt_options *options);

/*
 * The arguments for reports: those that bear on the answer, with times as points of time; NULL behind the last. NULL
 * where memory is short. For the caller to free, in one piece.
 */
const char **mm_hunt_options_arguments(const struct mm_hunt_options *options);

#endif
