/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-gate [--json FILE] [--rounds N] REQUESTS DIR NAME=PORT,PID …
 *
 * The CPU time that servers take for one request, in user and kernel mode of all their threads. All get the same
 * requests in turn, round after round, over new connections each time: DIR/KIND-ALGORITHM.http, KIND auth and
 * introspect. The first server is the floor, which answers an empty 200; the others are gates. NAME=PORT,PID,uncached
 * is one without a token cache: what OpenSSL alone takes for the signature is measured in the same rounds.
 *
 * A server's rate is what one processor that does nothing else could answer in a second. Against the floor's, the
 * second server's must be RATE_MIN for the request that a proxy makes.
 */
#include "test/bench/floor.h"
#include "test/bench/http_load.h"
#include "test/bench/process_time.h"
#include "test/bench/report.h"
#include "test/bench/timing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SERVERS_MAX 8
#define PATH_LEN_MAX 512
#define REQUEST_LEN_MAX 8192
#define SIGNATURE_TURN_MS 10

/* A gate whose journal is 'group' writes within 100 ms: that work belongs to the turn before. */
#define LINGER_MS 150

#define RATE_MIN 0.75

static const struct kind {
	const char *name, *title, *wanted;
	bool bound; /* RATE_MIN is for it */
} kinds[] = {
	{ "auth", "forward auth", "", true },
	{ "introspect", "introspection", "\"active\":true", false },
};

static const char *const algorithms[] = { "RS256", "ES256" };

struct server {
	char name[32];
	unsigned port;
	long pid;
	bool uncached;
	struct http_load load;
	double us[BENCH_ROUNDS_MAX], rate[BENCH_ROUNDS_MAX]; /* rate: of the floor's */
};

struct request {
	const struct kind *kind;
	char bytes[REQUEST_LEN_MAX];
	size_t len;
};

struct bench {
	struct bench_report report;
	size_t requests;
	const char *dir;
	struct server servers[SERVERS_MAX];
	size_t server_count;
};

static void
linger(void)
{
	const struct timespec span = { 0, LINGER_MS * 1000000L };

	nanosleep(&span, NULL);
}

/* ---- rounds ---- */

static void
take_turn(const struct bench *bench, const struct request *request, struct server *server, unsigned round)
{
	bool is_floor = server == bench->servers;
	double begin_us;

	/* Which of a server's threads has how many of the connections is chance: not the same chance in every round. */
	http_load_open(&server->load, server->port, request->bytes, request->len,
	    is_floor ? "" : request->kind->wanted);
	http_load_run(&server->load, bench->requests / 8); /* warm */
	linger();
	begin_us = bench_process_cpu_us(server->pid);
	http_load_run(&server->load, bench->requests);
	linger();
	server->us[round] = (bench_process_cpu_us(server->pid) - begin_us) / (double)bench->requests;
	server->rate[round] = bench->servers[0].us[round] / server->us[round];
	http_load_close(&server->load);
}

static void
run_rounds(struct bench *bench, const struct request *request, struct bench_contender *signature,
    double signature_us[BENCH_ROUNDS_MAX])
{
	for (unsigned round = 0; round < bench->report.rounds; round++) {
		bench_run(signature, 1, 1, SIGNATURE_TURN_MS);
		signature_us[round] = signature->ns / 1e3;
		for (size_t i = 0; i < bench->server_count; i++)
			take_turn(bench, request, &bench->servers[i], round);
	}
}

/* ---- reporting ---- */

static void
add_figure(struct bench_report *report, const char *name, const char *what, double value, const char *unit)
{
	char text[96];

	snprintf(text, sizeof(text), "%s: %s", name, what);
	bench_report_add(report, &(struct bench_figure){ .what = text, .value = value, .unit = unit });
}

static void
report_rate(struct bench_report *report, const struct kind *kind, struct server *server, bool first_gate)
{
	char text[96];

	snprintf(text, sizeof(text), "%s: rate, of the empty 200's", server->name);
	bench_report_add(report, &(struct bench_figure){ .what = text, .unit = "times",
	    .value = bench_median(server->rate, report->rounds),
	    .bound = kind->bound && first_gate ? BENCH_AT_LEAST : BENCH_REPORTED, .limit = RATE_MIN });
}

static void
report_servers(struct bench *bench, const struct kind *kind, double signature_us)
{
	struct bench_report *report = &bench->report;
	double floor_us = bench_median(bench->servers[0].us, report->rounds);

	add_figure(report, bench->servers[0].name, "CPU a request", floor_us, "µs");
	add_figure(report, "OpenSSL alone", "the signature", signature_us, "µs");
	for (size_t i = 1; i < bench->server_count; i++) {
		struct server *server = &bench->servers[i];
		double us = bench_median(server->us, report->rounds);
		double own_us = us - floor_us - (server->uncached ? signature_us : 0);

		add_figure(report, server->name, "CPU a decision", us, "µs");
		report_rate(report, kind, server, i == 1);
		if (server->uncached)
			add_figure(report, server->name, "the signature's share", 100 * signature_us / us, "%");
		add_figure(report, server->name, server->uncached ? "without signature and empty 200" :
		    "without empty 200", own_us, "µs");
	}
}

/* ---- one request ---- */

static void
read_request(const struct bench *bench, const struct kind *kind, const char *algorithm, struct request *request)
{
	char path[PATH_LEN_MAX];
	FILE *file;

	request->kind = kind;

	snprintf(path, sizeof(path), "%s/%s-%s.http", bench->dir, kind->name, algorithm);
	file = fopen(path, "r");
	if (file == NULL)
		maker_fail("%s: %s", path, strerror(errno));
	request->len = fread(request->bytes, 1, REQUEST_LEN_MAX, file);
	fclose(file);
	if (request->len == 0 || request->len == REQUEST_LEN_MAX)
		maker_fail("%s: it is empty or too long", path);
}

static void
bench_request(struct bench *bench, const struct kind *kind, const char *algorithm)
{
	double signature_us[BENCH_ROUNDS_MAX];
	char group[64];
	struct request request;
	struct bench_subject subject;
	struct bench_floor floor;
	struct bench_contender signature = { .name = "the signature", .run = bench_floor_run, .ctx = &floor };

	read_request(bench, kind, algorithm, &request);
	bench_subject_make(&subject, algorithm);
	bench_floor_open(&floor, &subject);
	run_rounds(bench, &request, &signature, signature_us);
	bench_floor_close(&floor);
	bench_subject_free(&subject);
	snprintf(group, sizeof(group), "%s, %s", kind->title, algorithm);
	bench_report_group(&bench->report, group);
	report_servers(bench, kind, bench_median(signature_us, bench->report.rounds));
}

/* ---- arguments ---- */

static void
parse_server(struct server *server, const char *argument)
{
	const char *equals = strchr(argument, '=');
	char *end = NULL;

	if (equals == NULL || (size_t)(equals - argument) >= sizeof(server->name))
		maker_fail("'%s' is not NAME=PORT,PID", argument);
	snprintf(server->name, sizeof(server->name), "%.*s", (int)(equals - argument), argument);
	server->port = (unsigned)strtoul(equals + 1, &end, 10);
	if (*end != ',')
		maker_fail("'%s' is not NAME=PORT,PID", argument);
	server->pid = strtol(end + 1, &end, 10);
	server->uncached = strcmp(end, ",uncached") == 0;
	if ((*end != '\0' && !server->uncached) || server->pid <= 0)
		maker_fail("'%s' is not NAME=PORT,PID[,uncached]", argument);
}

int
main(int argc, char **argv)
{
	static struct bench bench;

	bench_report_begin(&bench.report, &argc, &argv, 15, "REQUESTS DIR NAME=PORT,PID …");
	if (argc < 4 || argc > 2 + SERVERS_MAX)
		maker_fail("requests, a folder and 2 to %d servers are needed", SERVERS_MAX);
	bench.requests = strtoul(argv[0], NULL, 10);
	if (bench.requests < HTTP_LOAD_CONNECTIONS || bench.requests > 1000000)
		maker_fail("'%s' requests are too few or too many", argv[0]);
	bench.dir = argv[1];
	for (int i = 2; i < argc; i++)
		parse_server(&bench.servers[bench.server_count++], argv[i]);
	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
		for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
			bench_request(&bench, &kinds[kind], algorithms[i]);
	return bench_report_end(&bench.report);
}
