/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed keys when the disk fails and when the process dies: each call that a key's making or end needs fails, in every
 * way, or is the last of its process. A key that the store said it has is there and opens; another is not there, or
 * whole; nothing half is left, and a key that was destroyed does not come back.
 */
#include "daemon/keystore/locked_memory.h"
#include "daemon/keystore/sealed_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- failing calls: the linker puts these before the C library's (--wrap) ---- */

enum failure { FAIL_EIO, FAIL_ENOSPC, FAIL_SHORT, FAIL_AFTER, FAIL_DEATH, FAIL_FOR_LONG, FAIL_COUNT };

static unsigned fault_at, calls; /* which call fails, from 1 on; 0: none */
static enum failure fault_how;

/* Whether this call fails, with errno. */
static bool
fails(void)
{
	if (fault_at == 0 || ++calls < fault_at || (calls > fault_at && fault_how != FAIL_FOR_LONG))
		return false;
	if (fault_how == FAIL_DEATH)
		_exit(0);
	errno = fault_how == FAIL_ENOSPC || fault_how == FAIL_FOR_LONG ? ENOSPC : EIO;
	return true;
}

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __real_openat64(int fd, const char *path, int flags, ...);
int __wrap_openat64(int fd, const char *path, int flags, ...);
int __real_unlinkat(int fd, const char *path, int flags);
int __wrap_unlinkat(int fd, const char *path, int flags);

ssize_t
__wrap_write(int fd, const void *bytes, size_t len)
{
	if (!fails())
		return __real_write(fd, bytes, len);
	if (fault_how == FAIL_SHORT)
		return __real_write(fd, bytes, len / 2);
	if (fault_how == FAIL_AFTER)
		(void)!__real_write(fd, bytes, len);
	return -1;
}

int
__wrap_fsync(int fd)
{
	return fails() ? -1 : __real_fsync(fd);
}

int
__wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	if (!fails())
		return __real_renameat(from_fd, from, to_fd, to);
	if (fault_how == FAIL_AFTER)
		(void)__real_renameat(from_fd, from, to_fd, to);
	return -1;
}

int
__wrap_openat64(int fd, const char *path, int flags, ...)
{
	va_list arguments;
	int mode;

	va_start(arguments, flags);
	mode = va_arg(arguments, int);
	va_end(arguments);
	return fails() ? -1 : __real_openat64(fd, path, flags, mode);
}

int
__wrap_unlinkat(int fd, const char *path, int flags)
{
	return fails() ? -1 : __real_unlinkat(fd, path, flags);
}

/* ---- the world ---- */

static struct sealed_file_seal seal = { .realm = "enterprise" };
static struct keystore_trouble trouble;
static char path[64];
static int folder_fd;

static struct keystore *
open_store(void)
{
	struct keystore *store = sealed_store_new(folder_fd, &seal, &trouble);

	if (store == NULL)
		fail_msg("%s", trouble.text);
	return store;
}

static int
make_folder(void **state)
{
	(void)state;
	(void)snprintf(path, sizeof(path), "/tmp/mm-keystore-XXXXXX");
	if (mkdtemp(path) == NULL)
		return -1;
	folder_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder_fd == -1 ? -1 : 0;
}

/* Remove what is there; returns how many files that were. */
static unsigned
empty_folder(void)
{
	DIR *stream = opendir(path);
	const struct dirent *entry;
	unsigned count = 0;

	assert_non_null(stream);
	while ((entry = readdir(stream)) != NULL)
		if (entry->d_name[0] != '.') {
			assert_int_equal(unlinkat(folder_fd, entry->d_name, 0), 0);
			count++;
		}
	closedir(stream);
	return count;
}

static int
remove_folder(void **state)
{
	(void)state;
	(void)empty_folder();
	close(folder_fd);
	return rmdir(path);
}

struct found {
	struct keystore *store;
	unsigned count;
};

/* What the store names is whole. */
static void
open_found(void *context, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	struct found *found = context;
	struct keystore_key *key = NULL;

	if (found->store->ops->open(found->store, thumbprint, &key, &trouble) != KEYSTORE_DONE)
		fail_msg("%s", trouble.text);
	found->store->ops->close(found->store, &key);
	found->count++;
}

/* A store that begins anew: how many keys it has, each of which opens; and nothing else lies in the folder. */
static unsigned
count_keys(void)
{
	struct found found = { open_store(), 0 };

	assert_int_equal(found.store->ops->list(found.store, open_found, &found, &trouble), KEYSTORE_DONE);
	found.store->ops->free(&found.store);
	assert_int_equal(empty_folder(), found.count);
	return found.count;
}

static enum keystore_result
make(struct keystore *store, struct keystore_public *made)
{
	return store->ops->make(store, mm_algorithm_find(mm_slice_str("ES256")), made, &trouble);
}

/* ---- making ---- */

/* Make a key with the n-th call failing; false: there was no such call. */
static bool
make_with_fault(unsigned n, enum failure how)
{
	struct keystore *store = open_store();
	struct keystore_public made;
	enum keystore_result result;
	bool reached;

	trouble.text[0] = '\0';
	calls = 0;
	fault_how = how;
	fault_at = n;
	result = make(store, &made);
	fault_at = 0;
	reached = calls >= n;
	store->ops->free(&store);
	assert_true(result == KEYSTORE_DONE || result == KEYSTORE_FAILED);
	if (result == KEYSTORE_FAILED)
		assert_int_not_equal(trouble.text[0], '\0');
	/* A short write is gone on with. */
	assert_true(result == KEYSTORE_FAILED || !reached || how == FAIL_SHORT);
	if (how == FAIL_AFTER) /* the disk says that it failed where it did not: then the key may be there, whole */
		(void)count_keys();
	else
		assert_int_equal(count_keys(), result == KEYSTORE_DONE);
	return reached;
}

static void
a_key_that_cannot_be_written_is_not_there(void **state)
{
	(void)state;
	for (unsigned how = FAIL_EIO; how < FAIL_DEATH; how++) {
		unsigned n = 1;

		while (make_with_fault(n, (enum failure)how))
			n++;
		assert_true(n > 4);
	}
}

/* How many files are called so. */
static unsigned
count_files(const char *ending)
{
	DIR *stream = opendir(path);
	const struct dirent *entry;
	unsigned count = 0;

	assert_non_null(stream);
	while ((entry = readdir(stream)) != NULL)
		count += strlen(entry->d_name) > strlen(ending) &&
		    strcmp(entry->d_name + strlen(entry->d_name) - strlen(ending), ending) == 0;
	closedir(stream);
	return count;
}

/* All calls from the n-th on: nothing can be removed either, and the next key has it removed. */
static void
what_a_full_disk_did_not_let_go_goes_later(void **state)
{
	bool reached = true;

	(void)state;
	for (unsigned n = 1; reached; n++) {
		struct keystore *store = open_store();
		struct keystore_public made;

		calls = 0;
		fault_how = FAIL_FOR_LONG;
		fault_at = n;
		reached = make(store, &made) == KEYSTORE_FAILED;
		fault_at = 0;
		assert_int_equal(make(store, &made), KEYSTORE_DONE);
		assert_int_equal(count_files(".new"), 0);
		store->ops->free(&store);
		assert_in_range(count_keys(), 1, 2);
	}
}

/*
 * Make a key, or forget the one of this kid, in a process that dies at its n-th call; false: it came to its end before.
 * It is this program anew: a child does not inherit the memory that libcrypto uses.
 */
static bool
dies(unsigned n, const char *kid)
{
	char number[16];
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		(void)snprintf(number, sizeof(number), "%u", n);
		execl("/proc/self/exe", "faults-keystore", path, number, kid, NULL);
		_exit(2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
	return WEXITSTATUS(status) == 0;
}

/* The process that dies. Exit status 0: at that call; 1: not, it did its work. */
static int
be_the_one_that_dies(const char *folder, const char *number, const char *kid)
{
	uint8_t thumbprint[MM_DIGEST_LEN];
	struct keystore_public made;
	struct keystore *store;

	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	store = sealed_store_new(folder_fd, &seal, &trouble);
	if (store == NULL || (kid != NULL && !keystore_kid_read(mm_slice_str(kid), thumbprint)))
		return 2;
	fault_how = FAIL_DEATH;
	fault_at = (unsigned)strtoul(number, NULL, 10);
	if ((kid == NULL ? make(store, &made) : store->ops->forget(store, thumbprint, &trouble)) != KEYSTORE_DONE)
		return 2;
	return 1;
}

static void
a_death_leaves_a_whole_key_or_none(void **state)
{
	unsigned n = 1;

	(void)state;
	while (dies(n, NULL)) {
		assert_true(count_keys() <= 1);
		n++;
	}
	assert_true(n > 4);
	assert_int_equal(count_keys(), 1); /* that of the one that did not die */
}

/* ---- forgetting ---- */

/* However far a process came, the next one can forget the key, and then it is gone. */
static void
a_death_while_forgetting_leaves_what_can_be_forgotten(void **state)
{
	char kid[KEYSTORE_KID_LEN + 1];
	struct keystore_public made;
	bool died;
	unsigned n = 1;

	(void)state;
	do {
		struct keystore *store = open_store();

		assert_int_equal(make(store, &made), KEYSTORE_DONE);
		keystore_kid(made.thumbprint, kid);
		died = dies(n++, kid);
		assert_int_equal(store->ops->forget(store, made.thumbprint, &trouble), KEYSTORE_DONE);
		store->ops->free(&store);
		assert_int_equal(count_keys(), 0);
	} while (died);
	assert_true(n > 4);
}

static void
a_key_whose_end_fails_can_be_forgotten_again(void **state)
{
	(void)state;
	for (unsigned how = FAIL_EIO; how < FAIL_SHORT; how++) {
		unsigned reached = 1;

		for (unsigned n = 1; reached != 0; n++) {
			struct keystore *store = open_store();
			struct keystore_key *key = NULL;
			struct keystore_public made;
			enum keystore_result result;

			assert_int_equal(make(store, &made), KEYSTORE_DONE);
			calls = 0;
			fault_how = (enum failure)how;
			fault_at = n;
			result = store->ops->forget(store, made.thumbprint, &trouble);
			fault_at = 0;
			reached = calls >= n;
			assert_int_equal(result, reached ? KEYSTORE_FAILED : KEYSTORE_DONE);
			assert_int_equal(store->ops->forget(store, made.thumbprint, &trouble), KEYSTORE_DONE);
			assert_int_equal(store->ops->open(store, made.thumbprint, &key, &trouble), KEYSTORE_NO_KEY);
			store->ops->free(&store);
			assert_int_equal(count_keys(), 0);
		}
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_key_that_cannot_be_written_is_not_there, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(what_a_full_disk_did_not_let_go_goes_later, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_death_leaves_a_whole_key_or_none, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_death_while_forgetting_leaves_what_can_be_forgotten, make_folder,
		    remove_folder),
		cmocka_unit_test_setup_teardown(a_key_whose_end_fails_can_be_forgotten_again, make_folder,
		    remove_folder),
	};
	const char *why;

	if (!locked_memory_open(&why)) {
		print_message("%s\n", why);
		return 2;
	}
	if (argc > 2)
		return be_the_one_that_dies(argv[1], argv[2], argc > 3 ? argv[3] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
