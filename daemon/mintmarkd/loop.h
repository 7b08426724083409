/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmarkd's loop: signals, the gate's socket, deadlines.
 */
#ifndef MM_DAEMON_MINTMARKD_LOOP_H
#define MM_DAEMON_MINTMARKD_LOOP_H

#include "daemon/mintmarkd/keeper.h"

#include <stdbool.h>

/*
 * Take SIGTERM, SIGINT, SIGHUP and SIGCHLD as a descriptor instead of as they come; SIGPIPE not at all. -1, logged,
 * where that cannot be had. To be called before the gate is started.
 */
int mm_loop_open_signals(void);

/*
 * Keep the gate until a signal asks to stop, tell systemd how it stands, and stop. Returns false where the gate
 * never got ready: there is no use in trying on.
 */
bool mm_loop_run(struct mm_keeper *keeper, int signal_fd);

#endif
