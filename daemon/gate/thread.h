/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each thread that answers has of its own, made at its first request and freed at its end.
 */
#ifndef MM_DAEMON_GATE_THREAD_H
#define MM_DAEMON_GATE_THREAD_H

#include "daemon/gate/gate.h"
#include "daemon/gate/response.h"

#include <mintmark/decide.h>

struct gate_thread {
	struct mm_decision *decision;
	struct gate_kept_response kept[GATE_KEPT_RESPONSES];
};

/* Before the first of them. False, told on standard error, where there are too many keys or no memory. */
MM_MUST_USE bool gate_threads_begin(struct gate *gate);

/* The calling thread's; NULL where memory is short. */
struct gate_thread *gate_thread(const struct gate *gate);

#endif
