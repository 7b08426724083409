/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What 'mintmark init' makes: folders, sealing keys, the offline root, the key-state key with its certificate, and a
 * mark root for each mint (doc/mint.md "Folders"). What is there stays as it is.
 */
#ifndef MM_ENGINE_MINT_SETUP_H
#define MM_ENGINE_MINT_SETUP_H

#include "engine/config.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How long a certificate of the key-state key holds. */
#define MM_MINT_CERTIFICATE_S (400 * 86400)

/* One thing; made: it was not there before. detail may be NULL, and is in words. */
typedef void mm_mint_setup_tell(void *ctx, const char *what, const char *path, bool made, const char *detail);

struct mm_mint_setup {
	const struct mm_config *config;
	const char *root_path; /* the file of the offline root's private key */
	bool renew;            /* the certificate, although it holds */
	int64_t now_s;
	bool give;             /* what the processes need is given to this user; only root can */
	uid_t uid;
	gid_t gid;
	mm_mint_setup_tell *tell;
	void *ctx;
};

/*
 * Make what lacks, in an order in which a crash leaves nothing that a second run does not complete. False with an error
 * in problems where it cannot be, or where another one is at work; nothing that was there before is changed then. No
 * secret is told or printed.
 */
MM_MUST_USE bool mm_mint_setup_run(const struct mm_mint_setup *setup, struct mm_problems *problems);

#endif
