/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials in HTTP header fields: the scheme, and what "Basic" and "Bearer" carry.
 */
#ifndef MM_DAEMON_HTTP_CREDENTIALS_H
#define MM_DAEMON_HTTP_CREDENTIALS_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * "Basic" credentials that are read at all: the longest secret of a caller (MM_CALLER_SECRET_LEN_MAX), its name, and
 * what base64 and the escaping of some bytes add.
 */
#define MM_HTTP_BASIC_LEN_MAX 2048

/*
 * What follows the scheme in a field of "scheme 1*SP credentials" (RFC 9110 section 11.4), without the spaces
 * around it; absent where the field has another scheme or none. Schemes are told apart ignoring case.
 * Not checked here: the characters of the credentials.
 */
struct mm_slice mm_http_credentials_find(struct mm_slice field, const char *scheme);

/* Name and secret of "Basic" credentials, in both ways of reading them; room holds the bytes. */
struct mm_http_basic {
	/* As RFC 7617 section 2 says: the bytes themselves. */
	struct mm_slice name, secret;
	/* As RFC 6749 section 2.3.1 says: form-encoded; absent where they are no form. */
	struct mm_slice decoded_name, decoded_secret;
	char room[3 * MM_HTTP_BASIC_LEN_MAX + 2];
};

/*
 * Parse base64 "name:secret". Returns false where it is too long, not strict base64, or has no colon.
 * Clients differ in whether they form-encode name and secret first, so both readings are given.
 * The caller wipes *basic. Not checked here: who it is.
 */
MM_MUST_USE bool mm_http_basic_parse(struct mm_slice credentials, struct mm_http_basic *basic);

#endif
