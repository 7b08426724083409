/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a token: header and payload as doc/mint.md has them, byte for byte.
 */
#ifndef MM_DAEMON_LEDGER_TOKEN_TEXT_H
#define MM_DAEMON_LEDGER_TOKEN_TEXT_H

#include "daemon/ledger/state.h"
#include "lib/base/buf.h"

/*
 * Write header.payload of a token into input, which holds MM_MINT_SIGNING_INPUT_MAX; job has its times, class, key and
 * token_id. payload is memory that the caller keeps from call to call. Returns the length; 0 where it is too long, or
 * libcrypto fails.
 */
MM_MUST_USE size_t ledger_token_text(struct ledger_realm *realm, const struct mm_grant *grant,
    const struct ledger_job *job, struct mm_buf *payload, char *input);

#endif
