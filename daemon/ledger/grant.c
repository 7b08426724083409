/* SPDX-License-Identifier: Apache-2.0 */
/* What a realm may make. */
#include "daemon/ledger/issue.h"

#include "daemon/ledger/realm.h"

static bool
is_parent(const struct ledger_realm *realm, struct mm_slice name)
{
	for (size_t i = 0; i < realm->parent_count; i++)
		if (mm_slice_equal(mm_slice_str(realm->parents[i]), name))
			return true;
	return false;
}

/* Depth one: what a derived realm makes has a root, of a realm that it is derived from; nothing else has one. */
static const char *
root_fault(struct ledger *ledger, const struct ledger_realm *realm, const struct mm_grant *grant)
{
	const struct ledger_realm *root;

	if (realm->parent_count == 0)
		return grant->has_root ? "the realm is derived from none, and the token would have a root" : NULL;
	if (!grant->has_root)
		return "the realm is derived, and the token would have no root";
	if (!is_parent(realm, mm_mint_text_get(&grant->root_realm)))
		return "the root is of a realm that this one is not derived from";
	root = ledger_realm_by_name(ledger, mm_mint_text_get(&grant->root_realm));
	if (root != NULL && root->parent_count > 0)
		return "the root is a derived token itself";
	return NULL;
}

static const char *
audience_fault(const struct ledger_realm *realm, const struct mm_grant *grant)
{
	struct mm_slice audience = mm_mint_text_get(&grant->audience);

	if (grant->token_class == MM_CLASS_IDENTITY)
		return mm_slice_equal(audience, mm_mint_text_get(&grant->client)) ?
		    NULL : "an ID token is for its client alone";
	return ledger_realm_has_service(realm, audience) ? NULL : "no service of the realm has this audience";
}

const char *
ledger_grant_fault(struct ledger *ledger, const struct ledger_realm *realm, const struct mm_grant *grant)
{
	const char *fault;

	if (grant->lifetime_s > realm->max_lifetime_s)
		return "the token would live longer than the realm allows";
	if (realm->issuer_is_template && grant->tenant.len == 0)
		return "the token would be of no tenant";
	if (ledger->tenants == NULL || !ledger_tenants_has(ledger->tenants, realm, mm_mint_text_get(&grant->tenant)))
		return "the realm has no such tenant";
	fault = audience_fault(realm, grant);
	return fault != NULL ? fault : root_fault(ledger, realm, grant);
}
