/* SPDX-License-Identifier: Apache-2.0 */
/* Plays mintmarkd and the ledger for a real mintmark-signer. */
#include "test/signer_world.h"

#include "daemon/ipc/limits.h"
#include "daemon/sandbox/sandbox.h"
#include "lib/base/array.h"
#include "lib/base/buf.h"
#include "lib/base/scratch.h"
#include "lib/codec/base64url.h"
#include "lib/jose/header.h"
#include "lib/jose/jwk.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <p11-kit/pkcs11.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 65534
#define PIN "1234"
#define SO_PIN "123456"
#define LABEL "a test's token"
#define PATIENCE_MS 30000
#define MARK "AAAAAAAAAAAAAAAAAAAAAA"

static void
die(const char *what)
{
	fprintf(stderr, "signer_world: %s: %s\n", what, strerror(errno));
	exit(99);
}

int64_t
signer_world_now_s(void)
{
	return time(NULL);
}

int64_t
signer_world_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- folders ---- */

/* The signer runs as nobody where root runs the test. */
static void
give_away(const char *path)
{
	if (geteuid() == 0 && chown(path, NOBODY, NOBODY) == -1)
		die(path);
}

static void
write_file(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1 || write(fd, bytes, len) != (ssize_t)len || close(fd) == -1)
		die(path);
	give_away(path);
}

static void
walk(const char *path, void (*leave)(const char *path))
{
	DIR *stream = opendir(path);
	const struct dirent *entry;

	while (stream != NULL && (entry = readdir(stream)) != NULL) {
		char inner[PATH_MAX];

		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			(void)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
			walk(inner, leave);
		}
	}
	if (stream != NULL)
		closedir(stream);
	leave(path);
}

static void
remove_one(const char *path)
{
	if (remove(path) == -1)
		die(path);
}

static const char *
find_softhsm(void)
{
	static const char *const places[] = { "/usr/lib/softhsm/libsofthsm2.so",
		"/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so",
		"/usr/lib64/pkcs11/libsofthsm2.so" };

	for (size_t i = 0; i < MM_COUNT_OF(places); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}

bool
signer_world_has_softhsm(void)
{
	return find_softhsm() != NULL;
}

/* An initialized token, made in a process of its own: SoftHSM reads its configuration once. */
static void
init_token(const char *module, const char *configuration)
{
	CK_UTF8CHAR so_pin[] = SO_PIN, pin[] = PIN, label[32];
	CK_C_GetFunctionList get_list;
	CK_SLOT_ID slots[8];
	CK_ULONG count = MM_COUNT_OF(slots);
	CK_SESSION_HANDLE session;
	CK_FUNCTION_LIST *calls;
	void *handle;

	memset(label, ' ', sizeof(label));
	memcpy(label, LABEL, strlen(LABEL));
	if (setenv("SOFTHSM2_CONF", configuration, 1) == -1 || (handle = dlopen(module, RTLD_NOW)) == NULL)
		_exit(1);
	*(void **)&get_list = dlsym(handle, "C_GetFunctionList");
	if (get_list == NULL || get_list(&calls) != CKR_OK || calls->C_Initialize(NULL) != CKR_OK ||
	    calls->C_GetSlotList(CK_FALSE, slots, &count) != CKR_OK || count == 0 ||
	    calls->C_InitToken(slots[0], so_pin, strlen(SO_PIN), label) != CKR_OK)
		_exit(2);
	count = MM_COUNT_OF(slots);
	if (calls->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK ||
	    calls->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) != CKR_OK ||
	    calls->C_Login(session, CKU_SO, so_pin, strlen(SO_PIN)) != CKR_OK ||
	    calls->C_InitPIN(session, pin, strlen(PIN)) != CKR_OK || calls->C_Finalize(NULL) != CKR_OK)
		_exit(3);
	_exit(0);
}

static void
make_token(struct signer_world *world)
{
	static char variable[128], tokens[96], configuration[96];
	char text[256];
	int status;
	pid_t pid;

	(void)snprintf(tokens, sizeof(tokens), "%s/tokens", world->folder);
	(void)snprintf(configuration, sizeof(configuration), "%s/softhsm2.conf", world->folder);
	(void)snprintf(variable, sizeof(variable), "SOFTHSM2_CONF=%s", configuration);
	(void)snprintf(text, sizeof(text),
	    "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", tokens);
	if (mkdir(tokens, 0700) == -1)
		die(tokens);
	write_file(configuration, text, strlen(text));
	(void)snprintf(world->pin, sizeof(world->pin), "%s/pin", world->folder);
	write_file(world->pin, PIN "\n", strlen(PIN "\n"));
	world->module = find_softhsm();
	world->label = LABEL;
	world->variables[0] = variable;
	world->paths[0] = configuration;
	world->paths[1] = tokens;
	pid = fork();
	if (pid == 0)
		init_token(world->module, configuration);
	if (pid == -1 || waitpid(pid, &status, 0) != pid || status != 0)
		die("making a token");
	walk(tokens, give_away);
}

void
signer_world_init(struct signer_world *world, bool with_token)
{
	static const char sealing_key[32] = "thirty-two bytes, more or less..";

	memset(world, 0, sizeof(*world));
	world->realm = "enterprise";
	world->issuer = SIGNER_WORLD_ISSUER;
	world->algorithm = "ES256";
	world->tenants[0] = SIGNER_WORLD_TENANT;
	world->max_lifetime_s = 3600;
	world->pid = -1;
	world->control = world->ledger = -1;
	world->module_threads = MM_KEY_STORE_THREADS_MAX;
	(void)snprintf(world->folder, sizeof(world->folder), "/tmp/mm-signer-XXXXXX");
	if (mkdtemp(world->folder) == NULL)
		die(world->folder);
	give_away(world->folder);
	(void)snprintf(world->keys, sizeof(world->keys), "%s/keys", world->folder);
	(void)snprintf(world->sealing_key, sizeof(world->sealing_key), "%s/sealing.key", world->folder);
	if (mkdir(world->keys, 0700) == -1)
		die(world->keys);
	give_away(world->keys);
	write_file(world->sealing_key, sealing_key, sizeof(sealing_key));
	if (with_token)
		make_token(world);
}

/* ---- the process ---- */

static void
run(const struct signer_world *world, int socket)
{
	static char time_zone[] = "TZ=UTC0", leaks[] = "ASAN_OPTIONS=detect_leaks=0";
	static char races[] = "TSAN_OPTIONS=halt_on_error=1", undefined[] = "UBSAN_OPTIONS=halt_on_error=1";
	char *const environment[] = { time_zone, leaks, races, undefined, NULL };
	char name[] = "mintmark-signer";
	char *const arguments[] = { name, NULL };
	const char *build = getenv("MINTMARK_BUILD");
	char path[PATH_MAX];
	int tail = -1;

	signal(SIGQUIT, SIG_DFL); /* a shell's background job has it ignored */
	(void)snprintf(path, sizeof(path), "%s/daemon/signer/mintmark-signer", build == NULL ? "." : build);
	if (world->tail != NULL)
		tail = open(world->tail, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (dup2(socket, MM_CONTROL_FD) == -1 || (tail != -1 && dup2(tail, STDERR_FILENO) == -1) ||
	    close_range(MM_CONTROL_FD + 1, UINT_MAX, 0) == -1)
		_exit(126);
	/* As mintmarkd does it: the signer is in its sandbox, and then in its own. */
	if (!world->bare && !mm_sandbox_enter(MM_PROCESS_MINTMARKD, 0, 0))
		_exit(126);
	if (geteuid() == 0 && (setgroups(0, NULL) == -1 || setresgid(NOBODY, NOBODY, NOBODY) == -1 ||
	                          setresuid(NOBODY, NOBODY, NOBODY) == -1))
		_exit(126);
	execve(path, arguments, environment);
	_exit(127);
}

static bool
tell(struct signer_world *world, enum mm_message_type type, const void *payload, size_t len, int fd)
{
	return mm_message_send(world->control, MM_PROCESS_MINTMARKD, MM_PROCESS_SIGNER, type, payload, len, fd) == 0;
}

static bool
tell_buf(struct signer_world *world, enum mm_message_type type, struct mm_buf *buf, int fd)
{
	bool told = mm_buf_ok(buf) && tell(world, type, buf->data, buf->len, fd);

	mm_buf_clear(buf);
	return told;
}

static bool
tell_path(struct signer_world *world, enum mm_message_type type, struct mm_buf *buf, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	bool told;

	if (fd == -1)
		die(path);
	told = buf == NULL ? tell(world, type, NULL, 0, fd) : tell_buf(world, type, buf, fd);
	close(fd);
	return told;
}

static void
add_text(struct mm_buf *buf, const char *text)
{
	mm_buf_add(buf, text, strlen(text) + 1);
}

static bool
tell_realm(struct signer_world *world)
{
	struct mm_buf buf;

	mm_buf_init(&buf, 8192);
	mm_buf_add(&buf, "\0\0", 2);
	mm_buf_add_u32(&buf, world->max_lifetime_s);
	for (unsigned i = 0; i < 3; i++)
		mm_buf_add_u32(&buf, 86400);
	mm_buf_add_u8(&buf, strchr(world->issuer, '{') != NULL);
	add_text(&buf, world->realm);
	add_text(&buf, world->issuer);
	add_text(&buf, world->algorithm);
	if (world->parent != NULL)
		add_text(&buf, world->parent);
	add_text(&buf, "");
	return tell_buf(world, MM_MESSAGE_SIGNER_REALM, &buf, -1);
}

static bool
tell_module(struct signer_world *world)
{
	struct mm_buf buf;

	mm_buf_init(&buf, 32768);
	mm_buf_add_u8(&buf, (uint8_t)world->module_threads);
	add_text(&buf, world->module);
	add_text(&buf, world->label);
	for (size_t i = 0; i < MM_COUNT_OF(world->variables) && world->variables[i] != NULL; i++)
		add_text(&buf, world->variables[i]);
	add_text(&buf, "");
	for (size_t i = 0; i < MM_COUNT_OF(world->paths) && world->paths[i] != NULL; i++)
		add_text(&buf, world->paths[i]);
	add_text(&buf, "");
	return tell_path(world, MM_MESSAGE_SIGNER_MODULE, &buf, world->pin, O_RDONLY);
}

static bool
tell_store(struct signer_world *world)
{
	if (world->module != NULL)
		return tell_module(world);
	return tell_path(world, MM_MESSAGE_SIGNER_FOLDER, NULL, world->keys, O_RDONLY | O_DIRECTORY) &&
	    tell_path(world, MM_MESSAGE_SIGNER_SEALING_KEY, NULL, world->sealing_key, O_RDONLY);
}

static bool
tell_start(struct signer_world *world)
{
	struct mm_buf buf;

	mm_buf_init(&buf, 8);
	mm_buf_add_u32(&buf, NOBODY);
	mm_buf_add_u32(&buf, NOBODY);
	return tell_buf(world, MM_MESSAGE_SIGNER_START, &buf, -1);
}

static bool
wait_readable(int fd, int limit_ms)
{
	struct pollfd readable = { fd, POLLIN, 0 };

	return poll(&readable, 1, limit_ms) == 1;
}

static bool
is_ready(struct signer_world *world)
{
	return wait_readable(world->control, PATIENCE_MS) &&
	    mm_message_receive(world->control, MM_PROCESS_MINTMARKD, MM_PROCESS_SIGNER, &world->message) == 1 &&
	    world->message.type == MM_MESSAGE_SIGNER_READY;
}

bool
signer_world_try_start(struct signer_world *world)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		die("socketpair");
	world->pid = fork();
	if (world->pid == 0)
		run(world, pair[1]);
	if (world->pid == -1)
		die("fork");
	close(pair[1]);
	world->control = pair[0];
	if (!tell_realm(world))
		return false;
	signer_world_send_tenants(world, world->tenants);
	return tell_store(world) && tell_start(world) && is_ready(world);
}

void
signer_world_start(struct signer_world *world)
{
	if (!signer_world_try_start(world))
		die("the signer does not start");
	signer_world_connect(world);
	if (!signer_world_wait(world, MM_MESSAGE_SIGNER_STATE))
		die("the signer does not tell its state");
}

static int
reap(struct signer_world *world)
{
	int status;

	if (waitpid(world->pid, &status, 0) != world->pid)
		die("waitpid");
	world->pid = -1;
	close(world->control);
	if (world->ledger != -1)
		close(world->ledger);
	world->control = world->ledger = -1;
	return status;
}

int
signer_world_stop(struct signer_world *world)
{
	(void)tell(world, MM_MESSAGE_SIGNER_STOP, NULL, 0, -1); /* one that is gone already has a status, too */
	return reap(world);
}

int
signer_world_kill(struct signer_world *world, int signal)
{
	kill(world->pid, signal);
	return reap(world);
}

void
signer_world_end(struct signer_world *world)
{
	if (world->pid != -1)
		(void)signer_world_kill(world, SIGKILL);
	walk(world->folder, remove_one);
}

void
signer_world_connect(struct signer_world *world)
{
	static const unsigned char peer[3] = { MM_PROCESS_LEDGER, 0, 0 };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		die("socketpair");
	if (world->ledger != -1)
		close(world->ledger);
	world->ledger = pair[0];
	if (!tell(world, MM_MESSAGE_SIGNER_PEER, peer, sizeof(peer), pair[1]))
		die("a new ledger");
	close(pair[1]);
}

void
signer_world_send_tenants(struct signer_world *world, const char *const *tenants)
{
	(void)tell(world, MM_MESSAGE_SIGNER_TENANT, NULL, 0, -1);
	for (size_t i = 0; i < MM_COUNT_OF(world->tenants) && tenants[i] != NULL; i++)
		(void)tell(world, MM_MESSAGE_SIGNER_TENANT, tenants[i], strlen(tenants[i]), -1);
}

/* ---- messages ---- */

bool
signer_world_wait(struct signer_world *world, enum mm_message_type type)
{
	do {
		if (!wait_readable(world->ledger, PATIENCE_MS)) {
			errno = ETIMEDOUT;
			die("the signer says nothing");
		}
		if (mm_message_receive(world->ledger, MM_PROCESS_LEDGER, MM_PROCESS_SIGNER, &world->message) != 1)
			return false;
		if (world->message.type == MM_MESSAGE_SIGNER_STATE)
			memcpy(&world->state, world->message.payload, sizeof(world->state));
		world->answers = MM_SLICE_ABSENT;
		if (world->message.type == MM_MESSAGE_SIGNED)
			world->answers = mm_slice(world->message.payload, world->message.len);
	} while (world->message.type != type);
	return true;
}

const char *
signer_world_alarm(struct signer_world *world)
{
	static char text[1025];

	text[0] = '\0';
	while (text[0] == '\0' && wait_readable(world->control, PATIENCE_MS)) {
		if (mm_message_receive(world->control, MM_PROCESS_MINTMARKD, MM_PROCESS_SIGNER, &world->message) != 1)
			break;
		if (world->message.type == MM_MESSAGE_SIGNER_ALARM)
			(void)snprintf(text, sizeof(text), "%.*s", (int)world->message.len,
			    (const char *)world->message.payload);
	}
	return text;
}

static bool
send_to_signer(struct signer_world *world, enum mm_message_type type, const void *payload, size_t len)
{
	return mm_message_send(world->ledger, MM_PROCESS_LEDGER, MM_PROCESS_SIGNER, type, payload, len, -1) == 0;
}

static enum mm_sign_status
order(struct signer_world *world, enum mm_message_type type, struct mm_key_order *head, struct signer_world_key *key)
{
	struct mm_key_done done;

	head->number = ++world->number;
	if (!send_to_signer(world, type, head, sizeof(*head)) || !signer_world_wait(world, MM_MESSAGE_KEY_DONE))
		die("an order");
	memcpy(&done, world->message.payload, sizeof(done));
	if (done.number != head->number || world->message.len != sizeof(done) + done.jwk_len)
		die("another answer than to the order");
	if (key != NULL && done.status == MM_SIGN_DONE) {
		memcpy(key->thumbprint, done.thumbprint, sizeof(key->thumbprint));
		memcpy(key->jwk, world->message.payload + sizeof(done), done.jwk_len);
		key->jwk_len = done.jwk_len;
		key->algorithm = mm_algorithm_find(mm_slice_str(world->algorithm));
	}
	return (enum mm_sign_status)done.status;
}

enum mm_sign_status
signer_world_make(struct signer_world *world, struct signer_world_key *key)
{
	struct mm_key_order head = { .number = 0 };

	memcpy(head.algorithm, world->algorithm, strlen(world->algorithm));
	return order(world, MM_MESSAGE_KEY_MAKE, &head, key);
}

static enum mm_sign_status
order_of(struct signer_world *world, enum mm_message_type type, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	struct mm_key_order head = { .number = 0 };

	memcpy(head.thumbprint, thumbprint, sizeof(head.thumbprint));
	return order(world, type, &head, NULL);
}

enum mm_sign_status
signer_world_open(struct signer_world *world, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	return order_of(world, MM_MESSAGE_KEY_OPEN, thumbprint);
}

enum mm_sign_status
signer_world_forget(struct signer_world *world, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	return order_of(world, MM_MESSAGE_KEY_FORGET, thumbprint);
}

enum mm_sign_status
signer_world_next(struct signer_world *world, uint8_t thumbprint[MM_DIGEST_LEN])
{
	enum mm_sign_status status = order_of(world, MM_MESSAGE_KEY_NEXT, thumbprint);
	struct mm_key_done done;

	memcpy(&done, world->message.payload, sizeof(done));
	if (status == MM_SIGN_DONE)
		memcpy(thumbprint, done.thumbprint, sizeof(done.thumbprint));
	return status;
}

/* ---- tokens ---- */

void
signer_world_token(struct signer_world_token *token)
{
	memset(token, 0, sizeof(*token));
	token->iss = "https://login.example/" SIGNER_WORLD_TENANT "/v2.0";
	token->tid = SIGNER_WORLD_TENANT;
	token->extra = "";
	token->iat_s = signer_world_now_s();
	token->lifetime_s = 3600;
	token->token_class = MM_CLASS_ACCESS;
	token->deadline_ms = signer_world_now_ms() + 20000;
}

static void
add_payload(struct mm_buf *buf, const struct signer_world_token *token)
{
	if (token->payload != NULL) {
		mm_buf_add_str(buf, token->payload);
		return;
	}
	mm_buf_addf(buf, "{\"iss\":\"%s\",", token->iss);
	if (token->tid != NULL)
		mm_buf_addf(buf, "\"tid\":\"%s\",", token->tid);
	mm_buf_addf(buf, "\"sub\":\"u-1\",\"aud\":\"https://mail.example\",\"client_id\":\"webmail\",\"iat\":%" PRId64
	    ",\"exp\":%" PRId64 ",\"jti\":\"0123456789abcdefghijkA\",%s\"mark\":\"" MARK "\"}", token->iat_s,
	    token->iat_s + token->lifetime_s, token->extra);
}

static void
add_encoded(struct mm_buf *buf, struct mm_slice bytes)
{
	char encoded[MM_MINT_SIGNING_INPUT_MAX * 2];

	mm_base64url_encode(bytes, encoded);
	mm_buf_add(buf, encoded, MM_BASE64URL_ENCODED_LEN(bytes.len));
}

size_t
signer_world_input(const struct signer_world_token *token, const struct signer_world_key *key,
    char input[MM_MINT_SIGNING_INPUT_MAX])
{
	const char *typ = mm_token_class_typ(token->token_class);
	char header[MM_HEADER_WRITTEN_MAX];
	size_t header_len = mm_header_write(typ == NULL ? "x" : typ, key->algorithm, key->thumbprint, header), len;
	struct mm_buf payload, whole;

	mm_buf_init(&payload, MM_MINT_SIGNING_INPUT_MAX);
	mm_buf_init(&whole, MM_MINT_SIGNING_INPUT_MAX);
	add_payload(&payload, token);
	add_encoded(&whole, token->header != NULL ? mm_slice_str(token->header) : mm_slice(header, header_len));
	mm_buf_add_str(&whole, ".");
	add_encoded(&whole, mm_slice(payload.data, payload.len));
	if (!mm_buf_ok(&payload) || !mm_buf_ok(&whole))
		die("a token is too long");
	len = whole.len;
	memcpy(input, whole.data, len);
	mm_buf_clear(&payload);
	mm_buf_clear(&whole);
	return len;
}

size_t
signer_world_request(struct signer_world *world, const struct signer_world_token *token,
    const struct signer_world_key *key, struct mm_slice input, unsigned char *request)
{
	struct mm_sign head = {
		.serial = ++world->serial,
		.deadline_ms = token->deadline_ms,
		.token_class = (uint8_t)token->token_class,
		.len = (uint32_t)input.len,
	};

	memcpy(head.thumbprint, key->thumbprint, sizeof(head.thumbprint));
	memcpy(request, &head, sizeof(head));
	memcpy(request + sizeof(head), input.ptr, input.len);
	return sizeof(head) + input.len;
}

void
signer_world_send_requests(struct signer_world *world, const void *requests, size_t len)
{
	if (!send_to_signer(world, MM_MESSAGE_SIGN, requests, len))
		die("a request");
}

uint64_t
signer_world_send(struct signer_world *world, const struct signer_world_token *token,
    const struct signer_world_key *key, const char *input, size_t len)
{
	unsigned char request[sizeof(struct mm_sign) + MM_MINT_SIGNING_INPUT_MAX];

	signer_world_send_requests(world, request,
	    signer_world_request(world, token, key, mm_slice(input, len), request));
	return world->serial;
}

bool
signer_world_answer(struct signer_world *world, struct mm_signed *answer, struct mm_slice *signature)
{
	struct mm_slice *left = &world->answers;

	if (left->len == 0 && !signer_world_wait(world, MM_MESSAGE_SIGNED))
		return false;
	if (left->len < sizeof(*answer))
		die("an answer is cut");
	memcpy(answer, left->ptr, sizeof(*answer));
	if (answer->len > left->len - sizeof(*answer) || (answer->status == MM_SIGN_DONE) != (answer->len > 0))
		die("an answer's length");
	*signature = mm_slice(left->ptr + sizeof(*answer), answer->len);
	*left = mm_slice(signature->ptr + signature->len, left->len - sizeof(*answer) - answer->len);
	return true;
}

enum mm_sign_status
signer_world_sign(struct signer_world *world, const struct signer_world_token *token,
    const struct signer_world_key *key, struct mm_signed *answer, struct mm_slice *signature)
{
	char input[MM_MINT_SIGNING_INPUT_MAX];
	size_t len = signer_world_input(token, key, input);
	uint64_t serial = signer_world_send(world, token, key, input, len);

	if (!signer_world_answer(world, answer, signature))
		die("the signer ended the connection");
	if (answer->serial != serial)
		die("another answer than to the request");
	if (answer->status == MM_SIGN_DONE && !signer_world_holds(key, mm_slice(input, len), *signature))
		die("a signature that does not hold");
	return (enum mm_sign_status)answer->status;
}

bool
signer_world_holds(const struct signer_world_key *key, struct mm_slice input, struct mm_slice signature)
{
	const struct mm_json_value text = { mm_slice(key->jwk, key->jwk_len), MM_JSON_OBJECT, false };
	struct mm_verifier *verifier = mm_verifier_new();
	struct mm_public_key *public_key = NULL;
	struct mm_scratch scratch;
	struct mm_jwk jwk;
	char room[8192];
	bool held;

	mm_scratch_init(&scratch, room, sizeof(room));
	if (mm_jwk_parse(text, &scratch, &jwk) != MM_JWK_GOOD ||
	    memcmp(jwk.thumbprint, key->thumbprint, sizeof(jwk.thumbprint)) != 0 ||
	    mm_public_key_new(&jwk.material, key->algorithm->scheme, key->algorithm->hash, &public_key) != MM_KEY_GOOD)
		die("a JWK that is none");
	held = mm_public_key_verify(public_key, verifier, input, signature) == MM_OK;
	mm_public_key_free(&public_key);
	mm_verifier_free(&verifier);
	return held;
}
