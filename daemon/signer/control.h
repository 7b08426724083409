/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from and to mintmarkd: those of the set-up before SIGNER_START, in any order; afterwards tenants, a new
 * ledger, and the stop.
 */
#ifndef MM_DAEMON_SIGNER_CONTROL_H
#define MM_DAEMON_SIGNER_CONTROL_H

#include "daemon/signer/signer.h"

/* Take what comes before the start. False, said on standard error, where it cannot be used. */
MM_MUST_USE bool signer_control_set_up(struct signer *signer);

/* It serves from now on: nothing at the control socket waits. */
MM_MUST_USE bool signer_control_ready(void);

/* Take what came since. */
enum signer_end signer_control_take(struct signer *signer);

/* An alarm for the log. One that mintmarkd has no room for is lost. */
void signer_control_alarm(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The pair with a ledger that lives was given up: another one is wanted. */
void signer_control_want_peer(void);

/* An alarm of what the ledger sent. */
void signer_control_complain(struct signer_complaints *complaints, const char *fault);

#endif
