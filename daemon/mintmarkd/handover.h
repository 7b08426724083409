/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a gate is given, in the order of doc/PROTOCOL.ipc.
 */
#ifndef MM_DAEMON_MINTMARKD_HANDOVER_H
#define MM_DAEMON_MINTMARKD_HANDOVER_H

#include "daemon/ipc/limits.h"
#include "daemon/mintmarkd/mintmarkd.h"

#include <stdbool.h>

/* The gate's name in records: the host's, cut. */
void mm_handover_gate_name(char name[MM_GATE_NAME_MAX + 1]);

/* Send everything up to GATE_START. Returns false, and logs it, where something cannot be had or sent. */
bool mm_handover(struct mm_mintmarkd *mintmarkd);

/* Send callers, proxies and snapshot to a gate that runs: from then on it decides by them. False as above. */
bool mm_handover_view(struct mm_mintmarkd *mintmarkd);

/* Make a spare segment and send it. -1 with errno; it can be tried again. */
int mm_handover_spare(struct mm_mintmarkd *mintmarkd);

#endif
