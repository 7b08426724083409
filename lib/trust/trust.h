/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loaded trust snapshot, as the decision and the processes of Mintmark see it.
 * All text is borrowed from the snapshot's copy; nothing changes after loading.
 */
#ifndef MM_TRUST_TRUST_H
#define MM_TRUST_TRUST_H

#include "lib/base/limits.h"
#include "lib/jose/algorithm.h"

#include <mintmark/slice.h>
#include <mintmark/trust.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm_texts {
	const struct mm_slice *items;
	size_t count;
};

/* An entry of the directory of a mint. */
struct mm_user {
	struct mm_slice subject;
	struct mm_slice mailbox;   /* absent: his tokens open none */
	struct mm_texts delegates; /* other mailboxes that he may open */
};

struct mm_tenant {
	struct mm_slice name;
	struct mm_slice id; /* absent only in a realm of one tenant */
	struct mm_texts domains;
	const struct mm_realm *realm;
	const struct mm_user *users; /* sorted by subject */
	size_t user_count;
};

/* How a key stands, by what was published; its windows say the rest. */
enum mm_key_standing {
	MM_KEY_USABLE,
	MM_KEY_TOMBSTONED,    /* revoked, by kid or by material */
	MM_KEY_WITHOUT_SCOPE, /* published in the realm's source without the scope it must state */
};

struct mm_key {
	struct mm_slice kid;
	const struct mm_realm *realm;
	const struct mm_algorithm *algorithm; /* of every usable key; NULL: none can be told */
	enum mm_key_standing standing;
	bool tainted; /* good with proof of issuance alone */
	struct mm_slice thumbprint_text; /* RFC 7638 with SHA-256, base64url; absent: only the kid is known, and dead */
	uint8_t material_id[MM_DIGEST_LEN];
	int64_t signs_from_s;   /* the signing window; INT64_MIN: open */
	int64_t signs_until_s;  /* INT64_MAX: open */
	int64_t verify_until_s; /* INT64_MAX: open */
	int64_t revoked_at_s;   /* of a tombstone; INT64_MIN: not known */
	struct mm_public_key *public_key; /* of every standing; NULL: unknown, not good, or without algorithm */
};

/* Key states of the design; computed from standing, windows and the time. */
enum mm_key_state {
	MM_STATE_PREPARED,
	MM_STATE_ACTIVE,
	MM_STATE_RETIRING,
	MM_STATE_RETIRED,
	MM_STATE_REVOKED,
	MM_STATE_WITHOUT_SCOPE,
	MM_STATE_TAINTED, /* else prepared, active or retiring */
	MM_STATE_COUNT
};

enum mm_key_state mm_key_state_at(const struct mm_key *key, int64_t now_s);
const char *mm_key_state_name(enum mm_key_state state); /* "active" */

struct mm_realm {
	struct mm_slice name;
	struct mm_slice issuer; /* as configured */
	struct mm_slice issuer_before, issuer_after; /* around {tenant}; absent in a realm of one tenant */
	bool is_template;
	struct mm_texts token_types; /* lower-cased, without "application/" */
	int64_t max_lifetime_s;
	bool keys_fetched; /* an unknown kid may be one that is not fetched yet */
	bool is_mint;
	bool when_stale_marked_only;
	const struct mm_realm *const *parents; /* that it is derived from; it has the tenants of these */
	size_t parent_count;
	const struct mm_tenant *tenants; /* sorted by id; in a realm of one tenant at most one */
	size_t tenant_count;
};

struct mm_service {
	struct mm_slice name;
	const struct mm_trust *trust;
	struct mm_slice audience;
	struct mm_slice mailbox_claim; /* absent: no mailboxes */
	struct mm_texts scopes;
	struct mm_texts clients;
	bool any_client;
	enum mm_binding binding;
	bool dpop_nonce;
	const struct mm_realm *const *realms;
	size_t realm_count;
	enum mm_proof_demand mark, ledger;
	bool ledger_away_marked_only;
	enum mm_directory directory;
	const struct mm_realm *const *unproven_realms;
	size_t unproven_realm_count;
	bool exchanges;
	const struct mm_realm *const *exchange_realms; /* where it exchanges */
	size_t exchange_realm_count;
};

struct mm_revocation {
	const struct mm_realm *realm;
	enum mm_revocation_kind kind;
	struct mm_slice value;
	int64_t issued_before_s;
};

/* A finding of class strong that compiling made: the same material offered to another realm. */
struct mm_trust_finding {
	struct mm_slice where;
	struct mm_slice kid;
	struct mm_slice text;
};

struct mm_trust {
	uint64_t epoch;
	const struct mm_realm *realms;
	size_t realm_count;
	const struct mm_key *keys; /* sorted by kid, then by realm */
	size_t key_count;
	const struct mm_service *services;
	size_t service_count;
	const struct mm_revocation *revocations; /* sorted by realm, kind, value */
	size_t revocation_count;
	const struct mm_trust_finding *findings;
	size_t finding_count;
};

#endif
