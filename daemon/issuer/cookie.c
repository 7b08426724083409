/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cookies.
 */
#include "daemon/issuer/cookie.h"

#include <stdio.h>
#include <string.h>

void
issuer_cookie_name(const struct issuer_realm *realm, enum issuer_cookie cookie, char name[ISSUER_COOKIE_NAME_LEN_MAX])
{
	static const char *const suffixes[ISSUER_COOKIES] = {
		[ISSUER_COOKIE_SESSION] = "session",
		[ISSUER_COOKIE_DEVICE] = "device",
		[ISSUER_COOKIE_FORM] = "form",
	};

	snprintf(name, ISSUER_COOKIE_NAME_LEN_MAX, "%smintmark-%s-%s", realm->is_https ? "__Host-" : "", realm->name,
	    suffixes[cookie]);
}

static struct mm_slice
without_blanks(struct mm_slice text)
{
	while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
		text = mm_slice(text.ptr + 1, text.len - 1);
	while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
		text.len--;
	return text;
}

/* Cut "name=value" off the list; false at its end. */
static bool
next_pair(struct mm_slice *list, struct mm_slice *name, struct mm_slice *value)
{
	const char *end, *equals;
	size_t len;

	if (list->len == 0)
		return false;
	end = memchr(list->ptr, ';', list->len);
	len = end == NULL ? list->len : (size_t)(end - list->ptr);
	equals = memchr(list->ptr, '=', len);
	*name = without_blanks(mm_slice(list->ptr, equals == NULL ? len : (size_t)(equals - list->ptr)));
	*value = equals == NULL ? mm_slice("", 0) :
	    without_blanks(mm_slice(equals + 1, (size_t)(list->ptr + len - equals - 1)));
	*list = mm_slice(list->ptr + len + (end != NULL), list->len - len - (end != NULL));
	return true;
}

static bool
is_word(struct mm_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		        c == '_'))
			return false;
	}
	return text.len > 0 && text.len <= ISSUER_COOKIE_LEN_MAX;
}

struct mm_slice
issuer_cookie_find(struct mm_slice field, const char *name)
{
	struct mm_slice this_name, value, found = MM_SLICE_ABSENT;
	size_t count = 0;

	while (next_pair(&field, &this_name, &value)) {
		if (!mm_slice_equal(this_name, mm_slice_str(name)))
			continue;
		found = value;
		count++;
	}
	return count == 1 && is_word(found) ? found : MM_SLICE_ABSENT;
}

/*
 * Lax: a client's page leads the browser here, and the session must be seen then. What changes something is a form of
 * ours, which is sealed (form_seal.h).
 */
void
issuer_cookie_set(struct mm_http_answer *answer, const struct issuer_realm *realm, enum issuer_cookie cookie,
    struct mm_slice value, unsigned age_s)
{
	char name[ISSUER_COOKIE_NAME_LEN_MAX], line[ISSUER_COOKIE_NAME_LEN_MAX + ISSUER_COOKIE_LEN_MAX + 100], age[32];

	issuer_cookie_name(realm, cookie, name);
	age[0] = '\0';
	if (value.len == 0 || age_s > 0)
		snprintf(age, sizeof(age), "; Max-Age=%u", value.len == 0 ? 0 : age_s);
	snprintf(line, sizeof(line), "%s=%.*s; Path=/%s; HttpOnly; SameSite=Lax%s", name, (int)value.len,
	    value.ptr, age, realm->is_https ? "; Secure" : "");
	mm_http_answer_add_header(answer, "Set-Cookie", line);
}
