/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail accesses that do not say by whom or with what: they cannot be tied to a sign-in, or to an application.
 */
#include "engine/detect/detection.h"
#include "engine/detect/known.h"

struct counts {
	uint64_t accesses, without_application, without_token, without_address, without_mailbox, cut, outside,
	    by_session, without_time;
	struct mm_logs_place place;
	int64_t first_us, last_us;
};

struct state {
	struct mm_detect *detect;
	struct mm_map *tenants; /* uint32_t: struct counts */
};

static void
add(struct counts *counts, const struct mm_logs_event *event, enum mm_known_origin origin)
{
	if (counts->accesses++ == 0) {
		counts->first_us = counts->last_us = MM_LOGS_NO_TIME;
		counts->place = event->place;
	}
	/* They come in the order of their time. */
	if (counts->first_us == MM_LOGS_NO_TIME)
		counts->first_us = event->time_us;
	counts->last_us = event->time_us;
	counts->without_time += event->time_us == MM_LOGS_NO_TIME;
	counts->without_application += event->client == 0 && event->application == 0;
	counts->without_token += origin == MM_ORIGIN_NO_ID;
	counts->outside += origin == MM_ORIGIN_NOT_COVERED;
	counts->by_session += origin == MM_ORIGIN_SESSION;
	counts->without_address += event->address.network <= MM_LOGS_UNREADABLE;
	counts->without_mailbox += event->mailbox == 0;
	counts->cut += (event->flags & MM_LOGS_ITEMS_CUT) != 0;
}

static void
look(void *data, const struct mm_logs_event *event)
{
	struct state *state = data;
	struct counts *counts;

	/* One without a time may be among those asked for. */
	if (event->kind != MM_LOGS_MAIL_ACCESS ||
	    (event->time_us != MM_LOGS_NO_TIME && !mm_detect_asked(state->detect, event->time_us)))
		return;
	counts = mm_map_get(state->tenants, &event->tenant);
	if (counts == NULL)
		mm_detect_fail(state->detect);
	else
		add(counts, event, mm_known_origin(mm_detect_known(state->detect), event));
}

static void
tell(struct state *state, uint32_t tenant, const struct counts *counts)
{
	struct mm_subject organisation = mm_subject_of_name(MM_SUBJECT_ORGANISATION, tenant);
	struct mm_finding *finding;

	if (counts->without_application + counts->without_token + counts->without_address + counts->without_mailbox +
	    counts->cut + counts->outside + counts->by_session + counts->without_time == 0)
		return;
	finding = mm_detect_add(state->detect, &mm_detect_ids_missing, MM_FINDING_GAP, &organisation, tenant);
	if (finding == NULL)
		return;
	finding->records = counts->accesses;
	finding->first_us = counts->first_us;
	finding->last_us = counts->last_us;
	finding->places[finding->places_count++] = counts->place;
	mm_finding_add_number(finding, "accesses", (int64_t)counts->accesses);
	mm_finding_add_number(finding, "without_application", (int64_t)counts->without_application);
	mm_finding_add_number(finding, "without_token_and_session", (int64_t)counts->without_token);
	mm_finding_add_number(finding, "outside_of_sign_in_logs", (int64_t)counts->outside);
	mm_finding_add_number(finding, "signed_in_by_session_alone", (int64_t)counts->by_session);
	mm_finding_add_number(finding, "without_address", (int64_t)counts->without_address);
	mm_finding_add_number(finding, "without_mailbox", (int64_t)counts->without_mailbox);
	mm_finding_add_number(finding, "without_time", (int64_t)counts->without_time);
	mm_finding_add_number(finding, "with_messages_lost_by_the_export", (int64_t)counts->cut);
}

static void
end(void *data)
{
	struct state *state = data;

	for (size_t i = 0; i < mm_map_count(state->tenants); i++) {
		const uint32_t *tenant = mm_map_key(state->tenants, i);

		tell(state, *tenant, mm_map_value(state->tenants, i));
	}
}

const struct mm_detection mm_detect_ids_missing = {
	.name = "ids-missing",
	.title = "Mail accesses lack the fields that would tell by whom they were",
	.class = MM_FINDING_GAP,
	.inputs = "All mail accesses of an organisation: application, token, session, address, mailbox, time, list "
	    "of messages; and whether sign-in logs cover them.",
	.meaning = "Records of before 2024, those of some services and some exports lack these fields. An access "
	    "without token and session cannot be compared with sign-ins: a forged token may be among "
	    "them, unseen. One whose session signed in while its token did not is taken as signed in: where "
	    "all kinds of sign-ins were exported there should be none, and whoever knows a session's id can "
	    "name it.",
	.advice = "Export the audit log itself (AuditData in full) rather than a table made of it, with sign-in "
	    "logs of the same time and the day before, and run this again. Accesses without a time are judged where no "
	    "--since and --until are given.",
	.reference = "Microsoft Learn, MailItemsAccessed; AppAccessContext",
	.state = MM_DETECTION_STATE(struct state),
	.maps = {
		MM_DETECTION_MAP(struct state, tenants, uint32_t, struct counts),
	},
	.event = look,
	.end = end,
};
