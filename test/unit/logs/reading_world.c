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

static void
read_path(struct world *world, const struct mm_logs_options *options, const char *path)
{
	struct mm_logs_options chosen = { .threads = 1, .work_fd = -1 };

	forget(world);
	if (options != NULL)
		chosen = *options;
	if (chosen.now_us == 0)
		chosen.now_us = WORLD_NOW_US;
	world->reading = mm_logs_reading_new(&chosen);
	assert_non_null(world->reading);
	assert_int_equal(mm_logs_reading_add(world->reading, path), 0);
	assert_int_equal(mm_logs_reading_run(world->reading), 0);
	take_events(world);
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
