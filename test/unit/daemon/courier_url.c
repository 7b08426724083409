/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses that the courier goes to: what is one, and where it may lead. */
#include "daemon/courier/url.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct good_row {
	const char *text, *host, *path, *query;
	uint16_t port;
};

static void
good_addresses_are_taken_apart(void **state)
{
	static const struct good_row rows[] = {
		{ "https://keys.example", "keys.example", "", "", 443 },
		{ "https://keys.example/", "keys.example", "/", "", 443 },
		{ "https://Keys.Example:8443/a/b", "Keys.Example", "/a/b", "", 8443 },
		{ "https://127.0.0.1:1/keys?p=B2C_1", "127.0.0.1", "/keys", "?p=B2C_1", 1 },
		{ "https://[::1]:65535/keys", "[::1]", "/keys", "", 65535 },
		{ "https://keys.example?p=1", "keys.example", "", "?p=1", 443 },
		{ "https://keys.example/a%20b/@:x;y=(1)", "keys.example", "/a%20b/@:x;y=(1)", "", 443 },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct courier_url url;

		assert_null(courier_url_parse(mm_slice_str(rows[i].text), &url));
		assert_true(mm_slice_equal(url.host, mm_slice_str(rows[i].host)));
		assert_true(mm_slice_equal(url.path, mm_slice_str(rows[i].path)));
		assert_true(mm_slice_equal(url.query, mm_slice_str(rows[i].query)));
		assert_int_equal(url.port, rows[i].port);
	}
}

static void
everything_else_is_refused(void **state)
{
	static const char *const rows[] = {
		"", "https", "https:", "https:/", "https://", "https:///keys", "http://keys.example/",
		"HTTPS://keys.example", "file:///etc/passwd", "ftp://keys.example", "https:keys.example",
		"//keys.example/", "keys.example", " https://keys.example", "https://keys.example ",
		"https://keys.example/\n", "https://keys .example", "https://user@keys.example/",
		"https://user:secret@keys.example/", "https://keys.example@evil.example/",
		"https://keys.example#fragment", "https://keys.example/#x", "https://keys.example\\@evil.example/",
		"https://keys.example\\/", "https://keys.example:/", "https://keys.example:0/",
		"https://keys.example:65536/", "https://keys.example:99999999999999999999/",
		"https://keys.example:+443/", "https://keys.example:443x/", "https://[::1/", "https://[]/",
		"https://[::1%25lo]/", "https://[::1]x/", "https://.keys.example/", "https://-keys.example/",
		"https://k\xc3\xa9ys.example/", "https://keys.example/\xc3\xa9", "https://keys_example/",
		"https://keys.example/<x>", "https://keys.example/\"", "https://keys.example/{x}",
		"https://keys.example/a|b", "https://keys.example/`", "https://keys.example/^",
		"https://%6b.example/",
	};
	struct courier_url url;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
		if (courier_url_parse(mm_slice_str(rows[i]), &url) == NULL)
			fail_msg("'%s' is taken", rows[i]);
	assert_non_null(courier_url_parse(mm_slice("https://keys.example/\0", 22), &url));
	assert_non_null(courier_url_parse(mm_slice("https://keys\0.example/", 22), &url));
}

static void
an_address_has_a_greatest_length(void **state)
{
	static char text[MM_FETCH_URL_LEN_MAX + 1];
	struct courier_url url;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "https://keys.example/", 21);
	assert_null(courier_url_parse(mm_slice(text, MM_FETCH_URL_LEN_MAX), &url));
	assert_non_null(courier_url_parse(mm_slice(text, MM_FETCH_URL_LEN_MAX + 1), &url));
}

static bool
same_place(const char *a, const char *b)
{
	struct courier_url left, right;

	assert_null(courier_url_parse(mm_slice_str(a), &left));
	assert_null(courier_url_parse(mm_slice_str(b), &right));
	return courier_url_same_place(&left, &right);
}

static bool
is_at(const char *address, const char *place)
{
	struct courier_url url;

	assert_null(courier_url_parse(mm_slice_str(address), &url));
	return courier_url_is_at(&url, place);
}

static void
a_place_is_host_and_port(void **state)
{
	(void)state;
	assert_true(same_place("https://keys.example/a", "https://KEYS.example:443/b"));
	assert_false(same_place("https://keys.example/", "https://keys.example:8443/"));
	assert_true(same_place("https://[::1]/", "https://[::1]:443/"));
	assert_false(same_place("https://[::1]/", "https://[::2]/"));
	assert_false(same_place("https://keys.example/", "https://evil-keys.example/"));
	assert_false(same_place("https://keys.example/", "https://keys.example.evil.example/"));

	assert_true(is_at("https://keys.example/a", "keys.example"));
	assert_true(is_at("https://keys.example:8443/a", "Keys.Example:8443"));
	assert_true(is_at("https://[::1]:8443/a", "[::1]:8443"));
	assert_false(is_at("https://keys.example:8443/a", "keys.example"));
	assert_false(is_at("https://keys.example/a", "keys.example:8443"));
	assert_false(is_at("https://keys.example/a", "example"));
	assert_false(is_at("https://keys.example/a", ".example"));
	assert_false(is_at("https://keys.example/a", "*"));
	assert_false(is_at("https://keys.example/a", ""));
	assert_false(is_at("https://keys.example/a", "https://keys.example"));
	assert_false(is_at("https://keys.example/a", "keys.example/"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_addresses_are_taken_apart),
		cmocka_unit_test(everything_else_is_refused),
		cmocka_unit_test(an_address_has_a_greatest_length),
		cmocka_unit_test(a_place_is_host_and_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
