/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifiers of STIX 2.1 objects: those of the standard's examples, whatever stands in the property.
 */
#include "engine/story/stix_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Section 2.9 has this example. */
static void
test_example(void **state)
{
	char id[MM_STIX_ID_MAX];

	(void)state;
	assert_true(mm_stix_observable_id("ipv4-addr", "value", mm_slice_str("198.51.100.3"), id));
	assert_string_equal(id, "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4");
}

/* RFC 8785: what json.dumps() and uuid.uuid5() of Python make of it. */
static void
test_canonical(void **state)
{
	char id[MM_STIX_ID_MAX], again[MM_STIX_ID_MAX];

	(void)state;
	assert_true(mm_stix_observable_id("software", "name", mm_slice_str("a\"\\\b\x01\x7f\xc3\xa9"), id));
	assert_string_equal(id, "software--aa5671af-4516-57d7-a728-8cd62fdd6699");
	assert_true(mm_stix_observable_id("software", "name", mm_slice_str("a\xff"), id));
	assert_true(mm_stix_observable_id("software", "name", mm_slice_str("a\xef\xbf\xbd"), again));
	assert_string_equal(id, again);
}

/* Ours depend on the type and on what is told, and are of no other namespace. */
static void
test_own(void **state)
{
	char id[MM_STIX_ID_MAX], other[MM_STIX_ID_MAX];

	(void)state;
	assert_true(mm_stix_object_id("report", mm_slice_str("a"), id));
	assert_memory_equal(id, "report--", 8);
	assert_int_equal(strlen(id), 8 + 36);
	assert_int_equal(id[8 + 14], '5');
	assert_true(mm_stix_object_id("report", mm_slice_str("b"), other));
	assert_string_not_equal(id, other);
	assert_true(mm_stix_object_id("bundle", mm_slice_str("a"), other));
	assert_string_not_equal(id + 8, other + 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
