/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's side of the control socket from mintmarkd.
 */
#ifndef MM_DAEMON_GATE_CONTROL_H
#define MM_DAEMON_GATE_CONTROL_H

#include "daemon/gate/gate.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>

/*
 * Take everything that mintmarkd sends, up to GATE_START. False, told on standard error, where it is incomplete,
 * cannot be used, or mintmarkd went away: the gate must exit then.
 */
MM_MUST_USE bool gate_control_set_up(struct gate *gate);

/* Why serving ended. */
enum gate_end {
	GATE_END_STOP, /* mintmarkd wants it */
	GATE_END_GONE, /* mintmarkd is gone, or the socket is broken */
};

/* Take further messages until the end, new views among them; look after what must not wait for messages. */
enum gate_end gate_control_serve(struct gate *gate);

/* Tell that the gate answers by this epoch; that it makes no decision by an older one any more. They never wait. */
MM_MUST_USE bool gate_control_send_ready(uint64_t epoch);
MM_MUST_USE bool gate_control_send_epoch(uint64_t epoch);

/* The pair with the ledger is broken: ask for another one. Any thread; it never waits. */
void gate_control_want_peer(void);

/* Ask for a journal segment; tell an alarm. Any thread; they never wait. */
void gate_control_want_segment(struct gate *gate);
void gate_control_alarm(struct gate *gate, const char *text);

#endif
