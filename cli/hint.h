/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hints: for a person who debugs a denial, what else is known here that bears on it.
 *
 * Each reason that more can be said of than its text is a row of a table: reason and function. Hints are sentences
 * that may quote what strangers wrote; printing escapes them.
 */
#ifndef MM_CLI_HINT_H
#define MM_CLI_HINT_H

#include "engine/json_writer.h"
#include "lib/token/facts.h"

#include <mintmark/decide.h>
#include <mintmark/reason.h>

#include <stdio.h>

/* More than a person reads. */
#define MM_HINTS_MAX 8

struct mm_hints {
	struct mm_buf lines[MM_HINTS_MAX];
	size_t count;
};

/* What a denial was about. */
struct mm_hint_matter {
	const struct mm_trust *trust;
	const struct mm_request *request;
	const struct mm_facts *facts;
};

void mm_hints_init(struct mm_hints *hints);
void mm_hints_clear(struct mm_hints *hints);

/* Add what can be said of this reason in this matter; nothing where nothing is known. */
void mm_hints_of_reason(struct mm_hints *hints, enum mm_reason reason, const struct mm_hint_matter *matter);

/* Add what the bytes look like, where they are no compact JWS. */
void mm_hints_of_shape(struct mm_hints *hints, struct mm_slice token);

/* A line each; and the member "hints", an array of strings. */
void mm_hints_print(const struct mm_hints *hints, FILE *stream);
void mm_hints_write(const struct mm_hints *hints, struct mm_json_writer *writer);

#endif
