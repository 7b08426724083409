/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map from keys of one size to values of one size, which remembers the order in which keys came.
 *
 * Keys are compared byte by byte: clear a struct's padding, or have none. Their hash has a random key of its own, so
 * whoever wrote a log cannot make it slow; nothing that is walked in order depends on it. Values stay where they are.
 * One thread at a time.
 */
#ifndef MM_ENGINE_DETECT_MAP_H
#define MM_ENGINE_DETECT_MAP_H

#include <stddef.h>
#include <stdint.h>

struct mm_map;

/* Sizes in bytes, key_size from 1 to MM_TEXT_HASH_MAX. NULL where memory is short or the system gives no random. */
struct mm_map *mm_map_new(size_t key_size, size_t value_size);
void mm_map_free(struct mm_map **map);

/* The value of a key, which gets one of zeroes where it has none; NULL where memory is short. */
void *mm_map_get(struct mm_map *map, const void *key);

/* The value of a key, or NULL: it has none. */
void *mm_map_find(const struct mm_map *map, const void *key);

/* How many keys there are; the key and the value of the number-th that came, from 0 on. */
size_t mm_map_count(const struct mm_map *map);
const void *mm_map_key(const struct mm_map *map, size_t number);
void *mm_map_value(const struct mm_map *map, size_t number);

#endif
