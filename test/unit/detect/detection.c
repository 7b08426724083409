/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What detections have of a run: a place in a bounded map, or the event is counted as not judged.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct detect_world world;

static int
begin(void **state)
{
	struct record record = { .time = "2023-06-05T10:00:00Z" };

	(void)state;
	detect_world_make(&world);
	detect_world_access(&world, &record);
	detect_world_run(&world, NULL, NULL);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	detect_world_remove(&world);
	return 0;
}

static void *
keep(struct mm_map *map, uint32_t key)
{
	return mm_detect_keep(world.detect, &mm_detect_unusual_volume, map, &key, 2);
}

static void
test_full_map(void **state)
{
	struct mm_map *map = mm_map_new(sizeof(uint32_t), sizeof(uint32_t));
	uint32_t *first = keep(map, 1);

	(void)state;
	assert_non_null(first);
	assert_int_equal(*first, 0);
	assert_non_null(keep(map, 2));
	assert_null(keep(map, 3));
	assert_null(keep(map, 4));
	assert_ptr_equal(keep(map, 1), first);
	assert_int_equal(mm_map_count(map), 2);
	assert_int_equal(mm_detect_dropped(world.detect, &mm_detect_unusual_volume), 2);
	assert_int_equal(mm_detect_dropped(world.detect, &mm_detect_application_impersonation), 0);
	mm_map_free(&map);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_full_map, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
