/* SPDX-License-Identifier: Apache-2.0 */
/* Telling, and noting what is told. */
#include "daemon/mintmarkd/mint_order.h"

#include "daemon/mintmarkd/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void
mm_mint_order(struct mm_mint_order *order, enum mm_message_type type, const void *payload, size_t len, int fd)
{
	mm_buf_add_u32(order->noted, (uint32_t)type);
	mm_buf_add_u32(order->noted, (uint32_t)len);
	mm_buf_add(order->noted, payload, len);
	if (order->child != NULL && !order->failed)
		order->failed = !mm_child_send(order->child, type, payload, len, fd);
}

void
mm_mint_order_buf(struct mm_mint_order *order, enum mm_message_type type, struct mm_buf *buf, int fd)
{
	if (mm_buf_ok(buf)) {
		mm_mint_order(order, type, buf->data, buf->len, fd);
	} else {
		mm_log(LOG_ERR, "a message to a process of a mint: %s", strerror(ENOMEM));
		order->failed = true;
	}
	mm_buf_clear(buf);
}

bool
mm_mint_order_opens(const struct mm_mint_order *order)
{
	return order->child != NULL && !order->failed;
}

void
mm_mint_order_opened(struct mm_mint_order *order, enum mm_message_type type, const void *payload, size_t len, int fd)
{
	if (order->child != NULL && fd == -1)
		order->failed = true;
	mm_mint_order(order, type, payload, len, fd);
	if (fd >= 0)
		close(fd);
}

bool
mm_mint_order_ok(const struct mm_mint_order *order)
{
	return !order->failed && mm_buf_ok(order->noted);
}
