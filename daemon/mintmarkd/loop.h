/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmarkd's loop: signals, the sockets of its processes and of followers, deadlines.
 */
#ifndef MM_DAEMON_MINTMARKD_LOOP_H
#define MM_DAEMON_MINTMARKD_LOOP_H

#include "daemon/mintmarkd/mintmarkd.h"

#include <stdbool.h>

/*
 * Take SIGTERM, SIGINT, SIGHUP and SIGCHLD as a descriptor instead of as they come; SIGPIPE not at all. -1, logged,
 * where that cannot be had. To be called before any process is started.
 */
int mm_loop_open_signals(void);

/*
 * Keep the processes until a signal asks to stop, tell systemd how the gate stands, and stop. Returns false where the
 * gate never got ready: there is no use in trying on.
 */
bool mm_loop_run(struct mm_mintmarkd *mintmarkd, int signal_fd);

#endif
