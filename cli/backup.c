/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark backup: everything of the mints but the sealing keys, in one archive, also while they run.
 *
 * The ledger comes first, up to where it ends at that moment; then what it may speak of.
 */
#include "cli/command.h"
#include "cli/table_copy.h"
#include "engine/config.h"
#include "engine/folder.h"
#include "engine/ledger_anchor.h"
#include "engine/ledger_file.h"
#include "engine/ledger_reader.h"
#include "engine/mint_archive.h"
#include "engine/trustfile.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct backup {
	int mint_fd; /* state_dir/mint */
	struct mm_archive_writer writer;
	struct mm_table_copy tables;
	uint64_t records; /* of the ledger */
};

static bool
fail(const char *what, const char *why)
{
	fprintf(stderr, "mintmark backup: %s: %s\n", what, why);
	return false;
}

/* ---- single files ---- */

static bool
add_fd(struct backup *backup, const char *name, int fd, uint64_t len)
{
	return mm_archive_add_file(&backup->writer, name, fd, len) || fail(name, strerror(errno));
}

static bool
add_whole(struct backup *backup, const char *name, int fd)
{
	struct stat status;

	if (fstat(fd, &status) == -1)
		return fail(name, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return fail(name, "it is no file");
	return add_fd(backup, name, fd, (uint64_t)status.st_size);
}

/* A file below state_dir/mint as it is; one that is not there is left out where it may be. */
static bool
add_file(struct backup *backup, int dir_fd, const char *path, const char *name, bool may_be_absent)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool added;

	if (fd == -1)
		return (may_be_absent && errno == ENOENT) || fail(name, strerror(errno));
	added = add_whole(backup, name, fd);
	close(fd);
	return added;
}

/* ---- the ledger ---- */

/* Where the ledger ends now. */
static bool
find_end(struct backup *backup, int dir_fd, uint64_t last, struct mm_ledger_tail *tail)
{
	struct mm_ledger_reader *reader = mm_ledger_reader_new(dir_fd, last);
	enum mm_ledger_read read = MM_LEDGER_READ_FAILED;
	struct mm_ledger_item item;

	while (reader != NULL && (read = mm_ledger_reader_next(reader, &item)) == MM_LEDGER_READ_RECORD)
		;
	if (read == MM_LEDGER_READ_END)
		mm_ledger_reader_tail(reader, tail);
	mm_ledger_reader_free(&reader);
	backup->records = tail->sequence;
	return read == MM_LEDGER_READ_END || fail("the ledger", "it is damaged: see 'mintmark ledger audit'");
}

static bool
add_segment(struct backup *backup, int dir_fd, uint64_t number, const struct mm_ledger_tail *tail)
{
	char name[MM_LEDGER_NAME_SIZE], in_archive[MM_LEDGER_NAME_SIZE + 8];
	struct mm_ledger_header header;
	int fd = mm_ledger_segment_open(dir_fd, number, O_RDONLY, &header);
	struct stat status;
	bool added;

	mm_ledger_segment_name(number, name);
	(void)snprintf(in_archive, sizeof(in_archive), "ledger/%s", name);
	if (fd == -1)
		return fail(in_archive, strerror(errno));
	added = fstat(fd, &status) == 0 && add_fd(backup, in_archive, fd,
	    number == tail->end.segment ? tail->end.offset : (uint64_t)status.st_size);
	close(fd);
	return added;
}

static bool
add_ledger(struct backup *backup)
{
	int dir_fd = openat(backup->mint_fd, "ledger", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct mm_ledger_tail tail = { .sequence = 0 };
	uint64_t *numbers = NULL;
	/* While this holds, the ledger lets no segment go. */
	ssize_t count = dir_fd == -1 || flock(dir_fd, LOCK_SH) == -1 ? -1 : mm_ledger_list(dir_fd, &numbers);
	bool added = count != -1 && add_file(backup, dir_fd, "secrets.sealed", "ledger/secrets.sealed", false) &&
	    add_file(backup, dir_fd, MM_LEDGER_ANCHOR_FILE, "ledger/" MM_LEDGER_ANCHOR_FILE, true) &&
	    (count == 0 || find_end(backup, dir_fd, numbers[count - 1], &tail));

	if (count == -1)
		fail("the ledger's folder", strerror(errno));
	for (ssize_t i = 0; added && i < count && numbers[i] <= tail.end.segment; i++)
		added = add_segment(backup, dir_fd, numbers[i], &tail);
	free(numbers);
	if (dir_fd != -1)
		close(dir_fd);
	return added;
}

/* ---- realms ---- */

/* Each file of a folder that a function takes; a folder that is not there has none. */
typedef bool add_function(struct backup *backup, int dir_fd, const char *path, const char *name);

static bool
each_file(struct backup *backup, const char *folder, const char *ending, add_function *add)
{
	DIR *dir = mm_folder_open(backup->mint_fd, folder);
	const struct dirent *entry;
	bool added = true;

	if (dir == NULL)
		return errno == ENOENT || fail(folder, strerror(errno));
	while (added && (entry = mm_folder_next(dir)) != NULL) {
		char name[PATH_MAX];
		size_t len = strlen(entry->d_name), ending_len = strlen(ending);

		if (entry->d_name[0] == '.' || len < ending_len ||
		    strcmp(entry->d_name + len - ending_len, ending) != 0)
			continue;
		if (snprintf(name, sizeof(name), "%s/%s", folder, entry->d_name) >= (int)sizeof(name))
			added = fail(entry->d_name, "its path is too long");
		else
			added = add(backup, dirfd(dir), entry->d_name, name);
	}
	if (added && errno != 0)
		added = fail(folder, strerror(errno));
	mm_folder_close(dir);
	return added;
}

/* A key that was destroyed meanwhile is none any more. */
static bool
add_key(struct backup *backup, int dir_fd, const char *path, const char *name)
{
	return add_file(backup, dir_fd, path, name, true);
}

static bool
add_table(struct backup *backup, int dir_fd, const char *path, const char *name)
{
	int fd = mm_table_copy_make(&backup->tables, dir_fd, path);
	bool added;

	if (fd == -1)
		return fail(name, backup->tables.fault);
	added = add_whole(backup, name, fd);
	close(fd);
	return added;
}

static bool
add_realm(struct backup *backup, const char *realm)
{
	char folder[PATH_MAX];

	(void)snprintf(folder, sizeof(folder), "%s/table", realm);
	if (!each_file(backup, folder, ".sqlite", add_table))
		return false;
	(void)snprintf(folder, sizeof(folder), "%s/keys", realm);
	return each_file(backup, folder, ".sealed", add_key);
}

static bool
add_realms(struct backup *backup)
{
	DIR *dir = mm_folder_open(backup->mint_fd, ".");
	const struct dirent *entry;
	bool added = true;

	if (dir == NULL)
		return fail("state_dir/mint", strerror(errno));
	while (added && (entry = mm_folder_next(dir)) != NULL) {
		struct stat status;

		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "ledger") != 0 &&
		    fstatat(backup->mint_fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISDIR(status.st_mode))
			added = add_realm(backup, entry->d_name);
	}
	if (added && errno != 0)
		added = fail("state_dir/mint", strerror(errno));
	mm_folder_close(dir);
	return added;
}

/* ---- the whole ---- */

/* The epoch last: it is no less than any that the rest speaks of. */
static bool
add_all(struct backup *backup)
{
	return add_ledger(backup) && add_file(backup, backup->mint_fd, "root.pub", "root.pub", false) &&
	    add_file(backup, backup->mint_fd, "key-state.cert", "key-state.cert", false) && add_realms(backup) &&
	    add_file(backup, backup->mint_fd, "../epoch", "epoch", true) &&
	    (mm_archive_finish(&backup->writer) || fail("the archive", strerror(errno)));
}

static bool
write_to(struct backup *backup, const char *path)
{
	bool to_stdout = strcmp(path, "-") == 0, done;
	int fd = to_stdout ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd == -1)
		return fail(path, strerror(errno));
	mm_archive_writer_init(&backup->writer, fd, time(NULL));
	done = add_all(backup);
	if (!to_stdout && done && fsync(fd) == -1)
		done = fail(path, strerror(errno));
	if (!to_stdout && close(fd) == -1)
		done = fail(path, strerror(errno));
	if (!to_stdout && !done)
		(void)unlink(path);
	mm_archive_writer_clear(&backup->writer);
	return done;
}

static int
run(const char *config_path, const char *path)
{
	struct mm_problems problems = { .count = 0 };
	struct mm_config *config = mm_trustfile_read_config(config_path, &problems);
	struct backup backup = { .mint_fd = -1, .tables = { .state_fd = -1, .folder_fd = -1 } };
	char mint[PATH_MAX];
	bool done = false;

	if (config == NULL) {
		mm_problems_print(&problems, stderr, false);
		mm_problems_clear(&problems);
		return MM_EXIT_USAGE;
	}
	(void)snprintf(mint, sizeof(mint), "%s/mint", config->state_dir);
	backup.mint_fd = open(mint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (backup.mint_fd == -1)
		fail(mint, strerror(errno));
	else if (!mm_table_copy_begin(&backup.tables, config->state_dir))
		fail(MM_TABLE_COPY_FOLDER, backup.tables.fault);
	else
		done = write_to(&backup, path);
	mm_table_copy_end(&backup.tables);
	if (backup.mint_fd != -1)
		close(backup.mint_fd);
	if (done)
		fprintf(stderr,
		    "%" PRIu64 " bytes, the ledger up to record %" PRIu64 ". The sealing keys are not in it:\n"
		    "keep them elsewhere; without them it opens nothing.\n", backup.writer.bytes, backup.records);
	mm_problems_clear(&problems);
	mm_config_free(&config);
	return done ? MM_EXIT_DONE : MM_EXIT_DENIED;
}

int
mm_command_backup(const struct mm_command *command, int argc, char **argv)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' }, { NULL, 0, NULL, 0 } };
	const char *config_path = MM_CONFIG_PATH_DEFAULT;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:", options, NULL)) != -1)
		if (option == 'c')
			config_path = optarg;
		else
			return mm_command_option_error(command, option, argv);
	if (argc - optind != 1)
		return mm_command_usage_error(command, "%s",
		    argc == optind ? "where to? ARCHIVE, or - for standard output" : "it takes one ARCHIVE");
	return run(config_path, argv[optind]);
}
