/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mailbox addresses: plain ASCII, lower-cased, nothing that a mail server reads as a path, a pattern or a variable.
 */
#include "lib/codec/mailbox.h"

#include "lib/base/array.h"
#include "lib/base/limits.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct mailbox_row {
	const char *text, *address, *domain; /* address NULL: refused */
};

static const struct mailbox_row rows[] = {
	{ "alice@contoso.example", "alice@contoso.example", "contoso.example" },
	{ "Alice.B+tag@Contoso.EXAMPLE", "alice.b+tag@contoso.example", "contoso.example" },
	{ "o'brien_x-1@a-b.example", "o'brien_x-1@a-b.example", "a-b.example" },
	{ "a@b", "a@b", "b" },
	{ "", NULL, NULL }, { "alice", NULL, NULL }, { "@contoso.example", NULL, NULL }, { "alice@", NULL, NULL },
	{ "alice@@contoso.example", NULL, NULL }, { "alice@contoso.example@fabrikam.example", NULL, NULL },
	{ ".alice@a.example", NULL, NULL }, { "alice.@a.example", NULL, NULL }, { "al..ice@a.example", NULL, NULL },
	{ "\"al ice\"@a.example", NULL, NULL }, { "al ice@a.example", NULL, NULL }, { "alice @a.example", NULL, NULL },
	{ " alice@a.example", NULL, NULL }, { "alice@a.example ", NULL, NULL }, { "alice@a.example\n", NULL, NULL },
	{ "../alice@a.example", NULL, NULL }, { "a/b@a.example", NULL, NULL }, { "%u@a.example", NULL, NULL },
	{ "a*@a.example", NULL, NULL }, { "$a@a.example", NULL, NULL }, { "a`@a.example", NULL, NULL },
	{ "{a}@a.example", NULL, NULL }, { "a|b@a.example", NULL, NULL }, { "a\\b@a.example", NULL, NULL },
	{ "al\xC3\xAD" "ce@a.example", NULL, NULL }, { "alice@\xC3\xA9.example", NULL, NULL },
	{ "alice@a..example", NULL, NULL }, { "alice@.example", NULL, NULL }, { "alice@example.", NULL, NULL },
	{ "alice@-a.example", NULL, NULL }, { "alice@a-.example", NULL, NULL }, { "alice@a.-b", NULL, NULL },
	{ "alice@[127.0.0.1]", NULL, NULL }, { "alice@a_b.example", NULL, NULL }, { "alice@a.example/x", NULL, NULL },
};

static bool
parse(struct mm_slice text, struct mm_mailbox *mailbox)
{
	static char room[2 * MM_MAILBOX_LEN_MAX];
	struct mm_scratch scratch;

	mm_scratch_init(&scratch, room, sizeof(room));
	return mm_mailbox_parse(text, &scratch, mailbox);
}

static void
takes_plain_addresses_alone(void **state)
{
	struct mm_mailbox mailbox;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		if (parse(mm_slice_str(rows[i].text), &mailbox) != (rows[i].address != NULL))
			fail_msg("'%s'", rows[i].text);
		if (rows[i].address == NULL)
			continue;
		assert_true(mm_slice_equal(mailbox.address, mm_slice_str(rows[i].address)));
		assert_true(mm_slice_equal(mailbox.domain, mm_slice_str(rows[i].domain)));
	}
	assert_false(parse(MM_SLICE_ABSENT, &mailbox));
	assert_false(parse(mm_slice("a\0b@c.example", 13), &mailbox));
}

static void
bounds_the_length(void **state)
{
	char text[MM_MAILBOX_LEN_MAX + 2];
	struct mm_mailbox mailbox;
	struct mm_scratch none;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[1] = '@';
	assert_true(parse(mm_slice(text, MM_MAILBOX_LEN_MAX), &mailbox));
	assert_false(parse(mm_slice(text, MM_MAILBOX_LEN_MAX + 1), &mailbox));
	mm_scratch_init(&none, text, 0);
	assert_false(mm_mailbox_parse(mm_slice_str("a@b.example"), &none, &mailbox));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_plain_addresses_alone),
		cmocka_unit_test(bounds_the_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
