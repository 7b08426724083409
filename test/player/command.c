/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ledger can be told:
 *
 *	record MINUTE NUMBER yes|no TOKEN   enter it; what is streamed of it is what else it was told
 *	usual           a ledger as it should be, from now on
 *	hold            stream no tokens
 *	mute            tell the gate nothing at all
 *	damage WHAT     of each token's batch (player.h); the token is claimed to be on record
 *	answer HOW      to questions (player.h)
 *	clock SECONDS   the ledger's is so far ahead
 *	boot SECONDS    this and its boot clock are
 *	epochs NUMBER   name trust that so much is ahead
 *	signer NUMBER   forget what another signer made: what a restored ledger does not know
 *	revoke REALM session|subject|client VALUE   all of it that was issued until now; it is forgotten at once
 *	pair            give the pair up
 *	replay          give it up, and tell the next one what was told to this one, and nothing else
 *	keys REALM DOCUMENT now|older|stranger|REALM   a key list: as it should be, with an earlier number, signed under
 *	                another root, or one that says that it is another realm's
 *	die             end, and stay away while "dead" is in the folder
 */
#include "test/player/player.h"

#include "lib/base/array.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIELDS_MAX 5

/* The fields of a command; the last one has all that is left. */
static size_t
split(char *command, char *fields[FIELDS_MAX])
{
	size_t count = 0;

	for (; command != NULL && count < FIELDS_MAX; count++)
		fields[count] = strsep(&command, count + 1 < FIELDS_MAX ? " " : "");
	return count;
}

static const char *
do_record(struct player *player, char *const *fields)
{
	struct mm_token_place place = { 1, (uint32_t)strtoul(fields[1], NULL, 10),
		(uint32_t)strtoul(fields[2], NULL, 10) };

	player_book_enter(player, place, mm_slice_str(fields[4]), strcmp(fields[3], "yes") == 0);
	player_stream_go_on(player);
	if (player->answer == PLAYER_EARLY)
		player_answer_early(player, player->book[player->book_count - 1].digest);
	return NULL;
}

static const char *
do_usual(struct player *player, char *const *fields)
{
	(void)fields;
	player->holds = player->mute = player->replays = false;
	player->clock_off_s = player->boot_off_ms = 0;
	player->epochs_ahead = 0;
	player->damage = PLAYER_WHOLE;
	player->answer = PLAYER_TRULY;
	player->signer = 1;
	player->beat_ms = 0;
	return NULL;
}

static const char *
do_hold(struct player *player, char *const *fields)
{
	(void)fields;
	player->holds = true;
	return NULL;
}

static const char *
do_mute(struct player *player, char *const *fields)
{
	(void)fields;
	player->mute = true;
	return NULL;
}

/* The number of a word in a list. */
static bool
find_word(const char *word, const char *const *words, size_t count, int *number)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, words[i]) == 0) {
			*number = (int)i;
			return true;
		}
	return false;
}

static const char *
do_damage(struct player *player, char *const *fields)
{
	static const char *const words[] = {
		[PLAYER_WHOLE] = "none", [PLAYER_CUT] = "cut", [PLAYER_FLIPPED] = "flipped",
		[PLAYER_STRANGER] = "stranger", [PLAYER_UNCERTIFIED] = "uncertified", [PLAYER_AS_BEAT] = "as-beat",
		[PLAYER_AGAIN] = "again", [PLAYER_SKIPPED] = "skipped",
	};
	int number;

	if (!find_word(fields[1], words, MM_COUNT_OF(words), &number))
		return "there is no such damage";
	player->damage = (enum player_damage)number;
	return NULL;
}

static const char *
do_answer(struct player *player, char *const *fields)
{
	static const char *const words[] = {
		[PLAYER_TRULY] = "truly", [PLAYER_NO] = "no", [PLAYER_VOID] = "void", [PLAYER_UNKNOWN] = "unknown",
		[PLAYER_NOTHING] = "nothing", [PLAYER_LATE] = "late", [PLAYER_OTHER] = "other",
		[PLAYER_EARLY] = "early", [PLAYER_TWICE] = "twice", [PLAYER_ODD] = "odd", [PLAYER_SHORT] = "short",
	};
	int number;

	if (!find_word(fields[1], words, MM_COUNT_OF(words), &number))
		return "there is no such answer";
	player->answer = (enum player_answer)number;
	return NULL;
}

static const char *
do_clock(struct player *player, char *const *fields)
{
	player->clock_off_s = strtoll(fields[1], NULL, 10);
	player->beat_ms = 0;
	return NULL;
}

static const char *
do_boot(struct player *player, char *const *fields)
{
	player->boot_off_ms = 1000 * strtoll(fields[1], NULL, 10);
	return do_clock(player, fields);
}

static const char *
do_epochs(struct player *player, char *const *fields)
{
	player->epochs_ahead = strtoull(fields[1], NULL, 10);
	player->beat_ms = 0;
	return NULL;
}

static const char *
do_signer(struct player *player, char *const *fields)
{
	player->signer = (uint16_t)strtoul(fields[1], NULL, 10);
	return NULL;
}

static const char *
do_revoke(struct player *player, char *const *fields)
{
	const struct player_realm *realm = player_find_realm(player, fields[1]);
	struct mm_revoked_what what = { 0, mm_slice_str(fields[3]), MM_SLICE_ABSENT };

	for (unsigned kind = MM_REVOKED_TOKEN; kind < MM_REVOKED_KIND_END; kind++)
		if (strcmp(fields[2], mm_revoked_kind_name(kind)) == 0)
			what.kind = (enum mm_revoked_kind)kind;
	if (realm == NULL || !mm_revoked_what_check(&what))
		return "there is no such realm, or nothing of this kind";
	player_stream_revoke(player, realm, &what);
	return NULL;
}

static const char *
do_pair(struct player *player, char *const *fields)
{
	(void)fields;
	player_stream_end(player);
	return NULL;
}

static const char *
do_replay(struct player *player, char *const *fields)
{
	(void)fields;
	player->replays = player->mute = true;
	player_stream_end(player);
	return NULL;
}

static const char *
do_keys(struct player *player, char *const *fields)
{
	const struct player_realm *realm = player_find_realm(player, fields[1]);
	bool older = strcmp(fields[3], "older") == 0, stranger = strcmp(fields[3], "stranger") == 0;
	bool plain = older || stranger || strcmp(fields[3], "now") == 0;

	if (realm == NULL)
		return "there is no such realm";
	player_tell_keys(player, realm, fields[2], plain ? realm->name : fields[3],
	    older ? player->list_sequence - (UINT64_C(1) << 32) : ++player->list_sequence, stranger);
	return NULL;
}

static const char *
do_die(struct player *player, char *const *fields)
{
	int fd = openat(player->folder_fd, PLAYER_DEAD, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	(void)fields;
	if (fd == -1)
		return "it cannot die";
	close(fd);
	exit(EXIT_FAILURE);
}

static const struct verb {
	const char *word;
	size_t fields; /* with itself */
	const char *(*act)(struct player *player, char *const *fields);
} verbs[] = {
	{ "record", 5, do_record },
	{ "usual", 1, do_usual },
	{ "hold", 1, do_hold },
	{ "mute", 1, do_mute },
	{ "damage", 2, do_damage },
	{ "answer", 2, do_answer },
	{ "clock", 2, do_clock },
	{ "boot", 2, do_boot },
	{ "epochs", 2, do_epochs },
	{ "signer", 2, do_signer },
	{ "revoke", 4, do_revoke },
	{ "pair", 1, do_pair },
	{ "replay", 1, do_replay },
	{ "keys", 4, do_keys },
	{ "die", 1, do_die },
};

const char *
player_command(struct player *player, char *command)
{
	char *fields[FIELDS_MAX];
	size_t count = split(command, fields);

	for (size_t i = 0; count > 0 && i < MM_COUNT_OF(verbs); i++)
		if (strcmp(fields[0], verbs[i].word) == 0)
			return count == verbs[i].fields ? verbs[i].act(player, fields) : "it has other fields";
	return "there is no such command";
}
