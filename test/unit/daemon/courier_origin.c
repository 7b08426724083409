/* SPDX-License-Identifier: Apache-2.0 */
/* What mintmarkd says of a source, and the address that comes of it. */
#include "daemon/courier/origin.h"
#include "engine/config.h"
#include "lib/base/array.h"
#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* A payload of COURIER_SOURCE; texts are the address and what follows it, each ended by NUL. */
static struct mm_buf
payload(uint8_t kind, uint32_t refresh_s, const char *texts, size_t len)
{
	struct mm_buf buf;

	mm_buf_init(&buf, 65536);
	mm_buf_add_u32(&buf, 7);
	mm_buf_add_u8(&buf, kind);
	mm_buf_add_u32(&buf, refresh_s);
	mm_buf_add_u32(&buf, 86400);
	mm_buf_add(&buf, texts, len);
	assert_true(mm_buf_ok(&buf));
	return buf;
}

#define TEXTS(literal) literal, sizeof(literal)

static void
a_source_is_read(void **state)
{
	struct mm_buf buf = payload(MM_KEYS_JWKS, 300,
	    TEXTS("https://a.example/keys\0https://a.example\0https://b.example\0\0keys.example\0"));
	struct mm_pool pool = { NULL };
	struct courier_origin origin;

	(void)state;
	assert_null(courier_origin_parse(mm_slice(buf.data, buf.len), &pool, &origin));
	assert_int_equal(origin.number, 7);
	assert_int_equal(origin.refresh_s, 300);
	assert_false(origin.is_discovery);
	assert_string_equal(origin.address, "https://a.example/keys");
	assert_int_equal(origin.issuers.count, 2);
	assert_string_equal(origin.issuers.items[0], "https://a.example");
	assert_string_equal(origin.issuers.items[1], "https://b.example");
	assert_int_equal(origin.hosts.count, 1);
	assert_string_equal(origin.hosts.items[0], "keys.example");
	mm_pool_clear(&pool);
	mm_buf_clear(&buf);
}

static void
metadata_lies_at_its_well_known_path(void **state)
{
	static const char *const rows[][2] = {
		{ "https://a.example", "https://a.example/.well-known/openid-configuration" },
		{ "https://a.example/", "https://a.example/.well-known/openid-configuration" },
		{ "https://a.example/t/v2.0", "https://a.example/t/v2.0/.well-known/openid-configuration" },
		{ "https://a.example/t/v2.0/", "https://a.example/t/v2.0/.well-known/openid-configuration" },
		{ "https://a.example/t?p=1", "https://a.example/t/.well-known/openid-configuration?p=1" },
		{ "https://a.example/.well-known/oauth-authorization-server/t",
		    "https://a.example/.well-known/oauth-authorization-server/t" },
		{ "https://a.example/t/.well-known/openid-configuration",
		    "https://a.example/t/.well-known/openid-configuration" },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_buf buf = payload(MM_KEYS_DISCOVERY, 300, rows[i][0], strlen(rows[i][0]) + 1);
		struct mm_pool pool = { NULL };
		struct courier_origin origin;

		mm_buf_add(&buf, TEXTS("https://a.example\0\0"));
		assert_null(courier_origin_parse(mm_slice(buf.data, buf.len), &pool, &origin));
		assert_true(origin.is_discovery);
		assert_string_equal(origin.address, rows[i][1]);
		mm_pool_clear(&pool);
		mm_buf_clear(&buf);
	}
}

static void
what_does_not_fit_is_refused(void **state)
{
	static const struct {
		uint8_t kind;
		uint32_t refresh_s;
		const char *texts;
		size_t len;
	} rows[] = {
		{ MM_KEYS_JWKS, 300, TEXTS("https://a.example\0\0\0x") },
		{ MM_KEYS_JWKS, 300, TEXTS("https://a.example\0") },
		{ MM_KEYS_JWKS, 300, TEXTS("https://a.example\0i") },
		{ MM_KEYS_JWKS, 300, "https://a.example", 17 },
		{ MM_KEYS_JWKS, 300, "", 0 },
		{ MM_KEYS_JWKS, 300, TEXTS("http://a.example\0\0") },
		{ MM_KEYS_JWKS, 0, TEXTS("https://a.example\0\0") },
		{ MM_KEYS_FILE, 300, TEXTS("https://a.example\0\0") },
		{ 9, 300, TEXTS("https://a.example\0\0") },
		{ MM_KEYS_DISCOVERY, 300, TEXTS("https://a.example\0\0") },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_buf buf = payload(rows[i].kind, rows[i].refresh_s, rows[i].texts, rows[i].len);
		struct mm_pool pool = { NULL };
		struct courier_origin origin;

		if (courier_origin_parse(mm_slice(buf.data, buf.len), &pool, &origin) == NULL)
			fail_msg("row %zu is taken", i);
		mm_pool_clear(&pool);
		mm_buf_clear(&buf);
	}
}

static void
a_cut_payload_is_refused_at_every_length(void **state)
{
	struct mm_buf buf = payload(MM_KEYS_DISCOVERY, 300,
	    TEXTS("https://a.example\0https://a.example\0\0keys.example\0"));
	struct mm_pool pool = { NULL };
	struct courier_origin origin;

	(void)state;
	for (size_t len = 0; len < buf.len; len++)
		assert_non_null(courier_origin_parse(mm_slice(buf.data, len), &pool, &origin));
	assert_null(courier_origin_parse(mm_slice(buf.data, buf.len), &pool, &origin));
	mm_pool_clear(&pool);
	mm_buf_clear(&buf);
}

static void
the_longest_address_can_be_completed(void **state)
{
	char text[MM_FETCH_URL_LEN_MAX + 1];
	struct mm_pool pool = { NULL };
	struct courier_origin origin;
	struct mm_buf buf;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	memcpy(text, "https://a.example/", 18);
	text[sizeof(text) - 1] = '\0';
	buf = payload(MM_KEYS_DISCOVERY, 300, text, sizeof(text));
	mm_buf_add(&buf, TEXTS("https://a.example\0\0"));
	assert_null(courier_origin_parse(mm_slice(buf.data, buf.len), &pool, &origin));
	assert_int_equal(strlen(origin.address), COURIER_ADDRESS_LEN_MAX);
	mm_pool_clear(&pool);
	mm_buf_clear(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_is_read),
		cmocka_unit_test(metadata_lies_at_its_well_known_path),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(a_cut_payload_is_refused_at_every_length),
		cmocka_unit_test(the_longest_address_can_be_completed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
