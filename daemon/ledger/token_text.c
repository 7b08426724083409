/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a token. */
#include "daemon/ledger/token_text.h"

#include "daemon/ledger/mint.h"
#include "engine/json_writer.h"
#include "lib/codec/base64url.h"
#include "lib/jose/header.h"

#include <string.h>

#define TENANT_PLACE "{tenant}"
#define MARK_NAME ",\"mark\":\""
#define MARK_END "\"}"

/* A digest in base64url. */
#define DIGEST_TEXT_LEN MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN)

static void
add_digest(struct mm_json_writer *writer, const char *name, const uint8_t digest[MM_DIGEST_LEN])
{
	char text[DIGEST_TEXT_LEN];

	mm_base64url_encode(mm_slice(digest, MM_DIGEST_LEN), text);
	mm_json_add_slice(writer, name, mm_slice(text, sizeof(text)));
}

/* A text that may be empty: then it does not apply. */
static void
add_text(struct mm_json_writer *writer, const char *name, struct mm_slice text)
{
	if (text.len > 0)
		mm_json_add_slice(writer, name, text);
}

/* The realm's issuer, with the tenant's id in the place of the template's. */
static void
add_issuer(struct mm_json_writer *writer, const struct ledger_realm *realm, struct mm_slice tenant)
{
	const char *place = realm->issuer_is_template ? strstr(realm->issuer, TENANT_PLACE) : NULL;
	char issuer[MM_MINT_ISSUER_LEN_MAX + MM_MINT_ID_LEN_MAX];
	size_t before = place == NULL ? 0 : (size_t)(place - realm->issuer), after;

	if (place == NULL) {
		mm_json_add_str(writer, "iss", realm->issuer);
		return;
	}
	after = strlen(place) - strlen(TENANT_PLACE);
	memcpy(issuer, realm->issuer, before);
	memcpy(issuer + before, tenant.ptr, tenant.len);
	memcpy(issuer + before + tenant.len, place + strlen(TENANT_PLACE), after);
	mm_json_add_slice(writer, "iss", mm_slice(issuer, before + tenant.len + after));
}

static void
add_sender_key(struct mm_json_writer *writer, const struct mm_grant *grant)
{
	if (grant->sender_key == MM_SENDER_NONE)
		return;
	mm_json_begin_object(writer, "cnf");
	add_digest(writer, grant->sender_key == MM_SENDER_DPOP ? "jkt" : "x5t#S256", grant->sender_thumbprint);
	mm_json_end_object(writer);
}

static void
add_root(struct mm_json_writer *writer, const struct mm_grant *grant)
{
	static const char *const proofs[] = { [MM_ROOT_NONE] = "none", [MM_ROOT_MARKED] = "marked",
		[MM_ROOT_ISSUED] = "issued" };

	if (!grant->has_root)
		return;
	mm_json_add_slice(writer, "parent", mm_mint_text_get(&grant->parent));
	mm_json_begin_object(writer, "root");
	mm_json_add_slice(writer, "realm", mm_mint_text_get(&grant->root_realm));
	mm_json_add_slice(writer, "kid", mm_mint_text_get(&grant->root_kid));
	add_digest(writer, "thumbprint", grant->root_thumbprint);
	mm_json_add_int(writer, "iat", grant->root_iat_s);
	mm_json_add_str(writer, "proof", proofs[grant->root_proof]);
	mm_json_end_object(writer);
}

/* The payload up to its mark; the object stays open. */
static void
write_payload(const struct ledger_realm *realm, const struct mm_grant *grant, const struct ledger_job *job,
    struct mm_buf *payload)
{
	struct mm_json_writer writer;

	mm_json_writer_init(&writer, payload);
	mm_json_begin_object(&writer, NULL);
	add_issuer(&writer, realm, mm_mint_text_get(&grant->tenant));
	add_text(&writer, "tid", mm_mint_text_get(&grant->tenant));
	mm_json_add_slice(&writer, "sub", mm_mint_text_get(&grant->subject));
	mm_json_add_slice(&writer, "aud", mm_mint_text_get(&grant->audience));
	mm_json_add_slice(&writer, "client_id", mm_mint_text_get(&grant->client));
	mm_json_add_int(&writer, "iat", job->iat_s);
	mm_json_add_int(&writer, "exp", job->exp_s);
	mm_json_add_slice(&writer, "jti", mm_slice(job->token_id, sizeof(job->token_id)));
	add_text(&writer, "sid", mm_mint_text_get(&grant->session));
	add_text(&writer, "scope", mm_mint_text_get(&grant->scope));
	if (grant->auth_time_s > 0)
		mm_json_add_int(&writer, "auth_time", grant->auth_time_s);
	add_text(&writer, "nonce", mm_mint_text_get(&grant->nonce));
	add_text(&writer, "preferred_username", mm_mint_text_get(&grant->mailbox));
	add_sender_key(&writer, grant);
	add_root(&writer, grant);
}

/* The encoded header of the job's key and class; that of the last token is kept. */
static struct mm_slice
write_header(const struct ledger_realm *realm, const struct ledger_job *job)
{
	struct ledger_mint *mint = realm->mint;
	const char *typ = mm_token_class_typ(job->token_class);
	char header[MM_HEADER_WRITTEN_MAX];
	size_t len;

	if (mint->header_class == job->token_class &&
	    memcmp(mint->header_thumbprint, job->thumbprint, MM_DIGEST_LEN) == 0)
		return mm_slice(mint->header, mint->header_len);
	len = typ == NULL ? 0 : mm_header_write(typ, realm->algorithm, job->thumbprint, header);
	if (len == 0)
		return MM_SLICE_ABSENT;
	_Static_assert(MM_BASE64URL_ENCODED_LEN(MM_HEADER_WRITTEN_MAX) <= sizeof(mint->header), "a header fits");
	mm_base64url_encode(mm_slice(header, len), mint->header);
	mint->header_len = MM_BASE64URL_ENCODED_LEN(len);
	mint->header_class = job->token_class;
	memcpy(mint->header_thumbprint, job->thumbprint, MM_DIGEST_LEN);
	return mm_slice(mint->header, mint->header_len);
}

size_t
ledger_token_text(struct ledger_realm *realm, const struct mm_grant *grant, const struct ledger_job *job,
    struct mm_buf *payload, char *input)
{
	struct mm_slice header = write_header(realm, job);
	const struct mm_mark_key *key =
	    ledger_mint_mark_key(realm, mm_mint_text_get(&grant->audience), mm_mint_day(job->iat_s));
	char mark[MM_MARK_TEXT_LEN];
	size_t len;

	payload->len = 0;
	write_payload(realm, grant, job, payload);
	if (!mm_slice_present(header) || key == NULL || !mm_buf_ok(payload) ||
	    !mm_mark_make(key, header, mm_slice(payload->data, payload->len), mark))
		return 0;
	mm_buf_add_str(payload, MARK_NAME);
	mm_buf_add(payload, mark, sizeof(mark));
	mm_buf_add_str(payload, MARK_END);
	len = header.len + 1 + MM_BASE64URL_ENCODED_LEN(payload->len);
	if (!mm_buf_ok(payload) || len > MM_MINT_SIGNING_INPUT_MAX)
		return 0;
	memcpy(input, header.ptr, header.len);
	input[header.len] = '.';
	mm_base64url_encode(mm_slice(payload->data, payload->len), input + header.len + 1);
	return len;
}
