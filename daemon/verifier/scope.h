/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of words with single spaces between them: scopes (RFC 6749 section 3.3), and what a client may.
 */
#ifndef MM_DAEMON_VERIFIER_SCOPE_H
#define MM_DAEMON_VERIFIER_SCOPE_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

/* Walk a list: *at starts at 0; false at its end. Words are not empty where the list is well formed. */
MM_MUST_USE bool verifier_words_next(struct mm_slice list, size_t *at, struct mm_slice *word);

bool verifier_words_have(struct mm_slice list, struct mm_slice word);
/* Whether all words of one list are in the other. */
bool verifier_words_within(struct mm_slice words, struct mm_slice list);
struct mm_slice verifier_words_first(struct mm_slice list); /* absent: it is empty */

/* Those words of one list, in its order, that are in the other too; written to room, which holds words.len bytes. */
struct mm_slice verifier_words_shared(struct mm_slice words, struct mm_slice list, char *room);

/* Whether it is well formed: printable ASCII but '"' and '\', single spaces inside, no word twice. May be empty. */
bool verifier_words_check(struct mm_slice list);

#endif
