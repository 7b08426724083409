/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mintmarkd tells of the realm, and questions about it.
 */
#include "daemon/verifier/realm.h"

#include "daemon/ipc/sign_in.h"
#include "lib/base/reader.h"

#include <string.h>

/* The next text that a NUL ends, copied; absent where there is none, or memory is short. */
static struct mm_slice
take_text(struct mm_reader *reader, struct mm_pool *pool)
{
	const void *end = reader->left > 0 ? memchr(reader->at, '\0', reader->left) : NULL;
	struct mm_slice text;
	char *copy;

	if (end == NULL) {
		reader->failed = true;
		return MM_SLICE_ABSENT;
	}
	text = mm_reader_slice(reader, (size_t)((const unsigned char *)end - reader->at) + 1);
	text.len--;
	copy = mm_pool_copy(pool, text);
	reader->failed |= copy == NULL;
	return mm_slice(copy, text.len);
}

/* ---- what stays ---- */

bool
verifier_realm_take(struct verifier_realm *realm, struct mm_slice payload)
{
	struct mm_reader reader;
	struct mm_slice parent;
	bool is_template;

	if (mm_slice_present(realm->name))
		return false;
	mm_reader_init(&reader, payload.ptr, payload.len);
	realm->number = mm_reader_u16(&reader);
	realm->max_lifetime_s = mm_reader_u32(&reader);
	(void)mm_reader_slice(&reader, 12); /* the life of keys is not ours */
	is_template = mm_reader_u8(&reader) != 0;
	realm->name = take_text(&reader, &realm->pool);
	realm->issuer = take_text(&reader, &realm->pool);
	(void)take_text(&reader, &realm->pool); /* the algorithm */
	do {
		parent = take_text(&reader, &realm->pool);
		realm->derived |= parent.len > 0;
	} while (parent.len > 0);
	return mm_reader_ok(&reader) && reader.left == 0 && realm->number < MM_MINT_REALMS_MAX &&
	    realm->max_lifetime_s > 0 && realm->max_lifetime_s <= MM_LIFETIME_DEFAULT_S && realm->name.len > 0 &&
	    mm_issuer_parse(realm->issuer, &realm->pattern) == NULL && realm->pattern.is_template == is_template;
}

bool
verifier_realm_take_parent(struct verifier_realm *realm, struct mm_slice payload)
{
	struct verifier_parent *parent = &realm->parents[realm->parent_count];
	char *name;

	if (realm->parent_count == VERIFIER_PARENTS_MAX || payload.len < 3)
		return false;
	name = mm_pool_copy(&realm->pool, mm_slice(payload.ptr + 2, payload.len - 2));
	parent->number = (uint16_t)((unsigned char)payload.ptr[0] | (unsigned char)payload.ptr[1] << 8);
	parent->name = mm_slice(name, payload.len - 2);
	realm->parent_count++;
	return name != NULL;
}

bool
verifier_realm_take_exchange(struct verifier_realm *realm, struct mm_slice payload)
{
	char *name;

	if (realm->exchange_count == VERIFIER_EXCHANGES_MAX || payload.len == 0)
		return false;
	name = mm_pool_copy(&realm->pool, payload);
	realm->exchanges[realm->exchange_count++] = mm_slice(name, payload.len);
	return name != NULL;
}

bool
verifier_realm_take_service(struct verifier_realm *realm, struct mm_slice payload)
{
	struct verifier_service *service = &realm->services[realm->service_count];
	struct mm_reader reader;

	if (realm->service_count == VERIFIER_SERVICES_MAX)
		return false;
	mm_reader_init(&reader, payload.ptr, payload.len);
	service->name = take_text(&reader, &realm->pool);
	service->audience = take_text(&reader, &realm->pool);
	realm->service_count++;
	return mm_reader_ok(&reader) && reader.left == 0 && service->name.len > 0 && service->audience.len > 0 &&
	    service->audience.len <= MM_MINT_AUDIENCE_LEN_MAX;
}

/* ---- tenants ---- */

static void
forget_tenants(struct verifier_realm *realm)
{
	mm_pool_clear(&realm->tenant_pool);
	realm->tenants = NULL;
	realm->tenant_count = realm->tenant_room = 0;
}

/* Room for one more; what was there before stays in the pool until the list is forgotten. */
static struct verifier_tenant *
next_tenant(struct verifier_realm *realm)
{
	if (realm->tenant_count == realm->tenant_room) {
		size_t room = realm->tenant_room == 0 ? 16 : realm->tenant_room * 2;
		struct verifier_tenant *more = mm_pool_array(&realm->tenant_pool, room, sizeof(*more));

		if (more == NULL)
			return NULL;
		if (realm->tenant_count > 0)
			memcpy(more, realm->tenants, realm->tenant_count * sizeof(*more));
		realm->tenants = more;
		realm->tenant_room = room;
	}
	return &realm->tenants[realm->tenant_count];
}

static size_t
count_texts(struct mm_slice rest)
{
	size_t count = 0;

	for (size_t i = 0; i < rest.len; i++)
		count += rest.ptr[i] == '\0';
	return count;
}

static bool
take_domains(struct verifier_realm *realm, struct mm_reader *reader, struct verifier_tenant *tenant)
{
	size_t room = count_texts(mm_slice(reader->at, reader->left));
	struct mm_slice *domains = room > 0 ? mm_pool_array(&realm->tenant_pool, room, sizeof(*domains)) : NULL;
	struct mm_slice domain;

	if (domains == NULL)
		return false;
	tenant->domains = domains;
	tenant->domain_count = 0;
	while ((domain = take_text(reader, &realm->tenant_pool)).len > 0)
		domains[tenant->domain_count++] = domain;
	return true;
}

bool
verifier_realm_take_tenant(struct verifier_realm *realm, struct mm_slice payload)
{
	struct verifier_tenant *tenant;
	struct mm_reader reader;

	if (payload.len == 0) {
		forget_tenants(realm);
		return true;
	}
	tenant = next_tenant(realm);
	if (tenant == NULL)
		return false;
	mm_reader_init(&reader, payload.ptr, payload.len);
	tenant->name = take_text(&reader, &realm->tenant_pool);
	tenant->id = take_text(&reader, &realm->tenant_pool);
	if (!take_domains(realm, &reader, tenant) || !mm_reader_ok(&reader) || reader.left != 0 ||
	    tenant->name.len == 0 || tenant->name.len > MM_NAME_LEN_MAX || tenant->id.len > MM_MINT_ID_LEN_MAX)
		return false;
	realm->tenant_count++;
	return true;
}

void
verifier_realm_clear(struct verifier_realm *realm)
{
	forget_tenants(realm);
	mm_pool_clear(&realm->pool);
}

/* ---- questions ---- */

const struct verifier_tenant *
verifier_tenant_find(const struct verifier_realm *realm, struct mm_slice name)
{
	for (size_t i = 0; i < realm->tenant_count; i++)
		if (mm_slice_equal(realm->tenants[i].name, name))
			return &realm->tenants[i];
	return NULL;
}

const struct verifier_tenant *
verifier_tenant_by_id(const struct verifier_realm *realm, struct mm_slice id)
{
	for (size_t i = 0; i < realm->tenant_count; i++)
		if (mm_slice_equal(realm->tenants[i].id, id))
			return &realm->tenants[i];
	return NULL;
}

const struct verifier_service *
verifier_service_by_audience(const struct verifier_realm *realm, struct mm_slice audience)
{
	for (size_t i = 0; i < realm->service_count; i++)
		if (mm_slice_equal(realm->services[i].audience, audience))
			return &realm->services[i];
	return NULL;
}

bool
verifier_tenant_has_domain(const struct verifier_tenant *tenant, struct mm_slice domain)
{
	for (size_t i = 0; i < tenant->domain_count; i++)
		if (mm_slice_equal(tenant->domains[i], domain))
			return true;
	return false;
}

bool
verifier_segment_fits(const struct verifier_realm *realm, struct mm_slice segment, const struct verifier_tenant *tenant)
{
	if (!realm->pattern.is_template)
		return segment.len == 0;
	return mm_slice_equal(segment, tenant->id) ||
	    (mm_slice_equal(segment, mm_slice_str(MM_TENANT_ANY)) && verifier_tenant_by_id(realm, segment) == NULL);
}

bool
verifier_segment_known(const struct verifier_realm *realm, struct mm_slice segment)
{
	if (!realm->pattern.is_template)
		return segment.len == 0;
	return mm_slice_equal(segment, mm_slice_str(MM_TENANT_ANY)) || verifier_tenant_by_id(realm, segment) != NULL;
}

static bool
add(char *url, size_t max, size_t *len, struct mm_slice text)
{
	if (text.len > max - *len)
		return false;
	if (text.len > 0)
		memcpy(url + *len, text.ptr, text.len);
	*len += text.len;
	return true;
}

size_t
verifier_realm_url(const struct verifier_realm *realm, struct mm_slice segment, const char *path, char *url, size_t max)
{
	struct mm_slice after = realm->pattern.is_template ? realm->pattern.after : mm_slice("", 0);
	size_t len = 0;
	bool fits = add(url, max, &len, realm->pattern.before) &&
	    (!realm->pattern.is_template || add(url, max, &len, segment)) && add(url, max, &len, after);

	/* An issuer that ends with a slash has its paths behind that one. */
	if (fits && len > 0 && url[len - 1] == '/' && path[0] == '/')
		len--;
	return fits && add(url, max, &len, mm_slice_str(path)) ? len : 0;
}

