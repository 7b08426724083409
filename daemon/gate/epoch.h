/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The next view: what belongs into it is collected as it comes from mintmarkd, a snapshot completes it, and then the
 * gate decides by it. The control socket's thread does all of this; the threads that answer take what is current.
 */
#ifndef MM_DAEMON_GATE_EPOCH_H
#define MM_DAEMON_GATE_EPOCH_H

#include "daemon/gate/gate.h"

/* Payload and descriptor of GATE_KEYS. False, told on standard error and as an alarm, where the list is not good. */
MM_MUST_USE bool gate_epoch_add_list(struct gate *gate, const unsigned char *payload, size_t len, int fd);

/* Payloads of GATE_CALLER and GATE_PROXY, for the next view. False, told on standard error, where one is not good. */
MM_MUST_USE bool gate_epoch_add_caller(struct gate *gate, const unsigned char *payload, size_t len);
MM_MUST_USE bool gate_epoch_add_proxy(struct gate *gate, const unsigned char *payload, size_t len);

/*
 * Load a snapshot from sealed memory for the next view. NULL, or why it cannot be used; the next view has no trust
 * then.
 */
MM_MUST_USE const char *gate_epoch_load(struct gate *gate, int fd);

/* Make the first view current. False where memory or descriptors are short. */
MM_MUST_USE bool gate_epoch_begin(struct gate *gate);

/*
 * A snapshot while the gate answers: with what came before it, it is the new view. What it cannot be used for is an
 * alarm, and the old view stays. fd stays the caller's.
 */
void gate_epoch_replace(struct gate *gate, int fd);

/* Free the views that ended, and tell mintmarkd the epoch of the oldest that is used, where it does not know. */
void gate_epoch_settle(struct gate *gate);

/* Write an event into the journal: what happened, under the current epoch. */
void gate_epoch_tell_event(struct gate *gate, const char *what);

#endif
