/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trust that is in use: a compiled snapshot, its epoch, and what there is to say of it.
 */
#ifndef MM_DAEMON_MINTMARKD_TRUST_IN_USE_H
#define MM_DAEMON_MINTMARKD_TRUST_IN_USE_H

#include "daemon/mintmarkd/key_lists.h"
#include "engine/problems.h"

#include <stdint.h>

struct mm_trust_in_use {
	int snapshot_fd; /* sealed; -1: none */
	uint64_t epoch;
	int64_t compiled_s;
	struct mm_key_lists lists; /* that it was compiled from */
	struct mm_problems problems; /* alarms and remarks that it was compiled with */
};

void mm_trust_in_use_clear(struct mm_trust_in_use *trust);

#endif
