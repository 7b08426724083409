/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No fact can end its header's line or begin another one, and challenges are what RFC 6750 and RFC 9449 say.
 */
#include "daemon/http/answer.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define TEXT(literal) { literal, sizeof(literal) - 1 }

static void
facts_are_escaped(void **state)
{
	static const struct {
		struct mm_slice value;
		const char *header;
	} rows[] = {
		{ TEXT("alice@contoso.example"), "alice@contoso.example" },
		{ TEXT("a b"), "a%20b" },
		{ TEXT("100%"), "100%25" },
		{ TEXT("x\r\nMintmark-Mailbox: y"), "x%0D%0AMintmark-Mailbox:%20y" },
		{ TEXT("\0\x7f\xc3\xa4\t"), "%00%7F%C3%A4%09" },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_http_answer answer;

		mm_http_answer_init(&answer);
		mm_http_answer_add_fact(&answer, "Mintmark-Subject", rows[i].value);
		assert_true(mm_http_answer_ok(&answer));
		assert_int_equal(answer.header_count, 1);
		assert_string_equal(answer.headers[0].name, "Mintmark-Subject");
		assert_string_equal(mm_http_answer_value(&answer, 0), rows[i].header);
		mm_http_answer_clear(&answer);
	}
}

static void
an_absent_or_empty_fact_has_no_header(void **state)
{
	struct mm_http_answer answer;

	(void)state;
	mm_http_answer_init(&answer);
	mm_http_answer_add_fact(&answer, "Mintmark-Subject", MM_SLICE_ABSENT);
	mm_http_answer_add_fact(&answer, "Mintmark-Scope", mm_slice_str(""));
	assert_true(mm_http_answer_ok(&answer));
	assert_int_equal(answer.header_count, 0);
	mm_http_answer_clear(&answer);
}

static void
the_longest_claim_fits(void **state)
{
	static char bytes[MM_SCOPE_LEN_MAX];
	struct mm_http_answer answer;

	(void)state;
	memset(bytes, '\n', sizeof(bytes));
	mm_http_answer_init(&answer);
	mm_http_answer_add_fact(&answer, "Mintmark-Scope", mm_slice(bytes, sizeof(bytes)));
	assert_true(mm_http_answer_ok(&answer));
	assert_int_equal(strlen(mm_http_answer_value(&answer, 0)), 3 * sizeof(bytes));
	mm_http_answer_clear(&answer);
}

static void
one_header_too_many_fails_the_answer(void **state)
{
	struct mm_http_answer answer;

	(void)state;
	mm_http_answer_init(&answer);
	for (size_t i = 0; i < MM_HTTP_HEADERS_MAX; i++)
		mm_http_answer_add_header(&answer, "Allow", "GET");
	assert_true(mm_http_answer_ok(&answer));
	mm_http_answer_add_header(&answer, "Allow", "GET");
	assert_false(mm_http_answer_ok(&answer));
	mm_http_answer_clear(&answer);
}

static void
check_challenge(struct mm_slice realm, const char *error, const struct mm_texts *scopes,
    const char *expected)
{
	struct mm_http_answer answer;

	mm_http_answer_init(&answer);
	mm_http_answer_add_challenge(&answer, realm, error, scopes);
	assert_true(mm_http_answer_ok(&answer));
	assert_string_equal(answer.headers[0].name, "WWW-Authenticate");
	assert_string_equal(mm_http_answer_value(&answer, 0), expected);
	mm_http_answer_clear(&answer);
}

static void
challenges_are_quoted(void **state)
{
	static const struct mm_slice scope_items[] = { TEXT("mail.read"), TEXT("a\"b\\c\n") };
	static const struct mm_texts scopes = { scope_items, 2 };
	struct mm_slice imap = mm_slice_str("imap"), odd = mm_slice_str("a\"\r\nb");

	(void)state;
	check_challenge(imap, NULL, NULL, "Bearer realm=\"imap\"");
	check_challenge(imap, "invalid_token", NULL, "Bearer realm=\"imap\", error=\"invalid_token\"");
	check_challenge(imap, "insufficient_scope", &scopes,
	    "Bearer realm=\"imap\", error=\"insufficient_scope\", scope=\"mail.read a\\\"b\\\\c?\"");
	check_challenge(odd, NULL, NULL, "Bearer realm=\"a\\\"??b\"");
}

/* RFC 9449 section 7.1: "a space-delimited list of supported JWS algorithms" */
static void
a_challenge_of_dpop_names_the_algorithms(void **state)
{
	static const struct mm_slice scope_items[] = { TEXT("mail.read") };
	static const struct mm_texts scopes = { scope_items, 1 };
	struct mm_slice imap = mm_slice_str("imap");
	struct mm_http_answer answer;

	(void)state;
	mm_http_answer_init(&answer);
	mm_http_answer_add_dpop_challenge(&answer, imap, "insufficient_scope", &scopes);
	assert_true(mm_http_answer_ok(&answer));
	assert_string_equal(answer.headers[0].name, "WWW-Authenticate");
	assert_string_equal(mm_http_answer_value(&answer, 0), "DPoP realm=\"imap\", error=\"insufficient_scope\", "
	    "scope=\"mail.read\", algs=\"RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519\"");
	mm_http_answer_clear(&answer);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_are_escaped),
		cmocka_unit_test(an_absent_or_empty_fact_has_no_header),
		cmocka_unit_test(the_longest_claim_fits),
		cmocka_unit_test(one_header_too_many_fails_the_answer),
		cmocka_unit_test(challenges_are_quoted),
		cmocka_unit_test(a_challenge_of_dpop_names_the_algorithms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
