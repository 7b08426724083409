/* SPDX-License-Identifier: Apache-2.0 */
/* The live revocations of a realm. */
#include "daemon/ledger/revoked.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define ITEMS_MIN 64

bool
ledger_revoked_init(struct ledger_revoked *revoked)
{
	unsigned char seed[MM_REVOKED_SEED_LEN];

	*revoked = (struct ledger_revoked){ .size = ITEMS_MIN };
	if (getrandom(seed, sizeof(seed), 0) == (ssize_t)sizeof(seed))
		revoked->set = mm_revoked_new(seed);
	revoked->items = calloc(ITEMS_MIN, sizeof(*revoked->items));
	return revoked->set != NULL && revoked->items != NULL;
}

/* Drop the first items. */
static void
drop(struct ledger_revoked *revoked, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (revoked->items[i] != &revoked->whole)
			free(revoked->items[i]);
	revoked->count -= count;
	revoked->first += count;
	memmove(revoked->items, revoked->items + count, revoked->count * sizeof(*revoked->items));
}

void
ledger_revoked_clear(struct ledger_revoked *revoked)
{
	if (revoked->items != NULL)
		drop(revoked, revoked->count);
	free(revoked->items);
	mm_revoked_free(&revoked->set);
	*revoked = (struct ledger_revoked){ .set = NULL };
}

/* ---- adding ---- */

/* One item for all that is there and this one; it needs no memory. */
static void
fold(struct ledger_revoked *revoked, int64_t up_to_s, int64_t keep_ms)
{
	for (size_t i = 0; i < revoked->count; i++) {
		if (revoked->items[i]->up_to_s > up_to_s)
			up_to_s = revoked->items[i]->up_to_s;
		if (revoked->items[i]->keep_ms > keep_ms)
			keep_ms = revoked->items[i]->keep_ms;
	}
	drop(revoked, revoked->count);
	revoked->whole = (struct ledger_revocation){ up_to_s, keep_ms,
		{ MM_REVOKED_REALM, MM_SLICE_ABSENT, MM_SLICE_ABSENT } };
	(void)!mm_revoked_add(revoked->set, &revoked->whole.what, up_to_s, keep_ms);
	revoked->items[revoked->count++] = &revoked->whole;
}

static bool
make_room(struct ledger_revoked *revoked)
{
	struct ledger_revocation **grown;

	if (revoked->count < revoked->size)
		return true;
	if (revoked->count >= MM_REVOKED_MAX)
		return false;
	grown = reallocarray(revoked->items, revoked->size * 2, sizeof(*grown));
	if (grown == NULL)
		return false;
	revoked->items = grown;
	revoked->size *= 2;
	return true;
}

static struct ledger_revocation *
new_item(const struct mm_revoked_what *what, int64_t up_to_s, int64_t keep_ms)
{
	struct ledger_revocation *item = malloc(sizeof(*item) + what->value.len + what->client.len);
	char *value, *client;

	if (item == NULL)
		return NULL;
	value = (char *)(item + 1);
	client = value + what->value.len;
	*item = (struct ledger_revocation){ up_to_s, keep_ms,
		{ what->kind, mm_slice(value, what->value.len), mm_slice(client, what->client.len) } };
	memcpy(value, what->value.ptr, what->value.len);
	if (what->client.len > 0)
		memcpy(client, what->client.ptr, what->client.len);
	return item;
}

bool
ledger_revoked_add(struct ledger_revoked *revoked, const struct mm_revoked_what *what, int64_t up_to_s,
    int64_t keep_ms)
{
	struct ledger_revocation *item = NULL;

	if (what->kind != MM_REVOKED_REALM && make_room(revoked) &&
	    mm_revoked_add(revoked->set, what, up_to_s, keep_ms))
		item = new_item(what, up_to_s, keep_ms);
	if (item == NULL) {
		fold(revoked, up_to_s, keep_ms);
		return false;
	}
	revoked->items[revoked->count++] = item;
	return true;
}

/* ---- in the course of time ---- */

void
ledger_revoked_forget(struct ledger_revoked *revoked, int64_t now_ms, int64_t now_s)
{
	size_t over = 0;

	/* Each is kept as long as the others: they end in the order in which they came. */
	while (over < revoked->count && !mm_revoked_is_kept(revoked->items[over]->up_to_s,
	    revoked->items[over]->keep_ms, now_ms, now_s))
		over++;
	if (over == 0)
		return;
	drop(revoked, over);
	mm_revoked_forget(revoked->set, now_ms, now_s);
}

const struct ledger_revocation *
ledger_revoked_at(const struct ledger_revoked *revoked, uint64_t *number)
{
	if (*number < revoked->first)
		*number = revoked->first;
	return *number - revoked->first < revoked->count ? revoked->items[*number - revoked->first] : NULL;
}
