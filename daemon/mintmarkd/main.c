/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmarkd: reads the configuration, has the trust compiled, opens what the gate needs, and keeps a gate.
 * mintmarkd(8) is its contract.
 */
#include "daemon/mintmarkd/callers.h"
#include "daemon/mintmarkd/compile.h"
#include "daemon/mintmarkd/epoch.h"
#include "daemon/mintmarkd/handover.h"
#include "daemon/mintmarkd/keeper.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/loop.h"
#include "daemon/mintmarkd/state.h"
#include "daemon/sandbox/sandbox.h"
#include "engine/config.h"
#include "engine/file.h"

#include <mintmark/version.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum exit_status {
	EXIT_DONE = 0,
	EXIT_NOT_DONE = 1,
	EXIT_CONFIGURATION = 2, /* or usage */
};

struct options {
	const char *config_path;
	const char *libexec;
	bool check;
};

/* All that a running mintmarkd holds. */
struct holdings {
	struct options options;
	char *text;
	size_t text_len;
	struct mm_config *config;
	struct mm_problems problems;
	struct mm_user user;
	struct mm_state state;
	struct mm_callers callers;
	struct mm_listeners listeners;
	struct mm_keeper keeper;
	uint64_t epoch;
	int snapshot_fd, signal_fd;
};

/* ---- options ---- */

static const char usage[] =
    "usage: mintmarkd [-c FILE] [-n] [--libexec DIR]\n"
    "\n"
    "  -c, --config FILE  the configuration (" MM_CONFIG_PATH_DEFAULT ")\n"
    "  -n, --check        read and compile it, print every problem and remark, start nothing\n"
    "      --libexec DIR  where the programs of the other processes are (" MM_LIBEXEC_DIR ")\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n"
    "\n"
    "It stays in the foreground; mintmarkd(8) says more.\n";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, 'n' },
	{ "libexec", required_argument, NULL, 'l' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static _Noreturn void
refuse_usage(void)
{
	fputs(usage, stderr);
	exit(EXIT_CONFIGURATION);
}

/* Print to standard output and end. */
static _Noreturn void
answer(const char *text)
{
	exit(fputs(text, stdout) < 0 || fflush(stdout) != 0 ? EXIT_NOT_DONE : EXIT_DONE);
}

static void
parse_options(int argc, char **argv, struct options *options)
{
	int option;

	*options = (struct options){ .config_path = MM_CONFIG_PATH_DEFAULT, .libexec = MM_LIBEXEC_DIR };
	while ((option = getopt_long(argc, argv, "c:nhV", long_options, NULL)) != -1) {
		if (option == 'c')
			options->config_path = optarg;
		else if (option == 'n')
			options->check = true;
		else if (option == 'l')
			options->libexec = optarg;
		else if (option == 'h')
			answer(usage);
		else if (option == 'V')
			answer("mintmarkd " MM_VERSION_TEXT "\n");
		else
			refuse_usage();
	}
	if (optind != argc)
		refuse_usage();
}

/* ---- the configuration ---- */

static bool
read_config(struct holdings *held)
{
	const char *path = held->options.config_path;

	held->text = mm_file_read(AT_FDCWD, path, MM_CONFIG_LEN_MAX, &held->text_len);
	if (held->text == NULL) {
		mm_problems_add(&held->problems, MM_PROBLEM_ERROR, path, 0, NULL, "cannot be read: %s",
		    mm_file_failure_text(errno));
		return false;
	}
	held->config = mm_config_parse(mm_slice(held->text, held->text_len), path, &held->problems);
	return held->config != NULL;
}

/* The user whom children become; only root can. Before the sandbox: looking users up may take any library. */
static bool
find_user(struct holdings *held)
{
	const char *name = held->config->user;
	const struct passwd *entry;

	held->user = (struct mm_user){ .change = geteuid() == 0 };
	if (!held->user.change)
		return true;
	errno = 0;
	entry = getpwnam(name);
	if (entry == NULL) {
		mm_problems_add(&held->problems, MM_PROBLEM_ERROR, held->config->path, 0,
		    "run 'useradd --system --user-group --no-create-home --shell /usr/sbin/nologin NAME', or name "
		    "another 'user'",
		    "there is no user %s for the processes to run as%s%s", name, errno == 0 ? "" : ": ",
		    errno == 0 ? "" : strerror(errno));
		return false;
	}
	if (entry->pw_uid == 0 || entry->pw_gid == 0) {
		mm_problems_add(&held->problems, MM_PROBLEM_ERROR, held->config->path, 0, "name a user of its own",
		    "'user' %s is root, or of root's group", name);
		return false;
	}
	held->user.uid = entry->pw_uid;
	held->user.gid = entry->pw_gid;
	return true;
}

/* Print every problem; true where nothing may start. The list is empty then. */
static bool
tell_problems(struct holdings *held)
{
	bool error = mm_problems_has_error(&held->problems);

	mm_problems_sort(&held->problems);
	mm_problems_print(&held->problems, stderr, held->options.check);
	mm_problems_clear(&held->problems);
	return error;
}

/* The compiler reads the configuration again, so that what was only remarked so far would stand there twice. */
static void
forget_remarks(struct holdings *held)
{
	if (!mm_problems_has_error(&held->problems))
		mm_problems_clear(&held->problems);
}

static bool
compile(struct holdings *held)
{
	const struct mm_compiler_input input = {
		.config = held->config,
		.text = mm_slice(held->text, held->text_len),
		.libexec = held->options.libexec,
		.user = &held->user,
		.epoch = held->epoch,
	};

	held->snapshot_fd = mm_compile(&input, &held->problems);
	return held->snapshot_fd != -1;
}

/* Everything that a good configuration has, all of it tried, so that all problems are told at once. */
static bool
understand(struct holdings *held)
{
	bool good;

	forget_remarks(held);
	good = mm_callers_read(held->config, &held->callers, &held->problems);
	good = mm_handover_check_tls(held->config, &held->problems) && good;
	return compile(held) && good;
}

/* ---- running ---- */

static enum exit_status
check(struct holdings *held)
{
	bool good = understand(held);

	if (tell_problems(held) || !good)
		return EXIT_CONFIGURATION;
	printf("%s: %zu realms, %zu tenants, %zu services: good\n", held->config->path, held->config->realm_count,
	    held->config->tenant_count, held->config->service_count);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_NOT_DONE;
}

/* The journal wants whole units; whole pages are whole units. */
#define SEGMENT_UNIT 4096

static int64_t
whole_segment_bytes(const struct mm_config *config)
{
	return (config->journal_segment_bytes + SEGMENT_UNIT - 1) / SEGMENT_UNIT * SEGMENT_UNIT;
}

static void
set_up_keeper(struct holdings *held)
{
	held->keeper = (struct mm_keeper){
		.config = held->config,
		.listeners = &held->listeners,
		.callers = &held->callers,
		.user = &held->user,
		.libexec = held->options.libexec,
		.snapshot_fd = held->snapshot_fd,
		.epoch = held->epoch,
		.segments = {
			.dir_fd = held->state.journal_dir_fd,
			.state_dir = held->config->state_dir,
			.segment_bytes = whole_segment_bytes(held->config),
			.keep = (uint64_t)held->config->journal_keep_segments,
		},
		.child = { .pid = 0, .socket = -1 },
	};
}

/* The order matters: no snapshot is used whose epoch could be given away again, and nothing is open before it is. */
static enum exit_status
serve(struct holdings *held)
{
	bool good, served;

	if (!mm_state_open(held->config->state_dir, &held->state) || !mm_epoch_next(held->state.dir_fd, &held->epoch))
		return EXIT_NOT_DONE;
	good = understand(held);
	if (tell_problems(held))
		return EXIT_CONFIGURATION;
	if (!good || !mm_epoch_keep(held->state.dir_fd, held->epoch))
		return EXIT_NOT_DONE;
	held->signal_fd = mm_loop_open_signals();
	if (held->signal_fd == -1 || !mm_listeners_open(held->config, &held->user, &held->listeners))
		return EXIT_NOT_DONE;
	set_up_keeper(held);
	served = mm_loop_run(&held->keeper, held->signal_fd);
	mm_listeners_close(&held->listeners);
	return served ? EXIT_DONE : EXIT_NOT_DONE;
}

static enum exit_status
run(struct holdings *held)
{
	mm_sandbox_prepare();
	if (!read_config(held) || !find_user(held)) {
		tell_problems(held);
		return EXIT_CONFIGURATION;
	}
	if (!mm_sandbox_enter(MM_PROCESS_MINTMARKD, held->user.uid, held->user.gid))
		return EXIT_NOT_DONE;
	return held->options.check ? check(held) : serve(held);
}

static void
let_go(struct holdings *held)
{
	if (held->snapshot_fd >= 0)
		close(held->snapshot_fd);
	if (held->signal_fd >= 0)
		close(held->signal_fd);
	mm_state_close(&held->state);
	mm_callers_clear(&held->callers);
	mm_problems_clear(&held->problems);
	mm_config_free(&held->config);
	free(held->text);
}

/* Where 0, 1 or 2 is closed, a file of ours would get that number, and be written to as if it were the log. */
static bool
open_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd != -1 && fd <= STDERR_FILENO);
	return fd != -1 && close(fd) == 0;
}

/*
 * Who started us may have limited the size of files. setrlimit(2): "Attempts to extend a file beyond this limit result
 * in delivery of a SIGXFSZ signal", which ends the process without a word; where it is ignored, the call fails with
 * EFBIG, which is told. Children inherit that.
 */
static bool
ignore_file_size_signal(void)
{
	return signal(SIGXFSZ, SIG_IGN) != SIG_ERR;
}

int
main(int argc, char **argv)
{
	static struct holdings held = {
		.state = { -1, -1, -1 },
		.snapshot_fd = -1,
		.signal_fd = -1,
	};
	enum exit_status status;

	if (!open_standard_descriptors() || !ignore_file_size_signal())
		return EXIT_NOT_DONE;
	mm_log_init();
	parse_options(argc, argv, &held.options);
	status = run(&held);
	let_go(&held);
	return (int)status;
}
