/* SPDX-License-Identifier: Apache-2.0 */
/* The live index of a realm. */
#include "daemon/ledger/live.h"

#include "lib/base/limits.h"

#include <stdlib.h>
#include <string.h>

void
ledger_live_clear(struct ledger_live *live)
{
	for (size_t i = 0; i < live->count; i++)
		free(live->chunks[i].entries);
	free(live->chunks);
	free(live->voids);
	memset(live, 0, sizeof(*live));
}

/* Whether places of this signer and minute come behind the chunk's. */
static bool
comes_behind(const struct ledger_chunk *chunk, struct mm_token_place place)
{
	return place.minute > chunk->minute || (place.minute == chunk->minute && place.signer > chunk->signer);
}

static struct ledger_chunk *
new_chunk(struct ledger_live *live, struct mm_token_place place)
{
	struct ledger_chunk *chunk;

	if (live->count == live->size) {
		size_t size = live->size * 2 + 16;
		struct ledger_chunk *grown = reallocarray(live->chunks, size, sizeof(*grown));

		if (grown == NULL)
			return NULL;
		live->chunks = grown;
		live->size = size;
	}
	chunk = &live->chunks[live->count++];
	*chunk = (struct ledger_chunk){ .signer = place.signer, .minute = place.minute };
	return chunk;
}

/* The chunk of the next token; NULL where its place lies before the last one's, or memory is short. */
static struct ledger_chunk *
chunk_for(struct ledger_live *live, struct mm_token_place place)
{
	struct ledger_chunk *last = live->count == 0 ? NULL : &live->chunks[live->count - 1];

	if (last != NULL && last->signer == place.signer && last->minute == place.minute)
		return last;
	return last == NULL || comes_behind(last, place) ? new_chunk(live, place) : NULL;
}

static bool
grow(struct ledger_chunk *chunk, size_t count)
{
	size_t size = chunk->size;
	uint64_t *grown;

	if (count <= size)
		return true;
	while (size < count)
		size = size * 2 + 64;
	grown = reallocarray(chunk->entries, size, sizeof(*grown));
	if (grown == NULL)
		return false;
	chunk->entries = grown;
	chunk->size = size;
	return true;
}

bool
ledger_live_add(struct ledger_live *live, struct mm_token_place place, uint64_t entry, int64_t exp_s)
{
	struct ledger_chunk *chunk = chunk_for(live, place);

	if (chunk == NULL || place.counter < chunk->count || place.counter - chunk->count > LEDGER_LOST_MAX ||
	    !grow(chunk, (size_t)place.counter + 1))
		return false;
	while (chunk->count < place.counter)
		chunk->entries[chunk->count++] = 0;
	chunk->entries[chunk->count++] = entry;
	if (exp_s > chunk->exp_s)
		chunk->exp_s = exp_s;
	return true;
}

static struct ledger_chunk *
find_chunk(const struct ledger_live *live, struct mm_token_place place)
{
	for (size_t i = live->count; i > 0; i--) {
		struct ledger_chunk *chunk = &live->chunks[i - 1];

		if (chunk->signer == place.signer && chunk->minute == place.minute)
			return chunk;
		if (chunk->minute < place.minute)
			return NULL;
	}
	return NULL;
}

const uint64_t *
ledger_live_find(const struct ledger_live *live, struct mm_token_place place)
{
	const struct ledger_chunk *chunk = find_chunk(live, place);

	return chunk != NULL && place.counter < chunk->count ? &chunk->entries[place.counter] : NULL;
}

void
ledger_live_void(struct ledger_live *live, struct mm_token_place place)
{
	struct ledger_chunk *chunk = find_chunk(live, place);

	if (chunk == NULL || place.counter >= chunk->count || chunk->entries[place.counter] == 0)
		return;
	chunk->entries[place.counter] = 0;
	if (live->void_count == live->void_size) {
		size_t size = live->void_size * 2 + 64;
		struct mm_token_place *grown = reallocarray(live->voids, size, sizeof(*grown));

		if (grown == NULL)
			return; /* gates that have the entry keep it; its token was never handed out */
		live->voids = grown;
		live->void_size = size;
	}
	live->voids[live->void_count++] = place;
}

/* Drop voids of minutes before this one. */
static void
forget_voids(struct ledger_live *live, uint32_t minute)
{
	size_t drop = 0;

	while (drop < live->void_count && live->voids[drop].minute < minute)
		drop++;
	if (drop == 0)
		return;
	memmove(live->voids, live->voids + drop, (live->void_count - drop) * sizeof(*live->voids));
	live->void_count -= drop;
	live->void_first += drop;
}

void
ledger_live_forget(struct ledger_live *live, int64_t now_s)
{
	size_t drop = 0;

	while (drop < live->count && live->chunks[drop].exp_s + MM_CLOCK_SKEW_S < now_s)
		free(live->chunks[drop++].entries);
	if (drop == 0)
		return;
	live->count -= drop;
	memmove(live->chunks, live->chunks + drop, live->count * sizeof(*live->chunks));
	live->first += drop;
	forget_voids(live, live->count == 0 ? UINT32_MAX : live->chunks[0].minute);
}
