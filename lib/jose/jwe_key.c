/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private and symmetric JWKs (RFC 7518 section 6, RFC 8037 section 2) for decrypting.
 */
#include "lib/jose/jwe_key.h"

#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"

#include <stdlib.h>

#define MEMBERS_MAX 64

/* RSA of 8192 bits has eight numbers of up to 1024 bytes in text, and certificates may stand beside them. */
#define JWK_LEN_MAX (64 * 1024)

struct reading {
	struct mm_json_index index;
	struct mm_scratch scratch;
	struct mm_jwe_key *key;
	const char *algorithm; /* the caller's; NULL: none */
	const char *why;       /* NULL: good so far */
};

bool
mm_jwe_member_bytes(const struct mm_json_index *index, const char *name, struct mm_scratch *scratch,
    struct mm_slice *bytes)
{
	struct mm_slice text;
	size_t len;
	char *room;

	if (!mm_json_string(mm_json_find(index, name), scratch, &text))
		return false;
	room = mm_scratch_take(scratch, MM_BASE64URL_DECODED_MAX(text.len));
	if (room == NULL || mm_base64url_decode(text, room, &len) != MM_OK)
		return false;
	*bytes = mm_slice(room, len);
	return true;
}

static bool
refuse(struct reading *reading, const char *why)
{
	reading->why = why;
	return false;
}

/* ---- what it is for ---- */

static bool
is_for_decrypting(struct mm_json_value operation)
{
	static const char *const ours[] = { "decrypt", "unwrapKey", "deriveKey", "deriveBits" };

	for (size_t i = 0; i < MM_COUNT_OF(ours); i++)
		if (mm_json_string_is(operation, ours[i]))
			return true;
	return false;
}

/* RFC 7517 sections 4.2 and 4.3 */
static bool
check_purpose(struct reading *reading)
{
	struct mm_json_value use = mm_json_find(&reading->index, "use"), operation;
	struct mm_json_value operations = mm_json_find(&reading->index, "key_ops");
	bool allowed = operations.type == MM_JSON_ABSENT;
	size_t position = 0;

	while (mm_json_next(operations, &position, &operation))
		allowed = allowed || is_for_decrypting(operation);
	if ((use.type != MM_JSON_ABSENT && !mm_json_string_is(use, "enc")) || !allowed)
		return refuse(reading, "the key's 'use' or 'key_ops' says that it is not for decrypting");
	return true;
}

/*
 * A key that states an algorithm of content encryption (RFC 7520 section 5.6.1) is the content key itself, for that
 * alone.
 */
static bool
choose_algorithm(struct reading *reading)
{
	static const struct mm_slice direct = { "dir", 3 };
	struct mm_json_value stated = mm_json_find(&reading->index, "alg");
	struct mm_slice name = mm_slice_str(reading->algorithm);

	if (stated.type != MM_JSON_ABSENT && !mm_json_string(stated, &reading->scratch, &name))
		return refuse(reading, "the key's 'alg' is no string");
	if (stated.type != MM_JSON_ABSENT)
		reading->key->encryption = mm_jwe_encryption_find(name);
	if (reading->key->encryption != NULL)
		name = direct;
	if (!mm_slice_present(name))
		return refuse(reading, "the key states no 'alg', and no algorithm was named for it");
	if (reading->algorithm != NULL && !mm_slice_equal(name, mm_slice_str(reading->algorithm)))
		return refuse(reading, "the key states another 'alg' than the one that was named");
	reading->key->algorithm = mm_jwe_algorithm_find(name);
	if (reading->key->algorithm == NULL)
		return refuse(reading, "the key's algorithm is none that is accepted; RSA1_5 and PBES2 never are");
	return true;
}

/* ---- symmetric keys ---- */

static bool
read_secret(struct reading *reading)
{
	struct mm_jwe_key *key = reading->key;
	struct mm_slice bytes;

	if (!mm_json_string_is(mm_json_find(&reading->index, "kty"), "oct") ||
	    !mm_jwe_member_bytes(&reading->index, "k", &reading->scratch, &bytes))
		return refuse(reading, "the algorithm needs a key of type oct with a base64url 'k'");
	if (bytes.len > sizeof(key->secret) || bytes.len == 0 ||
	    (key->algorithm->key_len != 0 && bytes.len != key->algorithm->key_len) ||
	    (key->encryption != NULL && bytes.len != key->encryption->cipher.key_len))
		return refuse(reading, "the key's length is not the algorithm's");
	memcpy(key->secret, bytes.ptr, bytes.len);
	key->secret_len = bytes.len;
	return true;
}

/* ---- private keys ---- */

bool
mm_jwe_point_parse(const struct mm_json_index *index, struct mm_scratch *scratch, struct mm_key_material *material)
{
	static const struct {
		const char *kty, *crv;
		enum mm_key_type type;
		enum mm_curve curve;
	} curves[] = {
		{ "EC", "P-256", MM_KEY_EC, MM_CURVE_P256 },
		{ "EC", "P-384", MM_KEY_EC, MM_CURVE_P384 },
		{ "EC", "P-521", MM_KEY_EC, MM_CURVE_P521 },
		{ "OKP", "X25519", MM_KEY_OKP, MM_CURVE_X25519 },
	};
	struct mm_json_value kty = mm_json_find(index, "kty"), crv = mm_json_find(index, "crv");
	size_t row = 0, len;

	while (row < MM_COUNT_OF(curves) &&
	    !(mm_json_string_is(kty, curves[row].kty) && mm_json_string_is(crv, curves[row].crv)))
		row++;
	if (row == MM_COUNT_OF(curves))
		return false;
	*material = (struct mm_key_material){ .type = curves[row].type, .curve = curves[row].curve };
	len = mm_curve_coordinate_len(material->curve);
	if (!mm_jwe_member_bytes(index, "x", scratch, &material->x) || material->x.len != len)
		return false;
	return material->type == MM_KEY_OKP ||
	    (mm_jwe_member_bytes(index, "y", scratch, &material->y) && material->y.len == len);
}

/* RFC 7518 sections 6.2.2.1 and RFC 8037 section 2: 'd' is as long as a coordinate. */
static bool
read_agreeing(struct reading *reading, struct mm_private_material *material)
{
	if (!mm_jwe_point_parse(&reading->index, &reading->scratch, &material->public) ||
	    !mm_jwe_member_bytes(&reading->index, "d", &reading->scratch, &material->d) ||
	    material->d.len != mm_curve_coordinate_len(material->public.curve))
		return refuse(reading, "the algorithm needs a private key on P-256, P-384, P-521 or X25519");
	return true;
}

/* RFC 7518 section 2, Base64urlUInt: "the minimum number of octets needed to represent the value" */
static bool
read_number(struct reading *reading, const char *name, struct mm_slice *number)
{
	return mm_jwe_member_bytes(&reading->index, name, &reading->scratch, number) && number->len > 0 &&
	    number->len <= MM_SIGNATURE_LEN_MAX && number->ptr[0] != 0;
}

/* RFC 7518 section 6.3.2: "if the producer includes any of the other private key parameters, then all of the others
 * MUST be present", and 'oth' "when [...] present [...] the consumer [...] that does not support [it] MUST NOT use the
 * key". */
static bool
read_rsa(struct reading *reading, struct mm_private_material *material)
{
	const struct {
		const char *name;
		struct mm_slice *number;
	} factors[] = { { "p", &material->p }, { "q", &material->q }, { "dp", &material->dp },
		{ "dq", &material->dq }, { "qi", &material->qi } };
	size_t stated = 0, good = 0;

	material->public.type = MM_KEY_RSA;
	for (size_t i = 0; i < MM_COUNT_OF(factors); i++) {
		stated += mm_json_find(&reading->index, factors[i].name).type != MM_JSON_ABSENT;
		good += read_number(reading, factors[i].name, factors[i].number);
	}
	if (!mm_json_string_is(mm_json_find(&reading->index, "kty"), "RSA") ||
	    !read_number(reading, "n", &material->public.n) || !read_number(reading, "e", &material->public.e) ||
	    !read_number(reading, "d", &material->d) || good != stated ||
	    (stated != 0 && stated != MM_COUNT_OF(factors)) ||
	    mm_json_find(&reading->index, "oth").type != MM_JSON_ABSENT)
		return refuse(reading,
		    "the algorithm needs a private RSA key of two primes, with all its numbers or only 'd'");
	return true;
}

static bool
read_private(struct reading *reading)
{
	struct mm_private_material material = { .d = MM_SLICE_ABSENT };
	bool read = reading->key->algorithm->method == MM_JWE_RSA_OAEP ? read_rsa(reading, &material) :
	    read_agreeing(reading, &material);

	if (!read)
		return false;
	reading->key->curve = material.public.curve;
	reading->key->private = mm_private_key_new(&material);
	if (reading->key->private == NULL)
		return refuse(reading,
		    "the key is not good: its size, its point, or parts that do not belong together");
	return true;
}

static bool
read_material(struct reading *reading)
{
	switch (reading->key->algorithm->method) {
	case MM_JWE_RSA_OAEP:
	case MM_JWE_AGREE:
	case MM_JWE_AGREE_WRAP:
		return read_private(reading);
	case MM_JWE_DIRECT:
	case MM_JWE_AES_WRAP:
	case MM_JWE_GCM_WRAP:
		break;
	}
	return read_secret(reading);
}

/* ---- the whole ---- */

static bool
read_jwk(struct reading *reading, struct mm_slice jwk)
{
	struct mm_json_names *names = malloc(sizeof(*names));
	bool scanned = names != NULL && mm_json_scan(jwk, names, &reading->index, NULL) == MM_OK;

	free(names);
	if (!scanned)
		return refuse(reading, "it is no JSON object, or a member stands twice in it");
	if (!mm_sha256(jwk, reading->key->rejection))
		return refuse(reading, "libcrypto failed");
	return check_purpose(reading) && choose_algorithm(reading) && read_material(reading);
}

struct mm_jwe_key *
mm_jwe_key_new(struct mm_slice jwk, const char *algorithm, const char **why)
{
	struct mm_json_member members[MEMBERS_MAX];
	struct reading reading = { .index = { members, 0, MEMBERS_MAX }, .algorithm = algorithm };
	/* Strings unescaped, then decoded. */
	size_t room = jwk.len * 2 + 64;
	char *bytes = jwk.len <= JWK_LEN_MAX ? malloc(room) : NULL;

	reading.key = calloc(1, sizeof(*reading.key));
	reading.why = jwk.len > JWK_LEN_MAX ? "the key is longer than 64 KiB" : "memory is short";
	if (bytes != NULL && reading.key != NULL) {
		reading.why = NULL;
		mm_scratch_init(&reading.scratch, bytes, room);
		(void)read_jwk(&reading, jwk);
		mm_secret_wipe(bytes, room);
	}
	free(bytes);
	if (reading.why != NULL)
		mm_jwe_key_free(&reading.key);
	if (reading.why != NULL && why != NULL)
		*why = reading.why;
	return reading.key;
}

void
mm_jwe_key_free(struct mm_jwe_key **key)
{
	if (key == NULL || *key == NULL)
		return;
	mm_private_key_free(&(*key)->private);
	mm_secret_wipe(*key, sizeof(**key));
	free(*key);
	*key = NULL;
}
