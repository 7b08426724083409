/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Microsoft 365 unified audit log: AuditData as the Management Activity API, the portal and Search-UnifiedAuditLog
 * give it.
 *
 * Members are those of the common schema, of Exchange's mailbox and administration records (RecordType 1, 2, 50) and of
 * the directory's (8, 15). Mail accesses before 2024 have their session and application at the top; later ones also in
 * AppAccessContext, with the token's id and time of issue.
 */
#include "engine/logs/shape_m365.h"

#include "engine/logs/change.h"
#include "engine/logs/normalise.h"
#include "engine/logs/operation.h"
#include "engine/logs/pairs.h"
#include "engine/logs/tables.h"
#include "lib/base/array.h"

/* ---- mail ---- */

/* An item's size and id are at its top; a folder's messages are in FolderItems. */
enum { ITEM_MESSAGE_ID, ITEM_ID, ITEM_SUBJECT, ITEM_SIZE, ITEM_PARENT, ITEM_NAMES };

static const char *const item_names[ITEM_NAMES] = { "InternetMessageId", "Id", "Subject", "SizeInBytes",
	"ParentFolder" };

enum { FOLDER_ITEMS, FOLDER_PATH, FOLDER_ID, FOLDER_NAME, FOLDER_NAMES };

static const char *const folder_names[FOLDER_NAMES] = { "FolderItems", "Path", "Id", "Name" };

/* The members of an object by their names, one walk for all of them; an object has few. */
static void
find_members(struct mm_json_value object, const char *const *names, size_t count, struct mm_json_value *values)
{
	struct mm_json_value value;
	struct mm_slice name;
	size_t position = 0;

	memset(values, 0, count * sizeof(*values));
	while (mm_walk_next_member(object, &position, &name, &value))
		for (size_t i = 0; i < count; i++)
			if (mm_logs_is_called(name, names[i])) {
				values[i] = value;
				break;
			}
}

static void
count_message(struct mm_json_value size, struct mm_logs_event *event)
{
	int64_t bytes;

	event->messages++;
	if (mm_walk_integer(size, &bytes) && bytes > 0)
		event->size += (uint64_t)bytes;
}

/* Most of a mail access is its messages: they are walked over once, and their sizes found on the way. */
static void
count_messages(struct mm_json_value messages, struct mm_logs_event *event)
{
	struct mm_json_value message, size;
	size_t position = 0;

	while (mm_walk_next_object(messages, &position, &mm_logs_tables()->message, &size, &message))
		count_message(size, event);
}

/* A folder that PowerShell showed has its path, and "System.Object[]" in place of its messages. */
static void
count_folders(struct mm_json_value folders, struct mm_logs_event *event)
{
	struct mm_json_value folder, messages;
	size_t position = 0;

	while (mm_walk_next_object(folders, &position, &mm_logs_tables()->folder, &messages, &folder)) {
		event->folders++;
		if (folder.type == MM_JSON_STRING)
			event->flags |= MM_LOGS_ITEMS_CUT;
		else
			count_messages(messages, event);
	}
}

/* A list, also one in a string; broken JSON in it is told. */
static struct mm_json_value
list_of(struct mm_logs_reader *reader, struct mm_json_value value)
{
	struct mm_json_value list;

	if (mm_logs_nested(reader, value, &list) != MM_WALK_WHOLE)
		reader->tally->troubles[MM_LOGS_TROUBLE_NESTED_BROKEN]++;
	return list;
}

static void
count_items(struct mm_logs_reader *reader, const struct mm_logs_m365_details *details, struct mm_logs_event *event)
{
	struct mm_json_value item = list_of(reader, details->item), values[ITEM_NAMES];

	count_folders(list_of(reader, details->folders), event);
	if (event->flags & MM_LOGS_ITEMS_CUT)
		mm_logs_count(reader, MM_LOGS_STEP_ITEMS_LOST);
	count_messages(list_of(reader, details->affected_items), event);
	if (item.type != MM_JSON_OBJECT)
		return;
	find_members(item, item_names, ITEM_NAMES, values);
	if (values[ITEM_PARENT].type == MM_JSON_OBJECT)
		event->folders++;
	if (values[ITEM_MESSAGE_ID].type == MM_JSON_STRING)
		count_message(values[ITEM_SIZE], event);
}

static void
read_access(struct mm_logs_reader *reader, const struct mm_logs_m365_details *details, struct mm_logs_event *event)
{
	struct mm_logs_pairs pairs;
	struct mm_logs_pair pair;

	mm_logs_pairs_begin(&pairs, reader, details->operation_properties);
	while (mm_logs_pairs_next(&pairs, &pair)) {
		struct mm_slice text;

		if (mm_slice_equal(pair.name, mm_slice_str("IsThrottled"))) {
			mm_logs_set(reader, MM_ROLE_THROTTLED, mm_logs_text(reader, pair.value), event);
			continue;
		}
		if (!mm_slice_equal(pair.name, mm_slice_str("MailAccessType")))
			continue;
		text = mm_logs_text(reader, pair.value);
		if (mm_logs_is_word(text, "Bind"))
			event->access = MM_LOGS_BIND;
		else if (mm_logs_is_word(text, "Sync"))
			event->access = MM_LOGS_SYNC;
	}
	count_items(reader, details, event);
}

/* ---- sign-ins ---- */

static void
read_sign_in(struct mm_logs_reader *reader, const struct mm_logs_m365_details *details, struct mm_logs_event *event)
{
	struct mm_slice target = MM_SLICE_ABSENT;
	struct mm_json_value element, targets = list_of(reader, details->targets), id[1];
	static const char *const names[] = { "ID" };
	size_t position = 0;

	mm_logs_set(reader, MM_ROLE_SESSION, mm_logs_pairs_find(reader, details->device_properties, "SessionId"),
	    event);
	mm_logs_set(reader, MM_ROLE_CLIENT_INFO, mm_logs_pairs_find(reader, details->extended_properties, "UserAgent"),
	    event);
	mm_logs_set(reader, MM_ROLE_PROTOCOL, mm_logs_pairs_find(reader, details->extended_properties, "RequestType"),
	    event);
	if (mm_walk_next(targets, &position, &element)) {
		find_members(element, names, 1, id);
		target = mm_logs_text(reader, id[0]);
	}
	mm_logs_set(reader, MM_ROLE_RESOURCE, target, event);
	mm_logs_set(reader, MM_ROLE_RESOURCE, mm_logs_text(reader, details->object), event);
	mm_logs_set(reader, MM_ROLE_TOKEN_OF_REQUEST, mm_logs_text(reader, details->request), event);
	/* The application that asks is what later accesses call the client. */
	if (event->client == 0)
		event->client = event->application;
	/* A sign-in that is recorded as one, but with an error, was asked for more: "stay signed in?" and its like. */
	if (event->result == MM_LOGS_DONE && event->error != 0)
		event->result = MM_LOGS_INTERRUPTED;
}

/* ---- changes ---- */

/* The kinds of ids in Actor and Target. */
#define ID_NAME "1"
#define ID_GUID "2"
#define ID_PRINCIPAL "5"

struct identity {
	struct mm_slice name, guid, principal;
};

/* The first of each kind; "ServicePrincipal_" and its like before a GUID say only what the next says again. */
static void
read_identity(struct mm_logs_reader *reader, struct mm_json_value value, struct identity *identity)
{
	static const char *const names[] = { "ID", "Type" };
	struct mm_json_value element, list = list_of(reader, value), parts[2];
	size_t position = 0;

	while (mm_walk_next(list, &position, &element)) {
		struct mm_slice id;

		find_members(element, names, 2, parts);
		id = mm_logs_text(reader, parts[0]);
		if (mm_slice_equal(parts[1].text, mm_slice_str(ID_NAME)) && !mm_slice_present(identity->name))
			identity->name = id;
		else if (mm_slice_equal(parts[1].text, mm_slice_str(ID_PRINCIPAL)) &&
		    !mm_slice_present(identity->principal))
			identity->principal = id;
		else if (mm_slice_equal(parts[1].text, mm_slice_str(ID_GUID)) && id.len == 36 &&
		    !mm_slice_present(identity->guid))
			identity->guid = id;
	}
}

/* A folder's permissions stand in the item, not in parameters. */
static void
read_folder_permission(struct mm_logs_reader *reader, struct mm_json_value value,
    struct mm_logs_change_reading *reading, struct mm_logs_event *event)
{
	static const char *const names[] = { "Path", "MemberUpn", "MemberRights" };
	struct mm_json_value item = list_of(reader, value), values[ITEM_NAMES], parts[3];

	if (item.type != MM_JSON_OBJECT)
		return;
	find_members(item, item_names, ITEM_NAMES, values);
	find_members(values[ITEM_PARENT], names, 3, parts);
	mm_logs_set(reader, MM_ROLE_TARGET, mm_logs_text(reader, parts[0]), event);
	mm_logs_change_add(reading, mm_logs_text(reader, parts[1]));
	mm_logs_change_add(reading, mm_logs_text(reader, parts[2]));
}

static void
read_actor(struct mm_logs_reader *reader, const struct mm_logs_m365_details *details, struct mm_logs_event *event)
{
	struct identity actor = { MM_SLICE_ABSENT, MM_SLICE_ABSENT, MM_SLICE_ABSENT };

	read_identity(reader, details->actors, &actor);
	mm_logs_set(reader, MM_ROLE_ACTOR, actor.name, event);
	if (mm_slice_present(actor.principal) && mm_logs_is_acting_service(actor.name))
		event->flags |= MM_LOGS_ACTOR_TOKEN;
	if (mm_slice_present(actor.name) && !mm_slice_present(actor.principal))
		event->flags |= MM_LOGS_APP_ONLY;
}

static void
read_change(struct mm_logs_reader *reader, const struct mm_logs_m365_details *details, struct mm_logs_event *event)
{
	struct identity target = { MM_SLICE_ABSENT, MM_SLICE_ABSENT, MM_SLICE_ABSENT };
	struct mm_logs_change_reading reading;
	struct mm_slice more;

	read_actor(reader, details, event);
	read_identity(reader, details->targets, &target);
	mm_logs_set(reader, MM_ROLE_TARGET, target.name, event);
	mm_logs_set(reader, MM_ROLE_TARGET, target.principal, event);
	mm_logs_set(reader, MM_ROLE_TARGET_ID, target.guid, event);
	mm_logs_change_begin(&reading, reader, event);
	mm_logs_change_pairs(&reading, details->modified_properties);
	mm_logs_change_pairs(&reading, details->parameters);
	mm_logs_change_pairs(&reading, details->operation_properties);
	read_folder_permission(reader, details->item, &reading, event);
	more = mm_logs_pairs_find(reader, details->extended_properties, "additionalDetails");
	mm_logs_change_pairs(&reading, (struct mm_json_value){ .text = more,
	    .type = mm_slice_present(more) ? MM_JSON_STRING : MM_JSON_ABSENT });
	mm_logs_change_end(&reading);
	mm_logs_set(reader, MM_ROLE_TARGET, mm_logs_text(reader, details->object), event);
}

/* ---- all of them ---- */

static void
read_result(struct mm_logs_reader *reader, struct mm_json_value value, struct mm_logs_event *event)
{
	/* The operation itself may say it. */
	if (event->result == MM_LOGS_RESULT_UNKNOWN)
		event->result = (uint8_t)mm_logs_result_of(mm_logs_text(reader, value));
}

/* Types of users that are no people: 5 and 6 are applications. */
static void
read_user_type(struct mm_logs_reader *reader, struct mm_json_value value, struct mm_logs_event *event)
{
	struct mm_slice text = mm_logs_text(reader, value);

	if (mm_slice_equal(text, mm_slice_str("5")) || mm_slice_equal(text, mm_slice_str("6")) ||
	    mm_logs_is_word(text, "Application") || mm_logs_is_word(text, "ServicePrincipal"))
		event->flags |= MM_LOGS_APP_ONLY;
}

/* AppAccessContext, where newer records have what older ones have at the top, and what those lack. */
static const struct mm_logs_member context_members[] = {
	{ "UniqueTokenId", MM_ROLE_TOKEN, false },
	{ "IssuedAtTime", MM_ROLE_ISSUED, false },
	{ "AADSessionId", MM_ROLE_SESSION, false },
	{ "ClientAppId", MM_ROLE_CLIENT, true },
	{ "APIId", MM_ROLE_API, false },
	{ "ClientAppName", MM_ROLE_APPLICATION_NAME, false },
	{ "CorrelationId", MM_ROLE_CORRELATION, false },
	{ "UserObjectId", MM_ROLE_TOKEN_USER, true },
};

/* A token's session is that of its sign-in; the one at the top may be Exchange's own. */
static void
read_common(struct mm_logs_reader *reader, const struct mm_logs_m365_details *details, struct mm_logs_event *event)
{
	if (details->context.type != MM_JSON_ABSENT)
		mm_logs_set_nested(reader, context_members, MM_COUNT_OF(context_members), details->context, event);
	mm_logs_set(reader, MM_ROLE_SESSION, mm_logs_text(reader, details->session), event);
	read_result(reader, details->result, event);
	read_user_type(reader, details->user_type, event);
}

static void
read_kind(struct mm_logs_reader *reader, struct mm_json_value value, struct mm_logs_event *event)
{
	const struct mm_logs_operation *operation = mm_logs_operation_find(mm_logs_text(reader, value));

	if (operation == NULL)
		return;
	event->kind = (uint8_t)operation->kind;
	event->access = (uint8_t)operation->access;
	event->change = (uint8_t)operation->change;
	event->result = (uint8_t)operation->result;
}

enum mm_logs_outcome
mm_logs_m365_read(struct mm_logs_reader *reader, const struct mm_logs_member *columns, size_t count,
    const struct mm_json_value *values, const struct mm_logs_m365_details *details, struct mm_logs_event *event)
{
	read_kind(reader, details->operation, event);
	mm_logs_set_all(reader, columns, count, values, event);
	if (event->kind != MM_LOGS_OTHER || reader->keep_other)
		read_common(reader, details, event);
	switch ((enum mm_logs_kind)event->kind) {
	case MM_LOGS_MAIL_ACCESS: read_access(reader, details, event); break;
	case MM_LOGS_MAIL_ACTION: count_items(reader, details, event); break;
	case MM_LOGS_SIGN_IN: read_sign_in(reader, details, event); break;
	case MM_LOGS_CHANGE: read_change(reader, details, event); break;
	default: break;
	}
	mm_logs_settle(reader, event);
	return MM_LOGS_EVENT;
}

/* ---- items ---- */

/* The folder that PowerShell showed. */
static void
add_shown_folder(struct mm_logs_reader *reader, struct mm_json_value value, struct mm_logs_item_list *list)
{
	struct mm_slice text = mm_logs_text(reader, value);
	struct mm_logs_folder *folder = mm_logs_item_list_folder(list);

	list->lost = true;
	if (folder == NULL || !mm_logs_is_powershell(text))
		return;
	folder->path = mm_logs_powershell_setting(text, "Path");
	folder->id = mm_logs_powershell_setting(text, "Id");
}

static void
add_message(struct mm_logs_reader *reader, struct mm_json_value item, size_t folder, struct mm_logs_item_list *list)
{
	struct mm_json_value values[ITEM_NAMES];
	struct mm_logs_message *message = mm_logs_item_list_message(list);
	int64_t size;

	if (message == NULL)
		return;
	find_members(item, item_names, ITEM_NAMES, values);
	message->message_id = mm_logs_text(reader, values[ITEM_MESSAGE_ID]);
	message->id = mm_logs_text(reader, values[ITEM_ID]);
	message->subject = mm_logs_text(reader, values[ITEM_SUBJECT]);
	message->folder = folder;
	if (mm_walk_integer(values[ITEM_SIZE], &size) && size > 0)
		message->size = (uint64_t)size;
}

/* A folder by its description; returns its number, SIZE_MAX where there is none. */
static size_t
add_folder(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_item_list *list)
{
	struct mm_logs_folder *folder = mm_logs_item_list_folder(list);

	if (folder == NULL)
		return SIZE_MAX;
	folder->path = mm_logs_text(reader, values[FOLDER_PATH]);
	folder->id = mm_logs_text(reader, values[FOLDER_ID]);
	if (!mm_slice_present(folder->path))
		folder->path = mm_logs_text(reader, values[FOLDER_NAME]);
	return list->folders_count - 1;
}

static void
add_folders(struct mm_logs_reader *reader, struct mm_json_value folders, struct mm_logs_item_list *list)
{
	struct mm_json_value folder, item, values[FOLDER_NAMES];
	size_t position = 0;

	while (mm_walk_next(folders, &position, &folder)) {
		size_t at = 0, number;

		if (folder.type == MM_JSON_STRING) {
			add_shown_folder(reader, folder, list);
			continue;
		}
		find_members(folder, folder_names, FOLDER_NAMES, values);
		number = add_folder(reader, values, list);
		while (mm_walk_next(values[FOLDER_ITEMS], &at, &item))
			add_message(reader, item, number, list);
	}
}

/* An item with the folder that it is in; without a message's id it stands for the folder. */
static void
add_item(struct mm_logs_reader *reader, struct mm_json_value item, struct mm_logs_item_list *list)
{
	struct mm_json_value values[ITEM_NAMES], parts[FOLDER_NAMES];
	size_t number = SIZE_MAX;

	if (item.type != MM_JSON_OBJECT)
		return;
	find_members(item, item_names, ITEM_NAMES, values);
	if (values[ITEM_PARENT].type == MM_JSON_OBJECT) {
		find_members(values[ITEM_PARENT], folder_names, FOLDER_NAMES, parts);
		number = add_folder(reader, parts, list);
	}
	if (values[ITEM_MESSAGE_ID].type == MM_JSON_STRING)
		add_message(reader, item, number, list);
}

void
mm_logs_m365_items(struct mm_logs_reader *reader, const struct mm_logs_m365_details *details,
    struct mm_logs_item_list *list)
{
	struct mm_json_value affected = list_of(reader, details->affected_items), element;
	struct mm_slice type = mm_logs_pairs_find(reader, details->operation_properties, "MailAccessType");
	bool sync = mm_logs_is_word(type, "Sync");
	size_t position = 0;

	add_folders(reader, list_of(reader, details->folders), list);
	while (mm_walk_next(affected, &position, &element))
		add_item(reader, element, list);
	add_item(reader, list_of(reader, details->item), list);
	for (size_t i = 0; sync && i < list->folders_count; i++)
		list->folders[i].whole = true;
}

/* ---- AuditData ---- */

enum {
	OPERATION, CREATION_TIME, RECORD_ID, USER_TYPE, RESULT_STATUS, OPERATION_PROPERTIES, FOLDERS, ITEM,
	AFFECTED_ITEMS, APP_ACCESS_CONTEXT, PARAMETERS, EXTENDED_PROPERTIES, MODIFIED_PROPERTIES, DEVICE_PROPERTIES,
	ACTOR, TARGET, SESSION_ID, INTRA_SYSTEM_ID, OBJECT_ID
};

static const struct mm_logs_member members[] = {
	[OPERATION] = { "Operation", MM_ROLE_OPERATION, false },
	[CREATION_TIME] = { "CreationTime", MM_ROLE_TIME, false },
	[RECORD_ID] = { "Id", MM_ROLE_RECORD, false },
	[USER_TYPE] = { "UserType", MM_ROLE_OWN, false },
	[RESULT_STATUS] = { "ResultStatus", MM_ROLE_OWN, false },
	[OPERATION_PROPERTIES] = { "OperationProperties", MM_ROLE_OWN, false },
	[FOLDERS] = { "Folders", MM_ROLE_OWN, false },
	[ITEM] = { "Item", MM_ROLE_OWN, false },
	[AFFECTED_ITEMS] = { "AffectedItems", MM_ROLE_OWN, false },
	[APP_ACCESS_CONTEXT] = { "AppAccessContext", MM_ROLE_OWN, false },
	[PARAMETERS] = { "Parameters", MM_ROLE_OWN, false },
	[EXTENDED_PROPERTIES] = { "ExtendedProperties", MM_ROLE_OWN, false },
	[MODIFIED_PROPERTIES] = { "ModifiedProperties", MM_ROLE_OWN, false },
	[DEVICE_PROPERTIES] = { "DeviceProperties", MM_ROLE_OWN, false },
	[ACTOR] = { "Actor", MM_ROLE_OWN, false },
	[TARGET] = { "Target", MM_ROLE_OWN, false },
	[SESSION_ID] = { "SessionId", MM_ROLE_OWN, false },
	[INTRA_SYSTEM_ID] = { "IntraSystemId", MM_ROLE_OWN, false },
	[OBJECT_ID] = { "ObjectId", MM_ROLE_OWN, false },
	{ "UserId", MM_ROLE_USER, false },
	{ "OrganizationId", MM_ROLE_TENANT, false },
	{ "OrganizationName", MM_ROLE_ORGANISATION, false },
	{ "UserKey", MM_ROLE_USER_KEY, false },
	{ "MailboxOwnerUPN", MM_ROLE_MAILBOX, false },
	{ "MailboxGuid", MM_ROLE_MAILBOX_ID, false },
	{ "ClientAppId", MM_ROLE_CLIENT, false },
	{ "AppId", MM_ROLE_APPLICATION, false },
	{ "ApplicationId", MM_ROLE_APPLICATION, false },
	{ "APIId", MM_ROLE_API, true },
	{ "ClientInfoString", MM_ROLE_CLIENT_INFO, false },
	{ "ActorInfoString", MM_ROLE_ACTOR, false },
	{ "TokenTenantId", MM_ROLE_TOKEN_TENANT, false },
	{ "TokenObjectId", MM_ROLE_TOKEN_USER, false },
	{ "UniqueTokenId", MM_ROLE_TOKEN, true },
	{ "AADSessionId", MM_ROLE_SESSION, true },
	{ "ClientIPAddress", MM_ROLE_ADDRESS, false },
	{ "ClientIP", MM_ROLE_ADDRESS, false },
	{ "ActorIpAddress", MM_ROLE_ADDRESS, false },
	{ "OperationCount", MM_ROLE_COUNT, false },
	{ "ErrorNumber", MM_ROLE_ERROR, false },
	{ "LogonType", MM_ROLE_LOGON, false },
	{ "ExternalAccess", MM_ROLE_EXTERNAL, false },
	{ "IsThrottled", MM_ROLE_THROTTLED, true },
	{ "InterSystemsId", MM_ROLE_CORRELATION, false },
};

static void
take_details(const struct mm_json_value *values, struct mm_logs_m365_details *details)
{
	*details = (struct mm_logs_m365_details){
		.operation = values[OPERATION],
		.user_type = values[USER_TYPE],
		.result = values[RESULT_STATUS],
		.operation_properties = values[OPERATION_PROPERTIES],
		.folders = values[FOLDERS],
		.item = values[ITEM],
		.affected_items = values[AFFECTED_ITEMS],
		.context = values[APP_ACCESS_CONTEXT],
		.parameters = values[PARAMETERS],
		.extended_properties = values[EXTENDED_PROPERTIES],
		.modified_properties = values[MODIFIED_PROPERTIES],
		.device_properties = values[DEVICE_PROPERTIES],
		.actors = values[ACTOR],
		.targets = values[TARGET],
		.session = values[SESSION_ID],
		.request = values[INTRA_SYSTEM_ID],
		.object = values[OBJECT_ID],
	};
}

static enum mm_logs_outcome
read(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	struct mm_logs_m365_details details;

	take_details(values, &details);
	return mm_logs_m365_read(reader, members, MM_COUNT_OF(members), values, &details, event);
}

static void
items(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_item_list *list)
{
	struct mm_logs_m365_details details;

	take_details(values, &details);
	mm_logs_m365_items(reader, &details, list);
}

const struct mm_logs_shape mm_logs_shape_m365 = {
	.name = "m365-audit",
	.title = "Microsoft 365 unified audit log",
	.family = MM_LOGS_M365_AUDIT,
	.members = members,
	.members_count = MM_COUNT_OF(members),
	.required = 2,
	.read = read,
	.items = items,
};
