/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret by which a caller of a service proves who it is: a file, and its digest.
 *
 * Only the digest is given to the process that answers strangers; comparing digests of equal length also
 * tells nothing of the secret's own length.
 */
#ifndef MM_ENGINE_CALLER_SECRET_H
#define MM_ENGINE_CALLER_SECRET_H

#include "lib/base/limits.h"

#include <mintmark/version.h>

#include <stdint.h>

/* Below 16 bytes a secret can be guessed on line; above 1024 it is some other file. */
#define MM_CALLER_SECRET_LEN_MIN 16
#define MM_CALLER_SECRET_LEN_MAX 1024

enum mm_caller_secret {
	MM_CALLER_SECRET_GOOD,
	MM_CALLER_SECRET_MISSING,
	MM_CALLER_SECRET_UNREADABLE, /* not by us, no regular file, too large: errno says it */
	MM_CALLER_SECRET_EXPOSED,    /* every user of the machine may read or write it */
	MM_CALLER_SECRET_SHORT,
	MM_CALLER_SECRET_ODD,        /* holds a control character: it cannot be sent by Basic authentication */
	MM_CALLER_SECRET_FAILED,     /* memory or libcrypto */
};

/*
 * Read a secret's file and make SHA-256 of it, without one newline at its end. The secret is wiped from memory.
 * digest is set only on MM_CALLER_SECRET_GOOD. Not checked here: who else of the file's group may read it.
 */
MM_MUST_USE enum mm_caller_secret mm_caller_secret_read(const char *path, uint8_t digest[MM_DIGEST_LEN]);

/* Constant sentences: what is wrong with it, and what to do. */
const char *mm_caller_secret_text(enum mm_caller_secret fault);
const char *mm_caller_secret_mend(enum mm_caller_secret fault);

#endif
