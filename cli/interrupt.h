/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is put right when the user ends the command by a signal: the line of a progress bar, a file that is half
 * written. The command then ends by that signal, as if it had never been caught.
 *
 * One thread at a time calls these.
 */
#ifndef MM_CLI_INTERRUPT_H
#define MM_CLI_INTERRUPT_H

#include <stdbool.h>

/* Catch SIGINT, SIGTERM and SIGHUP from now on, those that are not ignored. */
void mm_interrupt_catch(void);

/* The terminal behind fd has a line that is not ended; -1: none has. */
void mm_interrupt_line(int fd);

/*
 * Files of a folder that go, where they are there; names NULL: none do. NULL stands behind the last; borrowed until the
 * next call.
 */
void mm_interrupt_files(int dir_fd, const char *const *names);

#endif
