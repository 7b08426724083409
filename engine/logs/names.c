/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts lie one behind the other in chunks that never move; entries[] says where each is, and slots[] is an open table
 * from hash to number, at most three quarters full. All tables of a process hash under one key, so that a table which
 * takes over another's texts need not hash them again.
 */
#include "engine/logs/names.h"

#include "engine/logs/text_hash.h"
#include "lib/codec/ascii.h"

#include <pthread.h>
#include <stdlib.h>

#define CHUNK (256 * 1024)
#define SLOTS_MIN 1024

/* Texts whose slots are fetched before their turn comes. */
#define AHEAD 8

_Static_assert(MM_NAMES_TEXT_MAX <= MM_TEXT_HASH_MAX, "each text has a hash");

struct chunk {
	struct chunk *next;
	size_t used;
	char bytes[CHUNK];
};

struct slot {
	uint32_t hash; /* its upper half */
	uint32_t name; /* 0: empty */
};

struct entry {
	const char *text;
	uint32_t len;
	uint32_t hash;
};

struct mm_names {
	const struct mm_text_hash_key *key;
	uint32_t texts_max;
	size_t bytes_max;
	struct slot *slots;
	uint32_t slots_count; /* a power of two */
	struct entry *entries;
	uint32_t count, entries_room;
	struct chunk *first, *last; /* those behind last are free */
	size_t bytes;
	uint32_t full; /* the number of MM_NAMES_FULL, or 0 */
	uint64_t refused, cut;
};

/* ---- the key ---- */

static struct mm_text_hash_key process_key;
static bool has_process_key;

static void
make_process_key(void)
{
	has_process_key = mm_text_hash_key_init(&process_key);
}

/* NULL: the system gives no random bytes. */
static const struct mm_text_hash_key *
get_key(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, make_process_key);
	return has_process_key ? &process_key : NULL;
}

/* ---- making ---- */

struct mm_names *
mm_names_new(uint32_t texts_max, size_t bytes_max)
{
	struct mm_names *names = calloc(1, sizeof(*names));

	if (names == NULL)
		return NULL;
	names->texts_max = texts_max;
	names->bytes_max = bytes_max;
	names->slots_count = SLOTS_MIN;
	names->slots = calloc(names->slots_count, sizeof(*names->slots));
	names->first = names->last = calloc(1, sizeof(*names->first));
	names->key = get_key();
	if (names->slots == NULL || names->first == NULL || names->key == NULL)
		mm_names_free(&names);
	return names;
}

void
mm_names_free(struct mm_names **names)
{
	if (*names == NULL)
		return;
	while ((*names)->first != NULL) {
		struct chunk *chunk = (*names)->first;

		(*names)->first = chunk->next;
		free(chunk);
	}
	free((*names)->slots);
	free((*names)->entries);
	free(*names);
	*names = NULL;
}

void
mm_names_clear(struct mm_names *names)
{
	memset(names->slots, 0, names->slots_count * sizeof(*names->slots));
	names->last = names->first;
	names->last->used = 0;
	names->count = 0;
	names->bytes = 0;
	names->full = 0;
	names->refused = names->cut = 0;
}

/* ---- the table ---- */

/* Where the search for a hash begins. */
static uint32_t
place_of(const struct mm_names *names, uint32_t hash)
{
	return hash & (names->slots_count - 1);
}

/* The slot of a text: that which has it, or the empty one where it would be. */
static struct slot *
find_slot(const struct mm_names *names, uint32_t hash, struct mm_slice text)
{
	uint32_t place = place_of(names, hash);

	for (;; place = (place + 1) & (names->slots_count - 1)) {
		struct slot *slot = &names->slots[place];
		const struct entry *entry;

		if (slot->name == 0)
			return slot;
		entry = &names->entries[slot->name - 1];
		if (slot->hash == hash && entry->len == text.len && memcmp(entry->text, text.ptr, text.len) == 0)
			return slot;
	}
}

static uint32_t
hash_of(const struct mm_names *names, struct mm_slice text)
{
	return (uint32_t)(mm_text_hash(names->key, text) >> 32);
}

/* ---- growing ---- */

/* Twice as many slots. Returns whether there is memory. */
static bool
grow_slots(struct mm_names *names)
{
	struct slot *old = names->slots;
	uint32_t old_count = names->slots_count;

	if (old_count > UINT32_MAX / 2)
		return false;
	names->slots = calloc((size_t)old_count * 2, sizeof(*names->slots));
	if (names->slots == NULL) {
		names->slots = old;
		return false;
	}
	names->slots_count = old_count * 2;
	for (uint32_t i = 0; i < old_count; i++) {
		uint32_t place = place_of(names, old[i].hash);

		if (old[i].name == 0)
			continue;
		while (names->slots[place].name != 0)
			place = (place + 1) & (names->slots_count - 1);
		names->slots[place] = old[i];
	}
	free(old);
	return true;
}

static bool
grow_entries(struct mm_names *names)
{
	uint32_t room = names->entries_room == 0 ? 256 : names->entries_room + names->entries_room / 2;
	struct entry *entries = reallocarray(names->entries, room, sizeof(*entries));

	if (entries == NULL)
		return false;
	names->entries = entries;
	names->entries_room = room;
	return true;
}

/* Go on with the next chunk, a free one or a new one; NULL where memory is short. */
static struct chunk *
next_chunk(struct mm_names *names)
{
	struct chunk *chunk = names->last->next;

	if (chunk == NULL) {
		chunk = malloc(sizeof(*chunk));
		if (chunk == NULL)
			return NULL;
		chunk->next = NULL;
		names->last->next = chunk;
	}
	chunk->used = 0;
	names->last = chunk;
	return chunk;
}

/* Room for one text more; NULL where memory is short. */
static char *
take_bytes(struct mm_names *names, size_t len)
{
	struct chunk *chunk = names->last;
	char *bytes;

	if (len > CHUNK - chunk->used)
		chunk = next_chunk(names);
	if (chunk == NULL)
		return NULL;
	bytes = chunk->bytes + chunk->used;
	chunk->used += len;
	names->bytes += len;
	return bytes;
}

/* Give a new text its number in its slot; 0 where memory is short. */
static uint32_t
insert(struct mm_names *names, uint32_t hash, struct mm_slice text)
{
	struct slot *slot;
	char *bytes;

	if (names->count >= names->slots_count / 4 * 3 && !grow_slots(names))
		return 0;
	if (names->count == names->entries_room && !grow_entries(names))
		return 0;
	bytes = take_bytes(names, text.len);
	if (bytes == NULL)
		return 0;
	memcpy(bytes, text.ptr, text.len);
	names->entries[names->count] = (struct entry){ bytes, (uint32_t)text.len, hash };
	slot = find_slot(names, hash, text);
	*slot = (struct slot){ hash, ++names->count };
	return slot->name;
}

/* ---- the calls ---- */

/* What does not fit counts as the one text that says so; that one always fits, unless memory is short. */
static uint32_t
refuse(struct mm_names *names)
{
	struct mm_slice text = mm_slice_str(MM_NAMES_FULL);

	names->refused++;
	if (names->full == 0)
		names->full = mm_names_find(names, text);
	if (names->full == 0)
		names->full = insert(names, hash_of(names, text), text);
	return names->full;
}

static struct mm_slice
cut(struct mm_names *names, struct mm_slice text)
{
	size_t len = MM_NAMES_TEXT_MAX;

	if (text.len <= len)
		return text;
	names->cut++;
	while (len > MM_NAMES_TEXT_MAX - 4 && ((uint8_t)text.ptr[len] & 0xc0) == 0x80)
		len--;
	return mm_slice(text.ptr, len);
}

/* A text that is neither empty nor too long. */
static uint32_t
add_hashed(struct mm_names *names, uint32_t hash, struct mm_slice text)
{
	const struct slot *slot = find_slot(names, hash, text);
	uint32_t name = 0;

	if (slot->name != 0)
		return slot->name;
	if (names->count < names->texts_max && names->bytes + text.len <= names->bytes_max)
		name = insert(names, hash, text);
	return name != 0 ? name : refuse(names);
}

uint32_t
mm_names_add(struct mm_names *names, struct mm_slice text)
{
	if (text.len == 0)
		return 0;
	text = cut(names, text);
	return add_hashed(names, hash_of(names, text), text);
}

uint32_t
mm_names_add_lower(struct mm_names *names, struct mm_slice text, bool *changed)
{
	char lower[MM_NAMES_TEXT_MAX];
	uint8_t difference = 0;

	text = cut(names, text);
	for (size_t i = 0; i < text.len; i++) {
		lower[i] = mm_ascii_lower(text.ptr[i]);
		difference |= (uint8_t)(lower[i] ^ text.ptr[i]);
	}
	if (changed != NULL)
		*changed = difference != 0;
	return mm_names_add(names, mm_slice(lower, text.len));
}

uint32_t
mm_names_find(const struct mm_names *names, struct mm_slice text)
{
	if (text.len == 0 || text.len > MM_NAMES_TEXT_MAX)
		return 0;
	return find_slot(names, hash_of(names, text), text)->name;
}

struct mm_slice
mm_names_text(const struct mm_names *names, uint32_t name)
{
	if (name == 0 || name > names->count)
		return MM_SLICE_ABSENT;
	return mm_slice(names->entries[name - 1].text, names->entries[name - 1].len);
}

uint32_t
mm_names_count(const struct mm_names *names)
{
	return names->count;
}

uint64_t
mm_names_refused(const struct mm_names *names)
{
	return names->refused;
}

uint64_t
mm_names_cut(const struct mm_names *names)
{
	return names->cut;
}

void
mm_names_set_counts(struct mm_names *names, uint64_t refused, uint64_t cut)
{
	names->refused = refused;
	names->cut = cut;
}

void
mm_names_absorb(struct mm_names *names, const struct mm_names *other, uint32_t *map)
{
	map[0] = 0;
	for (uint32_t i = 0; i < other->count; i++) {
		const struct entry *entry = &other->entries[i];

		if (i + AHEAD < other->count)
			__builtin_prefetch(&names->slots[place_of(names, other->entries[i + AHEAD].hash)]);
		map[i + 1] = add_hashed(names, entry->hash, mm_slice(entry->text, entry->len));
	}
	names->cut += other->cut;
	names->refused += other->refused;
}
