/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handler calls nothing but what signal-safety(7) allows.
 */
#include "cli/interrupt.h"

#include "lib/base/array.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

static _Atomic int line_fd = -1;
static _Atomic int folder_fd = -1;
static const char *const *_Atomic file_names;

static void
put_right(int number)
{
	int line = atomic_load(&line_fd);
	const char *const *names = atomic_load(&file_names);

	/* What was shown stays, and the prompt stands on a line of its own. */
	if (line != -1)
		(void)!write(line, "\n", 1);
	while (names != NULL && *names != NULL)
		(void)unlinkat(atomic_load(&folder_fd), *names++, 0);
	/* SA_RESETHAND: this time it ends the process. */
	(void)raise(number);
}

void
mm_interrupt_catch(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_flags = (int)SA_RESETHAND }, before;

	action.sa_handler = put_right;
	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < MM_COUNT_OF(numbers); i++) {
		/* Under nohup(1) a hang-up is ignored. */
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			(void)sigaction(numbers[i], &action, NULL);
	}
}

void
mm_interrupt_line(int fd)
{
	atomic_store(&line_fd, fd);
}

void
mm_interrupt_files(int dir_fd, const char *const *names)
{
	atomic_store(&file_names, NULL);
	atomic_store(&folder_fd, dir_fd);
	atomic_store(&file_names, names);
}
