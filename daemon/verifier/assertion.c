/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a client's keys and assertions, and checking one by the others.
 */
#include "daemon/verifier/assertion.h"

#include "lib/base/array.h"
#include "lib/jose/jwk.h"
#include "lib/jose/jwks.h"

#include <stdlib.h>
#include <string.h>

#define TRY(expression)                            \
	do {                                       \
		const char *why_ = (expression);   \
		if (why_ != NULL)                  \
			return why_;               \
	} while (0)

/* ---- keys ---- */

/* What a key without 'alg' can sign with, where that is one algorithm. */
static const struct mm_algorithm *
algorithm_of(const struct mm_jwk *jwk)
{
	static const char *const candidates[] = { "ES256", "ES384", "ES512", "EdDSA" };

	if (jwk->algorithm != NULL)
		return jwk->algorithm;
	for (size_t i = 0; i < MM_COUNT_OF(candidates); i++) {
		const struct mm_algorithm *one = mm_algorithm_find(mm_slice_str(candidates[i]));

		if (one != NULL && mm_algorithm_fits(one, jwk->material.type, jwk->material.curve))
			return one;
	}
	return NULL;
}

static bool
has_kid(const struct verifier_keys *keys, struct mm_slice kid)
{
	for (size_t i = 0; i < keys->count; i++) {
		struct mm_slice one = mm_slice(keys->keys[i].kid, keys->keys[i].kid_len);

		if (one.len > 0 && mm_slice_equal(one, kid))
			return true;
	}
	return false;
}

static const char *
check_kid(const struct verifier_keys *keys, const struct mm_jwk *jwk)
{
	if (mm_slice_present(jwk->kid) && (jwk->kid.len > MM_KID_LEN_MAX || has_kid(keys, jwk->kid)))
		return "a 'kid' is too long, or stands on two keys";
	return NULL;
}

static void
fill_key(struct verifier_key *key, const struct mm_jwk *jwk, const struct mm_algorithm *algorithm)
{
	key->algorithm = algorithm;
	key->kid_len = mm_slice_present(jwk->kid) ? jwk->kid.len : 0;
	if (key->kid_len > 0)
		memcpy(key->kid, jwk->kid.ptr, jwk->kid.len);
	if (jwk->material.curve == MM_CURVE_P256) {
		memcpy(key->x, jwk->material.x.ptr, sizeof(key->x));
		memcpy(key->y, jwk->material.y.ptr, sizeof(key->y));
	}
}

static const char *
add_key(struct verifier_keys *keys, struct mm_json_value value, struct mm_scratch *scratch)
{
	struct verifier_key *key = &keys->keys[keys->count];
	const struct mm_algorithm *algorithm;
	enum mm_jwk_fault fault;
	enum mm_key_fault key_fault;
	struct mm_jwk jwk;

	if (keys->count == VERIFIER_KEYS_MAX)
		return "there are more than 8 keys";
	fault = mm_jwk_parse(value, scratch, &jwk);
	if (fault != MM_JWK_GOOD)
		return mm_jwk_fault_text(fault);
	algorithm = algorithm_of(&jwk);
	if (algorithm == NULL)
		return "an RSA key does not state its 'alg'";
	if (jwk.revoked)
		return "a key is revoked";
	TRY(check_kid(keys, &jwk));
	key_fault = mm_public_key_new(&jwk.material, algorithm->scheme, algorithm->hash, &key->key);
	if (key_fault != MM_KEY_GOOD)
		return mm_key_fault_text(key_fault);
	fill_key(key, &jwk, algorithm);
	keys->count++;
	return NULL;
}

static const char *
add_keys(struct verifier_keys *keys, struct mm_slice text, struct mm_json_names *names, struct mm_scratch *scratch)
{
	struct mm_json_value value;
	struct mm_jwks set;
	size_t position = 0;

	if (mm_jwks_scan(text, names, &set, NULL) != MM_OK)
		return "it is no JWK set";
	while (mm_json_next(set.keys, &position, &value))
		TRY(add_key(keys, value, scratch));
	return keys->count == 0 ? "it has no key" : NULL;
}

const char *
verifier_keys_read(struct mm_slice jwks, struct verifier_keys *keys)
{
	struct mm_json_names *names = malloc(sizeof(*names));
	size_t room = jwks.len * 2 + 4096;
	char *bytes = malloc(room);
	struct mm_scratch scratch;
	const char *why = "memory is short";

	*keys = (struct verifier_keys){ .count = 0 };
	if (names != NULL && bytes != NULL) {
		mm_scratch_init(&scratch, bytes, room);
		why = add_keys(keys, jwks, names, &scratch);
	}
	if (why != NULL)
		verifier_keys_clear(keys);
	free(names);
	free(bytes);
	return why;
}

void
verifier_keys_clear(struct verifier_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		mm_public_key_free(&keys->keys[i].key);
	keys->count = 0;
}

/* ---- reading ---- */

/* Members that would name another key than a registered one, or another text than the one that is signed. */
static const struct mm_json_name forbidden_members[] = {
	MM_JSON_NAME("crit"), MM_JSON_NAME("jwk"), MM_JSON_NAME("jku"), MM_JSON_NAME("x5u"), MM_JSON_NAME("x5c"),
	MM_JSON_NAME("zip"), MM_JSON_NAME("b64"),
};

static const char *
read_header(const struct mm_json_index *header, struct mm_scratch *scratch, struct verifier_assertion *assertion)
{
	struct mm_json_value kid = mm_json_find(header, "kid"), type = mm_json_find(header, "typ");
	struct mm_slice name;

	for (size_t i = 0; i < MM_COUNT_OF(forbidden_members); i++)
		if (mm_json_find_name(header, &forbidden_members[i]).type != MM_JSON_ABSENT)
			return "the assertion's header has a member that none may have";
	assertion->algorithm = NULL;
	if (mm_json_string(mm_json_find(header, "alg"), scratch, &name))
		assertion->algorithm = mm_algorithm_find(name);
	if (assertion->algorithm == NULL)
		return "the assertion's 'alg' is no signature algorithm known here";
	if (type.type != MM_JSON_ABSENT && !mm_json_string_is(type, "JWT") &&
	    !mm_json_string_is(type, "client-authentication+jwt"))
		return "the assertion's 'typ' is that of something else";
	assertion->kid = MM_SLICE_ABSENT;
	if (kid.type != MM_JSON_ABSENT && !mm_json_string(kid, scratch, &assertion->kid))
		return "the assertion's 'kid' is no text";
	return NULL;
}

static bool
read_text(const struct mm_json_index *payload, const char *name, size_t max, struct mm_scratch *scratch,
    struct mm_slice *text)
{
	return mm_json_string(mm_json_find(payload, name), scratch, text) && text->len > 0 && text->len <= max;
}

static bool
read_not_before(const struct mm_json_index *payload, const char *name, int64_t *not_before_s)
{
	struct mm_json_value value = mm_json_find(payload, name);
	int64_t time_s;

	if (value.type == MM_JSON_ABSENT)
		return true;
	if (!mm_json_integer(value, &time_s))
		return false;
	if (time_s > *not_before_s)
		*not_before_s = time_s;
	return true;
}

static const char *
read_claims(const struct mm_json_index *payload, struct mm_scratch *scratch, struct verifier_assertion *assertion)
{
	struct mm_slice subject;

	if (!read_text(payload, "iss", MM_MINT_CLIENT_LEN_MAX, scratch, &assertion->unverified_client) ||
	    !read_text(payload, "sub", MM_MINT_CLIENT_LEN_MAX, scratch, &subject) ||
	    !mm_slice_equal(subject, assertion->unverified_client))
		return "the assertion's 'iss' and 'sub' are not one client";
	assertion->audience = mm_json_find(payload, "aud");
	if (!read_text(payload, "jti", VERIFIER_ASSERTION_JTI_LEN_MAX, scratch, &assertion->jti))
		return "the assertion has no 'jti'";
	assertion->not_before_s = INT64_MIN;
	if (!mm_json_integer(mm_json_find(payload, "exp"), &assertion->exp_s) ||
	    !read_not_before(payload, "nbf", &assertion->not_before_s) ||
	    !read_not_before(payload, "iat", &assertion->not_before_s))
		return "the assertion has no 'exp', or a time that is none";
	return NULL;
}

const char *
verifier_assertion_parse(struct mm_slice text, struct verifier_assertion_room *room,
    struct verifier_assertion *assertion)
{
	struct mm_json_index header = { room->header, 0, VERIFIER_ASSERTION_MEMBERS_MAX };
	struct mm_json_index payload = { room->payload, 0, VERIFIER_ASSERTION_MEMBERS_MAX };
	struct verifier_assertion read;

	mm_scratch_init(&room->scratch, room->bytes, sizeof(room->bytes));
	if (text.len > MM_ASSERTION_LEN_MAX || mm_compact_split(text, &room->scratch, &read.parts) != MM_OK ||
	    mm_json_scan(read.parts.header, &room->names, &header, NULL) != MM_OK ||
	    mm_json_scan(read.parts.payload, &room->names, &payload, NULL) != MM_OK)
		return "the assertion is no compact JWS of two strict JSON objects";
	TRY(read_header(&header, &room->scratch, &read));
	TRY(read_claims(&payload, &room->scratch, &read));
	*assertion = read;
	return NULL;
}

/* ---- checking ---- */

static bool
is_one_of(struct mm_json_value value, const char *const audiences[2])
{
	return mm_json_string_is(value, audiences[0]) || mm_json_string_is(value, audiences[1]);
}

/* An assertion that is for another server too could be used by that one here. */
static bool
is_for_us(struct mm_json_value audience, const char *const audiences[2])
{
	struct mm_json_value one;
	size_t position = 0, count = 0;

	if (audience.type == MM_JSON_STRING)
		return is_one_of(audience, audiences);
	for (; mm_json_next(audience, &position, &one); count++)
		if (!is_one_of(one, audiences))
			return false;
	return count > 0;
}

static const char *
check_times(const struct verifier_assertion *assertion, int64_t now_s)
{
	if (now_s >= assertion->exp_s + MM_CLOCK_SKEW_S)
		return "the assertion has expired";
	if (assertion->exp_s > now_s + VERIFIER_ASSERTION_S + MM_CLOCK_SKEW_S)
		return "the assertion is good for longer than 10 minutes";
	if (assertion->not_before_s > now_s + MM_CLOCK_SKEW_S)
		return "the assertion is not good yet";
	return NULL;
}

/* The key that the assertion's kid names, or the only one that fits its algorithm. The algorithm never chooses code. */
static struct verifier_key *
choose_key(const struct verifier_assertion *assertion, struct verifier_keys *keys)
{
	struct verifier_key *chosen = NULL;

	for (size_t i = 0; i < keys->count; i++) {
		struct mm_slice kid = mm_slice(keys->keys[i].kid, keys->keys[i].kid_len);

		if (keys->keys[i].algorithm != assertion->algorithm ||
		    (mm_slice_present(assertion->kid) && !mm_slice_equal(assertion->kid, kid)))
			continue;
		if (chosen != NULL)
			return NULL;
		chosen = &keys->keys[i];
	}
	return chosen;
}

const char *
verifier_assertion_check(const struct verifier_assertion *assertion, struct verifier_keys *keys,
    struct verifier_signatures *signatures, const char *const audiences[2], int64_t now_s)
{
	struct verifier_key *key;

	if (!is_for_us(assertion->audience, audiences))
		return "the assertion is for another server";
	TRY(check_times(assertion, now_s));
	key = choose_key(assertion, keys);
	if (key == NULL)
		return "the client has no registered key of this 'kid' and 'alg'";
	if (!verifier_signature_holds(signatures, key, assertion->parts.signed_input, assertion->parts.signature))
		return "the assertion's signature does not hold";
	return NULL;
}
