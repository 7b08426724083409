/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of mintmark-issuer: what an issuer that was taken over could ask of verifier and ledger, to get a token for
 * somebody who did not sign in. Beside the program lies PROGRAM.plan, a line each: realm, victim, the thief's own name
 * and password, client, redirect address, audience, scope. What came of it is told on standard error, a line an
 * attempt: "taken issuer: refused WHAT" or "taken issuer: GOT WHAT". Among them is what the thief is due, his own
 * token, so that the rest means something. The issuer of another realm does nothing.
 */
#include "daemon/ipc/message.h"
#include "daemon/ipc/sign_in.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define CONTROL_FD 3
#define GUESSES 2000
#define PATIENCE_MS 60000
#define LINE_MAX_LEN 512
#define REALM_NAME_AT 19 /* in ISSUER_REALM */

/* Of RFC 7636 appendix B. */
#define PKCE_VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define PKCE_CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

enum plan_line { REALM, VICTIM, THIEF, PASSWORD, CLIENT, REDIRECT, AUDIENCE, SCOPE, PLAN_LINES };

static struct {
	char plan[PLAN_LINES][LINE_MAX_LEN];
	int verifier, ledger;
	uint64_t number;
	struct mm_message message;
} thief = { .verifier = -1, .ledger = -1 };

_Noreturn static void
give_up(const char *why)
{
	fprintf(stderr, "taken issuer: BROKEN %s\n", why);
	exit(1);
}

static void tell(bool got, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
tell(bool got, const char *format, ...)
{
	char text[2 * MM_TOKEN_LEN_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "taken issuer: %s %s\n", got ? "GOT" : "refused", text);
}

/* ---- the beginning ---- */

static void
read_plan(void)
{
	char path[4096 + 8];
	ssize_t len = readlink("/proc/self/exe", path, 4096);
	FILE *plan;

	if (len <= 0)
		exit(1);
	memcpy(path + len, ".plan", sizeof(".plan"));
	plan = fopen(path, "r");
	if (plan == NULL)
		exit(1);
	for (size_t i = 0; i < PLAN_LINES; i++) {
		if (fgets(thief.plan[i], LINE_MAX_LEN, plan) == NULL)
			give_up("the plan is short");
		thief.plan[i][strcspn(thief.plan[i], "\n")] = '\0';
	}
	fclose(plan);
}

/* Take what mintmarkd hands over, until both peers are there and it may begin; whether it is the realm of the plan. */
static bool
take_start(void)
{
	bool started = false, is_planned = false;

	while (!started || thief.verifier == -1 || thief.ledger == -1) {
		if (mm_message_receive(CONTROL_FD, MM_PROCESS_ISSUER, MM_PROCESS_MINTMARKD, &thief.message) != 1)
			give_up("mintmarkd is gone");
		if (thief.message.type == MM_MESSAGE_ISSUER_START)
			started = true;
		else if (thief.message.type == MM_MESSAGE_ISSUER_REALM)
			is_planned = strcmp((const char *)thief.message.payload + REALM_NAME_AT,
			    thief.plan[REALM]) == 0;
		else if (thief.message.type == MM_MESSAGE_ISSUER_PEER)
			*(thief.message.payload[0] == MM_PROCESS_LEDGER ? &thief.ledger : &thief.verifier) =
			    thief.message.fd;
	}
	if (mm_message_send(CONTROL_FD, MM_PROCESS_ISSUER, MM_PROCESS_MINTMARKD, MM_MESSAGE_ISSUER_READY, NULL, 0, -1))
		give_up("mintmarkd cannot be told");
	return is_planned;
}

/* ---- asking ---- */

/* The next message of a peer; its socket does not wait, so we do. */
static bool
receive(int socket, enum mm_process peer)
{
	struct pollfd polled = { socket, POLLIN, 0 };

	return poll(&polled, 1, PATIENCE_MS) == 1 &&
	    mm_message_receive(socket, MM_PROCESS_ISSUER, peer, &thief.message) == 1;
}

static struct mm_ticket_spend
ticket_random(void)
{
	struct mm_ticket_spend spend = { .number = ++thief.number };

	if (getrandom(spend.ticket, sizeof(spend.ticket), 0) != sizeof(spend.ticket))
		give_up("no random bytes");
	return spend;
}

/* Spend a ticket; the token's length, 0 where there is none, which then lies in thief.message. */
static size_t
spend(const struct mm_ticket_spend *ticket)
{
	struct mm_token_made made;

	if (mm_message_send(thief.ledger, MM_PROCESS_ISSUER, MM_PROCESS_LEDGER, MM_MESSAGE_TICKET_SPEND, ticket,
	    sizeof(*ticket), -1) != 0)
		give_up("the ledger cannot be asked");
	if (!receive(thief.ledger, MM_PROCESS_LEDGER) ||
	    thief.message.type != MM_MESSAGE_TOKEN_MADE)
		give_up("the ledger does not answer");
	memcpy(&made, thief.message.payload, sizeof(made));
	return made.status == MM_MINT_DONE ? made.token_len : 0;
}

static struct mm_verified
ask(struct mm_verify *verify, enum mm_sign_in_request request)
{
	static struct mm_verify_room room;
	struct mm_verified verified;

	verify->head.number = ++thief.number;
	verify->head.request = (uint16_t)request;
	verify->head.address[10] = verify->head.address[11] = 0xff;
	verify->head.address[12] = 127;
	verify->head.address[15] = 1;
	if (!mm_verify_write(verify, &room))
		give_up("a question cannot be written");
	if (mm_message_send(thief.verifier, MM_PROCESS_ISSUER, MM_PROCESS_VERIFIER, MM_MESSAGE_VERIFY, room.bytes,
	    room.len, -1) != 0)
		give_up("the verifier cannot be asked");
	if (!receive(thief.verifier, MM_PROCESS_VERIFIER) ||
	    thief.message.type != MM_MESSAGE_VERIFIED ||
	    !mm_verified_read(mm_slice((const char *)thief.message.payload, thief.message.len), &verified))
		give_up("the verifier does not answer");
	return verified;
}

#define SET(text, string) \
	do { \
		if (!mm_mint_text_set(&(text), mm_slice((string), strlen(string)))) \
			give_up("a text is too long"); \
	} while (0)

static void
fill_authorize(struct mm_authorize *authorize)
{
	authorize->max_age_s = -1;
	authorize->response_type_code = 1;
	authorize->challenge_method = MM_CHALLENGE_S256;
	authorize->has_redirect_uri = authorize->has_scope = authorize->has_resource = 1;
	SET(authorize->redirect_uri, thief.plan[REDIRECT]);
	SET(authorize->scope, thief.plan[SCOPE]);
	SET(authorize->resource, thief.plan[AUDIENCE]);
	SET(authorize->code_challenge, PKCE_CHALLENGE);
}

static struct mm_verified
sign_in(const char *username, const char *password)
{
	struct mm_verify verify = { .head = { .client_method = MM_CLIENT_NONE } };

	SET(verify.head.client_id, thief.plan[CLIENT]);
	fill_authorize(&verify.ask.sign_in.authorize);
	verify.ask.sign_in.for_authorize = 1;
	SET(verify.ask.sign_in.username, username);
	SET(verify.ask.sign_in.password, password);
	return ask(&verify, MM_ASK_SIGN_IN);
}

static struct mm_verified
spend_code(const char *code)
{
	struct mm_verify verify = { .head = { .client_method = MM_CLIENT_NONE } };

	SET(verify.head.client_id, thief.plan[CLIENT]);
	verify.ask.code.has_redirect_uri = verify.ask.code.has_verifier = verify.ask.code.has_resource = 1;
	SET(verify.ask.code.code, code);
	SET(verify.ask.code.verifier, PKCE_VERIFIER);
	SET(verify.ask.code.redirect_uri, thief.plan[REDIRECT]);
	SET(verify.ask.code.resource, thief.plan[AUDIENCE]);
	return ask(&verify, MM_ASK_CODE);
}

/* A secret such as the verifier makes, guessed. */
static const char *
guess(void)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	static char text[MM_SECRET_TEXT_LEN + 1];
	unsigned char bytes[MM_SECRET_TEXT_LEN];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		give_up("no random bytes");
	for (size_t i = 0; i < sizeof(bytes); i++)
		text[i] = digits[bytes[i] & 63];
	return text;
}

/* ---- attempts ---- */

static bool
has_ticket(const struct mm_verified *verified)
{
	return verified->has_access || verified->has_identity || verified->code.len > 0 || verified->cookie.len > 0 ||
	    verified->refresh_token.len > 0;
}

static void
guess_tickets(void)
{
	size_t got = 0;

	for (unsigned i = 0; i < GUESSES; i++) {
		struct mm_ticket_spend ticket = ticket_random();

		got += spend(&ticket) > 0;
	}
	tell(got > 0, "%u tickets that nobody opened", GUESSES);
}

static void
sign_in_as_victim(void)
{
	struct mm_verified verified = sign_in(thief.plan[VICTIM], "password");

	tell(has_ticket(&verified), "a sign-in of the victim with a guessed password");
}

static void
authorize_without_session(void)
{
	struct mm_verify verify = { .head = { .client_method = MM_CLIENT_NONE } };
	struct mm_verified verified;

	SET(verify.head.client_id, thief.plan[CLIENT]);
	fill_authorize(&verify.ask.authorize.authorize);
	verify.ask.authorize.consent = 1;
	SET(verify.ask.authorize.cookie, guess());
	verified = ask(&verify, MM_ASK_AUTHORIZE);
	tell(has_ticket(&verified), "a code for a session that there is not");
}

static void
spend_guesses(void)
{
	struct mm_verify refresh = { .head = { .client_method = MM_CLIENT_NONE } };
	struct mm_verified verified = spend_code(guess());

	tell(has_ticket(&verified), "a code that nobody was given");
	SET(refresh.head.client_id, thief.plan[CLIENT]);
	SET(refresh.ask.refresh.refresh_token, guess());
	verified = ask(&refresh, MM_ASK_REFRESH);
	tell(has_ticket(&verified), "a refresh token that nobody was given");
}

static void
ask_as_application(void)
{
	struct mm_verify verify = { .head = { .client_method = MM_CLIENT_NONE } };
	struct mm_verified verified;

	SET(verify.head.client_id, thief.plan[CLIENT]);
	verified = ask(&verify, MM_ASK_CLIENT_CREDENTIALS);
	tell(has_ticket(&verified), "an application's token without its secret");
}

/* What he is due: his own token, once. */
static void
take_own(void)
{
	struct mm_verified verified = sign_in(thief.plan[THIEF], thief.plan[PASSWORD]);
	struct mm_ticket_spend ticket = { .number = ++thief.number };
	char code[64];
	size_t len;

	snprintf(code, sizeof(code), "%.*s", (int)verified.code.len, verified.code.bytes);
	verified = spend_code(code);
	memcpy(ticket.ticket, verified.ticket_access, sizeof(ticket.ticket));
	len = spend(&ticket);
	if (!verified.has_access || len == 0)
		give_up("he does not even get his own token");
	tell(true, "own %.*s", (int)len, (const char *)thief.message.payload + sizeof(struct mm_token_made));
	ticket.number = ++thief.number;
	tell(spend(&ticket) > 0, "the same ticket again");
	verified = spend_code(code);
	tell(has_ticket(&verified), "the same code again");
}

/* He says that he is the verifier. The ledger must end the connection. */
static void
open_own_ticket(void)
{
	struct mm_ticket_open open = { .expires_ms = 0 };

	if (mm_message_send(thief.ledger, MM_PROCESS_VERIFIER, MM_PROCESS_LEDGER, MM_MESSAGE_TICKET_OPEN, &open,
	    sizeof(open), -1) != 0)
		give_up("the ledger cannot be told");
	tell(receive(thief.ledger, MM_PROCESS_LEDGER), "to open a ticket himself");
}

static void
try_all(void)
{
	guess_tickets();
	sign_in_as_victim();
	authorize_without_session();
	spend_guesses();
	ask_as_application();
	take_own();
	open_own_ticket();
	fputs("taken issuer: END\n", stderr);
}

int
main(void)
{
	read_plan();
	if (take_start())
		try_all();
	while (mm_message_receive(CONTROL_FD, MM_PROCESS_ISSUER, MM_PROCESS_MINTMARKD, &thief.message) == 1)
		if (thief.message.type == MM_MESSAGE_ISSUER_STOP)
			break;
	return 0;
}
