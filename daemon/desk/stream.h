/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of the journal for one connection, a few at a time, so that nobody waits for another's journal.
 */
#ifndef MM_DAEMON_DESK_STREAM_H
#define MM_DAEMON_DESK_STREAM_H

#include "daemon/desk/request.h"
#include "lib/base/buf.h"

#include <stdint.h>

struct desk_stream;

enum desk_flow {
	DESK_FLOW_MORE,   /* call again */
	DESK_FLOW_PAUSED, /* nothing more now; call again in a while */
	DESK_FLOW_OVER,   /* everything that was asked for is poured */
	DESK_FLOW_FAILED, /* the journal cannot be read, errno; or memory is short */
};

/* A stream of what request asks for, which it borrows; NULL with errno. */
struct desk_stream *desk_stream_new(int journal_dir_fd, const struct desk_request *request);
void desk_stream_free(struct desk_stream **stream);

/* Read on, and add some records as lines to out. */
enum desk_flow desk_stream_pour(struct desk_stream *stream, struct mm_buf *out, int64_t now_us);

#endif
