/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small HTTP client for the behaviour tests, for what curl does not do: raw bytes in parts, half-closed and idle
 * connections, and a load whose every answer is known afterwards.
 *
 *	load send ADDRESS [half] [slow MS]    standard input as it is; prints what comes back, until the end
 *	load idle ADDRESS COUNT [FILE]        opens connections (each sends FILE's bytes and reads one answer), prints
 *	                                      "open COUNT", waits for the end of standard input, prints "alive COUNT" of
 *	                                      those that nobody closed
 *	load ask ADDRESS FILE THREADS SECONDS sends FILE's request again and again over kept connections, "@" replaced
 *	                                      by a number of its own; prints "NUMBER STATUS allow|deny" for each answer;
 *	                                      SIGTERM ends it before its time
 *
 * ADDRESS: HOST:PORT (an IPv4 address) or unix:PATH.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define INPUT_MAX ((size_t)4 * 1024 * 1024)
#define ANSWER_MAX ((size_t)64 * 1024)
#define PATIENCE_MS 60000
#define NUMBER_WIDTH 12

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_un un;
	} of;
	socklen_t len;
};

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(2);
}

static struct address
parse_address(const char *text)
{
	struct address address = { 0 };
	const char *colon = strrchr(text, ':');
	char host[64];

	if (strncmp(text, "unix:", 5) == 0) {
		address.of.un.sun_family = AF_UNIX;
		snprintf(address.of.un.sun_path, sizeof(address.of.un.sun_path), "%s", text + 5);
		address.len = sizeof(address.of.un);
		return address;
	}
	if (colon == NULL)
		fail(text);
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	address.of.in.sin_family = AF_INET;
	address.of.in.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	if (inet_pton(AF_INET, host, &address.of.in.sin_addr) != 1)
		fail(text);
	address.len = sizeof(address.of.in);
	return address;
}

/* -1 where nobody listens. */
static int
open_connection(const struct address *address)
{
	int fd = socket(address->of.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval patience = { PATIENCE_MS / 1000, 0 };

	if (fd == -1)
		fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, &address->of.any, address->len) == 0)
		return fd;
	close(fd);
	return -1;
}

static char *
read_all(int fd, size_t *len)
{
	char *bytes = malloc(INPUT_MAX + 1);
	ssize_t got;

	if (bytes == NULL || fd == -1)
		fail("input");
	for (*len = 0; *len < INPUT_MAX && (got = read(fd, bytes + *len, INPUT_MAX - *len)) > 0;)
		*len += (size_t)got;
	bytes[*len] = '\0';
	return bytes;
}

static bool
send_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes += sent;
		len -= (size_t)sent;
	}
	return true;
}

static void
wait_ms(long ms)
{
	const struct timespec span = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&span, NULL);
}

/* ---- send ---- */

static bool
send_slowly(int fd, const char *bytes, size_t len, long pause_ms)
{
	for (size_t i = 0; i < len; i++) {
		if (!send_all(fd, bytes + i, 1))
			return false;
		wait_ms(pause_ms);
	}
	return true;
}

static int
run_send(const struct address *address, bool half, long pause_ms)
{
	char answer[4096];
	size_t len;
	char *bytes = read_all(STDIN_FILENO, &len);
	int fd = open_connection(address);
	ssize_t got;

	if (fd == -1)
		fail("connect");
	/* The other side may answer, and close, before it has read everything: what it said still counts. */
	(void)(pause_ms > 0 ? send_slowly(fd, bytes, len, pause_ms) : send_all(fd, bytes, len));
	if (half)
		shutdown(fd, SHUT_WR);
	while ((got = recv(fd, answer, sizeof(answer), 0)) > 0)
		if (write(STDOUT_FILENO, answer, (size_t)got) != got)
			fail("output");
	free(bytes);
	close(fd);
	return 0;
}

/* ---- answers ---- */

/* Read one answer with a Content-Length into room; its status, or -1 where the connection ended before. */
static int
read_answer(int fd, char room[ANSWER_MAX])
{
	size_t len = 0, needed = 0;

	do {
		ssize_t got = recv(fd, room + len, ANSWER_MAX - 1 - len, 0);
		const char *end, *length;

		if (got <= 0)
			return -1;
		len += (size_t)got;
		room[len] = '\0';
		end = strstr(room, "\r\n\r\n");
		if (end == NULL)
			continue;
		length = strcasestr(room, "\r\ncontent-length:");
		needed = (size_t)(end - room) + 4 + (length == NULL ? 0 : strtoul(length + 17, NULL, 10));
	} while (needed == 0 || len < needed);
	return strncmp(room, "HTTP/1.1 ", 9) == 0 ? (int)strtol(room + 9, NULL, 10) : -1;
}

/* ---- idle ---- */

static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static bool
is_alive(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == -1 && errno == EAGAIN;
}

static int
run_idle(const struct address *address, size_t count, const char *request_path)
{
	static char room[ANSWER_MAX];
	int *fds = calloc(count, sizeof(*fds));
	size_t len = 0, alive = 0;
	char *request = request_path == NULL ? NULL : read_all(open(request_path, O_RDONLY | O_CLOEXEC), &len);

	raise_limit();
	for (size_t i = 0; i < count; i++) {
		fds[i] = open_connection(address);
		if (fds[i] == -1)
			fail("connect");
		if (request != NULL && (!send_all(fds[i], request, len) || read_answer(fds[i], room) == -1))
			fail("answer");
	}
	printf("open %zu\n", count);
	fflush(stdout);
	free(read_all(STDIN_FILENO, &len));
	for (size_t i = 0; i < count; i++) {
		alive += is_alive(fds[i]);
		close(fds[i]);
	}
	printf("alive %zu\n", alive);
	free(request);
	free(fds);
	return 0;
}

/* ---- ask ---- */

struct asking {
	struct address address;
	const char *request;
	size_t len;
	size_t number_at;
	int64_t end_ms;
};

static _Atomic unsigned long next_number = 1;
static atomic_bool told_to_end;

static void
take_end(int number)
{
	(void)number;
	atomic_store(&told_to_end, true);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool
is_over(const struct asking *asking)
{
	return atomic_load(&told_to_end) || now_ms() >= asking->end_ms;
}

/* One request and its answer; false where the connection ended. */
static bool
ask_once(const struct asking *asking, int fd, char *request, char room[ANSWER_MAX])
{
	unsigned long number = atomic_fetch_add(&next_number, 1);
	char digits[NUMBER_WIDTH + 1];
	int status;

	snprintf(digits, sizeof(digits), "%0*lu", NUMBER_WIDTH, number);
	memcpy(request + asking->number_at, digits, NUMBER_WIDTH);
	if (!send_all(fd, request, asking->len))
		return false;
	status = read_answer(fd, room);
	if (status == -1)
		return false;
	printf("%s %d %s\n", digits, status, strstr(room, "\"active\":true") != NULL ? "allow" : "deny");
	return true;
}

static void *
ask_repeatedly(void *ctx)
{
	const struct asking *asking = ctx;
	char *request = malloc(asking->len), *room = malloc(ANSWER_MAX);

	if (request == NULL || room == NULL)
		fail("memory");
	memcpy(request, asking->request, asking->len);
	while (!is_over(asking)) {
		int fd = open_connection(&asking->address);

		while (fd != -1 && !is_over(asking) && ask_once(asking, fd, request, room))
			;
		if (fd != -1)
			close(fd);
		else
			wait_ms(5);
	}
	free(request);
	free(room);
	return NULL;
}

/* The request with room for a number in place of "@". */
static char *
widen_request(const char *bytes, size_t len, size_t *wide_len, size_t *number_at)
{
	const char *at = memchr(bytes, '@', len);
	char *wide = malloc(len + NUMBER_WIDTH);

	if (at == NULL || wide == NULL)
		fail("the request has no @");
	*number_at = (size_t)(at - bytes);
	memcpy(wide, bytes, *number_at);
	memcpy(wide + *number_at + NUMBER_WIDTH, at + 1, len - *number_at - 1);
	*wide_len = len - 1 + NUMBER_WIDTH;
	return wide;
}

static int
run_ask(const struct address *address, const char *path, size_t threads, long seconds)
{
	struct asking asking = { .address = *address, .end_ms = now_ms() + seconds * 1000 };
	size_t len;
	char *bytes = read_all(open(path, O_RDONLY | O_CLOEXEC), &len);
	char *request = widen_request(bytes, len, &asking.len, &asking.number_at);
	pthread_t *ids = calloc(threads, sizeof(*ids));

	asking.request = request;
	signal(SIGTERM, take_end);
	for (size_t i = 0; i < threads; i++)
		if (ids == NULL || pthread_create(&ids[i], NULL, ask_repeatedly, &asking) != 0)
			fail("threads");
	for (size_t i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	free(ids);
	free(request);
	free(bytes);
	return 0;
}

int
main(int argc, char **argv)
{
	struct address address;
	bool half;

	if (argc < 3) {
		fprintf(stderr, "load send|idle|ask ADDRESS …\n");
		return 2;
	}
	address = parse_address(argv[2]);
	half = argc > 3 && strcmp(argv[3], "half") == 0;
	if (strcmp(argv[1], "send") == 0)
		return run_send(&address, half,
		    argc > 4 + half && strcmp(argv[3 + half], "slow") == 0 ? strtol(argv[4 + half], NULL, 10) : 0);
	if (strcmp(argv[1], "idle") == 0 && argc >= 4)
		return run_idle(&address, strtoul(argv[3], NULL, 10), argc > 4 ? argv[4] : NULL);
	if (strcmp(argv[1], "ask") == 0 && argc == 6)
		return run_ask(&address, argv[3], strtoul(argv[4], NULL, 10), strtol(argv[5], NULL, 10));
	return 2;
}
