/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of what only asks a running mintmarkd.
 */
#include "cli/control_option.h"

#include "engine/config.h"

#include <getopt.h>

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

int
mm_control_options_parse(const struct mm_command *command, int argc, char **argv, const char *argument_name,
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

void
mm_control_print_json(struct mm_slice line)
{
	fwrite(line.ptr, 1, line.len, stdout);
	fputc('\n', stdout);
}
