/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Graph's members; Sentinel's columns, whose objects stand in strings; the portal's CSV, which has a column for each
 * property of each target; and Graph's members with capital letters, as PowerShell's modules name them, which extractor
 * tools write as JSON.
 */
#include "engine/logs/shape_directory.h"

#include "engine/logs/change.h"
#include "engine/logs/normalise.h"
#include "engine/logs/operation.h"
#include "lib/base/array.h"

/* Members with details of their own. */
enum { ACTIVITY, TARGETS, INITIATED_BY, ADDITIONAL, RESULT };

/* ---- who ---- */

enum { USER_PART, APP_PART };

static const struct mm_logs_member user_members[] = {
	{ "userPrincipalName", MM_ROLE_USER, false },
	{ "id", MM_ROLE_USER_KEY, false },
	{ "ipAddress", MM_ROLE_ADDRESS, false },
	{ "displayName", MM_ROLE_ACTOR, false },
	{ "UserPrincipalName", MM_ROLE_USER, false },
	{ "Id", MM_ROLE_USER_KEY, false },
	{ "IPAddress", MM_ROLE_ADDRESS, false },
	{ "IpAddress", MM_ROLE_ADDRESS, false },
	{ "DisplayName", MM_ROLE_ACTOR, false },
};

static const struct mm_logs_member app_members[] = {
	{ "appId", MM_ROLE_APPLICATION, false },
	{ "displayName", MM_ROLE_ACTOR, false },
	{ "servicePrincipalId", MM_ROLE_USER_KEY, false },
	{ "AppId", MM_ROLE_APPLICATION, false },
	{ "DisplayName", MM_ROLE_ACTOR, false },
	{ "ServicePrincipalId", MM_ROLE_USER_KEY, false },
};

static bool
is_either(struct mm_slice name, const char *graph, const char *powershell)
{
	return mm_logs_is_called(name, graph) || mm_logs_is_called(name, powershell);
}

/* PowerShell's objects have all members, null where they say nothing. */
static bool
says_something(struct mm_logs_reader *reader, struct mm_json_value object)
{
	struct mm_json_value value;
	struct mm_slice name;
	size_t position = 0;

	while (mm_walk_next_member(object, &position, &name, &value))
		if (mm_slice_present(mm_logs_text(reader, value)))
			return true;
	return false;
}

/* A user and the name of a service in place of the user's own: a service acted as that user. */
static void
read_initiator(struct mm_logs_reader *reader, struct mm_json_value value, struct mm_logs_event *event)
{
	struct mm_json_value object, part;
	struct mm_slice name;
	size_t position = 0;

	if (mm_logs_nested(reader, value, &object) != MM_WALK_WHOLE)
		reader->tally->troubles[MM_LOGS_TROUBLE_NESTED_BROKEN]++;
	while (mm_walk_next_member(object, &position, &name, &part)) {
		if (is_either(name, "user", "User"))
			mm_logs_set_nested(reader, user_members, MM_COUNT_OF(user_members), part, event);
		if (is_either(name, "app", "App") && says_something(reader, part)) {
			mm_logs_set_nested(reader, app_members, MM_COUNT_OF(app_members), part, event);
			event->flags |= MM_LOGS_APP_ONLY;
		}
	}
	if (event->user != 0) {
		event->flags &= (uint16_t)~MM_LOGS_APP_ONLY;
		if (mm_logs_is_acting_service(mm_names_text(reader->names, event->actor)))
			event->flags |= MM_LOGS_ACTOR_TOKEN;
	}
}

/* ---- what ---- */

static const struct mm_logs_member target_members[] = {
	{ "displayName", MM_ROLE_TARGET, false },
	{ "userPrincipalName", MM_ROLE_TARGET, false },
	{ "id", MM_ROLE_TARGET_ID, false },
	{ "DisplayName", MM_ROLE_TARGET, false },
	{ "UserPrincipalName", MM_ROLE_TARGET, false },
	{ "Id", MM_ROLE_TARGET_ID, false },
};

/* The first target is what was changed; the properties of all of them say how. */
static void
read_targets(struct mm_logs_reader *reader, struct mm_json_value value, struct mm_logs_change_reading *reading,
    struct mm_logs_event *event)
{
	struct mm_json_value list, target, part;
	struct mm_slice name;
	size_t position = 0;

	if (mm_logs_nested(reader, value, &list) != MM_WALK_WHOLE)
		reader->tally->troubles[MM_LOGS_TROUBLE_NESTED_BROKEN]++;
	for (size_t number = 0; mm_walk_next(list, &position, &target); number++) {
		size_t at = 0;

		if (number == 0)
			mm_logs_set_nested(reader, target_members, MM_COUNT_OF(target_members), target, event);
		while (mm_walk_next_member(target, &at, &name, &part))
			if (is_either(name, "modifiedProperties", "ModifiedProperties"))
				mm_logs_change_pairs(reading, part);
	}
}

static void
read_kind(struct mm_logs_reader *reader, struct mm_json_value activity, struct mm_logs_event *event)
{
	const struct mm_logs_operation *operation;

	mm_logs_set(reader, MM_ROLE_OPERATION, mm_logs_text(reader, activity), event);
	operation = mm_logs_operation_find(mm_names_text(reader->names, event->operation));
	if (operation == NULL)
		return;
	event->kind = (uint8_t)operation->kind;
	event->change = (uint8_t)operation->change;
}

static void
read_change(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	struct mm_logs_change_reading reading;

	read_initiator(reader, values[INITIATED_BY], event);
	mm_logs_change_begin(&reading, reader, event);
	read_targets(reader, values[TARGETS], &reading, event);
	mm_logs_set(reader, MM_ROLE_CLIENT_INFO, mm_logs_pairs_find(reader, values[ADDITIONAL], "User-Agent"), event);
	mm_logs_change_pairs(&reading, values[ADDITIONAL]);
	mm_logs_change_end(&reading);
}

static enum mm_logs_outcome
read_directory(struct mm_logs_reader *reader, const struct mm_logs_member *columns, size_t count,
    const struct mm_json_value *values, struct mm_logs_event *event)
{
	read_kind(reader, values[ACTIVITY], event);
	mm_logs_set_all(reader, columns, count, values, event);
	event->result = (uint8_t)mm_logs_result_of(mm_logs_text(reader, values[RESULT]));
	if (event->kind == MM_LOGS_CHANGE)
		read_change(reader, values, event);
	mm_logs_settle(reader, event);
	return MM_LOGS_EVENT;
}

/* ---- Graph ---- */

static const struct mm_logs_member members[] = {
	[ACTIVITY] = { "activityDisplayName", MM_ROLE_OWN, false },
	[TARGETS] = { "targetResources", MM_ROLE_OWN, false },
	[INITIATED_BY] = { "initiatedBy", MM_ROLE_OWN, false },
	[ADDITIONAL] = { "additionalDetails", MM_ROLE_OWN, false },
	[RESULT] = { "result", MM_ROLE_OWN, false },
	{ "activityDateTime", MM_ROLE_TIME, false },
	{ "id", MM_ROLE_RECORD, false },
	{ "correlationId", MM_ROLE_CORRELATION, false },
	{ "tenantId", MM_ROLE_TENANT, false },
	{ "userAgent", MM_ROLE_CLIENT_INFO, false },
};

static enum mm_logs_outcome
read(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	return read_directory(reader, members, MM_COUNT_OF(members), values, event);
}

const struct mm_logs_shape mm_logs_shape_directory = {
	.name = "directory-audit",
	.title = "Entra directory audit",
	.family = MM_LOGS_DIRECTORY,
	.members = members,
	.members_count = MM_COUNT_OF(members),
	.required = 2,
	.read = read,
};

/* ---- Sentinel ---- */

static const struct mm_logs_member sentinel_members[] = {
	[ACTIVITY] = { "OperationName", MM_ROLE_OWN, false },
	[TARGETS] = { "TargetResources", MM_ROLE_OWN, false },
	[INITIATED_BY] = { "InitiatedBy", MM_ROLE_OWN, false },
	[ADDITIONAL] = { "AdditionalDetails", MM_ROLE_OWN, false },
	[RESULT] = { "Result", MM_ROLE_OWN, false },
	{ "ActivityDateTime", MM_ROLE_TIME, false },
	{ "TimeGenerated", MM_ROLE_TIME, false },
	{ "Id", MM_ROLE_RECORD, false },
	{ "CorrelationId", MM_ROLE_CORRELATION, false },
	{ "AADTenantId", MM_ROLE_TENANT, false },
	{ "UserAgent", MM_ROLE_CLIENT_INFO, false },
};

static enum mm_logs_outcome
read_sentinel(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	return read_directory(reader, sentinel_members, MM_COUNT_OF(sentinel_members), values, event);
}

const struct mm_logs_shape mm_logs_shape_sentinel_directory = {
	.name = "sentinel-directory",
	.title = "Microsoft Sentinel, Entra directory audit",
	.family = MM_LOGS_DIRECTORY,
	.members = sentinel_members,
	.members_count = MM_COUNT_OF(sentinel_members),
	.required = 2,
	.read = read_sentinel,
};

/* ---- the portal ---- */

/* As many as the portal has columns for; what a record has beyond them is not in its CSV. */
#define PORTAL_TARGETS 3
#define PORTAL_PROPERTIES_EACH 5
#define PORTAL_DETAILS 6

/* A property's columns are name, old and new value; a detail's key and value. */
enum {
	PORTAL_ACTIVITY, PORTAL_TIME, PORTAL_ACTOR_TYPE, PORTAL_RESULT, PORTAL_PROPERTIES,
	PORTAL_DETAILS_BEGIN = PORTAL_PROPERTIES + PORTAL_TARGETS * PORTAL_PROPERTIES_EACH * 3,
	PORTAL_REST = PORTAL_DETAILS_BEGIN + PORTAL_DETAILS * 2,
};

#define PROPERTY(target, number) \
	{ "Target" #target "ModifiedProperty" #number "Name", MM_ROLE_OWN, false }, \
	{ "Target" #target "ModifiedProperty" #number "OldValue", MM_ROLE_OWN, false }, \
	{ "Target" #target "ModifiedProperty" #number "NewValue", MM_ROLE_OWN, false }
#define PROPERTIES(target) \
	PROPERTY(target, 1), PROPERTY(target, 2), PROPERTY(target, 3), PROPERTY(target, 4), PROPERTY(target, 5)
#define DETAIL(number) \
	{ "AdditionalDetail" #number "Key", MM_ROLE_OWN, false }, \
	{ "AdditionalDetail" #number "Value", MM_ROLE_OWN, false }

static const struct mm_logs_member portal_members[] = {
	[PORTAL_ACTIVITY] = { "Activity", MM_ROLE_OWN, false },
	[PORTAL_TIME] = { "Date (UTC)", MM_ROLE_TIME, false },
	[PORTAL_ACTOR_TYPE] = { "ActorType", MM_ROLE_OWN, false },
	[PORTAL_RESULT] = { "Result", MM_ROLE_OWN, false },
	[PORTAL_PROPERTIES] = PROPERTIES(1), PROPERTIES(2), PROPERTIES(3),
	[PORTAL_DETAILS_BEGIN] = DETAIL(1), DETAIL(2), DETAIL(3), DETAIL(4), DETAIL(5), DETAIL(6),
	[PORTAL_REST] = { "CorrelationId", MM_ROLE_CORRELATION, false },
	{ "User Agent", MM_ROLE_CLIENT_INFO, false },
	{ "UserAgent", MM_ROLE_CLIENT_INFO, false },
	{ "ActorDisplayName", MM_ROLE_ACTOR, false },
	{ "ActorServicePrincipalName", MM_ROLE_ACTOR, false },
	{ "ActorUserPrincipalName", MM_ROLE_USER, false },
	{ "ActorObjectId", MM_ROLE_USER_KEY, false },
	{ "ActorServicePrincipalId", MM_ROLE_USER_KEY, false },
	{ "IPAddress", MM_ROLE_ADDRESS, false },
	{ "Target1DisplayName", MM_ROLE_TARGET, false },
	{ "Target1UserPrincipalName", MM_ROLE_TARGET, false },
	{ "Target1ObjectId", MM_ROLE_TARGET_ID, false },
};

static void
read_portal_change(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	struct mm_logs_change_reading reading;

	mm_logs_change_begin(&reading, reader, event);
	for (size_t i = PORTAL_PROPERTIES; i < PORTAL_DETAILS_BEGIN; i += 3) {
		struct mm_logs_pair pair = { mm_logs_text(reader, values[i]), values[i + 2], values[i + 1] };

		mm_logs_change_pair(&reading, &pair);
	}
	for (size_t i = PORTAL_DETAILS_BEGIN; i < PORTAL_REST; i += 2) {
		struct mm_logs_pair pair = { .name = mm_logs_text(reader, values[i]), .value = values[i + 1] };

		if (mm_logs_is_called(pair.name, "User-Agent"))
			mm_logs_set(reader, MM_ROLE_CLIENT_INFO, mm_logs_text(reader, pair.value), event);
		mm_logs_change_pair(&reading, &pair);
	}
	mm_logs_change_end(&reading);
}

/* The type is "Application" or "User". */
static void
settle_actor(struct mm_logs_reader *reader, struct mm_slice type, struct mm_logs_event *event)
{
	if (event->user == 0 && type.len >= 3 && memcmp(type.ptr, "App", 3) == 0)
		event->flags |= MM_LOGS_APP_ONLY;
	if (event->user != 0 && mm_logs_is_acting_service(mm_names_text(reader->names, event->actor)))
		event->flags |= MM_LOGS_ACTOR_TOKEN;
}

static enum mm_logs_outcome
read_portal(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	read_kind(reader, values[PORTAL_ACTIVITY], event);
	mm_logs_set_all(reader, portal_members, MM_COUNT_OF(portal_members), values, event);
	event->result = (uint8_t)mm_logs_result_of(mm_logs_text(reader, values[PORTAL_RESULT]));
	if (event->kind == MM_LOGS_CHANGE) {
		settle_actor(reader, mm_logs_text(reader, values[PORTAL_ACTOR_TYPE]), event);
		read_portal_change(reader, values, event);
	}
	mm_logs_settle(reader, event);
	return MM_LOGS_EVENT;
}

const struct mm_logs_shape mm_logs_shape_portal_directory = {
	.name = "portal-directory",
	.title = "Entra directory audit, downloaded from the portal",
	.family = MM_LOGS_DIRECTORY,
	.members = portal_members,
	.members_count = MM_COUNT_OF(portal_members),
	.required = 3,
	.read = read_portal,
};

/* ---- PowerShell ---- */

static const struct mm_logs_member powershell_members[] = {
	[ACTIVITY] = { "ActivityDisplayName", MM_ROLE_OWN, false },
	[TARGETS] = { "TargetResources", MM_ROLE_OWN, false },
	[INITIATED_BY] = { "InitiatedBy", MM_ROLE_OWN, false },
	[ADDITIONAL] = { "AdditionalDetails", MM_ROLE_OWN, false },
	[RESULT] = { "Result", MM_ROLE_OWN, false },
	{ "ActivityDateTime", MM_ROLE_TIME, false },
	{ "Id", MM_ROLE_RECORD, false },
	{ "CorrelationId", MM_ROLE_CORRELATION, false },
	{ "UserAgent", MM_ROLE_CLIENT_INFO, false },
};

static enum mm_logs_outcome
read_powershell(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	return read_directory(reader, powershell_members, MM_COUNT_OF(powershell_members), values, event);
}

const struct mm_logs_shape mm_logs_shape_powershell_directory = {
	.name = "powershell-directory",
	.title = "Entra directory audit, objects of PowerShell",
	.family = MM_LOGS_DIRECTORY,
	.members = powershell_members,
	.members_count = MM_COUNT_OF(powershell_members),
	.required = 2,
	.read = read_powershell,
};
