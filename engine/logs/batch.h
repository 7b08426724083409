/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch: one block of an input's text, and what was made of it. One thread takes it apart; then it waits for those
 * before it, and all that it holds is taken over in the order of the text.
 */
#ifndef MM_ENGINE_LOGS_BATCH_H
#define MM_ENGINE_LOGS_BATCH_H

#include "engine/logs/columns.h"
#include "engine/logs/form.h"
#include "engine/logs/reading.h"
#include "lib/crypto/keyed_digest.h"

/*
 * How much of a record an event holds: of several with one id, the first of the highest rank counts. A table of
 * Sentinel has the messages of a mail access but not its token; what PowerShell wrote may have neither.
 */
unsigned mm_logs_event_rank(const struct mm_logs_event *event);

/* The digest of a record's id, a GUID of a family. */
bool mm_logs_guid_digest(const struct mm_keyed_digest_key *key, const struct mm_logs_event *event, uint64_t *digest);

/* A record of a batch, whether it became an event or not. */
struct mm_logs_stub {
	uint64_t digest;  /* of its id; of no meaning without */
	int64_t time_us;
	uint32_t tenant;  /* name in the batch's table */
	uint32_t event;   /* number of its event in the batch, or MM_LOGS_NO_EVENT */
	uint8_t family;
	uint8_t rank;
	bool has_id;
	bool covers; /* its time says when there was a log */
};

#define MM_LOGS_NO_EVENT UINT32_MAX

/* A trouble in a batch; its text begins at its offset in the block. */
struct mm_logs_spot {
	enum mm_logs_trouble_kind kind;
	uint64_t offset; /* in the input's text */
	uint64_t line;   /* in the block, from 0 */
	uint64_t record; /* in the block, from 1 */
	char text[64];
	size_t text_len;
};

/* Another header within a batch. */
struct mm_logs_turn {
	struct mm_logs_columns *columns; /* whoever takes the batch over owns it */
	uint64_t offset;
};

/* Where reading stands behind a batch, so that another process can go on there. */
struct mm_logs_waypoint {
	bool usable;
	bool within;        /* an input; else before one */
	uint32_t input;     /* its number */
	uint64_t offset;    /* within: of the text that is in no batch yet */
	uint64_t carry_len; /* how much of that was read */
	struct mm_logs_stand stand;
};

struct mm_logs_batch {
	/* Set by whoever fills it. */
	char *text;
	size_t room, len;
	uint64_t offset;             /* of the block in the input's text */
	uint64_t first_line;         /* lines before the block that no other block has: those of a header */
	struct mm_logs_layout layout;
	struct mm_logs_stand stand;  /* where the block begins */
	const struct mm_logs_columns *columns;        /* that count now */
	const struct mm_logs_columns *filled_columns; /* that counted where the block begins */
	uint32_t input;
	bool ends_input;
	struct mm_logs_waypoint behind;
	int64_t now_us, file_us;
	bool keep_other;
	const struct mm_keyed_digest_key *key;

	/* Made of it. */
	struct mm_names *names;
	struct mm_logs_event *events;
	size_t events_count, events_room;
	struct mm_logs_stub *stubs;
	size_t stubs_count, stubs_room;
	struct mm_logs_spot *spots;
	size_t spots_count, spots_room;
	struct mm_logs_turn *turns;
	size_t turns_count, turns_room;
	uint64_t records, lines;
	uint64_t shapes[MM_LOGS_SHAPES_MAX];
	struct mm_logs_tally tally;
	bool failed; /* memory was short */

	/* What was there before it was taken apart, for doing so again. */
	bool has_run;
	struct {
		size_t spots_count;
		uint64_t records;
		struct mm_logs_tally tally;
	} before;

	/* While it is taken apart. */
	struct mm_scratch scratch;
	size_t last_shape;
};

/* An empty batch with its tables; NULL where memory is short. */
struct mm_logs_batch *mm_logs_batch_new(void);
void mm_logs_batch_free(struct mm_logs_batch **batch);

/* Forget all of it, for another block. */
void mm_logs_batch_restart(struct mm_logs_batch *batch);

/* Room for len bytes of text, of which those there are kept. Returns whether there is memory. */
bool mm_logs_batch_reserve(struct mm_logs_batch *batch, size_t len);

/* Note a trouble at an offset of the input's text; at is where that stands in memory, len how much of it there is. */
void mm_logs_batch_trouble(struct mm_logs_batch *batch, enum mm_logs_trouble_kind kind, uint64_t offset,
    const char *at, size_t len);

/* Line ends in a text. */
uint64_t mm_logs_count_lines(const char *text, size_t len);

/*
 * Take the block apart; another time if it has other columns than it seemed. batch->failed tells that memory was short,
 * and the rest has to be given up.
 */
void mm_logs_batch_run(struct mm_logs_batch *batch);

#endif
