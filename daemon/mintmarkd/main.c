/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmarkd: reads the configuration, has the trust compiled, opens what the gate needs, and keeps a gate.
 * mintmarkd(8) is its contract.
 */
#include "daemon/ipc/limits.h"
#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/compile.h"
#include "daemon/mintmarkd/epoch.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/loop.h"
#include "daemon/mintmarkd/mintmarkd.h"
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
#include <sys/resource.h>
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

/* From the command line to the end. */
struct start {
	struct options options;
	struct mm_problems problems;
	struct mm_mintmarkd mintmarkd;
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
read_config(struct start *start)
{
	struct mm_mintmarkd *mintmarkd = &start->mintmarkd;

	mintmarkd->reading = mintmarkd->first = mm_reading_new(start->options.config_path, &start->problems);
	return mintmarkd->reading != NULL;
}

/* The user whom children become; only root can. Before the sandbox: looking users up may take any library. */
static bool
find_user(struct start *start)
{
	const struct mm_config *config = start->mintmarkd.reading->config;
	const char *name = config->user;
	struct mm_user *user = &start->mintmarkd.user;
	const struct passwd *entry;

	*user = (struct mm_user){ .change = geteuid() == 0 };
	if (!user->change)
		return true;
	errno = 0;
	entry = getpwnam(name);
	if (entry == NULL) {
		mm_problems_add(&start->problems, MM_PROBLEM_ERROR, config->path, 0,
		    "run 'useradd --system --user-group --no-create-home --shell /usr/sbin/nologin NAME', or name "
		    "another 'user'",
		    "there is no user %s for the processes to run as%s%s", name, errno == 0 ? "" : ": ",
		    errno == 0 ? "" : strerror(errno));
		return false;
	}
	if (entry->pw_uid == 0 || entry->pw_gid == 0) {
		mm_problems_add(&start->problems, MM_PROBLEM_ERROR, config->path, 0, "name a user of its own",
		    "'user' %s is root, or of root's group", name);
		return false;
	}
	user->uid = entry->pw_uid;
	user->gid = entry->pw_gid;
	return true;
}

/* Print every problem; true where nothing may start. The list is empty then. */
static bool
tell_problems(struct start *start)
{
	bool error = mm_problems_has_error(&start->problems);

	mm_problems_sort(&start->problems);
	mm_problems_print(&start->problems, stderr, start->options.check);
	mm_problems_clear(&start->problems);
	return error;
}

/* The compiler reads the configuration again, so that what was only remarked so far would stand there twice. */
static void
forget_remarks(struct start *start)
{
	if (!mm_problems_has_error(&start->problems))
		mm_problems_clear(&start->problems);
}

static bool
compile(struct start *start)
{
	struct mm_mintmarkd *mintmarkd = &start->mintmarkd;
	const struct mm_compiler_input input = {
		.config = mintmarkd->reading->config,
		.text = mm_slice(mintmarkd->reading->text, mintmarkd->reading->text_len),
		.sources = &mintmarkd->sources,
		.mints = &mintmarkd->mints,
		.lists = &mintmarkd->trust.lists, /* none yet: the ledger is not started */
		.libexec = mintmarkd->libexec,
		.user = &mintmarkd->user,
		.epoch = mintmarkd->trust.epoch,
	};

	mintmarkd->trust.snapshot_fd = mm_compile_now(&input, &start->problems);
	mintmarkd->trust.compiled_s = mm_clock_wall_s();
	return mintmarkd->trust.snapshot_fd != -1;
}

/* Everything that a good configuration has, all of it tried, so that all problems are told at once. */
static bool
understand(struct start *start)
{
	struct mm_mintmarkd *mintmarkd = &start->mintmarkd;
	bool good;

	forget_remarks(start);
	good = mm_reading_complete(mintmarkd->reading, &start->problems);
	return mm_sources_open(mintmarkd->reading->config, NULL, mintmarkd->state.keys_dir_fd, &mintmarkd->sources) &&
	    compile(start) && good;
}

/* ---- running ---- */

static enum exit_status
check(struct start *start)
{
	const struct mm_config *config = start->mintmarkd.reading->config;
	bool good = understand(start);

	if (tell_problems(start) || !good)
		return EXIT_CONFIGURATION;
	printf("%s: %zu realms, %zu tenants, %zu services: good\n", config->path, config->realm_count,
	    config->tenant_count, config->service_count);
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
set_up_gate(struct mm_mintmarkd *mintmarkd)
{
	const struct mm_config *config = mintmarkd->first->config;

	mintmarkd->gate.segments = (struct mm_segments){
		.dir_fd = mintmarkd->state.journal_dir_fd,
		.state_dir = config->state_dir,
		.user = &mintmarkd->user,
		.segment_bytes = whole_segment_bytes(config),
		.keep = (uint64_t)config->journal_keep_segments,
	};
}

static bool
open_sockets(struct mm_mintmarkd *mintmarkd)
{
	const struct mm_config *config = mintmarkd->first->config;

	return mm_listeners_open(config->listens, config->listen_count, &mintmarkd->user, &mintmarkd->listeners) &&
	    mm_desk_open(mintmarkd) &&
	    mm_followers_open(&mintmarkd->followers, config->trust_socket_path, &mintmarkd->user);
}

static bool
keep_processes(struct mm_mintmarkd *mintmarkd)
{
	int signal_fd = mm_loop_open_signals();
	bool served;

	if (signal_fd == -1 || !open_sockets(mintmarkd))
		return false;
	set_up_gate(mintmarkd);
	served = mm_loop_run(mintmarkd, signal_fd);
	close(signal_fd);
	return served;
}

/* The order matters: no snapshot is used whose epoch could be given away again, and nothing is open before it is. */
static enum exit_status
serve(struct start *start)
{
	struct mm_mintmarkd *mintmarkd = &start->mintmarkd;
	const char *state_dir = mintmarkd->first->config->state_dir;
	bool good;

	if (!mm_state_open(state_dir, &mintmarkd->user, &mintmarkd->state) ||
	    !mm_epoch_next(mintmarkd->state.dir_fd, &mintmarkd->trust.epoch))
		return EXIT_NOT_DONE;
	good = understand(start);
	mm_problems_sort(&start->problems);
	mm_problems_print(&start->problems, stderr, false);
	if (mm_problems_has_error(&start->problems))
		return EXIT_CONFIGURATION;
	mintmarkd->trust.problems = start->problems;
	start->problems = (struct mm_problems){ .count = 0 };
	if (!good || !mm_epoch_keep(mintmarkd->state.dir_fd, mintmarkd->trust.epoch))
		return EXIT_NOT_DONE;
	return keep_processes(mintmarkd) ? EXIT_DONE : EXIT_NOT_DONE;
}

static enum exit_status
run(struct start *start)
{
	const struct mm_user *user = &start->mintmarkd.user;

	mm_sandbox_prepare();
	if (!read_config(start) || !find_user(start)) {
		tell_problems(start);
		return EXIT_CONFIGURATION;
	}
	if (!mm_sandbox_enter(MM_PROCESS_MINTMARKD, user->uid, user->gid))
		return EXIT_NOT_DONE;
	return start->options.check ? check(start) : serve(start);
}

static void
init(struct mm_mintmarkd *mintmarkd, const struct options *options)
{
	*mintmarkd = (struct mm_mintmarkd){
		.config_path = options->config_path,
		.libexec = options->libexec,
		.started_s = mm_clock_wall_s(),
		.state = MM_STATE_NONE,
		.trust = { .snapshot_fd = -1 },
		.followers = { .listener = { .fd = -1 } },
	};
	mm_gate_init(&mintmarkd->gate, mintmarkd);
	mm_courier_init(&mintmarkd->courier, mintmarkd);
	mm_desk_init(&mintmarkd->desk, mintmarkd);
	mm_mints_init(&mintmarkd->mints, mintmarkd);
	mm_renewal_init(&mintmarkd->renewal);
}

static void
let_go(struct mm_mintmarkd *mintmarkd)
{
	mm_gate_clear(&mintmarkd->gate);
	mm_courier_clear(&mintmarkd->courier);
	mm_desk_clear(&mintmarkd->desk);
	mm_mints_clear(&mintmarkd->mints);
	mm_renewal_clear(&mintmarkd->renewal);
	mm_followers_close(&mintmarkd->followers);
	mm_listeners_close(&mintmarkd->listeners);
	mm_sources_close(&mintmarkd->sources);
	mm_trust_in_use_clear(&mintmarkd->trust);
	if (mintmarkd->reading != mintmarkd->first)
		mm_reading_free(&mintmarkd->reading);
	mm_reading_free(&mintmarkd->first);
	mm_state_close(&mintmarkd->state);
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

/*
 * The usual soft limit of 1,024 is for programs that use select(2). While a configuration is read anew, each document
 * of keys is here up to four times: in use, in the new reading, and in what waits for the compiler and the courier.
 * Children inherit it, and set their own.
 */
static bool
raise_descriptor_limit(void)
{
	const rlim_t wanted = (rlim_t)8 * MM_DOCUMENTS_MAX;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return false;
	if (limit.rlim_cur >= wanted)
		return true;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

int
main(int argc, char **argv)
{
	static struct start start;
	enum exit_status status;

	if (!open_standard_descriptors() || !ignore_file_size_signal() || !raise_descriptor_limit())
		return EXIT_NOT_DONE;
	mm_log_init();
	parse_options(argc, argv, &start.options);
	init(&start.mintmarkd, &start.options);
	status = run(&start);
	let_go(&start.mintmarkd);
	mm_problems_clear(&start.problems);
	return (int)status;
}
