/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a journal, as doc/PROTOCOL.journal says them: encoding and decoding, no files.
 */
#ifndef MM_ENGINE_JOURNAL_FORMAT_H
#define MM_ENGINE_JOURNAL_FORMAT_H

#include "engine/journal.h"
#include "lib/base/limits.h"

/* Where records begin in a segment. */
#define MM_JOURNAL_HEADER_LEN 192
/* The part of it that the creator writes; the writer's start follows. */
#define MM_JOURNAL_IDENTITY_LEN 96
#define MM_JOURNAL_START_LEN (MM_JOURNAL_HEADER_LEN - MM_JOURNAL_IDENTITY_LEN)

/* A name and its NUL fill the identity's 16 bytes. */
#define MM_JOURNAL_NAME_MAX 15
#define MM_JOURNAL_ID_LEN 16

/* A record's fixed part, padded; and the largest: 31 fields and a text fit. */
#define MM_JOURNAL_RECORD_MIN 104
#define MM_JOURNAL_RECORD_MAX 20480

/*
 * Tallies: what is counted and not yet written as records, at the end of each segment. More pairs than that are
 * rarely counted at once; those beyond share the last tally.
 */
#define MM_JOURNAL_TALLIES 32
#define MM_JOURNAL_TALLY_LEN 512
#define MM_JOURNAL_TALLIES_LEN (MM_JOURNAL_TALLIES * MM_JOURNAL_TALLY_LEN)

/* The texts of a tally: longer names of services are cut, and marked so; sources are addresses. */
#define MM_JOURNAL_TALLY_SERVICE_LEN 64
#define MM_JOURNAL_TALLY_SOURCE_LEN 56

/* Records begin at multiples of it, and so do the places where one is looked for. */
#define MM_JOURNAL_ALIGN 8

/* The bit of 'cut' that says it of the text. */
#define MM_JOURNAL_CUT_TEXT (UINT32_C(1) << 31)

struct mm_journal_identity {
	uint64_t number;
	uint64_t size_bytes;
	int64_t created_us;
	uint64_t salt;
	uint8_t id[MM_JOURNAL_ID_LEN];
	char name[MM_JOURNAL_NAME_MAX + 1];
};

/* Where a segment begins in the chain. */
struct mm_journal_start {
	uint64_t previous_number; /* 0: none */
	uint64_t previous_end;
	uint64_t sequence;
	int64_t started_us;
	uint8_t previous_hash[MM_DIGEST_LEN];
};

/* Where a record stands in the chain. */
struct mm_journal_link {
	uint64_t salt;
	uint64_t sequence;
	uint8_t previous_hash[MM_DIGEST_LEN];
};

/* Denials of one service and source that are counted and not yet written as records. */
struct mm_journal_tally {
	uint64_t as_of; /* sequence number of the last record before it was noted; 0: the tally is not used */
	bool has_service, has_source, service_cut;
	uint8_t service_len, source_len;
	char service[MM_JOURNAL_TALLY_SERVICE_LEN], source[MM_JOURNAL_TALLY_SOURCE_LEN];
	uint64_t counts[MM_REASON_COUNT];
};

void mm_journal_encode_identity(const struct mm_journal_identity *identity, uint8_t bytes[MM_JOURNAL_IDENTITY_LEN]);
bool mm_journal_decode_identity(const uint8_t bytes[MM_JOURNAL_IDENTITY_LEN], struct mm_journal_identity *identity);

void mm_journal_encode_start(const struct mm_journal_start *start, uint8_t bytes[MM_JOURNAL_START_LEN]);
/* False where the segment was not begun, or the bytes are damaged. */
bool mm_journal_decode_start(const uint8_t bytes[MM_JOURNAL_START_LEN], struct mm_journal_start *start);

/* Counts from 2^32 on are noted as 2^32 - 1. */
void mm_journal_encode_tally(const struct mm_journal_tally *tally, uint8_t bytes[MM_JOURNAL_TALLY_LEN]);
/* False where the tally is not used, or the bytes are damaged. */
bool mm_journal_decode_tally(const uint8_t bytes[MM_JOURNAL_TALLY_LEN], struct mm_journal_tally *tally);

/*
 * Encode a record into bytes; returns its length. Fields and text that are too long are cut, and marked so.
 * It is no record yet: its place in the chain and its CRC come from mm_journal_seal_record().
 */
size_t mm_journal_encode_record(const struct mm_journal_record *record, uint8_t bytes[MM_JOURNAL_RECORD_MAX]);

/* Give an encoded record its place in the chain, or another one, and the CRC. */
void mm_journal_seal_record(uint8_t *bytes, size_t len, const struct mm_journal_link *link);

/* The length of an encoded record, as it states it. Only for bytes that this process encoded. */
size_t mm_journal_encoded_len(const uint8_t *bytes);

/*
 * The length that the first 16 bytes of a record state; 0 where they begin no record of a segment with this salt.
 * Not checked: everything else.
 */
size_t mm_journal_record_len(const uint8_t bytes[16], uint64_t salt);

/* Whether the CRC of a record of len bytes (at least MM_JOURNAL_RECORD_MIN) holds. */
bool mm_journal_record_whole(const uint8_t *bytes, size_t len);

/*
 * Decode a whole record; its fields borrow from bytes. False where an inner length does not fit or the kind is not
 * known. Not checked: salt, CRC, chain.
 */
bool mm_journal_decode_record(const uint8_t *bytes, size_t len, struct mm_journal_link *link,
    struct mm_journal_record *record);

#endif
