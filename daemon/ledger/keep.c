/* SPDX-License-Identifier: Apache-2.0 */
/* How much of the ledger is kept. */
#include "daemon/ledger/keep.h"

#include "daemon/ledger/keys.h"
#include "daemon/ledger/records.h"
#include "engine/json_writer.h"
#include "engine/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The first time when the head of the new term is on the disk, and those who waited for the start were served. */
#define FIRST_MS (3 * INT64_C(1000))
#define EACH_MS (3600 * INT64_C(1000))
#define LOOK_MS (60 * INT64_C(1000))
/* Whoever makes room sees soon that there is. */
#define LOOK_SHORT_MS (5 * INT64_C(1000))

#define DAY_S INT64_C(86400)

/* The present rate is that of so many segments, and of an hour at least. */
#define RATE_SEGMENTS 64
#define RATE_MIN_S 3600

/* Fewer days are an alarm: time enough to order a disk. */
#define DAYS_ALARM 14

/* ---- letting go ---- */

static void *
run(void *ctx)
{
	struct ledger_keep *keep = ctx;

	keep->outcome = mm_ledger_keep(&keep->what, &keep->gone);
	atomic_store(&keep->done, true);
	return NULL;
}

/* Until when records may be let go. What a key that was tainted or revoked since may have signed is not. */
static int64_t
until_us(const struct ledger *ledger)
{
	int64_t until_s = ledger_wall_s() - ledger->keep.for_s;
	int64_t wanted_s = ledger_keys_wanted_since(ledger->keys, until_s);

	return (wanted_s < until_s ? wanted_s : until_s) * 1000000;
}

static bool
may_let_go(const struct ledger *ledger)
{
	return ledger->keep.for_s > 0 && ledger->keys_begun && ledger->key_state != NULL && ledger->damage[0] == '\0' &&
	    ledger_trouble(ledger) == NULL;
}

static void
begin(struct ledger *ledger)
{
	struct ledger_keep *keep = &ledger->keep;

	atomic_store(&keep->done, false);
	atomic_store(&keep->stop, false);
	keep->what = (struct mm_ledger_keep){ ledger->folder_fd, until_us(ledger), ledger_wall_us(), ledger->key_state,
		ledger->certificate, &keep->stop };
	keep->running = pthread_create(&keep->thread, NULL, run, keep) == 0;
}

/* The record of it is no condition of it: the anchor says the same. */
static void
note(struct ledger *ledger)
{
	const struct mm_ledger_let_go *gone = &ledger->keep.gone;
	static struct mm_ledger_record record;
	char words[MM_LEDGER_TEXT_MAX];

	(void)snprintf(words, sizeof(words), "not kept any more: segments up to %" PRIu64 ", records up to %" PRIu64
	    "; the anchor has their end, counts and keys", gone->end.segment, gone->sequence);
	record = (struct mm_ledger_record){ .kind = MM_LEDGER_NOTE, .time_us = ledger_wall_us() };
	record.note = mm_slice_str(words);
	(void)!ledger_record(ledger, &record, NULL, NULL);
}

static void
end(struct ledger *ledger, int64_t now_ms)
{
	struct ledger_keep *keep = &ledger->keep;

	pthread_join(keep->thread, NULL);
	keep->running = false;
	keep->fault = keep->outcome;
	keep->due_ms = keep->gone.more ? now_ms : now_ms + EACH_MS;
	if (keep->gone.segments > 0)
		note(ledger);
	if (keep->fault != NULL)
		ledger_alarm(ledger, "the oldest segments of the ledger stay: %s", keep->fault);
}

void
ledger_keep_end(struct ledger *ledger)
{
	if (!ledger->keep.running)
		return;
	atomic_store(&ledger->keep.stop, true);
	pthread_join(ledger->keep.thread, NULL);
	ledger->keep.running = false;
}

/* ---- the disk ---- */

static int64_t
begun_s(const struct ledger *ledger, uint64_t number)
{
	struct mm_ledger_header header;
	int fd = mm_ledger_segment_open(ledger->folder_fd, number, O_RDONLY, &header);

	if (fd == -1)
		return 0;
	close(fd);
	return header.created_us / 1000000;
}

/* What the newest full segments took a day. */
static uint64_t
rate_of(const struct ledger *ledger, const uint64_t *numbers, size_t count, int64_t now_s)
{
	size_t first = count > RATE_SEGMENTS ? count - RATE_SEGMENTS : 0;
	int64_t since_s = count == 0 ? 0 : begun_s(ledger, numbers[first]), took_s = now_s - since_s;

	if (since_s == 0)
		return 0;
	return (count - 1 - first) * MM_LEDGER_SEGMENT_BYTES * (uint64_t)DAY_S /
	    (uint64_t)(took_s < RATE_MIN_S ? RATE_MIN_S : took_s);
}

/* How many days the disk has room for what is still to come before as much is let go as is written; -1: for all. */
static int64_t
days_left(const struct ledger_keep *keep, int64_t now_s)
{
	int64_t grows_s = keep->for_s - (now_s - keep->oldest_s), days;

	if (keep->bytes_a_day == 0)
		return keep->free_bytes < 2 * MM_LEDGER_SEGMENT_BYTES ? 0 : -1;
	days = (int64_t)(keep->free_bytes / keep->bytes_a_day);
	return keep->for_s > 0 && days > grows_s / DAY_S ? -1 : days;
}

static bool
is_short(const struct ledger_keep *keep)
{
	return keep->days_left >= 0 && keep->days_left < DAYS_ALARM;
}

/* An alarm for each day less, not for each time that it is looked. */
static void
tell_days(struct ledger *ledger)
{
	struct ledger_keep *keep = &ledger->keep;

	if (is_short(keep) && keep->days_left + 1 != keep->days_told)
		ledger_alarm(ledger, "the ledger's disk is full in %" PRId64 " days at the present rate, and then no "
		    "token is issued: give it more room, or shorten 'ledger_keep'", keep->days_left);
	keep->days_told = is_short(keep) ? keep->days_left + 1 : 0;
}

static void
look_at_disk(struct ledger *ledger)
{
	struct ledger_keep *keep = &ledger->keep;
	int64_t now_s = ledger_wall_s();
	struct statvfs disk;
	uint64_t *numbers;
	ssize_t count = mm_ledger_list(ledger->folder_fd, &numbers);

	if (count == -1 || fstatvfs(ledger->folder_fd, &disk) == -1) {
		if (count != -1)
			free(numbers);
		return;
	}
	keep->free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	keep->oldest_s = count == 0 ? 0 : begun_s(ledger, numbers[0]);
	keep->bytes_a_day = rate_of(ledger, numbers, (size_t)count, now_s);
	keep->days_left = days_left(keep, now_s);
	free(numbers);
	tell_days(ledger);
}

/* ---- both ---- */

int64_t
ledger_keep_tick(struct ledger *ledger, int64_t now_ms)
{
	struct ledger_keep *keep = &ledger->keep;

	if (keep->due_ms == 0)
		keep->due_ms = now_ms + FIRST_MS;
	if (now_ms >= keep->looked_ms) {
		look_at_disk(ledger);
		keep->looked_ms = now_ms + (is_short(keep) ? LOOK_SHORT_MS : LOOK_MS);
	}
	if (keep->running && atomic_load(&keep->done))
		end(ledger, now_ms);
	if (!keep->running && now_ms >= keep->due_ms && may_let_go(ledger)) {
		keep->due_ms = now_ms + EACH_MS;
		begin(ledger);
	}
	return now_ms + 1000;
}

void
ledger_keep_status(const struct ledger *ledger, struct mm_json_writer *writer)
{
	const struct ledger_keep *keep = &ledger->keep;

	mm_json_begin_object(writer, "kept");
	if (keep->oldest_s > 0)
		mm_json_add_int(writer, "since", keep->oldest_s);
	mm_json_add_int(writer, "for", keep->for_s);
	mm_json_add_str(writer, "fault", keep->fault);
	mm_json_add_int(writer, "free_bytes", (int64_t)keep->free_bytes);
	mm_json_add_int(writer, "bytes_a_day", (int64_t)keep->bytes_a_day);
	if (keep->days_left >= 0)
		mm_json_add_int(writer, "days_left", keep->days_left);
	mm_json_end_object(writer);
}
