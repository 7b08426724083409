/* SPDX-License-Identifier: Apache-2.0 */
/* What a gate is told. */
#include "daemon/ledger/stream.h"

#include "daemon/ledger/issue.h"
#include "lib/crypto/digest.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(MM_INDEX_MESSAGE_MAX == MM_INDEX_BATCH_MAX, "a batch is a message");

/* ---- day keys ---- */

static bool
send_day_key(const struct ledger_realm *realm, struct ledger_peer *gate, struct mm_slice audience, uint32_t day)
{
	struct mm_day_keys keys = { .realm = realm->number, .day = day };
	struct mm_slice name = mm_slice_str(realm->name);
	bool sent;

	memcpy(keys.token_id_key, realm->mint->token_id_key, sizeof(keys.token_id_key));
	sent = mm_mint_text_set(&keys.audience, audience) &&
	    mm_mint_mark_key(realm->mint->mark_root, name, audience, day, keys.mark_key) &&
	    mm_mint_index_key(realm->mint->mark_root, name, day, keys.index_key) &&
	    ledger_peer_send(gate, MM_MESSAGE_LEDGER_DAY_KEYS, &keys, sizeof(keys));
	mm_secret_wipe(&keys, sizeof(keys));
	return sent;
}

/* Of yesterday, today and tomorrow. */
static void
send_day_keys(struct ledger *ledger, struct ledger_peer *gate)
{
	uint32_t today = mm_mint_day(ledger_wall_s());

	ledger->day = today;
	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;)
		for (size_t i = 0; realm->mint->has_root && i < realm->service_count; i++)
			for (uint32_t day = today - (today > 0); day <= today + 1; day++)
				if (!send_day_key(realm, gate, mm_slice_str(realm->services[i]), day))
					return;
}

/* ---- the stream ---- */

/* Voids come behind their entries: a stream that begins now has none to tell of. */
static void
begin_cursors(struct ledger *ledger, struct ledger_stream *stream)
{
	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;) {
		const struct ledger_live *live = &realm->mint->live;

		stream->cursors[realm->number] = (struct ledger_cursor){ .chunk = live->first,
			.voided = live->void_first + live->void_count };
	}
}

void
ledger_stream_begin(struct ledger *ledger, struct ledger_peer *gate)
{
	struct ledger_stream *stream = calloc(1, sizeof(*stream));

	free(ledger->stream);
	ledger->stream = NULL;
	if (stream == NULL || !mm_index_writer_init(&stream->writer)) {
		free(stream);
		gate->broken = true;
		return;
	}
	send_day_keys(ledger, gate);
	begin_cursors(ledger, stream);
	stream->stuck_ms = ledger_boot_ms() + LEDGER_STREAM_STUCK_MS;
	ledger->stream = stream;
}

/* The chunk where a cursor stands; NULL: it is at the end. What was forgotten meanwhile is left out. */
static const struct ledger_chunk *
chunk_at(const struct ledger_live *live, struct ledger_cursor *cursor)
{
	if (cursor->chunk < live->first) {
		cursor->chunk = live->first;
		cursor->entry = 0;
	}
	if (cursor->chunk - live->first >= live->count)
		return NULL;
	return &live->chunks[cursor->chunk - live->first];
}

/* Whether the cursor has passed a place. */
static bool
was_sent(const struct ledger_live *live, const struct ledger_cursor *cursor, struct mm_token_place place)
{
	uint64_t number = live->first;

	for (size_t i = 0; i < live->count; i++, number++)
		if (live->chunks[i].signer == place.signer && live->chunks[i].minute == place.minute)
			return number < cursor->chunk || (number == cursor->chunk && place.counter < cursor->entry);
	return false;
}

/* Add the voids of entries that were sent. False where there is no room for more. */
static bool
add_voids(const struct ledger_realm *realm, struct ledger_stream *stream, struct ledger_cursor *cursor)
{
	const struct ledger_live *live = &realm->mint->live;

	if (cursor->voided < live->void_first)
		cursor->voided = live->void_first;
	for (; cursor->voided - live->void_first < live->void_count; cursor->voided++) {
		struct mm_token_place place = live->voids[cursor->voided - live->void_first];

		if (was_sent(live, cursor, place) &&
		    !mm_index_add_place(&stream->writer, MM_INDEX_VOID, realm->number, place))
			return false;
	}
	return true;
}

/* Add entries, and how far the realm is told with them. False where there is no room for more. */
static bool
add_entries(const struct ledger_realm *realm, struct ledger_stream *stream, struct ledger_cursor *cursor)
{
	const struct ledger_live *live = &realm->mint->live;
	const struct ledger_chunk *chunk;
	bool any = false, room = true;

	while (room && (chunk = chunk_at(live, cursor)) != NULL) {
		struct mm_token_place place = { chunk->signer, chunk->minute, (uint32_t)cursor->entry };
		size_t left = chunk->count - cursor->entry, added;

		if (left == 0) {
			if (cursor->chunk - live->first + 1 == live->count)
				break; /* the next tokens may come into it */
			cursor->chunk++;
			cursor->entry = 0;
			continue;
		}
		/* Room for the high-water mark is kept. */
		if (mm_index_room(&stream->writer) < 16 + 8 + 16)
			return false;
		if (left > (mm_index_room(&stream->writer) - 32) / 8)
			left = (mm_index_room(&stream->writer) - 32) / 8;
		added = mm_index_add_entries(&stream->writer, realm->number, place,
		    chunk->entries + cursor->entry, left);
		cursor->entry += added;
		place.counter = (uint32_t)cursor->entry - 1;
		cursor->high_water = place;
		any = true;
		room = cursor->entry == chunk->count;
	}
	return (!any || mm_index_add_place(&stream->writer, MM_INDEX_HIGH_WATER, realm->number, cursor->high_water)) &&
	    room;
}

/* Add what is revoked. False where there is no room for more. */
static bool
add_revoked(const struct ledger_realm *realm, struct ledger_stream *stream, struct ledger_cursor *cursor)
{
	const struct ledger_revocation *item;

	while ((item = ledger_revoked_at(&realm->mint->revoked, &cursor->revoked)) != NULL) {
		if (!mm_index_add_revoked(&stream->writer, realm->number, &item->what, item->up_to_s))
			return false;
		cursor->revoked++;
	}
	return true;
}

/* Whether everything that is revoked was sent, or has its place in the message that is being made. */
static bool
revoked_told(struct ledger *ledger, struct ledger_stream *stream)
{
	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;)
		if (ledger_revoked_at(&realm->mint->revoked, &stream->cursors[realm->number].revoked) != NULL)
			return false;
	return true;
}

/* Fill a batch. True: everything that there is has its place in it. */
static bool
fill(struct ledger *ledger, struct ledger_stream *stream)
{
	mm_index_begin(&stream->writer);
	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;)
		if (!add_revoked(realm, stream, &stream->cursors[realm->number]))
			return false;
	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;) {
		struct ledger_cursor *cursor = &stream->cursors[realm->number];

		if (!add_voids(realm, stream, cursor) || !add_entries(realm, stream, cursor))
			return false;
	}
	return true;
}

static bool
send_message(struct ledger *ledger, struct ledger_peer *gate, bool is_beat, bool all, int64_t now_ms)
{
	struct ledger_stream *stream = ledger->stream;
	struct mm_index_head head = { .epoch = ledger->epoch, .time_us = ledger_wall_us(), .boot_ms = now_ms,
		.is_beat = is_beat, .revoked_told = ledger->revoked_known && revoked_told(ledger, stream) };
	struct mm_slice message;

	/* With damage nothing is known to be absent. */
	if (stream->complete && all && ledger->damage[0] == '\0')
		head.settled_minute = ledger_open_minute(ledger);
	if (!mm_index_finish(&stream->writer, &head, ledger->certificate, ledger->key_state, &message))
		return false;
	stream->beat_ms = now_ms + LEDGER_BEAT_MS;
	return ledger_peer_send(gate, is_beat ? MM_MESSAGE_LEDGER_BEAT : MM_MESSAGE_LEDGER_INDEX, message.ptr,
	    message.len);
}

/* Whether a realm has something that was not sent. */
static bool
is_behind(struct ledger *ledger, struct ledger_stream *stream)
{
	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;) {
		const struct ledger_live *live = &realm->mint->live;
		struct ledger_cursor *cursor = &stream->cursors[realm->number];
		const struct ledger_chunk *chunk = chunk_at(live, cursor);

		if (ledger_revoked_at(&realm->mint->revoked, &cursor->revoked) != NULL ||
		    cursor->voided < live->void_first + live->void_count ||
		    (chunk != NULL && (cursor->entry < chunk->count || cursor->chunk - live->first + 1 < live->count)))
			return true;
	}
	return false;
}

/* Send batches until the gate does not take more, or all is told. */
static void
send_batches(struct ledger *ledger, struct ledger_peer *gate, int64_t now_ms)
{
	struct ledger_stream *stream = ledger->stream;
	bool all = false, ok = true;

	while (ok && !all && ledger_peer_is_clear(gate)) {
		all = fill(ledger, stream);
		stream->complete = stream->complete || all;
		if (stream->writer.len > MM_INDEX_HEAD_LEN)
			ok = send_message(ledger, gate, false, all, now_ms);
	}
	if (!ok)
		gate->broken = true;
	stream->batch_ms = now_ms + LEDGER_BATCH_MS;
}

static void
send_beat(struct ledger *ledger, struct ledger_peer *gate, int64_t now_ms)
{
	mm_index_begin(&ledger->stream->writer);
	if (!send_message(ledger, gate, true, !is_behind(ledger, ledger->stream), now_ms))
		gate->broken = true;
}

int64_t
ledger_stream_tick(struct ledger *ledger, int64_t now_ms)
{
	struct ledger_peer *gate = ledger_peers_find(&ledger->peers, MM_PROCESS_GATE, NULL);
	struct ledger_stream *stream = ledger->stream;

	if (gate == NULL || stream == NULL || ledger->key_state == NULL)
		return INT64_MAX;
	if (mm_mint_day(ledger_wall_s()) != ledger->day)
		send_day_keys(ledger, gate);
	if (!ledger_peer_is_clear(gate)) {
		if (now_ms >= stream->stuck_ms)
			gate->broken = true; /* it takes nothing: mintmarkd makes a new pair, and it begins anew */
		return stream->stuck_ms;
	}
	stream->stuck_ms = now_ms + LEDGER_STREAM_STUCK_MS;
	if (now_ms >= stream->batch_ms && (!stream->complete || is_behind(ledger, stream)))
		send_batches(ledger, gate, now_ms);
	if (now_ms >= stream->beat_ms && ledger_peer_is_clear(gate) && !gate->broken)
		send_beat(ledger, gate, now_ms);
	return is_behind(ledger, stream) ? stream->batch_ms : stream->beat_ms;
}
