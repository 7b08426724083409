/* SPDX-License-Identifier: Apache-2.0 */
/* Running the compiler: what it needs goes in as descriptors, problems and a snapshot come out. */
#include "daemon/mintmarkd/compile.h"

#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "daemon/ipc/sealed.h"
#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/log.h"
#include "engine/file.h"
#include "lib/base/buf.h"
#include "lib/base/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The largest key files that may be given take a few seconds; systemd waits 90 for a start. */
#define COMPILE_TIMEOUT_MS 60000

static bool
send_to(const struct mm_child *child, enum mm_message_type type, const void *payload, size_t len, int fd)
{
	if (mm_message_send(child->socket, MM_PROCESS_MINTMARKD, MM_PROCESS_COMPILER, type, payload, len, fd) == 0)
		return true;
	mm_log(LOG_ERR, "the compiler takes no message: %s", strerror(errno));
	return false;
}

/* ---- what goes in ---- */

static bool
send_config(const struct mm_compiler_input *input, const struct mm_child *child)
{
	const char *path = input->config->path;
	int fd = mm_sealed_new("mintmark.conf");
	bool sent;

	if (fd == -1 || mm_sealed_write(fd, input->text) == -1 || mm_sealed_seal(fd) == -1) {
		mm_log(LOG_ERR, "memory for the configuration: %s", strerror(errno));
		sent = false;
	} else {
		sent = send_to(child, MM_MESSAGE_COMPILE_CONFIG, path, strlen(path), fd);
	}
	if (fd != -1)
		close(fd);
	return sent;
}

/* A regular file, open for reading; -1 with errno (EINVAL: it is something else). */
static int
open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;

	if (fd == -1)
		return -1;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* Whether an earlier realm has the same key file. */
static bool
is_sent_already(const struct mm_config *config, size_t realm)
{
	for (size_t i = 0; i < realm; i++)
		if (strcmp(config->realms[i].keys, config->realms[realm].keys) == 0)
			return true;
	return false;
}

/* Send a realm's key file; one that cannot be opened is a problem, and the compiler is not begun. */
static bool
send_document(const struct mm_compiler_input *input, const struct mm_child *child, size_t realm,
    struct mm_problems *problems)
{
	const struct mm_config_realm *row = &input->config->realms[realm];
	int fd = open_regular(row->keys);
	struct mm_buf payload;
	bool sent;

	if (fd == -1) {
		mm_problems_add(problems, MM_PROBLEM_ERROR, input->config->path, row->line,
		    "'keys' names a file that mintmarkd can read", "realm %s: key file %s: %s", row->name,
		    row->keys, mm_file_failure_text(errno));
		return true;
	}
	mm_buf_init(&payload, PATH_MAX + 1);
	mm_buf_add_u8(&payload, MM_DOCUMENT_FILE);
	mm_buf_add_str(&payload, row->keys);
	sent = mm_buf_ok(&payload) && send_to(child, MM_MESSAGE_COMPILE_DOCUMENT, payload.data, payload.len, fd);
	mm_buf_clear(&payload);
	close(fd);
	return sent;
}

static bool
send_documents(const struct mm_compiler_input *input, const struct mm_child *child, struct mm_problems *problems)
{
	const struct mm_config *config = input->config;
	size_t count = 0;

	for (size_t i = 0; i < config->realm_count; i++) {
		if (is_sent_already(config, i))
			continue;
		if (count++ == MM_DOCUMENTS_MAX) {
			mm_problems_add(problems, MM_PROBLEM_ERROR, config->path, config->realms[i].line,
			    "put the keys of several realms into one file", "there are more than %d key files",
			    MM_DOCUMENTS_MAX);
			return true;
		}
		if (!send_document(input, child, i, problems))
			return false;
	}
	return true;
}

static bool
send_start(const struct mm_compiler_input *input, const struct mm_child *child, int snapshot_fd)
{
	struct mm_buf epoch;
	bool sent;

	mm_buf_init(&epoch, sizeof(input->epoch));
	mm_buf_add_u64(&epoch, input->epoch);
	sent = mm_buf_ok(&epoch) && send_to(child, MM_MESSAGE_COMPILE_START, epoch.data, epoch.len, snapshot_fd);
	mm_buf_clear(&epoch);
	return sent;
}

/* ---- what comes out ---- */

/* A text ended by NUL; NULL where there is none. */
static const char *
read_text(struct mm_reader *reader)
{
	struct mm_slice text = mm_reader_slice(reader, strnlen((const char *)reader->at, reader->left));

	return mm_reader_u8(reader) == 0 && mm_reader_ok(reader) ? text.ptr : NULL;
}

static bool
take_problem(const struct mm_message *message, struct mm_problems *problems)
{
	struct mm_reader reader;
	const char *where, *text, *mend;
	uint8_t class;
	uint32_t line;

	mm_reader_init(&reader, message->payload, message->len);
	class = mm_reader_u8(&reader);
	line = mm_reader_u32(&reader);
	where = read_text(&reader);
	text = read_text(&reader);
	mend = read_text(&reader);
	if (where == NULL || text == NULL || mend == NULL || class > MM_PROBLEM_REMARK || line > INT32_MAX)
		return false;
	mm_problems_add(problems, (enum mm_problem_class)class, where, (int)line, *mend == '\0' ? NULL : mend, "%s",
	    text);
	return true;
}

/* Wait until the compiler sent something; false: it did not in time. */
static bool
wait_for_message(const struct mm_child *child, int64_t deadline_ms)
{
	struct pollfd waited = { .fd = child->socket, .events = POLLIN };

	for (;;) {
		int64_t left_ms = deadline_ms - mm_clock_ms();
		int ready = left_ms <= 0 ? 0 : poll(&waited, 1, (int)left_ms);

		if (ready > 0)
			return true;
		if (ready == 0 || errno != EINTR) {
			mm_log(LOG_ERR, "the compiler did not finish within %d s", COMPILE_TIMEOUT_MS / 1000);
			return false;
		}
	}
}

/* Take the compiler's answers up to the last one; whether it made a whole snapshot. */
static bool
take_answers(const struct mm_child *child, struct mm_problems *problems)
{
	static struct mm_message message;
	int64_t deadline_ms = mm_clock_ms() + COMPILE_TIMEOUT_MS;

	while (wait_for_message(child, deadline_ms)) {
		int got = mm_message_receive(child->socket, MM_PROCESS_MINTMARKD, MM_PROCESS_COMPILER, &message);

		if (got == 1 && message.type == MM_MESSAGE_COMPILE_PROBLEM && take_problem(&message, problems))
			continue;
		if (got == 1 && message.type == MM_MESSAGE_COMPILE_DONE)
			return message.len == 1 && message.payload[0] == 1;
		mm_log(LOG_ERR, "the compiler %s", got == 0 ? "ended without an answer" : "sent what it must not");
		return false;
	}
	return false;
}

/* After its last answer it only has to exit. Where it gave none and was not ended by us, its end says why. */
static bool
end_compiler(struct mm_child *child, bool answered)
{
	int status = mm_child_kill(child);
	char how[128];

	if (!answered && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) && status != 0) {
		mm_child_end_text(status, how, sizeof(how));
		mm_log(LOG_ERR, "the compiler %s", how);
	}
	return answered;
}

static bool
run_compiler(const struct mm_compiler_input *input, int snapshot_fd, struct mm_problems *problems)
{
	struct mm_child child;
	bool whole;

	if (!mm_child_start(MM_PROCESS_COMPILER, input->libexec, input->user, &child))
		return false;
	whole = send_config(input, &child) && send_documents(input, &child, problems) &&
	    !mm_problems_has_error(problems) && send_start(input, &child, snapshot_fd) &&
	    take_answers(&child, problems);
	return end_compiler(&child, whole);
}

int
mm_compile(const struct mm_compiler_input *input, struct mm_problems *problems)
{
	int fd = mm_sealed_new("mintmark-snapshot");

	if (fd == -1) {
		mm_log(LOG_ERR, "memory for the snapshot: %s", strerror(errno));
		return -1;
	}
	/* The compiler is gone when it is sealed, so that nothing maps it for writing. */
	if (run_compiler(input, fd, problems) && !mm_problems_has_error(problems)) {
		if (mm_sealed_seal(fd) == 0)
			return fd;
		mm_log(LOG_ERR, "the snapshot cannot be sealed: %s", strerror(errno));
	}
	close(fd);
	return -1;
}
