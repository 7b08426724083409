/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark(1): one command with subcommands.
 */
#include "cli/command.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

/* Whether everything that was printed arrived; a full disk shows only here. */
static int
close_output(void)
{
	if (ferror(stdout) == 0 && fclose(stdout) == 0)
		return 0;
	fprintf(stderr, "mintmark: standard output: %s\n", strerror(errno));
	return -1;
}

int
main(int argc, char **argv)
{
	int status;

	/* Characters of the terminal only: numbers and times stay those of the C locale. */
	setlocale(LC_CTYPE, "");
	status = mm_command_run(argc, argv);
	/* An answer that nobody could read is none. */
	if (close_output() == -1 && status == MM_EXIT_DONE)
		return MM_EXIT_DENIED;
	return status;
}
