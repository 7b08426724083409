/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that asked lately: their rows, and their keys ready to verify, so that a request reads nothing of the table
 * and parses no JWK.
 *
 * A row is as the table has it now: it is read anew once anything was written to the table's clients, or was undone.
 */
#ifndef MM_DAEMON_VERIFIER_KNOWN_CLIENT_H
#define MM_DAEMON_VERIFIER_KNOWN_CLIENT_H

#include "daemon/verifier/assertion.h"
#include "daemon/verifier/table_client.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* Each takes up to 20 KiB, and its keys what libcrypto makes of them. */
#define VERIFIER_CLIENTS_KNOWN 256

struct verifier_known_client {
	struct verifier_client_row row;
	uint64_t changes; /* of the table's clients, when the row was read */
	bool has_keys;    /* they were read from the row */
	struct verifier_keys keys;
};

struct verifier_known_clients {
	uint64_t names[VERIFIER_CLIENTS_KNOWN]; /* of their ids: found without looking at each */
	uint64_t used[VERIFIER_CLIENTS_KNOWN];  /* when last, in requests */
	struct verifier_known_client *clients[VERIFIER_CLIENTS_KNOWN]; /* NULL: free */
	uint64_t now;
};

/* The client of an id. NULL: there is none, or the table failed. Valid until the next call. */
struct verifier_known_client *verifier_known_client_find(struct verifier_known_clients *known,
    struct verifier_table *table, struct verifier_signatures *signatures, struct mm_slice id);

/* Its keys, to verify with. NULL: it has none. */
struct verifier_keys *verifier_known_client_keys(struct verifier_known_client *client);

void verifier_known_clients_clear(struct verifier_known_clients *known, struct verifier_signatures *signatures);

#endif
