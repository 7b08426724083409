/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying clients' signatures, and which keys have tables for that.
 */
#include "daemon/verifier/signatures.h"

bool
verifier_signatures_open(struct verifier_signatures *signatures)
{
	*signatures = (struct verifier_signatures){
		.plain = mm_verifier_new(),
		.room = mm_p256_room_new(),
		.hasher = mm_hasher_new(),
	};
	return signatures->plain != NULL && signatures->room != NULL && signatures->hasher != NULL;
}

void
verifier_signatures_close(struct verifier_signatures *signatures)
{
	for (size_t i = 0; i < VERIFIER_TABLES_MAX; i++)
		if (signatures->owners[i] != NULL)
			verifier_signatures_forget(signatures, signatures->owners[i]);
	mm_verifier_free(&signatures->plain);
	mm_p256_room_free(&signatures->room);
	mm_hasher_free(&signatures->hasher);
}

/* ---- verifying ---- */

static bool
holds_by_table(struct verifier_signatures *signatures, const struct verifier_key *key, struct mm_slice signed_input,
    struct mm_slice signature)
{
	uint8_t digest[MM_DIGEST_LEN];

	return mm_hasher_sha256(signatures->hasher, signed_input, digest) &&
	    mm_p256_table_verify(key->table, signatures->room, digest, signature) == MM_OK;
}

static bool
is_es256(const struct verifier_key *key)
{
	return key->algorithm->scheme == MM_SCHEME_ECDSA && key->algorithm->hash == MM_HASH_SHA256;
}

static void
count(struct verifier_signatures *signatures, struct verifier_key *key)
{
	uint64_t enough = signatures->made < VERIFIER_TABLES_MAX ? VERIFIER_TABLE_SOON : VERIFIER_TABLE_LATER;

	key->used = ++signatures->now;
	if (key->table == NULL && is_es256(key) && ++key->held >= enough && signatures->due == NULL)
		signatures->due = key;
}

bool
verifier_signature_holds(struct verifier_signatures *signatures, struct verifier_key *key,
    struct mm_slice signed_input, struct mm_slice signature)
{
	bool holds = key->table != NULL ? holds_by_table(signatures, key, signed_input, signature) :
	    mm_public_key_verify(key->key, signatures->plain, signed_input, signature) == MM_OK;

	if (holds)
		count(signatures, key);
	return holds;
}

/* ---- tables ---- */

static void
take_away(struct verifier_key *key)
{
	mm_p256_table_free(&key->table);
	key->held = 0;
}

/* A free place, or that of the key that has signed nothing for the longest. */
static struct verifier_key **
choose_place(struct verifier_signatures *signatures)
{
	struct verifier_key **chosen = &signatures->owners[0];

	for (size_t i = 0; i < VERIFIER_TABLES_MAX; i++) {
		struct verifier_key **place = &signatures->owners[i];

		if (*place == NULL)
			return place;
		if ((*place)->used < (*chosen)->used)
			chosen = place;
	}
	return chosen;
}

void
verifier_signatures_make_table(struct verifier_signatures *signatures)
{
	struct verifier_key *key = signatures->due, **place;
	struct mm_key_material material;

	if (key == NULL)
		return;
	signatures->due = NULL;
	material = (struct mm_key_material){ .type = MM_KEY_EC, .curve = MM_CURVE_P256,
		.x = mm_slice(key->x, sizeof(key->x)), .y = mm_slice(key->y, sizeof(key->y)) };
	key->held = 0;
	key->table = mm_p256_table_new(&material);
	if (key->table == NULL)
		return;
	place = choose_place(signatures);
	if (*place != NULL)
		take_away(*place);
	*place = key;
	signatures->made++;
}

void
verifier_signatures_forget(struct verifier_signatures *signatures, struct verifier_key *key)
{
	for (size_t i = 0; i < VERIFIER_TABLES_MAX; i++)
		if (signatures->owners[i] == key)
			signatures->owners[i] = NULL;
	if (signatures->due == key)
		signatures->due = NULL;
	take_away(key);
}
