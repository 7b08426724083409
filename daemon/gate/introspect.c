/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/introspect/SERVICE: token introspection (RFC 7662) for the service's callers.
 */
#include "daemon/gate/decide.h"
#include "daemon/gate/evidence.h"
#include "daemon/gate/route.h"
#include "daemon/http/credentials.h"
#include "daemon/http/form.h"
#include "engine/json_writer.h"
#include "lib/crypto/digest.h"
#include "lib/token/facts.h"
#include "lib/trust/find.h"

#include <microhttpd.h>
#include <strings.h>

enum parameter {
	TOKEN, MAILBOX, CLIENT_ID, CLIENT_SECRET,
	DPOP, HTTP_METHOD, HTTP_URL, CERTIFICATE_THUMBPRINT,
	PARAMETER_COUNT
};

struct introspection {
	struct mm_http_form_parameter parameters[PARAMETER_COUNT];
	bool readable; /* every pair could be decoded, and no parameter of ours stands there twice */
};

/* "using the "application/x-www-form-urlencoded" format" (RFC 7662 section 2.1) */
static bool
is_form(const struct gate_exchange *exchange)
{
	static const char form[] = "application/x-www-form-urlencoded";
	struct mm_http_field type = gate_exchange_field(exchange, MHD_HTTP_HEADER_CONTENT_TYPE);
	size_t len = sizeof(form) - 1;

	if (type.count != 1 || type.value.len < len || strncasecmp(type.value.ptr, form, len) != 0)
		return false;
	return type.value.len == len || type.value.ptr[len] == ';' || type.value.ptr[len] == ' ';
}

/* What stands in the address is logged along the way; and a mailbox that is named there must not be overlooked. */
static bool
has_query(const struct gate_exchange *exchange)
{
	return MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, NULL, NULL) > 0;
}

static void
read_form(struct gate_exchange *exchange, struct introspection *introspection)
{
	*introspection = (struct introspection){ .parameters = {
		[TOKEN] = { .name = "token" },
		[MAILBOX] = { .name = "mailbox" },
		[CLIENT_ID] = { .name = "client_id" },
		[CLIENT_SECRET] = { .name = "client_secret" },
		[DPOP] = { .name = "dpop" },
		[HTTP_METHOD] = { .name = "http_method" },
		[HTTP_URL] = { .name = "http_url" },
		[CERTIFICATE_THUMBPRINT] = { .name = "certificate_thumbprint" },
	} };
	/* Reading changes it, and a request that waits for the ledger is read again. */
	mm_secret_wipe(exchange->form.data, exchange->form.len);
	mm_buf_clear(&exchange->form);
	mm_buf_add(&exchange->form, exchange->body.bytes.data, exchange->body.bytes.len);
	introspection->readable = mm_buf_ok(&exchange->form) && mm_http_form_parse(exchange->form.data,
	    exchange->form.len, introspection->parameters, PARAMETER_COUNT);
	for (size_t i = 0; i < PARAMETER_COUNT; i++)
		introspection->readable = introspection->readable && introspection->parameters[i].count <= 1;
}

/*
 * The caller, by the field Authorization, by the form, or by both, which then must name the same one: Dovecot
 * sends both. "This parameter MUST NOT be used more than once", so that of two fields or parameters none counts.
 */
static const struct gate_caller *
find_caller(const struct gate_exchange *exchange, const struct introspection *introspection)
{
	const struct mm_http_form_parameter *id = &introspection->parameters[CLIENT_ID];
	const struct mm_http_form_parameter *secret = &introspection->parameters[CLIENT_SECRET];
	struct mm_http_field field = gate_exchange_field(exchange, MHD_HTTP_HEADER_AUTHORIZATION);
	const struct gate_caller *by_field = NULL, *by_form = NULL;

	if (field.count == 1)
		by_field = gate_exchange_basic_caller(exchange, mm_http_credentials_find(field.value, "Basic"));
	if (id->count == 1 && secret->count == 1)
		by_form = gate_callers_find(&exchange->view->callers, exchange->service->name, id->value,
		    secret->value);
	if (field.count > 0 && secret->count > 0)
		return by_field == by_form ? by_field : NULL;
	return field.count > 0 ? by_field : by_form;
}

static void
answer_json(struct mm_http_answer *answer, unsigned status)
{
	answer->status = status;
	answer->content_type = "application/json";
}

/*
 * "if [...] the token is not active [...] the authorization server MUST return an introspection response with the
 * "active" field set to "false"" and "SHOULD NOT include any additional information" (RFC 7662 section 2.2).
 */
static void
answer_inactive(struct mm_http_answer *answer, enum mm_reason reason)
{
	bool unavailable = mm_reason_class(reason) == MM_CLASS_UNAVAILABLE;

	answer_json(answer, unavailable ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK);
	mm_buf_add_str(&answer->body, "{\"active\":false}");
}

/* The mailbox that was decided on, or, at a service without mailboxes, the subject. */
static struct mm_slice
username(const struct gate_exchange *exchange, const struct mm_decision *decision)
{
	return mm_decision_fact(decision,
	    mm_service_has_mailboxes(exchange->service) ? MM_FACT_MAILBOX : MM_FACT_SUBJECT);
}

static void
answer_active(const struct gate_exchange *exchange, struct mm_http_answer *answer, const struct mm_decision *decision)
{
	struct mm_json_writer writer;

	answer_json(answer, MHD_HTTP_OK);
	mm_json_writer_init(&writer, &answer->body);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_bool(&writer, "active", true);
	mm_json_add_slice(&writer, "username", username(exchange, decision));
	mm_json_add_slice(&writer, "sub", mm_decision_fact(decision, MM_FACT_SUBJECT));
	mm_json_add_slice(&writer, "client_id", mm_decision_fact(decision, MM_FACT_CLIENT));
	mm_json_add_slice(&writer, "scope", mm_decision_fact(decision, MM_FACT_SCOPE));
	mm_json_add_int(&writer, "exp", mm_decision_expires_s(decision));
	mm_json_add_slice(&writer, "tid", mm_decision_fact(decision, MM_FACT_TENANT_ID));
	mm_json_end_object(&writer);
}

/* What the resource server saw of its client; it is authenticated, so it is believed. */
static bool
read_evidence(const struct gate_exchange *exchange, const struct introspection *introspection,
    struct gate_evidence *evidence)
{
	const struct mm_http_form_parameter *parameters = introspection->parameters;

	gate_evidence_init(evidence, exchange);
	evidence->shown.dpop_proof = parameters[DPOP].value;
	evidence->shown.dpop_proof_count = parameters[DPOP].count;
	evidence->shown.http_method = parameters[HTTP_METHOD].value;
	evidence->shown.http_url = parameters[HTTP_URL].value;
	return parameters[CERTIFICATE_THUMBPRINT].count == 0 ||
	    gate_evidence_set_thumbprint(evidence, parameters[CERTIFICATE_THUMBPRINT].value);
}

/* A form that cannot be read names no token for certain, so that what it names is not looked at. */
static struct gate_question
question_of(const struct gate_exchange *exchange, const struct introspection *introspection,
    struct gate_evidence *evidence)
{
	struct gate_question question = { .protocol = "introspect", .of_login = true,
		.refused = MM_TOKEN_MALFORMED };

	if (!introspection->readable || !read_evidence(exchange, introspection, evidence))
		return question;
	question.evidence = &evidence->shown;
	question.refused = MM_OK;
	question.token = introspection->parameters[TOKEN].value;
	question.mailbox = introspection->parameters[MAILBOX].value;
	return question;
}

void
gate_introspect(struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	struct introspection introspection;
	struct gate_evidence evidence;
	struct gate_question question;
	struct gate_outcome outcome;

	if (has_query(exchange)) {
		mm_http_answer_text(answer, MHD_HTTP_BAD_REQUEST, "parameters belong in the body");
		return;
	}
	if (!is_form(exchange)) {
		mm_http_answer_text(answer, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "the body is no form");
		return;
	}
	read_form(exchange, &introspection);
	exchange->caller = find_caller(exchange, &introspection);
	if (exchange->caller == NULL) {
		gate_exchange_count_refused_caller(exchange);
		mm_http_answer_refuse_caller(answer, exchange->service->name);
		return;
	}
	question = question_of(exchange, &introspection, &evidence);
	outcome = gate_decide(exchange, &question);
	if (outcome.allowed)
		answer_active(exchange, answer, outcome.decision);
	else
		answer_inactive(answer, outcome.reason);
	/* For the resource server to hand on: what the token lacks is told it in no other way. */
	if (mm_decision_wants_nonce(outcome.decision))
		gate_evidence_answer_nonce(exchange, answer);
}
