/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of decisions: no line is wider than the terminal, what is claimed stays marked, nothing dangerous
 * gets through.
 */
#include "cli/decision_table.h"
#include "cli/terminal.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct mm_journal_record
denial(void)
{
	struct mm_journal_record record = { .kind = MM_JOURNAL_DECISION, .reason = MM_KEY_REALM_MISMATCH };

	record.fields[MM_JF_SERVICE] = mm_slice_str("a-service-with-a-long-name");
	record.fields[MM_JF_TENANT_ID] = mm_slice_str("aaaaaaaa-0000-4000-8000-00000000000a");
	record.fields[MM_JF_SUBJECT] =
	    mm_slice_str("\x1b[31m\x9b \xe2\x80\xae\n a subject that does not end soon \xff\xfe");
	record.fields[MM_JF_KID] = mm_slice_str("a kid of some length, with \x7f in it");
	record.fields[MM_JF_SOURCE] = mm_slice_str("2001:db8:1111:2222:3333:4444:5555:6666");
	return record;
}

/* What the table prints of a record, for a terminal of so many columns; the caller frees it. */
static char *
print(const struct mm_journal_record *record, size_t columns)
{
	struct mm_decision_table table;
	char *text = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&text, &len);

	assert_non_null(stream);
	mm_decision_table_init(&table, stream, columns);
	mm_decision_table_put(&table, record);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static void
assert_fits(const char *text, size_t columns)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		assert_true(mm_terminal_width(mm_slice(text, len)) <= columns);
		for (size_t i = 0; i < len; i++)
			assert_true((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
		text += len + 1;
	}
}

static void
test_every_width(void **state)
{
	struct mm_journal_record records[4] = { denial(), denial(), denial(), denial() };

	(void)state;
	records[1].kind = MM_JOURNAL_FOLDED;
	records[1].count = UINT64_MAX;
	records[2].kind = MM_JOURNAL_FINDING;
	records[2].text = mm_slice_str("an alarm that says more than a narrow terminal has room for \x1b[0m");
	records[3].verified = records[3].allowed = true;
	for (size_t columns = 40; columns < 300; columns++) {
		for (size_t i = 0; i < 4; i++) {
			char *text = print(&records[i], columns);

			assert_fits(text, columns);
			free(text);
		}
	}
}

static void
test_marks(void **state)
{
	struct mm_journal_record record = denial();
	char *text = print(&record, 80);

	(void)state;
	assert_non_null(strstr(text, "KEY_REALM_MISMATCH"));
	assert_non_null(strchr(text, '?'));
	free(text);
	record.fields[MM_JF_SUBJECT] = mm_slice_str("plain");
	record.fields[MM_JF_KID] = mm_slice_str("k");
	record.verified = true;
	text = print(&record, 200);
	assert_null(strchr(text, '?'));
	free(text);
	record.verified = false;
	text = print(&record, 200);
	assert_non_null(strstr(text, " plain? "));
	assert_non_null(strstr(text, " k? "));
	free(text);
	record.kind = MM_JOURNAL_FOLDED;
	record.count = 37;
	text = print(&record, 200);
	assert_true(strstr(text, "KEY_REALM_MISMATCH \u00d737 ") != NULL ||
	    strstr(text, "KEY_REALM_MISMATCH x37 ") != NULL);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_width),
		cmocka_unit_test(test_marks),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
