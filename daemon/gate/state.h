/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gate tells mintmarkd of its state, for 'mintmark status' (doc/PROTOCOL.control, 3.6).
 */
#ifndef MM_DAEMON_GATE_STATE_H
#define MM_DAEMON_GATE_STATE_H

#include "daemon/gate/gate.h"
#include "lib/base/buf.h"

/* Write it as a JSON object. By the control socket's thread alone. */
void gate_state_write(struct gate *gate, struct mm_buf *out);

#endif
