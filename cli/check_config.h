/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What checking a configuration found, and how it is told.
 */
#ifndef MM_CLI_CHECK_CONFIG_H
#define MM_CLI_CHECK_CONFIG_H

#include "engine/config.h"
#include "engine/problems.h"
#include "lib/base/buf.h"

#include <mintmark/trust.h>

#include <stdbool.h>
#include <stdint.h>

struct mm_checked {
	const char *path;
	const char *against;      /* another configuration, to tell the difference to; NULL: none */
	struct mm_buf difference; /* lines, as mm_config_difference() writes them */
	struct mm_config *config; /* NULL: it could not be read, problems say why */
	struct mm_trust *trust;   /* as above */
	struct mm_problems problems;
	int64_t now_s;
	bool good;
};

/* For a person: what was understood, service by service, on standard output; errors alone on standard error. */
void mm_checked_print(const struct mm_checked *checked);

/* For a program: one JSON object on one line. Returns false where memory is short; nothing is printed then. */
bool mm_checked_print_json(const struct mm_checked *checked);

#endif
