/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reasons: why a decision came out as it did. reasons.def lists them with their texts.
 */
#ifndef MINTMARK_REASON_H
#define MINTMARK_REASON_H

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

enum mm_reason {
#define MM_REASON(code, step, class, text, mend) MM_##code,
#include <mintmark/reasons.def>
#undef MM_REASON
	MM_REASON_COUNT /* not a reason */
};

/* What a caller may learn (RFC 6750 section 3.1); the reason itself is for the operator. */
enum mm_reason_class {
	MM_CLASS_NONE,               /* allowed */
	MM_CLASS_NO_TOKEN,           /* 401 without an error code */
	MM_CLASS_INVALID_TOKEN,      /* 401 invalid_token */
	MM_CLASS_INSUFFICIENT_SCOPE, /* 403 insufficient_scope */
	MM_CLASS_UNAVAILABLE,        /* 503: denied now, may be asked again */
};

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The code ("KEY_REVOKED"), the sentence and the mend of a reason: constant strings, never NULL.
 * A number that is no reason gives those of MM_INTERNAL. Any thread may call them.
 * Not checked here: anything; they read a table.
 */
MM_API const char *mm_reason_code(enum mm_reason reason);
MM_API const char *mm_reason_text(enum mm_reason reason);
MM_API const char *mm_reason_mend(enum mm_reason reason);

/*
 * The class of a reason, and the step of the decision that gives it first; as above.
 * Not checked here: anything; they read a table.
 */
MM_API enum mm_reason_class mm_reason_class(enum mm_reason reason);
MM_API unsigned mm_reason_step(enum mm_reason reason);

/*
 * Find the reason with this code, exactly. Returns whether there is one; *reason is set only then.
 * Not checked here: whether this build has a step that gives it.
 */
MM_API MM_MUST_USE bool mm_reason_find(const char *code, size_t code_len, enum mm_reason *reason);

#ifdef __cplusplus
}
#endif
#endif
