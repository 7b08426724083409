/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger: what mintmarkd says, what it is told, and the loop around both. */
#include "test/player/player.h"

#include "daemon/ipc/limits.h"
#include "engine/key_list.h"
#include "lib/base/array.h"
#include "lib/base/reader.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct mm_message message;
static uint8_t sealing_key[MM_SEALING_KEY_LEN];

static void
tell(enum mm_message_type type, const void *payload, size_t len, int fd)
{
	if (mm_message_send(MM_CONTROL_FD, MM_PROCESS_LEDGER, MM_PROCESS_MINTMARKD, type, payload, len, fd) == -1)
		player_fail("mintmarkd takes no message: %s", strerror(errno));
}

/* ---- keys ---- */

const struct player_realm *
player_find_realm(const struct player *player, const char *name)
{
	for (size_t i = 0; i < MM_COUNT_OF(player->realms); i++)
		if (player->realms[i].there && strcmp(player->realms[i].name, name) == 0)
			return &player->realms[i];
	return NULL;
}

void
player_tell_keys(struct player *player, const struct player_realm *realm, const char *name, const char *as,
    uint64_t sequence, bool stranger)
{
	const unsigned char number[2] = { (unsigned char)realm->number, 0 };
	char file[MM_NAME_LEN_MAX + 32], *keys;
	struct mm_buf buf;
	int fd;

	snprintf(file, sizeof(file), "%s.jwks", name);
	keys = player_read_file(player->folder_fd, file);
	if (keys == NULL)
		player_fail("there is no %s", file);
	mm_buf_init(&buf, MM_KEY_LIST_LEN_MAX);
	if (!mm_key_list_write(&(struct mm_key_list){ .sequence = sequence, .time_s = player_wall_us() / 1000000,
	        .realm = mm_slice_str(as), .keys = mm_slice_str(keys) },
	        stranger ? player->stranger_certificate : player->certificate,
	        stranger ? player->stranger : player->key, &buf))
		player_fail("no key list of %s", name);
	fd = player_seal(mm_slice((const char *)buf.data, buf.len));
	tell(MM_MESSAGE_LEDGER_KEYS, number, sizeof(number), fd);
	close(fd);
	mm_buf_clear(&buf);
	free(keys);
}

/* ---- the start ---- */

static void
read_whole(int fd, void *bytes, size_t len)
{
	if (read(fd, bytes, len) != (ssize_t)len)
		player_fail("something of the start cannot be read");
}

static void
take_folder(struct player *player)
{
	player->folder_fd = fcntl(message.fd, F_DUPFD_CLOEXEC, 0);
	if (player->folder_fd == -1)
		player_fail("no folder");
	if (faccessat(player->folder_fd, PLAYER_DEAD, F_OK, 0) == 0)
		player_fail("it is to be away");
}

static void
take_realm(struct player *player)
{
	struct mm_reader reader;
	struct player_realm *realm;
	struct mm_slice name;

	mm_reader_init(&reader, message.payload, message.len);
	realm = &player->realms[mm_reader_u8(&reader) % MM_MINT_REALMS_MAX];
	mm_reader_slice(&reader, 1 + 4 * 4 + 1);
	name = mm_reader_slice(&reader, reader.left);
	realm->there = true;
	realm->number = (uint16_t)(realm - player->realms);
	snprintf(realm->name, sizeof(realm->name), "%s", name.ptr);
}

static void
take_service(struct player *player)
{
	struct player_realm *realm = &player->realms[message.payload[0] % MM_MINT_REALMS_MAX];

	if (realm->audience_count == PLAYER_AUDIENCES_MAX)
		player_fail("too many services");
	snprintf(realm->audiences[realm->audience_count++], sizeof(realm->audiences[0]), "%.*s",
	    (int)message.len - 2, (const char *)message.payload + 2);
}

static void
take_epoch(struct player *player, size_t offset)
{
	struct mm_reader reader;

	mm_reader_init(&reader, message.payload + offset, message.len - offset);
	player->epoch = mm_reader_u64(&reader);
}

/* A key that another root certified, as somebody would have it who set up a mint of his own. */
static void
make_stranger(struct player *player)
{
	struct mm_mint_certificate certificate = { .purpose = MM_PURPOSE_KEY_STATE, .serial = 1,
		.not_before_s = player_wall_us() / 1000000 - 3600, .not_after_s = INT64_C(4000000000) };
	uint8_t root_seed[MM_ED25519_SEED_LEN], seed[MM_ED25519_SEED_LEN];
	struct mm_ed25519 *root = NULL;

	if (mm_ed25519_make(root_seed) && mm_ed25519_make(seed)) {
		root = mm_ed25519_new(root_seed);
		player->stranger = mm_ed25519_new(seed);
	}
	if (root == NULL || player->stranger == NULL)
		player_fail("no keys");
	mm_ed25519_public(player->stranger, certificate.public_key);
	if (!mm_mint_certificate_make(&certificate, root, player->stranger_certificate))
		player_fail("no certificate");
	mm_ed25519_free(&root);
}

static void
open_secrets(struct player *player)
{
	static struct mm_ledger_secrets secrets;
	const char *fault = mm_ledger_secrets_load(player->folder_fd, sealing_key, &secrets);

	if (fault != NULL)
		player_fail(MM_LEDGER_SECRETS_FILE ": %s", fault);
	player->key = mm_ed25519_new(secrets.key_state_seed);
	mm_secret_wipe(&secrets, sizeof(secrets));
	if (player->key == NULL)
		player_fail("no key-state key");
}

static void
open_listener(struct player *player)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = PLAYER_SOCKET };

	if (fchdir(player->folder_fd) == -1)
		player_fail("no folder");
	(void)unlink(PLAYER_SOCKET);
	player->listener_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (player->listener_fd == -1 ||
	    bind(player->listener_fd, (const struct sockaddr *)&address, sizeof(address)) == -1 ||
	    listen(player->listener_fd, 8) == -1)
		player_fail("no " PLAYER_SOCKET ": %s", strerror(errno));
}

static void
start(struct player *player)
{
	take_epoch(player, 8);
	make_stranger(player);
	open_secrets(player);
	open_listener(player);
	tell(MM_MESSAGE_LEDGER_READY, NULL, 0, -1);
	player->list_sequence = (uint64_t)(player_wall_us() / 1000000) << 32;
	for (size_t i = 0; i < MM_COUNT_OF(player->realms); i++)
		if (player->realms[i].there)
			player_tell_keys(player, &player->realms[i], player->realms[i].name, player->realms[i].name,
			    player->list_sequence, false);
}

/* ---- while it serves ---- */

static void
take_peer(struct player *player)
{
	if (message.payload[0] != MM_PROCESS_GATE)
		return;
	player_stream_end(player);
	player->gate_fd = message.fd;
	message.fd = -1;
	player_stream_begin(player);
}

static void
take_order(struct player *player)
{
	switch (message.type) {
	case MM_MESSAGE_LEDGER_FOLDER: take_folder(player); break;
	case MM_MESSAGE_LEDGER_SEALING_KEY: read_whole(message.fd, sealing_key, sizeof(sealing_key)); break;
	case MM_MESSAGE_LEDGER_CERTIFICATE:
		read_whole(message.fd, player->certificate, sizeof(player->certificate));
		break;
	case MM_MESSAGE_LEDGER_REALM: take_realm(player); break;
	case MM_MESSAGE_LEDGER_SERVICE: take_service(player); break;
	case MM_MESSAGE_LEDGER_START: start(player); break;
	case MM_MESSAGE_LEDGER_EPOCH: take_epoch(player, 0); break;
	case MM_MESSAGE_LEDGER_PEER: take_peer(player); break;
	case MM_MESSAGE_LEDGER_STOP: exit(EXIT_SUCCESS);
	default: break; /* tenants, and operators' questions, which nobody asks here */
	}
	if (message.fd >= 0)
		close(message.fd);
}

static void
take_question(struct player *player)
{
	struct mm_ask_issued ask;

	if (mm_message_receive(player->gate_fd, MM_PROCESS_LEDGER, MM_PROCESS_GATE, &message) != 1) {
		player_stream_end(player); /* the gate gave it up; another one comes */
		return;
	}
	memcpy(&ask, message.payload, sizeof(ask));
	if (message.type == MM_MESSAGE_GATE_ASK_ISSUED && message.len == sizeof(ask))
		player_answer(player, &ask);
}

static void
take_command(struct player *player)
{
	static char command[PLAYER_COMMAND_MAX];
	ssize_t got = recv(player->client_fd, command, sizeof(command) - 1, 0);
	const char *said;

	if (got <= 0) {
		close(player->client_fd);
		player->client_fd = -1;
		return;
	}
	command[got] = '\0';
	said = player_command(player, command);
	if (said == NULL)
		said = "ok";
	(void)!send(player->client_fd, said, strlen(said), MSG_NOSIGNAL);
}

static void
take_client(struct player *player)
{
	int fd = accept4(player->listener_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1)
		return;
	if (player->client_fd >= 0)
		close(player->client_fd);
	player->client_fd = fd;
}

/* Often enough for heartbeats, and for answers that are late. */
#define STEP_MS 50

static void
serve(struct player *player)
{
	struct pollfd waited[] = { { MM_CONTROL_FD, POLLIN, 0 }, { player->gate_fd, POLLIN, 0 },
		{ player->listener_fd, POLLIN, 0 }, { player->client_fd, POLLIN, 0 } };

	(void)poll(waited, MM_COUNT_OF(waited), STEP_MS);
	if (waited[1].revents != 0)
		take_question(player);
	if (waited[3].revents != 0)
		take_command(player);
	if (waited[2].revents != 0)
		take_client(player);
	if (waited[0].revents != 0) {
		if (mm_message_receive(MM_CONTROL_FD, MM_PROCESS_LEDGER, MM_PROCESS_MINTMARKD, &message) != 1)
			exit(EXIT_FAILURE);
		take_order(player);
	}
	player_stream_go_on(player);
}

_Noreturn void
player_run_ledger(void)
{
	static struct player player = { .folder_fd = -1, .gate_fd = -1, .listener_fd = -1, .client_fd = -1,
		.signer = 1 };

	for (;;)
		serve(&player);
}
