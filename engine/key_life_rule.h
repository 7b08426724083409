/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the rule of keys' lives ask of one key. Only engine/key_life*.c includes it.
 */
#ifndef MM_ENGINE_KEY_LIFE_RULE_H
#define MM_ENGINE_KEY_LIFE_RULE_H

#include "engine/key_life.h"

static inline bool
mm_life_was_promoted(const struct mm_life_key *key)
{
	return key->exp_s != 0;
}

/* Whether it is prepared, and may become active. */
static inline bool
mm_life_is_ready(const struct mm_life_key *key)
{
	return !mm_life_was_promoted(key) && key->retired_s == 0 && key->revoked_s == 0 && key->tainted_s == 0;
}

/* Whether it is the one that signs, and not over age. */
static inline bool
mm_life_signs_still(const struct mm_life_key *key, int64_t now_s)
{
	return mm_life_was_promoted(key) && key->retired_s == 0 && key->revoked_s == 0 && now_s <= key->exp_s;
}

/*
 * Whether a document is to be told for it: that there is the key, or when it signs. What was published by a clock that
 * was behind was published later than that says.
 */
static inline bool
mm_life_is_untold(const struct mm_life_key *key, int64_t now_s)
{
	if (key->retired_s != 0 || key->revoked_s != 0)
		return false;
	if (mm_life_was_promoted(key))
		return key->told_s == 0;
	return key->published_s == 0 || (key->behind_s != 0 && now_s >= key->behind_s);
}

/* Whether half of a restoration was done lately. */
static inline bool
mm_life_is_approved(const struct mm_life_key *key, int64_t now_s)
{
	return key->approved_s != 0 && now_s - key->approved_s <= MM_LIFE_APPROVAL_S;
}

/* The key that signs and is not replaced; NULL: none does. Its window may begin within the skew of clocks. */
const struct mm_life_key *mm_life_active(const struct mm_key_life *life, int64_t now_s);

/* When a prepared key was published for long enough; INT64_MAX: it is not published. */
int64_t mm_life_published_s(const struct mm_key_life *life, const struct mm_life_key *key, int64_t now_s);

#endif
