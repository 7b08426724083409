/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP through libmicrohttpd: one pool of threads for each listening socket, each thread with its own epoll set,
 * so that a connection that does nothing costs nothing and one that is slow delays nobody.
 */
#include "daemon/gate/http.h"

#include "daemon/gate/connection.h"
#include "daemon/gate/request.h"
#include "daemon/ipc/limits.h"
#include "lib/crypto/digest.h"

#include <malloc.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* For each listener: a thread a processor; where each waits for the disk this many, for one sync serves them all. */
#define THREADS_MAX 16

_Static_assert(MM_LISTENS_MAX * THREADS_MAX + 2 <= GATE_VIEWS_MAX, "each thread, the current one and the autopsy's");

/* Heaps of malloc: one a thread of the listeners that are usual. */
#define ARENAS_MAX (2 * THREADS_MAX)

/* For each listener, where there are descriptors for so many; 5,000 idle clients and then some. */
#define CONNECTIONS_MAX 8192U

/* Descriptors that are no connections: the journal's and what comes with messages; what each thread waits with. */
#define DESCRIPTORS_OWN 64U
#define DESCRIPTORS_PER_THREAD 3U

/* A connection on which nothing moves. */
#define IDLE_TIMEOUT_S 30U

/*
 * One connection's memory: head of the request, its fields, head of the answer. A token of 64 KiB in a header
 * fits, so that it gets an answer of ours; a head of more gets the library's 431.
 */
#define CONNECTION_MEMORY_BYTES ((size_t)80 * 1024)

/* After the stop: requests that lie in a socket's buffer unread are still taken in this time. */
#define LAST_CALL_MS 100
#define GATE_DRAIN_MAX_MS 5000
#define DRAIN_STEP_MS 5

#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/*
 * So many that connections cannot take every descriptor that there is: a message from mintmarkd whose descriptor
 * finds none free is broken, and ends the gate. The library wants one for each thread at least.
 */
static unsigned
connections_per_listener(const struct gate *gate)
{
	size_t threads = gate->listener_count * gate->threads_per_listener;
	size_t own = DESCRIPTORS_OWN + DESCRIPTORS_PER_THREAD * threads, all = MM_GATE_DESCRIPTORS_MAX, share;
	struct rlimit limit;

	/* The sandbox will set the limit so. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < all)
		all = (size_t)limit.rlim_max;
	share = all > own ? (all - own) / gate->listener_count : 0;
	if (share < gate->threads_per_listener)
		return gate->threads_per_listener;
	return share < CONNECTIONS_MAX ? (unsigned)share : CONNECTIONS_MAX;
}

void
gate_http_prepare(struct gate *gate)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (gate->journal_mode == MM_JOURNAL_DURABLE || cpus > THREADS_MAX)
		cpus = THREADS_MAX;
	gate->threads_per_listener = cpus < 1 ? 1 : (unsigned)cpus;
	gate->connections_per_listener = connections_per_listener(gate);
	/*
	 * Without a limit of ours, glibc asks for the number of processors when the ninth thread allocates: it opens a
	 * file for that, and the sandbox kills it. Threads beyond the limit share heaps.
	 */
	mallopt(M_ARENA_MAX, ARENAS_MAX);
}

static bool
start_listener(struct gate *gate, struct gate_listener *listener)
{
	/* Last, for where there is none the list ends before it. With it clients are asked for a certificate. */
	bool asks_clients = gate->tls_client_ca.text != NULL;
	const struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, gate->tls_certificate.text },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, gate->tls_key.text },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
		{ asks_clients ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0, gate->tls_client_ca.text },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem plain[] = { { MHD_OPTION_END, 0, NULL } };
	bool is_tls = listener->kind == MM_LISTEN_TLS;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | (is_tls ? MHD_USE_TLS : 0);

	listener->http = MHD_start_daemon(flags, 0, NULL, NULL, gate_request_continues, gate,
	    MHD_OPTION_LISTEN_SOCKET, listener->fd,
	    MHD_OPTION_THREAD_POOL_SIZE, gate->threads_per_listener,
	    MHD_OPTION_CONNECTION_LIMIT, gate->connections_per_listener,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES,
	    MHD_OPTION_NOTIFY_COMPLETED, gate_request_ended, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, gate_connection_changed, gate,
	    MHD_OPTION_UNESCAPE_CALLBACK, gate_request_keep_escaped, NULL,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_ARRAY, is_tls ? tls : plain,
	    MHD_OPTION_END);
	if (listener->http == NULL)
		fprintf(stderr, "mintmark-gate: cannot answer at %s%s\n", listener->address,
		    is_tls ? ": do certificate and key belong together?" : "");
	return listener->http != NULL;
}

static void
wipe_pem(struct gate_pem *pem)
{
	if (pem->text != NULL)
		mm_secret_wipe(pem->text, pem->len);
	free(pem->text);
	*pem = (struct gate_pem){ NULL, 0 };
}

bool
gate_http_start(struct gate *gate)
{
	bool started = true;

	for (size_t i = 0; i < gate->listener_count && started; i++)
		started = start_listener(gate, &gate->listeners[i]);
	/* The TLS library has its own copies by now. */
	wipe_pem(&gate->tls_certificate);
	wipe_pem(&gate->tls_key);
	wipe_pem(&gate->tls_client_ca);
	return started;
}

static void
wait_ms(long ms)
{
	const struct timespec span = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&span, NULL);
}

void
gate_http_abort(struct gate *gate)
{
	for (size_t i = 0; i < gate->listener_count; i++) {
		if (gate->listeners[i].http == NULL)
			continue;
		/* Else the library shuts the listening socket down, for everybody who has it: the next gate too. */
		(void)MHD_quiesce_daemon(gate->listeners[i].http);
		MHD_stop_daemon(gate->listeners[i].http);
		gate->listeners[i].http = NULL;
	}
}

void
gate_http_stop(struct gate *gate)
{
	long waited_ms = LAST_CALL_MS;

	atomic_store(&gate->stopping, true);
	for (size_t i = 0; i < gate->listener_count; i++)
		(void)MHD_quiesce_daemon(gate->listeners[i].http);
	wait_ms(LAST_CALL_MS);
	for (; atomic_load(&gate->in_flight) > 0 && waited_ms < GATE_DRAIN_MAX_MS; waited_ms += DRAIN_STEP_MS)
		wait_ms(DRAIN_STEP_MS);
	gate_http_abort(gate);
}
