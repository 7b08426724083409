/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt what makes events of records, of whatever shape? What it makes is in order, lies within the text,
 * and is the same when it is made again.
 */
#include "engine/logs/batch.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mm_keyed_digest_key key;
static struct mm_logs_batch *batch;

static void
fill(const uint8_t *data, size_t size)
{
	static const unsigned char seed[MM_KEYED_DIGEST_SEED_LEN];

	if (batch == NULL && ((batch = mm_logs_batch_new()) == NULL || !mm_keyed_digest_key_init(&key, seed)))
		abort();
	mm_logs_batch_restart(batch);
	/* A block of exactly its length, so that a sanitizer sees a read beyond it. */
	free(batch->text);
	batch->text = malloc(size == 0 ? 1 : size);
	if (batch->text == NULL)
		abort();
	memcpy(batch->text, data, size);
	batch->room = batch->len = size;
	batch->stand = (struct mm_logs_stand){ .in_wrapper = false };
	batch->now_us = INT64_C(1795867200000000);
	batch->file_us = batch->now_us;
	batch->keep_other = true;
	batch->key = &key;
}

static void
check(size_t size)
{
	uint64_t offset = 0;

	if (batch->failed || batch->events_count > batch->stubs_count)
		abort();
	for (size_t i = 0; i < batch->events_count; i++) {
		const struct mm_logs_event *event = &batch->events[i];

		if (event->place.offset < offset || event->place.offset + event->place.length > size ||
		    event->place.length == 0)
			abort();
		offset = event->place.offset;
		if (event->kind >= MM_LOGS_KINDS || event->change >= MM_LOGS_CHANGES ||
		    event->user > mm_names_count(batch->names) || event->added > mm_names_count(batch->names))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_logs_columns *columns = NULL;
	size_t events;
	uint64_t records;

	fill(data, size);
	if (!mm_logs_form_recognise(mm_slice(batch->text, size), &batch->layout))
		return 0;
	if (batch->layout.form == MM_LOGS_CSV) {
		columns = mm_logs_columns_new(batch->layout.header, batch->layout.delimiter);
		if (columns == NULL)
			abort();
	}
	batch->filled_columns = columns;
	mm_logs_batch_run(batch);
	check(size);
	events = batch->events_count;
	records = batch->records;
	mm_logs_batch_run(batch);
	check(size);
	if (batch->events_count != events || batch->records != records)
		abort();
	free(columns);
	return 0;
}
