/* SPDX-License-Identifier: Apache-2.0 */
/* The mints: which there are, and what the loop does with them. */
#include "daemon/mintmarkd/mints.h"

#include "daemon/ipc/sealed.h"
#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/mint_files.h"
#include "daemon/mintmarkd/mintmarkd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A gate takes the largest snapshot in about a second. */
#define EPOCH_DUE_MS 10000

_Static_assert(offsetof(struct mm_mint_process, keeper) == 0, "a keeper is the beginning of its process");

static const struct {
	const struct mm_mint_role *role;
	const char *word;
} parts[MM_MINT_PART_COUNT] = {
	[MM_MINT_SIGNER] = { &mm_mint_signer_role, "signer" },
	[MM_MINT_VERIFIER] = { &mm_mint_verifier_role, "verifier" },
	[MM_MINT_ISSUER] = { &mm_mint_issuer_role, "issuer" },
};

static void
init_process(struct mm_mint_process *process, const struct mm_mint_role *role, struct mm_mint *mint,
    struct mm_mintmarkd *mintmarkd)
{
	*process = (struct mm_mint_process){ .role = role, .mint = mint };
	mm_keeper_init(&process->keeper, &role->keeper, mintmarkd);
	process->keeper.name = process->name;
	mm_buf_init(&process->orders, MM_MINT_ORDERS_MAX);
}

static void
clear_process(struct mm_mint_process *process)
{
	mm_keeper_drop(&process->keeper);
	mm_told_forget_status(&process->told);
	mm_buf_clear(&process->orders);
}

void
mm_mints_init(struct mm_mints *mints, struct mm_mintmarkd *mintmarkd)
{
	*mints = (struct mm_mints){ .mintmarkd = mintmarkd, .epoch_due_ms = MM_NEVER_MS };
	init_process(&mints->ledger, &mm_mint_ledger_role, NULL, mintmarkd);
	snprintf(mints->ledger.name, sizeof(mints->ledger.name), "the ledger");
}

static void
free_mint(struct mm_mint *mint)
{
	for (size_t i = 0; i < MM_MINT_PART_COUNT; i++)
		clear_process(&mint->parts[i]);
	mm_mint_addresses_close(&mint->addresses);
	mm_mint_drop_document(&mint->keys);
	mm_mint_drop_document(&mint->directory);
	mm_mint_drop_document(&mint->tenants);
	mm_added_tenants_clear(&mint->added);
	free(mint);
}

void
mm_mints_clear(struct mm_mints *mints)
{
	for (size_t i = 0; i < mints->count; i++)
		free_mint(mints->items[i]);
	mints->count = 0;
	clear_process(&mints->ledger);
}

struct mm_mint *
mm_mints_find(const struct mm_mints *mints, struct mm_slice realm)
{
	for (size_t i = 0; i < mints->count; i++)
		if (mints->items[i]->wanted && mm_slice_equal(mm_slice_str(mints->items[i]->realm), realm))
			return mints->items[i];
	return NULL;
}

struct mm_mint *
mm_mints_by_number(const struct mm_mints *mints, uint16_t number)
{
	return number < mints->count ? mints->items[number] : NULL;
}

/* ---- taking a configuration ---- */

static const struct mm_config_realm *
find_realm(const struct mm_config *config, const char *name)
{
	for (size_t i = 0; i < config->realm_count; i++)
		if (config->realms[i].keys_kind == MM_KEYS_MINT && strcmp(config->realms[i].name, name) == 0)
			return &config->realms[i];
	return NULL;
}

static void
add_peers(struct mm_mints *mints, struct mm_mint *mint)
{
	struct mm_keeper *ledger = &mints->ledger.keeper;

	for (size_t i = 0; i < MM_MINT_PART_COUNT; i++)
		mm_peers_add(&mints->peers, ledger, 0, &mint->parts[i].keeper, mint->number);
	mm_peers_add(&mints->peers, &mint->parts[MM_MINT_ISSUER].keeper, mint->number,
	    &mint->parts[MM_MINT_VERIFIER].keeper, mint->number);
}

/* A realm that stood in an earlier configuration has its number again. */
static struct mm_mint *
find_any(const struct mm_mints *mints, const char *realm)
{
	for (size_t i = 0; i < mints->count; i++)
		if (strcmp(mints->items[i]->realm, realm) == 0)
			return mints->items[i];
	return NULL;
}

static struct mm_mint *
new_mint(struct mm_mints *mints, const char *realm)
{
	struct mm_mint *mint = mints->count < MM_MINT_REALMS_MAX ? calloc(1, sizeof(*mint)) : NULL;

	if (mint == NULL) {
		mm_log(LOG_ALERT, "alarm: realm %s: there were %zu mints since the start, or memory is short: restart "
		    "mintmarkd", realm, mints->count);
		return NULL;
	}
	snprintf(mint->realm, sizeof(mint->realm), "%s", realm);
	mint->number = (uint16_t)mints->count;
	mint->keys.fd = mint->directory.fd = mint->tenants.fd = -1;
	mm_mint_addresses_init(&mint->addresses);
	for (size_t i = 0; i < MM_MINT_PART_COUNT; i++) {
		struct mm_mint_process *process = &mint->parts[i];

		init_process(process, parts[i].role, mint, mints->mintmarkd);
		snprintf(process->name, sizeof(process->name), "the %s of realm %s", parts[i].word, realm);
	}
	mints->items[mints->count++] = mint;
	return mint;
}

/* Before the ledger speaks of this number to the gate. */
static void
tell_gate(struct mm_mints *mints, const struct mm_mint *mint)
{
	struct mm_keeper *gate = &mints->mintmarkd->gate.keeper;
	struct mm_buf buf;

	if (!mm_keeper_serves(gate))
		return;
	mm_buf_init(&buf, sizeof(uint16_t) + MM_NAME_LEN_MAX);
	mm_buf_add_u16(&buf, mint->number);
	mm_buf_add_str(&buf, mint->realm);
	if (mm_buf_ok(&buf))
		mm_keeper_send(gate, MM_MESSAGE_GATE_MINT, buf.data, buf.len, -1);
	mm_buf_clear(&buf);
}

static void
add_mint(struct mm_mints *mints, const struct mm_config_realm *realm)
{
	struct mm_mint *mint = find_any(mints, realm->name);

	if (mint == NULL)
		mint = new_mint(mints, realm->name);
	if (mint == NULL || mint->wanted)
		return;
	mint->wanted = true;
	tell_gate(mints, mint);
	add_peers(mints, mint);
	if (!mm_mint_addresses_open(&mint->addresses, realm, &mints->mintmarkd->user, mm_clock_ms()))
		mm_log(LOG_ALERT, "alarm: realm %s: nobody can reach its issuer: restart mintmarkd", realm->name);
}

static void
remove_mint(struct mm_mints *mints, struct mm_mint *mint)
{
	mint->wanted = false;
	for (size_t i = MM_MINT_PART_COUNT; i-- > 0;) {
		mm_peers_remove(&mints->peers, &mint->parts[i].keeper);
		mm_keeper_stop(&mint->parts[i].keeper);
	}
	mm_mint_addresses_close(&mint->addresses);
	mm_mint_drop_document(&mint->keys);
	mm_mint_drop_document(&mint->directory);
	mm_mint_drop_document(&mint->tenants);
	mm_added_tenants_clear(&mint->added);
}

/* Whether a process that serves was told something else at its start than one of now would be. */
static bool
orders_changed(struct mm_mint_process *process)
{
	struct mm_mint_order order = { .child = NULL };
	const struct mm_buf *given = &process->orders;
	struct mm_buf now;
	bool same;

	mm_buf_init(&now, MM_MINT_ORDERS_MAX);
	order.noted = &now;
	process->role->give_orders(process, &order);
	same = mm_mint_order_ok(&order) && now.len == given->len &&
	    (now.len == 0 || memcmp(now.data, given->data, now.len) == 0);
	mm_buf_clear(&now);
	return !same;
}

/* An issuer that nobody can reach is of no use. */
static bool
has_use(const struct mm_mint_process *process)
{
	return process->role != &mm_mint_issuer_role || mm_mint_addresses_are_reachable(&process->mint->addresses);
}

static void
update_process(struct mm_mint_process *process)
{
	struct mm_keeper *keeper = &process->keeper;

	if (!has_use(process))
		return;
	if (keeper->state == MM_KEEPER_STOPPED || keeper->state == MM_KEEPER_STOPPING) {
		mm_keeper_restart(keeper);
	} else if (keeper->child.pid != 0 && orders_changed(process)) {
		mm_log(LOG_NOTICE, "%s is started anew, for it was told something else", process->name);
		mm_keeper_restart(keeper);
	}
}

bool
mm_mints_pin_root(struct mm_mintmarkd *mintmarkd)
{
	const struct mm_config *config = mintmarkd->reading->config;
	struct mm_mints *mints = &mintmarkd->mints;

	if (mints->has_root || !mm_config_has_mint(config))
		return false;
	mints->has_root = mm_mint_files_read_root(config, mints->root);
	return mints->has_root;
}

static void
take_config(struct mm_mints *mints, const struct mm_config *config)
{
	for (size_t i = 0; i < mints->count; i++)
		if (mints->items[i]->wanted && find_realm(config, mints->items[i]->realm) == NULL)
			remove_mint(mints, mints->items[i]);
	for (size_t i = 0; i < config->realm_count; i++)
		if (config->realms[i].keys_kind == MM_KEYS_MINT)
			add_mint(mints, &config->realms[i]);
}

/* The ledger first, and the issuers last: who asks finds somebody. */
static void
start_processes(struct mm_mints *mints)
{
	update_process(&mints->ledger);
	for (size_t part = 0; part < MM_MINT_PART_COUNT; part++)
		for (size_t i = 0; i < mints->count; i++)
			if (mints->items[i]->wanted)
				update_process(&mints->items[i]->parts[part]);
}

/* An issuer that is not started anew for them: those of the configuration may be others now. */
static void
send_tenants(struct mm_mints *mints)
{
	for (size_t i = 0; i < mints->count; i++)
		if (mints->items[i]->wanted)
			mm_mint_issuer_send_tenants(&mints->items[i]->parts[MM_MINT_ISSUER]);
}

void
mm_mints_update(struct mm_mintmarkd *mintmarkd)
{
	struct mm_mints *mints = &mintmarkd->mints;
	const struct mm_config *config = mintmarkd->reading->config;

	if (mintmarkd->stopping)
		return;
	take_config(mints, config);
	if (!mm_config_has_mint(config)) {
		mm_peers_remove(&mints->peers, &mintmarkd->gate.keeper);
		mm_keeper_stop(&mints->ledger.keeper);
		return;
	}
	if (mm_mints_pin_root(mintmarkd)) {
		mm_log(LOG_NOTICE, "the gate is started anew: there was no mint so far, and it has to know the root");
		mm_keeper_restart(&mintmarkd->gate.keeper);
	}
	mm_peers_remove(&mints->peers, &mintmarkd->gate.keeper);
	mm_peers_add(&mints->peers, &mints->ledger.keeper, 0, &mintmarkd->gate.keeper, 0);
	start_processes(mints);
	send_tenants(mints);
}

const struct mm_config_realm *
mm_mint_config(const struct mm_mint_process *process)
{
	return find_realm(process->keeper.mintmarkd->reading->config, process->mint->realm);
}

static void
send_epoch(struct mm_mints *mints, uint64_t epoch)
{
	struct mm_buf payload;

	mm_buf_init(&payload, sizeof(epoch));
	mm_buf_add_u64(&payload, epoch);
	if (mm_buf_ok(&payload))
		mm_keeper_send(&mints->ledger.keeper, MM_MESSAGE_LEDGER_EPOCH, payload.data, payload.len, -1);
	mm_buf_clear(&payload);
}

void
mm_mints_settled(struct mm_mintmarkd *mintmarkd)
{
	struct mm_mints *mints = &mintmarkd->mints;

	if (mintmarkd->gate.settled_epoch >= mintmarkd->trust.epoch)
		mints->epoch_due_ms = MM_NEVER_MS;
	if (mm_keeper_serves(&mints->ledger.keeper))
		send_epoch(mints, mintmarkd->gate.settled_epoch);
}

void
mm_mints_send_trust(struct mm_mintmarkd *mintmarkd)
{
	struct mm_mints *mints = &mintmarkd->mints;

	mints->epoch_due_ms = mm_clock_ms() + EPOCH_DUE_MS;
	for (size_t i = 0; i < mints->count; i++) {
		struct mm_keeper *verifier = &mints->items[i]->parts[MM_MINT_VERIFIER].keeper;

		if (mm_keeper_serves(verifier))
			mm_keeper_send(verifier, MM_MESSAGE_VERIFIER_SNAPSHOT, NULL, 0, mintmarkd->trust.snapshot_fd);
	}
}

/* ---- documents ---- */

void
mm_mint_drop_document(struct mm_mint_document *document)
{
	if (document->fd >= 0)
		close(document->fd);
	*document = (struct mm_mint_document){ .fd = -1 };
}

bool
mm_mint_take_document(struct mm_mint_document *document, struct mm_message *message)
{
	struct mm_slice bytes;

	if (mm_sealed_map(message->fd, MM_DIRECTORY_LEN_MAX, &bytes) == -1)
		return false;
	mm_sealed_unmap(&bytes);
	mm_mint_drop_document(document);
	*document = (struct mm_mint_document){ .fd = message->fd, .came_s = mm_clock_wall_s() };
	message->fd = -1;
	return true;
}

/* ---- for the loop ---- */

/* Every process there is, in one row: the ledger, then the parts of each mint. */
static size_t
process_count(const struct mm_mints *mints)
{
	return 1 + mints->count * MM_MINT_PART_COUNT;
}

static struct mm_mint_process *
process_at(const struct mm_mints *mints, size_t at)
{
	if (at == 0)
		return (struct mm_mint_process *)(uintptr_t)&mints->ledger;
	return &mints->items[(at - 1) / MM_MINT_PART_COUNT]->parts[(at - 1) % MM_MINT_PART_COUNT];
}

size_t
mm_mints_wait_for(const struct mm_mints *mints, struct pollfd *waited)
{
	size_t count = process_count(mints);

	for (size_t i = 0; i < count; i++)
		waited[i] = mm_child_waits_for(&process_at(mints, i)->keeper.child);
	return count;
}

void
mm_mints_serve(struct mm_mints *mints, const struct pollfd *waited, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (waited[i].revents != 0)
			mm_keeper_serve(&process_at(mints, i)->keeper, waited[i].revents);
}

void
mm_mints_reap(struct mm_mints *mints)
{
	for (size_t i = 0; i < process_count(mints); i++)
		mm_keeper_reap(&process_at(mints, i)->keeper);
}

int64_t
mm_mints_deadline_ms(const struct mm_mints *mints)
{
	int64_t deadline_ms = mints->epoch_due_ms;

	for (size_t i = 0; i < mints->count; i++)
		if (!mints->mintmarkd->stopping && mints->items[i]->addresses.due_ms < deadline_ms)
			deadline_ms = mints->items[i]->addresses.due_ms;
	for (size_t i = 0; i < process_count(mints); i++) {
		int64_t own_ms = mm_keeper_deadline_ms(&process_at(mints, i)->keeper);

		if (own_ms < deadline_ms)
			deadline_ms = own_ms;
	}
	return deadline_ms;
}

/* Addresses that could not be had: with another one that can be, the issuer is started, or started anew. */
static void
try_addresses(struct mm_mints *mints)
{
	for (size_t i = 0; i < mints->count && !mints->mintmarkd->stopping; i++) {
		struct mm_mint *mint = mints->items[i];

		if (mm_mint_addresses_try(&mint->addresses, mint->realm, &mints->mintmarkd->user, mm_clock_ms()))
			update_process(&mint->parts[MM_MINT_ISSUER]);
	}
}

void
mm_mints_check_time(struct mm_mints *mints)
{
	try_addresses(mints);
	if (mm_clock_ms() >= mints->epoch_due_ms) {
		mints->epoch_due_ms = MM_NEVER_MS;
		if (mm_keeper_serves(&mints->ledger.keeper))
			send_epoch(mints, mints->mintmarkd->trust.epoch);
	}
	for (size_t i = 0; i < process_count(mints); i++)
		mm_keeper_check_time(&process_at(mints, i)->keeper);
}

void
mm_mints_join(struct mm_mints *mints)
{
	mm_peers_join(&mints->peers);
}

/* Stop one part of every mint. Returns whether all of them have ended. */
static bool
stop_part(struct mm_mints *mints, enum mm_mint_part part)
{
	bool ended = true;

	for (size_t i = 0; i < mints->count; i++) {
		struct mm_keeper *keeper = &mints->items[i]->parts[part].keeper;

		mm_keeper_stop(keeper);
		ended = ended && keeper->state == MM_KEEPER_STOPPED;
	}
	return ended;
}

bool
mm_mints_stop(struct mm_mints *mints)
{
	if (!stop_part(mints, MM_MINT_ISSUER) || !stop_part(mints, MM_MINT_VERIFIER) ||
	    !stop_part(mints, MM_MINT_SIGNER))
		return false;
	/* What the gate answers until it ends may wait for the ledger. */
	if (mints->mintmarkd->gate.keeper.state != MM_KEEPER_STOPPED)
		return false;
	mm_keeper_stop(&mints->ledger.keeper);
	return mints->ledger.keeper.state == MM_KEEPER_STOPPED;
}
