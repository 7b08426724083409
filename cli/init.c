/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark init: make what the mints of a configuration need, and say what was there.
 */
#include "cli/command.h"
#include "cli/terminal.h"
#include "engine/json_writer.h"
#include "engine/mint_setup.h"
#include "engine/trustfile.h"

#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROOT_PATH_DEFAULT "mintmark-root.key"
#define ANSWER_MAX ((size_t)1024 * 1024)

struct init {
	const char *config_path, *root_path;
	bool renew, json;
	size_t made;
	struct mm_buf buf;
	struct mm_json_writer writer;
};

/* ---- telling ---- */

static void
tell_in_json(struct init *init, const char *what, const char *path, bool made, const char *detail)
{
	mm_json_begin_object(&init->writer, NULL);
	mm_json_add_str(&init->writer, "what", what);
	mm_json_add_str(&init->writer, "name", path);
	mm_json_add_bool(&init->writer, "made", made);
	mm_json_add_str(&init->writer, "detail", detail);
	mm_json_end_object(&init->writer);
}

static void
tell(void *ctx, const char *what, const char *path, bool made, const char *detail)
{
	struct init *init = ctx;

	init->made += made ? 1 : 0;
	if (init->json) {
		tell_in_json(init, what, path, made, detail);
		return;
	}
	printf("%s  %s ", made ? "made " : "there", what);
	mm_terminal_put_str(stdout, path);
	if (detail != NULL)
		printf(": %s", detail);
	fputc('\n', stdout);
}

static void
print_end(const struct init *init)
{
	if (init->made == 0)
		puts("Everything was there; nothing was changed.");
	else
		puts("A mintmarkd that runs takes it up when it is started anew.");
}

static void
begin_json(struct init *init)
{
	mm_buf_init(&init->buf, ANSWER_MAX);
	mm_json_writer_init(&init->writer, &init->buf);
	mm_json_begin_object(&init->writer, NULL);
	mm_json_begin_array(&init->writer, "things");
}

static void
end_json(struct init *init, bool done)
{
	mm_json_end_array(&init->writer);
	mm_json_add_bool(&init->writer, "done", done);
	mm_json_end_object(&init->writer);
	if (mm_buf_ok(&init->buf))
		printf("%.*s\n", (int)init->buf.len, init->buf.data);
	mm_buf_clear(&init->buf);
}

/* ---- doing ---- */

/* Whom the processes become; only root gives anything to him. */
static bool
find_user(const struct mm_config *config, struct mm_mint_setup *setup, struct mm_problems *problems)
{
	const struct passwd *entry;

	setup->give = geteuid() == 0;
	if (!setup->give)
		return true;
	entry = getpwnam(config->user);
	if (entry == NULL) {
		mm_problems_add(problems, MM_PROBLEM_ERROR, config->path, 0,
		    "run 'useradd --system --user-group --no-create-home --shell /usr/sbin/nologin NAME', or name "
		    "another 'user'",
		    "there is no user %s for the processes to run as", config->user);
		return false;
	}
	setup->uid = entry->pw_uid;
	setup->gid = entry->pw_gid;
	return true;
}

static bool
set_up(struct init *init, const struct mm_config *config, struct mm_problems *problems)
{
	struct mm_mint_setup setup = { .config = config, .root_path = init->root_path, .renew = init->renew,
		.now_s = time(NULL), .tell = tell, .ctx = init };

	return find_user(config, &setup, problems) && mm_mint_setup_run(&setup, problems);
}

static int
run(struct init *init)
{
	struct mm_problems problems = { .count = 0 };
	struct mm_config *config = mm_trustfile_read_config(init->config_path, &problems);
	bool done;

	if (init->json)
		begin_json(init);
	done = config != NULL && set_up(init, config, &problems);
	if (init->json)
		end_json(init, done);
	else if (done)
		print_end(init);
	mm_problems_print(&problems, stderr, false);
	mm_problems_clear(&problems);
	mm_config_free(&config);
	return done ? MM_EXIT_DONE : MM_EXIT_USAGE;
}

/* ---- the command ---- */

enum {
	OPTION_ROOT = 256,
	OPTION_RENEW,
	OPTION_JSON,
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "root", required_argument, NULL, OPTION_ROOT },
	{ "renew-certificate", no_argument, NULL, OPTION_RENEW },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ NULL, 0, NULL, 0 },
};

int
mm_command_init(const struct mm_command *command, int argc, char **argv)
{
	struct init init = { .config_path = MM_CONFIG_PATH_DEFAULT, .root_path = ROOT_PATH_DEFAULT };
	int option;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:", options, NULL)) != -1) {
		if (option == 'c')
			init.config_path = optarg;
		else if (option == OPTION_ROOT)
			init.root_path = optarg;
		else if (option == OPTION_RENEW)
			init.renew = true;
		else if (option == OPTION_JSON)
			init.json = true;
		else
			return mm_command_option_error(command, option, argv);
	}
	if (optind != argc)
		return mm_command_usage_error(command, "'%s' is one argument too many", argv[optind]);
	return run(&init);
}
