/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making HTTP answers.
 */
#include "daemon/http/answer.h"

#include <microhttpd.h>
#include <string.h>

/* Each a header of the longest claim with every byte escaped, or a challenge with all scopes of a service. */
#define VALUES_LEN_MAX ((size_t)MM_HTTP_HEADERS_MAX * 4 * MM_SCOPE_LEN_MAX)

void
mm_http_answer_init(struct mm_http_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->status = MHD_HTTP_SERVICE_UNAVAILABLE;
	answer->content_type = "text/plain; charset=utf-8";
	mm_buf_init(&answer->body, MM_HTTP_ANSWER_LEN_MAX);
	mm_buf_init(&answer->values, VALUES_LEN_MAX);
}

void
mm_http_answer_clear(struct mm_http_answer *answer)
{
	answer->header_count = 0;
	mm_buf_clear(&answer->values);
	mm_buf_clear(&answer->body);
}

bool
mm_http_answer_ok(const struct mm_http_answer *answer)
{
	return !answer->failed && mm_buf_ok(&answer->body) && mm_buf_ok(&answer->values);
}

const char *
mm_http_answer_value(const struct mm_http_answer *answer, size_t header)
{
	return answer->values.data + answer->headers[header].value_at;
}

void
mm_http_answer_text(struct mm_http_answer *answer, unsigned status, const char *line)
{
	answer->status = status;
	mm_buf_add_str(&answer->body, line);
	mm_buf_add_str(&answer->body, "\n");
}

/* Begin a header: what is added to the buffer becomes its value. */
static struct mm_buf *
begin_header(struct mm_http_answer *answer, const char *name)
{
	if (answer->header_count == MM_HTTP_HEADERS_MAX)
		answer->failed = true;
	else
		answer->headers[answer->header_count++] = (struct mm_http_header){ name, answer->values.len };
	return &answer->values;
}

static void
end_header(struct mm_buf *value)
{
	mm_buf_add(value, "", 1);
}

void
mm_http_answer_add_header(struct mm_http_answer *answer, const char *name, const char *value)
{
	struct mm_buf *text = begin_header(answer, name);

	mm_buf_add_str(text, value);
	end_header(text);
}

static bool
stands_for_itself(char c)
{
	return c > 0x20 && c < 0x7f && c != '%';
}

static void
add_escaped(struct mm_buf *text, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char escaped[] = { '%', digits[c >> 4], digits[c & 15] };

	mm_buf_add(text, escaped, sizeof(escaped));
}

void
mm_http_answer_add_fact(struct mm_http_answer *answer, const char *name, struct mm_slice value)
{
	struct mm_buf *text;

	/* The library takes no header without a value. */
	if (!mm_slice_present(value) || value.len == 0)
		return;
	text = begin_header(answer, name);
	for (size_t i = 0, plain_len; i < value.len; i += plain_len) {
		for (plain_len = 0; i + plain_len < value.len && stands_for_itself(value.ptr[i + plain_len]);)
			plain_len++;
		mm_buf_add(text, value.ptr + i, plain_len);
		if (i + plain_len < value.len)
			add_escaped(text, (unsigned char)value.ptr[i + plain_len++]);
	}
	end_header(text);
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

static struct mm_buf *
begin_challenge(struct mm_http_answer *answer, const char *scheme, struct mm_slice realm, const char *error,
    const struct mm_texts *scopes)
{
	struct mm_buf *text = begin_header(answer, "WWW-Authenticate");

	mm_buf_addf(text, "%s realm=\"", scheme);
	add_quoted(text, realm);
	mm_buf_add_str(text, "\"");
	if (error != NULL)
		mm_buf_addf(text, ", error=\"%s\"", error);
	if (scopes != NULL)
		add_scopes(text, scopes);
	return text;
}

void
mm_http_answer_add_challenge(struct mm_http_answer *answer, struct mm_slice realm, const char *error,
    const struct mm_texts *scopes)
{
	end_header(begin_challenge(answer, "Bearer", realm, error, scopes));
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
mm_http_answer_add_dpop_challenge(struct mm_http_answer *answer, struct mm_slice realm, const char *error,
    const struct mm_texts *scopes)
{
	struct mm_buf *text = begin_challenge(answer, "DPoP", realm, error, scopes);

	add_algorithms(text);
	end_header(text);
}

void
mm_http_answer_refuse_caller(struct mm_http_answer *answer, struct mm_slice realm)
{
	struct mm_buf *text = begin_header(answer, "WWW-Authenticate");

	mm_buf_add_str(text, "Basic realm=\"");
	add_quoted(text, realm);
	mm_buf_add_str(text, "\", charset=\"UTF-8\"");
	end_header(text);
	mm_http_answer_text(answer, MHD_HTTP_UNAUTHORIZED, "the caller of this service could not be authenticated");
}
