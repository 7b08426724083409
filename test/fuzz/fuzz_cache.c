/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the cache give back what it was given? The input is a payload, or a header, a NUL and a payload; the target
 * signs it, so that whatever passes the parsers is remembered, and a decision with the cache must say what one without
 * says.
 */
#include "lib/base/array.h"
#include "lib/codec/base64url.h"
#include "lib/token/facts.h"

#include <mintmark.h>

#include <openssl/evp.h>

#include <stddef.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_S 1800000000
#define SIGNATURE_LEN 64

/* RFC 8037 appendix A.1 and A.2: a key of everybody's. */
static const char secret_text[] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
static const char jwks[] =
    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"EdDSA\",\"kid\":\"a\","
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";
static const char usual_header[] = "{\"typ\":\"at+jwt\",\"alg\":\"EdDSA\",\"kid\":\"a\"}";

static const char *const realms[] = { "r", NULL }, *const domains[] = { "a.example", NULL };
static const char *const scopes[] = { "mail", NULL };

static const struct mm_service_settings services[] = {
	{ .name = "email", .audience = "s", .realms = realms, .mailbox_claim = "email" },
	{ .name = "upn", .audience = "s", .realms = realms, .mailbox_claim = "upn" },
	{ .name = "cnf", .audience = "s", .realms = realms, .mailbox_claim = "cnf" },
	{ .name = "scope", .audience = "s", .realms = realms, .scopes = scopes },
};

static struct mm_trust *trust;
static struct mm_decision *cold, *warm;
static struct mm_cache *cache;
static EVP_PKEY *secret_key;

/* ---- the world ---- */

static bool
fill_builder(struct mm_trust_builder *builder)
{
	bool filled = mm_trust_builder_add_document(builder, "k", mm_slice_str(jwks), MM_DOCUMENT_FILE) &&
	    mm_trust_builder_add_realm(builder, &(struct mm_realm_settings){ .name = "r",
	    .issuer = "https://a.example/{tenant}", .keys = "k" }) &&
	    mm_trust_builder_add_tenant(builder, &(struct mm_tenant_settings){ "t", "r", "t", domains });

	for (size_t i = 0; filled && i < MM_COUNT_OF(services); i++)
		filled = mm_trust_builder_add_service(builder, &services[i]);
	return filled;
}

static void
make_world(void)
{
	static const unsigned char seed[MM_CACHE_SEED_LEN] = "any bytes will do for one run!!";
	struct mm_trust_builder *builder = mm_trust_builder_new();
	unsigned char secret[MM_BASE64URL_DECODED_MAX(sizeof(secret_text) - 1)];
	void *snapshot = NULL;
	size_t len = 0, secret_len;

	if (builder == NULL || !fill_builder(builder) ||
	    !mm_trust_builder_compile(builder, 1, NULL, NULL, &snapshot, &len) ||
	    mm_base64url_decode(mm_slice_str(secret_text), secret, &secret_len) != MM_OK)
		abort();
	trust = mm_trust_load(snapshot, len, NULL);
	cold = mm_decision_new();
	warm = mm_decision_new();
	cache = mm_cache_new(MM_CACHE_BYTES_MIN, seed);
	secret_key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, secret_len);
	if (trust == NULL || cold == NULL || warm == NULL || cache == NULL || secret_key == NULL)
		abort();
	free(snapshot);
	mm_trust_builder_free(&builder);
}

/* ---- the token ---- */

static size_t
add_encoded(char *token, size_t len, struct mm_slice bytes)
{
	mm_base64url_encode(bytes, token + len);
	return len + MM_BASE64URL_ENCODED_LEN(bytes.len);
}

/* The caller frees it. */
static struct mm_slice
make_token(struct mm_slice header, struct mm_slice payload)
{
	char *token = malloc((header.len + payload.len + SIGNATURE_LEN) * 4 / 3 + 8);
	unsigned char signature[SIGNATURE_LEN];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len, signature_len = sizeof(signature);

	if (token == NULL)
		abort();
	len = add_encoded(token, 0, header);
	token[len++] = '.';
	len = add_encoded(token, len, payload);
	if (EVP_DigestSignInit(ctx, NULL, NULL, NULL, secret_key) != 1 ||
	    EVP_DigestSign(ctx, signature, &signature_len, (const unsigned char *)token, len) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
	token[len++] = '.';
	len = add_encoded(token, len, mm_slice(signature, signature_len));
	return mm_slice(token, len);
}

/* ---- the decisions ---- */

static const size_t texts[] = {
	offsetof(struct mm_facts, alg), offsetof(struct mm_facts, kid), offsetof(struct mm_facts, typ),
	offsetof(struct mm_facts, issuer), offsetof(struct mm_facts, tenant_id), offsetof(struct mm_facts, subject),
	offsetof(struct mm_facts, client), offsetof(struct mm_facts, token_id), offsetof(struct mm_facts, session),
	offsetof(struct mm_facts, scope), offsetof(struct mm_facts, audience), offsetof(struct mm_facts, mailbox),
};

static void
expect_same_text(const struct mm_facts *a, const struct mm_facts *b, size_t offset)
{
	const struct mm_slice *left = (const struct mm_slice *)(const void *)((const char *)a + offset);
	const struct mm_slice *right = (const struct mm_slice *)(const void *)((const char *)b + offset);

	if (mm_slice_present(*left) != mm_slice_present(*right) ||
	    (mm_slice_present(*left) && !mm_slice_equal(*left, *right)))
		abort();
}

static void
expect_same(void)
{
	const struct mm_facts *a = mm_decision_facts(cold), *b = mm_decision_facts(warm);

	if (mm_decision_reason(cold) != mm_decision_reason(warm))
		abort();
	for (size_t i = 0; i < MM_COUNT_OF(texts); i++)
		expect_same_text(a, b, texts[i]);
	if (a->verified != b->verified || a->realm != b->realm || a->tenant != b->tenant || a->key != b->key ||
	    a->iat_s != b->iat_s || a->exp_s != b->exp_s || a->nbf_s != b->nbf_s)
		abort();
}

static void
decide_each_way(struct mm_slice token)
{
	for (size_t i = 0; i < MM_COUNT_OF(services); i++) {
		struct mm_request request = { .service = mm_trust_find_service(trust, mm_slice_str(services[i].name)),
		    .token = token, .now_s = NOW_S };
		bool allowed = mm_allowed(mm_decide(trust, &request, cold));

		/* Once to remember it, if it is not yet, and once from the cache. */
		request.cache = cache;
		for (int times = 0; times < 2; times++) {
			if (mm_allowed(mm_decide(trust, &request, warm)) != allowed)
				abort();
			expect_same();
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size == 0 ? NULL : memchr(data, 0, size);
	struct mm_slice header = mm_slice_str(usual_header), payload = mm_slice(data, size), token;

	if (trust == NULL)
		make_world();
	if (nul != NULL) {
		header = mm_slice(data, (size_t)(nul - data));
		payload = mm_slice(nul + 1, size - header.len - 1);
	}
	token = make_token(header, payload);
	decide_each_way(token);
	free((void *)(uintptr_t)token.ptr);
	return 0;
}
