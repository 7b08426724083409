/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP request on its way through the issuer. It belongs to the thread that serves its connection, also while it
 * waits for others: then that thread does not look at it.
 */
#ifndef MM_DAEMON_ISSUER_EXCHANGE_H
#define MM_DAEMON_ISSUER_EXCHANGE_H

#include "daemon/http/answer.h"
#include "daemon/http/body.h"
#include "daemon/http/fields.h"
#include "daemon/ipc/sign_in.h"
#include "daemon/issuer/cookie.h"
#include "daemon/issuer/parameters.h"
#include "daemon/issuer/waiting.h"
#include "lib/base/buf.h"

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stddef.h>

/* A form with a subject token and an assertion of the longest, every character of them escaped. */
#define ISSUER_BODY_LEN_MAX ((size_t)96 * 1024)

struct issuer;
struct issuer_route;

/* Whether a handler has made the answer, or asked and waits: then it, or the one behind it, is called once more. */
enum issuer_turn { ISSUER_ANSWERED, ISSUER_ASKED };

struct issuer_exchange;
typedef enum issuer_turn issuer_handler(struct issuer_exchange *exchange, struct mm_http_answer *answer);

struct issuer_exchange {
	struct issuer *issuer;
	struct MHD_Connection *connection;
	struct mm_slice method, path;     /* as they were sent; the path without its query */
	const struct issuer_route *route;
	struct mm_slice tenant;           /* the segment of the path; empty in a realm without template */
	bool method_allowed;
	bool has_query;
	struct mm_http_body body;         /* kept of routes that take one; may hold secrets: wiped at the end */
	struct mm_buf query;              /* the same */
	struct issuer_parameters parameters; /* of the query or the body; they point into them */
	issuer_handler *after;            /* who takes the answer of what was asked; NULL: nothing was */
	struct issuer_question *question; /* NULL: nothing was asked yet */
	char cookies[ISSUER_COOKIES][ISSUER_COOKIE_LEN_MAX + 1]; /* the request's; "" none */
	/* What the handlers of one endpoint tell those behind them. */
	enum mm_sign_in_status own_fault; /* of an authorization request: what is wrong with it, told once we may */
	const char *own_error;            /* its code where that is not the status's; NULL */
	const char *own_fault_text;
	bool as_dpop;
	char hinted_client[MM_MINT_CLIENT_LEN_MAX + 1]; /* by id_token_hint, unverified; "": by none */
};

static inline bool
issuer_exchange_is(const struct issuer_exchange *exchange, const char *method)
{
	return mm_slice_equal(exchange->method, mm_slice_str(method));
}

static inline struct mm_slice
issuer_exchange_parameter(const struct issuer_exchange *exchange, enum issuer_parameter parameter)
{
	return exchange->parameters.values[parameter];
}

/* Set a text of a structure; what does not fit is an empty one. */
#define issuer_put_text(text, slice)                   \
	do {                                           \
		if (!mm_mint_text_set((text), (slice))) \
			(text)->len = 0;               \
	} while (0)

/* Find a header field of the request, ignoring the case of its name. */
struct mm_http_field issuer_exchange_field(const struct issuer_exchange *exchange, const char *name);

/* Read the cookies that are ours. */
void issuer_exchange_read_cookies(struct issuer_exchange *exchange);

static inline struct mm_slice
issuer_exchange_cookie(const struct issuer_exchange *exchange, enum issuer_cookie cookie)
{
	return mm_slice_str(exchange->cookies[cookie]);
}

/* Parse the query into parameters, or the body of a form. NULL, else a constant sentence of what is wrong. */
MM_MUST_USE const char *issuer_exchange_read_query(struct issuer_exchange *exchange);
MM_MUST_USE const char *issuer_exchange_read_form(struct issuer_exchange *exchange);

/* Begin what is asked of the verifier: who asks, where from and what certificate it showed. */
void issuer_exchange_begin(const struct issuer_exchange *exchange, enum mm_sign_in_request request,
    struct mm_verify *verify);

/*
 * Ask, and have after() called with the answer (issuer_exchange_verified()). Where it cannot be asked, after() is
 * called at once with what the verifier says when it has too much to do. *verify is wiped.
 */
enum issuer_turn issuer_exchange_ask(struct issuer_exchange *exchange, struct mm_http_answer *answer,
    struct mm_verify *verify, issuer_handler *after);

/* The answer to what was asked. */
const struct mm_verified *issuer_exchange_verified(const struct issuer_exchange *exchange);

/* Forget what was asked and answered. */
void issuer_exchange_forget(struct issuer_exchange *exchange);

#endif
