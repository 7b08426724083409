/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-cores [--json FILE] [--rounds N] REQUESTS FILE PORT,PID,CPU,CPU PORT,PID,CPU,CPU
 *
 * What a gate's threads cost each other: decisions of a gate that may use one processor, and of one that may use two,
 * about the same request, the bytes of FILE. Two threads send it, each from its processor CPU: those of the first gate
 * from the one that it does not use, of the second, one from each. So the load takes its share of the second gate's
 * processors, and its rate by the clock says nothing: it is the decisions a second of its own CPU time that are told.
 */
#include "test/bench/http_load.h"
#include "test/bench/process_time.h"
#include "test/bench/report.h"
#include "test/bench/timing.h"

#include "test/maker/text.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS 2
#define REQUEST_LEN_MAX 8192

/* A gate whose journal is 'group' writes within 100 ms: that work belongs to the turn before. */
#define LINGER_MS 150

struct server {
	unsigned port;
	long pid;
	int processors[THREADS]; /* of the threads that ask it */
	double us[BENCH_ROUNDS_MAX];
};

struct asker {
	struct http_load load;
	size_t requests;
	int processor;
};

struct bench {
	struct bench_report report;
	size_t requests; /* of each thread */
	char request[REQUEST_LEN_MAX];
	size_t request_len;
};

static void
linger(void)
{
	const struct timespec span = { 0, LINGER_MS * 1000000L };

	nanosleep(&span, NULL);
}

/* ---- one turn ---- */

static void *
ask(void *ctx)
{
	struct asker *asker = ctx;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)asker->processor, &one);
	if (sched_setaffinity(0, sizeof(one), &one) != 0)
		maker_fail("processor %d: %s", asker->processor, strerror(errno));
	http_load_run(&asker->load, asker->requests);
	return NULL;
}

static void
ask_both(struct asker askers[THREADS], size_t requests)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++) {
		askers[i].requests = requests;
		if (pthread_create(&threads[i], NULL, ask, &askers[i]) != 0)
			maker_fail("there is no thread to be had");
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* Which of a gate's threads has how many of the connections is chance: not the same chance in every round. */
static void
take_turn(const struct bench *bench, struct server *server, unsigned round)
{
	struct asker askers[THREADS];
	double begin_us;

	for (int i = 0; i < THREADS; i++) {
		askers[i].processor = server->processors[i];
		http_load_open(&askers[i].load, server->port, bench->request, bench->request_len, "");
	}
	ask_both(askers, bench->requests / 8); /* warm */
	linger();
	begin_us = bench_process_cpu_us(server->pid);
	ask_both(askers, bench->requests);
	linger();
	server->us[round] = (bench_process_cpu_us(server->pid) - begin_us) / (THREADS * (double)bench->requests);
	for (int i = 0; i < THREADS; i++)
		http_load_close(&askers[i].load);
}

/* ---- reporting ---- */

static void
report_both(struct bench_report *report, struct server *one, struct server *two)
{
	double ratio[BENCH_ROUNDS_MAX];
	unsigned rounds = report->rounds;

	for (unsigned i = 0; i < rounds; i++)
		ratio[i] = 2 * one->us[i] / two->us[i];
	bench_report_add(report, &(struct bench_figure){ .what = "1 processor: CPU a decision",
	    .value = bench_median(one->us, rounds), .unit = "µs" });
	bench_report_add(report, &(struct bench_figure){ .what = "2 processors: CPU a decision",
	    .value = bench_median(two->us, rounds), .unit = "µs" });
	bench_report_add(report, &(struct bench_figure){ .what = "2 processors beside 1",
	    .value = bench_median(ratio, rounds), .unit = "times" });
}

/* ---- arguments ---- */

static long
parse_number(const char **text)
{
	char *stop = NULL;
	long number = strtol(*text, &stop, 10);

	if (number < 0 || stop == *text || (*stop != ',' && *stop != '\0'))
		maker_fail("'%s' is not a number", *text);
	*text = stop + (*stop == ',');
	return number;
}

static struct server
parse_server(const char *argument)
{
	struct server server = { .port = (unsigned)parse_number(&argument) };

	server.pid = parse_number(&argument);
	for (int i = 0; i < THREADS; i++)
		server.processors[i] = (int)parse_number(&argument);
	return server;
}

static void
read_request(struct bench *bench, const char *path)
{
	FILE *file = fopen(path, "r");

	if (file == NULL)
		maker_fail("%s: %s", path, strerror(errno));
	bench->request_len = fread(bench->request, 1, REQUEST_LEN_MAX, file);
	fclose(file);
	if (bench->request_len == 0 || bench->request_len == REQUEST_LEN_MAX)
		maker_fail("%s: it is empty or too long", path);
}

int
main(int argc, char **argv)
{
	static struct server one, two;
	static struct bench bench;

	bench_report_begin(&bench.report, &argc, &argv, 15, "REQUESTS FILE ONE TWO");
	if (argc != 4)
		maker_fail("requests, a file and two gates are needed");
	bench.requests = strtoul(argv[0], NULL, 10);
	if (bench.requests < 8 * HTTP_LOAD_CONNECTIONS || bench.requests > 1000000)
		maker_fail("'%s' requests are too few or too many", argv[0]);
	read_request(&bench, argv[1]);
	one = parse_server(argv[2]);
	two = parse_server(argv[3]);
	for (unsigned round = 0; round < bench.report.rounds; round++) {
		take_turn(&bench, &one, round);
		take_turn(&bench, &two, round);
	}
	bench_report_group(&bench.report, "the gate's threads: forward auth, RS256, the signature remembered");
	report_both(&bench.report, &one, &two);
	return bench_report_end(&bench.report);
}
