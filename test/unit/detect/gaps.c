/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the logs cannot tell is told: a throttled mailbox, fields that lack, silent hours, logs that end too early. What
 * is always silent, or complete, is no gap.
 */
#include "test/unit/detect/detect_world.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct detect_world world;

static int
begin(void **state)
{
	(void)state;
	detect_world_make(&world);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	detect_world_remove(&world);
	return 0;
}

static void
add_hour(unsigned hour)
{
	char time[32];
	struct record record = { .time = detect_world_time(1 + hour / 24, hour % 24 * 3600, time), .token = "-" };

	detect_world_access(&world, &record);
}

/* An access each hour of these days of June, but for hours from silent_from on, so many, of each silent_day. */
static void
add_hours(unsigned days, unsigned silent_day, unsigned silent_from, unsigned silent_hours)
{
	for (unsigned hour = 0; hour < days * 24; hour++) {
		unsigned of_day = hour % 24;

		if ((silent_day != 0 && hour / 24 + 1 != silent_day) || of_day < silent_from ||
		    of_day >= silent_from + silent_hours)
			add_hour(hour);
	}
}

static void
test_silent_hours(void **state)
{
	const struct mm_finding *finding;

	(void)state;
	add_hours(10, 5, 3, 8);
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, &mm_detect_time_gap), 1);
	finding = detect_world_finding(&world, &mm_detect_time_gap, 0);
	assert_int_equal(finding->class, MM_FINDING_GAP);
	assert_int_equal(finding->first_us, world_time("2023-06-05T03:00:00Z"));
	assert_int_equal(finding->last_us, world_time("2023-06-05T11:00:00Z"));
	assert_int_equal(detect_world_fact(finding, "hours")->number, 8);
	assert_string_equal(detect_world_fact(finding, "log")->word, "m365-audit");
}

/* A question that lies within a silence, and one that ends or begins in it. */
static void
test_questions_within_a_silence(void **state)
{
	static const char *const questions[][2] = {
		{ "2023-06-05T05:00:00Z", "2023-06-05T09:00:00Z" }, { "2023-06-05T03:00:00Z", "2023-06-05T11:00:00Z" },
		{ "2023-06-04T00:00:00Z", "2023-06-05T05:00:00Z" }, { "2023-06-05T09:00:00Z", "2023-06-06T00:00:00Z" },
		{ "2023-06-05T00:00:00Z", "2023-06-05T23:00:00Z" },
	};
	static const char *const others[][2] = {
		{ "2023-06-05T11:00:00Z", "2023-06-06T00:00:00Z" }, { "2023-06-04T11:00:00Z", "2023-06-05T03:00:00Z" },
	};

	(void)state;
	add_hours(10, 5, 3, 8);
	for (size_t i = 0; i < MM_COUNT_OF(questions); i++) {
		detect_world_run(&world, questions[i][0], questions[i][1]);
		if (detect_world_count(&world, &mm_detect_time_gap) != 1)
			fail_msg("%s: no gap", questions[i][0]);
	}
	for (size_t i = 0; i < MM_COUNT_OF(others); i++) {
		detect_world_run(&world, others[i][0], others[i][1]);
		if (detect_world_count(&world, &mm_detect_time_gap) != 0)
			fail_msg("%s: a gap", others[i][0]);
	}
}

/* Every night is as quiet, and one hour without a record is nothing where there is one an hour. */
static void
test_usual_silence(void **state)
{
	(void)state;
	add_hours(10, 0, 0, 8);
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, &mm_detect_time_gap), 0);
	add_hours(10, 6, 12, 1);
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, &mm_detect_time_gap), 0);
}

/* Ten hours at the beginning of the tenth day, after silences of five in so many days before it. */
static size_t
gaps_after(unsigned silences)
{
	detect_world_remove(&world);
	detect_world_make(&world);
	for (unsigned hour = 0; hour < 12 * 24; hour++)
		if ((hour / 24 != 9 || hour % 24 >= 10) && (hour / 24 >= silences || hour % 24 < 6 || hour % 24 >= 11))
			add_hour(hour);
	detect_world_run(&world, NULL, NULL);
	return detect_world_count(&world, &mm_detect_time_gap);
}

/* A silence is usual where three others are at least half as long. */
static void
test_how_many_make_a_silence_usual(void **state)
{
	(void)state;
	assert_int_equal(gaps_after(2), 1);
	assert_int_equal(gaps_after(3), 0);
	assert_int_equal(gaps_after(4), 0);
}

static void
test_throttled(void **state)
{
	struct record record = { .time = "2023-06-05T10:00:00Z", .token = "-", .throttled = true };
	const struct mm_finding *finding;

	(void)state;
	detect_world_access(&world, &record);
	record.mailbox = "bob";
	record.throttled = false;
	detect_world_access(&world, &record);
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, &mm_detect_log_throttled), 1);
	finding = detect_world_finding(&world, &mm_detect_log_throttled, 0);
	world_assert_name(&world.logs, finding->subject.name, "alice@contoso.example");
	assert_int_equal(detect_world_fact(finding, "silent_for_up_to")->number, 24 * 3600);
}

/* What was switched off, or fell silent, before what is asked is missing in it. */
static void
test_gaps_from_before_the_question(void **state)
{
	struct record record = { .time = "2023-06-05T10:00:00Z", .token = "-", .throttled = true };

	(void)state;
	detect_world_access(&world, &record);
	detect_world_line(&world, "{\"CreationTime\":\"2023-06-02T10:00:00Z\",\"Id\":\"off\",\"Operation\":"
	    "\"Set-MailboxAuditBypassAssociation\",\"OrganizationId\":\"" CONTOSO "\","
	    "\"UserId\":\"eve@contoso.example\",\"Parameters\":[{\"Name\":\"AuditBypassEnabled\",\"Value\":\"True\"},"
	    "{\"Name\":\"Identity\",\"Value\":\"alice\"}]}");
	detect_world_run(&world, "2023-06-06T09:00:00Z", "2023-06-07T00:00:00Z");
	assert_int_equal(detect_world_count(&world, &mm_detect_log_throttled), 1);
	assert_int_equal(detect_world_count(&world, &mm_detect_audit_reduced), 1);
	assert_int_equal(detect_world_finding(&world, &mm_detect_audit_reduced, 0)->first_us,
	    world_time("2023-06-02T10:00:00Z"));
	/* That it was switched off is no news. */
	assert_int_equal(detect_world_count(&world, &mm_detect_audit_off), 0);
	detect_world_run(&world, "2023-06-06T10:00:00Z", "2023-06-07T00:00:00Z");
	assert_int_equal(detect_world_count(&world, &mm_detect_log_throttled), 0);
	assert_int_equal(detect_world_count(&world, &mm_detect_audit_reduced), 1);
	detect_world_run(&world, "2023-06-01T00:00:00Z", "2023-06-02T10:00:00Z");
	assert_int_equal(detect_world_count(&world, &mm_detect_log_throttled), 0);
	assert_int_equal(detect_world_count(&world, &mm_detect_audit_reduced), 0);
}

static void
test_fields_that_lack(void **state)
{
	struct record record = { .time = "2023-06-05T10:00:00Z", .token = "-", .application = "-" };
	struct record whole = { .time = "2023-06-05T11:00:00Z", .token = "cccccccc-0000-4000-8000-000000000003",
		.issued = "2023-06-05T10:59:00Z" };
	const struct mm_finding *finding;

	(void)state;
	detect_world_access(&world, &record);
	detect_world_access(&world, &whole);
	detect_world_sign_in(&world, &whole);
	detect_world_run(&world, NULL, NULL);
	finding = detect_world_finding(&world, &mm_detect_ids_missing, 0);
	assert_int_equal(detect_world_fact(finding, "accesses")->number, 2);
	assert_int_equal(detect_world_fact(finding, "without_application")->number, 1);
	assert_int_equal(detect_world_fact(finding, "without_token_and_session")->number, 1);
	assert_int_equal(detect_world_fact(finding, "outside_of_sign_in_logs")->number, 0);
	assert_int_equal(detect_world_fact(finding, "without_address")->number, 0);
}

/* Whether an access without a time was within what is asked, nobody can say: it is told, not left out in silence. */
static void
test_accesses_without_time(void **state)
{
	struct record timeless = { .time = "never", .token = "-" };
	struct record record = { .time = "2023-06-05T10:00:00Z", .token = "-" };
	const struct mm_finding *finding;

	(void)state;
	detect_world_access(&world, &timeless);
	detect_world_access(&world, &record);
	detect_world_run(&world, "2023-06-05T00:00:00Z", "2023-06-06T00:00:00Z");
	finding = detect_world_finding(&world, &mm_detect_ids_missing, 0);
	assert_int_equal(finding->records, 2);
	assert_int_equal(detect_world_fact(finding, "accesses")->number, 2);
	assert_int_equal(detect_world_fact(finding, "without_time")->number, 1);
	assert_int_equal(finding->first_us, world_time("2023-06-05T10:00:00Z"));
	assert_int_equal(finding->last_us, world_time("2023-06-05T10:00:00Z"));
	detect_world_run(&world, NULL, NULL);
	finding = detect_world_finding(&world, &mm_detect_ids_missing, 0);
	assert_int_equal(detect_world_fact(finding, "without_time")->number, 1);
	assert_int_equal(finding->first_us, world_time("2023-06-05T10:00:00Z"));
}

static void
test_nothing_lacks(void **state)
{
	struct record whole = { .time = "2023-06-05T11:00:00Z", .token = "cccccccc-0000-4000-8000-000000000003",
		.issued = "2023-06-05T10:59:00Z" };

	(void)state;
	detect_world_access(&world, &whole);
	detect_world_sign_in(&world, &whole);
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, &mm_detect_ids_missing), 0);
	assert_int_equal(detect_world_count(&world, &mm_detect_log_short), 0);
}

static void
test_no_sign_ins(void **state)
{
	struct record record = { .time = "2023-06-05T10:00:00Z", .token = "cccccccc-0000-4000-8000-000000000003" };

	(void)state;
	detect_world_access(&world, &record);
	detect_world_run(&world, NULL, NULL);
	assert_string_equal(
	    detect_world_fact(detect_world_finding(&world, &mm_detect_log_short, 0), "sign_in_logs")->word, "none");
}

/* Of sign-ins alone nobody sees what was read. Beside a log that has mail they may be those of guests elsewhere. */
static void
test_no_mail_log(void **state)
{
	struct record sign_in = { .time = "2023-06-03T10:00:00Z", .token = "dddddddd-0000-4000-8000-000000000004" };
	const struct mm_finding *finding;

	(void)state;
	detect_world_sign_in(&world, &sign_in);
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, &mm_detect_log_short), 1);
	finding = detect_world_finding(&world, &mm_detect_log_short, 0);
	world_assert_name(&world.logs, finding->subject.name, CONTOSO);
	assert_string_equal(detect_world_fact(finding, "mail_logs")->word, "none");
	assert_int_equal(finding->records, 0);
	world_write(&world.logs, "mail.log",
	    "2023-06-03T10:00:00+00:00 mail dovecot: imap-login: Info: Login: user=<bob@contoso.example>, "
	    "method=PLAIN, rip=192.0.2.9, lip=192.0.2.1, session=<a>\n");
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, &mm_detect_log_short), 0);
}

static void
test_logs_within_the_question(void **state)
{
	struct record sign_in = { .time = "2023-06-03T10:00:00Z" };
	const struct mm_finding *finding;

	(void)state;
	add_hours(4, 31, 0, 0);
	detect_world_sign_in(&world, &sign_in);
	sign_in.time = "2023-06-04T22:00:00Z";
	sign_in.token = "dddddddd-0000-4000-8000-000000000004";
	detect_world_sign_in(&world, &sign_in);
	detect_world_run(&world, "2023-05-01T00:00:00Z", "2023-07-01T00:00:00Z");
	finding = detect_world_finding(&world, &mm_detect_log_short, 0);
	assert_int_equal(detect_world_fact(finding, "audit_log_begins")->number, world_time("2023-06-01T00:00:00Z"));
	assert_int_equal(detect_world_fact(finding, "audit_log_ends")->number, world_time("2023-06-05T00:00:00Z"));
	assert_int_equal(detect_world_fact(finding, "sign_in_logs_begin")->number, world_time("2023-06-03T10:00:00Z"));
	detect_world_run(&world, "2023-06-03T12:00:00Z", "2023-06-04T12:00:00Z");
	assert_int_equal(detect_world_count(&world, &mm_detect_log_short), 0);
}

/* A log without any record in what was asked: silence about it says nothing. */
static void
test_questions_outside_of_the_logs(void **state)
{
	const struct mm_finding *finding;

	(void)state;
	add_hours(4, 31, 0, 0);
	detect_world_run(&world, "2023-07-01T00:00:00Z", "2023-08-01T00:00:00Z");
	finding = detect_world_finding(&world, &mm_detect_log_short, 0);
	world_assert_name(&world.logs, finding->subject.name, CONTOSO);
	assert_int_equal(finding->records, 0);
	assert_int_equal(finding->first_us, MM_LOGS_NO_TIME);
	assert_int_equal(detect_world_fact(finding, "audit_log_ends")->number, world_time("2023-06-05T00:00:00Z"));
	detect_world_run(&world, "2023-05-01T00:00:00Z", "2023-05-20T00:00:00Z");
	finding = detect_world_finding(&world, &mm_detect_log_short, 0);
	assert_int_equal(detect_world_fact(finding, "audit_log_begins")->number, world_time("2023-06-01T00:00:00Z"));
	/* Close to the log, but none of it. */
	detect_world_run(&world, "2023-06-05T01:00:00Z", "2023-06-05T09:00:00Z");
	assert_int_equal(detect_world_count(&world, &mm_detect_log_short), 1);
	detect_world_run(&world, "2023-05-31T12:00:00Z", "2023-06-01T00:00:00Z");
	assert_int_equal(detect_world_count(&world, &mm_detect_log_short), 1);
}

/* A mail server's own log is one like the others. */
static void
test_a_mail_servers_log_that_ends(void **state)
{
	const struct mm_finding *finding;

	(void)state;
	world_write(&world.logs, "mail.log",
	    "2023-06-01T10:00:00+00:00 mail dovecot: imap-login: Info: Login: user=<bob@contoso.example>, "
	    "method=PLAIN, rip=192.0.2.9, lip=192.0.2.1, session=<a>\n");
	detect_world_run(&world, "2023-06-01T00:00:00Z", "2023-06-20T00:00:00Z");
	finding = detect_world_finding(&world, &mm_detect_log_short, 0);
	assert_int_equal(detect_world_fact(finding, "mail_server_log_ends")->number,
	    world_time("2023-06-01T11:00:00Z"));
	detect_world_run(&world, "2023-06-01T00:00:00Z", "2023-06-02T00:00:00Z");
	assert_int_equal(detect_world_count(&world, &mm_detect_log_short), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_silent_hours, begin, finish),
		cmocka_unit_test_setup_teardown(test_questions_within_a_silence, begin, finish),
		cmocka_unit_test_setup_teardown(test_usual_silence, begin, finish),
		cmocka_unit_test_setup_teardown(test_how_many_make_a_silence_usual, begin, finish),
		cmocka_unit_test_setup_teardown(test_throttled, begin, finish),
		cmocka_unit_test_setup_teardown(test_gaps_from_before_the_question, begin, finish),
		cmocka_unit_test_setup_teardown(test_fields_that_lack, begin, finish),
		cmocka_unit_test_setup_teardown(test_accesses_without_time, begin, finish),
		cmocka_unit_test_setup_teardown(test_nothing_lacks, begin, finish),
		cmocka_unit_test_setup_teardown(test_no_sign_ins, begin, finish),
		cmocka_unit_test_setup_teardown(test_no_mail_log, begin, finish),
		cmocka_unit_test_setup_teardown(test_logs_within_the_question, begin, finish),
		cmocka_unit_test_setup_teardown(test_questions_outside_of_the_logs, begin, finish),
		cmocka_unit_test_setup_teardown(test_a_mail_servers_log_that_ends, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
