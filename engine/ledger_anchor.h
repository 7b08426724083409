/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The anchor of a ledger whose oldest segments are not kept any more: where they ended in the chain, what they counted,
 * and their rare records, without which keys, tenants and terms would not be known. Signed by the key-state key.
 *
 * What segments still stand before the first one that it names belongs to the ledger no more.
 */
#ifndef MM_ENGINE_LEDGER_ANCHOR_H
#define MM_ENGINE_LEDGER_ANCHOR_H

#include "engine/ledger_format.h"
#include "lib/base/buf.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MM_LEDGER_ANCHOR_FILE "anchor"

/* Some 100,000 rare records: a start of the ledger each hour for ten years. */
#define MM_LEDGER_ANCHOR_MAX ((size_t)64 * 1024 * 1024)

/* What the records up to a place say of a realm. */
struct mm_ledger_realm_sum {
	char name[MM_NAME_LEN_MAX + 1];
	struct mm_ledger_counts counts; /* recorded and voided alone */
	uint16_t signer; /* the highest number that a term or token has */
	struct mm_token_place last;
	bool has_last;
};

struct mm_ledger_anchor {
	uint64_t first_segment; /* that is kept; 0: there is no anchor, and nothing else is set */
	uint8_t id[MM_LEDGER_ID_LEN];
	struct mm_ledger_at end; /* the last segment that is not kept, and where it ended */
	uint64_t sequence;       /* of its last record */
	uint8_t hash[MM_DIGEST_LEN];
	struct mm_ledger_at rare; /* the last rare record before the first segment */
	int64_t first_us, last_us; /* of the ledger's first record, and of the newest that is not kept */
	int64_t made_us;
	size_t realm_count;
	struct mm_ledger_realm_sum realms[MM_LEDGER_REALMS_MAX];
	size_t rare_count;
	struct mm_slice rares; /* as they stand in the file */
	char *bytes;           /* the file; what rares borrows from */
};

/*
 * Load the anchor of a folder. root: the pinned root's public key, which must have certified who signed it; signer: the
 * public half of the ledger's key-state key, which must be who did; each may be NULL. With neither it is whole if its
 * own certificate's key signed it, and nothing is said of whose that is. Returns NULL, also where there is none, or a
 * sentence of what is wrong. Clear it in either case.
 */
MM_MUST_USE const char *mm_ledger_anchor_load(int dir_fd, const uint8_t *root, const uint8_t *signer,
    struct mm_ledger_anchor *anchor);
void mm_ledger_anchor_clear(struct mm_ledger_anchor *anchor);

/*
 * Whether the first segment begins where the anchor ends, and where there is none, at the ledger's beginning. NULL, or
 * a constant sentence; *segment is the first one, 0: there is none.
 */
MM_MUST_USE const char *mm_ledger_anchor_check(const struct mm_ledger_anchor *anchor, int dir_fd, uint64_t *segment);

/* Each rare record in its order; position begins with 0. False behind the last. */
MM_MUST_USE bool mm_ledger_anchor_next(const struct mm_ledger_anchor *anchor, size_t *position,
    struct mm_ledger_at *at, struct mm_slice *record);

/* Add a rare record to those of an anchor that is being made. */
void mm_ledger_anchor_add_rare(struct mm_buf *rares, struct mm_ledger_at at, const uint8_t *bytes, size_t len);

/*
 * Write an anchor, whose rares are all that stood before its first segment, in place of the one there was: durable when
 * this returns true. False with errno.
 */
MM_MUST_USE bool mm_ledger_anchor_store(int dir_fd, const struct mm_ledger_anchor *anchor, const struct mm_ed25519 *key,
    const uint8_t certificate[MM_MINT_CERTIFICATE_LEN]);

/*
 * The first segment that the anchor of a folder keeps, without looking at more of it; 0: there is no anchor. False with
 * errno (EBADMSG: it is none).
 */
MM_MUST_USE bool mm_ledger_anchor_first(int dir_fd, uint64_t *segment);

#endif
