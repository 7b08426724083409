/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that are put from one field into another.
 */
#ifndef MM_DAEMON_VERIFIER_TEXT_H
#define MM_DAEMON_VERIFIER_TEXT_H

#include "daemon/ipc/mint.h"

/*
 * Set a text that comes from a field no longer than this one. One that does not fit leaves it empty, which is less than
 * was meant, never more.
 */
static inline void
verifier_text_copy(uint16_t *len, char *bytes, size_t max, struct mm_slice text)
{
	if (!mm_mint_text_copy(len, bytes, max, text))
		*len = 0;
}

#define verifier_text_put(text, slice) verifier_text_copy(&(text)->len, (text)->bytes, sizeof((text)->bytes), (slice))

#endif
