/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens that are shown to the verifier: introspection, revocation, userinfo, exchange. The ledger's word is needed for
 * each of them, and no other key than the mint's makes one.
 */
#include "lib/base/array.h"
#include "test/maker/key.h"
#include "test/maker/proof.h"
#include "test/unit/daemon/verifier_here.h"

#define NOW_S 1800000000
#define JTI "0123456789012345678901"
#define WEBMAIL "https://webmail.example"
#define FRESH "https://fresh.example"
#define USERINFO "https://login.example/" CONTOSO "/v2.0/userinfo"

static EVP_PKEY *mint_key, *home_key, *thief;
static struct mm_verified session;

/* ---- the trust ---- */

static void
add_keys(struct mm_trust_builder *builder, const char *name, EVP_PKEY *key, const char *kid, const char *issuer)
{
	struct maker_text text = { 0 };
	struct maker_object jwk = { .count = 0 };

	maker_key_publish(key, &jwk);
	maker_object_set_string(&jwk, "kid", kid);
	maker_object_set_string(&jwk, "alg", "ES256");
	maker_object_set_string(&jwk, "issuer", issuer);
	maker_object_set_string(&jwk, "state", "active");
	maker_object_set_number(&jwk, "nbf", NOW_S - 86400);
	maker_object_set_number(&jwk, "exp", NOW_S + 86400);
	maker_text_add_str(&text, "{\"keys\":[");
	maker_object_write(&jwk, &text);
	maker_text_add_str(&text, "]}");
	assert_true(
	    mm_trust_builder_add_document(builder, name, mm_slice(text.bytes, text.len), MM_DOCUMENT_MINT));
	maker_text_clear(&text);
	maker_object_clear(&jwk);
}

static void
add_settings(struct mm_trust_builder *builder)
{
	static const char *const enterprise[] = { "enterprise", NULL }, *const home[] = { "home", NULL };
	static const char *const domains[] = { "contoso.example", NULL }, *const others[] = { "home.example", NULL };
	const struct mm_realm_settings realms[] = {
		{ .name = "enterprise", .issuer = ISSUER, .keys = "mint:enterprise", .mint = true },
		{ .name = "home", .issuer = "https://home.example", .keys = "mint:home", .mint = true },
	};
	const struct mm_tenant_settings tenants[] = {
		{ "contoso", "enterprise", CONTOSO, domains }, { "house", "home", "house", others },
	};
	const struct mm_service_settings services[] = {
		{ .name = "imap", .audience = AUDIENCE, .realms = enterprise, .mailbox_claim = "preferred_username",
		    .mark = MM_PROOF_REQUIRED, .ledger = MM_PROOF_REQUIRED },
		{ .name = "webmail", .audience = WEBMAIL, .realms = home, .mailbox_claim = "preferred_username",
		    .exchange_from = home },
		{ .name = "fresh", .audience = FRESH, .realms = enterprise, .mailbox_claim = "preferred_username",
		    .dpop_nonce = true },
	};
	const struct mm_revocation_settings revoked = {
		.realm = "enterprise", .kind = MM_REVOKE_SESSION, .value = "revoked-session",
		    .issued_before_s = INT64_MAX,
	};

	for (size_t i = 0; i < MM_COUNT_OF(realms); i++)
		assert_true(mm_trust_builder_add_realm(builder, &realms[i]) &&
		    mm_trust_builder_add_tenant(builder, &tenants[i]));
	for (size_t i = 0; i < MM_COUNT_OF(services); i++)
		assert_true(mm_trust_builder_add_service(builder, &services[i]));
	assert_true(mm_trust_builder_add_revocation(builder, &revoked));
}

static void
tell(void *ctx, const struct mm_note *note)
{
	(void)ctx;
	if (note->note_class == MM_NOTE_REFUSED)
		fail_msg("%s: %s", note->where, note->text);
}

static int
open_trust(void **state)
{
	struct mm_trust_builder *builder = mm_trust_builder_new();
	void *snapshot = NULL;
	size_t len;

	assert_int_equal(open_world(state), 0);
	mint_key = maker_key_new(MAKER_EC256, NULL);
	home_key = maker_key_new(MAKER_EC256, NULL);
	thief = maker_key_new(MAKER_EC256, NULL);
	add_keys(builder, "mint:enterprise", mint_key, "m1", ISSUER);
	add_keys(builder, "mint:home", home_key, "h1", "https://home.example");
	add_settings(builder);
	assert_true(mm_trust_builder_compile(builder, 1, tell, NULL, &snapshot, &len));
	assert_non_null(verifier.trust = mm_trust_load(snapshot, len, NULL));
	free(snapshot);
	mm_trust_builder_free(&builder);
	world.ledger_says = MM_ISSUED_YES;
	session = sign_in("app");
	return 0;
}

static int
close_trust(void **state)
{
	EVP_PKEY_free(mint_key);
	EVP_PKEY_free(home_key);
	EVP_PKEY_free(thief);
	return close_world(state);
}

/* ---- tokens ---- */

struct draft {
	struct maker_object claims;
	const char *kid;
	EVP_PKEY *key;
	bool unmarked; /* else it has a mark, which only the ledger and the gates can judge */
};

static void
set_slice(struct draft *draft, const char *name, struct mm_slice text)
{
	char *copy = maker_copy_part(text.ptr, text.len);

	maker_object_set_string(&draft->claims, name, copy);
	free(copy);
}

static struct draft
genuine(void)
{
	struct draft draft = { .kid = "m1", .key = mint_key };

	maker_object_set_string(&draft.claims, "iss", "https://login.example/" CONTOSO "/v2.0");
	maker_object_set_string(&draft.claims, "tid", CONTOSO);
	set_slice(&draft, "sub", TEXT(session.subject));
	maker_object_set_string(&draft.claims, "aud", AUDIENCE);
	maker_object_set_string(&draft.claims, "client_id", "app");
	maker_object_set_number(&draft.claims, "iat", NOW_S);
	maker_object_set_number(&draft.claims, "exp", NOW_S + 3600);
	maker_object_set_string(&draft.claims, "jti", JTI);
	set_slice(&draft, "sid", TEXT(session.session));
	maker_object_set_string(&draft.claims, "scope", "openid profile mail");
	maker_object_set_string(&draft.claims, "preferred_username", "alice@contoso.example");
	return draft;
}

/* A token of the realm that others are derived from. */
static struct draft
parent(void)
{
	struct draft draft = { .kid = "h1", .key = home_key };

	maker_object_set_string(&draft.claims, "iss", "https://home.example");
	maker_object_set_string(&draft.claims, "tid", "house");
	maker_object_set_string(&draft.claims, "sub", "anna");
	maker_object_set_string(&draft.claims, "aud", WEBMAIL);
	maker_object_set_string(&draft.claims, "client_id", "browser");
	maker_object_set_number(&draft.claims, "iat", NOW_S - 600);
	maker_object_set_number(&draft.claims, "exp", NOW_S + 3000);
	maker_object_set_string(&draft.claims, "jti", JTI);
	maker_object_set_string(&draft.claims, "preferred_username", "anna@home.example");
	maker_object_set_string(&draft.claims, "scope", "profile mail calendar");
	return draft;
}

/* Borrowed until the next one. */
static struct mm_slice
write_token(struct draft draft)
{
	static struct maker_text token;
	struct maker_text header = { 0 }, claims = { 0 }, signature = { 0 };

	maker_text_clear(&token);
	maker_text_add_format(&header, "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"%s\"}", draft.kid);
	if (!draft.unmarked)
		maker_object_set_string(&draft.claims, "mark", "MMMMMMMMMMMMMMMMMMMMMA");
	maker_object_write(&draft.claims, &claims);
	maker_text_add_base64url(&token, header.bytes, header.len);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, claims.bytes, claims.len);
	maker_key_sign(draft.key, "ES256", &token, &signature);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, signature.bytes, signature.len);
	maker_text_clear(&header);
	maker_text_clear(&claims);
	maker_text_clear(&signature);
	maker_object_clear(&draft.claims);
	return mm_slice(token.bytes, token.len);
}

static struct mm_verified
introspect(struct draft draft)
{
	struct mm_verify verify = with_secret(world_request(MM_ASK_INTROSPECT, "webmail"), "s3cret");
	struct mm_verified answer;

	verify.token = write_token(draft);
	answer = ask(verify);
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	if (!answer.active) {
		assert_int_equal(answer.subject.len, 0);
		assert_int_equal(answer.scope.len, 0);
		assert_int_equal(answer.client_id.len, 0);
	}
	return answer;
}

/* ---- introspection ---- */

static void
a_genuine_token_is_active(void **state)
{
	struct mm_verified answer = introspect(genuine());

	(void)state;
	assert_int_equal(answer.active, 1);
	IS(answer.client_id, "app");
	IS(answer.scope, "openid profile mail");
	IS(answer.username, "alice@contoso.example");
	IS(answer.audience, AUDIENCE);
	IS(answer.token_id, JTI);
	assert_int_equal(answer.iat_s, NOW_S);
	assert_int_equal(answer.exp_s, NOW_S + 3600);
}

static void
others_are_not(void **state)
{
	struct draft draft = genuine();

	(void)state;
	draft.key = thief;
	assert_int_equal(introspect(draft).active, 0);
	draft = genuine();
	draft.kid = "h1";
	draft.key = home_key;
	assert_int_equal(introspect(draft).active, 0);
	draft = genuine();
	maker_object_set_string(&draft.claims, "aud", WEBMAIL);
	assert_int_equal(introspect(draft).active, 0);
	draft = genuine();
	maker_object_set_number(&draft.claims, "exp", NOW_S - 61);
	maker_object_set_number(&draft.claims, "iat", NOW_S - 3000);
	assert_int_equal(introspect(draft).active, 0);
	draft = genuine();
	maker_object_set_string(&draft.claims, "sid", "AAAAAAAAAAAAAAAAAAAAAA");
	assert_int_equal(introspect(draft).active, 0);
	draft = genuine();
	maker_object_set_string(&draft.claims, "client_id", "nobody");
	assert_int_equal(introspect(draft).active, 0);
	draft = genuine();
	draft.unmarked = true;
	assert_int_equal(introspect(draft).active, 0);
	draft = genuine();
	maker_object_set_string(&draft.claims, "jti", "short");
	assert_int_equal(introspect(draft).active, 0);
}

static void
what_the_ledger_has_not_is_not_active(void **state)
{
	struct mm_verify verify = with_secret(world_request(MM_ASK_INTROSPECT, "webmail"), "s3cret");

	(void)state;
	world.ledger_says = MM_ISSUED_NO;
	assert_int_equal(introspect(genuine()).active, 0);
	world.ledger_says = MM_ISSUED_VOID;
	assert_int_equal(introspect(genuine()).active, 0);
	world.ledger_says = MM_ISSUED_UNKNOWN;
	verify.token = write_token(genuine());
	refuse(verify, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	verifier_peer_close(&verifier.ledger);
	refuse(verify, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
}

static void
what_the_ledger_says_of_another_token_is_passed_over(void **state)
{
	struct mm_verify verify = with_secret(world_request(MM_ASK_INTROSPECT, "webmail"), "s3cret");

	(void)state;
	verify.token = write_token(genuine());
	world.ledger_says = MM_ISSUED_YES;
	world.ledger_confused = true;
	world_send(&verify);
	carry();
	assert_int_equal(verifier.work_count, 1);
	verifier.now_ms += VERIFIER_LEDGER_MS;
	verifier_works_expire(&verifier);
	verifier_end_round(&verifier);
	assert_int_equal(receive_answer().status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
}

/* What the service asks for beside does not make a token another one; what was revoked stays so. */
static void
what_a_service_lacks_does_not_count(void **state)
{
	struct draft draft = genuine();
	struct mm_verified answer;

	(void)state;
	maker_object_remove(&draft.claims, "preferred_username");
	assert_int_equal(introspect(draft).active, 1);
	draft = genuine();
	maker_object_set(&draft.claims, "cnf", "{\"jkt\":\"AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}");
	answer = introspect(draft);
	assert_int_equal(answer.active, 1);
	assert_int_equal(answer.sender_key, MM_SENDER_DPOP);
	assert_memory_equal(answer.sender_thumbprint, "\1\2\3\0", 4);
	draft = genuine();
	maker_object_set(&draft.claims, "cnf", "{\"jkt\":\"AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}");
	maker_object_set_string(&draft.claims, "sid", "revoked-session");
	assert_int_equal(introspect(draft).active, 0);
}

static void
introspection_is_for_clients_that_show_who_they_are(void **state)
{
	struct mm_verify verify = world_request(MM_ASK_INTROSPECT, "app");

	(void)state;
	verify.token = write_token(genuine());
	refuse(verify, MM_SIGN_IN_UNAUTHORIZED_CLIENT);
	verify = with_secret(world_request(MM_ASK_INTROSPECT, "webmail"), "wrong");
	verify.token = write_token(genuine());
	refuse(verify, MM_SIGN_IN_INVALID_CLIENT);
}

/* ---- revoking ---- */

static struct mm_verified
revoke_token(const char *client_id, struct mm_slice token)
{
	struct mm_verify verify = world_request(MM_ASK_REVOKE, client_id);

	verify.token = token;
	return ask(verify);
}

static void
a_client_revokes_its_own_tokens(void **state)
{
	struct mm_verified tokens = ask(world_code("app", TEXT(session.code)));

	(void)state;
	assert_int_equal(revoke_token("stranger", write_token(genuine())).status, MM_SIGN_IN_OK);
	assert_int_equal(introspect(genuine()).active, 1);
	assert_int_equal(revoke_token("app", write_token(genuine())).status, MM_SIGN_IN_OK);
	assert_int_equal(introspect(genuine()).active, 0);
	assert_int_equal(revoke_token("stranger", TEXT(tokens.refresh_token)).status, MM_SIGN_IN_OK);
	tokens = ask(world_refresh("app", TEXT(tokens.refresh_token)));
	assert_int_equal(tokens.status, MM_SIGN_IN_OK);
	assert_int_equal(revoke_token("app", TEXT(tokens.refresh_token)).status, MM_SIGN_IN_OK);
	refuse(world_refresh("app", TEXT(tokens.refresh_token)), MM_SIGN_IN_INVALID_GRANT);
	assert_int_equal(revoke_token("app", mm_slice_str("nonsense")).status, MM_SIGN_IN_OK);
}

/* RFC 7009 section 2.2.1: 503, while its key is still to come; not when it is nothing any more. */
static void
what_may_be_genuine_is_not_told_to_be_revoked(void **state)
{
	const unsigned before = world.revocations;
	struct draft draft = genuine();

	(void)state;
	draft.kid = "m2";
	assert_int_equal(revoke_token("app", write_token(draft)).status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	draft = genuine();
	maker_object_set_number(&draft.claims, "iat", NOW_S + 120);
	assert_int_equal(revoke_token("app", write_token(draft)).status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	draft = genuine();
	maker_object_set_number(&draft.claims, "iat", NOW_S - 2 * 86400);
	assert_int_equal(revoke_token("app", write_token(draft)).status, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	draft = genuine();
	draft.kid = "m2";
	maker_object_set_number(&draft.claims, "exp", NOW_S - 61);
	assert_int_equal(revoke_token("app", write_token(draft)).status, MM_SIGN_IN_OK);
	draft = genuine();
	draft.key = thief;
	assert_int_equal(revoke_token("app", write_token(draft)).status, MM_SIGN_IN_OK);
	assert_int_equal(world.revocations, before);
}

/* ---- userinfo ---- */

static void
userinfo_tells_what_the_scope_allows(void **state)
{
	struct mm_verify verify = world_request(MM_ASK_USERINFO, "");
	struct draft draft = genuine();
	struct mm_verified answer;

	(void)state;
	verify.token = write_token(draft);
	answer = ask(verify);
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_true(mm_slice_equal(TEXT(answer.subject), TEXT(session.subject)));
	IS(answer.name, "A Person");
	draft = genuine();
	maker_object_set_string(&draft.claims, "scope", "openid");
	verify.token = write_token(draft);
	answer = ask(verify);
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_int_equal(answer.name.len, 0);
	draft = genuine();
	maker_object_set_string(&draft.claims, "scope", "mail");
	verify.token = write_token(draft);
	refuse(verify, MM_SIGN_IN_INSUFFICIENT_SCOPE);
	draft = genuine();
	draft.key = thief;
	verify.token = write_token(draft);
	refuse(verify, MM_SIGN_IN_INVALID_TOKEN);
	world.ledger_says = MM_ISSUED_NO;
	verify.token = write_token(genuine());
	refuse(verify, MM_SIGN_IN_INVALID_TOKEN);
	verify.token = MM_SLICE_ABSENT;
	refuse(verify, MM_SIGN_IN_INVALID_TOKEN);
}

static void
a_session_that_ended_ends_userinfo(void **state)
{
	struct mm_verify verify = world_request(MM_ASK_USERINFO, ""), out = world_request(MM_ASK_SIGN_OUT, "app");

	(void)state;
	assert_true(mm_mint_text_set(&out.ask.sign_out.cookie, TEXT(session.cookie)));
	assert_int_equal(ask(out).done, 1);
	verify.token = write_token(genuine());
	refuse(verify, MM_SIGN_IN_INVALID_TOKEN);
}

static struct maker_text
proof_of(EVP_PKEY *holder, struct mm_slice token, const char *nonce)
{
	static unsigned count;
	char jti[32], *text = maker_copy_part(token.ptr, token.len);
	struct maker_proof_request request = { "POST", USERINFO, text, jti, NOW_S };
	struct maker_object header = { .count = 0 }, claims = { .count = 0 };
	struct maker_text proof;

	(void)snprintf(jti, sizeof(jti), "proof-%u", ++count);
	maker_proof_draft(holder, "ES256", &request, &header, &claims);
	if (nonce != NULL)
		maker_object_set_string(&claims, "nonce", nonce);
	proof = maker_proof_sign(holder, "ES256", &header, &claims);
	maker_object_clear(&header);
	maker_object_clear(&claims);
	free(text);
	return proof;
}

static struct mm_verified
ask_userinfo(EVP_PKEY *holder, struct mm_slice token, const char *nonce)
{
	struct mm_verify verify = world_request(MM_ASK_USERINFO, "");
	struct maker_text proof = proof_of(holder, token, nonce);
	struct mm_verified answer;

	verify.ask.userinfo.is_dpop = 1;
	verify.head.proof_count = 1;
	verify.proof = mm_slice(proof.bytes, proof.len);
	verify.token = token;
	answer = ask(verify);
	maker_text_clear(&proof);
	return answer;
}

/* As at the gate of the service that the token is for: RFC 9449 section 9. */
static void
userinfo_wants_a_nonce_where_the_service_does(void **state)
{
	static const char fresh[] = "fresh\0" FRESH;
	EVP_PKEY *holder = maker_key_new(MAKER_EC256, NULL);
	struct maker_text binding = maker_binding_of_key(holder);
	struct draft draft = genuine();
	struct mm_verified answer;
	struct mm_slice token;
	char nonce[MM_DPOP_NONCE_LEN + 1] = "";

	(void)state;
	assert_true(verifier_realm_take_service(&verifier.realm, mm_slice(fresh, sizeof(fresh))));
	maker_object_set(&draft.claims, "cnf", binding.bytes);
	maker_object_set_string(&draft.claims, "aud", FRESH);
	token = write_token(draft);
	answer = ask_userinfo(holder, token, NULL);
	assert_int_equal(answer.status, MM_SIGN_IN_USE_DPOP_NONCE);
	assert_int_equal(answer.subject.len, 0);
	assert_int_equal(answer.dpop_nonce.len, MM_DPOP_NONCE_LEN);
	memcpy(nonce, answer.dpop_nonce.bytes, MM_DPOP_NONCE_LEN);
	assert_int_equal(ask_userinfo(thief, token, nonce).status, MM_SIGN_IN_INVALID_TOKEN);
	answer = ask_userinfo(holder, token, nonce);
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_true(mm_slice_equal(TEXT(answer.subject), TEXT(session.subject)));
	maker_text_clear(&binding);
	EVP_PKEY_free(holder);
}

/* ---- exchange ---- */

static void
derive(void)
{
	static const unsigned char home[] = { 0, 0, 'h', 'o', 'm', 'e' };
	struct mm_ask_client made = world_client("webmail", "code exchange");

	verifier.realm.derived = true;
	assert_true(verifier_realm_take_parent(&verifier.realm, mm_slice(home, sizeof(home))));
	assert_true(verifier_realm_take_exchange(&verifier.realm, mm_slice_str("webmail")));
	made.stated = MM_STATED_GRANTS;
	assert_true(client(MM_MINT_VERB_CLIENT_CHANGE, &made));
}

static struct mm_verify
exchange(struct draft draft)
{
	struct mm_verify verify = with_secret(world_request(MM_ASK_EXCHANGE, "webmail"), "s3cret");

	verify.ask.exchange.subject_type = MM_EXCHANGE_ACCESS_TOKEN;
	verify.ask.exchange.has_scope = verify.ask.exchange.has_target = 1;
	WORLD_SET(&verify.ask.exchange.scope, "mail");
	WORLD_SET(&verify.ask.exchange.target, AUDIENCE);
	verify.token = write_token(draft);
	return verify;
}

static void
a_primary_token_is_exchanged(void **state)
{
	struct mm_verified answer;

	(void)state;
	derive();
	answer = ask(exchange(parent()));
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_int_equal(answer.refresh_token.len, 0);
	assert_int_equal(answer.has_identity, 0);
	/* It does not outlive what it was made of. */
	assert_int_equal(answer.expires_in_s, 3000);
	IS(world.grants[0].parent, JTI);
	IS(world.grants[0].root_realm, "home");
	IS(world.grants[0].root_kid, "h1");
	IS(world.grants[0].subject, "anna");
	IS(world.grants[0].tenant, "house");
	IS(world.grants[0].mailbox, "anna@home.example");
	IS(world.grants[0].client, "webmail");
	IS(world.grants[0].scope, "mail");
	assert_int_equal(world.grants[0].root_proof, MM_ROOT_ISSUED);
	assert_int_equal(world.grants[0].root_iat_s, NOW_S - 600);
	assert_int_equal(world.grants[0].kind, MM_GRANT_EXCHANGE);
}

/* The client may have "openid profile email mail"; the token carries "profile mail calendar". */
static void
an_exchange_gives_no_more_scope(void **state)
{
	struct mm_verify verify;
	struct mm_verified answer;
	struct draft draft;

	(void)state;
	derive();
	verify = exchange(parent());
	verify.ask.exchange.has_scope = 0;
	WORLD_SET(&verify.ask.exchange.scope, "");
	answer = ask(verify);
	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	IS(answer.scope, "profile mail");
	IS(world.grants[0].scope, "profile mail");
	verify = exchange(parent());
	WORLD_SET(&verify.ask.exchange.scope, "email mail");
	answer = ask(verify);
	IS(answer.scope, "mail");
	IS(world.grants[0].scope, "mail");
	verify = exchange(parent());
	WORLD_SET(&verify.ask.exchange.scope, "openid email");
	refuse(verify, MM_SIGN_IN_INVALID_SCOPE);
	/* That the token carries it does not give it to a client that may not have it. */
	verify = exchange(parent());
	WORLD_SET(&verify.ask.exchange.scope, "calendar");
	refuse(verify, MM_SIGN_IN_INVALID_SCOPE);
	draft = parent();
	maker_object_set_string(&draft.claims, "scope", "calendar mails ai");
	refuse(exchange(draft), MM_SIGN_IN_INVALID_SCOPE);
	draft = parent();
	maker_object_set_string(&draft.claims, "scope", "");
	refuse(exchange(draft), MM_SIGN_IN_INVALID_SCOPE);
	draft = parent();
	maker_object_remove(&draft.claims, "scope");
	refuse(exchange(draft), MM_SIGN_IN_INVALID_SCOPE);
}

static void
a_client_without_scope_exchanges_nothing(void **state)
{
	struct mm_verify verify;

	(void)state;
	derive();
	change_scopes("webmail", "");
	verify = exchange(parent());
	verify.ask.exchange.has_scope = 0;
	WORLD_SET(&verify.ask.exchange.scope, "");
	refuse(verify, MM_SIGN_IN_INVALID_SCOPE);
}

static void
nothing_else_is_exchanged(void **state)
{
	struct mm_verify verify;
	struct draft draft;

	(void)state;
	refuse(exchange(parent()), MM_SIGN_IN_UNAUTHORIZED_CLIENT);
	derive();
	/* A token of its own realm, which webmail of 2023 took. */
	refuse(exchange(genuine()), MM_SIGN_IN_INVALID_REQUEST);
	draft = genuine();
	maker_object_set_string(&draft.claims, "aud", WEBMAIL);
	refuse(exchange(draft), MM_SIGN_IN_INVALID_REQUEST);
	draft = parent();
	draft.key = thief;
	refuse(exchange(draft), MM_SIGN_IN_INVALID_REQUEST);
	draft = parent();
	draft.unmarked = true;
	refuse(exchange(draft), MM_SIGN_IN_INVALID_REQUEST);
	/* One that was made of another. */
	draft = parent();
	maker_object_set_string(&draft.claims, "parent", JTI);
	refuse(exchange(draft), MM_SIGN_IN_INVALID_REQUEST);
	draft = parent();
	maker_object_set_string(&draft.claims, "aud", AUDIENCE);
	refuse(exchange(draft), MM_SIGN_IN_INVALID_REQUEST);
	world.ledger_says = MM_ISSUED_NO;
	refuse(exchange(parent()), MM_SIGN_IN_INVALID_REQUEST);
	world.ledger_says = MM_ISSUED_UNKNOWN;
	refuse(exchange(parent()), MM_SIGN_IN_TEMPORARILY_UNAVAILABLE);
	world.ledger_says = MM_ISSUED_YES;
	verify = exchange(parent());
	verify.ask.exchange.has_actor = 1;
	refuse(verify, MM_SIGN_IN_INVALID_REQUEST);
	verify = exchange(parent());
	verify.ask.exchange.subject_type = MM_EXCHANGE_OTHER;
	refuse(verify, MM_SIGN_IN_INVALID_REQUEST);
	verify = exchange(parent());
	WORLD_SET(&verify.ask.exchange.target, WEBMAIL);
	refuse(verify, MM_SIGN_IN_INVALID_TARGET);
	verify = exchange(parent());
	WORLD_SET(&verify.ask.exchange.scope, "admin");
	refuse(verify, MM_SIGN_IN_INVALID_SCOPE);
}

static void
a_client_of_a_tenant_exchanges_its_tokens_alone(void **state)
{
	static const char house[] = "house\0house\0home.example\0";
	struct mm_ask_client made = world_client("webmail", "code exchange");
	struct mm_verify verify;

	(void)state;
	derive();
	assert_true(verifier_realm_take_tenant(&verifier.realm, mm_slice(house, sizeof(house))));
	made.stated = MM_STATED_TENANT;
	WORLD_SET(&made.tenant, "contoso");
	assert_true(client(MM_MINT_VERB_CLIENT_CHANGE, &made));
	refuse(exchange(parent()), MM_SIGN_IN_INVALID_REQUEST);
	WORLD_SET(&made.tenant, "house");
	assert_true(client(MM_MINT_VERB_CLIENT_CHANGE, &made));
	verify = exchange(parent());
	WORLD_SET(&verify.head.tenant, "house");
	assert_int_equal(ask(verify).status, MM_SIGN_IN_OK);
	IS(world.grants[0].tenant, "house");
}

/* The ledger has the question, and its answer comes behind the operator's order. */
static void
a_client_that_changes_meanwhile_gets_nothing(void **state)
{
	static const enum mm_mint_verb verbs[] = { MM_MINT_VERB_CLIENT_CHANGE, MM_MINT_VERB_CLIENT_DISABLE };
	struct mm_ask_client made = world_client("webmail", "code");
	struct mm_verify verify;

	(void)state;
	derive();
	for (size_t i = 0; i < MM_COUNT_OF(verbs); i++) {
		made.stated = verbs[i] == MM_MINT_VERB_CLIENT_CHANGE ? MM_STATED_AUDIENCES : 0;
		verify = exchange(parent());
		world_send(&verify);
		receive_requests();
		assert_true(client(verbs[i], &made));
		assert_int_equal(receive_answer().status, MM_SIGN_IN_INVALID_CLIENT);
		assert_int_equal(world.tickets, 0);
	}
}

#define TOKEN_TEST(name) cmocka_unit_test_setup_teardown(name, open_trust, close_trust)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TOKEN_TEST(a_genuine_token_is_active),
		TOKEN_TEST(others_are_not),
		TOKEN_TEST(what_the_ledger_has_not_is_not_active),
		TOKEN_TEST(what_the_ledger_says_of_another_token_is_passed_over),
		TOKEN_TEST(what_a_service_lacks_does_not_count),
		TOKEN_TEST(introspection_is_for_clients_that_show_who_they_are),
		TOKEN_TEST(a_client_revokes_its_own_tokens),
		TOKEN_TEST(what_may_be_genuine_is_not_told_to_be_revoked),
		TOKEN_TEST(userinfo_tells_what_the_scope_allows),
		TOKEN_TEST(a_session_that_ended_ends_userinfo),
		TOKEN_TEST(userinfo_wants_a_nonce_where_the_service_does),
		TOKEN_TEST(a_primary_token_is_exchanged),
		TOKEN_TEST(an_exchange_gives_no_more_scope),
		TOKEN_TEST(a_client_without_scope_exchanges_nothing),
		TOKEN_TEST(nothing_else_is_exchanged),
		TOKEN_TEST(a_client_of_a_tenant_exchanges_its_tokens_alone),
		TOKEN_TEST(a_client_that_changes_meanwhile_gets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
