/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reading goes on from a checkpoint that is its own and whole, and from no other; what comes out is the same in any
 * case. test/faults/logs_resume.c kills readings.
 */
#include "test/unit/logs/reading_world.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct world world, expected;
static char work_folder[64];
static int work_fd;

/* Some lines of records, from one number on. */
static void
write_lines(const char *name, unsigned from, unsigned count)
{
	struct mm_buf buf;

	mm_buf_init(&buf, 16 * 1024 * 1024);
	for (unsigned i = from; i < from + count; i++)
		mm_buf_addf(&buf, "{\"CreationTime\":\"2023-06-01T00:%02u:00\",\"Operation\":\"MailItemsAccessed\","
		    "\"Id\":\"%08x-0000-4000-8000-000000000000\",\"UserId\":\"user%u@contoso.example\"}\n%s",
		    i % 60, i, i % 7, i % 3 == 0 ? "no record\n" : "");
	assert_true(mm_buf_ok(&buf));
	world_write_bytes(&world, name, buf.data, buf.len);
	world_write_bytes(&expected, name, buf.data, buf.len);
	mm_buf_clear(&buf);
}

/* One checkpoint, behind the second file. */
static const struct mm_logs_options standard = { .threads = 1, .checkpoint_bytes = 5000, .now_us = WORLD_NOW_US };

static void
make_reading(struct mm_logs_options options)
{
	options.work_fd = work_fd;
	world_take(&world, mm_logs_reading_new(&options));
	assert_non_null(world.reading);
	assert_int_equal(mm_logs_reading_add(world.reading, world.folder), 0);
}

/* Leave a checkpoint, as a process does that is killed after the last of them. */
static void
leave(struct mm_logs_options options)
{
	make_reading(options);
	world_run(&world);
	world_take(&world, NULL);
}

static int
begin(void **state)
{
	(void)state;
	world_make(&world);
	world_make(&expected);
	write_lines("a", 0, 20);
	write_lines("b", 10, 20);
	world_write(&world, "c.csv", "AuditData,CreationDate\n{},1\n");
	world_write(&expected, "c.csv", "AuditData,CreationDate\n{},1\n");
	world_read(&expected, NULL);
	pack_folder_make(work_folder);
	work_fd = open(work_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(work_fd >= 0);
	leave(standard);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	world_remove(&world);
	world_remove(&expected);
	(void)close(work_fd);
	pack_folder_remove(work_folder);
	return 0;
}

/* A reading with these options begins at the beginning, and this is why. */
static void
assert_refused(struct mm_logs_options options, const char *why)
{
	const char *reason;

	make_reading(options);
	assert_int_equal(mm_logs_reading_resume(world.reading, &reason), 0);
	if (reason == NULL || strstr(reason, why) == NULL)
		fail_msg("'%s' is not in '%s'", why, reason != NULL ? reason : "");
	world_run(&world);
}

/* Keep what is done when progress is told first. */
static void
note_first(void *ctx, uint64_t done, uint64_t all)
{
	uint64_t *first = ctx;

	(void)all;
	if (*first == 0)
		*first = done;
}

static void
test_goes_on(void **state)
{
	struct mm_logs_options options = standard;
	uint64_t first = 0;
	const char *reason;

	(void)state;
	options.progress = note_first;
	options.ctx = &first;
	make_reading(options);
	assert_int_equal(mm_logs_reading_resume(world.reading, &reason), 1);
	world_run(&world);
	world_assert_same(&world, &expected);
	assert_true(first >= mm_logs_reading_input(world.reading, 0)->facts.raw_size +
	    mm_logs_reading_input(world.reading, 1)->facts.raw_size);
	mm_logs_reading_remove_work(world.reading);
	world_take(&world, NULL);
	assert_refused(standard, "no checkpoint is there");
	world_assert_same(&world, &expected);
}

/* What is left is only read while others take blocks apart: each record is still known when it comes again. */
static void
test_checkpoints_change_nothing(void **state)
{
	struct mm_logs_options options = { .threads = 4, .checkpoint_bytes = 1, .now_us = WORLD_NOW_US };

	(void)state;
	write_lines("d", 0, 30000);
	write_lines("e", 0, 30000);
	world_read(&expected, NULL);
	make_reading(options);
	world_run(&world);
	world_assert_same(&world, &expected);
}

static void
test_the_work_is_nobody_elses(void **state)
{
	struct stat status;

	(void)state;
	assert_int_equal(fstatat(work_fd, "reading.checkpoint", &status, 0), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(fstatat(work_fd, "reading.events", &status, 0), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static void
test_without_a_folder_it_begins_at_the_beginning(void **state)
{
	struct mm_logs_options options = { .threads = 1, .now_us = WORLD_NOW_US, .work_fd = -1 };
	const char *reason;

	(void)state;
	world_take(&world, mm_logs_reading_new(&options));
	assert_int_equal(mm_logs_reading_add(world.reading, world.folder), 0);
	assert_int_equal(mm_logs_reading_resume(world.reading, &reason), 0);
	assert_string_equal(reason, "there is no work folder");
	world_run(&world);
	world_assert_same(&world, &expected);
}

static void
test_other_options_are_refused(void **state)
{
	struct mm_logs_options options = standard;

	(void)state;
	options.keep_other = true;
	assert_refused(options, "the options were others");
	options = standard;
	leave(standard);
	options.now_us++;
	assert_refused(options, "the options were others");
	leave(standard);
	options.now_us = 0;
	assert_refused(options, "the options were others");
}

/* What is the future is what was the future for whoever began. */
static void
test_the_clock_is_that_of_the_beginning(void **state)
{
	struct mm_logs_options options = standard;
	const char *reason;

	(void)state;
	options.now_us = 0;
	leave(options);
	make_reading(options);
	assert_int_equal(mm_logs_reading_resume(world.reading, &reason), 1);
	options = standard;
	options.threads = 3;
	leave(standard);
	make_reading(options);
	assert_int_equal(mm_logs_reading_resume(world.reading, &reason), 1);
}

static void
test_other_inputs_are_refused(void **state)
{
	struct stat status;
	struct timespec times[2];
	char path[128];

	(void)state;
	write_lines("d", 0, 1);
	assert_refused(standard, "there are more or fewer inputs than there were");
	assert_int_equal(world.count, expected.count);
	(void)snprintf(path, sizeof(path), "%s/d", world.folder);
	assert_int_equal(unlink(path), 0);
	leave(standard);

	write_lines("bb", 10, 20);
	(void)snprintf(path, sizeof(path), "%s/b", world.folder);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof(path), "it was no input, or not in this place: %s/bb", world.folder);
	assert_refused(standard, path);

	/* Another text of the same length, and with the times that it had. */
	leave(standard);
	(void)snprintf(path, sizeof(path), "%s/a", world.folder);
	assert_int_equal(stat(path, &status), 0);
	times[0] = status.st_atim;
	times[1] = status.st_mtim;
	write_lines("a", 30, 20);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	assert_refused(standard, "it is not the file any more that it was: ");
	assert_int_equal(world.count, 40);
	assert_int_equal(world.events[20].record.bytes[3], 30);
}

/* A reading would begin at the beginning. */
static void
assert_not_resumed(void)
{
	const char *reason;

	make_reading(standard);
	assert_int_equal(mm_logs_reading_resume(world.reading, &reason), 0);
	assert_true(reason[0] != '\0');
	world_take(&world, NULL);
}

/* Change one byte in step of a file, and change it back. */
static void
check_bytes(const char *name, off_t size, off_t step)
{
	int fd = openat(work_fd, name, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	for (off_t at = 0; at < size; at += step) {
		uint8_t byte;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 0x40;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		assert_not_resumed();
		byte ^= 0x40;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_int_equal(close(fd), 0);
}

static void
cut_file(const char *name, off_t size)
{
	int fd = openat(work_fd, name, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(close(fd), 0);
}

static off_t
size_of(const char *name)
{
	struct stat status;

	assert_int_equal(fstatat(work_fd, name, &status, 0), 0);
	return status.st_size;
}

static void
test_damage_is_refused(void **state)
{
	off_t size = size_of("reading.checkpoint"), events = size_of("reading.events");
	const char *reason;

	(void)state;
	assert_true(size > 1000 && events > 1000);
	check_bytes("reading.checkpoint", size, 7);
	check_bytes("reading.events", events, 301);
	/* All of that was mended, and more than the events is no harm. */
	cut_file("reading.events", events + 5);
	make_reading(standard);
	assert_int_equal(mm_logs_reading_resume(world.reading, &reason), 1);
	assert_int_equal(size_of("reading.events"), events);
	world_take(&world, NULL);
	cut_file("reading.events", events - 1);
	assert_refused(standard, "the checkpoint is damaged, or the events beside it");
	world_assert_same(&world, &expected);
	for (off_t cut = 0; cut < size; cut += size / 6) {
		cut_file("reading.checkpoint", cut);
		assert_refused(standard, "");
		world_assert_same(&world, &expected);
	}
}

static void
test_one_process_at_a_time(void **state)
{
	struct mm_logs_reading *first;
	const char *reason;

	(void)state;
	make_reading(standard);
	assert_int_equal(mm_logs_reading_resume(world.reading, &reason), 1);
	first = world.reading;
	world.reading = NULL;
	make_reading(standard);
	assert_int_equal(mm_logs_reading_resume(world.reading, &reason), -1);
	assert_int_equal(errno, EBUSY);
	make_reading(standard);
	assert_int_equal(mm_logs_reading_run(world.reading), -1);
	assert_int_equal(errno, EBUSY);
	mm_logs_reading_free(&first);
	make_reading(standard);
	assert_int_equal(mm_logs_reading_resume(world.reading, &reason), 1);
}

static void
test_files_of_others_are_not_touched(void **state)
{
	const char *reason;

	(void)state;
	assert_int_equal(fchmodat(work_fd, "reading.checkpoint", 0620, 0), 0);
	assert_refused(standard, "the checkpoint cannot be read: ");
	assert_int_equal(fchmodat(work_fd, "reading.events", 0602, 0), 0);
	make_reading(standard);
	assert_int_equal(mm_logs_reading_resume(world.reading, &reason), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(unlinkat(work_fd, "reading.events", 0), 0);
	assert_int_equal(symlinkat("/dev/null", work_fd, "reading.events"), 0);
	make_reading(standard);
	assert_int_equal(mm_logs_reading_resume(world.reading, &reason), -1);
	assert_int_equal(errno, ELOOP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_goes_on, begin, finish),
		cmocka_unit_test_setup_teardown(test_checkpoints_change_nothing, begin, finish),
		cmocka_unit_test_setup_teardown(test_the_work_is_nobody_elses, begin, finish),
		cmocka_unit_test_setup_teardown(test_without_a_folder_it_begins_at_the_beginning, begin, finish),
		cmocka_unit_test_setup_teardown(test_other_options_are_refused, begin, finish),
		cmocka_unit_test_setup_teardown(test_the_clock_is_that_of_the_beginning, begin, finish),
		cmocka_unit_test_setup_teardown(test_other_inputs_are_refused, begin, finish),
		cmocka_unit_test_setup_teardown(test_damage_is_refused, begin, finish),
		cmocka_unit_test_setup_teardown(test_one_process_at_a_time, begin, finish),
		cmocka_unit_test_setup_teardown(test_files_of_others_are_not_touched, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
