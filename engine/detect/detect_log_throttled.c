/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of a mailbox stopped: IsThrottled.
 */
#include "engine/detect/detection.h"

/* After a thousand records in less than a day nothing more is recorded of a mailbox for up to a day. */
#define SILENT_S (24 * 3600)

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_subject mailbox = mm_subject_of_name(MM_SUBJECT_MAILBOX, event->mailbox);
	struct mm_finding *finding;

	if ((event->flags & MM_LOGS_THROTTLED) == 0)
		return;
	finding = mm_detect_note_lasting(state, &mm_detect_log_throttled, MM_FINDING_GAP, &mailbox, event,
	    INT64_C(1000000) * SILENT_S);
	if (finding != NULL && finding->records == 1)
		mm_finding_add_seconds(finding, "silent_for_up_to", SILENT_S);
}

const struct mm_detection mm_detect_log_throttled = {
	.name = "log-throttled",
	.title = "The log of a mailbox was throttled: it says nothing for up to 24 hours",
	.class = MM_FINDING_GAP,
	.inputs = "Mail accesses with IsThrottled = True, also those of the day before what was asked.",
	.meaning = "Exchange stops recording the binds of a mailbox for up to 24 hours when there are more than "
	    "1,000 in a day. What was read in that time is not known; numbers for this mailbox are lower "
	    "bounds.",
	.advice = "Take all of the mailbox as possibly read in the 24 hours after each such record.",
	.reference = "Microsoft Learn, Use MailItemsAccessed to investigate compromised accounts",
	.event = look,
};
