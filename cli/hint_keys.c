/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hints about keys: which there are, whose they are, when they sign.
 */
#include "cli/hint_rows.h"

#include "cli/hint_text.h"
#include "engine/nearest.h"
#include "lib/trust/find.h"

static void
add_key(struct mm_buf *line, const struct mm_key *key, int64_t now_s)
{
	mm_hint_add_quoted(line, key->kid);
	mm_buf_addf(line, " (%s)", mm_key_state_name(mm_key_state_at(key, now_s)));
}

void
mm_hint_kids_of_realm(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_realm *realm = matter->facts->realm;
	struct mm_hint_listing listing;

	if (realm == NULL)
		return;
	listing = (struct mm_hint_listing){ mm_hint_begin(hints), 0 };
	mm_buf_add_str(listing.line, "the keys of realm ");
	mm_hint_add_quoted(listing.line, realm->name);
	mm_buf_add_str(listing.line, ": ");
	for (size_t i = 0; i < matter->trust->key_count; i++) {
		const struct mm_key *key = &matter->trust->keys[i];

		if (key->realm == realm && mm_hint_next_item(&listing))
			add_key(listing.line, key, matter->request->now_s);
	}
	mm_hint_end_listing(&listing, "none");
}

void
mm_hint_algorithm(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_key *key = matter->facts->key;
	struct mm_buf *line;

	if (key == NULL || key->algorithm == NULL)
		return;
	line = mm_hint_begin(hints);
	mm_buf_add_str(line, "the key ");
	mm_hint_add_quoted(line, key->kid);
	mm_buf_addf(line, " is for %s alone; the token says ", key->algorithm->name);
	mm_hint_add_quoted(line, matter->facts->alg);
}

void
mm_hint_owner_of_kid(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	for (size_t i = 0; i < matter->trust->key_count; i++) {
		const struct mm_key *key = &matter->trust->keys[i];
		struct mm_buf *line;

		if (!mm_slice_equal(key->kid, matter->facts->kid) || key->realm == matter->facts->realm ||
		    key->standing == MM_KEY_WITHOUT_SCOPE)
			continue;
		line = mm_hint_begin(hints);
		mm_buf_add_str(line, "key ");
		add_key(line, key, matter->request->now_s);
		mm_buf_add_str(line, " belongs to realm ");
		mm_hint_add_quoted(line, key->realm->name);
		mm_buf_add_str(line, ", whose issuer is ");
		mm_hint_add_quoted(line, key->realm->issuer);
	}
	mm_hint_kids_of_realm(hints, matter);
}

void
mm_hint_key_unknown(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	struct mm_nearest nearest;
	struct mm_buf *line;

	mm_hint_kids_of_realm(hints, matter);
	mm_nearest_init(&nearest, matter->facts->kid);
	for (size_t i = 0; i < matter->trust->key_count; i++) {
		if (matter->trust->keys[i].realm == matter->facts->realm)
			mm_nearest_offer(&nearest, matter->trust->keys[i].kid);
	}
	if (nearest.distance == SIZE_MAX || nearest.distance > matter->facts->kid.len / 3)
		return;
	line = mm_hint_begin(hints);
	mm_buf_add_str(line, "the nearest spelling is ");
	mm_hint_add_quoted(line, nearest.best);
}

void
mm_hint_key_window(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_key *key = matter->facts->key;
	int64_t now_s = matter->request->now_s;
	struct mm_buf *line;

	if (key == NULL)
		return;
	line = mm_hint_begin(hints);
	mm_buf_add_str(line, "the key signs");
	mm_hint_add_bound(line, " from", key->signs_from_s, now_s);
	mm_hint_add_bound(line, " until", key->signs_until_s, now_s);
	mm_hint_add_bound(line, " and is accepted until", key->verify_until_s, now_s);
	if (matter->facts->iat_s > 0)
		mm_hint_add_bound(mm_hint_begin(hints), "the token says that it was issued at", matter->facts->iat_s,
		    now_s);
	mm_hint_kids_of_realm(hints, matter);
}

void
mm_hint_thumbprint(struct mm_hints *hints, const struct mm_hint_matter *matter)
{
	const struct mm_key *key = matter->facts->key;
	struct mm_buf *line;

	if (key == NULL || key->algorithm == NULL)
		return;
	line = mm_hint_begin(hints);
	mm_buf_addf(line, "it was checked with the %s key of thumbprint ", key->algorithm->name);
	mm_buf_add_slice(line, key->thumbprint_text);
	mm_buf_add_str(line, " (RFC 7638); no other key is ever tried");
}
