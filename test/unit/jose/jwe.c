/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JWE: the examples of RFC 7516 and RFC 7518, what a key must be, and what must not be decrypted. What other
 * implementations encrypt, test/interop and test/vectors look at.
 */
#include "lib/base/array.h"

#include <mintmark/jwe.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* RFC 7516 appendix A.3: A128KW and A128CBC-HS256. */
#define KW_KEY "{\"kty\":\"oct\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}"
#define KW_JWE                                                          \
	"eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0."           \
	"6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ."        \
	"AxY8DCtDaGlsbGljb3RoZQ."                                        \
	"KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY."                   \
	"U0m_YmjN04DJvceFICbCVQ"
#define KW_TEXT "Live long and prosper."

/* RFC 7518 appendix C: Alice's ephemeral key and Bob's, for the key of A128GCM; here Bob's is the recipient's. */
#define BOB_PUBLIC                                                      \
	"\"kty\":\"EC\",\"crv\":\"P-256\","                              \
	"\"x\":\"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ\","         \
	"\"y\":\"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck\""
#define BOB_KEY "{" BOB_PUBLIC ",\"d\":\"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw\"}"

static char room[MM_JWE_LEN_MAX];

static struct mm_jwe_key *
key_of(const char *jwk, const char *algorithm)
{
	const char *why = "";
	struct mm_jwe_key *key = mm_jwe_key_new(mm_slice_str(jwk), algorithm, &why);

	if (key == NULL)
		print_error("%s\n", why);
	assert_non_null(key);
	return key;
}

static enum mm_jwe_result
decrypt(const struct mm_jwe_key *key, const char *jwe, size_t *len)
{
	return mm_jwe_decrypt(key, mm_slice_str(jwe), room, sizeof(room), len);
}

static void
rfc_7516_example_decrypts(void **state)
{
	struct mm_jwe_key *key = key_of(KW_KEY, "A128KW");
	size_t len = 0;

	(void)state;
	assert_int_equal(decrypt(key, KW_JWE, &len), MM_JWE_DECRYPTED);
	assert_int_equal(len, strlen(KW_TEXT));
	assert_memory_equal(room, KW_TEXT, len);
	mm_jwe_key_free(&key);
	assert_null(key);
	mm_jwe_key_free(&key);
}

/* Every character replaced by another one, and every cut: never decrypted, and nothing is left in the room. */
static void
nothing_damaged_decrypts(void **state)
{
	struct mm_jwe_key *key = key_of(KW_KEY, "A128KW");
	char jwe[] = KW_JWE;
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < strlen(jwe); i++) {
		for (const char *with = "AQgw_-.=+ "; *with != '\0'; with++) {
			char was = jwe[i];

			if (was == *with)
				continue;
			jwe[i] = *with;
			memset(room, 0, 64);
			assert_int_not_equal(decrypt(key, jwe, &len), MM_JWE_DECRYPTED);
			assert_null(memmem(room, 64, "Live", 4));
			jwe[i] = was;
		}
	}
	for (size_t cut = 0; cut < strlen(jwe); cut++)
		assert_int_not_equal(mm_jwe_decrypt(key, mm_slice(jwe, cut), room, sizeof(room), &len),
		    MM_JWE_DECRYPTED);
	for (size_t cut = 1; cut < strlen(jwe); cut++)
		assert_int_not_equal(decrypt(key, jwe + cut, &len), MM_JWE_DECRYPTED);
	mm_jwe_key_free(&key);
}

/* The tag's length is the algorithm's (cjose, CVE-2023-37464: a tag of one byte). */
static void
short_tags_do_not_decrypt(void **state)
{
	static const char *const tags[] = { "", "U0", "U0m_", "U0m_YmjN04DJvceFICbC", "U0m_YmjN04DJvceFICbCVQAA" };
	const char *tag = strrchr(KW_JWE, '.') + 1;
	struct mm_jwe_key *key = key_of(KW_KEY, "A128KW");
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(tags); i++) {
		char jwe[512];

		snprintf(jwe, sizeof(jwe), "%.*s%s", (int)(strlen(KW_JWE) - strlen(tag)), KW_JWE, tags[i]);
		assert_int_not_equal(decrypt(key, jwe, &len), MM_JWE_DECRYPTED);
	}
	mm_jwe_key_free(&key);
}

static const struct {
	const char *jwe;
	enum mm_jwe_result result;
} refused[] = {
	{ "", MM_JWE_MALFORMED },
	{ "....", MM_JWE_MALFORMED },
	{ "e30....", MM_JWE_MALFORMED },                                             /* {} */
	{ "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4R0NNIn0...", MM_JWE_MALFORMED },      /* three dots */
	{ "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4R0NNIn0.....", MM_JWE_MALFORMED },    /* five */
	{ "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4R0NNIn0....", MM_JWE_NOT_DECRYPTED }, /* all parts empty */
	/* {"alg":"A128KW","enc":"A128GCM","zip":"DEF"}, "crit":["exp"], "enc":"none", "alg":"dir", "alg":"RSA1_5" */
	{ "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4R0NNIiwiemlwIjoiREVGIn0....", MM_JWE_HEADER_FORBIDDEN },
	{ "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4R0NNIiwiY3JpdCI6WyJleHAiXX0....", MM_JWE_HEADER_FORBIDDEN },
	{ "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJub25lIn0....", MM_JWE_ALG_FORBIDDEN },
	{ "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0....", MM_JWE_ALG_FORBIDDEN },
	{ "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4R0NNIn0....", MM_JWE_ALG_FORBIDDEN },
	/* {"alg":"A128KW","alg":"A128KW","enc":"A128GCM"} */
	{ "eyJhbGciOiJBMTI4S1ciLCJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4R0NNIn0....", MM_JWE_MALFORMED },
};

static void
refusals_have_their_result(void **state)
{
	struct mm_jwe_key *key = key_of(KW_KEY, "A128KW");
	size_t len = 77;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(refused); i++)
		assert_int_equal(decrypt(key, refused[i].jwe, &len), refused[i].result);
	assert_int_equal(len, 77);
	assert_int_equal(mm_jwe_decrypt(key, MM_SLICE_ABSENT, room, sizeof(room), &len), MM_JWE_MALFORMED);
	assert_int_equal(mm_jwe_decrypt(key, mm_slice_str(KW_JWE), room, strlen(KW_JWE) - 1, &len), MM_JWE_INTERNAL);
	assert_int_equal(mm_jwe_decrypt(NULL, mm_slice_str(KW_JWE), room, sizeof(room), &len), MM_JWE_INTERNAL);
	mm_jwe_key_free(&key);
	for (int result = 0; result <= MM_JWE_INTERNAL; result++)
		assert_true(strlen(mm_jwe_result_text((enum mm_jwe_result)result)) > 10);
}

static void
too_large_is_told(void **state)
{
	struct mm_jwe_key *key = key_of(KW_KEY, "A128KW");
	size_t room_len = MM_JWE_LEN_MAX + 1, len = 0;
	char *jwe = malloc(room_len), *out = malloc(room_len);

	(void)state;
	assert_non_null(jwe);
	assert_non_null(out);
	memset(jwe, 'A', room_len);
	assert_int_equal(mm_jwe_decrypt(key, mm_slice(jwe, room_len), out, room_len, &len), MM_JWE_TOO_LARGE);
	memcpy(jwe, "....", 4);
	memmove(jwe + 30000, "....", 4); /* a header of 30 kB */
	memset(jwe, 'A', 30000);
	assert_int_equal(mm_jwe_decrypt(key, mm_slice(jwe, 30004), out, room_len, &len), MM_JWE_TOO_LARGE);
	free(jwe);
	free(out);
	mm_jwe_key_free(&key);
}

static const struct {
	const char *jwk;
	const char *algorithm;
	bool good;
} keys[] = {
	{ KW_KEY, "A128KW", true },
	{ KW_KEY, "A128GCMKW", true },
	{ KW_KEY, "dir", true },
	{ KW_KEY, NULL, false },     /* the JWK states none */
	{ KW_KEY, "A256KW", false }, /* of another length */
	{ KW_KEY, "RSA1_5", false },
	{ KW_KEY, "PBES2-HS256+A128KW", false },
	{ KW_KEY, "RSA-OAEP", false },
	{ KW_KEY, "ECDH-ES", false },
	{ "{\"kty\":\"oct\",\"alg\":\"A128KW\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}", NULL, true },
	{ "{\"kty\":\"oct\",\"alg\":\"A128KW\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}", "A128GCMKW", false },
	{ "{\"kty\":\"oct\",\"alg\":\"A128GCM\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}", NULL, true },
	{ "{\"kty\":\"oct\",\"alg\":\"A256GCM\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}", NULL, false },
	{ "{\"kty\":\"oct\",\"alg\":7,\"k\":\"GawgguFyGrWKav7AX4VKUg\"}", "A128KW", false },
	{ "{\"kty\":\"oct\",\"use\":\"enc\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}", "A128KW", true },
	{ "{\"kty\":\"oct\",\"use\":\"sig\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}", "A128KW", false },
	{ "{\"kty\":\"oct\",\"key_ops\":[\"unwrapKey\"],\"k\":\"GawgguFyGrWKav7AX4VKUg\"}", "A128KW", true },
	{ "{\"kty\":\"oct\",\"key_ops\":[\"encrypt\"],\"k\":\"GawgguFyGrWKav7AX4VKUg\"}", "A128KW", false },
	{ "{\"kty\":\"oct\",\"key_ops\":\"decrypt\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}", "A128KW", false },
	{ "{\"kty\":\"oct\",\"k\":\"GawgguFyGrWKav7AX4VKUg==\"}", "A128KW", false },
	{ "{\"kty\":\"oct\",\"k\":\"\"}", "dir", false },
	{ "{\"kty\":\"oct\",\"k\":\"\",\"k\":\"\"}", "dir", false },
	{ "{\"kty\":\"RSA\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}", "A128KW", false },
	{ "[]", "A128KW", false },
	{ "", "A128KW", false },
	{ BOB_KEY, "ECDH-ES", true },
	{ BOB_KEY, "ECDH-ES+A256KW", true },
	{ BOB_KEY, "RSA-OAEP", false },
	{ "{" BOB_PUBLIC "}", "ECDH-ES", false }, /* no private part */
	/* another point's private part */
	{ "{" BOB_PUBLIC ",\"d\":\"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdo\"}", "ECDH-ES", false },
	{ "{" BOB_PUBLIC ",\"d\":\"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqQ\"}", "ECDH-ES", false }, /* short */
	/* RFC 8037 appendix A.6 */
	{ "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\","
	  "\"d\":\"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os\"}", "ECDH-ES", true },
	{ "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\","
	  "\"d\":\"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4OA\"}", "ECDH-ES", false },
	{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
	  "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}", "ECDH-ES", false },
};

static void
keys_are_read_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(keys); i++) {
		const char *why = NULL;
		struct mm_jwe_key *key = mm_jwe_key_new(mm_slice_str(keys[i].jwk), keys[i].algorithm, &why);

		if ((key != NULL) != keys[i].good)
			print_error("row %zu: %s\n", i, why == NULL ? "taken" : why);
		assert_int_equal(key != NULL, keys[i].good);
		assert_int_equal(why == NULL, keys[i].good);
		mm_jwe_key_free(&key);
	}
}

/*
 * Points that are not the sender's to choose: off the curve, of another curve, with a private part, of small order.
 * None tells anything but that it did not decrypt.
 */
static void
bad_points_do_not_decrypt(void **state)
{
	/* {"alg":"ECDH-ES","enc":"A128GCM","epk":…} with IV and tag of the right length */
	static const char *const headers[] = {
		/* y is x */
		"eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSIsImVwayI6eyJrdHkiOiJFQyIsImNydiI6IlAtMjU2IiwieCI6"
		"IndlTkp5MkhzY0NTTTZBRURURGcwNGJpT3ZoRmh5eVd2T0hRZmVGX1B4TVEiLCJ5Ijoid2VOSnkySHNjQ1NNNkFFRFRE"
		"ZzA0YmlPdmhGaHl5V3ZPSFFmZUZfUHhNUSJ9fQ",
		/* a string, nothing */
		"eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSIsImVwayI6IngifQ",
		"eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSJ9",
	};
	struct mm_jwe_key *key = key_of(BOB_KEY, "ECDH-ES");
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(headers); i++) {
		char jwe[1024];

		snprintf(jwe, sizeof(jwe), "%s..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA", headers[i]);
		assert_int_equal(decrypt(key, jwe, &len), MM_JWE_NOT_DECRYPTED);
	}
	mm_jwe_key_free(&key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_7516_example_decrypts),
		cmocka_unit_test(nothing_damaged_decrypts),
		cmocka_unit_test(short_tags_do_not_decrypt),
		cmocka_unit_test(refusals_have_their_result),
		cmocka_unit_test(too_large_is_told),
		cmocka_unit_test(keys_are_read_or_refused),
		cmocka_unit_test(bad_points_do_not_decrypt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
