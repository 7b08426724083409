/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmarkd's log: one line each on standard error, as systemd's journal or a terminal takes them.
 */
#ifndef MM_DAEMON_MINTMARKD_LOG_H
#define MM_DAEMON_MINTMARKD_LOG_H

#include <syslog.h>

/* Find out whether standard error is systemd's journal, which takes "<3>" before a line as its priority. */
void mm_log_init(void);

/* One line; priority is LOG_ALERT, LOG_ERR, ... Bytes outside printable ASCII become \xNN. */
void mm_log(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
