/* SPDX-License-Identifier: Apache-2.0 */
/* The tenants that a signer may sign for: open addressing, at most half full. */
#include "daemon/signer/tenants.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64

/* FNV-1a. An operator chose the ids: nobody gains by making them meet. */
static size_t
place_of(struct mm_slice id, size_t slot_count)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < id.len; i++)
		hash = (hash ^ (uint8_t)id.ptr[i]) * UINT64_C(0x100000001b3);
	return (size_t)(hash ^ hash >> 32) & (slot_count - 1);
}

/* The slot of an id, or the free one where it would stand; NULL in an empty set. */
static struct signer_tenant *
find_slot(const struct signer_tenant_set *set, struct mm_slice id)
{
	size_t place;

	if (set->slot_count == 0)
		return NULL;
	for (place = place_of(id, set->slot_count); set->slots[place].len > 0;
	     place = (place + 1) & (set->slot_count - 1))
		if (mm_slice_equal(mm_slice(set->slots[place].id, set->slots[place].len), id))
			break;
	return &set->slots[place];
}

static void
clear_set(struct signer_tenant_set *set)
{
	free(set->slots);
	*set = (struct signer_tenant_set){ NULL, 0, 0 };
}

static bool
grow(struct signer_tenant_set *set)
{
	size_t slot_count = set->slot_count == 0 ? SLOTS_FIRST : 2 * set->slot_count;
	struct signer_tenant_set larger = { calloc(slot_count, sizeof(*set->slots)), slot_count, set->count };

	if (larger.slots == NULL)
		return false;
	for (size_t i = 0; i < set->slot_count; i++)
		if (set->slots[i].len > 0)
			*find_slot(&larger, mm_slice(set->slots[i].id, set->slots[i].len)) = set->slots[i];
	free(set->slots);
	*set = larger;
	return true;
}

void
signer_tenants_begin(struct signer_tenants *tenants, int64_t now_ms)
{
	clear_set(&tenants->before);
	tenants->before = tenants->now;
	tenants->now = (struct signer_tenant_set){ NULL, 0, 0 };
	tenants->begun_ms = now_ms;
}

bool
signer_tenants_add(struct signer_tenants *tenants, struct mm_slice id)
{
	struct signer_tenant_set *set = &tenants->now;
	struct signer_tenant *slot;

	if (id.len == 0 || id.len > MM_MINT_ID_LEN_MAX || (2 * set->count >= set->slot_count && !grow(set)))
		return false;
	slot = find_slot(set, id);
	if (slot->len == 0) {
		slot->len = (uint8_t)id.len;
		memcpy(slot->id, id.ptr, id.len);
		set->count++;
	}
	return true;
}

static bool
has(const struct signer_tenant_set *set, struct mm_slice id)
{
	const struct signer_tenant *slot = find_slot(set, id);

	return slot != NULL && slot->len > 0;
}

bool
signer_tenants_have(const struct signer_tenants *tenants, struct mm_slice id, int64_t now_ms)
{
	if (id.len == 0 || id.len > MM_MINT_ID_LEN_MAX)
		return false;
	return has(&tenants->now, id) ||
	    (now_ms - tenants->begun_ms < SIGNER_TENANTS_GRACE_MS && has(&tenants->before, id));
}

void
signer_tenants_clear(struct signer_tenants *tenants)
{
	clear_set(&tenants->now);
	clear_set(&tenants->before);
}
