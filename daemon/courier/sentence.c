/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences for the status. */
#include "daemon/courier/sentence.h"

#include "engine/printable.h"

#include <stdarg.h>
#include <stdio.h>

void
courier_sentence_add(struct courier_sentence *sentence, const char *format, ...)
{
	size_t room = sizeof(sentence->text) - sentence->len;
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(sentence->text + sentence->len, room, format, arguments);
	va_end(arguments);
	if (len > 0)
		sentence->len += (size_t)len < room ? (size_t)len : room - 1;
}

void
courier_sentence_add_foreign(struct courier_sentence *sentence, struct mm_slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		char escaped[MM_ESCAPED_LEN(1)];
		size_t len = mm_escape(mm_slice(bytes.ptr + i, 1), "\"\\", escaped);

		courier_sentence_add(sentence, "%.*s", (int)len, escaped);
	}
}
