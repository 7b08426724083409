/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signed key lists of all mints at one moment: those that a snapshot is compiled from, which the gate must get
 * with it and no others.
 */
#ifndef MM_DAEMON_MINTMARKD_KEY_LISTS_H
#define MM_DAEMON_MINTMARKD_KEY_LISTS_H

#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm_config;
struct mm_mints;

struct mm_key_list_fd {
	uint16_t number; /* of the mint */
	char realm[MM_NAME_LEN_MAX + 1];
	int fd; /* sealed */
};

struct mm_key_lists {
	struct mm_key_list_fd *items;
	size_t count;
};

/*
 * The lists that came so far of the mints of a configuration, with descriptors of their own. False, and logged, where
 * there is no room.
 */
MM_MUST_USE bool mm_key_lists_take(struct mm_key_lists *lists, const struct mm_mints *mints,
    const struct mm_config *config);
void mm_key_lists_clear(struct mm_key_lists *lists);

/*
 * The JWK set in the list of a realm, for the compiler, as a new sealed memfd; one without keys where no list came yet,
 * or the list is not one of the pinned root, which is logged. -1, and logged, where memory is short.
 */
int mm_key_lists_open_keys(const struct mm_key_lists *lists, const struct mm_mints *mints, const char *realm);

#endif
