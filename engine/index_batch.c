/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Index batches: a head of fixed fields, items of 16 bytes and their entries, the certificate, the signature over all
 * that stands before it.
 */
#include "engine/index_batch.h"

#include "lib/base/little_endian.h"
#include "lib/base/reader.h"
#include "lib/crypto/digest.h"

#include <string.h>
#include <sys/random.h>

#define MAGIC "MMINDX1\n"
#define MAGIC_LEN 8
#define ITEM_LEN 16
#define TAIL_LEN (MM_MINT_CERTIFICATE_LEN + MM_ED25519_SIGNATURE_LEN)

/* Where the parts of the head stand. */
enum { AT_STREAM = 8, AT_SEQUENCE = 24, AT_EPOCH = 32, AT_TIME = 40, AT_BOOT = 48, AT_SETTLED = 56, AT_BEAT = 60,
	AT_REVOKED = 61, AT_PREVIOUS = 64, AT_ITEMS_LEN = 96 };

/* ---- writing ---- */

bool
mm_index_writer_init(struct mm_index_writer *writer)
{
	writer->sequence = 0;
	memset(writer->previous, 0, sizeof(writer->previous));
	mm_index_begin(writer);
	return getrandom(writer->stream, sizeof(writer->stream), 0) == (ssize_t)sizeof(writer->stream);
}

void
mm_index_begin(struct mm_index_writer *writer)
{
	writer->len = MM_INDEX_HEAD_LEN;
}

size_t
mm_index_room(const struct mm_index_writer *writer)
{
	return sizeof(writer->bytes) - TAIL_LEN - writer->len;
}

static void
put_item(struct mm_index_writer *writer, enum mm_index_item_kind kind, uint16_t realm, struct mm_token_place place,
    size_t count)
{
	uint8_t *at = writer->bytes + writer->len;

	at[0] = (uint8_t)kind;
	at[1] = 0;
	mm_le_put(at + 2, realm, 2);
	mm_le_put(at + 4, place.signer, 2);
	mm_le_put(at + 6, count, 2);
	mm_le_put(at + 8, place.minute, 4);
	mm_le_put(at + 12, place.counter, 4);
	writer->len += ITEM_LEN;
}

size_t
mm_index_add_entries(struct mm_index_writer *writer, uint16_t realm, struct mm_token_place first,
    const uint64_t *entries, size_t count)
{
	size_t room = mm_index_room(writer), fits = room < ITEM_LEN ? 0 : (room - ITEM_LEN) / 8;

	if (fits > count)
		fits = count;
	if (fits == 0)
		return 0;
	put_item(writer, MM_INDEX_ENTRIES, realm, first, fits);
	for (size_t i = 0; i < fits; i++, writer->len += 8)
		mm_le_put(writer->bytes + writer->len, entries[i], 8);
	return fits;
}

bool
mm_index_add_place(struct mm_index_writer *writer, enum mm_index_item_kind kind, uint16_t realm,
    struct mm_token_place place)
{
	if (mm_index_room(writer) < ITEM_LEN)
		return false;
	put_item(writer, kind, realm, place, 0);
	return true;
}

/* Both texts, and zeroes up to the next item. */
static size_t
texts_len(size_t value_len, size_t client_len)
{
	return (value_len + client_len + 7) / 8 * 8;
}

bool
mm_index_add_revoked(struct mm_index_writer *writer, uint16_t realm, const struct mm_revoked_what *what,
    int64_t up_to_s)
{
	uint8_t *at = writer->bytes + writer->len;
	size_t len = ITEM_LEN + texts_len(what->value.len, what->client.len);

	if (mm_index_room(writer) < len)
		return false;
	memset(at, 0, len);
	at[0] = MM_INDEX_REVOKED;
	at[1] = (uint8_t)what->kind;
	mm_le_put(at + 2, realm, 2);
	mm_le_put(at + 4, what->value.len, 2);
	mm_le_put(at + 6, what->client.len, 2);
	mm_le_put(at + 8, (uint64_t)up_to_s, 8);
	if (what->value.len > 0)
		memcpy(at + ITEM_LEN, what->value.ptr, what->value.len);
	if (what->client.len > 0)
		memcpy(at + ITEM_LEN + what->value.len, what->client.ptr, what->client.len);
	writer->len += len;
	return true;
}

static void
put_head(struct mm_index_writer *writer, const struct mm_index_head *head)
{
	uint8_t *bytes = writer->bytes;

	memset(bytes, 0, MM_INDEX_HEAD_LEN);
	memcpy(bytes, MAGIC, MAGIC_LEN);
	memcpy(bytes + AT_STREAM, writer->stream, sizeof(writer->stream));
	mm_le_put(bytes + AT_SEQUENCE, writer->sequence + 1, 8);
	mm_le_put(bytes + AT_EPOCH, head->epoch, 8);
	mm_le_put(bytes + AT_TIME, (uint64_t)head->time_us, 8);
	mm_le_put(bytes + AT_BOOT, (uint64_t)head->boot_ms, 8);
	mm_le_put(bytes + AT_SETTLED, head->settled_minute, 4);
	bytes[AT_BEAT] = head->is_beat;
	bytes[AT_REVOKED] = head->revoked_told;
	memcpy(bytes + AT_PREVIOUS, writer->previous, sizeof(writer->previous));
	mm_le_put(bytes + AT_ITEMS_LEN, writer->len - MM_INDEX_HEAD_LEN, 4);
}

bool
mm_index_finish(struct mm_index_writer *writer, const struct mm_index_head *head,
    const uint8_t certificate[MM_MINT_CERTIFICATE_LEN], const struct mm_ed25519 *key, struct mm_slice *message)
{
	put_head(writer, head);
	memcpy(writer->bytes + writer->len, certificate, MM_MINT_CERTIFICATE_LEN);
	writer->len += MM_MINT_CERTIFICATE_LEN;
	if (!mm_ed25519_sign(key, mm_slice(writer->bytes, writer->len), writer->bytes + writer->len))
		return false;
	writer->len += MM_ED25519_SIGNATURE_LEN;
	*message = mm_slice(writer->bytes, writer->len);
	writer->sequence++;
	return mm_sha256(*message, writer->previous);
}

/* ---- reading ---- */

static void
read_head(struct mm_reader *reader, struct mm_index_head *head, uint32_t *items_len, bool *plain)
{
	uint8_t beat, told;

	head->sequence = mm_reader_u64(reader);
	head->epoch = mm_reader_u64(reader);
	head->time_us = (int64_t)mm_reader_u64(reader);
	head->boot_ms = (int64_t)mm_reader_u64(reader);
	head->settled_minute = mm_reader_u32(reader);
	beat = mm_reader_u8(reader);
	told = mm_reader_u8(reader);
	*plain = beat <= 1 && told <= 1 && mm_reader_u16(reader) == 0;
	head->is_beat = beat == 1;
	head->revoked_told = told == 1;
	(void)mm_reader_slice(reader, MM_DIGEST_LEN);
	*items_len = mm_reader_u32(reader);
	*plain = mm_reader_u32(reader) == 0 && *plain;
}

/* A revocation whose texts are there. */
static struct mm_revoked_what
get_revoked(const uint8_t *at)
{
	struct mm_slice value = mm_slice(at + ITEM_LEN, mm_le_get(at + 4, 2));

	return (struct mm_revoked_what){ (enum mm_revoked_kind)at[1], value,
		mm_slice(value.ptr + value.len, mm_le_get(at + 6, 2)) };
}

static bool
revoked_good(const uint8_t *at, size_t left, size_t *len)
{
	size_t used = ITEM_LEN + mm_le_get(at + 4, 2) + mm_le_get(at + 6, 2);
	struct mm_revoked_what what;

	*len = ITEM_LEN + texts_len(mm_le_get(at + 4, 2), mm_le_get(at + 6, 2));
	if (*len > left)
		return false;
	while (used < *len)
		if (at[used++] != 0)
			return false;
	what = get_revoked(at);
	return mm_revoked_what_check(&what);
}

/* Whether an item is one; its kind and length. */
static bool
item_good(const uint8_t *at, size_t left, size_t *len)
{
	size_t count = mm_le_get(at + 6, 2);

	if (at[0] == MM_INDEX_REVOKED)
		return revoked_good(at, left, len);
	*len = ITEM_LEN + 8 * count;
	if (at[0] == MM_INDEX_ENTRIES)
		return at[1] == 0 && count > 0 && *len <= left;
	return (at[0] == MM_INDEX_VOID || at[0] == MM_INDEX_HIGH_WATER) && at[1] == 0 && count == 0;
}

static bool
items_good(struct mm_slice items)
{
	size_t at = 0, len;

	for (; at < items.len; at += len)
		if (items.len - at < ITEM_LEN ||
		    !item_good((const uint8_t *)items.ptr + at, items.len - at, &len))
			return false;
	return true;
}

static bool
form_good(struct mm_slice message, struct mm_index_batch *batch)
{
	struct mm_reader reader;
	uint32_t items_len;
	bool plain;

	if (message.len < MM_INDEX_BEAT_LEN || message.len > MM_INDEX_MESSAGE_MAX ||
	    memcmp(message.ptr, MAGIC, MAGIC_LEN) != 0)
		return false;
	mm_reader_init(&reader, message.ptr + AT_SEQUENCE, MM_INDEX_HEAD_LEN - AT_SEQUENCE);
	read_head(&reader, &batch->head, &items_len, &plain);
	if (!mm_reader_ok(&reader) || !plain || items_len != message.len - MM_INDEX_BEAT_LEN ||
	    (batch->head.is_beat && items_len != 0) || batch->head.time_us < 0)
		return false;
	batch->items = mm_slice(message.ptr + MM_INDEX_HEAD_LEN, items_len);
	return items_good(batch->items);
}

/* The certificate is the same in every message but for a renewal: its signature is looked at once. */
static const char *
check_certificate(struct mm_index_reader *reader, const uint8_t *bytes, int64_t now_s)
{
	if (memcmp(bytes, reader->certificate_bytes, MM_MINT_CERTIFICATE_LEN) != 0) {
		const char *fault = mm_mint_certificate_read(mm_slice(bytes, MM_MINT_CERTIFICATE_LEN), reader->root,
		    &reader->certificate);

		if (fault != NULL)
			return fault;
		memcpy(reader->certificate_bytes, bytes, MM_MINT_CERTIFICATE_LEN);
	}
	if (!mm_mint_certificate_holds(&reader->certificate, now_s))
		return "the certificate of the key-state key is over, or not valid yet";
	return NULL;
}

/* Whether the message is the one behind the last. */
static bool
is_next(const struct mm_index_reader *reader, const char *bytes, uint64_t sequence)
{
	return sequence == reader->sequence + 1 &&
	    (reader->sequence == 0 || memcmp(reader->stream, bytes + AT_STREAM, MM_INDEX_STREAM_LEN) == 0) &&
	    memcmp(reader->previous, bytes + AT_PREVIOUS, MM_DIGEST_LEN) == 0;
}

const char *
mm_index_read(struct mm_index_reader *reader, struct mm_slice message, int64_t now_s, struct mm_index_batch *batch)
{
	size_t signed_len = message.len - MM_ED25519_SIGNATURE_LEN;
	const char *fault;

	if (!form_good(message, batch))
		return "it is no message of an index";
	fault = check_certificate(reader, (const uint8_t *)message.ptr + message.len - TAIL_LEN, now_s);
	if (fault != NULL)
		return fault;
	if (!mm_ed25519_verify(reader->certificate.public_key, mm_slice(message.ptr, signed_len),
	        (const uint8_t *)message.ptr + signed_len))
		return "the message is not signed by the key-state key";
	if (!is_next(reader, message.ptr, batch->head.sequence))
		return "the message is not the next one of the stream";
	if (!mm_sha256(message, reader->previous))
		return "the message's digest cannot be made";
	memcpy(reader->stream, message.ptr + AT_STREAM, MM_INDEX_STREAM_LEN);
	reader->sequence++;
	return NULL;
}

static void
next_revoked(const uint8_t *at, size_t *position, struct mm_index_item *item)
{
	struct mm_reader reader;

	*item = (struct mm_index_item){ .kind = MM_INDEX_REVOKED, .revoked = get_revoked(at) };
	mm_reader_init(&reader, at + 2, ITEM_LEN - 2);
	item->realm = mm_reader_u16(&reader);
	(void)mm_reader_u32(&reader);
	item->up_to_s = (int64_t)mm_reader_u64(&reader);
	*position += ITEM_LEN + texts_len(item->revoked.value.len, item->revoked.client.len);
}

bool
mm_index_next(struct mm_index_batch *batch, size_t *position, struct mm_index_item *item)
{
	const uint8_t *at = (const uint8_t *)batch->items.ptr + *position;
	struct mm_reader reader;

	if (*position >= batch->items.len)
		return false;
	if (at[0] == MM_INDEX_REVOKED) {
		next_revoked(at, position, item);
		return true;
	}
	mm_reader_init(&reader, batch->items.ptr + *position, batch->items.len - *position);
	item->kind = (enum mm_index_item_kind)mm_reader_u8(&reader);
	(void)mm_reader_u8(&reader);
	item->realm = mm_reader_u16(&reader);
	item->place.signer = mm_reader_u16(&reader);
	item->count = mm_reader_u16(&reader);
	item->place.minute = mm_reader_u32(&reader);
	item->place.counter = mm_reader_u32(&reader);
	for (size_t i = 0; i < item->count && i < MM_INDEX_ENTRIES_MAX; i++)
		batch->entries[i] = mm_reader_u64(&reader);
	item->entries = batch->entries;
	*position = batch->items.len - reader.left;
	return mm_reader_ok(&reader);
}
