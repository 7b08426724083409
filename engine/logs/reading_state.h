/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reading from within: for engine/logs/reading*.c and again.c alone.
 */
#ifndef MM_ENGINE_LOGS_READING_STATE_H
#define MM_ENGINE_LOGS_READING_STATE_H

#include "engine/logs/batch.h"
#include "engine/logs/ids.h"
#include "engine/logs/paths.h"
#include "engine/logs/work.h"

#include <pthread.h>
#include <stdatomic.h>

#define MM_LOGS_THREADS_MAX 16
#define MM_LOGS_BATCHES_MAX (MM_LOGS_THREADS_MAX + 8)

/* Text of a batch: some thousand records at most, and it stays in the cache from hashing to walking. */
#define MM_LOGS_BLOCK (1024 * 1024)

/* Which file an input is, as far as the system tells without reading it. All zeroes: there is none. */
struct mm_logs_identity {
	uint64_t device, number;
	int64_t size;
	int64_t modified_s, modified_ns;
	int64_t changed_s, changed_ns; /* its size, times, owner or mode */
};

/* What is known of an input, and kept. */
struct mm_logs_input_state {
	struct mm_logs_identity identity; /* before reading */
	struct mm_logs_input_report report;
	uint64_t shapes[MM_LOGS_SHAPES_MAX];
	char *header;                     /* of a CSV: layout.header lies here */
	struct mm_logs_layout layout;
	struct mm_logs_columns *columns;  /* of a CSV: the last header's, those before behind it */
	struct mm_logs_columns *_Atomic latest; /* the same, for whoever fills */
	struct mm_logs_trouble *troubles; /* kept ones */
	size_t troubles_count, troubles_room;
	int64_t last_us;                  /* of the last record */
	unsigned forward;                 /* records in a row that were not older than the one before */
};

/* Where reading stands: the input that is open, and what of its text is not in a batch yet. */
struct mm_logs_filling {
	struct mm_logs_input *input;
	size_t number;               /* of the input, or of the next to open */
	struct mm_logs_layout layout;
	struct mm_logs_stand stand;
	bool recognised, ended;
	char *carry;
	size_t carry_len, carry_room;
	uint64_t offset;             /* of the carry in the text */
	struct mm_logs_waypoint from; /* where an earlier process has stood; not usable: none has, or it is passed */
	uint64_t done;               /* raw bytes of inputs before this one */
	int64_t told_ms;             /* when progress was told */
};

struct mm_logs_reading {
	struct mm_logs_options options;
	struct mm_logs_paths paths;
	struct mm_logs_input_state *inputs;
	uint64_t all_bytes;
	bool is_now_given;            /* else options.now_us is the clock */
	unsigned char seed[MM_KEYED_DIGEST_SEED_LEN];
	struct mm_keyed_digest_key key; /* from the seed */
	struct mm_logs_work work;
	bool has_begun, has_resumed;
	uint64_t unsaved;             /* bytes of text taken over since the last checkpoint */
	char reason[512];             /* why an earlier reading is not gone on with */

	struct mm_names *names;
	struct mm_logs_ids *ids;
	struct mm_logs_hours *hours;
	struct mm_logs_store *store;
	struct mm_logs_tally tally;
	struct mm_logs_hour *hours_list;
	size_t hours_count;
	struct mm_logs_trouble *troubles;
	size_t troubles_count;

	struct mm_logs_filling filling; /* whoever fills has it alone */
	uint32_t *map;                /* of names: whoever takes over has it alone */
	size_t map_room;
	_Atomic int failure;          /* errno that ended it */

	pthread_mutex_t lock;         /* of what follows: engine/logs/reading_threads.c */
	pthread_cond_t done;          /* a job was */
	uint64_t filled, begun, taken_over; /* blocks so far: those that were filled, … */
	bool filling_now, taking_over; /* a thread is at it */
	bool exhausted;               /* nothing is left to fill */
	struct mm_logs_batch *batches[MM_LOGS_BATCHES_MAX];
	size_t batches_count;
	struct mm_logs_batch *idle[MM_LOGS_BATCHES_MAX]; /* the last one used is the first to be used again */
	size_t idle_count;
	struct mm_logs_batch *in_work[MM_LOGS_BATCHES_MAX]; /* by the block's number, round and round */
	bool is_ready[MM_LOGS_BATCHES_MAX];                 /* the same: to be taken over */
};

/* Before anything is read: what the inputs are, and the work folder. Returns 0, or -1 with errno. */
MM_MUST_USE int mm_logs_reading_begin(struct mm_logs_reading *reading);

/* Be again as begun, whatever was read. Returns 0, or -1 with errno. */
MM_MUST_USE int mm_logs_reading_restart(struct mm_logs_reading *reading);

/* Make the key from the seed. Returns whether libcrypto could. */
MM_MUST_USE bool mm_logs_reading_make_key(struct mm_logs_reading *reading);

/* Read all inputs with as many threads as are wanted; reading->failure tells that it failed. */
void mm_logs_reading_run_threads(struct mm_logs_reading *reading);

/* Fill a batch with the next block. Returns whether there was one; reading->failure tells that it failed. */
bool mm_logs_reading_fill(struct mm_logs_reading *reading, struct mm_logs_batch *batch);

/* Take over what was made of a batch, in its turn. Returns 0 or an errno. */
int mm_logs_reading_take_over(struct mm_logs_reading *reading, struct mm_logs_batch *batch);

/*
 * Leave a checkpoint behind a batch that was taken over, if there is a place for it and it is time. Returns 0 or an
 * errno.
 */
int mm_logs_checkpoint_when_due(struct mm_logs_reading *reading, const struct mm_logs_batch *batch);

/*
 * Read a checkpoint into a reading that has begun. Returns 0, or an errno: ESTALE and reading->reason where it is of
 * other inputs, options or another version, EBADMSG where it is damaged; the reading is of no use then until it is
 * restarted.
 */
int mm_logs_checkpoint_load(struct mm_logs_reading *reading, int fd);

/* The columns of an input that count at an offset; NULL: it has none. */
const struct mm_logs_columns *mm_logs_columns_at(const struct mm_logs_input_state *input, uint64_t offset);

#endif
