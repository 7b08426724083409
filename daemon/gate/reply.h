/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answering a request that is there as far as it will be read.
 */
#ifndef MM_DAEMON_GATE_REPLY_H
#define MM_DAEMON_GATE_REPLY_H

#include "daemon/gate/exchange.h"

#include <microhttpd.h>

/* Make the answer and hand it to the library. MHD_NO, which ends the connection, where it cannot be sent. */
enum MHD_Result gate_reply(struct gate_exchange *exchange);

#endif
