/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP through libmicrohttpd.
 */
#include "daemon/http/server.h"

#include "daemon/ipc/limits.h"
#include "engine/file.h"
#include "lib/base/reader.h"
#include "lib/crypto/digest.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Heaps of malloc: one a thread of the listeners that are usual. */
#define ARENAS_MAX (2 * MM_HTTP_THREADS_MAX)

/* For each listener, where there are descriptors for so many; 5,000 idle clients and then some. */
#define CONNECTIONS_MAX 8192U

/* Descriptors that are no connections: the journal's and what comes with messages; what each thread waits with. */
#define DESCRIPTORS_OWN 64U
#define DESCRIPTORS_PER_THREAD 3U

/* A connection on which nothing moves. */
#define IDLE_TIMEOUT_S 30U

#define DRAIN_STEP_MS 5

#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* A certificate with a long chain has some 20 kB. */
#define PEM_LEN_MAX (256 * 1024)

/* ---- what mintmarkd sends ---- */

const char *
mm_http_server_add_listener(struct mm_http_server *server, struct mm_message *message)
{
	struct mm_http_listener *listener = &server->listeners[server->listener_count];
	struct mm_reader reader;
	struct mm_slice address;
	uint8_t kind;

	mm_reader_init(&reader, message->payload, message->len);
	kind = mm_reader_u8(&reader);
	address = mm_reader_slice(&reader, reader.left);
	if (!mm_reader_ok(&reader) || kind > MM_LISTEN_TLS || server->listener_count == MM_LISTENS_MAX)
		return "a listening socket is of no known kind, or one too many";
	listener->kind = (enum mm_listen_kind)kind;
	snprintf(listener->address, sizeof(listener->address), "%.*s", (int)address.len, address.ptr);
	listener->fd = message->fd;
	message->fd = -1;
	server->listener_count++;
	return NULL;
}

static bool
read_pem(int fd, struct mm_http_pem *pem)
{
	if (pem->text != NULL)
		return false;
	pem->text = mm_file_read_open(fd, PEM_LEN_MAX, &pem->len);
	return pem->text != NULL && pem->len > 0;
}

const char *
mm_http_server_set_tls(struct mm_http_server *server, const struct mm_message *message)
{
	bool is_key = message->len == 1 && message->payload[0] == 1;

	if (read_pem(message->fd, is_key ? &server->tls_key : &server->tls_certificate))
		return NULL;
	return is_key ? "the TLS key cannot be read" : "the TLS certificate cannot be read";
}

const char *
mm_http_server_set_client_ca(struct mm_http_server *server, const struct mm_message *message)
{
	return read_pem(message->fd, &server->tls_client_ca) ? NULL : "the authorities of clients cannot be read";
}

const char *
mm_http_server_check(const struct mm_http_server *server)
{
	bool has_tls = server->tls_certificate.text != NULL && server->tls_key.text != NULL;

	if (server->listener_count == 0)
		return "listening sockets are missing";
	for (size_t i = 0; i < server->listener_count; i++)
		if (server->listeners[i].kind == MM_LISTEN_TLS && !has_tls)
			return "a listening socket is for TLS, and certificate or key are missing";
	return NULL;
}

/* ---- starting ---- */

/*
 * So many that connections cannot take every descriptor that there is: a message from mintmarkd whose descriptor
 * finds none free is broken, and ends the process. The library wants one for each thread at least.
 */
static unsigned
connections_per_listener(const struct mm_http_server *server)
{
	size_t threads = server->listener_count * server->threads_per_listener;
	size_t own = DESCRIPTORS_OWN + DESCRIPTORS_PER_THREAD * threads, all = MM_GATE_DESCRIPTORS_MAX, share;
	struct rlimit limit;

	/* The sandbox will set the limit so. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < all)
		all = (size_t)limit.rlim_max;
	share = all > own ? (all - own) / server->listener_count : 0;
	if (share < server->threads_per_listener)
		return server->threads_per_listener;
	return share < CONNECTIONS_MAX ? (unsigned)share : CONNECTIONS_MAX;
}

void
mm_http_server_prepare(struct mm_http_server *server, bool waits_for_disk)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (waits_for_disk || cpus > MM_HTTP_THREADS_MAX)
		cpus = MM_HTTP_THREADS_MAX;
	server->threads_per_listener = cpus < 1 ? 1 : (unsigned)cpus;
	server->connections_per_listener = connections_per_listener(server);
	/*
	 * Without a limit of ours, glibc asks for the number of processors when the ninth thread allocates: it opens a
	 * file for that, and the sandbox kills it. Threads beyond the limit share heaps.
	 */
	mallopt(M_ARENA_MAX, ARENAS_MAX);
}

static bool
start_listener(const struct mm_http_server *server, struct mm_http_listener *listener,
    const struct mm_http_calls *calls, const char *program)
{
	/* Last, for where there is none the list ends before it. With it clients are asked for a certificate. */
	bool asks_clients = server->tls_client_ca.text != NULL;
	const struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, server->tls_certificate.text },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, server->tls_key.text },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
		{ asks_clients ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0, server->tls_client_ca.text },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem plain[] = { { MHD_OPTION_END, 0, NULL } };
	bool is_tls = listener->kind == MM_LISTEN_TLS;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | (is_tls ? MHD_USE_TLS : 0) |
	    (calls->suspends ? MHD_ALLOW_SUSPEND_RESUME : 0);

	listener->http = MHD_start_daemon(flags, 0, NULL, NULL, calls->request_continues, calls->ctx,
	    MHD_OPTION_LISTEN_SOCKET, listener->fd,
	    MHD_OPTION_THREAD_POOL_SIZE, server->threads_per_listener,
	    MHD_OPTION_CONNECTION_LIMIT, server->connections_per_listener,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, calls->connection_bytes,
	    MHD_OPTION_NOTIFY_COMPLETED, calls->request_ended, calls->ctx,
	    MHD_OPTION_NOTIFY_CONNECTION, calls->connection_changed, calls->ctx,
	    MHD_OPTION_UNESCAPE_CALLBACK, mm_http_keep_escaped, NULL,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_ARRAY, is_tls ? tls : plain,
	    MHD_OPTION_END);
	if (listener->http == NULL)
		fprintf(stderr, "%s: cannot answer at %s%s\n", program, listener->address,
		    is_tls ? ": do certificate and key belong together?" : "");
	return listener->http != NULL;
}

static void
wipe_pem(struct mm_http_pem *pem)
{
	if (pem->text != NULL)
		mm_secret_wipe(pem->text, pem->len);
	free(pem->text);
	*pem = (struct mm_http_pem){ NULL, 0 };
}

bool
mm_http_server_start(struct mm_http_server *server, const struct mm_http_calls *calls, const char *program)
{
	bool started = true;

	for (size_t i = 0; i < server->listener_count && started; i++)
		started = start_listener(server, &server->listeners[i], calls, program);
	/* The TLS library has its own copies by now. */
	wipe_pem(&server->tls_certificate);
	wipe_pem(&server->tls_key);
	wipe_pem(&server->tls_client_ca);
	return started;
}

static void
wait_ms(long ms)
{
	const struct timespec span = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&span, NULL);
}

void
mm_http_server_quiesce(struct mm_http_server *server)
{
	for (size_t i = 0; i < server->listener_count; i++)
		(void)MHD_quiesce_daemon(server->listeners[i].http);
}

void
mm_http_server_drain(struct mm_http_server *server, const _Atomic size_t *in_flight, long max_ms)
{
	long waited_ms = MM_HTTP_LAST_CALL_MS;

	mm_http_server_quiesce(server);
	wait_ms(MM_HTTP_LAST_CALL_MS);
	for (; atomic_load(in_flight) > 0 && waited_ms < max_ms; waited_ms += DRAIN_STEP_MS)
		wait_ms(DRAIN_STEP_MS);
}

void
mm_http_server_stop(struct mm_http_server *server)
{
	for (size_t i = 0; i < server->listener_count; i++) {
		if (server->listeners[i].http == NULL)
			continue;
		/* Else the library shuts the listening socket down, for everybody who has it: the next process too. */
		(void)MHD_quiesce_daemon(server->listeners[i].http);
		MHD_stop_daemon(server->listeners[i].http);
		server->listeners[i].http = NULL;
	}
}

size_t
mm_http_keep_escaped(void *ctx, struct MHD_Connection *connection, char *text)
{
	(void)ctx;
	(void)connection;
	return strlen(text);
}
