/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers about keys, for people.
 */
#ifndef MM_CLI_KEY_PRINT_H
#define MM_CLI_KEY_PRINT_H

#include "cli/answer.h"

#include <stdbool.h>

struct mm_key_view {
	bool all; /* retired and revoked keys too */
};

void mm_key_print_list(const struct mm_answer_object *answer, const struct mm_key_view *view);
void mm_key_print_one(const struct mm_answer_object *answer, const struct mm_key_view *view);
void mm_key_print_history(const struct mm_answer_object *answer, const struct mm_key_view *view);
void mm_key_print_rotation(const struct mm_answer_object *answer, const struct mm_key_view *view);
void mm_key_print_hold(const struct mm_answer_object *answer, const struct mm_key_view *view);
void mm_key_print_restoration(const struct mm_answer_object *answer, const struct mm_key_view *view);
/* Retired, tainted, revoked. */
void mm_key_print_change(const struct mm_answer_object *answer, const struct mm_key_view *view);

#endif
