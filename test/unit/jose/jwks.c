/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JWK sets keep their contract: the shape of the document around the keys.
 */
#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/jose/jwks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct mm_json_names names;

static void
the_table_holds(void **state)
{
	static const struct {
		const char *text;
		enum mm_reason reason;
		size_t key_count;
	} rows[] = {
		{ "{\"keys\":[]}", MM_OK, 0 },
		{ "{\"keys\":[{}]}", MM_OK, 1 },
		{ " {\"x\":1,\"keys\":[{\"kty\":\"RSA\"},{\"kty\":[{}]} , {}]}\n", MM_OK, 3 },
		{ "{\"\\u006beys\":[{}]}", MM_OK, 1 },
		{ "", MM_TOKEN_MALFORMED, 0 },
		{ "[]", MM_TOKEN_MALFORMED, 0 },
		{ "{}", MM_TOKEN_MALFORMED, 0 },
		{ "{\"Keys\":[]}", MM_TOKEN_MALFORMED, 0 },
		{ "{\"keys\":null}", MM_TOKEN_MALFORMED, 0 },
		{ "{\"keys\":{}}", MM_TOKEN_MALFORMED, 0 },
		{ "{\"keys\":\"\"}", MM_TOKEN_MALFORMED, 0 },
		{ "{\"keys\":[{},1]}", MM_TOKEN_MALFORMED, 0 },
		{ "{\"keys\":[[{}]]}", MM_TOKEN_MALFORMED, 0 },
		{ "{\"keys\":[null]}", MM_TOKEN_MALFORMED, 0 },
		{ "{\"keys\":[{}]", MM_TOKEN_MALFORMED, 0 },
		{ "{\"keys\":[{}]}{}", MM_TOKEN_MALFORMED, 0 },
		{ "{\"keys\":[],\"keys\":[{}]}", MM_CLAIM_DUPLICATE, 0 },
		{ "{\"keys\":[],\"KEYS\":[{}]}", MM_CLAIM_DUPLICATE, 0 },
		{ "{\"keys\":[{\"kid\":1,\"k\\u0069d\":2}]}", MM_CLAIM_DUPLICATE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_json_fault fault = { 0, NULL };
		struct mm_json_value element;
		struct mm_jwks set;
		size_t position = 0, count = 0;

		assert_int_equal(mm_jwks_scan(mm_slice_str(rows[i].text), &names, &set, &fault), rows[i].reason);
		assert_int_equal(mm_jwks_scan(mm_slice_str(rows[i].text), &names, &set, NULL), rows[i].reason);
		if (rows[i].reason != MM_OK) {
			assert_non_null(fault.text);
			assert_true(fault.offset <= strlen(rows[i].text));
			continue;
		}
		while (mm_json_next(set.keys, &position, &element)) {
			assert_int_equal(element.type, MM_JSON_OBJECT);
			count++;
		}
		assert_int_equal(count, rows[i].key_count);
	}
}

/* The fault points at the element that is no object. */
static void
the_offset_is_that_of_the_fault(void **state)
{
	static const char text[] = "{\"keys\":[{}, {}, 77]}";
	struct mm_json_fault fault;
	struct mm_jwks set;

	(void)state;
	assert_int_equal(mm_jwks_scan(mm_slice_str(text), &names, &set, &fault), MM_TOKEN_MALFORMED);
	assert_int_equal(fault.offset, strstr(text, "77") - text);
}

static void
documents_end_at_one_mebibyte(void **state)
{
	static const char start[] = "{\"keys\":[]}";
	size_t len = MM_DOCUMENT_LEN_MAX + 1;
	char *text = (char *)malloc(len);
	struct mm_jwks set;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', len);
	memcpy(text, start, strlen(start));
	assert_int_equal(mm_jwks_scan(mm_slice(text, len - 1), &names, &set, NULL), MM_OK);
	assert_int_equal(mm_jwks_scan(mm_slice(text, len), &names, &set, NULL), MM_TOKEN_MALFORMED);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_holds),
		cmocka_unit_test(the_offset_is_that_of_the_fault),
		cmocka_unit_test(documents_end_at_one_mebibyte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
