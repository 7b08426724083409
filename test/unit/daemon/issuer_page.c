/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What strangers wrote is nothing but text in a page; and seals of forms hold all that they are over.
 */
#include "daemon/issuer/authorization.h"
#include "daemon/issuer/form_seal.h"
#include "daemon/issuer/page.h"
#include "daemon/issuer/sign_out_hint.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
text_stays_text(void **state)
{
	static const struct {
		const char *text, *html;
	} rows[] = {
		{ "Alice", "Alice" },
		{ "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;" },
		{ "\" autofocus onfocus='x'", "&quot; autofocus onfocus=&#39;x&#39;" },
		{ "a&lt;b", "a&amp;lt;b" },
		{ "J\xc3\xb8rgen \xe2\x82\xac", "J\xc3\xb8rgen \xe2\x82\xac" },
		{ "\xff<", "\xef\xbf\xbd&lt;" },
		{ "\xc3", "\xef\xbf\xbd" },
		{ "a\nb\x7f", "a\xef\xbf\xbd" "b\xef\xbf\xbd" },
		{ "\xe2\x80\xaemoc", "\xef\xbf\xbdmoc" }, /* U+202E turns the writing around */
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_buf buf;

		mm_buf_init(&buf, 1024);
		issuer_html_add(&buf, mm_slice_str(rows[i].text));
		assert_true(mm_buf_ok(&buf));
		assert_true(mm_slice_equal(mm_slice(buf.data, buf.len), mm_slice_str(rows[i].html)));
		mm_buf_clear(&buf);
	}
}

static void
a_seal_holds_every_text(void **state)
{
	const unsigned char secret[] = "a secret", other[] = "b secret";
	struct mm_slice texts[] = { mm_slice_str("sign-in"), mm_slice_str("ab"), mm_slice_str("c"), MM_SLICE_ABSENT };
	const struct mm_slice moved[] = { mm_slice_str("sign-in"), mm_slice_str("a"), mm_slice_str("bc"),
	    MM_SLICE_ABSENT };
	char seal[ISSUER_SEAL_TEXT_LEN + 1];

	(void)state;
	assert_true(issuer_form_seal_make(secret, sizeof(secret), texts, 4, seal));
	assert_int_equal(strlen(seal), ISSUER_SEAL_TEXT_LEN);
	assert_true(issuer_form_seal_check(secret, sizeof(secret), texts, 4, mm_slice_str(seal)));
	assert_false(issuer_form_seal_check(other, sizeof(other), texts, 4, mm_slice_str(seal)));
	assert_false(issuer_form_seal_check(secret, sizeof(secret), texts, 3, mm_slice_str(seal)));
	assert_false(issuer_form_seal_check(secret, sizeof(secret), moved, 4, mm_slice_str(seal)));
	assert_false(issuer_form_seal_check(secret, sizeof(secret), texts, 4, mm_slice(seal, 42)));
	assert_false(issuer_form_seal_check(secret, sizeof(secret), texts, 4, MM_SLICE_ABSENT));
	seal[20] = (char)(seal[20] == 'A' ? 'B' : 'A');
	assert_false(issuer_form_seal_check(secret, sizeof(secret), texts, 4, mm_slice_str(seal)));
}

static void
addresses_get_their_parameters(void **state)
{
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, 1024);
	mm_buf_add_str(&buf, "https://app.example/cb");
	issuer_address_add(&buf, "code", mm_slice_str("a-._~9"));
	issuer_address_add(&buf, "none", MM_SLICE_ABSENT);
	issuer_address_add(&buf, "state", mm_slice_str("a b&c=d#\xc3\xa4\r\n"));
	assert_true(mm_slice_equal(mm_slice(buf.data, buf.len),
	    mm_slice_str("https://app.example/cb?code=a-._~9&state=a%20b%26c%3Dd%23%C3%A4%0D%0A")));
	mm_buf_clear(&buf);
	mm_buf_add_str(&buf, "app:/cb?x=1");
	issuer_address_add(&buf, "code", mm_slice_str("c"));
	assert_true(mm_slice_equal(mm_slice(buf.data, buf.len), mm_slice_str("app:/cb?x=1&code=c")));
	mm_buf_clear(&buf);
}

static void
a_hint_names_a_client(void **state)
{
	static const char *const bad[] = {
		"", "a", "e30.e30.", /* {} */
		"e30.eyJhdWQiOjF9.", /* {"aud":1} */
		"e30.eyJhdWQiOltdfQ.", /* {"aud":[]} */
		"e30.eyJhdWQiOiIifQ.", /* {"aud":""} */
		"e30.eyJhdWQiOiJhIiwiYXVkIjoiYiJ9.", /* twice */
		"e30.eyJhdWQiOiJhIn0", "e30.eyJhdWQiOiJhIn0.x.y", "e30.eyJhdWQiOiJhIn0=.",
	};
	char client[MM_MINT_CLIENT_LEN_MAX + 1];

	(void)state;
	assert_true(issuer_sign_out_hint_read(mm_slice_str("e30.eyJhdWQiOiJtYWlsLWFwcCJ9."), client));
	assert_string_equal(client, "mail-app");
	for (size_t i = 0; i < MM_COUNT_OF(bad); i++)
		assert_false(issuer_sign_out_hint_read(mm_slice_str(bad[i]), client));
	assert_false(issuer_sign_out_hint_read(MM_SLICE_ABSENT, client));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stays_text),
		cmocka_unit_test(a_seal_holds_every_text),
		cmocka_unit_test(addresses_get_their_parameters),
		cmocka_unit_test(a_hint_names_a_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
