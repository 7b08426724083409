/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a ledger: encoding and decoding as doc/PROTOCOL.ledger says.
 */
#include "engine/ledger_format.h"

#include "engine/crc32c.h"
#include "lib/base/little_endian.h"
#include "lib/base/reader.h"

#include <string.h>

static const char header_magic[8] = { 'M', 'M', 'L', 'E', 'D', 'G', '1', '\n' };

enum { FORMAT_VERSION = 1 };

/* Where the parts of a record stand. */
enum { AT_LENGTH = 4, AT_SALT = 8, AT_SEQUENCE = 16, AT_PREVIOUS = 24, AT_TIME = 56, AT_DURABLE = 64, AT_KIND = 72,
	AT_BODY_LEN = 74, AT_BODY = MM_LEDGER_RECORD_MIN };

enum { VOID_AT_START = 1 };

const char *
mm_ledger_kind_name(unsigned kind)
{
	static const char *const names[MM_LEDGER_KIND_END] = {
		[MM_LEDGER_TERM] = "term",
		[MM_LEDGER_ISSUED] = "issued",
		[MM_LEDGER_VOID] = "void",
		[MM_LEDGER_RELEASED] = "released",
		[MM_LEDGER_KEY] = "key",
		[MM_LEDGER_TENANT] = "tenant",
		[MM_LEDGER_HEAD] = "head",
		[MM_LEDGER_GAP] = "gap",
		[MM_LEDGER_NOTE] = "note",
		[MM_LEDGER_REVOKE] = "revoke",
	};

	return kind < MM_LEDGER_KIND_END ? names[kind] : NULL;
}

bool
mm_ledger_kind_is_rare(unsigned kind)
{
	return kind == MM_LEDGER_TERM || kind == MM_LEDGER_KEY || kind == MM_LEDGER_TENANT || kind == MM_LEDGER_GAP ||
	    kind == MM_LEDGER_NOTE;
}

const char *
mm_ledger_fact_name(enum mm_ledger_fact fact)
{
	static const char *const names[MM_LEDGER_FACT_COUNT] = {
		[MM_LEDGER_REALM] = "realm",
		[MM_LEDGER_TENANT_ID] = "tenant_id",
		[MM_LEDGER_SUBJECT] = "subject",
		[MM_LEDGER_CLIENT] = "client",
		[MM_LEDGER_SESSION] = "session",
		[MM_LEDGER_AUDIENCE] = "audience",
		[MM_LEDGER_SCOPE] = "scope",
		[MM_LEDGER_MAILBOX] = "mailbox",
		[MM_LEDGER_PARENT] = "parent",
		[MM_LEDGER_ROOT_REALM] = "root_realm",
		[MM_LEDGER_ROOT_KID] = "root_kid",
	};

	return names[fact];
}

bool
mm_ledger_place_behind(struct mm_token_place place, struct mm_token_place before)
{
	if (place.signer != before.signer || place.minute != before.minute)
		return place.signer >= before.signer && place.minute >= before.minute;
	return place.counter > before.counter;
}

/* ---- segments ---- */

void
mm_ledger_encode_header(const struct mm_ledger_header *header, uint8_t bytes[MM_LEDGER_HEADER_LEN])
{
	uint8_t *at = bytes + 12;

	memset(bytes, 0, MM_LEDGER_HEADER_LEN);
	memcpy(bytes, header_magic, sizeof(header_magic));
	at = mm_le_put(at, FORMAT_VERSION, 2);
	at = mm_le_put(at, MM_LEDGER_HEADER_LEN, 2);
	at = mm_le_put(at, header->number, 8);
	at = mm_le_put(at, header->size_bytes, 8);
	at = mm_le_put(at, (uint64_t)header->created_us, 8);
	at = mm_le_put(at, header->salt, 8);
	memcpy(at, header->id, sizeof(header->id));
	at = mm_le_put(at + sizeof(header->id), header->previous_number, 8);
	at = mm_le_put(at, header->previous_end, 8);
	at = mm_le_put(at, header->sequence, 8);
	memcpy(at, header->previous_hash, sizeof(header->previous_hash));
	at = mm_le_put(at + sizeof(header->previous_hash), header->rare.segment, 8);
	mm_le_put(at, header->rare.offset, 8);
	mm_le_put(bytes + 8, mm_crc32c(bytes + 12, MM_LEDGER_HEADER_LEN - 12), 4);
}

static bool
header_plausible(const struct mm_ledger_header *header)
{
	return header->number > 0 && header->salt != 0 && header->size_bytes % MM_LEDGER_ALIGN == 0 &&
	    header->size_bytes >= MM_LEDGER_HEADER_LEN + MM_LEDGER_RECORD_MAX && header->size_bytes <= INT64_MAX &&
	    header->sequence > 0 && header->previous_number < header->number &&
	    header->rare.segment < header->number;
}

bool
mm_ledger_decode_header(const uint8_t bytes[MM_LEDGER_HEADER_LEN], struct mm_ledger_header *header)
{
	if (memcmp(bytes, header_magic, sizeof(header_magic)) != 0 || mm_le_get(bytes + 12, 2) != FORMAT_VERSION ||
	    mm_le_get(bytes + 14, 2) != MM_LEDGER_HEADER_LEN ||
	    mm_le_get(bytes + 8, 4) != mm_crc32c(bytes + 12, MM_LEDGER_HEADER_LEN - 12))
		return false;
	header->number = mm_le_get(bytes + 16, 8);
	header->size_bytes = mm_le_get(bytes + 24, 8);
	header->created_us = (int64_t)mm_le_get(bytes + 32, 8);
	header->salt = mm_le_get(bytes + 40, 8);
	memcpy(header->id, bytes + 48, sizeof(header->id));
	header->previous_number = mm_le_get(bytes + 64, 8);
	header->previous_end = mm_le_get(bytes + 72, 8);
	header->sequence = mm_le_get(bytes + 80, 8);
	memcpy(header->previous_hash, bytes + 88, sizeof(header->previous_hash));
	header->rare.segment = mm_le_get(bytes + 120, 8);
	header->rare.offset = mm_le_get(bytes + 128, 8);
	return header_plausible(header);
}

/* ---- writing bodies ---- */

/* Failure is sticky. */
struct cursor {
	uint8_t *at;
	size_t left;
	bool failed;
};

static void
add(struct cursor *cursor, const void *bytes, size_t len)
{
	if (cursor->failed || len > cursor->left) {
		cursor->failed = true;
		return;
	}
	if (len > 0)
		memcpy(cursor->at, bytes, len);
	cursor->at += len;
	cursor->left -= len;
}

static void
add_le(struct cursor *cursor, uint64_t value, size_t len)
{
	uint8_t bytes[8];

	mm_le_put(bytes, value, len);
	add(cursor, bytes, len);
}

/* A text with its length before it, in len_bytes bytes; longer than max is a failure. */
static void
add_text(struct cursor *cursor, struct mm_slice text, size_t max, size_t len_bytes)
{
	if (text.len > max)
		cursor->failed = true;
	add_le(cursor, text.len, len_bytes);
	add(cursor, text.ptr, text.len);
}

static void
add_place(struct cursor *cursor, struct mm_token_place place)
{
	add_le(cursor, place.signer, 2);
	add_le(cursor, place.minute, 4);
	add_le(cursor, place.counter, 4);
}

static void
add_count(struct cursor *cursor, size_t count, size_t max)
{
	if (count > max)
		cursor->failed = true;
	add_le(cursor, count, 2);
}

static void
add_realm_signers(struct cursor *cursor, const struct mm_ledger_realm_signer *realms, size_t count, bool with_from)
{
	add_count(cursor, count, MM_LEDGER_REALMS_MAX);
	for (size_t i = 0; i < count && !cursor->failed; i++) {
		add_text(cursor, realms[i].name, MM_NAME_LEN_MAX, 1);
		add_le(cursor, realms[i].signer, 2);
		if (with_from)
			add_place(cursor, realms[i].from);
	}
}

static void
add_term(struct cursor *cursor, const struct mm_ledger_term *term)
{
	add_le(cursor, term->number, 8);
	add_le(cursor, term->last_minute, 4);
	add(cursor, term->certificate, sizeof(term->certificate));
	add_text(cursor, term->why, MM_LEDGER_TEXT_MAX, 2);
	add_realm_signers(cursor, term->realms, term->realm_count, false);
}

static void
add_gap(struct cursor *cursor, const struct mm_ledger_gap *gap)
{
	add_le(cursor, gap->term, 8);
	add_le(cursor, gap->epoch, 8);
	add_le(cursor, gap->last_minute, 4);
	add_text(cursor, gap->why, MM_LEDGER_TEXT_MAX, 2);
	add_realm_signers(cursor, gap->realms, gap->realm_count, true);
}

static void
add_facts(struct cursor *cursor, const struct mm_slice facts[MM_LEDGER_FACT_COUNT])
{
	unsigned present = 0;

	for (unsigned i = 0; i < MM_LEDGER_FACT_COUNT; i++)
		present |= (unsigned)(facts[i].len > 0) << i;
	add_le(cursor, present, 2);
	for (unsigned i = 0; i < MM_LEDGER_FACT_COUNT; i++)
		if (facts[i].len > 0)
			add_text(cursor, facts[i], MM_CLAIM_LEN_MAX, 2);
}

static void
add_issued(struct cursor *cursor, const struct mm_ledger_issued *issued)
{
	const uint8_t bytes[6] = { issued->token_class, issued->grant, issued->sender_key, issued->root_proof,
		issued->has_root, 0 };

	add_place(cursor, issued->place);
	add(cursor, bytes, sizeof(bytes));
	add_le(cursor, issued->serial, 8);
	add_le(cursor, (uint64_t)issued->iat_s, 8);
	add_le(cursor, (uint64_t)issued->exp_s, 8);
	add(cursor, issued->digest, MM_DIGEST_LEN);
	add(cursor, issued->thumbprint, MM_DIGEST_LEN);
	if (issued->has_root) {
		add_le(cursor, (uint64_t)issued->root_iat_s, 8);
		add(cursor, issued->root_thumbprint, MM_DIGEST_LEN);
	}
	add_facts(cursor, issued->facts);
}

static void
add_void(struct cursor *cursor, const struct mm_ledger_void *voided)
{
	add_le(cursor, voided->issued, 8);
	add_le(cursor, voided->serial, 8);
	add_place(cursor, voided->place);
	add_le(cursor, voided->status, 1);
	add_le(cursor, voided->at_start ? VOID_AT_START : 0, 1);
	add_text(cursor, voided->realm, MM_NAME_LEN_MAX, 1);
}

static void
add_released(struct cursor *cursor, const struct mm_ledger_released *released)
{
	add_count(cursor, released->count, MM_LEDGER_RANGES_MAX);
	for (size_t i = 0; i < released->count && !cursor->failed; i++) {
		add_le(cursor, released->ranges[i].first, 8);
		add_le(cursor, released->ranges[i].count, 4);
	}
}

static void
add_event(struct cursor *cursor, const struct mm_ledger_event *event)
{
	add_text(cursor, event->realm, MM_NAME_LEN_MAX, 1);
	add_text(cursor, event->bytes, MM_LEDGER_EVENT_MAX, 2);
}

static void
add_revoke(struct cursor *cursor, const struct mm_ledger_revoke *revoke)
{
	if (!mm_revoked_what_check(&revoke->what))
		cursor->failed = true;
	add_le(cursor, (uint64_t)revoke->up_to_s, 8);
	add_le(cursor, (uint64_t)revoke->matters_s, 8);
	add_le(cursor, revoke->what.kind, 1);
	add_le(cursor, 0, 1);
	add_text(cursor, revoke->realm, MM_NAME_LEN_MAX, 1);
	add_text(cursor, revoke->what.value, MM_REVOKED_TEXT_MAX, 1);
	add_text(cursor, revoke->what.client, MM_REVOKED_TEXT_MAX, 1);
}

static void
add_head(struct cursor *cursor, const struct mm_ledger_head *head)
{
	static const uint8_t no_signature[MM_ED25519_SIGNATURE_LEN];

	add_le(cursor, head->term, 8);
	add_count(cursor, head->realm_count, MM_LEDGER_REALMS_MAX);
	for (size_t i = 0; i < head->realm_count && !cursor->failed; i++) {
		const struct mm_ledger_counts *counts = &head->realms[i].counts;

		add_text(cursor, head->realms[i].name, MM_NAME_LEN_MAX, 1);
		add_le(cursor, counts->recorded, 8);
		add_le(cursor, counts->voided, 8);
		add_le(cursor, counts->released, 8);
		add_le(cursor, counts->unknown, 8);
	}
	add(cursor, no_signature, sizeof(no_signature));
}

static void
add_body(struct cursor *cursor, const struct mm_ledger_record *record)
{
	if (mm_ledger_kind_is_rare(record->kind)) {
		add_le(cursor, record->rare.segment, 8);
		add_le(cursor, record->rare.offset, 8);
	}
	switch (record->kind) {
	case MM_LEDGER_TERM:
		add_term(cursor, &record->term);
		return;
	case MM_LEDGER_ISSUED:
		add_issued(cursor, &record->issued);
		return;
	case MM_LEDGER_VOID:
		add_void(cursor, &record->voided);
		return;
	case MM_LEDGER_RELEASED:
		add_released(cursor, &record->released);
		return;
	case MM_LEDGER_KEY:
	case MM_LEDGER_TENANT:
		add_event(cursor, &record->event);
		return;
	case MM_LEDGER_HEAD:
		add_head(cursor, &record->head);
		return;
	case MM_LEDGER_GAP:
		add_gap(cursor, &record->gap);
		return;
	case MM_LEDGER_NOTE:
		add_text(cursor, record->note, MM_LEDGER_TEXT_MAX, 2);
		return;
	case MM_LEDGER_REVOKE:
		add_revoke(cursor, &record->revoke);
		return;
	case MM_LEDGER_KIND_END:
		break;
	}
	cursor->failed = true;
}

size_t
mm_ledger_encode(const struct mm_ledger_record *record, uint8_t bytes[MM_LEDGER_RECORD_MAX])
{
	struct cursor cursor = { bytes + AT_BODY, MM_LEDGER_RECORD_MAX - AT_BODY - MM_LEDGER_ALIGN, false };
	size_t len;

	memset(bytes, 0, AT_BODY);
	add_body(&cursor, record);
	if (cursor.failed)
		return 0;
	mm_le_put(bytes + AT_TIME, (uint64_t)record->time_us, 8);
	bytes[AT_KIND] = (uint8_t)record->kind;
	mm_le_put(bytes + AT_BODY_LEN, (size_t)(cursor.at - bytes) - AT_BODY, 2);
	while ((size_t)(cursor.at - bytes) % MM_LEDGER_ALIGN != 0)
		*cursor.at++ = 0;
	len = (size_t)(cursor.at - bytes);
	mm_le_put(bytes + AT_LENGTH, len, 4);
	return len;
}

void
mm_ledger_set_rare(uint8_t *bytes, struct mm_ledger_at rare)
{
	mm_le_put(mm_le_put(bytes + AT_BODY, rare.segment, 8), rare.offset, 8);
}

void
mm_ledger_seal(uint8_t *bytes, size_t len, const struct mm_ledger_link *link)
{
	mm_le_put(bytes + AT_SALT, link->salt, 8);
	mm_le_put(bytes + AT_SEQUENCE, link->sequence, 8);
	memcpy(bytes + AT_PREVIOUS, link->previous_hash, MM_DIGEST_LEN);
	mm_le_put(bytes + AT_DURABLE, link->durable, 8);
	mm_le_put(bytes, mm_crc32c(bytes + 4, len - 4), 4);
}

/* ---- signatures of heads ---- */

/*
 * What is signed: everything from the salt on, up to the signature, which ends the body. False: there is no room for
 * it.
 */
static bool
signed_part(const uint8_t *bytes, size_t len, struct mm_slice *part)
{
	size_t end = AT_BODY + (size_t)mm_le_get(bytes + AT_BODY_LEN, 2);

	if (end > len || end < AT_BODY + MM_ED25519_SIGNATURE_LEN)
		return false;
	*part = mm_slice(bytes + AT_SALT, end - MM_ED25519_SIGNATURE_LEN - AT_SALT);
	return true;
}

bool
mm_ledger_sign_head(uint8_t *bytes, size_t len, const struct mm_ed25519 *key)
{
	struct mm_slice part;

	if (!signed_part(bytes, len, &part) || !mm_ed25519_sign(key, part, bytes + AT_SALT + part.len))
		return false;
	mm_le_put(bytes, mm_crc32c(bytes + 4, len - 4), 4);
	return true;
}

bool
mm_ledger_verify_head(const uint8_t *bytes, size_t len, const uint8_t public_key[MM_ED25519_PUBLIC_LEN])
{
	struct mm_slice part;

	return signed_part(bytes, len, &part) && mm_ed25519_verify(public_key, part, bytes + AT_SALT + part.len);
}

/* ---- reading ---- */

size_t
mm_ledger_record_len(const uint8_t bytes[16], uint64_t salt)
{
	uint64_t len = mm_le_get(bytes + AT_LENGTH, 4);

	if (mm_le_get(bytes + AT_SALT, 8) != salt || len < MM_LEDGER_RECORD_MIN || len > MM_LEDGER_RECORD_MAX ||
	    len % MM_LEDGER_ALIGN != 0)
		return 0;
	return (size_t)len;
}

bool
mm_ledger_record_whole(const uint8_t *bytes, size_t len)
{
	return mm_le_get(bytes, 4) == mm_crc32c(bytes + 4, len - 4);
}

void
mm_ledger_get_link(const uint8_t *bytes, struct mm_ledger_link *link)
{
	link->salt = mm_le_get(bytes + AT_SALT, 8);
	link->sequence = mm_le_get(bytes + AT_SEQUENCE, 8);
	memcpy(link->previous_hash, bytes + AT_PREVIOUS, MM_DIGEST_LEN);
	link->durable = mm_le_get(bytes + AT_DURABLE, 8);
}

unsigned
mm_ledger_get_kind(const uint8_t *bytes)
{
	return bytes[AT_KIND];
}

static struct mm_token_place
read_place(struct mm_reader *reader)
{
	struct mm_token_place place;

	place.signer = mm_reader_u16(reader);
	place.minute = mm_reader_u32(reader);
	place.counter = mm_reader_u32(reader);
	return place;
}

/* A text with its length before it in one byte, or in two. */
static struct mm_slice
read_text(struct mm_reader *reader, size_t max, size_t len_bytes)
{
	size_t len = len_bytes == 1 ? mm_reader_u8(reader) : mm_reader_u16(reader);

	if (len > max)
		reader->failed = true;
	return mm_reader_slice(reader, len);
}

static void
read_bytes(struct mm_reader *reader, uint8_t *bytes, size_t len)
{
	struct mm_slice read = mm_reader_slice(reader, len);

	if (mm_slice_present(read))
		memcpy(bytes, read.ptr, len);
	else
		memset(bytes, 0, len);
}

static size_t
read_count(struct mm_reader *reader, size_t max)
{
	size_t count = mm_reader_u16(reader);

	if (count > max)
		reader->failed = true;
	return mm_reader_ok(reader) ? count : 0;
}

static size_t
read_realm_signers(struct mm_reader *reader, struct mm_ledger_realm_signer *realms, bool with_from)
{
	size_t count = read_count(reader, MM_LEDGER_REALMS_MAX);

	for (size_t i = 0; i < count; i++) {
		realms[i].name = read_text(reader, MM_NAME_LEN_MAX, 1);
		realms[i].signer = mm_reader_u16(reader);
		realms[i].from = with_from ? read_place(reader) : (struct mm_token_place){ 0 };
		if (realms[i].name.len == 0)
			reader->failed = true;
	}
	return count;
}

static void
read_term(struct mm_reader *reader, struct mm_ledger_term *term)
{
	term->number = mm_reader_u64(reader);
	term->last_minute = mm_reader_u32(reader);
	read_bytes(reader, term->certificate, sizeof(term->certificate));
	term->why = read_text(reader, MM_LEDGER_TEXT_MAX, 2);
	term->realm_count = read_realm_signers(reader, term->realms, false);
}

static void
read_gap(struct mm_reader *reader, struct mm_ledger_gap *gap)
{
	gap->term = mm_reader_u64(reader);
	gap->epoch = mm_reader_u64(reader);
	gap->last_minute = mm_reader_u32(reader);
	gap->why = read_text(reader, MM_LEDGER_TEXT_MAX, 2);
	gap->realm_count = read_realm_signers(reader, gap->realms, true);
}

static void
read_facts(struct mm_reader *reader, struct mm_slice facts[MM_LEDGER_FACT_COUNT])
{
	unsigned present = mm_reader_u16(reader);

	for (unsigned i = 0; i < MM_LEDGER_FACT_COUNT; i++) {
		bool follows = (present >> i & 1) != 0;

		facts[i] = follows ? read_text(reader, MM_CLAIM_LEN_MAX, 2) : MM_SLICE_ABSENT;
		if (follows && facts[i].len == 0)
			reader->failed = true;
	}
	if (present >> MM_LEDGER_FACT_COUNT != 0)
		reader->failed = true;
}

static void
read_issued(struct mm_reader *reader, struct mm_ledger_issued *issued)
{
	uint8_t has_root;

	issued->place = read_place(reader);
	issued->token_class = mm_reader_u8(reader);
	issued->grant = mm_reader_u8(reader);
	issued->sender_key = mm_reader_u8(reader);
	issued->root_proof = mm_reader_u8(reader);
	has_root = mm_reader_u8(reader);
	if (has_root > 1 || mm_reader_u8(reader) != 0)
		reader->failed = true;
	issued->has_root = has_root == 1;
	issued->serial = mm_reader_u64(reader);
	issued->iat_s = (int64_t)mm_reader_u64(reader);
	issued->exp_s = (int64_t)mm_reader_u64(reader);
	read_bytes(reader, issued->digest, MM_DIGEST_LEN);
	read_bytes(reader, issued->thumbprint, MM_DIGEST_LEN);
	issued->root_iat_s = issued->has_root ? (int64_t)mm_reader_u64(reader) : 0;
	if (issued->has_root)
		read_bytes(reader, issued->root_thumbprint, MM_DIGEST_LEN);
	else
		memset(issued->root_thumbprint, 0, MM_DIGEST_LEN);
	read_facts(reader, issued->facts);
}

static void
read_void(struct mm_reader *reader, struct mm_ledger_void *voided)
{
	uint8_t flags;

	voided->issued = mm_reader_u64(reader);
	voided->serial = mm_reader_u64(reader);
	voided->place = read_place(reader);
	voided->status = mm_reader_u8(reader);
	flags = mm_reader_u8(reader);
	if ((flags & ~VOID_AT_START) != 0)
		reader->failed = true;
	voided->at_start = flags != 0;
	voided->realm = read_text(reader, MM_NAME_LEN_MAX, 1);
}

static void
read_released(struct mm_reader *reader, struct mm_ledger_released *released)
{
	released->count = read_count(reader, MM_LEDGER_RANGES_MAX);
	for (size_t i = 0; i < released->count; i++) {
		released->ranges[i].first = mm_reader_u64(reader);
		released->ranges[i].count = mm_reader_u32(reader);
	}
}

static void
read_event(struct mm_reader *reader, struct mm_ledger_event *event)
{
	event->realm = read_text(reader, MM_NAME_LEN_MAX, 1);
	event->bytes = read_text(reader, MM_LEDGER_EVENT_MAX, 2);
}

static void
read_revoke(struct mm_reader *reader, struct mm_ledger_revoke *revoke)
{
	revoke->up_to_s = (int64_t)mm_reader_u64(reader);
	revoke->matters_s = (int64_t)mm_reader_u64(reader);
	revoke->what.kind = (enum mm_revoked_kind)mm_reader_u8(reader);
	if (mm_reader_u8(reader) != 0)
		reader->failed = true;
	revoke->realm = read_text(reader, MM_NAME_LEN_MAX, 1);
	revoke->what.value = read_text(reader, MM_REVOKED_TEXT_MAX, 1);
	revoke->what.client = read_text(reader, MM_REVOKED_TEXT_MAX, 1);
	if (revoke->realm.len == 0 || !mm_revoked_what_check(&revoke->what))
		reader->failed = true;
}

static void
read_head(struct mm_reader *reader, struct mm_ledger_head *head)
{
	head->term = mm_reader_u64(reader);
	head->realm_count = read_count(reader, MM_LEDGER_REALMS_MAX);
	for (size_t i = 0; i < head->realm_count; i++) {
		struct mm_ledger_counts *counts = &head->realms[i].counts;

		head->realms[i].name = read_text(reader, MM_NAME_LEN_MAX, 1);
		counts->recorded = mm_reader_u64(reader);
		counts->voided = mm_reader_u64(reader);
		counts->released = mm_reader_u64(reader);
		counts->unknown = mm_reader_u64(reader);
	}
	read_bytes(reader, head->signature, sizeof(head->signature));
}

static void
read_body(struct mm_reader *reader, struct mm_ledger_record *record)
{
	record->rare = (struct mm_ledger_at){ 0, 0 };
	if (mm_ledger_kind_is_rare(record->kind)) {
		record->rare.segment = mm_reader_u64(reader);
		record->rare.offset = mm_reader_u64(reader);
	}
	switch (record->kind) {
	case MM_LEDGER_TERM:
		read_term(reader, &record->term);
		return;
	case MM_LEDGER_ISSUED:
		read_issued(reader, &record->issued);
		return;
	case MM_LEDGER_VOID:
		read_void(reader, &record->voided);
		return;
	case MM_LEDGER_RELEASED:
		read_released(reader, &record->released);
		return;
	case MM_LEDGER_KEY:
	case MM_LEDGER_TENANT:
		read_event(reader, &record->event);
		return;
	case MM_LEDGER_HEAD:
		read_head(reader, &record->head);
		return;
	case MM_LEDGER_GAP:
		read_gap(reader, &record->gap);
		return;
	case MM_LEDGER_NOTE:
		record->note = read_text(reader, MM_LEDGER_TEXT_MAX, 2);
		return;
	case MM_LEDGER_REVOKE:
		read_revoke(reader, &record->revoke);
		return;
	case MM_LEDGER_KIND_END:
		break;
	}
	reader->failed = true;
}

bool
mm_ledger_decode(const uint8_t *bytes, size_t len, struct mm_ledger_record *record)
{
	size_t body_len = (size_t)mm_le_get(bytes + AT_BODY_LEN, 2);
	struct mm_reader reader;

	if (mm_ledger_kind_name(bytes[AT_KIND]) == NULL || bytes[AT_KIND + 1] != 0 ||
	    mm_le_get(bytes + AT_BODY_LEN + 2, 4) != 0 || body_len > len - AT_BODY ||
	    len - AT_BODY - body_len >= MM_LEDGER_ALIGN)
		return false;
	record->kind = (enum mm_ledger_kind)bytes[AT_KIND];
	record->time_us = (int64_t)mm_le_get(bytes + AT_TIME, 8);
	mm_reader_init(&reader, bytes + AT_BODY, body_len);
	read_body(&reader, record);
	return mm_reader_ok(&reader) && reader.left == 0;
}
