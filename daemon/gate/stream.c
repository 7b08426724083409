/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the ledger's stream.
 */
#include "daemon/gate/stream.h"

#include "lib/crypto/digest.h"

#include <string.h>

/*
 * Memory of all indexes of a proof: three hours at 10^9 tokens a day. The ledger sends those alone that live, an hour
 * at most.
 */
#define INDEX_BYTES_MAX ((size_t)1024 * 1024 * 1024)

/* Both read the same boot clock, and the ledger does it first. */
#define AHEAD_MAX_MS 1000

/* What a token can still be presented after its making: the longest lifetime, and clocks that differ. */
#define KEPT_MINUTES 63

bool
gate_stream_init(struct gate_stream *stream, const uint8_t root[MM_ED25519_PUBLIC_LEN])
{
	memset(stream, 0, sizeof(*stream));
	memcpy(stream->reader.root, root, sizeof(stream->reader.root));
	stream->proof = mm_proof_new(INDEX_BYTES_MAX);
	return stream->proof != NULL;
}

void
gate_stream_clear(struct gate_stream *stream)
{
	mm_proof_free(&stream->proof);
	memset(stream, 0, sizeof(*stream));
}

/* ---- day keys ---- */

/* Not signed: they come through a pair that only the ledger has the other end of. */
static const char *
take_day_keys(struct gate_stream *stream, const struct mm_message *message, const char *const *names)
{
	struct mm_day_keys keys;
	const char *fault = NULL;

	if (message->len != sizeof(keys))
		return "day keys are too short or too long";
	memcpy(&keys, message->payload, sizeof(keys));
	if (keys.realm >= MM_MINT_REALMS_MAX || names[keys.realm] == NULL ||
	    !mm_mint_text_check(keys.audience.len, keys.audience.bytes, sizeof(keys.audience.bytes)))
		fault = "day keys are of no mint, or cannot be read";
	else if (!mm_proof_set_day(stream->proof, &(struct mm_proof_secrets){
	             .realm = mm_slice_str(names[keys.realm]),
	             .audience = mm_mint_text_get(&keys.audience),
	             .day = keys.day,
	             .token_id_key = keys.token_id_key,
	             .mark_key = keys.mark_key,
	             .index_key = keys.index_key,
	         }))
		fault = "memory is short for day keys, or there are too many";
	mm_secret_wipe(&keys, sizeof(keys));
	stream->day_keys++;
	return fault;
}

/* ---- batches and heartbeats ---- */

static const char *
take_item(struct gate_stream *stream, const struct mm_index_item *item, const char *const *names)
{
	const char *name = item->realm < MM_MINT_REALMS_MAX ? names[item->realm] : NULL;
	struct mm_issued *index = name == NULL ? NULL : mm_proof_index(stream->proof, mm_slice_str(name));

	if (name == NULL)
		return "a batch is of no mint";
	if (index == NULL)
		return "memory is short for an index";
	switch (item->kind) {
	case MM_INDEX_ENTRIES:
		stream->tokens += item->count;
		if (!mm_issued_add(index, item->place, item->entries, item->count))
			return "entries of a batch are out of their order, or memory is short";
		return NULL;
	case MM_INDEX_VOID:
		return mm_issued_void(index, item->place) ? NULL : "a batch voids what it did not bring";
	case MM_INDEX_HIGH_WATER:
		mm_issued_set_high_water(index, item->place);
		return NULL;
	case MM_INDEX_REVOKED:
		stream->revoked++;
		return NULL;
	}
	return "a batch has items of no known kind";
}

static void
forget_old(struct gate_stream *stream, int64_t now_s)
{
	int64_t minute = now_s / 60 - KEPT_MINUTES;

	if (minute <= 0)
		return;
	for (size_t i = 0; i < stream->proof->realm_count; i++)
		if (stream->proof->realms[i].issued != NULL)
			mm_issued_forget_before(stream->proof->realms[i].issued, (uint32_t)minute);
}

/* How far the ledger's clock is ahead, its message's age on this host taken into account. */
static int64_t
clock_off_ms(const struct mm_index_head *head, const struct gate_stream_time *time)
{
	return head->time_us / 1000 + (time->boot_ms - head->boot_ms) - time->now_us / 1000;
}

static const char *
take_batch(struct gate_stream *stream, const struct mm_message *message, const char *const *names,
    const struct gate_stream_time *time)
{
	struct mm_index_item item;
	size_t position = 0;
	const char *fault = mm_index_read(&stream->reader,
	    mm_slice((const char *)message->payload, message->len), time->now_s, &stream->batch);

	if (fault == NULL && stream->batch.head.is_beat != (message->type == MM_MESSAGE_LEDGER_BEAT))
		fault = "a heartbeat is no heartbeat, or a batch is one";
	/* It would count as recent for too long. */
	if (fault == NULL && stream->batch.head.boot_ms > time->boot_ms + AHEAD_MAX_MS)
		fault = "a message is of a time that is to come";
	while (fault == NULL && mm_index_next(&stream->batch, &position, &item))
		fault = take_item(stream, &item, names);
	if (fault != NULL)
		return fault;
	stream->batches++;
	stream->head = stream->batch.head;
	stream->has_head = true;
	stream->settled = stream->settled || stream->head.settled_minute != 0;
	stream->clock_off_ms = clock_off_ms(&stream->head, time);
	forget_old(stream, time->now_s);
	return NULL;
}

bool
gate_stream_revoke(struct gate_stream *stream, struct mm_revoked *const sets[MM_MINT_REALMS_MAX],
    const struct gate_stream_time *time)
{
	struct mm_index_item item;
	size_t position = 0;
	bool apart = true;

	/* From now on: whatever it is about was issued before now. */
	while (mm_index_next(&stream->batch, &position, &item))
		if (item.kind == MM_INDEX_REVOKED && sets[item.realm] != NULL)
			apart = mm_revoked_add(sets[item.realm], &item.revoked, item.up_to_s,
			    time->boot_ms + (int64_t)MM_REVOKED_MATTERS_S * 1000) && apart;
	return apart;
}

const char *
gate_stream_take(struct gate_stream *stream, const struct mm_message *message,
    const char *const names[MM_MINT_REALMS_MAX], const struct gate_stream_time *time)
{
	stream->revoked = 0;
	if (message->type == MM_MESSAGE_LEDGER_DAY_KEYS)
		return take_day_keys(stream, message, names);
	if (message->type == MM_MESSAGE_LEDGER_INDEX || message->type == MM_MESSAGE_LEDGER_BEAT)
		return take_batch(stream, message, names, time);
	return "a message came out of turn";
}
