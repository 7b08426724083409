/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets of callers: which files are taken, and the digest of what is in them.
 */
#include "engine/caller_secret.h"

#include "lib/crypto/digest.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/mm-secret-XXXXXX";
static char path[64];

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/secret", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static enum mm_caller_secret
read_secret(const char *content, mode_t mode, uint8_t digest[MM_DIGEST_LEN])
{
	size_t len = strlen(content);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return mm_caller_secret_read(path, digest);
}

static void
test_digest(void **state)
{
	static const char secret[] = "0123456789abcdef";
	uint8_t wanted[MM_DIGEST_LEN], digest[MM_DIGEST_LEN];

	(void)state;
	assert_true(mm_sha256(mm_slice_str(secret), wanted));
	assert_int_equal(read_secret("0123456789abcdef", 0600, digest), MM_CALLER_SECRET_GOOD);
	assert_memory_equal(digest, wanted, MM_DIGEST_LEN);
	memset(digest, 0, sizeof(digest));
	assert_int_equal(read_secret("0123456789abcdef\n", 0640, digest), MM_CALLER_SECRET_GOOD);
	assert_memory_equal(digest, wanted, MM_DIGEST_LEN);
}

static void
test_refusals(void **state)
{
	static char longest[MM_CALLER_SECRET_LEN_MAX + 3];
	uint8_t digest[MM_DIGEST_LEN];

	(void)state;
	assert_int_equal(read_secret("0123456789abcde\n", 0600, digest), MM_CALLER_SECRET_SHORT);
	assert_int_equal(read_secret("", 0600, digest), MM_CALLER_SECRET_SHORT);
	assert_int_equal(read_secret("0123456789abcdef\n\n", 0600, digest), MM_CALLER_SECRET_ODD);
	assert_int_equal(read_secret("0123456789abcdef\r\n", 0600, digest), MM_CALLER_SECRET_ODD);
	assert_int_equal(read_secret("0123456789abcdef", 0644, digest), MM_CALLER_SECRET_EXPOSED);
	assert_int_equal(read_secret("0123456789abcdef", 0602, digest), MM_CALLER_SECRET_EXPOSED);
	memset(longest, 'x', sizeof(longest) - 1);
	assert_int_equal(read_secret(longest, 0600, digest), MM_CALLER_SECRET_UNREADABLE);
	longest[MM_CALLER_SECRET_LEN_MAX] = '\0';
	assert_int_equal(read_secret(longest, 0600, digest), MM_CALLER_SECRET_GOOD);
	assert_int_equal(mm_caller_secret_read(folder, digest), MM_CALLER_SECRET_UNREADABLE);
	assert_int_equal(mm_caller_secret_read("/nonexistent/secret", digest), MM_CALLER_SECRET_MISSING);
}

static void
test_words(void **state)
{
	(void)state;
	for (int fault = MM_CALLER_SECRET_GOOD; fault <= MM_CALLER_SECRET_FAILED + 1; fault++) {
		assert_non_null(mm_caller_secret_text((enum mm_caller_secret)fault));
		assert_non_null(mm_caller_secret_mend((enum mm_caller_secret)fault));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
