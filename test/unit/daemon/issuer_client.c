/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a client shows who it is: one way at a time, and what it shows is what the verifier is told.
 */
#include "daemon/issuer/client.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define JWT "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

static void
clients_are_read(void **state)
{
	static const struct {
		const char *authorization; /* NULL: no such field */
		const char *form;
		enum mm_sign_in_status status;
		enum mm_client_method method;
		const char *client_id, *secret, *assertion;
	} rows[] = {
		/* "batch:s%3A+x": what is form-encoded in it is decoded. */
		{ "Basic YmF0Y2g6cyUzQSt4", "", MM_SIGN_IN_OK, MM_CLIENT_SECRET_BASIC, "batch", "s: x", "" },
		{ "basic  YmF0Y2g6eA==", "client_id=batch", MM_SIGN_IN_OK, MM_CLIENT_SECRET_BASIC, "batch", "x", "" },
		{ NULL, "client_id=batch&client_secret=x%2B", MM_SIGN_IN_OK, MM_CLIENT_SECRET_POST, "batch", "x+", "" },
		{ NULL, "client_id=app", MM_SIGN_IN_OK, MM_CLIENT_NONE, "app", "", "" },
		{ NULL, JWT "&client_assertion=a.b.c", MM_SIGN_IN_OK, MM_CLIENT_ASSERTION, "", "", "a.b.c" },
		{ NULL, JWT "&client_assertion=a.b.c&client_id=b", MM_SIGN_IN_OK, MM_CLIENT_ASSERTION, "b", "",
		    "a.b.c" },
		{ NULL, "", MM_SIGN_IN_INVALID_CLIENT, 0, "", "", "" },
		{ NULL, "client_secret=x", MM_SIGN_IN_INVALID_CLIENT, 0, "", "", "" },
		{ NULL, "client_id=%C3%A4", MM_SIGN_IN_INVALID_CLIENT, 0, "", "", "" },
		{ NULL, "client_assertion=a.b.c", MM_SIGN_IN_INVALID_CLIENT, 0, "", "", "" },
		{ NULL, JWT, MM_SIGN_IN_INVALID_CLIENT, 0, "", "", "" },
		{ "Bearer x", "", MM_SIGN_IN_INVALID_CLIENT, 0, "", "", "" },
		{ "", "", MM_SIGN_IN_INVALID_CLIENT, 0, "", "", "" },
		{ "Basic YmF0Y2g", "", MM_SIGN_IN_INVALID_CLIENT, 0, "", "", "" },
		{ "Basic YmF0Y2g6JXp6", "", MM_SIGN_IN_INVALID_CLIENT, 0, "", "", "" }, /* "batch:%zz" */
		{ "Basic OnNlY3JldA==", "", MM_SIGN_IN_INVALID_CLIENT, 0, "", "", "" }, /* ":secret" */
		{ "Basic YmF0Y2g6eA==", "client_id=other", MM_SIGN_IN_INVALID_REQUEST, 0, "", "", "" },
		{ "Basic YmF0Y2g6eA==", "client_secret=x", MM_SIGN_IN_INVALID_REQUEST, 0, "", "", "" },
		{ "Basic YmF0Y2g6eA==", JWT, MM_SIGN_IN_INVALID_REQUEST, 0, "", "", "" },
		{ NULL, "client_id=a&client_secret=x&client_assertion=y", MM_SIGN_IN_INVALID_REQUEST, 0, "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		char form[512];
		struct issuer_parameters parameters;
		struct issuer_fault fault;
		struct mm_verify verify = { .head = { .number = 1 } };

		snprintf(form, sizeof(form), "%s", rows[i].form);
		assert_null(issuer_parameters_parse(form, strlen(form), &parameters));
		fault = issuer_client_read(mm_slice_str(rows[i].authorization), rows[i].authorization != NULL,
		    &parameters,
		    &verify);
		assert_int_equal(fault.status, rows[i].status);
		if (fault.status != MM_SIGN_IN_OK)
			continue;
		assert_int_equal(verify.head.client_method, rows[i].method);
		assert_true(mm_slice_equal(mm_mint_text_get(&verify.head.client_id), mm_slice_str(rows[i].client_id)));
		assert_true(mm_slice_equal(mm_mint_text_get(&verify.head.secret), mm_slice_str(rows[i].secret)));
		assert_int_equal(verify.assertion.len, strlen(rows[i].assertion));
	}
}

static void
a_field_twice_is_refused(void **state)
{
	struct issuer_parameters parameters = { .repeated = { false } };
	struct mm_verify verify = { .head = { .number = 1 } };

	(void)state;
	assert_int_equal(issuer_client_read(mm_slice_str("Basic YmF0Y2g6eA=="), 2, &parameters, &verify).status,
	    MM_SIGN_IN_INVALID_REQUEST);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_are_read),
		cmocka_unit_test(a_field_twice_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
