/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking things up in a loaded snapshot.
 */
#ifndef MM_TRUST_FIND_H
#define MM_TRUST_FIND_H

#include "lib/trust/trust.h"

/*
 * The realm whose issuer iss is, literals before templates; NULL: none. *tenant_id gets what stands for a template's
 * {tenant}, absent for a literal.
 */
const struct mm_realm *
mm_trust_find_realm(const struct mm_trust *trust, struct mm_slice iss, struct mm_slice *tenant_id);

/* The tenant of a template realm by its id; NULL: it is not listed. */
const struct mm_tenant *mm_realm_find_tenant(const struct mm_realm *realm, struct mm_slice id);

/* The tenant of a derived realm by its id: that of a realm which it is derived from; NULL: it is not listed. */
const struct mm_tenant *mm_realm_find_parents_tenant(const struct mm_realm *realm, struct mm_slice id);

/* The directory's entry of a subject; NULL: it has none. */
const struct mm_user *mm_tenant_find_user(const struct mm_tenant *tenant, struct mm_slice subject);

/* The realm of this name; NULL: none. */
const struct mm_realm *mm_trust_find_realm_named(const struct mm_trust *trust, struct mm_slice name);

/* Whether a list of realms holds one. */
bool mm_realms_have(const struct mm_realm *const *realms, size_t count, const struct mm_realm *realm);

/* The entry of this kid in the realm, of any standing; NULL: none. */
const struct mm_key *
mm_trust_find_key(const struct mm_trust *trust, const struct mm_realm *realm, struct mm_slice kid);

/* The entries of this kid, of every realm and standing: *count of them, one behind the other; NULL: none. */
const struct mm_key *mm_trust_find_kid(const struct mm_trust *trust, struct mm_slice kid, size_t *count);

/* Whether any realm has a key of this kid that is its own, usable or revoked. */
bool mm_trust_has_kid(const struct mm_trust *trust, struct mm_slice kid);

/* Whether an entry revokes value for a token issued at iat_s. */
bool mm_trust_is_revoked(const struct mm_trust *trust, const struct mm_realm *realm, enum mm_revocation_kind kind,
    struct mm_slice value, int64_t iat_s);

bool mm_service_accepts_realm(const struct mm_service *service, const struct mm_realm *realm);

/* Whether its tokens open mailboxes, which a claim or the directory names. */
bool mm_service_has_mailboxes(const struct mm_service *service);

/* Whether texts holds text, exactly. */
bool mm_texts_have(struct mm_texts texts, struct mm_slice text);

/* The order of the table of revocations: realm, kind, value. */
int mm_revocation_compare(const struct mm_revocation *a, const struct mm_revocation *b);

/*
 * Order of tables: by bytes, a shorter text before the longer that it begins. Absent texts come first.
 */
int mm_slice_compare(struct mm_slice a, struct mm_slice b);

#endif
