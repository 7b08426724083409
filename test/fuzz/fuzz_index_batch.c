/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a message of an index: refused for they are not signed; and as items of one that is, which are whole
 * or the message is refused.
 */
#include "engine/index_batch.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t root_seed[MM_ED25519_SEED_LEN] = { 7 }, seed[MM_ED25519_SEED_LEN] = { 8 };

static void
try_items(const uint8_t *data, size_t size)
{
	static struct mm_index_writer writer;
	static struct mm_index_batch batch;
	struct mm_ed25519 *root = mm_ed25519_new(root_seed), *key = mm_ed25519_new(seed);
	struct mm_mint_certificate certificate = { MM_PURPOSE_KEY_STATE, 1, 0, 4000000000, { 0 } };
	struct mm_index_reader reader = { .sequence = 0 };
	uint8_t bytes[MM_MINT_CERTIFICATE_LEN];
	struct mm_index_item item;
	struct mm_slice message;
	size_t position = 0, items = 0;

	mm_ed25519_public(key, certificate.public_key);
	mm_ed25519_public(root, reader.root);
	if (!mm_mint_certificate_make(&certificate, root, bytes) || !mm_index_writer_init(&writer))
		abort();
	if (size > mm_index_room(&writer))
		size = mm_index_room(&writer);
	memcpy(writer.bytes + writer.len, data, size);
	writer.len += size;
	if (!mm_index_finish(&writer, &(struct mm_index_head){ .time_us = 1 }, bytes, key, &message))
		abort();
	if (mm_index_read(&reader, message, 1, &batch) == NULL) {
		while (mm_index_next(&batch, &position, &item))
			items++;
		if (position != size || items > size / 16)
			abort();
	}
	mm_ed25519_free(&root);
	mm_ed25519_free(&key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mm_index_batch batch;
	struct mm_index_reader reader = { .sequence = 0 };

	if (mm_index_read(&reader, mm_slice(data, size), 1, &batch) == NULL)
		abort();
	try_items(data, size);
	return 0;
}
