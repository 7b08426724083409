/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations: what the names that logs give to what was done say of the kind of an event.
 */
#ifndef MM_ENGINE_LOGS_OPERATION_H
#define MM_ENGINE_LOGS_OPERATION_H

#include "engine/logs/event.h"
#include "engine/logs/walk.h"

struct mm_logs_operation {
	const char *name; /* without a full stop behind it, which one export writes and another does not */
	enum mm_logs_kind kind;
	enum mm_logs_access access; /* of a mail access */
	enum mm_logs_change change; /* of a change, as far as the name says */
	enum mm_logs_result result; /* of a sign-in */
};

/* Room for a name. */
#define MM_LOGS_OPERATION_MAX 80

/* The names of all operations, in small letters, for engine/logs/tables.c; returns how many there are. */
size_t mm_logs_operations_names(char names[MM_WALK_NAMES_MAX][MM_LOGS_OPERATION_MAX]);

/* The operation of a name, in whichever case, with or without a full stop; NULL: none of those that are asked for. */
const struct mm_logs_operation *mm_logs_operation_find(struct mm_slice name);

/* What the words that logs have for a result say; unknown: neither that it was done nor that it failed. */
enum mm_logs_result mm_logs_result_of(struct mm_slice text);

#endif
