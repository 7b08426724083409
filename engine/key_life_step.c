/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of keys: what happens by itself, and when.
 */
#include "engine/key_life.h"

#include "engine/key_life_rule.h"
#include "lib/base/array.h"

#include <string.h>

#define NEVER INT64_MAX

/* A key is replaced this long before it may sign no more, so that a signer that is away for a moment costs nothing. */
#define MARGIN_MAX_S 3600

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

int64_t
mm_life_lead(const struct mm_life_rule *rule)
{
	return least(MM_LIFE_LEAD_MAX_S, rule->rotate_every_s / 4);
}

int64_t
mm_life_age_max(const struct mm_life_rule *rule)
{
	return least(MM_LIFE_AGE_MAX_S, 2 * rule->rotate_every_s);
}

const struct mm_life_key *
mm_life_active(const struct mm_key_life *life, int64_t now_s)
{
	for (size_t i = 0; i < life->count; i++) {
		const struct mm_life_key *key = &life->keys[i];

		if (key->replaced_s == 0 && mm_life_signs_still(key, now_s) && key->nbf_s <= now_s + MM_CLOCK_SKEW_S)
			return key;
	}
	return NULL;
}

const struct mm_life_key *
mm_life_signing_key(const struct mm_key_life *life, int64_t iat_s)
{
	const struct mm_life_key *best = NULL;

	for (size_t i = 0; i < life->count; i++) {
		const struct mm_life_key *key = &life->keys[i];

		if (!mm_life_signs_still(key, iat_s) || key->nbf_s > iat_s || key->told_s == 0 ||
		    key->told_s + key->lead_s > iat_s)
			continue;
		if (best == NULL || key->nbf_s >= best->nbf_s)
			best = key;
	}
	return best;
}

/* ---- promotion ---- */

/* Whether no key of the realm ever signed: then nobody's cache can know the realm. */
static bool
is_new(const struct mm_key_life *life)
{
	for (size_t i = 0; i < life->count; i++)
		if (mm_life_was_promoted(&life->keys[i]))
			return false;
	return true;
}

int64_t
mm_life_published_s(const struct mm_key_life *life, const struct mm_life_key *key, int64_t now_s)
{
	if (mm_life_is_untold(key, now_s))
		return NEVER;
	return is_new(life) ? key->published_s : key->published_s + life->rule.publish_before_s;
}

/* The prepared key that is next: the oldest one. */
static bool
find_candidate(const struct mm_key_life *life, size_t *key)
{
	for (size_t i = 0; i < life->count; i++)
		if (mm_life_is_ready(&life->keys[i])) {
			*key = i;
			return true;
		}
	return false;
}

/* When the active key is to be replaced, whoever comes next. A hold defers it, but never beyond the key's age. */
static int64_t
replacement_due(const struct mm_key_life *life, const struct mm_life_key *active)
{
	int64_t margin_s = least(MARGIN_MAX_S, mm_life_age_max(&life->rule) / 10);
	int64_t last_s = active->exp_s - margin_s;

	if (life->rotate_asked_s != 0)
		return life->rotate_asked_s;
	if (active->tainted_s != 0)
		return active->tainted_s;
	return least(last_s, most(active->nbf_s + life->rule.rotate_every_s, life->hold_until_s));
}

static void
next_promotion(const struct mm_key_life *life, int64_t now_s, struct mm_life_step *step)
{
	const struct mm_life_key *active = mm_life_active(life, now_s);
	int64_t due_s = active == NULL ? 0 : replacement_due(life, active);

	if (!find_candidate(life, &step->key))
		return;
	step->kind = MM_LIFE_PROMOTE;
	step->at_s = life->rotate_early ? due_s : most(due_s, mm_life_published_s(life, &life->keys[step->key], now_s));
	if (step->at_s == NEVER) /* none was published */
		*step = (struct mm_life_step){ .kind = MM_LIFE_NOTHING };
}

/* ---- the other steps ---- */

static void
next_making(const struct mm_key_life *life, int64_t now_s, struct mm_life_step *step)
{
	size_t ready = 0;

	for (size_t i = 0; i < life->count; i++)
		ready += mm_life_is_ready(&life->keys[i]) ? 1 : 0;
	if (ready < MM_LIFE_PREPARED_COUNT)
		*step = (struct mm_life_step){ .kind = MM_LIFE_MAKE, .at_s = now_s };
}

/* When something is due for a key; NEVER: it is not. */
typedef int64_t due_function(const struct mm_key_life *life, const struct mm_life_key *key, int64_t now_s);

/* Before this time the keeper does nothing on the word of his clock that cannot be undone. */
static int64_t
trusted_from(const struct mm_key_life *life)
{
	return life->started_s == 0 ? 0 : life->started_s + life->rule.max_lifetime_s + MM_CLOCK_SKEW_S;
}

static int64_t
publishing_due(const struct mm_key_life *life, const struct mm_life_key *key, int64_t now_s)
{
	(void)life;
	return mm_life_is_untold(key, now_s) ? 0 : NEVER;
}

static int64_t
retiring_due(const struct mm_key_life *life, const struct mm_life_key *key, int64_t now_s)
{
	(void)now_s;
	if (!mm_life_was_promoted(key) || key->retired_s != 0 || key->revoked_s != 0)
		return NEVER;
	return most(key->verify_until_s + 1, trusted_from(life));
}

static int64_t
forgetting_due(const struct mm_key_life *life, const struct mm_life_key *key, int64_t now_s)
{
	(void)now_s;
	if (key->forgotten_s != 0)
		return NEVER;
	if (key->revoked_s != 0)
		return key->revoked_s;
	if (mm_life_was_promoted(key))
		return most(key->exp_s + MM_LIFE_FORGET_AFTER_S, trusted_from(life));
	return key->retired_s != 0 ? key->retired_s : NEVER;
}

/* The key for which something is due first. */
static void
next_of_keys(const struct mm_key_life *life, enum mm_life_step_kind kind, int64_t now_s, due_function *due,
    struct mm_life_step *step)
{
	for (size_t i = 0; i < life->count; i++) {
		int64_t due_s = due(life, &life->keys[i], now_s);

		if (due_s != NEVER && (step->kind == MM_LIFE_NOTHING || due_s < step->at_s))
			*step = (struct mm_life_step){ kind, i, due_s };
	}
}

struct mm_life_step
mm_life_next_of(const struct mm_key_life *life, enum mm_life_step_kind kind, int64_t now_s)
{
	struct mm_life_step step = { .kind = MM_LIFE_NOTHING };

	switch (kind) {
	case MM_LIFE_NOTHING:
		break;
	case MM_LIFE_MAKE:
		next_making(life, now_s, &step);
		break;
	case MM_LIFE_PROMOTE:
		next_promotion(life, now_s, &step);
		break;
	case MM_LIFE_PUBLISH:
		next_of_keys(life, kind, now_s, publishing_due, &step);
		break;
	case MM_LIFE_RETIRE:
		next_of_keys(life, kind, now_s, retiring_due, &step);
		break;
	case MM_LIFE_FORGET:
		next_of_keys(life, kind, now_s, forgetting_due, &step);
		break;
	}
	return step;
}

struct mm_life_step
mm_life_next(const struct mm_key_life *life, int64_t now_s)
{
	/* Where several are due at once, the one that issuing waits for comes first. */
	static const enum mm_life_step_kind kinds[] = { MM_LIFE_PROMOTE, MM_LIFE_PUBLISH, MM_LIFE_FORGET,
		MM_LIFE_RETIRE, MM_LIFE_MAKE };
	struct mm_life_step first = { .kind = MM_LIFE_NOTHING };

	for (size_t i = 0; i < MM_COUNT_OF(kinds); i++) {
		struct mm_life_step step = mm_life_next_of(life, kinds[i], now_s);

		if (step.kind != MM_LIFE_NOTHING && (first.kind == MM_LIFE_NOTHING || step.at_s < first.at_s))
			first = step;
		if (first.kind != MM_LIFE_NOTHING && first.at_s <= now_s)
			break;
	}
	return first;
}

static void
set_window(const struct mm_key_life *life, const struct mm_life_key *key, int64_t now_s, struct mm_life_event *event)
{
	const struct mm_life_key *active = mm_life_active(life, now_s);

	event->from_s = now_s + (is_new(life) ? 0 : mm_life_lead(&life->rule));
	if (active != NULL)
		event->from_s = most(now_s, least(event->from_s, active->exp_s));
	event->until_s = event->from_s + mm_life_age_max(&life->rule);
	event->visible_for_s = life->rule.visible_for_s;
	event->early = now_s < mm_life_published_s(life, key, now_s); /* never published: as well */
}

struct mm_life_event
mm_life_step_event(const struct mm_key_life *life, const struct mm_life_step *step, int64_t now_s)
{
	static const enum mm_life_event_kind kinds[] = {
		[MM_LIFE_NOTHING] = MM_LIFE_EVENT_KIND_END,
		[MM_LIFE_MAKE] = MM_LIFE_MADE,
		[MM_LIFE_PUBLISH] = MM_LIFE_PUBLISHED,
		[MM_LIFE_PROMOTE] = MM_LIFE_PROMOTED,
		[MM_LIFE_RETIRE] = MM_LIFE_IS_RETIRED,
		[MM_LIFE_FORGET] = MM_LIFE_FORGOTTEN,
	};
	struct mm_life_event event = { .kind = kinds[step->kind], .uid = MM_LIFE_NOBODY, .time_s = now_s };

	if (step->kind != MM_LIFE_MAKE)
		memcpy(event.thumbprint, life->keys[step->key].thumbprint, sizeof(event.thumbprint));
	if (step->kind == MM_LIFE_PROMOTE)
		set_window(life, &life->keys[step->key], now_s, &event);
	return event;
}

bool
mm_life_is_idle(const struct mm_key_life *life, int64_t now_s, const struct mm_life_key **next, int64_t *at_s)
{
	const struct mm_life_key *active = mm_life_active(life, now_s);
	struct mm_life_step step;

	if (mm_life_signing_key(life, now_s) != NULL)
		return false;
	if (active != NULL) { /* it was promoted, and its window begins in some seconds */
		*next = active;
		*at_s = most(active->nbf_s, now_s);
		return true;
	}
	step = mm_life_next_of(life, MM_LIFE_PROMOTE, now_s);
	*next = NULL;
	*at_s = NEVER;
	if (step.kind == MM_LIFE_PROMOTE) {
		*next = &life->keys[step.key];
		*at_s = most(step.at_s, now_s) + mm_life_lead(&life->rule);
	}
	return true;
}

/* ---- in words ---- */

/* The prepared keys stand in line: the first is promoted next, the others a rotation later each. */
static const char *
next_of_prepared(const struct mm_key_life *life, size_t key, int64_t now_s, int64_t *at_s)
{
	struct mm_life_step step = mm_life_next_of(life, MM_LIFE_PROMOTE, now_s);
	size_t before = 0;

	if (life->keys[key].tainted_s != 0 || step.kind != MM_LIFE_PROMOTE)
		return NULL;
	for (size_t i = 0; i < key; i++)
		before += mm_life_is_ready(&life->keys[i]) ? 1 : 0;
	*at_s = most(step.at_s, now_s) + (int64_t)before * life->rule.rotate_every_s;
	return "signs";
}

static const char *
next_of_active(const struct mm_key_life *life, const struct mm_life_key *key, int64_t now_s, int64_t *at_s)
{
	struct mm_life_step step = mm_life_next_of(life, MM_LIFE_PROMOTE, now_s);

	*at_s = key->exp_s;
	if (step.kind != MM_LIFE_PROMOTE || step.at_s > key->exp_s)
		return "signs no more";
	*at_s = most(step.at_s, now_s);
	return "is replaced";
}

const char *
mm_life_key_next(const struct mm_key_life *life, size_t place, int64_t now_s, int64_t *at_s)
{
	const struct mm_life_key *key = &life->keys[place];

	switch (mm_life_state_of(key, now_s)) {
	case MM_LIFE_PREPARED:
		return next_of_prepared(life, place, now_s, at_s);
	case MM_LIFE_ACTIVE:
		return next_of_active(life, key, now_s, at_s);
	case MM_LIFE_RETIRING:
		*at_s = now_s <= key->exp_s ? key->exp_s : key->verify_until_s + 1;
		return now_s <= key->exp_s ? "signs no more" : "is retired";
	case MM_LIFE_RETIRED:
	case MM_LIFE_REVOKED:
	case MM_LIFE_STATE_COUNT:
		break;
	}
	*at_s = forgetting_due(life, key, now_s);
	return *at_s == NEVER ? NULL : "is destroyed";
}
