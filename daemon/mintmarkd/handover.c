/* SPDX-License-Identifier: Apache-2.0 */
/* What a new gate is given. */
#include "daemon/mintmarkd/handover.h"

#include "daemon/ipc/message.h"
#include "daemon/mintmarkd/log.h"
#include "lib/base/buf.h"
#include "lib/base/try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each type's largest payload is checked when it is sent. */
#define PAYLOAD_MAX 512

/* The gate's name in records: the host's, cut. */
#define GATE_NAME_MAX 64

static bool
send_to(const struct mm_keeper *keeper, enum mm_message_type type, const void *payload, size_t len, int fd)
{
	if (mm_message_send(keeper->child.socket, MM_PROCESS_MINTMARKD, MM_PROCESS_GATE, type, payload, len, fd) == 0)
		return true;
	mm_log(LOG_ERR, "the gate takes no message: %s", strerror(errno));
	return false;
}

static bool
send_settings(const struct mm_keeper *keeper)
{
	char name[GATE_NAME_MAX + 1] = "";
	struct mm_buf buf;
	bool sent;

	if (gethostname(name, GATE_NAME_MAX) == -1 || name[0] == '\0')
		memcpy(name, "gate", sizeof("gate"));
	mm_buf_init(&buf, PAYLOAD_MAX);
	mm_buf_add_u8(&buf, (uint8_t)keeper->config->journal_mode);
	mm_buf_add_u32(&buf, keeper->user->uid);
	mm_buf_add_u32(&buf, keeper->user->gid);
	mm_buf_add_str(&buf, name);
	sent = mm_buf_ok(&buf) && send_to(keeper, MM_MESSAGE_GATE_SETTINGS, buf.data, buf.len, -1);
	mm_buf_clear(&buf);
	return sent;
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
		bool sent;

		mm_buf_init(&buf, PAYLOAD_MAX);
		mm_buf_add(&buf, caller->digest, sizeof(caller->digest));
		mm_buf_add(&buf, caller->service, strlen(caller->service) + 1);
		mm_buf_add(&buf, caller->name, strlen(caller->name) + 1);
		if (!mm_buf_ok(&buf))
			mm_log(LOG_ERR, "the names of service %s and its caller %s are too long", caller->service,
			    caller->name);
		sent = mm_buf_ok(&buf) && send_to(keeper, MM_MESSAGE_GATE_CALLER, buf.data, buf.len, -1);
		mm_buf_clear(&buf);
		if (!sent)
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

bool
mm_handover_check_tls(const struct mm_config *config, struct mm_problems *problems)
{
	bool all = true;

	for (size_t which = 0; which < MM_COUNT_OF(tls_names); which++) {
		const char *path = tls_path(config, which);
		int fd = path == NULL ? -1 : open_pem(path);

		if (path != NULL && fd == -1) {
			mm_problems_add(problems, MM_PROBLEM_ERROR, config->path, 0, NULL, "'%s': %s: %s",
			    tls_names[which], path, strerror(errno));
			all = false;
		}
		if (fd != -1)
			close(fd);
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
	unsigned char number[8];
	bool sent;

	for (unsigned i = 0; i < sizeof(number); i++)
		number[i] = (unsigned char)(keeper->segments.newest >> (8 * i));
	sent = send_to(keeper, MM_MESSAGE_GATE_SEGMENT, number, sizeof(number), fd);
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

static bool
send_first_segment(struct mm_keeper *keeper)
{
	int fd = mm_segments_open_first(&keeper->segments);

	if (fd == -1) {
		mm_log(LOG_ERR, "no journal segment can be opened or made in %s/journal: %s", keeper->config->state_dir,
		    strerror(errno));
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
