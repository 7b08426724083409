/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an exchange to its answer.
 */
#ifndef MM_DAEMON_ISSUER_REPLY_H
#define MM_DAEMON_ISSUER_REPLY_H

#include "daemon/issuer/exchange.h"

#include <microhttpd.h>

/* Answer an exchange, or have it wait; MHD_NO ends its connection. */
enum MHD_Result issuer_reply(struct issuer_exchange *exchange);

#endif
