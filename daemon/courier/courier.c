/* SPDX-License-Identifier: Apache-2.0 */
/* The courier's loop: begin what is due, wait, take answers, take messages. */
#include "daemon/courier/courier.h"

#include "daemon/courier/control.h"
#include "daemon/sandbox/sandbox.h"

#include <sys/random.h>
#include <time.h>

/* Waiting for nothing in particular. */
#define TICK_MS 60000

static int64_t
clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
courier_clock_ms(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

static uint32_t
take_chance(void)
{
	uint32_t chance;

	return getrandom(&chance, sizeof(chance), GRND_NONBLOCK) == sizeof(chance) ? chance : 0;
}

/* ---- the end of a fetch ---- */

static bool
finish(struct courier_source *source, const struct courier_result *result)
{
	int64_t now_ms = courier_clock_ms(), now_s = clock_ms(CLOCK_REALTIME) / 1000;
	bool failed = result->outcome != MM_FETCH_NEW && result->outcome != MM_FETCH_SAME;

	courier_schedule_end(&source->schedule, failed, now_ms, take_chance());
	return (result->outcome != MM_FETCH_NEW || courier_control_send_document(source, result)) &&
	    courier_control_send_status(source, result, now_s,
	        now_s + (source->schedule.next_ms - now_ms + 999) / 1000);
}

/* ---- the beginning of one ---- */

static bool
finish_for_want_of_memory(struct courier_source *source)
{
	struct courier_result result = { .outcome = MM_FETCH_UNREACHABLE };

	source->at_keys = false;
	courier_sentence_add(&result.sentence, "memory is short");
	return finish(source, &result);
}

static bool
ask(struct courier *courier, struct courier_source *source)
{
	const struct courier_validators *validators;
	const char *address = courier_source_address(source, &validators);

	return courier_network_begin(courier->network, address, validators, source) ||
	    finish_for_want_of_memory(source);
}

/* The source that is due longest and may begin; NULL: none. */
static struct courier_source *
find_due(struct courier *courier, int64_t now_ms)
{
	struct courier_source *found = NULL;
	size_t in_flight = 0, failing = 0;

	for (size_t i = 0; i < courier->source_count; i++) {
		in_flight += courier->sources[i].schedule.in_flight;
		failing += courier->sources[i].schedule.in_flight && courier->sources[i].schedule.failures > 0;
	}
	if (in_flight >= COURIER_IN_FLIGHT_MAX)
		return NULL;
	for (size_t i = 0; i < courier->source_count; i++) {
		struct courier_source *source = &courier->sources[i];

		if (!courier_schedule_is_due(&source->schedule, now_ms) ||
		    (source->schedule.failures > 0 && failing >= COURIER_FAILING_IN_FLIGHT_MAX))
			continue;
		if (found == NULL || source->schedule.next_ms < found->schedule.next_ms)
			found = source;
	}
	return found;
}

/* What a sandbox was opened for may have been replaced since: then it begins nothing, and *end says so. */
static bool
begin_due(struct courier *courier, enum courier_end *end)
{
	struct courier_source *source = find_due(courier, courier_clock_ms());

	if (source != NULL && mm_sandbox_files_replaced(MM_PROCESS_COURIER)) {
		*end = COURIER_END_RENEW;
		return false;
	}
	for (; source != NULL; source = find_due(courier, courier_clock_ms())) {
		courier_schedule_begin(&source->schedule);
		if (!ask(courier, source))
			return false;
	}
	return true;
}

/* How long nothing becomes due. What is due and may not begin waits for the end of another. */
static int
idle_ms(const struct courier *courier)
{
	int64_t now_ms = courier_clock_ms(), idle = TICK_MS;

	for (size_t i = 0; i < courier->source_count; i++) {
		const struct courier_schedule *schedule = &courier->sources[i].schedule;

		if (!schedule->in_flight && schedule->next_ms > now_ms && schedule->next_ms - now_ms < idle)
			idle = schedule->next_ms - now_ms;
	}
	return (int)idle;
}

/* ---- the loop ---- */

static bool
take_answers(struct courier *courier)
{
	struct courier_answer answer;
	struct courier_result result;
	bool working = true;

	while (working && courier_network_next(courier->network, &answer)) {
		struct courier_source *source = answer.owner;
		bool ended = courier_source_take(source, &answer, clock_ms(CLOCK_REALTIME) / 1000, &result);

		courier_network_release(courier->network);
		working = ended ? finish(source, &result) : ask(courier, source);
	}
	return working;
}

static enum courier_control
take_messages(struct courier *courier)
{
	enum courier_control taken;

	do
		taken = courier_control_take(courier);
	while (taken == COURIER_CONTROL_TAKEN);
	return taken;
}

/* One turn of the loop; false: it is the last, for the reason in *end. */
static bool
turn(struct courier *courier, enum courier_end *end)
{
	enum courier_control taken = COURIER_CONTROL_NOTHING;
	bool readable = false;

	*end = COURIER_END_BROKEN;
	if (!begin_due(courier, end) ||
	    !courier_network_wait(courier->network, MM_CONTROL_FD, idle_ms(courier), &readable) ||
	    !take_answers(courier))
		return false;
	if (readable)
		taken = take_messages(courier);
	if (taken == COURIER_CONTROL_STOP)
		*end = COURIER_END_STOP;
	return taken == COURIER_CONTROL_NOTHING;
}

enum courier_end
courier_serve(struct courier *courier)
{
	enum courier_end end;

	while (turn(courier, &end))
		continue;
	return end;
}
