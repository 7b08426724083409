/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step 7 of the decision: of which class is the token, and is what it was made from still good?
 *
 * A token of a derived realm says what it was made from: 'parent', the jti of that token, and 'root', the key that
 * signed the first one. It is as good as that key: a key that was revoked takes every token with it that came from one
 * of its own, at their next presentation. An ordinary retirement does not, since the derived token has a life of its
 * own.
 */
#include "lib/token/judgement.h"

#include "lib/base/array.h"
#include "lib/base/try.h"
#include "lib/trust/find.h"

/* 'root' has five members; those of a later version are passed over. */
#define ROOT_MEMBERS_MAX 16

/* RFC 7638 with SHA-256, in base64url. */
#define THUMBPRINT_LEN 43

/* What 'root' says. */
struct root {
	struct mm_slice realm, kid, thumbprint;
	int64_t iat_s;
	enum mm_issuance issuance;
};

/* What a mint writes there: it never makes a token from one that it could not look at. */
static const struct {
	const char *word;
	enum mm_issuance issuance;
} root_proofs[] = {
	{ "none", MM_ISSUANCE_UNPROVEN },
	{ "marked", MM_ISSUANCE_MARKED },
	{ "issued", MM_ISSUANCE_ISSUED },
};

static bool
read_proof(struct mm_json_value value, enum mm_issuance *issuance)
{
	for (size_t i = 0; i < MM_COUNT_OF(root_proofs); i++) {
		if (!mm_json_string_is(value, root_proofs[i].word))
			continue;
		*issuance = root_proofs[i].issuance;
		return true;
	}
	return false;
}

static bool
read_text(struct mm_judgement *judgement, struct mm_json_value value, size_t max, struct mm_slice *text)
{
	return mm_json_string(value, &judgement->scratch, text) && text->len > 0 && text->len <= max;
}

static bool
read_root(struct mm_judgement *judgement, struct mm_json_value value, struct root *root)
{
	struct mm_json_member room[ROOT_MEMBERS_MAX];
	struct mm_json_index members = { room, 0, ROOT_MEMBERS_MAX };

	return mm_json_view_object(value, &members) &&
	    read_text(judgement, mm_json_find(&members, "realm"), MM_NAME_LEN_MAX, &root->realm) &&
	    read_text(judgement, mm_json_find(&members, "kid"), MM_KID_LEN_MAX, &root->kid) &&
	    read_text(judgement, mm_json_find(&members, "thumbprint"), THUMBPRINT_LEN, &root->thumbprint) &&
	    mm_json_integer(mm_json_find(&members, "iat"), &root->iat_s) &&
	    read_proof(mm_json_find(&members, "proof"), &root->issuance);
}

/* "REALM KID", for the record; absent where scratch is full. */
static struct mm_slice
write_root(struct mm_judgement *judgement, const struct root *root)
{
	size_t len = root->realm.len + 1 + root->kid.len;
	char *text = mm_scratch_take(&judgement->scratch, len);

	if (text == NULL)
		return MM_SLICE_ABSENT;
	memcpy(text, root->realm.ptr, root->realm.len);
	text[root->realm.len] = ' ';
	memcpy(text + root->realm.len + 1, root->kid.ptr, root->kid.len);
	return mm_slice(text, len);
}

static enum mm_reason
read_origin(struct mm_judgement *judgement, struct root *root)
{
	struct mm_json_value parent = mm_json_find(&judgement->payload, "parent");
	struct mm_json_value value = mm_json_find(&judgement->payload, "root");

	mm_compare(judgement, "parent", parent.text, mm_slice_str("the jti that it was made from"));
	mm_compare(judgement, "root", value.text, mm_slice_str("realm, kid, thumbprint, iat and proof"));
	if (parent.type == MM_JSON_ABSENT || value.type == MM_JSON_ABSENT)
		return MM_CLAIM_MISSING;
	if (!read_text(judgement, parent, MM_CLAIM_LEN_MAX, &judgement->facts.parent) ||
	    !read_root(judgement, value, root))
		return MM_CLAIM_MALFORMED;
	judgement->facts.root = write_root(judgement, root);
	judgement->root_issuance = root->issuance;
	judgement->root_iat_s = root->iat_s;
	return MM_OK;
}

/* By realm, kid and thumbprint: a kid that another key has now is not the root's. */
static const struct mm_key *
find_root_key(struct mm_judgement *judgement, const struct root *root)
{
	const struct mm_key *key = judgement->root_realm == NULL ? NULL :
	    mm_trust_find_key(judgement->trust, judgement->root_realm, root->kid);

	mm_compare(judgement, "root's key", root->thumbprint,
	    key == NULL ? mm_slice_str("a key that is known") : key->thumbprint_text);
	return key != NULL && mm_slice_equal(key->thumbprint_text, root->thumbprint) ? key : NULL;
}

static enum mm_reason
check_root(struct mm_judgement *judgement, const struct root *root)
{
	const struct mm_realm *realm = judgement->facts.realm;
	const struct mm_realm *root_realm = mm_trust_find_realm_named(judgement->trust, root->realm);
	const struct mm_key *key;

	if (root_realm != NULL && mm_realms_have(realm->parents, realm->parent_count, root_realm))
		judgement->root_realm = root_realm;
	key = find_root_key(judgement, root);
	if (key == NULL || key->standing != MM_KEY_USABLE)
		return MM_ANCESTOR_REVOKED;
	/* Where there is no mint nothing proves a token, whatever is said of it. */
	if (!key->realm->is_mint)
		judgement->root_issuance = MM_ISSUANCE_UNPROVEN;
	if (key->tainted && judgement->root_issuance == MM_ISSUANCE_UNPROVEN)
		return MM_ANCESTOR_REVOKED;
	/* The tenant is one of the root's own realm: 'tid' alone does not say of which parent. */
	mm_compare(judgement, "tenant's realm", judgement->facts.tenant->realm->name, root->realm);
	return judgement->facts.tenant->realm == root_realm ? MM_OK : MM_TENANT_MISMATCH;
}

/* An exchange takes primary tokens alone, so that nothing is made of what was made of something. */
static enum mm_reason
check_class(struct mm_judgement *judgement)
{
	const struct mm_service *service = judgement->service;
	const struct mm_realm *realm = judgement->facts.realm;

	mm_compare(judgement, "class", mm_slice_str(realm->parent_count > 0 ? "derived" : "primary"),
	    mm_slice_str(service->exchanges ? "primary, of a realm in 'exchange_from'" : "any"));
	if (!service->exchanges)
		return MM_OK;
	return realm->parent_count == 0 &&
	    mm_realms_have(service->exchange_realms, service->exchange_realm_count, realm) ? MM_OK : MM_TOKEN_CLASS;
}

/* A mint writes 'parent' and 'root' into derived tokens alone; to others' tokens the words mean nothing. */
static enum mm_reason
check_primary(struct mm_judgement *judgement)
{
	if (!judgement->facts.realm->is_mint)
		return MM_OK;
	mm_compare(judgement, "root", mm_json_find(&judgement->payload, "root").text, mm_slice_str("none"));
	return mm_json_find(&judgement->payload, "root").type == MM_JSON_ABSENT &&
	    mm_json_find(&judgement->payload, "parent").type == MM_JSON_ABSENT ? MM_OK : MM_TOKEN_CLASS;
}

enum mm_reason
mm_step_provenance(struct mm_judgement *judgement)
{
	struct root root;

	MM_TRY(check_class(judgement));
	if (judgement->facts.realm->parent_count == 0)
		return check_primary(judgement);
	MM_TRY(read_origin(judgement, &root));
	return check_root(judgement, &root);
}
