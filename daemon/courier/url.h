/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that the courier goes to: https, a host, perhaps a port, a path. Nothing else is an address here.
 */
#ifndef MM_DAEMON_COURIER_URL_H
#define MM_DAEMON_COURIER_URL_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest on record has 150 bytes; servers refuse those of more than 2,000 or 8,000. */
#define COURIER_ADDRESS_LEN_MAX 2048

#define COURIER_PORT_DEFAULT 443

struct courier_url {
	struct mm_slice host;  /* as it stands; of an IPv6 address with its brackets */
	struct mm_slice path;  /* from its slash to the query; may be empty */
	struct mm_slice query; /* with its question mark; may be empty */
	uint16_t port;
};

/*
 * Read an address: "https://" in small letters, a host of letters, digits, hyphens and dots or an IPv6 address in
 * brackets, perhaps a port, then a path and a query of what RFC 3986 lets stand there. No user info, no fragment.
 * Returns NULL on success, else a constant sentence of what is wrong; *url borrows from text.
 * Not checked here: whether one may go there.
 */
MM_MUST_USE const char *courier_url_parse(struct mm_slice text, struct courier_url *url);

/* Whether two addresses are of the same host, in any case of its letters, and the same port. */
MM_MUST_USE bool courier_url_same_place(const struct courier_url *a, const struct courier_url *b);

/*
 * Whether an address lies at a place that an operator listed: "keys.example" is its port 443, "keys.example:8443" that
 * port. Not checked here: the spelling of the place; one that is no host and port is nowhere.
 */
MM_MUST_USE bool courier_url_is_at(const struct courier_url *url, const char *place);

#endif
