/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents of mints, kept on the disk beside those that were fetched, for commands that decide offline. Nothing of
 * a running system goes by them: its ledger and verifiers send theirs anew at each start.
 */
#ifndef MM_DAEMON_MINTMARKD_MINT_KEPT_H
#define MM_DAEMON_MINTMARKD_MINT_KEPT_H

#include "daemon/mintmarkd/key_lists.h"
#include "daemon/mintmarkd/mints.h"

/* Keep what came since it was kept last; what cannot be is logged. folder_fd: the folder of kept keys; -1: none. */
void mm_mints_keep(struct mm_mints *mints, const struct mm_key_lists *lists, int folder_fd);

#endif
