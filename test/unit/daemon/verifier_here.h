/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier in the test's own process, on the test's clock; for the tests of its requests to include.
 */
#ifndef MM_TEST_VERIFIER_HERE_H
#define MM_TEST_VERIFIER_HERE_H

#include "daemon/ipc/limits.h"
#include "daemon/verifier/directory.h"
#include "daemon/verifier/operator.h"
#include "daemon/verifier/revocation.h"
#include "daemon/verifier/table_spent.h"
#include "daemon/verifier/work.h"
#include "test/verifier_world.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include <cmocka.h>

static struct verifier verifier;
static char folder[64];

/* ---- carrying, in this process ---- */

static inline void
receive_requests(void)
{
	while (mm_message_receive(verifier.issuer.fd, MM_PROCESS_VERIFIER, MM_PROCESS_ISSUER, &world_message) == 1)
		assert_true(verifier_work_take(&verifier, mm_slice(world_message.payload, world_message.len)));
}

static inline void
receive_from_ledger(void)
{
	struct mm_ticket_opened opened;
	struct mm_revoke_done done;
	struct mm_ledger_says says;

	while (verifier.ledger.fd != -1 && mm_message_receive(verifier.ledger.fd, MM_PROCESS_VERIFIER,
	    MM_PROCESS_LEDGER,
	                                       &world_message) == 1) {
		if (world_message.type == MM_MESSAGE_TICKET_OPENED) {
			memcpy(&opened, world_message.payload, sizeof(opened));
			verifier_tickets_opened(&verifier, &opened);
			continue;
		}
		if (world_message.type == MM_MESSAGE_REVOKED) {
			memcpy(&done, world_message.payload, sizeof(done));
			verifier_owed_done(&verifier, &done);
			continue;
		}
		memcpy(&says, world_message.payload, sizeof(says));
		verifier_works_take_record(&verifier, &says);
	}
}

static inline void
receive_passwords(void)
{
	struct pollfd done = { verifier_passwords_fd(verifier.passwords), POLLIN, 0 };
	struct verifier_work *work;
	uint64_t number;
	bool right;

	assert_int_equal(poll(&done, 1, 30000), 1);
	while (verifier_passwords_next(verifier.passwords, &number, &right)) {
		work = verifier_work_find(&verifier, number, VERIFIER_WAITS_PASSWORD);
		assert_non_null(work);
		work->password_right = right;
		work->go_on(&verifier, work);
	}
}

static inline bool
waits_for_password(void)
{
	for (const struct verifier_work *work = verifier.works; work != NULL; work = work->next)
		if (work->waiting == VERIFIER_WAITS_PASSWORD)
			return true;
	return false;
}

/* What was posted for the ledger goes to it now, instead of at the end of a round. */
static inline bool
ledger_plays(void)
{
	verifier_peer_flush(&verifier.ledger);
	return world_play_ledger();
}

/* Rounds, until the ledger has no more to say. */
static inline void
settle(void)
{
	do {
		while (ledger_plays())
			receive_from_ledger();
		verifier_end_round(&verifier);
	} while (ledger_plays() && (receive_from_ledger(), true));
}

static inline void
carry(void)
{
	receive_requests();
	while (waits_for_password())
		receive_passwords();
	settle();
}

static inline struct mm_verified
receive_answer(void)
{
	struct mm_verified answer;

	assert_int_equal(mm_message_receive(world.issuer, MM_PROCESS_ISSUER, MM_PROCESS_VERIFIER, &world_message), 1);
	assert_true(mm_verified_read(mm_slice(world_message.payload, world_message.len), &answer));
	return answer;
}

static inline struct mm_verified
ask(struct mm_verify verify)
{
	struct mm_verified answer;

	world_send(&verify);
	carry();
	answer = receive_answer();
	assert_int_equal(answer.number, verify.head.number);
	return answer;
}

static inline void
refuse(struct mm_verify verify, enum mm_sign_in_status status)
{
	struct mm_verified answer = ask(verify);

	if (answer.status != status)
		fail_msg("%s instead of %s: %.*s", mm_sign_in_status_error((enum mm_sign_in_status)answer.status),
		    mm_sign_in_status_error(status), (int)answer.description.len, answer.description.bytes);
	assert_int_equal(answer.has_access, 0);
	assert_int_equal(answer.code.len, 0);
	assert_int_equal(answer.refresh_token.len, 0);
}

/* ---- the world ---- */

static inline bool
operate(const unsigned char *payload, size_t len)
{
	bool done;

	assert_true(verifier_operator_take(&verifier, mm_slice(payload, len)));
	settle();
	assert_int_equal(
	    mm_message_receive(world.control, MM_PROCESS_MINTMARKD, MM_PROCESS_VERIFIER, &world_message), 1);
	assert_int_equal(world_message.type, MM_MESSAGE_VERIFIER_ANSWER);
	done = world_message.payload[8] != 0;
	close(world_message.fd);
	return done;
}

static inline bool
user(enum mm_mint_verb verb, const char *name, const char *tenant, const char *hash)
{
	unsigned char payload[16384];

	return operate(payload, world_user(payload, verb, name, tenant, hash));
}

static inline bool
client(enum mm_mint_verb verb, const struct mm_ask_client *ask_client)
{
	unsigned char payload[16384];

	return operate(payload, world_client_payload(payload, verb, ask_client));
}

/* An operator says what a client may have from now on. */
static inline void
change_scopes(const char *id, const char *scopes)
{
	struct mm_ask_client made = world_client(id, "code");

	made.stated = MM_STATED_SCOPES;
	WORLD_SET(&made.scopes, scopes);
	assert_true(client(MM_MINT_VERB_CLIENT_CHANGE, &made));
}

static inline void
add_clients(void)
{
	struct mm_ask_client made = world_client("webmail", "code refresh client_credentials");

	world_client_secret(&made, "s3cret");
	assert_true(client(MM_MINT_VERB_CLIENT_ADD, &made));
	made = world_client("app", "code refresh device");
	assert_true(client(MM_MINT_VERB_CLIENT_ADD, &made));
	made = world_client("stranger", "code");
	made.consent = 1;
	assert_true(client(MM_MINT_VERB_CLIENT_ADD, &made));
}

static inline void
pair_up(int ends[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
}

static inline void
open_peers(void)
{
	int ends[2];

	pair_up(ends);
	world.control = fcntl(ends[0], F_DUPFD_CLOEXEC, 10);
	close(ends[0]);
	if (ends[1] != MM_CONTROL_FD) {
		assert_int_equal(dup2(ends[1], MM_CONTROL_FD), MM_CONTROL_FD);
		close(ends[1]);
	}
	pair_up(ends);
	world.issuer = ends[0];
	assert_true(verifier_peer_set(&verifier.issuer, ends[1]));
	pair_up(ends);
	world.ledger = ends[0];
	assert_true(verifier_peer_set(&verifier.ledger, ends[1]));
}

static inline int
open_world(void **state)
{
	struct mm_buf realm = world_realm();
	const char *why = NULL;

	(void)state;
	memset(&verifier, 0, sizeof(verifier));
	memset(&world, 0, sizeof(world));
	(void)snprintf(folder, sizeof(folder), "/tmp/mm-verifier-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	verifier_peer_init(&verifier.issuer, MM_PROCESS_ISSUER);
	verifier_peer_init(&verifier.ledger, MM_PROCESS_LEDGER);
	open_peers();
	assert_true(verifier_realm_take(&verifier.realm, mm_slice(realm.data, realm.len)));
	mm_buf_clear(&realm);
	assert_true(verifier_realm_take_tenant(&verifier.realm, mm_slice(world_contoso, sizeof(world_contoso))));
	assert_true(verifier_realm_take_tenant(&verifier.realm, mm_slice(world_fabrikam, sizeof(world_fabrikam))));
	assert_true(verifier_realm_take_service(&verifier.realm, mm_slice(world_service, sizeof(world_service))));
	if (!verifier_open(&verifier, &why))
		fail_msg("%s", why);
	verifier.now_s = 1800000000;
	assert_true(user(MM_MINT_VERB_USER_ADD, "Alice@contoso.example", "contoso", world_hash()));
	assert_true(user(MM_MINT_VERB_USER_ADD, "bob@contoso.example", "contoso", world_hash()));
	assert_true(user(MM_MINT_VERB_USER_ADD, "mallory@fabrikam.example", "fabrikam", world_hash()));
	add_clients();
	return 0;
}

static inline int
close_world(void **state)
{
	(void)state;
	verifier_close(&verifier);
	close(world.issuer);
	close(world.ledger);
	close(world.control);
	(void)unlink("table.sqlite");
	(void)unlink("table.sqlite-wal");
	(void)unlink("table.sqlite-shm");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

#define TEXT(text) mm_mint_text_get(&(text))
#define IS(text, value) assert_true(mm_slice_equal(TEXT(text), mm_slice_str(value)))

static inline struct mm_verify
with_secret(struct mm_verify verify, const char *secret)
{
	verify.head.client_method = MM_CLIENT_SECRET_BASIC;
	WORLD_SET(&verify.head.secret, secret);
	return verify;
}

static inline struct mm_verified
sign_in(const char *client_id)
{
	struct mm_verified answer = ask(world_sign_in(client_id, "alice@contoso.example", PASSWORD));

	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	return answer;
}

static inline struct mm_verified
first_tokens(void)
{
	struct mm_verified signed_in = sign_in("app");
	struct mm_verified answer = ask(world_code("app", TEXT(signed_in.code)));

	assert_int_equal(answer.status, MM_SIGN_IN_OK);
	assert_int_equal(answer.refresh_token.len, MM_SECRET_TEXT_LEN);
	return answer;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

#endif
