/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sign-in logs know: tokens and sessions that an issuer says it gave, applications that signed in, and for
 * which tenants and hours there are sign-ins at all.
 *
 * A token is kept as 62 bits of a digest under a random key (engine/logs/ids.h).
 */
#ifndef MM_ENGINE_DETECT_KNOWN_H
#define MM_ENGINE_DETECT_KNOWN_H

#include "engine/logs/event.h"
#include "engine/logs/hours.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An access token lives up to 28 hours where its issuer can end it early; older sign-ins need not be known. */
#define MM_KNOWN_TOKEN_LIFE_S (28 * 3600)

struct mm_known;

struct mm_known *mm_known_new(void);
void mm_known_free(struct mm_known **known);

/* Learn from an event of any kind. Returns false where memory is short. */
MM_MUST_USE bool mm_known_learn(struct mm_known *known, const struct mm_logs_event *event);

/* How the token of an event came to be, as far as the sign-in logs tell. */
enum mm_known_origin {
	MM_ORIGIN_SIGNED_IN,   /* its token's sign-in is there; or it names a session alone, and that one's is */
	MM_ORIGIN_SESSION,     /* its session's sign-in is there, its token's is not */
	MM_ORIGIN_NONE,        /* it has an id, the logs cover the time of its making, and there is no sign-in */
	MM_ORIGIN_NO_ID,       /* the event names neither token nor session: cannot be told */
	MM_ORIGIN_NOT_COVERED, /* the sign-in logs do not cover its tenant or the time when it was made */
};

/*
 * Covered is what lies between a tenant's first and last sign-in with an hour's grace; where the event tells when its
 * token was issued, and it can be then, that moment counts, otherwise all of MM_KNOWN_TOKEN_LIFE_S before the event.
 */
enum mm_known_origin mm_known_origin(const struct mm_known *known, const struct mm_logs_event *event);

/* Whether an application (by client or application id) has a sign-in that was done in this tenant. */
bool mm_known_application(const struct mm_known *known, uint32_t tenant, uint32_t application);

/* First and last sign-in of a tenant; false: there is none. Tenant 0: of logs that name none. */
bool mm_known_span(const struct mm_known *known, uint32_t tenant, int64_t *first_us, int64_t *last_us);

#endif
