/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters of failures. They lie in buckets of a few; where a bucket is full, the one whose failures say least goes.
 */
#include "daemon/verifier/attempts.h"

#include "daemon/verifier/secret.h"
#include "lib/base/array.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/mac.h"

#include <stdlib.h>
#include <string.h>

#define BUCKET 8

enum counter_kind {
	COUNTER_FREE,
	COUNTER_PAIR,
	COUNTER_ADDRESS,
	COUNTER_ACCOUNT,
	COUNTER_GUESSES,      /* of an address */
	COUNTER_USER_GUESSES,
};

struct counter {
	uint64_t name[2];
	int64_t since_s; /* of the window; of a pair: the last failure */
	uint32_t failures;
	uint32_t kind; /* enum counter_kind */
};

struct verifier_attempts {
	uint8_t key[MM_DIGEST_LEN];
	size_t mask; /* of buckets */
	struct counter counters[];
};

struct verifier_attempts *
verifier_attempts_new(size_t count)
{
	struct verifier_attempts *attempts = calloc(1, sizeof(*attempts) + count * sizeof(struct counter));

	if (attempts == NULL || count < BUCKET || !verifier_random(attempts->key, sizeof(attempts->key))) {
		free(attempts);
		return NULL;
	}
	attempts->mask = count / BUCKET - 1;
	return attempts;
}

void
verifier_attempts_free(struct verifier_attempts **attempts)
{
	if (*attempts != NULL)
		mm_secret_wipe((*attempts)->key, sizeof((*attempts)->key));
	free(*attempts);
	*attempts = NULL;
}

/* ---- counters ---- */

/* kind | length of the first | first | second: no two pairs have one text. */
static bool
name_of(const struct verifier_attempts *attempts, enum counter_kind kind, struct mm_slice first, struct mm_slice second,
    uint64_t name[2])
{
	unsigned char text[2 + MM_MAILBOX_LEN_MAX + MM_DIGEST_LEN];
	uint8_t mac[MM_MAC_LEN];
	size_t len = 2;

	if (first.len > MM_MAILBOX_LEN_MAX || second.len > MM_DIGEST_LEN)
		return false;
	text[0] = (unsigned char)kind;
	text[1] = (unsigned char)first.len;
	memcpy(text + len, first.ptr, first.len);
	len += first.len;
	if (second.len > 0)
		memcpy(text + len, second.ptr, second.len);
	len += second.len;
	if (!mm_hmac_sha256(attempts->key, sizeof(attempts->key), mm_slice(text, len), mac))
		return false;
	memcpy(name, mac, 16);
	return true;
}

static int64_t
window_s(const struct counter *counter)
{
	switch ((enum counter_kind)counter->kind) {
	case COUNTER_PAIR:
		return VERIFIER_PAIR_FORGET_S;
	case COUNTER_ACCOUNT:
		return VERIFIER_ACCOUNT_WINDOW_S;
	default:
		return VERIFIER_ADDRESS_WINDOW_S;
	}
}

static bool
is_over(const struct counter *counter, int64_t now_s)
{
	return counter->kind == COUNTER_FREE || now_s - counter->since_s >= window_s(counter);
}

/* The counter of a name; NULL: there is none, and make is false. */
static struct counter *
find(struct verifier_attempts *attempts, enum counter_kind kind, struct mm_slice first, struct mm_slice second,
    int64_t now_s, bool make)
{
	uint64_t name[2];
	struct counter *bucket, *worst;

	if (!name_of(attempts, kind, first, second, name))
		return NULL;
	bucket = worst = &attempts->counters[(name[0] & attempts->mask) * BUCKET];
	for (size_t i = 0; i < BUCKET; i++) {
		struct counter *one = &bucket[i];

		if (!is_over(one, now_s) && one->name[0] == name[0] && one->name[1] == name[1])
			return one;
		if (!is_over(worst, now_s) && (is_over(one, now_s) || one->failures < worst->failures))
			worst = one;
	}
	if (!make)
		return NULL;
	*worst = (struct counter){ { name[0], name[1] }, now_s, 0, kind };
	return worst;
}

/* An IPv6 network is one customer. */
static struct mm_slice
network(const uint8_t address[16])
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	return mm_slice(address, memcmp(address, mapped, sizeof(mapped)) == 0 ? 16 : 8);
}

#define NOTHING mm_slice("", 0)

/* ---- the rule ---- */

static bool
is_attacked(struct verifier_attempts *attempts, const struct verifier_attempt *attempt, int64_t now_s)
{
	const struct counter *account;

	if (attempt->known)
		return false;
	account = find(attempts, COUNTER_ACCOUNT, attempt->account, NOTHING, now_s, false);
	return account != NULL && account->failures >= VERIFIER_ACCOUNT_FAILURES;
}

static uint32_t
pair_wait_s(const struct counter *pair, bool attacked, int64_t now_s)
{
	uint32_t freely = attacked ? VERIFIER_FREE_FAILURES_ATTACKED : VERIFIER_FREE_FAILURES;
	int64_t wait = attacked ? VERIFIER_WAIT_FIRST_ATTACKED_S : VERIFIER_WAIT_FIRST_S;

	if (pair == NULL || pair->failures < freely)
		return 0;
	for (uint32_t i = freely; i < pair->failures && wait < VERIFIER_WAIT_MAX_S; i++)
		wait *= 2;
	if (wait > VERIFIER_WAIT_MAX_S)
		wait = VERIFIER_WAIT_MAX_S;
	wait = pair->since_s + wait - now_s;
	return wait > 0 ? (uint32_t)wait : 0;
}

/* Of what is bounded by a number in a window. */
static uint32_t
window_wait_s(struct verifier_attempts *attempts, enum counter_kind kind, struct mm_slice whose, uint32_t bound,
    int64_t now_s)
{
	const struct counter *counter = find(attempts, kind, whose, NOTHING, now_s, false);

	if (counter == NULL || counter->failures < bound)
		return 0;
	return (uint32_t)(counter->since_s + VERIFIER_ADDRESS_WINDOW_S - now_s);
}

uint32_t
verifier_attempts_wait_s(struct verifier_attempts *attempts, const struct verifier_attempt *attempt, int64_t now_s)
{
	const struct counter *pair = find(attempts, COUNTER_PAIR, attempt->account,
	    mm_slice(attempt->place, MM_DIGEST_LEN), now_s, false);
	uint32_t wait = pair_wait_s(pair, is_attacked(attempts, attempt, now_s), now_s), other;

	if (attempt->known)
		return wait;
	other = window_wait_s(attempts, COUNTER_ADDRESS, network(attempt->address), VERIFIER_ADDRESS_FAILURES, now_s);
	return other > wait ? other : wait;
}

static void
count(struct verifier_attempts *attempts, enum counter_kind kind, struct mm_slice first, struct mm_slice second,
    int64_t now_s)
{
	struct counter *counter = find(attempts, kind, first, second, now_s, true);

	if (counter == NULL)
		return;
	counter->failures++;
	if (kind == COUNTER_PAIR)
		counter->since_s = now_s;
}

void
verifier_attempts_begin(struct verifier_attempts *attempts, const struct verifier_attempt *attempt, int64_t now_s)
{
	count(attempts, COUNTER_PAIR, attempt->account, mm_slice(attempt->place, MM_DIGEST_LEN), now_s);
	if (attempt->known)
		return;
	count(attempts, COUNTER_ADDRESS, network(attempt->address), NOTHING, now_s);
	count(attempts, COUNTER_ACCOUNT, attempt->account, NOTHING, now_s);
}

static void
take_back(struct counter *counter, uint32_t failures)
{
	if (counter != NULL && counter->failures > 0)
		counter->failures = failures;
}

void
verifier_attempts_succeeded(struct verifier_attempts *attempts, const struct verifier_attempt *attempt, int64_t now_s)
{
	struct mm_slice place = mm_slice(attempt->place, MM_DIGEST_LEN);
	struct counter *counter = find(attempts, COUNTER_PAIR, attempt->account, place, now_s, false);

	take_back(counter, 0);
	if (attempt->known)
		return;
	/* What else this address or account failed at stays: one good password does not pay for others. */
	counter = find(attempts, COUNTER_ADDRESS, network(attempt->address), NOTHING, now_s, false);
	take_back(counter, counter != NULL ? counter->failures - 1 : 0);
	counter = find(attempts, COUNTER_ACCOUNT, attempt->account, NOTHING, now_s, false);
	take_back(counter, counter != NULL ? counter->failures - 1 : 0);
}

uint32_t
verifier_attempts_guess_wait_s(struct verifier_attempts *attempts, struct mm_slice account, const uint8_t address[16],
    int64_t now_s)
{
	uint32_t own = window_wait_s(attempts, COUNTER_USER_GUESSES, account, VERIFIER_USER_GUESSES, now_s);
	uint32_t other = window_wait_s(attempts, COUNTER_GUESSES, network(address), VERIFIER_ADDRESS_FAILURES, now_s);

	return own > other ? own : other;
}

void
verifier_attempts_guessed(struct verifier_attempts *attempts, struct mm_slice account, const uint8_t address[16],
    int64_t now_s)
{
	count(attempts, COUNTER_USER_GUESSES, account, NOTHING, now_s);
	count(attempts, COUNTER_GUESSES, network(address), NOTHING, now_s);
}

bool
verifier_place_of_address(const uint8_t address[16], uint8_t place[MM_DIGEST_LEN])
{
	return mm_sha256(network(address), place);
}
