/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The autopsy: who signed a token that was refused before anybody looked at its signature?
 *
 * Somebody who signs with a stolen key where it is not valid is refused at steps 3 to 5, as anybody is who only made
 * something up. The signature tells the two apart, and the first is known to hold the key.
 */
#ifndef MM_TOKEN_AUTOPSY_H
#define MM_TOKEN_AUTOPSY_H

#include "lib/trust/trust.h"

#include <mintmark/decide.h>

enum mm_autopsy_class {
	MM_AUTOPSY_NOISE, /* no key of this kid signed it */
	MM_AUTOPSY_LEAD,  /* one did, and could have, or nobody can tell: a stray or a replay */
	MM_AUTOPSY_PROOF, /* one did that could not have: somebody holds it */
};

/*
 * Why the key could not have signed it. An 'iss' that no realm has proves nothing: providers sign for issuers that are
 * not configured here with the same keys (doc/decisions/0008-what-the-autopsy-proves.md).
 */
enum mm_autopsy_fault {
	MM_AUTOPSY_FAULT_NONE,
	MM_AUTOPSY_FAULT_ISSUER,  /* 'iss' is that of another realm than the key's */
	MM_AUTOPSY_FAULT_WINDOW,  /* 'iat' lies outside its signing window */
	MM_AUTOPSY_FAULT_REVOKED, /* 'iat' lies behind its revocation */
};

struct mm_autopsy {
	enum mm_autopsy_class class;
	enum mm_autopsy_fault fault;
	const struct mm_key *key; /* whose signature it is; NULL: noise */
	/* What its signer wrote, borrowed from scratch; absent where it is noise, not there or no string. */
	struct mm_slice issuer, tenant_id, subject, client, token_id;
};

/*
 * Whether the last decision wants one: it was denied at steps 3 to 5, and its kid names a key, of any realm and state,
 * whose material is known. *key is the first such key, for the fairness of queues.
 */
bool mm_autopsy_wanted(const struct mm_decision *decision, const struct mm_key **key);

/* Keys of one kid that are tried; more realms than these do not share one. */
#define MM_AUTOPSY_KEYS_MAX 16

/*
 * Look at a token once more: verify its signature under every key of its kid, of any realm and state, up to
 * MM_AUTOPSY_KEYS_MAX that are known. scratch is any decision that is not in use; its last result is lost. A token that
 * does not pass shape and header is noise.
 * A key that could have signed outweighs one that could not: then it is a lead. A key without scope could have signed
 * for its own realm; for others it outweighs none.
 * Not checked here: whether the token was refused.
 */
struct mm_autopsy
mm_autopsy_examine(const struct mm_trust *trust, struct mm_slice token, struct mm_decision *scratch);

#endif
