/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrays whose length the compiler knows.
 */
#ifndef MM_BASE_ARRAY_H
#define MM_BASE_ARRAY_H

#include <stddef.h>

/* Elements of an array; not of a pointer to one. */
#define MM_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
