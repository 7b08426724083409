/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going through a folder. On a disk that fails its end and an error look alike, and what could not be read would be
 * taken for what is not there.
 */
#ifndef MM_ENGINE_FOLDER_H
#define MM_ENGINE_FOLDER_H

#include <dirent.h>

/* A folder, from its beginning; "." is dir_fd's own. NULL with errno. Close it afterwards. */
DIR *mm_folder_open(int dir_fd, const char *path);

/* The next entry, the folder itself and the one above it among them; NULL with errno, which is 0 at the end. */
const struct dirent *mm_folder_next(DIR *folder);

/* Leaves errno as it is; NULL does nothing. */
void mm_folder_close(DIR *folder);

#endif
