/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a question at the control socket: what is taken has what its question needs and nothing beyond its
 * limits; and as a line of an answer: what is taken is written again the same.
 */
#include "daemon/desk/request.h"
#include "engine/journal_json.h"
#include "lib/base/limits.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
lies_within(const struct desk_request *request, const char *text)
{
	const char *end = request->texts + sizeof(request->texts);

	return text == NULL || (text >= request->texts && text + strlen(text) < end);
}

static void
check_question(struct mm_slice line)
{
	static struct desk_request request;
	const char *why = NULL;

	if (!desk_request_parse(line, &request, &why)) {
		if (why == NULL)
			abort();
		return;
	}
	if ((unsigned)request.ask >= DESK_ASK_COUNT || request.last > DESK_LAST_MAX)
		abort();
	if ((request.ask == DESK_ASK_FETCH) != (request.realm != NULL))
		abort();
	if (request.realm != NULL && (request.realm[0] == '\0' || strlen(request.realm) > MM_NAME_LEN_MAX))
		abort();
	if (!lies_within(&request, request.realm) || !lies_within(&request, request.filter.service) ||
	    !lies_within(&request, request.filter.kid) || !lies_within(&request, request.filter.tenant))
		abort();
	if (request.ask == DESK_ASK_MINT &&
	    (request.mint.len > sizeof(request.mint.what) || request.mint.ask.verb >= MM_MINT_VERB_COUNT))
		abort();
	if (desk_request_changes(&request) && (desk_request_reads_journal(&request) || request.follow))
		abort();
}

static void
check_answer(struct mm_slice text)
{
	struct mm_journal_line line, again;
	struct mm_buf first, second;

	mm_buf_init(&first, MM_JOURNAL_JSON_MAX);
	mm_buf_init(&second, MM_JOURNAL_JSON_MAX);
	if (mm_journal_json_parse(text, &line)) {
		mm_journal_json_add(&first, &line.record, &line.where);
		if (mm_buf_ok(&first)) {
			if (!mm_journal_json_parse(mm_slice(first.data, first.len - 1), &again))
				abort();
			mm_journal_json_add(&second, &again.record, &again.where);
			if (!mm_slice_equal(mm_slice(first.data, first.len), mm_slice(second.data, second.len)))
				abort();
			mm_journal_line_clear(&again);
		}
	}
	mm_journal_line_clear(&line);
	mm_buf_clear(&first);
	mm_buf_clear(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly as large, so that a sanitizer sees what is read behind it. */
	char *text = malloc(size == 0 ? 1 : size);

	if (text == NULL)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	if (size < DESK_REQUEST_LEN_MAX)
		check_question(mm_slice(text, size));
	check_answer(mm_slice(text, size));
	free(text);
	return 0;
}
