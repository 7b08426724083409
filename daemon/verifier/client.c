/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which client asks, and how it shows that (RFC 6749 section 2.3, RFC 7523 section 2.2, RFC 8705 section 2).
 */
#include "daemon/verifier/scope.h"
#include "daemon/verifier/work.h"
#include "lib/crypto/digest.h"

#include <string.h>

static bool
refuse(struct verifier *verifier, struct verifier_work *work, const char *why)
{
	verifier_answer(verifier, work, MM_SIGN_IN_INVALID_CLIENT, why);
	return false;
}

/* Whether a client may ask at the address of the request: one of a tenant only at that tenant's. */
static bool
fits_segment(const struct verifier *verifier, const struct verifier_work *work)
{
	struct mm_slice name = mm_mint_text_get(&work->client.tenant);
	const struct verifier_tenant *tenant = verifier_tenant_find(&verifier->realm, name);

	if (name.len == 0)
		return true;
	return tenant != NULL &&
	    verifier_segment_fits(&verifier->realm, mm_mint_text_get(&work->verify.head.tenant), tenant);
}

static struct verifier_known_client *
known_client(struct verifier *verifier, struct mm_slice id)
{
	return verifier_known_client_find(&verifier->known_clients, &verifier->table, &verifier->signatures, id);
}

bool
verifier_client_find(struct verifier *verifier, struct mm_slice id, struct verifier_client *client)
{
	const struct verifier_known_client *known = id.len > 0 ? known_client(verifier, id) : NULL;

	if (known != NULL)
		*client = known->row.client;
	return known != NULL;
}

static bool
find_client(struct verifier *verifier, struct verifier_work *work, struct mm_slice id)
{
	if (!verifier_client_find(verifier, id, &work->client))
		return refuse(verifier, work, "there is no such client");
	if (work->client.disabled)
		return refuse(verifier, work, "the client is disabled");
	if (!fits_segment(verifier, work))
		return refuse(verifier, work, "the client is another tenant's");
	verifier_text_put(&work->answer.client_id, id);
	verifier_text_put(&work->answer.client_name, mm_mint_text_get(&work->client.name));
	return true;
}

bool
verifier_client_named(struct verifier *verifier, struct verifier_work *work)
{
	return find_client(verifier, work, mm_mint_text_get(&work->verify.head.client_id));
}

bool
verifier_client_unchanged(struct verifier *verifier, struct verifier_work *work)
{
	const struct verifier_known_client *known = known_client(verifier, mm_mint_text_get(&work->client.id));

	return (known != NULL && known->row.client.version == work->client.version) ||
	    refuse(verifier, work, "the client was changed meanwhile");
}

bool
verifier_client_may(struct verifier *verifier, struct verifier_work *work, const char *grant)
{
	if (verifier_words_have(mm_mint_text_get(&work->client.grants), mm_slice_str(grant)))
		return true;
	verifier_answer(verifier, work, MM_SIGN_IN_UNAUTHORIZED_CLIENT, "the client may not use this grant");
	return false;
}

/* ---- secrets ---- */

static bool
check_secret(struct verifier *verifier, struct verifier_work *work)
{
	uint8_t digest[MM_DIGEST_LEN];

	if (!work->client.has_secret || !mm_sha256(mm_mint_text_get(&work->verify.head.secret), digest) ||
	    !mm_secret_equal(digest, work->client.secret, sizeof(digest)))
		return refuse(verifier, work, "the client's secret is wrong");
	return true;
}

/* ---- certificates ---- */

/*
 * RFC 8705 section 2.1.2: a certificate of a trusted authority with the registered subject; section 2.2: the registered
 * certificate itself, whoever signed it.
 */
static bool
certificate_fits(const struct mm_verify_head *head, const struct verifier_client *client)
{
	struct mm_slice subject = mm_mint_text_get(&client->certificate_subject);

	if (!head->has_certificate)
		return false;
	if (client->has_certificate &&
	    mm_secret_equal(head->certificate_digest, client->certificate, sizeof(client->certificate)))
		return true;
	return subject.len > 0 && head->certificate_trusted &&
	    mm_slice_equal(subject, mm_mint_text_get(&head->certificate_subject));
}

static bool
check_certificate(struct verifier *verifier, struct verifier_work *work)
{
	if (!certificate_fits(&work->verify.head, &work->client))
		return refuse(verifier, work, "the client must authenticate, and did not");
	/* RFC 8705 section 3: its tokens are bound to the certificate. */
	work->sender_key = MM_SENDER_MTLS;
	memcpy(work->sender_thumbprint, work->verify.head.certificate_digest, MM_DIGEST_LEN);
	return true;
}

/* ---- assertions ---- */

static const char *
verify_assertion(struct verifier *verifier, struct verifier_work *work, const struct verifier_assertion *assertion)
{
	struct mm_slice segment = mm_mint_text_get(&work->verify.head.tenant);
	char issuer[1024] = "", endpoint[1024] = "";
	const char *const audiences[2] = { issuer, endpoint };
	struct verifier_known_client *known = known_client(verifier, assertion->unverified_client);
	struct verifier_keys *keys = known != NULL ? verifier_known_client_keys(known) : NULL;

	if (keys == NULL)
		return "the client has no registered keys";
	if (verifier_realm_url(&verifier->realm, segment, "", issuer, sizeof(issuer) - 1) == 0 ||
	    verifier_realm_url(&verifier->realm, segment, mm_sign_in_request_path(MM_ASK_CODE), endpoint,
	        sizeof(endpoint) - 1) == 0)
		return "the issuer is too long";
	return verifier_assertion_check(assertion, keys, &verifier->signatures, audiences, verifier->now_s);
}

/* That it is written down is seen at the end of the round, and nothing told before. */
static bool
spend(struct verifier *verifier, struct verifier_work *work, const struct verifier_assertion *assertion)
{
	switch (verifier_spend_assertion(&verifier->spent, assertion->unverified_client, assertion->jti,
	    assertion->exp_s + MM_CLOCK_SKEW_S, verifier->now_s)) {
	case VERIFIER_SPENT_NOW:
		return true;
	case VERIFIER_SPENT_BEFORE:
		verifier->counts.replays++;
		return refuse(verifier, work, "the assertion was used before");
	case VERIFIER_SPENT_NOT:
		break;
	}
	verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE,
	    "there are too many assertions to remember");
	return false;
}

static bool
check_assertion(struct verifier *verifier, struct verifier_work *work)
{
	struct mm_slice named = mm_mint_text_get(&work->verify.head.client_id);
	struct verifier_assertion assertion;
	const char *why = verifier_assertion_parse(work->verify.assertion, &verifier->assertion_room, &assertion);

	if (why != NULL)
		return refuse(verifier, work, why);
	/* RFC 7521 section 4.2: "the client_id […] MUST identify the same client as […] the client assertion" */
	if (named.len > 0 && !mm_slice_equal(named, assertion.unverified_client))
		return refuse(verifier, work, "the assertion is another client's");
	if (!find_client(verifier, work, assertion.unverified_client))
		return false;
	if (!work->client.confidential)
		return refuse(verifier, work, "the client is public");
	why = verify_assertion(verifier, work, &assertion);
	if (why != NULL)
		return refuse(verifier, work, why);
	return spend(verifier, work, &assertion);
}

/* ---- the choice ---- */

bool
verifier_client_authenticate(struct verifier *verifier, struct verifier_work *work)
{
	if (work->verify.head.client_method == MM_CLIENT_ASSERTION)
		return check_assertion(verifier, work);
	if (!verifier_client_named(verifier, work))
		return false;
	if (work->verify.head.client_method == MM_CLIENT_NONE)
		return !work->client.confidential || check_certificate(verifier, work);
	/* A public client that shows a secret is none that was registered here. */
	return work->client.confidential ? check_secret(verifier, work) :
	                                   refuse(verifier, work, "the client is public, and has no secret");
}
