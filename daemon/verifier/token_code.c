/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token endpoint's grants: authorization code, refresh token, client credentials.
 */
#include "daemon/verifier/revocation.h"
#include "daemon/verifier/scope.h"
#include "daemon/verifier/work.h"
#include "lib/base/array.h"
#include "lib/crypto/digest.h"

#include <string.h>

static void
refuse(struct verifier *verifier, struct verifier_work *work, const char *why)
{
	verifier_answer(verifier, work, MM_SIGN_IN_INVALID_GRANT, why);
}

static bool
wants_openid(const struct verifier_work *work)
{
	return verifier_words_have(mm_mint_text_get(&work->grant.scope), mm_slice_str("openid"));
}

/* The key that a later use must prove: of public clients, whose refresh tokens nothing else protects. */
static void
bind_family(const struct verifier_work *work, struct verifier_family *family)
{
	family->has_jkt = work->sender_key == MM_SENDER_DPOP && !work->client.confidential;
	memcpy(family->dpop_jkt, work->sender_thumbprint, MM_DIGEST_LEN);
}

/* ---- authorization code ---- */

/* Somebody has the code beside the client: what it gave is ended (RFC 6749 section 4.1.2). */
static void
cut_after_replay(struct verifier *verifier, const struct verifier_code *code)
{
	verifier->counts.replays++;
	if (code->has_family)
		verifier_family_cut(&verifier->table, code->family);
	verifier_end_session(verifier, mm_mint_text_get(&code->sid));
}

/* RFC 7636 section 4.6: BASE64URL-ENCODE(SHA256(ASCII(code_verifier))) == code_challenge */
static bool
verifier_fits(const struct mm_ask_code *ask, const struct verifier_code *code)
{
	struct mm_slice text = mm_mint_text_get(&ask->verifier);
	uint8_t digest[MM_DIGEST_LEN];

	return ask->has_verifier && text.len >= 43 && text.len <= 128 && mm_sha256(text, digest) &&
	    mm_secret_equal(digest, code->challenge, sizeof(digest));
}

/* NULL, or why the code is not good for this request. */
static const char *
check_code(const struct verifier *verifier, const struct verifier_work *work)
{
	const struct mm_ask_code *ask = &work->verify.ask.code;
	const struct verifier_code *code = &work->code;

	if (!mm_slice_equal(mm_mint_text_get(&code->client), mm_mint_text_get(&work->client.id)))
		return "the code is another client's";
	if (code->used)
		return "the code was used before";
	if (verifier->now_s >= code->expires_s)
		return "the code's time is over";
	if (!ask->has_redirect_uri ||
	    !mm_slice_equal(mm_mint_text_get(&ask->redirect_uri), mm_mint_text_get(&code->redirect_uri)))
		return "'redirect_uri' is not that of the authorization request";
	if (!verifier_fits(ask, code))
		return "'code_verifier' does not fit";
	return NULL;
}

/* A target may be named again, and is one: the code's (RFC 8707 section 2.2). */
static bool
same_audience(struct verifier *verifier, struct verifier_work *work, uint8_t has, struct mm_slice stated,
    struct mm_slice granted)
{
	if (!has || mm_slice_equal(stated, granted))
		return verifier_choose_audience(verifier, work, granted);
	verifier_answer(verifier, work, MM_SIGN_IN_INVALID_TARGET, "another service was granted");
	return false;
}

static bool
fill_family(const struct verifier_work *work, struct verifier_family *family)
{
	*family = (struct verifier_family){ .user = work->user.id, .auth_time_s = work->grant.auth_time_s };
	bind_family(work, family);
	return mm_mint_text_set(&family->client, mm_mint_text_get(&work->client.id)) &&
	    mm_mint_text_set(&family->sid, mm_mint_text_get(&work->grant.session)) &&
	    mm_mint_text_set(&family->scope, mm_mint_text_get(&work->grant.scope)) &&
	    mm_mint_text_set(&family->audience, mm_mint_text_get(&work->grant.audience));
}

bool
verifier_family_begin(struct verifier *verifier, struct verifier_work *work)
{
	char text[MM_SECRET_TEXT_LEN];

	return fill_family(work, &work->family) &&
	    verifier_family_add(&verifier->table, &work->family, verifier->now_s, text) &&
	    mm_mint_text_set(&work->answer.refresh_token, mm_slice(text, sizeof(text)));
}

/* The ledger has the tickets: now the code is used, once, whoever was quicker. */
static void
finish_code(struct verifier *verifier, struct verifier_work *work)
{
	bool refreshes = verifier_words_have(mm_mint_text_get(&work->client.grants), mm_slice_str("refresh"));

	if (refreshes && !verifier_family_begin(verifier, work)) {
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, "it cannot be written down");
		return;
	}
	if (!verifier_code_use(&verifier->table, &work->code, refreshes ? work->family.family : NULL)) {
		if (refreshes)
			verifier_family_cut(&verifier->table, work->family.family);
		cut_after_replay(verifier, &work->code);
		refuse(verifier, work, "the code was used before");
		return;
	}
	verifier_tell_tokens(work);
	verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

static bool
check_code_key(struct verifier *verifier, struct verifier_work *work)
{
	if (!work->code.has_jkt || (work->sender_key == MM_SENDER_DPOP &&
	        mm_secret_equal(work->code.dpop_jkt, work->sender_thumbprint, MM_DIGEST_LEN)))
		return true;
	verifier_answer(verifier, work, MM_SIGN_IN_INVALID_DPOP_PROOF, "the code is bound to another key ('dpop_jkt')");
	return false;
}

void
verifier_ask_code(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_code *ask = &work->verify.ask.code;
	const char *why;

	if (!verifier_client_authenticate(verifier, work) || !verifier_client_may(verifier, work, "code"))
		return;
	if (!verifier_code_find(&verifier->table, mm_mint_text_get(&ask->code), &work->code)) {
		refuse(verifier, work, "there is no such code");
		return;
	}
	why = check_code(verifier, work);
	if (why != NULL) {
		if (work->code.used)
			cut_after_replay(verifier, &work->code);
		refuse(verifier, work, why);
		return;
	}
	if (!verifier_sender_check(verifier, work) || !check_code_key(verifier, work))
		return;
	verifier_grant_begin(verifier, work, MM_GRANT_CODE);
	work->grant.auth_time_s = work->code.auth_time_s;
	if (!verifier_grant_user(verifier, work, work->code.user, MM_SIGN_IN_INVALID_GRANT) ||
	    !verifier_keep_scope(verifier, work, mm_mint_text_get(&work->code.scope),
	        mm_mint_text_get(&work->client.scopes)) ||
	    !same_audience(verifier, work, ask->has_resource, mm_mint_text_get(&ask->resource),
	        mm_mint_text_get(&work->code.audience)))
		return;
	verifier_text_put(&work->grant.session, mm_mint_text_get(&work->code.sid));
	verifier_text_put(&work->nonce, mm_mint_text_get(&work->code.nonce));
	work->wants_identity = wants_openid(work);
	verifier_tickets_open(verifier, work, finish_code);
}

/* ---- refresh ---- */

static void
finish_refresh(struct verifier *verifier, struct verifier_work *work)
{
	struct mm_slice used = mm_mint_text_get(&work->verify.ask.refresh.refresh_token);
	char next[MM_SECRET_TEXT_LEN];

	if (!verifier_family_turn(&verifier->table, &work->family, used, verifier->now_s, next)) {
		verifier->counts.replays++;
		verifier_end_family(verifier, &work->family);
		refuse(verifier, work, "the refresh token was used before");
		return;
	}
	verifier_text_put(&work->answer.refresh_token, mm_slice(next, sizeof(next)));
	verifier_tell_tokens(work);
	verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

/*
 * RFC 6749 section 6: "MUST NOT include any scope not originally granted by the resource owner, and if omitted is
 * treated as equal to the scope originally granted". What the client may no more is left out; the answer tells it.
 */
static bool
narrow_scope(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_refresh *ask = &work->verify.ask.refresh;
	struct mm_slice granted = mm_mint_text_get(&work->family.scope);
	struct mm_slice wanted = ask->has_scope ? mm_mint_text_get(&ask->scope) : granted;

	if (verifier_words_check(wanted) && verifier_words_within(wanted, granted))
		return verifier_keep_scope(verifier, work, wanted, mm_mint_text_get(&work->client.scopes));
	verifier_answer(verifier, work, MM_SIGN_IN_INVALID_SCOPE, "more scope than was granted");
	return false;
}

/* NULL, or why the refresh token is not good for this request. */
static const char *
check_family(struct verifier *verifier, struct verifier_work *work, enum verifier_family_found found)
{
	if (found == VERIFIER_FAMILY_NONE)
		return "there is no such refresh token";
	if (!mm_slice_equal(mm_mint_text_get(&work->family.client), mm_mint_text_get(&work->client.id)))
		return "the refresh token is another client's";
	if (found == VERIFIER_FAMILY_OLD) {
		verifier->counts.replays++;
		verifier_family_cut(&verifier->table, work->family.family);
		verifier_end_session(verifier, mm_mint_text_get(&work->family.sid));
		return "the refresh token was used before";
	}
	return NULL;
}

static bool
check_family_key(struct verifier *verifier, struct verifier_work *work)
{
	if (!work->family.has_jkt || (work->sender_key == MM_SENDER_DPOP &&
	        mm_secret_equal(work->family.dpop_jkt, work->sender_thumbprint, MM_DIGEST_LEN)))
		return true;
	refuse(verifier, work, "the refresh token is bound to another key");
	return false;
}

void
verifier_ask_refresh(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_refresh *ask = &work->verify.ask.refresh;
	enum verifier_family_found found;
	const char *why;

	if (!verifier_client_authenticate(verifier, work) || !verifier_client_may(verifier, work, "refresh"))
		return;
	found = verifier_family_find(&verifier->table, mm_mint_text_get(&ask->refresh_token), verifier->now_s,
	    &work->family);
	why = check_family(verifier, work, found);
	if (why != NULL) {
		refuse(verifier, work, why);
		return;
	}
	if (!verifier_sender_check(verifier, work) || !check_family_key(verifier, work))
		return;
	verifier_grant_begin(verifier, work, MM_GRANT_REFRESH);
	work->grant.auth_time_s = work->family.auth_time_s;
	if (!verifier_grant_user(verifier, work, work->family.user, MM_SIGN_IN_INVALID_GRANT) ||
	    !narrow_scope(verifier, work) ||
	    !same_audience(verifier, work, ask->has_resource, mm_mint_text_get(&ask->resource),
	        mm_mint_text_get(&work->family.audience)))
		return;
	verifier_text_put(&work->grant.session, mm_mint_text_get(&work->family.sid));
	work->wants_identity = wants_openid(work);
	verifier_tickets_open(verifier, work, finish_refresh);
}

/* ---- client credentials ---- */

static void
finish_client_credentials(struct verifier *verifier, struct verifier_work *work)
{
	verifier_tell_tokens(work);
	verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

/* The client's tenant; of one that has none that of the address. In a realm of one tenant it is that one. */
static bool
choose_tenant(struct verifier *verifier, struct verifier_work *work)
{
	struct mm_slice name = mm_mint_text_get(&work->client.tenant);
	const struct verifier_tenant *tenant = verifier_tenant_find(&verifier->realm, name);

	if (tenant == NULL && name.len == 0)
		tenant = verifier->realm.pattern.is_template ?
		    verifier_tenant_by_id(&verifier->realm, mm_mint_text_get(&work->verify.head.tenant)) :
		    verifier->realm.tenant_count == 1 ? &verifier->realm.tenants[0] : NULL;
	if (tenant != NULL)
		return mm_mint_text_set(&work->grant.tenant, tenant->id);
	if (!verifier->realm.pattern.is_template && verifier->realm.tenant_count == 0)
		return true;
	verifier_answer(verifier, work, MM_SIGN_IN_UNAUTHORIZED_CLIENT, "the client is of no tenant of this address");
	return false;
}

/* What is about a person does not go with a client's own token. */
static bool
drops_person(struct verifier *verifier, struct verifier_work *work, struct mm_slice stated)
{
	static const char *const persons[] = { "openid", "profile", "email", "offline_access" };
	char kept[MM_MINT_SCOPE_LEN_MAX];
	struct mm_slice word;
	size_t at = 0, len = 0;

	if (mm_slice_present(stated) && stated.len > 0)
		return verifier_choose_scope(verifier, work, stated);
	while (verifier_words_next(mm_mint_text_get(&work->client.scopes), &at, &word)) {
		bool person = false;

		for (size_t i = 0; i < MM_COUNT_OF(persons); i++)
			person |= mm_slice_equal(word, mm_slice_str(persons[i]));
		if (person)
			continue;
		if (len > 0)
			kept[len++] = ' ';
		memcpy(kept + len, word.ptr, word.len);
		len += word.len;
	}
	return mm_mint_text_set(&work->grant.scope, mm_slice(kept, len));
}

void
verifier_ask_client_credentials(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_client_credentials *ask = &work->verify.ask.client_credentials;

	if (!verifier_client_authenticate(verifier, work) ||
	    !verifier_client_may(verifier, work, "client_credentials"))
		return;
	if (!work->client.confidential) {
		verifier_answer(verifier, work, MM_SIGN_IN_UNAUTHORIZED_CLIENT, "a public client has no credentials");
		return;
	}
	if (!verifier_sender_check(verifier, work))
		return;
	verifier_grant_begin(verifier, work, MM_GRANT_CLIENT_CREDENTIALS);
	/* RFC 9068 section 2.2: 'sub' is the client. */
	verifier_text_put(&work->grant.subject, mm_mint_text_get(&work->client.id));
	if (choose_tenant(verifier, work) &&
	    drops_person(verifier, work, verifier_stated(ask->has_scope, mm_mint_text_get(&ask->scope))) &&
	    verifier_choose_audience(verifier, work,
	        verifier_stated(ask->has_resource, mm_mint_text_get(&ask->resource))))
		verifier_tickets_open(verifier, work, finish_client_credentials);
}
