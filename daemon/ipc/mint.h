/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the processes of a mint say to each other: payloads of fixed size, so that none of them has to parse another's
 * text. doc/mint.md tells the story, messages.def who may send what.
 *
 * The structures go over the socket as they lie in memory: both ends are of one build on one host. They have no holes
 * (asserted below), and a receiver checks them with the function that stands beside each before it reads a text.
 * A text is its length and its bytes; what lies behind its length is zero.
 */
#ifndef MM_DAEMON_IPC_MINT_H
#define MM_DAEMON_IPC_MINT_H

#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits of what a mint writes into a token; what is checked of others' tokens may be longer. */
#define MM_MINT_REALMS_MAX 64
#define MM_MINT_ID_LEN_MAX 64       /* tenant, subject, session */
#define MM_MINT_CLIENT_LEN_MAX 128
#define MM_MINT_AUDIENCE_LEN_MAX 256
#define MM_MINT_SCOPE_LEN_MAX 1022
#define MM_MINT_NONCE_LEN_MAX 254
#define MM_MINT_ISSUER_LEN_MAX 510

/* header.payload of the longest token that a mint makes, and its signature in base64url. */
#define MM_MINT_SIGNING_INPUT_MAX 8192
#define MM_MINT_SIGNATURE_MAX 512 /* RSA-4096 */
#define MM_MINT_TOKEN_MAX (MM_MINT_SIGNING_INPUT_MAX + 1 + (MM_MINT_SIGNATURE_MAX * 4 + 2) / 3)

#define MM_TICKET_LEN 16
#define MM_TOKEN_ID_TEXT_LEN 22 /* a jti */

#define MM_MINT_TEXT(max)          \
	struct {                   \
		uint16_t len;      \
		char bytes[(max)]; \
	}

/* What a token is for; its header's typ. */
enum mm_token_class {
	MM_CLASS_ACCESS = 1, /* "at+jwt" (RFC 9068) */
	MM_CLASS_IDENTITY,   /* "JWT": an ID token (OpenID Connect Core 1.0 section 2) */
};

/* The typ of a class, for mm_header_write(); NULL: there is no such class. */
const char *mm_token_class_typ(unsigned token_class);

/* What the verifier checked before it opened the ticket. For the record. */
enum mm_grant_kind {
	MM_GRANT_CODE = 1,
	MM_GRANT_REFRESH,
	MM_GRANT_CLIENT_CREDENTIALS,
	MM_GRANT_DEVICE,
	MM_GRANT_EXCHANGE,
};

enum mm_sender_key {
	MM_SENDER_NONE,
	MM_SENDER_DPOP, /* cnf.jkt (RFC 9449 section 6.1) */
	MM_SENDER_MTLS, /* cnf.x5t#S256 (RFC 8705 section 3.1) */
};

/* How well a root is proven (design: a derived token's proof is never better than its root's). */
enum mm_root_proof {
	MM_ROOT_NONE = 0, /* of an external realm */
	MM_ROOT_MARKED,
	MM_ROOT_ISSUED, /* the ledger has it */
};

/* All that a ticket allows: the ledger writes the token from it, and from nothing else. */
struct mm_grant {
	uint16_t realm; /* the mint's number (LEDGER_REALM) */
	uint8_t token_class;
	uint8_t kind;
	uint8_t sender_key;
	uint8_t root_proof;
	uint8_t has_root;   /* 1: a derived token; parent and root are set */
	uint8_t zero;
	uint32_t lifetime_s;
	uint32_t zero2;
	int64_t auth_time_s; /* 0: nobody signed in */
	int64_t root_iat_s;
	uint8_t sender_thumbprint[MM_DIGEST_LEN];
	uint8_t root_thumbprint[MM_DIGEST_LEN];
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) tenant;   /* its id; empty in a realm of one tenant without id */
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) subject;
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) session;  /* empty: none */
	MM_MINT_TEXT(MM_MINT_CLIENT_LEN_MAX) client;
	MM_MINT_TEXT(MM_MINT_AUDIENCE_LEN_MAX) audience; /* one */
	MM_MINT_TEXT(MM_MINT_SCOPE_LEN_MAX) scope;       /* empty: none */
	MM_MINT_TEXT(MM_MAILBOX_LEN_MAX) mailbox;        /* preferred_username; empty: none */
	MM_MINT_TEXT(MM_MINT_NONCE_LEN_MAX) nonce;       /* of an ID token; empty: none */
	MM_MINT_TEXT(MM_CLAIM_LEN_MAX) parent;           /* its jti */
	MM_MINT_TEXT(MM_NAME_LEN_MAX) root_realm;
	MM_MINT_TEXT(MM_KID_LEN_MAX) root_kid;
	char padding[8];
};

/* TICKET_OPEN, verifier to ledger. A ticket is spent once, until expires_ms (CLOCK_BOOTTIME, at most 60 s away). */
struct mm_ticket_open {
	uint8_t ticket[MM_TICKET_LEN]; /* random */
	int64_t expires_ms;
	struct mm_grant grant;
};

/* TICKET_OPENED, ledger to verifier. */
struct mm_ticket_opened {
	uint8_t ticket[MM_TICKET_LEN];
	uint32_t status; /* enum mm_mint_status */
	uint32_t zero;
};

/*
 * REVOKE, verifier to ledger: tokens of its realm that were issued until now are not good any more. number is the
 * verifier's own, for the answer.
 */
struct mm_revoke {
	uint64_t number;
	uint8_t kind; /* enum mm_revoked_kind (lib/token/revoked.h); not the whole realm's */
	uint8_t zero[7];
	MM_MINT_TEXT(MM_MINT_CLIENT_LEN_MAX) value;
	MM_MINT_TEXT(MM_MINT_CLIENT_LEN_MAX) client; /* of a session: that client's tokens alone; empty: all */
	char padding[4];
};

/* REVOKED, ledger to verifier: it is on record, and gates are told; or it is not on record, and is to be sent again. */
struct mm_revoke_done {
	uint64_t number;
	int64_t up_to_s; /* tokens with an 'iat' at or before it are refused */
	uint32_t status; /* enum mm_mint_status: DONE or NO_RECORD */
	uint32_t zero;
};

/* TICKET_SPEND, issuer to ledger; number is the issuer's own, for the answer. */
struct mm_ticket_spend {
	uint64_t number;
	uint8_t ticket[MM_TICKET_LEN];
};

enum mm_mint_status {
	MM_MINT_DONE = 0,
	MM_MINT_NO_TICKET,   /* there is none of this number, or it is spent, or its time is over */
	MM_MINT_REFUSED,     /* the grant is not what this realm may make */
	MM_MINT_BUSY,        /* too many at once: try again */
	MM_MINT_NO_KEY,      /* no active key, or the signer or its key store is away */
	MM_MINT_NO_RECORD,   /* it cannot be recorded: the disk is full or failed */
	MM_MINT_LATE,        /* not signed by its deadline: void */
	MM_MINT_STATUS_COUNT
};

/* TOKEN_MADE, ledger to issuer: this head, then token_len bytes of compact serialization (0 unless DONE). */
struct mm_token_made {
	uint64_t number;
	uint32_t status; /* enum mm_mint_status */
	uint32_t token_len;
	int64_t iat_s, exp_s;
	char token_id[MM_TOKEN_ID_TEXT_LEN];
	char zero[2];
};

/*
 * SIGN, ledger to signer: one request or more, one behind the other without a gap: this head, then len bytes of
 * header.payload. SIGNED holds answers in the same way, in any order. A message of many costs the kernel little more
 * than one of a single one, which is a good part of a signature's time.
 */
#define MM_SIGN_TOGETHER_MAX 32 /* requests, or answers, of one message */
#define MM_SIGN_MESSAGE_MAX 32768

struct mm_sign {
	uint64_t serial; /* one more with each */
	int64_t deadline_ms; /* CLOCK_BOOTTIME */
	uint8_t thumbprint[MM_DIGEST_LEN]; /* of the key */
	uint8_t token_class;
	uint8_t zero[3];
	uint32_t len;
};

enum mm_sign_status {
	MM_SIGN_DONE = 0,
	MM_SIGN_LATE,    /* the deadline was over */
	MM_SIGN_REFUSED, /* issuer, tenant, lifetime, class or header are not this realm's */
	MM_SIGN_NO_KEY,  /* no such open key */
	MM_SIGN_AWAY,    /* the key store cannot be reached */
	MM_SIGN_FAILED,  /* the key store could not */
};

/* SIGNED, signer to ledger, of each answer: this head, then the len bytes of the JWS signature (0 unless DONE). */
struct mm_signed {
	uint64_t serial;
	uint64_t count; /* signatures that this signer made since it started, this one counted: monotone */
	uint32_t status; /* enum mm_sign_status */
	uint32_t len;
};

/*
 * KEY_MAKE, KEY_OPEN, KEY_FORGET, ledger to signer. A key that is made is sealed, and signs when it is opened. To open
 * one that is open, and to forget one that is not there, is done already: an order can be given again.
 *
 * KEY_NEXT: name the kept key whose thumbprint is the next one, byte by byte, behind this; zeroes: the first of all.
 * The answer has its thumbprint, or MM_SIGN_NO_KEY.
 */
struct mm_key_order {
	uint64_t number;                   /* for the answer */
	uint8_t thumbprint[MM_DIGEST_LEN]; /* of all but MAKE */
	char algorithm[8];                 /* of MAKE: "RS256", "PS256", "ES256", "EdDSA", padded with zeroes */
};

/* KEY_DONE, signer to ledger: this head, then jwk_len bytes of public JWK (canonical members of RFC 7638) for MAKE. */
struct mm_key_done {
	uint64_t number;
	uint8_t thumbprint[MM_DIGEST_LEN];
	uint32_t status; /* enum mm_sign_status */
	uint32_t jwk_len;
};

/* SIGNER_STATE, signer to ledger, when it begins and when it changes. */
struct mm_signer_state {
	uint64_t count;      /* as in mm_signed */
	uint64_t last_serial; /* the highest that was signed, so that none above it was; 0: none */
	uint8_t store_away;  /* 1: the key store cannot be reached */
	uint8_t zero[7];
	MM_MINT_TEXT(254) text; /* why, in words */
};

/* GATE_ASK_ISSUED, gate to ledger; LEDGER_SAYS back. Is this token on record? */
struct mm_ask_issued {
	uint64_t number;
	uint16_t realm;
	uint8_t zero[6];
	char token_id[MM_TOKEN_ID_TEXT_LEN];
	char zero2[2];
	uint8_t digest[MM_DIGEST_LEN]; /* SHA-256 of header.payload */
};

/*
 * VERIFIER_ASK_ISSUED, verifier to ledger; LEDGER_SAYS back. The same, and is it revoked, or what it was derived from?
 * A root has the token's own subject and session, and a client that is not known.
 */
struct mm_ask_standing {
	struct mm_ask_issued issued;
	int64_t iat_s;
	int64_t root_iat_s;
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) subject; /* of the token, whose signature holds; empty: none, of all three */
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) session;
	MM_MINT_TEXT(MM_MINT_CLIENT_LEN_MAX) client;
	uint16_t root_realm; /* the mint's number */
	char parent[MM_TOKEN_ID_TEXT_LEN]; /* the root's jti */
	uint8_t has_root; /* 1: it was derived from a token of a mint; else all three are zero */
	char padding[1];
};

enum mm_issued_answer {
	MM_ISSUED_YES = 1,
	MM_ISSUED_NO,      /* never, or with another digest */
	MM_ISSUED_VOID,    /* recorded, never released */
	MM_ISSUED_UNKNOWN, /* the ledger cannot know (a gap after a restore), or cannot look */
	MM_ISSUED_REVOKED, /* it is on record, and was revoked; verifiers alone are told */
};

/* number and digest are the question's: an answer counts for the token that was asked about, and for no other one. */
struct mm_ledger_says {
	uint64_t number;
	uint32_t answer; /* enum mm_issued_answer */
	uint32_t zero;
	uint8_t digest[MM_DIGEST_LEN];
};

/* LEDGER_DAY_KEYS, ledger to gate: one for each realm, audience and day that the gate needs, again when they change. */
struct mm_day_keys {
	uint16_t realm;
	uint8_t zero[2];
	uint32_t day;               /* days since 1970-01-01 UTC */
	uint8_t token_id_key[16];
	uint8_t mark_key[32];
	uint8_t index_key[32];
	MM_MINT_TEXT(MM_MINT_AUDIENCE_LEN_MAX) audience;
	char padding[6];
};

/*
 * LEDGER_INDEX and LEDGER_BEAT, ledger to gate: signed bytes (doc/PROTOCOL.ledger, engine/index_batch.h), at most
 * MM_INDEX_BATCH_MAX; a beat at least each second, a batch at least each 100 ms while tokens are made.
 */
#define MM_INDEX_BATCH_MAX 32768

/* Set a text of a structure; false where it is too long (the text is then empty). */
#define mm_mint_text_set(text, slice) mm_mint_text_copy(&(text)->len, (text)->bytes, sizeof((text)->bytes), (slice))
#define mm_mint_text_get(text) mm_slice((text)->bytes, (text)->len)
MM_MUST_USE bool mm_mint_text_copy(uint16_t *len, char *bytes, size_t max, struct mm_slice slice);

/*
 * Whether a grant is well formed: texts within their fields, enumerations known, zeroes zero, what belongs together
 * there together (a root with its parent; an ID token without a sender key), subject, client and audience there, no
 * byte below 0x20 in any text, lifetime from 1 to 3600 s.
 * Not checked: whether the realm may make it.
 */
MM_MUST_USE bool mm_grant_check(const struct mm_grant *grant);

/*
 * Whether these are well formed: texts within their fields and without control characters, zeroes zero.
 * Not checked: whether there is something of this kind and value.
 */
MM_MUST_USE bool mm_revoke_check(const struct mm_revoke *revoke);
MM_MUST_USE bool mm_ask_standing_check(const struct mm_ask_standing *ask);

/* Whether a text field is well formed: its length within the field, only zeroes behind it. */
MM_MUST_USE bool mm_mint_text_check(uint16_t len, const char *bytes, size_t max);

#define MM_NO_HOLES(type, size) _Static_assert(sizeof(struct type) == (size), "holes in " #type)
MM_NO_HOLES(mm_grant, 3576);
MM_NO_HOLES(mm_ticket_open, 3600);
MM_NO_HOLES(mm_signer_state, 280);
MM_NO_HOLES(mm_day_keys, 352);
MM_NO_HOLES(mm_ticket_opened, 24);
MM_NO_HOLES(mm_ticket_spend, 24);
MM_NO_HOLES(mm_token_made, 56);
MM_NO_HOLES(mm_sign, 56);
MM_NO_HOLES(mm_signed, 24);

#define MM_SIGNED_MESSAGE_MAX (MM_SIGN_TOGETHER_MAX * (sizeof(struct mm_signed) + MM_MINT_SIGNATURE_MAX))
MM_NO_HOLES(mm_key_order, 48);
MM_NO_HOLES(mm_key_done, 48);
MM_NO_HOLES(mm_ask_issued, 72);
MM_NO_HOLES(mm_ask_standing, 376);
MM_NO_HOLES(mm_revoke, 280);
MM_NO_HOLES(mm_revoke_done, 24);
MM_NO_HOLES(mm_ledger_says, 48);

#endif
