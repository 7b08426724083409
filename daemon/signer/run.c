/* SPDX-License-Identifier: Apache-2.0 */
/* What the threads of a signer do: signing, and all else with the store of keys. */
#include "daemon/signer/signer.h"
#include "lib/crypto/digest.h"

#include <string.h>

/* Of a thumbprint's first six bits: the value of '-' in RFC 4648 section 5. */
#define BASE64URL_OF_DASH 62

#define MAKE_TRIES 10

static enum mm_sign_status
status_of(enum keystore_result result)
{
	switch (result) {
	case KEYSTORE_DONE:
		return MM_SIGN_DONE;
	case KEYSTORE_NO_KEY:
		return MM_SIGN_NO_KEY;
	case KEYSTORE_AWAY:
		return MM_SIGN_AWAY;
	case KEYSTORE_DAMAGED:
	case KEYSTORE_FAILED:
		break;
	}
	return MM_SIGN_FAILED;
}

/*
 * The deadline is looked at directly before and behind the signature: after it the ledger declares the record void, and
 * a signature that came later would be of a token that nobody has on record.
 */
static void
sign(struct signer *signer, struct signer_job *job, unsigned thread)
{
	enum keystore_result result;

	if (signer_clock_ms() >= job->head.deadline_ms) {
		job->status = MM_SIGN_LATE;
		return;
	}
	result = signer->store->ops->sign(signer->store, job->key->opened, thread, mm_slice(job->input, job->head.len),
	    job->signature, &job->signature_len, &job->trouble);
	job->status = status_of(result);
	if (result == KEYSTORE_DONE && signer_clock_ms() >= job->head.deadline_ms)
		job->status = MM_SIGN_LATE;
	if (job->status != MM_SIGN_DONE)
		mm_secret_wipe(job->signature, sizeof(job->signature));
}

/*
 * A kid is typed on command lines, where what begins with '-' is an option: one in 64 keys would be named so, and is
 * made anew. So often in a row it does not happen.
 */
static enum keystore_result
make_key(struct signer *signer, struct signer_order *order)
{
	struct keystore *store = signer->store;
	enum keystore_result result = KEYSTORE_FAILED;

	for (unsigned tries = 0; tries < MAKE_TRIES; tries++) {
		result = store->ops->make(store, signer->realm.algorithm, &order->made, &order->trouble);
		if (result != KEYSTORE_DONE || order->made.thumbprint[0] >> 2 != BASE64URL_OF_DASH)
			return result;
		result = store->ops->forget(store, order->made.thumbprint, &order->trouble);
		if (result != KEYSTORE_DONE)
			return result;
	}
	return keystore_trouble(&order->trouble, KEYSTORE_FAILED, "no key can be made whose name is no option");
}

/* Keep the least of those behind the one that was asked for. */
static void
look_at_key(void *context, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	struct signer_order *order = context;

	if (memcmp(thumbprint, order->head.thumbprint, MM_DIGEST_LEN) <= 0 ||
	    (order->found && memcmp(thumbprint, order->made.thumbprint, MM_DIGEST_LEN) >= 0))
		return;
	order->found = true;
	memcpy(order->made.thumbprint, thumbprint, MM_DIGEST_LEN);
}

static enum keystore_result
find_next(struct keystore *store, struct signer_order *order)
{
	enum keystore_result result = store->ops->list(store, look_at_key, order, &order->trouble);

	return result == KEYSTORE_DONE && !order->found ? KEYSTORE_NO_KEY : result;
}

static enum keystore_result
follow(struct signer *signer, struct signer_order *order)
{
	struct keystore *store = signer->store;

	switch (order->kind) {
	case SIGNER_ORDER_LOOK:
		return store->ops->state(store, &order->trouble);
	case SIGNER_ORDER_MAKE:
		return make_key(signer, order);
	case SIGNER_ORDER_OPEN:
		return store->ops->open(store, order->head.thumbprint, &order->opened, &order->trouble);
	case SIGNER_ORDER_FORGET:
		return store->ops->forget(store, order->head.thumbprint, &order->trouble);
	case SIGNER_ORDER_NEXT:
		return find_next(store, order);
	}
	return KEYSTORE_FAILED;
}

void
signer_run_work(void *context, struct signer_work *work, unsigned thread)
{
	struct signer *signer = context;
	struct signer_order *order;

	if (work->queue == SIGNER_QUEUE_SIGN) {
		sign(signer, (struct signer_job *)work, thread);
		return;
	}
	order = (struct signer_order *)work;
	order->result = follow(signer, order);
	order->status = status_of(order->result);
}
