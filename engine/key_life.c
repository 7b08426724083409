/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of keys: what recorded events make of it, and which events may be.
 */
#include "engine/key_life.h"

#include "engine/key_life_rule.h"
#include "lib/codec/base64url.h"

#include <stdlib.h>
#include <string.h>

#define KEYS_FIRST 8

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void
mm_life_init(struct mm_key_life *life, const struct mm_life_rule *rule)
{
	*life = (struct mm_key_life){ .rule = *rule };
}

void
mm_life_clear(struct mm_key_life *life)
{
	for (size_t i = 0; i < life->count; i++)
		free(life->keys[i].jwk);
	free(life->keys);
	mm_life_init(life, &life->rule);
}

/* ---- looking ---- */

static struct mm_life_key *
find(const struct mm_key_life *life, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	for (size_t i = 0; i < life->count; i++)
		if (memcmp(life->keys[i].thumbprint, thumbprint, MM_DIGEST_LEN) == 0)
			return &life->keys[i];
	return NULL;
}

const struct mm_life_key *
mm_life_find(const struct mm_key_life *life, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	return find(life, thumbprint);
}

size_t
mm_life_find_kid(const struct mm_key_life *life, struct mm_slice beginning, size_t *key)
{
	size_t found = 0;

	if (beginning.len == 0 || beginning.len > MM_LIFE_KID_LEN)
		return 0;
	for (size_t i = 0; i < life->count; i++)
		if (memcmp(life->keys[i].kid, beginning.ptr, beginning.len) == 0) {
			*key = i;
			found++;
		}
	return found;
}

enum mm_life_state
mm_life_state_of(const struct mm_life_key *key, int64_t now_s)
{
	if (key->revoked_s != 0)
		return MM_LIFE_REVOKED;
	if (key->retired_s != 0)
		return MM_LIFE_RETIRED;
	if (!mm_life_was_promoted(key))
		return MM_LIFE_PREPARED;
	if (now_s > key->verify_until_s)
		return MM_LIFE_RETIRED;
	return key->replaced_s != 0 || now_s > key->exp_s ? MM_LIFE_RETIRING : MM_LIFE_ACTIVE;
}

const char *
mm_life_state_name(enum mm_life_state state)
{
	static const char *const names[MM_LIFE_STATE_COUNT] = { "prepared", "active", "retiring", "retired",
		"revoked" };

	return names[state];
}

/* ---- which events may be ---- */

typedef const char *check_function(const struct mm_life_event *event, const struct mm_life_key *key);

static const char *
check_made(const struct mm_life_event *event, const struct mm_life_key *key)
{
	if (key != NULL)
		return "there is such a key already";
	return event->jwk.len < 2 || event->jwk.ptr[0] != '{' ? "the key's public part is missing" : NULL;
}

static const char *
check_published(const struct mm_life_event *event, const struct mm_life_key *key)
{
	return mm_life_is_untold(key, event->time_s) ? NULL : "the key is published already, or retired or revoked";
}

static const char *
check_promoted(const struct mm_life_event *event, const struct mm_life_key *key)
{
	if (!mm_life_is_ready(key))
		return "only a prepared key that is not tainted can become active";
	if (event->from_s < event->time_s || event->until_s <= event->from_s ||
	    event->until_s - event->from_s > MM_LIFE_AGE_MAX_S || event->visible_for_s < 0)
		return "a key signs from now on, for at most 14 days";
	return NULL;
}

static const char *
check_retired(const struct mm_life_event *event, const struct mm_life_key *key)
{
	if (key->retired_s != 0 || key->revoked_s != 0)
		return "the key is retired or revoked already";
	return mm_life_signs_still(key, event->time_s) ? "the key signs" : NULL;
}

static const char *
check_forgotten(const struct mm_life_event *event, const struct mm_life_key *key)
{
	if (key->forgotten_s != 0)
		return "the key's private part is destroyed already";
	return key->revoked_s == 0 && key->retired_s == 0 &&
	        (!mm_life_was_promoted(key) || event->time_s <= key->exp_s) ?
	    "the key signs, or will" :
	    NULL;
}

static const char *
check_held(const struct mm_life_event *event, const struct mm_life_key *key)
{
	(void)key;
	return event->until_s > event->time_s + MM_LIFE_HOLD_MAX_S ? "rotation can be held for 24 hours at most" : NULL;
}

static const char *
check_tainted(const struct mm_life_event *event, const struct mm_life_key *key)
{
	(void)event;
	if (key->retired_s != 0 || key->revoked_s != 0)
		return "the key is retired or revoked: its tokens are refused already";
	return key->tainted_s != 0 ? "the key is tainted already" : NULL;
}

static const char *
check_revoked(const struct mm_life_event *event, const struct mm_life_key *key)
{
	(void)event;
	return key->revoked_s != 0 ? "the key is revoked already" : NULL;
}

static const char *
check_approved(const struct mm_life_event *event, const struct mm_life_key *key)
{
	if (key->revoked_s != 0)
		return "the key is revoked, which is for ever";
	if (key->retired_s != 0)
		return "the key is retired: nothing makes its tokens pass again";
	if (key->tainted_s == 0)
		return "the key is not tainted";
	return event->by.len == 0 ? "nobody approves it" : NULL;
}

static const char *
check_restored(const struct mm_life_event *event, const struct mm_life_key *key)
{
	const char *fault = check_approved(event, key);

	if (fault != NULL)
		return fault;
	if (!mm_life_is_approved(key, event->time_s))
		return "nobody approved it within the last 24 hours";
	if (mm_slice_equal(event->by, mm_slice_str(key->approved_by)))
		return "the second approval must be somebody else's";
	return NULL;
}

static const char *
check_nothing(const struct mm_life_event *event, const struct mm_life_key *key)
{
	(void)event;
	(void)key;
	return NULL;
}

static const struct {
	check_function *check;
	bool of_a_key; /* which must be there */
} checks[MM_LIFE_EVENT_KIND_END] = {
	[MM_LIFE_MADE] = { check_made, false },
	[MM_LIFE_PROMOTED] = { check_promoted, true },
	[MM_LIFE_IS_RETIRED] = { check_retired, true },
	[MM_LIFE_FORGOTTEN] = { check_forgotten, true },
	[MM_LIFE_ROTATE_ASKED] = { check_nothing, false },
	[MM_LIFE_HELD] = { check_held, false },
	[MM_LIFE_TAINTED] = { check_tainted, true },
	[MM_LIFE_IS_REVOKED] = { check_revoked, true },
	[MM_LIFE_APPROVED] = { check_approved, true },
	[MM_LIFE_RESTORED] = { check_restored, true },
	[MM_LIFE_PUBLISHED] = { check_published, true },
};

const char *
mm_life_check(const struct mm_key_life *life, const struct mm_life_event *event)
{
	const struct mm_life_key *key = find(life, event->thumbprint);

	if (event->by.len > MM_NAME_LEN_MAX)
		return "the name of who approves is too long";
	if (checks[event->kind].of_a_key && key == NULL)
		return "there is no such key";
	return checks[event->kind].check(event, key);
}

/* ---- what they make of it ---- */

static bool
reserve(struct mm_key_life *life)
{
	size_t size = life->size == 0 ? KEYS_FIRST : life->size * 2;
	struct mm_life_key *keys;

	if (life->count < life->size)
		return true;
	keys = realloc(life->keys, size * sizeof(*keys));
	if (keys == NULL)
		return false;
	life->keys = keys;
	life->size = size;
	return true;
}

static bool
add_key(struct mm_key_life *life, const struct mm_life_event *event)
{
	struct mm_life_key *key;
	char *jwk = malloc(event->jwk.len);

	if (jwk == NULL || !reserve(life)) {
		free(jwk);
		return false;
	}
	memcpy(jwk, event->jwk.ptr, event->jwk.len);
	key = &life->keys[life->count++];
	*key = (struct mm_life_key){ .jwk = jwk, .jwk_len = event->jwk.len, .made_s = event->time_s };
	memcpy(key->thumbprint, event->thumbprint, sizeof(key->thumbprint));
	mm_base64url_encode(mm_slice(key->thumbprint, sizeof(key->thumbprint)), key->kid);
	return true;
}

/* Who signed until now stops when the new key begins, and verifies on from there. */
static void
replace_others(struct mm_key_life *life, const struct mm_life_event *event)
{
	for (size_t i = 0; i < life->count; i++) {
		struct mm_life_key *key = &life->keys[i];

		if (!mm_life_was_promoted(key) || key->replaced_s != 0)
			continue;
		key->replaced_s = event->time_s;
		/* A window is never empty: readers of key documents want its end behind its beginning. */
		key->exp_s = least(key->exp_s, most(event->from_s, key->nbf_s + 1));
		key->verify_until_s = least(key->verify_until_s, key->exp_s + event->visible_for_s);
	}
}

static void
promote(struct mm_key_life *life, struct mm_life_key *key, const struct mm_life_event *event)
{
	replace_others(life, event);
	key->nbf_s = event->from_s;
	key->lead_s = event->from_s - event->time_s;
	key->exp_s = event->until_s;
	key->verify_until_s = event->until_s + event->visible_for_s;
	life->rotate_asked_s = 0;
	life->rotate_early = false;
}

static void
retire(struct mm_life_key *key, int64_t time_s)
{
	key->retired_s = time_s;
	key->verify_until_s = least(key->verify_until_s, time_s);
}

static void
approve(struct mm_life_key *key, const struct mm_life_event *event)
{
	key->approved_s = event->time_s;
	key->approved_uid = event->uid;
	memcpy(key->approved_by, event->by.ptr, event->by.len);
	key->approved_by[event->by.len] = '\0';
}

static void
restore(struct mm_life_key *key)
{
	key->tainted_s = 0;
	key->approved_s = 0;
}

/*
 * The clock was set back: what was recorded as later happened, at the latest, now. A key whose window lies ahead signed
 * nothing that is true, and must not come to life when the time comes.
 */
static void
set_back(struct mm_key_life *life, int64_t now_s)
{
	for (size_t i = 0; i < life->count; i++) {
		struct mm_life_key *key = &life->keys[i];
		int64_t visible_for_s = key->verify_until_s - key->exp_s;

		key->made_s = least(key->made_s, now_s);
		if (key->published_s > now_s && !mm_life_was_promoted(key))
			key->published_s = 0; /* with a window that is wrong: to be done again */
		key->approved_s = least(key->approved_s, now_s);
		key->told_s = least(key->told_s, now_s);
		if (mm_life_was_promoted(key) && key->retired_s == 0 && key->nbf_s > now_s + MM_CLOCK_SKEW_S) {
			retire(key, now_s);
		} else if (key->replaced_s > now_s) {
			key->replaced_s = now_s;
			key->exp_s = least(key->exp_s, most(now_s, key->nbf_s + 1));
			key->verify_until_s = least(key->verify_until_s, key->exp_s + visible_for_s);
		}
	}
	life->hold_until_s = least(life->hold_until_s, now_s + MM_LIFE_HOLD_MAX_S);
	life->rotate_asked_s = least(life->rotate_asked_s, now_s);
}

static void
publish(const struct mm_key_life *life, struct mm_life_key *key, int64_t now_s)
{
	if (mm_life_was_promoted(key)) {
		key->told_s = now_s;
		return;
	}
	key->published_s = now_s;
	key->behind_s = now_s + MM_CLOCK_SKEW_S < life->high_s ? life->high_s : 0;
}

static void
happen_to_key(struct mm_key_life *life, struct mm_life_key *key, const struct mm_life_event *event)
{
	if (event->kind == MM_LIFE_PROMOTED)
		promote(life, key, event);
	else if (event->kind == MM_LIFE_IS_RETIRED)
		retire(key, event->time_s);
	else if (event->kind == MM_LIFE_FORGOTTEN)
		key->forgotten_s = event->time_s;
	else if (event->kind == MM_LIFE_TAINTED)
		key->tainted_s = event->time_s;
	else if (event->kind == MM_LIFE_IS_REVOKED)
		key->revoked_s = event->time_s;
	else if (event->kind == MM_LIFE_APPROVED)
		approve(key, event);
	else if (event->kind == MM_LIFE_RESTORED)
		restore(key);
	else if (event->kind == MM_LIFE_PUBLISHED)
		publish(life, key, event->time_s);
}

static void
happen_to_rotation(struct mm_key_life *life, const struct mm_life_event *event)
{
	if (event->kind == MM_LIFE_HELD) {
		life->hold_until_s = event->until_s;
	} else if (event->kind == MM_LIFE_ROTATE_ASKED) {
		life->rotate_asked_s = event->time_s;
		life->rotate_early = event->early;
	}
}

const char *
mm_life_apply(struct mm_key_life *life, const struct mm_life_event *event)
{
	const char *fault = mm_life_check(life, event);
	struct mm_life_key *key = find(life, event->thumbprint);

	if (fault != NULL)
		return fault;
	if (event->kind == MM_LIFE_MADE && !add_key(life, event))
		return "memory is short";
	if (event->time_s + MM_CLOCK_SKEW_S < life->last_s)
		set_back(life, event->time_s);
	if (key != NULL)
		happen_to_key(life, key, event);
	else
		happen_to_rotation(life, event);
	life->last_s = event->time_s;
	life->high_s = most(life->high_s, event->time_s);
	return NULL;
}
