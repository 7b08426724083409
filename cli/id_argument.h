/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids as arguments. Those that mints make, of tokens (jti) and keys (kid), are base64url, so that one in 64 begins with
 * '-' and looks like an option.
 */
#ifndef MM_CLI_ID_ARGUMENT_H
#define MM_CLI_ID_ARGUMENT_H

struct option;

/* A kid is told by its beginning in tables; that of two keys hardly ever is the same. */
#define MM_KID_SHOWN_LEN 10

/*
 * Take the first id that begins with '-' out of the arguments, before getopt_long() sees it: an argument of base64url
 * characters that has the length of a jti or a kid, or that of a kid in a table. argv[0] is passed over, as
 * getopt_long() does; the options are what it will be given. Returns the id, borrowed from argv, and lessens *argc by
 * one; NULL: there is none, and nothing has changed.
 *
 * Left alone: the value of an option, everything behind "--", a long option and beginnings of its name. A short option
 * with its value in one argument stays one too, unless it is as long as a whole jti or kid: then it is the id.
 */
const char *mm_id_argument_take(int *argc, char **argv, const char *short_options, const struct option *long_options);

#endif
