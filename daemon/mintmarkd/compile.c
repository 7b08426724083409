/* SPDX-License-Identifier: Apache-2.0 */
/* Running the compiler: what it needs goes in as descriptors, problems and a snapshot come out. */
#include "daemon/mintmarkd/compile.h"

#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "daemon/ipc/sealed.h"
#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/mints.h"
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

/* ---- what goes in ---- */

static bool
send_config(const struct mm_compiler_input *input, struct mm_child *child)
{
	const char *path = input->config->path;
	int fd = mm_sealed_new("mintmark.conf");
	bool sent;

	if (fd == -1 || mm_sealed_write(fd, input->text) == -1 || mm_sealed_seal(fd) == -1) {
		mm_log(LOG_ERR, "memory for the configuration: %s", strerror(errno));
		sent = false;
	} else {
		sent = mm_child_send(child, MM_MESSAGE_COMPILE_CONFIG, path, strlen(path), fd);
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

static bool
send_document(struct mm_child *child, enum mm_document_origin origin, const char *name, int fd)
{
	struct mm_buf payload;
	bool sent;

	mm_buf_init(&payload, PATH_MAX + 1);
	mm_buf_add_u8(&payload, (uint8_t)origin);
	mm_buf_add_str(&payload, name);
	sent = mm_buf_ok(&payload) &&
	    mm_child_send(child, MM_MESSAGE_COMPILE_DOCUMENT, payload.data, payload.len, fd);
	mm_buf_clear(&payload);
	return sent;
}

/* Send a realm's key file; one that cannot be opened is a problem, and the compiler is not begun. */
static bool
send_file(const struct mm_compiler_input *input, struct mm_child *child, const struct mm_config_realm *row,
    struct mm_problems *problems)
{
	int fd = open_regular(row->keys);
	bool sent;

	if (fd == -1) {
		mm_problems_add(problems, MM_PROBLEM_ERROR, input->config->path, row->line,
		    "'keys' names a file that mintmarkd can read", "realm %s: key file %s: %s", row->name,
		    row->keys, mm_file_failure_text(errno));
		return true;
	}
	sent = send_document(child, MM_DOCUMENT_FILE, row->keys, fd);
	close(fd);
	return sent;
}

/* A source that has nothing yet: its realms have no keys, so that their tokens are refused. */
static bool
send_no_keys(struct mm_child *child, const char *name)
{
	int fd = mm_sealed_new("mintmark-keys");
	bool sent;

	if (fd == -1 || mm_sealed_write(fd, mm_slice_str("{\"keys\":[]}\n")) == -1) {
		mm_log(LOG_ERR, "memory for the keys of %s: %s", name, strerror(errno));
		sent = false;
	} else {
		sent = send_document(child, MM_DOCUMENT_FETCHED, name, fd);
	}
	if (fd != -1)
		close(fd);
	return sent;
}

/* A document of a mint beside its keys (doc/PROTOCOL.directory); one that did not come is an empty one. */
static bool
send_beside(struct mm_child *child, const char *kind, const char *realm, const struct mm_mint_document *document)
{
	char name[MM_NAME_LEN_MAX + 32];

	if (document->fd < 0)
		return true;
	snprintf(name, sizeof(name), "%s:%s", kind, realm);
	return send_document(child, MM_DOCUMENT_MINT, name, document->fd);
}

/* What the ledger says of a mint's keys and tenants, and its verifier of its users. */
static bool
send_mint(const struct mm_compiler_input *input, struct mm_child *child, const struct mm_config_realm *row)
{
	const struct mm_mint *mint = mm_mints_find(input->mints, mm_slice_str(row->name));
	int fd = mm_key_lists_open_keys(input->lists, input->mints, row->name);
	bool sent = fd != -1 && send_document(child, MM_DOCUMENT_MINT, row->keys, fd);

	if (fd != -1)
		close(fd);
	return sent && (mint == NULL || (send_beside(child, "directory", row->name, &mint->directory) &&
	                                    send_beside(child, "tenants", row->name, &mint->tenants)));
}

static bool
send_realms_document(const struct mm_compiler_input *input, struct mm_child *child, const struct mm_config_realm *row,
    struct mm_problems *problems)
{
	const struct mm_source *source = mm_sources_find(input->sources, row->keys);

	if (row->keys_kind == MM_KEYS_MINT)
		return send_mint(input, child, row);
	if (source == NULL)
		return send_file(input, child, row, problems);
	if (source->fd < 0)
		return send_no_keys(child, source->name);
	return send_document(child, MM_DOCUMENT_FETCHED, source->name, source->fd);
}

static bool
send_documents(const struct mm_compiler_input *input, struct mm_child *child, struct mm_problems *problems)
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
		if (!send_realms_document(input, child, &config->realms[i], problems))
			return false;
	}
	return true;
}

static bool
send_start(const struct mm_compiler_input *input, struct mm_child *child, int snapshot_fd)
{
	struct mm_buf epoch;
	bool sent;

	mm_buf_init(&epoch, sizeof(input->epoch));
	mm_buf_add_u64(&epoch, input->epoch);
	sent = mm_buf_ok(&epoch) && mm_child_send(child, MM_MESSAGE_COMPILE_START, epoch.data, epoch.len, snapshot_fd);
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

/* Whether a compiler that answered made a whole snapshot, and nothing stands against it. */
static bool
is_good(const struct mm_compile *compile, const struct mm_message *message)
{
	return message->len == 1 && message->payload[0] == 1 && !mm_problems_has_error(compile->problems);
}

/* After its last answer it only has to exit. Where it gave none and was not ended by us, its end says why. */
static void
end_compiler(struct mm_compile *compile, bool answered)
{
	int status = mm_child_kill(&compile->child);
	char how[128];

	compile->deadline_ms = MM_NEVER_MS;
	if (!answered && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) && status != 0) {
		mm_child_end_text(status, how, sizeof(how));
		mm_log(LOG_ERR, "the compiler %s", how);
	}
}

/* Close what it held; returns false. */
static bool
give_up(struct mm_compile *compile)
{
	mm_compile_stop(compile);
	return false;
}

static enum mm_compile_step
fail(struct mm_compile *compile, const char *how)
{
	mm_log(LOG_ERR, "the compiler %s", how);
	end_compiler(compile, false);
	give_up(compile);
	return MM_COMPILE_FAILED;
}

/* The compiler is gone when the snapshot is sealed, so that nothing maps it for writing. */
static enum mm_compile_step
finish(struct mm_compile *compile, bool good)
{
	end_compiler(compile, true);
	if (good && mm_sealed_seal(compile->snapshot_fd) == 0)
		return MM_COMPILE_DONE;
	if (good)
		mm_log(LOG_ERR, "the snapshot cannot be sealed: %s", strerror(errno));
	give_up(compile);
	return MM_COMPILE_FAILED;
}

static enum mm_compile_step
take_answer(struct mm_compile *compile)
{
	static struct mm_message message;
	int got = mm_message_receive(compile->child.socket, MM_PROCESS_MINTMARKD, MM_PROCESS_COMPILER, &message);

	if (got == -1 && errno == EAGAIN)
		return MM_COMPILE_GOES_ON;
	if (got == 1 && message.type == MM_MESSAGE_COMPILE_PROBLEM && take_problem(&message, compile->problems))
		return MM_COMPILE_GOES_ON;
	if (got == 1 && message.type == MM_MESSAGE_COMPILE_DONE)
		return finish(compile, is_good(compile, &message));
	return fail(compile, got == 0 ? "ended without an answer" : "sent what it must not");
}

/* ---- running it ---- */

static bool
start_compiler(struct mm_compile *compile, const struct mm_compiler_input *input)
{
	struct mm_child *child = &compile->child;

	return mm_child_start(MM_PROCESS_COMPILER, input->libexec, input->user, child) && send_config(input, child) &&
	    send_documents(input, child, compile->problems) && !mm_problems_has_error(compile->problems) &&
	    send_start(input, child, compile->snapshot_fd);
}

bool
mm_compile_begin(struct mm_compile *compile, const struct mm_compiler_input *input, struct mm_problems *problems)
{
	*compile = MM_COMPILE_NONE;
	compile->problems = problems;
	compile->snapshot_fd = mm_sealed_new("mintmark-snapshot");
	if (compile->snapshot_fd == -1) {
		mm_log(LOG_ERR, "memory for the snapshot: %s", strerror(errno));
		return false;
	}
	compile->deadline_ms = mm_clock_ms() + COMPILE_TIMEOUT_MS;
	return start_compiler(compile, input) || give_up(compile);
}

bool
mm_compile_runs(const struct mm_compile *compile)
{
	return compile->deadline_ms != MM_NEVER_MS;
}

enum mm_compile_step
mm_compile_serve(struct mm_compile *compile, short events)
{
	if ((events & POLLOUT) != 0 && !mm_child_flush(&compile->child))
		return fail(compile, "cannot be sent a message");
	return (events & ~POLLOUT) != 0 ? take_answer(compile) : MM_COMPILE_GOES_ON;
}

enum mm_compile_step
mm_compile_check_time(struct mm_compile *compile)
{
	if (mm_clock_ms() < compile->deadline_ms)
		return MM_COMPILE_GOES_ON;
	return fail(compile, "did not finish in time");
}

int
mm_compile_take(struct mm_compile *compile)
{
	int fd = compile->snapshot_fd;

	compile->snapshot_fd = -1;
	return fd;
}

void
mm_compile_stop(struct mm_compile *compile)
{
	mm_child_kill(&compile->child);
	if (compile->snapshot_fd >= 0)
		close(compile->snapshot_fd);
	*compile = MM_COMPILE_NONE;
}

int
mm_compile_now(const struct mm_compiler_input *input, struct mm_problems *problems)
{
	enum mm_compile_step step = MM_COMPILE_GOES_ON;
	struct mm_compile compile;

	if (!mm_compile_begin(&compile, input, problems))
		return -1;
	while (step == MM_COMPILE_GOES_ON) {
		struct pollfd waited = mm_child_waits_for(&compile.child);
		int64_t left_ms = compile.deadline_ms - mm_clock_ms();

		if (poll(&waited, 1, left_ms < 0 ? 0 : (int)left_ms) > 0)
			step = mm_compile_serve(&compile, waited.revents);
		else
			step = mm_compile_check_time(&compile);
	}
	return step == MM_COMPILE_DONE ? mm_compile_take(&compile) : -1;
}
