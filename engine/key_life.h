/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a mint's keys, as a rule without clocks and files: what is so follows from the events that were recorded,
 * what is to be done from that and the time.
 *
 *	prepared -> active -> retiring -> retired	by itself
 *	prepared, active, retiring -> tainted		and back only by two who approve
 *	anything -> revoked				for ever
 *
 * Whoever keeps the record asks mm_life_next() for the next step, has the signer do its part, records the event of it
 * (mm_life_step_event()), and only then applies it. Applying the record from its beginning gives the same life again,
 * so a keeper that is killed anywhere does a step again or has done it. No event makes a key accepted that was refused
 * before, but mm_life_check() lets RESTORED take a taint away.
 */
#ifndef MM_ENGINE_KEY_LIFE_H
#define MM_ENGINE_KEY_LIFE_H

#include "engine/key_event.h"
#include "lib/base/buf.h"
#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No key signs for longer, whatever is configured or paused. */
#define MM_LIFE_AGE_MAX_S (14 * 24 * 3600)
/* A pause of rotation ends by itself. */
#define MM_LIFE_HOLD_MAX_S (24 * 3600)
/* The second approval of a restoration comes within this time of the first. */
#define MM_LIFE_APPROVAL_S (24 * 3600)
/* Ready beside the active key. */
#define MM_LIFE_PREPARED_COUNT 2
/*
 * A promotion is told this long before the key signs, so that every gate of the mint knows it then; less where keys
 * change faster (mm_life_lead()).
 */
#define MM_LIFE_LEAD_MAX_S 10
/* After its last signature a private key is kept this long: what was allotted before is signed within it. */
#define MM_LIFE_FORGET_AFTER_S 60

struct mm_life_rule {
	int64_t max_lifetime_s;   /* of a token */
	int64_t rotate_every_s;   /* at most MM_LIFE_AGE_MAX_S */
	int64_t publish_before_s; /* a key's first use */
	int64_t visible_for_s;    /* after its last use; longer than a token lives */
};

enum mm_life_state {
	MM_LIFE_PREPARED, /* published, not yet signing */
	MM_LIFE_ACTIVE,
	MM_LIFE_RETIRING, /* verifies only */
	MM_LIFE_RETIRED,  /* refused, kept for attribution */
	MM_LIFE_REVOKED,  /* refused for ever */
	MM_LIFE_STATE_COUNT
};

/* Times that did not come are 0. */
struct mm_life_key {
	uint8_t thumbprint[MM_DIGEST_LEN];
	char kid[MM_LIFE_KID_LEN + 1];
	char *jwk; /* public, the members of RFC 7638, as the signer told it */
	size_t jwk_len;
	int64_t made_s, published_s;
	int64_t behind_s; /* it was published by a clock that stood before this time: published anew where it comes */
	int64_t nbf_s, exp_s; /* the window in which it signs */
	int64_t told_s;       /* a document with this window was told */
	int64_t lead_s;       /* and it signs so long after that, not earlier */
	int64_t verify_until_s;
	int64_t replaced_s, retired_s, forgotten_s, tainted_s, revoked_s;
	int64_t approved_s; /* half a restoration */
	uint32_t approved_uid;
	char approved_by[MM_NAME_LEN_MAX + 1];
};

struct mm_key_life {
	struct mm_life_rule rule;
	struct mm_life_key *keys; /* in the order in which they were made */
	size_t count, size;
	int64_t hold_until_s;
	int64_t rotate_asked_s; /* an operator wants the next key now */
	bool rotate_early;      /* although it was not published for long enough */
	int64_t last_s;         /* time of the newest event */
	int64_t high_s;         /* the latest time of any */
	/*
	 * When the keeper started; his to set. He retires nothing, and has no key destroyed because of its age, before
	 * every token from before then is over: his clock may be wrong, and windows refuse what is too old anyway.
	 */
	int64_t started_s;
};

void mm_life_init(struct mm_key_life *life, const struct mm_life_rule *rule);
void mm_life_clear(struct mm_key_life *life);

/* ---- events ---- */

/* Whether an event may happen: NULL, or a constant sentence why not. */
MM_MUST_USE const char *mm_life_check(const struct mm_key_life *life, const struct mm_life_event *event);

/*
 * Let a recorded event have happened. Returns NULL, or why it cannot have (as mm_life_check(), or memory is short);
 * nothing is changed then.
 */
MM_MUST_USE const char *mm_life_apply(struct mm_key_life *life, const struct mm_life_event *event);

/* ---- steps: what happens by itself ---- */

enum mm_life_step_kind {
	MM_LIFE_NOTHING,
	MM_LIFE_MAKE,    /* another prepared key; the signer makes it */
	MM_LIFE_PUBLISH, /* the document that has a key, or its window, in it is told; only then is that recorded */
	MM_LIFE_PROMOTE, /* a prepared key becomes the active one; the signer opens it first */
	MM_LIFE_RETIRE,  /* its time is over */
	MM_LIFE_FORGET,  /* it signs no more; the signer destroys its private part */
};

struct mm_life_step {
	enum mm_life_step_kind kind;
	size_t key;   /* of all but MAKE */
	int64_t at_s; /* when it is due: at once where that is not after now */
};

/* The step that is due first; kind MM_LIFE_NOTHING where none is foreseen. Each step alone: mm_life_next_of(). */
struct mm_life_step mm_life_next(const struct mm_key_life *life, int64_t now_s);
struct mm_life_step mm_life_next_of(const struct mm_key_life *life, enum mm_life_step_kind kind, int64_t now_s);

/* The event that records a step done now; of MAKE, thumbprint and jwk are the caller's to set. */
struct mm_life_event mm_life_step_event(const struct mm_key_life *life, const struct mm_life_step *step, int64_t now_s);

/* How long before its first use a promotion is told. */
int64_t mm_life_lead(const struct mm_life_rule *rule);
/* How long a key may sign: 14 days, or twice rotate_every where that is less. */
int64_t mm_life_age_max(const struct mm_life_rule *rule);

/* ---- what operators ask ---- */

enum mm_life_wish {
	MM_LIFE_ROTATE,
	MM_LIFE_HOLD,
	MM_LIFE_RETIRE_KEY,
	MM_LIFE_TAINT,
	MM_LIFE_REVOKE,
	MM_LIFE_RESTORE,
	MM_LIFE_WISH_COUNT
};

struct mm_life_question {
	enum mm_life_wish wish;
	size_t key;         /* of all but ROTATE and HOLD */
	bool early;         /* of ROTATE */
	int64_t until_s;    /* of HOLD; 0: MM_LIFE_HOLD_MAX_S */
	uint32_t uid;       /* who asks */
	struct mm_slice by; /* of RESTORE: who approves; else empty or absent */
	struct mm_slice why;
};

/*
 * The event that grants a wish, or NULL with *why not and *mend (either a constant sentence; mend may be NULL).
 * *event borrows from question. Nothing is changed.
 */
MM_MUST_USE bool mm_life_ask(const struct mm_key_life *life, const struct mm_life_question *question, int64_t now_s,
    struct mm_life_event *event, const char **why, const char **mend);

/* ---- looking ---- */

enum mm_life_state mm_life_state_of(const struct mm_life_key *key, int64_t now_s);
const char *mm_life_state_name(enum mm_life_state state); /* "active" */

/* The key that may sign a token of this iat; NULL: none may. */
const struct mm_life_key *mm_life_signing_key(const struct mm_key_life *life, int64_t iat_s);

/*
 * Whether no key signs now. *next is then the key that will by itself, from *at_s on as far as that is foreseen; NULL:
 * none is prepared and published.
 */
MM_MUST_USE bool mm_life_is_idle(const struct mm_key_life *life, int64_t now_s, const struct mm_life_key **next,
    int64_t *at_s);

/* The key of a thumbprint; NULL: there is none. */
const struct mm_life_key *mm_life_find(const struct mm_key_life *life, const uint8_t thumbprint[MM_DIGEST_LEN]);

/* How many keys have a kid that begins so; *key is the last of them. */
size_t mm_life_find_kid(const struct mm_key_life *life, struct mm_slice beginning, size_t *key);

/* What happens to a key next, in words ("signs"), and when; NULL: nothing. */
const char *mm_life_key_next(const struct mm_key_life *life, size_t key, int64_t now_s, int64_t *at_s);

/* Whether a key document must be signed anew though nothing happened: it is old, or of a clock that was wrong. */
bool mm_life_document_is_old(const struct mm_key_life *life, int64_t signed_s, int64_t now_s);

/*
 * Append the realm's key document at a time (doc/PROTOCOL.ledger): every key but those retired long ago.
 * False where buf is too small.
 */
MM_MUST_USE bool mm_life_document(const struct mm_key_life *life, const char *issuer, const char *algorithm,
    int64_t now_s, struct mm_buf *buf);

#endif
