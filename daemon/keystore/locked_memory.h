/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for private keys: locked, so that it never reaches swap; left out of core dumps; not inherited by a child;
 * wiped when it is given back. libcrypto takes all of its memory from here, so that its copies and its intermediate
 * numbers are kept so too.
 *
 * One region of a process, made once; any thread may take from it and give back.
 */
#ifndef MM_DAEMON_KEYSTORE_LOCKED_MEMORY_H
#define MM_DAEMON_KEYSTORE_LOCKED_MEMORY_H

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * Make the region, and have libcrypto use it. The first thing that a process does. Where its limit allows, the whole
 * process is locked beside it. False where the region cannot be locked or libcrypto was used before; *why is then a
 * constant sentence.
 */
MM_MUST_USE bool locked_memory_open(const char **why);

/* size zeroed bytes, aligned for anything; NULL where there is no more room. */
void *locked_memory_take(size_t size);

/* Wipe and give back; NULL is nothing. */
void locked_memory_give_back(void *block);

#endif
