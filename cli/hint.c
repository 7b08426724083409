/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hints: a table from reason to what else is known here that bears on it.
 */
#include "cli/hint.h"

#include "cli/hint_rows.h"
#include "cli/hint_text.h"
#include "cli/terminal.h"
#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/codec/base64url.h"

#include <string.h>
#include <strings.h>

/* A sentence with several quoted issuers in it. */
#define HINT_LEN_MAX 16384

void
mm_hints_init(struct mm_hints *hints)
{
	hints->count = 0;
	for (size_t i = 0; i < MM_HINTS_MAX; i++)
		mm_buf_init(&hints->lines[i], HINT_LEN_MAX);
}

void
mm_hints_clear(struct mm_hints *hints)
{
	for (size_t i = 0; i < MM_HINTS_MAX; i++)
		mm_buf_clear(&hints->lines[i]);
	hints->count = 0;
}

/* ---- shape ---- */

/* What stands before a token in an HTTP header (RFC 6750 section 2.1). */
#define BEARER "Bearer "
#define BEARER_LEN (sizeof(BEARER) - 1)

static void
say(struct mm_hints *hints, const char *text)
{
	mm_buf_add_str(mm_hint_begin(hints), text);
}

static size_t
count_byte(struct mm_slice text, char byte)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == byte;
	return count;
}

static bool
has_any(struct mm_slice text, const char *bytes)
{
	for (const char *byte = bytes; *byte != '\0'; byte++) {
		if (memchr(text.ptr, *byte, text.len) != NULL)
			return true;
	}
	return false;
}

static void
hint_dots(struct mm_hints *hints, struct mm_slice token)
{
	size_t dots = count_byte(token, '.');

	if (dots == 2)
		return;
	if (dots == 0)
		say(hints, "it has no dot: perhaps an opaque token, which only its issuer can read");
	else if (dots == 4)
		say(hints, "it has four dots, as an encrypted token (JWE) has: have the issuer sign only");
	else
		mm_buf_addf(mm_hint_begin(hints), "it has %zu dot%s, a signed token has two: was it cut or joined?",
		    dots, dots == 1 ? "" : "s");
}

static void
hint_part(struct mm_hints *hints, const char *name, struct mm_slice part)
{
	char room[MM_BASE64URL_DECODED_MAX(MM_TOKEN_LEN_MAX)];
	struct mm_buf *line;
	size_t len;

	if (mm_base64url_decode(part, room, &len) == MM_OK)
		return;
	line = mm_hint_begin(hints);
	mm_buf_addf(line, "its %s, of %zu characters, is no strict base64url: ", name, part.len);
	mm_buf_add_str(line, "a character is foreign, missing or too many, or its unused bits are not zero");
}

/* Which of the three parts cannot be decoded; nothing where there are not three. */
static void
hint_parts(struct mm_hints *hints, struct mm_slice token)
{
	size_t first, second;

	if (token.len > MM_TOKEN_LEN_MAX || count_byte(token, '.') != 2)
		return;
	first = (size_t)((const char *)memchr(token.ptr, '.', token.len) - token.ptr);
	second = (size_t)((const char *)memrchr(token.ptr, '.', token.len) - token.ptr);
	hint_part(hints, "header", mm_slice(token.ptr, first));
	hint_part(hints, "payload", mm_slice(token.ptr + first + 1, second - first - 1));
	hint_part(hints, "signature", mm_slice(token.ptr + second + 1, token.len - second - 1));
}

void
mm_hints_of_shape(struct mm_hints *hints, struct mm_slice token)
{
	if (!mm_slice_present(token) || token.len == 0)
		return;
	if (token.len > BEARER_LEN && strncasecmp(token.ptr, BEARER, BEARER_LEN) == 0)
		say(hints, "it begins with \"Bearer \": leave that word out");
	else if (has_any(token, " \t\r\n"))
		say(hints, "there is white space in it: perhaps the token was broken into lines");
	if (has_any(token, "\"'"))
		say(hints, "there are quotes around or in it: leave them out");
	if (has_any(token, "+/="))
		say(hints, "it has '+', '/' or '=': base64, where base64url without padding is the rule");
	hint_dots(hints, token);
	hint_parts(hints, token);
}

static void
hint_shape(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	mm_hints_of_shape(hints, matter->request->token);
}

/* ---- the table ---- */

struct hint_row {
	enum mm_reason reason;
	mm_hint_fn *add;
};

static const struct hint_row hint_rows[] = {
	{ MM_TOKEN_MALFORMED, hint_shape },
	{ MM_ALG_FORBIDDEN, mm_hint_algorithm },
	{ MM_ISSUER_UNKNOWN, mm_hint_issuers },
	{ MM_TENANT_UNKNOWN, mm_hint_tenants },
	{ MM_REALM_FORBIDDEN, mm_hint_realms_of_service },
	{ MM_TENANT_MISMATCH, mm_hint_owner_of_tenant_id },
	{ MM_TYPE_MISMATCH, mm_hint_types },
	{ MM_KEY_REVOKED, mm_hint_kids_of_realm },
	{ MM_KEY_SCOPE_UNKNOWN, mm_hint_kids_of_realm },
	{ MM_KEY_REALM_MISMATCH, mm_hint_owner_of_kid },
	{ MM_KEY_UNKNOWN, mm_hint_key_unknown },
	{ MM_KEY_RETIRED, mm_hint_key_window },
	{ MM_KEY_NOT_ACTIVE, mm_hint_key_window },
	{ MM_SIGNATURE_INVALID, mm_hint_thumbprint },
	{ MM_AUDIENCE_MISMATCH, mm_hint_audience },
	{ MM_CLIENT_FORBIDDEN, mm_hint_clients },
	{ MM_EXPIRED, mm_hint_expired },
	{ MM_NOT_YET_VALID, mm_hint_early },
	{ MM_LIFETIME_EXCESS, mm_hint_lifetime },
	{ MM_MAILBOX_MISMATCH, mm_hint_mailbox },
	{ MM_TOKEN_REVOKED, mm_hint_revocation },
	{ MM_SESSION_REVOKED, mm_hint_revocation },
	{ MM_SUBJECT_REVOKED, mm_hint_revocation },
	{ MM_CLIENT_REVOKED, mm_hint_revocation },
	{ MM_TENANT_REVOKED, mm_hint_revocation },
	{ MM_SCOPE_INSUFFICIENT, mm_hint_scopes },
};

void
mm_hints_of_reason(struct mm_hints *hints, enum mm_reason reason, const struct mm_hint_matter *matter)
{
	for (size_t i = 0; i < MM_COUNT_OF(hint_rows); i++) {
		if (hint_rows[i].reason == reason)
			hint_rows[i].add(hints, matter);
	}
}

/* ---- output ---- */

void
mm_hints_print(const struct mm_hints *hints, FILE *stream)
{
	for (size_t i = 0; i < hints->count; i++) {
		const struct mm_buf *line = &hints->lines[i];

		if (!mm_buf_ok(line) || line->len == 0)
			continue;
		fputs("  - ", stream);
		mm_terminal_put_wrapped(stream, mm_slice(line->data, line->len), 4);
	}
}

void
mm_hints_write(const struct mm_hints *hints, struct mm_json_writer *writer)
{
	mm_json_begin_array(writer, "hints");
	for (size_t i = 0; i < hints->count; i++) {
		const struct mm_buf *line = &hints->lines[i];

		if (mm_buf_ok(line) && line->len > 0)
			mm_json_add_slice(writer, NULL, mm_slice(line->data, line->len));
	}
	mm_json_end_array(writer);
}
