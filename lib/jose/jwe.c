/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decrypting a compact JWE (RFC 7516 section 5.2): five parts, a header, the content key, the content.
 *
 * RFC 7516 section 11.5: "the recipient MUST NOT distinguish between format, padding, and length errors of encrypted
 * keys", and "in the event of receiving an improperly formatted key, the recipient [should] substitute a randomly
 * generated CEK and proceed to the next step". So a content key that cannot be had is one that nobody knows, and what
 * fails is the content's tag. It is made from the recipient's key and the encrypted one, as random to everybody else as
 * any, and the same when asked again.
 */
#include "lib/jose/jwe_key.h"

#include "lib/base/limits.h"
#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/mac.h"

#include <stdlib.h>

enum part { HEADER, ENCRYPTED_KEY, IV, CIPHERTEXT, TAG, PART_COUNT };

/* A header with an RSA key's certificate chain in it; ours read four members. */
#define HEADER_LEN_MAX ((size_t)16 * 1024)

/* What an RSA key of MM_RSA_BITS_MAX encrypts to; the other methods give less. */
#define ENCRYPTED_KEY_LEN_MAX MM_SIGNATURE_LEN_MAX

/* RFC 7518 section 4.6.1.2: names of the parties; a digest or an address, not a document. */
#define PARTY_LEN_MAX 256

#define OTHER_INFO_LEN_MAX (4 + 16 + 2 * (4 + PARTY_LEN_MAX) + 4)

/* Everything small of one decryption, wiped at its end. */
struct opening {
	const struct mm_jwe_key *key;
	struct mm_slice parts[PART_COUNT]; /* as they stand */
	const struct mm_jwe_encryption *encryption;
	struct mm_json_index header;
	struct mm_json_member members[MM_HEADER_MEMBERS_MAX];
	struct mm_json_names names;
	struct mm_scratch scratch;
	struct mm_slice encrypted_key, iv, tag;
	unsigned char content_key[MM_CONTENT_KEY_LEN_MAX];
	/* The header decoded, its strings unescaped and decoded again, the small parts. */
	char bytes[3 * HEADER_LEN_MAX + ENCRYPTED_KEY_LEN_MAX + 256];
};

#define JWE_TRY(expression)                                   \
	do {                                                  \
		enum mm_jwe_result try_result_ = (expression); \
		if (try_result_ != MM_JWE_DECRYPTED)          \
			return try_result_;                   \
	} while (0)

const char *
mm_jwe_result_text(enum mm_jwe_result result)
{
	switch (result) {
	case MM_JWE_DECRYPTED: return "it is decrypted";
	case MM_JWE_TOO_LARGE: return "the JWE is longer than 256 KiB, or a part of it longer than any may be";
	case MM_JWE_MALFORMED: return "this is not a JWE in its compact serialization with a strict JSON header";
	case MM_JWE_ALG_FORBIDDEN: return "the header's 'alg' is not the key's, or its 'enc' is not accepted";
	case MM_JWE_HEADER_FORBIDDEN: return "the header has 'crit' or 'zip', which are never accepted";
	case MM_JWE_NOT_DECRYPTED: return "it is encrypted to another key, or altered";
	case MM_JWE_INTERNAL: break;
	}
	return "it could not be looked at";
}

/* ---- parts ---- */

/* Exactly four dots. */
static bool
split(struct mm_slice jwe, struct mm_slice parts[PART_COUNT])
{
	const char *at = jwe.ptr, *end = jwe.ptr + jwe.len;

	for (unsigned part = 0; part < PART_COUNT; part++) {
		const char *dot = memchr(at, '.', (size_t)(end - at));

		if ((dot == NULL) != (part == PART_COUNT - 1))
			return false;
		parts[part] = mm_slice(at, (size_t)((dot == NULL ? end : dot) - at));
		at = dot == NULL ? end : dot + 1;
	}
	return true;
}

/* Decode a part into scratch; one too long for it is none of ours. */
static enum mm_jwe_result
decode(struct opening *opening, enum part part, size_t len_max, struct mm_slice *bytes)
{
	struct mm_slice text = opening->parts[part];
	char *room;
	size_t len;

	if (MM_BASE64URL_DECODED_MAX(text.len) > len_max)
		return MM_JWE_TOO_LARGE;
	room = mm_scratch_take(&opening->scratch, MM_BASE64URL_DECODED_MAX(text.len));
	if (room == NULL)
		return MM_JWE_TOO_LARGE;
	if (mm_base64url_decode(text, room, &len) != MM_OK)
		return MM_JWE_MALFORMED;
	*bytes = mm_slice(room, len);
	return MM_JWE_DECRYPTED;
}

/* ---- header ---- */

static enum mm_jwe_result
read_header(struct opening *opening)
{
	struct mm_slice text, alg, enc;

	JWE_TRY(decode(opening, HEADER, HEADER_LEN_MAX, &text));
	if (mm_json_scan(text, &opening->names, &opening->header, NULL) != MM_OK)
		return MM_JWE_MALFORMED;
	if (mm_json_find(&opening->header, "crit").type != MM_JSON_ABSENT ||
	    mm_json_find(&opening->header, "zip").type != MM_JSON_ABSENT)
		return MM_JWE_HEADER_FORBIDDEN;
	if (!mm_json_string(mm_json_find(&opening->header, "alg"), &opening->scratch, &alg) ||
	    !mm_json_string(mm_json_find(&opening->header, "enc"), &opening->scratch, &enc))
		return MM_JWE_MALFORMED;
	opening->encryption = mm_jwe_encryption_find(enc);
	if (opening->key->encryption != NULL && opening->encryption != opening->key->encryption)
		return MM_JWE_ALG_FORBIDDEN;
	return opening->encryption != NULL && mm_slice_equal(alg, mm_slice_str(opening->key->algorithm->name)) ?
	    MM_JWE_DECRYPTED : MM_JWE_ALG_FORBIDDEN;
}

/* ---- the content key ---- */

static struct mm_slice
secret_of(const struct mm_jwe_key *key)
{
	return mm_slice(key->secret, key->secret_len);
}

/* RFC 7518 section 4.7.1: 'iv' of 96 bits and 'tag' of 128 stand in the header. */
static bool
gcm_unwrap(struct opening *opening, size_t len)
{
	const struct mm_content_cipher cipher = { MM_CONTENT_GCM, opening->key->algorithm->key_len, 12, 16 };
	struct mm_slice iv, tag;
	size_t data_len = len;

	if (opening->encrypted_key.len != len ||
	    !mm_jwe_member_bytes(&opening->header, "iv", &opening->scratch, &iv) ||
	    !mm_jwe_member_bytes(&opening->header, "tag", &opening->scratch, &tag))
		return false;
	memcpy(opening->content_key, opening->encrypted_key.ptr, len);
	return mm_content_open(&cipher, secret_of(opening->key), iv, mm_slice("", 0), (char *)opening->content_key,
	    &data_len, tag);
}

static void
put_u32(char **at, size_t number)
{
	for (unsigned i = 0; i < 4; i++)
		*(*at)++ = (char)(unsigned char)(number >> (24 - 8 * i));
}

static void
put_data(char **at, struct mm_slice data)
{
	put_u32(at, data.len);
	if (data.len > 0)
		memcpy(*at, data.ptr, data.len);
	*at += data.len;
}

/* A party's name: absent is empty; false where it is malformed or too long. */
static bool
read_party(struct opening *opening, const char *name, struct mm_slice *party)
{
	*party = mm_slice("", 0);
	if (mm_json_find(&opening->header, name).type == MM_JSON_ABSENT)
		return true;
	return mm_jwe_member_bytes(&opening->header, name, &opening->scratch, party) && party->len <= PARTY_LEN_MAX;
}

/* RFC 7518 section 4.6.2: AlgorithmID, PartyUInfo, PartyVInfo, SuppPubInfo; each but the last with its length. */
static bool
other_info(struct opening *opening, size_t key_len, char room[OTHER_INFO_LEN_MAX], struct mm_slice *info)
{
	bool direct = opening->key->algorithm->method == MM_JWE_AGREE;
	struct mm_slice apu, apv;
	char *at = room;

	if (!read_party(opening, "apu", &apu) || !read_party(opening, "apv", &apv))
		return false;
	put_data(&at, mm_slice_str(direct ? opening->encryption->name : opening->key->algorithm->name));
	put_data(&at, apu);
	put_data(&at, apv);
	put_u32(&at, key_len * 8);
	*info = mm_slice(room, (size_t)(at - room));
	return true;
}

/* The sender's point; one with a private number in it is no public key. */
static bool
read_sender_key(struct opening *opening, struct mm_key_material *material)
{
	struct mm_json_member members[MM_HEADER_MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MM_HEADER_MEMBERS_MAX };

	return mm_json_view_object(mm_json_find(&opening->header, "epk"), &index) &&
	    mm_json_find(&index, "d").type == MM_JSON_ABSENT &&
	    mm_jwe_point_parse(&index, &opening->scratch, material);
}

static bool
agree(struct opening *opening, unsigned char *out, size_t len)
{
	struct mm_key_material sender;
	unsigned char secret[MM_SHARED_SECRET_LEN_MAX];
	char room[OTHER_INFO_LEN_MAX];
	struct mm_slice info;
	size_t secret_len;
	bool agreed;

	if (!read_sender_key(opening, &sender) || !other_info(opening, len, room, &info) ||
	    !mm_private_key_agree(opening->key->private, &sender, secret, &secret_len))
		return false;
	agreed = mm_concat_kdf(mm_slice(secret, secret_len), info, out, len);
	mm_secret_wipe(secret, sizeof(secret));
	return agreed;
}

static bool
agree_and_unwrap(struct opening *opening, size_t len)
{
	unsigned char wrapping[MM_CONTENT_KEY_LEN_MAX];
	size_t wrapping_len = opening->key->algorithm->key_len;
	bool unwrapped = agree(opening, wrapping, wrapping_len) &&
	    mm_aes_unwrap(mm_slice(wrapping, wrapping_len), opening->encrypted_key, opening->content_key, len);

	mm_secret_wipe(wrapping, sizeof(wrapping));
	return unwrapped;
}

/* RFC 7516 section 5.2 step 10: with these "verify that the JWE Encrypted Key value is an empty octet sequence". */
static bool
has_no_encrypted_key(const struct opening *opening)
{
	return opening->encrypted_key.len == 0;
}

static bool
get_content_key(struct opening *opening, size_t len)
{
	const struct mm_jwe_key *key = opening->key;

	switch (key->algorithm->method) {
	case MM_JWE_RSA_OAEP:
		return mm_private_key_oaep(key->private, key->algorithm->sha256, opening->encrypted_key,
		    opening->content_key, len);
	case MM_JWE_AGREE:
		return has_no_encrypted_key(opening) && agree(opening, opening->content_key, len);
	case MM_JWE_AGREE_WRAP:
		return agree_and_unwrap(opening, len);
	case MM_JWE_DIRECT:
		if (!has_no_encrypted_key(opening) || key->secret_len != len)
			return false;
		memcpy(opening->content_key, key->secret, len);
		return true;
	case MM_JWE_AES_WRAP:
		return mm_aes_unwrap(secret_of(key), opening->encrypted_key, opening->content_key, len);
	case MM_JWE_GCM_WRAP:
		return gcm_unwrap(opening, len);
	}
	return false;
}

/* ---- the whole ---- */

/* Stand in for a content key that cannot be had. */
static bool
make_stand_in(const struct opening *opening, unsigned char stand_in[MM_CONTENT_KEY_LEN_MAX])
{
	const struct mm_jwe_key *key = opening->key;
	uint8_t inner[MM_MAC_LEN];
	bool made = mm_hmac_sha256(key->rejection, sizeof(key->rejection), opening->encrypted_key, inner);

	for (unsigned char half = 0; half < MM_CONTENT_KEY_LEN_MAX / MM_MAC_LEN; half++)
		made = made && mm_hmac_sha256(inner, sizeof(inner), mm_slice(&half, 1), stand_in + half * MM_MAC_LEN);
	mm_secret_wipe(inner, sizeof(inner));
	return made;
}

static enum mm_jwe_result
open_content(struct opening *opening, char *plaintext, size_t *plaintext_len)
{
	const struct mm_content_cipher *cipher = &opening->encryption->cipher;
	unsigned char stand_in[MM_CONTENT_KEY_LEN_MAX];
	size_t len;

	if (mm_base64url_decode(opening->parts[CIPHERTEXT], plaintext, &len) != MM_OK)
		return MM_JWE_MALFORMED;
	if (!make_stand_in(opening, stand_in)) {
		mm_secret_wipe(stand_in, sizeof(stand_in));
		mm_secret_wipe(plaintext, len);
		return MM_JWE_INTERNAL;
	}
	if (!get_content_key(opening, cipher->key_len))
		memcpy(opening->content_key, stand_in, sizeof(stand_in));
	mm_secret_wipe(stand_in, sizeof(stand_in));
	if (!mm_content_open(cipher, mm_slice(opening->content_key, cipher->key_len), opening->iv,
	        opening->parts[HEADER], plaintext, &len, opening->tag))
		return MM_JWE_NOT_DECRYPTED;
	*plaintext_len = len;
	return MM_JWE_DECRYPTED;
}

static enum mm_jwe_result
decrypt(struct opening *opening, struct mm_slice jwe, char *plaintext, size_t *plaintext_len)
{
	if (!split(jwe, opening->parts))
		return MM_JWE_MALFORMED;
	JWE_TRY(read_header(opening));
	JWE_TRY(decode(opening, ENCRYPTED_KEY, ENCRYPTED_KEY_LEN_MAX + 2, &opening->encrypted_key));
	JWE_TRY(decode(opening, IV, MM_CONTENT_KEY_LEN_MAX, &opening->iv));
	JWE_TRY(decode(opening, TAG, MM_CONTENT_KEY_LEN_MAX, &opening->tag));
	return open_content(opening, plaintext, plaintext_len);
}

enum mm_jwe_result
mm_jwe_decrypt(const struct mm_jwe_key *key, struct mm_slice jwe, char *plaintext, size_t room, size_t *plaintext_len)
{
	enum mm_jwe_result result;
	struct opening *opening;

	if (key == NULL || plaintext == NULL || plaintext_len == NULL || room < jwe.len)
		return MM_JWE_INTERNAL;
	if (!mm_slice_present(jwe))
		return MM_JWE_MALFORMED;
	if (jwe.len > MM_JWE_LEN_MAX)
		return MM_JWE_TOO_LARGE;
	opening = malloc(sizeof(*opening));
	if (opening == NULL)
		return MM_JWE_INTERNAL;
	opening->key = key;
	opening->header = (struct mm_json_index){ opening->members, 0, MM_HEADER_MEMBERS_MAX };
	mm_scratch_init(&opening->scratch, opening->bytes, sizeof(opening->bytes));
	result = decrypt(opening, jwe, plaintext, plaintext_len);
	mm_secret_wipe(opening, sizeof(*opening));
	free(opening);
	return result;
}
