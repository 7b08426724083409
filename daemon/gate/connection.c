/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections that are open.
 */
#include "daemon/gate/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/*
 * A connection takes all of its memory from its first answer on (before that, hardly any). So beyond this many
 * connections that have had one, 80 MiB, answers close theirs; it is far more than proxies keep open.
 */
#define KEPT_CONNECTIONS_MAX 1024

static void
write_source(struct MHD_Connection *http, char source[GATE_SOURCE_LEN_MAX])
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(http, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info == NULL ? NULL : info->client_addr;

	if (address == NULL)
		return;
	if (address->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, source,
		    GATE_SOURCE_LEN_MAX);
	else if (address->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, source,
		    GATE_SOURCE_LEN_MAX);
	else
		memcpy(source, "unix", sizeof("unix"));
}

void
gate_connection_changed(void *ctx, struct MHD_Connection *http, void **connection_ctx,
    enum MHD_ConnectionNotificationCode what)
{
	struct gate *gate = ctx;
	struct gate_connection *connection = *connection_ctx;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		atomic_fetch_add_explicit(&gate->connections, 1, memory_order_relaxed);
		connection = calloc(1, sizeof(*connection));
		if (connection != NULL)
			write_source(http, connection->source);
		*connection_ctx = connection;
		return;
	}
	atomic_fetch_sub_explicit(&gate->connections, 1, memory_order_relaxed);
	if (connection != NULL && connection->answered)
		atomic_fetch_sub_explicit(&gate->connections_answered, 1, memory_order_relaxed);
	free(connection);
}

struct gate_connection *
gate_connection_of(struct MHD_Connection *http)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? NULL : info->socket_context;
}

bool
gate_connection_may_stay(const struct gate_exchange *exchange)
{
	struct gate *gate = exchange->gate;
	struct gate_connection *connection = exchange->from;

	if (atomic_load_explicit(&gate->stopping, memory_order_relaxed))
		return false;
	if (!connection->answered)
		atomic_fetch_add_explicit(&gate->connections_answered, 1, memory_order_relaxed);
	connection->answered = true;
	return atomic_load_explicit(&gate->connections_answered, memory_order_relaxed) <= KEPT_CONNECTIONS_MAX;
}
