/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger, as mintmarkd keeps it. */
#include "daemon/ipc/sealed.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/mint_files.h"
#include "daemon/mintmarkd/mintmarkd.h"
#include "lib/base/reader.h"

#include <string.h>

/* A ledger of hundreds of millions of records is read from its last head on; a damaged one from the start. */
#define READY_MS (600 * INT64_C(1000))

/* ---- what it is told ---- */

struct told_of {
	const struct mm_mint *mint;
	struct mm_mint_order *order;
};

static void
begin_for(struct mm_buf *buf, const struct mm_mint *mint)
{
	mm_buf_init(buf, MM_MESSAGE_LEN_MAX);
	mm_buf_add_u16(buf, mint->number);
}

static void
add_tenant(struct mm_buf *buf, const struct mm_config_tenant *tenant)
{
	const char *id = tenant->id == NULL ? "" : tenant->id;

	mm_buf_add(buf, tenant->name, strlen(tenant->name) + 1);
	mm_buf_add(buf, id, strlen(id) + 1);
	for (char **domain = tenant->domains; domain != NULL && *domain != NULL; domain++)
		mm_buf_add(buf, *domain, strlen(*domain) + 1);
	mm_buf_add_u8(buf, 0);
}

static void
order_tenant(void *ctx, const struct mm_config_tenant *tenant)
{
	const struct told_of *of = ctx;
	struct mm_buf buf;

	begin_for(&buf, of->mint);
	add_tenant(&buf, tenant);
	mm_mint_order_buf(of->order, MM_MESSAGE_LEDGER_TENANT, &buf, -1);
}

/* Those of other realms: their names and domains are taken. */
static void
order_other_tenants(const struct mm_config *config, struct mm_mint_order *order)
{
	static const uint8_t none[2] = { 0xff, 0xff };

	for (size_t i = 0; i < config->tenant_count; i++) {
		struct mm_buf buf;

		mm_buf_init(&buf, MM_MESSAGE_LEN_MAX);
		mm_buf_add(&buf, none, sizeof(none));
		add_tenant(&buf, &config->tenants[i]);
		mm_mint_order_buf(order, MM_MESSAGE_LEDGER_TENANT, &buf, -1);
	}
}

static void
order_service(void *ctx, const struct mm_config_service *service)
{
	const struct told_of *of = ctx;
	struct mm_buf buf;

	begin_for(&buf, of->mint);
	mm_buf_add_str(&buf, service->audience);
	mm_mint_order_buf(of->order, MM_MESSAGE_LEDGER_SERVICE, &buf, -1);
}

static void
order_realm(struct mm_mint *mint, struct mm_mint_order *order)
{
	struct told_of of = { mint, order };

	mm_mint_order_realm(order, MM_MESSAGE_LEDGER_REALM, mint);
	mm_mint_each_tenant(&mint->parts[MM_MINT_SIGNER], order_tenant, &of);
	mm_mint_each_service(mint, order_service, &of);
}

static void
order_files(const struct mm_mintmarkd *mintmarkd, struct mm_mint_order *order)
{
	const struct mm_config *config = mintmarkd->reading->config;
	bool opens = mm_mint_order_opens(order);

	mm_mint_order_opened(order, MM_MESSAGE_LEDGER_FOLDER, NULL, 0,
	    opens ? mm_mint_files_open_ledger(config, &mintmarkd->user) : -1);
	mm_mint_order_opened(order, MM_MESSAGE_LEDGER_SEALING_KEY, NULL, 0,
	    opens ? mm_mint_files_open_sealing_key(config, NULL) : -1);
	mm_mint_order_opened(order, MM_MESSAGE_LEDGER_CERTIFICATE, NULL, 0,
	    opens ? mm_mint_files_open_certificate(config) : -1);
}

static void
order_keep(const struct mm_config *config, struct mm_mint_order *order)
{
	struct mm_buf buf;

	mm_buf_init(&buf, sizeof(uint64_t));
	mm_buf_add_u64(&buf, (uint64_t)config->ledger_keep_days * 86400);
	mm_mint_order_buf(order, MM_MESSAGE_LEDGER_KEEP, &buf, -1);
}

/* The epoch, of what the gate decides by, is not noted: a new one is no reason to start anew. */
static void
send_start(const struct mm_mintmarkd *mintmarkd, struct mm_mint_order *order)
{
	struct mm_buf buf, unnoted;
	struct mm_mint_order start = { .child = order->child, .noted = &unnoted, .failed = order->failed };

	if (!mm_mint_order_opens(order))
		return;
	mm_buf_init(&unnoted, MM_MESSAGE_LEN_MAX);
	mm_buf_init(&buf, 2 * sizeof(uint32_t) + sizeof(uint64_t));
	mm_buf_add_u32(&buf, mintmarkd->user.uid);
	mm_buf_add_u32(&buf, mintmarkd->user.gid);
	mm_buf_add_u64(&buf, mintmarkd->gate.settled_epoch);
	mm_mint_order_buf(&start, MM_MESSAGE_LEDGER_START, &buf, -1);
	mm_buf_clear(&unnoted);
	order->failed = start.failed;
}

static void
give_orders(struct mm_mint_process *process, struct mm_mint_order *order)
{
	struct mm_mintmarkd *mintmarkd = process->keeper.mintmarkd;

	order_files(mintmarkd, order);
	order_keep(mintmarkd->reading->config, order);
	order_other_tenants(mintmarkd->reading->config, order);
	for (size_t i = 0; i < mintmarkd->mints.count; i++)
		if (mintmarkd->mints.items[i]->wanted)
			order_realm(mintmarkd->mints.items[i], order);
	send_start(mintmarkd, order);
}

/* ---- what it says ---- */

/* The mint that a message is about; NULL: there is none of this number. */
static struct mm_mint *
read_mint(const struct mm_keeper *keeper, const struct mm_message *message)
{
	struct mm_reader reader;
	uint8_t low, high;

	mm_reader_init(&reader, message->payload, message->len);
	low = mm_reader_u8(&reader);
	high = mm_reader_u8(&reader);
	if (!mm_reader_ok(&reader))
		return NULL;
	return mm_mints_by_number(&keeper->mintmarkd->mints, (uint16_t)(low | high << 8));
}

static bool
take_keys(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_mint *mint = read_mint(keeper, message);

	if (mint != NULL && !mint->wanted)
		return true; /* it was taken away meanwhile */
	if (mint == NULL || !mm_mint_take_document(&mint->keys, message))
		return false;
	mm_log(LOG_INFO, "realm %s: the ledger sends its keys", mint->realm);
	mm_keeper_send(&mint->parts[MM_MINT_ISSUER].keeper, MM_MESSAGE_ISSUER_KEYS, NULL, 0, mint->keys.fd);
	mm_renewal_document_came(keeper->mintmarkd);
	return true;
}

static bool
read_tenants(struct mm_mint *mint)
{
	struct mm_slice bytes;
	bool read;

	if (mm_sealed_map(mint->tenants.fd, MM_DOCUMENT_LEN_MAX, &bytes) == -1)
		return false;
	read = mm_added_tenants_read(bytes, &mint->added);
	mm_sealed_unmap(&bytes);
	return read;
}

static bool
take_tenants(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_mint *mint = read_mint(keeper, message);

	if (mint != NULL && !mint->wanted)
		return true;
	if (mint == NULL || !mm_mint_take_document(&mint->tenants, message) || !read_tenants(mint))
		return false;
	mm_mint_tenants_changed(mint);
	mm_renewal_document_came(keeper->mintmarkd);
	return true;
}

static mm_keeper_handler *const handlers[MM_MESSAGE_COUNT] = {
	[MM_MESSAGE_LEDGER_READY] = mm_mint_take_ready,
	[MM_MESSAGE_LEDGER_KEYS] = take_keys,
	[MM_MESSAGE_LEDGER_TENANTS] = take_tenants,
	[MM_MESSAGE_LEDGER_STATUS] = mm_mint_take_status,
	[MM_MESSAGE_LEDGER_ALARM] = mm_mint_take_alarm,
	[MM_MESSAGE_LEDGER_WANT_PEER] = mm_mint_take_want_peer,
	[MM_MESSAGE_LEDGER_ANSWER] = mm_mint_take_answer,
};

const struct mm_mint_role mm_mint_ledger_role = {
	.keeper = {
		.process = MM_PROCESS_LEDGER,
		.name = "ledger",
		.says_ready = true,
		.stop = MM_MESSAGE_LEDGER_STOP,
		.ready_ms = READY_MS,
		.hand_over = mm_mint_hand_over,
		.ended = mm_mint_ended,
		.handlers = handlers,
	},
	.give_orders = give_orders,
};
