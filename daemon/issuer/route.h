/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoints: one row of a table each.
 */
#ifndef MM_DAEMON_ISSUER_ROUTE_H
#define MM_DAEMON_ISSUER_ROUTE_H

#include "daemon/issuer/exchange.h"
#include "daemon/issuer/realm.h"

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stddef.h>

issuer_handler issuer_metadata;
issuer_handler issuer_jwks;
issuer_handler issuer_authorize;
issuer_handler issuer_sign_in;
issuer_handler issuer_consent;
issuer_handler issuer_token_endpoint;
issuer_handler issuer_device_authorization;
issuer_handler issuer_device_page;
issuer_handler issuer_revoke;
issuer_handler issuer_introspect;
issuer_handler issuer_userinfo;
issuer_handler issuer_logout;
issuer_handler issuer_healthz;
issuer_handler issuer_readyz;
issuer_handler issuer_metrics_page;

enum issuer_place {
	ISSUER_PLACE_BELOW,  /* behind the realm's address */
	ISSUER_PLACE_BEFORE, /* before the realm's path (RFC 8414 section 3.1) */
	ISSUER_PLACE_ALONE,  /* the whole path */
};

/* Who reads the errors of an endpoint. */
enum issuer_readers { ISSUER_FOR_PROGRAMS, ISSUER_FOR_PEOPLE };

struct issuer_route {
	const char *path;
	enum issuer_place place;
	const char *methods; /* as the field Allow has it */
	bool takes_body;
	enum issuer_readers readers;
	issuer_handler *handler;
	const char *label;   /* in metrics */
};

/*
 * The row that a path belongs to, and the path's segment for the tenant (empty in a realm without template). Where
 * there is none, the last row, which has neither path nor handler.
 */
const struct issuer_route *issuer_route_find(const struct issuer_realm *realm, struct mm_slice path,
    struct mm_slice *tenant);

bool issuer_route_allows(const struct issuer_route *route, const char *method);

/* The table's rows, for counting; the last one stands for what matches no other. */
#define ISSUER_ROUTES_MAX 20
size_t issuer_route_count(void);
size_t issuer_route_number(const struct issuer_route *route);
const char *issuer_route_name(size_t number);

#endif
