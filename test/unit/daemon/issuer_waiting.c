/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that wait: each is answered once, whatever verifier and ledger do.
 */
#include "daemon/issuer/waiting.h"
#include "lib/base/array.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct issuer_waiting waiting;
static int verifier, ledger;
static unsigned resumed;

static void
count_resumed(struct issuer_question *question)
{
	(void)question;
	resumed++;
}

static int
new_peer(enum mm_process process)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	assert_true(issuer_waiting_set_peer(&waiting, process, pair[0]));
	return pair[1];
}

static int
set_up(void **state)
{
	(void)state;
	resumed = 0;
	if (!issuer_waiting_begin(&waiting, count_resumed))
		return -1;
	verifier = new_peer(MM_PROCESS_VERIFIER);
	ledger = new_peer(MM_PROCESS_LEDGER);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	issuer_waiting_end(&waiting);
	close(verifier);
	close(ledger);
	return 0;
}

static struct issuer_question *
ask(void)
{
	struct issuer_question *question = issuer_question_new(NULL);
	struct mm_verify verify;

	memset(&verify, 0, sizeof(verify));
	verify.head.request = MM_ASK_CLIENT_CREDENTIALS;
	assert_non_null(question);
	assert_true(issuer_waiting_enter(&waiting, question));
	issuer_waiting_send(&waiting, question, &verify);
	return question;
}

/* What the verifier received: the question's number; 0: nothing. */
static uint64_t
heard(void)
{
	static struct mm_message message;
	struct mm_verify verify;

	if (mm_message_receive(verifier, MM_PROCESS_VERIFIER, MM_PROCESS_ISSUER, &message) != 1)
		return 0;
	assert_true(mm_verify_read(mm_slice(message.payload, message.len), &verify));
	return verify.head.number;
}

static void
say_verified(uint64_t number, enum mm_sign_in_status status, bool access, bool identity)
{
	struct mm_verified verified;

	memset(&verified, 0, sizeof(verified));
	verified.number = number;
	verified.status = (uint16_t)status;
	verified.has_access = access;
	verified.has_identity = identity;
	verified.ticket_access[0] = 1;
	verified.ticket_identity[0] = 2;
	assert_int_equal(mm_message_send(verifier, MM_PROCESS_VERIFIER, MM_PROCESS_ISSUER, MM_MESSAGE_VERIFIED,
	                     &verified, sizeof(verified), -1), 0);
}

static void
answer(uint64_t number, enum mm_sign_in_status status, bool access, bool identity)
{
	say_verified(number, status, access, identity);
	issuer_waiting_receive(&waiting, MM_PROCESS_VERIFIER);
}

/* What the ledger received. */
static struct mm_ticket_spend
spent(void)
{
	static struct mm_message message;
	struct mm_ticket_spend spend = { .number = 0 };

	if (mm_message_receive(ledger, MM_PROCESS_LEDGER, MM_PROCESS_ISSUER, &message) == 1)
		memcpy(&spend, message.payload, sizeof(spend));
	return spend;
}

static void
make(uint64_t number, enum mm_mint_status status, const char *token)
{
	unsigned char payload[256];
	struct mm_token_made made = { .number = number, .status = status, .token_len = (uint32_t)strlen(token) };

	memcpy(payload, &made, sizeof(made));
	memcpy(payload + sizeof(made), token, strlen(token));
	assert_int_equal(mm_message_send(ledger, MM_PROCESS_LEDGER, MM_PROCESS_ISSUER, MM_MESSAGE_TOKEN_MADE, payload,
	                     sizeof(made) + strlen(token), -1), 0);
	issuer_waiting_receive(&waiting, MM_PROCESS_LEDGER);
}

static size_t
questions(void)
{
	struct issuer_waiting_counts counts;

	issuer_waiting_get_counts(&waiting, &counts);
	return counts.questions;
}

static void
an_answer_without_tickets_comes_back(void **state)
{
	struct issuer_question *question = ask();
	uint64_t number = heard();

	(void)state;
	assert_int_not_equal(number, 0);
	assert_int_equal(resumed, 0);
	answer(number, MM_SIGN_IN_INVALID_GRANT, false, false);
	assert_int_equal(resumed, 1);
	assert_int_equal(question->verified.status, MM_SIGN_IN_INVALID_GRANT);
	answer(number, MM_SIGN_IN_OK, false, false); /* nobody waits for it any more */
	assert_int_equal(resumed, 1);
	assert_int_equal(questions(), 0);
	issuer_question_free(&question);
}

static void
tickets_are_spent_before_it_comes_back(void **state)
{
	struct issuer_question *question = ask();
	struct mm_ticket_spend access, identity;

	(void)state;
	answer(heard(), MM_SIGN_IN_OK, true, true);
	access = spent();
	identity = spent();
	assert_int_equal(access.ticket[0], 1);
	assert_int_equal(identity.ticket[0], 2);
	assert_int_equal(spent().number, 0);
	make(identity.number, MM_MINT_DONE, "i.d.t");
	assert_int_equal(resumed, 0);
	make(identity.number, MM_MINT_DONE, "o.n.e"); /* once more: not taken */
	assert_int_equal(resumed, 0);
	make(access.number, MM_MINT_DONE, "a.c.c");
	assert_int_equal(resumed, 1);
	assert_string_equal(question->tokens[ISSUER_TOKEN_ACCESS], "a.c.c");
	assert_string_equal(question->tokens[ISSUER_TOKEN_IDENTITY], "i.d.t");
	issuer_question_free(&question);
}

static void
one_token_that_is_not_made_is_no_answer(void **state)
{
	struct issuer_question *question = ask();
	struct mm_ticket_spend access, identity;

	(void)state;
	answer(heard(), MM_SIGN_IN_OK, true, true);
	access = spent();
	identity = spent();
	make(access.number, MM_MINT_DONE, "a.c.c");
	make(identity.number, MM_MINT_NO_RECORD, "");
	assert_int_equal(resumed, 1);
	assert_int_equal(question->verified.status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	assert_null(question->tokens[ISSUER_TOKEN_ACCESS]);
	assert_int_equal(question->verified.refresh_token.len, 0);
	issuer_question_free(&question);
}

/* A token is base64url and dots: a ledger that sends something else is believed no more. */
static void
what_is_no_token_is_not_handed_on(void **state)
{
	struct issuer_question *question = ask();

	(void)state;
	answer(heard(), MM_SIGN_IN_OK, true, false);
	make(spent().number, MM_MINT_DONE, "a.b\",\"x\":\"");
	assert_int_equal(resumed, 1);
	assert_int_equal(question->verified.status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	assert_int_equal(waiting.ledger.fd, -1);
	issuer_question_free(&question);
}

static void
a_peer_that_is_away_is_waited_for(void **state)
{
	struct issuer_question *question;

	(void)state;
	close(verifier);
	issuer_waiting_receive(&waiting, MM_PROCESS_VERIFIER);
	assert_int_equal(waiting.verifier.fd, -1);
	question = ask();
	assert_false(issuer_waiting_flush(&waiting, MM_PROCESS_VERIFIER));
	assert_int_equal(resumed, 0);
	verifier = new_peer(MM_PROCESS_VERIFIER);
	assert_false(issuer_waiting_flush(&waiting, MM_PROCESS_VERIFIER));
	answer(heard(), MM_SIGN_IN_OK, false, false);
	assert_int_equal(resumed, 1);
	issuer_question_free(&question);
}

/* Else questions whose time is over would fill the outbox of a peer that stays away. */
static void
what_nobody_waits_for_is_not_kept(void **state)
{
	struct issuer_question *question;

	(void)state;
	close(verifier);
	issuer_waiting_receive(&waiting, MM_PROCESS_VERIFIER);
	question = ask();
	assert_int_not_equal(waiting.verifier.bytes, 0);
	issuer_waiting_fail_all(&waiting);
	assert_false(issuer_waiting_flush(&waiting, MM_PROCESS_VERIFIER));
	assert_int_equal(waiting.verifier.bytes, 0);
	verifier = new_peer(MM_PROCESS_VERIFIER);
	issuer_question_free(&question);
}

/* Each answer's tickets are spent, also of answers that came together; behind one that is none nobody is heard. */
static void
answers_that_come_together_are_all_taken(void **state)
{
	struct issuer_question *questions[3];
	uint64_t numbers[3];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		questions[i] = ask();
		numbers[i] = heard();
	}
	say_verified(numbers[0], MM_SIGN_IN_OK, true, false);
	say_verified(numbers[1], MM_SIGN_IN_INVALID_GRANT, false, false);
	say_verified(0, MM_SIGN_IN_OK, true, false);
	answer(numbers[2], MM_SIGN_IN_OK, true, false);
	assert_int_equal(resumed, 2);
	assert_int_equal(questions[1]->verified.status, MM_SIGN_IN_INVALID_GRANT);
	assert_int_equal(questions[2]->verified.status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	assert_true(issuer_waiting_take_broken(&waiting, MM_PROCESS_VERIFIER));
	make(spent().number, MM_MINT_DONE, "a.b.c");
	assert_int_equal(resumed, 3);
	assert_string_equal(questions[0]->tokens[ISSUER_TOKEN_ACCESS], "a.b.c");
	assert_int_equal(spent().number, 0);
	for (size_t i = 0; i < 3; i++)
		issuer_question_free(&questions[i]);
}

static void
a_peer_that_goes_takes_its_questions_along(void **state)
{
	struct issuer_question *at_verifier = ask(), *at_ledger;

	(void)state;
	assert_int_not_equal(heard(), 0);
	at_ledger = ask();
	answer(heard(), MM_SIGN_IN_OK, true, false);
	close(verifier);
	issuer_waiting_receive(&waiting, MM_PROCESS_VERIFIER);
	assert_int_equal(resumed, 1);
	assert_int_equal(at_verifier->verified.status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	make(spent().number, MM_MINT_DONE, "a.b.c");
	assert_int_equal(resumed, 2);
	assert_string_equal(at_ledger->tokens[ISSUER_TOKEN_ACCESS], "a.b.c");
	verifier = new_peer(MM_PROCESS_VERIFIER);
	assert_int_equal(heard(), 0); /* nothing is asked twice */
	issuer_question_free(&at_verifier);
	issuer_question_free(&at_ledger);
}

static void
time_ends_every_question(void **state)
{
	struct issuer_question *question = ask();

	(void)state;
	issuer_waiting_expire(&waiting, issuer_now_ms() + ISSUER_WAIT_MS / 2);
	assert_int_equal(resumed, 0);
	issuer_waiting_expire(&waiting, issuer_now_ms() + ISSUER_WAIT_MS + 1);
	assert_int_equal(resumed, 1);
	assert_int_equal(question->verified.status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	issuer_question_free(&question);
}

/* More than the socket takes wait here, and go in their order; more than the table has are not taken. */
static void
many_questions_keep_their_order(void **state)
{
	static struct issuer_question *all[ISSUER_WAITING_MAX];
	struct issuer_question *one_more = issuer_question_new(NULL);
	uint64_t last = 0, number;
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < ISSUER_WAITING_MAX; i++)
		all[i] = ask();
	assert_false(issuer_waiting_enter(&waiting, one_more));
	do {
		while ((number = heard()) != 0) {
			assert_true(number > last);
			last = number;
			count++;
		}
	} while (issuer_waiting_flush(&waiting, MM_PROCESS_VERIFIER) || count < ISSUER_WAITING_MAX);
	assert_int_equal(count, ISSUER_WAITING_MAX);
	issuer_waiting_close(&waiting);
	assert_int_equal(resumed, ISSUER_WAITING_MAX);
	assert_int_equal(questions(), 0);
	assert_false(issuer_waiting_enter(&waiting, one_more));
	for (size_t i = 0; i < ISSUER_WAITING_MAX; i++)
		issuer_question_free(&all[i]);
	issuer_question_free(&one_more);
}

static void
trouble_of_the_mint_is_told(void **state)
{
	struct issuer_question *question;
	struct issuer_waiting_counts counts;
	const enum mm_mint_status given[] = { MM_MINT_REFUSED, MM_MINT_NO_KEY, MM_MINT_LATE, MM_MINT_DONE };
	const enum mm_mint_status told[] = { MM_MINT_DONE, MM_MINT_NO_KEY, MM_MINT_NO_KEY, MM_MINT_DONE };

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(given); i++) {
		question = ask();
		answer(heard(), MM_SIGN_IN_OK, true, false);
		make(spent().number, given[i], given[i] == MM_MINT_DONE ? "a.b.c" : "");
		issuer_waiting_get_counts(&waiting, &counts);
		assert_int_equal(counts.trouble, told[i]);
		issuer_question_free(&question);
	}
}

/* The verifier's, too, whatever it answers. */
static void
what_cannot_be_recorded_is_told(void **state)
{
	struct mm_verified verified = { .status = MM_SIGN_IN_OK, .cannot_record = 1 };
	struct issuer_question *question = ask();
	struct issuer_waiting_counts counts;

	(void)state;
	verified.number = heard();
	assert_int_equal(mm_message_send(verifier, MM_PROCESS_VERIFIER, MM_PROCESS_ISSUER, MM_MESSAGE_VERIFIED,
	                     &verified, sizeof(verified), -1), 0);
	issuer_waiting_receive(&waiting, MM_PROCESS_VERIFIER);
	issuer_waiting_get_counts(&waiting, &counts);
	assert_int_equal(counts.trouble, MM_MINT_NO_RECORD);
	issuer_question_free(&question);
	/* An answer that does not say so says nothing of the ledger: a token does. */
	question = ask();
	answer(heard(), MM_SIGN_IN_INVALID_GRANT, false, false);
	issuer_waiting_get_counts(&waiting, &counts);
	assert_int_equal(counts.trouble, MM_MINT_NO_RECORD);
	issuer_question_free(&question);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_without_tickets_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tickets_are_spent_before_it_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_token_that_is_not_made_is_no_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_token_is_not_handed_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_peer_that_is_away_is_waited_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_nobody_waits_for_is_not_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answers_that_come_together_are_all_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_peer_that_goes_takes_its_questions_along, set_up, tear_down),
		cmocka_unit_test_setup_teardown(time_ends_every_question, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_questions_keep_their_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(trouble_of_the_mint_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_recorded_is_told, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
