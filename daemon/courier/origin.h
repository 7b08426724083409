/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a document comes from, as mintmarkd says it: the address, whose it must be, where it may lead.
 */
#ifndef MM_DAEMON_COURIER_ORIGIN_H
#define MM_DAEMON_COURIER_ORIGIN_H

#include "daemon/courier/url.h"
#include "lib/base/pool.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The path of metadata that is added where an address names none. */
#define COURIER_WELL_KNOWN "/.well-known/openid-configuration"

#define COURIER_ADDRESS_LEN_MAX (MM_FETCH_URL_LEN_MAX + sizeof(COURIER_WELL_KNOWN) - 1)

struct courier_texts {
	const char **items;
	size_t count;
};

struct courier_origin {
	uint32_t number;
	bool is_discovery;    /* 'address' is that of a metadata document, which names the JWK set */
	int64_t refresh_s;
	const char *address;  /* complete: of metadata with its well-known path */
	struct courier_url place; /* its host and port; what it was before it was completed */
	struct courier_texts issuers; /* of its realms, as configured */
	struct courier_texts hosts;   /* "host" or "host:port", beside that of 'address', to which metadata may lead */
};

/*
 * Read the payload of COURIER_SOURCE. Texts are copied into pool.
 * Returns NULL on success, else a constant sentence of what is wrong.
 * Not checked here: issuers and hosts; one that is no issuer or no host fits nothing.
 */
MM_MUST_USE const char *
courier_origin_parse(struct mm_slice payload, struct mm_pool *pool, struct courier_origin *origin);

#endif
