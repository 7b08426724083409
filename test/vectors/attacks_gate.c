/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attack table through a running gate: introspection over TCP for the answer, mintmark decisions for the reason.
 *
 * Every case asks from an address of its own (127.64.0.0/10 is all this machine), by which its record is found; and
 * so that no case is only counted because others of its source were many.
 */
#include "test/vectors/attacks.h"

#include "lib/base/array.h"
#include "test/maker/text.h"
#include "test/maker/world.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT_FIRST 20600
#define PORT_LAST 20639
#define START_LIMIT_MS 20000
#define ANSWER_LIMIT_MS 10000
#define DECISIONS_MAX (8 * 1024 * 1024)
#define SOURCE_FIRST 0x7f400001u /* 127.64.0.1 */
#define SOURCE_BEFORE 0x7f3f0001u /* 127.63.0.1: of a case's first request, where its answer is that to the second */

static uint16_t port;
static pid_t daemon_pid;

static struct sockaddr_in
loopback(uint32_t address, uint16_t to_port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(to_port), .sin_addr.s_addr = htonl(address),
	};
}

static const char *
choose_listen(void)
{
	static char text[32];

	for (port = PORT_FIRST; port <= PORT_LAST; port++) {
		struct sockaddr_in address = loopback(INADDR_LOOPBACK, port);
		int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
		bool is_free = setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
		    bind(probe, (struct sockaddr *)&address, sizeof address) == 0;

		close(probe);
		if (is_free) {
			snprintf(text, sizeof text, "127.0.0.1:%u", (unsigned)port);
			return text;
		}
	}
	attack_fail("no free port from %d to %d", PORT_FIRST, PORT_LAST);
}

/* ---- one request ---- */

static int
connect_from(uint32_t source)
{
	struct sockaddr_in from = loopback(source, 0), to = loopback(INADDR_LOOPBACK, port);
	struct timeval limit = { .tv_sec = ANSWER_LIMIT_MS / 1000 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
	    bind(fd, (struct sockaddr *)&from, sizeof from) != 0)
		attack_fail("no socket for a request");
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Send a request and read the whole answer, whose connection is closed behind it. False: there was no connection. */
static bool
exchange(uint32_t source, const char *request, size_t len, char *answer, size_t size)
{
	int fd = connect_from(source);
	size_t got_len = 0;
	ssize_t got;

	if (fd < 0)
		return false;
	if (send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
		attack_fail("a request of %zu bytes could not be sent", len);
	while (got_len < size - 1 && (got = recv(fd, answer + got_len, size - 1 - got_len, 0)) > 0)
		got_len += (size_t)got;
	answer[got_len] = '\0';
	close(fd);
	return true;
}

/* ---- the daemon ---- */

static long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool
is_ready(void)
{
	static const char request[] = "GET /readyz HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n";
	char answer[1024];

	return exchange(INADDR_LOOPBACK, request, sizeof request - 1, answer, sizeof answer) &&
	    strncmp(answer, "HTTP/1.1 200 ", 13) == 0;
}

/* Wait until it answers or ends; returns which. */
static bool
wait_until_ready(void)
{
	long limit = now_ms() + START_LIMIT_MS;
	int status;

	while (now_ms() < limit) {
		if (is_ready())
			return true;
		if (waitpid(daemon_pid, &status, WNOHANG) == daemon_pid) {
			daemon_pid = 0;
			return false;
		}
		poll(NULL, 0, 10);
	}
	attack_fail("mintmarkd neither answers nor ends");
}

static void
stop_daemon(void)
{
	int status;

	if (daemon_pid == 0)
		return;
	kill(daemon_pid, SIGTERM);
	waitpid(daemon_pid, &status, 0);
	daemon_pid = 0;
}

static bool
open_gate(struct attack_world *world)
{
	static bool stops_at_exit;
	char program[ATTACK_PATH_MAX], libexec[ATTACK_PATH_MAX];
	const char *const argv[] = { attack_built(program, "daemon/mintmarkd/mintmarkd"), "-c", world->config_path,
		"--libexec", attack_built(libexec, "daemon"), NULL };

	if (!stops_at_exit)
		stops_at_exit = atexit(stop_daemon) == 0;
	daemon_pid = fork();
	if (daemon_pid < 0)
		attack_fail("no child for mintmarkd");
	if (daemon_pid == 0) {
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return wait_until_ready();
}

/* ---- asking ---- */

static void
add_form(struct maker_text *form, const char *name, const char *value)
{
	maker_text_add_format(form, "%s%s=", form->len == 0 ? "" : "&", name);
	for (; *value != '\0'; value++)
		maker_text_add_format(form, isalnum((unsigned char)*value) ? "%c" : "%%%02X", (unsigned char)*value);
}

static void
add_evidence(struct maker_text *form, const char *proof, const char *thumbprint)
{
	if (proof != NULL) {
		add_form(form, "dpop", proof);
		add_form(form, "http_method", ATTACK_METHOD);
		add_form(form, "http_url", ATTACK_URL);
	}
	if (thumbprint[0] != '\0')
		add_form(form, "certificate_thumbprint", thumbprint);
}

static void
write_request(struct maker_text *request, const struct attack_case *one, const char *token, const char *proof,
    const char *thumbprint)
{
	struct maker_text form = { 0 };

	add_form(&form, "token", token);
	add_form(&form, "client_id", "dovecot");
	add_form(&form, "client_secret", MAKER_SECRET);
	if (one->mailbox != NULL)
		add_form(&form, "mailbox", one->mailbox);
	add_evidence(&form, proof, thumbprint);
	maker_text_add_format(request, "POST /v1/introspect/%s HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n"
	    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s", one->service, form.len,
	    form.bytes);
	maker_text_clear(&form);
}

/* Show a proof that is to be replayed for the first time. */
static void
ask_before(const struct attack_case *one, const char *token, const struct attack_shown *shown)
{
	static char answer[65536];
	struct maker_text request = { 0 };

	write_request(&request, one, token, shown->proof_before, shown->thumbprint);
	if (!exchange(SOURCE_BEFORE, request.bytes, request.len, answer, sizeof answer) ||
	    strstr(answer, "\"active\":true") == NULL)
		attack_fail("attacks.tsv:%d: the proof was not accepted before:\n%.300s", one->line, answer);
	maker_text_clear(&request);
}

static void
ask_gate(struct attack_world *world, size_t number, const struct attack_case *one, const char *token,
    const struct attack_shown *shown)
{
	static char answer[65536];
	struct attack_answer *said = &world->answers[number];
	struct maker_text request = { 0 };

	if (shown->proof_before != NULL)
		ask_before(one, token, shown);
	write_request(&request, one, token, shown->proof, shown->thumbprint);
	if (!exchange(SOURCE_FIRST + (uint32_t)number, request.bytes, request.len, answer, sizeof answer))
		attack_fail("attacks.tsv:%d: the gate does not answer", one->line);
	maker_text_clear(&request);
	said->allowed = strstr(answer, "\"active\":true") != NULL;
	said->asked = strncmp(answer, "HTTP/1.1 200 ", 13) == 0 &&
	    (said->allowed || strstr(answer, "\"active\":false") != NULL);
	if (!said->asked)
		printf("attacks.tsv:%d: answered with\n%.300s\n", one->line, answer);
}

/* ---- the reasons ---- */

/* What an autopsy found is judged where it was told: those that still waited when the gate was stopped are not. */
static void
take_autopsy(struct attack_world *world, const char *line)
{
	static const struct {
		const char *told, *said;
	} rows[] = {
		{ "somebody holds the key: it signed a token whose issuer is another realm's", "proof issuer" },
		{ "somebody holds the key: it signed a token that was issued outside its", "proof window" },
		{ "somebody holds the key: it signed a token that was issued after it was", "proof revoked" },
		{ "the key signed", "lead" },
	};
	char source[64];
	struct in_addr address;
	struct attack_answer *answer;

	if (!attack_json_word(line, "source", source, sizeof source) || inet_aton(source, &address) == 0 ||
	    ntohl(address.s_addr) < SOURCE_FIRST)
		attack_fail("an autopsy of nobody: %s", line);
	answer = &world->answers[ntohl(address.s_addr) - SOURCE_FIRST];
	for (size_t i = 0; i < MM_COUNT_OF(rows) && answer->autopsy[0] == '\0'; i++)
		if (strstr(line, rows[i].told) != NULL)
			attack_copy(answer->autopsy, sizeof answer->autopsy, rows[i].said, strlen(rows[i].said));
	if (answer->autopsy[0] == '\0')
		attack_fail("an autopsy that says nothing known: %s", line);
}

/* Of an autopsy, or of what the trust was compiled with. */
static void
take_finding(struct attack_world *world, const char *line)
{
	char finding[32];

	if (attack_json_word(line, "finding", finding, sizeof finding) && strcmp(finding, "autopsy") == 0)
		take_autopsy(world, line);
	else
		world->alarms = true;
}

static void
take_record(struct attack_world *world, const char *line)
{
	char kind[16], source[64], reason[40], verdict[16];
	struct in_addr address;
	struct attack_answer *answer;

	if (!attack_json_word(line, "kind", kind, sizeof kind))
		attack_fail("not a record: %s", line);
	if (strcmp(kind, "finding") == 0)
		take_finding(world, line);
	if (strcmp(kind, "decision") != 0)
		return;
	if (!attack_json_word(line, "source", source, sizeof source) ||
	    !attack_json_word(line, "reason", reason, sizeof reason) ||
	    !attack_json_word(line, "verdict", verdict, sizeof verdict) || inet_aton(source, &address) == 0)
		attack_fail("a record without its parts: %s", line);
	if (ntohl(address.s_addr) == SOURCE_BEFORE)
		return;
	if (ntohl(address.s_addr) < SOURCE_FIRST)
		attack_fail("a record of nobody: %s", line);
	answer = &world->answers[ntohl(address.s_addr) - SOURCE_FIRST];
	if (answer->reason[0] != '\0')
		attack_fail("two records of one decision: %s", line);
	attack_copy(answer->reason, sizeof answer->reason, reason, strlen(reason));
	if ((strcmp(verdict, "allow") == 0) != answer->allowed)
		attack_copy(answer->reason, sizeof answer->reason, "another verdict in the journal", 31);
}

static void
close_gate(struct attack_world *world)
{
	static char output[DECISIONS_MAX];
	char program[ATTACK_PATH_MAX];
	const char *const argv[] = { attack_built(program, "cli/mintmark"), "decisions", "-c", world->config_path,
		"--json", NULL };
	char *rest = output, *line;
	int status;

	stop_daemon();
	status = attack_run(argv, output, sizeof output);
	if (status != 0)
		attack_fail("mintmark decisions ended with %d:\n%s", status, output);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] != '\0')
			take_record(world, line);
	}
}

const struct attack_face attack_face = {
	.name = "gate",
	.choose_listen = choose_listen,
	.open = open_gate,
	.ask = ask_gate,
	.close = close_gate,
};
