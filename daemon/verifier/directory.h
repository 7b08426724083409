/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory that gates look mailboxes up in (doc/PROTOCOL.directory).
 */
#ifndef MM_DAEMON_VERIFIER_DIRECTORY_H
#define MM_DAEMON_VERIFIER_DIRECTORY_H

#include "daemon/verifier/verifier.h"
#include "lib/base/buf.h"

/* The longest that is read. */
#define VERIFIER_DIRECTORY_LEN_MAX ((size_t)32 * 1024 * 1024)

/* Write it: who is not disabled, of the tenants that there are. buf tells whether it fitted. */
void verifier_directory_write(struct verifier *verifier, struct mm_buf *buf);

/* Write it, and hand it to mintmarkd. False, told, where that failed. */
MM_MUST_USE bool verifier_directory_send(struct verifier *verifier);

#endif
