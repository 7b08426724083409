/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that show a key: assertions that are good once, and proofs that tokens, codes and refresh tokens are bound
 * to.
 */
#include "lib/token/nonce.h"
#include "test/maker/key.h"
#include "test/maker/proof.h"
#include "test/unit/daemon/verifier_here.h"

#define ADDRESS "https://login.example/" CONTOSO "/v2.0"
#define TOKEN_ENDPOINT ADDRESS "/token"

static EVP_PKEY *key, *other;

static int
open_keys(void **state)
{
	key = maker_key_new(MAKER_EC256, NULL);
	other = maker_key_new(MAKER_EC256, NULL);
	return open_world(state);
}

static int
close_keys(void **state)
{
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	return close_world(state);
}

/* ---- assertions ---- */

static void
state_key(EVP_PKEY *signer, struct mm_ask_client *made)
{
	struct maker_object jwk = { .count = 0 };
	struct maker_text set = { 0 };

	maker_key_publish(signer, &jwk);
	maker_text_add_str(&set, "{\"keys\":[");
	maker_object_write(&jwk, &set);
	maker_text_add_str(&set, "]}");
	made->stated |= MM_STATED_JWKS;
	WORLD_SET(&made->jwks, set.bytes);
	maker_text_clear(&set);
	maker_object_clear(&jwk);
}

static void
add_signing_client(void)
{
	struct mm_ask_client made = world_client("batch", "client_credentials");

	made.confidential = 1;
	state_key(key, &made);
	assert_true(client(MM_MINT_VERB_CLIENT_ADD, &made));
}

/* Another key in the place of its one; whether the disk takes it is the caller's. */
static void
change_key(EVP_PKEY *signer)
{
	struct mm_ask_client change = { .stated = 0 };
	unsigned char payload[16384];

	WORLD_SET(&change.id, "batch");
	state_key(signer, &change);
	assert_true(verifier_operator_take(&verifier,
	    mm_slice(payload, world_client_payload(payload, MM_MINT_VERB_CLIENT_CHANGE, &change))));
}

static void
end_change(bool kept)
{
	verifier.table.failed = !kept;
	if (kept)
		settle();
	else
		verifier_end_round(&verifier);
	assert_int_equal(
	    mm_message_receive(world.control, MM_PROCESS_MINTMARKD, MM_PROCESS_VERIFIER, &world_message), 1);
	close(world_message.fd);
}

static struct maker_text
assertion(EVP_PKEY *signer, const char *jti, const char *client_id)
{
	struct maker_object header = { .count = 0 }, claims = { .count = 0 };
	struct maker_text text;

	maker_object_set_string(&header, "alg", "ES256");
	maker_object_set_string(&claims, "iss", client_id);
	maker_object_set_string(&claims, "sub", client_id);
	maker_object_set_string(&claims, "aud", TOKEN_ENDPOINT);
	maker_object_set_string(&claims, "jti", jti);
	maker_object_set_number(&claims, "exp", verifier.now_s + 60);
	text = maker_proof_sign(signer, "ES256", &header, &claims);
	maker_object_clear(&header);
	maker_object_clear(&claims);
	return text;
}

static struct mm_verify
with_assertion(const struct maker_text *text, const char *client_id)
{
	struct mm_verify verify = world_request(MM_ASK_CLIENT_CREDENTIALS, client_id);

	verify.head.client_method = MM_CLIENT_ASSERTION;
	verify.assertion = mm_slice(text->bytes, text->len);
	return verify;
}

static void
an_assertion_is_good_once(void **state)
{
	struct maker_text first, second;
	struct mm_verify verify;

	(void)state;
	add_signing_client();
	first = assertion(key, "one", "batch");
	second = assertion(key, "two", "batch");
	verify = with_assertion(&first, "");
	assert_int_equal(ask(verify).status, MM_SIGN_IN_OK);
	IS(world.grants[0].client, "batch");
	refuse(verify, MM_SIGN_IN_INVALID_CLIENT);
	assert_int_equal(verifier.counts.replays, 1);
	assert_int_equal(ask(with_assertion(&second, "batch")).status, MM_SIGN_IN_OK);
	/* Forgotten only when it is too old to be good. */
	verifier.now_s += 60 + MM_CLOCK_SKEW_S;
	refuse(verify, MM_SIGN_IN_INVALID_CLIENT);
	maker_text_clear(&first);
	maker_text_clear(&second);
}

/* One for a tenant's address is no good at another's, nor at that of none in particular. */
static void
an_assertion_is_for_one_address(void **state)
{
	struct maker_text text;
	struct mm_verify verify;

	(void)state;
	add_signing_client();
	text = assertion(key, "one", "batch");
	verify = with_assertion(&text, "batch");
	WORLD_SET(&verify.head.tenant, FABRIKAM);
	refuse(verify, MM_SIGN_IN_INVALID_CLIENT);
	WORLD_SET(&verify.head.tenant, MM_TENANT_ANY);
	refuse(verify, MM_SIGN_IN_INVALID_CLIENT);
	WORLD_SET(&verify.head.tenant, CONTOSO);
	assert_int_equal(ask(verify).status, MM_SIGN_IN_OK);
	maker_text_clear(&text);
}

static void
an_assertion_is_its_clients(void **state)
{
	struct maker_text text;

	(void)state;
	add_signing_client();
	text = assertion(other, "one", "batch");
	refuse(with_assertion(&text, "batch"), MM_SIGN_IN_INVALID_CLIENT);
	maker_text_clear(&text);
	text = assertion(key, "two", "batch");
	refuse(with_assertion(&text, "webmail"), MM_SIGN_IN_INVALID_CLIENT);
	maker_text_clear(&text);
	text = assertion(key, "three", "app");
	refuse(with_assertion(&text, "app"), MM_SIGN_IN_INVALID_CLIENT);
	maker_text_clear(&text);
	text = assertion(key, "four", "webmail");
	refuse(with_assertion(&text, "webmail"), MM_SIGN_IN_INVALID_CLIENT);
	maker_text_clear(&text);
	text = assertion(key, "five", "nobody");
	refuse(with_assertion(&text, ""), MM_SIGN_IN_INVALID_CLIENT);
	maker_text_clear(&text);
}

/* Nothing is issued before something could be written. */
static void
disk_takes_writes(void)
{
	verifier_table_try(&verifier.table);
	verifier_end_round(&verifier);
	assert_false(verifier.store_failed);
}

/* An assertion that cannot be written down as spent gives nothing. */
static void
an_assertion_is_kept_before_it_counts(void **state)
{
	struct maker_text text;

	(void)state;
	add_signing_client();
	text = assertion(key, "one", "batch");
	verifier.table.failed = true;
	refuse(with_assertion(&text, "batch"), MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	disk_takes_writes();
	assert_int_equal(ask(with_assertion(&text, "batch")).status, MM_SIGN_IN_OK);
	maker_text_clear(&text);
}

/*
 * Where the disk does not take that an assertion was spent, nothing is left of the request, whatever the ledger says in
 * a later round: its ticket is told to nobody, and the assertion is as good as before, once.
 */
static void
a_round_that_failed_leaves_nothing_waiting(void **state)
{
	struct mm_verified answer;
	struct maker_text text;
	struct mm_verify verify;

	(void)state;
	add_signing_client();
	text = assertion(key, "one", "batch");
	verify = with_assertion(&text, "batch");
	world_send(&verify);
	receive_requests();
	verifier.table.failed = true; /* as a full disk does it */
	verifier_end_round(&verifier);
	answer = receive_answer();
	assert_int_equal(answer.status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	assert_int_equal(answer.has_access, 0);
	assert_int_equal(verifier.work_count, 0);
	carry();
	assert_int_equal(world.tickets, 1);
	assert_int_equal(mm_message_receive(world.issuer, MM_PROCESS_ISSUER, MM_PROCESS_VERIFIER, &world_message), -1);
	disk_takes_writes();
	assert_int_equal(ask(verify).status, MM_SIGN_IN_OK);
	refuse(verify, MM_SIGN_IN_INVALID_CLIENT);
	maker_text_clear(&text);
}

/* Whether an assertion by this key is taken, which is new each time. */
static bool
signs(EVP_PKEY *signer)
{
	static unsigned count;
	struct maker_text text;
	char jti[32];
	bool taken;

	(void)snprintf(jti, sizeof(jti), "signs-%u", ++count);
	text = assertion(signer, jti, "batch");
	taken = ask(with_assertion(&text, "batch")).status == MM_SIGN_IN_OK;
	maker_text_clear(&text);
	return taken;
}

/* Clients and their keys are remembered, and what an operator changes counts from then on. */
static void
a_changed_key_counts_at_once(void **state)
{
	(void)state;
	add_signing_client();
	assert_true(signs(key));
	assert_false(signs(other));
	change_key(other);
	end_change(true);
	assert_false(signs(key));
	assert_true(signs(other));
}

/* The same version comes twice, with other keys: nothing of the one that was undone may be left. */
static void
a_change_that_was_undone_leaves_no_key(void **state)
{
	EVP_PKEY *third = maker_key_new(MAKER_EC256, NULL);
	struct maker_text text = assertion(other, "early", "batch");
	struct mm_verify early = with_assertion(&text, "batch");

	(void)state;
	add_signing_client();
	assert_true(signs(key));
	change_key(other);
	/* In the same round somebody asks with the new key. */
	world_send(&early);
	receive_requests();
	end_change(false);
	assert_int_equal(receive_answer().status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	change_key(third);
	end_change(true);
	assert_false(signs(other));
	assert_false(signs(key));
	assert_true(signs(third));
	maker_text_clear(&text);
	EVP_PKEY_free(third);
}

static void
a_disabled_client_is_refused_at_once(void **state)
{
	struct mm_ask_client gone = { .stated = 0 };

	(void)state;
	add_signing_client();
	assert_true(signs(key));
	WORLD_SET(&gone.id, "batch");
	assert_true(client(MM_MINT_VERB_CLIENT_DISABLE, &gone));
	assert_false(signs(key));
}

/* More clients than are remembered: each is still itself. */
static void
clients_beyond_those_that_are_known(void **state)
{
	struct verifier_known_client *found;
	static struct verifier_client_row row;
	char id[32];

	(void)state;
	add_signing_client();
	assert_true(signs(key));
	assert_true(verifier_client_by_id(&verifier.table, mm_slice_str("batch"), &row));
	verifier_text_put(&row.jwks, MM_SLICE_ABSENT);
	for (unsigned i = 0; i < 3 * VERIFIER_CLIENTS_KNOWN; i++) {
		(void)snprintf(id, sizeof(id), "crowd-%u", i % (VERIFIER_CLIENTS_KNOWN + 7));
		verifier_text_put(&row.client.id, mm_slice_str(id));
		if (i < VERIFIER_CLIENTS_KNOWN + 7)
			assert_true(verifier_client_put(&verifier.table, &row));
		found = verifier_known_client_find(&verifier.known_clients, &verifier.table, &verifier.signatures,
		    mm_slice_str(id));
		assert_non_null(found);
		IS(found->row.client.id, id);
		assert_null(verifier_known_client_keys(found));
	}
	assert_null(verifier_known_client_find(&verifier.known_clients, &verifier.table, &verifier.signatures,
	    mm_slice_str("nobody")));
	assert_true(signs(key));
	assert_false(signs(other));
}

/* ---- proofs ---- */

/* nonce NULL: none. */
static struct maker_text
proof_with_nonce(EVP_PKEY *signer, const char *url, const char *nonce)
{
	static unsigned count;
	char jti[32];
	struct maker_proof_request request = { "POST", url, "none", jti, verifier.now_s };
	struct maker_object header = { .count = 0 }, claims = { .count = 0 };
	struct maker_text proof;

	(void)snprintf(jti, sizeof(jti), "proof-%u", ++count);
	maker_proof_draft(signer, "ES256", &request, &header, &claims);
	if (nonce != NULL)
		maker_object_set_string(&claims, "nonce", nonce);
	proof = maker_proof_sign(signer, "ES256", &header, &claims);
	maker_object_clear(&header);
	maker_object_clear(&claims);
	return proof;
}

static struct maker_text
proof_at(EVP_PKEY *signer, const char *url)
{
	return proof_with_nonce(signer, url, NULL);
}

static struct mm_verify
with_proof(struct mm_verify verify, const struct maker_text *proof)
{
	verify.head.proof_count = 1;
	verify.proof = mm_slice(proof->bytes, proof->len);
	return verify;
}

static void
tokens_are_bound_to_the_key_of_a_proof(void **state)
{
	struct mm_verified signed_in = sign_in("app"), tokens;
	struct maker_text proof = proof_at(key, TOKEN_ENDPOINT), again = proof_at(key, TOKEN_ENDPOINT);
	struct maker_text wrong = proof_at(other, TOKEN_ENDPOINT);

	(void)state;
	tokens = ask(with_proof(world_code("app", TEXT(signed_in.code)), &proof));
	assert_int_equal(tokens.status, MM_SIGN_IN_OK);
	assert_int_equal(tokens.sender_key, MM_SENDER_DPOP);
	assert_int_equal(world.grants[1].sender_key, MM_SENDER_DPOP);
	/* The ID token is not. */
	assert_int_equal(world.grants[0].sender_key, MM_SENDER_NONE);
	/* The refresh token of a public client is, and needs a proof of its own. */
	refuse(world_refresh("app", TEXT(tokens.refresh_token)), MM_SIGN_IN_INVALID_GRANT);
	refuse(with_proof(world_refresh("app", TEXT(tokens.refresh_token)), &wrong), MM_SIGN_IN_INVALID_GRANT);
	refuse(with_proof(world_refresh("app", TEXT(tokens.refresh_token)), &proof), MM_SIGN_IN_INVALID_DPOP_PROOF);
	tokens = ask(with_proof(world_refresh("app", TEXT(tokens.refresh_token)), &again));
	assert_int_equal(tokens.status, MM_SIGN_IN_OK);
	assert_int_equal(world.grants[1].sender_key, MM_SENDER_DPOP);
	maker_text_clear(&proof);
	maker_text_clear(&again);
	maker_text_clear(&wrong);
}

static void
proofs_for_other_requests_are_refused(void **state)
{
	struct mm_verified signed_in = sign_in("app");
	struct maker_text elsewhere = proof_at(key, ADDRESS "/userinfo"), good = proof_at(key, TOKEN_ENDPOINT);
	struct mm_verify verify = with_proof(world_code("app", TEXT(signed_in.code)), &elsewhere);

	(void)state;
	refuse(verify, MM_SIGN_IN_INVALID_DPOP_PROOF);
	verify = with_proof(verify, &good);
	verify.head.proof_count = 2;
	refuse(verify, MM_SIGN_IN_INVALID_DPOP_PROOF);
	verify.head.proof_count = 1;
	verify.proof = mm_slice_str("nonsense");
	refuse(verify, MM_SIGN_IN_INVALID_DPOP_PROOF);
	/* None of that used the code up. */
	assert_int_equal(ask(with_proof(verify, &good)).status, MM_SIGN_IN_OK);
	maker_text_clear(&elsewhere);
	maker_text_clear(&good);
}

static void
a_code_may_be_bound_before(void **state)
{
	struct mm_verify sign = world_sign_in("app", "alice@contoso.example", PASSWORD);
	struct maker_text wrong = proof_at(other, TOKEN_ENDPOINT), right = proof_at(key, TOKEN_ENDPOINT);
	struct maker_text binding = maker_binding_of_key(key); /* {"jkt":"…"} */
	struct mm_verified signed_in;
	uint8_t room[MM_BASE64URL_DECODED_MAX(MM_SECRET_TEXT_LEN)];
	size_t len;

	(void)state;
	assert_int_equal(mm_base64url_decode(mm_slice(binding.bytes + 8, MM_SECRET_TEXT_LEN), room, &len), MM_OK);
	memcpy(sign.ask.sign_in.authorize.dpop_jkt, room, MM_DIGEST_LEN);
	sign.ask.sign_in.authorize.has_dpop_jkt = 1;
	signed_in = ask(sign);
	assert_int_equal(signed_in.status, MM_SIGN_IN_OK);
	refuse(world_code("app", TEXT(signed_in.code)), MM_SIGN_IN_INVALID_DPOP_PROOF);
	refuse(with_proof(world_code("app", TEXT(signed_in.code)), &wrong), MM_SIGN_IN_INVALID_DPOP_PROOF);
	assert_int_equal(ask(with_proof(world_code("app", TEXT(signed_in.code)), &right)).status, MM_SIGN_IN_OK);
	maker_text_clear(&wrong);
	maker_text_clear(&right);
	maker_text_clear(&binding);
}

/* ---- nonces ---- */

static const char *
nonce_of(const struct mm_verified *answer)
{
	static char nonce[MM_DPOP_NONCE_LEN + 1];

	assert_int_equal(answer->dpop_nonce.len, MM_DPOP_NONCE_LEN);
	memcpy(nonce, answer->dpop_nonce.bytes, MM_DPOP_NONCE_LEN);
	return nonce;
}

static struct mm_verified
refuse_proof(struct mm_verify verify, EVP_PKEY *signer, const char *nonce, enum mm_sign_in_status status)
{
	struct maker_text proof = proof_with_nonce(signer, TOKEN_ENDPOINT, nonce);
	struct mm_verified answer = ask(with_proof(verify, &proof));

	assert_int_equal(answer.status, status);
	assert_int_equal(answer.has_access, 0);
	assert_int_equal(answer.refresh_token.len, 0);
	maker_text_clear(&proof);
	return answer;
}

static struct mm_verified
take_proof(struct mm_verify verify, EVP_PKEY *signer, const char *nonce)
{
	struct maker_text proof = proof_with_nonce(signer, TOKEN_ENDPOINT, nonce);
	struct mm_verified answer = ask(with_proof(verify, &proof));

	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_int_equal(answer.sender_key, MM_SENDER_DPOP);
	maker_text_clear(&proof);
	return answer;
}

/* RFC 9449 section 8: the first try is told the nonce, the next one has it, and each answer has one for the next. */
static void
a_proof_needs_a_nonce(void **state)
{
	struct mm_verified signed_in = sign_in("app"), answer;
	struct mm_verify verify = world_code("app", TEXT(signed_in.code));
	char old[MM_DPOP_NONCE_LEN + 1];

	(void)state;
	verifier.realm.dpop_nonce = true;
	answer = refuse_proof(verify, key, NULL, MM_SIGN_IN_USE_DPOP_NONCE);
	(void)snprintf(old, sizeof(old), "%s", nonce_of(&answer));
	(void)refuse_proof(verify, key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", MM_SIGN_IN_USE_DPOP_NONCE);
	/* None of that used the code up. */
	answer = take_proof(verify, key, old);
	assert_string_equal(nonce_of(&answer), old);
	verify = world_refresh("app", TEXT(answer.refresh_token));
	/* One that was made for later is worth nothing then. */
	verifier.now_s += MM_NONCE_LIFETIME_S + MM_NONCE_SLOT_S;
	answer = refuse_proof(verify, key, old, MM_SIGN_IN_USE_DPOP_NONCE);
	assert_string_not_equal(nonce_of(&answer), old);
	answer = take_proof(verify, key, nonce_of(&answer));
	/* What is wrong with it beside is told as that, and none of another process counts. */
	verify = world_refresh("app", TEXT(answer.refresh_token));
	verifier.nonce_secret[0] ^= 1;
	(void)refuse_proof(verify, key, nonce_of(&answer), MM_SIGN_IN_USE_DPOP_NONCE);
	answer = refuse_proof(verify, other, NULL, MM_SIGN_IN_USE_DPOP_NONCE);
	(void)refuse_proof(verify, other, nonce_of(&answer), MM_SIGN_IN_INVALID_GRANT);
	(void)take_proof(verify, key, nonce_of(&answer));
}

/* Who shows no proof has no nonce to show, and none is told where none is demanded. */
static void
nonces_are_for_proofs_alone(void **state)
{
	struct mm_verified signed_in = sign_in("app"), answer;

	(void)state;
	verifier.realm.dpop_nonce = true;
	answer = ask(world_code("app", TEXT(signed_in.code)));
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_int_equal(answer.dpop_nonce.len, 0);
	verifier.realm.dpop_nonce = false;
	signed_in = sign_in("app");
	answer = take_proof(world_code("app", TEXT(signed_in.code)), key, NULL);
	assert_int_equal(answer.dpop_nonce.len, 0);
}

#define KEY_TEST(name) cmocka_unit_test_setup_teardown(name, open_keys, close_keys)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KEY_TEST(an_assertion_is_good_once),
		KEY_TEST(an_assertion_is_for_one_address),
		KEY_TEST(an_assertion_is_its_clients),
		KEY_TEST(an_assertion_is_kept_before_it_counts),
		KEY_TEST(a_round_that_failed_leaves_nothing_waiting),
		KEY_TEST(a_changed_key_counts_at_once),
		KEY_TEST(a_change_that_was_undone_leaves_no_key),
		KEY_TEST(a_disabled_client_is_refused_at_once),
		KEY_TEST(clients_beyond_those_that_are_known),
		KEY_TEST(tokens_are_bound_to_the_key_of_a_proof),
		KEY_TEST(proofs_for_other_requests_are_refused),
		KEY_TEST(a_code_may_be_bound_before),
		KEY_TEST(a_proof_needs_a_nonce),
		KEY_TEST(nonces_are_for_proofs_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
