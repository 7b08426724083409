/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of keys: what operators may have of it.
 */
#include "engine/key_life.h"

#include "engine/key_life_rule.h"

#include <string.h>

struct answer {
	const char *why, *mend;
};


static const struct answer granted = { NULL, NULL };

static struct answer
ask_rotate(const struct mm_key_life *life, const struct mm_life_question *question, struct mm_life_event *event)
{
	struct mm_life_step step = mm_life_next_of(life, MM_LIFE_PROMOTE, event->time_s);

	if (step.kind != MM_LIFE_PROMOTE)
		return (struct answer){ "there is no prepared key", "wait until the signer has made one" };
	event->early = question->early;
	if (!question->early && event->time_s < mm_life_published_s(life, &life->keys[step.key], event->time_s))
		return (struct answer){ "the next key was not published for publish_before: verifiers that keep the "
			                "key document do not know it yet",
			"wait until then, or rotate with --now" };
	return granted;
}

static struct answer
ask_hold(const struct mm_key_life *life, const struct mm_life_question *question, struct mm_life_event *event)
{
	(void)life;
	event->until_s = question->until_s == 0 ? event->time_s + MM_LIFE_HOLD_MAX_S : question->until_s;
	if (event->until_s < event->time_s)
		event->until_s = event->time_s; /* ends a hold */
	return granted;
}

static struct answer
ask_retire(const struct mm_key_life *life, const struct mm_life_question *question, struct mm_life_event *event)
{
	const struct mm_life_key *key = &life->keys[question->key];

	if (!mm_life_was_promoted(key) || key->revoked_s != 0 || key->retired_s != 0)
		return granted;
	if (event->time_s <= key->exp_s)
		return (struct answer){ "the key signs", "rotate first; it is retired by itself" };
	if (event->time_s <= key->exp_s + life->rule.max_lifetime_s + MM_CLOCK_SKEW_S)
		return (struct answer){ "tokens that it signed are still valid",
			"wait: it is retired by itself; a key that was stolen is tainted or revoked" };
	return granted;
}

static struct answer
ask_restore(const struct mm_key_life *life, const struct mm_life_question *question, struct mm_life_event *event)
{
	if (mm_life_is_approved(&life->keys[question->key], event->time_s))
		event->kind = MM_LIFE_RESTORED;
	return granted;
}

/* mm_life_check() knows all that there is to refuse. */
static struct answer
ask_anything(const struct mm_key_life *life, const struct mm_life_question *question, struct mm_life_event *event)
{
	(void)life;
	(void)question;
	(void)event;
	return granted;
}

static const struct {
	enum mm_life_event_kind kind;
	bool of_a_key;
	struct answer (*ask)(const struct mm_key_life *life, const struct mm_life_question *question,
	    struct mm_life_event *event);
} wishes[MM_LIFE_WISH_COUNT] = {
	[MM_LIFE_ROTATE] = { MM_LIFE_ROTATE_ASKED, false, ask_rotate },
	[MM_LIFE_HOLD] = { MM_LIFE_HELD, false, ask_hold },
	[MM_LIFE_RETIRE_KEY] = { MM_LIFE_IS_RETIRED, true, ask_retire },
	[MM_LIFE_TAINT] = { MM_LIFE_TAINTED, true, ask_anything },
	[MM_LIFE_REVOKE] = { MM_LIFE_IS_REVOKED, true, ask_anything },
	[MM_LIFE_RESTORE] = { MM_LIFE_APPROVED, true, ask_restore },
};

bool
mm_life_ask(const struct mm_key_life *life, const struct mm_life_question *question, int64_t now_s,
    struct mm_life_event *event, const char **why, const char **mend)
{
	struct answer answer;

	*event = (struct mm_life_event){ .kind = wishes[question->wish].kind, .uid = question->uid, .time_s = now_s,
		.by = question->by, .why = question->why };
	if (wishes[question->wish].of_a_key)
		memcpy(event->thumbprint, life->keys[question->key].thumbprint, sizeof(event->thumbprint));
	answer = wishes[question->wish].ask(life, question, event);
	if (answer.why == NULL)
		answer.why = mm_life_check(life, event);
	*why = answer.why;
	*mend = answer.mend;
	return answer.why == NULL;
}
