/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recovery: from the files to the state, and a new term.
 */
#ifndef MM_DAEMON_LEDGER_RECOVER_H
#define MM_DAEMON_LEDGER_RECOVER_H

#include "daemon/ledger/state.h"

/*
 * Read secrets and ledger. What is damaged or not there is told (damage, secrets_fault), and then nothing is issued;
 * false only where memory is short or libcrypto fails.
 */
MM_MUST_USE bool ledger_recover(struct ledger *ledger);

/* Open the writer and begin a term, if nothing is damaged; tried again later where the disk does not let it. */
void ledger_begin_recording(struct ledger *ledger);

/*
 * Record the beginning of the term, with the writer there: at first, and again where it was lost with the disk. False
 * where that cannot be; ledger_trouble() says so then.
 */
MM_MUST_USE bool ledger_begin_term(struct ledger *ledger);

#endif
