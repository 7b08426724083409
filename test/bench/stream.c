/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-stream [--json FILE] [--rounds N]
 *
 * What a gate hears of the ledger while tokens are made at 10^9 a day: a minute of that stream, a batch each 100 ms and
 * a heartbeat each second, written and signed as the ledger does, checked and taken into an index as the gate does.
 */
#include "test/bench/report.h"
#include "test/bench/timing.h"
#include "test/maker/text.h"

#include "engine/index_batch.h"
#include "lib/token/issued.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOKENS_A_DAY 1e9
#define SECONDS 60
#define BATCHES_A_SECOND 10
#define MINUTE 29000000U
#define NOW_S 1740000000
#define KILOBYTES_MAX 120.0
#define INDEX_BYTES_MAX ((size_t)64 << 20)

struct bench {
	struct bench_report report;
	struct mm_index_writer writer;
	struct mm_index_reader reader;
	struct mm_index_batch batch;
	struct mm_ed25519 *key;
	uint8_t certificate[MM_MINT_CERTIFICATE_LEN], root[MM_ED25519_PUBLIC_LEN];
	struct mm_issued *issued;
	uint64_t entries[MM_INDEX_ENTRIES_MAX];
	uint32_t counter;
	size_t bytes;
	double spent_us; /* of the gate */
};

static void
certify(struct bench *bench)
{
	struct mm_mint_certificate certificate = { MM_PURPOSE_KEY_STATE, 1, NOW_S - 1000, NOW_S + 1000, { 0 } };
	uint8_t seed[MM_ED25519_SEED_LEN];
	struct mm_ed25519 *root;

	if (!mm_ed25519_make(seed) || (root = mm_ed25519_new(seed)) == NULL || !mm_ed25519_make(seed) ||
	    (bench->key = mm_ed25519_new(seed)) == NULL)
		maker_fail("no key can be made");
	mm_ed25519_public(root, bench->root);
	mm_ed25519_public(bench->key, certificate.public_key);
	if (!mm_mint_certificate_make(&certificate, root, bench->certificate))
		maker_fail("no certificate can be made");
	mm_ed25519_free(&root);
}

static double
cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* ---- the gate ---- */

static void
take_items(struct bench *bench)
{
	struct mm_index_item item;
	size_t position = 0;

	while (mm_index_next(&bench->batch, &position, &item)) {
		if (item.kind == MM_INDEX_HIGH_WATER)
			mm_issued_set_high_water(bench->issued, item.place);
		else if (!mm_issued_add(bench->issued, item.place, item.entries, item.count))
			maker_fail("the index does not take a batch");
	}
}

static void
hear(struct bench *bench, struct mm_slice message)
{
	double began_us = cpu_us();
	const char *why = mm_index_read(&bench->reader, message, NOW_S, &bench->batch);

	if (why != NULL)
		maker_fail("the stream is not believed: %s", why);
	take_items(bench);
	bench->spent_us += cpu_us() - began_us;
	bench->bytes += message.len;
}

/* ---- the ledger ---- */

static void
tell(struct bench *bench, bool is_beat)
{
	struct mm_index_head head = { .epoch = 1, .time_us = (int64_t)NOW_S * 1000000, .is_beat = is_beat };
	struct mm_slice message;

	if (!mm_index_finish(&bench->writer, &head, bench->certificate, bench->key, &message))
		maker_fail("a message cannot be signed");
	hear(bench, message);
}

static void
tell_batch(struct bench *bench, size_t tokens)
{
	struct mm_token_place place = { 1, MINUTE, bench->counter };

	for (size_t i = 0; i < tokens; i++)
		bench->entries[i] = (bench->counter + i) * 0x9e3779b97f4a7c15U | 1;
	mm_index_begin(&bench->writer);
	if (mm_index_add_entries(&bench->writer, 0, place, bench->entries, tokens) != tokens)
		maker_fail("a batch does not fit");
	bench->counter += (uint32_t)tokens;
	place.counter = bench->counter - 1;
	if (!mm_index_add_place(&bench->writer, MM_INDEX_HIGH_WATER, 0, place))
		maker_fail("a batch does not fit");
	tell(bench, false);
}

static void
tell_minute(struct bench *bench)
{
	double due = 0, a_batch = TOKENS_A_DAY / 86400 / BATCHES_A_SECOND;

	for (unsigned i = 0; i < SECONDS * BATCHES_A_SECOND; i++) {
		due += a_batch;
		tell_batch(bench, (size_t)due - bench->counter);
		if (i % BATCHES_A_SECOND == 0) {
			mm_index_begin(&bench->writer);
			tell(bench, true);
		}
	}
}

static void
run_round(struct bench *bench)
{
	bench->counter = 0;
	bench->bytes = 0;
	bench->spent_us = 0;
	bench->issued = mm_issued_new(INDEX_BYTES_MAX);
	if (bench->issued == NULL || !mm_index_writer_init(&bench->writer))
		maker_fail("memory is short");
	memset(&bench->reader, 0, sizeof(bench->reader));
	memcpy(bench->reader.root, bench->root, sizeof(bench->root));
	tell_minute(bench);
	mm_issued_free(&bench->issued);
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	double kilobytes[BENCH_ROUNDS_MAX], load[BENCH_ROUNDS_MAX];

	bench_report_begin(&bench.report, &argc, &argv, 5, "");
	bench_pin();
	certify(&bench);
	for (unsigned round = 0; round < bench.report.rounds; round++) {
		run_round(&bench);
		kilobytes[round] = (double)bench.bytes / SECONDS / 1e3;
		load[round] = bench.spent_us / SECONDS / 1e4;
	}
	bench_report_group(&bench.report, "the index stream to a gate, at 10^9 tokens a day");
	bench_report_add(&bench.report, &(struct bench_figure){ .what = "stream", .unit = "kB/s",
	    .value = bench_median(kilobytes, bench.report.rounds), .bound = BENCH_AT_MOST, .limit = KILOBYTES_MAX });
	bench_report_add(&bench.report, &(struct bench_figure){ .what = "the gate's CPU for it", .unit = "%",
	    .value = bench_median(load, bench.report.rounds) });
	mm_ed25519_free(&bench.key);
	return bench_report_end(&bench.report);
}
