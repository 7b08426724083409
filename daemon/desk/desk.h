/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk: answers at the control socket, with what mintmarkd and the journal say. It has no authority of its own.
 */
#ifndef MM_DAEMON_DESK_DESK_H
#define MM_DAEMON_DESK_DESK_H

#include "daemon/desk/peer.h"
#include "daemon/desk/request.h"
#include "daemon/desk/stream.h"
#include "lib/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Who works at a machine by hand and by monitors; more is a mistake or worse. */
#define DESK_CONNECTIONS_MAX 64
/* Those that read the journal: each has a window of it in memory, and reads files. */
#define DESK_STREAMS_MAX 16
/* Of both, how many are kept for operators, so that readers cannot take everything. */
#define DESK_CONNECTIONS_KEPT 16
#define DESK_STREAMS_KEPT 4

/* A question is one line, which whoever has it can send at once. */
#define DESK_QUESTION_MS 5000
/* mintmarkd compiles for at most 60 seconds, and a fetch ends in less. */
#define DESK_ANSWER_MS 120000
/* Who takes nothing for so long is gone, or sleeps. */
#define DESK_TAKING_MS 60000
/* The journal of one who follows is looked at this often. */
#define DESK_TICK_MS 100

/* An answer of mintmarkd: the difference of two large configurations is some megabytes. */
#define DESK_ANSWER_LEN_MAX ((size_t)32 * 1024 * 1024)

enum desk_phase {
	DESK_FREE,      /* nobody is here */
	DESK_ASKING,    /* the question has not come whole */
	DESK_WAITING,   /* for mintmarkd */
	DESK_STREAMING, /* from the journal */
	DESK_LEAVING,   /* the rest is sent, then it is closed */
};

struct desk_connection {
	enum desk_phase phase;
	int fd;
	enum desk_rank rank;
	uid_t uid;
	int64_t deadline_ms; /* when it is cut, unless something happens */
	char line[DESK_REQUEST_LEN_MAX];
	size_t line_len;
	struct desk_request request;
	uint64_t question; /* while waiting */
	struct desk_stream *stream;
	bool paused;       /* nothing to stream before the next tick */
	struct mm_buf out;
	size_t sent; /* of out */
};

struct desk {
	int listener_fd, journal_fd;
	uid_t uid; /* to become */
	gid_t gid;
	struct desk_ranks ranks;
	uint64_t last_question;
	struct desk_connection connections[DESK_CONNECTIONS_MAX];
};

#endif
