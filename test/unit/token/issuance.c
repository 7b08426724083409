/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps 7, 9, 11 and 12 for the tokens of mints: what they were made from, whose they are, what is revoked of them, and
 * what proves them; each without a cache and out of a warm one.
 */
#include "lib/token/proof.h"

#include "lib/base/array.h"
#include "lib/crypto/digest.h"
#include "lib/token/facts.h"
#include "test/maker/key.h"

#include <mintmark.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW_S INT64_C(1800000000)
#define A "aaaaaaaa-0000-4000-8000-00000000000a"
#define B "bbbbbbbb-0000-4000-8000-00000000000b"
#define GONE "cccccccc-0000-4000-8000-00000000000c"
#define HOME "https://home.example/"
#define AUDIENCE "https://mail.example"

enum { HOME_KEY, TAINTED_KEY, REVOKED_KEY, WEB_KEY, OUT_KEY, OUT_TAINTED_KEY, KEY_COUNT };
static const char *const kids[KEY_COUNT] = { "h1", "tainted", "revoked", "w1", "o1", "o2" };
static EVP_PKEY *keys[KEY_COUNT];
static char thumbprints[KEY_COUNT][44];

static struct mm_trust *trust;
static struct mm_proof *proof;
static struct mm_decision *decision;
static struct mm_cache *cache;
static const uint8_t root[MM_MARK_ROOT_LEN] = "the root of the marks of a test";

/* ---- the world ---- */

static void
add_key(struct maker_text *text, int number, const char *issuer, const char *more)
{
	struct maker_object jwk = { .count = 0 };

	maker_text_add_str(text, text->len == 0 ? "{\"keys\":[" : ",");
	maker_key_publish(keys[number], &jwk);
	maker_object_set_string(&jwk, "kid", kids[number]);
	maker_object_set_string(&jwk, "alg", "ES256");
	maker_object_set_string(&jwk, "issuer", issuer);
	maker_object_write(&jwk, text);
	text->bytes[--text->len] = '\0';
	maker_text_add_format(text, ",\"nbf\":%lld,\"exp\":%lld%s}", (long long)NOW_S - 86400, (long long)NOW_S + 86400,
	    more);
	maker_object_clear(&jwk);
}

static void
add_document(struct mm_trust_builder *builder, const char *name, struct maker_text *text,
    enum mm_document_origin origin)
{
	maker_text_add_str(text, "]}");
	assert_true(mm_trust_builder_add_document(builder, name, mm_slice(text->bytes, text->len), origin));
	maker_text_clear(text);
}

static void
add_documents(struct mm_trust_builder *builder)
{
	struct maker_text text = { NULL, 0, 0 };

	add_key(&text, HOME_KEY, HOME "{tenant}", ",\"state\":\"active\"");
	add_key(&text, TAINTED_KEY, HOME "{tenant}", ",\"state\":\"tainted\",\"tainted\":5");
	add_key(&text, REVOKED_KEY, HOME "{tenant}", ",\"state\":\"revoked\",\"revoked\":5");
	add_document(builder, "mint:home", &text, MM_DOCUMENT_MINT);
	add_key(&text, WEB_KEY, "https://web.example", ",\"state\":\"active\"");
	add_document(builder, "mint:web", &text, MM_DOCUMENT_MINT);
	add_key(&text, OUT_KEY, "https://out.example", "");
	add_key(&text, OUT_TAINTED_KEY, "https://out.example", ",\"tainted\":5");
	add_document(builder, "out", &text, MM_DOCUMENT_FILE);
	assert_true(mm_trust_builder_add_directory(builder, "home", mm_slice_str("{\"users\":["
	    "{\"tenant\":\"contoso\",\"subject\":\"alice\",\"mailbox\":\"alice@contoso.example\","
	    "\"delegates\":[\"sales@contoso.example\"]},"
	    "{\"tenant\":\"contoso\",\"subject\":\"dave\",\"delegates\":[\"sales@contoso.example\"]},"
	    "{\"tenant\":\"fabrikam\",\"subject\":\"bob\",\"mailbox\":\"bob@fabrikam.example\"}]}")));
}

static const char *const home[] = { "home", NULL }, *const home_web[] = { "home", "web", NULL };
static const char *const home_out[] = { "home", "out", NULL }, *const all[] = { "home", "web", "out", NULL };
static const char *const out[] = { "out", NULL };

#define REQUIRED MM_PROOF_REQUIRED
#define OBSERVE MM_PROOF_OBSERVE
#define SERVICE(name_, realms_, ...) { .name = name_, .audience = AUDIENCE, .realms = realms_, __VA_ARGS__ }

static const struct mm_service_settings services[] = {
	SERVICE("plain", all, .mark = MM_PROOF_OFF),
	SERVICE("mark", all, .mark = REQUIRED, .accept_unproven = out),
	SERVICE("ledger", home, .ledger = REQUIRED),
	SERVICE("both", all, .mark = REQUIRED, .ledger = REQUIRED, .accept_unproven = out),
	SERVICE("strict", home, .mark = REQUIRED, .ledger = REQUIRED),
	SERVICE("away", home_web, .mark = REQUIRED, .ledger = REQUIRED, .ledger_away_marked_only = true,
	    .accept_unproven = out),
	SERVICE("away-ledger", home, .ledger = REQUIRED, .ledger_away_marked_only = true),
	SERVICE("observe", all, .mark = OBSERVE, .ledger = OBSERVE),
	SERVICE("exchange", all, .exchange_from = home),
	SERVICE("exchange-out", all, .exchange_from = home_out),
	SERVICE("mailboxes", home_web, .directory = MM_DIRECTORY_MAILBOXES),
	SERVICE("subjects", home_web, .directory = MM_DIRECTORY_SUBJECTS),
	SERVICE("addresses", all, .mailbox_claim = "email"),
	SERVICE("unnamed", home_web, .mark = REQUIRED),
	{ .name = "root-mark", .audience = AUDIENCE, .realms = home_web, .mark = REQUIRED, .accept_unproven = out },
};

/* A derived token's own 'iat' is 60 s ago, its root's 100 s. */
static const struct mm_revocation_settings revocations[] = {
	{ .realm = "home", .kind = MM_REVOKE_TOKEN, .value = "p-revoked", .issued_before_s = INT64_MAX },
	{ .realm = "home", .kind = MM_REVOKE_SESSION, .value = "s-revoked", .issued_before_s = INT64_MAX },
	{ .realm = "home", .kind = MM_REVOKE_SUBJECT, .value = "mallory", .issued_before_s = NOW_S - 80 },
	{ .realm = "home", .kind = MM_REVOKE_SUBJECT, .value = "reformed", .issued_before_s = NOW_S - 100 },
	{ .realm = "home", .kind = MM_REVOKE_CLIENT, .value = "c", .issued_before_s = NOW_S - 80 },
	{ .realm = "home", .kind = MM_REVOKE_TENANT, .value = "gone", .issued_before_s = INT64_MAX },
};

static void
make_trust(void)
{
	static const char *const contoso[] = { "contoso.example", NULL }, *const fabrikam[] = { "fabrikam.example",
	    NULL };
	const struct mm_realm_settings realms[] = {
		{ .name = "home", .issuer = HOME "{tenant}", .keys = "mint:home", .mint = true,
		    .when_stale_marked_only = true },
		{ .name = "web", .issuer = "https://web.example", .keys = "mint:web", .mint = true,
		    .derived_from = home_out },
		{ .name = "out", .issuer = "https://out.example", .keys = "out" },
	};
	const struct mm_tenant_settings tenants[] = {
		{ "contoso", "home", A, contoso }, { "fabrikam", "home", B, fabrikam }, { "gone", "home", GONE, NULL },
		{ "outside", "out", "o", NULL },
	};
	struct mm_trust_builder *builder = mm_trust_builder_new();
	void *snapshot = NULL;
	size_t len = 0;

	add_documents(builder);
	for (size_t i = 0; i < MM_COUNT_OF(realms); i++)
		assert_true(mm_trust_builder_add_realm(builder, &realms[i]));
	for (size_t i = 0; i < MM_COUNT_OF(tenants); i++)
		assert_true(mm_trust_builder_add_tenant(builder, &tenants[i]));
	for (size_t i = 0; i < MM_COUNT_OF(services); i++)
		assert_true(mm_trust_builder_add_service(builder, &services[i]));
	for (size_t i = 0; i < MM_COUNT_OF(revocations); i++)
		assert_true(mm_trust_builder_add_revocation(builder, &revocations[i]));
	assert_true(mm_trust_builder_compile(builder, 1, NULL, NULL, &snapshot, &len));
	trust = mm_trust_load(snapshot, len, NULL);
	assert_non_null(trust);
	free(snapshot);
	mm_trust_builder_free(&builder);
}

static void
read_thumbprints(void)
{
	for (size_t i = 0; i < trust->key_count; i++)
		for (int number = 0; number < KEY_COUNT; number++)
			if (mm_slice_equal(trust->keys[i].kid, mm_slice_str(kids[number])))
				memcpy(thumbprints[number], trust->keys[i].thumbprint_text.ptr, 43);
}

/* The secrets of both mints for one day and audience. */
static void
set_day(const char *realm, const char *audience, uint32_t day)
{
	uint8_t id[MM_TOKEN_ID_KEY_LEN], mark[MM_MARK_KEY_LEN], index[MM_INDEX_KEY_LEN];

	assert_true(mm_mint_token_id_key(root, mm_slice_str(realm), id));
	assert_true(mm_mint_mark_key(root, mm_slice_str(realm), mm_slice_str(audience), day, mark));
	assert_true(mm_mint_index_key(root, mm_slice_str(realm), day, index));
	assert_true(mm_proof_set_day(proof, &(struct mm_proof_secrets){ mm_slice_str(realm), mm_slice_str(audience),
	    day,
	    id, mark, index }));
}

static int
make_world(void **state)
{
	static const unsigned char seed[MM_CACHE_SEED_LEN] = "a seed that nobody else knows..";

	(void)state;
	for (int i = 0; i < KEY_COUNT; i++)
		keys[i] = maker_key_new(MAKER_EC256, NULL);
	make_trust();
	read_thumbprints();
	proof = mm_proof_new(1 << 24);
	for (int day = -1; day <= 1; day++) {
		set_day("home", AUDIENCE, mm_mint_day(NOW_S) + (uint32_t)day);
		set_day("web", AUDIENCE, mm_mint_day(NOW_S) + (uint32_t)day);
	}
	cache = mm_cache_new(MM_CACHE_BYTES_MIN * 4, seed);
	decision = mm_decision_new();
	return decision == NULL || cache == NULL || proof == NULL ? -1 : 0;
}

static int
free_world(void **state)
{
	(void)state;
	for (int i = 0; i < KEY_COUNT; i++)
		EVP_PKEY_free(keys[i]);
	mm_trust_free(&trust);
	mm_proof_free(&proof);
	mm_cache_free(&cache);
	mm_decision_free(&decision);
	return 0;
}

/* ---- tokens ---- */

enum marking { MARKED, UNMARKED, MADE_UP, OTHER_AUDIENCE, OTHER_DAY, MARK_FIRST };

/* What a test's token differs in; the rest is Alice's. */
struct recipe {
	int key;
	const char *realm; /* NULL: home */
	enum marking marking;
	const char *subject, *tenant, *more; /* more: members, each with a comma before it */
	uint32_t counter;
	const char *jti; /* NULL: that of the counter */
	bool on_record;  /* the index gets it */
};

struct token {
	struct maker_text text;
	char jti[MM_TOKEN_ID_LEN + 1];
	uint8_t digest[32];
};

#define MINUTE ((uint32_t)(NOW_S / 60))

static void
make_jti(const char *realm, uint32_t counter, char jti[MM_TOKEN_ID_LEN + 1])
{
	struct mm_token_place place = { 1, MINUTE, counter };
	uint8_t key[MM_TOKEN_ID_KEY_LEN];
	struct mm_token_id_cipher *cipher;

	assert_true(mm_mint_token_id_key(root, mm_slice_str(realm), key));
	cipher = mm_token_id_cipher_new(key);
	assert_true(mm_token_id_encode(cipher, place, jti));
	jti[MM_TOKEN_ID_LEN] = '\0';
	mm_token_id_cipher_free(&cipher);
}

/* Close the payload with its mark, or with another. */
static void
add_mark(struct maker_text *payload, const struct recipe *recipe, const char *realm, const char *header)
{
	const char *audience = recipe->marking == OTHER_AUDIENCE ? "https://drive.example" : AUDIENCE;
	uint32_t day = mm_mint_day(NOW_S) - (recipe->marking == OTHER_DAY);
	char mark[MM_MARK_TEXT_LEN + 1] = "AAAAAAAAAAAAAAAAAAAAAA";
	uint8_t bytes[MM_MARK_KEY_LEN];
	struct mm_mark_key *key;

	assert_true(mm_mint_mark_key(root, mm_slice_str(realm), mm_slice_str(audience), day, bytes));
	key = mm_mark_key_new(bytes);
	if (recipe->marking != MADE_UP)
		assert_true(mm_mark_make(key, mm_slice_str(header), mm_slice(payload->bytes, payload->len), mark));
	mm_mark_key_free(&key);
	if (recipe->marking != UNMARKED)
		maker_text_add_format(payload, ",\"mark\":\"%s\"", mark);
	maker_text_add_str(payload, recipe->marking == MARK_FIRST ? ",\"z\":1}" : "}");
}

static void
write_payload(struct maker_text *payload, const struct recipe *recipe, const char *realm, const char *jti)
{
	const char *tenant = recipe->tenant == NULL ? A : recipe->tenant;

	if (strcmp(realm, "home") == 0)
		maker_text_add_format(payload, "{\"iss\":\"" HOME "%s\"", tenant);
	else
		maker_text_add_format(payload, "{\"iss\":\"https://%s.example\"", realm);
	maker_text_add_format(payload, ",\"tid\":\"%s\",\"sub\":\"%s\",\"aud\":\"" AUDIENCE "\",\"client_id\":\"c\","
	    "\"iat\":%lld,\"exp\":%lld,\"jti\":\"%s\"%s", tenant, recipe->subject == NULL ? "alice" : recipe->subject,
	    (long long)NOW_S - 60, (long long)NOW_S + 3000, jti, recipe->more == NULL ? "" : recipe->more);
}

static uint32_t next_counter; /* of the index of 'home'; entries are in order */

static void
put_on_record(struct token *token, const char *realm, uint32_t counter)
{
	struct mm_issued *index = mm_proof_index(proof, mm_slice_str(realm));
	uint8_t key[MM_INDEX_KEY_LEN];
	uint64_t entry;

	assert_true(mm_mint_index_key(root, mm_slice_str(realm), mm_mint_day(NOW_S), key));
	assert_true(mm_issued_entry(key, token->digest, &entry));
	assert_true(mm_issued_add(index, (struct mm_token_place){ 1, MINUTE, counter }, &entry, 1));
}

static struct token
make_token(const struct recipe *recipe)
{
	const char *realm = recipe->realm == NULL ? "home" : recipe->realm;
	struct maker_text header = { NULL, 0, 0 }, encoded = { NULL, 0, 0 }, payload = { NULL, 0, 0 };
	struct maker_text signature = { NULL, 0, 0 };
	struct token token = { .text = { NULL, 0, 0 } };

	make_jti(realm, recipe->counter, token.jti);
	maker_text_add_format(&header, "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"%s\"}", kids[recipe->key]);
	maker_text_add_base64url(&encoded, header.bytes, header.len);
	write_payload(&payload, recipe, realm, recipe->jti == NULL ? token.jti : recipe->jti);
	add_mark(&payload, recipe, realm, encoded.bytes);
	maker_text_add_format(&token.text, "%s.", encoded.bytes);
	maker_text_add_base64url(&token.text, payload.bytes, payload.len);
	assert_true(mm_sha256(mm_slice(token.text.bytes, token.text.len), token.digest));
	if (recipe->on_record)
		put_on_record(&token, realm, recipe->counter);
	maker_key_sign(keys[recipe->key], "ES256", &token.text, &signature);
	maker_text_add_str(&token.text, ".");
	maker_text_add_base64url(&token.text, signature.bytes, signature.len);
	maker_text_clear(&header);
	maker_text_clear(&encoded);
	maker_text_clear(&payload);
	maker_text_clear(&signature);
	return token;
}

/* ---- deciding ---- */

static struct mm_request
request_of(const struct token *token, const char *service)
{
	struct mm_request request = {
		.service = mm_trust_find_service(trust, mm_slice_str(service)),
		.token = mm_slice(token->text.bytes, token->text.len), .now_s = NOW_S, .proof = proof,
	};

	assert_non_null(request.service);
	return request;
}

/* The same without a cache, and twice with one. */
static enum mm_reason
decide(struct mm_request request)
{
	enum mm_reason reasons[3];
	enum mm_issuance issuances[3];

	for (int i = 0; i < 3; i++) {
		bool allowed;

		request.cache = i == 0 ? NULL : cache;
		allowed = mm_allowed(mm_decide(trust, &request, decision));
		reasons[i] = mm_decision_reason(decision);
		assert_int_equal(allowed, reasons[i] == MM_OK);
		issuances[i] = mm_decision_issuance(decision);
	}
	for (int i = 1; i < 3; i++)
		if (reasons[i] != reasons[0] || issuances[i] != issuances[0])
			fail_msg("cold %s, then %s", mm_reason_code(reasons[0]), mm_reason_code(reasons[i]));
	return reasons[0];
}

static void
expect(const struct token *token, const char *service, enum mm_reason reason, enum mm_issuance issuance)
{
	enum mm_reason found = decide(request_of(token, service));

	if (found != reason || mm_decision_issuance(decision) != issuance)
		fail_msg("at %s: %s, %s; and not %s, %s", service, mm_reason_code(found),
		    mm_issuance_name(mm_decision_issuance(decision)), mm_reason_code(reason),
		    mm_issuance_name(issuance));
}

static struct mm_issued *
index_of_home(uint32_t high_water)
{
	struct mm_issued *index = mm_proof_index(proof, mm_slice_str("home"));

	assert_non_null(index);
	mm_issued_set_high_water(index, (struct mm_token_place){ 1, MINUTE, high_water });
	return index;
}

static struct token
genuine(int key)
{
	return make_token(&(struct recipe){ .key = key, .counter = next_counter++, .on_record = true });
}

/* ---- step 12 ---- */

static void
a_genuine_token_passes_everywhere(void **state)
{
	struct token token = genuine(HOME_KEY);

	(void)state;
	index_of_home(next_counter);
	expect(&token, "plain", MM_OK, MM_ISSUANCE_NONE);
	expect(&token, "mark", MM_OK, MM_ISSUANCE_MARKED);
	expect(&token, "ledger", MM_OK, MM_ISSUANCE_ISSUED);
	expect(&token, "both", MM_OK, MM_ISSUANCE_ISSUED);
	expect(&token, "away", MM_OK, MM_ISSUANCE_ISSUED);
	expect(&token, "observe", MM_OK, MM_ISSUANCE_ISSUED);
	expect(&token, "exchange", MM_OK, MM_ISSUANCE_ISSUED);
	assert_true(mm_slice_equal(mm_decision_fact(decision, MM_FACT_PROOF), mm_slice_str("issued")));
	maker_text_clear(&token.text);
}

/* Rows 3 and 3b of the attack table. */
static void
a_forgery_of_the_right_key_does_not(void **state)
{
	static const struct {
		struct recipe recipe;
		enum mm_reason at_mark;
	} rows[] = {
		{ { .marking = UNMARKED, .jti = "made-up" }, MM_MARK_MISSING },
		{ { .marking = UNMARKED, .jti = "AAAAAAAAAAAAAAAAAAAAAA" }, MM_MARK_MISSING },
		{ { .marking = MADE_UP }, MM_MARK_INVALID },
		{ { .marking = OTHER_AUDIENCE }, MM_MARK_INVALID },
		{ { .marking = OTHER_DAY }, MM_MARK_INVALID },
		{ { .marking = MARK_FIRST }, MM_MARK_INVALID },
		{ { .marking = MARKED, .jti = "made-up" }, MM_OK }, /* of a stolen day key: the ledger knows */
		{ { .marking = MARKED, .more = ",\"scope\":\"more\"" }, MM_OK },
	};
	struct token real = genuine(HOME_KEY);

	(void)state;
	index_of_home(next_counter + 1000);
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct recipe recipe = rows[i].recipe;
		bool marked = rows[i].at_mark == MM_OK;
		struct token token;

		recipe.counter = next_counter - 1; /* a genuine token's jti */
		token = make_token(&recipe);
		expect(&token, "plain", MM_OK, MM_ISSUANCE_NONE);
		expect(&token, "mark", rows[i].at_mark, marked ? MM_ISSUANCE_MARKED : MM_ISSUANCE_UNPROVEN);
		expect(&token, "ledger", MM_NOT_ISSUED, MM_ISSUANCE_UNPROVEN);
		expect(&token, "both", marked ? MM_NOT_ISSUED : rows[i].at_mark, MM_ISSUANCE_UNPROVEN);
		expect(&token, "observe", MM_OK, MM_ISSUANCE_UNPROVEN);
		assert_int_not_equal(mm_decision_facts(decision)->proof_reason, MM_OK);
		maker_text_clear(&token.text);
	}
	maker_text_clear(&real.text);
}

static void
another_signature_of_the_same_token_is_the_same(void **state)
{
	struct recipe recipe = { .counter = next_counter++, .on_record = true };
	struct token first = make_token(&recipe), second;

	(void)state;
	recipe.on_record = false;
	second = make_token(&recipe); /* ECDSA signs with another random number */
	assert_string_not_equal(first.text.bytes, second.text.bytes);
	index_of_home(next_counter);
	expect(&second, "both", MM_OK, MM_ISSUANCE_ISSUED);
	assert_true(mm_issued_void(mm_proof_index(proof, mm_slice_str("home")),
	    (struct mm_token_place){ 1, MINUTE, next_counter - 1 }));
	expect(&second, "both", MM_NOT_ISSUED, MM_ISSUANCE_UNPROVEN);
	maker_text_clear(&first.text);
	maker_text_clear(&second.text);
}

static void
expect_answered(const struct token *token, const char *service, enum mm_ledger_answer answer, enum mm_reason reason,
    enum mm_issuance issuance)
{
	struct mm_request request = request_of(token, service);

	request.ledger_answer = answer;
	assert_int_equal(decide(request), reason);
	assert_int_equal(mm_decision_issuance(decision), issuance);
	assert_false(mm_decision_wants_ledger(decision));
}

/* Behind the high-water mark nobody can know but the ledger. */
static void
what_was_not_received_yet_is_asked_for(void **state)
{
	struct token token = make_token(&(struct recipe){ .counter = 100000 });
	struct mm_ledger_question question;

	(void)state;
	expect(&token, "both", MM_PROOF_UNAVAILABLE, MM_ISSUANCE_MARKED);
	assert_true(mm_decision_wants_ledger(decision));
	assert_true(mm_decision_ledger_question(decision, &question));
	assert_true(mm_slice_equal(question.realm, mm_slice_str("home")));
	assert_memory_equal(question.token_id, token.jti, MM_TOKEN_ID_LEN);
	assert_memory_equal(question.digest, token.digest, sizeof(token.digest));
	expect_answered(&token, "both", MM_LEDGER_HAS_IT, MM_OK, MM_ISSUANCE_ISSUED);
	expect_answered(&token, "both", MM_LEDGER_HAS_IT_NOT, MM_NOT_ISSUED, MM_ISSUANCE_UNPROVEN);
	expect_answered(&token, "both", MM_LEDGER_SILENT, MM_PROOF_UNAVAILABLE, MM_ISSUANCE_MARKED);
	expect_answered(&token, "away", MM_LEDGER_SILENT, MM_OK, MM_ISSUANCE_LEDGER_AWAY);
	expect_answered(&token, "away-ledger", MM_LEDGER_SILENT, MM_OK, MM_ISSUANCE_LEDGER_AWAY);
	expect_answered(&token, "away", MM_LEDGER_HAS_IT_NOT, MM_NOT_ISSUED, MM_ISSUANCE_UNPROVEN);
	expect(&token, "away", MM_PROOF_UNAVAILABLE, MM_ISSUANCE_MARKED);
	assert_true(mm_decision_wants_ledger(decision));
	expect(&token, "mark", MM_OK, MM_ISSUANCE_MARKED);
	expect(&token, "observe", MM_OK, MM_ISSUANCE_MARKED);
	assert_false(mm_decision_wants_ledger(decision));
	maker_text_clear(&token.text);

	/* While the ledger is away a mark alone counts, and this one has none. */
	token = make_token(&(struct recipe){ .counter = 100001, .marking = UNMARKED });
	expect_answered(&token, "away-ledger", MM_LEDGER_SILENT, MM_PROOF_UNAVAILABLE, MM_ISSUANCE_UNPROVEN);
	/* What is received and absent stays so, whatever was answered. */
	maker_text_clear(&token.text);
	token = make_token(&(struct recipe){ .counter = 0, .more = ",\"scope\":\"x\"" });
	expect_answered(&token, "both", MM_LEDGER_HAS_IT, MM_NOT_ISSUED, MM_ISSUANCE_UNPROVEN);
	maker_text_clear(&token.text);
}

static void
without_proof_what_is_demanded_is_denied(void **state)
{
	struct token token = genuine(HOME_KEY), unmarked;
	struct mm_proof *empty = mm_proof_new(1 << 20);
	struct mm_request request = request_of(&token, "mark");

	(void)state;
	index_of_home(next_counter);
	request.proof = NULL;
	assert_int_equal(decide(request), MM_PROOF_UNAVAILABLE);
	assert_true(mm_decision_wants_ledger(decision));
	request.proof = empty;
	assert_int_equal(decide(request), MM_PROOF_UNAVAILABLE);
	request.ledger_answer = MM_LEDGER_SILENT;
	assert_int_equal(decide(request), MM_PROOF_UNAVAILABLE);
	assert_false(mm_decision_wants_ledger(decision));
	/* The ledger's record is of the whole token. */
	request.ledger_answer = MM_LEDGER_HAS_IT;
	assert_int_equal(decide(request), MM_OK);
	assert_int_equal(mm_decision_issuance(decision), MM_ISSUANCE_ISSUED);
	request.ledger_answer = MM_LEDGER_HAS_IT_NOT;
	assert_int_equal(decide(request), MM_PROOF_UNAVAILABLE);
	request.service = mm_trust_find_service(trust, mm_slice_str("away"));
	request.ledger_answer = MM_LEDGER_SILENT;
	assert_int_equal(decide(request), MM_PROOF_UNAVAILABLE);
	request.service = mm_trust_find_service(trust, mm_slice_str("plain"));
	assert_int_equal(decide(request), MM_OK);
	/* Where there is no mark nothing needs to be known. */
	unmarked = make_token(&(struct recipe){ .marking = UNMARKED });
	request = request_of(&unmarked, "mark");
	request.proof = NULL;
	assert_int_equal(decide(request), MM_MARK_MISSING);
	mm_proof_free(&empty);
	maker_text_clear(&token.text);
	maker_text_clear(&unmarked.text);
}

/* Row 10d. */
static void
a_tainted_key_demands_proof_everywhere(void **state)
{
	struct token token = genuine(TAINTED_KEY), forged, external;
	struct mm_request request = request_of(&token, "plain");

	(void)state;
	index_of_home(next_counter);
	expect(&token, "plain", MM_OK, MM_ISSUANCE_MARKED);
	expect(&token, "ledger", MM_OK, MM_ISSUANCE_ISSUED);
	expect(&token, "observe", MM_OK, MM_ISSUANCE_ISSUED);
	request.proof = NULL;
	assert_int_equal(decide(request), MM_PROOF_UNAVAILABLE);
	forged = make_token(&(struct recipe){ .key = TAINTED_KEY, .marking = UNMARKED });
	expect(&forged, "plain", MM_MARK_MISSING, MM_ISSUANCE_UNPROVEN);
	maker_text_clear(&forged.text);
	forged = make_token(&(struct recipe){ .key = TAINTED_KEY, .marking = MADE_UP });
	expect(&forged, "observe", MM_MARK_INVALID, MM_ISSUANCE_UNPROVEN);
	external = make_token(&(struct recipe){ .key = OUT_TAINTED_KEY, .realm = "out", .tenant = "o" });
	expect(&external, "plain", MM_KEY_TAINTED, MM_ISSUANCE_NONE);
	expect(&external, "mark", MM_KEY_TAINTED, MM_ISSUANCE_NONE);
	maker_text_clear(&token.text);
	maker_text_clear(&forged.text);
	maker_text_clear(&external.text);
}

static void
an_external_realm_has_no_proof(void **state)
{
	struct token token = make_token(&(struct recipe){ .key = OUT_KEY, .realm = "out", .tenant = "o",
	    .marking = UNMARKED, .more = ",\"parent\":7,\"root\":\"words of their own\"" });

	(void)state;
	expect(&token, "plain", MM_OK, MM_ISSUANCE_NONE);
	expect(&token, "both", MM_OK, MM_ISSUANCE_NONE); /* in accept_unproven */
	expect(&token, "exchange-out", MM_OK, MM_ISSUANCE_NONE);
	expect(&token, "exchange", MM_TOKEN_CLASS, MM_ISSUANCE_NONE);
	maker_text_clear(&token.text);
}

static void
a_stale_trust_denies_or_wants_marks(void **state)
{
	struct token token = genuine(HOME_KEY), forged;
	struct mm_request request = request_of(&token, "plain");

	(void)state;
	index_of_home(next_counter);
	request.freshness = MM_CLOCK_IS_OFF;
	assert_int_equal(decide(request), MM_CLOCK_UNSURE);
	request.freshness = MM_STALE;
	assert_int_equal(decide(request), MM_OK);
	assert_int_equal(mm_decision_issuance(decision), MM_ISSUANCE_MARKED);
	request.stale_for_s = 3600;
	assert_int_equal(decide(request), MM_OK);
	request.stale_for_s = 3601;
	assert_int_equal(decide(request), MM_TRUST_STALE);
	request.stale_for_s = 0;
	forged = make_token(&(struct recipe){ .marking = MADE_UP });
	request.token = mm_slice(forged.text.bytes, forged.text.len);
	assert_int_equal(decide(request), MM_MARK_INVALID);
	maker_text_clear(&token.text);
	maker_text_clear(&forged.text);
}

/* ---- step 7 ---- */

static struct token
derived(const char *realm, int key, const char *thumbprint, const char *issuance, const char *tenant)
{
	char more[512];

	snprintf(more, sizeof(more),
	    ",\"parent\":\"p-1\",\"root\":{\"realm\":\"%s\",\"kid\":\"%s\",\"thumbprint\":\"%s\","
	    "\"iat\":%lld,\"proof\":\"%s\"}", realm, kids[key], thumbprint, (long long)NOW_S - 100, issuance);
	return make_token(&(struct recipe){ .key = WEB_KEY, .realm = "web", .more = more, .tenant = tenant });
}

static void
a_derived_token_is_as_good_as_its_root(void **state)
{
	static const struct {
		const char *realm;
		int key;
		int thumbprint_of;
		const char *issuance, *tenant, *service;
		enum mm_reason reason;
		enum mm_issuance found;
	} rows[] = {
		{ "home", HOME_KEY, HOME_KEY, "issued", A, "plain", MM_OK, MM_ISSUANCE_NONE },
		{ "home", HOME_KEY, HOME_KEY, "issued", A, "mark", MM_OK, MM_ISSUANCE_MARKED },
		{ "home", HOME_KEY, HOME_KEY, "marked", B, "mark", MM_OK, MM_ISSUANCE_MARKED },
		{ "home", HOME_KEY, HOME_KEY, "none", A, "mark", MM_ROOT_UNPROVEN, MM_ISSUANCE_UNPROVEN },
		{ "home", HOME_KEY, HOME_KEY, "none", A, "observe", MM_OK, MM_ISSUANCE_UNPROVEN },
		{ "home", HOME_KEY, HOME_KEY, "none", A, "plain", MM_OK, MM_ISSUANCE_NONE },
		{ "home", TAINTED_KEY, TAINTED_KEY, "none", A, "plain", MM_ANCESTOR_REVOKED, MM_ISSUANCE_NONE },
		{ "home", TAINTED_KEY, TAINTED_KEY, "marked", A, "plain", MM_OK, MM_ISSUANCE_NONE },
		{ "home", REVOKED_KEY, REVOKED_KEY, "issued", A, "plain", MM_ANCESTOR_REVOKED, MM_ISSUANCE_NONE },
		{ "home", HOME_KEY, TAINTED_KEY, "issued", A, "plain", MM_ANCESTOR_REVOKED, MM_ISSUANCE_NONE },
		{ "home", OUT_KEY, OUT_KEY, "issued", A, "plain", MM_ANCESTOR_REVOKED, MM_ISSUANCE_NONE },
		{ "web", WEB_KEY, WEB_KEY, "issued", A, "plain", MM_ANCESTOR_REVOKED, MM_ISSUANCE_NONE },
		{ "nobody", HOME_KEY, HOME_KEY, "issued", A, "plain", MM_ANCESTOR_REVOKED, MM_ISSUANCE_NONE },
		{ "home", HOME_KEY, HOME_KEY, "ledger away", A, "plain", MM_CLAIM_MALFORMED, MM_ISSUANCE_NONE },
		{ "home", HOME_KEY, HOME_KEY, "issued", "o", "plain", MM_TENANT_MISMATCH, MM_ISSUANCE_NONE },
		{ "home", HOME_KEY, HOME_KEY, "issued", "x", "plain", MM_TENANT_MISMATCH, MM_ISSUANCE_NONE },
		/* Row 4b: an external parent. */
		{ "out", OUT_KEY, OUT_KEY, "none", "o", "plain", MM_OK, MM_ISSUANCE_NONE },
		{ "out", OUT_KEY, OUT_KEY, "none", "o", "root-mark", MM_OK, MM_ISSUANCE_UNPROVEN },
		{ "out", OUT_KEY, OUT_KEY, "none", "o", "unnamed", MM_ROOT_UNPROVEN, MM_ISSUANCE_UNPROVEN },
		{ "out", OUT_KEY, OUT_KEY, "none", "o", "observe", MM_OK, MM_ISSUANCE_UNPROVEN },
		{ "out", OUT_TAINTED_KEY, OUT_TAINTED_KEY, "none", "o", "plain", MM_ANCESTOR_REVOKED,
		    MM_ISSUANCE_NONE },
		/* Row 4. */
		{ "home", HOME_KEY, HOME_KEY, "issued", A, "exchange", MM_TOKEN_CLASS, MM_ISSUANCE_NONE },
		{ "home", HOME_KEY, HOME_KEY, "issued", A, "exchange-out", MM_TOKEN_CLASS, MM_ISSUANCE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct token token = derived(rows[i].realm, rows[i].key, thumbprints[rows[i].thumbprint_of],
		    rows[i].issuance, rows[i].tenant);

		expect(&token, rows[i].service, rows[i].reason, rows[i].found);
		if (rows[i].reason == MM_OK) {
			char wanted[64];

			snprintf(wanted, sizeof(wanted), "%s %s", rows[i].realm, kids[rows[i].key]);
			assert_true(mm_slice_equal(mm_decision_fact(decision, MM_FACT_PARENT), mm_slice_str("p-1")));
			assert_true(mm_slice_equal(mm_decision_fact(decision, MM_FACT_ROOT), mm_slice_str(wanted)));
		}
		maker_text_clear(&token.text);
	}
}

/* What was revoked of the realm that somebody signed in at is not washed clean by an exchange. */
static void
what_is_revoked_of_its_root_is_revoked_of_a_derived_token(void **state)
{
	static const struct {
		const char *parent, *session, *subject, *tenant;
		enum mm_reason reason;
	} rows[] = {
		{ "p-1", "s-1", "alice", A, MM_OK },
		{ "p-revoked", "s-1", "alice", A, MM_TOKEN_REVOKED },
		{ "p-1", "s-revoked", "alice", A, MM_SESSION_REVOKED },
		{ "p-1", "s-1", "mallory", A, MM_SUBJECT_REVOKED },
		{ "p-1", "s-1", "reformed", A, MM_OK },
		{ "p-1", "s-1", "alice", GONE, MM_TENANT_REVOKED },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct token token;
		char more[512];

		snprintf(more, sizeof(more),
		    ",\"sid\":\"%s\",\"parent\":\"%s\",\"root\":{\"realm\":\"home\",\"kid\":\"%s\","
		    "\"thumbprint\":\"%s\",\"iat\":%lld,\"proof\":\"issued\"}", rows[i].session, rows[i].parent,
		    kids[HOME_KEY], thumbprints[HOME_KEY], (long long)NOW_S - 100);
		token = make_token(&(struct recipe){ .key = WEB_KEY, .realm = "web", .more = more,
		    .subject = rows[i].subject, .tenant = rows[i].tenant });
		assert_int_equal(decide(request_of(&token, "plain")), rows[i].reason);
		assert_int_equal(mm_decision_is_revoked(decision), rows[i].reason != MM_OK);
		/* Whatever a service lacks beside: the token says no mailbox. */
		assert_int_equal(decide(request_of(&token, "addresses")), MM_CLAIM_MISSING);
		assert_int_equal(mm_decision_is_revoked(decision), rows[i].reason != MM_OK);
		maker_text_clear(&token.text);
	}
}

/* ---- what mints revoked ---- */

static const unsigned char revoked_seed[MM_REVOKED_SEED_LEN] = "a seed that nobody else knows..";

struct mint_row {
	enum mm_revoked_kind kind;
	const char *value, *client;
	int64_t up_to_s;
	enum mm_reason reason;
};

/* The reason of a token, with and without a cache, where this alone is revoked by a realm's mint. */
static enum mm_reason
decide_with(const struct token *token, const char *realm, const struct mint_row *row)
{
	struct mm_revoked *revoked = mm_revoked_new(revoked_seed);
	const struct mm_revoked_what what = { row->kind, mm_slice_str(row->value), mm_slice_str(row->client) };
	enum mm_reason reason;

	assert_non_null(revoked);
	assert_int_equal(decide(request_of(token, "plain")), MM_OK);
	assert_true(mm_proof_set_revoked(proof, mm_slice_str(realm), revoked));
	assert_int_equal(decide(request_of(token, "plain")), MM_OK);
	assert_true(mm_revoked_add(revoked, &what, row->up_to_s, 1));
	reason = decide(request_of(token, "plain"));
	assert_true(mm_proof_set_revoked(proof, mm_slice_str(realm), NULL));
	mm_revoked_free(&revoked);
	return reason;
}

/* The token was issued 60 s ago. */
static void
what_its_mint_revoked_is_refused_up_to_its_moment(void **state)
{
	static const struct mint_row rows[] = {
		{ MM_REVOKED_TOKEN, "t-1", "", NOW_S - 60, MM_TOKEN_REVOKED },
		{ MM_REVOKED_TOKEN, "t-2", "", NOW_S, MM_OK },
		{ MM_REVOKED_SESSION, "s-1", "", NOW_S - 60, MM_SESSION_REVOKED },
		{ MM_REVOKED_SESSION, "s-1", "", NOW_S - 61, MM_OK },
		{ MM_REVOKED_SESSION, "s-1", "c", NOW_S - 60, MM_SESSION_REVOKED },
		{ MM_REVOKED_SESSION, "s-1", "d", NOW_S, MM_OK },
		{ MM_REVOKED_SESSION, "s-2", "c", NOW_S, MM_OK },
		{ MM_REVOKED_SUBJECT, "alice", "", NOW_S - 60, MM_SUBJECT_REVOKED },
		{ MM_REVOKED_SUBJECT, "alice", "", NOW_S - 61, MM_OK },
		{ MM_REVOKED_SUBJECT, "s-1", "", NOW_S, MM_OK },
		{ MM_REVOKED_CLIENT, "c", "", NOW_S - 60, MM_CLIENT_REVOKED },
		{ MM_REVOKED_CLIENT, "c", "", NOW_S - 61, MM_OK },
		{ MM_REVOKED_REALM, "", "", NOW_S - 60, MM_TOKEN_REVOKED },
		{ MM_REVOKED_REALM, "", "", NOW_S - 61, MM_OK },
	};
	struct token token = make_token(
	    &(struct recipe){ .key = HOME_KEY, .jti = "t-1", .more = ",\"sid\":\"s-1\"" });

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		assert_int_equal(decide_with(&token, "home", &rows[i]), rows[i].reason);
		/* Another mint's word is not this one's. */
		assert_int_equal(decide_with(&token, "web", &rows[i]), MM_OK);
	}
	maker_text_clear(&token.text);
}

/* Its own 'iat' is 60 s ago, its root's 100 s. */
static void
what_a_roots_mint_revoked_is_refused_of_a_derived_token(void **state)
{
	static const struct {
		const char *realm;
		struct mint_row row;
	} rows[] = {
		{ "home", { MM_REVOKED_TOKEN, "p-1", "", NOW_S - 100, MM_TOKEN_REVOKED } },
		{ "home", { MM_REVOKED_SESSION, "s-1", "", NOW_S - 100, MM_SESSION_REVOKED } },
		{ "home", { MM_REVOKED_SESSION, "s-1", "", NOW_S - 101, MM_OK } },
		{ "home", { MM_REVOKED_SUBJECT, "alice", "", NOW_S - 100, MM_SUBJECT_REVOKED } },
		{ "home", { MM_REVOKED_SUBJECT, "alice", "", NOW_S - 101, MM_OK } },
		{ "home", { MM_REVOKED_REALM, "", "", NOW_S - 100, MM_TOKEN_REVOKED } },
		/* The client that its root was issued to is not known: 'c' is the derived realm's. */
		{ "home", { MM_REVOKED_CLIENT, "c", "", NOW_S, MM_OK } },
		{ "home", { MM_REVOKED_SESSION, "s-1", "c", NOW_S, MM_OK } },
		{ "web", { MM_REVOKED_CLIENT, "c", "", NOW_S - 60, MM_CLIENT_REVOKED } },
		{ "web", { MM_REVOKED_TOKEN, "w-1", "", NOW_S - 60, MM_TOKEN_REVOKED } },
		{ "web", { MM_REVOKED_SUBJECT, "alice", "", NOW_S - 60, MM_SUBJECT_REVOKED } },
		{ "web", { MM_REVOKED_TOKEN, "p-1", "", NOW_S, MM_OK } },
	};
	struct token token;
	char more[512];

	(void)state;
	snprintf(more, sizeof(more), ",\"sid\":\"s-1\",\"parent\":\"p-1\",\"root\":{\"realm\":\"home\",\"kid\":\"%s\","
	    "\"thumbprint\":\"%s\",\"iat\":%lld,\"proof\":\"issued\"}", kids[HOME_KEY], thumbprints[HOME_KEY],
	    (long long)NOW_S - 100);
	token = make_token(&(struct recipe){ .key = WEB_KEY, .realm = "web", .jti = "w-1", .more = more });
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
		assert_int_equal(decide_with(&token, rows[i].realm, &rows[i].row), rows[i].row.reason);
	maker_text_clear(&token.text);
}

/* ---- stale ---- */

/* The derived realm says 'deny', whatever its parents say. */
static void
a_stale_trust_denies_where_the_realm_does(void **state)
{
	struct token token = derived("home", HOME_KEY, thumbprints[HOME_KEY], "issued", A);
	struct mm_request request = request_of(&token, "plain");

	(void)state;
	request.freshness = MM_STALE;
	assert_int_equal(decide(request), MM_TRUST_STALE);
	maker_text_clear(&token.text);
}

static void
what_a_derived_token_lacks_is_told(void **state)
{
	static const struct {
		const char *more;
		enum mm_reason reason;
	} rows[] = {
		{ NULL, MM_CLAIM_MISSING },
		{ ",\"parent\":\"p\"", MM_CLAIM_MISSING },
		{ ",\"root\":{}", MM_CLAIM_MISSING },
		{ ",\"parent\":7,\"root\":{}", MM_CLAIM_MALFORMED },
		{ ",\"parent\":\"\",\"root\":{}", MM_CLAIM_MALFORMED },
		{ ",\"parent\":\"p\",\"root\":7", MM_CLAIM_MALFORMED },
		{ ",\"parent\":\"p\",\"root\":{\"realm\":\"home\",\"kid\":\"h1\",\"thumbprint\":\"x\",\"iat\":1}",
		    MM_CLAIM_MALFORMED },
		{ ",\"parent\":\"p\",\"root\":{\"realm\":\"home\",\"kid\":\"h1\",\"thumbprint\":\"x\",\"iat\":\"1\","
		    "\"proof\":\"none\"}", MM_CLAIM_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct token token = make_token(&(struct recipe){ .key = WEB_KEY, .realm = "web",
		    .more = rows[i].more });

		assert_int_equal(decide(request_of(&token, "plain")), rows[i].reason);
		maker_text_clear(&token.text);
	}
}

/* A primary token that says it was made from another: no mint of ours wrote that. */
static void
a_primary_token_has_no_root(void **state)
{
	struct token token = make_token(&(struct recipe){ .more = ",\"parent\":\"p\"" });

	(void)state;
	assert_int_equal(decide(request_of(&token, "plain")), MM_TOKEN_CLASS);
	maker_text_clear(&token.text);
}

/* ---- step 9 ---- */

static void
the_directory_says_what_a_subject_opens(void **state)
{
	static const struct {
		const char *subject, *tenant, *service, *asked, *opened;
		enum mm_reason reason;
	} rows[] = {
		{ "alice", A, "mailboxes", "Alice@Contoso.example", "alice@contoso.example", MM_OK },
		{ "alice", A, "mailboxes", NULL, "alice@contoso.example", MM_OK },
		{ "alice", A, "mailboxes", "sales@contoso.example", "sales@contoso.example", MM_OK },
		{ "alice", A, "mailboxes", "dave@contoso.example", NULL, MM_MAILBOX_MISMATCH },
		{ "alice", A, "mailboxes", "no address", NULL, MM_MAILBOX_MISMATCH },
		{ "dave", A, "mailboxes", NULL, NULL, MM_MAILBOX_MISMATCH },
		{ "dave", A, "mailboxes", "sales@contoso.example", "sales@contoso.example", MM_OK },
		{ "nobody", A, "mailboxes", NULL, NULL, MM_SUBJECT_UNKNOWN },
		{ "bob", A, "mailboxes", "bob@fabrikam.example", NULL, MM_SUBJECT_UNKNOWN },
		{ "bob", B, "mailboxes", "bob@fabrikam.example", "bob@fabrikam.example", MM_OK },
		{ "bob", B, "mailboxes", "alice@contoso.example", NULL, MM_MAILBOX_MISMATCH },
		{ "dave", A, "subjects", NULL, NULL, MM_OK },
		{ "nobody", A, "subjects", NULL, NULL, MM_SUBJECT_UNKNOWN },
		{ "alice", A, "subjects", "alice@contoso.example", NULL, MM_MAILBOX_MISMATCH },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct token token = make_token(&(struct recipe){ .subject = rows[i].subject,
		    .tenant = rows[i].tenant });
		struct mm_request request = request_of(&token, rows[i].service);
		struct mm_slice opened;

		if (rows[i].asked != NULL)
			request.mailbox = mm_slice_str(rows[i].asked);
		assert_int_equal(decide(request), rows[i].reason);
		opened = mm_decision_fact(decision, MM_FACT_MAILBOX);
		assert_int_equal(mm_slice_present(opened), rows[i].opened != NULL);
		if (rows[i].opened != NULL)
			assert_true(mm_slice_equal(opened, mm_slice_str(rows[i].opened)));
		maker_text_clear(&token.text);
	}
}

/* A derived token's subject is one of the realm that its tenant is of. */
static void
a_derived_tokens_directory_is_its_roots(void **state)
{
	struct token token = derived("home", HOME_KEY, thumbprints[HOME_KEY], "issued", A);

	(void)state;
	assert_int_equal(decide(request_of(&token, "mailboxes")), MM_OK);
	assert_true(mm_slice_equal(mm_decision_fact(decision, MM_FACT_MAILBOX), mm_slice_str("alice@contoso.example")));
	maker_text_clear(&token.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_genuine_token_passes_everywhere),
		cmocka_unit_test(a_forgery_of_the_right_key_does_not),
		cmocka_unit_test(another_signature_of_the_same_token_is_the_same),
		cmocka_unit_test(what_was_not_received_yet_is_asked_for),
		cmocka_unit_test(without_proof_what_is_demanded_is_denied),
		cmocka_unit_test(a_tainted_key_demands_proof_everywhere),
		cmocka_unit_test(an_external_realm_has_no_proof),
		cmocka_unit_test(a_stale_trust_denies_or_wants_marks),
		cmocka_unit_test(a_derived_token_is_as_good_as_its_root),
		cmocka_unit_test(what_is_revoked_of_its_root_is_revoked_of_a_derived_token),
		cmocka_unit_test(what_its_mint_revoked_is_refused_up_to_its_moment),
		cmocka_unit_test(what_a_roots_mint_revoked_is_refused_of_a_derived_token),
		cmocka_unit_test(a_stale_trust_denies_where_the_realm_does),
		cmocka_unit_test(what_a_derived_token_lacks_is_told),
		cmocka_unit_test(a_primary_token_has_no_root),
		cmocka_unit_test(the_directory_says_what_a_subject_opens),
		cmocka_unit_test(a_derived_tokens_directory_is_its_roots),
	};

	return cmocka_run_group_tests(tests, make_world, free_world);
}
