/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling batches: one thread at a time reads the next block of the text, hashes it on the way, and cuts it behind a
 * whole record. What lies behind the cut is carried over to the next block.
 */
#include "engine/logs/reading_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>

/* How often progress is told at most. */
#define PROGRESS_MS 100

static int64_t
clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
tell_progress(struct mm_logs_reading *reading, bool always)
{
	struct mm_logs_filling *filling = &reading->filling;
	uint64_t done = filling->done;
	int64_t now_ms;

	if (reading->options.progress == NULL)
		return;
	now_ms = clock_ms();
	if (!always && now_ms - filling->told_ms < PROGRESS_MS)
		return;
	filling->told_ms = now_ms;
	if (filling->input != NULL)
		done += mm_logs_input_facts(filling->input)->raw_size;
	reading->options.progress(reading->options.ctx, done, reading->all_bytes);
}

/* ---- an input ---- */

static void
begin_input(struct mm_logs_reading *reading)
{
	struct mm_logs_filling *filling = &reading->filling;

	filling->layout = (struct mm_logs_layout){ 0 };
	filling->stand = (struct mm_logs_stand){ 0 };
	filling->recognised = filling->ended = false;
	filling->carry_len = 0;
	filling->offset = 0;
	filling->input = mm_logs_input_open(AT_FDCWD, reading->paths.items[filling->number]);
}

/* The batch that ends an input has its facts; the next one begins. */
static void
end_input(struct mm_logs_reading *reading, struct mm_logs_batch *batch)
{
	struct mm_logs_filling *filling = &reading->filling;
	struct mm_logs_input_state *state = &reading->inputs[filling->number];

	state->report.facts = *mm_logs_input_facts(filling->input);
	filling->done += state->report.facts.raw_size;
	mm_logs_input_free(&filling->input);
	batch->ends_input = true;
	filling->number++;
}

/* One that cannot be opened is a batch of its own, which only says so. */
static void
tell_unopened(struct mm_logs_reading *reading, struct mm_logs_batch *batch, int failure)
{
	struct mm_logs_filling *filling = &reading->filling;
	struct mm_logs_input_state *state = &reading->inputs[filling->number];

	state->report.facts.ended = MM_LOGS_UNREADABLE_FILE;
	state->report.facts.failure = failure;
	batch->layout.form = MM_LOGS_NO_FORM;
	batch->len = 0;
	batch->ends_input = true;
	filling->number++;
}

/* ---- the form ---- */

/* A CSV's header is kept beyond its block, and its columns found. */
static bool
keep_header(struct mm_logs_input_state *state, struct mm_logs_filling *filling)
{
	struct mm_slice header = filling->layout.header;

	state->header = malloc(header.len + 1);
	if (state->header == NULL)
		return false;
	memcpy(state->header, header.ptr, header.len);
	filling->layout.header = mm_slice(state->header, header.len);
	state->columns = mm_logs_columns_new(filling->layout.header, filling->layout.delimiter);
	state->latest = state->columns;
	return state->columns != NULL;
}

/* Recognise the form from the first block; what stands before the first record is taken off it. */
static bool
recognise(struct mm_logs_reading *reading, struct mm_logs_batch *batch)
{
	struct mm_logs_filling *filling = &reading->filling;
	struct mm_logs_input_state *state = &reading->inputs[filling->number];

	filling->recognised = true;
	if (!mm_logs_form_recognise(mm_slice(batch->text, batch->len), &filling->layout)) {
		if (batch->len > 0)
			mm_logs_batch_trouble(batch, MM_LOGS_TROUBLE_NO_FORM, 0, batch->text, batch->len);
		mm_logs_input_stop(filling->input);
		batch->len = 0;
		filling->ended = true;
	} else if (filling->layout.form == MM_LOGS_CSV && !keep_header(state, filling))
		return false;
	state->layout = filling->layout;
	state->report.form = filling->layout.form;
	if (filling->layout.body > 0) {
		batch->first_line = mm_logs_count_lines(batch->text, filling->layout.body);
		batch->len -= filling->layout.body;
		memmove(batch->text, batch->text + filling->layout.body, batch->len);
		filling->offset += filling->layout.body;
		filling->layout.body = 0;
	}
	return true;
}

/* ---- blocks ---- */

/* How much text to ask for at once where missing bytes are wanted. */
static size_t
room_for(size_t missing)
{
	return missing < MM_LOGS_ROOM_MIN ? MM_LOGS_ROOM_MIN : missing;
}

/* Read more text behind what the batch has, up to len bytes in all. Returns whether there is memory. */
static bool
read_more(struct mm_logs_reading *reading, struct mm_logs_batch *batch, size_t len)
{
	struct mm_logs_filling *filling = &reading->filling;

	if (!mm_logs_batch_reserve(batch, len + MM_LOGS_ROOM_MIN))
		return false;
	/* Up to this length and no more, so that blocks are the same in whatever batch they come. */
	while (batch->len < len && !filling->ended) {
		size_t got =
		    mm_logs_input_read(filling->input, batch->text + batch->len, room_for(len - batch->len));

		batch->len += got;
		filling->ended = got == 0;
	}
	return true;
}

static bool
reserve_carry(struct mm_logs_filling *filling, size_t len)
{
	char *larger;

	if (len <= filling->carry_room)
		return true;
	larger = realloc(filling->carry, len);
	if (larger == NULL)
		return false;
	filling->carry = larger;
	filling->carry_room = len;
	return true;
}

/* Carry over what the batch has behind its first len bytes. */
static bool
carry_over(struct mm_logs_filling *filling, struct mm_logs_batch *batch, size_t len)
{
	size_t rest = batch->len - len;

	if (!reserve_carry(filling, rest))
		return false;
	if (rest > 0)
		memcpy(filling->carry, batch->text + len, rest);
	filling->carry_len = rest;
	filling->offset += len;
	batch->len = len;
	return true;
}

static bool
take_carry(struct mm_logs_filling *filling, struct mm_logs_batch *batch)
{
	if (!mm_logs_batch_reserve(batch, filling->carry_len + MM_LOGS_BLOCK))
		return false;
	if (filling->carry_len > 0)
		memcpy(batch->text, filling->carry, filling->carry_len);
	batch->len = filling->carry_len;
	filling->carry_len = 0;
	return true;
}

/* Pass over a piece of a record that is too long; told where it begins. */
static void
pass_over(struct mm_logs_filling *filling, struct mm_logs_batch *batch)
{
	size_t len;

	if (!filling->stand.skipping) {
		batch->records++;
		mm_logs_batch_trouble(batch, MM_LOGS_TROUBLE_RECORD_LONG, filling->offset, batch->text, batch->len);
	}
	len = mm_logs_form_skip(&filling->layout, &filling->stand, mm_slice(batch->text, batch->len));
	batch->len -= len;
	memmove(batch->text, batch->text + len, batch->len);
	filling->offset += len;
}

/*
 * Make the batch's text end behind a record. Returns true when it does; false: more text is needed. A text without an
 * end of a record grows up to what one may have, and is then passed over.
 */
static bool
cut(struct mm_logs_filling *filling, struct mm_logs_batch *batch, size_t *len)
{
	if (filling->stand.skipping)
		pass_over(filling, batch);
	if (filling->stand.skipping && !filling->ended)
		return false;
	batch->stand = filling->stand;
	batch->stand.resumed = 0;
	*len = mm_logs_form_cut(&filling->layout, &filling->stand, mm_slice(batch->text, batch->len), filling->ended);
	if (*len > 0 || filling->ended)
		return true;
	if (batch->len >= MM_LOGS_RECORD_MAX)
		pass_over(filling, batch);
	return false;
}

static void
describe(struct mm_logs_reading *reading, struct mm_logs_batch *batch)
{
	struct mm_logs_filling *filling = &reading->filling;

	batch->input = (uint32_t)filling->number;
	batch->ends_input = false;
	batch->first_line = 0;
	batch->now_us = reading->options.now_us;
	batch->file_us = filling->input == NULL ? 0 : mm_logs_input_facts(filling->input)->changed_us;
	batch->keep_other = reading->options.keep_other;
	batch->key = &reading->key;
}

/* Fill the batch with a block of the open input. Returns whether there is memory. */
static bool
fill_block(struct mm_logs_reading *reading, struct mm_logs_batch *batch)
{
	struct mm_logs_filling *filling = &reading->filling;
	size_t len = 0;

	if (!take_carry(filling, batch))
		return false;
	do {
		if (!read_more(reading, batch, batch->len + MM_LOGS_BLOCK))
			return false;
		if (!filling->recognised && !recognise(reading, batch))
			return false;
	} while (!cut(filling, batch, &len));
	batch->layout = filling->layout;
	batch->filled_columns = reading->inputs[filling->number].latest;
	batch->offset = filling->offset;
	if (!carry_over(filling, batch, len))
		return false;
	if (filling->ended && filling->carry_len == 0) {
		if (mm_logs_form_open(&filling->stand))
			mm_logs_batch_trouble(batch, MM_LOGS_TROUBLE_RECORD_CUT, filling->offset, NULL, 0);
		end_input(reading, batch);
	}
	return true;
}

/* ---- going on ---- */

/* Text in UTF-16 becomes ours in pieces that end where they may, so that reading cannot stand there again. */
static bool
is_usable(const struct mm_logs_filling *filling)
{
	const struct mm_logs_input_facts *facts;

	if (filling->input == NULL)
		return true;
	facts = mm_logs_input_facts(filling->input);
	return !filling->ended && (facts->encoding == MM_LOGS_UTF8 || facts->encoding == MM_LOGS_UTF8_MARKED);
}

static void
note_waypoint(const struct mm_logs_filling *filling, struct mm_logs_batch *batch)
{
	batch->behind = (struct mm_logs_waypoint){
		.usable = is_usable(filling),
		.within = filling->input != NULL,
		.input = (uint32_t)filling->number,
	};
	if (!batch->behind.within)
		return;
	batch->behind.offset = filling->offset;
	batch->behind.carry_len = filling->carry_len;
	batch->behind.stand = filling->stand;
}

/* Text at an offset was read again: what of it lies behind filling->offset is carried over. */
static void
carry_again(struct mm_logs_filling *filling, uint64_t offset, const char *text, size_t len)
{
	size_t before = offset >= filling->offset ? 0 : (size_t)(filling->offset - offset);

	if (before >= len)
		return;
	memcpy(filling->carry + filling->carry_len, text + before, len - before);
	filling->carry_len += len - before;
}

/* Read a block of text again, with the requests of read_more(): how far a bomb is read depends on them. */
static bool
read_block_again(struct mm_logs_filling *filling, char *piece, uint64_t *offset, uint64_t end)
{
	uint64_t block_end = *offset + MM_LOGS_BLOCK;

	while (*offset < block_end && *offset < end) {
		size_t wanted = room_for((size_t)(block_end - *offset)), got;

		if (wanted > end - *offset)
			wanted = (size_t)(end - *offset);
		got = mm_logs_input_read(filling->input, piece, wanted);
		if (got == 0)
			return false;
		carry_again(filling, *offset, piece, got);
		*offset += got;
	}
	return true;
}

/* Read the text again up to where an earlier process had read it. Returns 0 or an errno. */
static int
read_again(struct mm_logs_reading *reading, uint64_t end)
{
	char *piece = malloc(MM_LOGS_BLOCK);
	uint64_t offset = 0;
	bool more = true;

	if (piece == NULL)
		return ENOMEM;
	while (offset < end && more) {
		more = read_block_again(&reading->filling, piece, &offset, end);
		tell_progress(reading, false);
	}
	free(piece);
	return more ? 0 : ESTALE;
}

/* Stand again within the input that was begun, as an earlier process did. Returns 0 or an errno. */
static int
go_on_within(struct mm_logs_reading *reading)
{
	struct mm_logs_filling *filling = &reading->filling;
	const struct mm_logs_waypoint *from = &filling->from;

	if (filling->input == NULL)
		return ESTALE;
	if (!reserve_carry(filling, (size_t)from->carry_len))
		return ENOMEM;
	filling->layout = reading->inputs[filling->number].layout;
	filling->recognised = true;
	filling->stand = from->stand;
	filling->offset = from->offset;
	return read_again(reading, from->offset + from->carry_len);
}

/* Begin the next input, or go on within it. Returns 0 or an errno. */
static int
enter_input(struct mm_logs_reading *reading)
{
	struct mm_logs_filling *filling = &reading->filling;
	int failure = 0;

	begin_input(reading);
	if (filling->from.usable && filling->from.within)
		failure = go_on_within(reading);
	filling->from.usable = false;
	return failure;
}

bool
mm_logs_reading_fill(struct mm_logs_reading *reading, struct mm_logs_batch *batch)
{
	struct mm_logs_filling *filling = &reading->filling;
	int failure = 0;

	mm_logs_batch_restart(batch);
	if (filling->input == NULL && filling->number == reading->paths.count) {
		tell_progress(reading, true);
		return false;
	}
	if (filling->input == NULL)
		failure = enter_input(reading);
	describe(reading, batch);
	if (failure == 0 && filling->input == NULL)
		tell_unopened(reading, batch, errno);
	else if (failure == 0 && !fill_block(reading, batch))
		failure = ENOMEM;
	if (failure != 0) {
		reading->failure = failure;
		return false;
	}
	note_waypoint(filling, batch);
	tell_progress(reading, false);
	return true;
}
