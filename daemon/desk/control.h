/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from and to mintmarkd, as doc/PROTOCOL.ipc says.
 */
#ifndef MM_DAEMON_DESK_CONTROL_H
#define MM_DAEMON_DESK_CONTROL_H

#include "daemon/desk/desk.h"

/* Receive everything up to DESK_START. False, and told on standard error, where it does not come. */
MM_MUST_USE bool desk_control_set_up(struct desk *desk);

/* Ask mintmarkd what a connection asks, by its number. False where that cannot be sent now. */
MM_MUST_USE bool desk_control_ask(struct desk_connection *connection);

enum desk_end {
	DESK_END_NOT,  /* go on */
	DESK_END_STOP, /* mintmarkd said so */
	DESK_END_GONE, /* mintmarkd went away, or sent what it must not */
};

/* Take what lies in the socket. */
MM_MUST_USE enum desk_end desk_control_take(struct desk *desk, int64_t now_ms);

#endif
