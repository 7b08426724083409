/* SPDX-License-Identifier: Apache-2.0 */
/* When a document is fetched next: refresh, back-off, rest. */
#include "daemon/courier/schedule.h"

void
courier_schedule_init(struct courier_schedule *schedule, int64_t refresh_s, int64_t now_ms)
{
	*schedule = (struct courier_schedule){ .refresh_ms = refresh_s * 1000, .next_ms = now_ms, .rested_ms = now_ms };
}

bool
courier_schedule_is_due(const struct courier_schedule *schedule, int64_t now_ms)
{
	return !schedule->in_flight && schedule->next_ms <= now_ms;
}

void
courier_schedule_begin(struct courier_schedule *schedule)
{
	schedule->in_flight = true;
}

static int64_t
back_off(const struct courier_schedule *schedule)
{
	int64_t max_ms = schedule->refresh_ms, wait_ms = COURIER_BACK_OFF_FIRST_MS;

	if (max_ms > COURIER_BACK_OFF_MAX_MS)
		max_ms = COURIER_BACK_OFF_MAX_MS;
	for (uint32_t i = 1; i < schedule->failures && wait_ms < max_ms; i++)
		wait_ms *= 2;
	return wait_ms < max_ms ? wait_ms : max_ms;
}

/* A time up to span shorter. */
static int64_t
shorten(int64_t wait_ms, int64_t span_ms, uint32_t chance)
{
	return wait_ms - (int64_t)((uint64_t)span_ms * chance >> 32);
}

void
courier_schedule_end(struct courier_schedule *schedule, bool failed, int64_t now_ms, uint32_t chance)
{
	int64_t wait_ms;

	schedule->in_flight = false;
	schedule->rested_ms = now_ms + COURIER_REST_MS;
	if (failed) {
		schedule->failures += schedule->failures < UINT32_MAX;
		wait_ms = back_off(schedule);
		schedule->next_ms = now_ms + shorten(wait_ms, wait_ms / 2, chance);
		return;
	}
	schedule->failures = 0;
	schedule->next_ms = now_ms + shorten(schedule->refresh_ms, schedule->refresh_ms / 10, chance);
}

void
courier_schedule_ask(struct courier_schedule *schedule, int64_t now_ms)
{
	int64_t when_ms = now_ms > schedule->rested_ms ? now_ms : schedule->rested_ms;

	if (!schedule->in_flight && when_ms < schedule->next_ms)
		schedule->next_ms = when_ms;
}
