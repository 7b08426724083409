/* SPDX-License-Identifier: Apache-2.0 */
/* A realm's issuer, as mintmarkd keeps it. */
#include "daemon/mintmarkd/mintmarkd.h"
#include "daemon/mintmarkd/tls.h"

#include <string.h>

/* The addresses are those that were opened for the realm: another 'listen' waits for the next start of mintmarkd. */
static bool
order_listeners(const struct mm_mint *mint, struct mm_mint_order *order)
{
	bool has_tls = false;

	for (size_t i = 0; i < mint->listeners.count; i++) {
		const struct mm_listener *listener = &mint->listeners.items[i];
		char payload[1 + MM_LISTENER_NAME_MAX];
		size_t len = strlen(listener->name);

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
