/* SPDX-License-Identifier: Apache-2.0 */
/* One document that is kept fresh: metadata, keys, and what is kept of them. */
#include "daemon/courier/source.h"

#include "daemon/courier/discovery.h"
#include "lib/base/limits.h"
#include "lib/jose/keyset.h"

#include <stdlib.h>

void
courier_source_init(struct courier_source *source, const struct courier_origin *origin, int64_t now_ms)
{
	*source = (struct courier_source){ .origin = *origin };
	courier_schedule_init(&source->schedule, origin->refresh_s, now_ms);
	if (!origin->is_discovery)
		memcpy(source->keys_address, origin->address, strlen(origin->address));
}

void
courier_source_clear(struct courier_source *source)
{
	free(source->kept);
	source->kept = NULL;
}

static bool
wants_metadata(const struct courier_source *source)
{
	return source->origin.is_discovery && !source->at_keys;
}

const char *
courier_source_address(const struct courier_source *source, const struct courier_validators **validators)
{
	*validators = wants_metadata(source) ? &source->metadata_validators : &source->keys_validators;
	return wants_metadata(source) ? source->origin.address : source->keys_address;
}

static void
end(struct courier_result *result, enum mm_fetch_outcome outcome, const char *why)
{
	result->outcome = outcome;
	courier_sentence_add(&result->sentence, "%s", why);
}

/* ---- metadata ---- */

/* Whether the keys are where the metadata says; else *result says why the fetch ended. */
static bool
take_metadata(struct courier_source *source, const struct courier_answer *answer, struct courier_result *result)
{
	struct courier_discovery discovery;

	if (answer->outcome == MM_FETCH_SAME)
		return true;
	courier_discovery_parse(answer->body, &source->origin, &discovery);
	if (discovery.outcome != MM_FETCH_NEW) {
		end(result, discovery.outcome, discovery.why);
		return false;
	}
	/* What was said of a document at another address says nothing of this one. */
	if (strcmp(source->keys_address, discovery.keys_address) != 0)
		source->keys_validators = (struct courier_validators){ .etag = "" };
	memcpy(source->keys_address, discovery.keys_address, sizeof(source->keys_address));
	source->metadata_validators = answer->validators;
	return true;
}

/* ---- keys ---- */

/* What is worth a word of a document's keys; cut where they are many. */
static void
tell_key(void *ctx, enum mm_keyset_event event, struct mm_slice kid, const char *text)
{
	struct courier_sentence *told = ctx;

	if (event == MM_KEYSET_SKIPPED)
		return;
	courier_sentence_add(told, "; key \"");
	courier_sentence_add_foreign(told, kid);
	courier_sentence_add(told, "\": %s", text);
}

static void
tell_keys(const struct mm_keyset_report *report, const struct courier_sentence *told, struct courier_result *result)
{
	if (report->kept_is_lost)
		courier_sentence_add(&result->sentence, "what was kept could not be read and is lost; ");
	courier_sentence_add(&result->sentence, "keys: %zu good, %zu gone, %zu revoked, %zu dropped%s", report->present,
	    report->gone, report->revoked, report->dropped, told->text);
	result->present = (uint32_t)report->present;
	result->dropped = (uint32_t)report->dropped;
}

static void
keep(struct courier_source *source, struct mm_buf *canonical, const struct courier_answer *answer, int64_t now_s)
{
	size_t len;
	char *bytes = mm_buf_take(canonical, &len);

	free(source->kept);
	source->kept = bytes;
	source->kept_len = len;
	source->kept_s = now_s;
	source->keys_validators = answer->validators;
}

static enum mm_fetch_outcome
outcome_of(enum mm_keyset_result merged)
{
	static const enum mm_fetch_outcome outcomes[] = {
		[MM_KEYSET_NEW] = MM_FETCH_NEW,
		[MM_KEYSET_SAME] = MM_FETCH_SAME,
		[MM_KEYSET_UNREADABLE] = MM_FETCH_UNREADABLE,
		[MM_KEYSET_UNUSABLE] = MM_FETCH_UNREADABLE,
		[MM_KEYSET_TOO_LARGE] = MM_FETCH_REFUSED,
		[MM_KEYSET_FAILED] = MM_FETCH_UNREADABLE,
	};

	return outcomes[merged];
}

static void
take_keys(struct courier_source *source, const struct courier_answer *answer, int64_t now_s,
    struct courier_result *result)
{
	struct courier_sentence told = { .len = 0 };
	struct mm_keyset_report report = { .tell = tell_key, .tell_ctx = &told };
	struct mm_buf canonical;

	mm_buf_init(&canonical, MM_DOCUMENT_LEN_MAX);
	result->outcome = outcome_of(mm_keyset_merge(answer->body, now_s, mm_slice(source->kept, source->kept_len),
	    source->kept_s, &report, &canonical));
	if (result->outcome == MM_FETCH_NEW || result->outcome == MM_FETCH_SAME) {
		keep(source, &canonical, answer, now_s);
		tell_keys(&report, &told, result);
	} else {
		courier_sentence_add(&result->sentence, "%s; what was kept stays%s",
		    report.why == NULL ? "its keys cannot be used" : report.why, told.text);
	}
	mm_buf_clear(&canonical);
}

/* ---- an answer ---- */

bool
courier_source_take(struct courier_source *source, const struct courier_answer *answer, int64_t now_s,
    struct courier_result *result)
{
	*result = (struct courier_result){ .outcome = answer->outcome };
	if (answer->outcome != MM_FETCH_NEW && answer->outcome != MM_FETCH_SAME) {
		courier_sentence_add(&result->sentence, "%s%s", wants_metadata(source) ? "metadata: " : "",
		    answer->why.text);
	} else if (wants_metadata(source)) {
		source->at_keys = take_metadata(source, answer, result);
		return !source->at_keys;
	} else if (answer->outcome == MM_FETCH_NEW) {
		take_keys(source, answer, now_s, result);
	} else {
		source->kept_s = now_s;
		courier_sentence_add(&result->sentence, "not modified");
	}
	source->at_keys = false;
	return true;
}
