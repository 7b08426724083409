/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request of the issuer, from its coming to its answer. It may wait on the way: for the ledger, or for a thread
 * that checks a password.
 */
#ifndef MM_DAEMON_VERIFIER_WORK_H
#define MM_DAEMON_VERIFIER_WORK_H

#include "daemon/verifier/table_client.h"
#include "daemon/verifier/table_code.h"
#include "daemon/verifier/table_device.h"
#include "daemon/verifier/table_family.h"
#include "daemon/verifier/table_session.h"
#include "daemon/verifier/table_user.h"
#include "daemon/verifier/text.h"
#include "daemon/verifier/verifier.h"

/* Requests at one time; an issuer that sends more gets temporarily_unavailable for them. */
#define VERIFIER_WORKS_MAX 512

/* How long the ledger may take; and a password, which waits for at most VERIFIER_PASSWORD_QUEUE others. */
#define VERIFIER_LEDGER_MS 5000
#define VERIFIER_PASSWORD_MS 20000

/* A ticket that is not spent after so long never will be. */
#define VERIFIER_TICKET_MS 30000

typedef void verifier_step(struct verifier *verifier, struct verifier_work *work);

enum verifier_waiting {
	VERIFIER_WAITS_NOT,
	VERIFIER_WAITS_PASSWORD,
	VERIFIER_WAITS_TICKETS,
	VERIFIER_WAITS_RECORD, /* the ledger is asked whether a token is on record */
	VERIFIER_WAITS_REVOCATION, /* it is told what was revoked (revocation.h) */
};

struct verifier_work {
	struct verifier_work *next;
	uint64_t number; /* our own */
	struct mm_verify verify;
	struct mm_verified answer;
	bool answered;

	enum verifier_waiting waiting;
	uint64_t round; /* in which it began to wait */
	int64_t deadline_ms;
	verifier_step *go_on;
	unsigned tickets_waiting;
	bool password_right;
	uint32_t record; /* enum mm_issued_answer */
	uint8_t asked_digest[MM_DIGEST_LEN]; /* of the token that the ledger was asked about */
	int64_t owed;    /* what was revoked up to this number is to be on record */

	struct verifier_client client;
	struct verifier_user user;
	struct verifier_session session;
	struct verifier_code code;
	struct verifier_family family;
	struct verifier_device device;

	uint8_t sender_key; /* enum mm_sender_key that the token will be bound to */
	uint8_t sender_thumbprint[MM_DIGEST_LEN];

	struct mm_grant grant; /* of the access token */
	bool wants_identity;
	MM_MINT_TEXT(MM_MINT_NONCE_LEN_MAX) nonce;

	struct verifier_attempt attempt;
	bool knows_attempt;
	bool has_device; /* of a sign-in: the browser's cookie that came is the user's */
	char account[MM_MAILBOX_LEN_MAX];
	uint16_t parent_realm;

	size_t payload_len;
	unsigned char payload[];
};

/* Take a request: it is answered, or waits, when this returns. False: the payload is no request. */
MM_MUST_USE bool verifier_work_take(struct verifier *verifier, struct mm_slice payload);

/* End a piece of work; description is a constant sentence, "" for OK. */
void verifier_answer(struct verifier *verifier, struct verifier_work *work, enum mm_sign_in_status status,
    const char *description);

/* The work that waits with this number; NULL: it ended meanwhile. */
struct verifier_work *verifier_work_find(struct verifier *verifier, uint64_t number, enum verifier_waiting waiting);

/* The ledger's word on a token; passed over where nobody waits for it, or asked about another one. */
void verifier_works_take_record(struct verifier *verifier, const struct mm_ledger_says *says);
void verifier_work_wait(struct verifier *verifier, struct verifier_work *work, enum verifier_waiting waiting,
    int64_t patience_ms, verifier_step *go_on);

/* Answer what has waited too long; of a peer that is gone all that waits for it. */
void verifier_works_expire(struct verifier *verifier);
void verifier_works_ledger_gone(struct verifier *verifier);
void verifier_works_forget(struct verifier *verifier);

/* When the next one has waited too long. */
int64_t verifier_works_due_ms(const struct verifier *verifier);

/*
 * The end of a round that was kept: send its answers. Of one that was not nothing is left: neither what it answered,
 * nor what began to wait in it.
 */
void verifier_works_send(struct verifier *verifier, bool kept);

/*
 * Open tickets for work->grant, and for an ID token where it wants one; go_on runs when the ledger has them all. Else
 * the work is answered, and so it is while the table cannot be written.
 */
void verifier_tickets_open(struct verifier *verifier, struct verifier_work *work, verifier_step *go_on);
void verifier_tickets_opened(struct verifier *verifier, const struct mm_ticket_opened *opened);

/* Put what a granted request tells into the answer. */
void verifier_tell_tokens(struct verifier_work *work);

/* ---- the steps that requests share; each answers the work where it returns false ---- */

/* The client of an id, as the table has it now. False: there is none, or the table failed. */
MM_MUST_USE bool verifier_client_find(struct verifier *verifier, struct mm_slice id, struct verifier_client *client);
/* The client that asks, by what it shows; into work->client. */
MM_MUST_USE bool verifier_client_authenticate(struct verifier *verifier, struct verifier_work *work);
/* The client that is named, without a proof of it: its requests through a browser. */
MM_MUST_USE bool verifier_client_named(struct verifier *verifier, struct verifier_work *work);
/* Whether the client of work->client is as it was read, before something was waited for; else the work is answered. */
MM_MUST_USE bool verifier_client_unchanged(struct verifier *verifier, struct verifier_work *work);
MM_MUST_USE bool verifier_client_may(struct verifier *verifier, struct verifier_work *work, const char *grant);

/* The key that the sender holds: DPoP's proof, else the certificate of a client that authenticated with it. */
MM_MUST_USE bool verifier_sender_check(struct verifier *verifier, struct verifier_work *work);
/* The nonce that is current into the answer. */
void verifier_tell_nonce(struct verifier *verifier, struct verifier_work *work);

/* What is asked for, within what the client may: into work->grant. Texts are absent where they were not stated. */
MM_MUST_USE bool verifier_choose_scope(struct verifier *verifier, struct verifier_work *work, struct mm_slice scope);
MM_MUST_USE bool verifier_choose_audience(struct verifier *verifier, struct verifier_work *work,
    struct mm_slice audience);

/*
 * What was granted before, of it what is within another list too: never more, and nothing where nothing was granted.
 * False where something was, and nothing of it is left.
 */
MM_MUST_USE bool verifier_keep_scope(struct verifier *verifier, struct verifier_work *work, struct mm_slice granted,
    struct mm_slice within);

/* The user of work->user into work->grant: tenant, subject, mailbox. False too where he may not sign in. */
MM_MUST_USE bool verifier_grant_user(struct verifier *verifier, struct verifier_work *work, int64_t user,
    enum mm_sign_in_status status);
/* A family of refresh tokens for work->grant, its first token into the answer. */
MM_MUST_USE bool verifier_family_begin(struct verifier *verifier, struct verifier_work *work);

/* What every grant has. */
void verifier_grant_begin(struct verifier *verifier, struct verifier_work *work, enum mm_grant_kind kind);

/* The tenant of the user, where he may sign in at the address of the request; NULL: he may not. */
const struct verifier_tenant *verifier_user_tenant(const struct verifier *verifier, const struct verifier_work *work,
    const struct verifier_user *user);

static inline struct mm_slice
verifier_stated(uint8_t has, struct mm_slice text)
{
	return has ? text : MM_SLICE_ABSENT;
}

/* ---- requests: one function a row of sign_in_requests.def ---- */

verifier_step verifier_ask_authorize_check;
verifier_step verifier_ask_authorize;
verifier_step verifier_ask_sign_in;
verifier_step verifier_ask_session;
verifier_step verifier_ask_sign_out;
verifier_step verifier_ask_code;
verifier_step verifier_ask_refresh;
verifier_step verifier_ask_client_credentials;
verifier_step verifier_ask_device_poll;
verifier_step verifier_ask_exchange;
verifier_step verifier_ask_device_start;
verifier_step verifier_ask_device_user;
verifier_step verifier_ask_revoke;
verifier_step verifier_ask_introspect;
verifier_step verifier_ask_userinfo;

#endif
