/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants that were added: read as they are written, or not at all. */
#include "daemon/mintmarkd/mint_tenants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void
reads_tenants(void **state)
{
	struct mm_added_tenants added = { NULL, 0 };

	(void)state;
	assert_true(mm_added_tenants_read(mm_slice_str("{\"tenants\":[{\"name\":\"fabrikam\",\"id\":\"b-1\","
	    "\"domains\":"
	    "[\"fabrikam.example\",\"fabrikam.test\"],\"later\":1},{\"name\":\"bare\"}]}"), &added));
	assert_int_equal(added.count, 2);
	assert_string_equal(added.items[0].name, "fabrikam");
	assert_string_equal(added.items[0].id, "b-1");
	assert_string_equal(added.items[0].domains[1], "fabrikam.test");
	assert_null(added.items[0].domains[2]);
	assert_null(added.items[1].id);
	assert_null(added.items[1].domains[0]);
	/* The next document is the whole of them. */
	assert_true(mm_added_tenants_read(mm_slice_str("{\"tenants\":[]}"), &added));
	assert_int_equal(added.count, 0);
	mm_added_tenants_clear(&added);
}

static void
keeps_what_it_had(void **state)
{
	static const char *const bad[] = {
		"", "[]", "{}", "{\"tenants\":{}}", "{\"tenants\":[1]}", "{\"tenants\":[{}]}",
		"{\"tenants\":[{\"name\":\"\"}]}", "{\"tenants\":[{\"name\":7}]}",
		"{\"tenants\":[{\"name\":\"a\\u0062\"}]}", "{\"tenants\":[{\"name\":\"a\",\"id\":7}]}",
		"{\"tenants\":[{\"name\":\"a\",\"domains\":\"b\"}]}",
		"{\"tenants\":[{\"name\":\"a\",\"domains\":[7]}]}", "{\"tenants\":[]} ,",
	};
	struct mm_added_tenants added = { NULL, 0 };

	(void)state;
	assert_true(mm_added_tenants_read(mm_slice_str("{\"tenants\":[{\"name\":\"a\"}]}"), &added));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(mm_added_tenants_read(mm_slice_str(bad[i]), &added));
	assert_int_equal(added.count, 1);
	mm_added_tenants_clear(&added);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_tenants),
		cmocka_unit_test(keeps_what_it_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
