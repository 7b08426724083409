/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names: each text once, known by a small number.
 *
 * Numbers are given in the order in which texts come, from 1 on; 0 is the absent text. They do not depend on the random
 * key of the process (which keeps strangers from making chains long), nor on the machine.
 *
 * A table has a limit of texts and bytes, so that a log that repeats nothing cannot take all memory: what comes after
 * gets the number of the text MM_NAMES_FULL and is counted. One thread at a time.
 */
#ifndef MM_ENGINE_LOGS_NAMES_H
#define MM_ENGINE_LOGS_NAMES_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* Stands for every text that found no room. */
#define MM_NAMES_FULL "(no room for more names)"

/* A longer text is cut, after its last whole character, and counted. */
#define MM_NAMES_TEXT_MAX 2048

struct mm_names;

/* A table of at most texts_max texts of bytes_max bytes together; NULL where memory is short. */
struct mm_names *mm_names_new(uint32_t texts_max, size_t bytes_max);
void mm_names_free(struct mm_names **names);

/* Forget every text but keep the memory. */
void mm_names_clear(struct mm_names *names);

/* The number of a text, which gets one where it has none; 0 for an absent or empty text. */
uint32_t mm_names_add(struct mm_names *names, struct mm_slice text);

/* The same of its ASCII letters in lower case; *changed (may be NULL) tells whether there was a capital one. */
uint32_t mm_names_add_lower(struct mm_names *names, struct mm_slice text, bool *changed);

/* The number of a text, 0 where it has none. */
uint32_t mm_names_find(const struct mm_names *names, struct mm_slice text);

/* The text of a number, borrowed until the table is cleared or freed; absent for 0 and for one not given yet. */
struct mm_slice mm_names_text(const struct mm_names *names, uint32_t name);

/* How many texts it holds: the largest number. */
uint32_t mm_names_count(const struct mm_names *names);

/* How many texts found no room, and how many were cut, each as often as it came. */
uint64_t mm_names_refused(const struct mm_names *names);
uint64_t mm_names_cut(const struct mm_names *names);

/* Set both numbers: of a table whose texts are added again as they were. */
void mm_names_set_counts(struct mm_names *names, uint64_t refused, uint64_t cut);

/*
 * Take over the texts of another table: map, of mm_names_count(other) + 1 entries, becomes the number here of each
 * number there. New ones get theirs in the order of the other's.
 */
void mm_names_absorb(struct mm_names *names, const struct mm_names *other, uint32_t *map);

#endif
