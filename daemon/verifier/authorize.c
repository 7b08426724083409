/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authorization requests: their checks, and the codes that they end with.
 */
#include "daemon/verifier/authorize.h"

#include "daemon/verifier/redirect.h"
#include "daemon/verifier/scope.h"
#include "lib/codec/base64url.h"

#include <string.h>

/* ---- the request ---- */

/*
 * RFC 6749 section 4.1.2.1: "If the request fails due to a missing, invalid, or mismatching redirection URI, or if the
 * client identifier is missing or invalid, the authorization server […] MUST NOT automatically redirect"
 */
static bool
check_redirect(struct verifier *verifier, struct verifier_work *work, const struct mm_authorize *authorize)
{
	if (authorize->has_redirect_uri &&
	    verifier_redirect_allowed(mm_mint_text_get(&work->client.redirects),
	        mm_mint_text_get(&authorize->redirect_uri), !work->client.confidential)) {
		work->answer.may_redirect = 1;
		return true;
	}
	verifier_answer(verifier, work, MM_SIGN_IN_INVALID_REQUEST, "'redirect_uri' is not one of the client's");
	return false;
}

static bool
refuse(struct verifier *verifier, struct verifier_work *work, enum mm_sign_in_status status, const char *why)
{
	verifier_answer(verifier, work, status, why);
	return false;
}

static bool
read_challenge(const struct mm_authorize *authorize, uint8_t challenge[MM_DIGEST_LEN])
{
	uint8_t bytes[MM_BASE64URL_DECODED_MAX(sizeof(authorize->code_challenge.bytes))];
	size_t len;

	if (authorize->challenge_method != MM_CHALLENGE_S256 ||
	    mm_base64url_decode(mm_mint_text_get(&authorize->code_challenge), bytes, &len) != MM_OK ||
	    len != MM_DIGEST_LEN)
		return false;
	memcpy(challenge, bytes, MM_DIGEST_LEN);
	return true;
}

bool
verifier_authorize_check(struct verifier *verifier, struct verifier_work *work, const struct mm_authorize *authorize)
{
	uint8_t challenge[MM_DIGEST_LEN];

	if (!verifier_client_named(verifier, work) || !check_redirect(verifier, work, authorize))
		return false;
	if (!authorize->response_type_code)
		return refuse(verifier, work, MM_SIGN_IN_UNSUPPORTED_RESPONSE_TYPE, "'response_type' is not \"code\"");
	if (!verifier_client_may(verifier, work, "code"))
		return false;
	if (!read_challenge(authorize, challenge))
		return refuse(verifier, work, MM_SIGN_IN_INVALID_REQUEST,
		    "PKCE is missing: 'code_challenge' with the method S256");
	if (!verifier_choose_scope(verifier, work,
	        verifier_stated(authorize->has_scope, mm_mint_text_get(&authorize->scope))) ||
	    !verifier_choose_audience(verifier, work,
	        verifier_stated(authorize->has_resource, mm_mint_text_get(&authorize->resource))))
		return false;
	verifier_text_put(&work->answer.scope, mm_mint_text_get(&work->grant.scope));
	verifier_text_put(&work->answer.audience, mm_mint_text_get(&work->grant.audience));
	return true;
}

/* ---- who is signed in ---- */

bool
verifier_session_of(struct verifier *verifier, struct verifier_work *work, struct mm_slice cookie)
{
	return cookie.len > 0 &&
	    verifier_session_by_cookie(&verifier->table, cookie, verifier->now_s, &work->session) &&
	    verifier_user_by_id(&verifier->table, work->session.user, &work->user) &&
	    verifier_user_tenant(verifier, work, &work->user) != NULL;
}

void
verifier_tell_user(struct verifier_work *work)
{
	struct mm_verified *answer = &work->answer;

	answer->signed_in = 1;
	answer->auth_time_s = work->session.auth_time_s;
	verifier_text_put(&answer->subject, mm_mint_text_get(&work->user.subject));
	verifier_text_put(&answer->username, mm_mint_text_get(&work->user.username));
	verifier_text_put(&answer->name, mm_mint_text_get(&work->user.name));
	verifier_text_put(&answer->session, mm_mint_text_get(&work->session.sid));
}

/* OpenID Connect Core 1.0 section 3.1.2.1: max_age. */
static bool
recent_enough(const struct verifier *verifier, const struct verifier_work *work, const struct mm_authorize *authorize)
{
	return authorize->max_age_s < 0 || verifier->now_s - work->session.auth_time_s <= authorize->max_age_s;
}

static void
tell_tenant(struct verifier *verifier, struct verifier_work *work)
{
	const struct verifier_tenant *tenant = verifier_user_tenant(verifier, work, &work->user);

	if (tenant != NULL)
		verifier_text_put(&work->answer.tenant, tenant->id);
}

bool
verifier_authorize_asks(struct verifier *verifier, struct verifier_work *work, int64_t user)
{
	return work->client.consent &&
	    !verifier_consent_covers(&verifier->table, user, mm_mint_text_get(&work->client.id),
	        mm_mint_text_get(&work->grant.scope));
}

void
verifier_ask_authorize_check(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_authorize *ask = &work->verify.ask.authorize;

	if (!verifier_authorize_check(verifier, work, &ask->authorize))
		return;
	if (verifier_session_of(verifier, work, mm_mint_text_get(&ask->cookie)) &&
	    recent_enough(verifier, work, &ask->authorize)) {
		verifier_tell_user(work);
		tell_tenant(verifier, work);
		work->answer.consent = verifier_authorize_asks(verifier, work, work->user.id);
	}
	verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

/* ---- the code ---- */

static bool
fill_code(struct verifier_work *work, const struct mm_authorize *authorize, struct verifier_code *code)
{
	*code = (struct verifier_code){ .user = work->user.id, .auth_time_s = work->session.auth_time_s };
	code->has_jkt = authorize->has_dpop_jkt;
	memcpy(code->dpop_jkt, authorize->dpop_jkt, MM_DIGEST_LEN);
	return read_challenge(authorize, code->challenge) &&
	    mm_mint_text_set(&code->client, mm_mint_text_get(&work->client.id)) &&
	    mm_mint_text_set(&code->sid, mm_mint_text_get(&work->session.sid)) &&
	    mm_mint_text_set(&code->redirect_uri, mm_mint_text_get(&authorize->redirect_uri)) &&
	    mm_mint_text_set(&code->nonce, mm_mint_text_get(&authorize->nonce)) &&
	    mm_mint_text_set(&code->scope, mm_mint_text_get(&work->grant.scope)) &&
	    mm_mint_text_set(&code->audience, mm_mint_text_get(&work->grant.audience));
}

void
verifier_authorize_grant(struct verifier *verifier, struct verifier_work *work, const struct mm_authorize *authorize)
{
	char text[MM_SECRET_TEXT_LEN];

	if (!fill_code(work, authorize, &work->code) ||
	    !verifier_code_add(&verifier->table, &work->code, verifier->now_s, text) ||
	    !mm_mint_text_set(&work->answer.code, mm_slice(text, sizeof(text)))) {
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, "the code cannot be written down");
		return;
	}
	tell_tenant(verifier, work);
	verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

void
verifier_ask_authorize(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_authorize *ask = &work->verify.ask.authorize;

	if (!verifier_authorize_check(verifier, work, &ask->authorize))
		return;
	if (!verifier_session_of(verifier, work, mm_mint_text_get(&ask->cookie)) ||
	    !recent_enough(verifier, work, &ask->authorize)) {
		verifier_answer(verifier, work, MM_SIGN_IN_LOGIN_REQUIRED, "nobody is signed in");
		return;
	}
	verifier_tell_user(work);
	if (verifier_authorize_asks(verifier, work, work->user.id)) {
		if (!ask->consent) {
			work->answer.consent = 1;
			verifier_answer(verifier, work, MM_SIGN_IN_CONSENT_REQUIRED, "the user has not agreed");
			return;
		}
		verifier_consent_put(&verifier->table, work->user.id, mm_mint_text_get(&work->client.id),
		    mm_mint_text_get(&work->grant.scope), verifier->now_s);
	}
	verifier_authorize_grant(verifier, work, &ask->authorize);
}
