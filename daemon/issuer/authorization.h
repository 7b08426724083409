/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An authorization request (RFC 6749 section 4.1.1, OpenID Connect Core 1.0 section 3.1.2.1): reading it, carrying it
 * through the pages, and leading back to the client.
 */
#ifndef MM_DAEMON_ISSUER_AUTHORIZATION_H
#define MM_DAEMON_ISSUER_AUTHORIZATION_H

#include "daemon/issuer/client.h"
#include "daemon/issuer/exchange.h"

#include <stddef.h>

/* The parameters that the pages carry along. */
extern const enum issuer_parameter issuer_carried[];
extern const size_t issuer_carried_count;

/*
 * Read the parameters into the verifier's structures (head->client_id and *authorize). What is wrong is noted in the
 * exchange (own_fault), to be told to the client once the verifier says that the redirect URI is its own; where client
 * or redirect URI themselves are nothing, the page has to say it: false.
 */
MM_MUST_USE bool issuer_authorization_read(struct issuer_exchange *exchange, struct mm_verify_head *head,
    struct mm_authorize *authorize);

/* Lead back to the client with a code; with an error. Both with state and iss (RFC 9207). */
enum issuer_turn issuer_authorization_answer_code(const struct issuer_exchange *exchange,
    struct mm_http_answer *answer);
enum issuer_turn issuer_authorization_answer_error(const struct issuer_exchange *exchange,
    struct mm_http_answer *answer, const char *error, struct mm_slice description);

/* What the verifier refuses: to the client where it may be, else as a page. */
enum issuer_turn issuer_authorization_answer_refusal(const struct issuer_exchange *exchange,
    struct mm_http_answer *answer);

/* Lead a browser to an address: scheme, host and all behind it; what may not stand in a header is escaped. */
void issuer_redirect(const struct issuer_exchange *exchange, struct mm_http_answer *answer, struct mm_slice address);

/* Append "name=value" to an address, with the '?' or '&' that it needs; value is form-encoded. */
void issuer_address_add(struct mm_buf *address, const char *name, struct mm_slice value);

#endif
