/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids as arguments.
 */
#include "cli/id_argument.h"

#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"
#include "lib/token/token_id.h"

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* Words of options may be shortened; the value may stand behind '='. */
static const struct option *
find_long(const char *word, const struct option *long_options)
{
	size_t len = strcspn(word, "=");

	for (const struct option *option = long_options; option->name != NULL; option++)
		if (strncmp(word, option->name, len) == 0)
			return option;
	return NULL;
}

/* Whether the short options in this argument want the next one as the last one's value. */
static bool
short_wants_next(const char *letters, const char *short_options)
{
	for (; *letters != '\0'; letters++) {
		const char *known = *letters == ':' ? NULL : strchr(short_options, *letters);

		if (known != NULL && known[1] == ':')
			return letters[1] == '\0';
	}
	return false;
}

static bool
wants_next(const char *argument, const char *short_options, const struct option *long_options)
{
	const struct option *option;

	if (argument[0] != '-')
		return false;
	if (argument[1] != '-')
		return short_wants_next(argument + 1, short_options);
	option = find_long(argument + 2, long_options);
	return option != NULL && option->has_arg == required_argument && strchr(argument, '=') == NULL;
}

static bool
is_id(const char *argument, const char *short_options, const struct option *long_options)
{
	size_t len = strlen(argument);

	if (argument[0] != '-' || strspn(argument, BASE64URL) != len)
		return false;
	if (argument[1] == '-' && find_long(argument + 2, long_options) != NULL)
		return false;
	if (len == MM_KID_SHOWN_LEN)
		return argument[1] != '-' && strchr(short_options, argument[1]) == NULL;
	return len == MM_TOKEN_ID_LEN || len == MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN);
}

const char *
mm_id_argument_take(int *argc, char **argv, const char *short_options, const struct option *long_options)
{
	for (int i = 1; i < *argc && strcmp(argv[i], "--") != 0; i++) {
		char *argument = argv[i];

		if (is_id(argument, short_options, long_options)) {
			/* The NULL at the end moves too. */
			memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof(*argv));
			--*argc;
			return argument;
		}
		if (wants_next(argument, short_options, long_options))
			i++;
	}
	return NULL;
}
