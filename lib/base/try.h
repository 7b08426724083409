/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one error convention: a function that can refuse returns enum mm_reason, MM_OK is its only
 * zero, and the result must be used.
 */
#ifndef MM_BASE_TRY_H
#define MM_BASE_TRY_H

#include <mintmark/reason.h>

#define MM_TRY(expression)                            \
	do {                                          \
		enum mm_reason try_reason_ = (expression); \
		if (try_reason_ != MM_OK)             \
			return try_reason_;           \
	} while (0)

#endif
