/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collecting evidence of possession.
 */
#include "daemon/gate/evidence.h"

#include "daemon/http/client_certificate.h"
#include "daemon/http/credentials.h"
#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define PROOF_FIELD "DPoP"
#define CERTIFICATE_FIELD "Mintmark-Client-Certificate"

/*
 * What proxies call the client's request: nginx by our snippet, Traefik and Caddy by themselves. There is one name for
 * each part and no second one that a client could fill where the proxy does not.
 */
#define METHOD_FIELD "X-Forwarded-Method"
#define SCHEME_FIELD "X-Forwarded-Proto"
#define HOST_FIELD "X-Forwarded-Host"
#define URI_FIELD "X-Forwarded-Uri"

struct gate_credential
gate_evidence_credential(struct mm_slice field)
{
	struct mm_slice bearer = mm_http_credentials_find(field, "Bearer");
	struct mm_slice bound = mm_http_credentials_find(field, "DPoP");

	return mm_slice_present(bound) ? (struct gate_credential){ bound, true } :
	    (struct gate_credential){ bearer, false };
}

static struct mm_replay_store *
new_replay_store(size_t bytes)
{
	unsigned char seed[MM_EVIDENCE_SECRET_LEN];
	struct mm_replay_store *store = NULL;

	if (getrandom(seed, sizeof(seed), 0) == (ssize_t)sizeof(seed))
		store = mm_replay_store_new(bytes, seed);
	mm_secret_wipe(seed, sizeof(seed));
	return store;
}

bool
gate_evidence_begin(struct gate *gate)
{
	bool random =
	    getrandom(gate->nonce_secret, sizeof(gate->nonce_secret), 0) == (ssize_t)sizeof(gate->nonce_secret);

	gate->replay_store = new_replay_store(GATE_REPLAY_BYTES);
	gate->shadow_replay_store = new_replay_store(GATE_SHADOW_REPLAY_BYTES);
	if (random && gate->replay_store != NULL && gate->shadow_replay_store != NULL)
		return true;
	fprintf(stderr, "mintmark-gate: no memory or randomness to remember used proofs with\n");
	return false;
}

void
gate_evidence_end(struct gate *gate)
{
	mm_replay_store_free(&gate->replay_store);
	mm_replay_store_free(&gate->shadow_replay_store);
	mm_secret_wipe(gate->nonce_secret, sizeof(gate->nonce_secret));
}

void
gate_evidence_init(struct gate_evidence *evidence, const struct gate_exchange *exchange)
{
	evidence->shown = (struct mm_evidence){
		.nonce_secret = exchange->gate->nonce_secret,
		.replay_store = exchange->gate->replay_store,
	};
}

static bool
peer_is_trusted(const struct gate_exchange *exchange)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	return info != NULL && mm_http_proxies_have(&exchange->view->proxies, info->client_addr);
}

bool
gate_evidence_is_believed(const struct gate_exchange *exchange)
{
	return exchange->caller != NULL || peer_is_trusted(exchange);
}

/* What stands behind the last comma: what the proxy itself added, behind what its client wrote. */
static struct mm_slice
last_of_list(struct mm_slice list)
{
	const char *comma = list.len == 0 ? NULL : memrchr(list.ptr, ',', list.len);

	if (comma != NULL)
		list = mm_slice(comma + 1, list.len - (size_t)(comma + 1 - list.ptr));
	while (list.len > 0 && list.ptr[0] == ' ')
		list = mm_slice(list.ptr + 1, list.len - 1);
	return list;
}

struct mm_slice
gate_evidence_client_address(const struct gate_exchange *exchange)
{
	struct mm_http_field told = gate_exchange_field(exchange, "X-Forwarded-For");
	struct mm_slice address = told.count == 1 ? last_of_list(told.value) : MM_SLICE_ABSENT;

	if (address.len == 0 || strspn(address.ptr, "0123456789abcdefABCDEF.:") < address.len ||
	    !gate_evidence_is_believed(exchange))
		return gate_exchange_source(exchange);
	return address;
}

/*
 * Whether each part ends where it should: a host "mail.example/inbox?" before a path "/other" would be an address that
 * nobody asked for, and clients write hosts.
 */
static bool
parts_stay_apart(struct mm_slice scheme, struct mm_slice host, struct mm_slice uri)
{
	static const char foreign[] = { '/', '?', '#', '@', '\\' };

	for (size_t i = 0; i < sizeof(foreign); i++)
		if (memchr(scheme.ptr, foreign[i], scheme.len) != NULL ||
		    memchr(host.ptr, foreign[i], host.len) != NULL)
			return false;
	return uri.len > 0 && uri.ptr[0] == '/';
}

void
gate_evidence_set_request(struct gate_evidence *evidence, struct mm_slice method, struct mm_slice scheme,
    struct mm_slice host, struct mm_slice uri)
{
	int len;

	evidence->shown.http_method = method;
	evidence->shown.http_url = MM_SLICE_ABSENT;
	if (!mm_slice_present(scheme) || !mm_slice_present(host) || !mm_slice_present(uri) ||
	    !parts_stay_apart(scheme, host, uri) || scheme.len + host.len + uri.len >= sizeof(evidence->url))
		return;
	len = snprintf(evidence->url, sizeof(evidence->url), "%.*s://%.*s%.*s", (int)scheme.len, scheme.ptr,
	    (int)host.len, host.ptr, (int)uri.len, uri.ptr);
	if (len > 0 && (size_t)len < sizeof(evidence->url))
		evidence->shown.http_url = mm_slice(evidence->url, (size_t)len);
}

bool
gate_evidence_set_thumbprint(struct gate_evidence *evidence, struct mm_slice thumbprint)
{
	uint8_t bytes[MM_BASE64URL_DECODED_MAX(MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN))];
	size_t len;

	if (thumbprint.len != MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN) ||
	    mm_base64url_decode(thumbprint, bytes, &len) != MM_OK)
		return false;
	memcpy(evidence->certificate_digest, bytes, MM_DIGEST_LEN);
	evidence->shown.certificate_digest = evidence->certificate_digest;
	return true;
}

/* The value of a field that a proxy sets once; absent where it stands twice: then somebody else wrote one of them. */
static struct mm_slice
sole_value(const struct gate_exchange *exchange, const char *name)
{
	struct mm_http_field field = gate_exchange_field(exchange, name);

	return field.count == 1 ? field.value : MM_SLICE_ABSENT;
}

static void
take_told_request(struct gate_evidence *evidence, const struct gate_exchange *exchange)
{
	gate_evidence_set_request(evidence, sole_value(exchange, METHOD_FIELD), sole_value(exchange, SCHEME_FIELD),
	    sole_value(exchange, HOST_FIELD), sole_value(exchange, URI_FIELD));
}

static void
take_own_request(struct gate_evidence *evidence, const struct gate_exchange *exchange)
{
	const char *scheme = mm_http_connection_has_tls(exchange->connection) ? "https" : "http";

	gate_evidence_set_request(evidence, exchange->method, mm_slice_str(scheme),
	    sole_value(exchange, MHD_HTTP_HEADER_HOST), exchange->path);
}

/* nginx sends no field where its client showed no certificate, others an empty one. */
static bool
take_told_certificate(struct gate_evidence *evidence, struct mm_http_field field)
{
	if (field.count == 0 || (field.count == 1 && field.value.len == 0))
		return true;
	if (field.count > 1 || !mm_http_client_certificate_parse(field.value, evidence->certificate_digest))
		return false;
	evidence->shown.certificate_digest = evidence->certificate_digest;
	return true;
}

static void
take_own_certificate(struct gate_evidence *evidence, const struct gate_exchange *exchange)
{
	if (mm_http_client_certificate_of_peer(exchange->connection, evidence->certificate_digest))
		evidence->shown.certificate_digest = evidence->certificate_digest;
}

/* The client's own field, whoever hands it on: it proves nothing for another request than the one it names. */
static void
take_proof(struct gate_evidence *evidence, const struct gate_exchange *exchange)
{
	struct mm_http_field field = gate_exchange_field(exchange, PROOF_FIELD);

	evidence->shown.dpop_proof = field.count == 0 ? mm_slice("", 0) : field.value;
	evidence->shown.dpop_proof_count = field.count;
}

bool
gate_evidence_collect(struct gate_evidence *evidence, const struct gate_exchange *exchange, bool as_dpop)
{
	struct mm_http_field certificate = gate_exchange_field(exchange, CERTIFICATE_FIELD);
	bool tells = gate_evidence_is_believed(exchange);

	gate_evidence_init(evidence, exchange);
	/* Which request the client made is asked of nothing but a proof. */
	if (as_dpop) {
		take_proof(evidence, exchange);
		(tells ? take_told_request : take_own_request)(evidence, exchange);
	}
	if (tells)
		return take_told_certificate(evidence, certificate);
	take_own_certificate(evidence, exchange);
	return certificate.count == 0;
}

void
gate_evidence_answer_nonce(const struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	char nonce[MM_DPOP_NONCE_LEN + 1];

	mm_dpop_nonce_make(exchange->gate->nonce_secret, time(NULL), nonce);
	mm_http_answer_add_header(answer, "DPoP-Nonce", nonce);
}
