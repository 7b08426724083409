/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding: denials that anybody can cause are recorded singly up to a rate for each source and service; beyond
 * it they are only counted, exactly, in a table of fixed size.
 */
#ifndef MM_ENGINE_JOURNAL_FOLD_H
#define MM_ENGINE_JOURNAL_FOLD_H

#include "engine/journal.h"

/* Single records a second for each source and service. */
#define MM_FOLD_SINGLE_MAX 100

/* Pairs of source and service that are told apart between two writings. */
#define MM_FOLD_PAIRS_MAX 4096

/* Services that are told apart when the pairs are used up. */
#define MM_FOLD_SERVICES_MAX 64

struct mm_fold;

struct mm_fold *mm_fold_new(void);
void mm_fold_free(struct mm_fold **fold);

/* Whether a record is a denial before the signature held, so that it may be folded. */
bool mm_fold_applies(const struct mm_journal_record *record);

enum mm_fold_answer {
	MM_FOLD_SINGLE,  /* record it */
	MM_FOLD_BEGUN,   /* counted, as the first one of its source and service: say in the journal that counting began */
	MM_FOLD_COUNTED, /* counted */
};

/* What becomes of a record that may be folded; with room false it is counted in any case. Never allocates. */
enum mm_fold_answer mm_fold_admit(struct mm_fold *fold, const struct mm_journal_record *record, bool room);

/* Denials that are counted and not yet taken. */
uint64_t mm_fold_pending(const struct mm_fold *fold);

/* Whether nothing is held, not even a rate. */
bool mm_fold_idle(const struct mm_fold *fold);

/*
 * Fill record (kind, verdict, reason, count, service, source) from the next count; false where there is none.
 * The fields are borrowed until the next call. The count stays until mm_fold_taken() says that it was written.
 */
bool mm_fold_peek(struct mm_fold *fold, struct mm_journal_record *record);
void mm_fold_taken(struct mm_fold *fold);

/* Begin a new second: forget rates and pairs. Does nothing while counts are pending. */
void mm_fold_reset(struct mm_fold *fold);

/*
 * The source as it is folded: an IPv6 address becomes its /64, another text stays. out holds MM_FOLD_SOURCE_LEN bytes.
 */
#define MM_FOLD_SOURCE_LEN 56
struct mm_slice mm_fold_source(struct mm_slice source, char out[MM_FOLD_SOURCE_LEN]);

#endif
