/* SPDX-License-Identifier: Apache-2.0 */
/* A realm's issuer, as mintmarkd keeps it. */
#include "daemon/ipc/sealed.h"
#include "daemon/mintmarkd/mintmarkd.h"
#include "daemon/mintmarkd/tls.h"
#include "lib/base/limits.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The addresses are those that were opened for the realm: another 'listen' waits for the next start of mintmarkd. */
static bool
order_listeners(const struct mm_mint *mint, struct mm_mint_order *order)
{
	bool has_tls = false;

	for (size_t i = 0; i < mint->addresses.listeners.count; i++) {
		const struct mm_listener *listener = &mint->addresses.listeners.items[i];
		char payload[1 + MM_LISTENER_NAME_MAX];
		size_t len = strlen(listener->name);

		if (listener->fd < 0)
			continue;
		payload[0] = (char)listener->listen->kind;
		memcpy(payload + 1, listener->name, len);
		mm_mint_order(order, MM_MESSAGE_ISSUER_LISTENER, payload, 1 + len, listener->fd);
		has_tls = has_tls || listener->listen->kind == MM_LISTEN_TLS;
	}
	return has_tls;
}

/* Which file it is belongs to the orders: an issuer with a renewed certificate is started anew. */
static void
order_pem(struct mm_mint_order *order, enum mm_message_type type, const void *payload, size_t len, const char *setting,
    const char *path)
{
	if (path == NULL)
		return;
	mm_tls_add_identity(order->noted, path);
	mm_mint_order_opened(order, type, payload, len, mm_mint_order_opens(order) ? mm_tls_open(setting, path) : -1);
}

static void
order_tls(const struct mm_config *config, struct mm_mint_order *order)
{
	static const unsigned char certificate = 0, key = 1;

	order_pem(order, MM_MESSAGE_ISSUER_TLS, &certificate, 1, "tls_certificate", config->tls_certificate_path);
	order_pem(order, MM_MESSAGE_ISSUER_TLS, &key, 1, "tls_key", config->tls_key_path);
	order_pem(order, MM_MESSAGE_ISSUER_CLIENT_CA, NULL, 0, "tls_client_certificates", config->tls_client_ca_path);
}

/* The keys are not noted: they come anew by themselves. */
static void
send_keys(const struct mm_mint *mint, struct mm_mint_order *order)
{
	if (mm_mint_order_opens(order) && mint->keys.fd >= 0)
		order->failed = !mm_child_send(order->child, MM_MESSAGE_ISSUER_KEYS, NULL, 0, mint->keys.fd);
}

/* ---- at whose addresses it answers ---- */

static void
add_tenant(void *ctx, const struct mm_config_tenant *tenant)
{
	if (tenant->id != NULL && tenant->id[0] != '\0')
		mm_buf_add(ctx, tenant->id, strlen(tenant->id) + 1);
}

/* The list as a sealed memfd; -1 with errno. */
static int
seal_tenants(const struct mm_mint_process *issuer)
{
	int fd = mm_sealed_new("tenants"), failure;
	struct mm_buf list;

	if (fd == -1)
		return -1;
	mm_buf_init(&list, MM_DIRECTORY_LEN_MAX);
	mm_mint_each_tenant(issuer, add_tenant, &list);
	mm_mint_each_added_tenant(issuer, add_tenant, &list);
	mm_buf_add_u8(&list, '\0');
	errno = ENOMEM;
	if (!mm_buf_ok(&list) || mm_sealed_write(fd, mm_slice(list.data, list.len)) == -1 ||
	    mm_sealed_seal(fd) == -1) {
		failure = errno;
		close(fd);
		fd = -1;
		errno = failure;
	}
	mm_buf_clear(&list);
	return fd;
}

/* Nobody has all of them before the ledger has said which were added. */
static bool
knows_tenants(const struct mm_mint_process *issuer)
{
	return strstr(mm_mint_config(issuer)->issuer, "{tenant}") != NULL && issuer->mint->tenants.fd >= 0;
}

static void
send_tenants(struct mm_mint_process *issuer)
{
	int fd = seal_tenants(issuer);

	if (fd == -1) {
		mm_keeper_end_by_force(&issuer->keeper, "cannot be told its tenants");
		return;
	}
	mm_keeper_send(&issuer->keeper, MM_MESSAGE_ISSUER_TENANTS, NULL, 0, fd);
	close(fd);
}

void
mm_mint_issuer_send_tenants(struct mm_mint_process *issuer)
{
	if (mm_keeper_serves(&issuer->keeper) && knows_tenants(issuer))
		send_tenants(issuer); /* else the next one begins with them */
}

static void
give_orders(struct mm_mint_process *process, struct mm_mint_order *order)
{
	struct mm_mintmarkd *mintmarkd = process->keeper.mintmarkd;
	const struct mm_config *config = mintmarkd->reading->config;

	mm_mint_order_realm(order, MM_MESSAGE_ISSUER_REALM, process->mint);
	if (order_listeners(process->mint, order))
		order_tls(config, order);
	for (char **proxy = config->trusted_proxies; proxy != NULL && *proxy != NULL; proxy++)
		mm_mint_order(order, MM_MESSAGE_ISSUER_PROXY, *proxy, strlen(*proxy), -1);
	mm_mint_order(order, MM_MESSAGE_ISSUER_ROOT, mintmarkd->mints.root, sizeof(mintmarkd->mints.root), -1);
	send_keys(process->mint, order);
	if (mm_mint_order_opens(order) && knows_tenants(process))
		send_tenants(process);
	mm_mint_order_start(order, MM_MESSAGE_ISSUER_START, mintmarkd);
}

static mm_keeper_handler *const handlers[MM_MESSAGE_COUNT] = {
	[MM_MESSAGE_ISSUER_READY] = mm_mint_take_ready,
	[MM_MESSAGE_ISSUER_STATUS] = mm_mint_take_status,
	[MM_MESSAGE_ISSUER_ALARM] = mm_mint_take_alarm,
	[MM_MESSAGE_ISSUER_WANT_PEER] = mm_mint_take_want_peer,
};

const struct mm_mint_role mm_mint_issuer_role = {
	.keeper = {
		.process = MM_PROCESS_ISSUER,
		.name = "issuer",
		.says_ready = true,
		.stop = MM_MESSAGE_ISSUER_STOP,
		.hand_over = mm_mint_hand_over,
		.ended = mm_mint_ended,
		.handlers = handlers,
	},
	.give_orders = give_orders,
};
