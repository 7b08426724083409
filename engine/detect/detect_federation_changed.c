/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The federation of a domain was changed: whoever has the key that is trusted from now on can make SAML tokens for
 * all of its users.
 */
#include "engine/detect/detection.h"

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_subject subject = mm_subject_of_name(MM_SUBJECT_TARGET, event->target);
	enum mm_finding_class class = event->change == MM_LOGS_CHANGE_FEDERATION ? MM_FINDING_STRONG : MM_FINDING_LEAD;
	struct mm_finding *finding;

	if (!mm_detection_is_change(event, MM_CHANGE_BIT(FEDERATION) | MM_CHANGE_BIT(DOMAIN)))
		return;
	finding = mm_detect_note(state, &mm_detect_federation_changed, class, &subject, event);
	mm_detection_add_change(finding, event);
}

const struct mm_detection mm_detect_federation_changed = {
	.name = "federation-changed",
	.title = "Federation settings of a domain were changed",
	.class = MM_FINDING_STRONG,
	.inputs = "Directory audit: federation settings on a domain, authentication of a domain, domains added "
	    "or verified.",
	.meaning = "A domain that trusts another signing certificate or another issuer accepts tokens that its "
	    "holder makes for any user: golden SAML. It happens by right when federation is set up or "
	    "moved, or a certificate is renewed, a few times in years; a domain that was only added is a "
	    "lead, and the step before.",
	.advice = "Compare the issuer and the certificate with those of your own federation server. If they are "
	    "not yours, set the domain back, then end the sessions of all of its users.",
	.reference = "MITRE ATT&CK T1484.002, Trust Modification; T1606.002, SAML Tokens",
	.event = look,
};
