/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Issuers are compared byte by byte, templates take one path segment, and none fits two realms.
 */
#include "lib/codec/issuer.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define A "aaaaaaaa-0000-4000-8000-00000000000a"

struct parse_row {
	const char *text;
	bool good, is_template;
};

static const struct parse_row parse_rows[] = {
	{ "https://login.example/" A "/v2.0", true, false },
	{ "https://login.example", true, false },
	{ "https://login.example/{tenant}/v2.0", true, true },
	{ "https://login.example/{tenantid}/v2.0", true, true },
	{ "https://login.example/{tenant}", true, true },
	{ "http://127.0.0.1:8080/realms/x", true, false },
	{ "http://localhost/x", true, false },
	{ "http://[::1]:1/x", true, false },

	{ "", false, false },
	{ "login.example", false, false },
	{ "ftp://login.example", false, false },
	{ "HTTPS://login.example", false, false },
	{ "https://", false, false },
	{ "https:///path", false, false },
	{ "http://login.example", false, false },
	{ "http://localhost.evil.example/", false, false },
	{ "http://127.0.0.1.evil.example/", false, false },
	{ "https://user@login.example/", false, false },
	{ "https://login.example/?a", false, false },
	{ "https://login.example/#a", false, false },
	{ "https://login.example/a b", false, false },
	{ "https://login.example/\xC3\xA9", false, false },
	{ "https://login.example/\"", false, false },
	{ "https://{tenant}.login.example/", false, false },
	{ "https://{tenant}/", false, false },
	{ "https://login.example/x{tenant}/", false, false },
	{ "https://login.example/{tenant}x", false, false },
	{ "https://login.example/{tenant}/{tenant}", false, false },
	{ "https://login.example/{tenant}/{tenantid}", false, false },
	{ "https://login.example/{other}/", false, false },
	{ "https://login.example/{/", false, false },
	{ "https://login.example/}/", false, false },
};

static struct mm_issuer_pattern
pattern_of(const char *text)
{
	struct mm_issuer_pattern pattern = { .is_template = false };
	const char *fault = mm_issuer_parse(mm_slice_str(text), &pattern);

	if (fault != NULL)
		fail_msg("%s: %s", text, fault);
	return pattern;
}

static void
reads_issuers(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(parse_rows); i++) {
		struct mm_issuer_pattern pattern;
		const char *fault = mm_issuer_parse(mm_slice_str(parse_rows[i].text), &pattern);

		if ((fault == NULL) != parse_rows[i].good)
			fail_msg("%s: %s", parse_rows[i].text, fault == NULL ? "taken" : fault);
		if (fault == NULL)
			assert_int_equal(pattern.is_template, parse_rows[i].is_template);
	}
}

struct match_row {
	const char *pattern, *iss, *tenant; /* tenant NULL: no match; "": a literal's match */
};

static const struct match_row match_rows[] = {
	{ "https://l.example/{tenant}/v2.0", "https://l.example/" A "/v2.0", A },
	{ "https://l.example/{tenantid}/v2.0", "https://l.example/x/v2.0", "x" },
	{ "https://l.example/{tenant}/v2.0", "https://l.example//v2.0", NULL },
	{ "https://l.example/{tenant}/v2.0", "https://l.example/v2.0", NULL },
	{ "https://l.example/{tenant}/v2.0", "https://l.example/a/b/v2.0", NULL },
	{ "https://l.example/{tenant}/v2.0", "https://l.example/a.b/v2.0", NULL },
	{ "https://l.example/{tenant}/v2.0", "https://l.example/a%41/v2.0", NULL },
	{ "https://l.example/{tenant}/v2.0", "https://l.example/{tenant}/v2.0", NULL },
	{ "https://l.example/{tenant}/v2.0", "https://l.example/a/v2.0/", NULL },
	{ "https://l.example/{tenant}/v2.0", "https://l.example/a/v2.0?" A, NULL },
	{ "https://l.example/{tenant}/v2.0", "https://l.example.evil/a/v2.0", NULL },
	{ "https://l.example/{tenant}/v2.0", "https://u@l.example/a/v2.0", NULL },
	{ "https://l.example/{tenant}/v2.0", "HTTPS://l.example/a/v2.0", NULL },
	{ "https://l.example/{tenant}/v2.0", "", NULL },
	{ "https://l.example/{tenant}", "https://l.example/a", "a" },
	{ "https://l.example/{tenant}", "https://l.example/a/", NULL },
	{ "https://l.example/a", "https://l.example/a", "" },
	{ "https://l.example/a", "https://l.example/a/", NULL },
	{ "https://l.example/a", "https://l.example/A", NULL },
};

static void
matches_byte_by_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(match_rows); i++) {
		const struct match_row *row = &match_rows[i];
		struct mm_issuer_pattern pattern = pattern_of(row->pattern);
		struct mm_slice tenant = MM_SLICE_ABSENT;
		bool matches = mm_issuer_matches(&pattern, mm_slice_str(row->iss), &tenant);

		if (matches != (row->tenant != NULL))
			fail_msg("%s and %s", row->pattern, row->iss);
		if (matches && row->tenant[0] != '\0')
			assert_true(mm_slice_equal(tenant, mm_slice_str(row->tenant)));
		if (matches && row->tenant[0] == '\0')
			assert_false(mm_slice_present(tenant));
	}
	assert_false(mm_issuer_matches(&(struct mm_issuer_pattern){ .before = mm_slice_str("x") }, MM_SLICE_ABSENT,
	    NULL));
}

struct overlap_row {
	const char *a, *b;
	bool overlap, same;
};

static const struct overlap_row overlap_rows[] = {
	{ "https://l.example/{tenant}/v2.0", "https://l.example/{tenantid}/v2.0", true, true },
	{ "https://l.example/{tenant}/v2.0", "https://l.example/{tenant}/v1.0", false, false },
	{ "https://l.example/{tenant}/v2.0", "https://l.example/x/{tenant}/v2.0", false, false },
	{ "https://l.example/{tenant}", "https://l.example/{tenant}/x", false, false },
	{ "https://l.example/{tenant}", "https://l.example/abc", false, false }, /* a literal comes first */
	{ "https://l.example/abc", "https://l.example/abc", false, true },
};

static void
knows_overlapping_templates(void **state)
{
	struct mm_issuer_pattern partly_a = { mm_slice_str("https://l/"), mm_slice_str("/v"), true };
	struct mm_issuer_pattern partly_b = { mm_slice_str("https://l/x"), mm_slice_str("y/v"), true };

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(overlap_rows); i++) {
		struct mm_issuer_pattern a = pattern_of(overlap_rows[i].a), b = pattern_of(overlap_rows[i].b);

		assert_int_equal(mm_issuer_overlap(&a, &b), overlap_rows[i].overlap);
		assert_int_equal(mm_issuer_overlap(&b, &a), overlap_rows[i].overlap);
		assert_int_equal(mm_issuer_same(&a, &b), overlap_rows[i].same);
		assert_int_equal(mm_issuer_same_text(mm_slice_str(overlap_rows[i].a), mm_slice_str(overlap_rows[i].b)),
		    overlap_rows[i].same);
	}
	assert_true(mm_issuer_same_text(mm_slice_str("no issuer"), mm_slice_str("no issuer")));
	assert_false(mm_issuer_same_text(mm_slice_str("no issuer"), mm_slice_str("https://l.example/abc")));
	assert_false(mm_issuer_same_text(MM_SLICE_ABSENT, MM_SLICE_ABSENT));
	/* Not what mm_issuer_parse() gives, and still told apart: "xy" lies between what both fix. */
	assert_true(mm_issuer_overlap(&partly_a, &partly_b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_issuers),
		cmocka_unit_test(matches_byte_by_byte),
		cmocka_unit_test(knows_overlapping_templates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
