/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate: what its threads share.
 *
 * Everything but the views, the counters and the journal is set before the first thread is made and never changes
 * afterwards, so that the deciding path needs no locks of the gate's own. What it decides by is a view (view.h), which
 * each exchange takes when its answer is made.
 */
#ifndef MM_DAEMON_GATE_GATE_H
#define MM_DAEMON_GATE_GATE_H

#include "daemon/gate/finding.h"
#include "daemon/gate/metrics.h"
#include "daemon/gate/mint_keys.h"
#include "daemon/gate/view.h"
#include "daemon/http/server.h"
#include "daemon/ipc/limits.h"
#include "engine/config.h"
#include "engine/journal.h"
#include "lib/base/limits.h"
#include "lib/token/autopsy.h"

#include <mintmark/cache.h>
#include <mintmark/evidence.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Journal segments that can come before the start: the one in use, its spare, and some. */
#define GATE_SEGMENTS_MAX 8

/* Alarms of autopsies that the log had: it need not hear of each token. */
struct gate_autopsy_alarm {
	uint8_t material_id[MM_DIGEST_LEN];
	enum mm_autopsy_fault fault;
	int64_t told_s;
	uint64_t untold;
};

struct gate_autopsy_alarms {
	struct gate_autopsy_alarm items[32];
	size_t count;
};

/* What the journal knows of autopsies that told nothing, and since when. */
struct gate_autopsy_gaps {
	uint64_t dropped, folded;
	int64_t told_s;
};

struct gate_autopsies;
struct gate_ledger;
struct gate_logins;

struct gate {
	char name[MM_GATE_NAME_MAX + 1];
	enum mm_journal_mode journal_mode;
	uid_t uid;
	gid_t gid;
	uint64_t token_cache_bytes; /* 0: none */
	struct mm_http_server server;
	struct gate_views views;
	struct gate_view *next; /* what came for the next view; NULL: nothing yet. The control socket's thread alone */
	struct gate_mint_keys mint_keys; /* the control socket's thread alone */
	bool next_spoiled;      /* something for it could not be read or kept */
	uint64_t epoch_told;    /* mintmarkd knows that no older view is used. The control socket's thread alone */
	unsigned char nonce_secret[MM_EVIDENCE_SECRET_LEN]; /* of nonces for DPoP proofs; a new one with each start */
	struct mm_replay_store *replay_store;               /* of used DPoP proofs */
	struct mm_replay_store *shadow_replay_store;        /* of those that only the shadow has seen */
	struct mm_cache *token_cache; /* of verified signatures, for all threads and views; NULL: none is wanted */
	struct gate_logins *logins;   /* that callers told of */
	struct gate_ledger *ledger;   /* NULL: no realm is a mint */
	uint32_t stale_after_s;       /* without a heartbeat of the ledger */
	struct gate_findings findings;
	struct gate_autopsies *autopsies;
	struct gate_autopsy_alarms autopsy_alarms; /* the autopsies' thread alone */
	struct gate_autopsy_gaps autopsy_gaps;     /* the control socket's thread alone */
	int segments[GATE_SEGMENTS_MAX]; /* until the journal is open */
	size_t segment_count;
	struct mm_journal *journal;
	struct gate_metrics metrics;
	pthread_key_t thread;          /* a struct gate_thread for each thread that answers */
	bool settled;                  /* GATE_SETTINGS came */
	_Atomic bool stopping;         /* answers close their connection */
	_Atomic size_t in_flight;      /* requests whose head was read and whose answer is not yet sent */
	_Atomic size_t connections;    /* open now */
	_Atomic size_t connections_answered; /* those of them that had an answer */
	_Atomic bool segment_wanted;   /* the journal has no spare */
};

#endif
