/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reading that is killed at any of its steps on the disk, or whose disk fails there, is gone on with by another
 * process; and what comes out is what comes out of a reading that nothing happened to.
 */
#include "test/unit/logs/reading_world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Text from one checkpoint to the next, of some megabytes. */
#define CHECKPOINT_BYTES (1024 * 1024)

enum fault { NO_FAULT, KILL, FAIL };

/* At which step what happens; of writes to the files only each 64th is one. */
static enum fault fault;
static atomic_uint steps, step_at;
#define WRITES_A_STEP 64

static atomic_uint writes;

ssize_t __real_pwrite64(int fd, const void *bytes, size_t len, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t len, off_t offset);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __real_unlinkat(int fd, const char *path, int flags);
int __wrap_unlinkat(int fd, const char *path, int flags);
int __real_ftruncate64(int fd, off_t len);
int __wrap_ftruncate64(int fd, off_t len);

/* Whether this step fails; where the process is to be killed it does not come back. */
static bool
fails_now(void)
{
	if (fault == NO_FAULT || atomic_fetch_add(&steps, 1) + 1 != step_at)
		return false;
	if (fault == KILL)
		(void)kill(getpid(), SIGKILL);
	errno = EIO;
	return true;
}

/* Half of it is written before. */
ssize_t
__wrap_pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
	if (fault == NO_FAULT || atomic_fetch_add(&writes, 1) % WRITES_A_STEP != 0)
		return __real_pwrite64(fd, bytes, len, offset);
	(void)!__real_pwrite64(fd, bytes, len / 2, offset);
	return fails_now() ? -1 : __real_pwrite64(fd, bytes, len, offset);
}

int
__wrap_fdatasync(int fd)
{
	return fails_now() ? -1 : __real_fdatasync(fd);
}

int
__wrap_fsync(int fd)
{
	return fails_now() ? -1 : __real_fsync(fd);
}

int
__wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return fails_now() ? -1 : __real_renameat(from_fd, from, to_fd, to);
}

int
__wrap_unlinkat(int fd, const char *path, int flags)
{
	return fails_now() ? -1 : __real_unlinkat(fd, path, flags);
}

int
__wrap_ftruncate64(int fd, off_t len)
{
	return fails_now() ? -1 : __real_ftruncate64(fd, len);
}

/* ---- inputs ---- */

static void
add_record(struct mm_buf *buf, unsigned number)
{
	mm_buf_addf(buf, "{\"CreationTime\":\"2023-06-%02uT%02u:%02u:%02u\","
	    "\"Id\":\"%08x-0000-4000-8000-000000000000\",\"Operation\":\"%s\","
	    "\"OrganizationId\":\"75243ab2-44f8-435c-a7a6-b479385df6d4\","
	    "\"RecordType\":50,\"UserId\":\"User%u@contoso.example\",\"ClientInfoString\":\"%0400u\","
	    "\"ClientIPAddress\":\"192.0.2.%u\",\"MailboxOwnerUPN\":\"user%u@contoso.example\"}",
	    1 + number * 7 % 28, number % 24, number % 60, number * 13 % 60, number,
	    number % 50 == 0 ? "FileAccessed" : "MailItemsAccessed", number % 300, number % 77, number % 250,
	    number % 300);
}

static void
make_lines(struct mm_buf *buf, unsigned from, unsigned count)
{
	mm_buf_init(buf, 64 * 1024 * 1024);
	for (unsigned number = from; number < from + count; number++) {
		add_record(buf, number);
		mm_buf_add_str(buf, number % 999 == 500 ? "no record\n{\"a\":\n" : "\n");
	}
}

/* A record in a field, whose quotes are doubled. */
static void
add_field(struct mm_buf *buf, unsigned number)
{
	struct mm_buf record;

	mm_buf_init(&record, 4096);
	add_record(&record, number);
	mm_buf_add_str(buf, "\"");
	for (size_t i = 0; i < record.len; i++) {
		mm_buf_add(buf, record.data + i, 1);
		if (record.data[i] == '"')
			mm_buf_add_str(buf, "\"");
	}
	mm_buf_add_str(buf, "\"");
	mm_buf_clear(&record);
}

/* Columns change within the file, and again. */
static void
make_rows(struct mm_buf *buf, unsigned from, unsigned count)
{
	mm_buf_init(buf, 64 * 1024 * 1024);
	mm_buf_add_str(buf, "\xEF\xBB\xBF" "CreationDate,AuditData,Operations\r\n");
	for (unsigned i = 0; i < count; i++) {
		if (i == count / 3)
			mm_buf_add_str(buf, "AuditData,CreationDate\r\n");
		if (i == count / 2)
			mm_buf_add_str(buf, "CreationDate,AuditData\r\n");
		if (i < count / 3 || i >= count / 2)
			mm_buf_add_str(buf, "5/20/2023 1:00:00 PM,");
		add_field(buf, from + i);
		mm_buf_add_str(buf, i < count / 3 ? ",x\r\n" : i < count / 2 ? ",y\r\n" : "\r\n");
	}
}

/* A wrapper that ends early. */
static void
make_wrapped(struct mm_buf *buf, unsigned from, unsigned count)
{
	mm_buf_init(buf, 64 * 1024 * 1024);
	mm_buf_add_str(buf, "{\"@odata.context\":\"x\",\"value\":[");
	for (unsigned number = from; number < from + count; number++) {
		add_record(buf, number);
		mm_buf_add_str(buf, ",\r\n");
	}
}

/* A clock that is set back again and again. */
static void
make_clock(struct mm_buf *buf, unsigned count)
{
	mm_buf_init(buf, 64 * 1024 * 1024);
	for (unsigned i = 0; i < count; i++)
		mm_buf_addf(buf, "{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T%02u:%02u:00Z\","
		    "\"ClientInfoString\":\"%0400u\"}\n", i % 34 < 17 ? 10 : 8, i % 17, i % 10);
}

static void
write_and_clear(struct world *world, const char *name, struct mm_buf *buf)
{
	assert_true(mm_buf_ok(buf));
	world_write_bytes(world, name, buf->data, buf->len);
	mm_buf_clear(buf);
}

/* Each form, with repetitions, troubles, and files that are no logs. */
static void
make_inputs(struct world *world)
{
	struct mm_buf buf, packed;

	make_lines(&buf, 0, 4000);
	mm_buf_init(&packed, 64 * 1024 * 1024);
	pack_gzip(&packed, buf.data, buf.len);
	write_and_clear(world, "a.jsonl", &buf);
	make_rows(&buf, 3000, 4000);
	write_and_clear(world, "b.csv", &buf);
	write_and_clear(world, "c.jsonl.gz", &packed);
	make_wrapped(&buf, 6000, 3000);
	write_and_clear(world, "d.json", &buf);
	world_write(world, "e.empty", "");
	world_write_bytes(world, "f.binary", "\0\1\2\3", 4);
	make_lines(&buf, 9000, 2000);
	mm_buf_add_str(&packed, "\xFF\xFE");
	pack_utf16(&packed, buf.data, buf.len, false);
	mm_buf_clear(&buf);
	write_and_clear(world, "g.utf16", &packed);
	make_clock(&buf, 6000);
	write_and_clear(world, "h.jsonl", &buf);
}

/* ---- readings ---- */

static struct world world, expected;
static char work_folder[64];
static int work_fd;

static struct mm_logs_reading *
make_reading(void)
{
	struct mm_logs_options options = { .threads = 2, .work_fd = work_fd, .checkpoint_bytes = CHECKPOINT_BYTES,
		.now_us = WORLD_NOW_US };
	struct mm_logs_reading *reading = mm_logs_reading_new(&options);

	if (reading != NULL && mm_logs_reading_add(reading, world.folder) != 0)
		mm_logs_reading_free(&reading);
	return reading;
}

/* What a process does that something happens to. */
static int
read_with_fault(enum fault how, unsigned at)
{
	struct mm_logs_reading *reading = make_reading();
	const char *reason;
	int failure = 0;

	if (reading == NULL)
		return 2;
	step_at = at;
	fault = how;
	if (mm_logs_reading_resume(reading, &reason) < 0 || mm_logs_reading_run(reading) != 0)
		failure = 1;
	fault = NO_FAULT;
	mm_logs_reading_free(&reading);
	return failure;
}

/* Returns false where it came to its end before anything happened. */
static bool
let_it_happen(enum fault how, unsigned at)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0)
		_exit(read_with_fault(how, at));
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return false;
	if (how == KILL) {
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGKILL);
	} else {
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 1);
	}
	return true;
}

static bool
has_checkpoint(void)
{
	return faccessat(work_fd, "reading.checkpoint", F_OK, 0) == 0;
}

static size_t
count_files(void)
{
	DIR *folder = opendir(work_folder);
	size_t count = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	assert_int_equal(closedir(folder), 0);
	return count - 2;
}

/* A record that is read again is found where its event says that it is. */
static bool
visit(void *ctx, size_t number, const struct mm_logs_items *items)
{
	char id[MM_LOGS_ID_TEXT_MAX];
	size_t *count = ctx;

	(void)mm_logs_id_text(&world.events[number * 100].record, id);
	assert_int_equal(items->record_id.len, strlen(id));
	if (id[0] != '\0')
		assert_memory_equal(items->record_id.ptr, id, strlen(id));
	++*count;
	return true;
}

static void
check_places(void)
{
	struct mm_logs_place places[256];
	size_t count = 0, visited = 0;

	for (size_t i = 0; i < world.count && count < 256; i += 100)
		places[count++] = world.events[i].place;
	assert_int_equal(mm_logs_again(world.reading, places, count, visit, &visited), 0);
	assert_int_equal(visited, count);
}

/* Go on, and see that all is as it would have been. */
static void
check_resumed(void)
{
	const char *reason;
	bool had_checkpoint = has_checkpoint();

	world_take(&world, make_reading());
	assert_int_equal(mm_logs_reading_resume(world.reading, &reason), had_checkpoint);
	if (!had_checkpoint)
		assert_string_equal(reason, "no checkpoint is there");
	world_run(&world);
	world_assert_same(&world, &expected);
	check_places();
	mm_logs_reading_remove_work(world.reading);
	assert_int_equal(count_files(), 0);
	world_take(&world, NULL);
}

static int
begin(void **state)
{
	(void)state;
	world_make(&world);
	world_make(&expected);
	make_inputs(&world);
	make_inputs(&expected);
	world_read(&expected, NULL);
	pack_folder_make(work_folder);
	work_fd = open(work_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return work_fd < 0;
}

static int
finish(void **state)
{
	(void)state;
	(void)close(work_fd);
	pack_folder_remove(work_folder);
	world_remove(&world);
	world_remove(&expected);
	return 0;
}

static void
test_killed_at_each_step(void **state)
{
	unsigned at = 1, resumed = 0;

	(void)state;
	for (; let_it_happen(KILL, at); at++) {
		resumed += has_checkpoint();
		check_resumed();
	}
	/* Five steps at least make a checkpoint. */
	assert_true(at > 30);
	assert_true(resumed > 25);
	check_resumed();
}

static void
test_the_disk_fails_at_each_step(void **state)
{
	(void)state;
	for (unsigned at = 1; let_it_happen(FAIL, at); at += 5)
		check_resumed();
	check_resumed();
}

/* Each goes a little further than the one before. */
static void
test_killed_again_and_again(void **state)
{
	unsigned times = 0;

	(void)state;
	while (times < 100 && let_it_happen(KILL, 10))
		times++;
	assert_true(times > 3 && times < 100);
	check_resumed();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_killed_at_each_step, begin, finish),
		cmocka_unit_test_setup_teardown(test_the_disk_fails_at_each_step, begin, finish),
		cmocka_unit_test_setup_teardown(test_killed_again_and_again, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
