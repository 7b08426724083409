/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a running mintmarkd, by what its status says.
 */
#ifndef MM_CLI_STATUS_TROUBLE_H
#define MM_CLI_STATUS_TROUBLE_H

#include "cli/answer.h"

#include <stdio.h>

/* Write a line for each trouble, the worst first (stream NULL: nowhere). Returns whether there is none. */
bool mm_status_put_troubles(FILE *stream, const struct mm_answer_object *status);

#endif
