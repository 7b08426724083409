/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a client shows who it is (RFC 6749 section 2.3, RFC 7523 section 2.2, RFC 8705 section 2): reading it. Whether it
 * is true, and the way that this client is registered with, the verifier says.
 */
#ifndef MM_DAEMON_ISSUER_CLIENT_H
#define MM_DAEMON_ISSUER_CLIENT_H

#include "daemon/ipc/sign_in.h"
#include "daemon/issuer/parameters.h"

#include <mintmark/slice.h>

/* What is wrong with a request, as its answer tells it. */
struct issuer_fault {
	enum mm_sign_in_status status; /* MM_SIGN_IN_OK: nothing */
	const char *text;              /* a constant sentence */
};

#define ISSUER_NO_FAULT ((struct issuer_fault){ MM_SIGN_IN_OK, "" })

/*
 * Read the client of a request: authorization is the field of that name, absent where there is none, and
 * authorization_count how often it is there. What it uses is one of "Basic" (name and secret form-encoded, RFC 6749
 * section 2.3.1), client_secret, client_assertion, or nothing but client_id.
 *
 * "The client MUST NOT use more than one authentication method in each request" (RFC 6749 section 2.3):
 * invalid_request. verify->head and verify->assertion are set; the assertion is borrowed from parameters.
 */
struct issuer_fault issuer_client_read(struct mm_slice authorization, size_t authorization_count,
    const struct issuer_parameters *parameters, struct mm_verify *verify);

#endif
