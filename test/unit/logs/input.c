/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An input gives a file's text whatever it is packed in, its SHA-256, and how reading ended; bombs end early.
 */
#include "engine/logs/input.h"

#include "engine/logs/unpack.h"
#include "lib/base/array.h"
#include "lib/crypto/digest.h"
#include "test/unit/logs/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static char path[128];

/* Some lines, with characters of one to four bytes. */
static struct mm_buf sample;

static int
begin(void **state)
{
	(void)state;
	pack_folder_make(folder);
	mm_buf_init(&sample, 16 * 1024 * 1024);
	for (unsigned i = 0; i < 20000; i++)
		mm_buf_addf(&sample, "{\"Id\":\"%08x\",\"UserId\":\"j\xC3\xBCrgen%u@example\",\"x\":\"%s\"}\r\n",
		    i * 2654435761U, i, "\xE2\x82\xAC\xF0\x9F\x98\x80");
	assert_true(mm_buf_ok(&sample));
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	mm_buf_clear(&sample);
	pack_folder_remove(folder);
	return 0;
}

/* Read all of the file at path in pieces of room bytes; the text goes to buf. */
static struct mm_logs_input_facts
read_all(struct mm_buf *buf, size_t room)
{
	struct mm_logs_input *input = mm_logs_input_open(AT_FDCWD, path);
	struct mm_logs_input_facts facts;
	char *text = malloc(room);
	size_t len;

	assert_non_null(input);
	assert_non_null(text);
	mm_buf_init(buf, 256 * 1024 * 1024);
	while ((len = mm_logs_input_read(input, text, room)) > 0) {
		assert_true(len <= room);
		mm_buf_add(buf, text, len);
	}
	assert_int_equal(mm_logs_input_read(input, text, room), 0);
	facts = *mm_logs_input_facts(input);
	assert_int_equal(facts.text_size, buf->len);
	free(text);
	mm_logs_input_free(&input);
	assert_null(input);
	return facts;
}

/* What is in packed becomes the sample's text, in whatever pieces it is read; and the digest is that of packed. */
static struct mm_logs_input_facts
check_sample(struct mm_buf *packed, enum mm_logs_compression compression, enum mm_logs_encoding encoding)
{
	static const size_t rooms[] = { MM_LOGS_ROOM_MIN, 1000, 65536, 8 * 1024 * 1024 };
	struct mm_logs_input_facts facts = { 0 };
	uint8_t digest[MM_DIGEST_LEN];

	assert_true(mm_buf_ok(packed));
	pack_file(folder, "sample", packed->data, packed->len, path);
	assert_true(mm_sha256(mm_slice(packed->data, packed->len), digest));
	for (size_t i = 0; i < MM_COUNT_OF(rooms); i++) {
		struct mm_buf text;

		facts = read_all(&text, rooms[i]);
		assert_int_equal(facts.ended, MM_LOGS_WHOLE);
		assert_int_equal(facts.compression, compression);
		assert_int_equal(facts.encoding, encoding);
		assert_int_equal(facts.raw_size, packed->len);
		assert_int_equal(facts.file_size, packed->len);
		assert_memory_equal(facts.digest, digest, sizeof(digest));
		assert_int_equal(text.len, sample.len);
		assert_memory_equal(text.data, sample.data, sample.len);
		mm_buf_clear(&text);
	}
	mm_buf_clear(packed);
	return facts;
}

static void
test_plain(void **state)
{
	struct mm_buf packed;

	(void)state;
	mm_buf_init(&packed, 16 * 1024 * 1024);
	mm_buf_add(&packed, sample.data, sample.len);
	check_sample(&packed, MM_LOGS_PLAIN, MM_LOGS_UTF8);
	mm_buf_add_str(&packed, "\xEF\xBB\xBF");
	mm_buf_add(&packed, sample.data, sample.len);
	check_sample(&packed, MM_LOGS_PLAIN, MM_LOGS_UTF8_MARKED);
}

static void
test_gzip_of_several_members(void **state)
{
	struct mm_buf packed;

	(void)state;
	mm_buf_init(&packed, 16 * 1024 * 1024);
	pack_gzip(&packed, sample.data, sample.len);
	check_sample(&packed, MM_LOGS_GZIP, MM_LOGS_UTF8);
	pack_gzip(&packed, sample.data, 1);
	pack_gzip(&packed, "", 0);
	pack_gzip(&packed, sample.data + 1, sample.len - 1);
	mm_buf_add(&packed, "\0\0\0\0\0\0\0", 7);
	check_sample(&packed, MM_LOGS_GZIP, MM_LOGS_UTF8);
}

static void
test_zstd_of_several_frames(void **state)
{
	struct mm_buf packed;

	(void)state;
	mm_buf_init(&packed, 16 * 1024 * 1024);
	pack_zstd(&packed, sample.data, sample.len);
	check_sample(&packed, MM_LOGS_ZSTD, MM_LOGS_UTF8);
	mm_buf_add(&packed, "\x52\x2a\x4d\x18\x03\0\0\0abc", 11); /* one to be skipped */
	pack_zstd(&packed, sample.data, 2);
	pack_zstd(&packed, "", 0);
	pack_zstd(&packed, sample.data + 2, sample.len - 2);
	check_sample(&packed, MM_LOGS_ZSTD, MM_LOGS_UTF8);
}

static void
test_utf16(void **state)
{
	struct mm_buf packed, text;

	(void)state;
	mm_buf_init(&packed, 16 * 1024 * 1024);
	mm_buf_add_str(&packed, "\xFF\xFE");
	pack_utf16(&packed, sample.data, sample.len, false);
	check_sample(&packed, MM_LOGS_PLAIN, MM_LOGS_UTF16_LE);
	mm_buf_add_str(&packed, "\xFE\xFF");
	pack_utf16(&packed, sample.data, sample.len, true);
	check_sample(&packed, MM_LOGS_PLAIN, MM_LOGS_UTF16_BE);

	mm_buf_init(&text, 16 * 1024 * 1024);
	mm_buf_add_str(&text, "\xFF\xFE");
	pack_utf16(&text, sample.data, sample.len, false);
	pack_gzip(&packed, text.data, text.len);
	check_sample(&packed, MM_LOGS_GZIP, MM_LOGS_UTF16_LE);
	mm_buf_clear(&text);
}

static void
test_odd_utf16_is_counted(void **state)
{
	/* A second half alone, a first half before a letter, a first half and half a unit at the end. */
	static const char units[] = "\xFF\xFE\x00\xDC" "a\0\x00\xD8" "b\0\x00\xD8" "c";
	struct mm_logs_input_facts facts;
	struct mm_buf text;

	(void)state;
	pack_file(folder, "sample", units, sizeof(units) - 1, path);
	facts = read_all(&text, MM_LOGS_ROOM_MIN);
	assert_int_equal(facts.ended, MM_LOGS_WHOLE);
	assert_int_equal(facts.odd_units, 4);
	assert_true(mm_slice_equal(mm_slice(text.data, text.len),
	    mm_slice_str("\xEF\xBF\xBD" "a\xEF\xBF\xBD" "b\xEF\xBF\xBD\xEF\xBF\xBD")));
	mm_buf_clear(&text);
}

static void
test_small_files(void **state)
{
	static const char *const texts[] = { "", "{", "\x1f", "\x1f\x8b", "(\xb5\x2f", "\xEF\xBB" };
	struct mm_logs_input_facts facts;
	struct mm_buf text;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(texts); i++) {
		pack_file(folder, "sample", texts[i], strlen(texts[i]), path);
		facts = read_all(&text, 100);
		assert_int_equal(facts.ended, MM_LOGS_WHOLE);
		assert_int_equal(facts.compression, MM_LOGS_PLAIN);
		assert_int_equal(text.len, strlen(texts[i]));
		mm_buf_clear(&text);
	}
}

/* A packed file that ends early gives what it has, and says so; its digest is still the file's. */
static void
check_cut(const struct mm_buf *packed, size_t len)
{
	struct mm_logs_input_facts facts;
	uint8_t digest[MM_DIGEST_LEN];
	struct mm_buf text;

	pack_file(folder, "sample", packed->data, len, path);
	facts = read_all(&text, 65536);
	assert_int_equal(facts.ended, MM_LOGS_CUT_SHORT);
	assert_true(text.len <= sample.len);
	if (text.len > 0)
		assert_memory_equal(text.data, sample.data, text.len);
	assert_true(mm_sha256(mm_slice(packed->data, len), digest));
	assert_memory_equal(facts.digest, digest, sizeof(digest));
	mm_buf_clear(&text);
}

static void
test_what_is_cut_is_told(void **state)
{
	struct mm_buf gzip, zstd;

	(void)state;
	mm_buf_init(&gzip, 16 * 1024 * 1024);
	mm_buf_init(&zstd, 16 * 1024 * 1024);
	pack_gzip(&gzip, sample.data, sample.len);
	pack_zstd(&zstd, sample.data, sample.len);
	for (size_t len = 4; len < gzip.len; len += len < 40 ? 1 : gzip.len / 16)
		check_cut(&gzip, len);
	check_cut(&gzip, gzip.len - 1);
	for (size_t len = 4; len < zstd.len; len += len < 40 ? 1 : zstd.len / 16)
		check_cut(&zstd, len);
	check_cut(&zstd, zstd.len - 1);
	mm_buf_clear(&gzip);
	mm_buf_clear(&zstd);
}

static void
check_damaged(const struct mm_buf *packed, size_t text_min)
{
	struct mm_logs_input_facts facts;
	uint8_t digest[MM_DIGEST_LEN];
	struct mm_buf text;

	pack_file(folder, "sample", packed->data, packed->len, path);
	facts = read_all(&text, 65536);
	assert_int_equal(facts.ended, MM_LOGS_DAMAGED);
	assert_true(text.len >= text_min);
	assert_int_equal(facts.raw_size, packed->len);
	assert_true(mm_sha256(mm_slice(packed->data, packed->len), digest));
	assert_memory_equal(facts.digest, digest, sizeof(digest));
	mm_buf_clear(&text);
}

static void
test_what_is_damaged_is_told(void **state)
{
	struct mm_buf packed;

	(void)state;
	mm_buf_init(&packed, 16 * 1024 * 1024);
	pack_gzip(&packed, sample.data, sample.len);
	packed.data[packed.len - 5] ^= 1; /* the checksum */
	check_damaged(&packed, sample.len);
	packed.data[packed.len - 5] ^= 1;
	packed.data[packed.len / 2] ^= 0x55;
	check_damaged(&packed, 0);
	packed.data[packed.len / 2] ^= 0x55;
	mm_buf_add_str(&packed, "something else");
	check_damaged(&packed, sample.len);
	mm_buf_clear(&packed);

	pack_zstd(&packed, sample.data, sample.len);
	packed.data[5] ^= 0x7f;
	check_damaged(&packed, 0);
	packed.data[5] ^= 0x7f;
	mm_buf_add_str(&packed, "something else");
	check_damaged(&packed, sample.len);
	mm_buf_clear(&packed);
}

static void
check_bomb(const struct mm_buf *packed, size_t size)
{
	struct mm_logs_input *input;
	const struct mm_logs_input_facts *facts;
	uint8_t digest[MM_DIGEST_LEN];
	char *text = malloc(1024 * 1024);

	assert_non_null(text);
	assert_true(mm_buf_ok(packed));
	assert_true(packed->len < size / MM_LOGS_RATIO_MAX);
	pack_file(folder, "sample", packed->data, packed->len, path);
	input = mm_logs_input_open(AT_FDCWD, path);
	assert_non_null(input);
	facts = mm_logs_input_facts(input);
	while (mm_logs_input_read(input, text, 1024 * 1024) > 0)
		assert_true(facts->text_size <= size);
	assert_int_equal(facts->ended, MM_LOGS_BOMB);
	assert_true(facts->text_size >= MM_LOGS_RATIO_FROM);
	assert_true(facts->text_size < size);
	assert_true(mm_sha256(mm_slice(packed->data, packed->len), digest));
	assert_memory_equal(facts->digest, digest, sizeof(digest));
	mm_logs_input_free(&input);
	free(text);
}

static void
test_bombs_end_early(void **state)
{
	size_t size = MM_LOGS_RATIO_FROM + MM_LOGS_RATIO_FROM / 2;
	char *blanks = malloc(size);
	struct mm_buf packed;

	(void)state;
	assert_non_null(blanks);
	memset(blanks, ' ', size);
	mm_buf_init(&packed, 16 * 1024 * 1024);
	pack_gzip(&packed, blanks, size);
	check_bomb(&packed, size);
	mm_buf_clear(&packed);
	pack_zstd(&packed, blanks, size);
	check_bomb(&packed, size);
	mm_buf_clear(&packed);
	free(blanks);
}

static void
test_a_window_that_takes_too_much_memory_is_refused(void **state)
{
	/* A frame that asks for a window of 2^31 bytes (RFC 8878 section 3.1.1.1.2). */
	static const char frame[] = "\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00";
	struct mm_logs_input_facts facts;
	struct mm_buf text;

	(void)state;
	pack_file(folder, "sample", frame, sizeof(frame) - 1, path);
	facts = read_all(&text, 65536);
	assert_int_equal(facts.compression, MM_LOGS_ZSTD);
	assert_int_equal(facts.ended, MM_LOGS_DAMAGED);
	mm_buf_clear(&text);
}

static void
test_a_file_that_changes_is_told(void **state)
{
	struct mm_logs_input *input;
	char text[64];
	int fd;

	(void)state;
	pack_file(folder, "sample", "{}\n", 3, path);
	input = mm_logs_input_open(AT_FDCWD, path);
	assert_non_null(input);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "{}\n", 3), 3);
	assert_int_equal(close(fd), 0);
	while (mm_logs_input_read(input, text, sizeof(text)) > 0)
		;
	assert_int_equal(mm_logs_input_facts(input)->ended, MM_LOGS_CHANGED);
	mm_logs_input_free(&input);
}

static void
test_what_is_given_up_is_hashed_still(void **state)
{
	struct mm_logs_input *input;
	uint8_t digest[MM_DIGEST_LEN];
	char text[64];

	(void)state;
	pack_file(folder, "sample", sample.data, sample.len, path);
	assert_true(mm_sha256(mm_slice(sample.data, sample.len), digest));
	input = mm_logs_input_open(AT_FDCWD, path);
	assert_non_null(input);
	assert_int_equal(mm_logs_input_read(input, text, sizeof(text)), sizeof(text));
	mm_logs_input_stop(input);
	assert_int_equal(mm_logs_input_read(input, text, sizeof(text)), 0);
	assert_int_equal(mm_logs_input_facts(input)->ended, MM_LOGS_STOPPED);
	assert_memory_equal(mm_logs_input_facts(input)->digest, digest, sizeof(digest));
	mm_logs_input_free(&input);
}

static void
test_only_regular_files(void **state)
{
	char fifo[160];

	(void)state;
	assert_null(mm_logs_input_open(AT_FDCWD, folder));
	assert_int_equal(errno, EINVAL);
	assert_null(mm_logs_input_open(AT_FDCWD, "/no/such/file"));
	assert_int_equal(errno, ENOENT);
	(void)snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_null(mm_logs_input_open(AT_FDCWD, fifo));
	assert_int_equal(errno, EINVAL);
}

static void
test_leaves_the_access_time(void **state)
{
	struct timespec times[2] = { { 1000000000, 0 }, { 1600000000, 0 } };
	struct stat status;
	struct mm_buf text;

	(void)state;
	pack_file(folder, "sample", "{}\n", 3, path);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	assert_int_equal(read_all(&text, 64).ended, MM_LOGS_WHOLE);
	mm_buf_clear(&text);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_atim.tv_sec, 1000000000);
}

static void
test_reads_at_places(void **state)
{
	struct mm_logs_input *input;
	struct mm_buf packed;
	char text[8];

	(void)state;
	pack_file(folder, "sample", "\xEF\xBB\xBF" "0123456789", 13, path);
	input = mm_logs_input_open(AT_FDCWD, path);
	assert_non_null(input);
	assert_true(mm_logs_input_seekable(input));
	assert_int_equal(mm_logs_input_at(input, text, 4, 3), 4);
	assert_memory_equal(text, "3456", 4);
	assert_int_equal(mm_logs_input_at(input, text, 4, 8), 2);
	mm_logs_input_free(&input);

	mm_buf_init(&packed, 1024);
	pack_gzip(&packed, "{}", 2);
	pack_file(folder, "sample", packed.data, packed.len, path);
	mm_buf_clear(&packed);
	input = mm_logs_input_open(AT_FDCWD, path);
	assert_non_null(input);
	assert_false(mm_logs_input_seekable(input));
	mm_logs_input_free(&input);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_gzip_of_several_members),
		cmocka_unit_test(test_zstd_of_several_frames),
		cmocka_unit_test(test_utf16),
		cmocka_unit_test(test_odd_utf16_is_counted),
		cmocka_unit_test(test_small_files),
		cmocka_unit_test(test_what_is_cut_is_told),
		cmocka_unit_test(test_what_is_damaged_is_told),
		cmocka_unit_test(test_bombs_end_early),
		cmocka_unit_test(test_a_window_that_takes_too_much_memory_is_refused),
		cmocka_unit_test(test_a_file_that_changes_is_told),
		cmocka_unit_test(test_what_is_given_up_is_hashed_still),
		cmocka_unit_test(test_only_regular_files),
		cmocka_unit_test(test_leaves_the_access_time),
		cmocka_unit_test(test_reads_at_places),
	};

	return cmocka_run_group_tests(tests, begin, finish);
}
