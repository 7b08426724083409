/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that the courier goes to, taken apart; engine/fetch_url.h says which are good.
 */
#ifndef MM_DAEMON_COURIER_URL_H
#define MM_DAEMON_COURIER_URL_H

#include "engine/fetch_url.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

struct courier_url {
	struct mm_slice host;  /* as it stands; of an IPv6 address with its brackets */
	struct mm_slice path;  /* from its slash to the query; may be empty */
	struct mm_slice query; /* with its question mark; may be empty */
	uint16_t port;
};

/*
 * Take a good address apart. Returns NULL on success, else a constant sentence that follows on the address's name and
 * says what is wrong with it; *url borrows from text. Not checked here: whether one may go there.
 */
MM_MUST_USE const char *courier_url_parse(struct mm_slice text, struct courier_url *url);

/* Whether two addresses are of the same host, in any case of its letters, and the same port. */
MM_MUST_USE bool courier_url_same_place(const struct courier_url *a, const struct courier_url *b);

/*
 * Whether an address lies at a place that an operator listed: "keys.example" is its port 443, "keys.example:8443" that
 * port. What is no place is nowhere.
 */
MM_MUST_USE bool courier_url_is_at(const struct courier_url *url, const char *place);

#endif
