/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of reasons.
 */
#include "lib/base/array.h"

#include <mintmark/reason.h>

#include <string.h>

struct reason_row {
	const char *code;
	unsigned step;
	enum mm_reason_class class;
	const char *text;
	const char *mend;
};

static const struct reason_row reasons[] = {
#define MM_REASON(code, step, class, text, mend) [MM_##code] = { #code, step, MM_CLASS_##class, text, mend },
#include <mintmark/reasons.def>
#undef MM_REASON
};

_Static_assert(MM_COUNT_OF(reasons) == MM_REASON_COUNT, "each reason has its row");
_Static_assert(MM_OK == 0, "MM_OK is the only zero");

static const struct reason_row *
reason_row(enum mm_reason reason)
{
	if ((unsigned)reason >= MM_REASON_COUNT)
		return &reasons[MM_INTERNAL];
	return &reasons[reason];
}

const char *
mm_reason_code(enum mm_reason reason)
{
	return reason_row(reason)->code;
}

const char *
mm_reason_text(enum mm_reason reason)
{
	return reason_row(reason)->text;
}

const char *
mm_reason_mend(enum mm_reason reason)
{
	return reason_row(reason)->mend;
}

enum mm_reason_class
mm_reason_class(enum mm_reason reason)
{
	return reason_row(reason)->class;
}

unsigned
mm_reason_step(enum mm_reason reason)
{
	return reason_row(reason)->step;
}

bool
mm_reason_find(const char *code, size_t code_len, enum mm_reason *reason)
{
	for (unsigned i = 0; i < MM_REASON_COUNT; i++) {
		if (strlen(reasons[i].code) == code_len && memcmp(reasons[i].code, code, code_len) == 0) {
			*reason = (enum mm_reason)i;
			return true;
		}
	}
	return false;
}
