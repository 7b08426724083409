/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders are listed one at a time, sorted, and gone into in that order.
 */
#include "engine/logs/paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int
append(struct mm_logs_paths *paths, char *path, size_t paths_max)
{
	if (paths->count == paths->room) {
		size_t room = paths->room == 0 ? 64 : paths->room * 2;
		char **items = reallocarray(paths->items, room, sizeof(*items));

		if (items == NULL)
			return -1;
		paths->items = items;
		paths->room = room;
	}
	if (paths->count == paths_max) {
		errno = E2BIG;
		return -1;
	}
	paths->items[paths->count++] = path;
	return 0;
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static char *
join(const char *folder, const char *name)
{
	size_t len = strlen(folder);
	char *path;

	if (asprintf(&path, "%s%s%s", folder, len > 0 && folder[len - 1] == '/' ? "" : "/", name) < 0) {
		errno = ENOMEM;
		return NULL;
	}
	return path;
}

static int add_folder(struct mm_logs_paths *paths, const char *folder, unsigned folders_max, size_t paths_max);

/* What is neither file nor folder cannot be a log. */
static int
add_entry(struct mm_logs_paths *paths, const char *folder, const char *name, unsigned folders_max, size_t paths_max)
{
	char *path = join(folder, name);
	struct stat status;
	int result = 0;

	if (path == NULL)
		return -1;
	if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && folders_max > 0)
		result = add_folder(paths, path, folders_max - 1, paths_max);
	else if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
		result = append(paths, path, paths_max);
		if (result == 0)
			return 0;
	}
	free(path);
	return result;
}

static int
add_copy(struct mm_logs_paths *paths, const char *path, size_t paths_max)
{
	char *copy = strdup(path);

	if (copy == NULL)
		return -1;
	if (append(paths, copy, paths_max) == 0)
		return 0;
	free(copy);
	return -1;
}

static int
add_folder(struct mm_logs_paths *paths, const char *folder, unsigned folders_max, size_t paths_max)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_shown, by_bytes), result = 0;

	if (count < 0)
		return errno == ENOMEM ? -1 : add_copy(paths, folder, paths_max);
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = add_entry(paths, folder, entries[i]->d_name, folders_max, paths_max);
		free(entries[i]);
	}
	free(entries);
	return result;
}

int
mm_logs_paths_add(struct mm_logs_paths *paths, const char *path, unsigned folders_max, size_t paths_max)
{
	struct stat status;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return add_folder(paths, path, folders_max, paths_max);
	return add_copy(paths, path, paths_max);
}

void
mm_logs_paths_clear(struct mm_logs_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->items[i]);
	free(paths->items);
	*paths = (struct mm_logs_paths){ 0 };
}
