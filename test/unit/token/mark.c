/* SPDX-License-Identifier: Apache-2.0 */
/* The mark: over header and payload, of its own key, at the end and nowhere else. */
#include "lib/token/mark.h"

#include "lib/codec/base64url.h"
#include "lib/crypto/mac.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEADER "eyJhbGciOiJFUzI1NiJ9"
#define BEFORE "{\"iss\":\"https://i.example\",\"sub\":\"s\""

static const uint8_t key_bytes[MM_MARK_KEY_LEN] = "0123456789abcdef0123456789abcde";

struct marked {
	struct mm_mark_key *key;
	char payload[256];
	size_t len;
};

static enum mm_mark_result
check(const struct marked *marked)
{
	return mm_mark_check(marked->key, mm_slice_str(HEADER), mm_slice(marked->payload, marked->len), true);
}

static void
make(struct marked *marked)
{
	char text[MM_MARK_TEXT_LEN];

	marked->key = mm_mark_key_new(key_bytes);
	assert_non_null(marked->key);
	assert_true(mm_mark_make(marked->key, mm_slice_str(HEADER), mm_slice_str(BEFORE), text));
	marked->len = (size_t)snprintf(marked->payload, sizeof(marked->payload), BEFORE ",\"mark\":\"%.*s\"}",
	    MM_MARK_TEXT_LEN, text);
}

static void
test_it_is_hmac(void **state)
{
	char text[MM_MARK_TEXT_LEN];
	uint8_t mac[MM_MAC_LEN];
	struct marked marked;

	(void)state;
	make(&marked);
	assert_int_equal(check(&marked), MM_MARK_RIGHT);
	assert_true(mm_hmac_sha256(key_bytes, sizeof(key_bytes), mm_slice_str(HEADER "." BEFORE), mac));
	mm_base64url_encode(mm_slice((char *)mac, 16), text);
	assert_memory_equal(text, marked.payload + marked.len - 24, MM_MARK_TEXT_LEN);
	mm_mark_key_free(&marked.key);
	assert_null(marked.key);
}

static void
test_every_bit_counts(void **state)
{
	struct marked marked;

	(void)state;
	make(&marked);
	for (size_t i = 0; i < marked.len * 8; i++) {
		marked.payload[i / 8] ^= (char)(1 << i % 8);
		assert_int_equal(check(&marked), MM_MARK_WRONG);
		marked.payload[i / 8] ^= (char)(1 << i % 8);
	}
	for (size_t len = 0; len < marked.len; len++)
		assert_int_equal(mm_mark_check(marked.key, mm_slice_str(HEADER), mm_slice(marked.payload, len), true),
		    MM_MARK_WRONG);
	assert_int_equal(mm_mark_check(marked.key, mm_slice_str(HEADER "x"), mm_slice(marked.payload, marked.len),
	    true), MM_MARK_WRONG);
	assert_int_equal(check(&marked), MM_MARK_RIGHT);
	mm_mark_key_free(&marked.key);
}

static void
test_elsewhere_or_absent(void **state)
{
	static const char *const wrong[] = {
		BEFORE "}", "{}", BEFORE ",\"mark\":7}", BEFORE ",\"mark\":\"short\"}",
		BEFORE ",\"mark\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"x\":1}", BEFORE ",\"mark\":\"AAAAAAAAAAAAAAAAAAAAAA\" }",
		BEFORE ", \"mark\":\"AAAAAAAAAAAAAAAAAAAAAA\"}", ",\"mark\":\"AAAAAAAAAAAAAAAAAAAAAA\"}",
	};
	struct marked marked;

	(void)state;
	make(&marked);
	assert_int_equal(mm_mark_check(marked.key, mm_slice_str(HEADER), mm_slice(marked.payload, marked.len), false),
	    MM_MARK_ABSENT);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(mm_mark_check(marked.key, mm_slice_str(HEADER), mm_slice_str(wrong[i]), true),
		    MM_MARK_WRONG);
	assert_int_equal(mm_mark_check(marked.key, mm_slice_str(HEADER), MM_SLICE_ABSENT, true), MM_MARK_WRONG);
	mm_mark_key_free(&marked.key);
}

static void
test_another_key(void **state)
{
	uint8_t other[MM_MARK_KEY_LEN];
	struct mm_mark_key *key;
	struct marked marked;

	(void)state;
	make(&marked);
	memcpy(other, key_bytes, sizeof(other));
	other[31] ^= 1;
	key = mm_mark_key_new(other);
	assert_int_equal(mm_mark_check(key, mm_slice_str(HEADER), mm_slice(marked.payload, marked.len), true),
	    MM_MARK_WRONG);
	mm_mark_key_free(&key);
	mm_mark_key_free(&marked.key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_hmac),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_elsewhere_or_absent),
		cmocka_unit_test(test_another_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
