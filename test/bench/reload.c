/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-reload [--json FILE] [--rounds N] TURN-MS KEYS NAME=PORT,GATE-PID,MINTMARKD-PID,LOG …
 *
 * What it costs a gate that its key set changes every 100 ms. The file KEYS, which mintmarkd reads the keys from, is
 * replaced by one with a key more or less, and mintmarkd gets SIGHUP; quiet and disturbed turns alternate. Every
 * genuine token must be allowed and every forged one denied throughout. That the gate took a new key set is seen in
 * mintmarkd's LOG. mintmarkd and its compiler should run on another processor than the gate.
 *
 * What a cache knows ends with each key set, so that every token's signature is verified once more. That grows with the
 * tokens, not with what a reload costs: it is told for many tokens, and the bound is on one, and on no cache at all.
 */
#include "test/bench/crowd.h"
#include "test/bench/http_load.h"
#include "test/bench/process_time.h"
#include "test/bench/report.h"
#include "test/bench/timing.h"

#include "test/maker/key.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SERVERS_MAX 4
#define PATH_LEN_MAX 512
#define LOG_LINE_LEN_MAX 1024
#define RELOAD_EVERY_MS 100
#define MUST_KEEP 0.95

/* As many keys as a large provider publishes. */
#define OTHER_KEYS 8

/* How long a reload may take to come to its end: what the turn caused belongs to it. */
#define SETTLE_MS 400
#define PATIENCE_MS 10000

#define TOKENS_MAX 500
#define FORGED_EVERY 20 /* requests, one of them forged */

struct server {
	char name[48];
	unsigned port;
	pid_t gate, mintmarkd;
	const char *log;
};

/* The answers of one kind of turn, a value a round. */
struct side {
	double rate[BENCH_ROUNDS_MAX], cpu_us[BENCH_ROUNDS_MAX], p99_us[BENCH_ROUNDS_MAX];
	size_t answers, wrong, lost;
	size_t offered, taken; /* key sets */
};

struct bench {
	struct bench_report report;
	unsigned turn_ms;
	const char *keys_path;
	struct maker_text documents[2]; /* with a key less, and with it */
	struct bench_crowd crowd;
	struct maker_text texts[TOKENS_MAX + TOKENS_MAX];
	struct http_load_request genuine[TOKENS_MAX], forged[TOKENS_MAX];
};

static double
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void
sleep_ms(unsigned span_ms)
{
	const struct timespec span = { span_ms / 1000, span_ms % 1000 * 1000000L };

	nanosleep(&span, NULL);
}

/* ---- the key set ---- */

static void
add_key(struct maker_text *document, unsigned number)
{
	EVP_PKEY *key = maker_key_new(MAKER_RSA, NULL);
	struct maker_object jwk = { .count = 0 };
	char kid[32];

	snprintf(kid, sizeof(kid), "another-%u", number);
	maker_key_publish(key, &jwk);
	maker_object_set_string(&jwk, "kid", kid);
	maker_object_set_string(&jwk, "alg", "RS256");
	maker_text_add_str(document, ",\n");
	maker_object_write(&jwk, document);
	maker_object_clear(&jwk);
	EVP_PKEY_free(key);
}

static void
make_documents(struct bench *bench)
{
	struct maker_text *less = &bench->documents[0], *more = &bench->documents[1];

	maker_text_add_format(less, "{\"keys\":[%s", bench->crowd.subject.jwk.bytes);
	for (unsigned i = 1; i < OTHER_KEYS; i++)
		add_key(less, i);
	maker_text_add(more, less->bytes, less->len);
	add_key(more, OTHER_KEYS);
	maker_text_add_str(less, "]}\n");
	maker_text_add_str(more, "]}\n");
}

/* Whole at any time, for whoever reads it. */
static void
replace_keys(const struct bench *bench, unsigned which)
{
	char beside[PATH_LEN_MAX];
	FILE *file;

	snprintf(beside, sizeof(beside), "%s.new", bench->keys_path);
	file = fopen(beside, "w");
	if (file == NULL || fputs(bench->documents[which].bytes, file) == EOF || fclose(file) != 0 ||
	    rename(beside, bench->keys_path) != 0)
		maker_fail("%s: %s", bench->keys_path, strerror(errno));
}

static void
reload(const struct bench *bench, const struct server *server, unsigned which)
{
	replace_keys(bench, which % 2);
	if (kill(server->mintmarkd, SIGHUP) == -1)
		maker_fail("process %d: %s", (int)server->mintmarkd, strerror(errno));
}

/* How many key sets the gate took so far. */
static size_t
count_taken(const struct server *server)
{
	char line[LOG_LINE_LEN_MAX];
	FILE *file = fopen(server->log, "r");
	size_t count = 0;

	if (file == NULL)
		maker_fail("%s: %s", server->log, strerror(errno));
	while (fgets(line, sizeof(line), file) != NULL)
		count += strstr(line, "the gate decides by epoch") != NULL;
	fclose(file);
	return count;
}

static void
take_first_keys(const struct bench *bench, const struct server *server)
{
	size_t before = count_taken(server);
	double begin_ms = now_ms();

	reload(bench, server, 0);
	while (count_taken(server) == before) {
		if (now_ms() - begin_ms > PATIENCE_MS)
			maker_fail("%s: the gate did not take the keys", server->name);
		sleep_ms(10);
	}
}

/* ---- disturbing ---- */

struct disturbance {
	const struct bench *bench;
	const struct server *server;
	unsigned reloads; /* of all turns: the next key set has a key more or less than the last */
	_Atomic bool over;
};

static void *
disturb(void *ctx)
{
	struct disturbance *disturbance = ctx;
	double due_ms = now_ms();

	while (!disturbance->over) {
		double wait_ms = due_ms - now_ms();

		if (wait_ms > 0)
			sleep_ms((unsigned)wait_ms + 1);
		due_ms += RELOAD_EVERY_MS;
		reload(disturbance->bench, disturbance->server, ++disturbance->reloads);
	}
	return NULL;
}

/* ---- turns ---- */

static void
take_turn(struct http_load *load, size_t requests, const struct server *server, struct side *side, unsigned round)
{
	double begin_us = bench_process_cpu_us(server->gate), begin_ms = now_ms(), spent_s;

	load->wrong = load->lost = load->latency_count = 0;
	http_load_run(load, requests);
	spent_s = (now_ms() - begin_ms) / 1e3;
	side->answers += requests;
	side->wrong += load->wrong;
	side->lost += load->lost;
	side->rate[round] = (double)requests / spent_s;
	side->p99_us[round] = bench_percentile(load->latencies_us, load->latency_count, 0.99);
	side->cpu_us[round] = begin_us; /* until the turn's work is done */
}

static void
end_turn(const struct server *server, size_t requests, struct side *side, unsigned round)
{
	sleep_ms(SETTLE_MS);
	side->cpu_us[round] = (bench_process_cpu_us(server->gate) - side->cpu_us[round]) / (double)requests;
}

static void
take_disturbed_turn(struct http_load *load, size_t requests, struct disturbance *disturbance, struct side *side,
    unsigned round)
{
	size_t taken = count_taken(disturbance->server);
	pthread_t thread;

	disturbance->over = false;
	if (pthread_create(&thread, NULL, disturb, disturbance) != 0)
		maker_fail("there is no thread to be had");
	take_turn(load, requests, disturbance->server, side, round);
	disturbance->over = true;
	pthread_join(thread, NULL);
	end_turn(disturbance->server, requests, side, round);
	side->taken += count_taken(disturbance->server) - taken;
	side->offered = disturbance->reloads;
}

/* How many requests make a turn. */
static size_t
calibrate(const struct bench *bench, struct http_load *load)
{
	size_t requests = 2000;
	double begin_ms;

	http_load_run(load, requests);
	begin_ms = now_ms();
	http_load_run(load, requests);
	return (size_t)((double)requests * bench->turn_ms / (now_ms() - begin_ms)) + 1;
}

/* ---- reporting ---- */

static double
median_ratio(const double *left, const double *right, unsigned rounds)
{
	double ratios[BENCH_ROUNDS_MAX];

	for (unsigned i = 0; i < rounds; i++)
		ratios[i] = left[i] / right[i];
	return bench_median(ratios, rounds);
}

static void
report_sides(struct bench_report *report, struct side *quiet, struct side *disturbed, bool bound)
{
	unsigned rounds = report->rounds;
	double by_cpu = median_ratio(quiet->cpu_us, disturbed->cpu_us, rounds);
	double by_clock = median_ratio(disturbed->rate, quiet->rate, rounds);
	double quiet_us = bench_median(quiet->cpu_us, rounds), disturbed_us = bench_median(disturbed->cpu_us, rounds);
	double each_us = (disturbed_us - quiet_us) * (double)disturbed->answers / (double)disturbed->taken;
	const struct bench_figure figures[] = {
		{ "disturbed rate beside the quiet, by the gate's CPU time", by_cpu, "times",
		    bound ? BENCH_AT_LEAST : BENCH_REPORTED, MUST_KEEP },
		{ "the same by the clock", by_clock, "times", BENCH_REPORTED, 0 },
		{ "quiet: CPU a decision", quiet_us, "µs", BENCH_REPORTED, 0 },
		{ "disturbed: CPU a decision", disturbed_us, "µs", BENCH_REPORTED, 0 },
		{ "the gate's CPU for each key set", each_us / 1e3, "ms", BENCH_REPORTED, 0 },
		{ "quiet: rate", bench_median(quiet->rate, rounds) / 1e3, "thousand/s", BENCH_REPORTED, 0 },
		{ "quiet: p99", bench_median(quiet->p99_us, rounds) / 1e3, "ms", BENCH_REPORTED, 0 },
		{ "disturbed: p99", bench_median(disturbed->p99_us, rounds) / 1e3, "ms", BENCH_REPORTED, 0 },
		{ "disturbed: key sets taken", (double)disturbed->taken, "", BENCH_REPORTED, 0 },
		{ "disturbed: of those offered", 100 * (double)disturbed->taken / (double)disturbed->offered, "%",
		    BENCH_REPORTED, 0 },
		{ "answers", (double)(quiet->answers + disturbed->answers), "", BENCH_REPORTED, 0 },
		{ "wrong answers", (double)(quiet->wrong + disturbed->wrong), "", BENCH_AT_MOST, 0 },
		{ "lost answers", (double)(quiet->lost + disturbed->lost), "", BENCH_AT_MOST, 0 },
	};

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		bench_report_add(report, &figures[i]);
}

/* ---- one gate, so many tokens ---- */

static void
measure(struct bench *bench, const struct server *server, size_t tokens, bool bound)
{
	static struct side quiet, disturbed;
	static struct http_load_request requests[TOKENS_MAX * FORGED_EVERY];
	struct disturbance disturbance = { .bench = bench, .server = server };
	size_t count = 0, per_turn;
	struct http_load load;
	char group[96];

	quiet = disturbed = (struct side){ .answers = 0 };
	for (size_t i = 0; i < tokens * FORGED_EVERY; i++)
		requests[count++] =
		    i % FORGED_EVERY == 0 ? bench->forged[i / FORGED_EVERY] : bench->genuine[i % tokens];
	http_load_open_many(&load, server->port, requests, count);
	load.counts_faults = true;
	per_turn = calibrate(bench, &load);
	load.latencies_us = calloc(per_turn, sizeof(*load.latencies_us));
	if (load.latencies_us == NULL)
		maker_fail("memory is short");
	for (unsigned round = 0; round < bench->report.rounds; round++) {
		take_turn(&load, per_turn, server, &quiet, round);
		end_turn(server, per_turn, &quiet, round);
		take_disturbed_turn(&load, per_turn, &disturbance, &disturbed, round);
	}
	http_load_close(&load);
	free(load.latencies_us);
	if (disturbed.taken == 0)
		maker_fail("%s: the gate took no new key set", server->name);
	snprintf(group, sizeof(group), "reload every %d ms, %s, %zu token%s", RELOAD_EVERY_MS, server->name, tokens,
	    tokens == 1 ? "" : "s");
	bench_report_group(&bench->report, group);
	report_sides(&bench->report, &quiet, &disturbed, bound);
}

/* ---- requests ---- */

static void
make_request(struct maker_text *text, const struct maker_text *token)
{
	maker_text_add_format(text, "GET /v1/auth/imap HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n",
	    token->bytes);
}

/* A forger has a key of his own and names ours. */
static void
make_requests(struct bench *bench)
{
	struct bench_subject forger;

	bench_crowd_make(&bench->crowd, "RS256", TOKENS_MAX);
	bench_subject_make(&forger, "RS256");
	for (unsigned i = 0; i < TOKENS_MAX; i++) {
		struct maker_text forged = { NULL, 0, 0 };

		bench_subject_sign(&forger, i, &forged);
		make_request(&bench->texts[2 * i], &bench->crowd.tokens[i]);
		make_request(&bench->texts[2 * i + 1], &forged);
		bench->genuine[i] = (struct http_load_request){ bench->texts[2 * i].bytes, bench->texts[2 * i].len,
			"200", "" };
		bench->forged[i] = (struct http_load_request){ bench->texts[2 * i + 1].bytes,
			bench->texts[2 * i + 1].len, "401", "" };
		maker_text_clear(&forged);
	}
	bench_subject_free(&forger);
}

static void
clear(struct bench *bench)
{
	for (size_t i = 0; i < 2 * TOKENS_MAX; i++)
		maker_text_clear(&bench->texts[i]);
	maker_text_clear(&bench->documents[0]);
	maker_text_clear(&bench->documents[1]);
	bench_crowd_free(&bench->crowd);
}

/* ---- arguments ---- */

static long
parse_number(const char **text, char end)
{
	char *stop = NULL;
	long number = strtol(*text, &stop, 10);

	if (number <= 0 || *stop != end)
		maker_fail("'%s' does not begin with a number and '%c'", *text, end);
	*text = stop + 1;
	return number;
}

static void
parse_server(struct server *server, const char *argument)
{
	size_t name_len = strcspn(argument, "=");
	const char *rest = argument + name_len + 1;

	if (argument[name_len] == '\0' || name_len >= sizeof(server->name))
		maker_fail("'%s' is not NAME=PORT,GATE-PID,MINTMARKD-PID,LOG", argument);
	snprintf(server->name, sizeof(server->name), "%.*s", (int)name_len, argument);
	server->port = (unsigned)parse_number(&rest, ',');
	server->gate = (pid_t)parse_number(&rest, ',');
	server->mintmarkd = (pid_t)parse_number(&rest, ',');
	server->log = rest;
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	struct server without_cache, with_cache;

	bench_report_begin(&bench.report, &argc, &argv, 15, "TURN-MS KEYS WITHOUT-CACHE WITH-CACHE");
	if (argc != 4)
		maker_fail("a turn's length, a file of keys, a gate without and one with a cache are needed");
	bench.turn_ms = (unsigned)strtoul(argv[0], NULL, 10);
	if (bench.turn_ms < RELOAD_EVERY_MS || bench.turn_ms > 60000)
		maker_fail("a turn takes %d to 60000 ms", RELOAD_EVERY_MS);
	bench.keys_path = argv[1];
	parse_server(&without_cache, argv[2]);
	parse_server(&with_cache, argv[3]);
	make_requests(&bench);
	make_documents(&bench);
	take_first_keys(&bench, &without_cache);
	take_first_keys(&bench, &with_cache);
	measure(&bench, &without_cache, TOKENS_MAX, true);
	measure(&bench, &with_cache, 1, true);
	measure(&bench, &with_cache, TOKENS_MAX, false);
	clear(&bench);
	return bench_report_end(&bench.report);
}
