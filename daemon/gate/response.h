/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an answer to the library's response, and to the client.
 *
 * A response takes the library some twenty allocations. Answers come again: to every request with one token, to every
 * one without a token. So each thread keeps those that it made lately and sends one again where an answer is the same,
 * byte for byte. Every answer is made anew first: what is kept decides nothing.
 */
#ifndef MM_DAEMON_GATE_RESPONSE_H
#define MM_DAEMON_GATE_RESPONSE_H

#include "daemon/gate/exchange.h"

#include <microhttpd.h>

/* A page's requests come with few tokens; a kept answer takes some 3 kB. */
#define GATE_KEPT_RESPONSES 32

struct gate_kept_response {
	struct mm_http_answer answer;
	bool closes;                   /* it says that the connection ends behind it */
	struct MHD_Response *response; /* NULL: the place is free */
};

void gate_kept_response_clear(struct gate_kept_response *kept);

/* Queue an answer, which is taken. MHD_NO, which ends the connection, where it cannot be sent. */
enum MHD_Result gate_response_send(const struct gate_exchange *exchange, struct mm_http_answer *answer);

#endif
