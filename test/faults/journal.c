/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal when the disk fails and when the process dies: the n-th pwrite, fdatasync or allocation fails, for
 * every n, in every way; a writer is killed at any point. What was acknowledged is there, whole and once; nothing
 * half is read.
 */
#include "test/journal_world.h"

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

/* ---- failing calls: the linker puts these before the C library's (--wrap) ---- */

enum failure {
	FAIL_EIO,
	FAIL_ENOSPC,
	FAIL_SHORT,      /* half of it is written, then there is no space */
	FAIL_AFTER,      /* all of it is written, and an error returned */
	FAIL_COUNT
};

/* A journal's own thread may come to a failing call at any moment, also while the test says what fails next. */
struct fault {
	unsigned at;     /* which call fails, from 1 on; 0: none */
	bool for_good;   /* and every one after it */
	enum failure how;
	unsigned calls;
};

static struct fault fault_write, fault_sync, fault_allocate;
static pthread_mutex_t faults_lock = PTHREAD_MUTEX_INITIALIZER;

/* A slow disk: a sync ends when so many records are in the journal; NULL: none is waited for. */
struct slow_disk {
	struct mm_journal *journal;
	uint64_t records;
};

static struct slow_disk slow_disk;

ssize_t __real_pwrite64(int fd, const void *bytes, size_t len, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t len, off_t offset);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_posix_fallocate64(int fd, off_t offset, off_t len);
int __wrap_posix_fallocate64(int fd, off_t offset, off_t len);

static void
set_fault(struct fault *fault, struct fault next)
{
	pthread_mutex_lock(&faults_lock);
	*fault = next;
	pthread_mutex_unlock(&faults_lock);
}

static void
no_faults(void)
{
	set_fault(&fault_write, (struct fault){ .at = 0 });
	set_fault(&fault_sync, (struct fault){ .at = 0 });
	set_fault(&fault_allocate, (struct fault){ .at = 0 });
}

static unsigned
count_writes(void)
{
	unsigned calls;

	pthread_mutex_lock(&faults_lock);
	calls = fault_write.calls;
	pthread_mutex_unlock(&faults_lock);
	return calls;
}

/* Count a call. 'now' says how it stands with the fault; returns whether this call fails. */
static bool
count_call(struct fault *fault, struct fault *now)
{
	bool fails;

	pthread_mutex_lock(&faults_lock);
	fails = fault->at > 0 && (++fault->calls == fault->at || (fault->for_good && fault->calls > fault->at) ||
	    (fault->how == FAIL_SHORT && fault->calls == fault->at + 1));
	*now = *fault;
	pthread_mutex_unlock(&faults_lock);
	return fails;
}

ssize_t
__wrap_pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
	struct fault now;

	if (!count_call(&fault_write, &now))
		return __real_pwrite64(fd, bytes, len, offset);
	if (now.how == FAIL_SHORT && now.calls == now.at && len > 1)
		return __real_pwrite64(fd, bytes, len / 2, offset);
	if (now.how == FAIL_AFTER)
		(void)!__real_pwrite64(fd, bytes, len, offset);
	errno = now.how == FAIL_EIO || now.how == FAIL_AFTER ? EIO : ENOSPC;
	return -1;
}

static void
set_slow_disk(struct slow_disk next)
{
	pthread_mutex_lock(&faults_lock);
	slow_disk = next;
	pthread_mutex_unlock(&faults_lock);
}

static void
wait_for_slow_disk(void)
{
	static const struct timespec moment = { 0, 1000000 };
	struct mm_journal_stats stats = { .records = 0 };
	struct slow_disk disk;

	pthread_mutex_lock(&faults_lock);
	disk = slow_disk;
	pthread_mutex_unlock(&faults_lock);
	while (disk.journal != NULL && (mm_journal_stats(disk.journal, &stats), stats.records < disk.records))
		nanosleep(&moment, NULL);
}

int
__wrap_fdatasync(int fd)
{
	struct fault now;

	wait_for_slow_disk();
	if (!count_call(&fault_sync, &now))
		return __real_fdatasync(fd);
	errno = EIO;
	return -1;
}

int
__wrap_posix_fallocate64(int fd, off_t offset, off_t len)
{
	struct fault now;

	if (count_call(&fault_allocate, &now))
		return now.how == FAIL_ENOSPC ? ENOSPC : EOPNOTSUPP;
	return __real_posix_fallocate64(fd, offset, len);
}

/* ---- what must hold ---- */

/* Enough to fill a segment and go on in the next. */
#define RECORDS 480

/* Which of the numbers were acknowledged, and which came back. */
struct numbers {
	bool acknowledged[RECORDS + 1];
	unsigned found[RECORDS + 1];
	uint64_t damaged, last;
	unsigned turned; /* how many writes there were when the first segment was full */
};

static void
find_numbers(const struct journal_world *world, struct numbers *numbers)
{
	struct mm_journal_reader *reader = mm_journal_reader_open(world->dir_fd, "gate");
	struct mm_journal_record record;
	struct mm_journal_place where;
	enum mm_journal_read read;

	assert_non_null(reader);
	while ((read = mm_journal_read(reader, &record, &where)) != MM_READ_END) {
		assert_int_not_equal(read, MM_READ_FAILED);
		numbers->damaged += read == MM_READ_DAMAGED;
		if (read != MM_READ_RECORD || record.kind != MM_JOURNAL_DECISION)
			continue;
		assert_true(record.time_us >= 1 && record.time_us <= RECORDS);
		assert_true((uint64_t)record.time_us > numbers->last);
		numbers->last = (uint64_t)record.time_us;
		numbers->found[record.time_us]++;
	}
	mm_journal_reader_free(&reader);
}

static void
append_numbers(struct journal_world *world, struct numbers *numbers)
{
	for (unsigned i = 1; i <= RECORDS; i++) {
		numbers->acknowledged[i] = world_append(world, i);
		if (numbers->turned == 0 && world_count(world, &world->wanted) > 0)
			numbers->turned = count_writes();
	}
}

/* Whatever was acknowledged is there once; in the modes that write at once, nothing else is. */
static void
check_numbers(const struct numbers *numbers, bool unacknowledged_may_be_there)
{
	assert_int_equal(numbers->damaged, 0);
	for (unsigned i = 1; i <= RECORDS; i++) {
		if (numbers->acknowledged[i])
			assert_int_equal(numbers->found[i], 1);
		else
			assert_true(numbers->found[i] <= unacknowledged_may_be_there);
	}
}

/* One life of a journal under the faults that are set; returns whether all of it went well. */
static bool
live(enum mm_journal_mode mode, struct numbers *numbers, bool unacknowledged_may_be_there)
{
	struct journal_world world;
	struct journal_found found;
	bool opened, closed;

	memset(numbers, 0, sizeof(*numbers));
	world_make(&world);
	world.feed = true;
	opened = world_open(&world, mode, 2);
	if (opened)
		append_numbers(&world, numbers);
	closed = world_close(&world);
	/* Group mode acknowledges what is in memory; a failed close says that some of it may be lost. */
	if (mode != MM_JOURNAL_GROUP || closed) {
		no_faults();
		find_numbers(&world, numbers);
		check_numbers(numbers, unacknowledged_may_be_there);
	}
	no_faults();
	/* The next life goes on from there. What group mode lost in memory may leave a hole, and then it is told. */
	assert_true(world_open(&world, MM_JOURNAL_BEFORE_ANSWER, 1));
	assert_true(world_append(&world, RECORDS + 1));
	assert_true(world_close(&world));
	found = world_read(&world);
	assert_int_equal(found.last_number, RECORDS + 1);
	assert_true(found.damaged == 0 || (mode == MM_JOURNAL_GROUP && !closed));
	world_remove(&world);
	return opened && closed;
}

static unsigned
count_acknowledged(const struct numbers *numbers)
{
	unsigned count = 0;

	for (unsigned i = 1; i <= RECORDS; i++)
		count += numbers->acknowledged[i];
	return count;
}

/* ---- writes ---- */

/* Where segments are begun each write is another; between they are alike. */
static bool
is_another(unsigned n, unsigned turned)
{
	return n <= 40 || (n + 10 >= turned && n <= turned + 10);
}

static void
fail_each_write(enum mm_journal_mode mode, bool for_good)
{
	struct numbers numbers;
	unsigned turned;

	set_fault(&fault_write, (struct fault){ .at = UINT_MAX });
	assert_true(live(mode, &numbers, false));
	turned = numbers.turned;
	assert_true(turned > 0);
	for (enum failure how = FAIL_EIO; how < FAIL_COUNT; how++) {
		for (unsigned n = 1; n <= RECORDS + 20; n += for_good && !is_another(n, turned) ? 7 : 1) {
			no_faults();
			set_fault(&fault_write, (struct fault){ .at = n, .how = how, .for_good = for_good });
			/* One failure moves a record to the spare; only in making segments it costs more. */
			if (live(mode, &numbers, false) && !for_good)
				assert_true(count_acknowledged(&numbers) >= RECORDS - 1);
		}
	}
}

static void
test_one_write_fails(void **state)
{
	(void)state;
	fail_each_write(MM_JOURNAL_BEFORE_ANSWER, false);
}

static void
test_writes_fail_for_good(void **state)
{
	(void)state;
	fail_each_write(MM_JOURNAL_BEFORE_ANSWER, true);
}

/* The group mode writes seldom: each of its writes matters. */
static void
test_group_writes_fail(void **state)
{
	struct numbers numbers;

	(void)state;
	for (enum failure how = FAIL_EIO; how < FAIL_COUNT; how++) {
		for (unsigned n = 1; n <= 24; n++) {
			for (unsigned for_good = 0; for_good < 2; for_good++) {
				no_faults();
				set_fault(&fault_write, (struct fault){ .at = n, .how = how, .for_good = for_good });
				(void)live(MM_JOURNAL_GROUP, &numbers, false);
			}
		}
	}
}

/* Without a spare the torn end is mended, or nothing is acknowledged until it is. */
static void
test_write_fails_without_spare(void **state)
{
	(void)state;
	for (enum failure how = FAIL_EIO; how < FAIL_COUNT; how++) {
		for (unsigned for_good = 0; for_good < 2; for_good++) {
			struct journal_world world;
			struct numbers numbers = { .damaged = 0 };

			no_faults();
			world_make(&world);
			assert_true(world_open(&world, MM_JOURNAL_BEFORE_ANSWER, 0));
			for (unsigned i = 1; i <= 10; i++)
				numbers.acknowledged[i] = world_append(&world, i);
			set_fault(&fault_write, (struct fault){ .at = 1, .how = how, .for_good = for_good });
			for (unsigned i = 11; i <= 15; i++)
				numbers.acknowledged[i] = world_append(&world, i);
			assert_false(numbers.acknowledged[11]);
			assert_int_equal(numbers.acknowledged[15], for_good == 0);
			assert_int_equal(mm_journal_ready(world.journal), for_good == 0);
			assert_true(world_count(&world, &world.alarms) > 0);
			no_faults();
			numbers.acknowledged[16] = world_append(&world, 16);
			assert_true(numbers.acknowledged[16]);
			assert_true(mm_journal_ready(world.journal));
			assert_true(world_close(&world));
			find_numbers(&world, &numbers);
			check_numbers(&numbers, false);
			world_remove(&world);
		}
	}
}

/* A denial that anybody can cause. */
static bool
append_denial(struct journal_world *world)
{
	struct mm_journal_record record = { .kind = MM_JOURNAL_DECISION, .reason = MM_KEY_UNKNOWN };

	record.fields[MM_JF_SERVICE] = mm_slice_str("imap");
	record.fields[MM_JF_SOURCE] = mm_slice_str("192.0.2.1");
	return mm_journal_append(world->journal, &record);
}

/* Counting survives as records do: what was acknowledged is in the sum. */
static void
test_counting_fails(void **state)
{
	enum { DENIALS = 300 };

	(void)state;
	for (unsigned n = 1; n < DENIALS; n += 3) {
		struct journal_world world;
		struct journal_found found;
		unsigned acknowledged = 0;

		no_faults();
		world_make(&world);
		world.feed = true;
		assert_true(world_open(&world, MM_JOURNAL_BEFORE_ANSWER, 1));
		set_fault(&fault_write, (struct fault){ .at = n, .how = n % FAIL_COUNT });
		for (unsigned i = 0; i < DENIALS; i++)
			acknowledged += append_denial(&world);
		no_faults();
		assert_true(acknowledged >= DENIALS - 1);
		assert_true(world_close(&world));
		found = world_read(&world);
		assert_int_equal(found.damaged, 0);
		/* What was counted and could not be noted may be counted nevertheless. */
		assert_in_range(found.decisions + found.folded, acknowledged, DENIALS);
		world_remove(&world);
	}
}

/* ---- syncs ---- */

static void
test_each_sync_fails(void **state)
{
	struct numbers numbers;

	(void)state;
	for (unsigned n = 1; n <= RECORDS; n++) {
		no_faults();
		set_fault(&fault_sync, (struct fault){ .at = n });
		(void)live(MM_JOURNAL_DURABLE, &numbers, true);
		assert_true(count_acknowledged(&numbers) >= RECORDS - 1);
	}
}

/* Every failed sync costs a segment. */
static void
test_syncs_fail_for_good(void **state)
{
	struct numbers numbers;

	(void)state;
	for (unsigned n = 1; n <= RECORDS; n += 60) {
		no_faults();
		set_fault(&fault_sync, (struct fault){ .at = n, .for_good = true });
		assert_false(live(MM_JOURNAL_DURABLE, &numbers, true));
		assert_true(count_acknowledged(&numbers) < n);
	}
}

#define SHARERS 4
#define ROUNDS 50

static void *
append_durably(void *ctx)
{
	struct mm_journal_record record = { .kind = MM_JOURNAL_DECISION, .allowed = true };

	return mm_journal_append(ctx, &record) ? ctx : NULL;
}

/* Each appends one record; no sync ends before all of them are in the journal. */
static void
append_together(struct mm_journal *journal, unsigned round)
{
	pthread_t threads[SHARERS];
	void *result;

	set_slow_disk((struct slow_disk){ journal, (uint64_t)round * SHARERS });
	for (unsigned i = 0; i < SHARERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, append_durably, journal), 0);
	for (unsigned i = 0; i < SHARERS; i++) {
		pthread_join(threads[i], &result);
		assert_ptr_equal(result, journal);
	}
}

/* A disk that takes its time: those who wait meanwhile are served by the next sync together. */
static void
test_syncs_are_shared(void **state)
{
	struct journal_world world;
	struct mm_journal_stats stats;

	(void)state;
	no_faults();
	world_make(&world);
	assert_true(world_open(&world, MM_JOURNAL_DURABLE, 1));
	for (unsigned round = 1; round <= ROUNDS; round++)
		append_together(world.journal, round);
	set_slow_disk((struct slow_disk){ .journal = NULL });
	mm_journal_stats(world.journal, &stats);
	assert_int_equal(stats.records, SHARERS * ROUNDS);
	/* The first sync is of who came first, the second of all the others. */
	assert_true(stats.syncs <= 2 * ROUNDS);
	assert_true(world_close(&world));
	assert_int_equal(world_read(&world).decisions, SHARERS * ROUNDS);
	world_remove(&world);
}

/* A failed sync is told in the journal itself, with the first record that may be missing. */
static void
test_lost_sync_is_told(void **state)
{
	struct journal_world world;
	struct mm_journal_reader *reader;
	struct mm_journal_record record;
	struct mm_journal_place where;
	unsigned told = 0;

	(void)state;
	no_faults();
	world_make(&world);
	assert_true(world_open(&world, MM_JOURNAL_DURABLE, 1));
	assert_true(world_append(&world, 1));
	set_fault(&fault_sync, (struct fault){ .at = 1 });
	assert_false(world_append(&world, 2));
	assert_true(world_append(&world, 3));
	assert_true(world_close(&world));
	reader = mm_journal_reader_open(world.dir_fd, "gate");
	while (mm_journal_read(reader, &record, &where) == MM_READ_RECORD)
		told += record.kind == MM_JOURNAL_EVENT && where.segment == 2 &&
		    memmem(record.text.ptr, record.text.len, "number 3", 8) != NULL;
	assert_int_equal(told, 1);
	mm_journal_reader_free(&reader);
	world_remove(&world);
}

/* ---- making segments ---- */

static void
assert_no_file(const struct journal_world *world)
{
	uint64_t number;

	assert_int_equal(mm_journal_segment_newest(world->dir_fd, "gate", &number), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(faccessat(world->dir_fd, "gate.0000000001.journal.new", F_OK, 0), -1);
}

static void
test_allocation_fails(void **state)
{
	struct journal_world world;
	int fd;

	(void)state;
	world_make(&world);
	no_faults();
	set_fault(&fault_allocate, (struct fault){ .at = 1, .how = FAIL_ENOSPC });
	assert_int_equal(mm_journal_segment_create(world.dir_fd, "gate", WORLD_SEGMENT, 1), -1);
	assert_int_equal(errno, ENOSPC);
	assert_no_file(&world);
	/* A file system that cannot allocate gets zeroes, and those may not fit. */
	for (unsigned n = 1; n <= 2; n++) {
		no_faults();
		set_fault(&fault_allocate, (struct fault){ .at = 1 });
		set_fault(&fault_write, (struct fault){ .at = n, .how = FAIL_ENOSPC });
		assert_int_equal(mm_journal_segment_create(world.dir_fd, "gate", WORLD_SEGMENT, 1), -1);
		assert_int_equal(errno, ENOSPC);
		assert_no_file(&world);
	}
	no_faults();
	set_fault(&fault_allocate, (struct fault){ .at = 1 });
	fd = mm_journal_segment_create(world.dir_fd, "gate", WORLD_SEGMENT, 1);
	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), WORLD_SEGMENT);
	close(fd);
	no_faults();
	world_remove(&world);
}

/* A segment that cannot be looked at now may be the newest: behind an older one the journal would fork. */
static void
test_newest_cannot_be_opened(void **state)
{
	struct rlimit before, tight;
	struct journal_world world;
	struct numbers numbers;
	uint64_t number;
	int fd, error;

	(void)state;
	no_faults();
	memset(&numbers, 0, sizeof(numbers));
	world_make(&world);
	world.feed = true;
	assert_true(world_open(&world, MM_JOURNAL_BEFORE_ANSWER, 1));
	append_numbers(&world, &numbers);
	assert_true(world_close(&world));
	/* Room for the folder's descriptor and for no segment's. */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	fd = dup(world.dir_fd);
	assert_true(fd >= 0);
	close(fd);
	tight = (struct rlimit){ (rlim_t)fd + 1, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	fd = mm_journal_segment_newest(world.dir_fd, "gate", &number);
	error = errno;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(error, EMFILE);
	fd = mm_journal_segment_newest(world.dir_fd, "gate", &number);
	assert_true(fd >= 0);
	assert_int_equal(number, 2);
	close(fd);
	world_remove(&world);
}

/* ---- death ---- */

/* Lives of one journal that end by SIGKILL. */
#define LIVES 60

/* A life's records are numbered from its own beginning on, so that what it did not acknowledge leaves a gap. */
#define LIFE_NUMBERS 1000000

/* What a child acknowledged, seen by its parent after its death. */
struct shared {
	_Atomic uint64_t acknowledged;
	_Atomic unsigned turned; /* how many writes there were when the first segment was full */
};

_Noreturn static void
write_until_killed(struct journal_world *world, enum mm_journal_mode mode, uint64_t from, struct shared *shared)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	world->feed = true;
	if (!world_open(world, mode, 2))
		_exit(1);
	for (uint64_t number = from;; number++) {
		while (!world_append(world, number))
			; /* the next segment is being made */
		atomic_store(&shared->acknowledged, number);
	}
}

/* Wait until a child acknowledged so much; it must not end before. */
static void
wait_for_acknowledged(pid_t child, struct shared *shared, uint64_t enough)
{
	static const struct timespec moment = { 0, 100000 };
	int status;

	while (atomic_load(&shared->acknowledged) < enough) {
		assert_int_equal(waitpid(child, &status, WNOHANG), 0);
		nanosleep(&moment, NULL);
	}
}

/* Start a writer and kill it at a moment that nobody chose; returns the last number that it acknowledged. */
static uint64_t
live_and_die(struct journal_world *world, enum mm_journal_mode mode, uint64_t from, struct shared *shared,
    unsigned *seed)
{
	struct timespec pause = { 0, rand_r(seed) % 3000000 };
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		write_until_killed(world, mode, from, shared);
	wait_for_acknowledged(child, shared, from);
	nanosleep(&pause, NULL);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return atomic_load(&shared->acknowledged);
}

/* Read what a life wrote: from its first number on without a gap, at least to the last acknowledged one. */
static void
check_life(struct mm_journal_reader *reader, uint64_t from, uint64_t acknowledged)
{
	struct mm_journal_record record;
	struct mm_journal_place where;
	enum mm_journal_read read;
	uint64_t next = from;

	while ((read = mm_journal_read(reader, &record, &where)) != MM_READ_END) {
		assert_int_equal(read, MM_READ_RECORD);
		if (record.kind == MM_JOURNAL_DECISION)
			assert_int_equal((uint64_t)record.time_us, next++);
	}
	/* One more may be written and not yet acknowledged. */
	assert_true(next == acknowledged + 1 || next == acknowledged + 2);
}

static void
kill_again_and_again(enum mm_journal_mode mode, unsigned lives)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct mm_journal_reader *reader;
	struct journal_world world;
	struct journal_found found;
	unsigned seed = 20230515;

	assert_true(shared != MAP_FAILED);
	no_faults();
	world_make(&world);
	reader = mm_journal_reader_open(world.dir_fd, "gate");
	for (unsigned life = 1; life <= lives; life++) {
		uint64_t from = (uint64_t)life * LIFE_NUMBERS + 1;

		check_life(reader, from, live_and_die(&world, mode, from, shared, &seed));
	}
	mm_journal_reader_free(&reader);
	found = world_read(&world);
	assert_int_equal(found.damaged, 0);
	assert_int_equal(found.events, lives); /* each life said that it started, none that it stopped */
	world_remove(&world);
	munmap(shared, sizeof(*shared));
}

static void
test_killed(void **state)
{
	(void)state;
	kill_again_and_again(MM_JOURNAL_BEFORE_ANSWER, LIVES);
}

static void
test_killed_while_syncing(void **state)
{
	(void)state;
	kill_again_and_again(MM_JOURNAL_DURABLE, LIVES / 3);
}

_Noreturn static void
deny_until_killed(struct journal_world *world, struct shared *shared)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	world->feed = true;
	if (!world_open(world, MM_JOURNAL_BEFORE_ANSWER, 2))
		_exit(1);
	for (;;)
		if (append_denial(world))
			atomic_fetch_add(&shared->acknowledged, 1);
}

/* Denials that are only counted are not lost either: what was acknowledged is in the sum of all lives. */
static void
test_killed_while_counting(void **state)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct journal_world world;
	struct journal_found found;
	unsigned seed = 771;

	(void)state;
	assert_true(shared != MAP_FAILED);
	no_faults();
	world_make(&world);
	for (unsigned life = 0; life < LIVES; life++) {
		uint64_t enough = atomic_load(&shared->acknowledged) + 150;
		struct timespec pause = { 0, rand_r(&seed) % 130000000 }; /* past the first writing of counts */
		int status = 0;
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0)
			deny_until_killed(&world, shared);
		wait_for_acknowledged(child, shared, enough);
		nanosleep(&pause, NULL);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
	}
	world.feed = true;
	assert_true(world_open(&world, MM_JOURNAL_BEFORE_ANSWER, 2));
	assert_true(world_close(&world));
	found = world_read(&world);
	assert_int_equal(found.damaged, 0);
	assert_true(found.folded > 0);
	/* Each death may have caught one that was recorded and not yet acknowledged. */
	assert_in_range(found.decisions + found.folded, atomic_load(&shared->acknowledged),
	    atomic_load(&shared->acknowledged) + LIVES);
	world_remove(&world);
	munmap(shared, sizeof(*shared));
}

/* Deny more than is recorded singly, fill the segment until the n-th write fails, deny more, and die. */
_Noreturn static void
count_and_die(struct journal_world *world, unsigned n, struct shared *shared)
{
	if (!world_open(world, MM_JOURNAL_BEFORE_ANSWER, 1))
		_exit(1);
	set_fault(&fault_write, (struct fault){ .at = n, .how = FAIL_EIO });
	for (unsigned i = 0; i < 120; i++)
		atomic_fetch_add(&shared->acknowledged, append_denial(world));
	for (unsigned i = 1; i <= RECORDS && world_append(world, i); i++) {
		atomic_fetch_add(&shared->acknowledged, 1);
		if (world_count(world, &world->wanted) > 0 && atomic_load(&shared->turned) == 0)
			atomic_store(&shared->turned, count_writes());
	}
	for (unsigned i = 0; i < 20; i++)
		atomic_fetch_add(&shared->acknowledged, append_denial(world));
	_exit(0);
}

/* All that was acknowledged is there in the next life. */
static void
count_die_and_live(unsigned n, struct shared *shared)
{
	struct journal_world world;
	struct journal_found found;
	int status = 0;
	pid_t child;

	no_faults();
	world_make(&world);
	atomic_store(&shared->acknowledged, 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		count_and_die(&world, n, shared);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(world_open(&world, MM_JOURNAL_BEFORE_ANSWER, 2));
	assert_true(world_close(&world));
	found = world_read(&world);
	assert_int_equal(found.damaged, 0);
	assert_true(found.decisions + found.folded >= atomic_load(&shared->acknowledged));
	world_remove(&world);
}

/* Whichever write fails where a segment is begun: what is counted behind it survives the process. */
static void
test_killed_while_counting_after_a_failure(void **state)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned turned;

	(void)state;
	assert_true(shared != MAP_FAILED);
	count_die_and_live(UINT_MAX, shared);
	turned = atomic_load(&shared->turned);
	assert_true(turned > 120);
	for (unsigned n = turned - 6; n <= turned + 6; n++)
		count_die_and_live(n, shared);
	munmap(shared, sizeof(*shared));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_write_fails),
		cmocka_unit_test(test_writes_fail_for_good),
		cmocka_unit_test(test_group_writes_fail),
		cmocka_unit_test(test_write_fails_without_spare),
		cmocka_unit_test(test_counting_fails),
		cmocka_unit_test(test_each_sync_fails),
		cmocka_unit_test(test_syncs_fail_for_good),
		cmocka_unit_test(test_syncs_are_shared),
		cmocka_unit_test(test_lost_sync_is_told),
		cmocka_unit_test(test_allocation_fails),
		cmocka_unit_test(test_newest_cannot_be_opened),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_killed_while_syncing),
		cmocka_unit_test(test_killed_while_counting),
		cmocka_unit_test(test_killed_while_counting_after_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
