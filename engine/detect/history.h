/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a log told so far: which applications and networks were seen at which mailboxes and in which tenants, and where
 * each token and session was first used. Detections ask it about the event in hand.
 *
 * Only what is done with mail counts, and only where the time can be relied on. A tenant and a mailbox first learn for
 * MM_HISTORY_LEARN_US of their own log, in which nothing is new. What was not seen for MM_HISTORY_MEMORY_US is new
 * again.
 *
 * An application goes by the best id that its record has; it also leaves the worse ones of that record behind, so that
 * a record that lacks the best id is explained by those which had it.
 */
#ifndef MM_ENGINE_DETECT_HISTORY_H
#define MM_ENGINE_DETECT_HISTORY_H

#include "engine/detect/finding.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* Two working weeks: what comes weekly came. And a quarter: what comes with its end did too. */
#define MM_HISTORY_DAY_US (86400 * INT64_C(1000000))
#define MM_HISTORY_LEARN_US (14 * MM_HISTORY_DAY_US)
#define MM_HISTORY_MEMORY_US (90 * MM_HISTORY_DAY_US)

/*
 * An application that more than a tenth of a tenant's mailboxes has, is one that people get: the next one is no news.
 * Syncing is rarer in a log than reading, and a program that does it at one of a hundred mailboxes will at others.
 */
#define MM_HISTORY_FEW_PART 10
#define MM_HISTORY_FEW_SYNCERS_PART 100

/* At so many networks a person moves about, and a new one says little; it does when that many mailboxes see it. */
#define MM_HISTORY_MOVER_NETWORKS 4
#define MM_HISTORY_SHARED_MAILBOXES 3

/*
 * Rooms: of applications and networks in tenants and of mailboxes for some thousand mailboxes each with a dozen of
 * them; of tokens for the latest so many, at least. 60 MB when all of them are full.
 */
#define MM_HISTORY_TENANT_PAIRS_MAX 65536
#define MM_HISTORY_MAILBOXES_MAX 65536
#define MM_HISTORY_MAILBOX_PAIRS_MAX 131072
#define MM_HISTORY_TOKENS_MAX 65536

/* An application or a network, of a tenant or a mailbox; or a tenant or mailbox itself. Times: 0 is never. */
struct mm_seen {
	int64_t first_us, last_us;
	int64_t new_since_us;      /* when it came anew to what had learned; stays */
	int64_t sync_us;           /* of an application: when it last synced a folder */
	int64_t sync_new_since_us; /* the same of that */
	uint32_t mailboxes;        /* of what is a tenant's: at which it was seen; of a tenant: all of them */
	uint32_t syncers;          /* of an application in a tenant: mailboxes that it synced */
	uint32_t networks;         /* of a mailbox: public ones that it was seen from */
	int32_t access_day;        /* of an application: the day, since 1970, on which it last read mail */
};

/* A token or a session: its first use. */
struct mm_token_seen {
	int64_t first_us;
	uint32_t tenant;
	uint32_t network; /* number of its first public one; 0: none yet */
};

/* What is known of the event in hand, itself included. Borrowed until the next one. */
struct mm_past {
	bool counts;     /* mail with a time to rely on: its application is told, and what follows of its token */
	bool judged;     /* and room for it: all of application and mailbox is told */
	bool no_room;    /* it found no room, or, where it is judged, its network found none */
	struct mm_subject application;
	const struct mm_seen *tenant, *mailbox;
	const struct mm_seen *in_tenant, *at_mailbox; /* its application; NULL where that is unknown */
	bool first_today_in_tenant, first_today_at_mailbox; /* it is its application's first mail access of the day */
	const struct mm_seen *network_in_tenant, *network_at_mailbox; /* NULL where it is from no public network */
	bool network_first;         /* the mailbox was never before seen from its network, or not for long */
	uint32_t token_tenant;      /* where its token was first used, if elsewhere; else 0 */
	int64_t token_first_us;     /* when its token was first used; 0: it names none */
	bool moved;                 /* its token, else its session, was first used from another network */
};

struct mm_history;

struct mm_history *mm_history_new(void);
void mm_history_free(struct mm_history **history);

/* The next event, in the order of time. Returns NULL where memory is short. */
const struct mm_past *mm_history_next(struct mm_history *history, const struct mm_logs_event *event);

/* What is known of an event that went through before, by now; of its token nothing. */
void mm_history_of(const struct mm_history *history, const struct mm_logs_event *event, struct mm_past *past);

/*
 * The number-th tenant that has mail in the log, in the order of coming; false: there are no more. Tenant 0 may come
 * twice: of logs that name none, and of mail servers of one's own.
 */
bool mm_history_tenant(const struct mm_history *history, size_t number, uint32_t *tenant, struct mm_seen *seen);

/* The number under which an event's mailbox goes: its name, else its id. */
uint32_t mm_history_mailbox(const struct mm_logs_event *event);

/* Whether a tenant's or mailbox's own log is long enough at a time to tell what is new. */
static inline bool
mm_history_has_learned(const struct mm_seen *whose, int64_t now_us)
{
	return whose->first_us != 0 && now_us - whose->first_us >= MM_HISTORY_LEARN_US;
}

/* Whether something was never seen (0), or not for so long that it is new again. */
static inline bool
mm_history_is_unseen(int64_t last_us, int64_t now_us)
{
	return last_us == 0 || now_us - last_us > MM_HISTORY_MEMORY_US;
}

/* Whether something that came anew at new_since_us (0: never) came before, or with, an event. */
static inline bool
mm_history_is_new(int64_t new_since_us, const struct mm_logs_event *event)
{
	return new_since_us != 0 && event->time_us >= new_since_us;
}

#endif
