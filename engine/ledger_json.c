/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON. */
#include "engine/ledger_json.h"

#include "engine/key_event.h"
#include "lib/codec/base64url.h"

#include <stdio.h>
#include <string.h>

static void
add_digest(struct mm_json_writer *writer, const char *name, const uint8_t digest[MM_DIGEST_LEN])
{
	char text[MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN)];

	mm_base64url_encode(mm_slice(digest, MM_DIGEST_LEN), text);
	mm_json_add_slice(writer, name, mm_slice(text, sizeof(text)));
}

static void
add_place(struct mm_json_writer *writer, const char *name, struct mm_token_place place)
{
	mm_json_begin_object(writer, name);
	mm_json_add_int(writer, "signer", place.signer);
	mm_json_add_int(writer, "minute", place.minute);
	mm_json_add_int(writer, "counter", place.counter);
	mm_json_end_object(writer);
}

/* Of daemon/ipc/mint.h, whose numbers stand in records. */
static const char *
name_of(const char *const *names, size_t count, unsigned number)
{
	return number < count && names[number] != NULL ? names[number] : "unknown";
}

static void
add_issued(struct mm_json_writer *writer, const struct mm_ledger_issued *issued)
{
	static const char *const classes[] = { NULL, "access", "identity" };
	static const char *const grants[] = { NULL, "code", "refresh", "client_credentials", "device", "exchange" };
	static const char *const senders[] = { "none", "dpop", "mtls" };
	static const char *const proofs[] = { "none", "marked", "issued" };

	add_place(writer, "place", issued->place);
	for (unsigned i = 0; i < MM_LEDGER_FACT_COUNT; i++)
		if (issued->facts[i].len > 0)
			mm_json_add_slice(writer, mm_ledger_fact_name((enum mm_ledger_fact)i), issued->facts[i]);
	mm_json_add_str(writer, "class", name_of(classes, 3, issued->token_class));
	mm_json_add_str(writer, "grant", name_of(grants, 6, issued->grant));
	mm_json_add_str(writer, "sender_key", name_of(senders, 3, issued->sender_key));
	mm_json_add_int(writer, "iat", issued->iat_s);
	mm_json_add_int(writer, "exp", issued->exp_s);
	add_digest(writer, "kid", issued->thumbprint);
	add_digest(writer, "digest", issued->digest);
	mm_json_add_int(writer, "serial", (int64_t)issued->serial);
	if (!issued->has_root)
		return;
	mm_json_add_int(writer, "root_iat", issued->root_iat_s);
	add_digest(writer, "root_thumbprint", issued->root_thumbprint);
	mm_json_add_str(writer, "root_proof", name_of(proofs, 3, issued->root_proof));
}

static void
add_signers(struct mm_json_writer *writer, const struct mm_ledger_realm_signer *realms, size_t count, bool with_from)
{
	mm_json_begin_array(writer, "realms");
	for (size_t i = 0; i < count; i++) {
		mm_json_begin_object(writer, NULL);
		mm_json_add_slice(writer, "realm", realms[i].name);
		mm_json_add_int(writer, "signer", realms[i].signer);
		if (with_from)
			add_place(writer, "known_up_to", realms[i].from);
		mm_json_end_object(writer);
	}
	mm_json_end_array(writer);
}

static void
add_head(struct mm_json_writer *writer, const struct mm_ledger_head *head)
{
	mm_json_add_int(writer, "term", (int64_t)head->term);
	mm_json_begin_array(writer, "realms");
	for (size_t i = 0; i < head->realm_count; i++) {
		mm_json_begin_object(writer, NULL);
		mm_json_add_slice(writer, "realm", head->realms[i].name);
		mm_json_add_int(writer, "recorded", (int64_t)head->realms[i].counts.recorded);
		mm_json_add_int(writer, "void", (int64_t)head->realms[i].counts.voided);
		mm_json_add_int(writer, "signed", (int64_t)head->realms[i].counts.released);
		mm_json_add_int(writer, "unknown", (int64_t)head->realms[i].counts.unknown);
		mm_json_end_object(writer);
	}
	mm_json_end_array(writer);
}

static void
add_released(struct mm_json_writer *writer, const struct mm_ledger_released *released)
{
	mm_json_begin_array(writer, "ranges");
	for (size_t i = 0; i < released->count; i++) {
		mm_json_begin_object(writer, NULL);
		mm_json_add_int(writer, "first", (int64_t)released->ranges[i].first);
		mm_json_add_int(writer, "count", released->ranges[i].count);
		mm_json_end_object(writer);
	}
	mm_json_end_array(writer);
}

static void
add_void(struct mm_json_writer *writer, const struct mm_ledger_void *voided)
{
	add_place(writer, "place", voided->place);
	mm_json_add_slice(writer, "realm", voided->realm);
	mm_json_add_int(writer, "issued", (int64_t)voided->issued);
	mm_json_add_int(writer, "status", voided->status);
	mm_json_add_bool(writer, "at_start", voided->at_start);
}

/* A key's event in the words of its life; a tenant's is JSON already. */
static void
add_event(struct mm_json_writer *writer, enum mm_ledger_kind kind, const struct mm_ledger_event *event)
{
	struct mm_life_event life;

	mm_json_add_slice(writer, "realm", event->realm);
	if (kind != MM_LEDGER_KEY || !mm_life_event_read(event->bytes, &life)) {
		mm_json_add_slice(writer, "says", event->bytes);
		return;
	}
	mm_json_add_str(writer, "event", mm_life_event_name(life.kind));
	add_digest(writer, "kid", life.thumbprint);
	if (life.uid != MM_LIFE_NOBODY)
		mm_json_add_int(writer, "uid", life.uid);
	if (life.why.len > 0)
		mm_json_add_slice(writer, "why", life.why);
	if (life.by.len > 0)
		mm_json_add_slice(writer, "by", life.by);
}

static void
add_revoke(struct mm_json_writer *writer, const struct mm_ledger_revoke *revoke)
{
	mm_json_add_slice(writer, "realm", revoke->realm);
	mm_json_add_str(writer, "by", mm_revoked_kind_name(revoke->what.kind));
	if (revoke->what.value.len > 0)
		mm_json_add_slice(writer, "value", revoke->what.value);
	if (revoke->what.client.len > 0)
		mm_json_add_slice(writer, "client", revoke->what.client);
	mm_json_add_int(writer, "up_to", revoke->up_to_s);
	mm_json_add_int(writer, "matters_until", revoke->matters_s);
}

static void
add_what(struct mm_json_writer *writer, const struct mm_ledger_record *record)
{
	switch (record->kind) {
	case MM_LEDGER_TERM:
		mm_json_add_int(writer, "term", (int64_t)record->term.number);
		mm_json_add_slice(writer, "why", record->term.why);
		add_signers(writer, record->term.realms, record->term.realm_count, false);
		return;
	case MM_LEDGER_ISSUED:
		add_issued(writer, &record->issued);
		return;
	case MM_LEDGER_VOID:
		add_void(writer, &record->voided);
		return;
	case MM_LEDGER_RELEASED:
		add_released(writer, &record->released);
		return;
	case MM_LEDGER_KEY:
	case MM_LEDGER_TENANT:
		add_event(writer, record->kind, &record->event);
		return;
	case MM_LEDGER_HEAD:
		add_head(writer, &record->head);
		return;
	case MM_LEDGER_GAP:
		mm_json_add_slice(writer, "why", record->gap.why);
		add_signers(writer, record->gap.realms, record->gap.realm_count, true);
		return;
	case MM_LEDGER_NOTE:
		mm_json_add_slice(writer, "text", record->note);
		return;
	case MM_LEDGER_REVOKE:
		add_revoke(writer, &record->revoke);
		return;
	case MM_LEDGER_KIND_END:
		return;
	}
}

void
mm_ledger_record_json(struct mm_json_writer *writer, const char *name, struct mm_ledger_at at, uint64_t sequence,
    const struct mm_ledger_record *record)
{
	mm_json_begin_object(writer, name);
	mm_json_add_int(writer, "segment", (int64_t)at.segment);
	mm_json_add_int(writer, "offset", (int64_t)at.offset);
	mm_json_add_int(writer, "sequence", (int64_t)sequence);
	mm_json_add_int(writer, "time_us", record->time_us);
	mm_json_add_str(writer, "kind", mm_ledger_kind_name(record->kind));
	add_what(writer, record);
	mm_json_end_object(writer);
}
