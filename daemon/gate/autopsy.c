/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of autopsies, and the thread that examines.
 */
#include "daemon/gate/autopsy.h"

#include "daemon/gate/autopsy_memory.h"
#include "lib/base/limits.h"
#include "lib/trust/trust.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

/*
 * A flow has one of so many places, by its hash. Where all of them are taken, the flow of the source that offered most
 * lately gives way to one whose source offered less: there are floods from more sources than there are places.
 */
#define WAYS 4
#define SETS (GATE_AUTOPSY_FLOWS_MAX / WAYS)

/*
 * Offers of late, by source and key. Each is counted in several places, so that one that shares some of them with
 * others is still told apart by the least; halved every so often.
 */
#define OFFER_PLACES 4
#define OFFER_COUNTS 1048576
#define OFFERS_HALVED_EVERY_NS (10 * NS_PER_S)

/* Pauses are no shorter: who wakes up often takes the processor from those who answer as often. */
#define PAUSE_LEAST_NS (10 * NS_PER_S / 1000)

struct item {
	struct item *next;
	struct gate_autopsy_place place;
	size_t token_len;
	char token[];
};

/* Tokens of one key from one source, the oldest first. Free where it has none. */
struct flow {
	struct flow *next, *previous; /* in the round */
	struct item *first, **last;
	size_t len;
	uint64_t hash;
	uint8_t material_id[MM_DIGEST_LEN];
	char source[GATE_AUTOPSY_TEXT_MAX + 1];
};

struct gate_autopsies {
	struct gate_views *views;
	gate_autopsy_teller *tell;
	void *ctx;
	uint64_t seed; /* of the hash, so that nobody can choose where his tokens wait */
	pthread_t thread;
	struct gate_autopsy_memory *memory; /* the thread's alone */
	struct mm_decision *scratch;        /* the thread's alone */
	bool has_lock;

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	struct flow flows[GATE_AUTOPSY_FLOWS_MAX];
	struct flow *round_first, *round_last;
	size_t bytes;
	uint8_t offers[OFFER_COUNTS];
	int64_t offers_halved_ns;
	bool stopping;
	struct gate_autopsy_counts counts;
};

static int64_t
now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* ---- flows ---- */

static void
copy_text(char out[GATE_AUTOPSY_TEXT_MAX + 1], struct mm_slice text)
{
	size_t len = text.len < GATE_AUTOPSY_TEXT_MAX ? text.len : GATE_AUTOPSY_TEXT_MAX;

	if (len > 0)
		memcpy(out, text.ptr, len);
	out[len] = '\0';
}

/* Of an IPv6 address the first four groups: whoever has one has all that begin so. */
static struct mm_slice
source_of_flow(struct mm_slice source)
{
	unsigned colons = 0;

	for (size_t i = 0; i < source.len; i++) {
		bool doubled = i > 0 && source.ptr[i] == ':' && source.ptr[i - 1] == ':';

		colons += source.ptr[i] == ':';
		if (colons == 4 || doubled)
			return mm_slice(source.ptr, i);
	}
	return source;
}

/* FNV-1a over the source, begun with the seed and the key's digest, and its bits mixed once more. */
static uint64_t
hash_flow(uint64_t seed, const uint8_t material_id[MM_DIGEST_LEN], struct mm_slice source)
{
	uint64_t hash, of_key;

	memcpy(&of_key, material_id, sizeof(of_key));
	hash = seed ^ of_key;
	for (size_t i = 0; i < source.len; i++)
		hash = (hash ^ (unsigned char)source.ptr[i]) * UINT64_C(0x100000001B3);
	hash = (hash ^ hash >> 32) * UINT64_C(0x9E3779B97F4A7C15);
	hash = (hash ^ hash >> 29) * UINT64_C(0x9E3779B97F4A7C15);
	return hash ^ hash >> 32;
}

static bool
is_flow_of(const struct flow *flow, const uint8_t material_id[MM_DIGEST_LEN], struct mm_slice source)
{
	return flow->len > 0 && memcmp(flow->material_id, material_id, MM_DIGEST_LEN) == 0 &&
	    mm_slice_equal(mm_slice_str(flow->source), source);
}

/* The n-th of the places where a hash's offers are counted. */
static uint8_t *
offers_at(struct gate_autopsies *autopsies, uint64_t hash, unsigned n)
{
	return &autopsies->offers[(hash + n * (hash >> 32 | 1)) % OFFER_COUNTS];
}

static unsigned
count_offers(struct gate_autopsies *autopsies, uint64_t hash)
{
	unsigned least = UINT8_MAX;

	for (unsigned n = 0; n < OFFER_PLACES; n++)
		if (*offers_at(autopsies, hash, n) < least)
			least = *offers_at(autopsies, hash, n);
	return least;
}

static void
halve_offers(struct gate_autopsies *autopsies)
{
	int64_t now = now_ns(CLOCK_MONOTONIC);

	if (now - autopsies->offers_halved_ns < OFFERS_HALVED_EVERY_NS)
		return;
	autopsies->offers_halved_ns = now;
	for (size_t i = 0; i < OFFER_COUNTS; i++)
		autopsies->offers[i] /= 2;
}

/* Only the least is raised: what others count there too stays as near the truth as it was. */
static void
note_offer(struct gate_autopsies *autopsies, uint64_t hash)
{
	unsigned least;

	halve_offers(autopsies);
	least = count_offers(autopsies, hash);
	for (unsigned n = 0; n < OFFER_PLACES; n++)
		if (*offers_at(autopsies, hash, n) == least && least < UINT8_MAX)
			*offers_at(autopsies, hash, n) = (uint8_t)(least + 1);
}

/* To the end of the round. */
static void
enter_round(struct gate_autopsies *autopsies, struct flow *flow)
{
	flow->next = NULL;
	flow->previous = autopsies->round_last;
	*(flow->previous == NULL ? &autopsies->round_first : &flow->previous->next) = flow;
	autopsies->round_last = flow;
}

static void
leave_round(struct gate_autopsies *autopsies, struct flow *flow)
{
	*(flow->previous == NULL ? &autopsies->round_first : &flow->previous->next) = flow->next;
	*(flow->next == NULL ? &autopsies->round_last : &flow->next->previous) = flow->previous;
}

/* With all that waits in it: a place for another. */
static void
drop_flow(struct gate_autopsies *autopsies, struct flow *flow)
{
	leave_round(autopsies, flow);
	while (flow->len > 0) {
		struct item *item = flow->first;

		flow->first = item->next;
		flow->len--;
		autopsies->bytes -= item->token_len;
		autopsies->counts.queued--;
		autopsies->counts.dropped++;
		free(item);
	}
}

/* The flow of this key and source, a free one if it has none yet; NULL: there is no place. */
static struct flow *
find_flow(struct gate_autopsies *autopsies, const uint8_t material_id[MM_DIGEST_LEN], struct mm_slice source)
{
	uint64_t hash = hash_flow(autopsies->seed, material_id, source);
	struct flow *set = &autopsies->flows[hash % SETS * WAYS], *place = NULL;

	note_offer(autopsies, hash);
	for (size_t i = 0; i < WAYS; i++) {
		if (is_flow_of(&set[i], material_id, source))
			return &set[i];
		if (place == NULL || (place->len > 0 && (set[i].len == 0 ||
		    count_offers(autopsies, set[i].hash) > count_offers(autopsies, place->hash))))
			place = &set[i];
	}
	if (place->len > 0) {
		if (count_offers(autopsies, place->hash) <= count_offers(autopsies, hash))
			return NULL;
		drop_flow(autopsies, place);
	}
	memcpy(place->material_id, material_id, MM_DIGEST_LEN);
	copy_text(place->source, source);
	place->hash = hash;
	return place;
}

static bool
waits_already(const struct flow *flow, struct mm_slice token)
{
	for (const struct item *item = flow->len == 0 ? NULL : flow->first; item != NULL; item = item->next)
		if (mm_slice_equal(mm_slice(item->token, item->token_len), token))
			return true;
	return false;
}

static void
append(struct gate_autopsies *autopsies, struct flow *flow, struct item *item)
{
	item->next = NULL;
	if (flow->len == 0) {
		flow->last = &flow->first;
		enter_round(autopsies, flow);
	}
	*flow->last = item;
	flow->last = &item->next;
	flow->len++;
	autopsies->bytes += item->token_len;
	autopsies->counts.queued++;
}

/* The next token in turn; NULL: none waits. */
static struct item *
take_next(struct gate_autopsies *autopsies)
{
	struct flow *flow = autopsies->round_first;
	struct item *item;

	if (flow == NULL)
		return NULL;
	leave_round(autopsies, flow);
	item = flow->first;
	flow->first = item->next;
	flow->len--;
	if (flow->len > 0)
		enter_round(autopsies, flow);
	autopsies->bytes -= item->token_len;
	autopsies->counts.queued--;
	return item;
}

/* ---- offering ---- */

static struct item *
new_item(struct mm_slice token, struct mm_slice service, struct mm_slice source)
{
	struct item *item = malloc(sizeof(*item) + token.len);

	if (item == NULL)
		return NULL;
	copy_text(item->place.service, service);
	copy_text(item->place.source, source);
	item->token_len = token.len;
	memcpy(item->token, token.ptr, token.len);
	return item;
}

static bool
has_room(const struct gate_autopsies *autopsies, const struct flow *flow, size_t token_len)
{
	bool half_taken = autopsies->bytes > GATE_AUTOPSY_BYTES_MAX / 2;

	return flow->len < (half_taken ? GATE_AUTOPSY_FLOW_LEN_SURE : GATE_AUTOPSY_FLOW_LEN_MAX) &&
	    autopsies->bytes + token_len <= GATE_AUTOPSY_BYTES_MAX;
}

static void
offer(struct gate_autopsies *autopsies, struct mm_slice token, const struct mm_key *key, struct mm_slice service,
    struct mm_slice source)
{
	struct flow *flow = find_flow(autopsies, key->material_id, source_of_flow(source));
	struct item *item = NULL;

	if (flow != NULL && waits_already(flow, token)) {
		autopsies->counts.repeated++;
		return;
	}
	if (flow != NULL && has_room(autopsies, flow, token.len))
		item = new_item(token, service, source);
	if (item == NULL) {
		autopsies->counts.dropped++;
		return;
	}
	append(autopsies, flow, item);
	if (autopsies->counts.queued == 1)
		pthread_cond_signal(&autopsies->changed);
}

void
gate_autopsies_offer(struct gate_autopsies *autopsies, struct mm_slice token, const struct mm_key *key,
    struct mm_slice service, struct mm_slice source)
{
	if (token.len == 0 || token.len > MM_TOKEN_LEN_MAX)
		return;
	pthread_mutex_lock(&autopsies->lock);
	offer(autopsies, token, key, service, source);
	pthread_mutex_unlock(&autopsies->lock);
}

void
gate_autopsies_get_counts(struct gate_autopsies *autopsies, struct gate_autopsy_counts *counts)
{
	*counts = (struct gate_autopsy_counts){ 0 };
	if (autopsies == NULL)
		return;
	pthread_mutex_lock(&autopsies->lock);
	*counts = autopsies->counts;
	pthread_mutex_unlock(&autopsies->lock);
}

/* ---- examining ---- */

/* CPU time that the thread used beyond its share, up to when it was last looked at. Idle time is not saved up. */
struct share {
	int64_t debt_ns, wall_ns, cpu_ns;
};

static void
account(struct share *share)
{
	int64_t wall_ns = now_ns(CLOCK_MONOTONIC), cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);

	share->debt_ns += cpu_ns - share->cpu_ns - (wall_ns - share->wall_ns) * GATE_AUTOPSY_SHARE_PERCENT / 100;
	if (share->debt_ns < 0)
		share->debt_ns = 0;
	share->wall_ns = wall_ns;
	share->cpu_ns = cpu_ns;
}

/* Wait, with the lock held, until the thread may go on: a stop ends the wait. */
static void
keep_to_share(struct gate_autopsies *autopsies, struct share *share)
{
	int64_t pause_ns, until_ns;
	struct timespec until;

	account(share);
	pause_ns = share->debt_ns * 100 / GATE_AUTOPSY_SHARE_PERCENT;
	if (pause_ns < PAUSE_LEAST_NS)
		return;
	until_ns = share->wall_ns + pause_ns;
	until = (struct timespec){ until_ns / NS_PER_S, until_ns % NS_PER_S };
	while (!autopsies->stopping && now_ns(CLOCK_MONOTONIC) < until_ns)
		if (pthread_cond_timedwait(&autopsies->changed, &autopsies->lock, &until) != 0)
			break;
}

/* What came of one token. */
struct outcome {
	enum mm_autopsy_class class;
	bool repeated, folded;
};

static void
count_outcome(struct gate_autopsy_counts *counts, const struct outcome *outcome)
{
	counts->repeated += outcome->repeated;
	counts->examined += !outcome->repeated;
	counts->folded += outcome->folded;
	counts->proofs += outcome->class == MM_AUTOPSY_PROOF;
	counts->leads += outcome->class == MM_AUTOPSY_LEAD;
}

/* Look at the signature; tell of what a key signed, and remember it. */
static struct outcome
look_at(struct gate_autopsies *autopsies, const struct gate_view *view, const struct item *item,
    const struct gate_autopsy_showing *showing, int64_t now_s)
{
	struct mm_autopsy autopsy = mm_autopsy_examine(view->trust, showing->token, autopsies->scratch);
	struct outcome outcome = { .class = autopsy.class };

	if (autopsy.class == MM_AUTOPSY_NOISE)
		return outcome;
	outcome.folded = !gate_autopsy_memory_add(autopsies->memory, showing, autopsy.class == MM_AUTOPSY_PROOF, now_s);
	if (!outcome.folded)
		autopsies->tell(autopsies->ctx, view, &item->place, &autopsy);
	return outcome;
}

/* Without the lock. */
static struct outcome
examine(struct gate_autopsies *autopsies, const struct item *item)
{
	const struct gate_view *view = gate_views_take(autopsies->views);
	const struct gate_autopsy_showing showing = {
		.token = mm_slice(item->token, item->token_len),
		.service = mm_slice_str(item->place.service),
		.source = source_of_flow(mm_slice_str(item->place.source)),
		.epoch = mm_trust_epoch(view->trust),
	};
	int64_t now_s = now_ns(CLOCK_MONOTONIC) / NS_PER_S;
	struct outcome outcome = { .repeated = true };

	if (!gate_autopsy_memory_has(autopsies->memory, &showing, now_s))
		outcome = look_at(autopsies, view, item, &showing, now_s);
	gate_views_give_back(autopsies->views, view);
	return outcome;
}

/* Take, examine, count, keep to the share; with the lock held but while examining. */
static void
examine_next(struct gate_autopsies *autopsies, struct share *share)
{
	struct item *item = take_next(autopsies);
	struct outcome outcome;

	pthread_mutex_unlock(&autopsies->lock);
	outcome = examine(autopsies, item);
	free(item);
	pthread_mutex_lock(&autopsies->lock);
	count_outcome(&autopsies->counts, &outcome);
	keep_to_share(autopsies, share);
}

static void *
run(void *argument)
{
	struct gate_autopsies *autopsies = argument;
	struct share share = { 0, now_ns(CLOCK_MONOTONIC), now_ns(CLOCK_THREAD_CPUTIME_ID) };

	pthread_mutex_lock(&autopsies->lock);
	while (!autopsies->stopping) {
		if (autopsies->round_first != NULL) {
			examine_next(autopsies, &share);
			continue;
		}
		pthread_cond_wait(&autopsies->changed, &autopsies->lock);
	}
	pthread_mutex_unlock(&autopsies->lock);
	return NULL;
}

/* ---- beginning and end ---- */

static bool
init_lock(struct gate_autopsies *autopsies)
{
	pthread_condattr_t attributes;
	bool initialized;

	if (pthread_mutex_init(&autopsies->lock, NULL) != 0)
		return false;
	initialized = pthread_condattr_init(&attributes) == 0 &&
	    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
	    pthread_cond_init(&autopsies->changed, &attributes) == 0;
	if (!initialized)
		pthread_mutex_destroy(&autopsies->lock);
	return initialized;
}

/* Without its thread. */
static void
free_stopped(struct gate_autopsies *autopsies)
{
	if (autopsies->has_lock) {
		pthread_cond_destroy(&autopsies->changed);
		pthread_mutex_destroy(&autopsies->lock);
	}
	gate_autopsy_memory_free(&autopsies->memory);
	mm_decision_free(&autopsies->scratch);
	free(autopsies);
}

struct gate_autopsies *
gate_autopsies_new(struct gate_views *views, gate_autopsy_teller *tell, void *ctx)
{
	struct gate_autopsies *autopsies = calloc(1, sizeof(*autopsies));

	if (autopsies == NULL)
		return NULL;
	autopsies->views = views;
	autopsies->tell = tell;
	autopsies->ctx = ctx;
	autopsies->memory = gate_autopsy_memory_new();
	autopsies->scratch = mm_decision_new();
	autopsies->has_lock = init_lock(autopsies);
	if (autopsies->memory != NULL && autopsies->scratch != NULL && autopsies->has_lock &&
	    getrandom(&autopsies->seed, sizeof(autopsies->seed), 0) == (ssize_t)sizeof(autopsies->seed) &&
	    pthread_create(&autopsies->thread, NULL, run, autopsies) == 0)
		return autopsies;
	free_stopped(autopsies);
	return NULL;
}

void
gate_autopsies_stop(struct gate_autopsies *autopsies)
{
	pthread_mutex_lock(&autopsies->lock);
	autopsies->stopping = true;
	pthread_cond_signal(&autopsies->changed);
	pthread_mutex_unlock(&autopsies->lock);
	pthread_join(autopsies->thread, NULL);
	while (autopsies->round_first != NULL)
		drop_flow(autopsies, autopsies->round_first);
}

void
gate_autopsies_free(struct gate_autopsies **autopsies)
{
	struct gate_autopsies *old = *autopsies;

	*autopsies = NULL;
	if (old == NULL)
		return;
	if (!old->stopping)
		gate_autopsies_stop(old);
	free_stopped(old);
}
