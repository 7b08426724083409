/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function a kind of record. Everything in a record follows from the seed and its number.
 */
#include "test/maker/log_record.h"

#include <string.h>

#define EXCHANGE "00000002-0000-0ff1-ce00-000000000000"
#define GRAPH "00000003-0000-0000-c000-000000000000"

const struct log_application log_applications[LOG_APPLICATIONS] = {
	{ "9199bf20-a13f-4107-85dc-02114787ef48", EXCHANGE, "Client=OWA;Action=ViaProxy", "One Outlook Web", false },
	{ "d3590ed6-52b3-4102-aeff-aad2292ab01c", EXCHANGE, "Client=MSExchangeRPC", "Microsoft Office", true },
	{ "27922004-5251-4030-b22d-91ecd9a37ea4", GRAPH, "Client=REST;Client=RESTSystem;;", "Outlook Mobile", true },
	{ "f8d98a96-0999-43f5-8af3-69971c7bb423", EXCHANGE,
	    "Client=ActiveSync;UserAgent=[Apple-iPhone14C2/2008.56];Action=Sync", "iOS Accounts", true },
	{ "13937bba-652e-4c46-b222-3003f4d1ff97", GRAPH, "Client=REST;;", "Substrate Context Service", false },
	{ "47629505-c2b6-4a80-adb1-9b3a3d233b7b", EXCHANGE,
	    "Client=WebServices;ExchangeWebServicesProxy/CrossSite/EXCH/15.20.7249.024/python-requests/2.25.1;",
	    "Backup", false },
	{ "1fec8e78-bce4-4aaf-ab1b-5451cc387264", GRAPH, "Client=REST;;", "Microsoft Teams", false },
	{ "5e3ce6c0-2b1f-4285-8d4b-75ee78787346", GRAPH, "Client=REST;;", "Microsoft Teams Web Client", false },
};

/* ---- names ---- */

void
log_actor_make(uint64_t seed, uint64_t person, uint64_t tenants, unsigned choice, int64_t time_s,
    struct log_actor *actor)
{
	uint64_t uses = log_mix(seed ^ 11, person * 4 + choice), slot, token;

	actor->person = person;
	actor->tenant = person % tenants;
	actor->application = (unsigned)(uses % LOG_APPLICATIONS);
	actor->time_s = time_s;
	/* Tokens are asked for anew when the old one ends; each person's at another time. */
	slot = ((uint64_t)time_s + uses % LOG_TOKEN_S) / LOG_TOKEN_S;
	actor->issued_s = (int64_t)(slot * LOG_TOKEN_S - uses % LOG_TOKEN_S);
	token = log_mix(seed ^ 12, (person * LOG_APPLICATIONS + actor->application) * 100000000 + slot);
	actor->token[0] = token;
	actor->token[1] = log_mix(token, 1) & ~UINT64_C(0xff);
	actor->session[0] = log_mix(seed ^ 13, person * LOG_APPLICATIONS + actor->application);
	actor->session[1] = log_mix(actor->session[0], (uint64_t)time_s / (86400 * 7));
}

void
log_add_tenant(struct log_text *text, uint64_t seed, uint64_t tenant)
{
	uint64_t id = log_mix(seed ^ 21, tenant);

	log_text_add_guid(text, id, log_mix(id, 1));
}

void
log_add_domain(struct log_text *text, uint64_t tenant)
{
	log_text_add(text, "tenant");
	log_text_add_number(text, tenant);
	log_text_add(text, ".example");
}

void
log_add_person(struct log_text *text, const struct log_actor *actor)
{
	log_text_add(text, "person");
	log_text_add_number(text, actor->person);
	log_text_add(text, "@");
	log_add_domain(text, actor->tenant);
}

/* The same, with capital letters as the log writes one in five. */
static void
add_person_as_written(struct log_text *text, const struct log_actor *actor, uint64_t chance)
{
	if (chance % 5 != 0) {
		log_add_person(text, actor);
		return;
	}
	log_text_add(text, "Person");
	log_text_add_number(text, actor->person);
	log_text_add(text, "@Tenant");
	log_text_add_number(text, actor->tenant);
	log_text_add(text, ".Example");
}

/* ---- pieces ---- */

static void
add_string(struct log_text *text, const char *name, const char *value)
{
	log_text_add(text, ",\"");
	log_text_add(text, name);
	log_text_add(text, "\":\"");
	log_text_add(text, value);
	log_text_add(text, "\"");
}

static void
add_number(struct log_text *text, const char *name, uint64_t value)
{
	log_text_add(text, ",\"");
	log_text_add(text, name);
	log_text_add(text, "\":");
	log_text_add_number(text, value);
}

static void
begin_name(struct log_text *text, const char *name)
{
	log_text_add(text, ",\"");
	log_text_add(text, name);
	log_text_add(text, "\":\"");
}

/* A person's own address: one at home and one at work, of IPv4 or IPv6. */
static void
add_own_address(struct log_text *text, uint64_t seed, const struct log_actor *actor, uint64_t chance)
{
	uint64_t place = log_mix(seed ^ 31, actor->person * 2 + (chance & 1));

	if (place % 4 == 0) {
		log_text_add(text, chance % 8 < 4 ? "2001:db8:" : "[2001:db8:");
		log_text_add_number(text, place >> 8 & 0xfff);
		log_text_add(text, "::");
		log_text_add_number(text, place >> 24 & 0xff);
		if (chance % 8 >= 4)
			log_text_add(text, "]:51234");
		return;
	}
	log_text_add(text, "198.");
	log_text_add_number(text, 18 + (place >> 8 & 1));
	log_text_add(text, ".");
	log_text_add_number(text, place >> 16 & 0xff);
	log_text_add(text, ".");
	log_text_add_number(text, 1 + (place >> 24 & 0x7f));
	if (chance % 8 >= 4)
		log_text_add(text, ":49152");
}

static void
add_address(struct log_text *text, uint64_t seed, const char *name, const struct log_actor *actor, uint64_t chance,
    bool of_mail)
{
	begin_name(text, name);
	if (of_mail && chance % 100 < 52) {
		log_text_add(text, "2603:10a6:");
		log_text_add_number(text, 100 + chance % 400);
		log_text_add(text, ":");
		log_text_add_number(text, chance >> 16 & 0x3f);
		log_text_add(text, "::");
		log_text_add_number(text, 1 + (chance >> 24 & 0x1f));
	} else if (chance % 100 < 97)
		add_own_address(text, seed, actor, chance >> 32);
	log_text_add(text, "\"");
}

static void
add_head(struct log_text *text, uint64_t seed, uint64_t number, const struct log_actor *actor, const char *operation,
    unsigned type, const char *workload)
{
	uint64_t id = log_mix(seed ^ 41, number);

	log_text_add(text, "{\"CreationTime\":\"");
	log_text_add_time(text, actor->time_s);
	log_text_add(text, "\"");
	begin_name(text, "Id");
	log_text_add_guid(text, id, log_mix(id, 1));
	log_text_add(text, "\"");
	add_string(text, "Operation", operation);
	begin_name(text, "OrganizationId");
	log_add_tenant(text, seed, actor->tenant);
	log_text_add(text, "\"");
	add_number(text, "RecordType", type);
	add_string(text, "ResultStatus", "Succeeded");
	begin_name(text, "UserKey");
	log_text_add(text, "1003");
	log_text_add_number(text, UINT64_C(100000000000) + actor->person);
	log_text_add(text, "\"");
	add_number(text, "UserType", 0);
	add_number(text, "Version", 1);
	add_string(text, "Workload", workload);
	begin_name(text, "UserId");
	add_person_as_written(text, actor, id >> 8);
	log_text_add(text, "\"");
}

/* ---- mail ---- */

static void
add_message(struct log_text *text, uint64_t seed, uint64_t tenant, uint64_t message)
{
	uint64_t id = log_mix(seed ^ 51, message);

	log_text_add(text, "{\"Id\":\"RgAAAAD8xQ3vR1mTSq7aK9dE2bFwBwBh5uQ2kVnLTZcY0pWxR3sAAAAAAEMAABh5uQ2kVnLTZ\"");
	begin_name(text, "InternetMessageId");
	log_text_add(text, "<");
	log_text_add_number(text, id);
	log_text_add(text, ".");
	log_text_add_number(text, message);
	log_text_add(text, "@");
	log_add_domain(text, tenant);
	log_text_add(text, ">\"");
	add_number(text, "SizeInBytes", 2000 + id % 200000);
	log_text_add(text, "}");
}

static void
add_folder_id(struct log_text *text)
{
	log_text_add(text, "\"Id\":\"LgAAAAC0AxwgOj/BRq9Bs1bhMPw/AQDh+UNSDzeHSLWfq+fr83BDAAAAAAEMAAAB\"");
}

static void
add_owner(struct log_text *text, uint64_t seed, const struct log_actor *actor)
{
	uint64_t mailbox = log_mix(seed ^ 52, actor->person);

	log_text_add(text, ",\"ExternalAccess\":false,\"InternalLogonType\":0,\"LogonType\":0");
	begin_name(text, "LogonUserSid");
	log_text_add(text, "S-1-5-21-1148582062-3132321681-773847816-");
	log_text_add_number(text, 1000000 + actor->person);
	log_text_add(text, "\"");
	begin_name(text, "MailboxGuid");
	log_text_add_guid(text, mailbox, log_mix(mailbox, 1));
	log_text_add(text, "\"");
	begin_name(text, "MailboxOwnerSid");
	log_text_add(text, "S-1-5-21-1148582062-3132321681-773847816-");
	log_text_add_number(text, 1000000 + actor->person);
	log_text_add(text, "\"");
	begin_name(text, "MailboxOwnerUPN");
	log_add_person(text, actor);
	log_text_add(text, "\"");
}

static void
add_context(struct log_text *text, const struct log_actor *actor, const char *client)
{
	log_text_add(text, ",\"AppAccessContext\":{\"AADSessionId\":\"");
	log_text_add_guid(text, actor->session[0], actor->session[1]);
	log_text_add(text, "\",\"APIId\":\"" EXCHANGE "\",\"ClientAppId\":\"");
	log_text_add(text, client);
	log_text_add(text, "\",\"IssuedAtTime\":\"");
	log_text_add_time(text, actor->issued_s);
	log_text_add(text, "\",\"UniqueTokenId\":\"");
	log_text_add_token(text, actor->token[0], actor->token[1]);
	log_text_add(text, "\"}");
}

static void
add_tail(struct log_text *text, const struct log_actor *actor)
{
	begin_name(text, "OrganizationName");
	log_add_domain(text, actor->tenant);
	log_text_add(text, "\",\"OriginatingServer\":\"CH0PR18MB5530 (15.20.4200.000)\\r\\n\"");
}

static void
add_access_type(struct log_text *text, const char *type, bool throttled)
{
	log_text_add(text, ",\"OperationProperties\":[{\"Name\":\"MailAccessType\",\"Value\":\"");
	log_text_add(text, type);
	log_text_add(text, "\"},{\"Name\":\"IsThrottled\",\"Value\":\"");
	log_text_add(text, throttled ? "True\"}]" : "False\"}]");
}

/* Bind: 1 to 20 messages of a folder. */
static void
add_bind(struct log_text *text, uint64_t seed, uint64_t number, const struct log_actor *actor, bool *uses_token)
{
	const struct log_application *application = &log_applications[actor->application];
	uint64_t chance = log_mix(seed ^ 53, number);
	unsigned count = 1 + (unsigned)(chance >> 40) % 20;

	add_head(text, seed, number, actor, "MailItemsAccessed", 50, "Exchange");
	if (chance % 100 >= 16)
		add_string(text, "AppId", application->application);
	add_string(text, "ClientAppId", chance % 100 < 30 ? "" : application->id);
	add_address(text, seed, "ClientIPAddress", actor, log_mix(chance, 1), true);
	add_string(text, "ClientInfoString", application->client_info);
	add_owner(text, seed, actor);
	add_access_type(text, "Bind", false);
	add_tail(text, actor);
	*uses_token = chance >> 20 & 1;
	if (*uses_token)
		add_context(text, actor, application->id);
	log_text_add(text, ",\"Folders\":[{\"FolderItems\":[");
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			log_text_add(text, ",");
		add_message(text, seed, actor->tenant, actor->person * 100000 + (chance + i) % 5000);
	}
	log_text_add(text, "],");
	add_folder_id(text);
	log_text_add(text, ",\"Path\":\"\\\\Inbox\"}]");
	add_number(text, "OperationCount", count);
	log_text_add(text, "}");
}

/* Sync: a whole folder. */
static void
add_sync(struct log_text *text, uint64_t seed, uint64_t number, const struct log_actor *actor, bool *uses_token)
{
	const struct log_application *application = &log_applications[actor->application];
	uint64_t chance = log_mix(seed ^ 54, number);

	add_head(text, seed, number, actor, "MailItemsAccessed", 2, "Exchange");
	add_string(text, "AppId", application->application);
	add_string(text, "ClientAppId", application->id);
	add_address(text, seed, "ClientIPAddress", actor, log_mix(chance, 1), true);
	add_string(text, "ClientInfoString", application->client_info);
	add_owner(text, seed, actor);
	add_access_type(text, "Sync", false);
	add_tail(text, actor);
	*uses_token = true;
	add_context(text, actor, application->id);
	log_text_add(text, ",\"Item\":{");
	add_folder_id(text);
	log_text_add(text, ",\"ParentFolder\":{");
	add_folder_id(text);
	log_text_add(text, chance % 3 == 0 ? ",\"Name\":\"Sent Items\",\"Path\":\"\\\\Sent Items\"}}}" :
	                                     ",\"Name\":\"Inbox\",\"Path\":\"\\\\Inbox\"}}}");
}

static void
add_action(struct log_text *text, uint64_t seed, uint64_t number, const struct log_actor *actor)
{
	static const char *const operations[] = { "Send", "Update", "HardDelete", "MoveToDeletedItems", "Create" };
	const struct log_application *application = &log_applications[actor->application];
	uint64_t chance = log_mix(seed ^ 55, number);

	add_head(text, seed, number, actor, operations[chance % 5], 2, "Exchange");
	add_string(text, "AppId", application->application);
	add_string(text, "ClientAppId", application->id);
	add_address(text, seed, "ClientIPAddress", actor, log_mix(chance, 1), false);
	add_string(text, "ClientInfoString", application->client_info);
	add_owner(text, seed, actor);
	add_tail(text, actor);
	log_text_add(text, ",\"AffectedItems\":[");
	add_message(text, seed, actor->tenant, actor->person * 100000 + chance % 5000);
	log_text_add(text, "]}");
}

/* ---- the rest of a log ---- */

static void
add_file(struct log_text *text, uint64_t seed, uint64_t number, const struct log_actor *actor)
{
	static const char *const operations[] = { "FileAccessed", "FileModified", "PageViewed", "FileDownloaded" };
	uint64_t chance = log_mix(seed ^ 61, number);

	add_head(text, seed, number, actor, operations[chance % 4], 6, "SharePoint");
	add_address(text, seed, "ClientIP", actor, log_mix(chance, 1), false);
	begin_name(text, "ObjectId");
	log_text_add(text, "https://");
	log_add_domain(text, actor->tenant);
	log_text_add(text, "/sites/project");
	log_text_add_number(text, chance % 1000);
	log_text_add(text, "/Shared Documents/General/document ");
	log_text_add_number(text, chance >> 20 & 0xffff);
	log_text_add(text, ".docx\"");
	log_text_add(text, ",\"AuthenticationType\":\"OAuth\",\"BrowserName\":\"Chrome\","
	    "\"BrowserVersion\":\"114.0.0.0\","
	    "\"EventSource\":\"SharePoint\",\"IsManagedDevice\":false,\"ItemType\":\"File\","
	    "\"ListId\":\"7cfcc8fc-0d4a-4e1c-9592-dbb3de1e3859\","
	    "\"ListItemUniqueId\":\"aa5a3a75-f5ee-4c79-9b6a-6f1c1fd4c9a1\","
	    "\"Platform\":\"WinDesktop\",\"Site\":\"3a9f77c3-2bf5-4f05-8e1b-4a6b0be15f8e\","
	    "\"UserAgent\":\"Mozilla/5.0 (Windows NT "
	    "10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36\","
	    "\"WebId\":\"c3a5f0b4-45b1-4b0c-9cf6-2c2a1c4b5d6e\",\"HighPriorityMediaProcessing\":false,"
	    "\"SourceFileExtension\":\"docx\",\"SiteUrl\":\"https://");
	log_add_domain(text, actor->tenant);
	log_text_add(text, "/sites/project");
	log_text_add_number(text, chance % 1000);
	log_text_add(text, "/\",\"ApplicationDisplayName\":\"Media Analysis and Transformation Service\"}");
}

static void
add_sign_in(struct log_text *text, uint64_t seed, uint64_t number, const struct log_actor *actor, bool failed)
{
	const struct log_application *application = &log_applications[actor->application];
	uint64_t chance = log_mix(seed ^ 62, number);

	add_head(text, seed, number, actor, failed ? "UserLoginFailed" : "UserLoggedIn", 15, "AzureActiveDirectory");
	add_address(text, seed, "ClientIP", actor, log_mix(chance, 1), false);
	add_string(text, "ObjectId", EXCHANGE);
	log_text_add(text, ",\"AzureActiveDirectoryEventType\":1,"
	    "\"ExtendedProperties\":[{\"Name\":\"ResultStatusDetail\","
	    "\"Value\":\"Success\"},{\"Name\":\"UserAgent\",\"Value\":\"Mozilla/5.0 (Windows NT 10.0; Win64; x64; "
	    "rv:120.0) "
	    "Gecko/20100101 Firefox/120.0\"},{\"Name\":\"RequestType\",\"Value\":\"OAuth2:Authorize\"}],"
	    "\"ModifiedProperties\":[],\"Actor\":[{\"ID\":\"");
	log_text_add_guid(text, actor->person, 7);
	log_text_add(text, "\",\"Type\":0},{\"ID\":\"");
	log_add_person(text, actor);
	log_text_add(text, "\",\"Type\":5}]");
	begin_name(text, "InterSystemsId");
	log_text_add_guid(text, chance, chance);
	log_text_add(text, "\"");
	begin_name(text, "IntraSystemId");
	log_text_add_guid(text, failed ? chance : actor->token[0], actor->token[1]);
	log_text_add(text, "\",\"SupportTicketId\":\"\",\"Target\":[{\"ID\":\"" EXCHANGE "\",\"Type\":0}]");
	add_string(text, "ApplicationId", application->id);
	log_text_add(text, ",\"DeviceProperties\":[{\"Name\":\"OS\",\"Value\":\"Windows10\"},{\"Name\":\"BrowserType\","
	    "\"Value\":\"Firefox\"},{\"Name\":\"SessionId\",\"Value\":\"");
	log_text_add_guid(text, actor->session[0], actor->session[1]);
	log_text_add(text, failed ? "\"}],\"ErrorNumber\":\"50126\"}" : "\"}],\"ErrorNumber\":\"0\"}");
}

static void
add_directory(struct log_text *text, uint64_t seed, uint64_t number, const struct log_actor *actor)
{
	uint64_t chance = log_mix(seed ^ 63, number);

	add_head(text, seed, number, actor, chance % 50 == 0 ? "Reset user password." : "Update user.", 8,
	    "AzureActiveDirectory");
	log_text_add(text, ",\"ObjectId\":\"");
	log_add_person(text, actor);
	log_text_add(text, "\",\"AzureActiveDirectoryEventType\":1,"
	    "\"ExtendedProperties\":[{\"Name\":\"additionalDetails\","
	    "\"Value\":\"{\\\"UserType\\\":\\\"Member\\\"}\"},{\"Name\":\"extendedAuditEventCategory\","
	    "\"Value\":\"User\"}],"
	    "\"ModifiedProperties\":[{\"Name\":\"LastDirSyncTime\",\"NewValue\":\"[\\r\\n  "
	    "\\\"2023-05-20T10:00:00Z\\\"\\r\\n]\","
	    "\"OldValue\":\"[]\"},{\"Name\":\"Included Updated Properties\",\"NewValue\":\"LastDirSyncTime\","
	    "\"OldValue\":\"\"}],"
	    "\"Actor\":[{\"ID\":\"");
	log_add_person(text, actor);
	log_text_add(text, "\",\"Type\":5}],\"Target\":[{\"ID\":\"");
	log_add_person(text, actor);
	log_text_add(text, "\",\"Type\":5},{\"ID\":\"User\",\"Type\":2}]}");
}

static void
add_setting(struct log_text *text, uint64_t seed, uint64_t number, const struct log_actor *actor)
{
	add_head(text, seed, number, actor, "Set-Mailbox", 1, "Exchange");
	add_address(text, seed, "ClientIP", actor, log_mix(seed ^ 64, number), false);
	log_text_add(text, ",\"ObjectId\":\"");
	log_add_person(text, actor);
	log_text_add(text, "\",\"AppId\":\"" EXCHANGE "\",\"ClientAppId\":\"\",\"ExternalAccess\":false");
	add_tail(text, actor);
	log_text_add(text, ",\"Parameters\":[{\"Name\":\"Identity\",\"Value\":\"");
	log_add_person(text, actor);
	log_text_add(text, "\"},{\"Name\":\"MaxSendSize\",\"Value\":\"35 MB\"}]}");
}

/* ---- kinds ---- */

void
log_record_add(struct log_text *text, uint64_t seed, uint64_t number, const struct log_actor *actor, bool *uses_token)
{
	uint64_t kind = log_mix(seed ^ 71, number) % 1000;

	*uses_token = false;
	if (kind < 58) {
		if (log_applications[actor->application].syncs && kind % 4 == 0)
			add_sync(text, seed, number, actor, uses_token);
		else
			add_bind(text, seed, number, actor, uses_token);
	} else if (kind < 180)
		add_action(text, seed, number, actor);
	else if (kind < 300) {
		*uses_token = kind >= 200;
		add_sign_in(text, seed, number, actor, kind < 200);
	} else if (kind < 340)
		add_directory(text, seed, number, actor);
	else if (kind < 345)
		add_setting(text, seed, number, actor);
	else
		add_file(text, seed, number, actor);
}

void
log_theft_add(struct log_text *text, uint64_t seed, uint64_t number, const struct log_theft *theft)
{
	struct log_actor owner = {
		.person = theft->mailbox,
		.tenant = theft->tenant,
		.time_s = theft->time_s,
		.token = { theft->token[0], theft->token[1] },
		.issued_s = theft->issued_s,
		.session = { log_mix(theft->token[0], 2), log_mix(theft->token[0], 3) },
	};

	add_head(text, seed, number, &owner, "MailItemsAccessed", 50, "Exchange");
	add_string(text, "AppId", EXCHANGE);
	add_string(text, "ClientAppId", LOG_THIEF_APPLICATION);
	begin_name(text, "ClientIPAddress");
	log_text_add(text, "203.0.113.");
	log_text_add_number(text, 10 + theft->address);
	log_text_add(text, "\"");
	add_string(text, "ClientInfoString", "Client=REST;Client=RESTSystem;;");
	add_owner(text, seed, &owner);
	add_access_type(text, "Bind", theft->throttled);
	add_tail(text, &owner);
	add_context(text, &owner, LOG_THIEF_APPLICATION);
	log_text_add(text, ",\"Folders\":[{\"FolderItems\":[");
	for (unsigned i = 0; i < theft->count; i++) {
		if (i > 0)
			log_text_add(text, ",");
		add_message(text, seed ^ 81, theft->tenant, theft->first + i);
	}
	log_text_add(text, "],");
	add_folder_id(text);
	log_text_add(text, ",\"Path\":\"\\\\Inbox\"}]");
	add_number(text, "OperationCount", theft->count);
	log_text_add(text, "}");
}

void
log_sign_in_add(struct log_text *text, uint64_t seed, const struct log_actor *actor)
{
	const struct log_application *application = &log_applications[actor->application];

	log_text_add(text, "{\"id\":\"");
	log_text_add_guid(text, actor->token[0], actor->token[1]);
	log_text_add(text, "\",\"createdDateTime\":\"");
	log_text_add_time(text, actor->issued_s);
	log_text_add(text, "Z\",\"userDisplayName\":\"Person\",\"userPrincipalName\":\"");
	log_add_person(text, actor);
	log_text_add(text, "\",\"userId\":\"");
	log_text_add_guid(text, actor->person, 7);
	log_text_add(text, "\"");
	add_string(text, "appId", application->id);
	add_string(text, "appDisplayName", application->name);
	begin_name(text, "ipAddress");
	add_own_address(text, seed, actor, 0);
	log_text_add(text, "\",\"clientAppUsed\":\"Browser\",\"correlationId\":\"");
	log_text_add_guid(text, log_mix(actor->token[0], 5), actor->token[1]);
	log_text_add(text, "\",\"isInteractive\":false,\"status\":{\"errorCode\":0,\"failureReason\":\"Other.\","
	    "\"additionalDetails\":null},\"resourceDisplayName\":\"Office 365 Exchange Online\","
	    "\"resourceId\":\"" EXCHANGE
	    "\",\"resourceTenantId\":\"");
	log_add_tenant(text, seed, actor->tenant);
	log_text_add(text, "\",\"homeTenantId\":\"");
	log_add_tenant(text, seed, actor->tenant);
	log_text_add(text, "\",\"signInEventTypes\":[\"nonInteractiveUser\"],\"incomingTokenType\":\"none\","
	    "\"tokenIssuerType\":\"AzureAD\",\"sessionId\":\"");
	log_text_add_guid(text, actor->session[0], actor->session[1]);
	log_text_add(text, "\",\"uniqueTokenIdentifier\":\"");
	log_text_add_token(text, actor->token[0], actor->token[1]);
	log_text_add(text, "\"}");
}
