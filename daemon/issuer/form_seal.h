/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals of our forms, against forged requests (RFC 6749 section 10.12, RFC 9700 section 4.7).
 *
 * A form carries a seal over what it is for, everything that it carries along, and the form cookie and session of the
 * browser that it was given to. Another site can make a browser send a form here, but knows no seal of that browser,
 * and cannot change what stands in one that was given out. The secret is the process's, new with each start: a form
 * from before it asks its user once more.
 */
#ifndef MM_DAEMON_ISSUER_FORM_SEAL_H
#define MM_DAEMON_ISSUER_FORM_SEAL_H

#include "lib/crypto/mac.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

#define ISSUER_SEAL_TEXT_LEN 43

/*
 * The seal of texts, in base64url, with a NUL. Where one text ends and the next begins is sealed too; an absent text is
 * an empty one. Returns false where libcrypto fails.
 */
MM_MUST_USE bool issuer_form_seal_make(const unsigned char *secret, size_t secret_len, const struct mm_slice *texts,
    size_t count, char seal[ISSUER_SEAL_TEXT_LEN + 1]);

/* Whether a seal is that of texts; in a time that does not tell where it differs. */
MM_MUST_USE bool issuer_form_seal_check(const unsigned char *secret, size_t secret_len, const struct mm_slice *texts,
    size_t count, struct mm_slice seal);

#endif
