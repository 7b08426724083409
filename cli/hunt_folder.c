/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of --out. Folders are compared by device and number, never by name.
 */
#include "cli/hunt_folder.h"

#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "engine/logs/paths.h"
#include "engine/logs/reading.h"
#include "lib/base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Says that the reports in the folder are ours. */
#define SIGN_NAME ".mintmark-hunt"
#define SIGN_TEXT "Reports of 'mintmark hunt'; the next run with this --out replaces them.\n"

#define WORK_NAME "work"

/* Folders above one another; no path is longer. */
#define FOLDERS_DEEP_MAX 4096

/* Reports, and what each is called until all of them are written. */
static const struct report {
	const char *name;
	int (*write)(FILE *out, struct mm_story *story); /* one of the two */
	int (*write_asked)(FILE *out, struct mm_story *story, const struct mm_report_question *question);
} reports[] = {
	{ "report.html", NULL, mm_report_html },
	{ "findings.json", NULL, mm_report_json },
	{ "findings.csv", mm_report_findings_csv, NULL },
	{ "messages.csv", mm_report_messages_csv, NULL },
	{ "stix.json", NULL, mm_report_stix },
};

static const char *const unfinished_names[] = {
	".report.html.part", ".findings.json.part", ".findings.csv.part", ".messages.csv.part", ".stix.json.part", NULL,
};
_Static_assert(MM_COUNT_OF(unfinished_names) == MM_COUNT_OF(reports) + 1, "one each");

static int
complain(const char *path, const char *name, const char *what)
{
	fputs("mintmark hunt: ", stderr);
	mm_terminal_put_str(stderr, path);
	fprintf(stderr, "%s%s: %s\n", name == NULL ? "" : "/", name == NULL ? "" : name, what);
	return MM_EXIT_USAGE;
}

/* ---- nothing beside the inputs ---- */

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether the folder that path, or what it leads to, stands in is this one. */
static bool
stands_in(const char *path, const struct stat *folder)
{
	char copy[PATH_MAX], real[PATH_MAX];
	struct stat holder;

	if (strlen(path) >= sizeof(copy))
		return true;
	memcpy(copy, path, strlen(path) + 1);
	if (stat(dirname(copy), &holder) == 0 && is_same(&holder, folder))
		return true;
	return realpath(path, real) != NULL && stat(dirname(real), &holder) == 0 && is_same(&holder, folder);
}

/* Whether the folder behind fd is that of path, or lies within it. */
static bool
is_within(int fd, const char *path)
{
	struct stat outer, here, above;
	bool within = false, at_root = false;
	int at = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), next;

	if (stat(path, &outer) != 0 || !S_ISDIR(outer.st_mode)) {
		if (at != -1)
			close(at);
		return false;
	}
	for (unsigned i = 0; i < FOLDERS_DEEP_MAX && at != -1 && !within && !at_root; i++) {
		within = fstat(at, &here) == 0 && is_same(&here, &outer);
		next = openat(at, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		at_root = next != -1 && fstat(next, &above) == 0 && is_same(&here, &above);
		close(at);
		at = next;
	}
	if (at != -1)
		close(at);
	/* What cannot be told counts as within. */
	return within || !at_root;
}

/* Whether the folder is clear of an argument and of the files that it stands for. */
static int
check_argument(const struct mm_hunt_folder *folder, int fd, const char *argument, bool holds)
{
	struct mm_logs_paths paths = { .count = 0 };
	struct stat status;
	int end = MM_EXIT_DONE;

	if (is_within(fd, argument))
		return complain(folder->path, NULL, "--out lies within a folder of logs, and nothing is written there");
	if (!holds)
		return MM_EXIT_DONE;
	if (fstat(fd, &status) != 0 ||
	    mm_logs_paths_add(&paths, argument, MM_LOGS_FOLDERS_DEEP_MAX, MM_LOGS_INPUTS_MAX) != 0)
		end = complain(folder->path, NULL, strerror(errno));
	for (size_t i = 0; i < paths.count && end == MM_EXIT_DONE; i++)
		if (stands_in(paths.items[i], &status))
			end = complain(folder->path, NULL,
			    "--out has logs in it, and nothing is written beside them; name another folder");
	mm_logs_paths_clear(&paths);
	if (end == MM_EXIT_DONE && stands_in(argument, &status))
		end = complain(folder->path, NULL,
		    "--out has the folder of logs in it, and nothing is written beside it; name another folder");
	return end;
}

/* holds: the folder may have an input in it; otherwise it is the one that --out will be made in. */
static int
check_arguments(const struct mm_hunt_folder *folder, int fd, const struct mm_hunt_options *options, bool holds)
{
	int end = MM_EXIT_DONE;

	for (size_t i = 0; i < options->inputs_count && end == MM_EXIT_DONE; i++)
		end = check_argument(folder, fd, options->inputs[i], holds);
	for (size_t i = 0; i < options->sign_ins_count && end == MM_EXIT_DONE; i++)
		end = check_argument(folder, fd, options->sign_ins[i], holds);
	return end;
}

/* ---- opening ---- */

static int
open_folder(int dir_fd, const char *path)
{
	return openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
make_folder(struct mm_hunt_folder *folder, const struct mm_hunt_options *options)
{
	char copy[PATH_MAX];
	int above, end;

	if (strlen(folder->path) >= sizeof(copy))
		return complain(folder->path, NULL, strerror(ENAMETOOLONG));
	memcpy(copy, folder->path, strlen(folder->path) + 1);
	above = open_folder(AT_FDCWD, dirname(copy));
	if (above == -1)
		return complain(folder->path, NULL, strerror(errno));
	end = check_arguments(folder, above, options, false);
	close(above);
	if (end != MM_EXIT_DONE)
		return end;
	if (mkdir(folder->path, 0700) == 0)
		folder->fd = open_folder(AT_FDCWD, folder->path);
	return folder->fd == -1 ? complain(folder->path, NULL, strerror(errno)) : MM_EXIT_DONE;
}

static bool
is_there(int fd, const char *name)
{
	struct stat status;

	return fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Reports that are there must be ours; from now on those that come are. */
static int
sign_folder(const struct mm_hunt_folder *folder)
{
	static const char text[] = SIGN_TEXT;
	bool written;
	int fd;

	if (is_there(folder->fd, SIGN_NAME))
		return MM_EXIT_DONE;
	for (size_t i = 0; i < MM_COUNT_OF(reports); i++)
		if (is_there(folder->fd, reports[i].name))
			return complain(folder->path, reports[i].name,
			    "is there, and 'mintmark hunt' did not write it; name another folder");
	fd = openat(folder->fd, SIGN_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	written = fd != -1 && write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1;
	if (fd != -1)
		close(fd);
	return written ? MM_EXIT_DONE : complain(folder->path, SIGN_NAME, strerror(errno));
}

static int
open_work(struct mm_hunt_folder *folder)
{
	if (mkdirat(folder->fd, WORK_NAME, 0700) == 0 || errno == EEXIST)
		folder->work_fd = openat(folder->fd, WORK_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return folder->work_fd == -1 ? complain(folder->path, WORK_NAME, strerror(errno)) : MM_EXIT_DONE;
}

int
mm_hunt_folder_open(struct mm_hunt_folder *folder, const struct mm_hunt_options *options)
{
	int end = MM_EXIT_DONE;

	*folder = (struct mm_hunt_folder){ .path = options->out, .fd = -1, .work_fd = -1 };
	if (folder->path == NULL)
		return MM_EXIT_DONE;
	folder->fd = open_folder(AT_FDCWD, folder->path);
	if (folder->fd != -1)
		end = check_arguments(folder, folder->fd, options, true);
	else if (errno == ENOENT)
		end = make_folder(folder, options);
	else
		end = complain(folder->path, NULL, strerror(errno));
	if (end == MM_EXIT_DONE)
		end = sign_folder(folder);
	return end == MM_EXIT_DONE ? open_work(folder) : end;
}

void
mm_hunt_folder_close(struct mm_hunt_folder *folder, bool done)
{
	if (folder->work_fd != -1) {
		close(folder->work_fd);
		if (done)
			(void)unlinkat(folder->fd, WORK_NAME, AT_REMOVEDIR);
	}
	if (folder->fd != -1)
		close(folder->fd);
	folder->fd = folder->work_fd = -1;
}

/* ---- writing ---- */

static FILE *
create(const struct mm_hunt_folder *folder, const char *name)
{
	FILE *file = NULL;
	int fd;

	/* What a run that was killed left. */
	(void)unlinkat(folder->fd, name, 0);
	fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd != -1 && (file = fdopen(fd, "w")) == NULL)
		close(fd);
	return file;
}

/* Returns 0, or -1 with errno. */
static int
write_report(const struct mm_hunt_folder *folder, size_t number, struct mm_story *story,
    const struct mm_report_question *question)
{
	const struct report *report = &reports[number];
	FILE *file = create(folder, unfinished_names[number]);
	int failure = 0;

	if (file == NULL)
		return -1;
	errno = 0;
	if ((report->write != NULL ? report->write(file, story) : report->write_asked(file, story, question)) != 0)
		failure = errno == 0 ? EIO : errno;
	/* An input that changed meanwhile takes its messages away, not the reports. */
	if (failure == ESTALE) {
		(void)complain(folder->path, report->name, "a file changed while it was read: messages are missing");
		failure = 0;
	}
	if (failure == 0 && (fflush(file) != 0 || fsync(fileno(file)) != 0))
		failure = errno;
	if (fclose(file) != 0 && failure == 0)
		failure = errno;
	errno = failure;
	return failure == 0 ? 0 : -1;
}

static void
remove_unfinished(const struct mm_hunt_folder *folder)
{
	for (size_t i = 0; i < MM_COUNT_OF(reports); i++)
		(void)unlinkat(folder->fd, unfinished_names[i], 0);
}

static int
write_unfinished(const struct mm_hunt_folder *folder, struct mm_story *story,
    const struct mm_report_question *question, struct mm_progress *progress)
{
	mm_progress_begin(progress, "writing", MM_PROGRESS_FILES);
	for (size_t i = 0; i < MM_COUNT_OF(reports); i++) {
		mm_progress_tell(progress, i, MM_COUNT_OF(reports));
		if (write_report(folder, i, story, question) == 0)
			continue;
		mm_progress_end(progress);
		return complain(folder->path, reports[i].name, strerror(errno));
	}
	mm_progress_end(progress);
	return MM_EXIT_DONE;
}

static int
name_reports(const struct mm_hunt_folder *folder)
{
	for (size_t i = 0; i < MM_COUNT_OF(reports); i++)
		if (renameat(folder->fd, unfinished_names[i], folder->fd, reports[i].name) != 0)
			return complain(folder->path, reports[i].name, strerror(errno));
	return fsync(folder->fd) == 0 ? MM_EXIT_DONE : complain(folder->path, NULL, strerror(errno));
}

int
mm_hunt_folder_write(const struct mm_hunt_folder *folder, struct mm_story *story,
    const struct mm_report_question *question, struct mm_progress *progress)
{
	int end;

	mm_interrupt_files(folder->fd, unfinished_names);
	end = write_unfinished(folder, story, question, progress);
	if (end == MM_EXIT_DONE)
		end = name_reports(folder);
	if (end != MM_EXIT_DONE)
		remove_unfinished(folder);
	mm_interrupt_files(-1, NULL);
	return end;
}
