/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of 'trusted_proxies'.
 */
#include "engine/proxy.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text;
	bool good;
} rows[] = {
	{ "unix", true },
	{ "127.0.0.1", true },
	{ "127.0.0.1/32", true },
	{ "10.0.0.0/8", true },
	{ "0.0.0.0/0", true },
	{ "192.0.2.128/25", true },
	{ "::1", true },
	{ "2001:db8::/32", true },
	{ "::/0", true },
	{ "", false },
	{ "Unix", false },
	{ "unix:/run/x", false },
	{ "unix/8", false },
	{ "localhost", false },
	{ "127.1", false },
	{ "0x7f.0.0.1", false },
	{ "127.0.0.1/", false },
	{ "127.0.0.1/33", false },
	{ "127.0.0.1/032", false },
	{ "127.0.0.1/-1", false },
	{ "127.0.0.1/8", false },
	{ "192.0.2.129/25", false },
	{ "127.0.0.1/32/32", false },
	{ "127.0.0.1 ", false },
	{ "127.0.0.1:80", false },
	{ "[::1]", false },
	{ "::1/129", false },
	{ "::1/64", false },
	{ "fe80::1%lo", false },
	{ "::ffff:10.0.0.1/10000000000000000000128", false },
};

static void
the_table_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		const char *fault = mm_proxy_fault(rows[i].text);

		if ((fault == NULL) != rows[i].good)
			fail_msg("%s: %s", rows[i].text, fault == NULL ? "is taken" : fault);
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
