/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes reach a terminal through what makes them safe? Shown text takes its columns and holds nothing
 * dangerous; JSON written anew is JSON, and the same when written once more.
 */
#include "cli/json_text.h"
#include "cli/terminal.h"
#include "engine/printable.h"
#include "lib/codec/json.h"
#include "lib/codec/utf8.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each byte becomes at most an escape and a line of its own. */
#define REWRITTEN_MAX(size) (64 * (size) + 64)

static void
check_harmless(const char *text, size_t len, bool lines)
{
	for (size_t at = 0; at < len;) {
		uint32_t code_point = 0;
		size_t step = mm_utf8_decode(text + at, len - at, &code_point);

		if (step == 0 || (!mm_printable(code_point) && !(lines && code_point == '\n')))
			abort();
		at += step;
	}
}

static void
check_put(struct mm_slice text, size_t max_columns)
{
	char *shown = NULL;
	size_t len = 0, columns;
	FILE *stream = open_memstream(&shown, &len);

	if (stream == NULL)
		abort();
	columns = mm_terminal_put(stream, text, max_columns);
	if (fclose(stream) != 0 || columns > max_columns)
		abort();
	check_harmless(shown, len, false);
	if (columns != mm_terminal_width(mm_slice(shown, len)))
		abort();
	if (max_columns == SIZE_MAX && columns != mm_terminal_width(text))
		abort();
	free(shown);
}

static bool
is_json(struct mm_slice text)
{
	static struct mm_json_names names;
	struct mm_json_member members[MM_HEADER_MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MM_HEADER_MEMBERS_MAX };

	return mm_json_scan(text, &names, &index, NULL) == MM_OK;
}

static void
check_rewritten(struct mm_slice text, enum mm_json_layout layout)
{
	struct mm_buf once, twice;

	mm_buf_init(&once, REWRITTEN_MAX(text.len));
	mm_buf_init(&twice, REWRITTEN_MAX(text.len));
	mm_json_text_write(&once, text, layout, 0);
	if (!mm_buf_ok(&once) || !is_json(mm_slice(once.data, once.len)))
		abort();
	check_harmless(once.data, once.len, layout == MM_JSON_INDENTED);
	mm_json_text_write(&twice, mm_slice(once.data, once.len), layout, 0);
	if (twice.len != once.len || memcmp(twice.data, once.data, once.len) != 0)
		abort();
	mm_buf_clear(&once);
	mm_buf_clear(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_slice text = mm_slice(data, size);

	/* The first byte chooses the terminal, so that both kinds are tried. */
	if (setlocale(LC_CTYPE, size > 0 && data[0] == '#' ? "C" : "C.UTF-8") == NULL)
		return 0;
	check_put(text, SIZE_MAX);
	check_put(text, size / 2);
	if (is_json(text)) {
		check_rewritten(text, MM_JSON_COMPACT);
		check_rewritten(text, MM_JSON_INDENTED);
	}
	return 0;
}
