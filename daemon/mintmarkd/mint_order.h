/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process of a mint is told at its start: sent to it, or only noted, so that a changed configuration is noticed
 * and the process is started anew for it, and for nothing else.
 */
#ifndef MM_DAEMON_MINTMARKD_MINT_ORDER_H
#define MM_DAEMON_MINTMARKD_MINT_ORDER_H

#include "daemon/mintmarkd/child.h"
#include "lib/base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* All that one process is told: a configuration holds each text, some of them for several realms. */
#define MM_MINT_ORDERS_MAX ((size_t)8 * 1024 * 1024)

struct mm_mint_order {
	struct mm_child *child; /* NULL: it is only noted */
	struct mm_buf *noted;
	bool failed;
};

/* Say one thing; fd stays the caller's. Once anything failed, nothing more is sent. */
void mm_mint_order(struct mm_mint_order *order, enum mm_message_type type, const void *payload, size_t len, int fd);

/* Say what was put together, and clear it. */
void mm_mint_order_buf(struct mm_mint_order *order, enum mm_message_type type, struct mm_buf *buf, int fd);

/* Whether what is handed over is to be opened: not where it is only noted. */
bool mm_mint_order_opens(const struct mm_mint_order *order);

/* Say one thing with a descriptor that was opened for it, and close that; -1, and logged: it cannot be had. */
void mm_mint_order_opened(struct mm_mint_order *order, enum mm_message_type type, const void *payload, size_t len,
    int fd);

/* Whether all of it was sent and noted. */
MM_MUST_USE bool mm_mint_order_ok(const struct mm_mint_order *order);

#endif
