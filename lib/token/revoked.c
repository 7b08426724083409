/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revocations in an open table: from the place that the digest names, the first free slot ends the search. Nothing is
 * taken out of it but by making another one.
 */
#include "lib/token/revoked.h"

#include "lib/base/array.h"
#include "lib/crypto/keyed_digest.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 64 /* a power of two, as all sizes are */

struct slot {
	struct mm_keyed_digest name;
	int64_t up_to_s;
	int64_t keep_until; /* 0: free */
};

struct mm_revoked {
	struct slot *slots; /* NULL: none */
	size_t size, count;
	int64_t realm_up_to_s, realm_keep_until; /* of the whole realm; 0: it is not revoked */
	struct mm_keyed_digest_key key;
};

const char *
mm_revoked_kind_name(unsigned kind)
{
	static const char *const names[MM_REVOKED_KIND_END] = {
		[MM_REVOKED_TOKEN] = "token",
		[MM_REVOKED_SESSION] = "session",
		[MM_REVOKED_SUBJECT] = "subject",
		[MM_REVOKED_CLIENT] = "client",
		[MM_REVOKED_REALM] = "realm",
	};

	return kind < MM_COUNT_OF(names) ? names[kind] : NULL;
}

bool
mm_revoked_what_check(const struct mm_revoked_what *what)
{
	if (mm_revoked_kind_name(what->kind) == NULL || what->value.len > MM_REVOKED_TEXT_MAX ||
	    what->client.len > MM_REVOKED_TEXT_MAX)
		return false;
	return (what->value.len == 0) == (what->kind == MM_REVOKED_REALM) &&
	    (what->client.len == 0 || what->kind == MM_REVOKED_SESSION);
}

struct mm_revoked *
mm_revoked_new(const unsigned char seed[MM_REVOKED_SEED_LEN])
{
	_Static_assert(MM_REVOKED_SEED_LEN == MM_KEYED_DIGEST_SEED_LEN, "the seed is the digest's");
	struct mm_revoked *revoked = calloc(1, sizeof(*revoked));

	if (revoked != NULL && !mm_keyed_digest_key_init(&revoked->key, seed))
		mm_revoked_free(&revoked);
	return revoked;
}

void
mm_revoked_free(struct mm_revoked **revoked)
{
	struct mm_revoked *old = *revoked;

	*revoked = NULL;
	if (old == NULL)
		return;
	free(old->slots);
	free(old);
}

/* ---- looking up ---- */

/* The kind and the value's length stand before both texts, so that no two have the same bytes. */
static bool
name_of(const struct mm_revoked *revoked, const struct mm_revoked_what *what, struct mm_keyed_digest *name)
{
	char text[2 + 2 * MM_REVOKED_TEXT_MAX];
	size_t len = 2;

	if (!mm_revoked_what_check(what))
		return false;
	text[0] = (char)what->kind;
	text[1] = (char)what->value.len;
	memcpy(text + len, what->value.ptr, what->value.len);
	len += what->value.len;
	if (what->client.len > 0)
		memcpy(text + len, what->client.ptr, what->client.len);
	return mm_keyed_digest_make(&revoked->key, mm_slice(text, len + what->client.len), name);
}

/* The slot of a name, or the free one where it belongs. There is a free one always. */
static struct slot *
find(struct slot *slots, size_t size, const struct mm_keyed_digest *name)
{
	size_t at = name->half[0] & (size - 1);

	while (slots[at].keep_until != 0 && !mm_keyed_digest_equal(&slots[at].name, name))
		at = (at + 1) & (size - 1);
	return &slots[at];
}

bool
mm_revoked_has(const struct mm_revoked *revoked, const struct mm_revoked_what *what, int64_t iat_s)
{
	struct mm_keyed_digest name;
	const struct slot *slot;

	if (revoked == NULL)
		return false;
	if (what->kind == MM_REVOKED_REALM)
		return revoked->realm_keep_until != 0 && iat_s <= revoked->realm_up_to_s;
	if (revoked->count == 0 || !name_of(revoked, what, &name))
		return false;
	slot = find(revoked->slots, revoked->size, &name);
	return slot->keep_until != 0 && iat_s <= slot->up_to_s;
}

enum mm_revoked_kind
mm_revoked_find(const struct mm_revoked *revoked, const struct mm_revoked_facts *facts)
{
	const struct mm_revoked_what whats[] = {
		{ MM_REVOKED_TOKEN, facts->token_id, MM_SLICE_ABSENT },
		{ MM_REVOKED_SESSION, facts->session, MM_SLICE_ABSENT },
		{ MM_REVOKED_SESSION, facts->session, facts->client },
		{ MM_REVOKED_SUBJECT, facts->subject, MM_SLICE_ABSENT },
		{ MM_REVOKED_CLIENT, facts->client, MM_SLICE_ABSENT },
		{ MM_REVOKED_REALM, MM_SLICE_ABSENT, MM_SLICE_ABSENT },
	};

	for (size_t i = 0; i < MM_COUNT_OF(whats); i++)
		if (mm_revoked_has(revoked, &whats[i], facts->iat_s))
			return whats[i].kind;
	return 0;
}

/* ---- changing ---- */

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void
add_realm(struct mm_revoked *revoked, int64_t up_to_s, int64_t keep_until)
{
	bool first = revoked->realm_keep_until == 0;

	revoked->realm_up_to_s = first ? up_to_s : later(up_to_s, revoked->realm_up_to_s);
	revoked->realm_keep_until = later(keep_until, revoked->realm_keep_until);
}

/* All entries become one, for which nothing has to be had. */
static void
fold(struct mm_revoked *revoked)
{
	for (size_t i = 0; i < revoked->size; i++)
		if (revoked->slots[i].keep_until != 0)
			add_realm(revoked, revoked->slots[i].up_to_s, revoked->slots[i].keep_until);
	free(revoked->slots);
	revoked->slots = NULL;
	revoked->size = revoked->count = 0;
}

bool
mm_revoked_is_kept(int64_t up_to_s, int64_t keep_until, int64_t now_ms, int64_t now_s)
{
	return keep_until >= now_ms || (now_s - MM_REVOKED_MATTERS_S < up_to_s &&
	    now_ms - keep_until <= (int64_t)MM_REVOKED_SET_BACK_MAX_S * 1000);
}

/* Times of both clocks. */
struct moment {
	int64_t ms, s;
};

/* At which everything is kept. */
static const struct moment at_no_time = { INT64_MIN, 0 };

/* Whether a slot is taken and says more than what the whole realm is revoked by, at a time. */
static bool
is_needed(const struct mm_revoked *revoked, const struct slot *slot, const struct moment *now)
{
	bool covered = slot->up_to_s <= revoked->realm_up_to_s && slot->keep_until <= revoked->realm_keep_until;

	return slot->keep_until != 0 && !covered &&
	    mm_revoked_is_kept(slot->up_to_s, slot->keep_until, now->ms, now->s);
}

/* Move what is needed at a time into a table of this size, 0: none. False, with nothing changed, without memory. */
static bool
move(struct mm_revoked *revoked, size_t size, const struct moment *now)
{
	struct slot *slots = size == 0 ? NULL : calloc(size, sizeof(*slots));
	size_t count = 0;

	if (size != 0 && slots == NULL)
		return false;
	for (size_t i = 0; i < revoked->size; i++) {
		const struct slot *slot = &revoked->slots[i];

		if (!is_needed(revoked, slot, now))
			continue;
		*find(slots, size, &slot->name) = *slot;
		count++;
	}
	free(revoked->slots);
	revoked->slots = slots;
	revoked->size = size;
	revoked->count = count;
	return true;
}

/* The least size that so many fill to a half at most. */
static size_t
size_for(size_t count)
{
	size_t size = count == 0 ? 0 : SLOTS_MIN;

	while (size < 2 * count)
		size *= 2;
	return size;
}

/* Without memory for a smaller table it stays as it is until the next time. */
static void
shrink(struct mm_revoked *revoked, const struct moment *now)
{
	size_t needed = 0;

	for (size_t i = 0; i < revoked->size; i++)
		needed += is_needed(revoked, &revoked->slots[i], now);
	if (needed < revoked->count)
		(void)move(revoked, size_for(needed), now);
}

static bool
make_room(struct mm_revoked *revoked)
{
	if (revoked->count >= MM_REVOKED_MAX)
		return false;
	return 2 * (revoked->count + 1) <= revoked->size || move(revoked, size_for(revoked->count + 1), &at_no_time);
}

bool
mm_revoked_add(struct mm_revoked *revoked, const struct mm_revoked_what *what, int64_t up_to_s, int64_t keep_until)
{
	struct mm_keyed_digest name;
	struct slot *slot;

	if (what->kind == MM_REVOKED_REALM) {
		add_realm(revoked, up_to_s, keep_until);
		shrink(revoked, &at_no_time);
		return true;
	}
	if (!make_room(revoked) || !name_of(revoked, what, &name)) {
		fold(revoked);
		add_realm(revoked, up_to_s, keep_until);
		return false;
	}
	slot = find(revoked->slots, revoked->size, &name);
	if (slot->keep_until == 0) {
		*slot = (struct slot){ name, up_to_s, keep_until };
		revoked->count++;
	}
	slot->up_to_s = later(up_to_s, slot->up_to_s);
	slot->keep_until = later(keep_until, slot->keep_until);
	return true;
}

void
mm_revoked_forget(struct mm_revoked *revoked, int64_t now_ms, int64_t now_s)
{
	const struct moment now = { now_ms, now_s };

	if (!mm_revoked_is_kept(revoked->realm_up_to_s, revoked->realm_keep_until, now_ms, now_s))
		revoked->realm_keep_until = 0;
	shrink(revoked, &now);
}

size_t
mm_revoked_count(const struct mm_revoked *revoked)
{
	return revoked->count + (revoked->realm_keep_until != 0);
}

size_t
mm_revoked_bytes(const struct mm_revoked *revoked)
{
	return sizeof(*revoked) + revoked->size * sizeof(*revoked->slots);
}
