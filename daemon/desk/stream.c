/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of the journal for one connection: found from behind where only the last are asked for, then poured.
 */
#include "daemon/desk/stream.h"

#include "engine/journal.h"
#include "engine/journal_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Records read in one call: some hundred microseconds. */
#define RECORDS_AT_ONCE 256

/* A segment that mintmarkd is just making is not the desk's to read for a moment: so often it is tried again. */
#define CLOSED_TRIES_MAX 20

/* A segment begins a little after the records that were held back in memory for it; 'since' must not miss those. */
#define SEGMENT_SLACK_US INT64_C(60000000)

/* The places before each of the last records that pass, round and round. */
struct last {
	struct mm_journal_place *places;
	size_t size, count; /* count: of all that passed */
	struct mm_journal_place previous;
};

struct desk_stream {
	const struct desk_request *request;
	int dir_fd; /* the desk's */
	struct mm_journal_reader *reader;
	bool finding_last;
	struct last last;
	unsigned closed_tries; /* in a row */
};

/* A reader from the beginning, or from where 'since' can begin at the earliest. */
static bool
open_reader(struct desk_stream *stream)
{
	int64_t since_us = stream->request->filter.since_us;

	stream->reader = mm_journal_reader_open(stream->dir_fd, MM_JOURNAL_GATE);
	return stream->reader != NULL &&
	    (since_us == INT64_MIN || mm_journal_reader_since(stream->reader, since_us - SEGMENT_SLACK_US) == 0);
}

struct desk_stream *
desk_stream_new(int journal_dir_fd, const struct desk_request *request)
{
	struct desk_stream *stream = calloc(1, sizeof(*stream));
	size_t size = request->last > 0 ? request->last : 1;

	if (stream == NULL)
		return NULL;
	stream->request = request;
	stream->dir_fd = journal_dir_fd;
	stream->finding_last = request->by_last;
	if (request->by_last)
		stream->last = (struct last){ .places = calloc(size, sizeof(stream->last.places[0])), .size = size };
	if ((request->by_last && stream->last.places == NULL) || !open_reader(stream))
		desk_stream_free(&stream);
	return stream;
}

void
desk_stream_free(struct desk_stream **stream)
{
	int error = errno;

	if (*stream == NULL)
		return;
	mm_journal_reader_free(&(*stream)->reader);
	free((*stream)->last.places);
	free(*stream);
	*stream = NULL;
	errno = error;
}

/* ---- one record ---- */

static void
take_record(struct desk_stream *stream, const struct mm_journal_record *record, const struct mm_journal_place *where,
    struct mm_buf *out)
{
	struct last *last = &stream->last;
	bool wanted = mm_journal_filter_passes(&stream->request->filter, record);

	if (!stream->finding_last && wanted)
		mm_journal_json_add(out, record, where);
	if (stream->finding_last && wanted)
		last->places[last->count++ % last->size] = last->previous;
	last->previous = *where;
}

static void
take_damage(const struct desk_stream *stream, const struct mm_journal_place *where, struct mm_buf *out)
{
	if (!stream->finding_last)
		mm_buf_addf(out, "{\"damaged\":true,\"segment\":%" PRIu64 ",\"offset\":%" PRIu64 "}\n", where->segment,
		    where->offset);
}

/* ---- the end of what is there ---- */

/* Stand before the first of the last records that pass; with none to pour, where new ones will come. */
static enum desk_flow
go_back(struct desk_stream *stream)
{
	struct last *last = &stream->last;
	struct mm_journal_place from = last->places[last->count > last->size ? last->count % last->size : 0];
	bool done = true;

	stream->finding_last = false;
	if (stream->request->last == 0 || last->count == 0)
		return DESK_FLOW_MORE;
	if (from.segment != 0) {
		done = mm_journal_reader_resume(stream->reader, &from) == 0;
	} else {
		mm_journal_reader_free(&stream->reader);
		done = open_reader(stream);
	}
	return done ? DESK_FLOW_MORE : DESK_FLOW_FAILED;
}

static enum desk_flow
at_end(struct desk_stream *stream, int64_t now_us)
{
	const struct desk_request *request = stream->request;

	if (stream->finding_last)
		return go_back(stream);
	return request->follow && now_us <= request->filter.until_us ? DESK_FLOW_PAUSED : DESK_FLOW_OVER;
}

static enum desk_flow
take_failure(struct desk_stream *stream)
{
	return errno == EACCES && stream->closed_tries++ < CLOSED_TRIES_MAX ? DESK_FLOW_PAUSED : DESK_FLOW_FAILED;
}

enum desk_flow
desk_stream_pour(struct desk_stream *stream, struct mm_buf *out, int64_t now_us)
{
	struct mm_journal_record record;
	struct mm_journal_place where;

	for (size_t i = 0; i < RECORDS_AT_ONCE; i++) {
		switch (mm_journal_read(stream->reader, &record, &where)) {
		case MM_READ_RECORD:
			take_record(stream, &record, &where, out);
			break;
		case MM_READ_DAMAGED:
			take_damage(stream, &where, out);
			break;
		case MM_READ_END:
			return at_end(stream, now_us);
		case MM_READ_FAILED:
			return take_failure(stream);
		}
		stream->closed_tries = 0;
	}
	return DESK_FLOW_MORE;
}
