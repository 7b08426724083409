/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-floor-server PORT: libmicrohttpd as the gate sets it up (daemon/gate/http.c), and nothing behind it: every
 * request, read to its end, is answered with an empty 200. What the gate's CPU time is measured beside. SIGTERM
 * ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The gate's own. */
#define THREADS_MAX 16
#define CONNECTIONS_MAX 8192U
#define IDLE_TIMEOUT_S 30U
#define CONNECTION_MEMORY_BYTES ((size_t)80 * 1024)
#define BACKLOG 4096

static enum MHD_Result
answer(void *ctx, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
    const char *upload, size_t *upload_len, void **request_ctx)
{
	static char seen;

	(void)path, (void)method, (void)version, (void)upload;
	if (*request_ctx == NULL || *upload_len > 0) {
		*request_ctx = &seen;
		*upload_len = 0;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, ctx);
}

static int
listen_on(const char *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) == -1 || listen(fd, BACKLOG) == -1) {
		fprintf(stderr, "bench-floor-server: port %s: %s\n", port, strerror(errno));
		exit(2);
	}
	return fd;
}

static struct MHD_Daemon *
start(int fd, struct MHD_Response *empty)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, answer, empty,
	    MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_THREAD_POOL_SIZE, cpus < 1 ? 1U : cpus < THREADS_MAX ? (unsigned)cpus : THREADS_MAX,
	    MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_END);
}

int
main(int argc, char **argv)
{
	static char nothing[1];
	struct MHD_Response *empty = MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
	struct MHD_Daemon *server;
	sigset_t stop;
	int received;

	if (argc != 2) {
		fputs("usage: bench-floor-server PORT\n", stderr);
		return 2;
	}
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	server = start(listen_on(argv[1]), empty);
	if (server == NULL) {
		fputs("bench-floor-server: cannot answer\n", stderr);
		return 2;
	}
	sigwait(&stop, &received);
	MHD_stop_daemon(server);
	MHD_destroy_response(empty);
	return 0;
}
