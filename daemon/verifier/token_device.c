/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device grant (RFC 8628): a mail client without a browser, a person with one.
 */
#include "daemon/verifier/authorize.h"
#include "daemon/verifier/scope.h"
#include "daemon/verifier/secret.h"

#include <string.h>

/* ---- the device asks ---- */

static bool
fill_device(struct verifier_work *work, struct verifier_device *device)
{
	*device = (struct verifier_device){ .state = VERIFIER_DEVICE_PENDING };
	return mm_mint_text_set(&device->client, mm_mint_text_get(&work->client.id)) &&
	    mm_mint_text_set(&device->tenant, mm_mint_text_get(&work->verify.head.tenant)) &&
	    mm_mint_text_set(&device->scope, mm_mint_text_get(&work->grant.scope)) &&
	    mm_mint_text_set(&device->audience, mm_mint_text_get(&work->grant.audience));
}

void
verifier_ask_device_start(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_device_start *ask = &work->verify.ask.device_start;
	char text[MM_SECRET_TEXT_LEN];

	if (!verifier_client_authenticate(verifier, work) || !verifier_client_may(verifier, work, "device") ||
	    !verifier_choose_scope(verifier, work, verifier_stated(ask->has_scope, mm_mint_text_get(&ask->scope))) ||
	    !verifier_choose_audience(verifier, work,
	        verifier_stated(ask->has_resource, mm_mint_text_get(&ask->resource))))
		return;
	if (!fill_device(work, &work->device) ||
	    !verifier_device_add(&verifier->table, &work->device, verifier->now_s, text)) {
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, "no code can be given now");
		return;
	}
	work->answer.expires_in_s = VERIFIER_DEVICE_S;
	work->answer.interval_s = VERIFIER_DEVICE_PAUSE_S;
	verifier_text_put(&work->answer.device_code, mm_slice(text, sizeof(text)));
	verifier_text_put(&work->answer.user_code, mm_mint_text_get(&work->device.user_code));
	verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

/* ---- the person decides ---- */

/* The client of the code, and the address that the device asked at, are those of what is granted. */
static bool
find_code(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_device_user *ask = &work->verify.ask.device_user;

	if (!verifier_device_by_user_code(&verifier->table, mm_mint_text_get(&ask->user_code), &work->device) ||
	    work->device.expires_s <= verifier->now_s || work->device.state != VERIFIER_DEVICE_PENDING)
		return false;
	return verifier_client_find(verifier, mm_mint_text_get(&work->device.client), &work->client) &&
	    !work->client.disabled &&
	    mm_mint_text_set(&work->verify.head.tenant, mm_mint_text_get(&work->device.tenant));
}

static void
tell_code(struct verifier_work *work)
{
	struct mm_verified *answer = &work->answer;

	verifier_tell_user(work);
	verifier_text_put(&answer->client_id, mm_mint_text_get(&work->client.id));
	verifier_text_put(&answer->client_name, mm_mint_text_get(&work->client.name));
	verifier_text_put(&answer->scope, mm_mint_text_get(&work->device.scope));
	verifier_text_put(&answer->audience, mm_mint_text_get(&work->device.audience));
	verifier_text_put(&answer->user_code, mm_mint_text_get(&work->device.user_code));
}

static void
decide(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_device_user *ask = &work->verify.ask.device_user;

	if (ask->decision != MM_DEVICE_LOOK) {
		if (!verifier_device_decide(&verifier->table, &work->device, ask->decision == MM_DEVICE_ALLOW,
		        work->user.id, work->session.auth_time_s)) {
			verifier_answer(verifier, work, MM_SIGN_IN_UNKNOWN_USER_CODE, "somebody decided on this code");
			return;
		}
		work->answer.done = 1;
	}
	tell_code(work);
	verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

/* RFC 8628 section 5.1: guesses are bounded; beyond that no code is looked for, or the right one would tell itself. */
static bool
may_guess(struct verifier *verifier, struct verifier_work *work)
{
	uint32_t wait_s = verifier_attempts_guess_wait_s(verifier->attempts, mm_mint_text_get(&work->user.subject),
	    work->verify.head.address, verifier->now_ms / 1000);

	if (wait_s == 0)
		return true;
	work->answer.retry_after_s = wait_s;
	verifier_answer(verifier, work, MM_SIGN_IN_TOO_MANY_ATTEMPTS, "there were too many attempts");
	return false;
}

void
verifier_ask_device_user(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_device_user *ask = &work->verify.ask.device_user;

	if (!verifier_session_of(verifier, work, mm_mint_text_get(&ask->cookie))) {
		verifier_answer(verifier, work, MM_SIGN_IN_LOGIN_REQUIRED, "nobody is signed in");
		return;
	}
	if (!may_guess(verifier, work))
		return;
	if (!find_code(verifier, work)) {
		verifier_attempts_guessed(verifier->attempts, mm_mint_text_get(&work->user.subject),
		    work->verify.head.address, verifier->now_ms / 1000);
		verifier_answer(verifier, work, MM_SIGN_IN_UNKNOWN_USER_CODE, "there is no such code");
		return;
	}
	/* The user must be one who may sign in where the device asked. */
	if (verifier_user_tenant(verifier, work, &work->user) == NULL)
		verifier_answer(verifier, work, MM_SIGN_IN_ACCESS_DENIED, "the device asked for another tenant's user");
	else
		decide(verifier, work);
}

/* ---- the device polls ---- */

static void
finish_device(struct verifier *verifier, struct verifier_work *work)
{
	bool refreshes = verifier_words_have(mm_mint_text_get(&work->client.grants), mm_slice_str("refresh"));

	if (!verifier_device_use(&verifier->table, &work->device)) {
		verifier_answer(verifier, work, MM_SIGN_IN_INVALID_GRANT, "the device code was used before");
		return;
	}
	if (refreshes && !verifier_family_begin(verifier, work)) {
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, "it cannot be written down");
		return;
	}
	verifier_tell_tokens(work);
	verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

/* What the device has of the user is a session of its own: signing out at the browser does not end it. */
static bool
name_session(struct verifier_work *work)
{
	char sid[VERIFIER_ID_TEXT_LEN];

	return verifier_id_make(sid) && mm_mint_text_set(&work->grant.session, mm_slice(sid, sizeof(sid)));
}

static void
grant_device(struct verifier *verifier, struct verifier_work *work)
{
	struct mm_slice audience = mm_mint_text_get(&work->device.audience);

	if (!verifier_sender_check(verifier, work))
		return;
	verifier_grant_begin(verifier, work, MM_GRANT_DEVICE);
	work->grant.auth_time_s = work->device.auth_time_s;
	if (!verifier_grant_user(verifier, work, work->device.user, MM_SIGN_IN_INVALID_GRANT) ||
	    !verifier_keep_scope(verifier, work, mm_mint_text_get(&work->device.scope),
	        mm_mint_text_get(&work->client.scopes)) ||
	    !verifier_choose_audience(verifier, work, audience))
		return;
	if (!name_session(work)) {
		verifier_answer(verifier, work, MM_SIGN_IN_SERVER_ERROR, "there are no random bytes");
		return;
	}
	work->wants_identity =
	    verifier_words_have(mm_mint_text_get(&work->grant.scope), mm_slice_str("openid"));
	verifier_tickets_open(verifier, work, finish_device);
}

/* RFC 8628 section 3.5: who polls too soon waits five seconds longer from then on. */
static bool
polls_too_soon(struct verifier *verifier, struct verifier_work *work)
{
	const struct verifier_device *device = &work->device;
	bool soon = device->polled_s > 0 && verifier->now_s < device->polled_s + device->pause_s - 1;
	int64_t pause_s = soon ? device->pause_s + VERIFIER_DEVICE_PAUSE_S : device->pause_s;

	verifier_device_polled(&verifier->table, device, verifier->now_s,
	    pause_s < VERIFIER_DEVICE_PAUSE_MAX_S ? pause_s : VERIFIER_DEVICE_PAUSE_MAX_S);
	return soon;
}

static bool
same_target(const struct mm_ask_device_poll *ask, const struct verifier_device *device)
{
	return !ask->has_resource ||
	    mm_slice_equal(mm_mint_text_get(&ask->resource), mm_mint_text_get(&device->audience));
}

static void
go_on_poll(struct verifier *verifier, struct verifier_work *work)
{
	if (work->device.expires_s <= verifier->now_s)
		verifier_answer(verifier, work, MM_SIGN_IN_EXPIRED_TOKEN, "the device code's time is over");
	else if (work->device.state == VERIFIER_DEVICE_DENIED)
		verifier_answer(verifier, work, MM_SIGN_IN_ACCESS_DENIED, "the user said no");
	else if (work->device.state == VERIFIER_DEVICE_USED)
		verifier_answer(verifier, work, MM_SIGN_IN_INVALID_GRANT, "the device code was used before");
	else if (!same_target(&work->verify.ask.device_poll, &work->device))
		verifier_answer(verifier, work, MM_SIGN_IN_INVALID_TARGET, "another service was asked for");
	else if (work->device.state == VERIFIER_DEVICE_ALLOWED)
		grant_device(verifier, work);
	else if (polls_too_soon(verifier, work))
		verifier_answer(verifier, work, MM_SIGN_IN_SLOW_DOWN, "poll less often");
	else
		verifier_answer(verifier, work, MM_SIGN_IN_AUTHORIZATION_PENDING, "the user has not decided");
}

void
verifier_ask_device_poll(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_device_poll *ask = &work->verify.ask.device_poll;

	if (!verifier_client_authenticate(verifier, work) || !verifier_client_may(verifier, work, "device"))
		return;
	if (!verifier_device_find(&verifier->table, mm_mint_text_get(&ask->device_code), &work->device) ||
	    !mm_slice_equal(mm_mint_text_get(&work->device.client), mm_mint_text_get(&work->client.id)))
		verifier_answer(verifier, work, MM_SIGN_IN_INVALID_GRANT, "there is no such device code");
	else
		go_on_poll(verifier, work);
}
