/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from and to mintmarkd. Which may come when: authorities, sources and what was kept of them before
 * COURIER_START; afterwards refreshes and the stop.
 */
#include "daemon/courier/control.h"

#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "daemon/ipc/sealed.h"
#include "engine/file.h"
#include "lib/base/buf.h"
#include "lib/base/limits.h"
#include "lib/base/reader.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Debian's bundle of all authorities has 220 kB. */
#define CA_LEN_MAX ((size_t)4 * 1024 * 1024)

/* Only one thread takes messages, and one message is 64 KiB. */
static struct mm_message message;

static bool
fail(const char *what)
{
	fprintf(stderr, "mintmark-courier: %s\n", what);
	return false;
}

/* ---- the set-up ---- */

static bool
take_ca(struct courier *courier)
{
	if (courier->ca != NULL)
		return fail("authorities came twice");
	courier->ca = mm_file_read_open(message.fd, CA_LEN_MAX, &courier->ca_len);
	if (courier->ca == NULL || courier->ca_len == 0)
		return fail("the file of authorities cannot be read, or is empty");
	return true;
}

static bool
take_source(struct courier *courier)
{
	struct courier_origin origin;
	const char *fault;

	if (courier->source_count == MM_DOCUMENTS_MAX)
		return fail("too many sources");
	fault = courier_origin_parse(mm_slice(message.payload, message.len), &courier->pool, &origin);
	if (fault == NULL && origin.number != courier->source_count)
		fault = "its number is out of turn";
	if (fault != NULL) {
		fprintf(stderr, "mintmark-courier: a source cannot be used: %s\n", fault);
		return false;
	}
	courier_source_init(&courier->sources[courier->source_count++], &origin, courier_clock_ms());
	return true;
}

static bool
take_kept(struct courier *courier)
{
	struct mm_reader reader;
	struct courier_source *source;
	uint32_t number;
	int64_t kept_s;

	mm_reader_init(&reader, message.payload, message.len);
	number = mm_reader_u32(&reader);
	kept_s = (int64_t)mm_reader_u64(&reader);
	if (!mm_reader_ok(&reader) || reader.left > 0 || number >= courier->source_count)
		return fail("a kept document is of no source");
	source = &courier->sources[number];
	if (source->kept != NULL)
		return fail("a kept document came twice");
	/* One that cannot be read is as one that is not there: the keys come from where they are published. */
	source->kept = mm_file_read_open(message.fd, MM_DOCUMENT_LEN_MAX, &source->kept_len);
	source->kept_s = kept_s;
	return true;
}

static bool
take_before_start(struct courier *courier)
{
	switch (message.type) {
	case MM_MESSAGE_COURIER_CA:
		return take_ca(courier);
	case MM_MESSAGE_COURIER_SOURCE:
		return take_source(courier);
	case MM_MESSAGE_COURIER_KEPT:
		return take_kept(courier);
	case MM_MESSAGE_COURIER_START:
		return courier->ca != NULL || fail("the authorities are missing");
	default:
		return fail("a message came out of turn");
	}
}

bool
courier_control_set_up(struct courier *courier)
{
	bool taken;

	do {
		if (mm_message_receive(MM_CONTROL_FD, MM_PROCESS_COURIER, MM_PROCESS_MINTMARKD, &message) != 1)
			return fail("mintmarkd went away before the start");
		taken = take_before_start(courier);
		if (message.fd >= 0)
			close(message.fd);
	} while (taken && message.type != MM_MESSAGE_COURIER_START);
	return taken;
}

/* ---- while it fetches ---- */

static enum courier_control
take_refresh(struct courier *courier)
{
	struct mm_reader reader;
	uint32_t number;

	mm_reader_init(&reader, message.payload, message.len);
	number = mm_reader_u32(&reader);
	if (!mm_reader_ok(&reader) || number >= courier->source_count)
		return COURIER_CONTROL_BROKEN;
	courier_schedule_ask(&courier->sources[number].schedule, courier_clock_ms());
	return COURIER_CONTROL_TAKEN;
}

enum courier_control
courier_control_take(struct courier *courier)
{
	struct pollfd control = { MM_CONTROL_FD, POLLIN, 0 };

	if (poll(&control, 1, 0) != 1)
		return COURIER_CONTROL_NOTHING;
	if (mm_message_receive(MM_CONTROL_FD, MM_PROCESS_COURIER, MM_PROCESS_MINTMARKD, &message) != 1)
		return COURIER_CONTROL_BROKEN;
	if (message.fd >= 0)
		close(message.fd);
	if (message.type == MM_MESSAGE_COURIER_STOP)
		return COURIER_CONTROL_STOP;
	if (message.type == MM_MESSAGE_COURIER_REFRESH)
		return take_refresh(courier);
	fail("a message came out of turn");
	return COURIER_CONTROL_BROKEN;
}

/* ---- to mintmarkd ---- */

static bool
send_buf(enum mm_message_type type, struct mm_buf *buf, int fd)
{
	bool sent = mm_buf_ok(buf) && mm_message_send(MM_CONTROL_FD, MM_PROCESS_COURIER, MM_PROCESS_MINTMARKD, type,
	                buf->data, buf->len, fd) == 0;

	mm_buf_clear(buf);
	return sent || fail("mintmarkd takes no messages");
}

bool
courier_control_send_document(const struct courier_source *source, const struct courier_result *result)
{
	int fd = mm_sealed_new("keys");
	struct mm_buf buf;
	bool sent;

	if (fd == -1 || mm_sealed_write(fd, mm_slice(source->kept, source->kept_len)) == -1 ||
	    mm_sealed_seal(fd) == -1) {
		if (fd >= 0)
			close(fd);
		return fail("no sealed memory for a document");
	}
	mm_buf_init(&buf, 20);
	mm_buf_add_u32(&buf, source->origin.number);
	mm_buf_add_u64(&buf, (uint64_t)source->kept_s);
	mm_buf_add_u32(&buf, result->present);
	mm_buf_add_u32(&buf, result->dropped);
	sent = send_buf(MM_MESSAGE_COURIER_DOCUMENT, &buf, fd);
	close(fd);
	return sent;
}

bool
courier_control_send_status(const struct courier_source *source, const struct courier_result *result,
    int64_t tried_s, int64_t next_s)
{
	struct mm_buf buf;

	mm_buf_init(&buf, 25 + COURIER_SENTENCE_LEN_MAX);
	mm_buf_add_u32(&buf, source->origin.number);
	mm_buf_add_u8(&buf, (uint8_t)result->outcome);
	mm_buf_add_u32(&buf, source->schedule.failures);
	mm_buf_add_u64(&buf, (uint64_t)tried_s);
	mm_buf_add_u64(&buf, (uint64_t)next_s);
	mm_buf_add(&buf, result->sentence.text, result->sentence.len);
	return send_buf(MM_MESSAGE_COURIER_STATUS, &buf, -1);
}
