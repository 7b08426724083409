/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the cache keeps of a token whose signature held: under which key, its header, its claims and those members of
 * its payload that a service's mailbox claim or steps 7, 10 and 12 may ask for; of a mint's the digest of header and
 * payload. Not the token, its signature or its payload, and nothing of what steps 7 and 12 found.
 */
#ifndef MM_TOKEN_CACHE_ENTRY_H
#define MM_TOKEN_CACHE_ENTRY_H

#include "lib/jose/algorithm.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>

struct mm_judgement;

/* The key that a signature held under, by its public numbers: RFC 7638 with SHA-256, base64url. */
struct mm_signed_by {
	const struct mm_algorithm *algorithm;
	struct mm_slice thumbprint_text;
};

/*
 * Recall the token that is judged: set its header, claims, payload index and signed_by, and judgement->remembered, as
 * <judgement.h> says. Everything is copied into the judgement's scratch. Returns false, with all of them as they were,
 * where there is no cache or no entry, where the entry does not have what the service asks for, and for a trace.
 * Not checked here: the key. Step 6 does.
 */
MM_MUST_USE bool mm_judgement_recall(struct mm_judgement *judgement);

/*
 * Remember the token that is judged, whose signature was verified just now. What does not fit an entry is not
 * remembered. The scratch is as full afterwards as before.
 */
void mm_judgement_remember(struct mm_judgement *judgement);

#endif
