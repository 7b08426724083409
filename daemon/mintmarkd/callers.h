/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may call which service, by the digest of a secret that is read once, at the start.
 */
#ifndef MM_DAEMON_MINTMARKD_CALLERS_H
#define MM_DAEMON_MINTMARKD_CALLERS_H

#include "engine/config.h"
#include "engine/problems.h"
#include "lib/base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm_caller {
	const char *service, *name; /* the configuration's */
	uint8_t digest[MM_DIGEST_LEN];
};

struct mm_callers {
	struct mm_caller *items;
	size_t count;
};

/* Read the secret file of every caller. Every one that cannot be used is added to problems; false then. */
bool mm_callers_read(const struct mm_config *config, struct mm_callers *callers, struct mm_problems *problems);
void mm_callers_clear(struct mm_callers *callers);

#endif
