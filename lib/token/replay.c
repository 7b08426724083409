/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store of used DPoP proofs.
 *
 * Shards, each with a lock of its own, which waits: who could not have it would have to refuse a good proof. A proof's
 * key chooses the shard, so that all proofs of one token meet in one.
 * A shard is a ring of entries in the order of their coming, and a table that finds one by its digest. Room comes back
 * at the ring's end alone, when the entry there can be accepted no more: nothing is dropped to make room. All digests
 * are keyed, so that nobody can aim at a shard or a chain. Of two proofs with one digest of 128 bits, which nobody
 * without the key can make, the second would be refused: an error on the safe side.
 */
#include "lib/token/replay.h"

#include "lib/crypto/digest.h"
#include "lib/crypto/keyed_digest.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/* Threads that enter at one time wait for each other only within a shard. */
#define SHARDS 8

/* The part of a shard that one token may fill. */
#define SHARE_DIVISOR 4

#define NONE UINT32_MAX

/* A used proof. */
struct entry {
	struct mm_keyed_digest digest;
	int64_t accepted_until_s;
	uint32_t next; /* in its chain */
	uint32_t share;
};

/* How many proofs of one token are there. */
struct share {
	struct mm_keyed_digest token;
	uint32_t count;
	uint32_t next; /* in its chain, or in the list of free ones */
};

struct shard {
	pthread_mutex_t lock;
	bool has_lock;
	int64_t latest_s; /* the latest time that was given */
	uint32_t oldest, count; /* of the ring */
	uint32_t free_share;
	struct mm_replay_stats stats; /* but for what count and capacity say */
	struct entry *entries;
	struct share *shares;
	uint32_t *entry_chains, *share_chains; /* their first elements */
};

/* What one entry takes with all that belongs to it. */
#define ENTRY_BYTES (sizeof(struct entry) + sizeof(struct share) + 2 * sizeof(uint32_t))

struct mm_replay_store {
	struct mm_keyed_digest_key key;
	uint32_t capacity; /* of each shard: of entries, of shares, of chains */
	struct shard shards[SHARDS];
};

_Static_assert(sizeof(struct mm_replay_store) + SHARDS * SHARE_DIVISOR * ENTRY_BYTES < MM_REPLAY_BYTES_MIN,
    "the least store gives each token a share");

/* ---- making one ---- */

/* All of it is written to, so that it is there and not only promised. */
static bool
init_shard(struct shard *shard, uint32_t capacity)
{
	shard->has_lock = pthread_mutex_init(&shard->lock, NULL) == 0;
	shard->entries = malloc(capacity * sizeof(*shard->entries));
	shard->shares = malloc(capacity * sizeof(*shard->shares));
	shard->entry_chains = malloc(capacity * sizeof(*shard->entry_chains));
	shard->share_chains = malloc(capacity * sizeof(*shard->share_chains));
	if (!shard->has_lock || shard->entries == NULL || shard->shares == NULL || shard->entry_chains == NULL ||
	    shard->share_chains == NULL)
		return false;
	shard->latest_s = INT64_MIN;
	shard->free_share = 0;
	for (uint32_t i = 0; i < capacity; i++) {
		shard->entries[i] = (struct entry){ .next = NONE };
		shard->shares[i] = (struct share){ .next = i + 1 < capacity ? i + 1 : NONE };
		shard->entry_chains[i] = shard->share_chains[i] = NONE;
	}
	return true;
}

static void
clear_shard(struct shard *shard)
{
	if (shard->has_lock)
		pthread_mutex_destroy(&shard->lock);
	free(shard->entries);
	free(shard->shares);
	free(shard->entry_chains);
	free(shard->share_chains);
}

/* Entries of each shard that max_bytes have room for; 0: too few. */
static uint32_t
capacity_of(size_t max_bytes)
{
	size_t capacity;

	if (max_bytes < MM_REPLAY_BYTES_MIN)
		return 0;
	capacity = (max_bytes - sizeof(struct mm_replay_store)) / SHARDS / ENTRY_BYTES;
	return capacity < NONE ? (uint32_t)capacity : NONE - 1;
}

struct mm_replay_store *
mm_replay_store_new(size_t max_bytes, const unsigned char seed[MM_EVIDENCE_SECRET_LEN])
{
	uint32_t capacity = capacity_of(max_bytes);
	struct mm_replay_store *store;
	bool made;

	if (capacity == 0)
		return NULL;
	store = calloc(1, sizeof(*store));
	if (store == NULL)
		return NULL;
	store->capacity = capacity;
	made = mm_keyed_digest_key_init(&store->key, seed);
	for (size_t i = 0; made && i < SHARDS; i++)
		made = init_shard(&store->shards[i], capacity);
	if (!made)
		mm_replay_store_free(&store);
	return store;
}

void
mm_replay_store_free(struct mm_replay_store **store)
{
	if (store == NULL || *store == NULL)
		return;
	for (size_t i = 0; i < SHARDS; i++)
		clear_shard(&(*store)->shards[i]);
	mm_secret_wipe(&(*store)->key, sizeof((*store)->key));
	free(*store);
	*store = NULL;
}

/* ---- chains ---- */

static uint32_t *
chain_of(uint32_t *chains, uint32_t capacity, const struct mm_keyed_digest *digest)
{
	return &chains[digest->half[0] % capacity];
}

static bool
has_entry(const struct shard *shard, uint32_t capacity, const struct mm_keyed_digest *digest)
{
	uint32_t at = *chain_of(shard->entry_chains, capacity, digest);

	while (at != NONE && !mm_keyed_digest_equal(&shard->entries[at].digest, digest))
		at = shard->entries[at].next;
	return at != NONE;
}

/* A token's share; a new one, without a proof, where it has none. There are as many as entries, so one is free. */
static uint32_t
take_share(struct shard *shard, uint32_t capacity, const struct mm_keyed_digest *token)
{
	uint32_t *chain = chain_of(shard->share_chains, capacity, token);
	uint32_t at = *chain;

	while (at != NONE && !mm_keyed_digest_equal(&shard->shares[at].token, token))
		at = shard->shares[at].next;
	if (at != NONE)
		return at;
	at = shard->free_share;
	shard->free_share = shard->shares[at].next;
	shard->shares[at] = (struct share){ *token, 0, *chain };
	*chain = at;
	return at;
}

static void
give_back_share(struct shard *shard, uint32_t capacity, uint32_t given)
{
	struct share *share = &shard->shares[given];
	uint32_t *link = chain_of(shard->share_chains, capacity, &share->token);

	if (--share->count > 0)
		return;
	while (*link != given)
		link = &shard->shares[*link].next;
	*link = share->next;
	share->next = shard->free_share;
	shard->free_share = given;
}

static void
remove_oldest(struct shard *shard, uint32_t capacity)
{
	struct entry *entry = &shard->entries[shard->oldest];
	uint32_t *link = chain_of(shard->entry_chains, capacity, &entry->digest);

	while (*link != shard->oldest)
		link = &shard->entries[*link].next;
	*link = entry->next;
	give_back_share(shard, capacity, entry->share);
	shard->oldest = (shard->oldest + 1) % capacity;
	shard->count--;
}

static void
add_newest(struct shard *shard, uint32_t capacity, const struct mm_keyed_digest *digest, int64_t accepted_until_s,
    uint32_t share)
{
	uint32_t at = (uint32_t)(((uint64_t)shard->oldest + shard->count) % capacity);
	uint32_t *chain = chain_of(shard->entry_chains, capacity, digest);

	shard->entries[at] = (struct entry){ *digest, accepted_until_s, *chain, share };
	*chain = at;
	shard->shares[share].count++;
	shard->count++;
}

/* ---- entering ---- */

/* Each entry is removed once, so that what one call does here others have been spared. */
static void
forget_expired(struct shard *shard, uint32_t capacity, int64_t now_s)
{
	if (now_s > shard->latest_s)
		shard->latest_s = now_s;
	while (shard->count > 0 && shard->entries[shard->oldest].accepted_until_s < shard->latest_s)
		remove_oldest(shard, capacity);
}

static enum mm_replay
enter_shard(struct shard *shard, uint32_t capacity, const struct mm_keyed_digest *proof,
    const struct mm_keyed_digest *token, int64_t accepted_until_s)
{
	uint32_t share;

	if (accepted_until_s < shard->latest_s)
		return MM_REPLAY_FORGOTTEN;
	if (has_entry(shard, capacity, proof))
		return MM_REPLAY_USED;
	if (shard->count == capacity)
		return MM_REPLAY_FULL;
	share = take_share(shard, capacity, token);
	if (shard->shares[share].count >= capacity / SHARE_DIVISOR)
		return MM_REPLAY_SHARE_FULL;
	add_newest(shard, capacity, proof, accepted_until_s, share);
	return MM_REPLAY_ENTERED;
}

/* Thumbprint, length of the address, address, jti: no other three make the same bytes. */
static bool
make_digest(const struct mm_replay_store *store, const struct mm_used_proof *proof, struct mm_keyed_digest *digest)
{
	char text[MM_DIGEST_LEN + 2 + MM_HTTP_URL_LEN_MAX + 1 + MM_PROOF_JTI_LEN_MAX];
	char *at = text + MM_DIGEST_LEN;

	if (proof->url.len > MM_HTTP_URL_LEN_MAX + 1 || proof->jti.len > MM_PROOF_JTI_LEN_MAX)
		return false;
	memcpy(text, proof->thumbprint, MM_DIGEST_LEN);
	*at++ = (char)(proof->url.len >> 8);
	*at++ = (char)(proof->url.len & 0xFF);
	memcpy(at, proof->url.ptr, proof->url.len);
	at += proof->url.len;
	memcpy(at, proof->jti.ptr, proof->jti.len);
	at += proof->jti.len;
	return mm_keyed_digest_make(&store->key, mm_slice(text, (size_t)(at - text)), digest);
}

static void
count_result(struct mm_replay_stats *stats, enum mm_replay result)
{
	switch (result) {
	case MM_REPLAY_ENTERED:
		stats->entered++;
		break;
	case MM_REPLAY_USED:
	case MM_REPLAY_FORGOTTEN:
		stats->used++;
		break;
	case MM_REPLAY_FULL:
	case MM_REPLAY_SHARE_FULL:
	case MM_REPLAY_FAILED:
		stats->without_room++;
		break;
	}
}

enum mm_replay
mm_replay_enter(struct mm_replay_store *store, const struct mm_used_proof *proof, int64_t now_s)
{
	struct mm_keyed_digest owner, digest, token;
	struct shard *shard;
	enum mm_replay result;

	if (!mm_keyed_digest_make(&store->key, mm_slice(proof->thumbprint, MM_DIGEST_LEN), &owner) ||
	    !make_digest(store, proof, &digest) || !mm_keyed_digest_make(&store->key, proof->token, &token))
		return MM_REPLAY_FAILED;
	shard = &store->shards[owner.half[0] % SHARDS];
	if (pthread_mutex_lock(&shard->lock) != 0)
		return MM_REPLAY_FAILED;
	forget_expired(shard, store->capacity, now_s);
	result = enter_shard(shard, store->capacity, &digest, &token, proof->accepted_until_s);
	count_result(&shard->stats, result);
	pthread_mutex_unlock(&shard->lock);
	return result;
}

void
mm_replay_store_get_stats(struct mm_replay_store *store, struct mm_replay_stats *stats)
{
	*stats = (struct mm_replay_stats){ 0 };
	for (size_t i = 0; store != NULL && i < SHARDS; i++) {
		struct shard *shard = &store->shards[i];

		if (pthread_mutex_lock(&shard->lock) != 0)
			continue;
		stats->entered += shard->stats.entered;
		stats->used += shard->stats.used;
		stats->without_room += shard->stats.without_room;
		stats->kept += shard->count;
		stats->room += store->capacity;
		pthread_mutex_unlock(&shard->lock);
	}
}
