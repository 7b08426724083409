/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates in a proxy's field: one, in the ways that proxies write it; anything else is none.
 */
#include "daemon/http/client_certificate.h"

#include "lib/base/array.h"
#include "lib/crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Any bytes do: nothing here reads them. "+/+/" is 0xFB 0xFF 0xBF. */
#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

struct field_row {
	const char *field, *bytes; /* bytes NULL: refused */
};

static const struct field_row rows[] = {
	{ "+/+/AA==", "\xFB\xFF\xBF\x00" },
	{ "%2B%2f%2b/AA%3D%3d", "\xFB\xFF\xBF\x00" },
	{ BEGIN "\n+/+/\nAA==\n" END "\n", "\xFB\xFF\xBF\x00" },
	{ BEGIN "\r\n+/+/\r\nAA==\r\n" END, "\xFB\xFF\xBF\x00" },
	{ "-----BEGIN%20CERTIFICATE-----%0A%2B%2F%2B%2FAA%3D%3D%0A-----END%20CERTIFICATE-----%0A", "\xFB\xFF\xBF\x00" },
	{ "", NULL }, { "=", NULL }, { "A", NULL }, { "+/+", NULL }, { "-_-_", NULL }, { "+/+/AB==", NULL },
	{ " +/+/", NULL }, { "+/+/ ", NULL }, { "+/+/\n", NULL }, { "+/+/,+/+/", NULL },
	{ "%", NULL }, { "%2", NULL }, { "%2G", NULL }, { "AAA%", NULL }, { "%00", NULL },
	{ BEGIN END, NULL }, { BEGIN "\n+/+/\n", NULL }, { "+/+/\n" END, NULL }, { BEGIN "\n+/+/\n" END "x", NULL },
	{ "x" BEGIN "\n+/+/\n" END, NULL }, { BEGIN "\n+/+/\n" END "\n" BEGIN "\n+/+/\n" END, NULL },
	{ BEGIN "\n+/ +/\n" END, NULL }, { BEGIN "\n+/+/\n-----END X509 CERTIFICATE-----", NULL },
	{ "-----BEGIN PUBLIC KEY-----\n+/+/\n-----END PUBLIC KEY-----", NULL },
};

static void
one_certificate_is_taken(void **state)
{
	uint8_t digest[MM_DIGEST_LEN], wanted[MM_DIGEST_LEN];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		if (mm_http_client_certificate_parse(mm_slice_str(rows[i].field), digest) != (rows[i].bytes != NULL))
			fail_msg("'%s'", rows[i].field);
		if (rows[i].bytes == NULL)
			continue;
		assert_true(mm_sha256(mm_slice(rows[i].bytes, 4), wanted));
		assert_memory_equal(digest, wanted, MM_DIGEST_LEN);
	}
}

static void
a_long_field_is_refused(void **state)
{
	static char field[MM_HTTP_CERTIFICATE_FIELD_LEN_MAX + 4];
	uint8_t digest[MM_DIGEST_LEN];

	(void)state;
	memset(field, 'A', sizeof(field));
	assert_true(mm_http_client_certificate_parse(mm_slice(field, MM_HTTP_CERTIFICATE_FIELD_LEN_MAX), digest));
	assert_false(mm_http_client_certificate_parse(mm_slice(field, MM_HTTP_CERTIFICATE_FIELD_LEN_MAX + 4), digest));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_certificate_is_taken),
		cmocka_unit_test(a_long_field_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
