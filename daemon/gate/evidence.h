/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence of possession (mintmark/evidence.h) from an HTTP request to the gate: which request the client made, and
 * which certificate it showed.
 *
 * A proxy that asks for its client tells both in header fields, and a client can write any field. So they count from an
 * authenticated caller and from a peer among 'trusted_proxies' alone, who set or remove each of them; from others only
 * what the gate saw itself does.
 */
#ifndef MM_DAEMON_GATE_EVIDENCE_H
#define MM_DAEMON_GATE_EVIDENCE_H

#include "daemon/gate/exchange.h"
#include "lib/codec/http_url.h"

#include <mintmark/evidence.h>

#include <stdbool.h>

/*
 * What proofs of one gate are remembered in: some 250,000 in the two minutes that one may be accepted, and a token may
 * have an eighth of a quarter of them.
 */
#define GATE_REPLAY_BYTES ((size_t)16 * 1024 * 1024)

/* And those that came to the shadow alone: a full store makes a wrong record there, and refuses nobody. */
#define GATE_SHADOW_REPLAY_BYTES ((size_t)4 * 1024 * 1024)

/* The token of a request, and whether it was sent as one that is bound ("Authorization: DPoP"). */
struct gate_credential {
	struct mm_slice token; /* absent: there is none */
	bool as_dpop;
};

/* What follows the scheme "Bearer" (RFC 6750 section 2.1) or "DPoP" (RFC 9449 section 7.1) in a field. */
struct gate_credential gate_evidence_credential(struct mm_slice field);

/* Evidence and what it points to; not to be copied. */
struct gate_evidence {
	struct mm_evidence shown;
	uint8_t certificate_digest[MM_DIGEST_LEN];
	char url[MM_HTTP_URL_LEN_MAX];
};

/*
 * Make what proofs are checked with and remembered in, for as long as the gate lives. A gate that was started anew does
 * not remember what the one before it took: where a service demands nonces, which are new then too, such a proof is
 * refused; where it demands none, a proof may be used once more until it is too old. False, told on standard error,
 * without memory or randomness.
 */
MM_MUST_USE bool gate_evidence_begin(struct gate *gate);
void gate_evidence_end(struct gate *gate);

/* None yet, but what proofs are checked with and remembered in. */
void gate_evidence_init(struct gate_evidence *evidence, const struct gate_exchange *exchange);

/*
 * Collect the evidence of a client that asks through a proxy, or itself. The caller must have been looked for before.
 *
 * A token that was sent with "Bearer" has no proof, whatever field DPoP is there: "a DPoP-bound access token received
 * as a bearer token" must be refused (RFC 9449 section 7.2).
 *
 * Returns false where the request hands in evidence that it may not, or that cannot be read: it must not be decided.
 * Not checked here: the evidence.
 */
MM_MUST_USE bool gate_evidence_collect(struct gate_evidence *evidence, const struct gate_exchange *exchange,
    bool as_dpop);

/*
 * Where the client asks from: what a trusted proxy or an authenticated caller says last in X-Forwarded-For, else the
 * peer. Borrowed from the exchange. Not checked here: that it is an address.
 */
struct mm_slice gate_evidence_client_address(const struct gate_exchange *exchange);

/* Whether what the request says of its client counts: an authenticated caller's or a trusted proxy's does. */
bool gate_evidence_is_believed(const struct gate_exchange *exchange);

/*
 * Set the client's request from its parts; uri is path and query. Leaves it unknown, so that no proof is accepted,
 * where one is absent or they are too long. Not checked here: their characters.
 */
void gate_evidence_set_request(struct gate_evidence *evidence, struct mm_slice method, struct mm_slice scheme,
    struct mm_slice host, struct mm_slice uri);

/*
 * Set the client's certificate by its thumbprint (RFC 8705 section 3.1: base64url of SHA-256). Returns false where it
 * is none.
 */
MM_MUST_USE bool gate_evidence_set_thumbprint(struct gate_evidence *evidence, struct mm_slice thumbprint);

/* Add the field DPoP-Nonce with the nonce that is current (RFC 9449 sections 8.2 and 9). */
void gate_evidence_answer_nonce(const struct gate_exchange *exchange, struct mm_http_answer *answer);

#endif
