/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP request on its way through the gate. It belongs to the thread that serves its connection.
 */
#ifndef MM_DAEMON_GATE_EXCHANGE_H
#define MM_DAEMON_GATE_EXCHANGE_H

#include "daemon/gate/gate.h"
#include "daemon/http/answer.h"
#include "daemon/http/body.h"
#include "daemon/http/fields.h"

#include <mintmark/slice.h>

/*
 * A form with a token of four times the largest size that is decided, so that a token too large is
 * told from a body too large; nobody sends more.
 */
#define GATE_BODY_LEN_MAX ((size_t)128 * 1024)

struct MHD_Connection;
struct gate_connection;
struct gate_route;
struct gate_wait;

struct gate_exchange {
	struct gate *gate;
	struct MHD_Connection *connection;
	struct gate_connection *from;
	struct mm_slice method, path;     /* as they were sent; the path without its query */
	const struct gate_route *route;   /* NULL: no such path */
	struct mm_slice service_name;     /* of routes that name one */
	const struct gate_view *view;     /* taken for the answer; NULL: none is being made */
	const struct mm_service *service; /* of the view; NULL: the view has none of this name */
	const struct gate_caller *caller; /* of the view; NULL: not authenticated */
	struct gate_wait *wait;           /* for the ledger */
	bool method_allowed;
	struct mm_http_body body; /* kept of routes that take one; may hold secrets: wiped at the end */
	struct mm_buf form;       /* a copy of it that is read in place; the same */
};

/* Find a header field of the request, ignoring the case of its name. */
struct mm_http_field gate_exchange_field(const struct gate_exchange *exchange, const char *name);

/* The peer's address in text: "192.0.2.1", "2001:db8::1", or "unix". */
#define GATE_SOURCE_LEN_MAX 64
struct mm_slice gate_exchange_source(const struct gate_exchange *exchange);

/*
 * Authenticate a caller of the exchange's service by "Basic" credentials (what follows the scheme).
 * Both readings of name and secret are tried (credentials.h). NULL: it is none.
 */
const struct gate_caller *
gate_exchange_basic_caller(const struct gate_exchange *exchange, struct mm_slice credentials);

/* Count a request of a stranger as a caller of the exchange's service. */
void gate_exchange_count_refused_caller(const struct gate_exchange *exchange);

#endif
