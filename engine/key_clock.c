/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time by which keys live.
 */
#include "engine/key_clock.h"

void
mm_key_clock_init(struct mm_key_clock *clock, int64_t wall_s, int64_t boot_s)
{
	*clock = (struct mm_key_clock){ .wall_s = wall_s, .boot_s = boot_s };
}

int64_t
mm_key_clock_read(struct mm_key_clock *clock, int64_t wall_s, int64_t boot_s)
{
	int64_t expected_s = clock->wall_s + (boot_s - clock->boot_s);
	int64_t difference_s = wall_s > expected_s ? wall_s - expected_s : expected_s - wall_s;

	if (difference_s <= MM_KEY_CLOCK_JUMP_S) {
		mm_key_clock_init(clock, wall_s, boot_s);
		return wall_s;
	}
	if (!clock->jumped) {
		clock->jumped = true;
		clock->jumped_boot_s = boot_s;
	}
	if (boot_s - clock->jumped_boot_s < MM_KEY_CLOCK_BELIEVE_S)
		return expected_s;
	mm_key_clock_init(clock, wall_s, boot_s);
	return wall_s;
}
