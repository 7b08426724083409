/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients' certificates.
 */
#include "daemon/http/client_certificate.h"

#include "lib/codec/base64.h"
#include "lib/codec/hex.h"
#include "lib/codec/pem.h"
#include "lib/crypto/digest.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

/* ---- in a field ---- */

/* '+' stays what it is: it is a character of base64, and no form is decoded here. */
static bool
decode_percent(struct mm_slice text, char *out, size_t *out_len)
{
	*out_len = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '%') {
			int byte = mm_hex_pair(text.ptr + i + 1, text.len - i - 1);

			if (byte < 0)
				return false;
			c = (char)byte;
			i += 2;
		}
		out[(*out_len)++] = c;
	}
	return true;
}

/* What PEM and base64 have in common is no first character. */
static bool
decode(struct mm_slice text, char *room, struct mm_slice *der)
{
	if (text.len > 0 && text.ptr[0] == '-')
		return mm_pem_certificate_decode(text, room, der);
	return mm_base64_decode(text, room, der) == MM_OK;
}

bool
mm_http_client_certificate_parse(struct mm_slice field, uint8_t digest[MM_DIGEST_LEN])
{
	char text[MM_HTTP_CERTIFICATE_FIELD_LEN_MAX], room[MM_PEM_ROOM(MM_HTTP_CERTIFICATE_FIELD_LEN_MAX)];
	struct mm_slice der;
	size_t len;

	if (field.len > MM_HTTP_CERTIFICATE_FIELD_LEN_MAX || !decode_percent(field, text, &len))
		return false;
	return decode(mm_slice(text, len), room, &der) && der.len > 0 && mm_sha256(der, digest);
}

/* ---- by TLS ---- */

static gnutls_session_t
session_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return info == NULL ? NULL : (gnutls_session_t)info->tls_session;
}

bool
mm_http_connection_has_tls(struct MHD_Connection *connection)
{
	return session_of(connection) != NULL;
}

/* The handshake proved that the peer has the key. NULL: it showed no certificate. */
static const gnutls_datum_t *
certificate_of(gnutls_session_t session)
{
	const gnutls_datum_t *chain;
	unsigned chain_len = 0;

	if (session == NULL || gnutls_certificate_type_get2(session, GNUTLS_CTYPE_PEERS) != GNUTLS_CRT_X509)
		return NULL;
	chain = gnutls_certificate_get_peers(session, &chain_len);
	return chain_len == 0 ? NULL : chain;
}

static bool
is_vouched_for(gnutls_session_t session)
{
	unsigned faults = 0;

	return gnutls_certificate_verify_peers2(session, &faults) == GNUTLS_E_SUCCESS && faults == 0;
}

bool
mm_http_client_certificate_of_peer(struct MHD_Connection *connection, uint8_t digest[MM_DIGEST_LEN])
{
	gnutls_session_t session = session_of(connection);
	const gnutls_datum_t *certificate = certificate_of(session);

	return certificate != NULL && is_vouched_for(session) &&
	    mm_sha256(mm_slice(certificate->data, certificate->size), digest);
}

static void
write_subject(const gnutls_datum_t *der, char *subject, size_t size)
{
	gnutls_x509_crt_t certificate;
	gnutls_datum_t text = { NULL, 0 };

	subject[0] = '\0';
	if (gnutls_x509_crt_init(&certificate) != GNUTLS_E_SUCCESS)
		return;
	if (gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS &&
	    gnutls_x509_crt_get_dn3(certificate, &text, 0) == GNUTLS_E_SUCCESS && text.size < size &&
	    memchr(text.data, '\0', text.size) == NULL)
		snprintf(subject, size, "%.*s", (int)text.size, (const char *)text.data);
	gnutls_free(text.data);
	gnutls_x509_crt_deinit(certificate);
}

bool
mm_http_client_certificate_look(struct MHD_Connection *connection, uint8_t digest[MM_DIGEST_LEN], bool *trusted,
    char *subject, size_t subject_size)
{
	gnutls_session_t session = session_of(connection);
	const gnutls_datum_t *certificate = certificate_of(session);

	subject[0] = '\0';
	*trusted = false;
	if (certificate == NULL || !mm_sha256(mm_slice(certificate->data, certificate->size), digest))
		return false;
	*trusted = is_vouched_for(session);
	write_subject(certificate, subject, subject_size);
	return true;
}
