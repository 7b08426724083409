/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiling: which settings are refused and with what words, which key goes to which realm, and that what was compiled
 * loads and says the same.
 */
#include "lib/base/array.h"
#include "lib/base/buf.h"
#include "lib/crypto/digest.h"
#include "lib/trust/find.h"
#include "test/maker/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define A "aaaaaaaa-0000-4000-8000-00000000000a"
#define C "9188040d-6c67-4c5b-b112-36a304b66dad"
#define CONSUMER_ISSUER "https://login.example/" C "/v2.0"
#define ENTERPRISE_ISSUER "https://login.example/{tenant}/v2.0"
#define KEY_ISSUER "https://login.example/{tenantid}/v2.0"

/* Three key pairs are made once; their JWKs differ by what a test adds. */
enum { KEY_1, KEY_2, KEY_3, KEY_COUNT };
static EVP_PKEY *keys[KEY_COUNT];

/* A note that was told, kept in few words. */
static struct {
	struct mm_buf refused, alarms, remarks;
} told;

static void
keep_note(void *ctx, const struct mm_note *note)
{
	struct mm_buf *all[] = { &told.refused, &told.alarms, &told.remarks };

	(void)ctx;
	assert_non_null(note->where);
	assert_non_null(note->text);
	assert_non_null(note->mend);
	mm_buf_addf(all[note->note_class], "%s: %.*s: %s\n", note->where, (int)note->kid.len, note->kid.ptr,
	    note->text);
}

static bool
was_told(struct mm_buf *notes, const char *words)
{
	mm_buf_add_u8(notes, 0);
	notes->len--;
	return notes->data != NULL && strstr(notes->data, words) != NULL;
}

static void
forget_notes(void)
{
	mm_buf_clear(&told.refused);
	mm_buf_clear(&told.alarms);
	mm_buf_clear(&told.remarks);
}

static int
make_keys(void **state)
{
	(void)state;
	mm_buf_init(&told.refused, 1 << 20);
	mm_buf_init(&told.alarms, 1 << 20);
	mm_buf_init(&told.remarks, 1 << 20);
	for (int i = 0; i < KEY_COUNT; i++)
		keys[i] = maker_key_new(MAKER_EC256, NULL);
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	forget_notes();
	for (int i = 0; i < KEY_COUNT; i++)
		EVP_PKEY_free(keys[i]);
	return 0;
}

/* A JWK set: each row a key, its kid, its issuer (NULL: none), and more members. */
struct jwk_row {
	int key;
	const char *kid, *issuer, *more;
};

static struct mm_slice
write_jwks(struct maker_text *text, const struct jwk_row *rows, size_t count)
{
	maker_text_add_str(text, "{\"keys\":[");
	for (size_t i = 0; i < count; i++) {
		struct maker_object jwk = { .count = 0 };

		maker_key_publish(keys[rows[i].key], &jwk);
		maker_object_set_string(&jwk, "kid", rows[i].kid);
		maker_object_set_string(&jwk, "alg", "ES256");
		if (rows[i].issuer != NULL)
			maker_object_set_string(&jwk, "issuer", rows[i].issuer);
		if (i > 0)
			maker_text_add_str(text, ",");
		maker_object_write(&jwk, text);
		if (rows[i].more != NULL) {
			/* Replace the closing brace. */
			text->bytes[--text->len] = '\0';
			maker_text_add_format(text, ",%s}", rows[i].more);
		}
		maker_object_clear(&jwk);
	}
	maker_text_add_str(text, "]}");
	return mm_slice(text->bytes, text->len);
}

#define JWKS(text, ...) \
	write_jwks(text, (const struct jwk_row[]){ __VA_ARGS__ }, \
	    sizeof((const struct jwk_row[]){ __VA_ARGS__ }) / sizeof(struct jwk_row))

/* The world that tests change: two realms, a tenant each, one service. */
struct world {
	struct mm_realm_settings realms[3];
	size_t realm_count;
	struct mm_tenant_settings tenants[4];
	size_t tenant_count;
	struct mm_service_settings services[2];
	size_t service_count;
	struct mm_revocation_settings revocations[4];
	size_t revocation_count;
	struct { const char *name; struct mm_slice jwks; enum mm_document_origin origin; } documents[3];
	size_t document_count;
};

static struct world
world_of(struct mm_slice jwks)
{
	static const char *const both[] = { "consumer", "enterprise", NULL };
	static const char *const contoso[] = { "Contoso.example", NULL };
	static const char *const outlook[] = { "outlook.example", NULL };
	struct world world = {
		.realms = {
			{ .name = "consumer", .issuer = CONSUMER_ISSUER, .keys = "common", .require_key_issuer = true },
			{ .name = "enterprise", .issuer = ENTERPRISE_ISSUER, .keys = "common",
			    .require_key_issuer = true },
		},
		.realm_count = 2,
		.tenants = {
			{ "contoso", "enterprise", A, contoso },
			{ "everybody", "consumer", C, outlook },
		},
		.tenant_count = 2,
		.services = { { .name = "mail", .audience = "https://mail.example", .realms = both,
		    .mailbox_claim = "email" } },
		.service_count = 1,
		.documents = { { "common", jwks } },
		.document_count = 1,
	};

	return world;
}

static struct mm_trust *
compile(const struct world *world)
{
	struct mm_trust_builder *builder = mm_trust_builder_new();
	struct mm_trust *trust = NULL;
	void *snapshot = NULL, *again = NULL;
	size_t len = 0, again_len = 0;

	forget_notes();
	assert_non_null(builder);
	for (size_t i = 0; i < world->document_count; i++)
		assert_true(mm_trust_builder_add_document(builder, world->documents[i].name, world->documents[i].jwks,
		    world->documents[i].origin));
	for (size_t i = 0; i < world->service_count; i++) /* before what they name: the order does not matter */
		assert_true(mm_trust_builder_add_service(builder, &world->services[i]));
	for (size_t i = 0; i < world->tenant_count; i++)
		assert_true(mm_trust_builder_add_tenant(builder, &world->tenants[i]));
	for (size_t i = 0; i < world->realm_count; i++)
		assert_true(mm_trust_builder_add_realm(builder, &world->realms[i]));
	for (size_t i = 0; i < world->revocation_count; i++)
		assert_true(mm_trust_builder_add_revocation(builder, &world->revocations[i]));
	if (mm_trust_builder_compile(builder, 7, keep_note, NULL, &snapshot, &len)) {
		assert_int_equal(told.refused.len, 0);
		assert_true(mm_trust_builder_compile(builder, 7, NULL, NULL, &again, &again_len));
		assert_int_equal(again_len, len); /* the same input, the same bytes */
		assert_memory_equal(again, snapshot, len);
		trust = mm_trust_load(snapshot, len, NULL);
		assert_non_null(trust);
		assert_true(mm_trust_epoch(trust) == 7);
	} else {
		assert_int_not_equal(told.refused.len, 0);
	}
	free(snapshot);
	free(again);
	mm_trust_builder_free(&builder);
	assert_null(builder);
	return trust;
}

static const struct mm_realm *
realm_of(const struct mm_trust *trust, const char *name)
{
	for (size_t i = 0; i < trust->realm_count; i++)
		if (mm_slice_equal(trust->realms[i].name, mm_slice_str(name)))
			return &trust->realms[i];
	fail_msg("no realm %s", name);
	return NULL;
}

/* "usable", "revoked", "unscoped", or "absent". */
static const char *
standing_of(const struct mm_trust *trust, const char *realm, const char *kid)
{
	static const char *const names[] = { "usable", "revoked", "unscoped" };
	const struct mm_key *key = mm_trust_find_key(trust, realm_of(trust, realm), mm_slice_str(kid));

	if (key == NULL)
		return "absent";
	assert_true(key->public_key != NULL || key->standing != MM_KEY_USABLE);
	return names[key->standing];
}

/* ---- keys ---- */

static void
a_shared_document_gives_each_realm_its_own_keys(void **state)
{
	struct maker_text text = { NULL, 0, 0 };
	struct world world = world_of(JWKS(&text, { KEY_1, "c1", CONSUMER_ISSUER, NULL },
	    { KEY_2, "e1", KEY_ISSUER, NULL }, { KEY_3, "u1", NULL, NULL }));
	struct mm_trust *trust = compile(&world);

	(void)state;
	assert_non_null(trust);
	assert_string_equal(standing_of(trust, "consumer", "c1"), "usable");
	assert_string_equal(standing_of(trust, "enterprise", "c1"), "absent");
	assert_string_equal(standing_of(trust, "consumer", "e1"), "absent");
	assert_string_equal(standing_of(trust, "enterprise", "e1"), "usable");
	assert_string_equal(standing_of(trust, "consumer", "u1"), "unscoped");
	assert_string_equal(standing_of(trust, "enterprise", "u1"), "unscoped");
	assert_true(mm_trust_has_kid(trust, mm_slice_str("c1")));
	assert_false(mm_trust_has_kid(trust, mm_slice_str("u1")));
	mm_trust_free(&trust);
	assert_null(trust);
	maker_text_clear(&text);
}

/* An issuer that fits the enterprise template is not the template: a literal is for a literal realm alone. */
static void
a_filled_template_is_not_the_template(void **state)
{
	struct maker_text text = { NULL, 0, 0 };
	struct world world = world_of(JWKS(&text, { KEY_1, "x", "https://login.example/" A "/v2.0", NULL },
	    { KEY_2, "y", "not a url", NULL }));
	struct mm_trust *trust = compile(&world);

	(void)state;
	assert_non_null(trust);
	assert_int_equal(trust->key_count, 0);
	assert_true(was_told(&told.remarks, "no realm's of this document"));
	assert_true(was_told(&told.remarks, "no key that can be used"));
	mm_trust_free(&trust);
	maker_text_clear(&text);
}

static void
a_tombstone_kills_its_material_everywhere(void **state)
{
	struct maker_text text = { NULL, 0, 0 }, other = { NULL, 0, 0 };
	struct world world = world_of(JWKS(&text,
	    { KEY_1, "dead", KEY_ISSUER, "\"revoked\":{\"revoked_at\":1700000000,\"reason\":\"keyCompromise\"}" },
	    { KEY_1, "risen", KEY_ISSUER, NULL }, { KEY_2, "e1", KEY_ISSUER, NULL }));
	struct mm_trust *trust;

	(void)state;
	world.realms[0].keys = "other";
	world.documents[world.document_count].name = "other";
	world.documents[world.document_count++].jwks = JWKS(&other, { KEY_1, "elsewhere", CONSUMER_ISSUER, NULL },
	    { KEY_3, "c1", CONSUMER_ISSUER, NULL });
	trust = compile(&world);
	assert_non_null(trust);
	assert_string_equal(standing_of(trust, "enterprise", "dead"), "revoked");
	assert_string_equal(standing_of(trust, "enterprise", "risen"), "revoked");
	assert_string_equal(standing_of(trust, "consumer", "elsewhere"), "revoked");
	assert_string_equal(standing_of(trust, "enterprise", "e1"), "usable");
	assert_string_equal(standing_of(trust, "consumer", "c1"), "usable");
	assert_true(was_told(&told.alarms, "risen: the material of a revoked key"));
	assert_int_equal(trust->finding_count, 2);
	mm_trust_free(&trust);
	maker_text_clear(&text);
	maker_text_clear(&other);
}

/* Also where the tombstone says that the key was for encryption. */
static void
a_tombstone_of_an_encryption_key_kills_its_material(void **state)
{
	struct maker_text text = { NULL, 0, 0 };
	struct world world = world_of(JWKS(&text,
	    { KEY_1, "dead", KEY_ISSUER, "\"use\":\"enc\",\"revoked\":{\"revoked_at\":1700000000}" },
	    { KEY_1, "risen", KEY_ISSUER, NULL }));
	struct mm_trust *trust = compile(&world);

	(void)state;
	assert_non_null(trust);
	assert_string_equal(standing_of(trust, "enterprise", "dead"), "revoked");
	assert_string_equal(standing_of(trust, "enterprise", "risen"), "revoked");
	mm_trust_free(&trust);
	maker_text_clear(&text);
}

/* Who keeps material that two realms are offered: whether each states its issuer, and whether it is one document. */
struct shared_row {
	const char *consumer_issuer, *enterprise_issuer;
	bool one_document;
	const char *consumer, *enterprise;
};

static const struct shared_row shared_rows[] = {
	{ CONSUMER_ISSUER, KEY_ISSUER, true, "unscoped", "unscoped" },
	{ CONSUMER_ISSUER, KEY_ISSUER, false, "usable", "unscoped" }, /* both state it: the first realm */
	{ NULL, KEY_ISSUER, false, "unscoped", "usable" },
	{ CONSUMER_ISSUER, NULL, false, "usable", "unscoped" },
	{ NULL, NULL, false, "unscoped", "unscoped" },
};

static void
no_material_serves_two_realms(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(shared_rows); i++) {
		const struct shared_row *row = &shared_rows[i];
		struct maker_text text = { NULL, 0, 0 }, other = { NULL, 0, 0 };
		struct jwk_row in_one[] = {
			{ KEY_1, "k", row->consumer_issuer, NULL },
			{ KEY_1, "k", row->enterprise_issuer, NULL },
		};
		struct world world = world_of(write_jwks(&text, in_one, row->one_document ? 2 : 1));
		struct mm_trust *trust;

		if (!row->one_document) {
			world.realms[0].require_key_issuer = world.realms[1].require_key_issuer = false;
			world.realms[1].keys = "other";
			world.documents[world.document_count].name = "other";
			world.documents[world.document_count++].jwks = write_jwks(&other, &in_one[1], 1);
		}
		trust = compile(&world);
		assert_non_null(trust);
		assert_string_equal(standing_of(trust, "consumer", "k"), row->consumer);
		assert_string_equal(standing_of(trust, "enterprise", "k"), row->enterprise);
		assert_true(was_told(&told.alarms, "refused in this one"));
		mm_trust_free(&trust);
		maker_text_clear(&text);
		maker_text_clear(&other);
	}
}

/* A key that states no issuer is nobody's, though only one of the two realms demands that keys state theirs. */
static void
a_realm_that_demands_no_issuer_gets_no_key_of_a_shared_document(void **state)
{
	static const struct { bool required[2], one_document; } rows[] = {
		{ { true, false }, true }, { { false, true }, true }, { { false, false }, true },
		{ { true, false }, false }, { { false, true }, false },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct maker_text text = { NULL, 0, 0 };
		struct mm_slice jwks = JWKS(&text, { KEY_1, "u1", NULL, NULL }, { KEY_2, "e1", KEY_ISSUER, NULL });
		struct world world = world_of(jwks);
		struct mm_trust *trust;

		for (size_t realm = 0; realm < 2; realm++)
			world.realms[realm].require_key_issuer = rows[i].required[realm];
		if (!rows[i].one_document) {
			world.realms[1].keys = "./shared";
			world.documents[world.document_count].name = "./shared";
			world.documents[world.document_count++].jwks = jwks;
		}
		trust = compile(&world);
		assert_non_null(trust);
		assert_string_equal(standing_of(trust, "consumer", "u1"), "unscoped");
		assert_string_equal(standing_of(trust, "enterprise", "u1"), "unscoped");
		assert_string_equal(standing_of(trust, "enterprise", "e1"), "usable");
		assert_true(was_told(&told.alarms, "u1: the key's material is offered"));
		mm_trust_free(&trust);
		maker_text_clear(&text);
	}
}

/* A snapshot of one realm whose one key signs until exp_s. */
static size_t
make_snapshot(int64_t exp_s, uint8_t **snapshot)
{
	struct maker_text text = { NULL, 0, 0 };
	struct mm_trust_builder *builder = mm_trust_builder_new();
	const struct mm_realm_settings realm = { .name = "r", .issuer = "https://x.example", .keys = "common" };
	char exp[32];
	void *bytes = NULL;
	size_t len = 0;

	snprintf(exp, sizeof(exp), "\"exp\":%lld", (long long)exp_s);
	assert_true(mm_trust_builder_add_document(builder, "common", JWKS(&text, { KEY_1, "k", NULL, exp }),
	    MM_DOCUMENT_FILE));
	assert_true(mm_trust_builder_add_realm(builder, &realm));
	assert_true(mm_trust_builder_compile(builder, 1, NULL, NULL, &bytes, &len));
	mm_trust_builder_free(&builder);
	maker_text_clear(&text);
	*snapshot = bytes;
	return len;
}

/* The snapshot with the time that its key signs until replaced; whether it loads. */
static bool
loads_with_window_until(uint64_t until)
{
	const int64_t exp_s = INT64_C(0x12345678abcd);
	uint8_t *snapshot, was[8], is[8];
	size_t len = make_snapshot(exp_s, &snapshot), at = 0;
	struct mm_trust *trust;
	bool loads;

	for (size_t i = 0; i < sizeof(was); i++) {
		was[i] = (uint8_t)((uint64_t)exp_s >> (8 * i));
		is[i] = (uint8_t)(until >> (8 * i));
	}
	while (at + sizeof(was) <= len && memcmp(snapshot + at, was, sizeof(was)) != 0)
		at++;
	assert_true(at + sizeof(was) <= len);
	memcpy(snapshot + at, is, sizeof(is));
	len -= MM_DIGEST_LEN;
	assert_true(mm_sha256(mm_slice(snapshot, len), snapshot + len));
	trust = mm_trust_load(snapshot, len + MM_DIGEST_LEN, NULL);
	loads = trust != NULL;
	mm_trust_free(&trust);
	free(snapshot);
	return loads;
}

/* What the decision adds the skew to cannot overflow. */
static void
a_snapshot_with_an_endless_window_is_refused(void **state)
{
	(void)state;
	assert_true(loads_with_window_until(1));
	assert_true(loads_with_window_until(MM_TIME_MAX_S));
	assert_true(loads_with_window_until(INT64_MAX));
	assert_false(loads_with_window_until(MM_TIME_MAX_S + 1));
	assert_false(loads_with_window_until(INT64_MAX - 1));
	assert_false(loads_with_window_until(UINT64_MAX));
	assert_false(loads_with_window_until((uint64_t)INT64_MIN));
}

/* A shared document stays one document where the realms name it by two paths: nobody can tell whose the material is. */
static void
a_document_of_two_names_is_one(void **state)
{
	struct maker_text text = { NULL, 0, 0 };
	struct mm_slice jwks = JWKS(&text, { KEY_1, "k", CONSUMER_ISSUER, NULL }, { KEY_1, "k", KEY_ISSUER, NULL });
	struct world world = world_of(jwks);
	struct mm_trust *trust;

	(void)state;
	world.realms[1].keys = "./common";
	world.documents[world.document_count].name = "./common";
	world.documents[world.document_count++].jwks = jwks;
	trust = compile(&world);
	assert_non_null(trust);
	assert_string_equal(standing_of(trust, "consumer", "k"), "unscoped");
	assert_string_equal(standing_of(trust, "enterprise", "k"), "unscoped");
	assert_true(was_told(&told.alarms, "refused in this one"));
	mm_trust_free(&trust);
	maker_text_clear(&text);
}

/* Documents that refuse the whole configuration, each with a word of what is told. */
struct document_row {
	struct jwk_row rows[2];
	size_t count;
	const char *told;
};

static const struct document_row document_rows[] = {
	{ { { KEY_1, "k", KEY_ISSUER, NULL }, { KEY_2, "k", KEY_ISSUER, NULL } }, 2, "one kid stands on two keys" },
	{ { { KEY_1, "k", KEY_ISSUER, NULL }, { KEY_2, "k", CONSUMER_ISSUER, NULL } }, 2,
	    "one kid stands on two keys" },
	{ { { KEY_1, "k", KEY_ISSUER, NULL }, { KEY_1, "k", KEY_ISSUER, NULL } }, 2, "stands twice" },
	{ { { KEY_1, "k", KEY_ISSUER, NULL }, { KEY_1, "k", NULL, NULL } }, 2, "stands twice" },
	{ { { KEY_1, "k", KEY_ISSUER, "\"d\":\"AAAA\"" } }, 1, "private" },
	{ { { KEY_1, "k", KEY_ISSUER, "\"nbf\":2000,\"exp\":1000" } }, 1, "exp" },
	{ { { KEY_1, "k", KEY_ISSUER, "\"nbf\":\"soon\"" } }, 1, "nbf" },
	{ { { KEY_1, "k", KEY_ISSUER, "\"revoked\":true" } }, 1, "revoked" },
	{ { { KEY_1, "k", KEY_ISSUER, "\"x5c\":[\"AAAA\"]" } }, 1, "x5c" },
	{ { { KEY_1, "k", KEY_ISSUER, "\"KTY\":\"EC\"" } }, 1, "twice" },
};

static void
a_file_with_a_bad_key_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(document_rows); i++) {
		struct maker_text text = { NULL, 0, 0 };
		struct world world = world_of(write_jwks(&text, document_rows[i].rows, document_rows[i].count));

		assert_null(compile(&world));
		if (!was_told(&told.refused, document_rows[i].told))
			fail_msg("row %zu tells: %s", i, told.refused.data);
		maker_text_clear(&text);
	}
}

static void
a_file_that_is_no_jwk_set_is_refused_with_its_line(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "{\"keys\":1}", "{\"keys\":[1]}", "{\"keys\":[]} x", "{\"key\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(texts); i++) {
		struct world world = world_of(mm_slice_str(texts[i]));

		assert_null(compile(&world));
		assert_true(was_told(&told.refused, "it is no JWK set: line 1: "));
	}
	struct world world = world_of(mm_slice_str("{\n\"keys\":\n[x]}"));
	assert_null(compile(&world));
	assert_true(was_told(&told.refused, "line 3"));
}

static void
an_algorithm_is_stated_or_the_one_that_fits(void **state)
{
	static const char *const one[] = { "RS256", "ES256", NULL }, *const none[] = { "RS256", "ES384", NULL };
	static const char *const twice[] = { "ES256", "ES256", NULL };
	struct maker_text text = { NULL, 0, 0 };
	struct maker_object jwk = { .count = 0 };
	struct world world;
	struct mm_trust *trust;

	(void)state;
	maker_key_publish(keys[KEY_1], &jwk);
	maker_object_remove(&jwk, "alg");
	maker_object_set_string(&jwk, "kid", "k");
	maker_object_set_string(&jwk, "issuer", KEY_ISSUER);
	maker_text_add_str(&text, "{\"keys\":[");
	maker_object_write(&jwk, &text);
	maker_text_add_str(&text, "]}");
	maker_object_clear(&jwk);
	world = world_of(mm_slice(text.bytes, text.len));
	assert_null(compile(&world)); /* RS256 alone fits no EC key */
	assert_true(was_told(&told.refused, "none of realm enterprise's 'algorithms' fits"));
	world.realms[1].algorithms = none;
	assert_null(compile(&world));
	world.realms[1].algorithms = one;
	trust = compile(&world);
	assert_non_null(trust);
	assert_string_equal(trust->keys[0].algorithm->name, "ES256");
	mm_trust_free(&trust);
	world.realms[1].algorithms = twice;
	trust = compile(&world);
	assert_non_null(trust);
	mm_trust_free(&trust);
	maker_text_clear(&text);
}

static void
windows_come_from_nbf_else_iat_to_exp(void **state)
{
	struct maker_text text = { NULL, 0, 0 };
	struct world world = world_of(JWKS(&text, { KEY_1, "a", KEY_ISSUER, "\"iat\":100,\"nbf\":200,\"exp\":1000" },
	    { KEY_2, "b", KEY_ISSUER, "\"iat\":100" }, { KEY_3, "c", KEY_ISSUER, NULL }));
	struct mm_trust *trust;

	(void)state;
	world.realms[1].max_lifetime_s = 500;
	trust = compile(&world);
	assert_non_null(trust);
	assert_int_equal(trust->keys[0].signs_from_s, 200);
	assert_int_equal(trust->keys[0].signs_until_s, 1000);
	assert_int_equal(trust->keys[0].verify_until_s, 1000 + 500 + 60);
	assert_int_equal(trust->keys[1].signs_from_s, 100);
	assert_true(trust->keys[1].verify_until_s == INT64_MAX);
	assert_true(trust->keys[2].signs_from_s == INT64_MIN);

	assert_int_equal(mm_key_state_at(&trust->keys[0], 199), MM_STATE_PREPARED);
	assert_int_equal(mm_key_state_at(&trust->keys[0], 200), MM_STATE_ACTIVE);
	assert_int_equal(mm_key_state_at(&trust->keys[0], 1001), MM_STATE_RETIRING);
	assert_int_equal(mm_key_state_at(&trust->keys[0], 1561), MM_STATE_RETIRED);
	mm_trust_free(&trust);
	maker_text_clear(&text);
}

/* ---- fetched documents ---- */

static void
a_fetched_document_leaves_out_what_is_bad(void **state)
{
	struct maker_text text = { NULL, 0, 0 };
	struct world world = world_of(JWKS(&text, { KEY_1, "c1", CONSUMER_ISSUER, NULL },
	    { KEY_2, "private", KEY_ISSUER, "\"d\":\"AA\"" }, { KEY_2, "odd", KEY_ISSUER, "\"use\":\"other\"" },
	    { KEY_2, "twice", KEY_ISSUER, NULL }, { KEY_3, "twice", KEY_ISSUER, NULL },
	    { KEY_2, "dead", KEY_ISSUER, "\"revoked\":{\"revoked_at\":5}" }, { KEY_3, "dead", KEY_ISSUER, NULL },
	    { KEY_3, "e1", KEY_ISSUER, "\"mintmark_gone\":\"x\"" }, { KEY_3, "e2", KEY_ISSUER, NULL }));
	struct mm_trust *trust;

	(void)state;
	assert_null(compile(&world));
	world.documents[0].origin = MM_DOCUMENT_FETCHED;
	trust = compile(&world);
	assert_non_null(trust);
	assert_string_equal(standing_of(trust, "consumer", "c1"), "usable");
	assert_string_equal(standing_of(trust, "enterprise", "e2"), "usable");
	assert_string_equal(standing_of(trust, "enterprise", "dead"), "revoked");
	assert_int_equal(trust->key_count, 3);
	assert_true(was_told(&told.alarms, "private: the key has a private member"));
	assert_true(was_told(&told.alarms, "twice: one kid stands on two keys"));
	assert_true(was_told(&told.remarks, "odd: 'use' is neither"));
	assert_true(was_told(&told.remarks, "e1: a member of ours is no time"));
	assert_true(realm_of(trust, "consumer")->keys_fetched);
	mm_trust_free(&trust);
	maker_text_clear(&text);
}

/* Else one provider could keep every realm's changes, and what the operator revokes, out of the snapshot. */
static void
one_key_under_two_spellings_of_its_issuer_stops_nothing(void **state)
{
	static const char *const marks[] = { NULL, "\"revoked\":{\"revoked_at\":5}" };

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(marks); i++) {
		struct maker_text text = { NULL, 0, 0 };
		struct world world = world_of(JWKS(&text, { KEY_1, "c1", CONSUMER_ISSUER, NULL },
		    { KEY_2, "e1", KEY_ISSUER, marks[i] }, { KEY_2, "e1", ENTERPRISE_ISSUER, marks[i] }));
		struct mm_trust *trust;

		assert_null(compile(&world));
		assert_true(was_told(&told.refused, "e1: the key stands twice"));
		world.documents[0].origin = MM_DOCUMENT_FETCHED;
		trust = compile(&world);
		assert_non_null(trust);
		assert_string_equal(standing_of(trust, "consumer", "c1"), "usable");
		assert_string_equal(standing_of(trust, "enterprise", "e1"), marks[i] == NULL ? "absent" : "revoked");
		mm_trust_free(&trust);
		maker_text_clear(&text);
	}
}

/* One realm's document that cannot be read leaves the other realm as it is. */
static void
a_fetched_document_that_is_no_set_has_no_keys(void **state)
{
	static const struct { const char *text; bool alarm; } rows[] = {
		{ "", false }, { "<html>", true }, { "{\"keys\":1}", true }, { "{\"keys\":[]}", false },
	};
	struct maker_text text = { NULL, 0, 0 };
	struct world world = world_of(JWKS(&text, { KEY_1, "c1", CONSUMER_ISSUER, NULL }));

	(void)state;
	world.realms[1].keys = "jwks:https://e.example";
	world.documents[world.document_count].name = "jwks:https://e.example";
	world.documents[world.document_count++].origin = MM_DOCUMENT_FETCHED;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_trust *trust;

		world.documents[1].jwks = mm_slice_str(rows[i].text);
		trust = compile(&world);
		assert_non_null(trust);
		assert_string_equal(standing_of(trust, "consumer", "c1"), "usable");
		assert_int_equal(trust->key_count, 1);
		assert_int_equal(told.alarms.len > 0, rows[i].alarm);
		assert_int_equal(was_told(&told.remarks, "nothing was fetched yet"), rows[i].text[0] == '\0');
		assert_false(realm_of(trust, "consumer")->keys_fetched);
		assert_true(realm_of(trust, "enterprise")->keys_fetched);
		mm_trust_free(&trust);
	}
	maker_text_clear(&text);
}

/* Verifying ends with the key's own window, absent_for after it was last seen, or its certificate: what comes first. */
static void
a_key_that_is_gone_is_good_for_a_while(void **state)
{
	static const struct { const char *more; int64_t verify_until_s, of_file_s; } rows[] = {
		{ NULL, INT64_MAX, INT64_MAX },
		{ "\"mintmark_seen\":5,\"mintmark_not_after\":1", INT64_MAX, INT64_MAX }, /* it is still published */
		{ "\"mintmark_gone\":1000", 1000 + 86400, INT64_MAX },
		{ "\"mintmark_gone\":1000,\"mintmark_not_after\":2000", 2000 + 60, INT64_MAX },
		{ "\"mintmark_gone\":1000,\"mintmark_not_after\":200000", 1000 + 86400, INT64_MAX },
		{ "\"mintmark_gone\":1000,\"exp\":900", 900 + 3600 + 60, 900 + 3600 + 60 },
		{ "\"mintmark_gone\":1000,\"exp\":900000", 1000 + 86400, 900000 + 3600 + 60 },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct maker_text text = { NULL, 0, 0 };
		struct world world = world_of(JWKS(&text, { KEY_1, "k", KEY_ISSUER, rows[i].more }));
		struct mm_trust *trust;

		world.documents[0].origin = MM_DOCUMENT_FETCHED;
		trust = compile(&world);
		assert_non_null(trust);
		assert_int_equal(trust->keys[0].verify_until_s, rows[i].verify_until_s);
		assert_non_null(trust->keys[0].public_key); /* for whose it is, when it is retired */
		mm_trust_free(&trust);
		world.realms[1].absent_for_s = 60;
		trust = compile(&world);
		assert_non_null(trust);
		if (rows[i].verify_until_s == 1000 + 86400)
			assert_int_equal(trust->keys[0].verify_until_s, 1060);
		mm_trust_free(&trust);
		/* In a file it says nothing. */
		world.documents[0].origin = MM_DOCUMENT_FILE;
		trust = compile(&world);
		assert_non_null(trust);
		assert_int_equal(trust->keys[0].verify_until_s, rows[i].of_file_s);
		mm_trust_free(&trust);
		maker_text_clear(&text);
	}
}

/* A world of two documents: the consumer's "common" and the enterprise's "other", both without demands. */
static struct world
world_of_two(struct mm_slice consumer, enum mm_document_origin consumer_origin, struct mm_slice enterprise,
    enum mm_document_origin enterprise_origin)
{
	struct world world = world_of(consumer);

	world.documents[0].origin = consumer_origin;
	world.realms[0].require_key_issuer = world.realms[1].require_key_issuer = false;
	world.realms[1].keys = "other";
	world.documents[world.document_count].name = "other";
	world.documents[world.document_count].jwks = enterprise;
	world.documents[world.document_count++].origin = enterprise_origin;
	return world;
}

/* Else any provider could switch another's realm off. */
static void
a_fetched_tombstone_kills_only_where_its_document_is_the_source(void **state)
{
	struct maker_text text = { NULL, 0, 0 }, other = { NULL, 0, 0 };
	struct world world = world_of_two(JWKS(&text,
	    { KEY_1, "dead", CONSUMER_ISSUER, "\"revoked\":{\"revoked_at\":5}" },
	    { KEY_1, "risen", CONSUMER_ISSUER, NULL }),
	    MM_DOCUMENT_FETCHED, JWKS(&other, { KEY_1, "e1", KEY_ISSUER, NULL }), MM_DOCUMENT_FETCHED);
	struct mm_trust *trust = compile(&world);

	(void)state;
	assert_non_null(trust);
	assert_string_equal(standing_of(trust, "consumer", "dead"), "revoked");
	assert_string_equal(standing_of(trust, "consumer", "risen"), "revoked");
	assert_string_equal(standing_of(trust, "enterprise", "e1"), "usable");
	assert_int_equal(mm_trust_find_key(trust, realm_of(trust, "consumer"), mm_slice_str("risen"))->revoked_at_s, 5);
	assert_true(was_told(&told.alarms, "risen: the material of a revoked key"));
	mm_trust_free(&trust);
	world.documents[0].origin = MM_DOCUMENT_FILE; /* an operator's word holds everywhere */
	trust = compile(&world);
	assert_non_null(trust);
	assert_string_equal(standing_of(trust, "enterprise", "e1"), "revoked");
	mm_trust_free(&trust);
	maker_text_clear(&text);
	maker_text_clear(&other);
}

#define FILE_ MM_DOCUMENT_FILE
#define FETCHED MM_DOCUMENT_FETCHED
#define SEEN(time) "\"mintmark_seen\":" time

/* Material that two documents offer to two realms: who keeps it. */
static const struct {
	enum mm_document_origin consumer_origin, enterprise_origin;
	const char *consumer_issuer, *consumer_more, *enterprise_issuer, *enterprise_more;
	const char *consumer, *enterprise;
} rivals[] = {
	/* a file stands before what is fetched, whatever that states */
	{ FETCHED, FILE_, CONSUMER_ISSUER, SEEN("1"), NULL, NULL, "unscoped", "usable" },
	{ FETCHED, FILE_, CONSUMER_ISSUER, SEEN("1"), KEY_ISSUER, NULL, "unscoped", "usable" },
	{ FETCHED, FILE_, NULL, SEEN("1"), NULL, NULL, "unscoped", "usable" },
	{ FILE_, FETCHED, NULL, NULL, KEY_ISSUER, SEEN("1"), "usable", "unscoped" },
	/* its own issuer stands before none */
	{ FETCHED, FETCHED, CONSUMER_ISSUER, SEEN("9"), NULL, SEEN("1"), "usable", "unscoped" },
	{ FETCHED, FETCHED, NULL, SEEN("1"), KEY_ISSUER, SEEN("9"), "unscoped", "usable" },
	/* both state theirs: who had it first, wherever he stands in the configuration */
	{ FETCHED, FETCHED, CONSUMER_ISSUER, SEEN("1"), KEY_ISSUER, SEEN("9"), "usable", "unscoped" },
	{ FETCHED, FETCHED, CONSUMER_ISSUER, SEEN("9"), KEY_ISSUER, SEEN("1"), "unscoped", "usable" },
	{ FETCHED, FETCHED, CONSUMER_ISSUER, SEEN("9"), KEY_ISSUER, SEEN("1") ",\"mintmark_gone\":5", "unscoped",
	    "usable" },
	{ FETCHED, FETCHED, CONSUMER_ISSUER, SEEN("5"), KEY_ISSUER, SEEN("5"), "usable", "unscoped" },
	/* neither does: nobody can tell */
	{ FETCHED, FETCHED, NULL, SEEN("1"), NULL, SEEN("9"), "unscoped", "unscoped" },
};

static void
fetched_material_stays_where_it_stood_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rivals); i++) {
		struct maker_text text = { NULL, 0, 0 }, other = { NULL, 0, 0 };
		struct world world = world_of_two(
		    JWKS(&text, { KEY_1, "k", rivals[i].consumer_issuer, rivals[i].consumer_more }),
		    rivals[i].consumer_origin,
		    JWKS(&other, { KEY_1, "k", rivals[i].enterprise_issuer, rivals[i].enterprise_more }),
		    rivals[i].enterprise_origin);
		struct mm_trust *trust = compile(&world);

		assert_non_null(trust);
		if (strcmp(standing_of(trust, "consumer", "k"), rivals[i].consumer) != 0 ||
		    strcmp(standing_of(trust, "enterprise", "k"), rivals[i].enterprise) != 0)
			fail_msg("row %zu: %s and %s", i, standing_of(trust, "consumer", "k"),
			    standing_of(trust, "enterprise", "k"));
		assert_true(was_told(&told.alarms, "refused in this one"));
		mm_trust_free(&trust);
		maker_text_clear(&text);
		maker_text_clear(&other);
	}
}

/* Row 6b with a document that is fetched. */
static void
one_fetched_document_gives_no_material_to_two_realms(void **state)
{
	struct maker_text text = { NULL, 0, 0 };
	struct world world = world_of(JWKS(&text, { KEY_1, "k", CONSUMER_ISSUER, SEEN("1") },
	    { KEY_1, "k", KEY_ISSUER, SEEN("9") }, { KEY_2, "e1", KEY_ISSUER, SEEN("1") }));
	struct mm_trust *trust;

	(void)state;
	world.documents[0].origin = MM_DOCUMENT_FETCHED;
	trust = compile(&world);
	assert_non_null(trust);
	assert_string_equal(standing_of(trust, "consumer", "k"), "unscoped");
	assert_string_equal(standing_of(trust, "enterprise", "k"), "unscoped");
	assert_string_equal(standing_of(trust, "enterprise", "e1"), "usable");
	assert_true(was_told(&told.alarms, "k: the key's material is offered"));
	mm_trust_free(&trust);
	maker_text_clear(&text);
}

/* ---- keys that the configuration revokes ---- */

static void
revoke_kid(struct world *world, const char *realm, const char *kid, int64_t revoked_at_s)
{
	world->revocations[world->revocation_count++] = (struct mm_revocation_settings){
		.realm = realm, .kind = MM_REVOKE_KEY, .value = kid, .issued_before_s = INT64_MAX,
		.revoked_at_s = revoked_at_s,
	};
}

static void
a_revoked_kid_is_dead_with_its_material(void **state)
{
	struct maker_text text = { NULL, 0, 0 }, other = { NULL, 0, 0 };
	struct world world = world_of_two(JWKS(&text, { KEY_1, "elsewhere", CONSUMER_ISSUER, NULL },
	    { KEY_3, "e1", CONSUMER_ISSUER, NULL }), MM_DOCUMENT_FILE,
	    JWKS(&other, { KEY_1, "e1", KEY_ISSUER, SEEN("1") }, { KEY_2, "e2", KEY_ISSUER, SEEN("1") }),
	    MM_DOCUMENT_FETCHED);
	const struct mm_key *key;
	struct mm_trust *trust;

	(void)state;
	revoke_kid(&world, "enterprise", "e1", 0);
	revoke_kid(&world, "enterprise", "e1", 500);
	revoke_kid(&world, "enterprise", "e1", 900);
	trust = compile(&world);
	assert_non_null(trust);
	assert_int_equal(trust->revocation_count, 0);
	assert_string_equal(standing_of(trust, "enterprise", "e1"), "revoked");
	assert_string_equal(standing_of(trust, "consumer", "elsewhere"), "revoked");
	assert_string_equal(standing_of(trust, "consumer", "e1"), "usable"); /* another key, of another realm */
	assert_string_equal(standing_of(trust, "enterprise", "e2"), "usable");
	key = mm_trust_find_key(trust, realm_of(trust, "enterprise"), mm_slice_str("e1"));
	assert_int_equal(key->revoked_at_s, 500);
	assert_non_null(key->public_key);
	assert_true(was_told(&told.alarms, "elsewhere: the material of a revoked key"));
	assert_false(was_told(&told.alarms, "e1:"));
	mm_trust_free(&trust);
	maker_text_clear(&text);
	maker_text_clear(&other);
}

static void
a_revoked_kid_is_dead_before_there_is_such_a_key(void **state)
{
	struct maker_text text = { NULL, 0, 0 };
	struct world world = world_of(JWKS(&text, { KEY_2, "e1", KEY_ISSUER, NULL }));
	const struct mm_key *key;
	struct mm_trust *trust;

	(void)state;
	revoke_kid(&world, "enterprise", "a", 7);
	revoke_kid(&world, "consumer", "e1", 0);
	trust = compile(&world);
	assert_non_null(trust);
	assert_int_equal(trust->key_count, 3);
	assert_string_equal(standing_of(trust, "enterprise", "a"), "revoked");
	assert_string_equal(standing_of(trust, "consumer", "e1"), "revoked");
	assert_string_equal(standing_of(trust, "enterprise", "e1"), "usable");
	key = mm_trust_find_key(trust, realm_of(trust, "enterprise"), mm_slice_str("a"));
	assert_false(mm_slice_present(key->thumbprint_text));
	assert_null(key->public_key);
	assert_int_equal(key->revoked_at_s, 7);
	key = mm_trust_find_key(trust, realm_of(trust, "consumer"), mm_slice_str("e1"));
	assert_true(key->revoked_at_s == INT64_MIN);
	assert_int_equal(told.alarms.len, 0);
	assert_true(was_told(&told.remarks, "e1: the kid is revoked in realm consumer, which has no such key; that of "
	    "realm enterprise is good"));
	assert_false(was_told(&told.remarks, "a: the kid"));
	mm_trust_free(&trust);
	maker_text_clear(&text);
}

/* The autopsy verifies with keys that nothing is allowed by. */
static void
a_key_of_any_standing_has_its_public_key(void **state)
{
	struct maker_text text = { NULL, 0, 0 };
	struct world world = world_of(JWKS(&text,
	    { KEY_1, "dead", KEY_ISSUER, "\"revoked\":{\"revoked_at\":1700000000}" },
	    { KEY_2, "nobody", NULL, NULL }, { KEY_3, "e1", KEY_ISSUER, NULL }));
	struct mm_trust *trust = compile(&world);

	(void)state;
	assert_non_null(trust);
	assert_int_equal(trust->key_count, 4);
	for (size_t i = 0; i < trust->key_count; i++)
		assert_non_null(trust->keys[i].public_key);
	assert_int_equal(trust->keys[0].revoked_at_s, 1700000000);
	mm_trust_free(&trust);
	maker_text_clear(&text);
}

static void
what_a_service_demands_is_in_the_snapshot(void **state)
{
	struct maker_text text = { NULL, 0, 0 };
	struct world world = world_of(JWKS(&text, { KEY_3, "e1", KEY_ISSUER, NULL }));
	struct mm_trust *trust;

	(void)state;
	world.services[1] = world.services[0];
	world.services[1].name = "bound";
	world.services[1].binding = MM_BINDING_MTLS;
	world.services[0].dpop_nonce = true;
	world.service_count = 2;
	trust = compile(&world);
	assert_non_null(trust);
	assert_int_equal(trust->services[0].binding, MM_BINDING_WHEN_BOUND);
	assert_true(trust->services[0].dpop_nonce);
	assert_int_equal(trust->services[1].binding, MM_BINDING_MTLS);
	assert_false(trust->services[1].dpop_nonce);
	mm_trust_free(&trust);
	maker_text_clear(&text);
}

/* ---- settings ---- */

static void
change_nothing(struct world *world)
{
	(void)world;
}

static void
no_realm(struct world *world)
{
	world->realm_count = world->tenant_count = world->service_count = 0;
}

static void
equal_literals(struct world *world)
{
	world->realms[2] = world->realms[0];
	world->realms[2].name = "x";
	world->realm_count = 3;
}

static void
overlapping(struct world *world)
{
	world->realms[2] = world->realms[1];
	world->realms[2].name = "x";
	world->realm_count = 3;
}

static void
same_realm_name(struct world *world)
{
	world->realms[2] = world->realms[1];
	world->realms[2].issuer = "https://x.example";
	world->realm_count = 3;
}

static void
bad_issuer(struct world *world)
{
	world->realms[0].issuer = "login.example";
}

static void
no_issuer(struct world *world)
{
	world->realms[0].issuer = NULL;
}

static void
bad_name(struct world *world)
{
	world->realms[0].name = "a b";
}

static void
no_document(struct world *world)
{
	world->realms[0].keys = "elsewhere";
}

static void
long_lifetime(struct world *world)
{
	world->realms[0].max_lifetime_s = 2678401;
}

static void
negative_lifetime(struct world *world)
{
	world->realms[0].max_lifetime_s = -1;
}

static void
tenant_without_realm(struct world *world)
{
	world->tenants[0].realm = "other";
}

static void
tenant_without_id(struct world *world)
{
	world->tenants[0].id = NULL;
}

static void
tenant_with_slash(struct world *world)
{
	world->tenants[0].id = "a/b";
}

static void
tenant_is_the_consumers(struct world *world)
{
	world->tenants[0].id = C;
}

static void
same_tenant_id(struct world *world)
{
	world->tenants[2] = world->tenants[0];
	world->tenants[2].name = "x";
	world->tenants[2].domains = NULL;
	world->tenant_count = 3;
}

static void
same_domain(struct world *world)
{
	world->tenants[2] = world->tenants[0];
	world->tenants[2].name = "x";
	world->tenants[2].id = "b";
	world->tenant_count = 3;
}

static void
two_tenants_of_a_literal(struct world *world)
{
	world->tenants[2] = world->tenants[1];
	world->tenants[2].name = "x";
	world->tenants[2].domains = NULL;
	world->tenant_count = 3;
}

static void
bad_domain(struct world *world)
{
	static const char *const domains[] = { "a@b", NULL };

	world->tenants[0].domains = domains;
}

static void
no_audience(struct world *world)
{
	world->services[0].audience = "";
}

static void
no_accepted_realm(struct world *world)
{
	world->services[0].realms = NULL;
}

static void
unknown_realm(struct world *world)
{
	static const char *const realms[] = { "other", NULL };

	world->services[0].realms = realms;
}

static void
realm_twice(struct world *world)
{
	static const char *const realms[] = { "consumer", "consumer", NULL };

	world->services[0].realms = realms;
}

static void
bad_scope(struct world *world)
{
	static const char *const scopes[] = { "a b", NULL };

	world->services[0].scopes = scopes;
}

static void
same_service(struct world *world)
{
	world->services[1] = world->services[0];
	world->service_count = 2;
}

static void
unknown_algorithm(struct world *world)
{
	static const char *const none[] = { "none", NULL };

	world->realms[0].algorithms = none;
}

static void
no_token_types(struct world *world)
{
	static const char *const none[] = { NULL };

	world->realms[0].token_types = none;
}

static void
revoke(struct world *world, const char *realm, enum mm_revocation_kind kind, const char *value, int64_t before_s)
{
	world->revocations[world->revocation_count++] = (struct mm_revocation_settings){ realm, kind, value, before_s };
}

static void
revoke_no_tenant(struct world *world)
{
	revoke(world, "enterprise", MM_REVOKE_TENANT, A, INT64_MAX);
}

static void
revoke_no_realm(struct world *world)
{
	revoke(world, "other", MM_REVOKE_TOKEN, "j", INT64_MAX);
}

static void
revoke_token_by_age(struct world *world)
{
	revoke(world, "enterprise", MM_REVOKE_TOKEN, "j", 100);
}

static void
revoke_long_kid(struct world *world)
{
	static char kid[MM_KID_LEN_MAX + 2];

	memset(kid, 'k', sizeof(kid) - 1);
	revoke_kid(world, "enterprise", kid, 0);
}

static void
revoke_kid_of_no_realm(struct world *world)
{
	revoke_kid(world, "other", "k", 0);
}

static void
absent_for_ever(struct world *world)
{
	world->realms[0].absent_for_s = 2678401;
}

static void
unknown_binding(struct world *world)
{
	world->services[0].binding = (enum mm_binding)3;
}

struct settings_row {
	void (*change)(struct world *world);
	const char *told; /* NULL: good */
};

static const struct settings_row settings_rows[] = {
	{ change_nothing, NULL },
	{ no_realm, "there is no realm" },
	{ equal_literals, "has the same issuer" },
	{ overlapping, "fit the same issuers" },
	{ same_realm_name, "two realms have this name" },
	{ bad_issuer, "no https URL" },
	{ no_issuer, "the realm has no issuer" },
	{ bad_name, "the name of this realm cannot be used" },
	{ no_document, "key document is missing" },
	{ long_lifetime, "out of range" },
	{ negative_lifetime, "out of range" },
	{ tenant_without_realm, "there is no realm 'other'" },
	{ tenant_without_id, "has no id" },
	{ tenant_with_slash, "cannot stand in an issuer" },
	{ tenant_is_the_consumers, "the tenant's issuer is that of realm consumer" },
	{ same_tenant_id, "has the same id" },
	{ same_domain, "domain 'contoso.example' is tenant" },
	{ two_tenants_of_a_literal, "has two tenants, and an issuer without {tenant}" },
	{ bad_domain, "no plain ASCII domain" },
	{ no_audience, "no audience" },
	{ no_accepted_realm, "accepts no realm" },
	{ unknown_realm, "there is no realm 'other'" },
	{ realm_twice, "named twice" },
	{ bad_scope, "is no scope" },
	{ same_service, "two services have this name" },
	{ unknown_algorithm, "there is no algorithm 'none'" },
	{ no_token_types, "accepts no token type" },
	{ revoke_no_tenant, "has no tenant" },
	{ revoke_no_realm, "there is no realm 'other'" },
	{ revoke_token_by_age, "revoked for good" },
	{ revoke_long_kid, "no key has such a 'kid'" },
	{ revoke_kid_of_no_realm, "there is no realm 'other'" },
	{ absent_for_ever, "'absent_for' is out of range" },
	{ unknown_binding, "no kind of binding" },
};

static void
settings_that_contradict_are_refused(void **state)
{
	struct maker_text text = { NULL, 0, 0 };
	struct mm_slice jwks = JWKS(&text, { KEY_1, "c1", CONSUMER_ISSUER, NULL }, { KEY_2, "e1", KEY_ISSUER, NULL });

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(settings_rows); i++) {
		struct world world = world_of(jwks);
		struct mm_trust *trust;

		settings_rows[i].change(&world);
		trust = compile(&world);
		if ((trust != NULL) != (settings_rows[i].told == NULL))
			fail_msg("row %zu: %s", i, settings_rows[i].told);
		if (settings_rows[i].told != NULL && !was_told(&told.refused, settings_rows[i].told))
			fail_msg("row %zu tells: %s", i, told.refused.data);
		mm_trust_free(&trust);
	}
	maker_text_clear(&text);
}

static void
of_two_revocations_the_wider_one_holds(void **state)
{
	struct maker_text text = { NULL, 0, 0 };
	struct world world = world_of(JWKS(&text, { KEY_2, "e1", KEY_ISSUER, NULL }));
	const struct mm_realm *enterprise;
	struct mm_trust *trust;

	(void)state;
	world.revocations[0] = (struct mm_revocation_settings){ "enterprise", MM_REVOKE_SUBJECT, "s", 100 };
	world.revocations[1] = (struct mm_revocation_settings){ "enterprise", MM_REVOKE_SUBJECT, "s", 200 };
	world.revocations[2] = (struct mm_revocation_settings){ "enterprise", MM_REVOKE_TOKEN, "j", INT64_MAX };
	world.revocations[3] = (struct mm_revocation_settings){ "consumer", MM_REVOKE_CLIENT, "s", INT64_MAX };
	world.revocation_count = 4;
	trust = compile(&world);
	assert_non_null(trust);
	assert_int_equal(trust->revocation_count, 3);
	enterprise = realm_of(trust, "enterprise");
	assert_true(mm_trust_is_revoked(trust, enterprise, MM_REVOKE_SUBJECT, mm_slice_str("s"), 199));
	assert_false(mm_trust_is_revoked(trust, enterprise, MM_REVOKE_SUBJECT, mm_slice_str("s"), 200));
	assert_true(mm_trust_is_revoked(trust, enterprise, MM_REVOKE_TOKEN, mm_slice_str("j"), MM_TIME_MAX_S));
	assert_false(mm_trust_is_revoked(trust, enterprise, MM_REVOKE_CLIENT, mm_slice_str("s"), 0));
	assert_true(mm_trust_is_revoked(trust, realm_of(trust, "consumer"), MM_REVOKE_CLIENT, mm_slice_str("s"), 0));
	assert_false(mm_trust_is_revoked(trust, enterprise, MM_REVOKE_SUBJECT, MM_SLICE_ABSENT, 0));
	mm_trust_free(&trust);
	maker_text_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shared_document_gives_each_realm_its_own_keys),
		cmocka_unit_test(a_filled_template_is_not_the_template),
		cmocka_unit_test(a_tombstone_kills_its_material_everywhere),
		cmocka_unit_test(a_tombstone_of_an_encryption_key_kills_its_material),
		cmocka_unit_test(no_material_serves_two_realms),
		cmocka_unit_test(a_document_of_two_names_is_one),
		cmocka_unit_test(a_snapshot_with_an_endless_window_is_refused),
		cmocka_unit_test(a_realm_that_demands_no_issuer_gets_no_key_of_a_shared_document),
		cmocka_unit_test(a_file_with_a_bad_key_is_refused),
		cmocka_unit_test(a_file_that_is_no_jwk_set_is_refused_with_its_line),
		cmocka_unit_test(an_algorithm_is_stated_or_the_one_that_fits),
		cmocka_unit_test(windows_come_from_nbf_else_iat_to_exp),
		cmocka_unit_test(a_fetched_document_leaves_out_what_is_bad),
		cmocka_unit_test(one_key_under_two_spellings_of_its_issuer_stops_nothing),
		cmocka_unit_test(a_fetched_document_that_is_no_set_has_no_keys),
		cmocka_unit_test(a_key_that_is_gone_is_good_for_a_while),
		cmocka_unit_test(a_fetched_tombstone_kills_only_where_its_document_is_the_source),
		cmocka_unit_test(fetched_material_stays_where_it_stood_first),
		cmocka_unit_test(one_fetched_document_gives_no_material_to_two_realms),
		cmocka_unit_test(a_revoked_kid_is_dead_with_its_material),
		cmocka_unit_test(a_revoked_kid_is_dead_before_there_is_such_a_key),
		cmocka_unit_test(a_key_of_any_standing_has_its_public_key),
		cmocka_unit_test(what_a_service_demands_is_in_the_snapshot),
		cmocka_unit_test(settings_that_contradict_are_refused),
		cmocka_unit_test(of_two_revocations_the_wider_one_holds),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
