/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going through a folder.
 */
#include "engine/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

DIR *
mm_folder_open(int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;
	DIR *folder = fd == -1 ? NULL : fdopendir(fd);

	if (folder == NULL && fd != -1) {
		error = errno;
		close(fd);
		errno = error;
	}
	return folder;
}

const struct dirent *
mm_folder_next(DIR *folder)
{
	errno = 0;
	return readdir(folder);
}

void
mm_folder_close(DIR *folder)
{
	int error = errno;

	if (folder != NULL)
		closedir(folder);
	errno = error;
}
