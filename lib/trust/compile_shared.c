/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Material that is offered to two realms: it is taken from one or both, so that no key vouches for two realms.
 */
#include "lib/base/limits.h"
#include "lib/trust/compile.h"

/* Two names of one file, or a copy of it, are the same document still. */
static bool
same_document(const struct mm_builder_document *a, const struct mm_builder_document *b)
{
	return a == b || mm_slice_equal(a->jwks, b->jwks);
}

/*
 * Design: material "stays good where it stood first by mint, by file, or by its own issuer (else anybody could switch a
 * realm off by publishing its public key)". A mint stands first, and an operator's file before what a stranger
 * publishes, whatever that states; then a key that states its realm's issuer before one that states none; then the one
 * that was seen first; of those seen together, and of files, the realm that is configured first.
 */
static int
rank(enum mm_document_origin origin)
{
	return origin == MM_DOCUMENT_MINT ? 0 : origin == MM_DOCUMENT_FILE ? 1 : 2;
}

static bool
stands_before(const struct mm_candidate *a, const struct mm_candidate *b)
{
	bool a_states = mm_slice_present(a->jwk.issuer), b_states = mm_slice_present(b->jwk.issuer);

	if (a->document->origin != b->document->origin)
		return rank(a->document->origin) < rank(b->document->origin);
	if (a_states != b_states)
		return a_states;
	if (a->seen_s != b->seen_s)
		return a->seen_s < b->seen_s;
	return a->realm < b->realm;
}

/*
 * Of two realms that are offered the same material: which of them do not get it? In one document, and between documents
 * of one origin that both do not state whose it is, nobody can tell: neither gets it.
 */
static void
settle_pair(struct mm_candidate *a, struct mm_candidate *b)
{
	bool neither_states = !mm_slice_present(a->jwk.issuer) && !mm_slice_present(b->jwk.issuer);
	bool both = same_document(a->document, b->document) ||
	    (neither_states && a->document->origin == b->document->origin);

	if (both || stands_before(b, a))
		a->loses = true;
	if (both || stands_before(a, b))
		b->loses = true;
}

/*
 * Whether at most one of the two may have the key. Where neither states an issuer, a realm that demands one and so
 * refuses the key counts too: that the other realm demands none does not make the key its own.
 */
static bool
share_material(const struct mm_candidate *a, const struct mm_candidate *b)
{
	bool a_usable = a->standing == MM_KEY_USABLE, b_usable = b->standing == MM_KEY_USABLE;
	bool neither_states = !mm_slice_present(a->jwk.issuer) && !mm_slice_present(b->jwk.issuer);

	if (a->realm == b->realm || memcmp(a->jwk.material_id, b->jwk.material_id, MM_DIGEST_LEN) != 0 ||
	    a->standing == MM_KEY_TOMBSTONED || b->standing == MM_KEY_TOMBSTONED)
		return false;
	return (a_usable && b_usable) || (neither_states && (a_usable || b_usable));
}

void
mm_compile_settle_shared(struct mm_compilation *compilation)
{
	struct mm_candidate *candidates = compilation->candidates;

	for (size_t i = 0; i < compilation->candidate_count; i++) {
		for (size_t j = i + 1; j < compilation->candidate_count; j++) {
			if (share_material(&candidates[i], &candidates[j]))
				settle_pair(&candidates[i], &candidates[j]);
		}
	}
	for (size_t i = 0; i < compilation->candidate_count; i++) {
		if (!candidates[i].loses || candidates[i].standing != MM_KEY_USABLE)
			continue;
		candidates[i].standing = MM_KEY_WITHOUT_SCOPE;
		mm_compile_note(compilation, MM_NOTE_ALARM, candidates[i].document->name, candidates[i].jwk.kid,
		    mm_compile_text(compilation,
		    "the key's material is offered to realm %s and to another: refused in this one",
		    compilation->realms[candidates[i].realm].settings->name),
		    "no two realms may share a key: find out whose it is and take it out elsewhere");
	}
}
