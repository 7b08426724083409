/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the HTTP library calls for each request: its head, the parts of its body, its answer, its end.
 */
#ifndef MM_DAEMON_ISSUER_REQUEST_H
#define MM_DAEMON_ISSUER_REQUEST_H

#include <microhttpd.h>
#include <stddef.h>

/*
 * Called once when the head is read, then for each part of the body, then once more for the answer, and again each time
 * that the connection is resumed; ctx is the issuer. MHD_NO ends the connection.
 */
enum MHD_Result issuer_request_continues(void *ctx, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version, const char *upload, size_t *upload_len, void **request_ctx);

/* Called when the answer was sent or the connection ended. */
void issuer_request_ended(void *ctx, struct MHD_Connection *connection, void **request_ctx,
    enum MHD_RequestTerminationCode how);

#endif
