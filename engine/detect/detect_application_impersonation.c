/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application reads mailboxes as nobody, or as somebody who is not their owner: with an application's permission
 * or the role ApplicationImpersonation. Backups and archives do it; so it is told of those which begin with it, and of
 * all once the role was just given.
 */
#include "engine/detect/detection.h"
#include "engine/detect/history.h"
#include "engine/logs/names.h"

#include <string.h>

/* How many of its applications and tenants are remembered. */
#define ROOM 16384

#define FAMILY_OF_EWS "webservices"

struct key {
	uint32_t tenant, name;
};

struct use {
	int64_t last_us, new_since_us; /* 0: never */
};

struct state {
	struct mm_detect *detect;
	struct mm_map *uses;    /* struct key: struct use */
	struct mm_map *granted; /* uint32_t: int64_t, when a tenant last gave the role */
};

static bool
is_of_ews(const struct state *state, const struct mm_logs_event *event)
{
	struct mm_slice family = mm_names_text(mm_detect_names(state->detect), event->client_family);

	return family.len >= sizeof(FAMILY_OF_EWS) - 1 &&
	    memcmp(family.ptr, FAMILY_OF_EWS, sizeof(FAMILY_OF_EWS) - 1) == 0;
}

/* For no user; or for another than the owner, through the interface that has impersonation. */
static bool
is_impersonation(const struct state *state, const struct mm_logs_event *event)
{
	if (event->kind != MM_LOGS_MAIL_ACCESS)
		return false;
	return (event->flags & MM_LOGS_APP_ONLY) != 0 ||
	    ((event->logon == MM_LOGS_DELEGATE || event->logon == MM_LOGS_ADMIN) && event->user != event->mailbox &&
	        is_of_ews(state, event));
}

static void *
get(struct state *state, struct mm_map *map, const void *key)
{
	return mm_detect_keep(state->detect, &mm_detect_application_impersonation, map, key, ROOM);
}

static void
learn_grant(struct state *state, const struct mm_logs_event *event)
{
	int64_t *when = get(state, state->granted, &event->tenant);

	if (when != NULL && event->time_us > 0)
		*when = event->time_us;
}

static bool
was_granted(const struct state *state, const struct mm_logs_event *event)
{
	const int64_t *when = mm_map_find(state->granted, &event->tenant);

	return when != NULL && !mm_history_is_unseen(*when, event->time_us);
}

static void
look(void *data, const struct mm_logs_event *event)
{
	struct state *state = data;
	const struct mm_past *past = mm_detect_past(state->detect);
	struct key key = { event->tenant, past->application.name };
	struct mm_finding *finding;
	struct use *use;

	if (mm_detection_is_change(event, MM_CHANGE_BIT(IMPERSONATION)))
		learn_grant(state, event);
	if (!past->judged || !is_impersonation(state, event) || (use = get(state, state->uses, &key)) == NULL)
		return;
	if (use->new_since_us == 0 && mm_history_is_unseen(use->last_us, event->time_us) &&
	    (mm_history_has_learned(past->tenant, event->time_us) || was_granted(state, event)))
		use->new_since_us = event->time_us;
	use->last_us = event->time_us;
	if (use->new_since_us == 0)
		return;
	finding = mm_detect_note(state->detect, &mm_detect_application_impersonation, MM_FINDING_LEAD,
	    &past->application, event);
	if (finding == NULL || finding->records > 1)
		return;
	mm_finding_add_name(finding, "first_user", event->user);
	mm_finding_add_word(finding, "role_was_just_given", was_granted(state, event) ? "yes" : "no");
}

static bool
concerns(const void *state, const struct mm_finding *finding, const struct mm_logs_event *event)
{
	(void)finding;
	return is_impersonation(state, event);
}

const struct mm_detection mm_detect_application_impersonation = {
	.name = "application-impersonation",
	.title = "An application began to read mailboxes for nobody, or for others than their owners",
	.class = MM_FINDING_LEAD,
	.inputs = "Mail accesses by an application for no user, or as administrator or delegate through Exchange Web "
	    "Services by somebody who is not the owner; and records that give ApplicationImpersonation. It is told "
	    "of an application that did so never before, or not for 90 days: after 14 days of the organisation's "
	    "own log, or within 90 days of the role's being given.",
	.meaning = "An application with full_access_as_app, Mail.Read of an application or ApplicationImpersonation "
	    "reads all mailboxes and needs no user. Backups, archives and migrations are made of it; so were thefts "
	    "through an application's stolen secret.",
	.advice = "Ask who runs the application and for what. Look when its credentials and permissions were added, "
	    "and whether it reads more mailboxes than it needs; restrict it to these.",
	.reference = "MITRE ATT&CK T1098.002, Additional Email Delegate Permissions; T1114.002, Remote Email "
	    "Collection",
	.asks = MM_ASKS_OF_APPLICATIONS,
	.state = MM_DETECTION_STATE(struct state),
	.maps = {
		MM_DETECTION_MAP(struct state, uses, struct key, struct use),
		MM_DETECTION_MAP(struct state, granted, uint32_t, int64_t),
	},
	.event = look,
	.concerns = concerns,
};
