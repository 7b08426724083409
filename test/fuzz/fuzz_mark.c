/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes be taken for a jti or a marked payload that are none? What decodes encodes to the same text; and where
 * a payload's own bytes are given a right mark, it is right only as the last member of its top level.
 */
#include "lib/codec/json.h"
#include "lib/token/mark.h"
#include "lib/token/token_id.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMBERS_MAX 64
#define TAIL (9 + MM_MARK_TEXT_LEN + 2)

static const struct mm_slice header = { "e30", 3 };

static void
look_at_id(struct mm_slice text)
{
	static const uint8_t key[MM_TOKEN_ID_KEY_LEN];
	struct mm_token_id_cipher *cipher = mm_token_id_cipher_new(key);
	char again[MM_TOKEN_ID_LEN];
	struct mm_token_place place;

	if (cipher == NULL)
		abort();
	if (mm_token_id_decode(cipher, text, &place)) {
		if (!mm_token_id_encode(cipher, place, again) || text.len != sizeof(again) ||
		    memcmp(text.ptr, again, sizeof(again)) != 0)
			abort();
	}
	mm_token_id_cipher_free(&cipher);
}

/* Put the right mark where one would stand, whatever stands around it. */
static void
put_mark(const struct mm_mark_key *key, char *payload, size_t len)
{
	if (len > TAIL &&
	    !mm_mark_make(key, header, mm_slice(payload, len - TAIL), payload + len - 2 - MM_MARK_TEXT_LEN))
		abort();
}

static void
look_at_payload(const struct mm_mark_key *key, char *payload, size_t len)
{
	static struct mm_json_names names;
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	bool has_mark;

	put_mark(key, payload, len);
	if (mm_json_scan(mm_slice(payload, len), &names, &index, NULL) != MM_OK)
		return;
	has_mark = mm_json_find(&index, "mark").type != MM_JSON_ABSENT;
	if (mm_mark_check(key, header, mm_slice(payload, len), true) == MM_MARK_RIGHT &&
	    (!has_mark || !mm_slice_equal(index.members[index.count - 1].name.text, mm_slice_str("mark"))))
		abort();
	if (mm_mark_check(key, header, mm_slice(payload, len), false) != MM_MARK_ABSENT)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key_bytes[MM_MARK_KEY_LEN];
	struct mm_mark_key *key = mm_mark_key_new(key_bytes);
	char *payload = malloc(size + 1);

	if (key == NULL || payload == NULL)
		abort();
	memcpy(payload, data, size);
	look_at_id(mm_slice(payload, size));
	look_at_payload(key, payload, size);
	free(payload);
	mm_mark_key_free(&key);
	return 0;
}
