/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From bytes to the keys of a set.
 */
#include "lib/jose/keyset_entry.h"

#include "lib/base/limits.h"
#include "lib/crypto/certificate.h"
#include "lib/jose/jwks.h"

/* A document of MM_DOCUMENT_LEN_MAX bytes cannot hold more keys that are any good: one takes over 100 bytes. */
#define KEYS_MAX 8192

struct source {
	struct mm_pool *pool;
	struct mm_keyset_report *report;
	struct mm_scratch scratch;
	struct mm_jwks set;
	struct mm_keyset_entries *entries;
};

void
mm_keyset_tell(struct mm_keyset_report *report, enum mm_keyset_event event, struct mm_slice kid, const char *text)
{
	if (event == MM_KEYSET_DROPPED)
		report->dropped++;
	if (report->tell != NULL)
		report->tell(report->tell_ctx, event, kid, text);
}

/* ---- both ---- */

static size_t
count_keys(struct mm_json_value keys)
{
	struct mm_json_value element;
	size_t position = 0, count = 0;

	while (count < KEYS_MAX && mm_json_next(keys, &position, &element))
		count++;
	return count;
}

/* Scan the document and make room for its keys; what they decode to is shorter than their text, x5c twice at most. */
static enum mm_keyset_result
open_source(struct source *source, struct mm_slice text, struct mm_json_fault *fault)
{
	struct mm_json_names *names = mm_pool_alloc(source->pool, sizeof(*names));
	size_t room = 2 * text.len + 4096, count;
	char *bytes = text.len > MM_DOCUMENT_LEN_MAX ? NULL : mm_pool_alloc(source->pool, room);

	if (text.len > MM_DOCUMENT_LEN_MAX) {
		*fault = (struct mm_json_fault){ 0, "the document is longer than 1 MiB" };
		return MM_KEYSET_UNREADABLE;
	}
	if (names == NULL || bytes == NULL)
		return MM_KEYSET_FAILED;
	if (mm_jwks_scan(text, names, &source->set, fault) != MM_OK)
		return MM_KEYSET_UNREADABLE;
	mm_scratch_init(&source->scratch, bytes, room);
	count = count_keys(source->set.keys);
	*source->entries = (struct mm_keyset_entries){
		.items = mm_pool_array(source->pool, count + 1, sizeof(*source->entries->items)),
		.bad_kids = mm_pool_array(source->pool, count + 1, sizeof(*source->entries->bad_kids)),
	};
	return source->entries->items == NULL || source->entries->bad_kids == NULL ? MM_KEYSET_FAILED : MM_KEYSET_NEW;
}

/*
 * Whether OpenSSL takes the key, by any scheme of its type: which one its tokens use is for its realm to say. A
 * tombstone need not be good.
 */
static enum mm_key_fault
check_material(const struct mm_jwk *jwk)
{
	static const struct { enum mm_scheme scheme; enum mm_hash hash; } usual[] = {
		[MM_KEY_RSA] = { MM_SCHEME_PKCS1, MM_HASH_SHA256 },
		[MM_KEY_EC] = { MM_SCHEME_ECDSA, MM_HASH_SHA256 },
		[MM_KEY_OKP] = { MM_SCHEME_ED25519, MM_HASH_NONE },
	};
	enum mm_hash hash = usual[jwk->material.type].hash;
	struct mm_public_key *key = NULL;
	enum mm_key_fault fault;

	if (jwk->revoked)
		return MM_KEY_GOOD;
	if (jwk->material.curve == MM_CURVE_P384)
		hash = MM_HASH_SHA384;
	else if (jwk->material.curve == MM_CURVE_P521)
		hash = MM_HASH_SHA512;
	fault = mm_public_key_new(&jwk->material, usual[jwk->material.type].scheme, hash, &key);
	mm_public_key_free(&key);
	return fault;
}

/* ---- a stranger's ---- */

/* Tell of a bad key, and remember whose name it has; returns false. */
static bool
drop(struct source *source, struct mm_slice kid, const char *text)
{
	mm_keyset_tell(source->report, MM_KEYSET_DROPPED, kid, text);
	if (mm_slice_present(kid))
		source->entries->bad_kids[source->entries->bad_count++] = kid;
	return false;
}

/* Read one key; returns whether it is good. */
static bool
read_published(struct source *source, struct mm_json_value element, struct mm_keyset_entry *entry)
{
	enum mm_jwk_fault fault = mm_jwk_parse(element, &source->scratch, &entry->jwk);
	struct mm_slice kid = entry->jwk.kid;
	enum mm_key_fault key_fault;

	if (mm_jwk_fault_class(fault) == MM_JWK_CLASS_SKIP) {
		mm_keyset_tell(source->report, MM_KEYSET_SKIPPED, kid, mm_jwk_fault_text(fault));
		return false;
	}
	if (fault != MM_JWK_GOOD)
		return drop(source, kid, mm_jwk_fault_text(fault));
	if (!mm_slice_present(kid))
		return drop(source, kid, "a key has no 'kid', so that no token can name it");
	key_fault = check_material(&entry->jwk);
	return key_fault == MM_KEY_GOOD || drop(source, kid, mm_key_fault_text(key_fault));
}

static void
mark_published(struct mm_keyset_entry *entry, int64_t now_s)
{
	entry->marks = (struct mm_keyset_marks){ now_s, INT64_MAX, INT64_MAX };
	if (mm_slice_present(entry->jwk.certificate) &&
	    !mm_certificate_end(entry->jwk.certificate, &entry->marks.not_after_s))
		entry->marks.not_after_s = 0; /* nobody knows: once it is gone, it is over */
}

enum mm_keyset_result
mm_keyset_read_fetched(struct mm_slice fetched, int64_t now_s, struct mm_pool *pool, struct mm_keyset_report *report,
    struct mm_keyset_entries *entries)
{
	struct source source = { .pool = pool, .report = report, .entries = entries };
	struct mm_json_fault fault = { 0, NULL };
	enum mm_keyset_result result = open_source(&source, fetched, &fault);
	struct mm_json_value element;
	size_t position = 0;

	report->why = fault.text;
	report->why_offset = fault.offset;
	if (result != MM_KEYSET_NEW)
		return result;
	for (size_t i = 0; i < KEYS_MAX && mm_json_next(source.set.keys, &position, &element); i++) {
		struct mm_keyset_entry *entry = &entries->items[entries->count];

		if (!read_published(&source, element, entry))
			continue;
		mark_published(entry, now_s);
		entries->count++;
	}
	if (mm_json_next(source.set.keys, &position, &element))
		mm_keyset_tell(report, MM_KEYSET_DROPPED, MM_SLICE_ABSENT, "there are too many keys");
	return MM_KEYSET_NEW;
}

/* ---- our own ---- */

enum mm_keyset_result
mm_keyset_read_kept(struct mm_slice kept, struct mm_pool *pool, struct mm_keyset_report *report,
    struct mm_keyset_entries *entries)
{
	struct source source = { .pool = pool, .report = report, .entries = entries };
	struct mm_json_fault fault = { 0, NULL };
	struct mm_json_value element;
	enum mm_keyset_result result;
	size_t position = 0;

	*entries = (struct mm_keyset_entries){ NULL, 0 };
	if (!mm_slice_present(kept))
		return MM_KEYSET_NEW;
	result = open_source(&source, kept, &fault);
	report->kept_is_lost = result == MM_KEYSET_UNREADABLE;
	if (result == MM_KEYSET_FAILED || report->kept_is_lost)
		return report->kept_is_lost ? MM_KEYSET_NEW : result;
	for (size_t i = 0; i < KEYS_MAX && mm_json_next(source.set.keys, &position, &element); i++) {
		struct mm_keyset_entry *entry = &entries->items[entries->count];

		if (mm_jwk_parse(element, &source.scratch, &entry->jwk) == MM_JWK_GOOD &&
		    mm_slice_present(entry->jwk.kid) && mm_keyset_read_marks(element, &entry->marks))
			entries->count++;
		else
			report->kept_is_lost = true;
	}
	return MM_KEYSET_NEW;
}
