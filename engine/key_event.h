/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened to a key of a mint, and its bytes in a record of the ledger (doc/PROTOCOL.ledger).
 */
#ifndef MM_ENGINE_KEY_EVENT_H
#define MM_ENGINE_KEY_EVENT_H

#include "lib/base/buf.h"
#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* A kid: the thumbprint in base64url. */
#define MM_LIFE_KID_LEN 43

/* Nobody asked: the rule did it. */
#define MM_LIFE_NOBODY UINT32_MAX

#define MM_LIFE_WHY_MAX 254
#define MM_LIFE_JWK_MAX 2048
#define MM_LIFE_EVENT_LEN_MAX (88 + MM_NAME_LEN_MAX + MM_LIFE_WHY_MAX + MM_LIFE_JWK_MAX)

/* The numbers stand in records: append only. */
enum mm_life_event_kind {
	MM_LIFE_MADE = 1,
	MM_LIFE_PROMOTED, /* signs from from_s to until_s; who signed before stops then */
	MM_LIFE_IS_RETIRED,
	MM_LIFE_FORGOTTEN,    /* its private part is destroyed */
	MM_LIFE_ROTATE_ASKED, /* by an operator */
	MM_LIFE_HELD,         /* rotation, until until_s */
	MM_LIFE_TAINTED,
	MM_LIFE_IS_REVOKED,
	MM_LIFE_APPROVED, /* one approval of a restoration */
	MM_LIFE_RESTORED, /* the other */
	MM_LIFE_PUBLISHED, /* a document with the key, or of an active one its window, in it was told */
	MM_LIFE_EVENT_KIND_END
};

struct mm_life_event {
	enum mm_life_event_kind kind;
	bool early;   /* of PROMOTED and ROTATE_ASKED: published for less than the rule says */
	uint32_t uid; /* who asked, or MM_LIFE_NOBODY */
	int64_t time_s;
	int64_t from_s, until_s; /* of PROMOTED and HELD, else 0 */
	int64_t visible_for_s;   /* of PROMOTED: how long a replaced key verifies, and this one after its window */
	uint8_t thumbprint[MM_DIGEST_LEN]; /* all zeroes where it is of no key */
	struct mm_slice by, why;           /* empty: none */
	struct mm_slice jwk;               /* of MADE, else empty */
};

const char *mm_life_event_name(enum mm_life_event_kind kind); /* "promoted" */

/* Append an event's bytes; false where buf is full or a text is too long. */
MM_MUST_USE bool mm_life_event_write(const struct mm_life_event *event, struct mm_buf *buf);

/*
 * Read an event, which is all of bytes. False where it is none; *event is set on success only and borrows from bytes.
 * Not checked here: that it may happen (mm_life_check()).
 */
MM_MUST_USE bool mm_life_event_read(struct mm_slice bytes, struct mm_life_event *event);

#endif
