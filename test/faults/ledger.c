/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real mintmark-ledger with everybody else played: what it makes is a token that is on record; a taken issuer gets
 * nothing; whoever is killed at any step under load, no token is out that is not on record, and no id is used twice.
 */
#include "daemon/ipc/mint_ask.h"
#include "engine/key_life.h"
#include "engine/ledger_anchor.h"
#include "engine/ledger_audit.h"
#include "engine/ledger_writer.h"
#include "test/ledger_world.h"

#include <sys/stat.h>

static const char *program, *preload;

static int
set_up(void **state)
{
	(void)state;
	world_make(program, preload);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	world_remove();
	return 0;
}

static void
begin(void)
{
	world_start();
	world_join();
	world_until_issuing();
}

/* ---- one token ---- */

static size_t
decode_part(struct mm_slice part, char *out)
{
	size_t len;

	assert_int_equal(mm_base64url_decode(part, out, &len), MM_OK);
	return len;
}

/* The parts of a token. */
static void
split(const struct world_token *token, struct mm_slice parts[3])
{
	const char *first = memchr(token->text, '.', token->len), *last = memrchr(token->text, '.', token->len);

	assert_true(first != NULL && last > first);
	parts[0] = mm_slice(token->text, (size_t)(first - token->text));
	parts[1] = mm_slice(first + 1, (size_t)(last - first - 1));
	parts[2] = mm_slice(last + 1, (size_t)(token->text + token->len - last - 1));
}

static void
assert_has(const char *payload, size_t len, const char *what)
{
	if (memmem(payload, len, what, strlen(what)) == NULL)
		fail_msg("'%s' is not in %.*s", what, (int)len, payload);
}

static void
test_token(void **state)
{
	static char payload[MM_MINT_SIGNING_INPUT_MAX];
	uint8_t mark_key[MM_MARK_KEY_LEN], id_key[MM_TOKEN_ID_KEY_LEN];
	const struct world_token *token;
	struct mm_token_id_cipher *cipher;
	struct mm_token_place place;
	struct mm_mark_key *key;
	struct mm_slice parts[3];
	struct mm_grant grant;
	size_t len;

	(void)state;
	begin();
	world_grant(0, &grant);
	token = world_issue(0, &grant);
	assert_int_equal(token->status, MM_MINT_DONE);
	split(token, parts);
	len = decode_part(parts[1], payload);
	assert_has(payload, len,
	    "{\"iss\":\"https://login.example/aaaaaaaa-0000-4000-8000-00000000000a/v2.0\",\"tid\":\"aaaa");
	assert_has(payload, len,
	    "\"sub\":\"alice\",\"aud\":\"https://mail.example\",\"client_id\":\"webmail\",\"iat\":");
	assert_has(payload, len, "\"scope\":\"imap\",\"preferred_username\":\"alice@contoso.example\",\"mark\":\"");
	assert_true(mm_mint_mark_key(world.secrets.realms[0].mark_root, mm_slice_str("staff"),
	    mm_slice_str(WORLD_AUDIENCE), mm_mint_day(token->iat_s), mark_key));
	key = mm_mark_key_new(mark_key);
	assert_int_equal(mm_mark_check(key, parts[0], mm_slice(payload, len), true), MM_MARK_RIGHT);
	mm_mark_key_free(&key);
	assert_true(mm_mint_token_id_key(world.secrets.realms[0].mark_root, mm_slice_str("staff"), id_key));
	cipher = mm_token_id_cipher_new(id_key);
	assert_true(mm_token_id_decode(cipher, mm_slice(token->token_id, sizeof(token->token_id)), &place));
	assert_int_equal(place.signer, 1);
	mm_token_id_cipher_free(&cipher);
	assert_int_equal(world_ask(token), MM_ISSUED_YES);
	world.tokens[world.token_count - 1].digest[0] ^= 1;
	assert_int_equal(world_ask(token), MM_ISSUED_NO);
	assert_int_equal(world_end(0), 0);
}

/* ---- a taken issuer ---- */

static enum mm_mint_status
spend_and_wait(unsigned realm, uint64_t number)
{
	size_t answered = world.token_count;

	world_spend(realm, number);
	world_until(world.token_count > answered);
	return world.tokens[world.token_count - 1].status;
}

static void
test_taken_issuer(void **state)
{
	struct mm_grant grant;
	uint64_t number;
	unsigned opened;

	(void)state;
	begin();
	/* Guessed. */
	for (uint64_t i = 1000000; i < 1000100; i++)
		assert_int_equal(spend_and_wait(0, i), MM_MINT_NO_TICKET);
	/* Another realm's: nothing, and the ticket is still its own realm's. */
	world_grant(1, &grant);
	opened = world.opened_count;
	number = world_open_ticket(1, &grant);
	world_until(world.opened_count > opened);
	assert_int_equal(world.opened.status, MM_MINT_DONE);
	assert_int_equal(spend_and_wait(0, number), MM_MINT_NO_TICKET);
	assert_int_equal(spend_and_wait(1, number), MM_MINT_DONE);
	/* Twice. */
	assert_int_equal(spend_and_wait(1, number), MM_MINT_NO_TICKET);
}

static void
refuse(unsigned realm, const struct mm_grant *grant)
{
	unsigned opened = world.opened_count;
	uint64_t number = world_open_ticket(realm, grant);

	world_until(world.opened_count > opened);
	assert_int_equal(world.opened.status, MM_MINT_REFUSED);
	assert_int_equal(spend_and_wait(realm, number), MM_MINT_NO_TICKET);
}

static void
test_grants(void **state)
{
	struct mm_grant grant;

	(void)state;
	begin();
	world_grant(0, &grant);
	assert_true(mm_mint_text_set(&grant.tenant, mm_slice_str("bbbbbbbb-0000-4000-8000-00000000000b")));
	refuse(0, &grant);
	world_grant(0, &grant);
	assert_true(mm_mint_text_set(&grant.audience, mm_slice_str("https://other.example")));
	refuse(0, &grant);
	world_grant(0, &grant);
	grant.has_root = 1;
	assert_true(mm_mint_text_set(&grant.parent, mm_slice_str("x")) &&
	    mm_mint_text_set(&grant.root_realm, mm_slice_str("people")) &&
	    mm_mint_text_set(&grant.root_kid, mm_slice_str("k")));
	refuse(0, &grant);
	world_grant(0, &grant);
	grant.token_class = MM_CLASS_IDENTITY;
	grant.scope = (__typeof__(grant.scope)){ 0 };
	refuse(0, &grant); /* its audience is not its client */
	assert_true(mm_mint_text_set(&grant.audience, mm_slice_str("webmail")));
	assert_int_equal(world_issue(0, &grant)->status, MM_MINT_DONE);
}

/* ---- a signer that does not sign ---- */

static void
test_signer(void **state)
{
	const struct world_token *token;
	struct mm_grant grant;

	(void)state;
	begin();
	world_grant(0, &grant);
	world.signers[0].refuse = true;
	assert_int_equal(world_issue(0, &grant)->status, MM_MINT_REFUSED);
	world.signers[0].refuse = false;
	world.signers[0].mute = true;
	assert_int_equal(world_issue(0, &grant)->status, MM_MINT_LATE);
	world.signers[0].mute = false;
	token = world_issue(0, &grant);
	assert_int_equal(token->status, MM_MINT_DONE);
	assert_int_equal(world_ask(token), MM_ISSUED_YES);
	/* It goes while it has something to sign. */
	world.signers[0].mute = true;
	{
		unsigned opened = world.opened_count;
		size_t answered = world.token_count;
		uint64_t number = world_open_ticket(0, &grant);

		world_until(world.opened_count > opened);
		world_spend(0, number);
		for (unsigned i = 0; i < 10; i++)
			world_pump(20);
		close(world.signer_fd[0]);
		world.signer_fd[0] = -1;
		world_until(world.token_count > answered);
		assert_int_equal(world.tokens[world.token_count - 1].status, MM_MINT_NO_KEY);
	}
	assert_int_equal(world_issue(0, &grant)->status, MM_MINT_NO_KEY);
	world.signers[0].mute = false;
	world_join_signer(0);
	world_until_issuing();
}

/* A ledger that ends before a new mint has its second key leaves that to the next one. */
static void
test_next_key_comes_later(void **state)
{
	(void)state;
	world.signers[0].key_limit = world.signers[1].key_limit = 1;
	begin();
	assert_int_equal(world_end(0), 0);
	world_close_all();
	begin();
	/* It looks at the age of keys after a second, since something is due. */
	for (unsigned i = 0; i < 150; i++)
		world_pump(20);
	world_check_no_alarm("no key is prepared");
}

/* Those that are recorded together go to the signer together, and each gets its own token. */
static void
test_together(void **state)
{
	enum { TOKENS = 200 };
	uint64_t numbers[TOKENS];
	struct mm_grant grant;
	unsigned opened;
	size_t first;

	(void)state;
	begin();
	world_grant(0, &grant);
	first = world.token_count;
	opened = world.opened_count;
	for (unsigned i = 0; i < TOKENS; i++) {
		numbers[i] = world_open_ticket(0, &grant);
		world_pump(0);
	}
	world_until(world.opened_count == opened + TOKENS);
	for (unsigned i = 0; i < TOKENS; i++)
		world_spend(0, numbers[i]);
	world_until(world.token_count == first + TOKENS);
	for (unsigned i = 0; i < TOKENS; i++) {
		const struct world_token *token = &world.tokens[first + i];

		assert_int_equal(token->status, MM_MINT_DONE);
		assert_int_equal(token->number, numbers[i]);
	}
	assert_true(world.signers[0].together > 1);
	world_check_tokens();
}

/* The ledger ends the connection of its signer, without our end saying anything more. */
static void
signer_is_given_up(const void *answers, size_t len)
{
	struct pollfd end = { world.signer_fd[0], POLLIN, 0 };

	assert_true(world_say(world.signer_fd[0], MM_PROCESS_SIGNER, MM_MESSAGE_SIGNED, answers, len));
	while (poll(&end, 1, WORLD_PATIENCE_MS) == 1 && mm_message_receive(world.signer_fd[0], MM_PROCESS_SIGNER,
	           MM_PROCESS_LEDGER, &world_message) == 1)
		;
	assert_true((end.revents & POLLHUP) != 0);
	close(world.signer_fd[0]);
	world.signer_fd[0] = -1;
	world_join_signer(0);
	world_until_issuing();
}

static void
test_signer_malformed(void **state)
{
	struct {
		struct mm_signed of_nobody, second;
		unsigned char signature[64];
	} answers = { .of_nobody = { .serial = UINT64_MAX, .status = MM_SIGN_LATE } };

	(void)state;
	begin();
	answers.of_nobody.count = world.signers[0].count;
	answers.second = answers.of_nobody;
	assert_true(world_say(world.signer_fd[0], MM_PROCESS_SIGNER, MM_MESSAGE_SIGNED, &answers,
	    2 * sizeof(struct mm_signed))); /* that is none */
	world_until_issuing();
	signer_is_given_up(&answers, 0);
	signer_is_given_up(&answers, sizeof(struct mm_signed) + 1);
	answers.second.status = MM_SIGN_DONE;
	answers.second.len = sizeof(answers.signature) + 1; /* longer than what is there */
	signer_is_given_up(&answers, sizeof(answers));
	answers.second.len = UINT32_MAX;
	signer_is_given_up(&answers, sizeof(answers));
}

/* ---- the gate ---- */

/* What the gate's index says of a token. */
static enum mm_issued_result
look_up(const struct world_token *token)
{
	const uint8_t *root = world.secrets.realms[token->realm].mark_root;
	struct mm_slice realm = mm_slice_str(world_realm_names[token->realm]);
	uint8_t id_key[MM_TOKEN_ID_KEY_LEN], index_key[MM_INDEX_KEY_LEN];
	struct mm_token_id_cipher *cipher;
	struct mm_token_place place;
	uint64_t entry;

	assert_true(mm_mint_token_id_key(root, realm, id_key) &&
	    mm_mint_index_key(root, realm, mm_mint_day(token->iat_s), index_key));
	cipher = mm_token_id_cipher_new(id_key);
	assert_true(mm_token_id_decode(cipher, mm_slice(token->token_id, sizeof(token->token_id)), &place));
	mm_token_id_cipher_free(&cipher);
	assert_true(mm_issued_entry(index_key, token->digest, &entry));
	return mm_issued_find(world.issued[token->realm], place, entry);
}

static void
test_gate(void **state)
{
	struct mm_grant grant;
	struct world_token token;

	(void)state;
	begin();
	world_until(world.day_key_count >= 6);
	world_grant(0, &grant);
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(world_issue(i % 2, (world_grant(i % 2, &grant), &grant))->status, MM_MINT_DONE);
	world.signers[0].refuse = true;
	world_grant(0, &grant);
	assert_int_equal(world_issue(0, &grant)->status, MM_MINT_REFUSED);
	world.signers[0].refuse = false;
	token = *world_issue(0, &grant);
	world_until(look_up(&token) == MM_ISSUED_FOUND);
	for (size_t i = 0; i < world.token_count; i++)
		if (world.tokens[i].status == MM_MINT_DONE)
			assert_int_equal(look_up(&world.tokens[i]), MM_ISSUED_FOUND);
	/* Anew: all of it is sent again, and then that all is there. */
	close(world.gate_fd);
	world_join_gate();
	world_until(world.settled_minute > 0);
	for (size_t i = 0; i < world.token_count; i++)
		if (world.tokens[i].status == MM_MINT_DONE)
			assert_int_equal(look_up(&world.tokens[i]), MM_ISSUED_FOUND);
	token.digest[3] ^= 4;
	assert_int_equal(look_up(&token), MM_ISSUED_ABSENT);
	{
		unsigned beats = world.beats;

		world_until(world.beats >= beats + 2);
	}
}

/* ---- revocations ---- */

static const struct world_token *
issue_plain(unsigned realm)
{
	struct mm_grant grant;
	const struct world_token *token;

	world_grant(realm, &grant);
	token = world_issue(realm, &grant);
	assert_int_equal(token->status, MM_MINT_DONE);
	return token;
}

/* On record, and the gate knows. */
static void
until_revoked(unsigned realm, uint64_t number, enum mm_revoked_kind kind, const char *value, int64_t iat_s)
{
	world_until(world.revoked_until[realm] >= number && world_is_revoked(realm, kind, value, iat_s));
}

static void
test_revoke(void **state)
{
	struct world_token token, other;
	struct mm_grant grant;
	unsigned opened;
	uint64_t ticket;

	(void)state;
	begin();
	token = *issue_plain(0);
	other = *issue_plain(1);
	world_grant(0, &grant);
	opened = world.opened_count;
	ticket = world_open_ticket(0, &grant);
	world_until(world.opened_count > opened);
	assert_int_equal(world_ask(&token), MM_ISSUED_YES);
	world_revoke(0, 1, MM_REVOKED_SUBJECT, "alice", "");
	until_revoked(0, 1, MM_REVOKED_SUBJECT, "alice", token.iat_s);
	assert_true(world.revoke_done.up_to_s >= token.iat_s);
	assert_int_equal(world_ask(&token), MM_ISSUED_REVOKED);
	/* So is what was derived from it, and not what is of the same subject elsewhere. */
	assert_int_equal(world_ask_derived(&other, &token), MM_ISSUED_REVOKED);
	assert_int_equal(world_ask(&other), MM_ISSUED_YES);
	/* A ticket that was opened before it is none any more. */
	world_spend(0, ticket);
	{
		size_t answered = world.token_count;

		world_until(world.token_count > answered);
		assert_int_equal(world.tokens[answered].status, MM_MINT_NO_TICKET);
	}
	/* What comes later is good again: once its second is another one. */
	while (issue_plain(0)->iat_s <= world.revoke_done.up_to_s)
		world_pump(50);
	token = world.tokens[world.token_count - 1];
	assert_int_equal(world_ask(&token), MM_ISSUED_YES);
	assert_int_equal(world_ask_derived(&other, &token), MM_ISSUED_YES);
	/* A verifier's word is of its own realm. */
	assert_int_equal(world_ask(&other), MM_ISSUED_YES);
	assert_false(world_is_revoked(1, MM_REVOKED_SUBJECT, "alice", 0));
	world_revoke(1, 1, MM_REVOKED_CLIENT, "webmail", "");
	until_revoked(1, 1, MM_REVOKED_CLIENT, "webmail", other.iat_s);
	assert_int_equal(world_ask(&other), MM_ISSUED_REVOKED);
	/* A gate that comes anew hears of all before it may rely on anything. */
	close(world.gate_fd);
	world_join_gate();
	world_until(world.revoked_told);
	assert_true(world_is_revoked(0, MM_REVOKED_SUBJECT, "alice", other.iat_s));
	assert_true(world_is_revoked(1, MM_REVOKED_CLIENT, "webmail", other.iat_s));
	/* And one of a ledger that was killed. */
	world.no_patience = true;
	world_end(SIGKILL);
	world_close_all();
	world.no_patience = world.gone = false;
	begin();
	world_until(world.revoked_told);
	assert_true(world_is_revoked(0, MM_REVOKED_SUBJECT, "alice", other.iat_s));
	assert_true(world_is_revoked(1, MM_REVOKED_CLIENT, "webmail", other.iat_s));
	assert_int_equal(world_ask(&other), MM_ISSUED_REVOKED);
}

/* What is not well formed, and all of a realm, are nobody's to revoke. */
static void
test_revoke_malformed(void **state)
{
	static const struct {
		enum mm_revoked_kind kind;
		const char *value, *client;
	} rows[] = {
		{ MM_REVOKED_REALM, "", "" },
		{ MM_REVOKED_SUBJECT, "", "" },
		{ MM_REVOKED_SUBJECT, "a", "b" },
		{ MM_REVOKED_SESSION, "a\n", "" },
		{ MM_REVOKED_KIND_END, "a", "" },
	};

	(void)state;
	begin();
	world.no_patience = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_revoke(0, i + 1, rows[i].kind, rows[i].value, rows[i].client);
		world_until(world.gone);
		close(world.verifier_fd[0]);
		world.gone = false;
		world.verifier_fd[0] = world_pair(MM_PROCESS_VERIFIER, 0);
	}
	assert_int_equal(world.revoke_count, 0);
	world_revoke(0, 9, MM_REVOKED_SUBJECT, "a", "");
	until_revoked(0, 9, MM_REVOKED_SUBJECT, "a", 0);
}

/* ---- the kill loop ---- */

static uint64_t random_state = 88172645463325252U;

static uint64_t
next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static uint64_t revoked_asked[WORLD_REALMS];

static void
session_of(uint64_t number, char text[32])
{
	(void)snprintf(text, 32, "s-%llu", (unsigned long long)number);
}

/* Have another session revoked at each realm; a number that was not answered is asked for again, as verifiers do. */
static void
revoke_next(void)
{
	char session[32];

	for (unsigned i = 0; i < WORLD_REALMS; i++) {
		if (revoked_asked[i] - world.revoked_until[i] > 64)
			continue;
		session_of(++revoked_asked[i], session);
		world_revoke(i, revoked_asked[i], MM_REVOKED_SESSION, session, "");
	}
}

static void
revoke_again(void)
{
	char session[32];

	for (unsigned i = 0; i < WORLD_REALMS; i++)
		for (uint64_t number = world.revoked_until[i] + 1; number <= revoked_asked[i]; number++) {
			session_of(number, session);
			world_revoke(i, number, MM_REVOKED_SESSION, session, "");
		}
}

/* Whatever a verifier was told to be on record, a gate hears from the ledger that is started next. */
static void
check_revoked(void)
{
	char session[32];

	world_until(world.revoked_told);
	for (unsigned i = 0; i < WORLD_REALMS; i++)
		for (uint64_t number = 1; number <= world.revoked_until[i]; number++) {
			session_of(number, session);
			if (!world_is_revoked(i, MM_REVOKED_SESSION, session, 0))
				fail_msg("%s of %s is lost", session, world_realm_names[i]);
		}
}

/* Keep so many tickets and spendings under way until a moment. */
static void
load_for(int64_t ms)
{
	int64_t until_ms = world_boot_ms() + ms;
	uint64_t spent = world_tickets;
	unsigned opened = world.opened_count, asked = world.opened_count;
	struct mm_grant grants[WORLD_REALMS];

	for (unsigned i = 0; i < WORLD_REALMS; i++) {
		world_grant(i, &grants[i]);
		assert_true(mm_mint_text_set(&grants[i].session, mm_slice_str("under load")));
	}
	while (world_boot_ms() < until_ms && !world.gone) {
		while (asked - world.opened_count < 32 && !world.gone) {
			(void)world_open_ticket(world_tickets % 2 == 0, &grants[world_tickets % 2 == 0]);
			asked++;
		}
		revoke_next();
		world_pump(1);
		/* Answers come in the order of each realm; a number that is not open yet gives no token. */
		while (opened != world.opened_count && !world.gone) {
			opened++;
			spent++;
			world_spend((spent - 1) % 2 == 0, spent);
		}
	}
}

static void
test_killed(void **state)
{
	int64_t *offset_s = &world.steps->clock_offset_s;

	(void)state;
	for (unsigned round = 0; round < 25; round++) {
		world.no_patience = false;
		world_start();
		world_join();
		world_until_issuing();
		check_revoked();
		revoke_again();
		if (round % 5 == 4)
			world_check_tokens();
		world.no_patience = true;
		load_for((int64_t)(next_random() % 150));
		/* The clock is set back, and forward again, under way and between; not to before the keys were made. */
		*offset_s = 1800 - (round % 3 == 1 ? (int64_t)(next_random() % 1200) : 0);
		load_for((int64_t)(next_random() % 150));
		world_end(round % 7 == 6 ? 0 : SIGKILL);
		world_hear_last_words();
		if (next_random() % 3 == 0)
			world.signers[0].count = world.signers[0].last_serial = 0; /* the signer was started anew too */
	}
	world.no_patience = false;
	world_start();
	world_join();
	world_until_issuing();
	check_revoked();
	world_check_tokens();
	world_check_no_alarm("tokens are recorded, but");
	world_check_no_alarm("damaged");
	assert_int_equal(world_end(0), 0);
	world_check_files();
}

/* ---- a ledger whose oldest segments are let go ---- */

#define OLD_S INT64_C(7000)
#define SMALL ((uint64_t)64 * 1024)

static void
change_header(uint64_t number, uint64_t size_bytes, int64_t older_s)
{
	uint8_t bytes[MM_LEDGER_HEADER_LEN];
	struct mm_ledger_header header;
	int fd = mm_ledger_segment_open(world.folder_fd, number, O_RDWR, &header);

	assert_true(fd != -1);
	if (size_bytes > 0)
		header.size_bytes = size_bytes;
	header.created_us -= older_s * 1000000;
	mm_ledger_encode_header(&header, bytes);
	assert_true(mm_ledger_write_at(fd, bytes, sizeof(bytes), 0));
	close(fd);
}

static void
find_tail(struct mm_ledger_tail *tail)
{
	struct mm_ledger_reader *reader = mm_ledger_reader_new(world.folder_fd, 0);
	struct mm_ledger_item item;

	assert_non_null(reader);
	while (mm_ledger_reader_next(reader, &item) == MM_LEDGER_READ_RECORD)
		;
	mm_ledger_reader_tail(reader, tail);
	mm_ledger_reader_free(&reader);
}

/* Have the ledger go on through small segments of notes, all of them of two hours ago. */
static void
grow_old(void)
{
	static struct mm_ledger_record record;
	static char words[MM_LEDGER_TEXT_MAX];
	struct mm_ledger_writer *writer;
	struct mm_ledger_tail tail;
	uint64_t *numbers;
	ssize_t count;

	find_tail(&tail);
	change_header(tail.end.segment, tail.end.offset / SMALL * SMALL + SMALL, 0);
	memset(words, 'x', sizeof(words));
	record = (struct mm_ledger_record){ .kind = MM_LEDGER_NOTE, .note = mm_slice(words, sizeof(words)),
		.time_us = ((int64_t)time(NULL) - OLD_S) * 1000000 };
	writer = mm_ledger_writer_open(world.folder_fd, SMALL, &tail);
	assert_non_null(writer);
	for (unsigned i = 0; i < 600; i++)
		assert_int_not_equal(mm_ledger_writer_append(writer, &record, NULL), 0);
	assert_true(mm_ledger_writer_close(&writer));
	count = mm_ledger_list(world.folder_fd, &numbers);
	assert_true(count > 4);
	for (ssize_t i = 1; i < count; i++)
		change_header(numbers[i], 0, OLD_S);
	for (ssize_t i = 0; i < count; i++) {
		char name[MM_LEDGER_NAME_SIZE];

		mm_ledger_segment_name(numbers[i], name);
		assert_int_equal(fchownat(world.folder_fd, name, world_uid(), (gid_t)world_uid(), 0), 0);
	}
	free(numbers);
}

static void
until_let_go(void)
{
	int64_t until_ms = world_boot_ms() + WORLD_PATIENCE_MS;
	uint64_t first = 0;

	while (first == 0 && world_boot_ms() < until_ms) {
		world_pump(100);
		assert_true(mm_ledger_anchor_first(world.folder_fd, &first));
	}
	assert_true(first > 1);
}

static bool
has_alarm_of(const char *what)
{
	for (size_t i = 0; i < world.alarm_count && i < 32; i++)
		if (strstr(world.alarms[i], what) != NULL)
			return true;
	return false;
}

/* Take all segments away, or bring them back. */
static void
move_segments(const uint64_t *numbers, ssize_t count, bool away)
{
	for (ssize_t i = 0; i < count; i++) {
		char name[MM_LEDGER_NAME_SIZE], aside[MM_LEDGER_NAME_SIZE + 8];

		mm_ledger_segment_name(numbers[i], name);
		(void)snprintf(aside, sizeof(aside), "%s.aside", name);
		assert_int_equal(renameat(world.folder_fd, away ? name : aside, world.folder_fd,
		    away ? aside : name), 0);
	}
}

/* Nothing is issued, and no list of keys is told: what was revoked last is not known. */
static void
begin_in_vain(const char *alarm)
{
	uint64_t sequence = world.lists[0].sequence;
	struct mm_grant grant;

	world_start();
	world_join();
	assert_true(has_alarm_of(alarm));
	world_grant(0, &grant);
	assert_int_not_equal(world_issue(0, &grant)->status, MM_MINT_DONE);
	assert_int_equal(world.lists[0].sequence, sequence);
	assert_int_equal(world_end(0), 0);
	world_close_all();
}

/* The anchor tells of segments, and none is there: no ledger begins anew, with numbers that were given before. */
static void
begin_without_segments(void)
{
	uint64_t *numbers, *others;
	ssize_t count = mm_ledger_list(world.folder_fd, &numbers);

	assert_true(count > 0);
	move_segments(numbers, count, true);
	begin_in_vain("the segment that the anchor leads to is missing");
	assert_int_equal(mm_ledger_list(world.folder_fd, &others), 0);
	free(others);
	move_segments(numbers, count, false);
	free(numbers);
}

/* Nor does it go on from the last segment that can be read. */
static void
begin_without_end(void)
{
	char name[MM_LEDGER_NAME_SIZE];
	uint64_t *numbers;
	ssize_t count = mm_ledger_list(world.folder_fd, &numbers);

	assert_true(count > 0);
	move_segments(&numbers[count - 1], 1, true);
	mm_ledger_segment_name(numbers[count - 1], name);
	assert_int_equal(mkdirat(world.folder_fd, name, 0777), 0);
	assert_int_equal(fchmodat(world.folder_fd, name, 0777, 0), 0);
	begin_in_vain("the ledger cannot be read");
	assert_int_equal(unlinkat(world.folder_fd, name, AT_REMOVEDIR), 0);
	move_segments(&numbers[count - 1], 1, false);
	free(numbers);
}

/* Somebody without the ledger's key signs its anchor with his own, and a certificate that he made himself. */
static void
sign_anchor_as_another(void)
{
	static struct mm_ledger_anchor anchor; /* large */
	struct mm_mint_certificate of = { MM_PURPOSE_KEY_STATE, 1, 0, INT64_C(4000000000), { 0 } };
	static const uint8_t seed[MM_ED25519_SEED_LEN] = { 3 };
	struct mm_ed25519 *key = mm_ed25519_new(seed);
	uint8_t certificate[MM_MINT_CERTIFICATE_LEN];

	assert_non_null(key);
	mm_ed25519_public(key, of.public_key);
	assert_true(mm_mint_certificate_make(&of, key, certificate));
	assert_null(mm_ledger_anchor_load(world.folder_fd, NULL, NULL, &anchor));
	assert_true(mm_ledger_anchor_store(world.folder_fd, &anchor, key, certificate));
	assert_int_equal(fchownat(world.folder_fd, MM_LEDGER_ANCHOR_FILE, world_uid(), (gid_t)world_uid(), 0), 0);
	mm_ledger_anchor_clear(&anchor);
	mm_ed25519_free(&key);
}

/* Tokens are made while and after it, keys and terms stay known without the segments, and the whole is whole. */
static void
test_let_go(void **state)
{
	static struct mm_ledger_audit audit;
	int64_t *offset_s = &world.steps->clock_offset_s;
	struct mm_grant grant;
	unsigned keys;

	(void)state;
	*offset_s = -OLD_S;
	world_start();
	world_join();
	world_until_issuing();
	world_until(world.signers[0].key_count == 1 + MM_LIFE_PREPARED_COUNT);
	world_until_issuing(); /* behind what it takes of them */
	assert_int_equal(world_end(0), 0);
	world_close_all();
	grow_old();
	world_forget_tokens(); /* they have expired */
	keys = (unsigned)world.signers[0].key_count;

	*offset_s = 0;
	for (unsigned round = 0; round < 2; round++) {
		world.keep_s = 3600;
		world_start();
		world_join();
		world_until_issuing();
		until_let_go();
		world_check_tokens();
		world_check_no_alarm("damaged");
		world_check_no_alarm("the oldest segments");
		assert_int_equal(world_end(0), 0);
		world_close_all();
	}
	assert_int_equal(world.signers[0].key_count, keys); /* no other keys were made: they are known */
	assert_true(mm_ledger_audit(world.folder_fd, world.root_public, NULL, NULL, &audit));
	assert_null(audit.fault);
	assert_true(audit.anchor_segment > 0);
	assert_int_equal(audit.term, 3);

	begin_without_segments();
	begin_without_end();

	sign_anchor_as_another();
	world_start();
	world_join();
	assert_true(has_alarm_of("the anchor is not signed by this ledger's key-state key"));
	world_grant(0, &grant);
	assert_int_not_equal(world_issue(0, &grant)->status, MM_MINT_DONE);
	assert_int_equal(world_end(0), 0);
	world_close_all();
}

/* ---- a realm whose numbers are used up ---- */

/* As a restoration leaves it that found no number to go on with: none is given, however often it is started. */
static void
test_used_up(void **state)
{
	static struct mm_ledger_record record;
	struct mm_ledger_writer *writer;
	struct mm_ledger_tail tail;

	(void)state;
	begin();
	assert_int_equal(world_end(0), 0);
	world_close_all();
	find_tail(&tail);
	writer = mm_ledger_writer_open(world.folder_fd, MM_LEDGER_SEGMENT_BYTES, &tail);
	assert_non_null(writer);
	record = (struct mm_ledger_record){ .kind = MM_LEDGER_GAP, .time_us = (int64_t)time(NULL) * 1000000 };
	record.gap.term = 70000;
	record.gap.why = mm_slice_str("restored from a backup");
	record.gap.realm_count = 1;
	record.gap.realms[0] = (struct mm_ledger_realm_signer){ mm_slice_str(world_realm_names[0]), UINT16_MAX, { 0 } };
	assert_int_not_equal(mm_ledger_writer_append(writer, &record, NULL), 0);
	assert_true(mm_ledger_writer_close(&writer));

	for (unsigned round = 0; round < 2; round++) {
		struct mm_grant grant;

		world.alarm_count = 0;
		world_start();
		world_join();
		assert_true(has_alarm_of("realm staff has used up its signers' numbers"));
		world_grant(0, &grant);
		assert_int_not_equal(world_issue(0, &grant)->status, MM_MINT_DONE);
		assert_int_equal(world_end(0), 0);
		world_close_all();
	}
}

/*
 * A segment was begun by a clock that was hours behind, as one is after a failure of the disk: what stands before it is
 * no older for that.
 */
static void
test_begun_behind(void **state)
{
	struct mm_ledger_tail tail;
	struct world_token token;
	struct mm_grant grant;

	(void)state;
	begin();
	world_grant(0, &grant);
	token = *world_issue(0, &grant);
	assert_int_equal(token.status, MM_MINT_DONE);
	assert_int_equal(world_end(0), 0);
	world_close_all();
	find_tail(&tail);
	change_header(tail.end.segment, SMALL, 0);
	/* Until it is full. */
	begin();
	for (unsigned i = 0; i < SMALL / 200; i++)
		assert_int_equal(world_issue(0, &grant)->status, MM_MINT_DONE);
	assert_int_equal(world_end(0), 0);
	world_close_all();
	change_header(tail.end.segment + 1, 0, OLD_S);
	begin();
	assert_int_equal(world_ask(&token), MM_ISSUED_YES);
	world_check_tokens();
	assert_int_equal(world_end(0), 0);
}

/* ---- looking for a record ---- */

static void
ask_about(const struct world_token *token)
{
	struct {
		struct mm_mint_ask ask;
		struct mm_ask_token token;
	} question;

	memset(&question, 0, sizeof(question));
	question.ask.number = 77;
	question.ask.verb = MM_MINT_VERB_LEDGER_SHOW;
	memcpy(question.token.token_id, token->token_id, sizeof(question.token.token_id));
	world_tell(MM_MESSAGE_LEDGER_ASK, &question, sizeof(question), -1);
}

static void
until_answered(unsigned answers)
{
	int64_t until_ms = world_boot_ms() + WORLD_PATIENCE_MS;

	while (world.answers < answers && world_boot_ms() < until_ms)
		world_pump(100);
	assert_int_equal(world.answers, answers);
}

/* A disk that does not answer: a pipe in place of a segment, which nobody writes to. */
static void
test_show(void **state)
{
	struct world_token token;
	struct mm_grant grant;
	char name[MM_LEDGER_NAME_SIZE];
	int pipe_fd;

	(void)state;
	begin();
	world_grant(0, &grant);
	token = *world_issue(0, &grant);
	assert_int_equal(token.status, MM_MINT_DONE);
	ask_about(&token);
	until_answered(1);
	assert_non_null(strstr(world.answer, "\"state\":\"issued\""));

	mm_ledger_segment_name(1, name);
	assert_int_equal(renameat(world.folder_fd, name, world.folder_fd, "aside"), 0);
	assert_int_equal(mkfifoat(world.folder_fd, name, 0666), 0);
	assert_int_equal(fchmodat(world.folder_fd, name, 0666, 0), 0);
	ask_about(&token);
	ask_about(&token);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(world_issue(0, &grant)->status, MM_MINT_DONE); /* nobody waits for it */
	assert_int_equal(world.answers, 1);
	pipe_fd = openat(world.folder_fd, name, O_WRONLY);
	assert_true(pipe_fd != -1);
	assert_int_equal(renameat(world.folder_fd, "aside", world.folder_fd, name), 0);
	close(pipe_fd);
	until_answered(3);
	assert_int_equal(world_end(0), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_token, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_taken_issuer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_grants, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_signer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_next_key_comes_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_together, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_signer_malformed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_revoke, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_revoke_malformed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_let_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_begun_behind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_show, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_used_up, set_up, tear_down),
	};

	if (argc < 3) {
		fprintf(stderr, "usage: %s LEDGER STEPS\n", argv[0]);
		return 2;
	}
	program = argv[1];
	preload = argv[2];
	signal(SIGPIPE, SIG_IGN);
	if (argc > 3)
		cmocka_set_test_filter(argv[3]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
