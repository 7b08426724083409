/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a request. */
#include "daemon/http/body.h"

#include "lib/crypto/digest.h"

#include <microhttpd.h>

/* A body above its limit is read on to here, so that its sender sees the 413; then the line is cut. */
#define SKIPPED_MAX ((size_t)1024 * 1024)

void
mm_http_body_begin(struct mm_http_body *body, struct MHD_Connection *connection, size_t max)
{
	*body = (struct mm_http_body){ .framing = mm_http_read_framing(connection, max), .max = max };
	mm_buf_init(&body->bytes, max);
}

bool
mm_http_body_take(struct mm_http_body *body, bool keep, const char *bytes, size_t len)
{
	body->seen += len;
	if (body->seen > SKIPPED_MAX)
		return false;
	if (body->seen > body->max)
		body->framing = MM_HTTP_FRAMING_TOO_LARGE;
	else if (keep)
		mm_buf_add(&body->bytes, bytes, len);
	return mm_buf_ok(&body->bytes);
}

bool
mm_http_body_refuse(const struct mm_http_body *body, struct mm_http_answer *answer)
{
	switch (body->framing) {
	case MM_HTTP_FRAMING_FIT:
		return false;
	case MM_HTTP_FRAMING_TOO_LARGE:
		mm_http_answer_text(answer, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
		return true;
	default:
		mm_http_answer_text(answer, MHD_HTTP_BAD_REQUEST, "the end of the request is not clear");
		return true;
	}
}

void
mm_http_body_clear(struct mm_http_body *body)
{
	mm_http_wipe(&body->bytes);
}

void
mm_http_wipe(struct mm_buf *buf)
{
	if (buf->data != NULL)
		mm_secret_wipe(buf->data, buf->len);
	mm_buf_clear(buf);
}
