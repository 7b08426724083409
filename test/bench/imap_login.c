/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-login [--json FILE] [--rounds N] LOGINS DIR NAME=PORT …
 *
 * How long IMAP servers take from the AUTHENTICATE command, with its token (XOAUTH2), to their OK. One login after
 * the other, each over a connection of its own; LOGINS at each server in turn, round after round, with the tokens
 * DIR/ALGORITHM.token for the mailbox DIR/mailbox. The first server is what the others are seen beside.
 */
#include "test/bench/report.h"
#include "test/bench/timing.h"
#include "test/maker/text.h"

#include <openssl/evp.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SERVERS_MAX 8
#define LOGINS_MAX 1000
#define PATH_LEN_MAX 512
#define LINE_LEN_MAX 8192
#define PATIENCE_S 10
#define WARM_LOGINS 5

static const char *const algorithms[] = { "RS256", "ES256" };

struct server {
	char name[48];
	unsigned port;
	double *us;
	size_t count;
};

struct bench {
	struct bench_report report;
	size_t logins;
	const char *dir;
	struct server servers[SERVERS_MAX];
	size_t server_count;
};

/* ---- one connection ---- */

static int
connect_to(unsigned port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct timeval patience = { PATIENCE_S, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd == -1 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == -1 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == -1)
		maker_fail("port %u: %s", port, strerror(errno));
	return fd;
}

/* Read until a line begins so. Untagged lines are passed over; a refusal ends the program. */
static void
expect_line(int fd, const char *begin)
{
	char said[LINE_LEN_MAX + 1];
	size_t len = 0;

	for (;;) {
		ssize_t got = recv(fd, said + len, LINE_LEN_MAX - len, 0);
		const char *at;

		if (got <= 0)
			maker_fail("the server says no '%s': %s", begin, got == 0 ? "it closed" : strerror(errno));
		len += (size_t)got;
		said[len] = '\0';
		at = strstr(said, begin);
		if (at != NULL && (at == said || at[-1] == '\n') && strchr(at, '\n') != NULL)
			return;
		if (strstr(said, "a NO") != NULL || strstr(said, "a BAD") != NULL || said[0] == '+')
			maker_fail("the server refuses the login: %s", said);
	}
}

static void
say(int fd, const char *text, size_t len)
{
	if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		maker_fail("the server does not listen: %s", strerror(errno));
}

static double
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* The time of one login. */
static double
log_in(const struct server *server, const struct maker_text *command)
{
	static const char logout[] = "b LOGOUT\r\n";
	int fd = connect_to(server->port);
	double begin_us, us;

	expect_line(fd, "* OK");
	begin_us = now_us();
	say(fd, command->bytes, command->len);
	expect_line(fd, "a OK");
	us = now_us() - begin_us;
	say(fd, logout, sizeof(logout) - 1);
	expect_line(fd, "b OK");
	close(fd);
	return us;
}

/* ---- the command ---- */

/* The first line of DIR/NAME. */
static void
read_line(const char *dir, const char *name, char line[LINE_LEN_MAX + 1])
{
	char path[PATH_LEN_MAX];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "r");
	if (file == NULL)
		maker_fail("%s: %s", path, strerror(errno));
	len = fread(line, 1, LINE_LEN_MAX, file);
	fclose(file);
	line[len] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

/* "user=ADDRESS^Aauth=Bearer TOKEN^A^A" in base64, as the command's first answer. */
static void
make_command(struct maker_text *command, const char *dir, const char *algorithm)
{
	char address[LINE_LEN_MAX + 1], token[LINE_LEN_MAX + 1], name[32];
	struct maker_text first = { NULL, 0, 0 };
	unsigned char *encoded;

	snprintf(name, sizeof(name), "%s.token", algorithm);
	read_line(dir, "mailbox", address);
	read_line(dir, name, token);
	maker_text_add_format(&first, "user=%s\001auth=Bearer %s\001\001", address, token);
	encoded = calloc(1, 4 * (first.len / 3 + 1) + 1);
	if (encoded == NULL)
		maker_fail("memory is short");
	EVP_EncodeBlock(encoded, (const unsigned char *)first.bytes, (int)first.len);
	maker_text_add_format(command, "a AUTHENTICATE XOAUTH2 %s\r\n", (const char *)encoded);
	free(encoded);
	maker_text_clear(&first);
}

/* ---- rounds ---- */

static void
run_rounds(struct bench *bench, const struct maker_text *command)
{
	for (size_t i = 0; i < bench->server_count; i++) {
		bench->servers[i].count = 0;
		for (int warm = 0; warm < WARM_LOGINS; warm++)
			(void)log_in(&bench->servers[i], command);
	}
	for (unsigned round = 0; round < bench->report.rounds; round++) {
		for (size_t i = 0; i < bench->server_count; i++) {
			struct server *server = &bench->servers[i];

			for (size_t n = 0; n < bench->logins; n++)
				server->us[server->count++] = log_in(server, command);
		}
	}
}

static void
report_percentile(struct bench *bench, const char *percentile, double share)
{
	double first_ms = bench_percentile(bench->servers[0].us, bench->servers[0].count, share) / 1e3;

	for (size_t i = 0; i < bench->server_count; i++) {
		struct server *server = &bench->servers[i];
		double ms = bench_percentile(server->us, server->count, share) / 1e3;
		char what[128];

		snprintf(what, sizeof(what), "%s, %s", percentile, server->name);
		bench_report_add(&bench->report, &(struct bench_figure){ .what = what, .value = ms, .unit = "ms" });
		if (i == 0)
			continue;
		snprintf(what, sizeof(what), "%s, %s: more than the first", percentile, server->name);
		bench_report_add(&bench->report, &(struct bench_figure){ .what = what, .value = ms - first_ms,
		    .unit = "ms" });
	}
}

static void
bench_algorithm(struct bench *bench, const char *algorithm)
{
	struct maker_text command = { NULL, 0, 0 };

	make_command(&command, bench->dir, algorithm);
	run_rounds(bench, &command);
	bench_report_group(&bench->report, algorithm);
	bench_report_add(&bench->report, &(struct bench_figure){ .what = "logins at each",
	    .value = (double)bench->servers[0].count, .unit = "" });
	report_percentile(bench, "p50", 0.5);
	report_percentile(bench, "p95", 0.95);
	maker_text_clear(&command);
}

/* ---- arguments ---- */

static void
parse_server(struct server *server, const char *argument, size_t logins)
{
	const char *equals = strchr(argument, '=');

	if (equals == NULL || (size_t)(equals - argument) >= sizeof(server->name))
		maker_fail("'%s' is not NAME=PORT", argument);
	snprintf(server->name, sizeof(server->name), "%.*s", (int)(equals - argument), argument);
	server->port = (unsigned)strtoul(equals + 1, NULL, 10);
	server->us = calloc(logins, sizeof(*server->us));
	if (server->us == NULL)
		maker_fail("memory is short");
}

int
main(int argc, char **argv)
{
	static struct bench bench;

	bench_report_begin(&bench.report, &argc, &argv, 10, "LOGINS DIR NAME=PORT …");
	if (argc < 3 || argc > 2 + SERVERS_MAX)
		maker_fail("logins, a folder and up to %d servers are needed", SERVERS_MAX);
	bench.logins = strtoul(argv[0], NULL, 10);
	if (bench.logins < 1 || bench.logins > LOGINS_MAX)
		maker_fail("'%s' logins are too few or too many", argv[0]);
	bench.dir = argv[1];
	for (int i = 2; i < argc; i++)
		parse_server(&bench.servers[bench.server_count++], argv[i], bench.logins * bench.report.rounds);
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		bench_algorithm(&bench, algorithms[i]);
	for (size_t i = 0; i < bench.server_count; i++)
		free(bench.servers[i].us);
	return bench_report_end(&bench.report);
}
