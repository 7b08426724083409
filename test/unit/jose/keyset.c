/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonical form and its merging: what becomes of each key, and that nothing that is said twice changes anything.
 */
#include "lib/jose/keyset.h"

#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "test/maker/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Four key pairs are made once. */
enum { KEY_1, KEY_2, KEY_3, KEY_RSA, KEY_COUNT };
static EVP_PKEY *keys[KEY_COUNT];

#define ISSUER_1 "https://a.example/v2.0"
#define ISSUER_2 "https://b.example/{tenantid}/v2.0"
#define ISSUER_2_OTHERWISE "https://b.example/{tenant}/v2.0"
#define REVOKED "\"revoked\":{\"revoked_at\":1700000000,\"reason\":\"x\"}"

/* What was told: a letter an event, its kid, a blank. */
static struct maker_text told;
static struct mm_keyset_report report;

static void
keep_event(void *ctx, enum mm_keyset_event event, struct mm_slice kid, const char *text)
{
	static const char letters[] = {
		[MM_KEYSET_DROPPED] = 'd', [MM_KEYSET_SKIPPED] = 's', [MM_KEYSET_STAYS_REVOKED] = 'r',
		[MM_KEYSET_REPLACED] = 'p', [MM_KEYSET_FORGOTTEN] = 'f',
	};

	(void)ctx;
	assert_non_null(text);
	maker_text_add_format(&told, "%c:%.*s ", letters[event], (int)kid.len, kid.ptr);
}

static int
make_keys(void **state)
{
	(void)state;
	for (int i = 0; i < KEY_COUNT; i++)
		keys[i] = maker_key_new(i == KEY_RSA ? MAKER_RSA : MAKER_EC256, NULL);
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	maker_text_clear(&told);
	for (int i = 0; i < KEY_COUNT; i++)
		EVP_PKEY_free(keys[i]);
	return 0;
}

struct row {
	int key;
	const char *kid, *issuer, *more;
};

static void
write_key(struct maker_text *text, const struct row *row)
{
	struct maker_object jwk = { .count = 0 };

	maker_key_publish(keys[row->key], &jwk);
	if (row->kid != NULL)
		maker_object_set_string(&jwk, "kid", row->kid);
	if (row->issuer != NULL)
		maker_object_set_string(&jwk, "issuer", row->issuer);
	maker_object_write(&jwk, text);
	maker_object_clear(&jwk);
	if (row->more == NULL)
		return;
	text->bytes[--text->len] = '\0'; /* the closing brace */
	maker_text_add_format(text, ",%s}", row->more);
}

/* A stranger's set; the caller frees it. */
static char *
write_set(const struct row *rows, size_t count)
{
	struct maker_text text = { NULL, 0, 0 };

	maker_text_add_str(&text, "{\"x\":1,\"keys\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			maker_text_add_str(&text, " , ");
		write_key(&text, &rows[i]);
	}
	maker_text_add_str(&text, "]}");
	return text.bytes;
}

#define SET(...) write_set((const struct row[]){ __VA_ARGS__ }, MM_COUNT_OF(((const struct row[]){ __VA_ARGS__ })))

/* Merge a set, which is freed, with what is kept at kept_s; on success the result takes the place of *kept. */
static enum mm_keyset_result
merge(char *fetched, int64_t now_s, char **kept, int64_t kept_s)
{
	struct mm_buf out;
	enum mm_keyset_result result;
	size_t len = 0;
	char *bytes;

	maker_text_clear(&told);
	maker_text_add_str(&told, "");
	report = (struct mm_keyset_report){ .tell = keep_event };
	mm_buf_init(&out, 2 * MM_DOCUMENT_LEN_MAX);
	result = mm_keyset_merge(mm_slice_str(fetched), now_s, mm_slice_str(*kept), kept_s, &report, &out);
	free(fetched);
	assert_int_equal(report.why == NULL, result == MM_KEYSET_NEW || result == MM_KEYSET_SAME);
	if (report.why != NULL) {
		assert_int_equal(out.len, 0);
		mm_buf_clear(&out);
		return result;
	}
	mm_buf_add_u8(&out, 0);
	bytes = mm_buf_take(&out, &len);
	assert_non_null(bytes);
	assert_int_equal(strlen(bytes) + 1, len);
	free(*kept);
	*kept = bytes;
	return result;
}

/* The line of a key in the canonical form; NULL: it is not there. */
static const char *
line_of(const char *set, const char *kid, char line[static 4096])
{
	char start[300];
	const char *at;
	size_t len;

	snprintf(start, sizeof(start), "\n{\"kid\":\"%s\"", kid);
	at = strstr(set, start);
	if (at == NULL)
		return NULL;
	len = strcspn(at + 1, "\n");
	assert_true(len < 4096);
	memcpy(line, at + 1, len);
	line[len] = '\0';
	return line;
}

static bool
says(const char *set, const char *kid, const char *words)
{
	char line[4096];
	const char *text = line_of(set, kid, line);

	return text != NULL && strstr(text, words) != NULL;
}

static bool
has(const char *set, const char *kid)
{
	char line[4096];

	return line_of(set, kid, line) != NULL;
}

/* ---- the form ---- */

static void
only_what_is_known_stands_in_one_order(void **state)
{
	static const char start[] =
	    "{\"keys\":[\n{\"kid\":\"a\\\\\\\"\\u000a/é\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"";
	char *kept = NULL, *again = NULL;

	(void)state;
	assert_int_equal(merge(SET({ KEY_2, "b", ISSUER_1, "\"use\":\"sig\",\"zz\":[1],\"exp\":2000000000,\"nbf\":5" },
	    { KEY_1, "a\\\"\n/é", NULL, "\"alg\":\"ES256\",\"mintmark_gone\":7,\"mintmark_seen\":3" },
	    { KEY_RSA, "c", ISSUER_2, "\"key_ops\":[\"verify\"]" }), 1000, &kept, 0), MM_KEYSET_NEW);
	assert_int_equal(report.present, 3);
	assert_int_equal(report.gone + report.revoked + report.dropped, 0);
	assert_string_equal(told.bytes, "");
	assert_int_equal(strncmp(kept, start, strlen(start)), 0);
	assert_true(says(kept, "b",
	    ",\"issuer\":\"" ISSUER_1 "\",\"nbf\":5,\"exp\":2000000000,\"mintmark_seen\":1000}"));
	assert_true(says(kept, "c", "{\"kid\":\"c\",\"kty\":\"RSA\",\"n\":\""));
	assert_true(says(kept, "c", "\",\"e\":\"AQAB\",\"issuer\":\"" ISSUER_2 "\",\"mintmark_seen\":1000}"));
	assert_null(strstr(kept, "\"zz\""));
	assert_null(strstr(kept, "\"use\""));
	assert_null(strstr(kept, "mintmark_gone")); /* a stranger's marks mean nothing */
	assert_null(strstr(kept, "\"mintmark_seen\":3"));
	assert_string_equal(kept + strlen(kept) - 4, "\n]}\n");

	/* What it made it reads, and makes again. */
	assert_int_equal(merge(strdup(kept), 1000, &again, 0), MM_KEYSET_NEW);
	assert_string_equal(again, kept);
	assert_int_equal(merge(strdup(kept), 5000, &kept, 4000), MM_KEYSET_SAME);
	assert_string_equal(again, kept);
	free(kept);
	free(again);
}

static void
the_order_of_what_is_published_does_not_matter(void **state)
{
	char *one = NULL, *other = NULL;

	(void)state;
	assert_int_equal(merge(SET({ KEY_1, "k", ISSUER_2, NULL }, { KEY_1, "k", ISSUER_1, NULL },
	    { KEY_2, "a", NULL, NULL }), 10, &one, 0), MM_KEYSET_NEW);
	assert_int_equal(merge(SET({ KEY_2, "a", NULL, NULL }, { KEY_1, "k", ISSUER_1, NULL },
	    { KEY_1, "k", ISSUER_2, NULL }), 10, &other, 0), MM_KEYSET_NEW);
	assert_string_equal(one, other);
	assert_int_equal(report.present, 3); /* one key for two issuers: the compiler of the trust deals with it */
	free(one);
	free(other);
}

/* ---- what cannot be used ---- */

static void
bad_keys_are_dropped_and_told(void **state)
{
	char *kept = NULL;

	(void)state;
	assert_int_equal(merge(SET({ KEY_1, "good", NULL, NULL }, { KEY_2, "private", NULL, "\"d\":\"AA\"" },
	    { KEY_2, NULL, NULL, NULL }, { KEY_2, "enc", NULL, "\"use\":\"enc\"" },
	    { KEY_2, "alg", NULL, "\"alg\":\"RS256\"" }, { KEY_2, "x5c", NULL, "\"x5c\":[\"AAAA\"]" }),
	    10, &kept, 0), MM_KEYSET_NEW);
	assert_string_equal(told.bytes, "d:private d: s:enc d:alg d:x5c ");
	assert_int_equal(report.dropped, 4);
	assert_int_equal(report.present, 1);
	free(kept);
}

static void
a_weak_key_is_dropped(void **state)
{
	char *kept = NULL;

	(void)state;
	assert_int_equal(merge(strdup("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"w\",\"n\":\"gQ\",\"e\":\"AQAB\"},"
	    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"off\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	    "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}"), 10, &kept, 0), MM_KEYSET_UNUSABLE);
	assert_string_equal(told.bytes, "d:w d:off ");
	assert_string_equal(report.why, "not one of its keys can be used");
	assert_null(kept);
}

static void
one_kid_on_two_keys_drops_both(void **state)
{
	char *kept = NULL;

	(void)state;
	assert_int_equal(merge(SET({ KEY_1, "k", NULL, NULL }, { KEY_2, "k", NULL, NULL }, { KEY_3, "a", NULL, NULL },
	    { KEY_1, "w", NULL, NULL }, { KEY_1, "w", NULL, "\"exp\":5" }, { KEY_2, "s", ISSUER_1, NULL },
	    { KEY_2, "s", NULL, NULL }), 10, &kept, 0), MM_KEYSET_NEW);
	assert_string_equal(told.bytes, "d:k d:w d:s ");
	assert_int_equal(report.present, 1);
	assert_true(has(kept, "a"));
	free(kept);
	kept = NULL;
	/* The same once more changes nothing, and a revoked one stays. */
	assert_int_equal(merge(SET({ KEY_1, "k", NULL, NULL }, { KEY_1, "k", NULL, NULL }, { KEY_2, "r", NULL, NULL },
	    { KEY_3, "r", NULL, REVOKED }), 10, &kept, 0), MM_KEYSET_NEW);
	assert_string_equal(told.bytes, "d:r ");
	assert_int_equal(report.present, 1);
	assert_int_equal(report.revoked, 1);
	assert_true(says(kept, "r", "\"revoked\":{\"revoked_at\":1700000000}"));
	free(kept);
}

/* "{tenant}" and "{tenantid}" are one issuer, and what stands twice for it stands once. */
static void
an_issuer_in_two_spellings_is_one(void **state)
{
	char *kept = NULL;

	(void)state;
	assert_int_equal(merge(SET({ KEY_1, "k", ISSUER_2, NULL }, { KEY_1, "k", ISSUER_2_OTHERWISE, NULL },
	    { KEY_2, "r", ISSUER_2, REVOKED }, { KEY_2, "r", ISSUER_2_OTHERWISE, REVOKED },
	    { KEY_3, "w", ISSUER_2, NULL }, { KEY_3, "w", ISSUER_2_OTHERWISE, "\"exp\":5" }), 10, &kept, 0),
	    MM_KEYSET_NEW);
	assert_string_equal(told.bytes, "d:w ");
	assert_int_equal(report.present, 1);
	assert_int_equal(report.revoked, 1);
	free(kept);
}

/* What says nothing leaves what was there. */
static void
what_is_no_set_changes_nothing(void **state)
{
	static const struct { const char *text; enum mm_keyset_result result; } rows[] = {
		{ "", MM_KEYSET_UNREADABLE }, { "<html>", MM_KEYSET_UNREADABLE },
		{ "{\"keys\":1}", MM_KEYSET_UNREADABLE },
		{ "{\"keys\":[{}]", MM_KEYSET_UNREADABLE }, { "{\"keys\":[],\"Keys\":[]}", MM_KEYSET_UNREADABLE },
		{ "{\"keys\":[]}", MM_KEYSET_UNUSABLE }, { "{\"keys\":[{}]}", MM_KEYSET_UNUSABLE },
		{ "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k\",\"k\":\"AA\"}]}", MM_KEYSET_UNUSABLE },
	};
	char *kept = NULL;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
		assert_int_equal(merge(strdup(rows[i].text), 10, &kept, 0), rows[i].result);
	assert_null(kept);
}

static void
what_is_too_large_is_refused(void **state)
{
	size_t len = MM_DOCUMENT_LEN_MAX + 1;
	char *text = malloc(len + 1), *kept = NULL;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', len);
	memcpy(text, "{\"keys\":[]}", 11);
	text[len] = '\0';
	assert_int_equal(merge(text, 10, &kept, 0), MM_KEYSET_UNREADABLE);
	assert_string_equal(report.why, "the document is longer than 1 MiB");
}

/* ---- merging ---- */

static void
a_key_that_vanishes_stays_and_returns(void **state)
{
	char *kept = NULL;

	(void)state;
	assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }, { KEY_2, "b", NULL, NULL }), 100, &kept, 0),
	    MM_KEYSET_NEW);
	assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }), 300, &kept, 200), MM_KEYSET_NEW);
	assert_true(says(kept, "b", "\"mintmark_seen\":100,\"mintmark_gone\":200}"));
	assert_false(says(kept, "a", "mintmark_gone"));
	assert_int_equal(report.present, 1);
	assert_int_equal(report.gone, 1);
	/* It went once: later fetches do not make that later. */
	assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }), 500, &kept, 400), MM_KEYSET_SAME);
	assert_true(says(kept, "b", "\"mintmark_gone\":200}"));
	assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }, { KEY_2, "b", NULL, NULL }), 600, &kept, 500),
	    MM_KEYSET_NEW);
	assert_true(says(kept, "b", "\"mintmark_seen\":100}"));
	assert_string_equal(told.bytes, "");
	assert_int_equal(report.present, 2);
	free(kept);
}

/* It is not absent, which is no revocation: its own issuer says now what nobody can use. */
static void
a_key_that_is_bad_now_is_over_at_once(void **state)
{
	static const char *const bad[] = {
		"\"d\":\"AA\"", "\"revoked\":true", "\"revoked\":{\"reason\":\"stolen\"}", "\"alg\":\"RS256\"",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(bad); i++) {
		char *kept = NULL;

		assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }, { KEY_2, "b", NULL, NULL }), 100, &kept, 0),
		    MM_KEYSET_NEW);
		assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }, { KEY_2, "b", NULL, bad[i] }), 300, &kept, 200),
		    MM_KEYSET_NEW);
		assert_string_equal(told.bytes, "d:b ");
		assert_true(says(kept, "b", "\"mintmark_seen\":100,\"mintmark_gone\":0}"));
		assert_int_equal(report.present, 1);
		assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }, { KEY_2, "b", NULL, bad[i] }), 500, &kept, 400),
		    MM_KEYSET_SAME);
		/* Nor does it come back by going. */
		assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }), 700, &kept, 600), MM_KEYSET_SAME);
		assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }, { KEY_2, "b", NULL, NULL }), 900, &kept, 800),
		    MM_KEYSET_NEW);
		assert_true(says(kept, "b", "\"mintmark_seen\":100}"));
		/* One that was gone before is over too, and one for encryption says nothing of it. */
		assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }), 1000, &kept, 950), MM_KEYSET_NEW);
		assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }, { KEY_3, "b", NULL, "\"use\":\"enc\"" }),
		    1050, &kept, 1000), MM_KEYSET_SAME);
		assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }, { KEY_3, "b", NULL, bad[i] }),
		    1100, &kept, 1050), MM_KEYSET_NEW);
		assert_true(says(kept, "b", "\"mintmark_gone\":0}"));
		free(kept);
	}
}

/* A clock that was put back does not make a key seen in the future. */
static void
a_key_was_last_seen_before_now(void **state)
{
	char *kept = NULL;

	(void)state;
	assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }, { KEY_2, "b", NULL, NULL }), 900, &kept, 0),
	    MM_KEYSET_NEW);
	assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }), 300, &kept, 900), MM_KEYSET_NEW);
	assert_true(says(kept, "b", "\"mintmark_gone\":300}"));
	free(kept);
}

static void
what_was_revoked_stays_revoked(void **state)
{
	char *kept = NULL;

	(void)state;
	assert_int_equal(merge(SET({ KEY_1, "dead", NULL, REVOKED }, { KEY_2, "b", NULL, NULL }), 100, &kept, 0),
	    MM_KEYSET_NEW);
	assert_int_equal(report.revoked, 1);
	/* Gone: it stays, and is not gone. */
	assert_int_equal(merge(SET({ KEY_2, "b", NULL, NULL }), 200, &kept, 100), MM_KEYSET_SAME);
	assert_true(says(kept, "dead", "\"revoked\":{\"revoked_at\":1700000000},\"mintmark_seen\":100}"));
	/* Back, as if nothing had been; another key under its kid. */
	assert_int_equal(merge(SET({ KEY_1, "dead", NULL, NULL }, { KEY_2, "b", NULL, NULL }), 300, &kept, 200),
	    MM_KEYSET_SAME);
	assert_string_equal(told.bytes, "r:dead ");
	assert_int_equal(merge(SET({ KEY_3, "dead", ISSUER_1, NULL }, { KEY_2, "b", NULL, NULL }), 400, &kept, 300),
	    MM_KEYSET_SAME);
	assert_string_equal(told.bytes, "r:dead ");
	assert_true(says(kept, "dead", "\"revoked\":"));
	/* Revoked once more, later: the first time stands. */
	assert_int_equal(merge(SET({ KEY_1, "dead", NULL, "\"revoked\":{\"revoked_at\":1800000000}" },
	    { KEY_2, "b", NULL, NULL }), 500, &kept, 400), MM_KEYSET_SAME);
	assert_string_equal(told.bytes, "");
	assert_int_equal(report.present, 1);
	free(kept);
}

static void
a_key_that_is_revoked_now_is_no_key_any_more(void **state)
{
	char *kept = NULL;

	(void)state;
	assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }), 100, &kept, 0), MM_KEYSET_NEW);
	/* Nothing but a tombstone is a set too: it says that the key is dead. */
	assert_int_equal(merge(SET({ KEY_1, "a", NULL, REVOKED }), 200, &kept, 100), MM_KEYSET_NEW);
	assert_int_equal(report.present, 0);
	assert_int_equal(report.revoked, 1);
	assert_true(says(kept, "a", "\"mintmark_seen\":100}"));
	free(kept);
}

static void
a_kid_is_the_key_that_has_it_now(void **state)
{
	char *kept = NULL;

	(void)state;
	assert_int_equal(merge(SET({ KEY_1, "k", NULL, NULL }), 100, &kept, 0), MM_KEYSET_NEW);
	assert_int_equal(merge(SET({ KEY_2, "k", NULL, NULL }), 200, &kept, 100), MM_KEYSET_NEW);
	assert_string_equal(told.bytes, "p:k ");
	assert_int_equal(report.present, 1);
	assert_int_equal(report.gone, 0);
	assert_true(says(kept, "k", "\"mintmark_seen\":200}"));
	/* The same key that begins to state whose it is, is the same key. */
	assert_int_equal(merge(SET({ KEY_2, "k", ISSUER_1, NULL }), 300, &kept, 200), MM_KEYSET_NEW);
	assert_string_equal(told.bytes, "");
	assert_true(says(kept, "k", "\"issuer\":\"" ISSUER_1 "\",\"mintmark_seen\":200}"));
	/* Under another kid it was seen all the same. */
	assert_int_equal(merge(SET({ KEY_2, "l", ISSUER_1, NULL }), 350, &kept, 300), MM_KEYSET_NEW);
	assert_true(says(kept, "l", "\"mintmark_seen\":200}"));
	assert_true(says(kept, "k", "\"mintmark_seen\":200,\"mintmark_gone\":300}"));
	/* Two keys under it now: neither they nor the one before. */
	assert_int_equal(merge(SET({ KEY_1, "k", NULL, NULL }, { KEY_3, "k", NULL, NULL },
	    { KEY_RSA, "x", NULL, NULL }), 400, &kept, 300), MM_KEYSET_NEW);
	assert_false(has(kept, "k"));
	free(kept);
}

/* The certificate's end is written with the key, so that it is known when the key is gone. */
static void
a_certificate_tells_its_end(void **state)
{
	struct maker_object jwk = { .count = 0 };
	struct maker_text text = { NULL, 0, 0 };
	char *kept = NULL;

	(void)state;
	maker_key_publish(keys[KEY_RSA], &jwk);
	maker_object_set_string(&jwk, "kid", "c");
	maker_key_publish_certificate(keys[KEY_RSA], &jwk);
	maker_text_add_str(&text, "{\"keys\":[");
	maker_object_write(&jwk, &text);
	maker_text_add_str(&text, "]}");
	maker_object_clear(&jwk);
	assert_int_equal(merge(text.bytes, 100, &kept, 0), MM_KEYSET_NEW);
	assert_true(says(kept, "c", ",\"mintmark_seen\":100,\"mintmark_not_after\":"));
	assert_null(strstr(kept, "\"x5c\""));
	assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }), 300, &kept, 200), MM_KEYSET_NEW);
	assert_true(says(kept, "c", ",\"mintmark_seen\":100,\"mintmark_gone\":200,\"mintmark_not_after\":"));
	free(kept);
}

static void
the_newest_that_are_gone_stay(void **state)
{
	char *kept = NULL, kid[32];

	(void)state;
	for (int i = 0; i <= MM_KEYSET_GONE_MAX + 1; i++) {
		snprintf(kid, sizeof(kid), "k%04d", i);
		assert_int_equal(merge(SET({ KEY_1, kid, NULL, NULL }), 1000 + i, &kept, 1000 + i - 1), MM_KEYSET_NEW);
	}
	assert_string_equal(told.bytes, "f:k0000 ");
	assert_int_equal(report.gone, MM_KEYSET_GONE_MAX);
	assert_false(has(kept, "k0000"));
	assert_true(says(kept, "k0001", "\"mintmark_gone\":1001}"));
	free(kept);
}

static void
what_was_kept_and_is_damaged_is_told(void **state)
{
	char *kept = strdup("{\"keys\":["), *half = NULL, *cut;

	(void)state;
	assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }), 100, &kept, 50), MM_KEYSET_NEW);
	assert_true(report.kept_is_lost);
	assert_true(has(kept, "a"));
	assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }), 200, &kept, 100), MM_KEYSET_SAME);
	assert_false(report.kept_is_lost);
	/* One line of it: the rest is good. */
	assert_int_equal(merge(SET({ KEY_1, "a", NULL, NULL }, { KEY_2, "b", NULL, NULL }), 100, &half, 0),
	    MM_KEYSET_NEW);
	cut = strstr(half, "\"kty\":\"EC\"");
	assert_non_null(cut);
	memcpy(cut, "\"kty\":\"XX\"", 10);
	assert_int_equal(merge(SET({ KEY_3, "c", NULL, NULL }), 300, &half, 200), MM_KEYSET_NEW);
	assert_true(report.kept_is_lost);
	assert_false(has(half, "a"));
	assert_true(says(half, "b", "\"mintmark_gone\":200"));
	free(kept);
	free(half);
}

/* Damage of any byte gives a set or none, never the key of another kid, and what it gives is canonical. */
static void
any_damage_gives_a_set_or_none(void **state)
{
	char *whole = SET({ KEY_1, "a", ISSUER_1, "\"exp\":2000000000" }, { KEY_2, "b", NULL, REVOKED });
	size_t len = strlen(whole);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		for (int bit = 0; bit < 8; bit += 3) {
			char *text = strdup(whole), *kept = NULL, *copy;
			enum mm_keyset_result result;

			text[i] = (char)(text[i] ^ 1 << bit);
			if (text[i] == '\0') {
				free(text);
				continue;
			}
			result = merge(text, 100, &kept, 0);
			if (result != MM_KEYSET_NEW) {
				assert_null(kept);
				continue;
			}
			copy = strdup(kept);
			assert_int_equal(merge(copy, 200, &kept, 100), MM_KEYSET_SAME);
			assert_false(report.kept_is_lost);
			free(kept);
		}
	}
	free(whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_known_stands_in_one_order),
		cmocka_unit_test(the_order_of_what_is_published_does_not_matter),
		cmocka_unit_test(bad_keys_are_dropped_and_told),
		cmocka_unit_test(a_weak_key_is_dropped),
		cmocka_unit_test(one_kid_on_two_keys_drops_both),
		cmocka_unit_test(an_issuer_in_two_spellings_is_one),
		cmocka_unit_test(what_is_no_set_changes_nothing),
		cmocka_unit_test(what_is_too_large_is_refused),
		cmocka_unit_test(a_key_that_vanishes_stays_and_returns),
		cmocka_unit_test(a_key_that_is_bad_now_is_over_at_once),
		cmocka_unit_test(a_key_was_last_seen_before_now),
		cmocka_unit_test(what_was_revoked_stays_revoked),
		cmocka_unit_test(a_key_that_is_revoked_now_is_no_key_any_more),
		cmocka_unit_test(a_kid_is_the_key_that_has_it_now),
		cmocka_unit_test(a_certificate_tells_its_end),
		cmocka_unit_test(the_newest_that_are_gone_stay),
		cmocka_unit_test(what_was_kept_and_is_damaged_is_told),
		cmocka_unit_test(any_damage_gives_a_set_or_none),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
