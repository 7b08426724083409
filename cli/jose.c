/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark jose: the bare primitives, for checks that others agree. One file a verb.
 */
#include "cli/jose.h"

#include "lib/base/array.h"

#include <string.h>

static const struct {
	const char *name;
	int (*run)(const struct mm_command *command, int argc, char **argv);
} verbs[] = {
	{ "verify", mm_jose_verify },
	{ "decrypt", mm_jose_decrypt },
};

bool
mm_jose_is_literal(const char *key)
{
	return key[strspn(key, " \t\r\n")] == '{';
}

struct mm_slice
mm_jose_without_space(struct mm_slice text)
{
	while (text.len > 0 && memchr(" \t\r\n", text.ptr[0], 4) != NULL)
		text = mm_slice(text.ptr + 1, text.len - 1);
	while (text.len > 0 && memchr(" \t\r\n", text.ptr[text.len - 1], 4) != NULL)
		text.len--;
	return text;
}

int
mm_command_jose(const struct mm_command *command, int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[2], "--help") == 0)
		return mm_command_print_help(command);
	for (size_t i = 0; argc >= 2 && i < MM_COUNT_OF(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(command, argc - 1, argv + 1);
	return mm_command_usage_error(command, "what is to be done? 'verify' and 'decrypt' are what there is");
}
