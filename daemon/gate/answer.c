/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making HTTP answers.
 */
#include "daemon/gate/answer.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

/* A header of the longest claim with every byte escaped, and challenges with all scopes of a service. */
#define HEADER_LEN_MAX ((size_t)4 * MM_SCOPE_LEN_MAX)

void
gate_answer_init(struct gate_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->status = MHD_HTTP_SERVICE_UNAVAILABLE;
	answer->content_type = "text/plain; charset=utf-8";
	mm_buf_init(&answer->body, GATE_ANSWER_LEN_MAX);
}

void
gate_answer_clear(struct gate_answer *answer)
{
	for (size_t i = 0; i < answer->header_count; i++)
		free(answer->headers[i].value);
	answer->header_count = 0;
	mm_buf_clear(&answer->body);
}

bool
gate_answer_ok(const struct gate_answer *answer)
{
	return !answer->failed && mm_buf_ok(&answer->body);
}

void
gate_answer_text(struct gate_answer *answer, unsigned status, const char *line)
{
	answer->status = status;
	mm_buf_add_str(&answer->body, line);
	mm_buf_add_str(&answer->body, "\n");
}

/* Take what value holds as a header; value is empty afterwards. */
static void
add_header(struct gate_answer *answer, const char *name, struct mm_buf *value)
{
	char *text;

	mm_buf_add_u8(value, '\0');
	text = mm_buf_take(value, &(size_t){ 0 });
	mm_buf_clear(value);
	if (text == NULL || answer->header_count == GATE_HEADERS_MAX) {
		free(text);
		answer->failed = true;
		return;
	}
	answer->headers[answer->header_count++] = (struct gate_header){ name, text };
}

void
gate_answer_add_header(struct gate_answer *answer, const char *name, const char *value)
{
	struct mm_buf text;

	mm_buf_init(&text, HEADER_LEN_MAX);
	mm_buf_add_str(&text, value);
	add_header(answer, name, &text);
}

void
gate_answer_add_fact(struct gate_answer *answer, const char *name, struct mm_slice value)
{
	struct mm_buf text;

	/* The library takes no header without a value. */
	if (!mm_slice_present(value) || value.len == 0)
		return;
	mm_buf_init(&text, HEADER_LEN_MAX);
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];

		if (c > 0x20 && c < 0x7f && c != '%')
			mm_buf_add_u8(&text, c);
		else
			mm_buf_addf(&text, "%%%02X", c);
	}
	add_header(answer, name, &text);
}

/* A quoted-string (RFC 9110 section 5.6.4); what may not stand in one becomes '?'. */
static void
add_quoted(struct mm_buf *text, struct mm_slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];

		if (c == '"' || c == '\\')
			mm_buf_addf(text, "\\%c", c);
		else
			mm_buf_add_u8(text, c >= 0x20 && c < 0x7f ? c : (uint8_t)'?');
	}
}

static void
add_scopes(struct mm_buf *text, const struct mm_texts *scopes)
{
	mm_buf_add_str(text, ", scope=\"");
	for (size_t i = 0; i < scopes->count; i++) {
		if (i > 0)
			mm_buf_add_str(text, " ");
		add_quoted(text, scopes->items[i]);
	}
	mm_buf_add_str(text, "\"");
}

static void
begin_challenge(struct mm_buf *text, const char *scheme, const struct mm_service *service, const char *error,
    const struct mm_texts *scopes)
{
	mm_buf_init(text, HEADER_LEN_MAX);
	mm_buf_addf(text, "%s realm=\"", scheme);
	add_quoted(text, service->name);
	mm_buf_add_str(text, "\"");
	if (error != NULL)
		mm_buf_addf(text, ", error=\"%s\"", error);
	if (scopes != NULL)
		add_scopes(text, scopes);
}

void
gate_answer_add_challenge(struct gate_answer *answer, const struct mm_service *service, const char *error,
    const struct mm_texts *scopes)
{
	struct mm_buf text;

	begin_challenge(&text, "Bearer", service, error, scopes);
	add_header(answer, "WWW-Authenticate", &text);
}

/* RFC 9449 section 7.1: "a space-delimited list of supported JWS algorithms" */
static void
add_algorithms(struct mm_buf *text)
{
	const struct mm_algorithm *algorithm;

	mm_buf_add_str(text, ", algs=\"");
	for (uint8_t number = 1; (algorithm = mm_algorithm_by_number(number)) != NULL; number++) {
		if (number > 1)
			mm_buf_add_str(text, " ");
		mm_buf_add_str(text, algorithm->name);
	}
	mm_buf_add_str(text, "\"");
}

void
gate_answer_add_dpop_challenge(struct gate_answer *answer, const struct mm_service *service, const char *error,
    const struct mm_texts *scopes)
{
	struct mm_buf text;

	begin_challenge(&text, "DPoP", service, error, scopes);
	add_algorithms(&text);
	add_header(answer, "WWW-Authenticate", &text);
}

void
gate_answer_refuse_caller(struct gate_answer *answer, const struct mm_service *service)
{
	struct mm_buf text;

	mm_buf_init(&text, HEADER_LEN_MAX);
	mm_buf_add_str(&text, "Basic realm=\"");
	add_quoted(&text, service->name);
	mm_buf_add_str(&text, "\", charset=\"UTF-8\"");
	add_header(answer, "WWW-Authenticate", &text);
	gate_answer_text(answer, MHD_HTTP_UNAUTHORIZED, "the caller of this service could not be authenticated");
}
