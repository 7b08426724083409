/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders on a disk that fails at each of their entries: what could not be read is never taken for what is not there.
 */
#include "daemon/keystore/locked_memory.h"
#include "daemon/keystore/sealed_store.h"
#include "engine/folder.h"
#include "engine/journal.h"
#include "engine/journal_segment.h"
#include "engine/ledger_file.h"
#include "lib/base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a call that fails: the linker puts this before the C library's (--wrap) ---- */

static unsigned fails_at, calls; /* from 1 on; 0: none */

struct dirent64 *__real_readdir64(DIR *folder);
struct dirent64 *__wrap_readdir64(DIR *folder);

struct dirent64 *
__wrap_readdir64(DIR *folder)
{
	if (fails_at == 0 || ++calls < fails_at)
		return __real_readdir64(folder);
	errno = EIO;
	return NULL;
}

static void
fail_at(unsigned call)
{
	fails_at = call;
	calls = 0;
	errno = 0;
}

/* ---- a folder of three segments of a journal and a ledger, two sealed keys, and one that was being made ---- */

#define KID_A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define KID_B "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA"
#define UNFINISHED KID_A ".sealed.new"

static char folder[64];
static int folder_fd;
static unsigned entries;

static void
make(const char *name)
{
	int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	close(fd);
}

static bool
is_there(const char *name)
{
	struct stat status;

	return fstatat(folder_fd, name, &status, 0) == 0;
}

static unsigned
count_entries(void)
{
	DIR *stream = mm_folder_open(folder_fd, ".");
	unsigned count = 0;

	assert_non_null(stream);
	while (mm_folder_next(stream) != NULL)
		count++;
	assert_int_equal(errno, 0);
	mm_folder_close(stream);
	return count;
}

static int
begin(void **state)
{
	(void)state;
	fail_at(0);
	(void)snprintf(folder, sizeof(folder), "/tmp/mm-folder-XXXXXX");
	assert_non_null(mkdtemp(folder));
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(folder_fd, -1);
	make("gate.0000000001.journal");
	make("gate.0000000002.journal");
	make("gate.0000000003.journal");
	make("0000000001.ledger");
	make("0000000002.ledger");
	make(KID_A ".sealed");
	make(KID_B ".sealed");
	make(UNFINISHED);
	entries = count_entries();
	assert_int_equal(entries, 10);
	return 0;
}

static int
end(void **state)
{
	const struct dirent *entry;
	DIR *stream;

	(void)state;
	fail_at(0);
	stream = mm_folder_open(folder_fd, ".");
	while ((entry = mm_folder_next(stream)) != NULL)
		if (entry->d_name[0] != '.')
			assert_int_equal(unlinkat(folder_fd, entry->d_name, 0), 0);
	mm_folder_close(stream);
	close(folder_fd);
	return rmdir(folder);
}

/* ---- */

static void
the_end_is_no_error(void **state)
{
	DIR *stream = mm_folder_open(folder_fd, ".");

	(void)state;
	fail_at(2);
	assert_non_null(mm_folder_next(stream));
	assert_null(mm_folder_next(stream));
	assert_int_equal(errno, EIO);
	mm_folder_close(stream);
	assert_int_equal(errno, EIO);
	fail_at(0);
	assert_null(mm_folder_open(folder_fd, "nowhere"));
	assert_int_equal(errno, ENOENT);
	assert_null(mm_folder_open(folder_fd, UNFINISHED));
	assert_int_equal(errno, ENOTDIR);
	mm_folder_close(NULL);
}

static void
no_segment_of_a_journal_is_passed_over(void **state)
{
	uint64_t number;

	(void)state;
	for (unsigned call = 1; call <= entries + 1; call++) {
		fail_at(call);
		assert_int_equal(mm_journal_segment_find(folder_fd, "gate", 1, &number), -1);
		assert_int_equal(errno, EIO);
		fail_at(call);
		assert_int_equal(mm_journal_segment_newest(folder_fd, "gate", &number), -1);
		assert_int_equal(errno, EIO);
		fail_at(call);
		assert_int_equal(mm_journal_segment_remove_old(folder_fd, "gate", 1), -1);
		assert_int_equal(errno, EIO);
	}
	fail_at(0);
	assert_int_equal(mm_journal_segment_find(folder_fd, "gate", 1, &number), 0);
	assert_int_equal(number, 1);
	assert_int_equal(mm_journal_segment_find(folder_fd, "gate", 4, &number), -1);
	assert_int_equal(errno, ENOENT);
}

static void
no_file_of_a_ledger_is_passed_over(void **state)
{
	uint64_t *numbers;

	(void)state;
	for (unsigned call = 1; call <= entries + 1; call++) {
		fail_at(call);
		assert_int_equal(mm_ledger_list(folder_fd, &numbers), -1);
		assert_int_equal(errno, EIO);
	}
	fail_at(0);
	assert_int_equal(mm_ledger_list(folder_fd, &numbers), 2);
	free(numbers);
}

static void
count_key(void *context, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	(void)thumbprint;
	++*(unsigned *)context;
}

static void
no_sealed_key_is_passed_over(void **state)
{
	const struct sealed_file_seal seal = { .realm = "enterprise" };
	struct keystore_trouble trouble;
	struct keystore *store = NULL;
	unsigned count = 0;

	(void)state;
	for (unsigned call = 1; call <= entries + 1; call++) {
		make(UNFINISHED);
		fail_at(call);
		assert_null(sealed_store_new(folder_fd, &seal, &trouble));
		assert_non_null(strstr(trouble.text, strerror(EIO)));
	}
	fail_at(0);
	store = sealed_store_new(folder_fd, &seal, &trouble);
	assert_non_null(store);
	assert_false(is_there(UNFINISHED));
	for (unsigned call = 1; call <= entries; call++) {
		fail_at(call);
		assert_int_equal(store->ops->list(store, count_key, &count, &trouble), KEYSTORE_FAILED);
		assert_non_null(strstr(trouble.text, strerror(EIO)));
	}
	fail_at(0);
	count = 0;
	assert_int_equal(store->ops->list(store, count_key, &count, &trouble), KEYSTORE_DONE);
	assert_int_equal(count, 2);
	store->ops->free(&store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_end_is_no_error, begin, end),
		cmocka_unit_test_setup_teardown(no_segment_of_a_journal_is_passed_over, begin, end),
		cmocka_unit_test_setup_teardown(no_file_of_a_ledger_is_passed_over, begin, end),
		cmocka_unit_test_setup_teardown(no_sealed_key_is_passed_over, begin, end),
	};
	const char *why;

	if (!locked_memory_open(&why)) {
		fprintf(stderr, "locked memory: %s\n", why);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
