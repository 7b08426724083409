/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was found of late is known again, and nothing else is taken for it; a source has its share of a second.
 */
#include "daemon/gate/autopsy_memory.h"
#include "lib/base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct gate_autopsy_memory *memory;

static int
begin(void **state)
{
	(void)state;
	memory = gate_autopsy_memory_new();
	return memory == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	gate_autopsy_memory_free(&memory);
	assert_null(memory);
	gate_autopsy_memory_free(&memory);
	return 0;
}

static struct gate_autopsy_showing
showing(const char *token, const char *service, const char *source, uint64_t epoch)
{
	return (struct gate_autopsy_showing){ mm_slice_str(token), mm_slice_str(service), mm_slice_str(source), epoch };
}

static bool
has(const struct gate_autopsy_showing *one, int64_t now_s)
{
	return gate_autopsy_memory_has(memory, one, now_s);
}

static void
the_same_showing_is_known_for_its_time(void **state)
{
	const struct gate_autopsy_showing one = showing("t", "s", "192.0.2.1", 1);

	(void)state;
	assert_false(has(&one, 1000));
	assert_true(gate_autopsy_memory_add(memory, &one, false, 1000));
	assert_true(has(&one, 1000));
	assert_true(has(&one, 1000 + GATE_AUTOPSY_REMEMBERED_S - 1));
	assert_false(has(&one, 1000 + GATE_AUTOPSY_REMEMBERED_S));
}

static void
another_showing_is_another(void **state)
{
	const struct gate_autopsy_showing one = showing("t", "s", "192.0.2.1", 1);
	const struct gate_autopsy_showing others[] = {
		showing("u", "s", "192.0.2.1", 1),
		showing("t", "S", "192.0.2.1", 1),
		showing("t", "s", "192.0.2.2", 1),
		showing("t", "s", "192.0.2.1", 2),
		showing("ts", "", "192.0.2.1", 1),
		showing("s", "t", "192.0.2.1", 1),
		showing("t", "192.0.2.1", "s", 1),
	};

	(void)state;
	assert_true(gate_autopsy_memory_add(memory, &one, false, 1000));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (has(&others[i], 1000))
			fail_msg("showing %zu is taken for another", i);
}

/* Whether n tokens of a source may be told in a second, and no more. */
static void
tell_so_many(const char *source, bool is_proof, int64_t now_s, unsigned n)
{
	for (unsigned i = 0; i <= n; i++) {
		char token[32];
		struct gate_autopsy_showing one;

		snprintf(token, sizeof(token), "%u-%d-%d", i, is_proof, (int)now_s);
		one = showing(token, "s", source, 1);
		assert_true(gate_autopsy_memory_add(memory, &one, is_proof, now_s) == (i < n));
	}
}

static void
a_source_has_its_share_of_each_second(void **state)
{
	(void)state;
	tell_so_many("192.0.2.1", false, 1000, GATE_AUTOPSY_TOLD_PER_S);
	/* Leads leave proofs alone, a source another one, a second the next. */
	tell_so_many("192.0.2.1", true, 1000, GATE_AUTOPSY_TOLD_PER_S);
	tell_so_many("2001:db8::", false, 1000, GATE_AUTOPSY_TOLD_PER_S);
	tell_so_many("192.0.2.1", false, 1001, GATE_AUTOPSY_TOLD_PER_S);
}

static void
what_is_too_long_is_told_and_not_remembered(void **state)
{
	static char text[MM_TOKEN_LEN_MAX + 1];
	const struct gate_autopsy_showing one = {
		.token = mm_slice(text, sizeof(text)),
		.service = mm_slice_str("s"),
		.source = mm_slice_str("x"),
		.epoch = 1,
	};

	(void)state;
	assert_true(gate_autopsy_memory_add(memory, &one, true, 1000));
	assert_false(has(&one, 1000));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_same_showing_is_known_for_its_time, begin, end),
		cmocka_unit_test_setup_teardown(another_showing_is_another, begin, end),
		cmocka_unit_test_setup_teardown(a_source_has_its_share_of_each_second, begin, end),
		cmocka_unit_test_setup_teardown(what_is_too_long_is_told_and_not_remembered, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
