/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One JSON Web Key: read by a list of steps, of which the first fault counts. What could make a key worse
 * than useless (a private member) is looked for before what only makes it none of ours.
 */
#include "lib/jose/jwk.h"

#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/codec/base64.h"
#include "lib/codec/base64url.h"
#include "lib/crypto/certificate.h"
#include "lib/crypto/digest.h"
#include "lib/jose/thumbprint.h"

/* Members of one key: RFC 7517 and 7518 name 21 for a public one, and providers add a few. */
#define MEMBERS_MAX 64

/* RFC 7517 section 4.3 registers eight operations. */
#define KEY_OPS_MAX 16

/* 'revoked' has 'revoked_at' and 'reason' (OpenID Federation 1.0, historical keys); others are let stand. */
#define REVOKED_MEMBERS_MAX 16

#define JWK_TRY(expression)                              \
	do {                                             \
		enum mm_jwk_fault try_fault_ = (expression); \
		if (try_fault_ != MM_JWK_GOOD)           \
			return try_fault_;               \
	} while (0)

struct reading {
	struct mm_json_index index;
	struct mm_scratch *scratch;
	bool for_signatures;         /* 'use' or 'key_ops' says so */
	struct mm_jwk jwk;
};

static const struct {
	enum mm_jwk_class class;
	const char *text;
	const char *mend;
} faults[] = {
#define MM_JWK_FAULT(code, class, text, mend) [MM_JWK_##code] = { MM_JWK_CLASS_##class, text, mend },
#include "lib/jose/jwk_faults.def"
#undef MM_JWK_FAULT
};

enum mm_jwk_class
mm_jwk_fault_class(enum mm_jwk_fault fault)
{
	return (unsigned)fault < MM_JWK_FAULT_COUNT ? faults[fault].class : MM_JWK_CLASS_BAD;
}

const char *
mm_jwk_fault_text(enum mm_jwk_fault fault)
{
	return faults[(unsigned)fault < MM_JWK_FAULT_COUNT ? fault : MM_JWK_CRYPTO_FAILED].text;
}

const char *
mm_jwk_fault_mend(enum mm_jwk_fault fault)
{
	return faults[(unsigned)fault < MM_JWK_FAULT_COUNT ? fault : MM_JWK_CRYPTO_FAILED].mend;
}

static struct mm_json_value
member(const struct reading *reading, const char *name)
{
	return mm_json_find(&reading->index, name);
}

/* The content of a string of 1 to len_max bytes; anything else is malformed. */
static enum mm_jwk_fault
read_text(struct reading *reading, struct mm_json_value value, size_t len_max, enum mm_jwk_fault malformed,
    struct mm_slice *text)
{
	struct mm_slice content;

	if (value.type != MM_JSON_STRING)
		return malformed;
	if (!mm_json_string(value, reading->scratch, &content))
		return MM_JWK_TOO_LARGE;
	if (content.len == 0 || content.len > len_max)
		return malformed;
	*text = content;
	return MM_JWK_GOOD;
}

/* The bytes of a member that is base64url; they stay in scratch. */
static enum mm_jwk_fault
read_bytes(struct reading *reading, const char *name, enum mm_jwk_fault malformed, struct mm_slice *bytes)
{
	struct mm_json_value value = member(reading, name);
	struct mm_slice text;
	size_t len;
	char *room;

	if (value.type != MM_JSON_STRING)
		return malformed;
	if (!mm_json_string(value, reading->scratch, &text))
		return MM_JWK_TOO_LARGE;
	room = mm_scratch_take(reading->scratch, MM_BASE64URL_DECODED_MAX(text.len));
	if (room == NULL)
		return MM_JWK_TOO_LARGE;
	if (mm_base64url_decode(text, room, &len) != MM_OK)
		return malformed;
	*bytes = mm_slice(room, len);
	return MM_JWK_GOOD;
}

static enum mm_jwk_fault
read_kid(struct reading *reading)
{
	struct mm_json_value value = member(reading, "kid");

	if (value.type == MM_JSON_ABSENT)
		return MM_JWK_GOOD;
	return read_text(reading, value, MM_KID_LEN_MAX, MM_JWK_KID_MALFORMED, &reading->jwk.kid);
}

static enum mm_jwk_fault
read_type(struct reading *reading)
{
	static const struct {
		const char *name;
		enum mm_key_type type;
	} types[] = { { "RSA", MM_KEY_RSA }, { "EC", MM_KEY_EC }, { "OKP", MM_KEY_OKP } };
	struct mm_json_value value = member(reading, "kty");

	if (value.type != MM_JSON_STRING)
		return MM_JWK_KTY_MALFORMED;
	for (size_t i = 0; i < MM_COUNT_OF(types); i++) {
		if (mm_json_string_is(value, types[i].name)) {
			reading->jwk.material.type = types[i].type;
			return MM_JWK_GOOD;
		}
	}
	return mm_json_string_is(value, "oct") ? MM_JWK_SYMMETRIC : MM_JWK_KTY_UNKNOWN;
}

/* Of every key type (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1, RFC 8037 section 2), whatever this one is. */
static enum mm_jwk_fault
refuse_private(struct reading *reading)
{
	static const char *const private_members[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv" };

	for (size_t i = 0; i < MM_COUNT_OF(private_members); i++)
		if (member(reading, private_members[i]).type != MM_JSON_ABSENT)
			return MM_JWK_PRIVATE;
	return MM_JWK_GOOD;
}

/* What a key is for, as 'use' or 'key_ops' says it. */
struct purpose {
	bool stated;
	bool signatures;
	bool encryption;
	bool verifying;
};

static enum mm_jwk_fault
read_use(const struct reading *reading, struct purpose *purpose)
{
	struct mm_json_value value = member(reading, "use");

	purpose->stated = value.type != MM_JSON_ABSENT;
	purpose->signatures = purpose->verifying = mm_json_string_is(value, "sig");
	purpose->encryption = mm_json_string_is(value, "enc");
	if (purpose->stated && !purpose->signatures && !purpose->encryption)
		return MM_JWK_USE_MALFORMED;
	return MM_JWK_GOOD;
}

/* RFC 7517 section 4.3: "Duplicate key operation values MUST NOT be present in the array." */
static enum mm_jwk_fault
read_operation(struct reading *reading, struct mm_json_value value, struct mm_slice *operations, size_t *count)
{
	struct mm_slice operation;

	if (*count == KEY_OPS_MAX)
		return MM_JWK_KEY_OPS_MALFORMED;
	JWK_TRY(read_text(reading, value, MM_CLAIM_LEN_MAX, MM_JWK_KEY_OPS_MALFORMED, &operation));
	for (size_t i = 0; i < *count; i++)
		if (mm_slice_equal(operations[i], operation))
			return MM_JWK_KEY_OPS_MALFORMED;
	operations[(*count)++] = operation;
	return MM_JWK_GOOD;
}

static bool
is_one_of(struct mm_slice text, const char *const *names)
{
	for (; *names != NULL; names++)
		if (mm_slice_equal(text, mm_slice_str(*names)))
			return true;
	return false;
}

static enum mm_jwk_fault
read_operations(struct reading *reading, struct purpose *purpose)
{
	static const char *const of_signatures[] = { "sign", "verify", NULL };
	static const char *const of_encryption[] = { "encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey",
		"deriveBits", NULL };
	struct mm_json_value array = member(reading, "key_ops"), value;
	struct mm_slice operations[KEY_OPS_MAX];
	size_t position = 0, count = 0;

	*purpose = (struct purpose){ .stated = array.type != MM_JSON_ABSENT };
	if (purpose->stated && array.type != MM_JSON_ARRAY)
		return MM_JWK_KEY_OPS_MALFORMED;
	while (mm_json_next(array, &position, &value)) {
		JWK_TRY(read_operation(reading, value, operations, &count));
		purpose->signatures |= is_one_of(operations[count - 1], of_signatures);
		purpose->encryption |= is_one_of(operations[count - 1], of_encryption);
		purpose->verifying |= mm_slice_equal(operations[count - 1], mm_slice_str("verify"));
	}
	return MM_JWK_GOOD;
}

/*
 * RFC 7517 section 4.3: "if both are used, the information they convey MUST be consistent", and unrelated
 * operations SHOULD NOT stand together.
 */
static enum mm_jwk_fault
read_purpose(struct reading *reading)
{
	struct purpose use, operations;

	JWK_TRY(read_use(reading, &use));
	JWK_TRY(read_operations(reading, &operations));
	if ((use.signatures || operations.signatures) && (use.encryption || operations.encryption))
		return MM_JWK_USE_CONTRADICTS;
	if ((use.stated && !use.verifying) || (operations.stated && !operations.verifying))
		return MM_JWK_NOT_FOR_VERIFYING;
	reading->for_signatures = use.signatures || operations.signatures;
	return MM_JWK_GOOD;
}

static enum mm_jwk_fault
read_curve(struct reading *reading)
{
	static const struct {
		const char *name;
		enum mm_key_type type;
		enum mm_curve curve;
	} curves[] = {
		{ "P-256", MM_KEY_EC, MM_CURVE_P256 },
		{ "P-384", MM_KEY_EC, MM_CURVE_P384 },
		{ "P-521", MM_KEY_EC, MM_CURVE_P521 },
		{ "Ed25519", MM_KEY_OKP, MM_CURVE_ED25519 },
	};
	struct mm_key_material *material = &reading->jwk.material;
	struct mm_json_value value = member(reading, "crv");

	if (material->type == MM_KEY_RSA)
		return MM_JWK_GOOD;
	if (value.type != MM_JSON_STRING)
		return MM_JWK_MATERIAL_MALFORMED;
	for (size_t i = 0; i < MM_COUNT_OF(curves); i++) {
		if (curves[i].type == material->type && mm_json_string_is(value, curves[i].name)) {
			material->curve = curves[i].curve;
			return MM_JWK_GOOD;
		}
	}
	if (material->type == MM_KEY_OKP && (mm_json_string_is(value, "X25519") || mm_json_string_is(value, "X448")))
		return reading->for_signatures ? MM_JWK_ALG_UNFIT : MM_JWK_CURVE_AGREES;
	return MM_JWK_CURVE_UNKNOWN;
}

/* An 'alg' that is none of ours: one of encryption (RFC 7518 section 4.1) is only not for us. */
static enum mm_jwk_fault
name_foreign_algorithm(const struct reading *reading, struct mm_slice name)
{
	static const char *const of_encryption[] = { "RSA1_5", "RSA-OAEP", "RSA-OAEP-256", "RSA-OAEP-384",
		"RSA-OAEP-512", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW", NULL };

	if (!is_one_of(name, of_encryption))
		return MM_JWK_ALG_UNKNOWN;
	return reading->for_signatures ? MM_JWK_ALG_UNFIT : MM_JWK_ALG_ENCRYPTS;
}

static enum mm_jwk_fault
read_algorithm(struct reading *reading)
{
	struct mm_json_value value = member(reading, "alg");
	const struct mm_algorithm *algorithm;
	struct mm_slice name;

	if (value.type == MM_JSON_ABSENT)
		return MM_JWK_GOOD;
	JWK_TRY(read_text(reading, value, MM_CLAIM_LEN_MAX, MM_JWK_ALG_MALFORMED, &name));
	algorithm = mm_algorithm_find(name);
	if (algorithm == NULL)
		return name_foreign_algorithm(reading, name);
	if (!mm_algorithm_fits(algorithm, reading->jwk.material.type, reading->jwk.material.curve))
		return MM_JWK_ALG_UNFIT;
	reading->jwk.algorithm = algorithm;
	return MM_JWK_GOOD;
}

/* RFC 7518 section 2, Base64urlUInt: "the minimum number of octets needed to represent the value". */
static enum mm_jwk_fault
read_number(struct reading *reading, const char *name, struct mm_slice *number)
{
	JWK_TRY(read_bytes(reading, name, MM_JWK_MATERIAL_MALFORMED, number));
	return number->len == 0 || number->ptr[0] == 0 ? MM_JWK_MATERIAL_ZERO : MM_JWK_GOOD;
}

/* RFC 7518 section 6.2.1.2: "The length of this octet string MUST be the full size of a coordinate". */
static enum mm_jwk_fault
read_coordinate(struct reading *reading, const char *name, struct mm_slice *coordinate)
{
	JWK_TRY(read_bytes(reading, name, MM_JWK_MATERIAL_MALFORMED, coordinate));
	return coordinate->len == mm_curve_coordinate_len(reading->jwk.material.curve) ?
	    MM_JWK_GOOD : MM_JWK_COORDINATE_LEN;
}

static enum mm_jwk_fault
read_material(struct reading *reading)
{
	struct mm_key_material *material = &reading->jwk.material;

	if (material->type == MM_KEY_RSA) {
		JWK_TRY(read_number(reading, "n", &material->n));
		return read_number(reading, "e", &material->e);
	}
	JWK_TRY(read_coordinate(reading, "x", &material->x));
	return material->type == MM_KEY_EC ? read_coordinate(reading, "y", &material->y) : MM_JWK_GOOD;
}

static enum mm_jwk_fault
read_certificate(struct reading *reading, struct mm_json_value value)
{
	struct mm_slice text;
	char *room;

	if (!mm_json_string(value, reading->scratch, &text))
		return MM_JWK_TOO_LARGE;
	room = mm_scratch_take(reading->scratch, MM_BASE64_ROOM(text.len));
	if (room == NULL)
		return MM_JWK_TOO_LARGE;
	if (mm_base64_decode(text, room, &reading->jwk.certificate) != MM_OK)
		return MM_JWK_X5C_MALFORMED;
	return mm_certificate_holds(reading->jwk.certificate, &reading->jwk.material) ?
	    MM_JWK_GOOD : MM_JWK_X5C_CONTRADICTS;
}

/*
 * RFC 7517 section 4.7: "The key in the first certificate MUST match the public key represented by other
 * members of the JWK." The other certificates are not read: no trust is taken from a chain.
 */
static enum mm_jwk_fault
check_certificates(struct reading *reading)
{
	struct mm_json_value array = member(reading, "x5c"), first, value;
	size_t position = 0;

	if (array.type == MM_JSON_ABSENT)
		return MM_JWK_GOOD;
	if (!mm_json_next(array, &position, &first) || first.type != MM_JSON_STRING)
		return MM_JWK_X5C_MALFORMED;
	while (mm_json_next(array, &position, &value))
		if (value.type != MM_JSON_STRING)
			return MM_JWK_X5C_MALFORMED;
	return read_certificate(reading, first);
}

/* RFC 7517 sections 4.8 and 4.9. Without x5c there is nothing to compare with but the length. */
static enum mm_jwk_fault
check_digest(struct reading *reading, const char *name, size_t len,
    bool (*make)(struct mm_slice bytes, uint8_t *digest))
{
	uint8_t digest[MM_DIGEST_LEN];
	struct mm_slice stated;

	if (member(reading, name).type == MM_JSON_ABSENT)
		return MM_JWK_GOOD;
	JWK_TRY(read_bytes(reading, name, MM_JWK_X5T_MALFORMED, &stated));
	if (stated.len != len)
		return MM_JWK_X5T_MALFORMED;
	if (!mm_slice_present(reading->jwk.certificate))
		return MM_JWK_GOOD;
	if (!make(reading->jwk.certificate, digest))
		return MM_JWK_CRYPTO_FAILED;
	return memcmp(stated.ptr, digest, len) == 0 ? MM_JWK_GOOD : MM_JWK_X5T_CONTRADICTS;
}

static enum mm_jwk_fault
check_digests(struct reading *reading)
{
	JWK_TRY(check_digest(reading, "x5t", MM_SHA1_LEN, mm_sha1));
	return check_digest(reading, "x5t#S256", MM_DIGEST_LEN, mm_sha256);
}

static enum mm_jwk_fault
read_issuer(struct reading *reading)
{
	struct mm_json_value value = member(reading, "issuer");

	if (value.type == MM_JSON_ABSENT)
		return MM_JWK_GOOD;
	return read_text(reading, value, MM_CLAIM_LEN_MAX, MM_JWK_ISSUER_MALFORMED, &reading->jwk.issuer);
}

static enum mm_jwk_fault
read_time(const struct reading *reading, const char *name, int64_t absent, int64_t *time_s)
{
	struct mm_json_value value = member(reading, name);

	*time_s = absent;
	return value.type == MM_JSON_ABSENT || mm_json_integer(value, time_s) ? MM_JWK_GOOD : MM_JWK_TIME_MALFORMED;
}

static enum mm_jwk_fault
read_window(struct reading *reading)
{
	struct mm_jwk *jwk = &reading->jwk;

	JWK_TRY(read_time(reading, "iat", INT64_MIN, &jwk->iat_s));
	JWK_TRY(read_time(reading, "nbf", INT64_MIN, &jwk->nbf_s));
	JWK_TRY(read_time(reading, "exp", INT64_MAX, &jwk->exp_s));
	return jwk->iat_s < jwk->exp_s && jwk->nbf_s < jwk->exp_s ? MM_JWK_GOOD : MM_JWK_WINDOW_EMPTY;
}

/* OpenID Federation 1.0, historical keys: 'revoked_at' is required, 'reason' a string. Mints write the time alone. */
static enum mm_jwk_fault
read_revoked(struct reading *reading)
{
	struct mm_json_member members[REVOKED_MEMBERS_MAX];
	struct mm_json_index index = { members, 0, REVOKED_MEMBERS_MAX };
	struct mm_json_value value = member(reading, "revoked"), reason;

	reading->jwk.revoked_at_s = INT64_MIN;
	if (value.type == MM_JSON_ABSENT)
		return MM_JWK_GOOD;
	reading->jwk.revoked = mm_json_integer(value, &reading->jwk.revoked_at_s);
	if (reading->jwk.revoked)
		return MM_JWK_GOOD;
	if (!mm_json_view_object(value, &index) ||
	    !mm_json_integer(mm_json_find(&index, "revoked_at"), &reading->jwk.revoked_at_s))
		return MM_JWK_REVOKED_MALFORMED;
	reason = mm_json_find(&index, "reason");
	if (reason.type != MM_JSON_ABSENT && reason.type != MM_JSON_STRING)
		return MM_JWK_REVOKED_MALFORMED;
	reading->jwk.revoked = true;
	return MM_JWK_GOOD;
}

static enum mm_jwk_fault
fault_of(enum mm_thumbprint_result result)
{
	switch (result) {
	case MM_THUMBPRINT_MADE:
		return MM_JWK_GOOD;
	case MM_THUMBPRINT_NO_ROOM:
		return MM_JWK_TOO_LARGE;
	case MM_THUMBPRINT_FAILED:
		break;
	}
	return MM_JWK_CRYPTO_FAILED;
}

static enum mm_jwk_fault
make_names(struct reading *reading)
{
	struct mm_jwk *jwk = &reading->jwk;

	JWK_TRY(fault_of(mm_thumbprint_make(&jwk->material, reading->scratch, jwk->thumbprint)));
	return fault_of(mm_material_id_make(&jwk->material, reading->scratch, jwk->material_id));
}

static enum mm_jwk_fault (*const steps[])(struct reading *) = {
	read_kid,
	read_type,
	refuse_private,
	read_revoked,
	read_purpose,
	read_curve,
	read_algorithm,
	read_material,
	check_certificates,
	check_digests,
	read_issuer,
	read_window,
	make_names,
};

/*
 * A revoked key verifies nothing, so what else it was for does not matter: its material is dead under every other key
 * too. Only one that cannot sign at all is let go.
 */
static enum mm_jwk_fault
unless_revoked(const struct reading *reading, enum mm_jwk_fault fault)
{
	bool skipped = mm_jwk_fault_class(fault) == MM_JWK_CLASS_SKIP && fault != MM_JWK_CURVE_AGREES;

	return reading->jwk.revoked && skipped ? MM_JWK_GOOD : fault;
}

enum mm_jwk_fault
mm_jwk_parse(struct mm_json_value object, struct mm_scratch *scratch, struct mm_jwk *jwk)
{
	struct mm_json_member members[MEMBERS_MAX];
	struct reading reading = { .index = { members, 0, MEMBERS_MAX }, .scratch = scratch };
	enum mm_jwk_fault fault = MM_JWK_GOOD;

	jwk->kid = MM_SLICE_ABSENT;
	if (!mm_json_view_object(object, &reading.index))
		return MM_JWK_TOO_LARGE;
	for (size_t i = 0; i < MM_COUNT_OF(steps) && fault == MM_JWK_GOOD; i++)
		fault = unless_revoked(&reading, steps[i](&reading));
	if (fault == MM_JWK_GOOD)
		*jwk = reading.jwk;
	else
		jwk->kid = reading.jwk.kid;
	return fault;
}
