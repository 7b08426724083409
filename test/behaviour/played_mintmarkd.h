/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the programs that play mintmarkd for one real process of it: its start and its end.
 */
#ifndef TEST_BEHAVIOUR_PLAYED_MINTMARKD_H
#define TEST_BEHAVIOUR_PLAYED_MINTMARKD_H

#include <sys/types.h>

/* Whom processes run as where root plays. */
#define NOBODY 65534

/* The process, and our end of its control socket. */
extern pid_t child;
extern int control;

/* Enter mintmarkd's sandbox, which the process inherits, and start it as mintmarkd would. Prints "NAME PID". */
void start_child(const char *name, const char *program);

/* Wait for its end, and print "end STATUS" or "end signal NUMBER". */
void wait_for_child(void);

/* Something of ours failed (errno): end all of it. */
void die(const char *what) __attribute__((noreturn));

#endif
