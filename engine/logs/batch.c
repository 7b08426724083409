/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the text of a block to events: spans by the form, values by the shape's names, an event by the shape.
 *
 * Records of one file are mostly of one shape, so the last one that fitted is tried first; where it does not fit, all
 * are, and where none does, whether the record is itself an array or a wrapper of records. Each batch begins anew with
 * that, so that what comes of a block depends on nothing but the block.
 */
#include "engine/logs/batch.h"

#include "engine/logs/normalise.h"
#include "engine/logs/tables.h"

#include <stdlib.h>

/* Texts of a batch: its own text bounds them, so these only keep a stranger's block from growing the table far. */
#define NAMES_MAX (1024 * 1024)
#define NAMES_BYTES_MAX (64 * 1024 * 1024)

/* Text and scratch that a batch keeps for the next block. */
#define ROOM_KEPT (4 * 1024 * 1024)

/* Of a record up to here, four times its length is enough to unescape all of it; a longer one is mostly items. */
#define SHORT_RECORD (1024 * 1024)

/* Records within records within records: a line that is an array of pages of wrappers. */
#define UNWRAP_DEPTH_MAX 3

struct mm_logs_batch *
mm_logs_batch_new(void)
{
	struct mm_logs_batch *batch = calloc(1, sizeof(*batch));

	if (batch == NULL)
		return NULL;
	batch->names = mm_names_new(NAMES_MAX, NAMES_BYTES_MAX);
	if (batch->names == NULL)
		mm_logs_batch_free(&batch);
	return batch;
}

void
mm_logs_batch_free(struct mm_logs_batch **batch)
{
	if (*batch == NULL)
		return;
	mm_names_free(&(*batch)->names);
	for (size_t i = 0; i < (*batch)->turns_count; i++)
		free((*batch)->turns[i].columns);
	free((*batch)->text);
	free((*batch)->events);
	free((*batch)->stubs);
	free((*batch)->spots);
	free((*batch)->turns);
	free((*batch)->scratch.base);
	free(*batch);
	*batch = NULL;
}

/* Forget what was made of the block. */
static void
forget(struct mm_logs_batch *batch)
{
	mm_names_clear(batch->names);
	for (size_t i = 0; i < batch->turns_count; i++)
		free(batch->turns[i].columns);
	batch->events_count = batch->stubs_count = batch->turns_count = 0;
	batch->lines = 0;
	batch->last_shape = 0;
	memset(batch->shapes, 0, sizeof(batch->shapes));
}

/* Memory that one long record took is not kept for all the short ones to come. */
void
mm_logs_batch_restart(struct mm_logs_batch *batch)
{
	forget(batch);
	batch->spots_count = 0;
	batch->records = 0;
	memset(&batch->tally, 0, sizeof(batch->tally));
	batch->has_run = false;
	if (batch->room > ROOM_KEPT) {
		free(batch->text);
		batch->text = NULL;
		batch->room = 0;
	}
	if (batch->scratch.size > ROOM_KEPT) {
		free(batch->scratch.base);
		batch->scratch = (struct mm_scratch){ 0 };
	}
}

bool
mm_logs_batch_reserve(struct mm_logs_batch *batch, size_t len)
{
	char *text;

	if (len <= batch->room)
		return true;
	text = realloc(batch->text, len);
	if (text == NULL)
		return false;
	batch->text = text;
	batch->room = len;
	return true;
}

/* ---- lists ---- */

/* Room for one element of size more in a list; NULL, and failed, where memory is short. */
static void *
add_element(struct mm_logs_batch *batch, void **list, size_t *count, size_t *room, size_t size)
{
	if (*count == *room) {
		size_t more = *room == 0 ? 256 : *room + *room / 2;
		void *larger = reallocarray(*list, more, size);

		if (larger == NULL) {
			batch->failed = true;
			return NULL;
		}
		*list = larger;
		*room = more;
	}
	return (char *)*list + (*count)++ * size;
}

static struct mm_logs_event *
add_event(struct mm_logs_batch *batch)
{
	void *list = batch->events;
	struct mm_logs_event *event =
	    add_element(batch, &list, &batch->events_count, &batch->events_room, sizeof(*event));

	batch->events = list;
	return event;
}

static struct mm_logs_stub *
add_stub(struct mm_logs_batch *batch)
{
	void *list = batch->stubs;
	struct mm_logs_stub *stub = add_element(batch, &list, &batch->stubs_count, &batch->stubs_room, sizeof(*stub));

	batch->stubs = list;
	return stub;
}

/* ---- troubles ---- */

/* In bytes as long as those do not run over, so that sixteen are counted at once. */
uint64_t
mm_logs_count_lines(const char *text, size_t len)
{
	uint64_t count = 0;

	while (len > 0) {
		size_t some = len < 255 * 16 ? len : 255 * 16;
		uint8_t counts[16] = { 0 };
		size_t i = 0;

		for (; i + 16 <= some; i += 16)
			for (size_t j = 0; j < 16; j++)
				counts[j] = (uint8_t)(counts[j] + (text[i + j] == '\n'));
		for (; i < some; i++)
			count += text[i] == '\n';
		for (size_t j = 0; j < 16; j++)
			count += counts[j];
		text += some;
		len -= some;
	}
	return count;
}

static bool
is_within(const struct mm_logs_batch *batch, const char *at)
{
	return at >= batch->text && at <= batch->text + batch->len;
}

/* Only the first ones of each kind are ever shown. */
void
mm_logs_batch_trouble(struct mm_logs_batch *batch, enum mm_logs_trouble_kind kind, uint64_t offset, const char *at,
    size_t len)
{
	struct mm_logs_spot *spot;
	void *list = batch->spots;

	if (batch->tally.troubles[kind]++ >= MM_LOGS_TROUBLES_KEPT)
		return;
	spot = add_element(batch, &list, &batch->spots_count, &batch->spots_room, sizeof(*spot));
	batch->spots = list;
	if (spot == NULL)
		return;
	spot->kind = kind;
	spot->offset = offset;
	spot->line = batch->first_line;
	if (is_within(batch, at))
		spot->line += mm_logs_count_lines(batch->text, (size_t)(at - batch->text));
	spot->record = batch->records;
	spot->text_len = len < sizeof(spot->text) ? len : sizeof(spot->text);
	if (spot->text_len > 0)
		memcpy(spot->text, at, spot->text_len);
}

static uint64_t
offset_of(const struct mm_logs_batch *batch, struct mm_slice span)
{
	return batch->offset + (uint64_t)(span.ptr - batch->text);
}

static void
trouble(struct mm_logs_batch *batch, enum mm_logs_trouble_kind kind, struct mm_slice span)
{
	mm_logs_batch_trouble(batch, kind, offset_of(batch, span), span.ptr, span.len);
}

/* ---- a record ---- */

static bool
prepare(struct mm_logs_batch *batch, struct mm_slice record, struct mm_logs_reader *reader)
{
	size_t wanted = record.len <= SHORT_RECORD ? record.len * 4 + 65536 : record.len * 2 + SHORT_RECORD * 2 + 65536;

	if (batch->scratch.size < wanted) {
		char *larger = realloc(batch->scratch.base, wanted);

		if (larger == NULL) {
			batch->failed = true;
			return false;
		}
		mm_scratch_init(&batch->scratch, larger, wanted);
	}
	*reader = (struct mm_logs_reader){
		.names = batch->names,
		.tally = &batch->tally,
		.now_us = batch->now_us,
		.file_us = batch->file_us,
		.keep_other = batch->keep_other,
	};
	mm_scratch_init(&reader->scratch, batch->scratch.base, batch->scratch.size);
	return true;
}

unsigned
mm_logs_event_rank(const struct mm_logs_event *event)
{
	return event->flags & MM_LOGS_ITEMS_CUT ? 0 : event->flags & MM_LOGS_PARTIAL ? 1 : 2;
}

/* The digest of an id and its family. */
static bool
digest_id(const struct mm_keyed_digest_key *key, uint8_t family, struct mm_slice id, uint64_t *digest)
{
	struct mm_keyed_digest made;
	char bytes[1 + MM_NAMES_TEXT_MAX];

	if (id.len == 0)
		return false;
	if (id.len > MM_NAMES_TEXT_MAX)
		id.len = MM_NAMES_TEXT_MAX;
	bytes[0] = (char)family;
	memcpy(bytes + 1, id.ptr, id.len);
	if (!mm_keyed_digest_make(key, mm_slice(bytes, id.len + 1), &made))
		return false;
	*digest = made.half[0];
	return true;
}

bool
mm_logs_guid_digest(const struct mm_keyed_digest_key *key, const struct mm_logs_event *event, uint64_t *digest)
{
	return event->record.kind == MM_LOGS_GUID && digest_id(key, event->place.family,
	    mm_slice(event->record.bytes, sizeof(event->record.bytes)), digest);
}

/* Keep an event, or only that there was a record. */
static void
keep(struct mm_logs_batch *batch, const struct mm_logs_reader *reader, const struct mm_logs_event *event,
    struct mm_slice span, bool is_event)
{
	struct mm_logs_stub *stub = add_stub(batch);
	struct mm_logs_event *kept;

	if (stub == NULL)
		return;
	*stub = (struct mm_logs_stub){
		.time_us = event->time_us,
		.tenant = event->tenant,
		.event = MM_LOGS_NO_EVENT,
		.family = event->place.family,
		.rank = (uint8_t)mm_logs_event_rank(event),
		.covers = mm_logs_has_right_time(event),
	};
	/* A GUID by its bytes, however it is written. */
	stub->has_id = mm_logs_guid_digest(batch->key, event, &stub->digest) ||
	    digest_id(batch->key, event->place.family, reader->record_id, &stub->digest);
	if (!is_event || (event->kind == MM_LOGS_OTHER && !batch->keep_other))
		return;
	if (event->time_us == MM_LOGS_NO_TIME)
		trouble(batch, MM_LOGS_TROUBLE_NO_TIME, span);
	kept = add_event(batch);
	if (kept == NULL)
		return;
	*kept = *event;
	stub->event = (uint32_t)(batch->events_count - 1);
}

static void
conclude(struct mm_logs_batch *batch, size_t shape, enum mm_logs_outcome outcome, const struct mm_logs_reader *reader,
    const struct mm_logs_event *event, struct mm_slice span)
{
	switch (outcome) {
	case MM_LOGS_EVENT:
		batch->shapes[shape]++;
		keep(batch, reader, event, span, true);
		break;
	case MM_LOGS_IGNORED:
		batch->shapes[shape]++;
		keep(batch, reader, event, span, false);
		break;
	case MM_LOGS_EMPTY:
		batch->shapes[shape]++;
		batch->tally.steps[MM_LOGS_STEP_EMPTY_RECORD]++;
		break;
	case MM_LOGS_BROKEN:
		trouble(batch, MM_LOGS_TROUBLE_RECORD_BROKEN, span);
		break;
	case MM_LOGS_TOO_DEEP:
		trouble(batch, MM_LOGS_TROUBLE_RECORD_DEEP, span);
		break;
	case MM_LOGS_UNKNOWN:
		trouble(batch, MM_LOGS_TROUBLE_UNKNOWN_SHAPE, span);
		break;
	}
}

static void
begin_event(const struct mm_logs_batch *batch, size_t shape, struct mm_slice span, struct mm_logs_event *event)
{
	mm_logs_event_init(event);
	event->place = (struct mm_logs_place){
		.offset = offset_of(batch, span),
		.length = (uint32_t)span.len,
		.input = (uint16_t)batch->input,
		.shape = (uint8_t)shape,
		.family = (uint8_t)mm_logs_shapes[shape]->family,
	};
}

static void
read_with(struct mm_logs_batch *batch, size_t shape, struct mm_logs_reader *reader, const struct mm_json_value *values,
    struct mm_slice span)
{
	struct mm_logs_event event;
	enum mm_logs_outcome outcome;

	begin_event(batch, shape, span, &event);
	outcome = mm_logs_shapes[shape]->read(reader, values, &event);
	conclude(batch, shape, outcome, reader, &event, span);
}

/* Read a record whose values were found by a shape's names. */
static void
read_values(struct mm_logs_batch *batch, size_t shape, const struct mm_json_value *values, struct mm_slice span)
{
	struct mm_logs_reader reader;

	if (prepare(batch, span, &reader))
		read_with(batch, shape, &reader, values, span);
}

/* ---- JSON ---- */

static void take_block(struct mm_logs_batch *batch, const struct mm_logs_layout *layout, struct mm_slice text,
    unsigned depth);

static void
tell_walk(struct mm_logs_batch *batch, enum mm_walk_end end, struct mm_slice span)
{
	trouble(batch, end == MM_WALK_DEEP ? MM_LOGS_TROUBLE_RECORD_DEEP :
	    end == MM_WALK_CUT ? MM_LOGS_TROUBLE_RECORD_CUT : MM_LOGS_TROUBLE_RECORD_BROKEN, span);
}

/* A record of no shape may hold records: {"value":[…]} in a line of its own. */
static void
take_unknown(struct mm_logs_batch *batch, struct mm_slice record, unsigned depth)
{
	struct mm_logs_layout layout;

	if (depth < UNWRAP_DEPTH_MAX && mm_logs_form_recognise(record, &layout) && layout.wrapped) {
		batch->records--;
		take_block(batch, &layout, record, depth + 1);
		return;
	}
	trouble(batch, MM_LOGS_TROUBLE_UNKNOWN_SHAPE, record);
}

/* Find the shape that a record fits, with its values; false: none, or end says what is wrong. */
static bool
find_shape(struct mm_logs_batch *batch, struct mm_slice record, struct mm_json_value *values, enum mm_walk_end *end,
    size_t *length)
{
	for (size_t i = 0; i < mm_logs_shapes_count; i++) {
		/* The last one first, in the place of the first. */
		size_t shape = i == 0 ? batch->last_shape : i <= batch->last_shape ? i - 1 : i;
		uint32_t twice = 0;

		if (mm_logs_shapes[shape]->read == NULL)
			continue;
		*end = mm_walk_object(record, &mm_logs_tables()->shapes[shape], values, &twice, length);
		if (*end != MM_WALK_WHOLE)
			return false;
		if (mm_logs_shape_fits(mm_logs_shapes[shape], values)) {
			batch->tally.steps[MM_LOGS_STEP_MEMBER_TWICE] += twice;
			batch->last_shape = shape;
			return true;
		}
	}
	return false;
}

/* An object with its record, and whatever stands behind it in its line. */
static void
take_object(struct mm_logs_batch *batch, struct mm_slice span, unsigned depth)
{
	static const struct mm_logs_layout text_layout = { .form = MM_LOGS_JSON_TEXT };
	struct mm_json_value values[MM_WALK_NAMES_MAX];
	enum mm_walk_end end = MM_WALK_WHOLE;
	size_t length = span.len;
	bool found = find_shape(batch, span, values, &end, &length);
	struct mm_slice record = mm_slice(span.ptr, length);

	batch->records++;
	if (end != MM_WALK_WHOLE) {
		tell_walk(batch, end, span);
		return;
	}
	if (found)
		read_values(batch, batch->last_shape, values, record);
	else
		take_unknown(batch, record, depth);
	if (length < span.len)
		take_block(batch, &text_layout, mm_slice(span.ptr + length, span.len - length), depth);
}

static void
take_json(struct mm_logs_batch *batch, struct mm_slice span, unsigned depth)
{
	static const struct mm_logs_layout array_layout = { .form = MM_LOGS_JSON_TEXT };

	if (span.ptr[0] == '{')
		take_object(batch, span, depth);
	else if (depth < UNWRAP_DEPTH_MAX)
		take_block(batch, &array_layout, span, depth + 1);
	else
		trouble(batch, MM_LOGS_TROUBLE_RECORD_DEEP, span);
}

/* ---- CSV ---- */

static struct mm_slice
without_line_end(struct mm_slice row)
{
	while (row.len > 0 && (row.ptr[row.len - 1] == '\n' || row.ptr[row.len - 1] == '\r'))
		row.len--;
	return row;
}

static bool
is_same_header(const struct mm_logs_batch *batch, struct mm_slice row)
{
	return mm_slice_equal(without_line_end(row), without_line_end(batch->layout.header));
}

/* Another header: from here on its columns count. Returns whether it is one. */
static bool
turn(struct mm_logs_batch *batch, struct mm_slice row)
{
	struct mm_logs_columns *columns = mm_logs_columns_new(row, batch->columns->delimiter);
	struct mm_logs_turn *added;
	void *list = batch->turns;

	if (columns == NULL || !columns->known) {
		batch->failed = batch->failed || columns == NULL;
		free(columns);
		return false;
	}
	added = add_element(batch, &list, &batch->turns_count, &batch->turns_room, sizeof(*added));
	batch->turns = list;
	if (added == NULL) {
		free(columns);
		return true;
	}
	columns->from = offset_of(batch, row);
	*added = (struct mm_logs_turn){ columns, columns->from };
	batch->columns = columns;
	return true;
}

static void
take_row(struct mm_logs_batch *batch, struct mm_slice row)
{
	struct mm_json_value values[MM_WALK_NAMES_MAX];
	struct mm_logs_reader reader;
	const char *fault = NULL;

	/* Files that were put one behind the other: rows of a CSV, then records in lines. */
	if (row.ptr[0] == '{') {
		take_json(batch, without_line_end(row), 0);
		return;
	}
	if (is_same_header(batch, row)) {
		batch->tally.steps[MM_LOGS_STEP_HEADER_AGAIN]++;
		return;
	}
	if (!prepare(batch, row, &reader) ||
	    !mm_logs_columns_values(batch->columns, &reader, row, values, &fault)) {
		batch->failed = true;
		return;
	}
	if (mm_logs_columns_doubt(batch->columns, values) && turn(batch, row)) {
		batch->tally.steps[MM_LOGS_STEP_HEADER_AGAIN]++;
		return;
	}
	batch->records++;
	if (fault != NULL)
		trouble(batch, MM_LOGS_TROUBLE_QUOTES, row);
	if (!batch->columns->known || !mm_logs_shape_fits(mm_logs_shapes[batch->columns->shape], values)) {
		trouble(batch, MM_LOGS_TROUBLE_UNKNOWN_SHAPE, row);
		return;
	}
	/* The row's texts lie in scratch: the shape goes on behind them. */
	read_with(batch, batch->columns->shape, &reader, values, row);
}

/* ---- lines ---- */

static void
take_line(struct mm_logs_batch *batch, struct mm_slice line)
{
	struct mm_logs_reader reader;

	batch->records++;
	for (size_t i = 0; i < mm_logs_shapes_count; i++) {
		struct mm_logs_event event;
		enum mm_logs_outcome outcome;

		if (mm_logs_shapes[i]->read_line == NULL)
			continue;
		if (!prepare(batch, line, &reader))
			return;
		begin_event(batch, i, line, &event);
		outcome = mm_logs_shapes[i]->read_line(&reader, line, &event);
		if (outcome == MM_LOGS_UNKNOWN)
			continue;
		conclude(batch, i, outcome, &reader, &event, line);
		return;
	}
	trouble(batch, MM_LOGS_TROUBLE_UNKNOWN_SHAPE, line);
}

/* ---- a block ---- */

static void
take_span(struct mm_logs_batch *batch, const struct mm_logs_layout *layout, enum mm_logs_span kind,
    struct mm_slice span, unsigned depth)
{
	if (kind == MM_LOGS_SPAN_NOISE) {
		trouble(batch, MM_LOGS_TROUBLE_NOISE, span);
		return;
	}
	if (kind == MM_LOGS_SPAN_CUT) {
		batch->records++;
		trouble(batch, layout->form == MM_LOGS_CSV ? MM_LOGS_TROUBLE_QUOTES : MM_LOGS_TROUBLE_RECORD_CUT, span);
		return;
	}
	switch (layout->form) {
	case MM_LOGS_JSON_LINES:
	case MM_LOGS_JSON_TEXT: take_json(batch, span, depth); break;
	case MM_LOGS_CSV: take_row(batch, span); break;
	case MM_LOGS_LINES: take_line(batch, span); break;
	case MM_LOGS_NO_FORM: break;
	}
}

static void
take_block(struct mm_logs_batch *batch, const struct mm_logs_layout *layout, struct mm_slice text, unsigned depth)
{
	struct mm_logs_stand stand = { .in_wrapper = false };
	enum mm_logs_span kind;
	struct mm_slice span;
	size_t position = 0;

	if (depth == 0 && text.ptr == batch->text)
		stand = batch->stand;
	while (!batch->failed && mm_logs_form_next(layout, &stand, text, &position, &kind, &span))
		take_span(batch, layout, kind, span, depth);
}

void
mm_logs_batch_run(struct mm_logs_batch *batch)
{
	if (batch->has_run) {
		forget(batch);
		batch->spots_count = batch->before.spots_count;
		batch->records = batch->before.records;
		batch->tally = batch->before.tally;
	}
	batch->has_run = true;
	batch->columns = batch->filled_columns;
	batch->before.spots_count = batch->spots_count;
	batch->before.records = batch->records;
	batch->before.tally = batch->tally;
	if (batch->layout.form == MM_LOGS_NO_FORM)
		return;
	take_block(batch, &batch->layout, mm_slice(batch->text, batch->len), 0);
	batch->lines = batch->first_line + mm_logs_count_lines(batch->text, batch->len);
}
