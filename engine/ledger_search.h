/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking for one token's record in a ledger's files.
 */
#ifndef MM_ENGINE_LEDGER_SEARCH_H
#define MM_ENGINE_LEDGER_SEARCH_H

#include "engine/ledger_format.h"
#include "lib/base/buf.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What was found; large, so that it has the record's texts. */
struct mm_ledger_finding {
	bool found;
	bool voided, released;
	bool not_kept;     /* its record would be older than what is kept: nothing is known of it … */
	int64_t kept_us;   /* … nor of what is older than this */
	bool unknown;      /* damage or a restoration leaves open whether there was a record */
	bool void_at_start;
	uint8_t void_status; /* enum mm_mint_status */
	enum mm_revoked_kind revoked; /* 0: by none that was looked for */
	int64_t void_us;
	struct mm_ledger_at at;
	uint64_t sequence;
	struct mm_ledger_record record; /* of kind ISSUED, borrowing from bytes */
	uint8_t bytes[MM_LEDGER_RECORD_MAX];
};

/*
 * The first minute that a segment tells of: no token behind its beginning has an earlier place, and none before it a
 * later one, however clocks were set. False where it tells of none, or cannot be read.
 */
MM_MUST_USE bool mm_ledger_minute_of(int dir_fd, uint64_t segment, uint32_t *minute);

/*
 * Look for the token of a realm at a place, among the records of its minute. *finding is set always; what could not be
 * read makes it unknown, and so does *stop, which ends the search (NULL: nothing does), and an anchor that signer, the
 * public half of the ledger's key-state key, did not sign (NULL: it is not known). Not for two threads at once.
 */
void mm_ledger_find(int dir_fd, const uint8_t *signer, struct mm_slice realm, struct mm_token_place place,
    const atomic_bool *stop, struct mm_ledger_finding *finding);

/*
 * Look on from a finding's record for what revoked its token, or what that was derived from, while it could be
 * presented: into finding->revoked. It reads all records that were made in that time, up to *stop as above.
 */
void mm_ledger_find_revoked(int dir_fd, struct mm_slice token_id, const atomic_bool *stop,
    struct mm_ledger_finding *finding);

/*
 * Append a finding as a JSON object; digest: that of the token that is asked about, NULL where only its id is. False
 * where buf is too small.
 */
MM_MUST_USE bool mm_ledger_finding_json(const struct mm_ledger_finding *finding, struct mm_slice token_id,
    const uint8_t *digest, struct mm_buf *buf);

#endif
