/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What detections have of a run: a place in a bounded map, or the event is counted as not judged.
 */
#include "test/unit/detect/detect_world.h"

#include "engine/detect/history.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void *
keep(const struct detect_world *world, struct mm_map *map, uint32_t key)
{
	return mm_detect_keep(world->detect, &mm_detect_unusual_volume, map, &key, 2);
}

static void
test_full_map(void **state)
{
	struct detect_world *world = *state;
	struct record record = { .time = "2023-06-05T10:00:00Z" };
	struct mm_map *map = mm_map_new(sizeof(uint32_t), sizeof(uint32_t));
	uint32_t *first;

	detect_world_access(world, &record);
	detect_world_run(world, NULL, NULL);
	assert_non_null(first = keep(world, map, 1));
	assert_int_equal(*first, 0);
	assert_non_null(keep(world, map, 2));
	assert_null(keep(world, map, 3));
	assert_null(keep(world, map, 4));
	assert_ptr_equal(keep(world, map, 1), first);
	assert_int_equal(mm_map_count(map), 2);
	assert_int_equal(mm_detect_dropped(world->detect, &mm_detect_unusual_volume), 2);
	assert_int_equal(mm_detect_dropped(world->detect, &mm_detect_application_impersonation), 0);
	mm_map_free(&map);
}

/*
 * Whoever fills the history's room must not hide behind it: a token that is too old is told all the same, and each
 * detection that would have needed the history says that it could not judge.
 */
static void
test_full_history(void **state)
{
	static const struct mm_detection *const asking[] = {
		&mm_detect_first_seen_application, &mm_detect_first_seen_network, &mm_detect_sync_by_new_syncer,
		&mm_detect_application_over_many_mailboxes, &mm_detect_unusual_volume,
		&mm_detect_application_impersonation, &mm_detect_token_from_two_networks,
	};
	struct detect_world *world = *state;
	struct record record = { .time = "2023-06-06T10:00:00Z", .token = "-" };
	char mailbox[32];

	for (unsigned i = 0; i < MM_HISTORY_MAILBOXES_MAX; i++) {
		(void)snprintf(mailbox, sizeof(mailbox), "m%u", i);
		record.mailbox = mailbox;
		detect_world_access(world, &record);
	}
	record = (struct record){ .time = "2023-06-08T10:00:00Z", .mailbox = "victim",
		.issued = "2023-06-05T10:00:00Z", .token = "cccccccc-0000-4000-8000-000000000003" };
	detect_world_access(world, &record);
	detect_world_run(world, "2023-06-08T00:00:00Z", NULL);
	assert_int_equal(detect_world_count(world, &mm_detect_token_outlives_lifetime), 1);
	for (size_t i = 0; i < MM_COUNT_OF(asking); i++)
		if (mm_detect_dropped(world->detect, asking[i]) == 0)
			fail_msg("%s dropped nothing", asking[i]->name);
	assert_int_equal(mm_detect_dropped(world->detect, &mm_detect_token_outlives_lifetime), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_full_map, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_full_history, detect_world_begin, detect_world_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
