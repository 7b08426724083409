/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The alarm of keys' age.
 */
#include "engine/key_age.h"

#include "lib/base/array.h"

/* What a rotation may take beyond its time, and the destruction of a private key. */
#define LATE_MAX_S 3600
/* A keeper that was started a moment ago waits for as long as tokens live. */
#define FORGETTING_MAX_S (3 * 3600)

static int64_t
tolerance(const struct mm_key_life *life)
{
	return life->rule.rotate_every_s / 10 < LATE_MAX_S ? life->rule.rotate_every_s / 10 + 5 : LATE_MAX_S;
}

/* Whether a key was promoted after another; where the clock was set back, its window may begin earlier all the same. */
static bool
is_newer(const struct mm_life_key *key, const struct mm_life_key *than)
{
	if ((key->replaced_s == 0) != (than->replaced_s == 0))
		return key->replaced_s == 0;
	return key->nbf_s >= than->nbf_s;
}

/* The key that was promoted last, and is not retired. */
static const struct mm_life_key *
newest(const struct mm_key_life *life)
{
	const struct mm_life_key *found = NULL;

	for (size_t i = 0; i < life->count; i++)
		if (life->keys[i].exp_s != 0 && life->keys[i].retired_s == 0 &&
		    (found == NULL || is_newer(&life->keys[i], found)))
			found = &life->keys[i];
	return found;
}

static unsigned
check_signing(const struct mm_key_life *life, const struct mm_life_key *key, int64_t now_s)
{
	unsigned alarms = 0;

	if (key == NULL || key->revoked_s != 0)
		return MM_KEY_ALARM_NONE_SIGNS;
	if (now_s > key->exp_s || now_s - key->nbf_s > MM_LIFE_AGE_MAX_S)
		alarms |= MM_KEY_ALARM_OVER_AGE | MM_KEY_ALARM_NONE_SIGNS;
	if (now_s > key->nbf_s + life->rule.rotate_every_s + tolerance(life) && life->hold_until_s <= now_s)
		alarms |= MM_KEY_ALARM_ROTATION_LATE;
	if (now_s + MM_CLOCK_SKEW_S < key->nbf_s)
		alarms |= MM_KEY_ALARM_CLOCK;
	return alarms | (key->tainted_s != 0 ? MM_KEY_ALARM_TAINTED_SIGNS : 0);
}

static bool
should_be_forgotten(const struct mm_life_key *key, int64_t before_s)
{
	if (key->forgotten_s != 0)
		return false;
	if (key->revoked_s != 0)
		return key->revoked_s < before_s;
	return key->exp_s != 0 ? key->exp_s < before_s : key->retired_s != 0 && key->retired_s < before_s;
}

unsigned
mm_key_age_check(const struct mm_key_life *life, int64_t now_s)
{
	unsigned alarms = check_signing(life, newest(life), now_s);
	bool prepared = false;

	for (size_t i = 0; i < life->count; i++) {
		const struct mm_life_key *key = &life->keys[i];

		prepared = prepared ||
		    (key->exp_s == 0 && key->retired_s == 0 && key->revoked_s == 0 && key->tainted_s == 0);
		if (should_be_forgotten(key, now_s - FORGETTING_MAX_S))
			alarms |= MM_KEY_ALARM_NOT_FORGOTTEN;
	}
	if (!prepared)
		alarms |= MM_KEY_ALARM_NONE_PREPARED;
	if (now_s + MM_CLOCK_SKEW_S < life->last_s)
		alarms |= MM_KEY_ALARM_CLOCK;
	return alarms | (life->hold_until_s > now_s ? MM_KEY_ALARM_HELD : 0);
}

/* In the order of the bits. */
static const char *const texts[] = {
	"no key may sign: nothing is issued",
	"the active key is over age and signs no more",
	"the active key should have been replaced",
	"rotation of its keys is held",
	"no key is prepared to be the next",
	"the private part of a key that signs no more is not destroyed",
	"the active key is tainted, and no other can take its place yet",
	"the clock stands before what is on record",
};

const char *
mm_key_alarm_text(enum mm_key_alarm alarm)
{
	size_t place = 0;

	while (place + 1 < MM_COUNT_OF(texts) && (unsigned)alarm >> place != 1)
		place++;
	return texts[place];
}
