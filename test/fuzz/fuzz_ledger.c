/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A segment's header and a record of any bytes: what is whole decodes, or is refused; what decodes encodes to the
 * same.
 */
#include "engine/ledger_format.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where a record's kind stands, from which on the bytes are the fuzzer's. */
#define AT_KIND 72

/* The bytes are made whole first, or a CRC would refuse nearly all. */
static void
try_record(const uint8_t *data, size_t size)
{
	static uint8_t bytes[MM_LEDGER_RECORD_MAX], again[MM_LEDGER_RECORD_MAX];
	static struct mm_ledger_record record;
	struct mm_ledger_link link;
	size_t body_len, len = (AT_KIND + size) / MM_LEDGER_ALIGN * MM_LEDGER_ALIGN;

	if (len < MM_LEDGER_RECORD_MIN || size + AT_KIND > sizeof(bytes) - MM_LEDGER_ALIGN)
		return;
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes + AT_KIND, data, size);
	if (!mm_ledger_decode(bytes, len, &record))
		return;
	mm_ledger_get_link(bytes, &link);
	/* A head's signature is made anew, and what fills a record up is nobody's. */
	body_len = bytes[AT_KIND + 2] | (size_t)bytes[AT_KIND + 3] << 8;
	if (mm_ledger_encode(&record, again) != len || (record.kind != MM_LEDGER_HEAD &&
	    memcmp(again + AT_KIND, bytes + AT_KIND, MM_LEDGER_RECORD_MIN - AT_KIND + body_len) != 0))
		abort();
	(void)!mm_ledger_verify_head(bytes, len, bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_ledger_header header;

	if (size >= MM_LEDGER_HEADER_LEN)
		(void)!mm_ledger_decode_header(data, &header);
	if (size >= 16) {
		size_t len = mm_ledger_record_len(data, 0x4242424242424242);

		if (len > 0 && len <= size)
			(void)mm_ledger_record_whole(data, len);
	}
	try_record(data, size);
	return 0;
}
