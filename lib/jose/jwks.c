/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JWK sets: the shape of the document around the keys.
 */
#include "lib/jose/jwks.h"

/* Members of the set itself: 'keys' and a few that RFC 7517 section 5 lets anybody add. */
#define SET_MEMBERS_MAX 32

static void
tell(struct mm_json_fault *fault, struct mm_slice text, struct mm_json_value value, const char *what)
{
	if (fault == NULL)
		return;
	fault->offset = mm_slice_present(value.text) ? (size_t)(value.text.ptr - text.ptr) : 0;
	fault->text = what;
}

/* Whether every element of keys is an object; what is not is told. */
static bool
all_are_objects(struct mm_slice text, struct mm_json_value keys, struct mm_json_fault *fault)
{
	struct mm_json_value element;
	size_t position = 0;

	while (mm_json_next(keys, &position, &element)) {
		if (element.type == MM_JSON_OBJECT)
			continue;
		tell(fault, text, element, "an element of 'keys' is no object");
		return false;
	}
	return true;
}

enum mm_reason
mm_jwks_scan(struct mm_slice text, struct mm_json_names *names, struct mm_jwks *set, struct mm_json_fault *fault)
{
	struct mm_json_member members[SET_MEMBERS_MAX];
	struct mm_json_index index = { members, 0, SET_MEMBERS_MAX };
	struct mm_json_value keys = { MM_SLICE_ABSENT, MM_JSON_ABSENT, false };
	enum mm_reason reason;

	if (text.len > MM_DOCUMENT_LEN_MAX) {
		tell(fault, text, keys, "the document is longer than 1 MiB");
		return MM_TOKEN_MALFORMED;
	}
	reason = mm_json_scan(text, names, &index, fault);
	if (reason != MM_OK)
		return reason;
	keys = mm_json_find(&index, "keys");
	if (keys.type != MM_JSON_ARRAY) {
		tell(fault, text, keys, "there is no member 'keys' that is an array");
		return MM_TOKEN_MALFORMED;
	}
	if (!all_are_objects(text, keys, fault))
		return MM_TOKEN_MALFORMED;
	set->keys = keys;
	return MM_OK;
}
