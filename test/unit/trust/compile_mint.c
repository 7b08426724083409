/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiling mints: what their key documents and directories become, and what settings of theirs are refused.
 */
#include "lib/base/array.h"
#include "lib/base/buf.h"
#include "lib/trust/find.h"
#include "test/maker/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define A "aaaaaaaa-0000-4000-8000-00000000000a"
#define B "bbbbbbbb-0000-4000-8000-00000000000b"
#define HOME "https://home.example/{tenant}"
#define WEB "https://web.example"
#define OUT "https://out.example"

enum { KEY_1, KEY_2, KEY_3, KEY_4, KEY_COUNT };
static EVP_PKEY *keys[KEY_COUNT];
static struct mm_buf refused, others;

static int
make_keys(void **state)
{
	(void)state;
	mm_buf_init(&refused, 1 << 20);
	mm_buf_init(&others, 1 << 20);
	for (int i = 0; i < KEY_COUNT; i++)
		keys[i] = maker_key_new(MAKER_EC256, NULL);
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	mm_buf_clear(&refused);
	mm_buf_clear(&others);
	for (int i = 0; i < KEY_COUNT; i++)
		EVP_PKEY_free(keys[i]);
	return 0;
}

static void
keep_note(void *ctx, const struct mm_note *note)
{
	(void)ctx;
	mm_buf_addf(note->note_class == MM_NOTE_REFUSED ? &refused : &others, "%s: %.*s: %s\n", note->where,
	    (int)note->kid.len, note->kid.ptr, note->text);
}

static bool
was_told(struct mm_buf *notes, const char *words)
{
	mm_buf_add_u8(notes, 0);
	notes->len--;
	return notes->data != NULL && strstr(notes->data, words) != NULL;
}

static void
add_key(struct maker_text *text, int key, const char *kid, const char *issuer, const char *more)
{
	struct maker_object jwk = { .count = 0 };

	maker_text_add_str(text, text->len == 0 ? "{\"keys\":[" : ",");
	maker_key_publish(keys[key], &jwk);
	maker_object_set_string(&jwk, "kid", kid);
	maker_object_set_string(&jwk, "alg", "ES256");
	if (issuer != NULL)
		maker_object_set_string(&jwk, "issuer", issuer);
	maker_object_write(&jwk, text);
	text->bytes[--text->len] = '\0';
	maker_text_add_format(text, ",%s}", more);
	maker_object_clear(&jwk);
}

#define ACTIVE "\"iat\":50,\"nbf\":100,\"exp\":1000,\"state\":\"active\""

static const char *const list_of_home[] = { "home", NULL };
static const char *const list_of_all[] = { "home", "web", "out", NULL };
static const char *const contoso_domains[] = { "Contoso.example", "contoso.test", NULL };
static const char *const fabrikam_domains[] = { "fabrikam.example", NULL };

/* What tests change. */
struct world {
	struct mm_realm_settings realms[3]; /* home, a mint of many tenants; web, derived from it; out, external */
	struct mm_tenant_settings tenants[4];
	size_t tenant_count;
	struct mm_service_settings service;
	const char *directory; /* of home; NULL: none */
	const char *home_keys; /* NULL: an active key */
	enum mm_document_origin home_origin;
};

static struct world
new_world(void)
{
	return (struct world){
		.realms = {
			{ .name = "home", .issuer = HOME, .keys = "mint:home", .mint = true },
			{ .name = "web", .issuer = WEB, .keys = "mint:web", .mint = true,
			    .derived_from = list_of_home },
			{ .name = "out", .issuer = OUT, .keys = "out.jwks" },
		},
		.tenants = { { "contoso", "home", A, contoso_domains }, { "fabrikam", "home", B, fabrikam_domains } },
		.tenant_count = 2,
		.service = { .name = "mail", .audience = "mail", .realms = list_of_all },
		.home_origin = MM_DOCUMENT_MINT,
	};
}

static void
add_documents(const struct world *world, struct mm_trust_builder *builder)
{
	struct maker_text text = { NULL, 0, 0 };

	if (world->home_keys == NULL) {
		add_key(&text, KEY_1, "h1", HOME, ACTIVE);
		maker_text_add_str(&text, "]}");
	}
	assert_true(mm_trust_builder_add_document(builder, "mint:home", world->home_keys != NULL ?
	    mm_slice_str(world->home_keys) : mm_slice(text.bytes, text.len), world->home_origin));
	assert_true(mm_trust_builder_add_document(builder, "mint:web", mm_slice_str(""), MM_DOCUMENT_MINT));
	assert_true(mm_trust_builder_add_document(builder, "out.jwks", mm_slice_str("{\"keys\":[]}"),
	    MM_DOCUMENT_FILE));
	if (world->directory != NULL)
		assert_true(mm_trust_builder_add_directory(builder, "home", mm_slice_str(world->directory)));
	maker_text_clear(&text);
}

static struct mm_trust *
compile(const struct world *world)
{
	struct mm_trust_builder *builder = mm_trust_builder_new();
	struct mm_trust *trust = NULL;
	void *snapshot = NULL;
	size_t len = 0;

	mm_buf_clear(&refused);
	mm_buf_clear(&others);
	assert_non_null(builder);
	add_documents(world, builder);
	for (size_t i = 0; i < MM_COUNT_OF(world->realms); i++)
		assert_true(mm_trust_builder_add_realm(builder, &world->realms[i]));
	for (size_t i = 0; i < world->tenant_count; i++)
		assert_true(mm_trust_builder_add_tenant(builder, &world->tenants[i]));
	assert_true(mm_trust_builder_add_service(builder, &world->service));
	if (mm_trust_builder_compile(builder, 1, keep_note, NULL, &snapshot, &len))
		trust = mm_trust_load(snapshot, len, NULL);
	else
		assert_int_not_equal(refused.len, 0);
	free(snapshot);
	mm_trust_builder_free(&builder);
	return trust;
}

static void
assert_refused(const struct world *world, const char *words)
{
	struct mm_trust *trust = compile(world);

	if (trust != NULL || !was_told(&refused, words))
		fail_msg("not refused with '%s', but: %.*s", words, (int)refused.len, refused.data);
}

static const struct mm_key *
key_of(const struct mm_trust *trust, const char *kid)
{
	return mm_trust_find_key(trust, mm_trust_find_realm_named(trust, mm_slice_str("home")), mm_slice_str(kid));
}

/* ---- keys ---- */

static void
a_mints_document_says_what_its_keys_are_for(void **state)
{
	struct maker_text text = { NULL, 0, 0 };
	struct world world = new_world();
	struct mm_trust *trust;

	(void)state;
	add_key(&text, KEY_1, "plain", HOME, ACTIVE ",\"verify_until\":2000");
	add_key(&text, KEY_2, "tainted", HOME, "\"nbf\":100,\"exp\":1000,\"state\":\"tainted\",\"tainted\":300");
	add_key(&text, KEY_3, "retired", HOME, "\"nbf\":100,\"exp\":1000,\"state\":\"retired\",\"tainted\":1");
	add_key(&text, KEY_4, "revoked", HOME, "\"nbf\":100,\"exp\":1000,\"state\":\"revoked\",\"revoked\":900");
	maker_text_add_str(&text, "]}");
	world.home_keys = text.bytes;
	trust = compile(&world);
	assert_non_null(trust);
	assert_int_equal(key_of(trust, "plain")->verify_until_s, 2000);
	assert_false(key_of(trust, "plain")->tainted);
	assert_int_equal(mm_key_state_at(key_of(trust, "plain"), 500), MM_STATE_ACTIVE);
	assert_true(key_of(trust, "tainted")->tainted);
	assert_int_equal(key_of(trust, "tainted")->verify_until_s, 1000 + 3600 + 60);
	assert_int_equal(mm_key_state_at(key_of(trust, "tainted"), 500), MM_STATE_TAINTED);
	assert_int_equal(mm_key_state_at(key_of(trust, "tainted"), 5000), MM_STATE_RETIRED);
	assert_int_equal(key_of(trust, "retired")->verify_until_s, 1000);
	assert_int_equal(mm_key_state_at(key_of(trust, "retired"), 1001), MM_STATE_RETIRED);
	assert_int_equal(key_of(trust, "revoked")->standing, MM_KEY_TOMBSTONED);
	assert_int_equal(key_of(trust, "revoked")->revoked_at_s, 900);
	assert_true(mm_trust_find_realm_named(trust, mm_slice_str("home"))->is_mint);
	assert_false(mm_trust_find_realm_named(trust, mm_slice_str("out"))->is_mint);
	mm_trust_free(&trust);
	maker_text_clear(&text);
}

static void
a_mints_key_that_says_too_little_refuses_the_snapshot(void **state)
{
	static const struct {
		const char *issuer, *more, *words;
	} rows[] = {
		{ HOME, "\"nbf\":1,\"exp\":2", "in no known state" },
		{ HOME, "\"nbf\":1,\"exp\":2,\"state\":\"good\"", "in no known state" },
		{ HOME, "\"nbf\":1,\"exp\":2,\"state\":7", "in no known state" },
		{ NULL, ACTIVE, "does not state whose" },
		{ HOME, "\"exp\":2,\"state\":\"active\"", "no window" },
		{ HOME, "\"nbf\":2,\"state\":\"active\"", "no window" },
		{ HOME, ACTIVE ",\"tainted\":true", "'tainted' is no time" },
		{ HOME, ACTIVE ",\"verify_until\":-1", "'verify_until' is no time" },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct maker_text text = { NULL, 0, 0 };
		struct world world = new_world();

		add_key(&text, KEY_1, "k", rows[i].issuer, rows[i].more);
		maker_text_add_str(&text, "]}");
		world.home_keys = text.bytes;
		assert_refused(&world, rows[i].words);
		maker_text_clear(&text);
	}
}

/* Of an external realm an operator's file may say so. */
static void
a_file_can_say_that_a_key_is_tainted(void **state)
{
	struct maker_text text = { NULL, 0, 0 };
	struct world world = new_world();
	struct mm_trust *trust;

	(void)state;
	add_key(&text, KEY_1, "t", HOME, "\"tainted\":300");
	maker_text_add_str(&text, "]}");
	world.realms[0] = (struct mm_realm_settings){ .name = "home", .issuer = HOME, .keys = "mint:home" };
	world.home_keys = text.bytes;
	world.home_origin = MM_DOCUMENT_FILE;
	trust = compile(&world);
	assert_non_null(trust);
	assert_true(key_of(trust, "t")->tainted);
	mm_trust_free(&trust);
	/* A stranger's word says nothing. */
	world.home_origin = MM_DOCUMENT_FETCHED;
	trust = compile(&world);
	assert_non_null(trust);
	assert_false(key_of(trust, "t")->tainted);
	mm_trust_free(&trust);
	maker_text_clear(&text);
}

static void
a_mint_has_a_mints_document_and_no_other_realm_has(void **state)
{
	struct world world = new_world();
	struct mm_trust *trust;

	(void)state;
	world.home_origin = MM_DOCUMENT_FILE;
	assert_refused(&world, "the realm's keys are a mint's");
	world = new_world();
	world.realms[0].mint = false;
	assert_refused(&world, "the realm's keys are a mint's");
	world = new_world();
	world.home_keys = "";
	trust = compile(&world);
	assert_non_null(trust);
	assert_int_equal(trust->key_count, 0);
	assert_true(was_told(&others, "the ledger did not say yet"));
	mm_trust_free(&trust);
}

/* ---- directories ---- */

#define USERS(...) "{\"users\":[" __VA_ARGS__ "]}"

static void
a_directory_says_who_opens_what(void **state)
{
	struct world world = new_world();
	const struct mm_tenant *contoso, *fabrikam;
	const struct mm_user *alice, *dave;
	struct mm_trust *trust;

	(void)state;
	world.directory = USERS("{\"tenant\":\"contoso\",\"subject\":\"s-dave\",\"mailbox\":null},"
	    "{\"tenant\":\"fabrikam\",\"subject\":\"s-alice\",\"mailbox\":\"bob@fabrikam.example\"},"
	    "{\"tenant\":\"contoso\",\"subject\":\"s-al\\u0069ce\",\"mailbox\":\"Alice@CONTOSO.example\",\"delegates\":"
	    "[\"sales@contoso.test\",\"bob@fabrikam.example\",\"no address\",7]},"
	    "{\"tenant\":\"contoso\",\"subject\":\"s-eve\",\"mailbox\":\"eve@fabrikam.example\"},"
	    "{\"tenant\":\"nobody\",\"subject\":\"s-x\",\"mailbox\":\"x@contoso.example\"},"
	    "{\"tenant\":\"contoso\",\"subject\":\"twice\",\"mailbox\":\"a@contoso.example\"},"
	    "{\"tenant\":\"contoso\",\"subject\":\"twice\",\"mailbox\":\"b@contoso.example\"}");
	trust = compile(&world);
	assert_non_null(trust);
	contoso = mm_realm_find_tenant(mm_trust_find_realm_named(trust, mm_slice_str("home")), mm_slice_str(A));
	fabrikam = mm_realm_find_tenant(contoso->realm, mm_slice_str(B));
	alice = mm_tenant_find_user(contoso, mm_slice_str("s-alice"));
	dave = mm_tenant_find_user(contoso, mm_slice_str("s-dave"));
	assert_non_null(alice);
	assert_true(mm_slice_equal(alice->mailbox, mm_slice_str("alice@contoso.example")));
	assert_int_equal(alice->delegates.count, 1);
	assert_true(mm_slice_equal(alice->delegates.items[0], mm_slice_str("sales@contoso.test")));
	assert_non_null(dave);
	assert_false(mm_slice_present(dave->mailbox));
	assert_true(mm_slice_equal(mm_tenant_find_user(fabrikam, mm_slice_str("s-alice"))->mailbox,
	    mm_slice_str("bob@fabrikam.example")));
	assert_false(mm_slice_present(mm_tenant_find_user(contoso, mm_slice_str("s-eve"))->mailbox));
	assert_null(mm_tenant_find_user(fabrikam, mm_slice_str("s-dave")));
	assert_null(mm_tenant_find_user(contoso, mm_slice_str("twice")));
	assert_null(mm_tenant_find_user(contoso, mm_slice_str("s-x")));
	assert_null(mm_tenant_find_user(contoso, MM_SLICE_ABSENT));
	assert_true(was_told(&others, "subject 'twice' stands twice"));
	assert_true(was_told(&others, "tenant nobody, which the realm does not have"));
	mm_trust_free(&trust);
}

static void
a_claim_or_a_directory_names_mailboxes(void **state)
{
	struct mm_service service = { .mailbox_claim = MM_SLICE_ABSENT, .directory = MM_DIRECTORY_NONE };

	(void)state;
	assert_false(mm_service_has_mailboxes(&service));
	service.directory = MM_DIRECTORY_SUBJECTS;
	assert_false(mm_service_has_mailboxes(&service));
	service.directory = MM_DIRECTORY_MAILBOXES;
	assert_true(mm_service_has_mailboxes(&service));
	service = (struct mm_service){ .mailbox_claim = mm_slice_str("upn") };
	assert_true(mm_service_has_mailboxes(&service));
}

static void
a_directory_that_is_none_refuses_the_snapshot(void **state)
{
	static const struct {
		const char *json, *words;
	} rows[] = {
		{ "[]", "no JSON object" },
		{ "{\"users\":[]", "no JSON object" },
		{ "{}", "no list of users" },
		{ "{\"users\":{}}", "no list of users" },
		{ USERS("7"), "no tenant or no subject" },
		{ USERS("{\"tenant\":\"contoso\"}"), "no tenant or no subject" },
		{ USERS("{\"tenant\":\"contoso\",\"subject\":\"\"}"), "no tenant or no subject" },
		{ USERS("{\"subject\":\"s\"}"), "no tenant or no subject" },
		{ USERS("{\"tenant\":\"contoso\",\"subject\":\"s\",\"mailbox\":7}"), "'mailbox' is no text" },
		{ USERS("{\"tenant\":\"contoso\",\"subject\":\"s\",\"delegates\":\"x\"}"), "are no list" },
	};
	struct world world = new_world();
	struct mm_trust *trust;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		world.directory = rows[i].json;
		assert_refused(&world, rows[i].words);
	}
	world.directory = "";
	trust = compile(&world);
	assert_non_null(trust);
	mm_trust_free(&trust);
	world.realms[0].name = "house"; /* the directory is of nobody */
	assert_refused(&world, "no mint of this name");
}

/* ---- settings ---- */

static void
services_and_derived_realms_are_in_the_snapshot(void **state)
{
	static const char *const unproven[] = { "out", NULL };
	struct world world = new_world();
	const struct mm_service *service;
	const struct mm_realm *web;
	struct mm_trust *trust;

	(void)state;
	world.realms[0].when_stale_marked_only = true;
	world.service.mark = MM_PROOF_REQUIRED;
	world.service.ledger = MM_PROOF_OBSERVE;
	world.service.ledger_away_marked_only = true;
	world.service.accept_unproven = unproven;
	world.service.exchange_from = list_of_home;
	trust = compile(&world);
	assert_non_null(trust);
	service = &trust->services[0];
	web = mm_trust_find_realm_named(trust, mm_slice_str("web"));
	assert_int_equal(service->mark, MM_PROOF_REQUIRED);
	assert_int_equal(service->ledger, MM_PROOF_OBSERVE);
	assert_true(service->ledger_away_marked_only);
	assert_int_equal(service->directory, MM_DIRECTORY_NONE);
	assert_int_equal(service->unproven_realm_count, 1);
	assert_true(service->exchanges);
	assert_int_equal(service->exchange_realm_count, 1);
	assert_int_equal(web->parent_count, 1);
	assert_true(web->parents[0]->when_stale_marked_only);
	assert_true(mm_slice_equal(mm_realm_find_parents_tenant(web, mm_slice_str(B))->name,
	    mm_slice_str("fabrikam")));
	assert_null(mm_realm_find_parents_tenant(web, mm_slice_str("c")));
	mm_trust_free(&trust);
}

/* Each changes the world in one place. */
static const char *const list_of_none[] = { NULL };
static const char *const list_of_web[] = { "web", NULL };
static const char *const list_of_home_twice[] = { "home", "home", NULL };
static const char *const list_of_nobody[] = { "nobody", NULL };
static const char *const list_of_home_and_out[] = { "home", "out", NULL };

static void
derived_from_itself(struct world *world)
{
	world->realms[1].derived_from = list_of_web;
}

static void
derived_from_derived(struct world *world)
{
	world->realms[0].derived_from = list_of_web;
}

static void
derived_twice(struct world *world)
{
	world->realms[1].derived_from = list_of_home_twice;
}

static void
derived_from_nobody(struct world *world)
{
	world->realms[1].derived_from = list_of_nobody;
}

static void
derived_without_mint(struct world *world)
{
	world->realms[2].derived_from = list_of_home;
}

static void
derived_template(struct world *world)
{
	world->realms[1].issuer = "https://web.example/{tenant}";
}

static void
derived_with_tenant(struct world *world)
{
	world->tenants[world->tenant_count++] = (struct mm_tenant_settings){ "own", "web", "o", NULL };
}

static void
tenants_of_one_id(struct world *world)
{
	world->realms[1].derived_from = list_of_home_and_out;
	world->tenants[world->tenant_count++] = (struct mm_tenant_settings){ "same", "out", A, NULL };
}

static void
stale_without_marks(struct world *world)
{
	world->realms[2].when_stale_marked_only = true;
}

static void
proof_of_external(struct world *world)
{
	world->service.ledger = MM_PROOF_REQUIRED;
}

static void
unproven_mint(struct world *world)
{
	world->service.accept_unproven = list_of_home;
}

static void
exchange_of_derived(struct world *world)
{
	world->service.exchange_from = list_of_web;
}

static void
exchange_of_none(struct world *world)
{
	world->service.exchange_from = list_of_none;
}

static void
directory_of_external(struct world *world)
{
	world->service.directory = MM_DIRECTORY_SUBJECTS;
}

static void
directory_and_claim(struct world *world)
{
	world->service.realms = list_of_home;
	world->service.directory = MM_DIRECTORY_MAILBOXES;
	world->service.mailbox_claim = "email";
}

static void
settings_that_contradict_are_refused(void **state)
{
	static const struct {
		void (*change)(struct world *world);
		const char *words;
	} rows[] = {
		{ derived_from_itself, "web: : realm web is derived itself" },
		{ derived_from_derived, "web: : realm home is derived itself" },
		{ derived_twice, "twice in 'derived_from'" },
		{ derived_from_nobody, "there is no realm 'nobody'" },
		{ derived_without_mint, "derived from others and is no mint" },
		{ derived_template, "its issuer is a template" },
		{ derived_with_tenant, "has a tenant of its own" },
		{ tenants_of_one_id, "have the same id" },
		{ stale_without_marks, "no marks that could be enough" },
		{ proof_of_external, "realm out has no mint" },
		{ unproven_mint, "home is a mint" },
		{ exchange_of_derived, "never exchanged" },
		{ exchange_of_none, "exchanges tokens of no realm" },
		{ directory_of_external, "which has no mint, keeps none" },
		{ directory_and_claim, "a directory and a mailbox claim" },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct world world = new_world();

		rows[i].change(&world);
		assert_refused(&world, rows[i].words);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mints_document_says_what_its_keys_are_for),
		cmocka_unit_test(a_mints_key_that_says_too_little_refuses_the_snapshot),
		cmocka_unit_test(a_file_can_say_that_a_key_is_tainted),
		cmocka_unit_test(a_mint_has_a_mints_document_and_no_other_realm_has),
		cmocka_unit_test(a_directory_says_who_opens_what),
		cmocka_unit_test(a_claim_or_a_directory_names_mailboxes),
		cmocka_unit_test(a_directory_that_is_none_refuses_the_snapshot),
		cmocka_unit_test(services_and_derived_realms_are_in_the_snapshot),
		cmocka_unit_test(settings_that_contradict_are_refused),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
