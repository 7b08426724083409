/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an event of a key and as a tenant: what is read is written again the same, and a life takes any event
 * that it allows without harm.
 */
#include "daemon/ledger/tenant_record.h"
#include "engine/key_age.h"
#include "engine/key_life.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool so)
{
	if (!so)
		abort();
}

/* A life of two events: any one, and any other after it. */
static void
live(const struct mm_life_event *event)
{
	static const struct mm_life_rule rule = { 3600, 604800, 172800, 86400 };
	struct mm_life_event made = { .kind = MM_LIFE_MADE, .time_s = 1000, .jwk = { "{}", 2 } };
	struct mm_key_life life;
	struct mm_buf buf;
	int64_t at_s;

	mm_life_init(&life, &rule);
	memcpy(made.thumbprint, event->thumbprint, sizeof(made.thumbprint));
	must(mm_life_apply(&life, &made) == NULL);
	(void)!mm_life_apply(&life, event);
	for (int64_t now_s = 0; now_s < INT64_C(4000000000); now_s += 1000000000) {
		const struct mm_life_key *key = mm_life_signing_key(&life, now_s);

		must(key == NULL || (key->revoked_s == 0 && key->exp_s - key->nbf_s <= MM_LIFE_AGE_MAX_S));
		(void)mm_life_next(&life, now_s);
		(void)mm_life_key_next(&life, 0, now_s, &at_s);
		(void)mm_key_age_check(&life, now_s);
		mm_buf_init(&buf, 4096);
		must(mm_life_document(&life, "https://a.example", "EdDSA", now_s, &buf) || event->jwk.len > 512);
		mm_buf_clear(&buf);
	}
	mm_life_clear(&life);
}

static void
check_event(struct mm_slice bytes)
{
	struct mm_life_event event;
	struct mm_buf buf;

	if (!mm_life_event_read(bytes, &event))
		return;
	must(mm_life_event_name(event.kind) != NULL);
	mm_buf_init(&buf, MM_LIFE_EVENT_LEN_MAX);
	must(mm_life_event_write(&event, &buf) && mm_slice_equal(mm_slice(buf.data, buf.len), bytes));
	mm_buf_clear(&buf);
	live(&event);
}

static void
check_tenant(struct mm_slice bytes)
{
	struct ledger_tenant tenant, again;
	struct mm_buf buf;

	if (!ledger_tenant_read(bytes, &tenant))
		return;
	mm_buf_init(&buf, 16384);
	must(ledger_tenant_write(&tenant, &buf) && ledger_tenant_read(mm_slice(buf.data, buf.len), &again));
	must(strcmp(tenant.name, again.name) == 0 && strcmp(tenant.id, again.id) == 0);
	ledger_tenant_clear(&again);
	ledger_tenant_clear(&tenant);
	mm_buf_clear(&buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_event(mm_slice(data, size));
	check_tenant(mm_slice(data, size));
	return 0;
}
