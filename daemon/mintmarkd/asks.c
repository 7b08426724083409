/* SPDX-License-Identifier: Apache-2.0 */
/* Questions that wait. */
#include "daemon/mintmarkd/asks.h"

bool
mm_asks_add(struct mm_asks *asks, uint64_t question, const struct mm_keeper *keeper, uint64_t *number)
{
	if (asks->count == MM_ASKS_MAX)
		return false;
	*number = ++asks->last;
	asks->items[asks->count].number = *number;
	asks->items[asks->count].question = question;
	asks->items[asks->count].keeper = keeper;
	asks->count++;
	return true;
}

static uint64_t
take_at(struct mm_asks *asks, size_t at)
{
	uint64_t question = asks->items[at].question;

	asks->items[at] = asks->items[--asks->count];
	return question;
}

enum mm_asks_found
mm_asks_take(struct mm_asks *asks, uint64_t number, const struct mm_keeper *keeper, uint64_t *question)
{
	for (size_t i = 0; i < asks->count; i++) {
		if (asks->items[i].number != number)
			continue;
		if (asks->items[i].keeper != keeper)
			return MM_ASKS_NONE;
		*question = take_at(asks, i);
		return MM_ASKS_FOUND;
	}
	return number == 0 || number > asks->last ? MM_ASKS_NONE : MM_ASKS_STALE;
}

bool
mm_asks_take_any(struct mm_asks *asks, const struct mm_keeper *keeper, uint64_t *question)
{
	for (size_t i = 0; i < asks->count; i++) {
		if (asks->items[i].keeper != keeper)
			continue;
		*question = take_at(asks, i);
		return true;
	}
	return false;
}

void
mm_asks_forget(struct mm_asks *asks)
{
	asks->count = 0;
}
