/* SPDX-License-Identifier: Apache-2.0 */
/* The epoch's file: written beside, synced, renamed. */
#include "daemon/mintmarkd/epoch.h"

#include "daemon/mintmarkd/log.h"
#include "engine/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EPOCH_FILE "epoch"
#define EPOCH_NEW_FILE "epoch.new"

/* Digits of the largest number, and a newline. */
#define EPOCH_LEN_MAX 21

/* Exactly digits, without a leading zero, and one newline; below the largest number, so that one more fits. */
static bool
parse(const char *text, size_t len, uint64_t *epoch)
{
	uint64_t value = 0;

	if (len < 2 || text[len - 1] != '\n' || text[0] == '0')
		return false;
	for (size_t i = 0; i < len - 1; i++) {
		if (text[i] < '0' || text[i] > '9' || value > (UINT64_MAX - 10) / 10)
			return false;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	*epoch = value;
	return true;
}

bool
mm_epoch_next(int state_dir_fd, uint64_t *epoch)
{
	size_t len = 0;
	char *text = mm_file_read(state_dir_fd, EPOCH_FILE, EPOCH_LEN_MAX, &len);
	bool ok;

	if (text == NULL && errno == ENOENT) {
		*epoch = 1;
		return true;
	}
	if (text == NULL) {
		mm_log(LOG_ERR, "the file '" EPOCH_FILE "' of state_dir cannot be read: %s",
		    mm_file_failure_text(errno));
		return false;
	}
	ok = parse(text, len, epoch);
	free(text);
	if (!ok)
		mm_log(LOG_ERR, "the file '" EPOCH_FILE "' of state_dir is damaged: write into it a number that is "
		                "larger than any epoch in the journal");
	else
		++*epoch;
	return ok;
}

static bool
write_new(int state_dir_fd, uint64_t epoch)
{
	/* O_NONBLOCK: a pipe of that name, which nobody reads, must not hold us for ever. */
	int fd = openat(state_dir_fd, EPOCH_NEW_FILE,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	char text[EPOCH_LEN_MAX + 1];
	int len = snprintf(text, sizeof(text), "%" PRIu64 "\n", epoch);
	bool ok;

	if (fd == -1)
		return false;
	ok = write(fd, text, (size_t)len) == len && fsync(fd) == 0;
	close(fd);
	return ok;
}

bool
mm_epoch_keep(int state_dir_fd, uint64_t epoch)
{
	if (write_new(state_dir_fd, epoch) && renameat(state_dir_fd, EPOCH_NEW_FILE, state_dir_fd, EPOCH_FILE) == 0 &&
	    fsync(state_dir_fd) == 0)
		return true;
	mm_log(LOG_ERR, "the epoch cannot be written to state_dir: %s", strerror(errno));
	return false;
}
