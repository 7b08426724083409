/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PEM: one certificate, nothing around it.
 */
#include "lib/codec/pem.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

static void
the_table_holds(void **state)
{
	static const struct {
		const char *text, *bytes; /* bytes NULL: refused */
	} rows[] = {
		{ BEGIN "\nZm9v\nYmFy\n" END "\n", "foobar" },
		{ BEGIN "\r\nZm9v\r\n" END "\r\n", "foo" },
		{ BEGIN "Zm9v" END, "foo" },
		{ BEGIN "\nZ\nm9v\n\n" END "\n\n", "foo" },
		{ BEGIN "\nZm9v", NULL }, { BEGIN "\nZm9v\n-----END", NULL }, { "Zm9v\n" END, NULL }, { "", NULL },
		{ BEGIN "\n" END, NULL }, { BEGIN "\nZm9\n" END, NULL }, { BEGIN "\nZm9v \n" END, NULL },
		{ " " BEGIN "\nZm9v\n" END, NULL }, { BEGIN "\nZm9v\n" END " ", NULL },
		{ BEGIN "\nZm9v\n" END "\n" BEGIN "\nZm9v\n" END "\n", NULL },
		{ "-----BEGIN X509 CERTIFICATE-----\nZm9v\n-----END X509 CERTIFICATE-----\n", NULL },
		{ BEGIN "\nProc-Type: 4,ENCRYPTED\n\nZm9v\n" END, NULL },
	};
	char room[MM_PEM_ROOM(256)];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_slice der;

		if (mm_pem_certificate_decode(mm_slice_str(rows[i].text), room, &der) != (rows[i].bytes != NULL))
			fail_msg("'%s'", rows[i].text);
		if (rows[i].bytes != NULL)
			assert_true(mm_slice_equal(der, mm_slice_str(rows[i].bytes)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_table_holds) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
