/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may call a service: name and SHA-256 of the secret, as mintmarkd read them from the secret files.
 */
#ifndef MM_DAEMON_GATE_CALLERS_H
#define MM_DAEMON_GATE_CALLERS_H

#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gate_caller {
	char *service;
	char *name;
	uint8_t secret_digest[MM_DIGEST_LEN];
};

struct gate_callers {
	struct gate_caller *items;
	size_t count;
};

/* Add one; the strings are copied. False where memory is short. */
MM_MUST_USE bool gate_callers_add(struct gate_callers *callers, const char *service, const char *name,
    const uint8_t secret_digest[MM_DIGEST_LEN]);
void gate_callers_clear(struct gate_callers *callers);

/*
 * The caller of this service with this name and secret; NULL: there is none.
 * Every caller's secret is compared, in time that does not tell which one differed or where.
 * Not hidden: the names and the number of callers.
 */
const struct gate_caller *gate_callers_find(const struct gate_callers *callers, struct mm_slice service,
    struct mm_slice name, struct mm_slice secret);

#endif
