/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids that begin with '-' are taken out of the arguments, and options stay.
 */
#include "cli/id_argument.h"

#include "lib/base/array.h"

#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define WORDS_MAX 8
#define WORD_MAX 64

#define JTI "-eXYzabcdefghijklmnopA"
#define KID "-cccccccccccccccccccccccccccccccccccccccccA"
#define SHOWN "-abcdefghi"

static const char short_options[] = ":c:fn:";
static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "json", no_argument, NULL, 'j' },
	{ "abcdefgh-ijklmnop-qrst", no_argument, NULL, 'a' }, /* as long as an id */
	{ "why", required_argument, NULL, 'w' },
	{ NULL, 0, NULL, 0 },
};

/* Take from the words, which end with NULL; the id that is found must be the one at this place, 0: none. */
static void
expect(const char *const *words, int place)
{
	char room[WORDS_MAX][WORD_MAX], *argv[WORDS_MAX + 1] = { NULL };
	const char *id;
	int count = 0, argc;

	for (; words[count] != NULL; count++) {
		argv[count] = room[count];
		(void)snprintf(room[count], WORD_MAX, "%s", words[count]);
	}
	argc = count;
	id = mm_id_argument_take(&argc, argv, short_options, long_options);
	assert_ptr_equal(id, place == 0 ? NULL : room[place]);
	assert_int_equal(argc, place == 0 ? count : count - 1);
	for (int i = 0; i < argc; i++)
		assert_ptr_equal(argv[i], room[place != 0 && i >= place ? i + 1 : i]);
	assert_null(argv[argc]);
}

static void
ids_are_taken(void **state)
{
	static const char *const rows[][WORDS_MAX] = {
		{ "ledger", JTI, "show", "--json" },
		{ "ledger", "show", JTI, "--json" },
		{ "ledger", "--json", "show", JTI },
		{ "ledger", "-c", "/etc/mintmark.conf", JTI, "show" },
		{ "ledger", "--config=/etc/mintmark.conf", JTI, "show" },
		{ "ledger", "show", "--eXYzabcdefghijklmnoA" },
		{ "ledger", "show", "-cXYzabcdefghijklmnopA", "-ceXYz.conf" },
		{ "key", "show", KID },
		{ "key", "realm", SHOWN, "--json" },
		{ "key", "-f", SHOWN, "--json" },
		{ "key", "-fn10", SHOWN, "realm" },
	};
	static const int places[] = { 1, 2, 3, 3, 2, 2, 2, 2, 2, 2, 2 };

	(void)state;
	assert_int_equal(MM_COUNT_OF(rows), MM_COUNT_OF(places));
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
		expect(rows[i], places[i]);
}

static void
options_stay(void **state)
{
	static const char *const rows[][WORDS_MAX] = {
		{ "ledger" },
		{ "ledger", "show", "eXYzabcdefghijklmnopqA" },
		{ "ledger", "show", "-", "--json", "-c", "--json" },
		{ "ledger", "show", "--", JTI },
		{ "ledger", "-c", JTI, "show" },
		{ "ledger", "-fc", JTI, "show" },
		{ "ledger", "--config", JTI, "show" },
		{ "ledger", "--conf", JTI, "show" },
		{ "ledger", "--why", JTI, "show" },
		{ "ledger", "--abcdefgh-ijklmnop-qr" },
		{ "ledger", "-c/etc/mintmark/a.conf", "--json" },
		{ "ledger", "-eXYzabcdefghijklmnopAB" },
		{ "ledger", "-eXYzabcdefghijklmnop" },
		{ "ledger", "-eXYzabcdefghijklmno=A" },
		{ "ledger", "-cmintmark", "-n12345678" },
		{ "key", "--no-color" },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
		expect(rows[i], 0);
}

static void
one_at_a_time(void **state)
{
	char first[] = JTI, second[] = KID, command[] = "ledger", *argv[] = { command, first, second, NULL };
	int argc = 3;

	(void)state;
	assert_ptr_equal(mm_id_argument_take(&argc, argv, short_options, long_options), first);
	assert_int_equal(argc, 2);
	assert_ptr_equal(argv[1], second);
	assert_null(argv[2]);
}

/* argv[0] is the verb or the program: never an id. */
static void
the_first_word_stays(void **state)
{
	char word[] = JTI, *argv[] = { word, NULL };
	int argc = 1;

	(void)state;
	assert_null(mm_id_argument_take(&argc, argv, short_options, long_options));
	assert_int_equal(argc, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_taken),
		cmocka_unit_test(options_stay),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(the_first_word_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
