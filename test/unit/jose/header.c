/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one header of a mint's tokens: every byte of it, and that the reader of headers takes it.
 */
#include "daemon/ipc/mint.h"
#include "lib/base/array.h"
#include "lib/jose/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define KID "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static const uint8_t *
thumbprint(void)
{
	static uint8_t bytes[MM_DIGEST_LEN];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	return bytes;
}

static const struct {
	unsigned token_class;
	const char *alg;
	const char *header;
} rows[] = {
	{ MM_CLASS_ACCESS, "ES256", "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"" KID "\"}" },
	{ MM_CLASS_ACCESS, "RS256", "{\"typ\":\"at+jwt\",\"alg\":\"RS256\",\"kid\":\"" KID "\"}" },
	{ MM_CLASS_IDENTITY, "PS256", "{\"typ\":\"JWT\",\"alg\":\"PS256\",\"kid\":\"" KID "\"}" },
	{ MM_CLASS_IDENTITY, "EdDSA", "{\"typ\":\"JWT\",\"alg\":\"EdDSA\",\"kid\":\"" KID "\"}" },
};

static size_t
write_row(size_t row, char header[MM_HEADER_WRITTEN_MAX])
{
	return mm_header_write(mm_token_class_typ(rows[row].token_class),
	    mm_algorithm_find(mm_slice_str(rows[row].alg)), thumbprint(), header);
}

static void
every_byte_is_the_one_that_is_agreed(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		char header[MM_HEADER_WRITTEN_MAX];
		size_t len = write_row(i, header);

		assert_int_equal(len, strlen(rows[i].header));
		assert_memory_equal(header, rows[i].header, len);
	}
}

static void
what_is_written_is_read(void **state)
{
	static struct mm_json_names names;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_json_member members[MM_HEADER_MEMBERS_MAX];
		struct mm_json_index index = { members, 0, MM_COUNT_OF(members) };
		char header[MM_HEADER_WRITTEN_MAX], room[MM_HEADER_WRITTEN_MAX];
		struct mm_scratch scratch;
		struct mm_header parsed;

		mm_scratch_init(&scratch, room, sizeof(room));
		assert_int_equal(mm_json_scan(mm_slice(header, write_row(i, header)), &names, &index, NULL), MM_OK);
		assert_int_equal(mm_header_parse(&index, &scratch, &parsed), MM_OK);
		assert_int_equal(index.count, 3);
		assert_string_equal(parsed.algorithm->name, rows[i].alg);
		assert_true(mm_slice_equal(parsed.kid, mm_slice_str(KID)));
		assert_true(mm_slice_equal(parsed.typ, mm_slice_str(mm_token_class_typ(rows[i].token_class))));
	}
}

static void
a_type_that_needs_escapes_is_refused(void **state)
{
	static const char *const types[] = { "", "a\"b", "a\\b", "a b", "a\x01", "at+jwt\n", "\xc3\xa4",
		"seventeen-letters" };
	char header[MM_HEADER_WRITTEN_MAX];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(types); i++)
		assert_int_equal(mm_header_write(types[i], mm_algorithm_find(mm_slice_str("ES256")),
		                     thumbprint(), header), 0);
	assert_null(mm_token_class_typ(0));
	assert_null(mm_token_class_typ(MM_CLASS_IDENTITY + 1));
	assert_null(mm_token_class_typ(UINT8_MAX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_the_one_that_is_agreed),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_type_that_needs_escapes_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
