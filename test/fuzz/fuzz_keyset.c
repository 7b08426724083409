/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the merging of key sets? The input is a fetched document and, behind the first NUL, what was kept.
 * What comes out is canonical, changes nothing when it is merged once more, and never refuses a snapshot.
 */
#include "lib/base/limits.h"
#include "lib/jose/keyset.h"

#include <mintmark.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static enum mm_keyset_result
merge(struct mm_slice fetched, int64_t now_s, struct mm_slice kept, struct mm_buf *out, bool *kept_is_lost)
{
	struct mm_keyset_report report = { .tell = NULL };
	enum mm_keyset_result result;

	mm_buf_init(out, MM_DOCUMENT_LEN_MAX);
	result = mm_keyset_merge(fetched, now_s, kept, now_s - 1, &report, out);
	must((report.why == NULL) == (result == MM_KEYSET_NEW || result == MM_KEYSET_SAME));
	must(report.why == NULL || (out->len == 0 && report.why_offset <= fetched.len));
	*kept_is_lost = report.kept_is_lost;
	return result;
}

static void
keep_note(void *ctx, const struct mm_note *note)
{
	(void)ctx;
	must(note->note_class != MM_NOTE_REFUSED);
}

static void
compile(struct mm_slice set)
{
	static const char *const algorithms[] = { "RS256", "ES256", "ES384", "ES512", "EdDSA", NULL };
	struct mm_trust_builder *builder = mm_trust_builder_new();
	void *snapshot = NULL;
	size_t len = 0;

	must(builder != NULL && mm_trust_builder_add_document(builder, "k", set, MM_DOCUMENT_FETCHED) &&
	    mm_trust_builder_add_realm(builder, &(struct mm_realm_settings){ .name = "r",
	    .issuer = "https://a.example/{tenant}", .keys = "k", .algorithms = algorithms }) &&
	    mm_trust_builder_add_realm(builder, &(struct mm_realm_settings){ .name = "s",
	    .issuer = "https://b.example", .keys = "k", .require_key_issuer = true }));
	must(mm_trust_builder_compile(builder, 1, keep_note, NULL, &snapshot, &len));
	mm_trust_builder_free(&builder);
	free(snapshot);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size == 0 ? NULL : memchr(data, 0, size);
	size_t len = nul == NULL ? size : (size_t)(nul - data);
	struct mm_slice fetched = mm_slice(data, len);
	struct mm_slice kept = nul == NULL ? MM_SLICE_ABSENT : mm_slice(nul + 1, size - len - 1);
	enum mm_keyset_result result;
	struct mm_buf out, again;
	bool lost;

	result = merge(fetched, 1000, kept, &out, &lost);
	if (result == MM_KEYSET_NEW || result == MM_KEYSET_SAME) {
		must(merge(fetched, 2000, mm_slice(out.data, out.len), &again, &lost) == MM_KEYSET_SAME && !lost);
		compile(mm_slice(out.data, out.len));
		mm_buf_clear(&again);
	}
	/* A document that is ours or is not: the compiler takes either. */
	compile(fetched);
	mm_buf_clear(&out);
	return 0;
}
