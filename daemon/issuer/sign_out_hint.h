/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a request to sign out is of: id_token_hint (OpenID Connect RP-Initiated Logout 1.0 section 2).
 */
#ifndef MM_DAEMON_ISSUER_SIGN_OUT_HINT_H
#define MM_DAEMON_ISSUER_SIGN_OUT_HINT_H

#include "daemon/ipc/mint.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>

/*
 * The client that an ID token says it is for: its 'aud', a text, with a NUL behind it. Nothing of the token is verified
 * and nothing is believed because of it: it stands for a client_id, which any request may name.
 * False where it is no JWT of MM_TOKEN_LEN_MAX bytes at most, or has no such text.
 */
MM_MUST_USE bool issuer_sign_out_hint_read(struct mm_slice unverified_token,
    char unverified_client[MM_MINT_CLIENT_LEN_MAX + 1]);

#endif
