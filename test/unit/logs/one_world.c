/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world of the test that runs.
 */
#include "test/unit/logs/one_world.h"

struct world world;

int
one_world_begin(void **state)
{
	(void)state;
	world_make(&world);
	return 0;
}

int
one_world_end(void **state)
{
	(void)state;
	world_remove(&world);
	return 0;
}

void
assert_name(uint32_t name, const char *text)
{
	world_assert_name(&world, name, text);
}
