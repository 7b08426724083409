/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from mintmarkd.
 */
#ifndef MM_DAEMON_LEDGER_CONTROL_H
#define MM_DAEMON_LEDGER_CONTROL_H

#include "daemon/ledger/state.h"

/*
 * Take everything up to LEDGER_START, waiting for it. False, said on standard error, where something is not as it
 * must.
 */
MM_MUST_USE bool ledger_control_set_up(struct ledger *ledger);

/* Take what came. */
enum ledger_end ledger_control_take(struct ledger *ledger);

#endif
