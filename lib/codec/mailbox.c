/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mailbox addresses.
 */
#include "lib/codec/mailbox.h"

#include "lib/base/limits.h"
#include "lib/codec/ascii.h"

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_local_character(char c)
{
	return is_letter_or_digit(c) || (c != '\0' && strchr("!#&'+-=^_~", c) != NULL);
}

static bool
is_domain_character(char c)
{
	return is_letter_or_digit(c) || c == '-';
}

static void
lower_case(struct mm_slice text, char *lower)
{
	for (size_t i = 0; i < text.len; i++)
		lower[i] = mm_ascii_lower(text.ptr[i]);
}

/* One or more non-empty words with single dots between them. */
static bool
is_dotted(struct mm_slice text, bool is_character(char))
{
	bool in_word = false;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '.') {
			if (!in_word)
				return false;
			in_word = false;
		} else {
			if (!is_character(text.ptr[i]))
				return false;
			in_word = true;
		}
	}
	return in_word;
}

/* RFC 1123 section 2.1: a label begins and ends with a letter or a digit. */
static bool
has_outer_hyphen(struct mm_slice domain)
{
	for (size_t i = 0; i < domain.len; i++) {
		bool first = i == 0 || domain.ptr[i - 1] == '.';
		bool last = i + 1 == domain.len || domain.ptr[i + 1] == '.';

		if (domain.ptr[i] == '-' && (first || last))
			return true;
	}
	return false;
}

bool
mm_mailbox_domain_parse(struct mm_slice text, char *lower)
{
	struct mm_slice domain = mm_slice(lower, text.len);

	if (!mm_slice_present(text) || text.len == 0 || text.len > MM_MAILBOX_LEN_MAX)
		return false;
	lower_case(text, lower);
	return is_dotted(domain, is_domain_character) && !has_outer_hyphen(domain);
}

bool
mm_mailbox_parse(struct mm_slice text, struct mm_scratch *scratch, struct mm_mailbox *mailbox)
{
	const char *at;
	char *lower;
	size_t local_len;

	if (!mm_slice_present(text) || text.len > MM_MAILBOX_LEN_MAX)
		return false;
	at = memchr(text.ptr, '@', text.len);
	lower = mm_scratch_take(scratch, text.len);
	if (at == NULL || lower == NULL)
		return false;
	local_len = (size_t)(at - text.ptr);
	lower_case(text, lower);
	mailbox->address = mm_slice(lower, text.len);
	mailbox->domain = mm_slice(lower + local_len + 1, text.len - local_len - 1);
	return is_dotted(mm_slice(lower, local_len), is_local_character) &&
	    mm_mailbox_domain_parse(mm_slice(at + 1, mailbox->domain.len), lower + local_len + 1);
}
