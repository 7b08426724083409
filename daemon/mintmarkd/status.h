/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators are told of a running system, as JSON objects: doc/PROTOCOL.control has every member.
 */
#ifndef MM_DAEMON_MINTMARKD_STATUS_H
#define MM_DAEMON_MINTMARKD_STATUS_H

#include "daemon/mintmarkd/sources.h"
#include "lib/base/buf.h"

struct mm_mintmarkd;

/* What the desk takes. */
#define MM_STATUS_LEN_MAX ((size_t)32 * 1024 * 1024)

/* Each adds one object; whether everything fitted: mm_buf_ok(). */
void mm_status_write(struct mm_buf *text, const struct mm_mintmarkd *mintmarkd);
void mm_status_write_reload(struct mm_buf *text, const struct mm_mintmarkd *mintmarkd);
void mm_status_write_fetch(struct mm_buf *text, const char *realm, const struct mm_source *source);
void mm_status_write_error(struct mm_buf *text, const char *why);

#endif
