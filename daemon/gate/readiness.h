/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the gate could allow anything now, of a realm, at a service, at all.
 *
 * What one realm lacks takes nothing from the others: a balancer that takes the whole gate away for it turns the
 * outage of one into that of all. So a gate is not ready where nobody could be let in, and ready in part where some
 * could.
 */
#ifndef MM_DAEMON_GATE_READINESS_H
#define MM_DAEMON_GATE_READINESS_H

#include "daemon/gate/gate.h"
#include "lib/trust/trust.h"

#include <mintmark/decide.h>

#include <stdbool.h>
#include <stdint.h>

enum gate_readiness {
	GATE_READY,
	GATE_READY_IN_PART,
	GATE_NOT_READY,
};

/* What realms are held against. */
struct gate_heard {
	enum mm_freshness freshness; /* of what the ledger says */
	int64_t stale_for_s;
	int64_t now_s;
};

struct gate_heard gate_readiness_hear(const struct gate *gate);

/* Why all tokens of a realm are refused, a constant sentence; NULL: they are not. */
const char *gate_readiness_fault(const struct mm_trust *trust, const struct mm_realm *realm,
    const struct gate_heard *heard);

/* Whether a service, any where it is NULL, accepts tokens of a realm. */
bool gate_readiness_concerns(const struct mm_trust *trust, const struct mm_service *service,
    const struct mm_realm *realm);

/* By the realms that a service accepts; and by those of all services. Where there is no service nothing is wanting. */
enum gate_readiness gate_readiness_of_service(const struct mm_trust *trust, const struct mm_service *service,
    const struct gate_heard *heard);
enum gate_readiness gate_readiness_of_all(const struct mm_trust *trust, const struct gate_heard *heard);

#endif
