/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP answer while it is being made, apart from the library that sends it.
 */
#ifndef MM_DAEMON_GATE_ANSWER_H
#define MM_DAEMON_GATE_ANSWER_H

#include "lib/base/buf.h"
#include "lib/trust/trust.h"

#include <mintmark/reason.h>
#include <mintmark/slice.h>

#include <stdbool.h>

/* Six facts, a challenge, Allow, and room. */
#define GATE_HEADERS_MAX 10

/* /metrics of some thousand keys and a hundred services. */
#define GATE_ANSWER_LEN_MAX ((size_t)16 * 1024 * 1024)

struct gate_header {
	const char *name;
	size_t value_at; /* in the answer's values */
};

struct gate_answer {
	unsigned status;
	const char *content_type;
	struct mm_buf body;
	struct gate_header headers[GATE_HEADERS_MAX];
	size_t header_count;
	struct mm_buf values; /* of the headers, each ended by NUL */
	bool failed; /* memory was short: nothing of it may be sent */
};

/* A 503 without a body, until something else is put into it. */
void gate_answer_init(struct gate_answer *answer);
void gate_answer_clear(struct gate_answer *answer);

bool gate_answer_ok(const struct gate_answer *answer);

/* The value of one of the answer's headers; borrowed until the next one is added. The answer must be ok. */
const char *gate_answer_value(const struct gate_answer *answer, size_t header);

/* A line of plain text. */
void gate_answer_text(struct gate_answer *answer, unsigned status, const char *line);

/* A header from a constant text, which must be one line of visible ASCII and spaces. */
void gate_answer_add_header(struct gate_answer *answer, const char *name, const char *value);

/*
 * A header from any bytes: '%', space and all outside visible ASCII become '%' and two hexadecimal digits, so that
 * no value can end its line. An absent or empty value adds nothing.
 */
void gate_answer_add_fact(struct gate_answer *answer, const char *name, struct mm_slice value);

/*
 * 'WWW-Authenticate: Bearer realm="SERVICE"' with error and scope where they are not NULL (RFC 6750 section 3).
 */
void gate_answer_add_challenge(struct gate_answer *answer, const struct mm_service *service, const char *error,
    const struct mm_texts *scopes);

/*
 * 'WWW-Authenticate: DPoP realm="SERVICE", algs="…"' with error and scope as above (RFC 9449 section 7.1).
 */
void gate_answer_add_dpop_challenge(struct gate_answer *answer, const struct mm_service *service, const char *error,
    const struct mm_texts *scopes);

/* 401 for a caller that could not be authenticated with "Basic" (RFC 7662 section 2.3). */
void gate_answer_refuse_caller(struct gate_answer *answer, const struct mm_service *service);

#endif
