/* SPDX-License-Identifier: Apache-2.0 */
/* What a signer demands of each token. */
#include "daemon/signer/realm.h"

#include "daemon/keystore/keystore.h"
#include "lib/base/array.h"
#include "lib/base/reader.h"
#include "lib/codec/base64url.h"

#include <string.h>

/* ---- the realm ---- */

/* The next text of a payload that is ended by NUL; absent where there is none. */
static struct mm_slice
take_text(struct mm_reader *reader)
{
	const unsigned char *end = reader->left == 0 ? NULL : memchr(reader->at, '\0', reader->left);
	struct mm_slice text;

	if (end == NULL) {
		(void)mm_reader_slice(reader, reader->left + 1); /* fails, for good */
		return MM_SLICE_ABSENT;
	}
	text = mm_reader_slice(reader, (size_t)(end - reader->at));
	(void)mm_reader_u8(reader);
	return text;
}

static bool
copy_text(struct mm_slice text, char *room, size_t size)
{
	if (text.len == 0 || text.len >= size)
		return false;
	memcpy(room, text.ptr, text.len);
	room[text.len] = '\0';
	return true;
}

const char *
signer_realm_parse(struct mm_slice payload, struct signer_realm *realm)
{
	struct mm_slice name, issuer, algorithm, parent;
	struct mm_reader reader;
	uint8_t is_template;

	mm_reader_init(&reader, payload.ptr, payload.len);
	(void)mm_reader_u16(&reader); /* its number, which the ledger knows it by */
	realm->max_lifetime_s = mm_reader_u32(&reader);
	(void)mm_reader_slice(&reader, 3 * sizeof(uint32_t)); /* the life of keys is the ledger's business */
	is_template = mm_reader_u8(&reader);
	name = take_text(&reader);
	issuer = take_text(&reader);
	algorithm = take_text(&reader);
	parent = take_text(&reader);
	realm->derived = parent.len > 0;
	while (parent.len > 0)
		parent = take_text(&reader);
	if (!mm_reader_ok(&reader) || reader.left != 0)
		return "its message is cut";
	if (!copy_text(name, realm->name, sizeof(realm->name)) ||
	    !copy_text(issuer, realm->issuer, sizeof(realm->issuer)))
		return "its name or issuer is too long";
	if (mm_issuer_parse(mm_slice_str(realm->issuer), &realm->pattern) != NULL ||
	    realm->pattern.is_template != (is_template == 1))
		return "its issuer is none";
	realm->algorithm = mm_algorithm_find(algorithm);
	if (!keystore_algorithm_is_supported(realm->algorithm))
		return "it has no algorithm that keys are made for";
	return realm->max_lifetime_s == 0 ? "its tokens would live for no time" : NULL;
}

/* ---- the members ---- */

enum member {
	MEMBER_ISS, MEMBER_TID, MEMBER_SUB, MEMBER_AUD, MEMBER_CLIENT_ID, MEMBER_IAT, MEMBER_EXP, MEMBER_JTI,
	MEMBER_SID, MEMBER_SCOPE, MEMBER_AUTH_TIME, MEMBER_NONCE, MEMBER_PREFERRED_USERNAME, MEMBER_CNF,
	MEMBER_PARENT, MEMBER_ROOT, MEMBER_MARK, MEMBER_COUNT
};

#define ACCESS (1U << MM_CLASS_ACCESS)
#define IDENTITY (1U << MM_CLASS_IDENTITY)
#define BOTH (ACCESS | IDENTITY)

/* In the order in which they stand; nothing else does. */
static const struct {
	const char *name;
	enum mm_json_type type;
	bool required;
	unsigned classes;
} members[MEMBER_COUNT] = {
	[MEMBER_ISS] = { "iss", MM_JSON_STRING, true, BOTH },
	[MEMBER_TID] = { "tid", MM_JSON_STRING, false, BOTH },
	[MEMBER_SUB] = { "sub", MM_JSON_STRING, true, BOTH },
	[MEMBER_AUD] = { "aud", MM_JSON_STRING, true, BOTH },
	[MEMBER_CLIENT_ID] = { "client_id", MM_JSON_STRING, true, BOTH },
	[MEMBER_IAT] = { "iat", MM_JSON_NUMBER, true, BOTH },
	[MEMBER_EXP] = { "exp", MM_JSON_NUMBER, true, BOTH },
	[MEMBER_JTI] = { "jti", MM_JSON_STRING, true, BOTH },
	[MEMBER_SID] = { "sid", MM_JSON_STRING, false, BOTH },
	[MEMBER_SCOPE] = { "scope", MM_JSON_STRING, false, ACCESS },
	[MEMBER_AUTH_TIME] = { "auth_time", MM_JSON_NUMBER, false, BOTH },
	[MEMBER_NONCE] = { "nonce", MM_JSON_STRING, false, IDENTITY },
	[MEMBER_PREFERRED_USERNAME] = { "preferred_username", MM_JSON_STRING, false, BOTH },
	[MEMBER_CNF] = { "cnf", MM_JSON_OBJECT, false, ACCESS },
	[MEMBER_PARENT] = { "parent", MM_JSON_STRING, false, BOTH },
	[MEMBER_ROOT] = { "root", MM_JSON_OBJECT, false, BOTH },
	[MEMBER_MARK] = { "mark", MM_JSON_STRING, true, BOTH },
};

struct claims {
	struct mm_json_value values[MEMBER_COUNT];
};

static bool
is_member(const struct mm_json_member *found, size_t place)
{
	return !found->name_escaped && mm_slice_equal(found->name.text, mm_slice_str(members[place].name));
}

/* Sort what was found into the table: in its order, each of its type, with what must be there. */
static const char *
read_members(const struct mm_json_index *index, unsigned token_class, struct claims *claims)
{
	size_t at = 0;

	memset(claims, 0, sizeof(*claims));
	for (size_t place = 0; place < MEMBER_COUNT; place++) {
		const struct mm_json_member *found = &index->members[at];

		if (at == index->count || !is_member(found, place)) {
			if (members[place].required)
				return "a member that must be there is missing, or one is unknown or out of its order";
			continue;
		}
		if (found->value.type != members[place].type ||
		    (found->value.type == MM_JSON_STRING && found->value.text.len == 0))
			return "a member is of another type, or empty";
		if ((members[place].classes & 1U << token_class) == 0)
			return "a member is not one of this class of tokens";
		claims->values[place] = found->value;
		at++;
	}
	return at == index->count ? NULL : "a member is unknown or out of its order";
}

/* ---- the rules ---- */

static const char *
check_times(const struct signer_realm *realm, const struct claims *claims, int64_t now_s)
{
	int64_t iat_s, exp_s, auth_time_s;

	if (!mm_json_integer(claims->values[MEMBER_IAT], &iat_s) ||
	    !mm_json_integer(claims->values[MEMBER_EXP], &exp_s) ||
	    (claims->values[MEMBER_AUTH_TIME].type != MM_JSON_ABSENT &&
	        !mm_json_integer(claims->values[MEMBER_AUTH_TIME], &auth_time_s)))
		return "a time is no integer";
	if (iat_s > now_s + MM_CLOCK_SKEW_S || iat_s < now_s - MM_CLOCK_SKEW_S)
		return "'iat' is not now";
	if (exp_s - iat_s < 1 || exp_s - iat_s > (int64_t)realm->max_lifetime_s)
		return "it would live for longer than the realm's tokens may";
	return NULL;
}

/* Whether iss is the realm's: exactly its issuer, or its template with exactly this tenant in it. */
static const char *
check_issuer(const struct signer_realm *realm, struct mm_slice iss, struct mm_slice tid)
{
	struct mm_slice filled;

	if (!mm_issuer_matches(&realm->pattern, iss, &filled))
		return "'iss' is not the realm's";
	if (realm->pattern.is_template && !mm_slice_equal(filled, tid))
		return "'iss' is not that of 'tid'";
	return NULL;
}

static const char *
check_scope(const struct signer_realm *realm, const struct claims *claims, int64_t now_ms, struct mm_scratch *scratch)
{
	const struct mm_json_value *tid_value = &claims->values[MEMBER_TID];
	struct mm_slice iss, tid = MM_SLICE_ABSENT;
	const char *fault;

	if (!mm_json_string(claims->values[MEMBER_ISS], scratch, &iss) ||
	    (tid_value->type != MM_JSON_ABSENT && !mm_json_string(*tid_value, scratch, &tid)))
		return "'iss' or 'tid' cannot be read";
	fault = check_issuer(realm, iss, tid);
	if (fault != NULL)
		return fault;
	if (!mm_slice_present(tid))
		return realm->pattern.is_template || realm->derived ? "'tid' is missing" : NULL;
	return signer_tenants_have(&realm->tenants, tid, now_ms) ? NULL : "'tid' is none of the realm's tenants";
}

static const char *
check_root(const struct signer_realm *realm, const struct claims *claims)
{
	bool has_root = claims->values[MEMBER_ROOT].type != MM_JSON_ABSENT;

	if (has_root != (claims->values[MEMBER_PARENT].type != MM_JSON_ABSENT))
		return "'parent' and 'root' do not stand together";
	return has_root && !realm->derived ? "the realm derives no tokens" : NULL;
}

#define MARK_LEN 22
#define MARK_BEFORE ",\"mark\":\""
#define MARK_AFTER "\"}"
#define MARK_TAIL_LEN (sizeof(MARK_BEFORE) - 1 + MARK_LEN + sizeof(MARK_AFTER) - 1)

/* The last bytes, whatever a reader of JSON makes of them: gates cut the mark off there. */
static const char *
check_tail(struct mm_slice payload)
{
	const char *tail = payload.ptr + payload.len - MARK_TAIL_LEN;
	char bytes[MM_BASE64URL_DECODED_MAX(MARK_LEN)];
	size_t len;

	if (payload.len < MARK_TAIL_LEN || memcmp(tail, MARK_BEFORE, sizeof(MARK_BEFORE) - 1) != 0 ||
	    memcmp(payload.ptr + payload.len - 2, MARK_AFTER, sizeof(MARK_AFTER) - 1) != 0 ||
	    mm_base64url_decode(mm_slice(tail + sizeof(MARK_BEFORE) - 1, MARK_LEN), bytes, &len) != MM_OK)
		return "no mark stands at the end";
	return NULL;
}

static const char *
check_payload(const struct signer_realm *realm, unsigned token_class, struct mm_slice payload,
    const struct signer_moment *moment, struct signer_check_room *room)
{
	struct mm_json_member found[MEMBER_COUNT + 1];
	struct mm_json_index index = { found, 0, MM_COUNT_OF(found) };
	struct mm_scratch scratch;
	struct claims claims;
	const char *fault;

	if (mm_json_scan(payload, &room->names, &index, NULL) != MM_OK)
		return "the payload is no strict JSON object of known members";
	mm_scratch_init(&scratch, room->strings, sizeof(room->strings));
	fault = read_members(&index, token_class, &claims);
	if (fault == NULL)
		fault = check_tail(payload);
	if (fault == NULL)
		fault = check_scope(realm, &claims, moment->now_ms, &scratch);
	if (fault == NULL)
		fault = check_root(realm, &claims);
	return fault == NULL ? check_times(realm, &claims, moment->now_s) : fault;
}

const char *
signer_realm_check(const struct signer_realm *realm, unsigned token_class, struct mm_slice header,
    struct mm_slice input, const struct signer_moment *moment, struct signer_check_room *room)
{
	struct mm_slice encoded;
	size_t len;

	if (token_class != MM_CLASS_ACCESS && token_class != MM_CLASS_IDENTITY)
		return "there is no such class of tokens";
	if (input.len <= header.len || memcmp(input.ptr, header.ptr, header.len) != 0 || input.ptr[header.len] != '.')
		return "the header is not the one of this key and class";
	encoded = mm_slice(input.ptr + header.len + 1, input.len - header.len - 1);
	if (encoded.len > MM_MINT_SIGNING_INPUT_MAX - 3 || mm_base64url_decode(encoded, room->payload, &len) != MM_OK)
		return "the payload is no base64url";
	return check_payload(realm, token_class, mm_slice(room->payload, len), moment, room);
}
