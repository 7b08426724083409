/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store of keys in a PKCS #11 token: made there, never leaving it. What this process holds is the right to use them.
 *
 * The token may be away when the store begins and at any time later: what needs it then gives AWAY, and state() reaches
 * it anew.
 */
#ifndef MM_DAEMON_KEYSTORE_PKCS11_STORE_H
#define MM_DAEMON_KEYSTORE_PKCS11_STORE_H

#include "daemon/keystore/keystore.h"

/*
 * A store of the realm's keys in the token of this label. Loads the module, so before the sandbox closes; nothing of
 * the token is touched before the first call of state(). pin_fd is taken over, always. NULL with words where it cannot
 * be.
 */
MM_MUST_USE struct keystore *pkcs11_store_new(const char *module, const char *label, int pin_fd, const char *realm,
    struct keystore_trouble *trouble);

#endif
