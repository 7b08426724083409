/* SPDX-License-Identifier: Apache-2.0 */
/* What a gate is given. */
#include "daemon/mintmarkd/handover.h"

#include "daemon/ipc/message.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/tls.h"
#include "engine/journal.h"
#include "lib/base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each type's largest payload is checked when it is sent. */
#define PAYLOAD_MAX 512

static bool
send_to(struct mm_mintmarkd *mintmarkd, enum mm_message_type type, const void *payload, size_t len, int fd)
{
	return mm_child_send(&mintmarkd->gate.keeper.child, type, payload, len, fd);
}

/* Send what was put together, and clear it. */
static bool
send_buf(struct mm_mintmarkd *mintmarkd, enum mm_message_type type, struct mm_buf *buf, int fd)
{
	bool sent = mm_buf_ok(buf);

	if (sent)
		sent = send_to(mintmarkd, type, buf->data, buf->len, fd);
	else
		mm_log(LOG_ERR, "memory for a message to the gate: %s", strerror(ENOMEM));
	mm_buf_clear(buf);
	return sent;
}

void
mm_handover_gate_name(char name[MM_GATE_NAME_MAX + 1])
{
	char host[MM_GATE_NAME_MAX + 1] = "";

	if (gethostname(host, MM_GATE_NAME_MAX) == -1 || host[0] == '\0')
		memcpy(host, "gate", sizeof("gate"));
	memcpy(name, host, sizeof(host));
}

static bool
send_settings(struct mm_mintmarkd *mintmarkd)
{
	char name[MM_GATE_NAME_MAX + 1];
	struct mm_buf buf;

	mm_handover_gate_name(name);
	mm_buf_init(&buf, PAYLOAD_MAX);
	mm_buf_add_u8(&buf, (uint8_t)mintmarkd->first->config->journal_mode);
	mm_buf_add_u32(&buf, mintmarkd->user.uid);
	mm_buf_add_u32(&buf, mintmarkd->user.gid);
	mm_buf_add_u64(&buf, (uint64_t)mintmarkd->first->config->token_cache_bytes);
	mm_buf_add_u32(&buf, (uint32_t)mintmarkd->first->config->stale_after_s);
	mm_buf_add_str(&buf, name);
	return send_buf(mintmarkd, MM_MESSAGE_GATE_SETTINGS, &buf, -1);
}

static bool
send_listeners(struct mm_mintmarkd *mintmarkd)
{
	for (size_t i = 0; i < mintmarkd->listeners.count; i++) {
		const struct mm_listener *listener = &mintmarkd->listeners.items[i];
		char payload[1 + MM_LISTENER_NAME_MAX];
		size_t len = strlen(listener->name);

		payload[0] = (char)listener->listen->kind;
		memcpy(payload + 1, listener->name, len);
		if (!send_to(mintmarkd, MM_MESSAGE_GATE_LISTENER, payload, 1 + len, listener->fd))
			return false;
	}
	return true;
}

static bool
send_callers(struct mm_mintmarkd *mintmarkd)
{
	for (size_t i = 0; i < mintmarkd->reading->callers.count; i++) {
		const struct mm_caller *caller = &mintmarkd->reading->callers.items[i];
		struct mm_buf buf;

		mm_buf_init(&buf, PAYLOAD_MAX);
		mm_buf_add(&buf, caller->digest, sizeof(caller->digest));
		mm_buf_add(&buf, caller->service, strlen(caller->service) + 1);
		mm_buf_add(&buf, caller->name, strlen(caller->name) + 1);
		if (!send_buf(mintmarkd, MM_MESSAGE_GATE_CALLER, &buf, -1))
			return false;
	}
	return true;
}

static bool
send_proxies(struct mm_mintmarkd *mintmarkd)
{
	for (char **proxy = mintmarkd->reading->config->trusted_proxies; proxy != NULL && *proxy != NULL; proxy++)
		if (!send_to(mintmarkd, MM_MESSAGE_GATE_PROXY, *proxy, strlen(*proxy), -1))
			return false;
	return true;
}

/* A number and a name, as several messages begin or are. */
static bool
send_mint(struct mm_mintmarkd *mintmarkd, enum mm_message_type type, uint16_t number, const char *realm, int fd)
{
	struct mm_buf buf;

	mm_buf_init(&buf, PAYLOAD_MAX);
	mm_buf_add_u16(&buf, number);
	mm_buf_add_str(&buf, realm);
	return send_buf(mintmarkd, type, &buf, fd);
}

/* Which mints there are, and before the snapshot the key lists that it was compiled from. */
static bool
send_mints(struct mm_mintmarkd *mintmarkd)
{
	const struct mm_mints *mints = &mintmarkd->mints;
	const struct mm_key_lists *lists = &mintmarkd->trust.lists;

	for (size_t i = 0; i < mints->count; i++)
		if (mints->items[i]->wanted && !send_mint(mintmarkd, MM_MESSAGE_GATE_MINT, mints->items[i]->number,
		                                    mints->items[i]->realm, -1))
			return false;
	for (size_t i = 0; i < lists->count; i++)
		if (!send_mint(mintmarkd, MM_MESSAGE_GATE_KEYS, lists->items[i].number, lists->items[i].realm,
		        lists->items[i].fd))
			return false;
	return true;
}

static bool
send_root(struct mm_mintmarkd *mintmarkd)
{
	const struct mm_mints *mints = &mintmarkd->mints;

	return !mints->has_root ||
	    send_to(mintmarkd, MM_MESSAGE_GATE_ROOT, mints->root, sizeof(mints->root), -1);
}

bool
mm_handover_view(struct mm_mintmarkd *mintmarkd)
{
	return send_callers(mintmarkd) && send_proxies(mintmarkd) && send_mints(mintmarkd) &&
	    send_to(mintmarkd, MM_MESSAGE_GATE_SNAPSHOT, NULL, 0, mintmarkd->trust.snapshot_fd);
}

/* ---- TLS ---- */

/* A file is opened anew at each start, so that a renewed certificate is taken. */
static bool
send_pem(struct mm_mintmarkd *mintmarkd, enum mm_message_type type, const void *payload, size_t len,
    const char *setting, const char *path)
{
	bool sent;
	int fd;

	if (path == NULL)
		return true;
	fd = mm_tls_open(setting, path);
	if (fd == -1)
		return false;
	sent = send_to(mintmarkd, type, payload, len, fd);
	close(fd);
	return sent;
}

static bool
send_tls(struct mm_mintmarkd *mintmarkd)
{
	static const unsigned char certificate = 0, key = 1;
	const struct mm_config *config = mintmarkd->first->config;

	return send_pem(mintmarkd, MM_MESSAGE_GATE_TLS, &certificate, 1, "tls_certificate",
	           config->tls_certificate_path) &&
	    send_pem(mintmarkd, MM_MESSAGE_GATE_TLS, &key, 1, "tls_key", config->tls_key_path) &&
	    send_pem(mintmarkd, MM_MESSAGE_GATE_CLIENT_CA, NULL, 0, "tls_client_certificates",
	        config->tls_client_ca_path);
}

/* ---- the journal ---- */

static bool
send_segment(struct mm_mintmarkd *mintmarkd, int fd)
{
	struct mm_buf number;
	bool sent;

	mm_buf_init(&number, PAYLOAD_MAX);
	mm_buf_add_u64(&number, mintmarkd->gate.segments.newest);
	sent = send_buf(mintmarkd, MM_MESSAGE_GATE_SEGMENT, &number, fd);
	close(fd);
	return sent;
}

int
mm_handover_spare(struct mm_mintmarkd *mintmarkd)
{
	int fd = mm_segments_open_next(&mintmarkd->gate.segments);

	if (fd == -1)
		return -1;
	if (send_segment(mintmarkd, fd))
		return 0;
	errno = EPIPE;
	return -1;
}

/* Say what the journal cannot be begun for. A damaged segment is not passed over: it may be all that there is. */
static void
tell_no_segment(struct mm_mintmarkd *mintmarkd, int error)
{
	const char *dir = mintmarkd->first->config->state_dir;

	if (error == EPROTO)
		mm_log(LOG_ERR, "%s/" MM_JOURNAL_FOLDER "/" MM_JOURNAL_FILE " is no journal segment, or its first "
		    "bytes are damaged: move it away, keep it for investigation, and start again", dir, MM_JOURNAL_GATE,
		    mintmarkd->gate.segments.newest);
	else
		mm_log(LOG_ERR, "no journal segment can be opened or made in %s/" MM_JOURNAL_FOLDER ": %s", dir,
		    strerror(error));
}

static bool
send_first_segment(struct mm_mintmarkd *mintmarkd)
{
	int fd = mm_segments_open_first(&mintmarkd->gate.segments);

	if (fd == -1) {
		tell_no_segment(mintmarkd, errno);
		return false;
	}
	return send_segment(mintmarkd, fd);
}

bool
mm_handover(struct mm_mintmarkd *mintmarkd)
{
	return send_settings(mintmarkd) && send_listeners(mintmarkd) && send_tls(mintmarkd) &&
	    send_root(mintmarkd) && mm_handover_view(mintmarkd) && send_first_segment(mintmarkd) &&
	    send_to(mintmarkd, MM_MESSAGE_GATE_START, NULL, 0, -1);
}
