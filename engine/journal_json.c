/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of a journal for programs.
 */
#include "engine/journal_json.h"

#include "engine/json_writer.h"

#include <inttypes.h>
#include <time.h>

/* In the order of enum mm_journal_field. */
static const char *const field_names[MM_JF_COUNT] = {
	"service", "realm", "kid", "thumbprint", "issuer", "tenant", "tenant_id", "subject", "client", "jti", "parent",
	"root", "session", "mailbox", "mailbox_asked", "scope", "source", "caller", "protocol", "user_agent", "gate",
	"finding", "class",
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
	mm_json_add_str(writer, "proof", "none");
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
