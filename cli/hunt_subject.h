/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user of 'mintmark hunt' names, among the names of the logs that were read.
 */
#ifndef MM_CLI_HUNT_SUBJECT_H
#define MM_CLI_HUNT_SUBJECT_H

#include "cli/hunt_options.h"
#include "engine/logs/reading.h"

#include <mintmark/version.h>

/*
 * The tenant of --tenant: its id, or a domain of it. Returns MM_EXIT_DONE, or MM_EXIT_USAGE when it has said that no
 * record, or records of several tenants, name it.
 */
MM_MUST_USE int mm_hunt_find_tenant(struct mm_logs_reading *reading, const char *text, uint32_t *tenant);

/* The subject of --pivot. What no record names becomes a subject that no event is of. False where memory is short. */
MM_MUST_USE bool mm_hunt_find_pivot(const struct mm_logs_reading *reading, const struct mm_hunt_pivot *pivot,
    struct mm_subject *subject);

#endif
