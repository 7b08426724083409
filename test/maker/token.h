/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One token from a recipe: the default token of a person of the attack table, and what differs from it.
 */
#ifndef MAKER_TOKEN_H
#define MAKER_TOKEN_H

#include <stdint.h>
#include <stdio.h>

/*
 * Make the token that the arguments describe, from the world in a folder. Returns new text that the caller frees.
 * Ends the program with 2 where an argument is none, or there is no such key.
 *
 * The same recipe, keys and time give the same header and payload; a signature that is random differs, and so does the
 * 'jti' of a proof.
 */
char *maker_token_make(const char *world_dir, int64_t now_s, int argc, const char *const *argv);

/* The arguments, a line each. */
void maker_token_print_usage(FILE *stream);

#endif
