/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gate decides by: trust, callers, trusted proxies, and the counters of the trust's services. A view never
 * changes once it is used; a new one takes its place while exchanges still go on with the one that they began with.
 *
 * Taking the current view and giving it back are one atomic addition each, and neither waits for anything. Everything
 * else here is done by one thread, the one that reads mintmarkd's messages.
 */
#ifndef MM_DAEMON_GATE_VIEW_H
#define MM_DAEMON_GATE_VIEW_H

#include "daemon/gate/callers.h"
#include "daemon/gate/metrics.h"
#include "daemon/http/proxies.h"

#include <mintmark/trust.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct gate_view {
	struct mm_trust *trust;
	struct gate_callers callers;
	struct mm_http_proxies proxies;
	struct gate_service_metrics **services; /* those of the trust's services, in its order; owned by the metrics */
	_Atomic bool *kids_wanted; /* for each realm of the trust: a kid was asked for that it does not have */
	bool replaced;             /* another one is current */
	/* How often it was taken less how often it was given back; while it is current only the latter is in it. */
	_Atomic int64_t balance;
};

/* An empty view, to be filled; NULL where memory is short. */
struct gate_view *gate_view_new(void);
void gate_view_free(struct gate_view **view);

/* Complete a view that has its trust, callers and proxies. False where memory is short. */
MM_MUST_USE bool gate_view_complete(struct gate_view *view, struct gate_metrics *metrics);

struct mm_realm;

/* Note that a token names a kid that this realm of the view's trust does not have. Any thread. */
void gate_view_want_kid(const struct gate_view *view, const struct mm_realm *realm);

/* The counters of a service of the view's trust. */
struct gate_service_metrics *gate_view_service_metrics(const struct gate_view *view, const struct mm_service *service);

/*
 * Every thread that answers uses one view at a time, and those are at most MM_LISTENS_MAX times 16; one more
 * is current, and one is the autopsy's.
 */
#define GATE_VIEWS_MAX 512

struct gate_views {
	_Atomic uint64_t current; /* the slot of the current view above, how often it was taken below */
	struct gate_view *slots[GATE_VIEWS_MAX];
	int wake_fd; /* readable when that thread should look: the last user of a replaced view gave it back */
};

/* Begin with a first, complete view, which becomes theirs even where it fails: false with errno. */
MM_MUST_USE bool gate_views_init(struct gate_views *views, struct gate_view *first);

/* Free all of them. Nobody may use one any more. */
void gate_views_clear(struct gate_views *views);

/* Take the current view; it lives until it is given back. Any thread. */
const struct gate_view *gate_views_take(struct gate_views *views);
void gate_views_give_back(struct gate_views *views, const struct gate_view *view);

/* The current view, for the thread that replaces it. */
struct gate_view *gate_views_newest(struct gate_views *views);

/* Make a complete view current. False, with the view still the caller's, where there are too many. */
MM_MUST_USE bool gate_views_replace(struct gate_views *views, struct gate_view *view);

/* Free the views that nobody uses any more. Returns the epoch of the oldest one left. */
uint64_t gate_views_sweep(struct gate_views *views);

#endif
