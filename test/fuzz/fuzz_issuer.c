/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the reader of issuers and addresses? A pattern must fit what its template is filled with.
 */
#include "lib/codec/issuer.h"
#include "lib/codec/mailbox.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_pattern(const struct mm_issuer_pattern *pattern)
{
	size_t before = pattern->before.len, after = pattern->after.len;
	char *filled = malloc(before + after + 1);
	struct mm_slice tenant;

	if (filled == NULL)
		abort();
	memcpy(filled, pattern->before.ptr, before);
	filled[before] = 'x';
	memcpy(filled + before + 1, pattern->after.ptr, after);
	if (pattern->is_template &&
	    (!mm_issuer_matches(pattern, mm_slice(filled, before + after + 1), &tenant) || tenant.len != 1))
		abort();
	if (!pattern->is_template && !mm_issuer_matches(pattern, pattern->before, &tenant))
		abort();
	if (!mm_issuer_same(pattern, pattern) || mm_issuer_overlap(pattern, pattern) != pattern->is_template)
		abort();
	free(filled);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_issuer_pattern pattern;
	struct mm_mailbox mailbox;
	struct mm_scratch scratch;
	char *room = malloc(size + 1);

	if (room == NULL)
		abort();
	mm_scratch_init(&scratch, room, size);
	if (mm_issuer_parse(mm_slice(data, size), &pattern) == NULL)
		check_pattern(&pattern);
	if (mm_mailbox_parse(mm_slice(data, size), &scratch, &mailbox) &&
	    (mailbox.address.len != size || mailbox.domain.len == 0 || mailbox.domain.len >= size))
		abort();
	free(room);
	return 0;
}
