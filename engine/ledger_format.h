/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a ledger, as doc/PROTOCOL.ledger says them: encoding and decoding, no files.
 */
#ifndef MM_ENGINE_LEDGER_FORMAT_H
#define MM_ENGINE_LEDGER_FORMAT_H

#include "engine/mint_certificate.h"
#include "lib/base/buf.h"
#include "lib/base/limits.h"
#include "lib/crypto/ed25519.h"
#include "lib/token/revoked.h"
#include "lib/token/token_id.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where records begin in a segment. */
#define MM_LEDGER_HEADER_LEN 256

/* A record's fixed part, and the largest record: an event of a key with its texts fits. */
#define MM_LEDGER_RECORD_MIN 80
#define MM_LEDGER_RECORD_MAX 16384

/* Records begin at multiples of it. */
#define MM_LEDGER_ALIGN 8

#define MM_LEDGER_ID_LEN 16

/* What KEY and TENANT records hold for those who wrote them. */
#define MM_LEDGER_EVENT_MAX 12288

/* A reason or a note. */
#define MM_LEDGER_TEXT_MAX 512

/* Realms of one ledger over all its time. */
#define MM_LEDGER_REALMS_MAX 128

enum mm_ledger_kind {
	MM_LEDGER_TERM = 1, /* a start of the ledger */
	MM_LEDGER_ISSUED,   /* a token, before it is signed */
	MM_LEDGER_VOID,     /* of it: it was not signed, or the signature was dropped */
	MM_LEDGER_RELEASED, /* of many: they were signed and handed on */
	MM_LEDGER_KEY,      /* an event of a key's life (engine/key_event.h) */
	MM_LEDGER_TENANT,   /* a tenant was added or changed */
	MM_LEDGER_HEAD,     /* counts, signed with the key-state key */
	MM_LEDGER_GAP,      /* it was restored: what cannot be known */
	MM_LEDGER_NOTE,     /* of the ledger's own life, in words */
	MM_LEDGER_REVOKE,   /* tokens of a realm are not good any more */
	MM_LEDGER_KIND_END
};

const char *mm_ledger_kind_name(unsigned kind); /* "issued"; NULL: there is no such kind */

/* Whether records of this kind lead to the one before them: all but ISSUED, VOID, RELEASED, HEAD and REVOKE. */
bool mm_ledger_kind_is_rare(unsigned kind);

/* Where a record stands; segment 0: nowhere. */
struct mm_ledger_at {
	uint64_t segment;
	uint64_t offset;
};

/* The head of a segment: who it is and where it begins in the chain. */
struct mm_ledger_header {
	uint64_t number;
	uint64_t size_bytes;
	int64_t created_us;
	uint64_t salt; /* random, not zero, another one for each segment */
	uint8_t id[MM_LEDGER_ID_LEN]; /* of the ledger: the same in all its segments */
	uint64_t previous_number; /* 0: it is the first */
	uint64_t previous_end;    /* what stands in that segment from there on is not the ledger's */
	uint64_t sequence;        /* of its first record */
	uint8_t previous_hash[MM_DIGEST_LEN];
	struct mm_ledger_at rare; /* the last record that leads to another one, before this segment */
};

/* Where a record stands in the chain. */
struct mm_ledger_link {
	uint64_t salt;
	uint64_t sequence;
	uint8_t previous_hash[MM_DIGEST_LEN];
	uint64_t durable; /* the last record that was known to be on the disk when this one was made */
};

/* ---- what records say ---- */

/* A realm of a term or gap: its next signer's number, and of a GAP from where on it is not known what was issued. */
struct mm_ledger_realm_signer {
	struct mm_slice name;
	uint16_t signer;
	struct mm_token_place from; /* of a GAP: the last token on record; all zeroes: none */
};

struct mm_ledger_term {
	uint64_t number;
	uint32_t last_minute; /* that was allotted before: none goes back behind it */
	uint8_t certificate[MM_MINT_CERTIFICATE_LEN]; /* of the key-state key; zeroes: there is none */
	struct mm_slice why;
	size_t realm_count;
	struct mm_ledger_realm_signer realms[MM_LEDGER_REALMS_MAX];
};

/* A gap has everything of a term but number and certificate, and the epoch behind which trust goes on. */
struct mm_ledger_gap {
	uint64_t term;  /* terms up to this one may have been */
	uint64_t epoch;
	uint32_t last_minute;
	struct mm_slice why;
	size_t realm_count;
	struct mm_ledger_realm_signer realms[MM_LEDGER_REALMS_MAX];
};

/* Texts of a token. Absent and empty are the same. The numbers stand in records: append only. */
enum mm_ledger_fact {
	MM_LEDGER_REALM,
	MM_LEDGER_TENANT_ID,
	MM_LEDGER_SUBJECT,
	MM_LEDGER_CLIENT,
	MM_LEDGER_SESSION,
	MM_LEDGER_AUDIENCE,
	MM_LEDGER_SCOPE,
	MM_LEDGER_MAILBOX,
	MM_LEDGER_PARENT,
	MM_LEDGER_ROOT_REALM,
	MM_LEDGER_ROOT_KID,
	MM_LEDGER_FACT_COUNT
};

const char *mm_ledger_fact_name(enum mm_ledger_fact fact);

struct mm_ledger_issued {
	struct mm_token_place place;
	uint64_t serial; /* of the signing request */
	uint8_t token_class, grant, sender_key, root_proof; /* daemon/ipc/mint.h */
	bool has_root;
	int64_t iat_s, exp_s, root_iat_s;
	uint8_t digest[MM_DIGEST_LEN];     /* SHA-256 of header.payload */
	uint8_t thumbprint[MM_DIGEST_LEN]; /* of the key */
	uint8_t root_thumbprint[MM_DIGEST_LEN];
	struct mm_slice facts[MM_LEDGER_FACT_COUNT];
};

struct mm_ledger_void {
	uint64_t issued; /* sequence number of the record */
	uint64_t serial;
	struct mm_token_place place;
	uint8_t status; /* enum mm_mint_status: why */
	bool at_start;  /* found unsigned at a start */
	struct mm_slice realm;
};

/* Consecutive records, by sequence number, without those of other kinds between them. */
#define MM_LEDGER_RANGES_MAX 512
struct mm_ledger_range {
	uint64_t first;
	uint32_t count;
};

struct mm_ledger_released {
	size_t count;
	struct mm_ledger_range ranges[MM_LEDGER_RANGES_MAX];
};

struct mm_ledger_event {
	struct mm_slice realm;
	struct mm_slice bytes;
};

struct mm_ledger_revoke {
	struct mm_slice realm;
	struct mm_revoked_what what;
	int64_t up_to_s;   /* tokens with an 'iat' at or before it */
	int64_t matters_s; /* until then: all of them have expired */
};

/* Counts since the ledger began. */
struct mm_ledger_counts {
	uint64_t recorded;
	uint64_t voided;
	uint64_t released; /* signed and handed on */
	uint64_t unknown;  /* of those recorded: a start could not tell whether they were signed */
};

struct mm_ledger_head_realm {
	struct mm_slice name;
	struct mm_ledger_counts counts;
};

struct mm_ledger_head {
	uint64_t term;
	size_t realm_count;
	struct mm_ledger_head_realm realms[MM_LEDGER_REALMS_MAX];
	uint8_t signature[MM_ED25519_SIGNATURE_LEN]; /* of a head that was read */
};

/* One record, decoded; texts are borrowed from its bytes. */
struct mm_ledger_record {
	enum mm_ledger_kind kind;
	int64_t time_us;
	struct mm_ledger_at rare; /* of kinds that lead to the one before; segment 0: it is the first */
	union {
		struct mm_ledger_term term;
		struct mm_ledger_issued issued;
		struct mm_ledger_void voided;
		struct mm_ledger_released released;
		struct mm_ledger_event event; /* KEY, TENANT */
		struct mm_ledger_head head;
		struct mm_ledger_gap gap;
		struct mm_slice note;
		struct mm_ledger_revoke revoke;
	};
};

/*
 * Whether a place of a realm comes behind another one, as the places of its records do: signers' numbers and minutes
 * never go back, nor a counter within its minute.
 */
bool mm_ledger_place_behind(struct mm_token_place place, struct mm_token_place before);

/* ---- segments ---- */

void mm_ledger_encode_header(const struct mm_ledger_header *header, uint8_t bytes[MM_LEDGER_HEADER_LEN]);
MM_MUST_USE bool mm_ledger_decode_header(const uint8_t bytes[MM_LEDGER_HEADER_LEN], struct mm_ledger_header *header);

/* ---- records ---- */

/*
 * Encode a record without its place in the chain; its length, a multiple of MM_LEDGER_ALIGN, or 0 where a text or
 * list is too long. Of a HEAD the signature is left out: mm_ledger_sign_head().
 */
MM_MUST_USE size_t mm_ledger_encode(const struct mm_ledger_record *record, uint8_t bytes[MM_LEDGER_RECORD_MAX]);

/* Set what leads to the record before, of a rare kind. */
void mm_ledger_set_rare(uint8_t *bytes, struct mm_ledger_at rare);

/* Set the place in the chain, then the CRC: the record is whole. */
void mm_ledger_seal(uint8_t *bytes, size_t len, const struct mm_ledger_link *link);

/* Sign an encoded head whose place in the chain is set, and set its CRC anew; false where libcrypto fails. */
MM_MUST_USE bool mm_ledger_sign_head(uint8_t *bytes, size_t len, const struct mm_ed25519 *key);

/* Whether the signature of a head holds under the key-state key. */
MM_MUST_USE bool mm_ledger_verify_head(const uint8_t *bytes, size_t len,
    const uint8_t public_key[MM_ED25519_PUBLIC_LEN]);

/* The length that the first 16 bytes at a record's place state; 0: there is no record of a segment with this salt. */
size_t mm_ledger_record_len(const uint8_t bytes[16], uint64_t salt);

/* Whether the CRC of a record of this length holds. */
bool mm_ledger_record_whole(const uint8_t *bytes, size_t len);

/* The place in the chain of a whole record, and its kind, which may be unknown. */
void mm_ledger_get_link(const uint8_t *bytes, struct mm_ledger_link *link);
unsigned mm_ledger_get_kind(const uint8_t *bytes);

/* Decode a whole record; false where it is not as this version writes it. */
MM_MUST_USE bool mm_ledger_decode(const uint8_t *bytes, size_t len, struct mm_ledger_record *record);

#endif
