/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of mints below state_dir/mint, as doc/mint.md lists them, and those that settings name. 'mintmark init'
 * makes them; here they are looked at and opened, for the processes to have them as descriptors.
 */
#ifndef MM_DAEMON_MINTMARKD_MINT_FILES_H
#define MM_DAEMON_MINTMARKD_MINT_FILES_H

#include "daemon/mintmarkd/child.h"
#include "engine/config.h"
#include "engine/problems.h"
#include "lib/crypto/ed25519.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether everything is there that the mints of a configuration need, secrets closed to other users; each that is
 * not is added to problems. Not checked here: what is in them.
 */
bool mm_mint_files_check(const struct mm_config *config, struct mm_problems *problems);

/* Read the offline root's public key. False, and logged, where it cannot be had. */
MM_MUST_USE bool mm_mint_files_read_root(const struct mm_config *config, uint8_t root[MM_ED25519_PUBLIC_LEN]);

/* Open for reading; -1, and logged. The sealing key: of a realm, or (NULL) of the ledger. */
int mm_mint_files_open_certificate(const struct mm_config *config);
int mm_mint_files_open_sealing_key(const struct mm_config *config, const struct mm_config_realm *realm);
int mm_mint_files_open_pin(const struct mm_config_realm *realm);

/*
 * Open a folder that one process reads and writes, made where only it is missing, and the user's: the ledger's, and of
 * a realm the one of sealed keys and the one of the verifier's table. -1, and logged.
 */
int mm_mint_files_open_ledger(const struct mm_config *config, const struct mm_user *user);
int mm_mint_files_open_keys(const struct mm_config *config, const char *realm, const struct mm_user *user);
int mm_mint_files_open_table(const struct mm_config *config, const char *realm, const struct mm_user *user);

#endif
