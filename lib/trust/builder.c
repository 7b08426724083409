/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collecting what a snapshot is compiled from.
 */
#include "lib/trust/builder.h"

#include <stdlib.h>

struct mm_trust_builder *
mm_trust_builder_new(void)
{
	struct mm_trust_builder *builder = calloc(1, sizeof(*builder));

	if (builder == NULL)
		return NULL;
	builder->last_document = &builder->documents;
	builder->last_directory = &builder->directories;
	builder->last_realm = &builder->realms;
	builder->last_tenant = &builder->tenants;
	builder->last_service = &builder->services;
	builder->last_revocation = &builder->revocations;
	return builder;
}

void
mm_trust_builder_free(struct mm_trust_builder **builder)
{
	if (builder == NULL || *builder == NULL)
		return;
	mm_pool_clear(&(*builder)->pool);
	free(*builder);
	*builder = NULL;
}

/* Replace *text by a copy of it; NULL stays NULL. */
static bool
copy_text(struct mm_pool *pool, const char **text)
{
	if (*text == NULL)
		return true;
	*text = mm_pool_copy(pool, mm_slice_str(*text));
	return *text != NULL;
}

/* Replace *list by a copy of it and of its texts. */
static bool
copy_list(struct mm_pool *pool, const char *const **list)
{
	const char **copy;
	size_t count = 0;

	if (*list == NULL)
		return true;
	while ((*list)[count] != NULL)
		count++;
	copy = mm_pool_array(pool, count + 1, sizeof(*copy));
	for (size_t i = 0; copy != NULL && i < count; i++) {
		copy[i] = (*list)[i];
		if (!copy_text(pool, &copy[i]))
			return false;
	}
	*list = copy;
	return copy != NULL;
}

bool
mm_trust_builder_add_document(struct mm_trust_builder *builder, const char *name, struct mm_slice jwks,
    enum mm_document_origin origin)
{
	struct mm_builder_document *row = mm_pool_alloc(&builder->pool, sizeof(*row));
	char *bytes = mm_pool_copy(&builder->pool, jwks);

	if (row == NULL || bytes == NULL)
		return false;
	row->name = name;
	row->jwks = mm_slice(bytes, jwks.len);
	row->origin = origin;
	if (!copy_text(&builder->pool, &row->name))
		return false;
	*builder->last_document = row;
	builder->last_document = &row->next;
	return true;
}

bool
mm_trust_builder_add_directory(struct mm_trust_builder *builder, const char *realm, struct mm_slice json)
{
	struct mm_builder_directory *row = mm_pool_alloc(&builder->pool, sizeof(*row));
	char *bytes = mm_pool_copy(&builder->pool, json);

	if (row == NULL || bytes == NULL)
		return false;
	row->realm = realm;
	row->json = mm_slice(bytes, json.len);
	if (!copy_text(&builder->pool, &row->realm))
		return false;
	*builder->last_directory = row;
	builder->last_directory = &row->next;
	return true;
}

bool
mm_trust_builder_add_realm(struct mm_trust_builder *builder, const struct mm_realm_settings *realm)
{
	struct mm_builder_realm *row = mm_pool_alloc(&builder->pool, sizeof(*row));
	struct mm_pool *pool = &builder->pool;

	if (row == NULL)
		return false;
	row->settings = *realm;
	if (!copy_text(pool, &row->settings.name) || !copy_text(pool, &row->settings.issuer) ||
	    !copy_text(pool, &row->settings.keys) || !copy_list(pool, &row->settings.algorithms) ||
	    !copy_list(pool, &row->settings.token_types) || !copy_list(pool, &row->settings.derived_from))
		return false;
	*builder->last_realm = row;
	builder->last_realm = &row->next;
	return true;
}

bool
mm_trust_builder_add_tenant(struct mm_trust_builder *builder, const struct mm_tenant_settings *tenant)
{
	struct mm_builder_tenant *row = mm_pool_alloc(&builder->pool, sizeof(*row));
	struct mm_pool *pool = &builder->pool;

	if (row == NULL)
		return false;
	row->settings = *tenant;
	if (!copy_text(pool, &row->settings.name) || !copy_text(pool, &row->settings.realm) ||
	    !copy_text(pool, &row->settings.id) || !copy_list(pool, &row->settings.domains))
		return false;
	*builder->last_tenant = row;
	builder->last_tenant = &row->next;
	return true;
}

bool
mm_trust_builder_add_service(struct mm_trust_builder *builder, const struct mm_service_settings *service)
{
	struct mm_builder_service *row = mm_pool_alloc(&builder->pool, sizeof(*row));
	struct mm_pool *pool = &builder->pool;

	if (row == NULL)
		return false;
	row->settings = *service;
	if (!copy_text(pool, &row->settings.name) || !copy_text(pool, &row->settings.audience) ||
	    !copy_text(pool, &row->settings.mailbox_claim) || !copy_list(pool, &row->settings.realms) ||
	    !copy_list(pool, &row->settings.scopes) || !copy_list(pool, &row->settings.clients) ||
	    !copy_list(pool, &row->settings.accept_unproven) || !copy_list(pool, &row->settings.exchange_from))
		return false;
	*builder->last_service = row;
	builder->last_service = &row->next;
	return true;
}

bool
mm_trust_builder_add_revocation(struct mm_trust_builder *builder, const struct mm_revocation_settings *revocation)
{
	struct mm_builder_revocation *row = mm_pool_alloc(&builder->pool, sizeof(*row));
	struct mm_pool *pool = &builder->pool;

	if (row == NULL)
		return false;
	row->settings = *revocation;
	if (!copy_text(pool, &row->settings.realm) || !copy_text(pool, &row->settings.value))
		return false;
	*builder->last_revocation = row;
	builder->last_revocation = &row->next;
	return true;
}
