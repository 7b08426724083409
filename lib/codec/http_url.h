/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of HTTP requests, brought to one spelling so that they can be compared.
 */
#ifndef MM_CODEC_HTTP_URL_H
#define MM_CODEC_HTTP_URL_H

#include "lib/base/scratch.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>

/* An address that is compared. Servers take request lines of 8,000 bytes (RFC 9110 section 4.1 recommends it). */
#define MM_HTTP_URL_LEN_MAX 8000

/*
 * Normalize an absolute http or https address without its query and fragment (RFC 3986 sections 6.2.2 and 6.2.3):
 * scheme and host in lower case, no default port, "/" for an empty path, the digits of "%2f" in upper case, and
 * letters, digits and "-._~" plain where they were percent-encoded.
 *
 * Dot segments stay as they stand: clients remove them before they send, and where a server behind us keeps them,
 * "/a/../b" is not "/b". *normal is at most one byte longer than text and lies in scratch.
 *
 * Returns false for anything else: user info, a host or port that is none, a '%' without two digits, spaces, control
 * and non-ASCII bytes, more than MM_HTTP_URL_LEN_MAX bytes; also where scratch is full. *normal is set on success only.
 * Not checked here: that the host exists, or is meant.
 */
MM_MUST_USE bool mm_http_url_normalize(struct mm_slice text, struct mm_scratch *scratch, struct mm_slice *normal);

#endif
