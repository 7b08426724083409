/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder was synced by an application that had only read single messages, or nothing, before.
 */
#include "engine/detect/detection.h"
#include "engine/detect/history.h"

static bool
is_new(const struct mm_past *past, const struct mm_logs_event *event)
{
	return past->judged && event->kind == MM_LOGS_MAIL_ACCESS && event->access == MM_LOGS_SYNC &&
	    past->in_tenant != NULL &&
	    (mm_history_is_new(past->in_tenant->sync_new_since_us, event) ||
	        mm_history_is_new(past->at_mailbox->sync_new_since_us, event));
}

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_detect *detect = state;
	const struct mm_past *past = mm_detect_past(detect);
	struct mm_finding *finding;

	if (!is_new(past, event))
		return;
	finding = mm_detect_note(detect, &mm_detect_sync_by_new_syncer, MM_FINDING_LEAD, &past->application, event);
	if (finding == NULL || finding->records > 1)
		return;
	mm_finding_add_word(finding, "new_to",
	    mm_history_is_new(past->in_tenant->sync_new_since_us, event) ? "organisation" : "mailbox");
	mm_finding_add_word(finding, "application_itself_is_new",
	    mm_history_is_new(past->in_tenant->new_since_us, event) ? "yes" : "no");
}

static bool
concerns(const void *state, const struct mm_finding *finding, const struct mm_logs_event *event)
{
	struct mm_past past;

	(void)finding;
	mm_history_of(mm_detect_history(state), event, &past);
	return is_new(&past, event);
}

const struct mm_detection mm_detect_sync_by_new_syncer = {
	.name = "sync-by-new-syncer",
	.title = "Whole folders were synced by an application that had not synced before",
	.class = MM_FINDING_LEAD,
	.inputs = "Mail accesses with MailAccessType Sync. Organisation and mailbox learn for the first 14 days of "
	    "their own log; an application that did not sync for 90 days does so anew. For single mailboxes it is told "
	    "only where at most one in a hundred of the organisation's had been synced by the application.",
	.meaning = "A sync copies a folder, and the record names no messages: everything in the folder counts as read. "
	    "Programs on desktops and telephones do it each day; one that never did it may be a thief's that "
	    "takes the mailbox away, or somebody's new program.",
	.advice = "Count all messages of the named folders as read, those of earlier years too. Ask the owner whether "
	    "he set up a program at that time, and look at the application's sign-ins.",
	.reference = "Microsoft, Use MailItemsAccessed to investigate compromised accounts; MITRE ATT&CK T1114.002, "
	    "Remote Email Collection",
	.asks = MM_ASKS_OF_APPLICATIONS,
	.event = look,
	.concerns = concerns,
};
