/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One token in two tenants' logs: an issuer makes each for one tenant.
 */
#include "engine/detect/detection.h"
#include "engine/detect/history.h"

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_detect *detect = state;
	const struct mm_past *past = mm_detect_past(detect);
	struct mm_subject token;
	struct mm_finding *finding;

	/* A log that names no tenant may be of the same. */
	if (!past->judged || past->token_tenant == 0 || event->tenant == 0)
		return;
	token = mm_subject_of_id(MM_SUBJECT_TOKEN, &event->token);
	finding = mm_detect_note(detect, &mm_detect_token_in_several_tenants, MM_FINDING_STRONG, &token, event);
	if (finding == NULL || finding->records > 1)
		return;
	mm_finding_add_name(finding, "application", past->application.name);
	mm_finding_add_name(finding, "first_used_in", past->token_tenant);
	mm_finding_add_time(finding, "first_used", past->token_first_us);
}

const struct mm_detection mm_detect_token_in_several_tenants = {
	.name = "token-in-several-tenants",
	.title = "One token was used in more than one organisation",
	.class = MM_FINDING_STRONG,
	.inputs = "What is done with mail, with OrganizationId and UniqueTokenId, in logs of several tenants read "
	    "together. The latest tokens are remembered, 65,536 at least. It is told in each tenant but the one in "
	    "which the token was used first.",
	.meaning = "An issuer makes each token for one tenant and gives it an id of its own. One id in two tenants is a "
	    "token that was made or changed by somebody else, or a service that does not look whose token it is. "
	    "The provider's own services, which work for many tenants, may look the same.",
	.advice = "Treat what was read with the token as read by a stranger, in all of these tenants. Look what else its "
	    "application did there, and ask the provider for the origin of the token id.",
	.reference = "Cyber Safety Review Board, Review of the Summer 2023 Microsoft Exchange Online Intrusion "
	    "(2024); MITRE ATT&CK T1606, Forge Web Credentials",
	.begin = mm_detect_itself,
	.event = look,
	.free = mm_detect_nothing,
};
