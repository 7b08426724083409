/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-autopsy [--json FILE] [--rounds N]: is a real forgery found in a flood of garbage, and what does the flood cost
 * those who sign in?
 *
 * One thread decides about a genuine token again and again and times it; in every second turn another one offers 50,000
 * refused tokens a second for an autopsy, as the gate does after a refusal. They name the consumer realm's key and
 * claim the enterprise realm's issuer, each signed by nobody. Among them are 10 that the consumer realm's key did sign:
 * what happened in 2023.
 */
#include "test/bench/crowd.h"
#include "test/bench/report.h"
#include "test/bench/timing.h"

#include "daemon/gate/autopsy.h"
#include "lib/token/autopsy.h"
#include "test/maker/key.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONSUMER_KID "consumer-2016"
#define CONSUMER_ISSUER "https://login.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"

#define FLOOD_PER_S 50000
#define FLOOD_PER_MS (FLOOD_PER_S / 1000)
#define GARBAGE_TOKENS 256 /* signed by another key; a number in the signature makes each offer another token */
#define FORGERIES 10
#define FORGERY_EVERY_MS 100

#define QUIET_MS 1000
#define FLOOD_BEFORE_MS 1000    /* without a forgery: the queue is full when the first comes */
#define FLOOD_SHORTEST_MS 3000
#define PROVEN_WITHIN_S 5
#define FLOOD_LONGEST_MS (FLOOD_BEFORE_MS + FORGERIES * FORGERY_EVERY_MS + (PROVEN_WITHIN_S + 1) * 1000)
#define P99_MOST 2

#define SAMPLES_MAX 1000000

static double
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void
sleep_until_ms(double due_ms)
{
	const time_t due_s = (time_t)(due_ms / 1e3);
	const struct timespec due = { due_s, (long)((due_ms - (double)due_s * 1e3) * 1e6) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

/* ---- the world: two realms on one document ---- */

struct world {
	struct bench_subject enterprise, consumer;
	struct maker_text snapshot;
	struct mm_trust *trust;
	const struct mm_service *service;
	struct maker_text garbage[GARBAGE_TOKENS], forgeries[FORGERIES];
};

static void
add_key(struct maker_text *document, const struct bench_subject *subject, const char *issuer)
{
	struct maker_object jwk = { .count = 0 };

	maker_key_publish(subject->key, &jwk);
	maker_object_set_string(&jwk, "kid", subject->kid);
	maker_object_set_string(&jwk, "alg", subject->algorithm);
	maker_object_set_string(&jwk, "issuer", issuer);
	maker_object_write(&jwk, document);
	maker_object_clear(&jwk);
}

static void
add_settings(struct mm_trust_builder *builder)
{
	static const char *const realms[] = { "enterprise", NULL }, *const domains[] = { "contoso.example", NULL };
	static const char *const types[] = { "JWT", NULL };

	if (!mm_trust_builder_add_realm(builder, &(struct mm_realm_settings){ .name = "enterprise",
	    .issuer = "https://login.example/{tenant}/v2.0", .keys = "common", .require_key_issuer = true,
	    .token_types = types }) ||
	    !mm_trust_builder_add_realm(builder, &(struct mm_realm_settings){ .name = "consumer",
	    .issuer = CONSUMER_ISSUER, .keys = "common", .require_key_issuer = true, .token_types = types }) ||
	    !mm_trust_builder_add_tenant(builder, &(struct mm_tenant_settings){ .name = "contoso",
	    .realm = "enterprise", .id = BENCH_TENANT, .domains = domains }) ||
	    !mm_trust_builder_add_service(builder, &(struct mm_service_settings){ .name = "imap",
	    .audience = BENCH_AUDIENCE, .realms = realms, .mailbox_claim = "preferred_username" }))
		maker_fail("memory is short");
}

static struct mm_trust *
load_trust(const struct world *world)
{
	struct mm_trust *trust = mm_trust_load(world->snapshot.bytes, world->snapshot.len, NULL);

	if (trust == NULL)
		maker_fail("the trust cannot be loaded");
	return trust;
}

static void
make_trust(struct world *world)
{
	struct mm_trust_builder *builder = mm_trust_builder_new();
	struct maker_text document = { NULL, 0, 0 };
	void *snapshot = NULL;
	size_t len = 0;

	maker_text_add_str(&document, "{\"keys\":[");
	add_key(&document, &world->enterprise, "https://login.example/{tenant}/v2.0");
	maker_text_add_str(&document, ",");
	add_key(&document, &world->consumer, CONSUMER_ISSUER);
	maker_text_add_str(&document, "]}");
	if (builder == NULL || !mm_trust_builder_add_document(builder, "common",
	    mm_slice(document.bytes, document.len), MM_DOCUMENT_FILE))
		maker_fail("memory is short");
	add_settings(builder);
	if (!mm_trust_builder_compile(builder, 1, NULL, NULL, &snapshot, &len))
		maker_fail("the trust cannot be compiled");
	maker_text_add(&world->snapshot, snapshot, len);
	world->trust = load_trust(world);
	world->service = mm_trust_find_service(world->trust, mm_slice_str("imap"));
	free(snapshot);
	mm_trust_builder_free(&builder);
	maker_text_clear(&document);
}

static void
make_world(struct world *world)
{
	struct bench_subject nobody;

	bench_subject_make(&world->enterprise, "RS256");
	bench_subject_make(&world->consumer, "RS256");
	bench_subject_make(&nobody, "RS256");
	snprintf(world->consumer.kid, sizeof(world->consumer.kid), "%s", CONSUMER_KID);
	snprintf(nobody.kid, sizeof(nobody.kid), "%s", CONSUMER_KID);
	make_trust(world);
	for (unsigned i = 0; i < GARBAGE_TOKENS; i++)
		bench_subject_sign(&nobody, i, &world->garbage[i]);
	for (unsigned i = 0; i < FORGERIES; i++)
		bench_subject_sign(&world->consumer, i, &world->forgeries[i]);
	bench_subject_free(&nobody);
}

static void
free_world(struct world *world)
{
	for (size_t i = 0; i < GARBAGE_TOKENS; i++)
		maker_text_clear(&world->garbage[i]);
	for (size_t i = 0; i < FORGERIES; i++)
		maker_text_clear(&world->forgeries[i]);
	mm_trust_free(&world->trust);
	maker_text_clear(&world->snapshot);
	bench_subject_free(&world->enterprise);
	bench_subject_free(&world->consumer);
}

/* ---- the queue, and what it finds ---- */

/* The place that a forgery is offered from carries its number. */
#define FORGERY_PLACE "forgery-"

struct autopsies {
	struct gate_views views;
	struct gate_autopsies *queue;
	_Atomic unsigned proven;
	_Atomic double proven_ms[FORGERIES]; /* 0: not yet */
};

/* Called by the queue's thread. */
static void
note_proof(void *ctx, const struct gate_view *view, const struct gate_autopsy_place *place,
    const struct mm_autopsy *autopsy)
{
	struct autopsies *autopsies = ctx;
	size_t number = strtoul(place->service + sizeof(FORGERY_PLACE) - 1, NULL, 10);

	(void)view;
	if (autopsy->class != MM_AUTOPSY_PROOF || number >= FORGERIES ||
	    strncmp(place->service, FORGERY_PLACE, sizeof(FORGERY_PLACE) - 1) != 0)
		maker_fail("garbage was found to be signed by a key");
	if (autopsies->proven_ms[number] != 0)
		return;
	autopsies->proven_ms[number] = now_ms();
	autopsies->proven++;
}

/* A view and a thread as the gate has them; the trust becomes the view's. */
static void
autopsies_begin(struct autopsies *autopsies, struct mm_trust *trust)
{
	struct gate_view *view = gate_view_new();

	if (view == NULL)
		maker_fail("memory is short");
	view->trust = trust;
	*autopsies = (struct autopsies){ .proven = 0 };
	if (!gate_views_init(&autopsies->views, view) ||
	    (autopsies->queue = gate_autopsies_new(&autopsies->views, note_proof, autopsies)) == NULL)
		maker_fail("the autopsies cannot begin");
}

static void
autopsies_end(struct autopsies *autopsies)
{
	gate_autopsies_free(&autopsies->queue);
	gate_views_clear(&autopsies->views);
}

/* ---- processors ---- */

/*
 * The flood comes from one processor, who signs in decides on the other: what a load does to its neighbour is not to be
 * measured. The queue's thread runs where the kernel likes, as in the gate.
 */
static void
stay_on(bool first)
{
	cpu_set_t allowed, one;
	int chosen = -1;

	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
		for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
			if (CPU_ISSET(cpu, &allowed) && (chosen == -1 || !first))
				chosen = cpu;
	if (chosen != -1)
		CPU_SET((size_t)chosen, &one);
	if (chosen == -1 || pthread_setaffinity_np(pthread_self(), sizeof(one), &one) != 0)
		fprintf(stderr, "bench: not pinned to one processor: expect more noise\n");
}

/* ---- the flood ---- */

struct flood {
	const struct world *world;
	struct autopsies *autopsies;
	struct mm_decision *decision;
	size_t sources;  /* 1: the forgeries come from there too */
	char *token;     /* the one that is offered */
	size_t offered;
	size_t forgeries; /* offered so far */
	double forged_ms[FORGERIES];
	double spent_ms;
	_Atomic bool over;
};

/* As the gate does with every token: it decides, and a refused one may be worth an autopsy. */
static void
offer(struct flood *flood, struct mm_slice token, const char *service, const char *source)
{
	const struct mm_request request = {
		.service = flood->world->service, .token = token, .now_s = (int64_t)time(NULL)
	};
	const struct mm_key *key;

	if (mm_allowed(mm_decide(flood->world->trust, &request, flood->decision)))
		maker_fail("a forgery was allowed");
	if (!mm_autopsy_wanted(flood->decision, &key))
		maker_fail("nobody wants to look at a forgery");
	gate_autopsies_offer(flood->autopsies->queue, token, key, mm_slice_str(service), mm_slice_str(source));
}

/* A number in the signature, whose ends stay as they are, makes a token of its own. */
static void
offer_garbage(struct flood *flood)
{
	const struct maker_text *token = &flood->world->garbage[flood->offered % GARBAGE_TOKENS];
	size_t rest = flood->offered / GARBAGE_TOKENS, from = flood->offered++ % flood->sources;
	char source[32];

	memcpy(flood->token, token->bytes, token->len);
	for (char *letter = flood->token + token->len - 20; rest > 0; rest /= 64)
		*letter++ = maker_base64url_alphabet[rest % 64];
	snprintf(source, sizeof(source), "10.%zu.%zu.7", from >> 8, from & 0xff);
	offer(flood, mm_slice(flood->token, token->len), "imap", source);
}

static void
offer_forgery(struct flood *flood)
{
	const struct maker_text *token = &flood->world->forgeries[flood->forgeries];
	char service[32], source[32];

	snprintf(service, sizeof(service), FORGERY_PLACE "%zu", flood->forgeries);
	snprintf(source, sizeof(source), flood->sources == 1 ? "10.0.0.7" : "192.0.2.%zu", flood->forgeries + 1);
	flood->forged_ms[flood->forgeries++] = now_ms();
	offer(flood, mm_slice(token->bytes, token->len), service, source);
}

static void *
pour(void *ctx)
{
	struct flood *flood = ctx;
	double begin_ms = now_ms(), due_ms = begin_ms, forgery_ms = begin_ms + FLOOD_BEFORE_MS;

	stay_on(true);
	while (!flood->over) {
		for (unsigned i = 0; i < FLOOD_PER_MS; i++)
			offer_garbage(flood);
		if (flood->forgeries < FORGERIES && due_ms >= forgery_ms + (double)flood->forgeries * FORGERY_EVERY_MS)
			offer_forgery(flood);
		sleep_until_ms(due_ms += 1);
	}
	flood->spent_ms = now_ms() - begin_ms;
	return NULL;
}

/* ---- who signs in ---- */

static double
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

struct sign_ins {
	const struct world *world;
	struct mm_decision *decision;
	double *ns;
	size_t count;
	bool (*is_over)(void *ctx, double spent_ms);
	void *ctx;
};

static void *
sign_in(void *ctx)
{
	struct sign_ins *sign_ins = ctx;
	const struct maker_text *token = &sign_ins->world->enterprise.token;
	const struct mm_request request = { .service = sign_ins->world->service,
		.token = mm_slice(token->bytes, token->len), .now_s = (int64_t)time(NULL) };
	double begin_ms = now_ms();

	stay_on(false);
	sign_ins->count = 0;
	do {
		double begin_ns = now_ns();

		if (!mm_allowed(mm_decide(sign_ins->world->trust, &request, sign_ins->decision)))
			maker_fail("a genuine token was denied");
		sign_ins->ns[sign_ins->count++] = now_ns() - begin_ns;
	} while (sign_ins->count < SAMPLES_MAX && !sign_ins->is_over(sign_ins->ctx, now_ms() - begin_ms));
	return NULL;
}

/* Decide about a genuine token until a turn is over, in a thread of its own; the 99th percentile in microseconds. */
static double
time_sign_ins(struct sign_ins *sign_ins, bool (*is_over)(void *ctx, double spent_ms), void *ctx)
{
	pthread_t thread;

	sign_ins->is_over = is_over;
	sign_ins->ctx = ctx;
	if (pthread_create(&thread, NULL, sign_in, sign_ins) != 0)
		maker_fail("there is no thread to be had");
	pthread_join(thread, NULL);
	return bench_percentile(sign_ins->ns, sign_ins->count, 0.99) / 1e3;
}

/* ---- turns ---- */

struct bench {
	struct bench_report report;
	struct world world;
	struct mm_decision *feeder;
	char *token;
	struct sign_ins sign_ins;
};

static bool
is_quiet_over(void *ctx, double spent_ms)
{
	(void)ctx;
	return spent_ms >= QUIET_MS;
}

static bool
is_flood_over(void *ctx, double spent_ms)
{
	const struct flood *flood = ctx;

	return spent_ms >= FLOOD_LONGEST_MS ||
	    (spent_ms >= FLOOD_SHORTEST_MS && flood->autopsies->proven == FORGERIES);
}

/* What a kind of flood came to, a value a round. */
struct outcome {
	double quiet_us[BENCH_ROUNDS_MAX], flood_us[BENCH_ROUNDS_MAX], ratio[BENCH_ROUNDS_MAX];
	double offered_per_s[BENCH_ROUNDS_MAX], examined_per_s[BENCH_ROUNDS_MAX];
	unsigned proven_least; /* of FORGERIES, in the worst round */
	double slowest_s;      /* from a forgery to its proof, of those that were proven */
};

static void
note_proofs(const struct flood *flood, struct outcome *outcome)
{
	if (flood->autopsies->proven < outcome->proven_least)
		outcome->proven_least = flood->autopsies->proven;
	for (unsigned i = 0; i < FORGERIES; i++) {
		double proven_ms = flood->autopsies->proven_ms[i];

		if (proven_ms > 0 && (proven_ms - flood->forged_ms[i]) / 1e3 > outcome->slowest_s)
			outcome->slowest_s = (proven_ms - flood->forged_ms[i]) / 1e3;
	}
}

static void
take_flood(struct bench *bench, struct outcome *outcome, unsigned round, size_t sources)
{
	static struct autopsies autopsies;
	struct flood flood = { .world = &bench->world, .autopsies = &autopsies, .sources = sources,
		.decision = bench->feeder, .token = bench->token };
	struct gate_autopsy_counts counts;
	pthread_t feeder;

	autopsies_begin(&autopsies, load_trust(&bench->world));
	if (pthread_create(&feeder, NULL, pour, &flood) != 0)
		maker_fail("there is no thread to be had");
	outcome->flood_us[round] = time_sign_ins(&bench->sign_ins, is_flood_over, &flood);
	flood.over = true;
	pthread_join(feeder, NULL);
	gate_autopsies_get_counts(autopsies.queue, &counts);
	outcome->offered_per_s[round] = (double)flood.offered / flood.spent_ms * 1e3;
	outcome->examined_per_s[round] = (double)counts.examined / flood.spent_ms * 1e3;
	note_proofs(&flood, outcome);
	autopsies_end(&autopsies);
}

static void
report_outcome(struct bench_report *report, struct outcome *outcome, bool bound)
{
	unsigned rounds = report->rounds;
	const struct bench_figure figures[] = {
		{ "forgeries proven, of 10, in the worst round", outcome->proven_least, "",
		    bound ? BENCH_AT_LEAST : BENCH_REPORTED, FORGERIES },
		{ "the slowest proof", outcome->slowest_s, "s",
		    bound ? BENCH_AT_MOST : BENCH_REPORTED, PROVEN_WITHIN_S },
		{ "genuine decisions' p99 beside the quiet", bench_median(outcome->ratio, rounds), "times",
		    bound ? BENCH_AT_MOST : BENCH_REPORTED, P99_MOST },
		{ "quiet: p99", bench_median(outcome->quiet_us, rounds), "µs", BENCH_REPORTED, 0 },
		{ "in the flood: p99", bench_median(outcome->flood_us, rounds), "µs", BENCH_REPORTED, 0 },
		{ "garbage offered", bench_median(outcome->offered_per_s, rounds), "/s", BENCH_REPORTED, 0 },
		{ "examined", bench_median(outcome->examined_per_s, rounds), "/s", BENCH_REPORTED, 0 },
	};

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		bench_report_add(report, &figures[i]);
}

static void
measure(struct bench *bench, const char *group, size_t sources, bool bound)
{
	static struct outcome outcome;

	outcome = (struct outcome){ .proven_least = FORGERIES };
	for (unsigned round = 0; round < bench->report.rounds; round++) {
		outcome.quiet_us[round] = time_sign_ins(&bench->sign_ins, is_quiet_over, NULL);
		take_flood(bench, &outcome, round, sources);
		outcome.ratio[round] = outcome.flood_us[round] / outcome.quiet_us[round];
	}
	bench_report_group(&bench->report, group);
	report_outcome(&bench->report, &outcome, bound);
}

int
main(int argc, char **argv)
{
	static struct bench bench;

	bench_report_begin(&bench.report, &argc, &argv, 5, "");
	make_world(&bench.world);
	bench.feeder = mm_decision_new();
	bench.token = calloc(1, bench.world.garbage[0].len + 1);
	bench.sign_ins = (struct sign_ins){ .world = &bench.world, .decision = mm_decision_new(),
		.ns = calloc(SAMPLES_MAX, sizeof(*bench.sign_ins.ns)) };
	if (bench.feeder == NULL || bench.token == NULL || bench.sign_ins.decision == NULL || bench.sign_ins.ns == NULL)
		maker_fail("memory is short");
	measure(&bench, "a flood from 500 sources, forgeries from 10 others", 500, true);
	measure(&bench, "a flood from 20,000 sources, forgeries from 10 others", 20000, true);
	measure(&bench, "a flood and forgeries from one source", 1, false);
	mm_decision_free(&bench.sign_ins.decision);
	mm_decision_free(&bench.feeder);
	free(bench.token);
	free(bench.sign_ins.ns);
	free_world(&bench.world);
	return bench_report_end(&bench.report);
}
