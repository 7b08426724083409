/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from mintmarkd: the set-up up to LEDGER_START, in any order but that a realm comes before its tenants and
 * services; afterwards peers, epochs, questions and the stop.
 */
#include "daemon/ledger/control.h"

#include "daemon/ipc/limits.h"
#include "daemon/ledger/loop.h"
#include "daemon/ledger/question.h"
#include "daemon/ledger/realm.h"
#include "lib/base/reader.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Only one thread takes messages, and one message is 64 KiB. */
static struct mm_message message;

static bool
fail(const char *what)
{
	fprintf(stderr, "mintmark-ledger: %s\n", what);
	return false;
}

/* ---- the set-up ---- */

static bool
take_folder(struct ledger *ledger)
{
	if (ledger->folder_fd != -1)
		return fail("a second folder came");
	ledger->folder_fd = message.fd;
	message.fd = -1;
	return true;
}

/* Read exactly len bytes from the file that came. */
static bool
read_exactly(uint8_t *bytes, size_t len)
{
	uint8_t more;
	ssize_t got = pread(message.fd, bytes, len, 0);

	return got == (ssize_t)len && pread(message.fd, &more, 1, (off_t)len) == 0;
}

static bool
take_sealing_key(struct ledger *ledger)
{
	if (!read_exactly(ledger->sealing_key, sizeof(ledger->sealing_key)))
		return fail("the sealing key is not 32 bytes");
	ledger->has_sealing_key = true;
	return true;
}

static bool
take_certificate(struct ledger *ledger)
{
	if (!read_exactly(ledger->certificate, sizeof(ledger->certificate)))
		return fail("the certificate of the key-state key is none: 'mintmark init' makes it");
	ledger->has_certificate = true;
	return true;
}

static bool
take_realm(struct ledger *ledger)
{
	struct ledger_realm *realm = ledger_realm_parse(mm_slice(message.payload, message.len));

	if (realm == NULL)
		return fail("a realm is not as it must be");
	if (ledger->realms[realm->number] != NULL || ledger_realm_by_name(ledger, mm_slice_str(realm->name)) != NULL) {
		ledger_realm_free(&realm);
		return fail("a realm came twice");
	}
	ledger->realms[realm->number] = realm;
	return true;
}

static bool
take_tenant(struct ledger *ledger)
{
	struct ledger_realm *realm;
	struct mm_reader reader;
	struct mm_slice name, id;
	uint16_t number;

	mm_reader_init(&reader, message.payload, message.len);
	number = mm_reader_u16(&reader);
	realm = ledger_realm_by_number(ledger, number);
	if ((realm == NULL && number != UINT16_MAX) || !ledger_read_text(&reader, &name) ||
	    !ledger_read_text(&reader, &id))
		return fail("a tenant is of no realm");
	if (ledger->tenants == NULL)
		ledger->tenants = ledger_tenants_new(ledger);
	return (ledger->tenants != NULL &&
	           ledger_tenants_configured(ledger->tenants, realm, name, id,
	               mm_reader_slice(&reader, reader.left))) ||
	    fail("a tenant is not as it must be, or memory is short");
}

static bool
take_service(struct ledger *ledger)
{
	struct ledger_realm *realm;
	struct mm_reader reader;

	mm_reader_init(&reader, message.payload, message.len);
	realm = ledger_realm_by_number(ledger, mm_reader_u16(&reader));
	return (realm != NULL && mm_reader_ok(&reader) &&
	           ledger_realm_add_service(realm, mm_reader_slice(&reader, reader.left))) ||
	    fail("a service is of no realm, or one too many");
}

static bool
take_keep(struct ledger *ledger)
{
	struct mm_reader reader;

	mm_reader_init(&reader, message.payload, message.len);
	ledger->keep.for_s = (int64_t)mm_reader_u64(&reader);
	return (mm_reader_ok(&reader) && reader.left == 0 && ledger->keep.for_s >= 0) ||
	    fail("how long it is kept is no time");
}

static bool
take_start(struct ledger *ledger)
{
	struct mm_reader reader;

	mm_reader_init(&reader, message.payload, message.len);
	ledger->uid = mm_reader_u32(&reader);
	ledger->gid = mm_reader_u32(&reader);
	ledger->epoch = mm_reader_u64(&reader);
	if (!mm_reader_ok(&reader) || reader.left != 0 || ledger->folder_fd == -1)
		return fail("the folder is missing at the start");
	ledger->started = true;
	return true;
}

static bool
take_before_start(struct ledger *ledger)
{
	switch (message.type) {
	case MM_MESSAGE_LEDGER_FOLDER:
		return take_folder(ledger);
	case MM_MESSAGE_LEDGER_SEALING_KEY:
		return take_sealing_key(ledger);
	case MM_MESSAGE_LEDGER_CERTIFICATE:
		return take_certificate(ledger);
	case MM_MESSAGE_LEDGER_REALM:
		return take_realm(ledger);
	case MM_MESSAGE_LEDGER_TENANT:
		return take_tenant(ledger);
	case MM_MESSAGE_LEDGER_SERVICE:
		return take_service(ledger);
	case MM_MESSAGE_LEDGER_KEEP:
		return take_keep(ledger);
	case MM_MESSAGE_LEDGER_START:
		return take_start(ledger);
	default:
		return fail("a message came out of turn");
	}
}

static void
close_descriptor(void)
{
	if (message.fd >= 0)
		close(message.fd);
	message.fd = -1;
}

bool
ledger_control_set_up(struct ledger *ledger)
{
	bool taken;

	do {
		if (mm_message_receive(MM_CONTROL_FD, MM_PROCESS_LEDGER, MM_PROCESS_MINTMARKD, &message) != 1)
			return fail("mintmarkd went away before the start");
		taken = take_before_start(ledger);
		close_descriptor();
	} while (taken && !ledger->started);
	return taken;
}

/* ---- while it serves ---- */

static enum ledger_end
take_epoch(struct ledger *ledger)
{
	struct mm_reader reader;

	mm_reader_init(&reader, message.payload, message.len);
	ledger->epoch = mm_reader_u64(&reader);
	return mm_reader_ok(&reader) && reader.left == 0 ? LEDGER_END_NOT : LEDGER_END_GONE;
}

static enum ledger_end
take_peer(struct ledger *ledger)
{
	struct mm_reader reader;
	uint8_t process;
	uint16_t number;

	mm_reader_init(&reader, message.payload, message.len);
	process = mm_reader_u8(&reader);
	number = mm_reader_u16(&reader);
	if (!mm_reader_ok(&reader) || reader.left != 0 || process >= MM_PROCESS_COUNT ||
	    !ledger_take_peer(ledger, message.fd, (enum mm_process)process, number)) {
		fail("a peer is none");
		return LEDGER_END_GONE;
	}
	message.fd = -1;
	return LEDGER_END_NOT;
}

static enum ledger_end
take_question(struct ledger *ledger)
{
	return ledger_question_operator(ledger, mm_slice(message.payload, message.len)) ? LEDGER_END_NOT :
	                                                                               LEDGER_END_GONE;
}

static enum ledger_end
take(struct ledger *ledger)
{
	switch (message.type) {
	case MM_MESSAGE_LEDGER_PEER:
		return take_peer(ledger);
	case MM_MESSAGE_LEDGER_ASK:
		return take_question(ledger);
	case MM_MESSAGE_LEDGER_STOP:
		return LEDGER_END_STOP;
	case MM_MESSAGE_LEDGER_EPOCH:
		return take_epoch(ledger);
	default:
		fail("a message came out of turn");
		return LEDGER_END_GONE;
	}
}

enum ledger_end
ledger_control_take(struct ledger *ledger)
{
	enum ledger_end end = LEDGER_END_NOT;

	while (end == LEDGER_END_NOT) {
		int received = mm_message_receive(MM_CONTROL_FD, MM_PROCESS_LEDGER, MM_PROCESS_MINTMARKD, &message);

		if (received != 1)
			return received == -1 && errno == EAGAIN ? LEDGER_END_NOT : LEDGER_END_GONE;
		end = take(ledger);
		close_descriptor();
	}
	return end;
}
