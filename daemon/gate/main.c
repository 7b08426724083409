/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark-gate: answers the services' questions. mintmarkd starts it, and hands it everything it needs.
 */
#include "daemon/gate/autopsy_finding.h"
#include "daemon/gate/control.h"
#include "daemon/gate/decide.h"
#include "daemon/gate/epoch.h"
#include "daemon/gate/evidence.h"
#include "daemon/gate/http.h"
#include "daemon/gate/ledger.h"
#include "daemon/gate/thread.h"
#include "daemon/ipc/child.h"
#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "daemon/sandbox/sandbox.h"

#include <stdio.h>
#include <stdlib.h>

static void
want_segment(void *ctx)
{
	gate_control_want_segment(ctx);
}

static void
alarm_hook(void *ctx, const char *text)
{
	gate_control_alarm(ctx, text);
}

static bool
open_journal(struct gate *gate)
{
	const struct mm_journal_hooks hooks = { want_segment, alarm_hook, gate };

	gate->journal = mm_journal_open(MM_JOURNAL_GATE, gate->journal_mode, &hooks);
	if (gate->journal == NULL)
		return false;
	for (size_t i = 0; i < gate->segment_count; i++)
		if (!mm_journal_add_segment(gate->journal, gate->segments[i]))
			gate_control_alarm(gate, "a journal segment cannot be used");
	gate->segment_count = 0;
	return true;
}

static bool
start(struct gate *gate)
{
	if (!gate_control_set_up(gate) || !mm_message_make_prompt(MM_CONTROL_FD) || !gate_evidence_begin(gate) ||
	    !gate_decide_begin(gate))
		return false;
	gate_http_prepare(gate);
	mm_sandbox_prepare();
	if (!mm_sandbox_enter(MM_PROCESS_GATE, gate->uid, gate->gid))
		return false;
	if (!gate_epoch_begin(gate))
		return false;
	if (!gate_threads_begin(gate))
		return false;
	if (!open_journal(gate)) {
		fprintf(stderr, "mintmark-gate: no memory or threads for the journal\n");
		return false;
	}
	if (!gate_autopsy_begin(gate) || !gate_ledger_begin(gate))
		return false;
	gate_epoch_tell_event(gate, "gate started");
	gate_findings_tell(gate, gate_views_newest(&gate->views)->trust);
	return gate_http_start(gate) && gate_control_send_ready(gate->epoch_told);
}

/* Where mintmarkd is gone nobody watches: answer no more, keep what was decided. */
static bool
stop(struct gate *gate, enum gate_end end)
{
	if (end == GATE_END_STOP)
		gate_http_stop(gate);
	else
		gate_http_abort(gate);
	gate_ledger_end(gate);
	gate_autopsy_end(gate);
	gate_epoch_tell_event(gate, end == GATE_END_STOP ? "gate stopped" : "gate ended without mintmarkd");
	return mm_journal_close(&gate->journal) && end == GATE_END_STOP;
}

static void
clear(struct gate *gate)
{
	gate_ledger_end(gate);
	gate_autopsy_end(gate);
	if (gate->journal != NULL)
		(void)mm_journal_close(&gate->journal);
	gate_decide_end(gate);
	gate_evidence_end(gate);
	gate_view_free(&gate->next);
	gate_views_clear(&gate->views);
	gate_mint_keys_clear(&gate->mint_keys);
	gate_findings_clear(&gate->findings);
	gate_metrics_clear(&gate->metrics);
}

int
main(void)
{
	static struct gate gate;
	bool stopped = false;

	if (!mm_child_begin("mintmark-gate"))
		return 2;
	if (start(&gate))
		stopped = stop(&gate, gate_control_serve(&gate));
	else
		gate_http_abort(&gate);
	clear(&gate);
	return stopped ? EXIT_SUCCESS : EXIT_FAILURE;
}
