/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certificate, a secret or an owner was added to an application: whoever has it can sign in as the application.
 */
#include "engine/detect/detection.h"

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_subject subject = mm_subject_of_name(MM_SUBJECT_TARGET, event->target);
	struct mm_finding *finding;

	if (!mm_detection_is_change(event, MM_CHANGE_BIT(CERTIFICATE) | MM_CHANGE_BIT(PASSWORD) |
	    MM_CHANGE_BIT(CREDENTIAL) | MM_CHANGE_BIT(OWNER)))
		return;
	finding = mm_detect_note(state, &mm_detect_credential_added, MM_FINDING_LEAD, &subject, event);
	mm_detection_add_change(finding, event);
}

const struct mm_detection mm_detect_credential_added = {
	.name = "credential-added",
	.title = "A certificate, secret or owner was added to an application",
	.class = MM_FINDING_LEAD,
	.inputs = "Directory audit, in the Entra export or the unified audit log: updates of applications and "
	    "service principals (KeyDescription), credentials and owners added.",
	.meaning = "Whoever holds the new key signs in as the application, with all that it was ever allowed, "
	    "and no second factor is asked for. Administrators renew secrets too; so ask who it was, from "
	    "where, and whether the old one was about to end.",
	.advice = "Ask the owner of the application. Remove what nobody knows, then look for what the "
	    "application did since: mintmark hunt --pivot app=ID.",
	.reference = "MITRE ATT&CK T1098.001, Additional Cloud Credentials; CISA alert AA21-008A",
	.event = look,
};
