/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PEM files that the configuration names, which the gate and the courier get open.
 */
#ifndef MM_DAEMON_MINTMARKD_TLS_H
#define MM_DAEMON_MINTMARKD_TLS_H

#include "engine/config.h"
#include "engine/problems.h"

#include <stdbool.h>

/*
 * Whether the TLS files of the configuration are regular files that can be opened, the key closed to other users; each
 * that is not is added to problems. Not checked here: that they are PEM and belong together.
 */
bool mm_tls_check(const struct mm_config *config, struct mm_problems *problems);

/* Open the file of a setting for reading; -1, and logged, where it cannot be. */
int mm_tls_open(const char *setting, const char *path);

#endif
