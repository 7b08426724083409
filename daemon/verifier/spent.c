/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assertions of clients that were used.
 */
#include "daemon/verifier/spent.h"

#include "daemon/verifier/assertion.h"
#include "daemon/verifier/secret.h"
#include "daemon/verifier/table_spent.h"
#include "lib/base/buf.h"
#include "lib/base/reader.h"

#include <stdlib.h>
#include <string.h>

#define BITS_MIN 10

/* name and expires_s, in the table */
#define NAME_BYTES 16

/* ---- places ---- */

static size_t
place_count(const struct verifier_spent *spent)
{
	return (size_t)1 << spent->bits;
}

/* Where the search for a name begins. */
static size_t
home_of(const struct verifier_spent *spent, uint64_t name)
{
	return (size_t)(name * spent->multiplier >> (64 - spent->bits));
}

/* The place of a name, or the free one where it would be. */
static size_t
find(const struct verifier_spent *spent, uint64_t name)
{
	size_t at = home_of(spent, name);

	while (spent->places[at].name != 0 && spent->places[at].name != name)
		at = (at + 1) & (place_count(spent) - 1);
	return at;
}

static void
put(struct verifier_spent *spent, const struct verifier_spent_name *one)
{
	size_t at = find(spent, one->name);

	spent->count += spent->places[at].name == 0;
	spent->places[at] = *one;
}

/*
 * Free the place of a name. A name behind it that is not at its home may have come past here, and moves up, so that a
 * search never ends before it.
 */
static void
take_out(struct verifier_spent *spent, uint64_t name)
{
	size_t mask = place_count(spent) - 1, hole = find(spent, name), at = hole;

	if (spent->places[hole].name == 0)
		return;
	spent->places[hole].name = 0;
	spent->count--;
	while (spent->places[at = (at + 1) & mask].name != 0) {
		size_t home = home_of(spent, spent->places[at].name);

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		spent->places[hole] = spent->places[at];
		spent->places[at].name = 0;
		hole = at;
	}
}

static size_t
count_good(const struct verifier_spent *spent, int64_t now_s)
{
	size_t good = 0;

	for (size_t i = 0; spent->places != NULL && i < place_count(spent); i++)
		good += spent->places[i].name != 0 && spent->places[i].expires_s > now_s;
	return good;
}

/* Move what is not too old to places of which it takes three eighths at most. */
static bool
move(struct verifier_spent *spent, int64_t now_s)
{
	size_t good = count_good(spent, now_s);
	struct verifier_spent moved = { .multiplier = spent->multiplier, .bits = BITS_MIN };

	while (8 * good > 3 * place_count(&moved))
		moved.bits++;
	moved.places = good < VERIFIER_SPENT_MAX ? calloc(place_count(&moved), sizeof(*moved.places)) : NULL;
	if (moved.places == NULL)
		return false;
	for (size_t i = 0; spent->places != NULL && i < place_count(spent); i++)
		if (spent->places[i].name != 0 && spent->places[i].expires_s > now_s)
			put(&moved, &spent->places[i]);
	free(spent->places);
	spent->places = moved.places;
	spent->bits = moved.bits;
	spent->count = moved.count;
	return true;
}

/*
 * At most three quarters are taken, so that a search is short and ends. All places are looked at to find room: where
 * there was none, once a second.
 */
static bool
make_room(struct verifier_spent *spent, int64_t now_s)
{
	if (4 * (spent->count + 1) <= 3 * place_count(spent))
		return true;
	if (spent->full_s == now_s)
		return false;
	if (move(spent, now_s))
		return true;
	spent->full_s = now_s;
	return false;
}

/* ---- spending ---- */

/* The beginning of the SHA-256 of client, NUL, jti: no id has a NUL in it. */
static bool
name_of(const struct verifier_spent *spent, struct mm_slice client, struct mm_slice jti, uint64_t *name)
{
	char text[MM_MINT_CLIENT_LEN_MAX + 1 + VERIFIER_ASSERTION_JTI_LEN_MAX];
	uint8_t digest[MM_DIGEST_LEN];
	struct mm_reader reader;

	if (client.len > MM_MINT_CLIENT_LEN_MAX || jti.len > VERIFIER_ASSERTION_JTI_LEN_MAX)
		return false;
	memcpy(text, client.ptr, client.len);
	text[client.len] = '\0';
	memcpy(text + client.len + 1, jti.ptr, jti.len);
	if (!mm_hasher_sha256(spent->hasher, mm_slice(text, client.len + 1 + jti.len), digest))
		return false;
	mm_reader_init(&reader, digest, sizeof(digest));
	*name = mm_reader_u64(&reader);
	if (*name == 0)
		*name = 1;
	return true;
}

enum verifier_spending
verifier_spend_assertion(struct verifier_spent *spent, struct mm_slice client, struct mm_slice jti, int64_t expires_s,
    int64_t now_s)
{
	struct verifier_spent_name one = { .expires_s = expires_s };
	const struct verifier_spent_name *place;

	if (!name_of(spent, client, jti, &one.name))
		return VERIFIER_SPENT_NOT;
	place = &spent->places[find(spent, one.name)];
	if (place->name != 0 && place->expires_s > now_s)
		return VERIFIER_SPENT_BEFORE;
	if (spent->round_count == VERIFIER_SPENT_A_ROUND || !make_room(spent, now_s))
		return VERIFIER_SPENT_NOT;
	put(spent, &one);
	spent->round[spent->round_count++] = one;
	return VERIFIER_SPENT_NOW;
}

void
verifier_spent_settle(struct verifier_spent *spent, bool kept)
{
	for (size_t i = 0; i < spent->round_count && !kept; i++)
		take_out(spent, spent->round[i].name);
	spent->round_count = 0;
}

/* ---- the table ---- */

void
verifier_spent_write(struct verifier_spent *spent, struct verifier_table *table)
{
	int64_t expires_s = 0;
	struct mm_buf row;

	if (spent->round_count == 0)
		return;
	mm_buf_init(&row, sizeof(spent->round));
	for (size_t i = 0; i < spent->round_count; i++) {
		mm_buf_add_u64(&row, spent->round[i].name);
		mm_buf_add_u64(&row, (uint64_t)spent->round[i].expires_s);
		if (spent->round[i].expires_s > expires_s)
			expires_s = spent->round[i].expires_s;
	}
	if (mm_buf_ok(&row))
		verifier_assertions_add(table, mm_slice(row.data, row.len), expires_s);
	else
		table->failed = true;
	mm_buf_clear(&row);
}

static bool
take_row(struct verifier_spent *spent, struct mm_slice row, int64_t now_s)
{
	struct mm_reader reader;
	bool good = row.len % NAME_BYTES == 0;

	mm_reader_init(&reader, row.ptr, row.len);
	while (good && reader.left > 0) {
		struct verifier_spent_name one = { .name = mm_reader_u64(&reader) };

		one.expires_s = (int64_t)mm_reader_u64(&reader);
		good = one.name != 0 && one.expires_s > 0;
		if (!good || one.expires_s <= now_s)
			continue;
		good = make_room(spent, now_s);
		if (good)
			put(spent, &one);
	}
	return good;
}

bool
verifier_spent_open(struct verifier_spent *spent, struct verifier_table *table, int64_t now_s, const char **why)
{
	bool started = false, good = true;
	struct mm_slice row;

	*spent = (struct verifier_spent){ .hasher = mm_hasher_new() };
	*why = "memory is short, or there are no random numbers";
	if (spent->hasher == NULL || !verifier_random(&spent->multiplier, sizeof(spent->multiplier)))
		return false;
	spent->multiplier |= 1;
	if (!move(spent, now_s))
		return false;
	while (good && verifier_assertions_next(table, &started, &row))
		good = take_row(spent, row, now_s);
	*why = "the table: what it has of used assertions is malformed: restore it from a backup";
	return good && !table->failed;
}

void
verifier_spent_close(struct verifier_spent *spent)
{
	free(spent->places);
	mm_hasher_free(&spent->hasher);
	*spent = (struct verifier_spent){ .hasher = NULL };
}
