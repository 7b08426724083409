/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-proof [--json FILE] [--rounds N] [TOKENS]
 *
 * What proof of issuance costs a gate: the mark of one token, and the index of all tokens of an hour at 10^9 a day.
 * The index is filled with TOKENS tokens (default: those 41.7 million) over 60 minutes; then it is asked for genuine
 * ones and for forgeries, in an order that no cache of the processor knows, many at once as a gate under load does.
 */
#include "test/bench/report.h"
#include "test/bench/timing.h"
#include "test/maker/text.h"

#include "lib/token/issued.h"
#include "lib/token/mark.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MINUTES 60
#define FIRST_MINUTE 29000000U
#define SIGNER 1
#define TOKENS_AN_HOUR 41700000UL
#define BATCH 4096
#define ASKED 20000000UL /* genuine ones, and as many forgeries */
#define ROUND_ASKED 4000000UL
#define MARK_TURN_MS 20
#define MIB_MAX (size_t)1 << 30

#define MARK_MAX_US 1.0
#define PROBES_MIN_MILLION 16.0
#define MEGABYTES_MAX 350.0

struct bench {
	struct bench_report report;
	size_t tokens, a_minute;
	struct mm_issued *issued;
	struct mm_issued_probe probes[BATCH];
	uint64_t random;
};

/* splitmix64: what an HMAC's first 8 bytes look like, and the same again for the same token. */
static uint64_t
mix(uint64_t number)
{
	number += 0x9e3779b97f4a7c15U;
	number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9U;
	number = (number ^ (number >> 27)) * 0x94d049bb133111ebU;
	return (number ^ (number >> 31)) | 1;
}

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
add_figure(struct bench *bench, const char *what, double value, const char *unit, enum bench_bound bound, double limit)
{
	bench_report_add(&bench->report, &(struct bench_figure){ .what = what, .value = value, .unit = unit,
	    .bound = bound, .limit = limit });
}

/* ---- the mark ---- */

struct marked {
	struct mm_mark_key *key;
	struct mm_slice header, payload;
};

static bool
check_mark(void *ctx)
{
	const struct marked *marked = ctx;

	return mm_mark_check(marked->key, marked->header, marked->payload, true) == MM_MARK_RIGHT;
}

/* A token as a mint makes it for somebody's mail program. */
static const char header_text[] = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiIsImtpZCI6Ik56YkxzWGg4dURDY2QtNk1Od1hGNFdfN25v"
    "V1hGWkFmSGt4WnNSR0M5WHMifQ";
static const char payload_text[] = "{\"iss\":\"https://login.example/aaaaaaaa-0000-4000-8000-00000000000a/v2.0\","
    "\"tid\":\"aaaaaaaa-0000-4000-8000-00000000000a\",\"sub\":\"5f0c7f0e6a2b4c1d9e8f\","
    "\"aud\":\"https://mail.example\","
    "\"client_id\":\"thunderbird\",\"iat\":1795881600,\"exp\":1795885200,\"jti\":\"Z4zh8C50pV6eMma4sYBjPQ\","
    "\"sid\":\"c2Vzc2lvbi1vZi1hbGljZQ\",\"scope\":\"openid mail.read mail.send offline_access\","
    "\"auth_time\":1795881590,\"preferred_username\":\"alice@contoso.example\"";

static void
bench_mark(struct bench *bench)
{
	static const uint8_t secret[MM_MARK_KEY_LEN] = { 1, 2, 3 };
	struct marked marked = { .key = mm_mark_key_new(secret), .header = mm_slice_str(header_text) };
	struct bench_contender check = { .name = "the mark", .run = check_mark, .ctx = &marked };
	struct maker_text payload = { .bytes = NULL };
	char mark[MM_MARK_TEXT_LEN];

	if (marked.key == NULL || !mm_mark_make(marked.key, marked.header, mm_slice_str(payload_text), mark))
		maker_fail("no mark can be made");
	maker_text_add_format(&payload, "%s,\"mark\":\"%.*s\"}", payload_text, MM_MARK_TEXT_LEN, mark);
	marked.payload = mm_slice(payload.bytes, payload.len);
	bench_run(&check, 1, bench->report.rounds, MARK_TURN_MS);
	bench_report_group(&bench->report, "the mark");
	add_figure(bench, "checking it, added to a decision", check.ns / 1e3, "µs", BENCH_AT_MOST, MARK_MAX_US);
	maker_text_clear(&payload);
	mm_mark_key_free(&marked.key);
}

/* ---- the index ---- */

static void
fill_minute(struct bench *bench, uint32_t minute, uint64_t *entries)
{
	struct mm_token_place first = { SIGNER, FIRST_MINUTE + minute, 0 };

	for (size_t i = 0; i < bench->a_minute; i++)
		entries[i] = mix((uint64_t)minute << 32 | i);
	if (!mm_issued_add(bench->issued, first, entries, bench->a_minute))
		maker_fail("the index does not take minute %u", minute);
}

static double
fill(struct bench *bench)
{
	uint64_t *entries = calloc(bench->a_minute, sizeof(*entries));
	double began_s = now_s();

	bench->issued = mm_issued_new(MIB_MAX);
	if (entries == NULL || bench->issued == NULL)
		maker_fail("memory is short");
	for (uint32_t minute = 0; minute < MINUTES; minute++)
		fill_minute(bench, minute, entries);
	mm_issued_set_high_water(bench->issued, (struct mm_token_place){ SIGNER, FIRST_MINUTE + MINUTES, 0 });
	free(entries);
	return (double)bench->tokens / (now_s() - began_s);
}

/* Any token; forged: its place, and another entry. */
static void
prepare(struct bench *bench, bool forged)
{
	for (size_t i = 0; i < BATCH; i++) {
		uint64_t number = mix(bench->random++);
		uint32_t minute = (uint32_t)(number % MINUTES), counter = (uint32_t)((number >> 8) % bench->a_minute);
		uint64_t entry = mix((uint64_t)minute << 32 | counter);

		bench->probes[i] = (struct mm_issued_probe){ .place = { SIGNER, FIRST_MINUTE + minute, counter },
			.entry = forged ? entry ^ (mix(number) | 2) : entry };
	}
}

/* The answers that are as they must be. */
static size_t
count_answers(const struct bench *bench, enum mm_issued_result wanted)
{
	size_t count = 0;

	for (size_t i = 0; i < BATCH; i++)
		count += bench->probes[i].result == wanted;
	return count;
}

/* Ask so often; the right answers, and in *spent_s the time of the look-ups alone. */
static size_t
ask(struct bench *bench, size_t asked, bool forged, double *spent_s)
{
	size_t right = 0;
	double began_s;

	*spent_s = 0;
	for (size_t done = 0; done < asked; done += BATCH) {
		prepare(bench, forged);
		began_s = now_s();
		mm_issued_find_many(bench->issued, bench->probes, BATCH);
		*spent_s += now_s() - began_s;
		right += count_answers(bench, forged ? MM_ISSUED_ABSENT : MM_ISSUED_FOUND);
	}
	return right;
}

static double
measure_probes(struct bench *bench)
{
	double rates[BENCH_ROUNDS_MAX], spent_s;

	for (unsigned round = 0; round < bench->report.rounds; round++) {
		ask(bench, ROUND_ASKED, round % 2 == 1, &spent_s);
		rates[round] = (double)(ROUND_ASKED + BATCH - 1) / BATCH * BATCH / spent_s;
	}
	return bench_median(rates, bench->report.rounds);
}

static void
bench_index(struct bench *bench)
{
	size_t batches = (ASKED + BATCH - 1) / BATCH * BATCH;
	double filled = fill(bench), spent_s;
	double unfound = (double)(batches - ask(bench, ASKED, false, &spent_s));
	double taken = (double)(batches - ask(bench, ASKED, true, &spent_s));

	bench_report_group(&bench->report, "the index of an hour's tokens");
	add_figure(bench, "tokens in it", (double)mm_issued_count(bench->issued) / 1e6, "million", BENCH_REPORTED, 0);
	add_figure(bench, "filling it", filled / 1e6, "million/s", BENCH_REPORTED, 0);
	add_figure(bench, "memory", (double)mm_issued_bytes(bench->issued) / 1e6, "MB", BENCH_AT_MOST, MEGABYTES_MAX);
	add_figure(bench, "of 20 million genuine ones, not found", unfound, "", BENCH_AT_MOST, 0);
	add_figure(bench, "of 20 million forged ones, not absent", taken, "", BENCH_AT_MOST, 0);
	add_figure(bench, "look-ups of one core", measure_probes(bench) / 1e6, "million/s", BENCH_AT_LEAST,
	    PROBES_MIN_MILLION);
	mm_issued_free(&bench->issued);
}

int
main(int argc, char **argv)
{
	static struct bench bench;

	bench_report_begin(&bench.report, &argc, &argv, 15, "[TOKENS]");
	bench.tokens = argc > 0 ? strtoul(argv[0], NULL, 10) : TOKENS_AN_HOUR;
	bench.a_minute = bench.tokens / MINUTES;
	if (bench.a_minute == 0 || bench.a_minute > MM_ISSUED_COUNTERS_MAX)
		maker_fail("too few or too many tokens");
	bench_pin();
	bench_mark(&bench);
	bench_index(&bench);
	return bench_report_end(&bench.report);
}
