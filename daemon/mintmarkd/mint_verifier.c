/* SPDX-License-Identifier: Apache-2.0 */
/* A realm's verifier, as mintmarkd keeps it. */
#include "daemon/mintmarkd/mint_files.h"
#include "daemon/mintmarkd/mintmarkd.h"

#include <string.h>

static void
add_text(struct mm_buf *buf, const char *text)
{
	mm_buf_add(buf, text, strlen(text) + 1);
}

static void
write_tenant(struct mm_buf *buf, const struct mm_config_tenant *tenant)
{
	mm_buf_init(buf, MM_MESSAGE_LEN_MAX);
	add_text(buf, tenant->name);
	add_text(buf, tenant->id == NULL ? "" : tenant->id);
	for (char **domain = tenant->domains; domain != NULL && *domain != NULL; domain++)
		add_text(buf, *domain);
	add_text(buf, "");
}

static void
order_tenant(void *ctx, const struct mm_config_tenant *tenant)
{
	struct mm_buf buf;

	write_tenant(&buf, tenant);
	mm_mint_order_buf(ctx, MM_MESSAGE_VERIFIER_TENANT, &buf, -1);
}

static void
order_service(void *ctx, const struct mm_config_service *service)
{
	struct mm_buf buf;

	mm_buf_init(&buf, MM_MESSAGE_LEN_MAX);
	add_text(&buf, service->name);
	add_text(&buf, service->audience);
	mm_mint_order_buf(ctx, MM_MESSAGE_VERIFIER_SERVICE, &buf, -1);
}

/* ---- where tokens that it derives come from ---- */

static void
order_parents(const struct mm_mints *mints, const struct mm_config_realm *realm, struct mm_mint_order *order)
{
	for (char **parent = realm->derived_from; parent != NULL && *parent != NULL; parent++) {
		const struct mm_mint *mint = mm_mints_find(mints, mm_slice_str(*parent));
		struct mm_buf buf;

		if (mint == NULL)
			continue; /* of an external realm nobody here keeps a record */
		mm_buf_init(&buf, MM_MESSAGE_LEN_MAX);
		mm_buf_add_u16(&buf, mint->number);
		mm_buf_add_str(&buf, mint->realm);
		mm_mint_order_buf(order, MM_MESSAGE_VERIFIER_PARENT, &buf, -1);
	}
}

static void
order_exchanges(const struct mm_config_realm *realm, struct mm_mint_order *order)
{
	for (char **name = realm->derived_by; name != NULL && *name != NULL; name++)
		mm_mint_order(order, MM_MESSAGE_VERIFIER_EXCHANGE, *name, strlen(*name), -1);
}

/* ---- all of it ---- */

static void
send_tenant(void *ctx, const struct mm_config_tenant *tenant)
{
	struct mm_buf buf;

	write_tenant(&buf, tenant);
	if (mm_buf_ok(&buf))
		mm_keeper_send(ctx, MM_MESSAGE_VERIFIER_TENANT, buf.data, buf.len, -1);
	mm_buf_clear(&buf);
}

/* The snapshot is not noted: it comes anew by itself. */
static void
send_snapshot(const struct mm_mintmarkd *mintmarkd, struct mm_mint_order *order)
{
	if (mm_mint_order_opens(order) && mintmarkd->trust.snapshot_fd >= 0)
		order->failed = !mm_child_send(order->child, MM_MESSAGE_VERIFIER_SNAPSHOT, NULL, 0,
		    mintmarkd->trust.snapshot_fd);
}

static void
give_orders(struct mm_mint_process *process, struct mm_mint_order *order)
{
	struct mm_mintmarkd *mintmarkd = process->keeper.mintmarkd;
	const struct mm_config *config = mintmarkd->reading->config;
	const struct mm_config_realm *realm = mm_mint_config(process);
	const unsigned char dpop_nonce = realm->dpop_nonce ? 1 : 0;

	mm_mint_order_realm(order, MM_MESSAGE_VERIFIER_REALM, process->mint);
	mm_mint_order(order, MM_MESSAGE_VERIFIER_DPOP_NONCE, &dpop_nonce, 1, -1);
	mm_mint_each_tenant(process, order_tenant, order);
	if (mm_mint_order_opens(order))
		mm_mint_each_added_tenant(process, send_tenant, &process->keeper);
	mm_mint_each_service(process->mint, order_service, order);
	order_parents(&mintmarkd->mints, realm, order);
	order_exchanges(realm, order);
	mm_mint_order_opened(order, MM_MESSAGE_VERIFIER_FOLDER, NULL, 0, !mm_mint_order_opens(order) ? -1 :
	    mm_mint_files_open_table(config, realm->name, &mintmarkd->user));
	send_snapshot(mintmarkd, order);
	mm_mint_order_start(order, MM_MESSAGE_VERIFIER_START, mintmarkd);
}

void
mm_mint_verifier_send_tenants(struct mm_mint_process *verifier)
{
	if (!mm_keeper_serves(&verifier->keeper))
		return; /* the next one begins with them */
	mm_keeper_send(&verifier->keeper, MM_MESSAGE_VERIFIER_TENANT, NULL, 0, -1);
	mm_mint_each_tenant(verifier, send_tenant, &verifier->keeper);
	mm_mint_each_added_tenant(verifier, send_tenant, &verifier->keeper);
}

static bool
take_directory(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_mint *mint = mm_mint_process_of(keeper)->mint;

	if (!mint->wanted)
		return true; /* it was taken away meanwhile */
	if (!mm_mint_take_document(&mint->directory, message))
		return false;
	mm_renewal_document_came(keeper->mintmarkd);
	return true;
}

static mm_keeper_handler *const handlers[MM_MESSAGE_COUNT] = {
	[MM_MESSAGE_VERIFIER_READY] = mm_mint_take_ready,
	[MM_MESSAGE_VERIFIER_DIRECTORY] = take_directory,
	[MM_MESSAGE_VERIFIER_STATUS] = mm_mint_take_status,
	[MM_MESSAGE_VERIFIER_ALARM] = mm_mint_take_alarm,
	[MM_MESSAGE_VERIFIER_WANT_PEER] = mm_mint_take_want_peer,
	[MM_MESSAGE_VERIFIER_ANSWER] = mm_mint_take_answer,
};

const struct mm_mint_role mm_mint_verifier_role = {
	.keeper = {
		.process = MM_PROCESS_VERIFIER,
		.name = "verifier",
		.says_ready = true,
		.stop = MM_MESSAGE_VERIFIER_STOP,
		.hand_over = mm_mint_hand_over,
		.ended = mm_mint_ended,
		.handlers = handlers,
	},
	.give_orders = give_orders,
};
