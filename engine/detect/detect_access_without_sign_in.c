/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail was read with a token or session that no sign-in log knows. A token that its issuer gave has a sign-in; one that
 * somebody made has none.
 *
 * An application that never signed in is judged by that alone. Of one that does, some sign-ins may just be missing in
 * what was exported: how often that happens with the other applications of its tenant tells how much it means.
 */
#include "engine/detect/detection.h"
#include "engine/detect/known.h"

/* The others' accesses that must have been judged, and how many in a thousand of them may lack a sign-in. */
#define OTHERS_LEAST 100
#define OTHERS_LACKING_THOUSANDTHS 10

struct key {
	uint32_t tenant, name;
	uint32_t level;
};

struct counts {
	uint64_t signed_in, none, no_id, not_covered;
};

struct state {
	struct mm_detect *detect;
	struct mm_map *applications; /* struct key: struct counts */
	struct mm_map *tenants;      /* uint32_t: struct counts */
};

static void
count(struct counts *counts, enum mm_known_origin origin)
{
	switch (origin) {
	case MM_ORIGIN_SIGNED_IN:
	case MM_ORIGIN_SESSION:
		counts->signed_in++;
		break;
	case MM_ORIGIN_NONE:
		counts->none++;
		break;
	case MM_ORIGIN_NO_ID:
		counts->no_id++;
		break;
	case MM_ORIGIN_NOT_COVERED:
		counts->not_covered++;
		break;
	}
}

/* Of nobody known by name it cannot be said that he never signed in. */
static bool
never_signed_in(const struct state *state, uint32_t tenant, const struct mm_subject *application)
{
	return application->level < MM_APPLICATION_FAMILY &&
	    !mm_known_application(mm_detect_known(state->detect), tenant, application->name);
}

static void
look(void *data, const struct mm_logs_event *event)
{
	struct state *state = data;
	struct mm_subject application = mm_subject_application(event);
	struct key key = { event->tenant, application.name, application.level };
	enum mm_known_origin origin;
	struct counts *of_application, *of_tenant;

	if (event->kind != MM_LOGS_MAIL_ACCESS)
		return;
	origin = mm_known_origin(mm_detect_known(state->detect), event);
	of_application = mm_map_get(state->applications, &key);
	of_tenant = mm_map_get(state->tenants, &event->tenant);
	if (of_application == NULL || of_tenant == NULL) {
		mm_detect_fail(state->detect);
		return;
	}
	count(of_application, origin);
	count(of_tenant, origin);
	/* How sure it is shows at the end only; until then it has the room of what it may come to be. */
	if (origin == MM_ORIGIN_NONE)
		(void)mm_detect_note(state->detect, &mm_detect_access_without_sign_in,
		    never_signed_in(state, event->tenant, &application) ? MM_FINDING_STRONG : MM_FINDING_LEAD,
		    &application, event);
}

/* Whether the sign-ins of the tenant's other applications are there, so that these would be too. */
static bool
others_sign_in(const struct counts *tenant, const struct counts *application)
{
	uint64_t judged = tenant->signed_in + tenant->none - application->signed_in - application->none;
	uint64_t lacking = tenant->none - application->none;

	return judged >= OTHERS_LEAST && lacking * 1000 <= judged * OTHERS_LACKING_THOUSANDTHS;
}

static void
judge(struct state *state, const struct key *key, const struct counts *counts)
{
	const struct counts *tenant = mm_map_find(state->tenants, &key->tenant);
	struct mm_subject application = { .kind = MM_SUBJECT_APPLICATION, .level = (uint8_t)key->level,
		.name = key->name };
	bool ever = counts->signed_in > 0 || !never_signed_in(state, key->tenant, &application);
	bool others = others_sign_in(tenant, counts);
	struct mm_finding *finding;

	finding = mm_detect_find(state->detect, &mm_detect_access_without_sign_in, &application, key->tenant);
	if (finding == NULL)
		return;
	if (!ever || others)
		mm_detect_raise(state->detect, finding, MM_FINDING_STRONG);
	else if (finding->class == MM_FINDING_STRONG)
		mm_detect_lower(state->detect, finding);
	mm_finding_add_number(finding, "accesses_without_sign_in", (int64_t)counts->none);
	mm_finding_add_number(finding, "accesses_with_sign_in", (int64_t)counts->signed_in);
	mm_finding_add_number(finding, "accesses_without_any_id", (int64_t)counts->no_id);
	mm_finding_add_number(finding, "accesses_outside_of_sign_in_logs", (int64_t)counts->not_covered);
	mm_finding_add_word(finding, "application_signed_in", ever ? "yes" : "never");
	mm_finding_add_word(finding, "other_applications_sign_ins", others ? "complete" : "incomplete or too few");
}

static void
end(void *data)
{
	struct state *state = data;

	for (size_t i = 0; i < mm_map_count(state->applications); i++) {
		const struct counts *counts = mm_map_value(state->applications, i);

		if (counts->none > 0)
			judge(state, mm_map_key(state->applications, i), counts);
	}
}

static bool
concerns(const void *data, const struct mm_finding *finding, const struct mm_logs_event *event)
{
	const struct state *state = data;

	(void)finding;
	return event->kind == MM_LOGS_MAIL_ACCESS &&
	    mm_known_origin(mm_detect_known(state->detect), event) == MM_ORIGIN_NONE;
}

const struct mm_detection mm_detect_access_without_sign_in = {
	.name = "access-without-sign-in",
	.title = "Mail was read with a token or session that no sign-in log knows",
	.class = MM_FINDING_STRONG,
	.inputs = "Mail accesses (MailItemsAccessed) with AppAccessContext.UniqueTokenId or AADSessionId, and "
	    "Entra sign-in logs of all kinds (interactive, non-interactive, service principal) that cover "
	    "the time at which the tokens were issued. Accesses that name neither a token nor a session "
	    "cannot be judged and are counted, and so are those from outside of the time that the sign-in "
	    "logs cover.",
	.meaning = "Each token that an issuer gave has a sign-in, and one that somebody made with a stolen key has "
	    "none: this is how the forged tokens of 2023 showed. It is strong where the application never "
	    "signed in to the organisation, or where the sign-ins of its other applications are complete; "
	    "otherwise it is a lead, since the export may lack some. The provider's own services, which act "
	    "with tokens that no customer's log shows, look the same.",
	.advice = "Ask whether the sign-in logs were exported whole and of all four kinds. If so, treat the "
	    "mailboxes as read, revoke the sessions of their users, and ask the provider for the origin of "
	    "the token ids named here.",
	.reference = "Cyber Safety Review Board, Review of the Summer 2023 Microsoft Exchange Online Intrusion "
	    "(2024); MITRE ATT&CK T1606, Forge Web Credentials",
	.state = MM_DETECTION_STATE(struct state),
	.maps = {
		MM_DETECTION_MAP(struct state, applications, struct key, struct counts),
		MM_DETECTION_MAP(struct state, tenants, uint32_t, struct counts),
	},
	.event = look,
	.end = end,
	.concerns = concerns,
};
