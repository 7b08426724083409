/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a journal: encoding and decoding as doc/PROTOCOL.journal says.
 */
#include "engine/journal_format.h"

#include "engine/crc32c.h"
#include "lib/base/reader.h"

static const char identity_magic[8] = { 'M', 'M', 'J', 'R', 'N', 'L', '1', '\n' };
static const char start_magic[4] = { 'S', 'T', 'R', 'T' };

enum { FORMAT_VERSION = 1 };
enum { TALLY_SERVICE = 1, TALLY_SOURCE = 2, TALLY_SERVICE_CUT = 4 };
enum { FLAG_ALLOWED = 1, FLAG_VERIFIED = 2, FLAG_TEXT = 4 };

/* The bytes of a record before its fields. */
enum { FIXED_LEN = 100 };

_Static_assert(MM_JF_COUNT <= 31, "bit 31 of 'cut' is the text's");
_Static_assert(FIXED_LEN + 31 * (2 + MM_JOURNAL_FIELD_MAX) + MM_JOURNAL_TEXT_MAX + MM_JOURNAL_ALIGN <=
    MM_JOURNAL_RECORD_MAX, "the largest record fits");

/* Where the counts of a tally begin, 4 bytes each. */
enum { TALLY_COUNTS = 136 };
_Static_assert(TALLY_COUNTS + 4 * MM_REASON_COUNT <= MM_JOURNAL_TALLY_LEN, "a tally has room for every reason");

/* Writing into a buffer that is known to be large enough. */
static uint8_t *
put(uint8_t *at, const void *bytes, size_t len)
{
	if (len > 0)
		memcpy(at, bytes, len);
	return at + len;
}

static uint8_t *
put_le(uint8_t *at, uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(value >> (8 * i));
	return at + len;
}

static uint64_t
get_le(const uint8_t *at, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

void
mm_journal_encode_identity(const struct mm_journal_identity *identity, uint8_t bytes[MM_JOURNAL_IDENTITY_LEN])
{
	uint8_t *at = bytes + 12;

	memset(bytes, 0, MM_JOURNAL_IDENTITY_LEN);
	memcpy(bytes, identity_magic, sizeof(identity_magic));
	at = put_le(at, FORMAT_VERSION, 2);
	at = put_le(at, MM_JOURNAL_HEADER_LEN, 2);
	at = put_le(at, identity->number, 8);
	at = put_le(at, identity->size_bytes, 8);
	at = put_le(at, (uint64_t)identity->created_us, 8);
	at = put_le(at, identity->salt, 8);
	at = put(at, identity->id, sizeof(identity->id));
	put(at, identity->name, strnlen(identity->name, MM_JOURNAL_NAME_MAX));
	put_le(bytes + 8, mm_crc32c(bytes + 12, MM_JOURNAL_IDENTITY_LEN - 12), 4);
}

static bool
identity_plausible(const struct mm_journal_identity *identity)
{
	return identity->number > 0 && identity->salt != 0 && identity->size_bytes % MM_JOURNAL_ALIGN == 0 &&
	    identity->size_bytes >= MM_JOURNAL_HEADER_LEN + MM_JOURNAL_TALLIES_LEN &&
	    identity->size_bytes <= INT64_MAX &&
	    identity->name[0] != '\0' && identity->name[MM_JOURNAL_NAME_MAX] == '\0';
}

bool
mm_journal_decode_identity(const uint8_t bytes[MM_JOURNAL_IDENTITY_LEN], struct mm_journal_identity *identity)
{
	if (memcmp(bytes, identity_magic, sizeof(identity_magic)) != 0 || get_le(bytes + 12, 2) != FORMAT_VERSION ||
	    get_le(bytes + 14, 2) != MM_JOURNAL_HEADER_LEN ||
	    get_le(bytes + 8, 4) != mm_crc32c(bytes + 12, MM_JOURNAL_IDENTITY_LEN - 12))
		return false;
	identity->number = get_le(bytes + 16, 8);
	identity->size_bytes = get_le(bytes + 24, 8);
	identity->created_us = (int64_t)get_le(bytes + 32, 8);
	identity->salt = get_le(bytes + 40, 8);
	memcpy(identity->id, bytes + 48, sizeof(identity->id));
	memcpy(identity->name, bytes + 64, sizeof(identity->name));
	return identity_plausible(identity);
}

void
mm_journal_encode_start(const struct mm_journal_start *start, uint8_t bytes[MM_JOURNAL_START_LEN])
{
	uint8_t *at = bytes + 4;

	memset(bytes, 0, MM_JOURNAL_START_LEN);
	at = put(at, start_magic, sizeof(start_magic));
	at = put_le(at, start->previous_number, 8);
	at = put_le(at, start->previous_end, 8);
	at = put_le(at, start->sequence, 8);
	at = put_le(at, (uint64_t)start->started_us, 8);
	put(at, start->previous_hash, sizeof(start->previous_hash));
	put_le(bytes, mm_crc32c(bytes + 4, MM_JOURNAL_START_LEN - 4), 4);
}

bool
mm_journal_decode_start(const uint8_t bytes[MM_JOURNAL_START_LEN], struct mm_journal_start *start)
{
	if (memcmp(bytes + 4, start_magic, sizeof(start_magic)) != 0 ||
	    get_le(bytes, 4) != mm_crc32c(bytes + 4, MM_JOURNAL_START_LEN - 4))
		return false;
	start->previous_number = get_le(bytes + 8, 8);
	start->previous_end = get_le(bytes + 16, 8);
	start->sequence = get_le(bytes + 24, 8);
	start->started_us = (int64_t)get_le(bytes + 32, 8);
	memcpy(start->previous_hash, bytes + 40, sizeof(start->previous_hash));
	return start->sequence > 0;
}

void
mm_journal_encode_tally(const struct mm_journal_tally *tally, uint8_t bytes[MM_JOURNAL_TALLY_LEN])
{
	memset(bytes, 0, MM_JOURNAL_TALLY_LEN);
	if (tally->as_of == 0)
		return;
	bytes[4] = (uint8_t)((tally->has_service ? TALLY_SERVICE : 0) | (tally->has_source ? TALLY_SOURCE : 0) |
	    (tally->service_cut ? TALLY_SERVICE_CUT : 0));
	bytes[5] = tally->service_len;
	bytes[6] = tally->source_len;
	put_le(bytes + 8, tally->as_of, 8);
	put(bytes + 16, tally->service, tally->service_len);
	put(bytes + 80, tally->source, tally->source_len);
	for (unsigned i = 0; i < MM_REASON_COUNT; i++)
		put_le(bytes + TALLY_COUNTS + 4 * i, tally->counts[i] < UINT32_MAX ? tally->counts[i] : UINT32_MAX, 4);
	put_le(bytes, mm_crc32c(bytes + 4, MM_JOURNAL_TALLY_LEN - 4), 4);
}

bool
mm_journal_decode_tally(const uint8_t bytes[MM_JOURNAL_TALLY_LEN], struct mm_journal_tally *tally)
{
	if (get_le(bytes + 8, 8) == 0 || bytes[5] > MM_JOURNAL_TALLY_SERVICE_LEN ||
	    bytes[6] > MM_JOURNAL_TALLY_SOURCE_LEN ||
	    get_le(bytes, 4) != mm_crc32c(bytes + 4, MM_JOURNAL_TALLY_LEN - 4))
		return false;
	memset(tally, 0, sizeof(*tally));
	tally->as_of = get_le(bytes + 8, 8);
	tally->has_service = (bytes[4] & TALLY_SERVICE) != 0;
	tally->has_source = (bytes[4] & TALLY_SOURCE) != 0;
	tally->service_cut = (bytes[4] & TALLY_SERVICE_CUT) != 0;
	tally->service_len = bytes[5];
	tally->source_len = bytes[6];
	memcpy(tally->service, bytes + 16, sizeof(tally->service));
	memcpy(tally->source, bytes + 80, sizeof(tally->source));
	for (unsigned i = 0; i < MM_REASON_COUNT; i++)
		tally->counts[i] = get_le(bytes + TALLY_COUNTS + 4 * i, 4);
	return true;
}

/* The longest part of text of at most max bytes that does not end within a character of UTF-8. */
static size_t
cut_len(struct mm_slice text, size_t max)
{
	size_t len = max;

	if (text.len <= max)
		return text.len;
	while (len > max - 3 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
		len--;
	return ((unsigned char)text.ptr[len] & 0xC0) == 0x80 ? max : len;
}

static uint8_t *
put_fields(uint8_t *at, const struct mm_journal_record *record, uint32_t *present, uint32_t *cut)
{
	for (unsigned i = 0; i < MM_JF_COUNT; i++) {
		struct mm_slice field = record->fields[i];
		size_t len;

		if (!mm_slice_present(field))
			continue;
		len = cut_len(field, MM_JOURNAL_FIELD_MAX);
		*present |= UINT32_C(1) << i;
		if (len < field.len)
			*cut |= UINT32_C(1) << i;
		at = put(put_le(at, len, 2), field.ptr, len);
	}
	return at;
}

static void
put_fixed(uint8_t *bytes, const struct mm_journal_record *record, unsigned flags)
{
	uint8_t *at = put_le(bytes + 56, (uint64_t)record->time_us, 8);

	at = put_le(at, record->epoch, 8);
	at = put_le(at, record->count, 8);
	put_le(at, record->latency_ns, 4);
	put_le(bytes + 92, record->reason, 2);
	bytes[94] = (uint8_t)record->kind;
	bytes[95] = (uint8_t)flags;
	bytes[96] = (uint8_t)record->proof;
	bytes[97] = 0;
}

size_t
mm_journal_encode_record(const struct mm_journal_record *record, uint8_t bytes[MM_JOURNAL_RECORD_MAX])
{
	uint32_t present = 0, cut = record->cut;
	size_t text_len = cut_len(record->text, MM_JOURNAL_TEXT_MAX), len;
	unsigned flags = (record->allowed ? FLAG_ALLOWED : 0) | (record->verified ? FLAG_VERIFIED : 0) |
	    (mm_slice_present(record->text) ? FLAG_TEXT : 0);
	uint8_t *at;

	put_fixed(bytes, record, flags);
	at = put(put_fields(bytes + FIXED_LEN, record, &present, &cut), record->text.ptr, text_len);
	if (text_len < record->text.len)
		cut |= MM_JOURNAL_CUT_TEXT;
	put_le(bytes + 84, present, 4);
	put_le(bytes + 88, cut, 4);
	put_le(bytes + 98, text_len, 2);
	while ((size_t)(at - bytes) % MM_JOURNAL_ALIGN != 0)
		*at++ = 0;
	len = (size_t)(at - bytes);
	put_le(bytes + 4, len, 4);
	return len;
}

void
mm_journal_seal_record(uint8_t *bytes, size_t len, const struct mm_journal_link *link)
{
	uint8_t *at = put_le(bytes + 8, link->salt, 8);

	at = put_le(at, link->sequence, 8);
	put(at, link->previous_hash, MM_DIGEST_LEN);
	put_le(bytes, mm_crc32c(bytes + 4, len - 4), 4);
}

size_t
mm_journal_encoded_len(const uint8_t *bytes)
{
	return (size_t)get_le(bytes + 4, 4);
}

size_t
mm_journal_record_len(const uint8_t bytes[16], uint64_t salt)
{
	uint64_t len = get_le(bytes + 4, 4);

	if (get_le(bytes + 8, 8) != salt || len < MM_JOURNAL_RECORD_MIN || len > MM_JOURNAL_RECORD_MAX ||
	    len % MM_JOURNAL_ALIGN != 0)
		return 0;
	return (size_t)len;
}

bool
mm_journal_record_whole(const uint8_t *bytes, size_t len)
{
	return get_le(bytes, 4) == mm_crc32c(bytes + 4, len - 4);
}

static void
read_fields(struct mm_reader *reader, uint32_t present, struct mm_journal_record *record)
{
	for (unsigned i = 0; i < 32; i++) {
		struct mm_slice field;

		if ((present >> i & 1) == 0)
			continue;
		field = mm_reader_slice(reader, mm_reader_u16(reader));
		if (i < MM_JF_COUNT)
			record->fields[i] = field;
	}
}

bool
mm_journal_decode_record(const uint8_t *bytes, size_t len, struct mm_journal_link *link,
    struct mm_journal_record *record)
{
	uint64_t reason = get_le(bytes + 92, 2);
	unsigned kind = bytes[94], flags = bytes[95];
	struct mm_reader reader;
	struct mm_slice text;

	link->salt = get_le(bytes + 8, 8);
	link->sequence = get_le(bytes + 16, 8);
	memcpy(link->previous_hash, bytes + 24, MM_DIGEST_LEN);
	memset(record, 0, sizeof(*record));
	record->time_us = (int64_t)get_le(bytes + 56, 8);
	record->epoch = get_le(bytes + 64, 8);
	record->count = get_le(bytes + 72, 8);
	record->latency_ns = (uint32_t)get_le(bytes + 80, 4);
	record->cut = (uint32_t)get_le(bytes + 88, 4);
	record->reason = reason < MM_REASON_COUNT ? (enum mm_reason)reason : MM_INTERNAL;
	record->kind = (enum mm_journal_kind)kind;
	record->allowed = (flags & FLAG_ALLOWED) != 0;
	record->verified = (flags & FLAG_VERIFIED) != 0;
	record->proof = bytes[96] < MM_ISSUANCE_COUNT ? (enum mm_issuance)bytes[96] : MM_ISSUANCE_UNPROVEN;
	mm_reader_init(&reader, bytes + FIXED_LEN, len - FIXED_LEN);
	read_fields(&reader, (uint32_t)get_le(bytes + 84, 4), record);
	text = mm_reader_slice(&reader, (size_t)get_le(bytes + 98, 2));
	if ((flags & FLAG_TEXT) != 0)
		record->text = text;
	return mm_reader_ok(&reader) && kind >= MM_JOURNAL_DECISION && kind <= MM_JOURNAL_EVENT;
}
