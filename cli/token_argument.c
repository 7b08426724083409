/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The argument TOKEN|-.
 */
#include "cli/token_argument.h"

#include "lib/crypto/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A line end of two bytes, and one byte more to see that the token is too long. */
#define BEYOND_TOKEN 3

static bool
read_input(char *room, size_t max, size_t *len)
{
	*len = 0;
	while (*len < max) {
		ssize_t got = read(STDIN_FILENO, room + *len, max - *len);

		if (got == 0)
			return true;
		if (got == -1 && errno != EINTR)
			return false;
		if (got > 0)
			*len += (size_t)got;
	}
	return true;
}

static size_t
without_line_end(const char *text, size_t len)
{
	if (len == 0 || text[len - 1] != '\n')
		return len;
	len--;
	return len > 0 && text[len - 1] == '\r' ? len - 1 : len;
}

bool
mm_token_argument_read(struct mm_token_argument *token, const char *argument, size_t len_max)
{
	size_t len;

	token->owned = NULL;
	token->owned_len = len_max + BEYOND_TOKEN;
	token->text = mm_slice_str(argument);
	if (strcmp(argument, "-") != 0)
		return true;
	token->owned = malloc(token->owned_len);
	if (token->owned == NULL || !read_input(token->owned, token->owned_len, &len)) {
		mm_token_argument_clear(token);
		return false;
	}
	token->text = mm_slice(token->owned, without_line_end(token->owned, len));
	return true;
}

void
mm_token_argument_clear(struct mm_token_argument *token)
{
	int error = errno;

	if (token->owned != NULL)
		mm_secret_wipe(token->owned, token->owned_len);
	free(token->owned);
	*token = (struct mm_token_argument){ MM_SLICE_ABSENT, NULL, 0 };
	errno = error;
}
