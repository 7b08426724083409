/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of keys: each way that there is, each that there is not, and the alarms beside it.
 */
#include "engine/key_age.h"
#include "engine/key_clock.h"
#include "engine/key_life.h"

#include "lib/codec/json.h"
#include "lib/jose/jwks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY 86400
#define START 1800000000

static const struct mm_life_rule rule = { 3600, 7 * DAY, 2 * DAY, DAY };

static struct mm_key_life life;
static uint8_t last_made;

static int
set_up(void **state)
{
	(void)state;
	mm_life_init(&life, &rule);
	last_made = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	mm_life_clear(&life);
	return 0;
}

static void
apply(const struct mm_life_event *event)
{
	assert_null(mm_life_apply(&life, event));
}

/* Do a step as the ledger does, the signer always there. */
static void
do_step(const struct mm_life_step *step, int64_t now_s)
{
	struct mm_life_event event = mm_life_step_event(&life, step, now_s);

	if (step->kind == MM_LIFE_MAKE) {
		event.thumbprint[0] = ++last_made;
		event.jwk = mm_slice_str("{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"eA\"}");
	}
	apply(&event);
}

/* Do everything that is due at a time; returns how many steps that were. */
static size_t
settle(int64_t now_s)
{
	size_t steps = 0;

	for (;;) {
		struct mm_life_step step = mm_life_next(&life, now_s);

		if (step.kind == MM_LIFE_NOTHING || step.at_s > now_s)
			return steps;
		do_step(&step, now_s);
		assert_in_range(++steps, 1, 20);
	}
}

/* Let the rule run with a tick every hour. */
static void
run(int64_t from_s, int64_t to_s)
{
	for (int64_t now_s = from_s; now_s <= to_s; now_s += 3600)
		(void)settle(now_s);
}

static size_t
count(enum mm_life_state state, int64_t now_s)
{
	size_t found = 0;

	for (size_t i = 0; i < life.count; i++)
		found += mm_life_state_of(&life.keys[i], now_s) == state ? 1 : 0;
	return found;
}

static size_t
active(int64_t now_s)
{
	const struct mm_life_key *key = mm_life_signing_key(&life, now_s);

	assert_non_null(key);
	return (size_t)(key - life.keys);
}

static bool
ask(enum mm_life_wish wish, size_t key, const char *by, int64_t now_s, const char **why)
{
	struct mm_life_question question = { .wish = wish, .key = key, .uid = 7, .by = mm_slice_str(by) };
	struct mm_life_event event;
	const char *mend;

	if (!mm_life_ask(&life, &question, now_s, &event, why, &mend))
		return false;
	apply(&event);
	return true;
}

static void
grant(enum mm_life_wish wish, size_t key, const char *by, int64_t now_s)
{
	const char *why = NULL;

	assert_true(ask(wish, key, by, now_s, &why));
}

static void
refuse(enum mm_life_wish wish, size_t key, const char *by, int64_t now_s, const char *expected)
{
	const char *why = NULL;

	assert_false(ask(wish, key, by, now_s, &why));
	assert_string_equal(why, expected);
}

/* ---- by itself ---- */

static void
a_new_realm_signs_at_once(void **state)
{
	(void)state;
	assert_int_equal(settle(START), 8);
	assert_int_equal(count(MM_LIFE_ACTIVE, START), 1);
	assert_int_equal(count(MM_LIFE_PREPARED, START), MM_LIFE_PREPARED_COUNT);
	assert_int_equal(active(START), 0);
	assert_int_equal(life.keys[0].exp_s, START + 14 * DAY);
	assert_int_equal(mm_key_age_check(&life, START), 0);
}

static void
a_week_later_the_next_key_signs(void **state)
{
	int64_t turn_s = START + 7 * DAY;

	(void)state;
	(void)settle(START);
	assert_int_equal(mm_life_next(&life, START).at_s, turn_s);
	assert_int_equal(settle(turn_s - 1), 0);
	assert_int_equal(settle(turn_s), 4);
	/* It is told a moment before; until then the old one signs. */
	assert_int_equal(active(turn_s + 9), 0);
	assert_int_equal(active(turn_s + 10), 1);
	assert_int_equal(life.keys[0].exp_s, turn_s + 10);
	assert_int_equal(life.keys[0].verify_until_s, turn_s + 10 + DAY);
	assert_int_equal(mm_life_state_of(&life.keys[0], turn_s + 11), MM_LIFE_RETIRING);
	assert_int_equal(mm_life_state_of(&life.keys[0], turn_s + 11 + DAY), MM_LIFE_RETIRED);
}

static void
what_signs_no_more_is_destroyed(void **state)
{
	int64_t turn_s = START + 7 * DAY;
	struct mm_life_step step;

	(void)state;
	(void)settle(START);
	(void)settle(turn_s);
	step = mm_life_next(&life, turn_s);
	assert_int_equal(step.kind, MM_LIFE_FORGET);
	assert_int_equal(step.key, 0);
	assert_int_equal(step.at_s, turn_s + 10 + MM_LIFE_FORGET_AFTER_S);
	assert_int_equal(mm_key_age_check(&life, step.at_s + DAY), MM_KEY_ALARM_NOT_FORGOTTEN);
	(void)settle(step.at_s);
	assert_true(life.keys[0].forgotten_s != 0);
	step = mm_life_next(&life, step.at_s);
	assert_int_equal(step.kind, MM_LIFE_RETIRE);
	assert_int_equal(step.at_s, turn_s + 10 + DAY + 1);
}

static void
a_key_is_published_before_it_signs(void **state)
{
	(void)state;
	(void)settle(START);
	/* The two that were prepared are gone; the new ones are too young when the active key's week is over. */
	grant(MM_LIFE_REVOKE, 1, NULL, START + 6 * DAY);
	grant(MM_LIFE_REVOKE, 2, NULL, START + 6 * DAY);
	(void)settle(START + 6 * DAY);
	(void)settle(START + 8 * DAY - 1);
	assert_int_equal(active(START + 8 * DAY - 1), 0);
	(void)settle(START + 8 * DAY);
	assert_int_equal(active(START + 8 * DAY + 30), 3);
}

static void
no_key_signs_for_more_than_two_weeks(void **state)
{
	(void)state;
	(void)settle(START);
	assert_null(mm_life_signing_key(&life, START + 14 * DAY + 1));
	assert_int_equal(mm_key_age_check(&life, START + 14 * DAY + 1),
	    MM_KEY_ALARM_OVER_AGE | MM_KEY_ALARM_NONE_SIGNS | MM_KEY_ALARM_ROTATION_LATE);
	(void)settle(START + 20 * DAY);
	assert_null(mm_life_signing_key(&life, START + 20 * DAY - 31));
	assert_int_equal(active(START + 20 * DAY + 10), 1);
}

static void
a_rule_of_two_weeks_keeps_a_margin(void **state)
{
	(void)state;
	life.rule.rotate_every_s = 14 * DAY;
	(void)settle(START);
	assert_int_equal(mm_life_next(&life, START).at_s, START + 14 * DAY - 3600);
}

static void
seconds_are_kept_to_as_well(void **state)
{
	(void)state;
	life.rule = (struct mm_life_rule){ 5, 10, 2, 70 };
	(void)settle(START);
	assert_int_equal(life.keys[0].exp_s, START + 20);
	(void)settle(START + 10);
	assert_int_equal(active(START + 11), 0);
	assert_int_equal(active(START + 12), 1);
}

/* ---- operators ---- */

static void
a_rotation_may_be_asked(void **state)
{
	(void)state;
	(void)settle(START);
	refuse(MM_LIFE_ROTATE, 0, NULL, START + DAY,
	    "the next key was not published for publish_before: verifiers that keep the key document do not know it "
	    "yet");
	grant(MM_LIFE_ROTATE, 0, NULL, START + 2 * DAY);
	(void)settle(START + 2 * DAY);
	assert_int_equal(active(START + 2 * DAY + 30), 1);
	assert_int_equal(life.rotate_asked_s, 0);
}

static void
a_rotation_may_be_asked_early(void **state)
{
	struct mm_life_question question = { .wish = MM_LIFE_ROTATE, .early = true };
	struct mm_life_event event;
	const char *why, *mend;

	(void)state;
	(void)settle(START);
	assert_true(mm_life_ask(&life, &question, START + 1, &event, &why, &mend));
	apply(&event);
	(void)settle(START + 1);
	assert_int_equal(active(START + 31), 1);
}

static void
without_a_prepared_key_nothing_rotates(void **state)
{
	(void)state;
	refuse(MM_LIFE_ROTATE, 0, NULL, START, "there is no prepared key");
}

static void
a_hold_ends_by_itself(void **state)
{
	int64_t turn_s = START + 7 * DAY;
	struct mm_life_question question = { .wish = MM_LIFE_HOLD, .until_s = START + DAY + 1 };
	struct mm_life_event event;
	const char *why, *mend;

	(void)state;
	(void)settle(START);
	assert_false(mm_life_ask(&life, &question, START, &event, &why, &mend));
	assert_string_equal(why, "rotation can be held for 24 hours at most");
	grant(MM_LIFE_HOLD, 0, NULL, turn_s - 10);
	assert_int_equal(mm_key_age_check(&life, turn_s), MM_KEY_ALARM_HELD);
	assert_int_equal(settle(turn_s - 11 + DAY), 0);
	(void)settle(turn_s - 10 + DAY);
	assert_int_equal(active(turn_s + 20 + DAY), 1);
}

static void
no_hold_goes_beyond_the_age(void **state)
{
	(void)state;
	(void)settle(START);
	for (int64_t now_s = START; now_s < START + 20 * DAY; now_s += DAY / 2) {
		grant(MM_LIFE_HOLD, 0, NULL, now_s);
		(void)settle(now_s);
		(void)settle(now_s + DAY / 2 - 1);
	}
	assert_true(mm_life_signing_key(&life, START + 14 * DAY) == &life.keys[1]);
}

static void
a_key_with_live_tokens_is_not_retired(void **state)
{
	int64_t end_s = START + 7 * DAY + 10;

	(void)state;
	(void)settle(START);
	(void)settle(START + 7 * DAY);
	refuse(MM_LIFE_RETIRE_KEY, 1, NULL, end_s, "the key signs");
	refuse(MM_LIFE_RETIRE_KEY, 0, NULL, end_s + 3660, "tokens that it signed are still valid");
	grant(MM_LIFE_RETIRE_KEY, 0, NULL, end_s + 3661);
	assert_int_equal(life.keys[0].verify_until_s, end_s + 3661);
	refuse(MM_LIFE_RETIRE_KEY, 0, NULL, end_s + 3662, "the key is retired or revoked already");
	grant(MM_LIFE_RETIRE_KEY, 2, NULL, end_s + 3661);
	assert_int_equal(mm_life_state_of(&life.keys[2], end_s + 3661), MM_LIFE_RETIRED);
}

static void
a_tainted_key_is_replaced(void **state)
{
	(void)state;
	(void)settle(START);
	grant(MM_LIFE_TAINT, 0, NULL, START + 3 * DAY);
	refuse(MM_LIFE_TAINT, 0, NULL, START + 3 * DAY, "the key is tainted already");
	(void)settle(START + 3 * DAY);
	assert_int_equal(active(START + 3 * DAY + 30), 1);
	assert_int_equal(mm_life_state_of(&life.keys[0], START + 3 * DAY), MM_LIFE_RETIRING);
}

static void
a_tainted_key_signs_until_another_can(void **state)
{
	(void)state;
	(void)settle(START);
	grant(MM_LIFE_TAINT, 0, NULL, START + DAY);
	(void)settle(START + DAY);
	assert_int_equal(active(START + DAY), 0);
	assert_int_equal(mm_key_age_check(&life, START + DAY), MM_KEY_ALARM_TAINTED_SIGNS);
}

static void
a_tainted_prepared_key_never_signs(void **state)
{
	(void)state;
	(void)settle(START);
	grant(MM_LIFE_TAINT, 1, NULL, START + DAY);
	assert_int_equal(settle(START + DAY), 2);
	(void)settle(START + 7 * DAY);
	assert_int_equal(active(START + 8 * DAY), 2);
}

static void
two_restore_a_key(void **state)
{
	(void)state;
	(void)settle(START);
	refuse(MM_LIFE_RESTORE, 0, "ann", START, "the key is not tainted");
	grant(MM_LIFE_TAINT, 0, NULL, START + 1);
	refuse(MM_LIFE_RESTORE, 0, NULL, START + 2, "nobody approves it");
	grant(MM_LIFE_RESTORE, 0, "ann", START + 3);
	assert_true(life.keys[0].tainted_s != 0);
	refuse(MM_LIFE_RESTORE, 0, "ann", START + 4, "the second approval must be somebody else's");
	grant(MM_LIFE_RESTORE, 0, "bob", START + 5);
	assert_true(life.keys[0].tainted_s == 0);
}

static void
an_approval_grows_old(void **state)
{
	(void)state;
	(void)settle(START);
	grant(MM_LIFE_TAINT, 0, NULL, START + 1);
	grant(MM_LIFE_RESTORE, 0, "ann", START + 2);
	grant(MM_LIFE_RESTORE, 0, "bob", START + 3 + DAY);
	assert_true(life.keys[0].tainted_s != 0);
	assert_string_equal(life.keys[0].approved_by, "bob");
}

static void
assert_idle(int64_t now_s, const struct mm_life_key *wanted, int64_t wanted_s)
{
	const struct mm_life_key *next;
	int64_t at_s;

	assert_true(mm_life_is_idle(&life, now_s, &next, &at_s));
	assert_ptr_equal(next, wanted);
	if (wanted != NULL)
		assert_int_equal(at_s, wanted_s);
}

/* The next key that was published for long enough takes the place of one that is revoked by itself, at once. */
static void
a_revoked_key_is_replaced_by_itself(void **state)
{
	const struct mm_life_key *next;
	int64_t at_s, now_s = START + 3 * DAY;

	(void)state;
	run(START, now_s);
	assert_false(mm_life_is_idle(&life, now_s, &next, &at_s));
	grant(MM_LIFE_REVOKE, 0, NULL, now_s);
	assert_idle(now_s, &life.keys[1], now_s + MM_LIFE_LEAD_MAX_S);
	(void)settle(now_s);
	assert_idle(now_s + 1, &life.keys[1], now_s + MM_LIFE_LEAD_MAX_S);
	assert_int_equal(active(now_s + MM_LIFE_LEAD_MAX_S), 1);
	assert_false(mm_life_is_idle(&life, now_s + MM_LIFE_LEAD_MAX_S, &next, &at_s));
}

/* When a key will sign that was made and not published yet is not foreseen. */
static void
nothing_is_foreseen_of_a_key_that_nobody_was_told(void **state)
{
	int64_t at_s, now_s = START + 3 * DAY;

	(void)state;
	run(START, now_s);
	for (size_t key = 0; key < 3; key++)
		grant(MM_LIFE_REVOKE, key, NULL, now_s);
	for (size_t made = 0; made < 2; made++) {
		struct mm_life_step step = mm_life_next_of(&life, MM_LIFE_MAKE, now_s);

		do_step(&step, now_s);
		assert_idle(now_s, NULL, 0);
		assert_null(mm_life_key_next(&life, life.count - 1, now_s, &at_s));
	}
}

/* In a young mint it waits, or an operator says that it need not. */
static void
in_a_young_mint_it_waits(void **state)
{
	struct mm_life_question now = { .wish = MM_LIFE_ROTATE, .early = true };
	struct mm_life_event event;
	const char *why, *mend;

	(void)state;
	assert_idle(START, NULL, 0);
	(void)settle(START);
	grant(MM_LIFE_REVOKE, 0, NULL, START + 3);
	(void)settle(START + 3);
	assert_idle(START + 3, &life.keys[1], START + 2 * DAY + MM_LIFE_LEAD_MAX_S);
	(void)settle(START + DAY);
	assert_null(mm_life_signing_key(&life, START + DAY));
	refuse(MM_LIFE_ROTATE, 0, NULL, START + DAY,
	    "the next key was not published for publish_before: verifiers that keep the key document do not know it "
	    "yet");
	assert_true(mm_life_ask(&life, &now, START + DAY, &event, &why, &mend));
	apply(&event);
	(void)settle(START + DAY);
	assert_int_equal(active(START + DAY + MM_LIFE_LEAD_MAX_S), 1);
}

static void
revoked_is_for_ever(void **state)
{
	(void)state;
	(void)settle(START);
	grant(MM_LIFE_TAINT, 0, NULL, START + 1);
	grant(MM_LIFE_RESTORE, 0, "ann", START + 2);
	grant(MM_LIFE_REVOKE, 0, NULL, START + 3);
	assert_null(mm_life_signing_key(&life, START + 3));
	assert_true(mm_key_age_check(&life, START + 3) & MM_KEY_ALARM_NONE_SIGNS);
	refuse(MM_LIFE_RESTORE, 0, "bob", START + 4, "the key is revoked, which is for ever");
	refuse(MM_LIFE_TAINT, 0, NULL, START + 4, "the key is retired or revoked: its tokens are refused already");
	refuse(MM_LIFE_REVOKE, 0, NULL, START + 4, "the key is revoked already");
	(void)settle(START + 3);
	assert_int_equal(life.keys[0].forgotten_s, START + 3);
	run(START + 4, START + 60 * DAY);
	assert_int_equal(mm_life_state_of(&life.keys[0], START + 60 * DAY), MM_LIFE_REVOKED);
}

/* Whatever its record says, nothing leads a key that is out of it back. */
static void
no_event_brings_a_key_back(void **state)
{
	struct mm_life_event event = { .time_s = START + 30 * DAY, .from_s = START + 30 * DAY,
		.until_s = START + 31 * DAY, .visible_for_s = DAY, .by = mm_slice_str("ann") };

	(void)state;
	(void)settle(START);
	run(START, START + 29 * DAY);
	grant(MM_LIFE_REVOKE, 1, NULL, START + 29 * DAY);
	for (size_t key = 0; key < 2; key++) {
		memcpy(event.thumbprint, life.keys[key].thumbprint, MM_DIGEST_LEN);
		for (int kind = MM_LIFE_MADE; kind < MM_LIFE_EVENT_KIND_END; kind++) {
			int64_t until_s = life.keys[key].verify_until_s;

			event.kind = (enum mm_life_event_kind)kind;
			(void)!mm_life_apply(&life, &event);
			assert_true(life.keys[key].verify_until_s <= until_s);
			assert_true(mm_life_state_of(&life.keys[key], event.time_s) >= MM_LIFE_RETIRED);
		}
	}
}

static void
events_that_cannot_be_are_refused(void **state)
{
	struct mm_life_event event = { .kind = MM_LIFE_PROMOTED, .time_s = START, .from_s = START,
		.until_s = START + 15 * DAY };

	(void)state;
	assert_string_equal(mm_life_check(&life, &event), "there is no such key");
	(void)settle(START);
	memcpy(event.thumbprint, life.keys[1].thumbprint, MM_DIGEST_LEN);
	assert_string_equal(mm_life_check(&life, &event), "a key signs from now on, for at most 14 days");
	event.kind = MM_LIFE_FORGOTTEN;
	assert_string_equal(mm_life_check(&life, &event), "the key signs, or will");
	event.kind = MM_LIFE_MADE;
	assert_string_equal(mm_life_check(&life, &event), "there is such a key already");
	event.kind = MM_LIFE_IS_RETIRED;
	memcpy(event.thumbprint, life.keys[0].thumbprint, MM_DIGEST_LEN);
	assert_string_equal(mm_life_check(&life, &event), "the key signs");
}

/* ---- clocks ---- */

static void
a_clock_that_jumps_is_not_believed_at_once(void **state)
{
	struct mm_key_clock clock;

	(void)state;
	mm_key_clock_init(&clock, START, 100);
	assert_int_equal(mm_key_clock_read(&clock, START + 70, 110), START + 70);
	assert_int_equal(mm_key_clock_read(&clock, START + 365 * DAY, 120), START + 80);
	assert_true(clock.jumped);
	assert_int_equal(mm_key_clock_read(&clock, START + 90, 130), START + 90);
	assert_false(clock.jumped);
	assert_int_equal(mm_key_clock_read(&clock, START - DAY, 140), START + 100);
	assert_int_equal(mm_key_clock_read(&clock, START - DAY + 3600, 140 + 3600), START - DAY + 3600);
}

static void
a_key_from_the_future_never_comes_to_life(void **state)
{
	int64_t wrong_s = START + 365 * DAY;

	(void)state;
	(void)settle(START);
	(void)settle(wrong_s);
	assert_int_equal(active(wrong_s + 10), 1);
	/* The clock is right again: the key that was prepared before it was wrong takes over. */
	assert_null(mm_life_signing_key(&life, START + 3 * DAY));
	assert_true(mm_key_age_check(&life, START + 3 * DAY) & MM_KEY_ALARM_CLOCK);
	(void)settle(START + 3 * DAY);
	assert_int_equal(active(START + 3 * DAY + 10), 2);
	assert_int_equal(mm_life_state_of(&life.keys[1], wrong_s), MM_LIFE_RETIRED);
	run(START + 3 * DAY, START + 100 * DAY);
	assert_int_equal(mm_key_age_check(&life, START + 100 * DAY), 0);
}

/* Two rotations, and the clock goes back by a second between them: the window of the one before begins later. */
static void
alarms_are_of_the_key_that_was_promoted_last(void **state)
{
	struct mm_life_question question = { .wish = MM_LIFE_ROTATE, .early = true };

	(void)state;
	(void)settle(START);
	for (int64_t now_s = START + 100; now_s > START + 98; now_s--) {
		struct mm_life_event event;
		const char *why, *mend;

		assert_true(mm_life_ask(&life, &question, now_s, &event, &why, &mend));
		apply(&event);
		(void)settle(now_s);
	}
	assert_true(life.keys[1].nbf_s > life.keys[2].nbf_s);
	assert_int_equal(active(START + 200), 2);
	assert_int_equal(mm_key_age_check(&life, START + 200), 0);
}

/* ---- looking ---- */

static void
keys_are_found_by_a_beginning(void **state)
{
	size_t key = 99;

	(void)state;
	(void)settle(START);
	assert_int_equal(mm_life_find_kid(&life, mm_slice_str(life.keys[1].kid), &key), 1);
	assert_int_equal(key, 1);
	assert_int_equal(mm_life_find_kid(&life, mm_slice_str("A"), &key), 3);
	assert_int_equal(mm_life_find_kid(&life, mm_slice_str("zzz"), &key), 0);
	assert_int_equal(mm_life_find_kid(&life, mm_slice_str(""), &key), 0);
	assert_true(mm_life_find(&life, life.keys[2].thumbprint) == &life.keys[2]);
}

static void
what_comes_next_is_told(void **state)
{
	int64_t at_s = 0;

	(void)state;
	(void)settle(START);
	assert_string_equal(mm_life_key_next(&life, 0, START, &at_s), "is replaced");
	assert_int_equal(at_s, START + 7 * DAY);
	assert_string_equal(mm_life_key_next(&life, 1, START, &at_s), "signs");
	assert_int_equal(at_s, START + 7 * DAY);
	assert_string_equal(mm_life_key_next(&life, 2, START, &at_s), "signs");
	assert_int_equal(at_s, START + 14 * DAY);
	(void)settle(START + 7 * DAY);
	assert_string_equal(mm_life_key_next(&life, 0, START + 7 * DAY, &at_s), "signs no more");
	assert_string_equal(mm_life_key_next(&life, 0, START + 7 * DAY + 11, &at_s), "is retired");
	assert_int_equal(at_s, START + 8 * DAY + 11);
	run(START + 7 * DAY, START + 9 * DAY);
	assert_null(mm_life_key_next(&life, 0, START + 9 * DAY, &at_s));
}

static struct mm_json_value
member_of(struct mm_slice document, size_t place, const char *name)
{
	static struct mm_json_names names;
	struct mm_json_member members[32];
	struct mm_json_index index = { members, 0, 32 };
	struct mm_json_value element = { 0 };
	struct mm_jwks set;
	size_t position = 0;

	assert_int_equal(mm_jwks_scan(document, &names, &set, NULL), MM_OK);
	for (size_t i = 0; i <= place; i++)
		assert_true(mm_json_next(set.keys, &position, &element));
	assert_true(mm_json_view_object(element, &index));
	return mm_json_find(&index, name);
}

static void
assert_window(struct mm_slice document, size_t place, int64_t nbf_s, int64_t exp_s)
{
	int64_t number;

	assert_true(mm_json_integer(member_of(document, place, "nbf"), &number) && number == nbf_s);
	assert_true(mm_json_integer(member_of(document, place, "exp"), &number) && number == exp_s);
}

/* The newest key stands first. */
static void
the_document_tells_states_and_windows(void **state)
{
	struct mm_slice document;
	struct mm_buf buf;

	(void)state;
	(void)settle(START);
	grant(MM_LIFE_TAINT, 0, NULL, START + 1);
	grant(MM_LIFE_REVOKE, 1, NULL, START + 2);
	mm_buf_init(&buf, MM_DOCUMENT_LEN_MAX);
	assert_true(mm_life_document(&life, "https://a.example", "EdDSA", START + 3, &buf));
	document = mm_slice(buf.data, buf.len);
	assert_true(mm_json_string_is(member_of(document, 0, "state"), "prepared"));
	assert_true(mm_json_string_is(member_of(document, 1, "state"), "revoked"));
	assert_true(mm_json_string_is(member_of(document, 2, "state"), "tainted"));
	assert_true(mm_json_string_is(member_of(document, 2, "kid"), life.keys[0].kid));
	assert_true(mm_json_string_is(member_of(document, 2, "issuer"), "https://a.example"));
	assert_true(mm_json_string_is(member_of(document, 2, "crv"), "Ed25519"));
	assert_window(document, 2, START, START + 14 * DAY);
	assert_window(document, 0, START + 2 * DAY, START + 16 * DAY);
	mm_buf_clear(&buf);
	mm_buf_init(&buf, 100);
	assert_false(mm_life_document(&life, "https://a.example", "EdDSA", START + 3, &buf));
	mm_buf_clear(&buf);
}

/* ---- bytes ---- */

static void
an_event_is_read_as_it_was_written(void **state)
{
	struct mm_life_event event = { .kind = MM_LIFE_PROMOTED, .early = true, .uid = 7, .time_s = 1, .from_s = 2,
		.until_s = 3, .visible_for_s = 4, .thumbprint = { 5 }, .by = mm_slice_str("ann"),
		.why = mm_slice_str("because"), .jwk = mm_slice_str("{}") }, read;
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, MM_LIFE_EVENT_LEN_MAX);
	assert_true(mm_life_event_write(&event, &buf));
	assert_true(mm_life_event_read(mm_slice(buf.data, buf.len), &read));
	assert_true(read.kind == event.kind && read.early && read.uid == 7 && read.time_s == 1 && read.from_s == 2);
	assert_true(read.until_s == 3 && read.visible_for_s == 4 && read.thumbprint[0] == 5);
	assert_true(mm_slice_equal(read.by, event.by) && mm_slice_equal(read.why, event.why));
	assert_true(mm_slice_equal(read.jwk, event.jwk));
	for (size_t len = 0; len < buf.len; len++)
		assert_false(mm_life_event_read(mm_slice(buf.data, len), &read));
	mm_buf_add_u8(&buf, 0);
	assert_false(mm_life_event_read(mm_slice(buf.data, buf.len), &read));
	buf.data[0] = MM_LIFE_EVENT_KIND_END;
	assert_false(mm_life_event_read(mm_slice(buf.data, buf.len - 1), &read));
	mm_buf_clear(&buf);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_realm_signs_at_once),
		TEST(a_week_later_the_next_key_signs),
		TEST(what_signs_no_more_is_destroyed),
		TEST(a_key_is_published_before_it_signs),
		TEST(no_key_signs_for_more_than_two_weeks),
		TEST(a_rule_of_two_weeks_keeps_a_margin),
		TEST(seconds_are_kept_to_as_well),
		TEST(a_rotation_may_be_asked),
		TEST(a_rotation_may_be_asked_early),
		TEST(without_a_prepared_key_nothing_rotates),
		TEST(a_hold_ends_by_itself),
		TEST(no_hold_goes_beyond_the_age),
		TEST(a_key_with_live_tokens_is_not_retired),
		TEST(a_tainted_key_is_replaced),
		TEST(a_tainted_key_signs_until_another_can),
		TEST(a_tainted_prepared_key_never_signs),
		TEST(two_restore_a_key),
		TEST(an_approval_grows_old),
		TEST(a_revoked_key_is_replaced_by_itself),
		TEST(nothing_is_foreseen_of_a_key_that_nobody_was_told),
		TEST(in_a_young_mint_it_waits),
		TEST(revoked_is_for_ever),
		TEST(no_event_brings_a_key_back),
		TEST(events_that_cannot_be_are_refused),
		TEST(alarms_are_of_the_key_that_was_promoted_last),
		TEST(a_clock_that_jumps_is_not_believed_at_once),
		TEST(a_key_from_the_future_never_comes_to_life),
		TEST(keys_are_found_by_a_beginning),
		TEST(what_comes_next_is_told),
		TEST(the_document_tells_states_and_windows),
		TEST(an_event_is_read_as_it_was_written),
	};

	return cmocka_run_group_tests_name("key-life", tests, NULL, NULL);
}
