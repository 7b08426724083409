/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the courier and mintmarkd say of a document that is fetched.
 */
#ifndef MM_DAEMON_IPC_FETCH_H
#define MM_DAEMON_IPC_FETCH_H

enum mm_fetch_outcome {
	MM_FETCH_NEW,         /* there is a document with other keys: COURIER_DOCUMENT came before */
	MM_FETCH_SAME,        /* it was not modified, or holds the same keys */
	MM_FETCH_UNREACHABLE, /* name, connection, TLS, time-out */
	MM_FETCH_REFUSED,     /* a status other than 200 and 304, a redirect, too large, a host that is not allowed */
	MM_FETCH_UNREADABLE,  /* no JSON, no JWK set, no discovery document, no key that can be used, another issuer */
	MM_FETCH_COUNT
};

#endif
