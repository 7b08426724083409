/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seven years of a realm's keys on a virtual clock.
 *
 *	faults-key-life [YEARS [SEED]]
 *
 * A ledger keeps the record and is killed at random: before an order, between the signer's answer and the record,
 * between the record and telling it, or anywhere. Its clock is wrong by up to a month for up to two hours; its signer
 * is away for days; operators hold, rotate, taint and restore. A gate takes each document some seconds late; other
 * verifiers keep the published one for nearly publish_before, and ask for it never earlier. Every genuine token is
 * looked at by all of them through its life, and a thief who has every private key that ever signed tries each at each
 * of them all the time.
 *
 * It prints what happened. The exit status is 0 where no genuine token was refused and no over-age key accepted.
 */
#include "engine/key_clock.h"
#include "engine/key_life.h"

#include "lib/base/array.h"
#include "lib/codec/json.h"
#include "lib/jose/jwks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE 60
#define HOUR 3600
#define DAY (24 * HOUR)
#define YEAR (365 * DAY)
#define START 1800000000
#define TICK (10 * MINUTE)

#define KEYS_MAX 2048
#define DOCUMENTS_MAX 16
#define DOCUMENT_KEYS_MAX 600
#define TOKENS_MAX 64
#define CACHES 4
#define YOUNGEST 12

static const struct mm_life_rule rule = { HOUR, 7 * DAY, 2 * DAY, DAY };

/* ---- the world ---- */

struct shown_key {
	uint8_t number;
	uint8_t number_high;
	bool is_public, accepts;
	int64_t nbf_s, exp_s, verify_until_s;
};

/* A document as verifiers read it. */
struct document {
	int64_t told_s, at_gate_s;
	size_t count;
	struct shown_key keys[DOCUMENT_KEYS_MAX];
};

struct token {
	size_t key; /* its number */
	int64_t iat_s;
};

static struct {
	uint64_t random;
	int64_t now_s; /* the true time */
	int64_t clock_error_s, clock_until_s;
	int64_t signer_away_until_s, ledger_down_until_s;

	/* What survives: the record, and the signer's keys. */
	struct mm_buf record;
	bool signer_has[KEYS_MAX], signer_open[KEYS_MAX];
	size_t made;
	int64_t first_signed_s[KEYS_MAX]; /* by the true time; 0: never */

	/* The ledger's own memory. */
	bool up;
	struct mm_key_life life;
	struct mm_key_clock clock;
	int64_t document_s;

	struct document documents[DOCUMENTS_MAX];
	size_t told;
	struct {
		struct document document;
		int64_t until_s;
	} caches[CACHES];
	struct token tokens[TOKENS_MAX];
	size_t token_count;
} world;

static struct {
	uint64_t promotions, kills, killed_in_step, orphans, jumps, absences, holds, asked, taints, restored;
	uint64_t issued, looks, refused, with_wrong_clock, forgeries, over_age, without_key_s;
} counted;

static uint64_t
random_below(uint64_t end)
{
	world.random ^= world.random << 13;
	world.random ^= world.random >> 7;
	world.random ^= world.random << 17;
	return world.random % end;
}

/* Whether something happens in this tick that happens so often a year. */
static bool
happens(unsigned a_year)
{
	return random_below(YEAR / TICK) < a_year;
}

static void
must(bool so, const char *what)
{
	if (so)
		return;
	fprintf(stderr, "key-life: %s, at day %" PRId64 "\n", what, (world.now_s - START) / DAY);
	exit(2);
}

/* ---- documents ---- */

static struct mm_json_value
integer_member(const struct mm_json_index *key, const char *name, int64_t *number)
{
	struct mm_json_value value = mm_json_find(key, name);

	if (!mm_json_integer(value, number))
		*number = 0;
	return value;
}

static void
read_key(const struct mm_json_index *key, struct shown_key *shown)
{
	static const char *const public_states[] = { "prepared", "active", "retiring", "tainted" };
	struct mm_json_value state = mm_json_find(key, "state");
	int64_t number;

	(void)integer_member(key, "y", &number);
	*shown = (struct shown_key){ .number = (uint8_t)number, .number_high = (uint8_t)(number >> 8) };
	(void)integer_member(key, "nbf", &shown->nbf_s);
	(void)integer_member(key, "exp", &shown->exp_s);
	(void)integer_member(key, "verify_until", &shown->verify_until_s);
	for (size_t i = 0; i < MM_COUNT_OF(public_states); i++)
		shown->is_public = shown->is_public || mm_json_string_is(state, public_states[i]);
	shown->accepts = shown->is_public && shown->verify_until_s != 0;
}

static void
read_document(struct mm_slice text, struct document *document)
{
	static struct mm_json_names names;
	struct mm_json_value element;
	struct mm_jwks set;
	size_t position = 0;

	must(mm_jwks_scan(text, &names, &set, NULL) == MM_OK, "the document is no JWK set");
	document->count = 0;
	while (mm_json_next(set.keys, &position, &element)) {
		struct mm_json_member members[32];
		struct mm_json_index index = { members, 0, 32 };

		must(document->count < DOCUMENT_KEYS_MAX && mm_json_view_object(element, &index), "too many keys");
		read_key(&index, &document->keys[document->count++]);
	}
}

static void
tell_document(int64_t ledger_s)
{
	struct document *document = &world.documents[world.told % DOCUMENTS_MAX];
	struct mm_buf buf;

	mm_buf_init(&buf, MM_DOCUMENT_LEN_MAX);
	must(mm_life_document(&world.life, "https://a.example", "EdDSA", ledger_s, &buf), "the document is too long");
	read_document(mm_slice(buf.data, buf.len), document);
	mm_buf_clear(&buf);
	document->told_s = world.now_s;
	document->at_gate_s = world.now_s + 1 + (int64_t)random_below(MM_LIFE_LEAD_MAX_S - 1);
	world.told++;
	world.document_s = ledger_s;
}

/* The newest document that somebody has at a moment. */
static const struct document *
document_at(int64_t moment_s, bool gate)
{
	for (size_t back = 1; back <= world.told && back <= DOCUMENTS_MAX; back++) {
		const struct document *document = &world.documents[(world.told - back) % DOCUMENTS_MAX];

		if ((gate ? document->at_gate_s : document->told_s) <= moment_s)
			return document;
	}
	return NULL;
}

/* ---- verifiers ---- */

static const struct shown_key *
find_shown(const struct document *document, size_t number)
{
	for (size_t i = 0; document != NULL && i < document->count; i++)
		if ((document->keys[i].number | (size_t)document->keys[i].number_high << 8) == number)
			return &document->keys[i];
	return NULL;
}

static bool
in_window(const struct shown_key *key, int64_t iat_s)
{
	return iat_s >= key->nbf_s - MM_CLOCK_SKEW_S && iat_s <= key->exp_s + MM_CLOCK_SKEW_S;
}

static bool
gate_takes(size_t number, int64_t iat_s, int64_t moment_s)
{
	const struct shown_key *key = find_shown(document_at(moment_s, true), number);

	return key != NULL && key->accepts && in_window(key, iat_s) && moment_s <= key->verify_until_s;
}

/* One that keeps what was published for as long as it may, and takes what its copy says. */
static bool
cache_takes(size_t cache, size_t number, int64_t iat_s, int64_t moment_s)
{
	const struct shown_key *key;

	if (moment_s >= world.caches[cache].until_s) {
		const struct document *document = document_at(moment_s, false);

		if (document == NULL)
			return false;
		world.caches[cache].document = *document;
		world.caches[cache].until_s = moment_s + rule.publish_before_s - 1 - (int64_t)random_below(HOUR);
	}
	key = find_shown(&world.caches[cache].document, number);
	return key != NULL && key->is_public && in_window(key, iat_s);
}

static void
look_at(const struct token *token, int64_t moment_s)
{
	bool taken = gate_takes(token->key, token->iat_s, moment_s);

	for (size_t i = 0; i < CACHES; i++)
		taken = cache_takes(i, token->key, token->iat_s, moment_s) && taken;
	counted.looks += CACHES + 1;
	if (!taken && counted.refused++ < 5)
		fprintf(stderr,
		    "key-life: a genuine token of key %zu is refused at day %" PRId64 ", %" PRId64 " s old\n",
		    token->key, (moment_s - START) / DAY, moment_s - token->iat_s);
}

/* The thief tries every key that ever signed now and then, and the youngest ones all the time. */
static void
try_forgeries(void)
{
	size_t first = random_below(24) == 0 || world.made < YOUNGEST ? 1 : world.made - YOUNGEST + 1;

	for (size_t key = first; key <= world.made; key++) {
		bool taken;

		if (world.first_signed_s[key] == 0)
			continue;
		taken = gate_takes(key, world.now_s, world.now_s);
		for (size_t i = 0; i < CACHES; i++)
			taken = cache_takes(i, key, world.now_s, world.now_s) || taken;
		counted.forgeries += CACHES + 1;
		if (taken && world.now_s - world.first_signed_s[key] > MM_LIFE_AGE_MAX_S + 2 * MM_CLOCK_SKEW_S)
			counted.over_age++;
	}
}

/* ---- the ledger ---- */

static int64_t
wall(void)
{
	return world.now_s + world.clock_error_s;
}

static void
kill_ledger(void)
{
	counted.kills++;
	mm_life_clear(&world.life);
	world.up = false;
	world.ledger_down_until_s = world.now_s + (int64_t)random_below(random_below(10) == 0 ? 3 * DAY : HOUR);
}

/* Whether it is killed here, in the middle of something. */
static bool
killed_here(void)
{
	if (!world.up || random_below(4) != 0)
		return !world.up;
	counted.killed_in_step++;
	kill_ledger();
	return true;
}

static void
append(const struct mm_life_event *event)
{
	size_t start = world.record.len;

	mm_buf_add_u32(&world.record, 0);
	must(mm_life_event_write(event, &world.record), "the record is full");
	*(uint32_t *)(void *)(world.record.data + start) = (uint32_t)(world.record.len - start - 4);
	while (world.record.len % 4 != 0)
		mm_buf_add_u8(&world.record, 0);
}

static void
start_ledger(void)
{
	size_t at = 0;

	mm_life_init(&world.life, &rule);
	while (at < world.record.len) {
		uint32_t len = *(const uint32_t *)(const void *)(world.record.data + at);
		struct mm_life_event event;

		must(mm_life_event_read(mm_slice(world.record.data + at + 4, len), &event),
		    "the record cannot be read");
		must(mm_life_apply(&world.life, &event) == NULL, "the record cannot have happened");
		at += 4 + (len + 3) / 4 * 4;
	}
	mm_key_clock_init(&world.clock, wall(), world.now_s);
	world.life.started_s = wall();
	world.up = true;
	tell_document(wall());
}

/* Record, let it have happened, tell it. */
static void
commit(const struct mm_life_event *event)
{
	if (killed_here())
		return;
	append(event);
	if (killed_here())
		return;
	must(mm_life_apply(&world.life, event) == NULL, "a checked event cannot happen");
	tell_document(event->time_s);
}

static size_t
number_of(const struct mm_life_key *key)
{
	return key->thumbprint[0] | (size_t)key->thumbprint[1] << 8;
}

static void
make(struct mm_life_event *event)
{
	char jwk[80];

	world.made++;
	must(world.made < KEYS_MAX, "too many keys");
	world.signer_has[world.made] = true;
	event->thumbprint[0] = (uint8_t)world.made;
	event->thumbprint[1] = (uint8_t)(world.made >> 8);
	snprintf(jwk, sizeof(jwk), "{\"kty\":\"OKP\",\"y\":%zu}", world.made);
	event->jwk = mm_slice_str(jwk);
	commit(event);
	if (!world.up)
		counted.orphans++; /* perhaps: it may have been recorded */
}

static void
do_step(const struct mm_life_step *step, int64_t ledger_s)
{
	struct mm_life_event event = mm_life_step_event(&world.life, step, ledger_s);
	size_t number = step->kind == MM_LIFE_MAKE ? 0 : number_of(&world.life.keys[step->key]);

	if (killed_here())
		return;
	if (step->kind == MM_LIFE_MAKE) {
		make(&event);
		return;
	}
	must(step->kind != MM_LIFE_PROMOTE || world.signer_has[number], "a key that is wanted was destroyed");
	if (step->kind == MM_LIFE_PUBLISH)
		tell_document(ledger_s);
	if (step->kind == MM_LIFE_PROMOTE)
		world.signer_open[number] = true;
	if (step->kind == MM_LIFE_FORGET)
		world.signer_has[number] = world.signer_open[number] = false;
	counted.promotions += step->kind == MM_LIFE_PROMOTE;
	commit(&event);
}

/* Everything that is due, unless the signer is away. */
static void
rotate(void)
{
	static const enum mm_life_step_kind kinds[] = { MM_LIFE_PROMOTE, MM_LIFE_PUBLISH, MM_LIFE_FORGET,
		MM_LIFE_RETIRE, MM_LIFE_MAKE };
	int64_t ledger_s = mm_key_clock_read(&world.clock, wall(), world.now_s);

	for (size_t i = 0; world.up && i < MM_COUNT_OF(kinds); i++) {
		struct mm_life_step step = mm_life_next_of(&world.life, kinds[i], ledger_s);

		if (step.kind == MM_LIFE_NOTHING || step.at_s > ledger_s ||
		    (world.signer_away_until_s > world.now_s && step.kind != MM_LIFE_RETIRE &&
		        step.kind != MM_LIFE_PUBLISH))
			continue;
		do_step(&step, ledger_s);
		i = (size_t)-1; /* look at all of them again */
	}
	if (world.up && mm_life_document_is_old(&world.life, world.document_s, ledger_s))
		tell_document(ledger_s);
}

static void
issue(void)
{
	const struct mm_life_key *key;
	struct token token;

	if (!world.up || world.signer_away_until_s > world.now_s)
		return;
	key = mm_life_signing_key(&world.life, wall());
	if (key == NULL || key->forgotten_s != 0) {
		counted.without_key_s += TICK;
		return;
	}
	token = (struct token){ number_of(key), wall() };
	if (!world.signer_open[token.key]) { /* it was lost: the ledger has it replaced */
		counted.without_key_s += TICK;
		return;
	}
	if (world.clock_error_s > MM_CLOCK_SKEW_S / 2 || world.clock_error_s < -MM_CLOCK_SKEW_S / 2) {
		counted.with_wrong_clock++;
		return;
	}
	counted.issued++;
	if (world.first_signed_s[token.key] == 0)
		world.first_signed_s[token.key] = world.now_s;
	look_at(&token, world.now_s + 1);
	must(world.token_count < TOKENS_MAX, "too many tokens");
	world.tokens[world.token_count++] = token;
}

/* ---- people and accidents ---- */

static bool
wish(enum mm_life_wish what, size_t key, const char *by)
{
	struct mm_life_question question = { .wish = what, .key = key, .by = mm_slice_str(by) };
	int64_t ledger_s = mm_key_clock_read(&world.clock, wall(), world.now_s);
	struct mm_life_event event;
	const char *why, *mend;

	if (!world.up || !mm_life_ask(&world.life, &question, ledger_s, &event, &why, &mend))
		return false;
	commit(&event);
	return true;
}

static void
restore_somebody(void)
{
	for (size_t i = 0; world.up && i < world.life.count; i++)
		if (world.life.keys[i].tainted_s != 0 && wish(MM_LIFE_RESTORE, i, "ann")) {
			counted.restored += wish(MM_LIFE_RESTORE, i, "bob");
			return;
		}
}

static void
let_people_act(void)
{
	if (happens(10))
		counted.holds += wish(MM_LIFE_HOLD, 0, NULL);
	if (happens(10))
		counted.asked += wish(MM_LIFE_ROTATE, 0, NULL);
	if (happens(2) && world.up && world.life.count > 0)
		counted.taints += wish(MM_LIFE_TAINT,
		    world.life.count - 1 - (size_t)random_below(3) % world.life.count, NULL);
	if (happens(4))
		restore_somebody();
}

static void
let_accidents_happen(void)
{
	if (world.clock_error_s != 0 && world.now_s >= world.clock_until_s)
		world.clock_error_s = 0;
	if (happens(12) && world.clock_error_s == 0) {
		counted.jumps++;
		world.clock_error_s = (int64_t)random_below(60 * DAY) - 30 * DAY;
		world.clock_until_s = world.now_s + (int64_t)random_below(2 * HOUR);
	}
	if (happens(6) && world.now_s >= world.signer_away_until_s) {
		counted.absences++;
		world.signer_away_until_s = world.now_s + (int64_t)random_below(5 * DAY);
	}
	if (world.up && happens(100))
		kill_ledger();
}

static void
tick(void)
{
	let_accidents_happen();
	if (!world.up && world.now_s >= world.ledger_down_until_s)
		start_ledger();
	for (size_t i = 0; i < world.token_count;) {
		look_at(&world.tokens[i], world.now_s);
		if (world.now_s + TICK >= world.tokens[i].iat_s + rule.max_lifetime_s)
			world.tokens[i] = world.tokens[--world.token_count];
		else
			i++;
	}
	if (world.up)
		rotate();
	let_people_act();
	issue();
	try_forgeries();
	/* And somewhere within the tick, where a promotion that was told comes true. */
	world.now_s += 1 + (int64_t)random_below(2 * MM_LIFE_LEAD_MAX_S);
	issue();
}

int
main(int argc, char **argv)
{
	const char *sanitized = getenv("MINTMARK_SANITIZED");
	/* Sanitizers make it slow, and find what they find in a year. */
	int64_t years = argc > 1 ? strtol(argv[1], NULL, 10) : sanitized != NULL && sanitized[0] == '1' ? 1 : 7;

	world.random = argc > 2 ? strtoull(argv[2], NULL, 10) : 88172645463325252;
	if (years < 1 || years > 100 || world.random == 0) {
		fprintf(stderr, "usage: faults-key-life [YEARS [SEED]]\n");
		return 2;
	}
	mm_buf_init(&world.record, 64 * 1024 * 1024);
	for (int64_t at_s = START; at_s < START + years * YEAR; at_s += TICK) {
		world.now_s = at_s;
		tick();
	}
	printf("%" PRId64 " years: %" PRIu64 " promotions, %" PRIu64 " kills of the ledger (%" PRIu64
	       " of them in the middle of a step), %" PRIu64 " clock jumps, %" PRIu64
	       " absences of the signer, %" PRIu64 " holds, %" PRIu64 " rotations by hand, %" PRIu64
	       " taints, %" PRIu64 " restorations\n",
	    years, counted.promotions, counted.kills, counted.killed_in_step, counted.jumps, counted.absences,
	    counted.holds, counted.asked, counted.taints, counted.restored);
	printf("%" PRIu64 " genuine tokens looked at %" PRIu64 " times, %" PRIu64 " forgeries; %" PRIu64
	       " tokens of a wrong clock not counted; about %" PRIu64 " hours without a key\n",
	    counted.issued, counted.looks, counted.forgeries, counted.with_wrong_clock,
	    counted.without_key_s / HOUR / 2);
	printf("genuine refused %" PRIu64 ", over-age accepted %" PRIu64 "\n", counted.refused, counted.over_age);
	mm_life_clear(&world.life);
	mm_buf_clear(&world.record);
	return counted.refused == 0 && counted.over_age == 0 && counted.issued > 0 ? 0 : 1;
}
