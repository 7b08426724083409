/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store of keys in a folder: a file KID.sealed each (doc/PROTOCOL.keystore), which is read and opened only when the
 * key is.
 */
#ifndef MM_DAEMON_KEYSTORE_SEALED_STORE_H
#define MM_DAEMON_KEYSTORE_SEALED_STORE_H

#include "daemon/keystore/keystore.h"
#include "daemon/keystore/sealed_file.h"

/*
 * A store over an open folder, which stays the caller's. seal is copied to locked memory; the caller wipes his. What
 * was being written when the last process of this store ended is removed. NULL with words where the folder cannot be
 * used or memory is short.
 */
MM_MUST_USE struct keystore *sealed_store_new(int folder_fd, const struct sealed_file_seal *seal,
    struct keystore_trouble *trouble);

#endif
