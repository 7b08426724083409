/* SPDX-License-Identifier: Apache-2.0 */
/* What processes say of themselves. */
#include "daemon/mintmarkd/told.h"

#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/log.h"
#include "lib/codec/json.h"

#include <stdlib.h>
#include <string.h>

/* Members of what one tells of its state. */
#define STATUS_MEMBERS_MAX 64

/* Alarms of one process that are logged in a period. */
#define ALARMS_MAX 50
#define ALARM_PERIOD_MS 60000

void
mm_told_alarm(struct mm_told *told, const char *who, struct mm_slice text)
{
	int64_t now_ms = mm_clock_ms();

	if (told->alarms_since_ms == 0 || now_ms - told->alarms_since_ms >= ALARM_PERIOD_MS) {
		if (told->alarms_untold > 0)
			mm_log(LOG_ALERT, "alarm: %s: %u alarms more, not logged", who, told->alarms_untold);
		told->alarms_since_ms = now_ms;
		told->alarm_count = told->alarms_untold = 0;
	}
	if (++told->alarm_count > ALARMS_MAX)
		told->alarms_untold++;
	else
		mm_log(LOG_ALERT, "alarm: %s: %.*s", who, (int)text.len, text.ptr);
}

/* Whether it is one JSON object on one line, so that it stays one in an answer to an operator. */
static bool
is_status(struct mm_slice text)
{
	static struct mm_json_names names;
	struct mm_json_member members[STATUS_MEMBERS_MAX];
	struct mm_json_index index = { .members = members, .max = STATUS_MEMBERS_MAX };

	return memchr(text.ptr, '\n', text.len) == NULL && mm_json_scan(text, &names, &index, NULL) == MM_OK;
}

bool
mm_told_take_status(struct mm_told *told, struct mm_slice text)
{
	if (!is_status(text))
		return false;
	free(told->status);
	told->status = strndup(text.ptr, text.len);
	told->status_s = mm_clock_wall_s();
	return true;
}

void
mm_told_forget_status(struct mm_told *told)
{
	free(told->status);
	told->status = NULL;
}
