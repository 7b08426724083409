/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms are read as they are written, and what cannot be read is refused.
 */
#include "daemon/http/form.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define TEXT(literal) { literal, sizeof(literal) - 1 }

static void
decoding_holds(void **state)
{
	static const struct {
		struct mm_slice text;
		struct mm_slice decoded; /* absent: refused */
	} rows[] = {
		{ TEXT(""), TEXT("") },
		{ TEXT("abc"), TEXT("abc") },
		{ TEXT("a+b"), TEXT("a b") },
		{ TEXT("a%2Bb%2bc"), TEXT("a+b+c") },
		{ TEXT("%25"), TEXT("%") },
		{ TEXT("%00x"), TEXT("\0x") },
		{ TEXT("%ff%FF"), TEXT("\xff\xff") },
		{ TEXT("a\xe4"), TEXT("a\xe4") },
		/* "%" and too little behind it, and digits that are none */
		{ TEXT("%"), { NULL, 0 } },
		{ TEXT("a%"), { NULL, 0 } },
		{ TEXT("%4"), { NULL, 0 } },
		{ TEXT("%4g"), { NULL, 0 } },
		{ TEXT("%g4"), { NULL, 0 } },
		{ TEXT("%%41"), { NULL, 0 } },
		{ TEXT("%+1"), { NULL, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_slice decoded = MM_SLICE_ABSENT;
		char room[16] = "";

		memcpy(room, rows[i].text.ptr, rows[i].text.len);
		assert_int_equal(mm_http_form_decode(room, rows[i].text.len, &decoded),
		    mm_slice_present(rows[i].decoded));
		if (mm_slice_present(rows[i].decoded))
			assert_true(mm_slice_equal(decoded, rows[i].decoded));
	}
}

/* A form's token and mailbox, and how often each stands there. */
struct row {
	const char *form;
	bool readable;
	const char *token, *mailbox; /* NULL: absent */
	size_t token_count, mailbox_count;
};

static void
check_row(const struct row *row)
{
	struct mm_http_form_parameter parameters[] = { { .name = "token" }, { .name = "mailbox" } };
	char room[128] = "";

	memcpy(room, row->form, strlen(row->form));
	assert_int_equal(mm_http_form_parse(room, strlen(row->form), parameters, 2), row->readable);
	assert_int_equal(mm_slice_present(parameters[0].value), row->token != NULL);
	if (row->token != NULL)
		assert_true(mm_slice_equal(parameters[0].value, mm_slice_str(row->token)));
	assert_int_equal(mm_slice_present(parameters[1].value), row->mailbox != NULL);
	if (row->mailbox != NULL)
		assert_true(mm_slice_equal(parameters[1].value, mm_slice_str(row->mailbox)));
	assert_int_equal(parameters[0].count, row->token_count);
	assert_int_equal(parameters[1].count, row->mailbox_count);
}

static void
forms_are_read(void **state)
{
	static const struct row rows[] = {
		{ "", true, NULL, NULL, 0, 0 },
		{ "token=a.b.c", true, "a.b.c", NULL, 1, 0 },
		{ "token=a&mailbox=b%40c", true, "a", "b@c", 1, 1 },
		{ "mailbox=&token=", true, "", "", 1, 1 },
		{ "token", true, "", NULL, 1, 0 },
		{ "&&token=a&", true, "a", NULL, 1, 0 },
		{ "tok%65n=a", true, "a", NULL, 1, 0 },
		{ "token=a=b", true, "a=b", NULL, 1, 0 },
		{ "other=x&token=a&token_type_hint=y", true, "a", NULL, 1, 0 },
		{ "TOKEN=a&token%00=b", true, NULL, NULL, 0, 0 },
		/* The first one stays, and both are told. */
		{ "token=a&token=b", true, "a", NULL, 2, 0 },
		{ "token=a&mailbox=b&mailbox=b", true, "a", "b", 1, 2 },
		{ "token=a&x=%zz", false, "a", NULL, 1, 0 },
		{ "%=1&token=a", false, NULL, NULL, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
		check_row(&rows[i]);
}

static void
no_body_is_an_empty_form(void **state)
{
	struct mm_http_form_parameter parameter = { .name = "token" };

	(void)state;
	assert_true(mm_http_form_parse(NULL, 0, &parameter, 1));
	assert_int_equal(parameter.count, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoding_holds),
		cmocka_unit_test(forms_are_read),
		cmocka_unit_test(no_body_is_an_empty_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
