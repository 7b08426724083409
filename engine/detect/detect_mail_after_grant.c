/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Within a day an application was given a new key and the right to read mail, and mail was read by it, or by
 * whoever did that: the steps of the golden SAML attacks after the token was forged.
 */
#include "engine/detect/detection.h"
#include "engine/detect/mail_scope.h"

#define WITHIN_US (INT64_C(24) * 3600 * 1000000)

struct key {
	uint32_t tenant, name; /* of the user who changed, or the application that was */
};

struct changes {
	int64_t credential_us, grant_us; /* 0: none */
};

struct state {
	struct mm_detect *detect;
	struct mm_map *changes; /* struct key: struct changes */
};

static void
remember(struct state *state, uint32_t name, const struct mm_logs_event *event)
{
	struct key key = { event->tenant, name };
	struct changes *changes;

	if (name == 0)
		return;
	changes = mm_map_get(state->changes, &key);
	if (changes == NULL)
		mm_detect_fail(state->detect);
	else if (mm_detection_is_mail_grant(mm_detect_names(state->detect), event))
		changes->grant_us = event->time_us;
	else
		changes->credential_us = event->time_us;
}

static bool
is_credential(const struct mm_logs_event *event)
{
	return mm_detection_is_change(event,
	    MM_CHANGE_BIT(CERTIFICATE) | MM_CHANGE_BIT(PASSWORD) | MM_CHANGE_BIT(CREDENTIAL));
}

/* Both changes, where they were made by, or to, this name in the day before the event. */
static const struct changes *
both_changes(const struct state *state, uint32_t name, const struct mm_logs_event *event)
{
	struct key key = { event->tenant, name };
	const struct changes *changes = name == 0 ? NULL : mm_map_find(state->changes, &key);

	if (changes == NULL || changes->credential_us == 0 || changes->grant_us == 0 ||
	    event->time_us - changes->credential_us > WITHIN_US || event->time_us - changes->grant_us > WITHIN_US)
		return NULL;
	return changes;
}

static void
look_at_access(struct state *state, const struct mm_logs_event *event)
{
	struct mm_subject application = mm_subject_application(event);
	const struct changes *changes = both_changes(state, event->client, event);
	struct mm_finding *finding;

	if (changes == NULL)
		changes = both_changes(state, event->user, event);
	if (changes == NULL)
		return;
	finding = mm_detect_note(state->detect, &mm_detect_mail_after_grant, MM_FINDING_STRONG, &application, event);
	if (finding == NULL || finding->records > 1)
		return;
	mm_finding_add_name(finding, "user", event->user);
	mm_finding_add_time(finding, "credential_added", changes->credential_us);
	mm_finding_add_time(finding, "mail_scope_granted", changes->grant_us);
}

static void
look(void *data, const struct mm_logs_event *event)
{
	struct state *state = data;

	if (event->time_us == MM_LOGS_NO_TIME)
		return;
	if (event->kind == MM_LOGS_MAIL_ACCESS) {
		look_at_access(state, event);
	} else if (is_credential(event) || mm_detection_is_mail_grant(mm_detect_names(state->detect), event)) {
		remember(state, event->user, event);
		remember(state, event->client, event);
	}
}

static bool
concerns(const void *data, const struct mm_finding *finding, const struct mm_logs_event *event)
{
	(void)data;
	(void)finding;
	return event->kind == MM_LOGS_MAIL_ACCESS;
}

const struct mm_detection mm_detect_mail_after_grant = {
	.name = "mail-after-grant",
	.title = "Mail was read right after an application got a new key and the right to read mail",
	.class = MM_FINDING_STRONG,
	.inputs = "Directory audit (credentials added, mail scopes granted) and mail accesses: the user who "
	    "made both changes, or the application that they were made to, reads mail within 24 hours.",
	.meaning = "A key, a right and a mailbox in one day: that is how mail was read in the golden SAML "
	    "attacks, once a forged token had signed an administrator in. Who builds an application of "
	    "his own and tries it on his own mailbox does the same.",
	.advice = "Ask the user named here whether it was him. If not, his sign-ins were not his either: look "
	    "at how he signed in before the first change, remove the key and the grant, and treat the "
	    "mailboxes as read.",
	.reference = "MITRE ATT&CK T1098.001 and T1114.002; Microsoft SimuLand, golden SAML and mail access",
	.state = MM_DETECTION_STATE(struct state),
	.maps = {
		MM_DETECTION_MAP(struct state, changes, struct key, struct changes),
	},
	.event = look,
	.concerns = concerns,
};
