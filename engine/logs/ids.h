/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids: the set of records that were seen, by 62 bits of a digest of each under a key that nobody knows, and how much of
 * each was seen: its rank, 0 to 3.
 *
 * It takes 8 to 13 bytes a record: 256 parts, by the digest's first byte, grow one at a time by half. Two different
 * records of n have one digest with a chance of n^2 / 2^63: one in a hundred thousand for ten million records.
 */
#ifndef MM_ENGINE_LOGS_IDS_H
#define MM_ENGINE_LOGS_IDS_H

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm_logs_ids;

/* An empty set; NULL where memory is short. */
struct mm_logs_ids *mm_logs_ids_new(void);
void mm_logs_ids_free(struct mm_logs_ids **ids);

enum mm_logs_ids_added {
	MM_LOGS_ID_NEW,
	MM_LOGS_ID_SEEN,   /* it was there, with this rank or a higher one */
	MM_LOGS_ID_RAISED, /* it was there with a lower one */
	MM_LOGS_ID_FAILED, /* memory is short */
};

/* Add a digest, of which the two lowest bits do not count, with a rank. */
MM_MUST_USE enum mm_logs_ids_added mm_logs_ids_add(struct mm_logs_ids *ids, uint64_t digest, unsigned rank);

/* Have the memory fetched that a digest will be looked for in. */
void mm_logs_ids_prefetch(const struct mm_logs_ids *ids, uint64_t digest);

/* The rank of a digest, or -1: it is not there. */
int mm_logs_ids_rank(const struct mm_logs_ids *ids, uint64_t digest);

/* Where a walk over all digests stands; zero it to begin. */
struct mm_logs_ids_walk {
	size_t part;
	uint32_t place;
};

/*
 * The next digest, in whatever order: with its rank in the two lowest bits, and else as it was added, so that adding it
 * and that rank to an empty set makes the same one. Returns false behind the last.
 */
MM_MUST_USE bool mm_logs_ids_next(const struct mm_logs_ids *ids, struct mm_logs_ids_walk *walk, uint64_t *digest);

/* How many there are, and the bytes that they take. */
uint64_t mm_logs_ids_count(const struct mm_logs_ids *ids);
uint64_t mm_logs_ids_bytes(const struct mm_logs_ids *ids);

#endif
