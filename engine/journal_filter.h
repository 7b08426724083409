/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which records of a journal are asked for.
 */
#ifndef MM_ENGINE_JOURNAL_FILTER_H
#define MM_ENGINE_JOURNAL_FILTER_H

#include "engine/journal.h"

struct mm_journal_filter {
	const char *service, *kid, *tenant, *protocol; /* NULL: any; tenant: its name or its id */
	bool by_verdict, allowed;
	bool by_reason;
	enum mm_reason reason;
	bool autopsies; /* nothing but findings of the autopsy: those of class proof, and where 'leads' all */
	bool leads;
	int64_t since_us, until_us; /* both included; INT64_MIN and INT64_MAX: any */
};

void mm_journal_filter_init(struct mm_journal_filter *filter);

/*
 * Whether a record passes. A filter by verdict or reason passes decisions and folded denials only. Claimed facts pass
 * as verified ones do: the output tells them apart.
 */
bool mm_journal_filter_passes(const struct mm_journal_filter *filter, const struct mm_journal_record *record);

#endif
