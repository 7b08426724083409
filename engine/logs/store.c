/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events gather in memory; when it is full they are sorted and written to the file as a run. A cursor holds a piece of
 * each run and a heap of the runs by their next event. Events that all fit into memory are never written.
 */
#include "engine/logs/store.h"

#include "engine/crc32c.h"
#include "engine/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Events that a cursor reads of all runs together, as bytes, and the fewest of one. */
#define CURSOR_MEMORY (8 * 1024 * 1024)
#define PIECE_MIN 4

/* Events that are put in order before they are written at once. */
#define WRITE_PIECE 64

/* What events are sorted by, and which one it is. */
struct place_in_time {
	int64_t time_us;
	uint64_t offset;
	uint32_t event;
	uint16_t input;
};

struct mm_logs_store {
	int dir_fd;
	int fd; /* -1 as long as nothing was written */
	bool is_given; /* fd is the caller's, and another process may go on with it */
	struct mm_logs_event *events;
	struct place_in_time *order; /* of events; in order if ordered is set */
	size_t count, room;
	bool ordered;
	struct mm_logs_run *runs;
	size_t runs_count, runs_room;
	uint64_t written; /* events in the file */
	bool (*is_passed)(void *ctx, const struct mm_logs_event *event);
	void *ctx;
};

struct mm_logs_store *
mm_logs_store_new(int dir_fd, size_t memory)
{
	struct mm_logs_store *store = calloc(1, sizeof(*store));

	if (store == NULL)
		return NULL;
	store->dir_fd = dir_fd;
	store->fd = -1;
	store->room = memory / (sizeof(*store->events) + sizeof(*store->order));
	if (store->room < WRITE_PIECE)
		store->room = WRITE_PIECE;
	if (store->room > UINT32_MAX)
		store->room = UINT32_MAX;
	store->events = reallocarray(NULL, store->room, sizeof(*store->events));
	store->order = reallocarray(NULL, store->room, sizeof(*store->order));
	if (store->events == NULL || store->order == NULL)
		mm_logs_store_free(&store);
	return store;
}

void
mm_logs_store_free(struct mm_logs_store **store)
{
	if (*store == NULL)
		return;
	if ((*store)->fd >= 0 && !(*store)->is_given)
		(void)close((*store)->fd);
	free((*store)->events);
	free((*store)->order);
	free((*store)->runs);
	free(*store);
	*store = NULL;
}

void
mm_logs_store_use(struct mm_logs_store *store, int fd)
{
	store->fd = fd;
	store->is_given = true;
}

/* ---- the order ---- */

static int
compare(int64_t time, uint16_t input, uint64_t offset, int64_t other_time, uint16_t other_input, uint64_t other_offset)
{
	if (time != other_time)
		return time < other_time ? -1 : 1;
	if (input != other_input)
		return input < other_input ? -1 : 1;
	return (offset > other_offset) - (offset < other_offset);
}

static int
compare_places(const void *a, const void *b)
{
	const struct place_in_time *one = a, *other = b;

	return compare(one->time_us, one->input, one->offset, other->time_us, other->input, other->offset);
}

static bool
is_before(const struct mm_logs_event *a, const struct mm_logs_event *b)
{
	return compare(a->time_us, a->place.input, a->place.offset, b->time_us, b->place.input, b->place.offset) < 0;
}

static void
sort(struct mm_logs_store *store)
{
	bool sorted = true;

	if (store->ordered)
		return;
	for (size_t i = 0; i < store->count; i++) {
		const struct mm_logs_event *event = &store->events[i];

		store->order[i] = (struct place_in_time){ event->time_us, event->place.offset, (uint32_t)i,
			event->place.input };
		sorted = sorted && (i == 0 || compare_places(&store->order[i - 1], &store->order[i]) <= 0);
	}
	if (!sorted)
		qsort(store->order, store->count, sizeof(*store->order), compare_places);
	store->ordered = true;
}

/* ---- the file ---- */

static int
make_file(int dir_fd)
{
	const char *folder = getenv("TMPDIR");

	if (dir_fd >= 0)
		return openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return open(folder != NULL && folder[0] == '/' ? folder : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int
write_events(struct mm_logs_store *store, const struct mm_logs_event *events, size_t count)
{
	off_t offset = (off_t)(store->written * sizeof(*events));

	if (mm_file_write_at(store->fd, events, count * sizeof(*events), offset) != 0)
		return -1;
	store->written += count;
	return 0;
}

/* A run's check is a CRC over those of its pieces, of WRITE_PIECE events each. */
static uint32_t
add_to_check(uint32_t check, const struct mm_logs_event *events, size_t count)
{
	const uint32_t both[2] = { check, mm_crc32c(events, count * sizeof(*events)) };

	return mm_crc32c(both, sizeof(both));
}

static int
write_sorted(struct mm_logs_store *store, struct mm_logs_run *run)
{
	struct mm_logs_event piece[WRITE_PIECE];
	size_t filled = 0;

	for (size_t i = 0; i < store->count; i++) {
		piece[filled++] = store->events[store->order[i].event];
		if (filled < WRITE_PIECE && i + 1 < store->count)
			continue;
		if (write_events(store, piece, filled) != 0)
			return -1;
		if (store->is_given)
			run->check = add_to_check(run->check, piece, filled);
		filled = 0;
	}
	return 0;
}

/* Have the system begin to write a run to the disk, so that settling does not wait for many. */
static void
begin_syncing(const struct mm_logs_store *store, const struct mm_logs_run *run)
{
	const off_t size = sizeof(*store->events);

	(void)sync_file_range(store->fd, (off_t)run->begin * size, (off_t)run->count * size, SYNC_FILE_RANGE_WRITE);
}

static bool
grow_runs(struct mm_logs_store *store)
{
	size_t room = store->runs_room == 0 ? 64 : store->runs_room * 2;
	struct mm_logs_run *runs = reallocarray(store->runs, room, sizeof(*runs));

	if (runs == NULL)
		return false;
	store->runs = runs;
	store->runs_room = room;
	return true;
}

/* Write what is in memory as a run. */
static int
write_run(struct mm_logs_store *store)
{
	struct mm_logs_run run = { .begin = store->written, .count = store->count };

	if (store->count == 0)
		return 0;
	if (store->runs_count == store->runs_room && !grow_runs(store))
		return -1;
	if (store->fd < 0)
		store->fd = make_file(store->dir_fd);
	if (store->fd < 0)
		return -1;
	sort(store);
	if (write_sorted(store, &run) != 0)
		return -1;
	if (store->is_given)
		begin_syncing(store, &run);
	store->runs[store->runs_count++] = run;
	store->count = 0;
	store->ordered = false;
	return 0;
}

int
mm_logs_store_append(struct mm_logs_store *store, const struct mm_logs_event *events, size_t count)
{
	while (count > 0) {
		size_t some = store->room - store->count;

		if (some == 0) {
			if (write_run(store) != 0)
				return -1;
			continue;
		}
		if (some > count)
			some = count;
		memcpy(store->events + store->count, events, some * sizeof(*events));
		store->count += some;
		store->ordered = false;
		events += some;
		count -= some;
	}
	return 0;
}

uint64_t
mm_logs_store_count(const struct mm_logs_store *store)
{
	return store->written + store->count;
}

void
mm_logs_store_pass_over(struct mm_logs_store *store, bool (*is_passed)(void *ctx, const struct mm_logs_event *event),
    void *ctx)
{
	store->is_passed = is_passed;
	store->ctx = ctx;
}

/* ---- going on ---- */

int
mm_logs_store_settle(struct mm_logs_store *store)
{
	if (write_run(store) != 0)
		return -1;
	return store->fd < 0 ? 0 : fdatasync(store->fd);
}

const struct mm_logs_run *
mm_logs_store_runs(const struct mm_logs_store *store, size_t *count)
{
	*count = store->runs_count;
	return store->runs;
}

/* Check events of a run, the last one of those before them being *last. */
static bool
check_piece(const struct mm_logs_event *events, size_t count, struct mm_logs_event *last, bool has_last,
    bool (*check)(void *ctx, const struct mm_logs_event *event), void *ctx)
{
	for (size_t i = 0; i < count; i++) {
		if (!check(ctx, &events[i]) || (has_last && !is_before(last, &events[i])))
			return false;
		*last = events[i];
		has_last = true;
	}
	return true;
}

/* Read a run from the file's end so far. */
static int
restore_run(struct mm_logs_store *store, const struct mm_logs_run *run,
    bool (*check)(void *ctx, const struct mm_logs_event *event), void *ctx)
{
	struct mm_logs_event piece[WRITE_PIECE], last = { .time_us = MM_LOGS_NO_TIME };
	uint32_t made = 0;

	for (uint64_t done = 0; done < run->count;) {
		size_t count = run->count - done < WRITE_PIECE ? (size_t)(run->count - done) : WRITE_PIECE;
		ssize_t got = mm_file_read_at(store->fd, piece, count * sizeof(*piece),
		    (off_t)(store->written * sizeof(*piece)));

		if (got < 0)
			return -1;
		errno = EBADMSG;
		if (got != (ssize_t)(count * sizeof(*piece)) ||
		    !check_piece(piece, count, &last, done > 0, check, ctx))
			return -1;
		made = add_to_check(made, piece, count);
		store->written += count;
		done += count;
	}
	return made == run->check ? 0 : -1;
}

int
mm_logs_store_restore(struct mm_logs_store *store, const struct mm_logs_run *runs, size_t count,
    bool (*check)(void *ctx, const struct mm_logs_event *event), void *ctx)
{
	for (size_t i = 0; i < count; i++) {
		if (store->runs_count == store->runs_room && !grow_runs(store))
			return -1;
		store->runs[store->runs_count] = runs[i];
		store->runs[store->runs_count].begin = store->written;
		if (restore_run(store, &runs[i], check, ctx) != 0)
			return -1;
		store->runs_count++;
	}
	return ftruncate(store->fd, (off_t)(store->written * sizeof(struct mm_logs_event)));
}

/* ---- the cursor ---- */

/* A run under a cursor: the piece of it that was read, and what was not. */
struct stretch {
	struct mm_logs_event *piece;
	size_t at, len;
	uint64_t next, end; /* numbers of events in the file */
};

struct mm_logs_cursor {
	struct mm_logs_store *store;
	int64_t until_us;
	size_t at; /* in the order of a store that wrote nothing */
	struct mm_logs_event *pieces;
	size_t piece_room;
	struct stretch *stretches;
	size_t *heap; /* numbers of stretches that have an event left, the earliest first */
	size_t heap_count;
};

/* Read the next piece of a stretch that was used up; 1, or 0 at its end, or -1. */
static int
refill(struct mm_logs_cursor *cursor, struct stretch *stretch)
{
	uint64_t left = stretch->end - stretch->next;
	size_t count = left < cursor->piece_room ? (size_t)left : cursor->piece_room;
	size_t bytes = count * sizeof(*stretch->piece);
	ssize_t got;

	if (count == 0)
		return 0;
	got = mm_file_read_at(cursor->store->fd, stretch->piece, bytes,
	    (off_t)(stretch->next * sizeof(*stretch->piece)));
	if (got != (ssize_t)bytes) {
		if (got >= 0)
			errno = EIO;
		return -1;
	}
	stretch->at = 0;
	stretch->len = count;
	stretch->next += count;
	return 1;
}

static const struct mm_logs_event *
head(const struct mm_logs_cursor *cursor, size_t place)
{
	const struct stretch *stretch = &cursor->stretches[cursor->heap[place]];

	return &stretch->piece[stretch->at];
}

/* Let what is at place of the heap sink to where it belongs. */
static void
sink(struct mm_logs_cursor *cursor, size_t place)
{
	for (;;) {
		size_t least = place, child = 2 * place + 1, moved;

		for (size_t i = child; i < child + 2 && i < cursor->heap_count; i++)
			if (is_before(head(cursor, i), head(cursor, least)))
				least = i;
		if (least == place)
			return;
		moved = cursor->heap[place];
		cursor->heap[place] = cursor->heap[least];
		cursor->heap[least] = moved;
		place = least;
	}
}

/* The number in the file of a run's first event at or behind since_us, by halves; UINT64_MAX: it cannot be read. */
static uint64_t
find_since(const struct mm_logs_store *store, const struct mm_logs_run *run, int64_t since_us)
{
	uint64_t low = run->begin, high = run->begin + run->count;

	while (low < high && since_us != INT64_MIN) {
		uint64_t middle = low + (high - low) / 2;
		struct mm_logs_event event;
		off_t offset = (off_t)(middle * sizeof(event));

		if (mm_file_read_at(store->fd, &event, sizeof(event), offset) != sizeof(event)) {
			errno = EIO;
			return UINT64_MAX;
		}
		if (event.time_us < since_us)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
begin_stretches(struct mm_logs_cursor *cursor, int64_t since_us)
{
	const struct mm_logs_store *store = cursor->store;

	for (size_t i = 0; i < store->runs_count; i++) {
		struct stretch *stretch = &cursor->stretches[i];
		int filled;

		stretch->piece = cursor->pieces + i * cursor->piece_room;
		stretch->next = find_since(store, &store->runs[i], since_us);
		stretch->end = store->runs[i].begin + store->runs[i].count;
		if (stretch->next == UINT64_MAX)
			return false;
		filled = refill(cursor, stretch);
		if (filled < 0)
			return false;
		if (filled > 0)
			cursor->heap[cursor->heap_count++] = i;
	}
	for (size_t i = cursor->heap_count; i-- > 0;)
		sink(cursor, i);
	return true;
}

static bool
make_stretches(struct mm_logs_cursor *cursor)
{
	size_t runs = cursor->store->runs_count;

	cursor->piece_room = CURSOR_MEMORY / sizeof(*cursor->pieces) / runs;
	if (cursor->piece_room < PIECE_MIN)
		cursor->piece_room = PIECE_MIN;
	cursor->pieces = reallocarray(NULL, runs * cursor->piece_room, sizeof(*cursor->pieces));
	cursor->stretches = calloc(runs, sizeof(*cursor->stretches));
	cursor->heap = calloc(runs, sizeof(*cursor->heap));
	return cursor->pieces != NULL && cursor->stretches != NULL && cursor->heap != NULL;
}

/* Go to the first event at or behind since_us. */
static bool
begin(struct mm_logs_cursor *cursor, int64_t since_us)
{
	struct mm_logs_store *store = cursor->store;

	if (store->runs_count > 0)
		return write_run(store) == 0 && make_stretches(cursor) && begin_stretches(cursor, since_us);
	sort(store);
	while (cursor->at < store->count && store->order[cursor->at].time_us < since_us)
		cursor->at++;
	return true;
}

struct mm_logs_cursor *
mm_logs_cursor_new(struct mm_logs_store *store, int64_t since_us, int64_t until_us)
{
	struct mm_logs_cursor *cursor = calloc(1, sizeof(*cursor));
	int failure;

	if (cursor == NULL)
		return NULL;
	cursor->store = store;
	cursor->until_us = until_us;
	if (begin(cursor, since_us))
		return cursor;
	failure = errno;
	mm_logs_cursor_free(&cursor);
	errno = failure;
	return NULL;
}

void
mm_logs_cursor_free(struct mm_logs_cursor **cursor)
{
	if (*cursor == NULL)
		return;
	free((*cursor)->pieces);
	free((*cursor)->stretches);
	free((*cursor)->heap);
	free(*cursor);
	*cursor = NULL;
}

/* The earliest event of all runs. It stays in its piece, which is read over only when the next one is asked for. */
static int
next_of_runs(struct mm_logs_cursor *cursor, const struct mm_logs_event **event)
{
	if (cursor->at++ > 0 && cursor->heap_count > 0) {
		struct stretch *stretch = &cursor->stretches[cursor->heap[0]];
		int filled = ++stretch->at < stretch->len ? 1 : refill(cursor, stretch);

		if (filled < 0)
			return -1;
		if (filled == 0)
			cursor->heap[0] = cursor->heap[--cursor->heap_count];
		sink(cursor, 0);
	}
	if (cursor->heap_count == 0)
		return 0;
	*event = head(cursor, 0);
	return 1;
}

static int
next_in_memory(struct mm_logs_cursor *cursor, const struct mm_logs_event **event)
{
	if (cursor->at == cursor->store->count)
		return 0;
	*event = &cursor->store->events[cursor->store->order[cursor->at++].event];
	return 1;
}

int
mm_logs_cursor_next(struct mm_logs_cursor *cursor, const struct mm_logs_event **event)
{
	const struct mm_logs_store *store = cursor->store;
	int found;

	do {
		found = cursor->stretches != NULL ? next_of_runs(cursor, event) : next_in_memory(cursor, event);
		if (found == 1 && (*event)->time_us >= cursor->until_us)
			return 0;
	} while (found == 1 && store->is_passed != NULL && store->is_passed(store->ctx, *event));
	return found;
}
