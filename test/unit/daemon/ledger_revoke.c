/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revocations at the ledger: gates are told whether the disk takes them or not, verifiers only when it did; nothing is
 * told twice, nothing grows without end, and no clock that is set makes a token later than its revocation.
 */
#include "daemon/ledger/records.h"
#include "daemon/ledger/revoke.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct ledger ledger;
static struct ledger_mint mint;
static struct ledger_realm realm = { .number = 0, .name = "enterprise", .mint = &mint };
static struct ledger_peer verifier = { .process = MM_PROCESS_VERIFIER, .realm = &realm, .birth = 7 };

static struct {
	int64_t wall_s, boot_ms;
	bool disk_fails;
	ledger_durable_function *done; /* of the last record */
	void *ctx;
	unsigned records, answers, alarms;
	struct mm_ledger_revoke record;
	char value[64];
	struct mm_revoke_done answer;
} world;

/* ---- the ledger around it ---- */

int64_t
ledger_wall_s(void)
{
	return world.wall_s;
}

int64_t
ledger_wall_us(void)
{
	return world.wall_s * 1000000;
}

int64_t
ledger_boot_ms(void)
{
	return world.boot_ms;
}

void
ledger_alarm(struct ledger *any, const char *format, ...)
{
	(void)any, (void)format;
	world.alarms++;
}

struct ledger_realm *
ledger_realm_by_name(struct ledger *any, struct mm_slice name)
{
	(void)any;
	return mm_slice_equal(name, mm_slice_str(realm.name)) ? &realm : NULL;
}

uint64_t
ledger_record(struct ledger *any, const struct mm_ledger_record *record, ledger_durable_function *done, void *ctx)
{
	(void)any;
	if (world.disk_fails)
		return 0;
	assert_int_equal(record->kind, MM_LEDGER_REVOKE);
	assert_true(mm_slice_equal(record->revoke.realm, mm_slice_str("enterprise")));
	world.record = record->revoke;
	(void)snprintf(world.value, sizeof(world.value), "%.*s", (int)record->revoke.what.value.len,
	    record->revoke.what.value.ptr);
	if (done != NULL) {
		assert_null(world.ctx);
		world.done = done;
		world.ctx = ctx;
	}
	return ++world.records;
}

struct ledger_peer *
ledger_peers_find(struct ledger_peers *peers, enum mm_process process, const struct ledger_realm *of)
{
	(void)peers;
	assert_int_equal(process, MM_PROCESS_VERIFIER);
	assert_ptr_equal(of, &realm);
	return &verifier;
}

bool
ledger_peer_post(struct ledger_peer *peer, enum mm_message_type type, const void *payload, size_t len)
{
	assert_ptr_equal(peer, &verifier);
	assert_int_equal(type, MM_MESSAGE_REVOKED);
	assert_int_equal(len, sizeof(world.answer));
	memcpy(&world.answer, payload, len);
	world.answers++;
	return true;
}

/* The disk has it, or lost it. */
static void
end_record(bool durable)
{
	void *ctx = world.ctx;

	assert_non_null(ctx);
	world.ctx = NULL;
	world.done(ctx, durable);
}

/* ---- the test's words ---- */

static int
begin(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	memset(&mint, 0, sizeof(mint));
	world.wall_s = 1700000000;
	world.boot_ms = 5000;
	verifier.birth = 7;
	return ledger_revoked_init(&mint.revoked) && ledger_tickets_init(&ledger.tickets) ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	free(world.ctx);
	ledger_revoked_clear(&mint.revoked);
	ledger_tickets_clear(&ledger.tickets);
	return 0;
}

static void
revoke(uint64_t number, const char *value)
{
	struct mm_revoke message = { .number = number, .kind = MM_REVOKED_SUBJECT };

	assert_true(mm_mint_text_set(&message.value, mm_slice_str(value)));
	assert_true(ledger_take_revoke(&ledger, &verifier, &message));
}

static bool
has(const char *value, int64_t iat_s)
{
	const struct mm_revoked_what what = { MM_REVOKED_SUBJECT, mm_slice_str(value), MM_SLICE_ABSENT };

	return mm_revoked_has(mint.revoked.set, &what, iat_s);
}

static bool
has_all(int64_t iat_s)
{
	const struct mm_revoked_what what = { MM_REVOKED_REALM, MM_SLICE_ABSENT, MM_SLICE_ABSENT };

	return mm_revoked_has(mint.revoked.set, &what, iat_s);
}

/* ---- the tests ---- */

static void
tells_gates_at_once_and_the_verifier_when_it_is_durable(void **state)
{
	uint64_t number = 0;

	(void)state;
	revoke(31, "alice");
	assert_true(has("alice", 1700000000));
	assert_false(has("alice", 1700000001));
	assert_non_null(ledger_revoked_at(&mint.revoked, &number));
	assert_int_equal(world.records, 1);
	assert_string_equal(world.value, "alice");
	assert_int_equal(world.record.up_to_s, 1700000000);
	assert_int_equal(world.record.matters_s, 1700000000 + MM_REVOKED_MATTERS_S);
	assert_int_equal(world.answers, 0);
	end_record(true);
	assert_int_equal(world.answer.number, 31);
	assert_int_equal(world.answer.status, MM_MINT_DONE);
	assert_int_equal(world.answer.up_to_s, 1700000000);
}

static void
says_that_it_is_not_on_record(void **state)
{
	(void)state;
	revoke(31, "alice");
	end_record(false);
	assert_int_equal(world.answers, 1);
	assert_int_equal(world.answer.status, MM_MINT_NO_RECORD);
	/* A verifier that came anew asks again by itself. */
	revoke(32, "bob");
	verifier.birth = 8;
	end_record(true);
	assert_int_equal(world.answers, 1);
}

static void
tells_gates_once_while_nothing_can_be_recorded(void **state)
{
	(void)state;
	world.disk_fails = true;
	for (uint64_t i = 0; i < 50; i++, world.wall_s++) {
		revoke(31, "alice");
		assert_int_equal(world.answers, i + 1);
		assert_int_equal(world.answer.status, MM_MINT_NO_RECORD);
	}
	assert_true(has("alice", 1700000000));
	assert_int_equal(mint.revoked.count, 1);
	world.disk_fails = false;
	revoke(31, "alice");
	assert_true(has("alice", world.wall_s));
	assert_int_equal(mint.revoked.count, 2);
	end_record(true);
	assert_int_equal(world.answer.status, MM_MINT_DONE);
	/* The same again within its second is recorded, and no gate need hear of it. */
	revoke(31, "alice");
	assert_int_equal(world.records, 2);
	assert_int_equal(mint.revoked.count, 2);
	end_record(true);
}

/* Tokens of before the clock was set back are not later than their revocation. */
static void
is_no_earlier_than_any_token(void **state)
{
	(void)state;
	mint.last_iat_s = 1700000900;
	revoke(31, "alice");
	assert_true(has("alice", 1700000900));
	end_record(true);
	assert_int_equal(world.answer.up_to_s, 1700000900);
}

/* However far the clock of the world is set ahead: by the one that runs on. */
static void
forgets_when_it_does_not_matter_any_more(void **state)
{
	uint64_t number = 0;

	(void)state;
	revoke(31, "alice");
	end_record(true);
	world.boot_ms += 1000;
	revoke(32, "bob");
	end_record(true);
	ledger_revoked_forget(&mint.revoked, 5000 + (int64_t)MM_REVOKED_MATTERS_S * 1000, INT64_MAX);
	assert_true(has("alice", 0));
	ledger_revoked_forget(&mint.revoked, 5001 + (int64_t)MM_REVOKED_MATTERS_S * 1000, INT64_MAX);
	assert_false(has("alice", 0));
	assert_true(has("bob", 0));
	/* A gate that stood at the one that is gone goes on at the next. */
	assert_true(mm_slice_equal(ledger_revoked_at(&mint.revoked, &number)->what.value, mm_slice_str("bob")));
	assert_int_equal(number, 1);
	number++;
	assert_null(ledger_revoked_at(&mint.revoked, &number));
}

/* The tokens of before are good again when that clock comes to their time. */
static void
forgets_nothing_that_a_clock_brings_back(void **state)
{
	const int64_t over_ms = 5001 + (int64_t)MM_REVOKED_MATTERS_S * 1000;
	uint64_t number = 0;

	(void)state;
	revoke(33, "alice");
	end_record(true);
	ledger_revoked_forget(&mint.revoked, over_ms, world.answer.up_to_s - 7200 + MM_REVOKED_MATTERS_S);
	assert_true(has("alice", world.answer.up_to_s));
	assert_non_null(ledger_revoked_at(&mint.revoked, &number));
	ledger_revoked_forget(&mint.revoked, over_ms, world.answer.up_to_s + MM_REVOKED_MATTERS_S);
	assert_false(has("alice", 0));
	assert_null(ledger_revoked_at(&mint.revoked, &number));
}

static void
takes_up_what_is_on_record(void **state)
{
	struct mm_ledger_revoke record = { mm_slice_str("enterprise"),
		{ MM_REVOKED_SUBJECT, mm_slice_str("alice"), MM_SLICE_ABSENT }, 1699999000,
		1699999000 + MM_REVOKED_MATTERS_S };

	(void)state;
	ledger_revoke_again(&ledger, &record);
	assert_true(has("alice", 1699999000));
	ledger_revoked_forget(&mint.revoked, 5000 + (int64_t)(MM_REVOKED_MATTERS_S - 1000) * 1000, INT64_MAX);
	assert_true(has("alice", 0));
	ledger_revoked_forget(&mint.revoked, 5001 + (int64_t)(MM_REVOKED_MATTERS_S - 1000) * 1000, INT64_MAX);
	assert_false(has("alice", 0));
	record.matters_s = 1699999999;
	ledger_revoke_again(&ledger, &record);
	assert_false(has("alice", 0));
	/* One of a clock that was far ahead is not kept for longer than any. */
	record.matters_s = INT64_C(1) << 40;
	ledger_revoke_again(&ledger, &record);
	assert_true(has("alice", 0));
	ledger_revoked_forget(&mint.revoked, 5001 + (int64_t)MM_REVOKED_MATTERS_S * 1000, INT64_MAX);
	assert_false(has("alice", 0));
	record.realm = mm_slice_str("nobody");
	ledger_revoke_again(&ledger, &record);
}

static void
refuses_the_whole_realm_where_there_is_too_much(void **state)
{
	uint64_t number = 0;
	char value[32];

	(void)state;
	for (size_t i = 0; i <= MM_REVOKED_MAX; i++) {
		(void)snprintf(value, sizeof(value), "%zu", i);
		revoke(i, value);
		if (world.ctx != NULL)
			end_record(true);
	}
	assert_int_equal(world.alarms, 1);
	assert_true(has_all(1700000000));
	assert_false(has_all(1700000001));
	/* That stands on record, and gates are told of it alone. */
	assert_int_equal(world.records, MM_REVOKED_MAX + 2);
	assert_int_equal(world.record.what.kind, MM_REVOKED_REALM);
	assert_int_equal(mint.revoked.count, 1);
	assert_int_equal(ledger_revoked_at(&mint.revoked, &number)->what.kind, MM_REVOKED_REALM);
	assert_int_equal(number, MM_REVOKED_MAX);
	/* The next ones stand for themselves again. */
	world.wall_s += 10;
	revoke(1, "alice");
	end_record(true);
	assert_int_equal(mint.revoked.count, 2);
	assert_true(has("alice", world.wall_s));
	assert_false(has_all(world.wall_s));
}

static void
open_ticket(const char *subject, const char *session, const char *client, uint8_t number)
{
	struct mm_ticket_open open = { .expires_ms = 30000 };

	memset(open.ticket, number, sizeof(open.ticket));
	assert_true(mm_mint_text_set(&open.grant.subject, mm_slice_str(subject)));
	assert_true(mm_mint_text_set(&open.grant.session, mm_slice_str(session)));
	assert_true(mm_mint_text_set(&open.grant.client, mm_slice_str(client)));
	assert_int_equal(ledger_tickets_open(&ledger.tickets, &open, 5000), MM_MINT_DONE);
}

static bool
is_open(uint8_t number)
{
	struct ledger_ticket *ticket;
	uint8_t name[MM_TICKET_LEN];
	bool found;

	memset(name, number, sizeof(name));
	ticket = ledger_tickets_spend(&ledger.tickets, name, 0, 5000);
	found = ticket != NULL;
	ledger_ticket_free(ticket);
	return found;
}

static void
cancel(enum mm_revoked_kind kind, const char *value, const char *client)
{
	const struct mm_revoked_what what = { kind, mm_slice_str(value), mm_slice_str(client) };

	ledger_tickets_cancel(&ledger.tickets, 0, &what);
}

static void
takes_tickets_back(void **state)
{
	(void)state;
	open_ticket("alice", "s-1", "mail", 1);
	open_ticket("alice", "s-1", "web", 2);
	open_ticket("alice", "s-2", "web", 3);
	open_ticket("bob", "", "web", 4);
	open_ticket("alice", "", "robot", 5);
	cancel(MM_REVOKED_TOKEN, "alice", "");
	cancel(MM_REVOKED_SESSION, "s-1", "mail");
	assert_false(is_open(1));
	cancel(MM_REVOKED_SESSION, "s-1", "");
	assert_false(is_open(2));
	cancel(MM_REVOKED_CLIENT, "web", "");
	assert_false(is_open(3));
	assert_false(is_open(4));
	ledger_tickets_cancel(&ledger.tickets, 1, &(struct mm_revoked_what){ MM_REVOKED_SUBJECT, mm_slice_str("alice"),
	    MM_SLICE_ABSENT });
	assert_int_equal(ledger.tickets.count, 1);
	cancel(MM_REVOKED_SUBJECT, "alice", "");
	assert_int_equal(ledger.tickets.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_gates_at_once_and_the_verifier_when_it_is_durable, begin, end),
		cmocka_unit_test_setup_teardown(says_that_it_is_not_on_record, begin, end),
		cmocka_unit_test_setup_teardown(tells_gates_once_while_nothing_can_be_recorded, begin, end),
		cmocka_unit_test_setup_teardown(is_no_earlier_than_any_token, begin, end),
		cmocka_unit_test_setup_teardown(forgets_when_it_does_not_matter_any_more, begin, end),
		cmocka_unit_test_setup_teardown(forgets_nothing_that_a_clock_brings_back, begin, end),
		cmocka_unit_test_setup_teardown(takes_up_what_is_on_record, begin, end),
		cmocka_unit_test_setup_teardown(refuses_the_whole_realm_where_there_is_too_much, begin, end),
		cmocka_unit_test_setup_teardown(takes_tickets_back, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
