/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mailbox addresses: plain ASCII, compared lower-cased.
 */
#ifndef MM_CODEC_MAILBOX_H
#define MM_CODEC_MAILBOX_H

#include "lib/base/scratch.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>

struct mm_mailbox {
	struct mm_slice address; /* lower-cased */
	struct mm_slice domain;  /* the part of it behind the '@' */
};

/*
 * Read an address LOCAL@DOMAIN of at most MM_MAILBOX_LEN_MAX bytes. LOCAL is one or more words of letters, digits
 * and !#&'+-=^_~ with single dots between them; DOMAIN is labels of letters, digits and inner hyphens with single dots
 * between them. That is narrower than RFC 5321 section 4.1.2: quotes, slashes, '%', '$', '`', braces and wildcards
 * have a meaning in paths, variables and patterns of mail servers. The lower-cased copy goes into scratch.
 * Returns false for anything else. Not checked here: that the mailbox exists.
 */
MM_MUST_USE bool
mm_mailbox_parse(struct mm_slice text, struct mm_scratch *scratch, struct mm_mailbox *mailbox);

/* Read a domain as above; lower is room for text.len bytes. */
MM_MUST_USE bool mm_mailbox_domain_parse(struct mm_slice text, char *lower);

#endif
