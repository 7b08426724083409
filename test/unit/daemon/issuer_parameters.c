/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of OAuth requests: what is there, what is there twice, and what is none.
 */
#include "daemon/issuer/parameters.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *
parse(const char *form, struct issuer_parameters *parameters)
{
	static char room[4096];

	snprintf(room, sizeof(room), "%s", form);
	return issuer_parameters_parse(room, strlen(room), parameters);
}

static bool
is(const struct issuer_parameters *parameters, enum issuer_parameter parameter, const char *text)
{
	return mm_slice_equal(parameters->values[parameter], mm_slice_str(text));
}

static void
values_are_decoded(void **state)
{
	struct issuer_parameters parameters;

	(void)state;
	assert_null(parse("client_id=a%20b&scope=openid+mail&unknown=x&unknown=y&state=%C3%A4", &parameters));
	assert_true(is(&parameters, ISSUER_P_CLIENT_ID, "a b"));
	assert_true(is(&parameters, ISSUER_P_SCOPE, "openid mail"));
	assert_true(is(&parameters, ISSUER_P_STATE, "\xc3\xa4"));
	assert_false(mm_slice_present(parameters.values[ISSUER_P_CODE]));
	assert_true(issuer_parameters_are_single(&parameters));
}

/* RFC 6749 section 3.2: "Parameters sent without a value MUST be treated as if they were omitted from the request." */
static void
an_empty_value_is_none(void **state)
{
	struct issuer_parameters parameters;

	(void)state;
	assert_null(parse("client_id=&scope&code=x", &parameters));
	assert_false(mm_slice_present(parameters.values[ISSUER_P_CLIENT_ID]));
	assert_false(mm_slice_present(parameters.values[ISSUER_P_SCOPE]));
	assert_true(is(&parameters, ISSUER_P_CODE, "x"));
}

static void
what_is_there_twice_is_noted(void **state)
{
	struct issuer_parameters parameters;

	(void)state;
	assert_null(parse("resource=a&resource=b&scope=x", &parameters));
	assert_string_equal(issuer_parameters_find_repeated(&parameters, ISSUER_P_AUDIENCE, ISSUER_P_AUDIENCE),
	    "resource");
	assert_null(issuer_parameters_find_repeated(&parameters, ISSUER_P_RESOURCE, ISSUER_P_AUDIENCE));
	assert_false(issuer_parameters_are_single(&parameters));
	/* An escaped name is the same name, and an empty value counts. */
	assert_null(parse("scope=a&%73cope=", &parameters));
	assert_string_equal(issuer_parameters_find_repeated(&parameters, ISSUER_P_RESOURCE, ISSUER_P_RESOURCE),
	    "scope");
}

static void
what_is_no_text_is_refused(void **state)
{
	static const char *const forms[] = { "scope=%", "scope=%4", "scope=%zz", "%zz=x", "scope=%00", "scope=a%0Ab",
		"scope=%7f", "scope=%c2%85", "scope=%ff", "scope=%c0%af", "scope=%ed%a0%80", "scope=%f5%80%80%80" };
	struct issuer_parameters parameters;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(forms); i++) {
		assert_non_null(parse(forms[i], &parameters));
		assert_false(mm_slice_present(parameters.values[ISSUER_P_SCOPE]));
	}
}

static void
words_of_a_list_are_whole(void **state)
{
	struct mm_slice list = mm_slice_str("openid  mail.read none");

	(void)state;
	assert_true(issuer_list_has(list, "openid"));
	assert_true(issuer_list_has(list, "none"));
	assert_false(issuer_list_has(list, "mail"));
	assert_false(issuer_list_has(list, "non"));
	assert_false(issuer_list_has(MM_SLICE_ABSENT, "none"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_decoded),
		cmocka_unit_test(an_empty_value_is_none),
		cmocka_unit_test(what_is_there_twice_is_noted),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(words_of_a_list_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
