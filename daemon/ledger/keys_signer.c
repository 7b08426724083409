/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a realm's signer is told to do with its keys, one order at a time. All of them may be given again: making makes
 * another key, and the one that is on no record, since somebody was killed or the disk failed before, is destroyed.
 * Which they are is found by asking the signer what it keeps, when it comes and when something was not recorded.
 */
#include "daemon/ledger/keys_realm.h"

#include "daemon/ipc/limits.h"
#include "lib/codec/base64url.h"

#include <stdio.h>
#include <string.h>

/* A signer that lives answers sooner. */
#define ANSWER_MS 60000
/* What failed is tried again after. */
#define AGAIN_MS 5000
/* And looking for keys that are on no record after. */
#define LOOK_AGAIN_MS 60000

/* ---- what is open ---- */

bool
ledger_keys_is_open(const struct ledger_keys_realm *realm, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	for (size_t i = 0; i < realm->open_count; i++)
		if (memcmp(realm->open[i], thumbprint, MM_DIGEST_LEN) == 0)
			return true;
	return false;
}

static void
set_open(struct ledger_keys_realm *realm, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	if (ledger_keys_is_open(realm, thumbprint))
		return;
	if (realm->open_count == LEDGER_KEYS_OPEN_MAX) {
		memmove(realm->open, realm->open + 1, sizeof(realm->open) - sizeof(realm->open[0]));
		realm->open_count--;
	}
	memcpy(realm->open[realm->open_count++], thumbprint, MM_DIGEST_LEN);
}

static void
set_closed(struct ledger_keys_realm *realm, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	for (size_t i = 0; i < realm->open_count; i++)
		if (memcmp(realm->open[i], thumbprint, MM_DIGEST_LEN) == 0) {
			memmove(realm->open[i], realm->open[realm->open_count - 1], MM_DIGEST_LEN);
			realm->open_count--;
			return;
		}
}

/* ---- orders ---- */

/* For how long it is waited for the answer to an order. */
static int64_t
answer_ms(enum mm_message_type type)
{
	return type == MM_MESSAGE_KEY_MAKE ? MM_KEY_MAKE_MS + ANSWER_MS : ANSWER_MS;
}

static bool
may_order(const struct ledger_keys_realm *realm)
{
	int64_t now_ms = ledger_boot_ms();

	/* What could not be recorded is not begun. */
	return realm->signer_is_here && !realm->store_is_away && now_ms >= realm->order_again_ms &&
	    ledger_trouble(realm->keys->ledger) == NULL &&
	    (realm->order.number == 0 || now_ms - realm->order.since_ms > answer_ms(realm->order.type));
}

static bool
send_order(struct ledger_keys_realm *realm, enum mm_message_type type, const uint8_t *thumbprint, uint64_t number)
{
	struct mm_key_order order = { .number = number };

	if (thumbprint != NULL)
		memcpy(order.thumbprint, thumbprint, sizeof(order.thumbprint));
	if (type == MM_MESSAGE_KEY_MAKE)
		memcpy(order.algorithm, realm->realm->algorithm->name,
		    realm->realm->algorithm->name_len < sizeof(order.algorithm) ? realm->realm->algorithm->name_len :
		                                                                  sizeof(order.algorithm));
	return ledger_signer_order(realm->keys->ledger, realm->realm, type, &order);
}

void
ledger_keys_order(struct ledger_keys_realm *realm, enum mm_message_type type, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	if (!may_order(realm) || !send_order(realm, type, thumbprint, ++realm->keys->last_order))
		return;
	realm->order = (struct ledger_key_order){ .number = realm->keys->last_order, .type = type,
		.since_ms = ledger_boot_ms() };
	if (thumbprint != NULL)
		memcpy(realm->order.thumbprint, thumbprint, MM_DIGEST_LEN);
}

static void
open_key(struct ledger_keys_realm *realm, const struct mm_life_key *key)
{
	bool is_lost = realm->has_lost && memcmp(realm->lost, key->thumbprint, MM_DIGEST_LEN) == 0;

	if (key->forgotten_s == 0 && !is_lost && !ledger_keys_is_open(realm, key->thumbprint))
		ledger_keys_order(realm, MM_MESSAGE_KEY_OPEN, key->thumbprint);
}

void
ledger_keys_open_signing(struct ledger_keys_realm *realm)
{
	const struct mm_life_key *key = mm_life_signing_key(&realm->life, realm->keys->now_s);

	if (key != NULL)
		open_key(realm, key);
	/* And one that was told to sign from a moment on. */
	for (size_t i = realm->life.count; i-- > 0;)
		if (mm_life_state_of(&realm->life.keys[i], realm->keys->now_s) == MM_LIFE_ACTIVE)
			open_key(realm, &realm->life.keys[i]);
}

/* ---- keys that are on no record ---- */

/* Nobody would ever use it. One that is on record as destroyed came back from elsewhere. */
static bool
is_nobodys(const struct ledger_keys_realm *realm, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	const struct mm_life_key *key = mm_life_find(&realm->life, thumbprint);

	return key == NULL || key->forgotten_s != 0;
}

static void
look_at(struct ledger_keys_realm *realm, int64_t at_ms)
{
	realm->look_at_ms = at_ms;
	memset(realm->looked_at, 0, sizeof(realm->looked_at));
}

void
ledger_keys_look_again(struct ledger_keys_realm *realm)
{
	look_at(realm, 0);
}

/* What is due of keys that are used comes first. One whose record is under way is nobody's yet. */
void
ledger_keys_look_after(struct ledger_keys_realm *realm)
{
	if (!realm->recording && ledger_boot_ms() >= realm->look_at_ms)
		ledger_keys_order(realm, MM_MESSAGE_KEY_NEXT, realm->looked_at);
}

static void
tell_of_nobodys(const struct ledger_keys_realm *realm, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	char kid[MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN) + 1];

	mm_base64url_encode(mm_slice(thumbprint, MM_DIGEST_LEN), kid);
	kid[sizeof(kid) - 1] = '\0';
	ledger_alarm(realm->keys->ledger,
	    "realm %s: its signer kept a key that is on no record, and has destroyed it: %s", realm->realm->name, kid);
}

/* ---- answers ---- */

static void
record(struct ledger_keys_realm *realm, const struct mm_life_event *event)
{
	if (!ledger_keys_record(realm, event, NULL))
		ledger_alarm(realm->keys->ledger, "realm %s: what happens to its keys cannot be recorded now",
		    realm->realm->name);
}

static void
take_made(struct ledger_keys_realm *realm, const struct mm_key_done *done, struct mm_slice jwk)
{
	struct mm_life_event event = { .kind = MM_LIFE_MADE, .uid = MM_LIFE_NOBODY, .time_s = realm->keys->now_s,
		.jwk = jwk };

	memcpy(event.thumbprint, done->thumbprint, sizeof(event.thumbprint));
	if (ledger_keys_record(realm, &event, NULL))
		return;
	realm->order_again_ms = ledger_boot_ms() + AGAIN_MS;
	ledger_keys_look_again(realm);
}

static void
take_forgotten(struct ledger_keys_realm *realm, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	struct mm_life_event event = { .kind = MM_LIFE_FORGOTTEN, .uid = MM_LIFE_NOBODY, .time_s = realm->keys->now_s };

	set_closed(realm, thumbprint);
	memcpy(event.thumbprint, thumbprint, sizeof(event.thumbprint));
	if (!is_nobodys(realm, thumbprint)) {
		record(realm, &event);
		return;
	}
	tell_of_nobodys(realm, thumbprint);
}

/* One key that the signer keeps. */
static void
take_next(struct ledger_keys_realm *realm, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	memcpy(realm->looked_at, thumbprint, sizeof(realm->looked_at));
	if (is_nobodys(realm, thumbprint))
		ledger_keys_order(realm, MM_MESSAGE_KEY_FORGET, thumbprint);
}

/* The signer lost a key. A prepared one is retired, so that another is made; an active one is replaced. */
static void
take_lost(struct ledger_keys_realm *realm, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	const struct mm_life_key *key = mm_life_find(&realm->life, thumbprint);
	struct mm_life_event event = { .kind = MM_LIFE_IS_RETIRED, .uid = MM_LIFE_NOBODY, .time_s = realm->keys->now_s,
		.why = mm_slice_str("the signer does not have it") };

	if (key == NULL)
		return;
	realm->has_lost = true;
	memcpy(realm->lost, thumbprint, sizeof(realm->lost));
	realm->order_again_ms = 0;
	ledger_alarm(realm->keys->ledger, "realm %s: its signer does not have the key %s", realm->realm->name,
	    key->kid);
	if (mm_life_state_of(key, realm->keys->now_s) == MM_LIFE_PREPARED) {
		memcpy(event.thumbprint, thumbprint, sizeof(event.thumbprint));
		record(realm, &event);
	} else if (realm->life.rotate_asked_s == 0) {
		event.kind = MM_LIFE_ROTATE_ASKED;
		record(realm, &event);
	}
}

static const char *
status_text(uint32_t status)
{
	return status == MM_SIGN_AWAY ? "the key store cannot be reached" :
	    status == MM_SIGN_NO_KEY  ? "there is no such key" :
	                                "the key store could not";
}

static const char *
order_text(enum mm_message_type type)
{
	return type == MM_MESSAGE_KEY_MAKE ? "make a key" :
	    type == MM_MESSAGE_KEY_FORGET  ? "destroy a key" :
	    type == MM_MESSAGE_KEY_OPEN    ? "open a key" :
	                                     "name its keys";
}

/* Whether an order has nothing to do with keys that are used, and is not to hold them up. */
static bool
is_aside(const struct ledger_keys_realm *realm, const struct ledger_key_order *order)
{
	return order->type == MM_MESSAGE_KEY_NEXT ||
	    (order->type == MM_MESSAGE_KEY_FORGET && is_nobodys(realm, order->thumbprint));
}

static void
take_failure(struct ledger_keys_realm *realm, const struct ledger_key_order *order, uint32_t status)
{
	if (order->type == MM_MESSAGE_KEY_NEXT && status == MM_SIGN_NO_KEY) {
		realm->look_at_ms = INT64_MAX;
		return;
	}
	if (is_aside(realm, order))
		look_at(realm, ledger_boot_ms() + LOOK_AGAIN_MS);
	else
		realm->order_again_ms = ledger_boot_ms() + AGAIN_MS;
	if (order->type == MM_MESSAGE_KEY_MAKE)
		ledger_keys_look_again(realm); /* it may be there all the same: the store could not remove it either */
	if (order->type == MM_MESSAGE_KEY_OPEN && status == MM_SIGN_NO_KEY)
		take_lost(realm, order->thumbprint);
	else
		ledger_alarm(realm->keys->ledger, "realm %s: its signer cannot %s: %s", realm->realm->name,
		    order_text(order->type), status_text(status));
}

/* An answer to the order that stands; nothing is being recorded. */
static void
take_answer(struct ledger_keys_realm *realm, const struct mm_key_done *done, struct mm_slice jwk)
{
	struct ledger_key_order order = realm->order;

	realm->order.number = 0;
	if (done->status != MM_SIGN_DONE)
		take_failure(realm, &order, done->status);
	else if (order.type == MM_MESSAGE_KEY_MAKE)
		take_made(realm, done, jwk);
	else if (order.type == MM_MESSAGE_KEY_FORGET)
		take_forgotten(realm, order.thumbprint);
	else if (order.type == MM_MESSAGE_KEY_NEXT)
		take_next(realm, done->thumbprint);
	else
		set_open(realm, order.thumbprint);
}

static void
keep_answer(struct ledger_keys_realm *realm, const struct mm_key_done *done, struct mm_slice jwk)
{
	realm->has_answer = true;
	realm->answer = *done;
	realm->answer.jwk_len = (uint32_t)jwk.len;
	if (jwk.len > 0)
		memcpy(realm->answer_jwk, jwk.ptr, jwk.len);
}

void
ledger_keys_take_answer(struct ledger_keys_realm *realm)
{
	if (!realm->has_answer || realm->recording)
		return;
	realm->has_answer = false;
	if (realm->answer.number == realm->order.number)
		take_answer(realm, &realm->answer, mm_slice(realm->answer_jwk, realm->answer.jwk_len));
}

void
ledger_keys_signer_done(struct ledger_keys *keys, struct ledger_realm *of, const struct mm_key_done *done,
    struct mm_slice jwk)
{
	struct ledger_keys_realm *realm = ledger_keys_realm(keys, of);

	if (realm == NULL || jwk.len > MM_LIFE_JWK_MAX)
		return;
	ledger_keys_read_clock(keys);
	if (done->number == 0 || done->number != realm->order.number) {
		/* An answer that came too late: a key that was made meanwhile is not wanted. */
		if (done->status == MM_SIGN_DONE && jwk.len > 0)
			ledger_keys_look_again(realm);
		return;
	}
	if (realm->recording) {
		keep_answer(realm, done, jwk);
		return;
	}
	take_answer(realm, done, jwk);
	ledger_keys_do_due(realm);
}

/* ---- coming and going ---- */

void
ledger_keys_signer_state(struct ledger_keys *keys, struct ledger_realm *of, const struct mm_signer_state *state)
{
	struct ledger_keys_realm *realm = ledger_keys_realm(keys, of);

	if (realm == NULL)
		return;
	if (!realm->signer_is_here)
		ledger_keys_look_again(realm);
	realm->signer_is_here = true;
	realm->store_is_away = state->store_away != 0;
	(void)snprintf(realm->store_text, sizeof(realm->store_text), "%.*s",
	    state->text.len < sizeof(realm->store_text) ? (int)state->text.len : 0, state->text.bytes);
	ledger_keys_read_clock(keys);
	if (realm->store_is_away)
		ledger_alarm(keys->ledger, "realm %s: its key store cannot be reached: %s", realm->realm->name,
		    realm->store_text);
	ledger_keys_do_due(realm);
}

void
ledger_keys_signer_went(struct ledger_keys *keys, struct ledger_realm *of)
{
	struct ledger_keys_realm *realm = ledger_keys_realm(keys, of);

	if (realm == NULL)
		return;
	realm->signer_is_here = false;
	realm->store_is_away = false;
	realm->open_count = 0;
	realm->order.number = 0;
	realm->order_again_ms = 0;
	realm->has_answer = false;
	realm->has_lost = false;
}
