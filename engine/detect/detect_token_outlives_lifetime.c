/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token was used longer after its issue than any issuer lets it live. Where the record does not tell when it was
 * issued, its first use stands for that: it is no earlier.
 */
#include "engine/detect/detection.h"
#include "engine/detect/history.h"
#include "engine/detect/known.h"

/* For what a service still does in a connection that it let in, and for clocks. */
#define GRACE_S 3600
#define SECOND_US INT64_C(1000000)

/* When a token began to live, as far as it is known: 0, not at all. */
static int64_t
begin_of(const struct mm_detect *detect, const struct mm_logs_event *event)
{
	if (!mm_logs_id_present(&event->token) && !mm_logs_id_present(&event->session))
		return 0;
	if (event->issued_us != MM_LOGS_NO_TIME && event->issued_us >= MM_LOGS_EARLIEST_US)
		return event->issued_us;
	return mm_detect_past(detect)->token_first_us;
}

static void
look(void *state, const struct mm_logs_event *event)
{
	struct mm_detect *detect = state;
	int64_t begin_us, age_us;
	struct mm_subject subject, application;
	struct mm_finding *finding;

	if (!mm_detect_past(detect)->counts || (begin_us = begin_of(detect, event)) == 0)
		return;
	age_us = event->time_us - begin_us;
	if (age_us <= (MM_KNOWN_TOKEN_LIFE_S + GRACE_S) * SECOND_US)
		return;
	subject = mm_logs_id_present(&event->token) ? mm_subject_of_id(MM_SUBJECT_TOKEN, &event->token) :
	                                              mm_subject_of_id(MM_SUBJECT_SESSION, &event->session);
	finding = mm_detect_note(detect, &mm_detect_token_outlives_lifetime, MM_FINDING_STRONG, &subject, event);
	if (finding == NULL || finding->records > 1)
		return;
	application = mm_subject_application(event);
	mm_finding_add_name(finding, "application", application.name);
	mm_finding_add_time(finding, begin_us == event->issued_us ? "issued" : "first_used", begin_us);
	mm_finding_add_seconds(finding, "age_when_first_too_old", age_us / SECOND_US);
}

const struct mm_detection mm_detect_token_outlives_lifetime = {
	.name = "token-outlives-lifetime",
	.title = "A token was used longer than any issuer lets one live",
	.class = MM_FINDING_STRONG,
	.inputs = "What is done with mail, with AppAccessContext.IssuedAtTime; where that is missing, the first use of "
	    "the same UniqueTokenId among the latest tokens (65,536 at least) stands for it. Records with "
	    "neither, and those whose own time is doubtful, are not judged.",
	.meaning = "An access token lives 60 to 90 minutes by default, up to 24 hours where a policy says so, and up "
	    "to 28 hours where its issuer can end it early (continuous access evaluation). It is told from 29 hours "
	    "on: a service took a token that its issuer had let end, as it does with one that somebody made with "
	    "a lifetime of his own, and with a service that does not look at it. A connection that was let in in "
	    "time and never closed, or a log that was written late, can look the same. Forged tokens of a usual "
	    "lifetime do not show here.",
	.advice = "Look at what else the token's application did, and from where. Find the token's sign-in by its id; "
	    "if there is none, take it as forged. Revoke the user's sessions and the application's credentials.",
	.reference = "Microsoft, Access tokens in the identity platform (lifetimes) and Continuous access "
	    "evaluation; MITRE ATT&CK T1550.001, Application Access Token",
	.event = look,
};
