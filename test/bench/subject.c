/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the bench decides about.
 */
#include "test/bench/subject.h"

#include "test/maker/key.h"

#include <openssl/pem.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static enum maker_key_kind
kind_of(const char *algorithm)
{
	if (strcmp(algorithm, "ES256") == 0)
		return MAKER_EC256;
	return strcmp(algorithm, "EdDSA") == 0 ? MAKER_ED25519 : MAKER_RSA;
}

static void
write_pem(struct bench_subject *subject)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes;
	long len;

	if (bio == NULL || PEM_write_bio_PUBKEY(bio, subject->key) != 1)
		maker_fail("the public key cannot be written");
	len = BIO_get_mem_data(bio, &bytes);
	maker_text_add(&subject->pem, bytes, (size_t)len);
	BIO_free(bio);
}

static void
write_jwk(struct bench_subject *subject)
{
	struct maker_object jwk = { .count = 0 };

	maker_key_publish(subject->key, &jwk);
	maker_object_set_string(&jwk, "kid", subject->kid);
	maker_object_set_string(&jwk, "alg", subject->algorithm);
	maker_object_set_string(&jwk, "use", "sig");
	maker_object_write(&jwk, &subject->jwk);
	maker_object_clear(&jwk);
}

/* Groups bring the token to about 1.3 kB: the fewer, the longer its signature. */
static void
set_groups(struct maker_object *claims, const char *algorithm)
{
	int count = kind_of(algorithm) == MAKER_RSA ? 2 : 7;
	struct maker_text groups = { NULL, 0, 0 };

	for (int i = 0; i < count; i++)
		maker_text_add_format(&groups, "%s\"0a1b2c3d-1111-4aaa-8bbb-%012d\"", i == 0 ? "[" : ",", i + 1);
	maker_text_add_str(&groups, "]");
	maker_object_set(claims, "groups", groups.bytes);
	maker_text_clear(&groups);
}

static void
set_numbered(struct maker_object *claims, const char *name, const char *text, unsigned number)
{
	struct maker_text numbered = { NULL, 0, 0 };

	maker_text_add_format(&numbered, "%s%06u", text, number);
	maker_object_set_string(claims, name, numbered.bytes);
	maker_text_clear(&numbered);
}

/* 19 claims as an Entra-like issuer writes them. */
static void
write_claims(struct maker_text *payload, const char *algorithm, unsigned number)
{
	long long now_s = (long long)time(NULL);
	struct maker_object claims = { .count = 0 };

	maker_object_set_string(&claims, "aud", BENCH_AUDIENCE);
	maker_object_set_string(&claims, "iss", BENCH_ISSUER);
	maker_object_set_number(&claims, "iat", now_s - 60);
	maker_object_set_number(&claims, "nbf", now_s - 60);
	maker_object_set_number(&claims, "exp", now_s + 3500);
	maker_object_set_string(&claims, "acr", "1");
	maker_object_set_string(&claims, "azp", BENCH_CLIENT);
	maker_object_set_string(&claims, "azpacr", "0");
	maker_object_set_string(&claims, "groups_hint", "none");
	set_groups(&claims, algorithm);
	maker_object_set_string(&claims, "name", "Alice Example");
	maker_object_set_string(&claims, "oid", "11111111-2222-4333-8444-555555555555");
	maker_object_set_string(&claims, "preferred_username", BENCH_MAILBOX);
	set_numbered(&claims, "sid", "00aa1122-3344-4556-8778-99aabb", number);
	maker_object_set_string(&claims, "scope", "openid profile email mail.read mail.send offline_access");
	set_numbered(&claims, "sub", "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789a", number);
	maker_object_set_string(&claims, "tid", BENCH_TENANT);
	set_numbered(&claims, "jti", "kq3vLZpY0WmT8sXc", number);
	maker_object_set_string(&claims, "ver", "2.0");
	maker_object_write(&claims, payload);
	maker_object_clear(&claims);
}

/* Header and payload, as they are signed. */
static void
write_signed_input(const struct bench_subject *subject, unsigned number, struct maker_text *token)
{
	struct maker_text header = { NULL, 0, 0 }, payload = { NULL, 0, 0 };

	maker_text_add_format(&header, "{\"typ\":\"JWT\",\"alg\":\"%s\",\"kid\":\"%s\"}", subject->algorithm,
	    subject->kid);
	write_claims(&payload, subject->algorithm, number);
	maker_text_add_base64url(token, header.bytes, header.len);
	maker_text_add_str(token, ".");
	maker_text_add_base64url(token, payload.bytes, payload.len);
	maker_text_clear(&header);
	maker_text_clear(&payload);
}

static void
add_signature(struct maker_text *token, const struct maker_text *signature)
{
	maker_text_add_str(token, ".");
	maker_text_add_base64url(token, signature->bytes, signature->len);
}

void
bench_subject_sign(const struct bench_subject *subject, unsigned number, struct maker_text *token)
{
	struct maker_text signature = { NULL, 0, 0 };

	write_signed_input(subject, number, token);
	maker_key_sign(subject->key, subject->algorithm, token, &signature);
	add_signature(token, &signature);
	maker_text_clear(&signature);
}

static void
write_token(struct bench_subject *subject)
{
	size_t signed_len;

	write_signed_input(subject, 0, &subject->token);
	maker_key_sign(subject->key, subject->algorithm, &subject->token, &subject->signature);
	signed_len = subject->token.len;
	add_signature(&subject->token, &subject->signature);
	subject->signed_input = mm_slice(subject->token.bytes, signed_len);
	subject->signature_text = mm_slice(subject->token.bytes + signed_len + 1, subject->token.len - signed_len - 1);
}

static void
make_trust(struct bench_subject *subject)
{
	static const char *const realms[] = { "enterprise", NULL }, *const domains[] = { "contoso.example", NULL };
	static const char *const types[] = { "JWT", NULL }; /* the only one that libjwt 1.10 takes */
	struct mm_trust_builder *builder = mm_trust_builder_new();
	struct maker_text jwks = { NULL, 0, 0 };
	void *snapshot = NULL;
	size_t len = 0;

	maker_text_add_format(&jwks, "{\"keys\":[%s]}", subject->jwk.bytes);
	if (builder == NULL || !mm_trust_builder_add_document(builder, "keys", mm_slice(jwks.bytes, jwks.len),
	        MM_DOCUMENT_FILE) ||
	    !mm_trust_builder_add_realm(builder, &(struct mm_realm_settings){ .name = "enterprise",
	    .issuer = "https://login.example/{tenant}/v2.0", .keys = "keys", .token_types = types }) ||
	    !mm_trust_builder_add_tenant(builder, &(struct mm_tenant_settings){ .name = "contoso",
	    .realm = "enterprise", .id = BENCH_TENANT, .domains = domains }) ||
	    !mm_trust_builder_add_service(builder, &(struct mm_service_settings){ .name = "imap",
	    .audience = BENCH_AUDIENCE, .realms = realms, .mailbox_claim = "preferred_username" }) ||
	    !mm_trust_builder_compile(builder, 1, NULL, NULL, &snapshot, &len))
		maker_fail("the trust cannot be compiled");
	subject->trust = mm_trust_load(snapshot, len, NULL);
	if (subject->trust == NULL)
		maker_fail("the trust cannot be loaded");
	free(snapshot);
	mm_trust_builder_free(&builder);
	maker_text_clear(&jwks);
}

void
bench_subject_make(struct bench_subject *subject, const char *algorithm)
{
	*subject = (struct bench_subject){ .algorithm = algorithm, .key = maker_key_new(kind_of(algorithm), NULL) };
	snprintf(subject->kid, sizeof(subject->kid), "bench-2026-11-%s", algorithm);
	write_pem(subject);
	write_jwk(subject);
	write_token(subject);
	make_trust(subject);
}

void
bench_subject_free(struct bench_subject *subject)
{
	EVP_PKEY_free(subject->key);
	maker_text_clear(&subject->jwk);
	maker_text_clear(&subject->pem);
	maker_text_clear(&subject->token);
	maker_text_clear(&subject->signature);
	mm_trust_free(&subject->trust);
}
