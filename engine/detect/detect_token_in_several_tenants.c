/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One token in two tenants' logs: an issuer makes each for one tenant.
 */
#include "engine/detect/detection.h"
#include "engine/detect/history.h"

/* How many such tokens are remembered, to find their records again. */
#define ROOM 65536

struct state {
	struct mm_detect *detect;
	struct mm_map *tokens; /* struct mm_logs_id: bool */
};

static void
look(void *data, const struct mm_logs_event *event)
{
	struct state *state = data;
	const struct mm_past *past = mm_detect_past(state->detect);
	struct mm_finding *finding;

	/* A log that names no tenant may be of the same. */
	if (past->token_tenant == 0 || event->tenant == 0)
		return;
	(void)mm_detect_keep(state->detect, &mm_detect_token_in_several_tenants, state->tokens, &event->token, ROOM);
	finding = mm_detect_note(state->detect, &mm_detect_token_in_several_tenants, MM_FINDING_STRONG,
	    &past->application, event);
	if (finding == NULL || finding->records > 1)
		return;
	mm_finding_add_id(finding, "first_token", &event->token);
	mm_finding_add_name(finding, "used_before_in", past->token_tenant);
	mm_finding_add_time(finding, "used_there_first", past->token_first_us);
}

static bool
concerns(const void *data, const struct mm_finding *finding, const struct mm_logs_event *event)
{
	const struct state *state = data;

	(void)finding;
	return (event->kind == MM_LOGS_MAIL_ACCESS || event->kind == MM_LOGS_MAIL_ACTION) &&
	    mm_logs_id_present(&event->token) && mm_map_find(state->tokens, &event->token) != NULL;
}

const struct mm_detection mm_detect_token_in_several_tenants = {
	.name = "token-in-several-tenants",
	.title = "One token was used in more than one organisation",
	.class = MM_FINDING_STRONG,
	.inputs = "What is done with mail, with OrganizationId and UniqueTokenId, in logs of several tenants read "
	    "together. The latest tokens are remembered, 65,536 at least. It is told of the token's application, in "
	    "each tenant but the one in which the token was used first.",
	.meaning = "An issuer makes each token for one tenant and gives it an id of its own. One id in two tenants is "
	    "a token that was made or changed by somebody else, or a service that does not look whose token it is. "
	    "The provider's own services, which work for many tenants, may look the same.",
	.advice = "Treat what was read with the token as read by a stranger, in all of these tenants. Look what else "
	    "its application did there, and ask the provider for the origin of the token id.",
	.reference = "Cyber Safety Review Board, Review of the Summer 2023 Microsoft Exchange Online Intrusion "
	    "(2024); MITRE ATT&CK T1606, Forge Web Credentials",
	.state = MM_DETECTION_STATE(struct state),
	.maps = {
		MM_DETECTION_MAP(struct state, tokens, struct mm_logs_id, bool),
	},
	.event = look,
	.concerns = concerns,
};
