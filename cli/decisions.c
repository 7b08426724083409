/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark decisions: what the gate decided, from its journal; as it decides, with --follow.
 */
#include "cli/command.h"
#include "cli/decision_table.h"
#include "cli/question.h"
#include "cli/since.h"
#include "cli/terminal.h"
#include "engine/config.h"
#include "engine/journal_filter.h"
#include "engine/journal_json.h"
#include "engine/trustfile.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

/* Lines that --follow begins with, as journalctl does. */
#define FOLLOW_LINES 10

/* Lines that -n may ask for: their places are held in memory. */
#define LAST_MAX 1000000

/* Without inotify the journal is looked at this often; with it this often too, should an event get lost. */
#define POLL_MS 250
#define POLL_WITH_INOTIFY_MS 5000

/* A segment begins a little after the records that were held back in memory for it; --since must not miss those. */
#define SEGMENT_SLACK_US INT64_C(60000000)

/* What was asked, and how far it is. */
struct decisions {
	const struct mm_command *command;
	const char *config_path, *dir;
	struct mm_journal_filter filter;
	bool json, follow, by_last;
	size_t last;
	int64_t now_us;

	struct mm_journal_reader *reader;
	struct mm_decision_table table;
	struct mm_journal_place told; /* damage up to here was told */
	bool damaged;
};

/* ---- the command line ---- */

static int64_t
now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int
take_time(struct decisions *decisions, const char *name, const char *text, int64_t *time_us)
{
	if (mm_since_parse(text, decisions->now_us, time_us))
		return MM_EXIT_DONE;
	return mm_command_usage_error(decisions->command, "'%s' is no time for --%s: write %s", text, name,
	    MM_SINCE_FORMS);
}

static int
take_verdict(struct decisions *decisions, const char *text)
{
	decisions->filter.by_verdict = true;
	decisions->filter.allowed = strcmp(text, "allow") == 0;
	if (decisions->filter.allowed || strcmp(text, "deny") == 0)
		return MM_EXIT_DONE;
	return mm_command_usage_error(decisions->command, "'%s' is no verdict: write allow or deny", text);
}

static int
take_reason(struct decisions *decisions, const char *text)
{
	decisions->filter.by_reason = true;
	if (mm_reason_find(text, strlen(text), &decisions->filter.reason))
		return MM_EXIT_DONE;
	return mm_command_usage_error(decisions->command, "'%s' is no reason, such as KEY_REALM_MISMATCH", text);
}

static int
take_last(struct decisions *decisions, const char *text)
{
	char *end;

	errno = 0;
	decisions->last = strtoul(text, &end, 10);
	decisions->by_last = true;
	if (errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && decisions->last <= LAST_MAX)
		return MM_EXIT_DONE;
	return mm_command_usage_error(decisions->command, "'%s' is no number of lines from 0 to %d", text, LAST_MAX);
}

enum {
	OPTION_DIR = 256, OPTION_VERDICT, OPTION_REASON, OPTION_KID, OPTION_TENANT, OPTION_SINCE,
	OPTION_UNTIL, OPTION_JSON,
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "dir", required_argument, NULL, OPTION_DIR },
	{ "service", required_argument, NULL, 's' },
	{ "verdict", required_argument, NULL, OPTION_VERDICT },
	{ "reason", required_argument, NULL, OPTION_REASON },
	{ "kid", required_argument, NULL, OPTION_KID },
	{ "tenant", required_argument, NULL, OPTION_TENANT },
	{ "since", required_argument, NULL, OPTION_SINCE },
	{ "until", required_argument, NULL, OPTION_UNTIL },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "follow", no_argument, NULL, 'f' },
	{ "lines", required_argument, NULL, 'n' },
	{ NULL, 0, NULL, 0 },
};

static int
take_option(struct decisions *decisions, int option, char **argv)
{
	struct mm_journal_filter *filter = &decisions->filter;

	switch (option) {
	case 'c':
		decisions->config_path = optarg;
		return MM_EXIT_DONE;
	case OPTION_DIR:
		decisions->dir = optarg;
		return MM_EXIT_DONE;
	case 's':
		filter->service = optarg;
		return MM_EXIT_DONE;
	case OPTION_VERDICT:
		return take_verdict(decisions, optarg);
	case OPTION_REASON:
		return take_reason(decisions, optarg);
	case OPTION_KID:
		filter->kid = optarg;
		return MM_EXIT_DONE;
	case OPTION_TENANT:
		filter->tenant = optarg;
		return MM_EXIT_DONE;
	case OPTION_SINCE:
		return take_time(decisions, "since", optarg, &filter->since_us);
	case OPTION_UNTIL:
		return take_time(decisions, "until", optarg, &filter->until_us);
	case OPTION_JSON:
		decisions->json = true;
		return MM_EXIT_DONE;
	case 'f':
		decisions->follow = true;
		return MM_EXIT_DONE;
	case 'n':
		return take_last(decisions, optarg);
	default:
		return mm_command_option_error(decisions->command, option, argv);
	}
}

static int
parse(struct decisions *decisions, int argc, char **argv)
{
	int option, status;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:s:fn:", options, NULL)) != -1) {
		status = take_option(decisions, option, argv);
		if (status != MM_EXIT_DONE)
			return status;
	}
	if (optind != argc)
		return mm_command_usage_error(decisions->command, "'%s' is one argument too many", argv[optind]);
	if (decisions->filter.since_us > decisions->filter.until_us)
		return mm_command_usage_error(decisions->command, "--since is later than --until");
	if (decisions->follow && !decisions->by_last && decisions->filter.since_us == INT64_MIN) {
		decisions->by_last = true;
		decisions->last = FOLLOW_LINES;
	}
	return MM_EXIT_DONE;
}

/* ---- the journal's folder ---- */

/* Say what is wrong with a file or folder. */
static void
complain(const char *path, const char *text)
{
	fputs("mintmark decisions: ", stderr);
	mm_terminal_put_str(stderr, path);
	fprintf(stderr, ": %s\n", text);
}

/* The configuration that a path names; NULL, and told, where it cannot be had. */
static struct mm_config *
load_config(const char *path)
{
	struct mm_problems problems = { 0 };
	struct mm_config *config = mm_trustfile_read_config(path, &problems);

	if (config == NULL)
		mm_problems_print(&problems, stderr, false);
	mm_problems_clear(&problems);
	return config;
}

static int
open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		complain(path, strerror(errno));
	return fd;
}

/* Open the folder that was named, or the configuration's. Returns MM_EXIT_DONE with *dir_fd, or what to exit with. */
static int
find_folder(const struct decisions *decisions, int *dir_fd)
{
	struct mm_config *config;
	char *path = NULL;

	if (decisions->dir != NULL) {
		*dir_fd = open_folder(decisions->dir);
		return *dir_fd < 0 ? MM_EXIT_DENIED : MM_EXIT_DONE;
	}
	config = load_config(decisions->config_path);
	if (config == NULL)
		return MM_EXIT_USAGE;
	*dir_fd = -1;
	if (asprintf(&path, "%s/%s", config->state_dir, MM_JOURNAL_FOLDER) >= 0)
		*dir_fd = open_folder(path);
	free(path);
	mm_config_free(&config);
	return *dir_fd < 0 ? MM_EXIT_DENIED : MM_EXIT_DONE;
}

/* ---- reading ---- */

static bool
is_behind(const struct mm_journal_place *a, const struct mm_journal_place *b)
{
	return a->segment > b->segment || (a->segment == b->segment && a->offset > b->offset);
}

static void
tell_damage(struct decisions *decisions, const struct mm_journal_place *where)
{
	decisions->damaged = true;
	if (!is_behind(where, &decisions->told))
		return;
	decisions->told = *where;
	fprintf(stderr, "mintmark decisions: " MM_JOURNAL_FILE ": the journal is damaged, or %s, in segment %" PRIu64
	    " at offset %" PRIu64 "; reading goes on behind it\n", MM_JOURNAL_GATE, where->segment,
	    where->offset == 0 ? "this is no segment of it" : "something is missing", where->segment, where->offset);
}

/* Give every record that is there now and passes the filter to visit. Returns false, and told, where reading fails. */
static bool
read_all(struct decisions *decisions, bool (*visit)(struct decisions *decisions, void *ctx,
    const struct mm_journal_record *record, const struct mm_journal_place *where), void *ctx)
{
	struct mm_journal_record record;
	struct mm_journal_place where;

	for (;;) {
		switch (mm_journal_read(decisions->reader, &record, &where)) {
		case MM_READ_RECORD:
			if (!visit(decisions, ctx, &record, &where))
				return false;
			break;
		case MM_READ_DAMAGED:
			tell_damage(decisions, &where);
			break;
		case MM_READ_END:
			return true;
		case MM_READ_FAILED:
			fprintf(stderr, "mintmark decisions: the journal cannot be read: %s\n", strerror(errno));
			return false;
		}
	}
}

static bool
put_json(const struct mm_journal_record *record, const struct mm_journal_place *where)
{
	struct mm_buf line;
	bool whole;

	mm_buf_init(&line, MM_JOURNAL_JSON_MAX);
	mm_journal_json_add(&line, record, where);
	whole = mm_buf_ok(&line);
	if (whole)
		fwrite(line.data, 1, line.len, stdout);
	else
		fputs("mintmark decisions: memory is short\n", stderr);
	mm_buf_clear(&line);
	return whole && ferror(stdout) == 0;
}

static bool
print_record(struct decisions *decisions, void *ctx, const struct mm_journal_record *record,
    const struct mm_journal_place *where)
{
	(void)ctx;
	if (!mm_journal_filter_passes(&decisions->filter, record))
		return true;
	if (decisions->json)
		return put_json(record, where);
	mm_decision_table_put(&decisions->table, record);
	return ferror(stdout) == 0;
}

/* ---- the last lines ---- */

/* The places before each of the last records that pass, round and round. */
struct last {
	struct mm_journal_place *places;
	size_t size, count; /* count: of all that passed */
	struct mm_journal_place previous;
};

static bool
note_place(struct decisions *decisions, void *ctx, const struct mm_journal_record *record,
    const struct mm_journal_place *where)
{
	struct last *last = ctx;

	if (mm_journal_filter_passes(&decisions->filter, record))
		last->places[last->count++ % last->size] = last->previous;
	last->previous = *where;
	return true;
}

/* A reader from the beginning, or from where --since can begin at the earliest. */
static bool
open_reader(struct decisions *decisions, int dir_fd)
{
	decisions->reader = mm_journal_reader_open(dir_fd, MM_JOURNAL_GATE);
	if (decisions->reader != NULL && (decisions->filter.since_us == INT64_MIN ||
	    mm_journal_reader_since(decisions->reader, decisions->filter.since_us - SEGMENT_SLACK_US) == 0))
		return true;
	fprintf(stderr, "mintmark decisions: the journal cannot be read: %s\n", strerror(errno));
	return false;
}

/* Stand before the first of the last records that pass. */
static bool
stand_before_last(struct decisions *decisions, int dir_fd)
{
	struct last last = { .size = decisions->last };
	struct mm_journal_place from;
	bool done;

	if (last.size == 0)
		last.size = 1;
	last.places = calloc(last.size, sizeof(last.places[0]));
	if (last.places == NULL)
		return false;
	done = read_all(decisions, note_place, &last);
	from = last.places[last.count > last.size ? last.count % last.size : 0];
	free(last.places);
	/* With none to print, the reader stands where new ones will come. */
	if (!done || decisions->last == 0 || last.count == 0)
		return done;
	if (from.segment != 0)
		return mm_journal_reader_resume(decisions->reader, &from) == 0;
	mm_journal_reader_free(&decisions->reader);
	return open_reader(decisions, dir_fd);
}

/* ---- following ---- */

/* Sleep until the folder changes, or for a while. */
static void
wait_for_change(int inotify_fd)
{
	struct pollfd pollfd = { .fd = inotify_fd, .events = POLLIN };
	char events[4096];

	if (poll(&pollfd, 1, inotify_fd >= 0 ? POLL_WITH_INOTIFY_MS : POLL_MS) <= 0)
		return;
	while (read(inotify_fd, events, sizeof(events)) > 0)
		; /* what changed does not matter */
}

/* A watch on an open folder; -1 where there is none to be had, and time has to do. */
static int
watch(int dir_fd)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[64];

	if (fd < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", dir_fd);
	if (inotify_add_watch(fd, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) >= 0)
		return fd;
	close(fd);
	return -1;
}

static bool
follow(struct decisions *decisions, int inotify_fd)
{
	do {
		if (!read_all(decisions, print_record, NULL) || fflush(stdout) != 0)
			return false;
		wait_for_change(inotify_fd);
	} while (decisions->filter.until_us > now_us());
	return read_all(decisions, print_record, NULL);
}

/* ---- the command ---- */

static bool
print_decisions(struct decisions *decisions, int dir_fd)
{
	int inotify_fd;
	bool done;

	if (!open_reader(decisions, dir_fd))
		return false;
	if (decisions->by_last && !stand_before_last(decisions, dir_fd))
		return false;
	if (!decisions->follow)
		return (decisions->by_last && decisions->last == 0) || read_all(decisions, print_record, NULL);
	inotify_fd = watch(dir_fd);
	done = follow(decisions, inotify_fd);
	if (inotify_fd >= 0)
		close(inotify_fd);
	return done;
}

int
mm_command_decisions(const struct mm_command *command, int argc, char **argv)
{
	struct decisions decisions = {
		.command = command, .config_path = MM_CONFIG_PATH_DEFAULT, .now_us = now_us(),
	};
	int dir_fd, status;
	bool done;

	mm_journal_filter_init(&decisions.filter);
	status = parse(&decisions, argc, argv);
	if (status == MM_EXIT_DONE)
		status = find_folder(&decisions, &dir_fd);
	if (status != MM_EXIT_DONE)
		return status;
	mm_decision_table_init(&decisions.table, stdout, 0);
	done = print_decisions(&decisions, dir_fd);
	mm_journal_reader_free(&decisions.reader);
	close(dir_fd);
	return done && !decisions.damaged ? MM_EXIT_DONE : MM_EXIT_DENIED;
}
