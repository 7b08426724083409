/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaded before the C library in a test: steps.h tells what for. Where STEPS_FILE names no file it changes nothing.
 */
#include "test/steps.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

static struct steps *steps; /* NULL: nobody wants to know */

/* Before the program's sandbox closes, while the file can still be opened. */
__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv(STEPS_FILE);
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *memory = fd == -1 ? MAP_FAILED :
	                          mmap(NULL, sizeof(*steps), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd != -1)
		close(fd);
	steps = memory == MAP_FAILED ? NULL : memory;
}

/* The C library's function of a name; a test cannot go on without it. */
static void *
find_real(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (function == NULL)
		abort();
	return function;
}

/* ---- the time of day ---- */

typedef int clock_function(clockid_t, struct timespec *);

EXPORTED int
clock_gettime(clockid_t clock, struct timespec *now)
{
	static clock_function *real;
	int result;

	if (real == NULL)
		real = (clock_function *)(uintptr_t)find_real("clock_gettime");
	result = real(clock, now);
	if (result == 0 && clock == CLOCK_REALTIME && steps != NULL)
		now->tv_sec += steps->clock_offset_s;
	return result;
}

EXPORTED time_t
time(time_t *seconds)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (seconds != NULL)
		*seconds = now.tv_sec;
	return now.tv_sec;
}

/* ---- steps ---- */

/* The one signal to itself that every sandbox allows to send. */
static void
die(void)
{
	(void)syscall(SYS_tgkill, getpid(), gettid(), SIGKILL);
}

/* Memory that is handed on is no file of a folder. */
static bool
is_file(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_nlink > 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

/* Take the next step; what happens at it: STEPS_COUNT: nothing, or not before the call. */
static enum steps_how
take(const char *call, bool of_file)
{
	enum steps_how how;
	uint32_t number;

	if (steps == NULL || strcmp(steps->victim, program_invocation_short_name) != 0)
		return STEPS_COUNT;
	how = (enum steps_how)steps->how;
	if (how >= STEPS_EIO && !of_file)
		return STEPS_COUNT;
	number = atomic_fetch_add(&steps->calls, 1) + 1;
	if (number < steps->first || number > steps->last || how == STEPS_COUNT ||
	    (how < STEPS_EIO && number != steps->first))
		return STEPS_COUNT;
	atomic_fetch_add(&steps->hits, 1);
	(void)strncpy(steps->call, call, sizeof(steps->call) - 1);
	if (how == STEPS_KILL_BEFORE)
		die();
	return how;
}

/* The error of a call that is to fail; 0: it is made. */
static int
error_of(enum steps_how how)
{
	return how == STEPS_EIO || how == STEPS_SHORT ? EIO : how == STEPS_ENOSPC ? ENOSPC : 0;
}

/* Behind a call that was made. */
static void
end(enum steps_how how)
{
	if (how == STEPS_KILL_AFTER)
		die();
}

#define FIND(real, name)                                                                                              \
	do {                                                                                                          \
		if (real == NULL)                                                                                     \
			real = (__typeof__(real))(uintptr_t)find_real(name);                                          \
	} while (0)

/* A call that returns -1 with errno where it fails. */
#define STEP(type, name, parameters, arguments, of_file)                                                              \
	EXPORTED type name parameters                                                                                 \
	{                                                                                                             \
		static type(*real) parameters;                                                                        \
		enum steps_how how = take(#name, of_file);                                                            \
		type result;                                                                                          \
		FIND(real, #name);                                                                                    \
		if (error_of(how) != 0) {                                                                             \
			errno = error_of(how);                                                                        \
			return -1;                                                                                    \
		}                                                                                                     \
		result = real arguments;                                                                              \
		end(how);                                                                                             \
		return result;                                                                                        \
	}

/* The same of one that writes len bytes, and may write less. */
#define WRITE(name, parameters, arguments)                                                                            \
	EXPORTED ssize_t name parameters                                                                              \
	{                                                                                                             \
		static ssize_t(*real) parameters;                                                                     \
		enum steps_how how = take(#name, is_file(fd));                                                        \
		ssize_t result;                                                                                       \
		FIND(real, #name);                                                                                    \
		if (how == STEPS_SHORT && len > 1) {                                                                  \
			len /= 2;                                                                                     \
		} else if (error_of(how) != 0) {                                                                      \
			errno = error_of(how);                                                                        \
			return -1;                                                                                    \
		}                                                                                                     \
		result = real arguments;                                                                              \
		end(how);                                                                                             \
		return result;                                                                                        \
	}

/* One that returns the error. */
#define ALLOCATE(name)                                                                                                \
	EXPORTED int name(int fd, off_t offset, off_t len)                                                            \
	{                                                                                                             \
		static int (*real)(int, off_t, off_t);                                                                \
		enum steps_how how = take(#name, true);                                                               \
		int result = error_of(how);                                                                           \
		FIND(real, #name);                                                                                    \
		if (result == 0)                                                                                      \
			result = real(fd, offset, len);                                                               \
		end(how);                                                                                             \
		return result;                                                                                        \
	}

/* One that may make a file; where it does not, it is no step. */
#define OPEN(name, parameters, arguments)                                                                             \
	EXPORTED int name parameters                                                                                  \
	{                                                                                                             \
		static int(*real) parameters;                                                                         \
		enum steps_how how = STEPS_COUNT;                                                                     \
		va_list more;                                                                                         \
		mode_t mode;                                                                                          \
		int result;                                                                                           \
		va_start(more, flags);                                                                                \
		mode = va_arg(more, mode_t);                                                                          \
		va_end(more);                                                                                         \
		FIND(real, #name);                                                                                    \
		if ((flags & O_CREAT) != 0)                                                                           \
			how = take(#name, true);                                                                      \
		if (error_of(how) != 0) {                                                                             \
			errno = error_of(how);                                                                        \
			return -1;                                                                                    \
		}                                                                                                     \
		result = real arguments;                                                                              \
		end(how);                                                                                             \
		return result;                                                                                        \
	}

WRITE(write, (int fd, const void *bytes, size_t len), (fd, bytes, len))
WRITE(pwrite, (int fd, const void *bytes, size_t len, off_t at), (fd, bytes, len, at))
WRITE(pwrite64, (int fd, const void *bytes, size_t len, off64_t at), (fd, bytes, len, at))
STEP(ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count), is_file(fd))
STEP(ssize_t, send, (int fd, const void *bytes, size_t len, int flags), (fd, bytes, len, flags), false)
STEP(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags), false)
STEP(int, sendmmsg, (int fd, struct mmsghdr *messages, unsigned count, int flags), (fd, messages, count, flags), false)
STEP(int, fsync, (int fd), (fd), true)
STEP(int, fdatasync, (int fd), (fd), true)
STEP(int, ftruncate, (int fd, off_t len), (fd, len), true)
STEP(int, ftruncate64, (int fd, off64_t len), (fd, len), true)
ALLOCATE(posix_fallocate)
ALLOCATE(posix_fallocate64)
STEP(int, fchmod, (int fd, mode_t mode), (fd, mode), true)
STEP(int, rename, (const char *from, const char *to), (from, to), true)
STEP(int, renameat, (int from_fd, const char *from, int to_fd, const char *to), (from_fd, from, to_fd, to), true)
STEP(int, renameat2, (int from_fd, const char *from, int to_fd, const char *to, unsigned flags),
    (from_fd, from, to_fd, to, flags), true)
STEP(int, link, (const char *from, const char *to), (from, to), true)
STEP(int, linkat, (int from_fd, const char *from, int to_fd, const char *to, int flags),
    (from_fd, from, to_fd, to, flags), true)
STEP(int, unlink, (const char *path), (path), true)
STEP(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags), true)
STEP(int, mkdir, (const char *path, mode_t mode), (path, mode), true)
STEP(int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode), true)
OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
OPEN(openat, (int fd, const char *path, int flags, ...), (fd, path, flags, mode))
OPEN(openat64, (int fd, const char *path, int flags, ...), (fd, path, flags, mode))
