/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Autopsies: refused tokens whose kid names a known key are looked at once more, off the answer's path, by a thread
 * that takes a quarter of one processor at most.
 *
 * Tokens wait in flows, one for each key and source, and the thread takes one of each flow in turn. So whoever floods
 * the gate with garbage, to hide a forgery in it or for any other reason, uses up his own turns and nobody else's.
 * Where there are more sources than flows, who offered less of late has the place of who offered more. A token that
 * finds no room is not examined, and counted: an evidence gap.
 */
#ifndef MM_DAEMON_GATE_AUTOPSY_H
#define MM_DAEMON_GATE_AUTOPSY_H

#include "daemon/gate/view.h"
#include "lib/token/autopsy.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* Flows at a time. A source is an address, of IPv6 its first 64 bits, which are one customer's. */
#define GATE_AUTOPSY_FLOWS_MAX 1024

/*
 * Tokens that wait in one flow, and their bytes in all. A proxy that tells of no clients is one source, so a flow may
 * be long; where half of the bytes are taken it may have FLOW_LEN_SURE, which leaves the others to those who have none.
 */
#define GATE_AUTOPSY_FLOW_LEN_MAX 64
#define GATE_AUTOPSY_FLOW_LEN_SURE 4
#define GATE_AUTOPSY_BYTES_MAX ((size_t)8 * 1024 * 1024)

/* Of one processor's time. */
#define GATE_AUTOPSY_SHARE_PERCENT 25

/* Where a token was refused. */
#define GATE_AUTOPSY_TEXT_MAX 64
struct gate_autopsy_place {
	char service[GATE_AUTOPSY_TEXT_MAX + 1];
	char source[GATE_AUTOPSY_TEXT_MAX + 1];
};

/*
 * Told of tokens that some key signed, by the examining thread: each where it was shown, but not the same again at
 * once, and not more than the journal should bear (autopsy_memory.h). view is the one that it was examined under.
 */
typedef void gate_autopsy_teller(void *ctx, const struct gate_view *view, const struct gate_autopsy_place *place,
    const struct mm_autopsy *autopsy);

struct gate_autopsy_counts {
	uint64_t queued; /* now */
	uint64_t examined, proofs, leads;
	uint64_t repeated; /* the same token was waiting already, or was found of late */
	uint64_t folded;   /* of proofs and leads: the teller was not told, since their sources had too many */
	uint64_t dropped;  /* not examined for want of room or memory, or because the gate stopped */
};

struct gate_autopsies;

/*
 * Begin, with a thread of its own. views must outlive it. NULL where memory, randomness or threads are short.
 * Call it where the sandbox lets threads be made.
 */
struct gate_autopsies *gate_autopsies_new(struct gate_views *views, gate_autopsy_teller *tell, void *ctx);

/* End the thread; what waits still is dropped, and counted so. Nothing may be offered any more. */
void gate_autopsies_stop(struct gate_autopsies *autopsies);

/* Stop, if they were not stopped, and free. *autopsies becomes NULL. */
void gate_autopsies_free(struct gate_autopsies **autopsies);

/*
 * Have a token examined. key is one that its kid names, of any view that is in use. Any thread; it waits for nothing
 * but other calls of this.
 */
void gate_autopsies_offer(struct gate_autopsies *autopsies, struct mm_slice token, const struct mm_key *key,
    struct mm_slice service, struct mm_slice source);

/* Of none, which is what there is before the beginning: all zero. */
void gate_autopsies_get_counts(struct gate_autopsies *autopsies, struct gate_autopsy_counts *counts);

#endif
