/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping the gate. */
#include "daemon/mintmarkd/gate.h"

#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/handover.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/mintmarkd.h"
#include "daemon/mintmarkd/tls.h"
#include "lib/base/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Three paths, with what tells one file from another. */
#define TLS_FILES_MAX ((size_t)16 * 1024)

/* A pair that breaks at once is not made faster than this. */
#define PEER_COOL_DOWN_MS 200

/* A full disk is looked at again after this. */
#define SEGMENT_RETRY_MS 5000

/* ---- the journal ---- */

/* Make a spare segment; where that fails, again later. The gate writes on in what it has. */
static void
try_spare(struct mm_mintmarkd *mintmarkd)
{
	struct mm_gate *gate = &mintmarkd->gate;

	gate->segment_retry_ms = MM_NEVER_MS;
	if (mm_handover_spare(mintmarkd) == 0) {
		if (gate->told_full)
			mm_log(LOG_NOTICE, "a journal segment could be made again");
		gate->told_full = false;
		return;
	}
	if (errno == EBUSY)
		return;
	if (!gate->told_full)
		mm_log(LOG_ALERT, "alarm: no further journal segment can be made in %s/journal: %s: the gate will deny "
		                  "everything when the present one is full",
		    mintmarkd->first->config->state_dir, strerror(errno));
	gate->told_full = true;
	gate->segment_retry_ms = mm_clock_ms() + SEGMENT_RETRY_MS;
}

static bool
take_want_segment(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	(void)message;
	if (mintmarkd->gate.keeper.child.pid != 0 && mm_keeper_serves(&mintmarkd->gate.keeper))
		try_spare(mintmarkd);
	return true;
}

int64_t
mm_gate_deadline_ms(const struct mm_gate *gate)
{
	return gate->segment_retry_ms;
}

void
mm_gate_check_time(struct mm_gate *gate)
{
	if (mm_clock_ms() >= gate->segment_retry_ms && mm_keeper_serves(&gate->keeper))
		try_spare(gate->keeper.mintmarkd);
}

/* ---- its views ---- */

static bool
hand_over(struct mm_keeper *keeper)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	struct mm_gate *gate = &mintmarkd->gate;

	if (!mm_handover(mintmarkd))
		return false;
	gate->first_epoch = gate->sent_epoch = mintmarkd->trust.epoch;
	mm_buf_clear(&gate->tls_files);
	mm_tls_add_identities(&gate->tls_files, mintmarkd->first->config);
	try_spare(mintmarkd);
	return true;
}

bool
mm_gate_tls_changed(const struct mm_mintmarkd *mintmarkd)
{
	const struct mm_buf *given = &mintmarkd->gate.tls_files;
	struct mm_buf now;
	bool same;

	mm_buf_init(&now, TLS_FILES_MAX);
	mm_tls_add_identities(&now, mintmarkd->first->config);
	same = now.len == given->len && (now.len == 0 || memcmp(now.data, given->data, now.len) == 0);
	mm_buf_clear(&now);
	return !same;
}

void
mm_gate_send_view(struct mm_mintmarkd *mintmarkd)
{
	struct mm_gate *gate = &mintmarkd->gate;

	if (!mm_keeper_serves(&gate->keeper))
		return; /* the next one begins with it */
	gate->sent_epoch = mintmarkd->trust.epoch;
	if (!mm_handover_view(mintmarkd))
		mm_keeper_end_by_force(&gate->keeper, "cannot be sent what to decide by");
}

static bool
read_epoch(const struct mm_message *message, uint64_t *epoch)
{
	struct mm_reader reader;

	mm_reader_init(&reader, message->payload, message->len);
	*epoch = mm_reader_u64(&reader);
	return mm_reader_ok(&reader);
}

static bool
take_ready(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	struct mm_gate *gate = &mintmarkd->gate;
	uint64_t epoch;

	if (gate->keeper.state == MM_KEEPER_STOPPING)
		return true;
	if (gate->keeper.state != MM_KEEPER_STARTING || !read_epoch(message, &epoch) || epoch != gate->first_epoch)
		return false;
	mm_keeper_ready(&gate->keeper);
	mm_log(LOG_INFO, "the gate (process %d) answers, epoch %" PRIu64, (int)gate->keeper.child.pid, epoch);
	/* A view that came before it got ready may have been told first. */
	if (epoch > gate->settled_epoch)
		gate->settled_epoch = epoch;
	mm_renewal_settled(mintmarkd);
	return true;
}

static bool
take_epoch(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	struct mm_gate *gate = &mintmarkd->gate;
	uint64_t epoch;

	if (!read_epoch(message, &epoch) || epoch > gate->sent_epoch || epoch < gate->settled_epoch)
		return false;
	if (epoch > gate->settled_epoch)
		mm_log(LOG_INFO, "the gate decides by epoch %" PRIu64, epoch);
	gate->settled_epoch = epoch;
	mm_renewal_settled(mintmarkd);
	return true;
}

/* ---- what else it says ---- */

static bool
take_alarm(struct mm_keeper *keeper, struct mm_message *message)
{
	mm_told_alarm(&keeper->mintmarkd->gate.told, "gate", mm_slice((const char *)message->payload, message->len));
	return true;
}

static bool
take_unknown_kid(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	mm_courier_fetch_for_kid(mintmarkd, mm_slice((const char *)message->payload, message->len));
	return true;
}

static bool
take_status(struct mm_keeper *keeper, struct mm_message *message)
{
	return mm_told_take_status(&keeper->mintmarkd->gate.told,
	    mm_slice((const char *)message->payload, message->len));
}

/* A gate gone wrong must not keep us making pairs; what breaks for good is told by its alarms. */
static bool
take_want_peer(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;

	(void)message;
	if (mm_cool_down_take(&mintmarkd->gate.peer_made, mm_clock_ms(), PEER_COOL_DOWN_MS))
		mm_peers_break(&mintmarkd->mints.peers, keeper);
	return true;
}

static mm_keeper_handler *const handlers[MM_MESSAGE_COUNT] = {
	[MM_MESSAGE_GATE_READY] = take_ready,
	[MM_MESSAGE_GATE_WANT_SEGMENT] = take_want_segment,
	[MM_MESSAGE_GATE_ALARM] = take_alarm,
	[MM_MESSAGE_GATE_EPOCH] = take_epoch,
	[MM_MESSAGE_GATE_UNKNOWN_KID] = take_unknown_kid,
	[MM_MESSAGE_GATE_STATUS] = take_status,
	[MM_MESSAGE_GATE_WANT_PEER] = take_want_peer,
};

/* ---- one that ended ---- */

static void
forget(struct mm_keeper *keeper)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	struct mm_gate *gate = &mintmarkd->gate;

	gate->segment_retry_ms = MM_NEVER_MS;
	gate->settled_epoch = 0;
	mm_told_forget_status(&gate->told);
}

static const struct mm_keeper_role role = {
	.process = MM_PROCESS_GATE,
	.name = "the gate",
	.says_ready = true,
	.stop = MM_MESSAGE_GATE_STOP,
	.hand_over = hand_over,
	.ended = forget,
	.handlers = handlers,
};

void
mm_gate_init(struct mm_gate *gate, struct mm_mintmarkd *mintmarkd)
{
	*gate = (struct mm_gate){ .segment_retry_ms = MM_NEVER_MS };
	mm_buf_init(&gate->tls_files, TLS_FILES_MAX);
	mm_keeper_init(&gate->keeper, &role, mintmarkd);
}

void
mm_gate_clear(struct mm_gate *gate)
{
	mm_keeper_drop(&gate->keeper);
	mm_buf_clear(&gate->tls_files);
	mm_told_forget_status(&gate->told);
}
