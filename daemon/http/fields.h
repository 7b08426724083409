/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header fields of a request, and what they say of its length.
 */
#ifndef MM_DAEMON_HTTP_FIELDS_H
#define MM_DAEMON_HTTP_FIELDS_H

#include <mintmark/slice.h>

#include <microhttpd.h>
#include <stddef.h>

/* A header field that must not stand twice. */
struct mm_http_field {
	struct mm_slice value; /* of the first; absent: there is none */
	size_t count;
};

/* Find a header field of the request, ignoring the case of its name. */
struct mm_http_field mm_http_find_field(struct MHD_Connection *connection, const char *name);

/* Whether the request's length can be served. */
enum mm_http_framing {
	MM_HTTP_FRAMING_FIT,
	MM_HTTP_FRAMING_TOO_LARGE,
	MM_HTTP_FRAMING_AMBIGUOUS, /* it states two lengths, or none that all readers agree on */
};

/*
 * What the head says of the body's length. A request whose end two readers could see at two places is ambiguous, and
 * one with a field whose name is no token (RFC 9110 section 5.6.2).
 */
enum mm_http_framing mm_http_read_framing(struct MHD_Connection *connection, size_t body_len_max);

#endif
