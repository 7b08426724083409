/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What 'mintmark hunt' is asked for.
 */
#include "cli/hunt_options.h"

#include "cli/since.h"
#include "engine/logs/address.h"
#include "engine/logs/moment.h"
#include "lib/base/array.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS_MAX 16

/* Options that bear on the answer, a word and a value each, but for --signins. */
#define ARGUMENTS_OTHER 8

enum {
	OPTION_SIGN_INS = 256,
	OPTION_SINCE,
	OPTION_UNTIL,
	OPTION_TENANT,
	OPTION_OUT,
	OPTION_JSON,
	OPTION_RESUME,
	OPTION_PIVOT,
	OPTION_THREADS,
};

static const struct option long_options[] = {
	{ "signins", required_argument, NULL, OPTION_SIGN_INS },
	{ "since", required_argument, NULL, OPTION_SINCE },
	{ "until", required_argument, NULL, OPTION_UNTIL },
	{ "tenant", required_argument, NULL, OPTION_TENANT },
	{ "out", required_argument, NULL, OPTION_OUT },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "resume", no_argument, NULL, OPTION_RESUME },
	{ "pivot", required_argument, NULL, OPTION_PIVOT },
	{ "threads", required_argument, NULL, OPTION_THREADS },
	{ NULL, 0, NULL, 0 },
};

/* What a thread of the story is named by. */
static const struct {
	const char *name;
	enum mm_subject_kind kind;
} pivots[] = {
	{ "app=", MM_SUBJECT_APPLICATION },
	{ "session=", MM_SUBJECT_SESSION },
	{ "token=", MM_SUBJECT_TOKEN },
	{ "ip=", MM_SUBJECT_ADDRESS },
	{ "mailbox=", MM_SUBJECT_MAILBOX },
};

static int
take_time(const struct mm_command *command, const char *name, int64_t *time_us)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (mm_since_parse(optarg, (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, time_us))
		return MM_EXIT_DONE;
	return mm_command_usage_error(command, "--%s '%.64s' is no time: " MM_SINCE_FORMS, name, optarg);
}

static int
take_threads(const struct mm_command *command, unsigned *threads)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(optarg, &end, 10);
	if (errno != 0 || optarg[0] < '0' || optarg[0] > '9' || *end != '\0' || number < 1 || number > THREADS_MAX)
		return mm_command_usage_error(command, "--threads '%.32s' is no number from 1 to %d", optarg,
		    THREADS_MAX);
	*threads = (unsigned)number;
	return MM_EXIT_DONE;
}

/* An address, or a network as reports name it: the /24 of IPv4 and the /48 of IPv6 that addresses count as part of. */
static bool
take_address(struct mm_hunt_pivot *pivot)
{
	const char *slash = strchr(pivot->text, '/');
	size_t len = slash == NULL ? strlen(pivot->text) : (size_t)(slash - pivot->text);
	char shown[MM_LOGS_ADDRESS_TEXT_MAX];
	struct mm_logs_address address;
	unsigned notes;

	if (!mm_logs_address_parse(mm_slice(pivot->text, len), &address, &notes))
		return false;
	pivot->address = address;
	if (slash == NULL)
		return true;
	pivot->kind = MM_SUBJECT_NETWORK;
	mm_logs_network_of(&address, &pivot->address);
	return strcmp(mm_logs_network_text(&pivot->address, shown), pivot->text) == 0;
}

static int
take_pivot(const struct mm_command *command, struct mm_hunt_pivot *pivot)
{
	if (pivot->given)
		return mm_command_usage_error(command, "one --pivot at a time");
	for (size_t i = 0; i < MM_COUNT_OF(pivots) && !pivot->given; i++) {
		size_t len = strlen(pivots[i].name);

		if (strncmp(optarg, pivots[i].name, len) != 0 || optarg[len] == '\0')
			continue;
		*pivot = (struct mm_hunt_pivot){ .given = true, .kind = pivots[i].kind, .text = optarg + len };
	}
	if (!pivot->given)
		return mm_command_usage_error(command,
		    "--pivot '%.64s' is none of app=ID, session=ID, token=ID, ip=ADDRESS and mailbox=ADDR", optarg);
	if (pivot->kind == MM_SUBJECT_ADDRESS && !take_address(pivot))
		return mm_command_usage_error(command,
		    "--pivot 'ip=%.64s' is no address, nor a network as reports name it: 192.0.2.0/24, 2001:db8:1::/48",
		    pivot->text);
	return MM_EXIT_DONE;
}

static int
take_option(const struct mm_command *command, int option, char **argv, struct mm_hunt_options *options)
{
	switch (option) {
	case OPTION_SIGN_INS:
		options->sign_ins[options->sign_ins_count++] = optarg;
		return MM_EXIT_DONE;
	case OPTION_SINCE:
		return take_time(command, "since", &options->since_us);
	case OPTION_UNTIL:
		return take_time(command, "until", &options->until_us);
	case OPTION_TENANT:
		options->tenant = optarg;
		return MM_EXIT_DONE;
	case OPTION_OUT:
		options->out = optarg;
		return MM_EXIT_DONE;
	case OPTION_JSON:
		options->json = true;
		return MM_EXIT_DONE;
	case OPTION_RESUME:
		options->resume = true;
		return MM_EXIT_DONE;
	case OPTION_PIVOT:
		return take_pivot(command, &options->pivot);
	case OPTION_THREADS:
		return take_threads(command, &options->threads);
	default:
		return mm_command_option_error(command, option, argv);
	}
}

/* What cannot be told of one option alone. */
static int
check(const struct mm_command *command, const struct mm_hunt_options *options)
{
	if (options->inputs_count + options->sign_ins_count == 0)
		return mm_command_usage_error(command, "which logs? files, or folders of them");
	if (options->since_us >= options->until_us)
		return mm_command_usage_error(command, "--since is not before --until");
	if (options->resume && options->out == NULL)
		return mm_command_usage_error(command, "--resume goes on with what --out DIR has: it needs --out too");
	if (options->tenant != NULL && options->tenant[0] == '\0')
		return mm_command_usage_error(command, "--tenant is empty");
	if (options->out != NULL && options->out[0] == '\0')
		return mm_command_usage_error(command, "--out is empty");
	return MM_EXIT_DONE;
}

int
mm_hunt_options_parse(const struct mm_command *command, int argc, char **argv, struct mm_hunt_options *options)
{
	int option, status = MM_EXIT_DONE;

	*options = (struct mm_hunt_options){ .since_us = INT64_MIN, .until_us = INT64_MAX };
	options->sign_ins = calloc((size_t)argc, sizeof(*options->sign_ins));
	if (options->sign_ins == NULL) {
		fprintf(stderr, "mintmark hunt: %s\n", strerror(errno));
		return MM_EXIT_USAGE;
	}
	opterr = 0;
	while (status == MM_EXIT_DONE && (option = getopt_long(argc, argv, ":", long_options, NULL)) != -1)
		status = take_option(command, option, argv, options);
	if (status != MM_EXIT_DONE)
		return status;
	options->inputs = (const char *const *)argv + optind;
	options->inputs_count = (size_t)(argc - optind);
	return check(command, options);
}

void
mm_hunt_options_clear(struct mm_hunt_options *options)
{
	free(options->sign_ins);
	options->sign_ins = NULL;
}

/* ---- for reports ---- */

/* An array that fills, and the room behind it for what it makes. */
struct arguments {
	const char **items;
	size_t count;
	char (*times)[MM_MOMENT_TEXT_MAX];
};

static void
add(struct arguments *arguments, const char *name, const char *value)
{
	if (value == NULL)
		return;
	arguments->items[arguments->count++] = name;
	arguments->items[arguments->count++] = value;
}

static void
add_time(struct arguments *arguments, const char *name, int64_t time_us)
{
	if (time_us == INT64_MIN || time_us == INT64_MAX)
		return;
	add(arguments, name, mm_moment_text(time_us, *arguments->times++));
}

static const char *
pivot_argument(const struct mm_hunt_pivot *pivot)
{
	/* The name stands before the text, in the same argument. */
	for (size_t i = 0; pivot->given && i < MM_COUNT_OF(pivots); i++)
		if (pivots[i].kind == pivot->kind ||
		    (pivots[i].kind == MM_SUBJECT_ADDRESS && pivot->kind == MM_SUBJECT_NETWORK))
			return pivot->text - strlen(pivots[i].name);
	return NULL;
}

const char **
mm_hunt_options_arguments(const struct mm_hunt_options *options)
{
	size_t room = options->inputs_count + 2 * options->sign_ins_count + ARGUMENTS_OTHER + 1;
	struct arguments arguments = { .items = calloc(1, room * sizeof(*arguments.items) + 2 * MM_MOMENT_TEXT_MAX) };

	if (arguments.items == NULL)
		return NULL;
	arguments.times = (char (*)[MM_MOMENT_TEXT_MAX])(void *)(arguments.items + room);
	for (size_t i = 0; i < options->inputs_count; i++)
		arguments.items[arguments.count++] = options->inputs[i];
	for (size_t i = 0; i < options->sign_ins_count; i++)
		add(&arguments, "--signins", options->sign_ins[i]);
	add_time(&arguments, "--since", options->since_us);
	add_time(&arguments, "--until", options->until_us);
	add(&arguments, "--tenant", options->tenant);
	add(&arguments, "--pivot", pivot_argument(&options->pivot));
	return arguments.items;
}
