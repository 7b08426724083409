/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking what settings say of mints: of realms that are derived from others, and of services that ask for proof.
 */
#include "lib/base/array.h"
#include "lib/trust/compile.h"

#include <stdlib.h>

static void
refuse(struct mm_compilation *compilation, const char *where, const char *text, const char *mend)
{
	mm_compile_note(compilation, MM_NOTE_REFUSED, where, MM_SLICE_ABSENT, text, mend);
}

/* The settings of a realm; NULL: there is none, which is told of 'where'. */
static const struct mm_realm_settings *
named_realm(struct mm_compilation *compilation, const char *where, const char *name)
{
	size_t number = mm_compile_find_realm(compilation, name);

	if (number < compilation->realm_count)
		return compilation->realms[number].settings;
	refuse(compilation, where, mm_compile_text(compilation, "there is no realm '%s'", name),
	    "name a realm that has a section");
	return NULL;
}

static bool
has(const char *const *list, const char *text)
{
	for (; list != NULL && *list != NULL; list++)
		if (strcmp(*list, text) == 0)
			return true;
	return false;
}

/* Whether a name stands in the list before this place. */
static bool
stands_twice(const char *const *list, const char *const *at)
{
	for (; list != at; list++)
		if (strcmp(*list, *at) == 0)
			return true;
	return false;
}

/* ---- realms ---- */

static bool
is_derived(const struct mm_realm_settings *settings)
{
	return settings->derived_from != NULL && settings->derived_from[0] != NULL;
}

static void
check_parent(struct mm_compilation *compilation, const struct mm_realm_settings *settings, const char *name)
{
	const struct mm_realm_settings *parent = named_realm(compilation, settings->name, name);

	if (parent == settings || (parent != NULL && is_derived(parent)))
		refuse(compilation, settings->name, mm_compile_text(compilation,
		    "realm %s is derived itself: a token is derived from a primary one", name),
		    "name the realm that people sign in at in 'derived_from'");
}

static int
compare_ids(const void *left, const void *right)
{
	const struct mm_tenant_settings *const *a = left, *const *b = right;

	return strcmp((*a)->id, (*b)->id);
}

/* The tenants of two parents must be told apart by their ids: that is all that a derived token says. */
static void
check_tenants(struct mm_compilation *compilation, const struct mm_realm_settings *settings)
{
	const struct mm_tenant_settings **rows =
	    mm_pool_array(&compilation->pool, compilation->tenant_count + 1, sizeof(*rows));
	size_t count = 0;

	if (rows == NULL) {
		compilation->no_memory = true;
		return;
	}
	for (size_t i = 0; i < compilation->tenant_count; i++) {
		const struct mm_tenant_settings *tenant = compilation->tenants[i].settings;

		if (tenant->id != NULL && has(settings->derived_from, tenant->realm))
			rows[count++] = tenant;
	}
	qsort(rows, count, sizeof(*rows), compare_ids);
	for (size_t i = 1; i < count; i++)
		if (compare_ids(&rows[i - 1], &rows[i]) == 0)
			refuse(compilation, settings->name, mm_compile_text(compilation,
			    "tenants %s and %s of realms that it is derived from have the same id",
			    rows[i - 1]->name, rows[i]->name), "derive a realm for each of the two");
}

static bool
has_own_tenant(const struct mm_compilation *compilation, const struct mm_realm_settings *settings)
{
	for (size_t i = 0; i < compilation->tenant_count; i++)
		if (compilation->realms[compilation->tenants[i].realm].settings == settings)
			return true;
	return false;
}

static void
check_derived(struct mm_compilation *compilation, const struct mm_compiled_realm *realm)
{
	const struct mm_realm_settings *settings = realm->settings;

	if (!settings->mint)
		refuse(compilation, settings->name, "the realm is derived from others and is no mint",
		    "write keys = \"mint\", or leave 'derived_from' out");
	if (realm->pattern_good && realm->pattern.is_template)
		refuse(compilation, settings->name, "the realm is derived, and its issuer is a template",
		    "write one issuer; its tokens carry the tenant as 'tid'");
	if (has_own_tenant(compilation, settings))
		refuse(compilation, settings->name, "the realm is derived, and has a tenant of its own",
		    "name the realm that the tenant's people sign in at");
	for (const char *const *name = settings->derived_from; *name != NULL; name++) {
		check_parent(compilation, settings, *name);
		if (stands_twice(settings->derived_from, name))
			refuse(compilation, settings->name, "a realm is named twice in 'derived_from'", "name it once");
	}
	check_tenants(compilation, settings);
}

/* ---- services ---- */

static bool
demands_proof(const struct mm_service_settings *settings)
{
	return settings->mark == MM_PROOF_REQUIRED || settings->ledger == MM_PROOF_REQUIRED;
}

static void
check_unproven(struct mm_compilation *compilation, const struct mm_service_settings *settings, const char *name)
{
	size_t number = mm_compile_find_realm(compilation, name);

	if (number < compilation->realm_count && !compilation->realms[number].settings->mint &&
	    !has(settings->accept_unproven, name))
		refuse(compilation, settings->name, mm_compile_text(compilation,
		    "the service demands proof, and realm %s has no mint", name),
		    "name it in 'accept_unproven', or do not demand proof");
}

/* Of the realms that a service accepts; of those that they are derived from, the decision looks at each token. */
static void
check_demand(struct mm_compilation *compilation, const struct mm_service_settings *settings)
{
	for (const char *const *name = settings->realms; name != NULL && *name != NULL; name++)
		check_unproven(compilation, settings, *name);
}

static void
check_accept_unproven(struct mm_compilation *compilation, const struct mm_service_settings *settings)
{
	for (const char *const *name = settings->accept_unproven; name != NULL && *name != NULL; name++) {
		const struct mm_realm_settings *realm = named_realm(compilation, settings->name, *name);

		if (realm != NULL && realm->mint)
			refuse(compilation, settings->name, mm_compile_text(compilation,
			    "realm %s is a mint: its tokens can be proven", *name), "take it out of 'accept_unproven'");
		if (stands_twice(settings->accept_unproven, name))
			refuse(compilation, settings->name, "a realm is named twice in 'accept_unproven'",
			    "name it once");
	}
}

static void
check_exchange_from(struct mm_compilation *compilation, const struct mm_service_settings *settings)
{
	if (settings->exchange_from != NULL && settings->exchange_from[0] == NULL)
		refuse(compilation, settings->name, "the service exchanges tokens of no realm",
		    "name one in 'exchange_from', or leave it out");
	for (const char *const *name = settings->exchange_from; name != NULL && *name != NULL; name++) {
		const struct mm_realm_settings *realm = named_realm(compilation, settings->name, *name);

		if (realm != NULL && is_derived(realm))
			refuse(compilation, settings->name, mm_compile_text(compilation,
			    "realm %s is derived: its tokens are never exchanged", *name),
			    "name the realms that it is derived from");
		if (stands_twice(settings->exchange_from, name))
			refuse(compilation, settings->name, "a realm is named twice in 'exchange_from'",
			    "name it once");
	}
}

static void
check_directory(struct mm_compilation *compilation, const struct mm_service_settings *settings)
{
	if (settings->mailbox_claim != NULL)
		refuse(compilation, settings->name, "the service has a directory and a mailbox claim",
		    "leave 'mailbox_claim' out: the directory says which mailbox a token opens");
	for (const char *const *name = settings->realms; name != NULL && *name != NULL; name++) {
		size_t number = mm_compile_find_realm(compilation, *name);

		if (number < compilation->realm_count && !compilation->realms[number].settings->mint)
			refuse(compilation, settings->name, mm_compile_text(compilation,
			    "the service has a directory, and realm %s, which has no mint, keeps none", *name),
			    "write directory = none and 'mailbox_claim'");
	}
}

static void
check_service(struct mm_compilation *compilation, const struct mm_service_settings *settings)
{
	if (settings->mark > MM_PROOF_REQUIRED || settings->ledger > MM_PROOF_REQUIRED)
		refuse(compilation, settings->name, "'mark' or 'ledger' is no demand",
		    "write off, observe or required");
	if (demands_proof(settings))
		check_demand(compilation, settings);
	if (settings->directory > MM_DIRECTORY_SUBJECTS)
		refuse(compilation, settings->name, "'directory' is no kind of directory", "write none or mint");
	if (settings->directory != MM_DIRECTORY_NONE)
		check_directory(compilation, settings);
	check_accept_unproven(compilation, settings);
	check_exchange_from(compilation, settings);
}

void
mm_compile_check_mints(struct mm_compilation *compilation)
{
	for (size_t i = 0; i < compilation->realm_count; i++) {
		const struct mm_realm_settings *settings = compilation->realms[i].settings;

		if (is_derived(settings))
			check_derived(compilation, &compilation->realms[i]);
		if (settings->when_stale_marked_only && !settings->mint)
			refuse(compilation, settings->name, "the realm has no marks that could be enough",
			    "write when_stale = deny");
	}
	for (const struct mm_builder_service *row = compilation->builder->services; row != NULL; row = row->next)
		check_service(compilation, &row->settings);
}
