/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of tenants.
 */
#include "daemon/issuer/tenants.h"

#include "daemon/ipc/mint.h"

#include <stdlib.h>
#include <string.h>

bool
issuer_tenants_begin(struct issuer_tenants *tenants)
{
	memset(tenants, 0, sizeof(*tenants));
	return pthread_mutex_init(&tenants->lock, NULL) == 0;
}

static void
forget(struct issuer_tenants *tenants)
{
	free(tenants->bytes);
	free(tenants->ids);
	tenants->bytes = NULL;
	tenants->ids = NULL;
}

void
issuer_tenants_end(struct issuer_tenants *tenants)
{
	forget(tenants);
	pthread_mutex_destroy(&tenants->lock);
}

/* ---- the order ---- */

static int
compare(const void *left, const void *right)
{
	const struct mm_slice *a = left, *b = right;
	int order = memcmp(a->ptr, b->ptr, a->len < b->len ? a->len : b->len);

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* ---- taking a list ---- */

/* How many ids there are; false where the bytes are no list. */
static bool
count_ids(struct mm_slice list, size_t *count)
{
	size_t at = 0, len;

	for (*count = 0; at < list.len && list.ptr[at] != '\0'; at += len + 1, ++*count) {
		len = strnlen(list.ptr + at, list.len - at);
		if (len > MM_MINT_ID_LEN_MAX || at + len == list.len)
			return false;
	}
	return at + 1 == list.len;
}

static void
fill_ids(const char *bytes, struct mm_slice *ids, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ids[i] = mm_slice_str(bytes);
		bytes += ids[i].len + 1;
	}
	qsort(ids, count, sizeof(*ids), compare);
}

bool
issuer_tenants_take(struct issuer_tenants *tenants, struct mm_slice list)
{
	struct issuer_tenants taken = { .bytes = NULL };

	if (!count_ids(list, &taken.count))
		return false;
	taken.bytes = malloc(list.len);
	taken.ids = calloc(taken.count + 1, sizeof(*taken.ids));
	if (taken.bytes == NULL || taken.ids == NULL) {
		forget(&taken);
		return false;
	}
	memcpy(taken.bytes, list.ptr, list.len);
	fill_ids(taken.bytes, taken.ids, taken.count);
	pthread_mutex_lock(&tenants->lock);
	forget(tenants);
	tenants->bytes = taken.bytes;
	tenants->ids = taken.ids;
	tenants->count = taken.count;
	pthread_mutex_unlock(&tenants->lock);
	return true;
}

/* ---- questions ---- */

enum issuer_tenant_found
issuer_tenants_find(struct issuer_tenants *tenants, struct mm_slice id)
{
	enum issuer_tenant_found found = ISSUER_TENANT_NOT_YET;

	pthread_mutex_lock(&tenants->lock);
	if (tenants->bytes != NULL)
		found = bsearch(&id, tenants->ids, tenants->count, sizeof(id), compare) != NULL ?
		    ISSUER_TENANT_LISTED :
		    ISSUER_TENANT_UNLISTED;
	pthread_mutex_unlock(&tenants->lock);
	return found;
}

bool
issuer_tenants_are_there(struct issuer_tenants *tenants)
{
	bool there;

	pthread_mutex_lock(&tenants->lock);
	there = tenants->bytes != NULL;
	pthread_mutex_unlock(&tenants->lock);
	return there;
}
