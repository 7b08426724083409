/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application reads mail in a tenant where it has no sign-in, by records that name neither token nor session. Those
 * which do are the business of access-without-sign-in.
 */
#include "engine/detect/detection.h"
#include "engine/detect/known.h"
#include "engine/logs/names.h"

#include "lib/base/array.h"

#define SECOND_US INT64_C(1000000)

/* Services that records name where they do not tell who uses them: nobody signs in as these. */
static const char *const services[] = {
	"00000002-0000-0ff1-ce00-000000000000", /* Exchange Online */
	"00000003-0000-0000-c000-000000000000", /* Microsoft Graph */
};

static bool
is_service(const struct mm_detect *detect, uint32_t name)
{
	for (size_t i = 0; i < MM_COUNT_OF(services); i++)
		if (mm_names_find(mm_detect_names(detect), mm_slice_str(services[i])) == name)
			return true;
	return false;
}

/* Whether the sign-in logs cover the whole life that the token of an event may have had. */
static bool
is_covered(const struct mm_detect *detect, uint32_t tenant, const struct mm_logs_event *event)
{
	int64_t first_us, last_us;

	return event->time_us != MM_LOGS_NO_TIME &&
	    mm_known_span(mm_detect_known(detect), tenant, &first_us, &last_us) &&
	    event->time_us - MM_KNOWN_TOKEN_LIFE_S * SECOND_US >= first_us && event->time_us <= last_us;
}

static bool
is_such(const struct mm_detect *detect, const struct mm_logs_event *event)
{
	struct mm_subject application;

	if (event->kind != MM_LOGS_MAIL_ACCESS || mm_logs_id_present(&event->token) ||
	    mm_logs_id_present(&event->session))
		return false;
	application = mm_subject_application(event);
	return application.level <= MM_APPLICATION_ID &&
	    (is_covered(detect, event->tenant, event) || is_covered(detect, 0, event)) &&
	    !mm_known_application(mm_detect_known(detect), event->tenant, application.name) &&
	    !is_service(detect, application.name);
}

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_detect *detect = state;
	struct mm_subject application = mm_subject_application(event);

	if (is_such(detect, event))
		(void)mm_detect_note(detect, &mm_detect_application_never_signed_in, MM_FINDING_LEAD, &application,
		    event);
}

static bool
concerns(const void *state, const struct mm_finding *finding, const struct mm_logs_event *event)
{
	(void)finding;
	return is_such(state, event);
}

const struct mm_detection mm_detect_application_never_signed_in = {
	.name = "application-never-signed-in",
	.title = "An application read mail and has no sign-in in the organisation",
	.class = MM_FINDING_LEAD,
	.inputs = "Mail accesses that name an application and neither a token nor a session, and Entra sign-in logs of "
	    "all kinds that cover the 28 hours before. Accesses with a token or session are judged by "
	    "access-without-sign-in.",
	.meaning = "Who reads mail as an application has a token of it, and a token has a sign-in: none at all says "
	    "that the tokens were not given by the issuer, or that the export lacks a kind of sign-ins (those of "
	    "service principals and of managed identities are logs of their own). The provider's own "
	    "applications also act without sign-ins that a customer sees; as these records name no token, it "
	    "stays a lead.",
	.advice = "Ask whether all four kinds of sign-in logs were exported. Look who brought the application into the "
	    "organisation, and what it may do there.",
	.reference = "Cyber Safety Review Board, Review of the Summer 2023 Microsoft Exchange Online Intrusion "
	    "(2024); MITRE ATT&CK T1550.001, Application Access Token",
	.event = look,
	.concerns = concerns,
};
