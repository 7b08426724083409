/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A load of HTTP requests over kept connections: one request at a time on each, the next as soon as the answer
 * is there.
 */
#ifndef BENCH_HTTP_LOAD_H
#define BENCH_HTTP_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_LOAD_CONNECTIONS 16
#define HTTP_LOAD_CONNECTIONS_MAX 64

struct http_load_request {
	const char *bytes;
	size_t len;
	const char *status; /* of the right answer, "200" */
	const char *wanted; /* stands in it */
};

struct http_load {
	const struct http_load_request *requests;
	size_t request_count, next;
	struct http_load_request only;
	struct http_load_connection *connections;
	size_t connection_count;
	unsigned port;
	/* For the caller to set. */
	bool counts_faults;   /* wrong and lost answers are counted; else one ends the program */
	double *latencies_us; /* NULL, or room for one of each request of a run */
	bool sleeps;          /* the processor is the servers' too: sleep until an answer comes */
	/* Counted from the beginning, or from where the caller set them to. */
	size_t wrong, lost, latency_count;
};

/*
 * Connect to a port of loopback, to send the requests in turn, all over again. They must outlive the load. Ends the
 * program where it cannot.
 */
void http_load_open_many(struct http_load *load, unsigned port, const struct http_load_request *requests, size_t count);
/* The same with another number of connections than HTTP_LOAD_CONNECTIONS, at most HTTP_LOAD_CONNECTIONS_MAX. */
void http_load_open_wide(struct http_load *load, unsigned port, const struct http_load_request *requests, size_t count,
    size_t connections);
void http_load_close(struct http_load *load);

/* The same with one request, whose answer is a 200. The load must not be moved then. */
void http_load_open(struct http_load *load, unsigned port, const char *request, size_t request_len, const char *wanted);

/*
 * Send so many requests and take their answers. Each must have its status, a Content-Length and what is wanted, or is
 * wrong. One is lost where the connection ends before its answer does; the next request then goes over a new one.
 * Ends the program where no answer comes.
 */
void http_load_run(struct http_load *load, size_t requests);

#endif
