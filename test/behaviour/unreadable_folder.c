/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into a command: a folder whose path ends with $UNREADABLE gives its first entries, and then cannot be read,
 * as on a disk that fails.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Itself and the one above it. */
#define READABLE_ENTRIES 2

static bool
is_it(DIR *dir)
{
	const char *ending = getenv("UNREADABLE");
	char link[64], path[PATH_MAX];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd(dir));
	len = readlink(link, path, sizeof(path));
	return ending != NULL && len >= (ssize_t)strlen(ending) &&
	    memcmp(path + len - strlen(ending), ending, strlen(ending)) == 0;
}

__attribute__((visibility("default"))) struct dirent *
readdir(DIR *dir)
{
	static unsigned count;
	union {
		void *object;
		struct dirent *(*function)(DIR *dir);
	} real = { dlsym(RTLD_NEXT, "readdir") };

	if (!is_it(dir) || ++count <= READABLE_ENTRIES)
		return real.function(dir);
	errno = EIO;
	return NULL;
}
