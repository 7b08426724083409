/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of each realm's keys: what is due is done in order of the rule, one event on its way to the disk at a time,
 * and comes true when it is there.
 */
#include "daemon/ledger/keys_realm.h"

#include "engine/json_writer.h"
#include "engine/key_age.h"
#include "engine/key_list.h"
#include "lib/base/array.h"
#include "lib/crypto/digest.h"

#include <stdlib.h>
#include <string.h>

/* An alarm that lasts is told again after this time. */
#define ALARM_AGAIN_S 3600

/* The certificate is said to end this long before, each day. */
#define CERTIFICATE_SOON_S (60 * 86400)
#define CERTIFICATE_AGAIN_S 86400

/* It is looked at the keys at least so often. */
#define TICK_S 60

/* Between two starts of a ledger there are more of them than it told lists: it is started anew after 100 ms. */
#define SEQUENCE_TICK_MS 10

/* Where something is due that cannot be done: it is tried again. */
#define TRY_AGAIN_S 2

struct ledger_keys_realm *
ledger_keys_realm(const struct ledger_keys *keys, const struct ledger_realm *realm)
{
	return realm == NULL ? NULL : keys->realms[realm->number];
}

/* ---- making and freeing ---- */

static struct ledger_keys_realm *
realm_new(struct ledger_keys *keys, struct ledger_realm *of)
{
	struct ledger_keys_realm *realm = calloc(1, sizeof(*realm));
	const struct mm_life_rule rule = { of->max_lifetime_s, of->rotate_every_s, of->publish_before_s,
		of->visible_for_s };

	if (realm == NULL)
		return NULL;
	realm->keys = keys;
	realm->realm = of;
	realm->untold = true;
	mm_life_init(&realm->life, &rule);
	return realm;
}

static void
realm_free(struct ledger_keys_realm *realm)
{
	if (realm == NULL)
		return;
	mm_life_clear(&realm->life);
	free(realm->history);
	free(realm);
}

struct ledger_keys *
ledger_keys_new(struct ledger *ledger)
{
	struct ledger_keys *keys = calloc(1, sizeof(*keys));

	if (keys == NULL)
		return NULL;
	keys->ledger = ledger;
	for (struct ledger_realm *of = NULL; (of = ledger_realm_next(ledger, of)) != NULL;) {
		keys->realms[of->number] = realm_new(keys, of);
		if (keys->realms[of->number] == NULL) {
			ledger_keys_free(&keys);
			return NULL;
		}
	}
	return keys;
}

void
ledger_keys_free(struct ledger_keys **keys)
{
	if (*keys == NULL)
		return;
	for (size_t i = 0; i < MM_COUNT_OF((*keys)->realms); i++)
		realm_free((*keys)->realms[i]);
	free(*keys);
	*keys = NULL;
}

/* ---- history ---- */

/* Room for one more: the oldest quarter goes where there is none. False where memory is short. */
static bool
reserve_history(struct ledger_keys_realm *realm)
{
	size_t size = realm->history_size == 0 ? 64 : realm->history_size * 2;
	struct ledger_key_event *history;

	if (realm->history_count < realm->history_size)
		return true;
	if (realm->history_count == LEDGER_KEYS_HISTORY_MAX) {
		size_t gone = LEDGER_KEYS_HISTORY_MAX / 4;

		realm->history_count -= gone;
		memmove(realm->history, realm->history + gone, realm->history_count * sizeof(*realm->history));
		return true;
	}
	history = realloc(realm->history, size * sizeof(*history));
	if (history == NULL)
		return false;
	realm->history = history;
	realm->history_size = size;
	return true;
}

/* What cannot be remembered is in the ledger all the same. */
static void
remember(struct ledger_keys_realm *realm, const struct mm_life_event *event)
{
	struct ledger_key_event *entry;

	if (!reserve_history(realm))
		return;
	entry = &realm->history[realm->history_count++];
	entry->event = *event;
	memcpy(entry->by, event->by.ptr == NULL ? "" : event->by.ptr, event->by.len);
	memcpy(entry->why, event->why.ptr == NULL ? "" : event->why.ptr, event->why.len);
	/* The texts are found by their lengths: entries move. */
	entry->event.by = mm_slice(NULL, event->by.len);
	entry->event.why = mm_slice(NULL, event->why.len);
	entry->event.jwk = MM_SLICE_ABSENT;
}

const char *
ledger_keys_take_record(struct ledger_keys *keys, struct mm_slice name, struct mm_slice bytes)
{
	struct ledger_keys_realm *realm = ledger_keys_realm(keys, ledger_realm_by_name(keys->ledger, name));
	struct mm_life_event event;
	const char *fault;

	if (!mm_life_event_read(bytes, &event))
		return "a record of a key is not as this version writes it";
	if (realm == NULL)
		return NULL; /* a mint that is not configured any more */
	fault = mm_life_apply(&realm->life, &event);
	if (fault == NULL)
		remember(realm, &event);
	return fault;
}

/* ---- recording ---- */

static ledger_durable_function take_durable;

/* Keep an event until it is durable: the caller's texts do not last so long. */
static void
keep_event(struct ledger_keys_realm *realm, const struct mm_life_event *event)
{
	struct mm_slice *texts[] = { &realm->event.by, &realm->event.why, &realm->event.jwk };
	size_t at = 0;

	realm->event = *event;
	for (size_t i = 0; i < MM_COUNT_OF(texts); i++) {
		if (texts[i]->len > 0)
			memcpy(realm->event_texts + at, texts[i]->ptr, texts[i]->len);
		*texts[i] = mm_slice(realm->event_texts + at, texts[i]->len);
		at += texts[i]->len;
	}
}

bool
ledger_keys_record(struct ledger_keys_realm *realm, const struct mm_life_event *event,
    const struct ledger_key_question *question)
{
	struct mm_buf buf;
	bool appended;

	if (realm->recording || mm_life_check(&realm->life, event) != NULL)
		return false;
	mm_buf_init(&buf, MM_LIFE_EVENT_LEN_MAX);
	appended = mm_life_event_write(event, &buf) &&
	    ledger_append(realm->keys->ledger, MM_LEDGER_KEY, realm->realm, mm_slice(buf.data, buf.len), take_durable,
	        realm);
	mm_buf_clear(&buf);
	if (!appended)
		return false;
	realm->recording = true;
	keep_event(realm, event);
	realm->records_question = question != NULL;
	if (question != NULL)
		realm->question = *question;
	return true;
}

/* Those who asked meanwhile have their turn, in order. */
static void
answer_waiting(struct ledger_keys_realm *realm)
{
	while (!realm->recording && realm->waiting_count > 0) {
		struct ledger_key_question question = realm->waiting[0];

		realm->waiting_count--;
		memmove(realm->waiting, realm->waiting + 1, realm->waiting_count * sizeof(realm->waiting[0]));
		ledger_keys_answer(realm->keys, realm, &question);
	}
}

static void
come_true(struct ledger_keys_realm *realm)
{
	const char *fault = mm_life_apply(&realm->life, &realm->event);

	if (fault != NULL) {
		ledger_alarm(realm->keys->ledger, "realm %s: an event of a key that is on record cannot be: %s",
		    realm->realm->name, fault);
		return;
	}
	remember(realm, &realm->event);
	realm->untold = realm->untold || realm->event.kind != MM_LIFE_PUBLISHED;
	if (realm->records_question)
		ledger_keys_answer_done(realm, &realm->question, &realm->event);
}

static void
take_durable(void *ctx, bool durable)
{
	struct ledger_keys_realm *realm = ctx;

	realm->recording = false;
	ledger_keys_read_clock(realm->keys);
	if (!durable)
		ledger_keys_look_again(realm);
	if (durable)
		come_true(realm);
	else if (realm->records_question)
		ledger_refuse(realm->keys->ledger, realm->question.ask.number,
		    "it could not be recorded: the disk failed", "see 'mintmark status' and the log");
	ledger_keys_take_answer(realm);
	answer_waiting(realm);
	ledger_keys_do_due(realm);
}

/* ---- the key list ---- */

static bool
send_list(struct ledger_keys_realm *realm, const struct mm_key_list *list, struct mm_buf *buf)
{
	struct ledger *ledger = realm->keys->ledger;
	const uint8_t number[2] = { (uint8_t)realm->realm->number, (uint8_t)(realm->realm->number >> 8) };

	return ledger_key_state(ledger) != NULL && ledger_certificate(ledger) != NULL &&
	    mm_key_list_write(list, ledger_certificate(ledger), ledger_key_state(ledger), buf) &&
	    mm_sha256(mm_slice(buf->data, buf->len), realm->previous) &&
	    ledger_tell(ledger, MM_MESSAGE_LEDGER_KEYS, number, sizeof(number), mm_slice(buf->data, buf->len));
}

/*
 * Numbers never go down, however the clock stands: each term of the ledger has its own. Where none can be recorded, one
 * start after the other goes on in the term before, and the time since the host's start keeps them apart.
 */
static uint64_t
next_sequence(const struct ledger_keys_realm *realm)
{
	uint64_t ticks = (uint64_t)ledger_boot_ms() / SEQUENCE_TICK_MS;
	uint64_t first = ledger_term(realm->keys->ledger) << 32 | (ticks < UINT32_MAX / 2 ? ticks : UINT32_MAX / 2);

	return realm->sequence < first ? first : realm->sequence + 1;
}

static void
tell_list(struct ledger_keys_realm *realm)
{
	struct mm_key_list list = { .sequence = next_sequence(realm), .time_s = realm->keys->now_s,
		.realm = mm_slice_str(realm->realm->name) };
	struct mm_buf keys, buf;
	bool told;

	memcpy(list.previous, realm->previous, sizeof(list.previous));
	mm_buf_init(&keys, MM_DOCUMENT_LEN_MAX);
	mm_buf_init(&buf, MM_KEY_LIST_LEN_MAX);
	told = mm_life_document(&realm->life, realm->realm->issuer, realm->realm->algorithm->name, list.time_s, &keys);
	list.keys = mm_slice(keys.data, keys.len);
	told = told && send_list(realm, &list, &buf);
	mm_buf_clear(&keys);
	mm_buf_clear(&buf);
	if (told) {
		realm->sequence = list.sequence;
		realm->document_s = list.time_s;
		realm->untold = false;
	} else {
		ledger_alarm(realm->keys->ledger, "realm %s: its key list cannot be told", realm->realm->name);
	}
}

/* ---- what is due ---- */

static void
record_step(struct ledger_keys_realm *realm, const struct mm_life_step *step)
{
	struct mm_life_event event = mm_life_step_event(&realm->life, step, realm->keys->now_s);

	if (!ledger_keys_record(realm, &event, NULL))
		ledger_alarm(realm->keys->ledger, "realm %s: what happens to its keys cannot be recorded: %s",
		    realm->realm->name,
		    ledger_trouble(realm->keys->ledger) == NULL ? "try again" : ledger_trouble(realm->keys->ledger));
}

static void
do_step(struct ledger_keys_realm *realm, const struct mm_life_step *step)
{
	const uint8_t *thumbprint = step->kind == MM_LIFE_MAKE ? NULL : realm->life.keys[step->key].thumbprint;

	switch (step->kind) {
	case MM_LIFE_NOTHING:
		break;
	case MM_LIFE_MAKE:
		ledger_keys_order(realm, MM_MESSAGE_KEY_MAKE, NULL);
		break;
	case MM_LIFE_FORGET:
		ledger_keys_order(realm, MM_MESSAGE_KEY_FORGET, thumbprint);
		break;
	case MM_LIFE_PROMOTE:
		if (ledger_keys_is_open(realm, thumbprint))
			record_step(realm, step);
		else
			ledger_keys_order(realm, MM_MESSAGE_KEY_OPEN, thumbprint);
		break;
	case MM_LIFE_PUBLISH:
		if (!realm->untold)
			record_step(realm, step);
		break;
	case MM_LIFE_RETIRE:
		record_step(realm, step);
		break;
	}
}

/* Whether the key that is to sign is open; one may not have been, for want of the signer, or of a disk to record on. */
static bool
can_sign(const struct ledger_keys_realm *realm)
{
	const struct mm_life_key *key = mm_life_signing_key(&realm->life, realm->keys->now_s);

	return key == NULL || ledger_keys_is_open(realm, key->thumbprint);
}

/* In how many seconds something is due in a realm, or is tried again. */
static int64_t
due_in(const struct ledger_keys_realm *realm)
{
	struct mm_life_step step = mm_life_next(&realm->life, realm->keys->now_s);
	int64_t in_s = step.kind == MM_LIFE_NOTHING ? TICK_S : step.at_s - realm->keys->now_s;

	if (realm->untold || in_s <= 0 || !can_sign(realm))
		return TRY_AGAIN_S;
	return in_s < TICK_S ? in_s : TICK_S;
}

/* What was not done, whoever asked for it, is tried again soon. */
static void
plan(const struct ledger_keys_realm *realm)
{
	int64_t due_s = ledger_wall_s() + due_in(realm);

	if (due_s < realm->keys->due_s)
		realm->keys->due_s = due_s;
}

void
ledger_keys_do_due(struct ledger_keys_realm *realm)
{
	static const enum mm_life_step_kind kinds[] = { MM_LIFE_PROMOTE, MM_LIFE_PUBLISH, MM_LIFE_FORGET,
		MM_LIFE_RETIRE, MM_LIFE_MAKE };
	int64_t now_s = realm->keys->now_s;

	if (!realm->keys->begun)
		return;
	if (realm->untold || mm_life_document_is_old(&realm->life, realm->document_s, now_s))
		tell_list(realm);
	ledger_keys_open_signing(realm);
	for (size_t i = 0; i < MM_COUNT_OF(kinds) && !realm->recording; i++) {
		struct mm_life_step step = mm_life_next_of(&realm->life, kinds[i], now_s);

		if (step.kind != MM_LIFE_NOTHING && step.at_s <= now_s)
			do_step(realm, &step);
	}
	ledger_keys_look_after(realm);
	plan(realm);
}

/* ---- alarms ---- */

static void
tell_alarms(struct ledger_keys_realm *realm, unsigned which)
{
	for (unsigned bit = MM_KEY_ALARM_NONE_SIGNS; bit <= MM_KEY_ALARM_CLOCK; bit <<= 1)
		if ((which & bit) != 0)
			ledger_alarm(realm->keys->ledger, "realm %s: %s", realm->realm->name,
			    mm_key_alarm_text((enum mm_key_alarm)bit));
}

/* Apart from what is due and whether it was done: by the wall clock and the record alone. */
static void
check_age(struct ledger_keys_realm *realm, int64_t wall_s)
{
	unsigned alarms = mm_key_age_check(&realm->life, wall_s);

	if (wall_s - realm->alarms_told_s >= ALARM_AGAIN_S || wall_s < realm->alarms_told_s) {
		tell_alarms(realm, alarms);
		realm->alarms_told_s = wall_s;
	} else {
		tell_alarms(realm, alarms & ~realm->alarms);
	}
	realm->alarms = alarms;
}

#define RENEW "run 'mintmark init --renew-certificate --root FILE' and start mintmarkd anew"

/* When the certificate of the key-state key is over, nobody believes a list. In words; NULL: it is far from that. */
static const char *
certificate_trouble(const struct ledger_keys *keys)
{
	const uint8_t *certificate = ledger_certificate(keys->ledger);
	int64_t left_s = certificate == NULL ? 0 : mm_mint_certificate_end(certificate) - ledger_wall_s();

	if (left_s <= 0)
		return "the certificate of the key-state key is over or missing: no gate believes the ledger; " RENEW;
	return left_s > CERTIFICATE_SOON_S ? NULL :
	                                     "the certificate of the key-state key ends within 60 days: " RENEW;
}

static void
check_certificate(struct ledger_keys *keys, int64_t wall_s)
{
	const char *trouble = certificate_trouble(keys);

	int64_t since_s = wall_s - keys->certificate_told_s;

	if (trouble == NULL || (since_s >= 0 && since_s < CERTIFICATE_AGAIN_S))
		return;
	ledger_alarm(keys->ledger, "%s", trouble);
	keys->certificate_told_s = wall_s;
}

/* ---- the clock ---- */

void
ledger_keys_read_clock(struct ledger_keys *keys)
{
	if (keys->begun)
		keys->now_s = mm_key_clock_read(&keys->clock, ledger_wall_s(), ledger_boot_ms() / 1000);
}

void
ledger_keys_begin(struct ledger_keys *keys)
{
	int64_t wall_s = ledger_wall_s();

	mm_key_clock_init(&keys->clock, wall_s, ledger_boot_ms() / 1000);
	keys->now_s = wall_s;
	keys->begun = true;
	for (size_t i = 0; i < MM_COUNT_OF(keys->realms); i++) {
		if (keys->realms[i] == NULL)
			continue;
		keys->realms[i]->life.started_s = wall_s;
		/* A realm that is new has no key for a moment, or not yet the next one; that is no alarm. */
		keys->realms[i]->alarms = MM_KEY_ALARM_NONE_PREPARED;
		if (keys->realms[i]->life.count == 0)
			keys->realms[i]->alarms |= MM_KEY_ALARM_NONE_SIGNS;
		keys->realms[i]->alarms_told_s = wall_s;
		ledger_keys_do_due(keys->realms[i]);
	}
}

void
ledger_keys_tick(struct ledger_keys *keys, int64_t now_s)
{
	keys->due_s = now_s + TICK_S;
	if (!keys->begun)
		return;
	ledger_keys_read_clock(keys);
	if (keys->clock.jumped)
		ledger_alarm(keys->ledger, "the clock jumped: keys live by the time since the start for an hour");
	check_certificate(keys, now_s);
	for (size_t i = 0; i < MM_COUNT_OF(keys->realms); i++) {
		if (keys->realms[i] == NULL)
			continue;
		ledger_keys_do_due(keys->realms[i]);
		check_age(keys->realms[i], now_s);
	}
}

int64_t
ledger_keys_due(const struct ledger_keys *keys)
{
	return keys->due_s;
}

/* ---- issuing ---- */

bool
ledger_keys_active(const struct ledger_keys *keys, const struct ledger_realm *of, int64_t iat_s,
    struct ledger_signing_key *key)
{
	const struct ledger_keys_realm *realm = ledger_keys_realm(keys, of);
	const struct mm_life_key *signing = realm == NULL ? NULL : mm_life_signing_key(&realm->life, iat_s);

	if (signing == NULL || !keys->begun || !ledger_keys_is_open(realm, signing->thumbprint))
		return false;
	memcpy(key->thumbprint, signing->thumbprint, sizeof(key->thumbprint));
	return true;
}

/* ---- status ---- */

static void
add_status(const struct ledger_keys_realm *realm, struct mm_json_writer *writer)
{
	const struct mm_life_key *key = mm_life_signing_key(&realm->life, realm->keys->now_s);
	struct mm_life_step step = mm_life_next_of(&realm->life, MM_LIFE_PROMOTE, realm->keys->now_s);
	unsigned alarms = mm_key_age_check(&realm->life, ledger_wall_s()); /* those of now, not of the last tick */

	mm_json_begin_object(writer, realm->realm->name);
	if (key != NULL) {
		mm_json_add_str(writer, "active", key->kid);
		mm_json_add_int(writer, "since", key->nbf_s);
		mm_json_add_int(writer, "until", key->exp_s);
	}
	if (step.kind == MM_LIFE_PROMOTE)
		mm_json_add_int(writer, "next", step.at_s);
	mm_json_add_str(writer, "signer",
	    !realm->signer_is_here ? "away" : realm->store_is_away ? "key store away" : "here");
	if (realm->store_is_away)
		mm_json_add_str(writer, "store", realm->store_text);
	ledger_keys_add_idle(realm, writer);
	mm_json_begin_array(writer, "alarms");
	for (unsigned bit = MM_KEY_ALARM_NONE_SIGNS; bit <= MM_KEY_ALARM_CLOCK; bit <<= 1)
		if ((alarms & bit) != 0)
			mm_json_add_str(writer, NULL, mm_key_alarm_text((enum mm_key_alarm)bit));
	if (certificate_trouble(realm->keys) != NULL)
		mm_json_add_str(writer, NULL, certificate_trouble(realm->keys));
	mm_json_end_array(writer);
	mm_json_end_object(writer);
}

void
ledger_keys_status(const struct ledger_keys *keys, struct mm_json_writer *writer)
{
	mm_json_begin_object(writer, "keys");
	for (size_t i = 0; i < MM_COUNT_OF(keys->realms); i++)
		if (keys->realms[i] != NULL)
			add_status(keys->realms[i], writer);
	mm_json_end_object(writer);
}

static int64_t
wanted_since(const struct mm_key_life *life, int64_t since_s)
{
	int64_t oldest_s = INT64_MAX;

	for (size_t i = 0; i < life->count; i++) {
		const struct mm_life_key *key = &life->keys[i];
		int64_t last_s = key->tainted_s > key->revoked_s ? key->tainted_s : key->revoked_s;

		if (last_s > 0 && last_s >= since_s && key->made_s < oldest_s)
			oldest_s = key->made_s;
	}
	return oldest_s;
}

int64_t
ledger_keys_wanted_since(const struct ledger_keys *keys, int64_t since_s)
{
	int64_t oldest_s = INT64_MAX;

	for (size_t i = 0; i < MM_COUNT_OF(keys->realms); i++) {
		int64_t made_s = keys->realms[i] == NULL ? INT64_MAX : wanted_since(&keys->realms[i]->life, since_s);

		if (made_s < oldest_s)
			oldest_s = made_s;
	}
	return oldest_s;
}

/* ---- questions ---- */

void
ledger_keys_ask(struct ledger_keys *keys, struct ledger_realm *of, const struct mm_mint_ask *ask,
    const struct mm_ask_key *what)
{
	const struct ledger_key_question question = { *ask, *what };
	struct ledger_keys_realm *realm = ledger_keys_realm(keys, of);

	if (!mm_mint_text_check(what->kid.len, what->kid.bytes, sizeof(what->kid.bytes)) ||
	    !mm_mint_text_check(what->by.len, what->by.bytes, sizeof(what->by.bytes)) ||
	    !mm_mint_text_check(what->why.len, what->why.bytes, sizeof(what->why.bytes))) {
		ledger_refuse(keys->ledger, ask->number, "a text of the question is not as it must be", NULL);
		return;
	}
	ledger_keys_read_clock(keys);
	if (realm != NULL && realm->recording && realm->waiting_count < LEDGER_KEYS_WAITING_MAX)
		realm->waiting[realm->waiting_count++] = question;
	else
		ledger_keys_answer(keys, realm, &question);
}
