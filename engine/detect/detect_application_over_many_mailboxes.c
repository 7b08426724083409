/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application reads far more mailboxes of an organisation in a day than it ever did, or in far more organisations.
 *
 * It is measured by its own highest day: so that a Monday after holidays is none.
 */
#include "engine/detect/detection.h"
#include "engine/detect/history.h"

/* Fewer a day are not many; and how many times the highest day before it must be. */
#define MAILBOXES_LEAST 10
#define TENANTS_LEAST 5
#define TIMES 3

/* How many applications in tenants, and applications, are remembered. */
#define ROOM 65536

struct key {
	uint32_t tenant, name;
};

struct days {
	int64_t day;
	uint32_t today, most; /* on that day; on the highest before */
};

struct state {
	struct mm_detect *detect;
	struct mm_map *mailboxes; /* struct key: struct days */
	struct mm_map *tenants;   /* uint32_t, the application: struct days */
	int64_t first_us;         /* of all mail */
};

/* Count one more of a day, if it is its first; returns the days, NULL where there is no room. */
static struct days *
count(struct state *state, struct mm_map *map, const void *key, int64_t day, bool is_first)
{
	struct days *days = mm_detect_keep(state->detect, &mm_detect_application_over_many_mailboxes, map, key, ROOM);

	if (days == NULL)
		return NULL;
	if (days->day != day) {
		if (days->today > days->most)
			days->most = days->today;
		days->day = day;
		days->today = 0;
	}
	days->today += is_first;
	return days;
}

static bool
is_many(const struct days *days, uint32_t least)
{
	return days->today >= least && days->today > (uint64_t)days->most * TIMES;
}

static void
note(struct state *state, const struct mm_logs_event *event, const struct days *days, const char *today,
    const char *most)
{
	struct mm_finding *finding = mm_detect_note(state->detect, &mm_detect_application_over_many_mailboxes,
	    MM_FINDING_LEAD, &mm_detect_past(state->detect)->application, event);

	if (finding == NULL || finding->records > 1)
		return;
	mm_finding_add_number(finding, today, days->today);
	mm_finding_add_number(finding, most, days->most);
}

static void
look(void *data, const struct mm_logs_event *event)
{
	struct state *state = data;
	const struct mm_past *past = mm_detect_past(state->detect);
	int64_t day = event->time_us / MM_HISTORY_DAY_US;
	struct key key = { event->tenant, past->application.name };
	const struct days *mailboxes, *tenants;

	if (!past->judged || event->kind != MM_LOGS_MAIL_ACCESS || past->in_tenant == NULL)
		return;
	if (state->first_us == 0)
		state->first_us = event->time_us;
	mailboxes = count(state, state->mailboxes, &key, day, past->first_today_at_mailbox);
	tenants = count(state, state->tenants, &key.name, day, past->first_today_in_tenant);
	if (mailboxes != NULL && mm_history_has_learned(past->tenant, event->time_us) &&
	    is_many(mailboxes, MAILBOXES_LEAST))
		note(state, event, mailboxes, "mailboxes_that_day_when_told", "most_mailboxes_on_a_day_before");
	else if (tenants != NULL && event->time_us - state->first_us >= MM_HISTORY_LEARN_US &&
	    is_many(tenants, TENANTS_LEAST))
		note(state, event, tenants, "organisations_that_day_when_told", "most_organisations_on_a_day_before");
}

const struct mm_detection mm_detect_application_over_many_mailboxes = {
	.name = "application-over-many-mailboxes",
	.title = "An application read far more mailboxes or organisations in a day than ever before",
	.class = MM_FINDING_LEAD,
	.inputs = "Mail accesses with an application, counted by days (UTC): different mailboxes of an organisation, "
	    "and different organisations where logs of several are read together. The first 14 days are learned "
	    "from. Records from when the day's count passed the bound are the finding's.",
	.meaning = "In 2023 one application read the mail of 22 organisations. It is told where an application reads "
	    "at least 10 mailboxes of an organisation in a day, or reads in at least 5 organisations, and more than "
	    "three times as many as on its own highest day before. A new program that many people get at once, a "
	    "migration and the first run of a backup look the same. A thief who takes few mailboxes a day, or "
	    "names himself after a program that everybody has, does not show here.",
	.advice = "Ask whether something was rolled out on that day. If not, look at the application's tokens, "
	    "sign-ins and addresses, and at the mailboxes that it read.",
	.reference = "Cyber Safety Review Board, Review of the Summer 2023 Microsoft Exchange Online Intrusion "
	    "(2024); MITRE ATT&CK T1114.002, Remote Email Collection",
	.asks = MM_ASKS_OF_APPLICATIONS,
	.state = MM_DETECTION_STATE(struct state),
	.maps = {
		MM_DETECTION_MAP(struct state, mailboxes, struct key, struct days),
		MM_DETECTION_MAP(struct state, tenants, uint32_t, struct days),
	},
	.event = look,
};
