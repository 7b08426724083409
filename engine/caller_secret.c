/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the secret of a caller.
 */
#include "engine/caller_secret.h"

#include "engine/file.h"
#include "lib/base/array.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *text;
	const char *mend;
} faults[] = {
	[MM_CALLER_SECRET_GOOD] = { "the secret is good", "nothing to mend" },
	[MM_CALLER_SECRET_MISSING] = { "the secret's file does not exist",
	    "make one: (umask 077; openssl rand -base64 33 | tr -d '\\n' > FILE)" },
	[MM_CALLER_SECRET_UNREADABLE] = { "the secret's file cannot be read",
	    "it is a small regular file that mintmarkd may read" },
	[MM_CALLER_SECRET_EXPOSED] = { "every user of this machine may read or write the secret's file",
	    "chmod o-rwx FILE; if it was so for a while, make a new secret" },
	[MM_CALLER_SECRET_SHORT] = { "the secret has fewer than 16 bytes",
	    "make one: (umask 077; openssl rand -base64 33 | tr -d '\\n' > FILE)" },
	[MM_CALLER_SECRET_ODD] = { "the secret holds a control character", "write it on one line of printable text" },
	[MM_CALLER_SECRET_FAILED] = { "the secret cannot be digested", "is memory short?" },
};

const char *
mm_caller_secret_text(enum mm_caller_secret fault)
{
	return faults[fault < MM_COUNT_OF(faults) ? fault : MM_CALLER_SECRET_FAILED].text;
}

const char *
mm_caller_secret_mend(enum mm_caller_secret fault)
{
	return faults[fault < MM_COUNT_OF(faults) ? fault : MM_CALLER_SECRET_FAILED].mend;
}

/* RFC 7617 section 2: "The user-id and password MUST NOT contain any control characters". */
static bool
has_control_character(struct mm_slice secret)
{
	for (size_t i = 0; i < secret.len; i++)
		if ((unsigned char)secret.ptr[i] < 0x20 || secret.ptr[i] == 0x7f)
			return true;
	return false;
}

static enum mm_caller_secret
digest_secret(struct mm_slice secret, uint8_t digest[MM_DIGEST_LEN])
{
	if (secret.len > 0 && secret.ptr[secret.len - 1] == '\n')
		secret.len--;
	if (secret.len < MM_CALLER_SECRET_LEN_MIN)
		return MM_CALLER_SECRET_SHORT;
	if (has_control_character(secret))
		return MM_CALLER_SECRET_ODD;
	return mm_sha256(secret, digest) ? MM_CALLER_SECRET_GOOD : MM_CALLER_SECRET_FAILED;
}

/* Whether every user may read or write it, seen on the open file: another may stand at the path by now. */
static bool
is_exposed(int fd)
{
	struct stat status;

	return fstat(fd, &status) != 0 || (S_ISREG(status.st_mode) && (status.st_mode & S_IRWXO) != 0);
}

static enum mm_caller_secret
read_secret(int fd, uint8_t digest[MM_DIGEST_LEN])
{
	enum mm_caller_secret outcome;
	size_t len = 0;
	char *bytes;

	if (is_exposed(fd))
		return MM_CALLER_SECRET_EXPOSED;
	/* One byte more for the newline. */
	bytes = mm_file_read_open(fd, MM_CALLER_SECRET_LEN_MAX + 1, &len);
	if (bytes == NULL)
		return MM_CALLER_SECRET_UNREADABLE;
	outcome = digest_secret(mm_slice(bytes, len), digest);
	mm_secret_wipe(bytes, len);
	free(bytes);
	return outcome;
}

enum mm_caller_secret
mm_caller_secret_read(const char *path, uint8_t digest[MM_DIGEST_LEN])
{
	/* Without O_NONBLOCK a FIFO would hold us up before we see that it is none of ours. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	enum mm_caller_secret outcome;

	if (fd < 0)
		return errno == ENOENT ? MM_CALLER_SECRET_MISSING : MM_CALLER_SECRET_UNREADABLE;
	outcome = read_secret(fd, digest);
	close(fd);
	return outcome;
}
