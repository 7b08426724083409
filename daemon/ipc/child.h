/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process that mintmarkd starts does first.
 */
#ifndef MM_DAEMON_IPC_CHILD_H
#define MM_DAEMON_IPC_CHILD_H

#include <mintmark/version.h>

#include <stdbool.h>

/*
 * Whether mintmarkd started this program, as its control socket says; said on standard error where it did not. From
 * then on signals that end programs are ignored: mintmarkd tells when to stop, and its death is seen at the socket.
 */
MM_MUST_USE bool mm_child_begin(const char *program);

#endif
