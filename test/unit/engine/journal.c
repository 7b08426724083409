/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal as a whole: what was appended is read, once and in order, over segments, lives and damage.
 */
#include "test/journal_world.h"

#include "engine/journal_segment.h"

#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

static const enum mm_journal_mode modes[] = { MM_JOURNAL_BEFORE_ANSWER, MM_JOURNAL_DURABLE, MM_JOURNAL_GROUP };

static int
setup(void **state)
{
	*state = malloc(sizeof(struct journal_world));
	assert_non_null(*state);
	world_make(*state);
	return 0;
}

static int
teardown(void **state)
{
	world_remove(*state);
	free(*state);
	return 0;
}

static void
append_all(struct journal_world *world, uint64_t from, uint64_t to)
{
	for (uint64_t number = from; number <= to; number++)
		assert_true(world_append(world, number));
}

static void
assert_found(const struct journal_world *world, uint64_t decisions, uint64_t damaged)
{
	struct journal_found found = world_read(world);

	assert_false(found.failed);
	assert_true(found.ordered);
	assert_int_equal(found.damaged, damaged);
	assert_int_equal(found.decisions, decisions);
}

/* ---- writing and reading ---- */

static void
test_every_mode(void **state)
{
	struct journal_world *world = *state;
	uint64_t next = 1;

	world->feed = true;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct mm_journal_stats stats;

		assert_true(world_open(world, modes[i], 1));
		assert_true(mm_journal_ready(world->journal));
		append_all(world, next, next + 999);
		next += 1000;
		mm_journal_stats(world->journal, &stats);
		assert_int_equal(stats.records, 1000);
		assert_int_equal(stats.failures, 0);
		if (modes[i] == MM_JOURNAL_DURABLE)
			assert_true(stats.syncs >= 1000);
		assert_true(world_close(world));
		assert_null(world->journal);
		assert_found(world, next - 1, 0);
	}
	assert_true(world->number > 5);
	assert_int_equal(world_count(world, &world->alarms), 0);
}

/* Before the answer means before: another process sees the record when append returns. */
static void
test_written_before_return(void **state)
{
	struct journal_world *world = *state;

	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 0));
	for (uint64_t number = 1; number < 20; number++) {
		assert_true(world_append(world, number));
		assert_found(world, number, 0);
	}
	assert_true(world_close(world));
}

static int64_t
now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Group mode writes by itself. */
static void
test_group_writes_soon(void **state)
{
	static const struct timespec moment = { 0, 1000000 };
	struct journal_world *world = *state;
	int64_t begun_s = now_s();

	assert_true(world_open(world, MM_JOURNAL_GROUP, 0));
	assert_true(world_append(world, 1));
	while (world_read(world).decisions == 0) {
		assert_true(now_s() - begun_s < 60); /* promised: 100 ms; a busy machine is not a failure */
		nanosleep(&moment, NULL);
	}
	assert_true(world_close(world));
}

static void
test_events_tell_its_life(void **state)
{
	struct journal_world *world = *state;

	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 0));
	assert_true(world_close(world));
	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 0));
	assert_true(world_close(world));
	assert_int_equal(world_read(world).events, 4);
}

static void
test_without_a_segment(void **state)
{
	struct journal_world *world = *state;

	world->journal = mm_journal_open("gate", MM_JOURNAL_BEFORE_ANSWER, NULL);
	assert_false(mm_journal_ready(world->journal));
	assert_false(world_append(world, 1));
	assert_true(world_close(world));
	assert_true(mm_journal_close(&world->journal));
	assert_null(mm_journal_open("", MM_JOURNAL_GROUP, NULL));
	assert_null(mm_journal_open("../gate", MM_JOURNAL_GROUP, NULL));
	assert_null(mm_journal_open("sixteen-letters-", MM_JOURNAL_GROUP, NULL));
}

static void
test_foreign_segments(void **state)
{
	struct journal_world *world = *state;
	int other = mm_journal_segment_create(world->dir_fd, "other", WORLD_SEGMENT, 1);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
	assert_false(mm_journal_add_segment(world->journal, other));
	assert_false(mm_journal_add_segment(world->journal, null));
	assert_false(mm_journal_add_segment(world->journal, -1));
	assert_int_equal(fcntl(other, F_GETFD), -1);
	assert_int_equal(world_count(world, &world->alarms), 3);
	/* A number that was there before. */
	assert_false(mm_journal_add_segment(world->journal,
	    mm_journal_segment_create(world->dir_fd, "gate", WORLD_SEGMENT, 2)));
	assert_true(world_close(world));
}

/* Handing one in takes longer than filling one of these small segments: have some in hand. */
#define MM_TEST_SPARES 4

#define THREADS 4
#define PER_THREAD 500

static void *
append_some(void *ctx)
{
	uint64_t failed = 0;

	for (unsigned i = 0; i < PER_THREAD; i++) {
		struct mm_journal_record record = { .kind = MM_JOURNAL_DECISION, .allowed = true };

		failed += !mm_journal_append(ctx, &record);
	}
	return failed == 0 ? ctx : NULL;
}

/* Threads share a journal; a reader follows meanwhile. */
static void
test_threads(void **state)
{
	struct journal_world *world = *state;
	struct mm_journal_stats stats;
	struct mm_journal_reader *reader;
	struct journal_found found = { .ordered = true };
	pthread_t threads[THREADS];
	void *result;

	world->feed = true;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_true(world_open(world, modes[i], MM_TEST_SPARES));
		for (unsigned j = 0; j < THREADS; j++)
			assert_int_equal(pthread_create(&threads[j], NULL, append_some, world->journal), 0);
		reader = mm_journal_reader_open(world->dir_fd, "gate");
		memset(&found, 0, sizeof(found));
		while (modes[i] != MM_JOURNAL_GROUP && found.decisions < (i + 1) * THREADS * PER_THREAD &&
		    found.damaged == 0)
			world_read_on(reader, &found);
		for (unsigned j = 0; j < THREADS; j++) {
			pthread_join(threads[j], &result);
			assert_ptr_equal(result, world->journal);
		}
		mm_journal_stats(world->journal, &stats);
		assert_int_equal(stats.records, THREADS * PER_THREAD);
		assert_true(world_close(world));
		world_read_on(reader, &found);
		assert_int_equal(found.damaged, 0);
		assert_int_equal(found.decisions, (i + 1) * THREADS * PER_THREAD);
		mm_journal_reader_free(&reader);
	}
}

/* ---- folding ---- */

static void
test_folded_counts_are_exact(void **state)
{
	struct journal_world *world = *state;
	struct mm_journal_stats stats;
	struct journal_found found;
	const unsigned appended = 5000;
	int64_t begun_s = now_s();

	world->feed = true;
	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
	for (unsigned i = 0; i < appended; i++) {
		struct mm_journal_record record = { .kind = MM_JOURNAL_DECISION };

		record.reason = i % 3 == 0 ? MM_TOKEN_MALFORMED : MM_KEY_UNKNOWN;
		record.fields[MM_JF_SOURCE] = mm_slice_str(i % 7 == 0 ? "192.0.2.1" : "2001:db8::1");
		record.fields[MM_JF_SERVICE] = mm_slice_str("imap");
		assert_true(mm_journal_append(world->journal, &record));
	}
	mm_journal_stats(world->journal, &stats);
	assert_int_equal(stats.records + stats.folded, appended);
	assert_true(stats.records <= 200 * (uint64_t)(now_s() - begun_s + 2)); /* a second, of both sources */
	assert_true(world_close(world));
	found = world_read(world);
	assert_int_equal(found.decisions, stats.records);
	assert_int_equal(found.folded, stats.folded);
	assert_int_equal(found.damaged, 0);
}

/* ---- full ---- */

static void
test_reserve_is_for_allows(void **state)
{
	struct journal_world *world = *state;
	struct mm_journal_record denial = { .kind = MM_JOURNAL_DECISION, .reason = MM_SIGNATURE_INVALID };
	struct mm_journal_record early = { .kind = MM_JOURNAL_DECISION, .reason = MM_KEY_UNKNOWN };
	struct mm_journal_record allow = { .kind = MM_JOURNAL_DECISION, .allowed = true };
	uint64_t denials = 0, allows = 0, early_count = 0;
	struct journal_found found;

	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 0));
	while (mm_journal_append(world->journal, &denial))
		denials++;
	assert_true(denials > 100);
	assert_true(mm_journal_append(world->journal, &early)); /* counted */
	early_count++;
	assert_int_equal(world->wanted, 0);
	while (mm_journal_append(world->journal, &allow))
		allows++;
	assert_true(allows >= WORLD_SEGMENT / 16 / MM_JOURNAL_RECORD_MAX + 10);
	assert_false(mm_journal_ready(world->journal));
	assert_int_equal(world_count(world, &world->alarms), 1);
	assert_int_equal(world->wanted, 1);
	/* Room again: everything that was counted is there in the end. */
	world_hand_in(world);
	assert_true(mm_journal_ready(world->journal));
	assert_true(mm_journal_append(world->journal, &denial));
	assert_true(mm_journal_append(world->journal, &allow));
	assert_true(world_close(world));
	found = world_read(world);
	assert_int_equal(found.decisions, denials + allows + 2);
	assert_int_equal(found.folded, early_count);
	assert_int_equal(found.damaged, 0);
}

/* What was counted and never found room is told when the journal closes. */
static void
test_full_until_closed(void **state)
{
	struct journal_world *world = *state;
	struct mm_journal_record allow = { .kind = MM_JOURNAL_DECISION, .allowed = true };
	struct mm_journal_record early = { .kind = MM_JOURNAL_DECISION, .reason = MM_KEY_UNKNOWN };

	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 0));
	while (mm_journal_append(world->journal, &allow))
		;
	assert_true(mm_journal_append(world->journal, &early));
	assert_false(world_close(world));
}

/* ---- torn and damaged ---- */

/* The place behind the last record of a segment. */
static uint64_t
end_of(const struct journal_world *world, unsigned number)
{
	struct mm_journal_segment segment;
	struct mm_journal_window window;
	uint64_t offset = MM_JOURNAL_HEADER_LEN;
	const uint8_t *bytes;
	size_t len;

	assert_int_equal(mm_journal_segment_open(world->dir_fd, "gate", number, &segment), 0);
	assert_true(mm_journal_window_init(&window));
	mm_journal_window_set(&window, segment.fd);
	while (mm_journal_look(&window, &segment, offset, &bytes, &len) == MM_LOOK_RECORD)
		offset += len;
	mm_journal_window_clear(&window);
	close(segment.fd);
	return offset;
}

/* The first bytes of a write arrived, then the process died: for every number of bytes. */
static void
test_torn_tail(void **state)
{
	struct journal_world *world = *state;
	uint8_t bytes[MM_JOURNAL_RECORD_MAX];
	char text[32];
	struct mm_journal_record record = world_record(999, text);
	size_t len = mm_journal_encode_record(&record, bytes);
	uint64_t written = 0;

	for (size_t torn = 1; torn < len; torn += 7) {
		struct mm_journal_segment segment;
		struct mm_journal_link link = { .sequence = 12345 };

		assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
		assert_true(world_append(world, ++written));
		assert_true(world_close(world));
		assert_int_equal(mm_journal_segment_open(world->dir_fd, "gate", 1, &segment), 0);
		close(segment.fd);
		link.salt = segment.identity.salt;
		mm_journal_seal_record(bytes, len, &link);
		world_damage(world, 1, end_of(world, 1), bytes, torn);
		assert_found(world, written, 0); /* a write that may still be going on is no damage */
	}
	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
	assert_true(world_close(world));
	assert_found(world, written, 0);
}

/* Pages in the middle are gone: the rest is kept, by the reader and by the writer that goes on. */
static void
test_hole(void **state)
{
	static const uint8_t zeroes[1024];
	struct journal_world *world = *state;
	struct journal_found found;

	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
	append_all(world, 1, 100);
	assert_true(world_close(world));
	world_damage(world, 1, 4096, zeroes, sizeof(zeroes));
	found = world_read(world);
	assert_int_equal(found.damaged, 1);
	assert_true(found.decisions >= 92 && found.decisions < 100);
	assert_int_equal(found.last_number, 100);
	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
	append_all(world, 101, 150);
	assert_true(world_close(world));
	assert_found(world, found.decisions + 50, 1);
}

/* Whatever single byte changes: no record comes back other than it was, and each loss is told. */
static void
test_changed_byte(void **state)
{
	struct journal_world *world = *state;
	uint64_t end;

	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
	append_all(world, 1, 8);
	assert_true(world_close(world));
	end = end_of(world, 1);
	for (uint64_t offset = MM_JOURNAL_HEADER_LEN; offset < end; offset++) {
		struct mm_journal_segment segment;
		struct journal_found found;
		uint8_t byte, changed;

		assert_int_equal(mm_journal_segment_open(world->dir_fd, "gate", 1, &segment), 0);
		assert_int_equal(pread(segment.fd, &byte, 1, (off_t)offset), 1);
		close(segment.fd);
		changed = byte ^ 0x10;
		world_damage(world, 1, offset, &changed, 1);
		found = world_read(world);
		assert_true(found.ordered);
		assert_true(found.decisions >= 7);
		/* In the last record it is a torn tail. */
		assert_true(found.damaged == 1 || (found.events == 1 && found.damaged == 0));
		world_damage(world, 1, offset, &byte, 1);
	}
	assert_found(world, 8, 0);
}

/* Records swapped, each whole by itself: only the chain shows it. */
static void
test_swapped_records(void **state)
{
	struct journal_world *world = *state;
	uint8_t bytes[2048];
	uint64_t first, len;
	struct mm_journal_segment segment;
	struct journal_found found;

	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
	first = end_of(world, 1);
	append_all(world, 1, 1);
	len = end_of(world, 1) - first;
	append_all(world, 2, 3);
	assert_true(world_close(world));
	assert_int_equal(mm_journal_segment_open(world->dir_fd, "gate", 1, &segment), 0);
	assert_int_equal(pread(segment.fd, bytes, 2 * len, (off_t)first), (ssize_t)(2 * len));
	close(segment.fd);
	world_damage(world, 1, first, bytes + len, len);
	world_damage(world, 1, first + len, bytes, len);
	found = world_read(world);
	assert_true(found.damaged >= 2);
	/* A record that stands in another one's text is none without the salt. */
	world_damage(world, 1, first, bytes, 2 * len);
	assert_found(world, 3, 0);
}

/* A record taken off the end of a segment that another one follows. */
static void
test_missing_end(void **state)
{
	static const uint8_t zeroes[MM_JOURNAL_RECORD_MAX];
	struct journal_world *world = *state;
	uint64_t end;

	world->feed = true;
	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
	append_all(world, 1, 600);
	assert_true(world_close(world));
	assert_found(world, 600, 0);
	end = end_of(world, 1);
	world_damage(world, 1, end - 200, zeroes, 200);
	assert_int_equal(world_read(world).damaged, 1);
}

/* Where the reader says that damage is, of the first one; segment 0: none was told. */
static struct mm_journal_place
first_damage(const struct journal_world *world)
{
	struct mm_journal_reader *reader = mm_journal_reader_open(world->dir_fd, "gate");
	struct mm_journal_place where = { 0, 0 };
	struct mm_journal_record record;
	enum mm_journal_read read;

	while ((read = mm_journal_read(reader, &record, &where)) == MM_READ_RECORD)
		;
	mm_journal_reader_free(&reader);
	return read == MM_READ_DAMAGED ? where : (struct mm_journal_place){ 0, 0 };
}

/* A segment whose identity is gone is told, wherever it stands; the others are read. */
static void
test_damaged_identity(void **state)
{
	struct journal_world *world = *state;
	uint64_t newest;

	world->feed = true;
	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
	append_all(world, 1, 1000);
	assert_true(world_close(world));
	assert_found(world, 1000, 0); /* also beside a spare */
	newest = world->number;
	assert_true(newest >= 4);
	/* The spare, the first one, one in the middle: in each case with those before. */
	for (unsigned i = 0; i < 3; i++) {
		const uint64_t numbers[] = { newest, 1, 2 };
		const uint64_t first[] = { newest, 1, 1 };
		const uint64_t damaged[] = { 1, 2, 3 };
		struct journal_found found;

		world_damage(world, (unsigned)numbers[i], 20, "?", 1);
		found = world_read(world);
		assert_int_equal(found.damaged, damaged[i]);
		assert_true(found.ordered && !found.failed);
		assert_int_equal(found.last_number, 1000);
		assert_int_equal(first_damage(world).segment, first[i]);
		assert_int_equal(first_damage(world).offset, 0);
	}
}

/* ---- reading from elsewhere ---- */

static void
test_resume(void **state)
{
	struct journal_world *world = *state;
	struct mm_journal_reader *reader;
	struct mm_journal_record record;
	struct mm_journal_place place;
	uint64_t count = 0;

	world->feed = true;
	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
	append_all(world, 1, 700);
	/* Each record is taken by a reader of its own, which resumes behind the last. */
	for (;;) {
		enum mm_journal_read read;

		reader = mm_journal_reader_open(world->dir_fd, "gate");
		if (count > 0)
			assert_int_equal(mm_journal_reader_resume(reader, &place), 0);
		read = mm_journal_read(reader, &record, &place);
		mm_journal_reader_free(&reader);
		if (read == MM_READ_END)
			break;
		assert_int_equal(read, MM_READ_RECORD);
		count++;
	}
	assert_int_equal(count, 701);
	assert_true(world_close(world));
}

static void
test_resume_at_nothing(void **state)
{
	struct journal_world *world = *state;
	struct mm_journal_place inside = { 1, 200 }, gone = { 7, 192 };
	struct mm_journal_record record;
	struct mm_journal_reader *reader;

	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 0));
	append_all(world, 1, 10);
	reader = mm_journal_reader_open(world->dir_fd, "gate");
	assert_int_equal(mm_journal_reader_resume(reader, &inside), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(mm_journal_reader_resume(reader, &gone), 0);
	assert_int_equal(mm_journal_read(reader, &record, &gone), MM_READ_END);
	mm_journal_reader_free(&reader);
	assert_true(world_close(world));
}

/* The oldest segments go away while somebody reads them: the open one is read to its end, the gap is told. */
static void
test_removed_segments(void **state)
{
	struct journal_world *world = *state;
	struct mm_journal_reader *reader;
	struct mm_journal_record record;
	struct mm_journal_place place, first;
	struct journal_found found = { .ordered = true };

	world->feed = true;
	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
	append_all(world, 1, 2000);
	assert_true(world->number >= 5);
	reader = mm_journal_reader_open(world->dir_fd, "gate");
	assert_int_equal(mm_journal_read(reader, &record, &first), MM_READ_RECORD);
	assert_int_equal(mm_journal_segment_remove_old(world->dir_fd, "gate", 2), 0);
	world_read_on(reader, &found);
	assert_int_equal(found.damaged, 1);
	assert_int_equal(found.last_number, 2000);
	assert_int_equal(mm_journal_reader_resume(reader, &first), 0);
	assert_int_equal(mm_journal_read(reader, &record, &place), MM_READ_DAMAGED);
	assert_int_equal(mm_journal_read(reader, &record, &place), MM_READ_RECORD);
	mm_journal_reader_free(&reader);
	found = world_read(world); /* to a new reader the oldest one is the beginning */
	assert_int_equal(found.damaged, 0);
	append_all(world, 2001, 2010);
	assert_true(world_close(world));
}

static void
test_since(void **state)
{
	struct journal_world *world = *state;
	struct mm_journal_reader *reader;
	struct mm_journal_segment segment;
	struct journal_found found = { .ordered = true };

	world->feed = true;
	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
	append_all(world, 1, 2000);
	assert_true(world_close(world));
	assert_int_equal(mm_journal_segment_open(world->dir_fd, "gate", 3, &segment), 0);
	close(segment.fd);
	reader = mm_journal_reader_open(world->dir_fd, "gate");
	assert_int_equal(mm_journal_reader_since(reader, segment.start.started_us), 0);
	world_read_on(reader, &found);
	assert_true(found.decisions < 1500);
	assert_int_equal(found.last_number, 2000);
	assert_int_equal(found.damaged, 0);
	mm_journal_reader_free(&reader);
	reader = mm_journal_reader_open(world->dir_fd, "gate");
	memset(&found, 0, sizeof(found));
	assert_int_equal(mm_journal_reader_since(reader, 0), 0);
	world_read_on(reader, &found);
	assert_int_equal(found.decisions, 2000);
	mm_journal_reader_free(&reader);
}

/* ---- files ---- */

static void
test_segment_files(void **state)
{
	struct journal_world *world = *state;
	struct stat status;
	uint64_t number;
	int fd;

	assert_int_equal(mm_journal_segment_newest(world->dir_fd, "gate", &number), -1);
	assert_int_equal(errno, ENOENT);
	fd = mm_journal_segment_create(world->dir_fd, "gate", WORLD_SEGMENT, 1);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_size, WORLD_SEGMENT);
	assert_true(status.st_blocks * 512 >= WORLD_SEGMENT);
	assert_int_equal(status.st_mode & 0777 & ~0640U, 0);
	close(fd);
	/* A spare is opened again, a begun one is not. */
	fd = mm_journal_segment_create(world->dir_fd, "gate", WORLD_SEGMENT, 1);
	assert_true(fd >= 0);
	close(fd);
	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 2));
	assert_true(world_close(world));
	assert_int_equal(mm_journal_segment_create(world->dir_fd, "gate", WORLD_SEGMENT, 1), -1);
	assert_int_equal(errno, EEXIST);
	fd = mm_journal_segment_newest(world->dir_fd, "gate", &number);
	assert_true(fd >= 0);
	assert_int_equal(number, 1);
	close(fd);
}

static void
test_wrong_segments(void **state)
{
	struct journal_world *world = *state;

	assert_int_equal(mm_journal_segment_create(world->dir_fd, "gate", WORLD_SEGMENT - 8, 1), -1);
	assert_int_equal(mm_journal_segment_create(world->dir_fd, "gate", WORLD_SEGMENT + 1, 1), -1);
	assert_int_equal(mm_journal_segment_create(world->dir_fd, "gate", INT64_MAX - 7, 1), -1);
	assert_int_equal(mm_journal_segment_create(world->dir_fd, "gate", WORLD_SEGMENT, 0), -1);
	assert_int_equal(mm_journal_segment_create(world->dir_fd, "a/b", WORLD_SEGMENT, 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_null(mm_journal_reader_open(world->dir_fd, "a/b"));
}

/* What only has a segment's name is told apart from one, whatever it is. */
static void
test_no_segment(void **state)
{
	static const char name[] = "gate.0000000001.journal";
	struct journal_world *world = *state;

	for (unsigned kind = 0; kind < 4; kind++) {
		uint64_t number = 0;

		if (kind == 0)
			close(openat(world->dir_fd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		else if (kind == 1)
			assert_int_equal(mkfifoat(world->dir_fd, name, 0600), 0);
		else if (kind == 2)
			assert_int_equal(mkdirat(world->dir_fd, name, 0700), 0);
		else
			assert_int_equal(symlinkat("/dev/null", world->dir_fd, name), 0);
		assert_int_equal(mm_journal_segment_newest(world->dir_fd, "gate", &number), -1);
		assert_int_equal(errno, EPROTO);
		assert_int_equal(number, 1);
		assert_int_equal(mm_journal_segment_create(world->dir_fd, "gate", WORLD_SEGMENT, 1), -1);
		assert_int_equal(errno, EPROTO);
		assert_int_equal(unlinkat(world->dir_fd, name, kind == 2 ? AT_REMOVEDIR : 0), 0);
	}
}

/* A number that something else has is passed over: the journal goes on, and the others are still one journal. */
static void
test_number_passed_over(void **state)
{
	struct journal_world *world = *state;
	struct mm_journal_segment segment;
	uint8_t id[MM_JOURNAL_ID_LEN];

	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 0));
	assert_int_equal(mkfifoat(world->dir_fd, "gate.0000000002.journal", 0600), 0);
	world->number = 2;
	world->feed = true;
	world_hand_in(world);
	append_all(world, 1, 1000);
	assert_int_equal(mm_journal_segment_open(world->dir_fd, "gate", 1, &segment), 0);
	close(segment.fd);
	memcpy(id, segment.identity.id, sizeof(id));
	assert_found(world, 1000, 1);
	/* It is never among what is removed, and does not end the removing, or the journal's id. */
	assert_int_equal(mm_journal_segment_remove_old(world->dir_fd, "gate", 2), 0);
	assert_int_equal(mm_journal_segment_open(world->dir_fd, "gate", 1, &segment), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(mm_journal_segment_open(world->dir_fd, "gate", 3, &segment), -1);
	assert_int_equal(errno, ENOENT);
	append_all(world, 1001, 1500);
	assert_int_equal(mm_journal_segment_open(world->dir_fd, "gate", world->number, &segment), 0);
	close(segment.fd);
	assert_memory_equal(segment.identity.id, id, sizeof(id));
	assert_int_equal(unlinkat(world->dir_fd, "gate.0000000002.journal", 0), 0);
	assert_int_equal(world_read(world).damaged, 0);
	assert_int_equal(mm_journal_segment_remove_old(world->dir_fd, "gate", 2), 0);
	assert_true(world_close(world));
}

/* A rest of a creation that did not finish is replaced. */
static void
test_unfinished_creation(void **state)
{
	struct journal_world *world = *state;
	int fd = openat(world->dir_fd, "gate.0000000001.journal.new", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, "rest", 4), 4);
	close(fd);
	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
	assert_true(world_close(world));
	assert_int_equal(faccessat(world->dir_fd, "gate.0000000001.journal.new", F_OK, 0), -1);
}

/* A spare that lies there when the writer starts again is used in its turn. */
static void
test_spare_of_an_earlier_life(void **state)
{
	struct journal_world *world = *state;
	uint64_t number;

	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 2));
	append_all(world, 1, 10);
	assert_true(world_close(world));
	world->feed = true;
	assert_true(world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1));
	append_all(world, 11, 900);
	assert_true(world_close(world));
	assert_found(world, 900, 0);
	close(mm_journal_segment_newest(world->dir_fd, "gate", &number));
	assert_true(number >= 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		WORLD_TEST(test_every_mode),
		WORLD_TEST(test_written_before_return),
		WORLD_TEST(test_group_writes_soon),
		WORLD_TEST(test_events_tell_its_life),
		WORLD_TEST(test_without_a_segment),
		WORLD_TEST(test_foreign_segments),
		WORLD_TEST(test_threads),
		WORLD_TEST(test_folded_counts_are_exact),
		WORLD_TEST(test_reserve_is_for_allows),
		WORLD_TEST(test_full_until_closed),
		WORLD_TEST(test_torn_tail),
		WORLD_TEST(test_hole),
		WORLD_TEST(test_changed_byte),
		WORLD_TEST(test_swapped_records),
		WORLD_TEST(test_missing_end),
		WORLD_TEST(test_damaged_identity),
		WORLD_TEST(test_resume),
		WORLD_TEST(test_resume_at_nothing),
		WORLD_TEST(test_removed_segments),
		WORLD_TEST(test_since),
		WORLD_TEST(test_segment_files),
		WORLD_TEST(test_wrong_segments),
		WORLD_TEST(test_no_segment),
		WORLD_TEST(test_number_passed_over),
		WORLD_TEST(test_unfinished_creation),
		WORLD_TEST(test_spare_of_an_earlier_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
