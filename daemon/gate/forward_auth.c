/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/auth/SERVICE: forward auth, for nginx's auth_request and its like. The token comes as the client sent it
 * (RFC 6750 section 2.1), the answer is a status and, when allowed, headers that say who it is.
 */
#include "daemon/gate/identity.h"
#include "daemon/gate/route.h"

void
gate_forward_auth(struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	struct gate_identity identity;

	if (gate_identity_read(&identity, exchange, "auth"))
		gate_identity_answer(&identity, exchange, answer);
	else
		gate_identity_answer_unreadable(exchange, answer);
}
