/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and answering the question who a client is.
 */
#include "daemon/gate/identity.h"

#include "daemon/http/credentials.h"
#include "lib/base/array.h"

#include <microhttpd.h>

#define CALLER_FIELD "Mintmark-Caller"
#define MAILBOX_FIELD "Mintmark-Mailbox"

/* What a class of reasons becomes (RFC 6750 section 3.1); indexed by enum mm_reason_class. */
static const struct refusal {
	unsigned status;
	const char *error; /* NULL: the challenge names none */
	bool challenge, tell_scopes;
} refusals[] = {
	/* Never asked for; a denial without a reason is our own fault. */
	[MM_CLASS_NONE] = { MHD_HTTP_SERVICE_UNAVAILABLE, NULL, false, false },
	/* "If the request lacks any authentication information [...] SHOULD NOT include an error code" */
	[MM_CLASS_NO_TOKEN] = { MHD_HTTP_UNAUTHORIZED, NULL, true, false },
	[MM_CLASS_INVALID_TOKEN] = { MHD_HTTP_UNAUTHORIZED, "invalid_token", true, false },
	[MM_CLASS_INSUFFICIENT_SCOPE] = { MHD_HTTP_FORBIDDEN, "insufficient_scope", true, true },
	[MM_CLASS_UNAVAILABLE] = { MHD_HTTP_SERVICE_UNAVAILABLE, NULL, false, false },
};

/* In the scheme that the token came with, or that the service demands. */
static void
add_challenge(const struct gate_exchange *exchange, struct mm_http_answer *answer, bool as_dpop, const char *error,
    const struct mm_texts *scopes)
{
	if (as_dpop || exchange->service->binding == MM_BINDING_DPOP)
		mm_http_answer_add_dpop_challenge(answer, exchange->service->name, error, scopes);
	else
		mm_http_answer_add_challenge(answer, exchange->service->name, error, scopes);
}

static void
answer_refusal(const struct gate_exchange *exchange, struct mm_http_answer *answer, bool as_dpop,
    const struct gate_outcome *outcome)
{
	const struct refusal *refusal = &refusals[mm_reason_class(outcome->reason)];
	bool wants_nonce = mm_decision_wants_nonce(outcome->decision);

	answer->status = refusal->status;
	if (refusal->challenge)
		add_challenge(exchange, answer, as_dpop, wants_nonce ? "use_dpop_nonce" : refusal->error,
		    refusal->tell_scopes ? &exchange->service->scopes : NULL);
	if (wants_nonce)
		gate_evidence_answer_nonce(exchange, answer);
}

/*
 * A request that cannot be understood: RFC 6750 would have 400, but nginx makes a 500 of all but 401 and 403,
 * and others might let it pass.
 */
void
gate_identity_answer_unreadable(const struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	answer->status = MHD_HTTP_UNAUTHORIZED;
	mm_http_answer_add_challenge(answer, exchange->service->name, "invalid_request", NULL);
}

static void
answer_allowed(const struct gate_exchange *exchange, struct mm_http_answer *answer, const struct mm_decision *decision)
{
	static const struct {
		const char *name;
		enum mm_fact fact;
	} fields[] = {
		{ "Mintmark-Realm", MM_FACT_REALM },
		{ "Mintmark-Tenant", MM_FACT_TENANT },
		{ "Mintmark-Subject", MM_FACT_SUBJECT },
		{ "Mintmark-Client", MM_FACT_CLIENT },
		{ "Mintmark-Mailbox", MM_FACT_MAILBOX },
		{ "Mintmark-Scope", MM_FACT_SCOPE },
	};

	answer->status = MHD_HTTP_OK;
	for (size_t i = 0; i < MM_COUNT_OF(fields); i++)
		mm_http_answer_add_fact(answer, fields[i].name, mm_decision_fact(decision, fields[i].fact));
	/*
	 * "A more efficient manner of supplying a new nonce is also defined by including a DPoP-Nonce HTTP header
	 * in the HTTP 200 (OK) response from the previous request." (RFC 9449 section 8.2)
	 */
	if (exchange->service->dpop_nonce)
		gate_evidence_answer_nonce(exchange, answer);
}

/*
 * Authenticate the caller where the request says that it has one. A target counts only from an authenticated
 * caller: a proxy hands on what its client sent, so that else the client would name it.
 */
static bool
check_caller(struct gate_exchange *exchange, struct mm_slice *mailbox)
{
	struct mm_http_field caller = gate_exchange_field(exchange, CALLER_FIELD);
	struct mm_http_field target = gate_exchange_field(exchange, MAILBOX_FIELD);

	if (caller.count == 1)
		exchange->caller = gate_exchange_basic_caller(exchange,
		    mm_http_credentials_find(caller.value, "Basic"));
	*mailbox = target.value;
	if (exchange->caller == NULL)
		return caller.count == 0 && target.count == 0;
	return target.count <= 1;
}

bool
gate_identity_read(struct gate_identity *identity, struct gate_exchange *exchange, const char *protocol)
{
	struct mm_http_field field = gate_exchange_field(exchange, MHD_HTTP_HEADER_AUTHORIZATION);
	struct gate_credential credential = gate_evidence_credential(field.value);

	identity->question = (struct gate_question){ .protocol = protocol, .refused = MM_OK };
	identity->as_dpop = credential.as_dpop;
	if (!check_caller(exchange, &identity->question.mailbox) ||
	    !gate_evidence_collect(&identity->evidence, exchange, credential.as_dpop)) {
		gate_exchange_count_refused_caller(exchange);
		return false;
	}
	identity->question.evidence = &identity->evidence.shown;
	if (field.count == 1)
		identity->question.token = credential.token;
	/* "Clients MUST NOT use more than one method to transmit the token in each request" (RFC 6750 section 2) */
	if (field.count > 1)
		identity->question.refused = MM_TOKEN_MALFORMED;
	return true;
}

void
gate_identity_answer(const struct gate_identity *identity, const struct gate_exchange *exchange,
    struct mm_http_answer *answer)
{
	struct gate_outcome outcome = gate_decide(exchange, &identity->question);

	if (outcome.allowed)
		answer_allowed(exchange, answer, outcome.decision);
	else if (identity->question.refused != MM_OK && mm_reason_class(outcome.reason) != MM_CLASS_UNAVAILABLE)
		gate_identity_answer_unreadable(exchange, answer);
	else
		answer_refusal(exchange, answer, identity->as_dpop, &outcome);
}
