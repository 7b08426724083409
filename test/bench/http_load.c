/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load: one thread, which never sleeps: to wake a client is work of the server that answers it, a microsecond or
 * two, and the faster one of two servers would be spared it more often.
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
	size_t len; /* of the answer so far */
	char answer[ANSWER_LEN_MAX + 1];
};

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
http_load_open(struct http_load *load, unsigned port, const char *request, size_t request_len, const char *wanted)
{
	*load = (struct http_load){ request, request_len, wanted,
	    calloc(HTTP_LOAD_CONNECTIONS, sizeof(*load->connections)) };
	if (load->connections == NULL)
		maker_fail("memory is short");
	for (size_t i = 0; i < HTTP_LOAD_CONNECTIONS; i++)
		load->connections[i].fd = connect_to(port);
}

void
http_load_close(struct http_load *load)
{
	for (size_t i = 0; i < HTTP_LOAD_CONNECTIONS; i++)
		close(load->connections[i].fd);
	free(load->connections);
	load->connections = NULL;
}

static void
send_request(const struct http_load *load, struct http_load_connection *connection)
{
	/* It fits into any socket's buffer: all of it is taken, or the connection is broken. */
	if (send(connection->fd, load->request, load->request_len, MSG_NOSIGNAL) != (ssize_t)load->request_len)
		maker_fail("a request cannot be sent: %s", strerror(errno));
	connection->len = 0;
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

/* Read what came; true when the answer is complete and right. */
static bool
take_answer(const struct http_load *load, struct http_load_connection *connection)
{
	ssize_t got = recv(connection->fd, connection->answer + connection->len, ANSWER_LEN_MAX - connection->len, 0);

	if (got <= 0)
		maker_fail("an answer does not end: %s", got == 0 ? "the connection was closed" : strerror(errno));
	connection->len += (size_t)got;
	connection->answer[connection->len] = '\0';
	if (!is_complete(connection))
		return false;
	if (strncmp(connection->answer, "HTTP/1.1 200 ", 13) != 0 || strstr(connection->answer, load->wanted) == NULL)
		maker_fail("an answer is not as wanted:\n%s", connection->answer);
	return true;
}

static time_t
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Until an answer, or a part of one, came. */
static void
await_answers(struct pollfd polled[HTTP_LOAD_CONNECTIONS])
{
	time_t began_s = now_s();

	while (poll(polled, HTTP_LOAD_CONNECTIONS, 0) <= 0)
		if (now_s() - began_s > PATIENCE_S)
			maker_fail("no answer within %d s", PATIENCE_S);
}

void
http_load_run(struct http_load *load, size_t requests)
{
	struct pollfd polled[HTTP_LOAD_CONNECTIONS];
	size_t sent = 0, answered = 0;

	for (size_t i = 0; i < HTTP_LOAD_CONNECTIONS; i++) {
		polled[i] = (struct pollfd){ load->connections[i].fd, POLLIN, 0 };
		if (sent < requests && ++sent)
			send_request(load, &load->connections[i]);
	}
	while (answered < requests) {
		await_answers(polled);
		for (size_t i = 0; i < HTTP_LOAD_CONNECTIONS; i++) {
			if (polled[i].revents == 0 || !take_answer(load, &load->connections[i]))
				continue;
			answered++;
			if (sent < requests && ++sent)
				send_request(load, &load->connections[i]);
		}
	}
}
