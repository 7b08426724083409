/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of a journal for programs.
 */
#include "engine/journal_json.h"

#include "engine/json_writer.h"
#include "lib/base/array.h"
#include "lib/codec/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

/* Members of a record with room for those of a later version. */
#define MEMBERS_MAX 64

/* In the order of enum mm_journal_field. */
static const char *const field_names[MM_JF_COUNT] = {
	"service", "realm", "kid", "thumbprint", "issuer", "tenant", "tenant_id", "subject", "client", "jti", "parent",
	"root", "session", "mailbox", "mailbox_asked", "scope", "source", "caller", "protocol", "user_agent", "gate",
	"finding", "class", "login",
};

static const char *const kind_names[] = {
	[MM_JOURNAL_DECISION] = "decision",
	[MM_JOURNAL_FOLDED] = "folded",
	[MM_JOURNAL_FINDING] = "finding",
	[MM_JOURNAL_EVENT] = "event",
};

/* RFC 3339, with all that the record knows. */
static void
add_time(struct mm_json_writer *writer, int64_t time_us)
{
	time_t time = time_us / 1000000;
	char text[64];
	struct tm tm;
	size_t len;

	if (time_us >= 0 && gmtime_r(&time, &tm) != NULL && (len = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &tm)) > 0) {
		(void)snprintf(text + len, sizeof(text) - len, ".%06" PRId64 "Z", time_us % 1000000);
		mm_json_add_str(writer, "time", text);
	}
	mm_json_add_int(writer, "time_us", time_us);
}

static void
add_decision(struct mm_json_writer *writer, const struct mm_journal_record *record)
{
	mm_json_add_str(writer, "verdict", record->allowed ? "allow" : "deny");
	mm_json_add_str(writer, "reason", mm_reason_code(record->reason));
	if (record->kind == MM_JOURNAL_FOLDED) {
		mm_json_add_int(writer, "count", (int64_t)record->count);
		return;
	}
	mm_json_add_str(writer, "facts", record->verified ? "verified" : "claimed");
	mm_json_add_str(writer, "proof", mm_issuance_name(record->proof));
	mm_json_add_int(writer, "epoch", (int64_t)record->epoch);
	mm_json_add_int(writer, "latency_us", record->latency_ns / 1000);
}

/* The names of what is not whole. */
static void
add_cut(struct mm_json_writer *writer, uint32_t cut)
{
	if (cut == 0)
		return;
	mm_json_begin_array(writer, "cut");
	for (unsigned i = 0; i < MM_JF_COUNT; i++)
		if ((cut >> i & 1) != 0)
			mm_json_add_str(writer, NULL, field_names[i]);
	if (cut >> 31 != 0)
		mm_json_add_str(writer, NULL, "text");
	mm_json_end_array(writer);
}

static void
add_record(struct mm_json_writer *writer, const struct mm_journal_record *record, const struct mm_journal_place *where)
{
	mm_json_begin_object(writer, NULL);
	mm_json_add_str(writer, "kind", kind_names[record->kind]);
	add_time(writer, record->time_us);
	if (record->kind == MM_JOURNAL_DECISION || record->kind == MM_JOURNAL_FOLDED)
		add_decision(writer, record);
	for (unsigned i = 0; i < MM_JF_COUNT; i++)
		mm_json_add_slice(writer, field_names[i], record->fields[i]);
	mm_json_add_slice(writer, "text", record->text);
	add_cut(writer, record->cut);
	mm_json_add_int(writer, "segment", (int64_t)where->segment);
	mm_json_add_int(writer, "offset", (int64_t)where->offset);
	mm_json_end_object(writer);
}

void
mm_journal_json_add(struct mm_buf *buf, const struct mm_journal_record *record, const struct mm_journal_place *where)
{
	struct mm_json_writer writer;

	mm_json_writer_init(&writer, buf);
	add_record(&writer, record, where);
	mm_buf_add_str(buf, "\n");
}

/* ---- reading ---- */

static bool
find_kind(struct mm_json_value value, enum mm_journal_kind *kind)
{
	for (size_t i = MM_JOURNAL_DECISION; i < MM_COUNT_OF(kind_names); i++)
		if (mm_json_string_is(value, kind_names[i])) {
			*kind = (enum mm_journal_kind)i;
			return true;
		}
	return false;
}

/* A whole number, 0 where there is none. */
static uint64_t
number_of(const struct mm_json_index *index, const char *name)
{
	int64_t number = 0;

	return mm_json_integer(mm_json_find(index, name), &number) ? (uint64_t)number : 0;
}

static struct mm_slice
text_of(const struct mm_json_index *index, const char *name, struct mm_scratch *scratch)
{
	struct mm_slice text;

	return mm_json_string(mm_json_find(index, name), scratch, &text) ? text : MM_SLICE_ABSENT;
}

static enum mm_reason
reason_of(const struct mm_json_index *index, struct mm_scratch *scratch)
{
	struct mm_slice code = text_of(index, "reason", scratch);
	enum mm_reason reason = MM_INTERNAL;

	return mm_slice_present(code) && mm_reason_find(code.ptr, code.len, &reason) ? reason : MM_INTERNAL;
}

static void
take_cut(const struct mm_json_index *index, uint32_t *cut)
{
	struct mm_json_value names = mm_json_find(index, "cut"), name;
	size_t position = 0;

	while (mm_json_next(names, &position, &name)) {
		for (unsigned i = 0; i < MM_JF_COUNT; i++)
			if (mm_json_string_is(name, field_names[i]))
				*cut |= UINT32_C(1) << i;
		if (mm_json_string_is(name, "text"))
			*cut |= UINT32_C(1) << 31;
	}
}

/* What a later program writes and this one does not know is none that counts. */
static enum mm_issuance
proof_of(const struct mm_json_index *index)
{
	struct mm_json_value value = mm_json_find(index, "proof");

	for (int i = 0; i < MM_ISSUANCE_COUNT; i++)
		if (mm_json_string_is(value, mm_issuance_name((enum mm_issuance)i)))
			return (enum mm_issuance)i;
	return MM_ISSUANCE_NONE;
}

static void
take_members(const struct mm_json_index *index, struct mm_scratch *scratch, struct mm_journal_line *parsed)
{
	struct mm_journal_record *record = &parsed->record;

	record->time_us = (int64_t)number_of(index, "time_us");
	record->allowed = mm_json_string_is(mm_json_find(index, "verdict"), "allow");
	record->reason = reason_of(index, scratch);
	record->verified = mm_json_string_is(mm_json_find(index, "facts"), "verified");
	record->proof = proof_of(index);
	record->epoch = number_of(index, "epoch");
	record->latency_ns = (uint32_t)number_of(index, "latency_us") * 1000;
	record->count = number_of(index, "count");
	for (unsigned i = 0; i < MM_JF_COUNT; i++)
		record->fields[i] = text_of(index, field_names[i], scratch);
	record->text = text_of(index, "text", scratch);
	take_cut(index, &record->cut);
	parsed->where.segment = number_of(index, "segment");
	parsed->where.offset = number_of(index, "offset");
}

bool
mm_journal_json_parse(struct mm_slice line, struct mm_journal_line *parsed)
{
	struct mm_json_names names;
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { .members = members, .max = MM_COUNT_OF(members) };
	struct mm_scratch scratch;

	*parsed = (struct mm_journal_line){ .room = malloc(2 * line.len + 1) };
	if (parsed->room == NULL)
		return false;
	memcpy(parsed->room, line.ptr, line.len);
	mm_scratch_init(&scratch, parsed->room + line.len, line.len);
	if (mm_json_scan(mm_slice(parsed->room, line.len), &names, &index, NULL) != MM_OK ||
	    !find_kind(mm_json_find(&index, "kind"), &parsed->record.kind))
		return false;
	take_members(&index, &scratch, parsed);
	return true;
}

void
mm_journal_line_clear(struct mm_journal_line *parsed)
{
	free(parsed->room);
	parsed->room = NULL;
}
