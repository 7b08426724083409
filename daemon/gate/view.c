/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Views and their counting.
 *
 * Who takes the current view must learn which one it is and count himself in at once, or it could be freed between the
 * two. So both stand in one word: its upper bits name the view's slot, its lower ones count how often it was taken
 * while it was current. Giving back subtracts from the view's own balance. Whoever replaces a view reads from the word
 * how often it was taken, adds that to the balance, and from then on a balance of zero says that nobody uses it.
 */
#include "daemon/gate/view.h"

#include "lib/trust/trust.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* 2^54 requests under one epoch are more than there will be. */
#define SLOT_SHIFT 54
#define TAKEN_MASK ((UINT64_C(1) << SLOT_SHIFT) - 1)

_Static_assert(GATE_VIEWS_MAX <= 1 << (64 - SLOT_SHIFT), "a slot's number fits above the count");

struct gate_view *
gate_view_new(void)
{
	return calloc(1, sizeof(struct gate_view));
}

void
gate_view_free(struct gate_view **view)
{
	struct gate_view *old = *view;

	*view = NULL;
	if (old == NULL)
		return;
	mm_trust_free(&old->trust);
	gate_callers_clear(&old->callers);
	mm_http_proxies_clear(&old->proxies);
	free(old->services);
	free(old->kids_wanted);
	free(old);
}

bool
gate_view_complete(struct gate_view *view, struct gate_metrics *metrics)
{
	const struct mm_trust *trust = view->trust;

	/* One more each, so that a trust without services does not look like a lack of memory. */
	view->services = calloc(trust->service_count + 1, sizeof(struct gate_service_metrics *));
	view->kids_wanted = calloc(trust->realm_count + 1, sizeof(*view->kids_wanted));
	if (view->services == NULL || view->kids_wanted == NULL)
		return false;
	for (size_t i = 0; i < trust->service_count; i++) {
		view->services[i] = gate_metrics_service(metrics, trust->services[i].name);
		if (view->services[i] == NULL)
			return false;
	}
	return true;
}

void
gate_view_want_kid(const struct gate_view *view, const struct mm_realm *realm)
{
	atomic_store_explicit(&view->kids_wanted[realm - view->trust->realms], true, memory_order_relaxed);
}

struct gate_service_metrics *
gate_view_service_metrics(const struct gate_view *view, const struct mm_service *service)
{
	return view->services[service - view->trust->services];
}

bool
gate_views_init(struct gate_views *views, struct gate_view *first)
{
	*views = (struct gate_views){ .slots = { first } };
	views->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return views->wake_fd != -1;
}

void
gate_views_clear(struct gate_views *views)
{
	for (size_t i = 0; i < GATE_VIEWS_MAX; i++)
		gate_view_free(&views->slots[i]);
	if (views->wake_fd > 0)
		close(views->wake_fd);
	views->wake_fd = -1;
}

const struct gate_view *
gate_views_take(struct gate_views *views)
{
	return views->slots[atomic_fetch_add_explicit(&views->current, 1, memory_order_acquire) >> SLOT_SHIFT];
}

void
gate_views_give_back(struct gate_views *views, const struct gate_view *view)
{
	/* The word that was taken from views is not const. */
	struct gate_view *used = (struct gate_view *)(uintptr_t)view;

	if (atomic_fetch_sub_explicit(&used->balance, 1, memory_order_acq_rel) == 1)
		(void)eventfd_write(views->wake_fd, 1);
}

struct gate_view *
gate_views_newest(struct gate_views *views)
{
	return views->slots[atomic_load_explicit(&views->current, memory_order_relaxed) >> SLOT_SHIFT];
}

bool
gate_views_replace(struct gate_views *views, struct gate_view *view)
{
	struct gate_view *old;
	uint64_t slot = 0, word;

	while (slot < GATE_VIEWS_MAX && views->slots[slot] != NULL)
		slot++;
	if (slot == GATE_VIEWS_MAX)
		return false;
	views->slots[slot] = view;
	word = atomic_exchange_explicit(&views->current, slot << SLOT_SHIFT, memory_order_acq_rel);
	old = views->slots[word >> SLOT_SHIFT];
	old->replaced = true;
	atomic_fetch_add_explicit(&old->balance, (int64_t)(word & TAKEN_MASK), memory_order_acq_rel);
	return true;
}

uint64_t
gate_views_sweep(struct gate_views *views)
{
	uint64_t oldest = UINT64_MAX;

	for (size_t i = 0; i < GATE_VIEWS_MAX; i++) {
		struct gate_view *view = views->slots[i];

		if (view == NULL)
			continue;
		if (view->replaced && atomic_load_explicit(&view->balance, memory_order_acquire) == 0)
			gate_view_free(&views->slots[i]);
		else if (mm_trust_epoch(view->trust) < oldest)
			oldest = mm_trust_epoch(view->trust);
	}
	return oldest;
}
