/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world for tests of the verifier: what mintmarkd, issuer and ledger say to it, and requests that are good until a
 * test spoils them. How a request gets to the verifier and back is the test's: world.carry.
 *
 * The realm is "enterprise" of two tenants, contoso (contoso.example) and fabrikam; the service imap has the audience
 * https://mail.example. Alice and Bob are contoso's, Mallory is fabrikam's.
 */
#ifndef MM_TEST_VERIFIER_WORLD_H
#define MM_TEST_VERIFIER_WORLD_H

#include "daemon/ipc/message.h"
#include "daemon/ipc/mint_ask.h"
#include "daemon/ipc/sign_in.h"
#include "lib/base/buf.h"
#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ISSUER "https://login.example/{tenant}/v2.0"
#define CONTOSO "aaaaaaaa-0000-4000-8000-00000000000a"
#define FABRIKAM "bbbbbbbb-0000-4000-8000-00000000000b"
#define AUDIENCE "https://mail.example"
#define REDIRECT "https://webmail.example/cb"
#define PASSWORD "correct horse battery staple"
#define CODE_VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CODE_CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

struct world {
	int control, issuer, ledger; /* our ends */
	uint64_t number;
	struct mm_grant grants[4]; /* of the last tickets that were opened, the newest first */
	unsigned tickets;          /* that were opened altogether */
	enum mm_mint_status ledger_status;
	enum mm_issued_answer ledger_says;
	bool ledger_mute;
	bool ledger_confused; /* it speaks of another token */
	struct mm_revoke revoked[8]; /* that came last, the newest first */
	unsigned revocations;        /* that came altogether */
	enum mm_mint_status revoke_status;
	int64_t revoke_up_to_s;
	void (*carry)(void); /* let the verifier work: in this process, or nothing */
};

static struct world world;
static struct mm_message world_message;

static inline void
world_die(const char *what)
{
	perror(what);
	exit(3);
}

/* ---- what mintmarkd sends ---- */

static inline void
world_tell(enum mm_message_type type, const void *payload, size_t len, int fd)
{
	if (mm_message_send(world.control, MM_PROCESS_MINTMARKD, MM_PROCESS_VERIFIER, type, payload, len, fd) != 0)
		world_die("a message to the verifier");
}

static inline struct mm_buf
world_realm(void)
{
	static const char texts[] = "enterprise\0" ISSUER "\0ES256\0";
	struct mm_buf buf;

	mm_buf_init(&buf, 4096);
	mm_buf_add_u8(&buf, 1);
	mm_buf_add_u8(&buf, 0);
	mm_buf_add_u32(&buf, 3600);
	mm_buf_add_u32(&buf, 604800);
	mm_buf_add_u32(&buf, 172800);
	mm_buf_add_u32(&buf, 86400);
	mm_buf_add_u8(&buf, 1);
	mm_buf_add(&buf, texts, sizeof(texts));
	return buf;
}

static const char world_contoso[] = "contoso\0" CONTOSO "\0contoso.example\0";
static const char world_fabrikam[] = "fabrikam\0" FABRIKAM "\0fabrikam.example\0";
static const char world_service[] = "imap\0" AUDIENCE;

/* ---- requests ---- */

#define WORLD_SET(text, value)                                           \
	do {                                                             \
		if (!mm_mint_text_set((text), mm_slice_str(value)))      \
			world_die("a text does not fit");                \
	} while (0)

static inline struct mm_verify
world_request(enum mm_sign_in_request request, const char *client)
{
	static const uint8_t address[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1 };
	struct mm_verify verify;

	memset(&verify, 0, sizeof(verify));
	verify.head.request = (uint16_t)request;
	memcpy(verify.head.address, address, sizeof(address));
	WORLD_SET(&verify.head.tenant, CONTOSO);
	WORLD_SET(&verify.head.client_id, client);
	return verify;
}

static inline void
world_authorize(struct mm_authorize *authorize)
{
	authorize->max_age_s = -1;
	authorize->response_type_code = 1;
	authorize->challenge_method = MM_CHALLENGE_S256;
	authorize->has_redirect_uri = 1;
	authorize->has_scope = 1;
	authorize->has_nonce = 1;
	WORLD_SET(&authorize->redirect_uri, REDIRECT);
	WORLD_SET(&authorize->scope, "openid mail");
	WORLD_SET(&authorize->nonce, "n-1");
	WORLD_SET(&authorize->code_challenge, CODE_CHALLENGE);
}

static inline struct mm_verify
world_sign_in(const char *client, const char *user, const char *password)
{
	struct mm_verify verify = world_request(MM_ASK_SIGN_IN, client);

	verify.ask.sign_in.for_authorize = 1;
	world_authorize(&verify.ask.sign_in.authorize);
	WORLD_SET(&verify.ask.sign_in.username, user);
	WORLD_SET(&verify.ask.sign_in.password, password);
	return verify;
}

static inline struct mm_verify
world_code(const char *client, struct mm_slice code)
{
	struct mm_verify verify = world_request(MM_ASK_CODE, client);

	verify.ask.code.has_redirect_uri = verify.ask.code.has_verifier = 1;
	WORLD_SET(&verify.ask.code.verifier, CODE_VERIFIER);
	WORLD_SET(&verify.ask.code.redirect_uri, REDIRECT);
	if (!mm_mint_text_set(&verify.ask.code.code, code))
		world_die("a code does not fit");
	return verify;
}

static inline struct mm_verify
world_refresh(const char *client, struct mm_slice token)
{
	struct mm_verify verify = world_request(MM_ASK_REFRESH, client);

	if (!mm_mint_text_set(&verify.ask.refresh.refresh_token, token))
		world_die("a refresh token does not fit");
	return verify;
}

/* ---- carrying ---- */

static inline void
world_send(struct mm_verify *verify)
{
	static struct mm_verify_room room;

	verify->head.number = ++world.number;
	if (!mm_verify_write(verify, &room) ||
	    mm_message_send(world.issuer, MM_PROCESS_ISSUER, MM_PROCESS_VERIFIER, MM_MESSAGE_VERIFY, room.bytes,
	    room.len,
	        -1) != 0)
		world_die("a request");
}

static inline bool
world_take_revocation(void)
{
	struct mm_revoke_done done = { .status = world.revoke_status, .up_to_s = world.revoke_up_to_s };

	memmove(&world.revoked[1], &world.revoked[0], 7 * sizeof(world.revoked[0]));
	memcpy(&world.revoked[0], world_message.payload, sizeof(world.revoked[0]));
	world.revocations++;
	if (!mm_revoke_check(&world.revoked[0]))
		world_die("a revocation is not well formed");
	done.number = world.revoked[0].number;
	return mm_message_send(world.ledger, MM_PROCESS_LEDGER, MM_PROCESS_VERIFIER, MM_MESSAGE_REVOKED, &done,
	           sizeof(done), -1) == 0;
}

/* Play the ledger: take one message that has come. False: none. */
static inline bool
world_play_ledger(void)
{
	struct mm_ticket_open open;
	struct mm_ticket_opened opened = { .status = world.ledger_status };
	struct mm_ask_standing ask;
	struct mm_ledger_says says = { .answer = world.ledger_says };

	if (world.ledger == -1 ||
	    mm_message_receive(world.ledger, MM_PROCESS_LEDGER, MM_PROCESS_VERIFIER, &world_message) != 1)
		return false;
	if (world.ledger_mute)
		return true;
	if (world_message.type == MM_MESSAGE_REVOKE)
		return world_take_revocation();
	if (world_message.type == MM_MESSAGE_VERIFIER_ASK_ISSUED) {
		memcpy(&ask, world_message.payload, sizeof(ask));
		says.number = ask.issued.number;
		memcpy(says.digest, ask.issued.digest, sizeof(says.digest));
		says.digest[0] ^= world.ledger_confused;
		return mm_message_send(world.ledger, MM_PROCESS_LEDGER, MM_PROCESS_VERIFIER,
		           MM_MESSAGE_VERIFIER_LEDGER_SAYS, &says, sizeof(says), -1) == 0;
	}
	memcpy(&open, world_message.payload, sizeof(open));
	memcpy(opened.ticket, open.ticket, sizeof(opened.ticket));
	memmove(&world.grants[1], &world.grants[0], 3 * sizeof(world.grants[0]));
	world.grants[0] = open.grant;
	world.tickets++;
	if (!mm_grant_check(&open.grant))
		world_die("a grant is not well formed");
	return mm_message_send(world.ledger, MM_PROCESS_LEDGER, MM_PROCESS_VERIFIER, MM_MESSAGE_TICKET_OPENED, &opened,
	           sizeof(opened), -1) == 0;
}

/* ---- operators ---- */

static inline size_t
world_user(unsigned char *payload, enum mm_mint_verb verb, const char *username, const char *tenant, const char *hash)
{
	struct mm_mint_ask head = { .number = 5, .uid = 1000, .verb = (uint16_t)verb, .realm = "enterprise" };
	struct mm_ask_user user;

	memset(&user, 0, sizeof(user));
	WORLD_SET(&user.username, username);
	if (tenant != NULL) {
		user.stated |= MM_STATED_TENANT;
		WORLD_SET(&user.tenant, tenant);
	}
	if (hash != NULL) {
		user.stated |= MM_STATED_HASH | MM_STATED_NAME;
		WORLD_SET(&user.hash, hash);
		WORLD_SET(&user.name, "A Person");
	}
	memcpy(payload, &head, sizeof(head));
	memcpy(payload + sizeof(head), &user, sizeof(user));
	return sizeof(head) + sizeof(user);
}

static inline struct mm_ask_client
world_client(const char *id, const char *grants)
{
	struct mm_ask_client client;

	memset(&client, 0, sizeof(client));
	client.stated = MM_STATED_NAME | MM_STATED_KIND | MM_STATED_GRANTS | MM_STATED_SCOPES | MM_STATED_AUDIENCES |
	    MM_STATED_REDIRECTS | MM_STATED_CONSENT;
	WORLD_SET(&client.id, id);
	WORLD_SET(&client.name, "A Program");
	WORLD_SET(&client.grants, grants);
	WORLD_SET(&client.scopes, "openid profile email mail");
	WORLD_SET(&client.audiences, AUDIENCE);
	WORLD_SET(&client.redirects, REDIRECT " http://127.0.0.1/cb");
	return client;
}

static inline void
world_client_secret(struct mm_ask_client *client, const char *secret)
{
	uint8_t digest[MM_DIGEST_LEN];
	char text[MM_SECRET_TEXT_LEN + 1] = "";

	if (!mm_sha256(mm_slice_str(secret), digest))
		world_die("SHA-256");
	mm_base64url_encode(mm_slice(digest, sizeof(digest)), text);
	client->stated |= MM_STATED_SECRET;
	client->confidential = 1;
	WORLD_SET(&client->secret, text);
}

static inline size_t
world_client_payload(unsigned char *payload, enum mm_mint_verb verb, const struct mm_ask_client *client)
{
	struct mm_mint_ask head = { .number = 6, .uid = 1000, .verb = (uint16_t)verb, .realm = "enterprise" };

	memcpy(payload, &head, sizeof(head));
	memcpy(payload + sizeof(head), client, sizeof(*client));
	return sizeof(head) + sizeof(*client);
}

static inline const char *
world_hash(void)
{
	static struct crypt_data data;
	static char hash[CRYPT_OUTPUT_SIZE];
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *made;

	if (hash[0] != '\0')
		return hash;
	if (crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof(setting)) == NULL ||
	    (made = crypt_rn(PASSWORD, setting, &data, sizeof(data))) == NULL)
		world_die("crypt");
	(void)snprintf(hash, sizeof(hash), "%s", made);
	return hash;
}

#endif
