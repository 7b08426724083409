/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What 'verify' and 'explain' are asked, and the decision they answer with. It is made offline, from the
 * configuration and its key files, by the function that decides in a gate.
 */
#ifndef MM_CLI_QUESTION_H
#define MM_CLI_QUESTION_H

#include "cli/command.h"
#include "cli/evidence.h"
#include "cli/token_argument.h"
#include "engine/config.h"
#include "lib/token/facts.h"

#include <mintmark/decide.h>
#include <mintmark/trust.h>

#include <stdbool.h>

struct mm_question {
	const char *config_path;
	const char *service_name;
	const char *mailbox; /* NULL: none is named */
	const char *at;      /* as given; NULL: now */
	struct mm_evidence_options evidence;
	bool no_mark, no_ledger;
	bool json;
	const char *token_argument;
};

struct mm_answer {
	struct mm_config *config;
	struct mm_trust *trust;
	struct mm_decision *decision;
	struct mm_token_argument token;
	struct mm_shown_evidence shown;
	struct mm_request request;
	bool allowed;
	enum mm_reason reason;
	const struct mm_facts *facts;
};

/*
 * Read the command line. Returns MM_EXIT_DONE and sets *question, which borrows from argv, or says what is wrong
 * with it and returns MM_EXIT_USAGE.
 */
int mm_question_parse(const struct mm_command *command, int argc, char **argv, struct mm_question *question);

/*
 * Load what the question names; the request is ready then. Returns MM_EXIT_DONE, or says what is wrong and returns
 * MM_EXIT_USAGE. Clear the answer in either case.
 */
int mm_answer_prepare(const struct mm_command *command, const struct mm_question *question, struct mm_answer *answer);

/* Decide. Returns MM_EXIT_DONE where it is allowed, else MM_EXIT_DENIED. */
int mm_answer_decide(struct mm_answer *answer);

void mm_answer_clear(struct mm_answer *answer);

#endif
