/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a ticket will allow: the parts that all grants share.
 */
#include "daemon/verifier/scope.h"
#include "daemon/verifier/work.h"

#include <string.h>

void
verifier_grant_begin(struct verifier *verifier, struct verifier_work *work, enum mm_grant_kind kind)
{
	struct mm_grant *grant = &work->grant;

	grant->realm = verifier->realm.number;
	grant->token_class = MM_CLASS_ACCESS;
	grant->kind = (uint8_t)kind;
	grant->lifetime_s = verifier->realm.max_lifetime_s;
	grant->sender_key = work->sender_key;
	memcpy(grant->sender_thumbprint, work->sender_thumbprint, MM_DIGEST_LEN);
	verifier_text_put(&grant->client, mm_mint_text_get(&work->client.id));
}

bool
verifier_choose_scope(struct verifier *verifier, struct verifier_work *work, struct mm_slice scope)
{
	struct mm_slice allowed = mm_mint_text_get(&work->client.scopes);

	if (!mm_slice_present(scope) || scope.len == 0)
		scope = allowed;
	if (verifier_words_check(scope) && verifier_words_within(scope, allowed) &&
	    mm_mint_text_set(&work->grant.scope, scope))
		return true;
	verifier_answer(verifier, work, MM_SIGN_IN_INVALID_SCOPE, "the client may not ask for this scope");
	return false;
}

bool
verifier_keep_scope(struct verifier *verifier, struct verifier_work *work, struct mm_slice granted,
    struct mm_slice within)
{
	char room[MM_MINT_SCOPE_LEN_MAX];
	struct mm_slice kept = mm_slice("", 0);

	if (granted.len <= sizeof(room))
		kept = verifier_words_shared(granted, within, room);
	if ((kept.len > 0 || granted.len == 0) && mm_mint_text_set(&work->grant.scope, kept))
		return true;
	verifier_answer(verifier, work, MM_SIGN_IN_INVALID_SCOPE, "nothing is left of the scope");
	return false;
}

bool
verifier_choose_audience(struct verifier *verifier, struct verifier_work *work, struct mm_slice audience)
{
	struct mm_slice allowed = mm_mint_text_get(&work->client.audiences);

	if (!mm_slice_present(audience))
		audience = verifier_words_first(allowed);
	if (mm_slice_present(audience) && verifier_words_have(allowed, audience) &&
	    verifier_service_by_audience(&verifier->realm, audience) != NULL &&
	    mm_mint_text_set(&work->grant.audience, audience))
		return true;
	verifier_answer(verifier, work, MM_SIGN_IN_INVALID_TARGET, "the client may not ask for this service");
	return false;
}

const struct verifier_tenant *
verifier_user_tenant(const struct verifier *verifier, const struct verifier_work *work,
    const struct verifier_user *user)
{
	const struct verifier_tenant *tenant = verifier_tenant_find(&verifier->realm, mm_mint_text_get(&user->tenant));
	struct mm_slice only = mm_mint_text_get(&work->client.tenant);

	if (tenant == NULL || user->disabled ||
	    !verifier_segment_fits(&verifier->realm, mm_mint_text_get(&work->verify.head.tenant), tenant))
		return NULL;
	return only.len == 0 || mm_slice_equal(only, tenant->name) ? tenant : NULL;
}

bool
verifier_grant_user(struct verifier *verifier, struct verifier_work *work, int64_t user, enum mm_sign_in_status status)
{
	const struct verifier_tenant *tenant = NULL;
	struct mm_grant *grant = &work->grant;

	if (verifier_user_by_id(&verifier->table, user, &work->user))
		tenant = verifier_user_tenant(verifier, work, &work->user);
	if (tenant != NULL && mm_mint_text_set(&grant->tenant, tenant->id) &&
	    mm_mint_text_set(&grant->subject, mm_mint_text_get(&work->user.subject)) &&
	    mm_mint_text_set(&grant->mailbox, mm_mint_text_get(&work->user.username)))
		return true;
	verifier_answer(verifier, work, status, "the user may not sign in here");
	return false;
}
