/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every process that serves HTTP has: its listening sockets, their threads, TLS, and the end of it.
 *
 * One pool of threads for each listening socket, each thread with its own epoll set, so that a connection that does
 * nothing costs nothing and one that is slow delays nobody. What is done with a request is the process's.
 */
#ifndef MM_DAEMON_HTTP_SERVER_H
#define MM_DAEMON_HTTP_SERVER_H

#include "daemon/ipc/message.h"
#include "engine/config.h"

#include <mintmark/version.h>

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* For each listener: a thread a processor, and never more than this. */
#define MM_HTTP_THREADS_MAX 16

/* How long the end waits for what is being answered. */
#define MM_HTTP_DRAIN_MAX_MS 5000

/* After the stop: requests that lie in a socket's buffer unread are still taken in this time. */
#define MM_HTTP_LAST_CALL_MS 100

struct mm_http_listener {
	enum mm_listen_kind kind;
	int fd;
	char address[256]; /* for messages */
	struct MHD_Daemon *http; /* NULL until it answers */
};

/* PEM text; wiped as soon as the TLS library has read it. */
struct mm_http_pem {
	char *text;
	size_t len;
};

struct mm_http_server {
	struct mm_http_listener listeners[MM_LISTENS_MAX];
	size_t listener_count;
	unsigned threads_per_listener, connections_per_listener;
	struct mm_http_pem tls_certificate, tls_key;
	struct mm_http_pem tls_client_ca; /* NULL text: clients are not asked for certificates */
};

/* What the HTTP library calls; ctx is the first parameter of all but the last. */
struct mm_http_calls {
	MHD_AccessHandlerCallback request_continues;
	MHD_RequestCompletedCallback request_ended;
	MHD_NotifyConnectionCallback connection_changed;
	void *ctx;
	/*
	 * Each connection's memory: head of the request, its fields, head of the answer. A head that does not fit gets
	 * the library's 431. All of it is wiped with each request.
	 */
	size_t connection_bytes;
	bool suspends; /* answers are made while the connection waits, by other threads */
};

/*
 * Take what mintmarkd sends: a listening socket (the descriptor is kept), a certificate (payload 0) or key (payload 1),
 * the authorities of clients. Returns NULL, else a sentence of what is wrong with it.
 */
MM_MUST_USE const char *mm_http_server_add_listener(struct mm_http_server *server, struct mm_message *message);
MM_MUST_USE const char *mm_http_server_set_tls(struct mm_http_server *server, const struct mm_message *message);
MM_MUST_USE const char *mm_http_server_set_client_ca(struct mm_http_server *server, const struct mm_message *message);

/* The same for whether all is there that answering needs. */
MM_MUST_USE const char *mm_http_server_check(const struct mm_http_server *server);

/*
 * What needs files, before the sandbox closes: how many processors there are. waits_for_disk: each thread does, so that
 * there are as many as there may be.
 */
void mm_http_server_prepare(struct mm_http_server *server, bool waits_for_disk);

/*
 * Make the threads of every listener and answer. False, told on standard error in the name of program, where one cannot
 * be had. TLS texts are wiped in either case.
 */
MM_MUST_USE bool mm_http_server_start(struct mm_http_server *server, const struct mm_http_calls *calls,
    const char *program);

/* Accept no more connections. */
void mm_http_server_quiesce(struct mm_http_server *server);

/* The same, and give what is in flight time to be answered: max_ms at most, of MM_HTTP_LAST_CALL_MS or more. */
void mm_http_server_drain(struct mm_http_server *server, const _Atomic size_t *in_flight, long max_ms);

/* End all connections at once, unanswered. No connection may be suspended. */
void mm_http_server_stop(struct mm_http_server *server);

/* Paths are compared as they were sent: "%00" must not end one. */
size_t mm_http_keep_escaped(void *ctx, struct MHD_Connection *connection, char *text);

#endif
