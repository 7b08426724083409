/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of HTTP requests: what is one address comes out as one text, what is not stays apart, and what could be
 * read in two ways is refused.
 */
#include "lib/codec/http_url.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct url_row {
	const char *text, *normal; /* normal NULL: refused */
};

static const struct url_row rows[] = {
	{ "https://mail.example/", "https://mail.example/" },
	{ "https://mail.example", "https://mail.example/" },
	{ "HTTPS://Mail.EXAMPLE/Inbox", "https://mail.example/Inbox" },
	{ "http://mail.example/a", "http://mail.example/a" },
	/* RFC 3986 section 6.2.3: the scheme's own port, and an empty one */
	{ "https://mail.example:443/a", "https://mail.example/a" },
	{ "http://mail.example:80/a", "http://mail.example/a" },
	{ "https://mail.example:80/a", "https://mail.example:80/a" },
	{ "http://mail.example:443", "http://mail.example:443/" },
	{ "https://mail.example:/a", "https://mail.example/a" },
	{ "https://mail.example:8443", "https://mail.example:8443/" },
	{ "https://mail.example:0443/", NULL }, { "https://mail.example:443443/", NULL },
	{ "https://mail.example:x/", NULL }, { "https://mail.example:44 3/", NULL },
	{ "https://mail.example:-1/", NULL },
	/* RFC 9449 section 4.3: "ignoring any query and fragment parts" */
	{ "https://mail.example/a?b=c", "https://mail.example/a" },
	{ "https://mail.example/a#b", "https://mail.example/a" },
	{ "https://mail.example/a#b?c", "https://mail.example/a" },
	{ "https://mail.example?a", "https://mail.example/" },
	{ "https://mail.example/a?\x01\xFF", "https://mail.example/a" },
	/* RFC 3986 section 6.2.2 */
	{ "https://mail.example/%7ealice/%41%2d%2E%5f", "https://mail.example/~alice/A-._" },
	{ "https://mail.example/a%2fb%2Fc", "https://mail.example/a%2Fb%2Fc" },
	{ "https://mail.example/%e4%f6", "https://mail.example/%E4%F6" },
	{ "https://mail.example/%00", "https://mail.example/%00" },
	{ "https://mail.example/%2541", "https://mail.example/%2541" },
	{ "https://mail.example/%", NULL }, { "https://mail.example/%4", NULL }, { "https://mail.example/%4g", NULL },
	{ "https://mail.example/%?41", NULL }, { "https://mail.example/a%2?5", NULL },
	/* what servers do with these differs, so they stay */
	{ "https://mail.example/a/../b", "https://mail.example/a/../b" },
	{ "https://mail.example/a/%2e%2e/b", "https://mail.example/a/../b" },
	{ "https://mail.example/./a//b/", "https://mail.example/./a//b/" },
	{ "https://mail.example//evil.example/", "https://mail.example//evil.example/" },
	{ "https://mail.example/a;b=c,d:e@f!$&'()*+|^[]", "https://mail.example/a;b=c,d:e@f!$&'()*+|^[]" },
	{ "https://mail.example/a\\b", "https://mail.example/a\\b" },
	/* hosts */
	{ "https://[::1]:8443/a", "https://[::1]:8443/a" },
	{ "https://[2001:DB8::A]/a", "https://[2001:db8::a]/a" },
	{ "https://[::ffff:192.0.2.1]", "https://[::ffff:192.0.2.1]/" },
	{ "https://192.0.2.1/", "https://192.0.2.1/" },
	{ "https://mail.example./", "https://mail.example./" },
	{ "https://mail_1.example/", "https://mail_1.example/" },
	{ "https://[]/", NULL }, { "https://[::1/", NULL }, { "https://[v1.x]/", NULL },
	{ "https://[::1%25eth0]/", NULL },
	{ "https://[::1]x/", NULL }, { "https:///a", NULL }, { "https://", NULL }, { "https://:443/", NULL },
	{ "https://alice@mail.example/", NULL }, { "https://a:b@mail.example/", NULL },
	{ "https://mail%2eexample/", NULL }, { "https://mail.example\\@evil.example/", NULL },
	{ "https://mail!.example/", NULL }, { "https://m\xC3\xA4il.example/", NULL },
	/* others */
	{ "", NULL }, { "/a", NULL }, { "mail.example/a", NULL }, { "//mail.example/a", NULL },
	{ "ftp://mail.example/a", NULL }, { "https:/mail.example", NULL }, { "https//mail.example", NULL },
	{ "httpss://mail.example", NULL }, { " https://mail.example/", NULL }, { "https://mail.example/ ", NULL },
	{ "https://mail.example/\n", NULL }, { "https://mail.example/a b", NULL },
	{ "https://mail.example/\x7F", NULL },
	{ "https://mail.example/\xC3\xA4", NULL },
};

static bool
normalize(struct mm_slice text, struct mm_slice *normal)
{
	static char room[2 * MM_HTTP_URL_LEN_MAX];
	struct mm_scratch scratch;

	mm_scratch_init(&scratch, room, sizeof(room));
	return mm_http_url_normalize(text, &scratch, normal);
}

static void
one_address_has_one_text(void **state)
{
	struct mm_slice normal;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		if (normalize(mm_slice_str(rows[i].text), &normal) != (rows[i].normal != NULL))
			fail_msg("'%s'", rows[i].text);
		if (rows[i].normal != NULL && !mm_slice_equal(normal, mm_slice_str(rows[i].normal)))
			fail_msg("'%s' became '%.*s'", rows[i].text, (int)normal.len, normal.ptr);
	}
}

static void
what_came_out_comes_out_again(void **state)
{
	struct mm_slice normal, again;
	char text[256];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		if (rows[i].normal == NULL)
			continue;
		assert_true(normalize(mm_slice_str(rows[i].text), &normal));
		memcpy(text, normal.ptr, normal.len);
		assert_true(normalize(mm_slice(text, normal.len), &again));
		assert_true(mm_slice_equal(mm_slice(text, normal.len), again));
	}
}

static void
an_absent_one_and_a_long_one_are_refused(void **state)
{
	static char text[MM_HTTP_URL_LEN_MAX + 2];
	struct mm_slice normal;

	(void)state;
	assert_false(normalize(MM_SLICE_ABSENT, &normal));
	memset(text, 'a', sizeof(text));
	memcpy(text, "https://a/", 10);
	assert_true(normalize(mm_slice(text, MM_HTTP_URL_LEN_MAX), &normal));
	assert_false(normalize(mm_slice(text, MM_HTTP_URL_LEN_MAX + 1), &normal));
	/* The query counts too: what is not read is not taken. */
	text[20] = '?';
	assert_false(normalize(mm_slice(text, MM_HTTP_URL_LEN_MAX + 1), &normal));
}

static void
a_full_scratch_refuses(void **state)
{
	struct mm_scratch scratch;
	struct mm_slice normal;
	char room[16];

	(void)state;
	for (size_t size = 0; size < 11; size++) {
		mm_scratch_init(&scratch, room, size);
		assert_false(mm_http_url_normalize(mm_slice_str("https://a/"), &scratch, &normal));
	}
	mm_scratch_init(&scratch, room, 11);
	assert_true(mm_http_url_normalize(mm_slice_str("https://a/"), &scratch, &normal));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address_has_one_text),
		cmocka_unit_test(what_came_out_comes_out_again),
		cmocka_unit_test(an_absent_one_and_a_long_one_are_refused),
		cmocka_unit_test(a_full_scratch_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
