/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A load of one HTTP request over kept connections: one request at a time on each, the next as soon as the answer
 * is there.
 */
#ifndef BENCH_HTTP_LOAD_H
#define BENCH_HTTP_LOAD_H

#include <stddef.h>

#define HTTP_LOAD_CONNECTIONS 16

struct http_load {
	const char *request;
	size_t request_len;
	const char *wanted; /* stands in every answer */
	struct http_load_connection *connections;
};

/* Connect to a port of loopback. request and wanted must outlive the load. Ends the program where it cannot. */
void http_load_open(struct http_load *load, unsigned port, const char *request, size_t request_len, const char *wanted);
void http_load_close(struct http_load *load);

/*
 * Send so many requests and take their answers. Each must be a 200 with a Content-Length and hold what is wanted:
 * ends the program where one is not, or does not come.
 */
void http_load_run(struct http_load *load, size_t requests);

#endif
