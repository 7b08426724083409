/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark key: see and change the keys of mints.
 */
#include "cli/answer.h"
#include "cli/control_option.h"
#include "cli/id_argument.h"
#include "cli/key_print.h"
#include "cli/since.h"
#include "cli/terminal.h"
#include "engine/config.h"
#include "engine/json_writer.h"
#include "lib/base/array.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define QUESTION_MAX 4096

/* The options of a key command; each verb takes some of them. */
enum {
	OPTION_SOCKET = 256,
	OPTION_JSON,
	OPTION_ALL,
	OPTION_NOW,
	OPTION_UNTIL,
	OPTION_WHY,
	OPTION_BY,
	OPTION_ROTATE,
};

#define BIT(option) (1U << ((option) - OPTION_SOCKET))

static const char short_options[] = ":c:";
static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "all", no_argument, NULL, OPTION_ALL },
	{ "now", no_argument, NULL, OPTION_NOW },
	{ "until", required_argument, NULL, OPTION_UNTIL },
	{ "why", required_argument, NULL, OPTION_WHY },
	{ "by", required_argument, NULL, OPTION_BY },
	{ "rotate", no_argument, NULL, OPTION_ROTATE },
	{ NULL, 0, NULL, 0 },
};

/* needs: how many of realm and kid must be named; may: how many can. */
struct verb {
	const char *word, *ask;
	int needs, may;
	unsigned options; /* beside those of every question */
	void (*print)(const struct mm_answer_object *answer, const struct mm_key_view *view);
};

static const struct verb verbs[] = {
	{ "list", "key-list", 0, 1, BIT(OPTION_ALL), mm_key_print_list },
	{ "show", "key-show", 2, 2, 0, mm_key_print_one },
	{ "history", "key-history", 0, 1, 0, mm_key_print_history },
	{ "rotate", "key-rotate", 1, 1, BIT(OPTION_NOW) | BIT(OPTION_WHY), mm_key_print_rotation },
	{ "hold", "key-hold", 1, 1, BIT(OPTION_UNTIL) | BIT(OPTION_WHY), mm_key_print_hold },
	{ "retire", "key-retire", 2, 2, BIT(OPTION_WHY), mm_key_print_change },
	{ "taint", "key-taint", 2, 2, BIT(OPTION_WHY), mm_key_print_change },
	{ "revoke", "key-revoke", 2, 2, BIT(OPTION_ROTATE) | BIT(OPTION_WHY), mm_key_print_change },
	{ "restore", "key-restore", 2, 2, BIT(OPTION_BY) | BIT(OPTION_WHY), mm_key_print_restoration },
};

struct key_command {
	const struct mm_command *command;
	const struct verb *verb;
	struct mm_control_target target;
	struct mm_key_view view;
	bool json, now;
	const char *until, *why, *by;
	const char *realm, *kid;
};

/* ---- the command line ---- */

static int
take_option(struct key_command *key, int option, char **argv)
{
	if (option >= OPTION_ALL && (key->verb->options & BIT(option)) == 0)
		return mm_command_usage_error(key->command, "'%s' takes no option '%.32s'", key->verb->word,
		    argv[optind - 1]);
	if (option == 'c')
		key->target.config_path = optarg;
	else if (option == OPTION_SOCKET)
		key->target.socket_path = optarg;
	else if (option == OPTION_JSON)
		key->json = true;
	else if (option == OPTION_ALL)
		key->view.all = true;
	else if (option == OPTION_NOW || option == OPTION_ROTATE)
		key->now = true;
	else if (option == OPTION_UNTIL)
		key->until = optarg;
	else if (option == OPTION_WHY)
		key->why = optarg;
	else if (option == OPTION_BY)
		key->by = optarg;
	else
		return mm_command_option_error(key->command, option, argv);
	return MM_EXIT_DONE;
}

static int
take_names(struct key_command *key, int argc, char **argv)
{
	int count = argc - optind, taken = key->kid != NULL;

	if (count + taken < key->verb->needs)
		return mm_command_usage_error(key->command, "which %s?", count == 0 ? "realm" : "key of the realm");
	if (count + taken > key->verb->may)
		return mm_command_usage_error(key->command, "'%s' is one argument too many",
		    argv[optind + key->verb->may - taken]);
	key->realm = count > 0 ? argv[optind] : NULL;
	if (count > 1)
		key->kid = argv[optind + 1];
	if ((key->verb->options & BIT(OPTION_BY)) != 0 && key->by == NULL)
		return mm_command_usage_error(key->command, "who approves? --by NAME");
	return MM_EXIT_DONE;
}

static int
parse(struct key_command *key, int argc, char **argv)
{
	int option, status = MM_EXIT_DONE;

	if (key->verb->may > 1)
		key->kid = mm_id_argument_take(&argc, argv, short_options, long_options);
	optind = 1;
	opterr = 0;
	while (status == MM_EXIT_DONE && (option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1)
		status = take_option(key, option, argv);
	return status == MM_EXIT_DONE ? take_names(key, argc, argv) : status;
}

static const struct verb *
find_verb(const char *word)
{
	for (size_t i = 0; i < MM_COUNT_OF(verbs); i++)
		if (strcmp(verbs[i].word, word) == 0)
			return &verbs[i];
	return NULL;
}

/* ---- asking ---- */

static int
write_until(const struct key_command *key, struct mm_json_writer *writer)
{
	int64_t until_us;

	if (key->until == NULL)
		return MM_EXIT_DONE;
	if (!mm_since_parse(key->until, (int64_t)time(NULL) * 1000000, &until_us))
		return mm_command_usage_error(key->command, "--until '%s' is no time: 2026-11-23T08:30:00Z, or now",
		    key->until);
	mm_json_add_int(writer, "until", until_us / 1000000);
	return MM_EXIT_DONE;
}

static int
write_question(const struct key_command *key, struct mm_buf *question)
{
	struct mm_json_writer writer;
	int status;

	mm_json_writer_init(&writer, question);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_str(&writer, "ask", key->verb->ask);
	mm_json_add_str(&writer, "realm", key->realm);
	mm_json_add_str(&writer, "kid", key->kid);
	mm_json_add_str(&writer, "by", key->by);
	mm_json_add_str(&writer, "why", key->why);
	if (key->now)
		mm_json_add_bool(&writer, "now", true);
	status = write_until(key, &writer);
	mm_json_end_object(&writer);
	return status;
}

static int
tell(const struct key_command *key, struct mm_slice line)
{
	struct mm_answer_object answer;

	if (key->json) {
		mm_control_print_json(line);
		return MM_EXIT_DONE;
	}
	if (!mm_answer_read(line, &answer)) {
		fprintf(stderr, "mintmark key: the answer cannot be read\n");
		return MM_EXIT_DENIED;
	}
	key->verb->print(&answer, &key->view);
	return MM_EXIT_DONE;
}

static int
ask(const struct key_command *key)
{
	struct mm_control control = { .stream = NULL };
	struct mm_slice line;
	struct mm_buf question;
	int status;

	mm_buf_init(&question, QUESTION_MAX);
	status = write_question(key, &question);
	if (status == MM_EXIT_DONE)
		status = mm_control_ask_once(&control, key->command, &key->target, &question, &line);
	if (status == MM_EXIT_DONE)
		status = tell(key, line);
	mm_control_close(&control);
	mm_buf_clear(&question);
	return status;
}

int
mm_command_key(const struct mm_command *command, int argc, char **argv)
{
	struct key_command key = { .command = command, .target = { .config_path = MM_CONFIG_PATH_DEFAULT } };
	int status;

	if (argc < 2)
		return mm_command_usage_error(command,
		    "say what: list, show, history, rotate, hold, retire, taint, revoke or restore");
	if (argv[1][0] == '-') /* an option before the word: said as such where it is none */
		key.verb = &verbs[0];
	else
		key.verb = find_verb(argv[1]);
	if (key.verb == NULL)
		return mm_command_usage_error(command,
		    "there is no '%.32s': list, show, history, rotate, hold, retire, taint, revoke or restore",
		    argv[1]);
	status = argv[1][0] == '-' ? parse(&key, argc, argv) : parse(&key, argc - 1, argv + 1);
	return status == MM_EXIT_DONE ? ask(&key) : status;
}
