/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key documents: which key is whose.
 *
 * A key is given to the realms whose source its document is, and only to those it may be of:
 *
 *   it states an 'issuer'      the realm with just this issuer
 *   it states none             every realm of the document; where a realm demands that keys state theirs, the key is
 *                              listed there as published without scope
 *   it is 'revoked'            as above, as a tombstone; its material is dead in every realm
 *
 * Then material that two realms would share is taken from one or both, so that no key vouches for two realms.
 */
#include "lib/base/limits.h"
#include "lib/jose/jwks.h"
#include "lib/trust/compile.h"
#include "lib/trust/find.h"

#include <stdlib.h>

/* A JWK set of MM_DOCUMENT_LEN_MAX bytes cannot hold more keys that are any good: one takes over 100 bytes. */
#define KEYS_MAX 8192

struct document {
	struct mm_compilation *compilation;
	const struct mm_builder_document *row;
	struct mm_scratch scratch;
};

static void
note_key(struct document *document, enum mm_note_class class, struct mm_slice kid, const char *text, const char *mend)
{
	mm_compile_note(document->compilation, class, document->row->name, kid, text, mend);
}

/* ---- the scope of a key ---- */

static bool
is_source_of(const struct document *document, const struct mm_compiled_realm *realm)
{
	return realm->settings->keys != NULL && strcmp(realm->settings->keys, document->row->name) == 0;
}

/* The key's own 'issuer' is this realm's: a literal for a literal, a template for a template. */
static bool
states_issuer_of(const struct mm_jwk *jwk, const struct mm_compiled_realm *realm)
{
	struct mm_issuer_pattern pattern;

	return realm->pattern_good && mm_issuer_parse(jwk->issuer, &pattern) == NULL &&
	    mm_issuer_same(&pattern, &realm->pattern);
}

/* How the realm takes the key, if it takes it at all. */
static bool
standing_in(const struct mm_jwk *jwk, const struct mm_compiled_realm *realm, enum mm_key_standing *standing)
{
	if (mm_slice_present(jwk->issuer) && !states_issuer_of(jwk, realm))
		return false;
	if (jwk->revoked)
		*standing = MM_KEY_TOMBSTONED;
	else if (!mm_slice_present(jwk->issuer) && realm->settings->require_key_issuer)
		*standing = MM_KEY_WITHOUT_SCOPE;
	else
		*standing = MM_KEY_USABLE;
	return true;
}

/* ---- the algorithm of a key ---- */

/* The one algorithm of the realm's list that fits the key; NULL: none, or *several. */
static const struct mm_algorithm *
algorithm_of_realm(const struct mm_realm_settings *realm, const struct mm_jwk *jwk, bool *several)
{
	static const char *const usual[] = { "RS256", NULL };
	const struct mm_algorithm *found = NULL;

	*several = false;
	for (const char *const *name = realm->algorithms == NULL ? usual : realm->algorithms; *name != NULL; name++) {
		const struct mm_algorithm *algorithm = mm_algorithm_find(mm_slice_str(*name));

		if (algorithm == NULL || !mm_algorithm_fits(algorithm, jwk->material.type, jwk->material.curve))
			continue;
		*several = found != NULL && found != algorithm;
		if (*several)
			return NULL;
		found = algorithm;
	}
	return found;
}

static bool
choose_algorithm(struct document *document, const struct mm_compiled_realm *realm, struct mm_candidate *candidate)
{
	const struct mm_jwk *jwk = &candidate->jwk;
	bool several = false;

	candidate->algorithm = jwk->algorithm != NULL ? jwk->algorithm :
	    algorithm_of_realm(realm->settings, jwk, &several);
	if (candidate->algorithm != NULL)
		return true;
	note_key(document, MM_NOTE_REFUSED, jwk->kid, mm_compile_text(document->compilation, several ?
	    "the key states no 'alg', and several of realm %s's 'algorithms' fit it" :
	    "the key states no 'alg', and none of realm %s's 'algorithms' fits it", realm->settings->name),
	    "have the key state its 'alg', or name the one for this type of key in 'algorithms'");
	return false;
}

/* Whether OpenSSL takes the key; the gate makes it anew from the same numbers. */
static bool
check_material(struct document *document, const struct mm_candidate *candidate)
{
	const struct mm_algorithm *algorithm = candidate->algorithm;
	struct mm_public_key *key = NULL;
	enum mm_key_fault fault = mm_public_key_new(&candidate->jwk.material, algorithm->scheme, algorithm->hash, &key);

	mm_public_key_free(&key);
	if (fault != MM_KEY_GOOD)
		note_key(document, MM_NOTE_REFUSED, candidate->jwk.kid, mm_key_fault_text(fault),
		    "have the issuer make a key that is good, and take this one out");
	return fault == MM_KEY_GOOD;
}

/* ---- candidates ---- */

/* Design: signing from nbf, else iat, to exp; verifying until the last token signed then has expired. */
static void
set_windows(struct mm_candidate *candidate, int64_t max_lifetime_s)
{
	const struct mm_jwk *jwk = &candidate->jwk;

	candidate->signs_from_s = jwk->nbf_s != INT64_MIN ? jwk->nbf_s : jwk->iat_s;
	candidate->signs_until_s = jwk->exp_s;
	candidate->verify_until_s = jwk->exp_s == INT64_MAX ? INT64_MAX : jwk->exp_s + max_lifetime_s + MM_CLOCK_SKEW_S;
}

static struct mm_candidate *
new_candidate(struct mm_compilation *compilation)
{
	struct mm_candidate *grown;
	size_t max = compilation->candidate_max == 0 ? 64 : compilation->candidate_max * 2;

	if (compilation->candidate_count < compilation->candidate_max)
		return &compilation->candidates[compilation->candidate_count];
	grown = mm_pool_array(&compilation->pool, max, sizeof(*grown));
	if (grown == NULL) {
		compilation->no_memory = true;
		return NULL;
	}
	if (compilation->candidate_count > 0)
		memcpy(grown, compilation->candidates, compilation->candidate_count * sizeof(*grown));
	compilation->candidates = grown;
	compilation->candidate_max = max;
	return &grown[compilation->candidate_count];
}

static void
offer_to_realm(struct document *document, const struct mm_jwk *jwk, size_t realm_number)
{
	const struct mm_compiled_realm *realm = &document->compilation->realms[realm_number];
	struct mm_candidate *candidate = new_candidate(document->compilation);
	enum mm_key_standing standing;

	if (candidate == NULL || !standing_in(jwk, realm, &standing))
		return;
	*candidate = (struct mm_candidate){
		.jwk = *jwk, .document = document->row, .realm = realm_number, .standing = standing,
	};
	set_windows(candidate, realm->max_lifetime_s);
	if (standing == MM_KEY_USABLE &&
	    (!choose_algorithm(document, realm, candidate) || !check_material(document, candidate)))
		return;
	document->compilation->candidate_count++;
	if (standing == MM_KEY_WITHOUT_SCOPE)
		note_key(document, MM_NOTE_REMARK, jwk->kid, mm_compile_text(document->compilation,
		    "the key states no 'issuer': realm %s refuses its tokens", realm->settings->name),
		    "have the document state whose key it is");
}

/* RFC 7517 section 4.5: kids within a set are distinct. A key that stands twice for two issuers is dealt with below. */
static void
check_kid_unique(struct document *document, const struct mm_jwk *jwk, const struct mm_jwk *earlier, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct mm_jwk *other = &earlier[i];
		bool same_key = memcmp(other->thumbprint, jwk->thumbprint, MM_DIGEST_LEN) == 0;
		bool two_issuers = mm_slice_present(other->issuer) && mm_slice_present(jwk->issuer) &&
		    !mm_slice_equal(other->issuer, jwk->issuer);

		if (!mm_slice_equal(other->kid, jwk->kid))
			continue;
		if (!same_key)
			note_key(document, MM_NOTE_REFUSED, jwk->kid, "one kid stands on two keys",
			    "give each key its own kid");
		else if (!two_issuers)
			note_key(document, MM_NOTE_REFUSED, jwk->kid, "the key stands twice in the document",
			    "take one of the two out; a revoked key stays only as revoked");
	}
}

static void
offer(struct document *document, const struct mm_jwk *jwk)
{
	struct mm_compilation *compilation = document->compilation;
	bool wanted = false;

	for (size_t i = 0; i < compilation->realm_count; i++) {
		enum mm_key_standing standing;

		if (!is_source_of(document, &compilation->realms[i]))
			continue;
		wanted = wanted || standing_in(jwk, &compilation->realms[i], &standing);
		offer_to_realm(document, jwk, i);
	}
	if (!wanted)
		note_key(document, MM_NOTE_REMARK, jwk->kid,
		    mm_compile_text(compilation, "the key is of issuer %.*s, which is no realm's of this document",
		    (int)jwk->issuer.len, jwk->issuer.ptr), "nothing to mend, unless it should be");
}

/* A tombstone whose issuer is no realm's here still kills its material. */
struct tombstone_list {
	uint8_t (*materials)[MM_DIGEST_LEN];
	size_t count;
};

static void
add_tombstone(struct tombstone_list *tombstones, const struct mm_jwk *jwk)
{
	if (jwk->revoked)
		memcpy(tombstones->materials[tombstones->count++], jwk->material_id, MM_DIGEST_LEN);
}

/* ---- one document ---- */

static const char *
fault_text(const struct document *document, const struct mm_json_fault *fault)
{
	size_t line = 1;

	for (size_t i = 0; i < fault->offset && i < document->row->jwks.len; i++)
		line += document->row->jwks.ptr[i] == '\n';
	return mm_compile_text(document->compilation, "it is no JWK set: line %zu: %s", line,
	    fault->text == NULL ? "it is too long" : fault->text);
}

/* Read one key; returns whether *jwk is good. */
static bool
read_key(struct document *document, struct mm_json_value element, struct mm_jwk *jwk)
{
	enum mm_jwk_fault fault = mm_jwk_parse(element, &document->scratch, jwk);
	enum mm_jwk_class class = mm_jwk_fault_class(fault);

	if (class == MM_JWK_CLASS_BAD)
		note_key(document, MM_NOTE_REFUSED, jwk->kid, mm_jwk_fault_text(fault), mm_jwk_fault_mend(fault));
	else if (class == MM_JWK_CLASS_SKIP)
		note_key(document, MM_NOTE_REMARK, jwk->kid, mm_jwk_fault_text(fault), mm_jwk_fault_mend(fault));
	if (class != MM_JWK_CLASS_GOOD)
		return false;
	if (mm_slice_present(jwk->kid))
		return true;
	note_key(document, MM_NOTE_REFUSED, jwk->kid, "a key has no 'kid', so that no token can name it",
	    "give it one");
	return false;
}

static void
read_keys(struct document *document, const struct mm_jwks *set, struct mm_jwk *jwks, struct tombstone_list *tombstones)
{
	struct mm_json_value element;
	size_t position = 0, count = 0;

	while (mm_json_next(set->keys, &position, &element)) {
		if (count >= KEYS_MAX) {
			note_key(document, MM_NOTE_REFUSED, MM_SLICE_ABSENT, "there are too many keys",
			    "publish only those in use");
			return;
		}
		if (!read_key(document, element, &jwks[count]))
			continue;
		check_kid_unique(document, &jwks[count], jwks, count);
		add_tombstone(tombstones, &jwks[count]);
		offer(document, &jwks[count]);
		count++;
	}
}

static void
compile_document(struct document *document, struct mm_json_names *names, struct tombstone_list *tombstones)
{
	struct mm_pool *pool = &document->compilation->pool;
	/* Decoded numbers and certificates are shorter than their text; x5c is decoded twice at most. */
	size_t room = 2 * document->row->jwks.len + 4096;
	char *bytes = mm_pool_alloc(pool, room);
	struct mm_jwk *jwks = mm_pool_array(pool, KEYS_MAX, sizeof(*jwks));
	struct mm_json_fault fault = { 0, NULL };
	struct mm_jwks set;

	if (bytes == NULL || jwks == NULL) {
		document->compilation->no_memory = true;
		return;
	}
	mm_scratch_init(&document->scratch, bytes, room);
	if (mm_jwks_scan(document->row->jwks, names, &set, &fault) != MM_OK)
		note_key(document, MM_NOTE_REFUSED, MM_SLICE_ABSENT, fault_text(document, &fault),
		    "save the document anew from the issuer's jwks_uri");
	else
		read_keys(document, &set, jwks, tombstones);
}

/* ---- between documents ---- */

/* Dead material is dead in every realm, under every kid and spelling. */
static void
apply_tombstones(struct mm_compilation *compilation, const struct tombstone_list *tombstones)
{
	for (size_t i = 0; i < compilation->candidate_count; i++) {
		struct mm_candidate *candidate = &compilation->candidates[i];

		for (size_t j = 0; j < tombstones->count && candidate->standing != MM_KEY_TOMBSTONED; j++) {
			if (memcmp(candidate->jwk.material_id, tombstones->materials[j], MM_DIGEST_LEN) != 0)
				continue;
			candidate->standing = MM_KEY_TOMBSTONED;
			mm_compile_note(compilation, MM_NOTE_ALARM, candidate->document->name, candidate->jwk.kid,
			    "the material of a revoked key is published again",
			    "find out who publishes it; its tokens are refused");
		}
	}
}

/* Two names of one file, or a copy of it, are the same document still. */
static bool
same_document(const struct mm_builder_document *a, const struct mm_builder_document *b)
{
	return a == b || mm_slice_equal(a->jwks, b->jwks);
}

/*
 * Of two realms that are offered the same material: which of them do not get it? In one document nobody can tell whose
 * it is. Between documents a key that states its realm's issuer stands before one that states none, and among those
 * that state one the realm that is configured first; else anybody could switch a realm off by publishing its public
 * key.
 */
static void
settle_pair(struct mm_candidate *a, struct mm_candidate *b)
{
	bool a_states = mm_slice_present(a->jwk.issuer), b_states = mm_slice_present(b->jwk.issuer);
	bool both = same_document(a->document, b->document) || (!a_states && !b_states);

	if (both || (b_states && (!a_states || b->realm < a->realm)))
		a->loses = true;
	if (both || (a_states && (!b_states || a->realm < b->realm)))
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

static void
settle_shared_material(struct mm_compilation *compilation)
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

static int
compare_candidates(const void *left, const void *right)
{
	const struct mm_candidate *a = left, *b = right;
	int order = mm_slice_compare(a->jwk.kid, b->jwk.kid);

	if (order != 0)
		return order;
	return a->realm < b->realm ? -1 : a->realm > b->realm;
}

static void
remark_realms_without_keys(struct mm_compilation *compilation)
{
	for (size_t i = 0; i < compilation->realm_count; i++) {
		size_t usable = 0;

		for (size_t j = 0; j < compilation->candidate_count; j++)
			usable += compilation->candidates[j].realm == i &&
			    compilation->candidates[j].standing == MM_KEY_USABLE;
		if (usable == 0)
			mm_compile_note(compilation, MM_NOTE_REMARK, compilation->realms[i].settings->name,
			    MM_SLICE_ABSENT, "the realm has no key that can be used: every token of it is refused",
			    "see that its key file holds keys of its issuer");
	}
}

void
mm_compile_keys(struct mm_compilation *compilation)
{
	struct mm_json_names *names = mm_pool_alloc(&compilation->pool, sizeof(*names));
	struct tombstone_list tombstones = { NULL, 0 };
	size_t documents = 0;

	for (const struct mm_builder_document *row = compilation->builder->documents; row != NULL; row = row->next)
		documents++;
	tombstones.materials = mm_pool_array(&compilation->pool, documents * KEYS_MAX + 1, MM_DIGEST_LEN);
	if (names == NULL || tombstones.materials == NULL) {
		compilation->no_memory = true;
		return;
	}
	for (const struct mm_builder_document *row = compilation->builder->documents; row != NULL; row = row->next) {
		struct document document = { .compilation = compilation, .row = row };

		compile_document(&document, names, &tombstones);
	}
	apply_tombstones(compilation, &tombstones);
	settle_shared_material(compilation);
	if (compilation->candidate_count > 0)
		qsort(compilation->candidates, compilation->candidate_count, sizeof(*compilation->candidates),
		    compare_candidates);
	remark_realms_without_keys(compilation);
}
