/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP through libmicrohttpd: one pool of threads for each listening socket, each thread with its own epoll set,
 * so that a connection that does nothing costs nothing and one that is slow delays nobody.
 */
#include "daemon/gate/http.h"

#include "daemon/ipc/limits.h"
#include "lib/base/array.h"
#include "lib/crypto/digest.h"

#include <malloc.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* For each listener: a thread a processor; where each waits for the disk this many, for one sync serves them all. */
#define THREADS_MAX 16

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

/*
 * A connection takes all of its memory from its first answer on (before that, hardly any). So beyond this many
 * connections that have had one, 80 MiB, answers close theirs; it is far more than proxies keep open.
 */
#define KEPT_CONNECTIONS_MAX 1024

/* A body above GATE_BODY_LEN_MAX is read on to here, so that its sender sees the 413; then the line is cut. */
#define BODY_SKIPPED_MAX ((size_t)1024 * 1024)

/* After the stop: requests that lie in a socket's buffer unread are still taken in this time. */
#define LAST_CALL_MS 100
#define GATE_DRAIN_MAX_MS 5000
#define DRAIN_STEP_MS 5

#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct gate_route {
	const char *path;    /* up to the service's name, where it has one */
	bool names_service;
	const char *methods; /* as the field Allow has it; NULL: any */
	bool takes_body;
	gate_handler *handler;
	const char *label;   /* in metrics */
};

static const struct gate_route routes[] = {
	{ "/v1/introspect/", true, "POST", true, gate_introspect, "introspect" },
	{ "/v1/auth/", true, NULL, false, gate_forward_auth, "auth" },
	{ "/healthz", false, "GET, HEAD", false, gate_healthz, "healthz" },
	{ "/readyz", false, "GET, HEAD", false, gate_readyz, "readyz" },
	{ "/metrics", false, "GET, HEAD", false, gate_metrics_page, "metrics" },
	{ NULL, false, NULL, false, NULL, "other" },
};

_Static_assert(MM_COUNT_OF(routes) <= GATE_ROUTES_MAX, "answers are counted by route");

size_t
gate_http_route_count(void)
{
	return MM_COUNT_OF(routes);
}

const char *
gate_http_route_name(size_t route)
{
	return routes[route].label;
}

/* ---- routing ---- */

/* The row that a path belongs to; *service is what stands behind it. The last row where none does. */
static const struct gate_route *
find_route(const char *path, struct mm_slice *service)
{
	const struct gate_route *route = routes;

	*service = MM_SLICE_ABSENT;
	for (; route->path != NULL; route++) {
		size_t len = strlen(route->path);

		if (!route->names_service && strcmp(path, route->path) == 0)
			return route;
		if (route->names_service && strncmp(path, route->path, len) == 0) {
			*service = mm_slice_str(path + len);
			return route;
		}
	}
	return route;
}

static bool
method_allowed(const char *methods, const char *method)
{
	size_t len = strlen(method);

	if (methods == NULL)
		return true;
	for (const char *at = methods; *at != '\0';) {
		size_t this_len = strcspn(at, ",");

		if (this_len == len && memcmp(at, method, len) == 0)
			return true;
		at += this_len;
		at += strspn(at, ", ");
	}
	return false;
}

static struct gate_exchange *
new_exchange(struct gate *gate, struct MHD_Connection *connection, const char *path, const char *method)
{
	struct gate_exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL)
		return NULL;
	exchange->gate = gate;
	exchange->connection = connection;
	exchange->route = find_route(path, &exchange->service_name);
	exchange->method_allowed = method_allowed(exchange->route->methods, method);
	mm_buf_init(&exchange->body, GATE_BODY_LEN_MAX);
	atomic_fetch_add(&gate->in_flight, 1);
	return exchange;
}

static void
free_exchange(struct gate_exchange *exchange)
{
	mm_secret_wipe(exchange->body.data, exchange->body.len);
	mm_buf_clear(&exchange->body);
	atomic_fetch_sub(&exchange->gate->in_flight, 1);
	free(exchange);
}

/* ---- connections ---- */

/* What the gate keeps of one. */
struct connection {
	bool answered; /* once at least: it counts against KEPT_CONNECTIONS_MAX */
};

static void
connection_changed(void *ctx, struct MHD_Connection *http, void **connection_ctx,
    enum MHD_ConnectionNotificationCode what)
{
	struct gate *gate = ctx;
	struct connection *connection = *connection_ctx;

	(void)http;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		atomic_fetch_add_explicit(&gate->connections, 1, memory_order_relaxed);
		*connection_ctx = calloc(1, sizeof(*connection));
		return;
	}
	atomic_fetch_sub_explicit(&gate->connections, 1, memory_order_relaxed);
	if (connection != NULL && connection->answered)
		atomic_fetch_sub_explicit(&gate->connections_answered, 1, memory_order_relaxed);
	free(connection);
}

/* Whether the connection may stay open behind the answer that is being made. */
static bool
may_keep(const struct gate_exchange *exchange)
{
	struct gate *gate = exchange->gate;
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *connection = info == NULL ? NULL : info->socket_context;

	if (connection == NULL || atomic_load_explicit(&gate->stopping, memory_order_relaxed))
		return false;
	if (!connection->answered)
		atomic_fetch_add_explicit(&gate->connections_answered, 1, memory_order_relaxed);
	connection->answered = true;
	return atomic_load_explicit(&gate->connections_answered, memory_order_relaxed) <= KEPT_CONNECTIONS_MAX;
}

/* ---- answering ---- */

/* What is wrong with the request before any handler looks at it; false: nothing. */
static bool
answer_unfit(struct gate_exchange *exchange, struct gate_answer *answer)
{
	const struct gate_route *route = exchange->route;

	if (exchange->framing == GATE_FRAMING_AMBIGUOUS) {
		gate_answer_text(answer, MHD_HTTP_BAD_REQUEST, "the end of the request is not clear");
	} else if (exchange->framing == GATE_FRAMING_TOO_LARGE) {
		gate_answer_text(answer, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
	} else if (route->handler == NULL) {
		gate_answer_text(answer, MHD_HTTP_NOT_FOUND, "there is nothing here");
	} else if (route->names_service && exchange->service == NULL) {
		atomic_fetch_add_explicit(&exchange->gate->metrics.unknown_services, 1, memory_order_relaxed);
		gate_answer_text(answer, MHD_HTTP_NOT_FOUND, "there is no such service");
	} else if (!exchange->method_allowed) {
		gate_answer_add_header(answer, "Allow", route->methods);
		gate_answer_text(answer, MHD_HTTP_METHOD_NOT_ALLOWED, "this endpoint does not take this method");
	} else {
		return false;
	}
	return true;
}

static bool
add_headers(struct MHD_Response *response, const struct gate_exchange *exchange, const struct gate_answer *answer)
{
	bool added = MHD_add_response_header(response, "Content-Type", answer->content_type) == MHD_YES &&
	    MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES;

	if (!may_keep(exchange))
		added = added && MHD_add_response_header(response, "Connection", "close") == MHD_YES;
	for (size_t i = 0; i < answer->header_count; i++)
		added = added && MHD_add_response_header(response, answer->headers[i].name,
		    answer->headers[i].value) == MHD_YES;
	return added;
}

/* Send; MHD_NO, which ends the connection, where anything of it cannot be sent. */
static enum MHD_Result
send_answer(const struct gate_exchange *exchange, const struct gate_answer *answer)
{
	struct gate_metrics *metrics = &exchange->gate->metrics;
	struct MHD_Response *response;
	enum MHD_Result result = MHD_NO;

	if (!gate_answer_ok(answer))
		return MHD_NO;
	response = MHD_create_response_from_buffer(answer->body.len, answer->body.data, MHD_RESPMEM_MUST_COPY);
	if (response == NULL)
		return MHD_NO;
	if (add_headers(response, exchange, answer))
		result = MHD_queue_response(exchange->connection, answer->status, response);
	MHD_destroy_response(response);
	if (result == MHD_YES)
		atomic_fetch_add_explicit(&metrics->answers[exchange->route - routes][answer->status / 100], 1,
		    memory_order_relaxed);
	return result;
}

/*
 * The view is taken now that the whole request is here, and given back when the library has the answer: so no client
 * that is slow to send or to read holds an old view back.
 */
static enum MHD_Result
answer_exchange(struct gate_exchange *exchange)
{
	struct gate_views *views = &exchange->gate->views;
	struct gate_answer answer;
	enum MHD_Result result;

	gate_answer_init(&answer);
	exchange->view = gate_views_take(views);
	if (exchange->route->names_service)
		exchange->service = mm_trust_find_service(exchange->view->trust, exchange->service_name);
	if (!answer_unfit(exchange, &answer))
		exchange->route->handler(exchange, &answer);
	result = send_answer(exchange, &answer);
	gate_views_give_back(views, exchange->view);
	exchange->view = NULL;
	exchange->service = NULL;
	exchange->caller = NULL;
	gate_answer_clear(&answer);
	return result;
}

/* ---- the library's callbacks ---- */

static bool
is_chunked(struct mm_slice coding)
{
	static const char chunked[] = "chunked";

	return coding.len == sizeof(chunked) - 1 && strncasecmp(coding.ptr, chunked, coding.len) == 0;
}

/*
 * What the head says of the body's length. A request whose end two readers could see at two places is not
 * understood: "A server MAY reject a request that contains both Content-Length and Transfer-Encoding" (RFC 9112
 * section 6.1), since one proxy before us may go by the one and we by the other. So may one that takes a field with a
 * blank behind its name for Content-Length, as the library does not: "A server MUST reject, with a response status code
 * of 400 (Bad Request), any received request message that contains whitespace between a header field name and colon"
 * (section 5.1). Any other coding than chunked the library reads to the end of the connection.
 */
static enum gate_framing
read_framing(const struct gate_exchange *exchange)
{
	struct gate_field length = gate_exchange_field(exchange, MHD_HTTP_HEADER_CONTENT_LENGTH);
	struct gate_field encoding = gate_exchange_field(exchange, MHD_HTTP_HEADER_TRANSFER_ENCODING);

	if (length.count > 1 || encoding.count > 1 || (length.count > 0 && encoding.count > 0) ||
	    (encoding.count > 0 && !is_chunked(encoding.value)) || !gate_exchange_names_are_tokens(exchange))
		return GATE_FRAMING_AMBIGUOUS;
	if (length.count > 0 && strtoull(length.value.ptr, NULL, 10) > GATE_BODY_LEN_MAX)
		return GATE_FRAMING_TOO_LARGE;
	return GATE_FRAMING_FIT;
}

static enum MHD_Result
begin_exchange(struct gate *gate, struct MHD_Connection *connection, const char *path, const char *method,
    void **request_ctx)
{
	struct gate_exchange *exchange = new_exchange(gate, connection, path, method);

	*request_ctx = exchange;
	if (exchange == NULL)
		return MHD_NO;
	exchange->framing = read_framing(exchange);
	/* Answered before the body is read, so that the library closes the connection behind the answer. */
	return exchange->framing == GATE_FRAMING_FIT ? MHD_YES : answer_exchange(exchange);
}

static enum MHD_Result
take_body(struct gate_exchange *exchange, const char *bytes, size_t len)
{
	exchange->body_seen += len;
	if (exchange->body_seen > BODY_SKIPPED_MAX)
		return MHD_NO;
	if (exchange->body_seen > GATE_BODY_LEN_MAX)
		exchange->framing = GATE_FRAMING_TOO_LARGE;
	else if (exchange->route->takes_body)
		mm_buf_add(&exchange->body, bytes, len);
	/* A form whose end memory was too short for would ask another question, without its mailbox perhaps. */
	return mm_buf_ok(&exchange->body) ? MHD_YES : MHD_NO;
}

/* Called once when the head is read, then for each part of the body, then once more for the answer. */
static enum MHD_Result
access_handler(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **request_ctx)
{
	(void)version;
	if (*request_ctx == NULL)
		return begin_exchange(ctx, connection, path, method, request_ctx);
	if (*upload_len > 0) {
		size_t len = *upload_len;

		*upload_len = 0;
		return take_body(*request_ctx, upload, len);
	}
	return answer_exchange(*request_ctx);
}

static void
request_completed(void *ctx, struct MHD_Connection *connection, void **request_ctx,
    enum MHD_RequestTerminationCode how)
{
	(void)ctx;
	(void)connection;
	(void)how;
	if (*request_ctx != NULL)
		free_exchange(*request_ctx);
	*request_ctx = NULL;
}

/* Paths are compared as they were sent: no service has a name that needs escapes, and "%00" must not end one. */
static size_t
keep_escaped(void *ctx, struct MHD_Connection *connection, char *text)
{
	(void)ctx;
	(void)connection;
	return strlen(text);
}

/* ---- start and stop ---- */

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

	listener->http = MHD_start_daemon(flags, 0, NULL, NULL, access_handler, gate,
	    MHD_OPTION_LISTEN_SOCKET, listener->fd,
	    MHD_OPTION_THREAD_POOL_SIZE, gate->threads_per_listener,
	    MHD_OPTION_CONNECTION_LIMIT, gate->connections_per_listener,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES,
	    MHD_OPTION_NOTIFY_COMPLETED, request_completed, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, connection_changed, gate,
	    MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped, NULL,
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
