/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps 1 to 6 of the decision: who signed this token?
 *
 * Everything here works on what anybody may have written. The claims only narrow the search to one realm, the kid to
 * one key of it; no step falls back to another.
 */
#include "lib/token/judgement.h"

#include "lib/base/try.h"
#include "lib/codec/ascii.h"
#include "lib/trust/find.h"

/* ---- step 1 ---- */

static enum mm_reason
scan_part(struct mm_judgement *judgement, const char *what, struct mm_slice text, struct mm_json_index *index)
{
	struct mm_json_fault fault = { 0, NULL };
	enum mm_reason reason = mm_json_scan(text, &judgement->names, index, &fault);

	if (reason != MM_OK)
		mm_compare(judgement, what, mm_trace_format(judgement, "%s, at byte %zu", fault.text, fault.offset),
		    mm_slice_str("strict JSON, one object"));
	return reason;
}

enum mm_reason
mm_judgement_split(struct mm_judgement *judgement)
{
	if (judgement->has_parts)
		return MM_OK;
	MM_TRY(mm_compact_split(judgement->request->token, &judgement->scratch, &judgement->parts));
	judgement->has_parts = true;
	return MM_OK;
}

enum mm_reason
mm_step_shape(struct mm_judgement *judgement)
{
	struct mm_slice token = judgement->request->token;

	mm_compare(judgement, "length", mm_trace_format(judgement, "%zu bytes", token.len),
	    mm_trace_format(judgement, "at most %d", MM_TOKEN_LEN_MAX));
	MM_TRY(mm_judgement_split(judgement));
	MM_TRY(scan_part(judgement, "header", judgement->parts.header, &judgement->header));
	return scan_part(judgement, "payload", judgement->parts.payload, &judgement->payload);
}

/* ---- step 2 ---- */

enum mm_reason
mm_step_header(struct mm_judgement *judgement)
{
	struct mm_facts *facts = &judgement->facts;
	enum mm_reason reason = mm_header_parse(&judgement->header, &judgement->scratch, &judgement->head);

	facts->alg = judgement->head.alg;
	facts->kid = judgement->head.kid;
	facts->typ = judgement->head.typ;
	/* What was not looked at any more is not told of. */
	mm_compare(judgement, "alg", facts->alg, mm_slice_str("a signature algorithm known here"));
	if (reason == MM_ALG_FORBIDDEN)
		return reason;
	mm_compare(judgement, "forbidden member", mm_slice_str(judgement->head.forbidden), mm_slice_str("none"));
	if (reason == MM_HEADER_FORBIDDEN)
		return reason;
	mm_compare(judgement, "kid", facts->kid, mm_trace_format(judgement, "1 to %d bytes", MM_KID_LEN_MAX));
	return reason;
}

/* ---- step 3 ---- */

static void
note_unverified(struct mm_facts *facts, const struct mm_claim_set *set)
{
	facts->issuer = set->iss;
	facts->tenant_id = set->tid;
	facts->subject = set->sub;
	facts->client = set->client;
	facts->token_id = set->jti;
	facts->session = set->sid;
	facts->scope = set->scope;
	facts->audience = set->audience;
	facts->iat_s = set->iat_s;
	facts->exp_s = set->exp_s;
	facts->nbf_s = set->nbf_s;
}

static enum mm_reason
read_claims(struct mm_judgement *judgement)
{
	const char *what = NULL;
	enum mm_reason reason = judgement->remembered ? MM_OK :
	    mm_claims_parse(&judgement->payload, &judgement->scratch, &judgement->unverified, &what);

	note_unverified(&judgement->facts, &judgement->unverified.set);
	if (reason == MM_CLAIM_MISSING)
		mm_compare(judgement, what, MM_SLICE_ABSENT, mm_slice_str("must be there"));
	else if (reason != MM_OK)
		mm_compare(judgement, what, mm_json_find(&judgement->payload, what).text,
		    mm_slice_str("the claim's type and range"));
	return reason;
}

/* The tenant that a template realm's issuer names must be listed, and 'tid' must name it again. */
static enum mm_reason
check_tenant_of_template(struct mm_judgement *judgement, struct mm_slice tenant_id)
{
	const struct mm_claim_set *set = &judgement->unverified.set;

	mm_compare(judgement, "tid", set->tid, tenant_id);
	if (!mm_slice_present(set->tid))
		return MM_CLAIM_MISSING;
	return mm_slice_equal(set->tid, tenant_id) ? MM_OK : MM_TENANT_MISMATCH;
}

/* A realm of one tenant need not state it; where 'tid' stands, it is that tenant's. */
static enum mm_reason
check_tenant_of_literal(struct mm_judgement *judgement)
{
	const struct mm_tenant *tenant = judgement->facts.tenant;
	struct mm_slice tid = judgement->unverified.set.tid;

	if (!mm_slice_present(tid))
		return MM_OK;
	mm_compare(judgement, "tid", tid, tenant == NULL ? MM_SLICE_ABSENT : tenant->id);
	return tenant != NULL && mm_slice_equal(tid, tenant->id) ? MM_OK : MM_TENANT_MISMATCH;
}

/* A derived realm has its parents' tenants, and its tokens must say which. */
static enum mm_reason
check_tenant_of_derived(struct mm_judgement *judgement)
{
	struct mm_facts *facts = &judgement->facts;
	struct mm_slice tid = judgement->unverified.set.tid;

	mm_compare(judgement, "tid", tid, mm_slice_str("a tenant of a realm that this one is derived from"));
	if (!mm_slice_present(tid))
		return MM_CLAIM_MISSING;
	facts->tenant = mm_realm_find_parents_tenant(facts->realm, tid);
	return facts->tenant != NULL ? MM_OK : MM_TENANT_MISMATCH;
}

static enum mm_reason
check_tenant(struct mm_judgement *judgement, const struct mm_realm *realm, struct mm_slice tenant_id)
{
	if (realm->parent_count > 0)
		return check_tenant_of_derived(judgement);
	return realm->is_template ? check_tenant_of_template(judgement, tenant_id) :
	    check_tenant_of_literal(judgement);
}

static bool
equal_ignoring_case(struct mm_slice a, struct mm_slice lower)
{
	if (a.len != lower.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (mm_ascii_lower(a.ptr[i]) != lower.ptr[i])
			return false;
	}
	return true;
}

/*
 * RFC 7515 section 4.1.9: "a recipient using the media type value MUST treat it as if 'application/' were prepended to
 * any 'typ' value not containing a '/'". Media type names ignore case (RFC 6838 section 4.2).
 */
static enum mm_reason
check_type(struct mm_judgement *judgement, const struct mm_realm *realm)
{
	static const struct mm_slice prefix = { "application/", 12 };
	struct mm_slice typ = judgement->head.typ;

	mm_compare(judgement, "typ", typ, realm->token_types.items[0]);
	if (!mm_slice_present(typ))
		return MM_TYPE_MISMATCH;
	if (typ.len > prefix.len && equal_ignoring_case(mm_slice(typ.ptr, prefix.len), prefix))
		typ = mm_slice(typ.ptr + prefix.len, typ.len - prefix.len);
	for (size_t i = 0; i < realm->token_types.count; i++) {
		if (equal_ignoring_case(typ, realm->token_types.items[i]))
			return MM_OK;
	}
	return MM_TYPE_MISMATCH;
}

enum mm_reason
mm_step_realm(struct mm_judgement *judgement)
{
	struct mm_facts *facts = &judgement->facts;
	struct mm_slice tenant_id;
	const struct mm_realm *realm;

	MM_TRY(read_claims(judgement));
	realm = mm_trust_find_realm(judgement->trust, judgement->unverified.set.iss, &tenant_id);
	mm_compare(judgement, "iss", facts->issuer, realm == NULL ? MM_SLICE_ABSENT : realm->issuer);
	if (realm == NULL)
		return MM_ISSUER_UNKNOWN;
	facts->realm = realm;
	if (realm->is_template)
		facts->tenant = mm_realm_find_tenant(realm, tenant_id);
	else if (realm->tenant_count == 1)
		facts->tenant = &realm->tenants[0];
	mm_compare(judgement, "realm", realm->name, mm_trace_format(judgement, "a realm of service %.*s",
	    (int)judgement->service->name.len, judgement->service->name.ptr));
	if (realm->is_template && facts->tenant == NULL)
		return MM_TENANT_UNKNOWN;
	if (!mm_service_accepts_realm(judgement->service, realm))
		return MM_REALM_FORBIDDEN;
	MM_TRY(check_tenant(judgement, realm, tenant_id));
	return check_type(judgement, realm);
}

/* ---- step 4 ---- */

enum mm_reason
mm_step_key(struct mm_judgement *judgement)
{
	struct mm_facts *facts = &judgement->facts;
	const struct mm_key *key = mm_trust_find_key(judgement->trust, facts->realm, facts->kid);

	mm_compare(judgement, "kid", facts->kid, key == NULL ? MM_SLICE_ABSENT : key->kid);
	if (key == NULL)
		return mm_trust_has_kid(judgement->trust, facts->kid) ? MM_KEY_REALM_MISMATCH : MM_KEY_UNKNOWN;
	facts->key = key;
	if (key->standing == MM_KEY_TOMBSTONED)
		return MM_KEY_REVOKED;
	if (key->standing != MM_KEY_USABLE)
		return MM_KEY_SCOPE_UNKNOWN;
	/* RFC 8725 section 3.1: "each key MUST be used with exactly one algorithm". */
	mm_compare(judgement, "alg", facts->alg, mm_slice_str(key->algorithm->name));
	return judgement->head.algorithm == key->algorithm ? MM_OK : MM_ALG_FORBIDDEN;
}

/* ---- step 5 ---- */

/* For the trace: when the key signs; an end that was not published is open. */
static struct mm_slice
signing_window(struct mm_judgement *judgement, const struct mm_key *key)
{
	long long from_s = key->signs_from_s, until_s = key->signs_until_s;

	if (key->signs_from_s == INT64_MIN && key->signs_until_s == INT64_MAX)
		return mm_slice_str("any time: the key states no window");
	if (key->signs_from_s == INT64_MIN)
		return mm_trace_format(judgement, "until %lld, give or take %d s", until_s, MM_CLOCK_SKEW_S);
	if (key->signs_until_s == INT64_MAX)
		return mm_trace_format(judgement, "from %lld, give or take %d s", from_s, MM_CLOCK_SKEW_S);
	return mm_trace_format(judgement, "%lld to %lld, give or take %d s", from_s, until_s, MM_CLOCK_SKEW_S);
}

enum mm_reason
mm_step_key_state(struct mm_judgement *judgement)
{
	const struct mm_key *key = judgement->facts.key;
	int64_t now_s = judgement->request->now_s, iat_s = judgement->unverified.set.iat_s;

	mm_compare(judgement, "key state", mm_slice_str(mm_key_state_name(mm_key_state_at(key, now_s))),
	    mm_slice_str("not retired"));
	if (now_s > key->verify_until_s)
		return MM_KEY_RETIRED;
	mm_compare(judgement, "iat", mm_trace_format(judgement, "%lld", (long long)iat_s),
	    signing_window(judgement, key));
	/* The bounds are below 2^53 or the type's ends, the iat is below 2^53: no overflow. */
	if (key->signs_from_s != INT64_MIN && iat_s < key->signs_from_s - MM_CLOCK_SKEW_S)
		return MM_KEY_NOT_ACTIVE;
	if (key->signs_until_s != INT64_MAX && iat_s > key->signs_until_s + MM_CLOCK_SKEW_S)
		return MM_KEY_NOT_ACTIVE;
	return MM_OK;
}

/* ---- step 6 ---- */

/* Of a token that the cache remembers, the parts were not needed before. */
static enum mm_reason
verify_signature(struct mm_judgement *judgement)
{
	const struct mm_compact *parts = &judgement->parts;

	MM_TRY(mm_judgement_split(judgement));
	mm_compare(judgement, "signature", mm_trace_format(judgement, "%zu bytes", parts->signature.len),
	    mm_slice_str("that of the key over header and payload"));
	return mm_public_key_verify(judgement->facts.key->public_key, judgement->verifier, parts->signed_input,
	    parts->signature);
}

/*
 * Whether this very signature held over these very bytes under this very key before: the key that steps 3 to 5 chose
 * now, by its public numbers and not by its name.
 */
static bool
held_before(const struct mm_judgement *judgement)
{
	const struct mm_key *key = judgement->facts.key;

	return judgement->remembered && judgement->signed_by.algorithm == key->algorithm &&
	    mm_slice_equal(judgement->signed_by.thumbprint_text, key->thumbprint_text);
}

enum mm_reason
mm_step_signature(struct mm_judgement *judgement)
{
	if (!held_before(judgement)) {
		MM_TRY(verify_signature(judgement));
		/* An entry has not all that another one needs; it stays as it is. */
		if (!judgement->remembered)
			mm_judgement_remember(judgement);
	}
	judgement->claims.set = judgement->unverified.set;
	judgement->facts.verified = true;
	return MM_OK;
}
