/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step 10 of the decision: which tokens need which proof at which service, and that a proof is used up only by what
 * nothing else is wrong with.
 */
#include "lib/base/array.h"
#include "lib/token/facts.h"
#include "lib/token/nonce.h"
#include "test/maker/key.h"
#include "test/maker/proof.h"

#include <mintmark.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_S INT64_C(1800000000)
#define URL "https://mail.example/inbox"
#define CACHE_BYTES ((size_t)1024 * 1024)
#define STORE_BYTES ((size_t)1024 * 1024)

static const unsigned char seed[MM_EVIDENCE_SECRET_LEN] = "thirty-two bytes that nobody has";
static const unsigned char certificate[MM_CERTIFICATE_DIGEST_LEN] = "SHA-256 of Alice's certificate..";
static const unsigned char other_certificate[MM_CERTIFICATE_DIGEST_LEN] = "SHA-256 of Alice's certificate.,";

static EVP_PKEY *signer, *client, *thief;
static struct mm_trust *trust;
static struct mm_decision *decision;
static struct mm_replay_store *store;
static struct mm_cache *cache;
static unsigned proofs_made;

/* ---- the world ---- */

static const char *const realms[] = { "r", NULL };

static const struct mm_service_settings services[] = {
	{ .name = "any", .audience = "a", .realms = realms },
	{ .name = "dpop", .audience = "a", .realms = realms, .binding = MM_BINDING_DPOP },
	{ .name = "nonce", .audience = "a", .realms = realms, .binding = MM_BINDING_DPOP, .dpop_nonce = true },
	{ .name = "mtls", .audience = "a", .realms = realms, .binding = MM_BINDING_MTLS },
	{ .name = "elsewhere", .audience = "b", .realms = realms },
};

static int
make_world(void **state)
{
	struct mm_trust_builder *builder = mm_trust_builder_new();
	struct maker_text jwks = { 0 };
	struct maker_object jwk = { .count = 0 };
	void *snapshot = NULL;
	size_t len = 0;

	(void)state;
	signer = maker_key_new(MAKER_EC256, NULL);
	client = maker_key_new(MAKER_EC256, NULL);
	thief = maker_key_new(MAKER_EC256, NULL);
	maker_key_publish(signer, &jwk);
	maker_object_set_string(&jwk, "kid", "k");
	maker_object_set_string(&jwk, "alg", "ES256");
	maker_text_add_str(&jwks, "{\"keys\":[");
	maker_object_write(&jwk, &jwks);
	maker_text_add_str(&jwks, "]}");
	assert_true(mm_trust_builder_add_document(builder, "d", mm_slice(jwks.bytes, jwks.len), MM_DOCUMENT_FILE));
	assert_true(mm_trust_builder_add_realm(builder, &(struct mm_realm_settings){ .name = "r",
	    .issuer = "https://issuer.example", .keys = "d" }));
	for (size_t i = 0; i < MM_COUNT_OF(services); i++)
		assert_true(mm_trust_builder_add_service(builder, &services[i]));
	assert_true(mm_trust_builder_compile(builder, 1, NULL, NULL, &snapshot, &len));
	trust = mm_trust_load(snapshot, len, NULL);
	decision = mm_decision_new();
	store = mm_replay_store_new(STORE_BYTES, seed);
	cache = mm_cache_new(CACHE_BYTES, seed);
	assert_non_null(trust);
	assert_non_null(decision);
	assert_non_null(store);
	assert_non_null(cache);
	free(snapshot);
	mm_trust_builder_free(&builder);
	maker_text_clear(&jwks);
	maker_object_clear(&jwk);
	return 0;
}

static int
free_world(void **state)
{
	(void)state;
	EVP_PKEY_free(signer);
	EVP_PKEY_free(client);
	EVP_PKEY_free(thief);
	mm_cache_free(&cache);
	mm_replay_store_free(&store);
	mm_decision_free(&decision);
	mm_trust_free(&trust);
	return 0;
}

/* A token with this 'cnf'; NULL: it is not bound. */
static struct maker_text
make_token(const char *cnf)
{
	struct maker_object header = { .count = 0 }, claims = { .count = 0 };
	struct maker_text token;

	maker_object_set_string(&header, "typ", "at+jwt");
	maker_object_set_string(&header, "alg", "ES256");
	maker_object_set_string(&header, "kid", "k");
	maker_object_set_string(&claims, "iss", "https://issuer.example");
	maker_object_set_string(&claims, "aud", "a");
	maker_object_set_string(&claims, "sub", "alice");
	maker_object_set_number(&claims, "iat", NOW_S - 60);
	maker_object_set_number(&claims, "exp", NOW_S + 3000);
	if (cnf != NULL)
		maker_object_set(&claims, "cnf", cnf);
	token = maker_proof_sign(signer, "ES256", &header, &claims);
	maker_object_clear(&header);
	maker_object_clear(&claims);
	return token;
}

/* The values of 'cnf': bound to the client's key, to its certificate, to both, to something that is not known here. */
static struct maker_text
cnf_of(bool to_key, bool to_certificate)
{
	struct maker_text cnf = { 0 }, binding = maker_binding_of_key(client);

	maker_text_add_str(&cnf, "{");
	if (to_key)
		maker_text_add(&cnf, binding.bytes + 1, binding.len - 2);
	if (to_key && to_certificate)
		maker_text_add_str(&cnf, ",");
	if (to_certificate) {
		maker_text_add_str(&cnf, "\"x5t#S256\":\"");
		maker_text_add_base64url(&cnf, certificate, sizeof(certificate));
		maker_text_add_str(&cnf, "\"");
	}
	maker_text_add_str(&cnf, "}");
	maker_text_clear(&binding);
	return cnf;
}

static struct maker_text
bound_token(bool to_key, bool to_certificate)
{
	struct maker_text cnf = cnf_of(to_key, to_certificate), token = make_token(cnf.bytes);

	maker_text_clear(&cnf);
	return token;
}

/* A new proof for a token. */
static struct maker_text
prove(EVP_PKEY *key, const struct maker_text *token)
{
	struct maker_proof_request request = { "GET", URL, token->bytes, NULL, NOW_S };
	char jti[32];

	snprintf(jti, sizeof(jti), "proof-%u", proofs_made++);
	request.jti = jti;
	return maker_proof_make(key, &request);
}

static struct mm_evidence
evidence_of(const struct maker_text *proof)
{
	return (struct mm_evidence){
		.dpop_proof = proof == NULL ? MM_SLICE_ABSENT : mm_slice(proof->bytes, proof->len),
		.dpop_proof_count = proof != NULL,
		.http_method = mm_slice_str("GET"),
		.http_url = mm_slice_str(URL),
		.nonce_secret = seed,
		.replay_store = store,
	};
}

static enum mm_reason
decide_with(struct mm_decision *with, const char *service, const struct maker_text *token,
    const struct mm_evidence *evidence)
{
	const struct mm_request request = {
		.service = mm_trust_find_service(trust, mm_slice_str(service)),
		.token = mm_slice(token->bytes, token->len),
		.now_s = NOW_S,
		.evidence = evidence,
		.cache = cache,
	};
	bool allowed = mm_allowed(mm_decide(trust, &request, with));

	assert_int_equal(allowed, mm_decision_reason(with) == MM_OK);
	return mm_decision_reason(with);
}

static enum mm_reason
decide(const char *service, const struct maker_text *token, const struct mm_evidence *evidence)
{
	return decide_with(decision, service, token, evidence);
}

/* ---- who needs what ---- */

/* What is shown with a token. */
enum shown {
	NO_EVIDENCE = 0,
	NOTHING = 1, /* evidence without any */
	PROOF = 2,
	CERTIFICATE = 4,
	BOTH = PROOF | CERTIFICATE,
};

struct need_row {
	const char *service;
	bool to_key, to_certificate;
	enum shown shown;
	enum mm_reason reason;
};

static const struct need_row needs[] = {
	{ "any", false, false, NO_EVIDENCE, MM_OK }, { "any", false, false, NOTHING, MM_OK },
	{ "any", false, false, CERTIFICATE, MM_OK },
	/* RFC 9449 section 4.3: the key "to which the access token is bound" is none. */
	{ "any", false, false, PROOF, MM_BINDING_MISMATCH },
	{ "any", true, false, NO_EVIDENCE, MM_BINDING_MISSING }, { "any", true, false, NOTHING, MM_BINDING_MISSING },
	{ "any", true, false, CERTIFICATE, MM_BINDING_MISSING }, { "any", true, false, PROOF, MM_OK },
	{ "any", false, true, NO_EVIDENCE, MM_BINDING_MISSING }, { "any", false, true, NOTHING, MM_BINDING_MISSING },
	{ "any", false, true, PROOF, MM_BINDING_MISSING }, { "any", false, true, BOTH, MM_BINDING_MISMATCH },
	{ "any", false, true, CERTIFICATE, MM_OK },
	{ "any", true, true, PROOF, MM_BINDING_MISSING }, { "any", true, true, CERTIFICATE, MM_BINDING_MISSING },
	{ "any", true, true, BOTH, MM_OK },
	{ "dpop", false, false, NOTHING, MM_BINDING_MISSING }, { "dpop", false, false, PROOF, MM_BINDING_MISSING },
	{ "dpop", false, true, BOTH, MM_BINDING_MISSING }, { "dpop", true, false, PROOF, MM_OK },
	{ "dpop", true, true, PROOF, MM_BINDING_MISSING }, { "dpop", true, true, BOTH, MM_OK },
	{ "mtls", false, false, CERTIFICATE, MM_BINDING_MISSING }, { "mtls", true, false, BOTH, MM_BINDING_MISSING },
	{ "mtls", false, true, CERTIFICATE, MM_OK }, { "mtls", true, true, CERTIFICATE, MM_BINDING_MISSING },
	{ "mtls", true, true, BOTH, MM_OK },
};

static void
check_need(const struct need_row *row)
{
	struct maker_text token = row->to_key || row->to_certificate ? bound_token(row->to_key, row->to_certificate) :
	    make_token(NULL);
	struct maker_text proof = prove(client, &token);
	struct mm_evidence evidence = evidence_of((row->shown & PROOF) != 0 ? &proof : NULL);
	enum mm_reason reason;

	if ((row->shown & CERTIFICATE) != 0)
		evidence.certificate_digest = certificate;
	/* Once with a cold cache, once, with another proof, warm. */
	for (int round = 0; round < 2; round++) {
		reason = decide(row->service, &token, row->shown == NO_EVIDENCE ? NULL : &evidence);
		if (reason != row->reason)
			fail_msg("row %zu: %s", (size_t)(row - needs), mm_reason_code(reason));
		maker_text_clear(&proof);
		proof = prove(client, &token);
		if ((row->shown & PROOF) != 0)
			evidence.dpop_proof = mm_slice(proof.bytes, proof.len);
	}
	maker_text_clear(&token);
	maker_text_clear(&proof);
}

static void
a_token_needs_what_it_is_bound_to(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(needs); i++)
		check_need(&needs[i]);
}

struct cnf_row {
	const char *cnf;
	enum mm_reason reason;
};

static const struct cnf_row cnfs[] = {
	{ "{}", MM_BINDING_MISSING }, { "{\"kid\":\"a\"}", MM_BINDING_MISSING },
	{ "{\"jwk\":{\"kty\":\"EC\"}}", MM_BINDING_MISSING },
	{ "null", MM_CLAIM_MALFORMED }, { "[]", MM_CLAIM_MALFORMED }, { "\"a\"", MM_CLAIM_MALFORMED },
	{ "{\"jkt\":\"a\"}", MM_CLAIM_MALFORMED }, { "{\"x5t#S256\":null}", MM_CLAIM_MALFORMED },
};

static void
what_cannot_be_checked_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(cnfs); i++) {
		struct maker_text token = make_token(cnfs[i].cnf), proof = prove(client, &token);
		struct mm_evidence evidence = evidence_of(&proof);

		evidence.certificate_digest = certificate;
		assert_int_equal(decide("any", &token, &evidence), cnfs[i].reason);
		maker_text_clear(&token);
		maker_text_clear(&proof);
	}
}

/* ---- what is wrong with the evidence ---- */

static void
another_certificate_does_not_fit(void **state)
{
	struct maker_text token = bound_token(false, true);
	struct mm_evidence evidence = evidence_of(NULL);

	(void)state;
	evidence.certificate_digest = other_certificate;
	assert_int_equal(decide("any", &token, &evidence), MM_BINDING_MISMATCH);
	maker_text_clear(&token);
}

static void
a_thiefs_proof_does_not_fit(void **state)
{
	struct maker_text token = bound_token(true, false), proof = prove(thief, &token);
	struct mm_evidence evidence = evidence_of(&proof);

	(void)state;
	assert_int_equal(decide("any", &token, &evidence), MM_BINDING_MISMATCH);
	assert_false(mm_decision_wants_nonce(decision));
	maker_text_clear(&token);
	maker_text_clear(&proof);
}

static void
another_request_does_not_fit(void **state)
{
	struct maker_text token = bound_token(true, false), proof = prove(client, &token);
	struct mm_evidence evidence = evidence_of(&proof);

	(void)state;
	evidence.http_method = mm_slice_str("POST");
	assert_int_equal(decide("any", &token, &evidence), MM_BINDING_MISMATCH);
	evidence = evidence_of(&proof);
	evidence.http_url = mm_slice_str("https://mail.example/outbox");
	assert_int_equal(decide("any", &token, &evidence), MM_BINDING_MISMATCH);
	evidence.http_url = MM_SLICE_ABSENT;
	assert_int_equal(decide("any", &token, &evidence), MM_BINDING_MISMATCH);
	evidence = evidence_of(&proof);
	evidence.dpop_proof_count = 2;
	assert_int_equal(decide("any", &token, &evidence), MM_BINDING_MISMATCH);
	evidence = evidence_of(&proof);
	evidence.dpop_proof.len = 0;
	assert_int_equal(decide("any", &token, &evidence), MM_BINDING_MISSING);
	/* None of these used it up. */
	evidence = evidence_of(&proof);
	assert_int_equal(decide("any", &token, &evidence), MM_OK);
	maker_text_clear(&token);
	maker_text_clear(&proof);
}

/* "Authorization: DPoP" without a proof; RFC 9449 section 7.1 lets only bound tokens come so. */
static void
a_token_sent_as_bound_must_be_bound(void **state)
{
	struct maker_text token = make_token(NULL);
	struct mm_evidence evidence = evidence_of(NULL);

	(void)state;
	assert_int_equal(decide("any", &token, &evidence), MM_OK);
	evidence.dpop_proof = mm_slice("", 0);
	assert_int_equal(decide("any", &token, &evidence), MM_BINDING_MISMATCH);
	evidence.dpop_proof = MM_SLICE_ABSENT;
	evidence.dpop_proof_count = 2;
	assert_int_equal(decide("any", &token, &evidence), MM_BINDING_MISMATCH);
	maker_text_clear(&token);
}

/* ---- replay ---- */

static void
a_proof_is_good_for_one_request(void **state)
{
	struct maker_text token = bound_token(true, false), proof = prove(client, &token);
	struct mm_evidence evidence = evidence_of(&proof);

	(void)state;
	assert_int_equal(decide("any", &token, &evidence), MM_OK);
	assert_int_equal(decide("any", &token, &evidence), MM_REPLAYED);
	assert_int_equal(decide("dpop", &token, &evidence), MM_REPLAYED);
	maker_text_clear(&token);
	maker_text_clear(&proof);
}

static void
without_a_store_no_proof_is_accepted(void **state)
{
	struct maker_text token = bound_token(true, false), proof = prove(client, &token);
	struct mm_evidence evidence = evidence_of(&proof);

	(void)state;
	evidence.replay_store = NULL;
	assert_int_equal(decide("any", &token, &evidence), MM_REPLAYED);
	maker_text_clear(&token);
	maker_text_clear(&proof);
}

/* Whoever only has read a token must not be able to use up its owner's proofs. */
static void
a_token_that_is_denied_before_uses_up_no_proof(void **state)
{
	struct maker_text token = bound_token(true, false), proof = prove(client, &token);
	struct mm_evidence evidence = evidence_of(&proof);
	char kept = token.bytes[token.len - 20];

	(void)state;
	assert_int_equal(decide("elsewhere", &token, &evidence), MM_AUDIENCE_MISMATCH);
	token.bytes[token.len - 20] = kept == 'A' ? 'B' : 'A';
	assert_int_equal(decide("any", &token, &evidence), MM_SIGNATURE_INVALID);
	token.bytes[token.len - 20] = kept;
	assert_int_equal(decide("any", &token, &evidence), MM_OK);
	maker_text_clear(&token);
	maker_text_clear(&proof);
}

#define THREADS 4

static struct maker_text shared_token, shared_proof;
static _Atomic unsigned accepted, replayed;

static void *
present(void *ctx)
{
	struct mm_decision *own = mm_decision_new();
	struct mm_evidence evidence = evidence_of(&shared_proof);
	enum mm_reason reason;

	(void)ctx;
	assert_non_null(own);
	reason = decide_with(own, "any", &shared_token, &evidence);
	atomic_fetch_add(reason == MM_OK ? &accepted : &replayed, reason == MM_OK || reason == MM_REPLAYED);
	mm_decision_free(&own);
	return NULL;
}

static void
of_threads_that_present_it_at_once_one_is_served(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (unsigned round = 1; round <= 50; round++) {
		shared_token = bound_token(true, false);
		shared_proof = prove(client, &shared_token);
		for (size_t i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, present, NULL), 0);
		for (size_t i = 0; i < THREADS; i++)
			assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(atomic_load(&accepted), round);
		assert_int_equal(atomic_load(&replayed), round * (THREADS - 1));
		maker_text_clear(&shared_token);
		maker_text_clear(&shared_proof);
	}
}

/* ---- nonces ---- */

static void
a_service_that_demands_a_nonce_gets_one(void **state)
{
	struct maker_text token = bound_token(true, false), proof = prove(client, &token), with_nonce;
	struct mm_evidence evidence = evidence_of(&proof);
	struct maker_proof_request request = { "GET", URL, token.bytes, "with a nonce", NOW_S };
	struct maker_object header = { .count = 0 }, claims = { .count = 0 };
	char nonce[MM_DPOP_NONCE_LEN + 1];

	(void)state;
	assert_int_equal(decide("nonce", &token, &evidence), MM_BINDING_MISMATCH);
	assert_true(mm_decision_wants_nonce(decision));
	evidence.nonce_secret = NULL;
	assert_int_equal(decide("nonce", &token, &evidence), MM_BINDING_MISMATCH);
	assert_false(mm_decision_wants_nonce(decision));
	mm_dpop_nonce_make(seed, NOW_S, nonce);
	maker_proof_draft(client, "ES256", &request, &header, &claims);
	maker_object_set_string(&claims, "nonce", nonce);
	with_nonce = maker_proof_sign(client, "ES256", &header, &claims);
	evidence = evidence_of(&with_nonce);
	assert_int_equal(decide("nonce", &token, &evidence), MM_OK);
	assert_false(mm_decision_wants_nonce(decision));
	assert_int_equal(decide("nonce", &token, &evidence), MM_REPLAYED);
	assert_false(mm_decision_wants_nonce(NULL));
	maker_object_clear(&header);
	maker_object_clear(&claims);
	maker_text_clear(&with_nonce);
	maker_text_clear(&token);
	maker_text_clear(&proof);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_needs_what_it_is_bound_to),
		cmocka_unit_test(what_cannot_be_checked_is_refused),
		cmocka_unit_test(another_certificate_does_not_fit),
		cmocka_unit_test(a_thiefs_proof_does_not_fit),
		cmocka_unit_test(another_request_does_not_fit),
		cmocka_unit_test(a_token_sent_as_bound_must_be_bound),
		cmocka_unit_test(a_proof_is_good_for_one_request),
		cmocka_unit_test(without_a_store_no_proof_is_accepted),
		cmocka_unit_test(a_token_that_is_denied_before_uses_up_no_proof),
		cmocka_unit_test(of_threads_that_present_it_at_once_one_is_served),
		cmocka_unit_test(a_service_that_demands_a_nonce_gets_one),
	};

	return cmocka_run_group_tests(tests, make_world, free_world);
}
