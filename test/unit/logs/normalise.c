/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses, ids and clients in all their spellings become one.
 */
#include "engine/logs/normalise.h"

#include "engine/logs/address.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
test_addresses(void **state)
{
	static const struct {
		const char *text, *shown;
		enum mm_logs_network network;
		unsigned notes;
	} rows[] = {
		{ "198.51.100.7", "198.51.100.7", MM_LOGS_PUBLIC, 0 },
		{ "198.51.100.7:51000", "198.51.100.7", MM_LOGS_PUBLIC, MM_ADDRESS_PORT },
		{ "2001:db8::7", "2001:db8::7", MM_LOGS_PUBLIC, 0 },
		{ "[2001:db8::7]:51000", "2001:db8::7", MM_LOGS_PUBLIC, MM_ADDRESS_BRACKETS },
		{ "[2001:db8::7]", "2001:db8::7", MM_LOGS_PUBLIC, MM_ADDRESS_BRACKETS },
		{ "::ffff:198.51.100.7", "198.51.100.7", MM_LOGS_PUBLIC, MM_ADDRESS_MAPPED },
		{ "198.51.100.7, 10.0.0.1", "198.51.100.7", MM_LOGS_PUBLIC, MM_ADDRESS_LIST },
		{ "fe80::1%12", "fe80::1", MM_LOGS_PRIVATE, 0 },
		{ "10.1.2.3", "10.1.2.3", MM_LOGS_PRIVATE, 0 },
		{ "172.16.0.1", "172.16.0.1", MM_LOGS_PRIVATE, 0 },
		{ "172.32.0.1", "172.32.0.1", MM_LOGS_PUBLIC, 0 },
		{ "192.168.1.1", "192.168.1.1", MM_LOGS_PRIVATE, 0 },
		{ "100.64.0.1", "100.64.0.1", MM_LOGS_PRIVATE, 0 },
		{ "fd00::1", "fd00::1", MM_LOGS_PRIVATE, 0 },
		{ "127.0.0.1", "127.0.0.1", MM_LOGS_LOCAL, 0 },
		{ "::1", "::1", MM_LOGS_LOCAL, 0 },
		{ "2603:10a6:206::5", "2603:10a6:206::5", MM_LOGS_PROVIDER, 0 },
		{ "2603:1036:301:2b::5", "2603:1036:301:2b::5", MM_LOGS_PROVIDER, 0 },
		{ "2603:2000::5", "2603:2000::5", MM_LOGS_PUBLIC, 0 },
		{ "40.99.1.1", "40.99.1.1", MM_LOGS_PROVIDER, 0 },
		{ "40.112.1.1", "40.112.1.1", MM_LOGS_PUBLIC, 0 },
		{ "13.107.6.153", "13.107.6.153", MM_LOGS_PROVIDER, 0 },
		{ "13.107.6.154", "13.107.6.154", MM_LOGS_PUBLIC, 0 },
	};
	char shown[MM_LOGS_ADDRESS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_logs_address address;
		unsigned notes = 99;

		assert_true(mm_logs_address_parse(mm_slice_str(rows[i].text), &address, &notes));
		assert_string_equal(mm_logs_address_text(&address, shown), rows[i].shown);
		if (address.network != rows[i].network || notes != rows[i].notes)
			fail_msg("%s: network %d, notes %x", rows[i].text, address.network, notes);
	}
}

static void
test_what_is_no_address(void **state)
{
	static const char *const texts[] = { "", "x", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4:",
		"1.2.3.4:x", "1.2.3.4:123456", "[2001:db8::1", "[1.2.3.4]:5", "2001:db8::1::2", "[2001:db8::1]x",
		"<null>", ",", "%", "[", "[]",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc" };

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(texts); i++) {
		struct mm_logs_address address;
		unsigned notes;

		if (mm_logs_address_parse(mm_slice_str(texts[i]), &address, &notes))
			fail_msg("%s", texts[i]);
		assert_int_equal(address.network, MM_LOGS_UNREADABLE);
	}
}

static void
test_ids(void **state)
{
	static const char guid[] = "22608a25-1d9b-44b5-b0f2-cb94f06b2d00";
	static const struct {
		const char *text;
		bool of_token;
		enum mm_logs_id_kind kind;
		const char *shown;
		bool changed;
	} rows[] = {
		{ guid, false, MM_LOGS_GUID, guid, false },
		{ "22608A25-1D9B-44B5-B0F2-CB94F06B2D00", false, MM_LOGS_GUID, guid, true },
		{ "{22608a25-1d9b-44b5-b0f2-cb94f06b2d00}", false, MM_LOGS_GUID, guid, true },
		/* The token id and the request id of one real sign-in. */
		{ "JYpgIpsdtUSw8suU8GstAA", true, MM_LOGS_GUID, guid, false },
		{ "JYpgIpsdtUSw8suU8GstAA==", true, MM_LOGS_GUID, guid, false },
		{ "JYpgIpsdtUSw8suU8GstAA", false, MM_LOGS_NAMED, "", false },
		{ "JYpgIpsdtUSw8suU8GstAB", true, MM_LOGS_NAMED, "", false }, /* its last bits are none */
		{ "JYpgIpsdtUSw8suU8Gs*AA", true, MM_LOGS_NAMED, "", false },
		{ "cBGUrdB0Z9B/AAAB", false, MM_LOGS_SHORT, "cBGUrdB0Z9B/AAAB", false },
		{ "a", true, MM_LOGS_SHORT, "a", false },
		{ "22608a25-1d9b-44b5-b0f2-cb94f06b2d0g", false, MM_LOGS_NAMED, "", false },
		{ "22608a25-1d9b-44b5-b0f2+cb94f06b2d00", false, MM_LOGS_NAMED, "", false },
		{ "", true, MM_LOGS_NO_ID, "", false },
	};
	struct mm_names *names = mm_names_new(100, 10000);
	char shown[MM_LOGS_ID_TEXT_MAX];

	(void)state;
	assert_non_null(names);
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_logs_id id;
		bool changed = false;

		mm_logs_id_parse(names, mm_slice_str(rows[i].text), rows[i].of_token, &id, &changed);
		if (id.kind != rows[i].kind || changed != rows[i].changed)
			fail_msg("%s: kind %d", rows[i].text, id.kind);
		assert_string_equal(mm_logs_id_text(&id, shown), rows[i].shown);
		if (id.kind == MM_LOGS_NAMED)
			assert_true(mm_slice_equal(mm_names_text(names, mm_logs_id_name(&id)),
			    mm_slice_str(rows[i].text)));
	}
	mm_names_free(&names);
}

static void
test_families_of_clients(void **state)
{
	static const struct {
		const char *info, *family;
	} rows[] = {
		{ "Client=OWA;Action=ViaProxy", "owa" },
		{ "Client=REST;;", "rest" },
		{ "Client=REST;Client=RESTSystem;;", "rest" },
		{ "Client=REST;Client=RESTSystem;UserAgent=[NoUserAgent][AppId=00000003];", "rest nouseragent" },
		{ "Client=WebServices;ExchangeWebServicesProxy/EXCH/15.20.7249/python-requests/2.25.1[AppId=4];",
		    "webservices python-requests" },
		{ "Client=ActiveSync;UserAgent=[Apple-iPhone14C2/2008.56];Action=Sync", "activesync apple-iphone14c2" },
		{ "Client=MSExchangeRPC", "msexchangerpc" },
		{ "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0", "firefox" },
		{ "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36", "chrome" },
		{ "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 "
		    "Edg/114.0", "edg" },
		{ "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) "
		    "WindowsPowerShell/5.1.22621.2428", "windowspowershell" },
		{ "python-requests/2.25.1", "python-requests" },
		{ "curl", "curl" },
		{ "", "" },
		{ "\x1b[31mred/1", "" },
	};
	char family[64];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		size_t len = mm_logs_client_family(mm_slice_str(rows[i].info), family, sizeof(family));

		if (!mm_slice_equal(mm_slice(family, len), mm_slice_str(rows[i].family)))
			fail_msg("%s: '%.*s'", rows[i].info, (int)len, family);
		for (size_t room = 0; room < 8; room++)
			assert_true(mm_logs_client_family(mm_slice_str(rows[i].info), family, room) <= room);
	}
}

/* A name of the logs goes on behind a U+0000 in it; what stands behind the end of a word of ours is not looked at. */
static void
test_names_with_nul(void **state)
{
	static const char word[16] = "APIId";

	(void)state;
	assert_true(mm_logs_is_called(mm_slice_str("APIId"), word));
	assert_false(mm_logs_is_called(mm_slice("APIId\0token", 11), word));
	assert_false(mm_logs_is_called(mm_slice("APIId\0", 6), word));
	assert_false(mm_logs_is_called(mm_slice_str("APIIds"), word));
	assert_false(mm_logs_is_called(mm_slice_str("API"), word));
	assert_false(mm_logs_is_called(MM_SLICE_ABSENT, word));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_what_is_no_address),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_families_of_clients),
		cmocka_unit_test(test_names_with_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
