/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real files, read by the real reading.
 */
#include "test/unit/logs/reading_world.h"

#include "engine/logs/moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

void
world_make(struct world *world)
{
	memset(world, 0, sizeof(*world));
	pack_folder_make(world->folder);
}

static void
forget(struct world *world)
{
	mm_logs_reading_free(&world->reading);
	free(world->events);
	world->events = NULL;
	world->count = 0;
}

void
world_remove(struct world *world)
{
	forget(world);
	pack_folder_remove(world->folder);
}

void
world_write_bytes(struct world *world, const char *name, const void *bytes, size_t len)
{
	char path[128];

	pack_file(world->folder, name, bytes, len, path);
}

void
world_write(struct world *world, const char *name, const char *text)
{
	world_write_bytes(world, name, text, strlen(text));
}

static void
take_events(struct world *world)
{
	struct mm_logs_store *store = mm_logs_reading_store(world->reading);
	struct mm_logs_cursor *cursor = mm_logs_cursor_new(store, INT64_MIN, INT64_MAX);
	const struct mm_logs_event *event;
	int found;

	assert_non_null(cursor);
	world->events = calloc(mm_logs_store_count(store) + 1, sizeof(*world->events));
	assert_non_null(world->events);
	while ((found = mm_logs_cursor_next(cursor, &event)) == 1)
		world->events[world->count++] = *event;
	assert_int_equal(found, 0);
	mm_logs_cursor_free(&cursor);
}

void
world_take(struct world *world, struct mm_logs_reading *reading)
{
	forget(world);
	world->reading = reading;
}

void
world_run(struct world *world)
{
	assert_int_equal(mm_logs_reading_run(world->reading), 0);
	take_events(world);
}

static void
read_path(struct world *world, const struct mm_logs_options *options, const char *path)
{
	struct mm_logs_options chosen = { .threads = 1, .work_fd = -1 };

	if (options != NULL)
		chosen = *options;
	if (chosen.now_us == 0)
		chosen.now_us = WORLD_NOW_US;
	world_take(world, mm_logs_reading_new(&chosen));
	assert_non_null(world->reading);
	assert_int_equal(mm_logs_reading_add(world->reading, path), 0);
	world_run(world);
}

void
world_read(struct world *world, const struct mm_logs_options *options)
{
	read_path(world, options, world->folder);
}

void
world_read_path(struct world *world, const char *path)
{
	read_path(world, NULL, path);
}

void
world_read_text(struct world *world, const char *text)
{
	world_write(world, "log", text);
	world_read(world, NULL);
}

const struct mm_logs_input_report *
world_report(const struct world *world)
{
	assert_int_equal(mm_logs_reading_inputs(world->reading), 1);
	return mm_logs_reading_input(world->reading, 0);
}

static void
assert_same_facts(const struct mm_logs_input_facts *one, const struct mm_logs_input_facts *other)
{
	assert_int_equal(one->compression, other->compression);
	assert_int_equal(one->encoding, other->encoding);
	assert_int_equal(one->ended, other->ended);
	assert_int_equal(one->failure, other->failure);
	assert_int_equal(one->file_size, other->file_size);
	assert_int_equal(one->raw_size, other->raw_size);
	assert_int_equal(one->text_size, other->text_size);
	assert_int_equal(one->odd_units, other->odd_units);
	assert_memory_equal(one->digest, other->digest, sizeof(one->digest));
}

static void
assert_same_input(const struct mm_logs_input_report *one, const struct mm_logs_input_report *other)
{
	assert_same_facts(&one->facts, &other->facts);
	assert_int_equal(one->form, other->form);
	assert_int_equal(one->records, other->records);
	assert_int_equal(one->events, other->events);
	assert_int_equal(one->duplicates, other->duplicates);
	assert_int_equal(one->lines, other->lines);
	assert_int_equal(one->first_us, other->first_us);
	assert_int_equal(one->last_us, other->last_us);
	assert_memory_equal(one->shapes, other->shapes, mm_logs_shapes_count * sizeof(one->shapes[0]));
	assert_memory_equal(&one->tally, &other->tally, sizeof(one->tally));
}

static void
assert_same_troubles(const struct mm_logs_reading *one, const struct mm_logs_reading *other)
{
	size_t count, other_count;
	const struct mm_logs_trouble *troubles = mm_logs_reading_troubles(one, &count);
	const struct mm_logs_trouble *other_troubles = mm_logs_reading_troubles(other, &other_count);

	assert_int_equal(count, other_count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(troubles[i].kind, other_troubles[i].kind);
		assert_int_equal(troubles[i].input, other_troubles[i].input);
		assert_int_equal(troubles[i].offset, other_troubles[i].offset);
		assert_int_equal(troubles[i].line, other_troubles[i].line);
		assert_int_equal(troubles[i].record, other_troubles[i].record);
		assert_int_equal(troubles[i].failure, other_troubles[i].failure);
		assert_int_equal(troubles[i].text.len, other_troubles[i].text.len);
		if (troubles[i].text.len > 0)
			assert_memory_equal(troubles[i].text.ptr, other_troubles[i].text.ptr, troubles[i].text.len);
	}
}

static void
assert_same_hours(const struct mm_logs_reading *one, const struct mm_logs_reading *other)
{
	size_t count, other_count;
	const struct mm_logs_hour *hours = mm_logs_reading_hours(one, &count);
	const struct mm_logs_hour *other_hours = mm_logs_reading_hours(other, &other_count);

	assert_int_equal(count, other_count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(hours[i].tenant, other_hours[i].tenant);
		assert_int_equal(hours[i].family, other_hours[i].family);
		assert_int_equal(hours[i].hour, other_hours[i].hour);
		assert_int_equal(hours[i].records, other_hours[i].records);
	}
}

void
world_assert_same(const struct world *one, const struct world *other)
{
	const struct mm_names *names = mm_logs_reading_names(one->reading);
	const struct mm_names *other_names = mm_logs_reading_names(other->reading);

	assert_int_equal(one->count, other->count);
	assert_memory_equal(one->events, other->events, one->count * sizeof(*one->events));
	assert_int_equal(mm_names_count(names), mm_names_count(other_names));
	for (uint32_t name = 1; name <= mm_names_count(names); name++)
		assert_true(mm_slice_equal(mm_names_text(names, name), mm_names_text(other_names, name)));
	assert_memory_equal(mm_logs_reading_tally(one->reading), mm_logs_reading_tally(other->reading),
	    sizeof(struct mm_logs_tally));
	assert_int_equal(mm_logs_reading_inputs(one->reading), mm_logs_reading_inputs(other->reading));
	for (size_t i = 0; i < mm_logs_reading_inputs(one->reading); i++)
		assert_same_input(mm_logs_reading_input(one->reading, i), mm_logs_reading_input(other->reading, i));
	assert_same_troubles(one->reading, other->reading);
	assert_same_hours(one->reading, other->reading);
}

uint64_t
world_step(const struct world *world, enum mm_logs_step step)
{
	return mm_logs_reading_tally(world->reading)->steps[step];
}

uint64_t
world_trouble(const struct world *world, enum mm_logs_trouble_kind kind)
{
	return mm_logs_reading_tally(world->reading)->troubles[kind];
}

void
world_assert_name(const struct world *world, uint32_t name, const char *text)
{
	struct mm_slice found = mm_names_text(mm_logs_reading_names(world->reading), name);

	if (found.len != strlen(text) || (found.len > 0 && memcmp(found.ptr, text, found.len) != 0))
		fail_msg("'%.*s' is not '%s'", (int)found.len, found.ptr, text);
}

void
world_assert_id(const struct mm_logs_id *id, const char *text)
{
	char found[MM_LOGS_ID_TEXT_MAX];

	assert_string_equal(mm_logs_id_text(id, found), text);
}

void
world_assert_address(const struct mm_logs_event *event, const char *text, enum mm_logs_network network)
{
	char found[MM_LOGS_ADDRESS_TEXT_MAX];

	assert_string_equal(mm_logs_address_text(&event->address, found), text);
	assert_int_equal(event->address.network, network);
}

int64_t
world_time(const char *text)
{
	int64_t time_us;
	unsigned notes;

	assert_true(mm_moment_parse(mm_slice_str(text), 0, &time_us, &notes));
	return time_us;
}
