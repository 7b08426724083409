/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application reads mail that never did: in the organisation at large, or, where the organisation knows it from few
 * mailboxes only, at another one. What people get one after the other is no news at each of them.
 */
#include "engine/detect/detection.h"
#include "engine/detect/history.h"

static bool
is_new(const struct mm_past *past, const struct mm_logs_event *event)
{
	return past->judged && mm_logs_reads_mail(event) && past->in_tenant != NULL &&
	    (mm_history_is_new(past->in_tenant->new_since_us, event) ||
	        mm_history_is_new(past->at_mailbox->new_since_us, event));
}

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_detect *detect = state;
	const struct mm_past *past = mm_detect_past(detect);
	struct mm_finding *finding;

	if (!is_new(past, event))
		return;
	finding = mm_detect_note(detect, &mm_detect_first_seen_application, MM_FINDING_LEAD, &past->application, event);
	if (finding == NULL || finding->records > 1)
		return;
	mm_finding_add_word(finding, "new_to",
	    mm_history_is_new(past->in_tenant->new_since_us, event) ? "organisation" : "mailbox");
	mm_finding_add_time(finding, "log_of_mail_began", past->tenant->first_us);
}

/* Of a log too short to tell what is new, silence says nothing. */
static void
tell_gap(struct mm_detect *detect, uint32_t tenant, const struct mm_seen *seen)
{
	struct mm_subject subject = mm_subject_of_name(MM_SUBJECT_ORGANISATION, tenant);
	struct mm_finding *finding;

	if (mm_history_has_learned(seen, seen->last_us) ||
	    mm_detect_find(detect, &mm_detect_first_seen_application, &subject, tenant) != NULL)
		return;
	finding = mm_detect_add(detect, &mm_detect_first_seen_application, MM_FINDING_GAP, &subject, tenant);
	if (finding == NULL)
		return;
	finding->first_us = seen->first_us;
	finding->last_us = seen->last_us;
	mm_finding_add_word(finding, "what", "the log is too short to tell what is new");
	mm_finding_add_seconds(finding, "log_of_mail", (seen->last_us - seen->first_us) / 1000000);
	mm_finding_add_seconds(finding, "needed", MM_HISTORY_LEARN_US / 1000000);
}

static void
end(void *state)
{
	struct mm_detect *detect = state;
	struct mm_seen seen;
	uint32_t tenant;

	for (size_t i = 0; mm_history_tenant(mm_detect_history(detect), i, &tenant, &seen); i++)
		tell_gap(detect, tenant, &seen);
}

static bool
concerns(const void *state, const struct mm_finding *finding, const struct mm_logs_event *event)
{
	struct mm_past past;

	/* In a log that is too short nothing is new, so a gap is about no record. */
	(void)finding;
	mm_history_of(mm_detect_history(state), event, &past);
	return is_new(&past, event);
}

const struct mm_detection mm_detect_first_seen_application = {
	.name = "first-seen-application",
	.title = "An application read mail that had not done so before",
	.class = MM_FINDING_LEAD,
	.inputs = "Mail accesses with an application: ClientAppId, else AppId, else the kind of client in "
	    "ClientInfoString. An organisation and a mailbox learn for the first 14 days of their own log, in which "
	    "nothing is told; where the whole log is shorter, this is told as a gap, also for first-seen-network "
	    "and sync-by-new-syncer. What was away for 90 days is new again.",
	.meaning = "Whoever reads mail with a stolen or forged token often does it as an application that the "
	    "organisation does not use. Each new program that somebody installs looks the same, and so does an "
	    "application whose earlier records lack its id. It is told once an organisation, and for single "
	    "mailboxes only where at most a tenth of the organisation's mailboxes knew the application. A thief "
	    "who names himself after a program that everybody has does not show here.",
	.advice = "Ask who brought the application in, and look at its consents and sign-ins. Begin with those that "
	    "read many mailboxes or have no sign-in.",
	.reference = "Cyber Safety Review Board, Review of the Summer 2023 Microsoft Exchange Online Intrusion "
	    "(2024), where such a rule found the attack; MITRE ATT&CK T1114.002, Remote Email Collection",
	.asks = MM_ASKS_OF_APPLICATIONS,
	.event = look,
	.end = end,
	.concerns = concerns,
};
