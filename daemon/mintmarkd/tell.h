/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mintmarkd tells the log and systemd of its configuration, trust and state.
 */
#ifndef MM_DAEMON_MINTMARKD_TELL_H
#define MM_DAEMON_MINTMARKD_TELL_H

#include "engine/problems.h"
#include "lib/base/buf.h"

struct mm_mintmarkd;

/* Log problems, without remarks, and without those that stand in known too (NULL: nothing is known). */
void mm_tell_problems(const struct mm_problems *problems, const struct mm_problems *known);

/* Log lines, each ended by a newline. */
void mm_tell_lines(const struct mm_buf *lines);

/* Tell systemd how the gate stands, that the configuration is read anew, and that this is over. */
void mm_tell_state(const struct mm_mintmarkd *mintmarkd);
void mm_tell_reloading(void);
void mm_tell_reloaded(const struct mm_mintmarkd *mintmarkd);

#endif
