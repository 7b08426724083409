/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata of a provider: whose it is, and where its keys may be. */
#include "daemon/courier/discovery.h"
#include "lib/base/array.h"
#include "lib/base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const char *literal[] = { "https://a.example" };
static const char *template[] = { "https://login.example/{tenant}/v2.0" };
static const char *shared[] = { "https://login.example/9188040d/v2.0", "https://login.example/{tenant}/v2.0" };
static const char *strangers[] = { "https://login.example/{tenant}/v2.0", "https://a.example" };
static const char *hosts[] = { "keys.example", "other.example:8443" };

static const struct courier_origin plain = { .is_discovery = true,
	.place = { .host = { "a.example", 9 }, .port = 443 }, .issuers = { literal, 1 }, .hosts = { hosts, 2 } };

static struct courier_discovery
read_for(const struct courier_origin *origin, const char *text)
{
	struct courier_discovery discovery;

	courier_discovery_parse(mm_slice_str(text), origin, &discovery);
	if (discovery.outcome == MM_FETCH_NEW)
		assert_null(discovery.why);
	else
		assert_non_null(discovery.why);
	return discovery;
}

static void
expect(const char *text, enum mm_fetch_outcome outcome)
{
	struct courier_discovery discovery = read_for(&plain, text);

	if (discovery.outcome != outcome)
		fail_msg("%s: outcome %d instead of %d", text, (int)discovery.outcome, (int)outcome);
}

static void
good_metadata_names_the_keys(void **state)
{
	struct courier_discovery discovery = read_for(&plain,
	    "{\"issuer\":\"https://a.example\",\"jwks_uri\":\"https:\\/\\/a.example\\/keys\","
	    "\"x\":[1,{\"issuer\":2}]}");

	(void)state;
	assert_int_equal(discovery.outcome, MM_FETCH_NEW);
	assert_string_equal(discovery.keys_address, "https://a.example/keys");
}

static void
keys_may_be_at_its_own_place_and_at_listed_ones(void **state)
{
	static const struct {
		const char *address;
		enum mm_fetch_outcome outcome;
	} rows[] = {
		{ "https://a.example:443/keys", MM_FETCH_NEW },
		{ "https://A.EXAMPLE/keys?p=1", MM_FETCH_NEW },
		{ "https://keys.example/k", MM_FETCH_NEW },
		{ "https://other.example:8443/k", MM_FETCH_NEW },
		{ "https://other.example/k", MM_FETCH_REFUSED },
		{ "https://a.example:8443/keys", MM_FETCH_REFUSED },
		{ "https://evil.example/keys", MM_FETCH_REFUSED },
		{ "https://169.254.169.254/latest", MM_FETCH_REFUSED },
		{ "https://localhost/keys", MM_FETCH_REFUSED },
		{ "http://a.example/keys", MM_FETCH_REFUSED },
		{ "file:///etc/passwd", MM_FETCH_REFUSED },
		{ "https://a.example@evil.example/keys", MM_FETCH_REFUSED },
		{ "https://a.example.evil.example/keys", MM_FETCH_REFUSED },
		{ "https://a.example\\\\@evil.example/", MM_FETCH_REFUSED },
		{ "https://a.example/\\u000d\\u000aX: y", MM_FETCH_REFUSED },
		{ "", MM_FETCH_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		char text[512];

		snprintf(text, sizeof(text), "{\"issuer\":\"https://a.example\",\"jwks_uri\":\"%s\"}", rows[i].address);
		expect(text, rows[i].outcome);
	}
}

static void
what_is_no_metadata_is_unreadable(void **state)
{
	static const char *const rows[] = {
		"", "null", "[]", "{}", "<html>", "{\"issuer\":\"https://a.example\"}",
		"{\"jwks_uri\":\"https://a.example/keys\"}",
		"{\"issuer\":null,\"jwks_uri\":\"https://a.example/keys\"}",
		"{\"issuer\":[\"https://a.example\"],\"jwks_uri\":\"https://a.example/keys\"}",
		"{\"issuer\":\"https://a.example\",\"jwks_uri\":7}",
		"{\"issuer\":\"https://a.example\",\"jwks_uri\":\"https://a.example/keys\"}x",
		"{\"issuer\":\"https://a.example\",\"jwks_uri\":\"https://a.example/keys\",}",
		"{\"issuer\":\"https://a.example\",\"Issuer\":\"https://b.example\","
		"\"jwks_uri\":\"https://a.example/keys\"}",
		"{\"issuer\":\"https://a.example\",\"jwks_uri\":\"https://a.example/keys\","
		"\"jwks_uri\":\"https://a.example/2\"}",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
		expect(rows[i], MM_FETCH_UNREADABLE);
}

static void
expect_issuer(struct courier_texts issuers, const char *issuer, bool good)
{
	struct courier_origin origin = plain;
	struct courier_discovery discovery;
	char text[512];

	origin.issuers = issuers;
	snprintf(text, sizeof(text), "{\"issuer\":\"%s\",\"jwks_uri\":\"https://a.example/keys\"}", issuer);
	discovery = read_for(&origin, text);
	if ((discovery.outcome == MM_FETCH_NEW) != good)
		fail_msg("%s is %s", issuer, good ? "refused" : "taken");
	if (!good)
		assert_int_equal(discovery.outcome, MM_FETCH_UNREADABLE);
}

static void
the_issuer_must_be_the_configured_one(void **state)
{
	static const struct courier_texts one = { literal, 1 }, many = { template, 1 };

	(void)state;
	expect_issuer(one, "https://a.example", true);
	expect_issuer(one, "https://a.example/", false);
	expect_issuer(one, "https://A.example", false);
	expect_issuer(one, "http://a.example", false);
	expect_issuer(one, "https://a.example:443", false);
	expect_issuer(one, "https://b.example", false);
	expect_issuer(one, "https://a.example\\u0000", false);
	expect_issuer(one, "", false);

	expect_issuer(many, "https://login.example/{tenant}/v2.0", true);
	expect_issuer(many, "https://login.example/{tenantid}/v2.0", true);
	expect_issuer(many, "https://login.example/{other}/v2.0", false);
	expect_issuer(many, "https://login.example/9188040d/v2.0", false);
	expect_issuer(many, "https://login.example/{tenantid}", false);
	expect_issuer(many, "https://{tenantid}.login.example/v2.0", false);
}

static void
a_shared_document_must_fit_all_its_realms(void **state)
{
	static const struct courier_texts both = { shared, 2 }, apart = { strangers, 2 }, one = { shared, 1 };

	(void)state;
	expect_issuer(both, "https://login.example/{tenantid}/v2.0", true);
	expect_issuer(both, "https://login.example/9188040d/v2.0", false);
	expect_issuer(apart, "https://login.example/{tenantid}/v2.0", false);
	expect_issuer(apart, "https://a.example", false);
	/* A realm of one tenant takes its own metadata, not those of all. */
	expect_issuer(one, "https://login.example/9188040d/v2.0", true);
	expect_issuer(one, "https://login.example/{tenantid}/v2.0", false);
}

static void
many_members_and_long_strings_are_refused(void **state)
{
	static char text[MM_JSON_NAMES_MAX * 16];
	size_t len = 1;

	(void)state;
	text[0] = '{';
	for (int i = 0; i < 300; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "\"m%d\":1,", i);
	snprintf(text + len - 1, sizeof(text) - len, "}");
	expect(text, MM_FETCH_UNREADABLE);

	memset(text, 'a', sizeof(text));
	len = (size_t)snprintf(text, sizeof(text),
	    "{\"issuer\":\"https://a.example\",\"jwks_uri\":\"https://a.example/");
	text[len] = 'a';
	memcpy(text + 4000, "\"}", 3);
	expect(text, MM_FETCH_REFUSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_metadata_names_the_keys),
		cmocka_unit_test(keys_may_be_at_its_own_place_and_at_listed_ones),
		cmocka_unit_test(what_is_no_metadata_is_unreadable),
		cmocka_unit_test(the_issuer_must_be_the_configured_one),
		cmocka_unit_test(a_shared_document_must_fit_all_its_realms),
		cmocka_unit_test(many_members_and_long_strings_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
