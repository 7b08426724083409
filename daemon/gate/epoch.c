/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From mintmarkd's messages to the view that the gate decides by.
 */
#include "daemon/gate/epoch.h"

#include "daemon/gate/control.h"
#include "daemon/gate/ledger.h"
#include "daemon/gate/record.h"
#include "daemon/ipc/sealed.h"
#include "lib/trust/snapshot.h"
#include "lib/trust/trust.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static bool
fail(const char *what)
{
	fprintf(stderr, "mintmark-gate: %s\n", what);
	return false;
}

static struct gate_view *
next_view(struct gate *gate)
{
	if (gate->next == NULL)
		gate->next = gate_view_new();
	return gate->next;
}

bool
gate_epoch_add_caller(struct gate *gate, const unsigned char *payload, size_t len)
{
	const char *service = (const char *)payload + MM_DIGEST_LEN;
	const char *end = (const char *)payload + len;
	struct gate_view *next = next_view(gate);
	const char *caller;

	/* Two strings, each ended by NUL, and nothing behind them. */
	if (len < MM_DIGEST_LEN + 2 || end[-1] != '\0')
		return fail("a caller cannot be read");
	caller = service + strlen(service) + 1;
	if (caller >= end || caller + strlen(caller) + 1 != end)
		return fail("a caller cannot be read");
	if (next == NULL || !gate_callers_add(&next->callers, service, caller, payload))
		return fail("no memory for its callers");
	return true;
}

bool
gate_epoch_add_proxy(struct gate *gate, const unsigned char *payload, size_t len)
{
	struct gate_view *next = next_view(gate);

	if (next == NULL || !mm_http_proxies_add(&next->proxies, mm_slice((const char *)payload, len)))
		return fail("a trusted proxy cannot be read, or there is no memory for it");
	return true;
}

bool
gate_epoch_add_list(struct gate *gate, const unsigned char *payload, size_t len, int fd)
{
	const char *why = gate_mint_keys_take_list(&gate->mint_keys, payload, len, fd, (int64_t)time(NULL));

	return why == NULL || fail(why);
}

const char *
gate_epoch_load(struct gate *gate, int fd)
{
	struct gate_view *next = next_view(gate);
	struct mm_slice bytes;
	const char *why;

	if (next == NULL)
		return "memory is short";
	if (next->trust != NULL)
		return "it is a second one";
	if (mm_sealed_map(fd, MM_SNAPSHOT_LEN_MAX, &bytes) == -1)
		return "it is no sealed memory";
	next->trust = mm_trust_load(bytes.ptr, bytes.len, &why);
	mm_sealed_unmap(&bytes);
	if (next->trust == NULL)
		return why;
	return gate_mint_keys_check(&gate->mint_keys, next->trust);
}

bool
gate_epoch_begin(struct gate *gate)
{
	struct gate_view *first = gate->next;

	if (!gate_view_complete(first, &gate->metrics))
		return fail("no memory for what it decides by");
	gate->next = NULL;
	gate->epoch_told = mm_trust_epoch(first->trust);
	gate_mint_keys_commit(&gate->mint_keys);
	return gate_views_init(&gate->views, first) || fail("no descriptor to be woken by");
}

/* Make the next view current. NULL, or why it cannot be. */
static const char *
replace_view(struct gate *gate, int fd)
{
	uint64_t epoch = mm_trust_epoch(gate_views_newest(&gate->views)->trust);
	const char *why = gate_epoch_load(gate, fd);

	if (why != NULL)
		return why;
	if (gate->next_spoiled)
		return "something that belongs to it could not be read";
	if (mm_trust_epoch(gate->next->trust) <= epoch)
		return "its epoch is not later than that of the one in use";
	if (!gate_view_complete(gate->next, &gate->metrics))
		return "memory is short";
	if (!gate_views_replace(&gate->views, gate->next))
		return "too many older ones are in use";
	gate->next = NULL;
	gate_mint_keys_commit(&gate->mint_keys);
	gate_ledger_hold_epoch(gate, mm_trust_epoch(gate_views_newest(&gate->views)->trust));
	return NULL;
}

void
gate_epoch_replace(struct gate *gate, int fd)
{
	const char *why = replace_view(gate, fd);
	char text[256];

	gate_view_free(&gate->next);
	gate_mint_keys_drop(&gate->mint_keys);
	gate->next_spoiled = false;
	if (why != NULL) {
		snprintf(text, sizeof(text), "a new trust snapshot cannot be used, the old one stays: %s", why);
		gate_control_alarm(gate, text);
		return;
	}
	gate_epoch_tell_event(gate, "new view");
	gate_findings_tell(gate, gate_views_newest(&gate->views)->trust);
}

void
gate_epoch_settle(struct gate *gate)
{
	uint64_t oldest = gate_views_sweep(&gate->views);

	/* Where it cannot be sent now, the next time does it. */
	if (oldest > gate->epoch_told && gate_control_send_epoch(oldest))
		gate->epoch_told = oldest;
}

void
gate_epoch_tell_event(struct gate *gate, const char *what)
{
	uint64_t epoch = mm_trust_epoch(gate_views_newest(&gate->views)->trust);
	char text[128];

	snprintf(text, sizeof(text), "%s, epoch %" PRIu64, what, epoch);
	if (!gate_record_event(gate, epoch, text))
		gate_control_alarm(gate, "an event could not be recorded");
}
