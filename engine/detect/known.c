/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens, sessions: a set of digests; tenants and their applications: maps.
 */
#include "engine/detect/known.h"

#include "engine/detect/map.h"
#include "engine/logs/ids.h"
#include "engine/logs/text_hash.h"

#include <stdlib.h>

#define SECOND_US INT64_C(1000000)
#define GRACE_US (3600 * SECOND_US)

struct span {
	int64_t first_us, last_us;
};

struct tenant_application {
	uint32_t tenant, application;
};

struct mm_known {
	struct mm_text_hash_key key;
	struct mm_logs_ids *ids;      /* of tokens and of sessions, which are told apart */
	struct mm_map *spans;         /* tenant: struct span */
	struct mm_map *applications;  /* struct tenant_application: bool */
};

struct mm_known *
mm_known_new(void)
{
	struct mm_known *known = calloc(1, sizeof(*known));

	if (known == NULL)
		return NULL;
	known->ids = mm_logs_ids_new();
	known->spans = mm_map_new(sizeof(uint32_t), sizeof(struct span));
	known->applications = mm_map_new(sizeof(struct tenant_application), sizeof(bool));
	if (known->ids == NULL || known->spans == NULL || known->applications == NULL ||
	    !mm_text_hash_key_init(&known->key))
		mm_known_free(&known);
	return known;
}

void
mm_known_free(struct mm_known **known)
{
	if (*known == NULL)
		return;
	mm_logs_ids_free(&(*known)->ids);
	mm_map_free(&(*known)->spans);
	mm_map_free(&(*known)->applications);
	free(*known);
	*known = NULL;
}

/* ---- learning ---- */

/* A token and a session may have one number and are two things. */
enum id_use { TOKEN = 't', SESSION = 's' };

static uint64_t
digest_of(const struct mm_known *known, enum id_use use, const struct mm_logs_id *id)
{
	char text[1 + sizeof(id->bytes) + 1];

	text[0] = (char)use;
	text[1] = (char)id->kind;
	memcpy(text + 2, id->bytes, sizeof(id->bytes));
	return mm_text_hash(&known->key, mm_slice(text, sizeof(text)));
}

static bool
learn_id(struct mm_known *known, enum id_use use, const struct mm_logs_id *id)
{
	return !mm_logs_id_present(id) ||
	    mm_logs_ids_add(known->ids, digest_of(known, use, id), 0) != MM_LOGS_ID_FAILED;
}

static bool
learn_span(struct mm_known *known, uint32_t tenant, int64_t time_us)
{
	size_t before = mm_map_count(known->spans);
	struct span *span = mm_map_get(known->spans, &tenant);

	if (span == NULL)
		return false;
	if (mm_map_count(known->spans) > before)
		*span = (struct span){ time_us, time_us };
	if (time_us < span->first_us)
		span->first_us = time_us;
	if (time_us > span->last_us)
		span->last_us = time_us;
	return true;
}

static bool
learn_application(struct mm_known *known, uint32_t tenant, uint32_t application)
{
	struct tenant_application key = { tenant, application };
	bool *is_there;

	if (application == 0)
		return true;
	is_there = mm_map_get(known->applications, &key);
	if (is_there == NULL)
		return false;
	*is_there = true;
	return true;
}

/* A time that is mended, or lies ahead of whoever reads, says nothing of what a log covers. */
static bool
has_plain_time(const struct mm_logs_event *event)
{
	return event->time_us != MM_LOGS_NO_TIME && (event->flags & (MM_LOGS_TIME_DOUBTFUL | MM_LOGS_TIME_FUTURE)) == 0;
}

bool
mm_known_learn(struct mm_known *known, const struct mm_logs_event *event)
{
	if (event->kind != MM_LOGS_SIGN_IN)
		return true;
	if (has_plain_time(event) && !learn_span(known, event->tenant, event->time_us))
		return false;
	/* A sign-in that failed, or went on elsewhere, gave no token. */
	if (event->result == MM_LOGS_FAILED || event->result == MM_LOGS_INTERRUPTED)
		return true;
	return learn_id(known, TOKEN, &event->token) && learn_id(known, SESSION, &event->session) &&
	    learn_application(known, event->tenant, event->client) &&
	    learn_application(known, event->tenant, event->application);
}

/* ---- asking ---- */

static bool
knows(const struct mm_known *known, enum id_use use, const struct mm_logs_id *id)
{
	return mm_logs_id_present(id) && mm_logs_ids_rank(known->ids, digest_of(known, use, id)) >= 0;
}

bool
mm_known_span(const struct mm_known *known, uint32_t tenant, int64_t *first_us, int64_t *last_us)
{
	const struct span *span = mm_map_find(known->spans, &tenant);

	if (span == NULL)
		return false;
	*first_us = span->first_us;
	*last_us = span->last_us;
	return true;
}

/*
 * Whoever makes a token writes its time of issue too. One behind its use, or before tokens were, is none: it must not
 * lead out of what the sign-in logs cover.
 */
static bool
can_be_issued_then(const struct mm_logs_event *event)
{
	return event->issued_us >= MM_LOGS_EARLIEST_US && event->issued_us <= event->time_us + GRACE_US;
}

static bool
covers(const struct mm_known *known, uint32_t tenant, const struct mm_logs_event *event)
{
	int64_t first_us, last_us, made_us = event->issued_us;

	if (event->time_us == MM_LOGS_NO_TIME || !mm_known_span(known, tenant, &first_us, &last_us))
		return false;
	if (can_be_issued_then(event))
		return made_us >= first_us - GRACE_US && made_us <= last_us + GRACE_US;
	return event->time_us - MM_KNOWN_TOKEN_LIFE_S * SECOND_US >= first_us - GRACE_US &&
	    event->time_us <= last_us + GRACE_US;
}

enum mm_known_origin
mm_known_origin(const struct mm_known *known, const struct mm_logs_event *event)
{
	if (knows(known, TOKEN, &event->token))
		return MM_ORIGIN_SIGNED_IN;
	if (knows(known, SESSION, &event->session))
		return mm_logs_id_present(&event->token) ? MM_ORIGIN_SESSION : MM_ORIGIN_SIGNED_IN;
	if (!mm_logs_id_present(&event->token) && !mm_logs_id_present(&event->session))
		return MM_ORIGIN_NO_ID;
	/* Sign-in logs that do not name their tenant may be of any. */
	return covers(known, event->tenant, event) || covers(known, 0, event) ? MM_ORIGIN_NONE : MM_ORIGIN_NOT_COVERED;
}

bool
mm_known_application(const struct mm_known *known, uint32_t tenant, uint32_t application)
{
	struct tenant_application key = { tenant, application }, of_any = { 0, application };

	return mm_map_find(known->applications, &key) != NULL || mm_map_find(known->applications, &of_any) != NULL;
}
