/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redirect URIs: registered ones, and whether one that came is one of them.
 */
#ifndef MM_DAEMON_VERIFIER_REDIRECT_H
#define MM_DAEMON_VERIFIER_REDIRECT_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>

/*
 * Whether a URI may be registered: https with a host, http for a loopback address, or a scheme of an application's own
 * with a dot in it (RFC 8252 section 7.1); no fragment (RFC 6749 section 3.1.2), no user info, printable ASCII.
 */
MM_MUST_USE bool verifier_redirect_check(struct mm_slice uri);

/*
 * Whether a URI that came is one of the registered list, byte by byte. For a public client the port of a registered
 * http URI of 127.0.0.1 or [::1] may be another one (RFC 8252 section 7.3).
 */
MM_MUST_USE bool verifier_redirect_allowed(struct mm_slice registered, struct mm_slice uri, bool is_public);

#endif
