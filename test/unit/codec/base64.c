/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 with padding keeps its contract.
 */
#include "lib/base/array.h"
#include "lib/codec/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
the_table_holds(void **state)
{
	static const struct {
		const char *text;
		const char *bytes; /* NULL: refused */
	} rows[] = {
		/* RFC 4648 section 10 */
		{ "", "" },
		{ "Zg==", "f" },
		{ "Zm8=", "fo" },
		{ "Zm9v", "foo" },
		{ "Zm9vYg==", "foob" },
		{ "Zm9vYmE=", "fooba" },
		{ "Zm9vYmFy", "foobar" },
		{ "+/+/", "\xfb\xff\xbf" },
		/* base64url's own characters, padding that is not there or too much, unused bits, white space */
		{ "-_-_", NULL },
		{ "Zg", NULL },
		{ "Zg=", NULL },
		{ "Zm8", NULL },
		{ "Z===", NULL },
		{ "====", NULL },
		{ "=", NULL },
		{ "Zm9v====", NULL },
		{ "Zg==Zg==", NULL },
		{ "Zm=v", NULL },
		{ "=m9v", NULL },
		{ "Zh==", NULL },
		{ "Zm9=", NULL },
		{ "Zm9v\nZm9", NULL },
		{ "Zm 9", NULL },
		{ "Zm9\xc1", NULL },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_slice text = mm_slice_str(rows[i].text), bytes = MM_SLICE_ABSENT;
		char room[MM_BASE64_ROOM(16)];
		enum mm_reason reason = mm_base64_decode(text, room, &bytes);

		if (rows[i].bytes == NULL) {
			assert_int_equal(reason, MM_TOKEN_MALFORMED);
			assert_false(mm_slice_present(bytes));
			continue;
		}
		assert_int_equal(reason, MM_OK);
		assert_int_equal(bytes.len, strlen(rows[i].bytes));
		assert_memory_equal(bytes.ptr, rows[i].bytes, bytes.len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
