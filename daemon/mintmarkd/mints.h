/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mints: one ledger, and a signer, a verifier and an issuer for each realm with 'keys = "mint"'. Where the
 * configuration has none, nothing of this is there.
 *
 * Each process is kept as the gate is (keeper.h), told everything by descriptor or message, and joined with its peers
 * (peers.h). A changed configuration starts anew those processes whose orders it changes, and no others.
 */
#ifndef MM_DAEMON_MINTMARKD_MINTS_H
#define MM_DAEMON_MINTMARKD_MINTS_H

#include "daemon/mintmarkd/asks.h"
#include "daemon/mintmarkd/keeper.h"
#include "daemon/mintmarkd/mint_addresses.h"
#include "daemon/mintmarkd/mint_order.h"
#include "daemon/mintmarkd/mint_tenants.h"
#include "daemon/mintmarkd/peers.h"
#include "daemon/mintmarkd/told.h"
#include "engine/config.h"
#include "engine/problems.h"
#include "lib/base/buf.h"
#include "lib/crypto/ed25519.h"

#include <mintmark/slice.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm_mint;
struct mm_mint_process;

/* What differs between the four, beside their keepers' roles. */
struct mm_mint_role {
	struct mm_keeper_role keeper;
	/* Say everything of the start; where order->child is NULL nothing is opened or made. */
	void (*give_orders)(struct mm_mint_process *process, struct mm_mint_order *order);
};

/* Each begins with its keeper, so that a handler finds the rest. */
struct mm_mint_process {
	struct mm_keeper keeper;
	const struct mm_mint_role *role;
	struct mm_mint *mint; /* NULL: the ledger */
	char name[MM_NAME_LEN_MAX + 32]; /* "the signer of realm consumer" */
	struct mm_told told;
	struct mm_buf orders; /* all that the running one was told at its start */
};

enum mm_mint_part { MM_MINT_SIGNER, MM_MINT_VERIFIER, MM_MINT_ISSUER, MM_MINT_PART_COUNT };

/* A document that one of the processes made; fd: sealed, -1: none came yet. */
struct mm_mint_document {
	int fd;
	int64_t came_s;
	bool kept; /* on the disk (mint_kept.h) */
};

struct mm_mint {
	char realm[MM_NAME_LEN_MAX + 1];
	uint16_t number; /* in messages; the realm's as long as mintmarkd lives, also while no configuration has it */
	bool wanted;     /* it stands in the configuration in use */
	struct mm_mint_process parts[MM_MINT_PART_COUNT];
	struct mm_mint_addresses addresses; /* of the issuer */
	struct mm_mint_document keys;      /* the signed key list of the ledger */
	struct mm_mint_document directory; /* of the verifier */
	struct mm_mint_document tenants;   /* that were added at the ledger */
	struct mm_added_tenants added;     /* the same, read */
};

#define MM_MINT_PROCESSES_MAX (1 + MM_MINT_REALMS_MAX * MM_MINT_PART_COUNT)

struct mm_mints {
	struct mm_mintmarkd *mintmarkd;
	struct mm_mint_process ledger;
	struct mm_mint *items[MM_MINT_REALMS_MAX];
	size_t count;
	bool has_root;
	uint8_t root[MM_ED25519_PUBLIC_LEN]; /* pinned from the first start with a mint on */
	struct mm_peers peers;
	struct mm_asks asks;
	int64_t epoch_due_ms; /* when the ledger hears the epoch in any case; MM_NEVER_MS: it knows it */
};

void mm_mints_init(struct mm_mints *mints, struct mm_mintmarkd *mintmarkd);
void mm_mints_clear(struct mm_mints *mints);

/* Pin the offline root where the configuration in use has a mint. Returns whether it was not pinned before. */
bool mm_mints_pin_root(struct mm_mintmarkd *mintmarkd);

/* The configuration in use has changed, or there is a first one: start, start anew or end what that asks for. */
void mm_mints_update(struct mm_mintmarkd *mintmarkd);

/* The mint of a realm of the configuration in use; NULL: there is none. */
struct mm_mint *mm_mints_find(const struct mm_mints *mints, struct mm_slice realm);
/* The same by number, also one that was taken away ('wanted' says so): a process may not know it yet. */
struct mm_mint *mm_mints_by_number(const struct mm_mints *mints, uint16_t number);

/* The realm's section in the configuration in use. */
const struct mm_config_realm *mm_mint_config(const struct mm_mint_process *process);

/*
 * Another trust is in use: the verifiers get the snapshot. The ledger hears its epoch, and its heartbeats name it, when
 * the gate decides by it (mm_mints_settled()), or should have for long: a gate that is named an epoch which it lacks is
 * stale at once.
 */
void mm_mints_send_trust(struct mm_mintmarkd *mintmarkd);
void mm_mints_settled(struct mm_mintmarkd *mintmarkd);

/* ---- for the loop ---- */

/* What to wait for: at most MM_MINT_PROCESSES_MAX. Returns how many. */
size_t mm_mints_wait_for(const struct mm_mints *mints, struct pollfd *waited);

/* poll() returned with these. */
void mm_mints_serve(struct mm_mints *mints, const struct pollfd *waited, size_t count);
void mm_mints_reap(struct mm_mints *mints);
int64_t mm_mints_deadline_ms(const struct mm_mints *mints);
void mm_mints_check_time(struct mm_mints *mints);

/* Join those that miss a peer. */
void mm_mints_join(struct mm_mints *mints);

/*
 * End them, the issuers first and the ledger last, so that what was spent is recorded and released, behind the gate,
 * which is asked to stop before; one step at each call, as those before have ended. Returns whether all have.
 */
bool mm_mints_stop(struct mm_mints *mints);

/* ---- operators' questions ---- */

/* Pass a question of the desk on; its answer, or why there is none, follows. */
void mm_mints_ask(struct mm_mintmarkd *mintmarkd, struct mm_message *message);

/* ---- for the roles ---- */

struct mm_mint_process *mm_mint_process_of(struct mm_keeper *keeper);

/* Take the document of a message in place of the one before. False where it is no sealed memory. */
MM_MUST_USE bool mm_mint_take_document(struct mm_mint_document *document, struct mm_message *message);
void mm_mint_drop_document(struct mm_mint_document *document);

/* What every one of them may say, and how each begins and ends. */
mm_keeper_handler mm_mint_take_ready, mm_mint_take_alarm, mm_mint_take_status, mm_mint_take_answer,
    mm_mint_take_want_peer;
bool mm_mint_hand_over(struct mm_keeper *keeper);
void mm_mint_ended(struct mm_keeper *keeper);

/* Payloads that several of them are told. */
void mm_mint_order_realm(struct mm_mint_order *order, enum mm_message_type type, const struct mm_mint *mint);
void mm_mint_order_start(struct mm_mint_order *order, enum mm_message_type type, const struct mm_mintmarkd *mintmarkd);

extern const struct mm_mint_role mm_mint_ledger_role, mm_mint_signer_role;
extern const struct mm_mint_role mm_mint_verifier_role, mm_mint_issuer_role;

/*
 * The tenants of a mint: its own, and of a derived realm those of its parents. Those of the configuration, each id
 * once; and those that were added at the ledger, which change while the processes run.
 */
typedef void mm_mint_tenant_fn(void *ctx, const struct mm_config_tenant *tenant);
void mm_mint_each_tenant(const struct mm_mint_process *process, mm_mint_tenant_fn *fn, void *ctx);
void mm_mint_each_added_tenant(const struct mm_mint_process *process, mm_mint_tenant_fn *fn, void *ctx);

/* The services that accept this realm, each audience once. */
typedef void mm_mint_service_fn(void *ctx, const struct mm_config_service *service);
void mm_mint_each_service(const struct mm_mint *mint, mm_mint_service_fn *fn, void *ctx);

/* Tenants of this mint were added or taken away: whoever has them is told anew. */
void mm_mint_tenants_changed(struct mm_mint *mint);
void mm_mint_signer_send_tenants(struct mm_mint_process *signer);
void mm_mint_verifier_send_tenants(struct mm_mint_process *verifier);
void mm_mint_issuer_send_tenants(struct mm_mint_process *issuer);

#endif
