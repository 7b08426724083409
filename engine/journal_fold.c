/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding: the table of counts.
 *
 * Pairs lie one behind the other in the order in which they came; a hash table of indices finds them. A chain of
 * probes is short by rule, so that sources chosen to collide cost no more than others: they become "other sources".
 */
#include "engine/journal_fold.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* Twice the pairs: short chains. A power of two. */
enum { SLOTS = 8192, PROBES_MAX = 16 };
_Static_assert(SLOTS >= 2 * MM_FOLD_PAIRS_MAX, "slots for all pairs");

/* Configured names are shorter; a longer one is cut, and marked so. */
enum { SERVICE_LEN = 64 };

struct pair {
	char service[SERVICE_LEN], source[MM_FOLD_SOURCE_LEN];
	uint8_t service_len, source_len;
	bool has_service, has_source, service_cut;
	bool begun;      /* counting was told */
	uint32_t single; /* recorded in this second */
	uint64_t counted;
	uint64_t counts[MM_REASON_COUNT];
};

struct mm_fold {
	uint64_t seed, pending;
	size_t pair_count, service_count, next; /* next: where mm_fold_peek() looks */
	struct pair *peeked;                    /* what it gave, and of which reason */
	unsigned peeked_reason;
	uint16_t slots[SLOTS]; /* index of a pair + 1; 0: free */
	struct pair pairs[MM_FOLD_PAIRS_MAX];
	struct pair services[MM_FOLD_SERVICES_MAX];
	struct pair rest; /* of services beyond */
};

static const char other_sources[] = "other sources";

struct mm_fold *
mm_fold_new(void)
{
	struct mm_fold *fold = calloc(1, sizeof(*fold));

	if (fold != NULL && getrandom(&fold->seed, sizeof(fold->seed), 0) != (ssize_t)sizeof(fold->seed))
		mm_fold_free(&fold);
	return fold;
}

void
mm_fold_free(struct mm_fold **fold)
{
	free(*fold);
	*fold = NULL;
}

bool
mm_fold_applies(const struct mm_journal_record *record)
{
	unsigned step = mm_reason_step(record->reason);

	return record->kind == MM_JOURNAL_DECISION && !record->allowed && step >= 1 && step < 6;
}

struct mm_slice
mm_fold_source(struct mm_slice source, char out[MM_FOLD_SOURCE_LEN])
{
	size_t len = source.len < MM_FOLD_SOURCE_LEN - 1 ? source.len : MM_FOLD_SOURCE_LEN - 1;
	char network[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (len > 0)
		memcpy(out, source.ptr, len);
	out[len] = '\0';
	if (memchr(out, ':', len) == NULL || inet_pton(AF_INET6, out, &address) != 1)
		return mm_slice(out, len);
	if (IN6_IS_ADDR_V4MAPPED(&address)) {
		inet_ntop(AF_INET, &address.s6_addr[12], out, MM_FOLD_SOURCE_LEN);
		return mm_slice_str(out);
	}
	memset(&address.s6_addr[8], 0, 8);
	inet_ntop(AF_INET6, &address, network, sizeof(network));
	(void)snprintf(out, MM_FOLD_SOURCE_LEN, "%s/64", network);
	return mm_slice_str(out);
}

/* FNV-1a from a random beginning. */
static uint64_t
hash_bytes(uint64_t hash, struct mm_slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ (unsigned char)bytes.ptr[i]) * UINT64_C(0x100000001B3);
	return (hash ^ 0xFF) * UINT64_C(0x100000001B3);
}

static void
set_pair(struct pair *pair, struct mm_slice service, struct mm_slice source)
{
	memset(pair, 0, sizeof(*pair));
	pair->has_service = mm_slice_present(service);
	pair->has_source = mm_slice_present(source);
	pair->service_cut = service.len > SERVICE_LEN;
	pair->service_len = (uint8_t)(pair->service_cut ? SERVICE_LEN : service.len);
	pair->source_len = (uint8_t)source.len;
	if (pair->service_len > 0)
		memcpy(pair->service, service.ptr, pair->service_len);
	if (pair->source_len > 0)
		memcpy(pair->source, source.ptr, pair->source_len);
}

static bool
text_is(bool has, const char *text, size_t len, struct mm_slice other)
{
	return has == mm_slice_present(other) && len == other.len && (len == 0 || memcmp(text, other.ptr, len) == 0);
}

static bool
pair_is(const struct pair *pair, struct mm_slice service, struct mm_slice source)
{
	if (service.len > SERVICE_LEN)
		service.len = SERVICE_LEN;
	return text_is(pair->has_source, pair->source, pair->source_len, source) &&
	    text_is(pair->has_service, pair->service, pair->service_len, service);
}

/* The counts of a service whose source has no pair of its own. */
static struct pair *
find_service(struct mm_fold *fold, struct mm_slice service)
{
	struct mm_slice source = mm_slice_str(other_sources);

	for (size_t i = 0; i < fold->service_count; i++)
		if (pair_is(&fold->services[i], service, source))
			return &fold->services[i];
	if (fold->service_count < MM_FOLD_SERVICES_MAX) {
		set_pair(&fold->services[fold->service_count], service, source);
		return &fold->services[fold->service_count++];
	}
	if (!fold->rest.has_source)
		set_pair(&fold->rest, MM_SLICE_ABSENT, source);
	return &fold->rest;
}

/* The pair's own counts; NULL where it gets none. */
static struct pair *
find_pair(struct mm_fold *fold, struct mm_slice service, struct mm_slice source)
{
	uint64_t hash = hash_bytes(hash_bytes(fold->seed, source), service);

	hash ^= hash >> 32;
	for (unsigned i = 0; i < PROBES_MAX; i++) {
		uint16_t *slot = &fold->slots[(hash + i) % SLOTS];

		if (*slot == 0) {
			if (fold->pair_count == MM_FOLD_PAIRS_MAX)
				return NULL;
			set_pair(&fold->pairs[fold->pair_count], service, source);
			*slot = (uint16_t)++fold->pair_count;
		}
		if (pair_is(&fold->pairs[*slot - 1], service, source))
			return &fold->pairs[*slot - 1];
	}
	return NULL;
}

enum mm_fold_answer
mm_fold_admit(struct mm_fold *fold, const struct mm_journal_record *record, bool room)
{
	struct mm_slice service = record->fields[MM_JF_SERVICE], source = record->fields[MM_JF_SOURCE];
	char folded[MM_FOLD_SOURCE_LEN];
	struct pair *pair;
	bool first;

	if (mm_slice_present(source))
		source = mm_fold_source(source, folded);
	pair = find_pair(fold, service, source);
	if (pair == NULL) {
		pair = find_service(fold, service);
	} else if (room && pair->single < MM_FOLD_SINGLE_MAX) {
		pair->single++;
		return MM_FOLD_SINGLE;
	}
	first = !pair->begun;
	pair->begun = true;
	pair->counts[record->reason]++;
	pair->counted++;
	fold->pending++;
	return first ? MM_FOLD_BEGUN : MM_FOLD_COUNTED;
}

uint64_t
mm_fold_pending(const struct mm_fold *fold)
{
	return fold->pending;
}

bool
mm_fold_idle(const struct mm_fold *fold)
{
	return fold->pair_count == 0 && fold->service_count == 0;
}

/* Pairs, then services, then the rest, by one index; NULL behind the last. */
static struct pair *
pair_at(struct mm_fold *fold, size_t index)
{
	if (index < fold->pair_count)
		return &fold->pairs[index];
	index -= fold->pair_count;
	if (index < fold->service_count)
		return &fold->services[index];
	return index == fold->service_count ? &fold->rest : NULL;
}

static void
fill_record(const struct pair *pair, enum mm_reason reason, struct mm_journal_record *record)
{
	memset(record, 0, sizeof(*record));
	record->kind = MM_JOURNAL_FOLDED;
	record->reason = reason;
	record->count = pair->counts[reason];
	if (pair->has_service)
		record->fields[MM_JF_SERVICE] = mm_slice(pair->service, pair->service_len);
	if (pair->has_source)
		record->fields[MM_JF_SOURCE] = mm_slice(pair->source, pair->source_len);
	record->cut = pair->service_cut ? UINT32_C(1) << MM_JF_SERVICE : 0;
}

bool
mm_fold_peek(struct mm_fold *fold, struct mm_journal_record *record)
{
	struct pair *pair;

	for (; fold->pending > 0 && (pair = pair_at(fold, fold->next)) != NULL; fold->next++) {
		if (pair->counted == 0)
			continue;
		fold->peeked = pair;
		fold->peeked_reason = 0;
		while (pair->counts[fold->peeked_reason] == 0)
			fold->peeked_reason++;
		fill_record(pair, (enum mm_reason)fold->peeked_reason, record);
		return true;
	}
	fold->next = 0;
	return false;
}

void
mm_fold_taken(struct mm_fold *fold)
{
	uint64_t *count = &fold->peeked->counts[fold->peeked_reason];

	fold->peeked->counted -= *count;
	fold->pending -= *count;
	*count = 0;
}

void
mm_fold_reset(struct mm_fold *fold)
{
	if (fold->pending > 0)
		return;
	memset(fold->slots, 0, sizeof(fold->slots));
	memset(&fold->rest, 0, sizeof(fold->rest));
	fold->pair_count = 0;
	fold->service_count = 0;
	fold->next = 0;
}
