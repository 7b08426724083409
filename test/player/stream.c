/* SPDX-License-Identifier: Apache-2.0 */
/* What a gate is told, and its questions. */
#include "test/player/player.h"

#include "lib/base/array.h"
#include "lib/token/issued.h"
#include "lib/token/mint_secret.h"
#include "test/maker/mint.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BEAT_MS 500
#define LATE_MS 1500

/* Questions that are to come, and are answered before. */
#define EARLY 32

/* A gate that was just started takes a moment for what was sent before. */
#define TAKES_MAX_MS 5000

static const uint8_t *const mark_root = (const uint8_t *)MAKER_MARK_ROOT;

/* ---- sending ---- */

static void
send_to_gate(struct player *player, enum mm_message_type type, const void *payload, size_t len)
{
	struct pollfd waited = { player->gate_fd, POLLOUT, 0 };

	if (player->gate_fd < 0)
		return;
	while (mm_message_send(player->gate_fd, MM_PROCESS_LEDGER, MM_PROCESS_GATE, type, payload, len, -1) == -1) {
		if (errno == EAGAIN && poll(&waited, 1, TAKES_MAX_MS) == 1)
			continue;
		player_stream_end(player);
		return;
	}
}

static void
keep(struct player *player, enum mm_message_type type, const void *payload, size_t len)
{
	struct player_kept *kept;

	if (player->kept_count == player->kept_size) {
		player->kept_size = player->kept_size == 0 ? 1024 : 2 * player->kept_size;
		player->kept = realloc(player->kept, player->kept_size * sizeof(*player->kept));
	}
	if (player->kept == NULL)
		player_fail("no memory for what was sent");
	kept = &player->kept[player->kept_count++];
	*kept = (struct player_kept){ type, len, malloc(len) };
	if (kept->bytes == NULL)
		player_fail("no memory for what was sent");
	memcpy(kept->bytes, payload, len);
}

static void
send_and_keep(struct player *player, enum mm_message_type type, const void *payload, size_t len)
{
	keep(player, type, payload, len);
	send_to_gate(player, type, payload, len);
}

static void
forget_kept(struct player *player)
{
	for (size_t i = 0; i < player->kept_count; i++)
		free(player->kept[i].bytes);
	player->kept_count = 0;
}

/* ---- day keys ---- */

static void
send_day_key(struct player *player, const struct player_realm *realm, const char *audience, uint32_t day)
{
	struct mm_day_keys keys = { .realm = realm->number, .day = day };
	struct mm_slice name = mm_slice_str(realm->name);

	if (!mm_mint_token_id_key(mark_root, name, keys.token_id_key) ||
	    !mm_mint_text_set(&keys.audience, mm_slice_str(audience)) ||
	    !mm_mint_mark_key(mark_root, name, mm_slice_str(audience), day, keys.mark_key) ||
	    !mm_mint_index_key(mark_root, name, day, keys.index_key))
		player_fail("no day keys");
	send_and_keep(player, MM_MESSAGE_LEDGER_DAY_KEYS, &keys, sizeof(keys));
}

static void
send_day_keys(struct player *player)
{
	uint32_t today = mm_mint_day(player_wall_us() / 1000000);

	for (size_t i = 0; i < MM_COUNT_OF(player->realms); i++)
		for (size_t j = 0; j < player->realms[i].audience_count; j++)
			for (uint32_t day = today - 1; day <= today + 1; day++)
				send_day_key(player, &player->realms[i], player->realms[i].audiences[j], day);
}

/* ---- messages of the stream ---- */

static void
send_message(struct player *player, bool is_beat, enum player_damage damage)
{
	struct mm_index_head head = { .epoch = player->epoch + player->epochs_ahead,
		.time_us = player_wall_us() + player->clock_off_s * 1000000,
		.boot_ms = player_boot_ms() + player->boot_off_ms,
		.settled_minute = (uint32_t)(player_wall_us() / 60000000), .revoked_told = true, .is_beat = is_beat };
	enum mm_message_type type =
	    is_beat || damage == PLAYER_AS_BEAT ? MM_MESSAGE_LEDGER_BEAT : MM_MESSAGE_LEDGER_INDEX;
	bool foreign = damage == PLAYER_STRANGER || damage == PLAYER_UNCERTIFIED;
	static uint8_t bytes[MM_INDEX_MESSAGE_MAX];
	struct mm_slice message;

	if (!mm_index_finish(&player->writer, &head,
	        damage == PLAYER_STRANGER ? player->stranger_certificate : player->certificate,
	        foreign ? player->stranger : player->key, &message))
		player_fail("no message");
	memcpy(bytes, message.ptr, message.len);
	if (damage == PLAYER_FLIPPED)
		bytes[MM_INDEX_HEAD_LEN] ^= 1;
	if (damage != PLAYER_SKIPPED)
		send_and_keep(player, type, bytes, message.len - (damage == PLAYER_CUT));
	if (damage == PLAYER_AGAIN)
		send_to_gate(player, type, bytes, message.len);
	player->beat_ms = player_boot_ms() + BEAT_MS;
}

/* What stands in the index of a realm for an entry of the book, honestly or as it is claimed. */
static uint64_t
index_entry(const struct player_realm *realm, const struct player_entry *entry, bool honest)
{
	uint8_t key[MM_INDEX_KEY_LEN];
	uint64_t number = 0;

	if ((honest ? entry->recorded : entry->claimed) &&
	    (!mm_mint_index_key(mark_root, mm_slice_str(realm->name), entry->day, key) ||
	        !mm_issued_entry(key, entry->digest, &number)))
		player_fail("no entry");
	return number;
}

/* One token's place in every realm, so that it need not be known whose it is. */
static void
send_entry(struct player *player, struct player_entry *entry, enum player_damage damage)
{
	bool honest = damage == PLAYER_WHOLE || damage == PLAYER_AGAIN || damage == PLAYER_SKIPPED;

	mm_index_begin(&player->writer);
	for (size_t i = 0; i < MM_COUNT_OF(player->realms); i++) {
		const struct player_realm *realm = &player->realms[i];
		uint64_t number;

		if (!realm->there)
			continue;
		number = index_entry(realm, entry, honest);
		if (mm_index_add_entries(&player->writer, realm->number, entry->place, &number, 1) != 1 ||
		    !mm_index_add_place(&player->writer, MM_INDEX_HIGH_WATER, realm->number, entry->place))
			player_fail("no room in a batch");
	}
	send_message(player, false, damage);
}

/* The first place of another signer: it made nothing yet that anybody asks for. */
static void
send_nothing(struct player *player)
{
	struct player_entry entry = {
		.place = { player->signer, (uint32_t)(player_wall_us() / 60000000), 0 },
	};

	send_entry(player, &entry, PLAYER_WHOLE);
}

/* ---- the stream ---- */

void
player_stream_begin(struct player *player)
{
	player->sent = 0;
	player->beat_ms = 0;
	if (player->replays) {
		for (size_t i = 0; i < player->kept_count; i++)
			send_to_gate(player, player->kept[i].type, player->kept[i].bytes, player->kept[i].len);
		return;
	}
	forget_kept(player);
	if (!mm_index_writer_init(&player->writer))
		player_fail("no stream");
	send_day_keys(player);
	if (player->signer != 1)
		send_nothing(player);
	/* What there was before is told as it is; damage is done to what comes. */
	for (; player->sent < player->book_count && !player->holds && !player->mute; player->sent++)
		if (player->book[player->sent].place.signer == player->signer)
			send_entry(player, &player->book[player->sent], PLAYER_WHOLE);
}

void
player_stream_end(struct player *player)
{
	if (player->gate_fd >= 0)
		close(player->gate_fd);
	player->gate_fd = -1;
}

static void
send_late(struct player *player)
{
	while (player->late_count > 0 && player_boot_ms() >= player->late[0].due_ms) {
		send_to_gate(player, MM_MESSAGE_GATE_LEDGER_SAYS, &player->late[0].says,
		    sizeof(player->late[0].says));
		memmove(&player->late[0], &player->late[1], --player->late_count * sizeof(player->late[0]));
	}
}

void
player_stream_go_on(struct player *player)
{
	send_late(player);
	if (player->gate_fd < 0 || player->mute)
		return;
	for (; player->gate_fd >= 0 && player->sent < player->book_count && !player->holds; player->sent++)
		if (player->book[player->sent].place.signer == player->signer)
			send_entry(player, &player->book[player->sent], player->damage);
	if (player->gate_fd >= 0 && player_boot_ms() >= player->beat_ms) {
		mm_index_begin(&player->writer);
		send_message(player, true, PLAYER_WHOLE);
	}
}

void
player_stream_revoke(struct player *player, const struct player_realm *realm, const struct mm_revoked_what *what)
{
	mm_index_begin(&player->writer);
	if (!mm_index_add_revoked(&player->writer, realm->number, what, player_wall_us() / 1000000))
		player_fail("no room in a batch");
	send_message(player, false, PLAYER_WHOLE);
}

/* ---- questions ---- */

static void
say(struct player *player, const struct mm_ask_issued *ask, uint64_t number, uint32_t answer)
{
	struct mm_ledger_says says = { .number = number, .answer = answer };

	memcpy(says.digest, ask->digest, sizeof(says.digest));
	send_to_gate(player, MM_MESSAGE_GATE_LEDGER_SAYS, &says, sizeof(says));
}

static void
say_late(struct player *player, const struct mm_ask_issued *ask)
{
	struct mm_ledger_says *says = &player->late[player->late_count].says;

	if (player->late_count == PLAYER_LATE_MAX)
		player_fail("too many late answers");
	*says = (struct mm_ledger_says){ .number = ask->number, .answer = MM_ISSUED_YES };
	memcpy(says->digest, ask->digest, sizeof(says->digest));
	player->late[player->late_count++].due_ms = player_boot_ms() + LATE_MS;
}

static void
say_half(struct player *player, uint64_t number)
{
	const struct mm_ledger_says says = { .number = number, .answer = MM_ISSUED_YES };

	send_to_gate(player, MM_MESSAGE_GATE_LEDGER_SAYS, &says, sizeof(says) / 2);
}

void
player_answer_early(struct player *player, const uint8_t digest[MM_DIGEST_LEN])
{
	struct mm_ask_issued ask = { .number = player->question.number };

	memcpy(ask.digest, digest, sizeof(ask.digest));
	for (int ahead = 1; ahead <= EARLY; ahead++)
		say(player, &ask, ask.number + (uint64_t)ahead, MM_ISSUED_YES);
}

/* The same token may be asked about twice, at two doors. */
static void
say_of_other(struct player *player, const struct mm_ask_issued *before, const struct mm_ask_issued *ask)
{
	struct mm_ask_issued other = *before;

	if (memcmp(before->digest, ask->digest, sizeof(ask->digest)) == 0)
		other.digest[0] ^= 1;
	else
		say(player, ask, before->number, MM_ISSUED_YES);
	say(player, &other, ask->number, MM_ISSUED_YES);
}

void
player_answer(struct player *player, const struct mm_ask_issued *ask)
{
	const struct mm_ask_issued before = player->question;

	player->question = *ask;
	if (player->mute)
		return;
	switch (player->answer) {
	case PLAYER_TRULY:
		say(player, ask, ask->number, player_book_has(player, ask->digest) ? MM_ISSUED_YES : MM_ISSUED_NO);
		break;
	case PLAYER_NO: say(player, ask, ask->number, MM_ISSUED_NO); break;
	case PLAYER_VOID: say(player, ask, ask->number, MM_ISSUED_VOID); break;
	case PLAYER_UNKNOWN: say(player, ask, ask->number, MM_ISSUED_UNKNOWN); break;
	case PLAYER_LATE: say_late(player, ask); break;
	case PLAYER_OTHER: say_of_other(player, &before, ask); break;
	case PLAYER_TWICE:
		say(player, ask, ask->number, MM_ISSUED_UNKNOWN);
		say(player, ask, ask->number, MM_ISSUED_YES);
		break;
	case PLAYER_ODD: say(player, ask, ask->number, MM_ISSUED_UNKNOWN + 1); break;
	case PLAYER_SHORT: say_half(player, ask->number); break;
	case PLAYER_NOTHING:
	case PLAYER_EARLY: break;
	}
}
