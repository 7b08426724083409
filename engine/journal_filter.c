/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which records of a journal are asked for.
 */
#include "engine/journal_filter.h"

void
mm_journal_filter_init(struct mm_journal_filter *filter)
{
	memset(filter, 0, sizeof(*filter));
	filter->since_us = INT64_MIN;
	filter->until_us = INT64_MAX;
}

static bool
field_passes(const char *wanted, const struct mm_journal_record *record, enum mm_journal_field field)
{
	return wanted == NULL || mm_slice_equal(record->fields[field], mm_slice_str(wanted));
}

static bool
is_about_decisions(const struct mm_journal_record *record)
{
	return record->kind == MM_JOURNAL_DECISION || record->kind == MM_JOURNAL_FOLDED;
}

static bool
is_autopsy(const struct mm_journal_record *record, bool leads)
{
	return record->kind == MM_JOURNAL_FINDING &&
	    mm_slice_equal(record->fields[MM_JF_FINDING], mm_slice_str(MM_FINDING_AUTOPSY)) &&
	    (leads || mm_slice_equal(record->fields[MM_JF_FINDING_CLASS], mm_slice_str(MM_FINDING_CLASS_PROOF)));
}

static bool
has_facts(const struct mm_journal_filter *filter)
{
	return filter->service != NULL || filter->kid != NULL || filter->protocol != NULL || filter->tenant != NULL;
}

bool
mm_journal_filter_passes(const struct mm_journal_filter *filter, const struct mm_journal_record *record)
{
	if (record->time_us < filter->since_us || record->time_us > filter->until_us)
		return false;
	if ((filter->by_verdict && (!is_about_decisions(record) || record->allowed != filter->allowed)) ||
	    (filter->by_reason && (!is_about_decisions(record) || record->reason != filter->reason)))
		return false;
	if (filter->autopsies && !is_autopsy(record, filter->leads))
		return false;
	/* Of what is asked for by a token's facts the decision stands there already. */
	if (!filter->autopsies && has_facts(filter) && is_autopsy(record, true))
		return false;
	return field_passes(filter->service, record, MM_JF_SERVICE) && field_passes(filter->kid, record, MM_JF_KID) &&
	    field_passes(filter->protocol, record, MM_JF_PROTOCOL) &&
	    (field_passes(filter->tenant, record, MM_JF_TENANT) ||
	    field_passes(filter->tenant, record, MM_JF_TENANT_ID));
}
