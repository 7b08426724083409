/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes: what the details of a directory or administration record say of what was changed, beyond its operation.
 */
#ifndef MM_ENGINE_LOGS_CHANGE_H
#define MM_ENGINE_LOGS_CHANGE_H

#include "engine/logs/pairs.h"

/* What is gathered while the details of one record are read. */
struct mm_logs_change_reading {
	struct mm_logs_reader *reader;
	struct mm_logs_event *event;
	char added[MM_NAMES_TEXT_MAX]; /* texts with "; " between them, cut where full */
	size_t added_len;
};

/* Begin: event->change is what the operation's name says. */
void mm_logs_change_begin(struct mm_logs_change_reading *reading, struct mm_logs_reader *reader,
    struct mm_logs_event *event);

/* Details, in lists of pairs: a cmdlet's parameters, or properties that were modified. */
void mm_logs_change_pairs(struct mm_logs_change_reading *reading, struct mm_json_value list);

/* One of them. */
void mm_logs_change_pair(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair);

/* Append a text to what was added. */
void mm_logs_change_add(struct mm_logs_change_reading *reading, struct mm_slice text);

/* End: sets event->added. */
void mm_logs_change_end(struct mm_logs_change_reading *reading);

/*
 * Whether a name is that of a service which acts for users by actor tokens: together with a user's name, it is the
 * trace that impersonation by such a token leaves (CVE-2025-55241).
 */
bool mm_logs_is_acting_service(struct mm_slice name);

#endif
