/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roles: what the value at a name means. A shape is mostly a list of names and their roles.
 */
#ifndef MM_ENGINE_LOGS_ROLE_H
#define MM_ENGINE_LOGS_ROLE_H

#include <stdbool.h>

/*
 * Each but the first and the last sets the field of an event that it is called after, as that field is normalised,
 * unless it was set already: of several names with one role, the first that says something counts.
 */
enum mm_logs_role {
	MM_ROLE_OWN, /* the shape's own business */
	MM_ROLE_TIME,
	MM_ROLE_ISSUED,
	MM_ROLE_RECORD, /* also the reader's record_id */
	MM_ROLE_OPERATION,
	MM_ROLE_TENANT,
	MM_ROLE_ORGANISATION,
	MM_ROLE_USER,
	MM_ROLE_USER_KEY,
	MM_ROLE_MAILBOX,
	MM_ROLE_MAILBOX_ID,
	MM_ROLE_CLIENT,
	MM_ROLE_APPLICATION,
	MM_ROLE_API,
	MM_ROLE_APPLICATION_NAME,
	MM_ROLE_CLIENT_INFO, /* also the client's family */
	MM_ROLE_ACTOR,
	MM_ROLE_TOKEN_TENANT,
	MM_ROLE_TOKEN_USER,
	MM_ROLE_RESOURCE,
	MM_ROLE_HOME_TENANT,
	MM_ROLE_TOKEN_ISSUER,
	MM_ROLE_PROTOCOL,
	MM_ROLE_METHOD,
	MM_ROLE_TARGET,
	MM_ROLE_TARGET_ID,
	MM_ROLE_TOKEN,
	MM_ROLE_TOKEN_OF_REQUEST, /* a request id that is the token's id too */
	MM_ROLE_SESSION,
	MM_ROLE_CORRELATION,
	MM_ROLE_ADDRESS,
	MM_ROLE_COUNT,
	MM_ROLE_ERROR,
	MM_ROLE_LOGON,
	MM_ROLE_EXTERNAL,
	MM_ROLE_THROTTLED,
	MM_ROLES
};

struct mm_logs_member {
	const char *name;
	enum mm_logs_role role;
	bool moved; /* another year or export has it elsewhere: counted where it says something */
};

#endif
