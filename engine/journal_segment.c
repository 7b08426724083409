/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments as files: names, creation, headers.
 */
#include "engine/journal_segment.h"

#include "engine/file.h"
#include "engine/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char name_characters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

bool
mm_journal_name_valid(const char *name)
{
	size_t len = strnlen(name, MM_JOURNAL_NAME_MAX + 1);

	return len > 0 && len <= MM_JOURNAL_NAME_MAX && strspn(name, name_characters) == len;
}

static int
file_name(char out[MM_JOURNAL_FILE_NAME_LEN], const char *name, uint64_t number, const char *ending)
{
	if (!mm_journal_name_valid(name) || number == 0 || number > MM_JOURNAL_NUMBER_MAX) {
		errno = EINVAL;
		return -1;
	}
	(void)snprintf(out, MM_JOURNAL_FILE_NAME_LEN, MM_JOURNAL_FILE "%s", name, number, ending);
	return 0;
}

/* The number in a file's name; 0 where it is no segment of this journal. */
static uint64_t
file_number(const char *file, const char *name)
{
	size_t name_len = strlen(name);
	uint64_t number = 0;

	if (strncmp(file, name, name_len) != 0 || file[name_len] != '.')
		return 0;
	file += name_len + 1;
	for (unsigned i = 0; i < 10; i++, file++) {
		if (*file < '0' || *file > '9')
			return 0;
		number = number * 10 + (uint64_t)(*file - '0');
	}
	return strcmp(file, ".journal") == 0 ? number : 0;
}

/* ---- headers ---- */

static bool
all_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* Whether a whole record stands anywhere. Where memory is short, it is taken for so: nothing is overwritten then. */
static bool
has_record(const struct mm_journal_segment *segment)
{
	struct mm_journal_window window;
	uint64_t found;
	bool has;

	if (!mm_journal_window_init(&window))
		return true;
	mm_journal_window_set(&window, segment->fd);
	has = mm_journal_find_record(&window, segment, MM_JOURNAL_HEADER_LEN, &found) != MM_LOOK_END;
	mm_journal_window_clear(&window);
	return has;
}

/* A segment whose start was written is not begun yet, for its writer may have failed there. */
static bool
is_begun(const struct mm_journal_segment *segment, const uint8_t header[MM_JOURNAL_HEADER_LEN + MM_JOURNAL_ALIGN])
{
	if (!all_zero(header + MM_JOURNAL_HEADER_LEN, MM_JOURNAL_ALIGN))
		return true;
	return !all_zero(header + MM_JOURNAL_IDENTITY_LEN, MM_JOURNAL_START_LEN) && has_record(segment);
}

static int
read_header(int fd, struct mm_journal_segment *segment)
{
	uint8_t bytes[MM_JOURNAL_HEADER_LEN + MM_JOURNAL_ALIGN];
	ssize_t len = mm_file_read_at(fd, bytes, sizeof(bytes), 0);

	if (len < 0)
		return -1;
	memset(segment, 0, sizeof(*segment));
	segment->fd = fd;
	if (len < (ssize_t)sizeof(bytes) || !mm_journal_decode_identity(bytes, &segment->identity)) {
		errno = EPROTO;
		return -1;
	}
	segment->limit = segment->identity.size_bytes - MM_JOURNAL_TALLIES_LEN;
	segment->begun = is_begun(segment, bytes);
	segment->start_whole = mm_journal_decode_start(bytes + MM_JOURNAL_IDENTITY_LEN, &segment->start);
	return 0;
}

int
mm_journal_segment_read(int fd, struct mm_journal_segment *segment)
{
	if (read_header(fd, segment) < 0)
		return -1;
	/* The start comes before the first record, but one read may see the second and not the first. */
	return segment->begun && !segment->start_whole ? read_header(fd, segment) : 0;
}

/* Read the header of a regular file and see that it is that of the file's name. */
static int
read_named(int fd, const char *name, uint64_t number, struct mm_journal_segment *segment)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -1;
	if (!S_ISREG(status.st_mode)) {
		errno = EPROTO;
		return -1;
	}
	if (mm_journal_segment_read(fd, segment) < 0)
		return -1;
	if (segment->identity.number != number || strcmp(segment->identity.name, name) != 0) {
		errno = EPROTO;
		return -1;
	}
	return 0;
}

/* What openat says of a folder, a symbolic link and a socket: none of them is a segment. */
static bool
is_other_kind(int error)
{
	return error == EISDIR || error == ELOOP || error == ENXIO;
}

static int
open_named(int dir_fd, const char *name, uint64_t number, int flags, struct mm_journal_segment *segment)
{
	char file[MM_JOURNAL_FILE_NAME_LEN];
	int fd, error;

	segment->fd = -1;
	if (file_name(file, name, number, "") < 0)
		return -1;
	fd = openat(dir_fd, file, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		errno = is_other_kind(errno) ? EPROTO : errno;
		return -1;
	}
	if (read_named(fd, name, number, segment) == 0)
		return fd;
	error = errno;
	close(fd);
	segment->fd = -1;
	errno = error;
	return -1;
}

int
mm_journal_segment_open(int dir_fd, const char *name, uint64_t number, struct mm_journal_segment *segment)
{
	return open_named(dir_fd, name, number, O_RDONLY, segment) < 0 ? -1 : 0;
}

/* ---- the folder ---- */

/* Call visit with the number of each segment in the folder, in no order. Returns 0; -1 with errno: not with all. */
static int
each_segment(int dir_fd, const char *name, void (*visit)(void *ctx, uint64_t number), void *ctx)
{
	DIR *folder = mm_folder_open(dir_fd, ".");
	const struct dirent *entry;
	bool read;

	if (folder == NULL)
		return -1;
	while ((entry = mm_folder_next(folder)) != NULL) {
		uint64_t number = file_number(entry->d_name, name);

		if (number > 0)
			visit(ctx, number);
	}
	read = errno == 0;
	mm_folder_close(folder);
	return read ? 0 : -1;
}

struct least {
	uint64_t from, number; /* number 0: none found */
};

static void
visit_least(void *ctx, uint64_t number)
{
	struct least *least = ctx;

	if (number >= least->from && (least->number == 0 || number < least->number))
		least->number = number;
}

int
mm_journal_segment_find(int dir_fd, const char *name, uint64_t from, uint64_t *number)
{
	struct least least = { from, 0 };

	if (each_segment(dir_fd, name, visit_least, &least) < 0)
		return -1;
	if (least.number == 0) {
		errno = ENOENT;
		return -1;
	}
	*number = least.number;
	return 0;
}

struct newest {
	int dir_fd;
	const char *name;
	uint64_t begun, oldest, begun_count;
	int error; /* a segment is there and cannot be looked at now */
};

static void
visit_newest(void *ctx, uint64_t number)
{
	struct newest *newest = ctx;
	struct mm_journal_segment segment;

	if (newest->oldest == 0 || number < newest->oldest)
		newest->oldest = number;
	if (mm_journal_segment_open(newest->dir_fd, newest->name, number, &segment) < 0) {
		if (errno != ENOENT && errno != EPROTO)
			newest->error = errno;
		return;
	}
	close(segment.fd);
	if (segment.begun) {
		newest->begun_count++;
		if (number > newest->begun)
			newest->begun = number;
	}
}

/* Look at all segments. One that may be begun is not passed over: the journal would fork. -1 with errno. */
static int
look_at_all(struct newest *newest)
{
	if (each_segment(newest->dir_fd, newest->name, visit_newest, newest) < 0)
		return -1;
	errno = newest->error;
	return newest->error == 0 ? 0 : -1;
}

int
mm_journal_segment_newest(int dir_fd, const char *name, uint64_t *number)
{
	struct newest newest = { dir_fd, name, 0, 0, 0, 0 };
	struct mm_journal_segment segment;

	if (look_at_all(&newest) < 0)
		return -1;
	*number = newest.begun > 0 ? newest.begun : newest.oldest;
	if (*number == 0) {
		errno = ENOENT;
		return -1;
	}
	return open_named(dir_fd, name, *number, O_RDWR, &segment);
}

/* Remove a segment. Returns 1 where it was begun, 0 where not or where it is no segment and stays, -1 with errno. */
static int
remove_segment(int dir_fd, const char *name, uint64_t number)
{
	char file[MM_JOURNAL_FILE_NAME_LEN];
	struct mm_journal_segment segment;

	if (mm_journal_segment_open(dir_fd, name, number, &segment) < 0)
		return errno == EPROTO ? 0 : -1;
	close(segment.fd);
	if (file_name(file, name, number, "") < 0 || unlinkat(dir_fd, file, 0) < 0)
		return -1;
	return segment.begun ? 1 : 0;
}

int
mm_journal_segment_remove_old(int dir_fd, const char *name, uint64_t keep)
{
	struct newest newest = { dir_fd, name, 0, 0, 0, 0 };
	uint64_t number = 0;
	int removed;

	if (keep == 0)
		return 0;
	if (look_at_all(&newest) < 0)
		return -1;
	while (newest.begun_count > keep) {
		if (mm_journal_segment_find(dir_fd, name, number + 1, &number) < 0)
			return -1;
		removed = remove_segment(dir_fd, name, number);
		if (removed < 0)
			return -1;
		newest.begun_count -= (uint64_t)removed;
	}
	return 0;
}

/* ---- creation ---- */

/* Really allocate; a file system that cannot gets zeroes written, which comes to the same. */
static int
allocate(int fd, int64_t size)
{
	static const uint8_t zeroes[64 * 1024];
	int error;

	do
		error = posix_fallocate(fd, 0, size);
	while (error == EINTR);
	if (error == 0)
		return 0;
	if (error != EOPNOTSUPP && error != EINVAL) {
		errno = error;
		return -1;
	}
	for (int64_t done = 0; done < size;) {
		size_t len = size - done < (int64_t)sizeof(zeroes) ? (size_t)(size - done) : sizeof(zeroes);
		ssize_t wrote = pwrite(fd, zeroes, len, done);

		if (wrote < 0 && errno != EINTR)
			return -1;
		done += wrote > 0 ? wrote : 0;
	}
	return 0;
}

static bool
write_identity(int fd, const struct mm_journal_identity *identity)
{
	uint8_t bytes[MM_JOURNAL_IDENTITY_LEN];
	ssize_t wrote;

	mm_journal_encode_identity(identity, bytes);
	do
		wrote = pwrite(fd, bytes, sizeof(bytes), 0);
	while (wrote < 0 && errno == EINTR);
	if (wrote >= 0 && wrote < (ssize_t)sizeof(bytes))
		errno = ENOSPC;
	return wrote == (ssize_t)sizeof(bytes);
}

/* The journal's id is that of its other segments, as far as they are whole, and random in its first. */
static bool
choose_id(int dir_fd, const char *name, uint8_t id[MM_JOURNAL_ID_LEN])
{
	struct mm_journal_segment segment;

	for (uint64_t number = 1; mm_journal_segment_find(dir_fd, name, number, &number) == 0; number++) {
		if (mm_journal_segment_open(dir_fd, name, number, &segment) < 0)
			continue;
		close(segment.fd);
		memcpy(id, segment.identity.id, MM_JOURNAL_ID_LEN);
		return true;
	}
	return getrandom(id, MM_JOURNAL_ID_LEN, 0) == MM_JOURNAL_ID_LEN;
}

static bool
make_identity(int dir_fd, const char *name, int64_t size, uint64_t number, struct mm_journal_identity *identity)
{
	struct timespec now;

	memset(identity, 0, sizeof(*identity));
	if (clock_gettime(CLOCK_REALTIME, &now) < 0 || !choose_id(dir_fd, name, identity->id) ||
	    getrandom(&identity->salt, sizeof(identity->salt), 0) != (ssize_t)sizeof(identity->salt))
		return false;
	identity->salt |= 1; /* never 0: an empty place must not look like a record's */
	identity->number = number;
	identity->size_bytes = (uint64_t)size;
	identity->created_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	memcpy(identity->name, name, strlen(name));
	return true;
}

/* Everything that must be true of the file before it gets its name. */
static bool
fill(int fd, int64_t size, const struct mm_journal_identity *identity)
{
	return allocate(fd, size) == 0 && write_identity(fd, identity) && fsync(fd) == 0;
}

static int
make_file(int dir_fd, const char *file, const char *new_file, int64_t size, const struct mm_journal_identity *identity)
{
	int fd = openat(dir_fd, new_file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	int error;

	if (fd < 0)
		return -1;
	if (fill(fd, size, identity) && renameat2(dir_fd, new_file, dir_fd, file, RENAME_NOREPLACE) == 0 &&
	    fsync(dir_fd) == 0)
		return fd;
	error = errno;
	unlinkat(dir_fd, new_file, 0);
	close(fd);
	errno = error;
	return -1;
}

/* Whether no record was ever written: also not one whose neighbours a power loss took. */
static bool
is_untouched(const struct mm_journal_segment *segment)
{
	uint8_t bytes[16 * 1024];
	uint64_t offset = MM_JOURNAL_HEADER_LEN;
	ssize_t len;

	while (offset < segment->limit) {
		uint64_t left = segment->limit - offset;

		len = mm_file_read_at(segment->fd, bytes, left < sizeof(bytes) ? left : sizeof(bytes), (off_t)offset);
		if (len <= 0)
			return false;
		if (!all_zero(bytes, (size_t)len))
			return false;
		offset += (uint64_t)len;
	}
	return true;
}

/* Open an existing segment that nothing was written to. */
static int
open_spare(int dir_fd, const char *name, uint64_t number)
{
	struct mm_journal_segment segment;
	int fd = open_named(dir_fd, name, number, O_RDWR, &segment);

	if (fd >= 0 && !is_untouched(&segment)) {
		close(fd);
		errno = EEXIST;
		return -1;
	}
	return fd;
}

int
mm_journal_segment_create(int dir_fd, const char *name, int64_t size, uint64_t number)
{
	char file[MM_JOURNAL_FILE_NAME_LEN], new_file[MM_JOURNAL_FILE_NAME_LEN];
	struct mm_journal_identity identity;
	int fd;

	if (size < MM_JOURNAL_SEGMENT_MIN || size > MM_JOURNAL_SEGMENT_MAX || size % MM_JOURNAL_ALIGN != 0) {
		errno = EINVAL;
		return -1;
	}
	if (file_name(file, name, number, "") < 0 || file_name(new_file, name, number, ".new") < 0)
		return -1;
	fd = open_spare(dir_fd, name, number);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (!make_identity(dir_fd, name, size, number, &identity))
		return -1;
	return make_file(dir_fd, file, new_file, size, &identity);
}
