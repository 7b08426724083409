/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators ask about keys: a row for each verb, answered in JSON (doc/PROTOCOL.control).
 */
#include "daemon/ledger/keys_realm.h"

#include "engine/json_writer.h"
#include "engine/key_age.h"
#include "lib/base/array.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_LEN_MAX ((size_t)8 * 1024 * 1024)

static void
refuse(const struct ledger_keys *keys, const struct ledger_key_question *question, const char *why, const char *mend)
{
	ledger_refuse(keys->ledger, question->ask.number, why, mend);
}

/* ---- writing ---- */

struct answer {
	struct mm_buf buf;
	struct mm_json_writer writer;
};

static void
begin_answer(struct answer *answer)
{
	mm_buf_init(&answer->buf, ANSWER_LEN_MAX);
	mm_json_writer_init(&answer->writer, &answer->buf);
	mm_json_begin_object(&answer->writer, NULL);
	mm_json_add_bool(&answer->writer, "done", true);
}

static void
send_answer(const struct ledger_keys *keys, const struct ledger_key_question *question, struct answer *answer)
{
	mm_json_end_object(&answer->writer);
	if (mm_buf_ok(&answer->buf))
		ledger_answer(keys->ledger, question->ask.number, true, mm_slice(answer->buf.data, answer->buf.len));
	else
		refuse(keys, question, "the answer is too long", "ask about one realm");
	mm_buf_clear(&answer->buf);
}

/* A time that came. */
static void
add_time(struct mm_json_writer *writer, const char *name, int64_t time_s)
{
	if (time_s != 0)
		mm_json_add_int(writer, name, time_s);
}

static void
add_next(const struct ledger_keys_realm *realm, size_t key, struct mm_json_writer *writer)
{
	int64_t at_s = 0;
	const char *next = mm_life_key_next(&realm->life, key, realm->keys->now_s, &at_s);

	if (next == NULL)
		return;
	mm_json_add_str(writer, "next", next);
	mm_json_add_int(writer, "next_at", at_s);
}

static void
add_key_members(const struct ledger_keys_realm *realm, size_t place, struct mm_json_writer *writer)
{
	const struct mm_life_key *key = &realm->life.keys[place];

	mm_json_add_str(writer, "realm", realm->realm->name);
	mm_json_add_str(writer, "kid", key->kid);
	mm_json_add_str(writer, "algorithm", realm->realm->algorithm->name);
	mm_json_add_str(writer, "state", mm_life_state_name(mm_life_state_of(key, realm->keys->now_s)));
	add_time(writer, "made", key->made_s);
	add_time(writer, "published", key->published_s);
	add_time(writer, "nbf", key->nbf_s);
	add_time(writer, "exp", key->exp_s);
	add_time(writer, "verify_until", key->verify_until_s);
	add_time(writer, "retired", key->retired_s);
	add_time(writer, "tainted", key->tainted_s);
	add_time(writer, "revoked", key->revoked_s);
	add_time(writer, "destroyed", key->forgotten_s);
	add_next(realm, place, writer);
}

void
ledger_keys_add_idle(const struct ledger_keys_realm *realm, struct mm_json_writer *writer)
{
	const struct mm_life_key *next;
	int64_t at_s;

	if (!mm_life_is_idle(&realm->life, realm->keys->now_s, &next, &at_s))
		return;
	mm_json_add_bool(writer, "nothing_signs", true);
	if (next == NULL)
		return;
	mm_json_add_str(writer, "signs_next", next->kid);
	mm_json_add_int(writer, "signs_next_at", at_s);
}

static void
add_realm(const struct ledger_keys_realm *realm, struct mm_json_writer *writer)
{
	unsigned alarms = mm_key_age_check(&realm->life, ledger_wall_s());

	mm_json_begin_object(writer, NULL);
	mm_json_add_str(writer, "realm", realm->realm->name);
	if (realm->life.hold_until_s > realm->keys->now_s)
		mm_json_add_int(writer, "held_until", realm->life.hold_until_s);
	if (!realm->signer_is_here)
		mm_json_add_str(writer, "signer", "away");
	else if (realm->store_is_away)
		mm_json_add_str(writer, "signer", "key store away");
	ledger_keys_add_idle(realm, writer);
	mm_json_begin_array(writer, "alarms");
	for (unsigned bit = MM_KEY_ALARM_NONE_SIGNS; bit <= MM_KEY_ALARM_CLOCK; bit <<= 1)
		if ((alarms & bit) != 0)
			mm_json_add_str(writer, NULL, mm_key_alarm_text((enum mm_key_alarm)bit));
	mm_json_end_array(writer);
	mm_json_end_object(writer);
}

static void
add_event(const struct ledger_keys_realm *realm, const struct ledger_key_event *entry, struct mm_json_writer *writer)
{
	static const uint8_t none[MM_DIGEST_LEN];
	const struct mm_life_event *event = &entry->event;
	const struct mm_life_key *key = mm_life_find(&realm->life, event->thumbprint);

	mm_json_begin_object(writer, NULL);
	mm_json_add_int(writer, "time", event->time_s);
	mm_json_add_str(writer, "realm", realm->realm->name);
	if (key != NULL && memcmp(event->thumbprint, none, sizeof(none)) != 0)
		mm_json_add_str(writer, "kid", key->kid);
	mm_json_add_str(writer, "event", mm_life_event_name(event->kind));
	add_time(writer, "from", event->from_s);
	add_time(writer, "until", event->until_s);
	if (event->early)
		mm_json_add_bool(writer, "early", true);
	if (event->uid != MM_LIFE_NOBODY)
		mm_json_add_int(writer, "uid", event->uid);
	if (event->by.len > 0)
		mm_json_add_slice(writer, "by", mm_slice(entry->by, event->by.len));
	if (event->why.len > 0)
		mm_json_add_slice(writer, "why", mm_slice(entry->why, event->why.len));
	mm_json_end_object(writer);
}

/* Every event, or those of one key. */
static void
add_events(const struct ledger_keys_realm *realm, const struct mm_life_key *key, struct mm_json_writer *writer)
{
	for (size_t i = 0; i < realm->history_count; i++)
		if (key == NULL ||
		    memcmp(realm->history[i].event.thumbprint, key->thumbprint, sizeof(key->thumbprint)) == 0)
			add_event(realm, &realm->history[i], writer);
}

/* ---- looking ---- */

/* The key that a question names; false, and refused, where there is not exactly one. */
static bool
find_key(const struct ledger_keys_realm *realm, const struct ledger_key_question *question, size_t *key)
{
	struct mm_slice kid = mm_mint_text_get(&question->what.kid);
	size_t found = mm_life_find_kid(&realm->life, kid, key);
	char why[160];

	if (found == 1)
		return true;
	if (kid.len == 0) {
		refuse(realm->keys, question, "which key?", "name its kid, or a beginning of it: 'mintmark key list'");
		return false;
	}
	(void)snprintf(why, sizeof(why), "realm %s has %s whose kid begins so", realm->realm->name,
	    found == 0 ? "no key" : "several keys");
	refuse(realm->keys, question, why,
	    found == 0 ? "'mintmark key list --all' shows those that there are" : "name more of it");
	return false;
}

static void
for_realms(const struct ledger_keys *keys, const struct ledger_keys_realm *only, struct answer *answer,
    void (*add)(const struct ledger_keys_realm *realm, struct mm_json_writer *writer))
{
	for (size_t i = 0; i < MM_COUNT_OF(keys->realms); i++)
		if (keys->realms[i] != NULL && (only == NULL || keys->realms[i] == only))
			add(keys->realms[i], &answer->writer);
}

static void
add_keys(const struct ledger_keys_realm *realm, struct mm_json_writer *writer)
{
	for (size_t i = 0; i < realm->life.count; i++) {
		mm_json_begin_object(writer, NULL);
		add_key_members(realm, i, writer);
		mm_json_end_object(writer);
	}
}

static void
add_history(const struct ledger_keys_realm *realm, struct mm_json_writer *writer)
{
	add_events(realm, NULL, writer);
}

static void
answer_list(struct ledger_keys *keys, struct ledger_keys_realm *realm, const struct ledger_key_question *question)
{
	struct answer answer;

	begin_answer(&answer);
	mm_json_add_int(&answer.writer, "now", keys->now_s);
	mm_json_begin_array(&answer.writer, "realms");
	for_realms(keys, realm, &answer, add_realm);
	mm_json_end_array(&answer.writer);
	mm_json_begin_array(&answer.writer, "keys");
	for_realms(keys, realm, &answer, add_keys);
	mm_json_end_array(&answer.writer);
	send_answer(keys, question, &answer);
}

static void
answer_show(struct ledger_keys *keys, struct ledger_keys_realm *realm, const struct ledger_key_question *question)
{
	struct answer answer;
	size_t key;

	if (!find_key(realm, question, &key))
		return;
	begin_answer(&answer);
	mm_json_add_int(&answer.writer, "now", keys->now_s);
	add_key_members(realm, key, &answer.writer);
	mm_json_add_json(&answer.writer, "jwk", mm_slice(realm->life.keys[key].jwk, realm->life.keys[key].jwk_len));
	mm_json_begin_array(&answer.writer, "events");
	add_events(realm, &realm->life.keys[key], &answer.writer);
	mm_json_end_array(&answer.writer);
	send_answer(keys, question, &answer);
}

static void
answer_history(struct ledger_keys *keys, struct ledger_keys_realm *realm, const struct ledger_key_question *question)
{
	struct answer answer;

	begin_answer(&answer);
	mm_json_add_int(&answer.writer, "now", keys->now_s);
	mm_json_begin_array(&answer.writer, "events");
	for_realms(keys, realm, &answer, add_history);
	mm_json_end_array(&answer.writer);
	send_answer(keys, question, &answer);
}

/* ---- changing ---- */

struct verb {
	bool of_a_key, changes, of_all; /* of_all: without a realm too */
	enum mm_life_wish wish;
	void (*look)(struct ledger_keys *keys, struct ledger_keys_realm *realm,
	    const struct ledger_key_question *question);
};

static const struct verb verbs[MM_MINT_VERB_COUNT] = {
	[MM_MINT_VERB_KEY_LIST] = { .of_all = true, .look = answer_list },
	[MM_MINT_VERB_KEY_SHOW] = { .look = answer_show },
	[MM_MINT_VERB_KEY_HISTORY] = { .of_all = true, .look = answer_history },
	[MM_MINT_VERB_KEY_ROTATE] = { false, true, false, MM_LIFE_ROTATE, NULL },
	[MM_MINT_VERB_KEY_HOLD] = { false, true, false, MM_LIFE_HOLD, NULL },
	[MM_MINT_VERB_KEY_RETIRE] = { true, true, false, MM_LIFE_RETIRE_KEY, NULL },
	[MM_MINT_VERB_KEY_TAINT] = { true, true, false, MM_LIFE_TAINT, NULL },
	[MM_MINT_VERB_KEY_REVOKE] = { true, true, false, MM_LIFE_REVOKE, NULL },
	[MM_MINT_VERB_KEY_RESTORE] = { true, true, false, MM_LIFE_RESTORE, NULL },
};

static void
change(struct ledger_keys_realm *realm, const struct verb *verb, const struct ledger_key_question *question)
{
	struct mm_life_question wish = { .wish = verb->wish, .early = question->what.now == 1,
		.until_s = question->what.until_s, .uid = question->ask.uid,
		.by = mm_mint_text_get(&question->what.by), .why = mm_mint_text_get(&question->what.why) };
	const char *why = NULL, *mend = NULL, *trouble;
	struct mm_life_event event;

	if (verb->of_a_key && !find_key(realm, question, &wish.key))
		return;
	if (!mm_life_ask(&realm->life, &wish, realm->keys->now_s, &event, &why, &mend)) {
		refuse(realm->keys, question, why, mend);
		return;
	}
	if (ledger_keys_record(realm, &event, question))
		return;
	trouble = ledger_trouble(realm->keys->ledger);
	refuse(realm->keys, question, trouble == NULL ? "it cannot be recorded now" : trouble,
	    "try again; 'mintmark status' says what is wrong");
}

void
ledger_keys_answer(struct ledger_keys *keys, struct ledger_keys_realm *realm,
    const struct ledger_key_question *question)
{
	const struct verb *verb = question->ask.verb < MM_COUNT_OF(verbs) ? &verbs[question->ask.verb] : &verbs[0];

	if (realm == NULL && !verb->of_all)
		refuse(keys, question, "which realm?", "name a realm that is a mint");
	else if (!keys->begun)
		refuse(keys, question, "the ledger is damaged or not read yet: nothing is known of keys",
		    "see its log");
	else if (verb->look != NULL)
		verb->look(keys, realm, question);
	else if (verb->changes)
		change(realm, verb, question);
	else
		refuse(keys, question, "this is no question about keys", NULL);
}

/* The key that signs next, and who may not know it yet. */
static void
add_rotation(const struct ledger_keys_realm *realm, struct mm_json_writer *writer)
{
	struct mm_life_step step = mm_life_next_of(&realm->life, MM_LIFE_PROMOTE, realm->keys->now_s);
	const struct mm_life_key *key = &realm->life.keys[step.key];
	int64_t known_s = key->published_s + realm->life.rule.publish_before_s;

	if (step.kind != MM_LIFE_PROMOTE)
		return;
	mm_json_add_str(writer, "kid", key->kid);
	mm_json_add_int(writer, "signs_at", realm->keys->now_s + mm_life_lead(&realm->life.rule));
	if (known_s > realm->keys->now_s)
		mm_json_add_int(writer, "known_everywhere_at", known_s);
	if (!realm->signer_is_here || realm->store_is_away)
		mm_json_add_str(writer, "waits_for", realm->signer_is_here ? "the key store" : "the signer");
}

static void
add_event_done(const struct ledger_keys_realm *realm, enum mm_life_event_kind kind, int64_t time_s,
    const struct mm_life_key *key, struct mm_json_writer *writer)
{
	mm_json_add_str(writer, "realm", realm->realm->name);
	mm_json_add_str(writer, "event", mm_life_event_name(kind));
	mm_json_add_int(writer, "time", time_s);
	if (key == NULL)
		return;
	mm_json_add_str(writer, "kid", key->kid);
	mm_json_add_str(writer, "state", mm_life_state_name(mm_life_state_of(key, time_s)));
}

/*
 * A revocation was to be followed by the next key's use. True: that is being recorded, and answers the question; false:
 * another key signs, or none can.
 */
static bool
rotate_after(struct ledger_keys_realm *realm, const struct ledger_key_question *question)
{
	const struct mm_life_question wish = { .wish = MM_LIFE_ROTATE, .early = true, .uid = question->ask.uid,
		.why = mm_mint_text_get(&question->what.why) };
	const char *why = NULL, *mend = NULL;
	const struct mm_life_key *next;
	struct mm_life_event event;
	int64_t at_s;

	return question->what.now == 1 && mm_life_is_idle(&realm->life, realm->keys->now_s, &next, &at_s) &&
	    mm_life_ask(&realm->life, &wish, realm->keys->now_s, &event, &why, &mend) &&
	    ledger_keys_record(realm, &event, question);
}

/* The revocation is on record since a moment ago, and so is now what follows it. */
static void
answer_revoked_and_rotated(const struct ledger_keys_realm *realm, const struct ledger_key_question *question,
    int64_t time_s)
{
	struct answer answer;
	size_t place;

	begin_answer(&answer);
	if (mm_life_find_kid(&realm->life, mm_mint_text_get(&question->what.kid), &place) > 0)
		add_event_done(realm, MM_LIFE_IS_REVOKED, time_s, &realm->life.keys[place], &answer.writer);
	mm_json_begin_object(&answer.writer, "rotation");
	mm_json_add_str(&answer.writer, "realm", realm->realm->name);
	mm_json_add_int(&answer.writer, "time", time_s);
	add_rotation(realm, &answer.writer);
	mm_json_end_object(&answer.writer);
	send_answer(realm->keys, question, &answer);
}

void
ledger_keys_answer_done(struct ledger_keys_realm *realm, const struct ledger_key_question *question,
    const struct mm_life_event *event)
{
	const struct mm_life_key *key = mm_life_find(&realm->life, event->thumbprint);
	struct answer answer;

	if (event->kind == MM_LIFE_IS_REVOKED && rotate_after(realm, question))
		return;
	if (event->kind == MM_LIFE_ROTATE_ASKED && question->ask.verb == MM_MINT_VERB_KEY_REVOKE) {
		answer_revoked_and_rotated(realm, question, event->time_s);
		return;
	}
	begin_answer(&answer);
	add_event_done(realm, event->kind, event->time_s, key, &answer.writer);
	if (event->kind == MM_LIFE_HELD)
		mm_json_add_int(&answer.writer, "until", event->until_s);
	if (event->kind == MM_LIFE_ROTATE_ASKED)
		add_rotation(realm, &answer.writer);
	else
		ledger_keys_add_idle(realm, &answer.writer);
	send_answer(realm->keys, question, &answer);
}
