/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which peers are trusted proxies: by address, by network, at unix sockets; nobody else.
 */
#include "daemon/http/proxies.h"
#include "lib/base/array.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool
have(const struct mm_http_proxies *proxies, const char *peer)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, peer, &v4.sin_addr) == 1)
		return mm_http_proxies_have(proxies, (const struct sockaddr *)(const void *)&v4);
	assert_int_equal(inet_pton(AF_INET6, peer, &v6.sin6_addr), 1);
	return mm_http_proxies_have(proxies, (const struct sockaddr *)(const void *)&v6);
}

static void
peers_are_found_in_their_networks(void **state)
{
	static const struct {
		const char *network, *peer;
		bool in;
	} rows[] = {
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.0.0.1", "127.0.0.2", false },
		{ "127.0.0.1", "::ffff:127.0.0.1", true },
		{ "::ffff:127.0.0.1", "127.0.0.1", true },
		{ "10.0.0.0/8", "10.255.1.2", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "192.0.2.128/25", "192.0.2.255", true },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "2001:db8::/32", "2001:db8:ffff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "unix", "127.0.0.1", false },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_http_proxies proxies = { 0 };

		assert_true(mm_http_proxies_add(&proxies, mm_slice_str(rows[i].network)));
		if (have(&proxies, rows[i].peer) != rows[i].in)
			fail_msg("%s in %s", rows[i].peer, rows[i].network);
		mm_http_proxies_clear(&proxies);
	}
}

static void
what_is_no_network_is_refused(void **state)
{
	static const char *const wrong[] = { "", "localhost", "127.0.0.1/", "127.0.0.1/33", "127.0.0.1/-1",
		"127.0.0.1/+8", "127.0.0.1/8 ", "127.0.0.1/8/8", "10.1.2.3/8", "127.1", "::1/129", "::1/4294967297",
		"UNIX", "unix ", "unix/8", "2001:0db8:0000:0000:0000:0000:0000:0001:0001:0000/128" };
	struct mm_http_proxies proxies = { 0 };

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(wrong); i++)
		if (mm_http_proxies_add(&proxies, mm_slice_str(wrong[i])))
			fail_msg("'%s' is taken", wrong[i]);
	assert_false(mm_http_proxies_add(&proxies, mm_slice("127.0.0.1\0", 10)));
	assert_int_equal(proxies.count, 0);
}

static void
several_networks_and_unix_peers_stand_together(void **state)
{
	static const struct sockaddr unix_peer = { .sa_family = AF_UNIX }, other = { .sa_family = AF_UNSPEC };
	struct mm_http_proxies proxies = { 0 };

	(void)state;
	assert_false(mm_http_proxies_have(&proxies, &unix_peer));
	assert_false(mm_http_proxies_have(&proxies, NULL));
	assert_true(mm_http_proxies_add(&proxies, mm_slice_str("192.0.2.0/24")));
	assert_true(mm_http_proxies_add(&proxies, mm_slice_str("unix")));
	assert_true(mm_http_proxies_add(&proxies, mm_slice_str("::1")));
	assert_true(have(&proxies, "::1"));
	assert_true(have(&proxies, "192.0.2.7"));
	assert_false(have(&proxies, "198.51.100.7"));
	assert_true(mm_http_proxies_have(&proxies, &unix_peer));
	assert_false(mm_http_proxies_have(&proxies, &other));
	mm_http_proxies_clear(&proxies);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(peers_are_found_in_their_networks),
		cmocka_unit_test(what_is_no_network_is_refused),
		cmocka_unit_test(several_networks_and_unix_peers_stand_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
