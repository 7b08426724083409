/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection at the control socket: question, answer, end. Nothing here waits.
 */
#ifndef MM_DAEMON_DESK_CONNECTION_H
#define MM_DAEMON_DESK_CONNECTION_H

#include "daemon/desk/desk.h"

/* Let in who stands at the door, or tell him why not. False where there is nobody (more). */
bool desk_connection_accept(struct desk *desk, int64_t now_ms);

/* What poll() should wait for. */
short desk_connection_waits_for(const struct desk_connection *connection);

/* Go on after poll(): take, pour and send what can be. revents: what poll() said, 0 where only time went by. */
void desk_connection_go_on(struct desk *desk, struct desk_connection *connection, short revents, int64_t now_ms);

/* mintmarkd's answer to a question: text, one JSON object. Who asked may have gone meanwhile. */
void desk_connection_answer(struct desk *desk, uint64_t question, struct mm_slice text, int64_t now_ms);

/* When it has to be looked at again at the latest; INT64_MAX: when poll() says so. */
int64_t desk_connection_due_ms(const struct desk_connection *connection, int64_t now_ms);

void desk_connection_close(struct desk_connection *connection);

#endif
