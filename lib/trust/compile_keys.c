/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key documents: which key is whose.
 *
 * A key is given to the realms whose source its document is, and only to those it may be of:
 *
 *   it states an 'issuer'      the realm with just this issuer
 *   it states none             every realm of the document; where a realm demands that keys state theirs, the key is
 *                              listed there as published without scope
 *   it is 'revoked'            as above, as a tombstone; its material is dead in every realm, or, where the document
 *                              was fetched, in the realms whose source it is: who publishes keys may revoke his own
 *
 * Then what the configuration revokes by kid dies, with its material everywhere; and material that two realms would
 * share is taken from one or both, so that no key vouches for two realms.
 *
 * A bad key refuses a file. A fetched document is a stranger's and changes by itself: what is bad in it is left out.
 */
#include "lib/base/limits.h"
#include "lib/jose/jwks.h"
#include "lib/jose/keyset_marks.h"
#include "lib/jose/mint_marks.h"
#include "lib/trust/compile.h"
#include "lib/trust/compile_tombstones.h"
#include "lib/trust/find.h"

#include <stdlib.h>

/* A JWK set of MM_DOCUMENT_LEN_MAX bytes cannot hold more keys that are any good: one takes over 100 bytes. */
#define KEYS_MAX 8192

struct document {
	struct mm_compilation *compilation;
	const struct mm_builder_document *row;
	struct mm_scratch scratch;
};

/* A key as it stands in a document. */
struct published {
	struct mm_jwk jwk;
	struct mm_mint_marks mint; /* of a mint's; of a file's whether it is tainted */
	struct mm_keyset_marks marks; /* of a file's: none */
	bool dropped;
};

static void
note_key(struct document *document, enum mm_note_class class, struct mm_slice kid, const char *text, const char *mend)
{
	mm_compile_note(document->compilation, class, document->row->name, kid, text, mend);
}

static bool
is_fetched(const struct document *document)
{
	return document->row->origin == MM_DOCUMENT_FETCHED;
}

/* What is wrong in a file refuses it; of a fetched document it is told, as bad as it is. */
static void
note_fault(struct document *document, enum mm_note_class class_of_fetched, struct mm_slice kid, const char *text,
    const char *mend)
{
	note_key(document, is_fetched(document) ? class_of_fetched : MM_NOTE_REFUSED, kid, text, mend);
}

/* ---- the scope of a key ---- */

bool
mm_compile_is_source(const struct mm_builder_document *document, const struct mm_compiled_realm *realm)
{
	return realm->settings->keys != NULL && strcmp(realm->settings->keys, document->name) == 0 &&
	    realm->settings->mint == (document->origin == MM_DOCUMENT_MINT);
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
	else if (!mm_slice_present(jwk->issuer) && (realm->settings->require_key_issuer || realm->settings->mint))
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

/* A key that is not to be used is given one too, where there is one: the autopsy verifies with it. */
static bool
choose_algorithm(struct document *document, const struct mm_compiled_realm *realm, struct mm_candidate *candidate)
{
	const struct mm_jwk *jwk = &candidate->jwk;
	bool several = false;

	candidate->algorithm = jwk->algorithm != NULL ? jwk->algorithm :
	    algorithm_of_realm(realm->settings, jwk, &several);
	if (candidate->algorithm != NULL || candidate->standing != MM_KEY_USABLE)
		return true;
	note_fault(document, MM_NOTE_REMARK, jwk->kid, mm_compile_text(document->compilation, several ?
	    "the key states no 'alg', and several of realm %s's 'algorithms' fit it" :
	    "the key states no 'alg', and none of realm %s's 'algorithms' fits it", realm->settings->name),
	    "have the key state its 'alg', or name the one for this type of key in 'algorithms'");
	return false;
}

/* Whether OpenSSL takes the key; the gate makes it anew from the same numbers. */
static bool
check_material(struct document *document, struct mm_candidate *candidate)
{
	const struct mm_algorithm *algorithm = candidate->algorithm;
	struct mm_public_key *key = NULL;
	enum mm_key_fault fault;

	if (algorithm == NULL)
		return true;
	fault = mm_public_key_new(&candidate->jwk.material, algorithm->scheme, algorithm->hash, &key);
	mm_public_key_free(&key);
	candidate->material_good = fault == MM_KEY_GOOD;
	if (candidate->material_good || candidate->standing != MM_KEY_USABLE)
		return true;
	note_fault(document, MM_NOTE_REMARK, candidate->jwk.kid, mm_key_fault_text(fault),
	    "have the issuer make a key that is good, and take this one out");
	return false;
}

/* ---- candidates ---- */

static int64_t
later(int64_t time_s, int64_t by_s)
{
	return time_s == INT64_MAX ? INT64_MAX : time_s + by_s;
}

static void
bring_forward(int64_t *end_s, int64_t to_s)
{
	if (to_s < *end_s)
		*end_s = to_s;
}

/*
 * Design: signing from nbf, else iat, to exp; verifying until the last token signed then has expired. A key that is
 * gone is good for a while after it was last seen, and not longer than its certificate.
 */
static void
set_windows(struct mm_candidate *candidate, const struct mm_compiled_realm *realm, const struct mm_keyset_marks *marks)
{
	const struct mm_jwk *jwk = &candidate->jwk;
	bool gone = marks->gone_s != INT64_MAX;

	candidate->signs_from_s = jwk->nbf_s != INT64_MIN ? jwk->nbf_s : jwk->iat_s;
	candidate->signs_until_s = jwk->exp_s;
	candidate->verify_until_s = later(jwk->exp_s, realm->max_lifetime_s + MM_CLOCK_SKEW_S);
	if (gone)
		bring_forward(&candidate->verify_until_s, later(marks->gone_s, realm->absent_for_s));
	if (gone)
		bring_forward(&candidate->verify_until_s, later(marks->not_after_s, MM_CLOCK_SKEW_S));
}

/* What a ledger says of a key narrows its window, and never widens it. */
static void
narrow_window(struct mm_candidate *candidate, const struct mm_mint_marks *marks)
{
	bring_forward(&candidate->verify_until_s, marks->verify_until_s);
	if (marks->retired)
		bring_forward(&candidate->verify_until_s, candidate->signs_until_s);
}

struct mm_candidate *
mm_compile_new_candidate(struct mm_compilation *compilation)
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
offer_to_realm(struct document *document, const struct published *published, size_t realm_number)
{
	const struct mm_jwk *jwk = &published->jwk;
	const struct mm_compiled_realm *realm = &document->compilation->realms[realm_number];
	struct mm_candidate *candidate = mm_compile_new_candidate(document->compilation);
	enum mm_key_standing standing;

	if (candidate == NULL || !standing_in(jwk, realm, &standing))
		return;
	*candidate = (struct mm_candidate){
		.jwk = *jwk, .document = document->row, .realm = realm_number, .standing = standing,
		.seen_s = published->marks.seen_s, .revoked_at_s = jwk->revoked_at_s,
		.tainted = published->mint.tainted,
	};
	set_windows(candidate, realm, &published->marks);
	narrow_window(candidate, &published->mint);
	if (!choose_algorithm(document, realm, candidate) || !check_material(document, candidate))
		return;
	document->compilation->candidate_count++;
	if (standing == MM_KEY_WITHOUT_SCOPE)
		note_key(document, MM_NOTE_REMARK, jwk->kid, mm_compile_text(document->compilation,
		    "the key states no 'issuer': realm %s refuses its tokens", realm->settings->name),
		    "have the document state whose key it is");
}

/* Of a fetched document both go, but a revoked one stays what it is. */
static void
refuse_pair(struct document *document, struct published *a, struct published *b, const char *text, const char *mend)
{
	note_fault(document, MM_NOTE_ALARM, a->jwk.kid, text, mend);
	if (!is_fetched(document))
		return;
	a->dropped = a->dropped || !a->jwk.revoked;
	b->dropped = b->dropped || !b->jwk.revoked || a->jwk.revoked;
}

/*
 * RFC 7517 section 4.5: kids within a set are distinct. A key that stands twice for two issuers is dealt with below;
 * one issuer in two spellings ("{tenant}", "{tenantid}") is one, whose realm must not be offered one kid twice.
 */
static void
check_pair(struct document *document, struct published *a, struct published *b)
{
	bool same_key = memcmp(a->jwk.thumbprint, b->jwk.thumbprint, MM_DIGEST_LEN) == 0;
	bool two_issuers = mm_slice_present(a->jwk.issuer) && mm_slice_present(b->jwk.issuer) &&
	    !mm_issuer_same_text(a->jwk.issuer, b->jwk.issuer);

	if (!mm_slice_equal(a->jwk.kid, b->jwk.kid))
		return;
	if (!same_key)
		refuse_pair(document, a, b, "one kid stands on two keys", "give each key its own kid");
	else if (!two_issuers)
		refuse_pair(document, a, b, "the key stands twice in the document",
		    "take one of the two out; a revoked key stays only as revoked");
}

static void
check_kids_unique(struct document *document, struct published *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			check_pair(document, &keys[i], &keys[j]);
}

static void
offer(struct document *document, const struct published *published)
{
	struct mm_compilation *compilation = document->compilation;
	const struct mm_jwk *jwk = &published->jwk;
	bool wanted = false;

	for (size_t i = 0; i < compilation->realm_count; i++) {
		enum mm_key_standing standing;

		if (!mm_compile_is_source(document->row, &compilation->realms[i]))
			continue;
		wanted = wanted || standing_in(jwk, &compilation->realms[i], &standing);
		offer_to_realm(document, published, i);
	}
	if (!wanted)
		note_key(document, MM_NOTE_REMARK, jwk->kid,
		    mm_compile_text(compilation, "the key is of issuer %.*s, which is no realm's of this document",
		    (int)jwk->issuer.len, jwk->issuer.ptr), "nothing to mend, unless it should be");
}

/* Also of a key whose issuer is no realm's here. */
static void
bury(struct document *document, struct mm_tombstones *list, const struct mm_jwk *jwk)
{
	struct mm_tombstone tombstone = {
		.revoked_at_s = jwk->revoked_at_s, .source = is_fetched(document) ? document->row : NULL,
	};

	if (!jwk->revoked)
		return;
	memcpy(tombstone.material, jwk->material_id, MM_DIGEST_LEN);
	mm_tombstones_add(document->compilation, list, &tombstone);
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

/* Somebody can sign with these, or means to deceive; the others are only of no use. */
static bool
is_alarming(enum mm_jwk_fault fault)
{
	return fault == MM_JWK_PRIVATE || fault == MM_JWK_SYMMETRIC || fault == MM_JWK_X5C_CONTRADICTS ||
	    fault == MM_JWK_X5T_CONTRADICTS;
}

/* A stranger cannot say that a key of his is tainted: he is who would be lying. */
static bool
read_mint_marks(struct document *document, struct mm_json_value element, struct published *published)
{
	const char *fault = mm_mint_marks_read(element, document->row->origin == MM_DOCUMENT_MINT, &published->jwk,
	    &published->mint);

	if (fault == NULL)
		return true;
	note_key(document, MM_NOTE_REFUSED, published->jwk.kid, fault,
	    document->row->origin == MM_DOCUMENT_MINT ? "see what the ledger says in the log" :
	    "write when the key was tainted, in seconds since 1970");
	return false;
}

static bool
read_marks(struct document *document, struct mm_json_value element, struct published *published)
{
	published->marks = (struct mm_keyset_marks){ INT64_MIN, INT64_MAX, INT64_MAX };
	published->mint = (struct mm_mint_marks){ .verify_until_s = INT64_MAX };
	if (!is_fetched(document))
		return read_mint_marks(document, element, published);
	if (mm_keyset_read_marks(element, &published->marks))
		return true;
	note_key(document, MM_NOTE_REMARK, published->jwk.kid, "a member of ours is no time",
	    "remove what was kept of the document, and fetch it anew");
	return false;
}

/* Read one key; returns whether it is good. */
static bool
read_key(struct document *document, struct mm_json_value element, struct published *published)
{
	struct mm_jwk *jwk = &published->jwk;
	enum mm_jwk_fault fault = mm_jwk_parse(element, &document->scratch, jwk);
	enum mm_jwk_class class = mm_jwk_fault_class(fault);

	if (class == MM_JWK_CLASS_BAD)
		note_fault(document, is_alarming(fault) ? MM_NOTE_ALARM : MM_NOTE_REMARK, jwk->kid,
		    mm_jwk_fault_text(fault), mm_jwk_fault_mend(fault));
	else if (class == MM_JWK_CLASS_SKIP)
		note_key(document, MM_NOTE_REMARK, jwk->kid, mm_jwk_fault_text(fault), mm_jwk_fault_mend(fault));
	if (class != MM_JWK_CLASS_GOOD)
		return false;
	if (mm_slice_present(jwk->kid))
		return read_marks(document, element, published);
	note_fault(document, MM_NOTE_REMARK, jwk->kid, "a key has no 'kid', so that no token can name it",
	    "give it one");
	return false;
}

static size_t
read_keys(struct document *document, const struct mm_jwks *set, struct published *keys, size_t max)
{
	struct mm_json_value element;
	size_t position = 0, count = 0;

	while (mm_json_next(set->keys, &position, &element)) {
		if (count == max) {
			note_fault(document, MM_NOTE_ALARM, MM_SLICE_ABSENT, "there are too many keys",
			    "publish only those in use");
			break;
		}
		count += read_key(document, element, &keys[count]);
	}
	return count;
}

static void
compile_keys(struct document *document, const struct mm_jwks *set, struct mm_tombstones *tombstones)
{
	size_t position = 0, max = 0, count;
	struct mm_json_value element;
	struct published *keys;

	while (max < KEYS_MAX && mm_json_next(set->keys, &position, &element))
		max++;
	keys = mm_pool_array(&document->compilation->pool, max + 1, sizeof(*keys));
	if (keys == NULL) {
		document->compilation->no_memory = true;
		return;
	}
	count = read_keys(document, set, keys, max);
	check_kids_unique(document, keys, count);
	for (size_t i = 0; i < count; i++) {
		if (keys[i].dropped)
			continue;
		bury(document, tombstones, &keys[i].jwk);
		offer(document, &keys[i]);
	}
}

static void
compile_document(struct document *document, struct mm_json_names *names, struct mm_tombstones *tombstones)
{
	struct mm_pool *pool = &document->compilation->pool;
	/* Decoded numbers and certificates are shorter than their text; x5c is decoded twice at most. */
	size_t room = 2 * document->row->jwks.len + 4096;
	char *bytes = mm_pool_alloc(pool, room);
	struct mm_json_fault fault = { 0, NULL };
	struct mm_jwks set;

	if (bytes == NULL) {
		document->compilation->no_memory = true;
		return;
	}
	mm_scratch_init(&document->scratch, bytes, room);
	if (is_fetched(document) && document->row->jwks.len == 0)
		note_key(document, MM_NOTE_REMARK, MM_SLICE_ABSENT, "nothing was fetched yet",
		    "see that mintmarkd runs and reaches the address");
	else if (document->row->origin == MM_DOCUMENT_MINT && document->row->jwks.len == 0)
		note_key(document, MM_NOTE_REMARK, MM_SLICE_ABSENT, "the ledger did not say yet which keys there are",
		    "see that mintmarkd runs, and what it logs");
	else if (mm_jwks_scan(document->row->jwks, names, &set, &fault) != MM_OK)
		note_fault(document, MM_NOTE_ALARM, MM_SLICE_ABSENT, fault_text(document, &fault),
		    document->row->origin == MM_DOCUMENT_MINT ? "start mintmarkd anew: its ledger sends the document" :
		    is_fetched(document) ?
		    "remove what is kept of it in state_dir/keys, and have it fetched anew" :
		    "save the document anew from the issuer's jwks_uri");
	else
		compile_keys(document, &set, tombstones);
}

/* ---- all documents ---- */

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
			    compilation->realms[i].settings->mint ?
			    "run 'mintmark init' and mintmarkd: its ledger has keys made" :
			    "see that its key document holds keys of its issuer");
	}
}

void
mm_compile_keys(struct mm_compilation *compilation)
{
	struct mm_json_names *names = mm_pool_alloc(&compilation->pool, sizeof(*names));
	struct mm_tombstones tombstones = { NULL, 0, 0 };

	if (names == NULL) {
		compilation->no_memory = true;
		return;
	}
	for (const struct mm_builder_document *row = compilation->builder->documents; row != NULL; row = row->next) {
		struct document document = { .compilation = compilation, .row = row };

		compile_document(&document, names, &tombstones);
	}
	mm_tombstones_bury_kids(compilation, &tombstones);
	mm_tombstones_apply(compilation, &tombstones);
	mm_compile_settle_shared(compilation);
	if (compilation->candidate_count > 0)
		qsort(compilation->candidates, compilation->candidate_count, sizeof(*compilation->candidates),
		    compare_candidates);
	remark_realms_without_keys(compilation);
}
