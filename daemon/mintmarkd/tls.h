/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PEM files that the configuration names, which the gate and the courier get open.
 */
#ifndef MM_DAEMON_MINTMARKD_TLS_H
#define MM_DAEMON_MINTMARKD_TLS_H

#include "engine/config.h"
#include "engine/problems.h"
#include "lib/base/buf.h"

#include <stdbool.h>

/*
 * Whether the TLS files of the configuration are regular files that can be opened, the key closed to other users; each
 * that is not is added to problems. Not checked here: that they are PEM and belong together.
 */
bool mm_tls_check(const struct mm_config *config, struct mm_problems *problems);

/* Add which file stands at a path (NULL: at none), so that another one in its place, or another content, is noticed. */
void mm_tls_add_identity(struct mm_buf *buf, const char *path);

/* The same of the TLS files of the configuration. */
void mm_tls_add_identities(struct mm_buf *buf, const struct mm_config *config);

/* Open the file of a setting for reading; -1, and logged, where it cannot be. */
int mm_tls_open(const char *setting, const char *path);

#endif
