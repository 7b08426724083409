/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a new gate is given, in the order of doc/PROTOCOL.ipc.
 */
#ifndef MM_DAEMON_MINTMARKD_HANDOVER_H
#define MM_DAEMON_MINTMARKD_HANDOVER_H

#include "daemon/mintmarkd/keeper.h"

#include <stdbool.h>

/* Send everything up to GATE_START. Returns false, and logs it, where something cannot be had or sent. */
bool mm_handover(struct mm_keeper *keeper);

/* Make a spare segment and send it. -1 with errno; it can be tried again. */
int mm_handover_spare(struct mm_keeper *keeper);

/*
 * Whether the TLS files of the configuration are regular files that can be opened, the key closed to other users; each
 * that is not is added to problems. Not checked here: that they are PEM and belong together.
 */
bool mm_handover_check_tls(const struct mm_config *config, struct mm_problems *problems);

#endif
