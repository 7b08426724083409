/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record of a directory has a user's name and, in place of his own display name, a service's: the service acted as
 * that user, with an actor token. What services do so every day, when people make groups in their mail program, is not
 * among the changes that are read (engine/logs/operation.c).
 */
#include "engine/detect/detection.h"

static bool
is_such(const struct mm_logs_event *event)
{
	return (event->flags & MM_LOGS_ACTOR_TOKEN) != 0;
}

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_detect *detect = state;
	struct mm_subject user;
	struct mm_finding *finding;

	if (!is_such(event))
		return;
	user = mm_subject_of_name(MM_SUBJECT_USER, event->user);
	finding = mm_detect_note(detect, &mm_detect_actor_token, MM_FINDING_STRONG, &user, event);
	if (finding == NULL || finding->records > 1)
		return;
	mm_finding_add_name(finding, "service", event->actor);
	mm_finding_add_name(finding, "first_operation", event->operation);
	mm_finding_add_name(finding, "first_target", event->target);
}

static bool
concerns(const void *state, const struct mm_finding *finding, const struct mm_logs_event *event)
{
	(void)state;
	(void)finding;
	return is_such(event);
}

const struct mm_detection mm_detect_actor_token = {
	.name = "actor-token",
	.title = "A service changed the directory under a user's name",
	.class = MM_FINDING_STRONG,
	.inputs = "Directory audit records, of Entra or in the unified audit log, whose initiator is a user with the "
	    "display name of a service that can ask for actor tokens (Office 365 Exchange Online, SharePoint "
	    "Online, Skype for Business Online, Dataverse, Microsoft Dynamics ERP). Changes of "
	    "groups and of the tenant's features are not looked at. Reading leaves no record.",
	.meaning = "In 2025 (CVE-2025-55241) an unsigned actor token of one tenant let its holder act in any other as "
	    "any user, its global administrators too; changes made so carry the user's name and the service's. "
	    "Services change groups and features of the tenant in that way every day, which is why these are left out. "
	    "A hybrid installation of Exchange, whose servers may act for users, can look the same.",
	.advice = "Take each change named here as made by a stranger until its user says that it was his. Look for "
	    "accounts, credentials and roles that were added around that time.",
	.reference = "CVE-2025-55241; Dirk-jan Mollema, One Token to rule them all (2025); MITRE ATT&CK T1134.001, "
	    "Token Impersonation",
	.event = look,
	.concerns = concerns,
};
