/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-gate [--json FILE] [--rounds N] REQUESTS DIR NAME=PORT,PID …
 *
 * The CPU time that servers take for one request, in user and kernel mode of all their threads. All get the same
 * requests in turn, round after round: DIR/KIND-ALGORITHM.http, KIND auth and introspect. The first server is the
 * floor, which answers an empty 200; the others are gates. What OpenSSL alone takes for the signature is measured
 * in the same rounds.
 */
#include "test/bench/floor.h"
#include "test/bench/http_load.h"
#include "test/bench/report.h"
#include "test/bench/timing.h"

#include <dirent.h>
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

static const struct kind {
	const char *name, *title, *wanted;
} kinds[] = {
	{ "auth", "forward auth", "" },
	{ "introspect", "introspection", "\"active\":true" },
};

static const char *const algorithms[] = { "RS256", "ES256" };

struct server {
	char name[32];
	unsigned port;
	long pid;
	struct http_load load;
	double us[BENCH_ROUNDS_MAX], of_floor[BENCH_ROUNDS_MAX];
};

struct bench {
	struct bench_report report;
	size_t requests;
	const char *dir;
	struct server servers[SERVERS_MAX];
	size_t server_count;
};

/* ---- CPU time ---- */

static double
thread_cpu_ns(long pid, const char *thread)
{
	char path[PATH_LEN_MAX];
	double ns = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/task/%s/schedstat", pid, thread);
	file = fopen(path, "r");
	if (file == NULL)
		return 0; /* it ended */
	if (fgets(path, sizeof(path), file) != NULL)
		ns = strtod(path, NULL);
	fclose(file);
	return ns;
}

static double
process_cpu_us(long pid)
{
	char path[PATH_LEN_MAX];
	double ns = 0;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%ld/task", pid);
	tasks = opendir(path);
	if (tasks == NULL)
		maker_fail("process %ld: %s", pid, strerror(errno));
	for (const struct dirent *entry; (entry = readdir(tasks)) != NULL;)
		if (entry->d_name[0] != '.')
			ns += thread_cpu_ns(pid, entry->d_name);
	closedir(tasks);
	if (ns == 0)
		maker_fail("process %ld: this kernel does not count its threads' CPU time in schedstat", pid);
	return ns / 1e3;
}

static void
linger(void)
{
	const struct timespec span = { 0, LINGER_MS * 1000000L };

	nanosleep(&span, NULL);
}

/* ---- rounds ---- */

static void
take_turn(const struct bench *bench, struct server *server, unsigned round)
{
	double begin_us = process_cpu_us(server->pid);

	http_load_run(&server->load, bench->requests);
	linger();
	server->us[round] = (process_cpu_us(server->pid) - begin_us) / (double)bench->requests;
}

static void
run_rounds(struct bench *bench, struct bench_contender *signature, double signature_us[BENCH_ROUNDS_MAX])
{
	for (size_t i = 0; i < bench->server_count; i++)
		http_load_run(&bench->servers[i].load, bench->requests / 4); /* warm */
	for (unsigned round = 0; round < bench->report.rounds; round++) {
		bench_run(signature, 1, 1, SIGNATURE_TURN_MS);
		signature_us[round] = signature->ns / 1e3;
		for (size_t i = 0; i < bench->server_count; i++) {
			take_turn(bench, &bench->servers[i], round);
			bench->servers[i].of_floor[round] = bench->servers[i].us[round] / bench->servers[0].us[round];
		}
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
report_servers(struct bench *bench, double signature_us)
{
	struct bench_report *report = &bench->report;
	double floor_us = bench_median(bench->servers[0].us, report->rounds);

	add_figure(report, bench->servers[0].name, "CPU a request", floor_us, "µs");
	add_figure(report, "OpenSSL alone", "the signature", signature_us, "µs");
	for (size_t i = 1; i < bench->server_count; i++) {
		struct server *server = &bench->servers[i];
		double us = bench_median(server->us, report->rounds);

		add_figure(report, server->name, "CPU a decision", us, "µs");
		add_figure(report, server->name, "beside the empty 200",
		    bench_median(server->of_floor, report->rounds), "times");
		add_figure(report, server->name, "the signature's share", 100 * signature_us / us, "%");
		add_figure(report, server->name, "without signature and empty 200", us - signature_us - floor_us,
		    "µs");
	}
}

/* ---- one request ---- */

static size_t
read_request(const struct bench *bench, const struct kind *kind, const char *algorithm, char *request)
{
	char path[PATH_LEN_MAX];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s-%s.http", bench->dir, kind->name, algorithm);
	file = fopen(path, "r");
	if (file == NULL)
		maker_fail("%s: %s", path, strerror(errno));
	len = fread(request, 1, REQUEST_LEN_MAX, file);
	fclose(file);
	if (len == 0 || len == REQUEST_LEN_MAX)
		maker_fail("%s: it is empty or too long", path);
	return len;
}

static void
bench_request(struct bench *bench, const struct kind *kind, const char *algorithm)
{
	double signature_us[BENCH_ROUNDS_MAX];
	char request[REQUEST_LEN_MAX], group[64];
	size_t len = read_request(bench, kind, algorithm, request);
	struct bench_subject subject;
	struct bench_floor floor;
	struct bench_contender signature = { .name = "the signature", .run = bench_floor_run, .ctx = &floor };

	bench_subject_make(&subject, algorithm);
	bench_floor_open(&floor, &subject);
	for (size_t i = 0; i < bench->server_count; i++)
		http_load_open(&bench->servers[i].load, bench->servers[i].port, request, len,
		    i == 0 ? "" : kind->wanted);
	run_rounds(bench, &signature, signature_us);
	for (size_t i = 0; i < bench->server_count; i++)
		http_load_close(&bench->servers[i].load);
	bench_floor_close(&floor);
	bench_subject_free(&subject);
	snprintf(group, sizeof(group), "%s, %s", kind->title, algorithm);
	bench_report_group(&bench->report, group);
	report_servers(bench, bench_median(signature_us, bench->report.rounds));
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
	if (*end != '\0' || server->pid <= 0)
		maker_fail("'%s' is not NAME=PORT,PID", argument);
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
