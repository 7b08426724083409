/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's writer when the disk fails: the n-th write, sync or allocation fails, for every n, in every way; or the
 * power does, and leaves of what was not synced what it likes. What was told to be durable is there, whole, once and in
 * order; nothing counts that was not; and it goes on in another segment.
 */
#include "engine/ledger_file.h"
#include "engine/ledger_writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SMALL ((uint64_t)32 * 1024)
#define TOKENS 150

enum failure { FAIL_EIO, FAIL_ENOSPC, FAIL_EROFS, FAIL_SHORT, FAIL_AFTER, FAIL_COUNT };

/* Which call fails, from 1 on; 0: none. The writer has a thread of its own. */
struct fault {
	atomic_uint at, calls;
	enum failure how;
};

static struct fault fault_write, fault_sync, fault_make, fault_allocate;
static bool keeps_all; /* the next file is not removed */

ssize_t __real_pwrite64(int fd, const void *bytes, size_t len, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t len, off_t offset);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_unlinkat(int fd, const char *path, int flags);
int __wrap_unlinkat(int fd, const char *path, int flags);
int __real_posix_fallocate64(int fd, off_t offset, off_t len);
int __wrap_posix_fallocate64(int fd, off_t offset, off_t len);

/* ---- what is really on the disk ---- */

#define PAGE 4096
#define FILES_MAX 64

/* A segment as a loss of power would leave it: pages that were written since it was synced may come to it, or not. */
static struct platter {
	ino_t file;
	uint8_t bytes[SMALL];
	bool dirty[SMALL / PAGE];
} platters[FILES_MAX];
static size_t platter_count;
static bool forgets; /* a sync that fails takes the pages for written all the same */

/* NULL: it is no segment. */
static struct platter *
platter_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	if (!S_ISREG(status.st_mode))
		return NULL;
	for (size_t i = 0; i < platter_count; i++)
		if (platters[i].file == status.st_ino)
			return &platters[i];
	assert_true(platter_count < FILES_MAX);
	platters[platter_count] = (struct platter){ .file = status.st_ino };
	return &platters[platter_count++];
}

static void
make_dirty(int fd, size_t len, off_t offset)
{
	struct platter *platter = platter_of(fd);

	for (size_t i = (size_t)offset / PAGE; platter != NULL && i * PAGE < (size_t)offset + len; i++)
		platter->dirty[i] = true;
}

/* Bring pages to the disk, all or those that are dirty. */
static void
settle(int fd, bool all)
{
	struct platter *platter = platter_of(fd);

	for (size_t i = 0; platter != NULL && i < SMALL / PAGE; i++) {
		if (all || platter->dirty[i])
			(void)!pread(fd, platter->bytes + i * PAGE, PAGE, (off_t)(i * PAGE));
		platter->dirty[i] = false;
	}
}

static void
forget(int fd)
{
	struct platter *platter = platter_of(fd);

	if (platter != NULL)
		memset(platter->dirty, 0, sizeof(platter->dirty));
}

static bool
is_now(struct fault *fault)
{
	return fault->at > 0 && atomic_fetch_add(&fault->calls, 1) + 1 == fault->at;
}

static int
error_of(enum failure how)
{
	return how == FAIL_EROFS ? EROFS : how == FAIL_EIO || how == FAIL_AFTER ? EIO : ENOSPC;
}

ssize_t
__wrap_pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
	make_dirty(fd, len, offset);
	if (!is_now(&fault_write))
		return __real_pwrite64(fd, bytes, len, offset);
	if (fault_write.how == FAIL_SHORT)
		(void)!__real_pwrite64(fd, bytes, len / 2, offset);
	if (fault_write.how == FAIL_AFTER)
		(void)!__real_pwrite64(fd, bytes, len, offset);
	errno = error_of(fault_write.how);
	return -1;
}

int
__wrap_fdatasync(int fd)
{
	if (!is_now(&fault_sync)) {
		settle(fd, false);
		return __real_fdatasync(fd);
	}
	if (forgets)
		forget(fd);
	errno = error_of(fault_sync.how);
	return -1;
}

/* Of a segment that is made: the file's, then the folder's. */
int
__wrap_fsync(int fd)
{
	if (!is_now(&fault_make)) {
		settle(fd, true);
		return __real_fsync(fd);
	}
	errno = error_of(fault_make.how);
	keeps_all = fault_make.how == FAIL_EROFS;
	return -1;
}

/* What was begun in vain cannot be removed then. */
int
__wrap_unlinkat(int fd, const char *path, int flags)
{
	if (!keeps_all)
		return __real_unlinkat(fd, path, flags);
	keeps_all = false;
	errno = EROFS;
	return -1;
}

int
__wrap_posix_fallocate64(int fd, off_t offset, off_t len)
{
	return is_now(&fault_allocate) ? ENOSPC : __real_posix_fallocate64(fd, offset, len);
}

/* ---- a run ---- */

static char folder[64];
static int folder_fd;
static struct mm_ledger_record record;
static unsigned resumed;

/* What was told to be durable, by counter, and the sequence number that it had. */
static bool told[TOKENS * 4];

static void
begin_folder(void)
{
	const char *above = getenv("TMPDIR");

	/* Memory is a disk on which the many syncs of these tests cost nothing. */
	if (above == NULL)
		above = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	(void)snprintf(folder, sizeof(folder), "%s/faults-ledger.XXXXXX", above);
	assert_non_null(mkdtemp(folder));
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY);
	assert_true(folder_fd != -1);
	memset(told, 0, sizeof(told));
	resumed = 0;
	platter_count = 0;
}

static void
end_folder(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		(void)unlinkat(folder_fd, entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	close(folder_fd);
	assert_int_equal(rmdir(folder), 0);
}

static uint64_t
append(struct mm_ledger_writer *writer, uint32_t counter)
{
	memset(&record, 0, sizeof(record));
	record.kind = counter % 10 == 9 ? MM_LEDGER_NOTE : MM_LEDGER_ISSUED;
	record.time_us = 1;
	if (record.kind == MM_LEDGER_NOTE) {
		record.note = mm_slice_str("a note, for the records that lead to each other");
	} else {
		record.issued.place = (struct mm_token_place){ 1, 28333333, counter };
		record.issued.facts[MM_LEDGER_REALM] = mm_slice_str("staff");
	}
	return mm_ledger_writer_append(writer, &record, NULL);
}

/* Wait until the writer says of a record that it is durable (true) or that writing failed. */
static bool
is_durable(struct mm_ledger_writer *writer, uint64_t sequence)
{
	for (unsigned i = 0; i < 1000; i++) {
		struct pollfd event = { mm_ledger_writer_event_fd(writer), POLLIN, 0 };

		if (mm_ledger_writer_durable(writer) >= sequence)
			return true;
		if (mm_ledger_writer_trouble(writer) != NULL)
			return mm_ledger_writer_durable(writer) >= sequence;
		assert_true(poll(&event, 1, 10000) >= 0);
	}
	fail_msg("no news of a record");
	return false;
}

/* Write tokens, each three at once; one that is lost is not tried again. */
static void
write_tokens(struct mm_ledger_writer *writer, uint32_t from)
{
	for (uint32_t i = from; i < from + TOKENS; i += 3) {
		uint64_t sequences[3];

		for (uint32_t j = 0; j < 3; j++)
			sequences[j] = append(writer, i + j);
		for (uint32_t j = 0; j < 3; j++)
			told[i + j] = sequences[j] != 0 && is_durable(writer, sequences[j]);
		if (mm_ledger_writer_trouble(writer) == NULL)
			continue;
		for (unsigned tries = 0; mm_ledger_writer_trouble(writer) != NULL; tries++) {
			(void)!mm_ledger_writer_resume(writer);
			assert_true(tries < 5);
		}
		resumed++;
	}
}

/* Everything that was told is there, in order and once, and the chain holds. */
static void
check(struct mm_ledger_tail *tail)
{
	struct mm_ledger_reader *reader = mm_ledger_reader_new(folder_fd, 0);
	bool seen[TOKENS * 4] = { false };
	struct mm_ledger_item item;
	enum mm_ledger_read read;

	assert_non_null(reader);
	while ((read = mm_ledger_reader_next(reader, &item)) == MM_LEDGER_READ_RECORD) {
		assert_true(mm_ledger_decode(item.bytes, item.len, &record));
		if (record.kind != MM_LEDGER_ISSUED)
			continue;
		assert_true(record.issued.place.counter < TOKENS * 4);
		assert_false(seen[record.issued.place.counter]);
		seen[record.issued.place.counter] = true;
	}
	assert_int_equal(read, MM_LEDGER_READ_END);
	for (uint32_t i = 0; i < TOKENS * 4; i++)
		if (told[i] && i % 10 != 9)
			assert_true(seen[i]);
	mm_ledger_reader_tail(reader, tail);
	mm_ledger_reader_free(&reader);
}

/* Let the n-th call fail, for every n until none is called so often; the first so many are the beginning's. */
static void
try_all(struct fault *fault, enum failure how, unsigned first)
{
	bool reached = true;

	for (unsigned at = 1; reached; at++) {
		struct mm_ledger_tail tail = { .sequence = 0 };
		struct mm_ledger_writer *writer;

		begin_folder();
		fault->how = how;
		fault->calls = 0;
		fault->at = at;
		writer = mm_ledger_writer_open(folder_fd, SMALL, &tail);
		if (writer == NULL)
			writer = mm_ledger_writer_open(folder_fd, SMALL, &tail);
		assert_non_null(writer);
		write_tokens(writer, 0);
		(void)!mm_ledger_writer_close(&writer);
		reached = fault->calls >= at;
		fault->at = 0;
		check(&tail);
		/* Another start goes on behind it. */
		writer = mm_ledger_writer_open(folder_fd, SMALL, &tail);
		assert_non_null(writer);
		write_tokens(writer, TOKENS);
		assert_int_equal(resumed, reached && at > first ? 1 : resumed);
		assert_true(mm_ledger_writer_close(&writer));
		check(&tail);
		end_folder();
	}
}

static void
test_writes(void **state)
{
	(void)state;
	for (enum failure how = FAIL_EIO; how < FAIL_COUNT; how++)
		try_all(&fault_write, how, 1);
}

static void
test_syncs(void **state)
{
	(void)state;
	try_all(&fault_sync, FAIL_EIO, 1);
	try_all(&fault_sync, FAIL_ENOSPC, 1);
}

static void
test_segments(void **state)
{
	(void)state;
	try_all(&fault_make, FAIL_EIO, 2);
	try_all(&fault_make, FAIL_EROFS, 2);
}

static void
test_allocations(void **state)
{
	(void)state;
	try_all(&fault_allocate, FAIL_ENOSPC, 1);
}

/* ---- the power fails ---- */

/* What comes to the disk of what was not synced. */
enum kept { KEPT_NONE, KEPT_FIRST, KEPT_LAST, KEPT_ALL, KEPT_COUNT };

static bool
is_kept(const struct platter *platter, size_t page, enum kept kept)
{
	size_t first = 0, last = SMALL / PAGE - 1;

	while (first < page && !platter->dirty[first])
		first++;
	while (last > page && !platter->dirty[last])
		last--;
	return kept == KEPT_ALL || (kept == KEPT_FIRST && page == first) || (kept == KEPT_LAST && page == last);
}

/* Each segment is as the disk has it. */
static void
lose_power(enum kept kept)
{
	uint64_t *numbers;
	ssize_t count = mm_ledger_list(folder_fd, &numbers);

	assert_true(count > 0);
	for (ssize_t i = 0; i < count; i++) {
		struct mm_ledger_header header;
		int fd = mm_ledger_segment_open(folder_fd, numbers[i], O_RDWR, &header);
		const struct platter *platter;

		assert_true(fd != -1);
		platter = platter_of(fd);
		for (size_t page = 0; page < SMALL / PAGE; page++)
			if (!platter->dirty[page] || !is_kept(platter, page, kept))
				assert_int_equal(__real_pwrite64(fd, platter->bytes + page * PAGE, PAGE,
				    (off_t)(page * PAGE)), PAGE);
		settle(fd, true);
		close(fd);
	}
	free(numbers);
}

/* Write tokens until the n-th sync fails, and then end as a process that is killed does; false: there was none. */
static bool
live_up_to_sync(unsigned n)
{
	struct mm_ledger_tail tail = { .sequence = 0 };
	struct mm_ledger_writer *writer = mm_ledger_writer_open(folder_fd, SMALL, &tail);
	bool lost = false;

	assert_non_null(writer);
	fault_sync.calls = 0;
	fault_sync.at = n;
	for (uint32_t i = 0; i < TOKENS && !lost; i += 3) {
		uint64_t sequences[3];

		for (uint32_t j = 0; j < 3; j++)
			sequences[j] = append(writer, i + j);
		for (uint32_t j = 0; j < 3; j++)
			told[i + j] = sequences[j] != 0 && is_durable(writer, sequences[j]);
		lost = mm_ledger_writer_trouble(writer) != NULL;
	}
	fault_sync.at = 0;
	(void)!mm_ledger_writer_close(&writer);
	return lost;
}

/* One more life, whose last sync comes to its end or not. */
static void
live_and_lose_power(bool synced, enum kept kept)
{
	struct mm_ledger_writer *writer;
	struct mm_ledger_tail tail;

	check(&tail);
	writer = mm_ledger_writer_open(folder_fd, SMALL, &tail);
	assert_non_null(writer);
	forgets = false;
	fault_sync.calls = 0;
	fault_sync.at = synced ? 0 : 1;
	for (uint32_t i = TOKENS; i < TOKENS + 3; i++) {
		uint64_t sequence = append(writer, i);

		told[i] = sequence != 0 && is_durable(writer, sequence);
		assert_int_equal(told[i], synced);
	}
	fault_sync.at = 0;
	(void)!mm_ledger_writer_close(&writer);
	lose_power(kept);
}

/*
 * A process was killed before it synced, or could not; the next one goes on with what it finds; and then the power
 * fails. Nobody wrote anything wrong, so nothing is damaged.
 */
static void
test_power(void **state)
{
	(void)state;
	for (unsigned way = 0; way < 4 * KEPT_COUNT; way++) {
		for (unsigned n = 1 + way % 3; n <= TOKENS / 3; n += 3) {
			struct mm_ledger_writer *writer;
			struct mm_ledger_tail tail;

			begin_folder();
			forgets = way % 2 == 1;
			assert_true(live_up_to_sync(n));
			live_and_lose_power(way % 4 > 1, (enum kept)(way / 4));
			check(&tail);
			writer = mm_ledger_writer_open(folder_fd, SMALL, &tail);
			assert_non_null(writer);
			write_tokens(writer, 2 * TOKENS);
			assert_true(mm_ledger_writer_close(&writer));
			check(&tail);
			end_folder();
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_syncs),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_allocations),
		cmocka_unit_test(test_power),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
