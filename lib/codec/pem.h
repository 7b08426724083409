/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates in PEM (RFC 7468 section 5).
 */
#ifndef MM_CODEC_PEM_H
#define MM_CODEC_PEM_H

#include "lib/codec/base64.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>

/* Room that len characters need. */
#define MM_PEM_ROOM(len) ((len) + MM_BASE64_ROOM(len))

/*
 * Decode the one certificate of a PEM text into room, which holds MM_PEM_ROOM(text.len) bytes.
 *
 * Strict: the text begins with "-----BEGIN CERTIFICATE-----"; but for line ends nothing stands behind its end; base64
 * is that of base64.h, in lines of any length. *der is set only on success and points into room.
 * Returns false for anything else. Not checked here: that the bytes are a certificate.
 */
MM_MUST_USE bool mm_pem_certificate_decode(struct mm_slice text, char *room, struct mm_slice *der);

#endif
