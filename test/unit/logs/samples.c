/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real records of MINTMARK_DATA: all of them are read, each as what it is.
 */
#include "test/unit/logs/one_world.h"
#include "test/vectors/sample.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
read_folder(const char *name)
{
	world_read_path(&world, mm_sample_path(name));
}

static void
read_file(const char *name)
{
	read_folder(name);
	assert_int_equal(mm_logs_reading_inputs(world.reading), 1);
	assert_int_equal(world_report(&world)->facts.ended, MM_LOGS_WHOLE);
}

/* How many records of each shape there are in all inputs. */
static uint64_t
of_shape(const char *shape)
{
	uint64_t count = 0;

	for (size_t i = 0; i < mm_logs_reading_inputs(world.reading); i++)
		for (size_t j = 0; j < mm_logs_shapes_count; j++)
			if (strcmp(mm_logs_shapes[j]->name, shape) == 0)
				count += mm_logs_reading_input(world.reading, i)->shapes[j];
	return count;
}

static size_t
of_kind(enum mm_logs_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < world.count; i++)
		count += world.events[i].kind == kind;
	return count;
}

static const struct mm_logs_event *
first_change(enum mm_logs_change change)
{
	for (size_t i = 0; i < world.count; i++)
		if (world.events[i].change == change)
			return &world.events[i];
	fail_msg("no %s", mm_logs_change_name(change));
	return NULL;
}

/* The stolen signing certificate, and the mail that was read with it. */
static void
test_golden_saml(void **state)
{
	const struct mm_logs_event *event;

	(void)state;
	read_folder("otrf-simuland-goldensaml");
	assert_int_equal(of_shape("sentinel-directory"), 4);
	assert_int_equal(of_shape("defender-events"), 9);
	assert_int_equal(of_shape("sentinel-office"), 1);
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_UNKNOWN_SHAPE), 38); /* events of Windows */
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_NO_FORM), 2);        /* licence and description */
	assert_int_equal(world_step(&world, MM_LOGS_STEP_DUPLICATE), 1);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_REPLACED), 1);

	event = first_change(MM_LOGS_CHANGE_PASSWORD);
	assert_name(event->target, "SimuLandApp");
	assert_name(event->user, "pgustavo@simulandlabs.com");
	assert_int_equal(event->time_us, world_time("2021-08-02T13:29:25.983Z"));
	event = first_change(MM_LOGS_CHANGE_DELEGATED_GRANT);
	assert_name(event->target, "Microsoft Graph");

	/* Of the two exports of the mail access, the one that has its messages counts. */
	assert_int_equal(of_kind(MM_LOGS_MAIL_ACCESS), 1);
	event = &world.events[world.count - 1];
	assert_int_equal(event->kind, MM_LOGS_MAIL_ACCESS);
	assert_int_equal(event->messages, 7);
	assert_name(event->client, "5a95e683-08ad-424e-a441-1d1aec52c02c");
	assert_name(event->mailbox, "pgustavo@simulandlabs.com");
}

static void
test_audit_log_records(void **state)
{
	(void)state;
	read_folder("splunk-example-logs");
	assert_int_equal(of_shape("m365-audit"), 18);
	assert_int_equal(of_shape("azure-monitor"), 16);
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_UNKNOWN_SHAPE), 3); /* of Azure Automation */
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_NO_FORM), 1);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_TIME_IMPOSSIBLE), 1);
	assert_int_equal(of_kind(MM_LOGS_MAIL_ACCESS), 1);
	assert_int_equal(of_kind(MM_LOGS_SIGN_IN), 3);
	(void)first_change(MM_LOGS_CHANGE_FEDERATION);
	(void)first_change(MM_LOGS_CHANGE_APP_ROLE);
	(void)first_change(MM_LOGS_CHANGE_CONSENT);
	(void)first_change(MM_LOGS_CHANGE_OWNER);
}

static void
test_a_mail_access(void **state)
{
	const struct mm_logs_event *event;

	(void)state;
	read_file("splunk-example-logs/o365_mailitemsaccessed.json");
	assert_int_equal(world.count, 1);
	event = &world.events[0];
	assert_int_equal(event->access, MM_LOGS_BIND);
	assert_int_equal(event->messages, 4);
	assert_int_equal(event->size, 44329 + 44304 + 44572 + 245068);
	assert_int_equal(event->count, 4);
	assert_name(event->client, "47629505-c2b6-4a80-adb1-9b3a3d233b7b");
	assert_name(event->client_family, "webservices python-requests");
	world_assert_address(event, "120.1.121.35", MM_LOGS_PUBLIC);
}

static void
test_an_impossible_time(void **state)
{
	(void)state;
	read_file("splunk-example-logs/o365_userloginfailed.json");
	assert_int_equal(world.count, 1);
	assert_int_equal(world.events[0].time_us, world_time("2023-10-10T17:08:59.999999Z"));
	assert_true(world.events[0].flags & MM_LOGS_TIME_DOUBTFUL);
}

static void
test_a_token_id_is_its_request_id(void **state)
{
	(void)state;
	read_file("splunk-example-logs/azure_active_directory_sign_in_activity.json");
	assert_int_equal(world.count, 1);
	assert_true(mm_logs_id_equal(&world.events[0].token, &world.events[0].record));
	assert_int_equal(world.events[0].result, MM_LOGS_INTERRUPTED);
}

/* Labelled attacks, as CSV with JSON inside, JSON lines, and what PowerShell makes of them. */
static void
test_labelled_attacks(void **state)
{
	static const struct {
		const char *file;
		enum mm_logs_change change;
		const char *target, *added;
	} rows[] = {
		{ "t1562-Set-MailboxAuditBypassAssociation.json", MM_LOGS_CHANGE_AUDIT_BYPASS,
		    "Alex@contoso.onmicrosoft.com", "AuditBypassEnabled=True" },
		{ "t1562.008_Set-MailboxAuditBypassAssociation.csv", MM_LOGS_CHANGE_AUDIT_BYPASS,
		    "Alex@contoso.onmicrosoft.com", "AuditBypassEnabled=True" },
		{ "t1562.008_Disable_UAL_ingestion.csv", MM_LOGS_CHANGE_AUDIT_OFF, "Admin Audit Log Settings",
		    "UnifiedAuditLogIngestionEnabled=False" },
		{ "t1562-UnifiedAuditlogIngestion-Stopped.json", MM_LOGS_CHANGE_AUDIT_OFF, "Admin Audit Log Settings",
		    "UnifiedAuditLogIngestionEnabled=False" },
		{ "t1562_Set-Mailbox-AuditLogAgeLimitoZero.json", MM_LOGS_CHANGE_AUDIT_SHORTENED,
		    "Alex@contoso.onmicrosoft.com", "AuditLogAgeLimit=1.00:00:00" },
		{ "t1098.002_Mail_Account_Delegation_full_access_permissions.csv", MM_LOGS_CHANGE_MAILBOX_PERMISSION,
		    NULL, NULL },
		{ "t1098.002_ApplicationImpersonation.csv", MM_LOGS_CHANGE_IMPERSONATION, NULL, NULL },
		{ "t1114.003_Forward_Rule_Multi_Users_Same_Forward_dest.json", MM_LOGS_CHANGE_FORWARDING, NULL,
		    "johndoe@gmail.com" },
		{ "t1114.003_rule_mail_forward_same_dest.json", MM_LOGS_CHANGE_FORWARDING, NULL, NULL },
		{ "t1564.008_rule_mark_as_read_move.json", MM_LOGS_CHANGE_INBOX_RULE, NULL,
		    "MoveToFolder=Archive; MarkAsRead=True; StopProcessingRules=True" },
		{ "t1114.002_Enable_POP_IMAP_OWA.csv", MM_LOGS_CHANGE_PROTOCOL, NULL, NULL },
		{ "t1550.001_default_rclone_app_registration.json", MM_LOGS_CHANGE_APPLICATION, "clony", NULL },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		const struct mm_logs_event *event;
		char path[256];

		(void)snprintf(path, sizeof(path), "det-eng-samples/dataset/%s", rows[i].file);
		read_file(path);
		event = first_change(rows[i].change);
		if (rows[i].target != NULL)
			assert_name(event->target, rows[i].target);
		if (rows[i].added != NULL)
			assert_name(event->added, rows[i].added);
		assert_int_equal(mm_logs_tally_troubles(mm_logs_reading_tally(world.reading)), 0);
	}
}

static void
test_all_of_the_labelled_attacks(void **state)
{
	(void)state;
	read_folder("det-eng-samples/dataset");
	assert_int_equal(mm_logs_reading_inputs(world.reading), 39);
	assert_int_equal(of_shape("m365-export") + of_shape("m365-audit"), 125);
	assert_int_equal(mm_logs_tally_troubles(mm_logs_reading_tally(world.reading)), 0);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_DUPLICATE), 10);
	assert_int_equal(world.count, 114); /* 115, and one that is of no kind that is asked for */
	/* Password spraying: the token ids of these sign-ins are their request ids. */
	assert_int_equal(of_kind(MM_LOGS_SIGN_IN), 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ONE_WORLD_TEST(test_golden_saml),
		ONE_WORLD_TEST(test_audit_log_records),
		ONE_WORLD_TEST(test_a_mail_access),
		ONE_WORLD_TEST(test_an_impossible_time),
		ONE_WORLD_TEST(test_a_token_id_is_its_request_id),
		ONE_WORLD_TEST(test_labelled_attacks),
		ONE_WORLD_TEST(test_all_of_the_labelled_attacks),
	};

	if (!mm_sample_present("otrf-simuland-goldensaml", "7 tests of logs on real records") ||
	    !mm_sample_present("splunk-example-logs", "7 tests of logs on real records") ||
	    !mm_sample_present("det-eng-samples", "7 tests of logs on real records"))
		return MM_SAMPLE_NOT_RUN;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
