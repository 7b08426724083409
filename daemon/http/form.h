/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms as clients send them: application/x-www-form-urlencoded (WHATWG URL section 5.1, RFC 6749 appendix B).
 */
#ifndef MM_DAEMON_HTTP_FORM_H
#define MM_DAEMON_HTTP_FORM_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * Decode one name or value in place: '+' is a space, '%' and two hexadecimal digits are a byte. Sets *decoded to
 * the result, which begins where text does. Returns false where a '%' is not followed by two digits.
 * Not checked here: the bytes, which may be any, NUL too.
 */
MM_MUST_USE bool mm_http_form_decode(char *text, size_t len, struct mm_slice *decoded);

/* A parameter that a form may have; parsing sets value and count. */
struct mm_http_form_parameter {
	const char *name;
	struct mm_slice value; /* of the first; absent: it does not stand in the form */
	size_t count;          /* how often it stands there */
};

/*
 * Parse a form in place; values are borrowed from it. Parameters that the table does not list are passed over
 * (RFC 6749 section 3.2: "The authorization server MUST ignore unrecognized request parameters").
 * Returns false where a name or value cannot be decoded; the parameters found so far stay set.
 * Not checked here: whether a parameter stands there once; the caller looks at count.
 */
MM_MUST_USE bool
mm_http_form_parse(char *body, size_t len, struct mm_http_form_parameter *parameters, size_t parameter_count);

#endif
