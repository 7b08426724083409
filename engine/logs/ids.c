/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each part is an open table, at most nine tenths full. A place holds the digest with the rank in its two lowest bits;
 * 0 is an empty place, and a digest of zeroes stands as another.
 */
#include "engine/logs/ids.h"

#include <stdlib.h>

#define PARTS 256
#define PLACES_MIN 64

struct part {
	uint64_t *places;
	uint32_t count, room;
};

struct mm_logs_ids {
	struct part parts[PARTS];
	uint64_t count, room;
};

struct mm_logs_ids *
mm_logs_ids_new(void)
{
	return calloc(1, sizeof(struct mm_logs_ids));
}

void
mm_logs_ids_free(struct mm_logs_ids **ids)
{
	if (*ids == NULL)
		return;
	for (size_t i = 0; i < PARTS; i++)
		free((*ids)->parts[i].places);
	free(*ids);
	*ids = NULL;
}

/* A place for a digest, by the bits behind those that chose its part. */
static uint32_t
place_of(uint64_t digest, uint32_t room)
{
	return (uint32_t)((digest << 8 >> 32) * room >> 32);
}

#define RANK_BITS UINT64_C(3)

/* The place of a digest, or the empty one where it would be. */
static uint64_t *
find(const struct part *part, uint64_t digest)
{
	uint32_t place = place_of(digest, part->room);

	while (part->places[place] != 0 && ((part->places[place] ^ digest) & ~RANK_BITS) != 0)
		if (++place == part->room)
			place = 0;
	return &part->places[place];
}

static bool
grow(struct mm_logs_ids *ids, struct part *part)
{
	struct part larger = { NULL, part->count, part->room == 0 ? PLACES_MIN : part->room + part->room / 2 };

	if (larger.room < part->room)
		return false;
	larger.places = calloc(larger.room, sizeof(*larger.places));
	if (larger.places == NULL)
		return false;
	for (uint32_t i = 0; i < part->room; i++)
		if (part->places[i] != 0)
			*find(&larger, part->places[i]) = part->places[i];
	ids->room += larger.room - part->room;
	free(part->places);
	*part = larger;
	return true;
}

/* A digest without its rank, never 0. */
static uint64_t
bare(uint64_t digest)
{
	digest &= ~RANK_BITS;
	return digest == 0 ? RANK_BITS + 1 : digest;
}

enum mm_logs_ids_added
mm_logs_ids_add(struct mm_logs_ids *ids, uint64_t digest, unsigned rank)
{
	struct part *part = &ids->parts[digest >> 56];
	uint64_t *place;

	if (part->count >= part->room / 10 * 9 && !grow(ids, part))
		return MM_LOGS_ID_FAILED;
	place = find(part, bare(digest));
	if (*place == 0) {
		*place = bare(digest) | rank;
		part->count++;
		ids->count++;
		return MM_LOGS_ID_NEW;
	}
	if ((*place & RANK_BITS) >= rank)
		return MM_LOGS_ID_SEEN;
	*place = bare(digest) | rank;
	return MM_LOGS_ID_RAISED;
}

void
mm_logs_ids_prefetch(const struct mm_logs_ids *ids, uint64_t digest)
{
	const struct part *part = &ids->parts[digest >> 56];

	if (part->room > 0)
		__builtin_prefetch(&part->places[place_of(bare(digest), part->room)]);
}

int
mm_logs_ids_rank(const struct mm_logs_ids *ids, uint64_t digest)
{
	const struct part *part = &ids->parts[digest >> 56];
	const uint64_t *place;

	if (part->room == 0)
		return -1;
	place = find(part, bare(digest));
	return *place == 0 ? -1 : (int)(*place & RANK_BITS);
}

bool
mm_logs_ids_next(const struct mm_logs_ids *ids, struct mm_logs_ids_walk *walk, uint64_t *digest)
{
	for (; walk->part < PARTS; walk->part++, walk->place = 0) {
		const struct part *part = &ids->parts[walk->part];

		while (walk->place < part->room)
			if ((*digest = part->places[walk->place++]) != 0)
				return true;
	}
	return false;
}

uint64_t
mm_logs_ids_count(const struct mm_logs_ids *ids)
{
	return ids->count;
}

uint64_t
mm_logs_ids_bytes(const struct mm_logs_ids *ids)
{
	return sizeof(*ids) + ids->room * sizeof(uint64_t);
}
