/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rooms of the history: what finds none is said, what is known goes on; the latest tokens are remembered.
 */
#include "engine/detect/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_US (3600 * INT64_C(1000000))
#define BEGIN_US (INT64_C(1685577600) * 1000000)

/* A mail access of a mailbox with a token, both known by their numbers. */
static struct mm_logs_event
access_of(uint32_t mailbox, uint32_t token, int64_t time_us)
{
	struct mm_logs_event event;

	mm_logs_event_init(&event);
	event.kind = MM_LOGS_MAIL_ACCESS;
	event.time_us = time_us;
	event.tenant = 1;
	event.mailbox = mailbox;
	event.client = 2;
	if (token != 0) {
		event.token.kind = MM_LOGS_GUID;
		memcpy(event.token.bytes, &token, sizeof(token));
	}
	return event;
}

static const struct mm_past *
next(struct mm_history *history, uint32_t mailbox, uint32_t token, int64_t time_us)
{
	struct mm_logs_event event = access_of(mailbox, token, time_us);
	const struct mm_past *past = mm_history_next(history, &event);

	assert_non_null(past);
	return past;
}

static void
test_no_more_mailboxes(void **state)
{
	struct mm_history *history = mm_history_new();

	(void)state;
	assert_non_null(history);
	for (uint32_t i = 1; i <= MM_HISTORY_MAILBOXES_MAX; i++)
		assert_true(next(history, i, 0, BEGIN_US)->judged);
	assert_true(next(history, MM_HISTORY_MAILBOXES_MAX + 1, 0, BEGIN_US)->no_room);
	assert_false(next(history, MM_HISTORY_MAILBOXES_MAX + 1, 0, BEGIN_US)->judged);
	assert_true(next(history, 7, 0, BEGIN_US)->judged);
	mm_history_free(&history);
	assert_null(history);
}

/* A mailbox that is seen from more networks than there is room for is known as before; so are tokens in any case. */
static void
test_no_more_networks(void **state)
{
	struct mm_history *history = mm_history_new();
	struct mm_logs_event event = access_of(1, 1, BEGIN_US);
	const struct mm_past *past = NULL;

	(void)state;
	event.address.network = MM_LOGS_PUBLIC;
	for (uint32_t i = 0; i <= MM_HISTORY_TENANT_PAIRS_MAX; i++) {
		/* Of IPv6: each is a /48 of its own. */
		memcpy(event.address.bytes, &i, sizeof(i));
		past = mm_history_next(history, &event);
		assert_non_null(past);
		assert_true(past->judged);
		assert_int_equal(past->no_room, i == MM_HISTORY_TENANT_PAIRS_MAX);
	}
	assert_null(past->network_in_tenant);
	assert_non_null(past->in_tenant);
	assert_int_equal(past->token_first_us, BEGIN_US);
	for (uint32_t i = 2; i <= MM_HISTORY_MAILBOXES_MAX; i++)
		(void)next(history, i, 0, BEGIN_US);
	past = next(history, MM_HISTORY_MAILBOXES_MAX + 1, 1, BEGIN_US + HOUR_US);
	assert_false(past->judged);
	assert_true(past->counts);
	assert_int_equal(past->token_first_us, BEGIN_US);
	mm_history_free(&history);
}

static void
test_the_latest_tokens(void **state)
{
	struct mm_history *history = mm_history_new();

	(void)state;
	assert_non_null(history);
	(void)next(history, 1, 1, BEGIN_US);
	for (uint32_t i = 2; i <= MM_HISTORY_TOKENS_MAX + 1; i++)
		(void)next(history, 1, i, BEGIN_US + HOUR_US);
	assert_int_equal(next(history, 1, 1, BEGIN_US + 2 * HOUR_US)->token_first_us, BEGIN_US);
	for (uint32_t i = 0; i < 2 * MM_HISTORY_TOKENS_MAX; i++)
		(void)next(history, 1, MM_HISTORY_TOKENS_MAX + 2 + i, BEGIN_US + 3 * HOUR_US);
	assert_int_equal(next(history, 1, 1, BEGIN_US + 4 * HOUR_US)->token_first_us, BEGIN_US + 4 * HOUR_US);
	mm_history_free(&history);
}

/* Nothing is learned from times that cannot be relied on, nor from what is no mail. */
static void
test_what_does_not_count(void **state)
{
	struct mm_history *history = mm_history_new();
	struct mm_logs_event doubtful = access_of(1, 1, BEGIN_US), future = doubtful, sign_in = doubtful;
	struct mm_logs_event timeless = access_of(1, 1, MM_LOGS_NO_TIME);
	struct mm_seen seen;
	uint32_t tenant;

	(void)state;
	assert_non_null(history);
	doubtful.flags = MM_LOGS_TIME_DOUBTFUL;
	future.flags = MM_LOGS_TIME_FUTURE;
	sign_in.kind = MM_LOGS_SIGN_IN;
	assert_false(mm_history_next(history, &doubtful)->judged);
	assert_false(mm_history_next(history, &future)->judged);
	assert_false(mm_history_next(history, &sign_in)->judged);
	assert_false(mm_history_next(history, &timeless)->judged);
	assert_false(mm_history_tenant(history, 0, &tenant, &seen));
	assert_true(next(history, 1, 1, BEGIN_US)->judged);
	assert_true(mm_history_tenant(history, 0, &tenant, &seen));
	assert_int_equal(tenant, 1);
	assert_int_equal(seen.first_us, BEGIN_US);
	mm_history_free(&history);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_more_mailboxes),
		cmocka_unit_test(test_no_more_networks),
		cmocka_unit_test(test_the_latest_tokens),
		cmocka_unit_test(test_what_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
