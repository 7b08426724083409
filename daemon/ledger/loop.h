/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's loop.
 */
#ifndef MM_DAEMON_LEDGER_LOOP_H
#define MM_DAEMON_LEDGER_LOOP_H

#include "daemon/ledger/state.h"

/* Recover, say that it is ready, and serve until the end. */
enum ledger_end ledger_serve(struct ledger *ledger);

/* Free everything, and wipe what is secret. */
void ledger_clear(struct ledger *ledger);

#endif
