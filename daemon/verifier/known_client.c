/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that asked lately.
 */
#include "daemon/verifier/known_client.h"

#include <stdlib.h>
#include <string.h>

/*
 * FNV-1a of 64 bits. Only an operator's ids come into the list, so that nobody makes them meet; and where two do, the
 * ids tell them apart.
 */
static uint64_t
name_of(struct mm_slice id)
{
	uint64_t name = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < id.len; i++)
		name = (name ^ (unsigned char)id.ptr[i]) * UINT64_C(0x100000001b3);
	return name;
}

static bool
is_at(const struct verifier_known_clients *known, size_t at, struct mm_slice id)
{
	return known->clients[at] != NULL && mm_slice_equal(mm_mint_text_get(&known->clients[at]->row.client.id), id);
}

/* Where the client of an id is; VERIFIER_CLIENTS_KNOWN: nowhere. */
static size_t
find(const struct verifier_known_clients *known, struct mm_slice id)
{
	uint64_t name = name_of(id);
	size_t at = 0;

	while (at < VERIFIER_CLIENTS_KNOWN && (known->names[at] != name || !is_at(known, at, id)))
		at++;
	return at;
}

static void
forget_keys(struct verifier_known_client *client, struct verifier_signatures *signatures)
{
	for (size_t i = 0; i < client->keys.count; i++)
		verifier_signatures_forget(signatures, &client->keys.keys[i]);
	verifier_keys_clear(&client->keys);
	client->has_keys = false;
}

/* A free place, else that of the one who asked last of all. */
static size_t
choose_place(const struct verifier_known_clients *known)
{
	size_t chosen = 0;

	for (size_t i = 0; i < VERIFIER_CLIENTS_KNOWN; i++) {
		if (known->clients[i] == NULL)
			return i;
		if (known->used[i] < known->used[chosen])
			chosen = i;
	}
	return chosen;
}

static bool
make_place(struct verifier_known_clients *known, size_t at, struct verifier_signatures *signatures)
{
	if (known->clients[at] != NULL)
		forget_keys(known->clients[at], signatures);
	else
		known->clients[at] = calloc(1, sizeof(*known->clients[at]));
	return known->clients[at] != NULL;
}

/* Keys stay as long as the text that they were read from: a version may come twice, where a change was undone. */
static void
take_row(struct verifier_known_client *client, const struct verifier_client_row *row, uint64_t changes,
    struct verifier_signatures *signatures)
{
	if (!mm_slice_equal(mm_mint_text_get(&client->row.jwks), mm_mint_text_get(&row->jwks)))
		forget_keys(client, signatures);
	client->row = *row;
	client->changes = changes;
}

struct verifier_known_client *
verifier_known_client_find(struct verifier_known_clients *known, struct verifier_table *table,
    struct verifier_signatures *signatures, struct mm_slice id)
{
	static struct verifier_client_row row;
	size_t at = find(known, id);

	if (at == VERIFIER_CLIENTS_KNOWN || known->clients[at]->changes != table->client_changes) {
		if (!verifier_client_by_id(table, id, &row))
			return NULL;
		if (at == VERIFIER_CLIENTS_KNOWN) {
			at = choose_place(known);
			if (!make_place(known, at, signatures))
				return NULL;
		}
		known->names[at] = name_of(id);
		take_row(known->clients[at], &row, table->client_changes, signatures);
	}
	known->used[at] = ++known->now;
	return known->clients[at];
}

struct verifier_keys *
verifier_known_client_keys(struct verifier_known_client *client)
{
	struct mm_slice jwks = mm_mint_text_get(&client->row.jwks);

	if (!client->has_keys && jwks.len > 0)
		client->has_keys = verifier_keys_read(jwks, &client->keys) == NULL;
	return client->has_keys ? &client->keys : NULL;
}

void
verifier_known_clients_clear(struct verifier_known_clients *known, struct verifier_signatures *signatures)
{
	for (size_t i = 0; i < VERIFIER_CLIENTS_KNOWN; i++) {
		if (known->clients[i] == NULL)
			continue;
		forget_keys(known->clients[i], signatures);
		free(known->clients[i]);
		known->clients[i] = NULL;
	}
}
