/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thief of tests and demo: he takes a mint's signing key out of its sealed file, and forges with it.
 *
 * He reads the file by doc/PROTOCOL.keystore alone, with code of his own.
 */
#ifndef MAKER_THIEF_H
#define MAKER_THIEF_H

#include <openssl/evp.h>

#include <stdint.h>
#include <stdio.h>

/*
 * Open a sealed file, KID.sealed, with the sealing key of its realm. The caller frees the key. Ends the program where
 * it does not open.
 */
EVP_PKEY *maker_thief_open(const char *sealed_path, const char *sealing_key_path, const char *realm);

/*
 * Sign a token like another one: its header and claims, but with iat and exp of now, a jti that looks like one, and a
 * mark that looks like one; then what the arguments say. Returns new text that the caller frees.
 */
char *maker_thief_forge(EVP_PKEY *key, const char *pattern, int64_t now_s, int argc, const char *const *argv);

/* The arguments, a line each. */
void maker_thief_print_usage(FILE *stream);

#endif
