/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ledger says of itself, each second.
 */
#ifndef MM_DAEMON_LEDGER_STATUS_H
#define MM_DAEMON_LEDGER_STATUS_H

#include "daemon/ledger/state.h"

#define LEDGER_STATUS_MS 1000

/* Returns when it wants to be called again (CLOCK_BOOTTIME). */
int64_t ledger_status_tick(struct ledger *ledger, int64_t now_ms);

#endif
