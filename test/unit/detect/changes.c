/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was changed in the directory and at Exchange: real records give the findings that they are examples of; and mail
 * that is read after a new key and a new right is told with both.
 */
#include "test/unit/detect/detect_world.h"
#include "test/vectors/sample.h"

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

/* ---- real records ---- */

static void
test_golden_saml(void **state)
{
	const struct mm_finding *finding;

	(void)state;
	detect_world_run_path(&world, mm_sample_path("otrf-simuland-goldensaml"));
	assert_int_equal(detect_world_count(&world, &mm_detect_mail_after_grant), 1);
	finding = detect_world_finding(&world, &mm_detect_mail_after_grant, 0);
	assert_int_equal(finding->class, MM_FINDING_STRONG);
	world_assert_name(&world.logs, finding->subject.name, "5a95e683-08ad-424e-a441-1d1aec52c02c");
	world_assert_name(&world.logs, (uint32_t)detect_world_fact(finding, "user")->number,
	    "pgustavo@simulandlabs.com");
	assert_int_equal(detect_world_fact(finding, "credential_added")->number / 1000000,
	    world_time("2021-08-02T13:29:25Z") / 1000000);
	assert_int_equal(detect_world_fact(finding, "mail_scope_granted")->number / 1000000,
	    world_time("2021-08-02T13:27:20Z") / 1000000);
	finding = detect_world_finding(&world, &mm_detect_credential_added, 0);
	world_assert_name(&world.logs, finding->subject.name, "SimuLandApp");
	assert_string_equal(detect_world_fact(finding, "change")->word, "password");
	assert_int_equal(detect_world_count(&world, &mm_detect_mail_scope_granted), 1);
}

static void
test_real_changes(void **state)
{
	static const struct {
		const char *file;
		const struct mm_detection *detection;
		const char *change;
	} rows[] = {
		{ "det-eng-samples/dataset/t1562.008_Set-MailboxAuditBypassAssociation.csv", &mm_detect_audit_off,
		    "audit-bypass" },
		{ "det-eng-samples/dataset/t1562.008_Set-MailboxAuditBypassAssociation.csv", &mm_detect_audit_reduced,
		    "audit-bypass" },
		{ "det-eng-samples/dataset/t1562.008_Disable_UAL_ingestion.csv", &mm_detect_audit_off, "audit-off" },
		{ "det-eng-samples/dataset/t1562_Set-Mailbox-AuditLogAgeLimitoZero.json", &mm_detect_audit_off,
		    "audit-shortened" },
		{ "det-eng-samples/dataset/t1098.002_Mail_Account_Delegation_full_access_permissions.json",
		    &mm_detect_mailbox_opened, "mailbox-permission" },
		{ "det-eng-samples/dataset/t1098.002_ApplicationImpersonation.csv", &mm_detect_mailbox_opened,
		    "impersonation" },
		{ "det-eng-samples/dataset/t1114_Set-Mailbox-ForwardSMTPAddress.csv", &mm_detect_mailbox_opened,
		    "forwarding" },
		{ "det-eng-samples/dataset/t1564.008_New_inbox_rule_to_delete_email.csv", &mm_detect_mailbox_opened,
		    "inbox-rule" },
		{ "splunk-example-logs/azure_active_directory_set_domain_authentication.json",
		    &mm_detect_federation_changed, "federation" },
		{ "splunk-example-logs/azure_active_directory_add_unverified_domain.json",
		    &mm_detect_federation_changed, "domain" },
		{ "splunk-example-logs/o365_add_owner_to_application_.json", &mm_detect_credential_added, "owner" },
	};

	const struct mm_finding *finding;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		detect_world_run_path(&world, mm_sample_path(rows[i].file));
		if (detect_world_count(&world, rows[i].detection) == 0)
			fail_msg("%s: nothing of %s", rows[i].file, rows[i].detection->name);
		finding = detect_world_finding(&world, rows[i].detection, 0);
		assert_string_equal(detect_world_fact(finding, "change")->word, rows[i].change);
	}
}

/* A domain that is only added is a lead. */
static void
test_class_of_federation(void **state)
{
	(void)state;
	detect_world_run_path(&world,
	    mm_sample_path("splunk-example-logs/azure_active_directory_set_domain_authentication.json"));
	assert_int_equal(detect_world_finding(&world, &mm_detect_federation_changed, 0)->class, MM_FINDING_STRONG);
	detect_world_run_path(&world,
	    mm_sample_path("splunk-example-logs/azure_active_directory_add_unverified_domain.json"));
	assert_int_equal(detect_world_finding(&world, &mm_detect_federation_changed, 0)->class, MM_FINDING_LEAD);
}

/* ---- records of our own ---- */

static void
add_change(const char *time, const char *user, const char *operation, const char *property, const char *old,
    const char *new)
{
	char line[2048];

	(void)snprintf(line, sizeof(line), "{\"CreationTime\":\"%s\",\"Id\":\"%08x-0000-4000-8000-000000000000\","
	    "\"Operation\":\"%s\",\"OrganizationId\":\"" CONTOSO "\",\"RecordType\":8,\"ResultStatus\":\"Success\","
	    "\"Workload\":\"AzureActiveDirectory\",\"UserId\":\"%s@contoso.example\",\"ObjectId\":\"App\","
	    "\"ModifiedProperties\":[{\"Name\":\"%s\",\"NewValue\":\"%s\",\"OldValue\":\"%s\"}],"
	    "\"Target\":[{\"ID\":\"App\",\"Type\":1}]}",
	    time, ++world.records, operation, user, property, new, old);
	detect_world_line(&world, line);
}

static void
add_credential(const char *time, const char *user)
{
	add_change(time, user, "Update application \xe2\x80\x93 Certificates and secrets management ", "KeyDescription",
	    "[]", "[KeyIdentifier=1,KeyType=AsymmetricX509Cert,KeyUsage=Verify,DisplayName=CN=new]");
}

static void
add_grant(const char *time, const char *user, const char *scopes)
{
	add_change(time, user, "Add delegated permission grant.", "DelegatedPermissionGrant.Scope", "User.Read",
	    scopes);
}

static void
add_mail(const char *time, const char *user)
{
	struct record record = { .time = time, .mailbox = user, .application = STRANGER, .token = "-" };

	detect_world_access(&world, &record);
}

static void
test_key_right_and_mail(void **state)
{
	(void)state;
	add_credential("2023-06-01T08:00:00Z", "alice");
	add_grant("2023-06-01T08:00:00Z", "alice", "");
	add_grant("2023-06-01T09:00:00Z", "alice", "User.Read Mail.ReadWrite");
	add_mail("2023-06-01T10:00:00Z", "alice");
	add_mail("2023-06-03T10:00:00Z", "alice");
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, &mm_detect_mail_after_grant), 1);
	assert_int_equal(detect_world_finding(&world, &mm_detect_mail_after_grant, 0)->records, 1);
}

/* One of the three lacks: everyday. */
static void
test_less_is_no_story(void **state)
{
	(void)state;
	add_credential("2023-06-01T08:00:00Z", "alice");
	add_grant("2023-06-01T09:00:00Z", "alice", "User.Read Calendars.Read");
	add_mail("2023-06-01T10:00:00Z", "alice");
	add_grant("2023-06-05T09:00:00Z", "bob", "User.Read Mail.Read");
	add_mail("2023-06-05T10:00:00Z", "bob");
	add_credential("2023-06-10T08:00:00Z", "carol");
	add_grant("2023-06-10T09:00:00Z", "dave", "Mail.Read");
	add_mail("2023-06-10T10:00:00Z", "carol");
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, &mm_detect_mail_after_grant), 0);
	assert_int_equal(detect_world_count(&world, &mm_detect_credential_added), 1);
	assert_int_equal(detect_world_finding(&world, &mm_detect_credential_added, 0)->records, 2);
	assert_int_equal(detect_world_finding(&world, &mm_detect_mail_scope_granted, 0)->records, 2);
}

int
main(void)
{
	const struct CMUnitTest own[] = {
		cmocka_unit_test_setup_teardown(test_key_right_and_mail, begin, finish),
		cmocka_unit_test_setup_teardown(test_less_is_no_story, begin, finish),
	};
	const struct CMUnitTest real[] = {
		cmocka_unit_test_setup_teardown(test_golden_saml, begin, finish),
		cmocka_unit_test_setup_teardown(test_real_changes, begin, finish),
		cmocka_unit_test_setup_teardown(test_class_of_federation, begin, finish),
	};
	int failed = cmocka_run_group_tests(own, NULL, NULL);

	if (failed != 0)
		return failed;
	if (!mm_sample_present("det-eng-samples", "changes in real records"))
		return MM_SAMPLE_NOT_RUN;
	return cmocka_run_group_tests(real, NULL, NULL);
}
