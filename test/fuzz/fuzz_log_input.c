/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt what unpacks and converts a foreign log? However it is read, the text is the same, and bounded.
 */
#include "engine/logs/input.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Read all of it in pieces; returns a sum over its bytes. */
static uint64_t
read_all(const char *path, size_t size, size_t room)
{
	struct mm_logs_input *input = mm_logs_input_open(AT_FDCWD, path);
	const struct mm_logs_input_facts *facts;
	char *text = malloc(room);
	uint64_t sum = 0;
	size_t len;

	if (input == NULL || text == NULL)
		abort();
	facts = mm_logs_input_facts(input);
	while ((len = mm_logs_input_read(input, text, room)) > 0)
		for (size_t i = 0; i < len; i++)
			sum = sum * 31 + (uint8_t)text[i];
	if (facts->ended == MM_LOGS_GOING_ON || facts->raw_size != size)
		abort();
	sum = sum * 31 + facts->text_size;
	sum = sum * 31 + facts->ended;
	free(text);
	mm_logs_input_free(&input);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	char path[64];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (read_all(path, size, MM_LOGS_ROOM_MIN + 1) != read_all(path, size, 65536))
		abort();
	(void)close(fd);
	return 0;
}
