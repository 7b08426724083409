/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate, as mintmarkd keeps it: what it is handed, its views, its journal's segments, its alarms.
 */
#ifndef MM_DAEMON_MINTMARKD_GATE_H
#define MM_DAEMON_MINTMARKD_GATE_H

#include "daemon/mintmarkd/keeper.h"
#include "daemon/mintmarkd/segments.h"
#include "daemon/mintmarkd/told.h"
#include "lib/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct mm_gate {
	struct mm_keeper keeper;
	struct mm_segments segments; /* set by the caller before the first start */

	uint64_t sent_epoch;      /* of the last snapshot that this process was sent */
	uint64_t first_epoch;     /* of the first one, which it must be ready with */
	uint64_t settled_epoch;   /* no older one is in use any more; 0: not known yet */
	int64_t segment_retry_ms; /* when a spare that could not be made is tried again; MM_NEVER_MS: none is wanted */
	struct mm_buf tls_files;  /* which ones it was given */
	bool told_full;           /* that no spare can be made */
	struct mm_cool_down peer_made; /* another pair with the ledger */
	struct mm_told told;
};

void mm_gate_init(struct mm_gate *gate, struct mm_mintmarkd *mintmarkd);
void mm_gate_clear(struct mm_gate *gate);

/* What mintmarkd holds now is what the gate shall decide by. */
void mm_gate_send_view(struct mm_mintmarkd *mintmarkd);

/* Whether the TLS files that it was given are others now. */
bool mm_gate_tls_changed(const struct mm_mintmarkd *mintmarkd);

/* The journal's own deadline, beside the keeper's. */
int64_t mm_gate_deadline_ms(const struct mm_gate *gate);
void mm_gate_check_time(struct mm_gate *gate);

#endif
