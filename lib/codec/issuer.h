/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Issuers: exact strings, or templates with one "{tenant}".
 */
#ifndef MM_CODEC_ISSUER_H
#define MM_CODEC_ISSUER_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>

struct mm_issuer_pattern {
	struct mm_slice before, after; /* around the placeholder; a literal has all in before */
	bool is_template;
};

/*
 * Read a configured issuer: https with a host (http only for a loopback host), without user info, query and
 * fragment (OpenID Connect Discovery 1.0 section 2, RFC 8414 section 2), printable ASCII, at most one
 * placeholder, "{tenant}" or "{tenantid}", which is a whole path segment.
 * Returns NULL on success, else a constant sentence of what is wrong; *pattern borrows from text.
 * Not checked here: whether anybody answers there.
 */
MM_MUST_USE const char *mm_issuer_parse(struct mm_slice text, struct mm_issuer_pattern *pattern);

/*
 * Whether iss is the literal, or fits the template: text before and after equal, the middle one or more of
 * [A-Za-z0-9-]. Byte by byte: no case, no normalization (RFC 7519 section 4.1.1, RFC 3986 section 6.2.1).
 * *tenant (may be NULL) gets the middle; absent for a literal.
 */
MM_MUST_USE bool
mm_issuer_matches(const struct mm_issuer_pattern *pattern, struct mm_slice iss, struct mm_slice *tenant);

/* Whether some string fits both templates. */
MM_MUST_USE bool
mm_issuer_overlap(const struct mm_issuer_pattern *a, const struct mm_issuer_pattern *b);

/* Whether two patterns accept exactly the same strings, whatever their placeholders are called. */
MM_MUST_USE bool
mm_issuer_same(const struct mm_issuer_pattern *a, const struct mm_issuer_pattern *b);

/* The same of two texts. What is no issuer is the same as nothing but the same bytes; an absent text as none. */
MM_MUST_USE bool
mm_issuer_same_text(struct mm_slice a, struct mm_slice b);

#endif
