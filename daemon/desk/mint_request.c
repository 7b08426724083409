/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions about mints: a table of verbs and one of members, each with its place in a structure.
 */
#include "daemon/desk/mint_request.h"

#include "lib/base/array.h"
#include "lib/codec/base64url.h"

#include <string.h>

/* ---- verbs ---- */

enum structure {
	STRUCTURE_mm_ask_key,
	STRUCTURE_mm_ask_token,
	STRUCTURE_mm_ask_tenant,
	STRUCTURE_mm_ask_user,
	STRUCTURE_mm_ask_client,
};

static const struct {
	const char *word;
	bool changes;
	enum structure structure;
	size_t len;
} verbs[MM_MINT_VERB_COUNT] = {
#define MM_MINT_VERB(name, word, process, changes, structure) \
	[MM_MINT_VERB_##name] = { word, changes, STRUCTURE_##structure, sizeof(struct structure) },
#include "daemon/ipc/mint_verbs.def"
#undef MM_MINT_VERB
};

bool
desk_mint_verb_find(struct mm_json_value word, enum mm_mint_verb *verb)
{
	for (size_t i = 0; i < MM_COUNT_OF(verbs); i++)
		if (mm_json_string_is(word, verbs[i].word)) {
			*verb = (enum mm_mint_verb)i;
			return true;
		}
	return false;
}

bool
desk_mint_verb_changes(enum mm_mint_verb verb)
{
	return verbs[verb].changes;
}

void
desk_mint_request_init(struct desk_mint_request *request, enum mm_mint_verb verb)
{
	memset(request, 0, sizeof(*request));
	request->ask.verb = (uint16_t)verb;
	request->len = verbs[verb].len;
}

/* ---- values ---- */

/* A member and where it goes; max: of a text. stated: the bit in the structure's first member that says so. */
struct row {
	enum structure structure;
	const char *name;
	bool (*take)(struct desk_mint_request *request, const struct row *row, struct mm_json_value value);
	size_t offset, bytes, max;
	uint32_t stated;
	const char *fault;
};

static char *
place_of(struct desk_mint_request *request, size_t offset)
{
	return (char *)&request->what + offset;
}

/* The content of a string without control characters, in room. */
static bool
read_string(struct mm_json_value value, char *room, size_t size, struct mm_slice *content)
{
	struct mm_scratch scratch;

	mm_scratch_init(&scratch, room, size);
	if (!mm_json_string(value, &scratch, content))
		return false;
	for (size_t i = 0; i < content->len; i++)
		if ((unsigned char)content->ptr[i] < 0x20 || content->ptr[i] == 0x7f)
			return false;
	return true;
}

static bool
put_text(struct desk_mint_request *request, const struct row *row, struct mm_slice content)
{
	uint16_t len = (uint16_t)content.len;

	if (content.len > row->max)
		return false;
	memcpy(place_of(request, row->offset), &len, sizeof(len));
	memcpy(place_of(request, row->bytes), content.ptr, content.len);
	return true;
}

static bool
take_text(struct desk_mint_request *request, const struct row *row, struct mm_json_value value)
{
	char room[16384];
	struct mm_slice content;

	return read_string(value, room, sizeof(room), &content) && put_text(request, row, content);
}

/* JSON as a text, which may have lines. */
static bool
take_document(struct desk_mint_request *request, const struct row *row, struct mm_json_value value)
{
	char room[16384];
	struct mm_scratch scratch;
	struct mm_slice content;

	mm_scratch_init(&scratch, room, sizeof(room));
	return mm_json_string(value, &scratch, &content) && put_text(request, row, content);
}

/* Words with single blanks between them. */
static bool
words_are_good(struct mm_slice words)
{
	for (size_t i = 0; i < words.len; i++)
		if (words.ptr[i] == ' ' && (i == 0 || i + 1 == words.len || words.ptr[i + 1] == ' '))
			return false;
	return true;
}

static bool
take_words(struct desk_mint_request *request, const struct row *row, struct mm_json_value value)
{
	char room[16384];
	struct mm_slice content;

	return read_string(value, room, sizeof(room), &content) && words_are_good(content) &&
	    put_text(request, row, content);
}

/* An array of words, or a text of them with single blanks between. */
static bool
take_list(struct desk_mint_request *request, const struct row *row, struct mm_json_value value)
{
	char room[4096];
	char *bytes = place_of(request, row->bytes);
	struct mm_json_value element;
	size_t position = 0, len = 0;
	uint16_t stored;

	if (value.type != MM_JSON_ARRAY)
		return take_words(request, row, value);
	while (mm_json_next(value, &position, &element)) {
		struct mm_slice word;

		if (!read_string(element, room, sizeof(room), &word) || word.len == 0 ||
		    memchr(word.ptr, ' ', word.len) != NULL || len + (len > 0) + word.len > row->max)
			return false;
		if (len > 0)
			bytes[len++] = ' ';
		memcpy(bytes + len, word.ptr, word.len);
		len += word.len;
	}
	stored = (uint16_t)len;
	memcpy(place_of(request, row->offset), &stored, sizeof(stored));
	return true;
}

static bool
take_flag(struct desk_mint_request *request, const struct row *row, struct mm_json_value value)
{
	*place_of(request, row->offset) = value.type == MM_JSON_BOOLEAN && value.text.ptr[0] == 't';
	return value.type == MM_JSON_BOOLEAN;
}

static bool
take_time(struct desk_mint_request *request, const struct row *row, struct mm_json_value value)
{
	int64_t time_s;

	if (!mm_json_integer(value, &time_s))
		return false;
	memcpy(place_of(request, row->offset), &time_s, sizeof(time_s));
	return true;
}

static bool
take_token_id(struct desk_mint_request *request, const struct row *row, struct mm_json_value value)
{
	char room[64];
	struct mm_slice content;

	if (!read_string(value, room, sizeof(room), &content) || content.len != MM_TOKEN_ID_TEXT_LEN)
		return false;
	memcpy(place_of(request, row->offset), content.ptr, content.len);
	return true;
}

static bool
take_digest(struct desk_mint_request *request, const struct row *row, struct mm_json_value value)
{
	char room[64];
	uint8_t bytes[MM_BASE64URL_DECODED_MAX(64)];
	struct mm_slice content;
	size_t len;

	if (!read_string(value, room, sizeof(room), &content) || content.len > sizeof(room) ||
	    mm_base64url_decode(content, bytes, &len) != MM_OK || len != MM_DIGEST_LEN)
		return false;
	memcpy(place_of(request, row->offset), bytes, len);
	request->what.token.has_digest = 1;
	return true;
}

/* ---- members ---- */

#define PLACE(structure, field) offsetof(struct structure, field.len), offsetof(struct structure, field.bytes), \
	sizeof(((struct structure *)NULL)->field.bytes)
#define NAMED(structure, name, field, stated, take) \
	{ STRUCTURE_##structure, name, take, PLACE(structure, field), stated, "'" name "' is no text, or too long" }
#define TEXT(structure, field, stated) NAMED(structure, #field, field, stated, take_text)
#define LIST(structure, field, stated) \
	{ STRUCTURE_##structure, #field, take_list, PLACE(structure, field), stated, \
	  "'" #field "' is no list of words, or too long" }
#define FLAG(structure, field, stated) \
	{ STRUCTURE_##structure, #field, take_flag, offsetof(struct structure, field), 0, 0, stated, \
	  "'" #field "' is neither true nor false" }

static const struct row rows[] = {
	TEXT(mm_ask_key, kid, 0),
	TEXT(mm_ask_key, by, 0),
	TEXT(mm_ask_key, why, 0),
	FLAG(mm_ask_key, now, 0),
	{ STRUCTURE_mm_ask_key, "until", take_time, offsetof(struct mm_ask_key, until_s), 0, 0, 0,
	  "'until' is no time" },

	{ STRUCTURE_mm_ask_token, "token_id", take_token_id, offsetof(struct mm_ask_token, token_id), 0, 0, 0,
	  "'token_id' is not 22 characters" },
	{ STRUCTURE_mm_ask_token, "digest", take_digest, offsetof(struct mm_ask_token, digest), 0, 0, 0,
	  "'digest' is no SHA-256 in base64url" },

	TEXT(mm_ask_tenant, name, 0),
	TEXT(mm_ask_tenant, id, 0),
	LIST(mm_ask_tenant, domains, MM_TENANT_STATES_DOMAINS),
	LIST(mm_ask_tenant, admins, MM_TENANT_STATES_ADMINS),
	FLAG(mm_ask_tenant, disabled, MM_TENANT_STATES_DISABLED),

	TEXT(mm_ask_user, username, 0),
	TEXT(mm_ask_user, tenant, MM_STATED_TENANT),
	TEXT(mm_ask_user, name, MM_STATED_NAME),
	TEXT(mm_ask_user, hash, MM_STATED_HASH),
	LIST(mm_ask_user, delegates, MM_STATED_DELEGATES),
	FLAG(mm_ask_user, disabled, MM_STATED_DISABLED),

	NAMED(mm_ask_client, "client", id, 0, take_text),
	TEXT(mm_ask_client, name, MM_STATED_NAME),
	TEXT(mm_ask_client, tenant, MM_STATED_TENANT),
	NAMED(mm_ask_client, "secret_hash", secret, MM_STATED_SECRET, take_text),
	TEXT(mm_ask_client, certificate, MM_STATED_CERTIFICATE),
	TEXT(mm_ask_client, certificate_subject, MM_STATED_CERTIFICATE_SUBJECT),
	LIST(mm_ask_client, grants, MM_STATED_GRANTS),
	LIST(mm_ask_client, scopes, MM_STATED_SCOPES),
	LIST(mm_ask_client, audiences, MM_STATED_AUDIENCES),
	LIST(mm_ask_client, redirects, MM_STATED_REDIRECTS),
	LIST(mm_ask_client, logouts, MM_STATED_LOGOUTS),
	NAMED(mm_ask_client, "jwks", jwks, MM_STATED_JWKS, take_document),
	FLAG(mm_ask_client, confidential, MM_STATED_KIND),
	FLAG(mm_ask_client, consent, MM_STATED_CONSENT),
	FLAG(mm_ask_client, disabled, MM_STATED_DISABLED),
};

_Static_assert(offsetof(struct mm_ask_tenant, stated) == 0 && offsetof(struct mm_ask_user, stated) == 0 &&
    offsetof(struct mm_ask_client, stated) == 0, "what was stated stands first");

/* Of every question; a name that is too long for a realm is none. */
static bool
take_realm(struct desk_mint_request *request, struct mm_json_value value, const char **why)
{
	char room[256];
	struct mm_slice content;

	if (!read_string(value, room, sizeof(room), &content) || content.len == 0 ||
	    content.len > sizeof(request->ask.realm)) {
		*why = "'realm' is no name of a realm";
		return false;
	}
	memcpy(request->ask.realm, content.ptr, content.len);
	return true;
}

static bool
take_row(struct desk_mint_request *request, const struct row *row, struct mm_json_value value, const char **why)
{
	uint32_t stated;

	if (!row->take(request, row, value)) {
		*why = row->fault;
		return false;
	}
	if (row->stated != 0) {
		memcpy(&stated, &request->what, sizeof(stated));
		stated |= row->stated;
		memcpy(&request->what, &stated, sizeof(stated));
	}
	return true;
}

bool
desk_mint_request_take(struct desk_mint_request *request, const struct mm_json_member *member, const char **why)
{
	if (!member->name_escaped && mm_slice_equal(member->name.text, mm_slice_str("realm")))
		return take_realm(request, member->value, why);
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
		if (!member->name_escaped && rows[i].structure == verbs[request->ask.verb].structure &&
		    mm_slice_equal(member->name.text, mm_slice_str(rows[i].name)))
			return take_row(request, &rows[i], member->value, why);
	*why = "a member does not belong to this question";
	return false;
}
