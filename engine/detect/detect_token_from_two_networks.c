/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token moved from one public network to another, from which its mailbox was not used before. Moving between networks
 * that a person has is everyday; so is a new one, with a new token.
 */
#include "engine/detect/detection.h"
#include "engine/detect/history.h"

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_detect *detect = state;
	const struct mm_past *past = mm_detect_past(detect);
	struct mm_logs_address network;
	struct mm_subject subject;
	struct mm_finding *finding;

	if (!past->judged || !past->moved || !past->network_first || event->kind != MM_LOGS_MAIL_ACCESS)
		return;
	subject = mm_logs_id_present(&event->token) ? mm_subject_of_id(MM_SUBJECT_TOKEN, &event->token) :
	                                              mm_subject_of_id(MM_SUBJECT_SESSION, &event->session);
	finding = mm_detect_note(detect, &mm_detect_token_from_two_networks, MM_FINDING_LEAD, &subject, event);
	if (finding == NULL || finding->records > 1)
		return;
	mm_logs_network_of(&event->address, &network);
	mm_finding_add_name(finding, "application", past->application.name);
	mm_finding_add_network(finding, "came_to", &network);
	mm_finding_add_word(finding, "new_to_organisation", past->network_in_tenant->mailboxes == 1 ? "yes" : "no");
}

const struct mm_detection mm_detect_token_from_two_networks = {
	.name = "token-from-two-networks",
	.title = "A token moved to a network from which its mailbox was never used",
	.class = MM_FINDING_LEAD,
	.inputs = "What is done with mail, with UniqueTokenId and an address; a session's id is taken where there is "
	    "no token's. A network is a /24 of IPv4 or a /48 of IPv6. The provider's own networks and private "
	    "ones do not count. The latest tokens and sessions are remembered, 65,536 of each at least.",
	.meaning = "A token that is stolen comes to the thief's network while its owner still uses it from his. So "
	    "does that of a telephone which leaves the house, of a computer that has IPv4 and IPv6, and of a company "
	    "that leaves by several addresses: therefore it is a lead, and told only where the mailbox had not "
	    "been used from the new network before. For a session, which lives for weeks, it says less.",
	.advice = "Ask the owner where he was. Look whether both networks were in use at the same time, and what was "
	    "read from the new one.",
	.reference = "MITRE ATT&CK T1528, Steal Application Access Token; T1539, Steal Web Session Cookie",
	.asks = MM_ASKS_OF_NETWORKS,
	.event = look,
};
