/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding: denials that anybody can cause are recorded singly up to a rate for each source and service; beyond
 * it they are only counted, exactly, in a table of fixed size.
 */
#ifndef MM_ENGINE_JOURNAL_FOLD_H
#define MM_ENGINE_JOURNAL_FOLD_H

#include "engine/journal_format.h"

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

/*
 * Whether a record that may be folded is one to count, and count it; with room false it is in any case. Sets *tally to
 * the tally that changed by it. Never allocates.
 */
bool mm_fold_count(struct mm_fold *fold, const struct mm_journal_record *record, bool room, unsigned *tally);

/* What is pending in a tally, by its index; without as_of, which the writer knows. */
const struct mm_journal_tally *mm_fold_tally(const struct mm_fold *fold, unsigned index);

/* Take over what an earlier life counted. Before anything else was counted, each index once. */
void mm_fold_restore(struct mm_fold *fold, unsigned index, const struct mm_journal_tally *tally);

/* Denials that are counted and not yet taken. */
uint64_t mm_fold_pending(const struct mm_fold *fold);

/* Whether nothing is held, not even a rate. */
bool mm_fold_idle(const struct mm_fold *fold);

/*
 * Fill record (kind, verdict, reason, count, service, source, and its tally's index + 1 as latency) from the next
 * count; false where there is none. The fields are borrowed until the next call. The count stays until mm_fold_taken()
 * says that it was written.
 */
bool mm_fold_peek(struct mm_fold *fold, struct mm_journal_record *record);
void mm_fold_taken(struct mm_fold *fold);

/* Begin a new second: forget rates and pairs. Does nothing while counts are pending. */
void mm_fold_reset(struct mm_fold *fold);

/*
 * The source as it is folded: an IPv6 address becomes its /64, another text stays. out holds MM_FOLD_SOURCE_LEN bytes.
 */
#define MM_FOLD_SOURCE_LEN MM_JOURNAL_TALLY_SOURCE_LEN
struct mm_slice mm_fold_source(struct mm_slice source, char out[MM_FOLD_SOURCE_LEN]);

#endif
