/* SPDX-License-Identifier: Apache-2.0 */
/* A realm's signer, as mintmarkd keeps it. */
#include "daemon/mintmarkd/mint_files.h"
#include "daemon/mintmarkd/mintmarkd.h"

#include <string.h>

/* A PKCS#11 module talks to its hardware before the signer is ready. */
#define READY_MS (60 * INT64_C(1000))

static void
add_text(struct mm_buf *buf, const char *text)
{
	mm_buf_add(buf, text, strlen(text) + 1);
}

static void
add_texts(struct mm_buf *buf, char *const *texts)
{
	for (; texts != NULL && *texts != NULL; texts++)
		add_text(buf, *texts);
	add_text(buf, "");
}

static void
order_key_store(struct mm_mint_process *process, struct mm_mint_order *order)
{
	struct mm_mintmarkd *mintmarkd = process->keeper.mintmarkd;
	const struct mm_config_realm *realm = mm_mint_config(process);
	bool opens = mm_mint_order_opens(order);
	struct mm_buf buf;

	if (realm->key_store_module == NULL) {
		mm_mint_order_opened(order, MM_MESSAGE_SIGNER_FOLDER, NULL, 0, !opens ? -1 :
		    mm_mint_files_open_keys(mintmarkd->reading->config, realm->name, &mintmarkd->user));
		mm_mint_order_opened(order, MM_MESSAGE_SIGNER_SEALING_KEY, NULL, 0,
		    opens ? mm_mint_files_open_sealing_key(mintmarkd->reading->config, realm) : -1);
		return;
	}
	mm_buf_init(&buf, MM_MESSAGE_LEN_MAX);
	mm_buf_add_u8(&buf, (uint8_t)realm->key_store_threads);
	add_text(&buf, realm->key_store_module);
	add_text(&buf, realm->key_store_token);
	add_texts(&buf, realm->key_store_environment);
	add_texts(&buf, realm->key_store_paths);
	if (mm_buf_ok(&buf))
		mm_mint_order_opened(order, MM_MESSAGE_SIGNER_MODULE, buf.data, buf.len,
		    opens ? mm_mint_files_open_pin(realm) : -1);
	else
		order->failed = true;
	mm_buf_clear(&buf);
}

/* A tenant without an id cannot be told, and needs not be: the realm has one tenant then, and no 'tid'. */
static void
order_tenant(void *ctx, const struct mm_config_tenant *tenant)
{
	if (tenant->id != NULL && tenant->id[0] != '\0')
		mm_mint_order(ctx, MM_MESSAGE_SIGNER_TENANT, tenant->id, strlen(tenant->id), -1);
}

static void
send_tenant(void *ctx, const struct mm_config_tenant *tenant)
{
	if (tenant->id != NULL && tenant->id[0] != '\0')
		mm_keeper_send(ctx, MM_MESSAGE_SIGNER_TENANT, tenant->id, strlen(tenant->id), -1);
}

static void
give_orders(struct mm_mint_process *process, struct mm_mint_order *order)
{
	mm_mint_order_realm(order, MM_MESSAGE_SIGNER_REALM, process->mint);
	mm_mint_each_tenant(process, order_tenant, order);
	if (mm_mint_order_opens(order))
		mm_mint_each_added_tenant(process, send_tenant, &process->keeper);
	order_key_store(process, order);
	mm_mint_order_start(order, MM_MESSAGE_SIGNER_START, process->keeper.mintmarkd);
}

void
mm_mint_signer_send_tenants(struct mm_mint_process *signer)
{
	if (!mm_keeper_serves(&signer->keeper))
		return; /* the next one begins with them */
	mm_keeper_send(&signer->keeper, MM_MESSAGE_SIGNER_TENANT, NULL, 0, -1);
	mm_mint_each_tenant(signer, send_tenant, &signer->keeper);
	mm_mint_each_added_tenant(signer, send_tenant, &signer->keeper);
}

static mm_keeper_handler *const handlers[MM_MESSAGE_COUNT] = {
	[MM_MESSAGE_SIGNER_READY] = mm_mint_take_ready,
	[MM_MESSAGE_SIGNER_ALARM] = mm_mint_take_alarm,
	[MM_MESSAGE_SIGNER_WANT_PEER] = mm_mint_take_want_peer,
};

const struct mm_mint_role mm_mint_signer_role = {
	.keeper = {
		.process = MM_PROCESS_SIGNER,
		.name = "signer",
		.says_ready = true,
		.stop = MM_MESSAGE_SIGNER_STOP,
		.ready_ms = READY_MS,
		.hand_over = mm_mint_hand_over,
		.ended = mm_mint_ended,
		.handlers = handlers,
	},
	.give_orders = give_orders,
};
