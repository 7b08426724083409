/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do we agree with the examples of RFC 7520 and RFC 8037? Signatures of the kinds known here hold and carry
 * the payload that the RFC says, what is encrypted decrypts; what is not ours is named.
 */
#include "lib/base/array.h"
#include "lib/codec/json.h"
#include "lib/jose/jwk.h"
#include "lib/token/compact.h"
#include "test/vectors/sample.h"

#include <mintmark/jwe.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FOLDER "ietf-jose-cookbook/"
#define MEMBERS_MAX 64
#define ROOM_LEN 65536

/* RFC 8037 appendix A.2: the public half of the key in curve25519/jws.json. */
#define ED25519_KEY "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"

static const struct {
	const char *example;
	const char *key; /* a file, or a JWK */
	const char *algorithm;
} signatures[] = {
	{ "jws/4_1.rsa_v15_signature.json", "jwk/3_3.rsa_public_key.json", "RS256" },
	{ "jws/4_2.rsa-pss_signature.json", "jwk/3_3.rsa_public_key.json", "PS384" },
	{ "jws/4_3.ecdsa_signature.json", "jwk/3_1.ec_public_key.json", "ES512" },
	{ "curve25519/jws.json", ED25519_KEY, "EdDSA" },
};

/* What is of others, and why. */
static const struct {
	const char *example;
	const char *why;
} foreign[] = {
	{ "jws/4_4.hmac-sha2_integrity_protection.json", "HMAC" },
	{ "jws/4_5.signature_with_detached_content.json", "HMAC, detached" },
	{ "jws/4_6.protecting_specific_header_fields.json", "HMAC, JSON serialization" },
	{ "jws/4_7.protecting_content_only.json", "HMAC, JSON serialization" },
	{ "jws/4_8.multiple_signatures.json", "JSON serialization" },
	{ "rfc7797/4.2.hmac-sha2_b64_false.json", "HMAC, payload not encoded" },
	{ "rfc7797/hmac-sha2_b64_false.json", "HMAC, payload not encoded" },
	{ "jwe/5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2.json", "RSA1_5" },
	{ "jwe/5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2.json", "PBES2" },
	{ "jwe/5_9.compressed_content.json", "zip" },
	{ "jwe/5_10.including_additional_authentication_data.json", "JSON serialization" },
	{ "jwe/5_11.protecting_specific_header_fields.json", "JSON serialization" },
	{ "jwe/5_12.protecting_content_only.json", "JSON serialization" },
	{ "jwe/5_13.encrypting_to_multiple_recipients.json", "JSON serialization" },
	{ "6.nesting_signatures_and_encryption.json", "its pieces are elsewhere" },
};

/* The key stands in the example; its algorithm where it states none. */
static const struct {
	const char *example;
	const char *algorithm;
} encryptions[] = {
	{ "jwe/5_2.key_encryption_using_rsa-oaep_with_aes-gcm.json", "RSA-OAEP" },
	{ "jwe/5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm.json", "ECDH-ES+A128KW" },
	{ "jwe/5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2.json", "ECDH-ES" },
	{ "jwe/5_6.direct_encryption_using_aes-gcm.json", NULL },
	{ "jwe/5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2.json", NULL },
	{ "jwe/5_8.key_wrap_using_aes-keywrap_with_aes-gcm.json", NULL },
	{ "curve25519/ecdh-es.json", "ECDH-ES" },
};

static const struct {
	const char *file;
	enum mm_jwk_fault fault;
} keys[] = {
	{ "jwk/3_1.ec_public_key.json", MM_JWK_GOOD },
	{ "jwk/3_2.ec_private_key.json", MM_JWK_PRIVATE },
	{ "jwk/3_3.rsa_public_key.json", MM_JWK_GOOD },
	{ "jwk/3_4.rsa_private_key.json", MM_JWK_PRIVATE },
	{ "jwk/3_5.symmetric_key_mac_computation.json", MM_JWK_SYMMETRIC },
	{ "jwk/3_6.symmetric_key_encryption.json", MM_JWK_SYMMETRIC },
};

static struct mm_json_names names;

/* A scanned text and the room for what is read of it. */
struct document {
	struct mm_slice text;
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index;
	struct mm_scratch scratch;
	char room[ROOM_LEN];
};

static struct document *
document_of(struct mm_slice text)
{
	struct document *document = (struct document *)calloc(1, sizeof(*document));

	assert_non_null(document);
	/* The object itself: the files end with a line end. */
	while (text.len > 0 && text.ptr[text.len - 1] != '}')
		text.len--;
	document->text = text;
	document->index = (struct mm_json_index){ document->members, 0, MEMBERS_MAX };
	mm_scratch_init(&document->scratch, document->room, ROOM_LEN);
	assert_int_equal(mm_json_scan(text, &names, &document->index, NULL), MM_OK);
	return document;
}

static struct mm_slice
read_example(const char *file)
{
	char path[256];

	snprintf(path, sizeof(path), FOLDER "%s", file);
	return mm_sample_read(path);
}

/* The string at object.name, unescaped. */
static struct mm_slice
text_of(struct document *document, const char *object, const char *name)
{
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	struct mm_slice text;

	assert_true(mm_json_view_object(mm_json_find(&document->index, object), &index));
	assert_true(mm_json_string(mm_json_find(&index, name), &document->scratch, &text));
	return text;
}

static enum mm_jwk_fault
parse_key(struct document *document, struct mm_jwk *jwk)
{
	return mm_jwk_parse((struct mm_json_value){ document->text, MM_JSON_OBJECT, false }, &document->scratch, jwk);
}

static struct mm_public_key *
public_key(const char *key, const struct mm_algorithm *algorithm)
{
	struct mm_slice text = key[0] == '{' ? mm_slice_str(key) : read_example(key);
	struct document *document = document_of(text);
	struct mm_public_key *made = NULL;
	struct mm_jwk jwk;

	assert_int_equal(parse_key(document, &jwk), MM_JWK_GOOD);
	assert_true(mm_algorithm_fits(algorithm, jwk.material.type, jwk.material.curve));
	assert_int_equal(mm_public_key_new(&jwk.material, algorithm->scheme, algorithm->hash, &made), MM_KEY_GOOD);
	free(document);
	if (key[0] != '{')
		free((void *)(uintptr_t)text.ptr);
	return made;
}

static void
signatures_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(signatures); i++) {
		const struct mm_algorithm *algorithm = mm_algorithm_find(mm_slice_str(signatures[i].algorithm));
		struct mm_slice file = read_example(signatures[i].example);
		struct document *document = document_of(file);
		struct mm_public_key *key = public_key(signatures[i].key, algorithm);
		struct mm_verifier *verifier = mm_verifier_new();
		struct mm_compact parts;

		assert_int_equal(mm_compact_split(text_of(document, "output", "compact"), &document->scratch, &parts),
		    MM_OK);
		assert_int_equal(mm_public_key_verify(key, verifier, parts.signed_input, parts.signature), MM_OK);
		assert_true(mm_slice_equal(parts.payload, text_of(document, "input", "payload")));
		printf("%s holds: %s\n", signatures[i].algorithm, signatures[i].example);
		mm_verifier_free(&verifier);
		mm_public_key_free(&key);
		free(document);
		free((void *)(uintptr_t)file.ptr);
	}
	for (size_t i = 0; i < MM_COUNT_OF(foreign); i++)
		printf("not ours (%s): %s\n", foreign[i].why, foreign[i].example);
}

/* The object at input.key, as it stands. */
static struct mm_slice
recipient_of(struct document *document)
{
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };

	assert_true(mm_json_view_object(mm_json_find(&document->index, "input"), &index));
	return mm_json_find(&index, "key").text;
}

static void
encryptions_decrypt(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(encryptions); i++) {
		struct mm_slice file = read_example(encryptions[i].example);
		struct document *document = document_of(file);
		struct mm_jwe_key *key = mm_jwe_key_new(recipient_of(document), encryptions[i].algorithm, NULL);
		static char plaintext[ROOM_LEN];
		size_t len = 0;

		assert_non_null(key);
		assert_int_equal(mm_jwe_decrypt(key, text_of(document, "output", "compact"), plaintext, ROOM_LEN, &len),
		    MM_JWE_DECRYPTED);
		assert_true(mm_slice_equal(mm_slice(plaintext, len), text_of(document, "input", "plaintext")));
		printf("decrypts: %s\n", encryptions[i].example);
		mm_jwe_key_free(&key);
		free(document);
		free((void *)(uintptr_t)file.ptr);
	}
}

static void
keys_are_read_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(keys); i++) {
		struct mm_slice file = read_example(keys[i].file);
		struct document *document = document_of(file);
		struct mm_jwk jwk;
		enum mm_jwk_fault fault = parse_key(document, &jwk);

		printf("%s: %s\n", keys[i].file, mm_jwk_fault_text(fault));
		assert_int_equal(fault, keys[i].fault);
		free(document);
		free((void *)(uintptr_t)file.ptr);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_hold),
		cmocka_unit_test(encryptions_decrypt),
		cmocka_unit_test(keys_are_read_or_refused),
	};

	if (!mm_sample_present(FOLDER, "4 signatures, 7 encryptions and 6 keys of RFC 7520 and RFC 8037"))
		return MM_SAMPLE_NOT_RUN;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
