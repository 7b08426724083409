/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs that begin after the question does, or end before it; mail accesses of which no sign-in log is there; and logs
 * of which none has mail.
 */
#include "engine/detect/detection.h"
#include "engine/detect/known.h"

#include <string.h>

#define HOUR_US (INT64_C(3600) * 1000000)

/* Less than this at either end is no gap: records come late, and nights are quiet. */
#define GRACE_US (24 * HOUR_US)

/* The logs that have mail. */
enum mail_log { AUDIT, SERVER, MAIL_LOGS };

/* From its first hour with a record to the end of its last one; zeroes: there is no such log. */
struct span {
	int64_t first_us, end_us;
};

struct organisation {
	uint64_t accesses;         /* to mail, in what was asked */
	int64_t first_us, last_us; /* of them */
	struct span logs[MAIL_LOGS];
};

struct state {
	struct mm_detect *detect;
	struct mm_map *tenants; /* uint32_t: struct organisation */
	bool has_mail;          /* one of the logs does */
};

static struct organisation *
get_organisation(struct state *state, uint32_t tenant)
{
	struct organisation *organisation = mm_map_get(state->tenants, &tenant);

	if (organisation == NULL)
		mm_detect_fail(state->detect);
	return organisation;
}

static void
look(void *data, const struct mm_logs_event *event)
{
	struct state *state = data;
	struct organisation *organisation;

	if (event->kind != MM_LOGS_MAIL_ACCESS || event->time_us == MM_LOGS_NO_TIME ||
	    !mm_detect_asked(state->detect, event->time_us))
		return;
	organisation = get_organisation(state, event->tenant);
	if (organisation == NULL)
		return;
	if (organisation->accesses++ == 0)
		organisation->first_us = event->time_us;
	organisation->last_us = event->time_us;
}

/* ---- where logs begin and end ---- */

static bool
has_mail(const struct mm_logs_hour *hour)
{
	return hour->family == MM_LOGS_M365_AUDIT || hour->family == MM_LOGS_DOVECOT;
}

static void
learn_log(struct state *state, const struct mm_logs_hour *first, const struct mm_logs_hour *last)
{
	const struct mm_detect_source *source = mm_detect_source(state->detect);
	struct organisation *organisation;

	if (source->tenant != 0 && first->tenant != 0 && first->tenant != source->tenant)
		return;
	organisation = get_organisation(state, first->tenant);
	if (organisation == NULL || !has_mail(first))
		return;
	organisation->logs[first->family == MM_LOGS_DOVECOT ? SERVER : AUDIT] =
	    (struct span){ first->hour * HOUR_US, (last->hour + 1) * HOUR_US };
	state->has_mail = true;
}

/* Also of organisations of which no mail access was asked for: that there is none may be for want of a log. */
static void
learn_logs(struct state *state)
{
	const struct mm_detect_source *source = mm_detect_source(state->detect);

	for (size_t i = 0, next; i < source->hours_count; i = next) {
		next = mm_logs_hours_end(source->hours, i, source->hours_count);
		learn_log(state, &source->hours[i], &source->hours[next - 1]);
	}
}

/* Hours at the ends are quiet, unless all that was asked lies behind them. */
static bool
begins_late(const struct mm_detect_source *source, const struct span *log)
{
	return log->end_us != 0 && (log->first_us >= source->until_us ||
	    (source->since_us != INT64_MIN && log->first_us - GRACE_US > source->since_us));
}

static bool
ends_early(const struct mm_detect_source *source, const struct span *log)
{
	return log->end_us != 0 && (log->end_us <= source->since_us ||
	    (source->until_us != INT64_MAX && log->end_us + GRACE_US < source->until_us));
}

/* ---- telling ---- */

/*
 * That nothing was found in mail says nothing where no log has mail. Where one has, others of whom nothing but sign-ins
 * are there may be whom users of this organisation are guests of.
 */
static void
tell_mail(const struct state *state, struct mm_finding *finding)
{
	if (!state->has_mail)
		mm_finding_add_word(finding, "mail_logs", "none");
}

static void
tell_log(const struct mm_detect_source *source, const struct organisation *organisation, enum mail_log log,
    struct mm_finding *finding)
{
	static const char *const begins[] = { "audit_log_begins", "mail_server_log_begins" };
	static const char *const ends[] = { "audit_log_ends", "mail_server_log_ends" };
	const struct span *span = &organisation->logs[log];

	if (begins_late(source, span))
		mm_finding_add_time(finding, begins[log], span->first_us);
	if (ends_early(source, span))
		mm_finding_add_time(finding, ends[log], span->end_us);
}

/* Sign-in logs that do not name their tenant may be of any. */
static void
tell_sign_ins(const struct mm_known *known, uint32_t tenant, const struct organisation *organisation,
    struct mm_finding *finding)
{
	int64_t first_us, last_us;

	if (organisation->accesses == 0)
		return;
	if (!mm_known_span(known, tenant, &first_us, &last_us) && !mm_known_span(known, 0, &first_us, &last_us)) {
		mm_finding_add_word(finding, "sign_in_logs", "none");
		return;
	}
	if (first_us - GRACE_US > organisation->first_us)
		mm_finding_add_time(finding, "sign_in_logs_begin", first_us);
	if (last_us + GRACE_US < organisation->last_us)
		mm_finding_add_time(finding, "sign_in_logs_end", last_us);
}

static void
tell(struct state *state, uint32_t tenant, const struct organisation *organisation)
{
	struct mm_subject subject = mm_subject_of_name(MM_SUBJECT_ORGANISATION, tenant);
	struct mm_finding told = { .facts_count = 0 }, *finding;

	tell_mail(state, &told);
	for (enum mail_log log = 0; log < MAIL_LOGS; log++)
		tell_log(mm_detect_source(state->detect), organisation, log, &told);
	tell_sign_ins(mm_detect_known(state->detect), tenant, organisation, &told);
	if (told.facts_count == 0)
		return;
	finding = mm_detect_add(state->detect, &mm_detect_log_short, MM_FINDING_GAP, &subject, tenant);
	if (finding == NULL)
		return;
	memcpy(finding->facts, told.facts, sizeof(told.facts));
	finding->facts_count = told.facts_count;
	finding->records = organisation->accesses;
	if (organisation->accesses == 0)
		return;
	finding->first_us = organisation->first_us;
	finding->last_us = organisation->last_us;
}

static void
end(void *data)
{
	struct state *state = data;

	learn_logs(state);
	for (size_t i = 0; i < mm_map_count(state->tenants); i++) {
		const uint32_t *tenant = mm_map_key(state->tenants, i);

		tell(state, *tenant, mm_map_value(state->tenants, i));
	}
}

const struct mm_detection mm_detect_log_short = {
	.name = "log-short",
	.title = "The logs end before the question does, or lack sign-ins or mail",
	.class = MM_FINDING_GAP,
	.inputs = "First and last hour of the audit log, and of the logs of mail servers, beside --since and --until, "
	    "whatever the records are of; first and last sign-in beside the mail accesses; whether there is a log "
	    "that has mail at all.",
	.meaning = "What is outside of the logs is not known. Without sign-ins for the time of the mail accesses "
	    "no forged token shows, however many there are; without a log that has mail no mailbox does.",
	.advice = "Export the rest: audit logs are kept for 180 days at least, sign-in logs for 30 (7 without a "
	    "premium licence). What is not kept any more can be asked of the provider only.",
	.reference = "Microsoft Learn, Microsoft Entra data retention; Audit log retention policies",
	.state = MM_DETECTION_STATE(struct state),
	.maps = {
		MM_DETECTION_MAP(struct state, tenants, uint32_t, struct organisation),
	},
	.event = look,
	.end = end,
};
