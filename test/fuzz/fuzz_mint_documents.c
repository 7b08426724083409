/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the compiler as a document of a mint? The first byte says which one they are: its keys, its users,
 * or its tenants. What compiles loads, and its users stand where they are looked for.
 */
#include "engine/tenants_document.h"
#include "lib/trust/find.h"

#include <mintmark/trust.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const realms[] = { "home", NULL };
static const char *const domains[] = { "contoso.example", NULL };

static bool
add_settings(struct mm_trust_builder *builder)
{
	return mm_trust_builder_add_realm(builder, &(struct mm_realm_settings){ .name = "home",
	           .issuer = "https://home.example/{tenant}", .keys = "mint:home", .mint = true }) &&
	    mm_trust_builder_add_tenant(builder, &(struct mm_tenant_settings){ "contoso", "home", "a", domains }) &&
	    mm_trust_builder_add_service(builder, &(struct mm_service_settings){ .name = "mail", .audience = "mail",
	        .realms = realms, .mark = MM_PROOF_REQUIRED, .directory = MM_DIRECTORY_MAILBOXES });
}

static bool
add_document(struct mm_trust_builder *builder, int kind, struct mm_slice bytes, struct mm_problems *problems)
{
	if (!mm_trust_builder_add_document(builder, "mint:home", kind == 0 ? bytes : mm_slice_str(""),
	    MM_DOCUMENT_MINT))
		abort();
	if (kind == 1 && !mm_trust_builder_add_directory(builder, "home", bytes))
		abort();
	return kind != 2 || mm_tenants_add(builder, "home", bytes, problems);
}

/* Each user is found by his name, and opens what lies in his tenant's domains. */
static void
look_up(const struct mm_trust *trust)
{
	for (size_t i = 0; i < trust->realms[0].tenant_count; i++) {
		const struct mm_tenant *tenant = &trust->realms[0].tenants[i];

		for (size_t j = 0; j < tenant->user_count; j++)
			if (mm_tenant_find_user(tenant, tenant->users[j].subject) != &tenant->users[j])
				abort();
	}
	for (size_t i = 0; i < trust->key_count; i++)
		if (trust->keys[i].standing == MM_KEY_USABLE && trust->keys[i].signs_until_s == INT64_MAX)
			abort(); /* a mint's key always ends */
}

static void
compile(struct mm_trust_builder *builder)
{
	struct mm_trust *trust;
	void *snapshot = NULL;
	size_t len = 0;

	if (!mm_trust_builder_compile(builder, 1, NULL, NULL, &snapshot, &len))
		return;
	trust = mm_trust_load(snapshot, len, NULL);
	if (trust == NULL)
		abort();
	look_up(trust);
	mm_trust_free(&trust);
	free(snapshot);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_trust_builder *builder = mm_trust_builder_new();
	struct mm_problems problems = { 0 };

	if (builder == NULL || !add_settings(builder))
		abort();
	if (size > 0 && add_document(builder, data[0] % 3, mm_slice(data + 1, size - 1), &problems))
		compile(builder);
	mm_trust_builder_free(&builder);
	mm_problems_clear(&problems);
	return 0;
}
