/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What 'verify' and 'explain' are asked, and the decision.
 */
#include "cli/question.h"

#include "engine/nearest.h"
#include "engine/problems.h"
#include "engine/trustfile.h"
#include "lib/base/limits.h"
#include "lib/trust/trust.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- the command line ---- */

static const struct option question_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "service", required_argument, NULL, 's' },
	{ "mailbox", required_argument, NULL, 'm' },
	{ "at", required_argument, NULL, 'a' },
	{ "no-mark", no_argument, NULL, 'M' },
	{ "no-ledger", no_argument, NULL, 'L' },
	{ "json", no_argument, NULL, 'j' },
	{ "dpop", required_argument, NULL, 'd' },
	{ "method", required_argument, NULL, 'x' },
	{ "url", required_argument, NULL, 'u' },
	{ "certificate", required_argument, NULL, 'e' },
	{ NULL, 0, NULL, 0 },
};

/* Where an option's value goes; NULL: it takes none. */
static const char **
value_of(struct mm_question *question, int option)
{
	switch (option) {
	case 'c':
		return &question->config_path;
	case 's':
		return &question->service_name;
	case 'm':
		return &question->mailbox;
	case 'a':
		return &question->at;
	case 'd':
		return &question->evidence.proof;
	case 'x':
		return &question->evidence.method;
	case 'u':
		return &question->evidence.url;
	case 'e':
		return &question->evidence.certificate_path;
	default:
		return NULL;
	}
}

static bool *
flag_of(struct mm_question *question, int option)
{
	switch (option) {
	case 'M':
		return &question->no_mark;
	case 'L':
		return &question->no_ledger;
	case 'j':
		return &question->json;
	default:
		return NULL;
	}
}

static int
take_option(const struct mm_command *command, struct mm_question *question, int option, char **argv)
{
	const char **value = value_of(question, option);
	bool *flag = flag_of(question, option);

	if (flag != NULL) {
		*flag = true;
		return MM_EXIT_DONE;
	}
	if (value == NULL)
		return mm_command_option_error(command, option, argv);
	/* Of two services or times one would win silently. */
	if (*value != NULL)
		return mm_command_usage_error(command, "an option stands twice: '%.64s' and '%.64s'", *value, optarg);
	*value = optarg;
	return MM_EXIT_DONE;
}

/* Plain digits that make a time; strtoll() would take signs, blanks and other bases too. */
static bool
parse_time(const char *text, int64_t *time_s)
{
	int64_t value = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || value > MM_TIME_MAX_S / 10)
			return false;
		value = value * 10 + (*text - '0');
	}
	*time_s = value;
	return value <= MM_TIME_MAX_S;
}

static int
check_question(const struct mm_command *command, const struct mm_question *question)
{
	int64_t time_s;

	if (question->service_name == NULL)
		return mm_command_usage_error(command, "name the service that is asked: -s SERVICE");
	if (question->at != NULL && !parse_time(question->at, &time_s))
		return mm_command_usage_error(command, "--at '%s' is no time in seconds since 1970", question->at);
	return mm_evidence_options_check(command, &question->evidence);
}

int
mm_question_parse(const struct mm_command *command, int argc, char **argv, struct mm_question *question)
{
	int option, status;

	*question = (struct mm_question){ .config_path = NULL };
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:s:", question_options, NULL)) != -1) {
		status = take_option(command, question, option, argv);
		if (status != MM_EXIT_DONE)
			return status;
	}
	if (argc - optind != 1)
		return mm_command_usage_error(command, "one token is needed, or '-' to read it from standard input");
	question->token_argument = argv[optind];
	if (question->config_path == NULL)
		question->config_path = MM_CONFIG_PATH_DEFAULT;
	return check_question(command, question);
}

/* ---- what it names ---- */

/*
 * No decision skips a step: what is not to be asked for is taken out of the settings, which here are nobody's but the
 * command's.
 */
static void
demand_less(struct mm_config *config, const struct mm_question *question)
{
	for (size_t i = 0; i < config->service_count; i++) {
		if (question->no_mark)
			config->services[i].mark = MM_PROOF_OFF;
		if (question->no_ledger)
			config->services[i].ledger = MM_PROOF_OFF;
	}
}

static int
load_trust(struct mm_answer *answer, const struct mm_question *question)
{
	struct mm_problems problems = { 0 };
	bool loaded;

	answer->config = mm_trustfile_read_config(question->config_path, &problems);
	if (answer->config != NULL)
		demand_less(answer->config, question);
	loaded = answer->config != NULL && mm_trustfile_load_trust(answer->config, &problems, &answer->trust);

	mm_problems_print(&problems, stderr, false);
	mm_problems_clear(&problems);
	if (loaded)
		return MM_EXIT_DONE;
	fputs("mintmark: the configuration cannot be used; nothing is decided by it\n", stderr);
	return MM_EXIT_USAGE;
}

static int
unknown_service(const struct mm_command *command, const struct mm_trust *trust, const char *name)
{
	struct mm_nearest nearest;

	mm_nearest_init(&nearest, mm_slice_str(name));
	for (size_t i = 0; i < trust->service_count; i++)
		mm_nearest_offer(&nearest, trust->services[i].name);
	if (!mm_slice_present(nearest.best))
		return mm_command_usage_error(command, "the configuration has no service '%.64s'", name);
	return mm_command_usage_error(command, "the configuration has no service '%.64s'; the nearest name is '%.*s'",
	    name, (int)nearest.best.len, nearest.best.ptr);
}

static int
system_error(const struct mm_command *command)
{
	fprintf(stderr, "mintmark %s: %s\n", command->name, strerror(errno));
	return MM_EXIT_USAGE;
}

int
mm_answer_prepare(const struct mm_command *command, const struct mm_question *question, struct mm_answer *answer)
{
	int status;

	*answer = (struct mm_answer){ .reason = MM_INTERNAL };
	status = mm_shown_evidence_make(command, &question->evidence, &answer->shown);
	if (status == MM_EXIT_DONE)
		status = load_trust(answer, question);
	if (status != MM_EXIT_DONE)
		return status;
	answer->request.service = mm_trust_find_service(answer->trust, mm_slice_str(question->service_name));
	if (answer->request.service == NULL)
		return unknown_service(command, answer->trust, question->service_name);
	answer->request.now_s = time(NULL);
	if (question->at != NULL && !parse_time(question->at, &answer->request.now_s))
		return MM_EXIT_USAGE;
	answer->request.mailbox = mm_slice_str(question->mailbox);
	answer->request.evidence = &answer->shown.evidence;
	answer->decision = mm_decision_new();
	if (answer->decision == NULL ||
	    !mm_token_argument_read(&answer->token, question->token_argument, MM_TOKEN_LEN_MAX))
		return system_error(command);
	answer->request.token = answer->token.text;
	return MM_EXIT_DONE;
}

int
mm_answer_decide(struct mm_answer *answer)
{
	answer->allowed = mm_allowed(mm_decide(answer->trust, &answer->request, answer->decision));
	answer->reason = mm_decision_reason(answer->decision);
	answer->facts = mm_decision_facts(answer->decision);
	return answer->allowed ? MM_EXIT_DONE : MM_EXIT_DENIED;
}

void
mm_answer_clear(struct mm_answer *answer)
{
	mm_token_argument_clear(&answer->token);
	mm_shown_evidence_clear(&answer->shown);
	mm_decision_free(&answer->decision);
	mm_trust_free(&answer->trust);
	mm_config_free(&answer->config);
}
