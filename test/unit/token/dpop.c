/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DPoP proofs: each check of RFC 9449 section 4.3, and each member of a proof in every form that it must not have.
 */
#include "lib/token/dpop.h"

#include "lib/base/array.h"
#include "lib/token/nonce.h"
#include "test/maker/key.h"
#include "test/maker/proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW_S INT64_C(1800000000)
#define TOKEN "header.payload.signature"
#define URL "https://mail.example/inbox"

static const unsigned char secret[MM_EVIDENCE_SECRET_LEN] = "thirty-two bytes that nobody has";

static EVP_PKEY *key, *other_key, *rsa_key;
static struct mm_verifier *verifier;
static struct mm_dpop_room room;

static const struct maker_proof_request genuine = { "GET", URL, TOKEN, "a", NOW_S };

/* What differs from a genuine proof; a NULL value leaves the member out. */
struct change {
	const char *name, *value;
};

static void
change_object(struct maker_object *object, const struct change *change)
{
	if (change->name == NULL)
		return;
	if (change->value == NULL)
		maker_object_remove(object, change->name);
	else
		maker_object_set(object, change->name, change->value);
}

static struct maker_text
make_proof(const struct change *in_header, const struct change *in_claims)
{
	struct maker_object header = { .count = 0 }, claims = { .count = 0 };
	struct maker_text proof;

	maker_proof_draft(key, "ES256", &genuine, &header, &claims);
	change_object(&header, in_header);
	change_object(&claims, in_claims);
	proof = maker_proof_sign(key, "ES256", &header, &claims);
	maker_object_clear(&header);
	maker_object_clear(&claims);
	return proof;
}

static struct mm_dpop_expected
expect(const struct mm_dpop_proof *proof)
{
	return (struct mm_dpop_expected){
		.thumbprint = proof->thumbprint,
		.method = mm_slice_str("GET"),
		.url = mm_slice_str(URL),
		.token = mm_slice_str(TOKEN),
		.now_s = NOW_S,
	};
}

/* All three calls, for the request that the genuine proof is for. */
static enum mm_dpop_fault
judge_text(struct mm_slice text)
{
	struct mm_dpop_proof proof;
	struct mm_dpop_expected expected;
	enum mm_dpop_fault fault = mm_dpop_parse(text, &room, &proof);

	if (fault != MM_DPOP_GOOD)
		return fault;
	expected = expect(&proof);
	fault = mm_dpop_check(&proof, &expected, &room);
	return fault == MM_DPOP_GOOD ? mm_dpop_verify(&proof, verifier) : fault;
}

static void
judge_change(const struct change *in_header, const struct change *in_claims, enum mm_dpop_fault fault)
{
	struct maker_text proof = make_proof(in_header, in_claims);
	enum mm_dpop_fault found = judge_text(mm_slice(proof.bytes, proof.len));

	if (found != fault)
		fail_msg("%s: %s; expected: %s", proof.bytes, mm_dpop_fault_text(found), mm_dpop_fault_text(fault));
	maker_text_clear(&proof);
}

static const struct change none = { NULL, NULL };

/* ---- what is accepted ---- */

static void
a_genuine_proof_of_each_key_type_holds(void **state)
{
	static const enum maker_key_kind kinds[] = { MAKER_RSA, MAKER_EC256, MAKER_EC384, MAKER_EC521, MAKER_ED25519 };

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(kinds); i++) {
		EVP_PKEY *made = maker_key_new(kinds[i], NULL);
		struct maker_text proof = maker_proof_make(made, &genuine);

		assert_int_equal(judge_text(mm_slice(proof.bytes, proof.len)), MM_DPOP_GOOD);
		maker_text_clear(&proof);
		EVP_PKEY_free(made);
	}
}

static void
its_thumbprint_is_what_a_token_is_bound_to(void **state)
{
	struct maker_text proof = make_proof(&none, &none), cnf = maker_binding_of_key(key), thumbprint = { 0 };
	struct mm_dpop_proof read;

	(void)state;
	assert_int_equal(mm_dpop_parse(mm_slice(proof.bytes, proof.len), &room, &read), MM_DPOP_GOOD);
	maker_text_add_base64url(&thumbprint, read.thumbprint, MM_DIGEST_LEN);
	assert_non_null(strstr(cnf.bytes, thumbprint.bytes));
	maker_text_clear(&proof);
	maker_text_clear(&cnf);
	maker_text_clear(&thumbprint);
}

static const struct change harmless_claims[] = {
	{ "htu", "\"HTTPS://MAIL.example:443/%69nbox?a=b#c\"" },
	{ "htm", "\"\\u0047ET\"" },
	{ "iat", "1799999940" }, { "iat", "1800000060" },
	{ "exp", "1799999941" }, { "nbf", "1800000060" },
	{ "nonce", "\"of another server\"" },
	{ "more", "{\"a\":[1,2]}" },
};

static void
what_means_the_same_is_accepted(void **state)
{
	const struct change kid = { "kid", "\"a\"" };

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(harmless_claims); i++)
		judge_change(&none, &harmless_claims[i], MM_DPOP_GOOD);
	judge_change(&kid, &none, MM_DPOP_GOOD);
}

/* ---- the header ---- */

struct row {
	struct change change;
	enum mm_dpop_fault fault;
};

static const struct row header_rows[] = {
	{ { "typ", NULL }, MM_DPOP_TYPE }, { { "typ", "\"JWT\"" }, MM_DPOP_TYPE }, { { "typ", "1" }, MM_DPOP_TYPE },
	{ { "typ", "\"DPoP+jwt\"" }, MM_DPOP_TYPE }, { { "typ", "\"application/dpop+jwt\"" }, MM_DPOP_TYPE },
	{ { "typ", "\"at+jwt\"" }, MM_DPOP_TYPE }, { { "typ", "[\"dpop+jwt\"]" }, MM_DPOP_TYPE },
	{ { "alg", NULL }, MM_DPOP_ALGORITHM }, { { "alg", "\"none\"" }, MM_DPOP_ALGORITHM },
	{ { "alg", "\"HS256\"" }, MM_DPOP_ALGORITHM }, { { "alg", "\"es256\"" }, MM_DPOP_ALGORITHM },
	{ { "alg", "\"ES256K\"" }, MM_DPOP_ALGORITHM }, { { "alg", "null" }, MM_DPOP_ALGORITHM },
	{ { "alg", "[\"ES256\"]" }, MM_DPOP_ALGORITHM },
	{ { "alg", "\"ES384\"" }, MM_DPOP_KEY_UNFIT }, { { "alg", "\"RS256\"" }, MM_DPOP_KEY_UNFIT },
	{ { "alg", "\"EdDSA\"" }, MM_DPOP_KEY_UNFIT },
	{ { "crit", "[\"exp\"]" }, MM_DPOP_HEADER_FORBIDDEN }, { { "crit", "[]" }, MM_DPOP_HEADER_FORBIDDEN },
	{ { "jku", "\"https://evil.example/\"" }, MM_DPOP_HEADER_FORBIDDEN },
	{ { "x5u", "\"https://evil.example/\"" }, MM_DPOP_HEADER_FORBIDDEN },
	{ { "x5c", "[\"\"]" }, MM_DPOP_HEADER_FORBIDDEN }, { { "zip", "\"DEF\"" }, MM_DPOP_HEADER_FORBIDDEN },
	{ { "b64", "true" }, MM_DPOP_HEADER_FORBIDDEN },
	{ { "jwk", NULL }, MM_DPOP_KEY_MALFORMED }, { { "jwk", "null" }, MM_DPOP_KEY_MALFORMED },
	{ { "jwk", "\"a\"" }, MM_DPOP_KEY_MALFORMED }, { { "jwk", "{}" }, MM_DPOP_KEY_MALFORMED },
	{ { "jwk", "[{\"kty\":\"EC\"}]" }, MM_DPOP_KEY_MALFORMED },
	{ { "jwk", "{\"kty\":\"oct\",\"k\":\"AAAA\"}" }, MM_DPOP_KEY_PRIVATE },
	{ { "jwk", "{\"kty\":\"EC\",\"crv\":\"P-256K\",\"x\":\"AA\",\"y\":\"AA\"}" }, MM_DPOP_KEY_MALFORMED },
	{ { "jwk", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}" }, MM_DPOP_KEY_MALFORMED },
	/* RFC 8037 appendix A.1, which everybody has */
	{ { "jwk", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\","
	    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}" }, MM_DPOP_KEY_PRIVATE },
	{ { "jwk", "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}" },
	    MM_DPOP_KEY_MALFORMED },
	/* no point of its curve */
	{ { "jwk", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
	    "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}" }, MM_DPOP_KEY_REFUSED },
	/* a point, but not the signer's */
	{ { "jwk", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
	    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}" }, MM_DPOP_SIGNATURE },
};

static void
each_header_member_has_its_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(header_rows); i++)
		judge_change(&header_rows[i].change, &none, header_rows[i].fault);
}

/* The genuine key with something added to it. */
static void
judge_key_with(const char *more, enum mm_dpop_fault fault)
{
	struct maker_object jwk = { .count = 0 };
	struct maker_text json = { 0 };
	struct change change = { "jwk", NULL };

	maker_key_publish(key, &jwk);
	maker_object_write(&jwk, &json);
	json.len--;
	maker_text_add_format(&json, ",%s}", more);
	change.value = json.bytes;
	judge_change(&change, &none, fault);
	maker_text_clear(&json);
	maker_object_clear(&jwk);
}

static void
a_key_that_says_more_must_mean_the_same(void **state)
{
	(void)state;
	judge_key_with("\"use\":\"sig\",\"alg\":\"ES256\",\"key_ops\":[\"verify\"],\"ext\":true,\"kid\":\"a\"",
	    MM_DPOP_GOOD);
	judge_key_with("\"use\":\"enc\"", MM_DPOP_KEY_MALFORMED);
	judge_key_with("\"key_ops\":[\"deriveKey\"]", MM_DPOP_KEY_MALFORMED);
	judge_key_with("\"alg\":\"ECDH-ES\"", MM_DPOP_KEY_MALFORMED);
	judge_key_with("\"alg\":\"ES384\"", MM_DPOP_KEY_MALFORMED);
	judge_key_with("\"d\":\"AAAA\"", MM_DPOP_KEY_PRIVATE);
	judge_key_with("\"d\":null", MM_DPOP_KEY_PRIVATE);
	judge_key_with("\"x5c\":[\"AAAA\"]", MM_DPOP_KEY_MALFORMED);
	judge_key_with("\"revoked\":{\"revoked_at\":1}", MM_DPOP_KEY_MALFORMED);
	judge_key_with("\"kty\":\"EC\"", MM_DPOP_MALFORMED);
}

/* RSA keys of 1024 bits are not made here, so one is written down: 128 bytes with the highest and lowest bit set. */
static void
a_small_key_is_refused(void **state)
{
	struct maker_object header = { .count = 0 }, claims = { .count = 0 };
	unsigned char modulus[128];
	struct maker_text jwk = { 0 }, proof;

	(void)state;
	memset(modulus, 0xA5, sizeof(modulus));
	maker_text_add_str(&jwk, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"");
	maker_text_add_base64url(&jwk, modulus, sizeof(modulus));
	maker_text_add_str(&jwk, "\"}");
	maker_proof_draft(rsa_key, "RS256", &genuine, &header, &claims);
	maker_object_set(&header, "jwk", jwk.bytes);
	proof = maker_proof_sign(rsa_key, "RS256", &header, &claims);
	assert_int_equal(judge_text(mm_slice(proof.bytes, proof.len)), MM_DPOP_KEY_REFUSED);
	maker_text_clear(&jwk);
	maker_text_clear(&proof);
	maker_object_clear(&header);
	maker_object_clear(&claims);
}

/* ---- the claims ---- */

static const struct row claim_rows[] = {
	{ { "jti", NULL }, MM_DPOP_CLAIM_MISSING }, { { "htm", NULL }, MM_DPOP_CLAIM_MISSING },
	{ { "htu", NULL }, MM_DPOP_CLAIM_MISSING }, { { "iat", NULL }, MM_DPOP_CLAIM_MISSING },
	{ { "ath", NULL }, MM_DPOP_CLAIM_MISSING },
	{ { "jti", "\"\"" }, MM_DPOP_CLAIM_MALFORMED }, { { "jti", "1" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "jti", "null" }, MM_DPOP_CLAIM_MALFORMED }, { { "jti", "[\"a\"]" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "htm", "\"\"" }, MM_DPOP_CLAIM_MALFORMED }, { { "htm", "true" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "htm", "\"get\"" }, MM_DPOP_METHOD }, { { "htm", "\"POST\"" }, MM_DPOP_METHOD },
	{ { "htm", "\"GET \"" }, MM_DPOP_METHOD }, { { "htm", "\"GETGETGETGETGETGETGETGETGETGETGETGET\"" },
	    MM_DPOP_CLAIM_MALFORMED },
	{ { "htu", "\"\"" }, MM_DPOP_CLAIM_MALFORMED }, { { "htu", "1" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "htu", "{}" }, MM_DPOP_CLAIM_MALFORMED }, { { "htu", "\"/inbox\"" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "htu", "\"https://a:b@mail.example/inbox\"" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "htu", "\"https://mail.example/inbox \"" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "htu", "\"http://mail.example/inbox\"" }, MM_DPOP_URL },
	{ { "htu", "\"https://mail.example/inbox/\"" }, MM_DPOP_URL },
	{ { "htu", "\"https://mail.example/INBOX\"" }, MM_DPOP_URL },
	{ { "htu", "\"https://mail.example:8443/inbox\"" }, MM_DPOP_URL },
	{ { "htu", "\"https://mail.example.evil.example/inbox\"" }, MM_DPOP_URL },
	{ { "htu", "\"https://mail.example/\"" }, MM_DPOP_URL },
	{ { "iat", "1799999939" }, MM_DPOP_AGE }, { { "iat", "1800000061" }, MM_DPOP_AGE },
	{ { "iat", "0" }, MM_DPOP_AGE },
	{ { "iat", "9007199254740991" }, MM_DPOP_AGE },
	{ { "iat", "9007199254740992" }, MM_DPOP_CLAIM_MALFORMED }, { { "iat", "-1" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "iat", "\"1800000000\"" }, MM_DPOP_CLAIM_MALFORMED }, { { "iat", "18e8" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "iat", "1800000000.0" }, MM_DPOP_CLAIM_MALFORMED }, { { "iat", "null" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "exp", "1799999940" }, MM_DPOP_AGE }, { { "exp", "\"a\"" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "nbf", "1800000061" }, MM_DPOP_AGE }, { { "nbf", "null" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "ath", "\"\"" }, MM_DPOP_CLAIM_MALFORMED }, { { "ath", "1" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "ath", "\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I=\"" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "ath", "\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J\"" }, MM_DPOP_CLAIM_MALFORMED },
	{ { "ath", "\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"" }, MM_DPOP_OTHER_TOKEN },
	{ { "nonce", "\"\"" }, MM_DPOP_CLAIM_MALFORMED }, { { "nonce", "1" }, MM_DPOP_CLAIM_MALFORMED },
	/* "compared after unescaping, exactly and ignoring case" */
	{ { "HTM", "\"GET\"" }, MM_DPOP_MALFORMED }, { { "h\\u0074m", "\"GET\"" }, MM_DPOP_MALFORMED },
};

static void
each_claim_has_its_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(claim_rows); i++)
		judge_change(&none, &claim_rows[i].change, claim_rows[i].fault);
}

static void
texts_that_are_too_long_are_refused(void **state)
{
	static const struct {
		const char *name;
		size_t len;
	} longest[] = { { "jti", 256 }, { "nonce", MM_DPOP_NONCE_LEN_MAX } };

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(longest); i++) {
		char value[MM_DPOP_NONCE_LEN_MAX + 4];
		struct change change = { longest[i].name, value };

		for (size_t more = 0; more < 2; more++) {
			memset(value, 'a', sizeof(value));
			value[0] = value[longest[i].len + more + 1] = '"';
			value[longest[i].len + more + 2] = '\0';
			judge_change(&none, &change, more == 0 ? MM_DPOP_GOOD : MM_DPOP_CLAIM_MALFORMED);
		}
	}
}

/* ---- the whole ---- */

static void
shapes_that_are_none_are_refused(void **state)
{
	static const char *const texts[] = { "", ".", "..", "a.b", "e30.e30.", "e30.e30.e30.e30", "{}.{}.", "e30.W10.",
		"W10.e30.", " e30.e30.", "e30=.e30.", "e30.e30.\n" };
	static char text[MM_DPOP_LEN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(texts); i++) {
		enum mm_dpop_fault fault = judge_text(mm_slice_str(texts[i]));

		/* Two empty objects are well-formed; what they lack is told. */
		assert_int_equal(fault, strcmp(texts[i], "e30.e30.") == 0 ? MM_DPOP_TYPE : MM_DPOP_MALFORMED);
	}
	memset(text, 'a', sizeof(text));
	assert_int_equal(judge_text(mm_slice(text, sizeof(text))), MM_DPOP_TOO_LARGE);
	assert_int_equal(judge_text(mm_slice(text, sizeof(text) - 1)), MM_DPOP_MALFORMED);
	assert_int_equal(judge_text(MM_SLICE_ABSENT), MM_DPOP_MALFORMED);
}

/* The largest that has room: unescaping, a long address and a long key at once. */
static void
the_largest_proof_fits_its_room(void **state)
{
	struct maker_text value = { 0 };
	struct change change = { "htu", NULL };
	struct maker_text proof;

	(void)state;
	maker_text_add_str(&value, "\"\\u0068ttps://mail.example/inbox?");
	while (value.len < 5400)
		maker_text_add_str(&value, "a");
	maker_text_add_str(&value, "\"");
	change.value = value.bytes;
	proof = make_proof(&none, &change);
	assert_in_range(proof.len, MM_DPOP_LEN_MAX - 1000, MM_DPOP_LEN_MAX);
	assert_int_equal(judge_text(mm_slice(proof.bytes, proof.len)), MM_DPOP_GOOD);
	maker_text_clear(&value);
	maker_text_clear(&proof);
}

static void
another_keys_signature_does_not_hold(void **state)
{
	struct maker_object header = { .count = 0 }, claims = { .count = 0 };
	struct maker_text proof;

	(void)state;
	maker_proof_draft(key, "ES256", &genuine, &header, &claims);
	proof = maker_proof_sign(other_key, "ES256", &header, &claims);
	assert_int_equal(judge_text(mm_slice(proof.bytes, proof.len)), MM_DPOP_SIGNATURE);
	maker_text_clear(&proof);
	maker_object_clear(&header);
	maker_object_clear(&claims);
}

static void
it_is_for_one_key_request_and_token(void **state)
{
	struct maker_text text = make_proof(&none, &none);
	struct mm_dpop_expected expected;
	uint8_t thumbprint[MM_DIGEST_LEN];
	struct mm_dpop_proof proof;

	(void)state;
	assert_int_equal(mm_dpop_parse(mm_slice(text.bytes, text.len), &room, &proof), MM_DPOP_GOOD);
	expected = expect(&proof);
	assert_int_equal(mm_dpop_check(&proof, &expected, &room), MM_DPOP_GOOD);
	for (size_t i = 0; i < MM_DIGEST_LEN; i++) {
		memcpy(thumbprint, proof.thumbprint, MM_DIGEST_LEN);
		thumbprint[i] ^= 1;
		expected.thumbprint = thumbprint;
		assert_int_equal(mm_dpop_check(&proof, &expected, &room), MM_DPOP_OTHER_KEY);
	}
	expected = expect(&proof);
	expected.method = mm_slice_str("HEAD");
	assert_int_equal(mm_dpop_check(&proof, &expected, &room), MM_DPOP_METHOD);
	expected = expect(&proof);
	expected.url = mm_slice_str("https://mail.example/outbox");
	assert_int_equal(mm_dpop_check(&proof, &expected, &room), MM_DPOP_URL);
	expected.url = mm_slice_str("HTTPS://mail.example:443/inbox?x");
	assert_int_equal(mm_dpop_check(&proof, &expected, &room), MM_DPOP_GOOD);
	expected.token = mm_slice_str(TOKEN "A");
	assert_int_equal(mm_dpop_check(&proof, &expected, &room), MM_DPOP_OTHER_TOKEN);
	maker_text_clear(&text);
}

/* Who does not know what was asked must not accept a proof that it was. */
static void
an_unknown_request_is_refused(void **state)
{
	static const char *const urls[] = { NULL, "", "/inbox", "https://mail example/inbox",
		"https://a@mail.example/inbox" };
	struct maker_text text = make_proof(&none, &none);
	struct mm_dpop_expected expected;
	struct mm_dpop_proof proof;

	(void)state;
	assert_int_equal(mm_dpop_parse(mm_slice(text.bytes, text.len), &room, &proof), MM_DPOP_GOOD);
	expected = expect(&proof);
	for (size_t i = 0; i < MM_COUNT_OF(urls); i++) {
		expected.url = mm_slice_str(urls[i]);
		assert_int_equal(mm_dpop_check(&proof, &expected, &room), MM_DPOP_REQUEST_UNKNOWN);
	}
	expected = expect(&proof);
	expected.method = MM_SLICE_ABSENT;
	assert_int_equal(mm_dpop_check(&proof, &expected, &room), MM_DPOP_REQUEST_UNKNOWN);
	expected.method = mm_slice("", 0);
	assert_int_equal(mm_dpop_check(&proof, &expected, &room), MM_DPOP_REQUEST_UNKNOWN);
	maker_text_clear(&text);
}

/* ---- nonces ---- */

static enum mm_dpop_fault
judge_nonce(const char *nonce, const unsigned char *nonce_secret, bool demanded)
{
	struct change change = { "nonce", nonce };
	struct maker_text text = make_proof(&none, &change);
	struct mm_dpop_expected expected;
	struct mm_dpop_proof proof;
	enum mm_dpop_fault fault;

	assert_int_equal(mm_dpop_parse(mm_slice(text.bytes, text.len), &room, &proof), MM_DPOP_GOOD);
	expected = expect(&proof);
	expected.nonce_secret = nonce_secret;
	expected.nonce_demanded = demanded;
	fault = mm_dpop_check(&proof, &expected, &room);
	maker_text_clear(&text);
	return fault;
}

static void
a_nonce_must_be_ours(void **state)
{
	char ours[MM_DPOP_NONCE_LEN + 3] = "\"", old[MM_DPOP_NONCE_LEN + 3] = "\"";

	(void)state;
	mm_dpop_nonce_make(secret, NOW_S, ours + 1);
	mm_dpop_nonce_make(secret, NOW_S - MM_NONCE_LIFETIME_S - MM_NONCE_SLOT_S, old + 1);
	ours[1 + MM_DPOP_NONCE_LEN] = old[1 + MM_DPOP_NONCE_LEN] = '"';
	assert_int_equal(judge_nonce(ours, secret, true), MM_DPOP_GOOD);
	assert_int_equal(judge_nonce(ours, secret, false), MM_DPOP_GOOD);
	assert_int_equal(judge_nonce(NULL, secret, true), MM_DPOP_NONCE);
	assert_int_equal(judge_nonce(NULL, secret, false), MM_DPOP_GOOD);
	assert_int_equal(judge_nonce(old, secret, true), MM_DPOP_NONCE);
	assert_int_equal(judge_nonce(old, secret, false), MM_DPOP_NONCE);
	assert_int_equal(judge_nonce("\"another\"", secret, true), MM_DPOP_NONCE);
	assert_int_equal(judge_nonce("\"another\"", secret, false), MM_DPOP_NONCE);
	assert_int_equal(judge_nonce(ours, NULL, true), MM_DPOP_NO_NONCES);
	assert_int_equal(judge_nonce(NULL, NULL, true), MM_DPOP_NO_NONCES);
	assert_int_equal(judge_nonce(ours, NULL, false), MM_DPOP_GOOD);
}

/* ---- the table ---- */

static void
every_fault_has_a_reason_and_a_text(void **state)
{
	(void)state;
	for (int fault = 0; fault < MM_DPOP_FAULT_COUNT; fault++) {
		enum mm_reason reason = mm_dpop_fault_reason((enum mm_dpop_fault)fault);

		assert_true(strlen(mm_dpop_fault_text((enum mm_dpop_fault)fault)) > 10);
		assert_int_equal(reason == MM_OK, fault == MM_DPOP_GOOD);
		assert_true(reason == MM_OK || mm_reason_step(reason) == 10);
	}
	assert_int_equal(mm_dpop_fault_reason(MM_DPOP_FAULT_COUNT), MM_INTERNAL);
	assert_non_null(mm_dpop_fault_text(MM_DPOP_FAULT_COUNT));
}

static int
make_keys(void **state)
{
	(void)state;
	key = maker_key_new(MAKER_EC256, NULL);
	other_key = maker_key_new(MAKER_EC256, NULL);
	rsa_key = maker_key_new(MAKER_RSA, NULL);
	verifier = mm_verifier_new();
	return verifier == NULL ? -1 : 0;
}

static int
free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
	EVP_PKEY_free(rsa_key);
	mm_verifier_free(&verifier);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_genuine_proof_of_each_key_type_holds),
		cmocka_unit_test(its_thumbprint_is_what_a_token_is_bound_to),
		cmocka_unit_test(what_means_the_same_is_accepted),
		cmocka_unit_test(each_header_member_has_its_one_form),
		cmocka_unit_test(a_key_that_says_more_must_mean_the_same),
		cmocka_unit_test(a_small_key_is_refused),
		cmocka_unit_test(each_claim_has_its_one_form),
		cmocka_unit_test(texts_that_are_too_long_are_refused),
		cmocka_unit_test(shapes_that_are_none_are_refused),
		cmocka_unit_test(the_largest_proof_fits_its_room),
		cmocka_unit_test(another_keys_signature_does_not_hold),
		cmocka_unit_test(it_is_for_one_key_request_and_token),
		cmocka_unit_test(an_unknown_request_is_refused),
		cmocka_unit_test(a_nonce_must_be_ours),
		cmocka_unit_test(every_fault_has_a_reason_and_a_text),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
