/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the processes it is, and the three that say hardly anything. */
#include "test/player/player.h"

#include "daemon/ipc/limits.h"
#include "daemon/ipc/sealed.h"
#include "lib/base/array.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *own_name;

_Noreturn void
player_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "%s (played): ", own_name);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

int64_t
player_boot_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
player_wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

char *
player_read_file(int folder_fd, const char *name)
{
	int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
	struct stat status;
	char *text;

	if (fd == -1)
		return NULL;
	if (fstat(fd, &status) == -1 || (text = calloc(1, (size_t)status.st_size + 1)) == NULL ||
	    read(fd, text, (size_t)status.st_size) != status.st_size)
		player_fail("%s cannot be read", name);
	close(fd);
	return text;
}

int
player_seal(struct mm_slice bytes)
{
	int fd = mm_sealed_new("mintmark-player");

	if (fd == -1 || mm_sealed_write(fd, bytes) == -1 || mm_sealed_seal(fd) == -1)
		player_fail("no sealed memory");
	return fd;
}

/* ---- signer, verifier and issuer ---- */

static const struct role {
	enum mm_process process;
	enum mm_message_type start, ready, stop;
} roles[] = {
	{ MM_PROCESS_SIGNER, MM_MESSAGE_SIGNER_START, MM_MESSAGE_SIGNER_READY, MM_MESSAGE_SIGNER_STOP },
	{ MM_PROCESS_VERIFIER, MM_MESSAGE_VERIFIER_START, MM_MESSAGE_VERIFIER_READY, MM_MESSAGE_VERIFIER_STOP },
	{ MM_PROCESS_ISSUER, MM_MESSAGE_ISSUER_START, MM_MESSAGE_ISSUER_READY, MM_MESSAGE_ISSUER_STOP },
};

static void
tell(enum mm_process process, enum mm_message_type type, int fd)
{
	if (mm_message_send(MM_CONTROL_FD, process, MM_PROCESS_MINTMARKD, type, NULL, 0, fd) == -1)
		player_fail("mintmarkd takes no message");
}

static void
tell_directory(char *directory)
{
	int fd = directory == NULL ? -1 : player_seal(mm_slice_str(directory));

	if (fd >= 0) {
		tell(MM_PROCESS_VERIFIER, MM_MESSAGE_VERIFIER_DIRECTORY, fd);
		close(fd);
	}
	free(directory);
}

static _Noreturn void
run_role(const struct role *role)
{
	static struct mm_message message;
	char *directory = NULL;

	while (mm_message_receive(MM_CONTROL_FD, role->process, MM_PROCESS_MINTMARKD, &message) == 1) {
		if (message.type == MM_MESSAGE_VERIFIER_FOLDER)
			directory = player_read_file(message.fd, "directory.json");
		if (message.fd >= 0)
			close(message.fd);
		if (message.type == role->stop)
			exit(EXIT_SUCCESS);
		if (message.type != role->start)
			continue;
		tell(role->process, role->ready, -1);
		tell_directory(directory);
		directory = NULL;
	}
	exit(EXIT_FAILURE);
}

int
main(int argc, char **argv)
{
	own_name = argc > 0 ? argv[0] : "mintmark-player";
	if (strcmp(own_name, mm_process_name(MM_PROCESS_LEDGER)) == 0)
		player_run_ledger();
	for (size_t i = 0; i < MM_COUNT_OF(roles); i++)
		if (strcmp(own_name, mm_process_name(roles[i].process)) == 0)
			run_role(&roles[i]);
	fprintf(stderr, "mintmark-player: mintmarkd starts this, as one of a mint's processes\n");
	return 2;
}
