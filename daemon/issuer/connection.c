/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections that are open.
 */
#include "daemon/issuer/connection.h"

#include "daemon/issuer/issuer.h"

#include <stdlib.h>

/*
 * A connection takes all of its memory from its first answer on (before that, hardly any). So beyond this many
 * connections that have had one, 56 MiB, answers close theirs.
 */
#define KEPT_CONNECTIONS_MAX 1024

void
issuer_connection_changed(void *ctx, struct MHD_Connection *http, void **connection_ctx,
    enum MHD_ConnectionNotificationCode what)
{
	struct issuer *issuer = ctx;
	struct issuer_connection *connection = *connection_ctx;

	(void)http;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		atomic_fetch_add_explicit(&issuer->connections, 1, memory_order_relaxed);
		*connection_ctx = calloc(1, sizeof(*connection));
		return;
	}
	atomic_fetch_sub_explicit(&issuer->connections, 1, memory_order_relaxed);
	if (connection != NULL && connection->answered)
		atomic_fetch_sub_explicit(&issuer->connections_answered, 1, memory_order_relaxed);
	free(connection);
}

struct issuer_connection *
issuer_connection_of(struct MHD_Connection *http)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? NULL : info->socket_context;
}

bool
issuer_connection_may_stay(struct issuer *issuer, struct issuer_connection *connection)
{
	if (atomic_load_explicit(&issuer->stopping, memory_order_relaxed))
		return false;
	if (!connection->answered)
		atomic_fetch_add_explicit(&issuer->connections_answered, 1, memory_order_relaxed);
	connection->answered = true;
	return atomic_load_explicit(&issuer->connections_answered, memory_order_relaxed) <= KEPT_CONNECTIONS_MAX;
}
