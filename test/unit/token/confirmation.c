/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claim 'cnf': two members are read, each the base64url of 32 bytes; others are passed over.
 */
#include "lib/token/confirmation.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* 32 bytes, the first 0xD1 and the last 0x82. */
#define DIGEST "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

struct confirmation_row {
	const char *json;
	bool good, has_jkt, has_certificate;
};

static const struct confirmation_row rows[] = {
	{ "{\"jkt\":\"" DIGEST "\"}", true, true, false },
	{ "{\"x5t#S256\":\"" DIGEST "\"}", true, false, true },
	{ "{\"jkt\":\"" DIGEST "\",\"x5t#S256\":\"" DIGEST "\"}", true, true, true },
	{ "{\"jkt\":\"\\u0030ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}", true, true, false },
	{ "{\"j\\u006bt\":\"" DIGEST "\"}", true, true, false },
	{ "{}", true, false, false },
	{ "{\"kid\":\"a\",\"jwk\":{\"kty\":\"EC\"},\"osc\":[1]}", true, false, false },
	{ "{\"JKT\":\"" DIGEST "\"}", true, false, false },
	{ "{\"x5t\":\"" DIGEST "\"}", true, false, false },
	{ "{\"kid\":\"a\",\"jkt\":\"" DIGEST "\"}", true, true, false },
	{ "null", false, false, false }, { "[]", false, false, false }, { "\"" DIGEST "\"", false, false, false },
	{ "true", false, false, false }, { "1", false, false, false },
	{ "{\"jkt\":null}", false, false, false }, { "{\"jkt\":1}", false, false, false },
	{ "{\"jkt\":{}}", false, false, false }, { "{\"jkt\":[\"" DIGEST "\"]}", false, false, false },
	{ "{\"jkt\":\"\"}", false, false, false }, { "{\"jkt\":\"" DIGEST "=\"}", false, false, false },
	{ "{\"jkt\":\"" DIGEST "A\"}", false, false, false },
	{ "{\"jkt\":\"ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}", false, false, false },
	{ "{\"jkt\":\"0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}", false, false, false },
	/* unused bits that are not zero: a second spelling of the same bytes */
	{ "{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J\"}", false, false, false },
	{ "{\"x5t#S256\":\"0Z\"}", false, false, false },
	{ "{\"jkt\":\"" DIGEST "\",\"x5t#S256\":false}", false, false, false },
	{ "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,"
	  "\"n\":1,\"o\":1,\"p\":1,\"jkt\":\"" DIGEST "\"}", false, false, false },
};

/* The value as it stands in a payload that was scanned. */
static bool
parse(const char *json, struct mm_scratch *scratch, struct mm_confirmation *confirmation)
{
	static struct mm_json_names names;
	static char payload[1024];
	struct mm_json_member members[1];
	struct mm_json_index index = { members, 0, 1 };
	int len = snprintf(payload, sizeof(payload), "{\"cnf\":%s}", json);

	assert_int_equal(mm_json_scan(mm_slice(payload, (size_t)len), &names, &index, NULL), MM_OK);
	return mm_confirmation_parse(mm_json_find(&index, "cnf"), scratch, confirmation);
}

static void
each_member_has_its_one_form(void **state)
{
	struct mm_confirmation confirmation;
	struct mm_scratch scratch;
	char room[256];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		mm_scratch_init(&scratch, room, sizeof(room));
		if (parse(rows[i].json, &scratch, &confirmation) != rows[i].good)
			fail_msg("%s", rows[i].json);
		if (!rows[i].good)
			continue;
		assert_int_equal(confirmation.has_jkt, rows[i].has_jkt);
		assert_int_equal(confirmation.has_certificate, rows[i].has_certificate);
		if (rows[i].has_jkt)
			assert_int_equal(confirmation.jkt[0], 0xD1);
		if (rows[i].has_certificate)
			assert_int_equal(confirmation.certificate[MM_DIGEST_LEN - 1], 0x82);
	}
}

static void
what_is_not_there_is_no_object(void **state)
{
	struct mm_confirmation confirmation;
	struct mm_scratch scratch;

	(void)state;
	mm_scratch_init(&scratch, NULL, 0);
	assert_false(mm_confirmation_parse((struct mm_json_value){ .type = MM_JSON_ABSENT }, &scratch, &confirmation));
	/* A full scratch refuses what must be unescaped. */
	assert_false(parse("{\"jkt\":\"\\u0030ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}", &scratch, &confirmation));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_member_has_its_one_form),
		cmocka_unit_test(what_is_not_there_is_no_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
