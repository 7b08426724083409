/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoints: one row of a table each.
 */
#ifndef MM_DAEMON_GATE_ROUTE_H
#define MM_DAEMON_GATE_ROUTE_H

#include "daemon/http/answer.h"

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stddef.h>

struct gate_exchange;

/* Makes the answer to a request whose head and body are there. */
typedef void gate_handler(struct gate_exchange *exchange, struct mm_http_answer *answer);

gate_handler gate_introspect;
gate_handler gate_forward_auth;
gate_handler gate_ext_authz;
gate_handler gate_shadow;
gate_handler gate_dovecot_policy;
gate_handler gate_healthz;
gate_handler gate_readyz;
gate_handler gate_metrics_page;

struct gate_route {
	const char *path;    /* up to the service's name, where it has one */
	bool names_service;
	bool path_follows;   /* behind the service's name, from its '/' on, is a path of the client's */
	const char *methods; /* as the field Allow has it; NULL: any */
	bool takes_body;
	gate_handler *handler;
	const char *label;   /* in metrics */
};

/*
 * The row that a path belongs to; *service is what stands behind it, up to the next '/' where a path follows. Where
 * there is none, the last row, which has neither path nor handler.
 */
const struct gate_route *gate_route_find(const char *path, struct mm_slice *service);

bool gate_route_allows(const struct gate_route *route, const char *method);

/* The table's rows, for counting; the last one stands for what matches no other. */
size_t gate_route_count(void);
size_t gate_route_number(const struct gate_route *route);
const char *gate_route_name(size_t number);

#endif
