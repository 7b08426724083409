/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For scripts: the file that a test shares with the library of steps.c.
 *
 *	steps FILE new                          make it; every user may write it
 *	steps FILE arm PROGRAM HOW N            from now on, once; HOW: count, before and behind (it is killed), eio
 *	steps FILE calm                         nothing happens any more
 *	steps FILE clock SECONDS                the time of day is so far ahead
 *	steps FILE tell                         prints CALLS HITS CALL
 */
#include "test/steps.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const words[] = {
	[STEPS_COUNT] = "count",
	[STEPS_KILL_BEFORE] = "before",
	[STEPS_KILL_AFTER] = "behind",
	[STEPS_EIO] = "eio",
};

#define WORD_COUNT (sizeof(words) / sizeof(words[0]))

static int
usage(void)
{
	fputs("usage: steps FILE new|arm PROGRAM HOW N|calm|clock SECONDS|tell\n", stderr);
	return 2;
}

static struct steps *
open_steps(const char *path, bool is_new)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | (is_new ? O_CREAT | O_EXCL : 0), 0600);
	void *memory;

	if (fd == -1 || (is_new && (ftruncate(fd, sizeof(struct steps)) == -1 || fchmod(fd, 0666) == -1)))
		return NULL;
	memory = mmap(NULL, sizeof(struct steps), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return memory == MAP_FAILED ? NULL : memory;
}

/* WORD_COUNT: there is no such word. */
static uint32_t
find_how(const char *word)
{
	uint32_t how = 0;

	while (how < WORD_COUNT && strcmp(words[how], word) != 0)
		how++;
	return how;
}

static int
arm(struct steps *steps, char **argv)
{
	uint32_t how = find_how(argv[1]);

	if (how == WORD_COUNT)
		return usage();
	steps->how = STEPS_COUNT;
	(void)snprintf(steps->victim, sizeof(steps->victim), "%s", argv[0]);
	steps->calls = steps->hits = 0;
	memset(steps->call, 0, sizeof(steps->call));
	steps->first = steps->last = (uint32_t)strtoul(argv[2], NULL, 10);
	steps->how = how;
	return 0;
}

int
main(int argc, char **argv)
{
	const char *verb = argc < 3 ? "" : argv[2];
	struct steps *steps = argc < 3 ? NULL : open_steps(argv[1], strcmp(verb, "new") == 0);

	if (steps == NULL) {
		perror("steps");
		return usage();
	}
	if (strcmp(verb, "arm") == 0 && argc == 6)
		return arm(steps, argv + 3);
	if (strcmp(verb, "calm") == 0)
		steps->how = STEPS_COUNT;
	else if (strcmp(verb, "clock") == 0 && argc == 4)
		steps->clock_offset_s = strtoll(argv[3], NULL, 10);
	else if (strcmp(verb, "tell") == 0)
		printf("%u %u %s\n", steps->calls, steps->hits, steps->call[0] == '\0' ? "-" : steps->call);
	else if (strcmp(verb, "new") != 0)
		return usage();
	return 0;
}
