/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cookies: one of ours is found among others, and none that somebody else put beside it.
 */
#include "daemon/issuer/cookie.h"
#include "lib/base/array.h"
#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct issuer_realm realm;

static void
read_realm(const char *issuer)
{
	struct mm_buf payload;

	mm_buf_init(&payload, 1024);
	mm_buf_add(&payload, "\0\0", 2);
	for (size_t i = 0; i < 4; i++)
		mm_buf_add_u32(&payload, 3600);
	mm_buf_add_u8(&payload, 0);
	mm_buf_add(&payload, "mail", sizeof("mail"));
	mm_buf_add(&payload, issuer, strlen(issuer) + 1);
	mm_buf_add(&payload, "ES256\0", sizeof("ES256\0"));
	assert_true(issuer_realm_read(mm_slice(payload.data, payload.len), &realm));
	mm_buf_clear(&payload);
}

static void
one_of_ours_is_found(void **state)
{
	static const struct {
		const char *field, *value; /* NULL: none */
	} rows[] = {
		{ "a=b", "b" },
		{ "x=1; a=b; y=2", "b" },
		{ "x=1;a=b;", "b" },
		{ "  a = b ;x=1", "b" },
		{ "a=-_AZaz09", "-_AZaz09" },
		{ "", NULL },
		{ "a", NULL },
		{ "a=", NULL },
		{ "A=b", NULL },
		{ "xa=b; ax=b", NULL },
		{ "a=b; a=b", NULL },
		{ "a=b; a=c", NULL },
		{ "a=b; a", NULL },
		{ "a=\"b\"", NULL },
		{ "a=b c", NULL },
		{ "a=b\xc3\xa4", NULL },
		{ "x=a=b", NULL },
		{ ";;;=;", NULL },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_slice found = issuer_cookie_find(mm_slice_str(rows[i].field), "a");

		assert_int_equal(mm_slice_present(found), rows[i].value != NULL);
		if (rows[i].value != NULL)
			assert_true(mm_slice_equal(found, mm_slice_str(rows[i].value)));
	}
}

static void
a_value_too_long_is_none(void **state)
{
	char field[ISSUER_COOKIE_LEN_MAX + 4] = "a=";

	(void)state;
	memset(field + 2, 'x', ISSUER_COOKIE_LEN_MAX);
	assert_int_equal(issuer_cookie_find(mm_slice_str(field), "a").len, ISSUER_COOKIE_LEN_MAX);
	field[ISSUER_COOKIE_LEN_MAX + 2] = 'x';
	assert_false(mm_slice_present(issuer_cookie_find(mm_slice(field, sizeof(field) - 1), "a")));
}

static void
check_line(enum issuer_cookie cookie, const char *value, unsigned age_s, const char *line)
{
	struct mm_http_answer answer;

	mm_http_answer_init(&answer);
	issuer_cookie_set(&answer, &realm, cookie, mm_slice_str(value), age_s);
	assert_true(mm_http_answer_ok(&answer));
	assert_string_equal(answer.headers[0].name, "Set-Cookie");
	assert_string_equal(mm_http_answer_value(&answer, 0), line);
	mm_http_answer_clear(&answer);
}

static void
ours_are_kept_to_their_host(void **state)
{
	(void)state;
	read_realm("https://login.example/v2.0");
	check_line(ISSUER_COOKIE_SESSION, "abc", 0,
	    "__Host-mintmark-mail-session=abc; Path=/; HttpOnly; SameSite=Lax; Secure");
	check_line(ISSUER_COOKIE_DEVICE, "abc", 60,
	    "__Host-mintmark-mail-device=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
	check_line(ISSUER_COOKIE_SESSION, "", 0,
	    "__Host-mintmark-mail-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
	/* Without TLS a browser takes no such name. */
	read_realm("http://127.0.0.1:80");
	check_line(ISSUER_COOKIE_FORM, "abc", 0, "mintmark-mail-form=abc; Path=/; HttpOnly; SameSite=Lax");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_ours_is_found),
		cmocka_unit_test(a_value_too_long_is_none),
		cmocka_unit_test(ours_are_kept_to_their_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
