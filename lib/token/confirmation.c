/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claim 'cnf'.
 */
#include "lib/token/confirmation.h"

#include "lib/codec/base64url.h"

/* RFC 7800 and its successors register nine members; one token needs one or two. */
#define MEMBERS_MAX 16

/* What SHA-256 is in base64url. */
#define DIGEST_TEXT_LEN MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN)

static bool
read_digest(struct mm_json_value value, struct mm_scratch *scratch, bool *stated, uint8_t digest[MM_DIGEST_LEN])
{
	uint8_t bytes[MM_BASE64URL_DECODED_MAX(DIGEST_TEXT_LEN)];
	struct mm_slice text;
	size_t len;

	*stated = value.type != MM_JSON_ABSENT;
	if (!*stated)
		return true;
	if (!mm_json_string(value, scratch, &text) || text.len != DIGEST_TEXT_LEN ||
	    mm_base64url_decode(text, bytes, &len) != MM_OK)
		return false;
	memcpy(digest, bytes, MM_DIGEST_LEN);
	return true;
}

bool
mm_confirmation_parse(struct mm_json_value cnf, struct mm_scratch *scratch, struct mm_confirmation *confirmation)
{
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };

	return mm_json_view_object(cnf, &index) &&
	    read_digest(mm_json_find(&index, "jkt"), scratch, &confirmation->has_jkt, confirmation->jkt) &&
	    read_digest(mm_json_find(&index, "x5t#S256"), scratch, &confirmation->has_certificate,
	    confirmation->certificate);
}
