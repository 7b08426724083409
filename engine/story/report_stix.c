/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stix.json: a bundle of STIX 2.1 (OASIS Standard, 10 June 2021).
 *
 *   report           all of it; its description has what the logs cannot tell
 *   identity         mintmark, and each organisation
 *   observed-data    for each answer: the subject and the mailboxes, first, last, how many records
 *   indicator        for each answer that is strong or proof: a pattern that finds its subject elsewhere
 *   sighting         of that indicator, where and how often
 *   software, user-account, ipv4-addr, ipv6-addr, and two of our own, mintmark-token and mintmark-session, since the
 *   standard has no object for the id of a token or of a session
 *
 * An application is software by the name that records have for it, its client id: that is what a pattern is matched
 * with. 'created' and 'modified' are the time of the last record, so that they say nothing of when this ran.
 */
#include "engine/detect/detection.h"
#include "engine/detect/map.h"
#include "engine/json_writer.h"
#include "engine/logs/moment.h"
#include "engine/story/report.h"
#include "engine/story/report_text.h"
#include "engine/story/stix_id.h"
#include "lib/codec/hex.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* One object; an observed-data may name all mailboxes of the story. */
#define OBJECT_MAX ((size_t)64 * 1024 * 1024)

/* Section 2.4: numbers of occurrences end there. */
#define NUMBER_MAX INT64_C(999999999)

/* When our own objects were laid down: they are the same in every bundle. */
#define OWN_CREATED "2026-11-28T00:00:00.000Z"

#define TOKEN_TYPE "mintmark-token"
#define SESSION_TYPE "mintmark-session"

/* "2023-05-20T11:07:00.000Z" */
#define TIME_MAX MM_MOMENT_TEXT_MAX

struct bundle {
	FILE *out;
	struct mm_story *story;
	const struct mm_names *names;
	struct mm_map *known; /* ids that were written: observables come again */
	struct mm_map *refs;  /* ids that the report names */
	struct mm_buf buf;
	struct mm_json_writer json;
	char run[MM_HEX_SIZE(MM_DIGEST_LEN)]; /* what was read and asked, in one number */
	char created[TIME_MAX];
	char creator[MM_STIX_ID_MAX], extension[MM_STIX_ID_MAX];
	bool is_first;
	int failure;
};

static void
fail(struct bundle *bundle, int failure)
{
	if (bundle->failure == 0)
		bundle->failure = failure;
}

/* Section 3.7: three digits behind the second. */
static void
format_time(int64_t time_us, char text[TIME_MAX])
{
	int64_t second_us = time_us == MM_LOGS_NO_TIME ? 0 : time_us - time_us % 1000000;
	size_t len;

	(void)mm_moment_text(second_us, text);
	len = strlen(text);
	if (len > 0)
		(void)snprintf(text + len - 1, TIME_MAX - len + 1, ".%03dZ",
		    time_us == MM_LOGS_NO_TIME ? 0 : (int)(time_us % 1000000 / 1000));
}

/* ---- objects ---- */

/* Whether an id is new in a map, and now is in it. */
static bool
is_new(struct bundle *bundle, struct mm_map *map, const char *id)
{
	char key[MM_STIX_ID_MAX] = { 0 };
	uint8_t *known;

	memcpy(key, id, strlen(id));
	known = mm_map_get(map, key);
	if (known == NULL) {
		fail(bundle, ENOMEM);
		return false;
	}
	return (*known)++ == 0;
}

static void
begin(struct bundle *bundle, const char *type, const char *id)
{
	mm_json_begin_object(&bundle->json, NULL);
	mm_json_add_str(&bundle->json, "type", type);
	mm_json_add_str(&bundle->json, "spec_version", "2.1");
	mm_json_add_str(&bundle->json, "id", id);
}

/* Of domain and relationship objects, section 3.2. */
static void
begin_domain(struct bundle *bundle, const char *type, const char *id)
{
	begin(bundle, type, id);
	mm_json_add_str(&bundle->json, "created_by_ref", bundle->creator);
	mm_json_add_str(&bundle->json, "created", bundle->created);
	mm_json_add_str(&bundle->json, "modified", bundle->created);
}

static void
end(struct bundle *bundle)
{
	mm_json_end_object(&bundle->json);
	if (!mm_buf_ok(&bundle->buf))
		fail(bundle, ENOMEM);
	errno = EIO;
	if (bundle->failure == 0 && (fputs(bundle->is_first ? "\n" : ",\n", bundle->out) == EOF ||
	    fwrite(bundle->buf.data, 1, bundle->buf.len, bundle->out) != bundle->buf.len))
		fail(bundle, errno);
	bundle->is_first = false;
	bundle->buf.len = 0;
	mm_json_writer_init(&bundle->json, &bundle->buf);
}

/* An id of ours for this run: its kind and what tells it from others. */
static void
make_id(struct bundle *bundle, const char *type, const char *what, struct mm_slice more, char id[MM_STIX_ID_MAX])
{
	struct mm_buf buf;

	mm_buf_init(&buf, OBJECT_MAX);
	mm_buf_addf(&buf, "%s %s ", bundle->run, what);
	mm_buf_add_slice(&buf, more);
	if (!mm_buf_ok(&buf) || !mm_stix_object_id(type, mm_slice(buf.data, buf.len), id)) {
		id[0] = '\0';
		fail(bundle, ENOMEM);
	}
	mm_buf_clear(&buf);
}

/* ---- what was seen ---- */

/* How a subject is an observable: its type and the property that has its text. NULL: it is none. */
static const char *
observable_of(const struct mm_subject *subject, const char **property)
{
	bool is_v4 = memcmp(subject->address.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0;

	*property = "value";
	switch ((enum mm_subject_kind)subject->kind) {
	case MM_SUBJECT_APPLICATION:
		*property = "name";
		return "software";
	case MM_SUBJECT_TOKEN:
		return TOKEN_TYPE;
	case MM_SUBJECT_SESSION:
		return SESSION_TYPE;
	case MM_SUBJECT_MAILBOX:
	case MM_SUBJECT_USER:
		*property = "account_login";
		return "user-account";
	case MM_SUBJECT_ADDRESS:
	case MM_SUBJECT_NETWORK:
		/* The provider's own network and local ones are no address that one could look for. */
		if (subject->address.network != MM_LOGS_PUBLIC && subject->address.network != MM_LOGS_PRIVATE)
			return NULL;
		return is_v4 ? "ipv4-addr" : "ipv6-addr";
	default:
		return NULL;
	}
}

/* Section 7.3: an object of a type that the standard has not names the definition of it. */
static void
add_extension(struct bundle *bundle)
{
	mm_json_begin_object(&bundle->json, "extensions");
	mm_json_begin_object(&bundle->json, bundle->extension);
	mm_json_add_str(&bundle->json, "extension_type", "new-sco");
	mm_json_end_object(&bundle->json);
	mm_json_end_object(&bundle->json);
}

/* Write the observable, once, and its id; false: it is none. */
static bool
add_observable(struct bundle *bundle, const struct mm_subject *subject, char id[MM_STIX_ID_MAX])
{
	char room[MM_SUBJECT_TEXT_MAX];
	const char *property, *type = observable_of(subject, &property);
	struct mm_slice text = mm_subject_text(subject, bundle->names, room);

	if (type == NULL || text.len == 0)
		return false;
	if (!mm_stix_observable_id(type, property, text, id)) {
		fail(bundle, ENOMEM);
		return false;
	}
	if (!is_new(bundle, bundle->known, id))
		return bundle->failure == 0;
	begin(bundle, type, id);
	mm_json_add_slice(&bundle->json, property, text);
	if (subject->kind == MM_SUBJECT_TOKEN || subject->kind == MM_SUBJECT_SESSION)
		add_extension(bundle);
	end(bundle);
	return true;
}

/* The observables of an answer, as the array of their ids; returns how many. They stand before what names them. */
static size_t
add_observables(struct bundle *bundle, const struct mm_answer *answer, struct mm_buf *ids)
{
	char id[MM_STIX_ID_MAX];
	size_t count = 0;

	if (add_observable(bundle, &answer->subject, id))
		mm_buf_addf(ids, "%s\"%s\"", count++ == 0 ? "" : ",", id);
	for (size_t i = 0; i < answer->mailboxes_listed; i++) {
		struct mm_subject mailbox = mm_subject_of_name(MM_SUBJECT_MAILBOX, answer->mailboxes_list[i].mailbox);

		/* A mailbox may be the subject itself, and stand in several organisations. */
		if (add_observable(bundle, &mailbox, id) && !mm_subject_equal(&mailbox, &answer->subject))
			mm_buf_addf(ids, "%s\"%s\"", count++ == 0 ? "" : ",", id);
	}
	if (!mm_buf_ok(ids))
		fail(bundle, ENOMEM);
	return count;
}

static int64_t
number_of(const struct mm_answer *answer)
{
	uint64_t records = answer->records.at_least > 0 ? answer->records.at_least : answer->records.on_record;

	return records < 1 ? 1 : records > NUMBER_MAX ? NUMBER_MAX : (int64_t)records;
}

/* ---- what is said of it ---- */

/* "application d3a5…" */
static void
add_subject_text(struct bundle *bundle, struct mm_buf *text, const struct mm_answer *answer)
{
	char room[MM_SUBJECT_TEXT_MAX];

	mm_buf_addf(text, "%s ", mm_subject_kind_name((enum mm_subject_kind)answer->subject.kind));
	mm_buf_add_slice(text, mm_subject_text(&answer->subject, bundle->names, room));
	if (answer->name == 0)
		return;
	mm_buf_add_str(text, " (");
	mm_buf_add_slice(text, mm_names_text(bundle->names, answer->name));
	mm_buf_add_str(text, ")");
}

static void
add_subject_name(struct bundle *bundle, const struct mm_answer *answer)
{
	struct mm_buf text;

	mm_buf_init(&text, OBJECT_MAX);
	add_subject_text(bundle, &text, answer);
	mm_json_add_slice(&bundle->json, "name", mm_slice(text.data, text.len));
	mm_buf_clear(&text);
}

/* Which detections speak of it, and how much there is at least. */
static void
add_description(struct bundle *bundle, const struct mm_answer *answer)
{
	const struct mm_detection *last = NULL;
	struct mm_buf text;

	mm_buf_init(&text, OBJECT_MAX);
	for (size_t i = 0; i < answer->findings_count; i++) {
		if (answer->findings[i]->detection == last)
			continue;
		last = answer->findings[i]->detection;
		mm_buf_addf(&text, "%s (%s, %s). ", last->title, last->name,
		    mm_finding_class_name(answer->findings[i]->class));
	}
	mm_buf_addf(&text,
	    "At least %" PRIu64 " organisations, %" PRIu64 " mailboxes, %" PRIu64 " messages; %zu gaps in the logs.",
	    answer->organisations.at_least, answer->mailboxes.at_least, answer->messages.at_least, answer->gaps_count);
	mm_json_add_slice(&bundle->json, "description", mm_slice(text.data, text.len));
	mm_buf_clear(&text);
}

/* Section 9.6.1: an apostrophe and a backslash of a string are escaped. */
static void
add_pattern(struct bundle *bundle, const struct mm_answer *answer)
{
	char room[MM_SUBJECT_TEXT_MAX];
	struct mm_slice text = mm_subject_text(&answer->subject, bundle->names, room);
	const char *property, *type = observable_of(&answer->subject, &property);
	struct mm_buf pattern;

	mm_buf_init(&pattern, OBJECT_MAX);
	mm_buf_addf(&pattern, "[%s:%s %s '", type, property,
	    answer->subject.kind == MM_SUBJECT_NETWORK ? "ISSUBSET" : "=");
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\'' || text.ptr[i] == '\\')
			mm_buf_add_str(&pattern, "\\");
		mm_buf_add(&pattern, text.ptr + i, 1);
	}
	mm_buf_add_str(&pattern, "']");
	mm_json_add_slice(&bundle->json, "pattern", mm_slice(pattern.data, pattern.len));
	mm_json_add_str(&bundle->json, "pattern_type", "stix");
	mm_buf_clear(&pattern);
}

static void
add_time(struct bundle *bundle, const char *name, int64_t time_us)
{
	char text[TIME_MAX];

	format_time(time_us, text);
	mm_json_add_str(&bundle->json, name, time_us == MM_LOGS_NO_TIME ? bundle->created : text);
}

/* An array of one word. */
static void
add_word(struct bundle *bundle, const char *name, const char *word)
{
	mm_json_begin_array(&bundle->json, name);
	mm_json_add_str(&bundle->json, NULL, word);
	mm_json_end_array(&bundle->json);
}

static void
write_observed(struct bundle *bundle, const struct mm_answer *answer, const char *id, const struct mm_buf *ids)
{
	begin_domain(bundle, "observed-data", id);
	add_word(bundle, "labels", mm_finding_class_name(answer->class));
	add_time(bundle, "first_observed", answer->first_us);
	add_time(bundle, "last_observed", answer->last_us);
	mm_json_add_int(&bundle->json, "number_observed", number_of(answer));
	mm_json_begin_array(&bundle->json, "object_refs");
	mm_json_add_json(&bundle->json, NULL, mm_slice(ids->data, ids->len));
	mm_json_end_array(&bundle->json);
	end(bundle);
	(void)is_new(bundle, bundle->refs, id);
}

static void
write_indicator(struct bundle *bundle, const struct mm_answer *answer, const char *id)
{
	begin_domain(bundle, "indicator", id);
	add_subject_name(bundle, answer);
	add_description(bundle, answer);
	add_word(bundle, "labels", mm_finding_class_name(answer->class));
	add_word(bundle, "indicator_types",
	    answer->class == MM_FINDING_PROOF ? "malicious-activity" : "anomalous-activity");
	add_pattern(bundle, answer);
	add_time(bundle, "valid_from", answer->first_us);
	end(bundle);
	(void)is_new(bundle, bundle->refs, id);
}

/* The id of an organisation, which is written once. */
static void
add_organisation(struct bundle *bundle, const struct mm_story_organisation *organisation, char id[MM_STIX_ID_MAX])
{
	struct mm_slice tenant = mm_names_text(bundle->names, organisation->tenant);
	struct mm_slice name = mm_names_text(bundle->names, organisation->name);

	make_id(bundle, "identity", "tenant", tenant, id);
	if (!is_new(bundle, bundle->known, id))
		return;
	begin_domain(bundle, "identity", id);
	mm_json_add_slice(&bundle->json, "name", name.len > 0 ? name : tenant);
	mm_json_add_slice(&bundle->json, "description", tenant);
	mm_json_add_str(&bundle->json, "identity_class", "organization");
	end(bundle);
	(void)is_new(bundle, bundle->refs, id);
}

/* Section 5.2: where it was seen. Records that name no organisation have none. */
static void
write_sighting(struct bundle *bundle, const struct mm_answer *answer, const char *id, const char *indicator,
    const char *observed, const struct mm_buf *organisations)
{
	begin_domain(bundle, "sighting", id);
	add_description(bundle, answer);
	add_time(bundle, "first_seen", answer->first_us);
	add_time(bundle, "last_seen", answer->last_us);
	mm_json_add_int(&bundle->json, "count", number_of(answer));
	mm_json_add_str(&bundle->json, "sighting_of_ref", indicator);
	add_word(bundle, "observed_data_refs", observed);
	if (organisations->len > 0) {
		mm_json_begin_array(&bundle->json, "where_sighted_refs");
		mm_json_add_json(&bundle->json, NULL, mm_slice(organisations->data, organisations->len));
		mm_json_end_array(&bundle->json);
	}
	end(bundle);
	(void)is_new(bundle, bundle->refs, id);
}

static void
add_organisations(struct bundle *bundle, const struct mm_answer *answer, struct mm_buf *ids)
{
	char id[MM_STIX_ID_MAX];

	for (size_t i = 0; i < answer->organisations_listed; i++) {
		if (answer->organisations_list[i].tenant == 0)
			continue;
		add_organisation(bundle, &answer->organisations_list[i], id);
		mm_buf_addf(ids, "%s\"%s\"", ids->len == 0 ? "" : ",", id);
	}
	if (!mm_buf_ok(ids))
		fail(bundle, ENOMEM);
}

/* An indicator finds a subject elsewhere: a mailbox is not what was stolen with, and a lead is none. */
static bool
is_indicator(const struct mm_answer *answer, struct mm_slice text)
{
	const char *property;

	return answer->class >= MM_FINDING_STRONG && text.len > 0 && answer->subject.kind != MM_SUBJECT_MAILBOX &&
	    answer->subject.kind != MM_SUBJECT_USER && observable_of(&answer->subject, &property) != NULL;
}

static void
write_answer(struct bundle *bundle, const struct mm_answer *answer)
{
	char observed[MM_STIX_ID_MAX], indicator[MM_STIX_ID_MAX], sighting[MM_STIX_ID_MAX], room[MM_SUBJECT_TEXT_MAX];
	struct mm_slice text = mm_subject_text(&answer->subject, bundle->names, room);
	char kind[32];
	struct mm_buf ids, organisations;

	mm_buf_init(&ids, OBJECT_MAX);
	mm_buf_init(&organisations, OBJECT_MAX);
	add_organisations(bundle, answer, &organisations);
	/* One text may be a client's id and a service's. */
	(void)snprintf(kind, sizeof(kind), "%s %u",
	    mm_subject_kind_name((enum mm_subject_kind)answer->subject.kind), answer->subject.level);
	make_id(bundle, "observed-data", kind, text, observed);
	if (add_observables(bundle, answer, &ids) > 0) {
		write_observed(bundle, answer, observed, &ids);
		if (is_indicator(answer, text)) {
			make_id(bundle, "indicator", kind, text, indicator);
			make_id(bundle, "sighting", kind, text, sighting);
			write_indicator(bundle, answer, indicator);
			write_sighting(bundle, answer, sighting, indicator, observed, &organisations);
		}
	}
	mm_buf_clear(&organisations);
	mm_buf_clear(&ids);
}

/* ---- what is the same in every bundle ---- */

static void
write_creator(struct bundle *bundle)
{
	begin(bundle, "identity", bundle->creator);
	mm_json_add_str(&bundle->json, "created", OWN_CREATED);
	mm_json_add_str(&bundle->json, "modified", OWN_CREATED);
	mm_json_add_str(&bundle->json, "name", "mintmark");
	mm_json_add_str(&bundle->json, "identity_class", "system");
	end(bundle);
	(void)is_new(bundle, bundle->refs, bundle->creator);
}

static void
write_extension(struct bundle *bundle)
{
	begin(bundle, "extension-definition", bundle->extension);
	mm_json_add_str(&bundle->json, "created_by_ref", bundle->creator);
	mm_json_add_str(&bundle->json, "created", OWN_CREATED);
	mm_json_add_str(&bundle->json, "modified", OWN_CREATED);
	mm_json_add_str(&bundle->json, "name", "Ids of tokens and sessions");
	mm_json_add_str(&bundle->json, "schema",
	    "The objects " TOKEN_TYPE " and " SESSION_TYPE " have the property value (string, required): the id that "
	    "sign-in and mail logs give to an access token (UniqueTokenId, uti) or to a session (AADSessionId, sid), "
	    "as a GUID in lower case where it is one. It contributes to the id.");
	mm_json_add_str(&bundle->json, "version", "1.0.0");
	add_word(bundle, "extension_types", "new-sco");
	end(bundle);
}

/* ---- the report ---- */

/* What the logs cannot tell stands with what they tell. */
static void
add_gaps(struct bundle *bundle, struct mm_buf *text)
{
	for (size_t i = 0; i < mm_detections_count; i++) {
		const struct mm_finding *gap = NULL;
		size_t count = 0;

		for (size_t j = 0; j < mm_story_findings(bundle->story); j++) {
			const struct mm_finding *finding = mm_story_finding(bundle->story, j);

			if (finding->class != MM_FINDING_GAP || finding->detection != mm_detections[i])
				continue;
			gap = finding;
			count++;
		}
		if (count == 0)
			continue;
		mm_buf_add_str(text, " ");
		mm_report_add_title(text, gap);
		mm_buf_addf(text, " (%s, %zu).", gap->detection->name, count);
	}
}

static void
write_report(struct bundle *bundle, const struct mm_report_question *question)
{
	char id[MM_STIX_ID_MAX];
	struct mm_buf text;

	mm_buf_init(&text, OBJECT_MAX);
	mm_buf_addf(&text, "Made by mintmark %s of %zu files of logs; claims of these logs, not verified facts. What "
	            "they cannot tell:", question->version,
	    mm_logs_reading_inputs(mm_story_source(bundle->story)->reading));
	add_gaps(bundle, &text);
	make_id(bundle, "report", "report", MM_SLICE_ABSENT, id);
	begin_domain(bundle, "report", id);
	mm_json_add_str(&bundle->json, "name", "Access to mail in exported logs");
	mm_json_add_slice(&bundle->json, "description", mm_slice(text.data, text.len));
	add_word(bundle, "report_types", "observed-data");
	mm_json_add_str(&bundle->json, "published", bundle->created);
	mm_json_begin_array(&bundle->json, "object_refs");
	for (size_t i = 0; i < mm_map_count(bundle->refs); i++)
		mm_json_add_str(&bundle->json, NULL, mm_map_key(bundle->refs, i));
	mm_json_end_array(&bundle->json);
	end(bundle);
	mm_buf_clear(&text);
}

/* ---- the bundle ---- */

/* What was read and asked, in one number: another question of the same logs makes other objects. */
static bool
make_run(struct bundle *bundle)
{
	const struct mm_story_source *source = mm_story_source(bundle->story);
	char room[MM_SUBJECT_TEXT_MAX];
	uint8_t digest[MM_DIGEST_LEN];
	struct mm_buf buf;
	bool made;

	mm_buf_init(&buf, OBJECT_MAX);
	for (size_t i = 0; i < mm_logs_reading_inputs(source->reading); i++)
		mm_buf_add(&buf, mm_logs_reading_input(source->reading, i)->facts.digest, MM_DIGEST_LEN);
	mm_buf_addf(&buf, "%" PRId64 " %" PRId64 " ", source->since_us, source->until_us);
	mm_buf_add_slice(&buf, mm_names_text(bundle->names, source->tenant));
	if (source->pivot.given) {
		mm_buf_addf(&buf, " %s ", mm_subject_kind_name((enum mm_subject_kind)source->pivot.subject.kind));
		mm_buf_add_slice(&buf, mm_subject_text(&source->pivot.subject, bundle->names, room));
	}
	made = mm_buf_ok(&buf) && mm_sha256(mm_slice(buf.data, buf.len), digest);
	if (made)
		(void)mm_hex_encode(digest, sizeof(digest), bundle->run);
	mm_buf_clear(&buf);
	return made;
}

/* The time of the last record; where none has one, the beginning of time. */
static void
make_created(struct bundle *bundle)
{
	const struct mm_logs_reading *reading = mm_story_source(bundle->story)->reading;
	int64_t last_us = MM_LOGS_NO_TIME;

	for (size_t i = 0; i < mm_logs_reading_inputs(reading); i++)
		if (mm_logs_reading_input(reading, i)->last_us > last_us)
			last_us = mm_logs_reading_input(reading, i)->last_us;
	format_time(last_us, bundle->created);
}

static void
write_all(struct bundle *bundle, const struct mm_report_question *question)
{
	char id[MM_STIX_ID_MAX];

	make_id(bundle, "bundle", "bundle", MM_SLICE_ABSENT, id);
	if (fprintf(bundle->out, "{\"type\":\"bundle\",\"id\":\"%s\",\"objects\":[", id) < 0)
		fail(bundle, EIO);
	write_creator(bundle);
	write_extension(bundle);
	for (size_t i = 0; i < mm_story_answers(bundle->story) && bundle->failure == 0; i++)
		write_answer(bundle, mm_story_answer(bundle->story, i));
	write_report(bundle, question);
	if (fputs("\n]}\n", bundle->out) == EOF)
		fail(bundle, EIO);
}

int
mm_report_stix(FILE *out, struct mm_story *story, const struct mm_report_question *question)
{
	struct bundle bundle = {
		.out = out,
		.story = story,
		.names = mm_logs_reading_names(mm_story_source(story)->reading),
		.known = mm_map_new(MM_STIX_ID_MAX, 1),
		.refs = mm_map_new(MM_STIX_ID_MAX, 1),
		.is_first = true,
	};

	mm_buf_init(&bundle.buf, OBJECT_MAX);
	mm_json_writer_init(&bundle.json, &bundle.buf);
	if (bundle.known == NULL || bundle.refs == NULL || !make_run(&bundle) ||
	    !mm_stix_object_id("identity", mm_slice_str("mintmark"), bundle.creator) ||
	    !mm_stix_object_id("extension-definition", mm_slice_str("ids"), bundle.extension))
		fail(&bundle, ENOMEM);
	make_created(&bundle);
	if (bundle.failure == 0)
		write_all(&bundle, question);
	mm_buf_clear(&bundle.buf);
	mm_map_free(&bundle.refs);
	mm_map_free(&bundle.known);
	errno = bundle.failure;
	return bundle.failure == 0 ? 0 : -1;
}
