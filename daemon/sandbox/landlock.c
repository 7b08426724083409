/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock: what is named here is denied everywhere, but for the files that a process may read.
 *
 * The kernel's version of it is asked, and what that version does not know is left out. Its header may be
 * older than the kernel, so the bits and the structure stand here (Documentation/userspace-api/landlock.rst).
 */
#include "daemon/sandbox/steps.h"
#include "lib/base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A kernel takes a structure larger than its own if the rest is zero. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

#define FS_ABI_1 ((UINT64_C(1) << 13) - 1) /* EXECUTE to MAKE_SYM */
#define FS_REFER (UINT64_C(1) << 13)
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)
#define FS_ALL UINT64_MAX
#define NET_BIND_TCP (UINT64_C(1) << 0)
#define NET_CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

#define FS_READING (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_NEVER_MADE                                                                                                 \
	(LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                \
	    LANDLOCK_ACCESS_FS_MAKE_SYM | FS_REFER)

/* What each version knows beyond the one before it. */
static const struct {
	long abi;
	struct ruleset knows;
} versions[] = {
	{ 1, { FS_ABI_1, 0, 0 } },
	{ 2, { FS_REFER, 0, 0 } },
	{ 3, { FS_TRUNCATE, 0, 0 } },
	{ 4, { 0, NET_BIND_TCP | NET_CONNECT_TCP, 0 } },
	{ 5, { FS_IOCTL_DEV, 0, 0 } },
	{ 6, { 0, 0, SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL } },
};

#ifdef MM_SANITIZED
#define FS_CHILD (FS_ALL & ~(uint64_t)FS_READING) /* reports read maps and programs */
#else
#define FS_CHILD FS_ALL
#endif

/*
 * What each process never does. mintmarkd goes out to nobody, but what is denied to it is denied to the courier, its
 * child, too; and systemd's socket may be an abstract one.
 */
static const struct ruleset never[MM_PROCESS_COUNT] = {
	[MM_PROCESS_MINTMARKD] = { FS_NEVER_MADE, 0, SCOPE_SIGNAL },
	[MM_PROCESS_COMPILER] = { FS_CHILD, NET_BIND_TCP | NET_CONNECT_TCP, SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL },
	[MM_PROCESS_GATE] = { FS_CHILD, NET_BIND_TCP | NET_CONNECT_TCP, SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL },
	[MM_PROCESS_COURIER] = { FS_CHILD, NET_BIND_TCP, SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL },
	[MM_PROCESS_DESK] = { FS_CHILD, NET_BIND_TCP | NET_CONNECT_TCP, SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL },
	[MM_PROCESS_SIGNER] = { FS_CHILD, NET_BIND_TCP | NET_CONNECT_TCP, SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL },
	[MM_PROCESS_LEDGER] = { FS_CHILD, NET_BIND_TCP | NET_CONNECT_TCP, SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL },
	[MM_PROCESS_VERIFIER] = { FS_CHILD, NET_BIND_TCP | NET_CONNECT_TCP, SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL },
	[MM_PROCESS_ISSUER] = { FS_CHILD, NET_BIND_TCP | NET_CONNECT_TCP, SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL },
};

/*
 * The files that a process may read although its files are closed, as far as they are there: those of the resolver.
 * A link is followed when the door closes, and again when the process opens the file.
 */
#define READABLE_MAX 5
static const char *const readable[MM_PROCESS_COUNT][READABLE_MAX] = {
	[MM_PROCESS_COURIER] = { "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf",
	    "/etc/host.conf" },
};

/* Which file each of them was when the door closed; ino 0: none. */
static struct {
	dev_t dev;
	ino_t ino;
} opened[READABLE_MAX];
static bool closed;

/* Files and folders that are handed in. */
static struct {
	int fd;
	bool writable;
} handed[MM_SANDBOX_OPENED_MAX];
static size_t handed_count;
static bool handed_too_many;

#define FS_OF_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)
#define FS_LOOKING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITING                                                                                                    \
	(FS_LOOKING | FS_OF_FILES | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)

/* The part of what is never done that this version can hold. */
static struct ruleset
choose(const struct ruleset *wanted, long abi)
{
	struct ruleset chosen = { 0, 0, 0 };

	for (size_t i = 0; i < MM_COUNT_OF(versions) && versions[i].abi <= abi; i++) {
		chosen.fs |= wanted->fs & versions[i].knows.fs;
		chosen.net |= wanted->net & versions[i].knows.net;
		chosen.scoped |= wanted->scoped & versions[i].knows.scoped;
	}
	return chosen;
}

static bool
allow_below(int ruleset_fd, int fd, uint64_t access)
{
	const struct landlock_path_beneath_attr rule = { .allowed_access = access, .parent_fd = fd };

	return syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

/* Let one file be read. What is not there, or is no file (a folder would open all that is in it), stays closed. */
static bool
open_one(int ruleset_fd, size_t row, const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat status;
	bool ok = true;

	if (fd == -1)
		return true;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
		opened[row].dev = status.st_dev;
		opened[row].ino = status.st_ino;
		ok = allow_below(ruleset_fd, fd, LANDLOCK_ACCESS_FS_READ_FILE);
	}
	close(fd);
	return ok;
}

static bool
open_readable(int ruleset_fd, enum mm_process process)
{
	for (size_t i = 0; i < READABLE_MAX && readable[process][i] != NULL; i++)
		if (!open_one(ruleset_fd, i, readable[process][i]))
			return false;
	closed = true;
	return true;
}

/*
 * A right that is not denied (this version does not know it, or a sanitizer needs it) cannot be given, and one over a
 * folder not for a file.
 */
static bool
open_handed(int ruleset_fd, const struct ruleset *ruleset)
{
	for (size_t i = 0; i < handed_count; i++) {
		uint64_t access = (handed[i].writable ? FS_WRITING : FS_LOOKING) & ruleset->fs;
		struct stat status;

		if (fstat(handed[i].fd, &status) == -1)
			return false;
		if (!S_ISDIR(status.st_mode))
			access &= FS_OF_FILES;
		if (access != 0 && !allow_below(ruleset_fd, handed[i].fd, access))
			return false;
	}
	errno = E2BIG;
	return !handed_too_many;
}

static void
hand(int fd, bool writable)
{
	if (fd == -1) {
		handed_count = 0;
		handed_too_many = false;
	} else if (handed_count == MM_SANDBOX_OPENED_MAX) {
		handed_too_many = true; /* told when the door closes */
	} else {
		handed[handed_count].fd = fd;
		handed[handed_count++].writable = writable;
	}
}

void
mm_sandbox_let_read(int fd)
{
	hand(fd, false);
}

void
mm_sandbox_let_write(int fd)
{
	hand(fd, true);
}

bool
mm_sandbox_files_replaced(enum mm_process process)
{
	for (size_t i = 0; closed && i < READABLE_MAX && readable[process][i] != NULL; i++) {
		struct stat status = { .st_ino = 0 };

		if (stat(readable[process][i], &status) == -1 || !S_ISREG(status.st_mode))
			status = (struct stat){ .st_ino = 0 };
		if (status.st_dev != opened[i].dev || status.st_ino != opened[i].ino)
			return true;
	}
	return false;
}

bool
mm_sandbox_close_files(enum mm_process process)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset ruleset;
	int fd;
	bool ok;

	/* The kernel has it not, or not switched on: the filter of system calls still stands. */
	if (abi == -1 && (errno == ENOSYS || errno == EOPNOTSUPP))
		return true;
	if (abi < 1)
		return mm_sandbox_failed(process, "asking for Landlock");
	ruleset = choose(&never[process], abi);
	fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0);
	if (fd == -1)
		return mm_sandbox_failed(process, "making a Landlock ruleset");
	ok = ((ruleset.fs & LANDLOCK_ACCESS_FS_READ_FILE) == 0 || open_readable(fd, process)) &&
	    open_handed(fd, &ruleset) && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	if (!ok)
		mm_sandbox_failed(process, "entering Landlock");
	close(fd);
	return ok;
}
