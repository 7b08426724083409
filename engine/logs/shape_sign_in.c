/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One kind of record in three spellings: Graph's members, which Azure Monitor has in an envelope; Sentinel's columns;
 * and those of the portal's CSV, whose header has blanks behind some names (they are trimmed) and one name twice.
 *
 * A sign-in's request id is its token's id: "uniqueTokenIdentifier" is base64url of the same GUID. Where the one is
 * missing the other is taken.
 */
#include "engine/logs/shape_sign_in.h"

#include "engine/logs/normalise.h"
#include "engine/logs/shape_directory.h"
#include "lib/base/array.h"

#include <strings.h>

/* Members with details of their own. */
enum {
	TIME, APPLICATION_ID, REQUEST_ID, RESULT, CATEGORY, IS_INTERACTIVE, INCOMING_TYPE, ISSUER_TYPE, ISSUER_NAME,
	REQUIREMENT, EVENT_TYPES, PRINCIPAL_ID, USER_NAME
};

/* What the issuer's numbers mean where more was asked for, and no token given yet. */
static bool
is_interrupted(uint32_t error)
{
	static const uint32_t codes[] = {
		16000, 16001, 16003,                 /* which account? */
		50058,                               /* not signed in yet */
		50072, 50074, 50076, 50079,          /* a second factor, or to set one up */
		50097,                               /* the device */
		50125, 50127, 50129, 50140, 50158,   /* password, broker, "stay signed in?", another party */
		50203, 65001,                        /* to set up an authenticator; consent */
	};

	for (size_t i = 0; i < MM_COUNT_OF(codes); i++)
		if (codes[i] == error)
			return true;
	return false;
}

/* Graph has {"errorCode":0,…}, also in a string; Sentinel the number alone; the portal a word. */
static void
read_result(struct mm_logs_reader *reader, struct mm_json_value value, struct mm_logs_event *event)
{
	static const struct mm_logs_member status[] = { { "errorCode", MM_ROLE_ERROR, false } };
	struct mm_slice text;
	int64_t number;
	bool is_number;

	mm_logs_set_nested(reader, status, 1, value, event);
	text = mm_logs_text(reader, value);
	is_number = mm_walk_integer(value, &number);
	if (is_number)
		mm_logs_set(reader, MM_ROLE_ERROR, text, event);
	if (event->error != 0)
		event->result = is_interrupted(event->error) ? MM_LOGS_INTERRUPTED : MM_LOGS_FAILED;
	else if (value.type == MM_JSON_OBJECT || is_number || mm_slice_equal(text, mm_slice_str("Success")))
		event->result = MM_LOGS_DONE;
	else if (mm_slice_equal(text, mm_slice_str("Interrupted")))
		event->result = MM_LOGS_INTERRUPTED;
	else if (mm_slice_equal(text, mm_slice_str("Failure")))
		event->result = MM_LOGS_FAILED;
	else if (text.len > 0 && text.ptr[0] == '{')
		event->result = MM_LOGS_DONE;
}

/* Which of the four logs it is from: by category, event types, or what it has. */
static void
read_type(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	struct mm_slice category = mm_logs_text(reader, values[CATEGORY]), types = values[EVENT_TYPES].text;
	bool interactive;

	if (event->sign_in != MM_LOGS_SIGN_IN_UNKNOWN)
		return;
	if (mm_logs_find(category, "ServicePrincipal") != NULL || mm_logs_find(types, "servicePrincipal") != NULL)
		event->sign_in = MM_LOGS_SERVICE_PRINCIPAL;
	else if (mm_logs_find(category, "ManagedIdentity") != NULL || mm_logs_find(types, "managedIdentity") != NULL)
		event->sign_in = MM_LOGS_MANAGED_IDENTITY;
	else if (mm_logs_find(category, "NonInteractive") != NULL || mm_logs_find(types, "nonInteractive") != NULL)
		event->sign_in = MM_LOGS_NON_INTERACTIVE;
	else if (mm_logs_find(types, "interactive") != NULL || mm_slice_equal(category, mm_slice_str("SignInLogs")))
		event->sign_in = MM_LOGS_INTERACTIVE;
	else if (mm_walk_truth(values[IS_INTERACTIVE], &interactive))
		event->sign_in = interactive ? MM_LOGS_INTERACTIVE : MM_LOGS_NON_INTERACTIVE;
	else if (event->user == 0 && mm_slice_present(mm_logs_text(reader, values[PRINCIPAL_ID])))
		event->sign_in = MM_LOGS_SERVICE_PRINCIPAL;
}

/* Append a word with a blank before it, unless it says "none". */
static size_t
add_word(struct mm_slice word, char *text, size_t len, size_t room)
{
	if (word.len == 0 || mm_slice_equal(word, mm_slice_str("none")) || word.len + 1 > room - len)
		return len;
	if (len > 0)
		text[len++] = ' ';
	memcpy(text + len, word.ptr, word.len);
	return len + word.len;
}

/* "saml20 ADFederationServices http://sts.example/adfs": of what type the token was that came in, and who made it. */
static void
read_issuer(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	char text[1024];
	size_t len = add_word(mm_logs_text(reader, values[INCOMING_TYPE]), text, 0, sizeof(text));

	len = add_word(mm_logs_text(reader, values[ISSUER_TYPE]), text, len, sizeof(text));
	len = add_word(mm_logs_text(reader, values[ISSUER_NAME]), text, len, sizeof(text));
	mm_logs_set(reader, MM_ROLE_TOKEN_ISSUER, mm_slice(text, len), event);
}

/* "multiFactorAuthentication", the portal's "Multifactor authentication". */
static void
read_requirement(struct mm_logs_reader *reader, struct mm_json_value value, struct mm_logs_event *event)
{
	struct mm_slice text = mm_logs_text(reader, value);

	if (text.len >= 11 && strncasecmp(text.ptr, "multifactor", 11) == 0)
		event->flags |= MM_LOGS_MULTI_FACTOR;
}

static enum mm_logs_outcome
read_sign_in(struct mm_logs_reader *reader, const struct mm_logs_member *members, size_t count,
    const struct mm_json_value *values, struct mm_logs_event *event)
{
	event->kind = MM_LOGS_SIGN_IN;
	mm_logs_set(reader, MM_ROLE_OPERATION, mm_slice_str("Sign-in activity"), event);
	mm_logs_set_all(reader, members, count, values, event);
	mm_logs_set(reader, MM_ROLE_TOKEN_OF_REQUEST, mm_logs_text(reader, values[REQUEST_ID]), event);
	read_result(reader, values[RESULT], event);
	read_type(reader, values, event);
	read_issuer(reader, values, event);
	read_requirement(reader, values[REQUIREMENT], event);
	if (event->sign_in == MM_LOGS_SERVICE_PRINCIPAL || event->sign_in == MM_LOGS_MANAGED_IDENTITY)
		event->flags |= MM_LOGS_APP_ONLY;
	mm_logs_settle(reader, event);
	return MM_LOGS_EVENT;
}

/* ---- Graph ---- */

static const struct mm_logs_member members[] = {
	[TIME] = { "createdDateTime", MM_ROLE_TIME, false },
	[APPLICATION_ID] = { "appId", MM_ROLE_CLIENT, false },
	[REQUEST_ID] = { "id", MM_ROLE_RECORD, false },
	[RESULT] = { "status", MM_ROLE_OWN, false },
	[CATEGORY] = { "category", MM_ROLE_OWN, false },
	[IS_INTERACTIVE] = { "isInteractive", MM_ROLE_OWN, false },
	[INCOMING_TYPE] = { "incomingTokenType", MM_ROLE_OWN, false },
	[ISSUER_TYPE] = { "tokenIssuerType", MM_ROLE_OWN, false },
	[ISSUER_NAME] = { "tokenIssuerName", MM_ROLE_OWN, false },
	[REQUIREMENT] = { "authenticationRequirement", MM_ROLE_OWN, false },
	[EVENT_TYPES] = { "signInEventTypes", MM_ROLE_OWN, false },
	[PRINCIPAL_ID] = { "servicePrincipalId", MM_ROLE_OWN, false },
	[USER_NAME] = { "userPrincipalName", MM_ROLE_USER, false },
	{ "userId", MM_ROLE_USER_KEY, false },
	{ "servicePrincipalName", MM_ROLE_APPLICATION_NAME, false },
	{ "appDisplayName", MM_ROLE_APPLICATION_NAME, false },
	{ "ipAddress", MM_ROLE_ADDRESS, false },
	{ "userAgent", MM_ROLE_CLIENT_INFO, false },
	{ "clientAppUsed", MM_ROLE_METHOD, false },
	{ "authenticationProtocol", MM_ROLE_PROTOCOL, false },
	{ "correlationId", MM_ROLE_CORRELATION, false },
	{ "uniqueTokenIdentifier", MM_ROLE_TOKEN, false },
	{ "sessionId", MM_ROLE_SESSION, false },
	{ "resourceId", MM_ROLE_RESOURCE, false },
	{ "resourceDisplayName", MM_ROLE_RESOURCE, false },
	{ "resourceTenantId", MM_ROLE_TENANT, false },
	{ "tenantId", MM_ROLE_TENANT, false },
	{ "homeTenantId", MM_ROLE_HOME_TENANT, false },
};

static enum mm_logs_outcome
read_graph(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	return read_sign_in(reader, members, MM_COUNT_OF(members), values, event);
}

const struct mm_logs_shape mm_logs_shape_sign_in = {
	.name = "sign-in",
	.title = "Entra sign-in log",
	.family = MM_LOGS_SIGN_INS,
	.members = members,
	.members_count = MM_COUNT_OF(members),
	.required = 2,
	.read = read_graph,
};

/* ---- Sentinel ---- */

static const struct mm_logs_member sentinel_members[] = {
	[TIME] = { "CreatedDateTime", MM_ROLE_TIME, false },
	[APPLICATION_ID] = { "AppId", MM_ROLE_CLIENT, false },
	[REQUEST_ID] = { "Id", MM_ROLE_RECORD, false },
	[RESULT] = { "ResultType", MM_ROLE_OWN, false },
	[CATEGORY] = { "Category", MM_ROLE_OWN, false },
	[IS_INTERACTIVE] = { "IsInteractive", MM_ROLE_OWN, false },
	[INCOMING_TYPE] = { "IncomingTokenType", MM_ROLE_OWN, false },
	[ISSUER_TYPE] = { "TokenIssuerType", MM_ROLE_OWN, false },
	[ISSUER_NAME] = { "TokenIssuerName", MM_ROLE_OWN, false },
	[REQUIREMENT] = { "AuthenticationRequirement", MM_ROLE_OWN, false },
	[EVENT_TYPES] = { "SignInEventTypes", MM_ROLE_OWN, false },
	[PRINCIPAL_ID] = { "ServicePrincipalId", MM_ROLE_OWN, false },
	[USER_NAME] = { "UserPrincipalName", MM_ROLE_USER, false },
	{ "TimeGenerated", MM_ROLE_TIME, false },
	{ "UserId", MM_ROLE_USER_KEY, false },
	{ "ServicePrincipalName", MM_ROLE_APPLICATION_NAME, false },
	{ "AppDisplayName", MM_ROLE_APPLICATION_NAME, false },
	{ "IPAddress", MM_ROLE_ADDRESS, false },
	{ "UserAgent", MM_ROLE_CLIENT_INFO, false },
	{ "ClientAppUsed", MM_ROLE_METHOD, false },
	{ "AuthenticationProtocol", MM_ROLE_PROTOCOL, false },
	{ "CorrelationId", MM_ROLE_CORRELATION, false },
	{ "UniqueTokenIdentifier", MM_ROLE_TOKEN, false },
	{ "SessionId", MM_ROLE_SESSION, false },
	{ "ResourceIdentity", MM_ROLE_RESOURCE, false },
	{ "ResourceId", MM_ROLE_OWN, false }, /* of Azure, not of the sign-in */
	{ "ResourceDisplayName", MM_ROLE_RESOURCE, false },
	{ "AADTenantId", MM_ROLE_TENANT, false },
	{ "ResourceTenantId", MM_ROLE_TENANT, false },
	{ "HomeTenantId", MM_ROLE_HOME_TENANT, false },
};

static enum mm_logs_outcome
read_sentinel(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	return read_sign_in(reader, sentinel_members, MM_COUNT_OF(sentinel_members), values, event);
}

const struct mm_logs_shape mm_logs_shape_sentinel_sign_in = {
	.name = "sentinel-sign-in",
	.title = "Microsoft Sentinel, Entra sign-ins",
	.family = MM_LOGS_SIGN_INS,
	.members = sentinel_members,
	.members_count = MM_COUNT_OF(sentinel_members),
	.required = 2,
	.read = read_sentinel,
};

/* ---- the portal ---- */

static const struct mm_logs_member portal_members[] = {
	[TIME] = { "Date (UTC)", MM_ROLE_TIME, false },
	[APPLICATION_ID] = { "Application ID", MM_ROLE_CLIENT, false },
	[REQUEST_ID] = { "Request ID", MM_ROLE_RECORD, false },
	[RESULT] = { "Status", MM_ROLE_OWN, false },
	[CATEGORY] = { "Category", MM_ROLE_OWN, false },
	[IS_INTERACTIVE] = { "Is Interactive", MM_ROLE_OWN, false },
	[INCOMING_TYPE] = { "Incoming token type", MM_ROLE_OWN, false },
	[ISSUER_TYPE] = { "Token issuer type", MM_ROLE_OWN, false },
	[ISSUER_NAME] = { "Token issuer name", MM_ROLE_OWN, false },
	[REQUIREMENT] = { "Authentication requirement", MM_ROLE_OWN, false },
	[EVENT_TYPES] = { "Sign-in event types", MM_ROLE_OWN, false },
	[PRINCIPAL_ID] = { "Service principal ID", MM_ROLE_OWN, false },
	[USER_NAME] = { "Username", MM_ROLE_USER, false },
	{ "Sign-in error code", MM_ROLE_ERROR, false },
	{ "User ID", MM_ROLE_USER_KEY, false },
	{ "Service principal name", MM_ROLE_APPLICATION_NAME, false },
	{ "Application", MM_ROLE_APPLICATION_NAME, false },
	{ "IP address", MM_ROLE_ADDRESS, false },
	{ "User agent", MM_ROLE_CLIENT_INFO, false },
	{ "Client app", MM_ROLE_METHOD, false },
	{ "Authentication Protocol", MM_ROLE_PROTOCOL, false },
	{ "Correlation ID", MM_ROLE_CORRELATION, false },
	{ "Unique token identifier", MM_ROLE_TOKEN, false },
	{ "Session ID", MM_ROLE_SESSION, false },
	{ "Resource ID", MM_ROLE_RESOURCE, false },
	{ "Resource", MM_ROLE_RESOURCE, false },
	{ "Resource tenant ID", MM_ROLE_TENANT, false },
	{ "Home tenant ID", MM_ROLE_HOME_TENANT, false },
};

static enum mm_logs_outcome
read_portal(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	return read_sign_in(reader, portal_members, MM_COUNT_OF(portal_members), values, event);
}

const struct mm_logs_shape mm_logs_shape_portal_sign_in = {
	.name = "portal-sign-in",
	.title = "Entra sign-in log, downloaded from the portal",
	.family = MM_LOGS_SIGN_INS,
	.members = portal_members,
	.members_count = MM_COUNT_OF(portal_members),
	.required = 3,
	.read = read_portal,
};

/* ---- Azure Monitor ---- */

enum { MONITOR_CATEGORY, MONITOR_TIME, MONITOR_PROPERTIES, MONITOR_OPERATION, MONITOR_TENANT, MONITOR_ADDRESS };

static const struct mm_logs_member monitor_members[] = {
	[MONITOR_CATEGORY] = { "category", MM_ROLE_OWN, false },
	[MONITOR_TIME] = { "time", MM_ROLE_OWN, false },
	[MONITOR_PROPERTIES] = { "properties", MM_ROLE_OWN, false },
	[MONITOR_OPERATION] = { "operationName", MM_ROLE_OWN, false },
	[MONITOR_TENANT] = { "tenantId", MM_ROLE_OWN, false },
	[MONITOR_ADDRESS] = { "callerIpAddress", MM_ROLE_OWN, false },
};

static const struct {
	const char *category;
	enum mm_logs_sign_in type;
} categories[] = {
	{ "SignInLogs", MM_LOGS_INTERACTIVE },
	{ "NonInteractiveUserSignInLogs", MM_LOGS_NON_INTERACTIVE },
	{ "ServicePrincipalSignInLogs", MM_LOGS_SERVICE_PRINCIPAL },
	{ "ManagedIdentitySignInLogs", MM_LOGS_MANAGED_IDENTITY },
	{ "ADFSSignInLogs", MM_LOGS_INTERACTIVE },
};

/* What stands within counts; the envelope's operation, tenant and time where it does not say. */
static enum mm_logs_outcome
read_enveloped(struct mm_logs_reader *reader, const struct mm_logs_shape *shape, const struct mm_json_value *values,
    struct mm_logs_event *event)
{
	enum mm_logs_outcome outcome;

	mm_logs_set(reader, MM_ROLE_OPERATION, mm_logs_text(reader, values[MONITOR_OPERATION]), event);
	mm_logs_set(reader, MM_ROLE_TENANT, mm_logs_text(reader, values[MONITOR_TENANT]), event);
	outcome = mm_logs_shape_unwrap(reader, shape, values[MONITOR_PROPERTIES], event);
	if (outcome != MM_LOGS_EVENT)
		return outcome;
	mm_logs_set(reader, MM_ROLE_TIME, mm_logs_text(reader, values[MONITOR_TIME]), event);
	mm_logs_set(reader, MM_ROLE_ADDRESS, mm_logs_text(reader, values[MONITOR_ADDRESS]), event);
	return outcome;
}

static enum mm_logs_outcome
read_monitor(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	struct mm_slice category = mm_logs_text(reader, values[MONITOR_CATEGORY]);

	for (size_t i = 0; i < MM_COUNT_OF(categories); i++) {
		if (!mm_slice_equal(category, mm_slice_str(categories[i].category)))
			continue;
		event->sign_in = (uint8_t)categories[i].type;
		event->place.family = MM_LOGS_SIGN_INS;
		return read_enveloped(reader, &mm_logs_shape_sign_in, values, event);
	}
	event->place.family = MM_LOGS_DIRECTORY;
	if (mm_slice_equal(category, mm_slice_str("AuditLogs")))
		return read_enveloped(reader, &mm_logs_shape_directory, values, event);
	return MM_LOGS_UNKNOWN;
}

const struct mm_logs_shape mm_logs_shape_monitor = {
	.name = "azure-monitor",
	.title = "Entra logs as Azure Monitor exports them",
	.family = MM_LOGS_SIGN_INS,
	.members = monitor_members,
	.members_count = MM_COUNT_OF(monitor_members),
	.required = 3,
	.read = read_monitor,
};
