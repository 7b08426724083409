/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-issue keys ALGORITHM DIR
 * bench-issue [--json FILE] [--rounds N] run ALGORITHM TOKENS PORT ISSUER RESOURCE DIR COMMAND [ARGUMENT…]
 *
 * How many tokens a mint issues in a second, end to end: CLIENTS applications, each with a connection and a key of its
 * own, ask the issuer for tokens of their own (RFC 6749 section 4.4, private_key_jwt). ALGORITHM, ES256 or RS256, is
 * that of their assertions; the mint's own is its configuration's. Each assertion is good once and was signed before
 * the clock starts. What this program takes of the processors meanwhile, which the mint needs too, is told.
 *
 * 'keys' makes the keys: DIR/ALGORITHM-N.pem, and DIR/ALGORITHM-N.jwks to register the client ALGORITHM-N with. In each
 * round of 'run' COMMAND runs once, and prints how often a second the bare signer signs, which the mint is held
 * against: the same program, with a key of the same kind, asked directly, with as many requests under way as there are
 * clients, and with nothing else to do for the machine; first with all its threads, then with one that signs.
 */
#include "test/bench/http_load.h"
#include "test/bench/report.h"
#include "test/bench/timing.h"
#include "test/maker/key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS HTTP_LOAD_CONNECTIONS_MAX
#define TOKENS_MAX 200000
#define PATH_LEN_MAX 512
#define ASSERTION_LIFETIME_S 240
#define RATE_MIN 0.4

struct bench {
	struct bench_report report;
	size_t tokens;
	unsigned port;
	const char *algorithm, *issuer, *resource, *dir;
	char **command;
	EVP_PKEY *keys[CLIENTS];
	struct maker_text *texts; /* one of each token */
	struct http_load_request *requests;
	double *latencies_us;
	double rate[BENCH_ROUNDS_MAX], own_us[BENCH_ROUNDS_MAX];
	double bare[BENCH_ROUNDS_MAX], share[BENCH_ROUNDS_MAX];
	double bare_one[BENCH_ROUNDS_MAX], share_of_one[BENCH_ROUNDS_MAX];
	double p50_ms[BENCH_ROUNDS_MAX], p99_ms[BENCH_ROUNDS_MAX];
};

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double
own_cpu_us(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

/* ---- keys ---- */

static void
write_jwks(EVP_PKEY *key, const char *algorithm, const char *path)
{
	struct maker_object jwk = { .count = 0 };
	struct maker_text text = { .bytes = NULL };
	FILE *file = fopen(path, "w");

	maker_key_publish(key, &jwk);
	maker_object_set_string(&jwk, "kid", "1");
	maker_object_set_string(&jwk, "alg", algorithm);
	maker_object_set_string(&jwk, "use", "sig");
	maker_object_write(&jwk, &text);
	if (file == NULL || fprintf(file, "{\"keys\":[%s]}\n", text.bytes) < 0 || fclose(file) != 0)
		maker_fail("%s: %s", path, strerror(errno));
	maker_object_clear(&jwk);
	maker_text_clear(&text);
}

static int
make_keys(const char *algorithm, const char *dir)
{
	bool is_rsa = strcmp(algorithm, "RS256") == 0;
	char path[PATH_LEN_MAX];

	for (unsigned i = 0; i < CLIENTS; i++) {
		EVP_PKEY *key = maker_key_new(is_rsa ? MAKER_RSA : MAKER_EC256, NULL);

		snprintf(path, sizeof(path), "%s/%s-%u.pem", dir, algorithm, i);
		maker_key_store(key, path);
		snprintf(path, sizeof(path), "%s/%s-%u.jwks", dir, algorithm, i);
		write_jwks(key, algorithm, path);
		EVP_PKEY_free(key);
	}
	return 0;
}

static void
load_keys(struct bench *bench)
{
	char path[PATH_LEN_MAX];

	for (unsigned i = 0; i < CLIENTS; i++) {
		snprintf(path, sizeof(path), "%s/%s-%u.pem", bench->dir, bench->algorithm, i);
		bench->keys[i] = maker_key_load(path);
	}
}

/* ---- requests ---- */

/* A new one each time; numbers of one process and one run cannot meet. */
static void
add_assertion(const struct bench *bench, unsigned client, struct maker_text *body)
{
	static unsigned long number;
	struct maker_text header = { .bytes = NULL }, claims = { .bytes = NULL };
	struct maker_text input = { .bytes = NULL }, signature = { .bytes = NULL };
	long long now = (long long)time(NULL);

	maker_text_add_format(&header, "{\"alg\":\"%s\",\"kid\":\"1\"}", bench->algorithm);
	maker_text_add_format(&claims, "{\"iss\":\"%s-%u\",\"sub\":\"%s-%u\",\"aud\":\"%s\",\"iat\":%lld,"
	    "\"exp\":%lld,\"jti\":\"%d-%lu\"}", bench->algorithm, client, bench->algorithm, client, bench->issuer, now,
	    now + ASSERTION_LIFETIME_S, (int)getpid(), ++number);
	maker_text_add_base64url(&input, header.bytes, header.len);
	maker_text_add_str(&input, ".");
	maker_text_add_base64url(&input, claims.bytes, claims.len);
	maker_key_sign(bench->keys[client], bench->algorithm, &input, &signature);
	maker_text_add(body, input.bytes, input.len);
	maker_text_add_str(body, ".");
	maker_text_add_base64url(body, signature.bytes, signature.len);
	maker_text_clear(&header);
	maker_text_clear(&claims);
	maker_text_clear(&input);
	maker_text_clear(&signature);
}

static void
make_request(const struct bench *bench, unsigned client, struct maker_text *request)
{
	struct maker_text body = { .bytes = NULL };

	maker_text_add_format(&body, "grant_type=client_credentials&resource=%s&client_assertion_type="
	    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=", bench->resource);
	add_assertion(bench, client, &body);
	maker_text_clear(request);
	maker_text_add_format(request, "POST /token HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
	    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n", bench->port, body.len);
	maker_text_add(request, body.bytes, body.len);
	maker_text_clear(&body);
}

static void
make_requests(struct bench *bench)
{
	for (size_t i = 0; i < bench->tokens; i++) {
		make_request(bench, (unsigned)(i % CLIENTS), &bench->texts[i]);
		bench->requests[i] = (struct http_load_request){ bench->texts[i].bytes, bench->texts[i].len, "200",
			"\"access_token\"" };
	}
}

/* ---- rounds ---- */

/* Two numbers. */
static void
read_rates(int fd, double *all, double *one)
{
	char text[64] = "", *end;
	ssize_t got, len = 0;

	while ((got = read(fd, text + len, sizeof(text) - 1 - (size_t)len)) > 0)
		len += got;
	*all = strtod(text, &end);
	*one = strtod(end, NULL);
}

static void
run_bare_signer(char **command, double *all, double *one)
{
	int ends[2], status;
	pid_t pid;

	if (pipe(ends) != 0 || (pid = fork()) == -1)
		maker_fail("%s: %s", command[0], strerror(errno));
	if (pid == 0) {
		if (dup2(ends[1], STDOUT_FILENO) != -1)
			execv(command[0], command);
		_exit(127);
	}
	close(ends[1]);
	read_rates(ends[0], all, one);
	close(ends[0]);
	if (waitpid(pid, &status, 0) != pid || status != 0 || *all <= 0 || *one <= 0)
		maker_fail("%s gives no rates", command[0]);
}

static void
run_round(struct bench *bench, unsigned round)
{
	struct http_load load;
	double began_s, began_us;

	run_bare_signer(bench->command, &bench->bare[round], &bench->bare_one[round]);
	make_requests(bench);
	http_load_open_wide(&load, bench->port, bench->requests, bench->tokens, CLIENTS);
	load.sleeps = true;
	load.latencies_us = bench->latencies_us;
	began_us = own_cpu_us();
	began_s = now_s();
	http_load_run(&load, bench->tokens);
	bench->rate[round] = (double)bench->tokens / (now_s() - began_s);
	bench->own_us[round] = (own_cpu_us() - began_us) / (double)bench->tokens;
	bench->share[round] = bench->rate[round] / bench->bare[round];
	bench->share_of_one[round] = bench->rate[round] / bench->bare_one[round];
	bench->p50_ms[round] = bench_percentile(bench->latencies_us, load.latency_count, 0.5) / 1e3;
	bench->p99_ms[round] = bench_percentile(bench->latencies_us, load.latency_count, 0.99) / 1e3;
	http_load_close(&load);
}

static void
add_figure(struct bench *bench, const char *what, double values[BENCH_ROUNDS_MAX], const char *unit)
{
	bench_report_add(&bench->report, &(struct bench_figure){ .what = what, .unit = unit,
	    .value = bench_median(values, bench->report.rounds) });
}

static int
report(struct bench *bench)
{
	char group[64];

	snprintf(group, sizeof(group), "issuing end to end, 64 clients, %s assertions", bench->algorithm);
	bench_report_group(&bench->report, group);
	add_figure(bench, "tokens", bench->rate, "/s");
	add_figure(bench, "the bare signer, all its threads", bench->bare, "/s");
	add_figure(bench, "the bare signer, one thread that signs", bench->bare_one, "/s");
	bench_report_add(&bench->report, &(struct bench_figure){ .what = "tokens / the bare signer, all its threads",
	    .value = bench_median(bench->share, bench->report.rounds), .unit = "times",
	    .bound = BENCH_AT_LEAST, .limit = RATE_MIN });
	add_figure(bench, "tokens / the bare signer, one thread", bench->share_of_one, "times");
	add_figure(bench, "latency, median", bench->p50_ms, "ms");
	add_figure(bench, "latency, 99 of 100", bench->p99_ms, "ms");
	add_figure(bench, "CPU a token of the clients, in this program", bench->own_us, "µs");
	return bench_report_end(&bench->report);
}

/* ---- arguments ---- */

static void
parse_run(struct bench *bench, int argc, char **argv)
{
	if (argc < 8 || strcmp(argv[0], "run") != 0)
		maker_fail("use: keys ALGORITHM DIR, or: run ALGORITHM TOKENS PORT ISSUER RESOURCE DIR COMMAND …");
	bench->algorithm = argv[1];
	bench->tokens = strtoul(argv[2], NULL, 10);
	bench->port = (unsigned)strtoul(argv[3], NULL, 10);
	bench->issuer = argv[4];
	bench->resource = argv[5];
	bench->dir = argv[6];
	bench->command = argv + 7;
	if (bench->tokens < CLIENTS || bench->tokens > TOKENS_MAX)
		maker_fail("'%s' tokens are too few or too many", argv[2]);
	bench->texts = calloc(bench->tokens, sizeof(*bench->texts));
	bench->requests = calloc(bench->tokens, sizeof(*bench->requests));
	bench->latencies_us = calloc(bench->tokens, sizeof(*bench->latencies_us));
	if (bench->texts == NULL || bench->requests == NULL || bench->latencies_us == NULL)
		maker_fail("memory is short");
}

int
main(int argc, char **argv)
{
	static struct bench bench;

	bench_report_begin(&bench.report, &argc, &argv, 5, "keys … | run …");
	if (argc == 3 && strcmp(argv[0], "keys") == 0)
		return make_keys(argv[1], argv[2]);
	parse_run(&bench, argc, argv);
	load_keys(&bench);
	for (unsigned round = 0; round < bench.report.rounds; round++)
		run_round(&bench, round);
	return report(&bench);
}
