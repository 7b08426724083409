/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail was read with a token of another tenant than the mailbox's: in 2023, one of the consumer realm.
 */
#include "engine/detect/detection.h"
#include "engine/detect/history.h"
#include "engine/logs/names.h"

/* The tenant of all personal Microsoft accounts. */
#define CONSUMERS "9188040d-6c67-4c5b-b112-36a304b66dad"

static bool
is_foreign(const struct mm_logs_event *event)
{
	return event->kind == MM_LOGS_MAIL_ACCESS && event->tenant != 0 && event->token_tenant != 0 &&
	    event->token_tenant != event->tenant;
}

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_detect *detect = state;
	struct mm_subject application;
	struct mm_finding *finding;
	bool of_consumers;

	if (!is_foreign(event))
		return;
	of_consumers = event->token_tenant == mm_names_find(mm_detect_names(detect), mm_slice_str(CONSUMERS));
	application = mm_subject_application(event);
	finding = mm_detect_note(detect, &mm_detect_token_of_another_tenant,
	    of_consumers ? MM_FINDING_STRONG : MM_FINDING_LEAD, &application, event);
	if (finding == NULL || finding->records > 1)
		return;
	mm_finding_add_name(finding, "first_tokens_tenant", event->token_tenant);
	mm_finding_add_word(finding, "first_was_told_as_external",
	    (event->flags & MM_LOGS_EXTERNAL) != 0 ? "yes" : "no");
}

static bool
concerns(const void *state, const struct mm_finding *finding, const struct mm_logs_event *event)
{
	(void)state;
	(void)finding;
	return is_foreign(event);
}

const struct mm_detection mm_detect_token_of_another_tenant = {
	.name = "token-of-another-tenant",
	.title = "Mail was read with a token of another organisation than the mailbox's",
	.class = MM_FINDING_STRONG,
	.inputs = "Mail accesses with OrganizationId and TokenTenantId. Records without TokenTenantId, which are most "
	    "of those before 2024, are not judged.",
	.meaning = "A token opens mailboxes of the tenant that it was issued for. In 2023 tokens signed with a key of "
	    "personal Microsoft accounts opened mailboxes of companies; a token of that tenant "
	    "(9188040d-6c67-4c5b-b112-36a304b66dad) in the log of another is strong. A token of any other tenant "
	    "is a lead: guests, partners with delegated administration, organisations of several tenants and "
	    "the provider's own services may act so.",
	.advice = "Find out whose tenant it is and whether your organisation gave it rights. For personal accounts "
	    "there is nothing that gives such rights: treat the mailboxes as read and ask the provider.",
	.reference = "Cyber Safety Review Board, Review of the Summer 2023 Microsoft Exchange Online Intrusion "
	    "(2024); MITRE ATT&CK T1606, Forge Web Credentials",
	.event = look,
	.concerns = concerns,
};
