/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from and to mintmarkd.
 */
#ifndef MM_DAEMON_VERIFIER_CONTROL_H
#define MM_DAEMON_VERIFIER_CONTROL_H

#include "daemon/verifier/verifier.h"

/* Take everything up to VERIFIER_START. False, and said on standard error, where it cannot be used. */
MM_MUST_USE bool verifier_control_set_up(struct verifier *verifier);

/* Take one message that has come. */
MM_MUST_USE enum verifier_end verifier_control_take(struct verifier *verifier);

MM_MUST_USE bool verifier_control_ready(void);
void verifier_control_alarm(const char *text);

/* A pair with one that lives was given up: another one is wanted. */
void verifier_control_want_peer(enum mm_process process);
/* Text as a sealed memfd: the directory, or the answer to an operator. */
MM_MUST_USE bool verifier_control_send_directory(struct mm_slice text);
void verifier_control_send_answer(uint64_t number, bool done, struct mm_slice json);
void verifier_control_send_status(struct verifier *verifier);

#endif
