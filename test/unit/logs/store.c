/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store gives events back in the order of (time, input, offset), whether they fit into memory or not.
 */
#include "engine/logs/store.h"

#include "test/unit/logs/pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

#define EVENTS 20000
#define ROOMY (64 * 1024 * 1024)
#define TIGHT (512 * 1024) /* some thousand events: several runs */

static int folder_fd;
static char folder[64];

static int
begin(void **state)
{
	(void)state;
	pack_folder_make(folder);
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder_fd < 0 ? -1 : 0;
}

static int
finish(void **state)
{
	(void)state;
	(void)close(folder_fd);
	pack_folder_remove(folder);
	return 0;
}

/* An event whose content follows from its number; times come in no order and often twice. */
static void
make_event(struct mm_logs_event *event, uint64_t number)
{
	mm_logs_event_init(event);
	event->time_us = (int64_t)(number * 2654435761U % 7000) * 1000;
	event->place.input = (uint16_t)(number % 3);
	event->place.offset = number * 100;
	event->count = (uint32_t)number;
}

static struct mm_logs_store *
fill(size_t memory, uint64_t count)
{
	struct mm_logs_store *store = mm_logs_store_new(folder_fd, memory);
	struct mm_logs_event events[7];
	uint64_t number = 0;

	assert_non_null(store);
	while (number < count) {
		size_t some = 0;

		for (; some < 7 && number < count; some++, number++)
			make_event(&events[some], number);
		assert_int_equal(mm_logs_store_append(store, events, some), 0);
	}
	assert_int_equal(mm_logs_store_count(store), count);
	return store;
}

/* Walk from since to until: all events of that time, each once, in order and unharmed. Returns how many. */
static uint64_t
check_walk(struct mm_logs_store *store, int64_t since_us, int64_t until_us)
{
	struct mm_logs_cursor *cursor = mm_logs_cursor_new(store, since_us, until_us);
	const struct mm_logs_event *event;
	struct mm_logs_event last, expected;
	uint64_t count = 0;
	int found;

	assert_non_null(cursor);
	while ((found = mm_logs_cursor_next(cursor, &event)) == 1) {
		make_event(&expected, event->count);
		assert_memory_equal(event, &expected, sizeof(expected));
		assert_true(event->time_us >= since_us && event->time_us < until_us);
		if (count > 0 && last.time_us == event->time_us)
			assert_true(last.place.input < event->place.input || (last.place.input == event->place.input &&
			    last.place.offset < event->place.offset));
		else if (count > 0)
			assert_true(last.time_us < event->time_us);
		last = *event;
		count++;
	}
	assert_int_equal(found, 0);
	mm_logs_cursor_free(&cursor);
	assert_null(cursor);
	return count;
}

static uint64_t
count_between(int64_t since_us, int64_t until_us)
{
	uint64_t count = 0;

	for (uint64_t number = 0; number < EVENTS; number++) {
		struct mm_logs_event event;

		make_event(&event, number);
		count += event.time_us >= since_us && event.time_us < until_us;
	}
	return count;
}

static void
check_store(size_t memory)
{
	struct mm_logs_store *store = fill(memory, EVENTS);

	assert_int_equal(check_walk(store, INT64_MIN, INT64_MAX), EVENTS);
	assert_int_equal(check_walk(store, INT64_MIN, INT64_MAX), EVENTS); /* again */
	assert_int_equal(check_walk(store, 1000000, 1234000), count_between(1000000, 1234000));
	assert_int_equal(check_walk(store, 0, 1000), count_between(0, 1000));
	assert_int_equal(check_walk(store, 6999000, INT64_MAX), count_between(6999000, INT64_MAX));
	assert_int_equal(check_walk(store, 7000000, INT64_MAX), 0);
	assert_int_equal(check_walk(store, INT64_MIN, 0), 0);
	mm_logs_store_free(&store);
	assert_null(store);
}

static void
test_in_memory(void **state)
{
	(void)state;
	check_store(ROOMY);
}

static void
test_in_runs(void **state)
{
	(void)state;
	check_store(TIGHT);
	check_store(1); /* as little as it takes: hundreds of runs */
}

static void
test_cursors_side_by_side(void **state)
{
	struct mm_logs_store *store = fill(TIGHT, EVENTS);
	struct mm_logs_cursor *one = mm_logs_cursor_new(store, INT64_MIN, INT64_MAX);
	const struct mm_logs_event *event;
	uint32_t first;

	(void)state;
	assert_non_null(one);
	assert_int_equal(mm_logs_cursor_next(one, &event), 1);
	first = event->count;
	assert_int_equal(check_walk(store, INT64_MIN, INT64_MAX), EVENTS);
	assert_int_equal(event->count, first); /* still the borrowed one */
	for (unsigned i = 1; i < EVENTS; i++)
		assert_int_equal(mm_logs_cursor_next(one, &event), 1);
	assert_int_equal(mm_logs_cursor_next(one, &event), 0);
	assert_int_equal(mm_logs_cursor_next(one, &event), 0);
	mm_logs_cursor_free(&one);
	mm_logs_store_free(&store);
}

static void
test_an_empty_store(void **state)
{
	struct mm_logs_store *store = mm_logs_store_new(folder_fd, TIGHT);

	(void)state;
	assert_non_null(store);
	assert_int_equal(mm_logs_store_count(store), 0);
	assert_int_equal(check_walk(store, INT64_MIN, INT64_MAX), 0);
	mm_logs_store_free(&store);
	mm_logs_store_free(&store);
}

static void
test_events_without_time_come_first(void **state)
{
	struct mm_logs_store *store = fill(ROOMY, 10);
	struct mm_logs_cursor *cursor;
	const struct mm_logs_event *found;
	struct mm_logs_event event;

	(void)state;
	mm_logs_event_init(&event);
	event.count = 4711;
	assert_int_equal(mm_logs_store_append(store, &event, 1), 0);
	cursor = mm_logs_cursor_new(store, INT64_MIN, INT64_MAX);
	assert_non_null(cursor);
	assert_int_equal(mm_logs_cursor_next(cursor, &found), 1);
	assert_int_equal(found->count, 4711);
	mm_logs_cursor_free(&cursor);
	cursor = mm_logs_cursor_new(store, 0, INT64_MAX);
	assert_non_null(cursor);
	assert_int_equal(mm_logs_cursor_next(cursor, &found), 1);
	assert_int_not_equal(found->count, 4711);
	mm_logs_cursor_free(&cursor);
	mm_logs_store_free(&store);
}

static void
test_leaves_no_file(void **state)
{
	struct mm_logs_store *store = fill(TIGHT, EVENTS);
	DIR *listing = opendir(folder);
	struct dirent *entry;
	unsigned count = 0;

	(void)state;
	assert_non_null(listing);
	while ((entry = readdir(listing)) != NULL)
		count += entry->d_name[0] != '.';
	assert_int_equal(count, 0);
	assert_int_equal(closedir(listing), 0);
	mm_logs_store_free(&store);
}

static void
test_a_full_disk_is_told(void **state)
{
	struct mm_logs_store *store = mm_logs_store_new(folder_fd, TIGHT);
	struct rlimit old, limit;
	struct mm_logs_event event;
	int result = 0;

	(void)state;
	assert_non_null(store);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = 1024 * 1024;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (uint64_t number = 0; number < EVENTS && result == 0; number++) {
		make_event(&event, number);
		result = mm_logs_store_append(store, &event, 1);
	}
	assert_int_equal(result, -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	mm_logs_store_free(&store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_memory),
		cmocka_unit_test(test_in_runs),
		cmocka_unit_test(test_cursors_side_by_side),
		cmocka_unit_test(test_an_empty_store),
		cmocka_unit_test(test_events_without_time_come_first),
		cmocka_unit_test(test_leaves_no_file),
		cmocka_unit_test(test_a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, begin, finish);
}
