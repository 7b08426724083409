/* SPDX-License-Identifier: Apache-2.0 */
/* The book of tokens, in the order of their places. */
#include "test/player/player.h"

#include "lib/crypto/digest.h"
#include "lib/token/mint_secret.h"

#include <mintmark/inspect.h>

#include <stdlib.h>
#include <string.h>

static struct player_entry *
add_entry(struct player *player, struct mm_token_place place)
{
	if (player->book_count == player->book_size) {
		player->book_size = player->book_size == 0 ? 1024 : 2 * player->book_size;
		player->book = realloc(player->book, player->book_size * sizeof(*player->book));
		if (player->book == NULL)
			player_fail("no memory for the book");
	}
	player->book[player->book_count] = (struct player_entry){ .place = place };
	return &player->book[player->book_count++];
}

/* The counter that comes next in a minute. */
static uint32_t
next_counter(const struct player *player, struct mm_token_place place)
{
	const struct player_entry *last = player->book_count == 0 ? NULL : &player->book[player->book_count - 1];

	return last != NULL && last->place.signer == place.signer && last->place.minute == place.minute ?
	    last->place.counter + 1 : 0;
}

/* The day of a token's iat; today's where it states none that can be found. */
static uint32_t
day_of(struct mm_slice token)
{
	static char room[PLAYER_COMMAND_MAX], payload[PLAYER_COMMAND_MAX];
	struct mm_unverified_token unverified;
	const char *at;
	long long iat_s = 0;

	if (mm_inspect(token, room, sizeof(room), &unverified) == MM_OK) {
		memcpy(payload, unverified.unverified_payload.ptr, unverified.unverified_payload.len);
		payload[unverified.unverified_payload.len] = '\0';
		at = strstr(payload, "\"iat\":");
		iat_s = at == NULL ? 0 : strtoll(at + 6, NULL, 10);
	}
	return mm_mint_day(iat_s > 0 && iat_s < INT64_C(4000000000) ? iat_s : player_wall_us() / 1000000);
}

static struct mm_slice
signed_part(struct mm_slice token)
{
	while (token.len > 0 && token.ptr[token.len - 1] != '.')
		token.len--;
	return mm_slice(token.ptr, token.len > 0 ? token.len - 1 : 0);
}

void
player_book_enter(struct player *player, struct mm_token_place place, struct mm_slice token, bool recorded)
{
	struct player_entry *entry;
	uint32_t counter = next_counter(player, place);

	for (; counter < place.counter; counter++)
		add_entry(player, (struct mm_token_place){ place.signer, place.minute, counter });
	entry = add_entry(player, place);
	entry->day = day_of(token);
	entry->recorded = recorded;
	entry->claimed = recorded || player->damage != PLAYER_WHOLE;
	if (!mm_sha256(signed_part(token), entry->digest))
		player_fail("no digest");
}

bool
player_book_has(const struct player *player, const uint8_t digest[MM_DIGEST_LEN])
{
	for (size_t i = 0; i < player->book_count; i++)
		if (player->book[i].recorded && memcmp(player->book[i].digest, digest, MM_DIGEST_LEN) == 0)
			return true;
	return false;
}
