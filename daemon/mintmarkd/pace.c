/* SPDX-License-Identifier: Apache-2.0 */
/* How often something may happen. */
#include "daemon/mintmarkd/pace.h"

int64_t
mm_back_off_next(struct mm_back_off *back_off)
{
	int64_t wait_ms = back_off->wait_ms == 0 ? MM_BACK_OFF_MIN_MS : back_off->wait_ms;

	back_off->wait_ms = wait_ms < MM_BACK_OFF_MAX_MS / 2 ? wait_ms * 2 : MM_BACK_OFF_MAX_MS;
	return wait_ms;
}

void
mm_back_off_lived(struct mm_back_off *back_off, int64_t lived_ms)
{
	if (lived_ms >= MM_BACK_OFF_STEADY_MS)
		back_off->wait_ms = 0;
}

bool
mm_cool_down_take(struct mm_cool_down *cool_down, int64_t now_ms, int64_t length_ms)
{
	if (cool_down->used && now_ms - cool_down->last_ms < length_ms)
		return false;
	*cool_down = (struct mm_cool_down){ true, now_ms };
	return true;
}

void
mm_gathering_add(struct mm_gathering *gathering, int64_t now_ms)
{
	mm_gathering_retry(gathering, now_ms, MM_GATHER_MS);
}

void
mm_gathering_retry(struct mm_gathering *gathering, int64_t now_ms, int64_t wait_ms)
{
	if (gathering->due_ms == MM_NEVER_MS)
		gathering->due_ms = now_ms + wait_ms;
}

bool
mm_gathering_take(struct mm_gathering *gathering, int64_t now_ms)
{
	if (now_ms < gathering->due_ms)
		return false;
	gathering->due_ms = MM_NEVER_MS;
	return true;
}

bool
mm_telling_bad(struct mm_telling *telling, int64_t now_ms)
{
	if (telling->told_once && now_ms - telling->told_ms < (telling->bad ? MM_TELL_AGAIN_MS : MM_TELL_LEAST_MS))
		return false;
	*telling = (struct mm_telling){ true, true, now_ms };
	return true;
}

bool
mm_telling_good(struct mm_telling *telling)
{
	bool was_bad = telling->bad;

	telling->bad = false;
	return was_bad;
}
