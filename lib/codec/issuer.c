/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Issuers: exact strings, or templates with one "{tenant}".
 */
#include "lib/codec/issuer.h"

#include "lib/base/array.h"

static bool
is_tenant_character(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool
all_tenant_characters(struct mm_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!is_tenant_character(text.ptr[i]))
			return false;
	}
	return true;
}

static bool
begins_with(struct mm_slice text, struct mm_slice head)
{
	return text.len >= head.len && memcmp(text.ptr, head.ptr, head.len) == 0;
}

static bool
ends_with(struct mm_slice text, struct mm_slice tail)
{
	return text.len >= tail.len && memcmp(text.ptr + text.len - tail.len, tail.ptr, tail.len) == 0;
}

/* Where needle begins in text; text.len where it does not stand there. */
static size_t
position_of(struct mm_slice text, const char *needle)
{
	size_t len = strlen(needle);

	for (size_t i = 0; i + len <= text.len; i++) {
		if (memcmp(text.ptr + i, needle, len) == 0)
			return i;
	}
	return text.len;
}

/* Cut a scheme off the front of text. */
static bool
cut_scheme(struct mm_slice *text, const char *scheme)
{
	struct mm_slice head = mm_slice_str(scheme);

	if (!begins_with(*text, head))
		return false;
	*text = mm_slice(text->ptr + head.len, text->len - head.len);
	return true;
}

/* Host and port: what stands before the first slash. */
static struct mm_slice
authority_of(struct mm_slice rest)
{
	return mm_slice(rest.ptr, position_of(rest, "/"));
}

static bool
is_loopback(struct mm_slice authority)
{
	static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]" };

	for (size_t i = 0; i < MM_COUNT_OF(hosts); i++) {
		struct mm_slice host = mm_slice_str(hosts[i]);

		if (begins_with(authority, host) && (authority.len == host.len || authority.ptr[host.len] == ':'))
			return true;
	}
	return false;
}

static const char *
check_characters(struct mm_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c <= ' ' || c > '~' || c == '"' || c == '\\')
			return "the issuer holds white space, a quote or a character that is not ASCII";
		if (c == '?' || c == '#')
			return "the issuer has a query or a fragment";
	}
	return NULL;
}

static const char *
check_url(struct mm_slice text)
{
	struct mm_slice rest = text, authority;
	bool secure = cut_scheme(&rest, "https://");

	if (!secure && !cut_scheme(&rest, "http://"))
		return "the issuer is no https URL";
	authority = authority_of(rest);
	if (authority.len == 0)
		return "the issuer has no host";
	if (memchr(authority.ptr, '@', authority.len) != NULL)
		return "the issuer has user info before its host";
	if (memchr(authority.ptr, '{', authority.len) != NULL)
		return "the issuer's host is not fixed";
	if (!secure && !is_loopback(authority))
		return "the issuer is a plain http URL of another host";
	return NULL;
}

const char *
mm_issuer_parse(struct mm_slice text, struct mm_issuer_pattern *pattern)
{
	static const char *const placeholders[] = { "{tenant}", "{tenantid}" };
	const char *fault = check_characters(text);

	if (fault == NULL)
		fault = check_url(text);
	if (fault != NULL)
		return fault;
	*pattern = (struct mm_issuer_pattern){ .before = text, .after = mm_slice(text.ptr + text.len, 0) };
	for (size_t i = 0; i < MM_COUNT_OF(placeholders); i++) {
		size_t at = position_of(text, placeholders[i]), len = strlen(placeholders[i]);

		if (at == text.len)
			continue;
		pattern->before = mm_slice(text.ptr, at);
		pattern->after = mm_slice(text.ptr + at + len, text.len - at - len);
		pattern->is_template = true;
	}
	if (memchr(pattern->before.ptr, '{', pattern->before.len) != NULL ||
	    memchr(pattern->before.ptr, '}', pattern->before.len) != NULL ||
	    memchr(pattern->after.ptr, '{', pattern->after.len) != NULL ||
	    memchr(pattern->after.ptr, '}', pattern->after.len) != NULL)
		return "the issuer holds braces other than one {tenant}";
	if (pattern->is_template && (!ends_with(pattern->before, mm_slice_str("/")) ||
	    (pattern->after.len > 0 && pattern->after.ptr[0] != '/')))
		return "the issuer's {tenant} is not a whole path segment";
	return NULL;
}

bool
mm_issuer_matches(const struct mm_issuer_pattern *pattern, struct mm_slice iss, struct mm_slice *tenant)
{
	size_t around = pattern->before.len + pattern->after.len;
	struct mm_slice middle;

	if (!pattern->is_template) {
		if (tenant != NULL)
			*tenant = MM_SLICE_ABSENT;
		return mm_slice_equal(pattern->before, iss);
	}
	if (!mm_slice_present(iss) || iss.len <= around || !begins_with(iss, pattern->before) ||
	    !ends_with(iss, pattern->after))
		return false;
	middle = mm_slice(iss.ptr + pattern->before.len, iss.len - around);
	if (!all_tenant_characters(middle))
		return false;
	if (tenant != NULL)
		*tenant = middle;
	return true;
}

/* The part of the longer text that the shorter one lacks at its end; false where neither begins with the other. */
static bool
head_difference(struct mm_slice a, struct mm_slice b, struct mm_slice *difference)
{
	struct mm_slice shorter = a.len < b.len ? a : b, longer = a.len < b.len ? b : a;

	*difference = mm_slice(longer.ptr + shorter.len, longer.len - shorter.len);
	return begins_with(longer, shorter);
}

static bool
tail_difference(struct mm_slice a, struct mm_slice b, struct mm_slice *difference)
{
	struct mm_slice shorter = a.len < b.len ? a : b, longer = a.len < b.len ? b : a;

	*difference = mm_slice(longer.ptr, longer.len - shorter.len);
	return ends_with(longer, shorter);
}

/*
 * Two templates share a string exactly when one's text before the placeholder continues the other's, and one's
 * text after it precedes the other's, with only such characters as a tenant may have: those differences can then
 * be part of the other's tenant.
 */
bool
mm_issuer_overlap(const struct mm_issuer_pattern *a, const struct mm_issuer_pattern *b)
{
	struct mm_slice head, tail;

	return a->is_template && b->is_template && head_difference(a->before, b->before, &head) &&
	    tail_difference(a->after, b->after, &tail) && all_tenant_characters(head) && all_tenant_characters(tail);
}

bool
mm_issuer_same(const struct mm_issuer_pattern *a, const struct mm_issuer_pattern *b)
{
	return a->is_template == b->is_template && mm_slice_equal(a->before, b->before) &&
	    mm_slice_equal(a->after, b->after);
}

bool
mm_issuer_same_text(struct mm_slice a, struct mm_slice b)
{
	struct mm_issuer_pattern left, right;

	if (!mm_slice_present(a) || !mm_slice_present(b))
		return false;
	return mm_slice_equal(a, b) || (mm_issuer_parse(a, &left) == NULL && mm_issuer_parse(b, &right) == NULL &&
	    mm_issuer_same(&left, &right));
}
