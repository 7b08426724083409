/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords of users, from who knows them to their hash: nothing but the hash leaves the command.
 */
#ifndef MM_CLI_PASSWORD_H
#define MM_CLI_PASSWORD_H

#include "cli/command.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

/* At least so long; what crypt(3) takes at most is longer than anybody types. */
#define MM_PASSWORD_LEN_MIN 8
#define MM_PASSWORD_LEN_MAX 510

#define MM_PASSWORD_HASH_SIZE 384

/*
 * Ask for a password on the terminal, twice and without showing it; or read it from standard input, the first line of
 * it. hash holds MM_PASSWORD_HASH_SIZE bytes and gets its yescrypt hash. False, said on standard error, where there is
 * none, it is too short, or the two differ.
 */
MM_MUST_USE bool mm_password_ask(const struct mm_command *command, bool from_stdin, char *hash);

#endif
