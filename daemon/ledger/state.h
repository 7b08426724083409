/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's whole state, for its own parts; keys and tenants see ledger.h alone.
 */
#ifndef MM_DAEMON_LEDGER_STATE_H
#define MM_DAEMON_LEDGER_STATE_H

#include "daemon/ledger/keep.h"
#include "daemon/ledger/keys.h"
#include "daemon/ledger/ledger.h"
#include "daemon/ledger/live.h"
#include "daemon/ledger/peers.h"
#include "daemon/ledger/revoked.h"
#include "daemon/ledger/show.h"
#include "daemon/ledger/tenants.h"
#include "daemon/ledger/tickets.h"
#include "engine/ledger_secrets.h"
#include "engine/ledger_writer.h"
#include "lib/token/mark.h"
#include "lib/token/token_id.h"

#include <sys/types.h>

enum ledger_end {
	LEDGER_END_NOT,
	LEDGER_END_STOP, /* mintmarkd told it to */
	LEDGER_END_GONE, /* mintmarkd went away, or said what it must not */
};

/* Texts of alarms that were told lately. */
#define LEDGER_ALARMS_KEPT 16
#define LEDGER_ALARM_LEN_MAX 512

struct ledger_alarm_told {
	int64_t at_ms;
	char text[LEDGER_ALARM_LEN_MAX];
};

/* Tokens of one realm that are recorded, or about to be, and not signed yet: a power of two. */
#define LEDGER_JOBS_MAX 8192

/* Mark keys that are ready: of a day's audiences and of those before and behind midnight. */
#define LEDGER_MARKS_MAX 64

/* Days whose index key is ready. */
#define LEDGER_DAYS_MAX 4

struct ledger_mark {
	struct mm_mark_key *key; /* NULL: the place is free */
	uint32_t day;
	uint16_t audience_len;
	char audience[MM_MINT_AUDIENCE_LEN_MAX];
};

struct ledger_day {
	bool ready;
	uint32_t day;
	uint8_t index_key[MM_INDEX_KEY_LEN];
};

/* A token between its ticket and its signature. */
struct ledger_job {
	struct ledger *ledger;
	struct ledger_realm *realm;
	uint64_t number;       /* the issuer's own, for the answer */
	uint64_t issuer_birth; /* of the peer that asked */
	uint64_t sequence;     /* of its record */
	uint64_t serial;
	int64_t give_up_ms; /* 0: it is not sent to the signer yet */
	struct mm_token_place place;
	int64_t iat_s, exp_s;
	uint64_t entry; /* of the index */
	uint8_t digest[MM_DIGEST_LEN], thumbprint[MM_DIGEST_LEN];
	uint8_t token_class;
	char token_id[MM_TOKEN_ID_TEXT_LEN];
	uint32_t input_len;
	char input[]; /* header.payload */
};

/* A record of the term before whose end is not on record. */
struct ledger_unresolved {
	uint64_t sequence, serial;
	struct mm_token_place place;
};

/* What of the realm is not known after a restoration: signers up to one, from a place on. */
struct ledger_unknown {
	struct mm_token_place from; /* the last that is on record */
	uint16_t next_signer;       /* from this one on all is known … */
	uint32_t minute;            /* … but of the minutes before, when it may have given it to others already */
};

/* What issuing keeps of a realm. */
struct ledger_mint {
	bool has_root;
	uint8_t mark_root[MM_MARK_ROOT_LEN];
	uint8_t token_id_key[MM_TOKEN_ID_KEY_LEN];
	struct mm_token_id_cipher *cipher;
	struct ledger_mark marks[LEDGER_MARKS_MAX];
	size_t mark_next;
	struct ledger_day days[LEDGER_DAYS_MAX];
	size_t day_next;

	/* The header of the last token, encoded. */
	uint8_t header_thumbprint[MM_DIGEST_LEN];
	unsigned header_class;
	size_t header_len;
	char header[256];

	uint16_t signer;  /* its number in this term */
	uint32_t minute;  /* of the last token */
	uint32_t counter; /* of the next one in that minute */
	uint64_t serial;  /* of the last request in this term, without the term */
	uint64_t first;   /* serial (without the term) of the oldest that may be open */
	size_t job_count;
	struct ledger_job *jobs[LEDGER_JOBS_MAX];

	struct ledger_live live;
	struct ledger_revoked revoked;
	int64_t last_iat_s; /* the latest of any token that was recorded */
	struct mm_ledger_counts counts;
	uint64_t signed_late; /* signatures for records that were void by then */

	bool signer_said; /* its state came since it is there */
	struct mm_signer_state signer_state;

	struct ledger_unresolved *unresolved;
	size_t unresolved_count, unresolved_size;
	struct ledger_unknown *unknown;
	size_t unknown_count;
};

/* Someone who waits for a record to be durable; in a ring, in the order of the records. */
struct ledger_waiter {
	uint64_t sequence;
	ledger_durable_function *done;
	void *ctx;
};

#define LEDGER_WAITERS_MAX 131072 /* a power of two: more records than have room in memory */

/* Void records that could not be written yet; beyond, a start finds them unsigned or not known. */
#define LEDGER_VOIDS_MAX 16384

struct ledger_void_owed {
	struct ledger_realm *realm;
	struct ledger_unresolved of;
	uint8_t status;
	bool at_start;
};

/* A realm of any time, for terms. */
struct ledger_known_realm {
	char name[MM_NAME_LEN_MAX + 1];
	uint16_t signer;     /* the last term's */
	bool used;           /* there is a token of it */
	struct mm_ledger_counts counts; /* where it is none of the configuration */
};

struct ledger_stream;

struct ledger {
	/* What mintmarkd told it. */
	int folder_fd; /* -1: it did not come yet */
	bool has_sealing_key, has_certificate, started;
	uint8_t sealing_key[MM_SEALING_KEY_LEN];
	uint8_t certificate[MM_MINT_CERTIFICATE_LEN];
	uid_t uid;
	gid_t gid;
	uint64_t epoch;
	struct ledger_realm *realms[MM_MINT_REALMS_MAX];

	struct ledger_keys *keys;
	struct ledger_tenants *tenants;
	bool keys_may_begin, keys_begun; /* their records could all be read; and they were told so */
	struct mm_ed25519 *key_state;

	/* The record. */
	struct mm_ledger_writer *writer; /* NULL: nothing can be recorded */
	struct mm_ledger_tail tail;      /* what recovery found */
	char damage[256];                /* empty: none */
	bool revoked_known;              /* all that was revoked and still matters could be read */
	char trouble[256];               /* why nothing can be recorded now; empty: none */
	char secrets_fault[256];         /* why there are no secrets; empty: there are */
	int64_t retry_ms;                /* when to try to record again */
	uint64_t term;
	bool term_begun, term_recorded; /* it has its number; and that is on the disk */
	uint32_t last_minute;
	struct ledger_known_realm known[MM_LEDGER_REALMS_MAX];
	size_t known_count;
	struct ledger_waiter *waiters;
	uint64_t waiter_first, waiter_end;
	uint64_t durable;
	struct mm_ledger_released released; /* not recorded yet */
	struct ledger_void_owed *voids_owed;
	size_t void_count, void_lost;
	int64_t released_ms; /* when the oldest of them was released */
	uint64_t head_records; /* records when the last head was written */
	uint64_t record_count; /* taken in this term */
	int64_t head_minute;

	struct ledger_keep keep;
	struct ledger_show show;
	struct ledger_tickets tickets;
	struct ledger_peers peers;
	struct ledger_stream *stream;
	uint32_t day; /* of the day keys that gates have */
	int64_t status_ms;
	uint64_t made, refused, busy;

	struct ledger_alarm_told alarms[LEDGER_ALARMS_KEPT];
	size_t alarm_next;
};

#endif
