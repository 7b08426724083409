/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking over: in the order of the text, repetitions are left out, names get their numbers, events go to the store, and
 * what was counted is added up. This is what two threads cannot do at once, so it does little for each record.
 */
#include "engine/logs/reading_state.h"
#include "lib/codec/utf8.h"

#include <errno.h>
#include <stdlib.h>

/* A record so much older than the one before, in a file that ran forward for so many: its clock was set back. */
#define BACK_US (INT64_C(3600) * 1000000)
#define FORWARD_MIN 16

/* Records whose ids are fetched before their turn comes. */
#define AHEAD 8

/* ---- columns ---- */

const struct mm_logs_columns *
mm_logs_columns_at(const struct mm_logs_input_state *input, uint64_t offset)
{
	const struct mm_logs_columns *columns = input->columns;

	while (columns != NULL && columns->next != NULL && columns->from > offset)
		columns = columns->next;
	return columns;
}

/* A header within an earlier block came too late for whoever filled this one. */
static void
check_columns(struct mm_logs_input_state *state, struct mm_logs_batch *batch)
{
	const struct mm_logs_columns *columns = mm_logs_columns_at(state, batch->offset);

	if (batch->layout.form != MM_LOGS_CSV || batch->filled_columns == columns)
		return;
	batch->filled_columns = columns;
	mm_logs_batch_run(batch);
}

/* Keep the headers that the batch has found, the last one first. */
static void
keep_turns(struct mm_logs_input_state *state, struct mm_logs_batch *batch)
{
	for (size_t i = 0; i < batch->turns_count; i++) {
		batch->turns[i].columns->next = state->columns;
		state->columns = batch->turns[i].columns;
	}
	batch->turns_count = 0;
	state->latest = state->columns;
}

/* ---- names ---- */

static bool
is_utf8(struct mm_slice text)
{
	size_t length;

	for (size_t i = 0; i < text.len; i += length)
		if ((length = mm_utf8_decode(text.ptr + i, text.len - i, NULL)) == 0)
			return false;
	return true;
}

static bool
map_names(struct mm_logs_reading *reading, struct mm_logs_input_state *state, const struct mm_logs_batch *batch)
{
	size_t wanted = (size_t)mm_names_count(batch->names) + 1;
	uint32_t known = mm_names_count(reading->names);

	if (wanted > reading->map_room) {
		uint32_t *larger = reallocarray(reading->map, wanted * 2, sizeof(*larger));

		if (larger == NULL)
			return false;
		reading->map = larger;
		reading->map_room = wanted * 2;
	}
	mm_names_absorb(reading->names, batch->names, reading->map);
	/* Bytes that are none stay as they are: whoever shows them shows U+FFFD. */
	for (uint32_t name = known + 1; name <= mm_names_count(reading->names); name++)
		state->report.tally.steps[MM_LOGS_STEP_BAD_UTF8] += !is_utf8(mm_names_text(reading->names, name));
	return true;
}

static void
map_id(const uint32_t *map, struct mm_logs_id *id)
{
	uint32_t name;

	if (id->kind != MM_LOGS_NAMED)
		return;
	name = map[mm_logs_id_name(id)];
	memcpy(id->bytes, &name, sizeof(name));
}

/* Names stand one behind the other in an event. */
static void
map_event(const uint32_t *map, struct mm_logs_event *event)
{
	uint32_t *const names[] = {
		&event->operation, &event->tenant, &event->organisation, &event->user, &event->user_key,
		&event->mailbox, &event->mailbox_id, &event->client, &event->application, &event->api,
		&event->application_name, &event->client_info, &event->client_family, &event->actor,
		&event->token_tenant, &event->token_user,
		&event->resource, &event->home_tenant, &event->token_issuer, &event->protocol, &event->method,
		&event->target, &event->target_id, &event->added, &event->address_text,
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		*names[i] = map[*names[i]];
	map_id(map, &event->token);
	map_id(map, &event->session);
	map_id(map, &event->correlation);
}

/* ---- records ---- */

/* A file runs forward or backward, as it was exported; the clock of who wrote it may have been set in between. */
static void
follow_clock(struct mm_logs_input_state *state, int64_t time_us)
{
	struct mm_logs_input_report *report = &state->report;

	if (time_us == MM_LOGS_NO_TIME)
		return;
	if (state->last_us != MM_LOGS_NO_TIME && time_us < state->last_us) {
		if (state->forward >= FORWARD_MIN && state->last_us - time_us >= BACK_US)
			report->tally.steps[MM_LOGS_STEP_TIME_BACK]++;
		state->forward = 0;
	} else
		state->forward++;
	state->last_us = time_us;
	if (report->first_us == MM_LOGS_NO_TIME || time_us < report->first_us)
		report->first_us = time_us;
	if (report->last_us == MM_LOGS_NO_TIME || time_us > report->last_us)
		report->last_us = time_us;
}

/* Returns 1 where the record is new, or more of one that was there; 0 where it was there; -1 where memory is short. */
static int
is_new(struct mm_logs_reading *reading, struct mm_logs_input_state *state, const struct mm_logs_stub *stub)
{
	if (!stub->has_id)
		return 1;
	switch (mm_logs_ids_add(reading->ids, stub->digest, stub->rank)) {
	case MM_LOGS_ID_NEW:
		return 1;
	case MM_LOGS_ID_RAISED:
		state->report.tally.steps[MM_LOGS_STEP_REPLACED]++;
		return 1;
	case MM_LOGS_ID_SEEN:
		state->report.duplicates++;
		state->report.tally.steps[MM_LOGS_STEP_DUPLICATE]++;
		return 0;
	case MM_LOGS_ID_FAILED:
		break;
	}
	return -1;
}

/* Take over the records; events that are kept move together. Returns how many there are, or -1. */
static int
take_records(struct mm_logs_reading *reading, struct mm_logs_input_state *state, struct mm_logs_batch *batch)
{
	size_t kept = 0;

	for (size_t i = 0; i < batch->stubs_count; i++) {
		const struct mm_logs_stub *stub = &batch->stubs[i];
		int is;

		if (i + AHEAD < batch->stubs_count)
			mm_logs_ids_prefetch(reading->ids, batch->stubs[i + AHEAD].digest);
		is = is_new(reading, state, stub);

		if (is < 0)
			return -1;
		follow_clock(state, stub->time_us);
		if (is == 0)
			continue;
		if (stub->covers &&
		    !mm_logs_hours_add(reading->hours, reading->map[stub->tenant], stub->family, stub->time_us))
			state->report.tally.troubles[MM_LOGS_TROUBLE_COVERAGE_FULL]++;
		if (stub->event == MM_LOGS_NO_EVENT)
			continue;
		if (kept != stub->event)
			batch->events[kept] = batch->events[stub->event];
		map_event(reading->map, &batch->events[kept++]);
	}
	state->report.events += kept;
	return mm_logs_store_append(reading->store, batch->events, kept);
}

/* ---- troubles ---- */

static bool
keep_trouble(struct mm_logs_input_state *state, const struct mm_logs_trouble *trouble)
{
	size_t of_kind = 0;

	for (size_t i = 0; i < state->troubles_count; i++)
		of_kind += state->troubles[i].kind == trouble->kind;
	if (of_kind >= MM_LOGS_TROUBLES_KEPT)
		return true;
	if (state->troubles_count == state->troubles_room) {
		size_t room = state->troubles_room + 16;
		struct mm_logs_trouble *larger = reallocarray(state->troubles, room, sizeof(*larger));

		if (larger == NULL)
			return false;
		state->troubles = larger;
		state->troubles_room = room;
	}
	state->troubles[state->troubles_count] = *trouble;
	if (trouble->text.len > 0) {
		char *copy = malloc(trouble->text.len);

		if (copy == NULL)
			return false;
		memcpy(copy, trouble->text.ptr, trouble->text.len);
		state->troubles[state->troubles_count].text.ptr = copy;
	} else
		state->troubles[state->troubles_count].text = MM_SLICE_ABSENT;
	state->troubles_count++;
	return true;
}

static bool
take_troubles(struct mm_logs_input_state *state, const struct mm_logs_batch *batch)
{
	for (size_t i = 0; i < batch->spots_count; i++) {
		const struct mm_logs_spot *spot = &batch->spots[i];
		struct mm_logs_trouble trouble = {
			.kind = spot->kind,
			.input = (uint16_t)batch->input,
			.offset = spot->offset,
			.line = state->report.lines + spot->line + 1,
			.record = spot->record == 0 ? 0 : state->report.records + spot->record,
			.text = mm_slice(spot->text, spot->text_len),
		};

		if (!keep_trouble(state, &trouble))
			return false;
	}
	return true;
}

/* What the end of an input says of it as a whole. */
static bool
take_end(struct mm_logs_input_state *state, const struct mm_logs_batch *batch)
{
	static const enum mm_logs_trouble_kind kinds[] = {
		[MM_LOGS_CUT_SHORT] = MM_LOGS_TROUBLE_CUT_SHORT,
		[MM_LOGS_DAMAGED] = MM_LOGS_TROUBLE_DAMAGED,
		[MM_LOGS_BOMB] = MM_LOGS_TROUBLE_BOMB,
		[MM_LOGS_CHANGED] = MM_LOGS_TROUBLE_CHANGED,
		[MM_LOGS_UNREADABLE_FILE] = MM_LOGS_TROUBLE_UNREADABLE,
	};
	enum mm_logs_end ended = state->report.facts.ended;
	struct mm_logs_trouble trouble = { .input = (uint16_t)batch->input, .offset = state->report.facts.text_size };

	if (ended < MM_LOGS_CUT_SHORT || ended > MM_LOGS_UNREADABLE_FILE)
		return true;
	trouble.kind = kinds[ended];
	trouble.failure = state->report.facts.failure;
	state->report.tally.troubles[trouble.kind]++;
	return keep_trouble(state, &trouble);
}

/* ---- the batch ---- */

int
mm_logs_reading_take_over(struct mm_logs_reading *reading, struct mm_logs_batch *batch)
{
	struct mm_logs_input_state *state = &reading->inputs[batch->input];

	check_columns(state, batch);
	if (batch->failed || !map_names(reading, state, batch))
		return ENOMEM;
	if (take_records(reading, state, batch) != 0)
		return errno == 0 ? ENOMEM : errno;
	if (!take_troubles(state, batch) || (batch->ends_input && !take_end(state, batch)))
		return ENOMEM;
	keep_turns(state, batch);
	mm_logs_tally_add(&state->report.tally, &batch->tally);
	for (size_t i = 0; i < MM_LOGS_SHAPES_MAX; i++)
		state->shapes[i] += batch->shapes[i];
	state->report.records += batch->records;
	state->report.lines += batch->lines;
	return mm_logs_checkpoint_when_due(reading, batch);
}
