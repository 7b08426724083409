/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt what unpacks and converts a foreign log? However it is read, the text of a whole file is the same.
 * (How much of a damaged frame zstd gives before it says so depends on the room that it has.)
 */
#include "engine/logs/input.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Read all of it in pieces; sum becomes one over its bytes. Returns how it ended. */
static enum mm_logs_end
read_all(const char *path, size_t size, size_t room, uint64_t *sum)
{
	struct mm_logs_input *input = mm_logs_input_open(AT_FDCWD, path);
	const struct mm_logs_input_facts *facts;
	char *text = malloc(room);
	enum mm_logs_end ended;
	size_t len;

	if (input == NULL || text == NULL)
		abort();
	facts = mm_logs_input_facts(input);
	*sum = 0;
	while ((len = mm_logs_input_read(input, text, room)) > 0)
		for (size_t i = 0; i < len; i++)
			*sum = *sum * 31 + (uint8_t)text[i];
	if (facts->ended == MM_LOGS_GOING_ON || facts->raw_size != size)
		abort();
	*sum = *sum * 31 + facts->text_size;
	ended = facts->ended;
	free(text);
	mm_logs_input_free(&input);
	return ended;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	uint64_t one, other;
	enum mm_logs_end ended;
	char path[64];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ended = read_all(path, size, MM_LOGS_ROOM_MIN + 1, &one);
	if (read_all(path, size, 65536, &other) != ended || (ended == MM_LOGS_WHOLE && one != other))
		abort();
	(void)close(fd);
	return 0;
}
