/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public sample data.
 */
#include "test/vectors/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PATH_LEN_MAX 4096

/* The largest sample has some tens of MiB. */
#define SAMPLE_LEN_MAX (256l * 1024 * 1024)

const char *
mm_sample_path(const char *name)
{
	static char path[PATH_LEN_MAX];
	const char *root = getenv("MINTMARK_DATA");

	snprintf(path, sizeof(path), "%s/%s", root == NULL || root[0] == '\0' ? "../shared/data" : root, name);
	return path;
}

bool
mm_sample_present(const char *folder, const char *cases)
{
	struct stat status;

	if (stat(mm_sample_path(folder), &status) == 0)
		return true;
	printf("not run, for there is no %s (set MINTMARK_DATA): %s\n", mm_sample_path(folder), cases);
	return false;
}

struct mm_slice
mm_sample_read(const char *path)
{
	FILE *file = fopen(mm_sample_path(path), "rb");
	struct stat status;
	char *bytes;

	if (file == NULL || fstat(fileno(file), &status) == -1 || status.st_size > SAMPLE_LEN_MAX) {
		fprintf(stderr, "cannot read %s\n", mm_sample_path(path));
		abort();
	}
	bytes = (char *)malloc((size_t)status.st_size + 1);
	if (bytes == NULL || fread(bytes, 1, (size_t)status.st_size, file) != (size_t)status.st_size) {
		fprintf(stderr, "cannot read %s\n", mm_sample_path(path));
		abort();
	}
	(void)fclose(file);
	return mm_slice(bytes, (size_t)status.st_size);
}
