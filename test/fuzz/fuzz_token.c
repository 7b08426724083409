/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the decision, or be allowed? The input is a token; where it holds a NUL, the parts before and
 * behind it are header and payload as JSON, which the target encodes, so that the fuzzer need not learn base64url.
 */
#include "lib/base/limits.h"
#include "lib/codec/base64url.h"
#include "lib/token/facts.h"

#include <mintmark.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 8037 appendix A.2: a public key whose private half everybody knows; nothing here signs with it. */
static const char jwks[] =
    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"EdDSA\",\"kid\":\"a\","
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";

static struct mm_trust *trust;
static struct mm_decision *decision;

static void
make_world(void)
{
	static const char *const realms[] = { "r", NULL }, *const domains[] = { "a.example", NULL };
	struct mm_trust_builder *builder = mm_trust_builder_new();
	void *snapshot = NULL;
	size_t len = 0;

	if (builder == NULL || !mm_trust_builder_add_document(builder, "k", mm_slice_str(jwks), MM_DOCUMENT_FILE) ||
	    !mm_trust_builder_add_realm(builder, &(struct mm_realm_settings){ .name = "r",
	    .issuer = "https://a.example/{tenant}", .keys = "k" }) ||
	    !mm_trust_builder_add_tenant(builder, &(struct mm_tenant_settings){ "t", "r", "t", domains }) ||
	    !mm_trust_builder_add_service(builder, &(struct mm_service_settings){ .name = "s", .audience = "s",
	    .realms = realms, .mailbox_claim = "email" }) ||
	    !mm_trust_builder_compile(builder, 1, NULL, NULL, &snapshot, &len))
		abort();
	trust = mm_trust_load(snapshot, len, NULL);
	decision = mm_decision_new();
	if (trust == NULL || decision == NULL)
		abort();
	free(snapshot);
	mm_trust_builder_free(&builder);
}

/* header.payload. with an empty signature; the caller frees it. */
static char *
encode(const uint8_t *data, size_t size, const uint8_t *nul, size_t *len)
{
	struct mm_slice header = mm_slice(data, (size_t)(nul - data));
	struct mm_slice payload = mm_slice(nul + 1, size - header.len - 1);
	size_t header_len = MM_BASE64URL_ENCODED_LEN(header.len), payload_len = MM_BASE64URL_ENCODED_LEN(payload.len);
	char *token = malloc(header_len + payload_len + 2);

	if (token == NULL)
		abort();
	mm_base64url_encode(header, token);
	token[header_len] = '.';
	mm_base64url_encode(payload, token + header_len + 1);
	*len = header_len + payload_len + 2;
	token[*len - 1] = '.';
	return token;
}

static void
trace(void *ctx, const struct mm_trace_step *step)
{
	size_t *steps = ctx;

	(*steps)++;
	for (size_t i = 0; i < step->compared_count; i++)
		if (step->compared[i].what == NULL)
			abort();
}

static void
judge(struct mm_slice token)
{
	struct mm_request request = { .service = mm_trust_find_service(trust, mm_slice_str("s")), .token = token,
	    .now_s = 1800000000 };
	enum mm_reason reason;
	size_t steps = 0;

	if (mm_allowed(mm_decide(trust, &request, decision)))
		abort();
	reason = mm_decision_reason(decision);
	mm_decision_trace(decision, trace, &steps);
	if (mm_allowed(mm_decide(trust, &request, decision)) || mm_decision_reason(decision) != reason || steps == 0)
		abort();
	mm_decision_trace(decision, NULL, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size == 0 ? NULL : memchr(data, 0, size);
	struct mm_unverified_token unverified;
	char *room, *encoded = NULL;
	struct mm_slice token = mm_slice(data, size);

	if (trust == NULL)
		make_world();
	if (nul != NULL) {
		encoded = encode(data, size, nul, &token.len);
		token.ptr = encoded;
	}
	judge(token);
	room = malloc(token.len + 1);
	if (room == NULL)
		abort();
	if (mm_inspect(token, room, token.len, &unverified) == MM_OK &&
	    unverified.unverified_header.len + unverified.unverified_payload.len > token.len)
		abort();
	free(room);
	free(encoded);
	return 0;
}
