/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A caller is who names himself, knows the secret, and calls the service that lists him.
 */
#include "daemon/gate/callers.h"
#include "lib/base/array.h"
#include "lib/crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
add(struct gate_callers *callers, const char *service, const char *name, const char *secret)
{
	uint8_t digest[MM_DIGEST_LEN];

	assert_true(mm_sha256(mm_slice_str(secret), digest));
	assert_true(gate_callers_add(callers, service, name, digest));
}

static void
only_the_right_three_go_together(void **state)
{
	static const struct {
		const char *service, *name, *secret; /* NULL: absent */
		bool found;
	} rows[] = {
		{ "imap", "dovecot", "one", true },
		{ "imap", "postfix", "two", true },
		{ "mail", "dovecot", "three", true },
		{ "imap", "dovecot", "two", false },
		{ "imap", "postfix", "one", false },
		{ "imap", "dovecot", "three", false },
		{ "mail", "postfix", "two", false },
		{ "imap", "Dovecot", "one", false },
		{ "imap", "", "one", false },
		{ "imap", "dovecot", "", false },
		{ "imap", "dovecot", NULL, false },
		{ "imap", NULL, "one", false },
		{ "", "dovecot", "one", false },
	};
	struct gate_callers callers = { NULL, 0 };

	(void)state;
	assert_null(gate_callers_find(&callers, mm_slice_str("imap"), mm_slice_str("dovecot"), mm_slice_str("one")));
	add(&callers, "imap", "dovecot", "one");
	add(&callers, "imap", "postfix", "two");
	add(&callers, "mail", "dovecot", "three");
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		const struct gate_caller *caller = gate_callers_find(&callers, mm_slice_str(rows[i].service),
		    mm_slice_str(rows[i].name), mm_slice_str(rows[i].secret));

		assert_int_equal(caller != NULL, rows[i].found);
		if (caller != NULL)
			assert_string_equal(caller->name, rows[i].name);
	}
	gate_callers_clear(&callers);
	assert_int_equal(callers.count, 0);
}

static void
an_empty_secret_is_not_an_absent_one(void **state)
{
	struct gate_callers callers = { NULL, 0 };

	(void)state;
	add(&callers, "imap", "dovecot", "");
	assert_null(gate_callers_find(&callers, mm_slice_str("imap"), mm_slice_str("dovecot"), MM_SLICE_ABSENT));
	gate_callers_clear(&callers);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_right_three_go_together),
		cmocka_unit_test(an_empty_secret_is_not_an_absent_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
