/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compilation: the state of turning settings and key documents into a snapshot.
 *
 * compile_settings.c checks realms, tenants, services and revocations against each other, compile_mint.c what is of
 * mints among them; compile_directory.c reads who may sign in at a mint; compile_keys.c reads the
 * documents and gives each realm its keys, which compile_tombstones.c and compile_shared.c take away where they must;
 * compile.c orders all and writes the bytes.
 */
#ifndef MM_TRUST_COMPILE_H
#define MM_TRUST_COMPILE_H

#include "lib/base/pool.h"
#include "lib/codec/issuer.h"
#include "lib/jose/jwk.h"
#include "lib/trust/builder.h"
#include "lib/trust/trust.h"

#include <stdbool.h>
#include <stddef.h>

/* Settings with what checking made of them. Numbers are places in the tables. */
struct mm_compiled_realm {
	const struct mm_realm_settings *settings;
	struct mm_issuer_pattern pattern;
	bool pattern_good;
	int64_t max_lifetime_s, absent_for_s;
	bool keys_fetched;
};

/* An entry of a directory; its texts are in the document or the compilation's pool. */
struct mm_compiled_user {
	size_t tenant; /* a number, after the tenants were sorted */
	struct mm_slice subject, mailbox;
	struct mm_slice *delegates;
	size_t delegate_count;
	bool dropped;
};

struct mm_compiled_tenant {
	const struct mm_tenant_settings *settings;
	size_t realm;
};

struct mm_compiled_revocation {
	const struct mm_revocation_settings *settings;
	size_t realm;
};

/* One key of one realm, as one document gives it. */
struct mm_candidate {
	struct mm_jwk jwk;
	const struct mm_builder_document *document;
	const struct mm_algorithm *algorithm; /* NULL where none can be told, and it is not usable */
	bool material_good; /* a public key can be made of it */
	size_t realm;
	enum mm_key_standing standing;
	bool tainted;
	bool loses; /* another realm keeps this material, or none does */
	int64_t signs_from_s, signs_until_s, verify_until_s;
	int64_t seen_s;       /* when a fetched one was first seen; INT64_MIN: that is not stated, or it is of a file */
	int64_t revoked_at_s; /* of a tombstone; INT64_MIN: not known */
};

struct mm_compilation {
	const struct mm_trust_builder *builder;
	struct mm_pool pool;
	mm_note_reporter *report;
	void *report_ctx;
	bool refused;
	bool no_memory;

	struct mm_compiled_realm *realms;
	size_t realm_count;
	struct mm_compiled_tenant *tenants; /* sorted by realm and id */
	size_t tenant_count;
	struct mm_compiled_user *users; /* sorted by tenant and subject */
	size_t user_count;
	struct mm_compiled_revocation *revocations; /* sorted as in the snapshot, one for each value */
	size_t revocation_count;
	struct mm_compiled_revocation *dead_kids; /* those of keys: they become keys that are revoked */
	size_t dead_kid_count;
	struct mm_candidate *candidates; /* sorted by kid and realm; a kid that is only dead has no document */
	size_t candidate_count, candidate_max;
	struct mm_trust_finding *findings;
	size_t finding_count, finding_max;
};

/* Tell of one thing. An alarm is kept as a finding too. Texts are made by mm_compile_text(). */
void mm_compile_note(struct mm_compilation *compilation, enum mm_note_class class, const char *where,
    struct mm_slice kid, const char *text, const char *mend);

/* A sentence in the compilation's pool; a constant one where memory is short. */
const char *mm_compile_text(struct mm_compilation *compilation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The realm of this name; realm_count: none. */
size_t mm_compile_find_realm(const struct mm_compilation *compilation, const char *name);

/* What is of mints, of realms, and of services; each problem is told. Needs the realms and the tenants. */
void mm_compile_check_mints(struct mm_compilation *compilation);

/* Check all settings, and fill the tables of realms, tenants and revocations. */
void mm_compile_settings(struct mm_compilation *compilation);

/* Read the directories, and fill the table of users. Needs the tenants. */
void mm_compile_directories(struct mm_compilation *compilation);

/* Read all documents, and fill the table of candidates. Needs the realms. */
void mm_compile_keys(struct mm_compilation *compilation);

/* ---- for the steps of mm_compile_keys() ---- */

/* Whether the realm has its keys from this document. */
bool mm_compile_is_source(const struct mm_builder_document *document, const struct mm_compiled_realm *realm);

/* Room for one more candidate, which the caller fills and counts; NULL: memory is short, and the compilation fails. */
struct mm_candidate *mm_compile_new_candidate(struct mm_compilation *compilation);

/* Of material that more than one realm would have, decide who keeps it, and tell the others. */
void mm_compile_settle_shared(struct mm_compilation *compilation);

#endif
