/* SPDX-License-Identifier: Apache-2.0 */
/* Messages from and to mintmarkd. */
#include "daemon/signer/control.h"

#include "daemon/ipc/limits.h"
#include "daemon/keystore/locked_memory.h"
#include "daemon/keystore/pkcs11_store.h"
#include "daemon/keystore/sealed_store.h"
#include "daemon/sandbox/sandbox.h"
#include "daemon/signer/peer.h"
#include "engine/file.h"
#include "lib/base/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ALARM_LEN_MAX 1024
#define COMPLAINT_PAUSE_MS 1000

/* Only one thread takes messages, and one message is 64 KiB. */
static struct mm_message message;

static bool
fail(const char *what)
{
	fprintf(stderr, "mintmark-signer: %s\n", what);
	return false;
}

static struct mm_slice
payload(void)
{
	return mm_slice(message.payload, message.len);
}

/* The descriptor of the message, which is not closed with it then. */
static int
take_fd(void)
{
	int fd = message.fd;

	message.fd = -1;
	return fd;
}

/* ---- the set-up ---- */

typedef bool message_handler(struct signer *signer);

static bool
take_realm(struct signer *signer)
{
	const char *fault = signer_realm_parse(payload(), &signer->realm);

	if (fault != NULL) {
		fprintf(stderr, "mintmark-signer: the realm cannot be used: %s\n", fault);
		return false;
	}
	signer->settings.has_realm = true;
	return true;
}

static bool
take_tenant(struct signer *signer)
{
	if (message.len == 0)
		signer_tenants_begin(&signer->realm.tenants, signer_clock_ms());
	else if (!signer_tenants_add(&signer->realm.tenants, payload()))
		return fail("a tenant cannot be added");
	return true;
}

static bool
take_folder(struct signer *signer)
{
	if (signer->settings.folder_fd != -1)
		return fail("a second folder of keys came");
	signer->settings.folder_fd = take_fd();
	return true;
}

/* A secret that everybody can read is none. A service manager may let a group read, by an access list. */
static bool
is_kept(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && (status.st_mode & S_IRWXO) == 0;
}

static bool
take_sealing_key(struct signer *signer)
{
	uint8_t *key;
	char byte;

	if (signer->settings.seal != NULL)
		return fail("a second sealing key came");
	signer->settings.seal = locked_memory_take(sizeof(*signer->settings.seal));
	if (signer->settings.seal == NULL)
		return fail("there is no more locked memory");
	key = signer->settings.seal->key;
	if (!is_kept(message.fd))
		return fail("everybody can read the sealing key: chmod 600");
	if (mm_file_read_at(message.fd, key, MM_SEALING_KEY_LEN, 0) != MM_SEALING_KEY_LEN ||
	    mm_file_read_at(message.fd, &byte, 1, MM_SEALING_KEY_LEN) != 0)
		return fail("the sealing key has not 32 bytes, or cannot be read");
	return true;
}

/* The next text of the message; NULL: it is cut. */
static const char *
take_text(struct mm_reader *reader)
{
	const unsigned char *end = reader->left == 0 ? NULL : memchr(reader->at, '\0', reader->left);

	if (end == NULL)
		return NULL;
	return mm_reader_slice(reader, (size_t)(end - reader->at) + 1).ptr;
}

static bool
set_variables(struct mm_reader *reader)
{
	const char *text;

	while ((text = take_text(reader)) != NULL && *text != '\0') {
		const char *value = strchr(text, '=');
		char name[64];

		if (value == NULL || value == text || (size_t)(value - text) >= sizeof(name))
			return false;
		memcpy(name, text, (size_t)(value - text));
		name[value - text] = '\0';
		if (setenv(name, value + 1, 1) == -1)
			return false;
	}
	return text != NULL;
}

/* The descriptors stay open: the sandbox takes them when it closes. */
static bool
open_paths(struct mm_reader *reader)
{
	const char *path;

	while ((path = take_text(reader)) != NULL && *path != '\0') {
		int fd = open(path, O_PATH | O_CLOEXEC);

		if (fd == -1) {
			fprintf(stderr, "mintmark-signer: %s: %s\n", path, strerror(errno));
			return false;
		}
		mm_sandbox_let_write(fd);
	}
	return path != NULL;
}

static bool
take_module(struct signer *signer)
{
	struct mm_reader reader;
	const char *module, *label;

	if (signer->settings.module != NULL)
		return fail("a second module came");
	mm_reader_init(&reader, message.payload, message.len);
	signer->settings.module_threads = mm_reader_u8(&reader);
	module = take_text(&reader);
	label = module == NULL ? NULL : take_text(&reader);
	if (signer->settings.module_threads == 0 || signer->settings.module_threads > KEYSTORE_THREADS_MAX)
		return fail("so many threads cannot sign");
	if (label == NULL || !set_variables(&reader) || !open_paths(&reader) || reader.left != 0)
		return fail("the module's message cannot be used");
	if (!is_kept(message.fd))
		return fail("everybody can read the file with the token's PIN: chmod 600");
	signer->settings.module = strdup(module);
	signer->settings.label = strdup(label);
	signer->settings.pin_fd = take_fd();
	return signer->settings.module != NULL && signer->settings.label != NULL;
}

static bool
take_peer(struct signer *signer)
{
	struct mm_reader reader;
	uint8_t process;

	mm_reader_init(&reader, message.payload, message.len);
	process = mm_reader_u8(&reader);
	(void)mm_reader_u16(&reader); /* this very realm's number */
	if (!mm_reader_ok(&reader) || reader.left != 0 || process != MM_PROCESS_LEDGER ||
	    !mm_message_make_prompt(message.fd))
		return fail("a peer came that is no ledger");
	signer_peer_replace(signer, take_fd());
	return true;
}

static bool
take_start(struct signer *signer)
{
	struct signer_settings *settings = &signer->settings;
	bool sealed = settings->module == NULL;
	struct mm_reader reader;

	mm_reader_init(&reader, message.payload, message.len);
	settings->uid = mm_reader_u32(&reader);
	settings->gid = mm_reader_u32(&reader);
	if (!mm_reader_ok(&reader) || reader.left != 0 || !settings->has_realm)
		return fail("the realm is missing at the start");
	if (sealed != (settings->folder_fd != -1) || sealed != (settings->seal != NULL))
		return fail("a folder with its sealing key, or else a module is needed at the start");
	return true;
}

static message_handler *const before_start[MM_MESSAGE_COUNT] = {
	[MM_MESSAGE_SIGNER_REALM] = take_realm,
	[MM_MESSAGE_SIGNER_TENANT] = take_tenant,
	[MM_MESSAGE_SIGNER_FOLDER] = take_folder,
	[MM_MESSAGE_SIGNER_SEALING_KEY] = take_sealing_key,
	[MM_MESSAGE_SIGNER_MODULE] = take_module,
	[MM_MESSAGE_SIGNER_PEER] = take_peer,
	[MM_MESSAGE_SIGNER_START] = take_start,
};

static message_handler *const after_start[MM_MESSAGE_COUNT] = {
	[MM_MESSAGE_SIGNER_TENANT] = take_tenant,
	[MM_MESSAGE_SIGNER_PEER] = take_peer,
};

static bool
handle(struct signer *signer, message_handler *const *handlers)
{
	bool taken = handlers[message.type] != NULL ? handlers[message.type](signer) :
	                                              fail("a message came out of turn");

	if (message.fd >= 0)
		close(message.fd);
	return taken;
}

bool
signer_control_set_up(struct signer *signer)
{
	bool taken;

	do {
		if (mm_message_receive(MM_CONTROL_FD, MM_PROCESS_SIGNER, MM_PROCESS_MINTMARKD, &message) != 1)
			return fail("mintmarkd went away before the start");
		taken = handle(signer, before_start);
	} while (taken && message.type != MM_MESSAGE_SIGNER_START);
	return taken;
}

bool
signer_control_ready(void)
{
	return mm_message_make_prompt(MM_CONTROL_FD) &&
	    mm_message_send(MM_CONTROL_FD, MM_PROCESS_SIGNER, MM_PROCESS_MINTMARKD, MM_MESSAGE_SIGNER_READY, NULL, 0,
	        -1) == 0;
}

/* ---- while it serves ---- */

enum signer_end
signer_control_take(struct signer *signer)
{
	for (;;) {
		int received = mm_message_receive(MM_CONTROL_FD, MM_PROCESS_SIGNER, MM_PROCESS_MINTMARKD, &message);

		if (received != 1)
			return received == -1 && errno == EAGAIN ? SIGNER_END_NOT : SIGNER_END_GONE;
		if (message.type == MM_MESSAGE_SIGNER_STOP)
			return SIGNER_END_STOP;
		if (!handle(signer, after_start))
			return SIGNER_END_GONE;
	}
}

void
signer_control_alarm(const char *format, ...)
{
	char text[ALARM_LEN_MAX];
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (len > 0)
		(void)!mm_message_send(MM_CONTROL_FD, MM_PROCESS_SIGNER, MM_PROCESS_MINTMARKD, MM_MESSAGE_SIGNER_ALARM,
		    text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1, -1);
}

void
signer_control_want_peer(void)
{
	static const unsigned char payload[3] = { MM_PROCESS_LEDGER };

	(void)!mm_message_send(MM_CONTROL_FD, MM_PROCESS_SIGNER, MM_PROCESS_MINTMARKD, MM_MESSAGE_SIGNER_WANT_PEER,
	    payload, sizeof(payload), -1);
}

void
signer_control_complain(struct signer_complaints *complaints, const char *fault)
{
	int64_t now_ms = signer_clock_ms();

	if (complaints->last_ms != 0 && now_ms - complaints->last_ms < COMPLAINT_PAUSE_MS) {
		complaints->silent++;
		return;
	}
	signer_control_alarm("a request of the ledger is refused: %s (and %" PRIu64 " more before it)", fault,
	    complaints->silent);
	complaints->last_ms = now_ms;
	complaints->silent = 0;
}
