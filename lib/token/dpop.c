/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DPoP proofs. dpop_faults.def quotes the sentences of RFC 9449 that the checks implement.
 */
#include "lib/token/dpop.h"

#include "lib/base/array.h"
#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"
#include "lib/jose/jwk.h"
#include "lib/token/nonce.h"
#include "lib/token/replay.h"

#define DPOP_TRY(expression)                                   \
	do {                                                   \
		enum mm_dpop_fault try_fault_ = (expression);  \
		if (try_fault_ != MM_DPOP_GOOD)                \
			return try_fault_;                     \
	} while (0)

static const struct {
	enum mm_reason reason;
	const char *text;
} faults[] = {
#define MM_DPOP_FAULT(code, reason, text) [MM_DPOP_##code] = { MM_##reason, text },
#include "lib/token/dpop_faults.def"
#undef MM_DPOP_FAULT
};

enum mm_reason
mm_dpop_fault_reason(enum mm_dpop_fault fault)
{
	return (unsigned)fault < MM_DPOP_FAULT_COUNT ? faults[fault].reason : MM_INTERNAL;
}

const char *
mm_dpop_fault_text(enum mm_dpop_fault fault)
{
	return (unsigned)fault < MM_DPOP_FAULT_COUNT ? faults[fault].text : "the proof cannot be judged";
}

/* ---- reading: the header ---- */

/*
 * RFC 7515 section 4.1.11: "If any of the listed extension Header Parameters are not understood and supported by the
 * recipient, then the JWS is invalid." The others would name another key than 'jwk', or another text.
 */
static const struct mm_json_name forbidden_members[] = {
	MM_JSON_NAME("crit"), MM_JSON_NAME("jku"), MM_JSON_NAME("x5u"), MM_JSON_NAME("x5c"), MM_JSON_NAME("zip"),
	MM_JSON_NAME("b64"),
};

static enum mm_dpop_fault
read_algorithm(const struct mm_json_index *header, struct mm_dpop_room *room, struct mm_dpop_proof *proof)
{
	struct mm_slice name;

	proof->algorithm = NULL;
	if (mm_json_string(mm_json_find(header, "alg"), &room->scratch, &name))
		proof->algorithm = mm_algorithm_find(name);
	return proof->algorithm == NULL ? MM_DPOP_ALGORITHM : MM_DPOP_GOOD;
}

/* A certificate in the key would be parsed for nothing: the token is bound to the bare key. */
static bool
has_certificate(struct mm_json_value jwk)
{
	struct mm_json_member members[MM_DPOP_MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MM_DPOP_MEMBERS_MAX };

	return !mm_json_view_object(jwk, &index) || mm_json_find(&index, "x5c").type != MM_JSON_ABSENT;
}

static enum mm_dpop_fault
read_key(const struct mm_json_index *header, struct mm_dpop_room *room, struct mm_dpop_proof *proof)
{
	struct mm_json_value value = mm_json_find(header, "jwk");
	enum mm_jwk_fault fault;
	struct mm_jwk jwk;

	if (has_certificate(value))
		return MM_DPOP_KEY_MALFORMED;
	fault = mm_jwk_parse(value, &room->scratch, &jwk);
	if (fault == MM_JWK_PRIVATE || fault == MM_JWK_SYMMETRIC)
		return MM_DPOP_KEY_PRIVATE;
	if (fault != MM_JWK_GOOD || jwk.revoked)
		return MM_DPOP_KEY_MALFORMED;
	if (jwk.algorithm != NULL && jwk.algorithm != proof->algorithm)
		return MM_DPOP_KEY_UNFIT;
	if (!mm_algorithm_fits(proof->algorithm, jwk.material.type, jwk.material.curve))
		return MM_DPOP_KEY_UNFIT;
	proof->material = jwk.material;
	memcpy(proof->thumbprint, jwk.thumbprint, MM_DIGEST_LEN);
	return MM_DPOP_GOOD;
}

static enum mm_dpop_fault
read_header(const struct mm_json_index *header, struct mm_dpop_room *room, struct mm_dpop_proof *proof)
{
	if (!mm_json_string_is(mm_json_find(header, "typ"), "dpop+jwt"))
		return MM_DPOP_TYPE;
	DPOP_TRY(read_algorithm(header, room, proof));
	for (size_t i = 0; i < MM_COUNT_OF(forbidden_members); i++) {
		if (mm_json_find_name(header, &forbidden_members[i]).type != MM_JSON_ABSENT)
			return MM_DPOP_HEADER_FORBIDDEN;
	}
	return read_key(header, room, proof);
}

/* ---- reading: the claims ---- */

/* Reads one claim that stands there; false where its type or range is wrong. */
typedef bool claim_reader(struct mm_json_value value, struct mm_scratch *scratch, struct mm_dpop_proof *proof);

/* A string of 1 to max bytes. */
static bool
read_text(struct mm_json_value value, struct mm_scratch *scratch, size_t max, struct mm_slice *text)
{
	return mm_json_string(value, scratch, text) && text->len > 0 && text->len <= max;
}

static bool
read_jti(struct mm_json_value value, struct mm_scratch *scratch, struct mm_dpop_proof *proof)
{
	return read_text(value, scratch, MM_PROOF_JTI_LEN_MAX, &proof->jti);
}

static bool
read_htm(struct mm_json_value value, struct mm_scratch *scratch, struct mm_dpop_proof *proof)
{
	return read_text(value, scratch, MM_DPOP_METHOD_LEN_MAX, &proof->htm);
}

static bool
read_htu(struct mm_json_value value, struct mm_scratch *scratch, struct mm_dpop_proof *proof)
{
	struct mm_slice text;

	return read_text(value, scratch, MM_HTTP_URL_LEN_MAX, &text) &&
	    mm_http_url_normalize(text, scratch, &proof->url);
}

static bool
read_iat(struct mm_json_value value, struct mm_scratch *scratch, struct mm_dpop_proof *proof)
{
	(void)scratch;
	return mm_json_integer(value, &proof->iat_s);
}

static bool
read_nbf(struct mm_json_value value, struct mm_scratch *scratch, struct mm_dpop_proof *proof)
{
	(void)scratch;
	return mm_json_integer(value, &proof->nbf_s);
}

static bool
read_exp(struct mm_json_value value, struct mm_scratch *scratch, struct mm_dpop_proof *proof)
{
	(void)scratch;
	return mm_json_integer(value, &proof->exp_s);
}

static bool
read_nonce(struct mm_json_value value, struct mm_scratch *scratch, struct mm_dpop_proof *proof)
{
	return read_text(value, scratch, MM_DPOP_NONCE_LEN_MAX, &proof->nonce);
}

static bool
read_ath(struct mm_json_value value, struct mm_scratch *scratch, struct mm_dpop_proof *proof)
{
	uint8_t bytes[MM_BASE64URL_DECODED_MAX(MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN))];
	struct mm_slice text;
	size_t len;

	if (!mm_json_string(value, scratch, &text) || text.len != MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN) ||
	    mm_base64url_decode(text, bytes, &len) != MM_OK)
		return false;
	memcpy(proof->ath, bytes, MM_DIGEST_LEN);
	proof->has_ath = true;
	return true;
}

static const struct claim_row {
	struct mm_json_name name;
	bool required;
	claim_reader *read;
} claim_rows[] = {
	{ MM_JSON_NAME("jti"), true, read_jti },
	{ MM_JSON_NAME("htm"), true, read_htm },
	{ MM_JSON_NAME("htu"), true, read_htu },
	{ MM_JSON_NAME("iat"), true, read_iat },
	/*
	 * "When the DPoP proof is used in conjunction with the presentation of an access token in protected resource
	 * access […], the DPoP proof MUST also contain the following claim" (RFC 9449 section 4.2)
	 */
	{ MM_JSON_NAME("ath"), true, read_ath },
	{ MM_JSON_NAME("nonce"), false, read_nonce },
	{ MM_JSON_NAME("nbf"), false, read_nbf },
	{ MM_JSON_NAME("exp"), false, read_exp },
};

static enum mm_dpop_fault
read_claims(const struct mm_json_index *payload, struct mm_dpop_room *room, bool with_token,
    struct mm_dpop_proof *proof)
{
	proof->has_ath = false;
	proof->nonce = MM_SLICE_ABSENT;
	proof->nbf_s = INT64_MIN;
	proof->exp_s = INT64_MAX;
	for (size_t i = 0; i < MM_COUNT_OF(claim_rows); i++) {
		const struct claim_row *row = &claim_rows[i];
		struct mm_json_value value = mm_json_find_name(payload, &row->name);

		if (value.type == MM_JSON_ABSENT && row->required && (with_token || row->read != read_ath))
			return MM_DPOP_CLAIM_MISSING;
		if (value.type != MM_JSON_ABSENT && !row->read(value, &room->scratch, proof))
			return MM_DPOP_CLAIM_MALFORMED;
	}
	return MM_DPOP_GOOD;
}

static enum mm_dpop_fault
read_proof(struct mm_slice text, struct mm_dpop_room *room, bool with_token, struct mm_dpop_proof *proof)
{
	struct mm_json_index header = { room->header, 0, MM_DPOP_MEMBERS_MAX };
	struct mm_json_index payload = { room->payload, 0, MM_DPOP_MEMBERS_MAX };
	struct mm_dpop_proof read;

	mm_scratch_init(&room->scratch, room->bytes, sizeof(room->bytes));
	if (text.len > MM_DPOP_LEN_MAX)
		return MM_DPOP_TOO_LARGE;
	if (mm_compact_split(text, &room->scratch, &read.parts) != MM_OK ||
	    mm_json_scan(read.parts.header, &room->names, &header, NULL) != MM_OK ||
	    mm_json_scan(read.parts.payload, &room->names, &payload, NULL) != MM_OK)
		return MM_DPOP_MALFORMED;
	DPOP_TRY(read_header(&header, room, &read));
	DPOP_TRY(read_claims(&payload, room, with_token, &read));
	*proof = read;
	return MM_DPOP_GOOD;
}

enum mm_dpop_fault
mm_dpop_parse(struct mm_slice text, struct mm_dpop_room *room, struct mm_dpop_proof *proof)
{
	return read_proof(text, room, true, proof);
}

enum mm_dpop_fault
mm_dpop_parse_tokenless(struct mm_slice text, struct mm_dpop_room *room, struct mm_dpop_proof *proof)
{
	return read_proof(text, room, false, proof);
}

/* ---- checking ---- */

static enum mm_dpop_fault
check_request(const struct mm_dpop_proof *proof, const struct mm_dpop_expected *expected, struct mm_dpop_room *room)
{
	struct mm_slice url;

	if (!mm_slice_present(expected->method) || expected->method.len == 0 ||
	    !mm_http_url_normalize(expected->url, &room->scratch, &url))
		return MM_DPOP_REQUEST_UNKNOWN;
	/* "The method token is case-sensitive" (RFC 9110 section 9.1). */
	if (!mm_slice_equal(proof->htm, expected->method))
		return MM_DPOP_METHOD;
	return mm_slice_equal(proof->url, url) ? MM_DPOP_GOOD : MM_DPOP_URL;
}

/* All times are below 2^53 or a type's end that is not computed with. */
static enum mm_dpop_fault
check_age(const struct mm_dpop_proof *proof, int64_t now_s)
{
	if (proof->iat_s > now_s + MM_DPOP_AGE_MAX_S || proof->iat_s < now_s - MM_DPOP_AGE_MAX_S)
		return MM_DPOP_AGE;
	/* RFC 7519 sections 4.1.4 and 4.1.5: no proof needs them, but who states them means them. */
	if (proof->nbf_s > now_s + MM_CLOCK_SKEW_S)
		return MM_DPOP_AGE;
	return proof->exp_s != INT64_MAX && now_s >= proof->exp_s + MM_CLOCK_SKEW_S ? MM_DPOP_AGE : MM_DPOP_GOOD;
}

/* RFC 9449 section 4.2: "the SHA-256 [SHS] hash of the ASCII encoding of the associated access token's value" */
static enum mm_dpop_fault
check_token(const struct mm_dpop_proof *proof, struct mm_slice token)
{
	uint8_t digest[MM_DIGEST_LEN];

	if (!mm_slice_present(token))
		return MM_DPOP_GOOD;
	if (!proof->has_ath || !mm_sha256(token, digest) || !mm_secret_equal(digest, proof->ath, MM_DIGEST_LEN))
		return MM_DPOP_OTHER_TOKEN;
	return MM_DPOP_GOOD;
}

static enum mm_dpop_fault
check_nonce(const struct mm_dpop_proof *proof, const struct mm_dpop_expected *expected)
{
	if (!expected->nonce_demanded && !mm_slice_present(proof->nonce))
		return MM_DPOP_GOOD;
	if (expected->nonce_secret == NULL)
		return expected->nonce_demanded ? MM_DPOP_NO_NONCES : MM_DPOP_GOOD;
	if (!mm_slice_present(proof->nonce) ||
	    !mm_nonce_check(expected->nonce_secret, proof->nonce, expected->now_s))
		return MM_DPOP_NONCE;
	return MM_DPOP_GOOD;
}

enum mm_dpop_fault
mm_dpop_check(const struct mm_dpop_proof *proof, const struct mm_dpop_expected *expected, struct mm_dpop_room *room)
{
	if (expected->thumbprint != NULL &&
	    !mm_secret_equal(proof->thumbprint, expected->thumbprint, MM_DIGEST_LEN))
		return MM_DPOP_OTHER_KEY;
	DPOP_TRY(check_request(proof, expected, room));
	DPOP_TRY(check_age(proof, expected->now_s));
	DPOP_TRY(check_token(proof, expected->token));
	return check_nonce(proof, expected);
}

/* ---- verifying ---- */

enum mm_dpop_fault
mm_dpop_verify(const struct mm_dpop_proof *proof, struct mm_verifier *verifier)
{
	struct mm_public_key *key;
	enum mm_reason reason;

	if (mm_public_key_new(&proof->material, proof->algorithm->scheme, proof->algorithm->hash, &key) != MM_KEY_GOOD)
		return MM_DPOP_KEY_REFUSED;
	reason = mm_public_key_verify(key, verifier, proof->parts.signed_input, proof->parts.signature);
	mm_public_key_free(&key);
	return reason == MM_OK ? MM_DPOP_GOOD : MM_DPOP_SIGNATURE;
}
