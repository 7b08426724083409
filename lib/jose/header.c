/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of a compact JWS.
 */
#include "lib/jose/header.h"

#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/codec/base64url.h"

/*
 * Members that would let a token choose its key, its meaning or the work it makes. RFC 7515 section 4.1.11
 * demands that a crit which is not understood be refused; none is understood here.
 */
static const struct mm_json_name forbidden_members[] = {
	MM_JSON_NAME("crit"), MM_JSON_NAME("jwk"), MM_JSON_NAME("jku"), MM_JSON_NAME("x5u"), MM_JSON_NAME("x5c"),
	MM_JSON_NAME("zip"), MM_JSON_NAME("b64"),
};

static struct mm_slice
text_member(const struct mm_json_index *index, const char *name, struct mm_scratch *scratch)
{
	struct mm_slice text;

	return mm_json_string(mm_json_find(index, name), scratch, &text) ? text : MM_SLICE_ABSENT;
}

static const char *
find_forbidden(const struct mm_json_index *index)
{
	for (size_t i = 0; i < MM_COUNT_OF(forbidden_members); i++) {
		if (mm_json_find_name(index, &forbidden_members[i]).type != MM_JSON_ABSENT)
			return forbidden_members[i].text.ptr;
	}
	return NULL;
}

enum mm_reason
mm_header_parse(const struct mm_json_index *index, struct mm_scratch *scratch, struct mm_header *header)
{
	header->alg = text_member(index, "alg", scratch);
	header->kid = text_member(index, "kid", scratch);
	header->typ = text_member(index, "typ", scratch);
	header->algorithm = mm_slice_present(header->alg) ? mm_algorithm_find(header->alg) : NULL;
	header->forbidden = find_forbidden(index);
	if (header->algorithm == NULL)
		return MM_ALG_FORBIDDEN;
	if (header->forbidden != NULL)
		return MM_HEADER_FORBIDDEN;
	if (!mm_slice_present(header->kid) || header->kid.len == 0 || header->kid.len > MM_KID_LEN_MAX)
		return MM_KID_MISSING;
	return MM_OK;
}

/* ---- writing ---- */

/* Whether typ stands in JSON as it is (RFC 7515 section 4.1.9: a media type's characters, as far as we use them). */
static bool
typ_is_plain(const char *typ)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-./";
	size_t len = strlen(typ);

	return len > 0 && len <= MM_HEADER_TYP_LEN_MAX && strspn(typ, plain) == len;
}

static char *
put(char *at, const char *text, size_t len)
{
	memcpy(at, text, len);
	return at + len;
}

#define PUT(at, literal) put(at, literal, sizeof(literal) - 1)

size_t
mm_header_write(const char *typ, const struct mm_algorithm *algorithm, const uint8_t thumbprint[MM_DIGEST_LEN],
    char header[MM_HEADER_WRITTEN_MAX])
{
	char *at = header;

	if (!typ_is_plain(typ))
		return 0;
	at = PUT(at, "{\"typ\":\"");
	at = put(at, typ, strlen(typ));
	at = PUT(at, "\",\"alg\":\"");
	at = put(at, algorithm->name, algorithm->name_len);
	at = PUT(at, "\",\"kid\":\"");
	mm_base64url_encode(mm_slice(thumbprint, MM_DIGEST_LEN), at);
	at += MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN);
	at = PUT(at, "\"}");
	return (size_t)(at - header);
}
