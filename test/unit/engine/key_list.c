/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed key lists and the certificate in them: what was written is read, and no byte of it may be another.
 */
#include "engine/key_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1800000000
#define KEYS \
	"{\"keys\":[" \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"eA\",\"kid\":\"a\",\"alg\":\"EdDSA\",\"use\":\"sig\"," \
	"\"issuer\":\"https://a.example\",\"iat\":1,\"nbf\":2,\"exp\":3,\"verify_until\":4,\"state\":\"active\"}," \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"eQ\",\"kid\":\"b\",\"state\":\"retired\",\"verify_until\":4}," \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"eg\",\"kid\":\"c\",\"state\":\"revoked\",\"revoked\":4}," \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"ew\",\"kid\":\"d\",\"state\":\"tainted\",\"tainted\":4}]}"

static struct mm_ed25519 *root, *key, *other;
static uint8_t root_public[MM_ED25519_PUBLIC_LEN];
static uint8_t certificate_bytes[MM_MINT_CERTIFICATE_LEN];

static struct mm_ed25519 *
make_key(void)
{
	uint8_t seed[MM_ED25519_SEED_LEN];
	struct mm_ed25519 *made;

	assert_true(mm_ed25519_make(seed));
	made = mm_ed25519_new(seed);
	assert_non_null(made);
	return made;
}

static int
set_up(void **state)
{
	struct mm_mint_certificate certificate = { MM_PURPOSE_KEY_STATE, 7, NOW - 1000, NOW + 1000, { 0 } };

	(void)state;
	root = make_key();
	key = make_key();
	other = make_key();
	mm_ed25519_public(root, root_public);
	mm_ed25519_public(key, certificate.public_key);
	return mm_mint_certificate_make(&certificate, root, certificate_bytes) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	mm_ed25519_free(&root);
	mm_ed25519_free(&key);
	mm_ed25519_free(&other);
	return 0;
}

static struct mm_key_list
sample(void)
{
	return (struct mm_key_list){ .sequence = 5, .time_s = NOW, .previous = { 1, 2, 3 },
		.realm = mm_slice_str("enterprise"), .keys = mm_slice_str(KEYS) };
}

static void
write_with(const struct mm_ed25519 *signer, const struct mm_key_list *list, struct mm_buf *buf)
{
	mm_buf_init(buf, MM_KEY_LIST_LEN_MAX);
	assert_true(mm_key_list_write(list, certificate_bytes, signer, buf));
}

static const char *
read_bytes(struct mm_slice bytes, int64_t now_s, struct mm_key_list *list)
{
	return mm_key_list_read(bytes, mm_slice_str("enterprise"), root_public, now_s, list);
}

static void
what_is_written_is_read(void **state)
{
	struct mm_key_list written = sample(), list;
	struct mm_buf buf;

	(void)state;
	write_with(key, &written, &buf);
	assert_null(read_bytes(mm_slice(buf.data, buf.len), NOW, &list));
	assert_true(list.sequence == 5 && list.time_s == NOW && list.certificate.serial == 7);
	assert_true(mm_slice_equal(list.realm, written.realm) && mm_slice_equal(list.keys, written.keys));
	assert_memory_equal(list.previous, written.previous, MM_DIGEST_LEN);
	mm_buf_clear(&buf);
}

/* Each bit of the whole, each shorter length, and a byte more. */
static void
no_other_bytes_are_read(void **state)
{
	struct mm_key_list written = sample(), list;
	struct mm_buf buf;

	(void)state;
	write_with(key, &written, &buf);
	for (size_t bit = 0; bit < buf.len * 8; bit++) {
		buf.data[bit / 8] ^= (char)(1U << bit % 8);
		assert_non_null(read_bytes(mm_slice(buf.data, buf.len), NOW, &list));
		buf.data[bit / 8] ^= (char)(1U << bit % 8);
	}
	for (size_t len = 0; len < buf.len; len++)
		assert_non_null(read_bytes(mm_slice(buf.data, len), NOW, &list));
	mm_buf_add_str(&buf, "x");
	assert_non_null(read_bytes(mm_slice(buf.data, buf.len), NOW, &list));
	mm_buf_clear(&buf);
}

static void
a_list_of_somebody_else_is_refused(void **state)
{
	struct mm_key_list written = sample(), list;
	uint8_t other_root[MM_ED25519_PUBLIC_LEN];
	struct mm_buf buf;

	(void)state;
	write_with(other, &written, &buf);
	assert_string_equal(read_bytes(mm_slice(buf.data, buf.len), NOW, &list),
	    "the list is not signed by the key-state key");
	mm_buf_clear(&buf);
	write_with(key, &written, &buf);
	mm_ed25519_public(other, other_root);
	assert_string_equal(mm_key_list_read(mm_slice(buf.data, buf.len), MM_SLICE_ABSENT, other_root, NOW, &list),
	    "the certificate is not signed by the offline root that is pinned");
	assert_string_equal(
	    mm_key_list_read(mm_slice(buf.data, buf.len), mm_slice_str("consumer"), root_public, NOW, &list),
	    "the list is of another realm");
	assert_null(mm_key_list_read(mm_slice(buf.data, buf.len), MM_SLICE_ABSENT, root_public, NOW, &list));
	mm_buf_clear(&buf);
}

static void
a_certificate_has_its_time(void **state)
{
	struct mm_key_list written = sample(), list;
	struct mm_buf buf;

	(void)state;
	write_with(key, &written, &buf);
	assert_int_equal(mm_mint_certificate_end(certificate_bytes), NOW + 1000);
	assert_null(read_bytes(mm_slice(buf.data, buf.len), NOW + 1060, &list));
	assert_non_null(read_bytes(mm_slice(buf.data, buf.len), NOW + 1061, &list));
	assert_null(read_bytes(mm_slice(buf.data, buf.len), NOW - 1060, &list));
	assert_non_null(read_bytes(mm_slice(buf.data, buf.len), NOW - 1061, &list));
	mm_buf_clear(&buf);
}

static void
a_certificate_that_is_none_is_not_made(void **state)
{
	struct mm_mint_certificate certificate = { MM_PURPOSE_KEY_STATE, 1, NOW, NOW - 1, { 0 } };
	uint8_t bytes[MM_MINT_CERTIFICATE_LEN];

	(void)state;
	assert_false(mm_mint_certificate_make(&certificate, root, bytes));
	certificate.not_before_s = -1;
	assert_false(mm_mint_certificate_make(&certificate, root, bytes));
}

/* The root signed it, but for something that this build does not know. */
static void
a_certificate_for_something_else_is_refused(void **state)
{
	struct mm_mint_certificate certificate = { (enum mm_mint_purpose)2, 1, NOW, NOW, { 0 } };
	uint8_t bytes[MM_MINT_CERTIFICATE_LEN];

	(void)state;
	assert_true(mm_mint_certificate_make(&certificate, root, bytes));
	assert_string_equal(mm_mint_certificate_read(mm_slice(bytes, sizeof(bytes)), root_public, &certificate),
	    "the certificate is for something else, or its times are none");
}

static void
what_is_no_set_of_keys_is_refused(void **state)
{
	struct mm_key_list written = sample(), list;
	struct mm_buf buf;

	(void)state;
	written.keys = mm_slice_str("{\"keys\":[1]}");
	write_with(key, &written, &buf);
	assert_string_equal(read_bytes(mm_slice(buf.data, buf.len), NOW, &list), "the list's keys are no JWK set");
	mm_buf_clear(&buf);
}

static void
only_what_may_verify_is_published(void **state)
{
	static const char expected[] =
	    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"eA\",\"kid\":\"a\",\"alg\":\"EdDSA\","
	    "\"use\":\"sig\","
	    "\"issuer\":\"https://a.example\",\"iat\":1,\"nbf\":2,\"exp\":3},"
	    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"ew\",\"kid\":\"d\"}]}";
	struct mm_key_list list = sample();
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, MM_DOCUMENT_LEN_MAX);
	assert_true(mm_key_list_public_jwks(&list, &buf));
	assert_true(mm_slice_equal(mm_slice(buf.data, buf.len), mm_slice_str(expected)));
	mm_buf_clear(&buf);
	mm_buf_init(&buf, 50);
	assert_false(mm_key_list_public_jwks(&list, &buf));
	mm_buf_clear(&buf);
}

static void
until_when_a_key_signs(void **state)
{
	static const struct {
		const char *keys;
		int64_t until_s;
	} rows[] = {
		{ "{\"keys\":[]}", INT64_MIN },
		{ "{\"keys\":[{\"state\":\"prepared\",\"exp\":9},{\"state\":\"revoked\",\"exp\":8},"
		  "{\"state\":\"retiring\",\"exp\":7}]}", INT64_MIN },
		{ "{\"keys\":[{\"state\":\"active\",\"exp\":5},{\"state\":\"active\",\"exp\":6},"
		  "{\"state\":\"active\"}]}", 6 },
		{ "{\"keys\":[{\"state\":\"active\",\"exp\":\"5\"}]}", INT64_MIN },
		{ "no set", INT64_MIN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mm_key_list list = { .keys = mm_slice_str(rows[i].keys) };

		assert_int_equal(mm_key_list_signs_until(&list), rows[i].until_s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(no_other_bytes_are_read),
		cmocka_unit_test(a_list_of_somebody_else_is_refused),
		cmocka_unit_test(a_certificate_has_its_time),
		cmocka_unit_test(a_certificate_that_is_none_is_not_made),
		cmocka_unit_test(a_certificate_for_something_else_is_refused),
		cmocka_unit_test(what_is_no_set_of_keys_is_refused),
		cmocka_unit_test(only_what_may_verify_is_published),
		cmocka_unit_test(until_when_a_key_signs),
	};

	return cmocka_run_group_tests_name("key-list", tests, set_up, tear_down);
}
