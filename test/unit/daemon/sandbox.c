/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sandbox of each process: in a forked child that entered it, a call that its table does not list ends the
 * child by SIGSYS, and what the process lives by still works.
 */
#include "daemon/sandbox/sandbox.h"
#include "daemon/sandbox/steps.h"
#include "lib/base/array.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* nobody: what a child becomes where the test runs as root. */
#define TEST_UID 65534
#define TEST_GID 65534

enum child_end {
	CHILD_OK = 0,
	CHILD_NOT_ENTERED = 1,
	CHILD_SURVIVED = 2, /* a forbidden call returned */
	CHILD_FAILED = 3,   /* an allowed call failed */
};

/* Run work in a child inside the sandbox; returns its wait status. */
static int
in_sandbox(enum mm_process process, int (*work)(const void *), const void *argument)
{
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		mm_sandbox_prepare();
		if (!mm_sandbox_enter(process, TEST_UID, TEST_GID))
			_exit(CHILD_NOT_ENTERED);
		_exit(work(argument));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* ---- what is forbidden ---- */

struct attempt {
	const char *name;
	long number;
	long arguments[6];
	unsigned processes; /* those it is forbidden to */
};

#define D (1U << MM_PROCESS_MINTMARKD)
#define C (1U << MM_PROCESS_COMPILER)
#define G (1U << MM_PROCESS_GATE)
#define R (1U << MM_PROCESS_COURIER)
#define K (1U << MM_PROCESS_DESK)
#define N (1U << MM_PROCESS_SIGNER)
#define L (1U << MM_PROCESS_LEDGER)
#define V (1U << MM_PROCESS_VERIFIER)
#define I (1U << MM_PROCESS_ISSUER)
#define FILES (N | L | V)
#define OTHERS (C | G | R | K | FILES | I)
#define ALL (D | OTHERS)
#define TEXT(text) (long)(intptr_t)(text)

static char *const no_arguments[] = { NULL };

static const struct attempt attempts[] = {
	{ "openat for writing", SYS_openat, { AT_FDCWD, TEXT("/dev/null"), O_RDWR }, C | G | R | K | I },
#ifndef MM_SANITIZED /* a sanitizer's reports read files */
	{ "openat", SYS_openat, { AT_FDCWD, TEXT("/etc/passwd"), O_RDONLY }, C | G | I },
	{ "open", SYS_open, { TEXT("/etc/passwd"), O_RDONLY }, ALL },
	{ "stat of a path", SYS_newfstatat, { AT_FDCWD, TEXT("/etc/passwd"), 0, 0 }, C | G | K | I },
	{ "executable memory", SYS_mmap, { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 },
	    OTHERS },
	{ "mprotect to executable", SYS_mprotect, { 0, 4096, PROT_EXEC }, OTHERS },
	{ "tgkill of another process", SYS_tgkill, { 1, 1, 0 }, OTHERS },
	{ "prctl but for names", SYS_prctl, { PR_SET_DUMPABLE, 1 }, OTHERS },
#endif
	{ "openat2", SYS_openat2, { AT_FDCWD, TEXT("/etc/passwd"), 0, 0 }, ALL },
	{ "socket", SYS_socket, { AF_INET, SOCK_STREAM, 0 }, C | G | K | FILES | I },
	{ "unix socket", SYS_socket, { AF_UNIX, SOCK_STREAM, 0 }, OTHERS & ~N }, /* refused to N */
	{ "socket of routing", SYS_socket, { AF_NETLINK, SOCK_RAW, 0 }, C | G | K | FILES | I },
	{ "packet socket", SYS_socket, { AF_PACKET, SOCK_RAW, 0 }, ALL },
	{ "connect", SYS_connect, { 0, 0, 0 }, C | G | K | FILES | I },
	{ "bind", SYS_bind, { 0, 0, 0 }, OTHERS },
	{ "listen", SYS_listen, { 0, 0 }, OTHERS },
	{ "execve", SYS_execve, { TEXT("/bin/true"), (long)(intptr_t)no_arguments, 0 }, OTHERS },
	{ "execveat", SYS_execveat, { AT_FDCWD, TEXT("/bin/true"), (long)(intptr_t)no_arguments, 0, 0 }, ALL },
	{ "fork", SYS_fork, { 0 }, OTHERS },
	{ "clone of a process", SYS_clone, { SIGCHLD, 0, 0, 0, 0 }, OTHERS },
	{ "kill", SYS_kill, { 1, 0 }, OTHERS },
	{ "ptrace", SYS_ptrace, { PTRACE_TRACEME, 0, 0, 0 }, ALL },
	{ "process_vm_readv", SYS_process_vm_readv, { 1, 0, 0, 0, 0, 0 }, ALL },
	{ "process_vm_writev", SYS_process_vm_writev, { 1, 0, 0, 0, 0, 0 }, ALL },
	{ "mount", SYS_mount, { 0, 0, 0, 0, 0 }, ALL },
	{ "bpf", SYS_bpf, { 0, 0, 0 }, ALL },
	{ "keyctl", SYS_keyctl, { 0, 0, 0, 0, 0 }, ALL },
	{ "init_module", SYS_init_module, { 0, 0, 0 }, ALL },
	{ "finit_module", SYS_finit_module, { -1, 0, 0 }, ALL },
	{ "perf_event_open", SYS_perf_event_open, { 0, 0, 0, 0, 0 }, ALL },
	{ "userfaultfd", SYS_userfaultfd, { 0 }, ALL },
	{ "kexec_load", SYS_kexec_load, { 0, 0, 0, 0 }, ALL },
	{ "reboot", SYS_reboot, { 0, 0, 0, 0 }, ALL },
	{ "clock_settime", SYS_clock_settime, { CLOCK_REALTIME, 0 }, ALL },
	{ "open_by_handle_at", SYS_open_by_handle_at, { -1, 0, 0 }, ALL },
	{ "unshare of users", SYS_unshare, { CLONE_NEWUSER }, ALL },
	{ "setuid", SYS_setuid, { 0 }, OTHERS },
	{ "chroot", SYS_chroot, { TEXT("/") }, ALL },
	{ "io_uring_setup", SYS_io_uring_setup, { 1, 0 }, ALL },
	{ "unlink", SYS_unlink, { TEXT("/nonexistent") }, C | G | R | K | I },
	{ "memfd_create", SYS_memfd_create, { TEXT("x"), 0 }, C | G | K | N | I },
	{ "a call of another architecture", 0x40000000L + SYS_read, { 0, 0, 0 }, ALL },
	{ "a call that does not exist", 9999, { 0 }, ALL },
};

static int
make_attempt(const void *argument)
{
	const struct attempt *attempt = argument;
	const long *a = attempt->arguments;

	syscall(attempt->number, a[0], a[1], a[2], a[3], a[4], a[5]);
	return CHILD_SURVIVED;
}

static void
forbidden_calls_kill(void **state)
{
	(void)state;
	for (unsigned process = 0; process < MM_PROCESS_COUNT; process++)
		for (size_t i = 0; i < MM_COUNT_OF(attempts); i++) {
			int status;

			if ((attempts[i].processes & 1U << process) == 0)
				continue;
			status = in_sandbox((enum mm_process)process, make_attempt, &attempts[i]);
			if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
				fail_msg("%s: %s: wait status %#x instead of SIGSYS",
				    mm_process_name((enum mm_process)process), attempts[i].name, (unsigned)status);
		}
}

/* ---- what is allowed ---- */

struct kit {
	int messages[2]; /* a pair */
	int listener;    /* a unix socket that listens, not blocking */
	int client;      /* connected to it */
	int file;
	int folder; /* with a file "record" in it */
	long landlock; /* the kernel's version of it */
};

#define CHECK(condition)                                                                                              \
	do {                                                                                                          \
		if (!(condition)) {                                                                                   \
			dprintf(STDERR_FILENO, "line %d: %s: errno %d\n", __LINE__, #condition, errno);               \
			return CHILD_FAILED;                                                                          \
		}                                                                                                     \
	} while (0)

static int
compare_bytes(const void *left, const void *right)
{
	return *(const unsigned char *)left - *(const unsigned char *)right;
}

/* As many tenants or keys as a large configuration has: the C library may ask how much memory there is. */
static bool
sorts_many(void)
{
	static unsigned char items[1000][64];

	for (size_t i = 0; i < MM_COUNT_OF(items); i++)
		items[i][0] = (unsigned char)(i * 7);
	qsort(items, MM_COUNT_OF(items), sizeof(items[0]), compare_bytes);
	return items[0][0] <= items[MM_COUNT_OF(items) - 1][0];
}

static int
do_compilers_work(const void *argument)
{
	const struct kit *kit = argument;
	static struct mm_message message;
	char *memory = malloc(8 * 1024 * 1024);
	char byte;

	CHECK(memory != NULL);
	memset(memory, 1, 8 * 1024 * 1024);
	free(memory);
	CHECK(sorts_many());
	CHECK(mm_message_send(kit->messages[0], MM_PROCESS_COMPILER, MM_PROCESS_MINTMARKD, MM_MESSAGE_COMPILE_DONE,
	    "\1", 1, -1) == 0);
	CHECK(mm_message_receive(kit->messages[1], MM_PROCESS_MINTMARKD, MM_PROCESS_COMPILER, &message) == 1);
	CHECK(write(kit->file, "snapshot", 8) == 8 && pread(kit->file, &byte, 1, 0) == 1);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, kit->file, 0) != MAP_FAILED);
	CHECK(syscall(SYS_getrandom, &byte, 1, 0) == 1);
	return CHILD_OK;
}

static void *
be_a_thread(void *argument)
{
	pthread_setname_np(pthread_self(), "test");
	*(int *)argument = 1;
	return NULL;
}

static int
do_gates_work(const void *argument)
{
	const struct kit *kit = argument;
	struct epoll_event event = { .events = EPOLLIN };
	struct tm tm;
	time_t now = time(NULL);
	pthread_t thread;
	int ran = 0, accepted, epoll;
	char byte;

	CHECK(pthread_create(&thread, NULL, be_a_thread, &ran) == 0 && pthread_join(thread, NULL) == 0 && ran == 1);
	CHECK((epoll = epoll_create1(EPOLL_CLOEXEC)) != -1);
	CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, kit->listener, &event) == 0 && epoll_wait(epoll, &event, 1, 5000) == 1);
	CHECK((accepted = accept4(kit->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) != -1);
	CHECK(send(kit->client, "?", 1, MSG_NOSIGNAL) == 1 && recv(accepted, &byte, 1, 0) == 1 && byte == '?');
	CHECK(send(accepted, "!", 1, MSG_NOSIGNAL) == 1 && shutdown(accepted, SHUT_RDWR) == 0 && close(accepted) == 0);
	CHECK(pwrite(kit->file, "record", 6, 100) == 6 && fdatasync(kit->file) == 0 && ftruncate(kit->file, 50) == 0);
	CHECK(gmtime_r(&now, &tm) != NULL && localtime_r(&now, &tm) != NULL);
	CHECK(mm_message_send(kit->messages[0], MM_PROCESS_GATE, MM_PROCESS_MINTMARKD, MM_MESSAGE_GATE_WANT_SEGMENT,
	    NULL, 0, -1) == 0);
	return CHILD_OK;
}

static int
do_couriers_work(const void *argument)
{
	const struct kit *kit = argument;
	pthread_t thread;
	int ran = 0, pair[2], fd;
	char byte;

	CHECK(pthread_create(&thread, NULL, be_a_thread, &ran) == 0 && pthread_join(thread, NULL) == 0 && ran == 1);
	CHECK((fd = open("/etc/hosts", O_RDONLY | O_CLOEXEC)) != -1 && read(fd, &byte, 1) == 1 && close(fd) == 0);
	CHECK(!mm_sandbox_files_replaced(MM_PROCESS_COURIER));
	CHECK(sorts_many());
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	CHECK((fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)) != -1 || errno == EAFNOSUPPORT);
	CHECK((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) != -1);
	CHECK(connect(fd, NULL, 0) == -1 && errno != EACCES);
	CHECK(socket(AF_NETLINK, SOCK_RAW, 0) == -1 && errno == EAFNOSUPPORT);
	CHECK((fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING)) != -1 && write(fd, "keys", 4) == 4);
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
	CHECK(mm_message_send(kit->messages[0], MM_PROCESS_COURIER, MM_PROCESS_MINTMARKD, MM_MESSAGE_COURIER_STATUS,
	    NULL, 0, -1) == 0);
	return CHILD_OK;
}

static int
do_desks_work(const void *argument)
{
	static const uint64_t number = 1;
	const struct kit *kit = argument;
	struct ucred peer;
	socklen_t len = sizeof(peer);
	DIR *folder;
	int accepted, fd;
	char byte;

	CHECK((accepted = accept4(kit->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) != -1);
	CHECK(getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && len == sizeof(peer));
	CHECK((fd = openat(kit->folder, "record", O_RDONLY | O_CLOEXEC)) != -1 && read(fd, &byte, 1) == 1);
	CHECK((folder = fdopendir(openat(kit->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC))) != NULL);
	CHECK(readdir(folder) != NULL && closedir(folder) == 0);
#ifndef MM_SANITIZED
	CHECK(kit->landlock < 1 || (openat(AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC) == -1 && errno == EACCES));
#endif
	CHECK(mm_message_send(kit->messages[0], MM_PROCESS_DESK, MM_PROCESS_MINTMARKD, MM_MESSAGE_DESK_ASK_STATUS,
	    &number, sizeof(number), -1) == 0);
	return CHILD_OK;
}

static int
do_mintmarkds_work(const void *argument)
{
	static char *const true_argv[] = { (char *)(uintptr_t)"true", NULL };
	int status, fd, pair[2];
	pid_t pid;

	(void)argument;
	CHECK((fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC)) != -1 && close(fd) == 0);
	CHECK((fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING)) != -1 && ftruncate(fd, 4096) == 0);
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
	CHECK((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) != -1 && listen(fd, 1) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	CHECK((pid = fork()) != -1);
	if (pid == 0) {
		execv("/bin/true", true_argv);
		_exit(CHILD_FAILED);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	return CHILD_OK;
}

/* A folder with one file, for others to read too. */
static int
open_folder(void)
{
	char path[] = "/tmp/mm-sandbox-XXXXXX";
	int folder, file;

	assert_non_null(mkdtemp(path));
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_not_equal(folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), -1);
	assert_int_not_equal(file = openat(folder, "record", O_WRONLY | O_CREAT | O_CLOEXEC, 0644), -1);
	assert_int_equal(write(file, "r", 1), 1);
	close(file);
	return folder;
}

static void
close_folder(int folder)
{
	char link[64], path[256] = "";

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", folder);
	assert_true(readlink(link, path, sizeof(path) - 1) > 0);
	assert_int_equal(unlinkat(folder, "record", 0), 0);
	assert_int_equal(rmdir(path), 0);
	close(folder);
}

static void
open_kit(struct kit *kit, FILE *file)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX }; /* the kernel chooses an abstract name */
	socklen_t len = sizeof(address);

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, kit->messages), 0);
	assert_int_not_equal(kit->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), -1);
	assert_int_equal(bind(kit->listener, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(kit->listener, 1), 0);
	assert_int_equal(getsockname(kit->listener, (struct sockaddr *)&address, &len), 0);
	assert_int_not_equal(kit->client = socket(AF_UNIX, SOCK_STREAM, 0), -1);
	assert_int_equal(connect(kit->client, (struct sockaddr *)&address, len), 0);
	kit->file = fileno(file);
	kit->folder = open_folder();
	kit->landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
}

static int
do_nothing(const void *argument)
{
	(void)argument;
	return CHILD_OK;
}

static void
allowed_calls_work(void **state)
{
	static int (*const work[MM_PROCESS_COUNT])(const void *) = {
		[MM_PROCESS_MINTMARKD] = do_mintmarkds_work,
		[MM_PROCESS_COMPILER] = do_compilers_work,
		[MM_PROCESS_GATE] = do_gates_work,
		[MM_PROCESS_COURIER] = do_couriers_work,
		[MM_PROCESS_DESK] = do_desks_work,
		/* Those of a mint are shown to work by their own tests. */
		[MM_PROCESS_SIGNER] = do_nothing,
		[MM_PROCESS_LEDGER] = do_nothing,
		[MM_PROCESS_VERIFIER] = do_nothing,
		[MM_PROCESS_ISSUER] = do_nothing,
	};

	(void)state;
	for (unsigned process = 0; process < MM_PROCESS_COUNT; process++) {
		FILE *file = tmpfile();
		struct kit kit;

		assert_non_null(file);
		open_kit(&kit, file);
		mm_sandbox_let_read(process == MM_PROCESS_DESK ? kit.folder : -1);
		assert_int_equal(in_sandbox((enum mm_process)process, work[process], &kit), CHILD_OK);
		close(kit.messages[0]);
		close(kit.messages[1]);
		close(kit.listener);
		close(kit.client);
		close_folder(kit.folder);
		fclose(file);
	}
	mm_sandbox_let_read(-1);
}

/* ---- the rest of the sandbox ---- */

static int
do_abort(const void *argument)
{
	(void)argument;
	abort();
}

static void
an_abort_ends_as_an_abort(void **state)
{
	(void)state;
	for (unsigned process = 0; process < MM_PROCESS_COUNT; process++) {
		int status = in_sandbox((enum mm_process)process, do_abort, NULL);

		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
		assert_false(WCOREDUMP(status));
	}
}

/* Whether a child is, before its filter closes, what the process shall be; run by hand, without the filter. */
static int
become_all_but_filtered(enum mm_process process)
{
	struct rlimit core;
	bool root = geteuid() == 0;

	mm_sandbox_prepare();
	CHECK(mm_sandbox_limit(process) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(mm_sandbox_drop(process, TEST_UID, TEST_GID));
	CHECK(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
	if (root && process != MM_PROCESS_MINTMARKD) {
		CHECK(getuid() == TEST_UID && geteuid() == TEST_UID && getgid() == TEST_GID && getgroups(0, NULL) == 0);
		CHECK(setuid(0) == -1 && setgroups(0, NULL) == -1);
	}
	CHECK(prctl(PR_CAPBSET_READ, 0) >= 0 && kill(1, 0) == (root && process == MM_PROCESS_MINTMARKD ? 0 : -1));
	CHECK(clock_settime(CLOCK_REALTIME, &(struct timespec){ -1, 0 }) == -1);
	return CHILD_OK;
}

static int
closed_by_landlock(enum mm_process process)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && mm_sandbox_close_files(process));
	CHECK(mknod("/tmp/mintmark-sandbox-test", S_IFIFO | 0600, 0) == -1 && errno == EACCES);
	if (process != MM_PROCESS_MINTMARKD) {
		CHECK(open("/dev/null", O_WRONLY) == -1 && errno == EACCES);
#ifndef MM_SANITIZED
		CHECK(open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES);
#endif
	}
	if (abi >= 4 && process != MM_PROCESS_MINTMARKD && process != MM_PROCESS_COURIER)
		CHECK(connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address)) == -1 &&
		    errno == EACCES);
	if (abi >= 6)
		CHECK(kill(getppid(), 0) == -1 && errno == EPERM);
	return CHILD_OK;
}

static int
run_apart(int (*work)(enum mm_process), enum mm_process process)
{
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(work(process));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
root_and_capabilities_are_gone(void **state)
{
	(void)state;
	for (unsigned process = 0; process < MM_PROCESS_COUNT; process++)
		assert_int_equal(run_apart(become_all_but_filtered, (enum mm_process)process), CHILD_OK);
}

static void
landlock_closes_files_and_network(void **state)
{
	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) == -1) {
		print_message("this kernel has no Landlock\n");
		skip();
	}
	for (unsigned process = 0; process < MM_PROCESS_COUNT; process++)
		assert_int_equal(run_apart(closed_by_landlock, (enum mm_process)process), CHILD_OK);
}

static int
enter_as_root(enum mm_process process)
{
	return mm_sandbox_enter(process, 0, 0) ? CHILD_OK : CHILD_NOT_ENTERED;
}

static void
nobody_but_mintmarkd_stays_root(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(run_apart(enter_as_root, MM_PROCESS_COMPILER), CHILD_NOT_ENTERED << 8);
	assert_int_equal(run_apart(enter_as_root, MM_PROCESS_GATE), CHILD_NOT_ENTERED << 8);
	assert_int_equal(run_apart(enter_as_root, MM_PROCESS_MINTMARKD), CHILD_OK);
}

#ifndef MM_SANITIZED
static void *
wait_for_byte(void *argument)
{
	char byte;

	return read(*(int *)argument, &byte, 1) == 1 ? argument : NULL;
}

static int
enter_with_a_thread(enum mm_process process)
{
	pthread_t thread;
	int pipes[2];

	CHECK(pipe(pipes) == 0 && pthread_create(&thread, NULL, wait_for_byte, &pipes[0]) == 0);
	return mm_sandbox_enter(process, TEST_UID, TEST_GID) ? CHILD_OK : CHILD_NOT_ENTERED;
}

static void
a_thread_started_too_early_is_refused(void **state)
{
	(void)state;
	for (unsigned process = 0; process < MM_PROCESS_COUNT; process++)
		assert_int_equal(run_apart(enter_with_a_thread, (enum mm_process)process), CHILD_NOT_ENTERED << 8);
}
#endif

static void
an_unknown_process_is_refused(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(MM_PROCESS_COUNT, do_nothing, NULL), CHILD_NOT_ENTERED << 8);
}

/* ---- the table ---- */

#define S 0U

static const struct {
	const char *name;
	unsigned processes;
} rows[] = {
#define MM_ALLOW(name, processes) { #name, processes },
#define MM_ALLOW_IF(name, processes, argument, mask, value) { #name, processes },
#define MM_REFUSE(name, processes, error) { #name, processes },
#define MM_REFUSE_IF(name, processes, argument, mask, value, error) { #name, processes },
#include "daemon/sandbox/syscalls.def"
#undef MM_ALLOW
#undef MM_ALLOW_IF
#undef MM_REFUSE
#undef MM_REFUSE_IF
};

/* A child inherits mintmarkd's filter: a call that only the child's own lists would kill it all the same. */
static void
mintmarkd_may_what_its_children_may(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		bool found = false;

		for (size_t j = 0; j < MM_COUNT_OF(rows); j++)
			found = found || (strcmp(rows[i].name, rows[j].name) == 0 && (rows[j].processes & D) != 0);
		if ((rows[i].processes & ~D) != 0 && !found)
			fail_msg("%s is missing for mintmarkd", rows[i].name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forbidden_calls_kill),
		cmocka_unit_test(allowed_calls_work),
		cmocka_unit_test(an_abort_ends_as_an_abort),
		cmocka_unit_test(root_and_capabilities_are_gone),
		cmocka_unit_test(landlock_closes_files_and_network),
		cmocka_unit_test(nobody_but_mintmarkd_stays_root),
#ifndef MM_SANITIZED
		cmocka_unit_test(a_thread_started_too_early_is_refused),
#endif
		cmocka_unit_test(an_unknown_process_is_refused),
		cmocka_unit_test(mintmarkd_may_what_its_children_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
