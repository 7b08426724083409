/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load: one thread, which never sleeps unless it must: to wake a client is work of the server that answers it, a
 * microsecond or two, and the faster one of two servers would be spared it more often.
 */
#include "test/bench/http_load.h"

#include "test/maker/text.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_LEN_MAX 8192
#define PATIENCE_S 10

struct http_load_connection {
	int fd;
	const struct http_load_request *asked; /* NULL: nothing is under way */
	double asked_us;
	size_t len; /* of the answer so far */
	char answer[ANSWER_LEN_MAX + 1];
};

static double
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int
connect_to(unsigned port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || connect(fd, (struct sockaddr *)&address, sizeof(address)) == -1)
		maker_fail("port %u: %s", port, strerror(errno));
	return fd;
}

void
http_load_open_wide(struct http_load *load, unsigned port, const struct http_load_request *requests, size_t count,
    size_t connections)
{
	*load = (struct http_load){ .requests = requests, .request_count = count, .port = port,
		.connections = calloc(connections, sizeof(*load->connections)), .connection_count = connections };
	if (load->connections == NULL || connections > HTTP_LOAD_CONNECTIONS_MAX)
		maker_fail("memory is short");
	for (size_t i = 0; i < connections; i++)
		load->connections[i].fd = connect_to(port);
}

void
http_load_open_many(struct http_load *load, unsigned port, const struct http_load_request *requests, size_t count)
{
	http_load_open_wide(load, port, requests, count, HTTP_LOAD_CONNECTIONS);
}

void
http_load_open(struct http_load *load, unsigned port, const char *request, size_t request_len, const char *wanted)
{
	http_load_open_many(load, port, NULL, 1);
	load->only = (struct http_load_request){ request, request_len, "200", wanted };
	load->requests = &load->only;
}

void
http_load_close(struct http_load *load)
{
	for (size_t i = 0; i < load->connection_count; i++)
		close(load->connections[i].fd);
	free(load->connections);
	load->connections = NULL;
}

/* ---- one request and its answer ---- */

static void
send_next(struct http_load *load, struct http_load_connection *connection)
{
	connection->asked = &load->requests[load->next];
	load->next = (load->next + 1) % load->request_count;
	connection->len = 0;
	if (load->latencies_us != NULL)
		connection->asked_us = now_us();
	/* It fits into any socket's buffer: all of it is taken, or the connection is broken, which the answer shows. */
	if (send(connection->fd, connection->asked->bytes, connection->asked->len, MSG_NOSIGNAL) !=
	    (ssize_t)connection->asked->len && !load->counts_faults)
		maker_fail("a request cannot be sent: %s", strerror(errno));
}

/* Whether the answer is there to its end. */
static bool
is_complete(const struct http_load_connection *connection)
{
	const char *end = strstr(connection->answer, "\r\n\r\n");
	const char *length = strcasestr(connection->answer, "\r\nContent-Length:");

	if (end == NULL)
		return false;
	if (length == NULL || length > end)
		maker_fail("an answer has no Content-Length:\n%s", connection->answer);
	return connection->len >= (size_t)(end + 4 - connection->answer) + strtoul(length + 17, NULL, 10);
}

static void
lose_answer(struct http_load *load, struct http_load_connection *connection, const char *why)
{
	if (!load->counts_faults)
		maker_fail("an answer does not end: %s", why);
	load->lost++;
	close(connection->fd);
	connection->fd = connect_to(load->port);
}

static bool
is_right(const struct http_load_connection *connection)
{
	static const char version[] = "HTTP/1.1 ";
	const struct http_load_request *asked = connection->asked;
	size_t status_len = strlen(asked->status);

	return strncmp(connection->answer, version, sizeof(version) - 1) == 0 &&
	    strncmp(connection->answer + sizeof(version) - 1, asked->status, status_len) == 0 &&
	    connection->answer[sizeof(version) - 1 + status_len] == ' ' &&
	    strstr(connection->answer, asked->wanted) != NULL;
}

static void
judge_answer(struct http_load *load, const struct http_load_connection *connection)
{
	if (load->latencies_us != NULL)
		load->latencies_us[load->latency_count++] = now_us() - connection->asked_us;
	if (is_right(connection))
		return;
	if (!load->counts_faults)
		maker_fail("an answer is not as wanted:\n%s", connection->answer);
	load->wrong++;
}

/* Read what came; true when the request is done with, well or badly. */
static bool
take_answer(struct http_load *load, struct http_load_connection *connection)
{
	ssize_t got = recv(connection->fd, connection->answer + connection->len, ANSWER_LEN_MAX - connection->len, 0);

	if (got <= 0) {
		lose_answer(load, connection, got == 0 ? "the connection was closed" : strerror(errno));
		return true;
	}
	connection->len += (size_t)got;
	connection->answer[connection->len] = '\0';
	if (!is_complete(connection))
		return false;
	judge_answer(load, connection);
	return true;
}

/* ---- a run ---- */

/* One that has nothing under way is not looked at. */
static void
watch(const struct http_load *load, struct pollfd polled[HTTP_LOAD_CONNECTIONS_MAX])
{
	for (size_t i = 0; i < load->connection_count; i++)
		polled[i] = (struct pollfd){
			load->connections[i].asked == NULL ? -1 : load->connections[i].fd, POLLIN, 0
		};
}

/* Until an answer, or a part of one, came. */
static void
await_answers(const struct http_load *load, struct pollfd polled[HTTP_LOAD_CONNECTIONS_MAX])
{
	double began_us = now_us();

	while (poll(polled, load->connection_count, load->sleeps ? PATIENCE_S * 1000 : 0) <= 0)
		if (now_us() - began_us > PATIENCE_S * 1e6)
			maker_fail("no answer within %d s", PATIENCE_S);
}

void
http_load_run(struct http_load *load, size_t requests)
{
	struct pollfd polled[HTTP_LOAD_CONNECTIONS_MAX];
	size_t sent = 0, done = 0;

	for (size_t i = 0; i < load->connection_count && sent < requests; i++, sent++)
		send_next(load, &load->connections[i]);
	while (done < requests) {
		watch(load, polled);
		await_answers(load, polled);
		for (size_t i = 0; i < load->connection_count; i++) {
			if (polled[i].revents == 0 || !take_answer(load, &load->connections[i]))
				continue;
			load->connections[i].asked = NULL;
			done++;
			if (sent < requests && ++sent)
				send_next(load, &load->connections[i]);
		}
	}
}
