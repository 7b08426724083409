/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the gate's journal from its files: all of it, its last records, what comes.
 */
#include "cli/journal_view.h"

#include "cli/since.h"
#include "cli/terminal.h"
#include "engine/config.h"
#include "engine/journal_json.h"
#include "engine/trustfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

/* Lines that --follow begins with, as journalctl does. */
#define FOLLOW_LINES 10

/* Lines that -n may ask for: their places are held in memory. */
#define LAST_MAX 100000

/* Without inotify the journal is looked at this often; with it this often too, should an event get lost. */
#define POLL_MS 250
#define POLL_WITH_INOTIFY_MS 5000

/* A segment begins a little after the records that were held back in memory for it; --since must not miss those. */
#define SEGMENT_SLACK_US INT64_C(60000000)

/* How far the reading of the files is. */
struct reading {
	struct mm_journal_view *view;
	int dir_fd;
	struct mm_journal_reader *reader;
	struct mm_journal_place told; /* damage up to here was told */
};

static int64_t
now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the command line ---- */

void
mm_journal_view_init(struct mm_journal_view *view, const struct mm_command *command)
{
	*view = (struct mm_journal_view){ .command = command, .target = { .config_path = MM_CONFIG_PATH_DEFAULT } };
	mm_journal_filter_init(&view->filter);
}

static int
take_time(struct mm_journal_view *view, const char *name, const char *text, int64_t *time_us)
{
	if (mm_since_parse(text, now_us(), time_us))
		return MM_EXIT_DONE;
	return mm_command_usage_error(view->command, "'%s' is no time for --%s: write %s", text, name, MM_SINCE_FORMS);
}

static int
take_last(struct mm_journal_view *view, const char *text)
{
	char *end;

	errno = 0;
	view->last = strtoul(text, &end, 10);
	view->by_last = true;
	if (errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && view->last <= LAST_MAX)
		return MM_EXIT_DONE;
	return mm_command_usage_error(view->command, "'%s' is no number of lines from 0 to %d", text, LAST_MAX);
}

int
mm_journal_view_take_option(struct mm_journal_view *view, int option, char **argv)
{
	switch (option) {
	case 'c':
		view->target.config_path = optarg;
		return MM_EXIT_DONE;
	case MM_VIEW_OPTION_DIR:
		view->dir = optarg;
		return MM_EXIT_DONE;
	case MM_VIEW_OPTION_SOCKET:
		view->target.socket_path = optarg;
		view->by_control = true;
		return MM_EXIT_DONE;
	case MM_VIEW_OPTION_CONTROL:
		view->by_control = true;
		return MM_EXIT_DONE;
	case MM_VIEW_OPTION_SINCE:
		return take_time(view, "since", optarg, &view->filter.since_us);
	case MM_VIEW_OPTION_UNTIL:
		return take_time(view, "until", optarg, &view->filter.until_us);
	case MM_VIEW_OPTION_JSON:
		view->json = true;
		return MM_EXIT_DONE;
	case 'f':
		view->follow = true;
		return MM_EXIT_DONE;
	case 'n':
		return take_last(view, optarg);
	default:
		return mm_command_option_error(view->command, option, argv);
	}
}

int
mm_journal_view_complete(struct mm_journal_view *view, int argc, char **argv)
{
	if (optind != argc)
		return mm_command_usage_error(view->command, "'%s' is one argument too many", argv[optind]);
	if (view->filter.since_us > view->filter.until_us)
		return mm_command_usage_error(view->command, "--since is later than --until");
	if (view->dir != NULL && view->by_control)
		return mm_command_usage_error(view->command, "--dir reads files, --control and --socket ask mintmarkd");
	if (view->follow && !view->by_last && view->filter.since_us == INT64_MIN) {
		view->by_last = true;
		view->last = FOLLOW_LINES;
	}
	return MM_EXIT_DONE;
}

/* ---- one record ---- */

static bool
put_json(struct mm_journal_view *view, const struct mm_journal_record *record, const struct mm_journal_place *where)
{
	struct mm_buf line;
	bool whole;

	mm_buf_init(&line, MM_JOURNAL_JSON_MAX);
	mm_journal_json_add(&line, record, where);
	whole = mm_buf_ok(&line);
	if (whole)
		fwrite(line.data, 1, line.len, stdout);
	else
		fprintf(stderr, "mintmark %s: memory is short\n", view->command->name);
	mm_buf_clear(&line);
	return whole && ferror(stdout) == 0;
}

bool
mm_journal_view_put(struct mm_journal_view *view, const struct mm_journal_record *record,
    const struct mm_journal_place *where)
{
	if (view->json)
		return put_json(view, record, where);
	view->put(view->ctx, record);
	return ferror(stdout) == 0;
}

void
mm_journal_view_tell_damage(struct mm_journal_view *view, const struct mm_journal_place *where)
{
	view->damaged = true;
	fprintf(stderr, "mintmark %s: " MM_JOURNAL_FILE ": the journal is damaged, or %s, in segment %" PRIu64
	    " at offset %" PRIu64 "; reading goes on behind it\n", view->command->name, MM_JOURNAL_GATE, where->segment,
	    where->offset == 0 ? "this is no segment of it" : "something is missing", where->segment, where->offset);
}

/* ---- the journal's folder ---- */

/* What looking for the folder came to. */
enum folder {
	FOLDER_OPEN,
	FOLDER_CLOSED, /* this user may not read it */
	FOLDER_NONE,   /* told */
};

static void
complain(const struct mm_journal_view *view, const char *path, const char *text)
{
	fprintf(stderr, "mintmark %s: ", view->command->name);
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

static enum folder
open_folder(const struct mm_journal_view *view, const char *path, int *dir_fd)
{
	*dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dir_fd >= 0)
		return FOLDER_OPEN;
	if (errno == EACCES && view->dir == NULL)
		return FOLDER_CLOSED;
	complain(view, path, strerror(errno));
	return FOLDER_NONE;
}

/* Open the folder that was named, or the configuration's; *status: what to exit with where there is none. */
static enum folder
find_folder(const struct mm_journal_view *view, int *dir_fd, int *status)
{
	enum folder folder = FOLDER_NONE;
	struct mm_config *config;
	char *path = NULL;

	*status = MM_EXIT_DENIED;
	if (view->dir != NULL)
		return open_folder(view, view->dir, dir_fd);
	config = load_config(view->target.config_path);
	if (config == NULL) {
		*status = MM_EXIT_USAGE;
		return FOLDER_NONE;
	}
	if (asprintf(&path, "%s/%s", config->state_dir, MM_JOURNAL_FOLDER) >= 0)
		folder = open_folder(view, path, dir_fd);
	free(path);
	mm_config_free(&config);
	return folder;
}

/* ---- reading ---- */

static bool
is_behind(const struct mm_journal_place *a, const struct mm_journal_place *b)
{
	return a->segment > b->segment || (a->segment == b->segment && a->offset > b->offset);
}

/* Damage is met again where records are read twice. */
static void
take_damage(struct reading *reading, const struct mm_journal_place *where)
{
	if (!is_behind(where, &reading->told))
		return;
	reading->told = *where;
	mm_journal_view_tell_damage(reading->view, where);
}

static bool
complain_of_journal(const struct reading *reading)
{
	fprintf(stderr, "mintmark %s: the journal cannot be read: %s\n", reading->view->command->name, strerror(errno));
	return false;
}

typedef bool visitor(struct reading *reading, void *ctx, const struct mm_journal_record *record,
    const struct mm_journal_place *where);

/* Give every record that is there now to visit. Returns false, and told, where reading fails. */
static bool
read_all(struct reading *reading, visitor *visit, void *ctx)
{
	struct mm_journal_record record;
	struct mm_journal_place where;

	for (;;) {
		switch (mm_journal_read(reading->reader, &record, &where)) {
		case MM_READ_RECORD:
			if (!visit(reading, ctx, &record, &where))
				return false;
			break;
		case MM_READ_DAMAGED:
			take_damage(reading, &where);
			break;
		case MM_READ_END:
			return true;
		case MM_READ_FAILED:
			return complain_of_journal(reading);
		}
	}
}

static bool
put_passing(struct reading *reading, void *ctx, const struct mm_journal_record *record,
    const struct mm_journal_place *where)
{
	(void)ctx;
	return !mm_journal_filter_passes(&reading->view->filter, record) ||
	    mm_journal_view_put(reading->view, record, where);
}

/* ---- the last lines ---- */

/* The places before each of the last records that pass, round and round. */
struct last {
	struct mm_journal_place *places;
	size_t size, count; /* count: of all that passed */
	struct mm_journal_place previous;
};

static bool
note_place(struct reading *reading, void *ctx, const struct mm_journal_record *record,
    const struct mm_journal_place *where)
{
	struct last *last = ctx;

	if (mm_journal_filter_passes(&reading->view->filter, record))
		last->places[last->count++ % last->size] = last->previous;
	last->previous = *where;
	return true;
}

/* A reader from the beginning, or from where --since can begin at the earliest. */
static bool
open_reader(struct reading *reading)
{
	int64_t since_us = reading->view->filter.since_us;

	reading->reader = mm_journal_reader_open(reading->dir_fd, MM_JOURNAL_GATE);
	if (reading->reader != NULL && (since_us == INT64_MIN ||
	    mm_journal_reader_since(reading->reader, since_us - SEGMENT_SLACK_US) == 0))
		return true;
	return complain_of_journal(reading);
}

/* Stand before the first of the last records that pass. */
static bool
stand_before_last(struct reading *reading)
{
	struct last last = { .size = reading->view->last };
	struct mm_journal_place from;
	bool done;

	if (last.size == 0)
		last.size = 1;
	last.places = calloc(last.size, sizeof(last.places[0]));
	if (last.places == NULL)
		return false;
	done = read_all(reading, note_place, &last);
	from = last.places[last.count > last.size ? last.count % last.size : 0];
	free(last.places);
	/* With none to print, the reader stands where new ones will come. */
	if (!done || reading->view->last == 0 || last.count == 0)
		return done;
	if (from.segment != 0)
		return mm_journal_reader_resume(reading->reader, &from) == 0;
	mm_journal_reader_free(&reading->reader);
	return open_reader(reading);
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
follow(struct reading *reading)
{
	int inotify_fd = watch(reading->dir_fd);
	bool done;

	do {
		done = read_all(reading, put_passing, NULL) && fflush(stdout) == 0;
		if (done)
			wait_for_change(inotify_fd);
	} while (done && reading->view->filter.until_us > now_us());
	if (inotify_fd >= 0)
		close(inotify_fd);
	return done && read_all(reading, put_passing, NULL);
}

/* ---- the whole ---- */

static bool
read_files(struct reading *reading)
{
	struct mm_journal_view *view = reading->view;

	if (!open_reader(reading) || (view->by_last && !stand_before_last(reading)))
		return false;
	if (view->follow)
		return follow(reading);
	return (view->by_last && view->last == 0) || read_all(reading, put_passing, NULL);
}

int
mm_journal_view_run(struct mm_journal_view *view)
{
	struct reading reading = { .view = view, .dir_fd = -1 };
	int status;
	bool done;

	if (view->by_control)
		return mm_journal_view_ask(view);
	switch (find_folder(view, &reading.dir_fd, &status)) {
	case FOLDER_OPEN:
		break;
	case FOLDER_CLOSED:
		return mm_journal_view_ask(view);
	case FOLDER_NONE:
		return status;
	}
	done = read_files(&reading);
	mm_journal_reader_free(&reading.reader);
	close(reading.dir_fd);
	return done && !view->damaged ? MM_EXIT_DONE : MM_EXIT_DENIED;
}
