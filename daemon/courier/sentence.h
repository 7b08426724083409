/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sentence for the status, made of our words and, escaped, of strangers'.
 */
#ifndef MM_DAEMON_COURIER_SENTENCE_H
#define MM_DAEMON_COURIER_SENTENCE_H

#include <mintmark/slice.h>

#include <stddef.h>

/* What COURIER_STATUS carries beside its numbers, and a little less. */
#define COURIER_SENTENCE_LEN_MAX 960

/* All zeroes: an empty one. */
struct courier_sentence {
	char text[COURIER_SENTENCE_LEN_MAX + 1];
	size_t len;
};

/* Add our own words; what does not fit is cut. */
void courier_sentence_add(struct courier_sentence *sentence, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Add a stranger's: printable ASCII stands, every other byte and the quote and the backslash become \xNN. */
void courier_sentence_add_foreign(struct courier_sentence *sentence, struct mm_slice bytes);

#endif
