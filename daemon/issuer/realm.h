/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The issuer's realm: its addresses, and where in a request's path they begin.
 */
#ifndef MM_DAEMON_ISSUER_REALM_H
#define MM_DAEMON_ISSUER_REALM_H

#include "daemon/ipc/mint.h"
#include "lib/codec/issuer.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

struct issuer_realm {
	char name[MM_NAME_LEN_MAX + 1];
	char issuer[MM_MINT_ISSUER_LEN_MAX + 1];
	char algorithm[8];
	uint16_t number;
	uint32_t publish_before_s;
	struct mm_issuer_pattern pattern;      /* borrows from issuer, as do these */
	struct mm_slice origin;                /* "https://login.example" */
	struct mm_slice path_before, path_after; /* around the tenant; a literal has all in path_before */
	bool is_https;
};

/*
 * Read the payload of ISSUER_REALM. False where it is none.
 * Not to be copied: what is borrowed points into it.
 */
MM_MUST_USE bool issuer_realm_read(struct mm_slice payload, struct issuer_realm *realm);

/*
 * Whether a path lies at or below the realm's address: *tenant is the segment that stands for the tenant (empty in a
 * realm without template), *rest what follows, which begins with '/' or is empty.
 */
MM_MUST_USE bool issuer_realm_match(const struct issuer_realm *realm, struct mm_slice path, struct mm_slice *tenant,
    struct mm_slice *rest);

struct mm_buf;

/* Append the address of the realm with this tenant ("https://login.example/T/v2.0"), or its path alone. */
void issuer_realm_add_address(const struct issuer_realm *realm, struct mm_slice tenant, struct mm_buf *buf);
void issuer_realm_add_path(const struct issuer_realm *realm, struct mm_slice tenant, struct mm_buf *buf);

#endif
