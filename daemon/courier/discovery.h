/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metadata of a provider (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2), of which two members are read:
 * whose it is, and where its keys are.
 */
#ifndef MM_DAEMON_COURIER_DISCOVERY_H
#define MM_DAEMON_COURIER_DISCOVERY_H

#include "daemon/courier/origin.h"
#include "daemon/ipc/fetch.h"

/* What reading it led to. */
struct courier_discovery {
	enum mm_fetch_outcome outcome; /* MM_FETCH_NEW: keys_address is set */
	const char *why;               /* a constant sentence where it is not */
	char keys_address[COURIER_ADDRESS_LEN_MAX + 1];
};

/*
 * Read a metadata document, any bytes: strict JSON; 'issuer' that of the origin's realms, with "{tenant}" and
 * "{tenantid}" alike; 'jwks_uri' an https address at the origin's own host and port, or at one of its hosts.
 * Where realms share the document, its issuer must be the template of one of them, and fit the others'.
 * Not checked here: other members; what answers at the address.
 */
void courier_discovery_parse(struct mm_slice document, const struct courier_origin *origin,
    struct courier_discovery *discovery);

#endif
