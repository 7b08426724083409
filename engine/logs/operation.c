/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of Exchange Online's audited actions and cmdlets, and of the directory's activities, as both logs write them.
 */
#include "engine/logs/operation.h"

#include "engine/logs/normalise.h"
#include "engine/logs/tables.h"
#include "lib/base/array.h"
#include "lib/codec/ascii.h"

#include <stdlib.h>

#define ACCESS(name, type) { name, MM_LOGS_MAIL_ACCESS, type, MM_LOGS_CHANGE_NONE, MM_LOGS_RESULT_UNKNOWN }
#define ACTION(name) { name, MM_LOGS_MAIL_ACTION, MM_LOGS_ACCESS_UNKNOWN, MM_LOGS_CHANGE_NONE, MM_LOGS_RESULT_UNKNOWN }
#define SIGN_IN(name, result) { name, MM_LOGS_SIGN_IN, MM_LOGS_ACCESS_UNKNOWN, MM_LOGS_CHANGE_NONE, result }
#define CHANGE(name, of) \
	{ name, MM_LOGS_CHANGE, MM_LOGS_ACCESS_UNKNOWN, MM_LOGS_CHANGE_##of, MM_LOGS_RESULT_UNKNOWN }

static const struct mm_logs_operation operations[] = {
	ACCESS("MailItemsAccessed", MM_LOGS_ACCESS_UNKNOWN),
	ACCESS("MessageBind", MM_LOGS_MESSAGE_BIND),
	ACCESS("FolderBind", MM_LOGS_FOLDER_BIND),

	ACTION("Send"),
	ACTION("SendAs"),
	ACTION("SendOnBehalf"),
	ACTION("Create"),
	ACTION("Update"),
	ACTION("Copy"),
	ACTION("Move"),
	ACTION("MoveToDeletedItems"),
	ACTION("SoftDelete"),
	ACTION("HardDelete"),
	ACTION("MailboxLogin"),
	ACTION("SearchQueryInitiatedExchange"),
	ACTION("AttachmentAccess"),

	SIGN_IN("UserLoggedIn", MM_LOGS_DONE),
	SIGN_IN("UserLoginFailed", MM_LOGS_FAILED),

	/* The directory. */
	CHANGE("Add application", APPLICATION),
	CHANGE("Add service principal", APPLICATION),
	CHANGE("Update application", APPLICATION_CHANGED),
	CHANGE("Update service principal", APPLICATION_CHANGED),
	CHANGE("Update application \xE2\x80\x93 Certificates and secrets management", CREDENTIAL),
	CHANGE("Add service principal credentials", CREDENTIAL),
	CHANGE("Remove service principal credentials", CREDENTIAL_REMOVED),
	CHANGE("Add owner to application", OWNER),
	CHANGE("Add owner to service principal", OWNER),
	CHANGE("Consent to application", CONSENT),
	CHANGE("Add delegated permission grant", DELEGATED_GRANT),
	CHANGE("Update delegated permission grant", DELEGATED_GRANT),
	CHANGE("Add OAuth2PermissionGrant", DELEGATED_GRANT),
	CHANGE("Update OAuth2PermissionGrant", DELEGATED_GRANT),
	CHANGE("Add app role assignment to service principal", APP_ROLE),
	CHANGE("Add app role assignment grant to user", OTHER),
	CHANGE("Set federation settings on domain", FEDERATION),
	CHANGE("Set domain authentication", FEDERATION),
	CHANGE("Add federated identity credentials", CREDENTIAL),
	CHANGE("Update domain", DOMAIN),
	CHANGE("Add unverified domain", DOMAIN),
	CHANGE("Add verified domain", DOMAIN),
	CHANGE("Add domain to company", DOMAIN),
	CHANGE("Verify domain", DOMAIN),
	CHANGE("Verify email verified domain", DOMAIN),
	CHANGE("Add member to role", ROLE),
	CHANGE("Add eligible member to role", ROLE),
	CHANGE("Add member to role completed (PIM activation)", ROLE),
	CHANGE("Remove member from role", OTHER),
	CHANGE("Disable Strong Authentication", SECOND_FACTOR),
	CHANGE("Delete application password for user", SECOND_FACTOR),
	CHANGE("User registered security info", SECOND_FACTOR),
	CHANGE("User deleted security info", SECOND_FACTOR),
	CHANGE("Admin registered security info", SECOND_FACTOR),
	CHANGE("Admin deleted security info", SECOND_FACTOR),
	CHANGE("Reset user password", SECRET_RESET),
	CHANGE("Reset password (by admin)", SECRET_RESET),
	CHANGE("Reset password (self-service)", SECRET_RESET),
	CHANGE("Change user password", SECRET_RESET),
	CHANGE("Change password (self-service)", SECRET_RESET),
	CHANGE("Add user", OTHER),
	CHANGE("Update user", OTHER),
	CHANGE("Delete user", OTHER),
	CHANGE("Invite external user", OTHER),
	CHANGE("Enable account", OTHER),
	CHANGE("Update authorization policy", OTHER),
	CHANGE("Set Company Information", OTHER),
	CHANGE("Update StsRefreshTokenValidFrom Timestamp", OTHER),

	/* Exchange: what its parameters say makes it more (engine/logs/change.c). */
	CHANGE("Set-Mailbox", OTHER),
	CHANGE("Add-MailboxPermission", MAILBOX_PERMISSION),
	CHANGE("Add-RecipientPermission", MAILBOX_PERMISSION),
	CHANGE("Add-MailboxFolderPermission", MAILBOX_PERMISSION),
	CHANGE("Set-MailboxFolderPermission", MAILBOX_PERMISSION),
	CHANGE("Add-ADPermission", MAILBOX_PERMISSION),
	CHANGE("AddFolderPermissions", MAILBOX_PERMISSION),
	CHANGE("UpdateFolderPermissions", MAILBOX_PERMISSION),
	CHANGE("ModifyFolderPermissions", MAILBOX_PERMISSION),
	CHANGE("UpdateCalendarDelegation", MAILBOX_PERMISSION),
	CHANGE("New-InboxRule", INBOX_RULE),
	CHANGE("Set-InboxRule", INBOX_RULE),
	CHANGE("Enable-InboxRule", INBOX_RULE),
	CHANGE("UpdateInboxRules", INBOX_RULE),
	CHANGE("New-TransportRule", OTHER),
	CHANGE("Set-TransportRule", OTHER),
	CHANGE("New-ManagementRoleAssignment", ROLE),
	CHANGE("New-RoleGroup", ROLE),
	CHANGE("Add-RoleGroupMember", ROLE),
	CHANGE("Update-RoleGroupMember", ROLE),
	CHANGE("Set-CASMailbox", PROTOCOL),
	CHANGE("Set-CASMailboxPlan", PROTOCOL),
	CHANGE("Set-AdminAuditLogConfig", OTHER),
	CHANGE("Set-OrganizationConfig", OTHER),
	CHANGE("Set-MailboxAuditBypassAssociation", OTHER),
	CHANGE("Remove-UnifiedAuditLogRetentionPolicy", AUDIT_SHORTENED),
	CHANGE("Set-UnifiedAuditLogRetentionPolicy", AUDIT_SHORTENED),
	CHANGE("New-ApplicationAccessPolicy", OTHER),
	CHANGE("Set-ApplicationAccessPolicy", OTHER),
	CHANGE("Remove-ApplicationAccessPolicy", OTHER),
	CHANGE("New-InboundConnector", OTHER),
	CHANGE("New-ServicePrincipal", OTHER),
};

static void
make_lower(struct mm_slice text, char *lower)
{
	for (size_t i = 0; i < text.len; i++)
		lower[i] = mm_ascii_lower(text.ptr[i]);
}

size_t
mm_logs_operations_names(char names[MM_WALK_NAMES_MAX][MM_LOGS_OPERATION_MAX])
{
	_Static_assert(MM_COUNT_OF(operations) <= MM_WALK_NAMES_MAX, "they fit into a table");
	for (size_t i = 0; i < MM_COUNT_OF(operations); i++) {
		struct mm_slice name = mm_slice_str(operations[i].name);

		if (name.len >= MM_LOGS_OPERATION_MAX)
			abort();
		make_lower(name, names[i]);
		names[i][name.len] = '\0';
	}
	return MM_COUNT_OF(operations);
}

const struct mm_logs_operation *
mm_logs_operation_find(struct mm_slice name)
{
	char lower[MM_LOGS_OPERATION_MAX];
	int number;

	while (name.len > 0 && (name.ptr[name.len - 1] == '.' || name.ptr[name.len - 1] == ' '))
		name.len--;
	if (name.len > sizeof(lower))
		return NULL;
	make_lower(name, lower);
	number = mm_walk_table_find(&mm_logs_tables()->operations, mm_slice(lower, name.len));
	return number < 0 ? NULL : &operations[number];
}

enum mm_logs_result
mm_logs_result_of(struct mm_slice text)
{
	/* What Exchange and the directory call success, and what they call a failure. */
	static const char *const done[] = { "true", "success", "succeeded", "partiallysucceeded" };
	static const char *const failed[] = { "false", "failed", "failure", "timeout" };

	for (size_t i = 0; i < MM_COUNT_OF(done); i++)
		if (mm_logs_is_word(text, done[i]))
			return MM_LOGS_DONE;
	for (size_t i = 0; i < MM_COUNT_OF(failed); i++)
		if (mm_logs_is_word(text, failed[i]))
			return MM_LOGS_FAILED;
	return MM_LOGS_RESULT_UNKNOWN;
}
