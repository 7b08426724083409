/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process says of itself: its alarms, for the log, and its state, for 'mintmark status'.
 */
#ifndef MM_DAEMON_MINTMARKD_TOLD_H
#define MM_DAEMON_MINTMARKD_TOLD_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

struct mm_told {
	int64_t alarms_since_ms; /* its alarms are counted from then */
	unsigned alarm_count, alarms_untold;
	char *status;            /* JSON object that it told last; NULL: none */
	int64_t status_s;
};

/* Log an alarm of who; a process that was taken over must not fill the disk with them, so that many are counted. */
void mm_told_alarm(struct mm_told *told, const char *who, struct mm_slice text);

/* Keep its state. False where the text is not one JSON object on one line. */
MM_MUST_USE bool mm_told_take_status(struct mm_told *told, struct mm_slice text);

/* Its process is gone, and its state with it. */
void mm_told_forget_status(struct mm_told *told);

#endif
