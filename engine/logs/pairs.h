/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairs: lists of names and values, in which logs keep what has no field of its own.
 *
 *   [{"Name":"MailAccessType","Value":"Bind"}]           Exchange
 *   [{"Name":"…","NewValue":"…","OldValue":"…"}]         the directory, in the unified audit log
 *   [{"displayName":"…","newValue":"…","oldValue":"…"}]  the same in its own
 *   [{"DisplayName":"…","NewValue":"…","OldValue":"…"}]  the same as PowerShell's objects have it
 *   [{"key":"User-Agent","value":"…"}]                   additional details
 *   {"User-Agent":"…"}                                   the same, in a string
 *   ["@{Value=Bind; Name=MailAccessType}"]               what PowerShell made of the first
 *
 * or a string that holds one of these. A pair is found by its name, never by its place.
 */
#ifndef MM_ENGINE_LOGS_PAIRS_H
#define MM_ENGINE_LOGS_PAIRS_H

#include "engine/logs/shape.h"

struct mm_logs_pair {
	struct mm_slice name;
	struct mm_json_value value;
	struct mm_json_value old; /* absent where the list has none */
};

struct mm_logs_pairs {
	struct mm_logs_reader *reader;
	struct mm_json_value list;
	size_t position;
};

/* Begin with a value, which may be missing: an empty list. JSON in a string that is broken is told as trouble. */
void mm_logs_pairs_begin(struct mm_logs_pairs *pairs, struct mm_logs_reader *reader, struct mm_json_value value);

/* The next pair; false at the end. */
MM_MUST_USE bool mm_logs_pairs_next(struct mm_logs_pairs *pairs, struct mm_logs_pair *pair);

/* The text of the value called name in a list, absent where it is missing or empty. */
struct mm_slice mm_logs_pairs_find(struct mm_logs_reader *reader, struct mm_json_value list, const char *name);

/* Whether a text is an object as PowerShell shows it. */
bool mm_logs_is_powershell(struct mm_slice text);

/* The value of one setting in such a text; absent where it is not there. */
struct mm_slice mm_logs_powershell_setting(struct mm_slice text, const char *name);

#endif
