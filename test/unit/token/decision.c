/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision as a whole: what it says of a genuine token, that nothing but the token it is given decides, that it
 * allocates nothing, and that threads share one snapshot. The rows of the attack table are in test/vectors.
 */
#include "lib/base/array.h"
#include "lib/token/facts.h"
#include "test/maker/key.h"

#include <mintmark.h>

#include <openssl/crypto.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_S 1800000000
#define A "aaaaaaaa-0000-4000-8000-00000000000a"
#define ISSUER(tenant) "https://login.example/" tenant "/v2.0"

/* ---- counting allocations ---- */

/* libcrypto's allocations pass through here and are told apart; what else calls malloc is our own. */
static _Thread_local bool counting;
static _Thread_local size_t own_allocations, libcrypto_allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static void
count_allocation(void)
{
	if (counting)
		own_allocations++;
}

void *
__wrap_malloc(size_t size)
{
	count_allocation();
	return __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	count_allocation();
	return __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	count_allocation();
	return __real_realloc(old, size);
}

static void *
libcrypto_malloc(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	if (counting)
		libcrypto_allocations++;
	return __real_malloc(size);
}

static void *
libcrypto_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	if (counting)
		libcrypto_allocations++;
	return __real_realloc(old, size);
}

static void
libcrypto_free(void *old, const char *file, int line)
{
	(void)file, (void)line;
	free(old);
}

/* ---- the world ---- */

static struct signer {
	const char *kid, *algorithm;
	enum maker_key_kind kind;
	EVP_PKEY *key;
} signers[] = {
	{ "rs", "RS256", MAKER_RSA, NULL },
	{ "ps", "PS384", MAKER_RSA, NULL },
	{ "es", "ES256", MAKER_EC256, NULL },
	{ "es384", "ES384", MAKER_EC384, NULL },
	{ "es512", "ES512", MAKER_EC521, NULL },
	{ "ed", "EdDSA", MAKER_ED25519, NULL },
};

static struct mm_trust *trust;
static struct mm_decision *decision;

static void
write_jwks(struct maker_text *text)
{
	maker_text_add_str(text, "{\"keys\":[");
	for (size_t i = 0; i < MM_COUNT_OF(signers); i++) {
		struct maker_object jwk = { .count = 0 };

		signers[i].key = maker_key_new(signers[i].kind, NULL);
		maker_key_publish(signers[i].key, &jwk);
		maker_object_set_string(&jwk, "kid", signers[i].kid);
		maker_object_set_string(&jwk, "alg", signers[i].algorithm);
		maker_text_add_str(text, i == 0 ? "" : ",");
		maker_object_write(&jwk, text);
		maker_object_clear(&jwk);
	}
	maker_text_add_str(text, "]}");
}

static const char *const realms_of_services[] = { "enterprise", NULL };
static const char *const domains[] = { "contoso.example", NULL };
static const char *const scopes[] = { "mail.read", NULL };

static const struct mm_tenant_settings tenants[] = {
	{ "contoso", "enterprise", A, domains },
	{ "gone", "enterprise", "gone-id", NULL },
};

static const struct mm_service_settings services[] = {
	{ .name = "imap", .audience = "https://mail.example", .realms = realms_of_services, .mailbox_claim = "email" },
	{ .name = "drive", .audience = "https://mail.example", .realms = realms_of_services },
	{ .name = "scoped", .audience = "https://mail.example", .realms = realms_of_services, .scopes = scopes },
};

static const struct mm_revocation_settings revocations[] = {
	{ "enterprise", MM_REVOKE_TOKEN, "bad-jti", INT64_MAX },
	{ "enterprise", MM_REVOKE_SESSION, "bad-sid", INT64_MAX },
	{ "enterprise", MM_REVOKE_SUBJECT, "bad-sub", NOW_S - 30 },
	{ "enterprise", MM_REVOKE_CLIENT, "bad-client", INT64_MAX },
	{ "enterprise", MM_REVOKE_TENANT, "gone", INT64_MAX },
};

static int
make_world(void **state)
{
	struct mm_trust_builder *builder;
	struct maker_text jwks = { NULL, 0, 0 };
	void *snapshot = NULL;
	size_t len = 0;

	(void)state;
	write_jwks(&jwks);
	builder = mm_trust_builder_new();
	assert_true(mm_trust_builder_add_document(builder, "keys", mm_slice(jwks.bytes, jwks.len), MM_DOCUMENT_FILE));
	assert_true(mm_trust_builder_add_realm(builder, &(struct mm_realm_settings){ .name = "enterprise",
	    .issuer = ISSUER("{tenant}"), .keys = "keys" }));
	for (size_t i = 0; i < MM_COUNT_OF(tenants); i++)
		assert_true(mm_trust_builder_add_tenant(builder, &tenants[i]));
	for (size_t i = 0; i < MM_COUNT_OF(services); i++)
		assert_true(mm_trust_builder_add_service(builder, &services[i]));
	for (size_t i = 0; i < MM_COUNT_OF(revocations); i++)
		assert_true(mm_trust_builder_add_revocation(builder, &revocations[i]));
	assert_true(mm_trust_builder_compile(builder, 1, NULL, NULL, &snapshot, &len));
	trust = mm_trust_load(snapshot, len, NULL);
	decision = mm_decision_new();
	assert_non_null(trust);
	assert_non_null(decision);
	free(snapshot);
	mm_trust_builder_free(&builder);
	maker_text_clear(&jwks);
	return 0;
}

static int
free_world(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(signers); i++)
		EVP_PKEY_free(signers[i].key);
	mm_decision_free(&decision);
	mm_trust_free(&trust);
	return 0;
}

/* A token of Alice's with one more or other claim (NULL: as it is), signed by the n-th signer. */
static struct maker_text
make_token(size_t signer, const char *name, const char *value)
{
	struct maker_object claims = { .count = 0 };
	struct maker_text header = { NULL, 0, 0 }, payload = { NULL, 0, 0 };
	struct maker_text token = { NULL, 0, 0 }, signature = { NULL, 0, 0 };

	maker_object_set_string(&claims, "iss", ISSUER(A));
	maker_object_set_string(&claims, "tid", A);
	maker_object_set_string(&claims, "aud", "https://mail.example");
	maker_object_set_string(&claims, "sub", "alice-1");
	maker_object_set_string(&claims, "email", "Alice@Contoso.example");
	maker_object_set_string(&claims, "jti", "t-1");
	maker_object_set_string(&claims, "scope", "openid mail.read");
	maker_object_set_string(&claims, "azp", "webmail");
	maker_object_set_number(&claims, "iat", NOW_S - 60);
	maker_object_set_number(&claims, "exp", NOW_S + 3000);
	if (name != NULL)
		maker_object_set(&claims, name, value);
	maker_text_add_format(&header, "{\"typ\":\"at+jwt\",\"alg\":\"%s\",\"kid\":\"%s\"}", signers[signer].algorithm,
	    signers[signer].kid);
	maker_object_write(&claims, &payload);
	maker_text_add_base64url(&token, header.bytes, header.len);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, payload.bytes, payload.len);
	maker_key_sign(signers[signer].key, signers[signer].algorithm, &token, &signature);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, signature.bytes, signature.len);
	maker_object_clear(&claims);
	maker_text_clear(&header);
	maker_text_clear(&payload);
	maker_text_clear(&signature);
	return token;
}

static struct mm_request
request_for(const char *service, const struct maker_text *token)
{
	return (struct mm_request){
		.service = mm_trust_find_service(trust, mm_slice_str(service)),
		.token = mm_slice(token->bytes, token->len),
		.now_s = NOW_S,
	};
}

static enum mm_reason
decide(const struct mm_request *request)
{
	bool allowed = mm_allowed(mm_decide(trust, request, decision));

	assert_int_equal(allowed, mm_decision_reason(decision) == MM_OK);
	return mm_decision_reason(decision);
}

/* ---- what it says ---- */

static const struct {
	enum mm_fact fact;
	const char *text;
} alices_facts[] = {
	{ MM_FACT_REALM, "enterprise" }, { MM_FACT_KID, "es" }, { MM_FACT_ISSUER, ISSUER(A) },
	{ MM_FACT_TENANT, "contoso" }, { MM_FACT_TENANT_ID, A }, { MM_FACT_SUBJECT, "alice-1" },
	{ MM_FACT_CLIENT, "webmail" }, { MM_FACT_TOKEN_ID, "t-1" }, { MM_FACT_SCOPE, "openid mail.read" },
	{ MM_FACT_MAILBOX, "alice@contoso.example" },
};

static void
a_genuine_token_of_each_algorithm_is_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(signers); i++) {
		struct maker_text token = make_token(i, NULL, NULL);
		struct mm_request request = request_for("imap", &token);

		if (decide(&request) != MM_OK)
			fail_msg("%s: %s", signers[i].algorithm, mm_reason_code(mm_decision_reason(decision)));
		maker_text_clear(&token);
	}
}

static void
an_allowed_decision_tells_its_facts(void **state)
{
	struct maker_text token = make_token(2, NULL, NULL);
	struct mm_request request = request_for("imap", &token);

	(void)state;
	assert_int_equal(decide(&request), MM_OK);
	for (size_t i = 0; i < MM_COUNT_OF(alices_facts); i++)
		assert_true(mm_slice_equal(mm_decision_fact(decision, alices_facts[i].fact),
		    mm_slice_str(alices_facts[i].text)));
	assert_int_equal(mm_decision_fact(decision, MM_FACT_THUMBPRINT).len, 43);
	assert_false(mm_slice_present(mm_decision_fact(decision, MM_FACT_SESSION)));
	assert_false(mm_slice_present(mm_decision_fact(decision, MM_FACT_COUNT)));
	assert_int_equal(mm_decision_expires_s(decision), NOW_S + 3000);
	maker_text_clear(&token);
}

/* What nobody signed is told to no application, though the journal records it as claimed. */
static void
a_forged_token_tells_no_facts(void **state)
{
	struct maker_text token = make_token(2, NULL, NULL);
	struct mm_request request = request_for("imap", &token);

	(void)state;
	token.bytes[token.len - 20] = token.bytes[token.len - 20] == 'A' ? 'B' : 'A';
	assert_int_equal(decide(&request), MM_SIGNATURE_INVALID);
	for (int fact = 0; fact < MM_FACT_COUNT; fact++)
		assert_false(mm_slice_present(mm_decision_fact(decision, (enum mm_fact)fact)));
	assert_int_equal(mm_decision_expires_s(decision), 0);
	assert_false(mm_decision_facts(decision)->verified);
	assert_true(mm_slice_equal(mm_decision_facts(decision)->subject, mm_slice_str("alice-1")));
	maker_text_clear(&token);
}

static void
a_denied_token_that_somebody_signed_opens_no_mailbox(void **state)
{
	struct maker_text token = make_token(2, NULL, NULL);
	struct mm_request request = request_for("imap", &token);

	(void)state;
	request.now_s = NOW_S + 4000;
	assert_int_equal(decide(&request), MM_EXPIRED);
	assert_true(mm_slice_equal(mm_decision_fact(decision, MM_FACT_SUBJECT), mm_slice_str("alice-1")));
	assert_false(mm_slice_present(mm_decision_fact(decision, MM_FACT_MAILBOX)));
	maker_text_clear(&token);
}

/* ---- what the attack table leaves to be shown ---- */

struct claim_row {
	const char *service, *name, *value, *mailbox;
	enum mm_reason reason;
};

static const struct claim_row claim_rows[] = {
	{ "imap", NULL, NULL, "ALICE@contoso.example", MM_OK },
	{ "imap", NULL, NULL, "dave@contoso.example", MM_MAILBOX_MISMATCH },
	{ "imap", NULL, NULL, "", MM_MAILBOX_MISMATCH },
	{ "imap", NULL, NULL, "alice", MM_MAILBOX_MISMATCH },
	{ "imap", "email", "\"alice@fabrikam.example\"", NULL, MM_MAILBOX_MISMATCH },
	{ "imap", "email", "\"alice@sub.contoso.example\"", NULL, MM_MAILBOX_MISMATCH },
	{ "imap", "email", "\"alice@contoso.example.evil\"", NULL, MM_MAILBOX_MISMATCH },
	{ "imap", "email", "[\"alice@contoso.example\"]", NULL, MM_MAILBOX_MISMATCH },
	{ "imap", "email", "null", NULL, MM_MAILBOX_MISMATCH },
	{ "drive", "email", "null", NULL, MM_OK },
	{ "drive", NULL, NULL, "alice@contoso.example", MM_MAILBOX_MISMATCH },
	{ "imap", "aud", "[\"https://mail.example\"]", NULL, MM_OK },
	{ "imap", "aud", "[]", NULL, MM_CLAIM_MALFORMED },
	{ "imap", "aud", "[\"https://mail.example\",1]", NULL, MM_CLAIM_MALFORMED },
	{ "imap", "aud", "[\"https://mail.example\",\"x\"]", NULL, MM_AUDIENCE_MISMATCH },
	{ "imap", "client_id", "\"webmail\"", NULL, MM_OK },
	{ "imap", "client_id", "\"other\"", NULL, MM_CLAIM_MALFORMED },
	{ "imap", "cnf", "{\"jkt\":\"x\"}", NULL, MM_CLAIM_MALFORMED },
	{ "imap", "cnf", "{}", NULL, MM_BINDING_MISSING },
	{ "imap", "cnf", "\"x\"", NULL, MM_CLAIM_MALFORMED },
	{ "imap", "nbf", "1800000060", NULL, MM_OK },
	{ "imap", "nbf", "1800000061", NULL, MM_NOT_YET_VALID },
	{ "imap", "iat", "1800000060", NULL, MM_OK },
	{ "imap", "iat", "1800000061", NULL, MM_NOT_YET_VALID },
	{ "imap", "exp", "1799999941", NULL, MM_OK }, /* 59 s ago */
	{ "imap", "iat", "1799999399", NULL, MM_LIFETIME_EXCESS }, /* 3601 s before exp */
	{ "imap", "iat", "1799999400", NULL, MM_OK },
	{ "imap", "jti", "\"bad-jti\"", NULL, MM_TOKEN_REVOKED },
	{ "imap", "sid", "\"bad-sid\"", NULL, MM_SESSION_REVOKED },
	{ "imap", "sid", "7", NULL, MM_CLAIM_MALFORMED },
	{ "imap", "sub", "\"bad-sub\"", NULL, MM_SUBJECT_REVOKED }, /* iat is 60 s ago, revoked 30 s ago */
	{ "imap", "azp", "\"bad-client\"", NULL, MM_CLIENT_REVOKED },
	{ "scoped", NULL, NULL, NULL, MM_OK },
	{ "scoped", "scope", "\"mail.read\"", NULL, MM_OK },
	{ "scoped", "scope", "\"mail.readwrite openid\"", NULL, MM_SCOPE_INSUFFICIENT },
	{ "scoped", "scope", "\"MAIL.READ\"", NULL, MM_SCOPE_INSUFFICIENT },
	{ "scoped", "scope", "\"\"", NULL, MM_SCOPE_INSUFFICIENT },
	{ "scoped", "scope", "[\"mail.read\"]", NULL, MM_CLAIM_MALFORMED },
	{ "scoped", "jti", "\"bad-jti\"", NULL, MM_TOKEN_REVOKED }, /* before the scope is looked at */
};

static void
each_rule_has_its_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(claim_rows); i++) {
		const struct claim_row *row = &claim_rows[i];
		struct maker_text token = make_token(2, row->name, row->value);
		struct mm_request request = request_for(row->service, &token);
		enum mm_reason reason;

		request.mailbox = mm_slice_str(row->mailbox);
		reason = decide(&request);
		if (reason != row->reason)
			fail_msg("row %zu (%s %s): %s, not %s", i, row->name, row->value, mm_reason_code(reason),
			    mm_reason_code(row->reason));
		maker_text_clear(&token);
	}
}

/* The tenant's revocation cannot be shown by one other claim: its issuer changes with it. */
static void
a_revoked_tenant_is_refused(void **state)
{
	struct mm_request request;
	struct maker_text header = { NULL, 0, 0 }, payload = { NULL, 0, 0 };
	struct maker_text token = { NULL, 0, 0 }, signature = { NULL, 0, 0 };

	(void)state;
	maker_text_add_str(&header, "{\"typ\":\"application/AT+JWT\",\"alg\":\"ES256\",\"kid\":\"es\"}");
	maker_text_add_format(&payload, "{\"iss\":\"" ISSUER("gone-id") "\",\"tid\":\"gone-id\","
	    "\"aud\":\"https://mail.example\",\"iat\":%d,\"exp\":%d}", NOW_S, NOW_S + 60);
	maker_text_add_base64url(&token, header.bytes, header.len);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, payload.bytes, payload.len);
	maker_key_sign(signers[2].key, "ES256", &token, &signature);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, signature.bytes, signature.len);
	request = request_for("drive", &token);
	assert_int_equal(decide(&request), MM_TENANT_REVOKED);
	maker_text_clear(&header);
	maker_text_clear(&payload);
	maker_text_clear(&token);
	maker_text_clear(&signature);
}

/* ---- what a caller may do wrong ---- */

static void
a_callers_mistake_denies(void **state)
{
	struct maker_text token = make_token(2, NULL, NULL);
	struct mm_request request = request_for("imap", &token), good = request;
	struct mm_service stranger = *request.service;

	(void)state;
	assert_false(mm_allowed((struct mm_verdict){ 0 }));
	assert_false(mm_allowed((struct mm_verdict){ 1 }));
	assert_false(mm_allowed((struct mm_verdict){ UINT64_MAX }));
	assert_false(mm_allowed(mm_decide(trust, &request, NULL)));
	assert_false(mm_allowed(mm_decide(NULL, &request, decision)));
	assert_int_equal(mm_decision_reason(decision), MM_INTERNAL);
	assert_false(mm_allowed(mm_decide(trust, NULL, decision)));
	assert_int_equal(mm_decision_reason(NULL), MM_INTERNAL);
	request.service = NULL;
	assert_int_equal(decide(&request), MM_INTERNAL);
	stranger.trust = NULL; /* a service of another snapshot */
	request.service = &stranger;
	assert_int_equal(decide(&request), MM_INTERNAL);
	request = good;
	request.mailbox = (struct mm_slice){ NULL, 21 }; /* a mailbox, but none that can be read */
	assert_int_equal(decide(&request), MM_INTERNAL);
	request = good;
	request.now_s = -1;
	assert_int_equal(decide(&request), MM_CLOCK_UNSURE);
	request.now_s = INT64_MAX;
	assert_int_equal(decide(&request), MM_CLOCK_UNSURE);
	request = good;
	request.token = MM_SLICE_ABSENT;
	assert_int_equal(decide(&request), MM_TOKEN_MISSING);
	request.token = mm_slice("", 0);
	assert_int_equal(decide(&request), MM_TOKEN_MISSING);
	assert_int_equal(decide(&good), MM_OK); /* and no mistake stays behind */
	assert_null(mm_trust_find_service(trust, mm_slice_str("im")));
	assert_null(mm_trust_find_service(NULL, mm_slice_str("imap")));
	maker_text_clear(&token);
}

/* ---- allocations ---- */

static void
a_decision_allocates_nothing_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(signers); i++) {
		struct maker_text token = make_token(i, NULL, NULL);
		struct mm_request request = request_for("imap", &token);

		assert_int_equal(decide(&request), MM_OK); /* libcrypto makes some things at the first use */
		own_allocations = libcrypto_allocations = 0;
		counting = true;
		for (int n = 0; n < 100; n++)
			if (!mm_allowed(mm_decide(trust, &request, decision)))
				own_allocations += 1000000;
		counting = false;
		print_message("%s: %zu of our own, %zu of libcrypto in 100 decisions\n", signers[i].algorithm,
		    own_allocations, libcrypto_allocations);
		assert_int_equal(own_allocations, 0);
		assert_true(libcrypto_allocations > 0); /* else nothing was counted */
		maker_text_clear(&token);
	}
}

static void
a_remembered_token_costs_no_allocation(void **state)
{
	static const unsigned char seed[MM_CACHE_SEED_LEN] = "any bytes will do for one run!!";
	struct mm_cache *cache = mm_cache_new(MM_CACHE_BYTES_MIN, seed);
	struct maker_text token = make_token(0, NULL, NULL);
	struct mm_request request = request_for("imap", &token);
	size_t denied = 0;

	(void)state;
	assert_non_null(cache);
	request.cache = cache;
	own_allocations = libcrypto_allocations = 0;
	counting = true;
	for (int n = 0; n < 100; n++) {
		denied += !mm_allowed(mm_decide(trust, &request, decision));
		if (n == 0) {
			assert_true(libcrypto_allocations > 0); /* the first is verified */
			libcrypto_allocations = 0;
		}
	}
	counting = false;
	assert_int_equal(denied, 0);
	assert_int_equal(own_allocations, 0);
	assert_int_equal(libcrypto_allocations, 0);
	mm_cache_free(&cache);
	maker_text_clear(&token);
}

/* ---- threads ---- */

#define THREADS 4
#define DECISIONS_PER_THREAD 200

struct thread_work {
	struct maker_text tokens[MM_COUNT_OF(signers)];
	size_t wrong;
};

/* Good and damaged tokens in turn, all threads with the same keys. */
static void *
decide_often(void *arg)
{
	struct thread_work *work = arg;
	struct mm_decision *own = mm_decision_new();

	for (size_t n = 0; n < DECISIONS_PER_THREAD; n++) {
		struct maker_text *token = &work->tokens[n % MM_COUNT_OF(signers)];
		struct mm_request request = request_for("imap", token);
		size_t cut = n / MM_COUNT_OF(signers) % 2;

		request.token.len -= cut * 4;
		if (mm_allowed(mm_decide(trust, &request, own)) != (cut == 0))
			work->wrong++;
	}
	mm_decision_free(&own);
	return NULL;
}

static void
threads_share_a_snapshot(void **state)
{
	pthread_t threads[THREADS];
	struct thread_work work[THREADS];

	(void)state;
	for (size_t t = 0; t < THREADS; t++) {
		work[t].wrong = 0;
		for (size_t i = 0; i < MM_COUNT_OF(signers); i++)
			work[t].tokens[i] = make_token(i, NULL, NULL);
		assert_int_equal(pthread_create(&threads[t], NULL, decide_often, &work[t]), 0);
	}
	for (size_t t = 0; t < THREADS; t++) {
		assert_int_equal(pthread_join(threads[t], NULL), 0);
		assert_int_equal(work[t].wrong, 0);
		for (size_t i = 0; i < MM_COUNT_OF(signers); i++)
			maker_text_clear(&work[t].tokens[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_genuine_token_of_each_algorithm_is_allowed),
		cmocka_unit_test(an_allowed_decision_tells_its_facts),
		cmocka_unit_test(a_forged_token_tells_no_facts),
		cmocka_unit_test(a_denied_token_that_somebody_signed_opens_no_mailbox),
		cmocka_unit_test(each_rule_has_its_reason),
		cmocka_unit_test(a_revoked_tenant_is_refused),
		cmocka_unit_test(a_callers_mistake_denies),
		cmocka_unit_test(a_decision_allocates_nothing_of_its_own),
		cmocka_unit_test(a_remembered_token_costs_no_allocation),
		cmocka_unit_test(threads_share_a_snapshot),
	};

	/* Before libcrypto allocates anything. */
	if (CRYPTO_set_mem_functions(libcrypto_malloc, libcrypto_realloc, libcrypto_free) != 1)
		return 1;
	return cmocka_run_group_tests(tests, make_world, free_world);
}
