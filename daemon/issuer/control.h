/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The issuer's side of the control socket from mintmarkd, and of the sockets to verifier and ledger: the first thread.
 */
#ifndef MM_DAEMON_ISSUER_CONTROL_H
#define MM_DAEMON_ISSUER_CONTROL_H

#include "daemon/issuer/issuer.h"

#include <mintmark/version.h>

#include <stdbool.h>

/*
 * Take everything that mintmarkd sends, up to ISSUER_START. False, told on standard error, where it is incomplete,
 * cannot be used, or mintmarkd went away: the issuer must exit then.
 */
MM_MUST_USE bool issuer_control_set_up(struct issuer *issuer);

/* Tell that it answers. */
MM_MUST_USE bool issuer_control_send_ready(void);

/* Why serving ended. */
enum issuer_end {
	ISSUER_END_STOP, /* mintmarkd wants it */
	ISSUER_END_GONE, /* mintmarkd is gone, or the socket is broken */
};

/* Carry questions and answers, take new keys and peers, until the end. */
enum issuer_end issuer_control_serve(struct issuer *issuer);

/*
 * What comes behind the stop: go on carrying until everything is answered or the time is over. What is left is the
 * caller's to close.
 */
void issuer_control_drain(struct issuer *issuer);

#endif
