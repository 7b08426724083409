/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One JWK keeps its contract: every fault of jwk_faults.def by the document that has it, thumbprints of
 * the RFCs, and material that is the same for every spelling.
 */
#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/codec/base64url.h"
#include "lib/codec/json.h"
#include "lib/jose/jwk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define SCRATCH_LEN 16384

/* RFC 7638 section 3.1. */
#define RSA_N \
	"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3" \
	"oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA" \
	"ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-" \
	"kEgU8awapJzKnqDKgw"
#define RSA "\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RSA_N "\""

/* RFC 7515 appendix A.3.1; its thumbprint is computed in the_thumbprint_of_an_ec_key(). */
#define P256_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define P256_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define P256 "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\""

/* RFC 8037 appendix A.2. */
#define ED25519_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define ED25519 "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED25519_X "\""

#define X25519 "\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" ED25519_X "\""

#define SIXTEEN "0123456789abcdef"
#define SIXTY_FOUR SIXTEEN SIXTEEN SIXTEEN SIXTEEN
#define KID_256 SIXTY_FOUR SIXTY_FOUR SIXTY_FOUR SIXTY_FOUR

static char scratch_room[SCRATCH_LEN];
static struct mm_json_names names;

/* Scan text, which must pass, and view it as the one element of a set would be. */
static struct mm_json_value
object_of(const char *text)
{
	static struct mm_json_member members[256];
	struct mm_json_index index = { members, 0, MM_COUNT_OF(members) };

	assert_int_equal(mm_json_scan(mm_slice_str(text), &names, &index, NULL), MM_OK);
	return (struct mm_json_value){ mm_slice_str(text), MM_JSON_OBJECT, false };
}

static enum mm_jwk_fault
parse_within(const char *text, size_t scratch_len, struct mm_jwk *jwk)
{
	struct mm_scratch scratch;

	mm_scratch_init(&scratch, scratch_room, scratch_len);
	return mm_jwk_parse(object_of(text), &scratch, jwk);
}

static enum mm_jwk_fault
parse(const char *text, struct mm_jwk *jwk)
{
	return parse_within(text, SCRATCH_LEN, jwk);
}

static const struct row {
	const char *text;
	enum mm_jwk_fault fault;
} rows[] = {
	{ "{" RSA "}", MM_JWK_GOOD },
	{ "{" P256 "}", MM_JWK_GOOD },
	{ "{" ED25519 "}", MM_JWK_GOOD },
	{ "{\"x5u\":\"https://example/\",\"cloud_instance_name\":\"x\"," RSA "}", MM_JWK_GOOD },

	{ "{\"kid\":\"" KID_256 "\"," RSA "}", MM_JWK_GOOD },
	{ "{\"kid\":\"" KID_256 "x\"," RSA "}", MM_JWK_KID_MALFORMED },
	{ "{\"kid\":\"\"," RSA "}", MM_JWK_KID_MALFORMED },
	{ "{\"kid\":1," RSA "}", MM_JWK_KID_MALFORMED },
	{ "{\"kid\":null," RSA "}", MM_JWK_KID_MALFORMED },

	{ "{}", MM_JWK_KTY_MALFORMED },
	{ "{\"kty\":7}", MM_JWK_KTY_MALFORMED },
	{ "{\"kty\":[\"RSA\"]}", MM_JWK_KTY_MALFORMED },
	{ "{\"kty\":\"rsa\",\"e\":\"AQAB\",\"n\":\"" RSA_N "\"}", MM_JWK_KTY_UNKNOWN },
	{ "{\"kty\":\"\"}", MM_JWK_KTY_UNKNOWN },
	{ "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AA\"}", MM_JWK_KTY_UNKNOWN },
	{ "{\"kty\":\"oct\",\"k\":\"AAAA\"}", MM_JWK_SYMMETRIC },
	{ "{\"kty\":\"oct\",\"use\":\"enc\"}", MM_JWK_SYMMETRIC },

	{ "{\"d\":\"AA\"," RSA "}", MM_JWK_PRIVATE },
	{ "{\"p\":\"AA\"," RSA "}", MM_JWK_PRIVATE },
	{ "{\"q\":\"AA\"," RSA "}", MM_JWK_PRIVATE },
	{ "{\"dp\":\"AA\"," RSA "}", MM_JWK_PRIVATE },
	{ "{\"dq\":\"AA\"," RSA "}", MM_JWK_PRIVATE },
	{ "{\"qi\":\"AA\"," RSA "}", MM_JWK_PRIVATE },
	{ "{\"oth\":[]," RSA "}", MM_JWK_PRIVATE },
	{ "{\"k\":\"AA\"," RSA "}", MM_JWK_PRIVATE },
	{ "{\"d\":null," P256 "}", MM_JWK_PRIVATE },
	{ "{\"\\u0064\":\"AA\"," P256 "}", MM_JWK_PRIVATE },
	{ "{\"d\":\"AA\"," ED25519 "}", MM_JWK_PRIVATE },
	/* worse than not being for us */
	{ "{\"d\":\"AA\",\"use\":\"enc\"," RSA "}", MM_JWK_PRIVATE },
	{ "{\"d\":\"AA\"," X25519 "}", MM_JWK_PRIVATE },

	{ "{\"use\":\"sig\"," RSA "}", MM_JWK_GOOD },
	{ "{\"use\":\"enc\"," RSA "}", MM_JWK_NOT_FOR_VERIFYING },
	{ "{\"use\":\"Sig\"," RSA "}", MM_JWK_USE_MALFORMED },
	{ "{\"use\":\"\"," RSA "}", MM_JWK_USE_MALFORMED },
	{ "{\"use\":null," RSA "}", MM_JWK_USE_MALFORMED },
	{ "{\"use\":[\"sig\"]," RSA "}", MM_JWK_USE_MALFORMED },
	{ "{\"key_ops\":[\"verify\"]," RSA "}", MM_JWK_GOOD },
	{ "{\"key_ops\":[\"sign\",\"verify\"]," RSA "}", MM_JWK_GOOD },
	{ "{\"key_ops\":[\"verify\",\"of our own\"]," RSA "}", MM_JWK_GOOD },
	{ "{\"key_ops\":[]," RSA "}", MM_JWK_NOT_FOR_VERIFYING },
	{ "{\"key_ops\":[\"sign\"]," RSA "}", MM_JWK_NOT_FOR_VERIFYING },
	{ "{\"key_ops\":[\"encrypt\",\"wrapKey\"]," RSA "}", MM_JWK_NOT_FOR_VERIFYING },
	{ "{\"key_ops\":[\"Verify\"]," RSA "}", MM_JWK_NOT_FOR_VERIFYING },
	{ "{\"key_ops\":[\"verify\",\"verify\"]," RSA "}", MM_JWK_KEY_OPS_MALFORMED },
	{ "{\"key_ops\":[\"verify\",\"\\u0076erify\"]," RSA "}", MM_JWK_KEY_OPS_MALFORMED },
	{ "{\"key_ops\":\"verify\"," RSA "}", MM_JWK_KEY_OPS_MALFORMED },
	{ "{\"key_ops\":{\"verify\":1}," RSA "}", MM_JWK_KEY_OPS_MALFORMED },
	{ "{\"key_ops\":null," RSA "}", MM_JWK_KEY_OPS_MALFORMED },
	{ "{\"key_ops\":[1]," RSA "}", MM_JWK_KEY_OPS_MALFORMED },
	{ "{\"key_ops\":[\"verify\",\"\"]," RSA "}", MM_JWK_KEY_OPS_MALFORMED },
	{ "{\"key_ops\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\","
	  "\"9\",\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\"],"
	  RSA "}", MM_JWK_KEY_OPS_MALFORMED },
	{ "{\"use\":\"sig\",\"key_ops\":[\"verify\"]," RSA "}", MM_JWK_GOOD },
	{ "{\"use\":\"sig\",\"key_ops\":[\"sign\"]," RSA "}", MM_JWK_NOT_FOR_VERIFYING },
	{ "{\"use\":\"sig\",\"key_ops\":[\"encrypt\"]," RSA "}", MM_JWK_USE_CONTRADICTS },
	{ "{\"use\":\"enc\",\"key_ops\":[\"verify\"]," RSA "}", MM_JWK_USE_CONTRADICTS },
	{ "{\"use\":\"enc\",\"key_ops\":[\"encrypt\"]," RSA "}", MM_JWK_NOT_FOR_VERIFYING },
	{ "{\"key_ops\":[\"verify\",\"deriveBits\"]," RSA "}", MM_JWK_USE_CONTRADICTS },

	{ "{\"alg\":\"RS256\"," RSA "}", MM_JWK_GOOD },
	{ "{\"alg\":\"PS512\"," RSA "}", MM_JWK_GOOD },
	{ "{\"alg\":\"ES256\"," P256 "}", MM_JWK_GOOD },
	{ "{\"alg\":\"EdDSA\"," ED25519 "}", MM_JWK_GOOD },
	{ "{\"alg\":\"Ed25519\"," ED25519 "}", MM_JWK_GOOD },
	{ "{\"alg\":256," RSA "}", MM_JWK_ALG_MALFORMED },
	{ "{\"alg\":null," RSA "}", MM_JWK_ALG_MALFORMED },
	{ "{\"alg\":\"\"," RSA "}", MM_JWK_ALG_MALFORMED },
	{ "{\"alg\":\"HS256\"," RSA "}", MM_JWK_ALG_UNKNOWN },
	{ "{\"alg\":\"none\"," RSA "}", MM_JWK_ALG_UNKNOWN },
	{ "{\"alg\":\"rs256\"," RSA "}", MM_JWK_ALG_UNKNOWN },
	{ "{\"alg\":\"A128KW\"," RSA "}", MM_JWK_ALG_UNKNOWN },
	{ "{\"alg\":\"ES256\"," RSA "}", MM_JWK_ALG_UNFIT },
	{ "{\"alg\":\"RS256\"," P256 "}", MM_JWK_ALG_UNFIT },
	{ "{\"alg\":\"ES384\"," P256 "}", MM_JWK_ALG_UNFIT },
	{ "{\"alg\":\"ES256\"," ED25519 "}", MM_JWK_ALG_UNFIT },
	{ "{\"alg\":\"EdDSA\"," P256 "}", MM_JWK_ALG_UNFIT },
	{ "{\"alg\":\"RSA-OAEP\"," RSA "}", MM_JWK_ALG_ENCRYPTS },
	{ "{\"alg\":\"RSA1_5\"," RSA "}", MM_JWK_ALG_ENCRYPTS },
	{ "{\"alg\":\"ECDH-ES+A256KW\"," P256 "}", MM_JWK_ALG_ENCRYPTS },
	{ "{\"alg\":\"RSA-OAEP\",\"use\":\"sig\"," RSA "}", MM_JWK_ALG_UNFIT },
	{ "{\"alg\":\"ECDH-ES\",\"key_ops\":[\"verify\"]," P256 "}", MM_JWK_ALG_UNFIT },

	{ "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", MM_JWK_MATERIAL_MALFORMED },
	{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\"}", MM_JWK_MATERIAL_MALFORMED },
	{ "{\"kty\":\"RSA\",\"e\":65537,\"n\":\"" RSA_N "\"}", MM_JWK_MATERIAL_MALFORMED },
	{ "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RSA_N "==\"}", MM_JWK_MATERIAL_MALFORMED },
	{ "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"+/+/\"}", MM_JWK_MATERIAL_MALFORMED },
	{ "{\"kty\":\"RSA\",\"e\":\"AR\",\"n\":\"" RSA_N "\"}", MM_JWK_MATERIAL_MALFORMED },
	{ "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"\"}", MM_JWK_MATERIAL_ZERO },
	{ "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AP8\"}", MM_JWK_MATERIAL_ZERO },
	{ "{\"kty\":\"RSA\",\"e\":\"\",\"n\":\"" RSA_N "\"}", MM_JWK_MATERIAL_ZERO },
	{ "{\"kty\":\"RSA\",\"e\":\"AAEAAQ\",\"n\":\"" RSA_N "\"}", MM_JWK_MATERIAL_ZERO },
	/* a curve says nothing of an RSA key */
	{ "{\"crv\":\"P-256\"," RSA "}", MM_JWK_GOOD },

	{ "{\"kty\":\"EC\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"}", MM_JWK_MATERIAL_MALFORMED },
	{ "{\"kty\":\"EC\",\"crv\":256,\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"}", MM_JWK_MATERIAL_MALFORMED },
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\"}", MM_JWK_MATERIAL_MALFORMED },
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"y\":\"" P256_Y "\"}", MM_JWK_MATERIAL_MALFORMED },
	{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}", MM_JWK_MATERIAL_MALFORMED },
	{ "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"}", MM_JWK_CURVE_UNKNOWN },
	{ "{\"kty\":\"EC\",\"crv\":\"p-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"}", MM_JWK_CURVE_UNKNOWN },
	{ "{\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"}", MM_JWK_CURVE_UNKNOWN },
	{ "{\"kty\":\"EC\",\"crv\":\"X25519\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"}", MM_JWK_CURVE_UNKNOWN },
	{ "{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" ED25519_X "\"}", MM_JWK_CURVE_UNKNOWN },
	{ "{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"" ED25519_X "\"}", MM_JWK_CURVE_UNKNOWN },
	{ "{" X25519 "}", MM_JWK_CURVE_AGREES },
	{ "{\"kty\":\"OKP\",\"crv\":\"X448\",\"x\":\"AA\"}", MM_JWK_CURVE_AGREES },
	{ "{\"use\":\"sig\"," X25519 "}", MM_JWK_ALG_UNFIT },
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"" P256_Y "\"}", MM_JWK_COORDINATE_LEN },
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"\"}", MM_JWK_COORDINATE_LEN },
	{ "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"}", MM_JWK_COORDINATE_LEN },
	{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}", MM_JWK_COORDINATE_LEN },

	{ "{\"x5c\":[]," RSA "}", MM_JWK_X5C_MALFORMED },
	{ "{\"x5c\":\"MII=\"," RSA "}", MM_JWK_X5C_MALFORMED },
	{ "{\"x5c\":null," RSA "}", MM_JWK_X5C_MALFORMED },
	{ "{\"x5c\":[1]," RSA "}", MM_JWK_X5C_MALFORMED },
	{ "{\"x5c\":[\"MIIB\",1]," RSA "}", MM_JWK_X5C_MALFORMED },
	{ "{\"x5c\":[\"MII\"]," RSA "}", MM_JWK_X5C_MALFORMED },
	{ "{\"x5c\":[\"MI-_\"]," RSA "}", MM_JWK_X5C_MALFORMED },
	{ "{\"x5c\":[\"MIIB\"]," RSA "}", MM_JWK_X5C_CONTRADICTS },
	{ "{\"x5c\":[\"\"]," RSA "}", MM_JWK_X5C_CONTRADICTS },
	{ "{\"x5t\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAA\"," RSA "}", MM_JWK_GOOD },
	{ "{\"x5t#S256\":\"" ED25519_X "\"," RSA "}", MM_JWK_GOOD },
	{ "{\"x5t\":\"" ED25519_X "\"," RSA "}", MM_JWK_X5T_MALFORMED },
	{ "{\"x5t\":\"AA\"," RSA "}", MM_JWK_X5T_MALFORMED },
	{ "{\"x5t\":1," RSA "}", MM_JWK_X5T_MALFORMED },
	{ "{\"x5t#S256\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAA\"," RSA "}", MM_JWK_X5T_MALFORMED },
	{ "{\"x5t#S256\":null," RSA "}", MM_JWK_X5T_MALFORMED },

	{ "{\"issuer\":\"https://login.example/{tenantid}/v2.0\"," RSA "}", MM_JWK_GOOD },
	{ "{\"issuer\":\"\"," RSA "}", MM_JWK_ISSUER_MALFORMED },
	{ "{\"issuer\":null," RSA "}", MM_JWK_ISSUER_MALFORMED },
	{ "{\"issuer\":[\"https://login.example\"]," RSA "}", MM_JWK_ISSUER_MALFORMED },

	{ "{\"iat\":1,\"nbf\":2,\"exp\":3," RSA "}", MM_JWK_GOOD },
	{ "{\"iat\":0,\"exp\":9007199254740991," RSA "}", MM_JWK_GOOD },
	{ "{\"nbf\":2,\"iat\":9," RSA "}", MM_JWK_GOOD },
	{ "{\"iat\":\"1\"," RSA "}", MM_JWK_TIME_MALFORMED },
	{ "{\"nbf\":-1," RSA "}", MM_JWK_TIME_MALFORMED },
	{ "{\"nbf\":1.5," RSA "}", MM_JWK_TIME_MALFORMED },
	{ "{\"exp\":1e9," RSA "}", MM_JWK_TIME_MALFORMED },
	{ "{\"exp\":9007199254740992," RSA "}", MM_JWK_TIME_MALFORMED },
	{ "{\"exp\":null," RSA "}", MM_JWK_TIME_MALFORMED },
	{ "{\"nbf\":3,\"exp\":3," RSA "}", MM_JWK_WINDOW_EMPTY },
	{ "{\"nbf\":4,\"exp\":3," RSA "}", MM_JWK_WINDOW_EMPTY },
	{ "{\"iat\":3,\"exp\":3," RSA "}", MM_JWK_WINDOW_EMPTY },

	{ "{\"revoked\":{\"revoked_at\":1700000000,\"reason\":\"compromised\"}," RSA "}", MM_JWK_GOOD },
	{ "{\"revoked\":{\"revoked_at\":0,\"by\":\"us\"}," RSA "}", MM_JWK_GOOD },
	/* A tombstone is read whatever the key was for. */
	{ "{\"revoked\":{\"revoked_at\":1},\"use\":\"enc\"," RSA "}", MM_JWK_GOOD },
	{ "{\"revoked\":{\"revoked_at\":1},\"key_ops\":[\"sign\"]," RSA "}", MM_JWK_GOOD },
	{ "{\"revoked\":{\"revoked_at\":1},\"alg\":\"RSA-OAEP\"," RSA "}", MM_JWK_GOOD },
	{ "{\"revoked\":{\"revoked_at\":1}," X25519 "}", MM_JWK_CURVE_AGREES },
	{ "{\"revoked\":{\"revoked_at\":1},\"alg\":\"HS256\"," RSA "}", MM_JWK_ALG_UNKNOWN },
	{ "{\"revoked\":true," RSA "}", MM_JWK_REVOKED_MALFORMED },
	{ "{\"revoked\":false," RSA "}", MM_JWK_REVOKED_MALFORMED },
	{ "{\"revoked\":null," RSA "}", MM_JWK_REVOKED_MALFORMED },
	{ "{\"revoked\":1700000000," RSA "}", MM_JWK_GOOD },
	{ "{\"revoked\":-1," RSA "}", MM_JWK_REVOKED_MALFORMED },
	{ "{\"revoked\":{}," RSA "}", MM_JWK_REVOKED_MALFORMED },
	{ "{\"revoked\":[{\"revoked_at\":1}]," RSA "}", MM_JWK_REVOKED_MALFORMED },
	{ "{\"revoked\":{\"revoked_at\":\"1700000000\"}," RSA "}", MM_JWK_REVOKED_MALFORMED },
	{ "{\"revoked\":{\"revoked_at\":1,\"reason\":7}," RSA "}", MM_JWK_REVOKED_MALFORMED },
	/* seventeen members */
	{ "{\"revoked\":{\"revoked_at\":1,\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,"
	  "\"9\":1,\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1}," RSA "}", MM_JWK_REVOKED_MALFORMED },
};

static void
the_table_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_jwk jwk;
		enum mm_jwk_fault fault = parse(rows[i].text, &jwk);

		if (fault != rows[i].fault)
			fail_msg("%s: %s", rows[i].text, mm_jwk_fault_text(fault));
	}
}

/* Those that the table cannot produce are produced below. */
static void
every_fault_has_a_document(void **state)
{
	(void)state;
	for (unsigned fault = 0; fault < MM_JWK_FAULT_COUNT; fault++) {
		bool found = fault == MM_JWK_TOO_LARGE || fault == MM_JWK_X5T_CONTRADICTS ||
		    fault == MM_JWK_CRYPTO_FAILED;

		for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
			found |= rows[i].fault == fault;
		if (!found)
			fail_msg("no document for: %s", mm_jwk_fault_text((enum mm_jwk_fault)fault));
	}
}

static void
faults_have_texts_and_classes(void **state)
{
	(void)state;
	for (unsigned fault = 0; fault < MM_JWK_FAULT_COUNT; fault++) {
		assert_true(strlen(mm_jwk_fault_text((enum mm_jwk_fault)fault)) > 0);
		assert_true(strlen(mm_jwk_fault_mend((enum mm_jwk_fault)fault)) > 0);
	}
	assert_int_equal(mm_jwk_fault_class(MM_JWK_GOOD), MM_JWK_CLASS_GOOD);
	assert_int_equal(mm_jwk_fault_class(MM_JWK_NOT_FOR_VERIFYING), MM_JWK_CLASS_SKIP);
	assert_int_equal(mm_jwk_fault_class(MM_JWK_ALG_ENCRYPTS), MM_JWK_CLASS_SKIP);
	assert_int_equal(mm_jwk_fault_class(MM_JWK_CURVE_AGREES), MM_JWK_CLASS_SKIP);
	assert_int_equal(mm_jwk_fault_class(MM_JWK_PRIVATE), MM_JWK_CLASS_BAD);
	assert_int_equal(mm_jwk_fault_class(MM_JWK_FAULT_COUNT), MM_JWK_CLASS_BAD);
	assert_non_null(mm_jwk_fault_text(MM_JWK_FAULT_COUNT));
	assert_non_null(mm_jwk_fault_mend(MM_JWK_FAULT_COUNT));
}

static void
members_are_read(void **state)
{
	struct mm_jwk jwk;

	(void)state;
	assert_int_equal(parse("{\"kid\":\"k\\u0031\",\"issuer\":\"https:\\/\\/issuer.example\","
	    "\"alg\":\"PS384\",\"iat\":10,\"nbf\":20,\"exp\":30,\"revoked\":{\"revoked_at\":25}," RSA "}", &jwk),
	    MM_JWK_GOOD);
	assert_true(mm_slice_equal(jwk.kid, mm_slice_str("k1")));
	assert_true(mm_slice_equal(jwk.issuer, mm_slice_str("https://issuer.example")));
	assert_string_equal(jwk.algorithm->name, "PS384");
	assert_int_equal(jwk.iat_s, 10);
	assert_int_equal(jwk.nbf_s, 20);
	assert_int_equal(jwk.exp_s, 30);
	assert_true(jwk.revoked);
	assert_int_equal(jwk.material.type, MM_KEY_RSA);
	assert_int_equal(jwk.material.n.len, 256);
	assert_int_equal(jwk.material.e.len, 3);
	assert_memory_equal(jwk.material.e.ptr, "\1\0\1", 3);
}

static void
what_is_not_stated_is_told_apart(void **state)
{
	struct mm_jwk jwk;

	(void)state;
	memset(&jwk, 0x77, sizeof(jwk));
	assert_int_equal(parse("{" P256 "}", &jwk), MM_JWK_GOOD);
	assert_false(mm_slice_present(jwk.kid));
	assert_false(mm_slice_present(jwk.issuer));
	assert_null(jwk.algorithm);
	assert_true(jwk.iat_s == INT64_MIN);
	assert_true(jwk.nbf_s == INT64_MIN);
	assert_true(jwk.exp_s == INT64_MAX);
	assert_false(jwk.revoked);
	assert_int_equal(jwk.material.type, MM_KEY_EC);
	assert_int_equal(jwk.material.curve, MM_CURVE_P256);
	assert_int_equal(jwk.material.x.len, 32);
	assert_int_equal(jwk.material.y.len, 32);
}

/* A fault leaves everything but the kid as it was, and tells the kid where it can. */
static void
faults_tell_the_kid_alone(void **state)
{
	struct mm_jwk jwk;

	(void)state;
	jwk.exp_s = 4711;
	assert_int_equal(parse("{\"kid\":\"bad one\",\"d\":\"AA\",\"exp\":1," RSA "}", &jwk), MM_JWK_PRIVATE);
	assert_true(mm_slice_equal(jwk.kid, mm_slice_str("bad one")));
	assert_int_equal(jwk.exp_s, 4711);
	assert_int_equal(parse("{\"kid\":5," RSA "}", &jwk), MM_JWK_KID_MALFORMED);
	assert_false(mm_slice_present(jwk.kid));
}

static void
expect_thumbprint(const char *text, const char *expected)
{
	char thumbprint[MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN) + 1] = { 0 };
	struct mm_jwk jwk;

	assert_int_equal(parse(text, &jwk), MM_JWK_GOOD);
	mm_base64url_encode(mm_slice(jwk.thumbprint, MM_DIGEST_LEN), thumbprint);
	assert_string_equal(thumbprint, expected);
}

static void
thumbprints_are_those_of_the_rfcs(void **state)
{
	(void)state;
	/* RFC 7638 section 3.1 */
	expect_thumbprint("{\"alg\":\"RS256\",\"kid\":\"2011-04-29\"," RSA "}",
	    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	/* RFC 8037 appendix A.3 */
	expect_thumbprint("{" ED25519 "}", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

static void
the_thumbprint_of_an_ec_key(void **state)
{
	static const char required[] = "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"}";
	uint8_t digest[MM_DIGEST_LEN];
	struct mm_jwk jwk;

	(void)state;
	assert_int_equal(EVP_Digest(required, strlen(required), digest, NULL, EVP_sha256(), NULL), 1);
	assert_int_equal(parse("{\"kid\":\"1\",\"use\":\"sig\"," P256 "}", &jwk), MM_JWK_GOOD);
	assert_memory_equal(jwk.thumbprint, digest, MM_DIGEST_LEN);
}

/* Each pair of documents: whether it is one material. The thumbprints differ in all of them. */
static void
material_is_the_same_for_every_spelling(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} pairs[] = {
		{ "{" RSA "}", "{\"kty\":\"RSA\",\"e\":\"AQAD\",\"n\":\"" RSA_N "\"}", true },
		/* y and p - y belong to the same x */
		{ "{" P256 "}", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_X "\"}", true },
		/* the last bit of Ed25519's encoding is the sign of x: here that of 0x1a */
		{ "{" ED25519 "}",
		  "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUZo\"}", true },
		{ "{" P256 "}", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_Y "\",\"y\":\"" P256_Y "\"}", false },
		{ "{" ED25519 "}",
		  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" ED25519_X "\",\"y\":\"" P256_Y "\"}", false },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(pairs); i++) {
		struct mm_jwk a, b;

		assert_int_equal(parse(pairs[i].a, &a), MM_JWK_GOOD);
		assert_int_equal(parse(pairs[i].b, &b), MM_JWK_GOOD);
		assert_memory_not_equal(a.thumbprint, b.thumbprint, MM_DIGEST_LEN);
		assert_int_equal(memcmp(a.material_id, b.material_id, MM_DIGEST_LEN) == 0, pairs[i].same);
	}
}

static void
too_little_scratch_is_a_fault(void **state)
{
	static const char *const texts[] = {
		"{\"kid\":\"\\u0031\",\"issuer\":\"\\u0031\",\"key_ops\":[\"\\u0076erify\"],\"alg\":\"\\u0052S256\","
		"\"x5t\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAA\"," RSA "}",
		"{" P256 "}",
		"{" ED25519 "}",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(texts); i++) {
		enum mm_jwk_fault fault = MM_JWK_TOO_LARGE;
		struct mm_jwk jwk;
		size_t len = 0;

		for (; len < 2048 && fault == MM_JWK_TOO_LARGE; len++)
			fault = parse_within(texts[i], len, &jwk);
		assert_int_equal(fault, MM_JWK_GOOD);
		assert_true(len > 64);
	}
}

static void
too_many_members_are_a_fault(void **state)
{
	char text[8192];
	struct mm_jwk jwk;
	int len = 0;

	(void)state;
	text[len++] = '{';
	for (unsigned i = 0; i < 61; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "\"m%u\":%u,", i, i);
	snprintf(text + len, sizeof(text) - (size_t)len, RSA "}");
	assert_int_equal(parse(text, &jwk), MM_JWK_GOOD);
	snprintf(text + len, sizeof(text) - (size_t)len, "\"one\":\"more\"," RSA "}");
	assert_int_equal(parse(text, &jwk), MM_JWK_TOO_LARGE);
	assert_int_equal(mm_jwk_parse((struct mm_json_value){ mm_slice_str("[]"), MM_JSON_ARRAY, false }, NULL, &jwk),
	    MM_JWK_TOO_LARGE);
}

/* A certificate for a new P-256 key, and the members of the key, as text. */
struct certified {
	char key[256];
	char certificate[2048];
	char sha1[64];
	char sha256[64];
};

static void
encode_number(EVP_PKEY *key, const char *parameter, char *text)
{
	BIGNUM *number = NULL;
	uint8_t bytes[32];

	assert_int_equal(EVP_PKEY_get_bn_param(key, parameter, &number), 1);
	assert_int_equal(BN_bn2binpad(number, bytes, sizeof(bytes)), sizeof(bytes));
	mm_base64url_encode(mm_slice(bytes, sizeof(bytes)), text);
	BN_free(number);
}

static void
encode_digest(const EVP_MD *md, const unsigned char *der, size_t der_len, char *text)
{
	uint8_t digest[MM_DIGEST_LEN];
	unsigned len;

	assert_int_equal(EVP_Digest(der, der_len, digest, &len, md, NULL), 1);
	memset(text, 0, 64);
	mm_base64url_encode(mm_slice(digest, len), text);
}

static void
certify(struct certified *certified)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	char x[44] = { 0 }, y[44] = { 0 };
	X509 *certificate = X509_new();
	unsigned char *der = NULL;
	int der_len;

	encode_number(key, OSSL_PKEY_PARAM_EC_PUB_X, x);
	encode_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, y);
	snprintf(certified->key, sizeof(certified->key),
	    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"", x, y);
	assert_int_equal(X509_set_pubkey(certificate, key), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(certificate), 0));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(certificate), 86400));
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	der_len = i2d_X509(certificate, &der);
	assert_true(der_len > 0 && der_len < 1024);
	EVP_EncodeBlock((unsigned char *)certified->certificate, der, der_len);
	encode_digest(EVP_sha1(), der, (size_t)der_len, certified->sha1);
	encode_digest(EVP_sha256(), der, (size_t)der_len, certified->sha256);
	OPENSSL_free(der);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void
certificates_must_be_of_the_key(void **state)
{
	struct certified a, b;
	char text[8192];
	struct mm_jwk jwk;
	/* Which key, certificate, x5t and x5t#S256 stand together. */
	const struct {
		const struct certified *key, *certificate, *sha1, *sha256;
		enum mm_jwk_fault fault;
	} combinations[] = {
		{ &a, &a, &a, &a, MM_JWK_GOOD },
		{ &b, &b, &b, &b, MM_JWK_GOOD },
		{ &a, &b, &b, &b, MM_JWK_X5C_CONTRADICTS },
		{ &a, &b, &a, &a, MM_JWK_X5C_CONTRADICTS },
		{ &a, &a, &b, &a, MM_JWK_X5T_CONTRADICTS },
		{ &a, &a, &a, &b, MM_JWK_X5T_CONTRADICTS },
	};

	(void)state;
	certify(&a);
	certify(&b);
	for (size_t i = 0; i < MM_COUNT_OF(combinations); i++) {
		snprintf(text, sizeof(text), "{%s,\"x5c\":[\"%s\",\"%s\"],\"x5t\":\"%s\",\"x5t#S256\":\"%s\"}",
		    combinations[i].key->key, combinations[i].certificate->certificate, b.certificate,
		    combinations[i].sha1->sha1, combinations[i].sha256->sha256);
		assert_int_equal(parse(text, &jwk), combinations[i].fault);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_holds),
		cmocka_unit_test(every_fault_has_a_document),
		cmocka_unit_test(faults_have_texts_and_classes),
		cmocka_unit_test(members_are_read),
		cmocka_unit_test(what_is_not_stated_is_told_apart),
		cmocka_unit_test(faults_tell_the_kid_alone),
		cmocka_unit_test(thumbprints_are_those_of_the_rfcs),
		cmocka_unit_test(the_thumbprint_of_an_ec_key),
		cmocka_unit_test(material_is_the_same_for_every_spelling),
		cmocka_unit_test(too_little_scratch_is_a_fault),
		cmocka_unit_test(too_many_members_are_a_fault),
		cmocka_unit_test(certificates_must_be_of_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
