/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps 8 to 13 of the decision but 10 and 12: what may this token, now that it is known who signed it?
 */
#include "lib/token/judgement.h"

#include "lib/base/array.h"
#include "lib/base/try.h"
#include "lib/codec/mailbox.h"
#include "lib/token/proof.h"
#include "lib/trust/find.h"

/* ---- step 8 ---- */

/* RFC 8725 section 3.9, and alone: a token for two services opens neither. */
static enum mm_reason
check_audience(struct mm_judgement *judgement)
{
	const struct mm_claim_set *set = &judgement->claims.set;

	mm_compare(judgement, set->audience_count == 1 ? "aud" : "aud (first of several)", set->audience,
	    judgement->service->audience);
	return set->audience_count == 1 && mm_slice_equal(set->audience, judgement->service->audience) ? MM_OK :
	    MM_AUDIENCE_MISMATCH;
}

static enum mm_reason
check_client(struct mm_judgement *judgement)
{
	struct mm_slice client = judgement->claims.set.client;

	mm_compare(judgement, "client", client, judgement->service->any_client ? mm_slice_str("any") :
	    mm_slice_str("one of the service's 'clients'"));
	if (judgement->service->any_client)
		return MM_OK;
	return mm_texts_have(judgement->service->clients, client) ? MM_OK : MM_CLIENT_FORBIDDEN;
}

/*
 * RFC 7519 section 4.1.4: "the current date/time MUST be before the expiration date/time", with "some small leeway";
 * sections 4.1.5 and 4.1.6 for nbf and iat.
 */
static enum mm_reason
check_time(struct mm_judgement *judgement)
{
	const struct mm_claim_set *set = &judgement->claims.set;
	int64_t now_s = judgement->request->now_s;

	mm_compare(judgement, "exp", mm_trace_format(judgement, "%lld", (long long)set->exp_s),
	    mm_trace_format(judgement, "after %lld", (long long)(now_s - MM_CLOCK_SKEW_S)));
	if (now_s >= set->exp_s + MM_CLOCK_SKEW_S)
		return MM_EXPIRED;
	mm_compare(judgement, "iat", mm_trace_format(judgement, "%lld", (long long)set->iat_s),
	    mm_trace_format(judgement, "at most %lld", (long long)(now_s + MM_CLOCK_SKEW_S)));
	if (set->iat_s > now_s + MM_CLOCK_SKEW_S)
		return MM_NOT_YET_VALID;
	if (set->has_nbf) {
		mm_compare(judgement, "nbf", mm_trace_format(judgement, "%lld", (long long)set->nbf_s),
		    mm_trace_format(judgement, "at most %lld", (long long)(now_s + MM_CLOCK_SKEW_S)));
		if (set->nbf_s > now_s + MM_CLOCK_SKEW_S)
			return MM_NOT_YET_VALID;
	}
	return MM_OK;
}

static enum mm_reason
check_lifetime(struct mm_judgement *judgement)
{
	const struct mm_claim_set *set = &judgement->claims.set;
	int64_t max_lifetime_s = judgement->facts.realm->max_lifetime_s;

	mm_compare(judgement, "exp - iat", mm_trace_format(judgement, "%lld s", (long long)(set->exp_s - set->iat_s)),
	    mm_trace_format(judgement, "at most %lld s", (long long)max_lifetime_s));
	return set->exp_s - set->iat_s <= max_lifetime_s ? MM_OK : MM_LIFETIME_EXCESS;
}

enum mm_reason
mm_step_claims(struct mm_judgement *judgement)
{
	MM_TRY(check_audience(judgement));
	MM_TRY(check_client(judgement));
	MM_TRY(check_time(judgement));
	return check_lifetime(judgement);
}

/* ---- step 9 ---- */

/* The address in the service's mailbox claim, if its domain is one of the token's own tenant. */
static enum mm_reason
mailbox_of_token(struct mm_judgement *judgement, struct mm_slice *address)
{
	const struct mm_tenant *tenant = judgement->facts.tenant;
	struct mm_json_value value = mm_json_find_slice(&judgement->payload, judgement->service->mailbox_claim);
	struct mm_mailbox mailbox;
	struct mm_slice text;

	mm_compare(judgement, "mailbox claim", value.text, mm_trace_format(judgement, "an address in '%.*s'",
	    (int)judgement->service->mailbox_claim.len, judgement->service->mailbox_claim.ptr));
	if (value.type == MM_JSON_ABSENT)
		return MM_CLAIM_MISSING;
	if (!mm_json_string(value, &judgement->scratch, &text) ||
	    !mm_mailbox_parse(text, &judgement->scratch, &mailbox))
		return MM_MAILBOX_MISMATCH;
	mm_compare(judgement, "mailbox's domain", mailbox.domain,
	    tenant == NULL ? MM_SLICE_ABSENT : mm_trace_format(judgement, "a domain of tenant %.*s",
	    (int)tenant->name.len, tenant->name.ptr));
	if (tenant == NULL || !mm_texts_have(tenant->domains, mailbox.domain))
		return MM_MAILBOX_MISMATCH;
	*address = mailbox.address;
	return MM_OK;
}

static enum mm_reason
check_target(struct mm_judgement *judgement, struct mm_slice address)
{
	struct mm_mailbox target;

	mm_compare(judgement, "mailbox asked for", judgement->request->mailbox, address);
	if (!mm_slice_present(judgement->request->mailbox))
		return MM_OK;
	if (!mm_mailbox_parse(judgement->request->mailbox, &judgement->scratch, &target))
		return MM_MAILBOX_MISMATCH;
	return mm_slice_equal(target.address, address) ? MM_OK : MM_MAILBOX_MISMATCH;
}

/* The directory says what a subject opens: one mailbox, and those that it lists beside. */
static enum mm_reason
check_directory_target(struct mm_judgement *judgement, const struct mm_user *user)
{
	struct mm_mailbox target;

	mm_compare(judgement, "mailbox asked for", judgement->request->mailbox, user->mailbox);
	if (!mm_slice_present(judgement->request->mailbox)) {
		judgement->facts.mailbox = user->mailbox;
		return mm_slice_present(user->mailbox) ? MM_OK : MM_MAILBOX_MISMATCH;
	}
	if (!mm_mailbox_parse(judgement->request->mailbox, &judgement->scratch, &target))
		return MM_MAILBOX_MISMATCH;
	if ((!mm_slice_present(user->mailbox) || !mm_slice_equal(target.address, user->mailbox)) &&
	    !mm_texts_have(user->delegates, target.address))
		return MM_MAILBOX_MISMATCH;
	judgement->facts.mailbox = target.address;
	return MM_OK;
}

/* Compiling saw to it that each mailbox of the directory lies in a domain of its tenant. */
static enum mm_reason
check_directory(struct mm_judgement *judgement)
{
	const struct mm_tenant *tenant = judgement->facts.tenant;
	struct mm_slice subject = judgement->claims.set.sub;
	const struct mm_user *user = tenant == NULL ? NULL : mm_tenant_find_user(tenant, subject);

	mm_compare(judgement, "sub", subject, tenant == NULL ? MM_SLICE_ABSENT : mm_trace_format(judgement,
	    "a subject in the directory of tenant %.*s", (int)tenant->name.len, tenant->name.ptr));
	if (user == NULL)
		return MM_SUBJECT_UNKNOWN;
	if (judgement->service->directory == MM_DIRECTORY_MAILBOXES)
		return check_directory_target(judgement, user);
	mm_compare(judgement, "mailbox asked for", judgement->request->mailbox,
	    mm_slice_str("none: the service has no mailboxes"));
	return mm_slice_present(judgement->request->mailbox) ? MM_MAILBOX_MISMATCH : MM_OK;
}

enum mm_reason
mm_step_mailbox(struct mm_judgement *judgement)
{
	struct mm_slice address;

	if (judgement->service->directory != MM_DIRECTORY_NONE)
		return check_directory(judgement);
	if (!mm_slice_present(judgement->service->mailbox_claim)) {
		mm_compare(judgement, "mailbox asked for", judgement->request->mailbox,
		    mm_slice_str("none: the service has no mailboxes"));
		return mm_slice_present(judgement->request->mailbox) ? MM_MAILBOX_MISMATCH : MM_OK;
	}
	MM_TRY(mailbox_of_token(judgement, &address));
	MM_TRY(check_target(judgement, address));
	judgement->facts.mailbox = address;
	return MM_OK;
}

/* ---- step 11 ---- */

struct revocation_row {
	enum mm_revocation_kind kind; /* in the configuration … */
	enum mm_revoked_kind by_mint; /* … and of the realm's own mint; 0: it revokes none so */
	const char *what;
	struct mm_slice (*value)(const struct mm_judgement *judgement);
	enum mm_reason reason;
};

static struct mm_slice
token_id_of(const struct mm_judgement *judgement)
{
	return judgement->claims.set.jti;
}

static struct mm_slice
session_of(const struct mm_judgement *judgement)
{
	return judgement->claims.set.sid;
}

static struct mm_slice
subject_of(const struct mm_judgement *judgement)
{
	return judgement->claims.set.sub;
}

static struct mm_slice
client_of(const struct mm_judgement *judgement)
{
	return judgement->claims.set.client;
}

static struct mm_slice
tenant_of(const struct mm_judgement *judgement)
{
	const struct mm_tenant *tenant = judgement->facts.tenant;

	return tenant == NULL ? MM_SLICE_ABSENT : tenant->name;
}

static struct mm_slice
parent_of(const struct mm_judgement *judgement)
{
	return judgement->facts.parent;
}

static const struct revocation_row revocation_rows[] = {
	{ MM_REVOKE_TOKEN, MM_REVOKED_TOKEN, "jti", token_id_of, MM_TOKEN_REVOKED },
	{ MM_REVOKE_SESSION, MM_REVOKED_SESSION, "sid", session_of, MM_SESSION_REVOKED },
	{ MM_REVOKE_SUBJECT, MM_REVOKED_SUBJECT, "sub", subject_of, MM_SUBJECT_REVOKED },
	{ MM_REVOKE_CLIENT, MM_REVOKED_CLIENT, "client", client_of, MM_CLIENT_REVOKED },
	{ MM_REVOKE_TENANT, 0, "tenant", tenant_of, MM_TENANT_REVOKED },
};

/* Session, subject and tenant of a derived token are those that it has from its root; its client is another one. */
static const struct revocation_row root_rows[] = {
	{ MM_REVOKE_TOKEN, MM_REVOKED_TOKEN, "parent", parent_of, MM_TOKEN_REVOKED },
	{ MM_REVOKE_SESSION, MM_REVOKED_SESSION, "sid in the root's realm", session_of, MM_SESSION_REVOKED },
	{ MM_REVOKE_SUBJECT, MM_REVOKED_SUBJECT, "sub in the root's realm", subject_of, MM_SUBJECT_REVOKED },
	{ MM_REVOKE_TENANT, 0, "tenant in the root's realm", tenant_of, MM_TENANT_REVOKED },
};

/* What is known of a realm's own revocations; NULL: nothing. */
static const struct mm_revoked *
revoked_by(const struct mm_judgement *judgement, const struct mm_realm *realm)
{
	const struct mm_proof *proof = judgement->request == NULL ? NULL : judgement->request->proof;
	const struct mm_proof_realm *found =
	    realm->is_mint && proof != NULL ? mm_proof_find_realm(proof, realm->name) : NULL;

	return found == NULL ? NULL : found->revoked;
}

/* The client is the one that the token was issued to; of a root it is not known. */
static bool
mint_revoked(const struct mm_revoked *revoked, enum mm_revoked_kind kind, struct mm_slice value,
    struct mm_slice client, int64_t iat_s)
{
	struct mm_revoked_what what = { kind, value, MM_SLICE_ABSENT };

	if (mm_revoked_has(revoked, &what, iat_s))
		return true;
	what.client = client;
	return kind == MM_REVOKED_SESSION && client.len > 0 && mm_revoked_has(revoked, &what, iat_s);
}

/* Behind all that names the token: whether its mint revoked everything of its time, and whether it is heard at all. */
static enum mm_reason
look_at_mint(struct mm_judgement *judgement, const struct mm_revoked *revoked, int64_t iat_s)
{
	bool all = mint_revoked(revoked, MM_REVOKED_REALM, MM_SLICE_ABSENT, MM_SLICE_ABSENT, iat_s);

	mm_compare(judgement, "revoked by the mint", mm_slice_str(revoked == NULL ? "not known here" :
	    all ? "all of its time" : "nothing of it"), mm_slice_str("nothing of it"));
	return all ? MM_TOKEN_REVOKED : MM_OK;
}

static enum mm_reason
look_for_revoked(struct mm_judgement *judgement, const struct mm_realm *realm, int64_t iat_s,
    const struct revocation_row *rows, size_t count)
{
	const struct mm_revoked *revoked = revoked_by(judgement, realm);
	struct mm_slice client = realm == judgement->facts.realm ? client_of(judgement) : MM_SLICE_ABSENT;

	for (size_t i = 0; i < count; i++) {
		const struct revocation_row *row = &rows[i];
		struct mm_slice value = row->value(judgement);

		mm_compare(judgement, row->what, value, mm_slice_str("not revoked"));
		if (mm_trust_is_revoked(judgement->trust, realm, row->kind, value, iat_s) ||
		    mint_revoked(revoked, row->by_mint, value, client, iat_s))
			return row->reason;
	}
	return realm->is_mint ? look_at_mint(judgement, revoked, iat_s) : MM_OK;
}

/* What is revoked of the realm that a token goes back to is revoked of it too, by the time of its root. */
enum mm_reason
mm_step_revocation(struct mm_judgement *judgement)
{
	MM_TRY(look_for_revoked(judgement, judgement->facts.realm, judgement->claims.set.iat_s, revocation_rows,
	    MM_COUNT_OF(revocation_rows)));
	if (judgement->root_realm == NULL)
		return MM_OK;
	return look_for_revoked(judgement, judgement->root_realm, judgement->root_iat_s, root_rows,
	    MM_COUNT_OF(root_rows));
}

/* ---- step 13 ---- */

/* RFC 6749 section 3.3: "a list of space-delimited, case-sensitive strings". */
static bool
scope_has(struct mm_slice scope, struct mm_slice wanted)
{
	size_t at = 0;

	while (at < scope.len) {
		const char *begin = scope.ptr + at;
		const char *space = memchr(begin, ' ', scope.len - at);
		size_t len = space == NULL ? scope.len - at : (size_t)(space - begin);

		if (mm_slice_equal(mm_slice(begin, len), wanted))
			return true;
		at += len + 1;
	}
	return false;
}

enum mm_reason
mm_step_scope(struct mm_judgement *judgement)
{
	struct mm_texts demanded = judgement->service->scopes;

	for (size_t i = 0; i < demanded.count; i++) {
		mm_compare(judgement, "scope", judgement->claims.set.scope, demanded.items[i]);
		if (!scope_has(judgement->claims.set.scope, demanded.items[i]))
			return MM_SCOPE_INSUFFICIENT;
	}
	return MM_OK;
}
