/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as objects of a PKCS #11 token. */
#include "daemon/keystore/pkcs11_object.h"

#include "lib/base/array.h"
#include "lib/crypto/signing_key.h"

#include <stdio.h>
#include <string.h>

#define MAKING "making"

/* OBJECT IDENTIFIERs in DER: prime256v1 (RFC 5480 section 2.1.1.1) and Ed25519 (RFC 8410 section 3). */
static const unsigned char oid_p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const unsigned char oid_ed25519[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };

#define DER_OCTET_STRING 0x04
#define POINT_UNCOMPRESSED 0x04
#define COORDINATE_LEN 32

/* A template's pointers have no const; the module only reads what they show, but for C_GetAttributeValue. */
#define ATTRIBUTE(type, value) { (type), (void *)(uintptr_t)&(value), sizeof(value) }
#define ATTRIBUTE_BYTES(type, bytes, len) { (type), (void *)(uintptr_t)(bytes), (len) }

static const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

void
pkcs11_object_label(const char *realm, const char *word, char label[PKCS11_LABEL_MAX])
{
	(void)snprintf(label, PKCS11_LABEL_MAX, "mintmark %s %s", realm, word);
}

/* ---- finding ---- */

static enum keystore_result
find_some(struct pkcs11_token *token, unsigned session, CK_ATTRIBUTE *like, CK_ULONG like_count,
    CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *count, struct keystore_trouble *trouble)
{
	CK_SESSION_HANDLE handle = token->sessions[session];
	CK_RV failure = token->calls->C_FindObjectsInit(handle, like, like_count);

	*count = 0;
	if (failure == CKR_OK) {
		failure = token->calls->C_FindObjects(handle, objects, max, count);
		(void)token->calls->C_FindObjectsFinal(handle);
	}
	return failure == CKR_OK ? KEYSTORE_DONE : pkcs11_token_failed(token, "looking for a key", failure, trouble);
}

enum keystore_result
pkcs11_object_find(struct pkcs11_token *token, unsigned session, CK_OBJECT_CLASS object_class,
    const uint8_t thumbprint[MM_DIGEST_LEN], CK_OBJECT_HANDLE *object, struct keystore_trouble *trouble)
{
	CK_ATTRIBUTE like[] = {
		ATTRIBUTE(CKA_CLASS, object_class),
		ATTRIBUTE(CKA_TOKEN, yes),
		ATTRIBUTE_BYTES(CKA_ID, thumbprint, MM_DIGEST_LEN),
	};
	CK_OBJECT_HANDLE found[2];
	CK_ULONG count;
	enum keystore_result result = find_some(token, session, like, MM_COUNT_OF(like), found, 2, &count, trouble);

	if (result != KEYSTORE_DONE)
		return result;
	if (count == 0)
		return keystore_trouble(trouble, KEYSTORE_NO_KEY, "the token '%s' has no such key", token->label);
	if (count > 1)
		return keystore_trouble(trouble, KEYSTORE_DAMAGED, "the token '%s' has two keys of one CKA_ID",
		    token->label);
	*object = found[0];
	return KEYSTORE_DONE;
}

static enum keystore_result
find_labelled(struct pkcs11_token *token, const char *label, const CK_OBJECT_CLASS *object_class,
    CK_OBJECT_HANDLE objects[KEYSTORE_KEYS_MAX], CK_ULONG *count, struct keystore_trouble *trouble)
{
	CK_ATTRIBUTE like[] = {
		ATTRIBUTE_BYTES(CKA_LABEL, label, strlen(label)),
		ATTRIBUTE(CKA_TOKEN, yes),
		ATTRIBUTE_BYTES(CKA_CLASS, object_class, sizeof(*object_class)),
	};

	return find_some(token, PKCS11_OWN_SESSION, like, object_class == NULL ? 2 : 3, objects, KEYSTORE_KEYS_MAX,
	    count, trouble);
}

/* ---- reading ---- */

/* One attribute of at most max bytes; absent where it is not there, too long or must not be read. */
static struct mm_slice
read_attribute(struct pkcs11_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, void *room, size_t max)
{
	CK_ATTRIBUTE attribute = { type, room, max };
	CK_RV failure = token->calls->C_GetAttributeValue(token->sessions[PKCS11_OWN_SESSION], object, &attribute, 1);

	if (failure != CKR_OK || attribute.ulValueLen > max)
		return MM_SLICE_ABSENT;
	return mm_slice(room, attribute.ulValueLen);
}

static bool
is_set(struct pkcs11_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, CK_BBOOL value)
{
	CK_BBOOL stands = !value;

	return read_attribute(token, object, type, &stands, sizeof(stands)).len == sizeof(stands) && stands == value;
}

/* PKCS #11 numbers may have zeroes in front, a JWK's have none. */
static struct mm_slice
without_zeroes(struct mm_slice number)
{
	while (number.len > 0 && *number.ptr == 0)
		number = mm_slice(number.ptr + 1, number.len - 1);
	return number;
}

static bool
read_rsa(struct pkcs11_token *token, CK_OBJECT_HANDLE object, struct mm_key_material *material, char *room,
    size_t room_len)
{
	material->type = MM_KEY_RSA;
	material->n = without_zeroes(read_attribute(token, object, CKA_MODULUS, room, room_len - 16));
	material->e = without_zeroes(read_attribute(token, object, CKA_PUBLIC_EXPONENT, room + room_len - 16, 16));
	return material->n.len > 0 && material->e.len > 0;
}

/* CKA_EC_POINT is an OCTET STRING with the point in it; some modules leave the string away. */
static bool
read_point(struct pkcs11_token *token, CK_OBJECT_HANDLE object, enum mm_curve curve, struct mm_key_material *material,
    char *room, size_t room_len)
{
	struct mm_slice point = read_attribute(token, object, CKA_EC_POINT, room, room_len);
	size_t len = curve == MM_CURVE_P256 ? 1 + 2 * COORDINATE_LEN : COORDINATE_LEN;

	if (point.len == len + 2 && point.ptr[0] == DER_OCTET_STRING && (size_t)point.ptr[1] == len)
		point = mm_slice(point.ptr + 2, len);
	if (point.len != len)
		return false;
	material->curve = curve;
	material->type = curve == MM_CURVE_P256 ? MM_KEY_EC : MM_KEY_OKP;
	if (curve != MM_CURVE_P256) {
		material->x = point;
		return true;
	}
	material->x = mm_slice(point.ptr + 1, COORDINATE_LEN);
	material->y = mm_slice(point.ptr + 1 + COORDINATE_LEN, COORDINATE_LEN);
	return point.ptr[0] == POINT_UNCOMPRESSED;
}

/* What a gate would refuse is not a key. */
static bool
material_is_good(const struct mm_key_material *material, const struct mm_algorithm *algorithm)
{
	struct mm_public_key *key = NULL;
	bool good = mm_public_key_new(material, algorithm->scheme, algorithm->hash, &key) == MM_KEY_GOOD;

	mm_public_key_free(&key);
	return good;
}

static enum keystore_result
read_public(struct pkcs11_token *token, CK_OBJECT_HANDLE object, const struct mm_algorithm *algorithm,
    struct keystore_public *made, struct keystore_trouble *trouble)
{
	struct mm_key_material material = { .curve = MM_CURVE_NONE };
	char room[MM_SIGNING_RSA_BITS_MAX / 8 + 32];
	bool read = algorithm->key_type == MM_KEY_RSA ?
	    read_rsa(token, object, &material, room, sizeof(room)) :
	    read_point(token, object, algorithm->curve, &material, room, sizeof(room));

	if (read && material_is_good(&material, algorithm) && keystore_public_of(&material, made))
		return KEYSTORE_DONE;
	return keystore_trouble(trouble, KEYSTORE_DAMAGED, "the token '%s': a public key cannot be used", token->label);
}

/* ---- making ---- */

static enum keystore_result
find_mechanism(struct pkcs11_token *token, const struct mm_algorithm *algorithm, CK_MECHANISM_TYPE generate,
    struct keystore_trouble *trouble)
{
	CK_SESSION_INFO session;
	CK_MECHANISM_INFO info;
	CK_RV failure = token->calls->C_GetSessionInfo(token->sessions[PKCS11_OWN_SESSION], &session);

	if (failure != CKR_OK)
		return pkcs11_token_failed(token, "asking what it can do", failure, trouble);
	failure = token->calls->C_GetMechanismInfo(session.slotID, generate, &info);
	if (failure == CKR_MECHANISM_INVALID)
		return keystore_trouble(trouble, KEYSTORE_FAILED,
		    "the token '%s' makes no keys for %s: set 'algorithms'", token->label, algorithm->name);
	return failure == CKR_OK ? KEYSTORE_DONE :
	                           pkcs11_token_failed(token, "asking what it can do", failure, trouble);
}

struct pair {
	CK_OBJECT_HANDLE public_key, private_key;
};

static CK_RV
generate_pair(struct pkcs11_token *token, const struct mm_algorithm *algorithm, CK_MECHANISM_TYPE generate,
    const char *label, struct pair *pair)
{
	static const CK_ULONG bits = MM_SIGNING_RSA_BITS;
	static const unsigned char exponent[] = { 1, 0, 1 };
	CK_MECHANISM mechanism = { generate, NULL, 0 };
	CK_ATTRIBUTE public_like[] = {
		ATTRIBUTE(CKA_TOKEN, yes),
		ATTRIBUTE(CKA_VERIFY, yes),
		ATTRIBUTE_BYTES(CKA_LABEL, label, strlen(label)),
		ATTRIBUTE_BYTES(CKA_EC_PARAMS, oid_p256, sizeof(oid_p256)),
		ATTRIBUTE(CKA_PUBLIC_EXPONENT, exponent),
	};
	CK_ATTRIBUTE private_like[] = {
		ATTRIBUTE(CKA_TOKEN, yes),
		ATTRIBUTE(CKA_PRIVATE, yes),
		ATTRIBUTE(CKA_SENSITIVE, yes),
		ATTRIBUTE(CKA_EXTRACTABLE, no),
		ATTRIBUTE(CKA_SIGN, yes),
		ATTRIBUTE(CKA_DECRYPT, no),
		ATTRIBUTE(CKA_UNWRAP, no),
		ATTRIBUTE(CKA_DERIVE, no),
		ATTRIBUTE_BYTES(CKA_LABEL, label, strlen(label)),
	};

	if (algorithm->curve == MM_CURVE_ED25519)
		public_like[3] = (CK_ATTRIBUTE)ATTRIBUTE_BYTES(CKA_EC_PARAMS, oid_ed25519, sizeof(oid_ed25519));
	if (algorithm->key_type == MM_KEY_RSA)
		public_like[3] = (CK_ATTRIBUTE)ATTRIBUTE(CKA_MODULUS_BITS, bits);
	return token->calls->C_GenerateKeyPair(token->sessions[PKCS11_OWN_SESSION], &mechanism, public_like,
	    algorithm->key_type == MM_KEY_RSA ? 5 : 4, private_like, MM_COUNT_OF(private_like), &pair->public_key,
	    &pair->private_key);
}

/* Give both objects their names for good: the private one last, which is what is looked for. */
static enum keystore_result
name_pair(struct pkcs11_token *token, const struct pair *pair, const char *label,
    const uint8_t thumbprint[MM_DIGEST_LEN], struct keystore_trouble *trouble)
{
	CK_ATTRIBUTE names[] = {
		ATTRIBUTE_BYTES(CKA_ID, thumbprint, MM_DIGEST_LEN),
		ATTRIBUTE_BYTES(CKA_LABEL, label, strlen(label)),
	};
	CK_SESSION_HANDLE session = token->sessions[PKCS11_OWN_SESSION];
	CK_RV failure = token->calls->C_SetAttributeValue(session, pair->public_key, names, MM_COUNT_OF(names));

	if (failure == CKR_OK)
		failure = token->calls->C_SetAttributeValue(session, pair->private_key, names, MM_COUNT_OF(names));
	return failure == CKR_OK ? KEYSTORE_DONE : pkcs11_token_failed(token, "naming a key", failure, trouble);
}

enum keystore_result
pkcs11_object_make(struct pkcs11_token *token, const struct mm_algorithm *algorithm, const char *realm,
    struct keystore_public *made, struct keystore_trouble *trouble)
{
	CK_MECHANISM_TYPE generate = algorithm->key_type == MM_KEY_RSA ? CKM_RSA_PKCS_KEY_PAIR_GEN :
	    algorithm->key_type == MM_KEY_EC                           ? CKM_EC_KEY_PAIR_GEN :
	                                                                 CKM_EC_EDWARDS_KEY_PAIR_GEN;
	char making[PKCS11_LABEL_MAX], label[PKCS11_LABEL_MAX];
	enum keystore_result result = find_mechanism(token, algorithm, generate, trouble);
	struct pair pair;
	CK_RV failure;

	if (result != KEYSTORE_DONE)
		return result;
	pkcs11_object_label(realm, MAKING, making);
	pkcs11_object_label(realm, algorithm->name, label);
	failure = generate_pair(token, algorithm, generate, making, &pair);
	if (failure != CKR_OK)
		return pkcs11_token_failed(token, "making a key", failure, trouble);
	result = read_public(token, pair.public_key, algorithm, made, trouble);
	if (result == KEYSTORE_DONE)
		result = name_pair(token, &pair, label, made->thumbprint, trouble);
	if (result != KEYSTORE_DONE) {
		(void)token->calls->C_DestroyObject(token->sessions[PKCS11_OWN_SESSION], pair.private_key);
		(void)token->calls->C_DestroyObject(token->sessions[PKCS11_OWN_SESSION], pair.public_key);
	}
	return result;
}

/* ---- checking ---- */

/* The algorithm that a label of this realm names; NULL: it is no such label. */
static const struct mm_algorithm *
algorithm_of(struct mm_slice label, const char *realm)
{
	char prefix[PKCS11_LABEL_MAX];
	const struct mm_algorithm *algorithm;
	size_t len;

	pkcs11_object_label(realm, "", prefix);
	len = strlen(prefix);
	if (label.len <= len || memcmp(label.ptr, prefix, len) != 0)
		return NULL;
	algorithm = mm_algorithm_find(mm_slice(label.ptr + len, label.len - len));
	return keystore_algorithm_is_supported(algorithm) ? algorithm : NULL;
}

enum keystore_result
pkcs11_object_check(struct pkcs11_token *token, const char *realm, const uint8_t thumbprint[MM_DIGEST_LEN],
    const struct mm_algorithm **algorithm, struct keystore_trouble *trouble)
{
	CK_OBJECT_HANDLE private_key, public_key;
	char label[PKCS11_LABEL_MAX];
	struct keystore_public of_key;
	enum keystore_result result;

	result = pkcs11_object_find(token, PKCS11_OWN_SESSION, CKO_PRIVATE_KEY, thumbprint, &private_key, trouble);
	if (result == KEYSTORE_DONE)
		result =
		    pkcs11_object_find(token, PKCS11_OWN_SESSION, CKO_PUBLIC_KEY, thumbprint, &public_key, trouble);
	if (result != KEYSTORE_DONE)
		return result;
	*algorithm = algorithm_of(read_attribute(token, private_key, CKA_LABEL, label, sizeof(label)), realm);
	if (*algorithm == NULL)
		return keystore_trouble(trouble, KEYSTORE_DAMAGED,
		    "the token '%s': the key's label is not this realm's", token->label);
	if (!is_set(token, private_key, CKA_SENSITIVE, yes) || !is_set(token, private_key, CKA_EXTRACTABLE, no))
		return keystore_trouble(trouble, KEYSTORE_DAMAGED, "the token '%s': the key can be taken out of it",
		    token->label);
	result = read_public(token, public_key, *algorithm, &of_key, trouble);
	if (result == KEYSTORE_DONE && memcmp(of_key.thumbprint, thumbprint, MM_DIGEST_LEN) != 0)
		result = keystore_trouble(trouble, KEYSTORE_DAMAGED,
		    "the token '%s': the key is another one than its CKA_ID", token->label);
	return result;
}

/* ---- lists, and the end of a key ---- */

enum keystore_result
pkcs11_object_list(struct pkcs11_token *token, const char *label, keystore_visit *visit, void *context,
    struct keystore_trouble *trouble)
{
	static const CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
	CK_OBJECT_HANDLE objects[KEYSTORE_KEYS_MAX];
	CK_ULONG count;
	enum keystore_result result = find_labelled(token, label, &private_class, objects, &count, trouble);

	for (CK_ULONG i = 0; i < count && result == KEYSTORE_DONE; i++) {
		uint8_t thumbprint[MM_DIGEST_LEN];

		if (read_attribute(token, objects[i], CKA_ID, thumbprint, sizeof(thumbprint)).len == sizeof(thumbprint))
			visit(context, thumbprint);
	}
	return result;
}

static enum keystore_result
destroy(struct pkcs11_token *token, CK_OBJECT_HANDLE object, struct keystore_trouble *trouble)
{
	CK_RV failure = token->calls->C_DestroyObject(token->sessions[PKCS11_OWN_SESSION], object);

	return failure == CKR_OK ? KEYSTORE_DONE : pkcs11_token_failed(token, "destroying a key", failure, trouble);
}

enum keystore_result
pkcs11_object_destroy_labelled(struct pkcs11_token *token, const char *label, struct keystore_trouble *trouble)
{
	CK_OBJECT_HANDLE objects[KEYSTORE_KEYS_MAX];
	CK_ULONG count;
	enum keystore_result result = find_labelled(token, label, NULL, objects, &count, trouble);

	for (CK_ULONG i = 0; i < count && result == KEYSTORE_DONE; i++)
		result = destroy(token, objects[i], trouble);
	return result;
}

enum keystore_result
pkcs11_object_destroy(struct pkcs11_token *token, const uint8_t thumbprint[MM_DIGEST_LEN],
    struct keystore_trouble *trouble)
{
	static const CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY };

	for (size_t i = 0; i < MM_COUNT_OF(classes); i++) {
		CK_OBJECT_HANDLE object = 0;
		enum keystore_result result =
		    pkcs11_object_find(token, PKCS11_OWN_SESSION, classes[i], thumbprint, &object, trouble);

		if (result == KEYSTORE_DONE)
			result = destroy(token, object, trouble);
		if (result != KEYSTORE_DONE && result != KEYSTORE_NO_KEY)
			return result;
	}
	return KEYSTORE_DONE;
}
