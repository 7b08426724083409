/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of verified tokens.
 *
 * It is cut into shards, each with a lock of its own, so that threads seldom meet. A shard is a ring of records, the
 * newest written over the oldest, and an open-addressed index into it. Digests are keyed (keyed_digest.c), so nobody
 * can choose tokens that fall into one shard or one run of the index; and only tokens whose signature held are stored.
 * All memory is taken when the cache is made, and written to, so that there is none to be short of later.
 */
#include "lib/token/cache.h"

#include "lib/crypto/digest.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Threads of a gate are some dozens; more shards than these would only make each smaller. */
#define SHARDS_MAX 64
#define SHARD_BYTES_MIN 65536

/* One index slot for 128 to 256 bytes of ring: about half of them are used by entries of five hundred bytes. */
#define INDEX_SHARE 16

/* How often a thread looks whether a held lock is free: five to ten microseconds, many times what a look-up takes. */
#define SPINS_MAX 200

/* Records begin at multiples of this. */
#define RECORD_ALIGNMENT 8

#define CACHE_LINE 64

struct record {
	struct mm_cache_name name;
	uint64_t entry_len;
	/* The entry follows. */
};

/* A free slot is all zeroes. */
struct slot {
	uint32_t tag;   /* of the digest; its low bits are where the search begins */
	uint32_t place; /* of the record: offset / RECORD_ALIGNMENT + 1 */
};

struct shard {
	_Alignas(CACHE_LINE) atomic_flag held;
	struct slot *slots;
	uint32_t slot_mask;
	uint32_t slots_used;
	unsigned char *ring;
	size_t ring_size;
	size_t record_count;
	size_t oldest, next; /* offsets in the ring; next lies behind oldest, or before it where the ring has wrapped */
	size_t wrap;         /* where the records before the wrap end; SIZE_MAX: it has not wrapped */
	atomic_uint_fast64_t hits, misses, stored, evicted, entries;
};

struct mm_cache {
	struct mm_keyed_digest_key key;
	size_t bytes;
	uint32_t shard_mask;
	struct shard *shards;
};

/* ---- making ---- */

static size_t
round_down(size_t size, size_t multiple)
{
	return size / multiple * multiple;
}

static size_t
power_of_two_below(size_t limit)
{
	size_t power = 1;

	while (power <= limit / 2)
		power *= 2;
	return power;
}

static size_t
shard_count_for(size_t bytes)
{
	size_t count = power_of_two_below(bytes / SHARD_BYTES_MIN);

	return count < SHARDS_MAX ? count : SHARDS_MAX;
}

/* A shard from bytes of memory: its index, then its ring. */
static void
init_shard(struct shard *shard, unsigned char *memory, size_t bytes)
{
	/* Places and tags have 32 bits. */
	size_t slots = power_of_two_below(bytes / INDEX_SHARE / sizeof(struct slot));
	size_t index_bytes = slots * sizeof(struct slot);
	size_t ring_max = (size_t)(UINT32_MAX - 1) * RECORD_ALIGNMENT;

	atomic_flag_clear(&shard->held);
	shard->slots = (struct slot *)(void *)memory;
	shard->slot_mask = (uint32_t)(slots - 1);
	shard->ring = memory + index_bytes;
	shard->ring_size = round_down(bytes - index_bytes, RECORD_ALIGNMENT);
	if (shard->ring_size > ring_max)
		shard->ring_size = ring_max;
	shard->wrap = SIZE_MAX;
}

static void
init_shards(struct mm_cache *cache, size_t count, unsigned char *memory, size_t bytes)
{
	size_t share = round_down(bytes / count, CACHE_LINE);

	cache->shard_mask = (uint32_t)(count - 1);
	for (size_t i = 0; i < count; i++)
		init_shard(&cache->shards[i], memory + i * share, share);
}

struct mm_cache *
mm_cache_new(size_t max_bytes, const unsigned char seed[MM_CACHE_SEED_LEN])
{
	static_assert(MM_CACHE_SEED_LEN == MM_KEYED_DIGEST_SEED_LEN, "the seed is the digest's");
	size_t bytes = round_down(max_bytes, CACHE_LINE);
	size_t head = round_down(sizeof(struct mm_cache) + CACHE_LINE - 1, CACHE_LINE);
	size_t count = shard_count_for(bytes), shards_end = head + count * sizeof(struct shard);
	struct mm_cache *cache;
	unsigned char *memory;

	if (max_bytes < MM_CACHE_BYTES_MIN || seed == NULL)
		return NULL;
	cache = aligned_alloc(CACHE_LINE, bytes);
	if (cache == NULL)
		return NULL;
	memory = (unsigned char *)cache;
	memset(memory, 0, bytes);
	cache->bytes = bytes;
	cache->shards = (struct shard *)(void *)(memory + head);
	init_shards(cache, count, memory + shards_end, bytes - shards_end);
	if (!mm_keyed_digest_key_init(&cache->key, seed))
		mm_cache_free(&cache);
	return cache;
}

void
mm_cache_free(struct mm_cache **cache)
{
	if (cache == NULL || *cache == NULL)
		return;
	mm_secret_wipe(*cache, (*cache)->bytes);
	free(*cache);
	*cache = NULL;
}

void
mm_cache_get_stats(const struct mm_cache *cache, struct mm_cache_stats *stats)
{
	*stats = (struct mm_cache_stats){ .bytes = cache->bytes };
	for (size_t i = 0; i <= cache->shard_mask; i++) {
		struct shard *shard = &cache->shards[i];

		stats->hits += atomic_load_explicit(&shard->hits, memory_order_relaxed);
		stats->misses += atomic_load_explicit(&shard->misses, memory_order_relaxed);
		stats->stored += atomic_load_explicit(&shard->stored, memory_order_relaxed);
		stats->evicted += atomic_load_explicit(&shard->evicted, memory_order_relaxed);
		stats->entries += atomic_load_explicit(&shard->entries, memory_order_relaxed);
	}
}

static void
count_one(atomic_uint_fast64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* ---- the lock ---- */

static inline void
relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

static bool
hold(struct shard *shard)
{
	for (int i = 0; i < SPINS_MAX; i++) {
		if (!atomic_flag_test_and_set_explicit(&shard->held, memory_order_acquire))
			return true;
		relax();
	}
	return false;
}

static void
release(struct shard *shard)
{
	atomic_flag_clear_explicit(&shard->held, memory_order_release);
}

/* ---- records ---- */

static struct record *
record_at(const struct shard *shard, size_t offset)
{
	return (struct record *)(void *)(shard->ring + offset);
}

static size_t
record_size(size_t entry_len)
{
	return (sizeof(struct record) + entry_len + RECORD_ALIGNMENT - 1) / RECORD_ALIGNMENT * RECORD_ALIGNMENT;
}

static uint32_t
place_of(size_t offset)
{
	return (uint32_t)(offset / RECORD_ALIGNMENT + 1);
}

static struct record *
record_of(const struct shard *shard, const struct slot *slot)
{
	return record_at(shard, (size_t)(slot->place - 1) * RECORD_ALIGNMENT);
}

static bool
same_token(const struct mm_cache_name *a, const struct mm_cache_name *b)
{
	return mm_keyed_digest_equal(&a->digest, &b->digest) && a->token_len == b->token_len;
}

/* ---- the index ---- */

/* One half of the digest chooses the shard, the other the place in its index. */
static struct shard *
shard_of(const struct mm_cache *cache, const struct mm_cache_name *name)
{
	return &cache->shards[name->digest.half[0] & cache->shard_mask];
}

static uint32_t
tag_of(const struct mm_cache_name *name)
{
	return (uint32_t)name->digest.half[1];
}

static struct slot *
find_slot(const struct shard *shard, const struct mm_cache_name *name)
{
	uint32_t tag = tag_of(name);

	for (uint32_t i = tag & shard->slot_mask; shard->slots[i].place != 0; i = (i + 1) & shard->slot_mask) {
		struct slot *slot = &shard->slots[i];

		if (slot->tag == tag && same_token(&record_of(shard, slot)->name, name))
			return slot;
	}
	return NULL;
}

/* A quarter of the slots stays free, so that every search ends soon. */
static bool
index_full(const struct shard *shard)
{
	return shard->slots_used >= shard->slot_mask - shard->slot_mask / 4;
}

static void
add_slot(struct shard *shard, uint32_t tag, uint32_t place)
{
	uint32_t i = tag & shard->slot_mask;

	while (shard->slots[i].place != 0)
		i = (i + 1) & shard->slot_mask;
	shard->slots[i] = (struct slot){ tag, place };
	shard->slots_used++;
	atomic_store_explicit(&shard->entries, shard->slots_used, memory_order_relaxed);
}

/* Free a slot, and move those behind it up whose search would now end too early (Knuth, volume 3, 6.4, algorithm R). */
static void
remove_slot(struct shard *shard, struct slot *slot)
{
	uint32_t mask = shard->slot_mask, hole = (uint32_t)(slot - shard->slots);

	for (uint32_t i = (hole + 1) & mask; shard->slots[i].place != 0; i = (i + 1) & mask) {
		uint32_t home = shard->slots[i].tag & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		shard->slots[hole] = shard->slots[i];
		hole = i;
	}
	shard->slots[hole] = (struct slot){ 0, 0 };
	shard->slots_used--;
	atomic_store_explicit(&shard->entries, shard->slots_used, memory_order_relaxed);
}

/* ---- the ring ---- */

/* A record that a newer one of the same token replaced has no slot any more. */
static void
drop_oldest(struct shard *shard)
{
	const struct record *record = record_at(shard, shard->oldest);
	struct slot *slot = find_slot(shard, &record->name);

	if (slot != NULL && slot->place == place_of(shard->oldest)) {
		remove_slot(shard, slot);
		count_one(&shard->evicted);
	}
	shard->oldest += record_size(record->entry_len);
	if (shard->oldest == shard->wrap) {
		shard->oldest = 0;
		shard->wrap = SIZE_MAX;
	}
	shard->record_count--;
}

/* Whether size bytes are free in one piece at next; an empty or unwrapped ring may be wrapped for it. */
static bool
has_room(struct shard *shard, size_t size)
{
	if (shard->record_count == 0) {
		shard->oldest = shard->next = 0;
		shard->wrap = SIZE_MAX;
	}
	if (shard->wrap != SIZE_MAX)
		return shard->oldest - shard->next >= size;
	if (shard->ring_size - shard->next >= size)
		return true;
	if (shard->oldest < size)
		return false;
	shard->wrap = shard->next;
	shard->next = 0;
	return true;
}

static void
append(struct shard *shard, const struct mm_cache_name *name, struct mm_slice entry)
{
	size_t size = record_size(entry.len);
	struct record *record;
	struct slot *slot;

	while (index_full(shard) || !has_room(shard, size))
		drop_oldest(shard);
	record = record_at(shard, shard->next);
	record->name = *name;
	record->entry_len = entry.len;
	memcpy(record + 1, entry.ptr, entry.len);
	slot = find_slot(shard, name);
	if (slot != NULL)
		slot->place = place_of(shard->next);
	else
		add_slot(shard, tag_of(name), place_of(shard->next));
	shard->next += size;
	shard->record_count++;
}

/* ---- the table ---- */

bool
mm_cache_name_token(const struct mm_cache *cache, struct mm_slice token, uint64_t epoch, struct mm_cache_name *name)
{
	name->epoch = epoch;
	name->token_len = token.len;
	return token.len > 0 && mm_keyed_digest_make(&cache->key, token, &name->digest);
}

static bool
copy_entry(const struct shard *shard, const struct mm_cache_name *name, struct mm_scratch *scratch,
    struct mm_slice *entry)
{
	const struct slot *slot = find_slot(shard, name);
	const struct record *record;
	char *copy;

	if (slot == NULL)
		return false;
	record = record_of(shard, slot);
	if (record->name.epoch != name->epoch)
		return false;
	copy = mm_scratch_take(scratch, record->entry_len);
	if (copy == NULL)
		return false;
	memcpy(copy, record + 1, record->entry_len);
	*entry = mm_slice(copy, record->entry_len);
	return true;
}

bool
mm_cache_find(struct mm_cache *cache, const struct mm_cache_name *name, struct mm_scratch *scratch,
    struct mm_slice *entry)
{
	struct shard *shard = shard_of(cache, name);
	bool found = false;

	if (hold(shard)) {
		found = copy_entry(shard, name, scratch, entry);
		release(shard);
	}
	count_one(found ? &shard->hits : &shard->misses);
	return found;
}

void
mm_cache_store(struct mm_cache *cache, const struct mm_cache_name *name, struct mm_slice entry)
{
	struct shard *shard = shard_of(cache, name);

	if (entry.len > MM_CACHE_ENTRY_LEN_MAX || !hold(shard))
		return;
	append(shard, name, entry);
	count_one(&shard->stored);
	release(shard);
}
