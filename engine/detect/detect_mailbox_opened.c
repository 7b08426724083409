/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mailbox was opened to others: by a permission, a forwarding, a rule, a role, or a protocol without modern
 * sign-in.
 */
#include "engine/detect/detection.h"

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_subject subject = mm_subject_of_name(MM_SUBJECT_TARGET, event->target);
	struct mm_finding *finding;

	if (!mm_detection_is_change(event, MM_CHANGE_BIT(MAILBOX_PERMISSION) | MM_CHANGE_BIT(FORWARDING) |
	    MM_CHANGE_BIT(INBOX_RULE) | MM_CHANGE_BIT(IMPERSONATION) | MM_CHANGE_BIT(PROTOCOL)))
		return;
	finding = mm_detect_note(state, &mm_detect_mailbox_opened, MM_FINDING_LEAD, &subject, event);
	mm_detection_add_change(finding, event);
}

const struct mm_detection mm_detect_mailbox_opened = {
	.name = "mailbox-opened",
	.title = "A mailbox was opened to others",
	.class = MM_FINDING_LEAD,
	.inputs = "Exchange administration in the unified audit log: mailbox and folder permissions, "
	    "forwarding, inbox rules, the role ApplicationImpersonation, protocols allowed for a mailbox.",
	.meaning = "Each is a way to read or lead away mail that needs no further forged token. All of them are "
	    "everyday work too.",
	.advice = "Ask who wanted it. Undo what nobody knows; for forwarding and rules, look at what was sent "
	    "where since.",
	.reference = "MITRE ATT&CK T1098.002, Additional Email Delegate Permissions; T1114.003, Email Forwarding "
	    "Rule; T1564.008",
	.event = look,
};
