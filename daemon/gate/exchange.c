/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What handlers ask of a request.
 */
#include "daemon/gate/exchange.h"

#include "daemon/gate/connection.h"
#include "daemon/http/credentials.h"
#include "lib/crypto/digest.h"


struct mm_http_field
gate_exchange_field(const struct gate_exchange *exchange, const char *name)
{
	return mm_http_find_field(exchange->connection, name);
}

struct mm_slice
gate_exchange_source(const struct gate_exchange *exchange)
{
	const char *source = exchange->from->source;

	return source[0] == '\0' ? MM_SLICE_ABSENT : mm_slice_str(source);
}

const struct gate_caller *
gate_exchange_basic_caller(const struct gate_exchange *exchange, struct mm_slice credentials)
{
	const struct gate_callers *callers = &exchange->view->callers;
	const struct gate_caller *plain = NULL, *decoded = NULL;
	struct mm_http_basic basic;

	if (mm_http_basic_parse(credentials, &basic)) {
		plain = gate_callers_find(callers, exchange->service->name, basic.name, basic.secret);
		decoded = gate_callers_find(callers, exchange->service->name, basic.decoded_name, basic.decoded_secret);
	}
	mm_secret_wipe(&basic, sizeof(basic));
	return plain != NULL ? plain : decoded;
}

void
gate_exchange_count_refused_caller(const struct gate_exchange *exchange)
{
	gate_metrics_count_refused_caller(gate_view_service_metrics(exchange->view, exchange->service));
}
