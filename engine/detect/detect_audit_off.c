/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is recorded was made less: by whom.
 */
#include "engine/detect/detection.h"

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_subject subject = mm_subject_of_name(MM_SUBJECT_USER, event->user);
	struct mm_finding *finding;

	if (!mm_detection_is_change(event, MM_CHANGES_OF_AUDITING))
		return;
	finding = mm_detect_note(state, &mm_detect_audit_off, MM_FINDING_STRONG, &subject, event);
	mm_detection_add_change(finding, event);
}

/* What the user changed, not the mail that he reads. */
static bool
concerns(const void *state, const struct mm_finding *finding, const struct mm_logs_event *event)
{
	(void)state;
	(void)finding;
	return event->kind == MM_LOGS_CHANGE;
}

const struct mm_detection mm_detect_audit_off = {
	.name = "audit-off",
	.title = "Somebody switched auditing off, or around an account",
	.class = MM_FINDING_STRONG,
	.inputs = "Exchange administration in the unified audit log: Set-AdminAuditLogConfig, Set- "
	    "MailboxAuditBypassAssociation, Set-Mailbox with audit settings, retention policies of the "
	    "audit log.",
	.meaning = "Hardly any work needs less of a record. Products that copy mail are sometimes bypassed on "
	    "purpose, since they would fill the log.",
	.advice = "Ask who ordered it. Switch it on again, and take what is not recorded since as not known: "
	    "see the evidence gaps.",
	.reference = "MITRE ATT&CK T1562.008, Disable or Modify Cloud Logs",
	.event = look,
	.concerns = concerns,
};
