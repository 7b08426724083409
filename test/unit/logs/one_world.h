/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of logs that need one world each: it is made before a test and removed behind it.
 */
#ifndef TEST_UNIT_LOGS_ONE_WORLD_H
#define TEST_UNIT_LOGS_ONE_WORLD_H

#include "test/unit/logs/reading_world.h"

extern struct world world;

/* A test's row: cmocka has to be included before. */
#define ONE_WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, one_world_begin, one_world_end)

int one_world_begin(void **state);
int one_world_end(void **state);

/* Fails the test where a name is not this text; "" stands for an absent one. */
void assert_name(uint32_t name, const char *text);

#endif
