/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that only ask a running mintmarkd one question.
 */
#include "cli/control_option.h"

#include "engine/config.h"
#include "engine/json_writer.h"

#include <getopt.h>

/* Twice the longest question, so that what is too long is refused where it is understood. */
#define QUESTION_MAX 8192

enum { OPTION_SOCKET = 256, OPTION_JSON };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ NULL, 0, NULL, 0 },
};

static int
take_argument(const struct mm_command *command, int argc, char **argv, const char *argument_name,
    struct mm_control_options *options)
{
	if (argument_name != NULL && optind == argc)
		return mm_command_usage_error(command, "which %s?", argument_name);
	if (argument_name != NULL)
		options->argument = argv[optind++];
	if (optind != argc)
		return mm_command_usage_error(command, "'%s' is one argument too many", argv[optind]);
	return MM_EXIT_DONE;
}

static int
parse(const struct mm_command *command, int argc, char **argv, const char *argument_name,
    struct mm_control_options *options)
{
	int option;

	*options = (struct mm_control_options){ .target = { .config_path = MM_CONFIG_PATH_DEFAULT } };
	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->target.config_path = optarg;
			break;
		case OPTION_SOCKET:
			options->target.socket_path = optarg;
			break;
		case OPTION_JSON:
			options->json = true;
			break;
		default:
			return mm_command_option_error(command, option, argv);
		}
	}
	return take_argument(command, argc, argv, argument_name, options);
}

static void
write_question(struct mm_buf *question, const char *ask, const char *argument_name, const char *argument)
{
	struct mm_json_writer writer;

	mm_json_writer_init(&writer, question);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_str(&writer, "ask", ask);
	if (argument_name != NULL)
		mm_json_add_str(&writer, argument_name, argument);
	mm_json_end_object(&writer);
}

int
mm_control_run(const struct mm_command *command, int argc, char **argv, const char *argument_name,
    mm_control_tell *tell)
{
	struct mm_control_options options;
	struct mm_control control;
	struct mm_slice line;
	struct mm_buf question;
	int status = parse(command, argc, argv, argument_name, &options);

	if (status != MM_EXIT_DONE)
		return status;
	mm_buf_init(&question, QUESTION_MAX);
	write_question(&question, command->name, argument_name, options.argument);
	status = mm_control_ask_once(&control, command, &options.target, &question, &line);
	if (status == MM_EXIT_DONE)
		status = tell(command, &options, line);
	mm_control_close(&control);
	mm_buf_clear(&question);
	return status;
}

void
mm_control_print_json(struct mm_slice line)
{
	fwrite(line.ptr, 1, line.len, stdout);
	fputc('\n', stdout);
}
