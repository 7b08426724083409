/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts of worlds. */
#include "test/vectors/attacks_host.h"

#include "lib/base/array.h"
#include "test/player/player.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 30000
#define STEP_MS 10
#define LOG_SHOWN 4000

static pid_t daemon_pid;
static off_t log_seen;

/* ---- patience ---- */

static long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct attack_patience
attack_patience_for(const char *what)
{
	return (struct attack_patience){ what, now_ms() + PATIENCE_MS };
}

void
attack_patience_wait(const struct attack_patience *patience, const struct attack_world *world)
{
	if (now_ms() > patience->until_ms) {
		attack_host_print_log(world);
		attack_fail("world %s: waited in vain for %s", world->name, patience->what);
	}
	poll(NULL, 0, STEP_MS);
}

/* ---- its log ---- */

static void
log_path(const struct attack_world *world, char path[ATTACK_PATH_MAX])
{
	snprintf(path, ATTACK_PATH_MAX, "%s/%s.log", world->dir, world->name);
}

/* The log from a place on, which the caller frees. */
static char *
read_log(const struct attack_world *world, off_t from)
{
	char path[ATTACK_PATH_MAX], *text;
	struct stat status;
	int fd;

	log_path(world, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &status) == -1)
		attack_fail("%s cannot be read", path);
	if (from > status.st_size)
		from = status.st_size;
	text = calloc(1, (size_t)(status.st_size - from) + 1);
	if (text == NULL || pread(fd, text, (size_t)(status.st_size - from), from) != status.st_size - from)
		attack_fail("%s cannot be read", path);
	close(fd);
	return text;
}

bool
attack_host_logged(const struct attack_world *world, const char *text)
{
	char *log = read_log(world, log_seen);
	bool logged = strstr(log, text) != NULL;

	free(log);
	return logged;
}

void
attack_host_forget_log(const struct attack_world *world)
{
	char *log = read_log(world, 0);

	log_seen = (off_t)strlen(log);
	free(log);
}

void
attack_host_print_log(const struct attack_world *world)
{
	char *log = read_log(world, 0);
	size_t len = strlen(log);

	printf("the end of mintmarkd's log:\n%s\n", log + (len > LOG_SHOWN ? len - LOG_SHOWN : 0));
	free(log);
}

/* ---- mintmarkd ---- */

static void
end_daemon(int signal_number)
{
	int status;

	if (daemon_pid == 0)
		return;
	kill(daemon_pid, signal_number);
	waitpid(daemon_pid, &status, 0);
	daemon_pid = 0;
}

void
attack_host_stop(void)
{
	end_daemon(SIGTERM);
}

bool
attack_host_ended(void)
{
	int status;

	if (daemon_pid != 0 && waitpid(daemon_pid, &status, WNOHANG) == daemon_pid)
		daemon_pid = 0;
	return daemon_pid == 0;
}

/* What mintmarkd starts: the real gate with its compiler and desk, and the player in place of the others. */
static void
make_libexec(const struct attack_world *world, char folder[ATTACK_PATH_MAX])
{
	static const struct {
		const char *name, *program;
	} rows[] = {
		{ "mintmark-compiler", "daemon/compiler/mintmark-compiler" },
		{ "mintmark-desk", "daemon/desk/mintmark-desk" },
		{ "mintmark-gate", "daemon/gate/mintmark-gate" },
		{ "mintmark-issuer", "test/player/mintmark-player" },
		{ "mintmark-ledger", "test/player/mintmark-player" },
		{ "mintmark-signer", "test/player/mintmark-player" },
		{ "mintmark-verifier", "test/player/mintmark-player" },
	};
	char program[ATTACK_PATH_MAX], link[ATTACK_PATH_MAX + 32], *whole;

	snprintf(folder, ATTACK_PATH_MAX, "%s/libexec", world->dir);
	/* The processes start as a user who has no right to anything else here. */
	if (chmod(world->dir, 0711) != 0 || (mkdir(folder, 0755) != 0 && errno != EEXIST))
		attack_fail("%s cannot be made", folder);
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		snprintf(link, sizeof link, "%s/%s", folder, rows[i].name);
		whole = realpath(attack_built(program, rows[i].program), NULL);
		if (whole == NULL || (symlink(whole, link) != 0 && errno != EEXIST))
			attack_fail("%s cannot be made", link);
		free(whole);
	}
}

/* What a mint is set up with: the offline root and what it certifies. */
static void
init_mints(const struct attack_world *world)
{
	static char output[65536];
	char program[ATTACK_PATH_MAX], root[ATTACK_PATH_MAX];
	const char *const argv[] = { attack_built(program, "cli/mintmark"), "init", "-c", world->config_path, "--root",
		root, NULL };

	snprintf(root, sizeof root, "%s/%s.root", world->dir, world->name);
	if (attack_run(argv, output, sizeof output) != 0)
		attack_fail("mintmark init: %s", output);
}

static _Noreturn void
execute(const struct attack_world *world, const char *libexec)
{
	char program[ATTACK_PATH_MAX], path[ATTACK_PATH_MAX];
	const char *const argv[] = { attack_built(program, "daemon/mintmarkd/mintmarkd"), "-c", world->config_path,
		"--libexec", libexec, NULL };
	int fd;

	log_path(world, path);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd != -1 && dup2(fd, STDERR_FILENO) != -1)
		execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

void
attack_host_start(const struct attack_world *world)
{
	static bool stops_at_exit;
	char libexec[ATTACK_PATH_MAX];

	if (!stops_at_exit)
		stops_at_exit = atexit(attack_host_stop) == 0;
	make_libexec(world, libexec);
	if (attack_is_of_mints(world->name))
		init_mints(world);
	log_seen = 0;
	daemon_pid = fork();
	if (daemon_pid < 0)
		attack_fail("no child for mintmarkd");
	if (daemon_pid == 0)
		execute(world, libexec);
}

/* ---- the ledger ---- */

/* Its folder is its own. */
static void
ledger_path(const struct attack_world *world, const char *name, char *path, size_t size)
{
	if ((size_t)snprintf(path, size, "%s/state-%s/mint/ledger/%s", world->dir, world->name, name) >= size)
		attack_fail("the path of %s is too long", name);
}

/* It may be about to start. */
static int
connect_to_ledger(const struct attack_world *world)
{
	struct attack_patience patience = attack_patience_for("the ledger");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	ledger_path(world, PLAYER_SOCKET, address.sun_path, sizeof address.sun_path);
	for (;;) {
		fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		if (fd != -1 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
			return fd;
		close(fd);
		attack_patience_wait(&patience, world);
	}
}

void
attack_host_tell(const struct attack_world *world, const char *format, ...)
{
	static char command[PLAYER_COMMAND_MAX];
	char said[256];
	va_list args;
	ssize_t got;
	int len, fd = connect_to_ledger(world);

	va_start(args, format);
	len = vsnprintf(command, sizeof command, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof command || send(fd, command, (size_t)len, MSG_NOSIGNAL) != len)
		attack_fail("a command to the ledger could not be sent");
	got = recv(fd, said, sizeof said - 1, 0);
	close(fd);
	said[got > 0 ? got : 0] = '\0';
	/* Who dies says nothing more. */
	if (strcmp(command, "die") != 0 && strcmp(said, "ok") != 0) {
		attack_host_print_log(world);
		attack_fail("the ledger, told '%.60s': %s", command, got > 0 ? said : "nothing");
	}
}

void
attack_host_revive(const struct attack_world *world)
{
	char path[ATTACK_PATH_MAX];

	ledger_path(world, PLAYER_DEAD, path, sizeof path);
	(void)unlink(path);
}
