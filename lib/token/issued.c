/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of issued tokens.
 *
 * A minute of a signer has a directory of chunks of entries, which never move: what a reader found stays where it is
 * until the minute is forgotten. Minutes hang in chains by their number. The writer fills entries first and then says
 * how many there are; readers look at that number first.
 *
 * Forgetting is how lock-free readers could read freed memory. Each look-up therefore counts itself in one of two
 * counters while it lasts, that of the phase. Forgotten minutes leave their chains at once, and are freed when both
 * counters were seen at zero after that, each while new look-ups went to the other: then every look-up that could have
 * met them has ended. Counters are spread over cache lines, so that threads seldom meet. The writer never waits.
 */
#include "lib/token/issued.h"

#include "lib/crypto/digest.h"
#include "lib/crypto/mac_key.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_ENTRIES 4096
#define DIRECTORY_LEN (MM_ISSUED_COUNTERS_MAX / CHUNK_ENTRIES)

/* Minutes of an hour's tokens fall into chains of their own, with room for days of a slow forgetter. */
#define CHAINS 512

#define SIGNERS 65536

#define STRIPES 16
#define CACHE_LINE 64

/* How many look-ups have their memory fetched ahead: more than a core has requests under way. */
#define AHEAD 32

struct chunk {
	_Atomic uint64_t entries[CHUNK_ENTRIES];
};

struct minute {
	uint64_t key; /* signer and minute */
	struct minute *_Atomic next;
	struct minute *forgotten; /* in a list of the writer's */
	_Atomic uint32_t count;
	struct chunk *_Atomic chunks[DIRECTORY_LEN];
};

struct stripe {
	_Alignas(CACHE_LINE) _Atomic uint64_t readers[2];
};

struct mm_issued {
	struct stripe stripes[STRIPES];
	_Atomic unsigned phase;
	struct minute *_Atomic chains[CHAINS];
	_Atomic uint32_t kept_from; /* minutes before it are forgotten */
	/*
	 * For each signer the place before which everything was received, as minute and counter, and one more; 0: it is
	 * not known.
	 */
	_Atomic uint64_t received[SIGNERS];

	/* The writer's. */
	uint32_t current_signer; /* SIGNERS: none yet */
	size_t max_bytes;
	_Atomic size_t bytes;
	_Atomic uint64_t count;
	struct minute *unlinked; /* since the last grace began */
	struct minute *waiting;  /* for the end of the grace */
	unsigned drained;        /* counters of this grace that were seen at zero, all stripes of each */
	uint32_t stripes_empty;  /* of the counter at hand */
};

/* ---- making ---- */

struct mm_issued *
mm_issued_new(size_t max_bytes)
{
	size_t size = (sizeof(struct mm_issued) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	struct mm_issued *issued = max_bytes < size ? NULL : aligned_alloc(CACHE_LINE, size);

	if (issued == NULL)
		return NULL;
	memset(issued, 0, size);
	issued->current_signer = SIGNERS;
	issued->max_bytes = max_bytes;
	atomic_store_explicit(&issued->bytes, size, memory_order_relaxed);
	return issued;
}

static uint32_t
chunks_of(uint32_t count)
{
	return (count + CHUNK_ENTRIES - 1) / CHUNK_ENTRIES;
}

static void
count_bytes(struct mm_issued *issued, size_t add, size_t remove)
{
	size_t bytes = atomic_load_explicit(&issued->bytes, memory_order_relaxed);

	atomic_store_explicit(&issued->bytes, bytes + add - remove, memory_order_relaxed);
}

static void
free_minute(struct mm_issued *issued, struct minute *minute)
{
	for (size_t i = 0; i < DIRECTORY_LEN; i++) {
		struct chunk *chunk = atomic_load_explicit(&minute->chunks[i], memory_order_relaxed);

		if (chunk == NULL)
			break;
		free(chunk);
		count_bytes(issued, 0, sizeof(*chunk));
	}
	count_bytes(issued, 0, sizeof(*minute));
	free(minute);
}

static void
free_list(struct mm_issued *issued, struct minute **list)
{
	while (*list != NULL) {
		struct minute *minute = *list;

		*list = minute->forgotten;
		free_minute(issued, minute);
	}
}

void
mm_issued_free(struct mm_issued **issued)
{
	struct mm_issued *old = issued == NULL ? NULL : *issued;

	if (old == NULL)
		return;
	for (size_t i = 0; i < CHAINS; i++)
		for (struct minute *minute = atomic_load(&old->chains[i]), *next; minute != NULL; minute = next) {
			next = atomic_load(&minute->next);
			free_minute(old, minute);
		}
	free_list(old, &old->unlinked);
	free_list(old, &old->waiting);
	free(old);
	*issued = NULL;
}

/* ---- places ---- */

static uint64_t
key_of(struct mm_token_place place)
{
	return (uint64_t)place.signer << 32 | place.minute;
}

static uint64_t
at_of(struct mm_token_place place)
{
	return (uint64_t)place.minute << 32 | place.counter;
}

/* In the one order of all these: after a look-up counted itself, before forgetting looks at the counters. */
static struct minute *
find_minute(const struct mm_issued *issued, struct mm_token_place place)
{
	struct minute *minute = atomic_load(&issued->chains[place.minute % CHAINS]);

	while (minute != NULL && minute->key != key_of(place))
		minute = atomic_load(&minute->next);
	return minute;
}

/* Where an entry of a minute is whose chunk is there. */
static _Atomic uint64_t *
entry_at(const struct minute *minute, uint32_t counter)
{
	struct chunk *chunk = atomic_load_explicit(&minute->chunks[counter / CHUNK_ENTRIES], memory_order_relaxed);

	return &chunk->entries[counter % CHUNK_ENTRIES];
}

/* Where the entry of a place is; NULL: there is none. */
static _Atomic uint64_t *
find_entry(const struct minute *minute, uint32_t counter)
{
	if (minute == NULL || counter >= atomic_load_explicit(&minute->count, memory_order_acquire))
		return NULL;
	return entry_at(minute, counter);
}

/* ---- readers ---- */

/* What a look-up says of where it counts itself. */
struct reading {
	_Atomic uint64_t *counter;
};

/* Threads have stacks of their own, so that the place of a variable tells them apart; it need not always. */
static struct reading
begin_reading(const struct mm_issued *issued)
{
	struct mm_issued *shared = (struct mm_issued *)(uintptr_t)issued; /* the counters change, nothing else */
	struct reading reading;
	uint64_t page = (uint64_t)(uintptr_t)&reading >> 12;
	size_t stripe = (size_t)(page * UINT64_C(0x9E3779B97F4A7C15) >> 32) % STRIPES;
	unsigned phase = atomic_load(&shared->phase);

	reading.counter = &shared->stripes[stripe].readers[phase];
	atomic_fetch_add(reading.counter, 1);
	return reading;
}

static void
end_reading(struct reading reading)
{
	atomic_fetch_sub_explicit(reading.counter, 1, memory_order_release);
}

/* What it means that nothing, or another entry, was found at a place; received was read before it was looked for. */
static enum mm_issued_result
not_found(const struct mm_issued *issued, struct mm_token_place place, bool there, uint64_t received)
{
	if (place.minute < atomic_load_explicit(&issued->kept_from, memory_order_acquire))
		return MM_ISSUED_FORGOTTEN;
	return there || at_of(place) < received ? MM_ISSUED_ABSENT : MM_ISSUED_NOT_YET;
}

/* The mark is one more than the place, so that place 0 is known of a signer that is. */
static uint64_t
received_before(const struct mm_issued *issued, uint16_t signer)
{
	uint64_t received = atomic_load_explicit(&issued->received[signer], memory_order_acquire);

	return received == 0 ? 0 : received - 1;
}

static enum mm_issued_result
compare(const struct mm_issued *issued, const struct mm_issued_probe *probe, _Atomic uint64_t *entry,
    uint64_t received)
{
	uint64_t found = entry == NULL ? 0 : atomic_load_explicit(entry, memory_order_relaxed);

	return entry != NULL && found == probe->entry && found != 0 ? MM_ISSUED_FOUND :
	    not_found(issued, probe->place, entry != NULL, received);
}

/* Find where all of them are and have the memory fetched, then look. */
static void
find_ahead(const struct mm_issued *issued, struct mm_issued_probe *probes, size_t count)
{
	_Atomic uint64_t *entries[AHEAD];
	uint64_t received[AHEAD];

	for (size_t i = 0; i < count; i++) {
		received[i] = received_before(issued, probes[i].place.signer);
		entries[i] = find_entry(find_minute(issued, probes[i].place), probes[i].place.counter);
		if (entries[i] != NULL)
			__builtin_prefetch((const void *)(uintptr_t)entries[i]);
	}
	for (size_t i = 0; i < count; i++)
		probes[i].result = compare(issued, &probes[i], entries[i], received[i]);
}

void
mm_issued_find_many(const struct mm_issued *issued, struct mm_issued_probe *probes, size_t count)
{
	for (size_t at = 0; at < count; at += AHEAD) {
		struct reading reading = begin_reading(issued);

		find_ahead(issued, probes + at, count - at < AHEAD ? count - at : AHEAD);
		end_reading(reading);
	}
}

enum mm_issued_result
mm_issued_find(const struct mm_issued *issued, struct mm_token_place place, uint64_t entry)
{
	struct mm_issued_probe probe = { .place = place, .entry = entry };

	mm_issued_find_many(issued, &probe, 1);
	return probe.result;
}

/* ---- the writer: forgetting ---- */

/* Whether the counter that new look-ups do not go to was seen at zero in every stripe since the phase turned. */
static bool
is_drained(struct mm_issued *issued)
{
	unsigned old = 1 - atomic_load(&issued->phase);

	while (issued->stripes_empty < STRIPES &&
	    atomic_load(&issued->stripes[issued->stripes_empty].readers[old]) == 0)
		issued->stripes_empty++;
	return issued->stripes_empty == STRIPES;
}

static void
turn_phase(struct mm_issued *issued)
{
	atomic_store(&issued->phase, 1 - atomic_load(&issued->phase));
	issued->stripes_empty = 0;
}

static void
begin_grace(struct mm_issued *issued)
{
	issued->waiting = issued->unlinked;
	issued->unlinked = NULL;
	issued->drained = 0;
	turn_phase(issued);
}

/* Go on with freeing what was forgotten, as far as it can be done now. */
static void
reclaim(struct mm_issued *issued)
{
	while (issued->waiting != NULL || issued->unlinked != NULL) {
		if (issued->waiting == NULL)
			begin_grace(issued);
		if (!is_drained(issued))
			return;
		if (++issued->drained == 2)
			free_list(issued, &issued->waiting);
		else
			turn_phase(issued);
	}
}

static void
unlink_before(struct mm_issued *issued, struct minute *_Atomic *link, uint32_t before)
{
	struct minute *minute;

	while ((minute = atomic_load(link)) != NULL) {
		if ((uint32_t)minute->key >= before) {
			link = &minute->next;
			continue;
		}
		/* It keeps its own next: a reader that stands on it goes on from there. */
		atomic_store(link, atomic_load(&minute->next));
		atomic_store_explicit(&issued->count, atomic_load_explicit(&issued->count, memory_order_relaxed) -
		    atomic_load_explicit(&minute->count, memory_order_relaxed), memory_order_relaxed);
		minute->forgotten = issued->unlinked;
		issued->unlinked = minute;
	}
}

void
mm_issued_forget_before(struct mm_issued *issued, uint32_t minute)
{
	if (minute > atomic_load(&issued->kept_from)) {
		atomic_store(&issued->kept_from, minute);
		for (size_t i = 0; i < CHAINS; i++)
			unlink_before(issued, &issued->chains[i], minute);
	}
	reclaim(issued);
}

/* ---- the writer: adding ---- */

/* A new minute in its chain, without entries; NULL: there is no room. */
static struct minute *
add_minute(struct mm_issued *issued, struct mm_token_place place)
{
	struct minute *_Atomic *chain = &issued->chains[place.minute % CHAINS];
	struct minute *minute;

	if (atomic_load_explicit(&issued->bytes, memory_order_relaxed) + sizeof(*minute) > issued->max_bytes)
		return NULL;
	minute = calloc(1, sizeof(*minute));
	if (minute == NULL)
		return NULL;
	minute->key = key_of(place);
	atomic_store(&minute->next, atomic_load(chain));
	atomic_store(chain, minute);
	count_bytes(issued, sizeof(*minute), 0);
	return minute;
}

/* See that there are chunks for so many entries; those made in vain are used by the next ones. */
static bool
make_room(struct mm_issued *issued, struct minute *minute, uint32_t total)
{
	for (uint32_t i = 0; i < chunks_of(total); i++) {
		struct chunk *chunk;

		if (atomic_load_explicit(&minute->chunks[i], memory_order_relaxed) != NULL)
			continue;
		if (atomic_load_explicit(&issued->bytes, memory_order_relaxed) + sizeof(*chunk) > issued->max_bytes)
			return false;
		chunk = calloc(1, sizeof(*chunk));
		if (chunk == NULL)
			return false;
		atomic_store_explicit(&minute->chunks[i], chunk, memory_order_relaxed);
		count_bytes(issued, sizeof(*chunk), 0);
	}
	return true;
}

static void
put_entries(struct minute *minute, uint32_t from, const uint64_t *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		atomic_store_explicit(entry_at(minute, from + (uint32_t)i), entries[i], memory_order_relaxed);
	atomic_store_explicit(&minute->count, from + (uint32_t)count, memory_order_release);
}

bool
mm_issued_add(struct mm_issued *issued, struct mm_token_place first, const uint64_t *entries, size_t count)
{
	struct minute *minute = find_minute(issued, first);
	uint32_t next = minute == NULL ? 0 : atomic_load_explicit(&minute->count, memory_order_relaxed);

	reclaim(issued);
	if (first.counter != next || count > MM_ISSUED_COUNTERS_MAX - next ||
	    first.minute < atomic_load_explicit(&issued->kept_from, memory_order_relaxed))
		return false;
	if (count == 0)
		return true;
	if (minute == NULL)
		minute = add_minute(issued, first);
	if (minute == NULL || !make_room(issued, minute, next + (uint32_t)count))
		return false;
	put_entries(minute, next, entries, count);
	atomic_store_explicit(&issued->count, atomic_load_explicit(&issued->count, memory_order_relaxed) + count,
	    memory_order_relaxed);
	return true;
}

bool
mm_issued_void(struct mm_issued *issued, struct mm_token_place place)
{
	_Atomic uint64_t *entry = find_entry(find_minute(issued, place), place.counter);

	if (entry == NULL)
		return false;
	atomic_store_explicit(entry, 0, memory_order_relaxed);
	return true;
}

void
mm_issued_set_high_water(struct mm_issued *issued, struct mm_token_place high_water)
{
	_Atomic uint64_t *received = &issued->received[high_water.signer];
	uint64_t mark = at_of(high_water) + 1;

	if (issued->current_signer != SIGNERS && issued->current_signer != high_water.signer)
		atomic_store_explicit(&issued->received[issued->current_signer], UINT64_MAX, memory_order_release);
	issued->current_signer = high_water.signer;
	if (mark > atomic_load_explicit(received, memory_order_relaxed))
		atomic_store_explicit(received, mark, memory_order_release);
}

/* ---- entries ---- */

bool
mm_issued_entry_with(const struct mm_mac_key *index_key, const uint8_t digest[32], uint64_t *entry)
{
	const struct mm_slice piece = mm_slice((const char *)digest, MM_DIGEST_LEN);
	uint8_t mac[MM_MAC_LEN];

	if (!mm_mac_key_make(index_key, &piece, 1, mac))
		return false;
	*entry = 0;
	for (size_t i = 0; i < sizeof(*entry); i++)
		*entry = *entry << 8 | mac[i];
	/* Zero says void. */
	*entry += *entry == 0;
	return true;
}

bool
mm_issued_entry(const uint8_t index_key[MM_INDEX_KEY_LEN], const uint8_t digest[32], uint64_t *entry)
{
	struct mm_mac_key *key = mm_mac_key_new(index_key, MM_INDEX_KEY_LEN);
	bool made = key != NULL && mm_issued_entry_with(key, digest, entry);

	mm_mac_key_free(&key);
	return made;
}

size_t
mm_issued_bytes(const struct mm_issued *issued)
{
	return atomic_load_explicit(&issued->bytes, memory_order_relaxed);
}

uint64_t
mm_issued_count(const struct mm_issued *issued)
{
	return atomic_load_explicit(&issued->count, memory_order_relaxed);
}
