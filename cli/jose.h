/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verbs of 'mintmark jose' share.
 */
#ifndef MM_CLI_JOSE_H
#define MM_CLI_JOSE_H

#include "cli/command.h"

#include <mintmark/slice.h>

#include <stdbool.h>

/* The verbs; argv[0] is the verb. */
int mm_jose_verify(const struct mm_command *command, int argc, char **argv);
int mm_jose_decrypt(const struct mm_command *command, int argc, char **argv);

/* Whether the argument of --key is a JWK itself and not the name of a file. */
bool mm_jose_is_literal(const char *key);

/* The text without white space around it, so that it begins with the object; absent stays absent. */
struct mm_slice mm_jose_without_space(struct mm_slice text);

#endif
