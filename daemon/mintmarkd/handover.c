/* SPDX-License-Identifier: Apache-2.0 */
/* What a new gate is given. */
#include "daemon/mintmarkd/handover.h"

#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "daemon/mintmarkd/log.h"
#include "engine/journal.h"
#include "engine/tls_file.h"
#include "lib/base/array.h"
#include "lib/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each type's largest payload is checked when it is sent. */
#define PAYLOAD_MAX 512

static bool
send_to(const struct mm_keeper *keeper, enum mm_message_type type, const void *payload, size_t len, int fd)
{
	if (mm_message_send(keeper->child.socket, MM_PROCESS_MINTMARKD, MM_PROCESS_GATE, type, payload, len, fd) == 0)
		return true;
	mm_log(LOG_ERR, "the gate takes no message: %s", strerror(errno));
	return false;
}

/* Send what was put together, and clear it. */
static bool
send_buf(const struct mm_keeper *keeper, enum mm_message_type type, struct mm_buf *buf, int fd)
{
	bool sent = mm_buf_ok(buf);

	if (sent)
		sent = send_to(keeper, type, buf->data, buf->len, fd);
	else
		mm_log(LOG_ERR, "memory for a message to the gate: %s", strerror(ENOMEM));
	mm_buf_clear(buf);
	return sent;
}

/* The gate's name in records is the host's, cut. */
static bool
send_settings(const struct mm_keeper *keeper)
{
	char name[MM_GATE_NAME_MAX + 1] = "";
	struct mm_buf buf;

	if (gethostname(name, MM_GATE_NAME_MAX) == -1 || name[0] == '\0')
		memcpy(name, "gate", sizeof("gate"));
	mm_buf_init(&buf, PAYLOAD_MAX);
	mm_buf_add_u8(&buf, (uint8_t)keeper->config->journal_mode);
	mm_buf_add_u32(&buf, keeper->user->uid);
	mm_buf_add_u32(&buf, keeper->user->gid);
	mm_buf_add_u64(&buf, (uint64_t)keeper->config->token_cache_bytes);
	mm_buf_add_str(&buf, name);
	return send_buf(keeper, MM_MESSAGE_GATE_SETTINGS, &buf, -1);
}

static bool
send_listeners(const struct mm_keeper *keeper)
{
	for (size_t i = 0; i < keeper->listeners->count; i++) {
		const struct mm_listener *listener = &keeper->listeners->items[i];
		char payload[1 + MM_LISTENER_NAME_MAX];
		size_t len = strlen(listener->name);

		payload[0] = (char)listener->listen->kind;
		memcpy(payload + 1, listener->name, len);
		if (!send_to(keeper, MM_MESSAGE_GATE_LISTENER, payload, 1 + len, listener->fd))
			return false;
	}
	return true;
}

static bool
send_callers(const struct mm_keeper *keeper)
{
	for (size_t i = 0; i < keeper->callers->count; i++) {
		const struct mm_caller *caller = &keeper->callers->items[i];
		struct mm_buf buf;

		mm_buf_init(&buf, PAYLOAD_MAX);
		mm_buf_add(&buf, caller->digest, sizeof(caller->digest));
		mm_buf_add(&buf, caller->service, strlen(caller->service) + 1);
		mm_buf_add(&buf, caller->name, strlen(caller->name) + 1);
		if (!send_buf(keeper, MM_MESSAGE_GATE_CALLER, &buf, -1))
			return false;
	}
	return true;
}

/* ---- TLS ---- */

static int
open_pem(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

static const char *const tls_names[] = { "tls_certificate", "tls_key" };

static const char *
tls_path(const struct mm_config *config, size_t which)
{
	return which == 0 ? config->tls_certificate_path : config->tls_key_path;
}

/* What is wrong with one of the files, to be opened here at each start of a gate too; NULL: nothing. */
static const char *
tls_fault(const char *path, bool is_key, const char **mend)
{
	const char *fault = mm_tls_file_fault(path, is_key, mend);
	int fd = fault == NULL ? open_pem(path) : -1;

	if (fault == NULL && fd == -1)
		fault = strerror(errno);
	if (fd != -1)
		close(fd);
	return fault;
}

bool
mm_handover_check_tls(const struct mm_config *config, struct mm_problems *problems)
{
	bool all = true;

	for (size_t which = 0; which < MM_COUNT_OF(tls_names); which++) {
		const char *path = tls_path(config, which), *mend;
		const char *fault = path == NULL ? NULL : tls_fault(path, which == 1, &mend);

		if (fault == NULL)
			continue;
		mm_problems_add(problems, MM_PROBLEM_ERROR, config->path, 0, mend, "'%s': %s: %s", tls_names[which],
		    path, fault);
		all = false;
	}
	return all;
}

/* Opened anew at each start, so that a renewed certificate is taken. */
static bool
send_tls(const struct mm_keeper *keeper)
{
	for (size_t which = 0; which < MM_COUNT_OF(tls_names); which++) {
		const char *path = tls_path(keeper->config, which);
		unsigned char payload = (unsigned char)which;
		bool sent;
		int fd;

		if (path == NULL)
			continue;
		fd = open_pem(path);
		if (fd == -1) {
			mm_log(LOG_ERR, "'%s': %s: %s", tls_names[which], path, strerror(errno));
			return false;
		}
		sent = send_to(keeper, MM_MESSAGE_GATE_TLS, &payload, sizeof(payload), fd);
		close(fd);
		if (!sent)
			return false;
	}
	return true;
}

/* ---- the journal ---- */

static bool
send_segment(struct mm_keeper *keeper, int fd)
{
	struct mm_buf number;
	bool sent;

	mm_buf_init(&number, PAYLOAD_MAX);
	mm_buf_add_u64(&number, keeper->segments.newest);
	sent = send_buf(keeper, MM_MESSAGE_GATE_SEGMENT, &number, fd);
	close(fd);
	return sent;
}

int
mm_handover_spare(struct mm_keeper *keeper)
{
	int fd = mm_segments_open_next(&keeper->segments);

	if (fd == -1)
		return -1;
	if (send_segment(keeper, fd))
		return 0;
	errno = EPIPE;
	return -1;
}

/* Say what the journal cannot be begun for. A damaged segment is not passed over: it may be all that there is. */
static void
tell_no_segment(const struct mm_keeper *keeper, int error)
{
	const char *dir = keeper->config->state_dir;

	if (error == EPROTO)
		mm_log(LOG_ERR, "%s/" MM_JOURNAL_FOLDER "/" MM_JOURNAL_FILE " is no journal segment, or its first "
		    "bytes are damaged: move it away, keep it for investigation, and start again", dir, MM_JOURNAL_GATE,
		    keeper->segments.newest);
	else
		mm_log(LOG_ERR, "no journal segment can be opened or made in %s/" MM_JOURNAL_FOLDER ": %s", dir,
		    strerror(error));
}

static bool
send_first_segment(struct mm_keeper *keeper)
{
	int fd = mm_segments_open_first(&keeper->segments);

	if (fd == -1) {
		tell_no_segment(keeper, errno);
		return false;
	}
	return send_segment(keeper, fd);
}

bool
mm_handover(struct mm_keeper *keeper)
{
	return send_settings(keeper) && send_listeners(keeper) && send_callers(keeper) && send_tls(keeper) &&
	    send_to(keeper, MM_MESSAGE_GATE_SNAPSHOT, NULL, 0, keeper->snapshot_fd) && send_first_segment(keeper) &&
	    send_to(keeper, MM_MESSAGE_GATE_START, NULL, 0, -1);
}
