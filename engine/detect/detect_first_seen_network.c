/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail is read from a network that neither the mailbox nor its organisation was seen from. Of people who move about it
 * is told only once several mailboxes were read from there.
 */
#include "engine/detect/detection.h"
#include "engine/detect/history.h"

static bool
is_new(const struct mm_past *past, const struct mm_logs_event *event)
{
	return past->judged && mm_logs_reads_mail(event) && past->network_in_tenant != NULL &&
	    mm_history_is_new(past->network_in_tenant->new_since_us, event);
}

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_detect *detect = state;
	const struct mm_past *past = mm_detect_past(detect);
	struct mm_logs_address network;
	struct mm_subject subject;
	struct mm_finding *finding;

	if (!is_new(past, event))
		return;
	mm_logs_network_of(&event->address, &network);
	subject = mm_subject_of_address(MM_SUBJECT_NETWORK, &network);
	finding = mm_detect_note(detect, &mm_detect_first_seen_network, MM_FINDING_LEAD, &subject, event);
	if (finding == NULL || finding->records > 1)
		return;
	mm_finding_add_name(finding, "first_application", past->application.name);
	mm_finding_add_time(finding, "log_of_mail_began", past->tenant->first_us);
}

static bool
concerns(const void *state, const struct mm_finding *finding, const struct mm_logs_event *event)
{
	struct mm_past past;

	(void)finding;
	mm_history_of(mm_detect_history(state), event, &past);
	return is_new(&past, event);
}

const struct mm_detection mm_detect_first_seen_network = {
	.name = "first-seen-network",
	.title = "Mail was read from a network that was never seen before",
	.class = MM_FINDING_LEAD,
	.inputs = "Mail accesses, and logins at Dovecot, from public addresses; what else is done with mail "
	    "teaches which networks are known. A network is a /24 of IPv4 or a /48 of IPv6. The provider's "
	    "own networks and private ones are never new. Organisation and mailbox learn for the first 14 "
	    "days of their own log; what was away for 90 days is new again.",
	.meaning = "A thief reads from a network of his own. So does everybody on a journey, with a new telephone or "
	    "at a new house: therefore a network must be new to the mailbox and to its organisation, and for a "
	    "mailbox that was seen from four networks or more it is told only once three mailboxes were read from "
	    "the new one. Where a network is on the earth is not looked at. A thief who reads from a network "
	    "that the organisation uses, or through the provider's own, does not show here.",
	.advice = "Look who owns the network, which applications read from it, and how many mailboxes. A hosting "
	    "provider says more than a telephone company.",
	.reference = "MITRE ATT&CK T1114.002, Remote Email Collection; T1078.004, Cloud Accounts",
	.asks = MM_ASKS_OF_NETWORKS,
	.event = look,
	.concerns = concerns,
};
