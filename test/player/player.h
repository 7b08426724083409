/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark-player: in place of a mint's processes, under a real mintmarkd and before a real gate.
 *
 * mintmarkd starts it as mintmark-ledger, mintmark-signer, mintmark-verifier and mintmark-issuer. The ledger tells
 * what the maker's world wrote for it, signed with the key-state key that 'mintmark init' made, by the product's own
 * encoders; and does what it is told at the socket PLAYER_SOCKET of its folder (command.c), also what no ledger does.
 * The others say that they serve, and the verifier its directory.
 */
#ifndef TEST_PLAYER_H
#define TEST_PLAYER_H

#include "daemon/ipc/message.h"
#include "engine/index_batch.h"
#include "engine/ledger_secrets.h"
#include "lib/crypto/ed25519.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One packet a command, answered by one: "ok", or what is wrong with it. */
#define PLAYER_SOCKET "player.sock"

/* While it is in the ledger's folder the ledger ends as soon as it is started. */
#define PLAYER_DEAD "dead"

/* A command with a token of any size that an attacker may send. */
#define PLAYER_COMMAND_MAX (160 * 1024)

#define PLAYER_AUDIENCES_MAX 8

/* Answers that are under way: more than requests wait at once. */
#define PLAYER_LATE_MAX 64

struct player_realm {
	bool there;
	uint16_t number;
	char name[MM_NAME_LEN_MAX + 1];
	char audiences[PLAYER_AUDIENCES_MAX][MM_MINT_AUDIENCE_LEN_MAX + 1];
	size_t audience_count;
};

/* A place of the book: a token, or nothing. */
struct player_entry {
	struct mm_token_place place;
	bool recorded;
	bool claimed; /* to be streamed as if it were */
	uint8_t digest[MM_DIGEST_LEN];
	uint32_t day; /* of its iat */
};

/* What is done to messages of the stream before they are sent. */
enum player_damage {
	PLAYER_WHOLE,
	PLAYER_CUT,         /* its last byte is missing */
	PLAYER_FLIPPED,     /* a bit of it is another */
	PLAYER_STRANGER,    /* signed by a key that another root certified */
	PLAYER_UNCERTIFIED, /* signed by another key, with the right certificate */
	PLAYER_AS_BEAT,     /* sent as a heartbeat */
	PLAYER_AGAIN,       /* sent twice */
	PLAYER_SKIPPED,     /* not sent */
};

/* How questions are answered. */
enum player_answer {
	PLAYER_TRULY,
	PLAYER_NO,
	PLAYER_VOID,
	PLAYER_UNKNOWN,
	PLAYER_NOTHING,
	PLAYER_LATE,    /* yes, after its time */
	PLAYER_OTHER,   /* yes to another question, and to this one about another token */
	PLAYER_EARLY,   /* yes before it is asked, and nothing then */
	PLAYER_TWICE,   /* first that it cannot know, then yes */
	PLAYER_ODD,     /* with a word that there is not */
	PLAYER_SHORT,   /* half of a yes */
};

struct player_kept {
	enum mm_message_type type;
	size_t len;
	uint8_t *bytes;
};

struct player {
	int folder_fd;
	uint8_t certificate[MM_MINT_CERTIFICATE_LEN], stranger_certificate[MM_MINT_CERTIFICATE_LEN];
	struct mm_ed25519 *key, *stranger;
	struct player_realm realms[MM_MINT_REALMS_MAX];
	uint64_t epoch;         /* as mintmarkd said */
	uint64_t list_sequence; /* of the last key list */

	int gate_fd, listener_fd, client_fd; /* -1: none */

	struct player_entry *book;
	size_t book_count, book_size;

	/* The stream. */
	struct mm_index_writer writer;
	size_t sent;  /* entries of the book */
	int64_t beat_ms;
	struct player_kept *kept; /* all messages of this stream */
	size_t kept_count, kept_size;

	/* What it was told to do. */
	bool holds, mute, replays;
	int64_t clock_off_s, boot_off_ms;
	uint64_t epochs_ahead;
	uint16_t signer;
	enum player_damage damage;
	enum player_answer answer;

	struct mm_ask_issued question; /* the last one */
	struct {
		int64_t due_ms;
		struct mm_ledger_says says;
	} late[PLAYER_LATE_MAX];
	size_t late_count;
};

/* ---- main.c ---- */

_Noreturn void player_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int64_t player_boot_ms(void);
int64_t player_wall_us(void);

/* A text of a file below a folder, which the caller frees; NULL: it is not there. */
char *player_read_file(int folder_fd, const char *name);

/* The same bytes as sealed memory. */
int player_seal(struct mm_slice bytes);

/* ---- ledger.c ---- */

/* Play the ledger until mintmarkd ends it. */
_Noreturn void player_run_ledger(void);

/*
 * Tell mintmarkd a realm's keys: the document NAME.jwks of the folder, as a list of realm 'as', with this sequence.
 * stranger: signed by a key that another root certified.
 */
void player_tell_keys(struct player *player, const struct player_realm *realm, const char *name, const char *as,
    uint64_t sequence, bool stranger);

const struct player_realm *player_find_realm(const struct player *player, const char *name);

/* ---- book.c ---- */

/* Enter a token at its place, and nothing at those between. */
void player_book_enter(struct player *player, struct mm_token_place place, struct mm_slice token, bool recorded);

/* Whether this is on record. */
bool player_book_has(const struct player *player, const uint8_t digest[MM_DIGEST_LEN]);

/* ---- stream.c ---- */

/* A new pair: day keys, and all of the book. */
void player_stream_begin(struct player *player);

/* Send what is to be sent now. */
void player_stream_go_on(struct player *player);

/* Tell that all of this was revoked that was issued until now. */
void player_stream_revoke(struct player *player, const struct player_realm *realm, const struct mm_revoked_what *what);

/* Give the pair up. */
void player_stream_end(struct player *player);

void player_answer(struct player *player, const struct mm_ask_issued *ask);

/* The next questions will be about this token, perhaps. */
void player_answer_early(struct player *player, const uint8_t digest[MM_DIGEST_LEN]);

/* ---- command.c ---- */

/* Do it; NULL, or what is wrong with it. */
const char *player_command(struct player *player, char *command);

#endif
