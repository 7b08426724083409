/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Socket pairs between two processes that mintmarkd keeps: which there are to be, and which are.
 *
 * A pair lasts as long as both processes that it was made for. Where either is started anew, both get an end of a new
 * one: what was under way between them is lost, and each has to bear that.
 */
#ifndef MM_DAEMON_MINTMARKD_PEERS_H
#define MM_DAEMON_MINTMARKD_PEERS_H

#include "daemon/mintmarkd/keeper.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ledger with three processes of each mint and with the gate, and each issuer with its verifier. */
#define MM_PEERS_MAX (4 * MM_MINT_REALMS_MAX + 1)

/* One of the two; the realm's number is what its peer is told. */
struct mm_peer {
	struct mm_keeper *keeper;
	uint16_t realm;
	uint64_t starts; /* the number of the process that has an end of the pair; 0: none has */
};

struct mm_peer_pair {
	struct mm_peer ends[2];
	int64_t not_before_ms; /* one that was given up is not made anew at once, again and again */
};

struct mm_peers {
	struct mm_peer_pair pairs[MM_PEERS_MAX];
	size_t count;
	struct mm_telling telling; /* that one cannot be made */
};

/* There is to be a pair; the keepers must outlive it. realm: 0 where that process is of no realm. */
void mm_peers_add(struct mm_peers *peers, struct mm_keeper *a, uint16_t realm_a, struct mm_keeper *b,
    uint16_t realm_b);

/* Those with this process are broken: they are made anew. */
void mm_peers_break(struct mm_peers *peers, const struct mm_keeper *keeper);

/*
 * The pair of this process with one of another kind was given up: it is made anew. realm: the other one's number, as
 * the ledger is told it; of another keeper's than the ledger's it does not matter, as each has one of a kind.
 */
void mm_peers_give_up(struct mm_peers *peers, const struct mm_keeper *keeper, enum mm_process process,
    uint16_t realm);

/* There is to be none with this process any more. */
void mm_peers_remove(struct mm_peers *peers, const struct mm_keeper *keeper);

/*
 * Make every pair that is missing and whose processes both serve. One that cannot be made is logged, and made at
 * another call.
 */
void mm_peers_join(struct mm_peers *peers);

#endif
