/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: what its parts know of each other.
 *
 * One thread does everything but what may take long: fdatasync (engine/ledger_writer.h), looking for old records
 * (show.h) and letting go of them (keep.h) have threads of their own. Nothing here waits for a peer.
 */
#ifndef MM_DAEMON_LEDGER_LEDGER_H
#define MM_DAEMON_LEDGER_LEDGER_H

#include "daemon/ipc/message.h"
#include "daemon/ipc/mint_ask.h"
#include "engine/ledger_format.h"
#include "engine/mint_certificate.h"
#include "lib/crypto/ed25519.h"
#include "lib/crypto/seal.h"
#include "lib/jose/algorithm.h"

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger;

/* Where one realm may be derived from several. */
#define LEDGER_PARENTS_MAX MM_MINT_REALMS_MAX

/* A mint, as mintmarkd told it (LEDGER_REALM). */
struct ledger_realm {
	uint16_t number;
	bool issuer_is_template;
	uint32_t max_lifetime_s, rotate_every_s, publish_before_s, visible_for_s;
	char name[MM_NAME_LEN_MAX + 1];
	char issuer[MM_MINT_ISSUER_LEN_MAX + 1];
	const struct mm_algorithm *algorithm;
	size_t parent_count; /* 0: not derived */
	char (*parents)[MM_NAME_LEN_MAX + 1];
	size_t service_count;
	char **services;          /* audiences */
	struct ledger_mint *mint; /* issuing's own */
};

/* The realm of a number or a name; NULL: there is none. */
struct ledger_realm *ledger_realm_by_number(struct ledger *ledger, uint16_t number);
struct ledger_realm *ledger_realm_by_name(struct ledger *ledger, struct mm_slice name);

/* Realms in order of their numbers: from NULL to the first, from the last to NULL. */
struct ledger_realm *ledger_realm_next(struct ledger *ledger, const struct ledger_realm *before);

/* ---- records ---- */

/* A record is on the disk, or will not be: it was lost with a disk that failed, and is as if it never was. */
typedef void ledger_durable_function(void *ctx, bool durable);

/*
 * Append a record of kind MM_LEDGER_KEY or MM_LEDGER_TENANT: bytes (at most MM_LEDGER_EVENT_MAX) are the caller's own,
 * and are given back at recovery, in this order. done may be NULL; it is called later, from the loop, never from here.
 * False where nothing can be recorded now (done is not called); ledger_trouble() says why.
 */
MM_MUST_USE bool ledger_append(struct ledger *ledger, enum mm_ledger_kind kind, const struct ledger_realm *realm,
    struct mm_slice bytes, ledger_durable_function *done, void *ctx);

/* Why nothing can be recorded, in words; NULL: it can. */
const char *ledger_trouble(const struct ledger *ledger);

/*
 * The number of the newest term that is on the disk: of this one, more than that of any start before, also after a
 * restore; or of the one before, while nothing can be recorded. Known when recovery is over.
 */
uint64_t ledger_term(const struct ledger *ledger);

/* ---- others ---- */

/* Whether the realm's signer is there, and what it said last; state may be NULL. */
bool ledger_signer_is_there(const struct ledger_realm *realm);

/* Give the realm's signer an order: KEY_MAKE, KEY_OPEN or KEY_FORGET. False where it is not there. */
MM_MUST_USE bool ledger_signer_order(struct ledger *ledger, struct ledger_realm *realm, enum mm_message_type type,
    const struct mm_key_order *order);

/* Tell mintmarkd; bytes go as a sealed memfd where they are present. False where it takes no messages. */
bool ledger_tell(struct ledger *ledger, enum mm_message_type type, const void *payload, size_t len,
    struct mm_slice sealed_bytes);

/* Answer an operator's question with JSON; done: whether it was done. */
void ledger_answer(struct ledger *ledger, uint64_t question, bool done, struct mm_slice json);

/* {"error":why,"mend":mend}, not done; mend may be NULL. */
void ledger_refuse(struct ledger *ledger, uint64_t question, const char *why, const char *mend);

/* For the log and the journal, at most once a minute for the same text. */
void ledger_alarm(struct ledger *ledger, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The key that signs key lists, and its certificate; NULL where there is none (then nothing is issued). */
const struct mm_ed25519 *ledger_key_state(const struct ledger *ledger);
const uint8_t *ledger_certificate(const struct ledger *ledger);
/* Its public half, which its anchor must be signed by; NULL where there is none. */
const uint8_t *ledger_signer(const struct ledger *ledger);

/* ---- time ---- */

int64_t ledger_wall_s(void);
int64_t ledger_wall_us(void);
int64_t ledger_boot_ms(void); /* CLOCK_BOOTTIME */

#endif
