/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The argument TOKEN|-: a token as it stands, or "-" to read it from standard input, where no other user's
 * ps(1) sees it.
 */
#ifndef MM_CLI_TOKEN_ARGUMENT_H
#define MM_CLI_TOKEN_ARGUMENT_H

#include <mintmark/slice.h>

#include <stdbool.h>

struct mm_token_argument {
	struct mm_slice text; /* borrowed from the argument or from owned */
	char *owned;
	size_t owned_len;
};

/*
 * Take the token from the argument or standard input, there without one line end behind it. Of input that is longer
 * than len_max only so much is read that it stays too long. Returns false with errno where input cannot be read.
 * Clear it afterwards. Not checked here: the token.
 */
bool mm_token_argument_read(struct mm_token_argument *token, const char *argument, size_t len_max);

/* Wipe and free what was read. */
void mm_token_argument_clear(struct mm_token_argument *token);

#endif
