/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/shadow/SERVICE: the question of forward auth, decided and recorded, and answered with nothing. For a proxy that
 * sends the gate copies of requests that it lets through anyway, as nginx's mirror does.
 */
#include "daemon/gate/gate.h"
#include "daemon/gate/identity.h"
#include "daemon/gate/route.h"

#include <microhttpd.h>

/*
 * 204 whatever was decided, with no field that differs. Proofs are remembered apart: the request that this is a copy of
 * may come to this gate too, and its proof must be new there.
 */
void
gate_shadow(struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	struct gate_identity identity;

	answer->status = MHD_HTTP_NO_CONTENT;
	if (!gate_identity_read(&identity, exchange, "shadow"))
		return;
	identity.evidence.shown.replay_store = exchange->gate->shadow_replay_store;
	gate_decide_in_shadow(exchange, &identity.question);
}
