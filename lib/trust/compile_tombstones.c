/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tombstones: what the configuration revokes by kid dies, with its material everywhere; what a document revokes dies
 * where the document may say so.
 */
#include "lib/trust/compile_tombstones.h"

void
mm_tombstones_add(struct mm_compilation *compilation, struct mm_tombstones *list, const struct mm_tombstone *tombstone)
{
	size_t max = list->max == 0 ? 16 : list->max * 2;

	if (list->count == list->max) {
		struct mm_tombstone *grown = mm_pool_array(&compilation->pool, max, sizeof(*grown));

		if (grown == NULL) {
			compilation->no_memory = true;
			return;
		}
		if (list->count > 0)
			memcpy(grown, list->items, list->count * sizeof(*grown));
		list->items = grown;
		list->max = max;
	}
	list->items[list->count++] = *tombstone;
}

static void
remember_revocation(struct mm_candidate *candidate, int64_t revoked_at_s)
{
	bool known = candidate->revoked_at_s != INT64_MIN;

	if (revoked_at_s != INT64_MIN && (!known || revoked_at_s < candidate->revoked_at_s))
		candidate->revoked_at_s = revoked_at_s;
}

/* A kid that no key of the realm has is dead before one has it. */
static void
add_dead_kid(struct mm_compilation *compilation, const struct mm_compiled_revocation *dead, int64_t revoked_at_s)
{
	struct mm_candidate *candidate = mm_compile_new_candidate(compilation);

	if (candidate == NULL)
		return;
	*candidate = (struct mm_candidate){
		.jwk.kid = mm_slice_str(dead->settings->value), .realm = dead->realm, .standing = MM_KEY_TOMBSTONED,
		.signs_from_s = INT64_MIN, .signs_until_s = INT64_MAX, .verify_until_s = INT64_MAX,
		.seen_s = INT64_MIN, .revoked_at_s = revoked_at_s,
	};
	compilation->candidate_count++;
}

/* Who names the wrong realm should not believe that the key is dead. */
static void
remark_namesake(struct mm_compilation *compilation, const struct mm_compiled_revocation *dead)
{
	const char *realm = compilation->realms[dead->realm].settings->name;
	struct mm_slice kid = mm_slice_str(dead->settings->value);

	for (size_t i = 0; i < compilation->candidate_count; i++) {
		const struct mm_candidate *candidate = &compilation->candidates[i];

		if (!mm_slice_equal(candidate->jwk.kid, kid) || candidate->standing != MM_KEY_USABLE)
			continue;
		mm_compile_note(compilation, MM_NOTE_REMARK, realm, kid, mm_compile_text(compilation,
		    "the kid is revoked in realm %s, which has no such key; that of realm %s is good", realm,
		    compilation->realms[candidate->realm].settings->name), "name that realm, if its key is meant");
		return;
	}
}

void
mm_tombstones_bury_kids(struct mm_compilation *compilation, struct mm_tombstones *tombstones)
{
	for (size_t i = 0; i < compilation->dead_kid_count; i++) {
		const struct mm_compiled_revocation *dead = &compilation->dead_kids[i];
		int64_t at_s = dead->settings->revoked_at_s == 0 ? INT64_MIN : dead->settings->revoked_at_s;
		bool found = false;

		for (size_t j = 0; j < compilation->candidate_count; j++) {
			struct mm_candidate *candidate = &compilation->candidates[j];
			struct mm_tombstone tombstone = { .revoked_at_s = at_s };

			if (candidate->realm != dead->realm ||
			    !mm_slice_equal(candidate->jwk.kid, mm_slice_str(dead->settings->value)))
				continue;
			found = true;
			candidate->standing = MM_KEY_TOMBSTONED;
			remember_revocation(candidate, at_s);
			memcpy(tombstone.material, candidate->jwk.material_id, MM_DIGEST_LEN);
			mm_tombstones_add(compilation, tombstones, &tombstone);
		}
		if (found)
			continue;
		remark_namesake(compilation, dead);
		add_dead_kid(compilation, dead, at_s);
	}
}

static bool
kills(const struct mm_compilation *compilation, const struct mm_tombstone *tombstone,
    const struct mm_candidate *candidate)
{
	const struct mm_compiled_realm *realm = &compilation->realms[candidate->realm];

	return memcmp(candidate->jwk.material_id, tombstone->material, MM_DIGEST_LEN) == 0 &&
	    candidate->document != NULL &&
	    (tombstone->source == NULL || mm_compile_is_source(tombstone->source, realm));
}

void
mm_tombstones_apply(struct mm_compilation *compilation, const struct mm_tombstones *tombstones)
{
	for (size_t i = 0; i < compilation->candidate_count; i++) {
		struct mm_candidate *candidate = &compilation->candidates[i];

		for (size_t j = 0; j < tombstones->count; j++) {
			if (!kills(compilation, &tombstones->items[j], candidate))
				continue;
			remember_revocation(candidate, tombstones->items[j].revoked_at_s);
			if (candidate->standing == MM_KEY_TOMBSTONED)
				continue;
			candidate->standing = MM_KEY_TOMBSTONED;
			mm_compile_note(compilation, MM_NOTE_ALARM, candidate->document->name, candidate->jwk.kid,
			    "the material of a revoked key is published again",
			    "find out who publishes it; its tokens are refused");
		}
	}
}
