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

/* The tally of all who have none of their own. */
enum { SHARED_TALLY = MM_JOURNAL_TALLIES - 1, NO_TALLY = MM_JOURNAL_TALLIES };

struct pair {
	struct mm_journal_tally what; /* its texts and what is pending */
	uint64_t counted;             /* the sum of that */
	uint32_t single;              /* recorded in this second */
	unsigned tally;               /* where it is noted too */
};

struct mm_fold {
	uint64_t seed, pending;
	size_t pair_count, service_count, next; /* next: where mm_fold_peek() looks */
	struct pair *peeked;                    /* what it gave, and of which reason */
	unsigned peeked_reason;
	unsigned tally_count; /* given out, the shared one apart */
	struct mm_journal_tally tallies[MM_JOURNAL_TALLIES];
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

	if (fold == NULL)
		return NULL;
	fold->rest.tally = NO_TALLY;
	if (getrandom(&fold->seed, sizeof(fold->seed), 0) != (ssize_t)sizeof(fold->seed))
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
set_texts(struct mm_journal_tally *what, struct mm_slice service, struct mm_slice source)
{
	memset(what, 0, sizeof(*what));
	what->has_service = mm_slice_present(service);
	what->has_source = mm_slice_present(source);
	what->service_cut = service.len > sizeof(what->service);
	what->service_len = (uint8_t)(what->service_cut ? sizeof(what->service) : service.len);
	what->source_len = (uint8_t)source.len;
	if (what->service_len > 0)
		memcpy(what->service, service.ptr, what->service_len);
	if (what->source_len > 0)
		memcpy(what->source, source.ptr, what->source_len);
}

static void
set_pair(struct pair *pair, struct mm_slice service, struct mm_slice source)
{
	set_texts(&pair->what, service, source);
	pair->counted = 0;
	pair->single = 0;
	pair->tally = NO_TALLY;
}

static bool
text_is(bool has, const char *text, size_t len, struct mm_slice other)
{
	return has == mm_slice_present(other) && len == other.len && (len == 0 || memcmp(text, other.ptr, len) == 0);
}

static bool
pair_is(const struct pair *pair, struct mm_slice service, struct mm_slice source)
{
	const struct mm_journal_tally *what = &pair->what;

	if (service.len > sizeof(what->service))
		service.len = sizeof(what->service);
	return text_is(what->has_source, what->source, what->source_len, source) &&
	    text_is(what->has_service, what->service, what->service_len, service);
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
	if (!fold->rest.what.has_source)
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

/* Note the pair in a tally from now on: one of its own while there are any. */
static void
give_tally(struct mm_fold *fold, struct pair *pair)
{
	if (fold->tally_count < SHARED_TALLY) {
		pair->tally = fold->tally_count++;
		fold->tallies[pair->tally] = pair->what;
		return;
	}
	pair->tally = SHARED_TALLY;
	if (!fold->tallies[SHARED_TALLY].has_source)
		set_texts(&fold->tallies[SHARED_TALLY], MM_SLICE_ABSENT, mm_slice_str(other_sources));
}

bool
mm_fold_count(struct mm_fold *fold, const struct mm_journal_record *record, bool room, unsigned *tally)
{
	struct mm_slice service = record->fields[MM_JF_SERVICE], source = record->fields[MM_JF_SOURCE];
	char folded[MM_FOLD_SOURCE_LEN];
	struct pair *pair;

	if (mm_slice_present(source))
		source = mm_fold_source(source, folded);
	pair = find_pair(fold, service, source);
	if (pair != NULL && room && pair->single < MM_FOLD_SINGLE_MAX) {
		pair->single++;
		return false;
	}
	if (pair == NULL)
		pair = find_service(fold, service);
	if (pair->tally == NO_TALLY)
		give_tally(fold, pair);
	pair->what.counts[record->reason]++;
	pair->counted++;
	fold->tallies[pair->tally].counts[record->reason]++;
	fold->pending++;
	*tally = pair->tally;
	return true;
}

const struct mm_journal_tally *
mm_fold_tally(const struct mm_fold *fold, unsigned index)
{
	return &fold->tallies[index];
}

void
mm_fold_restore(struct mm_fold *fold, unsigned index, const struct mm_journal_tally *tally)
{
	struct pair *pair = &fold->pairs[fold->pair_count];

	memset(pair, 0, sizeof(*pair));
	pair->what = *tally;
	pair->tally = index;
	for (unsigned i = 0; i < MM_REASON_COUNT; i++)
		pair->counted += tally->counts[i];
	if (pair->counted == 0)
		return;
	/* It is in no slot: a denial of the same pair makes another one, and counts stay exact. */
	fold->pair_count++;
	fold->pending += pair->counted;
	fold->tallies[index] = *tally;
	if (index < SHARED_TALLY && fold->tally_count <= index)
		fold->tally_count = index + 1;
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
	const struct mm_journal_tally *what = &pair->what;

	memset(record, 0, sizeof(*record));
	record->kind = MM_JOURNAL_FOLDED;
	record->reason = reason;
	record->count = what->counts[reason];
	record->latency_ns = pair->tally + 1;
	if (what->has_service)
		record->fields[MM_JF_SERVICE] = mm_slice(what->service, what->service_len);
	if (what->has_source)
		record->fields[MM_JF_SOURCE] = mm_slice(what->source, what->source_len);
	record->cut = what->service_cut ? UINT32_C(1) << MM_JF_SERVICE : 0;
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
		while (pair->what.counts[fold->peeked_reason] == 0)
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
	uint64_t *count = &fold->peeked->what.counts[fold->peeked_reason];

	fold->tallies[fold->peeked->tally].counts[fold->peeked_reason] -= *count;
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
	set_pair(&fold->rest, MM_SLICE_ABSENT, MM_SLICE_ABSENT);
	memset(fold->tallies, 0, sizeof(fold->tallies));
	fold->tally_count = 0;
	fold->pair_count = 0;
	fold->service_count = 0;
	fold->next = 0;
}
