/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of telling two configurations apart; only mm_config_difference() takes them.
 *
 * What is let in and what is shut out is one question asked twice: what does one configuration accept that the other
 * does not? A step answers it in one direction.
 */
#ifndef MM_ENGINE_CONFIG_TELLING_H
#define MM_ENGINE_CONFIG_TELLING_H

#include "engine/config.h"
#include "lib/base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Sections of one kind, sorted by their names, which each has as its first member: there may be thousands. */
struct mm_named {
	const void **rows;
	size_t count;
};

enum mm_named_kind { MM_NAMED_REALMS, MM_NAMED_TENANTS, MM_NAMED_SERVICES, MM_NAMED_COUNT };

/* What is told now: each line begins with verdict, and is of what 'to' accepts and 'from' does not. */
struct mm_config_telling {
	struct mm_buf *lines;
	const char *verdict; /* "newly allowed: " */
	const struct mm_config *from, *to;
	struct mm_named from_named[MM_NAMED_COUNT]; /* the sections of 'from' */
	size_t line_start;
	bool any; /* a line was told */
};

/* One line: begin it, add to telling->lines, end it. Control characters that a configuration had become '?'. */
void mm_config_telling_begin(struct mm_config_telling *telling);
void mm_config_telling_end(struct mm_config_telling *telling);

/* The section of 'from' with this name; NULL: none. */
const void *mm_config_telling_find(const struct mm_config_telling *telling, enum mm_named_kind kind, const char *name);

/* What is refused although it may be genuine, by 'revoke' sections. */
void mm_config_telling_revocations(struct mm_config_telling *telling);

/* The settings that neither let in nor shut out, with their values: "realm enterprise: 'refresh' is 60 (was 3600)". */
void mm_config_telling_settings(struct mm_config_telling *telling);

#endif
