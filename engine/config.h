/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark.conf, read and checked: mintmark.conf(5) is its contract.
 *
 * Settings are one table, each row a name, a type, a default and a check. Everything that libconfuse
 * lets pass silently and that would surprise an operator is an error here: a setting given twice, "${",
 * an octal number, an unknown escape, an unknown setting or section, a wrong type, a contradiction.
 */
#ifndef MM_ENGINE_CONFIG_H
#define MM_ENGINE_CONFIG_H

#include "engine/problems.h"

#include <mintmark/slice.h>
#include <mintmark/trust.h>

#include <stdbool.h>
#include <stdint.h>

/* What the programs read where no other file is named. */
#define MM_CONFIG_PATH_DEFAULT "/etc/mintmark/mintmark.conf"

/* 'state_dir' where a configuration names none, and the control socket in it. */
#define MM_STATE_DIR_DEFAULT "/var/lib/mintmark"
#define MM_CONTROL_SOCKET_NAME "control"

/* A configuration is written by hand: tenants few and stable. More is a mistake. */
#define MM_CONFIG_LEN_MAX (1024 * 1024)

/* Addresses that one gate answers at; it needs few, and each has its own threads. */
#define MM_LISTENS_MAX 16

enum mm_listen_kind {
	MM_LISTEN_TCP,  /* plain HTTP; loopback addresses only */
	MM_LISTEN_UNIX, /* plain HTTP */
	MM_LISTEN_TLS,  /* HTTPS */
};

struct mm_listen {
	enum mm_listen_kind kind;
	char *address; /* "127.0.0.1", "::1", or the socket's path */
	uint16_t port;
};

enum mm_journal_mode {
	MM_JOURNAL_BEFORE_ANSWER, /* written before the answer: survives the death of any process */
	MM_JOURNAL_DURABLE,       /* synced before the answer: survives power loss */
	MM_JOURNAL_GROUP,         /* written within 100 ms */
};

enum mm_keys_kind {
	MM_KEYS_FILE,
	MM_KEYS_DISCOVERY, /* OpenID Connect Discovery 1.0 or RFC 8414 metadata, which names the JWK set */
	MM_KEYS_JWKS,      /* the JWK set itself */
	MM_KEYS_MINT,      /* Mintmark's own: the realm is a mint */
};

/* Before the name of a systemd credential, where a setting says what opens sealed files. */
#define MM_CREDENTIAL_PREFIX "credential:"

/* Lists end with NULL; an absent list without a default is NULL. Every string is owned by the configuration. */
struct mm_config_realm {
	char *name, *issuer;
	int line; /* where the section begins; the same in the others */
	/*
	 * Where its keys are from, and the name of that document: a file's path, resolved against the configuration's
	 * folder; else the setting as it stands, "discovery:https://…" or "jwks:https://…"; "mint:REALM" of a mint.
	 * Realms with equal ones share it.
	 */
	enum mm_keys_kind keys_kind;
	char *keys;
	char **key_hosts; /* hosts beside that of 'keys' to which discovery may lead; NULL: none */
	int64_t refresh_s;      /* a fetched document is fetched again after this */
	int64_t cool_down_s;    /* an unknown kid asks for it at most once in this time */
	int64_t absent_for_s;   /* how long a key gone from it is still good */
	bool require_key_issuer;
	char **algorithms, **token_types;
	int64_t max_lifetime_s;
	char **derived_from; /* the realms whose tokens it makes its own of; NULL: none */
	char **derived_by;   /* the services that those tokens must be for; NULL with derived_from alone */
	bool when_stale_marked_only;

	/* Of a mint alone. */
	struct mm_listen *listens; /* its issuer's */
	size_t listen_count;
	char *key_store_module; /* the path of a PKCS#11 module; NULL: sealed files */
	char *key_store_token;
	char *key_store_pin_path;
	char **key_store_paths;       /* what the module reads and writes */
	char **key_store_environment; /* NAME=VALUE: what it is told by */
	int64_t key_store_threads;    /* that sign with the module at the same time, each with a session */
	char *sealing_key_path; /* or "credential:NAME" */
	int64_t rotate_every_s, publish_before_s, visible_for_s;
	bool dpop_nonce; /* a DPoP proof at its token endpoint needs a nonce */
};

struct mm_config_tenant {
	char *name, *realm, *id;
	int line;
	char **domains, **admins;
};

struct mm_config_caller {
	char *name, *secret_path;
};

struct mm_config_service {
	char *name, *audience, *mailbox_claim; /* NULL: mailbox = none */
	int line;
	char **realms, **scopes, **clients;
	struct mm_config_caller *callers;
	size_t caller_count;
	enum mm_binding binding;
	bool dpop_nonce; /* 'dpop_nonce = required' */
	enum mm_proof_demand mark, ledger;
	bool ledger_away_marked_only;
	bool directory_mint;    /* 'directory = mint' */
	enum mm_directory directory; /* the same, with what 'mailbox = none' makes of it */
	char **accept_unproven; /* realms without a mint whose tokens need no proof; NULL: none */
	char **exchange_from;   /* realms whose primary tokens it exchanges or renews; NULL: it does not */
};

/* A 'revoke' section: what is refused although it may be genuine. */
struct mm_config_revoke {
	char *name, *realm;
	int line;
	char **tokens, **sessions, **subjects, **clients, **tenants;
	char **keys;             /* kids */
	int64_t issued_before_s; /* INT64_MAX: all */
	int64_t revoked_at_s;    /* of the keys; 0: not known */
};

struct mm_config {
	char *path; /* as given; relative paths in it are relative to its folder, and resolved here */
	char *state_dir, *user;
	struct mm_listen *listens;
	size_t listen_count;
	char *tls_certificate_path, *tls_key_path; /* NULL: none */
	char *tls_client_ca_path;  /* PEM; clients are asked for a certificate. NULL: they are not */
	char **trusted_proxies;    /* "unix", or addresses, each with "/LENGTH" perhaps: who may hand in evidence */
	char *ca_path;             /* PEM: whose certificates the courier believes */
	char *trust_socket_path;   /* where applications follow the trust; NULL: nowhere */
	int64_t token_cache_bytes; /* 0: none */
	enum mm_journal_mode journal_mode;
	int64_t journal_segment_bytes;
	int64_t journal_keep_segments; /* older ones are removed; 0: none is */
	int64_t ledger_keep_days;      /* of its records; 0: for ever */
	int64_t stale_after_s;         /* without a heartbeat of the ledger */
	char *sealing_key_path;        /* of the ledger; or "credential:NAME" */
	struct mm_config_realm *realms;
	size_t realm_count;
	struct mm_config_tenant *tenants;
	size_t tenant_count;
	struct mm_config_service *services;
	size_t service_count;
	struct mm_config_revoke *revokes;
	size_t revoke_count;
};

/*
 * Parse the text of a configuration, at most MM_CONFIG_LEN_MAX bytes. path names it in messages and is what "file:"
 * is relative to.
 * Every problem is added to problems, with its line; returns NULL where there is one of class error, or
 * memory is short. Free the result with mm_config_free().
 * One thread at a time: libconfuse's lexer keeps its state in variables of the process, and ends the process where
 * memory is short in its midst.
 * Not checked here: the files it names, and what only compiling the trust can see (overlapping issuers,
 * a domain of two tenants, keys).
 */
struct mm_config *mm_config_parse(struct mm_slice text, const char *path, struct mm_problems *problems);
void mm_config_free(struct mm_config **config);

/* Whether any realm is a mint: whether there is a ledger. */
bool mm_config_has_mint(const struct mm_config *config);

/*
 * The file that 'sealing_key' names, for free(): of "credential:NAME" the file of this name in the folder that systemd
 * says in CREDENTIALS_DIRECTORY. NULL where that is not said, or memory is short.
 */
char *mm_config_sealing_key_file(const char *setting);

#endif
