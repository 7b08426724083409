/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays mintmarkd, verifier and ledger for a real mintmark-issuer: for the tests of what it says to the world, and of
 * what it does while the others are away.
 *
 *	issuer_driver ISSUER ADDRESS-OF-THE-REALM PORT [tls CERTIFICATE KEY AUTHORITIES] [proxy WHO]…
 *
 * enters mintmarkd's sandbox, which the issuer inherits, starts it as mintmarkd would, and listens for it at
 * 127.0.0.1:PORT. Its verifier knows by heart:
 *
 *	client mail-app     public, https://app.example/cb and http://127.0.0.1:PORT+1/cb; "Mail <b>App</b>"
 *	client third-party  the same, and asks for consent
 *	a DPoP proof        any; "n.o.n" lacks a nonce, and each answer to one has the next
 *	client batch        secret "s3cret:+ %", or any assertion, or a certificate
 *	user alice@contoso.example, password "correct horse"; locked@contoso.example has to wait 30 seconds
 *
 * It prints what it is asked, a line each: "verify REQUEST name=value...". Its ledger signs with an ES256 key.
 * From standard input it takes, a line each: "verifier away|back|mute|broken", "ledger away|back|mute|STATUS" (a
 * number of enum mm_mint_status), "keys new|prepared|old|forged", "tenants ID ID...", "stop", "die". The end of
 * standard input is an end without "stop".
 */
#include "daemon/ipc/message.h"
#include "daemon/ipc/sealed.h"
#include "daemon/ipc/sign_in.h"
#include "engine/config.h"
#include "engine/json_writer.h"
#include "engine/key_list.h"
#include "lib/base/array.h"
#include "lib/base/buf.h"
#include "lib/codec/base64url.h"
#include "lib/codec/hex.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/signing_key.h"
#include "lib/jose/header.h"
#include "lib/jose/thumbprint.h"
#include "test/behaviour/played_mintmarkd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SESSION "session-of-alice-session-of-alice-session-o"
#define DEVICE "browser-of-alice-browser-of-alice-browser-o"
#define CODE "code-for-the-mail-app-code-for-the-mail-app"
#define USER_CODE "BCDF-GHJK"

static const char *address_of_realm;
static unsigned port;
static int verifier = -1, ledger = -1;
static bool verifier_mute, ledger_mute;
static enum mm_mint_status mint_status;

static struct mm_ed25519 *root, *state_key;
static struct mm_signing_key *signing_key;
static struct mm_signer *signer;
static struct mm_slice jwk_members;
static uint8_t thumbprint[MM_DIGEST_LEN], certificate[MM_MINT_CERTIFICATE_LEN];
static uint64_t sequence = 10, token_count;

/* What the code and the device code stand for. */
static struct mm_authorize authorized;
static char code_client[MM_MINT_CLIENT_LEN_MAX + 1];
static bool code_good, device_allowed, device_denied;
static unsigned refresh_number;

/* Open tickets: what the ledger would know. */
static struct ticket {
	bool is_identity;
	char client[MM_MINT_CLIENT_LEN_MAX + 1], nonce[MM_MINT_NONCE_LEN_MAX + 1], subject[MM_MINT_ID_LEN_MAX + 1];
	char tenant[MM_MINT_ID_LEN_MAX + 1];
} tickets[4096];
static size_t ticket_count;

/* ---- the issuer and its set-up ---- */

static void
tell(enum mm_message_type type, const void *payload, size_t len, int fd)
{
	if (mm_message_send(control, MM_PROCESS_MINTMARKD, MM_PROCESS_ISSUER, type, payload, len, fd) == -1)
		die("sending a message");
}

static void
tell_realm(void)
{
	struct mm_buf payload;

	mm_buf_init(&payload, MM_MESSAGE_LEN_MAX);
	mm_buf_add(&payload, "\0", 2);
	mm_buf_add_u32(&payload, 3600);
	mm_buf_add_u32(&payload, 604800);
	mm_buf_add_u32(&payload, 172800);
	mm_buf_add_u32(&payload, 86400);
	mm_buf_add_u8(&payload, strchr(address_of_realm, '{') != NULL);
	mm_buf_add(&payload, "test", sizeof("test"));
	mm_buf_add(&payload, address_of_realm, strlen(address_of_realm) + 1);
	mm_buf_add(&payload, "ES256", sizeof("ES256"));
	mm_buf_add(&payload, "", 1);
	if (!mm_buf_ok(&payload))
		die("memory");
	tell(MM_MESSAGE_ISSUER_REALM, payload.data, payload.len, -1);
	mm_buf_clear(&payload);
}

static void
tell_listener(bool tls)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	char payload[64];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1, len;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == -1 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) == -1 || listen(fd, 512) == -1)
		die("listening");
	len = snprintf(payload, sizeof(payload), "%c127.0.0.1:%u", tls ? MM_LISTEN_TLS : MM_LISTEN_TCP, port);
	tell(MM_MESSAGE_ISSUER_LISTENER, payload, (size_t)len, fd);
	close(fd);
}

static void
tell_file(enum mm_message_type type, const void *payload, size_t len, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		die(path);
	tell(type, payload, len, fd);
	close(fd);
}

static void
tell_peer(enum mm_process process)
{
	const unsigned char payload[3] = { (unsigned char)process, 0, 0 };
	int pair[2], *own = process == MM_PROCESS_VERIFIER ? &verifier : &ledger;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		die("socketpair");
	tell(MM_MESSAGE_ISSUER_PEER, payload, sizeof(payload), pair[1]);
	close(pair[1]);
	*own = pair[0];
}

/* ---- keys ---- */

static struct mm_ed25519 *
make_key(void)
{
	uint8_t seed[MM_ED25519_SEED_LEN];
	struct mm_ed25519 *made = mm_ed25519_make(seed) ? mm_ed25519_new(seed) : NULL;

	if (made == NULL)
		die("making a key");
	return made;
}

static void
make_keys(void)
{
	static char room[4096];
	struct mm_scratch scratch = { room, sizeof(room), 0 };
	struct mm_mint_certificate stated = { MM_PURPOSE_KEY_STATE, 1, time(NULL) - 60, time(NULL) + 86400, { 0 } };

	root = make_key();
	state_key = make_key();
	mm_ed25519_public(state_key, stated.public_key);
	signing_key = mm_signing_key_make(MM_SCHEME_ECDSA, 0);
	signer = signing_key == NULL ? NULL : mm_signer_new(signing_key);
	if (signer == NULL || !mm_mint_certificate_make(&stated, root, certificate) ||
	    mm_thumbprint_make(mm_signing_key_material(signing_key), &scratch, thumbprint) != MM_THUMBPRINT_MADE ||
	    !mm_thumbprint_members(mm_signing_key_material(signing_key), &scratch, &jwk_members))
		die("making the realm's key");
}

static void
write_keys(struct mm_buf *keys, const char *key_state)
{
	char kid[MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN)];
	int64_t now_s = time(NULL);

	mm_base64url_encode(mm_slice(thumbprint, sizeof(thumbprint)), kid);
	mm_buf_addf(keys, "{\"keys\":[{\"kid\":\"%.*s\",%.*s,\"alg\":\"ES256\",\"use\":\"sig\",\"issuer\":\"%s\"",
	    (int)sizeof(kid), kid, (int)jwk_members.len - 2, jwk_members.ptr + 1, address_of_realm);
	mm_buf_addf(keys, ",\"iat\":%" PRId64 ",\"nbf\":%" PRId64 ",\"exp\":%" PRId64 ",\"verify_until\":%" PRId64
	                  ",\"state\":\"%s\"}]}",
	    now_s - 60, now_s - 60, now_s + 604800, now_s + 691200, key_state);
}

static void
tell_keys(const char *how)
{
	struct mm_ed25519 *other = make_key();
	struct mm_key_list list = { .time_s = time(NULL), .realm = mm_slice_str("test") };
	struct mm_buf keys, bytes;
	int fd = mm_sealed_new("keys");

	mm_buf_init(&keys, 8192);
	mm_buf_init(&bytes, 16384);
	write_keys(&keys, strcmp(how, "prepared") == 0 ? "prepared" : "active");
	list.sequence = strcmp(how, "old") == 0 ? 1 : sequence++;
	list.keys = mm_slice(keys.data, keys.len);
	if (fd == -1 ||
	    !mm_key_list_write(&list, certificate, strcmp(how, "forged") == 0 ? other : state_key, &bytes) ||
	    mm_sealed_write(fd, mm_slice(bytes.data, bytes.len)) == -1 || mm_sealed_seal(fd) == -1)
		die("writing the key list");
	tell(MM_MESSAGE_ISSUER_KEYS, NULL, 0, fd);
	close(fd);
	mm_buf_clear(&keys);
	mm_buf_clear(&bytes);
	mm_ed25519_free(&other);
}

/* ---- tenants ---- */

static void
tell_tenants(const char *ids)
{
	int fd = mm_sealed_new("tenants");
	struct mm_buf list;

	mm_buf_init(&list, 4096);
	mm_buf_add_str(&list, ids);
	for (size_t i = 0; i < list.len; i++)
		if (list.data[i] == ' ')
			list.data[i] = '\0';
	mm_buf_add(&list, "\0", list.len > 0 ? 2 : 1);
	if (fd == -1 || !mm_buf_ok(&list) || mm_sealed_write(fd, mm_slice(list.data, list.len)) == -1 ||
	    mm_sealed_seal(fd) == -1)
		die("writing the tenants");
	tell(MM_MESSAGE_ISSUER_TENANTS, NULL, 0, fd);
	close(fd);
	mm_buf_clear(&list);
}

/* ---- the verifier: what it is asked ---- */

#define text_is(text, literal) mm_slice_equal(mm_mint_text_get(text), mm_slice_str(literal))

#define set_text(text, slice)                        \
	do {                                         \
		if (!mm_mint_text_set(text, slice))  \
			die("a text does not fit"); \
	} while (0)

#define show(name, text)                                                                        \
	do {                                                                                    \
		if ((text)->len > 0)                                                            \
			printf(" %s=%.*s", name, (int)(text)->len, (const char *)(text)->bytes); \
	} while (0)

static const char *const request_names[] = {
	"NOTHING",
#define MM_SIGN_IN_REQUEST(name, structure, path, authenticates) #name,
#include "daemon/ipc/sign_in_requests.def"
#undef MM_SIGN_IN_REQUEST
};

static void
show_authorize(const struct mm_authorize *authorize)
{
	printf(" code=%u challenge=%u max_age=%" PRId64, authorize->response_type_code, authorize->challenge_method,
	    authorize->max_age_s);
	show("redirect_uri", &authorize->redirect_uri);
	show("scope", &authorize->scope);
	show("resource", &authorize->resource);
	show("nonce", &authorize->nonce);
}

static void
show_head(const struct mm_verify *verify)
{
	const struct mm_verify_head *head = &verify->head;
	char address[INET6_ADDRSTRLEN] = "";

	inet_ntop(AF_INET6, head->address, address, sizeof(address));
	printf("verify %s method=%u get=%u address=%s", request_names[head->request], head->client_method, head->is_get,
	    address);
	show("client_id", &head->client_id);
	show("secret", &head->secret);
	show("tenant", &head->tenant);
	if (head->has_certificate)
		printf(" certificate trusted=%u", head->certificate_trusted);
	show("subject", &head->certificate_subject);
	if (head->proof_count > 0)
		printf(" proofs=%u proof_len=%zu", head->proof_count, verify->proof.len);
	if (verify->assertion.len > 0)
		printf(" assertion_len=%zu", verify->assertion.len);
	if (verify->token.len > 0)
		printf(" token=%.*s", (int)(verify->token.len < 100 ? verify->token.len : 100), verify->token.ptr);
}

static void
show_ask(const struct mm_verify *verify)
{
	switch (verify->head.request) {
	case MM_ASK_AUTHORIZE_CHECK:
	case MM_ASK_AUTHORIZE:
		show_authorize(&verify->ask.authorize.authorize);
		printf(" consent=%u", verify->ask.authorize.consent);
		show("cookie", &verify->ask.authorize.cookie);
		break;
	case MM_ASK_SIGN_IN:
		if (verify->ask.sign_in.for_authorize)
			show_authorize(&verify->ask.sign_in.authorize);
		show("username", &verify->ask.sign_in.username);
		show("device", &verify->ask.sign_in.device);
		break;
	case MM_ASK_CODE:
		show("code", &verify->ask.code.code);
		show("verifier", &verify->ask.code.verifier);
		show("redirect_uri", &verify->ask.code.redirect_uri);
		break;
	case MM_ASK_EXCHANGE:
		printf(" types=%u,%u actor=%u", verify->ask.exchange.subject_type, verify->ask.exchange.requested_type,
		    verify->ask.exchange.has_actor);
		show("target", &verify->ask.exchange.target);
		break;
	case MM_ASK_DEVICE_USER:
		printf(" decision=%u", verify->ask.device_user.decision);
		show("user_code", &verify->ask.device_user.user_code);
		break;
	case MM_ASK_REVOKE:
	case MM_ASK_INTROSPECT:
		printf(" hint=%u", verify->ask.token_hint.hint);
		break;
	default:
		break;
	}
	printf("\n");
}

/* ---- the verifier: what it answers ---- */

static void
refuse(struct mm_verified *verified, enum mm_sign_in_status status, const char *why)
{
	verified->status = (uint16_t)status;
	set_text(&verified->description, mm_slice_str(why));
}

static void
open_ticket(uint8_t number[MM_TICKET_LEN], bool is_identity, struct mm_slice client, struct mm_slice nonce,
    struct mm_slice tenant)
{
	struct ticket *ticket = &tickets[ticket_count % MM_COUNT_OF(tickets)];
	uint32_t at = (uint32_t)(ticket_count++ % MM_COUNT_OF(tickets));

	ticket->is_identity = is_identity;
	snprintf(ticket->client, sizeof(ticket->client), "%.*s", (int)client.len, client.ptr);
	snprintf(ticket->nonce, sizeof(ticket->nonce), "%.*s", (int)nonce.len, nonce.ptr);
	snprintf(ticket->tenant, sizeof(ticket->tenant), "%.*s", (int)tenant.len, tenant.ptr);
	memset(number, 0, MM_TICKET_LEN);
	memcpy(number, &at, sizeof(at));
	number[MM_TICKET_LEN - 1] = 1;
}

static void
grant(const struct mm_verify *verify, struct mm_verified *verified, const char *scope)
{
	struct mm_slice client = mm_mint_text_get(&verify->head.client_id);

	if (verify->head.proof_count == 1)
		set_text(&verified->dpop_nonce, mm_slice_str("nonce-of-the-verifier"));
	if (mm_slice_equal(verify->proof, mm_slice_str("n.o.n"))) {
		refuse(verified, MM_SIGN_IN_USE_DPOP_NONCE, "the proof has no nonce");
		return;
	}
	verified->has_access = 1;
	verified->expires_in_s = 3600;
	verified->sender_key = verify->head.proof_count == 1 ? MM_SENDER_DPOP : MM_SENDER_NONE;
	set_text(&verified->scope, mm_slice_str(scope));
	open_ticket(verified->ticket_access, false, client, MM_SLICE_ABSENT, mm_mint_text_get(&verify->head.tenant));
}

static bool
place_is_good(const struct mm_authorize *authorize)
{
	char own[64];

	snprintf(own, sizeof(own), "http://127.0.0.1:%u/cb", port + 1);
	return text_is(&authorize->redirect_uri, "https://app.example/cb") || text_is(&authorize->redirect_uri, own);
}

static void
check_authorize(const struct mm_verify *verify, const struct mm_authorize *authorize, struct mm_verified *verified)
{
	bool third = text_is(&verify->head.client_id, "third-party");

	if (!third && !text_is(&verify->head.client_id, "mail-app")) {
		refuse(verified, MM_SIGN_IN_INVALID_REQUEST, "There is no such client.");
		return;
	}
	if (!place_is_good(authorize)) {
		refuse(verified, MM_SIGN_IN_INVALID_REQUEST, "The address to lead back to is not registered.");
		return;
	}
	verified->may_redirect = 1;
	verified->consent = third;
	set_text(&verified->client_id, mm_mint_text_get(&verify->head.client_id));
	set_text(&verified->client_name, mm_slice_str("Mail <b>App</b>"));
	set_text(&verified->scope, mm_mint_text_get(&authorize->scope));
	if (!authorize->response_type_code)
		refuse(verified, MM_SIGN_IN_UNSUPPORTED_RESPONSE_TYPE, "response_type is not code");
	else if (authorize->challenge_method != MM_CHALLENGE_S256)
		refuse(verified, MM_SIGN_IN_INVALID_REQUEST, "code_challenge of S256 is missing");
}

static void
give_code(const struct mm_verify *verify, const struct mm_authorize *authorize, struct mm_verified *verified)
{
	authorized = *authorize;
	snprintf(code_client, sizeof(code_client), "%.*s", (int)verify->head.client_id.len,
	    verify->head.client_id.bytes);
	code_good = true;
	set_text(&verified->code, mm_slice_str(CODE));
	set_text(&verified->tenant, mm_mint_text_get(&verify->head.tenant));
}

static void
verify_authorize(const struct mm_verify *verify, struct mm_verified *verified)
{
	const struct mm_ask_authorize *ask = &verify->ask.authorize;

	check_authorize(verify, &ask->authorize, verified);
	verified->signed_in = text_is(&ask->cookie, SESSION);
	if (verified->signed_in)
		set_text(&verified->username, mm_slice_str("alice@contoso.example"));
	if (verify->head.request == MM_ASK_AUTHORIZE_CHECK || verified->status != MM_SIGN_IN_OK)
		return;
	if (!verified->signed_in)
		refuse(verified, MM_SIGN_IN_LOGIN_REQUIRED, "nobody is signed in");
	else if (verified->consent && !ask->consent)
		refuse(verified, MM_SIGN_IN_CONSENT_REQUIRED, "the user has not agreed");
	else
		give_code(verify, &ask->authorize, verified);
}

static void
verify_sign_in(const struct mm_verify *verify, struct mm_verified *verified)
{
	const struct mm_ask_sign_in *ask = &verify->ask.sign_in;

	if (ask->for_authorize)
		check_authorize(verify, &ask->authorize, verified);
	if (verified->status != MM_SIGN_IN_OK)
		return;
	if (text_is(&ask->username, "locked@contoso.example")) {
		refuse(verified, MM_SIGN_IN_TOO_MANY_ATTEMPTS, "too many");
		verified->retry_after_s = 30;
	} else if (!text_is(&ask->username, "alice@contoso.example") || !text_is(&ask->password, "correct horse")) {
		refuse(verified, MM_SIGN_IN_WRONG_PASSWORD, "wrong");
	} else {
		set_text(&verified->cookie, mm_slice_str(SESSION));
		set_text(&verified->device, mm_slice_str(DEVICE));
		set_text(&verified->username, mm_slice_str("alice@contoso.example"));
		if (ask->for_authorize && !verified->consent)
			give_code(verify, &ask->authorize, verified);
	}
}

/* RFC 7636 section 4.6 */
static bool
verifier_fits(const struct mm_ask_code *ask)
{
	char challenge[MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN)];
	uint8_t digest[MM_DIGEST_LEN];

	if (!mm_sha256(mm_mint_text_get(&ask->verifier), digest))
		return false;
	mm_base64url_encode(mm_slice(digest, sizeof(digest)), challenge);
	return mm_slice_equal(mm_mint_text_get(&authorized.code_challenge), mm_slice(challenge, sizeof(challenge)));
}

static void
give_refresh_token(struct mm_verified *verified)
{
	char token[MM_SECRET_TEXT_LEN + 1];

	snprintf(token, sizeof(token), "refresh-token-number-%022u", ++refresh_number);
	set_text(&verified->refresh_token, mm_slice_str(token));
}

static void
verify_code(const struct mm_verify *verify, struct mm_verified *verified)
{
	const struct mm_ask_code *ask = &verify->ask.code;

	if (!code_good || !text_is(&ask->code, CODE) || !text_is(&verify->head.client_id, code_client) ||
	    !verifier_fits(ask)) {
		refuse(verified, MM_SIGN_IN_INVALID_GRANT, "the code is not good");
		return;
	}
	code_good = false;
	grant(verify, verified, "openid mail");
	verified->has_identity = 1;
	open_ticket(verified->ticket_identity, true, mm_mint_text_get(&verify->head.client_id),
	    mm_mint_text_get(&authorized.nonce), mm_mint_text_get(&verify->head.tenant));
	give_refresh_token(verified);
}

static void
verify_refresh(const struct mm_verify *verify, struct mm_verified *verified)
{
	char token[MM_SECRET_TEXT_LEN + 1];

	snprintf(token, sizeof(token), "refresh-token-number-%022u", refresh_number);
	if (!text_is(&verify->ask.refresh.refresh_token, token)) {
		refuse(verified, MM_SIGN_IN_INVALID_GRANT, "the refresh token is not good");
		return;
	}
	grant(verify, verified, "openid mail");
	give_refresh_token(verified);
}

static bool
is_batch(const struct mm_verify *verify, struct mm_verified *verified)
{
	if ((text_is(&verify->head.client_id, "batch") && text_is(&verify->head.secret, "s3cret:+ %")) ||
	    verify->assertion.len > 0 || verify->head.has_certificate)
		return true;
	refuse(verified, MM_SIGN_IN_INVALID_CLIENT, "the client is not who it says");
	return false;
}

static void
verify_device_start(const struct mm_verify *verify, struct mm_verified *verified)
{
	(void)verify;
	device_allowed = device_denied = false;
	verified->expires_in_s = 600;
	verified->interval_s = 5;
	set_text(&verified->device_code, mm_slice_str("device-code-of-the-test-device-code-of-the-"));
	set_text(&verified->user_code, mm_slice_str(USER_CODE));
}

static void
verify_device_poll(const struct mm_verify *verify, struct mm_verified *verified)
{
	if (device_denied)
		refuse(verified, MM_SIGN_IN_ACCESS_DENIED, "the user does not agree");
	else if (!device_allowed)
		refuse(verified, MM_SIGN_IN_AUTHORIZATION_PENDING, "the user has not decided yet");
	else
		grant(verify, verified, "mail");
}

/* Case, spaces and hyphens do not matter. */
static bool
is_user_code(struct mm_slice text)
{
	char letters[64];
	size_t len = 0;

	for (size_t i = 0; i < text.len && len < sizeof(letters); i++)
		if (text.ptr[i] != ' ' && text.ptr[i] != '-')
			letters[len++] = text.ptr[i];
	return len == 8 && strncasecmp(letters, "BCDFGHJK", len) == 0;
}

static void
verify_device_user(const struct mm_verify *verify, struct mm_verified *verified)
{
	const struct mm_ask_device_user *ask = &verify->ask.device_user;

	if (!text_is(&ask->cookie, SESSION)) {
		refuse(verified, MM_SIGN_IN_LOGIN_REQUIRED, "nobody is signed in");
		return;
	}
	if (!is_user_code(mm_mint_text_get(&ask->user_code))) {
		refuse(verified, MM_SIGN_IN_UNKNOWN_USER_CODE, "there is no such code");
		return;
	}
	device_allowed = ask->decision == MM_DEVICE_ALLOW;
	device_denied = ask->decision == MM_DEVICE_DENY;
	verified->done = ask->decision != MM_DEVICE_LOOK;
	set_text(&verified->client_name, mm_slice_str("Mail \"Client\""));
	set_text(&verified->scope, mm_slice_str("openid mail offline_access"));
	set_text(&verified->username, mm_slice_str("alice@contoso.example"));
}

static void
verify_introspect(const struct mm_verify *verify, struct mm_verified *verified)
{
	if (!is_batch(verify, verified))
		return;
	verified->active = memmem(verify->token.ptr, verify->token.len, "dead", 4) == NULL;
	if (!verified->active)
		return;
	verified->iat_s = 1000;
	verified->exp_s = 4600;
	verified->sender_key = MM_SENDER_DPOP;
	set_text(&verified->client_id, mm_slice_str("mail-app"));
	set_text(&verified->subject, mm_slice_str("alice"));
	set_text(&verified->scope, mm_slice_str("mail"));
	set_text(&verified->token_id, mm_slice_str("id-of-the-token"));
}

static void
verify_userinfo(const struct mm_verify *verify, struct mm_verified *verified)
{
	if (mm_slice_equal(verify->proof, mm_slice_str("n.o.n"))) {
		set_text(&verified->dpop_nonce, mm_slice_str("nonce-of-the-verifier"));
		refuse(verified, MM_SIGN_IN_USE_DPOP_NONCE, "the proof has no nonce");
		return;
	}
	if (memmem(verify->token.ptr, verify->token.len, "dead", 4) != NULL) {
		refuse(verified, MM_SIGN_IN_INVALID_TOKEN, "the token is not good");
		return;
	}
	set_text(&verified->subject, mm_slice_str("alice"));
	set_text(&verified->username, mm_slice_str("alice@contoso.example"));
	set_text(&verified->name, mm_slice_str("Alice \"A\" Example"));
}

static void
verify_session(const struct mm_verify *verify, struct mm_verified *verified)
{
	if (!text_is(&verify->ask.session.cookie, SESSION))
		refuse(verified, MM_SIGN_IN_LOGIN_REQUIRED, "nobody is signed in");
}

static void
verify_sign_out(const struct mm_verify *verify, struct mm_verified *verified)
{
	verified->may_redirect = text_is(&verify->head.client_id, "mail-app") &&
	    text_is(&verify->ask.sign_out.redirect_uri, "https://app.example/bye");
}

static void
answer(const struct mm_verify *verify, struct mm_verified *verified)
{
	switch (verify->head.request) {
	case MM_ASK_AUTHORIZE_CHECK:
	case MM_ASK_AUTHORIZE: verify_authorize(verify, verified); break;
	case MM_ASK_SIGN_IN: verify_sign_in(verify, verified); break;
	case MM_ASK_SESSION: verify_session(verify, verified); break;
	case MM_ASK_SIGN_OUT: verify_sign_out(verify, verified); break;
	case MM_ASK_CODE: verify_code(verify, verified); break;
	case MM_ASK_REFRESH: verify_refresh(verify, verified); break;
	case MM_ASK_CLIENT_CREDENTIALS:
	case MM_ASK_EXCHANGE:
		if (is_batch(verify, verified))
			grant(verify, verified, "mail");
		break;
	case MM_ASK_DEVICE_START: verify_device_start(verify, verified); break;
	case MM_ASK_DEVICE_POLL: verify_device_poll(verify, verified); break;
	case MM_ASK_DEVICE_USER: verify_device_user(verify, verified); break;
	case MM_ASK_INTROSPECT: verify_introspect(verify, verified); break;
	case MM_ASK_REVOKE: (void)is_batch(verify, verified); break;
	case MM_ASK_USERINFO: verify_userinfo(verify, verified); break;
	default: die("no such request");
	}
}

static void
serve_verifier(void)
{
	static struct mm_message message;
	struct mm_verified verified;
	struct mm_verify verify;

	if (mm_message_receive(verifier, MM_PROCESS_VERIFIER, MM_PROCESS_ISSUER, &message) != 1 ||
	    !mm_verify_read(mm_slice(message.payload, message.len), &verify)) {
		printf("the issuer sent the verifier nothing that it takes\n");
		close(verifier);
		verifier = -1;
		return;
	}
	show_head(&verify);
	show_ask(&verify);
	if (verifier_mute)
		return;
	memset(&verified, 0, sizeof(verified));
	verified.number = verify.head.number;
	answer(&verify, &verified);
	if (mm_message_send(verifier, MM_PROCESS_VERIFIER, MM_PROCESS_ISSUER, MM_MESSAGE_VERIFIED, &verified,
	        sizeof(verified), -1) == -1)
		die("answering");
}

/* ---- the ledger ---- */

static void
add_encoded(struct mm_buf *token, struct mm_slice bytes)
{
	char text[8192];

	if (MM_BASE64URL_ENCODED_LEN(bytes.len) > sizeof(text))
		die("too long");
	mm_base64url_encode(bytes, text);
	mm_buf_add(token, text, MM_BASE64URL_ENCODED_LEN(bytes.len));
}

static void
add_issuer(struct mm_buf *payload, const char *tenant)
{
	const char *brace = strchr(address_of_realm, '{'), *end = brace == NULL ? NULL : strchr(brace, '}');

	if (end == NULL)
		mm_buf_add_str(payload, address_of_realm);
	else
		mm_buf_addf(payload, "%.*s%s%s", (int)(brace - address_of_realm), address_of_realm, tenant, end + 1);
}

static void
write_payload(const struct ticket *ticket, struct mm_buf *payload)
{
	int64_t now_s = time(NULL);

	mm_buf_add_str(payload, "{\"iss\":\"");
	add_issuer(payload, ticket->tenant);
	mm_buf_addf(payload, "\",\"sub\":\"alice\",\"aud\":\"%s\",\"client_id\":\"%s\"",
	    ticket->is_identity ? ticket->client : "https://mail.example", ticket->client);
	mm_buf_addf(payload, ",\"iat\":%" PRId64 ",\"exp\":%" PRId64 ",\"jti\":\"token-%" PRIu64 "\"", now_s,
	    now_s + 3600, ++token_count);
	if (ticket->nonce[0] != '\0')
		mm_buf_addf(payload, ",\"auth_time\":%" PRId64 ",\"nonce\":\"%s\"", now_s, ticket->nonce);
	mm_buf_add_str(payload, "}");
}

static void
make_token(const struct ticket *ticket, struct mm_buf *token)
{
	char header[MM_HEADER_WRITTEN_MAX];
	unsigned char signature[MM_SIGNING_SIGNATURE_MAX];
	struct mm_buf payload;
	size_t len = mm_header_write(ticket->is_identity ? "JWT" : "at+jwt",
	    mm_algorithm_find(mm_slice_str("ES256")), thumbprint, header);

	mm_buf_init(&payload, 4096);
	write_payload(ticket, &payload);
	add_encoded(token, mm_slice(header, len));
	mm_buf_add_str(token, ".");
	add_encoded(token, mm_slice(payload.data, payload.len));
	len = mm_signer_sign(signer, mm_slice(token->data, token->len), signature);
	mm_buf_add_str(token, ".");
	add_encoded(token, mm_slice(signature, len));
	mm_buf_clear(&payload);
}

static void
serve_ledger(void)
{
	static struct mm_message message;
	struct mm_ticket_spend spend;
	struct mm_token_made made = { .status = mint_status };
	struct mm_buf token, payload;
	uint32_t at;

	if (mm_message_receive(ledger, MM_PROCESS_LEDGER, MM_PROCESS_ISSUER, &message) != 1 ||
	    message.len != sizeof(spend)) {
		printf("the issuer sent the ledger nothing that it takes\n");
		close(ledger);
		ledger = -1;
		return;
	}
	memcpy(&spend, message.payload, sizeof(spend));
	if (ledger_mute)
		return;
	memcpy(&at, spend.ticket, sizeof(at));
	mm_buf_init(&token, MM_MINT_TOKEN_MAX);
	mm_buf_init(&payload, MM_MESSAGE_LEN_MAX);
	made.number = spend.number;
	if (mint_status == MM_MINT_DONE)
		make_token(&tickets[at % MM_COUNT_OF(tickets)], &token);
	made.token_len = (uint32_t)token.len;
	mm_buf_add(&payload, &made, sizeof(made));
	mm_buf_add(&payload, token.data, token.len);
	if (!mm_buf_ok(&payload) || mm_message_send(ledger, MM_PROCESS_LEDGER, MM_PROCESS_ISSUER, MM_MESSAGE_TOKEN_MADE,
	                                payload.data, payload.len, -1) == -1)
		die("handing over a token");
	mm_buf_clear(&token);
	mm_buf_clear(&payload);
}

/* ---- commands, and what the issuer says ---- */

static void
lose(int *peer)
{
	if (*peer >= 0)
		close(*peer);
	*peer = -1;
}

static void
bring_back(int *peer, bool *mute, enum mm_process process)
{
	*mute = false;
	mint_status = MM_MINT_DONE;
	lose(peer);
	tell_peer(process);
}

/* An answer that the issuer must not take, from a verifier that it must not believe from then on. */
static void
say_broken(void)
{
	struct mm_verified broken = { .status = 999 };

	if (mm_message_send(verifier, MM_PROCESS_VERIFIER, MM_PROCESS_ISSUER, MM_MESSAGE_VERIFIED, &broken,
	        sizeof(broken), -1) == -1)
		die("saying what is broken");
}

static void
obey(const char *line)
{
	if (strcmp(line, "verifier away") == 0)
		lose(&verifier);
	else if (strcmp(line, "ledger away") == 0)
		lose(&ledger);
	else if (strcmp(line, "verifier back") == 0)
		bring_back(&verifier, &verifier_mute, MM_PROCESS_VERIFIER);
	else if (strcmp(line, "ledger back") == 0)
		bring_back(&ledger, &ledger_mute, MM_PROCESS_LEDGER);
	else if (strcmp(line, "verifier mute") == 0)
		verifier_mute = true;
	else if (strcmp(line, "ledger mute") == 0)
		ledger_mute = true;
	else if (strcmp(line, "verifier broken") == 0)
		say_broken();
	else if (strncmp(line, "ledger ", 7) == 0)
		mint_status = (enum mm_mint_status)strtoul(line + 7, NULL, 10);
	else if (strncmp(line, "keys ", 5) == 0)
		tell_keys(line + 5);
	else if (strncmp(line, "tenants ", 8) == 0)
		tell_tenants(line + 8);
	else if (strcmp(line, "stop") == 0)
		tell(MM_MESSAGE_ISSUER_STOP, NULL, 0, -1);
	else if (strcmp(line, "die") == 0)
		kill(child, SIGKILL);
	else
		die("no such command");
	printf("did %s\n", line);
}

/* Whether the issuer is still there. */
static bool
listen_to_issuer(void)
{
	static struct mm_message message;

	if (mm_message_receive(control, MM_PROCESS_MINTMARKD, MM_PROCESS_ISSUER, &message) != 1)
		return false;
	if (message.type == MM_MESSAGE_ISSUER_READY)
		printf("ready\n");
	else
		printf("%s %.*s\n", message.type == MM_MESSAGE_ISSUER_ALARM ? "alarm" : "status", (int)message.len,
		    (const char *)message.payload);
	return true;
}

static bool
listen_to_test(void)
{
	static char text[4096];
	static size_t held;
	ssize_t len = read(STDIN_FILENO, text + held, sizeof(text) - held);
	char *line = text, *end;

	if (len <= 0) {
		shutdown(control, SHUT_WR);
		return false;
	}
	held += (size_t)len;
	for (; (end = memchr(line, '\n', held)) != NULL; line = end + 1) {
		*end = '\0';
		held -= (size_t)(end + 1 - line);
		obey(line);
	}
	memmove(text, line, held);
	return held < sizeof(text);
}

static void
set_up(char **arguments)
{
	uint8_t root_public[MM_ED25519_PUBLIC_LEN];
	bool tls = *arguments != NULL && strcmp(*arguments, "tls") == 0;
	unsigned char user[8];

	for (size_t i = 0; i < sizeof(user); i += 4)
		memcpy(user + i, &(const uint32_t){ NOBODY }, 4);
	mm_ed25519_public(root, root_public);
	tell_realm();
	tell(MM_MESSAGE_ISSUER_ROOT, root_public, sizeof(root_public), -1);
	tell_listener(tls);
	if (tls) {
		tell_file(MM_MESSAGE_ISSUER_TLS, "\0", 1, arguments[1]);
		tell_file(MM_MESSAGE_ISSUER_TLS, "\1", 1, arguments[2]);
		tell_file(MM_MESSAGE_ISSUER_CLIENT_CA, NULL, 0, arguments[3]);
		arguments += 4;
	}
	for (; *arguments != NULL && strcmp(*arguments, "proxy") == 0; arguments += 2)
		tell(MM_MESSAGE_ISSUER_PROXY, arguments[1], strlen(arguments[1]), -1);
	tell_keys("new");
	tell_peer(MM_PROCESS_VERIFIER);
	tell_peer(MM_PROCESS_LEDGER);
	tell(MM_MESSAGE_ISSUER_START, user, sizeof(user), -1);
}

int
main(int argc, char **argv)
{
	bool test_there = true;

	if (argc < 4) {
		fprintf(stderr,
		    "usage: issuer_driver ISSUER ADDRESS PORT [tls CERTIFICATE KEY AUTHORITIES] [proxy WHO]\n");
		return 2;
	}
	address_of_realm = argv[2];
	port = (unsigned)strtoul(argv[3], NULL, 10);
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	make_keys();
	start_child("issuer", argv[1]);
	set_up(argv + 4);
	for (;;) {
		struct pollfd fds[] = { { control, POLLIN, 0 }, { test_there ? STDIN_FILENO : -1, POLLIN, 0 },
			{ verifier, POLLIN, 0 }, { ledger, POLLIN, 0 } };

		if (poll(fds, MM_COUNT_OF(fds), -1) == -1)
			die("poll");
		if (fds[0].revents != 0 && !listen_to_issuer())
			break;
		if (fds[1].revents != 0)
			test_there = listen_to_test();
		if (fds[2].revents != 0 && verifier >= 0)
			serve_verifier();
		if (fds[3].revents != 0 && ledger >= 0)
			serve_ledger();
	}
	wait_for_child();
	return 0;
}
