/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier: who may have a token. One thread and one loop, beside the threads that check passwords.
 *
 * A request of the issuer is a piece of work (work.h). What a round of the loop changed is on the disk before any
 * answer of it is sent; where that fails, nothing is left of its requests.
 */
#ifndef MM_DAEMON_VERIFIER_VERIFIER_H
#define MM_DAEMON_VERIFIER_VERIFIER_H

#include "daemon/verifier/assertion.h"
#include "daemon/verifier/attempts.h"
#include "daemon/verifier/known_client.h"
#include "daemon/verifier/password.h"
#include "daemon/verifier/peer.h"
#include "daemon/verifier/realm.h"
#include "daemon/verifier/spent.h"
#include "daemon/verifier/table.h"
#include "lib/token/dpop.h"

#include <mintmark/decide.h>
#include <mintmark/evidence.h>
#include <mintmark/trust.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct verifier_counts {
	uint64_t requests, granted, denied, sign_ins, sign_ins_wrong, sign_ins_slowed, busy, replays, store_failures;
};

/* What was revoked and is not on the ledger's record yet, by the numbers of its rows. */
struct verifier_owed {
	int64_t last;     /* that was written */
	int64_t kept;     /* that the disk has */
	int64_t first;    /* that is owed; 0: none */
	int64_t sent;     /* to this ledger */
	size_t under_way; /* that it did not answer */
	int64_t again_ms; /* when all of it is sent again; 0: it need not */
	int64_t quiet_ms; /* until then a token could have the second of the last one that was confirmed */
	bool look;        /* first is to be looked up */
};

struct verifier_work;
struct verifier_reply;

struct verifier {
	struct verifier_realm realm;
	struct verifier_table table;
	struct verifier_spent spent;
	struct verifier_peer issuer, ledger;
	struct verifier_passwords *passwords;
	struct verifier_attempts *attempts;
	struct verifier_signatures signatures;
	struct mm_replay_store *replays;
	unsigned char nonce_secret[MM_EVIDENCE_SECRET_LEN]; /* of nonces for DPoP proofs; a new one with each start */
	struct verifier_known_clients known_clients;
	struct verifier_assertion_room assertion_room;
	struct mm_dpop_room dpop_room;

	struct mm_trust *trust; /* NULL: none came yet */
	struct mm_decision *decision;

	/* The time of this round: of the world, and of CLOCK_BOOTTIME. */
	int64_t now_s, now_ms;
	int64_t second_ends_ms; /* when now_s is over, as now_ms counts */
	int64_t sweep_due_ms, status_due_ms;
	uint64_t round; /* its number; the first is 1, so that 0 is none */

	struct verifier_work *works; /* that are not answered */
	size_t work_count;
	uint64_t work_number;
	struct verifier_reply *replies; /* to operators, at the end of the round */
	bool users_changed;             /* the directory is to be written */
	int64_t directory_due_ms;
	bool store_failed;              /* the last commit failed */
	struct verifier_owed owed;
	struct verifier_counts counts;
	int64_t rows_due_ms; /* when the rows of the table are counted again, for the status */
	int64_t users, clients, sessions, families;

	int folder_fd; /* -1: none */
	uid_t uid;
	gid_t gid;
};

enum verifier_end {
	VERIFIER_END_NOT,
	VERIFIER_END_STOP,   /* mintmarkd said so */
	VERIFIER_END_BROKEN,
};

/* What is needed beside what mintmarkd sends: threads, stores, the table in the current folder. */
MM_MUST_USE bool verifier_open(struct verifier *verifier, const char **why);
void verifier_close(struct verifier *verifier);

/* Serve until the end. */
enum verifier_end verifier_serve(struct verifier *verifier);

/* The end of a round: sync, then send. Also for tests. */
void verifier_end_round(struct verifier *verifier);

#endif
