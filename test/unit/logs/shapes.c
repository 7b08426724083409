/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record of each shape, with the members that real ones have, and the event that it becomes.
 */
#include "test/unit/logs/one_world.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The one event that a text becomes, by a shape of this name. */
static const struct mm_logs_event *
read_one(const char *text, const char *shape)
{
	world_read_text(&world, text);
	if (world.count != 1)
		fail_msg("%zu events of %s", world.count, text);
	assert_string_equal(mm_logs_shapes[world.events[0].place.shape]->name, shape);
	return &world.events[0];
}

/* ---- mail ---- */

static void
test_bind(void **state)
{
	const struct mm_logs_event *event = read_one(
	    "{\"CreationTime\":\"2024-02-01T16:07:34\",\"Id\":\"9cef02e9-4bfa-4c73-be7d-9dad68b9cea8\","
	    "\"Operation\":\"MailItemsAccessed\",\"OrganizationId\":\"75243AB2-44f8-435c-a7a6-b479385df6d4\","
	    "\"RecordType\":50,\"ResultStatus\":\"Succeeded\",\"UserKey\":\"100320030DF47B14\",\"UserType\":0,"
	    "\"Version\":1,"
	    "\"Workload\":\"Exchange\",\"UserId\":\"User15@contoso.example\","
	    "\"AppId\":\"00000002-0000-0ff1-ce00-000000000000\","
	    "\"ClientAppId\":\"\",\"ClientIPAddress\":\"120.1.121.35:50123\","
	    "\"ClientInfoString\":\"Client=WebServices;x/EXCH/15.20/python-requests/2.25.1[AppId=47629505-c2b6-4a80-"
	    "adb1-9b3a3d233b7b];\",\"ExternalAccess\":false,\"InternalLogonType\":0,\"LogonType\":0,"
	    "\"MailboxGuid\":\"7cfcc8fc-0d4a-4e1c-9592-dbb3de1e3859\",\"MailboxOwnerUPN\":\"user15@contoso.example\","
	    "\"OperationProperties\":[{\"Name\":\"IsThrottled\",\"Value\":\"True\"},"
	    "{\"Value\":\"Bind\",\"Name\":\"MailAccessType\"}],\"OrganizationName\":\"Contoso.example\","
	    "\"OriginatingServer\":\"X (15.20)\\r\\n\",\"SessionId\":\"12345678-1111-4111-8111-111111111111\","
	    "\"Folders\":[{\"FolderItems\":[{\"InternetMessageId\":\"<a@b>\",\"SizeInBytes\":10},"
	    "{\"InternetMessageId\":\"<c@d>\",\"SizeInBytes\":20}],\"Id\":\"LgA\",\"Path\":\"\\\\Inbox\"},"
	    "{\"FolderItems\":[{\"InternetMessageId\":\"<e@f>\"}],\"Path\":\"\\\\Sent\"}],\"OperationCount\":4}",
	    "m365-audit");

	(void)state;
	assert_int_equal(event->kind, MM_LOGS_MAIL_ACCESS);
	assert_int_equal(event->access, MM_LOGS_BIND);
	assert_int_equal(event->time_us, world_time("2024-02-01T16:07:34Z"));
	assert_int_equal(event->issued_us, MM_LOGS_NO_TIME);
	assert_int_equal(event->flags, MM_LOGS_THROTTLED | MM_LOGS_TIME_NO_ZONE);
	assert_int_equal(event->result, MM_LOGS_DONE);
	assert_int_equal(event->logon, MM_LOGS_OWNER);
	assert_int_equal(event->count, 4);
	assert_int_equal(event->messages, 3);
	assert_int_equal(event->folders, 2);
	assert_int_equal(event->size, 30);
	assert_name(event->operation, "MailItemsAccessed");
	assert_name(event->tenant, "75243ab2-44f8-435c-a7a6-b479385df6d4");
	assert_name(event->organisation, "contoso.example");
	assert_name(event->user, "user15@contoso.example");
	assert_name(event->user_key, "100320030df47b14");
	assert_name(event->mailbox, "user15@contoso.example");
	assert_name(event->mailbox_id, "7cfcc8fc-0d4a-4e1c-9592-dbb3de1e3859");
	assert_name(event->application, "00000002-0000-0ff1-ce00-000000000000");
	assert_name(event->client, "47629505-c2b6-4a80-adb1-9b3a3d233b7b");
	assert_name(event->client_family, "webservices python-requests");
	world_assert_id(&event->record, "9cef02e9-4bfa-4c73-be7d-9dad68b9cea8");
	world_assert_id(&event->session, "12345678-1111-4111-8111-111111111111");
	world_assert_id(&event->token, "");
	world_assert_address(event, "120.1.121.35", MM_LOGS_PUBLIC);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_CLIENT_FROM_INFO), 1);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_ADDRESS_PORT), 1);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_EMPTY_FIELD), 1);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_CASE), 3 + 1); /* tenant, organisation, user, key */
}

static void
test_sync_with_a_token(void **state)
{
	const struct mm_logs_event *event = read_one(
	    "{\"AppAccessContext\":{\"AADSessionId\":\"0b5e7d21-9c4a-4f3e-a8d6-2e1b7c9f4a10\",\"APIId\":"
	    "\"00000003-0000-0000-c000-000000000000\",\"ClientAppId\":\"d3590ed6-52b3-4102-aeff-aad2292ab01c\","
	    "\"IssuedAtTime\":\"2026-09-29T07:41:12\",\"UniqueTokenId\":\"JYpgIpsdtUSw8suU8GstAA\"},"
	    "\"CreationTime\":\"2026-09-29T08:00:00Z\",\"Operation\":\"MailItemsAccessed\",\"RecordType\":2,"
	    "\"TokenTenantId\":\"4F1C2B7E-9a3d-4c8e-b2f6-7d1e0a9c5b31\","
	    "\"TokenObjectId\":\"6a1f3c9e-55d2-4b8a-9e07-c2d4f8a1b3e6\",\"ActorInfoString\":\"Client=REST;\","
	    "\"SessionId\":\"7e2d4b91-c6a3-4f58-8b1e-0a9c3d5f2e67\",\"UserId\":\"dana@contoso.example\",\"UserType\":5,"
	    "\"ClientIPAddress\":\"2603:10a6:206::5\",\"LogonType\":1,\"ExternalAccess\":true,"
	    "\"OperationProperties\":[{\"Name\":\"MailAccessType\",\"Value\":\"Sync\"}],"
	    "\"Item\":{\"Id\":\"LgA\",\"ParentFolder\":{\"Id\":\"LgA\",\"Name\":\"Inbox\",\"Path\":\"\\\\Inbox\"}}}",
	    "m365-audit");

	(void)state;
	assert_int_equal(event->access, MM_LOGS_SYNC);
	assert_int_equal(event->messages, 0);
	assert_int_equal(event->folders, 1);
	assert_int_equal(event->issued_us, world_time("2026-09-29T07:41:12Z"));
	assert_int_equal(event->flags, MM_LOGS_EXTERNAL | MM_LOGS_APP_ONLY);
	assert_int_equal(event->logon, MM_LOGS_ADMIN);
	world_assert_id(&event->token, "22608a25-1d9b-44b5-b0f2-cb94f06b2d00");
	world_assert_id(&event->session, "0b5e7d21-9c4a-4f3e-a8d6-2e1b7c9f4a10");
	assert_name(event->client, "d3590ed6-52b3-4102-aeff-aad2292ab01c");
	assert_name(event->api, "00000003-0000-0000-c000-000000000000");
	assert_name(event->token_tenant, "4f1c2b7e-9a3d-4c8e-b2f6-7d1e0a9c5b31");
	assert_name(event->token_user, "6a1f3c9e-55d2-4b8a-9e07-c2d4f8a1b3e6");
	assert_name(event->actor, "Client=REST;");
	assert_name(event->mailbox, "dana@contoso.example");
	assert_int_equal(event->address.network, MM_LOGS_PROVIDER);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_MAILBOX_FROM_USER), 1);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_MOVED), 1); /* the client's id */
}

/* An export that wrote all in small letters, or in capitals, says the same; the name is told as it stands. */
static void
test_words_in_another_case(void **state)
{
	const struct mm_logs_event *event = read_one(
	    "{\"CreationTime\":\"2026-09-29T08:00:00Z\",\"Operation\":\"mailitemsaccessed\",\"OperationProperties\":"
	    "[{\"Name\":\"MailAccessType\",\"Value\":\"sync\"}],\"LogonType\":\"ADMIN\"}", "m365-audit");

	(void)state;
	assert_int_equal(event->kind, MM_LOGS_MAIL_ACCESS);
	assert_int_equal(event->access, MM_LOGS_SYNC);
	assert_int_equal(event->logon, MM_LOGS_ADMIN);
	assert_name(event->operation, "mailitemsaccessed");
	event = read_one("{\"CreationTime\":\"2026-09-29T08:00:00Z\",\"Operation\":\"CONSENT TO APPLICATION.\","
	    "\"ResultStatus\":\"SUCCESS\"}", "m365-audit");
	assert_int_equal(event->change, MM_LOGS_CHANGE_CONSENT);
	assert_int_equal(event->result, MM_LOGS_DONE);
	world_read_text(&world, "{\"CreationTime\":\"2026-09-29T08:00:00Z\",\"Operation\":\"mailitemsaccesse\"}");
	assert_int_equal(world.count, 0);
}

/* What is called neither a success nor a failure may have been done. */
static void
test_results(void **state)
{
	static const struct {
		const char *word;
		enum mm_logs_result result;
	} rows[] = {
		{ "True", MM_LOGS_DONE }, { "succeeded", MM_LOGS_DONE }, { "PartiallySucceeded", MM_LOGS_DONE },
		{ "Success", MM_LOGS_DONE }, { "false", MM_LOGS_FAILED }, { "Failed", MM_LOGS_FAILED },
		{ "failure", MM_LOGS_FAILED }, { "TIMEOUT", MM_LOGS_FAILED },
		{ "unknownFutureValue", MM_LOGS_RESULT_UNKNOWN }, { "", MM_LOGS_RESULT_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		const struct mm_logs_event *event;
		char text[256];

		(void)snprintf(text, sizeof(text), "{\"CreationTime\":\"2023-05-20T11:07:00\",\"Operation\":"
		    "\"Consent to application\",\"ResultStatus\":\"%s\"}", rows[i].word);
		event = read_one(text, "m365-audit");
		if (event->result != rows[i].result)
			fail_msg("%s", rows[i].word);
		(void)snprintf(text, sizeof(text), "{\"id\":\"Directory_1\",\"activityDisplayName\":"
		    "\"Consent to application\",\"activityDateTime\":\"2023-10-27T16:14:14Z\",\"result\":\"%s\","
		    "\"initiatedBy\":{},\"targetResources\":[]}", rows[i].word);
		event = read_one(text, "directory-audit");
		if (event->result != rows[i].result)
			fail_msg("%s in the directory's log", rows[i].word);
	}
}

static void
test_sentinel_office(void **state)
{
	const struct mm_logs_event *event = read_one(
	    "{\"TenantId\":\"00000000-0000-0000-0000-000000000000\",\"RecordType\":\"50\",\"TimeGenerated\":"
	    "\"2021-08-02T13:32:07Z\",\"Operation\":\"MailItemsAccessed\",\"OrganizationId\":"
	    "\"11111111-0000-4000-8000-000000000000\",\"UserType\":\"Regular\",\"OfficeWorkload\":\"Exchange\","
	    "\"ResultStatus\":\"Succeeded\",\"UserId\":\"p@contoso.example\",\"ExternalAccess\":\"False\","
	    "\"Logon_Type\":\"Delegated\",\"MailboxOwnerUPN\":\"o@contoso.example\","
	    "\"ClientInfoString\":\"Client=REST;;\","
	    "\"Client_IPAddress\":\"[2001:db8::4]:5\",\"Folders\":\"[{\\\"FolderItems\\\":[{\\\"InternetMessageId\\\":"
	    "\\\"\\u003ca@b\\u003e\\\"}],\\\"Path\\\":\\\"\\\\\\\\Inbox\\\"}]\","
	    "\"OfficeId\":\"699e0b10-1c53-403e-976f-ce0847a92b44\",\"OperationProperties\":"
	    "\"[{\\\"Name\\\":\\\"MailAccessType\\\",\\\"Value\\\":\\\"Bind\\\"}]\","
	    "\"AppId\":\"00000003-0000-0000-c000-000000000000\","
	    "\"ClientAppId\":\"5a95e683-08ad-424e-a441-1d1aec52c02c\"}",
	    "sentinel-office");

	(void)state;
	assert_int_equal(event->kind, MM_LOGS_MAIL_ACCESS);
	assert_int_equal(event->access, MM_LOGS_BIND);
	assert_int_equal(event->messages, 1);
	assert_int_equal(event->logon, MM_LOGS_DELEGATE);
	assert_int_equal(event->flags, MM_LOGS_PARTIAL);
	assert_name(event->tenant, "11111111-0000-4000-8000-000000000000");
	assert_name(event->client, "5a95e683-08ad-424e-a441-1d1aec52c02c");
	world_assert_id(&event->record, "699e0b10-1c53-403e-976f-ce0847a92b44");
	world_assert_address(event, "2001:db8::4", MM_LOGS_PUBLIC);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_ADDRESS_BRACKETS), 1);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_NESTED_JSON), 2);
}

static void
test_powershell_text(void **state)
{
	const struct mm_logs_event *event = read_one(
	    "{\"ActionType\":\"MailItemsAccessed\",\"Timestamp\":\"2021-08-02T13:32:07Z\",\"RawEventData\":"
	    "{\"Operation\":\"MailItemsAccessed\",\"CreationTime\":\"2021-08-02T13:32:07.0000000Z\","
	    "\"OperationCount\":7,"
	    "\"OperationProperties\":[\"@{Value=Sync; Name=MailAccessType}\",\"@{Value=True; Name=IsThrottled}\"],"
	    "\"Folders\":[\"@{Id=LgA; Path=\\\\Inbox; FolderItems=System.Object[]}\"]}}",
	    "defender-events");

	(void)state;
	assert_int_equal(event->access, MM_LOGS_SYNC);
	assert_int_equal(event->flags, MM_LOGS_THROTTLED | MM_LOGS_ITEMS_CUT);
	assert_int_equal(event->count, 7);
	assert_int_equal(event->folders, 1);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_POWERSHELL), 2);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_ITEMS_LOST), 1);
}

static void
test_defender_without_raw_event(void **state)
{
	const struct mm_logs_event *event = read_one(
	    "{\"Timestamp\":\"2021-08-02T13:27:20Z\",\"ActionType\":\"Add delegated permission grant.\","
	    "\"RawEventData\":null,"
	    "\"ReportId\":\"106830890_11161_e417c1fd-ae0b-4efa-891b-bb6b0ea7d35e\",\"UserId\":\"p@contoso.example\","
	    "\"Permissions\":\"User.Read Mail.ReadWrite\",\"PermissionsAddedTo\":\"Microsoft Graph\"}",
	    "defender-events");

	(void)state;
	assert_int_equal(event->change, MM_LOGS_CHANGE_DELEGATED_GRANT);
	assert_name(event->operation, "Add delegated permission grant");
	assert_name(event->added, "User.Read Mail.ReadWrite");
	assert_name(event->target, "Microsoft Graph");
	world_assert_id(&event->record, "e417c1fd-ae0b-4efa-891b-bb6b0ea7d35e");
}

/* What a table of other products wraps, an export of PowerShell as an object, one of the portal as a string. */
static void
test_exports(void **state)
{
	const struct mm_logs_event *event;

	(void)state;
	event = read_one("[{\r\n  \"RecordType\":  \"ExchangeAdmin\",\r\n  \"CreationDate\":  "
	    "\"\\/Date(1728344797000)\\/\",\r\n"
	    "  \"AuditData\":  {\r\n    \"Operation\":  \"New-InboxRule\",\r\n    \"CreationTime\":  \"x\",\r\n"
	    "    \"Parameters\":  [ { \"Name\":  \"MoveToFolder\", \"Value\":  \"Archive\" },"
	    " { \"Name\":  \"MarkAsRead\", \"Value\":  \"True\" }, { \"Name\":  \"Name\", \"Value\":  \".\" } ]\r\n "
	    " }\r\n}]",
	    "m365-export");
	assert_int_equal(event->time_us, INT64_C(1728344797000000));
	assert_int_equal(event->change, MM_LOGS_CHANGE_INBOX_RULE);
	assert_name(event->added, "MoveToFolder=Archive; MarkAsRead=True");
	assert_int_equal(world_step(&world, MM_LOGS_STEP_TIME_CALL), 1);

	event = read_one("CreationDate,UserIds,Operations,AuditData\r\n"
	    "5/29/2023 12:30:51 PM,a,Set-Mailbox,\"{\"\"CreationTime\"\":\"\"2023-05-29T12:30:51\"\",\"\"Operation\"\":"
	    "\"\"Set-Mailbox\"\",\"\"ObjectId\"\":\"\"a\\/b\"\",\"\"Parameters\"\":[{\"\"Name\"\":\"\"Identity\"\","
	    "\"\"Value\"\":"
	    "\"\"C\\/D\"\"},{\"\"Name\"\":\"\"ForwardingSmtpAddress\"\",\"\"Value\"\":\"\"smtp:x@y.example\"\"}]}\"\r\n"
	    "5/29/2023 12:30:51 PM,a,Set-Mailbox,\r\n", "m365-export");
	assert_int_equal(event->change, MM_LOGS_CHANGE_FORWARDING);
	assert_name(event->added, "x@y.example");
	assert_name(event->target, "C/D");
	assert_int_equal(world_step(&world, MM_LOGS_STEP_EMPTY_RECORD), 1);
	assert_int_equal(world_report(&world)->records, 2);

	event = read_one("{\"id\":\"1\",\"createdDateTime\":\"2026-05-18T02:28:41Z\",\"operation\":\"Send\","
	    "\"auditData\":"
	    "{\"Operation\":\"Send\",\"CreationTime\":\"2026-05-18T02:28:40Z\",\"UserId\":\"a\"}}", "m365-graph");
	assert_int_equal(event->kind, MM_LOGS_MAIL_ACTION);
	assert_int_equal(event->time_us, world_time("2026-05-18T02:28:40Z"));
}

static void
test_broken_within(void **state)
{
	(void)state;
	world_read_text(&world, "{\"AuditData\":\"{\\\"Operation\\\":\\\"Send\"}\n"
	                        "{\"AuditData\":\"not json\"}\n"
	                        "{\"AuditData\":{\"Some\":\"thing\"}}\n");
	assert_int_equal(world.count, 0);
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_RECORD_BROKEN), 2);
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_UNKNOWN_SHAPE), 1);
	assert_int_equal(world_report(&world)->records, 3);
}

/* ---- sign-ins ---- */

static void
test_sign_in_of_the_audit_log(void **state)
{
	const struct mm_logs_event *event = read_one(
	    "{\"CreationTime\":\"2023-12-04T20:42:05\",\"Id\":\"52d72a62-132b-487b-bb7f-c4c119f90700\","
	    "\"Operation\":\"UserLoggedIn\",\"RecordType\":15,\"ResultStatus\":\"Success\","
	    "\"ClientIP\":\"54.68.231.63\","
	    "\"ObjectId\":\"00000002-0000-0ff1-ce00-000000000000\",\"UserId\":\"u@contoso.example\","
	    "\"ExtendedProperties\":[{\"Name\":\"UserAgent\",\"Value\":\"Mozilla/5.0 Firefox/120.0\"},"
	    "{\"Name\":\"RequestType\",\"Value\":\"OAuth2:Authorize\"}],"
	    "\"InterSystemsId\":\"6463a6ad-27ec-b311-dc52-ecdde38d9492\","
	    "\"IntraSystemId\":\"52d72a62-132b-487b-bb7f-c4c119f90700\","
	    "\"Target\":[{\"ID\":\"00000003-0000-0000-c000-000000000000\",\"Type\":0}],"
	    "\"ApplicationId\":\"1b730954-1685-4b74-9bfd-dac224a7b894\",\"DeviceProperties\":[{\"Name\":\"OS\","
	    "\"Value\":\"Windows10\"},{\"Name\":\"SessionId\",\"Value\":\"15e27956-79a0-45b2-9d02-60f48349f692\"}],"
	    "\"ErrorNumber\":\"50140\"}", "m365-audit");

	(void)state;
	assert_int_equal(event->kind, MM_LOGS_SIGN_IN);
	assert_int_equal(event->result, MM_LOGS_INTERRUPTED);
	assert_int_equal(event->error, 50140);
	assert_int_equal(event->flags, MM_LOGS_TOKEN_DERIVED | MM_LOGS_TIME_NO_ZONE);
	world_assert_id(&event->token, "52d72a62-132b-487b-bb7f-c4c119f90700");
	world_assert_id(&event->session, "15e27956-79a0-45b2-9d02-60f48349f692");
	world_assert_id(&event->correlation, "6463a6ad-27ec-b311-dc52-ecdde38d9492");
	assert_name(event->client, "1b730954-1685-4b74-9bfd-dac224a7b894");
	assert_name(event->resource, "00000003-0000-0000-c000-000000000000");
	assert_name(event->protocol, "oauth2:authorize");
	assert_name(event->client_family, "firefox");
}

static void
test_sign_in_of_graph(void **state)
{
	const struct mm_logs_event *event = read_one(
	    "{\"@odata.context\":\"x\",\"value\":[{\"id\":\"22608a25-1d9b-44b5-b0f2-cb94f06b2d00\",\"createdDateTime\":"
	    "\"2023-10-24T20:01:11.9490387Z\",\"userPrincipalName\":\"User15@contoso.example\",\"userId\":\"57e4\","
	    "\"appId\":\"1b730954-1685-4b74-9bfd-dac224a7b894\",\"appDisplayName\":\"PowerShell\","
	    "\"ipAddress\":\"1.2.3.4\","
	    "\"status\":{\"errorCode\":0},\"isInteractive\":false,"
	    "\"correlationId\":\"1f577997-0710-4bd4-848e-5854f748f7dc\","
	    "\"uniqueTokenIdentifier\":\"JYpgIpsdtUSw8suU8GstAA\",\"sessionId\":\"s\",\"incomingTokenType\":\"saml20\","
	    "\"tokenIssuerType\":\"ADFederationServices\",\"tokenIssuerName\":\"http://sts.example/adfs\","
	    "\"authenticationRequirement\":\"multiFactorAuthentication\",\"resourceId\":\"00000002-0000\","
	    "\"resourceTenantId\":\"887c\",\"homeTenantId\":\"887d\"}]}", "sign-in");

	(void)state;
	assert_int_equal(event->place.family, MM_LOGS_SIGN_INS);
	assert_int_equal(event->kind, MM_LOGS_SIGN_IN);
	assert_int_equal(event->sign_in, MM_LOGS_NON_INTERACTIVE);
	assert_int_equal(event->result, MM_LOGS_DONE);
	assert_int_equal(event->flags, MM_LOGS_MULTI_FACTOR);
	assert_name(event->user, "user15@contoso.example");
	assert_name(event->client, "1b730954-1685-4b74-9bfd-dac224a7b894");
	assert_name(event->tenant, "887c");
	assert_name(event->home_tenant, "887d");
	assert_name(event->token_issuer, "saml20 ADFederationServices http://sts.example/adfs");
	world_assert_id(&event->token, "22608a25-1d9b-44b5-b0f2-cb94f06b2d00");
	world_assert_id(&event->record, "22608a25-1d9b-44b5-b0f2-cb94f06b2d00");
	assert_int_equal(world_step(&world, MM_LOGS_STEP_TOKEN_FROM_REQUEST), 0);
}

static void
test_sign_in_of_monitor(void **state)
{
	const struct mm_logs_event *event = read_one(
	    "{\"time\":\"2023-10-24T20:13:31.4449614Z\",\"operationName\":\"Sign-in activity\",\"category\":"
	    "\"ServicePrincipalSignInLogs\",\"tenantId\":\"887c9144-28b8-431b-885b-764fdeefcf62\","
	    "\"callerIpAddress\":\"1.2.3.4\","
	    "\"properties\":{\"id\":\"22608a25-1d9b-44b5-b0f2-cb94f06b2d00\","
	    "\"createdDateTime\":\"2023-10-24T20:01:11+00:00\","
	    "\"appId\":\"1b730954-1685-4b74-9bfd-dac224a7b894\",\"status\":{\"errorCode\":7000215},"
	    "\"servicePrincipalId\":\"sp\","
	    "\"servicePrincipalName\":\"Backup\"}}", "azure-monitor");

	(void)state;
	assert_int_equal(event->sign_in, MM_LOGS_SERVICE_PRINCIPAL);
	assert_int_equal(event->result, MM_LOGS_FAILED);
	assert_int_equal(event->error, 7000215);
	assert_int_equal(event->flags, MM_LOGS_APP_ONLY | MM_LOGS_TOKEN_DERIVED);
	assert_int_equal(event->time_us, world_time("2023-10-24T20:01:11Z"));
	assert_name(event->tenant, "887c9144-28b8-431b-885b-764fdeefcf62");
	assert_name(event->application_name, "Backup");
	world_assert_id(&event->token, "22608a25-1d9b-44b5-b0f2-cb94f06b2d00");
	world_assert_address(event, "1.2.3.4", MM_LOGS_PUBLIC);
}

static void
test_sign_in_of_sentinel(void **state)
{
	const struct mm_logs_event *event = read_one(
	    "{\"TimeGenerated\":\"2023-10-24T20:13:31Z\",\"CreatedDateTime\":\"2023-10-24T20:01:11Z\","
	    "\"Id\":\"22608a25-1d9b-44b5-"
	    "b0f2-cb94f06b2d00\",\"AppId\":\"1b73\",\"Category\":\"NonInteractiveUserSignInLogs\","
	    "\"ResultType\":\"50126\","
	    "\"Status\":\"{\\\"errorCode\\\":50126}\",\"UserPrincipalName\":\"U@contoso.example\","
	    "\"IPAddress\":\"1.2.3.4\","
	    "\"AADTenantId\":\"t\",\"UniqueTokenIdentifier\":\"JYpgIpsdtUSw8suU8GstAA\"}", "sentinel-sign-in");

	(void)state;
	assert_int_equal(event->sign_in, MM_LOGS_NON_INTERACTIVE);
	assert_int_equal(event->result, MM_LOGS_FAILED);
	assert_int_equal(event->error, 50126);
	assert_int_equal(event->time_us, world_time("2023-10-24T20:01:11Z"));
	assert_name(event->tenant, "t");
	world_assert_id(&event->token, "22608a25-1d9b-44b5-b0f2-cb94f06b2d00");
}

static void
test_sign_in_of_the_portal(void **state)
{
	/* The header as the portal writes it: blanks behind two names, one name twice. */
	const struct mm_logs_event *event = read_one(
	    "Date (UTC),Request ID,User agent,Correlation ID,User ID,User,Username,Incoming token type,"
	    "Authentication Protocol,"
	    "Unique token identifier,Application,Application ID ,Resource,Resource ID ,Resource tenant ID,Home "
	    "tenant ID,"
	    "IP address,Status,Sign-in error code,Client app,Authentication requirement,Session ID,Token issuer type,"
	    "Incoming token type,Token issuer name\r\n"
	    "2023-10-24T20:01:11Z,22608a25-1d9b-44b5-b0f2-cb94f06b2d00,curl/7,1f577997-0710-4bd4-848e-5854f748f7dc,"
	    "57e4,User,"
	    "U@contoso.example,none,ropc,JYpgIpsdtUSw8suU8GstAA,Exchange,1b73,Graph,00000003,rt,ht,1.2.3.4,"
	    "Interrupted,50076,"
	    "Browser,Multifactor authentication,s1,Azure AD,primaryRefreshToken,\r\n", "portal-sign-in");

	(void)state;
	assert_int_equal(event->result, MM_LOGS_INTERRUPTED);
	assert_int_equal(event->flags, MM_LOGS_MULTI_FACTOR);
	assert_name(event->user, "u@contoso.example");
	assert_name(event->client, "1b73");
	assert_name(event->resource, "00000003");
	assert_name(event->tenant, "rt");
	assert_name(event->token_issuer, "Azure AD");
	world_assert_id(&event->session, "s1");
	world_assert_id(&event->token, "22608a25-1d9b-44b5-b0f2-cb94f06b2d00");
	assert_int_equal(world_step(&world, MM_LOGS_STEP_COLUMNS), 0);
}

/* ---- changes ---- */

struct change_row {
	const char *record; /* what stands between "Operation" and the end */
	enum mm_logs_change change;
	const char *target, *added;
};

static const struct change_row change_rows[] = {
	{ "\"Set-AdminAuditLogConfig\",\"Parameters\":[{\"Name\":\"UnifiedAuditLogIngestionEnabled\","
	    "\"Value\":\"False\"}]",
	    MM_LOGS_CHANGE_AUDIT_OFF, "", "UnifiedAuditLogIngestionEnabled=False" },
	{ "\"Set-AdminAuditLogConfig\",\"Parameters\":[{\"Name\":\"UnifiedAuditLogIngestionEnabled\","
	    "\"Value\":\"True\"}]",
	    MM_LOGS_CHANGE_AUDIT_ON, "", "UnifiedAuditLogIngestionEnabled=True" },
	{ "\"Set-Mailbox\",\"Parameters\":[{\"Name\":\"Identity\",\"Value\":\"alex\"},{\"Name\":\"AuditEnabled\","
	    "\"Value\":"
	  "\"False\"},{\"Name\":\"AuditLogAgeLimit\",\"Value\":\"1\"}]",
	    MM_LOGS_CHANGE_AUDIT_OFF, "alex", "AuditEnabled=False; AuditLogAgeLimit=1" },
	{ "\"Set-Mailbox\",\"Parameters\":[{\"Name\":\"AuditLogAgeLimit\",\"Value\":\"1.00:00:00\"}]",
	    MM_LOGS_CHANGE_AUDIT_SHORTENED, "", "AuditLogAgeLimit=1.00:00:00" },
	{ "\"Set-OrganizationConfig\",\"Parameters\":[{\"Name\":\"AuditDisabled\",\"Value\":\"True\"}]",
	    MM_LOGS_CHANGE_AUDIT_OFF, "", "AuditDisabled=True" },
	{ "\"Set-MailboxAuditBypassAssociation\",\"Parameters\":[{\"Name\":\"AuditBypassEnabled\",\"Value\":\"True\"},"
	  "{\"Name\":\"Identity\",\"Value\":\"Alex@contoso.example\"}]",
	    MM_LOGS_CHANGE_AUDIT_BYPASS, "Alex@contoso.example", "AuditBypassEnabled=True" },
	{ "\"Set-Mailbox\",\"ObjectId\":\"bob\",\"Parameters\":[{\"Name\":\"ForwardingAddress\",\"Value\":\"\"},"
	  "{\"Name\":\"ForwardingSmtpAddress\",\"Value\":\"SMTP:j@x.example\"}]",
	    MM_LOGS_CHANGE_FORWARDING, "bob", "j@x.example" },
	{ "\"Set-Mailbox\",\"ObjectId\":\"bob\",\"Parameters\":[{\"Name\":\"ForwardingSmtpAddress\",\"Value\":\"\"}]",
	    MM_LOGS_CHANGE_OTHER, "bob", "" },
	{ "\"New-InboxRule\",\"Parameters\":[{\"Name\":\"RedirectTo\",\"Value\":\"j@x.example\"}]",
	    MM_LOGS_CHANGE_FORWARDING, "", "j@x.example" },
	{ "\"UpdateInboxRules\",\"OperationProperties\":[{\"Name\":\"RuleActions\",\"Value\":\"[{\\\"ActionType\\\":"
	  "\\\"Forward\\\"}]\"}]", MM_LOGS_CHANGE_FORWARDING, "", "RuleActions=[{\"ActionType\":\"Forward\"}]" },
	{ "\"Add-MailboxPermission\",\"Parameters\":[{\"Name\":\"User\",\"Value\":\"eve\"},{\"Name\":\"AccessRights\","
	  "\"Value\":\"FullAccess\"}]", MM_LOGS_CHANGE_MAILBOX_PERMISSION, "", "User=eve; AccessRights=FullAccess" },
	{ "\"ModifyFolderPermissions\",\"Item\":{\"ParentFolder\":{\"Path\":\"\\\\Inbox\",\"MemberUpn\":\"Everyone\","
	  "\"MemberRights\":\"ReadAny\"}}", MM_LOGS_CHANGE_MAILBOX_PERMISSION, "\\Inbox", "Everyone; ReadAny" },
	{ "\"New-RoleGroup\",\"Parameters\":[{\"Name\":\"Roles\",\"Value\":\"ApplicationImpersonation\"},"
	    "{\"Name\":\"Members\","
	  "\"Value\":\"eve\"}]", MM_LOGS_CHANGE_IMPERSONATION, "", "Roles=ApplicationImpersonation; Members=eve" },
	{ "\"Set-CASMailbox\",\"Parameters\":[{\"Name\":\"ImapEnabled\",\"Value\":\"True\"},"
	    "{\"Name\":\"PopEnabled\",\"Value\":"
	  "\"False\"}]", MM_LOGS_CHANGE_PROTOCOL, "", "ImapEnabled" },
	{ "\"Consent to application.\",\"ModifiedProperties\":[{\"Name\":\"ConsentContext.IsAdminConsent\","
	    "\"NewValue\":"
	  "\"True\",\"OldValue\":\"\"},{\"Name\":\"ConsentAction.Permissions\",\"NewValue\":\"[] => [[Id: r2K, "
	  "ClientId: 21ad, "
	  "ConsentType: AllPrincipals, Scope: Mail.Read User.Read, CreatedDateTime: , LastModifiedDateTime ]]; \"}],"
	  "\"Target\":[{\"ID\":\"ServicePrincipal_21ad62af-992e-4a9f-b6c1-67aa6c8a6eb4\",\"Type\":2},"
	  "{\"ID\":\"App\",\"Type\":1}]",
	    MM_LOGS_CHANGE_CONSENT, "App", "Mail.Read User.Read" },
	{ "\"Add delegated permission grant.\",\"ModifiedProperties\":[{\"Name\":\"DelegatedPermissionGrant.Scope\","
	  "\"NewValue\":\"User.Read Mail.ReadWrite\",\"OldValue\":\"User.Read\"}]",
	    MM_LOGS_CHANGE_DELEGATED_GRANT, "", "Mail.ReadWrite" },
	{ "\"Add app role assignment to service principal.\",\"ModifiedProperties\":[{\"Name\":\"AppRole.Value\","
	  "\"NewValue\":\"full_access_as_app\"}]", MM_LOGS_CHANGE_APP_ROLE, "", "full_access_as_app" },
	{ "\"Update application \xE2\x80\x93 Certificates and secrets management \",\"ModifiedProperties\":[{\"Name\":"
	  "\"KeyDescription\",\"NewValue\":\"[\\\"[KeyIdentifier=1,KeyType=Password,DisplayName=a]\\\","
	  "\\\"[KeyIdentifier=2,KeyType=AsymmetricX509Cert,DisplayName=b]\\\"]\","
	  "\"OldValue\":\"[\\\"[KeyIdentifier=1,KeyType=Password,DisplayName=a]\\\"]\"}]",
	    MM_LOGS_CHANGE_CERTIFICATE, "", "KeyIdentifier=2,KeyType=AsymmetricX509Cert,DisplayName=b" },
	{ "\"Add service principal credentials.\",\"ModifiedProperties\":[{\"Name\":\"KeyDescription\",\"NewValue\":"
	  "\"[\\\"[KeyIdentifier=1,KeyType=Password]\\\"]\",\"OldValue\":\"[]\"}]",
	    MM_LOGS_CHANGE_PASSWORD, "", "KeyIdentifier=1,KeyType=Password" },
	{ "\"Update application.\",\"ModifiedProperties\":[{\"Name\":\"KeyDescription\",\"NewValue\":\"[]\","
	    "\"OldValue\":"
	  "\"[\\\"[KeyIdentifier=1,KeyType=Password]\\\"]\"}]", MM_LOGS_CHANGE_CREDENTIAL_REMOVED, "", "" },
	{ "\"Set federation settings on domain.\",\"ModifiedProperties\":[{\"Name\":\"IssuerUri\",\"NewValue\":"
	  "\"http://evil.example\",\"OldValue\":\"http://sts.example\"},{\"Name\":\"FederationBrandName\","
	  "\"NewValue\":\"x\","
	  "\"OldValue\":\"x\"}]", MM_LOGS_CHANGE_FEDERATION, "", "IssuerUri=http://evil.example" },
	{ "\"Add member to role.\",\"ModifiedProperties\":[{\"Name\":\"Role.DisplayName\",\"NewValue\":"
	  "\"\\\"Global Administrator\\\"\"}],\"Target\":[{\"ID\":\"eve@x\",\"Type\":5}]",
	    MM_LOGS_CHANGE_ROLE, "eve@x", "Global Administrator" },
};

static void
test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(change_rows); i++) {
		const struct change_row *row = &change_rows[i];
		const struct mm_logs_event *event;
		char text[2048];

		(void)snprintf(text, sizeof(text), "{\"CreationTime\":\"2023-05-20T11:07:00\","
		    "\"Operation\":%s}", row->record);
		event = read_one(text, "m365-audit");
		assert_int_equal(event->kind, MM_LOGS_CHANGE);
		if (event->change != row->change)
			fail_msg("%s: %s", row->record, mm_logs_change_name((enum mm_logs_change)event->change));
		assert_name(event->target, row->target);
		assert_name(event->added, row->added);
	}
}

static void
test_consent_names_its_application(void **state)
{
	const struct mm_logs_event *event = read_one(
	    "{\"CreationTime\":\"2023-09-05T21:05:31\",\"Operation\":\"Consent to application.\","
	    "\"ExtendedProperties\":"
	    "[{\"Name\":\"additionalDetails\",\"Value\":\"{\\\"User-Agent\\\":\\\"x\\\",\\\"AppId\\\":"
	    "\\\"95106c0e-3519-450e-8e38-7f326d873454\\\"}\"}],\"ModifiedProperties\":[{\"Name\":"
	    "\"ConsentContext.IsAdminConsent\",\"NewValue\":\"True\"}]}", "m365-audit");

	(void)state;
	assert_name(event->client, "95106c0e-3519-450e-8e38-7f326d873454");
	assert_true(event->flags & MM_LOGS_ADMIN_CONSENT);
}

static void
test_directory_of_graph(void **state)
{
	const struct mm_logs_event *event = read_one(
	    "{\"id\":\"Directory_8642\",\"activityDisplayName\":\"Consent to application\",\"activityDateTime\":"
	    "\"2023-10-27T16:14:14.97Z\",\"result\":\"failure\",\"initiatedBy\":{\"user\":{\"id\":\"57e4\","
	    "\"displayName\":null,"
	    "\"userPrincipalName\":\"U@contoso.example\",\"ipAddress\":\"13.85.188.242\"}},"
	    "\"targetResources\":[{\"id\":\"6228\","
	    "\"displayName\":\"Bad App 1\",\"modifiedProperties\":[{\"displayName\":\"ConsentAction.Permissions\","
	    "\"oldValue\":null,\"newValue\":\"\\\"[] => [[Id: A, ConsentType: Principal, Scope: Mail.Read, "
	    "CreatedDateTime: ]]; "
	    "\\\"\"}]}],\"additionalDetails\":[{\"key\":\"User-Agent\",\"value\":\"EvoSTS\"},{\"key\":\"AppId\","
	    "\"value\":"
	    "\"96f6a3d6-d5aa-4af5-a77a-9319b5283712\"}]}", "directory-audit");

	(void)state;
	assert_int_equal(event->place.family, MM_LOGS_DIRECTORY);
	assert_int_equal(event->change, MM_LOGS_CHANGE_CONSENT);
	assert_int_equal(event->result, MM_LOGS_FAILED);
	assert_int_equal(event->flags, 0);
	assert_name(event->user, "u@contoso.example");
	assert_name(event->target, "Bad App 1");
	assert_name(event->target_id, "6228");
	assert_name(event->added, "Mail.Read");
	assert_name(event->client, "96f6a3d6-d5aa-4af5-a77a-9319b5283712");
	assert_name(event->client_info, "EvoSTS");
	world_assert_id(&event->record, "");
	world_assert_address(event, "13.85.188.242", MM_LOGS_PUBLIC);
}

static void
test_directory_of_sentinel(void **state)
{
	const struct mm_logs_event *event = read_one(
	    "{\"TimeGenerated\":\"2021-08-02T13:29:25.983Z\",\"OperationName\":\"Update application \xE2\x80\x93 "
	    "Certificates and "
	    "secrets management \",\"Id\":\"Directory_1006\","
	    "\"InitiatedBy\":\"{\\\"app\\\":{\\\"displayName\\\":\\\"Bad\\\","
	    "\\\"appId\\\":\\\"aaaa\\\"}}\",\"Result\":\"success\",\"TargetResources\":\"[{\\\"id\\\":\\\"11b4\\\","
	    "\\\"displayName\\\":\\\"App\\\",\\\"modifiedProperties\\\":[{\\\"displayName\\\":\\\"KeyDescription\\\","
	    "\\\"oldValue\\\":\\\"[]\\\",\\\"newValue\\\":\\\"[\\\\\\\"[KeyIdentifier=59ea,"
	    "KeyType=Password]\\\\\\\"]\\\"}]}]\","
	    "\"AADTenantId\":\"t\"}", "sentinel-directory");

	(void)state;
	assert_int_equal(event->change, MM_LOGS_CHANGE_PASSWORD);
	assert_int_equal(event->result, MM_LOGS_DONE);
	assert_int_equal(event->flags, MM_LOGS_APP_ONLY);
	assert_name(event->operation, "Update application \xE2\x80\x93 Certificates and secrets management");
	assert_name(event->actor, "Bad");
	assert_name(event->application, "aaaa");
	assert_name(event->target, "App");
	assert_name(event->added, "KeyIdentifier=59ea,KeyType=Password");
}

/* As PowerShell's modules for Graph name the members, with null for what is not there. */
static void
test_directory_of_powershell(void **state)
{
	const struct mm_logs_event *event = read_one(
	    "[\r\n  {\r\n    \"ActivityDateTime\":  \"\\/Date(1698423254000)\\/\",\r\n"
	    "    \"ActivityDisplayName\":  \"Consent to application\",\r\n"
	    "    \"AdditionalDetails\":  [ { \"Key\":  \"User-Agent\", \"Value\":  \"EvoSTS\" } ],\r\n"
	    "    \"CorrelationId\":  \"1f577997-0710-4bd4-848e-5854f748f7dc\",\r\n    \"Id\":  \"Directory_8642\",\r\n"
	    "    \"InitiatedBy\":  { \"App\":  { \"AppId\": null, \"DisplayName\": null, \"ServicePrincipalId\": "
	    "null },"
	    " \"User\":  { \"DisplayName\": null, \"IPAddress\":  \"13.85.188.242\", \"Id\":  \"57e4\","
	    " \"UserPrincipalName\":  \"U@contoso.example\" } },\r\n    \"Result\":  \"success\",\r\n"
	    "    \"TargetResources\":  [ { \"DisplayName\":  \"Bad App 1\", \"Id\":  \"6228\", "
	    "\"ModifiedProperties\":  ["
	    " { \"DisplayName\":  \"ConsentAction.Permissions\", \"NewValue\":  \"\\\"[] => [[Id: A, ConsentType: "
	    "Principal, Scope: Mail.Read, CreatedDateTime: ]]; \\\"\", \"OldValue\": null } ],"
	    " \"UserPrincipalName\": null } ]\r\n  }\r\n]", "powershell-directory");

	(void)state;
	assert_int_equal(event->time_us, INT64_C(1698423254000000));
	assert_int_equal(event->change, MM_LOGS_CHANGE_CONSENT);
	assert_int_equal(event->result, MM_LOGS_DONE);
	assert_int_equal(event->flags, 0);
	assert_name(event->user, "u@contoso.example");
	assert_name(event->user_key, "57e4");
	assert_name(event->target, "Bad App 1");
	assert_name(event->target_id, "6228");
	assert_name(event->added, "Mail.Read");
	assert_name(event->client_info, "EvoSTS");
	world_assert_address(event, "13.85.188.242", MM_LOGS_PUBLIC);

	event = read_one("{\"ActivityDateTime\":\"2024-02-01T16:07:34Z\",\"ActivityDisplayName\":\"Add service "
	    "principal\","
	    "\"InitiatedBy\":{\"App\":{\"AppId\":\"aaaa\",\"DisplayName\":\"Bad\"},"
	    "\"User\":{\"UserPrincipalName\":null}},"
	    "\"TargetResources\":[]}", "powershell-directory");
	assert_int_equal(event->flags, MM_LOGS_APP_ONLY);
	assert_name(event->application, "aaaa");
	assert_name(event->actor, "Bad");
}

/* The header that the portal writes, without the columns of targets and properties that are empty here. */
static void
test_directory_of_the_portal(void **state)
{
	static const char header[] =
	    "\xEF\xBB\xBF\"Date (UTC)\",CorrelationId,Service,Category,Activity,Result,ResultReason,User Agent,"
	    "ActorType,"
	    "ActorDisplayName,ActorObjectId,ActorUserPrincipalName,IPAddress,ActorHomeTenantId,ActorHomeTenantName,"
	    "ActorServicePrincipalId,ActorServicePrincipalName,Target1Type,Target1DisplayName,Target1ObjectId,"
	    "Target1UserPrincipalName,Target1ModifiedProperty1Name,Target1ModifiedProperty1OldValue,"
	    "Target1ModifiedProperty1NewValue,Target1ModifiedProperty2Name,Target1ModifiedProperty2OldValue,"
	    "Target1ModifiedProperty2NewValue,AdditionalDetail1Key,AdditionalDetail1Value\r\n";
	const struct mm_logs_event *event;
	char text[4096];

	(void)state;
	(void)snprintf(text, sizeof(text), "%s%s", header,
	    "2023-10-27T16:14:14+00:00,1f577997-0710-4bd4-848e-5854f748f7dc,Core Directory,ApplicationManagement,"
	    "Update application \xE2\x80\x93 Certificates and secrets management ,success,,,User,,57e4,"
	    "U@contoso.example,"
	    "13.85.188.242,,,,,Application,Some App,6228,,KeyDescription,"
	    "\"[\"\"[KeyIdentifier=11aa,KeyType=Password]\"\"]\","
	    "\"[\"\"[KeyIdentifier=11aa,KeyType=Password]\"\",\"\"[KeyIdentifier=59ea,"
	    "KeyType=AsymmetricX509Cert]\"\"]\","
	    "Included Updated Properties,,\"\"\"KeyDescription\"\"\",User-Agent,EvoSTS\r\n");
	event = read_one(text, "portal-directory");
	assert_int_equal(event->place.family, MM_LOGS_DIRECTORY);
	assert_int_equal(event->change, MM_LOGS_CHANGE_CERTIFICATE);
	assert_int_equal(event->result, MM_LOGS_DONE);
	assert_int_equal(event->flags, 0);
	assert_int_equal(event->time_us, world_time("2023-10-27T16:14:14Z"));
	assert_name(event->user, "u@contoso.example");
	assert_name(event->user_key, "57e4");
	assert_name(event->target, "Some App");
	assert_name(event->target_id, "6228");
	assert_name(event->added, "KeyIdentifier=59ea,KeyType=AsymmetricX509Cert");
	assert_name(event->client_info, "EvoSTS");
	world_assert_id(&event->correlation, "1f577997-0710-4bd4-848e-5854f748f7dc");
	world_assert_address(event, "13.85.188.242", MM_LOGS_PUBLIC);

	(void)snprintf(text, sizeof(text), "%s%s", header,
	    "2023-10-27T16:14:14Z,,Core Directory,ApplicationManagement,Add service principal,Failure,,,"
	    "Application,Bad,,,,,,"
	    "aaaa,,ServicePrincipal,App,11b4,,,,,,,,,\r\n");
	event = read_one(text, "portal-directory");
	assert_int_equal(event->result, MM_LOGS_FAILED);
	assert_int_equal(event->flags, MM_LOGS_APP_ONLY);
	assert_name(event->actor, "Bad");
	assert_name(event->user_key, "aaaa");
}

/* A service's name in place of the user's own is what impersonation by an actor token leaves. */
static void
test_impersonation(void **state)
{
	static const char *const texts[] = {
		"{\"activityDisplayName\":\"Update user\",\"activityDateTime\":\"2025-09-01T00:00:00Z\","
		"\"targetResources\":[],"
		"\"initiatedBy\":{\"user\":{\"userPrincipalName\":\"admin@contoso.example\","
		"\"displayName\":\"Office 365 Exchange Online\"}}}",
		"{\"Operation\":\"Update user.\",\"CreationTime\":\"2025-09-01T00:00:00Z\","
		"\"UserId\":\"admin@contoso.example\","
		"\"Actor\":[{\"ID\":\"Office 365 Exchange Online\",\"Type\":1},{\"ID\":\"admin@contoso.example\","
		"\"Type\":5}]}",
	};
	static const char own_name[] =
	    "{\"activityDisplayName\":\"Update user\",\"activityDateTime\":\"2025-09-01T00:00:00Z\","
	    "\"targetResources\":[],"
	    "\"initiatedBy\":{\"user\":{\"userPrincipalName\":\"admin@contoso.example\",\"displayName\":\"Ada Min\"}}}";

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(texts); i++) {
		world_read_text(&world, texts[i]);
		assert_int_equal(world.count, 1);
		assert_true(world.events[0].flags & MM_LOGS_ACTOR_TOKEN);
		assert_name(world.events[0].actor, "Office 365 Exchange Online");
		assert_name(world.events[0].user, "admin@contoso.example");
	}
	world_read_text(&world, own_name);
	assert_false(world.events[0].flags & MM_LOGS_ACTOR_TOKEN);
	assert_name(world.events[0].actor, "Ada Min");
}

/* ---- Dovecot ---- */

struct dovecot_row {
	const char *line;
	enum mm_logs_kind kind; /* MM_LOGS_OTHER: no event */
	enum mm_logs_result result;
	const char *user, *protocol, *method, *address, *session;
};

static const struct dovecot_row dovecot_rows[] = {
	{ "Nov 28 11:33:01 mail dovecot: imap-login: Login: user=<Alice@x.example>, method=PLAIN, rip=192.0.2.7, "
	    "lip=10.0.0.1, "
	  "mpid=77, TLS, session=<cBGUrdB0Z9B/AAAB>", MM_LOGS_LOGIN, MM_LOGS_DONE, "alice@x.example", "imap", "PLAIN",
	    "192.0.2.7", "cBGUrdB0Z9B/AAAB" },
	{ "2026-11-28T11:33:01.123456+01:00 mail dovecot[5]: pop3-login: Info: Login: user=<bob>, method=XOAUTH2, "
	  "rip=2001:db8::1, lip=::1, mpid=77, session=<abc>", MM_LOGS_LOGIN, MM_LOGS_DONE, "bob", "pop3", "XOAUTH2",
	    "2001:db8::1", "abc" },
	{ "Nov 28 11:33:01 imap-login: Info: Disconnected (auth failed, 1 attempts in 2 secs): user=<bob>, "
	    "method=PLAIN, "
	  "rip=192.0.2.7, lip=10.0.0.1, TLS, session=<abc>", MM_LOGS_LOGIN, MM_LOGS_FAILED, "bob", "imap", "PLAIN",
	    "192.0.2.7", "abc" },
	{ "Nov 28 11:33:01 imap-login: Info: Login aborted: Connection closed (auth failed, 1 attempts in 2 secs) "
	  "(auth_failed): user=<bob>, method=PLAIN, rip=192.0.2.7, session=<abc>", MM_LOGS_LOGIN, MM_LOGS_FAILED, "bob",
	    "imap", "PLAIN", "192.0.2.7", "abc" },
	{ "Nov 28 11:33:01 mail dovecot: imap-login: proxy(carol): started proxying to 10.0.0.9:143: user=<carol>, "
	  "method=PLAIN, rip=192.0.2.7, "
	  "session=<abc>", MM_LOGS_LOGIN, MM_LOGS_DONE, "carol", "imap", "PLAIN", "192.0.2.7",
	    "abc" },
	/* A stranger who types what looks like the fields behind his name. */
	{ "Nov 28 11:33:01 imap-login: Info: Disconnected (auth failed, 1 attempts in 2 secs): user=<x>, method=NONE, "
	  "rip=10.9.9.9, session=<fake>, user=<y>, method=PLAIN, rip=192.0.2.7, lip=10.0.0.1, session=<true>",
	    MM_LOGS_LOGIN, MM_LOGS_FAILED, "x>, method=none, rip=10.9.9.9, session=<fake>, user=<y", "imap", "PLAIN",
	    "192.0.2.7", "true" },
	{ "Nov 28 11:34:01 mail dovecot: imap(Alice)<77><cBGUrdB0Z9B/AAAB>: Disconnected: Logged out in=81 out=1234 "
	    "deleted=0",
	    MM_LOGS_LOGOUT, MM_LOGS_RESULT_UNKNOWN, "alice", "imap", "", "", "cBGUrdB0Z9B/AAAB" },
	{ "<22>Nov 28 11:34:01 mail dovecot: imap-login: Disconnected (no auth attempts in 0 secs): user=<>, "
	    "rip=1.2.3.4",
	    MM_LOGS_OTHER, MM_LOGS_RESULT_UNKNOWN, NULL, NULL, NULL, NULL, NULL },
	{ "Nov 28 11:34:01 mail dovecot: master: Dovecot v2.3.19.1 starting "
	    "up", MM_LOGS_OTHER, MM_LOGS_RESULT_UNKNOWN, NULL,
	    NULL, NULL, NULL, NULL },
	{ "Nov 28 11:34:01 mail postfix/smtpd[5]: connect from "
	    "x[1.2.3.4]", MM_LOGS_OTHER, MM_LOGS_RESULT_UNKNOWN, NULL, NULL,
	    NULL, NULL, NULL },
};

static void
test_dovecot_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(dovecot_rows); i++) {
		const struct dovecot_row *row = &dovecot_rows[i];
		const struct mm_logs_event *event;

		if (row->kind == MM_LOGS_OTHER) {
			world_read_text(&world, row->line);
			assert_int_equal(world.count, 0);
			assert_int_equal(world_report(&world)->records, 1);
			/* It still shows that the log goes on. */
			assert_int_not_equal(world_report(&world)->first_us, MM_LOGS_NO_TIME);
			continue;
		}
		event = read_one(row->line, "dovecot");
		assert_int_equal(event->kind, row->kind);
		assert_int_equal(event->result, row->result);
		assert_name(event->user, row->user);
		assert_name(event->mailbox, row->user);
		assert_name(event->protocol, row->protocol);
		assert_name(event->method, row->method);
		world_assert_id(&event->session, row->session);
		if (row->address[0] != '\0')
			world_assert_address(event, row->address, MM_LOGS_PUBLIC);
	}
}

static void
test_dovecot_lines_repeat(void **state)
{
	(void)state;
	world_read_text(&world,
	    "Nov 28 11:33:01 mail dovecot: imap-login: Login: user=<a>, method=PLAIN, rip=192.0.2.7, session=<s1>\n"
	    "Nov 28 11:33:01 mail dovecot: imap-login: Login: user=<a>, method=PLAIN, rip=192.0.2.7, session=<s1>\n"
	    "Nov 28 11:33:01 mail dovecot: imap-login: Login: user=<a>, method=PLAIN, rip=192.0.2.7, session=<s2>\n"
	    "Nov 28 11:34:01 mail dovecot: imap(a)<77><s1>: Disconnected: Logged out in=81 out=1234\n");
	assert_int_equal(world.count, 3);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_DUPLICATE), 1);
	assert_int_equal(world.events[2].size, 1234);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_TIME_NO_YEAR), 4);
}

static void
test_dovecot_events(void **state)
{
	const struct mm_logs_event *event;

	(void)state;
	event = read_one("{\"event\":\"auth_request_finished\",\"hostname\":\"mail\","
	    "\"start_time\":\"2026-06-19T10:38:25.422744Z\","
	    "\"end_time\":\"2026-06-19T10:38:25.424812Z\",\"categories\":[\"auth\"],\"fields\":{\"user\":\"Alice\","
	    "\"session\":"
	    "\"cBGUrdB0Z9B/AAAB\",\"remote_ip\":\"192.0.2.7\",\"mechanism\":\"OAUTHBEARER\",\"service\":\"imap\","
	    "\"success\":\"yes\","
	    "\"transport\":\"TLS\"}}", "dovecot-event");
	assert_int_equal(event->kind, MM_LOGS_LOGIN);
	assert_int_equal(event->result, MM_LOGS_DONE);
	assert_int_equal(event->flags, MM_LOGS_TLS);
	assert_int_equal(event->time_us, world_time("2026-06-19T10:38:25.424812Z"));
	assert_name(event->user, "alice");
	assert_name(event->method, "OAUTHBEARER");
	assert_name(event->protocol, "imap");
	world_assert_id(&event->session, "cBGUrdB0Z9B/AAAB");

	event = read_one("{\"event\":\"auth_request_finished\",\"end_time\":1560940705.424812,"
	    "\"fields\":{\"user\":\"bob\",\"error\":"
	    "\"Invalid\"}}", "dovecot-event");
	assert_int_equal(event->result, MM_LOGS_FAILED);
	assert_int_equal(event->time_us, INT64_C(1560940705424812));

	event = read_one("{\"event\":\"mail_user_session_finished\",\"end_time\":\"2026-06-19T10:38:25Z\","
	    "\"fields\":{\"user\":\"bob\","
	    "\"net_out_bytes\":311}}", "dovecot-event");
	assert_int_equal(event->kind, MM_LOGS_LOGOUT);
	assert_int_equal(event->size, 311);

	world_read_text(&world, "{\"event\":\"imap_command_finished\",\"end_time\":\"2026-06-19T10:38:25Z\","
	    "\"fields\":{\"name\":"
	                        "\"SELECT\"}}");
	assert_int_equal(world.count, 0);
	assert_int_equal(world_report(&world)->records, 1);
}

/* ---- Splunk ---- */

#define RAW_ACCESS \
	"{\\\"CreationTime\\\":\\\"2024-02-01T16:07:34\\\",\\\"Id\\\":\\\"9cef02e9-4bfa-4c73-be7d-9dad68b9cea8\\\"," \
	"\\\"Operation\\\":\\\"MailItemsAccessed\\\",\\\"UserId\\\":\\\"dana@contoso.example\\\"," \
	"\\\"Folders\\\":[{\\\"FolderItems\\\":[{\\\"InternetMessageId\\\":\\\"<a@b>\\\"}],\\\"Path\\\":" \
	"\\\"\\\\\\\\Inbox\\\"}]}"

static bool
visit_message(void *ctx, size_t number, const struct mm_logs_items *items)
{
	(void)number;
	assert_int_equal(items->messages_count, 1);
	assert_true(mm_slice_equal(items->messages[0].message_id, mm_slice_str("<a@b>")));
	assert_true(mm_slice_equal(items->record_id, mm_slice_str("9cef02e9-4bfa-4c73-be7d-9dad68b9cea8")));
	*(bool *)ctx = true;
	return true;
}

static void
check_access(const char *text, const char *shape)
{
	const struct mm_logs_event *event = read_one(text, shape);
	bool visited = false;

	assert_int_equal(event->place.family, MM_LOGS_M365_AUDIT);
	assert_int_equal(event->kind, MM_LOGS_MAIL_ACCESS);
	assert_int_equal(event->messages, 1);
	assert_int_equal(event->time_us, world_time("2024-02-01T16:07:34Z"));
	assert_name(event->user, "dana@contoso.example");
	assert_int_equal(mm_logs_again(world.reading, &event->place, 1, visit_message, &visited), 0);
	assert_true(visited);
}

static void
test_audit_log_in_splunk(void **state)
{
	(void)state;
	check_access("{\"preview\":false,\"offset\":0,\"result\":{\"_time\":\"2024-02-01T16:07:34.000+00:00\","
	    "\"_raw\":\""
	    RAW_ACCESS "\",\"Operation\":\"x\",\"sourcetype\":\"o365:management:activity\"}}\n", "splunk-result");
	check_access("{\"result\":{\"_raw\":\"" RAW_ACCESS "\"}}\n", "splunk-result");
	check_access("{\"preview\":false,\"init_offset\":0,\"results\":[{\"_raw\":\"" RAW_ACCESS "\"}]}", "splunk");
	/* Fields that Splunk found stand in columns of their own names, the audit log's among them. */
	check_access("\"_raw\",\"_time\",CreationTime,Operation,UserId\r\n"
	    "\"{\"\"CreationTime\"\":\"\"2024-02-01T16:07:34\"\",\"\"Id\"\":"
	    "\"\"9cef02e9-4bfa-4c73-be7d-9dad68b9cea8\"\","
	    "\"\"Operation\"\":\"\"MailItemsAccessed\"\",\"\"UserId\"\":\"\"dana@contoso.example\"\","
	    "\"\"Folders\"\":[{\"\"FolderItems\"\":[{\"\"InternetMessageId\"\":\"\"<a@b>\"\"}],\"\"Path\"\":"
	    "\"\"I\"\"}]}\","
	    "2024-02-01T16:07:34.000+0000,2024,x,y\r\n", "splunk");
	/* Without _raw: the record's fields stand for themselves. */
	check_access("{\"preview\":false,\"result\":{\"CreationTime\":\"2024-02-01T16:07:34\",\"Operation\":"
	    "\"MailItemsAccessed\","
	    "\"Id\":\"9cef02e9-4bfa-4c73-be7d-9dad68b9cea8\",\"UserId\":\"dana@contoso.example\",\"Folders\":"
	    "[{\"FolderItems\":"
	    "[{\"InternetMessageId\":\"<a@b>\"}],\"Path\":\"I\"}]}}\n", "splunk-result");
}

/* One column, which is no list of names without it. */
static void
test_raw_column_alone(void **state)
{
	(void)state;
	(void)read_one("\"_raw\"\n\"{\"\"CreationTime\"\":\"\"2024-02-01T16:07:34\"\",\"\"Operation\"\":"
	    "\"\"Send\"\"}\"\n", "splunk");
}

static void
test_other_logs_in_splunk(void **state)
{
	const struct mm_logs_event *event;

	(void)state;
	event = read_one("{\"preview\":false,\"result\":{\"_raw\":\"{\\\"id\\\":"
	    "\\\"22608a25-1d9b-44b5-b0f2-cb94f06b2d00\\\","
	    "\\\"createdDateTime\\\":\\\"2024-02-01T16:07:34Z\\\",\\\"appId\\\":\\\"1b73\\\","
	    "\\\"userPrincipalName\\\":\\\"U@contoso.example\\\",\\\"status\\\":{\\\"errorCode\\\":"
	    "0}}\"}}\n", "splunk-result");
	assert_int_equal(event->place.family, MM_LOGS_SIGN_INS);
	assert_int_equal(event->kind, MM_LOGS_SIGN_IN);
	assert_name(event->client, "1b73");

	event = read_one("{\"preview\":false,\"result\":{\"_raw\":\"{\\\"activityDisplayName\\\":\\\"Add "
	    "service principal\\\","
	    "\\\"activityDateTime\\\":\\\"2024-02-01T16:07:34Z\\\",\\\"targetResources\\\":[],\\\"result\\\":"
	    "\\\"success\\\"}\"}}\n", "splunk-result");
	assert_int_equal(event->place.family, MM_LOGS_DIRECTORY);
	assert_int_equal(event->result, MM_LOGS_DONE);

	event = read_one("{\"preview\":false,\"result\":{\"_raw\":\"2026-11-28T11:33:01+00:00 mail dovecot[5]: "
	    "pop3-login: Info: "
	    "Login: user=<bob>, method=XOAUTH2, rip=192.0.2.7, lip=10.0.0.1, mpid=77, "
	    "session=<abc>\"}}\n", "splunk-result");
	assert_int_equal(event->place.family, MM_LOGS_DOVECOT);
	assert_int_equal(event->kind, MM_LOGS_LOGIN);
	assert_name(event->user, "bob");
}

/* A directory audit has its outcome at the name of Splunk's wrapper; it is none, whatever stands before it. */
static void
test_results_of_others_are_no_wrappers(void **state)
{
	(void)state;
	world_read_text(&world,
	    "{\"preview\":false,\"result\":{\"_raw\":\"" RAW_ACCESS "\"}}\n"
	    "{\"activityDisplayName\":\"Add service principal\",\"activityDateTime\":\"2024-02-01T16:07:35Z\","
	    "\"targetResources\":[],\"result\":\"success\"}\n"
	    "{\"preview\":false,\"result\":{\"_raw\":\"{\\\"x\\\":1}\"}}\n"
	    "{\"preview\":false,\"result\":{\"_raw\":\"{\\\"x\\\":\"}}\n"
	    "{\"preview\":false,\"result\":{\"_raw\":\"\"}}\n");
	assert_int_equal(world.count, 2);
	assert_string_equal(mm_logs_shapes[world.events[1].place.shape]->name, "directory-audit");
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_UNKNOWN_SHAPE), 1);
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_RECORD_BROKEN), 1);
	assert_int_equal(world_step(&world, MM_LOGS_STEP_EMPTY_RECORD), 1);
	assert_int_equal(world_report(&world)->records, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ONE_WORLD_TEST(test_bind),
		ONE_WORLD_TEST(test_sync_with_a_token),
		ONE_WORLD_TEST(test_words_in_another_case),
		ONE_WORLD_TEST(test_results),
		ONE_WORLD_TEST(test_sentinel_office),
		ONE_WORLD_TEST(test_powershell_text),
		ONE_WORLD_TEST(test_defender_without_raw_event),
		ONE_WORLD_TEST(test_exports),
		ONE_WORLD_TEST(test_broken_within),
		ONE_WORLD_TEST(test_sign_in_of_the_audit_log),
		ONE_WORLD_TEST(test_sign_in_of_graph),
		ONE_WORLD_TEST(test_sign_in_of_monitor),
		ONE_WORLD_TEST(test_sign_in_of_sentinel),
		ONE_WORLD_TEST(test_sign_in_of_the_portal),
		ONE_WORLD_TEST(test_changes),
		ONE_WORLD_TEST(test_consent_names_its_application),
		ONE_WORLD_TEST(test_directory_of_graph),
		ONE_WORLD_TEST(test_directory_of_sentinel),
		ONE_WORLD_TEST(test_directory_of_the_portal),
		ONE_WORLD_TEST(test_directory_of_powershell),
		ONE_WORLD_TEST(test_impersonation),
		ONE_WORLD_TEST(test_dovecot_lines),
		ONE_WORLD_TEST(test_dovecot_lines_repeat),
		ONE_WORLD_TEST(test_dovecot_events),
		ONE_WORLD_TEST(test_audit_log_in_splunk),
		ONE_WORLD_TEST(test_raw_column_alone),
		ONE_WORLD_TEST(test_other_logs_in_splunk),
		ONE_WORLD_TEST(test_results_of_others_are_no_wrappers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
