/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One decision while it is being made: its parameters, its scratch and what the steps found so far.
 *
 * identify.c has steps 1 to 6, which find out who signed the token; judge.c has the later ones, which find out what it
 * may, but for provenance.c (7), binding.c (10) and issuance.c (12). decision.c orders them.
 */
#ifndef MM_TOKEN_JUDGEMENT_H
#define MM_TOKEN_JUDGEMENT_H

#include "lib/base/scratch.h"
#include "lib/codec/json.h"
#include "lib/jose/header.h"
#include "lib/token/cache.h"
#include "lib/token/cache_entry.h"
#include "lib/token/claims.h"
#include "lib/token/compact.h"
#include "lib/token/dpop.h"
#include "lib/token/facts.h"
#include "lib/token/token_id.h"

#include <mintmark/decide.h>

/* Decoded parts, then unescaped strings (never longer than the parts), then two addresses. */
#define MM_JUDGEMENT_SCRATCH (2 * MM_COMPACT_ROOM(MM_TOKEN_LEN_MAX) + 2 * MM_MAILBOX_LEN_MAX)

/* A cipher of a mint's ids that is ready: as long as a realm has this key, no decision makes one. */
struct mm_judgement_id {
	uint8_t key[MM_TOKEN_ID_KEY_LEN];
	struct mm_token_id_cipher *cipher; /* NULL: none */
};

/* Mints whose tokens come by turns; more only cost a new cipher. */
#define MM_JUDGEMENT_IDS 4

struct mm_judgement {
	const struct mm_trust *trust;
	const struct mm_request *request;
	const struct mm_service *service;
	struct mm_verifier *verifier;
	struct mm_verifier *proof_verifier; /* of its own: clients' keys must not push the issuers' out */

	struct mm_scratch scratch;
	struct mm_compact parts;
	struct mm_json_index header, payload;
	struct mm_json_names names;
	struct mm_header head;
	struct mm_unverified_claims unverified;
	struct mm_claims claims; /* from step 6 on */

	struct mm_facts facts;
	bool wants_nonce; /* a nonce would mend the proof of step 10 */

	/* Of a derived token, set by step 7. */
	const struct mm_realm *root_realm;
	enum mm_issuance root_issuance;
	int64_t root_iat_s;

	/* Of step 12. */
	bool wants_ledger;
	bool has_digest; /* of header.payload */
	uint8_t digest[MM_DIGEST_LEN];
	struct mm_judgement_id ids[MM_JUDGEMENT_IDS];
	size_t next_id; /* to be replaced */

	/*
	 * Of the cache. A token that it remembers passed steps 1 and 2, byte for byte, and its signature held under
	 * signed_by: its header and claims are set, its payload's index has the members that later steps look up, and
	 * its parts are not there.
	 */
	bool has_parts;  /* parts is set */
	bool named;      /* name is set: it may be remembered */
	bool remembered;
	struct mm_cache_name name;
	struct mm_signed_by signed_by;

	/* For the trace only. */
	mm_trace_fn *trace;
	void *trace_ctx;
	struct mm_compared compared[MM_COMPARED_MAX];
	size_t compared_count;
	struct mm_scratch trace_text;

	struct mm_json_member header_members[MM_HEADER_MEMBERS_MAX];
	struct mm_json_member payload_members[MM_PAYLOAD_MEMBERS_MAX];
	char scratch_bytes[MM_JUDGEMENT_SCRATCH];
	struct mm_dpop_room dpop_room;
	char trace_bytes[2048];
};

/* The steps; each names the reason of its failure. */
MM_MUST_USE enum mm_reason mm_step_shape(struct mm_judgement *judgement);
MM_MUST_USE enum mm_reason mm_step_header(struct mm_judgement *judgement);
MM_MUST_USE enum mm_reason mm_step_realm(struct mm_judgement *judgement);
MM_MUST_USE enum mm_reason mm_step_key(struct mm_judgement *judgement);
MM_MUST_USE enum mm_reason mm_step_key_state(struct mm_judgement *judgement);
MM_MUST_USE enum mm_reason mm_step_signature(struct mm_judgement *judgement);
MM_MUST_USE enum mm_reason mm_step_provenance(struct mm_judgement *judgement);
MM_MUST_USE enum mm_reason mm_step_claims(struct mm_judgement *judgement);
MM_MUST_USE enum mm_reason mm_step_mailbox(struct mm_judgement *judgement);
MM_MUST_USE enum mm_reason mm_step_binding(struct mm_judgement *judgement);
MM_MUST_USE enum mm_reason mm_step_revocation(struct mm_judgement *judgement);
MM_MUST_USE enum mm_reason mm_step_proof(struct mm_judgement *judgement);
MM_MUST_USE enum mm_reason mm_step_scope(struct mm_judgement *judgement);

/* Split the token, if that was not done yet. */
MM_MUST_USE enum mm_reason mm_judgement_split(struct mm_judgement *judgement);

/* SHA-256 of header.payload, made if it is not there yet; false where libcrypto fails or the token does not split. */
MM_MUST_USE bool mm_judgement_digest(struct mm_judgement *judgement);

/*
 * Lend a decision that is not in use for other work on a request, of which only the token need be there; its last
 * result is lost. Ended by setting the judgement's request to NULL.
 */
struct mm_judgement *
mm_decision_lend(struct mm_decision *decision, const struct mm_trust *trust, const struct mm_request *request);

/* Tell the trace what was compared; where nobody traces, it costs one test and its arguments are not made. */
void mm_trace_compared(struct mm_judgement *judgement, const char *what, struct mm_slice found,
    struct mm_slice expected);

#define mm_compare(judgement, what, found, expected)                             \
	do {                                                                     \
		if ((judgement)->trace != NULL)                                  \
			mm_trace_compared((judgement), (what), (found), (expected)); \
	} while (0)

/* A number or a sentence made for the trace, borrowed until the step ends. */
struct mm_slice mm_trace_format(struct mm_judgement *judgement, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
