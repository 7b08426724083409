/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-rivals [--json FILE] [--rounds N] REQUESTS FILE NAME=PORT,PID …
 *
 * The CPU time that servers take for one request, in user and kernel mode of all their threads, and how many they
 * answer a second. All get the same request, the bytes of FILE, in turn, round after round. The first server is the
 * gate, the others are its rivals, and it must be ahead of each; with NAME~PORT,PID a server is only told of.
 */
#include "test/bench/http_load.h"
#include "test/bench/process_time.h"
#include "test/bench/report.h"
#include "test/bench/timing.h"

#include "test/maker/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SERVERS_MAX 8
#define REQUEST_LEN_MAX 8192

/* A gate whose journal is 'group' writes within 100 ms: that work belongs to the turn before. */
#define LINGER_MS 150

struct server {
	char name[48];
	bool rival;
	unsigned port;
	long pid;
	struct http_load load;
	double us[BENCH_ROUNDS_MAX], rate[BENCH_ROUNDS_MAX], of_gate[BENCH_ROUNDS_MAX];
};

struct bench {
	struct bench_report report;
	size_t requests;
	struct server servers[SERVERS_MAX];
	size_t server_count;
};

/* ---- rounds ---- */

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
linger(void)
{
	const struct timespec span = { 0, LINGER_MS * 1000000L };

	nanosleep(&span, NULL);
}

static void
take_turn(const struct bench *bench, struct server *server, unsigned round)
{
	double begin_us = bench_process_cpu_us(server->pid), begin_s = now_s();

	http_load_run(&server->load, bench->requests);
	server->rate[round] = (double)bench->requests / (now_s() - begin_s);
	linger();
	server->us[round] = (bench_process_cpu_us(server->pid) - begin_us) / (double)bench->requests;
	server->of_gate[round] = server->us[round] / bench->servers[0].us[round];
}

static void
run_rounds(struct bench *bench)
{
	for (size_t i = 0; i < bench->server_count; i++)
		http_load_run(&bench->servers[i].load, bench->requests); /* warm: Node.js compiles as it goes */
	for (unsigned round = 0; round < bench->report.rounds; round++)
		for (size_t i = 0; i < bench->server_count; i++)
			take_turn(bench, &bench->servers[i], round);
}

/* ---- reporting ---- */

static void
add_figure(struct bench_report *report, const char *name, const char *what, double value, const char *unit,
    enum bench_bound bound)
{
	char text[96];

	snprintf(text, sizeof(text), "%s: %s", name, what);
	bench_report_add(report, &(struct bench_figure){ text, value, unit, bound, 1 });
}

static void
report_server(struct bench_report *report, struct server *server, bool is_gate)
{
	enum bench_bound bound = server->rival ? BENCH_MORE_THAN : BENCH_REPORTED;

	add_figure(report, server->name, "CPU a request", bench_median(server->us, report->rounds), "µs",
	    BENCH_REPORTED);
	add_figure(report, server->name, "rate on one processor", bench_median(server->rate, report->rounds) / 1e3,
	    "thousand/s", BENCH_REPORTED);
	if (!is_gate)
		add_figure(report, server->name, "CPU beside the gate's",
		    bench_median(server->of_gate, report->rounds), "times", bound);
}

/* ---- arguments ---- */

static size_t
read_request(const char *path, char request[REQUEST_LEN_MAX])
{
	FILE *file = fopen(path, "r");
	size_t len;

	if (file == NULL)
		maker_fail("%s: %s", path, strerror(errno));
	len = fread(request, 1, REQUEST_LEN_MAX, file);
	fclose(file);
	if (len == 0 || len == REQUEST_LEN_MAX)
		maker_fail("%s: it is empty or too long", path);
	return len;
}

static void
parse_server(struct server *server, const char *argument)
{
	size_t name_len = strcspn(argument, "=~");
	char *end = NULL;

	if (argument[name_len] == '\0' || name_len >= sizeof(server->name))
		maker_fail("'%s' is not NAME=PORT,PID", argument);
	snprintf(server->name, sizeof(server->name), "%.*s", (int)name_len, argument);
	server->rival = argument[name_len] == '=';
	server->port = (unsigned)strtoul(argument + name_len + 1, &end, 10);
	if (*end != ',')
		maker_fail("'%s' is not NAME=PORT,PID", argument);
	server->pid = strtol(end + 1, &end, 10);
	if (*end != '\0' || server->pid <= 0)
		maker_fail("'%s' is not NAME=PORT,PID", argument);
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	static char request[REQUEST_LEN_MAX];
	size_t len;

	bench_report_begin(&bench.report, &argc, &argv, 15, "REQUESTS FILE NAME=PORT,PID …");
	if (argc < 3 || argc > 2 + SERVERS_MAX)
		maker_fail("requests, a file and 1 to %d servers are needed", SERVERS_MAX);
	bench.requests = strtoul(argv[0], NULL, 10);
	if (bench.requests < HTTP_LOAD_CONNECTIONS || bench.requests > 1000000)
		maker_fail("'%s' requests are too few or too many", argv[0]);
	len = read_request(argv[1], request);
	for (int i = 2; i < argc; i++)
		parse_server(&bench.servers[bench.server_count++], argv[i]);
	for (size_t i = 0; i < bench.server_count; i++)
		http_load_open(&bench.servers[i].load, bench.servers[i].port, request, len, "");
	run_rounds(&bench);
	bench_report_group(&bench.report, "forward auth, RS256, the same token");
	for (size_t i = 0; i < bench.server_count; i++) {
		report_server(&bench.report, &bench.servers[i], i == 0);
		http_load_close(&bench.servers[i].load);
	}
	return bench_report_end(&bench.report);
}
