/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors as endpoints for programs answer them: JSON (RFC 6749 section 5.2).
 */
#ifndef MM_DAEMON_ISSUER_ERROR_H
#define MM_DAEMON_ISSUER_ERROR_H

#include "daemon/http/answer.h"
#include "daemon/issuer/client.h"
#include "daemon/issuer/exchange.h"

#include <mintmark/slice.h>

/*
 * {"error":…,"error_description":…} with the status's HTTP status; for invalid_client a challenge, and Retry-After
 * where it says when to come again. An empty text writes no description.
 */
void issuer_error_answer(const struct issuer_exchange *exchange, struct mm_http_answer *answer,
    enum mm_sign_in_status status, struct mm_slice text);

/* The same of a fault of our own; and of what the verifier says. */
enum issuer_turn issuer_error_fault(const struct issuer_exchange *exchange, struct mm_http_answer *answer,
    struct issuer_fault fault);
enum issuer_turn issuer_error_verified(const struct issuer_exchange *exchange, struct mm_http_answer *answer);

/*
 * 404 for an address with a tenant that there is not, and 503 while nobody has said which there are; a page where
 * people see it.
 */
enum issuer_turn issuer_error_tenant(const struct issuer_exchange *exchange, struct mm_http_answer *answer,
    enum mm_sign_in_status status);

/*
 * The first thing that is wrong with the parameters of an endpoint for programs; MM_SIGN_IN_OK: nothing. form_fault is
 * what reading the form gave.
 */
struct issuer_fault issuer_check_form(const struct issuer_exchange *exchange, const char *form_fault);

/* Set a text field of a structure from a parameter, where it is there; false where it is too long. */
#define issuer_set_text(exchange, parameter, text)                       \
	(!mm_slice_present(issuer_exchange_parameter(exchange, parameter)) || \
	    mm_mint_text_set(text, issuer_exchange_parameter(exchange, parameter)))

#endif
