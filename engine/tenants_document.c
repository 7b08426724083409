/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tenants of a ledger.
 */
#include "engine/tenants_document.h"

#include "lib/base/limits.h"
#include "lib/base/pool.h"
#include "lib/base/scratch.h"
#include "lib/codec/json.h"

#include <stdio.h>
#include <string.h>

#define MEMBERS_MAX 16

/* A text of a document that is read, and what it is unescaped into. */
struct reading {
	struct mm_trust_builder *builder;
	const char *realm;
	struct mm_pool pool;
	struct mm_scratch scratch;
};

/* A text ended by NUL, in the pool; NULL: it is none, or memory is short. */
static char *
read_text(struct reading *reading, struct mm_json_value value)
{
	struct mm_slice text;

	return mm_json_string(value, &reading->scratch, &text) ? mm_pool_copy(&reading->pool, text) : NULL;
}

/* A list ended by NULL; false where it is none. */
static bool
read_list(struct reading *reading, struct mm_json_value array, const char *const **list)
{
	struct mm_json_value element;
	size_t position = 0, count = 0;
	const char **texts;

	if (array.type != MM_JSON_ABSENT && array.type != MM_JSON_ARRAY)
		return false;
	while (mm_json_next(array, &position, &element))
		count++;
	texts = mm_pool_array(&reading->pool, count + 1, sizeof(*texts));
	if (texts == NULL)
		return false;
	position = count = 0;
	while (mm_json_next(array, &position, &element))
		if ((texts[count++] = read_text(reading, element)) == NULL)
			return false;
	*list = texts;
	return true;
}

static bool
add_tenant(struct reading *reading, struct mm_json_value element)
{
	struct mm_json_member room[MEMBERS_MAX];
	struct mm_json_index members = { room, 0, MEMBERS_MAX };
	struct mm_tenant_settings tenant = { .realm = reading->realm };
	struct mm_json_value id;

	if (!mm_json_view_object(element, &members))
		return false;
	id = mm_json_find(&members, "id");
	tenant.name = read_text(reading, mm_json_find(&members, "name"));
	if (id.type != MM_JSON_ABSENT)
		tenant.id = read_text(reading, id);
	return tenant.name != NULL && (id.type == MM_JSON_ABSENT || tenant.id != NULL) &&
	    read_list(reading, mm_json_find(&members, "domains"), &tenant.domains) &&
	    mm_trust_builder_add_tenant(reading->builder, &tenant);
}

static bool
add_all(struct reading *reading, struct mm_slice bytes)
{
	struct mm_json_names *names = mm_pool_alloc(&reading->pool, sizeof(*names));
	struct mm_json_member room[MEMBERS_MAX];
	struct mm_json_index members = { room, 0, MEMBERS_MAX };
	char *unescaped = mm_pool_alloc(&reading->pool, bytes.len + 1);
	struct mm_json_value tenants, element;
	size_t position = 0;

	if (names == NULL || unescaped == NULL)
		return false;
	mm_scratch_init(&reading->scratch, unescaped, bytes.len);
	if (mm_json_scan(bytes, names, &members, NULL) != MM_OK)
		return false;
	tenants = mm_json_find(&members, "tenants");
	if (tenants.type != MM_JSON_ARRAY)
		return false;
	while (mm_json_next(tenants, &position, &element))
		if (!add_tenant(reading, element))
			return false;
	return true;
}

bool
mm_tenants_add(struct mm_trust_builder *builder, const char *realm, struct mm_slice bytes, struct mm_problems *problems)
{
	struct reading reading = { .builder = builder, .realm = realm };
	char where[MM_NAME_LEN_MAX + sizeof(MM_TENANTS_PREFIX)];
	bool added = bytes.len == 0 || add_all(&reading, bytes);

	mm_pool_clear(&reading.pool);
	if (added)
		return true;
	snprintf(where, sizeof(where), MM_TENANTS_PREFIX "%s", realm);
	mm_problems_add(problems, MM_PROBLEM_ERROR, where, 0, "see what the ledger says in the log",
	    "it is no document of tenants, or memory is short");
	return false;
}
