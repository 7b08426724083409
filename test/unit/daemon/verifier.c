/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier's requests, in this process and on a clock of the test: what is granted, what is refused, what is good
 * once.
 */
#include "test/unit/daemon/verifier_here.h"

/* ---- codes ---- */

static void
a_user_signs_in_and_gets_tokens(void **state)
{
	struct mm_verified answer = sign_in("app");
	struct mm_verified tokens;

	(void)state;
	IS(answer.username, "alice@contoso.example");
	IS(answer.tenant, CONTOSO);
	assert_int_equal(answer.cookie.len, MM_SECRET_TEXT_LEN);
	assert_int_equal(answer.device.len, MM_SECRET_TEXT_LEN);
	tokens = ask(world_code("app", TEXT(answer.code)));
	assert_int_equal(tokens.status, MM_SIGN_IN_OK);
	assert_int_equal(tokens.has_access, 1);
	assert_int_equal(tokens.has_identity, 1);
	IS(tokens.scope, "openid mail");
	assert_int_equal(tokens.expires_in_s, 3600);
	assert_int_equal(world.tickets, 2);
	/* The ID token's ticket came last. */
	assert_int_equal(world.grants[0].token_class, MM_CLASS_IDENTITY);
	IS(world.grants[0].audience, "app");
	IS(world.grants[0].nonce, "n-1");
	assert_int_equal(world.grants[1].token_class, MM_CLASS_ACCESS);
	assert_int_equal(world.grants[1].realm, 1);
	IS(world.grants[1].audience, AUDIENCE);
	IS(world.grants[1].tenant, CONTOSO);
	IS(world.grants[1].client, "app");
	IS(world.grants[1].mailbox, "alice@contoso.example");
	assert_true(mm_slice_equal(TEXT(world.grants[1].subject), TEXT(answer.subject)));
	assert_true(mm_slice_equal(TEXT(world.grants[1].session), TEXT(answer.session)));
	assert_int_equal(world.grants[1].auth_time_s, 1800000000);
}

static void
a_code_is_good_once(void **state)
{
	struct mm_verified answer = sign_in("app"), tokens;

	(void)state;
	tokens = ask(world_code("app", TEXT(answer.code)));
	assert_int_equal(tokens.status, MM_SIGN_IN_OK);
	refuse(world_code("app", TEXT(answer.code)), MM_SIGN_IN_INVALID_GRANT);
	/* What it gave is ended. */
	refuse(world_refresh("app", TEXT(tokens.refresh_token)), MM_SIGN_IN_INVALID_GRANT);
	assert_int_equal(verifier.counts.replays, 1);
}

static void
two_at_once_with_one_code(void **state)
{
	struct mm_verified answer = sign_in("app"), first, second;
	struct mm_verify one = world_code("app", TEXT(answer.code)), other = one;

	(void)state;
	world_send(&one);
	world_send(&other);
	carry();
	first = receive_answer();
	second = receive_answer();
	assert_int_equal((first.status == MM_SIGN_IN_OK) + (second.status == MM_SIGN_IN_OK), 1);
	assert_int_equal((first.status == MM_SIGN_IN_INVALID_GRANT) + (second.status == MM_SIGN_IN_INVALID_GRANT), 1);
	/* And somebody has it who should not: neither goes on. */
	refuse(world_refresh("app", first.status == MM_SIGN_IN_OK ?
	    TEXT(first.refresh_token) : TEXT(second.refresh_token)),
	    MM_SIGN_IN_INVALID_GRANT);
}

static void
a_code_is_bound(void **state)
{
	struct mm_verified answer = sign_in("app");
	struct mm_verify verify;

	(void)state;
	refuse(world_code("stranger", TEXT(answer.code)), MM_SIGN_IN_INVALID_GRANT);
	verify = world_code("app", TEXT(answer.code));
	WORLD_SET(&verify.ask.code.verifier, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK");
	refuse(verify, MM_SIGN_IN_INVALID_GRANT);
	verify.ask.code.has_verifier = 0;
	refuse(verify, MM_SIGN_IN_INVALID_GRANT);
	verify = world_code("app", TEXT(answer.code));
	WORLD_SET(&verify.ask.code.verifier, CODE_CHALLENGE);
	refuse(verify, MM_SIGN_IN_INVALID_GRANT);
	verify = world_code("app", TEXT(answer.code));
	WORLD_SET(&verify.ask.code.redirect_uri, REDIRECT "/");
	refuse(verify, MM_SIGN_IN_INVALID_GRANT);
	verify = world_code("app", TEXT(answer.code));
	verify.ask.code.has_resource = 1;
	WORLD_SET(&verify.ask.code.resource, "https://other.example");
	refuse(verify, MM_SIGN_IN_INVALID_TARGET);
	verify = world_code("app", mm_slice_str("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
	refuse(verify, MM_SIGN_IN_INVALID_GRANT);
	/* None of that used it up. */
	assert_int_equal(ask(world_code("app", TEXT(answer.code))).status, MM_SIGN_IN_OK);
}

static void
a_code_lives_a_minute(void **state)
{
	struct mm_verified answer = sign_in("app");

	(void)state;
	verifier.now_s += VERIFIER_CODE_S - 1;
	assert_int_equal(ask(world_code("app", TEXT(answer.code))).status, MM_SIGN_IN_OK);
	answer = sign_in("app");
	verifier.now_s += VERIFIER_CODE_S;
	refuse(world_code("app", TEXT(answer.code)), MM_SIGN_IN_INVALID_GRANT);
}

/* ---- refresh tokens ---- */

static void
refresh_tokens_rotate_and_reuse_cuts_the_family(void **state)
{
	struct mm_verified first = first_tokens(), second, third;

	(void)state;
	second = ask(world_refresh("app", TEXT(first.refresh_token)));
	assert_int_equal(second.status, MM_SIGN_IN_OK);
	assert_false(mm_slice_equal(TEXT(first.refresh_token), TEXT(second.refresh_token)));
	third = ask(world_refresh("app", TEXT(second.refresh_token)));
	assert_int_equal(third.status, MM_SIGN_IN_OK);
	refuse(world_refresh("app", TEXT(first.refresh_token)), MM_SIGN_IN_INVALID_GRANT);
	refuse(world_refresh("app", TEXT(third.refresh_token)), MM_SIGN_IN_INVALID_GRANT);
}

static void
another_clients_refresh_token_is_refused(void **state)
{
	struct mm_verified first = first_tokens();
	struct mm_verify verify = with_secret(world_refresh("webmail", TEXT(first.refresh_token)), "s3cret");

	(void)state;
	refuse(verify, MM_SIGN_IN_INVALID_GRANT);
	assert_int_equal(ask(world_refresh("app", TEXT(first.refresh_token))).status, MM_SIGN_IN_OK);
}

static void
refreshing_gives_no_more_scope(void **state)
{
	struct mm_verified first = first_tokens(), answer;
	struct mm_verify verify = world_refresh("app", TEXT(first.refresh_token));

	(void)state;
	verify.ask.refresh.has_scope = 1;
	WORLD_SET(&verify.ask.refresh.scope, "openid mail profile");
	refuse(verify, MM_SIGN_IN_INVALID_SCOPE);
	WORLD_SET(&verify.ask.refresh.scope, "mail");
	answer = ask(verify);
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	IS(answer.scope, "mail");
	assert_int_equal(answer.has_identity, 0);
}

/* What a client may have more of since does not reach what a user granted; what it may no more of is gone. */
static void
what_was_granted_stays_what_it_was(void **state)
{
	struct mm_verified first, answer;

	(void)state;
	first = first_tokens();
	change_scopes("app", "mail calendar");
	answer = ask(world_refresh("app", TEXT(first.refresh_token)));
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	IS(answer.scope, "mail");
	IS(world.grants[0].scope, "mail");
	assert_int_equal(answer.has_identity, 0);
	change_scopes("app", "openid mail calendar");
	answer = ask(world_refresh("app", TEXT(answer.refresh_token)));
	IS(answer.scope, "openid mail");
	change_scopes("app", "calendar");
	refuse(world_refresh("app", TEXT(answer.refresh_token)), MM_SIGN_IN_INVALID_SCOPE);
	change_scopes("app", "mail");
	answer = ask(world_refresh("app", TEXT(answer.refresh_token)));
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	IS(answer.scope, "mail");
}

/* A client that might have nothing was granted nothing. */
static void
nothing_granted_stays_nothing(void **state)
{
	struct mm_verify verify = world_sign_in("app", "alice@contoso.example", PASSWORD);
	struct mm_verified signed_in, answer;

	(void)state;
	change_scopes("app", "");
	verify.ask.sign_in.authorize.has_scope = 0;
	WORLD_SET(&verify.ask.sign_in.authorize.scope, "");
	signed_in = ask(verify);
	assert_int_equal(signed_in.status, MM_SIGN_IN_OK);
	change_scopes("app", "openid mail");
	answer = ask(world_code("app", TEXT(signed_in.code)));
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_int_equal(answer.scope.len, 0);
	assert_int_equal(world.grants[0].scope.len, 0);
	answer = ask(world_refresh("app", TEXT(answer.refresh_token)));
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_int_equal(world.grants[0].scope.len, 0);
	verify = world_refresh("app", TEXT(answer.refresh_token));
	verify.ask.refresh.has_scope = 1;
	WORLD_SET(&verify.ask.refresh.scope, "mail");
	refuse(verify, MM_SIGN_IN_INVALID_SCOPE);
}

static void
disabling_ends_what_there_is(void **state)
{
	struct mm_verified first = first_tokens(), again = sign_in("app");
	struct mm_verify verify = world_request(MM_ASK_SESSION, "app");

	(void)state;
	assert_true(user(MM_MINT_VERB_USER_DISABLE, "alice@contoso.example", NULL, NULL));
	refuse(world_refresh("app", TEXT(first.refresh_token)), MM_SIGN_IN_INVALID_GRANT);
	refuse(world_code("app", TEXT(again.code)), MM_SIGN_IN_INVALID_GRANT);
	assert_true(mm_mint_text_set(&verify.ask.session.cookie, TEXT(again.cookie)));
	refuse(verify, MM_SIGN_IN_LOGIN_REQUIRED);
	refuse(world_sign_in("app", "alice@contoso.example", PASSWORD), MM_SIGN_IN_WRONG_PASSWORD);
}

static void
signing_out_ends_the_session(void **state)
{
	struct mm_verified signed_in = sign_in("app");
	struct mm_verified tokens = ask(world_code("app", TEXT(signed_in.code)));
	struct mm_verify verify = world_request(MM_ASK_SIGN_OUT, "app");

	(void)state;
	assert_true(mm_mint_text_set(&verify.ask.sign_out.cookie, TEXT(signed_in.cookie)));
	assert_int_equal(ask(verify).done, 1);
	assert_int_equal(ask(verify).done, 0);
	refuse(world_refresh("app", TEXT(tokens.refresh_token)), MM_SIGN_IN_INVALID_GRANT);
}

/* ---- the ledger ---- */

static void
without_the_ledger_nothing_is_used_up(void **state)
{
	struct mm_verified answer = sign_in("app");

	(void)state;
	verifier_peer_close(&verifier.ledger);
	refuse(world_code("app", TEXT(answer.code)), MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	close(world.ledger);
	open_peers();
	world.ledger_status = MM_MINT_NO_RECORD;
	refuse(world_code("app", TEXT(answer.code)), MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	world.ledger_status = MM_MINT_REFUSED;
	refuse(world_code("app", TEXT(answer.code)), MM_SIGN_IN_SERVER_ERROR);
	world.ledger_status = MM_MINT_DONE;
	assert_int_equal(ask(world_code("app", TEXT(answer.code))).status, MM_SIGN_IN_OK);
}

static void
a_ledger_that_is_mute_is_not_waited_for_for_ever(void **state)
{
	struct mm_verified answer = sign_in("app");
	struct mm_verify verify = world_code("app", TEXT(answer.code));

	(void)state;
	world.ledger_mute = true;
	world_send(&verify);
	carry();
	assert_int_equal(verifier.work_count, 1);
	verifier.now_ms += VERIFIER_LEDGER_MS;
	verifier_works_expire(&verifier);
	verifier_end_round(&verifier);
	assert_int_equal(receive_answer().status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	assert_int_equal(verifier.work_count, 0);
}

/* ---- authorization requests ---- */

static struct mm_verify
check(const char *client_id)
{
	struct mm_verify verify = world_request(MM_ASK_AUTHORIZE_CHECK, client_id);

	world_authorize(&verify.ask.authorize.authorize);
	return verify;
}

static void
refuse_check(struct mm_verify verify, enum mm_sign_in_status status, bool may_redirect)
{
	struct mm_verified answer = ask(verify);

	assert_int_equal(answer.status, status);
	assert_int_equal(answer.may_redirect, may_redirect);
}

static void
authorization_requests_are_checked(void **state)
{
	struct mm_verify verify = check("app");
	struct mm_authorize *authorize = &verify.ask.authorize.authorize;

	(void)state;
	refuse_check(verify, MM_SIGN_IN_OK, true);
	refuse_check(check("nobody"), MM_SIGN_IN_INVALID_CLIENT, false);
	WORLD_SET(&authorize->redirect_uri, "https://webmail.example.evil/cb");
	refuse_check(verify, MM_SIGN_IN_INVALID_REQUEST, false);
	authorize->has_redirect_uri = 0;
	refuse_check(verify, MM_SIGN_IN_INVALID_REQUEST, false);
	verify = check("app");
	authorize->challenge_method = MM_CHALLENGE_OTHER;
	refuse_check(verify, MM_SIGN_IN_INVALID_REQUEST, true);
	authorize->challenge_method = MM_CHALLENGE_ABSENT;
	refuse_check(verify, MM_SIGN_IN_INVALID_REQUEST, true);
	verify = check("app");
	WORLD_SET(&authorize->code_challenge, "short");
	refuse_check(verify, MM_SIGN_IN_INVALID_REQUEST, true);
	verify = check("app");
	authorize->response_type_code = 0;
	refuse_check(verify, MM_SIGN_IN_UNSUPPORTED_RESPONSE_TYPE, true);
	verify = check("app");
	WORLD_SET(&authorize->scope, "openid admin");
	refuse_check(verify, MM_SIGN_IN_INVALID_SCOPE, true);
	verify = check("app");
	authorize->has_resource = 1;
	WORLD_SET(&authorize->resource, "https://other.example");
	refuse_check(verify, MM_SIGN_IN_INVALID_TARGET, true);
	verify = check("app");
	WORLD_SET(&verify.head.tenant, "cccccccc-0000-4000-8000-00000000000c");
	refuse_check(verify, MM_SIGN_IN_UNKNOWN_TENANT, false);
}

static void
another_tenants_user_is_nobody_here(void **state)
{
	struct mm_verify verify = world_sign_in("app", "mallory@fabrikam.example", PASSWORD);

	(void)state;
	refuse(verify, MM_SIGN_IN_WRONG_PASSWORD);
	WORLD_SET(&verify.head.tenant, FABRIKAM);
	assert_int_equal(ask(verify).status, MM_SIGN_IN_OK);
	WORLD_SET(&verify.head.tenant, MM_TENANT_ANY);
	assert_int_equal(ask(verify).status, MM_SIGN_IN_OK);
}

static void
a_stranger_needs_consent(void **state)
{
	struct mm_verified answer = ask(world_sign_in("stranger", "alice@contoso.example", PASSWORD));
	struct mm_verify verify = world_request(MM_ASK_AUTHORIZE, "stranger");

	(void)state;
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_int_equal(answer.consent, 1);
	assert_int_equal(answer.code.len, 0);
	world_authorize(&verify.ask.authorize.authorize);
	refuse(verify, MM_SIGN_IN_LOGIN_REQUIRED);
	assert_true(mm_mint_text_set(&verify.ask.authorize.cookie, TEXT(answer.cookie)));
	refuse(verify, MM_SIGN_IN_CONSENT_REQUIRED);
	verify.ask.authorize.consent = 1;
	assert_int_equal(ask(verify).code.len, MM_SECRET_TEXT_LEN);
	/* Once is enough, for that scope. */
	verify.ask.authorize.consent = 0;
	assert_int_equal(ask(verify).code.len, MM_SECRET_TEXT_LEN);
	WORLD_SET(&verify.ask.authorize.authorize.scope, "openid mail email");
	refuse(verify, MM_SIGN_IN_CONSENT_REQUIRED);
}

static void
an_old_sign_in_is_not_a_recent_one(void **state)
{
	struct mm_verified answer = sign_in("app");
	struct mm_verify verify = check("app");

	(void)state;
	assert_true(mm_mint_text_set(&verify.ask.authorize.cookie, TEXT(answer.cookie)));
	assert_int_equal(ask(verify).signed_in, 1);
	verify.ask.authorize.authorize.max_age_s = 60;
	verifier.now_s += 61;
	assert_int_equal(ask(verify).signed_in, 0);
	verify.ask.authorize.authorize.max_age_s = -1;
	verifier.now_s += VERIFIER_SESSION_S;
	assert_int_equal(ask(verify).signed_in, 0);
}

/* ---- clients ---- */

static struct mm_verify
credentials(const char *client_id)
{
	return world_request(MM_ASK_CLIENT_CREDENTIALS, client_id);
}

static void
a_client_gets_a_token_of_its_own(void **state)
{
	struct mm_verified answer = ask(with_secret(credentials("webmail"), "s3cret"));

	(void)state;
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_int_equal(answer.has_identity, 0);
	assert_int_equal(answer.refresh_token.len, 0);
	IS(world.grants[0].subject, "webmail");
	IS(world.grants[0].tenant, CONTOSO);
	IS(world.grants[0].scope, "mail");
	assert_int_equal(world.grants[0].mailbox.len, 0);
	assert_int_equal(world.grants[0].auth_time_s, 0);
}

static void
clients_authenticate(void **state)
{
	struct mm_verified signed_in = sign_in("webmail");
	struct mm_ask_client disabled = world_client("webmail", "code");

	(void)state;
	refuse(with_secret(credentials("webmail"), "wrong"), MM_SIGN_IN_INVALID_CLIENT);
	refuse(with_secret(credentials("webmail"), ""), MM_SIGN_IN_INVALID_CLIENT);
	refuse(credentials("webmail"), MM_SIGN_IN_INVALID_CLIENT);
	refuse(credentials("nobody"), MM_SIGN_IN_INVALID_CLIENT);
	refuse(credentials(""), MM_SIGN_IN_INVALID_CLIENT);
	refuse(with_secret(credentials("app"), "s3cret"), MM_SIGN_IN_INVALID_CLIENT);
	refuse(credentials("app"), MM_SIGN_IN_UNAUTHORIZED_CLIENT);
	refuse(world_code("webmail", TEXT(signed_in.code)), MM_SIGN_IN_INVALID_CLIENT);
	assert_int_equal(ask(with_secret(world_code("webmail", TEXT(signed_in.code)), "s3cret")).status, MM_SIGN_IN_OK);
	disabled.stated = 0;
	assert_true(client(MM_MINT_VERB_CLIENT_DISABLE, &disabled));
	refuse(with_secret(credentials("webmail"), "s3cret"), MM_SIGN_IN_INVALID_CLIENT);
}

static void
a_client_shows_its_certificate(void **state)
{
	struct mm_ask_client made = world_client("batch", "client_credentials");
	struct mm_verify verify = credentials("batch");
	uint8_t digest[MM_DIGEST_LEN] = { 1, 2, 3 };
	char text[MM_SECRET_TEXT_LEN + 1] = "";

	(void)state;
	mm_base64url_encode(mm_slice(digest, sizeof(digest)), text);
	made.confidential = 1;
	made.stated |= MM_STATED_CERTIFICATE;
	WORLD_SET(&made.certificate, text);
	assert_true(client(MM_MINT_VERB_CLIENT_ADD, &made));
	refuse(verify, MM_SIGN_IN_INVALID_CLIENT);
	verify.head.has_certificate = 1;
	refuse(verify, MM_SIGN_IN_INVALID_CLIENT);
	memcpy(verify.head.certificate_digest, digest, sizeof(digest));
	assert_int_equal(ask(verify).status, MM_SIGN_IN_OK);
	assert_int_equal(world.grants[0].sender_key, MM_SENDER_MTLS);
	assert_memory_equal(world.grants[0].sender_thumbprint, digest, sizeof(digest));
	/* By its subject, of a trusted authority alone. */
	made.stated = MM_STATED_CERTIFICATE_SUBJECT;
	WORLD_SET(&made.certificate_subject, "CN=batch");
	assert_true(client(MM_MINT_VERB_CLIENT_CHANGE, &made));
	refuse(verify, MM_SIGN_IN_INVALID_CLIENT);
	WORLD_SET(&verify.head.certificate_subject, "CN=batch");
	refuse(verify, MM_SIGN_IN_INVALID_CLIENT);
	verify.head.certificate_trusted = 1;
	assert_int_equal(ask(verify).status, MM_SIGN_IN_OK);
}

/* ---- passwords ---- */

static void
wrong_passwords_are_slowed_where_they_come_from(void **state)
{
	struct mm_verify wrong = world_sign_in("app", "alice@contoso.example", "wrong"), right;
	struct mm_verified answer;

	(void)state;
	for (unsigned i = 0; i < VERIFIER_FREE_FAILURES; i++)
		refuse(wrong, MM_SIGN_IN_WRONG_PASSWORD);
	refuse(wrong, MM_SIGN_IN_TOO_MANY_ATTEMPTS);
	/* The right one is not looked at from there either, and is from elsewhere. */
	right = world_sign_in("app", "alice@contoso.example", PASSWORD);
	refuse(right, MM_SIGN_IN_TOO_MANY_ATTEMPTS);
	right.head.address[15] = 99;
	assert_int_equal(ask(right).status, MM_SIGN_IN_OK);
	right.head.address[15] = 1;
	answer = ask(right);
	assert_true(answer.retry_after_s > 0);
	/* A clock that is set back locks nobody out. */
	verifier.now_s -= 365 * INT64_C(86400);
	answer = ask(right);
	assert_in_range(answer.retry_after_s, 1, VERIFIER_WAIT_MAX_S);
	verifier.now_s += 365 * INT64_C(86400);
	verifier.now_ms += (int64_t)answer.retry_after_s * 1000;
	assert_int_equal(ask(right).status, MM_SIGN_IN_OK);
}

static void
a_browser_that_is_known_is_not_slowed_by_its_network(void **state)
{
	struct mm_verify wrong = world_sign_in("app", "alice@contoso.example", "wrong"), right;
	struct mm_verified answer = sign_in("app");

	(void)state;
	for (unsigned i = 0; i < VERIFIER_FREE_FAILURES; i++)
		refuse(wrong, MM_SIGN_IN_WRONG_PASSWORD);
	refuse(wrong, MM_SIGN_IN_TOO_MANY_ATTEMPTS);
	right = world_sign_in("app", "alice@contoso.example", PASSWORD);
	assert_true(mm_mint_text_set(&right.ask.sign_in.device, TEXT(answer.device)));
	answer = ask(right);
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_int_equal(answer.device.len, 0);
}

static void
who_is_nobody_is_told_the_same(void **state)
{
	(void)state;
	refuse(world_sign_in("app", "nobody@contoso.example", PASSWORD), MM_SIGN_IN_WRONG_PASSWORD);
	refuse(world_sign_in("app", "no address", PASSWORD), MM_SIGN_IN_WRONG_PASSWORD);
	refuse(world_sign_in("app", "alice@contoso.example", ""), MM_SIGN_IN_WRONG_PASSWORD);
	assert_int_equal(ask(world_sign_in("app", "ALICE@Contoso.Example", PASSWORD)).status, MM_SIGN_IN_OK);
}

/* ---- devices ---- */

static void
a_mail_client_gets_tokens_by_a_code_that_is_typed(void **state)
{
	struct mm_verified signed_in = sign_in("app"), started, answer;
	struct mm_verify poll_it = world_request(MM_ASK_DEVICE_POLL, "app");
	struct mm_verify typed = world_request(MM_ASK_DEVICE_USER, "");

	(void)state;
	started = ask(world_request(MM_ASK_DEVICE_START, "app"));
	assert_int_equal(started.status, MM_SIGN_IN_OK);
	assert_int_equal(started.user_code.len, MM_USER_CODE_LEN);
	assert_true(mm_mint_text_set(&poll_it.ask.device_poll.device_code, TEXT(started.device_code)));
	refuse(poll_it, MM_SIGN_IN_AUTHORIZATION_PENDING);
	refuse(poll_it, MM_SIGN_IN_SLOW_DOWN);
	WORLD_SET(&typed.ask.device_user.user_code, "BBBB-BBBB");
	refuse(typed, MM_SIGN_IN_LOGIN_REQUIRED);
	assert_true(mm_mint_text_set(&typed.ask.device_user.cookie, TEXT(signed_in.cookie)));
	refuse(typed, MM_SIGN_IN_UNKNOWN_USER_CODE);
	assert_true(mm_mint_text_set(&typed.ask.device_user.user_code, TEXT(started.user_code)));
	answer = ask(typed);
	IS(answer.client_name, "A Program");
	assert_int_equal(answer.done, 0);
	typed.ask.device_user.decision = MM_DEVICE_ALLOW;
	assert_int_equal(ask(typed).done, 1);
	verifier.now_s += 20;
	answer = ask(poll_it);
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_int_equal(answer.refresh_token.len, MM_SECRET_TEXT_LEN);
	IS(world.grants[1].mailbox, "alice@contoso.example");
	assert_false(mm_slice_equal(TEXT(world.grants[1].session), TEXT(signed_in.session)));
	refuse(poll_it, MM_SIGN_IN_INVALID_GRANT);
}

/* Who tries codes is stopped, and is not told by the right one that it is: wherever he goes. */
static void
codes_are_not_tried_for_long(void **state)
{
	struct mm_verified signed_in = sign_in("app"), started = ask(world_request(MM_ASK_DEVICE_START, "app")), answer;
	struct mm_verify typed = world_request(MM_ASK_DEVICE_USER, "");

	(void)state;
	assert_true(mm_mint_text_set(&typed.ask.device_user.cookie, TEXT(signed_in.cookie)));
	WORLD_SET(&typed.ask.device_user.user_code, "BBBB-BBBB");
	for (unsigned i = 0; i < VERIFIER_USER_GUESSES; i++) {
		typed.head.address[15] = (uint8_t)i;
		refuse(typed, MM_SIGN_IN_UNKNOWN_USER_CODE);
	}
	refuse(typed, MM_SIGN_IN_TOO_MANY_ATTEMPTS);
	assert_true(mm_mint_text_set(&typed.ask.device_user.user_code, TEXT(started.user_code)));
	typed.head.address[15] = 99;
	answer = ask(typed);
	assert_int_equal(answer.status, MM_SIGN_IN_TOO_MANY_ATTEMPTS);
	assert_in_range(answer.retry_after_s, VERIFIER_ADDRESS_WINDOW_S - 60, VERIFIER_ADDRESS_WINDOW_S);
	assert_int_equal(answer.client_name.len, 0);
	typed.ask.device_user.decision = MM_DEVICE_ALLOW;
	refuse(typed, MM_SIGN_IN_TOO_MANY_ATTEMPTS);
	/* Another user is not stopped by that. */
	typed.ask.device_user.decision = MM_DEVICE_LOOK;
	answer = ask(world_sign_in("app", "bob@contoso.example", PASSWORD));
	assert_true(mm_mint_text_set(&typed.ask.device_user.cookie, TEXT(answer.cookie)));
	assert_int_equal(ask(typed).status, MM_SIGN_IN_OK);
}

/* The person saw what the device asked for, and nothing else. */
static void
a_device_gets_no_more_than_was_shown(void **state)
{
	struct mm_verified signed_in = sign_in("app"), started, answer;
	struct mm_verify begin = world_request(MM_ASK_DEVICE_START, "app");
	struct mm_verify poll_it = world_request(MM_ASK_DEVICE_POLL, "app");
	struct mm_verify typed = world_request(MM_ASK_DEVICE_USER, "");

	(void)state;
	begin.ask.device_start.has_scope = 1;
	WORLD_SET(&begin.ask.device_start.scope, "openid admin");
	refuse(begin, MM_SIGN_IN_INVALID_SCOPE);
	WORLD_SET(&begin.ask.device_start.scope, "email mail");
	started = ask(begin);
	assert_true(mm_mint_text_set(&poll_it.ask.device_poll.device_code, TEXT(started.device_code)));
	assert_true(mm_mint_text_set(&typed.ask.device_user.cookie, TEXT(signed_in.cookie)));
	assert_true(mm_mint_text_set(&typed.ask.device_user.user_code, TEXT(started.user_code)));
	typed.ask.device_user.decision = MM_DEVICE_ALLOW;
	answer = ask(typed);
	IS(answer.scope, "email mail");
	change_scopes("app", "openid profile mail");
	answer = ask(poll_it);
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	IS(answer.scope, "mail");
	assert_int_equal(answer.has_identity, 0);
	change_scopes("app", "openid profile email mail");
	answer = ask(world_refresh("app", TEXT(answer.refresh_token)));
	IS(answer.scope, "mail");
}

static void
a_device_may_be_refused_or_late(void **state)
{
	struct mm_verified signed_in = sign_in("app"), started = ask(world_request(MM_ASK_DEVICE_START, "app"));
	struct mm_verify poll_it = world_request(MM_ASK_DEVICE_POLL, "app");
	struct mm_verify typed = world_request(MM_ASK_DEVICE_USER, "");

	(void)state;
	assert_true(mm_mint_text_set(&poll_it.ask.device_poll.device_code, TEXT(started.device_code)));
	assert_true(mm_mint_text_set(&typed.ask.device_user.cookie, TEXT(signed_in.cookie)));
	assert_true(mm_mint_text_set(&typed.ask.device_user.user_code, TEXT(started.user_code)));
	typed.ask.device_user.decision = MM_DEVICE_DENY;
	assert_int_equal(ask(typed).done, 1);
	refuse(poll_it, MM_SIGN_IN_ACCESS_DENIED);
	started = ask(world_request(MM_ASK_DEVICE_START, "app"));
	assert_true(mm_mint_text_set(&poll_it.ask.device_poll.device_code, TEXT(started.device_code)));
	verifier.now_s += VERIFIER_DEVICE_S;
	refuse(poll_it, MM_SIGN_IN_EXPIRED_TOKEN);
}

/* Another hash of the right form: of a password that nobody knows. */
static const char *
new_hash(void)
{
	static char hash[CRYPT_OUTPUT_SIZE];
	size_t len;

	(void)snprintf(hash, sizeof(hash), "%s", world_hash());
	len = strlen(hash);
	hash[len - 1] = hash[len - 1] == '.' ? '/' : '.';
	return hash;
}

/* A thief of a password has used it; then the password is a new one. */
static void
a_new_password_ends_what_the_old_one_allowed(void **state)
{
	struct mm_verified signed_in = sign_in("app"), started = ask(world_request(MM_ASK_DEVICE_START, "app"));
	struct mm_verify poll_it = world_request(MM_ASK_DEVICE_POLL, "app");
	struct mm_verify typed = world_request(MM_ASK_DEVICE_USER, "");

	(void)state;
	assert_true(mm_mint_text_set(&poll_it.ask.device_poll.device_code, TEXT(started.device_code)));
	assert_true(mm_mint_text_set(&typed.ask.device_user.cookie, TEXT(signed_in.cookie)));
	assert_true(mm_mint_text_set(&typed.ask.device_user.user_code, TEXT(started.user_code)));
	typed.ask.device_user.decision = MM_DEVICE_ALLOW;
	assert_int_equal(ask(typed).done, 1);
	assert_true(user(MM_MINT_VERB_USER_CHANGE, "alice@contoso.example", NULL, new_hash()));
	refuse(poll_it, MM_SIGN_IN_INVALID_GRANT);
	refuse(world_code("app", TEXT(signed_in.code)), MM_SIGN_IN_INVALID_GRANT);
	assert_int_equal(world.tickets, 0);
}

static void
a_password_that_is_replaced_while_it_is_checked_is_wrong(void **state)
{
	struct mm_verify verify = world_sign_in("app", "alice@contoso.example", PASSWORD);
	struct mm_verified answer;

	(void)state;
	world_send(&verify);
	receive_requests();
	assert_true(waits_for_password());
	assert_true(user(MM_MINT_VERB_USER_CHANGE, "alice@contoso.example", NULL, new_hash()));
	carry();
	answer = receive_answer();
	assert_int_equal(answer.status, MM_SIGN_IN_WRONG_PASSWORD);
	assert_int_equal(answer.code.len, 0);
	assert_int_equal(answer.cookie.len, 0);
}

/* ---- operators ---- */

static void
operators_are_told_what_does_not_fit(void **state)
{
	struct mm_ask_client made = world_client("bad", "code");

	(void)state;
	assert_false(user(MM_MINT_VERB_USER_ADD, "alice@contoso.example", "contoso", world_hash()));
	assert_false(user(MM_MINT_VERB_USER_ADD, "eve@fabrikam.example", "contoso", world_hash()));
	assert_false(user(MM_MINT_VERB_USER_ADD, "eve@contoso.example", NULL, world_hash()));
	assert_false(user(MM_MINT_VERB_USER_ADD, "eve@contoso.example", "contoso", NULL));
	assert_false(user(MM_MINT_VERB_USER_ADD, "eve@contoso.example", "contoso", "$1$salt$0123456789012345678901"));
	assert_false(user(MM_MINT_VERB_USER_SHOW, "eve@contoso.example", NULL, NULL));
	assert_true(user(MM_MINT_VERB_USER_SHOW, "alice@contoso.example", NULL, NULL));
	assert_true(user(MM_MINT_VERB_USER_LIST, "", NULL, NULL));
	WORLD_SET(&made.redirects, "http://webmail.example/cb");
	assert_false(client(MM_MINT_VERB_CLIENT_ADD, &made));
	made = world_client("bad", "code implicit");
	assert_false(client(MM_MINT_VERB_CLIENT_ADD, &made));
	made = world_client("bad", "client_credentials");
	assert_false(client(MM_MINT_VERB_CLIENT_ADD, &made));
	made = world_client("bad", "code");
	WORLD_SET(&made.audiences, "https://other.example");
	assert_false(client(MM_MINT_VERB_CLIENT_ADD, &made));
	made = world_client("bad", "code");
	made.confidential = 1;
	assert_false(client(MM_MINT_VERB_CLIENT_ADD, &made));
	made = world_client("bad:", "code");
	assert_false(client(MM_MINT_VERB_CLIENT_ADD, &made));
	/* A client's own token has it as 'sub'. */
	made = world_client("AAAAAAAAAAAAAAAAAAAAAA", "code");
	assert_false(client(MM_MINT_VERB_CLIENT_ADD, &made));
	made = world_client("a-client-of-22-letters", "code");
	assert_false(client(MM_MINT_VERB_CLIENT_ADD, &made));
	made = world_client("a-client-of-22.letters", "code");
	assert_true(client(MM_MINT_VERB_CLIENT_ADD, &made));
}

static void
the_directory_has_who_may_sign_in(void **state)
{
	struct mm_buf text;

	(void)state;
	assert_true(user(MM_MINT_VERB_USER_DISABLE, "bob@contoso.example", NULL, NULL));
	mm_buf_init(&text, VERIFIER_DIRECTORY_LEN_MAX);
	verifier_directory_write(&verifier, &text);
	mm_buf_add(&text, "", 1);
	assert_true(mm_buf_ok(&text));
	assert_non_null(strstr(text.data, "\"mailbox\":\"alice@contoso.example\""));
	assert_non_null(strstr(text.data, "\"tenant\":\"fabrikam\""));
	assert_null(strstr(text.data, "bob@"));
	mm_buf_clear(&text);
}

/* ---- the table ---- */

static int64_t
count_rows(const char *sql)
{
	sqlite3_stmt *statement;
	int64_t count;

	assert_int_equal(sqlite3_prepare_v2(verifier.table.db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return count;
}

/* What is too old goes, also where it came quicker than one sweep takes; what is not stays. */
static void
old_rows_are_swept(void **state)
{
	struct mm_slice realm = mm_slice_str("enterprise");
	char id[32];
	int sweeps = 1;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(id, sizeof(id), "token-%d", i);
		verifier_token_revoke(&verifier.table, realm, mm_slice_str(id), verifier.now_s + (i == 0 ? 1000 : 10));
		assert_true(verifier_token_is_revoked(&verifier.table, realm, mm_slice_str(id)));
		verifier_assertions_add(&verifier.table, mm_slice(id, 16), verifier.now_s + (i == 1 ? 1000 : 10));
	}
	assert_false(verifier_table_sweep(&verifier.table, verifier.now_s));
	while (verifier_table_sweep(&verifier.table, verifier.now_s + 10))
		sweeps++;
	assert_int_equal(sweeps, 3);
	assert_int_equal(count_rows("SELECT count(*) FROM revoked"), 1);
	assert_int_equal(count_rows("SELECT count(*) FROM assertion"), 1);
	assert_true(verifier_token_is_revoked(&verifier.table, realm, mm_slice_str("token-0")));
	assert_false(verifier_token_is_revoked(&verifier.table, realm, mm_slice_str("token-1")));
	assert_false(verifier_token_is_revoked(&verifier.table, mm_slice_str("consumer"), mm_slice_str("token-0")));
}

static void
what_cannot_be_kept_is_not_told(void **state)
{
	struct mm_verified answer = sign_in("app");
	struct mm_verify code = world_code("app", TEXT(answer.code)), verify = code;

	(void)state;
	world_send(&verify);
	receive_requests();
	while (ledger_plays())
		;
	receive_from_ledger();
	verifier.table.failed = true; /* as a full disk does it */
	verifier_end_round(&verifier);
	answer = receive_answer();
	assert_int_equal(answer.status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	assert_int_equal(answer.has_access, 0);
	assert_int_equal(answer.refresh_token.len, 0);
	assert_true(verifier.store_failed);
	/* A refusal is not told either: it may come from what could not be read. */
	verify = world_code("app", mm_slice_str("no-code-at-all"));
	world_send(&verify);
	receive_requests();
	verifier.table.failed = true;
	verifier_end_round(&verifier);
	assert_int_equal(receive_answer().status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	/* That it failed stands until something could be written. */
	(void)verifier_table_sweep(&verifier.table, verifier.now_s);
	verifier_end_round(&verifier);
	assert_true(verifier.store_failed);
	verifier_table_try(&verifier.table);
	verifier_end_round(&verifier);
	assert_false(verifier.store_failed);
	/* And nothing of it was kept: the code is still good. */
	verify = code;
	assert_int_equal(ask(verify).status, MM_SIGN_IN_OK);
	assert_false(verifier.store_failed);
}

/* Not even what needs nothing written: what would end it could not be kept. */
static void
nothing_is_issued_while_the_table_cannot_be_written(void **state)
{
	struct mm_ask_client made = world_client("batch", "client_credentials");
	struct mm_verify verify = credentials("batch");
	struct mm_verified answer;

	(void)state;
	made.confidential = 1;
	world_client_secret(&made, "s3cret");
	assert_true(client(MM_MINT_VERB_CLIENT_ADD, &made));
	assert_int_equal(ask(with_secret(verify, "s3cret")).status, MM_SIGN_IN_OK);
	assert_int_equal(world.tickets, 1);
	verifier.table.failed = true;
	verifier_end_round(&verifier);
	answer = ask(with_secret(verify, "s3cret"));
	assert_int_equal(answer.status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	assert_int_equal(answer.cannot_record, 1);
	assert_int_equal(world.tickets, 1);
	verifier_table_try(&verifier.table);
	verifier_end_round(&verifier);
	answer = ask(with_secret(verify, "s3cret"));
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_int_equal(answer.cannot_record, 0);
}

/* Who waits for his password to be checked waits with what was read of him, or could not be. */
static void
what_waits_is_not_told_of_a_round_that_failed(void **state)
{
	struct mm_verify verify = world_sign_in("app", "alice@contoso.example", PASSWORD);
	struct pollfd done = { verifier_passwords_fd(verifier.passwords), POLLIN, 0 };
	uint64_t number;
	bool right;

	(void)state;
	world_send(&verify);
	receive_requests();
	assert_true(waits_for_password());
	verifier.table.failed = true;
	verifier_end_round(&verifier);
	assert_int_equal(receive_answer().status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	assert_int_equal(verifier.work_count, 0);
	/* The thread's word comes for nobody. */
	assert_int_equal(poll(&done, 1, 30000), 1);
	while (verifier_passwords_next(verifier.passwords, &number, &right))
		assert_null(verifier_work_find(&verifier, number, VERIFIER_WAITS_PASSWORD));
	/* One that waits from a round before is not touched by it. */
	world_send(&verify);
	receive_requests();
	verifier_end_round(&verifier);
	verifier.table.failed = true;
	verifier_end_round(&verifier);
	carry();
	assert_int_equal(receive_answer().status, MM_SIGN_IN_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_user_signs_in_and_gets_tokens),
		TEST(a_code_is_good_once),
		TEST(two_at_once_with_one_code),
		TEST(a_code_is_bound),
		TEST(a_code_lives_a_minute),
		TEST(refresh_tokens_rotate_and_reuse_cuts_the_family),
		TEST(another_clients_refresh_token_is_refused),
		TEST(refreshing_gives_no_more_scope),
		TEST(what_was_granted_stays_what_it_was),
		TEST(nothing_granted_stays_nothing),
		TEST(disabling_ends_what_there_is),
		TEST(signing_out_ends_the_session),
		TEST(without_the_ledger_nothing_is_used_up),
		TEST(a_ledger_that_is_mute_is_not_waited_for_for_ever),
		TEST(authorization_requests_are_checked),
		TEST(another_tenants_user_is_nobody_here),
		TEST(a_stranger_needs_consent),
		TEST(an_old_sign_in_is_not_a_recent_one),
		TEST(a_client_gets_a_token_of_its_own),
		TEST(clients_authenticate),
		TEST(a_client_shows_its_certificate),
		TEST(wrong_passwords_are_slowed_where_they_come_from),
		TEST(a_browser_that_is_known_is_not_slowed_by_its_network),
		TEST(who_is_nobody_is_told_the_same),
		TEST(a_mail_client_gets_tokens_by_a_code_that_is_typed),
		TEST(codes_are_not_tried_for_long),
		TEST(a_device_gets_no_more_than_was_shown),
		TEST(a_device_may_be_refused_or_late),
		TEST(a_new_password_ends_what_the_old_one_allowed),
		TEST(a_password_that_is_replaced_while_it_is_checked_is_wrong),
		TEST(operators_are_told_what_does_not_fit),
		TEST(the_directory_has_who_may_sign_in),
		TEST(old_rows_are_swept),
		TEST(what_cannot_be_kept_is_not_told),
		TEST(nothing_is_issued_while_the_table_cannot_be_written),
		TEST(what_waits_is_not_told_of_a_round_that_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
