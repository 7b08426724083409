/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second pass: places in the order of inputs and offsets, each record read again by the shape that it had.
 */
#include "engine/logs/normalise.h"
#include "engine/logs/reading_state.h"
#include "engine/logs/tables.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* Read at a time from what has to be gone through. */
#define PIECE (256 * 1024)

struct wanted {
	const struct mm_logs_place *place;
	size_t number;
};

/* An input under a second reading. */
struct source {
	struct mm_logs_input *input;
	char *text;
	size_t room, len;
	uint64_t offset; /* of text */
};

struct again {
	struct mm_logs_reading *reading;
	mm_logs_again_visit *visit;
	void *ctx;
	struct source source;
	struct mm_names *names; /* of no further use */
	struct mm_logs_tally tally;
	struct mm_logs_item_list list;
	struct mm_scratch scratch;
	int failure;
};

static int
by_place(const void *a, const void *b)
{
	const struct wanted *one = a, *other = b;

	if (one->place->input != other->place->input)
		return one->place->input < other->place->input ? -1 : 1;
	if (one->place->offset != other->place->offset)
		return one->place->offset < other->place->offset ? -1 : 1;
	return (one->number > other->number) - (one->number < other->number);
}

/* ---- the text ---- */

static bool
reserve(struct source *source, size_t len)
{
	char *larger;

	if (len <= source->room)
		return true;
	larger = realloc(source->text, len);
	if (larger == NULL)
		return false;
	source->text = larger;
	source->room = len;
	return true;
}

/* Let go of the text before offset. */
static void
discard(struct source *source, uint64_t offset)
{
	uint64_t gone = offset - source->offset;
	size_t len = gone < source->len ? (size_t)gone : source->len;

	if (len == 0)
		return;
	source->len -= len;
	memmove(source->text, source->text + len, source->len);
	source->offset += len;
}

/* Go through the text up to a record, which becomes *record; false with errno. */
static bool
go_to(struct source *source, const struct mm_logs_place *place, struct mm_slice *record)
{
	while (source->offset + source->len < place->offset + place->length) {
		size_t got;

		discard(source, place->offset);
		if (!reserve(source, source->len + PIECE))
			return false;
		got = mm_logs_input_read(source->input, source->text + source->len, PIECE);
		if (got == 0) {
			errno = ESTALE;
			return false;
		}
		source->len += got;
	}
	discard(source, place->offset);
	*record = mm_slice(source->text, place->length);
	return true;
}

static bool
read_at(struct source *source, const struct mm_logs_place *place, struct mm_slice *record)
{
	ssize_t got;

	if (!reserve(source, place->length))
		return false;
	got = mm_logs_input_at(source->input, source->text, place->length, place->offset);
	if (got >= 0 && got != (ssize_t)place->length)
		errno = ESTALE;
	*record = mm_slice(source->text, place->length);
	return got == (ssize_t)place->length;
}

/* Open an input again, if it is the file that it was. */
static bool
open_source(struct again *again, size_t number)
{
	const struct mm_logs_input_report *report = &again->reading->inputs[number].report;
	struct source *source = &again->source;
	const struct mm_logs_input_facts *facts;

	mm_logs_input_free(&source->input);
	source->len = 0;
	source->offset = 0;
	source->input = mm_logs_input_open(AT_FDCWD, report->path);
	if (source->input == NULL) {
		/* It was there, and could be opened: whatever stands in its place now is another, or none. */
		if (errno != ENOMEM)
			errno = ESTALE;
		return false;
	}
	facts = mm_logs_input_facts(source->input);
	if (facts->file_size == report->facts.file_size && facts->changed_us == report->facts.changed_us)
		return true;
	mm_logs_input_free(&source->input);
	errno = ESTALE;
	return false;
}

/* ---- a record ---- */

static bool
prepare(struct again *again, size_t len, struct mm_logs_reader *reader)
{
	size_t wanted = len * 4 + 65536;

	if (again->scratch.size < wanted) {
		char *larger = realloc(again->scratch.base, wanted);

		if (larger == NULL)
			return false;
		mm_scratch_init(&again->scratch, larger, wanted);
	}
	mm_names_clear(again->names);
	*reader = (struct mm_logs_reader){ .names = again->names, .tally = &again->tally };
	mm_scratch_init(&reader->scratch, again->scratch.base, again->scratch.size);
	return true;
}

/* The values of a record by the names of its shape. */
static bool
find_values(struct again *again, const struct mm_logs_place *place, struct mm_slice record,
    struct mm_logs_reader *reader, struct mm_json_value *values)
{
	const struct mm_logs_input_state *state = &again->reading->inputs[place->input];
	const struct mm_logs_columns *columns;

	if (state->layout.form == MM_LOGS_CSV && record.len > 0 && record.ptr[0] != '{') {
		columns = mm_logs_columns_at(state, place->offset);
		return columns != NULL && columns->known && columns->shape == place->shape &&
		    mm_logs_columns_values(columns, reader, record, values, NULL);
	}
	return mm_walk_object(record, &mm_logs_tables()->shapes[place->shape], values, NULL, NULL) == MM_WALK_WHOLE;
}

/* Read a record again, once for its id and once for its items. Returns whether to go on. */
static bool
visit_record(struct again *again, const struct wanted *wanted, struct mm_slice record)
{
	const struct mm_logs_shape *shape = mm_logs_shapes[wanted->place->shape];
	struct mm_json_value values[MM_WALK_NAMES_MAX];
	struct mm_logs_reader reader;
	struct mm_logs_items items = { 0 };
	struct mm_logs_event event;

	mm_logs_item_list_restart(&again->list);
	if (!prepare(again, record.len, &reader)) {
		again->failure = ENOMEM;
		return false;
	}
	if (shape->items != NULL && find_values(again, wanted->place, record, &reader, values)) {
		mm_logs_event_init(&event);
		(void)shape->read(&reader, values, &event);
		shape->items(&reader, values, &again->list);
	}
	if (again->list.failed) {
		again->failure = ENOMEM;
		return false;
	}
	items.record_id = reader.record_id;
	items.folders = again->list.folders;
	items.folders_count = again->list.folders_count;
	items.messages = again->list.messages;
	items.messages_count = again->list.messages_count;
	items.lost = again->list.lost;
	return again->visit(again->ctx, wanted->number, &items);
}

/* Visit the places of one input. Returns whether to go on. */
static bool
visit_input(struct again *again, const struct wanted *wanted, size_t count)
{
	bool seekable;

	if (!open_source(again, wanted[0].place->input)) {
		again->failure = errno;
		return true;
	}
	seekable = mm_logs_input_seekable(again->source.input);
	for (size_t i = 0; i < count; i++) {
		struct mm_slice record;

		if (!(seekable ? read_at : go_to)(&again->source, wanted[i].place, &record)) {
			again->failure = errno;
			return true;
		}
		if (!visit_record(again, &wanted[i], record))
			return false;
	}
	return true;
}

static void
visit_all(struct again *again, const struct wanted *wanted, size_t count)
{
	size_t begin = 0;

	while (begin < count) {
		size_t end = begin + 1;

		while (end < count && wanted[end].place->input == wanted[begin].place->input)
			end++;
		if (!visit_input(again, wanted + begin, end - begin))
			return;
		begin = end;
	}
}

int
mm_logs_again(struct mm_logs_reading *reading, const struct mm_logs_place *places, size_t count,
    mm_logs_again_visit *visit, void *ctx)
{
	struct again again = { .reading = reading, .visit = visit, .ctx = ctx };
	struct wanted *wanted = reallocarray(NULL, count + 1, sizeof(*wanted));

	again.names = mm_names_new(1024, 1024 * 1024);
	if (wanted == NULL || again.names == NULL)
		again.failure = ENOMEM;
	for (size_t i = 0; wanted != NULL && i < count; i++)
		wanted[i] = (struct wanted){ &places[i], i };
	if (again.failure == 0) {
		qsort(wanted, count, sizeof(*wanted), by_place);
		visit_all(&again, wanted, count);
	}
	mm_logs_input_free(&again.source.input);
	mm_names_free(&again.names);
	mm_logs_item_list_clear(&again.list);
	free(again.source.text);
	free(again.scratch.base);
	free(wanted);
	errno = again.failure;
	return again.failure == 0 ? 0 : -1;
}
