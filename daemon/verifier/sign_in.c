/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in with name and password, and sessions.
 */
#include "daemon/verifier/authorize.h"
#include "daemon/verifier/redirect.h"
#include "daemon/verifier/revocation.h"
#include "daemon/verifier/secret.h"
#include "lib/codec/mailbox.h"
#include "lib/crypto/digest.h"

#include <string.h>

static void
deny(struct verifier *verifier, struct verifier_work *work)
{
	verifier->counts.sign_ins_wrong++;
	verifier_answer(verifier, work, MM_SIGN_IN_WRONG_PASSWORD, "the name or the password is wrong");
}

/* The name as it is looked up and counted: lower-cased; what is no address is as it came, and nobody's. */
static struct mm_slice
read_account(struct verifier_work *work)
{
	struct mm_slice typed = mm_mint_text_get(&work->verify.ask.sign_in.username);
	struct mm_scratch scratch;
	struct mm_mailbox mailbox;

	mm_scratch_init(&scratch, work->account, sizeof(work->account));
	if (mm_mailbox_parse(typed, &scratch, &mailbox))
		return mailbox.address;
	memcpy(work->account, typed.ptr, typed.len);
	return mm_slice(work->account, typed.len);
}

/* The place is the browser where it shows the cookie of one that this user signed in at, else the address. */
static bool
find_place(struct verifier *verifier, struct verifier_work *work, bool has_user)
{
	struct mm_slice device = mm_mint_text_get(&work->verify.ask.sign_in.device);
	struct verifier_attempt *attempt = &work->attempt;

	attempt->address = work->verify.head.address;
	if (has_user && verifier_secret_digest(device, attempt->place) &&
	    verifier_place_known(&verifier->table, work->user.id, attempt->place, verifier->now_s)) {
		attempt->known = attempt->by_browser = work->has_device = true;
		return true;
	}
	if (!verifier_place_of_address(attempt->address, attempt->place))
		return false;
	attempt->known = has_user &&
	    verifier_place_known(&verifier->table, work->user.id, attempt->place, verifier->now_s);
	return true;
}

/* ---- behind the password ---- */

/* This browser's cookie: the one that it has, or a new one. */
static bool
remember_place(struct verifier *verifier, struct verifier_work *work)
{
	uint8_t secret[VERIFIER_SECRET_LEN], browser[MM_DIGEST_LEN], address[MM_DIGEST_LEN];
	char text[MM_SECRET_TEXT_LEN];
	bool made = true;

	if (work->has_device)
		verifier_place_put(&verifier->table, work->user.id, work->attempt.place, verifier->now_s);
	else {
		made = verifier_secret_make(secret, text) && mm_sha256(mm_slice(secret, sizeof(secret)), browser) &&
		    mm_mint_text_set(&work->answer.device, mm_slice(text, sizeof(text)));
		if (made)
			verifier_place_put(&verifier->table, work->user.id, browser, verifier->now_s);
	}
	if (made && verifier_place_of_address(work->verify.head.address, address))
		verifier_place_put(&verifier->table, work->user.id, address, verifier->now_s);
	return made;
}

static bool
make_session(struct verifier *verifier, struct verifier_work *work)
{
	struct mm_slice older = mm_mint_text_get(&work->verify.ask.sign_in.cookie);
	struct verifier_session session;
	char cookie[MM_SECRET_TEXT_LEN];

	if (verifier_session_by_cookie(&verifier->table, older, verifier->now_s, &session))
		verifier_end_session(verifier, mm_mint_text_get(&session.sid));
	work->answer.cookie_age_s = VERIFIER_SESSION_S;
	return remember_place(verifier, work) &&
	    verifier_session_add(&verifier->table, work->user.id, verifier->now_s, &work->session, cookie) &&
	    mm_mint_text_set(&work->answer.cookie, mm_slice(cookie, sizeof(cookie)));
}

static void
go_on_signed_in(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_sign_in *ask = &work->verify.ask.sign_in;

	verifier->counts.sign_ins++;
	if (!make_session(verifier, work)) {
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, "no session can be kept");
		return;
	}
	verifier_tell_user(work);
	work->answer.consent = ask->for_authorize && verifier_authorize_asks(verifier, work, work->user.id);
	if (ask->for_authorize && !work->answer.consent)
		verifier_authorize_grant(verifier, work, &ask->authorize);
	else
		verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

/* The password was checked. The user may have been changed meanwhile; the old password is wrong then. */
static void
go_on_checked(struct verifier *verifier, struct verifier_work *work)
{
	const struct verifier_user checked = work->user;

	if (!work->password_right ||
	    !verifier_user_by_id(&verifier->table, work->user.id, &work->user) ||
	    !mm_slice_equal(mm_mint_text_get(&work->user.hash), mm_mint_text_get(&checked.hash)) ||
	    verifier_user_tenant(verifier, work, &work->user) == NULL) {
		deny(verifier, work);
		return;
	}
	verifier_attempts_succeeded(verifier->attempts, &work->attempt, verifier->now_ms / 1000);
	go_on_signed_in(verifier, work);
}

/* ---- before it ---- */

static bool
is_slowed(struct verifier *verifier, struct verifier_work *work)
{
	work->answer.retry_after_s =
	    verifier_attempts_wait_s(verifier->attempts, &work->attempt, verifier->now_ms / 1000);
	if (work->answer.retry_after_s == 0)
		return false;
	verifier->counts.sign_ins_slowed++;
	verifier_answer(verifier, work, MM_SIGN_IN_TOO_MANY_ATTEMPTS, "there were too many attempts: wait");
	return true;
}

static void
start_check(struct verifier *verifier, struct verifier_work *work, bool has_user)
{
	struct mm_ask_sign_in *ask = &work->verify.ask.sign_in;
	struct mm_slice hash = has_user ? mm_mint_text_get(&work->user.hash) : MM_SLICE_ABSENT;
	struct mm_slice password = mm_mint_text_get(&ask->password);
	bool taken;

	/* No password has a NUL, and no user has none. */
	if (password.len == 0 || memchr(password.ptr, '\0', password.len) != NULL) {
		deny(verifier, work);
		return;
	}
	taken = verifier_passwords_check(verifier->passwords, work->number, hash, password);
	mm_secret_wipe(&ask->password, sizeof(ask->password));
	mm_secret_wipe(work->payload, work->payload_len);
	if (!taken) {
		verifier->counts.busy++;
		work->answer.retry_after_s = 2;
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, "there is too much to do");
		return;
	}
	verifier_attempts_begin(verifier->attempts, &work->attempt, verifier->now_ms / 1000);
	verifier_work_wait(verifier, work, VERIFIER_WAITS_PASSWORD, VERIFIER_PASSWORD_MS, go_on_checked);
}

void
verifier_ask_sign_in(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_sign_in *ask = &work->verify.ask.sign_in;
	bool has_user;

	if (ask->for_authorize && !verifier_authorize_check(verifier, work, &ask->authorize))
		return;
	work->attempt.account = read_account(work);
	has_user = verifier_user_by_name(&verifier->table, work->attempt.account, &work->user);
	if (!find_place(verifier, work, has_user)) {
		verifier_answer(verifier, work, MM_SIGN_IN_SERVER_ERROR, "libcrypto fails");
		return;
	}
	if (!is_slowed(verifier, work))
		start_check(verifier, work, has_user);
}

/* ---- sessions ---- */

void
verifier_ask_session(struct verifier *verifier, struct verifier_work *work)
{
	if (!verifier_session_of(verifier, work, mm_mint_text_get(&work->verify.ask.session.cookie))) {
		verifier_answer(verifier, work, MM_SIGN_IN_LOGIN_REQUIRED, "nobody is signed in");
		return;
	}
	verifier_tell_user(work);
	verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

/* OpenID Connect RP-Initiated Logout 1.0 section 3: the address must be registered. */
void
verifier_ask_sign_out(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_sign_out *ask = &work->verify.ask.sign_out;
	struct mm_slice uri = mm_mint_text_get(&ask->redirect_uri), id = mm_mint_text_get(&work->verify.head.client_id);
	struct verifier_session session;

	if (verifier_session_by_cookie(&verifier->table, mm_mint_text_get(&ask->cookie), verifier->now_s, &session)) {
		verifier_end_session(verifier, mm_mint_text_get(&session.sid));
		work->answer.done = 1;
	}
	if (uri.len > 0 && verifier_client_find(verifier, id, &work->client) &&
	    !work->client.disabled)
		work->answer.may_redirect =
		    verifier_redirect_allowed(mm_mint_text_get(&work->client.logouts), uri, false);
	if (work->answer.done)
		verifier_answer_told(verifier, work);
	else
		verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}
