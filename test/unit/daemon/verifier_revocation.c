/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ends before its time is told to the ledger, in order and until it is on record; who asked for it is told that it
 * is done when it is; and nothing is lost with a ledger, a table or this process.
 */
#include "test/unit/daemon/verifier_here.h"

#define ALICE "alice@contoso.example"

/* ---- words ---- */

static struct mm_verify
sign_out(const struct mm_verified *signed_in)
{
	struct mm_verify verify = world_request(MM_ASK_SIGN_OUT, "app");

	assert_true(mm_mint_text_set(&verify.ask.sign_out.cookie, TEXT(signed_in->cookie)));
	return verify;
}

/* What came last, or before the last. */
static void
came(unsigned before, enum mm_revoked_kind kind, struct mm_slice value, const char *client_id)
{
	assert_true(world.revocations > before);
	assert_int_equal(world.revoked[before].kind, kind);
	assert_true(mm_slice_equal(TEXT(world.revoked[before].value), value));
	assert_true(mm_slice_equal(TEXT(world.revoked[before].client), mm_slice_str(client_id)));
}

static void
new_ledger(void)
{
	int ends[2];

	close(world.ledger);
	pair_up(ends);
	world.ledger = ends[0];
	assert_true(verifier_peer_set(&verifier.ledger, ends[1]));
	verifier_owed_anew(&verifier);
}

/* Whether an answer for the issuer lies there. */
static bool
is_answered(struct mm_verified *answer)
{
	if (mm_message_receive(world.issuer, MM_PROCESS_ISSUER, MM_PROCESS_VERIFIER, &world_message) != 1)
		return false;
	assert_true(mm_verified_read(mm_slice(world_message.payload, world_message.len), answer));
	return true;
}

static int64_t
owed(void)
{
	int64_t since_s;

	return verifier_owed_count(&verifier, &since_s);
}

/* ---- what is revoked ---- */

static void
signing_out_revokes_the_session(void **state)
{
	struct mm_verified signed_in = sign_in("app");
	struct mm_verified tokens = ask(world_code("app", TEXT(signed_in.code)));

	(void)state;
	assert_int_equal(tokens.session.len, 22);
	assert_int_equal(ask(sign_out(&signed_in)).done, 1);
	assert_int_equal(world.revocations, 1);
	came(0, MM_REVOKED_SESSION, TEXT(tokens.session), "");
	assert_int_equal(owed(), 0);
	/* Nothing is revoked where nobody is signed in. */
	assert_int_equal(ask(sign_out(&signed_in)).status, MM_SIGN_IN_OK);
	assert_int_equal(world.revocations, 1);
}

/* A browser that signs in anew ends the session that it had. */
static void
another_sign_in_revokes_the_session_before(void **state)
{
	struct mm_verified signed_in = sign_in("app"), tokens = ask(world_code("app", TEXT(signed_in.code)));
	struct mm_verify again = world_sign_in("app", ALICE, PASSWORD);

	(void)state;
	assert_true(mm_mint_text_set(&again.ask.sign_in.cookie, TEXT(signed_in.cookie)));
	assert_int_equal(ask(again).status, MM_SIGN_IN_OK);
	came(0, MM_REVOKED_SESSION, TEXT(tokens.session), "");
}

static void
a_second_use_revokes_the_session(void **state)
{
	struct mm_verified signed_in = sign_in("app"), first = ask(world_code("app", TEXT(signed_in.code)));

	(void)state;
	assert_int_equal(ask(world_refresh("app", TEXT(first.refresh_token))).status, MM_SIGN_IN_OK);
	refuse(world_refresh("app", TEXT(first.refresh_token)), MM_SIGN_IN_INVALID_GRANT);
	came(0, MM_REVOKED_SESSION, TEXT(first.session), "");
	signed_in = sign_in("app");
	first = ask(world_code("app", TEXT(signed_in.code)));
	refuse(world_code("app", TEXT(signed_in.code)), MM_SIGN_IN_INVALID_GRANT);
	came(0, MM_REVOKED_SESSION, TEXT(first.session), "");
}

/* RFC 7009 section 2.1: with the refresh token the access tokens of its grant, and nobody else's of the session. */
static void
a_revoked_refresh_token_revokes_its_clients_tokens(void **state)
{
	struct mm_verified signed_in = sign_in("app"), tokens = ask(world_code("app", TEXT(signed_in.code)));
	struct mm_verify verify = world_request(MM_ASK_REVOKE, "app");

	(void)state;
	verify.token = TEXT(tokens.refresh_token);
	assert_int_equal(ask(verify).status, MM_SIGN_IN_OK);
	assert_int_equal(world.revocations, 1);
	came(0, MM_REVOKED_SESSION, TEXT(tokens.session), "app");
	verify.token = mm_slice_str("nonsense");
	assert_int_equal(ask(verify).status, MM_SIGN_IN_OK);
	assert_int_equal(world.revocations, 1);
}

static void
disabling_and_a_new_password_revoke_the_user(void **state)
{
	struct mm_verified signed_in = sign_in("app");

	(void)state;
	assert_true(user(MM_MINT_VERB_USER_CHANGE, ALICE, NULL, world_hash()));
	came(0, MM_REVOKED_SUBJECT, TEXT(signed_in.subject), "");
	assert_true(user(MM_MINT_VERB_USER_DISABLE, ALICE, NULL, NULL));
	came(0, MM_REVOKED_SUBJECT, TEXT(signed_in.subject), "");
	assert_int_equal(world.revocations, 2);
}

static void
disabling_revokes_the_client_and_another_secret_its_own_tokens(void **state)
{
	struct mm_ask_client made = world_client("webmail", "code refresh client_credentials");

	(void)state;
	change_scopes("app", "mail");
	assert_int_equal(world.revocations, 0);
	world_client_secret(&made, "another");
	assert_true(client(MM_MINT_VERB_CLIENT_CHANGE, &made));
	came(0, MM_REVOKED_SUBJECT, mm_slice_str("webmail"), "");
	assert_true(client(MM_MINT_VERB_CLIENT_DISABLE, &made));
	came(0, MM_REVOKED_CLIENT, mm_slice_str("webmail"), "");
	assert_int_equal(world.revocations, 2);
}

/* ---- when it is told ---- */

static void
who_asked_is_told_when_it_is_on_record(void **state)
{
	struct mm_verified signed_in = sign_in("app"), answer;
	struct mm_verify verify = sign_out(&signed_in);

	(void)state;
	world.ledger_mute = true;
	world_send(&verify);
	carry();
	assert_false(is_answered(&answer));
	assert_int_equal(owed(), 1);
	/* The ledger that was mute is another one now. */
	world.ledger_mute = false;
	new_ledger();
	settle();
	assert_int_equal(world.revocations, 1);
	assert_true(is_answered(&answer));
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_int_equal(answer.done, 1);
	assert_int_equal(owed(), 0);
}

static void
who_waits_too_long_is_told_that_it_is_owed(void **state)
{
	struct mm_verified signed_in = sign_in("app"), answer;
	struct mm_verify verify = sign_out(&signed_in);
	unsigned char payload[16384];
	size_t len = world_user(payload, MM_MINT_VERB_USER_DISABLE, ALICE, NULL, NULL);

	(void)state;
	world.ledger_mute = true;
	world_send(&verify);
	carry();
	assert_true(verifier_operator_take(&verifier, mm_slice(payload, len)));
	settle();
	assert_int_equal(mm_message_receive(world.control, MM_PROCESS_MINTMARKD, MM_PROCESS_VERIFIER, &world_message),
	    -1);
	assert_int_equal(verifier_replies_due_ms(&verifier), verifier.now_ms + VERIFIER_LEDGER_MS);
	verifier.now_ms += VERIFIER_LEDGER_MS;
	verifier_works_expire(&verifier);
	verifier_end_round(&verifier);
	assert_true(is_answered(&answer));
	assert_int_equal(answer.status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	assert_int_equal(answer.done, 1);
	assert_int_equal(
	    mm_message_receive(world.control, MM_PROCESS_MINTMARKD, MM_PROCESS_VERIFIER, &world_message), 1);
	assert_int_equal(world_message.type, MM_MESSAGE_VERIFIER_ANSWER);
	assert_int_equal(world_message.payload[8], 0);
	close(world_message.fd);
	/* It is owed, and comes in its order. */
	assert_int_equal(owed(), 2);
	world.ledger_mute = false;
	new_ledger();
	settle();
	assert_int_equal(world.revocations, 2);
	came(1, MM_REVOKED_SESSION, TEXT(world.revoked[1].value), "");
	came(0, MM_REVOKED_SUBJECT, TEXT(signed_in.subject), "");
	assert_int_equal(owed(), 0);
}

/* What an operator does next gives nobody a token of the second that is refused. */
static void
an_operator_is_told_when_the_second_is_over(void **state)
{
	unsigned char payload[16384];
	size_t len = world_user(payload, MM_MINT_VERB_USER_DISABLE, ALICE, NULL, NULL);

	(void)state;
	world.revoke_up_to_s = verifier.now_s;
	verifier.second_ends_ms = verifier.now_ms + 400;
	assert_true(verifier_operator_take(&verifier, mm_slice(payload, len)));
	settle();
	assert_int_equal(owed(), 0);
	assert_int_equal(mm_message_receive(world.control, MM_PROCESS_MINTMARKD, MM_PROCESS_VERIFIER, &world_message),
	    -1);
	assert_int_equal(verifier_replies_due_ms(&verifier), verifier.now_ms + 400);
	verifier.now_ms += 400;
	settle();
	assert_int_equal(
	    mm_message_receive(world.control, MM_PROCESS_MINTMARKD, MM_PROCESS_VERIFIER, &world_message), 1);
	assert_int_equal(world_message.payload[8], 1);
	close(world_message.fd);
}

/* A client that asks again is not told that all is well before it is. */
static void
revoking_again_waits_for_what_is_owed(void **state)
{
	struct mm_verified signed_in = sign_in("app"), tokens = ask(world_code("app", TEXT(signed_in.code))), answer;
	struct mm_verify verify = world_request(MM_ASK_REVOKE, "app");

	(void)state;
	verify.token = TEXT(tokens.refresh_token);
	world.ledger_mute = true;
	for (int i = 0; i < 2; i++) {
		world_send(&verify);
		carry();
		assert_false(is_answered(&answer));
		verifier.now_ms += VERIFIER_LEDGER_MS;
		verifier_works_expire(&verifier);
		verifier_end_round(&verifier);
		assert_true(is_answered(&answer));
		assert_int_equal(answer.status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	}
	world.ledger_mute = false;
	new_ledger();
	assert_int_equal(ask(verify).status, MM_SIGN_IN_OK);
}

static void
a_ledger_whose_disk_is_full_is_asked_again(void **state)
{
	struct mm_verified signed_in = sign_in("app"), answer;
	struct mm_verify verify = sign_out(&signed_in);

	(void)state;
	world.revoke_status = MM_MINT_NO_RECORD;
	world_send(&verify);
	carry();
	assert_int_equal(world.revocations, 1);
	settle();
	assert_int_equal(world.revocations, 1);
	assert_false(is_answered(&answer));
	verifier.now_ms += 1000;
	world.revoke_status = MM_MINT_DONE;
	settle();
	assert_int_equal(world.revocations, 2);
	assert_true(is_answered(&answer));
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
}

/* ---- what is not lost, and what is not told ---- */

static void
nothing_is_told_of_a_round_that_was_undone(void **state)
{
	struct mm_verified signed_in = sign_in("app"), answer;
	struct mm_verify verify = sign_out(&signed_in);

	(void)state;
	world_send(&verify);
	receive_requests();
	verifier.table.failed = true; /* as a full disk does it */
	verifier_end_round(&verifier);
	assert_true(is_answered(&answer));
	assert_int_equal(answer.status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	assert_int_equal(answer.done, 0);
	settle();
	assert_int_equal(world.revocations, 0);
	assert_int_equal(ask(verify).done, 1);
	assert_int_equal(world.revocations, 1);
}

/* What the ledger confirmed in a round that was undone is owed still, and sent again. */
static void
a_confirmation_that_is_lost_is_asked_for_again(void **state)
{
	struct mm_verified signed_in = sign_in("app"), answer;
	struct mm_verify verify = sign_out(&signed_in);

	(void)state;
	world_send(&verify);
	receive_requests();
	verifier_end_round(&verifier);
	assert_true(world_play_ledger());
	receive_from_ledger();
	verifier.table.failed = true;
	verifier_end_round(&verifier);
	assert_false(is_answered(&answer));
	settle();
	assert_int_equal(world.revocations, 2);
	assert_true(is_answered(&answer));
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_int_equal(owed(), 0);
}

static void
what_is_owed_outlives_the_process(void **state)
{
	struct mm_verified signed_in = sign_in("app");
	struct mm_verify verify = sign_out(&signed_in);
	const char *why;

	(void)state;
	world.ledger_mute = true;
	world_send(&verify);
	carry();
	assert_int_equal(world.revocations, 0);
	/* Killed, and started anew. */
	verifier_works_forget(&verifier);
	verifier_table_close(&verifier.table);
	verifier.owed = (struct verifier_owed){ .look = true };
	assert_true(verifier_table_open(&verifier.table, &why));
	world.ledger_mute = false;
	new_ledger();
	settle();
	assert_int_equal(world.revocations, 1);
	assert_int_equal(world.revoked[0].kind, MM_REVOKED_SESSION);
	assert_int_equal(owed(), 0);
	/* Its number is not used again, so that no late answer ends another one. */
	assert_true(user(MM_MINT_VERB_USER_DISABLE, ALICE, NULL, NULL));
	assert_true(world.revoked[0].number > world.revoked[1].number);
}

/* Many at once: not all are under way, all come, each once and in order. */
static void
many_come_in_order(void **state)
{
	char value[32];
	uint64_t last = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(value, sizeof(value), "s-%u", i);
		verifier_revoke(&verifier, MM_REVOKED_SESSION, mm_slice_str(value), MM_SLICE_ABSENT);
	}
	/* What no mint writes is passed over, and holds nothing up. */
	verifier_revoke(&verifier, MM_REVOKED_TOKEN, mm_slice(world.revoked, 200), MM_SLICE_ABSENT);
	verifier_revoke(&verifier, MM_REVOKED_TOKEN, mm_slice_str("a\nb"), MM_SLICE_ABSENT);
	verifier_revoke(&verifier, MM_REVOKED_SESSION, mm_slice_str(""), MM_SLICE_ABSENT);
	verifier_end_round(&verifier);
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(value, sizeof(value), "s-%u", i);
		if (!world_play_ledger()) {
			receive_from_ledger();
			verifier_end_round(&verifier);
			assert_true(world_play_ledger());
		}
		came(0, MM_REVOKED_SESSION, mm_slice_str(value), "");
		assert_true(world.revoked[0].number > last);
		last = world.revoked[0].number;
	}
	receive_from_ledger();
	settle();
	assert_int_equal(world.revocations, 1000);
	assert_int_equal(owed(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signing_out_revokes_the_session),
		TEST(another_sign_in_revokes_the_session_before),
		TEST(a_second_use_revokes_the_session),
		TEST(a_revoked_refresh_token_revokes_its_clients_tokens),
		TEST(disabling_and_a_new_password_revoke_the_user),
		TEST(disabling_revokes_the_client_and_another_secret_its_own_tokens),
		TEST(who_asked_is_told_when_it_is_on_record),
		TEST(who_waits_too_long_is_told_that_it_is_owed),
		TEST(an_operator_is_told_when_the_second_is_over),
		TEST(revoking_again_waits_for_what_is_owed),
		TEST(a_ledger_whose_disk_is_full_is_asked_again),
		TEST(nothing_is_told_of_a_round_that_was_undone),
		TEST(a_confirmation_that_is_lost_is_asked_for_again),
		TEST(what_is_owed_outlives_the_process),
		TEST(many_come_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
