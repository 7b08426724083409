/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of words.
 */
#include "daemon/verifier/scope.h"

#include <string.h>

bool
verifier_words_next(struct mm_slice list, size_t *at, struct mm_slice *word)
{
	size_t start = *at;

	if (start >= list.len)
		return false;
	while (*at < list.len && list.ptr[*at] != ' ')
		++*at;
	*word = mm_slice(list.ptr + start, *at - start);
	++*at;
	return true;
}

bool
verifier_words_have(struct mm_slice list, struct mm_slice word)
{
	struct mm_slice one;
	size_t at = 0;

	while (verifier_words_next(list, &at, &one))
		if (mm_slice_equal(one, word))
			return true;
	return false;
}

bool
verifier_words_within(struct mm_slice words, struct mm_slice list)
{
	struct mm_slice one;
	size_t at = 0;

	while (verifier_words_next(words, &at, &one))
		if (!verifier_words_have(list, one))
			return false;
	return true;
}

struct mm_slice
verifier_words_first(struct mm_slice list)
{
	struct mm_slice word;
	size_t at = 0;

	return verifier_words_next(list, &at, &word) ? word : MM_SLICE_ABSENT;
}

struct mm_slice
verifier_words_shared(struct mm_slice words, struct mm_slice list, char *room)
{
	struct mm_slice one;
	size_t at = 0, len = 0;

	while (verifier_words_next(words, &at, &one)) {
		if (one.len == 0 || !verifier_words_have(list, one))
			continue;
		if (len > 0)
			room[len++] = ' ';
		memcpy(room + len, one.ptr, one.len);
		len += one.len;
	}
	return mm_slice(room, len);
}

/* scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) */
static bool
word_good(struct mm_slice word)
{
	for (size_t i = 0; i < word.len; i++)
		if (word.ptr[i] < 0x21 || word.ptr[i] > 0x7e || word.ptr[i] == '"' || word.ptr[i] == '\\')
			return false;
	return word.len > 0;
}

bool
verifier_words_check(struct mm_slice list)
{
	struct mm_slice word;
	size_t at = 0;

	while (verifier_words_next(list, &at, &word)) {
		struct mm_slice before = mm_slice(list.ptr, (size_t)(word.ptr - list.ptr));

		if (!word_good(word) || verifier_words_have(before, word))
			return false;
	}
	return list.len == 0 || list.ptr[list.len - 1] != ' ';
}
