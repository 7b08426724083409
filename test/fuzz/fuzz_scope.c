/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any two lines as lists of words, asked for and allowed: what they share is in both, is no longer than what was asked
 * for, and is a well-formed list where that was one.
 */
#include "daemon/verifier/scope.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
	struct mm_slice asked = mm_slice(data, end == NULL ? size : (size_t)(end - data)), shared, word;
	struct mm_slice allowed = end == NULL ? mm_slice("", 0) : mm_slice(end + 1, size - asked.len - 1);
	char *room = malloc(asked.len + 1);
	size_t at = 0;

	if (room == NULL)
		abort();
	shared = verifier_words_shared(asked, allowed, room);
	if (shared.len > asked.len || !verifier_words_within(shared, asked) || !verifier_words_within(shared, allowed))
		abort();
	if (verifier_words_check(asked) && !verifier_words_check(shared))
		abort();
	while (verifier_words_next(asked, &at, &word))
		if (word.len > 0 && verifier_words_have(allowed, word) != verifier_words_have(shared, word))
			abort();
	free(room);
	return 0;
}
