/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a ledger. */
#include "engine/ledger_file.h"

#include "engine/file.h"
#include "engine/folder.h"
#include "engine/ledger_anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIGITS 10
#define ENDING ".ledger"

void
mm_ledger_segment_name(uint64_t number, char name[MM_LEDGER_NAME_SIZE])
{
	(void)snprintf(name, MM_LEDGER_NAME_SIZE, "%010" PRIu64 ENDING, number);
}

/* The number in a segment's name; 0: it is none. */
static uint64_t
number_of(const char *name)
{
	uint64_t number = 0;

	if (strlen(name) != DIGITS + strlen(ENDING) || strcmp(name + DIGITS, ENDING) != 0)
		return 0;
	for (size_t i = 0; i < DIGITS; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		number = number * 10 + (uint64_t)(name[i] - '0');
	}
	return number;
}

static int
compare_numbers(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* Read the names into numbers, which grow. */
static ssize_t
read_numbers(DIR *folder, uint64_t **numbers)
{
	size_t count = 0, size = 0;
	const struct dirent *entry;

	while ((entry = mm_folder_next(folder)) != NULL) {
		uint64_t number = number_of(entry->d_name);

		if (number == 0)
			continue;
		if (count == size) {
			uint64_t *grown = reallocarray(*numbers, size = size * 2 + 16, sizeof(*grown));

			if (grown == NULL)
				return -1;
			*numbers = grown;
		}
		(*numbers)[count++] = number;
	}
	if (errno != 0)
		return -1;
	if (count > 1)
		qsort(*numbers, count, sizeof(**numbers), compare_numbers);
	return (ssize_t)count;
}

/* Of all files, also of those that belong to the ledger no more. */
static ssize_t
list_all(int dir_fd, uint64_t **numbers)
{
	DIR *folder = mm_folder_open(dir_fd, ".");
	ssize_t count;

	*numbers = NULL;
	if (folder == NULL)
		return -1;
	count = read_numbers(folder, numbers);
	mm_folder_close(folder);
	if (count == -1) {
		free(*numbers);
		*numbers = NULL;
	}
	return count;
}

/* The list before the anchor: what a new one names is not there without it. */
ssize_t
mm_ledger_list(int dir_fd, uint64_t **numbers)
{
	ssize_t count = list_all(dir_fd, numbers), gone = 0;
	uint64_t first;

	if (count == -1)
		return -1;
	if (!mm_ledger_anchor_first(dir_fd, &first)) {
		free(*numbers);
		*numbers = NULL;
		return -1;
	}
	while (gone < count && (*numbers)[gone] < first)
		gone++;
	if (gone > 0)
		memmove(*numbers, *numbers + gone, (size_t)(count - gone) * sizeof(**numbers));
	return count - gone;
}

bool
mm_ledger_remove_before(int dir_fd, uint64_t number)
{
	uint64_t *numbers;
	ssize_t count = list_all(dir_fd, &numbers);
	bool removed = count != -1;

	for (ssize_t i = 0; removed && i < count && numbers[i] < number; i++) {
		char name[MM_LEDGER_NAME_SIZE];

		mm_ledger_segment_name(numbers[i], name);
		removed = unlinkat(dir_fd, name, 0) == 0;
	}
	if (count != -1)
		free(numbers);
	return removed;
}

int
mm_ledger_segment_open(int dir_fd, uint64_t number, int flags, struct mm_ledger_header *header)
{
	uint8_t bytes[MM_LEDGER_HEADER_LEN];
	char name[MM_LEDGER_NAME_SIZE];
	ssize_t got;
	int fd;

	mm_ledger_segment_name(number, name);
	fd = openat(dir_fd, name, flags | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	got = mm_file_read_at(fd, bytes, sizeof(bytes), 0);
	if (got == (ssize_t)sizeof(bytes) && mm_ledger_decode_header(bytes, header) && header->number == number)
		return fd;
	close(fd);
	if (got != -1)
		errno = EBADMSG;
	return -1;
}

bool
mm_ledger_write_at(int fd, const void *bytes, size_t len, uint64_t offset)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t written = pwrite(fd, at, len, (off_t)offset);

		if (written == -1 && errno == EINTR)
			continue;
		if (written <= 0) {
			errno = written == 0 ? ENOSPC : errno;
			return false;
		}
		at += written;
		len -= (size_t)written;
		offset += (uint64_t)written;
	}
	return true;
}

/* Fill it, and have all of it on the disk. */
static bool
fill(int fd, const struct mm_ledger_header *header)
{
	uint8_t bytes[MM_LEDGER_HEADER_LEN];
	int failure = posix_fallocate(fd, 0, (off_t)header->size_bytes);

	if (failure != 0) {
		errno = failure;
		return false;
	}
	mm_ledger_encode_header(header, bytes);
	return mm_ledger_write_at(fd, bytes, sizeof(bytes), 0) && fsync(fd) == 0;
}

int
mm_ledger_segment_make(int dir_fd, const struct mm_ledger_header *header)
{
	char name[MM_LEDGER_NAME_SIZE], name_new[MM_LEDGER_NAME_SIZE + 4];
	bool named = false;
	int fd, failure;

	mm_ledger_segment_name(header->number, name);
	(void)snprintf(name_new, sizeof(name_new), "%s.new", name);
	(void)unlinkat(dir_fd, name_new, 0);
	fd = openat(dir_fd, name_new, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	named = fill(fd, header) && renameat(dir_fd, name_new, dir_fd, name) == 0;
	if (named && fsync(dir_fd) == 0)
		return fd;
	failure = errno;
	close(fd);
	/* The next one follows what was before: with this one between, a reader would miss a segment. */
	(void)unlinkat(dir_fd, named ? name : name_new, 0);
	errno = failure;
	return -1;
}
