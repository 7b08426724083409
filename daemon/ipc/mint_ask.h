/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator asks of a mint: typed by the desk from the control socket's JSON, passed on by mintmarkd as it is,
 * answered in JSON by the ledger or a verifier. A row of mint_verbs.def and a structure here for each.
 *
 * The desk knows who asks (the kernel tells it) and whether he may look or change; the process that answers records who
 * changed what.
 */
#ifndef MM_DAEMON_IPC_MINT_ASK_H
#define MM_DAEMON_IPC_MINT_ASK_H

#include "daemon/ipc/mint.h"

enum mm_mint_verb {
#define MM_MINT_VERB(name, word, process, changes, structure) MM_MINT_VERB_##name,
#include "daemon/ipc/mint_verbs.def"
#undef MM_MINT_VERB
	MM_MINT_VERB_COUNT
};

/* Before the structure of the verb, in DESK_ASK_MINT, LEDGER_ASK and VERIFIER_ASK. */
struct mm_mint_ask {
	uint64_t number; /* of the question */
	uint32_t uid;    /* the operator's */
	uint16_t verb;   /* enum mm_mint_verb */
	uint16_t zero;
	char realm[MM_NAME_LEN_MAX]; /* padded with zeroes; empty: all of them (lists alone) */
};
MM_NO_HOLES(mm_mint_ask, 80);

struct mm_ask_key {
	int64_t until_s; /* of HOLD: when the hold ends; 0: after the usual 24 h */
	/*
	 * Of ROTATE: 1 at once, although the next key was published for less than it should be. Of REVOKE: 1 have it
	 * sign so where no other key does then.
	 */
	uint8_t now;
	uint8_t zero[7];
	MM_MINT_TEXT(MM_KID_LEN_MAX) kid;  /* or a beginning of it that no other key of the realm has; empty: none */
	MM_MINT_TEXT(MM_NAME_LEN_MAX) by;  /* who approves, of RESTORE */
	MM_MINT_TEXT(254) why;             /* in words, for the record */
};

struct mm_ask_token {
	uint8_t has_digest; /* 1: a whole token was given */
	uint8_t zero[7];
	uint8_t digest[MM_DIGEST_LEN];
	char token_id[MM_TOKEN_ID_TEXT_LEN];
	char zero2[2];
};

/* TENANT_*. Lists have single spaces between their elements. Of CHANGE only what 'stated' names is changed. */
enum mm_ask_tenant_stated {
	MM_TENANT_STATES_DOMAINS = 1 << 0,
	MM_TENANT_STATES_ADMINS = 1 << 1,
	MM_TENANT_STATES_DISABLED = 1 << 2,
};

struct mm_ask_tenant {
	uint32_t stated; /* enum mm_ask_tenant_stated */
	uint8_t disabled;
	uint8_t zero[3];
	MM_MINT_TEXT(MM_NAME_LEN_MAX) name; /* empty in a list: all */
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) id; /* of ADD: its 'tid'; never changed */
	MM_MINT_TEXT(4094) domains;
	MM_MINT_TEXT(1022) admins; /* addresses of who is told of incidents */
	char padding[4];
};
MM_NO_HOLES(mm_ask_tenant, 5264);

/*
 * USER_* and CLIENT_*. A list in a text has single spaces between its elements: none of them can hold one. Of CHANGE
 * only what 'stated' names is changed; of ADD what it does not name is as its comment says.
 */
enum mm_ask_stated {
	MM_STATED_NAME = 1 << 0,
	MM_STATED_TENANT = 1 << 1,
	MM_STATED_HASH = 1 << 2,
	MM_STATED_DELEGATES = 1 << 3,
	MM_STATED_KIND = 1 << 4,
	MM_STATED_SECRET = 1 << 5,
	MM_STATED_JWKS = 1 << 6,
	MM_STATED_CERTIFICATE = 1 << 7,
	MM_STATED_CERTIFICATE_SUBJECT = 1 << 8,
	MM_STATED_REDIRECTS = 1 << 9,
	MM_STATED_LOGOUTS = 1 << 10,
	MM_STATED_GRANTS = 1 << 11,
	MM_STATED_SCOPES = 1 << 12,
	MM_STATED_AUDIENCES = 1 << 13,
	MM_STATED_CONSENT = 1 << 14,
	MM_STATED_DISABLED = 1 << 15,
};

struct mm_ask_user {
	uint32_t stated; /* enum mm_ask_stated */
	uint8_t disabled;
	uint8_t zero[3];
	MM_MINT_TEXT(MM_MAILBOX_LEN_MAX) username; /* his mailbox; empty in a list: all */
	MM_MINT_TEXT(MM_NAME_LEN_MAX) tenant;      /* its name; may be left out where the realm has one tenant */
	MM_MINT_TEXT(126) name;                    /* to be shown */
	MM_MINT_TEXT(254) hash;                    /* of the password, crypt(3) */
	MM_MINT_TEXT(4094) delegates;              /* mailboxes that he may open beside his own; empty: none */
	char padding[6];
};

struct mm_ask_client {
	uint32_t stated; /* enum mm_ask_stated */
	uint8_t confidential;
	uint8_t consent;  /* 1: users are asked; 0: it is one of ours */
	uint8_t disabled;
	uint8_t zero;
	MM_MINT_TEXT(MM_MINT_CLIENT_LEN_MAX) id; /* empty in a list: all */
	MM_MINT_TEXT(126) name;                  /* to be shown */
	MM_MINT_TEXT(MM_NAME_LEN_MAX) tenant;    /* users of this one alone; empty: of all */
	MM_MINT_TEXT(62) secret;                 /* SHA-256 of it, base64url; empty: none */
	MM_MINT_TEXT(62) certificate;            /* SHA-256 of its DER, base64url; empty: none */
	MM_MINT_TEXT(510) certificate_subject;   /* RFC 4514, of a certificate of a trusted authority; empty: none */
	MM_MINT_TEXT(126) grants;                /* "code refresh client_credentials device exchange" */
	MM_MINT_TEXT(1022) scopes;
	MM_MINT_TEXT(1022) audiences;            /* of services; the first is meant where none is named */
	MM_MINT_TEXT(2046) redirects;            /* redirect_uri, compared exactly */
	MM_MINT_TEXT(1022) logouts;              /* post_logout_redirect_uri */
	MM_MINT_TEXT(8190) jwks;                 /* a JWK set of public keys for private_key_jwt; empty: none */
	char padding[4];
};
MM_NO_HOLES(mm_ask_user, 4816);
MM_NO_HOLES(mm_ask_client, 14416);

#endif
