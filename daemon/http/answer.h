/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP answer while it is being made, apart from the library that sends it.
 */
#ifndef MM_DAEMON_HTTP_ANSWER_H
#define MM_DAEMON_HTTP_ANSWER_H

#include "lib/base/buf.h"
#include "lib/trust/trust.h"

#include <mintmark/reason.h>
#include <mintmark/slice.h>

#include <stdbool.h>

/* Six facts, a challenge, Allow, and room. */
#define MM_HTTP_HEADERS_MAX 10

/* /metrics of some thousand keys and a hundred services. */
#define MM_HTTP_ANSWER_LEN_MAX ((size_t)16 * 1024 * 1024)

struct mm_http_header {
	const char *name;
	size_t value_at; /* in the answer's values */
};

struct mm_http_answer {
	unsigned status;
	const char *content_type;
	struct mm_buf body;
	struct mm_http_header headers[MM_HTTP_HEADERS_MAX];
	size_t header_count;
	struct mm_buf values; /* of the headers, each ended by NUL */
	bool failed; /* memory was short: nothing of it may be sent */
};

/* A 503 without a body, until something else is put into it. */
void mm_http_answer_init(struct mm_http_answer *answer);
void mm_http_answer_clear(struct mm_http_answer *answer);

bool mm_http_answer_ok(const struct mm_http_answer *answer);

/* The value of one of the answer's headers; borrowed until the next one is added. The answer must be ok. */
const char *mm_http_answer_value(const struct mm_http_answer *answer, size_t header);

/* A line of plain text. */
void mm_http_answer_text(struct mm_http_answer *answer, unsigned status, const char *line);

/* A header from a constant text, which must be one line of visible ASCII and spaces. */
void mm_http_answer_add_header(struct mm_http_answer *answer, const char *name, const char *value);

/*
 * A header from any bytes: '%', space and all outside visible ASCII become '%' and two hexadecimal digits, so that
 * no value can end its line. An absent or empty value adds nothing.
 */
void mm_http_answer_add_fact(struct mm_http_answer *answer, const char *name, struct mm_slice value);

/*
 * 'WWW-Authenticate: Bearer realm="REALM"' with error and scope where they are not NULL (RFC 6750 section 3).
 */
void mm_http_answer_add_challenge(struct mm_http_answer *answer, struct mm_slice realm, const char *error,
    const struct mm_texts *scopes);

/*
 * 'WWW-Authenticate: DPoP realm="REALM", algs="…"' with error and scope as above (RFC 9449 section 7.1).
 */
void mm_http_answer_add_dpop_challenge(struct mm_http_answer *answer, struct mm_slice realm, const char *error,
    const struct mm_texts *scopes);

/* 401 for a caller that could not be authenticated with "Basic" (RFC 7662 section 2.3). */
void mm_http_answer_refuse_caller(struct mm_http_answer *answer, struct mm_slice realm);

#endif
