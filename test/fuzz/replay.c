/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives a fuzz target every file of the folders named, once, so that any compiler and any sanitizer runs what
 * the fuzzer ever found. Ends with 1 where a folder or file cannot be read or there is none: a lost corpus
 * must not look like a passed one.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* libFuzzer's own default is 4 KiB; seeds of documents are larger. */
#define INPUT_LEN_MAX (4 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file's bytes in a block of exactly their length, so that a sanitizer sees a read past the end. */
static uint8_t *
read_input(const char *path, size_t *len)
{
	struct stat status;
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = NULL;

	if (file == NULL)
		return NULL;
	if (fstat(fileno(file), &status) == 0 && status.st_size <= INPUT_LEN_MAX) {
		*len = (size_t)status.st_size;
		bytes = malloc(*len == 0 ? 1 : *len);
	}
	if (bytes != NULL && fread(bytes, 1, *len, file) != *len) {
		free(bytes);
		bytes = NULL;
	}
	(void)fclose(file);
	return bytes;
}

static bool
replay_file(const char *path)
{
	size_t len = 0;
	uint8_t *bytes = read_input(path, &len);

	if (bytes == NULL) {
		(void)fprintf(stderr, "replay: %s: cannot be read: %s\n", path, strerror(errno));
		return false;
	}
	(void)LLVMFuzzerTestOneInput(bytes, len);
	free(bytes);
	return true;
}

static bool
replay_folder(const char *folder, unsigned *replayed)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;
	char path[4096];
	bool good = true;

	if (entries == NULL) {
		(void)fprintf(stderr, "replay: %s: %s\n", folder, strerror(errno));
		return false;
	}
	while (good && (entry = readdir(entries)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		good = replay_file(path);
		*replayed += good;
	}
	(void)closedir(entries);
	return good;
}

int
main(int argc, char **argv)
{
	unsigned replayed = 0;

	for (int i = 1; i < argc; i++)
		if (!replay_folder(argv[i], &replayed))
			return 1;
	(void)printf("%u inputs replayed\n", replayed);
	return replayed == 0;
}
