/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs that begin after the question does, or end before it; and mail accesses of which no sign-in log is there.
 */
#include "engine/detect/detection.h"
#include "engine/detect/known.h"

#define HOUR_US (INT64_C(3600) * 1000000)

/* Less than this at either end is no gap: records come late, and nights are quiet. */
#define GRACE_US (24 * HOUR_US)

/* Of an organisation's mail accesses, in what was asked. */
struct accesses {
	uint64_t count;
	int64_t first_us, last_us;
};

struct state {
	struct mm_detect *detect;
	struct mm_map *tenants; /* uint32_t: struct accesses */
};

static void
look(void *data, const struct mm_logs_event *event)
{
	struct state *state = data;
	struct accesses *accesses;

	if (event->kind != MM_LOGS_MAIL_ACCESS || event->time_us == MM_LOGS_NO_TIME ||
	    !mm_detect_asked(state->detect, event->time_us))
		return;
	accesses = mm_map_get(state->tenants, &event->tenant);
	if (accesses == NULL) {
		mm_detect_fail(state->detect);
		return;
	}
	if (accesses->count++ == 0)
		accesses->first_us = event->time_us;
	accesses->last_us = event->time_us;
}

/* When the audit log of a tenant begins and ends; false: there is none. */
static bool
audit_span(const struct mm_detect_source *source, uint32_t tenant, int64_t *first_us, int64_t *end_us)
{
	bool found = false;

	for (size_t i = 0; i < source->hours_count; i++) {
		const struct mm_logs_hour *hour = &source->hours[i];

		if (hour->tenant != tenant || hour->family != MM_LOGS_M365_AUDIT)
			continue;
		if (!found)
			*first_us = hour->hour * HOUR_US;
		*end_us = (hour->hour + 1) * HOUR_US;
		found = true;
	}
	return found;
}

struct telling {
	bool begins_late, ends_early, no_sign_ins, sign_ins_late, sign_ins_early;
	int64_t first_us, end_us, sign_ins_first_us, sign_ins_last_us;
};

static void
compare(const struct state *state, uint32_t tenant, const struct accesses *accesses, struct telling *telling)
{
	const struct mm_detect_source *source = mm_detect_source(state->detect);
	const struct mm_known *known = mm_detect_known(state->detect);

	if (audit_span(source, tenant, &telling->first_us, &telling->end_us)) {
		telling->begins_late = source->since_us != INT64_MIN && telling->first_us - GRACE_US > source->since_us;
		telling->ends_early = source->until_us != INT64_MAX && telling->end_us + GRACE_US < source->until_us;
	}
	/* Sign-in logs that do not name their tenant may be of any. */
	if (!mm_known_span(known, tenant, &telling->sign_ins_first_us, &telling->sign_ins_last_us) &&
	    !mm_known_span(known, 0, &telling->sign_ins_first_us, &telling->sign_ins_last_us)) {
		telling->no_sign_ins = true;
		return;
	}
	telling->sign_ins_late = telling->sign_ins_first_us - GRACE_US > accesses->first_us;
	telling->sign_ins_early = telling->sign_ins_last_us + GRACE_US < accesses->last_us;
}

static void
tell(struct state *state, uint32_t tenant, const struct accesses *accesses)
{
	struct mm_subject organisation = mm_subject_of_name(MM_SUBJECT_ORGANISATION, tenant);
	struct telling telling = { 0 };
	struct mm_finding *finding;

	compare(state, tenant, accesses, &telling);
	if (!telling.begins_late && !telling.ends_early && !telling.no_sign_ins && !telling.sign_ins_late &&
	    !telling.sign_ins_early)
		return;
	finding = mm_detect_add(state->detect, &mm_detect_log_short, MM_FINDING_GAP, &organisation, tenant);
	if (finding == NULL)
		return;
	finding->records = accesses->count;
	finding->first_us = accesses->first_us;
	finding->last_us = accesses->last_us;
	if (telling.begins_late)
		mm_finding_add_time(finding, "audit_log_begins", telling.first_us);
	if (telling.ends_early)
		mm_finding_add_time(finding, "audit_log_ends", telling.end_us);
	if (telling.no_sign_ins)
		mm_finding_add_word(finding, "sign_in_logs", "none");
	if (telling.sign_ins_late)
		mm_finding_add_time(finding, "sign_in_logs_begin", telling.sign_ins_first_us);
	if (telling.sign_ins_early)
		mm_finding_add_time(finding, "sign_in_logs_end", telling.sign_ins_last_us);
}

static void
end(void *data)
{
	struct state *state = data;

	for (size_t i = 0; i < mm_map_count(state->tenants); i++) {
		const uint32_t *tenant = mm_map_key(state->tenants, i);

		tell(state, *tenant, mm_map_value(state->tenants, i));
	}
}

const struct mm_detection mm_detect_log_short = {
	.name = "log-short",
	.title = "The logs end before the question does, or lack the sign-ins",
	.class = MM_FINDING_GAP,
	.inputs = "First and last hour of the audit log beside --since and --until; first and last sign-in "
	    "beside the mail accesses.",
	.meaning = "What is outside of the logs is not known. Without sign-ins for the time of the mail accesses "
	    "no forged token shows, however many there are.",
	.advice = "Export the rest: audit logs are kept for 180 days at least, sign-in logs for 30 (7 without a "
	    "premium licence). What is not kept any more can be asked of the provider only.",
	.reference = "Microsoft Learn, Microsoft Entra data retention; Audit log retention policies",
	.state = MM_DETECTION_STATE(struct state),
	.maps = {
		MM_DETECTION_MAP(struct state, tenants, uint32_t, struct accesses),
	},
	.event = look,
	.end = end,
};
