/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The autopsy: whose signature is it, and could he have made it? The rows of the attack table are in test/vectors; here
 * is what no token of it shows.
 */
#include "lib/token/autopsy.h"

#include "lib/base/array.h"
#include "test/maker/key.h"

#include <mintmark.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_S 1800000000
#define ISSUER_A "https://a.example"
#define ISSUER_B "https://b.example"
#define ISSUER_D "https://d.example"

/* Realm a has key A, realm b key B, realm d none. */
enum { KEY_A, KEY_B, KEY_C, KEY_COUNT };
static EVP_PKEY *keys[KEY_COUNT];
static struct mm_decision *decision, *spare;

struct published {
	int key;
	const char *kid, *more;
};

struct world {
	struct published a[4], b[4];
	size_t a_count, b_count;
	enum mm_document_origin a_origin, b_origin;
	const char *dead_kid; /* of realm a; NULL: none */
	int64_t dead_at_s;
};

static int
make_keys(void **state)
{
	(void)state;
	for (int i = 0; i < KEY_COUNT; i++)
		keys[i] = maker_key_new(MAKER_EC256, NULL);
	decision = mm_decision_new();
	spare = mm_decision_new();
	return decision == NULL || spare == NULL;
}

static int
free_keys(void **state)
{
	(void)state;
	for (int i = 0; i < KEY_COUNT; i++)
		EVP_PKEY_free(keys[i]);
	mm_decision_free(&decision);
	mm_decision_free(&spare);
	return 0;
}

static void
add_document(struct mm_trust_builder *builder, const char *name, const struct published *rows, size_t count,
    enum mm_document_origin origin)
{
	struct maker_text text = { NULL, 0, 0 };

	maker_text_add_str(&text, "{\"keys\":[");
	for (size_t i = 0; i < count; i++) {
		struct maker_object jwk = { .count = 0 };

		maker_key_publish(keys[rows[i].key], &jwk);
		maker_object_set_string(&jwk, "kid", rows[i].kid);
		maker_object_set_string(&jwk, "alg", "ES256");
		maker_text_add_str(&text, i == 0 ? "" : ",");
		maker_object_write(&jwk, &text);
		maker_object_clear(&jwk);
		if (rows[i].more != NULL) {
			text.bytes[--text.len] = '\0';
			maker_text_add_format(&text, ",%s}", rows[i].more);
		}
	}
	maker_text_add_str(&text, "]}");
	assert_true(mm_trust_builder_add_document(builder, name, mm_slice(text.bytes, text.len), origin));
	maker_text_clear(&text);
}

static struct mm_trust *
make_trust(const struct world *world)
{
	static const char *const both[] = { "a", "b", "d", NULL }, *const one[] = { "b", NULL };
	struct mm_trust_builder *builder = mm_trust_builder_new();
	struct mm_trust *trust;
	void *snapshot = NULL;
	size_t len = 0;

	add_document(builder, "a", world->a, world->a_count, world->a_origin);
	add_document(builder, "b", world->b, world->b_count, world->b_origin);
	add_document(builder, "d", NULL, 0, MM_DOCUMENT_FILE);
	assert_true(mm_trust_builder_add_realm(builder,
	    &(struct mm_realm_settings){ .name = "a", .issuer = ISSUER_A, .keys = "a" }));
	assert_true(mm_trust_builder_add_realm(builder,
	    &(struct mm_realm_settings){ .name = "b", .issuer = ISSUER_B, .keys = "b" }));
	assert_true(mm_trust_builder_add_realm(builder,
	    &(struct mm_realm_settings){ .name = "d", .issuer = ISSUER_D, .keys = "d" }));
	assert_true(mm_trust_builder_add_service(builder,
	    &(struct mm_service_settings){ .name = "both", .audience = "x", .realms = both }));
	assert_true(mm_trust_builder_add_service(builder,
	    &(struct mm_service_settings){ .name = "one", .audience = "x", .realms = one }));
	if (world->dead_kid != NULL)
		assert_true(mm_trust_builder_add_revocation(builder, &(struct mm_revocation_settings){ .realm = "a",
		    .kind = MM_REVOKE_KEY, .value = world->dead_kid, .issued_before_s = INT64_MAX,
		    .revoked_at_s = world->dead_at_s }));
	assert_true(mm_trust_builder_compile(builder, 1, NULL, NULL, &snapshot, &len));
	mm_trust_builder_free(&builder);
	trust = mm_trust_load(snapshot, len, NULL);
	assert_non_null(trust);
	free(snapshot);
	return trust;
}

/* A token of any claims; key -1 signs nothing. */
static char *
make_token(int key, const char *alg, const char *kid, const char *claims)
{
	struct maker_text header = { NULL, 0, 0 }, token = { NULL, 0, 0 }, signature = { NULL, 0, 0 };

	maker_text_add_format(&header, "{\"typ\":\"at+jwt\",\"alg\":\"%s\",\"kid\":\"%s\"}", alg, kid);
	maker_text_add_base64url(&token, header.bytes, header.len);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, claims, strlen(claims));
	if (key >= 0)
		maker_key_sign(keys[key], "ES256", &token, &signature);
	maker_text_add_str(&token, ".");
	if (key >= 0)
		maker_text_add_base64url(&token, signature.bytes, signature.len);
	maker_text_clear(&header);
	maker_text_clear(&signature);
	return token.bytes;
}

#define CLAIMS(iss, iat) "{\"iss\":\"" iss "\",\"aud\":\"x\",\"iat\":" iat ",\"exp\":1800003000}"

enum { UNASKED = -1, NOISE = MM_AUTOPSY_NOISE, LEAD = MM_AUTOPSY_LEAD, PROOF = MM_AUTOPSY_PROOF };

struct row {
	const char *service;
	int signer;
	const char *alg, *kid, *claims;
	enum mm_reason reason;
	int class;
	enum mm_autopsy_fault fault;
	const char *realm; /* of the key; NULL: there is none */
};

static void
check_row(const struct mm_trust *trust, const struct row *row)
{
	char *token = make_token(row->signer, row->alg, row->kid, row->claims);
	const struct mm_request request = {
		.service = mm_trust_find_service(trust, mm_slice_str(row->service)), .token = mm_slice_str(token),
		.now_s = NOW_S,
	};
	const struct mm_key *key = NULL;
	struct mm_autopsy autopsy;

	assert_false(mm_allowed(mm_decide(trust, &request, decision)) && row->reason != MM_OK);
	if (mm_decision_reason(decision) != row->reason)
		fail_msg("%s %s: %s", row->kid, row->claims, mm_reason_code(mm_decision_reason(decision)));
	assert_int_equal(mm_autopsy_wanted(decision, &key), row->class != UNASKED);
	if (row->class != UNASKED) {
		assert_true(mm_slice_equal(key->kid, mm_slice_str(row->kid)));
		assert_non_null(key->public_key);
		autopsy = mm_autopsy_examine(trust, mm_slice_str(token), spare);
		if ((int)autopsy.class != row->class || autopsy.fault != row->fault)
			fail_msg("%s %s: class %d, fault %d", row->kid, row->claims, autopsy.class, autopsy.fault);
		assert_int_equal(autopsy.key != NULL, row->realm != NULL);
		if (row->realm != NULL)
			assert_true(mm_slice_equal(autopsy.key->realm->name, mm_slice_str(row->realm)));
		/* What was lent says nothing afterwards, and can be used again. */
		assert_int_equal(mm_decision_reason(spare), MM_INTERNAL);
		assert_false(mm_slice_present(mm_decision_fact(spare, MM_FACT_KID)));
	}
	free(token);
}

static void
check_rows(const struct world *world, const struct row *rows, size_t count)
{
	struct mm_trust *trust = make_trust(world);

	for (size_t i = 0; i < count; i++)
		check_row(trust, &rows[i]);
	mm_trust_free(&trust);
}

#define WINDOW "\"nbf\":1799999000,\"exp\":1900000000"

static void
who_signed_it_and_could_he(void **state)
{
	static const struct world world = {
		.a = { { KEY_A, "ka", WINDOW } }, .a_count = 1, .b = { { KEY_B, "kb", NULL } }, .b_count = 1,
	};
	static const struct row rows[] = {
		/* it is only asked where nobody looked at the signature */
		{ "both", KEY_A, "ES256", "ka", CLAIMS(ISSUER_A, "1799999990"), MM_OK, UNASKED, 0, NULL },
		{ "both", KEY_B, "ES256", "ka", CLAIMS(ISSUER_A, "1799999990"), MM_SIGNATURE_INVALID,
		    UNASKED, 0, NULL },
		{ "both", KEY_A, "ES256", "other", CLAIMS(ISSUER_A, "1799999990"), MM_KEY_UNKNOWN, UNASKED, 0, NULL },
		{ "both", KEY_A, "none", "ka", CLAIMS(ISSUER_A, "1799999990"), MM_ALG_FORBIDDEN, UNASKED, 0, NULL },
		/* a stray; one that the key does not sign by; nobody's */
		{ "one", KEY_A, "ES256", "ka", CLAIMS(ISSUER_A, "1799999990"), MM_REALM_FORBIDDEN, LEAD, 0, "a" },
		{ "one", KEY_B, "ES256", "ka", CLAIMS(ISSUER_A, "1799999990"), MM_REALM_FORBIDDEN, NOISE, 0, NULL },
		{ "one", -1, "ES256", "ka", CLAIMS(ISSUER_A, "1799999990"), MM_REALM_FORBIDDEN, NOISE, 0, NULL },
		{ "both", KEY_A, "ES384", "ka", CLAIMS(ISSUER_A, "1799999990"), MM_ALG_FORBIDDEN, LEAD, 0, "a" },
		{ "both", KEY_B, "ES384", "ka", CLAIMS(ISSUER_A, "1799999990"), MM_ALG_FORBIDDEN, NOISE, 0, NULL },
		/* the other realm's issuer, and one that nobody has */
		{ "both", KEY_A, "ES256", "ka", CLAIMS(ISSUER_B, "1799999990"), MM_KEY_REALM_MISMATCH, PROOF,
		    MM_AUTOPSY_FAULT_ISSUER, "a" },
		{ "both", KEY_A, "ES256", "ka", CLAIMS("https://c.example", "1799999990"), MM_ISSUER_UNKNOWN,
		    LEAD, 0, "a" },
		/* before and behind its window, to the second of the skew */
		{ "both", KEY_A, "ES256", "ka", CLAIMS(ISSUER_A, "1799998939"), MM_KEY_NOT_ACTIVE, PROOF,
		    MM_AUTOPSY_FAULT_WINDOW, "a" },
		{ "one", KEY_A, "ES256", "ka", CLAIMS(ISSUER_A, "1799998940"), MM_REALM_FORBIDDEN, LEAD, 0, "a" },
		/* claims that say nothing prove nothing */
		{ "both", KEY_A, "ES256", "ka", "{}", MM_CLAIM_MISSING, LEAD, 0, "a" },
		{ "both", KEY_A, "ES256", "ka", "{\"iss\":1,\"iat\":\"x\"}", MM_CLAIM_MALFORMED, LEAD, 0, "a" },
		{ "both", KEY_A, "ES256", "ka", CLAIMS(ISSUER_A, "-1"), MM_CLAIM_MALFORMED, LEAD, 0, "a" },
		{ "both", KEY_A, "ES256", "ka", "{\"iss\":\"" ISSUER_B "\"}", MM_CLAIM_MISSING, PROOF,
		    MM_AUTOPSY_FAULT_ISSUER, "a" },
	};

	(void)state;
	check_rows(&world, rows, MM_COUNT_OF(rows));
}

/* Two realms use the kid for two keys: each is tried, and the one that signed is named. */
static void
two_realms_share_a_kid(void **state)
{
	static const struct world world = {
		.a = { { KEY_A, "k", WINDOW } }, .a_count = 1, .b = { { KEY_B, "k", NULL } }, .b_count = 1,
	};
	static const struct row rows[] = {
		{ "one", KEY_A, "ES256", "k", CLAIMS(ISSUER_A, "1799999990"), MM_REALM_FORBIDDEN, LEAD, 0, "a" },
		{ "one", KEY_B, "ES256", "k", CLAIMS(ISSUER_A, "1799999990"), MM_REALM_FORBIDDEN, PROOF,
		    MM_AUTOPSY_FAULT_ISSUER, "b" },
		{ "one", KEY_C, "ES256", "k", CLAIMS(ISSUER_A, "1799999990"), MM_REALM_FORBIDDEN, NOISE, 0, NULL },
	};

	(void)state;
	check_rows(&world, rows, MM_COUNT_OF(rows));
}

/* The same key under the same kid in two realms is nobody's: what it signs is no proof against either. */
static void
a_key_of_nobody_proves_nothing(void **state)
{
	static const struct world world = {
		.a = { { KEY_C, "k", NULL }, { KEY_C, "only-a", NULL } }, .a_count = 2,
		.b = { { KEY_C, "k", NULL } }, .b_count = 1,
	};
	static const struct row rows[] = {
		{ "both", KEY_C, "ES256", "k", CLAIMS(ISSUER_A, "1799999990"), MM_KEY_SCOPE_UNKNOWN, LEAD, 0, "a" },
		{ "both", KEY_C, "ES256", "only-a", CLAIMS(ISSUER_B, "1799999990"), MM_KEY_UNKNOWN, LEAD, 0, "a" },
	};

	(void)state;
	check_rows(&world, rows, MM_COUNT_OF(rows));
}

/* Who publishes another realm's public key neither has its thief let off nor has its owner accused. */
static void
a_stranger_who_publishes_a_key_changes_nothing(void **state)
{
	static const struct world worlds[] = {
		{ .a = { { KEY_A, "k", WINDOW } }, .a_count = 1, .b = { { KEY_A, "k", NULL } }, .b_count = 1,
		    .b_origin = MM_DOCUMENT_FETCHED },
		{ .b = { { KEY_A, "k", WINDOW } }, .b_count = 1, .a = { { KEY_A, "k", NULL } }, .a_count = 1,
		    .a_origin = MM_DOCUMENT_FETCHED },
	};
	static const struct row rows[][5] = {
		{
			{ "both", KEY_A, "ES256", "k", CLAIMS(ISSUER_D, "1799999990"), MM_KEY_REALM_MISMATCH, PROOF,
			    MM_AUTOPSY_FAULT_ISSUER, "a" },
			{ "both", KEY_A, "ES256", "k", CLAIMS(ISSUER_A, "1799998939"), MM_KEY_NOT_ACTIVE, PROOF,
			    MM_AUTOPSY_FAULT_WINDOW, "a" },
			{ "one", KEY_A, "ES256", "k", CLAIMS(ISSUER_A, "1799999990"),
			    MM_REALM_FORBIDDEN, LEAD, 0, "a" },
			/* The stranger may have told the truth about his own realm. */
			{ "both", KEY_A, "ES256", "k", CLAIMS(ISSUER_B, "1799999990"),
			    MM_KEY_SCOPE_UNKNOWN, LEAD, 0, "b" },
			{ "both", KEY_B, "ES256", "k", CLAIMS(ISSUER_D, "1799999990"),
			    MM_KEY_REALM_MISMATCH, NOISE, 0, NULL },
		}, {
			{ "both", KEY_A, "ES256", "k", CLAIMS(ISSUER_D, "1799999990"), MM_KEY_REALM_MISMATCH, PROOF,
			    MM_AUTOPSY_FAULT_ISSUER, "b" },
			{ "both", KEY_A, "ES256", "k", CLAIMS(ISSUER_B, "1799998939"), MM_KEY_NOT_ACTIVE, PROOF,
			    MM_AUTOPSY_FAULT_WINDOW, "b" },
			{ "both", KEY_A, "ES384", "k", CLAIMS(ISSUER_B, "1799999990"), MM_ALG_FORBIDDEN, LEAD, 0, "b" },
			{ "both", KEY_A, "ES256", "k", CLAIMS(ISSUER_A, "1799999990"),
			    MM_KEY_SCOPE_UNKNOWN, LEAD, 0, "a" },
			{ "both", KEY_B, "ES256", "k", CLAIMS(ISSUER_D, "1799999990"),
			    MM_KEY_REALM_MISMATCH, NOISE, 0, NULL },
		},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(worlds); i++)
		check_rows(&worlds[i], rows[i], MM_COUNT_OF(rows[i]));
}

static void
a_dead_key_proves_what_came_behind_its_revocation(void **state)
{
	static const struct world worlds[] = {
		{ .a = { { KEY_A, "k", NULL } }, .a_count = 1, .b_count = 0, .dead_kid = "k", .dead_at_s = 1799999000 },
		{ .a = { { KEY_A, "k", "\"revoked\":{\"revoked_at\":1799999000}" } }, .a_count = 1 },
	};
	static const struct row rows[] = {
		{ "both", KEY_A, "ES256", "k", CLAIMS(ISSUER_A, "1799998000"), MM_KEY_REVOKED, LEAD, 0, "a" },
		{ "both", KEY_A, "ES256", "k", CLAIMS(ISSUER_A, "1799999060"), MM_KEY_REVOKED, LEAD, 0, "a" },
		{ "both", KEY_A, "ES256", "k", CLAIMS(ISSUER_A, "1799999061"), MM_KEY_REVOKED, PROOF,
		    MM_AUTOPSY_FAULT_REVOKED, "a" },
		{ "both", KEY_B, "ES256", "k", CLAIMS(ISSUER_A, "1799999061"), MM_KEY_REVOKED, NOISE, 0, NULL },
	};
	static const struct world unknown = {
		.a = { { KEY_A, "k", NULL } }, .a_count = 1, .dead_kid = "k",
	};
	static const struct row of_unknown[] = {
		{ "both", KEY_A, "ES256", "k", CLAIMS(ISSUER_A, "1799999990"), MM_KEY_REVOKED, LEAD, 0, "a" },
	};
	static const struct world bare = { .a = { { KEY_A, "k", NULL } }, .a_count = 1, .dead_kid = "only-a-name" };
	static const struct row of_bare[] = { /* nobody has its key */
		{ "both", KEY_A, "ES256", "only-a-name", CLAIMS(ISSUER_A, "1799999990"), MM_KEY_REVOKED,
		    UNASKED, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(worlds); i++)
		check_rows(&worlds[i], rows, MM_COUNT_OF(rows));
	check_rows(&unknown, of_unknown, MM_COUNT_OF(of_unknown));
	check_rows(&bare, of_bare, MM_COUNT_OF(of_bare));
}

static void
what_is_no_token_is_noise(void **state)
{
	static const char *const texts[] = { "", "x", "a.b", "e30.e30.", "e30.e30.AAAA", "....", "e30.e30.AAAA.AAAA" };
	const struct world world = { .a = { { KEY_A, "k", NULL } }, .a_count = 1 };
	struct mm_trust *trust = make_trust(&world);

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(texts); i++)
		assert_int_equal(mm_autopsy_examine(trust, mm_slice_str(texts[i]), spare).class, MM_AUTOPSY_NOISE);
	assert_int_equal(mm_autopsy_examine(trust, MM_SLICE_ABSENT, spare).class, MM_AUTOPSY_NOISE);
	mm_trust_free(&trust);
}

/* Who publishes one kid in many realms does not have many signatures verified for one token. */
static void
few_keys_are_tried(void **state)
{
	enum { REALMS = MM_AUTOPSY_KEYS_MAX + 1 };
	struct mm_trust_builder *builder = mm_trust_builder_new();
	EVP_PKEY *many[REALMS];
	char *last, *first;
	struct mm_trust *trust;
	void *snapshot = NULL;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < REALMS; i++) {
		char name[16], issuer[48];
		struct maker_text text = { NULL, 0, 0 };
		struct maker_object jwk = { .count = 0 };

		snprintf(name, sizeof(name), "r%02d", i);
		snprintf(issuer, sizeof(issuer), "https://r%02d.example", i);
		many[i] = maker_key_new(MAKER_EC256, NULL);
		maker_key_publish(many[i], &jwk);
		maker_object_set_string(&jwk, "kid", "k");
		maker_object_set_string(&jwk, "alg", "ES256");
		maker_text_add_str(&text, "{\"keys\":[");
		maker_object_write(&jwk, &text);
		maker_text_add_str(&text, "]}");
		assert_true(mm_trust_builder_add_document(builder, name, mm_slice(text.bytes, text.len),
		    MM_DOCUMENT_FILE));
		assert_true(mm_trust_builder_add_realm(builder,
		    &(struct mm_realm_settings){ .name = name, .issuer = issuer, .keys = name }));
		maker_object_clear(&jwk);
		maker_text_clear(&text);
	}
	assert_true(mm_trust_builder_compile(builder, 1, NULL, NULL, &snapshot, &len));
	mm_trust_builder_free(&builder);
	trust = mm_trust_load(snapshot, len, NULL);
	assert_non_null(trust);
	free(snapshot);
	EVP_PKEY_free(keys[KEY_C]);
	keys[KEY_C] = many[REALMS - 1];
	last = make_token(KEY_C, "ES256", "k", CLAIMS("https://r00.example", "1799999990"));
	keys[KEY_C] = many[REALMS - 2];
	first = make_token(KEY_C, "ES256", "k", CLAIMS("https://r00.example", "1799999990"));
	assert_int_equal(mm_autopsy_examine(trust, mm_slice_str(first), spare).class, MM_AUTOPSY_PROOF);
	assert_int_equal(mm_autopsy_examine(trust, mm_slice_str(last), spare).class, MM_AUTOPSY_NOISE);
	for (int i = 0; i < REALMS; i++)
		if (i != REALMS - 2)
			EVP_PKEY_free(many[i]);
	free(first);
	free(last);
	mm_trust_free(&trust);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_signed_it_and_could_he),
		cmocka_unit_test(two_realms_share_a_kid),
		cmocka_unit_test(a_key_of_nobody_proves_nothing),
		cmocka_unit_test(a_stranger_who_publishes_a_key_changes_nothing),
		cmocka_unit_test(a_dead_key_proves_what_came_behind_its_revocation),
		cmocka_unit_test(what_is_no_token_is_noise),
		cmocka_unit_test(few_keys_are_tried),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
