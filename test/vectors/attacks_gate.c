/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attack table through a running gate: introspection and forward auth over TCP for the answer, mintmark decisions
 * for the reason. The worlds of mints have a ledger that is played, and what it does is a row's, too.
 *
 * Every case asks from addresses of its own (127.0.0.0/8 is all this machine), by which its records are found; and
 * so that no case is only counted because others of its source were many.
 */
#include "test/vectors/attacks_host.h"

#include "lib/base/array.h"
#include "test/maker/text.h"
#include "test/maker/token.h"
#include "test/maker/world.h"

#include <openssl/evp.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT_FIRST 20600
#define PORT_LAST 20639
#define ANSWER_LIMIT_MS 20000
#define ANSWER_MAX 65536
#define DECISIONS_MAX (16 * 1024 * 1024)
#define SOURCE_FIRST 0x7f400001u /* 127.64.0.1 */
#define SOURCE_FORWARD 0x7f600001u /* 127.96.0.1: of the same at forward auth */
#define SOURCE_BEFORE 0x7f3f0001u /* 127.63.0.1: of a case's first request, where its answer is that to the second */

/* A field of a header that is surely taken; the longest token that is decided fits. */
#define FIELD_MAX 17000

/* What introspection says of every denial that asking again will not change. */
#define DENIED "INVALID_TOKEN, NO_TOKEN or INSUFFICIENT_SCOPE"

static uint16_t port;
static bool ledger_lives;
static struct attack_answer forward_answers[ATTACK_CASES_MAX];
static size_t asked, asked_again;

static struct sockaddr_in
loopback(uint32_t address, uint16_t to_port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(to_port), .sin_addr.s_addr = htonl(address),
	};
}

static const char *
choose_listen(void)
{
	static char text[32];

	for (port = PORT_FIRST; port <= PORT_LAST; port++) {
		struct sockaddr_in address = loopback(INADDR_LOOPBACK, port);
		int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
		bool is_free = setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
		    bind(probe, (struct sockaddr *)&address, sizeof address) == 0;

		close(probe);
		if (is_free) {
			snprintf(text, sizeof text, "127.0.0.1:%u", (unsigned)port);
			return text;
		}
	}
	attack_fail("no free port from %d to %d", PORT_FIRST, PORT_LAST);
}

/* ---- one request ---- */

static int
connect_from(uint32_t source)
{
	struct sockaddr_in from = loopback(source, 0), to = loopback(INADDR_LOOPBACK, port);
	struct timeval limit = { .tv_sec = ANSWER_LIMIT_MS / 1000 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
	    bind(fd, (struct sockaddr *)&from, sizeof from) != 0)
		attack_fail("no socket for a request");
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Send a request, whose answer is read later; -1: there was no connection. */
static int
begin_request(uint32_t source, const struct maker_text *request)
{
	int fd = connect_from(source);

	if (fd >= 0 && send(fd, request->bytes, request->len, MSG_NOSIGNAL) != (ssize_t)request->len)
		attack_fail("a request of %zu bytes could not be sent", request->len);
	return fd;
}

/* Read the whole answer, whose connection is closed behind it. */
static void
read_answer(int fd, char answer[ANSWER_MAX])
{
	size_t len = 0;
	ssize_t got;

	while (len < ANSWER_MAX - 1 && (got = recv(fd, answer + len, ANSWER_MAX - 1 - len, 0)) > 0)
		len += (size_t)got;
	answer[len] = '\0';
	close(fd);
}

/* False: there was no connection. */
static bool
exchange(uint32_t source, const struct maker_text *request, char answer[ANSWER_MAX])
{
	int fd = begin_request(source, request);

	if (fd < 0)
		return false;
	read_answer(fd, answer);
	return true;
}

static unsigned
status_of(const char *answer)
{
	return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? (unsigned)strtoul(answer + 9, NULL, 10) : 0;
}

/* ---- two doors ---- */

static void
add_form(struct maker_text *form, const char *name, const char *value)
{
	maker_text_add_format(form, "%s%s=", form->len == 0 ? "" : "&", name);
	for (; *value != '\0'; value++)
		maker_text_add_format(form, isalnum((unsigned char)*value) ? "%c" : "%%%02X", (unsigned char)*value);
}

static void
add_evidence(struct maker_text *form, const char *proof, const char *thumbprint)
{
	if (proof != NULL) {
		add_form(form, "dpop", proof);
		add_form(form, "http_method", ATTACK_METHOD);
		add_form(form, "http_url", ATTACK_URL);
	}
	if (thumbprint[0] != '\0')
		add_form(form, "certificate_thumbprint", thumbprint);
}

static void
write_introspection(struct maker_text *request, const struct attack_case *one, const char *token, const char *proof,
    const char *thumbprint)
{
	struct maker_text form = { 0 };

	add_form(&form, "token", token);
	add_form(&form, "client_id", "dovecot");
	add_form(&form, "client_secret", MAKER_SECRET);
	if (one->mailbox != NULL)
		add_form(&form, "mailbox", one->mailbox);
	add_evidence(&form, proof, thumbprint);
	maker_text_add_format(request, "POST /v1/introspect/%s HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n"
	    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s", one->service, form.len,
	    form.bytes);
	maker_text_clear(&form);
}

/* Introspection tells no more of a denial than whether asking again may help. */
static void
read_introspection(const char *answer, struct attack_answer *said)
{
	unsigned status = status_of(answer);

	said->allowed = strstr(answer, "\"active\":true") != NULL;
	said->asked = said->allowed || strstr(answer, "\"active\":false") != NULL;
	if (said->allowed && status != 200)
		said->asked = false;
	snprintf(said->class, sizeof said->class, "%s", said->allowed ? "NONE" :
	    status == 503 ? "UNAVAILABLE" : status == 200 ? DENIED : "none known");
}

static void
add_basic(struct maker_text *request)
{
	static const char credentials[] = "dovecot:" MAKER_SECRET;
	char encoded[2 * sizeof credentials];

	EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)credentials, (int)sizeof credentials - 1);
	maker_text_add_format(request, "Mintmark-Caller: Basic %s\r\n", encoded);
}

static void
write_forward_auth(struct maker_text *request, const struct attack_case *one, const char *token)
{
	maker_text_add_format(request, "GET /v1/auth/%s HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n",
	    one->service);
	if (*token != '\0')
		maker_text_add_format(request, "Authorization: Bearer %s\r\n", token);
	if (one->mailbox != NULL) {
		add_basic(request);
		maker_text_add_format(request, "Mintmark-Mailbox: %s\r\n", one->mailbox);
	}
	maker_text_add_str(request, "\r\n");
}

/* RFC 6750 section 3.1 */
static void
read_forward_auth(const char *answer, struct attack_answer *said)
{
	static const struct {
		unsigned status;
		const char *challenge, *class;
	} rows[] = {
		{ 200, "", "NONE" },
		{ 401, "error=\"invalid_token\"", "INVALID_TOKEN" },
		{ 401, "WWW-Authenticate: Bearer", "NO_TOKEN" },
		{ 403, "error=\"insufficient_scope\"", "INSUFFICIENT_SCOPE" },
		{ 503, "", "UNAVAILABLE" },
	};
	unsigned status = status_of(answer);

	said->allowed = status == 200;
	for (size_t i = 0; i < MM_COUNT_OF(rows) && !said->asked; i++)
		if (status == rows[i].status && strstr(answer, rows[i].challenge) != NULL) {
			said->asked = true;
			snprintf(said->class, sizeof said->class, "%s", rows[i].class);
		}
}

/* A token of any size and bytes fits into a form; into a field of a header not. And evidence is shown once. */
static bool
fits_forward_auth(const char *token, const struct attack_shown *shown)
{
	size_t len = strlen(token);

	if (shown->proof != NULL || shown->thumbprint[0] != '\0' || len > FIELD_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (token[i] <= ' ' || token[i] >= 0x7f)
			return false;
	return true;
}

/* ---- the host ---- */

/* What the gate says of itself at a path; "": it does not answer. */
static const char *
ask_about_itself(const char *path)
{
	static char answer[ANSWER_MAX];
	struct maker_text request = { 0 };
	bool answered;

	maker_text_add_format(&request, "GET %s HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n", path);
	answered = exchange(INADDR_LOOPBACK, &request, answer);
	maker_text_clear(&request);
	return answered ? answer : "";
}

/* A gate of mints must be so for all of them; one of the other worlds is for those realms that have a good key. */
static bool
is_ready(const struct attack_world *world)
{
	const char *answer = ask_about_itself("/readyz");

	return status_of(answer) == 200 && !(attack_is_of_mints(world->name) && strstr(answer, "in part") != NULL);
}

/* A mint's directory comes by itself, not always with the keys: it is there when Alice is. */
static void
await_directory(const struct attack_world *world)
{
	static const char *const recipe[] = { "--marked", "right", "--number", "0" };
	static char answer[ANSWER_MAX];
	struct attack_patience patience = attack_patience_for("the directory");
	const struct attack_case one = { .service = "directory" };
	const int64_t now_s = time(NULL);
	char *token = maker_token_make(world->dir, now_s, MM_COUNT_OF(recipe), recipe);
	struct maker_text request = { 0 };

	attack_host_tell(world, "record %lld 0 yes %s", (long long)now_s / 60, token);
	write_introspection(&request, &one, token, NULL, "");
	while (!exchange(SOURCE_BEFORE, &request, answer) || strstr(answer, "\"active\":true") == NULL)
		attack_patience_wait(&patience, world);
	maker_text_clear(&request);
	free(token);
}

static bool
open_gate(struct attack_world *world)
{
	struct attack_patience patience = attack_patience_for("the gate to get ready");

	attack_host_start(world);
	while (!is_ready(world)) {
		if (attack_host_ended()) {
			attack_host_print_log(world);
			return false;
		}
		attack_patience_wait(&patience, world);
	}
	memset(forward_answers, 0, sizeof forward_answers);
	asked = asked_again = 0;
	ledger_lives = true;
	if (attack_is_of_mints(world->name))
		await_directory(world);
	return true;
}

/* ---- asking ---- */

/* Requests that are under way: some wait for the ledger, and need not one behind the other. */
#define PENDING_MAX 32

static struct pending {
	size_t number;
	int fd;
	bool forward_auth;
} pending[PENDING_MAX];

static size_t pending_count;

static void
collect(struct attack_world *world)
{
	static char answer[ANSWER_MAX];

	for (size_t i = 0; i < pending_count; i++) {
		size_t number = pending[i].number;
		struct attack_answer *said =
		    pending[i].forward_auth ? &forward_answers[number] : &world->answers[number];

		read_answer(pending[i].fd, answer);
		(pending[i].forward_auth ? read_forward_auth : read_introspection)(answer, said);
		if (!said->asked)
			printf("case %zu was answered with\n%.300s\n", number, answer);
	}
	pending_count = 0;
}

static void
begin(struct attack_world *world, size_t number, bool forward_auth, const struct maker_text *request)
{
	uint32_t source = (forward_auth ? SOURCE_FORWARD : SOURCE_FIRST) + (uint32_t)number;

	if (pending_count == PENDING_MAX)
		collect(world);
	pending[pending_count] = (struct pending){ number, begin_request(source, request), forward_auth };
	if (pending[pending_count++].fd < 0)
		attack_fail("case %zu: the gate does not answer", number);
}

/* Show a proof that is to be replayed for the first time. */
static void
ask_before(const struct attack_case *one, const char *token, const struct attack_shown *shown)
{
	static char answer[ANSWER_MAX];
	struct maker_text request = { 0 };

	write_introspection(&request, one, token, shown->proof_before, shown->thumbprint);
	if (!exchange(SOURCE_BEFORE, &request, answer) || strstr(answer, "\"active\":true") == NULL)
		attack_fail("attacks.tsv:%d: the proof was not accepted before:\n%.300s", one->line, answer);
	maker_text_clear(&request);
}

static void
ask_gate(struct attack_world *world, size_t number, const struct attack_case *one, const char *token,
    const struct attack_shown *shown)
{
	struct maker_text request = { 0 };

	if (attack_is_of_mints(world->name) && ledger_lives)
		attack_host_tell(world, "record %lld %u %s %s", (long long)world->now_s / 60, (unsigned)world->number,
		    world->recorded ? "yes" : "no", token);
	if (shown->proof_before != NULL)
		ask_before(one, token, shown);
	write_introspection(&request, one, token, shown->proof, shown->thumbprint);
	begin(world, number, false, &request);
	maker_text_clear(&request);
	asked++;
	if (!fits_forward_auth(token, shown))
		return;
	asked_again++;
	write_forward_auth(&request, one, token);
	begin(world, number, true, &request);
	maker_text_clear(&request);
}

/* ---- states of the ledger ---- */

/* Whether what a command waits for is so: "log TEXT", "readyz TEXT", "metrics TEXT". */
static bool
has_come(const struct attack_world *world, const char *until)
{
	const char *text = until + strcspn(until, " ") + 1;

	if (strncmp(until, "log ", 4) == 0)
		return attack_host_logged(world, text);
	return strstr(ask_about_itself(strncmp(until, "metrics ", 8) == 0 ? "/metrics" : "/readyz"), text) != NULL;
}

static void
await(const struct attack_world *world, const char *until)
{
	struct attack_patience patience = attack_patience_for(until);

	while (!has_come(world, until))
		attack_patience_wait(&patience, world);
}

static void
do_command(const struct attack_world *world, const char *command)
{
	if (strncmp(command, "until ", 6) == 0)
		await(world, command + 6);
	else
		attack_host_tell(world, "%s", command);
}

/* As it should be first, so that states do not add up. */
static void
enter(struct attack_world *world, const struct attack_state *state)
{
	struct attack_patience patience = attack_patience_for("the gate to be ready again");
	char *commands = strdup(state->commands), *rest = commands, *command;

	collect(world);
	attack_host_revive(world);
	attack_host_tell(world, "usual");
	while (!is_ready(world))
		attack_patience_wait(&patience, world);
	attack_host_forget_log(world);
	while ((command = strsep(&rest, ";")) != NULL)
		do_command(world, command);
	free(commands);
	ledger_lives = strstr(state->commands, "die") == NULL;
}

/* ---- the reasons ---- */

/* Whose answer a record is about, by its source. */
static struct attack_answer *
answer_of(struct attack_world *world, uint32_t source)
{
	if (source >= SOURCE_FORWARD && source - SOURCE_FORWARD < ATTACK_CASES_MAX)
		return &forward_answers[source - SOURCE_FORWARD];
	if (source >= SOURCE_FIRST && source - SOURCE_FIRST < ATTACK_CASES_MAX)
		return &world->answers[source - SOURCE_FIRST];
	attack_fail("a record of nobody");
}

/* What an autopsy found is judged where it was told: those that still waited when the gate was stopped are not. */
static void
take_autopsy(struct attack_world *world, const char *line)
{
	static const struct {
		const char *told, *said;
	} rows[] = {
		{ "somebody holds the key: it signed a token whose issuer is another realm's", "proof issuer" },
		{ "somebody holds the key: it signed a token that was issued outside its", "proof window" },
		{ "somebody holds the key: it signed a token that was issued after it was", "proof revoked" },
		{ "the key signed", "lead" },
	};
	char source[64];
	struct in_addr address;
	struct attack_answer *answer;

	if (!attack_json_word(line, "source", source, sizeof source) || inet_aton(source, &address) == 0)
		attack_fail("an autopsy of nobody: %s", line);
	answer = answer_of(world, ntohl(address.s_addr));
	for (size_t i = 0; i < MM_COUNT_OF(rows) && answer->autopsy[0] == '\0'; i++)
		if (strstr(line, rows[i].told) != NULL)
			attack_copy(answer->autopsy, sizeof answer->autopsy, rows[i].said, strlen(rows[i].said));
	if (answer->autopsy[0] == '\0')
		attack_fail("an autopsy that says nothing known: %s", line);
}

/* Of an autopsy, or of what the trust was compiled with. */
static void
take_finding(struct attack_world *world, const char *line)
{
	char finding[32];

	if (attack_json_word(line, "finding", finding, sizeof finding) && strcmp(finding, "autopsy") == 0)
		take_autopsy(world, line);
	else
		world->alarms = true;
}

static void
take_record(struct attack_world *world, const char *line)
{
	char kind[16], source[64], reason[40], verdict[16];
	struct in_addr address;
	struct attack_answer *answer;

	if (!attack_json_word(line, "kind", kind, sizeof kind))
		attack_fail("not a record: %s", line);
	if (strcmp(kind, "finding") == 0)
		take_finding(world, line);
	if (strcmp(kind, "decision") != 0)
		return;
	if (!attack_json_word(line, "source", source, sizeof source) ||
	    !attack_json_word(line, "reason", reason, sizeof reason) ||
	    !attack_json_word(line, "verdict", verdict, sizeof verdict) || inet_aton(source, &address) == 0)
		attack_fail("a record without its parts: %s", line);
	if (ntohl(address.s_addr) == SOURCE_BEFORE)
		return;
	answer = answer_of(world, ntohl(address.s_addr));
	if (answer->reason[0] != '\0')
		attack_fail("two records of one decision: %s", line);
	attack_copy(answer->reason, sizeof answer->reason, reason, strlen(reason));
	(void)attack_json_word(line, "proof", answer->proof, sizeof answer->proof);
	if ((strcmp(verdict, "allow") == 0) != answer->allowed)
		attack_copy(answer->reason, sizeof answer->reason, "another verdict in the journal", 31);
}

/*
 * Both doors must have said the same. Forward auth tells which class of denial it is; where introspection alone was
 * asked, that is the reason's own.
 */
static void
join_doors(struct attack_answer *first, const struct attack_answer *forward)
{
	if (!forward->asked) {
		if (strcmp(first->class, DENIED) == 0)
			first->class[0] = '\0';
		return;
	}
	if (forward->allowed != first->allowed || strcmp(forward->reason, first->reason) != 0) {
		first->allowed = first->allowed || forward->allowed;
		snprintf(first->reason, sizeof first->reason, "forward auth: %.40s", forward->reason);
	}
	if (strcmp(first->class, DENIED) == 0)
		snprintf(first->class, sizeof first->class, "%s", forward->class);
	else if (strcmp(first->class, forward->class) != 0)
		snprintf(first->class, sizeof first->class, "not that of forward auth, %s", forward->class);
	if (first->autopsy[0] == '\0')
		memcpy(first->autopsy, forward->autopsy, sizeof first->autopsy);
}

static void
close_gate(struct attack_world *world)
{
	static char output[DECISIONS_MAX];
	char program[ATTACK_PATH_MAX];
	const char *const argv[] = { attack_built(program, "cli/mintmark"), "decisions", "-c", world->config_path,
		"--json", NULL };
	char *rest = output, *line;
	int status;

	collect(world);
	attack_host_stop();
	status = attack_run(argv, output, sizeof output);
	if (status != 0)
		attack_fail("mintmark decisions ended with %d:\n%s", status, output);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] != '\0')
			take_record(world, line);
	}
	for (size_t i = 0; i < ATTACK_CASES_MAX; i++)
		join_doors(&world->answers[i], &forward_answers[i]);
	printf("gate, world %s: %zu requests at introspection, the same at forward auth for %zu of them\n", world->name,
	    asked, asked_again);
}

const struct attack_face attack_face = {
	.name = "gate",
	.proves = true,
	.choose_listen = choose_listen,
	.open = open_gate,
	.ask = ask_gate,
	.enter = enter,
	.close = close_gate,
};
