/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of a signer: nothing in it waits but poll(). */
#include "daemon/signer/control.h"
#include "daemon/signer/peer.h"

#include "daemon/ipc/limits.h"

#include <poll.h>
#include <string.h>

/* How long a store may be at one signature before it counts as away. */
#define HANG_MS 2000

/* How often that is looked at. */
#define WATCH_MS 250

enum { AT_CONTROL, AT_EVENT, AT_PEER, AT_COUNT };

/* ---- the store's state ---- */

static void
tell(struct signer *signer)
{
	signer->peer.tell_state = true;
	if (signer->state.away)
		signer_control_alarm("the store of keys is away: %s", signer->state.text);
}

static void
met_away(struct signer *signer, const char *why)
{
	if (signer_state_away(&signer->state, why))
		tell(signer);
}

static void
met_reached(struct signer *signer)
{
	bool was_away = signer->state.known && signer->state.away;

	if (signer_state_reached(&signer->state))
		tell(signer);
	if (was_away)
		signer_control_alarm("the store of keys is back");
}

/* Orders are followed one after the other: looking would wait behind the key, and seem to hang. */
static bool
makes_key(const struct signer *signer)
{
	return signer->makes > 0 && signer_clock_ms() - signer->made_ms < MM_KEY_MAKE_MS;
}

static void
look_after_store(struct signer *signer)
{
	struct signer_list list = SIGNER_LIST_EMPTY;
	struct signer_order *order;

	if (signer->free_orders.count == 0 || makes_key(signer) ||
	    !signer_state_look_now(&signer->state, signer_clock_ms()))
		return;
	order = (struct signer_order *)(void *)signer_list_take(&signer->free_orders);
	memset((char *)order + sizeof(order->work), 0, sizeof(*order) - sizeof(order->work));
	order->kind = SIGNER_ORDER_LOOK;
	order->generation = UINT64_MAX; /* nobody waits for it */
	signer_list_add(&list, &order->work);
	signer_pool_submit(&signer->pool, SIGNER_QUEUE_ORDER, &list);
}

/* Who waits behind a store that does not answer is told so, instead of being left to his deadline. */
static void
watch_for_hanging(struct signer *signer)
{
	struct signer_work *work;

	if (signer_state_hangs(&signer->state, signer_clock_ms(), HANG_MS))
		met_away(signer, "it does not answer");
	if (!signer_pool_hangs(&signer->pool, signer_clock_ms(), HANG_MS))
		return;
	met_away(signer, "it does not answer");
	for (work = signer_pool_take_back(&signer->pool); work != NULL;) {
		struct signer_work *next = work->next;
		struct signer_job *job = (struct signer_job *)(void *)work;

		signer_keys_let_go(&signer->keys, job->key);
		job->status = MM_SIGN_AWAY;
		signer_peer_answer(signer, work);
		work = next;
	}
}

/* ---- what is done ---- */

static void
finish_job(struct signer *signer, struct signer_job *job)
{
	signer_keys_let_go(&signer->keys, job->key);
	if (job->status == MM_SIGN_AWAY)
		met_away(signer, job->trouble.text);
	else if (job->status == MM_SIGN_FAILED || job->status == MM_SIGN_NO_KEY)
		signer_control_complain(&signer->complaints, job->trouble.text);
	signer_peer_answer(signer, &job->work);
}

static void
finish_order(struct signer *signer, struct signer_order *order)
{
	if (order->result == KEYSTORE_AWAY)
		met_away(signer, order->trouble.text);
	else if (order->kind == SIGNER_ORDER_LOOK && !signer_pool_hangs(&signer->pool, signer_clock_ms(), HANG_MS))
		met_reached(signer);
	else if (order->result != KEYSTORE_DONE &&
	    (order->kind != SIGNER_ORDER_NEXT || order->result != KEYSTORE_NO_KEY))
		signer_control_alarm("an order of the ledger cannot be followed: %s", order->trouble.text);
	if (order->kind == SIGNER_ORDER_LOOK)
		signer_state_looked(&signer->state, signer_clock_ms());
	if (order->kind == SIGNER_ORDER_MAKE) {
		signer->makes--;
		signer->made_ms = signer_clock_ms();
	}
	if (order->opened != NULL && !signer_keys_add(&signer->keys, order->opened)) {
		order->status = MM_SIGN_FAILED;
		signer_control_alarm("too many keys are open");
	}
	/* One that was opened by an order before it. */
	if (order->kind == SIGNER_ORDER_FORGET)
		signer_keys_take_out(&signer->keys, order->head.thumbprint);
	signer_peer_answer(signer, &order->work);
}

static void
collect(struct signer *signer)
{
	struct signer_work *work = signer_pool_collect(&signer->pool);

	while (work != NULL) {
		struct signer_work *next = work->next;

		if (work->queue == SIGNER_QUEUE_SIGN)
			finish_job(signer, (struct signer_job *)(void *)work);
		else
			finish_order(signer, (struct signer_order *)(void *)work);
		work = next;
	}
}

/* ---- the loop ---- */

/* The ledger is heard once it is known whether the store can be reached, and while there is room. */
static void
look(struct signer *signer, struct pollfd fds[AT_COUNT], bool sends)
{
	bool hears = signer->state.known && signer_peer_room(signer) > 0;

	fds[AT_CONTROL] = (struct pollfd){ MM_CONTROL_FD, POLLIN, 0 };
	fds[AT_EVENT] = (struct pollfd){ signer->pool.event_fd, POLLIN, 0 };
	fds[AT_PEER] = (struct pollfd){ signer->peer.fd, (short)((hears ? POLLIN : 0) | (sends ? POLLOUT : 0)), 0 };
	if (poll(fds, AT_COUNT, signer_pool_may_sleep(&signer->pool) ? WATCH_MS : 0) <= 0)
		for (unsigned i = 0; i < AT_COUNT; i++)
			fds[i].revents = 0;
	signer_pool_woke(&signer->pool, fds[AT_EVENT].revents != 0);
}

static void
fill_lists(struct signer *signer)
{
	for (size_t i = 0; i < SIGNER_JOBS_MAX; i++) {
		signer->jobs[i].work.queue = SIGNER_QUEUE_SIGN;
		signer_list_add(&signer->free_jobs, &signer->jobs[i].work);
	}
	for (size_t i = 0; i < SIGNER_ORDERS_MAX; i++) {
		signer->orders[i].work.queue = SIGNER_QUEUE_ORDER;
		signer_list_add(&signer->free_orders, &signer->orders[i].work);
	}
}

/* Of a ledger that is gone nothing is taken any more, whether there is room or not: nobody would hear the answer. */
static void
serve_peer(struct signer *signer, short events)
{
	if ((events & (POLLHUP | POLLERR)) != 0)
		signer_peer_end(signer);
	else
		signer_peer_take(signer);
}

enum signer_end
signer_serve(struct signer *signer)
{
	enum signer_end end = SIGNER_END_NOT;
	bool sends = false;

	fill_lists(signer);
	while (end == SIGNER_END_NOT) {
		struct pollfd fds[AT_COUNT];
		int peer_fd = signer->peer.fd;

		look_after_store(signer);
		look(signer, fds, sends);
		if (fds[AT_CONTROL].revents != 0)
			end = signer_control_take(signer);
		collect(signer);
		if (fds[AT_PEER].revents != 0 && signer->peer.fd == peer_fd && signer->peer.fd != -1)
			serve_peer(signer, fds[AT_PEER].revents);
		watch_for_hanging(signer);
		sends = signer_peer_send(signer);
	}
	return end;
}
