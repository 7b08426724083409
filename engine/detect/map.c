/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries lie in blocks in the order of their coming; an open table of their numbers finds them.
 */
#include "engine/detect/map.h"

#include "engine/logs/text_hash.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 256 /* entries */
#define ROOM_FIRST 512

struct mm_map {
	struct mm_text_hash_key hash_key;
	size_t key_size, value_offset, entry_size;
	unsigned char **blocks;
	size_t count, blocks_count;
	uint32_t *places; /* number of the entry and 1; 0: empty */
	size_t room;      /* a power of two */
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

/* The place of a key, or the empty one where it belongs. */
static uint32_t *
place_of(const struct mm_map *map, const void *key)
{
	size_t at = (size_t)(mm_text_hash(&map->hash_key, mm_slice(key, map->key_size)) >> 32) & (map->room - 1);

	while (map->places[at] != 0 && memcmp(entry(map, map->places[at] - 1), key, map->key_size) != 0)
		at = (at + 1) & (map->room - 1);
	return &map->places[at];
}

static bool
grow_table(struct mm_map *map)
{
	uint32_t *places = calloc(map->room * 2, sizeof(*places));

	if (places == NULL)
		return false;
	free(map->places);
	map->places = places;
	map->room *= 2;
	for (size_t i = 0; i < map->count; i++)
		*place_of(map, entry(map, i)) = (uint32_t)i + 1;
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
	uint32_t *place = place_of(map, key);
	unsigned char *new;

	if (*place != 0)
		return entry(map, *place - 1) + map->value_offset;
	if (!make_room(map))
		return NULL;
	new = entry(map, map->count);
	memcpy(new, key, map->key_size);
	*place_of(map, key) = (uint32_t)++map->count;
	return new + map->value_offset;
}

void *
mm_map_find(const struct mm_map *map, const void *key)
{
	uint32_t place = *place_of(map, key);

	return place == 0 ? NULL : entry(map, place - 1) + map->value_offset;
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
