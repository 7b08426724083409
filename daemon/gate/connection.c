/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections that are open.
 */
#include "daemon/gate/connection.h"

#include <stdlib.h>

/*
 * A connection takes all of its memory from its first answer on (before that, hardly any). So beyond this many
 * connections that have had one, 80 MiB, answers close theirs; it is far more than proxies keep open.
 */
#define KEPT_CONNECTIONS_MAX 1024

/* What the gate keeps of one. */
struct connection {
	bool answered; /* once at least: it counts against KEPT_CONNECTIONS_MAX */
};

void
gate_connection_changed(void *ctx, struct MHD_Connection *http, void **connection_ctx,
    enum MHD_ConnectionNotificationCode what)
{
	struct gate *gate = ctx;
	struct connection *connection = *connection_ctx;

	(void)http;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		atomic_fetch_add_explicit(&gate->connections, 1, memory_order_relaxed);
		*connection_ctx = calloc(1, sizeof(*connection));
		return;
	}
	atomic_fetch_sub_explicit(&gate->connections, 1, memory_order_relaxed);
	if (connection != NULL && connection->answered)
		atomic_fetch_sub_explicit(&gate->connections_answered, 1, memory_order_relaxed);
	free(connection);
}

bool
gate_connection_may_stay(const struct gate_exchange *exchange)
{
	struct gate *gate = exchange->gate;
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *connection = info == NULL ? NULL : info->socket_context;

	if (connection == NULL || atomic_load_explicit(&gate->stopping, memory_order_relaxed))
		return false;
	if (!connection->answered)
		atomic_fetch_add_explicit(&gate->connections_answered, 1, memory_order_relaxed);
	connection->answered = true;
	return atomic_load_explicit(&gate->connections_answered, memory_order_relaxed) <= KEPT_CONNECTIONS_MAX;
}
