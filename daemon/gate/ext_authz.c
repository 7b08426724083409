/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/ext_authz/SERVICE/…: Envoy's external authorization over HTTP. Envoy asks with the client's method, host and
 * header fields, and with the client's path behind the configured prefix; what it asks and what it is answered is as at
 * forward auth.
 */
#include "daemon/gate/identity.h"
#include "daemon/gate/route.h"

#include <microhttpd.h>

/* The client's path: what stands behind the service's name; empty where nothing does. */
static struct mm_slice
client_path(const struct gate_exchange *exchange)
{
	const char *from = exchange->service_name.ptr + exchange->service_name.len;

	return mm_slice(from, (size_t)(exchange->path.ptr + exchange->path.len - from));
}

/*
 * Envoy names the client's request by its own request, but for the scheme. A proof names no query either: "without
 * query and fragment parts" (RFC 9449 section 4.2).
 */
static void
take_told_request(struct gate_identity *identity, const struct gate_exchange *exchange)
{
	struct mm_http_field scheme = gate_exchange_field(exchange, "X-Forwarded-Proto");
	struct mm_http_field host = gate_exchange_field(exchange, MHD_HTTP_HEADER_HOST);

	gate_evidence_set_request(&identity->evidence, exchange->method,
	    scheme.count == 1 ? scheme.value : MM_SLICE_ABSENT, host.value, client_path(exchange));
}

/* Envoy always sends both; whoever leaves one out is not Envoy, or is configured for another address. */
static bool
names_request(const struct gate_exchange *exchange)
{
	struct mm_http_field host = gate_exchange_field(exchange, MHD_HTTP_HEADER_HOST);

	return host.count == 1 && host.value.len > 0 && client_path(exchange).len > 0;
}

void
gate_ext_authz(struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	struct gate_identity identity;

	if (!gate_identity_read(&identity, exchange, "ext_authz")) {
		gate_identity_answer_unreadable(exchange, answer);
		return;
	}
	if (!names_request(exchange))
		identity.question.refused = MM_TOKEN_MALFORMED;
	else if (identity.as_dpop && gate_evidence_is_believed(exchange))
		take_told_request(&identity, exchange);
	gate_identity_answer(&identity, exchange, answer);
}
