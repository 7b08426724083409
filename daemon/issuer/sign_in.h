/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sign-in page, which the device page shows too.
 */
#ifndef MM_DAEMON_ISSUER_SIGN_IN_H
#define MM_DAEMON_ISSUER_SIGN_IN_H

#include "daemon/issuer/exchange.h"

/*
 * The page that asks for name and password. problem: what went wrong with the last try; NULL: there was none. The
 * exchange has asked something before.
 */
void issuer_sign_in_page(struct issuer_exchange *exchange, struct mm_http_answer *answer, unsigned status,
    const char *problem);

/* How long to wait after too many attempts, as a sentence and as the field Retry-After. */
#define ISSUER_WAIT_TEXT_SIZE 160
void issuer_wait_text(const struct issuer_exchange *exchange, struct mm_http_answer *answer, char *text, size_t size);

#endif
