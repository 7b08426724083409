/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trust: realms, their tenants and keys, the services and what is revoked, compiled to one
 * immutable snapshot.
 *
 * A builder collects settings and key documents and compiles them to bytes; any process loads the
 * bytes. The two are apart so that what parses strangers' key documents need not be what decides.
 * doc/PROTOCOL.snapshot says every byte.
 */
#ifndef MINTMARK_TRUST_H
#define MINTMARK_TRUST_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm_trust;
struct mm_service;
struct mm_trust_builder;

/* Lists of strings end with NULL; a NULL list means what its comment says. All text is borrowed. */
struct mm_realm_settings {
	const char *name;
	const char *issuer;             /* exact, or a template with one "{tenant}" */
	const char *keys;               /* name of the document that holds its keys */
	bool require_key_issuer;        /* a shared document: each key must state its 'issuer' */
	const char *const *algorithms;  /* for keys that state no 'alg'; NULL: RS256 */
	const char *const *token_types; /* accepted 'typ'; NULL: at+jwt */
	int64_t max_lifetime_s;         /* longest exp - iat; 0: 3600 */
	int64_t absent_for_s;           /* how long a key gone from a fetched document is still good; 0: 86400 */
	bool mint;                      /* its document is of MM_DOCUMENT_MINT */
	bool when_stale_marked_only;    /* a mint: its mark is enough while the trust state may be old */
	/*
	 * The realms whose tokens it makes its own of; NULL: none. It is a mint, has no tenants of its own, and none of
	 * them is derived.
	 */
	const char *const *derived_from;
};

struct mm_tenant_settings {
	const char *name;
	const char *realm;
	const char *id;             /* its 'tid'; NULL only in a realm whose issuer is no template */
	const char *const *domains; /* of its mailboxes; NULL: it opens none */
};

/* What a service demands of its tokens' sender. A bound token needs its proof whatever the service says. */
enum mm_binding {
	MM_BINDING_WHEN_BOUND, /* nothing of tokens that are not bound */
	MM_BINDING_DPOP,       /* RFC 9449: only tokens with cnf.jkt */
	MM_BINDING_MTLS,       /* RFC 8705: only tokens with cnf.x5t#S256 */
};

/* What a service demands of a token's proof of issuance. */
enum mm_proof_demand {
	MM_PROOF_OFF,
	MM_PROOF_OBSERVE, /* looked for and recorded; it never denies */
	MM_PROOF_REQUIRED,
};

/* What a service looks up in the directories of its realms. */
enum mm_directory {
	MM_DIRECTORY_NONE,
	MM_DIRECTORY_MAILBOXES, /* subjects, and which mailboxes they open */
	MM_DIRECTORY_SUBJECTS,  /* subjects alone: the service has no mailboxes */
};

struct mm_service_settings {
	const char *name;
	const char *audience;       /* the one 'aud' */
	const char *const *realms;  /* whose tokens it accepts: at least one */
	const char *mailbox_claim;  /* NULL: the service has no mailboxes */
	const char *const *scopes;  /* demanded, all of them; NULL: none */
	const char *const *clients; /* accepted; NULL: any */
	enum mm_binding binding;    /* which proof of possession it demands */
	bool dpop_nonce;            /* a DPoP proof must carry a nonce of ours (RFC 9449 section 9) */
	enum mm_proof_demand mark, ledger;  /* of mints' tokens */
	bool ledger_away_marked_only;       /* a right mark is enough while the ledger is away */
	enum mm_directory directory;        /* of the realms, all of them mints; then mailbox_claim is NULL */
	const char *const *accept_unproven; /* realms without a mint whose tokens need no proof; NULL: none */
	const char *const *exchange_from;   /* it takes primary tokens of these realms alone; NULL: any it accepts */
};

enum mm_revocation_kind {
	MM_REVOKE_TOKEN,   /* by jti */
	MM_REVOKE_SESSION, /* by sid */
	MM_REVOKE_SUBJECT, /* by sub */
	MM_REVOKE_CLIENT,  /* by client_id, else azp */
	MM_REVOKE_TENANT,  /* by the tenant's name */
	MM_REVOKE_KEY,     /* by kid in its realm, and the material that has this kid there, everywhere */
};

struct mm_revocation_settings {
	const char *realm;
	enum mm_revocation_kind kind;
	const char *value;
	/* Tokens with an earlier 'iat'; INT64_MAX: all. Not for MM_REVOKE_TOKEN; of MM_REVOKE_KEY it says nothing. */
	int64_t issued_before_s;
	int64_t revoked_at_s;    /* when a key was revoked, for the autopsy; 0: not known. Only for MM_REVOKE_KEY */
};

enum mm_note_class {
	MM_NOTE_REFUSED, /* the snapshot is refused because of it */
	MM_NOTE_ALARM,   /* a finding of class strong; the snapshot is made without the key in question */
	MM_NOTE_REMARK,  /* worth telling an operator */
};

/* What the compiler has to say of one thing; valid only during the call of the reporter. */
struct mm_note {
	enum mm_note_class note_class;
	const char *where;    /* document, realm, tenant or service, e.g. "common.jwks" */
	struct mm_slice kid;  /* absent where no key is meant; any bytes: escape it for a terminal */
	const char *text;     /* what was found */
	const char *mend;     /* what to do about it */
};

typedef void mm_note_reporter(void *ctx, const struct mm_note *note);

#ifdef __cplusplus
extern "C" {
#endif

/* A new, empty builder; NULL where memory is short. Free it with mm_trust_builder_free(). */
MM_API struct mm_trust_builder *mm_trust_builder_new(void);

/*
 * Free *builder and set it to NULL; NULL or a pointer to NULL does nothing.
 * Not checked here: whether another thread still uses it.
 */
MM_API void mm_trust_builder_free(struct mm_trust_builder **builder);

/* Where a document is from, which says how a bad one is dealt with. */
enum mm_document_origin {
	/* An operator's file: one bad key refuses the snapshot, and its tombstones kill their material everywhere. */
	MM_DOCUMENT_FILE,
	/*
	 * Fetched, in the canonical form of doc/PROTOCOL.keys: a bad key is dropped and told, of two keys with one kid
	 * both; its tombstones kill their material only in the realms whose source it is; keys may be marked as gone.
	 */
	MM_DOCUMENT_FETCHED,
	/*
	 * A mint's own: of the ledger, as a file, and each key states its realm's issuer, its window and its state (see
	 * doc/PROTOCOL.ledger). An empty one says that the ledger did not speak yet. doc/PROTOCOL.directory has others,
	 * which are no JWK sets and no documents for a realm's 'keys'.
	 */
	MM_DOCUMENT_MINT,
};

/*
 * Add a JWK set (RFC 7517 section 5) under a name; realms refer to it by that name, and realms that
 * name the same document share it. name and jwks are copied.
 * Returns false where memory is short. Not checked here: the document; compiling reads it.
 */
MM_API MM_MUST_USE bool
mm_trust_builder_add_document(struct mm_trust_builder *builder, const char *name, struct mm_slice jwks,
    enum mm_document_origin origin);

/*
 * Add the directory of the mint of this name (doc/PROTOCOL.directory). Everything is copied.
 * Returns false where memory is short. Not checked here: the document; compiling reads it.
 */
MM_API MM_MUST_USE bool
mm_trust_builder_add_directory(struct mm_trust_builder *builder, const char *realm, struct mm_slice json);

/*
 * Add a realm, tenant, service or revocation. Everything is copied.
 * Return false where memory is short. Not checked here: the settings; compiling checks them together,
 * so that the order of adding does not matter.
 */
MM_API MM_MUST_USE bool
mm_trust_builder_add_realm(struct mm_trust_builder *builder, const struct mm_realm_settings *realm);
MM_API MM_MUST_USE bool
mm_trust_builder_add_tenant(struct mm_trust_builder *builder, const struct mm_tenant_settings *tenant);
MM_API MM_MUST_USE bool
mm_trust_builder_add_service(struct mm_trust_builder *builder, const struct mm_service_settings *service);
MM_API MM_MUST_USE bool
mm_trust_builder_add_revocation(struct mm_trust_builder *builder, const struct mm_revocation_settings *revocation);

/*
 * Compile what was added to a snapshot.
 *
 * Every problem is told to report (may be NULL), the whole list and not only the first. On success
 * *snapshot is a new buffer of *snapshot_len bytes that the caller frees with free(). On failure both
 * are left alone and at least one note of class MM_NOTE_REFUSED was told, or memory is short.
 *
 * epoch: number of this trust state, never smaller than an earlier one's. The same input and epoch
 * give the same bytes. Not checked here: whether the documents are current.
 */
MM_API MM_MUST_USE bool
mm_trust_builder_compile(struct mm_trust_builder *builder, uint64_t epoch, mm_note_reporter *report,
    void *report_ctx, void **snapshot, size_t *snapshot_len);

/*
 * Load a snapshot. The bytes are copied; the caller keeps his. Every offset and length in them is
 * checked, so that any bytes at all are either a snapshot or refused.
 * Returns NULL and sets *why (may be NULL) to a constant sentence where they are refused or memory is
 * short. Free it with mm_trust_free().
 * Not checked here: who made the snapshot; take it only from a source as trusted as your own memory.
 */
MM_API struct mm_trust *mm_trust_load(const void *snapshot, size_t snapshot_len, const char **why);

/*
 * Free *trust and set it to NULL; NULL or a pointer to NULL does nothing.
 * Not checked here: whether another thread still decides with it, or a fact of such a decision is still used.
 */
MM_API void mm_trust_free(struct mm_trust **trust);

/*
 * The epoch that the snapshot was compiled with.
 * Not checked here: whether there is a newer snapshot.
 */
MM_API uint64_t mm_trust_epoch(const struct mm_trust *trust);

/*
 * The service of this name, owned by trust and valid as long; NULL where there is none.
 * Not checked here: whether who asks in its name may.
 */
MM_API const struct mm_service *mm_trust_find_service(const struct mm_trust *trust, struct mm_slice name);

#ifdef __cplusplus
}
#endif
#endif
