/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DPoP proofs (RFC 9449): a JWS that a client makes for one request with the key that its token is bound to.
 *
 * Three calls, cheap before dear: what the proof says, whether it is for this request, whether the key signed it. None
 * of them alone proves anything.
 */
#ifndef MM_TOKEN_DPOP_H
#define MM_TOKEN_DPOP_H

#include "lib/base/scratch.h"
#include "lib/codec/http_url.h"
#include "lib/codec/json.h"
#include "lib/jose/algorithm.h"
#include "lib/token/compact.h"

#include <mintmark/reason.h>
#include <mintmark/slice.h>

#include <stdbool.h>
#include <stdint.h>

/* A proof has a key and half a dozen short claims: with RSA of 8192 bits, three kilobytes and an address. */
#define MM_DPOP_LEN_MAX 8192

/* How far 'iat' may lie from now, both ways. */
#define MM_DPOP_AGE_MAX_S 60

/* Members of a header and of a payload; RFC 9449 section 4.2 names three and six. */
#define MM_DPOP_MEMBERS_MAX 32

/* A method (RFC 9110 section 9.1); the registered ones are shorter. */
#define MM_DPOP_METHOD_LEN_MAX 32

/* A nonce of any server; ours have MM_DPOP_NONCE_LEN. */
#define MM_DPOP_NONCE_LEN_MAX 1024

/* Decoded parts, unescaped strings, numbers of the key, the text of its thumbprint, the address; then the request's. */
#define MM_DPOP_SCRATCH (5 * MM_DPOP_LEN_MAX + MM_HTTP_URL_LEN_MAX + 1)

enum mm_dpop_fault {
#define MM_DPOP_FAULT(code, reason, text) MM_DPOP_##code,
#include "lib/token/dpop_faults.def"
#undef MM_DPOP_FAULT
	MM_DPOP_FAULT_COUNT
};

enum mm_reason mm_dpop_fault_reason(enum mm_dpop_fault fault);
const char *mm_dpop_fault_text(enum mm_dpop_fault fault); /* a constant sentence */

/* Room for one proof at a time. */
struct mm_dpop_room {
	struct mm_json_names names;
	struct mm_json_member header[MM_DPOP_MEMBERS_MAX], payload[MM_DPOP_MEMBERS_MAX];
	struct mm_scratch scratch;
	char bytes[MM_DPOP_SCRATCH];
};

/* What a proof says; nobody verified it. Borrowed from its room and its text. */
struct mm_dpop_proof {
	struct mm_compact parts;
	const struct mm_algorithm *algorithm;
	struct mm_key_material material;
	uint8_t thumbprint[MM_DIGEST_LEN]; /* of the key, RFC 7638 */
	struct mm_slice jti, htm;
	struct mm_slice url;   /* htu, normalized */
	struct mm_slice nonce; /* absent: none */
	bool has_ath; /* always, but where it was read without */
	uint8_t ath[MM_DIGEST_LEN];
	int64_t iat_s;
	int64_t nbf_s, exp_s; /* INT64_MIN and INT64_MAX: not stated, as is usual */
};

/* The request that it must be for. */
struct mm_dpop_expected {
	const uint8_t *thumbprint; /* the token's cnf.jkt; NULL: any key, where no token is bound yet */
	struct mm_slice method, url;
	struct mm_slice token; /* absent: the request has none */
	const unsigned char *nonce_secret; /* NULL: there are no nonces */
	bool nonce_demanded;
	int64_t now_s;
};

/*
 * Read a proof: header, public key and claims, each of its type and range. *proof is set on MM_DPOP_GOOD only.
 * Not checked here: that any of it is true.
 */
MM_MUST_USE enum mm_dpop_fault
mm_dpop_parse(struct mm_slice text, struct mm_dpop_room *room, struct mm_dpop_proof *proof);

/* The same of a proof for a request that has no access token, and asks for one: 'ath' may be missing. */
MM_MUST_USE enum mm_dpop_fault
mm_dpop_parse_tokenless(struct mm_slice text, struct mm_dpop_room *room, struct mm_dpop_proof *proof);

/*
 * Check that a proof that was read into room is for this request and token, and its nonce: one is looked at where it is
 * demanded, and where the proof has one although none was, if it can be.
 * Not checked here: its signature, and whether it was used before.
 */
MM_MUST_USE enum mm_dpop_fault mm_dpop_check(const struct mm_dpop_proof *proof, const struct mm_dpop_expected *expected,
    struct mm_dpop_room *room);

/* Verify its signature with the key that it holds. Not checked here: whose key that is. */
MM_MUST_USE enum mm_dpop_fault mm_dpop_verify(const struct mm_dpop_proof *proof, struct mm_verifier *verifier);

#endif
