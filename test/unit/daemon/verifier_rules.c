/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier's small rules: redirect URIs, lists of words, user codes, hashes, and how often somebody may guess.
 */
#include "daemon/verifier/attempts.h"
#include "daemon/verifier/password.h"
#include "daemon/verifier/redirect.h"
#include "daemon/verifier/scope.h"
#include "daemon/verifier/table_device.h"
#include "lib/base/array.h"

#include <crypt.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define S(text) mm_slice_str(text)

/* ---- redirect URIs ---- */

static void
redirect_uris_that_may_be_registered(void **state)
{
	static const char *const good[] = {
		"https://app.example/cb", "https://app.example", "https://app.example:8443/cb?x=1",
		    "http://127.0.0.1/cb",
		"http://127.0.0.1:8080/cb", "http://[::1]/cb", "http://localhost/cb", "http://localhost:3000/",
		"com.example.app:/cb", "com.example.app:cb",
	};
	static const char *const bad[] = {
		"", "http://app.example/cb", "https://", "https:///cb", "https://user@app.example/cb",
		"https://app.example/cb#part", "https://app.example/c b", "javascript:alert(1)", "data:text/html,x",
		"app:/cb", "http://127.0.0.1.evil.example/cb", "http://127.0.0.1:123456/cb",
		    "http://localhost.evil.example/",
		"http://localhost@evil.example/", "https://app.example/\xc3\xa4", "//app.example/cb", "/cb",
		"https://app.example\\@evil.example/", "http://[::1].evil.example/cb", "HTTPS://app.example/cb",
		"http://127.0.0.1:65536/cb", "http://127.0.0.1:0/cb", "http://127.0.0.1:080/cb", "http://127.0.0.1:/cb",
		"http://127.1/cb", "http://2130706433/cb", "http://0x7f.0.0.1/cb", "http://[0:0:0:0:0:0:0:1]/cb",
		"http://[::ffff:127.0.0.1]/cb", "http://[::1%25lo]/cb", "http://user@127.0.0.1/cb",
		"http://localhost./cb",
		"https://:secret@app.example/cb", "https://@app.example/cb", "https:app.example/cb",
		"https:/app.example/cb",
		"Com.Example.App:/cb", "com.example.app:", ".app:/cb", "1com.example.app:/cb", "vbscript:x",
		"file:///etc/passwd",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(good); i++)
		if (!verifier_redirect_check(S(good[i])))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < MM_COUNT_OF(bad); i++)
		if (verifier_redirect_check(S(bad[i])))
			fail_msg("taken: %s", bad[i]);
}

static void
redirect_uris_are_compared_exactly(void **state)
{
	static const char registered[] = "https://app.example/cb http://127.0.0.1/cb http://[::1]:80/cb";
	static const char *const same_but[] = {
		"https://app.example/cb/", "https://app.example/CB", "https://APP.example/cb",
		    "https://app.example:443/cb",
		"https://app.example/cb?", "https://app.example/cb#", "https://app.example/./cb",
		    "https://app.example/%63b",
		"https://app.example", "http://app.example/cb", "https://app.example/cb https://evil.example/",
		"http://127.0.0.1:80@evil.example/cb", "http://127.0.0.1:8080/cb/x", "http://127.0.0.2/cb",
		"http://localhost/cb", "http://127.0.0.1:/cb", "http://127.0.0.1:99999999/cb", "",
		/* the host */
		"https://app.example./cb", "https://app.example%2e/cb", "https://app.example%00.evil.example/cb",
		"https://user@app.example/cb", "https://app.example@evil.example/cb",
		"https://evil.example/@app.example/cb",
		"https://app.example.evil.example/cb", "https://evilapp.example/cb",
		"https://app.example:80@evil.example/cb",
		"https://app.example\\.evil.example/cb", "//app.example/cb", "https:app.example/cb",
		"https:///app.example/cb",
		"https://xn--pp-yja.example/cb", "https://\xc3\xa4pp.example/cb",
		/* the path */
		"https://app.example/cb/..", "https://app.example/x/../cb", "https://app.example//cb",
		"https://app.example/cb%2f",
		"https://app.example/%2e/cb", "https://app.example/cb;x", "https://app.example/cb%23",
		"https://app.example/cb?x=1",
		"https://app.example/cb&x", "https://app.example/cb\t", "https://app.example/cb\n",
		" https://app.example/cb",
		/* loopback addresses that a person takes for the same */
		"http://127.0.0.1:0/cb", "http://127.0.0.1:65536/cb", "http://127.0.0.1:00080/cb",
		"http://127.0.0.1:8080",
		"http://127.0.0.1:80:80/cb", "http://127.0.0.1:80%2f/cb", "http://127.0.0.1:80\\@evil.example/cb",
		"http://127.0.0.1./cb", "http://127.1/cb", "http://0177.0.0.1/cb", "http://2130706433/cb",
		"http://127.0.0.1%2f.evil.example/cb", "http://127.0.0.1.nip.io/cb", "https://127.0.0.1/cb",
		"http://[0:0:0:0:0:0:0:1]/cb", "http://[::0001]/cb", "http://[::ffff:127.0.0.1]/cb",
		"http://[::1%25lo]/cb",
		"http://[::1]:1/cb/", "http://[::1]@evil.example/cb", "http://[::1].evil.example/cb", "http://::1/cb",
		"http://127.0.0.1/CB", "HTTP://127.0.0.1/cb",
	};

	(void)state;
	assert_true(verifier_redirect_allowed(S(registered), S("https://app.example/cb"), true));
	assert_true(verifier_redirect_allowed(S(registered), S("http://127.0.0.1:49152/cb"), true));
	assert_true(verifier_redirect_allowed(S(registered), S("http://[::1]:1/cb"), true));
	assert_true(verifier_redirect_allowed(S(registered), S("http://[::1]/cb"), true));
	assert_true(verifier_redirect_allowed(S(registered), S("http://127.0.0.1:65535/cb"), true));
	assert_true(verifier_redirect_allowed(S(registered), S("http://127.0.0.1/cb"), true));
	/* The port of a confidential client is a server's, and is the one that it registered. */
	assert_false(verifier_redirect_allowed(S(registered), S("http://127.0.0.1:49152/cb"), false));
	for (size_t i = 0; i < MM_COUNT_OF(same_but); i++)
		if (verifier_redirect_allowed(S(registered), S(same_but[i]), true))
			fail_msg("taken: %s", same_but[i]);
}

/* ---- words ---- */

static void
lists_of_words(void **state)
{
	(void)state;
	assert_true(verifier_words_check(S("")));
	assert_true(verifier_words_check(S("openid mail.read")));
	assert_false(verifier_words_check(S(" openid")));
	assert_false(verifier_words_check(S("openid ")));
	assert_false(verifier_words_check(S("openid  mail")));
	assert_false(verifier_words_check(S("openid openid")));
	assert_false(verifier_words_check(S("open\"id")));
	assert_false(verifier_words_check(S("open\\id")));
	assert_false(verifier_words_check(S("open\tid")));
	assert_true(verifier_words_within(S("a b"), S("b c a")));
	assert_false(verifier_words_within(S("a d"), S("b c a")));
	assert_true(verifier_words_within(S(""), S("a")));
	assert_false(verifier_words_have(S("ab"), S("a")));
	assert_true(mm_slice_equal(verifier_words_first(S("a b")), S("a")));
	assert_false(mm_slice_present(verifier_words_first(S(""))));
}

static void
words_of_two_lists(void **state)
{
	static const struct {
		const char *words, *list, *shared;
	} rows[] = {
		{ "a b c", "c a", "a c" }, { "a", "a", "a" }, { "ab", "a b", "" }, { "a", "", "" }, { "", "a", "" },
		{ "b a", " a  b ", "b a" }, { " ", " ", "" },
	};
	char room[8];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_slice shared = verifier_words_shared(S(rows[i].words), S(rows[i].list), room);

		if (!mm_slice_equal(shared, S(rows[i].shared)))
			fail_msg("%s and %s share %.*s", rows[i].words, rows[i].list, (int)shared.len, shared.ptr);
	}
}

static void
user_codes_as_people_type_them(void **state)
{
	char code[MM_USER_CODE_LEN];

	(void)state;
	assert_true(verifier_user_code_read(S("bcdf ghjk"), code));
	assert_memory_equal(code, "BCDF-GHJK", MM_USER_CODE_LEN);
	assert_true(verifier_user_code_read(S("BCDFGHJK"), code));
	assert_true(verifier_user_code_read(S(" B-C-D-F-G-H-J-K "), code));
	assert_false(verifier_user_code_read(S("BCDFGHJ"), code));
	assert_false(verifier_user_code_read(S("BCDFGHJKL"), code));
	assert_false(verifier_user_code_read(S("ACDFGHJK"), code));
	assert_false(verifier_user_code_read(S("BCDF_GHJK"), code));
	assert_false(verifier_user_code_read(S(""), code));
}

/* ---- hashes ---- */

static void
only_yescrypt_of_the_usual_cost_is_a_hash(void **state)
{
	static const char *const bad[] = {
		"", "x", "*", "!", "$1$abc$0123456789012345678901", "$6$saltsalt$",
		"$y$j9T$", "$y$j8T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
		"$y$jFT$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
		"$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ",
	};

	(void)state;
	assert_true(verifier_hash_check(
	    S("$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7")));
	for (size_t i = 0; i < MM_COUNT_OF(bad); i++)
		if (verifier_hash_check(S(bad[i])))
			fail_msg("taken: %s", bad[i]);
}

static bool
check(struct verifier_passwords *passwords, struct mm_slice hash, const char *password)
{
	struct pollfd done = { verifier_passwords_fd(passwords), POLLIN, 0 };
	uint64_t number = 0;
	bool right = false;

	assert_true(verifier_passwords_check(passwords, 7, hash, S(password)));
	while (!verifier_passwords_next(passwords, &number, &right))
		assert_int_equal(poll(&done, 1, 30000), 1);
	assert_int_equal(number, 7);
	return right;
}

static void
passwords_are_checked_on_threads(void **state)
{
	struct verifier_passwords *passwords = verifier_passwords_new();
	static struct crypt_data data;
	char setting[CRYPT_GENSALT_OUTPUT_SIZE], hash[CRYPT_OUTPUT_SIZE];
	unsigned waiting = 0;

	(void)state;
	assert_non_null(passwords);
	assert_non_null(crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof(setting)));
	(void)snprintf(hash, sizeof(hash), "%s", crypt_rn("right", setting, &data, sizeof(data)));
	assert_true(verifier_hash_check(S(hash)));
	assert_true(check(passwords, S(hash), "right"));
	assert_false(check(passwords, S(hash), "Right"));
	assert_false(check(passwords, S(hash), "right "));
	assert_false(check(passwords, MM_SLICE_ABSENT, "right"));
	/* A bounded queue: who comes when it is full is told so. */
	while (verifier_passwords_check(passwords, 8, S(hash), S("wrong")))
		assert_true(++waiting <= 2 * VERIFIER_PASSWORD_QUEUE);
	assert_true(waiting >= VERIFIER_PASSWORD_QUEUE);
	verifier_passwords_free(&passwords);
	assert_null(passwords);
}

/* ---- how often somebody may guess ---- */

#define NOW_S 1800000000

static struct verifier_attempt
attempt_at(const char *account, uint8_t *address)
{
	struct verifier_attempt attempt = { .account = S(account), .address = address };

	assert_true(verifier_place_of_address(address, attempt.place));
	return attempt;
}

static uint8_t *
address(uint8_t a, uint8_t b)
{
	static uint8_t bytes[16];

	memset(bytes, 0, sizeof(bytes));
	bytes[10] = bytes[11] = 0xff;
	bytes[12] = 192;
	bytes[14] = a;
	bytes[15] = b;
	return bytes;
}

static void
a_pair_waits_twice_as_long_each_time(void **state)
{
	struct verifier_attempts *attempts = verifier_attempts_new(1024);
	struct verifier_attempt attempt = attempt_at("alice@contoso.example", address(0, 1));
	int64_t now_s = NOW_S;
	uint32_t wait, before = 0;

	(void)state;
	assert_non_null(attempts);
	for (unsigned i = 0; i < VERIFIER_FREE_FAILURES; i++) {
		assert_int_equal(verifier_attempts_wait_s(attempts, &attempt, now_s), 0);
		verifier_attempts_begin(attempts, &attempt, now_s);
	}
	for (unsigned i = 0; i < 12; i++) {
		wait = verifier_attempts_wait_s(attempts, &attempt, now_s);
		assert_true(wait >= before && wait >= VERIFIER_WAIT_FIRST_S && wait <= VERIFIER_WAIT_MAX_S);
		assert_int_equal(verifier_attempts_wait_s(attempts, &attempt, now_s + wait - 1), 1);
		now_s += wait;
		assert_int_equal(verifier_attempts_wait_s(attempts, &attempt, now_s), 0);
		verifier_attempts_begin(attempts, &attempt, now_s);
		before = wait;
	}
	assert_int_equal(before, VERIFIER_WAIT_MAX_S);
	/* A success, or an hour, and it begins anew. */
	verifier_attempts_succeeded(attempts, &attempt, now_s);
	assert_int_equal(verifier_attempts_wait_s(attempts, &attempt, now_s), 0);
	verifier_attempts_free(&attempts);
}

static void
an_address_has_a_bound_over_all_accounts(void **state)
{
	struct verifier_attempts *attempts = verifier_attempts_new(1024);
	uint8_t *from = address(0, 2);
	struct verifier_attempt attempt;
	char account[32];

	(void)state;
	for (unsigned i = 0; i < VERIFIER_ADDRESS_FAILURES; i++) {
		(void)snprintf(account, sizeof(account), "user%u@contoso.example", i);
		attempt = attempt_at(account, from);
		assert_int_equal(verifier_attempts_wait_s(attempts, &attempt, NOW_S), 0);
		verifier_attempts_begin(attempts, &attempt, NOW_S);
	}
	attempt = attempt_at("alice@contoso.example", from);
	assert_int_equal(verifier_attempts_wait_s(attempts, &attempt, NOW_S), VERIFIER_ADDRESS_WINDOW_S);
	/* Not for a place that alice's account knows, and not for another address. */
	attempt.known = true;
	assert_int_equal(verifier_attempts_wait_s(attempts, &attempt, NOW_S), 0);
	attempt = attempt_at("alice@contoso.example", address(0, 3));
	assert_int_equal(verifier_attempts_wait_s(attempts, &attempt, NOW_S), 0);
	attempt = attempt_at("alice@contoso.example", from);
	attempt.address = address(0, 2);
	assert_int_equal(verifier_attempts_wait_s(attempts, &attempt, NOW_S + VERIFIER_ADDRESS_WINDOW_S), 0);
	verifier_attempts_free(&attempts);
}

/* Many strangers, one account: each of them has one attempt, and the user is not slowed where he was before. */
static void
strangers_lock_nobody_out(void **state)
{
	struct verifier_attempts *attempts = verifier_attempts_new(65536);
	struct verifier_attempt attempt;

	(void)state;
	for (unsigned i = 0; i < 20 * VERIFIER_ACCOUNT_FAILURES; i++) {
		attempt = attempt_at("alice@contoso.example", address((uint8_t)(i / 200 + 1), (uint8_t)(i % 200)));
		assert_int_equal(verifier_attempts_wait_s(attempts, &attempt, NOW_S), 0);
		verifier_attempts_begin(attempts, &attempt, NOW_S);
	}
	/* A second attempt of a stranger waits a minute now. */
	assert_int_equal(verifier_attempts_wait_s(attempts, &attempt, NOW_S), VERIFIER_WAIT_FIRST_ATTACKED_S);
	/* Her own browser and her own address do not. */
	attempt = attempt_at("alice@contoso.example", address(99, 1));
	attempt.known = true;
	for (unsigned i = 0; i < VERIFIER_FREE_FAILURES; i++) {
		assert_int_equal(verifier_attempts_wait_s(attempts, &attempt, NOW_S), 0);
		verifier_attempts_begin(attempts, &attempt, NOW_S);
	}
	/* Nor does another account, anywhere. */
	attempt = attempt_at("bob@contoso.example", address(98, 1));
	verifier_attempts_begin(attempts, &attempt, NOW_S);
	assert_int_equal(verifier_attempts_wait_s(attempts, &attempt, NOW_S), 0);
	verifier_attempts_free(&attempts);
}

static void
a_network_of_ipv6_is_one_place(void **state)
{
	uint8_t one[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 1 }, other[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1,
	    2 };
	uint8_t next[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 2, 1 };
	struct verifier_attempt a = attempt_at("alice@contoso.example", one), b = attempt_at("alice@contoso.example",
	    other);
	struct verifier_attempt c = attempt_at("alice@contoso.example", next);

	(void)state;
	assert_memory_equal(a.place, b.place, sizeof(a.place));
	assert_memory_not_equal(a.place, c.place, sizeof(a.place));
}

static void
guess(struct verifier_attempts *attempts, const char *account, uint8_t last, int64_t now_s)
{
	assert_int_equal(verifier_attempts_guess_wait_s(attempts, S(account), address(0, last), now_s), 0);
	verifier_attempts_guessed(attempts, S(account), address(0, last), now_s);
}

static void
guesses_of_user_codes_are_bounded(void **state)
{
	struct verifier_attempts *attempts = verifier_attempts_new(1024);
	uint8_t used = 0;

	(void)state;
	for (; used < VERIFIER_USER_GUESSES; used++)
		guess(attempts, "mallory", (uint8_t)(20 + used), NOW_S);
	/* Wherever he goes, and whatever he tries. */
	assert_int_equal(verifier_attempts_guess_wait_s(attempts, S("mallory"), address(0, 99), NOW_S + 1),
	    VERIFIER_ADDRESS_WINDOW_S - 1);
	assert_int_equal(verifier_attempts_guess_wait_s(attempts, S("alice"), address(0, 20), NOW_S), 0);
	guess(attempts, "mallory", 99, NOW_S + VERIFIER_ADDRESS_WINDOW_S);
	/* Several accounts at one address. */
	for (used = 0; used < VERIFIER_ADDRESS_FAILURES; used++) {
		char account[] = { 'm', (char)('a' + (int)(used / VERIFIER_USER_GUESSES)), '\0' };

		guess(attempts, account, 9, NOW_S);
	}
	assert_int_not_equal(verifier_attempts_guess_wait_s(attempts, S("mz"), address(0, 9), NOW_S), 0);
	assert_int_equal(verifier_attempts_guess_wait_s(attempts, S("mz"), address(0, 8), NOW_S), 0);
	verifier_attempts_free(&attempts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(redirect_uris_that_may_be_registered),
		cmocka_unit_test(redirect_uris_are_compared_exactly),
		cmocka_unit_test(lists_of_words),
		cmocka_unit_test(words_of_two_lists),
		cmocka_unit_test(user_codes_as_people_type_them),
		cmocka_unit_test(only_yescrypt_of_the_usual_cost_is_a_hash),
		cmocka_unit_test(passwords_are_checked_on_threads),
		cmocka_unit_test(a_pair_waits_twice_as_long_each_time),
		cmocka_unit_test(an_address_has_a_bound_over_all_accounts),
		cmocka_unit_test(strangers_lock_nobody_out),
		cmocka_unit_test(a_network_of_ipv6_is_one_place),
		cmocka_unit_test(guesses_of_user_codes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
