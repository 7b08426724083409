/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which endpoint a path is, in realms with and without a template, and nothing else.
 */
#include "daemon/issuer/route.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct issuer_realm realm;

static bool
read_realm(const char *issuer)
{
	struct mm_buf payload;
	bool read;

	memset(&realm, 0, sizeof(realm));
	mm_buf_init(&payload, 2048);
	mm_buf_add(&payload, "\7\0", 2);
	for (size_t i = 0; i < 4; i++)
		mm_buf_add_u32(&payload, 3600);
	mm_buf_add_u8(&payload, 0);
	mm_buf_add(&payload, "mail", sizeof("mail"));
	mm_buf_add(&payload, issuer, strlen(issuer) + 1);
	mm_buf_add(&payload, "ES256\0", sizeof("ES256\0"));
	read = issuer_realm_read(mm_slice(payload.data, payload.len), &realm);
	mm_buf_clear(&payload);
	return read;
}

static void
paths_are_found(void **state)
{
	static const struct {
		const char *issuer, *path, *label, *tenant;
	} rows[] = {
		{ "https://a.example", "/token", "token", "" },
		{ "https://a.example/", "/token", "token", "" },
		{ "https://a.example", "/.well-known/openid-configuration", "metadata", "" },
		{ "https://a.example", "/.well-known/oauth-authorization-server", "oauth_metadata", "" },
		{ "https://a.example", "/x/token", "other", "" },
		{ "https://a.example", "/token/", "other", "" },
		{ "https://a.example", "//token", "other", "" },
		{ "https://a.example", "/", "other", "" },
		{ "https://a.example", "", "other", "" },
		{ "https://a.example/t/v2", "/t/v2/token", "token", "" },
		{ "https://a.example/t/v2", "/t/v2/.well-known/openid-configuration", "metadata", "" },
		{ "https://a.example/t/v2", "/.well-known/oauth-authorization-server/t/v2", "oauth_metadata", "" },
		{ "https://a.example/t/v2", "/.well-known/oauth-authorization-server", "other", "" },
		{ "https://a.example/t/v2", "/t/v2token", "other", "" },
		{ "https://a.example/t/v2", "/token", "other", "" },
		{ "https://a.example/t/v2", "/healthz", "healthz", "" },
		{ "https://a.example/{tenant}/v2", "/contoso/v2/token", "token", "contoso" },
		{ "https://a.example/{tenant}/v2", "/A-9/v2/authorize", "authorize", "A-9" },
		{ "https://a.example/{tenant}/v2", "/.well-known/oauth-authorization-server/c/v2", "oauth_metadata",
		    "c" },
		{ "https://a.example/{tenant}/v2", "//v2/token", "other", "" },
		{ "https://a.example/{tenant}/v2", "/a%2fb/v2/token", "other", "" },
		{ "https://a.example/{tenant}/v2", "/a/b/v2/token", "other", "" },
		{ "https://a.example/{tenant}/v2", "/../v2/token", "other", "" },
		{ "https://a.example/{tenant}", "/contoso/token", "token", "contoso" },
		{ "https://a.example/{tenant}", "/readyz", "readyz", "" },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_slice tenant;
		const struct issuer_route *route;

		assert_true(read_realm(rows[i].issuer));
		route = issuer_route_find(&realm, mm_slice_str(rows[i].path), &tenant);
		assert_string_equal(route->label, rows[i].label);
		assert_true(mm_slice_equal(tenant, mm_slice_str(rows[i].tenant)));
		assert_string_equal(issuer_route_name(issuer_route_number(route)), rows[i].label);
	}
}

static void
a_tenant_too_long_is_none(void **state)
{
	char path[MM_MINT_ID_LEN_MAX + 32] = "/";
	struct mm_slice tenant;

	(void)state;
	assert_true(read_realm("https://a.example/{tenant}"));
	memset(path + 1, 'a', MM_MINT_ID_LEN_MAX);
	memcpy(path + 1 + MM_MINT_ID_LEN_MAX, "/token", sizeof("/token"));
	assert_string_equal(issuer_route_find(&realm, mm_slice_str(path), &tenant)->label, "token");
	memcpy(path + 1 + MM_MINT_ID_LEN_MAX, "a/token", sizeof("a/token"));
	assert_string_equal(issuer_route_find(&realm, mm_slice_str(path), &tenant)->label, "other");
}

static void
addresses_are_filled_in(void **state)
{
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, 1024);
	assert_true(read_realm("https://a.example:8443/{tenantid}/v2.0"));
	assert_true(realm.is_https);
	assert_true(mm_slice_equal(realm.origin, mm_slice_str("https://a.example:8443")));
	issuer_realm_add_address(&realm, mm_slice_str("contoso"), &buf);
	issuer_realm_add_path(&realm, mm_slice_str("contoso"), &buf);
	assert_true(mm_slice_equal(mm_slice(buf.data, buf.len),
	    mm_slice_str("https://a.example:8443/contoso/v2.0/contoso/v2.0")));
	mm_buf_clear(&buf);
	/* A literal stands as it is configured: it is compared byte by byte. */
	assert_true(read_realm("http://127.0.0.1/"));
	assert_false(realm.is_https);
	issuer_realm_add_address(&realm, mm_slice_str(""), &buf);
	assert_true(mm_slice_equal(mm_slice(buf.data, buf.len), mm_slice_str("http://127.0.0.1/")));
	mm_buf_clear(&buf);
}

static void
a_damaged_payload_is_no_realm(void **state)
{
	static const char payload[] = "\7\0AAAABBBBCCCCDDDD\0mail\0https://a.example\0ES256\0";

	(void)state;
	assert_true(issuer_realm_read(mm_slice(payload, sizeof(payload) - 1), &realm));
	assert_int_equal(realm.number, 7);
	for (size_t len = 0; len < sizeof(payload) - 1; len++)
		assert_false(issuer_realm_read(mm_slice(payload, len), &realm));
	assert_false(read_realm("ftp://a.example"));
	assert_false(read_realm("https://a.example?x"));
}

static void
methods_are_told_apart(void **state)
{
	struct mm_slice tenant;
	const struct issuer_route *route;

	(void)state;
	assert_true(read_realm("https://a.example"));
	route = issuer_route_find(&realm, mm_slice_str("/authorize"), &tenant);
	assert_true(issuer_route_allows(route, "GET"));
	assert_true(issuer_route_allows(route, "POST"));
	assert_false(issuer_route_allows(route, "HEAD"));
	assert_false(issuer_route_allows(route, "get"));
	assert_false(issuer_route_allows(route, ""));
	assert_false(issuer_route_allows(route, "GET, POST"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_found),
		cmocka_unit_test(a_tenant_too_long_is_none),
		cmocka_unit_test(addresses_are_filled_in),
		cmocka_unit_test(a_damaged_payload_is_no_realm),
		cmocka_unit_test(methods_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
