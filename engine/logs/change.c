/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row for each name that says something, and a function for each way of saying it. What the directory calls new and
 * old values are JSON in strings, or bare, depending on who exported them: plain() makes them one.
 */
#include "engine/logs/change.h"

#include "engine/logs/normalise.h"
#include "lib/base/array.h"

#include <strings.h>

/* ---- texts ---- */

/* Parts of a list beyond what is kept say nothing more. */
void
mm_logs_change_add(struct mm_logs_change_reading *reading, struct mm_slice text)
{
	size_t room = sizeof(reading->added) - reading->added_len;

	if (text.len == 0)
		return;
	if (reading->added_len > 0 && room > 2) {
		memcpy(reading->added + reading->added_len, "; ", 2);
		reading->added_len += 2;
		room -= 2;
	}
	if (text.len > room)
		text.len = room;
	memcpy(reading->added + reading->added_len, text.ptr, text.len);
	reading->added_len += text.len;
}

/* "name=value", as one part. */
static void
add_setting(struct mm_logs_change_reading *reading, struct mm_slice name, struct mm_slice value)
{
	char text[512];
	size_t len = name.len < 128 ? name.len : 128, rest;

	if (value.len == 0)
		return;
	memcpy(text, name.ptr, len);
	text[len++] = '=';
	rest = value.len < sizeof(text) - len ? value.len : sizeof(text) - len;
	memcpy(text + len, value.ptr, rest);
	mm_logs_change_add(reading, mm_slice(text, len + rest));
}

/* A value without the JSON around it: "\"x\"" and "[\"x\"]" are x; a list keeps its first element. */
static struct mm_slice
plain(struct mm_logs_reader *reader, struct mm_json_value value)
{
	struct mm_slice text = mm_logs_text(reader, value);
	struct mm_json_value inner, element;
	size_t length, position = 0;

	if (text.len == 0 || (text.ptr[0] != '"' && text.ptr[0] != '['))
		return text;
	if (mm_walk_value(text, &inner, &length) != MM_WALK_WHOLE || length < text.len)
		return text;
	if (inner.type == MM_JSON_STRING)
		return mm_logs_text(reader, inner);
	if (!mm_walk_next(inner, &position, &element))
		return MM_SLICE_ABSENT;
	return element.type == MM_JSON_STRING ? mm_logs_text(reader, element) : text;
}

/* Behind a text; of an absent one there is no place to count from. */
static const char *
end_of(struct mm_slice text)
{
	return text.len == 0 ? text.ptr : text.ptr + text.len;
}

/* ---- credentials ---- */

#define CREDENTIAL "[KeyIdentifier="

/* The description of a credential at at, "[KeyIdentifier=…,KeyType=…,…]", without its brackets. */
static struct mm_slice
credential_at(const char *at, const char *end)
{
	const char *closing = memchr(at, ']', (size_t)(end - at));

	return mm_slice(at + 1, (size_t)((closing == NULL ? end : closing) - at - 1));
}

/* Its identifier: up to the first comma. */
static struct mm_slice
identifier_of(struct mm_slice credential)
{
	const char *comma = memchr(credential.ptr, ',', credential.len);

	return comma == NULL ? credential : mm_slice(credential.ptr, (size_t)(comma - credential.ptr));
}

/* KeyDescription lists all credentials, before and after: those that were not there before came in. */
static void
read_credentials(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	struct mm_slice now = mm_logs_text(reading->reader, pair->value);
	struct mm_slice old = mm_logs_text(reading->reader, pair->old);
	const char *at = now.ptr, *end = end_of(now);
	uint8_t change = MM_LOGS_CHANGE_CREDENTIAL_REMOVED;

	while (at < end && (at = memmem(at, (size_t)(end - at), CREDENTIAL, strlen(CREDENTIAL))) != NULL) {
		struct mm_slice credential = credential_at(at, end), identifier = identifier_of(credential);

		at += strlen(CREDENTIAL);
		if (old.len > 0 && memmem(old.ptr, old.len, identifier.ptr, identifier.len) != NULL)
			continue;
		mm_logs_change_add(reading, credential);
		if (mm_logs_find(credential, "KeyType=AsymmetricX509Cert") != NULL)
			change = MM_LOGS_CHANGE_CERTIFICATE;
		else if (change != MM_LOGS_CHANGE_CERTIFICATE && mm_logs_find(credential, "KeyType=Password") != NULL)
			change = MM_LOGS_CHANGE_PASSWORD;
		else if (change == MM_LOGS_CHANGE_CREDENTIAL_REMOVED)
			change = MM_LOGS_CHANGE_CREDENTIAL;
	}
	reading->event->change = change;
}

/* ---- consent ---- */

/* "[] => [[Id: …, Scope: Mail.Read User.Read, CreatedDateTime: …]]; ": the scopes behind the arrow. */
static void
read_permissions(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	static const char sign[] = "Scope: ";
	struct mm_slice text = plain(reading->reader, pair->value);
	const char *end = end_of(text), *at = mm_logs_find(text, "=>");

	if (mm_logs_find(text, "ConsentType: AllPrincipals") != NULL)
		reading->event->flags |= MM_LOGS_ADMIN_CONSENT;
	while (at != NULL && (at = memmem(at, (size_t)(end - at), sign, sizeof(sign) - 1)) != NULL) {
		const char *stop;

		at += sizeof(sign) - 1;
		for (stop = at; stop < end && *stop != ',' && *stop != ']'; stop++)
			;
		mm_logs_change_add(reading, mm_slice(at, (size_t)(stop - at)));
	}
}

/* Whether a word of a list with blanks between them stands in another list. */
static bool
has_word(struct mm_slice list, struct mm_slice word)
{
	const char *at = list.ptr, *end = end_of(list);

	while (at < end) {
		const char *blank = memchr(at, ' ', (size_t)(end - at));
		const char *stop = blank == NULL ? end : blank;

		if (mm_slice_equal(mm_slice(at, (size_t)(stop - at)), word))
			return true;
		at = stop + 1;
	}
	return false;
}

/* Scopes of a grant: those that it did not have before. */
static void
read_scopes(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	struct mm_slice now = plain(reading->reader, pair->value), old = plain(reading->reader, pair->old);
	const char *at = now.ptr, *end = end_of(now);

	while (at < end) {
		const char *blank = memchr(at, ' ', (size_t)(end - at));
		const char *stop = blank == NULL ? end : blank;
		struct mm_slice word = mm_slice(at, (size_t)(stop - at));

		if (!has_word(old, word))
			mm_logs_change_add(reading, word);
		at = stop + 1;
	}
}

static void
read_consent_type(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	struct mm_slice text = plain(reading->reader, pair->value);

	if (mm_logs_find(text, "AllPrincipals") != NULL || mm_slice_equal(text, mm_slice_str("True")))
		reading->event->flags |= MM_LOGS_ADMIN_CONSENT;
}

/* ---- what the change is of ---- */

static void
read_added(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	mm_logs_change_add(reading, plain(reading->reader, pair->value));
}

static void
read_setting(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	struct mm_slice now = plain(reading->reader, pair->value), old = plain(reading->reader, pair->old);

	if (!mm_slice_equal(now, old))
		add_setting(reading, pair->name, now);
}

static void
read_client(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	mm_logs_set(reading->reader, MM_ROLE_CLIENT, plain(reading->reader, pair->value), reading->event);
}

/* A service principal's names: its application's id, if it has but that; of a grant they are the resource's. */
static void
read_principal_names(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	struct mm_slice text = plain(reading->reader, pair->value);

	if (text.len == 36 && reading->event->change != MM_LOGS_CHANGE_DELEGATED_GRANT &&
	    reading->event->change != MM_LOGS_CHANGE_APP_ROLE)
		mm_logs_set(reading->reader, MM_ROLE_CLIENT, text, reading->event);
}

static void
read_application_name(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	mm_logs_set(reading->reader, MM_ROLE_APPLICATION_NAME, plain(reading->reader, pair->value), reading->event);
}

static void
read_target(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	mm_logs_set(reading->reader, MM_ROLE_TARGET, plain(reading->reader, pair->value), reading->event);
}

static void
read_target_id(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	mm_logs_set(reading->reader, MM_ROLE_TARGET_ID, plain(reading->reader, pair->value), reading->event);
}

/* What was updated names credentials where nothing else of them is told. */
static void
read_updated(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	struct mm_slice text = plain(reading->reader, pair->value);

	if (reading->event->change != MM_LOGS_CHANGE_APPLICATION_CHANGED)
		return;
	if (mm_logs_find(text, "KeyDescription") != NULL)
		reading->event->change = MM_LOGS_CHANGE_CREDENTIAL;
	mm_logs_change_add(reading, text);
}

/* ---- cmdlets ---- */

static bool
is_true(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	bool truth;

	return mm_walk_truth(pair->value, &truth) ? truth :
	    mm_slice_equal(mm_logs_text(reading->reader, pair->value), mm_slice_str("$true"));
}

static void
set_change(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair, enum mm_logs_change change)
{
	reading->event->change = (uint8_t)change;
	add_setting(reading, pair->name, mm_logs_text(reading->reader, pair->value));
}

static void
read_audit_switch(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	set_change(reading, pair, is_true(reading, pair) ? MM_LOGS_CHANGE_AUDIT_ON : MM_LOGS_CHANGE_AUDIT_OFF);
}

static void
read_audit_disabled(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	set_change(reading, pair, is_true(reading, pair) ? MM_LOGS_CHANGE_AUDIT_OFF : MM_LOGS_CHANGE_AUDIT_ON);
}

static void
read_audit_bypass(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	set_change(reading, pair, is_true(reading, pair) ? MM_LOGS_CHANGE_AUDIT_BYPASS : MM_LOGS_CHANGE_AUDIT_ON);
}

/* Which actions, or how long: not where all audit was switched off by the same call. */
static void
read_audit_extent(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	enum mm_logs_change change = (enum mm_logs_change)reading->event->change;

	set_change(reading, pair, change == MM_LOGS_CHANGE_AUDIT_OFF ? change : MM_LOGS_CHANGE_AUDIT_SHORTENED);
}

/* An empty address ends a forwarding. */
static void
read_forwarding(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	struct mm_slice text = mm_logs_text(reading->reader, pair->value);

	if (text.len == 0)
		return;
	reading->event->change = MM_LOGS_CHANGE_FORWARDING;
	if (text.len > 5 && strncasecmp(text.ptr, "smtp:", 5) == 0)
		text = mm_slice(text.ptr + 5, text.len - 5);
	mm_logs_change_add(reading, text);
}

static void
read_permission(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	struct mm_slice text = mm_logs_text(reading->reader, pair->value);

	if (text.len > 0)
		set_change(reading, pair, MM_LOGS_CHANGE_MAILBOX_PERMISSION);
}

/* Who gets a right, a role, an application's access. */
static void
read_grantee(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	add_setting(reading, pair->name, mm_logs_text(reading->reader, pair->value));
}

static void
read_role(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	struct mm_slice text = mm_logs_text(reading->reader, pair->value);

	if (mm_logs_find(text, "ApplicationImpersonation") != NULL)
		reading->event->change = MM_LOGS_CHANGE_IMPERSONATION;
	add_setting(reading, pair->name, text);
}

static void
read_protocol(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	if (reading->event->change == MM_LOGS_CHANGE_PROTOCOL && is_true(reading, pair))
		mm_logs_change_add(reading, pair->name);
}

/* What an inbox rule does, not what it looks for. */
static void
read_rule_action(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	if (reading->event->change == MM_LOGS_CHANGE_INBOX_RULE)
		add_setting(reading, pair->name, mm_logs_text(reading->reader, pair->value));
}

/* Outlook's own rules come as JSON in one value. */
static void
read_rule_actions(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	struct mm_slice text = mm_logs_text(reading->reader, pair->value);

	if (mm_logs_find(text, "\"Forward") != NULL || mm_logs_find(text, "\"Redirect") != NULL)
		reading->event->change = MM_LOGS_CHANGE_FORWARDING;
	add_setting(reading, pair->name, text);
}

/* ---- the table ---- */

static const struct {
	const char *name;
	void (*read)(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair);
} rows[] = {
	{ "KeyDescription", read_credentials },
	{ "ConsentAction.Permissions", read_permissions },
	{ "ConsentContext.IsAdminConsent", read_consent_type },
	{ "DelegatedPermissionGrant.ConsentType", read_consent_type },
	{ "DelegatedPermissionGrant.Scope", read_scopes },
	{ "OAuth2PermissionGrant.Scope", read_scopes },
	{ "AppRole.Value", read_added },
	{ "Role.DisplayName", read_added },
	{ "ServicePrincipal.AppId", read_client },
	{ "ServicePrincipal.DisplayName", read_application_name },
	{ "Application.AppId", read_client },
	{ "Application.DisplayName", read_application_name },
	{ "ServicePrincipal.ObjectID", read_target_id },
	{ "TargetId.ServicePrincipalNames", read_principal_names },
	{ "AppPrincipalId", read_client },
	{ "AppId", read_principal_names },
	{ "Included Updated Properties", read_updated },
	{ "LiveType", read_setting },
	{ "IssuerUri", read_setting },
	{ "FederationBrandName", read_setting },
	{ "PassiveLogOnUri", read_setting },
	{ "ActiveLogOnUri", read_setting },
	{ "MetadataExchangeUri", read_setting },
	{ "SigningCertificate", read_setting },
	{ "NextSigningCertificate", read_setting },
	{ "PreferredAuthenticationProtocol", read_setting },
	{ "Subject", read_setting },
	{ "Issuer", read_setting },

	{ "Identity", read_target },
	{ "AuditEnabled", read_audit_switch },
	{ "UnifiedAuditLogIngestionEnabled", read_audit_switch },
	{ "AdminAuditLogEnabled", read_audit_switch },
	{ "AuditDisabled", read_audit_disabled },
	{ "AuditBypassEnabled", read_audit_bypass },
	{ "AuditLogAgeLimit", read_audit_extent },
	{ "AuditOwner", read_audit_extent },
	{ "AuditDelegate", read_audit_extent },
	{ "AuditAdmin", read_audit_extent },
	{ "ForwardingSmtpAddress", read_forwarding },
	{ "ForwardingAddress", read_forwarding },
	{ "ForwardTo", read_forwarding },
	{ "ForwardAsAttachmentTo", read_forwarding },
	{ "RedirectTo", read_forwarding },
	{ "RedirectMessageTo", read_forwarding },
	{ "BlindCopyTo", read_forwarding },
	{ "CopyTo", read_forwarding },
	{ "AccessRights", read_permission },
	{ "GrantSendOnBehalfTo", read_permission },
	{ "User", read_grantee },
	{ "Trustee", read_grantee },
	{ "Members", read_grantee },
	{ "Member", read_grantee },
	{ "App", read_grantee },
	{ "SecurityGroup", read_grantee },
	{ "Role", read_role },
	{ "Roles", read_role },
	{ "ImapEnabled", read_protocol },
	{ "PopEnabled", read_protocol },
	{ "OWAEnabled", read_protocol },
	{ "EwsEnabled", read_protocol },
	{ "MAPIEnabled", read_protocol },
	{ "ActiveSyncEnabled", read_protocol },
	{ "DeleteMessage", read_rule_action },
	{ "SoftDeleteMessage", read_rule_action },
	{ "MarkAsRead", read_rule_action },
	{ "MoveToFolder", read_rule_action },
	{ "CopyToFolder", read_rule_action },
	{ "StopProcessingRules", read_rule_action },
	{ "RuleActions", read_rule_actions },
};

void
mm_logs_change_begin(struct mm_logs_change_reading *reading, struct mm_logs_reader *reader,
    struct mm_logs_event *event)
{
	reading->reader = reader;
	reading->event = event;
	reading->added_len = 0;
}

void
mm_logs_change_pair(struct mm_logs_change_reading *reading, const struct mm_logs_pair *pair)
{
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
		if (mm_logs_is_called(pair->name, rows[i].name)) {
			rows[i].read(reading, pair);
			return;
		}
}

void
mm_logs_change_pairs(struct mm_logs_change_reading *reading, struct mm_json_value list)
{
	struct mm_logs_pairs pairs;
	struct mm_logs_pair pair;

	mm_logs_pairs_begin(&pairs, reading->reader, list);
	while (mm_logs_pairs_next(&pairs, &pair))
		mm_logs_change_pair(reading, &pair);
}

void
mm_logs_change_end(struct mm_logs_change_reading *reading)
{
	if (reading->event->added == 0)
		reading->event->added = mm_names_add(reading->reader->names,
		    mm_slice(reading->added, reading->added_len));
}

bool
mm_logs_is_acting_service(struct mm_slice name)
{
	static const char *const names[] = { "Office 365 Exchange Online", "Skype for Business Online", "Dataverse",
		"Office 365 SharePoint Online", "Microsoft Dynamics ERP" };

	for (size_t i = 0; i < MM_COUNT_OF(names); i++)
		if (mm_slice_equal(name, mm_slice_str(names[i])))
			return true;
	return false;
}
