/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants that were added. */
#include "daemon/mintmarkd/mint_tenants.h"

#include "lib/base/limits.h"
#include "lib/codec/json.h"

#include <stdlib.h>
#include <string.h>

/* Members of the document and of a tenant in it. */
#define MEMBERS_MAX 32

/* More than fit a document. */
#define TENANTS_MAX ((size_t)MM_DOCUMENT_LEN_MAX / 8)

void
mm_added_tenants_clear(struct mm_added_tenants *added)
{
	for (size_t i = 0; i < added->count; i++) {
		struct mm_config_tenant *tenant = &added->items[i];

		for (char **domain = tenant->domains; domain != NULL && *domain != NULL; domain++)
			free(*domain);
		free(tenant->domains);
		free(tenant->name);
		free(tenant->id);
	}
	free(added->items);
	*added = (struct mm_added_tenants){ NULL, 0 };
}

/* A copy of a text without escapes; NULL: it is none, or memory is short. */
static char *
copy_text(struct mm_json_value value)
{
	if (value.type != MM_JSON_STRING || value.escaped || value.text.len == 0)
		return NULL;
	return strndup(value.text.ptr, value.text.len);
}

static size_t
count_elements(struct mm_json_value array)
{
	struct mm_json_value element;
	size_t position = 0, count = 0;

	while (mm_json_next(array, &position, &element))
		count++;
	return count;
}

static bool
read_domains(struct mm_json_value array, struct mm_config_tenant *tenant)
{
	struct mm_json_value element;
	size_t position = 0, count = 0;

	if (array.type != MM_JSON_ARRAY && array.type != MM_JSON_ABSENT)
		return false;
	tenant->domains = calloc(count_elements(array) + 1, sizeof(*tenant->domains));
	if (tenant->domains == NULL)
		return false;
	while (mm_json_next(array, &position, &element)) {
		tenant->domains[count] = copy_text(element);
		if (tenant->domains[count++] == NULL)
			return false;
	}
	return true;
}

static bool
read_tenant(struct mm_json_value object, struct mm_config_tenant *tenant)
{
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	struct mm_json_value id;

	if (!mm_json_view_object(object, &index))
		return false;
	id = mm_json_find(&index, "id");
	tenant->name = copy_text(mm_json_find(&index, "name"));
	tenant->id = copy_text(id);
	return tenant->name != NULL && (tenant->id != NULL || id.type == MM_JSON_ABSENT) &&
	    read_domains(mm_json_find(&index, "domains"), tenant);
}

static bool
read_all(struct mm_json_value array, struct mm_added_tenants *read)
{
	struct mm_json_value element;
	size_t position = 0, count = count_elements(array);

	if (array.type != MM_JSON_ARRAY || count > TENANTS_MAX)
		return false;
	read->items = calloc(count + 1, sizeof(*read->items));
	if (read->items == NULL)
		return false;
	while (mm_json_next(array, &position, &element))
		if (!read_tenant(element, &read->items[read->count++]))
			return false;
	return true;
}

bool
mm_added_tenants_read(struct mm_slice bytes, struct mm_added_tenants *added)
{
	static struct mm_json_names names;
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	struct mm_added_tenants read = { NULL, 0 };

	if (mm_json_scan(bytes, &names, &index, NULL) != MM_OK || !read_all(mm_json_find(&index, "tenants"), &read)) {
		mm_added_tenants_clear(&read);
		return false;
	}
	mm_added_tenants_clear(added);
	*added = read;
	return true;
}
