/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can damage of a fetched document bring a dead key back to life? Each bit of it is flipped, each end cut, each
 * character left out; what is merged with a kept tombstone keeps it, and the snapshot refuses its kid and its material.
 */
#include "lib/base/limits.h"
#include "lib/jose/keyset.h"
#include "lib/trust/find.h"
#include "test/maker/key.h"

#include <mintmark.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ISSUER "https://a.example"

static EVP_PKEY *dead_key, *good_key;
static char *kept;
static unsigned long merged, refused;

static void
add_key(struct maker_text *text, EVP_PKEY *key, const char *kid, const char *more)
{
	struct maker_object jwk = { .count = 0 };

	maker_key_publish(key, &jwk);
	maker_object_set_string(&jwk, "kid", kid);
	maker_object_set_string(&jwk, "alg", "ES256");
	if (more != NULL)
		maker_object_set(&jwk, "revoked", more);
	maker_object_write(&jwk, text);
	maker_object_clear(&jwk);
}

/* The set in which the dead key stands as if it were alive, under its kid and under another. */
static char *
write_risen(void)
{
	struct maker_text text = { NULL, 0, 0 };

	maker_text_add_str(&text, "{\"keys\":[");
	add_key(&text, dead_key, "dead", NULL);
	maker_text_add_str(&text, ",");
	add_key(&text, dead_key, "risen", NULL);
	maker_text_add_str(&text, ",");
	add_key(&text, good_key, "good", NULL);
	maker_text_add_str(&text, "]}");
	return text.bytes;
}

static char *
merge(struct mm_slice fetched, struct mm_slice before)
{
	struct mm_keyset_report report = { .tell = NULL };
	enum mm_keyset_result result;
	struct mm_buf out;
	size_t len = 0;

	mm_buf_init(&out, MM_DOCUMENT_LEN_MAX);
	result = mm_keyset_merge(fetched, 2000, before, 1000, &report, &out);
	if (result != MM_KEYSET_NEW && result != MM_KEYSET_SAME)
		return NULL;
	mm_buf_add_u8(&out, 0);
	return mm_buf_take(&out, &len);
}

static int
make_kept(void **state)
{
	struct maker_text text = { NULL, 0, 0 };

	(void)state;
	dead_key = maker_key_new(MAKER_EC256, NULL);
	good_key = maker_key_new(MAKER_EC256, NULL);
	maker_text_add_str(&text, "{\"keys\":[");
	add_key(&text, dead_key, "dead", "{\"revoked_at\":1700000000}");
	maker_text_add_str(&text, ",");
	add_key(&text, good_key, "good", NULL);
	maker_text_add_str(&text, "]}");
	kept = merge(mm_slice(text.bytes, text.len), MM_SLICE_ABSENT);
	maker_text_clear(&text);
	return kept == NULL;
}

static int
free_kept(void **state)
{
	(void)state;
	EVP_PKEY_free(dead_key);
	EVP_PKEY_free(good_key);
	free(kept);
	return 0;
}

static struct mm_trust *
compile(const char *set)
{
	struct mm_trust_builder *builder = mm_trust_builder_new();
	struct mm_trust *trust;
	void *snapshot = NULL;
	size_t len = 0;

	assert_true(mm_trust_builder_add_document(builder, "k", mm_slice_str(set), MM_DOCUMENT_FETCHED));
	assert_true(mm_trust_builder_add_realm(builder,
	    &(struct mm_realm_settings){ .name = "a", .issuer = ISSUER, .keys = "k" }));
	assert_true(mm_trust_builder_compile(builder, 1, NULL, NULL, &snapshot, &len));
	mm_trust_builder_free(&builder);
	trust = mm_trust_load(snapshot, len, NULL);
	assert_non_null(trust);
	free(snapshot);
	return trust;
}

/* Its kid is dead, and so is whatever has its material. */
static void
judge(const char *text, size_t len)
{
	char *set = merge(mm_slice(text, len), mm_slice_str(kept));
	const struct mm_key *dead;
	struct mm_trust *trust;

	if (set == NULL) {
		refused++;
		return;
	}
	merged++;
	trust = compile(set);
	dead = mm_trust_find_key(trust, &trust->realms[0], mm_slice_str("dead"));
	assert_non_null(dead);
	for (size_t i = 0; i < trust->key_count; i++)
		if (memcmp(trust->keys[i].material_id, dead->material_id, MM_DIGEST_LEN) == 0)
			assert_int_equal(trust->keys[i].standing, MM_KEY_TOMBSTONED);
	assert_int_equal(dead->standing, MM_KEY_TOMBSTONED);
	assert_int_equal(dead->revoked_at_s, 1700000000);
	mm_trust_free(&trust);
	free(set);
}

static void
no_damage_revives_the_dead(void **state)
{
	char *whole = write_risen(), *text;
	size_t len = strlen(whole);

	(void)state;
	text = malloc(len);
	assert_non_null(text);
	judge(whole, len);
	assert_int_equal(merged, 1);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		memcpy(text, whole, len);
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		judge(text, len);
	}
	for (size_t cut = 0; cut < len; cut++) {
		judge(whole, cut);
		judge(whole + cut, len - cut);
		memcpy(text, whole, cut);
		memcpy(text + cut, whole + cut + 1, len - cut - 1);
		judge(text, len - 1);
	}
	printf("%lu damaged sets were merged, %lu refused\n", merged, refused);
	assert_true(merged > 100 && refused > 100);
	free(text);
	free(whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_damage_revives_the_dead),
	};

	return cmocka_run_group_tests(tests, make_kept, free_kept);
}
