/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words and sums of the tally.
 */
#include "engine/logs/tally.h"

#include "lib/base/array.h"

struct row {
	const char *name;
	const char *text;
};

static const struct row steps[] = {
#define MM_STEP(id, name, text) { name, text },
#include "engine/logs/steps.def"
#undef MM_STEP
};

static const struct row troubles[] = {
#define MM_TROUBLE(id, name, text) { name, text },
#include "engine/logs/troubles.def"
#undef MM_TROUBLE
};

_Static_assert(MM_COUNT_OF(steps) == MM_LOGS_STEPS, "a row for each step");
_Static_assert(MM_COUNT_OF(troubles) == MM_LOGS_TROUBLES, "a row for each trouble");

void
mm_logs_tally_add(struct mm_logs_tally *tally, const struct mm_logs_tally *more)
{
	for (size_t i = 0; i < MM_LOGS_STEPS; i++)
		tally->steps[i] += more->steps[i];
	for (size_t i = 0; i < MM_LOGS_TROUBLES; i++)
		tally->troubles[i] += more->troubles[i];
}

uint64_t
mm_logs_tally_troubles(const struct mm_logs_tally *tally)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < MM_LOGS_TROUBLES; i++)
		sum += tally->troubles[i];
	return sum;
}

const char *
mm_logs_step_name(enum mm_logs_step step)
{
	return steps[step].name;
}

const char *
mm_logs_step_text(enum mm_logs_step step)
{
	return steps[step].text;
}

const char *
mm_logs_trouble_name(enum mm_logs_trouble_kind kind)
{
	return troubles[kind].name;
}

const char *
mm_logs_trouble_text(enum mm_logs_trouble_kind kind)
{
	return troubles[kind].text;
}
