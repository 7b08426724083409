/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids and addresses of events as text, and the networks that addresses belong to.
 */
#include "engine/logs/event.h"

#include "lib/base/array.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void
test_ids_as_text(void **state)
{
	/* A token id and the request id of its sign-in, as they stand in one record on record. */
	static const struct mm_logs_id guid = { { 0x22, 0x60, 0x8a, 0x25, 0x1d, 0x9b, 0x44, 0xb5, 0xb0, 0xf2, 0xcb,
		0x94, 0xf0, 0x6b, 0x2d, 0x00 }, MM_LOGS_GUID };
	static const struct mm_logs_id brief = { "cBGUrdB0Z9B/AAAB", MM_LOGS_SHORT };
	static const struct mm_logs_id briefer = { "abc", MM_LOGS_SHORT };
	static const struct mm_logs_id none = { { 0 }, MM_LOGS_NO_ID };
	struct mm_logs_id named = { { 0 }, MM_LOGS_NAMED };
	uint32_t name = 77;
	char text[MM_LOGS_ID_TEXT_MAX];

	(void)state;
	memcpy(named.bytes, &name, sizeof(name));
	assert_string_equal(mm_logs_id_text(&guid, text), "22608a25-1d9b-44b5-b0f2-cb94f06b2d00");
	assert_string_equal(mm_logs_id_base64(&guid, text), "JYpgIpsdtUSw8suU8GstAA");
	assert_string_equal(mm_logs_id_text(&brief, text), "cBGUrdB0Z9B/AAAB");
	assert_string_equal(mm_logs_id_text(&briefer, text), "abc");
	assert_string_equal(mm_logs_id_base64(&brief, text), "");
	assert_string_equal(mm_logs_id_text(&none, text), "");
	assert_string_equal(mm_logs_id_text(&named, text), "");
	assert_int_equal(mm_logs_id_name(&named), 77);
	assert_int_equal(mm_logs_id_name(&guid), 0);
}

static void
test_ids_that_are_absent_equal_nothing(void **state)
{
	struct mm_logs_id none = { { 0 }, MM_LOGS_NO_ID };
	struct mm_logs_id one = { "a", MM_LOGS_SHORT }, other = { "b", MM_LOGS_SHORT };

	(void)state;
	assert_false(mm_logs_id_equal(&none, &none));
	assert_true(mm_logs_id_equal(&one, &one));
	assert_false(mm_logs_id_equal(&one, &other));
	assert_false(mm_logs_id_present(&none));
	assert_true(mm_logs_id_present(&one));
}

static struct mm_logs_address
address(const char *text, enum mm_logs_network network)
{
	struct mm_logs_address made = { .network = (uint8_t)network };

	assert_int_equal(inet_pton(AF_INET6, text, made.bytes), 1);
	return made;
}

static void
test_addresses_and_networks(void **state)
{
	static const struct {
		const char *bytes;
		enum mm_logs_network network;
		const char *text, *network_text;
	} rows[] = {
		{ "::ffff:192.0.2.77", MM_LOGS_PUBLIC, "192.0.2.77", "192.0.2.0/24" },
		{ "2001:db8:1:2::3", MM_LOGS_PUBLIC, "2001:db8:1:2::3", "2001:db8:1::/48" },
		{ "::ffff:10.1.2.3", MM_LOGS_PRIVATE, "10.1.2.3", "10.1.2.0/24" },
		{ "2603:10a6:206::1", MM_LOGS_PROVIDER, "2603:10a6:206::1", "provider-internal" },
		{ "::1", MM_LOGS_LOCAL, "::1", "local" },
		{ "::", MM_LOGS_NO_ADDRESS, "", "" },
		{ "::", MM_LOGS_UNREADABLE, "", "" },
	};
	char text[MM_LOGS_ADDRESS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_logs_address made = address(rows[i].bytes, rows[i].network), network;

		assert_string_equal(mm_logs_address_text(&made, text), rows[i].text);
		mm_logs_network_of(&made, &network);
		assert_string_equal(mm_logs_network_text(&network, text), rows[i].network_text);
	}
}

static void
test_one_network_has_one_value(void **state)
{
	struct mm_logs_address one = address("2603:10a6:206::1", MM_LOGS_PROVIDER), a;
	struct mm_logs_address other = address("2603:1036::9", MM_LOGS_PROVIDER), b;

	(void)state;
	mm_logs_network_of(&one, &a);
	mm_logs_network_of(&other, &b);
	assert_memory_equal(&a, &b, sizeof(a));
	one = address("::ffff:192.0.2.1", MM_LOGS_PUBLIC);
	other = address("::ffff:192.0.2.254", MM_LOGS_PUBLIC);
	mm_logs_network_of(&one, &a);
	mm_logs_network_of(&other, &b);
	assert_memory_equal(&a, &b, sizeof(a));
	other = address("::ffff:192.0.3.1", MM_LOGS_PUBLIC);
	mm_logs_network_of(&other, &b);
	assert_memory_not_equal(&a, &b, sizeof(a));
}

static void
test_words(void **state)
{
	(void)state;
	assert_string_equal(mm_logs_family_name(MM_LOGS_DOVECOT), "dovecot");
	assert_string_equal(mm_logs_kind_name(MM_LOGS_MAIL_ACCESS), "mail-access");
	assert_string_equal(mm_logs_access_name(MM_LOGS_SYNC), "sync");
	assert_string_equal(mm_logs_sign_in_name(MM_LOGS_SERVICE_PRINCIPAL), "service-principal");
	assert_string_equal(mm_logs_result_name(MM_LOGS_FAILED), "failed");
	assert_string_equal(mm_logs_logon_name(MM_LOGS_DELEGATE), "delegate");
	assert_string_equal(mm_logs_change_name(MM_LOGS_CHANGE_NONE), "none");
	assert_string_equal(mm_logs_change_name(MM_LOGS_CHANGE_CERTIFICATE), "certificate");
	assert_string_equal(mm_logs_change_name(MM_LOGS_CHANGE_OTHER), "other");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids_as_text),
		cmocka_unit_test(test_ids_that_are_absent_equal_nothing),
		cmocka_unit_test(test_addresses_and_networks),
		cmocka_unit_test(test_one_network_has_one_value),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
