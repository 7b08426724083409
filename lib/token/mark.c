/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mark of a token that a mint made.
 */
#include "lib/token/mark.h"

#include "lib/base/array.h"
#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/mac_key.h"

#include <stdlib.h>
#include <string.h>

/* HMAC's code is cut to its left half (RFC 2104 section 5). */
#define MARK_LEN 16

_Static_assert(MM_MARK_TEXT_LEN == MM_BASE64URL_ENCODED_LEN(MARK_LEN), "a mark is 16 bytes");

/*
 * A payload that was read as strict JSON and ends with these and 22 characters between them has 'mark' as the last
 * member of its top level: the quotation mark behind the comma begins a name, since none that ends a text stands before
 * a letter; and the brace at the very end is the payload's own.
 */
static const struct mm_slice before_mark = { ",\"mark\":\"", 9 };
static const struct mm_slice after_mark = { "\"}", 2 };

struct mm_mark_key {
	struct mm_mac_key *mac;
};

struct mm_mark_key *
mm_mark_key_new(const uint8_t key[MM_MARK_KEY_LEN])
{
	struct mm_mark_key *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return NULL;
	made->mac = mm_mac_key_new(key, MM_MARK_KEY_LEN);
	if (made->mac == NULL)
		mm_mark_key_free(&made);
	return made;
}

void
mm_mark_key_free(struct mm_mark_key **key)
{
	if (key == NULL || *key == NULL)
		return;
	mm_mac_key_free(&(*key)->mac);
	free(*key);
	*key = NULL;
}

bool
mm_mark_make(const struct mm_mark_key *key, struct mm_slice header, struct mm_slice payload,
    char text[MM_MARK_TEXT_LEN])
{
	const struct mm_slice pieces[] = { header, mm_slice_str("."), payload };
	uint8_t mac[MM_MAC_LEN];

	if (!mm_mac_key_make(key->mac, pieces, MM_COUNT_OF(pieces), mac))
		return false;
	mm_base64url_encode(mm_slice((const char *)mac, MARK_LEN), text);
	return true;
}

/* Cut a payload into what the mark is over and the mark's text; false where it does not end as it should. */
static bool
split(struct mm_slice payload, struct mm_slice *covered, struct mm_slice *text)
{
	size_t tail = before_mark.len + MM_MARK_TEXT_LEN + after_mark.len;
	const char *at;

	if (!mm_slice_present(payload) || payload.len <= tail)
		return false;
	at = payload.ptr + payload.len - tail;
	*covered = mm_slice(payload.ptr, payload.len - tail);
	*text = mm_slice(at + before_mark.len, MM_MARK_TEXT_LEN);
	return memcmp(at, before_mark.ptr, before_mark.len) == 0 &&
	    memcmp(text->ptr + text->len, after_mark.ptr, after_mark.len) == 0;
}

enum mm_mark_result
mm_mark_check(const struct mm_mark_key *key, struct mm_slice header, struct mm_slice payload, bool has_mark)
{
	char wanted[MM_MARK_TEXT_LEN];
	struct mm_slice covered, text;

	if (!has_mark)
		return MM_MARK_ABSENT;
	if (!split(payload, &covered, &text) || !mm_mark_make(key, header, covered, wanted))
		return MM_MARK_WRONG;
	return mm_secret_equal(text.ptr, wanted, sizeof(wanted)) ? MM_MARK_RIGHT : MM_MARK_WRONG;
}
