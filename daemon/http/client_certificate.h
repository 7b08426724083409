/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate that a client showed: to us by TLS, or to a proxy that tells of it in a header field.
 *
 * Only its digest is taken, which is what tokens are bound to (RFC 8705 section 3.1). Nothing reads its content but the
 * TLS library.
 */
#ifndef MM_DAEMON_HTTP_CLIENT_CERTIFICATE_H
#define MM_DAEMON_HTTP_CLIENT_CERTIFICATE_H

#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct MHD_Connection;

/* A field with a certificate; in PEM, with each special character as three, that is one of five kilobytes. */
#define MM_HTTP_CERTIFICATE_FIELD_LEN_MAX 16384

/*
 * SHA-256 of the certificate in a field: PEM, each byte of which may be percent-encoded (nginx's
 * $ssl_client_escaped_cert), or the base64 of its DER, which may be percent-encoded too.
 *
 * Returns false for anything else: two certificates, text around it, base64 that is not strict, more than
 * MM_HTTP_CERTIFICATE_FIELD_LEN_MAX bytes. Not checked here: that the DER is a certificate, and whose.
 */
MM_MUST_USE bool mm_http_client_certificate_parse(struct mm_slice field, uint8_t digest[MM_DIGEST_LEN]);

/*
 * SHA-256 of the certificate that the peer of a connection showed by TLS. Returns false where the connection has no
 * TLS, where the peer showed none, and where none of 'tls_client_certificates' vouches for it.
 */
MM_MUST_USE bool mm_http_client_certificate_of_peer(struct MHD_Connection *connection, uint8_t digest[MM_DIGEST_LEN]);

/*
 * The same without asking who vouches for it: *trusted says whether one of the authorities does, and subject gets the
 * certificate's subject (RFC 4514), "" where it is too long or cannot be read. Returns false where the peer showed
 * none.
 */
MM_MUST_USE bool mm_http_client_certificate_look(struct MHD_Connection *connection, uint8_t digest[MM_DIGEST_LEN],
    bool *trusted, char *subject, size_t subject_size);

/* Whether the connection has TLS. */
bool mm_http_connection_has_tls(struct MHD_Connection *connection);

#endif
