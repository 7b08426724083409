/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of a request, as it comes: kept up to a limit, read on behind it so that its sender sees the answer, and
 * wiped, since it may hold secrets.
 */
#ifndef MM_DAEMON_HTTP_BODY_H
#define MM_DAEMON_HTTP_BODY_H

#include "daemon/http/answer.h"
#include "daemon/http/fields.h"
#include "lib/base/buf.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

struct mm_http_body {
	enum mm_http_framing framing; /* what is wrong with it */
	struct mm_buf bytes;          /* what is kept */
	size_t max, seen;             /* seen: bytes, kept or not */
};

/* Begin with what the request's head says of it; max: the longest that is kept. Clear it at the end. */
void mm_http_body_begin(struct mm_http_body *body, struct MHD_Connection *connection, size_t max);

/*
 * Take some bytes of it; keep: whether anybody reads them. False where the connection must be cut: it is far too long,
 * or memory was too short for its end, without which it would ask something else.
 */
MM_MUST_USE bool mm_http_body_take(struct mm_http_body *body, bool keep, const char *bytes, size_t len);

/* Answer what is wrong with it; false: nothing is. */
bool mm_http_body_refuse(const struct mm_http_body *body, struct mm_http_answer *answer);

void mm_http_body_clear(struct mm_http_body *body);

/* Overwrite and free the bytes of a buffer that may hold secrets. */
void mm_http_wipe(struct mm_buf *buf);

#endif
