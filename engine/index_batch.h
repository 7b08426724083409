/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Index batches and heartbeats: what the ledger streams to gates, tokens that were issued and what was revoked, signed
 * with the key-state key, which the offline root certifies. doc/PROTOCOL.ledger has the bytes.
 *
 * A stream begins with a peer and has a random name; its messages are numbered from 1 on and each carries the SHA-256
 * of the one before, so that none can be left out, repeated or moved to another stream.
 */
#ifndef MM_ENGINE_INDEX_BATCH_H
#define MM_ENGINE_INDEX_BATCH_H

#include "engine/mint_certificate.h"
#include "lib/base/limits.h"
#include "lib/token/revoked.h"
#include "lib/token/token_id.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest message: MM_INDEX_BATCH_MAX of daemon/ipc/mint.h. */
#define MM_INDEX_MESSAGE_MAX 32768

#define MM_INDEX_STREAM_LEN 16

/* A heartbeat has no items. */
#define MM_INDEX_HEAD_LEN 104
#define MM_INDEX_BEAT_LEN (MM_INDEX_HEAD_LEN + MM_MINT_CERTIFICATE_LEN + MM_ED25519_SIGNATURE_LEN)

/* What one batch has room for. */
#define MM_INDEX_ENTRIES_MAX ((MM_INDEX_MESSAGE_MAX - MM_INDEX_BEAT_LEN) / 8)

enum mm_index_item_kind {
	MM_INDEX_ENTRIES = 1, /* of one signer and minute, from place on */
	MM_INDEX_VOID,        /* the entry at place, which was streamed, is void */
	MM_INDEX_HIGH_WATER,  /* every token of the realm up to place, and place itself, has been streamed */
	MM_INDEX_REVOKED,     /* tokens of the realm are revoked */
};

struct mm_index_item {
	enum mm_index_item_kind kind;
	uint16_t realm; /* the mint's number (LEDGER_REALM) */
	struct mm_token_place place; /* of all but REVOKED */
	const uint64_t *entries; /* of ENTRIES; zero: void */
	size_t count;
	struct mm_revoked_what revoked; /* of REVOKED; texts are borrowed from the message */
	int64_t up_to_s;                /* of it: tokens with an 'iat' at or before it */
};

/* What both kinds of message say. */
struct mm_index_head {
	uint64_t sequence;
	uint64_t epoch;   /* of the trust in use, as the ledger was told */
	int64_t time_us;  /* the ledger's, of day */
	int64_t boot_ms;  /* the ledger's CLOCK_BOOTTIME: on the same host it measures the message's age */
	/*
	 * Every token of every realm whose place lies in an earlier minute has been streamed. 0: the live tokens from
	 * before the stream are still being sent; what is not there yet is not absent.
	 */
	uint32_t settled_minute;
	bool is_beat; /* no items */
	/* Every revocation that the ledger had when it made this message, and that still matters, has been streamed. */
	bool revoked_told;
};

/* ---- writing ---- */

/* One stream, from its first message on. */
struct mm_index_writer {
	uint8_t stream[MM_INDEX_STREAM_LEN];
	uint64_t sequence; /* of the last message */
	uint8_t previous[MM_DIGEST_LEN];
	size_t len; /* of the message that is being made */
	uint8_t bytes[MM_INDEX_MESSAGE_MAX];
};

/* Begin a stream with a random name; false where there is no randomness. */
MM_MUST_USE bool mm_index_writer_init(struct mm_index_writer *writer);

/* Begin a message. */
void mm_index_begin(struct mm_index_writer *writer);

/* Add entries: how many fitted, from the first on. */
MM_MUST_USE size_t mm_index_add_entries(struct mm_index_writer *writer, uint16_t realm, struct mm_token_place first,
    const uint64_t *entries, size_t count);

/* Add a void record or a high-water mark: false where it does not fit. */
MM_MUST_USE bool mm_index_add_place(struct mm_index_writer *writer, enum mm_index_item_kind kind, uint16_t realm,
    struct mm_token_place place);

/* Add a revocation that passed mm_revoked_what_check(): false where it does not fit. */
MM_MUST_USE bool mm_index_add_revoked(struct mm_index_writer *writer, uint16_t realm,
    const struct mm_revoked_what *what, int64_t up_to_s);

/* Room that is left, in bytes; an item takes 16 and each entry 8. */
size_t mm_index_room(const struct mm_index_writer *writer);

/*
 * End and sign the message; sequence of head is set by the stream. *message is valid until the next begin. False where
 * libcrypto fails; the stream cannot go on then.
 */
MM_MUST_USE bool mm_index_finish(struct mm_index_writer *writer, const struct mm_index_head *head,
    const uint8_t certificate[MM_MINT_CERTIFICATE_LEN], const struct mm_ed25519 *key, struct mm_slice *message);

/* ---- reading ---- */

/* One stream at its receiver: zero it and set root before the first message. */
struct mm_index_reader {
	uint8_t root[MM_ED25519_PUBLIC_LEN]; /* pinned */
	uint8_t stream[MM_INDEX_STREAM_LEN];
	uint64_t sequence;
	uint8_t previous[MM_DIGEST_LEN];
	uint8_t certificate_bytes[MM_MINT_CERTIFICATE_LEN]; /* the last one that was believed */
	struct mm_mint_certificate certificate;
};

struct mm_index_batch {
	struct mm_index_head head;
	struct mm_slice items; /* borrowed from the message */
	uint64_t entries[MM_INDEX_ENTRIES_MAX]; /* of the item that was read last */
};

/*
 * Check a message: form, certificate under the root and in its time, signature, and that it is the next of the
 * stream. Returns NULL on success, and the reader has gone on to it; else a constant sentence, and the stream cannot
 * be believed any more. Items are whole then. Not checked here: whether it is recent, and whether its epoch is known.
 */
MM_MUST_USE const char *mm_index_read(struct mm_index_reader *reader, struct mm_slice message, int64_t now_s,
    struct mm_index_batch *batch);

/* The next item from *position on (0 first); false behind the last. item->entries is valid until the next call. */
bool mm_index_next(struct mm_index_batch *batch, size_t *position, struct mm_index_item *item);

#endif
