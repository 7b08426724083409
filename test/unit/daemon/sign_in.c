/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and answers between issuer and verifier: what is written is read, and nothing else is. */
#include "daemon/ipc/message.h"
#include "daemon/ipc/sign_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct mm_verify_room room;
static struct mm_verify verify, again;

static void
make(enum mm_sign_in_request request)
{
	memset(&verify, 0, sizeof(verify));
	verify.head.number = 7;
	verify.head.request = (uint16_t)request;
	verify.head.proof_count = 1;
	verify.assertion = mm_slice_str("assertion");
	verify.proof = mm_slice_str("proof");
	verify.token = mm_slice_str("token");
	assert_true(mm_mint_text_set(&verify.head.client_id, mm_slice_str("client")));
	assert_true(mm_verify_write(&verify, &room));
}

static bool
read_back(void)
{
	return mm_verify_read(mm_slice(room.bytes, room.len), &again);
}

static void
test_each_request_is_read_as_it_was_written(void **state)
{
	(void)state;
	for (unsigned request = 1; request < MM_SIGN_IN_REQUEST_COUNT; request++) {
		make((enum mm_sign_in_request)request);
		assert_true(room.len <= MM_VERIFY_LEN_MAX);
		assert_true(read_back());
		assert_memory_equal(&again.head, &verify.head, sizeof(verify.head));
		assert_memory_equal(&again.ask, &verify.ask, sizeof(verify.ask));
		assert_true(mm_slice_equal(again.assertion, verify.assertion));
		assert_true(mm_slice_equal(again.proof, verify.proof));
		assert_true(mm_slice_equal(again.token, verify.token));
	}
}

static void
test_another_length_is_refused(void **state)
{
	(void)state;
	for (unsigned request = 1; request < MM_SIGN_IN_REQUEST_COUNT; request++) {
		make((enum mm_sign_in_request)request);
		for (size_t len = 0; len < room.len; len++)
			assert_false(mm_verify_read(mm_slice(room.bytes, len), &again));
		room.bytes[room.len] = 0;
		assert_false(mm_verify_read(mm_slice(room.bytes, room.len + 1), &again));
	}
}

static void
test_long_texts_have_their_limits(void **state)
{
	static char many[MM_SIGN_IN_TOKEN_LEN_MAX + 1];

	(void)state;
	make(MM_ASK_EXCHANGE);
	verify.token = mm_slice(many, MM_SIGN_IN_TOKEN_LEN_MAX);
	assert_true(mm_verify_write(&verify, &room));
	assert_true(read_back());
	verify.token = mm_slice(many, sizeof(many));
	assert_false(mm_verify_write(&verify, &room));
	make(MM_ASK_EXCHANGE);
	verify.assertion = mm_slice(many, MM_ASSERTION_LEN_MAX + 1);
	assert_false(mm_verify_write(&verify, &room));
	make(MM_ASK_EXCHANGE);
	verify.proof = mm_slice(many, MM_SIGN_IN_PROOF_LEN_MAX + 1);
	assert_false(mm_verify_write(&verify, &room));
}

static void
test_unknown_requests_are_refused(void **state)
{
	(void)state;
	make(MM_ASK_SESSION);
	verify.head.request = MM_SIGN_IN_NOTHING;
	assert_false(mm_verify_write(&verify, &room));
	verify.head.request = MM_SIGN_IN_REQUEST_COUNT;
	assert_false(mm_verify_write(&verify, &room));
	make(MM_ASK_SESSION);
	verify.head.number = 0;
	assert_true(mm_verify_write(&verify, &room));
	assert_false(read_back());
}

/* Set one byte of the head or of what stands behind it, and see that it is refused. */
static void
refuse_byte(enum mm_sign_in_request request, size_t at, unsigned char value)
{
	make(request);
	room.bytes[at] = value;
	assert_false(read_back());
}

#define IN_ASK(type, member) (sizeof(struct mm_verify_head) + offsetof(struct type, member))

static void
test_fields_that_are_not_well_formed_are_refused(void **state)
{
	(void)state;
	refuse_byte(MM_ASK_CODE, offsetof(struct mm_verify_head, client_method), MM_CLIENT_ASSERTION + 1);
	refuse_byte(MM_ASK_CODE, offsetof(struct mm_verify_head, zero), 1);
	refuse_byte(MM_ASK_CODE, offsetof(struct mm_verify_head, padding), 1);
	refuse_byte(MM_ASK_CODE, offsetof(struct mm_verify_head, is_get), 2);
	refuse_byte(MM_ASK_CODE, offsetof(struct mm_verify_head, proof_count), 0);
	refuse_byte(MM_ASK_CODE, offsetof(struct mm_verify_head, proof_count), 3);
	refuse_byte(MM_ASK_CODE, offsetof(struct mm_verify_head, certificate_trusted), 1);
	refuse_byte(MM_ASK_CODE, offsetof(struct mm_verify_head, client_id.bytes) + 6, 'x');
	refuse_byte(MM_ASK_CODE, offsetof(struct mm_verify_head, client_id.len), 129);
	refuse_byte(MM_ASK_CODE, IN_ASK(mm_ask_code, has_verifier), 2);
	refuse_byte(MM_ASK_CODE, IN_ASK(mm_ask_code, code.len), 63);
	refuse_byte(MM_ASK_CODE, IN_ASK(mm_ask_code, code.bytes), 'x');
	refuse_byte(MM_ASK_SIGN_IN, IN_ASK(mm_ask_sign_in, password.bytes), 'x');
	refuse_byte(MM_ASK_SIGN_IN, IN_ASK(mm_ask_sign_in, authorize.challenge_method), MM_CHALLENGE_OTHER + 1);
	refuse_byte(MM_ASK_DEVICE_USER, IN_ASK(mm_ask_device_user, decision), MM_DEVICE_DENY + 1);
	refuse_byte(MM_ASK_REVOKE, IN_ASK(mm_ask_token_hint, hint), MM_HINT_REFRESH_TOKEN + 1);
}

static void
test_answers_are_checked(void **state)
{
	struct mm_verified answer, read;

	(void)state;
	memset(&answer, 0, sizeof(answer));
	answer.number = 7;
	answer.status = MM_SIGN_IN_INVALID_GRANT;
	assert_true(mm_mint_text_set(&answer.description, mm_slice_str("the code was used")));
	assert_true(mm_verified_read(mm_slice((const char *)&answer, sizeof(answer)), &read));
	assert_memory_equal(&read, &answer, sizeof(answer));
	assert_false(mm_verified_read(mm_slice((const char *)&answer, sizeof(answer) - 1), &read));
	answer.description.len = 3;
	assert_false(mm_verified_read(mm_slice((const char *)&answer, sizeof(answer)), &read));
	answer.description.len = 17;
	answer.status = MM_SIGN_IN_STATUS_COUNT;
	assert_false(mm_verified_read(mm_slice((const char *)&answer, sizeof(answer)), &read));
	answer.status = MM_SIGN_IN_OK;
	answer.number = 0;
	assert_false(mm_verified_read(mm_slice((const char *)&answer, sizeof(answer)), &read));
}

static void
test_tables_say_what_the_rfcs_say(void **state)
{
	(void)state;
	assert_string_equal(mm_sign_in_status_error(MM_SIGN_IN_INVALID_CLIENT), "invalid_client");
	assert_int_equal(mm_sign_in_status_http(MM_SIGN_IN_INVALID_CLIENT), 401);
	assert_string_equal(mm_sign_in_status_error(MM_SIGN_IN_STATUS_COUNT), "server_error");
	assert_string_equal(mm_sign_in_request_path(MM_ASK_CODE), "/token");
	assert_true(mm_sign_in_request_authenticates(MM_ASK_CODE));
	assert_false(mm_sign_in_request_authenticates(MM_ASK_SIGN_IN));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_request_is_read_as_it_was_written),
		cmocka_unit_test(test_another_length_is_refused),
		cmocka_unit_test(test_long_texts_have_their_limits),
		cmocka_unit_test(test_unknown_requests_are_refused),
		cmocka_unit_test(test_fields_that_are_not_well_formed_are_refused),
		cmocka_unit_test(test_answers_are_checked),
		cmocka_unit_test(test_tables_say_what_the_rfcs_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
