/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket, from the side of who asks.
 */
#include "cli/control.h"

#include "cli/answer.h"
#include "cli/terminal.h"
#include "engine/config.h"
#include "engine/config_scan.h"
#include "engine/file.h"
#include "engine/trustfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* A desk that lives lets in at once, and says within 120 seconds that mintmarkd does not answer. */
#define CONNECT_S 10
#define ANSWER_S 130

/* ---- where it is ---- */

/* A path as a configuration has it: relative to that. */
static char *
resolve(struct mm_slice dir, const char *config_path)
{
	const char *slash = strrchr(config_path, '/');
	char *path = NULL;

	if (dir.len == 0 || dir.ptr[0] == '/' || slash == NULL)
		return strndup(dir.ptr, dir.len);
	if (asprintf(&path, "%.*s/%.*s", (int)(slash - config_path), config_path, (int)dir.len, dir.ptr) == -1)
		return NULL;
	return path;
}

/*
 * The state folder that a configuration names which is not good otherwise: the mintmarkd that runs still has the one
 * before. What stands before the fault is enough.
 */
static char *
scan_state_dir(const char *config_path)
{
	struct mm_problems problems = { .count = 0 };
	struct mm_config_scan scan = { .text = NULL };
	const struct mm_scan_setting *setting = NULL;
	size_t len = 0;
	char *text = mm_file_read(AT_FDCWD, config_path, MM_CONFIG_LEN_MAX, &len), *dir = NULL;

	if (text != NULL) {
		(void)mm_config_scan(mm_slice(text, len), config_path, &problems, &scan);
		setting = scan.section_count > 0 ? mm_config_scan_find(&scan, 0, "state_dir") : NULL;
	}
	if (setting != NULL)
		dir = resolve(setting->value, config_path);
	mm_config_scan_clear(&scan);
	mm_problems_clear(&problems);
	free(text);
	return dir != NULL ? dir : strdup(MM_STATE_DIR_DEFAULT);
}

static char *
find_state_dir(const char *config_path)
{
	struct mm_problems problems = { .count = 0 };
	struct mm_config *config = mm_trustfile_read_config(config_path, &problems);
	char *dir = config != NULL ? strdup(config->state_dir) : scan_state_dir(config_path);

	mm_config_free(&config);
	mm_problems_clear(&problems);
	return dir;
}

/* The socket's path, the caller's to free; NULL where memory is short. */
static char *
find_socket(const struct mm_control_target *target)
{
	char *dir, *path = NULL;

	if (target->socket_path != NULL)
		return strdup(target->socket_path);
	dir = find_state_dir(target->config_path);
	if (dir != NULL && asprintf(&path, "%s/" MM_CONTROL_SOCKET_NAME, dir) == -1)
		path = NULL;
	free(dir);
	return path;
}

/* ---- connecting ---- */

/* What to do about a failure to connect. */
static const char *
hint(int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return "is mintmarkd running, with this configuration? -c FILE or --socket PATH names another";
	case EACCES:
	case EPERM:
		return "ask as root, as the service's user, or as a member of its group";
	case ENAMETOOLONG:
		return "a socket's path has at most 107 bytes";
	case EAGAIN:
		return "mintmarkd or its desk hangs: see its log";
	default:
		return "see the log of mintmarkd";
	}
}

static int
complain(const struct mm_command *command, const char *path, int error)
{
	fprintf(stderr, "mintmark %s: ", command->name);
	mm_terminal_put_str(stderr, path);
	fprintf(stderr, ": %s\n    %s\n", strerror(error), hint(error));
	return MM_EXIT_DENIED;
}

/* A connected socket; -1 with errno (EAGAIN: nobody lets in). */
static int
connect_to(const char *path)
{
	static const struct timeval patience = { .tv_sec = CONNECT_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd != -1)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (fd == -1 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Send all of it; whom the desk turns away at the door still has an answer to read. */
static void
send_question(int fd, const struct mm_buf *question)
{
	size_t sent = 0;

	while (sent < question->len) {
		ssize_t some = send(fd, question->data + sent, question->len - sent, MSG_NOSIGNAL);

		if (some == -1 && errno == EINTR)
			continue;
		if (some == -1)
			return;
		sent += (size_t)some;
	}
	(void)send(fd, "\n", 1, MSG_NOSIGNAL);
}

static int
connect_and_send(struct mm_control *control, const char *path, const struct mm_buf *question)
{
	int fd = connect_to(path);

	if (fd == -1)
		return complain(control->command, path, errno);
	send_question(fd, question);
	control->stream = fdopen(fd, "r");
	if (control->stream != NULL)
		return MM_EXIT_DONE;
	close(fd);
	return complain(control->command, path, ENOMEM);
}

int
mm_control_ask(struct mm_control *control, const struct mm_command *command, const struct mm_control_target *target,
    const struct mm_buf *question)
{
	char *path = find_socket(target);
	int status;

	*control = (struct mm_control){ .command = command };
	if (path == NULL || !mm_buf_ok(question))
		status = complain(command, "question", ENOMEM);
	else
		status = connect_and_send(control, path, question);
	free(path);
	return status;
}

bool
mm_control_next(struct mm_control *control, struct mm_slice *line)
{
	ssize_t len = getline(&control->line, &control->line_size, control->stream);

	/* A line without its end was cut. */
	if (len <= 0 || control->line[len - 1] != '\n')
		return false;
	*line = mm_slice(control->line, (size_t)len - 1);
	return true;
}

void
mm_control_close(struct mm_control *control)
{
	if (control->stream != NULL)
		fclose(control->stream);
	free(control->line);
	*control = (struct mm_control){ .stream = NULL };
}

/* ---- answers ---- */

bool
mm_control_tell_error(const struct mm_command *command, struct mm_slice line)
{
	struct mm_answer_object object;
	struct mm_slice text;

	if (!mm_answer_read(line, &object))
		return false;
	text = mm_answer_text(&object, "error");
	if (!mm_slice_present(text))
		return false;
	fprintf(stderr, "mintmark %s: ", command->name);
	mm_terminal_put(stderr, text, SIZE_MAX);
	fputc('\n', stderr);
	text = mm_answer_text(&object, "mend");
	if (mm_slice_present(text)) {
		fputs("    ", stderr);
		mm_terminal_put(stderr, text, SIZE_MAX);
		fputc('\n', stderr);
	}
	return true;
}

int
mm_control_ask_once(struct mm_control *control, const struct mm_command *command,
    const struct mm_control_target *target, const struct mm_buf *question, struct mm_slice *line)
{
	static const struct timeval patience = { .tv_sec = ANSWER_S };
	int status = mm_control_ask(control, command, target, question);

	if (status != MM_EXIT_DONE)
		return status;
	(void)setsockopt(fileno(control->stream), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (mm_control_next(control, line))
		return mm_control_tell_error(command, *line) ? MM_EXIT_DENIED : MM_EXIT_DONE;
	fprintf(stderr, "mintmark %s: there is no answer: mintmarkd or its desk ended, or hangs\n", command->name);
	return MM_EXIT_DENIED;
}
