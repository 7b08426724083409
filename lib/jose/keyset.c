/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging a JWK set that was fetched with what was kept of it.
 *
 * Everything goes by the kid, which is how tokens name a key: whatever is published under a kid now takes the place of
 * what was kept under it, unless that was revoked. So no kid ever stands on two keys, and no key that somebody pushed
 * aside comes back.
 */
#include "lib/jose/keyset.h"

#include "lib/base/limits.h"
#include "lib/codec/issuer.h"
#include "lib/jose/keyset_entry.h"

#include <stdlib.h>

/*
 * A key that is published and bad is not absent: its issuer says himself that it is to be used no more, or has shown
 * its private half. It is gone since so long ago that no absent_for lets it verify; the autopsy knows it still.
 */
#define OVER 0

struct merge {
	struct mm_pool pool;
	struct mm_keyset_report *report;
	int64_t kept_s;
	struct mm_keyset_entries fetched, kept, merged;
};

static bool
same_key(const struct mm_jwk *a, const struct mm_jwk *b)
{
	return memcmp(a->thumbprint, b->thumbprint, MM_DIGEST_LEN) == 0;
}

static bool
same_issuer(const struct mm_jwk *a, const struct mm_jwk *b)
{
	return mm_slice_present(a->issuer) ? mm_issuer_same_text(a->issuer, b->issuer) : !mm_slice_present(b->issuer);
}

/* ---- within what was fetched ---- */

static bool
same_window(const struct mm_jwk *a, const struct mm_jwk *b)
{
	return a->iat_s == b->iat_s && a->nbf_s == b->nbf_s && a->exp_s == b->exp_s && a->algorithm == b->algorithm;
}

/*
 * Two keys of one kid. The same key may stand there for two issuers, which the compiler of the trust deals with, and
 * the same once more changes nothing. Otherwise nobody can tell which one is meant; but what is revoked stays so.
 */
static void
settle_double(struct merge *merge, struct mm_keyset_entry *a, struct mm_keyset_entry *b)
{
	bool same = same_key(&a->jwk, &b->jwk) && a->jwk.revoked == b->jwk.revoked;

	if (same && mm_slice_present(a->jwk.issuer) && mm_slice_present(b->jwk.issuer) &&
	    !same_issuer(&a->jwk, &b->jwk))
		return;
	if (same && same_issuer(&a->jwk, &b->jwk) && (a->jwk.revoked || same_window(&a->jwk, &b->jwk))) {
		b->left_out = true;
		return;
	}
	mm_keyset_tell(merge->report, MM_KEYSET_DROPPED, a->jwk.kid, "one kid stands on two keys");
	a->left_out = a->left_out || !a->jwk.revoked;
	b->left_out = b->left_out || !b->jwk.revoked || a->jwk.revoked;
}

static void
settle_doubles(struct merge *merge)
{
	struct mm_keyset_entries *fetched = &merge->fetched;

	for (size_t i = 0; i < fetched->count; i++)
		for (size_t j = i + 1; j < fetched->count; j++)
			if (mm_slice_equal(fetched->items[i].jwk.kid, fetched->items[j].jwk.kid))
				settle_double(merge, &fetched->items[i], &fetched->items[j]);
}

/* ---- what was kept ---- */

/* Its kid is dead, whoever publishes it now. */
static void
keep_tombstone(struct merge *merge, const struct mm_keyset_entry *kept)
{
	for (size_t i = 0; i < merge->fetched.count; i++) {
		struct mm_keyset_entry *entry = &merge->fetched.items[i];

		if (!mm_slice_equal(entry->jwk.kid, kept->jwk.kid))
			continue;
		if (!entry->jwk.revoked && !entry->left_out)
			mm_keyset_tell(merge->report, MM_KEYSET_STAYS_REVOKED, kept->jwk.kid,
			    "a key that was revoked is published as if it were not");
		entry->left_out = true;
	}
}

/* What is published under its kid now takes its place. Returns whether there is anything. */
static bool
give_place(struct merge *merge, const struct mm_keyset_entry *kept)
{
	bool found = false, replaced = false;

	for (size_t i = 0; i < merge->fetched.count; i++) {
		struct mm_keyset_entry *entry = &merge->fetched.items[i];

		if (!mm_slice_equal(entry->jwk.kid, kept->jwk.kid))
			continue;
		found = true;
		replaced = replaced || !same_key(&entry->jwk, &kept->jwk);
	}
	if (replaced)
		mm_keyset_tell(merge->report, MM_KEYSET_REPLACED, kept->jwk.kid, "the kid stands on another key now");
	return found;
}

/* Whether its kid is published, on a key that is bad. */
static bool
is_bad_now(const struct merge *merge, const struct mm_keyset_entry *kept)
{
	for (size_t i = 0; i < merge->fetched.bad_count; i++)
		if (mm_slice_equal(merge->fetched.bad_kids[i], kept->jwk.kid))
			return true;
	return false;
}

/* Its material was seen when it was first seen, under whatever kid. */
static void
hand_on_seen(struct merge *merge, const struct mm_keyset_entry *kept)
{
	for (size_t i = 0; i < merge->fetched.count; i++) {
		struct mm_keyset_entry *entry = &merge->fetched.items[i];

		if (memcmp(entry->jwk.material_id, kept->jwk.material_id, MM_DIGEST_LEN) == 0 &&
		    kept->marks.seen_s < entry->marks.seen_s)
			entry->marks.seen_s = kept->marks.seen_s;
	}
}

static void
settle_kept(struct merge *merge)
{
	for (size_t i = 0; i < merge->kept.count; i++) {
		struct mm_keyset_entry *kept = &merge->kept.items[i];

		hand_on_seen(merge, kept);
		if (kept->jwk.revoked)
			keep_tombstone(merge, kept);
		else if (give_place(merge, kept))
			kept->left_out = true;
		else if (is_bad_now(merge, kept))
			kept->marks.gone_s = OVER;
		else if (kept->marks.gone_s == INT64_MAX)
			kept->marks.gone_s = merge->kept_s;
	}
}

/* ---- the result ---- */

static int
compare_texts(struct mm_slice a, struct mm_slice b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);

	return order != 0 ? order : a.len < b.len ? -1 : a.len > b.len;
}

/* By kid, then by issuer: an absent one comes first. */
static int
compare_entries(const void *left, const void *right)
{
	const struct mm_keyset_entry *a = left, *b = right;
	int order = compare_texts(a->jwk.kid, b->jwk.kid);

	return order != 0 ? order : compare_texts(a->jwk.issuer, b->jwk.issuer);
}

static void
take_all(struct mm_keyset_entries *merged, const struct mm_keyset_entries *from)
{
	for (size_t i = 0; i < from->count; i++)
		if (!from->items[i].left_out)
			merged->items[merged->count++] = from->items[i];
}

static bool
join(struct merge *merge)
{
	size_t count = merge->fetched.count + merge->kept.count;

	merge->merged.items = mm_pool_array(&merge->pool, count + 1, sizeof(*merge->merged.items));
	if (merge->merged.items == NULL)
		return false;
	take_all(&merge->merged, &merge->fetched);
	take_all(&merge->merged, &merge->kept);
	if (merge->merged.count > 0)
		qsort(merge->merged.items, merge->merged.count, sizeof(*merge->merged.items), compare_entries);
	return true;
}

static bool
is_gone(const struct mm_keyset_entry *entry)
{
	return !entry->left_out && entry->marks.gone_s != INT64_MAX;
}

/* The one that went first; NULL: none is gone. *count is how many are. */
static struct mm_keyset_entry *
find_oldest_gone(const struct mm_keyset_entries *entries, size_t *count)
{
	struct mm_keyset_entry *oldest = NULL;

	*count = 0;
	for (size_t i = 0; i < entries->count; i++) {
		struct mm_keyset_entry *entry = &entries->items[i];

		if (!is_gone(entry))
			continue;
		++*count;
		if (oldest == NULL || entry->marks.gone_s < oldest->marks.gone_s)
			oldest = entry;
	}
	return oldest;
}

/* Leave out the ones that went first until at most max are left. */
static void
forget_gone(struct merge *merge, size_t max)
{
	struct mm_keyset_entry *oldest;
	size_t count;

	while ((oldest = find_oldest_gone(&merge->merged, &count)) != NULL && count > max) {
		oldest->left_out = true;
		mm_keyset_tell(merge->report, MM_KEYSET_FORGOTTEN, oldest->jwk.kid, "too many keys are gone after it");
	}
}

static void
count_result(struct merge *merge)
{
	struct mm_keyset_report *report = merge->report;

	for (size_t i = 0; i < merge->merged.count; i++) {
		const struct mm_keyset_entry *entry = &merge->merged.items[i];

		report->revoked += !entry->left_out && entry->jwk.revoked;
		report->gone += is_gone(entry);
		report->present += !entry->left_out && !entry->jwk.revoked && !is_gone(entry);
	}
}

/* Keys that are gone give room to those that are there. */
static enum mm_keyset_result
write_result(struct merge *merge, struct mm_slice kept, struct mm_buf *out)
{
	size_t gone_max = MM_KEYSET_GONE_MAX;

	for (;;) {
		mm_buf_clear(out);
		forget_gone(merge, gone_max);
		mm_keyset_write(&merge->merged, out);
		if (mm_buf_ok(out) && out->len <= MM_DOCUMENT_LEN_MAX)
			break;
		if (gone_max == 0) {
			merge->report->why = "its keys take more than 1 MiB";
			return MM_KEYSET_TOO_LARGE;
		}
		gone_max /= 2;
	}
	count_result(merge);
	return mm_slice_equal(mm_slice(out->data, out->len), kept) ? MM_KEYSET_SAME : MM_KEYSET_NEW;
}

/* Whether it says anything: a key to verify with, or that one is dead. */
static bool
is_of_use(const struct mm_keyset_entries *fetched)
{
	for (size_t i = 0; i < fetched->count; i++)
		if (!fetched->items[i].left_out)
			return true;
	return false;
}

static enum mm_keyset_result
run(struct merge *merge, struct mm_slice fetched, int64_t now_s, struct mm_slice kept, struct mm_buf *out)
{
	struct mm_keyset_report *report = merge->report;
	enum mm_keyset_result result = mm_keyset_read_fetched(fetched, now_s, &merge->pool, report, &merge->fetched);

	if (result != MM_KEYSET_NEW)
		return result;
	settle_doubles(merge);
	if (!is_of_use(&merge->fetched)) {
		report->why = merge->fetched.count == 0 && report->dropped == 0 ? "it has no key for signatures" :
		    "not one of its keys can be used";
		return MM_KEYSET_UNUSABLE;
	}
	result = mm_keyset_read_kept(kept, &merge->pool, report, &merge->kept);
	if (result != MM_KEYSET_NEW)
		return result;
	settle_kept(merge);
	return join(merge) ? write_result(merge, kept, out) : MM_KEYSET_FAILED;
}

enum mm_keyset_result
mm_keyset_merge(struct mm_slice fetched, int64_t now_s, struct mm_slice kept, int64_t kept_s,
    struct mm_keyset_report *report, struct mm_buf *out)
{
	/* A clock that was put back does not make a key seen in the future. */
	struct merge merge = { .report = report, .kept_s = kept_s < now_s ? kept_s : now_s };
	enum mm_keyset_result result;

	*report = (struct mm_keyset_report){ .tell = report->tell, .tell_ctx = report->tell_ctx };
	mm_buf_clear(out);
	result = run(&merge, fetched, now_s, kept, out);
	if (result != MM_KEYSET_NEW && result != MM_KEYSET_SAME)
		mm_buf_clear(out);
	if (result == MM_KEYSET_FAILED)
		report->why = "memory is short, or libcrypto cannot work";
	mm_pool_clear(&merge.pool);
	return result;
}
