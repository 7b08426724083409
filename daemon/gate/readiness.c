/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Realms, services, and the whole.
 */
#include "daemon/gate/readiness.h"

#include "daemon/gate/ledger.h"

#include <time.h>

struct gate_heard
gate_readiness_hear(const struct gate *gate)
{
	/* Where there was no mint at the start, nothing is heard. */
	struct gate_heard heard = { MM_STALE, INT64_MAX, (int64_t)time(NULL) };
	int64_t stale_ms;

	if (gate->ledger == NULL)
		return heard;
	stale_ms = gate_ledger_stale_for_ms(gate->ledger);
	heard.freshness = gate_ledger_freshness_now(gate);
	heard.stale_for_s = stale_ms == INT64_MAX ? INT64_MAX : stale_ms / 1000;
	return heard;
}

/* ---- realms ---- */

/* A tainted key is good for what a mint can prove. */
static bool
is_good(const struct mm_key *key, int64_t now_s)
{
	enum mm_key_state state = mm_key_state_at(key, now_s);

	return state == MM_STATE_ACTIVE || state == MM_STATE_RETIRING ||
	    (state == MM_STATE_TAINTED && key->realm->is_mint);
}

static bool
has_good_key(const struct mm_trust *trust, const struct mm_realm *realm, int64_t now_s)
{
	for (size_t i = 0; i < trust->key_count; i++)
		if (trust->keys[i].realm == realm && is_good(&trust->keys[i], now_s))
			return true;
	return false;
}

/* As step 12 of the decision has it: marks alone are enough for one token's lifetime, where the realm says so. */
static bool
stale_refuses(const struct mm_realm *realm, const struct gate_heard *heard)
{
	return !realm->when_stale_marked_only || heard->stale_for_s > realm->max_lifetime_s;
}

const char *
gate_readiness_fault(const struct mm_trust *trust, const struct mm_realm *realm, const struct gate_heard *heard)
{
	if (!has_good_key(trust, realm, heard->now_s))
		return realm->is_mint ? "no good key has come from the ledger" : "no good key is known";
	if (!realm->is_mint)
		return NULL;
	if (heard->freshness == MM_CLOCK_IS_OFF)
		return "the clock is not the ledger's, or was set back";
	if (heard->freshness == MM_STALE && stale_refuses(realm, heard))
		return "nothing current is heard of the ledger";
	return NULL;
}

/* ---- services ---- */

static bool
accepts(const struct mm_service *service, const struct mm_realm *realm)
{
	for (size_t i = 0; i < service->realm_count; i++)
		if (service->realms[i] == realm)
			return true;
	return false;
}

bool
gate_readiness_concerns(const struct mm_trust *trust, const struct mm_service *service, const struct mm_realm *realm)
{
	if (service != NULL)
		return accepts(service, realm);
	for (size_t i = 0; i < trust->service_count; i++)
		if (accepts(&trust->services[i], realm))
			return true;
	return false;
}

enum gate_readiness
gate_readiness_of_service(const struct mm_trust *trust, const struct mm_service *service,
    const struct gate_heard *heard)
{
	size_t good = 0;

	for (size_t i = 0; i < service->realm_count; i++)
		good += gate_readiness_fault(trust, service->realms[i], heard) == NULL;
	if (good == service->realm_count)
		return GATE_READY;
	return good > 0 ? GATE_READY_IN_PART : GATE_NOT_READY;
}

enum gate_readiness
gate_readiness_of_all(const struct mm_trust *trust, const struct gate_heard *heard)
{
	size_t counts[GATE_NOT_READY + 1] = { 0 };

	for (size_t i = 0; i < trust->service_count; i++)
		counts[gate_readiness_of_service(trust, &trust->services[i], heard)]++;
	if (counts[GATE_READY] == trust->service_count)
		return GATE_READY;
	return counts[GATE_NOT_READY] < trust->service_count ? GATE_READY_IN_PART : GATE_NOT_READY;
}
