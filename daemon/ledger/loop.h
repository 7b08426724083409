/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's loop.
 */
#ifndef MM_DAEMON_LEDGER_LOOP_H
#define MM_DAEMON_LEDGER_LOOP_H

#include "daemon/ledger/state.h"

/* Recover, say that it is ready, and serve until the end. */
enum ledger_end ledger_serve(struct ledger *ledger);

/* Take an end of a new pair (LEDGER_PEER); false: there can be no such peer. fd is the ledger's where it is true. */
MM_MUST_USE bool ledger_take_peer(struct ledger *ledger, int fd, enum mm_process process, uint16_t number);

/* Free everything, and wipe what is secret. */
void ledger_clear(struct ledger *ledger);

#endif
