/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger, as the gate has it: a thread that reads its stream into what decisions prove by, puts questions to it,
 * and lets requests go on that waited for either. A gate without a mint has none of this.
 */
#ifndef MM_DAEMON_GATE_LEDGER_H
#define MM_DAEMON_GATE_LEDGER_H

#include "daemon/gate/gate.h"
#include "daemon/gate/wait.h"

#include <mintmark/proof.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gate_ledger;

/* Begin, where a root is pinned. False, told on standard error, without memory, threads or descriptors. */
MM_MUST_USE bool gate_ledger_begin(struct gate *gate);

/* Let every request go on that waits, and none wait any more: before the HTTP library is stopped. */
void gate_ledger_let_go(struct gate *gate);
void gate_ledger_end(struct gate *gate);

/* The names of mints have changed; another pair with the ledger, whose end is taken. The control socket's thread. */
void gate_ledger_take_names(struct gate *gate);
void gate_ledger_take_peer(struct gate *gate, int fd);

/* The current view is of this epoch now. */
void gate_ledger_hold_epoch(struct gate *gate, uint64_t epoch);

/* ---- any thread ---- */

/* What decisions prove by, NULL where nothing came yet; it stays as it is until it is given back. */
const struct mm_proof *gate_ledger_hold_proof(struct gate_ledger *ledger);
void gate_ledger_give_back_proof(struct gate_ledger *ledger);

/*
 * How far what the ledger says of the trust can be relied on, at a time of day in milliseconds, for a decision by this
 * epoch: its newest heartbeat's age and epoch, and whether the clocks agree.
 */
enum mm_freshness gate_ledger_freshness(const struct gate_ledger *ledger, uint64_t epoch, int64_t now_ms);

/* The same now, for the current view. */
enum mm_freshness gate_ledger_freshness_now(const struct gate *gate);

/*
 * For how long there was no word by which everything that the ledger revoked is heard, in milliseconds; INT64_MAX:
 * there was none yet.
 */
int64_t gate_ledger_age_ms(const struct gate_ledger *ledger);

/* For how long the trust has been stale by either: without a heartbeat, or without an epoch that one named. */
int64_t gate_ledger_stale_for_ms(const struct gate_ledger *ledger);

/* Whether there is a pair with it. */
bool gate_ledger_connected(const struct gate_ledger *ledger);

/* Whether it was heard a moment ago: it is there, and could be asked. */
bool gate_ledger_is_heard(const struct gate_ledger *ledger);

/* Whether waiting for the stream is of use: it runs, or did a moment ago. */
bool gate_ledger_may_come(const struct gate_ledger *ledger);

struct gate_waits *gate_ledger_waits(struct gate_ledger *ledger);

/* A request was suspended, or waits no more: look after it. */
void gate_ledger_wake(const struct gate_ledger *ledger);

/* The number of a realm, for a question; false where it is no mint. */
MM_MUST_USE bool gate_ledger_number(struct gate_ledger *ledger, struct mm_slice realm, uint16_t *number);

struct gate_ledger_stats {
	bool connected;
	int64_t age_ms;        /* as gate_ledger_age_ms() */
	int64_t clock_off_ms;
	uint64_t epoch;        /* that the newest heartbeat named */
	uint64_t streams, messages, broken;
	uint64_t index_tokens, index_bytes;
	uint64_t revoked, revoked_bytes; /* revocations that are kept, and their memory */
	uint64_t revoked_heard;          /* that came, again with each stream */
	uint64_t waited;          /* times that a request was suspended */
	uint64_t asked, answered; /* questions */
	size_t waiting;
};

void gate_ledger_get_stats(struct gate_ledger *ledger, struct gate_ledger_stats *stats);

#endif
