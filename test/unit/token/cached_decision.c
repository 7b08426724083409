/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decisions with a cache: a warm one says what a cold one says, for the denial of every step; and no token but the very
 * one whose signature held is spared its own.
 */
#include "lib/base/array.h"
#include "lib/token/facts.h"
#include "test/maker/key.h"

#include <mintmark.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_S INT64_C(1800000000)
#define A "aaaaaaaa-0000-4000-8000-00000000000a"
#define ISSUER(tenant) "https://login.example/" tenant "/v2.0"

static const unsigned char seed[MM_CACHE_SEED_LEN] = "0123456789abcdef0123456789abcdef";

/* ---- the worlds ---- */

/* Snapshots that differ in what the kid "es" is, or in their epoch. */
enum world {
	WORLD,            /* the one that tokens are made for */
	WORLD_NEXT_EPOCH, /* the same again */
	WORLD_OTHER_KEY,  /* of one epoch with the first: another key has this kid */
	WORLD_NEGATED,    /* … its point negated: the same material, another public key */
	WORLD_NO_KEY,     /* … there is none */
	WORLD_REVOKED,    /* … it is revoked */
	WORLD_OTHER_CLAIM, /* … the mailbox stands in another claim */
	WORLD_MANY_CLAIMS, /* … and in many others for other services */
	WORLD_COUNT
};

static EVP_PKEY *key, *other_key, *negated_key;
static struct mm_trust *worlds[WORLD_COUNT];
static struct mm_decision *cold, *warm;
static struct mm_cache *cache;

static void
add_key(struct maker_text *jwks, const char *kid, EVP_PKEY *published, bool revoked)
{
	struct maker_object jwk = { .count = 0 };

	maker_key_publish(published, &jwk);
	maker_object_set_string(&jwk, "kid", kid);
	maker_object_set_string(&jwk, "alg", "ES256");
	maker_object_set_number(&jwk, "exp", NOW_S + 7200);
	if (revoked)
		maker_object_set(&jwk, "revoked", "{\"revoked_at\":1799999000}");
	maker_text_add_str(jwks, jwks->len == 0 ? "{\"keys\":[" : ",");
	maker_object_write(&jwk, jwks);
	maker_object_clear(&jwk);
}

/* A key that tokens are not made with keeps the document from being empty. */
static void
write_jwks(enum world world, struct maker_text *jwks)
{
	add_key(jwks, "third", world == WORLD_OTHER_KEY ? key : other_key, false);
	switch (world) {
	case WORLD_OTHER_KEY:
		add_key(jwks, "es", other_key, false);
		break;
	case WORLD_NEGATED:
		add_key(jwks, "es", negated_key, false);
		break;
	case WORLD_NO_KEY:
		break;
	default:
		add_key(jwks, "es", key, world == WORLD_REVOKED);
	}
	maker_text_add_str(jwks, "]}");
}

static const char *const of_both[] = { "enterprise", NULL }, *const of_other[] = { "elsewhere", NULL };
static const char *const domains[] = { "contoso.example", NULL }, *const scopes[] = { "mail.read", NULL };
static const char *const clients[] = { "thunderbird", NULL };

static const struct mm_service_settings services[] = {
	{ .name = "drive", .audience = "https://mail.example", .realms = of_both },
	{ .name = "imap", .audience = "https://mail.example", .realms = of_both, .mailbox_claim = "email" },
	{ .name = "upn", .audience = "https://mail.example", .realms = of_both, .mailbox_claim = "upn" },
	{ .name = "again", .audience = "https://mail.example", .realms = of_both, .mailbox_claim = "email" },
	{ .name = "scoped", .audience = "https://mail.example", .realms = of_both, .scopes = scopes },
	{ .name = "named", .audience = "https://mail.example", .realms = of_both, .clients = clients },
	{ .name = "audience", .audience = "https://drive.example", .realms = of_both },
	{ .name = "elsewhere", .audience = "https://mail.example", .realms = of_other },
};

static const struct mm_revocation_settings revocations[] = {
	{ "enterprise", MM_REVOKE_TOKEN, "bad-jti", INT64_MAX, 0 },
	{ "enterprise", MM_REVOKE_SESSION, "bad-sid", INT64_MAX, 0 },
	{ "enterprise", MM_REVOKE_SUBJECT, "bad-sub", INT64_MAX, 0 },
	{ "enterprise", MM_REVOKE_CLIENT, "bad-client", INT64_MAX, 0 },
};

static void
add_services(struct mm_trust_builder *builder, enum world world)
{
	for (size_t i = 0; i < MM_COUNT_OF(services); i++) {
		struct mm_service_settings service = services[i];

		if (world == WORLD_OTHER_CLAIM && service.mailbox_claim != NULL)
			service.mailbox_claim = "address";
		assert_true(mm_trust_builder_add_service(builder, &service));
	}
	for (int i = 0; world == WORLD_MANY_CLAIMS && i < 20; i++) {
		struct mm_service_settings service = { .audience = "https://mail.example", .realms = of_both };
		char name[16];

		snprintf(name, sizeof(name), "claim-%d", i);
		service.name = service.mailbox_claim = name;
		assert_true(mm_trust_builder_add_service(builder, &service));
	}
}

static struct mm_trust *
make_world(enum world world)
{
	struct mm_trust_builder *builder = mm_trust_builder_new();
	struct maker_text jwks = { NULL, 0, 0 };
	struct mm_trust *trust;
	void *snapshot = NULL;
	size_t len = 0;

	write_jwks(world, &jwks);
	assert_true(mm_trust_builder_add_document(builder, "keys", mm_slice(jwks.bytes, jwks.len), MM_DOCUMENT_FILE));
	assert_true(mm_trust_builder_add_document(builder, "none", mm_slice_str("{\"keys\":[]}"), MM_DOCUMENT_FETCHED));
	assert_true(mm_trust_builder_add_realm(builder, &(struct mm_realm_settings){ .name = "enterprise",
	    .issuer = ISSUER("{tenant}"), .keys = "keys" }));
	assert_true(mm_trust_builder_add_realm(builder, &(struct mm_realm_settings){ .name = "elsewhere",
	    .issuer = "https://elsewhere.example", .keys = "none" }));
	assert_true(mm_trust_builder_add_tenant(builder, &(struct mm_tenant_settings){ "contoso", "enterprise", A,
	    domains }));
	add_services(builder, world);
	for (size_t i = 0; i < MM_COUNT_OF(revocations); i++)
		assert_true(mm_trust_builder_add_revocation(builder, &revocations[i]));
	assert_true(mm_trust_builder_compile(builder, world == WORLD_NEXT_EPOCH ? 8 : 7, NULL, NULL, &snapshot, &len));
	trust = mm_trust_load(snapshot, len, NULL);
	assert_non_null(trust);
	free(snapshot);
	mm_trust_builder_free(&builder);
	maker_text_clear(&jwks);
	return trust;
}

static int
make_worlds(void **state)
{
	(void)state;
	key = maker_key_new(MAKER_EC256, NULL);
	other_key = maker_key_new(MAKER_EC256, NULL);
	negated_key = maker_key_new(MAKER_NEGATED, key);
	for (int i = 0; i < WORLD_COUNT; i++)
		worlds[i] = make_world((enum world)i);
	cold = mm_decision_new();
	warm = mm_decision_new();
	return 0;
}

static int
free_worlds(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLD_COUNT; i++)
		mm_trust_free(&worlds[i]);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
	EVP_PKEY_free(negated_key);
	mm_decision_free(&cold);
	mm_decision_free(&warm);
	return 0;
}

static int
make_cache(void **state)
{
	(void)state;
	cache = mm_cache_new(MM_CACHE_BYTES_MIN, seed);
	return cache == NULL ? -1 : 0;
}

static int
free_cache(void **state)
{
	(void)state;
	mm_cache_free(&cache);
	return 0;
}

/* ---- tokens ---- */

/* A token of Alice's with one more or other claim (NULL: as it is). */
static struct maker_text
make_token(const char *name, const char *value)
{
	struct maker_object claims = { .count = 0 };
	struct maker_text payload = { NULL, 0, 0 }, token = { NULL, 0, 0 }, signature = { NULL, 0, 0 };
	static const char header[] = "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"\\u0065s\"}";

	maker_object_set_string(&claims, "iss", ISSUER(A));
	maker_object_set_string(&claims, "tid", A);
	maker_object_set_string(&claims, "aud", "https://mail.example");
	maker_object_set_string(&claims, "sub", "alice-1");
	maker_object_set(&claims, "email", "\"Alice\\u0040Contoso.example\"");
	maker_object_set_string(&claims, "jti", "t-1");
	maker_object_set_string(&claims, "scope", "openid mail.read");
	maker_object_set_string(&claims, "azp", "webmail");
	maker_object_set_number(&claims, "iat", NOW_S - 60);
	maker_object_set_number(&claims, "exp", NOW_S + 3000);
	if (name != NULL)
		maker_object_set(&claims, name, value);
	maker_object_write(&claims, &payload);
	maker_text_add_base64url(&token, header, sizeof(header) - 1);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, payload.bytes, payload.len);
	maker_key_sign(key, "ES256", &token, &signature);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, signature.bytes, signature.len);
	maker_object_clear(&claims);
	maker_text_clear(&payload);
	maker_text_clear(&signature);
	return token;
}

/* ---- deciding ---- */

static struct mm_request
request_in(enum world world, const char *service, const struct maker_text *token)
{
	return (struct mm_request){
		.service = mm_trust_find_service(worlds[world], mm_slice_str(service)),
		.token = mm_slice(token->bytes, token->len),
		.now_s = NOW_S,
		.cache = cache,
	};
}

static enum mm_reason
decide(enum world world, const struct mm_request *request, struct mm_decision *decision)
{
	bool allowed = mm_allowed(mm_decide(worlds[world], request, decision));

	assert_int_equal(allowed, mm_decision_reason(decision) == MM_OK);
	return mm_decision_reason(decision);
}

static struct mm_cache_stats
stats_now(void)
{
	struct mm_cache_stats stats;

	mm_cache_get_stats(cache, &stats);
	return stats;
}

/* Let the cache know a token, by a service that asks for nothing. */
static void
make_warm(const struct maker_text *token)
{
	struct mm_request request = request_in(WORLD, "drive", token);
	uint64_t stored = stats_now().stored;

	(void)decide(WORLD, &request, warm);
	assert_true(mm_decision_facts(warm)->verified);
	assert_int_equal(stats_now().stored, stored + 1);
}

static void
expect_same_slice(struct mm_slice a, struct mm_slice b)
{
	assert_int_equal(mm_slice_present(a), mm_slice_present(b));
	if (mm_slice_present(a))
		assert_true(mm_slice_equal(a, b));
}

static void
expect_same_facts(void)
{
	const struct mm_facts *a = mm_decision_facts(cold), *b = mm_decision_facts(warm);

	assert_int_equal(a->verified, b->verified);
	assert_ptr_equal(a->service, b->service);
	assert_ptr_equal(a->realm, b->realm);
	assert_ptr_equal(a->tenant, b->tenant);
	assert_ptr_equal(a->key, b->key);
	expect_same_slice(a->alg, b->alg);
	expect_same_slice(a->kid, b->kid);
	expect_same_slice(a->typ, b->typ);
	expect_same_slice(a->issuer, b->issuer);
	expect_same_slice(a->tenant_id, b->tenant_id);
	expect_same_slice(a->subject, b->subject);
	expect_same_slice(a->client, b->client);
	expect_same_slice(a->token_id, b->token_id);
	expect_same_slice(a->session, b->session);
	expect_same_slice(a->scope, b->scope);
	expect_same_slice(a->audience, b->audience);
	expect_same_slice(a->mailbox, b->mailbox);
	assert_int_equal(a->iat_s, b->iat_s);
	assert_int_equal(a->exp_s, b->exp_s);
	assert_int_equal(a->nbf_s, b->nbf_s);
	for (int fact = 0; fact <= MM_FACT_COUNT; fact++)
		expect_same_slice(mm_decision_fact(cold, (enum mm_fact)fact),
		    mm_decision_fact(warm, (enum mm_fact)fact));
	assert_int_equal(mm_decision_expires_s(cold), mm_decision_expires_s(warm));
	assert_int_equal(mm_decision_wants_nonce(cold), mm_decision_wants_nonce(warm));
}

/* The same request cold and warm: the same reason and the same facts. */
static enum mm_reason
decide_both(enum world world, struct mm_request request)
{
	enum mm_reason reason = decide(world, &request, warm), expected;

	request.cache = NULL;
	expected = decide(world, &request, cold);
	if (reason != expected)
		fail_msg("cold %s, warm %s", mm_reason_code(expected), mm_reason_code(reason));
	expect_same_facts();
	return reason;
}

/* ---- a hit is as strict as a miss ---- */

struct row {
	const char *service, *name, *value, *mailbox;
	int64_t later_s;
	enum mm_reason reason;
};

static const struct row rows[] = {
	{ "imap", NULL, NULL, NULL, 0, MM_OK },
	{ "imap", NULL, NULL, "ALICE@contoso.example", 0, MM_OK },
	{ "again", NULL, NULL, "alice@contoso.example", 0, MM_OK },
	{ "drive", NULL, NULL, NULL, 0, MM_OK },
	{ "scoped", NULL, NULL, NULL, 0, MM_OK },
	{ "imap", "nbf", "1799999999", NULL, 0, MM_OK },
	{ "imap", "aud", "[\"https://mail.example\"]", NULL, 0, MM_OK },
	{ "imap", "client_id", "\"webmail\"", NULL, 0, MM_OK },
	{ "imap", "sid", "\"\\u0073-1\"", NULL, 0, MM_OK },
	{ "imap", "scope", "\"\"", NULL, 0, MM_OK },
	{ "upn", "upn", "\"alice@contoso.example\"", NULL, 0, MM_OK },
	/* step 3 */
	{ "elsewhere", NULL, NULL, NULL, 0, MM_REALM_FORBIDDEN },
	/* step 5 */
	{ "imap", NULL, NULL, NULL, 86400, MM_KEY_RETIRED },
	/* step 8 */
	{ "audience", NULL, NULL, NULL, 0, MM_AUDIENCE_MISMATCH },
	{ "imap", "aud", "[\"https://mail.example\",\"x\"]", NULL, 0, MM_AUDIENCE_MISMATCH },
	{ "named", NULL, NULL, NULL, 0, MM_CLIENT_FORBIDDEN },
	{ "imap", NULL, NULL, NULL, 3060, MM_EXPIRED },
	{ "imap", NULL, NULL, NULL, -121, MM_NOT_YET_VALID },
	{ "imap", "nbf", "1800000061", NULL, 0, MM_NOT_YET_VALID },
	{ "imap", "exp", "1800003541", NULL, 0, MM_LIFETIME_EXCESS },
	/* step 9 */
	{ "upn", NULL, NULL, NULL, 0, MM_CLAIM_MISSING },
	{ "upn", "upn", "null", NULL, 0, MM_MAILBOX_MISMATCH },
	{ "upn", "upn", "[\"alice@contoso.example\"]", NULL, 0, MM_MAILBOX_MISMATCH },
	{ "imap", NULL, NULL, "dave@contoso.example", 0, MM_MAILBOX_MISMATCH },
	{ "imap", "email", "\"alice@fabrikam.example\"", NULL, 0, MM_MAILBOX_MISMATCH },
	{ "drive", NULL, NULL, "alice@contoso.example", 0, MM_MAILBOX_MISMATCH },
	/* step 10 */
	{ "imap", "cnf", "{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}", NULL, 0, MM_BINDING_MISSING },
	{ "imap", "cnf", "{\"x5t#S256\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}", NULL, 0,
	    MM_BINDING_MISSING },
	/* step 11 */
	{ "imap", "jti", "\"bad-jti\"", NULL, 0, MM_TOKEN_REVOKED },
	{ "imap", "sid", "\"bad-sid\"", NULL, 0, MM_SESSION_REVOKED },
	{ "imap", "sub", "\"bad-sub\"", NULL, 0, MM_SUBJECT_REVOKED },
	{ "imap", "azp", "\"bad-client\"", NULL, 0, MM_CLIENT_REVOKED },
	/* step 13 */
	{ "scoped", "scope", "\"openid\"", NULL, 0, MM_SCOPE_INSUFFICIENT },
	{ "scoped", "scope", "\"\"", NULL, 0, MM_SCOPE_INSUFFICIENT },
};

static void
a_hit_says_what_a_miss_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		struct maker_text token = make_token(row->name, row->value);
		struct mm_request request = request_in(WORLD, row->service, &token);
		struct mm_cache_stats before;
		enum mm_reason reason;

		make_warm(&token);
		before = stats_now();
		request.mailbox = mm_slice_str(row->mailbox);
		request.now_s += row->later_s;
		reason = decide_both(WORLD, request);
		if (reason != row->reason)
			fail_msg("row %zu (%s %s): %s, not %s", i, row->name, row->value, mm_reason_code(reason),
			    mm_reason_code(row->reason));
		assert_int_equal(stats_now().hits, before.hits + 1);
		assert_int_equal(stats_now().stored, before.stored);
		maker_text_clear(&token);
	}
}

/* Steps 4 to 6, of one epoch: what the cache remembers is not about the key that is there now. */
static const struct {
	enum world world;
	enum mm_reason reason;
	bool verified;
} key_rows[] = {
	{ WORLD, MM_OK, true },
	{ WORLD_OTHER_KEY, MM_SIGNATURE_INVALID, false },
	{ WORLD_NEGATED, MM_SIGNATURE_INVALID, false },
	{ WORLD_NO_KEY, MM_KEY_UNKNOWN, false },
	{ WORLD_REVOKED, MM_KEY_REVOKED, false },
	{ WORLD, MM_OK, true },
};

static void
another_key_decides_anew(void **state)
{
	struct maker_text token = make_token(NULL, NULL);

	(void)state;
	make_warm(&token);
	for (size_t i = 0; i < MM_COUNT_OF(key_rows); i++) {
		struct mm_request request = request_in(key_rows[i].world, "imap", &token);
		uint64_t hits = stats_now().hits;

		assert_int_equal(decide_both(key_rows[i].world, request), key_rows[i].reason);
		assert_int_equal(mm_decision_facts(warm)->verified, key_rows[i].verified);
		assert_int_equal(stats_now().hits, hits + 1);
	}
	maker_text_clear(&token);
}

/* A snapshot of one epoch whose services name a claim that was not kept: it is read from the token. */
static void
a_claim_that_was_not_kept_is_not_missing(void **state)
{
	struct maker_text token = make_token("address", "\"alice@contoso.example\"");
	struct mm_request request = request_in(WORLD_OTHER_CLAIM, "imap", &token);

	(void)state;
	make_warm(&token);
	assert_int_equal(decide_both(WORLD_OTHER_CLAIM, request), MM_OK);
	assert_int_equal(decide_both(WORLD_OTHER_CLAIM, request), MM_OK);
	maker_text_clear(&token);
}

/* ---- what is no hit ---- */

static void
another_epoch_is_a_miss(void **state)
{
	struct maker_text token = make_token(NULL, NULL);
	struct mm_request request = request_in(WORLD_NEXT_EPOCH, "imap", &token);

	(void)state;
	make_warm(&token);
	assert_int_equal(decide_both(WORLD_NEXT_EPOCH, request), MM_OK);
	assert_int_equal(stats_now().hits, 0);
	assert_int_equal(stats_now().stored, 2);
	assert_int_equal(decide_both(WORLD_NEXT_EPOCH, request), MM_OK);
	assert_int_equal(stats_now().hits, 1);
	maker_text_clear(&token);
}

/* What was not verified is not stored, and what is not that token to the last character is not found. */
static void
no_other_text_is_a_hit(void **state)
{
	struct maker_text token = make_token(NULL, NULL);
	struct mm_request request = request_in(WORLD, "imap", &token);
	size_t dot = token.len - 87; /* 86 characters are an ES256 signature's 64 bytes */

	(void)state;
	make_warm(&token);
	assert_int_equal(token.bytes[dot], '.');
	for (size_t len = dot - 2; len < token.len; len++) {
		request.token.len = len;
		assert_int_not_equal(decide_both(WORLD, request), MM_OK);
		assert_false(mm_decision_facts(warm)->verified);
	}
	request.token.len = token.len;
	for (size_t i = 0; i < token.len; i++) {
		char kept = token.bytes[i];

		token.bytes[i] = kept == 'A' ? 'B' : 'A';
		assert_int_not_equal(decide_both(WORLD, request), MM_OK);
		assert_false(mm_decision_facts(warm)->verified);
		token.bytes[i] = kept;
	}
	assert_int_equal(stats_now().hits, 0);
	assert_int_equal(stats_now().stored, 1);
	assert_int_equal(decide_both(WORLD, request), MM_OK);
	assert_int_equal(stats_now().hits, 1);
	maker_text_clear(&token);
}

/* A token of more text than an entry holds is verified each time. */
static void
a_token_that_does_not_fit_is_verified_each_time(void **state)
{
	struct maker_text scope = { NULL, 0, 0 }, token;
	struct mm_request request;

	(void)state;
	maker_text_add_str(&scope, "\"");
	for (int i = 0; i < 400; i++)
		maker_text_add_format(&scope, "scope%d ", i);
	maker_text_add_str(&scope, "\"");
	token = make_token("scope", scope.bytes);
	request = request_in(WORLD, "imap", &token);
	for (int i = 0; i < 3; i++)
		assert_int_equal(decide_both(WORLD, request), MM_OK);
	assert_int_equal(stats_now().stored, 0);
	assert_int_equal(stats_now().hits, 0);
	maker_text_clear(&token);
	maker_text_clear(&scope);
}

static void
what_too_many_services_ask_for_is_read_each_time(void **state)
{
	struct maker_text token = make_token("claim-19", "\"alice@contoso.example\"");
	struct mm_request request = request_in(WORLD_MANY_CLAIMS, "claim-19", &token);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(decide_both(WORLD_MANY_CLAIMS, request), MM_OK);
	assert_int_equal(stats_now().stored, 0);
	maker_text_clear(&token);
}

static void
ignore_step(void *ctx, const struct mm_trace_step *step)
{
	unsigned *last = ctx;

	assert_true(step->number > *last);
	*last = step->number;
}

static void
a_traced_decision_is_made_whole(void **state)
{
	struct maker_text token = make_token(NULL, NULL);
	struct mm_request request = request_in(WORLD, "imap", &token);
	struct mm_decision *traced = mm_decision_new();
	unsigned last = 0;

	(void)state;
	make_warm(&token);
	mm_decision_trace(traced, ignore_step, &last);
	assert_int_equal(decide(WORLD, &request, traced), MM_OK);
	assert_int_equal(last, 13);
	assert_int_equal(stats_now().hits, 0);
	mm_decision_free(&traced);
	maker_text_clear(&token);
}

/* ---- many ---- */

#define MANY 2000

/* More than the smallest cache holds: each is allowed, found or not. */
static void
a_full_cache_forgets_and_never_errs(void **state)
{
	static struct maker_text tokens[MANY];
	char id[24];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "\"token-%d\"", i);
		tokens[i] = make_token("jti", id);
	}
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++) {
			struct mm_request request = request_in(WORLD, "imap", &tokens[i]);

			assert_int_equal(decide(WORLD, &request, warm), MM_OK);
			assert_int_equal(decide(WORLD, &request, warm), MM_OK);
			snprintf(id, sizeof(id), "token-%d", i);
			assert_true(mm_slice_equal(mm_decision_fact(warm, MM_FACT_TOKEN_ID), mm_slice_str(id)));
		}
	}
	assert_true(stats_now().evicted > MANY);
	assert_true(stats_now().hits >= 2 * MANY);
	for (int i = 0; i < MANY; i++)
		maker_text_clear(&tokens[i]);
}

#define THREADS 4
#define THREAD_TOKENS 40
#define THREAD_ROUNDS 4000

static struct maker_text shared_tokens[THREAD_TOKENS];

/* Every second service refuses; every tenth round another epoch decides. */
static void *
decide_with_others(void *ctx)
{
	struct mm_decision *own = mm_decision_new();
	uintptr_t wrong = own == NULL;
	char id[24];

	(void)ctx;
	for (unsigned round = 0; wrong == 0 && round < THREAD_ROUNDS; round++) {
		unsigned number = round * 7 % THREAD_TOKENS;
		enum world world = round % 10 == 0 ? WORLD_NEXT_EPOCH : WORLD;
		struct mm_request request =
		    request_in(world, round % 2 == 0 ? "imap" : "elsewhere", &shared_tokens[number]);
		bool allowed = mm_allowed(mm_decide(worlds[world], &request, own));

		snprintf(id, sizeof(id), "token-%u", number);
		if (allowed != (round % 2 == 0) ||
		    (allowed && !mm_slice_equal(mm_decision_fact(own, MM_FACT_TOKEN_ID), mm_slice_str(id))))
			wrong++;
	}
	mm_decision_free(&own);
	return (void *)wrong;
}

static void
threads_share_a_cache(void **state)
{
	pthread_t threads[THREADS];
	void *wrong;
	char id[24];

	(void)state;
	for (int i = 0; i < THREAD_TOKENS; i++) {
		snprintf(id, sizeof(id), "\"token-%d\"", i);
		shared_tokens[i] = make_token("jti", id);
	}
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, decide_with_others, NULL), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	assert_true(stats_now().hits > 0);
	assert_int_equal(stats_now().hits + stats_now().misses, THREADS * THREAD_ROUNDS);
	for (int i = 0; i < THREAD_TOKENS; i++)
		maker_text_clear(&shared_tokens[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_cache, free_cache)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_hit_says_what_a_miss_says),
		TEST(another_key_decides_anew),
		TEST(a_claim_that_was_not_kept_is_not_missing),
		TEST(another_epoch_is_a_miss),
		TEST(no_other_text_is_a_hit),
		TEST(a_token_that_does_not_fit_is_verified_each_time),
		TEST(what_too_many_services_ask_for_is_read_each_time),
		TEST(a_traced_decision_is_made_whole),
		TEST(a_full_cache_forgets_and_never_errs),
		TEST(threads_share_a_cache),
	};

	return cmocka_run_group_tests(tests, make_worlds, free_worlds);
}
