/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed key lists: a head of fixed fields, the realm's name, the JWK set, the certificate, the signature over all that
 * stands before it.
 */
#include "engine/key_list.h"

#include "lib/base/array.h"
#include "lib/base/reader.h"
#include "lib/crypto/digest.h"
#include "lib/jose/jwks.h"

#include <string.h>

#define MAGIC "MMKEYS1\n"
#define MAGIC_LEN 8
/* Magic, sequence, time, previous, length of the name, length of the set. */
#define HEAD_LEN (MAGIC_LEN + 8 + 8 + MM_DIGEST_LEN + 4 + 4)
#define TAIL_LEN (MM_MINT_CERTIFICATE_LEN + MM_ED25519_SIGNATURE_LEN)

/* More than the ledger gives a key. */
#define KEY_MEMBERS_MAX 32

/* ---- writing ---- */

bool
mm_key_list_write(const struct mm_key_list *list, const uint8_t certificate[MM_MINT_CERTIFICATE_LEN],
    const struct mm_ed25519 *key, struct mm_buf *buf)
{
	uint8_t signature[MM_ED25519_SIGNATURE_LEN];
	size_t start = buf->len;

	if (list->realm.len == 0 || list->realm.len > MM_NAME_LEN_MAX || list->keys.len > MM_DOCUMENT_LEN_MAX)
		return false;
	mm_buf_add(buf, MAGIC, MAGIC_LEN);
	mm_buf_add_u64(buf, list->sequence);
	mm_buf_add_u64(buf, (uint64_t)list->time_s);
	mm_buf_add(buf, list->previous, sizeof(list->previous));
	mm_buf_add_u32(buf, (uint32_t)list->realm.len);
	mm_buf_add_u32(buf, (uint32_t)list->keys.len);
	mm_buf_add_slice(buf, list->realm);
	mm_buf_add_slice(buf, list->keys);
	mm_buf_add(buf, certificate, MM_MINT_CERTIFICATE_LEN);
	if (!mm_buf_ok(buf) || !mm_ed25519_sign(key, mm_slice(buf->data + start, buf->len - start), signature))
		return false;
	mm_buf_add(buf, signature, sizeof(signature));
	return mm_buf_ok(buf);
}

/* ---- reading ---- */

/* Read what stands before the certificate; false where the lengths do not fit the bytes. */
static bool
read_fields(struct mm_slice bytes, struct mm_key_list *list)
{
	struct mm_reader reader;
	struct mm_slice previous;
	uint32_t realm_len, keys_len;

	mm_reader_init(&reader, bytes.ptr + MAGIC_LEN, bytes.len - MAGIC_LEN);
	list->sequence = mm_reader_u64(&reader);
	list->time_s = (int64_t)mm_reader_u64(&reader);
	previous = mm_reader_slice(&reader, sizeof(list->previous));
	realm_len = mm_reader_u32(&reader);
	keys_len = mm_reader_u32(&reader);
	list->realm = mm_reader_slice(&reader, realm_len);
	list->keys = mm_reader_slice(&reader, keys_len);
	if (!mm_reader_ok(&reader) || reader.left != TAIL_LEN || realm_len == 0 || realm_len > MM_NAME_LEN_MAX ||
	    list->time_s < 0 || list->time_s > MM_TIME_MAX_S)
		return false;
	memcpy(list->previous, previous.ptr, sizeof(list->previous));
	return true;
}

/* Check certificate and signature, the last two parts of bytes. */
static const char *
check_signature(struct mm_slice bytes, const uint8_t root[MM_ED25519_PUBLIC_LEN], int64_t now_s,
    struct mm_key_list *list)
{
	size_t signed_len = bytes.len - MM_ED25519_SIGNATURE_LEN;
	const char *fault = mm_mint_certificate_read(
	    mm_slice(bytes.ptr + bytes.len - TAIL_LEN, MM_MINT_CERTIFICATE_LEN), root, &list->certificate);

	if (fault != NULL)
		return fault;
	if (!mm_mint_certificate_holds(&list->certificate, now_s))
		return "the certificate of the key-state key is over, or not valid yet";
	if (!mm_ed25519_verify(list->certificate.public_key, mm_slice(bytes.ptr, signed_len),
	        (const uint8_t *)bytes.ptr + signed_len))
		return "the list is not signed by the key-state key";
	return NULL;
}

const char *
mm_key_list_read(struct mm_slice bytes, struct mm_slice realm, const uint8_t root[MM_ED25519_PUBLIC_LEN],
    int64_t now_s, struct mm_key_list *list)
{
	struct mm_key_list read = { 0 };
	struct mm_json_names names;
	struct mm_jwks set;
	const char *fault;

	if (bytes.len < HEAD_LEN + TAIL_LEN || bytes.len > MM_KEY_LIST_LEN_MAX ||
	    memcmp(bytes.ptr, MAGIC, MAGIC_LEN) != 0 || !read_fields(bytes, &read))
		return "it is no signed key list";
	fault = check_signature(bytes, root, now_s, &read);
	if (fault != NULL)
		return fault;
	if (mm_slice_present(realm) && !mm_slice_equal(realm, read.realm))
		return "the list is of another realm";
	if (mm_jwks_scan(read.keys, &names, &set, NULL) != MM_OK)
		return "the list's keys are no JWK set";
	if (!mm_sha256(bytes, read.digest))
		return "the list's digest cannot be made";
	*list = read;
	return NULL;
}

/* ---- what is published ---- */

/* Members that strangers need: the numbers (RFC 7518 section 6, RFC 8037 section 2), names and the signing window. */
static const char *const public_members[] = { "kty", "n", "e", "crv", "x", "y", "kid", "alg", "use", "issuer", "iat",
	"nbf", "exp" };

/* States of keys that may still verify. */
static const char *const public_states[] = { "prepared", "active", "retiring", "tainted" };

static bool
is_published(const struct mm_json_index *key)
{
	struct mm_json_value state = mm_json_find(key, "state");

	for (size_t i = 0; i < MM_COUNT_OF(public_states); i++)
		if (mm_json_string_is(state, public_states[i]))
			return true;
	return false;
}

/* Append a member as it stands; the ledger writes texts and whole numbers. */
static bool
add_member(struct mm_buf *buf, const char *name, struct mm_json_value value, bool first)
{
	const char *quote = value.type == MM_JSON_STRING ? "\"" : "";

	if (value.type != MM_JSON_STRING && value.type != MM_JSON_NUMBER)
		return false;
	mm_buf_addf(buf, "%s\"%s\":%s", first ? "" : ",", name, quote);
	mm_buf_add_slice(buf, value.text);
	mm_buf_add_str(buf, quote);
	return true;
}

static bool
add_key(struct mm_buf *buf, const struct mm_json_index *key)
{
	bool first = true;

	mm_buf_add_str(buf, "{");
	for (size_t i = 0; i < MM_COUNT_OF(public_members); i++) {
		struct mm_json_value value = mm_json_find(key, public_members[i]);

		if (value.type == MM_JSON_ABSENT)
			continue;
		if (!add_member(buf, public_members[i], value, first))
			return false;
		first = false;
	}
	mm_buf_add_str(buf, "}");
	return true;
}

bool
mm_key_list_public_jwks(const struct mm_key_list *list, struct mm_buf *buf)
{
	struct mm_json_names names;
	struct mm_json_value element;
	struct mm_jwks set;
	size_t position = 0;
	bool first = true;

	if (mm_jwks_scan(list->keys, &names, &set, NULL) != MM_OK)
		return false;
	mm_buf_add_str(buf, "{\"keys\":[");
	while (mm_json_next(set.keys, &position, &element)) {
		struct mm_json_member members[KEY_MEMBERS_MAX];
		struct mm_json_index key = { members, 0, KEY_MEMBERS_MAX };

		if (!mm_json_view_object(element, &key))
			return false;
		if (!is_published(&key))
			continue;
		if (!first)
			mm_buf_add_str(buf, ",");
		if (!add_key(buf, &key))
			return false;
		first = false;
	}
	mm_buf_add_str(buf, "]}");
	return mm_buf_ok(buf);
}

int64_t
mm_key_list_signs_until(const struct mm_key_list *list)
{
	int64_t until_s = INT64_MIN, exp_s;
	struct mm_json_value element;
	struct mm_json_names names;
	struct mm_jwks set;
	size_t position = 0;

	if (mm_jwks_scan(list->keys, &names, &set, NULL) != MM_OK)
		return INT64_MIN;
	while (mm_json_next(set.keys, &position, &element)) {
		struct mm_json_member members[KEY_MEMBERS_MAX];
		struct mm_json_index key = { members, 0, KEY_MEMBERS_MAX };

		if (mm_json_view_object(element, &key) && mm_json_string_is(mm_json_find(&key, "state"), "active") &&
		    mm_json_integer(mm_json_find(&key, "exp"), &exp_s) && exp_s > until_s)
			until_s = exp_s;
	}
	return until_s;
}
