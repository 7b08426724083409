/* SPDX-License-Identifier: Apache-2.0 */
/* What the processes of mints have in common. */
#include "daemon/ipc/mint_ask.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/mintmarkd.h"
#include "lib/base/reader.h"

#include <string.h>

struct mm_mint_process *
mm_mint_process_of(struct mm_keeper *keeper)
{
	return (struct mm_mint_process *)keeper;
}

/* ---- what they say ---- */

bool
mm_mint_take_ready(struct mm_keeper *keeper, struct mm_message *message)
{
	(void)message;
	if (keeper->state == MM_KEEPER_STOPPING)
		return true;
	if (keeper->state != MM_KEEPER_STARTING)
		return false;
	mm_keeper_ready(keeper);
	mm_log(LOG_INFO, "%s (process %d) serves", keeper->name, (int)keeper->child.pid);
	return true;
}

bool
mm_mint_take_alarm(struct mm_keeper *keeper, struct mm_message *message)
{
	mm_told_alarm(&mm_mint_process_of(keeper)->told, keeper->name,
	    mm_slice((const char *)message->payload, message->len));
	return true;
}

bool
mm_mint_take_status(struct mm_keeper *keeper, struct mm_message *message)
{
	return mm_told_take_status(&mm_mint_process_of(keeper)->told,
	    mm_slice((const char *)message->payload, message->len));
}

bool
mm_mint_take_want_peer(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_reader reader;
	uint8_t process;
	uint16_t realm;

	mm_reader_init(&reader, message->payload, message->len);
	process = mm_reader_u8(&reader);
	realm = mm_reader_u16(&reader);
	if (!mm_reader_ok(&reader) || process >= MM_PROCESS_COUNT)
		return false;
	mm_peers_give_up(&keeper->mintmarkd->mints.peers, keeper, (enum mm_process)process, realm);
	return true;
}

/* ---- operators' questions ---- */

/* Which process each kind of question is for. */
static const enum mm_process asked[MM_MINT_VERB_COUNT] = {
#define MM_MINT_VERB(name, word, process, changes, structure) [MM_MINT_VERB_##name] = MM_PROCESS_##process,
#include "daemon/ipc/mint_verbs.def"
#undef MM_MINT_VERB
};

static struct mm_mint *
only_mint(const struct mm_mints *mints)
{
	struct mm_mint *only = NULL;

	for (size_t i = 0; i < mints->count; i++) {
		if (!mints->items[i]->wanted)
			continue;
		if (only != NULL)
			return NULL;
		only = mints->items[i];
	}
	return only;
}

/* Whom a question is for; NULL, and *why says why there is nobody. */
static struct mm_mint_process *
find_asked(struct mm_mints *mints, const struct mm_mint_ask *ask, const char **why)
{
	struct mm_slice realm = mm_slice(ask->realm, strnlen(ask->realm, sizeof(ask->realm)));
	struct mm_mint *mint = realm.len == 0 ? only_mint(mints) : mm_mints_find(mints, realm);
	struct mm_mint_process *process = &mints->ledger;

	*why = NULL;
	if (realm.len > 0 && mint == NULL)
		*why = "there is no mint of this name: its realm says keys = \"mint\"";
	else if (asked[ask->verb] == MM_PROCESS_VERIFIER && mint == NULL)
		*why = "there are several mints, or none: name the realm";
	else if (asked[ask->verb] == MM_PROCESS_VERIFIER)
		process = &mint->parts[MM_MINT_VERIFIER];
	if (*why == NULL && process->keeper.state != MM_KEEPER_RUNNING)
		*why = process == &mints->ledger ? "the ledger is not running: 'mintmark status' says more" :
		                                   "the realm's verifier is not running: 'mintmark status' says more";
	return *why == NULL ? process : NULL;
}

static const char *
pass_on(struct mm_mints *mints, struct mm_message *message, struct mm_mint_ask *ask)
{
	uint64_t question = ask->number;
	struct mm_mint_process *process;
	const char *why;

	if (ask->verb >= MM_MINT_VERB_COUNT)
		return "nobody here understands that";
	process = find_asked(mints, ask, &why);
	if (process == NULL)
		return why;
	if (!mm_asks_add(&mints->asks, question, &process->keeper, &ask->number))
		return "too many ask at once";
	memcpy(message->payload, ask, sizeof(*ask));
	mm_keeper_send(&process->keeper,
	    process == &mints->ledger ? MM_MESSAGE_LEDGER_ASK : MM_MESSAGE_VERIFIER_ASK, message->payload,
	    message->len, -1);
	return NULL;
}

void
mm_mints_ask(struct mm_mintmarkd *mintmarkd, struct mm_message *message)
{
	struct mm_mint_ask ask;
	uint64_t question;
	const char *why;

	memcpy(&ask, message->payload, sizeof(ask));
	question = ask.number;
	why = pass_on(&mintmarkd->mints, message, &ask);
	if (why != NULL)
		mm_desk_answer_failure(mintmarkd, question, why);
}

bool
mm_mint_take_answer(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	struct mm_reader reader;
	enum mm_asks_found found;
	uint64_t number, question = 0;
	uint8_t done;

	mm_reader_init(&reader, message->payload, message->len);
	number = mm_reader_u64(&reader);
	done = mm_reader_u8(&reader);
	if (!mm_reader_ok(&reader) || done > 1)
		return false;
	found = mm_asks_take(&mintmarkd->mints.asks, number, keeper, &question);
	if (found == MM_ASKS_FOUND)
		mm_desk_pass_answer(mintmarkd, question, done != 0, message->fd);
	return found != MM_ASKS_NONE;
}

/* ---- beginning and ending ---- */

bool
mm_mint_hand_over(struct mm_keeper *keeper)
{
	struct mm_mint_process *process = mm_mint_process_of(keeper);
	struct mm_mint_order order = { .child = &keeper->child, .noted = &process->orders };

	mm_buf_clear(&process->orders);
	process->role->give_orders(process, &order);
	return mm_mint_order_ok(&order);
}

void
mm_mint_ended(struct mm_keeper *keeper)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	uint64_t question;

	mm_told_forget_status(&mm_mint_process_of(keeper)->told);
	while (mm_asks_take_any(&mintmarkd->mints.asks, keeper, &question))
		mm_desk_answer_failure(mintmarkd, question,
		    "the process that was asked ended meanwhile: look whether it was done, and ask again");
}

/* ---- what several of them are told ---- */

static void
add_text(struct mm_buf *buf, const char *text)
{
	mm_buf_add(buf, text, strlen(text) + 1);
}

void
mm_mint_order_realm(struct mm_mint_order *order, enum mm_message_type type, const struct mm_mint *mint)
{
	const struct mm_config_realm *realm = mm_mint_config(&mint->parts[0]);
	struct mm_buf buf;

	mm_buf_init(&buf, MM_MESSAGE_LEN_MAX);
	mm_buf_add_u16(&buf, mint->number);
	mm_buf_add_u32(&buf, (uint32_t)realm->max_lifetime_s);
	mm_buf_add_u32(&buf, (uint32_t)realm->rotate_every_s);
	mm_buf_add_u32(&buf, (uint32_t)realm->publish_before_s);
	mm_buf_add_u32(&buf, (uint32_t)realm->visible_for_s);
	mm_buf_add_u8(&buf, strstr(realm->issuer, "{tenant}") != NULL);
	add_text(&buf, realm->name);
	add_text(&buf, realm->issuer);
	add_text(&buf, realm->algorithms[0]);
	for (char **parent = realm->derived_from; parent != NULL && *parent != NULL; parent++)
		add_text(&buf, *parent);
	add_text(&buf, "");
	mm_mint_order_buf(order, type, &buf, -1);
}

/* The user counts where root starts them; else they stay who they are. */
void
mm_mint_order_start(struct mm_mint_order *order, enum mm_message_type type, const struct mm_mintmarkd *mintmarkd)
{
	struct mm_buf buf;

	mm_buf_init(&buf, 2 * sizeof(uint32_t));
	mm_buf_add_u32(&buf, mintmarkd->user.uid);
	mm_buf_add_u32(&buf, mintmarkd->user.gid);
	mm_mint_order_buf(order, type, &buf, -1);
}

static bool
list_has(char *const *list, const char *name)
{
	for (; list != NULL && *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

/* Whether an earlier tenant of these realms has the same id. */
static bool
id_stands_before(const struct mm_config *config, const struct mm_config_realm *realm, size_t at)
{
	const char *id = config->tenants[at].id;

	for (size_t i = 0; i < at; i++) {
		const struct mm_config_tenant *tenant = &config->tenants[i];

		if ((strcmp(tenant->realm, realm->name) == 0 || list_has(realm->derived_from, tenant->realm)) &&
		    strcmp(tenant->id == NULL ? "" : tenant->id, id == NULL ? "" : id) == 0)
			return true;
	}
	return false;
}

void
mm_mint_each_tenant(const struct mm_mint_process *process, mm_mint_tenant_fn *fn, void *ctx)
{
	const struct mm_config *config = process->keeper.mintmarkd->reading->config;
	const struct mm_config_realm *realm = mm_mint_config(process);

	for (size_t i = 0; i < config->tenant_count; i++) {
		const struct mm_config_tenant *tenant = &config->tenants[i];

		if ((strcmp(tenant->realm, realm->name) == 0 || list_has(realm->derived_from, tenant->realm)) &&
		    !id_stands_before(config, realm, i))
			fn(ctx, tenant);
	}
}

void
mm_mint_each_added_tenant(const struct mm_mint_process *process, mm_mint_tenant_fn *fn, void *ctx)
{
	const struct mm_mints *mints = &process->keeper.mintmarkd->mints;
	const struct mm_config_realm *realm = mm_mint_config(process);

	for (size_t i = 0; i < mints->count; i++) {
		const struct mm_mint *mint = mints->items[i];

		if (mint != process->mint && !list_has(realm->derived_from, mint->realm))
			continue;
		for (size_t t = 0; t < mint->added.count; t++)
			fn(ctx, &mint->added.items[t]);
	}
}

void
mm_mint_tenants_changed(struct mm_mint *mint)
{
	const struct mm_mints *mints = &mint->parts[0].keeper.mintmarkd->mints;

	for (size_t i = 0; i < mints->count; i++) {
		struct mm_mint *other = mints->items[i];

		if (!other->wanted ||
		    (other != mint && !list_has(mm_mint_config(&other->parts[0])->derived_from, mint->realm)))
			continue;
		mm_mint_signer_send_tenants(&other->parts[MM_MINT_SIGNER]);
		mm_mint_verifier_send_tenants(&other->parts[MM_MINT_VERIFIER]);
		mm_mint_issuer_send_tenants(&other->parts[MM_MINT_ISSUER]);
	}
}

static bool
audience_stands_before(const struct mm_config *config, const char *realm, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (list_has(config->services[i].realms, realm) &&
		    strcmp(config->services[i].audience, config->services[at].audience) == 0)
			return true;
	return false;
}

void
mm_mint_each_service(const struct mm_mint *mint, mm_mint_service_fn *fn, void *ctx)
{
	const struct mm_config *config = mint->parts[0].keeper.mintmarkd->reading->config;

	for (size_t i = 0; i < config->service_count; i++)
		if (list_has(config->services[i].realms, mint->realm) &&
		    !audience_stands_before(config, mint->realm, i))
			fn(ctx, &config->services[i]);
}
