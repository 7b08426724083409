/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries lie in blocks in the order of their coming; an open table of their numbers finds them. A part of each hash
 * stands beside the number: most entries that are not looked for need not be fetched to see it.
 */
#include "engine/detect/map.h"

#include "engine/logs/text_hash.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 256 /* entries */
#define ROOM_FIRST 512

struct place {
	uint32_t number; /* of the entry, and 1; 0: empty */
	uint32_t hash;   /* of its key */
};

struct mm_map {
	struct mm_text_hash_key hash_key;
	size_t key_size, value_offset, entry_size;
	unsigned char **blocks;
	size_t count, blocks_count;
	struct place *places;
	size_t room; /* a power of two */
};

static size_t
aligned(size_t size)
{
	return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

struct mm_map *
mm_map_new(size_t key_size, size_t value_size)
{
	struct mm_map *map = calloc(1, sizeof(*map));

	if (map == NULL)
		return NULL;
	map->key_size = key_size;
	map->value_offset = aligned(key_size);
	map->entry_size = map->value_offset + aligned(value_size);
	map->room = ROOM_FIRST;
	map->places = calloc(map->room, sizeof(*map->places));
	if (map->places == NULL || !mm_text_hash_key_init(&map->hash_key))
		mm_map_free(&map);
	return map;
}

void
mm_map_free(struct mm_map **map)
{
	if (*map == NULL)
		return;
	for (size_t i = 0; i < (*map)->blocks_count; i++)
		free((*map)->blocks[i]);
	free((*map)->blocks);
	free((*map)->places);
	free(*map);
	*map = NULL;
}

static unsigned char *
entry(const struct mm_map *map, size_t number)
{
	return map->blocks[number / BLOCK] + number % BLOCK * map->entry_size;
}

static uint32_t
hash_of(const struct mm_map *map, const void *key)
{
	return (uint32_t)(mm_text_hash(&map->hash_key, mm_slice(key, map->key_size)) >> 32);
}

/* The place of a key, or the empty one where it belongs. */
static struct place *
place_of(const struct mm_map *map, const void *key, uint32_t hash)
{
	size_t at = hash & (map->room - 1);

	while (map->places[at].number != 0 && (map->places[at].hash != hash ||
	    memcmp(entry(map, map->places[at].number - 1), key, map->key_size) != 0))
		at = (at + 1) & (map->room - 1);
	return &map->places[at];
}

static void
move_to(struct place *places, size_t room, struct place place)
{
	size_t at = place.hash & (room - 1);

	while (places[at].number != 0)
		at = (at + 1) & (room - 1);
	places[at] = place;
}

static bool
grow_table(struct mm_map *map)
{
	struct place *places = calloc(map->room * 2, sizeof(*places));

	if (places == NULL)
		return false;
	for (size_t i = 0; i < map->room; i++)
		if (map->places[i].number != 0)
			move_to(places, map->room * 2, map->places[i]);
	free(map->places);
	map->places = places;
	map->room *= 2;
	return true;
}

static bool
add_block(struct mm_map *map)
{
	unsigned char **blocks = realloc(map->blocks, (map->blocks_count + 1) * sizeof(*blocks));

	if (blocks == NULL)
		return false;
	map->blocks = blocks;
	map->blocks[map->blocks_count] = calloc(BLOCK, map->entry_size);
	if (map->blocks[map->blocks_count] == NULL)
		return false;
	map->blocks_count++;
	return true;
}

static bool
make_room(struct mm_map *map)
{
	if (map->count >= UINT32_MAX - 1 || (map->count * 4 >= map->room * 3 && !grow_table(map)))
		return false;
	return map->count < map->blocks_count * BLOCK || add_block(map);
}

void *
mm_map_get(struct mm_map *map, const void *key)
{
	uint32_t hash = hash_of(map, key);
	const struct place *place = place_of(map, key, hash);
	unsigned char *new;

	if (place->number != 0)
		return entry(map, place->number - 1) + map->value_offset;
	if (!make_room(map))
		return NULL;
	new = entry(map, map->count);
	memcpy(new, key, map->key_size);
	*place_of(map, key, hash) = (struct place){ (uint32_t)++map->count, hash };
	return new + map->value_offset;
}

void *
mm_map_find(const struct mm_map *map, const void *key)
{
	uint32_t number = place_of(map, key, hash_of(map, key))->number;

	return number == 0 ? NULL : entry(map, number - 1) + map->value_offset;
}

size_t
mm_map_count(const struct mm_map *map)
{
	return map->count;
}

const void *
mm_map_key(const struct mm_map *map, size_t number)
{
	return entry(map, number);
}

void *
mm_map_value(const struct mm_map *map, size_t number)
{
	return entry(map, number) + map->value_offset;
}
