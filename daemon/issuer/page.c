/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing pages.
 */
#include "daemon/issuer/page.h"

#include "daemon/issuer/form_seal.h"
#include "daemon/issuer/issuer.h"
#include "daemon/issuer/page_style.h"
#include "engine/printable.h"
#include "lib/base/array.h"
#include "lib/codec/base64url.h"
#include "lib/codec/utf8.h"
#include "lib/crypto/digest.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* ---- text ---- */

/* What it is escaped as; NULL: it stands for itself. */
static const char *
escape_of(uint32_t code_point)
{
	switch (code_point) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return mm_printable(code_point) ? NULL : "\xef\xbf\xbd";
	}
}

/* What turns the direction of writing or hides is shown as what it is not: U+FFFD, as what is no UTF-8. */
void
issuer_html_add(struct mm_buf *buf, struct mm_slice text)
{
	for (size_t at = 0, len; at < text.len; at += len) {
		uint32_t code_point = 0xfffd;
		const char *escape;

		len = mm_utf8_decode(text.ptr + at, text.len - at, &code_point);
		escape = len == 0 ? "\xef\xbf\xbd" : escape_of(code_point);
		len = len == 0 ? 1 : len;
		if (escape == NULL)
			mm_buf_add(buf, text.ptr + at, len);
		else
			mm_buf_add_str(buf, escape);
	}
}

/* In base64 as the policy wants it, with '=' (CSP level 3 section 2.3.1). */
bool
issuer_page_style_init(struct issuer_page_style *style)
{
	char text[MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN) + 1];
	uint8_t digest[MM_DIGEST_LEN];

	if (!mm_sha256(mm_slice_str(issuer_page_style_text), digest))
		return false;
	mm_base64url_encode(mm_slice(digest, sizeof(digest)), text);
	text[sizeof(text) - 1] = '\0';
	for (char *at = text; *at != '\0'; at++)
		*at = *at == '-' ? '+' : *at == '_' ? '/' : *at;
	snprintf(style->source, sizeof(style->source), "'sha256-%s='", text);
	return true;
}

/* ---- the frame ---- */

/* How many characters from a place on are letters, digits or of marks. */
static size_t
span(struct mm_slice text, size_t at, const char *marks)
{
	size_t len = 0;

	for (; at + len < text.len; len++) {
		char c = text.ptr[at + len];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		        (c != '\0' && strchr(marks, c) != NULL)))
			break;
	}
	return len;
}

/*
 * The part of a redirect URI that the policy names: scheme and host, or the scheme alone of an app's own and where the
 * host is an IPv6 address, which a policy cannot name. A browser holds the form's answer, which leads there, to it.
 */
static struct mm_slice
policy_source(struct mm_slice uri)
{
	size_t len = span(uri, 0, "+-.") + 1, host_len;

	if (len == 1 || len > uri.len || uri.ptr[len - 1] != ':')
		return MM_SLICE_ABSENT;
	if (uri.len < len + 2 || memcmp(uri.ptr + len, "//", 2) != 0 || memcmp(uri.ptr, "http", 4) != 0)
		return mm_slice(uri.ptr, len);
	host_len = span(uri, len + 2, "-.:");
	return mm_slice(uri.ptr, host_len == 0 ? len : len + 2 + host_len);
}

static void
add_policy(const struct issuer_exchange *exchange, struct mm_http_answer *answer, struct mm_slice leads_to)
{
	struct mm_slice source = mm_slice_present(leads_to) ? policy_source(leads_to) : MM_SLICE_ABSENT;
	char line[256 + MM_SIGN_IN_URI_LEN_MAX];

	snprintf(line, sizeof(line),
	    "default-src 'none'; style-src %s; form-action 'self'%s%.*s; frame-ancestors 'none'; base-uri 'none'",
	    exchange->issuer->style.source, source.len > 0 ? " " : "", (int)source.len,
	    source.len > 0 ? source.ptr : "");
	mm_http_answer_add_header(answer, "Content-Security-Policy", line);
	mm_http_answer_add_header(answer, "X-Frame-Options", "DENY");
	mm_http_answer_add_header(answer, "Referrer-Policy", "no-referrer");
	mm_http_answer_add_header(answer, "Cross-Origin-Opener-Policy", "same-origin");
}

void
issuer_page_begin(const struct issuer_exchange *exchange, struct mm_http_answer *answer, unsigned status,
    const char *title, struct mm_slice leads_to)
{
	struct mm_buf *body = &answer->body;

	answer->status = status;
	answer->content_type = "text/html; charset=utf-8";
	add_policy(exchange, answer, leads_to);
	mm_buf_add_str(body, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	                     "<meta name=\"robots\" content=\"noindex\">\n<title>");
	issuer_html_add(body, mm_slice_str(title));
	mm_buf_add_str(body, " – ");
	issuer_html_add(body, mm_slice_str(exchange->issuer->realm.name));
	mm_buf_add_str(body, "</title>\n<style>");
	mm_buf_add_str(body, issuer_page_style_text);
	mm_buf_add_str(body, "</style>\n</head>\n<body>\n<main>\n<h1>");
	issuer_html_add(body, mm_slice_str(title));
	mm_buf_add_str(body, "</h1>\n");
}

void
issuer_page_end(struct mm_http_answer *answer)
{
	mm_buf_add_str(&answer->body, "</main>\n</body>\n</html>\n");
}

/* ---- what stands in it ---- */

void
issuer_page_add_line(struct mm_http_answer *answer, const char *before, struct mm_slice strong, const char *after)
{
	mm_buf_add_str(&answer->body, "<p>");
	issuer_html_add(&answer->body, mm_slice_str(before));
	if (strong.len > 0) {
		mm_buf_add_str(&answer->body, "<strong>");
		issuer_html_add(&answer->body, strong);
		mm_buf_add_str(&answer->body, "</strong>");
	}
	issuer_html_add(&answer->body, mm_slice_str(after));
	mm_buf_add_str(&answer->body, "</p>\n");
}

void
issuer_page_add_alert(struct mm_http_answer *answer, const char *text, const char *field)
{
	mm_buf_add_str(&answer->body, "<div class=\"alert\" role=\"alert\" id=\"problem\"><p>");
	if (field != NULL)
		mm_buf_addf(&answer->body, "<a href=\"#%s\">", field);
	issuer_html_add(&answer->body, mm_slice_str(text));
	mm_buf_add_str(&answer->body, field != NULL ? "</a></p></div>\n" : "</p></div>\n");
}

void
issuer_page_begin_form(const struct issuer_exchange *exchange, struct mm_http_answer *answer, const char *path)
{
	struct mm_buf address;

	mm_buf_init(&address, 2 * MM_MINT_ISSUER_LEN_MAX);
	issuer_realm_add_path(&exchange->issuer->realm, exchange->tenant, &address);
	mm_buf_add_str(&address, path);
	answer->failed = answer->failed || !mm_buf_ok(&address);
	mm_buf_add_str(&answer->body, "<form method=\"post\" action=\"");
	issuer_html_add(&answer->body, mm_slice(address.data, address.len));
	mm_buf_add_str(&answer->body, "\">\n");
	mm_buf_clear(&address);
}

void
issuer_page_add_hidden(struct mm_http_answer *answer, enum issuer_parameter parameter, struct mm_slice value)
{
	if (!mm_slice_present(value))
		return;
	mm_buf_addf(&answer->body, "<input type=\"hidden\" name=\"%s\" value=\"", issuer_parameter_name(parameter));
	issuer_html_add(&answer->body, value);
	mm_buf_add_str(&answer->body, "\">\n");
}

void
issuer_page_add_button(struct mm_http_answer *answer, const char *text, const char *decision, bool is_main)
{
	mm_buf_add_str(&answer->body, is_main ? "<button class=\"main\"" : "<button");
	if (decision != NULL)
		mm_buf_addf(&answer->body, " name=\"%s\" value=\"%s\"", issuer_parameter_name(ISSUER_P_DECISION),
		    decision);
	mm_buf_addf(&answer->body, " type=\"submit\">%s</button>\n", text);
}

void
issuer_page_end_form(struct mm_http_answer *answer)
{
	mm_buf_add_str(&answer->body, "</form>\n");
}

static const char *
scope_text(struct mm_slice word)
{
	static const struct {
		const char *word, *text;
	} texts[] = {
		{ "openid", "know that it is you" },
		{ "profile", "see your name" },
		{ "email", "see your mail address" },
		{ "offline_access", "stay signed in when you are away" },
	};

	for (size_t i = 0; i < MM_COUNT_OF(texts); i++)
		if (mm_slice_equal(word, mm_slice_str(texts[i].word)))
			return texts[i].text;
	return NULL;
}

void
issuer_page_add_scope(struct mm_http_answer *answer, struct mm_slice scope)
{
	mm_buf_add_str(&answer->body, "<ul>\n");
	for (size_t at = 0; at < scope.len;) {
		const char *space = memchr(scope.ptr + at, ' ', scope.len - at);
		size_t len = space == NULL ? scope.len - at : (size_t)(space - scope.ptr) - at;
		struct mm_slice word = mm_slice(scope.ptr + at, len);

		at += len + 1;
		if (len == 0)
			continue;
		mm_buf_add_str(&answer->body, "<li>");
		if (scope_text(word) != NULL) {
			issuer_html_add(&answer->body, mm_slice_str(scope_text(word)));
		} else {
			mm_buf_add_str(&answer->body, "use ");
			issuer_html_add(&answer->body, word);
		}
		mm_buf_add_str(&answer->body, "</li>\n");
	}
	mm_buf_add_str(&answer->body, "</ul>\n");
}

enum issuer_turn
issuer_page_message(const struct issuer_exchange *exchange, struct mm_http_answer *answer, unsigned status,
    const char *title, struct mm_slice text)
{
	issuer_page_begin(exchange, answer, status, title, MM_SLICE_ABSENT);
	mm_buf_add_str(&answer->body, "<p>");
	issuer_html_add(&answer->body, text);
	mm_buf_add_str(&answer->body, "</p>\n");
	issuer_page_end(answer);
	return ISSUER_ANSWERED;
}

enum issuer_turn
issuer_page_not_now(const struct issuer_exchange *exchange, struct mm_http_answer *answer,
    enum mm_sign_in_status status)
{
	mm_http_answer_add_header(answer, "Retry-After", "2");
	return issuer_page_message(exchange, answer, mm_sign_in_status_http(status), "Not now",
	    mm_slice_str("Signing in is not possible at the moment. Please try again shortly."));
}

/* ---- seals ---- */

enum { SEALED_FIRST, SEALED_TENANT, SEALED_COOKIE, SEALED_SESSION, SEALED_OTHERS };

static size_t
collect_sealed(const struct issuer_exchange *exchange, const char *purpose, struct mm_slice session,
    const enum issuer_parameter *list, size_t count, struct mm_slice *texts)
{
	texts[SEALED_FIRST] = mm_slice_str(purpose);
	texts[SEALED_TENANT] = exchange->tenant;
	texts[SEALED_COOKIE] = issuer_exchange_cookie(exchange, ISSUER_COOKIE_FORM);
	texts[SEALED_SESSION] = session;
	for (size_t i = 0; i < count; i++)
		texts[SEALED_OTHERS + i] = issuer_exchange_parameter(exchange, list[i]);
	return SEALED_OTHERS + count;
}

/* A browser keeps its form cookie, so that the forms in its other tabs stay good. */
static bool
give_cookie(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	char *cookie = exchange->cookies[ISSUER_COOKIE_FORM];
	unsigned char random[24];

	if (cookie[0] != '\0')
		return true;
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return false;
	mm_base64url_encode(mm_slice(random, sizeof(random)), cookie);
	cookie[MM_BASE64URL_ENCODED_LEN(sizeof(random))] = '\0';
	issuer_cookie_set(answer, &exchange->issuer->realm, ISSUER_COOKIE_FORM, mm_slice_str(cookie), 0);
	return true;
}

void
issuer_page_seal_form(struct issuer_exchange *exchange, struct mm_http_answer *answer, const char *purpose,
    struct mm_slice session, const enum issuer_parameter *list, size_t count)
{
	struct mm_slice texts[SEALED_OTHERS + ISSUER_PARAMETER_COUNT];
	char seal[ISSUER_SEAL_TEXT_LEN + 1];

	if (!give_cookie(exchange, answer) ||
	    !issuer_form_seal_make(exchange->issuer->seal_secret, ISSUER_SEAL_SECRET_LEN, texts,
	        collect_sealed(exchange, purpose, session, list, count, texts), seal)) {
		answer->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++)
		issuer_page_add_hidden(answer, list[i], issuer_exchange_parameter(exchange, list[i]));
	issuer_page_add_hidden(answer, ISSUER_P_SEAL, mm_slice_str(seal));
}

/*
 * A browser that says so sends the form from a page of ours (Fetch Metadata); one that does not is held to the seal
 * alone.
 */
static bool
comes_from_us(const struct issuer_exchange *exchange)
{
	struct mm_http_field site = issuer_exchange_field(exchange, "Sec-Fetch-Site");

	return site.count == 0 || mm_slice_equal(site.value, mm_slice_str("same-origin"));
}

bool
issuer_page_check_form(const struct issuer_exchange *exchange, const char *purpose, struct mm_slice session,
    const enum issuer_parameter *list, size_t count)
{
	struct mm_slice texts[SEALED_OTHERS + ISSUER_PARAMETER_COUNT];

	return comes_from_us(exchange) && exchange->cookies[ISSUER_COOKIE_FORM][0] != '\0' &&
	    issuer_form_seal_check(exchange->issuer->seal_secret, ISSUER_SEAL_SECRET_LEN, texts,
	        collect_sealed(exchange, purpose, session, list, count, texts),
	        issuer_exchange_parameter(exchange, ISSUER_P_SEAL));
}
