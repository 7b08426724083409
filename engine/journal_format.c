/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a journal: encoding and decoding as doc/PROTOCOL.journal says.
 */
#include "engine/journal_format.h"

#include "engine/crc32c.h"
#include "lib/base/little_endian.h"
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

void
mm_journal_encode_identity(const struct mm_journal_identity *identity, uint8_t bytes[MM_JOURNAL_IDENTITY_LEN])
{
	uint8_t *at = bytes + 12;

	memset(bytes, 0, MM_JOURNAL_IDENTITY_LEN);
	memcpy(bytes, identity_magic, sizeof(identity_magic));
	at = mm_le_put(at, FORMAT_VERSION, 2);
	at = mm_le_put(at, MM_JOURNAL_HEADER_LEN, 2);
	at = mm_le_put(at, identity->number, 8);
	at = mm_le_put(at, identity->size_bytes, 8);
	at = mm_le_put(at, (uint64_t)identity->created_us, 8);
	at = mm_le_put(at, identity->salt, 8);
	at = put(at, identity->id, sizeof(identity->id));
	put(at, identity->name, strnlen(identity->name, MM_JOURNAL_NAME_MAX));
	mm_le_put(bytes + 8, mm_crc32c(bytes + 12, MM_JOURNAL_IDENTITY_LEN - 12), 4);
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
	if (memcmp(bytes, identity_magic, sizeof(identity_magic)) != 0 || mm_le_get(bytes + 12, 2) != FORMAT_VERSION ||
	    mm_le_get(bytes + 14, 2) != MM_JOURNAL_HEADER_LEN ||
	    mm_le_get(bytes + 8, 4) != mm_crc32c(bytes + 12, MM_JOURNAL_IDENTITY_LEN - 12))
		return false;
	identity->number = mm_le_get(bytes + 16, 8);
	identity->size_bytes = mm_le_get(bytes + 24, 8);
	identity->created_us = (int64_t)mm_le_get(bytes + 32, 8);
	identity->salt = mm_le_get(bytes + 40, 8);
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
	at = mm_le_put(at, start->previous_number, 8);
	at = mm_le_put(at, start->previous_end, 8);
	at = mm_le_put(at, start->sequence, 8);
	at = mm_le_put(at, (uint64_t)start->started_us, 8);
	put(at, start->previous_hash, sizeof(start->previous_hash));
	mm_le_put(bytes, mm_crc32c(bytes + 4, MM_JOURNAL_START_LEN - 4), 4);
}

bool
mm_journal_decode_start(const uint8_t bytes[MM_JOURNAL_START_LEN], struct mm_journal_start *start)
{
	if (memcmp(bytes + 4, start_magic, sizeof(start_magic)) != 0 ||
	    mm_le_get(bytes, 4) != mm_crc32c(bytes + 4, MM_JOURNAL_START_LEN - 4))
		return false;
	start->previous_number = mm_le_get(bytes + 8, 8);
	start->previous_end = mm_le_get(bytes + 16, 8);
	start->sequence = mm_le_get(bytes + 24, 8);
	start->started_us = (int64_t)mm_le_get(bytes + 32, 8);
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
	mm_le_put(bytes + 8, tally->as_of, 8);
	put(bytes + 16, tally->service, tally->service_len);
	put(bytes + 80, tally->source, tally->source_len);
	for (unsigned i = 0; i < MM_REASON_COUNT; i++)
		mm_le_put(bytes + TALLY_COUNTS + 4 * i,
		    tally->counts[i] < UINT32_MAX ? tally->counts[i] : UINT32_MAX, 4);
	mm_le_put(bytes, mm_crc32c(bytes + 4, MM_JOURNAL_TALLY_LEN - 4), 4);
}

bool
mm_journal_decode_tally(const uint8_t bytes[MM_JOURNAL_TALLY_LEN], struct mm_journal_tally *tally)
{
	if (mm_le_get(bytes + 8, 8) == 0 || bytes[5] > MM_JOURNAL_TALLY_SERVICE_LEN ||
	    bytes[6] > MM_JOURNAL_TALLY_SOURCE_LEN ||
	    mm_le_get(bytes, 4) != mm_crc32c(bytes + 4, MM_JOURNAL_TALLY_LEN - 4))
		return false;
	memset(tally, 0, sizeof(*tally));
	tally->as_of = mm_le_get(bytes + 8, 8);
	tally->has_service = (bytes[4] & TALLY_SERVICE) != 0;
	tally->has_source = (bytes[4] & TALLY_SOURCE) != 0;
	tally->service_cut = (bytes[4] & TALLY_SERVICE_CUT) != 0;
	tally->service_len = bytes[5];
	tally->source_len = bytes[6];
	memcpy(tally->service, bytes + 16, sizeof(tally->service));
	memcpy(tally->source, bytes + 80, sizeof(tally->source));
	for (unsigned i = 0; i < MM_REASON_COUNT; i++)
		tally->counts[i] = mm_le_get(bytes + TALLY_COUNTS + 4 * i, 4);
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
		at = put(mm_le_put(at, len, 2), field.ptr, len);
	}
	return at;
}

static void
put_fixed(uint8_t *bytes, const struct mm_journal_record *record, unsigned flags)
{
	uint8_t *at = mm_le_put(bytes + 56, (uint64_t)record->time_us, 8);

	at = mm_le_put(at, record->epoch, 8);
	at = mm_le_put(at, record->count, 8);
	mm_le_put(at, record->latency_ns, 4);
	mm_le_put(bytes + 92, record->reason, 2);
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
	mm_le_put(bytes + 84, present, 4);
	mm_le_put(bytes + 88, cut, 4);
	mm_le_put(bytes + 98, text_len, 2);
	while ((size_t)(at - bytes) % MM_JOURNAL_ALIGN != 0)
		*at++ = 0;
	len = (size_t)(at - bytes);
	mm_le_put(bytes + 4, len, 4);
	return len;
}

void
mm_journal_seal_record(uint8_t *bytes, size_t len, const struct mm_journal_link *link)
{
	uint8_t *at = mm_le_put(bytes + 8, link->salt, 8);

	at = mm_le_put(at, link->sequence, 8);
	put(at, link->previous_hash, MM_DIGEST_LEN);
	mm_le_put(bytes, mm_crc32c(bytes + 4, len - 4), 4);
}

size_t
mm_journal_encoded_len(const uint8_t *bytes)
{
	return (size_t)mm_le_get(bytes + 4, 4);
}

size_t
mm_journal_record_len(const uint8_t bytes[16], uint64_t salt)
{
	uint64_t len = mm_le_get(bytes + 4, 4);

	if (mm_le_get(bytes + 8, 8) != salt || len < MM_JOURNAL_RECORD_MIN || len > MM_JOURNAL_RECORD_MAX ||
	    len % MM_JOURNAL_ALIGN != 0)
		return 0;
	return (size_t)len;
}

bool
mm_journal_record_whole(const uint8_t *bytes, size_t len)
{
	return mm_le_get(bytes, 4) == mm_crc32c(bytes + 4, len - 4);
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
	uint64_t reason = mm_le_get(bytes + 92, 2);
	unsigned kind = bytes[94], flags = bytes[95];
	struct mm_reader reader;
	struct mm_slice text;

	link->salt = mm_le_get(bytes + 8, 8);
	link->sequence = mm_le_get(bytes + 16, 8);
	memcpy(link->previous_hash, bytes + 24, MM_DIGEST_LEN);
	memset(record, 0, sizeof(*record));
	record->time_us = (int64_t)mm_le_get(bytes + 56, 8);
	record->epoch = mm_le_get(bytes + 64, 8);
	record->count = mm_le_get(bytes + 72, 8);
	record->latency_ns = (uint32_t)mm_le_get(bytes + 80, 4);
	record->cut = (uint32_t)mm_le_get(bytes + 88, 4);
	record->reason = reason < MM_REASON_COUNT ? (enum mm_reason)reason : MM_INTERNAL;
	record->kind = (enum mm_journal_kind)kind;
	record->allowed = (flags & FLAG_ALLOWED) != 0;
	record->verified = (flags & FLAG_VERIFIED) != 0;
	record->proof = bytes[96] < MM_ISSUANCE_COUNT ? (enum mm_issuance)bytes[96] : MM_ISSUANCE_UNPROVEN;
	mm_reader_init(&reader, bytes + FIXED_LEN, len - FIXED_LEN);
	read_fields(&reader, (uint32_t)mm_le_get(bytes + 84, 4), record);
	text = mm_reader_slice(&reader, (size_t)mm_le_get(bytes + 98, 2));
	if ((flags & FLAG_TEXT) != 0)
		record->text = text;
	return mm_reader_ok(&reader) && kind >= MM_JOURNAL_DECISION && kind <= MM_JOURNAL_EVENT;
}
