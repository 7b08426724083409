/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal: a process's own append-only record of what it decided.
 *
 * A journal is a sequence of segments, files of one fixed size that mintmarkd creates, preallocates and
 * hands in as descriptors, so that the writer opens nothing and a full disk is known before a record
 * needs the room. Every record carries a CRC-32C and the hash of the one before it; doc/PROTOCOL.journal
 * says every byte. A reader takes records exactly once by (journal, offset).
 */
#ifndef MM_ENGINE_JOURNAL_H
#define MM_ENGINE_JOURNAL_H

#include "engine/config.h"

#include <mintmark/proof.h>
#include <mintmark/reason.h>
#include <mintmark/slice.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>

/* Where mintmarkd keeps journals, in its state folder, and the name of the gate's. */
#define MM_JOURNAL_FOLDER "journal"
#define MM_JOURNAL_GATE "gate"

/* The file of a segment, for printf: the journal's name, a uint64_t. */
#define MM_JOURNAL_FILE "%s.%010" PRIu64 ".journal"

/* Text fields of a decision record, in their order on disk: append only. */
enum mm_journal_field {
	MM_JF_SERVICE, MM_JF_REALM, MM_JF_KID, MM_JF_THUMBPRINT /* base64url */, MM_JF_ISSUER, MM_JF_TENANT,
	MM_JF_TENANT_ID, MM_JF_SUBJECT, MM_JF_CLIENT, MM_JF_TOKEN_ID, MM_JF_PARENT, MM_JF_ROOT, MM_JF_SESSION,
	MM_JF_MAILBOX, MM_JF_MAILBOX_ASKED, MM_JF_SCOPE, MM_JF_SOURCE /* address of the peer */, MM_JF_CALLER,
	MM_JF_PROTOCOL, MM_JF_USER_AGENT, MM_JF_GATE, MM_JF_FINDING /* MM_FINDING_* */,
	MM_JF_FINDING_CLASS /* MM_FINDING_CLASS_* */,
	MM_JF_LOGIN /* a mail server's session, as the caller told of it; not the token's */,
	MM_JF_COUNT
};

enum mm_journal_kind {
	MM_JOURNAL_DECISION = 1,
	MM_JOURNAL_FOLDED = 2,  /* denials before step 6 that were only counted: service, source, reason, count */
	MM_JOURNAL_FINDING = 3, /* an alarm: class, kind, text */
	MM_JOURNAL_EVENT = 4,   /* the writer started, stopped, changed its epoch */
};

/*
 * What a finding is of, and how sure. An autopsy's has the service that was asked, the realm, kid and thumbprint of the
 * key that signed, and of the token, as claims, issuer, tenant (where its issuer names one), tenant id, subject, client
 * and token id; the source that presented it; its text says in words why the key could not have signed.
 */
#define MM_FINDING_AUTOPSY "autopsy"
#define MM_FINDING_CLASS_PROOF "proof"
#define MM_FINDING_CLASS_STRONG "strong"
#define MM_FINDING_CLASS_LEAD "lead"

/* A record as the writer takes it and the reader gives it; an absent field is not the same as an empty one. */
struct mm_journal_record {
	enum mm_journal_kind kind;
	int64_t time_us;         /* since 1970 */
	bool allowed;
	enum mm_reason reason;
	bool verified;           /* token facts; else only claimed */
	enum mm_issuance proof; /* of a decision: what proved that the token was issued */
	uint64_t epoch;
	uint32_t latency_ns;
	uint64_t count;          /* of a folded record */
	struct mm_slice fields[MM_JF_COUNT]; /* cut at MM_JOURNAL_FIELD_MAX bytes, then marked so */
	uint32_t cut;            /* bit per field: it was cut */
	struct mm_slice text;    /* of a finding or event */
};

#define MM_JOURNAL_FIELD_MAX 512
#define MM_JOURNAL_TEXT_MAX 4096

struct mm_journal;

/* What the writer needs from its surroundings; called by any thread, within every call below; must not block. */
struct mm_journal_hooks {
	void (*want_segment)(void *ctx); /* the spare is used up: ask mintmarkd for the next */
	void (*alarm)(void *ctx, const char *text);
	void *ctx;
};

/*
 * A writer over no segment yet: every append fails until mm_journal_add_segment() gave it one.
 * name is the journal's ("gate"), at most 15 bytes. NULL where memory or threads are short.
 * Starts one thread (group write, grouped sync, folded counts); mm_journal_close() ends it.
 */
struct mm_journal *mm_journal_open(const char *name, enum mm_journal_mode mode, const struct mm_journal_hooks *hooks);

/*
 * Hand in a preallocated segment (an open, writable file of the segment size, empty or with records from an earlier
 * life of the journal). The first one is recovered: its last whole record ends it, anything behind is cut away and
 * told as an event. Later ones wait as spares. The descriptor becomes the journal's. Returns false, and closes fd,
 * where it is no segment.
 */
bool mm_journal_add_segment(struct mm_journal *journal, int fd);

/*
 * Record a decision. Returns once the mode's promise holds (group: once it is in memory), false where it
 * cannot: the answer must then be a denial for MM_JOURNAL_UNAVAILABLE. Any thread.
 *
 * Denials before step 6 beyond 100 a second per source and service are only counted, exactly; a reserve
 * at the end of the last segment is kept for allows.
 */
MM_MUST_USE bool mm_journal_append(struct mm_journal *journal, const struct mm_journal_record *record);

/* Whether an allow could be recorded now. */
bool mm_journal_ready(struct mm_journal *journal);

struct mm_journal_stats {
	uint64_t records, folded, bytes, syncs, failures;
};
void mm_journal_stats(struct mm_journal *journal, struct mm_journal_stats *stats);

/*
 * Write what is pending, sync, end the thread, close the descriptors; *journal becomes NULL. False where something
 * could not be written.
 */
bool mm_journal_close(struct mm_journal **journal);

/* ---- for mintmarkd, which owns the files ---- */

/* Sizes of a segment. The smallest holds some records; the largest keeps recovery under a second. */
#define MM_JOURNAL_SEGMENT_MIN (64 * 1024)
#define MM_JOURNAL_SEGMENT_MAX (1024 * 1024 * 1024)

/*
 * Create the segment file NAME.NNNNNNNNNN.journal of this number (from 1 on) in dir_fd, of size bytes, really
 * allocated and synced; or open it, where it exists and nothing was ever written to it.
 * Returns a descriptor, or -1 with errno (EEXIST: something was written to it, so it belongs to its writer;
 * EPROTO: what has this name is no segment; ENOSPC).
 */
int mm_journal_segment_create(int dir_fd, const char *name, int64_t size, uint64_t number);

/*
 * Open the segment that a starting writer goes on with: the newest one that was begun, else the oldest. Segments
 * behind it are its spares; mm_journal_segment_create(number + 1) opens or makes the first of them.
 * Returns a descriptor and sets *number, or -1 with errno (ENOENT: there is none yet; EPROTO: that of *number is no
 * segment, or its identity is damaged; others: one cannot be looked at now, and it may be the newest).
 */
int mm_journal_segment_newest(int dir_fd, const char *name, uint64_t *number);

/*
 * Remove the oldest segments until at most keep begun ones are left (0: remove none). What is no segment stays.
 * Returns 0, or -1 with errno.
 */
int mm_journal_segment_remove_old(int dir_fd, const char *name, uint64_t keep);

/* ---- reading ---- */

struct mm_journal_reader;

/* A reader over all segments of a journal in a folder, in order. NULL with errno. */
struct mm_journal_reader *mm_journal_reader_open(int dir_fd, const char *name);
void mm_journal_reader_free(struct mm_journal_reader **reader);

enum mm_journal_read {
	MM_READ_RECORD,  /* *record is set, borrowed until the next call */
	MM_READ_END,     /* nothing more now; call again later to follow */
	/*
	 * CRC, chain or length does not hold at *where; the next call goes on behind it, if it can. Offset 0: the file
	 * of that segment is none, or its identity is damaged, and nothing of it can be read.
	 */
	MM_READ_DAMAGED,
	MM_READ_FAILED,  /* errno */
};

struct mm_journal_place {
	uint64_t segment;
	uint64_t offset;
};

/*
 * Go on behind the record at *place, which an earlier mm_journal_read() gave: the next record read is the one after
 * it. Where its segment is gone, the next call says MM_READ_DAMAGED once and reading begins with the oldest left.
 * Returns 0, or -1 with errno (EINVAL: no whole record stands there).
 */
int mm_journal_reader_resume(struct mm_journal_reader *reader, const struct mm_journal_place *place);

/*
 * Begin with the last segment that was begun at or before since_us, if no record was read yet. Returns 0, or -1 with
 * errno.
 */
int mm_journal_reader_since(struct mm_journal_reader *reader, int64_t since_us);

enum mm_journal_read
mm_journal_read(struct mm_journal_reader *reader, struct mm_journal_record *record, struct mm_journal_place *where);

#endif
