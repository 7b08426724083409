/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gate does about refused tokens: those that want an autopsy get one, and what it finds is told.
 */
#ifndef MM_DAEMON_GATE_AUTOPSY_FINDING_H
#define MM_DAEMON_GATE_AUTOPSY_FINDING_H

#include "daemon/gate/decide.h"

#include <mintmark/version.h>

#include <stdbool.h>

/* Begin and end the gate's autopsies. False, told on standard error, where they cannot be had. */
MM_MUST_USE bool gate_autopsy_begin(struct gate *gate);
void gate_autopsy_end(struct gate *gate);

/* After a denial: offer the token, if its decision wants that. */
void gate_autopsy_consider(const struct gate_exchange *exchange, struct mm_slice token,
    const struct mm_decision *decision);

/* Once a second, by the control socket's thread: record what was not examined. */
void gate_autopsy_tick(struct gate *gate);

#endif
