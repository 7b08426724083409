/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is missing since auditing was switched off, or around an account.
 */
#include "engine/detect/detection.h"

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_subject subject = mm_subject_of_name(MM_SUBJECT_TARGET, event->target);
	struct mm_finding *finding;

	if (!mm_detection_is_change(event, MM_CHANGES_OF_AUDITING))
		return;
	finding = mm_detect_note_lasting(state, &mm_detect_audit_reduced, MM_FINDING_GAP, &subject, event, INT64_MAX);
	mm_detection_add_change(finding, event);
}

const struct mm_detection mm_detect_audit_reduced = {
	.name = "audit-reduced",
	.title = "Auditing was reduced: what happened since may not be on record",
	.class = MM_FINDING_GAP,
	.inputs = "The same changes as audit-off, also those from before what was asked.",
	.meaning = "From that time on accesses of the account named, or of all, may leave no record; numbers are "
	    "lower bounds.",
	.advice = "Take what the account could read as possibly read, from then until auditing was on again.",
	.reference = "MITRE ATT&CK T1562.008, Disable or Modify Cloud Logs",
	.event = look,
};
