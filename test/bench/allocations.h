/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting allocations of our own: calls of malloc, calloc and realloc out of what is linked statically. Those that
 * other libraries make of their own accord, libcrypto's among them, do not pass here. Linked with --wrap for the
 * three.
 */
#ifndef BENCH_ALLOCATIONS_H
#define BENCH_ALLOCATIONS_H

#include <stddef.h>

/* How many there were since the program began. */
size_t bench_allocations(void);

#endif
