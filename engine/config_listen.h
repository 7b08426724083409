/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One address of 'listen': "127.0.0.1:9080", "[::1]:9080", "unix:/PATH", "tls:ADDRESS:PORT".
 */
#ifndef MM_ENGINE_CONFIG_LISTEN_H
#define MM_ENGINE_CONFIG_LISTEN_H

#include "engine/config.h"

/* What is wrong with an address, and what to write instead: constant sentences. */
struct mm_listen_fault {
	const char *what;
	const char *mend;
};

/*
 * Read an address. Addresses are numeric, so that nothing is looked up. Plain HTTP carries bearer tokens in the
 * clear: it is for loopback addresses and unix sockets.
 * Returns false with *fault where it is refused or memory is short (fault->what is NULL then); on success
 * listen->address is new and the caller's.
 */
bool mm_listen_parse(const char *text, struct mm_listen *listen, struct mm_listen_fault *fault);

/* Whether two addresses are one place: a server can listen there once. */
bool mm_listen_same(const struct mm_listen *a, const struct mm_listen *b);

#endif
