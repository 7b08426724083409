/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.html: nothing that the logs bring is anything but text, the page may load and run nothing but its own, and
 * tells what was found, what is missing and what was read.
 */
#include "test/unit/story/story_world.h"

#include "engine/story/html.h"
#include "engine/story/html_parts.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/evp.h>

static struct story_world world;

static int
begin(void **state)
{
	(void)state;
	story_world_make(&world);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	story_world_remove(&world);
	return 0;
}

static int
write_page(FILE *out, struct mm_story *story)
{
	static const char *const arguments[] = { "<b>folder", NULL };
	static const struct mm_report_question question = { "1.2.3", arguments };

	return mm_report_html(out, story, &question);
}

static char *
page(void)
{
	return story_world_text(&world, write_page);
}

static void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' is not in\n%s", part, text);
}

static size_t
count_of(const char *text, const char *part)
{
	size_t count = 0;

	while ((text = strstr(text, part)) != NULL) {
		count++;
		text += strlen(part);
	}
	return count;
}

static void
assert_allowed(const char *directive, const char *content)
{
	uint8_t digest[MM_DIGEST_LEN];
	unsigned char text[64];
	char source[128];

	assert_true(mm_sha256(mm_slice_str(content), digest));
	(void)EVP_EncodeBlock(text, digest, sizeof(digest));
	(void)snprintf(source, sizeof(source), "%s 'sha256-%s'", directive, (const char *)text);
	assert_has(mm_html_policy, source);
}

static void
test_policy(void **state)
{
	(void)state;
	assert_allowed("style-src", mm_html_style);
	assert_allowed("script-src", mm_html_script);
	assert_int_equal(strncmp(mm_html_policy, "default-src 'none';", 19), 0);
}

static void
test_story(void **state)
{
	char *text;

	(void)state;
	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z", .messages = 2 }, 1);
	story_world_build(&world);
	text = page();
	assert_has(text, "There is strong evidence");
	assert_has(text, "<dt>Messages</dt><dd>at least 2</dd>");
	assert_has(text, STRANGER);
	assert_has(text, "id=\"word-access-without-sign-in\"");
	assert_has(text, "<dd>mintmark hunt &lt;b&gt;folder</dd>");
	assert_has(text, "first seen 2023-06-10T10:00:00Z");
	assert_has(text, "mintmark 1.2.3");
	/* One SHA-256 an input. */
	assert_int_equal(count_of(text, "<td class=\"h\">"), 2);
	assert_int_equal(count_of(text, "<svg "), 2);
	assert_int_equal(count_of(text, "<svg "), count_of(text, "</svg>"));
	assert_int_equal(count_of(text, "<table"), count_of(text, "</table>"));
	assert_int_equal(count_of(text, "<tr>"), count_of(text, "</tr>"));
	free(text);
}

static void
test_hostile(void **state)
{
	static const char script[] = "<script>alert(1)</script>";
	struct record record = { .time = "2023-06-10T10:00:00Z", .application = "\\u202e\\\"><img src=x onerror=1>",
		.mailbox = "<script>alert(1)</script>&\\u001b[31m'", .address = "\\\"><svg onload=1>",
		.token = "dddddddd-0000-4000-8000-000000000004", .issued = "2023-06-10T09:50:00Z" };
	char *text;

	(void)state;
	story_world_everyday(&world);
	detect_world_access(&world.logs, &record);
	story_world_build(&world);
	text = page();
	assert_null(strstr(text, script));
	assert_null(strstr(text, "<img"));
	assert_null(strstr(text, "<svg onload"));
	assert_null(strchr(text, 0x1b));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_has(text, "&lt;script&gt;alert(1)&lt;/script&gt;&amp;U+001B[31m&#39;");
	assert_has(text, "U+202E&quot;&gt;&lt;img src=x onerror=1&gt;");
	assert_int_equal(count_of(text, "<script>"), 1);
	free(text);
}

static void
test_nothing(void **state)
{
	char *text;

	(void)state;
	detect_world_line(&world.logs, "{\"CreationTime\":\"2023-06-01T00:00:00\",\"Id\":\"x\","
	    "\"Operation\":\"FileAccessed\",\"RecordType\":6,\"Workload\":\"SharePoint\",\"UserId\":\"a\"}");
	story_world_build(&world);
	text = page();
	assert_has(text, "Nothing was found");
	assert_has(text, "No application, token, session or address stands out.");
	assert_has(text, "There is no mail access in these logs.");
	assert_null(strstr(text, "nan"));
	free(text);
}

static void
test_same_bytes(void **state)
{
	char *first, *second;

	(void)state;
	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z", .throttled = true }, 1);
	story_world_build(&world);
	first = page();
	story_world_build(&world);
	second = page();
	assert_string_equal(first, second);
	assert_has(first, "were throttled");
	free(first);
	free(second);
}

static void
test_full_disk(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	story_world_everyday(&world);
	story_world_build(&world);
	assert_non_null(full);
	/* The first bytes may be kept back: the whole is certain once it is closed. */
	assert_true(write_page(full, world.story) != 0 || fclose(full) != 0);
}

/* What is said first must not be silent about a log that is damaged, and not cry for a licence beside logs. */
static void
test_not_whole(void **state)
{
	static const char damaged[] = "{\"Id\":\n", licence[] = "Permission is granted\n\nto any person\n";
	char *text;

	(void)state;
	story_world_everyday(&world);
	story_world_build(&world);
	text = page();
	assert_null(strstr(text, "Not everything was read"));
	assert_null(strstr(text, "No log: "));
	assert_int_equal(count_of(text, "<td>wholly</td>"), 2);
	free(text);
	world_write_bytes(&world.logs.logs, "LICENSE", licence, sizeof(licence) - 1);
	story_world_build(&world);
	text = page();
	assert_null(strstr(text, "Not everything was read"));
	assert_has(text, "No log: 1 of 3 files hold ");
	assert_int_equal(count_of(text, "<td>no log</td>"), 1);
	free(text);
	world_write_bytes(&world.logs.logs, "damaged.jsonl", damaged, sizeof(damaged) - 1);
	story_world_build(&world);
	text = page();
	assert_has(text, "Not everything was read: 1 of 4 files could ");
	assert_has(text, "No log: 1 of 4 files hold ");
	assert_int_equal(count_of(text, "<td>in part</td>"), 1);
	free(text);
}

/* A page whose markup would be cut is none. */
static void
test_markup_is_not_cut(void **state)
{
	char *text = NULL, longest[512], longer[513];
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct mm_html html;

	(void)state;
	assert_non_null(out);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	mm_html_begin(&html, out);
	mm_html_addf(&html, "%s", longest);
	assert_int_equal(mm_html_end(&html), 0);
	(void)fflush(out);
	assert_int_equal(size, sizeof(longest) - 1);
	mm_html_begin(&html, out);
	mm_html_addf(&html, "%s", longer);
	assert_int_equal(mm_html_end(&html), -1);
	assert_int_equal(errno, EOVERFLOW);
	(void)fclose(out);
	free(text);
}

/* What has a row and nothing more is counted. */
static void
test_many_answers(void **state)
{
	char *text, application[40];

	(void)state;
	story_world_everyday(&world);
	for (unsigned i = 0; i < 43; i++) {
		(void)snprintf(application, sizeof(application), "bbbbbbbb-0000-4000-8000-1%011u", i);
		detect_world_access(&world.logs, &(struct record){ .time = "2023-06-10T10:00:00Z",
		    .issued = "2023-06-10T10:00:00Z", .application = application,
		    .token = "00000001-dddd-4ddd-8ddd-dddddddddddd" });
	}
	story_world_build(&world);
	text = page();
	assert_int_equal(count_of(text, "<h3 id=\"answer-"), 40);
	assert_has(text, "<p class=\"note\">Of ");
	assert_has(text, " more there is the row above; ");
	free(text);
}

/* How many mailboxes there are is a lower bound once they are too many to be told apart. */
static void
test_many_mailboxes(void **state)
{
	char *text, mailbox[32];

	(void)state;
	story_world_everyday(&world);
	story_world_build(&world);
	text = page();
	assert_has(text, "</h3>\n<p class=\"note\">2 of 2 mailboxes: ");
	free(text);
	for (unsigned i = 0; i < 32768; i++) {
		(void)snprintf(mailbox, sizeof(mailbox), "m%u", i);
		detect_world_access(&world.logs, &(struct record){ .time = "2023-06-10T10:00:00Z", .mailbox = mailbox,
		    .token = "-" });
	}
	story_world_build(&world);
	text = page();
	assert_has(text, "60 of more than 32,768 mailboxes: ");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy),
		cmocka_unit_test_setup_teardown(test_story, begin, finish),
		cmocka_unit_test_setup_teardown(test_hostile, begin, finish),
		cmocka_unit_test_setup_teardown(test_nothing, begin, finish),
		cmocka_unit_test_setup_teardown(test_not_whole, begin, finish),
		cmocka_unit_test(test_markup_is_not_cut),
		cmocka_unit_test_setup_teardown(test_many_mailboxes, begin, finish),
		cmocka_unit_test_setup_teardown(test_many_answers, begin, finish),
		cmocka_unit_test_setup_teardown(test_same_bytes, begin, finish),
		cmocka_unit_test_setup_teardown(test_full_disk, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
