/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking things up in a loaded snapshot: its tables are sorted when it is compiled.
 */
#include "lib/trust/find.h"

#include "lib/codec/issuer.h"

int
mm_slice_compare(struct mm_slice a, struct mm_slice b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);

	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

bool
mm_texts_have(struct mm_texts texts, struct mm_slice text)
{
	for (size_t i = 0; i < texts.count; i++) {
		if (mm_slice_equal(texts.items[i], text))
			return true;
	}
	return false;
}

static bool
realm_matches(const struct mm_realm *realm, struct mm_slice iss, struct mm_slice *tenant_id)
{
	struct mm_issuer_pattern pattern = { realm->issuer_before, realm->issuer_after, realm->is_template };

	return mm_issuer_matches(&pattern, iss, tenant_id);
}

const struct mm_realm *
mm_trust_find_realm(const struct mm_trust *trust, struct mm_slice iss, struct mm_slice *tenant_id)
{
	for (int templates = 0; templates <= 1; templates++) {
		for (size_t i = 0; i < trust->realm_count; i++) {
			const struct mm_realm *realm = &trust->realms[i];

			if (realm->is_template == (templates == 1) && realm_matches(realm, iss, tenant_id))
				return realm;
		}
	}
	return NULL;
}

const struct mm_tenant *
mm_realm_find_tenant(const struct mm_realm *realm, struct mm_slice id)
{
	size_t low = 0, high = realm->tenant_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = mm_slice_compare(realm->tenants[middle].id, id);

		if (order == 0)
			return &realm->tenants[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* A parent of one tenant has it under the id that is listed, if one is. */
const struct mm_tenant *
mm_realm_find_parents_tenant(const struct mm_realm *realm, struct mm_slice id)
{
	for (size_t i = 0; i < realm->parent_count; i++) {
		const struct mm_tenant *tenant = mm_realm_find_tenant(realm->parents[i], id);

		if (tenant != NULL && mm_slice_present(tenant->id))
			return tenant;
	}
	return NULL;
}

const struct mm_user *
mm_tenant_find_user(const struct mm_tenant *tenant, struct mm_slice subject)
{
	size_t low = 0, high = tenant->user_count;

	if (!mm_slice_present(subject))
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = mm_slice_compare(tenant->users[middle].subject, subject);

		if (order == 0)
			return &tenant->users[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct mm_realm *
mm_trust_find_realm_named(const struct mm_trust *trust, struct mm_slice name)
{
	for (size_t i = 0; i < trust->realm_count; i++) {
		if (mm_slice_equal(trust->realms[i].name, name))
			return &trust->realms[i];
	}
	return NULL;
}

bool
mm_realms_have(const struct mm_realm *const *realms, size_t count, const struct mm_realm *realm)
{
	for (size_t i = 0; i < count; i++) {
		if (realms[i] == realm)
			return true;
	}
	return false;
}

/* The first entry of this kid; key_count: none. */
static size_t
first_of_kid(const struct mm_trust *trust, struct mm_slice kid)
{
	size_t low = 0, high = trust->key_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (mm_slice_compare(trust->keys[middle].kid, kid) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct mm_key *
mm_trust_find_key(const struct mm_trust *trust, const struct mm_realm *realm, struct mm_slice kid)
{
	for (size_t i = first_of_kid(trust, kid); i < trust->key_count; i++) {
		const struct mm_key *key = &trust->keys[i];

		if (!mm_slice_equal(key->kid, kid))
			break;
		if (key->realm == realm)
			return key;
	}
	return NULL;
}

const struct mm_key *
mm_trust_find_kid(const struct mm_trust *trust, struct mm_slice kid, size_t *count)
{
	size_t first = first_of_kid(trust, kid), behind = first;

	while (behind < trust->key_count && mm_slice_equal(trust->keys[behind].kid, kid))
		behind++;
	*count = behind - first;
	return *count == 0 ? NULL : &trust->keys[first];
}

bool
mm_trust_has_kid(const struct mm_trust *trust, struct mm_slice kid)
{
	size_t count;
	const struct mm_key *keys = mm_trust_find_kid(trust, kid, &count);

	for (size_t i = 0; i < count; i++) {
		if (keys[i].standing != MM_KEY_WITHOUT_SCOPE)
			return true;
	}
	return false;
}

int
mm_revocation_compare(const struct mm_revocation *a, const struct mm_revocation *b)
{
	/* Both realms stand in one table. */
	if (a->realm != b->realm)
		return a->realm < b->realm ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return mm_slice_compare(a->value, b->value);
}

bool
mm_trust_is_revoked(const struct mm_trust *trust, const struct mm_realm *realm, enum mm_revocation_kind kind,
    struct mm_slice value, int64_t iat_s)
{
	const struct mm_revocation wanted = { realm, kind, value, 0 };
	size_t low = 0, high = trust->revocation_count;

	if (!mm_slice_present(value))
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = mm_revocation_compare(&trust->revocations[middle], &wanted);

		if (order == 0)
			return iat_s < trust->revocations[middle].issued_before_s;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool
mm_service_accepts_realm(const struct mm_service *service, const struct mm_realm *realm)
{
	return mm_realms_have(service->realms, service->realm_count, realm);
}

bool
mm_service_has_mailboxes(const struct mm_service *service)
{
	return mm_slice_present(service->mailbox_claim) || service->directory == MM_DIRECTORY_MAILBOXES;
}

const struct mm_service *
mm_trust_find_service(const struct mm_trust *trust, struct mm_slice name)
{
	for (size_t i = 0; trust != NULL && i < trust->service_count; i++) {
		if (mm_slice_equal(trust->services[i].name, name))
			return &trust->services[i];
	}
	return NULL;
}

uint64_t
mm_trust_epoch(const struct mm_trust *trust)
{
	return trust == NULL ? 0 : trust->epoch;
}
