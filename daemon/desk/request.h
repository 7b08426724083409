/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody asks at the control socket: one line, as doc/PROTOCOL.control says.
 */
#ifndef MM_DAEMON_DESK_REQUEST_H
#define MM_DAEMON_DESK_REQUEST_H

#include "daemon/desk/mint_request.h"
#include "engine/journal_filter.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

/* The line with its newline: the longest question adds a client with its keys. */
#define DESK_REQUEST_LEN_MAX 32768

/* Records that may be asked for as the last ones: their places are held in memory. */
#define DESK_LAST_MAX 100000

enum desk_ask {
	DESK_ASK_STATUS,
	DESK_ASK_RELOAD,
	DESK_ASK_FETCH,
	DESK_ASK_DECISIONS,
	DESK_ASK_AUTOPSIES,
	DESK_ASK_MINT, /* a verb of mint_verbs.def */
	DESK_ASK_COUNT
};

struct desk_request {
	enum desk_ask ask;
	const char *realm; /* of a fetch */
	bool follow, by_last;
	size_t last;
	struct mm_journal_filter filter;
	struct desk_mint_request mint; /* of DESK_ASK_MINT */
	char texts[DESK_REQUEST_LEN_MAX]; /* what realm and filter borrow from */
	size_t texts_len;
};

/*
 * Parse a line, without its newline. False, with *why in words, where it is no question. request must not move
 * afterwards. Not checked here: who asks; whether there is such a realm.
 */
MM_MUST_USE bool desk_request_parse(struct mm_slice line, struct desk_request *request, const char **why);

/* Whether it changes anything, or only looks. */
bool desk_request_changes(const struct desk_request *request);

/* Whether it is answered from the journal, not by mintmarkd. */
bool desk_request_reads_journal(const struct desk_request *request);

#endif
