/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Used assertions are known as long as they could be good: by client and jti, over a restart, however many there are;
 * and those of a round that was not kept are not.
 */
#include "daemon/verifier/spent.h"
#include "daemon/verifier/table_spent.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW_S 1800000000
#define MANY 20000

static struct verifier_table table;
static struct verifier_spent spent;
static char folder[64];

static void
open_spent(void)
{
	const char *why = NULL;

	if (!verifier_spent_open(&spent, &table, NOW_S, &why))
		fail_msg("%s", why);
}

static int
open_table(void **state)
{
	const char *why = NULL;

	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/mm-spent-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	if (!verifier_table_open(&table, &why))
		fail_msg("%s", why);
	open_spent();
	return 0;
}

static int
close_table(void **state)
{
	(void)state;
	verifier_spent_close(&spent);
	verifier_table_close(&table);
	(void)unlink("table.sqlite");
	(void)unlink("table.sqlite-wal");
	(void)unlink("table.sqlite-shm");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

static enum verifier_spending
spend_until(const char *client, const char *jti, int64_t expires_s, int64_t now_s)
{
	return verifier_spend_assertion(&spent, mm_slice_str(client), mm_slice_str(jti), expires_s, now_s);
}

static enum verifier_spending
spend(const char *client, const char *jti)
{
	return spend_until(client, jti, NOW_S + 300, NOW_S);
}

static enum verifier_spending
spend_number(unsigned number)
{
	char jti[32];

	(void)snprintf(jti, sizeof(jti), "jti-%u", number);
	return spend_until("batch", jti, NOW_S + 60 + number % 600, NOW_S);
}

static void
end_round(bool kept)
{
	const char *why;

	verifier_spent_write(&spent, &table);
	table.failed = !kept;
	assert_int_equal(verifier_table_commit(&table, &why), kept);
	verifier_spent_settle(&spent, kept);
}

static void
restart(void)
{
	verifier_spent_close(&spent);
	open_spent();
}

static void
each_is_good_once(void **state)
{
	(void)state;
	assert_int_equal(spend("batch", "one"), VERIFIER_SPENT_NOW);
	assert_int_equal(spend("batch", "one"), VERIFIER_SPENT_BEFORE);
	assert_int_equal(spend("batch", "two"), VERIFIER_SPENT_NOW);
	/* Another client's is another one; so is one whose name and jti have the same letters. */
	assert_int_equal(spend("batch2", "one"), VERIFIER_SPENT_NOW);
	assert_int_equal(spend("batch", "2one"), VERIFIER_SPENT_NOW);
	end_round(true);
	assert_int_equal(spend("batch", "one"), VERIFIER_SPENT_BEFORE);
	/* When it ends says nothing of which it is. */
	assert_int_equal(spend_until("batch", "one", NOW_S + 400, NOW_S), VERIFIER_SPENT_BEFORE);
	assert_int_equal(spend_until("batch", "one", NOW_S + 400, NOW_S + 299), VERIFIER_SPENT_BEFORE);
	assert_int_equal(spend_until("batch", "one", NOW_S + 400, NOW_S + 300), VERIFIER_SPENT_NOW);
}

static void
a_restart_forgets_none(void **state)
{
	(void)state;
	assert_int_equal(spend("batch", "one"), VERIFIER_SPENT_NOW);
	assert_int_equal(spend_until("batch", "old", NOW_S - 1, NOW_S - 100), VERIFIER_SPENT_NOW);
	end_round(true);
	assert_int_equal(spend("batch", "two"), VERIFIER_SPENT_NOW);
	end_round(true);
	end_round(true);
	restart();
	assert_int_equal(spent.count, 2);
	assert_int_equal(spend("batch", "one"), VERIFIER_SPENT_BEFORE);
	assert_int_equal(spend("batch", "two"), VERIFIER_SPENT_BEFORE);
	assert_int_equal(spend("batch", "old"), VERIFIER_SPENT_NOW);
}

static void
a_round_that_was_not_kept_spent_none(void **state)
{
	(void)state;
	assert_int_equal(spend("batch", "one"), VERIFIER_SPENT_NOW);
	end_round(true);
	assert_int_equal(spend("batch", "two"), VERIFIER_SPENT_NOW);
	end_round(false);
	assert_int_equal(spend("batch", "one"), VERIFIER_SPENT_BEFORE);
	assert_int_equal(spend("batch", "two"), VERIFIER_SPENT_NOW);
	end_round(false);
	restart();
	assert_int_equal(spend("batch", "one"), VERIFIER_SPENT_BEFORE);
	assert_int_equal(spend("batch", "two"), VERIFIER_SPENT_NOW);
}

static void
many_are_known(void **state)
{
	(void)state;
	for (unsigned number = 0; number < MANY; number++) {
		assert_int_equal(spend_number(number), VERIFIER_SPENT_NOW);
		if (number % 100 == 99)
			end_round(true);
	}
	for (unsigned number = 0; number < MANY; number++)
		assert_int_equal(spend_number(number), VERIFIER_SPENT_BEFORE);
	restart();
	assert_int_equal(spent.count, MANY);
	for (unsigned number = 0; number < MANY; number++)
		assert_int_equal(spend_number(number), VERIFIER_SPENT_BEFORE);
}

#define CROWD 700 /* as many as the first places take, so that searches go over their end */

/* Rounds of five, of which every other one is not kept. In every other turn all searches begin at one place. */
static void
taking_out_leaves_the_others(void **state)
{
	(void)state;
	for (unsigned turn = 0; turn < 6; turn++) {
		restart();
		spent.multiplier *= turn % 2;
		for (unsigned number = 0; number < CROWD; number++) {
			assert_int_equal(spend_number(number), VERIFIER_SPENT_NOW);
			if (number % 5 == 4)
				verifier_spent_settle(&spent, number % 10 == 4);
		}
		assert_int_equal(spent.count, CROWD / 2);
		for (unsigned number = 0; number < CROWD; number++) {
			assert_int_equal(spend_number(number),
			    number % 10 < 5 ? VERIFIER_SPENT_BEFORE : VERIFIER_SPENT_NOW);
			verifier_spent_settle(&spent, true);
		}
		assert_int_equal(spent.count, CROWD);
		assert_int_equal(spent.bits, 10);
	}
}

/* What is too old makes room for others before more memory is taken. */
static void
old_ones_make_room(void **state)
{
	unsigned bits;

	(void)state;
	for (unsigned number = 0; number < MANY; number++) {
		assert_int_equal(spend_number(number), VERIFIER_SPENT_NOW);
		verifier_spent_settle(&spent, true);
	}
	bits = spent.bits;
	for (unsigned number = 0; number < 3 * MANY; number++) {
		char jti[32];

		(void)snprintf(jti, sizeof(jti), "later-%u", number);
		assert_int_equal(spend_until("batch", jti, NOW_S + 900 + number / 100, NOW_S + 700 + number / 100),
		    VERIFIER_SPENT_NOW);
		verifier_spent_settle(&spent, true);
	}
	assert_true(spent.bits <= bits + 1);
	assert_int_equal(spend_until("batch", "later-59999", NOW_S + 9999, NOW_S + 1300), VERIFIER_SPENT_BEFORE);
}

static void
a_round_has_an_end(void **state)
{
	(void)state;
	for (unsigned number = 0; number < VERIFIER_SPENT_A_ROUND; number++)
		assert_int_equal(spend_number(number), VERIFIER_SPENT_NOW);
	assert_int_equal(spend_number(VERIFIER_SPENT_A_ROUND), VERIFIER_SPENT_NOT);
	end_round(true);
	assert_int_equal(spend_number(VERIFIER_SPENT_A_ROUND), VERIFIER_SPENT_NOW);
}

/* As many as can be: more are refused, not taken without being remembered, until the first are too old. */
static void
there_is_an_end_of_room(void **state)
{
	(void)state;
	free(spent.places);
	spent.bits = 23;
	spent.places = calloc((size_t)1 << spent.bits, sizeof(*spent.places));
	assert_non_null(spent.places);
	spent.count = 0;
	for (size_t i = 0; i < (size_t)1 << spent.bits; i++)
		if (i % 4 != 0) {
			spent.places[i] = (struct verifier_spent_name){ i + 1, NOW_S + 100 };
			spent.count++;
		}
	assert_true(spent.count >= VERIFIER_SPENT_MAX);
	assert_int_equal(spend("batch", "one"), VERIFIER_SPENT_NOT);
	assert_int_equal(spent.full_s, NOW_S);
	assert_int_equal(spend("batch", "one"), VERIFIER_SPENT_NOT);
	assert_int_equal(spend_until("batch", "one", NOW_S + 200, NOW_S + 99), VERIFIER_SPENT_NOT);
	assert_int_equal(spend_until("batch", "one", NOW_S + 200, NOW_S + 100), VERIFIER_SPENT_NOW);
	assert_int_equal(spent.count, 1);
	assert_true(spent.bits < 23);
}

static void
malformed_rows_are_refused(void **state)
{
	static const char rows[][17] = { "0123456789abcde", "0123456789abcdefg", "\0\0\0\0\0\0\0\0abcdefg\0",
		"01234567\0\0\0\0\0\0\0\0", "01234567\0\0\0\0\0\0\0\x80" };
	static const size_t lens[] = { 15, 17, 16, 16, 16 };
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		verifier_spent_close(&spent);
		verifier_assertions_add(&table, mm_slice(rows[i], lens[i]), NOW_S + 100);
		assert_false(verifier_spent_open(&spent, &table, NOW_S, &why));
		assert_non_null(strstr(why, "malformed"));
		table.failed = true;
		assert_false(verifier_table_commit(&table, &why));
	}
	restart();
}

#define TABLE_TEST(name) cmocka_unit_test_setup_teardown(name, open_table, close_table)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TABLE_TEST(each_is_good_once),
		TABLE_TEST(a_restart_forgets_none),
		TABLE_TEST(a_round_that_was_not_kept_spent_none),
		TABLE_TEST(many_are_known),
		TABLE_TEST(taking_out_leaves_the_others),
		TABLE_TEST(old_ones_make_room),
		TABLE_TEST(a_round_has_an_end),
		TABLE_TEST(there_is_an_end_of_room),
		TABLE_TEST(malformed_rows_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
