/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The realm of a signer, and what it demands of each token that it signs for it.
 */
#ifndef MM_DAEMON_SIGNER_REALM_H
#define MM_DAEMON_SIGNER_REALM_H

#include "daemon/signer/tenants.h"
#include "lib/codec/issuer.h"
#include "lib/codec/json.h"
#include "lib/jose/algorithm.h"

struct signer_realm {
	char name[MM_NAME_LEN_MAX + 1];
	char issuer[MM_MINT_ISSUER_LEN_MAX + 1];
	struct mm_issuer_pattern pattern; /* borrows from issuer */
	const struct mm_algorithm *algorithm;
	uint32_t max_lifetime_s;
	bool derived; /* its tokens may have a root, and must have a tenant */
	struct signer_tenants tenants;
};

/* Read the payload of SIGNER_REALM. Returns NULL, or a constant sentence of what is wrong; tenants are not touched. */
MM_MUST_USE const char *signer_realm_parse(struct mm_slice payload, struct signer_realm *realm);

/* What a check needs beside its stack; its content is the check's. */
struct signer_check_room {
	struct mm_json_names names;
	char payload[MM_MINT_SIGNING_INPUT_MAX];
	char strings[MM_MINT_SIGNING_INPUT_MAX];
};

/* When a request is checked. */
struct signer_moment {
	int64_t now_s;  /* CLOCK_REALTIME */
	int64_t now_ms; /* CLOCK_BOOTTIME */
};

/*
 * Check a signing input that is to be signed for a class of tokens: it begins with header, which is encoded, and a '.';
 * its payload is strict JSON with the members of doc/mint.md in their order and no other, each of its type; iss is
 * exactly the realm's, its template filled with tid; tid is one of its tenants, and absent only where the realm has one
 * issuer and is not derived; iat is at most 60 s away; the lifetime is at most the realm's; the class has what it may
 * have; and the mark stands at the end.
 *
 * Returns NULL where it may be signed, else a constant sentence. Not checked here: the key, the mark's value.
 */
MM_MUST_USE const char *signer_realm_check(const struct signer_realm *realm, unsigned token_class,
    struct mm_slice header, struct mm_slice input, const struct signer_moment *moment, struct signer_check_room *room);

#endif
