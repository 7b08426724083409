/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assertions of clients: genuine ones hold, and whoever has no registered key makes none.
 */
#include "daemon/verifier/assertion.h"
#include "lib/base/array.h"
#include "test/maker/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW_S 1800000000
#define US "https://login.example"
#define TOKEN_ENDPOINT US "/token"

static const char *const audiences[2] = { US, TOKEN_ENDPOINT };
static EVP_PKEY *ec, *rsa, *foreign;
static struct verifier_keys keys;
static struct verifier_signatures signatures;
static struct verifier_assertion_room room;

/* ---- making ---- */

static void
publish(EVP_PKEY *key, const char *kid, const char *algorithm, struct maker_text *set)
{
	struct maker_object jwk = { .count = 0 };

	maker_key_publish(key, &jwk);
	if (kid != NULL)
		maker_object_set_string(&jwk, "kid", kid);
	if (algorithm != NULL)
		maker_object_set_string(&jwk, "alg", algorithm);
	if (set->len > 0)
		maker_text_add_str(set, ",");
	maker_object_write(&jwk, set);
	maker_object_clear(&jwk);
}

static const char *
read_set(const char *inner, struct verifier_keys *into)
{
	struct maker_text text = { 0 };
	const char *why;

	maker_text_add_format(&text, "{\"keys\":[%s]}", inner);
	why = verifier_keys_read(mm_slice(text.bytes, text.len), into);
	maker_text_clear(&text);
	return why;
}

struct draft {
	struct maker_object header, claims;
	EVP_PKEY *key;
	const char *algorithm; /* that the key signs with */
};

static struct draft
genuine(void)
{
	struct draft draft = { .key = ec, .algorithm = "ES256" };

	maker_object_set_string(&draft.header, "alg", "ES256");
	maker_object_set_string(&draft.header, "kid", "one");
	maker_object_set_string(&draft.claims, "iss", "batch");
	maker_object_set_string(&draft.claims, "sub", "batch");
	maker_object_set_string(&draft.claims, "aud", US);
	maker_object_set_string(&draft.claims, "jti", "j-1");
	maker_object_set_number(&draft.claims, "exp", NOW_S + 60);
	maker_object_set_number(&draft.claims, "iat", NOW_S);
	return draft;
}

static struct maker_text
write_draft(struct draft *draft)
{
	struct maker_text header = { 0 }, claims = { 0 }, input = { 0 }, signature = { 0 };

	maker_object_write(&draft->header, &header);
	maker_object_write(&draft->claims, &claims);
	maker_text_add_base64url(&input, header.bytes, header.len);
	maker_text_add_str(&input, ".");
	maker_text_add_base64url(&input, claims.bytes, claims.len);
	maker_key_sign(draft->key, draft->algorithm, &input, &signature);
	maker_text_add_str(&input, ".");
	maker_text_add_base64url(&input, signature.bytes, signature.len);
	maker_text_clear(&header);
	maker_text_clear(&claims);
	maker_text_clear(&signature);
	maker_object_clear(&draft->header);
	maker_object_clear(&draft->claims);
	return input;
}

/* NULL, or why it is refused. */
static const char *
judge(struct draft draft, int64_t now_s)
{
	struct maker_text text = write_draft(&draft);
	struct verifier_assertion assertion;
	const char *why = verifier_assertion_parse(mm_slice(text.bytes, text.len), &room, &assertion);

	if (why == NULL)
		why = verifier_assertion_check(&assertion, &keys, &signatures, audiences, now_s);
	maker_text_clear(&text);
	return why;
}

static void
refuse(struct draft draft, const char *part)
{
	const char *why = judge(draft, NOW_S);

	if (why == NULL || strstr(why, part) == NULL)
		fail_msg("'%s' instead of '%s'", why == NULL ? "it holds" : why, part);
}

static int
open_keys(void **state)
{
	struct maker_text set = { 0 };

	(void)state;
	ec = maker_key_new(MAKER_EC256, NULL);
	rsa = maker_key_new(MAKER_RSA, NULL);
	foreign = maker_key_new(MAKER_EC256, NULL);
	publish(ec, "one", NULL, &set);
	publish(rsa, "two", "PS256", &set);
	assert_null(read_set(set.bytes, &keys));
	maker_text_clear(&set);
	assert_true(verifier_signatures_open(&signatures));
	return 0;
}

static int
close_keys(void **state)
{
	(void)state;
	verifier_keys_clear(&keys);
	verifier_signatures_close(&signatures);
	EVP_PKEY_free(ec);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(foreign);
	return 0;
}

/* ---- tests ---- */

static void
genuine_ones_hold(void **state)
{
	struct draft draft = genuine();

	(void)state;
	assert_null(judge(draft, NOW_S));
	draft = genuine();
	maker_object_set_string(&draft.claims, "aud", TOKEN_ENDPOINT);
	assert_null(judge(draft, NOW_S));
	draft = genuine();
	maker_object_set(&draft.claims, "aud", "[\"" US "\",\"" TOKEN_ENDPOINT "\"]");
	assert_null(judge(draft, NOW_S));
	draft = genuine();
	maker_object_remove(&draft.header, "kid");
	assert_null(judge(draft, NOW_S));
	draft = genuine();
	maker_object_set_string(&draft.header, "alg", "PS256");
	maker_object_set_string(&draft.header, "kid", "two");
	draft.key = rsa;
	draft.algorithm = "PS256";
	assert_null(judge(draft, NOW_S));
}

static void
other_keys_and_algorithms_do_not(void **state)
{
	static const char *const tricks[] = { "none", "NONE", "HS256", "ES256 ", "es256", "ES384", "RS256", "EdDSA",
	    "" };
	struct draft draft = genuine();

	(void)state;
	draft.key = foreign;
	refuse(draft, "signature");
	for (size_t i = 0; i < MM_COUNT_OF(tricks); i++) {
		draft = genuine();
		maker_object_set_string(&draft.header, "alg", tricks[i]);
		assert_non_null(judge(draft, NOW_S));
	}
	/* The registered algorithm of the key is PS256, whatever else it could do. */
	draft = genuine();
	maker_object_set_string(&draft.header, "alg", "RS256");
	maker_object_set_string(&draft.header, "kid", "two");
	draft.key = rsa;
	draft.algorithm = "RS256";
	refuse(draft, "no registered key");
	draft = genuine();
	maker_object_set_string(&draft.header, "kid", "three");
	refuse(draft, "no registered key");
	draft = genuine();
	maker_object_set_string(&draft.header, "kid", "two");
	refuse(draft, "no registered key");
}

static void
headers_that_name_other_keys_are_refused(void **state)
{
	static const char *const members[] = { "crit", "jwk", "jku", "x5u", "x5c", "zip", "b64" };
	struct draft draft;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(members); i++) {
		draft = genuine();
		maker_object_set(&draft.header, members[i], "[]");
		refuse(draft, "header");
	}
	draft = genuine();
	maker_object_set_string(&draft.header, "typ", "at+jwt");
	refuse(draft, "typ");
	draft = genuine();
	maker_object_set_string(&draft.header, "typ", "dpop+jwt");
	refuse(draft, "typ");
	draft = genuine();
	maker_object_append(&draft.header, "alg", "\"none\"");
	refuse(draft, "strict JSON");
	draft = genuine();
	maker_object_append(&draft.claims, "Iss", "\"other\"");
	refuse(draft, "strict JSON");
}

static void
another_servers_are_refused(void **state)
{
	static const char *const others[] = {
		"\"https://other.example\"", "[]", "{}", "1", "\"" US "/\"", "\"" US "/authorize\"",
		"[\"" US "\",\"https://other.example\"]", "[[\"" US "\"]]",
		"\"HTTPS://login.example\"", "\"https://LOGIN.example\"", "\"https://login.example:443\"",
		"\"" TOKEN_ENDPOINT "/\"", "\"" TOKEN_ENDPOINT "?x\"", "\"" TOKEN_ENDPOINT "#x\"", "\" " US "\"",
		"\"" US "/revoke\"", "\"" US "/%74oken\"", "\"" US " " TOKEN_ENDPOINT "\"", "\"\"",
		"[\"" US "\",\"\"]", "null", "true",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(others); i++) {
		struct draft draft = genuine();

		maker_object_set(&draft.claims, "aud", others[i]);
		refuse(draft, "another server");
	}
}

static void
claims_are_there_and_of_their_time(void **state)
{
	static const char *const required[] = { "iss", "sub", "aud", "jti", "exp" };
	struct draft draft;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(required); i++) {
		draft = genuine();
		maker_object_remove(&draft.claims, required[i]);
		assert_non_null(judge(draft, NOW_S));
	}
	draft = genuine();
	maker_object_set_string(&draft.claims, "sub", "other");
	refuse(draft, "one client");
	draft = genuine();
	maker_object_set_string(&draft.claims, "jti", "");
	refuse(draft, "jti");
	draft = genuine();
	maker_object_set_string(&draft.claims, "exp", "1800000060");
	refuse(draft, "exp");
	draft = genuine();
	maker_object_set_number(&draft.claims, "exp", NOW_S - MM_CLOCK_SKEW_S);
	refuse(draft, "expired");
	draft = genuine();
	maker_object_set_number(&draft.claims, "exp", NOW_S + VERIFIER_ASSERTION_S + MM_CLOCK_SKEW_S + 1);
	refuse(draft, "longer than");
	draft = genuine();
	maker_object_set_number(&draft.claims, "nbf", NOW_S + MM_CLOCK_SKEW_S + 1);
	refuse(draft, "not good yet");
	draft = genuine();
	maker_object_set_number(&draft.claims, "iat", NOW_S + MM_CLOCK_SKEW_S + 1);
	refuse(draft, "not good yet");
}

static void
every_bit_counts(void **state)
{
	struct draft draft = genuine();
	struct maker_text text = write_draft(&draft);
	struct verifier_assertion assertion;

	(void)state;
	for (size_t i = 0; i < text.len * 8; i++) {
		text.bytes[i / 8] ^= (char)(1 << i % 8);
		if (verifier_assertion_parse(mm_slice(text.bytes, text.len), &room, &assertion) == NULL)
			assert_non_null(verifier_assertion_check(&assertion, &keys, &signatures, audiences, NOW_S));
		text.bytes[i / 8] ^= (char)(1 << i % 8);
	}
	for (size_t len = 0; len < text.len; len++)
		if (verifier_assertion_parse(mm_slice(text.bytes, len), &room, &assertion) == NULL)
			assert_non_null(verifier_assertion_check(&assertion, &keys, &signatures, audiences, NOW_S));
	maker_text_clear(&text);
}

static void
refuse_set(const char *inner)
{
	struct verifier_keys read;

	assert_non_null(read_set(inner, &read));
	assert_int_equal(read.count, 0);
}

static void
sets_of_keys_are_whole_or_refused(void **state)
{
	struct maker_text one = { 0 }, twice = { 0 }, vague = { 0 }, mixed = { 0 };
	EVP_PKEY *small = maker_key_new(MAKER_EC384, NULL);

	(void)state;
	refuse_set("");
	refuse_set("{}");
	refuse_set("{\"kty\":\"oct\",\"k\":\"AAAA\"}");
	publish(rsa, "two", NULL, &vague);
	refuse_set(vague.bytes);
	publish(ec, "one", NULL, &twice);
	publish(foreign, "one", NULL, &twice);
	refuse_set(twice.bytes);
	publish(small, NULL, "ES256", &mixed);
	refuse_set(mixed.bytes);
	for (unsigned i = 0; i <= VERIFIER_KEYS_MAX; i++) {
		char kid[2] = { (char)('a' + (int)i), '\0' };

		publish(ec, kid, NULL, &one);
	}
	refuse_set(one.bytes);
	EVP_PKEY_free(small);
	maker_text_clear(&one);
	maker_text_clear(&twice);
	maker_text_clear(&vague);
	maker_text_clear(&mixed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(genuine_ones_hold),
		cmocka_unit_test(other_keys_and_algorithms_do_not),
		cmocka_unit_test(headers_that_name_other_keys_are_refused),
		cmocka_unit_test(another_servers_are_refused),
		cmocka_unit_test(claims_are_there_and_of_their_time),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(sets_of_keys_are_whole_or_refused),
	};

	return cmocka_run_group_tests(tests, open_keys, close_keys);
}
