/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application was given the right to read mail.
 */
#include "engine/detect/detection.h"
#include "engine/detect/mail_scope.h"

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_subject subject = mm_subject_of_name(MM_SUBJECT_TARGET, event->target);
	struct mm_finding *finding;

	if (!mm_detection_is_mail_grant(mm_detect_names(state), event))
		return;
	finding = mm_detect_note(state, &mm_detect_mail_scope_granted, MM_FINDING_LEAD, &subject, event);
	mm_detection_add_change(finding, event);
	if (finding != NULL && finding->records == 1)
		mm_finding_add_word(finding, "for_all_users",
		    (event->flags & MM_LOGS_ADMIN_CONSENT) != 0 ? "yes" : "not told");
}

const struct mm_detection mm_detect_mail_scope_granted = {
	.name = "mail-scope-granted",
	.title = "An application was given the right to read mail",
	.class = MM_FINDING_LEAD,
	.inputs = "Directory audit: consent to an application, delegated permission grants, application roles, "
	    "with their scopes.",
	.meaning = "From then on the application reads mail with tokens that are genuine. Users and "
	    "administrators consent to applications that they want, and to those that deceive them.",
	.advice = "Ask for whom the application is, and who its publisher. If nobody knows, take the grant back "
	    "and revoke its tokens; look for what it read: mintmark hunt --pivot app=ID.",
	.reference = "MITRE ATT&CK T1528, Steal Application Access Token; T1098.003, Additional Cloud Roles",
	.event = look,
};
