/* SPDX-License-Identifier: Apache-2.0 */
/* Looking for one token's record. */
#include "engine/ledger_search.h"

#include "engine/json_writer.h"
#include "engine/ledger_anchor.h"
#include "engine/ledger_file.h"
#include "engine/ledger_json.h"
#include "engine/ledger_reader.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* After a token's record its end is recorded soon. */
#define END_US ((int64_t)10 * 1000000)

/* ---- where to begin ---- */

/* The minute of a record; false: it has none. */
static bool
read_minute(const struct mm_ledger_item *item, uint32_t *minute)
{
	struct mm_ledger_record record;

	if (!mm_ledger_decode(item->bytes, item->len, &record))
		return false;
	switch (record.kind) {
	case MM_LEDGER_ISSUED:
		*minute = record.issued.place.minute;
		return true;
	case MM_LEDGER_TERM:
		*minute = record.term.last_minute;
		return true;
	case MM_LEDGER_GAP:
		*minute = record.gap.last_minute;
		return true;
	default:
		return false;
	}
}

bool
mm_ledger_minute_of(int dir_fd, uint64_t segment, uint32_t *minute)
{
	struct mm_ledger_reader *reader = mm_ledger_reader_new(dir_fd, segment);
	struct mm_ledger_item item;
	bool found = false;

	while (reader != NULL && !found && mm_ledger_reader_next(reader, &item) == MM_LEDGER_READ_RECORD &&
	    item.at.segment == segment)
		found = read_minute(&item, minute);
	mm_ledger_reader_free(&reader);
	return found;
}

/* Find the last of the segments up to one that tells of a minute; -1: none does. */
static ssize_t
last_that_tells(int dir_fd, const uint64_t *numbers, ssize_t from, ssize_t at, uint32_t *minute)
{
	while (at >= from && !mm_ledger_minute_of(dir_fd, numbers[at], minute))
		at--;
	return at >= from ? at : -1;
}

/* The number of the last segment before which no token of the place's minute can stand; 0: the first. */
static uint64_t
begin_at(int dir_fd, struct mm_token_place place)
{
	uint64_t *numbers, number = 0;
	ssize_t count = mm_ledger_list(dir_fd, &numbers), low = 0, high = count - 1;

	while (low <= high) {
		ssize_t middle = low + (high - low) / 2, at;
		uint32_t minute;

		at = last_that_tells(dir_fd, numbers, low, middle, &minute);
		if (at == -1) {
			low = middle + 1;
		} else if (minute < place.minute) {
			number = numbers[at];
			low = middle + 1;
		} else {
			high = at - 1;
		}
	}
	if (count != -1)
		free(numbers);
	return number;
}

/* ---- looking ---- */

static bool
same_place(struct mm_token_place a, struct mm_token_place b)
{
	return a.signer == b.signer && a.minute == b.minute && a.counter == b.counter;
}

static void
take_issued(struct mm_ledger_finding *finding, const struct mm_ledger_item *item)
{
	memcpy(finding->bytes, item->bytes, item->len);
	if (!mm_ledger_decode(finding->bytes, item->len, &finding->record)) {
		finding->unknown = true;
		return;
	}
	finding->found = true;
	finding->at = item->at;
	finding->sequence = item->link.sequence;
}

static bool
in_ranges(const struct mm_ledger_released *released, uint64_t sequence)
{
	for (size_t i = 0; i < released->count; i++)
		if (sequence >= released->ranges[i].first &&
		    sequence - released->ranges[i].first < released->ranges[i].count)
			return true;
	return false;
}

/* Look at one record. False: everything is known, or it lies too far behind. */
static bool
look_at(struct mm_ledger_finding *finding, const struct mm_ledger_item *item, const struct mm_ledger_record *record,
    struct mm_slice realm, struct mm_token_place place)
{
	switch (record->kind) {
	case MM_LEDGER_ISSUED:
		if (!finding->found && record->issued.place.minute > place.minute)
			return false;
		if (!finding->found && same_place(record->issued.place, place) &&
		    mm_slice_equal(record->issued.facts[MM_LEDGER_REALM], realm))
			take_issued(finding, item);
		break;
	case MM_LEDGER_VOID:
		if (!finding->found || record->voided.issued != finding->sequence)
			break;
		finding->voided = true;
		finding->void_status = record->voided.status;
		finding->void_at_start = record->voided.at_start;
		finding->void_us = record->time_us;
		break;
	case MM_LEDGER_RELEASED:
		finding->released = finding->released ||
		    (finding->found && in_ranges(&record->released, finding->sequence));
		break;
	default:
		break;
	}
	return !finding->found ||
	    (!finding->voided && !finding->released && record->time_us < finding->record.time_us + END_US);
}

/* Whether a record at the place would stand before the first segment that is kept: not behind the last one there. */
static bool
is_anchored(const struct mm_ledger_anchor *anchor, struct mm_slice realm, struct mm_token_place place)
{
	for (size_t i = 0; i < anchor->realm_count; i++)
		if (mm_slice_equal(mm_slice_str(anchor->realms[i].name), realm))
			return anchor->realms[i].has_last &&
			    !mm_ledger_place_behind(place, anchor->realms[i].last);
	return false;
}

static void
look_at_anchor(int dir_fd, const uint8_t *signer, struct mm_slice realm, struct mm_token_place place,
    struct mm_ledger_finding *finding)
{
	static struct mm_ledger_anchor anchor; /* large */

	if (mm_ledger_anchor_load(dir_fd, NULL, signer, &anchor) != NULL)
		finding->unknown = true;
	else
		finding->not_kept = is_anchored(&anchor, realm, place);
	finding->kept_us = anchor.last_us;
	mm_ledger_anchor_clear(&anchor);
}

void
mm_ledger_find(int dir_fd, const uint8_t *signer, struct mm_slice realm, struct mm_token_place place,
    const atomic_bool *stop, struct mm_ledger_finding *finding)
{
	static struct mm_ledger_record record;
	struct mm_ledger_reader *reader = mm_ledger_reader_new(dir_fd, begin_at(dir_fd, place));
	enum mm_ledger_read read = MM_LEDGER_READ_FAILED;
	struct mm_ledger_item item;
	bool more = reader != NULL;

	memset(finding, 0, offsetof(struct mm_ledger_finding, record));
	while (more && (read = mm_ledger_reader_next(reader, &item)) != MM_LEDGER_READ_END &&
	    read != MM_LEDGER_READ_FAILED)
		if (stop != NULL && *stop)
			more = false, finding->unknown = true;
		else if (read == MM_LEDGER_READ_RECORD && mm_ledger_decode(item.bytes, item.len, &record))
			more = look_at(finding, &item, &record, realm, place);
		else
			finding->unknown = true;
	finding->unknown = !finding->found && (finding->unknown || read == MM_LEDGER_READ_FAILED);
	if (!finding->found)
		look_at_anchor(dir_fd, signer, realm, place, finding);
	mm_ledger_reader_free(&reader);
}

/* ---- what revoked it ---- */

/* By what is revoked of its own realm, or of that of its root. */
static enum mm_revoked_kind
revoked_by(const struct mm_ledger_issued *issued, struct mm_slice token_id, const struct mm_revoked *own,
    const struct mm_revoked *root)
{
	struct mm_revoked_facts facts = { token_id, issued->facts[MM_LEDGER_SESSION], issued->facts[MM_LEDGER_SUBJECT],
		issued->facts[MM_LEDGER_CLIENT], issued->iat_s };
	enum mm_revoked_kind kind = mm_revoked_find(own, &facts);

	if (kind != 0 || !issued->has_root)
		return kind;
	/* Which client its root was issued to is not known. */
	facts.token_id = issued->facts[MM_LEDGER_PARENT];
	facts.client = MM_SLICE_ABSENT;
	facts.iat_s = issued->root_iat_s;
	return mm_revoked_find(root, &facts);
}

/* Read on to the time when the token has expired, and put what is revoked of both realms together. */
static void
gather(int dir_fd, const struct mm_ledger_finding *finding, const atomic_bool *stop, struct mm_revoked *own,
    struct mm_revoked *root)
{
	static struct mm_ledger_record record;
	const struct mm_ledger_issued *issued = &finding->record.issued;
	const int64_t until_us = (issued->exp_s + MM_CLOCK_SKEW_S) * 1000000;
	struct mm_ledger_reader *reader = mm_ledger_reader_new(dir_fd, finding->at.segment);
	enum mm_ledger_read read = MM_LEDGER_READ_RECORD;
	struct mm_ledger_item item;

	record.time_us = 0;
	while (reader != NULL && record.time_us <= until_us && (stop == NULL || !*stop) &&
	    (read = mm_ledger_reader_next(reader, &item)) != MM_LEDGER_READ_END && read != MM_LEDGER_READ_FAILED) {
		if (read != MM_LEDGER_READ_RECORD || !mm_ledger_decode(item.bytes, item.len, &record) ||
		    record.kind != MM_LEDGER_REVOKE)
			continue;
		if (mm_slice_equal(record.revoke.realm, issued->facts[MM_LEDGER_REALM]))
			(void)!mm_revoked_add(own, &record.revoke.what, record.revoke.up_to_s, 1);
		if (mm_slice_equal(record.revoke.realm, issued->facts[MM_LEDGER_ROOT_REALM]))
			(void)!mm_revoked_add(root, &record.revoke.what, record.revoke.up_to_s, 1);
	}
	mm_ledger_reader_free(&reader);
}

void
mm_ledger_find_revoked(int dir_fd, struct mm_slice token_id, const atomic_bool *stop,
    struct mm_ledger_finding *finding)
{
	static const unsigned char seed[MM_REVOKED_SEED_LEN]; /* nobody waits for the answer */
	struct mm_revoked *own = mm_revoked_new(seed), *root = mm_revoked_new(seed);

	if (finding->found && own != NULL && root != NULL) {
		gather(dir_fd, finding, stop, own, root);
		finding->revoked = revoked_by(&finding->record.issued, token_id, own, root);
	}
	mm_revoked_free(&own);
	mm_revoked_free(&root);
}

/* ---- as JSON ---- */

static const char *
state_of(const struct mm_ledger_finding *finding, const uint8_t *digest)
{
	if (!finding->found && finding->not_kept)
		return "not_kept";
	if (!finding->found)
		return finding->unknown ? "unknown" : "not_issued";
	if (digest != NULL && memcmp(digest, finding->record.issued.digest, MM_DIGEST_LEN) != 0)
		return "not_issued";
	return finding->voided ? "void" : "issued";
}

bool
mm_ledger_finding_json(const struct mm_ledger_finding *finding, struct mm_slice token_id, const uint8_t *digest,
    struct mm_buf *buf)
{
	struct mm_json_writer writer;

	mm_json_writer_init(&writer, buf);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_slice(&writer, "jti", token_id);
	mm_json_add_str(&writer, "state", state_of(finding, digest));
	if (!finding->found && finding->not_kept)
		mm_json_add_int(&writer, "kept_since_us", finding->kept_us);
	if (finding->found && digest != NULL)
		mm_json_add_bool(&writer, "digest_matches",
		    memcmp(digest, finding->record.issued.digest, MM_DIGEST_LEN) == 0);
	if (finding->found) {
		mm_json_add_bool(&writer, "signed", finding->released);
		if (finding->voided) {
			mm_json_add_int(&writer, "void_time_us", finding->void_us);
			mm_json_add_int(&writer, "void_status", finding->void_status);
			mm_json_add_bool(&writer, "void_at_start", finding->void_at_start);
		}
		mm_json_add_str(&writer, "revoked", mm_revoked_kind_name(finding->revoked));
		mm_ledger_record_json(&writer, "record", finding->at, finding->sequence, &finding->record);
	}
	mm_json_end_object(&writer);
	return mm_buf_ok(buf);
}
