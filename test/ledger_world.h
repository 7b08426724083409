/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world of the real mintmark-ledger: this plays mintmarkd, and each realm's signer, verifier and issuer, and the
 * gate. One thread: world_pump() takes what came and lets each do its part.
 */
#ifndef TEST_LEDGER_WORLD_H
#define TEST_LEDGER_WORLD_H

#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "daemon/ipc/sealed.h"
#include "engine/index_batch.h"
#include "engine/key_list.h"
#include "engine/ledger_audit.h"
#include "engine/ledger_file.h"
#include "engine/ledger_secrets.h"
#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/signing_key.h"
#include "lib/jose/thumbprint.h"
#include "lib/token/issued.h"
#include "lib/token/mark.h"
#include "test/steps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WORLD_REALMS 2
#define WORLD_KEYS_MAX 64
#define WORLD_PATIENCE_MS 30000
#define WORLD_AUDIENCE "https://mail.example"

static const char *const world_realm_names[WORLD_REALMS] = { "staff", "people" };

struct world_key {
	struct mm_signing_key *key;
	struct mm_signer *signer;
	uint8_t thumbprint[MM_DIGEST_LEN];
	bool gone; /* it was destroyed */
};

struct world_signer {
	struct world_key keys[WORLD_KEYS_MAX];
	size_t key_count, key_limit; /* it leaves orders of more keys unanswered; 0: it makes all */
	uint64_t count, last_serial;
	bool mute;   /* answers no SIGN */
	bool refuse; /* refuses them */
	unsigned together; /* the most requests that came in one message */
};

struct world_token {
	uint64_t number;
	uint16_t realm;
	enum mm_mint_status status;
	char token_id[MM_TOKEN_ID_TEXT_LEN];
	uint8_t digest[MM_DIGEST_LEN];
	int64_t iat_s;
	char *text;
	size_t len;
};

struct world {
	char folder[64];
	int folder_fd;
	uint8_t sealing_key[MM_SEALING_KEY_LEN];
	uint8_t root_public[MM_ED25519_PUBLIC_LEN];
	uint8_t certificate[MM_MINT_CERTIFICATE_LEN];
	struct mm_ledger_secrets secrets;
	const char *program, *preload;
	struct steps *steps; /* the program's, where it is preloaded */

	uint64_t keep_s; /* how long records are kept; 0: for ever */
	pid_t pid;
	int control;
	int signer_fd[WORLD_REALMS], verifier_fd[WORLD_REALMS], issuer_fd[WORLD_REALMS], gate_fd;
	bool ready;
	bool no_patience; /* what ends with the ledger is no failure */
	bool gone;
	struct {
		uint64_t sequence; /* of the newest list */
		char keys[16384];  /* its JWK set */
	} lists[WORLD_REALMS];
	char alarms[32][1024];
	size_t alarm_count;
	char status[8192];
	unsigned answers;
	bool answer_done;
	char answer[65536]; /* to an operator */

	struct world_signer signers[WORLD_REALMS];
	struct mm_ticket_opened opened;
	unsigned opened_count;
	struct mm_ledger_says says;
	unsigned says_count;
	struct mm_revoke_done revoke_done; /* the last answer to a verifier's REVOKE */
	unsigned revoke_count;
	uint64_t revoked_until[WORLD_REALMS]; /* every number up to it is on record, of who numbers them in turn */
	struct world_token *tokens; /* that issuers were answered */
	size_t token_count, token_size;
	size_t done_count;

	struct mm_index_reader index_reader;
	struct mm_index_batch batch;
	struct mm_issued *issued[WORLD_REALMS]; /* the gate's */
	struct mm_revoked *revoked[WORLD_REALMS];
	unsigned revoked_items;
	bool revoked_told; /* the newest message leaves none untold */
	uint32_t settled_minute;
	unsigned beats;
	size_t index_bytes, batches;
	struct mm_day_keys day_keys[64];
	size_t day_key_count;
};

static struct world world;
static struct mm_message world_message;

static int64_t
world_boot_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- files ---- */

/* Root has it become nobody. */
static uid_t
world_uid(void)
{
	return geteuid() == 0 ? 65534 : geteuid();
}

static void
world_write_file(const char *name, const void *bytes, size_t len)
{
	int fd = openat(world.folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd != -1);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

/* What the preloaded library counts, and is told. */
static void
world_make_steps(void)
{
	int fd = openat(world.folder_fd, "steps", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd != -1);
	assert_int_equal(ftruncate(fd, sizeof(*world.steps)), 0);
	world.steps = mmap(NULL, sizeof(*world.steps), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(world.steps != MAP_FAILED);
	close(fd);
}

/* preload: the library of test/steps.c */
static void
world_make(const char *program, const char *preload)
{
	uint8_t root_seed[MM_ED25519_SEED_LEN], mark_root[MM_MARK_ROOT_LEN];
	struct mm_mint_certificate certificate = { .purpose = MM_PURPOSE_KEY_STATE, .serial = 1, .not_before_s = 1,
		.not_after_s = 4000000000 };
	struct mm_ed25519 *root, *key_state;

	memset(&world, 0, sizeof(world));
	world.program = program;
	world.preload = preload;
	world.control = world.gate_fd = -1;
	snprintf(world.folder, sizeof(world.folder), "/var/tmp/mintmark-ledger.XXXXXX");
	assert_non_null(mkdtemp(world.folder));
	world.folder_fd = open(world.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(world.folder_fd != -1);
	assert_true(mm_ed25519_make(root_seed) && mm_ed25519_make(world.secrets.key_state_seed));
	root = mm_ed25519_new(root_seed);
	key_state = mm_ed25519_new(world.secrets.key_state_seed);
	assert_true(root != NULL && key_state != NULL);
	mm_ed25519_public(root, world.root_public);
	mm_ed25519_public(key_state, certificate.public_key);
	assert_true(mm_mint_certificate_make(&certificate, root, world.certificate));
	world_make_steps();
	for (unsigned i = 0; i < WORLD_REALMS; i++) {
		memset(mark_root, 17 + (int)i, sizeof(mark_root));
		assert_true(mm_ledger_secrets_add(&world.secrets, mm_slice_str(world_realm_names[i]), mark_root));
	}
	memset(world.sealing_key, 5, sizeof(world.sealing_key));
	assert_true(mm_ledger_secrets_store(world.folder_fd, world.sealing_key, &world.secrets));
	world_write_file("sealing.key", world.sealing_key, sizeof(world.sealing_key));
	world_write_file("key-state.cert", world.certificate, sizeof(world.certificate));
	mm_ed25519_free(&root);
	mm_ed25519_free(&key_state);
	if (geteuid() == 0) {
		assert_int_equal(fchown(world.folder_fd, world_uid(), world_uid()), 0);
		assert_int_equal(fchownat(world.folder_fd, MM_LEDGER_SECRETS_FILE, world_uid(), world_uid(), 0), 0);
	}
}

/* ---- mintmarkd's part ---- */

static void
world_tell(enum mm_message_type type, const void *payload, size_t len, int fd)
{
	int sent = mm_message_send(world.control, MM_PROCESS_MINTMARKD, MM_PROCESS_LEDGER, type, payload, len, fd);

	if (sent == -1 && world.no_patience)
		world.gone = true;
	else
		assert_int_equal(sent, 0);
}

static void
world_tell_file(enum mm_message_type type, const char *name)
{
	int fd = openat(world.folder_fd, name, O_RDONLY);

	assert_true(fd != -1);
	world_tell(type, NULL, 0, fd);
	close(fd);
}

static void
world_tell_realm(unsigned number)
{
	static const char nothing[1];
	struct mm_buf buf;

	mm_buf_init(&buf, 8192);
	mm_buf_add_u8(&buf, (uint8_t)number);
	mm_buf_add_u8(&buf, 0);
	mm_buf_add_u32(&buf, 3600);
	mm_buf_add_u32(&buf, 604800);
	mm_buf_add_u32(&buf, 172800);
	mm_buf_add_u32(&buf, 86400);
	mm_buf_add_u8(&buf, number == 0);
	mm_buf_add(&buf, world_realm_names[number], strlen(world_realm_names[number]) + 1);
	mm_buf_add_str(&buf, number == 0 ? "https://login.example/{tenant}/v2.0" : "https://people.example");
	mm_buf_add(&buf, nothing, 1);
	mm_buf_add(&buf, "EdDSA", 6);
	mm_buf_add(&buf, nothing, 1);
	assert_true(mm_buf_ok(&buf));
	world_tell(MM_MESSAGE_LEDGER_REALM, buf.data, buf.len, -1);
	buf.len = 2;
	mm_buf_add_str(&buf, number == 0 ? "contoso" : "all");
	mm_buf_add(&buf, nothing, 1);
	mm_buf_add_str(&buf, number == 0 ? "aaaaaaaa-0000-4000-8000-00000000000a" : "");
	mm_buf_add(&buf, nothing, 1);
	mm_buf_add(&buf, number == 0 ? "contoso.example" : "people.example", number == 0 ? 16 : 15);
	mm_buf_add(&buf, nothing, 1);
	world_tell(MM_MESSAGE_LEDGER_TENANT, buf.data, buf.len, -1);
	buf.len = 2;
	mm_buf_add_str(&buf, WORLD_AUDIENCE);
	world_tell(MM_MESSAGE_LEDGER_SERVICE, buf.data, buf.len, -1);
	mm_buf_clear(&buf);
}

static void world_pump(int timeout_ms);

static void
world_wait_ready(void)
{
	int64_t until_ms = world_boot_ms() + WORLD_PATIENCE_MS;

	while (!world.ready && !world.gone && world_boot_ms() < until_ms)
		world_pump(100);
	assert_true(world.ready || (world.gone && world.no_patience));
}

/* In the child. */
static void
world_run(int control)
{
	char steps[sizeof(world.folder) + 8];

	snprintf(steps, sizeof(steps), "%s/steps", world.folder);
	if (dup2(control, MM_CONTROL_FD) == -1 || setenv("LD_PRELOAD", world.preload, 1) == -1 ||
	    setenv(STEPS_FILE, steps, 1) == -1)
		_exit(126);
	execl(world.program, world.program, (char *)NULL);
	_exit(126);
}

/* Start it, and wait until it serves. */
static void
world_start(void)
{
	int pair[2];
	struct mm_buf buf;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	world.pid = fork();
	assert_true(world.pid != -1);
	if (world.pid == 0)
		world_run(pair[1]);
	close(pair[1]);
	world.control = pair[0];
	world.ready = world.gone = false;
	{
		int fd = open(world.folder, O_RDONLY | O_DIRECTORY);

		world_tell(MM_MESSAGE_LEDGER_FOLDER, NULL, 0, fd);
		close(fd);
	}
	world_tell_file(MM_MESSAGE_LEDGER_SEALING_KEY, "sealing.key");
	world_tell_file(MM_MESSAGE_LEDGER_CERTIFICATE, "key-state.cert");
	for (unsigned i = 0; i < WORLD_REALMS; i++)
		world_tell_realm(i);
	mm_buf_init(&buf, sizeof(world.keep_s));
	mm_buf_add_u64(&buf, world.keep_s);
	world_tell(MM_MESSAGE_LEDGER_KEEP, buf.data, buf.len, -1);
	mm_buf_clear(&buf);
	mm_buf_init(&buf, 16);
	mm_buf_add_u32(&buf, world_uid());
	mm_buf_add_u32(&buf, world_uid());
	mm_buf_add_u64(&buf, 7);
	world_tell(MM_MESSAGE_LEDGER_START, buf.data, buf.len, -1);
	mm_buf_clear(&buf);
	world_wait_ready();
}

static int
world_pair(enum mm_process process, unsigned realm)
{
	const uint8_t payload[3] = { (uint8_t)process, (uint8_t)realm, 0 };
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	world_tell(MM_MESSAGE_LEDGER_PEER, payload, sizeof(payload), pair[1]);
	close(pair[1]);
	return pair[0];
}

static bool
world_say(int fd, enum mm_process who, enum mm_message_type type, const void *payload, size_t len)
{
	int sent = mm_message_send(fd, who, MM_PROCESS_LEDGER, type, payload, len, -1);

	if (sent == -1 && !world.no_patience)
		fail_msg("a message could not be sent: %s", strerror(errno));
	world.gone = world.gone || sent == -1;
	return sent == 0;
}

static void
world_say_state(unsigned realm)
{
	struct mm_signer_state state = { .count = world.signers[realm].count,
		.last_serial = world.signers[realm].last_serial };

	(void)world_say(world.signer_fd[realm], MM_PROCESS_SIGNER, MM_MESSAGE_SIGNER_STATE, &state, sizeof(state));
}

static void
world_join_signer(unsigned realm)
{
	world.signer_fd[realm] = world_pair(MM_PROCESS_SIGNER, realm);
	world_say_state(realm);
}

static void
world_join_gate(void)
{
	static const unsigned char seed[MM_REVOKED_SEED_LEN] = "a seed that nobody else knows..";

	memset(&world.index_reader, 0, sizeof(world.index_reader));
	memcpy(world.index_reader.root, world.root_public, sizeof(world.root_public));
	world.settled_minute = 0;
	world.day_key_count = 0;
	for (unsigned i = 0; i < WORLD_REALMS; i++) {
		mm_issued_free(&world.issued[i]);
		world.issued[i] = mm_issued_new((size_t)256 * 1024 * 1024);
		assert_non_null(world.issued[i]);
		mm_revoked_free(&world.revoked[i]);
		world.revoked[i] = mm_revoked_new(seed);
		assert_non_null(world.revoked[i]);
	}
	world.revoked_told = false;
	world.revoked_items = 0;
	world.gate_fd = world_pair(MM_PROCESS_GATE, 0);
}

static void
world_join(void)
{
	for (unsigned i = 0; i < WORLD_REALMS; i++) {
		world_join_signer(i);
		world.verifier_fd[i] = world_pair(MM_PROCESS_VERIFIER, i);
		world.issuer_fd[i] = world_pair(MM_PROCESS_ISSUER, i);
	}
	world_join_gate();
}

static void
world_close_all(void)
{
	int *const all[] = { &world.control, &world.gate_fd, &world.signer_fd[0], &world.signer_fd[1],
		&world.verifier_fd[0], &world.verifier_fd[1], &world.issuer_fd[0], &world.issuer_fd[1] };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (*all[i] > 0)
			close(*all[i]);
		*all[i] = -1;
	}
}

/* End it by a signal, or 0: tell it to stop; its wait status. */
static int
world_end(int signal_number)
{
	int status;

	if (signal_number == 0)
		world_tell(MM_MESSAGE_LEDGER_STOP, NULL, 0, -1);
	else
		kill(world.pid, signal_number);
	assert_int_equal(waitpid(world.pid, &status, 0), world.pid);
	world.pid = 0;
	return status;
}

/* Forget what was issued until now. */
static void
world_forget_tokens(void)
{
	for (size_t i = 0; i < world.token_count; i++)
		free(world.tokens[i].text);
	world.token_count = 0;
}

static void
world_remove(void)
{
	DIR *dir = opendir(world.folder);
	struct dirent *entry;

	if (world.pid > 0)
		world_end(SIGKILL);
	world_close_all();
	while (dir != NULL && getenv("MM_TEST_KEEP") == NULL && (entry = readdir(dir)) != NULL)
		(void)unlinkat(world.folder_fd, entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	munmap(world.steps, sizeof(*world.steps));
	close(world.folder_fd);
	(void)rmdir(world.folder);
	world_forget_tokens();
	free(world.tokens);
	for (unsigned i = 0; i < WORLD_REALMS; i++) {
		mm_issued_free(&world.issued[i]);
		mm_revoked_free(&world.revoked[i]);
		for (size_t j = 0; j < world.signers[i].key_count; j++) {
			mm_signer_free(&world.signers[i].keys[j].signer);
			mm_signing_key_free(&world.signers[i].keys[j].key);
		}
	}
}

/* ---- the signer's part ---- */

static struct world_key *
world_find_key(struct world_signer *signer, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	for (size_t i = 0; i < signer->key_count; i++)
		if (!signer->keys[i].gone && memcmp(signer->keys[i].thumbprint, thumbprint, MM_DIGEST_LEN) == 0)
			return &signer->keys[i];
	return NULL;
}

/* The first behind a thumbprint; NULL: there is none. */
static struct world_key *
world_next_key(struct world_signer *signer, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	struct world_key *next = NULL;

	for (size_t i = 0; i < signer->key_count; i++) {
		struct world_key *key = &signer->keys[i];

		if (!key->gone && memcmp(key->thumbprint, thumbprint, MM_DIGEST_LEN) > 0 &&
		    (next == NULL || memcmp(key->thumbprint, next->thumbprint, MM_DIGEST_LEN) < 0))
			next = key;
	}
	return next;
}

static void
world_make_key(unsigned realm, const struct mm_key_order *order)
{
	struct world_signer *signer = &world.signers[realm];
	struct world_key *key = &signer->keys[signer->key_count++];
	static char memory[8192];
	static struct {
		struct mm_key_done done;
		char jwk[2048];
	} answer;
	struct mm_scratch scratch;
	struct mm_slice members;

	assert_true(signer->key_count < WORLD_KEYS_MAX);
	key->key = mm_signing_key_make(MM_SCHEME_ED25519, 0);
	assert_non_null(key->key);
	key->signer = mm_signer_new(key->key);
	mm_scratch_init(&scratch, memory, sizeof(memory));
	assert_int_equal(mm_thumbprint_make(mm_signing_key_material(key->key), &scratch, key->thumbprint),
	    MM_THUMBPRINT_MADE);
	assert_true(mm_thumbprint_members(mm_signing_key_material(key->key), &scratch, &members));
	memset(&answer, 0, sizeof(answer));
	answer.done.number = order->number;
	memcpy(answer.done.thumbprint, key->thumbprint, MM_DIGEST_LEN);
	answer.done.jwk_len = (uint32_t)members.len;
	memcpy(answer.jwk, members.ptr, members.len);
	(void)world_say(world.signer_fd[realm], MM_PROCESS_SIGNER, MM_MESSAGE_KEY_DONE, &answer,
	    sizeof(answer.done) + members.len);
}

static void
world_take_order(unsigned realm)
{
	struct mm_key_order order;
	struct mm_key_done done = { .status = MM_SIGN_DONE };
	struct world_key *key;

	assert_int_equal(world_message.len, sizeof(order));
	memcpy(&order, world_message.payload, sizeof(order));
	if (world_message.type == MM_MESSAGE_KEY_MAKE) {
		const struct world_signer *signer = &world.signers[realm];

		if (signer->key_limit == 0 || signer->key_count < signer->key_limit)
			world_make_key(realm, &order);
		return;
	}
	done.number = order.number;
	key = world_message.type == MM_MESSAGE_KEY_NEXT ? world_next_key(&world.signers[realm], order.thumbprint) :
	                                                  world_find_key(&world.signers[realm], order.thumbprint);
	memcpy(done.thumbprint, key == NULL ? order.thumbprint : key->thumbprint, MM_DIGEST_LEN);
	if (key == NULL && world_message.type != MM_MESSAGE_KEY_FORGET)
		done.status = MM_SIGN_NO_KEY;
	if (key != NULL && world_message.type == MM_MESSAGE_KEY_FORGET)
		key->gone = true;
	(void)world_say(world.signer_fd[realm], MM_PROCESS_SIGNER, MM_MESSAGE_KEY_DONE, &done, sizeof(done));
}

/* Write the answer to a request; returns its length. */
static size_t
world_answer(struct world_signer *signer, const struct mm_sign *sign, struct mm_slice input, unsigned char *bytes)
{
	struct mm_signed answer = { .serial = sign->serial, .status = MM_SIGN_REFUSED };

	assert_true(sign->serial > signer->last_serial);
	if (!signer->refuse) {
		struct world_key *key = world_find_key(signer, sign->thumbprint);

		if (key == NULL)
			abort();
		answer.status = MM_SIGN_DONE;
		answer.len = (uint32_t)mm_signer_sign(key->signer, input, bytes + sizeof(answer));
		assert_true(answer.len > 0);
		signer->count++;
		signer->last_serial = sign->serial;
	}
	answer.count = signer->count;
	memcpy(bytes, &answer, sizeof(answer));
	return sizeof(answer) + answer.len;
}

/* What comes in one message is answered in one. */
static void
world_sign(unsigned realm)
{
	static unsigned char answers[MM_SIGNED_MESSAGE_MAX];
	struct world_signer *signer = &world.signers[realm];
	unsigned requests = 0;
	size_t len = 0;

	if (signer->mute)
		return;
	for (size_t at = 0; at < world_message.len; requests++) {
		struct mm_sign sign;

		assert_true(world_message.len - at >= sizeof(sign) && requests < MM_SIGN_TOGETHER_MAX);
		memcpy(&sign, world_message.payload + at, sizeof(sign));
		at += sizeof(sign);
		assert_true(sign.len <= world_message.len - at);
		len += world_answer(signer, &sign, mm_slice(world_message.payload + at, sign.len), answers + len);
		at += sign.len;
	}
	assert_true(requests > 0);
	if (requests > signer->together)
		signer->together = requests;
	(void)world_say(world.signer_fd[realm], MM_PROCESS_SIGNER, MM_MESSAGE_SIGNED, answers, len);
}

/* ---- the others' ---- */

static void
world_take_token(unsigned realm)
{
	struct mm_token_made made;
	struct world_token *token;
	const char *dot;

	memcpy(&made, world_message.payload, sizeof(made));
	assert_int_equal(world_message.len, sizeof(made) + made.token_len);
	if (world.token_count == world.token_size) {
		world.token_size = world.token_size * 2 + 1024;
		world.tokens = reallocarray(world.tokens, world.token_size, sizeof(*world.tokens));
		if (world.tokens == NULL)
			abort();
	}
	token = &world.tokens[world.token_count++];
	memset(token, 0, sizeof(*token));
	token->number = made.number;
	token->realm = (uint16_t)realm;
	token->status = (enum mm_mint_status)made.status;
	if (made.status != MM_MINT_DONE)
		return;
	world.done_count++;
	memcpy(token->token_id, made.token_id, sizeof(token->token_id));
	token->iat_s = made.iat_s;
	token->len = made.token_len;
	token->text = malloc(token->len);
	assert_non_null(token->text);
	memcpy(token->text, world_message.payload + sizeof(made), token->len);
	dot = memrchr(token->text, '.', token->len);
	assert_non_null(dot);
	assert_true(mm_sha256(mm_slice(token->text, (size_t)(dot - token->text)), token->digest));
}

static void
world_take_revoked(const struct mm_index_item *item)
{
	assert_true(mm_revoked_add(world.revoked[item->realm], &item->revoked, item->up_to_s, 1));
	world.revoked_items++;
}

static void
world_take_items(void)
{
	struct mm_index_item item;
	size_t position = 0;

	while (mm_index_next(&world.batch, &position, &item)) {
		assert_true(item.realm < WORLD_REALMS);
		if (item.kind == MM_INDEX_ENTRIES)
			assert_true(mm_issued_add(world.issued[item.realm], item.place, item.entries, item.count));
		else if (item.kind == MM_INDEX_VOID)
			assert_true(mm_issued_void(world.issued[item.realm], item.place));
		else if (item.kind == MM_INDEX_REVOKED)
			world_take_revoked(&item);
		else
			mm_issued_set_high_water(world.issued[item.realm], item.place);
	}
}

static void
world_take_index(void)
{
	const char *fault = mm_index_read(&world.index_reader, mm_slice(world_message.payload, world_message.len),
	    time(NULL), &world.batch);

	if (fault != NULL)
		fail_msg("%s", fault);
	world.index_bytes += world_message.len;
	world.settled_minute = world.batch.head.settled_minute;
	world.revoked_told = world.batch.head.revoked_told;
	world.beats += world.batch.head.is_beat;
	world.batches += !world.batch.head.is_beat;
	world_take_items();
}

static void
world_take_gate(void)
{
	switch (world_message.type) {
	case MM_MESSAGE_LEDGER_DAY_KEYS:
		assert_int_equal(world_message.len, sizeof(struct mm_day_keys));
		memcpy(&world.day_keys[world.day_key_count++ % 64], world_message.payload, sizeof(struct mm_day_keys));
		return;
	case MM_MESSAGE_GATE_LEDGER_SAYS:
		memcpy(&world.says, world_message.payload, sizeof(world.says));
		world.says_count++;
		return;
	default:
		world_take_index();
	}
}

/* No list goes back behind one that was told, whoever died meanwhile. */
static void
world_take_list(void)
{
	unsigned realm = world_message.payload[0];
	struct mm_key_list list;
	struct mm_slice bytes;
	const char *fault;

	assert_true(realm < WORLD_REALMS);
	assert_int_equal(mm_sealed_map(world_message.fd, MM_KEY_LIST_LEN_MAX, &bytes), 0);
	fault = mm_key_list_read(bytes, mm_slice_str(world_realm_names[realm]), world.root_public, time(NULL), &list);
	if (fault != NULL)
		fail_msg("a key list: %s", fault);
	assert_true(list.sequence > world.lists[realm].sequence);
	world.lists[realm].sequence = list.sequence;
	assert_true(list.keys.len < sizeof(world.lists[realm].keys));
	memcpy(world.lists[realm].keys, list.keys.ptr, list.keys.len);
	world.lists[realm].keys[list.keys.len] = '\0';
	mm_sealed_unmap(&bytes);
}

static void
world_take_answer(void)
{
	struct mm_slice bytes;

	assert_int_equal(mm_sealed_map(world_message.fd, sizeof(world.answer) - 1, &bytes), 0);
	memcpy(world.answer, bytes.ptr, bytes.len);
	world.answer[bytes.len] = '\0';
	mm_sealed_unmap(&bytes);
	world.answer_done = world_message.payload[8] == 1;
	world.answers++;
}

static void
world_take_control(void)
{
	char text[1024];

	switch (world_message.type) {
	case MM_MESSAGE_LEDGER_READY:
		world.ready = true;
		return;
	case MM_MESSAGE_LEDGER_KEYS:
		world_take_list();
		return;
	case MM_MESSAGE_LEDGER_ALARM:
		snprintf(text, sizeof(text), "%.*s", (int)world_message.len, (const char *)world_message.payload);
		if (getenv("MM_TEST_ALARMS") != NULL)
			fprintf(stderr, "alarm: %s\n", text);
		snprintf(world.alarms[world.alarm_count++ % 32], sizeof(world.alarms[0]), "%s", text);
		return;
	case MM_MESSAGE_LEDGER_STATUS:
		snprintf(world.status, sizeof(world.status), "%.*s", (int)world_message.len,
		    (const char *)world_message.payload);
		return;
	case MM_MESSAGE_LEDGER_ANSWER:
		world_take_answer();
		return;
	default:
		return;
	}
}

static void
world_take_revoke_done(unsigned realm)
{
	memcpy(&world.revoke_done, world_message.payload, sizeof(world.revoke_done));
	world.revoke_count++;
	if (world.revoke_done.status == MM_MINT_DONE && world.revoke_done.number > world.revoked_until[realm])
		world.revoked_until[realm] = world.revoke_done.number;
}

/* Take all that came from one. */
static void
world_drain(int fd, enum mm_process who, unsigned realm)
{
	for (unsigned i = 0; i < 512; i++) {
		struct pollfd one = { fd, POLLIN, 0 };
		int received;

		if (poll(&one, 1, 0) != 1)
			return;
		received = mm_message_receive(fd, who, MM_PROCESS_LEDGER, &world_message);
		if (received != 1) {
			if (!world.no_patience)
				fail_msg("the ledger went away from its %s", mm_process_name(who));
			world.gone = true;
			return;
		}
		if (who == MM_PROCESS_MINTMARKD) {
			world_take_control();
		} else if (who == MM_PROCESS_GATE) {
			world_take_gate();
		} else if (who == MM_PROCESS_SIGNER) {
			if (world_message.type == MM_MESSAGE_SIGN)
				world_sign(realm);
			else
				world_take_order(realm);
		} else if (who == MM_PROCESS_ISSUER) {
			world_take_token(realm);
		} else if (world_message.type == MM_MESSAGE_TICKET_OPENED) {
			memcpy(&world.opened, world_message.payload, sizeof(world.opened));
			world.opened_count++;
		} else if (world_message.type == MM_MESSAGE_REVOKED) {
			world_take_revoke_done(realm);
		} else {
			memcpy(&world.says, world_message.payload, sizeof(world.says));
			world.says_count++;
		}
		if (world_message.fd >= 0)
			close(world_message.fd);
	}
}

static void
world_pump(int timeout_ms)
{
	struct pollfd fds[2 + 3 * WORLD_REALMS] = { { world.control, POLLIN, 0 }, { world.gate_fd, POLLIN, 0 } };

	for (unsigned i = 0; i < WORLD_REALMS; i++) {
		fds[2 + 3 * i] = (struct pollfd){ world.signer_fd[i] > 0 ? world.signer_fd[i] : -1, POLLIN, 0 };
		fds[3 + 3 * i] = (struct pollfd){ world.verifier_fd[i] > 0 ? world.verifier_fd[i] : -1, POLLIN, 0 };
		fds[4 + 3 * i] = (struct pollfd){ world.issuer_fd[i] > 0 ? world.issuer_fd[i] : -1, POLLIN, 0 };
	}
	if (poll(fds, 2 + 3 * WORLD_REALMS, timeout_ms) <= 0)
		return;
	if (fds[0].revents != 0)
		world_drain(world.control, MM_PROCESS_MINTMARKD, 0);
	if (fds[1].revents != 0 && world.gate_fd > 0)
		world_drain(world.gate_fd, MM_PROCESS_GATE, 0);
	for (unsigned i = 0; i < WORLD_REALMS; i++) {
		if (fds[2 + 3 * i].revents != 0)
			world_drain(world.signer_fd[i], MM_PROCESS_SIGNER, i);
		if (fds[3 + 3 * i].revents != 0)
			world_drain(world.verifier_fd[i], MM_PROCESS_VERIFIER, i);
		if (fds[4 + 3 * i].revents != 0)
			world_drain(world.issuer_fd[i], MM_PROCESS_ISSUER, i);
	}
}

/* What it said before its end counts. */
static void
world_hear_last_words(void)
{
	for (unsigned i = 0; i < 10; i++)
		world_pump(0);
	world_close_all();
}

/* Wait until something is so; where the ledger may be gone, until it is. */
#define world_until(what)                                                                                             \
	do {                                                                                                          \
		int64_t until_ms = world_boot_ms() + WORLD_PATIENCE_MS;                                               \
		while (!(what) && !world.gone && world_boot_ms() < until_ms)                                          \
			world_pump(50);                                                                               \
		if (!(what) && !world.gone)                                                                           \
			fail_msg("waited in vain for %s; status: %s", #what, world.status);                           \
	} while (0)

/* A grant that the realm may make. */
static void
world_grant(unsigned realm, struct mm_grant *grant)
{
	memset(grant, 0, sizeof(*grant));
	grant->realm = (uint16_t)realm;
	grant->token_class = MM_CLASS_ACCESS;
	grant->kind = MM_GRANT_CLIENT_CREDENTIALS;
	grant->lifetime_s = 3600;
	assert_true(mm_mint_text_set(&grant->tenant,
	    mm_slice_str(realm == 0 ? "aaaaaaaa-0000-4000-8000-00000000000a" : "")));
	assert_true(mm_mint_text_set(&grant->subject, mm_slice_str("alice")));
	assert_true(mm_mint_text_set(&grant->client, mm_slice_str("webmail")));
	assert_true(mm_mint_text_set(&grant->audience, mm_slice_str(WORLD_AUDIENCE)));
	assert_true(mm_mint_text_set(&grant->scope, mm_slice_str("imap")));
	assert_true(mm_mint_text_set(&grant->mailbox, mm_slice_str("alice@contoso.example")));
}

static uint64_t world_tickets;

/* The ticket of a number. */
static void
world_ticket_number(uint64_t number, uint8_t ticket[MM_TICKET_LEN])
{
	memset(ticket, 0xA5, MM_TICKET_LEN);
	memcpy(ticket, &number, sizeof(number));
}

static uint64_t
world_open_ticket(unsigned realm, const struct mm_grant *grant)
{
	struct mm_ticket_open open = { .expires_ms = world_boot_ms() + 30000, .grant = *grant };
	uint64_t number = ++world_tickets;

	world_ticket_number(number, open.ticket);
	(void)world_say(world.verifier_fd[realm], MM_PROCESS_VERIFIER, MM_MESSAGE_TICKET_OPEN, &open, sizeof(open));
	return number;
}

static void
world_spend(unsigned realm, uint64_t number)
{
	struct mm_ticket_spend spend = { .number = number };

	world_ticket_number(number, spend.ticket);
	(void)world_say(world.issuer_fd[realm], MM_PROCESS_ISSUER, MM_MESSAGE_TICKET_SPEND, &spend, sizeof(spend));
}

/* Have tokens of a realm revoked, with a number for the answer. */
static void
world_revoke(unsigned realm, uint64_t number, enum mm_revoked_kind kind, const char *value, const char *client)
{
	struct mm_revoke revoke = { .number = number, .kind = (uint8_t)kind };

	assert_true(mm_mint_text_set(&revoke.value, mm_slice_str(value)));
	assert_true(mm_mint_text_set(&revoke.client, mm_slice_str(client)));
	(void)world_say(world.verifier_fd[realm], MM_PROCESS_VERIFIER, MM_MESSAGE_REVOKE, &revoke, sizeof(revoke));
}

/* Whether the gate was told. */
static bool
world_is_revoked(unsigned realm, enum mm_revoked_kind kind, const char *value, int64_t iat_s)
{
	const struct mm_revoked_what what = { kind, mm_slice_str(value), MM_SLICE_ABSENT };

	return mm_revoked_has(world.revoked[realm], &what, iat_s);
}

/* Make one token of a grant and wait for the answer to it; the caller reads it at once. */
static const struct world_token *
world_issue(unsigned realm, const struct mm_grant *grant)
{
	unsigned opened = world.opened_count;
	size_t answered = world.token_count;
	uint64_t number = world_open_ticket(realm, grant);

	world_until(world.opened_count > opened);
	world_spend(realm, number);
	world_until(world.token_count > answered);
	assert_int_equal(world.tokens[world.token_count - 1].number, number);
	return &world.tokens[world.token_count - 1];
}

/* Wait until tokens can be made: the signers have made and opened their keys. */
static void
world_until_issuing(void)
{
	struct mm_grant grant;
	enum mm_mint_status status = MM_MINT_NO_KEY;
	int64_t until_ms = world_boot_ms() + WORLD_PATIENCE_MS;

	for (unsigned i = 0; i < WORLD_REALMS; i++, status = MM_MINT_NO_KEY)
		while (status != MM_MINT_DONE) {
			world_grant(i, &grant);
			status = world_issue(i, &grant)->status;
			if (world_boot_ms() > until_ms)
				fail_msg("no token is made: status %d: %s", (int)status, world.status);
			if (status != MM_MINT_DONE)
				world_pump(50);
		}
}

/*
 * What the ledger says of a token when the verifier asks, as of one that was derived from root, NULL: from none; the
 * grant is that of world_grant().
 */
static enum mm_issued_answer
world_ask_derived(const struct world_token *token, const struct world_token *root)
{
	struct mm_ask_standing ask = { .issued = { .number = 1, .realm = token->realm }, .iat_s = token->iat_s };
	unsigned before = world.says_count;

	memcpy(ask.issued.token_id, token->token_id, sizeof(ask.issued.token_id));
	memcpy(ask.issued.digest, token->digest, sizeof(ask.issued.digest));
	assert_true(mm_mint_text_set(&ask.subject, mm_slice_str("alice")));
	assert_true(mm_mint_text_set(&ask.client, mm_slice_str("webmail")));
	if (root != NULL) {
		ask.has_root = 1;
		ask.root_realm = root->realm;
		ask.root_iat_s = root->iat_s;
		memcpy(ask.parent, root->token_id, sizeof(ask.parent));
	}
	(void)world_say(world.verifier_fd[token->realm], MM_PROCESS_VERIFIER, MM_MESSAGE_VERIFIER_ASK_ISSUED, &ask,
	    sizeof(ask));
	world_until(world.says_count > before);
	assert_memory_equal(world.says.digest, ask.issued.digest, sizeof(ask.issued.digest));
	return (enum mm_issued_answer)world.says.answer;
}

static enum mm_issued_answer
world_ask(const struct world_token *token)
{
	return world_ask_derived(token, NULL);
}

/* ---- what must be so, whatever happened ---- */

static int
world_compare_ids(const void *a, const void *b)
{
	const struct world_token *left = a, *right = b;
	int order = (left->realm > right->realm) - (left->realm < right->realm);

	return order != 0 ? order : memcmp(left->token_id, right->token_id, sizeof(left->token_id));
}

/* Every token that an issuer got is on record, and none has another's id. */
static void
world_check_tokens(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < world.token_count; i++)
		if (world.tokens[i].status == MM_MINT_DONE)
			world.tokens[kept++] = world.tokens[i];
	world.token_count = kept;
	qsort(world.tokens, kept, sizeof(*world.tokens), world_compare_ids);
	for (size_t i = 0; i < kept; i++) {
		if (i > 0)
			assert_int_not_equal(world_compare_ids(&world.tokens[i - 1], &world.tokens[i]), 0);
		assert_int_equal(world_ask(&world.tokens[i]), MM_ISSUED_YES);
	}
}

/* After an end in order: files are whole, no place is there twice, and what is recorded was handed on or is void. */
static void
world_check_files(void)
{
	static struct mm_ledger_audit audit;
	uint64_t recorded = 0, voided = 0;

	assert_true(mm_ledger_audit(world.folder_fd, world.root_public, NULL, NULL, &audit));
	if (audit.fault != NULL)
		fail_msg("%s", audit.fault);
	for (size_t i = 0; i < audit.realm_count; i++) {
		recorded += audit.realms[i].counts.recorded;
		voided += audit.realms[i].counts.voided;
	}
	assert_int_equal(recorded, audit.kinds[MM_LEDGER_ISSUED]);
	assert_int_equal(recorded, audit.released + voided);
	assert_true(audit.released >= world.done_count);
}

static void
world_check_no_alarm(const char *what)
{
	for (size_t i = 0; i < world.alarm_count && i < 32; i++)
		if (strstr(world.alarms[i], what) != NULL)
			fail_msg("%s", world.alarms[i]);
}

#endif
