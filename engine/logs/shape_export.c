/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of exports: the record is in AuditData, as an object or in a string, and what stands beside it is a copy of
 * some of it, with times as the exporting machine writes them.
 *
 * Search-UnifiedAuditLog gives RecordType, CreationDate, UserIds, Operations, AuditData, …; the portal CreationDate,
 * UserIds, Operations, AuditData, later RecordId, CreationDate, RecordType, Operation, UserId, AuditData, …; Graph's
 * auditLogQuery the same in other letters.
 */
#include "engine/logs/shape_export.h"

#include "engine/logs/normalise.h"
#include "engine/logs/shape_m365.h"
#include "lib/base/array.h"

enum { AUDIT_DATA, CREATION };

static const struct mm_logs_member members[] = {
	[AUDIT_DATA] = { "AuditData", MM_ROLE_OWN, false },
	[CREATION] = { "CreationDate", MM_ROLE_TIME, false },
	/* Copies of what is in the record; known so that another header is known by them. */
	{ "RecordType", MM_ROLE_OWN, false },
	{ "RecordId", MM_ROLE_OWN, false },
	{ "UserIds", MM_ROLE_OWN, false },
	{ "Operations", MM_ROLE_OWN, false },
	{ "ResultIndex", MM_ROLE_OWN, false },
	{ "Identity", MM_ROLE_OWN, false },
};

static const struct mm_logs_member graph_members[] = {
	[AUDIT_DATA] = { "auditData", MM_ROLE_OWN, false },
	[CREATION] = { "createdDateTime", MM_ROLE_TIME, false },
};

/* A record without a time of its own has the row's. */
static enum mm_logs_outcome
read(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	enum mm_logs_outcome outcome =
	    mm_logs_shape_unwrap(reader, &mm_logs_shape_m365, values[AUDIT_DATA], event);

	if (outcome == MM_LOGS_EVENT && event->time_us == MM_LOGS_NO_TIME)
		mm_logs_set(reader, MM_ROLE_TIME, mm_logs_text(reader, values[CREATION]), event);
	return outcome;
}

static void
items(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_item_list *list)
{
	mm_logs_shape_unwrap_items(reader, &mm_logs_shape_m365, values[AUDIT_DATA], list);
}

const struct mm_logs_shape mm_logs_shape_export = {
	.name = "m365-export",
	.title = "Microsoft 365 unified audit log, exported with AuditData",
	.family = MM_LOGS_M365_AUDIT,
	.members = members,
	.members_count = MM_COUNT_OF(members),
	.required = 1,
	.read = read,
	.items = items,
};

const struct mm_logs_shape mm_logs_shape_graph_export = {
	.name = "m365-graph",
	.title = "Microsoft 365 unified audit log, from Graph",
	.family = MM_LOGS_M365_AUDIT,
	.members = graph_members,
	.members_count = MM_COUNT_OF(graph_members),
	.required = 1,
	.read = read,
	.items = items,
};

/* ---- Sentinel ---- */

/* Columns of OfficeActivity: many members renamed, all of them strings; TenantId is the workspace's. */
enum {
	OPERATION, TIME_GENERATED, WORKLOAD, USER_TYPE, RESULT_STATUS, OPERATION_PROPERTIES, FOLDERS, ITEM,
	AFFECTED_ITEMS, CONTEXT, PARAMETERS, EXTENDED_PROPERTIES, MODIFIED_PROPERTIES, ACTOR, TARGET, SESSION_ID,
	OBJECT_ID
};

static const struct mm_logs_member office_members[] = {
	[OPERATION] = { "Operation", MM_ROLE_OPERATION, false },
	[TIME_GENERATED] = { "TimeGenerated", MM_ROLE_TIME, false },
	[WORKLOAD] = { "OfficeWorkload", MM_ROLE_OWN, false },
	[USER_TYPE] = { "UserType", MM_ROLE_OWN, false },
	[RESULT_STATUS] = { "ResultStatus", MM_ROLE_OWN, false },
	[OPERATION_PROPERTIES] = { "OperationProperties", MM_ROLE_OWN, false },
	[FOLDERS] = { "Folders", MM_ROLE_OWN, false },
	[ITEM] = { "Item", MM_ROLE_OWN, false },
	[AFFECTED_ITEMS] = { "AffectedItems", MM_ROLE_OWN, false },
	[CONTEXT] = { "AppAccessContext", MM_ROLE_OWN, false },
	[PARAMETERS] = { "Parameters", MM_ROLE_OWN, false },
	[EXTENDED_PROPERTIES] = { "ExtendedProperties", MM_ROLE_OWN, false },
	[MODIFIED_PROPERTIES] = { "ModifiedProperties", MM_ROLE_OWN, false },
	[ACTOR] = { "Actor", MM_ROLE_OWN, false },
	[TARGET] = { "AADTarget", MM_ROLE_OWN, false },
	[SESSION_ID] = { "SessionId", MM_ROLE_OWN, false },
	[OBJECT_ID] = { "OfficeObjectId", MM_ROLE_OWN, false },
	{ "OfficeId", MM_ROLE_RECORD, true },
	{ "SourceRecordId", MM_ROLE_RECORD, true },
	{ "OrganizationId", MM_ROLE_TENANT, false },
	{ "OrganizationName", MM_ROLE_ORGANISATION, false },
	{ "UserId", MM_ROLE_USER, false },
	{ "UserKey", MM_ROLE_USER_KEY, false },
	{ "MailboxOwnerUPN", MM_ROLE_MAILBOX, false },
	{ "MailboxGuid", MM_ROLE_MAILBOX_ID, false },
	{ "ClientAppId", MM_ROLE_CLIENT, false },
	{ "AppId", MM_ROLE_APPLICATION, false },
	{ "ApplicationId", MM_ROLE_APPLICATION, false },
	{ "ClientInfoString", MM_ROLE_CLIENT_INFO, false },
	{ "ActorInfoString", MM_ROLE_ACTOR, false },
	{ "TokenTenantId", MM_ROLE_TOKEN_TENANT, false },
	{ "TokenObjectId", MM_ROLE_TOKEN_USER, false },
	{ "Client_IPAddress", MM_ROLE_ADDRESS, true },
	{ "ClientIP", MM_ROLE_ADDRESS, false },
	{ "ActorIpAddress", MM_ROLE_ADDRESS, false },
	{ "OperationCount", MM_ROLE_COUNT, false },
	{ "Logon_Type", MM_ROLE_LOGON, true },
	{ "LogonType", MM_ROLE_LOGON, false },
	{ "ExternalAccess", MM_ROLE_EXTERNAL, false },
	{ "IsThrottled", MM_ROLE_THROTTLED, true },
};

static void
take_office_details(const struct mm_json_value *values, struct mm_logs_m365_details *details)
{
	*details = (struct mm_logs_m365_details){
		.operation = values[OPERATION],
		.user_type = values[USER_TYPE],
		.result = values[RESULT_STATUS],
		.operation_properties = values[OPERATION_PROPERTIES],
		.folders = values[FOLDERS],
		.item = values[ITEM],
		.affected_items = values[AFFECTED_ITEMS],
		.context = values[CONTEXT],
		.parameters = values[PARAMETERS],
		.extended_properties = values[EXTENDED_PROPERTIES],
		.modified_properties = values[MODIFIED_PROPERTIES],
		.actors = values[ACTOR],
		.targets = values[TARGET],
		.session = values[SESSION_ID],
		.object = values[OBJECT_ID],
	};
}

static enum mm_logs_outcome
read_office(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	struct mm_logs_m365_details details;

	take_office_details(values, &details);
	event->flags |= MM_LOGS_PARTIAL;
	return mm_logs_m365_read(reader, office_members, MM_COUNT_OF(office_members), values, &details, event);
}

static void
office_items(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_item_list *list)
{
	struct mm_logs_m365_details details;

	take_office_details(values, &details);
	mm_logs_m365_items(reader, &details, list);
}

const struct mm_logs_shape mm_logs_shape_sentinel_office = {
	.name = "sentinel-office",
	.title = "Microsoft Sentinel, OfficeActivity",
	.family = MM_LOGS_M365_AUDIT,
	.members = office_members,
	.members_count = MM_COUNT_OF(office_members),
	.required = 3,
	.read = read_office,
	.items = office_items,
};

/* ---- Defender ---- */

enum { ACTION_TYPE, TIMESTAMP, RAW_EVENT, REPORT_ID, PERMISSIONS, PERMISSIONS_TO };

static const struct mm_logs_member defender_members[] = {
	[ACTION_TYPE] = { "ActionType", MM_ROLE_OPERATION, false },
	[TIMESTAMP] = { "Timestamp", MM_ROLE_TIME, false },
	[RAW_EVENT] = { "RawEventData", MM_ROLE_OWN, false },
	[REPORT_ID] = { "ReportId", MM_ROLE_OWN, false },
	[PERMISSIONS] = { "Permissions", MM_ROLE_OWN, false },
	[PERMISSIONS_TO] = { "PermissionsAddedTo", MM_ROLE_TARGET, false },
	{ "UserId", MM_ROLE_USER, false },
	{ "AccountObjectId", MM_ROLE_USER_KEY, false },
	{ "OAuthAppId", MM_ROLE_CLIENT, false },
	{ "AppId", MM_ROLE_APPLICATION, false },
	{ "IPAddress", MM_ROLE_ADDRESS, false },
};

/* A report's id ends with the record's. */
static struct mm_slice
end_of_report_id(struct mm_slice id)
{
	return id.len <= 36 ? id : mm_slice(id.ptr + id.len - 36, 36);
}

/* Rows of before 2022, and of other products, have no raw event; what they say stands in columns. */
static enum mm_logs_outcome
read_flat(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	struct mm_logs_m365_details details = { .operation = values[ACTION_TYPE] };

	event->flags |= MM_LOGS_PARTIAL;
	mm_logs_set(reader, MM_ROLE_RECORD, end_of_report_id(mm_logs_text(reader, values[REPORT_ID])), event);
	event->added = mm_names_add(reader->names, mm_logs_text(reader, values[PERMISSIONS]));
	return mm_logs_m365_read(reader, defender_members, MM_COUNT_OF(defender_members), values, &details, event);
}

static enum mm_logs_outcome
read_defender(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	enum mm_logs_outcome outcome =
	    mm_logs_shape_unwrap(reader, &mm_logs_shape_m365, values[RAW_EVENT], event);

	return outcome == MM_LOGS_EMPTY || outcome == MM_LOGS_UNKNOWN ? read_flat(reader, values, event) : outcome;
}

static void
defender_items(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_item_list *list)
{
	mm_logs_shape_unwrap_items(reader, &mm_logs_shape_m365, values[RAW_EVENT], list);
}

const struct mm_logs_shape mm_logs_shape_defender = {
	.name = "defender-events",
	.title = "Microsoft Defender, CloudAppEvents",
	.family = MM_LOGS_M365_AUDIT,
	.members = defender_members,
	.members_count = MM_COUNT_OF(defender_members),
	.required = 3,
	.read = read_defender,
	.items = defender_items,
};
