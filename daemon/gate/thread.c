/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads' own.
 */
#include "daemon/gate/thread.h"

#include <stdio.h>
#include <stdlib.h>

static void
free_thread(void *own)
{
	struct gate_thread *thread = own;

	for (size_t i = 0; i < GATE_KEPT_RESPONSES; i++)
		gate_kept_response_clear(&thread->kept[i]);
	mm_decision_free(&thread->decision);
	free(thread);
}

bool
gate_threads_begin(struct gate *gate)
{
	if (pthread_key_create(&gate->thread, free_thread) == 0)
		return true;
	fprintf(stderr, "mintmark-gate: no room for what its threads need\n");
	return false;
}

static struct gate_thread *
new_thread(void)
{
	struct gate_thread *thread = calloc(1, sizeof(*thread));

	if (thread == NULL)
		return NULL;
	thread->decision = mm_decision_new();
	if (thread->decision == NULL) {
		free(thread);
		return NULL;
	}
	return thread;
}

struct gate_thread *
gate_thread(const struct gate *gate)
{
	struct gate_thread *thread = pthread_getspecific(gate->thread);

	if (thread != NULL)
		return thread;
	thread = new_thread();
	if (thread != NULL && pthread_setspecific(gate->thread, thread) != 0) {
		free_thread(thread);
		return NULL;
	}
	return thread;
}
