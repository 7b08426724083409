/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The realm whose users these are: its issuer, its tenants, the services that its tokens can be for.
 */
#ifndef MM_DAEMON_VERIFIER_REALM_H
#define MM_DAEMON_VERIFIER_REALM_H

#include "daemon/ipc/mint.h"
#include "lib/base/pool.h"
#include "lib/codec/issuer.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERIFIER_PARENTS_MAX 16
#define VERIFIER_EXCHANGES_MAX 16
#define VERIFIER_SERVICES_MAX 256

struct verifier_parent {
	uint16_t number;
	struct mm_slice name;
};

struct verifier_tenant {
	struct mm_slice name, id;
	const struct mm_slice *domains;
	size_t domain_count;
};

struct verifier_service {
	struct mm_slice name, audience;
};

struct verifier_realm {
	uint16_t number;
	uint32_t max_lifetime_s;
	struct mm_slice name, issuer;
	struct mm_issuer_pattern pattern;
	bool derived;
	bool knows_dpop_nonce, dpop_nonce; /* whether it was told; a proof needs a nonce */
	struct verifier_parent parents[VERIFIER_PARENTS_MAX];
	size_t parent_count;
	struct mm_slice exchanges[VERIFIER_EXCHANGES_MAX]; /* names of services */
	size_t exchange_count;
	struct verifier_service services[VERIFIER_SERVICES_MAX];
	size_t service_count;
	struct mm_pool pool; /* what does not change */

	/* The list that is in use, and the one that is being sent. */
	struct verifier_tenant *tenants;
	size_t tenant_count, tenant_room;
	struct mm_pool tenant_pool;
};

/* Read the payloads of VERIFIER_REALM, _PARENT, _EXCHANGE, _SERVICE and _TENANT. False where they are none. */
MM_MUST_USE bool verifier_realm_take(struct verifier_realm *realm, struct mm_slice payload);
MM_MUST_USE bool verifier_realm_take_parent(struct verifier_realm *realm, struct mm_slice payload);
MM_MUST_USE bool verifier_realm_take_exchange(struct verifier_realm *realm, struct mm_slice payload);
MM_MUST_USE bool verifier_realm_take_service(struct verifier_realm *realm, struct mm_slice payload);
/* A payload of no byte empties the list. */
MM_MUST_USE bool verifier_realm_take_tenant(struct verifier_realm *realm, struct mm_slice payload);
void verifier_realm_clear(struct verifier_realm *realm);

/* NULL: there is none. */
const struct verifier_tenant *verifier_tenant_find(const struct verifier_realm *realm, struct mm_slice name);
const struct verifier_tenant *verifier_tenant_by_id(const struct verifier_realm *realm, struct mm_slice id);
const struct verifier_service *verifier_service_by_audience(const struct verifier_realm *realm,
    struct mm_slice audience);

/* Whether a mailbox of this domain is the tenant's. */
bool verifier_tenant_has_domain(const struct verifier_tenant *tenant, struct mm_slice domain);

/* Whether a segment of an address, "" in a realm of no template, stands for this tenant. */
bool verifier_segment_fits(const struct verifier_realm *realm, struct mm_slice segment,
    const struct verifier_tenant *tenant);
/* Whether a segment can be one at all. */
bool verifier_segment_known(const struct verifier_realm *realm, struct mm_slice segment);

/*
 * The issuer with the segment in it, and a path behind it: "https://login.example/SEGMENT/v2.0" "/token". Returns its
 * length; 0 where it does not fit.
 */
size_t verifier_realm_url(const struct verifier_realm *realm, struct mm_slice segment, const char *path, char *url,
    size_t max);

#endif
