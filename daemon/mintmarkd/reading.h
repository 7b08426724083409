/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One reading of the configuration: its text, what that means, and the callers' secrets that it names.
 */
#ifndef MM_DAEMON_MINTMARKD_READING_H
#define MM_DAEMON_MINTMARKD_READING_H

#include "daemon/mintmarkd/callers.h"
#include "engine/config.h"
#include "engine/problems.h"

#include <stdint.h>

struct mm_reading {
	char *text;
	size_t text_len;
	struct mm_config *config;
	struct mm_callers callers;
	int64_t read_s;
};

/* Read and parse the file. NULL with the reasons in problems. Not read yet: what it names. */
struct mm_reading *mm_reading_new(const char *path, struct mm_problems *problems);

/* Read the callers' secrets, and look at the TLS files. False with the reasons in problems. */
bool mm_reading_complete(struct mm_reading *reading, struct mm_problems *problems);

void mm_reading_free(struct mm_reading **reading);

#endif
