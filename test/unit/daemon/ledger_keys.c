/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of keys at the ledger, with the record, the signer and the clock in the test's hands: it is killed at every
 * point of a realm's first weeks, and goes on from the record as if nothing had been.
 */
#include "daemon/ledger/keys_realm.h"
#include "engine/json_writer.h"
#include "engine/key_list.h"
#include "lib/crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START 1800000000
#define HOUR 3600
#define DAY 86400
#define RECORDS_MAX 512
#define KEYS_MAX 256
#define ORDERS_MAX 32

/* ---- a ledger, a signer, mintmarkd, a clock ---- */

static struct ledger_realm realm;
static struct ledger_keys *keys;

struct ledger {
	int none;
};

static struct {
	int64_t now_s;
	struct ledger ledger;
	struct mm_ed25519 *root, *key_state;
	uint8_t root_public[MM_ED25519_PUBLIC_LEN], certificate[MM_MINT_CERTIFICATE_LEN];

	struct {
		char bytes[MM_LIFE_EVENT_LEN_MAX];
		size_t len;
		ledger_durable_function *done;
		void *ctx;
	} records[RECORDS_MAX];
	size_t appended, durable; /* those behind durable are lost with the process */
	bool disk_is_full, disk_fails; /* nothing can be recorded; what was to be on the disk is lost, once */

	bool signer_here;
	struct {
		enum mm_message_type type;
		struct mm_key_order order;
	} orders[ORDERS_MAX];
	size_t order_count;
	size_t made;
	bool has[KEYS_MAX], open[KEYS_MAX], keeps_all; /* it has; it cannot destroy */

	uint64_t term, last_sequence;
	char list[MM_KEY_LIST_LEN_MAX];
	size_t list_len, lists;
	bool takes_no_list;
	char answer[65536];
	bool answered, answer_done;
	char alarm[256];
	size_t alarms;

	/* The point at which everything that was not durable is forgotten. */
	size_t points, kill_at;
	bool killed;
} world;

/* A point at which it may be killed. From there on nothing of it happens any more. */
static bool
dead(void)
{
	if (!world.killed && world.kill_at != 0 && ++world.points == world.kill_at)
		world.killed = true;
	return world.killed;
}

struct ledger_realm *
ledger_realm_by_name(struct ledger *ledger, struct mm_slice name)
{
	(void)ledger;
	return mm_slice_equal(name, mm_slice_str(realm.name)) ? &realm : NULL;
}

struct ledger_realm *
ledger_realm_next(struct ledger *ledger, const struct ledger_realm *before)
{
	(void)ledger;
	return before == NULL ? &realm : NULL;
}

bool
ledger_append(struct ledger *ledger, enum mm_ledger_kind kind, const struct ledger_realm *of, struct mm_slice bytes,
    ledger_durable_function *done, void *ctx)
{
	(void)ledger;
	assert_int_equal(kind, MM_LEDGER_KEY);
	assert_ptr_equal(of, &realm);
	if (world.disk_is_full)
		return false;
	if (dead())
		return true;
	assert_in_range(bytes.len, 1, MM_LIFE_EVENT_LEN_MAX);
	assert_in_range(world.appended, 0, RECORDS_MAX - 1);
	memcpy(world.records[world.appended].bytes, bytes.ptr, bytes.len);
	world.records[world.appended].len = bytes.len;
	world.records[world.appended].done = done;
	world.records[world.appended++].ctx = ctx;
	return true;
}

uint64_t
ledger_term(const struct ledger *ledger)
{
	(void)ledger;
	return world.term;
}

const char *
ledger_trouble(const struct ledger *ledger)
{
	(void)ledger;
	return world.disk_is_full ? "the disk is full" : NULL;
}

bool
ledger_signer_order(struct ledger *ledger, struct ledger_realm *of, enum mm_message_type type,
    const struct mm_key_order *order)
{
	(void)ledger, (void)of;
	if (!world.signer_here)
		return false;
	if (dead())
		return true;
	assert_in_range(world.order_count, 0, ORDERS_MAX - 1);
	world.orders[world.order_count].type = type;
	world.orders[world.order_count++].order = *order;
	return true;
}

bool
ledger_tell(struct ledger *ledger, enum mm_message_type type, const void *payload, size_t len, struct mm_slice bytes)
{
	struct mm_key_list list;

	(void)ledger, (void)payload;
	assert_int_equal(type, MM_MESSAGE_LEDGER_KEYS);
	assert_int_equal(len, 2);
	if (world.takes_no_list)
		return false;
	if (dead())
		return true;
	assert_null(mm_key_list_read(bytes, mm_slice_str(realm.name), world.root_public, world.now_s, &list));
	assert_true(list.sequence > world.last_sequence);
	world.last_sequence = list.sequence;
	memcpy(world.list, bytes.ptr, bytes.len);
	world.list_len = bytes.len;
	world.lists++;
	return true;
}

void
ledger_answer(struct ledger *ledger, uint64_t question, bool done, struct mm_slice json)
{
	(void)ledger;
	assert_int_equal(question, 7);
	assert_in_range(json.len, 1, sizeof(world.answer) - 1);
	memcpy(world.answer, json.ptr, json.len);
	world.answer[json.len] = '\0';
	world.answered = true;
	world.answer_done = done;
}

void
ledger_refuse(struct ledger *ledger, uint64_t question, const char *why, const char *mend)
{
	(void)mend;
	ledger_answer(ledger, question, false, mm_slice_str(why));
}

void
ledger_alarm(struct ledger *ledger, const char *format, ...)
{
	va_list args;

	(void)ledger;
	va_start(args, format);
	(void)vsnprintf(world.alarm, sizeof(world.alarm), format, args);
	va_end(args);
	world.alarms++;
}

const struct mm_ed25519 *
ledger_key_state(const struct ledger *ledger)
{
	(void)ledger;
	return world.key_state;
}

const uint8_t *
ledger_certificate(const struct ledger *ledger)
{
	(void)ledger;
	return world.certificate;
}

int64_t
ledger_wall_s(void)
{
	return world.now_s;
}

int64_t
ledger_wall_us(void)
{
	return world.now_s * 1000000;
}

int64_t
ledger_boot_ms(void)
{
	return (world.now_s - START) * 1000 + 1000000;
}

/* ---- what they do ---- */

/* A key's number is the first two bytes of its thumbprint. */
static size_t
number_of(const uint8_t *thumbprint)
{
	return thumbprint[0] | (size_t)thumbprint[1] << 8;
}

static void
make_key(struct mm_key_done *done, char *jwk, size_t size)
{
	world.made++;
	assert_in_range(world.made, 1, KEYS_MAX - 1);
	world.has[world.made] = true;
	done->thumbprint[0] = (uint8_t)world.made;
	done->thumbprint[1] = (uint8_t)(world.made >> 8);
	done->jwk_len = (uint32_t)snprintf(jwk, size, "{\"kty\":\"OKP\",\"x\":\"%zu\"}", world.made);
}

static void
name_next(size_t number, struct mm_key_done *done)
{
	do
		number++;
	while (number < KEYS_MAX && !world.has[number]);
	done->status = number < KEYS_MAX ? MM_SIGN_DONE : MM_SIGN_NO_KEY;
	done->thumbprint[0] = (uint8_t)number;
}

/* The signer does its oldest order. */
static void
do_order(void)
{
	enum mm_message_type type = world.orders[0].type;
	struct mm_key_order order = world.orders[0].order;
	struct mm_key_done done = { .number = order.number };
	size_t number = number_of(order.thumbprint);
	char jwk[80];

	world.order_count--;
	memmove(world.orders, world.orders + 1, world.order_count * sizeof(world.orders[0]));
	if (type == MM_MESSAGE_KEY_MAKE) {
		assert_memory_equal(order.algorithm, "EdDSA\0\0", 8);
		make_key(&done, jwk, sizeof(jwk));
	} else if (type == MM_MESSAGE_KEY_OPEN) {
		done.status = world.has[number] ? MM_SIGN_DONE : MM_SIGN_NO_KEY;
		world.open[number] = world.has[number];
	} else if (type == MM_MESSAGE_KEY_FORGET && world.keeps_all) {
		done.status = MM_SIGN_FAILED;
	} else if (type == MM_MESSAGE_KEY_FORGET) {
		world.has[number] = world.open[number] = false;
	} else {
		name_next(number, &done);
	}
	if (!dead())
		ledger_keys_signer_done(keys, &realm, &done, mm_slice(jwk, done.jwk_len));
}

/* Nothing of what waits comes to the disk. */
static void
lose_all(void)
{
	size_t appended = world.appended;

	world.disk_fails = false;
	world.appended = world.durable;
	for (size_t at = world.durable; at < appended; at++)
		world.records[at].done(world.records[at].ctx, false);
}

static void
make_durable(void)
{
	size_t at = world.durable;

	if (world.disk_fails) {
		lose_all();
		return;
	}
	world.durable++;
	/* The record is there, whether it is heard of or not. */
	if (!dead())
		world.records[at].done(world.records[at].ctx, true);
}

/* Everything that can happen at this time, in turns. */
static void
settle(void)
{
	for (unsigned turns = 0; !world.killed && turns < 200; turns++) {
		if (world.durable < world.appended)
			make_durable();
		else if (world.order_count > 0)
			do_order();
		else
			return;
	}
	assert_true(world.killed);
}

static void
signer_comes(void)
{
	struct mm_signer_state state = { .count = 0 };

	world.signer_here = true;
	memset(world.open, 0, sizeof(world.open));
	ledger_keys_signer_state(keys, &realm, &state);
	settle();
}

static void
begin(void)
{
	world.killed = false;
	world.appended = world.durable;
	world.order_count = 0;
	world.term++;
	keys = ledger_keys_new(&world.ledger);
	assert_non_null(keys);
	for (size_t i = 0; i < world.durable; i++)
		assert_null(ledger_keys_take_record(keys, mm_slice_str(realm.name),
		    mm_slice(world.records[i].bytes, world.records[i].len)));
	ledger_keys_begin(keys);
}

static void
start_again(void)
{
	ledger_keys_free(&keys);
	begin();
	signer_comes();
}

static void
run_until(int64_t end_s)
{
	while (world.now_s < end_s) {
		world.now_s += HOUR / 2;
		ledger_keys_tick(keys, world.now_s);
		settle();
		if (world.killed)
			start_again();
	}
}

static int
set_up(void **state)
{
	static const uint8_t root_seed[MM_ED25519_SEED_LEN] = { 1 }, key_seed[MM_ED25519_SEED_LEN] = { 2 };
	struct mm_mint_certificate certificate = { MM_PURPOSE_KEY_STATE, 1, 0, MM_TIME_MAX_S, { 0 } };

	(void)state;
	memset(&world, 0, sizeof(world));
	world.now_s = START;
	world.root = mm_ed25519_new(root_seed);
	world.key_state = mm_ed25519_new(key_seed);
	mm_ed25519_public(world.root, world.root_public);
	mm_ed25519_public(world.key_state, certificate.public_key);
	assert_true(mm_mint_certificate_make(&certificate, world.root, world.certificate));
	realm = (struct ledger_realm){ .max_lifetime_s = HOUR, .rotate_every_s = 7 * DAY, .publish_before_s = 2 * DAY,
		.visible_for_s = DAY, .name = "enterprise", .issuer = "https://a.example",
		.algorithm = mm_algorithm_find(mm_slice_str("EdDSA")) };
	begin();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	ledger_keys_free(&keys);
	mm_ed25519_free(&world.root);
	mm_ed25519_free(&world.key_state);
	return 0;
}

static size_t
active(void)
{
	struct ledger_signing_key key;

	if (!ledger_keys_active(keys, &realm, world.now_s, &key))
		return 0;
	assert_true(world.open[number_of(key.thumbprint)]);
	return number_of(key.thumbprint);
}

static size_t
kept(void)
{
	size_t count = 0;

	for (size_t i = 0; i < KEYS_MAX; i++)
		count += world.has[i] ? 1 : 0;
	return count;
}

static void
ask_what(enum mm_mint_verb verb, size_t key, const char *by, struct mm_ask_key what)
{
	struct mm_mint_ask question = { .number = 7, .uid = 1000, .verb = (uint16_t)verb };

	if (key != 0)
		assert_true(mm_mint_text_set(&what.kid, mm_slice_str(keys->realms[0]->life.keys[key - 1].kid)));
	if (by != NULL)
		assert_true(mm_mint_text_set(&what.by, mm_slice_str(by)));
	world.answered = false;
	ledger_keys_ask(keys, &realm, &question, &what);
	settle();
	assert_true(world.answered);
}

static void
ask(enum mm_mint_verb verb, size_t key, const char *by)
{
	ask_what(verb, key, by, (struct mm_ask_key){ 0 });
}

/* ---- by itself ---- */

static void
a_realm_gets_its_keys(void **state)
{
	(void)state;
	assert_int_equal(active(), 0);
	signer_comes();
	assert_int_equal(active(), 1);
	assert_int_equal(kept(), 3);
	assert_true(world.lists > 0);
	assert_int_equal(world.alarms, 0);
}

static void
a_week_passes(void **state)
{
	(void)state;
	signer_comes();
	run_until(START + 7 * DAY + HOUR);
	assert_int_equal(active(), 2);
	assert_false(world.has[1]);
	assert_int_equal(kept(), 3);
	run_until(START + 9 * DAY);
	assert_int_equal(mm_life_state_of(&keys->realms[0]->life.keys[0], world.now_s), MM_LIFE_RETIRED);
	assert_int_equal(world.alarms, 0);
}

/* Each point of three weeks at which something leaves or comes. */
static void
it_may_be_killed_at_any_point(void **state)
{
	size_t points;

	world.kill_at = SIZE_MAX;
	signer_comes();
	run_until(START + 21 * DAY + 6 * HOUR);
	points = world.points;
	assert_in_range(points, 50, 500);
	for (size_t at = 1; at <= points; at++) {
		(void)tear_down(state);
		(void)set_up(state);
		world.kill_at = at;
		signer_comes();
		if (world.killed)
			start_again();
		assert_int_not_equal(active(), 0);
		run_until(START + 21 * DAY + 6 * HOUR);
		assert_int_not_equal(active(), 0);
		/* The one that was made when nobody could record it is not left over. */
		assert_int_equal(kept(), 3);
		assert_in_range(keys->realms[0]->life.count, 6, 6);
		assert_int_equal(keys->realms[0]->alarms, 0);
	}
}

static void
a_signer_that_comes_back_is_told_what_signs(void **state)
{
	(void)state;
	signer_comes();
	ledger_keys_signer_went(keys, &realm);
	world.signer_here = false;
	assert_int_equal(active(), 0);
	run_until(START + HOUR);
	signer_comes();
	assert_int_equal(active(), 1);
}

static void
a_signer_that_is_away_for_too_long_alarms(void **state)
{
	(void)state;
	signer_comes();
	ledger_keys_signer_went(keys, &realm);
	world.signer_here = false;
	run_until(START + 8 * DAY);
	assert_string_equal(world.alarm, "realm enterprise: the active key should have been replaced");
	run_until(START + 15 * DAY);
	assert_true(keys->realms[0]->alarms & 1);
	signer_comes();
	run_until(world.now_s + HOUR);
	assert_int_equal(active(), 2);
}

static void
a_key_store_that_is_away_is_waited_for(void **state)
{
	struct mm_signer_state away = { .store_away = 1 };

	(void)state;
	assert_true(mm_mint_text_set(&away.text, mm_slice_str("the token is gone")));
	world.signer_here = true;
	ledger_keys_signer_state(keys, &realm, &away);
	settle();
	assert_int_equal(world.order_count + world.made, 0);
	assert_string_equal(world.alarm, "realm enterprise: its key store cannot be reached: the token is gone");
	signer_comes();
	assert_int_equal(active(), 1);
}

static void
a_key_that_was_lost_is_replaced(void **state)
{
	(void)state;
	signer_comes();
	run_until(START + 3 * DAY);
	world.has[1] = false;
	ledger_keys_signer_went(keys, &realm);
	signer_comes();
	run_until(START + 3 * DAY + HOUR);
	assert_int_equal(active(), 2);
}

static void
what_cannot_be_recorded_does_not_happen(void **state)
{
	(void)state;
	world.disk_is_full = true;
	signer_comes();
	run_until(START + HOUR);
	assert_int_equal(active(), 0);
	assert_int_equal(keys->realms[0]->life.count, 0);
	/* What was made and is on no record was destroyed again. */
	assert_int_equal(kept(), 0);
	world.disk_is_full = false;
	run_until(START + 2 * HOUR);
	assert_int_not_equal(active(), 0);
}

static void
a_list_that_could_not_be_told_is_told_soon(void **state)
{
	(void)state;
	signer_comes();
	ledger_keys_tick(keys, world.now_s);
	world.takes_no_list = true;
	ask(MM_MINT_VERB_KEY_TAINT, 1, NULL);
	world.takes_no_list = false;
	assert_null(memmem(world.list, world.list_len, "\"tainted\"", 9));
	assert_in_range(ledger_keys_due(keys), world.now_s, world.now_s + 2);
	world.now_s = ledger_keys_due(keys);
	ledger_keys_tick(keys, world.now_s);
	assert_non_null(memmem(world.list, world.list_len, "\"tainted\"", 9));
}

static void
a_record_of_something_else_is_damage(void **state)
{
	struct mm_life_event event = { .kind = MM_LIFE_TAINTED, .time_s = START };
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, MM_LIFE_EVENT_LEN_MAX);
	assert_true(mm_life_event_write(&event, &buf));
	assert_string_equal(ledger_keys_take_record(keys, mm_slice_str("enterprise"), mm_slice(buf.data, buf.len)),
	    "there is no such key");
	assert_null(ledger_keys_take_record(keys, mm_slice_str("gone"), mm_slice(buf.data, buf.len)));
	assert_non_null(ledger_keys_take_record(keys, mm_slice_str("gone"), mm_slice(buf.data, buf.len - 1)));
	mm_buf_clear(&buf);
}

static void
a_key_on_no_record_is_destroyed_and_told(void **state)
{
	(void)state;
	signer_comes();
	run_until(START + 3 * DAY);
	ask(MM_MINT_VERB_KEY_REVOKE, 1, NULL);
	run_until(world.now_s + HOUR);
	assert_int_equal(kept(), 3);
	assert_int_equal(world.alarms, 0);
	/* One that nobody knows, and one that was destroyed and came back. */
	world.has[200] = world.has[1] = true;
	ledger_keys_signer_went(keys, &realm);
	signer_comes();
	assert_false(world.has[200] || world.has[1]);
	assert_int_equal(kept(), 3);
	assert_int_equal(world.alarms, 2);
	assert_string_equal(world.alarm, "realm enterprise: its signer kept a key that is on no record, and has "
	    "destroyed it: yAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

static void
a_record_that_is_lost_leaves_no_key(void **state)
{
	(void)state;
	world.disk_fails = true;
	signer_comes();
	run_until(START + HOUR);
	assert_false(world.disk_fails);
	assert_int_equal(world.made, 4);
	assert_int_equal(kept(), 3);
}

/* The rest goes on, and it is tried again. */
static void
a_key_that_cannot_be_destroyed_holds_up_nothing(void **state)
{
	(void)state;
	world.keeps_all = world.has[200] = true;
	signer_comes();
	assert_int_equal(active(), 1);
	assert_int_equal(kept(), 4);
	assert_non_null(strstr(world.alarm, "its signer cannot destroy a key"));
	ask(MM_MINT_VERB_KEY_TAINT, 2, NULL);
	assert_int_equal(kept(), 5); /* another one is made in its place at once */
	world.keeps_all = false;
	run_until(START + HOUR);
	assert_false(world.has[200]);
}

/* ---- operators ---- */

static void
assert_said(const char *part)
{
	if (strstr(world.answer, part) == NULL)
		fail_msg("'%s' is not in: %s", part, world.answer);
}

static void
keys_are_listed(void **state)
{
	(void)state;
	signer_comes();
	ask(MM_MINT_VERB_KEY_LIST, 0, NULL);
	assert_said("\"state\":\"active\"");
	assert_said("\"next\":\"is replaced\",\"next_at\":1800604800");
	assert_said("\"alarms\":[]");
	ask(MM_MINT_VERB_KEY_SHOW, 1, NULL);
	assert_said("\"jwk\":{\"kty\":\"OKP\",\"x\":\"1\"}");
	assert_said("\"event\":\"promoted\"");
	ask(MM_MINT_VERB_KEY_HISTORY, 0, NULL);
	assert_said("\"event\":\"made\"");
}

static void
a_key_is_tainted_and_restored(void **state)
{
	(void)state;
	signer_comes();
	assert_int_equal(ledger_keys_wanted_since(keys, 0), INT64_MAX);
	ask(MM_MINT_VERB_KEY_TAINT, 1, NULL);
	assert_true(world.answer_done);
	assert_said("\"event\":\"tainted\"");
	/* What it may have signed since it was made is wanted, as long as the taint is not as old as what is kept. */
	assert_in_range(ledger_keys_wanted_since(keys, START), START, START + 600);
	assert_int_equal(ledger_keys_wanted_since(keys, START + 86400), INT64_MAX);
	assert_non_null(memmem(world.list, world.list_len, "\"tainted\"", 9));
	ask(MM_MINT_VERB_KEY_RESTORE, 1, "ann");
	assert_said("\"event\":\"restoration approved\"");
	ask(MM_MINT_VERB_KEY_RESTORE, 1, "ann");
	assert_false(world.answer_done);
	ask(MM_MINT_VERB_KEY_RESTORE, 1, "bob");
	assert_said("\"event\":\"restored\"");
	assert_int_equal(ledger_keys_wanted_since(keys, 0), INT64_MAX);
	assert_null(memmem(world.list, world.list_len, "\"tainted\"", 9));
	ask(MM_MINT_VERB_KEY_HISTORY, 0, NULL);
	assert_said("\"uid\":1000,\"by\":\"bob\"");
}

static void
a_revoked_key_is_destroyed(void **state)
{
	(void)state;
	signer_comes();
	run_until(START + 3 * DAY);
	ask(MM_MINT_VERB_KEY_REVOKE, 1, NULL);
	run_until(world.now_s + HOUR);
	assert_false(world.has[1]);
	assert_int_equal(active(), 2);
	ask(MM_MINT_VERB_KEY_REVOKE, 1, NULL);
	assert_string_equal(world.answer, "the key is revoked already");
}

/* Nobody may know the next key of a young mint: it waits, and that is told; or it is asked for with the revocation. */
static void
a_young_mint_goes_on_where_it_is_asked_to(void **state)
{
	const struct mm_ask_key at_once = { .now = 1 };

	(void)state;
	signer_comes();
	run_until(START + HOUR);
	ask(MM_MINT_VERB_KEY_REVOKE, 1, NULL);
	assert_said("\"state\":\"revoked\",\"nothing_signs\":true,\"signs_next\":");
	ask(MM_MINT_VERB_KEY_LIST, 0, NULL);
	assert_said("\"nothing_signs\":true,\"signs_next\":");
	assert_said("\"alarms\":[\"no key may sign: nothing is issued\"]");
	run_until(world.now_s + HOUR);
	assert_int_equal(active(), 0);
	ask_what(MM_MINT_VERB_KEY_ROTATE, 0, NULL, at_once);
	run_until(world.now_s + 60);
	assert_int_equal(active(), 2);
	ask_what(MM_MINT_VERB_KEY_REVOKE, 2, NULL, at_once);
	assert_true(world.answer_done);
	assert_said("\"event\":\"revoked\"");
	assert_said("\"state\":\"revoked\",\"rotation\":{\"realm\":\"enterprise\"");
	assert_said("\"signs_at\":");
	assert_said("\"known_everywhere_at\":");
	run_until(world.now_s + 60);
	assert_int_equal(active(), 3);
	ask(MM_MINT_VERB_KEY_HISTORY, 0, NULL);
	assert_said("\"event\":\"rotation asked\"");
	/* Where another signs, nothing follows. */
	ask_what(MM_MINT_VERB_KEY_REVOKE, 4, NULL, at_once);
	assert_said("\"event\":\"revoked\"");
	assert_null(strstr(world.answer, "rotation"));
	assert_null(strstr(world.answer, "nothing_signs"));
	assert_int_equal(active(), 3);
}

static void
a_rotation_is_refused_or_told(void **state)
{
	(void)state;
	signer_comes();
	ask(MM_MINT_VERB_KEY_ROTATE, 0, NULL);
	assert_false(world.answer_done);
	run_until(START + 2 * DAY + HOUR);
	ask(MM_MINT_VERB_KEY_ROTATE, 0, NULL);
	assert_said("\"signs_at\":");
	run_until(world.now_s + HOUR);
	assert_int_equal(active(), 2);
	ask(MM_MINT_VERB_KEY_RETIRE, 1, NULL);
	assert_string_equal(world.answer, "tokens that it signed are still valid");
	ask(MM_MINT_VERB_KEY_HOLD, 0, NULL);
	assert_said("\"until\":");
}

static void
a_key_must_be_named(void **state)
{
	struct mm_mint_ask question = { .number = 7, .verb = MM_MINT_VERB_KEY_SHOW };
	struct mm_ask_key what = { 0 };

	(void)state;
	signer_comes();
	ask(MM_MINT_VERB_KEY_TAINT, 0, NULL);
	assert_string_equal(world.answer, "which key?");
	/* Those of the test begin with small numbers. */
	assert_true(mm_mint_text_set(&what.kid, mm_slice_str("A")));
	ledger_keys_ask(keys, &realm, &question, &what);
	assert_string_equal(world.answer, "realm enterprise has several keys whose kid begins so");
	ledger_keys_ask(keys, NULL, &question, &what);
	assert_string_equal(world.answer, "which realm?");
	what.kid.len = 60000;
	ledger_keys_ask(keys, &realm, &question, &what);
	assert_string_equal(world.answer, "a text of the question is not as it must be");
}

/* Two ask at once: the second has its turn when the first is on record. */
static void
questions_wait_for_each_other(void **state)
{
	struct mm_mint_ask taint = { .number = 7, .verb = MM_MINT_VERB_KEY_TAINT };
	struct mm_ask_key what = { 0 };

	(void)state;
	signer_comes();
	assert_true(mm_mint_text_set(&what.kid, mm_slice_str(keys->realms[0]->life.keys[0].kid)));
	ledger_keys_ask(keys, &realm, &taint, &what);
	ledger_keys_ask(keys, &realm, &taint, &what);
	settle();
	assert_string_equal(world.answer, "the key is tainted already");
}

static void
a_certificate_that_ends_soon_alarms(void **state)
{
	struct mm_mint_certificate certificate = { MM_PURPOSE_KEY_STATE, 1, 0, START + 70 * DAY, { 0 } };

	(void)state;
	mm_ed25519_public(world.key_state, certificate.public_key);
	assert_true(mm_mint_certificate_make(&certificate, world.root, world.certificate));
	signer_comes();
	run_until(START + 9 * DAY);
	assert_int_equal(world.alarms, 0);
	run_until(START + 10 * DAY + 12 * HOUR);
	assert_int_equal(world.alarms, 1);
	assert_non_null(strstr(world.alarm, "ends within 60 days"));
	run_until(START + 11 * DAY + 12 * HOUR);
	assert_int_equal(world.alarms, 2);
}

static void
the_status_tells_who_signs(void **state)
{
	struct mm_json_writer writer;
	struct mm_buf buf;

	(void)state;
	signer_comes();
	mm_buf_init(&buf, 4096);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_object(&writer, NULL);
	ledger_keys_status(keys, &writer);
	mm_json_end_object(&writer);
	assert_non_null(memmem(buf.data, buf.len, "{\"keys\":{\"enterprise\":{\"active\":\"AQAA", 37));
	assert_non_null(memmem(buf.data, buf.len, "\"signer\":\"here\"", 15));
	mm_buf_clear(&buf);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_realm_gets_its_keys),
		TEST(a_week_passes),
		TEST(it_may_be_killed_at_any_point),
		TEST(a_signer_that_comes_back_is_told_what_signs),
		TEST(a_signer_that_is_away_for_too_long_alarms),
		TEST(a_key_store_that_is_away_is_waited_for),
		TEST(a_key_that_was_lost_is_replaced),
		TEST(what_cannot_be_recorded_does_not_happen),
		TEST(a_list_that_could_not_be_told_is_told_soon),
		TEST(a_key_on_no_record_is_destroyed_and_told),
		TEST(a_record_that_is_lost_leaves_no_key),
		TEST(a_key_that_cannot_be_destroyed_holds_up_nothing),
		TEST(a_record_of_something_else_is_damage),
		TEST(keys_are_listed),
		TEST(a_key_is_tainted_and_restored),
		TEST(a_revoked_key_is_destroyed),
		TEST(a_young_mint_goes_on_where_it_is_asked_to),
		TEST(a_rotation_is_refused_or_told),
		TEST(a_key_must_be_named),
		TEST(questions_wait_for_each_other),
		TEST(a_certificate_that_ends_soon_alarms),
		TEST(the_status_tells_who_signs),
	};

	return cmocka_run_group_tests_name("ledger-keys", tests, NULL, NULL);
}
